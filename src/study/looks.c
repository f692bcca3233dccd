/* looks.c - what others may see of a study. */
#include "study/study_internal.h"

#include "base/assert.h"
#include "base/buf.h"
#include "base/checksum.h"

const struct wn_history *wn_study_history(const struct wn_study *study)
{
    return study->history;
}

const struct wn_sched *wn_study_sched(const struct wn_study *study)
{
    return study->sched;
}

const struct wn_study_config *wn_study_configuration(const struct wn_study *study)
{
    return &study->cfg;
}

struct wn_placed wn_study_placed(const struct wn_study *study, uint32_t trial)
{
    const struct run *run = wn_study_run(study, trial);

    WN_ASSERT(run);
    return (struct wn_placed){.state = (enum wn_run_state)run->state,
                              .dispatch = run->dispatch,
                              .source = run->source,
                              .worker = run->worker,
                              .slot = run->slot,
                              .milestone = run->milestone,
                              .recall = (enum wn_recall)run->recall,
                              .n_failures = run->n_failures,
                              .n_losses = run->n_losses,
                              .since_ms = run->since_ms};
}

uint32_t wn_study_n_running(const struct wn_study *study)
{
    return (uint32_t)study->running.n;
}

uint32_t wn_study_n_ready(const struct wn_study *study)
{
    return study->queues[QUEUE_READY].n;
}

uint32_t wn_study_incarnation(const struct wn_study *study)
{
    return study->incarnation;
}

size_t wn_study_n_enqueued(const struct wn_study *study)
{
    return study->enqueued.n;
}

uint32_t wn_study_running_at(const struct wn_study *study, uint32_t k)
{
    WN_ASSERT(k < study->running.n);
    return study->running.at[k];
}

int64_t wn_study_time_ms(const struct wn_study *study)
{
    return study->time_ms;
}

enum wn_stop_reason wn_study_stop_reason(const struct wn_study *study,
                                         const char **criterion)
{
    if (criterion)
        *criterion = study->criterion;
    return study->stop;
}

bool wn_study_is_closed(const struct wn_study *study)
{
    return study->is_closed;
}

const struct wn_rung_row *wn_study_rung_changes(const struct wn_study *study, size_t *n)
{
    *n = study->rungs.n;
    return study->rungs.at;
}

enum wn_idle wn_study_idle(const struct wn_study *study)
{
    if (study->stop != WN_STOP_NONE)
        return WN_IDLE_STOPPING;
    if (study->queues[QUEUE_AWAITING].n)
        return WN_IDLE_SEARCHER;
    return wn_history_is_exhausted(study->history) ? WN_IDLE_SUPPLY : WN_IDLE_SCHEDULER;
}

const char *wn_idle_text(enum wn_idle why)
{
    static const char *const texts[] = {"the scheduler waited for running trials",
                                        "trials waited for their configurations",
                                        "nothing was left to start", "the study stopped"};

    return (unsigned)why < WN_IDLE_N ? texts[why] : "";
}

/* --- digest --- */

static uint64_t mix(uint64_t hash, uint64_t value)
{
    return wn_hash64(&value, sizeof value, hash);
}

static uint64_t mix_dispatch(uint64_t hash, struct wn_dispatch dispatch)
{
    return mix(hash, ((uint64_t)dispatch.incarnation << 32) | dispatch.count);
}

static uint64_t mix_run(uint64_t hash, const struct run *run)
{
    hash = mix_dispatch(mix(hash, run->state), run->dispatch);
    hash = mix(mix(hash, (uint64_t)run->milestone), run->recall);
    hash = mix(hash, ((uint64_t)run->n_failures << 32) | run->n_losses);
    hash = mix_dispatch(mix(hash, (uint64_t)run->lease.resource), run->lease.dispatch);
    hash = mix_dispatch(mix(hash, (uint64_t)run->source.resource), run->source.dispatch);
    for (uint32_t i = 0; i < run->n_kept; i++) {
        hash = mix_dispatch(mix(hash, (uint64_t)run->kept[i].resource),
                            run->kept[i].dispatch);
        hash = mix(hash, run->kept[i].n_leases);
    }
    return hash;
}

static uint64_t mix_history(uint64_t hash, const struct wn_study *study)
{
    size_t n_cells = wn_space_n_params(study->cfg.space);

    for (uint32_t i = 0; i < wn_history_n_trials(study->history); i++) {
        const struct wn_trial *trial = wn_history_trial(study->history, i);
        hash = mix(mix(hash, trial->state), trial->n_reports);
        hash = mix(hash, (uint64_t)trial->afresh_at);
        hash = mix_dispatch(mix(hash, (uint64_t)trial->newest.resource),
                            trial->newest.dispatch);
        if (trial->cells)
            hash = wn_hash64(trial->cells, n_cells * sizeof *trial->cells, hash);
        for (uint32_t k = 0; k < trial->n_reports; k++) {
            hash = mix(hash, (uint64_t)trial->reports[k].resource);
            hash = wn_hash64(&trial->reports[k].loss, sizeof(double), hash);
        }
    }
    return mix(hash, wn_history_is_exhausted(study->history));
}

uint64_t wn_study_digest(const struct wn_study *study)
{
    struct wn_buf text = {0};
    uint64_t hash = 1;

    for (size_t i = 0; i < study->runs.n; i++)
        hash = mix_run(hash, &study->runs.at[i]);
    for (int id = QUEUE_AWAITING; id < QUEUE_N; id++)
        for (uint32_t k = study->queues[id].n, t = study->queues[id].head; k > 0; k--) {
            hash = mix(hash, t);
            t = study->runs.at[t].next;
        }
    hash = mix(mix(hash, study->n_decisions), (uint64_t)study->n_batch);
    hash = mix(mix(hash, study->incarnation), study->n_dispatched);
    hash = mix(mix(hash, study->n_given), study->enqueued.n);
    hash = mix(mix(hash, (uint64_t)study->stop), study->is_closed);
    hash = mix_history(hash, study);
    study->cfg.sched->describe(study->sched, &text); /* with the fill of its rungs */
    hash = wn_hash64(wn_buf_text(&text), text.n, hash);
    wn_buf_release(&text);
    return hash;
}

/* next.c - which event the state asks for.
 *
 * In this order: follow-ups (rule 1), the end of the study, ready trials before new ones
 * (rule 3), configurations for planned trials, the limit on trials, and last the
 * scheduler (rule 2). Asking twice without an event in between gives the same answer,
 * unless a slow searcher has replied in between (rule 14): while it thinks, the rest goes on.
 */
#include "study/study_internal.h"

#include "base/assert.h"

static uint64_t n_configured(const struct wn_study *study)
{
    return wn_history_totals(study->history).n_configured;
}

/* A trial that was told to stop is ended, never returned. */
static bool next_end(const struct wn_study *study, struct wn_event *out)
{
    const struct queue *queue = &study->queues[QUEUE_STOPPING];

    if (!queue->n)
        return false;
    out->kind = WN_EVENT_ENDED;
    out->trial = queue->head;
    out->ended.how =
        wn_history_resource(study->history, queue->head) >= study->cfg.max_resource
            ? WN_END_COMPLETED
            : WN_END_STOPPED;
    out->ended.text = "";
    return true;
}

static bool next_collection(const struct wn_study *study, struct wn_event *out)
{
    struct wn_generation gen = wn_keep_next(study);

    if (!gen.resource)
        return false;
    out->kind = WN_EVENT_COLLECTED;
    out->collected.generation = gen;
    return true;
}

static bool stopping(struct wn_event *out,
                     enum wn_stop_reason reason,
                     const char *criterion)
{
    out->kind = WN_EVENT_STOPPING;
    out->stopping.reason = reason;
    out->stopping.criterion = criterion;
    return true;
}

static bool next_dispatch(const struct wn_study *study,
                          size_t n_idle,
                          struct wn_event *out)
{
    if (!n_idle || !study->queues[QUEUE_READY].n)
        return false;
    out->kind = WN_EVENT_DISPATCHED;
    out->trial = study->queues[QUEUE_READY].head;
    out->dispatched.dispatch = (struct wn_dispatch){.incarnation = study->incarnation,
                                                    .count = study->n_dispatched + 1};
    return true;
}

static bool configured(struct wn_event *out,
                       uint32_t trial,
                       enum wn_origin origin,
                       const union wn_cell *cells,
                       size_t n_cells)
{
    out->kind = WN_EVENT_CONFIGURED;
    out->trial = trial;
    out->configured.origin = origin;
    out->configured.cells = cells;
    out->configured.n_cells = (uint32_t)n_cells;
    return true;
}

/* A planned trial gets what the user asked for, else what the searcher proposes, which a
 * slow one may still think about; when it has no more, it is withdrawn (rule 11). */
static bool next_configuration(struct wn_study *study, struct wn_event *out)
{
    uint32_t first = wn_ask_first(study);
    size_t n_cells = wn_space_n_params(study->cfg.space);
    struct wn_reply reply;

    if (first == WN_TRIAL_NONE)
        return false;
    if (wn_ask_is_users(study))
        return configured(out, first, WN_ORIGIN_USER, study->enqueued.at[study->n_given],
                          n_cells);
    if (wn_history_is_exhausted(study->history)) {
        out->kind = WN_EVENT_ENDED;
        out->trial = first;
        out->ended.how = WN_END_WITHDRAWN;
        out->ended.text = "";
        return true;
    }
    reply = wn_ask_reply(study);
    if (reply.kind == WN_REPLY_THINKING)
        return false;
    if (reply.kind == WN_REPLY_EXHAUSTED) {
        out->kind = WN_EVENT_EXHAUSTED;
        return true;
    }
    WN_ASSERT(reply.kind == WN_REPLY_CONFIGURE); /* nothing was offered to resume */
    configured(out, first, WN_ORIGIN_SEARCH, study->scratch, n_cells);
    out->configured.tag = reply.tag;
    return true;
}

static bool has_room(const struct wn_study *study, size_t n_idle)
{
    size_t n_taken =
        (size_t)study->queues[QUEUE_READY].n + study->queues[QUEUE_AWAITING].n;

    if (study->cfg.batch && study->n_batch)
        return study->n_batch < study->cfg.batch; /* an open batch is asked for whole */
    return n_idle > n_taken;
}

static bool next_start(const struct wn_study *study,
                       const struct wn_decision *decision,
                       struct wn_event *out)
{
    if (n_configured(study) + study->queues[QUEUE_AWAITING].n >=
        study->stop_limits.trials_started)
        return false; /* held until the awaiting ones are configured (rule 11) */
    out->kind = WN_EVENT_PLANNED;
    out->trial = (uint32_t)study->runs.n;
    out->planned.milestone = decision->milestone;
    out->planned.parent = decision->parent;
    out->planned.pool = decision->pool;
    out->planned.offers = decision->offers;
    out->planned.source = decision->source;
    out->planned.tag = decision->tag;
    return true;
}

static bool is_anything_live(const struct wn_study *study)
{
    return study->queues[QUEUE_AWAITING].n || study->queues[QUEUE_READY].n ||
           study->running.n;
}

static bool next_decision(const struct wn_study *study, bool room, struct wn_event *out)
{
    struct wn_decision decision = study->cfg.sched->decide(
        study->sched, room,
        wn_rng_keyed(study->cfg.seed, WN_STREAM_DECIDE, study->n_decisions));

    switch (decision.act) {
    case WN_ACT_WAIT: return false;
    case WN_ACT_START:
        WN_ASSERT(room && !wn_history_is_exhausted(study->history));
        return next_start(study, &decision, out);
    case WN_ACT_RESUME:
        WN_ASSERT(room);
        WN_DCHECK(decision.milestone >
                  wn_history_resource(study->history, decision.trial));
        out->kind = WN_EVENT_RESUMED;
        out->trial = decision.trial;
        out->resumed.milestone = decision.milestone;
        out->resumed.via = WN_TRIAL_NONE;
        out->resumed.tag = decision.tag;
        return true;
    case WN_ACT_RECALL:
        out->kind = WN_EVENT_RECALLED;
        out->trial = decision.trial;
        out->recalled.how = decision.recall;
        return true;
    case WN_ACT_END:
        WN_DCHECK(wn_history_trial(study->history, decision.trial)->state ==
                  WN_TRIAL_PAUSED);
        out->kind = WN_EVENT_ENDED;
        out->trial = decision.trial;
        out->ended.how = WN_END_STOPPED;
        out->ended.text = "";
        return true;
    case WN_ACT_DONE: return !is_anything_live(study) && stopping(out, WN_STOP_DONE, "");
    }
    return false;
}

/* While a study stops, what runs comes back, and then it closes. */
static bool next_while_stopping(const struct wn_study *study, struct wn_event *out)
{
    if (study->running.n)
        return false;
    out->kind = WN_EVENT_CLOSED;
    return true;
}

bool wn_study_next(struct wn_study *study, size_t n_idle, struct wn_event *out)
{
    const char *criterion;

    *out = (struct wn_event){.trial = WN_TRIAL_NONE};
    study->is_driven = true;
    wn_thinker_hear(study->thinker);
    if (study->is_closed)
        return false;
    if (next_end(study, out) || next_collection(study, out))
        return true;
    if (study->stop != WN_STOP_NONE)
        return next_while_stopping(study, out);
    criterion = wn_stop_met(study);
    if (criterion)
        return stopping(out, WN_STOP_CRITERION, criterion);
    if (next_dispatch(study, n_idle, out) || next_configuration(study, out))
        return true;
    if (!wn_history_is_exhausted(study->history) && !study->queues[QUEUE_AWAITING].n &&
        n_configured(study) >= study->stop_limits.trials_started) {
        out->kind = WN_EVENT_EXHAUSTED;
        out->exhausted.by_limit = true;
        return true;
    }
    return next_decision(study, has_room(study, n_idle), out);
}

int64_t wn_study_deadline_ms(const struct wn_study *study)
{
    return study->stop == WN_STOP_NONE ? study->stop_limits.time_ms : INT64_MAX;
}

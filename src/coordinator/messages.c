/* messages.c - what workers say, turned into events and answers.
 *
 * A message under another dispatch number than the trial's current one changes nothing
 * and is answered `abandon`; the slot it frees is used again (rule 8).
 */
#include <math.h>
#include <string.h>

#include "base/log.h"
#include "coordinator/coordinator_internal.h"

#define RECEIVE_MOST 1000 /* messages of one step: files and clock must have their turn */

static struct wn_message about(enum wn_message_kind kind, const struct wn_message *in)
{
    return (struct wn_message){
        .kind = kind, .trial = in->trial, .slot = in->slot, .dispatch = in->dispatch};
}

static enum wn_status abandon(struct wn_coord *coord,
                              size_t worker,
                              const struct wn_message *in,
                              struct wn_error *err)
{
    struct wn_message message = about(WN_MSG_ABANDON, in);

    return wn_coord_tell(coord, worker, &message, err);
}

static enum wn_status answer(struct wn_coord *coord,
                             size_t worker,
                             const struct wn_message *in,
                             const struct wn_judgement *judgement,
                             struct wn_error *err)
{
    struct wn_message message = about(WN_MSG_ANSWER, in);

    message.answer.resource = in->report.resource;
    message.answer.verdict = judgement->verdict;
    message.answer.milestone = judgement->milestone;
    if (judgement->verdict == WN_VERDICT_CONTINUE)
        message.answer.waits_next =
            wn_study_placed(study_of(coord), in->trial).recall != WN_RECALL_NONE;
    return wn_coord_tell(coord, worker, &message, err);
}

/* The metrics of a report without those that are no numbers: history takes none, and what
 * a program says beside the job's metric must not harm its trial. The job's own stays for
 * the study to judge. */
static enum wn_status take_metrics(struct wn_coord *coord,
                                   const struct wn_message *in,
                                   struct wn_arrival *out,
                                   struct wn_error *err)
{
    uint32_t n = in->report.n_metrics;
    struct wn_metric *kept =
        wn_arena_alloc(&coord->arena, ((size_t)n + 1) * sizeof *kept);
    bool has_main = false;

    if (!kept)
        return wn_fail(err, WN_ENOMEM, "no memory for the metrics of a report");
    out->metrics = kept;
    for (uint32_t i = 0; i < n; i++) {
        const struct wn_metric *metric = &in->report.metrics[i];
        bool is_main = !has_main && strcmp(metric->name, coord->rebuild.job->metric) == 0;

        has_main = has_main || is_main;
        if (is_main || !isnan(metric->value))
            kept[out->n_metrics++] = *metric;
    }
    return WN_OK;
}

/* A program that saves nothing does its scheduler no visible harm: so it is said, once. */
static void warn_of_bare_report(struct wn_coord *coord, const struct wn_event *event)
{
    const struct wn_job *job = coord->rebuild.job;

    if (event->kind == WN_EVENT_REPORTED && event->reported.is_milestone &&
        event->reported.verdict != WN_VERDICT_STOP &&
        !event->reported.checkpoint.resource &&
        wn_history_totals(wn_study_history(study_of(coord))).n_bare == 1 &&
        wn_job_needs_checkpoints(job))
        wn_warn("trial",
                "trial %u came to its milestone, %s %lld, without a checkpoint; the "
                "scheduler %s is pointless for a program that saves none",
                event->trial, job->resource, (long long)event->reported.resource,
                job->sched->name);
}

static enum wn_status on_report(struct wn_coord *coord,
                                size_t worker,
                                const struct wn_message *in,
                                struct wn_error *err)
{
    struct wn_arrival arrival = {.trial = in->trial,
                                 .resource = in->report.resource,
                                 .elapsed_ms = in->report.elapsed_ms,
                                 .cost_ms = in->report.cost_ms,
                                 .has_checkpoint = in->report.has_checkpoint,
                                 .waits = in->report.waits};
    struct wn_judgement judgement;
    enum wn_status rc;

    if (wn_study_find(study_of(coord), in->trial, in->dispatch) == WN_TRIAL_NONE)
        return abandon(coord, worker, in, err);
    rc = take_metrics(coord, in, &arrival, err);
    if (rc)
        return rc;
    wn_study_judge(study_of(coord), &arrival, &judgement);
    rc = wn_coord_commit(coord, &judgement.event, err);
    if (!rc)
        warn_of_bare_report(coord, &judgement.event);
    if (!rc && judgement.drains) {
        struct wn_event event;
        wn_study_drain_event(study_of(coord), in->trial, &event);
        rc = wn_coord_commit(coord, &event, err);
    }
    if (!rc && judgement.has_answer)
        rc = answer(coord, worker, in, &judgement, err);
    if (!rc && judgement.abandons)
        rc = abandon(coord, worker, in, err);
    return rc;
}

/* A batch system that ends a job signals every process of it, programs too: while the study
 * drains, a program ended by a signal is not to blame. */
static bool drains(struct wn_coord *coord)
{
    return wn_study_stop_reason(study_of(coord), NULL) == WN_STOP_DRAIN;
}

static enum wn_status on_ended(struct wn_coord *coord,
                               size_t worker,
                               const struct wn_message *in,
                               struct wn_error *err)
{
    struct wn_event event;

    (void)worker;
    if (wn_study_find(study_of(coord), in->trial, in->dispatch) == WN_TRIAL_NONE)
        return WN_OK; /* it is gone already: `free` follows */
    if (in->ended.failure == WN_FAILURE_SIGNAL && drains(coord)) {
        wn_study_drain_event(study_of(coord), in->trial, &event);
        event.returned.cost_ms = in->ended.cost_ms;
        return wn_coord_commit(coord, &event, err);
    }
    wn_study_judge_end(study_of(coord), in->trial, in->ended.failure, in->ended.cost_ms,
                       in->ended.text, &event);
    if (in->ended.failure != WN_FAILURE_NONE)
        wn_warn("trial", "trial %u failed (%s)%s: %s", in->trial,
                wn_failure_name(in->ended.failure),
                event.kind == WN_EVENT_RETURNED ? ", it is tried again" : "",
                in->ended.text);
    return wn_coord_commit(coord, &event, err);
}

static enum wn_status on_free(struct wn_coord *coord,
                              size_t worker,
                              const struct wn_message *in,
                              struct wn_error *err)
{
    bool has_refused =
        wn_study_find(study_of(coord), in->trial, in->dispatch) != WN_TRIAL_NONE;
    enum wn_status rc = WN_OK;

    if (has_refused) {
        struct wn_event event;
        wn_study_judge_loss(study_of(coord), in->trial, &event);
        rc = wn_coord_commit(coord, &event, err);
    }
    return rc ? rc
              : wn_slots_free(coord, worker, in->slot, in->dispatch, has_refused, err);
}

/* Whoever has taken the study over sweeps away what its journal does not name. So ours may
 * be gone although no disk is to blame, and whoever reads the log must not look for one. */
static enum wn_status on_damaged(struct wn_coord *coord,
                                 size_t worker,
                                 const struct wn_message *in,
                                 struct wn_error *err)
{
    struct wn_generation gen = in->damaged.generation;
    struct wn_event event;
    enum wn_status rc;

    if (wn_study_find(study_of(coord), in->trial, in->dispatch) == WN_TRIAL_NONE)
        return WN_OK;
    rc = wn_coord_look_for_later(coord, err);
    if (rc)
        return rc;
    if (!wn_study_damage_event(study_of(coord), in->trial, gen, &event))
        return wn_fail(
            err, WN_ECORRUPT,
            "worker %zu calls a checkpoint damaged that trial %u did not begin "
            "from",
            worker, in->trial);
    event.returned.text = wn_arena_printf(
        &coord->arena,
        "the checkpoint of trial %u at %lld does not verify; the one before it is used",
        gen.trial, (long long)gen.resource);
    if (!event.returned.text)
        return wn_fail(err, WN_ENOMEM, "no memory for what is damaged");
    wn_warn("checkpoint", "%s", event.returned.text);
    return wn_coord_commit(coord, &event, err);
}

/* One that was lost begins anew, where the transport knows how. */
static enum wn_status on_return(struct wn_coord *coord,
                                size_t worker,
                                const struct wn_message *in,
                                struct wn_error *err)
{
    struct peer *peer = &coord->peers[worker];

    if (peer->slots && in->hello.n_slots != peer->n_slots)
        return wn_fail(err, WN_ECORRUPT, "worker %zu comes back with %u slots, not %u",
                       worker, in->hello.n_slots, peer->n_slots);
    wn_info("worker", "worker %zu on %s is back", worker, in->hello.host);
    peer->is_broken = false;
    coord->n_broken--;
    wn_slots_return(coord, worker);
    return WN_OK;
}

static enum wn_status on_hello(struct wn_coord *coord,
                               size_t worker,
                               const struct wn_message *in,
                               struct wn_error *err)
{
    struct peer *peer = &coord->peers[worker];

    if (peer->is_broken) {
        enum wn_status rc = on_return(coord, worker, in, err);

        if (rc)
            return rc;
    }
    if (!peer->slots)
        wn_info("worker", "worker %zu on %s: %u slot%s of %u core%s, cpus %s, pid %lld",
                worker, in->hello.host, in->hello.n_slots,
                in->hello.n_slots == 1 ? "" : "s", in->hello.cores_per_slot,
                in->hello.cores_per_slot == 1 ? "" : "s", in->hello.cpus,
                (long long)in->hello.pid);
    if (!peer->host)
        peer->host = wn_strdup(in->hello.host);
    return wn_slots_add(coord, worker, in->hello.n_slots, err);
}

static enum wn_status on_message(struct wn_coord *coord,
                                 size_t worker,
                                 const struct wn_message *in,
                                 struct wn_error *err)
{
    switch (in->kind) {
    case WN_MSG_HELLO: return on_hello(coord, worker, in, err);
    case WN_MSG_REPORT: return on_report(coord, worker, in, err);
    case WN_MSG_ENDED: return on_ended(coord, worker, in, err);
    case WN_MSG_FREE: return on_free(coord, worker, in, err);
    case WN_MSG_DAMAGED: return on_damaged(coord, worker, in, err);
    case WN_MSG_LOG:
        wn_log(in->log.level, in->log.part, "worker %zu: %s", worker, in->log.line);
        return WN_OK;
    case WN_MSG_RUN:
    case WN_MSG_ANSWER:
    case WN_MSG_RECALL:
    case WN_MSG_ABANDON:
    case WN_MSG_QUIT: break;
    }
    return wn_fail(err, WN_ECORRUPT,
                   "worker %zu sent a message that only a coordinator sends", worker);
}

enum wn_status wn_coord_lose(struct wn_coord *coord, size_t worker, struct wn_error *err)
{
    struct peer *peer = &coord->peers[worker];

    for (uint32_t i = 0; i < peer->n_slots; i++) {
        struct slot *slot = &peer->slots[i];
        struct wn_event event;
        enum wn_status rc;

        if (slot->state != SLOT_BUSY)
            continue;
        slot->state = SLOT_LOST;
        coord->n_busy--;
        if (wn_study_find(study_of(coord), slot->trial, slot->dispatch) == WN_TRIAL_NONE)
            continue;
        wn_study_judge_loss(study_of(coord), slot->trial, &event);
        rc = wn_coord_commit(coord, &event, err);
        if (rc)
            return rc;
    }
    return WN_OK;
}

static enum wn_status on_break(struct wn_coord *coord,
                               size_t worker,
                               struct wn_error *err)
{
    struct peer *peer = &coord->peers[worker];

    if (peer->is_broken)
        return WN_OK;
    wn_warn("worker", "worker %zu on %s is lost", worker, peer->host ? peer->host : "?");
    peer->is_broken = true;
    coord->n_broken++;
    coord->had_loss = true;
    wn_slots_forget_idle(coord, worker);
    return wn_coord_lose(coord, worker, err);
}

enum wn_status wn_coord_receive(struct wn_coord *coord, struct wn_error *err)
{
    coord->has_more = false;
    for (int i = 0; i < RECEIVE_MOST; i++) {
        enum wn_got got = WN_GOT_NOTHING;
        size_t worker = 0;
        struct wn_message message;
        enum wn_status rc = wn_comm_recv(coord->cfg.comm, &got, &worker, &coord->in, err);

        if (rc || got == WN_GOT_NOTHING)
            return rc;
        if (got == WN_GOT_BREAK) {
            rc = on_break(coord, worker, err);
        } else {
            wn_arena_reset(&coord->arena);
            rc = wn_message_decode(coord->in.at, coord->in.n, &coord->arena, &message,
                                   err);
            if (!rc)
                rc = on_message(coord, worker, &message, err);
        }
        /* After every message, not after all that came together: so what is decided does
         * not depend on how fast messages travel (rule 2). */
        if (!rc)
            rc = wn_coord_pump(coord, err);
        if (rc)
            return rc;
    }
    coord->has_more = true;
    return WN_OK;
}

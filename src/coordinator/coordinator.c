/* coordinator.c - the loop: receive, ask the study, journal, apply, carry out. */
#include <string.h>

#include "base/assert.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/version.h"
#include "coordinator/coordinator_internal.h"
#include "coordinator/heartbeat.h"

#define SECOND_US  1000000
#define TIMER_US   (60 * (int64_t)SECOND_US)
#define RESULTS_US (10 * (int64_t)SECOND_US)
#define QUIT_US    (30 * (int64_t)SECOND_US) /* how long closing waits for programs to end */

void wn_coord_destroy(struct wn_coord *coord)
{
    if (!coord)
        return;
    wn_keeper_destroy(coord->keeper);
    wn_journal_close(coord->journal);
    wn_rebuild_release(&coord->rebuild);
    for (size_t i = 0; coord->peers && i < coord->n_peers; i++) {
        wn_free(coord->peers[i].slots);
        wn_free(coord->peers[i].host);
    }
    wn_free(coord->peers);
    wn_free(coord->idle);
    wn_buf_release(&coord->in);
    wn_buf_release(&coord->out);
    wn_arena_release(&coord->arena);
    wn_free(coord);
}

int64_t wn_coord_study_ms(const struct wn_coord *coord)
{
    return coord->base_ms + (coord->now_us - coord->t0_us) / 1000;
}

static enum wn_status maybe_die(struct wn_coord *coord,
                                enum wn_step step,
                                struct wn_error *err)
{
    if (!coord->is_dead && coord->cfg.dies)
        coord->is_dead = coord->cfg.dies(coord->cfg.dies_arg, step);
    return coord->is_dead
               ? wn_fail(err, WN_EFENCED, "the coordinator died at a test's request")
               : WN_OK;
}

enum wn_status wn_coord_look_for_later(const struct wn_coord *coord, struct wn_error *err)
{
    if (coord->journal && wn_journal_is_fenced(coord->journal))
        return wn_fail(err, WN_EFENCED, "another coordinator has taken the study over");
    return WN_OK;
}

enum wn_status wn_coord_commit(struct wn_coord *coord,
                               struct wn_event *event,
                               struct wn_error *err)
{
    enum wn_status rc = maybe_die(coord, WN_STEP_BEFORE_APPEND, err);

    event->time_ms = wn_coord_study_ms(coord);
    if (!rc && coord->journal)
        rc = wn_journal_append(coord->journal, event, err);
    if (rc)
        return rc;
    coord->n_events++;
    coord->n_dirty++;
    rc = maybe_die(coord, WN_STEP_AFTER_APPEND, err);
    if (!rc)
        rc = wn_rebuild_event(&coord->rebuild, event, err);
    return rc ? rc : maybe_die(coord, WN_STEP_AFTER_APPLY, err);
}

enum wn_status wn_coord_tell(struct wn_coord *coord,
                             size_t worker,
                             const struct wn_message *message,
                             struct wn_error *err)
{
    wn_buf_clear(&coord->out);
    wn_message_encode(message, &coord->out);
    if (coord->out.failed)
        return wn_fail(err, WN_ENOMEM, "no memory for a message");
    return wn_comm_send(coord->cfg.comm, worker, coord->out.at, coord->out.n, err);
}

/* --- effects of the events that the study asked for --- */

static enum wn_status dispatch(struct wn_coord *coord,
                               struct wn_event *event,
                               struct wn_error *err)
{
    struct place place = {0};
    struct wn_start start;
    struct wn_message message = {.kind = WN_MSG_RUN, .trial = event->trial};
    enum wn_status rc;

    WN_ASSERT(wn_slots_take(coord, &place));
    event->dispatched.worker = place.worker;
    event->dispatched.slot = place.slot;
    rc = wn_coord_commit(coord, event, err);
    if (rc)
        return rc;
    wn_slots_occupy(coord, place, event->trial, event->dispatched.dispatch);
    wn_study_start(study_of(coord), event->trial, &start);
    message.slot = place.slot;
    message.dispatch = event->dispatched.dispatch;
    message.run.milestone = start.milestone;
    message.run.recorded = start.recorded;
    message.run.source = start.source;
    message.run.waits_next = start.waits_next;
    message.run.cells = start.cells;
    message.run.n_cells = (uint32_t)wn_space_n_params(coord->rebuild.job->space);
    return wn_coord_tell(coord, place.worker, &message, err);
}

static enum wn_status tell_running(struct wn_coord *coord,
                                   enum wn_message_kind kind,
                                   uint32_t trial,
                                   struct wn_error *err)
{
    struct wn_placed placed = wn_study_placed(study_of(coord), trial);
    struct wn_message message = {
        .kind = kind, .trial = trial, .slot = placed.slot, .dispatch = placed.dispatch};

    return wn_coord_tell(coord, placed.worker, &message, err);
}

static enum wn_status kill_all(struct wn_coord *coord, struct wn_error *err)
{
    while (wn_study_n_running(study_of(coord))) {
        uint32_t trial = wn_study_running_at(study_of(coord), 0);
        struct wn_event event;
        enum wn_status rc = tell_running(coord, WN_MSG_ABANDON, trial, err);

        wn_study_drain_event(study_of(coord), trial, &event);
        if (!rc)
            rc = wn_coord_commit(coord, &event, err);
        if (rc)
            return rc;
    }
    return WN_OK;
}

/* What runs is asked back at its next report, or killed where the job or a second request
 * says so. */
static enum wn_status stop_running(struct wn_coord *coord, struct wn_error *err)
{
    const char *criterion;
    enum wn_stop_reason reason = wn_study_stop_reason(study_of(coord), &criterion);
    uint32_t n = wn_study_n_running(study_of(coord));

    if (coord->is_urgent ||
        (reason == WN_STOP_CRITERION && coord->rebuild.job->on_stop == WN_ON_STOP_KILL))
        return kill_all(coord, err);
    for (uint32_t k = 0; k < n; k++) {
        enum wn_status rc = tell_running(coord, WN_MSG_RECALL,
                                         wn_study_running_at(study_of(coord), k), err);
        if (rc)
            return rc;
    }
    return WN_OK;
}

static enum wn_status carry_out(struct wn_coord *coord,
                                struct wn_event *event,
                                struct wn_error *err)
{
    bool was_running =
        event->kind == WN_EVENT_RECALLED &&
        wn_study_placed(study_of(coord), event->trial).state == WN_RUN_STATE_RUNNING;
    struct wn_generation gen = event->collected.generation;
    enum wn_status rc;

    if (event->kind == WN_EVENT_DISPATCHED)
        return dispatch(coord, event, err);
    rc = wn_coord_commit(coord, event, err);
    if (rc)
        return rc;
    if (was_running)
        return tell_running(coord, WN_MSG_RECALL, event->trial, err);
    if (event->kind == WN_EVENT_STOPPING) {
        wn_info("study", "stopping: %s%s", event->stopping.criterion[0] ? "stop." : "",
                event->stopping.criterion[0] ? event->stopping.criterion
                                             : "nothing is left to try");
        return stop_running(coord, err);
    }
    if (event->kind == WN_EVENT_COLLECTED)
        return wn_keeper_delete(coord->keeper, gen, err);
    if (event->kind == WN_EVENT_CLOSED && coord->journal)
        return wn_journal_sync(coord->journal, err);
    return WN_OK;
}

enum wn_status wn_coord_pump(struct wn_coord *coord, struct wn_error *err)
{
    struct wn_event event;

    while (wn_study_next(study_of(coord), coord->n_idle, &event)) {
        enum wn_status rc = carry_out(coord, &event, err);
        if (rc)
            return rc;
    }
    return WN_OK;
}

/* --- what the clock asks for --- */

static enum wn_status apply_timer(struct wn_coord *coord, struct wn_error *err)
{
    struct wn_event event = {.kind = WN_EVENT_TIMER, .trial = WN_TRIAL_NONE};

    coord->timer_us = coord->now_us + TIMER_US;
    return wn_coord_commit(coord, &event, err);
}

static enum wn_status snapshot(struct wn_coord *coord, struct wn_error *err)
{
    const struct wn_job *job = coord->rebuild.job;
    struct wn_results *results = NULL;
    struct wn_results_input in = {.history = wn_study_history(study_of(coord)),
                                  .study = job->name,
                                  .metric = job->metric,
                                  .resource = job->resource,
                                  .job_text = job->text,
                                  .program_version = wn_version(),
                                  .time_ms = wn_coord_study_ms(coord)};
    int64_t begin_us = wn_clock_mono_us();
    enum wn_status rc;

    in.rungs = wn_study_rung_changes(study_of(coord), &in.n_rungs);
    coord->n_dirty = 0;
    rc = wn_results_snapshot(&in, &results, err);
    coord->copy_us = wn_clock_mono_us() - begin_us;
    return rc ? rc : wn_keeper_results(coord->keeper, results, err);
}

/* How long results.h5 may wait: 10 s, and longer where writing it takes over a twentieth
 * of that, or the copy, for which answers wait, over a two-hundredth. */
static int64_t results_pause_us(struct wn_coord *coord)
{
    int64_t pause_us = RESULTS_US;

    if (pause_us < 20 * 1000 * wn_keeper_results_ms(coord->keeper))
        pause_us = 20 * 1000 * wn_keeper_results_ms(coord->keeper);
    return pause_us < 200 * coord->copy_us ? 200 * coord->copy_us : pause_us;
}

/* Files: synced once a second, results now and then. */
static enum wn_status housekeeping(struct wn_coord *coord, struct wn_error *err)
{
    enum wn_status rc = wn_keeper_check(coord->keeper, err);

    if (!rc && coord->now_us >= coord->sync_us) {
        coord->sync_us = coord->now_us + SECOND_US;
        rc = wn_keeper_sync(coord->keeper, err);
    }
    if (rc || coord->cfg.is_simulated)
        return rc;
    if (coord->now_us >= coord->look_us) {
        coord->look_us = coord->now_us + SECOND_US;
        rc = wn_coord_look_for_requests(coord, err);
    }
    if (!rc && coord->now_us >= coord->beat_us) {
        coord->beat_us = coord->now_us + WN_HEARTBEAT_EVERY_MS * (int64_t)1000;
        rc = wn_keeper_heartbeat(coord->keeper, err);
    }
    if (!rc && coord->now_us >= coord->results_us && coord->n_dirty) {
        rc = snapshot(coord, err);
        coord->results_us = coord->now_us + results_pause_us(coord);
    }
    return rc;
}

/* Segments that could not be folded are a whole journal too. */
static enum wn_status fold(struct wn_coord *coord, struct wn_error *err)
{
    struct wn_error trouble;
    enum wn_status rc = wn_journal_fold(coord->journal, &trouble);

    if (rc == WN_EIO) {
        wn_warn("journal", "the segments of the journal stay as they are: %s",
                trouble.text);
        return WN_OK;
    }
    if (rc && err)
        *err = trouble;
    return rc;
}

/* Closed: wait for the slots, write the last results, fold, tell the workers to end. */
static enum wn_status finish(struct wn_coord *coord, struct wn_error *err)
{
    struct wn_message quit = {.kind = WN_MSG_QUIT};
    enum wn_status rc = WN_OK;

    if (!coord->quit_us)
        coord->quit_us = coord->now_us + QUIT_US;
    if (coord->n_busy && coord->now_us < coord->quit_us &&
        coord->n_broken < coord->n_peers)
        return WN_OK;
    if (!coord->cfg.is_simulated)
        rc = snapshot(coord, err);
    wn_keeper_flush(coord->keeper);
    if (!rc)
        rc = wn_keeper_check(coord->keeper, err);
    if (!rc && coord->journal)
        rc = fold(coord, err);
    if (!rc && coord->cfg.study_dir && !coord->cfg.is_simulated)
        wn_heartbeat_remove(coord->study_dir);
    for (size_t i = 0; !rc && i < coord->n_peers; i++)
        rc = wn_coord_tell(coord, i, &quit, err);
    coord->has_quit = !rc;
    if (!rc)
        wn_info("study", "closed after %lld s",
                (long long)wn_coord_study_ms(coord) / 1000);
    if (!rc)
        wn_usage_log(coord);
    return rc;
}

enum wn_status wn_coord_step(struct wn_coord *coord, struct wn_error *err)
{
    enum wn_status rc;

    wn_usage_pass(coord, wn_comm_now_us(coord->cfg.comm));
    if (coord->is_dead)
        return wn_fail(err, WN_EFENCED, "the coordinator is dead");
    if (coord->has_quit)
        return WN_OK;
    rc = wn_coord_receive(coord, err);
    if (!rc && !wn_study_is_closed(study_of(coord)) &&
        (coord->now_us >= coord->timer_us ||
         wn_coord_study_ms(coord) >= wn_study_deadline_ms(study_of(coord))))
        rc = apply_timer(coord, err);
    wn_slots_wake(coord);
    if (!rc)
        rc = wn_coord_pump(coord, err);
    if (!rc)
        rc = wn_study_check(study_of(coord), err);
    if (!rc)
        rc = housekeeping(coord, err);
    if (!rc && wn_study_is_closed(study_of(coord)))
        rc = finish(coord, err);
    if (!rc && !coord->has_quit && coord->n_peers && coord->n_broken == coord->n_peers)
        rc = wn_fail(err, WN_ESYSTEM, "all workers are lost; the study can be resumed");
    return rc;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* In virtual time a second without news is not worth a step: months have many. */
static bool has_news(const struct wn_coord *coord)
{
    return !coord->cfg.is_simulated ||
           (coord->journal &&
            wn_journal_written(coord->journal) > wn_journal_synced(coord->journal));
}

int64_t wn_coord_deadline_us(const struct wn_coord *coord)
{
    int64_t deadline_ms = wn_study_deadline_ms(coord->rebuild.study);
    int64_t at = has_news(coord) ? coord->sync_us : INT64_MAX;

    if (coord->has_more && !coord->has_quit)
        return coord->now_us;
    if (!wn_study_is_closed(coord->rebuild.study)) /* afterwards there is no timer */
        at = least(at, coord->timer_us);
    if (coord->n_resting)
        at = least(at, coord->rest_us);
    if (coord->quit_us)
        at = least(at, coord->quit_us);
    if (!coord->cfg.is_simulated)
        at = least(at, least(coord->look_us, coord->beat_us));
    if (deadline_ms != INT64_MAX)
        at = least(at, coord->t0_us + 1000 * (deadline_ms - coord->base_ms));
    return at;
}

bool wn_coord_is_done(const struct wn_coord *coord)
{
    return coord->has_quit;
}

enum wn_status wn_coord_drain(struct wn_coord *coord,
                              bool is_urgent,
                              struct wn_error *err)
{
    struct wn_event event = {.kind = WN_EVENT_STOPPING, .trial = WN_TRIAL_NONE};
    enum wn_status rc = WN_OK;

    if (wn_study_is_closed(study_of(coord)))
        return WN_OK;
    wn_usage_pass(coord, wn_comm_now_us(coord->cfg.comm));
    coord->is_urgent = coord->is_urgent || is_urgent;
    if (wn_study_stop_reason(study_of(coord), NULL) == WN_STOP_NONE) {
        event.stopping.reason = WN_STOP_DRAIN;
        event.stopping.criterion = "";
        rc = wn_coord_commit(coord, &event, err);
    }
    if (!rc)
        rc = stop_running(coord, err);
    return rc ? rc : wn_coord_pump(coord, err);
}

size_t wn_coord_fds(const struct wn_coord *coord, struct pollfd *out, size_t room)
{
    int fd = wn_study_fd(coord->rebuild.study);

    if (fd < 0 || !room)
        return 0;
    *out = (struct pollfd){.fd = fd, .events = POLLIN};
    return 1;
}

/* --- looks --- */

const struct wn_study *wn_coord_study(const struct wn_coord *coord)
{
    return coord->rebuild.study;
}

size_t wn_coord_n_slots(const struct wn_coord *coord)
{
    return coord->n_slots;
}

size_t wn_coord_n_idle(const struct wn_coord *coord)
{
    return coord->n_idle;
}

bool wn_coord_had_loss(const struct wn_coord *coord)
{
    return coord->had_loss;
}

uint64_t wn_coord_n_events(const struct wn_coord *coord)
{
    return coord->n_events;
}

void wn_coord_lengths(const struct wn_coord *coord, uint64_t *written, uint64_t *synced)
{
    *written = coord->journal ? wn_journal_written(coord->journal) : 0;
    *synced = coord->journal ? wn_journal_synced(coord->journal) : 0;
}

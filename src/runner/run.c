/* run.c - what is done to a run: orders, times, failures. */
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/log.h"
#include "runner/process_internal.h"

void wn_run_reset(struct wn_runner *self, size_t slot)
{
    struct wn_run *run = &self->runs[slot];
    union wn_cell *cells = run->cells;
    bool is_dirty = run->is_dirty;

    wn_run_close(self, slot);
    wn_run_forget_reports(run);
    wn_vec_release(&run->reports);
    wn_buf_release(&run->text);
    wn_output_release(&run->output);
    wn_heap_remove(&self->due, slot);
    *run = (struct wn_run){.cells = cells,
                           .is_dirty = is_dirty,
                           .pidfd = -1,
                           .control = -1,
                           .memory = -1,
                           .socket = -1,
                           .out = {-1, -1}};
}

void wn_run_order(struct wn_runner *self, size_t slot, const struct wn_control *order)
{
    struct wn_run *run = &self->runs[slot];
    struct wn_error err;

    /* A helper that is gone is heard of through its own descriptor. */
    if (run->control >= 0 && wn_control_send(run->control, order, &err) != WN_OK)
        wn_debug("runner", "trial %u: %s", run->task.trial, err.text);
}

void wn_run_tell(struct wn_runner *self, size_t slot, const char *text)
{
    struct wn_run *run = &self->runs[slot];

    /* No room means that the program never reads: it does not listen anyway. */
    if (run->socket >= 0 &&
        send(run->socket, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
        wn_debug("runner", "trial %u does not listen", run->task.trial);
}

static int64_t later(int64_t at_us, int64_t by_us)
{
    return at_us > INT64_MAX - by_us ? INT64_MAX : at_us + by_us;
}

void wn_run_limit_end(const struct wn_runner *self, struct wn_run *run, int64_t now_us)
{
    run->lost_us = later(now_us, self->patience_us);
}

void wn_run_kill_helper(pid_t helper)
{
    wn_kin_signal(helper, 0,
                  SIGKILL); /* first, while they can be told by their parents */
    kill(helper, SIGKILL);
}

static void kill_now(struct wn_runner *self, size_t slot, int64_t now_us)
{
    struct wn_run *run = &self->runs[slot];

    run->is_killed = true;
    run->term_us = run->kill_us = INT64_MAX;
    wn_run_limit_end(self, run, now_us);
    wn_run_order(self, slot, &(struct wn_control){.kind = WN_CONTROL_KILL});
}

void wn_run_terminate(struct wn_runner *self, size_t slot, int64_t now_us)
{
    struct wn_run *run = &self->runs[slot];

    run->is_killed = true;
    run->is_stopped = false;
    run->term_us = INT64_MAX;
    run->kill_us = now_us + self->grace_us;
    wn_run_order(self, slot, &(struct wn_control){.kind = WN_CONTROL_TERM});
}

void wn_run_fail(struct wn_runner *self,
                 size_t slot,
                 enum wn_failure failure,
                 int64_t now_us,
                 const char *format,
                 ...)
{
    struct wn_run *run = &self->runs[slot];
    va_list args;

    if (run->failure || run->is_dropped || run->is_answered)
        return;
    run->failure = failure;
    va_start(args, format);
    wn_buf_vaddf(&run->text, format, args);
    va_end(args);
    wn_run_touch(self, slot);
    if (run->step != WN_STEP_START && run->step != WN_STEP_RUN)
        return;
    run->wait = WN_WAIT_NONE;
    if (failure == WN_FAILURE_TIMEOUT || failure == WN_FAILURE_SILENT)
        wn_run_terminate(self, slot, now_us); /* it may have something to say */
    else
        kill_now(self, slot, now_us);
}

int64_t wn_run_take_cost(const struct wn_runner *self, struct wn_run *run, int64_t now_us)
{
    int64_t total = (now_us - run->start_us) * self->cores / 1000;
    int64_t cost = total - run->cost_ms;

    run->cost_ms = total;
    return cost;
}

static bool is_timed(const struct wn_run *run)
{
    return run->step == WN_STEP_RUN && !run->is_killed && !run->is_answered;
}

static int64_t silent_us(const struct wn_runner *self, const struct wn_run *run)
{
    if (run->wait != WN_WAIT_NONE) /* it is not the program that keeps us waiting */
        return INT64_MAX;
    return later(run->report_us, self->report_timeout_us);
}

bool wn_run_is_done(const struct wn_run *run)
{
    return run->has_bye && (run->n_emitted || run->task.source.resource);
}

void wn_run_set_due(struct wn_runner *self, size_t slot)
{
    const struct wn_run *run = &self->runs[slot];
    int64_t at_us = INT64_MAX;

    if (is_timed(run)) {
        int64_t silent = silent_us(self, run);

        at_us = later(run->program_us, self->timeout_us);
        if (silent < at_us)
            at_us = silent;
    }
    if (run->step == WN_STEP_RUN || run->step == WN_STEP_START) {
        if (run->term_us < at_us)
            at_us = run->term_us;
        if (run->kill_us < at_us)
            at_us = run->kill_us;
    }
    if (run->step != WN_STEP_EMPTY && run->lost_us < at_us)
        at_us = run->lost_us;
    if (at_us == INT64_MAX)
        wn_heap_remove(&self->due, slot);
    else
        wn_heap_put(&self->due, slot, at_us);
}

void wn_run_check_times(struct wn_runner *self, size_t slot, int64_t now_us)
{
    struct wn_run *run = &self->runs[slot];
    char text[48];

    if (is_timed(run) && wn_run_is_done(run) && run->wait == WN_WAIT_NONE &&
        (silent_us(self, run) <= now_us ||
         later(run->program_us, self->timeout_us) <= now_us))
        wn_run_terminate(self, slot, now_us); /* no failure: see judge() */
    else if (is_timed(run) && later(run->program_us, self->timeout_us) <= now_us)
        wn_run_fail(self, slot, WN_FAILURE_TIMEOUT, now_us,
                    "the program ran longer than trial.timeout allows (%s)",
                    wn_duration_print(self->timeout_us / 1000, text, sizeof text));
    else if (is_timed(run) && silent_us(self, run) <= now_us)
        wn_run_fail(self, slot, WN_FAILURE_SILENT, now_us,
                    "the program did not report for longer than trial.report_timeout "
                    "allows (%s)",
                    wn_duration_print(self->report_timeout_us / 1000, text, sizeof text));
    if (run->lost_us <= now_us) {
        wn_oops("runner", "the helper of trial %u does not end and is killed",
                run->task.trial);
        wn_run_limit_end(self, run, now_us); /* and once more, if it must be */
        run->is_lost = true;
        if (run->helper)
            wn_run_kill_helper(run->helper);
    }
    if (run->step != WN_STEP_RUN && run->step != WN_STEP_START)
        return;
    if (run->term_us <= now_us)
        wn_run_terminate(self, slot, now_us);
    else if (run->kill_us <= now_us)
        kill_now(self, slot, now_us);
}

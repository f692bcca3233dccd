/* end.c - how a run ends: what is said of it, and whether it begins again. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "runner/process_internal.h"

#define TAIL_LINES 12 /* of its output, told with a failure */

static void close_helper(struct wn_runner *self, size_t slot)
{
    struct wn_run *run = &self->runs[slot];
    bool keeps = !run->starts_again && (self->keeps_all || run->failure);

    wn_buf_clear(&self->scratch);
    if (keeps)
        wn_output_text(&run->output, &self->scratch);
    if (keeps && (self->scratch.failed || ftruncate(run->memory, 0) != 0 ||
                  lseek(run->memory, 0, SEEK_SET) != 0 ||
                  wn_file_write_all(run->memory, wn_buf_text(&self->scratch),
                                    self->scratch.n, "memory", NULL) != WN_OK))
        keeps = false;
    run->step = WN_STEP_CLOSE;
    wn_run_order(self, slot,
                 &(struct wn_control){.kind = WN_CONTROL_CLOSE, .flag = keeps});
}

/* How the program's end is to be understood, unless it was a failure already. */
static void judge(struct wn_run *run)
{
    if (run->failure)
        return;
    if (run->is_killed && wn_run_is_done(run))
        return; /* it lingered and had to be helped to its end */
    if (WIFSIGNALED(run->status)) {
        run->failure = WN_FAILURE_SIGNAL;
        wn_buf_addf(&run->text, "signal %d (%s) ended the program", WTERMSIG(run->status),
                    strsignal(WTERMSIG(run->status)));
    } else if (WEXITSTATUS(run->status) != 0) {
        run->failure = WN_FAILURE_EXIT;
        wn_buf_addf(&run->text, "the program exited with code %d",
                    WEXITSTATUS(run->status));
    } else if (!run->n_emitted && !run->task.source.resource) {
        run->failure = WN_FAILURE_NO_REPORT;
        wn_buf_adds(&run->text, "the program exited with code 0 and never reported");
    }
}

static bool say_end(struct wn_runner *self,
                    size_t slot,
                    int64_t now_us,
                    struct wn_run_event *out)
{
    struct wn_run *run = &self->runs[slot];

    run->has_ended = true;
    if (run->is_damaged) {
        out->kind = WN_RUN_DAMAGED;
        return true;
    }
    judge(run);
    if (run->failure && run->output.total) {
        wn_buf_adds(&run->text, "\nits last output:\n");
        wn_output_tail(&run->output, TAIL_LINES, &run->text);
    }
    out->kind = WN_RUN_ENDED;
    out->failure = run->failure;
    out->cost_ms = wn_run_take_cost(self, run, now_us);
    out->text = wn_buf_text(&run->text);
    return true;
}

/* A program that knows only resource.parameter ended there, below the milestone it was
 * given meanwhile: it did what it was told, and goes on. */
static bool ended_at_parameter(const struct wn_runner *self, const struct wn_run *run)
{
    return !run->failure && !run->is_killed && !run->is_damaged && !run->starts_again &&
           WIFEXITED(run->status) && WEXITSTATUS(run->status) == 0 &&
           run->parameter < self->cfg.max_resource && run->n_emitted &&
           run->previous >= run->parameter && run->milestone > run->previous;
}

bool wn_run_finish(struct wn_runner *self,
                   size_t slot,
                   int64_t now_us,
                   struct wn_run_event *out)
{
    struct wn_run *run = &self->runs[slot];

    if (run->wait != WN_WAIT_NONE || run->first < run->reports.n)
        return false;
    if (!run->is_dropped && !run->is_answered && ended_at_parameter(self, run))
        run->starts_again = true;
    if (!run->is_dropped && !run->is_answered && !run->starts_again && !run->has_ended)
        return say_end(self, slot, now_us, out);
    close_helper(self, slot);
    if (run->lost_us != INT64_MAX) /* it lives: that long again, to clean up */
        wn_run_limit_end(self, run, now_us);
    return false;
}

/* Start again from the newest checkpoint, to the new milestone. */
static bool start_again(struct wn_runner *self, size_t slot, int64_t now_us)
{
    struct wn_run *run = &self->runs[slot];
    struct wn_task task = run->task;
    int64_t start_us = run->start_us, cost_ms = run->cost_ms;
    uint32_t n_emitted = run->n_emitted;
    struct wn_error err;

    task.milestone = run->milestone;
    task.waits_next = run->waits_next;
    task.source = run->newest;
    wn_run_reset(self, slot);
    run->task = task;
    run->start_us = start_us;
    run->cost_ms = cost_ms;
    run->n_emitted = n_emitted;
    if (wn_run_begin(self, slot, now_us, &err) == WN_OK)
        return true;
    wn_oops("runner", "trial %u: %s", task.trial, err.text);
    return false;
}

/* Has the helper ended? Then the slot is empty, or begins again. */
bool wn_run_look_for_gone(struct wn_runner *self,
                          size_t slot,
                          int64_t now_us,
                          struct wn_run_event *out)
{
    struct wn_run *run = &self->runs[slot];
    pid_t helper = run->helper; /* 0: the trial was nothing to start one for */
    pid_t ended = helper ? waitpid(helper, NULL, WNOHANG) : 0;

    /* Where SIGCHLD is ignored, as whoever started us may have left it, the kernel reaps. */
    if (ended != helper && !(ended < 0 && errno == ECHILD))
        return false;
    run->helper = 0;
    if (run->step != WN_STEP_CLOSE || run->is_lost) {
        if (!run->is_lost)
            wn_oops("runner", "the helper of trial %u died", run->task.trial);
        if (run->program > 0 && run->step == WN_STEP_RUN)
            kill(-run->program, SIGKILL);
        wn_kin_kill_orphans(helper);
        run->starts_again = false;
    }
    if (run->starts_again && start_again(self, slot, now_us))
        return run->step == WN_STEP_OVER && wn_run_finish(self, slot, now_us, out);
    wn_run_reset(self, slot);
    out->kind = WN_RUN_GONE;
    return true;
}

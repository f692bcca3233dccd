/* control.c - what a slot's descriptors say. */
#include <sys/epoll.h>
#include <unistd.h>

#include "base/log.h"
#include "runner/process_internal.h"

static void over(struct wn_runner *self, size_t slot, int64_t now_us)
{
    struct wn_run *run = &self->runs[slot];

    run->step = WN_STEP_OVER;
    run->is_stopped = false;
    for (int stream = 0; stream < 2; stream++)
        wn_run_read_output(self, slot, stream, now_us);
    wn_run_end_lines(self, slot, now_us);
    if (run->wait == WN_WAIT_ANSWER)
        run->wait = WN_WAIT_NONE; /* nobody is there any more to be told */
}

static void take_control(struct wn_runner *self,
                         size_t slot,
                         const struct wn_control *control,
                         int64_t now_us)
{
    struct wn_run *run = &self->runs[slot];

    switch (control->kind) {
    case WN_CONTROL_STARTED:
        run->program = (pid_t)control->number;
        if (run->step == WN_STEP_START)
            run->step = WN_STEP_RUN;
        run->program_us = run->report_us = now_us;
        return;
    case WN_CONTROL_FAILED:
        if (control->flag) { /* no word about the trial: it may start elsewhere */
            if (!run->is_dropped)
                wn_oops("runner", "trial %u was not started: %s", run->task.trial,
                        control->text);
            run->is_dropped = true;
        }
        wn_run_fail(self, slot, WN_FAILURE_START, now_us, "%s", control->text);
        over(self, slot, now_us);
        return;
    case WN_CONTROL_DAMAGED:
        run->is_damaged = true;
        wn_warn("runner", "trial %u: %s", run->task.trial, control->text);
        over(self, slot, now_us);
        return;
    case WN_CONTROL_DONE: wn_run_disk_done(self, slot, control, now_us); return;
    case WN_CONTROL_EXITED:
        run->status = (int)control->number;
        over(self, slot, now_us);
        return;
    case WN_CONTROL_GO:
    case WN_CONTROL_COMMIT:
    case WN_CONTROL_HOLD:
    case WN_CONTROL_RESUME:
    case WN_CONTROL_TERM:
    case WN_CONTROL_KILL:
    case WN_CONTROL_CLOSE: return;
    }
}

static void read_control(struct wn_runner *self, size_t slot, int64_t now_us)
{
    struct wn_run *run = &self->runs[slot];
    struct wn_control control;
    bool is_gone = false;

    while (run->control >= 0) {
        wn_arena_reset(&self->arena);
        if (!wn_control_recv(run->control, &self->arena, &control, &is_gone))
            break;
        take_control(self, slot, &control, now_us);
    }
    if (is_gone && run->control >= 0) { /* its end is told by the pidfd */
        epoll_ctl(self->epoll, EPOLL_CTL_DEL, run->control, NULL);
        close(run->control);
        run->control = -1;
    }
}

void wn_run_take_source(struct wn_runner *self, size_t slot, int source, int64_t now_us)
{
    struct wn_run *run = &self->runs[slot];

    switch (source) {
    case WN_SOURCE_CONTROL: read_control(self, slot, now_us); break;
    case WN_SOURCE_OUT:
    case WN_SOURCE_ERR:
        wn_run_read_output(self, slot, source - WN_SOURCE_OUT, now_us);
        break;
    case WN_SOURCE_SOCKET:
        if (run->wait == WN_WAIT_NONE && run->first == run->reports.n)
            wn_run_read_socket(self, slot, now_us);
        break;
    case WN_SOURCE_PID: break; /* looked at in turn */
    }
    wn_run_touch(self, slot);
}

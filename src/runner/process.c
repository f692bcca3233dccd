/* process.c - trials that are programs of the operating system.
 *
 * Each has a helper (trial_main.c) that starts it, works on files for it, and kills what
 * is left of it. The worker's side is a state machine per slot, woken by one epoll
 * descriptor and a heap of times; nothing here waits, and an idle slot costs nothing.
 *
 * EMPTY -> START (helper told to go) -> RUN -> OVER (no process of the program left; its
 * last reports are worked off) -> CLOSE (helper told to end) -> EMPTY. A helper that dies
 * on its own is the worker's trouble: GONE without ENDED, so the trial is returned.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/clock.h"
#include "base/heap.h"
#include "base/log.h"
#include "runner/process_internal.h"

#define N_EVENTS   64
#define SLOT_FILES 6   /* descriptors of a slot that runs */
#define MORE_FILES 128 /* those of a start, and of the rest of the process */

#define PATIENCE_US INT64_C(10000000) /* with a helper that ought to end */
#define REAP_US     1000000 /* after its SIGKILL: on a dead disk that may not help */
#define LOOK_MS     10

void wn_run_touch(struct wn_runner *self, size_t slot)
{
    if (self->runs[slot].is_dirty)
        return;
    self->runs[slot].is_dirty = true;
    self->dirty[(self->dirty_first + self->dirty_n++) % self->cfg.n_slots] = slot;
}

/* --- create and destroy --- */

static bool has_helper_ended(pid_t helper, int64_t until_us)
{
    struct pollfd fd = {.fd = (int)syscall(SYS_pidfd_open, helper, 0), .events = POLLIN};
    bool has_ended;

    for (;;) {
        pid_t ended = waitpid(helper, NULL, WNOHANG);

        has_ended = ended == helper || (ended < 0 && errno == ECHILD);
        if (has_ended || wn_clock_mono_us() >= until_us)
            break;
        poll(&fd, fd.fd >= 0, LOOK_MS);
    }
    if (fd.fd >= 0)
        close(fd.fd);
    return has_ended;
}

/* Its socket is closed, so it kills its program and ends: unless it is stopped, or hangs. */
static void wait_for_helper(pid_t helper, int64_t until_us)
{
    if (has_helper_ended(helper, until_us))
        return;
    wn_oops("runner", "helper %ld does not end and is killed", (long)helper);
    wn_run_kill_helper(helper);
    if (!has_helper_ended(helper, wn_clock_mono_us() + REAP_US))
        wn_oops("runner", "helper %ld cannot be killed", (long)helper);
    wn_kin_kill_orphans(helper);
}

static void process_destroy(struct wn_runner *self)
{
    int64_t until_us;

    if (!self)
        return;
    until_us = wn_clock_mono_us() + self->patience_us;
    /* A helper whose socket closes kills its program and ends: all at once, then wait. */
    for (size_t i = 0; self->runs && i < self->cfg.n_slots; i++) {
        pid_t helper = self->runs[i].helper;

        wn_run_reset(self, i);
        self->runs[i].helper = helper;
    }
    for (size_t i = 0; self->runs && i < self->cfg.n_slots; i++) {
        if (self->runs[i].helper)
            wait_for_helper(self->runs[i].helper, until_us);
        wn_free(self->runs[i].cells);
    }
    if (self->epoll >= 0)
        close(self->epoll);
    wn_heap_release(&self->due);
    wn_buf_release(&self->scratch);
    wn_arena_release(&self->arena);
    wn_free(self->dirty);
    wn_free(self->runs);
    wn_free(self);
}

static int64_t duration_us(const struct wn_values *trial, const char *name)
{
    return wn_values_is_set(trial, name) ? wn_values_ms(trial, name) * 1000 : INT64_MAX;
}

static void take_options(struct wn_runner *self)
{
    const struct wn_values *trial = self->cfg.trial;
    int64_t limit_mib = wn_values_int(trial, "output_limit");

    self->pass = (enum wn_pass)wn_values_choice(trial, "pass");
    self->protocol = (enum wn_protocol)wn_values_choice(trial, "protocol");
    self->timeout_us = duration_us(trial, "timeout");
    self->report_timeout_us = duration_us(trial, "report_timeout");
    self->grace_us = wn_values_ms(trial, "grace") * 1000;
    self->patience_us = self->grace_us > INT64_MAX - PATIENCE_US
                            ? INT64_MAX
                            : self->grace_us + PATIENCE_US;
    self->cores = wn_values_int(trial, "cores");
    self->output_limit = limit_mib ? (uint64_t)limit_mib << 20 : UINT64_MAX;
    self->keeps_all = strcmp(wn_values_string(trial, "logs"), "all") == 0;
    self->n_params = wn_space_n_params(self->cfg.space);
}

/* Many slots hold more descriptors than the usual soft limit of 1024 allows. What the
 * system forbids is said by the start that lacks them. */
static void allow_files(struct wn_runner *self)
{
    rlim_t need = (rlim_t)self->cfg.n_slots * SLOT_FILES + MORE_FILES;
    struct rlimit more;

    if (getrlimit(RLIMIT_NOFILE, &self->files) != 0)
        self->files = (struct rlimit){RLIM_INFINITY, RLIM_INFINITY};
    more = self->files;
    if (need > more.rlim_max)
        need = more.rlim_max;
    if (need <= more.rlim_cur)
        return;
    more.rlim_cur = need;
    if (setrlimit(RLIMIT_NOFILE, &more) != 0)
        self->files = more; /* nothing to take back */
}

static bool make_slots(struct wn_runner *self)
{
    self->runs = wn_alloc_array(self->cfg.n_slots, sizeof *self->runs);
    self->dirty = wn_alloc_array(self->cfg.n_slots, sizeof *self->dirty);
    if (!self->runs || !self->dirty || !wn_heap_reserve(&self->due, self->cfg.n_slots))
        return false;
    for (size_t i = 0; i < self->cfg.n_slots; i++) {
        struct wn_run *run = &self->runs[i];

        run->pidfd = run->control = run->memory = run->socket = -1;
        run->out[0] = run->out[1] = -1;
    }
    for (size_t i = 0; i < self->cfg.n_slots; i++) {
        self->runs[i].cells = wn_alloc_array(self->n_params, sizeof(union wn_cell));
        if (!self->runs[i].cells)
            return false;
    }
    return true;
}

static enum wn_status process_create(const struct wn_runner_config *cfg,
                                     struct wn_runner **out,
                                     struct wn_error *err)
{
    struct wn_runner *self = wn_alloc(sizeof *self);
    enum wn_status rc = WN_OK;

    if (!self)
        return wn_fail(err, WN_ENOMEM, "no memory for the process runner");
    self->cfg = *cfg;
    self->epoll = -1;
    take_options(self);
    if (!cfg->study_dir || !cfg->store)
        rc = wn_fail(err, WN_EINVAL, "the process runner needs a study directory");
    else
        rc = wn_helper_find(self->helper, self->python_dir, err);
    if (rc == WN_OK && !make_slots(self))
        rc = wn_fail(err, WN_ENOMEM, "no memory for %zu slots", cfg->n_slots);
    if (rc == WN_OK) {
        wn_kin_kill_orphans_of(cfg->study_dir);
        allow_files(self);
        self->epoll = epoll_create1(EPOLL_CLOEXEC);
        if (self->epoll < 0)
            rc = wn_fail_errno(err, WN_ESYSTEM, "making an epoll descriptor");
    }
    if (rc != WN_OK) {
        process_destroy(self);
        return rc;
    }
    *out = self;
    return WN_OK;
}

/* --- start --- */

/* What resource.parameter is set to: schedulers that pause have the program end itself at
 * the milestone; a program that speaks the protocol is told of milestones anyway. */
static int64_t parameter_of(const struct wn_runner *self, const struct wn_run *run)
{
    if (!self->cfg.resource_parameter)
        return INT64_MAX;
    if (self->cfg.pauses && self->protocol != WN_PROTOCOL_WINNOW &&
        run->milestone < self->cfg.max_resource)
        return run->milestone;
    return self->cfg.max_resource;
}

enum wn_status wn_run_begin(struct wn_runner *self,
                            size_t slot,
                            int64_t now_us,
                            struct wn_error *err)
{
    struct wn_run *run = &self->runs[slot];
    struct wn_error trouble = {0};
    enum wn_status rc;

    run->milestone = run->task.milestone;
    run->waits_next = run->task.waits_next;
    run->parameter = parameter_of(self, run);
    run->previous = run->saved = run->task.source.resource;
    run->newest = run->task.source;
    run->program_us = run->report_us = now_us;
    run->term_us = run->kill_us = run->lost_us = INT64_MAX;
    run->step = WN_STEP_START;
    if (wn_output_create(&run->output))
        rc = wn_run_spawn(self, slot, &trouble);
    else
        rc = wn_fail(&trouble, WN_ENOMEM, "no memory for the output of a trial");
    if (rc == WN_OK)
        return WN_OK;
    wn_run_close(self, slot); /* a helper that was started ends by this */
    if (run->helper)
        wait_for_helper(run->helper, wn_clock_mono_us() + self->patience_us);
    if (rc == WN_EINVAL) { /* the trial's own: it ends by it, and no worker is blamed */
        run->helper = 0;
        run->step = WN_STEP_OVER;
        run->failure = WN_FAILURE_START;
        wn_buf_adds(&run->text, trouble.text);
        wn_run_touch(self, slot);
        return WN_OK;
    }
    wn_run_reset(self, slot);
    if (err)
        *err = trouble;
    return rc;
}

static enum wn_status process_start(struct wn_runner *self,
                                    size_t slot,
                                    const struct wn_task *task,
                                    int64_t now_us,
                                    struct wn_error *err)
{
    struct wn_run *run = &self->runs[slot];

    WN_ASSERT(slot < self->cfg.n_slots && run->step == WN_STEP_EMPTY);
    run->task = *task;
    if (self->n_params)
        memcpy(run->cells, task->cells, self->n_params * sizeof *run->cells);
    run->task.cells = run->cells;
    run->start_us = now_us;
    return wn_run_begin(self, slot, now_us, err);
}

/* --- orders of the worker --- */

static void answer_program(struct wn_runner *self,
                           size_t slot,
                           enum wn_verdict_kind verdict)
{
    struct wn_run *run = &self->runs[slot];
    char text[128], milestone[32] = "null";

    if (run->milestone != INT64_MAX)
        snprintf(milestone, sizeof milestone, "%" PRId64, run->milestone);
    if (verdict == WN_VERDICT_CONTINUE)
        snprintf(text, sizeof text,
                 "{\"answer\":\"continue\",\"milestone\":%s,\"waits\":%s}", milestone,
                 run->waits_next ? "true" : "false");
    else
        snprintf(text, sizeof text, "{\"answer\":\"%s\"}",
                 verdict == WN_VERDICT_PAUSE ? "pause" : "stop");
    wn_run_tell(self, slot, text);
}

static void go_on(struct wn_runner *self, size_t slot)
{
    struct wn_run *run = &self->runs[slot];

    if (run->step == WN_STEP_OVER) {
        run->starts_again = true;
    } else if (run->is_stopped) {
        run->is_stopped = false;
        wn_run_order(self, slot, &(struct wn_control){.kind = WN_CONTROL_RESUME});
    } else {
        answer_program(self, slot, WN_VERDICT_CONTINUE);
    }
}

static void process_answer(struct wn_runner *self,
                           size_t slot,
                           enum wn_verdict_kind verdict,
                           int64_t milestone,
                           bool waits_next,
                           int64_t now_us)
{
    struct wn_run *run = &self->runs[slot];

    if (run->wait != WN_WAIT_ANSWER || run->is_dropped)
        return;
    run->wait = WN_WAIT_NONE;
    run->report_us = now_us;
    wn_run_touch(self, slot);
    if (verdict == WN_VERDICT_CONTINUE) {
        run->milestone = milestone;
        run->waits_next = waits_next;
        go_on(self, slot);
        return;
    }
    run->is_answered = true;
    if (run->step != WN_STEP_RUN)
        return;
    if (run->is_stopped) { /* it knows of nothing: it has to be told by a signal */
        wn_run_terminate(self, slot, now_us);
        return;
    }
    answer_program(self, slot, verdict);
    run->term_us = now_us + self->grace_us;
}

static void process_recall(struct wn_runner *self, size_t slot, int64_t now_us)
{
    struct wn_run *run = &self->runs[slot];

    (void)now_us;
    if (run->step == WN_STEP_EMPTY || run->waits_next)
        return;
    run->waits_next = true;
    wn_run_tell(self, slot, "{\"recall\":true}");
}

static void process_kill(struct wn_runner *self, size_t slot, int64_t now_us)
{
    struct wn_run *run = &self->runs[slot];

    if (run->step == WN_STEP_EMPTY || run->is_dropped)
        return;
    run->is_dropped = run->is_killed = true;
    run->wait = WN_WAIT_NONE;
    run->starts_again = false;
    run->term_us = run->kill_us = INT64_MAX;
    wn_run_limit_end(self, run, now_us);
    if (run->step != WN_STEP_CLOSE)
        wn_run_order(self, slot, &(struct wn_control){.kind = WN_CONTROL_KILL});
    wn_run_touch(self, slot);
}

static size_t process_fds(const struct wn_runner *self, struct pollfd *out, size_t room)
{
    if (!room)
        return 0;
    out[0] = (struct pollfd){.fd = self->epoll, .events = POLLIN};
    return 1;
}

static int64_t process_deadline_us(const struct wn_runner *self)
{
    return self->dirty_n ? 0 : wn_heap_next(&self->due, NULL);
}

/* --- poll --- */

static bool look(struct wn_runner *self,
                 size_t slot,
                 int64_t now_us,
                 struct wn_run_event *out)
{
    struct wn_run *run = &self->runs[slot];

    if (run->step == WN_STEP_EMPTY)
        return false;
    memset(out, 0, sizeof *out);
    out->slot = slot;
    out->text = "";
    wn_run_check_times(self, slot, now_us);
    if (wn_run_next_report(self, slot, now_us, out))
        return true;
    if (run->step == WN_STEP_OVER && wn_run_finish(self, slot, now_us, out))
        return true;
    return wn_run_look_for_gone(self, slot, now_us, out);
}

static void after_look(struct wn_runner *self, size_t slot)
{
    struct wn_run *run = &self->runs[slot];

    wn_run_want_socket(self, slot,
                       run->wait == WN_WAIT_NONE && run->first == run->reports.n &&
                           !run->failure && !run->is_dropped);
    wn_run_set_due(self, slot);
}

static void look_at_descriptors(struct wn_runner *self, int64_t now_us)
{
    struct epoll_event events[N_EVENTS];
    int n = epoll_wait(self->epoll, events, N_EVENTS, 0);

    for (int i = 0; i < n; i++)
        wn_run_take_source(self, (size_t)(events[i].data.u64 / WN_SOURCE_N),
                           (int)(events[i].data.u64 % WN_SOURCE_N), now_us);
}

static bool process_poll(struct wn_runner *self, int64_t now_us, struct wn_run_event *out)
{
    for (;;) {
        size_t slot;

        while (self->dirty_n) {
            slot = self->dirty[self->dirty_first];
            if (look(self, slot, now_us, out))
                return true;
            after_look(self, slot);
            self->runs[slot].is_dirty = false;
            self->dirty_first = (self->dirty_first + 1) % self->cfg.n_slots;
            self->dirty_n--;
        }
        if (self->has_looked) {
            self->has_looked = false;
            return false;
        }
        self->has_looked = true; /* once a poll: a loud program shall not keep us here */
        look_at_descriptors(self, now_us);
        while (wn_heap_next(&self->due, &slot) <= now_us) {
            wn_heap_remove(&self->due, slot); /* set again after the look */
            wn_run_touch(self, slot);
        }
    }
}

const struct wn_runner_ops wn_runner_process = {
    .name = "process",
    .summary = "a program of the operating system",
    .works_in_virtual_time = false,
    .works_in_real_time = true,
    .options = wn_process_table + WN_N_TRIAL_OPTIONS,
    .table = wn_process_table,
    .check = wn_process_check,
    .create = process_create,
    .destroy = process_destroy,
    .start = process_start,
    .answer = process_answer,
    .recall = process_recall,
    .kill = process_kill,
    .fds = process_fds,
    .deadline_us = process_deadline_us,
    .poll = process_poll,
};

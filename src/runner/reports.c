/* reports.c - from a program's report to the worker's event.
 *
 * One report at a time. A checkpoint that goes with it is committed first, by the helper:
 * commit, then report. For programs that know nothing of checkpoints:
 *   - at a milestone (or a due interval) the program is stopped and its folder copied; a
 *     copy that may mix two states does not count. Where a paused trial would have to
 *     start again without it, the report is then held back and the next one answers for
 *     the milestone;
 *   - with resource.parameter the program ends itself there. Its report is held until it
 *     has, and its folder is then committed as it stands.
 */
#include <inttypes.h>
#include <string.h>
#include <sys/wait.h>

#include "base/log.h"
#include "runner/process_internal.h"

static void drop_first(struct wn_run *run)
{
    wn_free(run->reports.at[run->first].metrics);
    run->first++;
    if (run->first == run->reports.n)
        run->first = run->reports.n = 0;
    run->is_known = run->is_tried = run->has_checkpoint = run->is_torn = false;
    run->is_emitted = false;
}

void wn_run_forget_reports(struct wn_run *run)
{
    while (run->first < run->reports.n)
        drop_first(run);
}

static bool has_metric(const struct wn_parsed *report, const char *name)
{
    for (uint32_t i = 0; i < report->n_metrics; i++)
        if (strcmp(report->metrics[i].name, name) == 0)
            return true;
    return false;
}

static void complain_of_metric(struct wn_runner *self,
                               size_t slot,
                               const struct wn_parsed *report,
                               int64_t now_us)
{
    struct wn_buf names = {0};

    for (uint32_t i = 0; i < report->n_metrics && names.n < 200; i++)
        wn_buf_addf(&names, "%s%s", i ? ", " : "", report->metrics[i].name);
    wn_run_fail(self, slot, WN_FAILURE_BAD_REPORT, now_us,
                "a report has no metric %s; it has %s", self->cfg.metric_name,
                names.n ? wn_buf_text(&names) : "none");
    wn_buf_release(&names);
}

/* Find the unit the first report is about; false: the run failed. */
static bool know_first(struct wn_runner *self, size_t slot, int64_t now_us)
{
    struct wn_run *run = &self->runs[slot];
    const struct wn_parsed *report = &run->reports.at[run->first];
    struct wn_resource_rule rule = self->cfg.resource_rule;
    struct wn_error err;

    if (run->is_known)
        return true;
    if (!has_metric(report, self->cfg.metric_name)) {
        complain_of_metric(self, slot, report, now_us);
        return false;
    }
    rule.start = run->task.source.resource;
    if (wn_resource_normalise(&rule, report->has_resource, report->resource,
                              run->previous, &run->resource, &err) != WN_OK) {
        wn_run_fail(self, slot, WN_FAILURE_BAD_REPORT, now_us, "%s", err.text);
        return false;
    }
    run->is_known = true;
    return true;
}

static bool is_last(const struct wn_run *run)
{
    return run->first + 1 == run->reports.n;
}

static bool is_due(const struct wn_run *run)
{
    return run->resource >= run->milestone || run->waits_next;
}

/* It ended well, by itself. */
static bool ended_well(const struct wn_run *run)
{
    return run->step == WN_STEP_OVER && !run->is_killed && !run->failure &&
           WIFEXITED(run->status) && WEXITSTATUS(run->status) == 0;
}

static void work_on_disk(struct wn_runner *self,
                         size_t slot,
                         enum wn_control_kind kind,
                         const char *folder,
                         int64_t resource)
{
    struct wn_run *run = &self->runs[slot];
    struct wn_control order = {.kind = kind,
                               .resource = resource,
                               .number = run->reports.at[run->first].arrived_ns,
                               .text = folder};

    run->is_tried = true;
    run->wait = WN_WAIT_DISK;
    wn_run_order(self, slot, &order);
}

/* A report at a milestone that came before its checkpoint is held back for the next one, for
 * as long as files change under the copy. Where there was nothing to copy that is done once:
 * a program that prints and then saves has its checkpoint by the next report, and one that
 * never saves must be heard all the same. */
void wn_run_disk_done(struct wn_runner *self,
                      size_t slot,
                      const struct wn_control *done,
                      int64_t now_us)
{
    struct wn_run *run = &self->runs[slot];
    bool is_line;

    if (run->wait != WN_WAIT_DISK || run->first == run->reports.n)
        return;
    is_line = run->reports.at[run->first].is_line;
    run->wait = WN_WAIT_NONE;
    run->report_us = now_us; /* the time was the disk's, not the program's */
    run->has_checkpoint = done->flag;
    run->is_stopped = is_line && run->step == WN_STEP_RUN;
    if (done->flag || !done->resource)
        return;
    wn_info("runner", "trial %u: no checkpoint at %" PRId64 ": %s", run->task.trial,
            run->resource, done->text);
    if (!run->is_stopped || !self->cfg.pauses || !is_due(run) ||
        run->resource >= self->cfg.max_resource || (done->number && run->is_bare))
        return;
    run->is_torn = true;
    run->is_bare = run->is_bare || done->number;
    run->is_stopped = false;
    wn_run_order(self, slot, &(struct wn_control){.kind = WN_CONTROL_RESUME});
}

static bool wants_copy(const struct wn_runner *self, const struct wn_run *run)
{
    int64_t every = self->cfg.checkpoint_every;

    if (self->protocol != WN_PROTOCOL_STDOUT)
        return false; /* no folder was named to it */
    return is_due(run) || (every > 0 && run->resource / every > run->saved / every);
}

/* A line, the program running: true if the report may go out now. */
static bool ready_running_line(struct wn_runner *self, size_t slot)
{
    struct wn_run *run = &self->runs[slot];
    bool copies = wants_copy(self, run);

    if (run->is_torn)
        return false; /* the next report, or the end */
    if (run->parameter != INT64_MAX && run->resource >= run->parameter && is_last(run))
        return false; /* it is about to end */
    if (run->is_tried || (!copies && !is_due(run)))
        return true;
    work_on_disk(self, slot, WN_CONTROL_HOLD, "", copies ? run->resource : 0);
    return false;
}

/* A line, the program gone: its folder stands still. */
static bool ready_ended_line(struct wn_runner *self, size_t slot)
{
    struct wn_run *run = &self->runs[slot];

    if (self->protocol != WN_PROTOCOL_STDOUT || !is_last(run) || !ended_well(run) ||
        run->has_checkpoint || (run->is_tried && !run->is_torn))
        return true;
    run->is_torn = false;
    work_on_disk(self, slot, WN_CONTROL_COMMIT, WN_WORK_NAME, run->resource);
    return false;
}

/* Has the program ended itself where resource.parameter told it to, and may go on? */
static bool may_start_again(const struct wn_runner *self, const struct wn_run *run)
{
    return run->parameter != INT64_MAX && run->resource >= run->parameter &&
           run->resource < self->cfg.max_resource;
}

static bool is_ready(struct wn_runner *self, size_t slot, bool *waits)
{
    struct wn_run *run = &self->runs[slot];
    const struct wn_parsed *report = &run->reports.at[run->first];
    bool is_running = run->step == WN_STEP_RUN;

    if (!report->is_line) {
        *waits = report->waits && is_running;
        if (!*report->checkpoint || run->is_tried)
            return true;
        work_on_disk(self, slot, WN_CONTROL_COMMIT, report->checkpoint, run->resource);
        return false;
    }
    if (is_running) {
        *waits = is_due(run);
        return ready_running_line(self, slot);
    }
    *waits = is_last(run) && is_due(run) && ended_well(run) && may_start_again(self, run);
    return ready_ended_line(self, slot);
}

static void emit(struct wn_runner *self,
                 size_t slot,
                 bool waits,
                 int64_t now_us,
                 struct wn_run_event *out)
{
    struct wn_run *run = &self->runs[slot];
    const struct wn_parsed *report = &run->reports.at[run->first];

    out->kind = WN_RUN_REPORT;
    out->resource = run->resource;
    out->elapsed_ms = (now_us - run->start_us) / 1000;
    out->cost_ms = wn_run_take_cost(self, run, now_us);
    out->metrics = report->metrics;
    out->n_metrics = report->n_metrics;
    out->has_checkpoint = run->has_checkpoint;
    out->waits = waits;
    if (run->has_checkpoint) {
        run->saved = run->resource;
        run->newest =
            (struct wn_generation){run->resource, run->task.trial, run->task.dispatch};
    }
    run->previous = run->resource;
    run->report_us = now_us;
    run->n_emitted++;
    run->is_emitted = true; /* its metrics are borrowed until the next look */
    if (waits) {
        run->wait = WN_WAIT_ANSWER;
    } else if (run->is_stopped) {
        run->is_stopped = false;
        wn_run_order(self, slot, &(struct wn_control){.kind = WN_CONTROL_RESUME});
    }
}

bool wn_run_next_report(struct wn_runner *self,
                        size_t slot,
                        int64_t now_us,
                        struct wn_run_event *out)
{
    struct wn_run *run = &self->runs[slot];
    bool waits;

    if (run->is_emitted)
        drop_first(run);
    if (run->is_dropped || run->is_answered || run->failure) {
        wn_run_forget_reports(run);
        return false;
    }
    if (run->wait != WN_WAIT_NONE ||
        (run->step != WN_STEP_RUN && run->step != WN_STEP_OVER))
        return false;
    if (run->first == run->reports.n)
        wn_run_read_socket(self, slot, now_us);
    if (run->is_torn && !is_last(run))
        drop_first(run); /* the next one answers for it */
    if (run->first == run->reports.n)
        return false;
    if (!know_first(self, slot, now_us)) {
        wn_run_forget_reports(run); /* nothing may be left that would hold up its end */
        return false;
    }
    if (!is_ready(self, slot, &waits))
        return false;
    emit(self, slot, waits, now_us, out);
    return true;
}

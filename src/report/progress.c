/* progress.c - how far a study is: the line, the counts, rungs and running trials. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/table.h"
#include "report/report_internal.h"

enum { BAR = 20, RUNGS_MOST = 256, RUNNING_MOST = 32 };

static const char *paint(struct wn_report_style style, const char *escape)
{
    return style.has_color ? escape : "";
}

void wn_report_head(struct wn_report_style style, const char *title, struct wn_buf *out)
{
    wn_buf_addf(out, "%s%s%s\n", paint(style, WN_REPORT_BOLD), title,
                paint(style, WN_REPORT_PLAIN));
}

void wn_report_print_table(const struct wn_table *table,
                           struct wn_report_style style,
                           struct wn_buf *out)
{
    wn_table_print(table, 2, style.width, style.has_color ? WN_REPORT_BOLD : NULL,
                   style.has_color ? WN_REPORT_PLAIN : NULL, out);
}

char *wn_report_number(double value, char *text, size_t room)
{
    snprintf(text, room, "%.6g", value);
    return text;
}

void wn_report_counts(const struct wn_study *study, struct wn_buf *out)
{
    struct wn_totals totals = wn_history_totals(wn_study_history(study));
    uint64_t n_ended = totals.n_completed + totals.n_stopped + totals.n_failed;
    uint32_t n_running = wn_study_n_running(study), n_ready = wn_study_n_ready(study);

    wn_buf_addf(out, "%" PRIu64 " trial%s: %u running", totals.n_configured,
                totals.n_configured == 1 ? "" : "s", n_running);
    if (n_ready)
        wn_buf_addf(out, ", %u waiting", n_ready);
    if (totals.n_paused)
        wn_buf_addf(out, ", %" PRIu64 " paused", totals.n_paused);
    wn_buf_addf(out, ", %" PRIu64 " ended", n_ended);
    if (n_ended)
        wn_buf_addf(out,
                    " (%" PRIu64 " completed, %" PRIu64 " stopped, %" PRIu64 " failed)",
                    totals.n_completed, totals.n_stopped, totals.n_failed);
}

void wn_report_spent(const struct wn_study *study,
                     const struct wn_job *job,
                     struct wn_buf *out)
{
    struct wn_totals totals = wn_history_totals(wn_study_history(study));
    size_t n = strlen(job->resource);
    bool is_as_it_is = totals.resource == 1 || job->resource[n - 1] == 's';
    char cost[48];

    wn_buf_addf(out, "%" PRIu64 " report%s, %" PRId64 " %s%s, %s of core time\n",
                totals.n_reports, totals.n_reports == 1 ? "" : "s", totals.resource,
                job->resource, is_as_it_is ? "" : "s",
                wn_duration_print(totals.cost_ms, cost, sizeof cost));
}

void wn_report_bare(const struct wn_study *study,
                    const struct wn_job *job,
                    struct wn_buf *out)
{
    struct wn_totals totals = wn_history_totals(wn_study_history(study));

    if (totals.n_bare && wn_job_needs_checkpoints(job))
        wn_buf_addf(out,
                    "%" PRIu64 " of %" PRIu64
                    " reports at milestones came without a checkpoint, but the scheduler "
                    "%s goes on from nothing else\n",
                    totals.n_bare, totals.n_milestones, job->sched->name);
}

/* "best accuracy 0.9722 (trial 17, epoch 27)"; nothing before the first report. */
void wn_report_best(const struct wn_study *study,
                    const struct wn_job *job,
                    struct wn_buf *out)
{
    const struct wn_history *history = wn_study_history(study);
    const struct wn_report *best = wn_history_best(history, false);
    char number[32];

    if (!best)
        return;
    wn_report_number(wn_history_metric_of(history, best->loss), number, sizeof number);
    wn_buf_addf(out, "best %s %s (trial %u, %s %" PRId64 ")", job->metric, number,
                best->trial, job->resource, best->resource);
}

static void add_bar(double share, struct wn_report_style style, struct wn_buf *out)
{
    int full = (int)(share * BAR + 0.5);

    wn_buf_addf(out, "[%s", paint(style, WN_REPORT_GREEN));
    for (int i = 0; i < BAR; i++) {
        if (i == full)
            wn_buf_adds(out, paint(style, WN_REPORT_PLAIN));
        wn_buf_addc(out, i < full ? '#' : '-');
    }
    wn_buf_addf(out, "%s] %3d%%  ", full >= BAR ? paint(style, WN_REPORT_PLAIN) : "",
                (int)(share * 100));
}

void wn_report_progress_line(const struct wn_study *study,
                             const struct wn_job *job,
                             int64_t now_ms,
                             struct wn_report_style style,
                             struct wn_buf *out)
{
    double share = wn_study_progress(study);
    size_t used = 0, room = SIZE_MAX, before;
    struct wn_buf rest = {0};
    char time[48];

    if (share >= 0) {
        add_bar(share > 1 ? 1 : share, style, out);
        used = BAR + 9; /* brackets, percents and spaces */
    }
    wn_buf_addf(&rest, "%s%s  ", wn_duration_print(now_ms, time, sizeof time),
                style.is_virtual ? " of virtual time" : "");
    before = rest.n;
    wn_report_best(study, job, &rest);
    if (rest.n > before) /* before the counts: it is the last to be cut off */
        wn_buf_adds(&rest, "  ");
    wn_report_counts(study, &rest);
    if (style.width)
        room = style.width > used ? style.width - used : 0;
    wn_buf_add(out, wn_buf_text(&rest), wn_text_cut(wn_buf_text(&rest), room));
    out->failed = out->failed || rest.failed;
    wn_buf_release(&rest);
}

void wn_report_rungs(const struct wn_study *study,
                     const struct wn_job *job,
                     struct wn_report_style style,
                     struct wn_buf *out)
{
    struct wn_rung rungs[RUNGS_MOST];
    const struct wn_study_config *cfg = wn_study_configuration(study);
    size_t n = cfg->sched->rungs(wn_study_sched(study), rungs, RUNGS_MOST);
    struct wn_table table;

    if (!n)
        return;
    wn_table_init(&table, "rrrr");
    wn_table_add(&table, "bracket");
    wn_table_add(&table, job->resource);
    wn_table_add(&table, "entered");
    wn_table_add(&table, "promoted");
    for (size_t i = 0; i < n && i < RUNGS_MOST; i++) {
        wn_table_addf(&table, "%u", rungs[i].bracket);
        wn_table_addf(&table, "%" PRId64, rungs[i].resource);
        wn_table_addf(&table, "%" PRIu64, rungs[i].n_entered);
        wn_table_addf(&table, "%" PRIu64, rungs[i].n_promoted);
    }
    wn_report_head(style, "rungs", out);
    wn_report_print_table(&table, style, out);
    wn_table_release(&table);
}

static void add_running(struct wn_table *table,
                        const struct wn_study *study,
                        uint32_t trial,
                        int64_t now_ms)
{
    const struct wn_history *history = wn_study_history(study);
    const struct wn_trial *seen = wn_history_trial(history, trial);
    struct wn_placed placed = wn_study_placed(study, trial);
    struct wn_buf config = {0};
    char text[48];

    wn_table_addf(table, "%u", placed.worker);
    wn_table_addf(table, "%u", placed.slot);
    wn_table_addf(table, "%u", trial);
    wn_table_addf(table, "%" PRId64, wn_history_resource(history, trial));
    if (placed.milestone == INT64_MAX)
        wn_table_add(table, "-");
    else
        wn_table_addf(table, "%" PRId64, placed.milestone);
    wn_table_add(
        table, wn_duration_print(now_ms > placed.since_ms ? now_ms - placed.since_ms : 0,
                                 text, sizeof text));
    if (seen->cells)
        wn_config_print(wn_history_space(history), seen->cells, &config);
    wn_table_add(table, wn_buf_text(&config));
    table->failed = table->failed || config.failed;
    wn_buf_release(&config);
}

void wn_report_running(const struct wn_study *study,
                       const struct wn_job *job,
                       int64_t now_ms,
                       struct wn_report_style style,
                       struct wn_buf *out)
{
    uint32_t n = wn_study_n_running(study);
    struct wn_table table;

    if (!n)
        return;
    wn_table_init(&table, "rrrrrrl");
    wn_table_add(&table, "worker");
    wn_table_add(&table, "slot");
    wn_table_add(&table, "trial");
    wn_table_add(&table, job->resource);
    wn_table_add(&table, "until");
    wn_table_add(&table, "for");
    wn_table_add(&table, "configuration");
    for (uint32_t k = 0; k < n && k < RUNNING_MOST; k++)
        add_running(&table, study, wn_study_running_at(study, k), now_ms);
    wn_report_head(style, "running", out);
    wn_report_print_table(&table, style, out);
    if (n > RUNNING_MOST)
        wn_buf_addf(out, "  ... and %u more (winnow trials --state running)\n",
                    n - RUNNING_MOST);
    wn_table_release(&table);
}

static const struct {
    enum wn_stop_reason reason;
    const char *text;
} reasons[] = {
    {WN_STOP_DONE, "complete: nothing is left to try"},
    {WN_STOP_DRAIN, "stopped before the end; the same command goes on from here"},
};

void wn_report_end_text(const struct wn_study *study, struct wn_buf *out)
{
    const char *criterion = "";
    enum wn_stop_reason reason = wn_study_stop_reason(study, &criterion);

    wn_report_reason_text(reason, criterion, out);
}

void wn_report_reason_text(enum wn_stop_reason reason,
                           const char *criterion,
                           struct wn_buf *out)
{
    if (reason == WN_STOP_CRITERION) {
        wn_buf_addf(out, "complete: stop.%s was reached", criterion);
        return;
    }
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
        if (reasons[i].reason == reason) {
            wn_buf_adds(out, reasons[i].text);
            return;
        }
    wn_buf_adds(out, "not stopped");
}

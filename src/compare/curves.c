/* curves.c - the learning curves of a study's trials as a figure; see plot.h.
 *
 * A line goes from report to report. Where a trial was paused it is parted; the line goes on
 * from the value that the trial had, at the time when it began to run again: that of its next
 * report less the running time up to that.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "compare/figure.h"
#include "compare/plot.h"

enum { LABELS_MOST = 14, LABEL_ROOM = 256 };

struct drawing {
    const struct wn_history *history;
    struct wn_figure figure;
    struct wn_arena arena;
    double seconds; /* of the unit of time */
    size_t n_trials;
};

static enum wn_status no_memory(struct wn_error *err)
{
    return wn_fail(err, WN_ENOMEM, "no memory for a figure");
}

static double time_of(const struct drawing *drawing, int64_t time_ms)
{
    return (double)time_ms / 1000 / drawing->seconds;
}

/* The points of a trial; each report gives three at most. */
static size_t trace(const struct drawing *drawing,
                    const struct wn_trial *trial,
                    double *x,
                    double *y)
{
    size_t n = 0;

    for (uint32_t k = 0; k < trial->n_reports; k++) {
        const struct wn_report *report = &trial->reports[k];

        if (k && report[-1].verdict == WN_VERDICT_PAUSE) {
            int64_t ran_ms = report->elapsed_ms - report[-1].elapsed_ms;

            x[n] = time_of(drawing, report->time_ms);
            y[n++] = (double)NAN;
            x[n] = time_of(drawing, report->time_ms - (ran_ms > 0 ? ran_ms : 0));
            y[n++] = wn_history_metric_of(drawing->history, report[-1].loss);
        }
        x[n] = time_of(drawing, report->time_ms);
        y[n++] = wn_history_metric_of(drawing->history, report->loss);
    }
    return n;
}

static size_t mark_rungs(const struct drawing *drawing,
                         const struct wn_trial *trial,
                         double *x,
                         double *y)
{
    size_t n = 0;

    for (uint32_t k = 0; k < trial->n_reports; k++) {
        if (!trial->reports[k].is_milestone)
            continue;
        x[n] = time_of(drawing, trial->reports[k].time_ms);
        y[n++] = wn_history_metric_of(drawing->history, trial->reports[k].loss);
    }
    return n;
}

static enum wn_status add_trial(struct drawing *drawing,
                                uint32_t number,
                                size_t look,
                                struct wn_error *err)
{
    const struct wn_trial *trial = wn_history_trial(drawing->history, number);
    size_t room = (size_t)trial->n_reports * 3 + 1;
    double *at[4];
    const char *label = NULL;
    bool ok = true;

    if (!trial->n_reports)
        return WN_OK;
    for (size_t i = 0; i < 4; i++) {
        at[i] = wn_arena_alloc(&drawing->arena, room * sizeof(double));
        ok = ok && at[i];
    }
    if (drawing->n_trials <= LABELS_MOST) {
        label = wn_arena_printf(&drawing->arena, "trial %lu", (unsigned long)number);
        ok = ok && label;
    }
    for (size_t i = 0; ok && i < 2; i++) {
        struct wn_series *series = wn_figure_add(&drawing->figure);

        if (!series)
            return no_memory(err);
        *series = (struct wn_series){.label = i ? NULL : label,
                                     .x = at[2 * i],
                                     .y = at[2 * i + 1],
                                     .look = look,
                                     .is_points = i == 1};
        series->n = (i ? mark_rungs : trace)(drawing, trial, at[2 * i], at[2 * i + 1]);
    }
    return ok ? WN_OK : no_memory(err);
}

enum wn_status wn_plot_curves(const struct wn_study *study,
                              const struct wn_job *job,
                              const uint32_t *trials,
                              size_t n_trials,
                              const char *path,
                              bool is_log,
                              struct wn_error *err)
{
    const char *unit;
    char title[LABEL_ROOM], x_label[LABEL_ROOM];
    struct drawing drawing = {.history = wn_study_history(study),
                              .n_trials = n_trials,
                              .figure = {.title = title,
                                         .x_label = x_label,
                                         .y_label = job->metric,
                                         .is_log = is_log}};
    enum wn_status rc = WN_OK;

    drawing.seconds = wn_plot_unit((double)wn_study_time_ms(study) / 1000, &unit);
    (void)snprintf(title, sizeof title,
                   "%s: %zu trial%s; a mark is a rung, a gap a pause", job->name,
                   n_trials, n_trials == 1 ? "" : "s");
    (void)snprintf(x_label, sizeof x_label, "study time [%s]", unit);
    for (size_t i = 0; rc == WN_OK && i < n_trials; i++)
        rc = add_trial(&drawing, trials[i], i, err);
    if (rc == WN_OK)
        rc = wn_figure_draw(&drawing.figure, path, err);
    wn_figure_release(&drawing.figure);
    wn_arena_release(&drawing.arena);
    return rc;
}

/* compare/plot.h - what is drawn: a view of a comparison, the curves of a study. */
#ifndef WN_COMPARE_PLOT_H
#define WN_COMPARE_PLOT_H

#include <stdbool.h>

#include "compare/view.h"
#include "job/job.h"

/* DIR/BENCHMARK-WORKERS.svg for every group, its methods over study time, and DIR/ranks.svg
 * where methods can be ranked. The folder is made. The paths are appended to `files`, a line
 * each. WN_ESYSTEM: no gnuplot (figure.h). */
enum wn_status wn_compare_plot(struct wn_view *view,
                               const char *dir,
                               bool is_log,
                               struct wn_buf *files,
                               struct wn_error *err) WN_MUST_CHECK;

/* The metric of some trials of a study over study time: a line a trial, parted while it was
 * paused; marks where the scheduler was asked (rungs). */
enum wn_status wn_plot_curves(const struct wn_study *study,
                              const struct wn_job *job,
                              const uint32_t *trials,
                              size_t n_trials,
                              const char *path,
                              bool is_log,
                              struct wn_error *err) WN_MUST_CHECK;

/* The unit in which a length of time is read best: seconds of it, and its name. */
double wn_plot_unit(double length_s, const char **name);

#endif /* WN_COMPARE_PLOT_H */

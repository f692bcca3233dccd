/* compare/print.h - a view of a comparison as tables for people and as CSV. */
#ifndef WN_COMPARE_PRINT_H
#define WN_COMPARE_PRINT_H

#include "base/buf.h"
#include "compare/view.h"
#include "report/report.h"

/* Where a target is looked for; benchmark NULL: everywhere. */
struct wn_compare_target {
    const char *benchmark;
    double value; /* of the metric, with its sign */
};

struct wn_compare_wishes {
    struct wn_report_style style;
    const char
        *against; /* the method that others are compared with, pair by pair; NULL */
    const struct wn_compare_target *targets;
    size_t n_targets;
};

/* A table for every group, at quarters of its length, the best method first; then ranks,
 * differences and times to the targets; then what is missing. */
enum wn_status wn_compare_print(struct wn_view *view,
                                const struct wn_compare_filter *filter,
                                const struct wn_compare_wishes *wishes,
                                struct wn_buf *out,
                                struct wn_error *err) WN_MUST_CHECK;
/* "missing: asha on branin, 8 workers: runs 3, 7-9", a line a study, and "surplus: ..." for
 * those that nobody asked for. */
void wn_compare_print_gaps(const struct wn_comparison *comparison,
                           const struct wn_compare_filter *filter,
                           struct wn_buf *out);
/* what,benchmark,workers,method,time_s,share,middle,low,high,n_runs: `what` is best, on a grid
 * of n_points over each group's length, or rank. A value that is not there is empty. */
enum wn_status wn_compare_print_csv(struct wn_view *view,
                                    size_t n_points,
                                    struct wn_buf *out,
                                    struct wn_error *err) WN_MUST_CHECK;

#endif /* WN_COMPARE_PRINT_H */

/* compare/view.h - a part of a comparison, to be looked at: values on a common grid.
 *
 * A group is a benchmark with a number of workers; its entries are the methods that have runs
 * there. Time is a share of the group's length: its budget, or the longest run where there is
 * none. Everything inside is a loss: the metric, negated where larger is better, or the
 * regret. wn_view_shown() turns a summary into what is shown.
 */
#ifndef WN_COMPARE_VIEW_H
#define WN_COMPARE_VIEW_H

#include "compare/filter.h"
#include "compare/statistics.h"
#include "results/comparison.h"

enum wn_view_as {
    WN_VIEW_VALUE = 0, /* the metric as it is */
    WN_VIEW_LOSS = 1,  /* smaller is better: negated where it is maximised */
    WN_VIEW_REGRET = 2 /* distance from the best value that is known */
};
extern const char *const wn_view_as_names[]; /* ends with NULL */

struct wn_view_entry {
    const struct wn_comparison_study *study;
    const struct wn_comparison_cell **runs; /* by seed number */
    size_t n_runs;
    struct wn_resampling *resampling; /* of its runs; borrowed from the view */
};

struct wn_view_group {
    const char *benchmark, *metric, *metric_unit;
    int64_t n_workers;
    bool is_maximised;
    double length_s;
    WN_VEC(struct wn_view_entry) entries; /* with a run at least; in the file's order */
};

struct wn_view {
    const struct wn_comparison *comparison; /* borrowed */
    enum wn_statistic statistic;
    enum wn_view_as as;
    uint64_t seed; /* of the intervals */
    WN_VEC(struct wn_view_group) groups;
    WN_VEC(struct wn_resampling *) resamplings; /* one for every number of runs */
    double *values;                             /* room for the runs of an entry */
    struct wn_arena arena;
};

/* `view` is zeroed but for statistic, as and seed; released by the caller in any case.
 * WN_EINVAL: nothing is left to be seen, or a best value is missing for regrets. */
enum wn_status wn_view_make(const struct wn_comparison *comparison,
                            const struct wn_compare_filter *filter,
                            struct wn_view *view,
                            struct wn_error *err) WN_MUST_CHECK;
void wn_view_release(struct wn_view *view);

/* The loss of a run at a study time; infinite: it has none yet. */
double wn_view_loss(const struct wn_view *view,
                    const struct wn_view_entry *entry,
                    size_t run,
                    double time_s);
/* All runs of an entry at a study time, as losses. */
struct wn_summary wn_view_at(struct wn_view *view,
                             const struct wn_view_entry *entry,
                             double time_s);
/* A method's entry in a group; NULL if it has none. */
const struct wn_view_entry *wn_view_entry_of(const struct wn_view_group *group,
                                             const char *method);
/* A summary of losses as it is shown. */
struct wn_summary wn_view_shown(const struct wn_view *view,
                                const struct wn_view_group *group,
                                struct wn_summary losses);
/* "8 workers"; appended. */
void wn_view_workers(int64_t n_workers, struct wn_buf *out);
/* The metric's name on one line; appended. */
void wn_view_metric(const struct wn_view_group *group, struct wn_buf *out);
/* " [%]", or nothing where the unit is not known; appended. Regrets and losses have the unit
 * of the value. */
void wn_view_unit(const struct wn_view_group *group, struct wn_buf *out);
/* "val_accuracy [%] (larger is better)", "regret of ..."; appended. */
void wn_view_axis(const struct wn_view *view,
                  const struct wn_view_group *group,
                  struct wn_buf *out);
/* "IQM, 95 % intervals" ... */
const char *wn_view_statistic_text(const struct wn_view *view);

/* Study time at which each run reached a value of the metric, or a better one; infinite: it
 * did not. Median and quartiles. */
struct wn_summary wn_view_time_to(struct wn_view *view,
                                  const struct wn_view_entry *entry,
                                  double target,
                                  size_t *n_reached);

/* Of the runs that two entries have under the same number: the losses of the first less those
 * of the second at the end, and in how many the first is better (a tie is half). WN_EINVAL:
 * they have none in common in which both have a loss. */
enum wn_status wn_view_difference(struct wn_view *view,
                                  const struct wn_view_group *group,
                                  const struct wn_view_entry *entry,
                                  const struct wn_view_entry *other,
                                  struct wn_summary *out,
                                  double *n_better,
                                  size_t *n_pairs,
                                  struct wn_error *err) WN_MUST_CHECK;

/* Mean ranks over groups and runs: of the methods that all groups have, over the runs that
 * all of them have. 1 is best. */
struct wn_view_ranks {
    size_t n_methods, n_groups;
    const char **methods;  /* in the order of the first group */
    struct wn_summary *at; /* [method][share] */
    size_t n_shares;
};
/* At shares of the length of each group. Everything stands in the view's arena; n_methods 0:
 * there are less than two methods that all groups have runs of. */
enum wn_status wn_view_rank(struct wn_view *view,
                            const double *shares,
                            size_t n_shares,
                            struct wn_view_ranks *out,
                            struct wn_error *err) WN_MUST_CHECK;
/* "4 benchmarks", or what else its groups are; appended. */
void wn_view_ranked_over(const struct wn_view *view,
                         const struct wn_view_ranks *ranks,
                         struct wn_buf *out);

#endif /* WN_COMPARE_VIEW_H */

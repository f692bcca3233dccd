/* view.c - see view.h. */
#include "compare/view.h"

#include <math.h>
#include <string.h>

#include "base/table.h"

/* What is shown of a unit, in characters and in bytes: it stands in titles. */
enum { UNIT_WIDTH = 24, UNIT_MOST = 4 * UNIT_WIDTH };

const char *const wn_view_as_names[] = {"value", "loss", "regret", NULL};

static enum wn_status no_memory(struct wn_error *err)
{
    return wn_fail(err, WN_ENOMEM, "no memory for a comparison");
}

void wn_view_release(struct wn_view *view)
{
    for (size_t i = 0; i < view->groups.n; i++)
        wn_vec_release(&view->groups.at[i].entries);
    for (size_t i = 0; i < view->resamplings.n; i++)
        wn_resampling_destroy(view->resamplings.at[i]);
    wn_vec_release(&view->groups);
    wn_vec_release(&view->resamplings);
    wn_free(view->values);
    wn_arena_release(&view->arena);
}

/* --- making it --- */

static struct wn_view_group *group_of(struct wn_view *view,
                                      const struct wn_comparison_study *study)
{
    struct wn_view_group *group;

    for (size_t i = 0; i < view->groups.n; i++) {
        group = &view->groups.at[i];
        if (group->n_workers != study->n_workers ||
            strcmp(group->benchmark, study->benchmark) != 0)
            continue;
        if (!*group->metric_unit)
            group->metric_unit = study->metric_unit; /* of a file that was joined */
        return group;
    }
    group = wn_vec_push(&view->groups);
    if (group)
        *group = (struct wn_view_group){.benchmark = study->benchmark,
                                        .metric = study->metric,
                                        .metric_unit = study->metric_unit,
                                        .n_workers = study->n_workers,
                                        .is_maximised = study->is_maximised};
    return group;
}

static struct wn_resampling *resampling_of(struct wn_view *view,
                                           size_t n,
                                           struct wn_error *err)
{
    struct wn_resampling *made = NULL, **place;

    for (size_t i = 0; i < view->resamplings.n; i++)
        if (view->resamplings.at[i]->n == n)
            return view->resamplings.at[i];
    place = wn_vec_push(&view->resamplings);
    if (!place) {
        (void)no_memory(err);
        return NULL;
    }
    if (wn_resampling_create(n, view->seed, 0, &made, err) != WN_OK) {
        view->resamplings.n--;
        return NULL;
    }
    *place = made;
    return made;
}

static enum wn_status add_entry(struct wn_view *view,
                                const struct wn_compare_filter *filter,
                                size_t index,
                                struct wn_error *err)
{
    const struct wn_comparison *from = view->comparison;
    const struct wn_comparison_study *study = &from->studies.at[index];
    struct wn_view_entry entry = {.study = study};
    struct wn_view_entry *place;
    struct wn_view_group *group;
    size_t n;
    const struct wn_comparison_cell *cells = wn_comparison_cells_of(from, index, &n);

    entry.runs = wn_arena_alloc(&view->arena, (n + 1) * sizeof *entry.runs);
    if (!entry.runs)
        return no_memory(err);
    for (size_t i = 0; i < n; i++)
        if (wn_compare_filter_has_seed(filter, cells[i].number))
            entry.runs[entry.n_runs++] = &cells[i];
    if (!entry.n_runs)
        return WN_OK;
    if (view->as == WN_VIEW_REGRET && isnan(study->best))
        return wn_fail(err, WN_EINVAL,
                       "no best value is known of %s: give \"best\" in the comparison",
                       study->benchmark);
    if (entry.n_runs > WN_RESAMPLED_MOST)
        return wn_fail(err, WN_EINVAL,
                       "%s on %s has %zu runs; at most %d can be looked at: see --seed",
                       study->method, study->benchmark, entry.n_runs, WN_RESAMPLED_MOST);
    entry.resampling = resampling_of(view, entry.n_runs, err);
    if (!entry.resampling)
        return WN_ENOMEM;
    group = group_of(view, study);
    place = group ? wn_vec_push(&group->entries) : NULL;
    if (!place)
        return no_memory(err);
    *place = entry;
    for (size_t i = 0; i < entry.n_runs; i++) {
        double end = isnan(study->budget_s) ? entry.runs[i]->end_s : study->budget_s;

        group->length_s = fmax(group->length_s, end);
    }
    return WN_OK;
}

enum wn_status wn_view_make(const struct wn_comparison *comparison,
                            const struct wn_compare_filter *filter,
                            struct wn_view *view,
                            struct wn_error *err)
{
    enum wn_status rc = wn_compare_filter_check(filter, comparison, err);

    view->comparison = comparison;
    view->values = wn_alloc_array(comparison->cells.n + 1, sizeof *view->values);
    if (rc == WN_OK && !view->values)
        rc = no_memory(err);
    for (size_t i = 0; rc == WN_OK && i < comparison->studies.n; i++)
        if (wn_compare_filter_has(filter, &comparison->studies.at[i]))
            rc = add_entry(view, filter, i, err);
    if (rc == WN_OK && !view->groups.n)
        rc = wn_fail(err, WN_EINVAL, "there is no run of what was asked for");
    return rc;
}

/* --- values --- */

static double loss_of(const struct wn_view *view,
                      const struct wn_comparison_study *study,
                      double value)
{
    double loss = study->is_maximised ? -value : value;

    if (view->as != WN_VIEW_REGRET)
        return loss;
    return loss - (study->is_maximised ? -study->best : study->best);
}

double wn_view_loss(const struct wn_view *view,
                    const struct wn_view_entry *entry,
                    size_t run,
                    double time_s)
{
    const struct wn_comparison_cell *cell = entry->runs[run];
    size_t from = 0, to = cell->n_points;

    while (from < to) {
        size_t middle = from + (to - from) / 2;

        if (cell->points[middle].time_s <= time_s)
            from = middle + 1;
        else
            to = middle;
    }
    return from ? loss_of(view, entry->study, cell->points[from - 1].value)
                : (double)INFINITY;
}

struct wn_summary wn_view_at(struct wn_view *view,
                             const struct wn_view_entry *entry,
                             double time_s)
{
    for (size_t i = 0; i < entry->n_runs; i++)
        view->values[i] = wn_view_loss(view, entry, i, time_s);
    return wn_summarise(entry->resampling, view->statistic, view->values);
}

const struct wn_view_entry *wn_view_entry_of(const struct wn_view_group *group,
                                             const char *method)
{
    for (size_t i = 0; i < group->entries.n; i++)
        if (strcmp(group->entries.at[i].study->method, method) == 0)
            return &group->entries.at[i];
    return NULL;
}

struct wn_summary wn_view_shown(const struct wn_view *view,
                                const struct wn_view_group *group,
                                struct wn_summary losses)
{
    if (view->as != WN_VIEW_VALUE || !group->is_maximised)
        return losses;
    return (struct wn_summary){
        .middle = -losses.middle, .low = -losses.high, .high = -losses.low};
}

/* Files are anybody's: what would steer a terminal is not printed. */
static void add_plain(const char *text, size_t n, struct wn_buf *out)
{
    for (size_t i = 0; i < n; i++)
        wn_buf_addc(out, (unsigned char)text[i] < ' ' || text[i] == 127 ? '?' : text[i]);
}

void wn_view_workers(int64_t n_workers, struct wn_buf *out)
{
    wn_buf_addf(out, "%lld worker%s", (long long)n_workers, n_workers == 1 ? "" : "s");
}

void wn_view_metric(const struct wn_view_group *group, struct wn_buf *out)
{
    add_plain(group->metric, strlen(group->metric), out);
}

void wn_view_unit(const struct wn_view_group *group, struct wn_buf *out)
{
    size_t n = wn_text_cut(group->metric_unit, UNIT_WIDTH);

    if (!n)
        return;
    wn_buf_adds(out, " [");
    add_plain(group->metric_unit, n < UNIT_MOST ? n : UNIT_MOST, out);
    wn_buf_addc(out, ']');
}

void wn_view_axis(const struct wn_view *view,
                  const struct wn_view_group *group,
                  struct wn_buf *out)
{
    if (view->as == WN_VIEW_REGRET)
        wn_buf_adds(out, "regret of ");
    else if (view->as == WN_VIEW_LOSS && group->is_maximised)
        wn_buf_addc(out, '-');
    wn_view_metric(group, out);
    wn_view_unit(group, out);
    wn_buf_adds(out, view->as == WN_VIEW_VALUE && group->is_maximised
                         ? " (larger is better)"
                         : " (smaller is better)");
}

const char *wn_view_statistic_text(const struct wn_view *view)
{
    switch (view->statistic) {
    case WN_STATISTIC_IQM: return "interquartile mean [95 % bootstrap interval]";
    case WN_STATISTIC_MEAN: return "mean [95 % bootstrap interval]";
    case WN_STATISTIC_MEDIAN: return "median [quartiles]";
    }
    return "";
}

struct wn_summary wn_view_time_to(struct wn_view *view,
                                  const struct wn_view_entry *entry,
                                  double target,
                                  size_t *n_reached)
{
    bool is_maximised = entry->study->is_maximised;

    *n_reached = 0;
    for (size_t i = 0; i < entry->n_runs; i++) {
        const struct wn_comparison_cell *cell = entry->runs[i];

        view->values[i] = (double)INFINITY;
        for (size_t k = 0; k < cell->n_points; k++) {
            double value = cell->points[k].value;

            if (cell->points[k].time_s > entry->study->budget_s)
                break; /* what ran on to its next report is not of the race */
            if (is_maximised ? value < target : value > target)
                continue;
            view->values[i] = cell->points[k].time_s;
            ++*n_reached;
            break;
        }
    }
    return wn_summarise(entry->resampling, WN_STATISTIC_MEDIAN, view->values);
}

enum wn_status wn_view_difference(struct wn_view *view,
                                  const struct wn_view_group *group,
                                  const struct wn_view_entry *entry,
                                  const struct wn_view_entry *other,
                                  struct wn_summary *out,
                                  double *n_better,
                                  size_t *n_pairs,
                                  struct wn_error *err)
{
    struct wn_resampling *resampling;
    size_t n = 0, k = 0;

    *n_better = 0;
    for (size_t i = 0; i < entry->n_runs; i++) {
        double a, b;

        while (k < other->n_runs && other->runs[k]->number < entry->runs[i]->number)
            k++;
        if (k == other->n_runs || other->runs[k]->number != entry->runs[i]->number)
            continue;
        a = wn_view_loss(view, entry, i, group->length_s);
        b = wn_view_loss(view, other, k, group->length_s);
        if (!isfinite(a) || !isfinite(b))
            continue;
        view->values[n++] = a - b;
        *n_better += a < b ? 1 : a > b ? 0 : 0.5;
    }
    *n_pairs = n;
    if (!n)
        return wn_fail(err, WN_EINVAL, "%s and %s have no run in common on %s",
                       entry->study->method, other->study->method, group->benchmark);
    resampling = resampling_of(view, n, err);
    if (!resampling)
        return WN_ENOMEM;
    *out = wn_summarise(resampling, view->statistic, view->values);
    return WN_OK;
}

/* comparison.c - a comparison in memory; see comparison.h. */
#include "results/comparison.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"

static enum wn_status no_memory(struct wn_error *err)
{
    return wn_fail(err, WN_ENOMEM, "no memory for a comparison");
}

void wn_comparison_release(struct wn_comparison *comparison)
{
    wn_vec_release(&comparison->studies);
    wn_vec_release(&comparison->cells);
    wn_arena_release(&comparison->arena);
    *comparison = (struct wn_comparison){0};
}

size_t wn_comparison_find_study(const struct wn_comparison *comparison,
                                const char *method,
                                const char *benchmark,
                                int64_t n_workers)
{
    for (size_t i = 0; i < comparison->studies.n; i++) {
        const struct wn_comparison_study *study = &comparison->studies.at[i];

        if (study->n_workers == n_workers && strcmp(study->method, method) == 0 &&
            strcmp(study->benchmark, benchmark) == 0)
            return i;
    }
    return SIZE_MAX;
}

static bool is_same(double a, double b)
{
    return (isnan(a) && isnan(b)) || (a >= b && a <= b);
}

/* Two plans of one study: what is asked for of either, and of what lies between. */
static enum wn_status widen(struct wn_comparison_study *study,
                            const struct wn_comparison_study *other,
                            struct wn_error *err)
{
    int64_t first = study->first_seed, end = first + study->n_seeds;
    int64_t other_end = other->first_seed + other->n_seeds;

    if (!other->n_seeds)
        return WN_OK;
    if (!study->n_seeds || other->first_seed < first)
        first = other->first_seed;
    if (!study->n_seeds || other_end > end)
        end = other_end;
    if (end - first > WN_COMPARISON_SEEDS_MOST)
        return wn_fail(err, WN_EINVAL,
                       "%s on %s: its seeds from %lld to %lld are too many for one file",
                       study->method, study->benchmark, (long long)first,
                       (long long)end - 1);
    study->first_seed = first;
    study->n_seeds = end - first;
    return WN_OK;
}

/* The first cell that does not come before (study, number). */
static size_t place_of(const struct wn_comparison *comparison,
                       size_t study,
                       int64_t number)
{
    size_t from = 0, to = comparison->cells.n;

    while (from < to) {
        size_t middle = from + (to - from) / 2;
        const struct wn_comparison_cell *cell = &comparison->cells.at[middle];

        if (cell->study < study || (cell->study == study && cell->number < number))
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

static enum wn_status copy_study(struct wn_comparison *comparison,
                                 const struct wn_comparison_study *study,
                                 struct wn_comparison_study *out,
                                 struct wn_error *err)
{
    struct wn_arena *arena = &comparison->arena;

    *out = *study;
    out->method = wn_arena_strdup(arena, study->method);
    out->benchmark = wn_arena_strdup(arena, study->benchmark);
    out->job = wn_arena_strdup(arena, study->job);
    out->metric = wn_arena_strdup(arena, study->metric);
    out->metric_unit = wn_arena_strdup(arena, study->metric_unit);
    out->resource = wn_arena_strdup(arena, study->resource);
    return out->method && out->benchmark && out->job && out->metric && out->metric_unit &&
                   out->resource
               ? WN_OK
               : no_memory(err);
}

/* A best value or a unit that one of them does not know is none of the runs' business; two
 * that differ are, as of a table that was changed. */
static bool is_same_study(const struct wn_comparison_study *a,
                          const struct wn_comparison_study *b)
{
    return strcmp(a->job, b->job) == 0 && is_same(a->budget_s, b->budget_s) &&
           (isnan(a->best) || isnan(b->best) || is_same(a->best, b->best)) &&
           (!*a->metric_unit || !*b->metric_unit ||
            strcmp(a->metric_unit, b->metric_unit) == 0);
}

/* What one of two plans of a study knows more than the other, and the seeds of both. */
static enum wn_status learn(struct wn_comparison *comparison,
                            struct wn_comparison_study *study,
                            const struct wn_comparison_study *other,
                            struct wn_error *err)
{
    if (!isnan(other->best))
        study->best = other->best;
    if (!*study->metric_unit && *other->metric_unit) {
        const char *unit = wn_arena_strdup(&comparison->arena, other->metric_unit);

        if (!unit)
            return no_memory(err);
        study->metric_unit = unit;
    }
    return widen(study, other, err);
}

enum wn_status wn_comparison_add_study(struct wn_comparison *comparison,
                                       const struct wn_comparison_study *study,
                                       size_t *index,
                                       struct wn_error *err)
{
    struct wn_comparison_study copy, *place;
    size_t at = wn_comparison_find_study(comparison, study->method, study->benchmark,
                                         study->n_workers);
    size_t n_runs;
    enum wn_status rc;

    *index = at;
    if (at != SIZE_MAX && is_same_study(&comparison->studies.at[at], study))
        return learn(comparison, &comparison->studies.at[at], study, err);
    if (at != SIZE_MAX && wn_comparison_cells_of(comparison, at, &n_runs))
        return wn_fail(err, WN_EINVAL,
                       "%s on %s with %lld worker%s is there already, with another job, "
                       "budget, best value or unit",
                       study->method, study->benchmark, (long long)study->n_workers,
                       study->n_workers == 1 ? "" : "s");
    rc = copy_study(comparison, study, &copy, err);
    if (rc != WN_OK)
        return rc;
    place =
        at != SIZE_MAX ? &comparison->studies.at[at] : wn_vec_push(&comparison->studies);
    if (!place)
        return no_memory(err);
    *place = copy;
    *index = (size_t)(place - comparison->studies.at);
    return WN_OK;
}

const struct wn_comparison_cell *wn_comparison_find(
    const struct wn_comparison *comparison,
    size_t study,
    int64_t number)
{
    size_t at = place_of(comparison, study, number);
    const struct wn_comparison_cell *cell = wn_vec_get(&comparison->cells, at);

    return cell && cell->study == study && cell->number == number ? cell : NULL;
}

const struct wn_comparison_cell *wn_comparison_cells_of(
    const struct wn_comparison *comparison,
    size_t study,
    size_t *n)
{
    size_t first = place_of(comparison, study, INT64_MIN);

    *n = place_of(comparison, study + 1, INT64_MIN) - first;
    return *n ? &comparison->cells.at[first] : NULL;
}

static bool is_equal(const struct wn_comparison_cell *a,
                     const struct wn_comparison_cell *b)
{
    if (a->seed != b->seed || !is_same(a->end_s, b->end_s) ||
        a->resource != b->resource || a->n_trials != b->n_trials ||
        a->n_reports != b->n_reports || strcmp(a->end, b->end) != 0 ||
        a->n_points != b->n_points)
        return false;
    for (size_t i = 0; i < a->n_points; i++) {
        const struct wn_comparison_point *p = &a->points[i], *q = &b->points[i];

        if (!is_same(p->time_s, q->time_s) || !is_same(p->value, q->value) ||
            p->resource != q->resource || p->n_trials != q->n_trials ||
            p->n_reports != q->n_reports)
            return false;
    }
    return true;
}

static enum wn_status copy_cell(struct wn_comparison *comparison,
                                const struct wn_comparison_cell *cell,
                                struct wn_comparison_cell *out,
                                struct wn_error *err)
{
    struct wn_comparison_point *points =
        wn_arena_alloc(&comparison->arena, (cell->n_points + 1) * sizeof *points);

    *out = *cell;
    out->end = wn_arena_strdup(&comparison->arena, cell->end);
    if (!points || !out->end)
        return no_memory(err);
    if (cell->n_points)
        memcpy(points, cell->points, cell->n_points * sizeof *points);
    out->points = points;
    return WN_OK;
}

enum wn_status wn_comparison_add(struct wn_comparison *comparison,
                                 const struct wn_comparison_cell *cell,
                                 struct wn_error *err)
{
    size_t at = place_of(comparison, cell->study, cell->number);
    const struct wn_comparison_cell *there =
        wn_comparison_find(comparison, cell->study, cell->number);
    struct wn_comparison_cell copy, *last;
    enum wn_status rc;

    WN_ASSERT(cell->study < comparison->studies.n);
    if (there) {
        const struct wn_comparison_study *study = &comparison->studies.at[cell->study];

        if (is_equal(there, cell))
            return WN_OK;
        return wn_fail(err, WN_EINVAL,
                       "%s on %s with %lld worker%s, seed %lld: two runs of it differ",
                       study->method, study->benchmark, (long long)study->n_workers,
                       study->n_workers == 1 ? "" : "s", (long long)cell->number);
    }
    rc = copy_cell(comparison, cell, &copy, err);
    if (rc != WN_OK)
        return rc;
    last = wn_vec_push(&comparison->cells);
    if (!last)
        return no_memory(err);
    memmove(&comparison->cells.at[at + 1], &comparison->cells.at[at],
            (comparison->cells.n - 1 - at) * sizeof *comparison->cells.at);
    comparison->cells.at[at] = copy;
    return WN_OK;
}

static int by_number(const void *a, const void *b)
{
    const struct wn_comparison_cell *p = *(const struct wn_comparison_cell *const *)a;
    const struct wn_comparison_cell *q = *(const struct wn_comparison_cell *const *)b;

    return (p->number > q->number) - (p->number < q->number);
}

enum wn_status wn_comparison_check_pairs(const struct wn_comparison *comparison,
                                         struct wn_error *err)
{
    size_t n = comparison->cells.n;
    const struct wn_comparison_cell **cells = wn_alloc_array(n + 1, sizeof *cells);
    enum wn_status rc = WN_OK;

    if (!cells)
        return no_memory(err);
    for (size_t i = 0; i < n; i++)
        cells[i] = &comparison->cells.at[i];
    qsort(cells, n, sizeof *cells, by_number);
    for (size_t i = 1; rc == WN_OK && i < n; i++) {
        const struct wn_comparison_cell *a = cells[i - 1], *b = cells[i];

        if (a->number == b->number && a->seed != b->seed)
            rc = wn_fail(
                err, WN_EINVAL,
                "%s on %s and %s on %s have run %lld under different seeds, as of "
                "two comparisons with different \"seed\"",
                comparison->studies.at[a->study].method,
                comparison->studies.at[a->study].benchmark,
                comparison->studies.at[b->study].method,
                comparison->studies.at[b->study].benchmark, (long long)a->number);
    }
    wn_free(cells);
    return rc;
}

enum wn_status wn_comparison_join(struct wn_comparison *into,
                                  const struct wn_comparison *from,
                                  struct wn_error *err)
{
    size_t *index = wn_alloc_array(from->studies.n + 1, sizeof *index);
    enum wn_status rc = WN_OK;

    if (!index)
        return no_memory(err);
    for (size_t i = 0; rc == WN_OK && i < from->studies.n; i++)
        rc = wn_comparison_add_study(into, &from->studies.at[i], &index[i], err);
    for (size_t i = 0; rc == WN_OK && i < from->cells.n; i++) {
        struct wn_comparison_cell cell = from->cells.at[i];

        cell.study = index[cell.study];
        rc = wn_comparison_add(into, &cell, err);
    }
    wn_free(index);
    return rc == WN_OK ? wn_comparison_check_pairs(into, err) : rc;
}

/* view_ranks.c - mean ranks over benchmarks and runs.
 *
 * In every run of a group the methods are ranked by their losses; ties share the mean of
 * their ranks, and methods that have nothing yet tie for the last. A method's rank is the mean
 * over the runs of a group, then over the groups. Its interval is the percentile bootstrap over
 * runs, drawn apart in every group (statistics.h).
 */
#include <stdlib.h>
#include <string.h>

#include "compare/view.h"

/* The ranks of one group at one time: [method][run]. */
struct stratum {
    const struct wn_view_group *group;
    const struct wn_view_entry **entries; /* by method */
    int64_t *numbers;                     /* of the runs that all methods have */
    size_t n;
    struct wn_resampling *resampling;
    double *ranks; /* [method][n] */
};

struct ranking {
    struct wn_view *view;
    struct wn_view_ranks *out;
    struct stratum *strata;
    double *losses, *row; /* room for a value of every method */
    double *found;        /* [WN_RESAMPLES] */
};

static enum wn_status no_memory(struct wn_error *err)
{
    return wn_fail(err, WN_ENOMEM, "no memory for ranks");
}

static bool is_everywhere(const struct wn_view *view, const char *method)
{
    for (size_t i = 0; i < view->groups.n; i++)
        if (!wn_view_entry_of(&view->groups.at[i], method))
            return false;
    return true;
}

/* The run of an entry with a number; SIZE_MAX: it has none. */
static size_t run_of(const struct wn_view_entry *entry, int64_t number)
{
    for (size_t i = 0; i < entry->n_runs; i++)
        if (entry->runs[i]->number == number)
            return i;
    return SIZE_MAX;
}

static bool all_have(const struct stratum *stratum, size_t n_methods, int64_t number)
{
    for (size_t m = 0; m < n_methods; m++)
        if (run_of(stratum->entries[m], number) == SIZE_MAX)
            return false;
    return true;
}

static enum wn_status make_stratum(struct ranking *ranking,
                                   size_t index,
                                   struct wn_error *err)
{
    struct wn_arena *arena = &ranking->view->arena;
    struct stratum *stratum = &ranking->strata[index];
    size_t n_methods = ranking->out->n_methods;
    const struct wn_view_entry *first;

    stratum->group = &ranking->view->groups.at[index];
    stratum->entries = wn_arena_alloc(arena, n_methods * sizeof *stratum->entries);
    if (!stratum->entries)
        return no_memory(err);
    for (size_t m = 0; m < n_methods; m++)
        stratum->entries[m] = wn_view_entry_of(stratum->group, ranking->out->methods[m]);
    first = stratum->entries[0];
    stratum->numbers = wn_arena_alloc(arena, first->n_runs * sizeof *stratum->numbers);
    stratum->ranks =
        wn_arena_alloc(arena, n_methods * first->n_runs * sizeof *stratum->ranks);
    if (!stratum->numbers || !stratum->ranks)
        return no_memory(err);
    for (size_t i = 0; i < first->n_runs; i++)
        if (all_have(stratum, n_methods, first->runs[i]->number))
            stratum->numbers[stratum->n++] = first->runs[i]->number;
    if (!stratum->n)
        return WN_OK;
    return wn_resampling_create(stratum->n, ranking->view->seed, index + 1,
                                &stratum->resampling, err);
}

static void rank_stratum(struct ranking *ranking, struct stratum *stratum, double share)
{
    size_t n_methods = ranking->out->n_methods;
    double time = share * stratum->group->length_s;

    for (size_t i = 0; i < stratum->n; i++) {
        for (size_t m = 0; m < n_methods; m++)
            ranking->losses[m] =
                wn_view_loss(ranking->view, stratum->entries[m],
                             run_of(stratum->entries[m], stratum->numbers[i]), time);
        wn_ranks(ranking->losses, n_methods, ranking->row);
        for (size_t m = 0; m < n_methods; m++)
            stratum->ranks[m * stratum->n + i] = ranking->row[m];
    }
}

static int by_value(const void *a, const void *b)
{
    const double *p = a, *q = b;

    return (*p > *q) - (*p < *q);
}

/* Over all strata; each is a mean of its own. */
static struct wn_summary summarise(struct ranking *ranking, size_t method)
{
    size_t n_groups = ranking->view->groups.n;
    struct wn_summary out = {0};

    memset(ranking->found, 0, WN_RESAMPLES * sizeof *ranking->found);
    for (size_t g = 0; g < n_groups; g++) {
        const struct stratum *stratum = &ranking->strata[g];
        const double *ranks = &stratum->ranks[method * stratum->n];

        if (!stratum->n)
            continue;
        out.middle += wn_mean(ranks, stratum->n) / (double)ranking->out->n_groups;
        for (size_t b = 0; b < WN_RESAMPLES; b++)
            ranking->found[b] += wn_resampled_mean(stratum->resampling, b, ranks) /
                                 (double)ranking->out->n_groups;
    }
    qsort(ranking->found, WN_RESAMPLES, sizeof *ranking->found, by_value);
    out.low = wn_quantile(ranking->found, WN_RESAMPLES, 0.025);
    out.high = wn_quantile(ranking->found, WN_RESAMPLES, 0.975);
    return out;
}

static enum wn_status list_methods(struct ranking *ranking, struct wn_error *err)
{
    const struct wn_view_group *first = &ranking->view->groups.at[0];
    struct wn_view_ranks *out = ranking->out;

    out->methods = wn_arena_alloc(&ranking->view->arena,
                                  (first->entries.n + 1) * sizeof *out->methods);
    if (!out->methods)
        return no_memory(err);
    for (size_t i = 0; i < first->entries.n; i++) {
        const char *method = first->entries.at[i].study->method;

        if (is_everywhere(ranking->view, method))
            out->methods[out->n_methods++] = method;
    }
    if (out->n_methods < 2)
        out->n_methods = 0;
    return WN_OK;
}

static enum wn_status make_room(struct ranking *ranking, struct wn_error *err)
{
    struct wn_arena *arena = &ranking->view->arena;
    struct wn_view_ranks *out = ranking->out;

    ranking->strata =
        wn_arena_alloc(arena, ranking->view->groups.n * sizeof *ranking->strata);
    ranking->losses = wn_arena_alloc(arena, out->n_methods * sizeof *ranking->losses);
    ranking->row = wn_arena_alloc(arena, out->n_methods * sizeof *ranking->row);
    ranking->found = wn_arena_alloc(arena, WN_RESAMPLES * sizeof *ranking->found);
    out->at =
        wn_arena_alloc(arena, (out->n_methods * out->n_shares + 1) * sizeof *out->at);
    return ranking->strata && ranking->losses && ranking->row && ranking->found && out->at
               ? WN_OK
               : no_memory(err);
}

enum wn_status wn_view_rank(struct wn_view *view,
                            const double *shares,
                            size_t n_shares,
                            struct wn_view_ranks *out,
                            struct wn_error *err)
{
    struct ranking ranking = {.view = view, .out = out};
    enum wn_status rc;

    *out = (struct wn_view_ranks){.n_shares = n_shares};
    rc = list_methods(&ranking, err);
    if (rc != WN_OK || !out->n_methods)
        return rc;
    rc = make_room(&ranking, err);
    for (size_t g = 0; rc == WN_OK && g < view->groups.n; g++) {
        rc = make_stratum(&ranking, g, err);
        out->n_groups += ranking.strata[g].n > 0;
    }
    for (size_t s = 0; rc == WN_OK && out->n_groups && s < n_shares; s++) {
        for (size_t g = 0; g < view->groups.n; g++)
            rank_stratum(&ranking, &ranking.strata[g], shares[s]);
        for (size_t m = 0; m < out->n_methods; m++)
            out->at[m * n_shares + s] = summarise(&ranking, m);
    }
    for (size_t g = 0; ranking.strata && g < view->groups.n; g++)
        wn_resampling_destroy(ranking.strata[g].resampling);
    if (!out->n_groups)
        out->n_methods = 0;
    return rc;
}

static bool has_twice(const struct wn_view *view)
{
    for (size_t i = 0; i < view->groups.n; i++)
        for (size_t k = 0; k < i; k++)
            if (strcmp(view->groups.at[i].benchmark, view->groups.at[k].benchmark) == 0)
                return true;
    return false;
}

void wn_view_ranked_over(const struct wn_view *view,
                         const struct wn_view_ranks *ranks,
                         struct wn_buf *out)
{
    const char *many = ranks->n_groups == 1 ? "" : "s";

    if (has_twice(view))
        wn_buf_addf(out, "%zu pair%s of benchmark and workers", ranks->n_groups, many);
    else
        wn_buf_addf(out, "%zu benchmark%s", ranks->n_groups, many);
}

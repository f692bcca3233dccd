/* print.c - see print.h. */
#include "compare/print.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/table.h"

enum { N_SHARES = 4, NAME_ROOM = 32 };

static const double shares[N_SHARES] = {0.25, 0.5, 0.75, 1};

static enum wn_status no_memory(struct wn_error *err)
{
    return wn_fail(err, WN_ENOMEM, "no memory for a table");
}

static void add_number(struct wn_buf *out, double value)
{
    if (isfinite(value))
        wn_buf_addf(out, "%.4g", value);
    else
        wn_buf_addc(out, '-');
}

static void add_summary(struct wn_table *table, struct wn_summary shown)
{
    struct wn_buf text = {0};

    add_number(&text, shown.middle);
    if (isfinite(shown.middle)) {
        wn_buf_adds(&text, " [");
        add_number(&text, shown.low);
        wn_buf_adds(&text, ", ");
        add_number(&text, shown.high);
        wn_buf_addc(&text, ']');
    }
    wn_table_add(table, wn_buf_text(&text));
    table->failed |= text.failed;
    wn_buf_release(&text);
}

static void print_table(struct wn_table *table,
                        const struct wn_compare_wishes *wishes,
                        struct wn_buf *out)
{
    bool has_color = wishes->style.has_color;

    wn_table_print(table, 2, wishes->style.width, has_color ? "\033[1m" : NULL,
                   has_color ? "\033[0m" : NULL, out);
    wn_table_release(table);
}

static void add_duration(struct wn_table *table, double seconds)
{
    char text[NAME_ROOM];

    wn_table_add(table, isfinite(seconds) ? wn_duration_print((int64_t)(seconds * 1000),
                                                              text, sizeof text)
                                          : "-");
}

/* --- a group --- */

/* "branin, 4 workers: " */
static void add_place(const char *benchmark, int64_t n_workers, struct wn_buf *out)
{
    wn_buf_addf(out, "%s, ", benchmark);
    wn_view_workers(n_workers, out);
    wn_buf_adds(out, ": ");
}

/* Entries by their summary at the end, the best first. */
struct place {
    double end;
    size_t entry;
};

static int by_end(const void *a, const void *b)
{
    const struct place *p = a, *q = b;

    if (p->end < q->end || p->end > q->end)
        return p->end < q->end ? -1 : 1;
    return (p->entry > q->entry) - (p->entry < q->entry);
}

static void add_row(struct wn_view *view,
                    const struct wn_view_group *group,
                    const struct wn_view_entry *entry,
                    struct wn_table *table)
{
    double trials = 0, units = 0;

    wn_table_add(table, entry->study->method);
    for (size_t s = 0; s < N_SHARES; s++)
        add_summary(table,
                    wn_view_shown(view, group,
                                  wn_view_at(view, entry, shares[s] * group->length_s)));
    for (size_t i = 0; i < entry->n_runs; i++) {
        trials += (double)entry->runs[i]->n_trials;
        units += (double)entry->runs[i]->resource;
    }
    wn_table_addf(table, "%zu", entry->n_runs);
    wn_table_addf(table, "%.0f", trials / (double)entry->n_runs);
    wn_table_addf(table, "%.0f", units / (double)entry->n_runs);
}

static enum wn_status print_group(struct wn_view *view,
                                  const struct wn_view_group *group,
                                  const struct wn_compare_wishes *wishes,
                                  struct wn_buf *out,
                                  struct wn_error *err)
{
    struct place *places = wn_alloc_array(group->entries.n, sizeof *places);
    struct wn_table table;
    char time[NAME_ROOM];

    if (!places)
        return no_memory(err);
    for (size_t i = 0; i < group->entries.n; i++)
        places[i] = (struct place){
            wn_view_at(view, &group->entries.at[i], group->length_s).middle, i};
    qsort(places, group->entries.n, sizeof *places, by_end);
    add_place(group->benchmark, group->n_workers, out);
    wn_view_axis(view, group, out);
    wn_buf_addf(out, ", %s\n", wn_view_statistic_text(view));
    wn_table_init(&table, "lrrrrrrr");
    wn_table_add(&table, "method");
    for (size_t s = 0; s < N_SHARES; s++)
        wn_table_addf(&table, "after %s",
                      wn_duration_print((int64_t)(shares[s] * group->length_s * 1000),
                                        time, sizeof time));
    wn_table_add(&table, "runs");
    wn_table_add(&table, "trials");
    wn_table_addf(&table, "%ss", group->entries.at[0].study->resource);
    for (size_t i = 0; i < group->entries.n; i++)
        add_row(view, group, &group->entries.at[places[i].entry], &table);
    wn_free(places);
    print_table(&table, wishes, out);
    wn_buf_addc(out, '\n');
    return WN_OK;
}

/* --- ranks --- */

static enum wn_status print_ranks(struct wn_view *view,
                                  const struct wn_compare_wishes *wishes,
                                  struct wn_buf *out,
                                  struct wn_error *err)
{
    struct wn_view_ranks ranks;
    struct place *places;
    struct wn_table table;
    enum wn_status rc = wn_view_rank(view, shares, N_SHARES, &ranks, err);

    if (rc != WN_OK || !ranks.n_methods)
        return rc;
    places = wn_alloc_array(ranks.n_methods, sizeof *places);
    if (!places)
        return no_memory(err);
    for (size_t m = 0; m < ranks.n_methods; m++)
        places[m] = (struct place){ranks.at[m * N_SHARES + N_SHARES - 1].middle, m};
    qsort(places, ranks.n_methods, sizeof *places, by_end);
    wn_buf_addf(out, "mean rank of %zu methods over ", ranks.n_methods);
    wn_view_ranked_over(view, &ranks, out);
    wn_buf_adds(out, " (1 is best) [95 % bootstrap interval]\n");
    wn_table_init(&table, "lrrrr");
    wn_table_add(&table, "method");
    for (size_t s = 0; s < N_SHARES; s++)
        wn_table_addf(&table, "after %.0f %%", shares[s] * 100);
    for (size_t m = 0; m < ranks.n_methods; m++) {
        wn_table_add(&table, ranks.methods[places[m].entry]);
        for (size_t s = 0; s < N_SHARES; s++)
            add_summary(&table, ranks.at[places[m].entry * N_SHARES + s]);
    }
    wn_free(places);
    print_table(&table, wishes, out);
    wn_buf_addc(out, '\n');
    return WN_OK;
}

/* --- pairs --- */

static enum wn_status print_pairs(struct wn_view *view,
                                  const struct wn_view_group *group,
                                  const struct wn_compare_wishes *wishes,
                                  struct wn_buf *out,
                                  struct wn_error *err)
{
    const struct wn_view_entry *base = wn_view_entry_of(group, wishes->against);
    struct wn_table table;

    add_place(group->benchmark, group->n_workers, out);
    if (!base) { /* not yet, perhaps */
        wn_buf_addf(out, "no run of %s to compare with\n\n", wishes->against);
        return WN_OK;
    }
    wn_buf_addf(out, "loss less that of %s in the same run at the end", wishes->against);
    wn_view_unit(group, out);
    wn_buf_addf(out, " (below 0: better), %s\n", wn_view_statistic_text(view));
    wn_table_init(&table, "lrr");
    wn_table_add(&table, "method");
    wn_table_add(&table, "difference");
    wn_table_add(&table, "better in");
    for (size_t i = 0; i < group->entries.n; i++) {
        const struct wn_view_entry *entry = &group->entries.at[i];
        struct wn_summary difference;
        double n_better;
        size_t n_pairs;
        enum wn_status rc;

        if (entry == base)
            continue;
        rc = wn_view_difference(view, group, entry, base, &difference, &n_better,
                                &n_pairs, err);
        if (rc == WN_ENOMEM) {
            wn_table_release(&table);
            return rc;
        }
        wn_table_add(&table, entry->study->method);
        if (rc == WN_OK) {
            add_summary(&table, difference);
            wn_table_addf(&table, "%g of %zu", n_better, n_pairs);
        } else {
            wn_table_add(&table, "-");
            wn_table_add(&table, "no pair");
        }
    }
    print_table(&table, wishes, out);
    wn_buf_addc(out, '\n');
    return WN_OK;
}

/* --- targets --- */

static void print_target(struct wn_view *view,
                         const struct wn_view_group *group,
                         double target,
                         const struct wn_compare_wishes *wishes,
                         struct wn_buf *out)
{
    struct wn_table table;

    add_place(group->benchmark, group->n_workers, out);
    wn_buf_adds(out, "time until ");
    wn_view_metric(group, out);
    wn_view_unit(group, out);
    wn_buf_addf(out, " is %.6g or better, median and quartiles of all runs\n", target);
    wn_table_init(&table, "lrrrr");
    wn_table_add(&table, "method");
    wn_table_add(&table, "median");
    wn_table_add(&table, "quartile");
    wn_table_add(&table, "quartile");
    wn_table_add(&table, "reached by");
    for (size_t i = 0; i < group->entries.n; i++) {
        const struct wn_view_entry *entry = &group->entries.at[i];
        size_t n_reached;
        struct wn_summary time = wn_view_time_to(view, entry, target, &n_reached);

        wn_table_add(&table, entry->study->method);
        add_duration(&table, time.middle);
        add_duration(&table, time.low);
        add_duration(&table, time.high);
        wn_table_addf(&table, "%zu of %zu", n_reached, entry->n_runs);
    }
    print_table(&table, wishes, out);
    wn_buf_addc(out, '\n');
}

/* --- gaps --- */

/* Numbers as "3, 7-9". */
static void add_numbers(const int64_t *numbers, size_t n, struct wn_buf *out)
{
    for (size_t i = 0; i < n;) {
        size_t last = i;

        while (last + 1 < n && numbers[last + 1] == numbers[last] + 1)
            last++;
        wn_buf_addf(out, "%s%lld", i ? ", " : "", (long long)numbers[i]);
        if (last > i)
            wn_buf_addf(out, "-%lld", (long long)numbers[last]);
        i = last + 1;
    }
    wn_buf_addc(out, '\n');
}

static void print_gap(const struct wn_comparison *comparison,
                      const struct wn_compare_filter *filter,
                      size_t index,
                      int64_t *numbers,
                      struct wn_buf *out)
{
    const struct wn_comparison_study *study = &comparison->studies.at[index];
    int64_t end = study->first_seed + study->n_seeds;
    size_t n = 0, n_cells;
    const struct wn_comparison_cell *cells =
        wn_comparison_cells_of(comparison, index, &n_cells);

    for (int64_t k = study->first_seed; k < end; k++)
        if (wn_compare_filter_has_seed(filter, k) &&
            !wn_comparison_find(comparison, index, k))
            numbers[n++] = k;
    if (n) {
        wn_buf_addf(out, "missing: %s on ", study->method);
        add_place(study->benchmark, study->n_workers, out);
        wn_buf_adds(out, n == 1 ? "run " : "runs ");
        add_numbers(numbers, n, out);
    }
    n = 0;
    for (size_t i = 0; i < n_cells; i++)
        if (wn_compare_filter_has_seed(filter, cells[i].number) &&
            (cells[i].number < study->first_seed || cells[i].number >= end))
            numbers[n++] = cells[i].number;
    if (n) {
        wn_buf_addf(out, "surplus: %s on %s, ", study->method, study->benchmark);
        wn_view_workers(study->n_workers, out);
        wn_buf_addf(out, ", not asked for: %s ", n == 1 ? "run" : "runs");
        add_numbers(numbers, n, out);
    }
}

void wn_compare_print_gaps(const struct wn_comparison *comparison,
                           const struct wn_compare_filter *filter,
                           struct wn_buf *out)
{
    size_t room = comparison->cells.n + 1;
    int64_t *numbers;

    for (size_t i = 0; i < comparison->studies.n; i++)
        if ((size_t)comparison->studies.at[i].n_seeds > room)
            room = (size_t)comparison->studies.at[i].n_seeds;
    numbers = wn_alloc_array(room, sizeof *numbers);
    if (!numbers)
        out->failed = true;
    for (size_t i = 0; numbers && i < comparison->studies.n; i++)
        if (wn_compare_filter_has(filter, &comparison->studies.at[i]))
            print_gap(comparison, filter, i, numbers, out);
    wn_free(numbers);
}

/* --- all --- */

static void print_targets(struct wn_view *view,
                          const struct wn_view_group *group,
                          const struct wn_compare_wishes *wishes,
                          struct wn_buf *out)
{
    for (size_t i = 0; i < wishes->n_targets; i++) {
        const struct wn_compare_target *target = &wishes->targets[i];

        if (!target->benchmark || strcmp(target->benchmark, group->benchmark) == 0)
            print_target(view, group, target->value, wishes, out);
    }
}

enum wn_status wn_compare_print(struct wn_view *view,
                                const struct wn_compare_filter *filter,
                                const struct wn_compare_wishes *wishes,
                                struct wn_buf *out,
                                struct wn_error *err)
{
    enum wn_status rc = WN_OK;

    for (size_t i = 0; rc == WN_OK && i < view->groups.n; i++)
        rc = print_group(view, &view->groups.at[i], wishes, out, err);
    if (rc == WN_OK)
        rc = print_ranks(view, wishes, out, err);
    for (size_t i = 0; rc == WN_OK && wishes->against && i < view->groups.n; i++)
        rc = print_pairs(view, &view->groups.at[i], wishes, out, err);
    for (size_t i = 0; rc == WN_OK && i < view->groups.n; i++)
        print_targets(view, &view->groups.at[i], wishes, out);
    if (rc == WN_OK)
        wn_compare_print_gaps(view->comparison, filter, out);
    return rc == WN_OK && out->failed ? no_memory(err) : rc;
}

/* --- CSV --- */

static void add_csv(struct wn_buf *out, double value)
{
    char text[NAME_ROOM];

    wn_buf_addf(out, ",%s",
                isfinite(value) ? wn_number_print(value, text, sizeof text) : "");
}

static void add_csv_row(struct wn_buf *out,
                        double time_s,
                        double share,
                        struct wn_summary shown,
                        size_t n_runs)
{
    add_csv(out, time_s);
    add_csv(out, share);
    add_csv(out, shown.middle);
    add_csv(out, shown.low);
    add_csv(out, shown.high);
    if (n_runs)
        wn_buf_addf(out, ",%zu\n", n_runs);
    else
        wn_buf_adds(out, ",\n");
}

static void add_csv_group(struct wn_view *view,
                          const struct wn_view_group *group,
                          size_t n_points,
                          struct wn_buf *out)
{
    for (size_t i = 0; i < group->entries.n; i++) {
        const struct wn_view_entry *entry = &group->entries.at[i];

        for (size_t k = 1; k <= n_points; k++) {
            double share = (double)k / (double)n_points;
            double time = share * group->length_s;

            wn_buf_addf(out, "best,%s,%lld,%s", group->benchmark,
                        (long long)group->n_workers, entry->study->method);
            add_csv_row(out, time, share,
                        wn_view_shown(view, group, wn_view_at(view, entry, time)),
                        entry->n_runs);
        }
    }
}

enum wn_status wn_compare_print_csv(struct wn_view *view,
                                    size_t n_points,
                                    struct wn_buf *out,
                                    struct wn_error *err)
{
    double *at = wn_alloc_array(n_points, sizeof *at);
    struct wn_view_ranks ranks;
    enum wn_status rc;

    if (!at)
        return no_memory(err);
    wn_buf_adds(out,
                "what,benchmark,workers,method,time_s,share,middle,low,high,n_runs\n");
    for (size_t i = 0; i < view->groups.n; i++)
        add_csv_group(view, &view->groups.at[i], n_points, out);
    for (size_t k = 0; k < n_points; k++)
        at[k] = (double)(k + 1) / (double)n_points;
    rc = wn_view_rank(view, at, n_points, &ranks, err);
    for (size_t m = 0; rc == WN_OK && m < ranks.n_methods; m++)
        for (size_t k = 0; k < n_points; k++) {
            wn_buf_addf(out, "rank,,,%s", ranks.methods[m]);
            add_csv_row(out, (double)NAN, at[k], ranks.at[m * n_points + k], 0);
        }
    wn_free(at);
    return rc == WN_OK && out->failed ? no_memory(err) : rc;
}

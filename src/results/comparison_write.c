/* comparison_write.c - a comparison into HDF5; see FORMAT.md.
 *
 * Made like results.h5, and sealed (seal_internal.h).
 */
#include <string.h>

#include "results/comparison_internal.h"
#include "results/image_internal.h"
#include "results/seal_internal.h"

enum { STUDIES = 0, CELLS = 1, POINTS = 2, N_TABLES = 3 };

struct making {
    const struct wn_comparison *from;
    struct wn_table tables[N_TABLES];
    bool failed; /* no memory */
};

static void *column(struct making *making,
                    struct wn_table *table,
                    const char *name,
                    enum wn_column_type type,
                    const char *about)
{
    struct wn_column *made = wn_vec_push(&table->columns);

    if (made) {
        *made = (struct wn_column){.name = name, .type = type, .about = about};
        made->data = wn_alloc_array(table->n_rows + 1, sizeof(int64_t));
    }
    if (!made || !made->data)
        making->failed = true;
    return made ? made->data : NULL;
}

#define TEXT(name, about) \
    const char **name = column(making, table, #name, WN_COLUMN_TEXT, about)
#define I64(name, about) \
    int64_t *name = column(making, table, #name, WN_COLUMN_I64, about)
#define F64(name, about) double *name = column(making, table, #name, WN_COLUMN_F64, about)

static void make_studies(struct making *making, struct wn_table *table)
{
    *table =
        (struct wn_table){.name = "studies",
                          .about = "one row per method, benchmark and number of workers",
                          .n_rows = making->from->studies.n};
    TEXT(method, NULL);
    TEXT(benchmark, NULL);
    I64(workers, "trials at a time");
    TEXT(metric, "what is optimised");
    TEXT(metric_unit, "of its values; empty: not known");
    I64(is_maximised, "1: larger is better");
    TEXT(resource, "the unit that trials spend");
    F64(budget_s, "study time at which a cell ends, s; NaN: it ends by something else");
    F64(best, "best value of the metric that is known; NaN: none is");
    I64(first_seed, "first seed number that was asked for");
    I64(n_seeds, "how many were asked for, in a row");
    TEXT(job, "the job in full, but for its seed");

    for (size_t i = 0; i < table->n_rows && !making->failed; i++) {
        const struct wn_comparison_study *study = &making->from->studies.at[i];

        method[i] = study->method;
        benchmark[i] = study->benchmark;
        workers[i] = study->n_workers;
        metric[i] = study->metric;
        metric_unit[i] = study->metric_unit;
        is_maximised[i] = study->is_maximised;
        resource[i] = study->resource;
        budget_s[i] = study->budget_s;
        best[i] = study->best;
        first_seed[i] = study->first_seed;
        n_seeds[i] = study->n_seeds;
        job[i] = study->job;
    }
}

static void make_cells(struct making *making, struct wn_table *table)
{
    int64_t n = 0;

    *table = (struct wn_table){.name = "cells",
                               .about = "one row per run, by study and seed number",
                               .n_rows = making->from->cells.n};
    I64(study, "row in studies");
    I64(number, "seed number: runs of one number are paired");
    I64(seed, "the seed of the job");
    F64(end_s, "study time at the end, s");
    I64(resource, "units spent by all trials together");
    I64(n_trials, "that were configured");
    I64(n_reports, NULL);
    TEXT(end, "why it ended");
    I64(first_point, "first of its rows in points");
    I64(n_points, "its rows in points");

    for (size_t i = 0; i < table->n_rows && !making->failed; i++) {
        const struct wn_comparison_cell *cell = &making->from->cells.at[i];

        study[i] = (int64_t)cell->study;
        number[i] = cell->number;
        seed[i] = (int64_t)cell->seed;
        end_s[i] = cell->end_s;
        resource[i] = cell->resource;
        n_trials[i] = cell->n_trials;
        n_reports[i] = cell->n_reports;
        end[i] = cell->end;
        first_point[i] = n;
        n_points[i] = (int64_t)cell->n_points;
        n += n_points[i];
    }
}

static void make_points(struct making *making, struct wn_table *table)
{
    size_t row = 0;

    *table = (struct wn_table){
        .name = "points", .about = "one row per change of a run's best value, by time"};
    for (size_t i = 0; i < making->from->cells.n; i++)
        table->n_rows += making->from->cells.at[i].n_points;
    I64(cell, "row in cells");
    F64(time_s, "study time, s");
    F64(value, "the best value so far");
    I64(resource, "units spent by all trials together until then");
    I64(n_trials, "that were configured until then");
    I64(n_reports, "until then");

    for (size_t i = 0; i < making->from->cells.n && !making->failed; i++) {
        const struct wn_comparison_cell *from = &making->from->cells.at[i];

        for (size_t k = 0; k < from->n_points; k++, row++) {
            cell[row] = (int64_t)i;
            time_s[row] = from->points[k].time_s;
            value[row] = from->points[k].value;
            resource[row] = from->points[k].resource;
            n_trials[row] = from->points[k].n_trials;
            n_reports[row] = from->points[k].n_reports;
        }
    }
}
#undef TEXT
#undef I64
#undef F64

static enum wn_status make_image(struct making *making,
                                 void **bytes,
                                 size_t *n,
                                 struct wn_error *err)
{
    struct wn_hdf5_quiet quiet = wn_hdf5_hush();
    struct wn_image image;
    const struct wn_comparison *from = making->from;
    enum wn_status rc = wn_image_begin(&image, err);

    if (rc == WN_OK)
        rc = wn_image_number(image.file, "format", WN_COMPARISON_FORMAT, err);
    if (rc == WN_OK)
        rc = wn_image_text(&image, image.file, "kind", "comparison", err);
    if (rc == WN_OK)
        rc = wn_image_text(&image, image.file, "name", from->name, err);
    if (rc == WN_OK)
        rc = wn_image_text(&image, image.file, "about", from->about, err);
    for (size_t i = 0; rc == WN_OK && i < N_TABLES; i++)
        rc = wn_image_table(&image, &making->tables[i], err);
    if (rc == WN_OK)
        rc = wn_image_take(&image, bytes, n, err);
    wn_image_end(&image);
    wn_hdf5_unhush(quiet);
    return rc;
}

enum wn_status wn_comparison_write(const struct wn_comparison *comparison,
                                   const char *path,
                                   struct wn_error *err)
{
    struct making making = {.from = comparison};
    void *bytes = NULL;
    size_t n = 0;
    enum wn_status rc;

    make_studies(&making, &making.tables[STUDIES]);
    make_cells(&making, &making.tables[CELLS]);
    make_points(&making, &making.tables[POINTS]);
    rc = making.failed ? wn_fail(err, WN_ENOMEM, "no memory for %s", path)
                       : make_image(&making, &bytes, &n, err);
    for (size_t i = 0; i < N_TABLES; i++) {
        for (size_t k = 0; k < making.tables[i].columns.n; k++)
            wn_free(making.tables[i].columns.at[k].data);
        wn_vec_release(&making.tables[i].columns);
    }
    if (rc == WN_OK)
        rc = wn_seal_write(path, bytes, n, WN_COMPARISON_MARK, err);
    wn_free(bytes);
    return rc;
}

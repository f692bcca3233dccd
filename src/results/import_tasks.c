/* import_tasks.c - the rows of one task as arrays [configuration][seed][fidelity].
 *
 * Configurations stand in the order in which they come first, seeds and fidelities sorted.
 * What no row fills is NaN. Two rows for one cell, and times that fall, are refused with
 * both lines.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "results/import_internal.h"

#define CELLS_MOST ((uint64_t)1 << 31)
enum { SPARSE_MOST = 1000 }; /* cells a row */

/* What of the whole table is in this task, and where. */
struct frame {
    const struct wn_import_plan *plan;
    const struct wn_import_rows *rows;
    WN_VEC(uint32_t) mine;     /* rows of the task */
    uint32_t *config_at;       /* [configurations of the table]: place + 1; 0: not here */
    WN_VEC(uint32_t) configs;  /* of the table, by place */
    uint32_t *seed_at;         /* [seeds of the table] */
    WN_VEC(double) fidelities; /* sorted */
    uint32_t *row_of;          /* [cell]: row + 1; 0: none */
    size_t n_seeds, n_cells;
};

static enum wn_status no_memory(const struct wn_import_plan *plan, struct wn_error *err)
{
    return wn_fail(err, WN_ENOMEM, "no memory for the table %s", plan->source);
}

static int by_value(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return *x < *y ? -1 : *x > *y;
}

/* --- who is here --- */

static bool take_row(struct frame *frame, size_t i)
{
    const struct wn_import_row *row = &frame->rows->all.at[i];
    uint32_t *mine = wn_vec_push(&frame->mine);
    double *fidelity = wn_vec_push(&frame->fidelities);

    if (!mine || !fidelity)
        return false;
    *mine = (uint32_t)i;
    *fidelity = row->fidelity;
    if (frame->seed_at)
        frame->seed_at[row->seed] = 1;
    if (!frame->config_at[row->config]) {
        uint32_t *config = wn_vec_push(&frame->configs);

        if (!config)
            return false;
        *config = row->config;
        frame->config_at[row->config] = (uint32_t)frame->configs.n;
    }
    return true;
}

/* Seeds by number if all are numbers, else by text. */
struct seed {
    const char *text;
    double value;
    bool is_number;
    uint32_t index;
};

static int by_seed(const void *a, const void *b)
{
    const struct seed *x = a, *y = b;

    if (x->is_number != y->is_number)
        return x->is_number ? -1 : 1;
    if (x->is_number && x->value != y->value)
        return x->value < y->value ? -1 : 1;
    return strcmp(x->text, y->text);
}

static bool sort_seeds(struct frame *frame)
{
    size_t n = frame->rows->seeds.all.n;
    struct seed *seeds = wn_alloc_array(n + 1, sizeof *seeds);

    if (!seeds)
        return false;
    for (size_t i = 0; i < n; i++) {
        struct seed *seed = &seeds[frame->n_seeds];

        if (!frame->seed_at[i])
            continue;
        *seed = (struct seed){.text = frame->rows->seeds.all.at[i].bytes,
                              .index = (uint32_t)i};
        seed->is_number = wn_import_number(seed->text, &seed->value);
        frame->n_seeds++;
    }
    if (frame->n_seeds)
        qsort(seeds, frame->n_seeds, sizeof *seeds, by_seed);
    for (size_t i = 0; i < frame->n_seeds; i++)
        frame->seed_at[seeds[i].index] = (uint32_t)i;
    wn_free(seeds);
    return true;
}

static void sort_fidelities(struct frame *frame)
{
    size_t n = 0;

    if (!frame->fidelities.n)
        return;
    qsort(frame->fidelities.at, frame->fidelities.n, sizeof(double), by_value);
    for (size_t i = 0; i < frame->fidelities.n; i++)
        if (!n || frame->fidelities.at[i] != frame->fidelities.at[n - 1])
            frame->fidelities.at[n++] = frame->fidelities.at[i];
    frame->fidelities.n = n;
}

static enum wn_status survey(struct frame *frame, size_t task, struct wn_error *err)
{
    const struct wn_import_rows *rows = frame->rows;
    uint64_t n;

    frame->config_at = wn_alloc_array(rows->configs.all.n + 1, sizeof(uint32_t));
    frame->seed_at = wn_alloc_array(rows->seeds.all.n + 1, sizeof(uint32_t));
    if (!frame->config_at || !frame->seed_at)
        return no_memory(frame->plan, err);
    for (size_t i = 0; i < rows->all.n; i++)
        if (rows->all.at[i].task == task && !take_row(frame, i))
            return no_memory(frame->plan, err);
    if (rows->seeds.all.n ? !sort_seeds(frame) : (frame->n_seeds = 1, false))
        return no_memory(frame->plan, err);
    sort_fidelities(frame);
    n = (uint64_t)frame->configs.n * frame->n_seeds;
    if (n > CELLS_MOST || n * frame->fidelities.n > CELLS_MOST ||
        n * frame->fidelities.n > SPARSE_MOST * (uint64_t)frame->mine.n)
        return wn_fail(err, WN_EINVAL,
                       "%s: the task %.80s has %zu rows, but %zu configurations x %zu "
                       "seeds x %zu fidelities: is every column what it is taken for?",
                       frame->plan->source, (const char *)rows->tasks.all.at[task].bytes,
                       frame->mine.n, frame->configs.n, frame->n_seeds,
                       frame->fidelities.n);
    frame->n_cells = (size_t)n * frame->fidelities.n;
    return WN_OK;
}

/* --- cells --- */

static size_t cell_of(const struct frame *frame, const struct wn_import_row *row)
{
    const double *at = bsearch(&row->fidelity, frame->fidelities.at, frame->fidelities.n,
                               sizeof(double), by_value);
    size_t config = frame->config_at[row->config] - 1;
    size_t seed = frame->rows->seeds.all.n ? frame->seed_at[row->seed] : 0;

    WN_ASSERT(at);
    return (config * frame->n_seeds + seed) * frame->fidelities.n +
           (size_t)(at - frame->fidelities.at);
}

static enum wn_status place_rows(struct frame *frame, struct wn_error *err)
{
    const struct wn_import_row *all = frame->rows->all.at;

    frame->row_of = wn_alloc_array(frame->n_cells, sizeof *frame->row_of);
    if (!frame->row_of)
        return no_memory(frame->plan, err);
    for (size_t i = 0; i < frame->mine.n; i++) {
        const struct wn_import_row *row = &all[frame->mine.at[i]];
        uint32_t *at = &frame->row_of[cell_of(frame, row)];

        if (*at)
            return wn_fail(err, WN_EINVAL,
                           "%s: line %zu has the task, configuration, seed and fidelity "
                           "of line %zu%s",
                           frame->plan->source, row->line, all[*at - 1].line,
                           frame->rows->seeds.all.n ? "" : "; is there a seed_column?");
        *at = frame->mine.at[i] + 1;
    }
    return WN_OK;
}

static enum wn_status fill_metrics(const struct frame *frame,
                                   struct wn_import_task *out,
                                   struct wn_error *err)
{
    const struct wn_import_plan *plan = frame->plan;
    size_t n = plan->metrics.n;

    out->metrics = wn_alloc_array(n, sizeof *out->metrics);
    if (!out->metrics)
        return no_memory(plan, err);
    out->pub.metrics = out->metrics;
    out->pub.n_metrics = n;
    for (size_t m = 0; m < n; m++) {
        const struct wn_import_metric *metric = &plan->metrics.at[m];
        float *at = wn_alloc_array(frame->n_cells, sizeof *at);

        out->metrics[m] = (struct wn_benchmark_metric){
            .name = metric->name, .unit = metric->unit, .mode = metric->mode, .at = at};
        if (!at)
            return no_memory(plan, err);
        for (size_t i = 0; i < frame->n_cells; i++)
            at[i] = frame->row_of[i]
                        ? frame->rows->cells.at[(frame->row_of[i] - 1) * n + m]
                        : NAN;
    }
    if (plan->elapsed == SIZE_MAX)
        return WN_OK;
    out->metrics[plan->elapsed].is_synthetic =
        wn_values_bool(plan->values, "elapsed_synthetic");
    out->pub.elapsed = &out->metrics[plan->elapsed];
    return WN_OK;
}

static enum wn_status check_times(const struct frame *frame,
                                  const struct wn_import_task *out,
                                  struct wn_error *err)
{
    const struct wn_import_row *all = frame->rows->all.at;
    const float *at = out->pub.elapsed ? out->pub.elapsed->at : NULL;
    size_t n = frame->fidelities.n, before = 0;

    for (size_t i = 0; at && i < frame->n_cells; i++) {
        bool is_first = i % n == 0;

        if (is_first)
            before = SIZE_MAX;
        if (isnan(at[i]))
            continue;
        if (before != SIZE_MAX && at[i] < at[before])
            return wn_fail(err, WN_EINVAL,
                           "%s: line %zu: %g seconds at %g, but %g already at %g in line "
                           "%zu: times are counted from the start of the training",
                           frame->plan->source, all[frame->row_of[i] - 1].line,
                           (double)at[i], frame->fidelities.at[i % n], (double)at[before],
                           frame->fidelities.at[before % n],
                           all[frame->row_of[before] - 1].line);
        before = i;
    }
    return WN_OK;
}

/* --- configurations --- */

/* The parameter that is the k-th of the list. */
static const struct wn_import_param *param_of(const struct wn_import_plan *plan,
                                              const struct wn_json *entry,
                                              size_t *index)
{
    const char *name = wn_json_string(wn_json_get(entry, "name"));

    for (size_t i = 0; i < plan->params.n; i++)
        if (!plan->params.at[i].is_left_out &&
            strcmp(plan->params.at[i].name, name) == 0) {
            *index = i;
            return &plan->params.at[i];
        }
    return NULL;
}

static enum wn_status fill_configs(const struct frame *frame,
                                   const struct wn_json *params,
                                   struct wn_import_task *out,
                                   struct wn_error *err)
{
    size_t n = wn_json_size(params), k = 0;

    out->configs = wn_alloc_array(frame->configs.n * n, sizeof *out->configs);
    out->fidelity = wn_alloc_array(frame->fidelities.n, sizeof *out->fidelity);
    if (!out->configs || !out->fidelity)
        return no_memory(frame->plan, err);
    WN_ASSERT(frame->fidelities.at);
    memcpy(out->fidelity, frame->fidelities.at, frame->fidelities.n * sizeof(double));
    for (const struct wn_json *p = wn_json_first(params); p; p = wn_json_next(p), k++) {
        size_t index = 0;
        const struct wn_import_param *param = param_of(frame->plan, p, &index);

        WN_ASSERT(param);
        for (size_t i = 0; i < frame->configs.n; i++) {
            const uint32_t *tuple =
                frame->rows->configs.all.at[frame->configs.at[i]].bytes;

            out->configs[i * n + k] = param->values[tuple[index]];
        }
    }
    return WN_OK;
}

static const char *text_or(const struct wn_values *values,
                           const char *key,
                           const char *other)
{
    return wn_values_is_set(values, key) ? wn_values_string(values, key) : other;
}

static void set_head(const struct frame *frame,
                     const char *task,
                     const struct wn_json *params,
                     struct wn_import_task *out)
{
    const struct wn_values *values = frame->plan->values;
    struct wn_benchmark *pub = &out->pub;

    pub->task = task;
    pub->params = params;
    pub->n_params = wn_json_size(params);
    pub->configs = out->configs;
    pub->n_configs = frame->configs.n;
    pub->n_seeds = frame->n_seeds;
    pub->n_fidelities = frame->fidelities.n;
    pub->fidelity = out->fidelity;
    pub->resource =
        text_or(values, "resource", text_or(values, "fidelity_column", "epoch"));
    pub->resource_unit = text_or(values, "resource_unit", "");
}

static void note_holes(const struct frame *frame, const char *task, struct wn_buf *notes)
{
    if (frame->mine.n < frame->n_cells)
        wn_buf_addf(notes, "%s: %zu of %zu cells have a row, the rest is missing\n", task,
                    frame->mine.n, frame->n_cells);
}

enum wn_status wn_import_task_make(const struct wn_import_plan *plan,
                                   const struct wn_import_rows *rows,
                                   size_t task,
                                   const struct wn_json *params,
                                   struct wn_import_task *out,
                                   struct wn_buf *notes,
                                   struct wn_error *err)
{
    struct frame frame = {.plan = plan, .rows = rows};
    enum wn_status rc = survey(&frame, task, err);

    if (rc == WN_OK)
        rc = place_rows(&frame, err);
    if (rc == WN_OK)
        rc = fill_metrics(&frame, out, err);
    if (rc == WN_OK)
        rc = check_times(&frame, out, err);
    if (rc == WN_OK)
        rc = fill_configs(&frame, params, out, err);
    if (rc == WN_OK) {
        set_head(&frame, rows->tasks.all.at[task].bytes, params, out);
        note_holes(&frame, out->pub.task, notes);
    }
    wn_vec_release(&frame.mine);
    wn_vec_release(&frame.configs);
    wn_vec_release(&frame.fidelities);
    wn_free(frame.config_at);
    wn_free(frame.seed_at);
    wn_free(frame.row_of);
    return rc;
}

void wn_import_task_release(struct wn_import_task *task)
{
    for (size_t i = 0; i < task->pub.n_metrics; i++)
        wn_free(task->metrics[i].at);
    wn_free(task->metrics);
    wn_free(task->configs);
    wn_free(task->fidelity);
    *task = (struct wn_import_task){0};
}

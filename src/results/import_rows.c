/* import_rows.c - the rows of a table, kept by numbers instead of texts.
 *
 * Memory: some 40 bytes a row and 4 a metric; each text that differs once. What a value
 * means is not judged here, but that fidelities and metrics are numbers.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "results/import_internal.h"

enum { NAME_MOST = 120, SPELLING = 40 };
#define SECONDS_MOST 1e9 /* as benchmark.c reads them */

/* The row under way: which line, and the tuple of its hyperparameters' words. */
struct reading {
    struct wn_import_plan *plan;
    struct wn_import_rows *rows;
    struct wn_import_row *row;
    float *cells;
    uint32_t *tuple;
    char *text; /* of a cell, without blanks around */
    size_t room;
    size_t line;
};

static enum wn_status no_memory(const struct wn_import_plan *plan, struct wn_error *err)
{
    return wn_fail(err, WN_ENOMEM, "no memory for the rows of %s", plan->source);
}

/* The cell without blanks at its ends, in a copy; NULL without memory. */
static const char *trimmed(struct reading *reading, const char *field)
{
    size_t n;

    field += strspn(field, " \t");
    n = strlen(field);
    while (n && (field[n - 1] == ' ' || field[n - 1] == '\t'))
        n--;
    if (n >= reading->room) {
        char *grown = wn_realloc(reading->text, 2 * n + 64);

        if (!grown)
            return NULL;
        reading->text = grown;
        reading->room = 2 * n + 64;
    }
    memcpy(reading->text, field, n);
    reading->text[n] = 0;
    return reading->text;
}

bool wn_import_number(const char *text, double *value)
{
    char *end;

    if (!*text || text[strspn(text, "+-.0123456789eE")])
        return false;
    *value = strtod(text, &end);
    return end != text && !*end && isfinite(*value);
}

static bool is_missing(const char *text)
{
    return !*text || strcasecmp(text, "nan") == 0;
}

/* A number in one spelling, whatever the table's, so that 0.1 and 1e-1 are one value. */
static const char *spelling(const char *text, char *room)
{
    double value;

    if (is_missing(text))
        return "";
    return wn_import_number(text, &value) ? wn_number_print(value + 0.0, room, SPELLING)
                                          : text;
}

static enum wn_status refuse(const struct reading *reading,
                             const char *column,
                             const char *text,
                             const char *allowed,
                             struct wn_error *err)
{
    return wn_fail(err, WN_EINVAL, "%s: line %zu: %.80s is '%.80s', which must be %s",
                   reading->plan->source, reading->line, column, text, allowed);
}

static enum wn_status take_word(struct reading *reading,
                                struct wn_import_keys *keys,
                                const char *text,
                                uint32_t *number,
                                struct wn_error *err)
{
    char room[SPELLING];
    const char *word = spelling(text, room);
    size_t at =
        wn_import_key(keys, reading->rows->arena, word, strlen(word), reading->line);

    if (at == SIZE_MAX)
        return no_memory(reading->plan, err);
    *number = (uint32_t)at;
    return WN_OK;
}

static bool is_task_name(const char *text)
{
    size_t n = strlen(text);

    for (size_t i = 0; i < n; i++)
        if ((unsigned char)text[i] < ' ' || text[i] == '/' || text[i] == 127)
            return false;
    return n && n <= NAME_MOST && *text != '.';
}

/* Tasks keep their spelling: 007 is not 7. */
static enum wn_status take_task(struct reading *reading,
                                const char *column,
                                const char *text,
                                struct wn_error *err)
{
    size_t at;

    if (!is_task_name(text))
        return refuse(reading, column, text,
                      "a name of 1 to 120 bytes without / and not beginning with a point",
                      err);
    at = wn_import_key(&reading->rows->tasks, reading->rows->arena, text, strlen(text),
                       reading->line);
    if (at == SIZE_MAX)
        return no_memory(reading->plan, err);
    reading->row->task = (uint32_t)at;
    return WN_OK;
}

static enum wn_status take_fidelity(struct reading *reading,
                                    const char *column,
                                    const char *text,
                                    struct wn_error *err)
{
    double value = 0, offset = wn_values_float(reading->plan->values, "fidelity_offset");

    if (!wn_import_number(text, &value))
        return refuse(reading, column, text, "a number", err);
    value += offset;
    if (value <= 0 || value > WN_JSON_EXACT_MOST)
        return refuse(reading, column, text,
                      "above 0 and at most 2^53 (fidelity_offset is added)", err);
    reading->row->fidelity = value;
    return WN_OK;
}

/* What is too large for the file, and infinity, is a training that diverged: NaN. */
static enum wn_status take_metric(struct reading *reading,
                                  const struct wn_import_metric *metric,
                                  const char *text,
                                  float *cell,
                                  struct wn_error *err)
{
    static const char *const unknown[] = {"na",   "null", "none",     "inf",
                                          "-inf", "+inf", "infinity", "-infinity"};
    bool is_elapsed = strcmp(metric->name, "elapsed_time") == 0;
    double value = (double)NAN;

    if (!is_missing(text) && !wn_import_number(text, &value)) {
        bool is_known = false;

        for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
            is_known |= strcasecmp(text, unknown[i]) == 0;
        if (!is_known)
            return refuse(reading, metric->column, text, "a number, or empty", err);
    }
    if (is_elapsed && value < 0)
        return refuse(reading, metric->column, text,
                      "seconds since the training began, at least 0", err);
    if (is_elapsed && value > SECONDS_MOST)
        return refuse(reading, metric->column, text, "seconds, at most 1e9 of them", err);
    *cell = (float)value;
    if (isinf(*cell))
        *cell = NAN;
    return WN_OK;
}

static enum wn_status take_cell(struct reading *reading,
                                size_t column,
                                const char *text,
                                struct wn_error *err)
{
    struct wn_import_plan *plan = reading->plan;
    const char *name = plan->names[column];
    size_t index = plan->columns[column].index;

    switch (plan->columns[column].role) {
    case WN_IMPORT_NONE:
    case WN_IMPORT_IGNORED: return WN_OK;
    case WN_IMPORT_TASK: return take_task(reading, name, text, err);
    case WN_IMPORT_SEED:
        return take_word(reading, &reading->rows->seeds, text, &reading->row->seed, err);
    case WN_IMPORT_FIDELITY: return take_fidelity(reading, name, text, err);
    case WN_IMPORT_METRIC:
        return take_metric(reading, &plan->metrics.at[index], text,
                           &reading->cells[index], err);
    case WN_IMPORT_PARAM:
        return take_word(reading, &plan->params.at[index].words, text,
                         &reading->tuple[index], err);
    }
    return WN_OK;
}

/* The task of a table without a column for it. */
static enum wn_status name_task(struct reading *reading, struct wn_error *err)
{
    const struct wn_values *values = reading->plan->values;
    const char *name = wn_values_string(values, "task");

    if (wn_values_is_set(values, "task_column"))
        return WN_OK;
    if (!name)
        name = wn_values_string(values, "name");
    if (!name)
        return wn_fail(err, WN_EINVAL,
                       "%s: which task are these rows of? Say task or task_column",
                       reading->plan->source);
    return take_task(reading, "task", name, err);
}

static enum wn_status take_row(struct reading *reading,
                               const char *const *fields,
                               size_t n,
                               struct wn_error *err)
{
    struct wn_import_plan *plan = reading->plan;
    struct wn_import_rows *rows = reading->rows;
    enum wn_status rc = WN_OK;
    size_t config;

    if (n != plan->n_columns)
        return wn_fail(err, WN_EINVAL,
                       "%s: line %zu: %zu fields, but the first line names %zu",
                       plan->source, reading->line, n, plan->n_columns);
    reading->row = wn_vec_push(&rows->all);
    if (!reading->row)
        return no_memory(plan, err);
    *reading->row = (struct wn_import_row){.fidelity = 1, .line = reading->line};
    for (size_t i = 0; i < plan->metrics.n; i++) {
        float *cell = wn_vec_push(&rows->cells);

        if (!cell)
            return no_memory(plan, err);
        *cell = NAN;
    }
    reading->cells = rows->cells.at + (rows->all.n - 1) * plan->metrics.n;
    rc = name_task(reading, err);
    for (size_t i = 0; rc == WN_OK && i < n; i++) {
        const char *text = trimmed(reading, fields[i]);

        rc = text ? take_cell(reading, i, text, err) : no_memory(plan, err);
    }
    if (rc != WN_OK)
        return rc;
    config = wn_import_key(&rows->configs, rows->arena, reading->tuple,
                           plan->params.n * sizeof *reading->tuple, reading->line);
    if (config == SIZE_MAX)
        return no_memory(plan, err);
    reading->row->config = (uint32_t)config;
    return WN_OK;
}

enum wn_status wn_import_rows_read(struct wn_import_plan *plan,
                                   struct wn_csv *csv,
                                   struct wn_import_rows *rows,
                                   struct wn_error *err)
{
    struct reading reading = {.plan = plan, .rows = rows};
    const char *const *fields = NULL;
    enum wn_status rc = WN_OK;
    size_t n = 1;

    rows->arena = &plan->arena;
    reading.tuple = wn_alloc_array(plan->params.n + 1, sizeof *reading.tuple);
    if (!reading.tuple)
        return no_memory(plan, err);
    while (rc == WN_OK && n) {
        rc = wn_csv_next(csv, &fields, &n, err);
        reading.line = wn_csv_line(csv);
        if (rc == WN_OK && n)
            rc = take_row(&reading, fields, n, err);
    }
    if (rc == WN_OK && !rows->all.n)
        rc = wn_fail(err, WN_EINVAL, "%s holds no row", plan->source);
    wn_free(reading.tuple);
    wn_free(reading.text);
    return rc;
}

void wn_import_rows_release(struct wn_import_rows *rows)
{
    wn_import_keys_release(&rows->tasks);
    wn_import_keys_release(&rows->configs);
    wn_import_keys_release(&rows->seeds);
    wn_vec_release(&rows->all);
    wn_vec_release(&rows->cells);
}

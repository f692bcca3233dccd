/* benchmark_rows.c - the configurations of a benchmark as those of a space.
 *
 * What a file holds as 32-bit numbers is read as the shortest decimal number that is the
 * same there (0.001, not 0.0010000000474974513), and what lies beyond its bounds by no more
 * than such rounding is put on them.
 */
#include "results/benchmark_internal.h"

#include <math.h>
#include <string.h>

#include "base/decimal.h"
#include "space/nearest.h"

struct wn_benchmark_rows {
    const struct wn_space *space;
    size_t n;
    size_t *rows; /* of each configuration in the set, its (first) row in the benchmark */
    struct wn_config_set *set;
    struct wn_nearest *nearest;
    union wn_cell *cells; /* of one configuration */
};

static const struct wn_benchmark_book *book_of(const struct wn_benchmark *benchmark)
{
    return (const struct wn_benchmark_book *)benchmark;
}

bool wn_benchmark_is_list(const struct wn_benchmark *benchmark)
{
    return book_of(benchmark)->is_list;
}

/* --- as JSON --- */

/* It if all of it could be built, else NULL. */
static struct wn_json *whole(struct wn_json *json, bool ok)
{
    if (ok)
        return json;
    wn_json_destroy(json);
    return NULL;
}

static struct wn_json *range_json(const struct wn_benchmark_param *param)
{
    struct wn_json *out = wn_json_new_object();
    const char *type = param->type == WN_BENCHMARK_INT ? "int" : "float";
    bool ok = wn_json_set(out, "type", wn_json_new_string(type)) &&
              wn_json_set(out, "low", wn_json_new_number(param->low)) &&
              wn_json_set(out, "high", wn_json_new_number(param->high));

    if (param->is_log)
        ok = ok && wn_json_set(out, "scale", wn_json_new_string("log"));
    return whole(out, ok);
}

static struct wn_json *values_json(const struct wn_benchmark_param *param)
{
    struct wn_json *list = wn_json_new_list();
    bool ok = list != NULL;

    for (size_t i = 0; ok && i < param->n_choices; i++)
        ok = wn_json_add(list, wn_json_copy(param->choices[i]));
    return whole(list, ok);
}

/* Every row of a table is as likely as any other, so ordinals go by position: by value, random
 * search would seldom see the small ones of 16, 32, ... , 512. */
static struct wn_json *choices_json(const struct wn_benchmark_param *param)
{
    struct wn_json *out = wn_json_new_object();
    bool is_cat = param->type == WN_BENCHMARK_CAT;
    bool ok = wn_json_set(out, "type",
                          wn_json_new_string(is_cat ? "categorical" : "ordinal")) &&
              wn_json_set(out, "values", values_json(param));

    if (!is_cat)
        ok = ok && wn_json_set(out, "encoding", wn_json_new_string("equal"));
    return whole(out, ok);
}

static struct wn_json *row_json(size_t n)
{
    struct wn_json *out = wn_json_new_object();

    return whole(out, wn_json_set(out, "type", wn_json_new_string("int")) &&
                          wn_json_set(out, "low", wn_json_new_integer(0)) &&
                          wn_json_set(out, "high", wn_json_new_integer((int64_t)n - 1)));
}

enum wn_status wn_benchmark_space(const struct wn_benchmark *benchmark,
                                  struct wn_json **out,
                                  struct wn_error *err)
{
    const struct wn_json *own = book_of(benchmark)->own_space;
    struct wn_json *space = own ? wn_json_copy(own) : wn_json_new_object();
    bool ok = space != NULL;

    if (own) {
        if (!ok)
            return wn_fail(err, WN_ENOMEM, "no memory for the space of a study");
        *out = space;
        return WN_OK;
    }
    if (book_of(benchmark)->is_list)
        ok = wn_json_set(space, "row", row_json(benchmark->n_configs));
    for (size_t i = 0; ok && i < benchmark->n_params && !book_of(benchmark)->is_list;
         i++) {
        const struct wn_benchmark_param *param = &book_of(benchmark)->columns[i];

        ok = wn_json_set(space, param->name,
                         wn_benchmark_is_number(param) ? range_json(param)
                                                       : choices_json(param));
    }
    if (!ok) {
        wn_json_destroy(space);
        return wn_fail(err, WN_ENOMEM, "no memory for the space of a benchmark");
    }
    *out = space;
    return WN_OK;
}

/* The shortest number that is the same with 32 bits; one that needs more stays. */
static double shortest(double value)
{
    if ((double)(float)value != value)
        return value;
    for (int digits = 6; digits < 10; digits++) {
        double rounded = wn_decimal_round(value, digits);

        if ((float)rounded == (float)value)
            return rounded;
    }
    return value;
}

static struct wn_json *value_json(const struct wn_benchmark_param *param, double value)
{
    if (!wn_benchmark_is_number(param))
        return wn_json_copy(param->choices[wn_benchmark_choice(param, value)]);
    return wn_json_new_number(fmin(fmax(shortest(value), param->low), param->high));
}

struct wn_json *wn_benchmark_config(const struct wn_benchmark *benchmark, size_t row)
{
    const struct wn_benchmark_book *book = book_of(benchmark);
    const double *values = benchmark->configs + row * benchmark->n_params;
    struct wn_json *out;
    bool ok;

    if (book->own_configs)
        return wn_json_copy(book->own_configs[row]);
    out = wn_json_new_object();
    ok = out != NULL;
    if (book->is_list)
        ok = wn_json_set(out, "row", wn_json_new_integer((int64_t)row));
    for (size_t i = 0; ok && i < benchmark->n_params && !book->is_list; i++)
        ok = wn_json_set(out, book->columns[i].name,
                         value_json(&book->columns[i], values[i]));
    return whole(out, ok);
}

/* --- as cells --- */

/* Row by row. One that the space does not have is left out, and *said keeps why; of a
 * configuration that stands there twice the first row is taken. */
static enum wn_status take_row(struct wn_benchmark_rows *rows,
                               const struct wn_benchmark *benchmark,
                               size_t row,
                               struct wn_error *said,
                               struct wn_error *err)
{
    struct wn_json *object = wn_benchmark_config(benchmark, row);
    struct wn_problems problems = {0};
    enum wn_status rc;

    if (!object)
        return wn_fail(err, WN_ENOMEM, "no memory for a configuration of a benchmark");
    rc = wn_config_complete(rows->space, object, "space", &problems, rows->cells, err);
    wn_json_destroy(object);
    if (rc == WN_OK && wn_problems_check(&problems, said) == WN_OK) {
        rows->n++;
        rows->rows[wn_config_set_size(rows->set)] = row;
        rc = wn_config_set_add(rows->set, rows->cells, err);
    }
    wn_problems_release(&problems);
    return rc;
}

static bool has_param(const struct wn_benchmark *benchmark, const char *name)
{
    if (book_of(benchmark)->is_list)
        return strcmp(name, "row") == 0;
    for (const struct wn_json *p = wn_json_first(benchmark->params); p;
         p = wn_json_next(p))
        if (strcmp(wn_json_string(wn_json_get(p, "name")), name) == 0)
            return true;
    return false;
}

static enum wn_status check_names(const struct wn_benchmark *benchmark,
                                  const struct wn_space *space,
                                  struct wn_error *err)
{
    for (size_t i = 0; i < wn_space_n_params(space); i++)
        if (!has_param(benchmark, wn_space_param(space, i)->name))
            return wn_fail(err, WN_EINVAL,
                           "space.%s is no hyperparameter of the benchmark %s",
                           wn_space_param(space, i)->name, benchmark->name);
    return WN_OK;
}

static enum wn_status take_rows(struct wn_benchmark_rows *rows,
                                const struct wn_benchmark *benchmark,
                                struct wn_error *err)
{
    struct wn_error said = {0};
    enum wn_status rc = WN_OK;

    for (size_t i = 0; rc == WN_OK && i < benchmark->n_configs; i++)
        rc = take_row(rows, benchmark, i, &said, err);
    if (rc == WN_OK && !rows->n)
        rc = wn_fail(err, WN_EINVAL,
                     "the space has no configuration of the benchmark %s: %.300s",
                     benchmark->name, said.text);
    if (rc != WN_OK)
        return rc;
    rows->nearest = wn_nearest_create(rows->space, rows->set);
    return rows->nearest
               ? WN_OK
               : wn_fail(err, WN_ENOMEM, "no memory to look for rows of a benchmark");
}

enum wn_status wn_benchmark_rows_create(const struct wn_benchmark *benchmark,
                                        const struct wn_space *space,
                                        struct wn_benchmark_rows **out,
                                        struct wn_error *err)
{
    struct wn_benchmark_rows *rows;
    size_t n = benchmark->n_configs;
    enum wn_status rc = check_names(benchmark, space, err);

    if (rc != WN_OK)
        return rc;
    rows = wn_alloc(sizeof *rows);
    if (!rows)
        return wn_fail(err, WN_ENOMEM, "no memory for the rows of a benchmark");
    rows->space = space;
    rows->rows = wn_alloc_array(n, sizeof *rows->rows);
    rows->set = wn_config_set_create(space);
    rows->cells = wn_alloc_array(wn_space_n_params(space) + 1, sizeof *rows->cells);
    if (rows->rows && rows->set && rows->cells)
        rc = take_rows(rows, benchmark, err);
    else
        rc = wn_fail(err, WN_ENOMEM, "no memory for %zu rows of a benchmark", n);
    if (rc == WN_OK)
        *out = rows;
    else
        wn_benchmark_rows_destroy(rows);
    return rc;
}

void wn_benchmark_rows_destroy(struct wn_benchmark_rows *rows)
{
    if (!rows)
        return;
    wn_nearest_destroy(rows->nearest);
    wn_config_set_destroy(rows->set);
    wn_free(rows->rows);
    wn_free(rows->cells);
    wn_free(rows);
}

size_t wn_benchmark_rows_n(const struct wn_benchmark_rows *rows)
{
    return rows->n;
}

bool wn_benchmark_rows_are_all(const struct wn_benchmark_rows *rows)
{
    uint64_t size = 0;

    return wn_space_size(rows->space, &size) && size == wn_config_set_size(rows->set);
}

bool wn_benchmark_rows_have(const struct wn_benchmark_rows *rows,
                            const union wn_cell *cells)
{
    return wn_config_set_has(rows->set, cells);
}

size_t wn_benchmark_rows_find(const struct wn_benchmark_rows *rows,
                              const union wn_cell *cells,
                              bool *is_exact)
{
    size_t found = wn_config_set_find(rows->set, cells);

    *is_exact = found != SIZE_MAX;
    if (!*is_exact)
        found = wn_nearest_to_cells(rows->nearest, cells, NULL, NULL, 0);
    return rows->rows[found];
}

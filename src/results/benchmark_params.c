/* benchmark_params.c - the hyperparameters of a benchmark file: what each may be, and which
 * numbers are values of it. */
#include "results/benchmark_internal.h"

#include <math.h>
#include <string.h>

#include "base/file.h"

/* --- out of the file --- */

/* "" if it is no text. */
static const char *text_of(const struct wn_json *json, const char *key)
{
    const struct wn_json *node = wn_json_get(json, key);

    return wn_json_is(node, WN_JSON_STRING) ? wn_json_string(node) : "";
}

static bool type_of(const char *text, enum wn_benchmark_type *type)
{
    static const char *const names[] = {
        [WN_BENCHMARK_FLOAT] = "float",
        [WN_BENCHMARK_INT] = "int",
        [WN_BENCHMARK_ORDINAL] = "ordinal",
        [WN_BENCHMARK_CAT] = "cat",
    };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(text, names[i]) == 0) {
            *type = (enum wn_benchmark_type)i;
            return true;
        }
    return false;
}

static enum wn_status take_choices(const char *path,
                                   const struct wn_json *json,
                                   struct wn_benchmark_book *book,
                                   struct wn_benchmark_param *param,
                                   struct wn_error *err)
{
    const struct wn_json *list = wn_json_get(json, "choices"), **nodes;
    size_t n = wn_json_is(list, WN_JSON_LIST) ? wn_json_size(list) : 0;

    if (!n)
        return wn_fail(err, WN_ECORRUPT,
                       "%s: /hyperparameters: %s must have a list of choices", path,
                       param->name);
    nodes = wn_arena_alloc(&book->arena, n * sizeof *nodes);
    if (!nodes)
        return wn_benchmark_no_memory(path, err);
    param->choices = nodes;
    for (const struct wn_json *c = wn_json_first(list); c; c = wn_json_next(c)) {
        if (param->type == WN_BENCHMARK_ORDINAL && !wn_json_is(c, WN_JSON_NUMBER))
            return wn_fail(err, WN_ECORRUPT,
                           "%s: /hyperparameters: the choices of %s must be numbers",
                           path, param->name);
        nodes[param->n_choices++] = c;
    }
    return WN_OK;
}

static enum wn_status take_bounds(const char *path,
                                  const struct wn_json *json,
                                  struct wn_benchmark_param *param,
                                  struct wn_error *err)
{
    const struct wn_json *low = wn_json_get(json, "lower");
    const struct wn_json *high = wn_json_get(json, "upper");
    const struct wn_json *log = wn_json_get(json, "log");
    bool has_low = wn_json_is(low, WN_JSON_NUMBER);
    bool has_high = wn_json_is(high, WN_JSON_NUMBER);

    param->is_log = wn_json_is(log, WN_JSON_BOOL) && wn_json_bool(log);
    param->low = has_low ? wn_json_number(low) : (double)NAN;
    param->high = has_high ? wn_json_number(high) : (double)NAN;
    param->has_bounds = param->low < param->high;
    if (param->low > param->high)
        return wn_fail(err, WN_ECORRUPT,
                       "%s: /hyperparameters: lower of %s is %g, above its upper, %g",
                       path, param->name, param->low, param->high);
    if (param->low <= 0 && param->is_log)
        return wn_fail(
            err, WN_ECORRUPT,
            "%s: /hyperparameters: lower of %s is %g, but its scale is logarithmic", path,
            param->name, param->low);
    return WN_OK;
}

static enum wn_status take_param(const char *path,
                                 const struct wn_json *json,
                                 struct wn_benchmark_book *book,
                                 size_t index,
                                 struct wn_error *err)
{
    const char *type = text_of(json, "type");
    struct wn_benchmark_param *param = &book->columns[index];

    param->name = text_of(json, "name");
    if (!wn_name_is_plain(param->name))
        return wn_fail(err, WN_ECORRUPT,
                       "%s: /hyperparameters: each must have a plain name", path);
    for (size_t i = 0; i < index; i++)
        if (strcmp(book->columns[i].name, param->name) == 0)
            return wn_fail(err, WN_ECORRUPT,
                           "%s: /hyperparameters: %s stands there twice", path,
                           param->name);
    param->may_miss = wn_json_get(json, "missing") != NULL;
    if (!type_of(type, &param->type))
        return wn_fail(err, WN_ECORRUPT,
                       "%s: /hyperparameters: the type of %s must be float, int, ordinal "
                       "or cat, not '%.40s'",
                       path, param->name, type);
    return wn_benchmark_is_number(param) ? take_bounds(path, json, param, err)
                                         : take_choices(path, json, book, param, err);
}

enum wn_status wn_benchmark_take_columns(const char *path,
                                         struct wn_benchmark_book *book,
                                         struct wn_error *err)
{
    enum wn_status rc = WN_OK;
    size_t i = 0;

    book->columns =
        wn_arena_alloc(&book->arena, book->pub.n_params * sizeof *book->columns);
    if (!book->columns)
        return wn_benchmark_no_memory(path, err);
    for (const struct wn_json *p = wn_json_first(book->pub.params); !rc && p;
         p = wn_json_next(p))
        rc = take_param(path, p, book, i++, err);
    return rc;
}

/* --- values --- */

bool wn_benchmark_is_number(const struct wn_benchmark_param *param)
{
    return param->type == WN_BENCHMARK_FLOAT || param->type == WN_BENCHMARK_INT;
}

size_t wn_benchmark_choice(const struct wn_benchmark_param *param, double value)
{
    size_t best = 0;

    if (param->type == WN_BENCHMARK_CAT)
        return (size_t)value;
    for (size_t i = 1; i < param->n_choices; i++)
        if (fabs(wn_json_number(param->choices[i]) - value) <
            fabs(wn_json_number(param->choices[best]) - value))
            best = i;
    return best;
}

/* A file may hold values as 32-bit numbers, so they are compared as such. */
static bool is_near(double a, double b)
{
    return fabs(a - b) <= 1e-6 * fmax(fabs(a), fabs(b));
}

static bool is_choice(const struct wn_benchmark_param *param, double value)
{
    if (param->type == WN_BENCHMARK_CAT)
        return value >= 0 && value < (double)param->n_choices && value == floor(value);
    return is_near(wn_json_number(param->choices[wn_benchmark_choice(param, value)]),
                   value);
}

bool wn_benchmark_is_value(const struct wn_benchmark_param *param, double value)
{
    if (!wn_benchmark_is_number(param))
        return is_choice(param, value);
    if (param->type == WN_BENCHMARK_INT && value != floor(value))
        return false;
    return !param->has_bounds || ((value >= param->low || is_near(value, param->low)) &&
                                  (value <= param->high || is_near(value, param->high)));
}

/* import_types.c - hyperparameters from the values that were seen.
 *
 * What is not said is taken from the values: whole numbers are an int, numbers a float,
 * anything else a cat; ranges reach from the least to the greatest, floats outwards to six
 * digits; choices are those there are, sorted. Never taken: that a scale is logarithmic,
 * since nothing shows it, and that numbers are an ordinal. A column with one value, of which
 * nothing was said, is nothing to tune and left out.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "results/import_internal.h"

static const char *const type_names[] = {"float", "int", "ordinal", "cat"};

static enum wn_status no_memory(struct wn_error *err)
{
    return wn_fail(err, WN_ENOMEM, "no memory for the hyperparameters of a table");
}

static const char *word_of(const struct wn_import_param *param, size_t i)
{
    return param->words.all.at[i].bytes;
}

static enum wn_status refuse(const struct wn_import_plan *plan,
                             const struct wn_import_param *param,
                             size_t word,
                             const char *allowed,
                             struct wn_error *err)
{
    return wn_fail(err, WN_EINVAL, "%s: line %zu: %s is '%.80s', which must be %s",
                   plan->source, param->words.all.at[word].line, param->column,
                   word_of(param, word), allowed);
}

/* --- the values that were seen --- */

struct look {
    size_t n; /* without the missing one */
    double least, most;
    bool are_numbers, are_whole;
};

static struct look look_at(struct wn_import_param *param)
{
    struct look look = {
        .least = HUGE_VAL, .most = -HUGE_VAL, .are_numbers = true, .are_whole = true};

    for (size_t i = 0; i < param->words.all.n; i++) {
        double value = 0;

        if (!*word_of(param, i)) {
            param->has_missing = true;
            continue;
        }
        look.n++;
        if (!wn_import_number(word_of(param, i), &value)) {
            look.are_numbers = look.are_whole = false;
            continue;
        }
        look.least = fmin(look.least, value);
        look.most = fmax(look.most, value);
        look.are_whole &= value == floor(value) && fabs(value) <= WN_JSON_EXACT_MOST;
    }
    return look;
}

/* The nearest number of six digits that is not above (or not below) the value. */
static double outward(double value, bool is_up)
{
    char text[40];
    double rounded, step;

    snprintf(text, sizeof text, "%.5e", value);
    rounded = strtod(text, NULL);
    if (is_up ? rounded >= value : rounded <= value)
        return rounded;
    step = pow(10, floor(log10(fabs(value))) - 5);
    snprintf(text, sizeof text, "%.5e", rounded + (is_up ? step : -step));
    return strtod(text, NULL);
}

static void take_range(struct wn_import_param *param, const struct look *look)
{
    bool is_int = param->type == WN_IMPORT_INT;

    if (!param->has_lower)
        param->lower = is_int ? look->least : outward(look->least, false);
    if (!param->has_upper)
        param->upper = is_int ? look->most : outward(look->most, true);
}

/* --- choices --- */

static int by_number(const void *a, const void *b)
{
    double x = strtod(*(const char *const *)a, NULL);
    double y = strtod(*(const char *const *)b, NULL);

    return x < y ? -1 : x > y;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The words in order, as JSON; NULL without memory. */
static struct wn_json *choices_of(const struct wn_import_param *param, bool are_numbers)
{
    const char **words = wn_alloc_array(param->words.all.n + 1, sizeof *words);
    struct wn_json *list = words ? wn_json_new_list() : NULL;
    bool ok = list != NULL;
    size_t n = 0;

    for (size_t i = 0; ok && i < param->words.all.n; i++)
        if (*word_of(param, i))
            words[n++] = word_of(param, i);
    if (n)
        qsort(words, n, sizeof *words, are_numbers ? by_number : by_text);
    for (size_t i = 0; ok && i < n; i++)
        ok = wn_json_add(list, are_numbers ? wn_json_new_number(strtod(words[i], NULL))
                                           : wn_json_new_string(words[i]));
    wn_free(words);
    if (ok)
        return list;
    wn_json_destroy(list);
    return NULL;
}

static bool is_near(double a, double b)
{
    return fabs(a - b) <= 1e-6 * fmax(fabs(a), fabs(b));
}

/* Python writes True, JSON true. */
static bool is_choice(const struct wn_json *choice, const char *word)
{
    double value = 0;

    switch (wn_json_type(choice)) {
    case WN_JSON_NUMBER:
        return wn_import_number(word, &value) && is_near(value, wn_json_number(choice));
    case WN_JSON_STRING: {
        const char *text = wn_json_string(choice);
        double other = 0;

        /* words that are numbers have lost their own spelling */
        return strcmp(text, word) == 0 ||
               (wn_import_number(text, &other) && wn_import_number(word, &value) &&
                other == value);
    }
    case WN_JSON_BOOL:
        return strcasecmp(word, wn_json_bool(choice) ? "true" : "false") == 0;
    case WN_JSON_NULL: return strcmp(word, "None") == 0 || strcmp(word, "null") == 0;
    case WN_JSON_LIST:
    case WN_JSON_OBJECT: break;
    }
    return false;
}

static enum wn_status value_choices(const struct wn_import_plan *plan,
                                    struct wn_import_param *param,
                                    const struct wn_json *choices,
                                    struct wn_error *err)
{
    bool is_cat = param->type == WN_IMPORT_CAT;

    for (size_t i = 0; i < param->words.all.n; i++) {
        const char *word = word_of(param, i);
        const struct wn_json *c = wn_json_first(choices);
        size_t index = 0;

        while (c && !is_choice(c, word)) {
            c = wn_json_next(c);
            index++;
        }
        if (c)
            param->values[i] = is_cat ? (double)index : wn_json_number(c);
        else if (!*word)
            param->values[i] = (double)NAN;
        else
            return refuse(plan, param, i, "one of its choices", err);
    }
    return WN_OK;
}

static enum wn_status make_choices(const struct wn_import_plan *plan,
                                   struct wn_import_param *param,
                                   const struct look *look,
                                   struct wn_error *err)
{
    struct wn_json *choices;

    for (size_t i = 0;
         param->type == WN_IMPORT_ORDINAL && !look->are_numbers && i < param->words.all.n;
         i++) {
        double value;

        if (*word_of(param, i) && !wn_import_number(word_of(param, i), &value))
            return refuse(plan, param, i, "a number: it is ordinal", err);
    }
    choices = param->choices ? wn_json_copy(param->choices)
                             : choices_of(param, look->are_numbers);
    if (!choices || !wn_json_set(param->made, "choices", choices) ||
        !wn_json_set(
            param->made, "stored",
            wn_json_new_string(param->type == WN_IMPORT_CAT ? "index" : "value")))
        return no_memory(err);
    return value_choices(plan, param, wn_json_get(param->made, "choices"), err);
}

/* --- ranges --- */

static enum wn_status value_numbers(const struct wn_import_plan *plan,
                                    struct wn_import_param *param,
                                    struct wn_error *err)
{
    for (size_t i = 0; i < param->words.all.n; i++) {
        const char *word = word_of(param, i);
        double value = (double)NAN;

        if (*word && !wn_import_number(word, &value))
            return refuse(plan, param, i, "a number", err);
        if (*word && param->type == WN_IMPORT_INT && value != floor(value))
            return refuse(plan, param, i, "a whole number", err);
        param->values[i] = value;
    }
    return WN_OK;
}

static enum wn_status check_numbers(const struct wn_import_plan *plan,
                                    const struct wn_import_param *param,
                                    struct wn_error *err)
{
    char allowed[100], lower[40], upper[40];

    snprintf(allowed, sizeof allowed, "from %s to %s",
             wn_number_print(param->lower, lower, sizeof lower),
             wn_number_print(param->upper, upper, sizeof upper));
    for (size_t i = 0; i < param->words.all.n; i++) {
        double value = param->values[i];

        if ((value < param->lower && !is_near(value, param->lower)) ||
            (value > param->upper && !is_near(value, param->upper)))
            return refuse(plan, param, i, allowed, err);
    }
    return WN_OK;
}

static enum wn_status make_range(const struct wn_import_plan *plan,
                                 struct wn_import_param *param,
                                 const struct look *look,
                                 struct wn_problems *problems,
                                 struct wn_buf *notes,
                                 struct wn_error *err)
{
    enum wn_status rc = value_numbers(plan, param, err);
    double least_log = param->type == WN_IMPORT_INT ? 1 : 0;
    char path[200];

    if (rc != WN_OK)
        return rc;
    take_range(param, look);
    rc = check_numbers(plan, param, err);
    if (rc != WN_OK)
        return rc;
    snprintf(path, sizeof path, "hyperparameters.%.150s", param->column);
    if (!(param->lower < param->upper))
        wn_problems_add(problems, path,
                        "it has one value only: say lower and upper, or ignore it");
    else if (param->is_log && (param->type == WN_IMPORT_INT ? param->lower < least_log
                                                            : param->lower <= 0))
        wn_problems_add(problems, path, "has values down to %g, too low for a log scale",
                        param->lower);
    else if (!param->has_log && param->lower > 0 && param->upper >= 1000 * param->lower)
        wn_buf_addf(notes,
                    "%s: from %g to %g on a linear scale; \"log\": true makes it "
                    "logarithmic\n",
                    param->name, param->lower, param->upper);
    if (!wn_json_set(param->made, "lower", wn_json_new_number(param->lower)) ||
        !wn_json_set(param->made, "upper", wn_json_new_number(param->upper)) ||
        !wn_json_set(param->made, "log", wn_json_new_bool(param->is_log)))
        return no_memory(err);
    return WN_OK;
}

static bool is_number_param(const struct wn_import_param *param)
{
    return param->type == WN_IMPORT_FLOAT || param->type == WN_IMPORT_INT;
}

static enum wn_status make_param(const struct wn_import_plan *plan,
                                 struct wn_import_param *param,
                                 struct wn_problems *problems,
                                 struct wn_buf *notes,
                                 struct wn_error *err)
{
    struct look look = look_at(param);
    enum wn_status rc;

    if (!param->is_described && param->words.all.n == 1) {
        param->is_left_out = true;
        wn_buf_addf(notes, "%s: left out, it is '%.80s' everywhere\n", param->name,
                    word_of(param, 0));
        return WN_OK;
    }
    if (!look.n && !param->choices) {
        wn_problems_add(problems, "hyperparameters", "%s has no value anywhere",
                        param->name);
        return WN_OK;
    }
    if (!look.are_numbers && !param->has_type &&
        (param->is_log || param->has_lower || param->has_upper)) {
        wn_problems_add(problems, "hyperparameters",
                        "%s: log needs numbers, as lower and upper do, and some values "
                        "are none",
                        param->name);
        return WN_OK;
    }
    if (!param->has_type)
        param->type = !look.n || !look.are_numbers ? WN_IMPORT_CAT
                      : look.are_whole             ? WN_IMPORT_INT
                                                   : WN_IMPORT_FLOAT;
    param->values = wn_alloc_array(param->words.all.n, sizeof *param->values);
    param->made = wn_json_new_object();
    if (!param->values ||
        !wn_json_set(param->made, "name", wn_json_new_string(param->name)) ||
        !wn_json_set(param->made, "type", wn_json_new_string(type_names[param->type])))
        return no_memory(err);
    rc = is_number_param(param) && look.n
             ? make_range(plan, param, &look, problems, notes, err)
             : make_choices(plan, param, &look, err);
    if (rc != WN_OK || !param->has_missing)
        return rc;
    wn_buf_addf(notes,
                "%s: missing in some configurations, so the table is a list: it is tuned "
                "by the number of the row\n",
                param->name);
    return wn_json_set(param->made, "missing", wn_json_new_string("NaN"))
               ? WN_OK
               : no_memory(err);
}

/* --- those that a file has already --- */

static struct wn_import_param *find(struct wn_import_plan *plan, const char *name)
{
    for (size_t i = 0; i < plan->params.n; i++)
        if (strcmp(plan->params.at[i].name, name) == 0)
            return &plan->params.at[i];
    return NULL;
}

static enum wn_import_type type_of(const struct wn_json *known)
{
    const char *name = wn_json_string(wn_json_get(known, "type"));
    size_t i = 0;

    while (i < WN_IMPORT_CAT && strcmp(name, type_names[i]) != 0)
        i++;
    return (enum wn_import_type)i;
}

/* Values under a hyperparameter as the file has it (checked when that was opened). */
static enum wn_status value_known(const struct wn_import_plan *plan,
                                  struct wn_import_param *param,
                                  const struct wn_json *known,
                                  struct wn_error *err)
{
    const struct wn_json *lower = wn_json_get(known, "lower");
    const struct wn_json *upper = wn_json_get(known, "upper");
    enum wn_status rc;

    (void)look_at(param);
    param->type = type_of(known);
    param->lower = wn_json_is(lower, WN_JSON_NUMBER) ? wn_json_number(lower) : -HUGE_VAL;
    param->upper = wn_json_is(upper, WN_JSON_NUMBER) ? wn_json_number(upper) : HUGE_VAL;
    param->values = wn_alloc_array(param->words.all.n, sizeof *param->values);
    if (!param->values)
        return no_memory(err);
    if (is_number_param(param)) {
        rc = value_numbers(plan, param, err);
        if (rc == WN_OK)
            rc = check_numbers(plan, param, err);
    } else {
        rc = value_choices(plan, param, wn_json_get(known, "choices"), err);
    }
    for (size_t i = 0; rc == WN_OK && i < param->words.all.n; i++)
        if (isnan(param->values[i]) && !wn_json_get(known, "missing"))
            rc = refuse(plan, param, i, "there: the file has it in every configuration",
                        err);
    return rc;
}

/* The plan's parameters in the order of the file. */
static enum wn_status follow(struct wn_import_plan *plan,
                             const struct wn_json *known,
                             struct wn_problems *problems,
                             struct wn_error *err)
{
    enum wn_status rc = WN_OK;

    for (size_t i = 0; i < plan->params.n; i++)
        plan->params.at[i].is_left_out = true;
    for (const struct wn_json *k = wn_json_first(known); rc == WN_OK && k;
         k = wn_json_next(k)) {
        const char *name = wn_json_string(wn_json_get(k, "name"));
        struct wn_import_param *param = find(plan, name);

        if (!param) {
            wn_problems_add(problems, "hyperparameters",
                            "no column is %s, which the file has", name);
            continue;
        }
        param->is_left_out = false;
        if (param->has_type || param->has_lower || param->has_upper || param->is_log ||
            param->choices)
            wn_problems_add(problems, "hyperparameters",
                            "%s is as in the file: give its name at most", name);
        rc = value_known(plan, param, k, err);
    }
    for (size_t i = 0; i < plan->params.n; i++)
        if (plan->params.at[i].is_left_out && plan->params.at[i].words.all.n > 1)
            wn_problems_add(problems, "hyperparameters",
                            "%s is none of the file: ignore its column, or give its name",
                            plan->params.at[i].name);
    return rc;
}

enum wn_status wn_import_types_make(struct wn_import_plan *plan,
                                    const struct wn_json *known,
                                    struct wn_problems *problems,
                                    struct wn_buf *notes,
                                    struct wn_json **list,
                                    struct wn_error *err)
{
    enum wn_status rc = WN_OK;

    if (known) {
        rc = follow(plan, known, problems, err);
        *list = rc == WN_OK ? wn_json_copy(known) : NULL;
    } else {
        *list = wn_json_new_list();
        for (size_t i = 0; rc == WN_OK && i < plan->params.n; i++) {
            struct wn_import_param *param = &plan->params.at[i];

            rc = make_param(plan, param, problems, notes, err);
            if (rc == WN_OK && param->made && !param->is_left_out &&
                !wn_json_add(*list, wn_json_copy(param->made)))
                rc = no_memory(err);
        }
        if (rc == WN_OK && *list && !wn_json_size(*list) && !problems->n)
            wn_problems_add(problems, "hyperparameters",
                            "every column has one value only: there is nothing to tune");
    }
    if (rc == WN_OK && !*list)
        rc = no_memory(err);
    return rc != WN_OK ? rc : wn_problems_check(problems, err);
}

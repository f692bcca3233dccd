/* import_plan.c - which column of a table is what. */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "results/import_internal.h"

static const char *const modes[] = {"min", "max", "cost", "aux", NULL};
static const char *const types[] = {"float", "int", "ordinal", "cat", NULL};

#define TEXT(key, about)                                         \
    {                                                            \
        .name = (key), .type = WN_OPTION_STRING, .help = (about) \
    }

const struct wn_option wn_import_options[] = {
    TEXT("name", "Short name of the benchmark; default: that of the file"),
    TEXT("title", "One line for people; default: the name"),
    TEXT("kind", "tabular, surrogate ...: how the numbers came about"),
    TEXT("license", "Licence of the numbers; required"),
    TEXT("provenance", "Where they come from, so that others find them; required"),
    TEXT("url", "Where one reads about them"),
    TEXT("citation", "What to cite"),
    TEXT("task", "Name of the only task; default: the benchmark's name"),
    TEXT("task_column", "The column that says which task (data set) a row is of"),
    TEXT("default_task", "The task meant when none is named; default: the first"),
    TEXT("seed_column", "The column that says which repetition a row is of"),
    TEXT("fidelity_column", "The column with the resource spent so far, such as epochs"),
    {.name = "fidelity_offset",
     .type = WN_OPTION_FLOAT,
     .low = -1e9,
     .high = 1e9,
     .def = "0",
     .help = "Added to every fidelity, such as 1 where epochs are counted from 0"},
    TEXT("resource", "Name of the resource; default: the fidelity column, or epoch"),
    TEXT("resource_unit", "What one unit of it is"),
    TEXT("elapsed_column",
         "The column with seconds since the start of the training, not falling"),
    {.name = "elapsed_synthetic",
     .type = WN_OPTION_BOOL,
     .def = "false",
     .help = "The times were put in, not measured"},
    {.name = "metrics",
     .type = WN_OPTION_ANY,
     .help = "By column: min, max, cost or aux; or an object with mode, unit, name"},
    {.name = "hyperparameters",
     .type = WN_OPTION_ANY,
     .help = "By column: an object with type, lower, upper, log, choices, name, or {}"},
    {.name = "ignore",
     .type = WN_OPTION_STRINGS,
     .help = "Columns that are none of these"},
    {.name = NULL},
};

const struct wn_option wn_import_param_options[] = {
    TEXT("name", "Its name in the benchmark; default: that of the column"),
    {.name = "type",
     .type = WN_OPTION_CHOICE,
     .choices = types,
     .help = "float, int, ordinal (numbers) or cat; default: as the values are"},
    {.name = "lower",
     .type = WN_OPTION_FLOAT,
     .help = "Least value; default: of those there are"},
    {.name = "upper",
     .type = WN_OPTION_FLOAT,
     .help = "Greatest value; default: of those there are"},
    {.name = "log",
     .type = WN_OPTION_BOOL,
     .def = "false",
     .help = "Whether its scale is logarithmic"},
    {.name = "choices",
     .type = WN_OPTION_ANY,
     .help = "The values of an ordinal or cat; default: those there are"},
    {.name = NULL},
};

const struct wn_option wn_import_metric_options[] = {
    TEXT("name", "Its name in the benchmark; default: that of the column"),
    {.name = "mode",
     .type = WN_OPTION_CHOICE,
     .choices = modes,
     .is_required = true,
     .help = "min or max; cost: grows along a training; aux: of interest only"},
    TEXT("unit", "In which it is measured"),
    {.name = NULL},
};

static enum wn_status no_memory(struct wn_error *err)
{
    return wn_fail(err, WN_ENOMEM, "no memory for the description of a table");
}

static const char *keep(struct wn_import_plan *plan, const char *text)
{
    return wn_arena_strdup(&plan->arena, text);
}

static bool is_object(const struct wn_json *node,
                      const char *path,
                      struct wn_problems *problems)
{
    if (!node || wn_json_is(node, WN_JSON_OBJECT))
        return node != NULL;
    wn_problems_add(problems, path, "must be an object by column, not %s",
                    wn_json_type_name(node));
    return false;
}

static void check_name(const char *name, const char *path, struct wn_problems *problems)
{
    if (!wn_name_is_plain(name))
        wn_problems_add(problems, path,
                        "'%.80s' is no plain name (letters, digits, _ - .); give another "
                        "by the key name",
                        name);
}

/* --- metrics --- */

static enum wn_status take_metric(struct wn_import_plan *plan,
                                  const struct wn_json *entry,
                                  struct wn_problems *problems,
                                  struct wn_error *err)
{
    struct wn_import_metric *metric = wn_vec_push(&plan->metrics);
    struct wn_values *values = NULL;
    struct wn_json *object;
    bool ok = true;
    char path[200];
    enum wn_status rc;

    if (wn_json_is(entry, WN_JSON_STRING)) {
        object = wn_json_new_object();
        ok = wn_json_set(object, "mode", wn_json_copy(entry));
    } else {
        object = wn_json_copy(entry);
    }
    if (!metric || !object || !ok) {
        wn_json_destroy(object);
        return no_memory(err);
    }
    snprintf(path, sizeof path, "metrics.%.150s", wn_json_key(entry));
    rc = wn_values_parse(wn_import_metric_options, object, path, NULL, problems, &values,
                         err);
    wn_json_destroy(object);
    if (rc != WN_OK)
        return rc;
    metric->column = metric->name = keep(plan, wn_json_key(entry));
    metric->unit = "";
    if (wn_values_is_set(values, "mode"))
        metric->mode = (enum wn_benchmark_mode)wn_values_choice(values, "mode");
    if (wn_values_is_set(values, "name"))
        metric->name = keep(plan, wn_values_string(values, "name"));
    if (wn_values_is_set(values, "unit"))
        metric->unit = keep(plan, wn_values_string(values, "unit"));
    wn_values_destroy(values);
    if (!metric->column || !metric->name || !metric->unit)
        return no_memory(err);
    check_name(metric->name, path, problems);
    if (strcmp(metric->name, "elapsed_time") == 0)
        wn_problems_add(problems, path,
                        "elapsed_time is the name of the times: name their column by "
                        "elapsed_column, or give this metric another name");
    for (size_t i = 0; i + 1 < plan->metrics.n; i++)
        if (strcmp(plan->metrics.at[i].name, metric->name) == 0)
            wn_problems_add(problems, path, "another metric has the name %s too",
                            metric->name);
    return WN_OK;
}

static enum wn_status take_metrics(struct wn_import_plan *plan,
                                   struct wn_problems *problems,
                                   struct wn_error *err)
{
    const struct wn_json *all = wn_values_any(plan->values, "metrics");
    enum wn_status rc = WN_OK;
    bool has_objective = false;

    if (is_object(all, "metrics", problems))
        for (const struct wn_json *m = wn_json_first(all); rc == WN_OK && m;
             m = wn_json_next(m)) {
            rc = take_metric(plan, m, problems, err);
            if (rc == WN_OK)
                has_objective |=
                    plan->metrics.at[plan->metrics.n - 1].mode <= WN_BENCHMARK_MAX;
        }
    if (rc == WN_OK && !has_objective)
        wn_problems_add(problems, "metrics",
                        "no column is said to be a metric with mode min or max");
    plan->elapsed = SIZE_MAX;
    if (rc == WN_OK && wn_values_is_set(plan->values, "elapsed_column")) {
        struct wn_import_metric *metric = wn_vec_push(&plan->metrics);
        const char *column = keep(plan, wn_values_string(plan->values, "elapsed_column"));

        if (!metric || !column)
            return no_memory(err);
        *metric = (struct wn_import_metric){.column = column,
                                            .name = "elapsed_time",
                                            .unit = "s",
                                            .mode = WN_BENCHMARK_COST};
        plan->elapsed = plan->metrics.n - 1;
    }
    return rc;
}

/* --- hyperparameters --- */

static void check_range(const struct wn_import_param *param,
                        const char *path,
                        struct wn_problems *problems)
{
    bool has_range = param->has_lower || param->has_upper || param->is_log;
    bool has_choices = param->type == WN_IMPORT_ORDINAL || param->type == WN_IMPORT_CAT;

    if (param->has_lower && param->has_upper && !(param->lower < param->upper))
        wn_problems_add(problems, path, "lower must be below upper, not %g and %g",
                        param->lower, param->upper);
    if (param->is_log && param->has_lower && param->lower <= 0)
        wn_problems_add(problems, path, "lower must be above 0 on a log scale, not %g",
                        param->lower);
    if (param->has_type && has_choices && has_range)
        wn_problems_add(problems, path, "%s has choices, and no lower, upper or log",
                        types[param->type]);
    if (param->choices && (!param->has_type || !has_choices))
        wn_problems_add(problems, path, "choices need the type ordinal or cat");
}

static void check_choices(const struct wn_import_param *param,
                          const char *path,
                          struct wn_problems *problems)
{
    const struct wn_json *list = param->choices;

    if (!list)
        return;
    if (!wn_json_is(list, WN_JSON_LIST) || !wn_json_size(list)) {
        wn_problems_add(problems, path, "choices must be a list of at least one value");
        return;
    }
    for (const struct wn_json *c = wn_json_first(list); c; c = wn_json_next(c)) {
        bool is_scalar = !wn_json_is(c, WN_JSON_LIST) && !wn_json_is(c, WN_JSON_OBJECT);

        if (!is_scalar ||
            (param->type == WN_IMPORT_ORDINAL && !wn_json_is(c, WN_JSON_NUMBER)))
            wn_problems_add(problems, path, "the choices must be %s, not %s",
                            is_scalar ? "numbers" : "texts or numbers",
                            wn_json_type_name(c));
    }
}

static enum wn_status describe_param(struct wn_import_plan *plan,
                                     const struct wn_json *entry,
                                     struct wn_import_param *param,
                                     struct wn_problems *problems,
                                     struct wn_error *err)
{
    struct wn_values *values = NULL;
    char path[200];
    enum wn_status rc;

    snprintf(path, sizeof path, "hyperparameters.%.150s", param->column);
    if (!is_object(entry, path, problems))
        return WN_OK;
    rc = wn_values_parse(wn_import_param_options, entry, path, NULL, problems, &values,
                         err);
    if (rc != WN_OK)
        return rc;
    param->is_described = wn_json_size(entry) > 0;
    param->has_type = wn_values_is_set(values, "type");
    if (param->has_type)
        param->type = (enum wn_import_type)wn_values_choice(values, "type");
    param->has_lower = wn_values_is_set(values, "lower");
    param->has_upper = wn_values_is_set(values, "upper");
    param->lower = wn_values_float(values, "lower");
    param->upper = wn_values_float(values, "upper");
    param->has_log = wn_json_get(entry, "log") != NULL;
    param->is_log = wn_values_bool(values, "log");
    if (wn_values_is_set(values, "name"))
        param->name = keep(plan, wn_values_string(values, "name"));
    wn_values_destroy(values);
    if (!param->name)
        return no_memory(err);
    param->choices = wn_json_get(entry, "choices");
    check_range(param, path, problems);
    check_choices(param, path, problems);
    return WN_OK;
}

static enum wn_status take_param(struct wn_import_plan *plan,
                                 const char *column,
                                 struct wn_problems *problems,
                                 struct wn_error *err)
{
    const struct wn_json *all = wn_values_any(plan->values, "hyperparameters");
    const struct wn_json *entry =
        wn_json_is(all, WN_JSON_OBJECT) ? wn_json_get(all, column) : NULL;
    struct wn_import_param *param = wn_vec_push(&plan->params);
    enum wn_status rc = WN_OK;
    char path[200];

    if (!param)
        return no_memory(err);
    param->column = param->name = column;
    if (entry)
        rc = describe_param(plan, entry, param, problems, err);
    if (rc != WN_OK)
        return rc;
    snprintf(path, sizeof path, "hyperparameters.%.150s", column);
    check_name(param->name, path, problems);
    for (size_t i = 0; i + 1 < plan->params.n; i++)
        if (strcmp(plan->params.at[i].name, param->name) == 0)
            wn_problems_add(problems, path, "another column has the name %s too",
                            param->name);
    return WN_OK;
}

/* --- columns --- */

static size_t column_of(const struct wn_import_plan *plan, const char *name)
{
    for (size_t i = 0; i < plan->n_columns; i++)
        if (strcmp(plan->names[i], name) == 0)
            return i;
    return SIZE_MAX;
}

static void miss_column(const struct wn_import_plan *plan,
                        const char *path,
                        const char *name,
                        struct wn_problems *problems)
{
    const char **names = wn_alloc_array(plan->n_columns + 1, sizeof *names);
    const char *nearest = NULL;

    if (names) {
        memcpy(names, plan->names, plan->n_columns * sizeof *names);
        nearest = wn_nearest_name(name, names);
    }
    if (nearest)
        wn_problems_add(problems, path, "there is no column '%.80s'; did you mean '%s'?",
                        name, nearest);
    else
        wn_problems_add(problems, path, "there is no column '%.80s'", name);
    wn_free(names);
}

static void give_role(struct wn_import_plan *plan,
                      const char *path,
                      const char *name,
                      struct wn_import_column role,
                      struct wn_problems *problems)
{
    size_t at = column_of(plan, name);

    if (at == SIZE_MAX)
        miss_column(plan, path, name, problems);
    else if (plan->columns[at].role != WN_IMPORT_NONE)
        wn_problems_add(problems, path, "the column '%.80s' has another role already",
                        name);
    else
        plan->columns[at] = role;
}

static void give_roles(struct wn_import_plan *plan, struct wn_problems *problems)
{
    static const struct {
        const char *key;
        enum wn_import_role role;
    } rows[] = {{"task_column", WN_IMPORT_TASK},
                {"seed_column", WN_IMPORT_SEED},
                {"fidelity_column", WN_IMPORT_FIDELITY}};
    size_t n = 0;
    const char *const *ignored = wn_values_strings(plan->values, "ignore", &n);
    const struct wn_json *all = wn_values_any(plan->values, "hyperparameters");

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (wn_values_is_set(plan->values, rows[i].key))
            give_role(plan, rows[i].key, wn_values_string(plan->values, rows[i].key),
                      (struct wn_import_column){rows[i].role, 0}, problems);
    for (size_t i = 0; i < plan->metrics.n; i++)
        give_role(plan, i == plan->elapsed ? "elapsed_column" : "metrics",
                  plan->metrics.at[i].column,
                  (struct wn_import_column){WN_IMPORT_METRIC, i}, problems);
    for (size_t i = 0; i < n; i++)
        give_role(plan, "ignore", ignored[i],
                  (struct wn_import_column){WN_IMPORT_IGNORED, 0}, problems);
    if (is_object(all, "hyperparameters", problems))
        for (const struct wn_json *p = wn_json_first(all); p; p = wn_json_next(p))
            give_role(plan, "hyperparameters", wn_json_key(p),
                      (struct wn_import_column){WN_IMPORT_PARAM, 0}, problems);
}

/* Columns called like a hyperparameter that the file has already. */
static void give_known(struct wn_import_plan *plan, const struct wn_json *known)
{
    for (const struct wn_json *k = wn_json_first(known); k; k = wn_json_next(k)) {
        size_t at = column_of(plan, wn_json_string(wn_json_get(k, "name")));

        if (at != SIZE_MAX && plan->columns[at].role == WN_IMPORT_NONE)
            plan->columns[at].role = WN_IMPORT_PARAM;
    }
}

static enum wn_status take_params(struct wn_import_plan *plan,
                                  struct wn_problems *problems,
                                  struct wn_error *err)
{
    struct wn_buf others = {0};
    enum wn_status rc = WN_OK;

    for (size_t i = 0; rc == WN_OK && i < plan->n_columns; i++) {
        if (plan->columns[i].role == WN_IMPORT_NONE)
            wn_buf_addf(&others, "%s%.80s", others.n ? ", " : "", plan->names[i]);
        if (plan->columns[i].role == WN_IMPORT_PARAM) {
            plan->columns[i].index = plan->params.n;
            rc = take_param(plan, plan->names[i], problems, err);
        }
    }
    if (rc == WN_OK && !plan->params.n)
        wn_problems_add(problems, "hyperparameters", "no column is said to be one");
    if (rc == WN_OK && others.failed)
        rc = no_memory(err);
    if (others.n)
        wn_problems_add(problems, "columns",
                        "no role is said of %s: name each under hyperparameters, metrics "
                        "or ignore, or as the column of task, seed, fidelity or time",
                        wn_buf_text(&others));
    wn_buf_release(&others);
    return rc;
}

static void check_texts(const struct wn_import_plan *plan,
                        bool is_into,
                        struct wn_problems *problems)
{
    static const char *const needed[] = {"license", "provenance"};
    static const char *const of_file[] = {"name",     "title",       "kind",
                                          "url",      "provenance",  "license",
                                          "citation", "default_task"};
    const struct wn_values *values = plan->values;

    for (size_t i = 0; !is_into && i < sizeof needed / sizeof *needed; i++)
        if (!wn_values_is_set(values, needed[i]))
            wn_problems_add(problems, needed[i],
                            "this key is required: whoever gets the file must know");
    for (size_t i = 0; is_into && i < sizeof of_file / sizeof *of_file; i++)
        if (wn_values_is_set(values, of_file[i]))
            wn_problems_add(problems, of_file[i],
                            "stays as it is in the file that tasks are added to");
    if (wn_values_is_set(values, "task") && wn_values_is_set(values, "task_column"))
        wn_problems_add(problems, "task", "goes without task_column");
}

/* A column without a name, as pandas gives to its row numbers, can have no role. */
static void check_columns(struct wn_import_plan *plan, struct wn_problems *problems)
{
    for (size_t i = 0; i < plan->n_columns; i++) {
        if (!*plan->names[i]) {
            plan->columns[i].role = WN_IMPORT_IGNORED;
            continue;
        }
        for (size_t k = 0; k < i; k++)
            if (strcmp(plan->names[i], plan->names[k]) == 0)
                wn_problems_add(problems, "columns",
                                "columns %zu and %zu have the same name, '%.80s'", k + 1,
                                i + 1, plan->names[i]);
    }
}

enum wn_status wn_import_plan_make(struct wn_import_plan *plan,
                                   const struct wn_json *description,
                                   const struct wn_json *known,
                                   const char *const *names,
                                   size_t n_names,
                                   struct wn_problems *problems,
                                   struct wn_error *err)
{
    enum wn_status rc = wn_values_parse(wn_import_options, description, NULL, NULL,
                                        problems, &plan->values, err);

    if (rc != WN_OK)
        return rc;
    plan->names = names;
    plan->n_columns = n_names;
    plan->columns = wn_alloc_array(n_names, sizeof *plan->columns);
    if (!plan->columns)
        return no_memory(err);
    check_columns(plan, problems);
    check_texts(plan, known != NULL, problems);
    rc = take_metrics(plan, problems, err);
    if (rc != WN_OK)
        return rc;
    give_roles(plan, problems);
    give_known(plan, known);
    rc = take_params(plan, problems, err);
    return rc != WN_OK ? rc : wn_problems_check(problems, err);
}

void wn_import_plan_release(struct wn_import_plan *plan)
{
    for (size_t i = 0; i < plan->params.n; i++) {
        wn_import_keys_release(&plan->params.at[i].words);
        wn_free(plan->params.at[i].values);
        wn_json_destroy(plan->params.at[i].made);
    }
    wn_vec_release(&plan->params);
    wn_vec_release(&plan->metrics);
    wn_free(plan->columns);
    wn_values_destroy(plan->values);
    wn_arena_release(&plan->arena);
}

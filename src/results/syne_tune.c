/* syne_tune.c - a table in Syne Tune's csv layout, as a description of ours.
 *
 * The folder (syne_tune.blackbox_repository.blackbox_offline, `deserialize`) holds
 *   data.csv.zip        one row for each task, configuration, seed and fidelity;
 *                       metrics are the columns metric_*, the task is the column task
 *   configspace.json    {name: domain or constant}
 *   fidelityspace.json  {name: domain}, if there are fidelities
 *   metadata.json       objectives_names, seed_col, task_names; not in every folder
 * where a domain is {"domain_cls", "domain_kwargs", "sampler_cls", "sampler_kwargs"}
 * (syne_tune.config_space, `to_dict`). What the layout does not say, the user must: which
 * metrics are minimised or maximised. What it says and a benchmark file cannot: samplers
 * other than uniform and log-uniform become uniform, quantised ones too.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "results/import_internal.h"

enum { JSON_MOST = 64 << 20, SIZE_MOST = 1 << 20 };
#define TIMES "metric_elapsed_time"

struct folder {
    const char *path;
    const char *const *names; /* of the columns */
    size_t n_names;
    const struct wn_json *user;
    struct wn_json *configs, *fidelities, *metadata; /* the last two: or NULL */
};

static enum wn_status no_memory(struct wn_error *err)
{
    return wn_fail(err, WN_ENOMEM, "no memory for the description of a table");
}

/* An object out of a file of the folder; *out NULL if it is not there and need not be. */
static enum wn_status read_json(const char *folder,
                                const char *name,
                                bool is_needed,
                                struct wn_json **out,
                                struct wn_error *err)
{
    char path[WN_PATH_MAX], real[WN_PATH_MAX];
    struct wn_error said = {0};
    char *text = NULL;
    size_t n = 0;
    enum wn_status rc = wn_path_join(path, err, folder, name);

    if (rc != WN_OK || (!is_needed && !wn_file_exists(path)))
        return rc;
    rc = wn_path_absolute(path, real, err);
    if (rc == WN_OK)
        rc = wn_file_read(real, JSON_MOST, &text, &n, err);
    if (rc != WN_OK)
        return rc;
    rc = wn_json_parse_lenient(text, n, out, &said);
    wn_free(text);
    if (rc == WN_OK && !wn_json_is(*out, WN_JSON_OBJECT))
        return wn_fail(err, WN_EINVAL, "%s must be an object, not %s", path,
                       wn_json_type_name(*out));
    return rc == WN_OK ? rc : wn_fail(err, rc, "%s: %s", path, said.text);
}

static bool has_column(const struct folder *folder, const char *name)
{
    for (size_t i = 0; i < folder->n_names; i++)
        if (strcmp(folder->names[i], name) == 0)
            return true;
    return false;
}

/* --- domains --- */

static const char *string_in(const struct wn_json *object, const char *key)
{
    const struct wn_json *node =
        wn_json_is(object, WN_JSON_OBJECT) ? wn_json_get(object, key) : NULL;

    return wn_json_is(node, WN_JSON_STRING) ? wn_json_string(node) : "";
}

static double number_in(const struct wn_json *object, const char *key)
{
    const struct wn_json *node =
        wn_json_is(object, WN_JSON_OBJECT) ? wn_json_get(object, key) : NULL;

    return wn_json_is(node, WN_JSON_NUMBER) ? wn_json_number(node) : (double)NAN;
}

static bool flag_in(const struct wn_json *object, const char *key)
{
    const struct wn_json *node = wn_json_get(object, key);

    return wn_json_is(node, WN_JSON_BOOL) && wn_json_bool(node);
}

/* Float and Integer. Bounds that are not finite, as of a normal sampler, are left to the
 * values. */
static bool set_range(const struct wn_json *domain,
                      const struct wn_json *kwargs,
                      const char *type,
                      struct wn_json *out)
{
    double lower = number_in(kwargs, "lower"), upper = number_in(kwargs, "upper");
    bool is_log = strcmp(string_in(domain, "sampler_cls"), "LogUniform") == 0;
    bool ok = wn_json_set(out, "type", wn_json_new_string(type));

    if (isfinite(lower) && isfinite(upper) && lower < upper)
        ok = ok && wn_json_set(out, "lower", wn_json_new_number(lower)) &&
             wn_json_set(out, "upper", wn_json_new_number(upper));
    return ok && wn_json_set(out, "log", wn_json_new_bool(is_log));
}

/* FiniteRange: `size` values evenly over the range, or over its logarithm, rounded if
 * cast_int. */
static double finite_value(const struct wn_json *kwargs, double i)
{
    double lower = number_in(kwargs, "lower"), upper = number_in(kwargs, "upper");
    double size = number_in(kwargs, "size"), share = size > 1 ? i / (size - 1) : 0;
    double value = flag_in(kwargs, "log_scale") ? lower * pow(upper / lower, share)
                                                : lower + (upper - lower) * share;

    return flag_in(kwargs, "cast_int") ? round(value) : value;
}

static bool set_finite_range(const struct wn_json *kwargs, struct wn_json *out)
{
    size_t n = (size_t)number_in(kwargs, "size"); /* fits() has looked at it */
    struct wn_json *choices = wn_json_new_list();
    bool ok = choices != NULL;

    for (size_t i = 0; ok && i < n; i++)
        ok = wn_json_add(choices, wn_json_new_number(finite_value(kwargs, (double)i)));
    if (!ok) {
        wn_json_destroy(choices);
        return false;
    }
    return wn_json_set(out, "choices", choices) &&
           wn_json_set(out, "type", wn_json_new_string("ordinal"));
}

static bool set_choices(const struct wn_json *kwargs,
                        bool is_ordinal,
                        struct wn_json *out)
{
    const struct wn_json *categories = wn_json_get(kwargs, "categories");
    bool are_numbers = true;

    for (const struct wn_json *c = wn_json_first(categories); c; c = wn_json_next(c))
        are_numbers &= wn_json_is(c, WN_JSON_NUMBER);
    return wn_json_set(
               out, "type",
               wn_json_new_string(is_ordinal && are_numbers ? "ordinal" : "cat")) &&
           wn_json_set(out, "choices", wn_json_copy(categories));
}

enum class {
    CLASS_FLOAT,
    CLASS_INTEGER,
    CLASS_FINITE_RANGE,
    CLASS_CATEGORICAL,
    CLASS_ORDINAL,
    CLASS_ORDINAL_NEAREST,
    N_CLASSES
};

static enum class class_of(const char *name) {
    static const char *const names[] = {"Float", "Integer", "FiniteRange", "Categorical",
                                        "Ordinal", "OrdinalNearestNeighbor"};
    int i = 0;

    while (i < N_CLASSES && strcmp(names[i], name) != 0) i++;
    return (enum class)i;
}

/* Whether the arguments are those of such a domain. */
static bool fits(enum class class, const struct wn_json *kwargs)
{
    double size = number_in(kwargs, "size");

    if (!wn_json_is(kwargs, WN_JSON_OBJECT))
        return false;
    if (class == CLASS_FINITE_RANGE)
        return size >= 1 && size <= SIZE_MOST && isfinite(finite_value(kwargs, 0)) &&
               isfinite(finite_value(kwargs, size - 1));
    if (class == CLASS_FLOAT || class == CLASS_INTEGER)
        return true;
    return wn_json_is(wn_json_get(kwargs, "categories"), WN_JSON_LIST);
}

static enum wn_status take_domain(const struct wn_json *domain,
                                  struct wn_json *out,
                                  struct wn_error *err)
{
    const struct wn_json *kwargs = wn_json_get(domain, "domain_kwargs");
    const char *name = string_in(domain, "domain_cls");
    enum class class = class_of(name);
    bool ok = false;

    if (class != N_CLASSES && !fits(class, kwargs))
        return wn_fail(
            err, WN_EINVAL,
            "configspace.json: the domain_kwargs of %.80s do not describe a %s",
            wn_json_key(domain), name);
    switch (class) {
    case CLASS_FLOAT: ok = set_range(domain, kwargs, "float", out); break;
    case CLASS_INTEGER: ok = set_range(domain, kwargs, "int", out); break;
    case CLASS_FINITE_RANGE: ok = set_finite_range(kwargs, out); break;
    case CLASS_CATEGORICAL: ok = set_choices(kwargs, false, out); break;
    case CLASS_ORDINAL:
    case CLASS_ORDINAL_NEAREST: ok = set_choices(kwargs, true, out); break;
    case N_CLASSES:
        return wn_fail(
            err, WN_EINVAL,
            "configspace.json: the domain of %.80s is '%.40s'; Float, Integer, "
            "FiniteRange, Categorical and Ordinal are known",
            wn_json_key(domain), name);
    }
    return ok ? WN_OK : no_memory(err);
}

/* Keys that the user gave stay. */
static bool merge(struct wn_json *into, const struct wn_json *from)
{
    bool ok = true;

    for (const struct wn_json *m = wn_json_first(from); ok && m; m = wn_json_next(m))
        ok = wn_json_set(into, wn_json_key(m), wn_json_copy(m));
    return ok;
}

static const struct wn_json *users(const struct folder *folder,
                                   const char *section,
                                   const char *key)
{
    const struct wn_json *object = wn_json_get(folder->user, section);

    return wn_json_is(object, WN_JSON_OBJECT) ? wn_json_get(object, key) : NULL;
}

/* Constants are nothing to tune: their columns, where there are any, are passed over. */
static enum wn_status take_space(const struct folder *folder,
                                 struct wn_json *params,
                                 struct wn_error *err)
{
    enum wn_status rc = WN_OK;

    for (const struct wn_json *d = wn_json_first(folder->configs); rc == WN_OK && d;
         d = wn_json_next(d)) {
        struct wn_json *param;

        if (!wn_json_is(d, WN_JSON_OBJECT))
            continue;
        param = wn_json_new_object();
        rc = param ? take_domain(d, param, err) : no_memory(err);
        if (rc == WN_OK &&
            !merge(param, users(folder, "hyperparameters", wn_json_key(d))))
            rc = no_memory(err);
        if (rc != WN_OK)
            wn_json_destroy(param);
        else if (!wn_json_set(params, wn_json_key(d), param))
            rc = no_memory(err);
    }
    return rc;
}

/* --- columns --- */

static bool is_user_s(const struct folder *folder, const char *key, const char *column)
{
    return strcmp(string_in(folder->user, key), column) == 0;
}

static bool is_objective(const struct folder *folder, const char *column)
{
    const struct wn_json *list =
        folder->metadata ? wn_json_get(folder->metadata, "objectives_names") : NULL;

    if (!wn_json_is(list, WN_JSON_LIST))
        return strncmp(column, "metric_", 7) == 0;
    for (const struct wn_json *o = wn_json_first(list); o; o = wn_json_next(o))
        if (wn_json_is(o, WN_JSON_STRING) && strcmp(wn_json_string(o), column) == 0)
            return true;
    return false;
}

/* Objectives of which the user says nothing are for interest only. */
static bool take_metrics(const struct folder *folder, struct wn_json *out)
{
    struct wn_json *metrics = wn_json_new_object();
    bool ok = metrics && merge(metrics, wn_json_is(wn_json_get(folder->user, "metrics"),
                                                   WN_JSON_OBJECT)
                                            ? wn_json_get(folder->user, "metrics")
                                            : NULL);

    for (size_t i = 0; ok && i < folder->n_names; i++) {
        const char *name = folder->names[i];

        if (!is_objective(folder, name) || wn_json_get(metrics, name) ||
            is_user_s(folder, "elapsed_column", name))
            continue;
        if (strcmp(name, TIMES) == 0 && !wn_json_get(folder->user, "elapsed_column"))
            ok = wn_json_set(out, "elapsed_column", wn_json_new_string(TIMES));
        else
            ok = wn_json_set(
                metrics, name,
                wn_json_new_string(strcmp(name, TIMES) == 0 ? "cost" : "aux"));
    }
    if (ok)
        return wn_json_set(out, "metrics", metrics);
    wn_json_destroy(metrics);
    return false;
}

static bool set_unless(struct wn_json *out,
                       const struct folder *folder,
                       const char *key,
                       const char *column)
{
    return wn_json_get(folder->user, key) || !has_column(folder, column) ||
           wn_json_set(out, key, wn_json_new_string(column));
}

static enum wn_status take_columns(const struct folder *folder,
                                   struct wn_json *out,
                                   struct wn_error *err)
{
    const char *seed =
        folder->metadata ? string_in(folder->metadata, "seed_col") : "seed";
    bool ok = set_unless(out, folder, "task_column", "task") &&
              set_unless(out, folder, "seed_column", seed);

    if (wn_json_size(folder->fidelities) > 1 &&
        !wn_json_get(folder->user, "fidelity_column"))
        return wn_fail(err, WN_EINVAL,
                       "fidelityspace.json has %zu fidelities: say which by "
                       "fidelity_column; a benchmark has one",
                       wn_json_size(folder->fidelities));
    for (const struct wn_json *f = wn_json_first(folder->fidelities); ok && f;
         f = wn_json_next(f))
        ok = set_unless(out, folder, "fidelity_column", wn_json_key(f));
    return ok && take_metrics(folder, out) ? WN_OK : no_memory(err);
}

static bool is_named(const struct wn_json *out, const char *column)
{
    static const char *const keys[] = {"task_column", "seed_column", "fidelity_column",
                                       "elapsed_column"};

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (strcmp(string_in(out, keys[i]), column) == 0)
            return true;
    return wn_json_get(wn_json_get(out, "metrics"), column) ||
           wn_json_get(wn_json_get(out, "hyperparameters"), column);
}

/* Columns that neither space names are none of the table. */
static bool ignore_others(const struct folder *folder, struct wn_json *out)
{
    const struct wn_json *given = wn_json_get(folder->user, "ignore");
    struct wn_json *list = wn_json_new_list();
    bool ok = list != NULL;
    size_t n = 0;

    for (size_t i = 0; ok && i < folder->n_names; i++)
        if (*folder->names[i] && !is_named(out, folder->names[i])) {
            ok = wn_json_add(list, wn_json_new_string(folder->names[i]));
            n++;
        }
    if (ok && !given && n)
        return wn_json_set(out, "ignore", list);
    wn_json_destroy(list);
    return ok;
}

static enum wn_status describe(const struct folder *folder,
                               struct wn_json *out,
                               struct wn_error *err)
{
    struct wn_json *params = wn_json_new_object();
    enum wn_status rc = params ? take_space(folder, params, err) : no_memory(err);

    if (rc != WN_OK) {
        wn_json_destroy(params);
        return rc;
    }
    if (!wn_json_set(out, "hyperparameters", params))
        return no_memory(err);
    rc = take_columns(folder, out, err);
    return rc != WN_OK || ignore_others(folder, out) ? rc : no_memory(err);
}

enum wn_status wn_syne_tune_describe(const char *path,
                                     const struct wn_json *user,
                                     const char *const *names,
                                     size_t n_names,
                                     struct wn_json **out,
                                     struct wn_error *err)
{
    struct folder folder = {
        .path = path, .names = names, .n_names = n_names, .user = user};
    enum wn_status rc = read_json(path, "configspace.json", true, &folder.configs, err);

    if (rc == WN_OK)
        rc = read_json(path, "fidelityspace.json", false, &folder.fidelities, err);
    if (rc == WN_OK)
        rc = read_json(path, "metadata.json", false, &folder.metadata, err);
    *out = NULL;
    if (rc == WN_OK) {
        *out = wn_json_copy(user);
        rc = *out ? describe(&folder, *out, err) : no_memory(err);
    }
    if (rc != WN_OK) {
        wn_json_destroy(*out);
        *out = NULL;
    }
    wn_json_destroy(folder.configs);
    wn_json_destroy(folder.fidelities);
    wn_json_destroy(folder.metadata);
    return rc;
}

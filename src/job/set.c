/* set.c - `--set scheduler.variant=stopping`: overrides of the command line.
 *
 * The tree is changed before anything is checked, so an override is judged like the
 * file. Dots part the keys of a path; because a parameter's name may have dots too, the
 * longest key that is there already is taken first. Missing objects on the way are made.
 * The value is JSON where it parses as such and a string otherwise.
 */
#include "job/job_internal.h"

#include <string.h>

#include "base/mem.h"

static enum wn_status no_memory(struct wn_error *err)
{
    return wn_fail(err, WN_ENOMEM, "no memory for the overrides of the job");
}

/* Bytes of the first key of `path` in `object`. */
static size_t key_length(const struct wn_json *object, const char *path)
{
    size_t best = 0;

    for (const struct wn_json *m = wn_json_first(object); m; m = wn_json_next(m)) {
        size_t n = strlen(wn_json_key(m));

        if (n > best && strncmp(path, wn_json_key(m), n) == 0 &&
            (path[n] == '.' || !path[n]))
            best = n;
    }
    return best ? best : strcspn(path, ".");
}

/* Text that nobody would write without quotes: a mistake in it is one in JSON. */
static bool is_meant_as_json(const char *text)
{
    return strchr("{[\"", *text) ? *text != 0 : !text[strspn(text, "+-0123456789.eE")];
}

/* NULL after a problem, and without memory. */
static struct wn_json *value_of(const char *text, struct wn_problems *problems)
{
    struct wn_json *value = NULL;
    struct wn_error said = {0};
    enum wn_status rc = wn_json_parse(text, strlen(text), &value, &said);

    if (rc == WN_OK)
        return value;
    if (rc != WN_EINVAL || !*text || !is_meant_as_json(text))
        return rc == WN_EINVAL ? wn_json_new_string(text) : NULL;
    wn_problems_add(problems, "--set", "'%s' is no JSON value: %s", text, said.text);
    return NULL;
}

/* The object below `node` that a key of `n` bytes names, made if there is none; NULL
 * without memory. */
static struct wn_json *step(struct wn_json *node, const char *name, size_t n)
{
    char *key = wn_strndup(name, n);
    struct wn_json *below = key ? wn_json_member(node, key) : NULL;

    if (key && !below && wn_json_set(node, key, wn_json_new_object()))
        below = wn_json_member(node, key);
    wn_free(key);
    return below;
}

/* Replace or add the last key, walking down from `root`. */
static enum wn_status set_at(struct wn_json *root,
                             const char *path,
                             struct wn_json *value,
                             struct wn_problems *problems,
                             struct wn_error *err)
{
    struct wn_json *node = root;
    const char *rest = path;
    size_t n = key_length(node, rest);

    while (rest[n]) {
        node = step(node, rest, n);
        if (!node) {
            wn_json_destroy(value);
            return no_memory(err);
        }
        if (!wn_json_is(node, WN_JSON_OBJECT)) {
            wn_problems_add(problems, "--set",
                            "'%s' cannot be set: '%.*s' is %s, not an object; give it as "
                            "a whole",
                            path, (int)(rest + n - path), path, wn_json_type_name(node));
            wn_json_destroy(value);
            return WN_OK;
        }
        rest += n + 1;
        n = key_length(node, rest);
    }
    return wn_json_set(node, rest, value) ? WN_OK : no_memory(err);
}

/* A path with an empty key would make one. */
static bool is_path(const char *path)
{
    return *path && *path != '.' && path[strlen(path) - 1] != '.' && !strstr(path, "..");
}

static enum wn_status apply_set(struct wn_json *root,
                                const char *set,
                                struct wn_problems *problems,
                                struct wn_error *err)
{
    const char *mark = strchr(set, '=');
    char *path = wn_strndup(set, mark ? (size_t)(mark - set) : 0);
    size_t n_before = problems->n;
    struct wn_json *value;
    enum wn_status rc = WN_OK;

    if (!path)
        return no_memory(err);
    if (!mark || !is_path(path)) {
        wn_problems_add(problems, "--set",
                        "'%s' is not of the form KEY.KEY=VALUE, such as "
                        "scheduler.variant=stopping",
                        set);
    } else {
        value = value_of(mark + 1, problems);
        if (value)
            rc = set_at(root, path, value, problems, err);
        else if (problems->n == n_before)
            rc = no_memory(err);
    }
    wn_free(path);
    return rc;
}

enum wn_status wn_job_apply_sets(struct wn_json *root,
                                 const char *const *sets,
                                 size_t n_sets,
                                 struct wn_problems *problems,
                                 struct wn_error *err)
{
    enum wn_status rc = WN_OK;

    for (size_t i = 0; i < n_sets && rc == WN_OK; i++)
        rc = apply_set(root, sets[i], problems, err);
    return rc;
}

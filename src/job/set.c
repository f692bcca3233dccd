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

static struct wn_json *value_of(const char *text)
{
    struct wn_json *value = NULL;

    if (wn_json_parse(text, strlen(text), &value, NULL) == WN_OK)
        return value;
    return wn_json_new_string(text);
}

/* Replace or add the last key, walking down from `root`. */
static enum wn_status set_at(struct wn_json *root,
                             const char *path,
                             const char *value,
                             struct wn_problems *problems,
                             struct wn_error *err)
{
    struct wn_json *node = root;
    const char *rest = path;

    for (;;) {
        size_t n = key_length(node, rest);
        char *key = wn_strndup(rest, n);
        bool is_last = !rest[n], ok = key != NULL;
        struct wn_json *below = NULL;

        if (key && is_last) {
            ok = wn_json_set(node, key, value_of(value));
        } else if (key) {
            below = wn_json_member(node, key);
            if (!below) {
                ok = wn_json_set(node, key, wn_json_new_object());
                below = ok ? wn_json_member(node, key) : NULL;
            }
        }
        wn_free(key);
        if (!ok)
            return no_memory(err);
        if (is_last)
            return WN_OK;
        if (!wn_json_is(below, WN_JSON_OBJECT)) {
            wn_problems_add(problems, "--set",
                            "'%s' cannot be set: '%.*s' is %s, not an object; give it as "
                            "a whole",
                            path, (int)(rest + n - path), path, wn_json_type_name(below));
            return WN_OK;
        }
        node = below;
        rest += n + 1;
    }
}

/* A path with an empty key would make one. */
static bool is_path(const char *path)
{
    return *path && *path != '.' && path[strlen(path) - 1] != '.' && !strstr(path, "..");
}

enum wn_status wn_job_apply_sets(struct wn_json *root,
                                 const char *const *sets,
                                 size_t n_sets,
                                 struct wn_problems *problems,
                                 struct wn_error *err)
{
    for (size_t i = 0; i < n_sets; i++) {
        const char *mark = strchr(sets[i], '=');
        char *path = mark ? wn_strndup(sets[i], (size_t)(mark - sets[i])) : NULL;
        enum wn_status rc = WN_OK;

        if (mark && !path)
            return no_memory(err);
        if (!mark || !is_path(path))
            wn_problems_add(problems, "--set",
                            "'%s' is not of the form KEY.KEY=VALUE, such as "
                            "scheduler.variant=stopping",
                            sets[i]);
        else
            rc = set_at(root, path, mark + 1, problems, err);
        wn_free(path);
        if (rc != WN_OK)
            return rc;
    }
    return WN_OK;
}

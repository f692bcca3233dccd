/* compare.c - may a study go on with this job?
 *
 * Both canonical trees are walked together. Decisions rest on everything but the paths
 * of wn_job_amendable, so any other difference is refused, with both values shown.
 */
#include <string.h>

#include "base/mem.h"
#include "job/job_internal.h"

enum {
    SHOWN_MOST = 120, /* bytes of a value in a message */
    LIST_MOST = 8     /* items of a list that is shown as a whole */
};

struct comparison {
    struct wn_problems *problems;
    bool is_strict; /* what may differ is told too */
    bool is_amended;
    bool failed; /* no memory */
};

static bool may_differ(const char *path)
{
    for (const char *const *at = wn_job_amendable; *at; at++) {
        size_t n = strlen(*at);

        if (strncmp(path, *at, n) == 0 && (!path[n] || path[n] == '.'))
            return true;
    }
    return false;
}

static void show(const struct wn_json *node, const char *absent, struct wn_buf *out)
{
    size_t start = out->n, n = SHOWN_MOST;

    if (!node) {
        wn_buf_adds(out, absent);
        return;
    }
    wn_json_print(node, out);
    if (out->failed || out->n - start <= SHOWN_MOST)
        return;
    while (n > 0 && ((unsigned char)out->at[start + n] & 0xC0) == 0x80)
        n--; /* not inside a character */
    out->n = start + n;
    wn_buf_adds(out, " ...");
}

/* Of two long lists the first items that differ: cut short the lists would look alike. */
static void show_lists(const struct wn_json *was,
                       const struct wn_json *now,
                       struct wn_buf *out)
{
    const struct wn_json *x = wn_json_first(was), *y = wn_json_first(now);
    size_t index = 0;

    for (; x && y && wn_json_equal(x, y); index++) {
        x = wn_json_next(x);
        y = wn_json_next(y);
    }
    wn_buf_addf(out, "the study has a list of %zu, the job one of %zu; number %zu is ",
                wn_json_size(was), wn_json_size(now), index);
    show(x, "nothing", out);
    wn_buf_adds(out, " in the study, ");
    show(y, "nothing", out);
    wn_buf_adds(out, " in the job");
}

static bool are_long_lists(const struct wn_json *was, const struct wn_json *now)
{
    return wn_json_is(was, WN_JSON_LIST) && wn_json_is(now, WN_JSON_LIST) &&
           (wn_json_size(was) > LIST_MOST || wn_json_size(now) > LIST_MOST);
}

static void tell(struct comparison *c,
                 const char *path,
                 const struct wn_json *was,
                 const struct wn_json *now)
{
    struct wn_buf text = {0};

    if (!c->is_strict && may_differ(path)) {
        c->is_amended = true;
        return;
    }
    if (are_long_lists(was, now)) {
        show_lists(was, now, &text);
    } else {
        wn_buf_adds(&text, "the study has ");
        show(was, "no such key", &text);
        wn_buf_adds(&text, ", the job has ");
        show(now, "no such key", &text);
    }
    c->failed = c->failed || text.failed;
    wn_problems_add(c->problems, path, "%s", wn_buf_text(&text));
    wn_buf_release(&text);
}

static void walk(struct comparison *c,
                 const char *path,
                 const struct wn_json *was,
                 const struct wn_json *now);

static void walk_member(struct comparison *c,
                        const char *path,
                        const char *key,
                        const struct wn_json *was,
                        const struct wn_json *now)
{
    struct wn_buf below = {0};

    wn_buf_addf(&below, "%s%s%s", path, *path ? "." : "", key);
    if (below.failed)
        c->failed = true;
    else
        walk(c, below.at, wn_json_get(was, key), wn_json_get(now, key));
    wn_buf_release(&below);
}

/* As deep as a tree may nest (base/json.h). */
static void walk(struct comparison *c,
                 const char *path,
                 const struct wn_json *was,
                 const struct wn_json *now)
{
    if (was && now && wn_json_equal(was, now))
        return;
    if (!wn_json_is(was, WN_JSON_OBJECT) || !wn_json_is(now, WN_JSON_OBJECT)) {
        tell(c, path, was, now);
        return;
    }
    for (const struct wn_json *m = wn_json_first(was); m; m = wn_json_next(m))
        walk_member(c, path, wn_json_key(m), was, now);
    for (const struct wn_json *m = wn_json_first(now); m; m = wn_json_next(m))
        if (!wn_json_get(was, wn_json_key(m)))
            walk_member(c, path, wn_json_key(m), was, now);
}

/* Cells follow the order of the space, which equality of objects does not see. */
static bool has_same_order(const struct wn_job *was, const struct wn_job *now)
{
    size_t n = wn_space_n_params(was->space);

    if (wn_space_n_params(now->space) != n)
        return false;
    for (size_t i = 0; i < n; i++)
        if (strcmp(wn_space_param(was->space, i)->name,
                   wn_space_param(now->space, i)->name) != 0)
            return false;
    return true;
}

static enum wn_status compare(struct comparison *c,
                              const struct wn_job *was,
                              const struct wn_job *now,
                              struct wn_error *err)
{
    size_t n_before = c->problems->n;

    walk(c, "", was->root, now->root);
    if (c->failed || c->problems->failed)
        return wn_fail(err, WN_ENOMEM, "no memory to compare the job with the study's");
    if (c->problems->n == n_before && !has_same_order(was, now))
        wn_problems_add(c->problems, "space",
                        "the study has the same parameters in another order");
    return WN_OK;
}

enum wn_status wn_job_compare(const struct wn_job *was,
                              const struct wn_job *now,
                              bool *is_amended,
                              struct wn_problems *problems,
                              struct wn_error *err)
{
    struct comparison c = {.problems = problems};
    size_t n_before = problems->n;
    enum wn_status rc = compare(&c, was, now, err);

    if (rc != WN_OK)
        return rc;
    if (problems->n != n_before)
        return wn_fail(err, WN_EINVAL,
                       "the study was begun with another job; only stop, on_stop, "
                       "max_losses, checkpoint, metadata, and of trial timeouts, retries "
                       "and logs may change (%zu other difference%s)",
                       problems->n - n_before, problems->n - n_before == 1 ? "" : "s");
    *is_amended = c.is_amended;
    return WN_OK;
}

enum wn_status wn_job_tell_differences(const struct wn_job *was,
                                       const struct wn_job *now,
                                       struct wn_problems *problems,
                                       struct wn_error *err)
{
    struct comparison c = {.problems = problems, .is_strict = true};

    return compare(&c, was, now, err);
}

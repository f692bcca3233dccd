/* sched.c - what schedulers share: which stands around which, and who pauses. */
#include "sched/sched.h"

#include <string.h>

bool wn_sched_is_around(const struct wn_sched_ops *ops)
{
    for (const struct wn_option *key = ops->options; key->name; key++)
        if (strcmp(key->name, "around") == 0)
            return true;
    return false;
}

const struct wn_sched_ops *wn_sched_inside(const struct wn_sched_ops *ops,
                                           const struct wn_values *options,
                                           const struct wn_json **object)
{
    const struct wn_json *type;

    if (!options || !wn_sched_is_around(ops))
        return NULL;
    *object = wn_values_any(options, "around");
    type = wn_json_is(*object, WN_JSON_OBJECT) ? wn_json_get(*object, "type") : NULL;
    return wn_json_is(type, WN_JSON_STRING) ? wn_sched_find(wn_json_string(type)) : NULL;
}

enum wn_status wn_sched_create_inside(const struct wn_sched_ops *ops,
                                      const struct wn_sched_config *cfg,
                                      struct wn_sched **out,
                                      struct wn_error *err)
{
    static const char outside[] = "scheduler.", inside[] = "scheduler.around.";
    struct wn_error said = {0};
    enum wn_status rc = ops->create(cfg, out, &said);
    const char *at = said.text, *next;
    struct wn_buf text = {0};

    if (rc != WN_EINVAL) {
        if (rc != WN_OK && err)
            *err = said;
        return rc;
    }
    for (; (next = strstr(at, outside)); at = next + strlen(outside)) {
        wn_buf_add(&text, at, (size_t)(next - at));
        wn_buf_adds(&text, inside);
    }
    wn_buf_adds(&text, at);
    rc = text.failed
             ? wn_fail(err, WN_ENOMEM, "no memory for the scheduler %s", ops->name)
             : wn_fail(err, WN_EINVAL, "%s", wn_buf_text(&text));
    wn_buf_release(&text);
    return rc;
}

const struct wn_sched_ops *wn_sched_deciding(const struct wn_sched_ops *ops,
                                             const struct wn_values *options)
{
    const struct wn_json *object = NULL;
    const struct wn_sched_ops *inner = wn_sched_inside(ops, options, &object);

    return inner ? inner : ops;
}

bool wn_sched_pauses_always(const struct wn_values *options)
{
    (void)options;
    return true;
}

bool wn_sched_pauses_never(const struct wn_values *options)
{
    (void)options;
    return false;
}

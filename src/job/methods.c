/* methods.c - the table of named methods, and what becomes of a job that names one. */
#include "job/methods.h"

#include <string.h>

#include "base/registry.h"
#include "job/job_internal.h"

#define JSON(...) #__VA_ARGS__

#define WN_METHOD(id, ...) static const struct wn_method method_##id = {__VA_ARGS__};
#include "job/methods.def"
#undef WN_METHOD

#define WN_METHOD(id, ...) &method_##id,
static const struct wn_method *const table[] = {
#include "job/methods.def"
};
#undef WN_METHOD

#define WN_METHOD(id, name, ...) name,
const char *const wn_method_names[] = {
#include "job/methods.def"
    NULL};
#undef WN_METHOD

WN_REGISTRY(struct wn_method, wn_method, table)

static bool types_differ(const struct wn_json *given, const struct wn_json *meant)
{
    const struct wn_json *type = wn_json_get(given, "type");

    return wn_json_is(type, WN_JSON_STRING) &&
           !wn_json_equal(type, wn_json_get(meant, "type"));
}

/* What the job says of the section stands, the method says the rest. */
static bool merge(const struct wn_json *given, struct wn_json *meant)
{
    bool ok = true;

    for (const struct wn_json *m = wn_json_first(given); m && ok; m = wn_json_next(m))
        ok = wn_json_set(meant, wn_json_key(m), wn_json_copy(m));
    return ok;
}

static enum wn_status expand_section(struct wn_json *tree,
                                     const struct wn_method *method,
                                     const char *section,
                                     const char *text,
                                     struct wn_problems *problems,
                                     struct wn_error *err)
{
    const struct wn_json *given = wn_json_get(tree, section);
    struct wn_json *meant = NULL;
    enum wn_status rc;

    if (given && !wn_json_is(given, WN_JSON_OBJECT))
        return WN_OK; /* the section's table says what is wrong */
    rc = wn_json_parse(text, strlen(text), &meant, err);
    if (rc != WN_OK)
        return rc;
    if (types_differ(given, meant)) {
        char path[64];

        (void)snprintf(path, sizeof path, "%s.type", section);
        wn_problems_add(problems, path,
                        "the method %s has the %s %s, not %s; leave out the method or "
                        "the type",
                        method->name, section, wn_json_string(wn_json_get(meant, "type")),
                        wn_json_string(wn_json_get(given, "type")));
        wn_json_destroy(meant);
        return WN_OK;
    }
    if (merge(given, meant))
        return wn_json_set(tree, section, meant)
                   ? WN_OK
                   : wn_fail(err, WN_ENOMEM, "no memory for the method");
    wn_json_destroy(meant);
    return wn_fail(err, WN_ENOMEM, "no memory for the method");
}

enum wn_status wn_job_expand_method(struct wn_json *tree,
                                    const struct wn_method *method,
                                    struct wn_problems *problems,
                                    struct wn_error *err)
{
    enum wn_status rc =
        expand_section(tree, method, "scheduler", method->scheduler, problems, err);

    return rc != WN_OK ? rc
                       : expand_section(tree, method, "searcher", method->searcher,
                                        problems, err);
}

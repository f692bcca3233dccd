/* schema.c - the JSON schema of the job file, made of the option tables.
 *
 * A section with a part in it ("scheduler") is one alternative for each part there is.
 * What no schema says (a condition that names another parameter, bounds that depend on
 * another key) is left to `winnow check`.
 */
#include <string.h>

#include "base/mem.h"
#include "job/job_internal.h"

/* The schema of a table with "key": {"const": name} as a further property. */
static struct wn_json *part_schema(const struct wn_option *table,
                                   const char *key,
                                   const char *name,
                                   const char *summary)
{
    struct wn_json *schema = wn_options_schema(table);
    struct wn_json *type = wn_json_new_object();
    bool ok = schema && wn_json_set(type, "const", wn_json_new_string(name));

    if (!ok) {
        wn_json_destroy(type);
        wn_json_destroy(schema);
        return NULL;
    }
    ok = wn_json_set(wn_json_member(schema, "properties"), key, type) &&
         wn_json_set(schema, "description", wn_json_new_string(summary));
    if (ok)
        return schema;
    wn_json_destroy(schema);
    return NULL;
}

static struct wn_json *any_of(struct wn_json *forms)
{
    struct wn_json *schema = wn_json_new_object();

    if (schema && wn_json_set(schema, "anyOf", forms))
        return schema;
    if (!schema)
        wn_json_destroy(forms);
    wn_json_destroy(schema);
    return NULL;
}

static struct wn_json *sched_schema(void)
{
    struct wn_json *forms = wn_json_new_list();
    bool ok = forms != NULL;

    for (size_t i = 0; ok && wn_sched_at(i); i++)
        ok = wn_json_add(forms,
                         part_schema(wn_sched_at(i)->options, "type",
                                     wn_sched_at(i)->name, wn_sched_at(i)->summary));
    if (ok)
        return any_of(forms);
    wn_json_destroy(forms);
    return NULL;
}

static struct wn_json *search_schema(void)
{
    struct wn_json *forms = wn_json_new_list();
    bool ok = forms != NULL;

    for (size_t i = 0; ok && wn_search_at(i); i++)
        ok = wn_json_add(forms,
                         part_schema(wn_search_at(i)->options, "type",
                                     wn_search_at(i)->name, wn_search_at(i)->summary));
    if (ok)
        return any_of(forms);
    wn_json_destroy(forms);
    return NULL;
}

static struct wn_json *trial_schema(void)
{
    struct wn_json *forms = wn_json_new_list();
    bool ok = forms != NULL;

    for (size_t i = 0; ok && wn_runner_at(i); i++)
        ok = wn_json_add(forms,
                         part_schema(wn_runner_at(i)->table, "runner",
                                     wn_runner_at(i)->name, wn_runner_at(i)->summary));
    if (ok)
        return any_of(forms);
    wn_json_destroy(forms);
    return NULL;
}

/* A list of objects. */
static struct wn_json *configurations_schema(void)
{
    struct wn_json *schema = wn_json_new_object(), *items = wn_json_new_object();
    bool ok = wn_json_set(items, "type", wn_json_new_string("object"));

    if (schema && ok)
        ok = wn_json_set(schema, "items", items) &&
             wn_json_set(schema, "type", wn_json_new_string("array"));
    else
        wn_json_destroy(items);
    if (schema && ok)
        return schema;
    wn_json_destroy(schema);
    return NULL;
}

static struct wn_json *restriction_schema(void)
{
    struct wn_json *forms = wn_json_new_list(), *path = wn_json_new_object();
    bool ok = wn_json_set(path, "type", wn_json_new_string("string"));

    ok = wn_json_add(forms, configurations_schema()) && ok;
    ok = wn_json_add(forms, path) && ok;
    if (ok)
        return any_of(forms);
    wn_json_destroy(forms);
    return NULL;
}

static struct wn_json *metadata_schema(void)
{
    struct wn_json *schema = wn_json_new_object();

    if (schema && wn_json_set(schema, "type", wn_json_new_string("object")))
        return schema;
    wn_json_destroy(schema);
    return NULL;
}

static struct wn_json *metric_schema(void)
{
    return wn_options_schema(wn_job_metric_options);
}

static struct wn_json *resource_schema(void)
{
    return wn_options_schema(wn_job_resource_options);
}

static struct wn_json *stop_schema(void)
{
    return wn_options_schema(wn_stop_options);
}

static struct wn_json *checkpoint_schema(void)
{
    return wn_options_schema(wn_job_checkpoint_options);
}

static const struct {
    const char *key;
    struct wn_json *(*make)(void);
} sections[] = {
    {"trial", trial_schema},
    {"space", wn_space_schema},
    {"metric", metric_schema},
    {"resource", resource_schema},
    {"scheduler", sched_schema},
    {"searcher", search_schema},
    {"initial", configurations_schema},
    {"stop", stop_schema},
    {"metadata", metadata_schema},
    {"checkpoint", checkpoint_schema},
    {"restrict_configurations", restriction_schema},
};

/* Put what the top table says of a section (help, default) over the section's schema. */
static bool put_section(struct wn_json *properties,
                        const char *key,
                        struct wn_json *section)
{
    const struct wn_json *said = wn_json_get(properties, key);
    bool ok = section != NULL;

    for (const struct wn_json *m = wn_json_first(said); m && ok; m = wn_json_next(m))
        ok = wn_json_set(section, wn_json_key(m), wn_json_copy(m));
    if (ok)
        return wn_json_set(properties, key, section);
    wn_json_destroy(section);
    return false;
}

enum wn_status wn_job_schema(struct wn_buf *out, struct wn_error *err)
{
    struct wn_json *schema = wn_json_new_object(), *table = NULL;
    bool ok =
        schema &&
        wn_json_set(schema, "$schema",
                    wn_json_new_string("https://json-schema.org/draft/2020-12/schema")) &&
        wn_json_set(schema, "title", wn_json_new_string("Winnow job file"));

    if (ok)
        table = wn_options_schema(wn_job_options);
    ok = ok && table;
    for (size_t i = 0; ok && i < sizeof sections / sizeof sections[0]; i++)
        ok = put_section(wn_json_member(table, "properties"), sections[i].key,
                         sections[i].make());
    for (const struct wn_json *m = wn_json_first(table); m && ok; m = wn_json_next(m))
        ok = wn_json_set(schema, wn_json_key(m), wn_json_copy(m));
    if (ok) {
        wn_json_print_pretty(schema, out);
        wn_buf_addc(out, '\n');
    }
    wn_json_destroy(table);
    wn_json_destroy(schema);
    return ok && !out->failed ? WN_OK
                              : wn_fail(err, WN_ENOMEM, "no memory for the schema");
}

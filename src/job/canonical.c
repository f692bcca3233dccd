/* canonical.c - the job written out in full, and what it says to study and runner.
 *
 * The canonical text is what a study journals: every default filled in, keys in the
 * order of the tables, {job_dir} replaced, initial configurations complete. Parsing it
 * gives the same job and the same text again.
 */
#include <string.h>

#include "base/mem.h"
#include "job/job_internal.h"

#define JOB_DIR_MARK "{job_dir}"

static enum wn_status no_memory(struct wn_error *err)
{
    return wn_fail(err, WN_ENOMEM, "no memory for the job");
}

/* Paths in the trial section */

/* `text` with the mark replaced; NULL without memory. */
static struct wn_json *placed_text(const char *text, const char *job_dir, bool is_program)
{
    struct wn_buf out = {0};
    struct wn_json *made = NULL;
    const char *mark;

    if (is_program && text[0] != '/' && strchr(text, '/') &&
        strncmp(text, JOB_DIR_MARK, strlen(JOB_DIR_MARK)) != 0)
        wn_buf_addf(&out, "%s/", job_dir);
    while ((mark = strstr(text, JOB_DIR_MARK))) {
        wn_buf_add(&out, text, (size_t)(mark - text));
        wn_buf_adds(&out, job_dir);
        text = mark + strlen(JOB_DIR_MARK);
    }
    wn_buf_adds(&out, text);
    if (!out.failed)
        made = wn_json_new_string(wn_buf_text(&out));
    wn_buf_release(&out);
    return made;
}

static struct wn_json *placed(const struct wn_json *node,
                              const char *job_dir,
                              bool is_command)
{
    struct wn_json *made;
    bool is_first = true, ok = true;

    if (wn_json_is(node, WN_JSON_STRING))
        return placed_text(wn_json_string(node), job_dir, false);
    if (!wn_json_is(node, WN_JSON_LIST) && !wn_json_is(node, WN_JSON_OBJECT))
        return wn_json_copy(node);
    made = wn_json_is(node, WN_JSON_LIST) ? wn_json_new_list() : wn_json_new_object();
    for (const struct wn_json *m = wn_json_first(node); m && ok; m = wn_json_next(m)) {
        bool is_program = is_command && is_first && wn_json_is(m, WN_JSON_STRING);
        struct wn_json *item = is_program ? placed_text(wn_json_string(m), job_dir, true)
                                          : placed(m, job_dir, false);

        is_first = false;
        ok = wn_json_is(node, WN_JSON_LIST) ? wn_json_add(made, item)
                                            : wn_json_set(made, wn_json_key(m), item);
    }
    if (!ok) {
        wn_json_destroy(made);
        return NULL;
    }
    return made;
}

struct wn_json *wn_job_placed(const struct wn_json *node, const char *job_dir)
{
    return placed(node, job_dir, false);
}

enum wn_status wn_job_place_trial(struct wn_json *trial,
                                  const char *job_dir,
                                  struct wn_error *err)
{
    struct wn_json *made = placed(trial, job_dir, false);
    const struct wn_json *command = wn_json_get(trial, "command");
    bool ok = made != NULL;

    if (!wn_json_is(trial, WN_JSON_OBJECT)) {
        wn_json_destroy(made);
        return WN_OK; /* refused by the table */
    }
    if (ok && wn_json_is(command, WN_JSON_LIST))
        ok = wn_json_set(made, "command", placed(command, job_dir, true));
    for (const struct wn_json *m = wn_json_first(made); m && ok; m = wn_json_next(m))
        ok = wn_json_set(trial, wn_json_key(m), wn_json_copy(m));
    wn_json_destroy(made);
    return ok ? WN_OK : no_memory(err);
}

/* The canonical tree */

static struct wn_json *object_of(const char *type, const struct wn_values *values)
{
    struct wn_json *object = wn_json_new_object();
    bool ok = object && (!type || wn_json_set(object, "type", wn_json_new_string(type)));

    if (ok && (!values || wn_values_json(values, object)))
        return object;
    wn_json_destroy(object);
    return NULL;
}

static struct wn_json *initial_of(const struct wn_job *job)
{
    struct wn_json *list = wn_json_new_list();

    for (size_t i = 0; list && i < job->n_initial; i++) {
        if (!wn_json_add(list, wn_config_json(job->space, job->initial[i], false))) {
            wn_json_destroy(list);
            return NULL;
        }
    }
    return list;
}

/* A section by its key; NULL without memory. */
static struct wn_json *section_of(const struct wn_job *job,
                                  const struct wn_job_sections *sections,
                                  const char *key)
{
    const struct wn_json *metadata = wn_values_any(sections->top, "metadata");

    if (strcmp(key, "trial") == 0)
        return object_of(NULL, job->trial);
    if (strcmp(key, "space") == 0)
        return wn_space_json(job->space);
    if (strcmp(key, "restrict_configurations") == 0)
        return wn_job_restriction_json(job);
    if (strcmp(key, "metric") == 0)
        return object_of(NULL, sections->metric);
    if (strcmp(key, "resource") == 0)
        return object_of(NULL, sections->resource);
    if (strcmp(key, "scheduler") == 0)
        return object_of(job->sched->name, job->sched_options);
    if (strcmp(key, "searcher") == 0)
        return object_of(job->search->name, job->search_options);
    if (strcmp(key, "initial") == 0)
        return initial_of(job);
    if (strcmp(key, "stop") == 0)
        return object_of(NULL, job->stop);
    if (strcmp(key, "checkpoint") == 0)
        return object_of(NULL, sections->checkpoint);
    return metadata ? wn_json_copy(metadata) : wn_json_new_object();
}

/* A space that is not restricted says so by having no list; a method is written out in
 * scheduler and searcher. */
static bool has_key(const struct wn_job *job, const char *key)
{
    if (strcmp(key, "restrict_configurations") == 0)
        return wn_space_n_allowed(job->space) > 0;
    return strcmp(key, "method") != 0;
}

static bool fill_root(const struct wn_job *job,
                      const struct wn_job_sections *sections,
                      const struct wn_json *flat,
                      struct wn_json *root)
{
    for (const struct wn_option *key = wn_job_options; key->name; key++) {
        struct wn_json *item;

        if (!has_key(job, key->name))
            continue;
        item = key->type == WN_OPTION_ANY ? section_of(job, sections, key->name)
                                          : wn_json_copy(wn_json_get(flat, key->name));

        if (!wn_json_set(root, key->name, item))
            return false;
    }
    return true;
}

enum wn_status wn_job_make_canonical(struct wn_job *job,
                                     const struct wn_job_sections *sections,
                                     struct wn_error *err)
{
    struct wn_json *flat = object_of(NULL, sections->top);
    struct wn_buf text = {0};

    job->root = wn_json_new_object();
    if (flat && job->root && fill_root(job, sections, flat, job->root)) {
        wn_json_print_pretty(job->root, &text);
        wn_buf_addc(&text, '\n');
        job->text = wn_buf_take(&text);
    }
    wn_json_destroy(flat);
    wn_buf_release(&text);
    return job->text ? WN_OK : no_memory(err);
}

/* What others need of a job */

struct wn_study_limits wn_job_limits(const struct wn_job *job)
{
    return (struct wn_study_limits){
        .stop = job->stop,
        .retries = wn_values_int(job->trial, "retries"),
        .max_losses = job->max_losses,
        .keeps_all = job->keeps_all,
    };
}

struct wn_study_config wn_job_study_config(const struct wn_job *job)
{
    return (struct wn_study_config){
        .space = job->space,
        .metric = job->metric,
        .is_maximised = job->is_maximised,
        .max_resource = job->max_resource,
        .sched = job->sched,
        .sched_options = job->sched_options,
        .search = job->search,
        .search_options = job->search_options,
        .n_initial = job->n_initial,
        .seed = job->seed,
        .batch = job->batch,
        .limits = wn_job_limits(job),
    };
}

bool wn_job_needs_checkpoints(const struct wn_job *job)
{
    return wn_sched_deciding(job->sched, job->sched_options)->needs_checkpoints;
}

void wn_job_runner_config(const struct wn_job *job, struct wn_runner_config *out)
{
    out->space = job->space;
    out->trial = job->trial;
    out->study_name = job->name;
    out->job_dir = job->job_dir;
    out->resource_name = job->resource;
    out->resource_parameter = job->resource_parameter;
    out->resource_rule = job->resource_rule;
    out->max_resource = job->max_resource;
    out->metric_name = job->metric;
    out->is_maximised = job->is_maximised;
    out->checkpoint_every = job->checkpoint_every;
    out->pauses = job->sched->pauses(job->sched_options);
    out->needs_checkpoints = wn_job_needs_checkpoints(job);
    out->seed = job->seed;
    out->shared = job->loaded;
}

/* parse.c - from text to a checked job.
 *
 * Three steps, each over everything: the tables (types, bounds, names), then what
 * concerns two keys at once, then the parts themselves, which see their options and may
 * refuse them. A step is taken only when the one before found nothing, so that no
 * message is the echo of another.
 */
#include "job/job.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "job/job_internal.h"
#include "trial/history.h"

struct draft {
    struct wn_json *tree;        /* as given, with overrides */
    struct wn_json *restriction; /* taken out of it; NULL: none */
    struct wn_job_sections sections;
    struct wn_problems *problems;
    struct wn_job *job;
    bool
        is_canonical; /* was checked once: the program may be gone when a study is read */
};

static enum wn_status no_memory(struct wn_error *err)
{
    return wn_fail(err, WN_ENOMEM, "no memory for the job");
}

static enum wn_status parse_section(struct draft *draft,
                                    const struct wn_option *table,
                                    const char *name,
                                    const char *const *skip,
                                    struct wn_values **out,
                                    struct wn_error *err)
{
    return wn_values_parse(table, wn_json_get(draft->tree, name), name, skip,
                           draft->problems, out, err);
}

/* The nearest names or all of them, behind an unknown type. */
static void tell_unknown_type(struct draft *draft,
                              const char *section,
                              const char *given,
                              const char *const *names)
{
    const char *nearest = wn_nearest_name(given, names);
    struct wn_buf list = {0}, path = {0};

    for (size_t i = 0; names[i]; i++)
        wn_buf_addf(&list, "%s%s", i ? (names[i + 1] ? ", " : " or ") : "", names[i]);
    if (nearest)
        wn_buf_addf(&list, " (did you mean %s?)", nearest);
    wn_buf_addf(&path, "%s.type", section);
    wn_problems_add(draft->problems, wn_buf_text(&path), "must be %s, not \"%s\"",
                    wn_buf_text(&list), given);
    wn_buf_release(&list);
    wn_buf_release(&path);
}

/* The type that the section at `path` names, or `usual`; NULL after a problem. */
static const char *type_of(struct draft *draft,
                           const struct wn_json *node,
                           const char *path,
                           const char *usual)
{
    const struct wn_json *type =
        wn_json_is(node, WN_JSON_OBJECT) ? wn_json_get(node, "type") : NULL;
    struct wn_buf at = {0};

    if (!type || wn_json_string(type))
        return type ? wn_json_string(type) : usual;
    wn_buf_addf(&at, "%s.type", path);
    wn_problems_add(draft->problems, wn_buf_text(&at), "must be a string, not %s",
                    wn_json_type_name(type));
    wn_buf_release(&at);
    return NULL;
}

static const char *const type_key[] = {"type", NULL};

enum { PARTS_MOST = 256 };

static enum wn_status parse_method(struct draft *draft, struct wn_error *err)
{
    const char *name = wn_values_string(draft->sections.top, "method");

    draft->job->method = name ? wn_method_find(name) : NULL;
    if (!draft->job->method)
        return WN_OK;
    return wn_job_expand_method(draft->tree, draft->job->method, draft->problems, err);
}

static enum wn_status parse_sched_at(struct draft *draft,
                                     struct wn_json *node,
                                     const char *path,
                                     const char *usual,
                                     const struct wn_sched_ops **ops,
                                     struct wn_values **values,
                                     struct wn_error *err);

/* The scheduler that another one stands around: checked like any, and completed in place,
 * so that the canonical text has its defaults. */
static enum wn_status parse_inside(struct draft *draft,
                                   struct wn_json *node,
                                   const char *path,
                                   struct wn_error *err)
{
    struct wn_json *inside = wn_json_member(node, "around");
    const struct wn_sched_ops *ops = NULL;
    struct wn_values *values = NULL;
    struct wn_buf at = {0};
    enum wn_status rc;

    if (!inside)
        return WN_OK;
    wn_buf_addf(&at, "%s.around", path);
    rc = parse_sched_at(draft, inside, wn_buf_text(&at), "fifo", &ops, &values, err);
    if (ops && wn_sched_is_around(ops))
        wn_problems_add(draft->problems, wn_buf_text(&at),
                        "%s stands around another scheduler itself: one inside another "
                        "is the most",
                        ops->name);
    if (rc == WN_OK && ops && values && wn_json_is(inside, WN_JSON_OBJECT) &&
        (!wn_json_set(inside, "type", wn_json_new_string(ops->name)) ||
         !wn_values_json(values, inside)))
        rc = no_memory(err);
    wn_values_destroy(values);
    wn_buf_release(&at);
    return rc;
}

static enum wn_status parse_sched_at(struct draft *draft,
                                     struct wn_json *node,
                                     const char *path,
                                     const char *usual,
                                     const struct wn_sched_ops **ops,
                                     struct wn_values **values,
                                     struct wn_error *err)
{
    const char *type = type_of(draft, node, path, usual);
    const char *names[PARTS_MOST + 1] = {0};
    enum wn_status rc = WN_OK;

    if (!type)
        return WN_OK;
    *ops = wn_sched_find(type);
    if (*ops && wn_sched_is_around(*ops))
        rc = parse_inside(draft, node, path, err);
    if (*ops)
        return rc != WN_OK ? rc
                           : wn_values_parse((*ops)->options, node, path, type_key,
                                             draft->problems, values, err);
    for (size_t i = 0; i < PARTS_MOST && wn_sched_at(i); i++)
        names[i] = wn_sched_at(i)->name;
    tell_unknown_type(draft, path, type, names);
    return WN_OK;
}

static enum wn_status parse_sched(struct draft *draft, struct wn_error *err)
{
    bool has_max = wn_values_is_set(draft->sections.resource, "max");

    return parse_sched_at(draft, wn_json_member(draft->tree, "scheduler"), "scheduler",
                          has_max ? "asha" : "fifo", &draft->job->sched,
                          &draft->job->sched_options, err);
}

static enum wn_status parse_search(struct draft *draft, struct wn_error *err)
{
    const struct wn_sched_ops *sched = draft->job->sched;
    const char *partner =
        sched ? wn_sched_deciding(sched, draft->job->sched_options)->searcher : NULL;
    const char *type = type_of(draft, wn_json_get(draft->tree, "searcher"), "searcher",
                               partner ? partner : "random");
    const char *names[PARTS_MOST + 1] = {0};

    if (!type)
        return WN_OK;
    draft->job->search = wn_search_find(type);
    if (draft->job->search)
        return parse_section(draft, draft->job->search->options, "searcher", type_key,
                             &draft->job->search_options, err);
    for (size_t i = 0; i < PARTS_MOST && wn_search_at(i); i++)
        names[i] = wn_search_at(i)->name;
    tell_unknown_type(draft, "searcher", type, names);
    return WN_OK;
}

static enum wn_status parse_trial(struct draft *draft, struct wn_error *err)
{
    struct wn_json *trial = wn_json_member(draft->tree, "trial");

    if (!trial)
        return WN_OK; /* said already */
    if (draft->job->job_dir) {
        enum wn_status rc = wn_job_place_trial(trial, draft->job->job_dir, err);

        if (rc != WN_OK)
            return rc;
    }
    return wn_runner_values(trial, draft->problems, &draft->job->runner,
                            &draft->job->trial, err);
}

static enum wn_status parse_space(struct draft *draft, struct wn_error *err)
{
    const struct wn_json *space = wn_json_get(draft->tree, "space");
    enum wn_status rc;

    if (!space)
        return WN_OK;
    rc = wn_space_parse(space, draft->job->job_dir, draft->problems, &draft->job->space,
                        err);
    if (rc == WN_OK && draft->job->space && draft->restriction)
        rc = wn_space_restrict(draft->job->space, draft->restriction,
                               "restrict_configurations", draft->problems, err);
    return rc;
}

/* Whether there is no initial configuration because the job does not mention any. */
static bool has_no_initial(const struct draft *draft)
{
    const struct wn_search_ops *search = draft->job->search;

    return search && search->is_listed && !wn_json_get(draft->tree, "initial");
}

/* Each initial configuration, completed by the midpoint rule. */
static enum wn_status parse_initial(struct draft *draft, struct wn_error *err)
{
    const struct wn_json *list = wn_values_any(draft->sections.top, "initial");
    struct wn_job *job = draft->job;
    size_t i = 0, n = wn_json_size(list), room = wn_space_n_params(job->space);
    enum wn_status rc = WN_OK;

    if (!wn_json_is(list, WN_JSON_LIST)) {
        wn_problems_add(draft->problems, "initial",
                        "must be a list of configurations, not %s",
                        wn_json_type_name(list));
        return WN_OK;
    }
    job->initial = wn_alloc_array(n ? n : 1, sizeof(void *));
    if (!job->initial)
        return no_memory(err);
    for (const struct wn_json *item = wn_json_first(list); item && rc == WN_OK;
         item = wn_json_next(item), i++) {
        struct wn_buf path = {0};

        wn_buf_addf(&path, "initial[%zu]", i);
        job->initial[i] = wn_alloc_array(room ? room : 1, sizeof **job->initial);
        if (!job->initial[i]) {
            rc = no_memory(err);
        } else if (!wn_json_is(item, WN_JSON_OBJECT)) {
            wn_problems_add(draft->problems, wn_buf_text(&path),
                            "must be an object of parameters, not %s",
                            wn_json_type_name(item));
        } else {
            rc = wn_config_complete(job->space, item, wn_buf_text(&path), draft->problems,
                                    job->initial[i], err);
        }
        job->n_initial = i + (job->initial[i] != NULL);
        wn_buf_release(&path);
    }
    return rc;
}

static void parse_simple(struct draft *draft)
{
    const struct wn_values *top = draft->sections.top;
    struct wn_job *job = draft->job;
    const char *name = wn_values_string(top, "name");
    const struct wn_json *metadata = wn_values_any(top, "metadata");

    if (name && !wn_name_is_plain(name))
        wn_problems_add(draft->problems, "name",
                        "must be 1 to 128 letters, digits, '_', '-' or '.', the first of "
                        "them no '-' or '.', not \"%s\"",
                        name);
    if (metadata && !wn_json_is(metadata, WN_JSON_OBJECT))
        wn_problems_add(draft->problems, "metadata", "must be an object, not %s",
                        wn_json_type_name(metadata));
    job->seed = (uint64_t)wn_values_int(top, "seed");
    job->batch = wn_values_int(top, "batch");
    job->max_losses = wn_values_int(top, "max_losses");
    job->on_stop = (enum wn_on_stop)wn_values_choice(top, "on_stop");
    job->is_maximised = wn_values_choice(draft->sections.metric, "mode") == 1;
    job->resource_rule.first = wn_values_int(draft->sections.resource, "first");
    job->max_resource = wn_values_is_set(draft->sections.resource, "max")
                            ? wn_values_int(draft->sections.resource, "max")
                            : INT64_MAX;
    job->keeps_all = wn_values_choice(draft->sections.checkpoint, "keep") == 1;
    job->checkpoint_every = wn_values_int(draft->sections.checkpoint, "every");
}

/* A key of the metric that is a list, as of several objectives; `one` comes in its place. */
static bool refuse_list(struct draft *draft,
                        const char *key,
                        const char *one,
                        const char *why)
{
    struct wn_json *metric = wn_json_member(draft->tree, "metric");
    char path[32];

    if (!wn_json_is(wn_json_member(metric, key), WN_JSON_LIST))
        return true;
    (void)snprintf(path, sizeof path, "metric.%s", key);
    wn_problems_add(draft->problems, path, "must be one %s, not a list: %s", key, why);
    return wn_json_set(metric, key, wn_json_new_string(one));
}

/* Several objectives where one is expected. What follows from that is not told too: the
 * key is taken away, and a metric put where there is none. */
static enum wn_status refuse_objectives(struct draft *draft, struct wn_error *err)
{
    static const char why[] =
        "a study has one metric; several objectives are not supported "
        "by any scheduler or searcher yet";
    const struct wn_json *metric = wn_json_get(draft->tree, "metric");
    bool is_list = wn_json_is(metric, WN_JSON_LIST);
    bool ok = true;

    if (wn_json_get(draft->tree, "metrics")) {
        wn_problems_add(draft->problems, "metrics", "unknown key: %s; give \"metric\"",
                        why);
        wn_json_remove(draft->tree, "metrics");
        is_list = is_list || !metric;
    } else if (is_list) {
        wn_problems_add(draft->problems, "metric", "must be one object, not a list: %s",
                        why);
    }
    if (is_list)
        ok = wn_json_set(draft->tree, "metric", wn_json_new_object()) &&
             wn_json_set(wn_json_member(draft->tree, "metric"), "name",
                         wn_json_new_string("metric"));
    else
        ok = refuse_list(draft, "name", "metric", why) &&
             refuse_list(draft, "mode", "min", why);
    return ok ? WN_OK : no_memory(err);
}

/* Of a section that is missing altogether it is enough to say so once. */
static enum wn_status parse_metric(struct draft *draft, struct wn_error *err)
{
    const struct wn_json *metric = wn_json_get(draft->tree, "metric");
    struct wn_problems unheard = {0};
    enum wn_status rc = wn_values_parse(wn_job_metric_options, metric, "metric", NULL,
                                        metric ? draft->problems : &unheard,
                                        &draft->sections.metric, err);

    wn_problems_release(&unheard);
    return rc;
}

/* The space has {job_dir} replaced in its values, so what names one has it replaced too. */
static enum wn_status place_initial(struct draft *draft, struct wn_error *err)
{
    const struct wn_json *list = wn_json_get(draft->tree, "initial");
    const char *job_dir = draft->job->job_dir;

    if (!list || !job_dir ||
        wn_json_set(draft->tree, "initial", wn_job_placed(list, job_dir)))
        return WN_OK;
    return no_memory(err);
}

static enum wn_status parse_own(struct draft *draft, struct wn_error *err)
{
    struct wn_job_sections *to = &draft->sections;
    enum wn_status rc = wn_job_take_restriction(
        draft->tree, draft->job->job_dir, draft->problems, &draft->restriction, err);

    if (rc == WN_OK)
        rc = place_initial(draft, err);
    if (rc == WN_OK)
        rc = refuse_objectives(draft, err);
    if (rc == WN_OK)
        rc = wn_values_parse(wn_job_options, draft->tree, "", NULL, draft->problems,
                             &to->top, err);
    if (rc == WN_OK)
        rc = parse_metric(draft, err);
    if (rc == WN_OK)
        rc = parse_section(draft, wn_job_resource_options, "resource", NULL,
                           &to->resource, err);
    if (rc == WN_OK)
        rc = parse_section(draft, wn_job_checkpoint_options, "checkpoint", NULL,
                           &to->checkpoint, err);
    if (rc == WN_OK)
        rc = parse_section(draft, wn_stop_options, "stop", NULL, &draft->job->stop, err);
    return rc;
}

/* What the job leaves out and its runner knows; a canonical text leaves out nothing. */
static enum wn_status complete(struct draft *draft, struct wn_error *err)
{
    const struct wn_json *trial = wn_json_get(draft->tree, "trial");
    const struct wn_json *name =
        wn_json_is(trial, WN_JSON_OBJECT) ? wn_json_get(trial, "runner") : NULL;
    const struct wn_runner_ops *runner =
        wn_json_is(name, WN_JSON_STRING) ? wn_runner_find(wn_json_string(name)) : NULL;

    if (!runner || !runner->complete || draft->is_canonical)
        return WN_OK;
    draft->job->runner = runner; /* whose what is loaded is */
    return runner->complete(trial, draft->job->job_dir, draft->tree, &draft->job->loaded,
                            draft->problems, err);
}

/* Step one: every section against its table. */
static enum wn_status parse_sections(struct draft *draft, struct wn_error *err)
{
    static enum wn_status (*const steps[])(struct draft *, struct wn_error *) = {
        complete,     parse_own,   parse_trial,  parse_space,
        parse_method, parse_sched, parse_search,
    };
    enum wn_status rc = WN_OK;

    for (size_t i = 0; rc == WN_OK && i < sizeof steps / sizeof steps[0]; i++)
        rc = steps[i](draft, err);
    if (rc == WN_OK)
        parse_simple(draft);
    if (rc == WN_OK && draft->job->space && !has_no_initial(draft))
        rc = parse_initial(draft, err);
    return rc;
}

/* Strings of the job borrow from its canonical tree. */
static void borrow_names(struct wn_job *job)
{
    const struct wn_json *metric = wn_json_get(job->root, "metric");
    const struct wn_json *resource = wn_json_get(job->root, "resource");

    job->name = wn_json_string(wn_json_get(job->root, "name"));
    job->metric = wn_json_string(wn_json_get(metric, "name"));
    job->resource = wn_json_string(wn_json_get(resource, "name"));
    job->resource_parameter = wn_json_string(wn_json_get(resource, "parameter"));
    job->metadata = wn_json_get(job->root, "metadata");
}

static bool is_sound(const struct draft *draft)
{
    return !draft->problems->n && !draft->problems->failed;
}

static enum wn_status check_all(struct draft *draft, struct wn_error *err)
{
    enum wn_status rc = parse_sections(draft, err);

    if (rc == WN_OK && is_sound(draft))
        wn_job_check_together(draft->job, &draft->sections, draft->problems);
    if (rc != WN_OK || !is_sound(draft))
        return rc;
    rc = wn_job_make_canonical(draft->job, &draft->sections, err);
    if (rc != WN_OK)
        return rc;
    borrow_names(draft->job);
    if (strlen(draft->job->text) > WN_JOB_MOST) {
        wn_problems_add(draft->problems, "",
                        "written out in full the job takes %zu bytes, %d are allowed",
                        strlen(draft->job->text), WN_JOB_MOST);
        return WN_OK;
    }
    return draft->is_canonical ? WN_OK
                               : wn_job_try_parts(draft->job, draft->problems, err);
}

/* Every key of the other kind of file would be told as unknown: one line says more. */
static bool is_comparison(const struct wn_json *tree)
{
    return wn_json_is(wn_json_get(tree, "methods"), WN_JSON_OBJECT) &&
           wn_json_is(wn_json_get(tree, "benchmarks"), WN_JSON_OBJECT) &&
           !wn_json_get(tree, "trial");
}

static void refuse_tree(struct draft *draft)
{
    wn_json_destroy(draft->tree);
    draft->tree = NULL;
}

static enum wn_status read_text(struct draft *draft,
                                const char *text,
                                size_t n,
                                struct wn_error *err)
{
    struct wn_error said = {0};

    return wn_job_hear(wn_json_parse(text, n, &draft->tree, &said), &said,
                       draft->problems, err);
}

/* Whether the tree, if there is one, may be a job at all; the overrides carried out. */
static enum wn_status take_tree(struct draft *draft,
                                const char *const *sets,
                                size_t n_sets,
                                struct wn_error *err)
{
    if (!draft->tree)
        return WN_OK; /* said already */
    if (!wn_json_is(draft->tree, WN_JSON_OBJECT)) {
        wn_problems_add(draft->problems, "", "a job must be a JSON object, not %s",
                        wn_json_type_name(draft->tree));
        refuse_tree(draft);
        return WN_OK;
    }
    if (is_comparison(draft->tree)) {
        wn_problems_add(draft->problems, "",
                        "this is a comparison (it has methods and benchmarks): winnow "
                        "compare run FILE");
        refuse_tree(draft);
        return WN_OK;
    }
    return wn_job_apply_sets(draft->tree, sets, n_sets, draft->problems, err);
}

/* The rest of a parse, once draft->tree is there or the reason why not was told. */
static enum wn_status finish(struct draft *draft,
                             struct wn_job **out,
                             struct wn_error *err)
{
    enum wn_status rc = WN_OK;

    if (draft->tree)
        rc = check_all(draft, err);
    if (rc == WN_OK)
        rc = wn_problems_check(draft->problems, err);
    if (rc == WN_OK) {
        *out = draft->job;
        draft->job = NULL;
    }
    return rc;
}

/* Of draft->tree, which goes with the rest of the draft. */
static enum wn_status parse(struct draft *draft,
                            const char *job_dir,
                            const char *const *sets,
                            size_t n_sets,
                            struct wn_job **out,
                            struct wn_error *err)
{
    enum wn_status rc = WN_OK;

    draft->job = wn_alloc(sizeof *draft->job);
    if (draft->job && job_dir)
        draft->job->job_dir = wn_strdup(job_dir);
    if (!draft->job || (job_dir && !draft->job->job_dir))
        rc = no_memory(err);
    if (rc == WN_OK)
        rc = take_tree(draft, sets, n_sets, err);
    if (draft->tree && draft->is_canonical)
        wn_job_renew(draft->tree);
    if (rc == WN_OK)
        rc = finish(draft, out, err);
    wn_job_destroy(draft->job);
    wn_values_destroy(draft->sections.top);
    wn_values_destroy(draft->sections.metric);
    wn_values_destroy(draft->sections.resource);
    wn_values_destroy(draft->sections.checkpoint);
    wn_json_destroy(draft->restriction);
    wn_json_destroy(draft->tree);
    return rc;
}

enum wn_status wn_job_parse(const char *text,
                            size_t n,
                            const char *job_dir,
                            const char *const *sets,
                            size_t n_sets,
                            struct wn_problems *problems,
                            struct wn_job **out,
                            struct wn_error *err)
{
    struct draft draft = {.problems = problems};
    enum wn_status rc = read_text(&draft, text, n, err);

    return rc == WN_OK ? parse(&draft, job_dir, sets, n_sets, out, err) : rc;
}

enum wn_status wn_job_parse_tree(const struct wn_json *tree,
                                 const char *job_dir,
                                 struct wn_problems *problems,
                                 struct wn_job **out,
                                 struct wn_error *err)
{
    struct draft draft = {.problems = problems, .tree = wn_json_copy(tree)};

    return draft.tree ? parse(&draft, job_dir, NULL, 0, out, err) : no_memory(err);
}

/* The folder of a path as written, absolute: a link to a job file stands for a job file
 * in the link's place. */
static enum wn_status folder_of(const char *path, char *out, struct wn_error *err)
{
    const char *slash = strrchr(path, '/');
    char *folder;
    enum wn_status rc;

    if (!slash)
        return wn_path_absolute(".", out, err);
    folder = wn_strndup(path, slash == path ? 1 : (size_t)(slash - path));
    if (!folder)
        return no_memory(err);
    rc = wn_path_absolute(folder, out, err);
    wn_free(folder);
    return rc;
}

enum wn_status wn_job_read(const char *path,
                           const char *const *sets,
                           size_t n_sets,
                           struct wn_problems *problems,
                           struct wn_job **out,
                           struct wn_error *err)
{
    char job_dir[WN_PATH_MAX], place[WN_PATH_MAX];
    struct wn_error why = {0};
    char *text = NULL;
    size_t n = 0;
    enum wn_status rc = folder_of(path, job_dir, &why);

    if (rc == WN_OK)
        rc = wn_path_absolute(path, place, &why);
    if (rc == WN_OK)
        rc = wn_file_read(place, WN_JOB_MOST, &text, &n, &why);
    rc = wn_path_blame(rc, &why);
    if (rc != WN_OK && err)
        *err = why;
    if (rc == WN_OK)
        rc = wn_job_parse(text, n, job_dir, sets, n_sets, problems, out, err);
    wn_free(text);
    return rc;
}

enum wn_status wn_job_parse_canonical(const char *text,
                                      const char *job_dir,
                                      struct wn_job **out,
                                      struct wn_error *err)
{
    struct wn_problems problems = {0};
    struct draft draft = {.problems = &problems, .is_canonical = true};
    enum wn_status rc = read_text(&draft, text, strlen(text), err);

    if (rc == WN_OK)
        rc = parse(&draft, job_dir, NULL, 0, out, err);
    wn_problems_release(&problems);
    return rc;
}

enum wn_status wn_job_reseed(const struct wn_job *job,
                             uint64_t seed,
                             struct wn_job **out,
                             struct wn_error *err)
{
    struct wn_problems problems = {0};
    struct draft draft = {
        .problems = &problems, .is_canonical = true, .tree = wn_json_copy(job->root)};
    enum wn_status rc;

    if (!wn_json_set(draft.tree, "seed", wn_json_new_integer((int64_t)seed))) {
        wn_json_destroy(draft.tree);
        return no_memory(err);
    }
    rc = parse(&draft, job->job_dir, NULL, 0, out, err);
    if (rc == WN_OK) {
        (*out)->loaded = job->loaded;
        (*out)->is_lent = job->loaded != NULL;
    }
    wn_problems_release(&problems);
    return rc;
}

void wn_job_destroy(struct wn_job *job)
{
    if (!job)
        return;
    wn_job_unload(job);
    for (size_t i = 0; i < job->n_initial; i++)
        wn_free(job->initial[i]);
    wn_free(job->initial);
    wn_values_destroy(job->trial);
    wn_values_destroy(job->sched_options);
    wn_values_destroy(job->search_options);
    wn_values_destroy(job->stop);
    wn_space_destroy(job->space);
    wn_json_destroy(job->root);
    wn_free(job->text);
    wn_free(job->job_dir);
    wn_free(job);
}

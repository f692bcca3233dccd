/* plan.c - from the comparison file to checked jobs; see plan.h.
 *
 * Every study's job goes through the parser of all jobs, and all mistakes are told before
 * anything runs. One and the same mistake in many studies is told once, with the first of
 * them and how many more there are.
 */
#include "compare/plan.h"

#include <math.h>
#include <string.h>

#include "base/file.h"
#include "compare/merge.h"
#include "compare/plan_internal.h"

enum { TEXT_MOST = 64 * 1024 * 1024, WORKERS_MOST = 1000000, SEEDS_MOST = 1000000 };

static const struct wn_option table[] = {
    {.name = "name",
     .type = WN_OPTION_STRING,
     .is_required = true,
     .help = "Name of the comparison and, by default, of its file"},
    {.name = "methods",
     .type = WN_OPTION_ANY,
     .is_required = true,
     .help = "Partial jobs by name; {} stands for the named method of that name"},
    {.name = "benchmarks",
     .type = WN_OPTION_ANY,
     .is_required = true,
     .help = "Partial jobs by name"},
    {.name = "job", .type = WN_OPTION_ANY, .help = "The part of the job that all share"},
    {.name = "overrides",
     .type = WN_OPTION_ANY,
     .help = "Partial jobs by method and benchmark, laid over all others"},
    {.name = "workers",
     .type = WN_OPTION_ANY,
     .def = "4",
     .help = "Trials at a time: a number, or a list of them"},
    {.name = "seeds",
     .type = WN_OPTION_INT,
     .low = 1,
     .high = SEEDS_MOST,
     .def = "10",
     .help = "Runs of every study"},
    {.name = "first_seed",
     .type = WN_OPTION_INT,
     .low = 0,
     .high = 1e9,
     .def = "0",
     .help = "Number of the first run"},
    {.name = "seed",
     .type = WN_OPTION_INT,
     .low = 0,
     .high = WN_JSON_EXACT_MOST,
     .def = "1",
     .help = "What the seeds of all runs are made from"},
    {.name = "ranks",
     .type = WN_OPTION_INT,
     .low = 1,
     .high = 1e6,
     .def = "1",
     .help = "Ranks of every run that trains for real: one trains by itself, of several "
             "the first coordinates"},
    {.name = NULL},
};

/* A mistake of one or more studies. */
struct mistake {
    char *text;  /* of the job's parser, with its path */
    char *where; /* "asha on branin" */
    size_t n;
};

struct draft {
    const struct wn_json *methods, *benchmarks, *job, *overrides;
    int64_t workers[64];
    size_t n_workers;
    struct wn_problems *problems;
    WN_VEC(struct mistake) mistakes;
    struct wn_compare_timing timing;
    struct wn_compare_plan *plan;
};

static enum wn_status no_memory(struct wn_error *err)
{
    return wn_fail(err, WN_ENOMEM, "no memory for a comparison");
}

uint64_t wn_compare_seed(uint64_t seed, int64_t number)
{
    struct wn_rng rng = wn_rng_keyed(seed, WN_STREAM_COMPARE, (uint64_t)number);

    return wn_rng_u64(&rng) >> 11; /* below 2^53: exact in JSON */
}

void wn_compare_plan_destroy(struct wn_compare_plan *plan)
{
    if (!plan)
        return;
    for (size_t i = 0; i < plan->studies.n; i++)
        wn_job_destroy(plan->studies.at[i].job);
    wn_vec_release(&plan->studies);
    wn_arena_release(&plan->arena);
    wn_free(plan);
}

/* --- mistakes --- */

static enum wn_status note_mistake(struct draft *draft,
                                   const char *text,
                                   const char *method,
                                   const char *benchmark,
                                   struct wn_error *err)
{
    struct mistake *mistake;
    struct wn_buf where = {0};

    for (size_t i = 0; i < draft->mistakes.n; i++) {
        if (strcmp(draft->mistakes.at[i].text, text) == 0) {
            draft->mistakes.at[i].n++;
            return WN_OK;
        }
    }
    mistake = wn_vec_push(&draft->mistakes);
    if (!mistake)
        return no_memory(err);
    wn_buf_addf(&where, "%s on %s", method, benchmark);
    mistake->text = wn_strdup(text);
    mistake->where = wn_buf_take(&where);
    mistake->n = 1;
    if (mistake->text && mistake->where)
        return WN_OK;
    return no_memory(err);
}

static void tell_mistakes(struct draft *draft)
{
    for (size_t i = 0; i < draft->mistakes.n; i++) {
        struct mistake *mistake = &draft->mistakes.at[i];

        if (mistake->text && mistake->where && mistake->n > 1)
            wn_problems_add(draft->problems, mistake->where, "(and %zu more) %s",
                            mistake->n - 1, mistake->text);
        else if (mistake->text && mistake->where)
            wn_problems_add(draft->problems, mistake->where, "%s", mistake->text);
        wn_free(mistake->text);
        wn_free(mistake->where);
    }
    wn_vec_release(&draft->mistakes);
}

/* --- the comparison's own keys --- */

/* An object of objects, whose names may stand in files and messages. */
static void check_named(struct draft *draft, const struct wn_json *node, const char *path)
{
    if (!wn_json_is(node, WN_JSON_OBJECT) || !wn_json_size(node)) {
        wn_problems_add(draft->problems, path,
                        "must be an object with a partial job for every name, not %s",
                        wn_json_is(node, WN_JSON_OBJECT) ? "an empty one"
                                                         : wn_json_type_name(node));
        return;
    }
    for (const struct wn_json *m = wn_json_first(node); m; m = wn_json_next(m)) {
        if (!wn_name_is_plain(wn_json_key(m)))
            wn_problems_add(draft->problems, path,
                            "a name must be 1 to 128 letters, digits, '_', '-' or '.', "
                            "the first of them no '-' or '.', not \"%s\"",
                            wn_json_key(m));
        if (!wn_json_is(m, WN_JSON_OBJECT))
            wn_problems_add(draft->problems, path, "%s must be an object, not %s",
                            wn_json_key(m), wn_json_type_name(m));
    }
}

static void check_key(struct draft *draft,
                      const struct wn_json *object,
                      const char *key,
                      const char *path,
                      const char *kind)
{
    if (wn_json_is(object, WN_JSON_OBJECT) && !wn_json_get(object, key))
        wn_problems_add(draft->problems, path, "%s is no %s of this comparison", key,
                        kind);
}

static void check_overrides(struct draft *draft)
{
    if (draft->overrides && !wn_json_is(draft->overrides, WN_JSON_OBJECT)) {
        wn_problems_add(draft->problems, "overrides",
                        "must be an object by method and benchmark, not %s",
                        wn_json_type_name(draft->overrides));
        return;
    }
    for (const struct wn_json *m = wn_json_first(draft->overrides); m;
         m = wn_json_next(m)) {
        check_key(draft, draft->methods, wn_json_key(m), "overrides", "method");
        if (!wn_json_is(m, WN_JSON_OBJECT)) {
            wn_problems_add(draft->problems, "overrides", "%s must be an object, not %s",
                            wn_json_key(m), wn_json_type_name(m));
            continue;
        }
        for (const struct wn_json *b = wn_json_first(m); b; b = wn_json_next(b)) {
            check_key(draft, draft->benchmarks, wn_json_key(b), "overrides", "benchmark");
            if (!wn_json_is(b, WN_JSON_OBJECT))
                wn_problems_add(draft->problems, "overrides",
                                "%s.%s must be an object, not %s", wn_json_key(m),
                                wn_json_key(b), wn_json_type_name(b));
        }
    }
}

static void take_workers(struct draft *draft, const struct wn_json *node)
{
    bool is_list = wn_json_is(node, WN_JSON_LIST);
    const struct wn_json *item = is_list ? wn_json_first(node) : node;
    size_t room = sizeof draft->workers / sizeof *draft->workers;

    if (!item)
        wn_problems_add(draft->problems, "workers", "must not be an empty list");
    for (; item; item = is_list ? wn_json_next(item) : NULL) {
        int64_t n = 0;
        bool is_new = true;

        if (!wn_json_integer(item, &n) || n < 1 || n > WORKERS_MOST ||
            draft->n_workers == room) {
            wn_problems_add(draft->problems, "workers",
                            "must be an integer from 1 to %d, or a list of at most %zu",
                            WORKERS_MOST, room);
            return;
        }
        for (size_t i = 0; i < draft->n_workers; i++)
            is_new = is_new && draft->workers[i] != n;
        if (is_new)
            draft->workers[draft->n_workers++] = n;
        else
            wn_problems_add(draft->problems, "workers", "%lld stands there twice",
                            (long long)n);
    }
}

static void check_own(struct draft *draft, const struct wn_values *values)
{
    const char *name = wn_values_string(values, "name");

    draft->methods = wn_values_any(values, "methods");
    draft->benchmarks = wn_values_any(values, "benchmarks");
    draft->job = wn_values_any(values, "job");
    draft->overrides = wn_values_any(values, "overrides");
    if (name && !wn_name_is_plain(name))
        wn_problems_add(draft->problems, "name",
                        "must be 1 to 128 letters, digits, '_', '-' or '.', the first of "
                        "them no '-' or '.', not \"%s\"",
                        name);
    if (draft->methods)
        check_named(draft, draft->methods, "methods");
    if (draft->benchmarks)
        check_named(draft, draft->benchmarks, "benchmarks");
    if (draft->job && !wn_json_is(draft->job, WN_JSON_OBJECT))
        wn_problems_add(draft->problems, "job", "must be an object, not %s",
                        wn_json_type_name(draft->job));
    check_overrides(draft);
    take_workers(draft, wn_values_any(values, "workers"));
}

/* --- the job of a study --- */

/* What the study's tree says beside the job. */
struct extras {
    double budget_s; /* stop.time that comes of the budget; NaN: there is no budget */
    double best;     /* NaN: not said */
};

static bool is_table(const struct wn_json *trial)
{
    const struct wn_json *runner = wn_json_get(trial, "runner");

    return wn_json_is(runner, WN_JSON_STRING) &&
           strcmp(wn_json_string(runner), "table") == 0;
}

static bool has_type(const struct wn_json *tree, const char *section)
{
    const struct wn_json *node = wn_json_get(tree, section);

    return wn_json_is(node, WN_JSON_OBJECT) && wn_json_get(node, "type");
}

/* Whether the tree itself says what decides. */
static bool names_method(const struct wn_json *tree)
{
    return wn_json_get(tree, "method") || has_type(tree, "scheduler") ||
           has_type(tree, "searcher");
}

/* The merged tree; NULL without memory. */
static struct wn_json *merge_layers(const struct draft *draft,
                                    const struct wn_json *method,
                                    const struct wn_json *benchmark,
                                    int64_t n_workers)
{
    const char *name = wn_json_key(method);
    const struct wn_json *own =
        draft->overrides ? wn_json_get(draft->overrides, name) : NULL;
    struct wn_json *tree = wn_json_new_object(), *trial;
    bool ok =
        tree && wn_compare_merge(tree, draft->job) && wn_compare_merge(tree, benchmark) &&
        wn_compare_merge(tree, method) &&
        wn_compare_merge(tree, own ? wn_json_get(own, wn_json_key(benchmark)) : NULL);

    if (ok && !names_method(tree) && wn_method_find(name))
        ok = wn_json_set(tree, "method", wn_json_new_string(name));
    if (ok && !wn_json_get(tree, "name"))
        ok = wn_json_set(tree, "name", wn_json_new_string(draft->plan->name));
    ok = ok && wn_json_set(tree, "seed", wn_json_new_integer(0));
    trial = ok ? wn_json_member(tree, "trial") : NULL;
    if (ok && is_table(trial))
        ok = wn_json_set(trial, "slots", wn_json_new_integer(n_workers));
    if (ok)
        return tree;
    wn_json_destroy(tree);
    return NULL;
}

/* Where the job says it, resource.max. */
static int64_t max_resource_of(const struct wn_json *tree)
{
    const struct wn_json *resource = wn_json_get(tree, "resource");
    const struct wn_json *max =
        wn_json_is(resource, WN_JSON_OBJECT) ? wn_json_get(resource, "max") : NULL;
    int64_t value;

    return max && wn_json_integer(max, &value) ? value : INT64_MAX;
}

/* stop.time = full trainings x mean time / workers, rounded to whole milliseconds. */
static enum wn_status put_budget(struct draft *draft,
                                 struct wn_json *tree,
                                 double n_trainings,
                                 int64_t n_workers,
                                 struct wn_problems *problems,
                                 struct wn_error *err)
{
    struct wn_error said = {0};
    struct wn_json *stop;
    double seconds = 0;
    enum wn_status rc = wn_compare_full_time(&draft->timing, wn_json_get(tree, "trial"),
                                             draft->plan->job_dir, max_resource_of(tree),
                                             &seconds, &said);

    if (rc == WN_ENOMEM)
        return no_memory(err);
    if (rc != WN_OK)
        return WN_OK; /* the parser says so too */
    if (isnan(seconds)) {
        wn_problems_add(problems, "budget.full_trainings",
                        "the table has no training that long");
        return WN_OK;
    }
    if (!wn_json_is(wn_json_get(tree, "stop"), WN_JSON_OBJECT) &&
        !wn_json_set(tree, "stop", wn_json_new_object()))
        return no_memory(err);
    stop = wn_json_member(tree, "stop");
    if (wn_json_get(stop, "time")) {
        wn_problems_add(problems, "budget", "and stop.time say the same; give one");
        return WN_OK;
    }
    seconds = round(seconds * n_trainings / (double)n_workers * 1000) / 1000;
    return wn_json_set(stop, "time", wn_json_new_number(seconds)) ? WN_OK
                                                                  : no_memory(err);
}

static enum wn_status take_budget(struct draft *draft,
                                  struct wn_json *tree,
                                  int64_t n_workers,
                                  struct wn_problems *problems,
                                  struct wn_error *err)
{
    static const struct wn_option budget_table[] = {
        {.name = "full_trainings",
         .type = WN_OPTION_FLOAT,
         .low = 1e-3,
         .high = 1e9,
         .is_required = true,
         .help = "How many trainings to the end the time is worth, of all workers"},
        {.name = NULL},
    };
    const struct wn_json *budget = wn_json_get(tree, "budget");
    struct wn_values *values = NULL;
    size_t n_before = problems->n;
    enum wn_status rc;

    if (!budget)
        return WN_OK;
    rc = wn_values_parse(budget_table, budget, "budget", NULL, problems, &values, err);
    if (rc == WN_OK && problems->n == n_before) {
        if (is_table(wn_json_get(tree, "trial")))
            rc = put_budget(draft, tree, wn_values_float(values, "full_trainings"),
                            n_workers, problems, err);
        else
            wn_problems_add(problems, "budget",
                            "needs a table, which knows how long a training takes; give "
                            "stop.time");
    }
    wn_values_destroy(values);
    wn_json_remove(tree, "budget");
    return rc;
}

static void take_best(struct wn_json *tree, double *best, struct wn_problems *problems)
{
    const struct wn_json *node = wn_json_get(tree, "best");

    *best = (double)NAN;
    if (node && wn_json_is(node, WN_JSON_NUMBER))
        *best = wn_json_number(node);
    else if (node)
        wn_problems_add(problems, "best", "must be a number, not %s",
                        wn_json_type_name(node));
    wn_json_remove(tree, "best");
}

/* What only the table knows that the job was checked with, which it still has. */
static enum wn_status look_up(struct wn_compare_plan *plan,
                              struct wn_compare_study *study,
                              struct wn_error *err)
{
    const struct wn_job *job = study->job;
    const struct wn_benchmark *from =
        job->runner->benchmark ? job->runner->benchmark(job->loaded) : NULL;

    if (!from)
        return WN_OK;
    if (isnan(study->best))
        study->best =
            wn_compare_best(from, job->metric, job->is_maximised, job->max_resource);
    study->metric_unit =
        wn_arena_strdup(&plan->arena, wn_compare_unit(from, job->metric));
    return study->metric_unit ? WN_OK : no_memory(err);
}

/* Programs run in the slots of the ranks that work: each needs one at least. */
static void check_job(struct draft *draft,
                      const struct wn_compare_study *study,
                      struct wn_problems *problems)
{
    if (study->job->runner->works_in_virtual_time)
        return;
    draft->plan->trains = true;
    if (study->n_workers < draft->plan->n_ranks - 1)
        wn_problems_add(problems, "workers",
                        "must be at least %lld, one for every rank that works, not %lld",
                        (long long)draft->plan->n_ranks - 1, (long long)study->n_workers);
}

static void miss_method(const char *name, struct wn_problems *problems)
{
    const char *nearest = wn_nearest_name(name, wn_method_names);

    wn_problems_add(
        problems, "method",
        "is missing: %s is no named method%s%s%s, so its part must have method, "
        "scheduler.type or searcher.type",
        name, nearest ? " (did you mean " : "", nearest ? nearest : "",
        nearest ? "?)" : "");
}

/* The job of a study out of its tree; what is wrong goes to `problems`. */
static enum wn_status parse_job(struct draft *draft,
                                struct wn_json *tree,
                                struct wn_compare_study *study,
                                struct wn_problems *problems,
                                struct wn_error *err)
{
    struct wn_error said = {0};
    enum wn_status rc = take_budget(draft, tree, study->n_workers, problems, err);

    take_best(tree, &study->best, problems);
    if (!names_method(tree))
        miss_method(study->method, problems);
    if (rc == WN_OK) {
        rc = wn_job_parse_tree(tree, draft->plan->job_dir, problems, &study->job, &said);
        if (rc != WN_OK && rc != WN_EINVAL && err)
            *err = said;
        if (rc == WN_EINVAL)
            rc = WN_OK; /* it is in the list */
    }
    if (!study->job)
        return rc;
    if (rc == WN_OK)
        rc = look_up(draft->plan, study, err);
    wn_job_unload(study->job); /* whoever runs it loads it */
    check_job(draft, study, problems);
    return rc;
}

static enum wn_status add_study(struct draft *draft,
                                const struct wn_json *method,
                                const struct wn_json *benchmark,
                                int64_t n_workers,
                                struct wn_error *err)
{
    struct wn_json *tree = merge_layers(draft, method, benchmark, n_workers);
    struct wn_compare_study *study = wn_vec_push(&draft->plan->studies);
    struct wn_problems problems = {0};
    enum wn_status rc = tree && study ? WN_OK : no_memory(err);

    if (rc == WN_OK) {
        study->method = wn_arena_strdup(&draft->plan->arena, wn_json_key(method));
        study->benchmark = wn_arena_strdup(&draft->plan->arena, wn_json_key(benchmark));
        study->n_workers = n_workers;
        study->metric_unit = "";
        if (!study->method || !study->benchmark)
            rc = no_memory(err);
    }
    if (rc == WN_OK)
        rc = parse_job(draft, tree, study, &problems, err);
    if (rc == WN_OK && study->job)
        study->budget_s = wn_values_is_set(study->job->stop, "time")
                              ? (double)wn_values_ms(study->job->stop, "time") / 1000
                              : (double)NAN;
    for (size_t i = 0; rc == WN_OK && i < problems.n; i++)
        rc = note_mistake(draft, problems.at[i], wn_json_key(method),
                          wn_json_key(benchmark), err);
    wn_problems_release(&problems);
    wn_json_destroy(tree);
    return rc;
}

static enum wn_status add_studies(struct draft *draft, struct wn_error *err)
{
    enum wn_status rc = WN_OK;

    for (const struct wn_json *b = wn_json_first(draft->benchmarks); b;
         b = wn_json_next(b))
        for (size_t i = 0; i < draft->n_workers; i++)
            for (const struct wn_json *m = wn_json_first(draft->methods); m;
                 m = wn_json_next(m)) {
                rc = add_study(draft, m, b, draft->workers[i], err);
                if (rc != WN_OK)
                    return rc;
            }
    return rc;
}

/* --- reading --- */

static enum wn_status fill(struct draft *draft,
                           const struct wn_json *root,
                           const char *job_dir,
                           struct wn_error *err)
{
    struct wn_compare_plan *plan = draft->plan;
    struct wn_values *values = NULL;
    enum wn_status rc =
        wn_values_parse(table, root, "", NULL, draft->problems, &values, err);

    if (rc != WN_OK)
        return rc;
    check_own(draft, values);
    if (!draft->problems->n) {
        plan->name = wn_arena_strdup(&plan->arena, wn_values_string(values, "name"));
        plan->job_dir = wn_arena_strdup(&plan->arena, job_dir);
        plan->seed = (uint64_t)wn_values_int(values, "seed");
        plan->first_seed = wn_values_int(values, "first_seed");
        plan->n_seeds = wn_values_int(values, "seeds");
        plan->n_ranks = wn_values_int(values, "ranks");
        rc = plan->name && plan->job_dir ? add_studies(draft, err) : no_memory(err);
        tell_mistakes(draft);
    }
    wn_values_destroy(values);
    return rc == WN_OK ? wn_problems_check(draft->problems, err) : rc;
}

/* The other kind of file, of which every key would be told as unknown. */
static bool is_job(const struct wn_json *tree)
{
    return wn_json_is(tree, WN_JSON_OBJECT) &&
           wn_json_is(wn_json_get(tree, "trial"), WN_JSON_OBJECT) &&
           !wn_json_get(tree, "methods") && !wn_json_get(tree, "benchmarks") &&
           !wn_json_get(tree, "job");
}

/* The tree as written, overrides carried out; what is wrong goes to `problems`. */
static enum wn_status read_tree(const char *text,
                                size_t n,
                                const struct wn_compare_source *source,
                                struct wn_problems *problems,
                                struct wn_json **out,
                                struct wn_error *err)
{
    struct wn_error said = {0};
    enum wn_status rc = wn_json_parse(text, n, out, &said);

    if (rc == WN_EINVAL)
        wn_problems_add(problems, "", "%s", said.text);
    else if (rc != WN_OK && err)
        *err = said;
    if (rc != WN_OK)
        return rc == WN_EINVAL ? WN_OK : rc;
    if (is_job(*out)) {
        wn_problems_add(problems, "",
                        "this is a job (it has a trial, and no methods or benchmarks): "
                        "winnow run FILE, or winnow simulate FILE");
        return WN_OK;
    }
    if (wn_json_is(*out, WN_JSON_OBJECT))
        return wn_job_apply_sets(*out, source->sets, source->n_sets, problems, err);
    wn_problems_add(problems, "", "a comparison must be a JSON object, not %s",
                    wn_json_type_name(*out));
    return WN_OK;
}

static enum wn_status parse(const char *text,
                            size_t n,
                            const struct wn_compare_source *source,
                            struct wn_problems *problems,
                            struct wn_compare_plan **out,
                            struct wn_error *err)
{
    struct draft draft = {.problems = problems, .plan = wn_alloc(sizeof *draft.plan)};
    struct wn_json *root = NULL;
    enum wn_status rc;

    if (!draft.plan)
        return no_memory(err);
    rc = read_tree(text, n, source, problems, &root, err);
    if (rc == WN_OK)
        rc = wn_problems_check(problems, err);
    if (rc == WN_OK)
        rc = fill(&draft, root, source->tables, err);
    wn_json_destroy(root);
    wn_free(draft.timing.which);
    if (rc == WN_OK)
        *out = draft.plan;
    else
        wn_compare_plan_destroy(draft.plan);
    return rc;
}

enum wn_status wn_compare_plan_parse(const char *text,
                                     size_t n,
                                     const char *job_dir,
                                     struct wn_problems *problems,
                                     struct wn_compare_plan **out,
                                     struct wn_error *err)
{
    const struct wn_compare_source source = {.tables = job_dir};

    return parse(text, n, &source, problems, out, err);
}

/* The folder of the file, or the one that was given, absolute. */
static enum wn_status find_folder(const struct wn_compare_source *source,
                                  char *whole,
                                  struct wn_error *err)
{
    char *slash;

    if (source->tables)
        return wn_path_absolute(source->tables, whole, err);
    slash = strrchr(whole, '/');
    slash[slash == whole] = '\0';
    return WN_OK;
}

enum wn_status wn_compare_plan_read(const struct wn_compare_source *source,
                                    struct wn_problems *problems,
                                    struct wn_compare_plan **out,
                                    struct wn_error *err)
{
    char whole[WN_PATH_MAX], *text = NULL;
    struct wn_compare_source placed = *source;
    struct wn_error said = {0};
    size_t n = 0;
    enum wn_status rc = wn_path_absolute(source->path, whole, &said);

    if (rc == WN_OK)
        rc = wn_file_read(whole, TEXT_MOST, &text, &n, &said);
    rc = wn_path_blame(rc, &said);
    if (rc == WN_OK)
        rc = find_folder(source, whole, &said);
    if (rc != WN_OK) {
        wn_free(text);
        if (err)
            *err = said;
        return rc;
    }
    placed.tables = whole;
    rc = parse(text, n, &placed, problems, out, err);
    wn_free(text);
    return rc;
}

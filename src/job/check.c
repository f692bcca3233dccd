/* check.c - what the tables cannot see: keys that contradict each other, and what the parts
 * themselves say to their options.
 */
#include <string.h>

#include "base/mem.h"
#include "job/job_internal.h"
#include "trial/history.h"

/* The constant through which the program is told the maximum: it must be there, must not
 * be tuned, and must not say something else than resource.max. */
static void check_parameter(const struct wn_job *job,
                            const char *name,
                            struct wn_problems *problems)
{
    size_t n = wn_space_n_constants(job->space);
    const struct wn_json *value = NULL;
    const char *nearest;
    int64_t number = 0;
    size_t i;

    if (wn_space_find(job->space, name) != SIZE_MAX) {
        wn_problems_add(problems, "resource.parameter",
                        "\"%s\" is tuned by the space; the parameter that carries the "
                        "maximum must be a constant",
                        name);
        return;
    }
    for (i = 0; i < n; i++)
        if (strcmp(wn_space_constant(job->space, i, &value), name) == 0)
            break;
    nearest = i == n ? wn_space_nearest_name(job->space, name) : NULL;
    if (nearest)
        wn_problems_add(problems, "resource.parameter",
                        "\"%s\" is not in the space; did you mean \"%s\"?", name,
                        nearest);
    else if (i == n)
        wn_problems_add(problems, "resource.parameter",
                        "\"%s\" is not in the space; add the constant \"%s\": N to it",
                        name, name);
    else if (job->max_resource == INT64_MAX)
        wn_problems_add(problems, "resource.parameter",
                        "needs resource.max, the value that \"%s\" is to carry", name);
    else if (!wn_json_integer(value, &number) || number != job->max_resource)
        wn_problems_add(problems, "resource.parameter",
                        "\"%s\" carries resource.max, so space.%s must be %lld", name,
                        name, (long long)job->max_resource);
}

/* Some schedulers and searchers are two halves of one method. */
static void check_partners(const struct wn_job *job, struct wn_problems *problems)
{
    const struct wn_sched_ops *sched = wn_sched_deciding(job->sched, job->sched_options);
    const char *wanted = sched->searcher, *under = job->search->scheduler;

    if (wanted && strcmp(wanted, job->search->name) != 0)
        wn_problems_add(problems, "searcher.type",
                        "the scheduler %s works with the searcher %s only, not with %s",
                        sched->name, wanted, job->search->name);
    else if (under && strcmp(under, sched->name) != 0)
        wn_problems_add(problems, "searcher.type",
                        "the searcher %s works under the scheduler %s only, not under %s",
                        job->search->name, under, sched->name);
}

void wn_job_check_together(const struct wn_job *job,
                           const struct wn_job_sections *sections,
                           struct wn_problems *problems)
{
    const char *metric = wn_values_string(sections->metric, "name");
    const char *resource = wn_values_string(sections->resource, "name");
    const char *parameter = wn_values_string(sections->resource, "parameter");
    const struct wn_sched_ops *sched = wn_sched_deciding(job->sched, job->sched_options);

    if (sched->needs_max && job->max_resource == INT64_MAX)
        wn_problems_add(problems, "resource.max",
                        "this key is required by the scheduler %s", sched->name);
    check_partners(job, problems);
    if (parameter)
        check_parameter(job, parameter, problems);
    if (strcmp(metric, resource) == 0)
        wn_problems_add(problems, "metric.name",
                        "\"%s\" is the name of the resource too: a report needs two keys",
                        metric);
}

enum wn_status wn_job_try_history(const struct wn_job *job,
                                  struct wn_history **out,
                                  struct wn_error *err)
{
    struct wn_history_config cfg = {.space = job->space,
                                    .metric = job->metric,
                                    .is_maximised = job->is_maximised,
                                    .max_resource = job->max_resource};

    return wn_history_create(&cfg, out, err);
}

enum wn_status wn_job_try_sched(const struct wn_job *job,
                                const struct wn_history *history,
                                struct wn_sched **out,
                                struct wn_error *err)
{
    struct wn_sched_config cfg = {.max_resource = job->max_resource,
                                  .options = job->sched_options,
                                  .history = history,
                                  .n_initial = job->n_initial};

    return job->sched->create(&cfg, out, err);
}

/* The options of the scheduler that decides, which is perhaps inside another. *made: what
 * the caller has to destroy. */
static enum wn_status deciding_options(const struct wn_job *job,
                                       const struct wn_values **out,
                                       struct wn_values **made,
                                       struct wn_error *err)
{
    static const char *const type_key[] = {"type", NULL};
    const struct wn_json *object = NULL;
    const struct wn_sched_ops *inside =
        wn_sched_inside(job->sched, job->sched_options, &object);
    struct wn_problems unheard = {0};
    enum wn_status rc = WN_OK;

    *out = job->sched_options;
    if (inside) {
        rc = wn_values_parse(inside->options, object, "", type_key, &unheard, made, err);
        *out = *made;
    }
    wn_problems_release(&unheard);
    return rc;
}

enum wn_status wn_job_try_search(const struct wn_job *job,
                                 const struct wn_history *history,
                                 struct wn_search **out,
                                 struct wn_error *err)
{
    struct wn_search_config cfg = {.space = job->space,
                                   .options = job->search_options,
                                   .history = history,
                                   .seed = job->seed};
    struct wn_values *made = NULL;
    enum wn_status rc = WN_OK;

    if (job->search->scheduler)
        rc = deciding_options(job, &cfg.partner, &made, err);
    if (rc == WN_OK)
        rc = job->search->create(&cfg, out, err);
    wn_values_destroy(made);
    return rc;
}

enum wn_status wn_job_hear(enum wn_status rc,
                           const struct wn_error *said,
                           struct wn_problems *problems,
                           struct wn_error *err)
{
    if (rc == WN_EINVAL) {
        wn_problems_add(problems, "", "%s", said->text);
        return WN_OK;
    }
    if (rc != WN_OK && err)
        *err = *said;
    return rc;
}

enum wn_status wn_job_try_parts(struct wn_job *job,
                                struct wn_problems *problems,
                                struct wn_error *err)
{
    struct wn_history *history = NULL;
    struct wn_search *search = NULL;
    struct wn_sched *sched = NULL;
    struct wn_error said = {0};
    enum wn_status rc = wn_job_try_history(job, &history, err);

    if (rc != WN_OK)
        return rc;
    rc = wn_job_hear(wn_job_try_sched(job, history, &sched, &said), &said, problems, err);
    if (sched)
        job->sched->destroy(sched);
    if (rc == WN_OK)
        rc = wn_job_hear(wn_job_try_search(job, history, &search, &said), &said, problems,
                         err);
    if (search)
        job->search->destroy(search);
    wn_history_destroy(history);
    return rc == WN_OK ? wn_job_check_runner(job, problems, err) : rc;
}

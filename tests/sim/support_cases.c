/* support_cases.c - see support_cases.h. */
#include "support_cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "job/methods.h"
#include "support_run.h"
#include "support_slow.h"

/* Of users, whose configurations set thresholds. */
static const char initial[] =
    "[{'x': 0.3, 'k': 2}, {'x': 0.6, 'k': 4}, {'x': 0.9, 'k': 6}]";

static const struct storm_case cases[] = {
    {.name = "asha own rungs",
     .scheduler = "{'type': 'asha', 'brackets': 2, 'rung_system_per_bracket': true}"},
    {.name = "asha rush promotion",
     .scheduler = "{'type': 'asha', 'rush_candidates': 2}",
     .initial = initial},
    {.name = "asha rush stopping",
     .scheduler = "{'type': 'asha', 'variant': 'stopping', 'rush_candidates': 2}",
     .initial = initial},
    {.name = "asha cost", .scheduler = "{'type': 'asha', 'promote_by': 'cost'}"},
    {.name = "asha budget",
     .scheduler = "{'type': 'asha'}",
     .searcher = "{'type': 'sobol'}",
     .stop = "'resource': 60"},
    {.name = "hyperband table",
     .scheduler = "{'type': 'hyperband', 'sizes': 'table', 'reduction_factor': 2}",
     .searcher = "{'type': 'latin'}"},
    {.name = "dehb formula",
     .scheduler = "{'type': 'dehb', 'sizes': 'formula', 'reduction_factor': 2}"},
    {.name = "median around asha",
     .scheduler = "{'type': 'median', 'grace_population': 2, 'population': 'all',"
                  " 'around': {'type': 'asha'}}"},
    {.name = "median around asha stopping",
     .scheduler = "{'type': 'median', 'grace_population': 3, 'value': 'average',"
                  " 'around': {'type': 'asha', 'variant': 'stopping'}}"},
    {.name = "median around hyperband",
     .scheduler = "{'type': 'median', 'grace_population': 3, 'population': 'all',"
                  " 'value': 'last', 'around': {'type': 'hyperband'}}"},
    {.name = "median around dehb",
     .scheduler = "{'type': 'median', 'grace_population': 2, 'grace_time': 0,"
                  " 'population': 'all', 'around': {'type': 'dehb'}}",
     .times = 2},
    {.name = "median around pbt",
     .scheduler = "{'type': 'median', 'grace_population': 4, 'population': 'all',"
                  " 'rank_cutoff': 0.75, 'value': 'last', 'around': {'type': 'pbt',"
                  " 'population': 12, 'perturbation_interval': 2, 'quantile': 0.25}}",
     .times = 3},
    {.name = "schedule",
     .scheduler = "{'type': 'schedule', 'until': [3, 5, 9]}",
     .searcher = "{'type': 'schedule', 'configurations': "
                 "[{'x': 0.2, 'k': 3}, {'x': 0.5, 'k': 5}, {'x': 0.4, 'k': 1}]}"},
    {.name = "pbt synchronous",
     .scheduler = "{'type': 'pbt', 'population': 16, 'perturbation_interval': 2,"
                  " 'quantile': 0.25, 'synchronous': true}",
     .searcher = "{'type': 'perturb'}",
     .times = 3},
    {.name = "pbt explore",
     .scheduler = "{'type': 'pbt', 'population': 16, 'perturbation_interval': 2,"
                  " 'exploit': 'none', 'burn_in': 3}",
     .searcher = "{'type': 'perturb'}",
     .times = 3},
    {.name = "asha spoilt", .scheduler = "{'type': 'asha'}", .is_spoilt = true},
    /* Of support_schedulers.c. */
    {.name = "fuzz", .scheduler = "{'type': 'fuzz'}"},
    {.name = "fork", .scheduler = "{'type': 'fork'}"},
    {.name = "fork spoilt", .scheduler = "{'type': 'fork'}", .is_spoilt = true},
};

bool storm_case_at(size_t index, struct storm_case *out)
{
    const size_t n = sizeof cases / sizeof cases[0];
    const struct wn_method *method = index < n ? NULL : wn_method_at(index - n);

    if (index >= n && !method)
        return false;
    *out = method ? (struct storm_case){.name = method->name} : cases[index];
    return true;
}

/* The job with the case's searcher, or with a slow one: a method has no other than its own,
 * so its scheduler stands there in its place. */
static struct wn_job *make_job(const struct storm_case *self,
                               uint64_t n_trials,
                               uint64_t seed,
                               const char *set)
{
    const char *const sets[] = {set, NULL};
    bool is_slow = set && strcmp(set, SLOW_SET) == 0;
    const char *scheduler = self->scheduler;
    struct wn_buf text = {0};
    struct wn_job *job;

    if (!scheduler && is_slow)
        scheduler = wn_method_find(self->name)->scheduler;
    wn_buf_addf(&text,
                "{'name': 'storm', 'trial': {'runner': 'function', 'function': 'storm',"
                " 'unit_time': 0.4, 'spread': 3, 'crash': 0.005, 'flaky': 0.01,"
                " 'early': 0.01, 'checkpoint': 0.3, 'retries': 2},"
                " 'space': {'x': {'type': 'float', 'low': 0, 'high': 1},"
                " 'k': {'type': 'int', 'low': 1, 'high': 9}},"
                " 'metric': {'name': 'loss'}, 'resource': {'max': 9},"
                " 'max_losses': 1000, 'seed': %llu,",
                (unsigned long long)seed);
    if (scheduler)
        wn_buf_addf(&text, " 'scheduler': %s,", scheduler);
    else
        wn_buf_addf(&text, " 'method': '%s',", self->name);
    if (self->searcher)
        wn_buf_addf(&text, " 'searcher': %s,", self->searcher);
    if (self->initial)
        wn_buf_addf(&text, " 'initial': %s,", self->initial);
    wn_buf_addf(&text, " 'stop': {'trials_started': %llu%s%s}}",
                (unsigned long long)n_trials, self->stop ? ", " : "",
                self->stop ? self->stop : "");
    job = sim_job(wn_buf_text(&text), sets);
    wn_buf_release(&text);
    return job;
}

struct wn_job *storm_case_job(const struct storm_case *self,
                              uint64_t n_trials,
                              size_t n_workers,
                              uint64_t seed)
{
    struct wn_job *job = make_job(self, n_trials, seed, NULL);
    char population[64];
    const char *set = NULL;

    (void)snprintf(population, sizeof population, "scheduler.population=%zu",
                   n_workers + n_workers / 4);
    if (strcmp(job->sched->name, "pbt") == 0 && n_workers > 15)
        set = population;
    else if (seed % 4 >= 2 && strcmp(job->search->name, "random") == 0)
        set = SLOW_SET;
    if (!set)
        return job;
    wn_job_destroy(job);
    return make_job(self, n_trials, seed, set);
}

/* --- whether they are all --- */

/* Whether a case, with what stands inside its scheduler, uses a part. */
static bool uses(const struct wn_job *job, const void *part)
{
    const struct wn_json *object;

    return job->sched == part || job->search == part ||
           wn_sched_inside(job->sched, job->sched_options, &object) == part;
}

static bool is_used(const void *part)
{
    struct storm_case one;
    bool is_found = false;

    for (size_t i = 0; !is_found && storm_case_at(i, &one); i++)
        for (uint64_t seed = 1; seed <= 2;
             seed++) { /* the second has the slow searcher */
            struct wn_job *job = storm_case_job(&one, 1, 1, seed);
            is_found = is_found || uses(job, part);
            wn_job_destroy(job);
        }
    return is_found;
}

void storm_cases_are_all(void **state)
{
    const struct wn_sched_ops *sched;
    const struct wn_search_ops *search;

    (void)state;
    for (size_t i = 0; (sched = wn_sched_at(i)); i++)
        if (!is_used(sched))
            fail_msg("the scheduler %s goes through no storm: add a line to cases[]",
                     sched->name);
    for (size_t i = 0; (search = wn_search_at(i)); i++)
        if (!is_used(search))
            fail_msg("the searcher %s goes through no storm: add a line to cases[]",
                     search->name);
}

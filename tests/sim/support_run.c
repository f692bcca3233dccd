/* support_run.c - see support_run.h. */
#include "support_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"

enum { SETS_MOST = 8 };

static char *with_quotes(const char *quoted)
{
    char *text = wn_strdup(quoted);

    assert_non_null(text);
    for (char *c = text; *c; c++)
        if (*c == '\'')
            *c = '"';
    return text;
}

struct wn_job *sim_job(const char *quoted, const char *const *sets)
{
    char *text = with_quotes(quoted), *made[SETS_MOST] = {0};
    struct wn_problems problems = {0};
    struct wn_error err = {0};
    struct wn_job *job = NULL;
    size_t n = 0;

    for (; sets && n < SETS_MOST && sets[n]; n++)
        made[n] = with_quotes(sets[n]);
    if (wn_job_parse(text, strlen(text), "/", (const char *const *)made, n, &problems,
                     &job, &err) != WN_OK)
        fail_msg("%s: %s", text, problems.n ? problems.at[0] : err.text);
    wn_problems_release(&problems);
    for (size_t i = 0; i < n; i++)
        wn_free(made[i]);
    wn_free(text);
    return job;
}

struct sim_run sim_run_job(struct wn_job *job, size_t n_workers)
{
    struct wn_sim_config cfg = {
        .job = job, .n_workers = n_workers, .n_slots = 1, .delay_us = 1000};
    struct sim_run run = {.job = job};
    struct wn_problems problems = {0};
    struct wn_error err = {0};
    enum wn_opening opening;

    assert_int_equal(wn_store_create_memory(&run.store, NULL), WN_OK);
    cfg.store = run.store;
    if (wn_sim_open(&cfg, &opening, &problems, &run.sim, &err) != WN_OK ||
        wn_sim_run(run.sim, &err) != WN_OK)
        fail_msg("%s", err.text);
    assert_true(wn_sim_is_done(run.sim));
    return run;
}

void sim_run_release(struct sim_run *run)
{
    wn_sim_destroy(run->sim);
    wn_store_destroy(run->store);
    wn_job_destroy(run->job);
    *run = (struct sim_run){0};
}

const struct wn_study *sim_run_study(const struct sim_run *run)
{
    return wn_coord_study(wn_sim_coord(run->sim));
}

const struct wn_history *sim_run_history(const struct sim_run *run)
{
    return wn_study_history(sim_run_study(run));
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

double sim_median(double *values, size_t n)
{
    qsort(values, n, sizeof *values, compare);
    return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

/* plan_enter.c - a checked plan beside a comparison's file, and on its way to other ranks. */
#include <math.h>
#include <string.h>

#include "compare/plan.h"

static enum wn_status no_memory(struct wn_error *err)
{
    return wn_fail(err, WN_ENOMEM, "no memory for a comparison");
}

static void tell_best(const struct wn_comparison_study *was,
                      const struct wn_compare_study *now,
                      struct wn_problems *problems)
{
    char old[32], new[32];

    if (isnan(was->best) || isnan(now->best) ||
        (was->best >= now->best && was->best <= now->best))
        return;
    wn_problems_add(problems, "best", "the study has %s, the job has %s",
                    wn_number_print(was->best, old, sizeof old),
                    wn_number_print(now->best, new, sizeof new));
}

static void tell_unit(const struct wn_comparison_study *was,
                      const struct wn_compare_study *now,
                      struct wn_problems *problems)
{
    if (*was->metric_unit && *now->metric_unit &&
        strcmp(was->metric_unit, now->metric_unit) != 0)
        wn_problems_add(problems, "metric",
                        "the study has values in %.80s, the job's table has %.80s",
                        was->metric_unit, now->metric_unit);
}

/* In what a study differs from that of the runs in the file, with both values. */
static enum wn_status tell_difference(const struct wn_compare_study *study,
                                      const struct wn_comparison_study *there,
                                      const char *job_dir,
                                      struct wn_problems *problems,
                                      struct wn_error *err)
{
    struct wn_job *was = NULL;
    struct wn_problems found = {0};
    struct wn_buf where = {0};
    enum wn_status rc = wn_job_parse_canonical(there->job, job_dir, &was, err);

    if (rc != WN_OK)
        return rc;
    rc = wn_job_tell_differences(was, study->job, &found, err);
    tell_best(there, study, &found);
    tell_unit(there, study, &found);
    if (!found.n)
        wn_problems_add(&found, "", "its job is not that of the runs in the file");
    wn_buf_addf(&where, "%s on %s", study->method, study->benchmark);
    for (size_t i = 0; rc == WN_OK && i < found.n; i++)
        wn_problems_add(problems, wn_buf_text(&where), "%s", found.at[i]);
    wn_buf_release(&where);
    wn_problems_release(&found);
    wn_job_destroy(was);
    return rc;
}

/* Runs made from another seed would be paired with those made now. */
static void check_seeds(const struct wn_compare_plan *plan,
                        const struct wn_comparison *comparison,
                        struct wn_problems *problems)
{
    for (size_t i = 0; i < comparison->cells.n; i++) {
        const struct wn_comparison_cell *cell = &comparison->cells.at[i];

        if (cell->seed == wn_compare_seed(plan->seed, cell->number))
            continue;
        wn_problems_add(problems, "seed",
                        "is %llu, and the runs in the file were made from another",
                        (unsigned long long)plan->seed);
        return;
    }
}

enum wn_status wn_compare_plan_enter(const struct wn_compare_plan *plan,
                                     struct wn_comparison *comparison,
                                     size_t *index,
                                     struct wn_problems *problems,
                                     struct wn_error *err)
{
    enum wn_status rc = WN_OK;

    for (size_t i = 0; i < comparison->studies.n; i++)
        comparison->studies.at[i].n_seeds = 0;
    for (size_t i = 0; rc == WN_OK && i < plan->studies.n; i++) {
        const struct wn_compare_study *from = &plan->studies.at[i];
        const struct wn_comparison_study study = {.method = from->method,
                                                  .benchmark = from->benchmark,
                                                  .n_workers = from->n_workers,
                                                  .job = from->job->text,
                                                  .metric = from->job->metric,
                                                  .metric_unit = from->metric_unit,
                                                  .resource = from->job->resource,
                                                  .is_maximised = from->job->is_maximised,
                                                  .budget_s = from->budget_s,
                                                  .best = from->best,
                                                  .first_seed = plan->first_seed,
                                                  .n_seeds = plan->n_seeds};
        struct wn_error said = {0};

        rc = wn_comparison_add_study(comparison, &study, &index[i], &said);
        if (rc == WN_EINVAL)
            rc = tell_difference(from, &comparison->studies.at[index[i]], plan->job_dir,
                                 problems, err);
        else if (rc != WN_OK && err)
            *err = said;
    }
    if (rc == WN_OK && !problems->n)
        check_seeds(plan, comparison, problems);
    if (!comparison->name)
        comparison->name = wn_arena_strdup(&comparison->arena, plan->name);
    if (!comparison->about)
        comparison->about = wn_arena_strdup(&comparison->arena, "");
    if (rc == WN_OK && (!comparison->name || !comparison->about))
        rc = no_memory(err);
    return rc == WN_OK ? wn_problems_check(problems, err) : rc;
}

/* --- bytes --- */

void wn_compare_plan_encode(const struct wn_compare_plan *plan, struct wn_buf *out)
{
    wn_put_str(out, plan->name);
    wn_put_str(out, plan->job_dir);
    wn_put_u64(out, plan->seed);
    wn_put_int(out, plan->first_seed);
    wn_put_int(out, plan->n_seeds);
    wn_put_int(out, plan->n_ranks);
    wn_put_u8(out, plan->trains);
    wn_put_uint(out, plan->studies.n);
    for (size_t i = 0; i < plan->studies.n; i++) {
        const struct wn_compare_study *study = &plan->studies.at[i];

        wn_put_str(out, study->method);
        wn_put_str(out, study->benchmark);
        wn_put_int(out, study->n_workers);
        wn_put_f64(out, study->budget_s);
        wn_put_f64(out, study->best);
        wn_put_str(out, study->metric_unit);
        wn_put_str(out, study->job->text);
    }
}

static enum wn_status decode_study(struct wn_reader *r,
                                   struct wn_compare_plan *plan,
                                   struct wn_error *err)
{
    struct wn_compare_study *study = wn_vec_push(&plan->studies);
    struct wn_arena arena = {0};
    const char *text;
    enum wn_status rc = WN_OK;

    if (!study)
        return no_memory(err);
    study->method = wn_get_str(r, &plan->arena);
    study->benchmark = wn_get_str(r, &plan->arena);
    study->n_workers = wn_get_int(r);
    study->budget_s = wn_get_f64(r);
    study->best = wn_get_f64(r);
    study->metric_unit = wn_get_str(r, &plan->arena);
    text = wn_get_str(r, &arena);
    if (!r->failed)
        rc = wn_job_parse_canonical(text, plan->job_dir, &study->job, err);
    wn_arena_release(&arena);
    return rc;
}

enum wn_status wn_compare_plan_decode(const void *bytes,
                                      size_t n,
                                      struct wn_compare_plan **out,
                                      struct wn_error *err)
{
    struct wn_reader r = wn_reader_of(bytes, n);
    struct wn_compare_plan *plan = wn_alloc(sizeof *plan);
    size_t n_studies;
    enum wn_status rc = WN_OK;

    if (!plan)
        return no_memory(err);
    plan->name = wn_get_str(&r, &plan->arena);
    plan->job_dir = wn_get_str(&r, &plan->arena);
    plan->seed = wn_get_u64(&r);
    plan->first_seed = wn_get_int(&r);
    plan->n_seeds = wn_get_int(&r);
    plan->n_ranks = wn_get_int(&r);
    plan->trains = wn_get_u8(&r) != 0;
    n_studies = wn_get_count(&r, 1);
    for (size_t i = 0; rc == WN_OK && i < n_studies && !r.failed; i++)
        rc = decode_study(&r, plan, err);
    if (rc == WN_OK && r.is_starved)
        rc = no_memory(err);
    if (rc == WN_OK && !wn_reader_is_done(&r))
        rc = wn_fail(err, WN_ECORRUPT, "rank 0 sent no comparison");
    if (rc == WN_OK)
        *out = plan;
    else
        wn_compare_plan_destroy(plan);
    return rc;
}

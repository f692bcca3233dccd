/* cell.c - see cell.h. */
#include "compare/cell.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/report.h"
#include "simulate/sim.h"

static enum wn_status no_memory(struct wn_error *err)
{
    return wn_fail(err, WN_ENOMEM, "no memory for a run of a comparison");
}

/* --- the trajectory --- */

/* A report or the configuring of a trial. */
struct moment {
    int64_t time_ms;
    double loss;      /* infinite: none, or one that is no number to get better than */
    int64_t resource; /* new units */
    int is_report;
};

static int by_time(const void *a, const void *b)
{
    const struct moment *p = a, *q = b;

    return (p->time_ms > q->time_ms) - (p->time_ms < q->time_ms);
}

static struct moment *gather(const struct wn_history *history, size_t *n)
{
    uint32_t n_trials = wn_history_n_trials(history);
    size_t room = n_trials;
    struct moment *moments;

    for (uint32_t i = 0; i < n_trials; i++)
        room += wn_history_trial(history, i)->n_reports;
    moments = wn_alloc_array(room + 1, sizeof *moments);
    *n = 0;
    for (uint32_t i = 0; moments && i < n_trials; i++) {
        const struct wn_trial *trial = wn_history_trial(history, i);
        int64_t before = trial->source.resource;

        if (trial->cells)
            moments[(*n)++] = (struct moment){trial->planned_ms, (double)INFINITY, 0, 0};
        for (uint32_t k = 0; k < trial->n_reports; k++) {
            const struct wn_report *report = &trial->reports[k];

            moments[(*n)++] = (struct moment){report->time_ms, report->loss,
                                              report->resource - before, 1};
            before = report->resource;
        }
    }
    if (moments)
        qsort(moments, *n, sizeof *moments, by_time);
    return moments;
}

/* Walk the moments; `points` has room for all. */
static void walk(const struct wn_history *history,
                 const struct moment *moments,
                 size_t n,
                 struct wn_comparison_point *points,
                 struct wn_comparison_cell *out)
{
    double best = (double)INFINITY;

    for (size_t i = 0; i < n;) {
        int64_t now = moments[i].time_ms;
        double before = best;

        for (; i < n && moments[i].time_ms == now; i++) {
            if (moments[i].loss < best)
                best = moments[i].loss;
            out->resource += moments[i].resource;
            out->n_reports += moments[i].is_report;
            out->n_trials += !moments[i].is_report;
        }
        if (best < before && isfinite(best))
            points[out->n_points++] =
                (struct wn_comparison_point){.time_s = (double)now / 1000,
                                             .value = wn_history_metric_of(history, best),
                                             .resource = out->resource,
                                             .n_trials = out->n_trials,
                                             .n_reports = out->n_reports};
    }
}

enum wn_status wn_compare_trajectory(const struct wn_study *study,
                                     struct wn_arena *arena,
                                     struct wn_comparison_cell *out,
                                     struct wn_error *err)
{
    const struct wn_history *history = wn_study_history(study);
    struct wn_buf end = {0};
    size_t n;
    struct moment *moments = gather(history, &n);
    struct wn_comparison_point *points = wn_arena_alloc(arena, (n + 1) * sizeof *points);

    *out = (struct wn_comparison_cell){.points = points};
    wn_report_end_text(study, &end);
    out->end = wn_arena_strdup(arena, wn_buf_text(&end));
    out->end_s = (double)wn_study_time_ms(study) / 1000;
    if (moments && points)
        walk(history, moments, n, points, out);
    wn_free(moments);
    wn_buf_release(&end);
    return moments && points && out->end ? WN_OK : no_memory(err);
}

/* --- the run --- */

void wn_compare_bench_release(struct wn_compare_bench *bench)
{
    if (bench->study)
        wn_job_unload(bench->study->job);
    bench->study = NULL;
}

static enum wn_status take_bench(struct wn_compare_bench *bench,
                                 const struct wn_compare_study *study,
                                 struct wn_error *err)
{
    if (bench->study != study)
        wn_compare_bench_release(bench);
    bench->study = study;
    return wn_job_load(study->job, err);
}

enum wn_status wn_compare_cell_job(const struct wn_compare_plan *plan,
                                   size_t index,
                                   int64_t number,
                                   struct wn_job **out,
                                   struct wn_error *err)
{
    return wn_job_reseed(plan->studies.at[index].job,
                         (uint64_t)wn_compare_seed(plan->seed, number), out, err);
}

static enum wn_status simulate(const struct wn_job *job,
                               size_t n_slots,
                               struct wn_arena *arena,
                               struct wn_comparison_cell *out,
                               struct wn_error *err)
{
    struct wn_problems problems = {0};
    struct wn_store *store = NULL;
    struct wn_sim *sim = NULL;
    enum wn_opening opening = WN_OPENING_NEW;
    struct wn_sim_config cfg = {.job = job, .n_workers = 1, .n_slots = n_slots};
    enum wn_status rc = wn_store_create_memory(&store, err);

    cfg.store = store;
    if (rc == WN_OK)
        rc = wn_sim_open(&cfg, &opening, &problems, &sim, err);
    if (rc == WN_OK)
        rc = wn_sim_run(sim, err);
    if (rc == WN_OK)
        rc = wn_compare_trajectory(wn_coord_study(wn_sim_coord(sim)), arena, out, err);
    wn_sim_destroy(sim);
    wn_store_destroy(store);
    wn_problems_release(&problems);
    return rc;
}

static enum wn_status run_virtual(const struct wn_compare_plan *plan,
                                  struct wn_compare_bench *bench,
                                  size_t index,
                                  int64_t number,
                                  struct wn_arena *arena,
                                  struct wn_comparison_cell *out,
                                  struct wn_error *err)
{
    const struct wn_compare_study *study = &plan->studies.at[index];
    struct wn_job *job = NULL;
    enum wn_status rc = take_bench(bench, study, err);

    if (rc == WN_OK)
        rc = wn_compare_cell_job(plan, index, number, &job, err);
    if (rc == WN_OK)
        rc = simulate(job, (size_t)study->n_workers, arena, out, err);
    wn_job_destroy(job);
    return rc;
}

enum wn_status wn_compare_run_cell(const struct wn_compare_plan *plan,
                                   struct wn_compare_bench *bench,
                                   size_t index,
                                   int64_t number,
                                   struct wn_arena *arena,
                                   struct wn_comparison_cell *out,
                                   struct wn_error *err)
{
    const struct wn_compare_study *study = &plan->studies.at[index];
    struct wn_error said = {0};
    enum wn_status rc;

    if (study->job->runner->works_in_virtual_time)
        rc = run_virtual(plan, bench, index, number, arena, out, &said);
    else if (bench->train)
        rc = bench->train(bench->arg, plan, index, number, arena, out, &said);
    else
        rc = wn_fail(&said, WN_EINVAL, "there is nobody to train for real");
    if (rc != WN_OK)
        return wn_fail(err, rc, "%s on %s, seed %lld: %s", study->method,
                       study->benchmark, (long long)number, said.text);
    out->study = index;
    out->number = number;
    out->seed = wn_compare_seed(plan->seed, number);
    return WN_OK;
}

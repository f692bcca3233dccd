/* simulate.c - 10^5 function trials on 1,000 virtual workers under ASHA, nothing kept. */
#include <stdio.h>

#include "bench.h"
#include "simulate/sim.h"

#define N_TRIALS  100000
#define N_WORKERS 1000

static const char job_text[] =
    "{\"name\": \"simulate\", \"trial\": {\"runner\": \"function\", \"unit_time\": 60,"
    " \"spread\": 3, \"noise\": 0.05},"
    " \"space\": {\"lr\": {\"type\": \"float\", \"low\": 1e-4, \"high\": 1, \"scale\":"
    " \"log\"}, \"width\": {\"type\": \"int\", \"low\": 8, \"high\": 4096}},"
    " \"metric\": {\"name\": \"loss\"}, \"resource\": {\"max\": 27},"
    " \"scheduler\": {\"type\": \"asha\", \"variant\": \"%s\"},"
    " \"stop\": {\"trials_started\": %d}}";

static enum wn_status simulate(const struct wn_job *job,
                               struct wn_totals *totals,
                               double *seconds,
                               double *cpu_s,
                               struct wn_error *err)
{
    struct wn_sim_config cfg = {
        .job = job, .n_workers = N_WORKERS, .n_slots = 1, .delay_us = 1000};
    struct wn_problems problems = {0};
    struct wn_sim *sim = NULL;
    enum wn_opening opening;
    double begin = bench_now_s(), cpu_begin = bench_own_cpu_s();
    enum wn_status rc = wn_store_create_memory(&cfg.store, err);

    if (!rc)
        rc = wn_sim_open(&cfg, &opening, &problems, &sim, err);
    if (!rc)
        rc = wn_sim_run(sim, err);
    if (!rc && !wn_sim_is_done(sim))
        rc = wn_fail(err, WN_ESYSTEM, "the study did not end");
    *seconds = bench_now_s() - begin;
    *cpu_s = bench_own_cpu_s() - cpu_begin;
    if (!rc)
        *totals = wn_history_totals(wn_study_history(wn_coord_study(wn_sim_coord(sim))));
    wn_sim_destroy(sim);
    wn_store_destroy(cfg.store);
    wn_problems_release(&problems);
    return rc;
}

static enum wn_status measure_variant(struct bench *bench,
                                      const char *variant,
                                      struct wn_error *err)
{
    struct wn_job *job = NULL;
    struct wn_totals totals = {0};
    struct wn_json *figure;
    char text[1024], key[64];
    double seconds = 0, cpu_s = 0;
    enum wn_status rc;

    (void)snprintf(text, sizeof text, job_text, variant, N_TRIALS);
    rc = bench_job(text, &job, err);
    if (!rc)
        rc = simulate(job, &totals, &seconds, &cpu_s, err);
    wn_job_destroy(job);
    if (rc)
        return rc;
    (void)snprintf(key, sizeof key, "simulate_%s_s", variant);
    figure = bench_figure(bench, key, seconds, "s", GOAL_AT_MOST, 5);
    bench_detail(figure, "cpu_s", cpu_s);
    bench_detail(figure, "trials", (double)totals.n_configured);
    bench_detail(figure, "reports", (double)totals.n_reports);
    return WN_OK;
}

static enum wn_status measure(struct bench *bench, struct wn_error *err)
{
    enum wn_status rc = measure_variant(bench, "promotion", err);

    return rc ? rc : measure_variant(bench, "stopping", err);
}

const struct bench_measurement bench_simulate = {
    .name = "simulate",
    .summary = "10^5 function trials on 1,000 virtual workers under ASHA",
    .measure = measure,
};

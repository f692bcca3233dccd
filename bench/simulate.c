/* simulate.c - function trials in virtual time under ASHA, nothing kept: how long it takes,
 * and how that grows with the trials.
 *
 * Slots come as many workers of one slot, as on a cluster of one rank a core, and as one
 * worker of many slots, as in `winnow simulate`: the first has more messages and more of
 * the virtual clock in it, the second one heap of units.
 */
#include "simulate.h"

#include <stdio.h>

#include "base/mem.h"
#include "simulate/sim.h"

static const char job_text[] =
    "{\"name\": \"simulate\", \"trial\": {\"runner\": \"function\", \"unit_time\": 60,"
    " \"spread\": 3, \"noise\": 0.05},"
    " \"space\": {\"lr\": {\"type\": \"float\", \"low\": 1e-4, \"high\": 1, \"scale\":"
    " \"log\"}, \"width\": {\"type\": \"int\", \"low\": 8, \"high\": 4096}},"
    " \"metric\": {\"name\": \"loss\"}, \"resource\": {\"max\": 27},"
    " \"scheduler\": {\"type\": \"asha\", \"variant\": \"%s\"},"
    " \"stop\": {\"trials_started\": %d}}";

/* --- one simulation --- */

static enum wn_status run_job(const struct bench_simulation *simulation,
                              const struct wn_job *job,
                              struct bench_simulated *out,
                              struct wn_error *err)
{
    struct wn_sim_config cfg = {.job = job,
                                .n_workers = simulation->n_workers,
                                .n_slots = simulation->n_slots,
                                .delay_us = 1000};
    struct wn_problems problems = {0};
    struct wn_sim *sim = NULL;
    enum wn_opening opening;
    enum wn_status rc = wn_store_create_memory(&cfg.store, err);

    if (!rc)
        rc = wn_sim_open(&cfg, &opening, &problems, &sim, err);
    if (!rc)
        rc = wn_sim_run(sim, err);
    if (!rc && !wn_sim_is_done(sim))
        rc = wn_fail(err, WN_ESYSTEM, "the study did not end");
    if (!rc) {
        const struct wn_coord *coord = wn_sim_coord(sim);
        struct wn_totals totals =
            wn_history_totals(wn_study_history(wn_coord_study(coord)));

        out->n_trials = totals.n_configured;
        out->n_reports = totals.n_reports;
        out->n_events = wn_coord_n_events(coord);
        out->virtual_s = (double)wn_coord_study_ms(coord) / 1000;
    }
    wn_sim_destroy(sim);
    wn_store_destroy(cfg.store);
    wn_problems_release(&problems);
    return rc;
}

static enum wn_status run_here(const void *arg, void *result, struct wn_error *err)
{
    const struct bench_simulation *simulation = arg;
    struct bench_simulated *out = result;
    double begin = bench_now_s(), cpu_begin = bench_own_cpu_s(), now;
    struct wn_job *job = NULL;
    enum wn_status rc = bench_job(simulation->job_text, &job, err);

    out->job_cpu_s = bench_own_cpu_s() - cpu_begin;
    if (!rc)
        rc = run_job(simulation, job, out, err);
    out->wall_s = bench_now_s() - begin;
    out->cpu_s = bench_own_cpu_s() - cpu_begin;
    bench_resident(&now, &out->peak_bytes);
    wn_job_destroy(job);
    return rc;
}

enum wn_status bench_simulate_run(const struct bench_simulation *simulation,
                                  struct bench_simulated *out,
                                  struct wn_error *err)
{
    return bench_apart(run_here, simulation, out, sizeof *out, err);
}

enum wn_status bench_simulate_quickest(const struct bench_simulation *simulation,
                                       int n_runs,
                                       struct bench_simulated *out,
                                       struct wn_error *err)
{
    enum wn_status rc = bench_simulate_run(simulation, out, err);

    for (int i = 1; rc == WN_OK && i < n_runs; i++) {
        struct bench_simulated ran = {0};

        rc = bench_simulate_run(simulation, &ran, err);
        if (rc == WN_OK && ran.cpu_s < out->cpu_s)
            *out = ran;
    }
    return rc;
}

double bench_simulated_report_us(const struct bench_simulated *ran)
{
    return 1e6 * (ran->cpu_s - ran->job_cpu_s) / (double)ran->n_reports;
}

/* --- what is measured --- */

static enum wn_status run_asha(const char *variant,
                               int n_trials,
                               size_t n_workers,
                               size_t n_slots,
                               int n_runs,
                               struct bench_simulated *out,
                               struct wn_error *err)
{
    char text[1024];
    struct bench_simulation simulation = {text, n_workers, n_slots};

    (void)snprintf(text, sizeof text, job_text, variant, n_trials);
    return bench_simulate_quickest(&simulation, n_runs, out, err);
}

static void describe(struct wn_json *figure, const struct bench_simulated *ran)
{
    bench_detail(figure, "trials", (double)ran->n_trials);
    bench_detail(figure, "reports", (double)ran->n_reports);
    bench_detail(figure, "peak_mb", ran->peak_bytes / 1e6);
    bench_detail(figure, "virtual_h", ran->virtual_s / 3600);
}

static enum wn_status measure_variant(struct bench *bench,
                                      const char *variant,
                                      struct wn_error *err)
{
    struct bench_simulated ran = {0};
    struct wn_json *figure;
    char key[64];
    enum wn_status rc = run_asha(variant, 100000, 1000, 1, 1, &ran, err);

    if (rc)
        return rc;
    (void)snprintf(key, sizeof key, "simulate_%s_s", variant);
    figure = bench_figure(bench, key, ran.wall_s, "s", GOAL_AT_MOST, 5);
    bench_detail(figure, "cpu_s", ran.cpu_s);
    describe(figure, &ran);
    return WN_OK;
}

/* Processor time, for the goals are of one core. */
static const struct {
    const char *key;
    int n_trials;
    size_t n_workers, n_slots;
    double most_s;
} sizes[] = {
    {"10k", 10000, 64, 1, 1},
    {"10k_one_worker", 10000, 1, 64, 1},
    {"1m", 1000000, 10000, 1, 120},
    {"1m_one_worker", 1000000, 1, 10000, 120},
};

static enum wn_status measure_sizes(struct bench *bench, struct wn_error *err)
{
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct bench_simulated ran = {0};
        struct wn_json *figure;
        char key[64];
        enum wn_status rc = run_asha("promotion", sizes[i].n_trials, sizes[i].n_workers,
                                     sizes[i].n_slots, 1, &ran, err);

        if (rc)
            return rc;
        (void)snprintf(key, sizeof key, "simulate_%s_cpu_s", sizes[i].key);
        figure = bench_figure(bench, key, ran.cpu_s, "s", GOAL_AT_MOST, sizes[i].most_s);
        bench_detail(figure, "wall_s", ran.wall_s);
        describe(figure, &ran);
        (void)snprintf(key, sizeof key, "simulate_%s_reports_per_s", sizes[i].key);
        (void)bench_figure(bench, key, (double)ran.n_reports / ran.cpu_s, "1/s",
                           GOAL_NONE, 0);
        if (sizes[i].n_trials < 1000000)
            continue;
        (void)snprintf(key, sizeof key, "simulate_%s_gb", sizes[i].key);
        (void)bench_figure(bench, key, ran.peak_bytes / 1e9, "GB", GOAL_AT_MOST, 2);
    }
    return WN_OK;
}

/* The longer ones are spoilt less. */
static enum wn_status cost_of(int n_trials, double *us, struct wn_error *err)
{
    int n_runs = n_trials <= 10000 ? 9 : n_trials <= 100000 ? 3 : 1;
    struct bench_simulated ran = {0};
    enum wn_status rc = run_asha("promotion", n_trials, 64, 1, n_runs, &ran, err);

    if (!rc)
        *us = bench_simulated_report_us(&ran);
    return rc;
}

/* What a report costs, everything in it, with 64 workers and ever more trials. */
static enum wn_status measure_growth(struct bench *bench, struct wn_error *err)
{
    double first = 0, us = 0;
    struct wn_json *figure;

    for (int n_trials = 1000; n_trials <= 1000000; n_trials *= 10) {
        enum wn_status rc = cost_of(n_trials, &us, err);
        char key[64];

        if (rc)
            return rc;
        if (n_trials == 1000)
            first = us;
        (void)snprintf(key, sizeof key, "simulate_report_%d_us", n_trials);
        (void)bench_figure(bench, key, us, "us", GOAL_NONE, 0);
    }
    figure = bench_figure(bench, "simulate_growth", us / first, "", GOAL_AT_MOST, 2);
    bench_detail(figure, "log_ratio", 2); /* log 10^6 / log 10^3 */
    return WN_OK;
}

static enum wn_status measure(struct bench *bench, struct wn_error *err)
{
    enum wn_status rc = measure_variant(bench, "promotion", err);

    if (!rc)
        rc = measure_variant(bench, "stopping", err);
    if (!rc)
        rc = measure_sizes(bench, err);
    if (!rc)
        rc = measure_growth(bench, err);
    return rc ? rc : bench_simulate_tables(bench, err);
}

const struct bench_measurement bench_simulate = {
    .name = "simulate",
    .summary = "ASHA in virtual time: up to 10^6 trials, 10,000 workers; real tables",
    .measure = measure,
};

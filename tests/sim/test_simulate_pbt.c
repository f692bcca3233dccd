/* test_simulate_pbt.c - figure 2 of the PBT paper; populations that share their slots. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "simulate/sim.h"

static struct wn_error err;

/* A study that was run to its end. */
struct run {
    struct wn_job *job;
    struct wn_store *store;
    struct wn_sim *sim;
    const struct wn_study *study;
    const struct wn_history *history;
};

/* Takes the job. */
static void run_job(struct run *run, struct wn_job *job, size_t n_workers)
{
    struct wn_sim_config cfg = {.n_workers = n_workers, .n_slots = 1, .delay_us = 1000};
    struct wn_problems problems = {0};
    enum wn_opening opening;

    run->job = job;
    assert_int_equal(wn_store_create_memory(&run->store, NULL), WN_OK);
    cfg.job = run->job;
    cfg.store = run->store;
    if (wn_sim_open(&cfg, &opening, &problems, &run->sim, &err) != WN_OK ||
        wn_sim_run(run->sim, &err) != WN_OK)
        fail_msg("%s", err.text);
    assert_true(wn_sim_is_done(run->sim));
    run->study = wn_coord_study(wn_sim_coord(run->sim));
    run->history = wn_study_history(run->study);
}

static void end_run(struct run *run)
{
    wn_sim_destroy(run->sim);
    wn_store_destroy(run->store);
    wn_job_destroy(run->job);
}

/* --- figure 2 --- */

#define N_SEEDS 20
#define BEST    1.2

/* What is not as in the job file. */
struct method {
    const char *name, *sets[4];
};

static double best_of(const struct method *method, uint64_t seed)
{
    const char *sets[5] = {NULL};
    struct wn_problems problems = {0};
    struct wn_job *job = NULL;
    struct run run;
    char text[32];
    double value;
    size_t n = 0;

    (void)snprintf(text, sizeof text, "seed=%" PRIu64, seed);
    for (; n < 4 && method->sets[n]; n++)
        sets[n] = method->sets[n];
    sets[n++] = text;
    if (wn_job_read(WN_SOURCE_DIR "/jobs/pbt-toy.json", sets, n, &problems, &job, &err) !=
        WN_OK)
        fail_msg("%s: %s", method->name, problems.n ? problems.at[0] : err.text);
    wn_problems_release(&problems);
    run_job(&run, job, 2);
    value = wn_history_metric_of(run.history, wn_history_best(run.history, false)->loss);
    end_run(&run);
    return value;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

/* Of the best values that N_SEEDS studies found. */
static double median(const struct method *method)
{
    double values[N_SEEDS], middle;

    for (size_t i = 0; i < N_SEEDS; i++)
        values[i] = best_of(method, i + 1);
    qsort(values, N_SEEDS, sizeof values[0], compare);
    middle = (values[N_SEEDS / 2 - 1] + values[N_SEEDS / 2]) / 2;
    print_message("%s: median %.4f, from %.4f to %.4f\n", method->name, middle, values[0],
                  values[N_SEEDS - 1]);
    return middle;
}

static void two_members_find_the_optimum_and_neither_half_alone_does(void **state)
{
    static const struct method methods[] = {
        {"the two points of the grid",
         {"scheduler={\"type\": \"fifo\"}", "searcher={\"type\": \"random\"}",
          "stop.trials_started=2"}},
        {"exploit only", {"searcher.explore=none"}},
        {"explore only", {"scheduler.exploit=none"}},
        {"pbt", {NULL}},
        {"pbt, synchronous", {"scheduler.synchronous=true"}},
    };
    double q[sizeof methods / sizeof methods[0]];

    (void)state;
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
        q[i] = median(&methods[i]);
    assert_true(q[0] < 0.5 && q[1] < 0.5); /* on their axes */
    assert_true(q[2] > q[0] && q[2] > q[1] && q[2] < 0.99 * BEST);
    assert_true(q[3] >= 0.99 * BEST && q[3] <= BEST);
    assert_true(q[4] >= 0.99 * BEST && q[4] <= BEST);
}

/* --- more members than slots --- */

static void run_population(struct run *run,
                           const char *options,
                           double spread,
                           size_t n_workers)
{
    struct wn_problems problems = {0};
    struct wn_job *job = NULL;
    char text[1024];

    (void)snprintf(text, sizeof text,
                   "{\"name\": \"shared\", \"trial\": {\"runner\": \"function\","
                   " \"unit_time\": 60, \"spread\": %g},"
                   " \"space\": {\"x\": {\"type\": \"float\", \"low\": 0, \"high\": 1}},"
                   " \"metric\": {\"name\": \"loss\"}, \"resource\": {\"max\": 40},"
                   " \"initial\": [], \"scheduler\": {\"type\": \"pbt\", %s}}",
                   spread, options);
    if (wn_job_parse(text, strlen(text), "/", NULL, 0, &problems, &job, &err) != WN_OK)
        fail_msg("%s", problems.n ? problems.at[0] : err.text);
    wn_problems_release(&problems);
    run_job(run, job, n_workers);
}

/* Of the slots' time until the study ended, the part in which trials ran. */
static double busy(const struct run *run, size_t n_slots)
{
    double run_ms = 0;

    for (uint32_t i = 0; i < wn_history_n_trials(run->history); i++)
        run_ms += (double)wn_history_trial(run->history, i)->run_ms;
    return run_ms / ((double)n_slots * (double)wn_study_time_ms(run->study));
}

static void a_population_shares_fewer_slots(void **state)
{
    struct run run;
    struct wn_totals totals;
    double part;

    (void)state;
    run_population(&run, "\"population\": 40, \"perturbation_interval\": 2", 1, 8);
    totals = wn_history_totals(run.history);
    part = busy(&run, 8);
    print_message("%" PRIu64 " trials, %" PRId64 " units, %.1f %% busy\n",
                  totals.n_configured, totals.resource, 100 * part);
    assert_int_equal(totals.n_paused, 0);
    assert_true(totals.n_configured > 40 && totals.resource <= 40 * 40);
    assert_true(part > 0.95);
    end_run(&run);
}

static void workers_are_busy_though_trials_differ_tenfold(void **state)
{
    struct run run;
    double part;

    (void)state;
    run_population(&run, "\"population\": 1024, \"perturbation_interval\": 2", 10, 256);
    part = busy(&run, 256);
    print_message("256 workers, spread 10: %.1f %% busy\n", 100 * part);
    assert_true(part > 0.95);
    end_run(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_members_find_the_optimum_and_neither_half_alone_does),
        cmocka_unit_test(a_population_shares_fewer_slots),
        cmocka_unit_test(workers_are_busy_though_trials_differ_tenfold),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_simulate_past.c - a study's folder as a benchmark, and the study replayed over it. */
#define _GNU_SOURCE
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/mem.h"
#include "simulate/past.h"
#include "support_benchmark.h"
#include "support_run.h"

enum { ROWS = 9, UNITS = 9, SLOTS = 3 };

#define NO_DELAYS                                                                \
    ", 'start_delay': 0, 'resume_delay': 0, 'pause_delay': 0, 'stop_delay': 0, " \
    "'report_delay': 0"
#define ASHA                                                                        \
    ", 'scheduler': {'type': 'asha', 'reduction_factor': 3}, 'searcher': {'type': " \
    "'grid'}"

struct stage {
    struct sim_benchmark table;
    char dir[64];
    struct sim_run run;
};

/* A study of the job, kept in a folder. */
static void play(struct stage *stage, struct wn_job *job)
{
    struct wn_sim_config cfg = {
        .job = job, .study_dir = stage->dir, .n_workers = SLOTS, .n_slots = 1};
    struct wn_problems problems = {0};
    struct wn_error err = {0};
    enum wn_opening opening;

    stage->run.job = job;
    assert_int_equal(wn_store_create_memory(&stage->run.store, NULL), WN_OK);
    cfg.store = stage->run.store;
    if (wn_sim_open(&cfg, &opening, &problems, &stage->run.sim, &err) != WN_OK ||
        wn_sim_run(stage->run.sim, &err) != WN_OK)
        fail_msg("%s", err.text);
    assert_true(wn_sim_is_done(stage->run.sim));
}

static void open_stage(struct stage *stage)
{
    memset(stage, 0, sizeof *stage);
    strcpy(stage->dir, "/tmp/winnow-sim-past-XXXXXX");
    assert_non_null(mkdtemp(stage->dir));
}

static struct wn_job *table_job(const struct sim_benchmark *b, const char *rest)
{
    struct wn_buf text = {0};
    struct wn_job *job;

    wn_buf_addf(&text,
                "{'name': 'was', 'trial': {'runner': 'table', 'benchmark': '%s'" NO_DELAYS
                "}, 'metric': {'name': 'loss'}, 'initial': []%s}",
                b->path, rest);
    job = sim_job(wn_buf_text(&text), NULL);
    wn_buf_release(&text);
    return job;
}

static void play_table(struct stage *stage, const char *rest)
{
    open_stage(stage);
    sim_benchmark_make(&stage->table, ROWS, 1, UNITS);
    sim_benchmark_write(&stage->table);
    play(stage, table_job(&stage->table, rest));
}

static void close_stage(struct stage *stage)
{
    struct wn_error err = {0};

    sim_run_release(&stage->run);
    if (stage->table.table.params)
        sim_benchmark_release(&stage->table);
    if (wn_dir_remove(stage->dir, &err) != WN_OK)
        fail_msg("%s", err.text);
}

static struct wn_benchmark *open_past(const struct stage *stage)
{
    struct wn_benchmark *past = NULL;
    struct wn_error err = {0};

    if (wn_benchmark_open(stage->dir, NULL, &past, &err) != WN_OK)
        fail_msg("%s", err.text);
    return past;
}

static struct wn_job *past_job(const struct stage *stage,
                               const char *const *sets,
                               size_t n)
{
    struct wn_past past = {stage->dir, stage->run.job, sim_run_study(&stage->run), SLOTS};
    struct wn_problems problems = {0};
    struct wn_error err = {0};
    struct wn_job *job = NULL;

    if (wn_past_job(&past, sets, n, &problems, &job, &err) != WN_OK)
        fail_msg("%s", problems.n ? problems.at[0] : err.text);
    wn_problems_release(&problems);
    return job;
}

/* --- what is recorded --- */

/* Every row adds the same to the loss at every unit, and has its own seconds for one: so
 * what continues a row is what the table says of it. */
static void a_row_is_what_was_reported_and_goes_on_as_the_median(void **state)
{
    struct stage stage;
    struct wn_benchmark *past;
    size_t n_short = 0;

    (void)state;
    play_table(&stage, ASHA);
    past = open_past(&stage);
    assert_int_equal(past->n_configs, ROWS);
    assert_int_equal(past->n_fidelities, UNITS);
    assert_int_equal(past->n_metrics, 2);
    assert_string_equal(past->metrics[0].name, "loss");
    assert_int_equal(past->metrics[0].mode, WN_BENCHMARK_MIN);
    assert_string_equal(past->task, "study");
    for (size_t i = 0; i < ROWS; i++) {
        const struct wn_trial *trial =
            wn_history_trial(sim_run_history(&stage.run), (uint32_t)i);
        size_t row = (size_t)trial->cells[0].i;

        assert_int_equal(past->n_recorded[i], trial->n_reports);
        n_short += past->n_recorded[i] < UNITS;
        assert_true(past->configs[i] == (double)row);
        for (size_t k = 0; k < UNITS; k++) {
            double loss = wn_benchmark_at(past, &past->metrics[0], i, 0, k);
            double was = (double)*small_table_at(&stage.table.table,
                                                 stage.table.table.loss, row, 0, k);

            assert_true(fabs(loss - was) < 1e-5);
            assert_true(fabs(wn_benchmark_at(past, past->elapsed, i, 0, k) -
                             (double)((row + 1) * (k + 1))) < 1e-5);
        }
    }
    assert_true(n_short > 3 && n_short < ROWS);
    wn_benchmark_destroy(past);
    close_stage(&stage);
}

static void failures_fail_and_early_ends_end_again(void **state)
{
    struct stage stage;
    struct wn_benchmark *past;

    (void)state;
    open_stage(&stage);
    sim_benchmark_make(&stage.table, 3, 1, UNITS);
    *small_table_at(&stage.table.table, stage.table.table.loss, 1, 0, 2) = (float)NAN;
    for (size_t k = 5; k < UNITS; k++)
        *small_table_at(&stage.table.table, stage.table.table.elapsed, 2, 0, k) =
            (float)NAN;
    sim_benchmark_write(&stage.table);
    play(&stage, table_job(&stage.table, ", 'method': 'grid'"));
    past = open_past(&stage);
    for (size_t i = 0; i < 3; i++) {
        double row = past->configs[i];
        size_t n = row == 1 ? 2 : row == 2 ? 5 : UNITS;

        assert_int_equal(past->n_recorded[i], n);
        if (row == 1) {
            assert_true(isnan(wn_benchmark_at(past, &past->metrics[0], i, 0, 2)));
            assert_true(wn_benchmark_at(past, past->elapsed, i, 0, 2) == 6);
        }
        if (row == 2)
            assert_true(isnan(wn_benchmark_at(past, past->elapsed, i, 0, 5)));
    }
    wn_benchmark_destroy(past);
    close_stage(&stage);
}

/* Trials of a population: the curve of one begins with those it was forked from. */
static void the_curve_of_a_fork_begins_with_its_ancestors(void **state)
{
    struct stage stage;
    struct wn_benchmark *past;
    const struct wn_history *history;
    size_t n_forks = 0;

    (void)state;
    open_stage(&stage);
    play(&stage,
         sim_job("{'name': 'forks', 'trial': {'runner': 'function', 'function': "
                 "'pbt_toy', 'unit_time': 1}, 'space': {'h0': {'type': 'float', "
                 "'low': 0, 'high': 1}, 'h1': {'type': 'float', 'low': 0, 'high': "
                 "1}}, 'metric': {'name': 'q', 'mode': 'max'}, 'resource': {'max': "
                 "20}, 'scheduler': {'type': 'pbt', 'population': 6, "
                 "'perturbation_interval': 4}}",
                 NULL));
    past = open_past(&stage);
    history = sim_run_history(&stage.run);
    for (size_t i = 0; i < past->n_configs; i++) {
        for (uint32_t t = 0; t < wn_history_n_trials(history); t++) {
            const struct wn_trial *trial = wn_history_trial(history, t);
            const struct wn_report *before;
            size_t k = 0;

            if (!trial->cells || !trial->source.resource || !trial->n_reports ||
                trial->cells[0].f != past->configs[2 * i] ||
                trial->cells[1].f != past->configs[2 * i + 1])
                continue;
            before = wn_history_report_at(history, trial->source.trial,
                                          trial->source.resource);
            if (!before)
                continue;
            while (past->fidelity[k] < (double)trial->source.resource)
                k++;
            assert_true(wn_benchmark_at(past, &past->metrics[0], i, 0, k) ==
                        (double)(float)-before->loss);
            assert_true(wn_benchmark_at(past, past->elapsed, i, 0, k) == (double)(k + 1));
            n_forks++;
        }
    }
    assert_int_equal(n_forks, 3);
    wn_benchmark_destroy(past);
    close_stage(&stage);
}

static void nothing_recorded_is_refused(void **state)
{
    struct stage stage;
    struct wn_benchmark *past = NULL;
    struct wn_error err = {0};

    (void)state;
    open_stage(&stage);
    assert_int_equal(wn_benchmark_open(stage.dir, NULL, &past, &err), WN_EINVAL);
    assert_non_null(strstr(err.text, "no study: there is no journal in it"));
    assert_int_equal(wn_dir_remove(stage.dir, &err), WN_OK);

    play_table(&stage, ASHA);
    assert_int_equal(wn_benchmark_open(stage.dir, "other", &past, &err), WN_EINVAL);
    assert_non_null(strstr(err.text, "its only task is \"study\""));
    close_stage(&stage);
}

static void survives_the_failure_of_any_allocation(void **state)
{
    struct stage stage;
    enum wn_status rc = WN_ENOMEM;

    (void)state;
    play_table(&stage, ASHA);
    for (uint64_t n = 1; rc == WN_ENOMEM && n < 100000; n += 1 + n / 50) {
        struct wn_benchmark *past = NULL;
        struct wn_error err = {0};

        wn_mem_fail_after(n);
        rc = wn_benchmark_open(stage.dir, NULL, &past, &err);
        wn_mem_fail_after(0);
        wn_benchmark_destroy(past);
    }
    assert_int_equal(rc, WN_OK);
    close_stage(&stage);
}

/* --- replayed --- */

static struct sim_run replay(const struct stage *stage, const char *const *sets, size_t n)
{
    return sim_run_job(past_job(stage, sets, n), SLOTS);
}

static const struct wn_trial *trial_with(const struct sim_run *run, int64_t value)
{
    const struct wn_history *history = sim_run_history(run);

    for (uint32_t t = 0; t < wn_history_n_trials(history); t++)
        if (wn_history_trial(history, t)->cells &&
            wn_history_trial(history, t)->cells[0].i == value)
            return wn_history_trial(history, t);
    fail_msg("no trial has %lld", (long long)value);
    return NULL;
}

/* Who was taken further than then, and nobody else, is said to have been continued. */
static void those_that_go_beyond_are_named(void **state)
{
    static const char *const sets[] = {"scheduler.reduction_factor=2"};
    struct stage stage;
    struct sim_run again;
    const struct wn_history *history;
    size_t n_beyond = 0;

    (void)state;
    play_table(&stage, ASHA);
    again = replay(&stage, sets, 1);
    history = sim_run_history(&again);
    assert_int_equal(wn_history_totals(history).n_configured, ROWS);
    for (uint32_t t = 0; t < ROWS; t++) {
        const struct wn_trial *trial = wn_history_trial(history, t);
        const struct wn_trial *was = trial_with(&stage.run, trial->cells[0].i);
        bool is_beyond = trial->n_reports > was->n_reports;

        n_beyond += is_beyond;
        assert_int_equal(wn_sim_made_up(again.sim, t),
                         is_beyond ? WN_MADE_UP_CONTINUED : 0);
        for (uint32_t k = 0; k < trial->n_reports && k < was->n_reports; k++)
            assert_true((float)trial->reports[k].loss == (float)was->reports[k].loss);
    }
    assert_true(n_beyond > 0 && n_beyond < ROWS);
    sim_run_release(&again);
    close_stage(&stage);
}

/* Equal settings, equal configurations in equal order, one slot: the same decisions. */
static void the_same_settings_take_the_same_decisions(void **state)
{
    struct stage stage;
    struct sim_run again;
    const struct wn_history *was, *now;

    (void)state;
    play_table(&stage, ASHA);
    again = sim_run_job(past_job(&stage, NULL, 0), SLOTS);
    was = sim_run_history(&stage.run);
    now = sim_run_history(&again);
    for (uint32_t t = 0; t < ROWS; t++) {
        const struct wn_trial *a = wn_history_trial(was, t),
                              *b = wn_history_trial(now, t);

        assert_int_equal(a->cells[0].i, b->cells[0].i);
        assert_int_equal(a->n_reports, b->n_reports);
        assert_int_equal(wn_sim_made_up(again.sim, t), 0);
        for (uint32_t k = 0; k < a->n_reports; k++)
            assert_int_equal(a->reports[k].verdict, b->reports[k].verdict);
    }
    sim_run_release(&again);
    close_stage(&stage);
}

static void a_past_job_survives_the_failure_of_any_allocation(void **state)
{
    struct stage stage;
    enum wn_status rc = WN_ENOMEM;

    (void)state;
    play_table(&stage, ASHA);
    for (uint64_t n = 1; rc == WN_ENOMEM && n < 1000000; n += 1 + n / 40) {
        struct wn_past past = {stage.dir, stage.run.job, sim_run_study(&stage.run),
                               SLOTS};
        struct wn_problems problems = {0};
        struct wn_error err = {0};
        struct wn_job *job = NULL;

        wn_mem_fail_after(n);
        rc = wn_past_job(&past, NULL, 0, &problems, &job, &err);
        wn_mem_fail_after(0);
        if (rc != WN_OK && rc != WN_ENOMEM)
            fail_msg("allocation %llu: %s", (unsigned long long)n,
                     problems.n ? problems.at[0] : err.text);
        wn_job_destroy(job);
        wn_problems_release(&problems);
    }
    assert_int_equal(rc, WN_OK);
    close_stage(&stage);
}

/* A space with conditions, in which the first row lacks a parameter, and initial trials. */
static void conditions_and_initial_configurations_are_kept(void **state)
{
    static const char job[] =
        "{'name': 'when', 'trial': {'runner': 'function', 'unit_time': 1}, 'space': {"
        "'opt': {'type': 'categorical', 'values': ['adam', 'sgd']}, "
        "'lr': {'type': 'float', 'low': 1e-4, 'high': 1, 'scale': 'log'}, "
        "'momentum': {'type': 'float', 'low': 0, 'high': 0.9, 'when': {'opt': "
        "['sgd']}}}, "
        "'metric': {'name': 'loss'}, 'resource': {'max': 9}, 'method': 'asha', "
        "'initial': [{'opt': 'adam'}, {'opt': 'sgd'}], 'stop': {'trials_started': 12}}";
    struct stage stage;
    struct sim_run again;

    (void)state;
    open_stage(&stage);
    play(&stage, sim_job(job, NULL));
    again = replay(&stage, NULL, 0);
    assert_int_equal(again.job->n_initial, 2);
    assert_int_equal(wn_space_n_allowed(again.job->space), 12);
    assert_int_equal(wn_history_totals(sim_run_history(&again)).n_configured, 12);
    for (uint32_t t = 0; t < 2; t++)
        assert_true(wn_config_equal(
            again.job->space, wn_history_trial(sim_run_history(&again), t)->cells,
            wn_history_trial(sim_run_history(&stage.run), t)->cells));
    sim_run_release(&again);
    close_stage(&stage);
}

static void what_was_never_tried_is_answered_by_the_nearest_and_named(void **state)
{
    static const char job[] =
        "{'name': 'near', 'trial': {'runner': 'function', 'unit_time': 1}, 'space': {"
        "'lr': {'type': 'float', 'low': 0, 'high': 1}}, 'metric': {'name': 'loss'}, "
        "'resource': {'max': 9}, 'method': 'random', 'stop': {'trials_started': 10}}";
    static const char *const sets[] = {"trial.surrogate=nearest", "seed=5",
                                       "stop.trials_started=20"};
    struct stage stage;
    struct sim_run again;

    (void)state;
    open_stage(&stage);
    play(&stage, sim_job(job, NULL));
    again = replay(&stage, sets, 3);
    assert_int_equal(wn_history_totals(sim_run_history(&again)).n_configured, 20);
    for (uint32_t t = 1; t < 20; t++) /* the first is the middle in both */
        assert_int_equal(wn_sim_made_up(again.sim, t), WN_MADE_UP_NEAREST);
    assert_int_equal(wn_sim_made_up(again.sim, 0), 0);
    sim_run_release(&again);
    close_stage(&stage);
}

/* --set method=... has the study's own scheduler and searcher out of its way. */
static void another_method_replaces_scheduler_and_searcher(void **state)
{
    static const char *const sets[] = {"method=random"};
    struct stage stage;
    struct wn_job *job;

    (void)state;
    play_table(&stage, ASHA);
    job = past_job(&stage, sets, 1);
    assert_string_equal(job->sched->name, "fifo");
    assert_string_equal(job->search->name, "random");
    wn_job_destroy(job);
    close_stage(&stage);
}

/* What the study was allowed stays a limit where the nearest of what it tried may answer. */
static void a_restriction_outlives_the_nearest_row(void **state)
{
    static const char *const sets[] = {
        "trial.surrogate=nearest", "trial.surrogate=\"nearest\"", "trial.surrogate=none"};
    struct stage stage;
    char trial[160];
    const char *const whole = trial;
    struct wn_job *job;

    (void)state;
    play_table(&stage,
               ", 'restrict_configurations': [{'x': 1}, {'x': 4}, {'x': 7}, {'x': 8}],"
               " 'method': 'grid', 'stop': {'trials_started': 2}");
    job = past_job(&stage, sets, 0);
    assert_int_equal(wn_space_n_allowed(job->space), 2); /* tried */
    assert_int_equal(wn_values_ms(job->trial, "start_delay"), 0);
    wn_job_destroy(job);
    for (size_t i = 0; i < 2; i++) {
        job = past_job(&stage, &sets[i], 1);
        assert_int_equal(wn_space_n_allowed(job->space), 4);
        wn_job_destroy(job);
    }
    job = past_job(&stage, sets, 3); /* the last word */
    assert_int_equal(wn_space_n_allowed(job->space), 2);
    wn_job_destroy(job);
    snprintf(trial, sizeof trial, "trial={\"runner\": \"table\", \"benchmark\": \"%s\"}",
             stage.dir);
    job = past_job(&stage, &whole, 1); /* the nearest is the default */
    assert_int_equal(wn_space_n_allowed(job->space), 4);
    wn_job_destroy(job);
    close_stage(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_is_what_was_reported_and_goes_on_as_the_median),
        cmocka_unit_test(failures_fail_and_early_ends_end_again),
        cmocka_unit_test(the_curve_of_a_fork_begins_with_its_ancestors),
        cmocka_unit_test(nothing_recorded_is_refused),
        cmocka_unit_test(survives_the_failure_of_any_allocation),
        cmocka_unit_test(those_that_go_beyond_are_named),
        cmocka_unit_test(the_same_settings_take_the_same_decisions),
        cmocka_unit_test(a_past_job_survives_the_failure_of_any_allocation),
        cmocka_unit_test(conditions_and_initial_configurations_are_kept),
        cmocka_unit_test(what_was_never_tried_is_answered_by_the_nearest_and_named),
        cmocka_unit_test(another_method_replaces_scheduler_and_searcher),
        cmocka_unit_test(a_restriction_outlives_the_nearest_row),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_simulate_plan.c - what a study will need: the figures of a run whose sum is known. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "simulate/plan.h"
#include "support_run.h"

#define HOUR_US INT64_C(3600000000)

static struct wn_plan_result run_plan(const struct wn_job *job,
                                      size_t n_slots,
                                      int64_t until_us)
{
    struct wn_campaign_config cfg = {
        .sim = {.job = job, .n_workers = 1, .n_slots = n_slots}, .until_us = until_us};
    struct wn_plan_result result;
    struct wn_error err = {0};

    assert_int_equal(wn_store_create_memory(&cfg.sim.store, NULL), WN_OK);
    if (wn_plan_run(&cfg, &result, &err) != WN_OK)
        fail_msg("%s", err.text);
    wn_store_destroy(cfg.sim.store);
    return result;
}

static struct wn_job *plan_of(const struct wn_job *job,
                              const struct wn_plan_trials *trials)
{
    struct wn_problems problems = {0};
    struct wn_error err = {0};
    struct wn_job *made = NULL;

    if (wn_plan_job(job, trials, &problems, &made, &err) != WN_OK)
        fail_msg("%s", problems.n ? problems.at[0] : err.text);
    return made;
}

#define PROGRAM                                                                     \
    "{'name': 'train', 'trial': {'command': ['/bin/true'], 'cores': 4}, 'space': {" \
    "'x': {'type': 'float', 'low': 0, 'high': 1}}, 'metric': {'name': 'accuracy', " \
    "'mode': 'max'}, "

/* 12 trials of 9 units of 10 minutes on 3 slots of 4 cores: 4 rounds of an hour and a half. */
static void a_program_is_planned_with_a_pace(void **state)
{
    static const struct wn_plan_trials trials = {.unit_seconds = 600, .spread = 1};
    struct wn_job *job =
        sim_job(PROGRAM "'resource': {'max': 9}, 'method': 'random', 'seed': 11, "
                        "'stop': {'trials_started': 12, 'metric': 0.9}}",
                NULL);
    struct wn_job *made = plan_of(job, &trials);
    struct wn_plan_result result = run_plan(made, 3, 0);

    (void)state;
    assert_string_equal(made->runner->name, "function");
    assert_int_equal(made->seed, 11);
    assert_true(made->is_maximised);
    assert_false(wn_values_is_set(made->stop, "metric")); /* values are made up */
    assert_true(result.is_closed);
    assert_true(result.at[WN_PLAN_STARTED] == 12 && result.at[WN_PLAN_COMPLETED] == 12);
    assert_true(result.at[WN_PLAN_UNITS] == 108 && result.at[WN_PLAN_WASTED] == 0);
    assert_true(result.at[WN_PLAN_END] == 4 * 5400);
    assert_true(fabs(result.at[WN_PLAN_BUSY] - 4 * 18) < 1e-9);
    assert_true(fabs(result.at[WN_PLAN_CORES] - 4 * 18) < 1e-9);
    assert_true(result.at[WN_PLAN_IDLE] < 1e-9);
    assert_true(result.at[WN_PLAN_SAVED] == 12); /* at the only milestone */
    wn_plan_release(&result);
    wn_job_destroy(made);
    wn_job_destroy(job);
}

static void one_looks_no_further_than_asked(void **state)
{
    static const struct wn_plan_trials trials = {.unit_seconds = 600, .spread = 1};
    struct wn_job *job = sim_job(
        PROGRAM
        "'resource': {'max': 9}, 'method': 'random', 'stop': {'trials_started': 12}}",
        NULL);
    struct wn_job *made = plan_of(job, &trials);
    struct wn_plan_result result = run_plan(made, 3, 2 * HOUR_US + HOUR_US / 120 * 11);

    (void)state;
    assert_false(result.is_closed);
    assert_true(result.at[WN_PLAN_COMPLETED] == 3);
    assert_true(result.at[WN_PLAN_UNITS] == 3 * 12);
    /* until then, also where nothing happens at that moment */
    assert_true(result.at[WN_PLAN_END] == 2 * 3600 + 330);
    assert_true(fabs(result.at[WN_PLAN_CORES] - 12 * (2 + 11.0 / 120)) < 1e-9);
    assert_true(fabs(result.at[WN_PLAN_BUSY] - result.at[WN_PLAN_CORES]) < 1e-9);
    assert_true(fabs(result.progress - 0.5) < 1e-9); /* 6 of 12 are started */
    wn_plan_release(&result);
    wn_job_destroy(made);
    wn_job_destroy(job);
}

static void why_a_study_ended_is_told(void **state)
{
    static const struct wn_plan_trials trials = {.unit_seconds = 600, .spread = 1};
    struct wn_job *job = sim_job(
        PROGRAM "'resource': {'max': 9}, 'method': 'random', 'stop': {'time': '1h', "
                "'trials_started': 12}}",
        NULL);
    struct wn_job *made = plan_of(job, &trials);
    struct wn_plan_result result = run_plan(made, 3, 12 * HOUR_US);

    (void)state;
    assert_true(result.is_closed);
    assert_int_equal(result.reason, WN_STOP_CRITERION);
    assert_string_equal(result.criterion, "time");
    assert_in_range((int)result.at[WN_PLAN_END], 3600, 4200);
    wn_plan_release(&result);
    wn_job_destroy(made);
    wn_job_destroy(job);
}

/* A job that was drained and waits in the queue again is no end. */
static void a_study_in_the_queue_is_not_at_its_end(void **state)
{
    static const struct wn_plan_trials trials = {.unit_seconds = 600, .spread = 1};
    struct wn_job *job = sim_job(
        PROGRAM
        "'resource': {'max': 9}, 'method': 'random', 'stop': {'trials_started': 12}}",
        NULL);
    struct wn_job *made = plan_of(job, &trials);
    struct wn_campaign_config cfg = {.sim = {.job = made, .n_workers = 1, .n_slots = 3},
                                     .until_us = 5 * HOUR_US,
                                     .job_us = HOUR_US,
                                     .drain_us = HOUR_US / 4,
                                     .wait_us = 10 * HOUR_US};
    struct wn_plan_result result;

    (void)state;
    assert_int_equal(wn_store_create_memory(&cfg.sim.store, NULL), WN_OK);
    assert_int_equal(wn_plan_run(&cfg, &result, NULL), WN_OK);
    assert_false(result.is_closed);
    assert_true(result.at[WN_PLAN_END] == 5 * 3600);
    /* 3 slots of 4 cores until the last trial is paused */
    assert_true(result.at[WN_PLAN_CORES] > 9 && result.at[WN_PLAN_CORES] <= 12);
    wn_plan_release(&result);
    wn_store_destroy(cfg.sim.store);
    wn_job_destroy(made);
    wn_job_destroy(job);
}

/* Rungs of ASHA: of 27 trials with eta 3 a third goes on, and of each rung the checkpoints
 * of those that may still be promoted are kept. */
static void rungs_and_checkpoints_are_counted(void **state)
{
    static const struct wn_plan_trials trials = {.unit_seconds = 60, .spread = 2};
    struct wn_job *job = sim_job(
        PROGRAM
        "'resource': {'max': 27}, 'method': 'asha', 'stop': {'trials_started': 27}}",
        NULL);
    struct wn_job *made = plan_of(job, &trials);
    struct wn_plan_result result = run_plan(made, 4, 0);

    (void)state;
    assert_int_equal(result.rungs.n, 4);
    assert_int_equal(result.rungs.at[0].resource, 1);
    assert_int_equal(result.rungs.at[0].n_entered, 27);
    assert_in_range(result.rungs.at[0].n_promoted, 9, 14);
    for (size_t i = 1; i < 4; i++)
        assert_int_equal(result.rungs.at[i].n_entered, result.rungs.at[i - 1].n_promoted);
    assert_true(result.at[WN_PLAN_SAVED] ==
                (double)(result.rungs.at[0].n_entered + result.rungs.at[1].n_entered +
                         result.rungs.at[2].n_entered + result.rungs.at[3].n_entered));
    assert_true(result.at[WN_PLAN_KEPT] > 10 &&
                result.at[WN_PLAN_KEPT] < result.at[WN_PLAN_SAVED]);
    wn_plan_release(&result);
    wn_job_destroy(made);
    wn_job_destroy(job);
}

/* A job in virtual time stands for itself. */
static void a_function_keeps_its_own_trials(void **state)
{
    static const struct wn_plan_trials trials = {.unit_seconds = 1, .spread = 1};
    struct wn_job *job = sim_job(
        "{'name': 'f', 'trial': {'runner': 'function', 'unit_time': 77}, 'space': "
        "{'x': {'type': 'float', 'low': 0, 'high': 1}}, 'metric': {'name': 'loss'}, "
        "'resource': {'max': 3}, 'stop': {'trials_started': 2}}",
        NULL);
    struct wn_job *made = plan_of(job, &trials);

    (void)state;
    assert_int_equal(wn_values_ms(made->trial, "unit_time"), 77000);
    wn_job_destroy(made);
    wn_job_destroy(job);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_program_is_planned_with_a_pace),
        cmocka_unit_test(one_looks_no_further_than_asked),
        cmocka_unit_test(why_a_study_ended_is_told),
        cmocka_unit_test(a_study_in_the_queue_is_not_at_its_end),
        cmocka_unit_test(rungs_and_checkpoints_are_counted),
        cmocka_unit_test(a_function_keeps_its_own_trials),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

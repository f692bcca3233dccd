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

/* A job, what is planned of it, and one run of that. */
struct planned {
    struct wn_job *job, *made;
    struct wn_plan_result result;
};

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

/* `cfg` without the job, the slots and the store. */
static struct planned plan(const char *quoted,
                           const struct wn_plan_trials *trials,
                           size_t n_slots,
                           struct wn_campaign_config cfg)
{
    struct planned p = {.job = sim_job(quoted, NULL)};
    struct wn_error err = {0};

    p.made = plan_of(p.job, trials);
    cfg.sim = (struct wn_sim_config){.job = p.made, .n_workers = 1, .n_slots = n_slots};
    assert_int_equal(wn_store_create_memory(&cfg.sim.store, NULL), WN_OK);
    if (wn_plan_run(&cfg, &p.result, &err) != WN_OK)
        fail_msg("%s", err.text);
    wn_store_destroy(cfg.sim.store);
    return p;
}

static void release(struct planned *p)
{
    wn_plan_release(&p->result);
    wn_job_destroy(p->made);
    wn_job_destroy(p->job);
}

#define PROGRAM                                                                     \
    "{'name': 'train', 'trial': {'command': ['/bin/true'], 'cores': 4}, 'space': {" \
    "'x': {'type': 'float', 'low': 0, 'high': 1}}, 'metric': {'name': 'accuracy', " \
    "'mode': 'max'}, "

static const struct wn_plan_trials ten_minutes = {.unit_seconds = 600, .spread = 1};
#define TWELVE \
    PROGRAM    \
    "'resource': {'max': 9}, 'method': 'random', 'stop': {'trials_started': 12}}"

/* 12 trials of 9 units of 10 minutes on 3 slots of 4 cores: 4 rounds of an hour and a half. */
static void a_program_is_planned_with_a_pace(void **state)
{
    struct planned p =
        plan(PROGRAM "'resource': {'max': 9}, 'method': 'random', 'seed': 11, "
                     "'stop': {'trials_started': 12, 'metric': 0.9}}",
             &ten_minutes, 3, (struct wn_campaign_config){0});

    (void)state;
    assert_string_equal(p.made->runner->name, "function");
    assert_int_equal(p.made->seed, 11);
    assert_true(p.made->is_maximised);
    assert_false(wn_values_is_set(p.made->stop, "metric")); /* values are made up */
    assert_true(p.result.is_closed);
    assert_true(p.result.at[WN_PLAN_STARTED] == 12 &&
                p.result.at[WN_PLAN_COMPLETED] == 12);
    assert_true(p.result.at[WN_PLAN_UNITS] == 108 && p.result.at[WN_PLAN_WASTED] == 0);
    assert_true(p.result.at[WN_PLAN_END] == 4 * 5400);
    assert_true(fabs(p.result.at[WN_PLAN_BUSY] - 4 * 18) < 1e-9);
    assert_true(fabs(p.result.at[WN_PLAN_CORES] - 4 * 18) < 1e-9);
    assert_true(p.result.at[WN_PLAN_IDLE] < 1e-9);
    assert_true(p.result.at[WN_PLAN_SAVED] == 12); /* at the only milestone */
    release(&p);
}

static void one_looks_no_further_than_asked(void **state)
{
    struct planned p =
        plan(TWELVE, &ten_minutes, 3,
             (struct wn_campaign_config){.until_us = 2 * HOUR_US + HOUR_US / 120 * 11});

    (void)state;
    assert_false(p.result.is_closed);
    assert_true(p.result.at[WN_PLAN_COMPLETED] == 3);
    assert_true(p.result.at[WN_PLAN_UNITS] == 3 * 12);
    /* until then, also where nothing happens at that moment */
    assert_true(p.result.at[WN_PLAN_END] == 2 * 3600 + 330);
    assert_true(fabs(p.result.at[WN_PLAN_CORES] - 12 * (2 + 11.0 / 120)) < 1e-9);
    assert_true(fabs(p.result.at[WN_PLAN_BUSY] - p.result.at[WN_PLAN_CORES]) < 1e-9);
    assert_true(fabs(p.result.progress - 0.5) < 1e-9); /* 6 of 12 are started */
    release(&p);
}

static void why_a_study_ended_is_told(void **state)
{
    struct planned p =
        plan(PROGRAM "'resource': {'max': 9}, 'method': 'random', 'stop': {'time': '1h', "
                     "'trials_started': 12}}",
             &ten_minutes, 3, (struct wn_campaign_config){.until_us = 12 * HOUR_US});

    (void)state;
    assert_true(p.result.is_closed);
    assert_int_equal(p.result.reason, WN_STOP_CRITERION);
    assert_string_equal(p.result.criterion, "time");
    assert_in_range((int)p.result.at[WN_PLAN_END], 3600, 4200);
    release(&p);
}

/* A job that was drained and waits in the queue again is no end. */
static void a_study_in_the_queue_is_not_at_its_end(void **state)
{
    struct planned p = plan(TWELVE, &ten_minutes, 3,
                            (struct wn_campaign_config){.until_us = 5 * HOUR_US,
                                                        .job_us = HOUR_US,
                                                        .drain_us = HOUR_US / 4,
                                                        .wait_us = 10 * HOUR_US});

    (void)state;
    assert_false(p.result.is_closed);
    assert_true(p.result.at[WN_PLAN_END] == 5 * 3600);
    /* 3 slots of 4 cores until the last trial is paused */
    assert_true(p.result.at[WN_PLAN_CORES] > 9 && p.result.at[WN_PLAN_CORES] <= 12);
    release(&p);
}

/* Rungs of ASHA: of 27 trials with eta 3 a third goes on, and of each rung the checkpoints
 * of those that may still be promoted are kept. */
static void rungs_and_checkpoints_are_counted(void **state)
{
    static const struct wn_plan_trials trials = {.unit_seconds = 60, .spread = 2};
    struct planned p =
        plan(PROGRAM
             "'resource': {'max': 27}, 'method': 'asha', 'stop': {'trials_started': 27}}",
             &trials, 4, (struct wn_campaign_config){0});

    (void)state;
    assert_int_equal(p.result.rungs.n, 4);
    assert_int_equal(p.result.rungs.at[0].resource, 1);
    assert_int_equal(p.result.rungs.at[0].n_entered, 27);
    assert_in_range(p.result.rungs.at[0].n_promoted, 9, 14);
    for (size_t i = 1; i < 4; i++)
        assert_int_equal(p.result.rungs.at[i].n_entered,
                         p.result.rungs.at[i - 1].n_promoted);
    assert_true(p.result.at[WN_PLAN_SAVED] ==
                (double)(p.result.rungs.at[0].n_entered + p.result.rungs.at[1].n_entered +
                         p.result.rungs.at[2].n_entered +
                         p.result.rungs.at[3].n_entered));
    assert_true(p.result.at[WN_PLAN_KEPT] > 10 &&
                p.result.at[WN_PLAN_KEPT] < p.result.at[WN_PLAN_SAVED]);
    release(&p);
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

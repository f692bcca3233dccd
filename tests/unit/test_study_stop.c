/* test_study_stop.c - when a study ends: every criterion, batches, clean ends, reopening. */
#include "test_study.h"

/* --- one criterion a row --- */

/* What brings a criterion to its limit, in two steps: `nearly` must not end the study. */
struct criterion {
    const char *name, *stop;
    void (*nearly)(struct stage *stage);
    void (*reach)(struct stage *stage);
    bool is_maximised;
};

static void pass_time(struct stage *stage, int64_t time_ms)
{
    stage->time_ms = time_ms;
    apply_kind(stage, WN_EVENT_TIMER);
}

static void nearly_time(struct stage *stage)
{
    pass_time(stage, 89999);
}

static void reach_time(struct stage *stage)
{
    pass_time(stage, 90000);
}

static void complete_one(struct stage *stage)
{
    report(stage, wn_study_running_at(stage->study, 0), 9, WAITS);
}

static void nearly_completed(struct stage *stage)
{
    complete_one(stage);
    pump(stage);
    end_with(stage, wn_study_running_at(stage->study, 0), WN_FAILURE_START);
}

static void fail_one(struct stage *stage)
{
    end_with(stage, wn_study_running_at(stage->study, 0), WN_FAILURE_START);
}

/* A retry is no end. */
static void nearly_failed(struct stage *stage)
{
    fail_one(stage);
    pump(stage);
    end_with(stage, wn_study_running_at(stage->study, 0), WN_FAILURE_EXIT);
    complete_one(stage);
}

static void stop_one(struct stage *stage)
{
    uint32_t trial = wn_study_running_at(stage->study, 0);

    answer_at(trial, 9, WN_VERDICT_STOP, 0);
    report(stage, trial, 9, WAITS);
}

static void nearly_finished(struct stage *stage)
{
    stop_one(stage);
    pump(stage);
    fail_one(stage);
}

/* Two evaluations; a repetition is none. */
static void nearly_evaluations(struct stage *stage)
{
    report(stage, 0, 1, PLAIN);
    report(stage, 0, 4, PLAIN);
    report(stage, 0, 4, PLAIN);
}

static void third_evaluation(struct stage *stage)
{
    report(stage, 0, 5, PLAIN);
}

/* 10 ms a report, 5 ms an end; repeated and lost work counts. */
static void nearly_cost(struct stage *stage)
{
    report(stage, 0, 1, PLAIN);
    report(stage, 0, 1, PLAIN);
    end_with(stage, 0, WN_FAILURE_EXIT);
}

static void nearly_min(struct stage *stage)
{
    report_loss(stage, 0, 1, 0.2500001, PLAIN);
}

static void reach_min(struct stage *stage)
{
    report_loss(stage, 0, 2, 0.25, PLAIN);
}

static void nearly_max(struct stage *stage)
{
    report_loss(stage, 0, 1, 0.2499999, PLAIN);
}

/* Skipped units count: they were trained. */
static void nearly_resource(struct stage *stage)
{
    report(stage, 0, 4, PLAIN);
    report(stage, 1, 1, PLAIN);
    report(stage, 0, 4, PLAIN);
}

static void reach_resource(struct stage *stage)
{
    report(stage, 1, 2, PLAIN);
}

static const struct criterion criteria[] = {
    {"time", "{'time': '90s'}", nearly_time, reach_time, false},
    {"trials_completed", "{'trials_completed': 2}", nearly_completed, complete_one,
     false},
    {"trials_finished", "{'trials_finished': 3}", nearly_finished, fail_one, false},
    {"trials_failed", "{'trials_failed': 2}", nearly_failed, fail_one, false},
    {"evaluations", "{'evaluations': 3}", nearly_evaluations, third_evaluation, false},
    {"cost", "{'cost': 0.035}", nearly_cost, third_evaluation, false},
    {"metric", "{'metric': 0.25}", nearly_min, reach_min, false},
    {"metric", "{'metric': 0.25}", nearly_max, reach_min, true},
    {"resource", "{'resource': 6}", nearly_resource, reach_resource, false},
};
#define N_CRITERIA (sizeof criteria / sizeof criteria[0])

static void open_for(struct stage *stage, const struct criterion *criterion)
{
    fresh_script(NULL);
    stage_open(stage, 2, criterion->stop);
    wn_study_destroy(stage->study);
    stage->cfg.is_maximised = criterion->is_maximised;
    stage->events.n = 0;
    stage->incarnation = 0;
    create_study(stage);
    open_again(stage);
    for (int i = 0; i < 6; i++)
        start_to(9);
    pump(stage);
}

static void ends_the_study_when_reached_and_not_before(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_CRITERIA; i++) {
        struct stage stage;
        const char *name = "?";
        open_for(&stage, &criteria[i]);
        criteria[i].nearly(&stage);
        pump(&stage);
        if (wn_study_stop_reason(stage.study, NULL) != WN_STOP_NONE)
            fail_msg("%s ends it too early: %s", criteria[i].stop,
                     wn_buf_text(&stage.text));
        criteria[i].reach(&stage);
        pump(&stage);
        if (wn_study_stop_reason(stage.study, &name) != WN_STOP_CRITERION)
            fail_msg("%s does not end it: %s", criteria[i].stop,
                     wn_buf_text(&stage.text));
        assert_string_equal(name, criteria[i].name);
        stage_close(&stage);
    }
}

static void every_key_of_the_table_has_its_row(void **state)
{
    (void)state;
    for (const struct wn_option *option = wn_stop_options; option->name; option++) {
        bool has_row = strcmp(option->name, "trials_started") == 0; /* tested below */
        for (size_t i = 0; i < N_CRITERIA; i++)
            has_row = has_row || strcmp(criteria[i].name, option->name) == 0;
        if (!has_row)
            fail_msg("the stop criterion %s has no test", option->name);
    }
}

static void nothing_stops_a_study_without_criteria(void **state)
{
    struct stage stage;

    (void)state;
    stage_open(&stage, 1, "{}");
    start_to(9);
    pump(&stage);
    stage.time_ms = INT64_C(100) * 365 * 86400 * 1000;
    report_loss(&stage, 0, 1, -HUGE_VAL, PLAIN);
    pump(&stage);
    assert_int_equal(wn_study_stop_reason(stage.study, NULL), WN_STOP_NONE);
    assert_true(wn_study_progress(stage.study) < 0);
    stage_close(&stage);
}

static void the_first_criterion_that_holds_ends_it(void **state)
{
    struct stage stage;
    const char *name = "?";

    (void)state;
    stage_open(&stage, 1, "{'time': 1000, 'evaluations': 1, 'resource': 500}");
    start_to(9);
    pump(&stage);
    report(&stage, 0, 1, PLAIN);
    pump(&stage);
    assert_int_equal(wn_study_stop_reason(stage.study, &name), WN_STOP_CRITERION);
    assert_string_equal(name, "evaluations");
    stage_close(&stage);
}

static void an_infinite_loss_reaches_no_metric(void **state)
{
    struct stage stage;

    (void)state;
    stage_open(&stage, 1, "{'metric': 1000}");
    start_to(9);
    pump(&stage);
    report_loss(&stage, 0, 1, HUGE_VAL, PLAIN);
    pump(&stage);
    assert_int_equal(wn_study_stop_reason(stage.study, NULL), WN_STOP_NONE);
    stage_close(&stage);
}

static void progress_is_that_of_the_nearest_limit(void **state)
{
    struct stage stage;

    (void)state;
    stage_open(&stage, 1, "{'evaluations': 4, 'resource': 10}");
    start_to(9);
    pump(&stage);
    assert_true(wn_study_progress(stage.study) == 0);
    report(&stage, 0, 5, PLAIN);
    assert_true(wn_study_progress(stage.study) == 0.5);
    for (int64_t resource = 6; resource <= 8; resource++)
        report(&stage, 0, resource, PLAIN);
    assert_true(wn_study_progress(stage.study) == 1);
    stage_close(&stage);
}

/* --- the end of a study --- */

static void trials_started_carries_on_what_started(void **state)
{
    struct stage stage;

    (void)state;
    stage_open(&stage, 1, "{'trials_started': 2}");
    start_to(3);
    start_to(9)->after_reports = 1;
    resume_to(0, 9)->after_reports = 2;
    start_to(9);
    answer_at(0, 3, WN_VERDICT_PAUSE, 0);
    pump(&stage);
    report(&stage, 0, 3, SAVES | WAITS);
    pump(&stage);
    forget(&stage);
    report_loss(&stage, 1, 9, 0.5, WAITS);
    pump(&stage);
    expect(&stage, "reported 1 at 9 stop; ended 1 completed; resumed 0 to 9; "
                   "dispatched 0 as 1.3");
    report_loss(&stage, 0, 9, 2, WAITS);
    pump(&stage);
    expect(&stage, "reported 0 at 9 stop; ended 0 completed; collected 0 at 3-1.1; "
                   "stopping ; closed");
    assert_int_equal(wn_study_stop_reason(stage.study, NULL), WN_STOP_DONE);
    stage_close(&stage);
}

static void trials_the_user_asked_for_count_as_started(void **state)
{
    struct stage stage;
    union wn_cell cell = {.i = 500};
    struct wn_event event = {.kind = WN_EVENT_ENQUEUED, .trial = NO_TRIAL};

    (void)state;
    stage_open(&stage, 3, "{'trials_started': 2}");
    event.configured.origin = WN_ORIGIN_USER;
    event.configured.cells = &cell;
    event.configured.n_cells = 1;
    apply(&stage, &event);
    start_to(9);
    start_to(9);
    start_to(9);
    pump(&stage);
    expect(&stage, "enqueued; planned 0 to 9; configured 0 500 by the user; "
                   "dispatched 0 as 1.1; planned 1 to 9; configured 1 1; "
                   "dispatched 1 as 1.2; exhausted by the limit");
    stage_close(&stage);
}

static void a_finite_space_that_is_used_up_ends_cleanly(void **state)
{
    struct stage stage;

    (void)state;
    script.n_configs = 2;
    stage_open(&stage, 1, "{'time': '1h'}");
    for (int i = 0; i < 4; i++)
        start_to(9);
    for (uint32_t i = 0; i < 2; i++) {
        pump(&stage);
        forget(&stage);
        report_loss(&stage, i, 9, 1 + i, WAITS);
    }
    pump(&stage);
    expect(&stage, "reported 1 at 9 stop; ended 1 completed; planned 2 to 9; exhausted; "
                   "ended 2 withdrawn; stopping ; closed");
    assert_int_equal(wn_study_stop_reason(stage.study, NULL), WN_STOP_DONE);
    assert_int_equal(wn_history_totals(wn_study_history(stage.study)).n_configured, 2);
    stage_close(&stage);
}

static void a_closed_study_wants_and_takes_nothing(void **state)
{
    struct stage stage;
    struct wn_event event;

    (void)state;
    script.n_configs = 0;
    stage_open(&stage, 1, "{}");
    start_to(9);
    pump(&stage);
    assert_true(wn_study_is_closed(stage.study));
    assert_false(wn_study_next(stage.study, 5, &event));
    assert_int_equal(
        try_apply(&stage, &(struct wn_event){.kind = WN_EVENT_TIMER, .trial = NO_TRIAL}),
        WN_ECORRUPT);
    stage_close(&stage);
}

static void while_it_stops_nothing_is_dispatched_planned_or_configured(void **state)
{
    struct stage stage;

    (void)state;
    stage_open(&stage, 2, "{'evaluations': 1}");
    for (int i = 0; i < 4; i++)
        start_to(9);
    pump(&stage);
    lose(&stage, 1);
    stage.n_slots = 1;
    forget(&stage);
    report(&stage, 0, 1, PLAIN);
    stage.n_slots = 4;
    pump(&stage);
    expect(&stage, "reported 0 at 1 continue; stopping evaluations");
    report(&stage, 0, 9, WAITS);
    pump(&stage);
    expect(&stage, "reported 0 at 9 stop; ended 0 completed; closed");
    stage_close(&stage);
}

static void a_criterion_that_is_met_survives_a_restart(void **state)
{
    struct stage stage;
    const char *name = "?";

    (void)state;
    stage_open(&stage, 1, "{'evaluations': 1}");
    start_to(9);
    pump(&stage);
    report(&stage, 0, 1, PLAIN);
    pump(&stage);
    kill_and_recover(&stage); /* while trial 0 was still asked to come back */
    pump(&stage);
    expect(&stage, "closed");
    assert_int_equal(wn_study_stop_reason(stage.study, &name), WN_STOP_CRITERION);
    assert_string_equal(name, "evaluations");
    stage_close(&stage);
}

static void amended_goes_on_where_the_criterion_stopped_it(void **state)
{
    struct stage stage;
    struct wn_values *more = stop_of("{'evaluations': 2}");

    (void)state;
    stage_open(&stage, 1, "{'evaluations': 1}");
    start_to(9);
    pump(&stage);
    report(&stage, 0, 1, SAVES);
    pump(&stage);
    kill_and_recover(&stage);
    stage.cfg.limits.stop = more;
    wn_study_set_limits(stage.study, &stage.cfg.limits);
    apply_kind(&stage, WN_EVENT_AMENDED);
    pump(&stage);
    expect(&stage, "amended; dispatched 0 as 2.1");
    report(&stage, 0, 2, PLAIN);
    pump(&stage);
    expect(&stage, "reported 0 at 2 continue; stopping evaluations");
    stage_close(&stage);
    wn_values_destroy(more);
}

/* --- batches --- */

static void open_batches(struct stage *stage, size_t n_slots, int64_t batch)
{
    stage_open(stage, n_slots, "{}");
    wn_study_destroy(stage->study);
    stage->cfg.batch = batch;
    stage->events.n = 0;
    stage->incarnation = 0;
    create_study(stage);
    open_again(stage);
    for (int i = 0; i < 12; i++)
        start_to(9);
    pump(stage);
}

static uint32_t n_trials(const struct stage *stage)
{
    return wn_history_n_trials(wn_study_history(stage->study));
}

/* Whatever the slots: three are asked for before any of them says anything, and the next
 * three only when all of them are done. */
static void only_whole_batches_are_asked_for(void **state)
{
    (void)state;
    for (size_t n_slots = 1; n_slots <= 5; n_slots++) {
        struct stage stage;
        fresh_script(NULL);
        open_batches(&stage, n_slots, 3);
        for (uint32_t batch = 1; batch <= 3; batch++) {
            for (uint32_t k = 0; k < 3; k++) {
                if (n_trials(&stage) != 3 * batch)
                    fail_msg("%zu slots: %u trials instead of %u: %s", n_slots,
                             n_trials(&stage), 3 * batch, wn_buf_text(&stage.text));
                report(&stage, wn_study_running_at(stage.study, 0), 9, WAITS);
                pump(&stage);
            }
        }
        stage_close(&stage);
    }
}

static void a_batch_of_one_goes_one_by_one(void **state)
{
    struct stage stage;

    (void)state;
    open_batches(&stage, 4, 1);
    assert_int_equal(n_trials(&stage), 1);
    report(&stage, 0, 4, PLAIN);
    pump(&stage);
    assert_int_equal(n_trials(&stage), 1);
    end_with(&stage, 0, WN_FAILURE_START);
    pump(&stage);
    assert_int_equal(n_trials(&stage), 2);
    stage_close(&stage);
}

static void without_a_batch_every_free_slot_is_filled(void **state)
{
    struct stage stage;

    (void)state;
    open_batches(&stage, 4, 0);
    assert_int_equal(n_trials(&stage), 4);
    report(&stage, 2, 9, WAITS);
    pump(&stage);
    assert_int_equal(n_trials(&stage), 5);
    stage_close(&stage);
}

static void an_open_batch_survives_a_restart(void **state)
{
    struct stage stage;

    (void)state;
    open_batches(&stage, 3, 3);
    report(&stage, 0, 9, WAITS);
    pump(&stage);
    kill_and_recover(&stage);
    pump(&stage);
    expect(&stage, "dispatched 1 as 2.1; dispatched 2 as 2.2");
    stage_close(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scripted_test(ends_the_study_when_reached_and_not_before),
        scripted_test(every_key_of_the_table_has_its_row),
        scripted_test(nothing_stops_a_study_without_criteria),
        scripted_test(the_first_criterion_that_holds_ends_it),
        scripted_test(an_infinite_loss_reaches_no_metric),
        scripted_test(progress_is_that_of_the_nearest_limit),
        scripted_test(trials_started_carries_on_what_started),
        scripted_test(trials_the_user_asked_for_count_as_started),
        scripted_test(a_finite_space_that_is_used_up_ends_cleanly),
        scripted_test(a_closed_study_wants_and_takes_nothing),
        scripted_test(while_it_stops_nothing_is_dispatched_planned_or_configured),
        scripted_test(a_criterion_that_is_met_survives_a_restart),
        scripted_test(amended_goes_on_where_the_criterion_stopped_it),
        scripted_test(only_whole_batches_are_asked_for),
        scripted_test(a_batch_of_one_goes_one_by_one),
        scripted_test(without_a_batch_every_free_slot_is_filled),
        scripted_test(an_open_batch_survives_a_restart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

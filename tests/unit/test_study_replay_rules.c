/* test_study_replay_rules.c - rules 11 to 15: exhaustion, time, draws, asks, replay. */
#include "test_study.h"

/* --- rule 11 --- */

static void rule_11_at_the_limit_no_more_trials_start(void **state)
{
    struct stage stage;

    (void)state;
    stage_open(&stage, 9, "{'trials_started': 2}");
    for (int i = 0; i < 5; i++)
        start_to(9);
    pump(&stage);
    expect(&stage, "planned 0 to 9; configured 0 0; dispatched 0 as 1.1; "
                   "planned 1 to 9; configured 1 1; dispatched 1 as 1.2; "
                   "exhausted by the limit");
    assert_int_equal(wn_study_n_running(stage.study), 2); /* what started is carried on */
    stage_close(&stage);
}

static void rule_11_plans_of_an_exhausted_searcher_are_withdrawn_and_not_counted(
    void **state)
{
    struct stage stage;
    struct wn_totals totals;

    (void)state;
    script.n_configs = 1;
    stage_open(&stage, 2, "{}");
    start_to(9);
    start_to(9);
    pump(&stage);
    expect(&stage, "planned 0 to 9; configured 0 0; dispatched 0 as 1.1; "
                   "planned 1 to 9; exhausted; ended 1 withdrawn");
    totals = wn_history_totals(wn_study_history(stage.study));
    assert_int_equal(totals.n_configured, 1);
    assert_int_equal(totals.n_withdrawn, 1);
    report(&stage, 0, 9, WAITS);
    pump(&stage);
    expect(&stage, "reported 0 at 9 stop; ended 0 completed; stopping ; closed");
    assert_int_equal(wn_study_stop_reason(stage.study, NULL), WN_STOP_DONE);
    stage_close(&stage);
}

static void rule_11_more_trials_may_be_asked_for_of_a_finished_study(void **state)
{
    struct stage stage;
    struct wn_values *more = stop_of("{'trials_started': 2}");

    (void)state;
    stage_open(&stage, 1, "{'trials_started': 1}");
    start_to(9);
    start_to(9);
    start_to(9);
    pump(&stage);
    report(&stage, 0, 9, WAITS);
    pump(&stage);
    assert_true(wn_study_is_closed(stage.study));
    open_again(&stage);
    stage.cfg.limits.stop = more;
    wn_study_set_limits(stage.study, &stage.cfg.limits);
    forget(&stage);
    apply_kind(&stage, WN_EVENT_AMENDED);
    pump(&stage);
    expect(&stage, "amended; planned 1 to 9; configured 1 1; dispatched 1 as 2.1; "
                   "exhausted by the limit");
    stage_close(&stage);
    wn_values_destroy(more);
}

static void rule_11_what_the_user_asks_for_reopens_an_exhausted_study(void **state)
{
    struct stage stage;
    union wn_cell cell = {.i = 500};
    struct wn_event event = {.kind = WN_EVENT_ENQUEUED, .trial = NO_TRIAL};

    (void)state;
    script.n_configs = 1;
    stage_open(&stage, 2, "{}");
    start_to(9);
    start_to(9);
    start_to(9);
    pump(&stage);
    expect(&stage, "planned 0 to 9; configured 0 0; dispatched 0 as 1.1; "
                   "planned 1 to 9; exhausted; ended 1 withdrawn");
    event.configured.origin = WN_ORIGIN_USER;
    event.configured.cells = &cell;
    event.configured.n_cells = 1;
    apply(&stage, &event);
    pump(&stage);
    expect(&stage, "enqueued; planned 2 to 9; configured 2 500 by the user; "
                   "dispatched 2 as 1.2");
    stage_close(&stage);
}

/* --- rule 12 --- */

static void rule_12_time_is_that_of_the_events(void **state)
{
    struct stage stage;

    (void)state;
    stage_open(&stage, 1, "{'time': 60}");
    assert_int_equal(wn_study_deadline_ms(stage.study), 60000);
    start_to(9);
    stage.time_ms = 59999;
    pump(&stage);
    assert_int_equal(wn_study_time_ms(stage.study), 59999);
    assert_int_equal(wn_study_stop_reason(stage.study, NULL), WN_STOP_NONE);
    forget(&stage);
    stage.time_ms = 60000;
    pump(&stage); /* without an event no time passes */
    expect(&stage, "");
    apply_kind(&stage, WN_EVENT_TIMER);
    pump(&stage);
    expect(&stage, "timer; stopping time");
    assert_int_equal(wn_study_deadline_ms(stage.study), INT64_MAX);
    stage_close(&stage);
}

static void rule_12_without_a_limit_there_is_no_deadline(void **state)
{
    struct stage stage;

    (void)state;
    stage_open(&stage, 1, "{'trials_started': 3}");
    assert_int_equal(wn_study_deadline_ms(stage.study), INT64_MAX);
    stage_close(&stage);
}

static void rule_12_time_goes_on_over_openings(void **state)
{
    struct stage stage;

    (void)state;
    stage_open(&stage, 1, "{'time': 60}");
    start_to(9);
    pump(&stage);
    stage.time_ms = 40000;
    apply_kind(&stage, WN_EVENT_TIMER);
    kill_and_recover(&stage);
    assert_int_equal(wn_study_time_ms(stage.study), 40000);
    assert_int_equal(wn_study_deadline_ms(stage.study), 60000);
    stage_close(&stage);
}

/* --- rule 13 --- */

/* Two trials, reported to 3 and 9; in the troubled case with a loss and a resume between. */
static struct script drawn_numbers(bool is_troubled)
{
    struct stage stage;

    fresh_script(NULL);
    stage_open(&stage, 1, "{}");
    start_to(3);
    start_to(3)->after_reports = 2;
    answer_at(0, 3, WN_VERDICT_CONTINUE, 9);
    pump(&stage);
    if (is_troubled) {
        report(&stage, 0, 1, PLAIN);
        lose(&stage, 0);
        pump(&stage);
        kill_and_recover(&stage);
        pump(&stage);
        report(&stage, 0, 1, PLAIN);
    } else {
        report(&stage, 0, 1, PLAIN);
    }
    report(&stage, 0, 3, WAITS);
    pump(&stage);
    report(&stage, 0, 9, WAITS);
    pump(&stage);
    stage_close(&stage);
    return script;
}

static void rule_13_losses_and_resumes_shift_no_random_number(void **state)
{
    struct script calm, troubled;

    (void)state;
    calm = drawn_numbers(false);
    troubled = drawn_numbers(true);
    assert_int_equal(calm.n_answers, 2);
    assert_int_equal(troubled.n_answers, 2);
    assert_int_equal(calm.n_proposals, troubled.n_proposals);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(calm.drawn[i], troubled.drawn[i]);
        assert_int_equal(calm.answered[i], troubled.answered[i]);
        assert_int_equal(calm.proposed[i], troubled.proposed[i]);
    }
    assert_int_not_equal(calm.drawn[0], calm.drawn[1]);
    assert_int_not_equal(calm.answered[0], calm.answered[1]);
    assert_int_not_equal(calm.proposed[0], calm.proposed[1]);
}

static void rule_13_numbers_are_keyed_by_seed_stream_and_subject(void **state)
{
    struct script calm;
    struct wn_rng rng;

    (void)state;
    calm = drawn_numbers(false);
    rng = wn_rng_keyed(7, WN_STREAM_DECIDE, 1);
    assert_int_equal(calm.drawn[1], wn_rng_u64(&rng));
    rng = wn_rng_keyed(7, WN_STREAM_PROPOSE, 1);
    assert_int_equal(calm.proposed[1], wn_rng_u64(&rng));
    rng = wn_rng_keyed(7, WN_STREAM_ANSWER, wn_rng_pair(0, 9));
    assert_int_equal(calm.answered[1], wn_rng_u64(&rng));
}

/* --- rule 14 --- */

static void rule_14_a_searcher_gets_one_ask_at_a_time(void **state)
{
    struct stage stage;
    struct wn_event event;

    (void)state;
    stage_open(&stage, 4, "{}");
    for (int i = 0; i < 4; i++)
        start_to(9);
    for (uint32_t i = 0; i < 4; i++) {
        assert_true(wn_study_next(stage.study, 4 - i, &event));
        assert_int_equal(event.kind, WN_EVENT_PLANNED);
        apply(&stage, &event);
        for (int k = 0; k < 2;
             k++) { /* the next plan waits for the reply to become one */
            assert_true(wn_study_next(stage.study, 4 - i, &event));
            assert_int_equal(event.kind, WN_EVENT_CONFIGURED);
            assert_int_equal(event.trial, i);
        }
        apply(&stage, &event);
        assert_true(wn_study_next(stage.study, 4 - i, &event));
        assert_int_equal(event.kind, WN_EVENT_DISPATCHED);
        apply(&stage, &event);
    }
    stage_close(&stage);
}

static void rule_14_an_exhausted_searcher_is_not_asked_again(void **state)
{
    struct stage stage;

    (void)state;
    script.n_configs = 1;
    stage_open(&stage, 3, "{}");
    for (int i = 0; i < 4; i++)
        start_to(9);
    pump(&stage);
    assert_int_equal(script.n_proposals, 2); /* the second reply was: exhausted */
    report(&stage, 0, 1, PLAIN);
    pump(&stage);
    lose(&stage, 0);
    pump(&stage);
    report(&stage, 0, 9, WAITS);
    pump(&stage);
    assert_int_equal(script.n_proposals, 2);
    assert_true(wn_study_is_closed(stage.study));
    stage_close(&stage);
}

/* --- rule 15 --- */

/* A study with a plan, a proposal, an answer, a recall and a resume. */
static void varied_study(struct stage *stage)
{
    fresh_script(NULL);
    stage_open(stage, 1, "{}");
    start_to(3);
    recall(0, WN_RECALL_PAUSE)->after_reports = 1;
    resume_to(0, 9)->after_reports = 2;
    answer_at(0, 3, WN_VERDICT_CONTINUE, 6);
    pump(stage);
    report(stage, 0, 3, SAVES | WAITS);
    pump(stage);
    report(stage, 0, 4, SAVES | WAITS);
    pump(stage);
    report(stage, 0, 9, WAITS);
    pump(stage);
}

static uint64_t n_checked; /* by the last replay */

/* Replay all events after change(); the first difference's text is in `err`. */
static enum wn_status replay(struct stage *stage,
                             void (*change)(struct wn_event *event),
                             struct wn_error *err)
{
    struct wn_replay replay = {0};
    enum wn_status rc = WN_OK;

    wn_study_destroy(stage->study);
    create_study(stage);
    replay.study = stage->study;
    for (size_t i = 0; i < stage->events.n && !rc; i++) {
        struct wn_event event = stage->events.at[i];
        if (change)
            change(&event);
        rc = wn_replay_event(&replay, &event, err);
    }
    n_checked = replay.n_checked;
    return rc;
}

static void rule_15_replay_agrees_with_the_program_that_wrote(void **state)
{
    struct stage stage;
    struct wn_error err = {0};

    (void)state;
    varied_study(&stage);
    if (replay(&stage, NULL, &err) != WN_OK)
        fail_msg("%s", err.text);
    assert_int_equal(n_checked,
                     7); /* 1 plan, 1 proposal, 1 recall, 1 resume, 3 answers */
    stage_close(&stage);
}

static void change_plan(struct wn_event *event)
{
    if (event->kind == WN_EVENT_PLANNED)
        event->planned.milestone++;
}

static void change_pool(struct wn_event *event)
{
    if (event->kind == WN_EVENT_PLANNED)
        event->planned.pool++;
}

static void change_plan_tag(struct wn_event *event)
{
    if (event->kind == WN_EVENT_PLANNED)
        event->planned.tag.n = 1;
}

static void change_proposal(struct wn_event *event)
{
    static union wn_cell cell = {.i = 9};

    if (event->kind == WN_EVENT_CONFIGURED)
        event->configured.cells = &cell;
}

static void change_recall(struct wn_event *event)
{
    if (event->kind == WN_EVENT_RECALLED)
        event->recalled.how = WN_RECALL_STOP;
}

static void change_resume(struct wn_event *event)
{
    if (event->kind == WN_EVENT_RESUMED)
        event->resumed.milestone--;
}

static void change_verdict(struct wn_event *event)
{
    if (event->kind == WN_EVENT_REPORTED && event->reported.resource == 3)
        event->reported.verdict = WN_VERDICT_STOP;
}

static void change_next_milestone(struct wn_event *event)
{
    if (event->kind == WN_EVENT_REPORTED && event->reported.resource == 3)
        event->reported.milestone++;
}

static void change_answer_tag(struct wn_event *event)
{
    if (event->kind == WN_EVENT_REPORTED && event->reported.resource == 3)
        event->reported.tag.n = 2;
}

static void rule_15_replay_names_the_first_changed_decision(void **state)
{
    static const struct {
        void (*change)(struct wn_event *event);
        const char *text;
    } cases[] = {
        {change_plan, "planned of trial 0"},
        {change_pool, "planned of trial 0"},
        {change_plan_tag, "planned of trial 0"},
        {change_proposal, "configured of trial 0"},
        {change_recall, "recalled of trial 0"},
        {change_resume, "resumed of trial 0"},
        {change_verdict, "the journal has verdict 2, now it would be 0"},
        {change_next_milestone, "the journal has milestone 7, now it would be 6"},
        {change_answer_tag, "tag of length 2"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct stage stage;
        struct wn_error err = {0};
        varied_study(&stage);
        if (replay(&stage, cases[i].change, &err) != WN_ECORRUPT ||
            !strstr(err.text, cases[i].text))
            fail_msg("case %zu: \"%s\" instead of \"%s\"", i, err.text, cases[i].text);
        stage_close(&stage);
    }
}

static void change_ended(struct wn_event *event)
{
    if (event->kind == WN_EVENT_ENDED)
        event->ended.how = WN_END_COMPLETED;
}

static void rule_15_the_end_of_a_paused_trial_is_a_decision(void **state)
{
    struct stage stage;
    struct wn_error err = {0};

    (void)state;
    stage_open(&stage, 1, "{}");
    start_to(3);
    answer_at(0, 3, WN_VERDICT_PAUSE, 0);
    end_paused(0)->after_reports = 1;
    pump(&stage);
    report(&stage, 0, 3, WAITS | SAVES);
    pump(&stage);
    assert_int_equal(state_of(&stage, 0), WN_RUN_STATE_ENDED);
    assert_int_equal(replay(&stage, NULL, &err), WN_OK);
    assert_int_equal(n_checked, 4); /* plan, proposal, answer, end */
    assert_int_equal(replay(&stage, change_ended, &err), WN_ECORRUPT);
    assert_non_null(strstr(err.text, "ended of trial 0"));
    stage_close(&stage);
}

static void rule_15_replay_detects_a_program_that_decides_otherwise(void **state)
{
    struct stage stage;
    struct wn_error err = {0};

    (void)state;
    varied_study(&stage);
    script.decides_otherwise = true;
    assert_int_equal(replay(&stage, NULL, &err), WN_ECORRUPT);
    script.decides_otherwise = false;
    script.proposes_otherwise = true;
    assert_int_equal(replay(&stage, NULL, &err), WN_ECORRUPT);
    script.proposes_otherwise = false;
    assert_int_equal(replay(&stage, NULL, &err), WN_OK);
    stage_close(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scripted_test(rule_11_at_the_limit_no_more_trials_start),
        scripted_test(
            rule_11_plans_of_an_exhausted_searcher_are_withdrawn_and_not_counted),
        scripted_test(rule_11_more_trials_may_be_asked_for_of_a_finished_study),
        scripted_test(rule_11_what_the_user_asks_for_reopens_an_exhausted_study),
        scripted_test(rule_12_time_is_that_of_the_events),
        scripted_test(rule_12_without_a_limit_there_is_no_deadline),
        scripted_test(rule_12_time_goes_on_over_openings),
        scripted_test(rule_13_losses_and_resumes_shift_no_random_number),
        scripted_test(rule_13_numbers_are_keyed_by_seed_stream_and_subject),
        scripted_test(rule_14_a_searcher_gets_one_ask_at_a_time),
        scripted_test(rule_14_an_exhausted_searcher_is_not_asked_again),
        scripted_test(rule_15_replay_agrees_with_the_program_that_wrote),
        scripted_test(rule_15_replay_names_the_first_changed_decision),
        scripted_test(rule_15_the_end_of_a_paused_trial_is_a_decision),
        scripted_test(rule_15_replay_detects_a_program_that_decides_otherwise),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

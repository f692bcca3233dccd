/* test_study_rules.c - rules 1 to 7 of the study, as src/README.md states them.
 *
 * Every test has its rule's number in its name, drives a study through a few events and
 * looks at what it asks for next. Rules 8 to 10: test_study_keep_rules.c; 11 to 15:
 * test_study_replay_rules.c; what coordinators do of 8, 9 and 12: test_coordinator_rules.c.
 */
#include "test_study.h"

/* --- rule 1 --- */

static void rule_1_recovery_ends_a_stopped_trial(void **state)
{
    struct stage stage;

    (void)state;
    stage_open(&stage, 1, "{}");
    start_to(3);
    answer_at(0, 3, WN_VERDICT_STOP, 0);
    pump(&stage);
    report(&stage, 0, 3, WAITS | SAVES);
    expect(&stage, "planned 0 to 3; configured 0 0; dispatched 0 as 1.1; "
                   "reported 0 at 3 stop");
    kill_and_recover(&stage); /* between the verdict and what follows from it */
    pump(&stage);
    expect(&stage, "ended 0 stopped");
    stage_close(&stage);
}

static void rule_1_a_trial_told_to_stop_is_not_returned(void **state)
{
    struct stage stage;
    struct wn_dispatch dispatch;

    (void)state;
    stage_open(&stage, 1, "{}");
    start_to(3);
    answer_at(0, 3, WN_VERDICT_STOP, 0);
    pump(&stage);
    dispatch = dispatch_of(&stage, 0);
    report(&stage, 0, 3, WAITS);
    assert_int_equal(wn_study_find(stage.study, 0, dispatch), NO_TRIAL);
    assert_int_equal(wn_study_n_running(stage.study), 0);
    assert_int_equal(state_of(&stage, 0), WN_RUN_STATE_STOPPING);
    stage_close(&stage);
}

static void rule_1_recovery_collects_and_closes(void **state)
{
    struct stage stage;

    (void)state;
    stage_open(&stage, 1, "{}");
    start_to(9);
    pump(&stage);
    report(&stage, 0, 2, SAVES);
    report(&stage, 0, 4, SAVES);
    stop_for(&stage, WN_STOP_CRITERION);
    end_with(&stage, 0, WN_FAILURE_NONE);
    kill_and_recover(&stage);
    pump(&stage);
    expect(&stage, "collected 0 at 2-1.1; closed");
    stage_close(&stage);
}

static void rule_1_asking_twice_gives_the_same(void **state)
{
    struct stage stage;
    struct wn_event one, two;

    (void)state;
    stage_open(&stage, 1, "{}");
    start_to(3);
    for (int i = 0; i < 3; i++) {
        assert_true(wn_study_next(stage.study, 1, &one));
        assert_true(wn_study_next(stage.study, 1, &two));
        assert_int_equal(one.kind, two.kind);
        assert_int_equal(one.trial, two.trial);
        apply(&stage, &two);
    }
    expect(&stage, "planned 0 to 3; configured 0 0; dispatched 0 as 1.1");
    stage_close(&stage);
}

/* --- rule 2 --- */

static void rule_2_the_scheduler_is_asked_after_every_event_until_it_waits(void **state)
{
    struct stage stage;
    unsigned n_asked;

    (void)state;
    stage_open(&stage, 3, "{}");
    start_to(3);
    start_to(3);
    start_to(3)->after_reports = 1;
    pump(&stage);
    expect(&stage, "planned 0 to 3; configured 0 0; dispatched 0 as 1.1; "
                   "planned 1 to 3; configured 1 1; dispatched 1 as 1.2");
    assert_int_equal(script.n_asked, 3); /* two starts and a wait */
    n_asked = script.n_asked;
    report(&stage, 0, 1, PLAIN);
    pump(&stage);
    expect(&stage, "reported 0 at 1 continue; planned 2 to 3; configured 2 2; "
                   "dispatched 2 as 1.3");
    assert_true(script.n_asked > n_asked);
    stage_close(&stage);
}

static void rule_2_room_that_appears_without_an_event_is_used(void **state)
{
    struct stage stage;

    (void)state;
    stage_open(&stage, 0, "{}");
    start_to(3);
    pump(&stage);
    expect(&stage, "");
    assert_false(script.had_room);
    stage.n_slots = 1;
    pump(&stage);
    expect(&stage, "planned 0 to 3; configured 0 0; dispatched 0 as 1.1");
    stage_close(&stage);
}

static void rule_2_without_room_recalls_are_still_decided(void **state)
{
    struct stage stage;

    (void)state;
    stage_open(&stage, 1, "{}");
    start_to(9);
    recall(0, WN_RECALL_PAUSE);
    start_to(9);
    pump(&stage);
    assert_false(script.had_room);
    expect(&stage, "planned 0 to 9; configured 0 0; dispatched 0 as 1.1; "
                   "recalled 0 to pause");
    stage_close(&stage);
}

static void rule_2_a_paused_trial_is_ended_without_room(void **state)
{
    struct stage stage;

    (void)state;
    stage_open(&stage, 1, "{}");
    start_to(3);
    answer_at(0, 3, WN_VERDICT_PAUSE, 0);
    start_to(9);
    end_paused(0);
    pump(&stage);
    report(&stage, 0, 3, WAITS | SAVES);
    forget(&stage);
    pump(&stage);
    assert_false(script.had_room);
    expect(&stage, "planned 1 to 9; configured 1 1; dispatched 1 as 1.2; "
                   "ended 0 stopped");
    assert_int_equal(state_of(&stage, 0), WN_RUN_STATE_ENDED);
    kill_and_recover(&stage);
    stage_close(&stage);
}

static void rule_2_a_ready_trial_takes_its_slot_from_the_room(void **state)
{
    struct stage stage;
    struct wn_event event;

    (void)state;
    stage_open(&stage, 2, "{}");
    start_to(9);
    start_to(9);
    pump(&stage);
    lose(&stage, 0);
    forget(&stage);
    stage.n_slots = 1; /* its worker is gone, and trial 1 still runs */
    pump(&stage);
    expect(&stage, "");
    assert_false(script.had_room);
    assert_true(wn_study_next(stage.study, 1, &event));
    assert_int_equal(event.kind, WN_EVENT_DISPATCHED);
    stage_close(&stage);
}

/* --- rule 3 --- */

static void rule_3_a_returned_trial_still_runs_for_its_scheduler(void **state)
{
    struct stage stage;

    (void)state;
    stage_open(&stage, 1, "{}");
    start_to(9);
    start_to(9);
    pump(&stage);
    memset(script.n_told, 0, sizeof script.n_told);
    lose(&stage, 0);
    pump(&stage);
    end_with(&stage, 0, WN_FAILURE_EXIT);
    pump(&stage);
    for (int kind = 0; kind < WN_EVENT_N; kind++)
        assert_int_equal(script.n_told[kind], 0);
    assert_int_equal(wn_history_trial(wn_study_history(stage.study), 0)->state,
                     WN_TRIAL_LIVE);
    stage_close(&stage);
}

static void rule_3_ready_trials_go_before_new_ones(void **state)
{
    struct stage stage;
    unsigned n_asked;

    (void)state;
    stage_open(&stage, 1, "{}");
    start_to(9);
    start_to(9);
    pump(&stage);
    forget(&stage);
    n_asked = script.n_asked;
    lose(&stage, 0);
    stage.n_slots = 1;
    pump(&stage);
    expect(&stage, "returned 0 lost; dispatched 0 as 1.2");
    assert_int_equal(script.n_asked, n_asked + 1); /* after it, and without room */
    assert_false(script.had_room);
    stage_close(&stage);
}

static void rule_3_a_returned_trial_goes_on_from_its_newest_checkpoint(void **state)
{
    struct stage stage;
    struct wn_start start;

    (void)state;
    stage_open(&stage, 1, "{}");
    start_to(9);
    pump(&stage);
    report(&stage, 0, 2, SAVES);
    report(&stage, 0, 4, PLAIN);
    lose(&stage, 0);
    pump(&stage);
    wn_study_start(stage.study, 0, &start);
    assert_int_equal(start.source.resource, 2);
    assert_int_equal(start.source.dispatch.count, 1);
    assert_int_equal(start.recorded, 4);
    assert_int_equal(start.milestone, 9);
    stage_close(&stage);
}

static void rule_3_opening_returns_everything_that_ran(void **state)
{
    struct stage stage;

    (void)state;
    stage_open(&stage, 3, "{}");
    for (int i = 0; i < 3; i++)
        start_to(9);
    pump(&stage);
    lose(&stage, 0); /* so that the order of running is 2, 1, 0 */
    pump(&stage);
    kill_and_recover(&stage);
    assert_int_equal(wn_study_n_running(stage.study), 0);
    stage.n_slots = 2; /* fewer workers than before */
    pump(&stage);
    expect(&stage, "dispatched 0 as 2.1; dispatched 1 as 2.2");
    assert_int_equal(wn_study_n_ready(stage.study), 1);
    stage_close(&stage);
}

static void rule_3_a_drained_trial_is_returned(void **state)
{
    struct stage stage;
    struct wn_judgement told;

    (void)state;
    stage_open(&stage, 1, "{}");
    start_to(3);
    answer_at(0, 3, WN_VERDICT_CONTINUE, 9);
    pump(&stage);
    forget(&stage);
    stop_for(&stage, WN_STOP_DRAIN);
    pump(&stage);
    expect(&stage, "stopping "); /* and not closed: trial 0 still runs */
    told = report(&stage, 0, 3, WAITS | SAVES);
    assert_int_equal(told.verdict, WN_VERDICT_PAUSE);
    pump(&stage);
    expect(&stage, "reported 0 at 3 continue to 9; returned 0 drained; closed");
    open_again(&stage);
    pump(&stage);
    expect(&stage, "opened 2; dispatched 0 as 2.1");
    assert_int_equal(wn_study_placed(stage.study, 0).milestone, 9);
    stage_close(&stage);
}

/* --- rule 4 --- */

static void rule_4_a_failure_is_heard_once_when_it_is_final(void **state)
{
    struct stage stage;

    (void)state;
    stage_open(&stage, 1, "{}");
    start_to(9);
    for (int i = 0; i < 3; i++) {
        pump(&stage);
        assert_int_equal(script.n_told[WN_EVENT_ENDED], 0);
        end_with(&stage, 0, WN_FAILURE_EXIT); /* two retries */
    }
    expect(&stage, "planned 0 to 9; configured 0 0; dispatched 0 as 1.1; "
                   "returned 0 failed; dispatched 0 as 1.2; returned 0 failed; "
                   "dispatched 0 as 1.3; ended 0 failed (exit)");
    assert_int_equal(script.n_told[WN_EVENT_ENDED], 1);
    pump(&stage);
    expect(&stage, "");
    assert_int_equal(wn_history_totals(wn_study_history(stage.study)).cost_ms, 15);
    stage_close(&stage);
}

static void rule_4_what_would_fail_again_is_not_retried(void **state)
{
    static const struct {
        enum wn_failure failure;
        bool is_retried;
    } cases[] = {
        {WN_FAILURE_START, false},      {WN_FAILURE_EXIT, true},
        {WN_FAILURE_SIGNAL, true},      {WN_FAILURE_TIMEOUT, true},
        {WN_FAILURE_SILENT, true},      {WN_FAILURE_NO_REPORT, true},
        {WN_FAILURE_BAD_REPORT, false}, {WN_FAILURE_NAN, true},
        {WN_FAILURE_NO_SLOT, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct stage stage;
        fresh_script(NULL);
        stage_open(&stage, 1, "{}");
        start_to(9);
        pump(&stage);
        end_with(&stage, 0, cases[i].failure);
        if ((state_of(&stage, 0) == WN_RUN_STATE_READY) != cases[i].is_retried)
            fail_msg("failure %s: %s", wn_failure_name(cases[i].failure),
                     wn_buf_text(&stage.text));
        stage_close(&stage);
    }
}

static void rule_4_a_bad_report_is_a_failure_and_never_enters_history(void **state)
{
    struct wn_metric other = {"accuracy", 1};
    struct wn_arrival in = {
        .trial = 0, .resource = 1, .metrics = &other, .n_metrics = 1, .waits = true};
    struct wn_judgement out;
    struct stage stage;

    (void)state;
    stage_open(&stage, 1, "{}");
    stage.cfg.limits.retries = 0;
    wn_study_set_limits(stage.study, &stage.cfg.limits);
    start_to(9);
    pump(&stage);
    wn_study_judge(stage.study, &in, &out);
    assert_true(out.abandons);
    assert_int_equal(out.event.kind, WN_EVENT_ENDED);
    assert_int_equal(out.event.ended.failure, WN_FAILURE_BAD_REPORT);
    forget(&stage);
    out = report_loss(&stage, 0, 1, (double)NAN, WAITS);
    assert_true(out.abandons);
    expect(&stage, "ended 0 failed (nan)");
    assert_int_equal(wn_history_trial(wn_study_history(stage.study), 0)->n_reports, 0);
    stage_close(&stage);
}

static void rule_4_a_metric_better_than_any_number_fails_its_trial(void **state)
{
    struct wn_judgement out;
    struct stage stage;

    (void)state;
    stage_open(&stage, 1, "{}");
    stage.cfg.limits.retries = 0;
    wn_study_set_limits(stage.study, &stage.cfg.limits);
    start_to(9);
    pump(&stage);
    out = report_loss(&stage, 0, 1, HUGE_VAL, WAITS);
    assert_false(out.abandons); /* the worst there is, but a value */
    forget(&stage);
    out = report_loss(&stage, 0, 2, -HUGE_VAL, WAITS);
    assert_true(out.abandons);
    expect(&stage, "ended 0 failed (nan)");
    stage_close(&stage);
}

static void rule_4_a_program_that_only_repeats_has_not_completed(void **state)
{
    struct stage stage;

    (void)state;
    stage_open(&stage, 1, "{}");
    stage.cfg.limits.retries = 0;
    wn_study_set_limits(stage.study, &stage.cfg.limits);
    start_to(9);
    pump(&stage);
    forget(&stage);
    end_with(&stage, 0, WN_FAILURE_NONE);
    expect(&stage, "ended 0 failed (no-report)");
    stage_close(&stage);
}

/* --- rule 5 --- */

static void rule_5_the_first_report_at_or_past_a_milestone_reaches_it(void **state)
{
    static const struct {
        int64_t resource;
        bool is_asked;
    } cases[] = {{1, false}, {3, false}, {4, true}, {5, true}, {8, true}, {9, true}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct stage stage;
        fresh_script(NULL);
        stage_open(&stage, 1, "{}");
        start_to(4);
        pump(&stage);
        report(&stage, 0, cases[i].resource, WAITS);
        if (script.n_answers != cases[i].is_asked)
            fail_msg("at %d the scheduler was asked %u times", (int)cases[i].resource,
                     script.n_answers);
        assert_int_equal(stage.events.at[stage.events.n - 1].reported.is_milestone,
                         cases[i].is_asked);
        stage_close(&stage);
    }
}

static void rule_5_a_passed_milestone_is_asked_about_once(void **state)
{
    struct stage stage;

    (void)state;
    stage_open(&stage, 1, "{}");
    start_to(2);
    answer_at(0, 4, WN_VERDICT_CONTINUE, 6);
    pump(&stage);
    report(&stage, 0, 4, WAITS);
    report(&stage, 0, 5, PLAIN);
    assert_int_equal(script.n_answers, 1);
    report(&stage, 0, 6, WAITS);
    assert_int_equal(script.n_answers, 2);
    stage_close(&stage);
}

static void rule_5_a_report_at_the_maximum_stops_whatever_the_scheduler_says(void **state)
{
    struct stage stage;

    (void)state;
    stage_open(&stage, 1, "{}");
    start_to(9);
    answer_at(0, 11, WN_VERDICT_PAUSE, 0);
    pump(&stage);
    forget(&stage);
    report(&stage, 0, 11, WAITS);
    pump(&stage);
    expect(&stage, "reported 0 at 11 stop; ended 0 completed");
    stage_close(&stage);
}

static void rule_5_a_checkpoint_is_that_of_its_report(void **state)
{
    struct stage stage;
    struct wn_generation gen;

    (void)state;
    stage_open(&stage, 1, "{}");
    start_to(9);
    pump(&stage);
    gen = generation(&stage, 0, 2);
    assert_false(wn_study_knows(stage.study, gen));
    report(&stage, 0, 2, SAVES);
    assert_true(wn_study_knows(stage.study, gen));
    assert_true(wn_generation_equal(wn_study_newest(stage.study, 0), gen));
    stage_close(&stage);
}

/* --- rule 6 --- */

static void rule_6_a_repetition_is_counted_and_not_stored(void **state)
{
    struct stage stage;
    const struct wn_trial *trial;

    (void)state;
    stage_open(&stage, 1, "{}");
    start_to(9);
    pump(&stage);
    report(&stage, 0, 3, PLAIN);
    lose(&stage, 0);
    pump(&stage);
    forget(&stage);
    report(&stage, 0, 2, PLAIN);
    report(&stage, 0, 3, PLAIN);
    report(&stage, 0, 4, PLAIN);
    expect(&stage, "repeated 0 at 2; repeated 0 at 3; reported 0 at 4 continue");
    trial = wn_history_trial(wn_study_history(stage.study), 0);
    assert_int_equal(trial->n_reports, 2);
    assert_int_equal(trial->cost_ms, 40);
    stage_close(&stage);
}

static void rule_6_a_repetitions_checkpoint_is_where_the_trial_restarts(void **state)
{
    struct stage stage;
    struct wn_start start;

    (void)state;
    stage_open(&stage, 1, "{}");
    start_to(9);
    pump(&stage);
    report(&stage, 0, 5, PLAIN); /* far, without a checkpoint */
    for (int64_t resource = 2; resource <= 4; resource += 2) {
        lose(&stage, 0);
        pump(&stage);
        report(&stage, 0, resource, SAVES);
        pump(&stage);
        lose(&stage, 0);
        pump(&stage);
        wn_study_start(stage.study, 0, &start);
        assert_int_equal(start.source.resource, resource);
        assert_int_equal(start.recorded, 5);
        report(&stage, 0, 6 + resource / 2, PLAIN); /* progress: losses count anew */
        lose(&stage, 0);
        pump(&stage);
        wn_study_start(stage.study, 0, &start);
        assert_int_equal(start.source.resource, resource);
        if (resource == 2)
            break;
    }
    stage_close(&stage);
}

static void rule_6_a_repetition_that_waits_is_answered_from_the_state(void **state)
{
    struct stage stage;
    struct wn_judgement told;

    (void)state;
    stage_open(&stage, 1, "{}");
    start_to(3);
    answer_at(0, 3, WN_VERDICT_CONTINUE, 7);
    pump(&stage);
    report(&stage, 0, 3, WAITS);
    lose(&stage, 0); /* the answer was lost with the worker */
    pump(&stage);
    assert_int_equal(script.n_answers, 1);
    told = report(&stage, 0, 3, WAITS);
    assert_true(told.has_answer);
    assert_int_equal(told.verdict, WN_VERDICT_CONTINUE);
    assert_int_equal(told.milestone, 7);
    assert_int_equal(script.n_answers, 1);
    told = report(&stage, 0, 3, PLAIN);
    assert_false(told.has_answer);
    stage_close(&stage);
}

static void rule_6_a_repetition_that_waits_while_draining_is_returned(void **state)
{
    struct stage stage;
    struct wn_judgement told;

    (void)state;
    stage_open(&stage, 1, "{}");
    start_to(9);
    pump(&stage);
    report(&stage, 0, 3, PLAIN);
    lose(&stage, 0);
    pump(&stage);
    stop_for(&stage, WN_STOP_DRAIN);
    forget(&stage);
    told = report(&stage, 0, 2, WAITS | SAVES);
    assert_int_equal(told.verdict, WN_VERDICT_PAUSE);
    pump(&stage);
    expect(&stage, "repeated 0 at 2; returned 0 drained; closed");
    stage_close(&stage);
}

/* --- rule 7 --- */

static void rule_7_a_recall_moves_the_milestone_to_the_next_new_report(void **state)
{
    struct stage stage;
    struct wn_judgement told;

    (void)state;
    stage_open(&stage, 1, "{}");
    start_to(9);
    recall(0, WN_RECALL_PAUSE)->after_reports = 1;
    pump(&stage);
    report(&stage, 0, 1, PLAIN);
    pump(&stage);
    forget(&stage);
    told = report(&stage, 0, 2, WAITS | SAVES);
    assert_int_equal(told.verdict, WN_VERDICT_PAUSE);
    expect(&stage, "reported 0 at 2 pause");
    assert_true(stage.events.at[stage.events.n - 1].reported.is_milestone);
    assert_int_equal(script.n_answers, 0); /* below the milestone nothing is to judge */
    assert_int_equal(state_of(&stage, 0), WN_RUN_STATE_PAUSED);
    assert_int_equal(wn_study_placed(stage.study, 0).recall, WN_RECALL_NONE);
    stage_close(&stage);
}

static void rule_7_at_a_milestone_the_answer_and_the_recall_meet(void **state)
{
    static const struct {
        enum wn_recall recall;
        enum wn_verdict_kind answer, expected;
    } cases[] = {
        {WN_RECALL_PAUSE, WN_VERDICT_CONTINUE, WN_VERDICT_PAUSE},
        {WN_RECALL_PAUSE, WN_VERDICT_PAUSE, WN_VERDICT_PAUSE},
        {WN_RECALL_PAUSE, WN_VERDICT_STOP, WN_VERDICT_STOP},
        {WN_RECALL_STOP, WN_VERDICT_CONTINUE, WN_VERDICT_STOP},
        {WN_RECALL_STOP, WN_VERDICT_PAUSE, WN_VERDICT_STOP},
        {WN_RECALL_STOP, WN_VERDICT_STOP, WN_VERDICT_STOP},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct stage stage;
        struct wn_judgement told;
        fresh_script(NULL);
        stage_open(&stage, 1, "{}");
        start_to(3);
        recall(0, cases[i].recall);
        answer_at(0, 3, cases[i].answer, cases[i].answer ? 0 : 9);
        pump(&stage);
        told = report(&stage, 0, 3, WAITS);
        if (script.n_answers != 1 || told.verdict != cases[i].expected)
            fail_msg("case %zu: %u answers, verdict %s", i, script.n_answers,
                     wn_verdict_name(told.verdict));
        stage_close(&stage);
    }
}

static void rule_7_a_recalled_trial_that_is_ready_runs_to_its_next_new_report(
    void **state)
{
    struct stage stage;
    struct wn_start start;
    struct wn_judgement told;

    (void)state;
    stage_open(&stage, 1, "{}");
    start_to(9);
    recall(0, WN_RECALL_PAUSE)->after_reports = 1;
    pump(&stage);
    report(&stage, 0, 3, PLAIN);
    lose(&stage, 0);
    stage.n_slots = 0;
    pump(&stage);
    assert_int_equal(state_of(&stage, 0), WN_RUN_STATE_READY);
    assert_int_equal(wn_study_placed(stage.study, 0).recall, WN_RECALL_PAUSE);
    stage.n_slots = 1;
    pump(&stage);
    wn_study_start(stage.study, 0, &start);
    assert_true(start.waits_next);
    told = report(&stage, 0, 3, WAITS); /* a repetition is no new report */
    assert_int_equal(told.verdict, WN_VERDICT_CONTINUE);
    told = report(&stage, 0, 4, WAITS);
    assert_int_equal(told.verdict, WN_VERDICT_PAUSE);
    stage_close(&stage);
}

static void rule_7_a_resumed_trial_is_no_longer_recalled(void **state)
{
    struct stage stage;
    struct wn_start start;
    struct wn_judgement told;

    (void)state;
    stage_open(&stage, 1, "{}");
    start_to(9);
    recall(0, WN_RECALL_PAUSE);
    resume_to(0, 9)->after_reports = 1;
    pump(&stage);
    report(&stage, 0, 1, WAITS | SAVES);
    pump(&stage);
    wn_study_start(stage.study, 0, &start);
    assert_false(start.waits_next);
    told = report(&stage, 0, 2, PLAIN);
    assert_int_equal(told.verdict, WN_VERDICT_CONTINUE);
    stage_close(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scripted_test(rule_1_recovery_ends_a_stopped_trial),
        scripted_test(rule_1_a_trial_told_to_stop_is_not_returned),
        scripted_test(rule_1_recovery_collects_and_closes),
        scripted_test(rule_1_asking_twice_gives_the_same),
        scripted_test(rule_2_the_scheduler_is_asked_after_every_event_until_it_waits),
        scripted_test(rule_2_room_that_appears_without_an_event_is_used),
        scripted_test(rule_2_without_room_recalls_are_still_decided),
        scripted_test(rule_2_a_paused_trial_is_ended_without_room),
        scripted_test(rule_2_a_ready_trial_takes_its_slot_from_the_room),
        scripted_test(rule_3_a_returned_trial_still_runs_for_its_scheduler),
        scripted_test(rule_3_ready_trials_go_before_new_ones),
        scripted_test(rule_3_a_returned_trial_goes_on_from_its_newest_checkpoint),
        scripted_test(rule_3_opening_returns_everything_that_ran),
        scripted_test(rule_3_a_drained_trial_is_returned),
        scripted_test(rule_4_a_failure_is_heard_once_when_it_is_final),
        scripted_test(rule_4_what_would_fail_again_is_not_retried),
        scripted_test(rule_4_a_bad_report_is_a_failure_and_never_enters_history),
        scripted_test(rule_4_a_metric_better_than_any_number_fails_its_trial),
        scripted_test(rule_4_a_program_that_only_repeats_has_not_completed),
        scripted_test(rule_5_the_first_report_at_or_past_a_milestone_reaches_it),
        scripted_test(rule_5_a_passed_milestone_is_asked_about_once),
        scripted_test(rule_5_a_report_at_the_maximum_stops_whatever_the_scheduler_says),
        scripted_test(rule_5_a_checkpoint_is_that_of_its_report),
        scripted_test(rule_6_a_repetition_is_counted_and_not_stored),
        scripted_test(rule_6_a_repetitions_checkpoint_is_where_the_trial_restarts),
        scripted_test(rule_6_a_repetition_that_waits_is_answered_from_the_state),
        scripted_test(rule_6_a_repetition_that_waits_while_draining_is_returned),
        scripted_test(rule_7_a_recall_moves_the_milestone_to_the_next_new_report),
        scripted_test(rule_7_at_a_milestone_the_answer_and_the_recall_meet),
        scripted_test(rule_7_a_recalled_trial_that_is_ready_runs_to_its_next_new_report),
        scripted_test(rule_7_a_resumed_trial_is_no_longer_recalled),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

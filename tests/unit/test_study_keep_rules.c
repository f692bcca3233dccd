/* test_study_keep_rules.c - rules 8 to 10: dispatch numbers, losses, checkpoints. */
#include "test_study.h"

/* --- rule 8 --- */

static void rule_8_only_the_current_number_speaks_for_a_trial(void **state)
{
    struct stage stage;
    struct wn_dispatch first, second;

    (void)state;
    stage_open(&stage, 1, "{}");
    start_to(9);
    pump(&stage);
    first = dispatch_of(&stage, 0);
    assert_int_equal(wn_study_find(stage.study, 0, first), 0);
    assert_int_equal(wn_study_find(stage.study, 1, first), NO_TRIAL);
    assert_int_equal(wn_study_find(stage.study, NO_TRIAL, first), NO_TRIAL);
    lose(&stage, 0);
    assert_int_equal(wn_study_find(stage.study, 0, first), NO_TRIAL);
    assert_int_equal(wn_study_find(stage.study, 0, (struct wn_dispatch){0}), NO_TRIAL);
    pump(&stage);
    second = dispatch_of(&stage, 0);
    assert_false(wn_dispatch_equal(first, second));
    assert_int_equal(wn_study_find(stage.study, 0, first), NO_TRIAL);
    assert_int_equal(wn_study_find(stage.study, 0, second), 0);
    stage_close(&stage);
}

static void rule_8_numbers_are_never_given_twice(void **state)
{
    struct stage stage;

    (void)state;
    stage_open(&stage, 1, "{}");
    start_to(9);
    pump(&stage);
    lose(&stage, 0);
    pump(&stage);
    kill_and_recover(&stage);
    pump(&stage);
    expect(&stage, "dispatched 0 as 2.1");
    assert_int_equal(try_apply(&stage, &(struct wn_event){.kind = WN_EVENT_OPENED,
                                                          .trial = NO_TRIAL,
                                                          .opened.incarnation = 2}),
                     WN_ECORRUPT);
    stage_close(&stage);
}

/* --- rule 9 --- */

static void rule_9_losses_in_a_row_without_progress_are_the_trials_failure(void **state)
{
    struct stage stage;

    (void)state;
    stage_open(&stage, 1, "{}");
    start_to(9);
    for (int i = 0; i < 3; i++) {
        pump(&stage);
        lose(&stage, 0);
    }
    expect(&stage, "planned 0 to 9; configured 0 0; dispatched 0 as 1.1; "
                   "returned 0 lost; dispatched 0 as 1.2; returned 0 lost; "
                   "dispatched 0 as 1.3; ended 0 failed (lost)");
    stage_close(&stage);
}

static void rule_9_progress_lets_losses_count_anew(void **state)
{
    struct stage stage;

    (void)state;
    stage_open(&stage, 1, "{}");
    start_to(9);
    for (int i = 0; i < 8; i++) {
        pump(&stage);
        if (i % 2 == 0)
            report(&stage, 0, 1 + i / 2, PLAIN);
        lose(&stage, 0);
    }
    assert_int_equal(state_of(&stage, 0), WN_RUN_STATE_READY);
    assert_int_equal(wn_study_placed(stage.study, 0).n_losses, 2);
    stage_close(&stage);
}

static void rule_9_failures_and_losses_are_counted_apart(void **state)
{
    struct stage stage;

    (void)state;
    stage_open(&stage, 1, "{}");
    start_to(9);
    for (int i = 0; i < 2; i++) {
        pump(&stage);
        lose(&stage, 0);
        pump(&stage);
        end_with(&stage, 0, WN_FAILURE_EXIT);
    }
    assert_int_equal(wn_study_placed(stage.study, 0).n_losses, 2);
    assert_int_equal(wn_study_placed(stage.study, 0).n_failures, 2);
    assert_int_equal(state_of(&stage, 0), WN_RUN_STATE_READY);
    stage_close(&stage);
}

/* --- rule 10 --- */

static void rule_10_history_names_only_checkpoints_of_milestones(void **state)
{
    struct stage stage;
    const struct wn_history *history;

    (void)state;
    stage_open(&stage, 1, "{}");
    start_to(3);
    answer_at(0, 3, WN_VERDICT_CONTINUE, 9);
    pump(&stage);
    history = wn_study_history(stage.study);
    report(&stage, 0, 2, SAVES);
    assert_int_equal(wn_history_trial(history, 0)->newest.resource, 0);
    report(&stage, 0, 3, SAVES | WAITS);
    assert_int_equal(wn_history_trial(history, 0)->newest.resource, 3);
    report(&stage, 0, 4, SAVES);
    assert_int_equal(wn_history_trial(history, 0)->newest.resource, 3);
    stage_close(&stage);
}

static void rule_10_a_live_trial_keeps_the_newest_and_what_a_fork_may_name(void **state)
{
    struct stage stage;

    (void)state;
    stage_open(&stage, 1, "{}");
    start_to(2);
    answer_at(0, 2, WN_VERDICT_CONTINUE, 9);
    pump(&stage);
    forget(&stage);
    report(&stage, 0, 1, SAVES);
    report(&stage, 0, 2, SAVES | WAITS);
    report(&stage, 0, 3, SAVES);
    pump(&stage);
    expect(&stage, "reported 0 at 1 continue; reported 0 at 2 continue to 9; "
                   "reported 0 at 3 continue; collected 0 at 1-1.1");
    report(&stage, 0, 4, SAVES);
    pump(&stage);
    expect(&stage, "reported 0 at 4 continue; collected 0 at 3-1.1");
    stage_close(&stage);
}

static void rule_10_paused_is_kept_for_what_it_is_worth(void **state)
{
    (void)state;
    for (uint32_t worthless = 0; worthless < 2; worthless++) {
        struct stage stage;
        fresh_script(NULL);
        script.worthless = worthless;
        stage_open(&stage, 2, "{}");
        start_to(2);
        start_to(2);
        answer_at(0, 2, WN_VERDICT_PAUSE, 0);
        pump(&stage);
        report_loss(&stage, 1, 1, 0.5, PLAIN); /* the incumbent is another */
        forget(&stage);
        report_loss(&stage, 0, 2, 1, SAVES | WAITS);
        pump(&stage);
        expect(&stage, worthless ? "reported 0 at 2 pause; collected 0 at 2-1.1"
                                 : "reported 0 at 2 pause");
        /* Nobody may fork from what is gone, though it be worth something again. */
        assert_int_equal(
            wn_history_trial(wn_study_history(stage.study), 0)->newest.resource,
            worthless ? 0 : 2);
        kill_and_recover(&stage);
        stage_close(&stage);
    }
}

static void rule_10_what_a_failed_trial_left_is_kept_for_what_it_is_worth(void **state)
{
    (void)state;
    for (uint32_t n_mourned = 0; n_mourned < 2; n_mourned++) {
        struct stage stage;
        fresh_script(NULL);
        script.n_mourned = n_mourned;
        stage_open(&stage, 2, "{}");
        start_to(2);
        start_to(2);
        answer_at(0, 2, WN_VERDICT_CONTINUE, 9);
        pump(&stage);
        report_loss(&stage, 1, 1, 0.5, PLAIN); /* the incumbent is another */
        report_loss(&stage, 0, 2, 1, SAVES | WAITS);
        forget(&stage);
        end_with(&stage, 0, WN_FAILURE_BAD_REPORT);
        pump(&stage);
        expect(&stage, n_mourned ? "ended 0 failed (bad-report)"
                                 : "ended 0 failed (bad-report); collected 0 at 2-1.1");
        stage_close(&stage);
    }
}

static void rule_10_the_incumbents_newest_outlives_it(void **state)
{
    struct stage stage;

    (void)state;
    stage_open(&stage, 2, "{}");
    start_to(9);
    start_to(9);
    pump(&stage);
    report_loss(&stage, 0, 9, 0.5, SAVES | WAITS);
    forget(&stage);
    pump(&stage);
    expect(&stage, "ended 0 completed");
    assert_int_equal(wn_study_newest(stage.study, 0).resource, 9);
    report_loss(&stage, 1, 3, 0.4, PLAIN); /* a better one, without a checkpoint */
    pump(&stage);
    expect(&stage, "reported 1 at 3 continue; collected 0 at 9-1.1");
    stage_close(&stage);
}

/* Trial 0 saves at its milestone 2 and pauses; trial 1 is forked from it; trial 2 is the
 * incumbent, so that only the lease protects what trial 0 left. */
static struct wn_generation forked(struct stage *stage, size_t n_forks)
{
    struct wn_generation source = {
        .trial = 0, .resource = 2, .dispatch = {.incarnation = 1, .count = 1}};

    stage_open(stage, 2 + n_forks, "{}");
    start_to(2);
    start_to(9);
    for (size_t i = 0; i < n_forks; i++)
        fork_from(source, 6)->after_reports = 2;
    answer_at(0, 2, WN_VERDICT_PAUSE, 0);
    pump(stage);
    report_loss(stage, 1, 1, 0.1, PLAIN);
    report(stage, 0, 2, SAVES | WAITS);
    return source;
}

static void rule_10_a_leased_checkpoint_stays_until_the_childs_own_first(void **state)
{
    struct stage stage;
    struct wn_generation source = forked(&stage, 1);
    struct wn_start start;

    (void)state;
    pump(&stage);
    script.worthless = 1;
    forget(&stage);
    wn_study_start(stage.study, 2, &start);
    assert_true(wn_generation_equal(start.source, source));
    assert_int_equal(start.recorded, 2);
    report(&stage, 2, 3, PLAIN);
    pump(&stage);
    lose(&stage, 2);
    pump(&stage);
    report(&stage, 2, 3, PLAIN);
    pump(&stage);
    assert_true(wn_study_knows(stage.study, source));
    forget(&stage);
    report(&stage, 2, 4, SAVES);
    pump(&stage);
    expect(&stage, "reported 2 at 4 continue; collected 0 at 2-1.1");
    stage_close(&stage);
}

static void rule_10_a_lease_lasts_through_the_childs_pause(void **state)
{
    struct stage stage;
    struct wn_generation source = forked(&stage, 1);

    (void)state;
    answer_at(2, 6, WN_VERDICT_PAUSE, 0);
    resume_to(2, 9)->after_reports = 3;
    pump(&stage);
    script.worthless = 1;
    stage.n_slots = 0;
    report(&stage, 2, 6, WAITS); /* it pauses without a checkpoint of its own */
    pump(&stage);
    assert_int_equal(state_of(&stage, 2), WN_RUN_STATE_PAUSED);
    assert_true(wn_study_knows(stage.study, source));
    stage.n_slots = 3;
    forget(&stage);
    pump(&stage);
    expect(&stage, "resumed 2 to 9; dispatched 2 as 1.4");
    assert_true(wn_study_knows(stage.study, source));
    stage_close(&stage);
}

static void rule_10_a_lease_ends_with_the_child(void **state)
{
    struct stage stage;

    forked(&stage, 1);
    (void)state;
    pump(&stage);
    script.worthless = 1;
    forget(&stage);
    end_with(&stage, 2, WN_FAILURE_BAD_REPORT);
    pump(&stage);
    expect(&stage, "ended 2 failed (bad-report); collected 0 at 2-1.1");
    stage_close(&stage);
}

static void damage(struct stage *stage, uint32_t trial, struct wn_generation gen)
{
    struct wn_event event;

    assert_true(wn_study_damage_event(stage->study, trial, gen, &event));
    apply(stage, &event);
}

static void rule_10_after_damage_the_generation_before_is_used(void **state)
{
    struct stage stage;
    struct wn_start start;

    (void)state;
    stage_open(&stage, 1, "{}");
    start_to(3);
    answer_at(0, 3, WN_VERDICT_CONTINUE, 9);
    pump(&stage);
    report(&stage, 0, 3, SAVES | WAITS);
    report(&stage, 0, 4, SAVES);
    lose(&stage, 0);
    pump(&stage);
    forget(&stage);
    wn_study_start(stage.study, 0, &start);
    assert_int_equal(start.source.resource, 4);
    damage(&stage, 0, start.source);
    pump(&stage);
    expect(&stage, "returned 0 damaged; dispatched 0 as 1.3");
    wn_study_start(stage.study, 0, &start);
    assert_int_equal(start.source.resource, 3);
    damage(&stage, 0, start.source);
    pump(&stage);
    wn_study_start(stage.study, 0, &start);
    assert_int_equal(start.source.resource, 0); /* none is left: from the start */
    assert_int_equal(start.recorded, 4);
    assert_int_equal(wn_study_placed(stage.study, 0).n_losses, 1); /* no blame */
    stage_close(&stage);
}

static void rule_10_damage_strikes_every_child_of_a_generation(void **state)
{
    struct stage stage;
    struct wn_generation source = forked(&stage, 2);
    struct wn_start start;

    (void)state;
    pump(&stage);
    damage(&stage, 2, source);
    damage(&stage, 3, source); /* under way at the same moment */
    forget(&stage);
    pump(&stage);
    expect(&stage, "dispatched 2 as 1.5; dispatched 3 as 1.6");
    for (uint32_t i = 2; i < 4; i++) {
        wn_study_start(stage.study, i, &start);
        assert_int_equal(start.source.resource, 0);
        assert_int_equal(start.recorded, 2);
    }
    kill_and_recover(&stage);
    stage_close(&stage);
}

/* A paused trial goes on from the generation that its child was forked from: both begin
 * from it at the same moment, and either may be the first to say that it is damaged. */
static void rule_10_damage_strikes_a_trial_and_its_child_in_any_order(void **state)
{
    (void)state;
    for (uint32_t first = 0; first <= 2; first += 2) {
        struct stage stage;
        struct wn_generation source;
        struct wn_start start;

        fresh_script(NULL);
        source = forked(&stage, 1);
        resume_to(0, 9)->after_reports = 2;
        stage.n_slots = 3;
        pump(&stage);
        assert_int_equal(state_of(&stage, 0), WN_RUN_STATE_RUNNING);
        assert_int_equal(state_of(&stage, 2), WN_RUN_STATE_RUNNING);
        damage(&stage, first, source);
        damage(&stage, 2 - first, source);
        forget(&stage);
        pump(&stage);
        expect(&stage, first ? "dispatched 2 as 1.5; dispatched 0 as 1.6"
                             : "dispatched 0 as 1.5; dispatched 2 as 1.6");
        for (uint32_t i = 0; i <= 2; i += 2) {
            wn_study_start(stage.study, i, &start);
            assert_int_equal(start.source.resource, 0);
            assert_int_equal(start.recorded, 2);
        }
        kill_and_recover(&stage);
        stage_close(&stage);
    }
}

/* A program that ends at each milestone is begun again under the same dispatch, from what
 * it left; a child forked from that may have said before that it is damaged. */
static void rule_10_damage_strikes_what_a_dispatch_would_begin_again_from(void **state)
{
    struct wn_generation own = {
        .trial = 0, .resource = 3, .dispatch = {.incarnation = 1, .count = 1}};
    struct wn_event event;
    struct stage stage;
    struct wn_start start;

    (void)state;
    stage_open(&stage, 2, "{}");
    start_to(3);
    fork_from(own, 9)->after_reports = 1;
    answer_at(0, 3, WN_VERDICT_CONTINUE, 9);
    pump(&stage);
    assert_false(wn_study_damage_event(stage.study, 0, own, &event));
    report(&stage, 0, 3, SAVES | WAITS);
    pump(&stage);
    damage(&stage, 1, own);
    damage(&stage, 0, own);
    pump(&stage);
    wn_study_start(stage.study, 0, &start);
    assert_int_equal(start.source.resource, 0);
    own = generation(&stage, 0, 2);
    assert_false(wn_study_damage_event(stage.study, 0, own, &event));
    report(&stage, 0, 2, SAVES); /* repetitions count as well */
    damage(&stage, 0, own);
    pump(&stage);
    kill_and_recover(&stage);
    stage_close(&stage);
}

static void rule_10_a_ready_child_does_not_ask_for_what_is_damaged(void **state)
{
    struct stage stage;
    struct wn_generation source = forked(&stage, 2);
    struct wn_start start;

    (void)state;
    pump(&stage);
    lose(&stage, 3);
    damage(&stage, 2, source);
    pump(&stage);
    wn_study_start(stage.study, 3, &start);
    assert_int_equal(start.source.resource, 0);
    stage_close(&stage);
}

static void rule_10_nobody_forks_from_what_is_damaged(void **state)
{
    struct stage stage;
    struct wn_generation source = forked(&stage, 1);

    (void)state;
    pump(&stage);
    assert_true(wn_generation_equal(
        wn_history_trial(wn_study_history(stage.study), 0)->newest, source));
    damage(&stage, 2, source);
    assert_int_equal(wn_history_trial(wn_study_history(stage.study), 0)->newest.resource,
                     0);
    stage_close(&stage);
}

static void rule_10_damage_that_concerns_no_one_is_no_event(void **state)
{
    struct stage stage;
    struct wn_generation unknown = {.trial = 0, .resource = 5};
    struct wn_event event;

    (void)state;
    stage_open(&stage, 1, "{}");
    start_to(9);
    pump(&stage);
    assert_false(wn_study_damage_event(stage.study, 0, unknown, &event));
    unknown.trial = 77;
    assert_false(wn_study_damage_event(stage.study, 0, unknown, &event));
    unknown = (struct wn_generation){0}; /* it began from none */
    assert_false(wn_study_damage_event(stage.study, 0, unknown, &event));
    stage_close(&stage);
}

static void rule_10_only_what_runs_from_a_generation_can_find_it_damaged(void **state)
{
    struct stage stage;
    struct wn_generation source = forked(&stage, 1);
    struct wn_event event;

    (void)state;
    pump(&stage);
    assert_false(wn_study_damage_event(stage.study, 0, source, &event)); /* it pauses */
    assert_false(wn_study_damage_event(stage.study, 1, source, &event)); /* no child */
    assert_true(wn_study_knows(stage.study, source));
    event = (struct wn_event){.kind = WN_EVENT_RETURNED, .trial = 1};
    event.returned.why = WN_RETURN_DAMAGED; /* it began from nothing */
    event.returned.text = "";
    assert_int_equal(try_apply(&stage, &event), WN_ECORRUPT);
    stage_close(&stage);
}

/* A journal of 0.1.0 names the generation and not the trial that began from it. */
static void rule_10_damage_as_it_was_once_written_is_understood(void **state)
{
    (void)state;
    for (int is_fork = 0; is_fork < 2; is_fork++) {
        struct wn_event event = {.kind = WN_EVENT_DAMAGED};
        struct wn_generation source;
        struct stage stage;

        fresh_script(NULL);
        source = forked(&stage, (size_t)is_fork);
        if (!is_fork)
            resume_to(0, 9);
        pump(&stage);
        forget(&stage);
        event.collected.generation = source; /* its trial is the event's */
        apply(&stage, &event);
        pump(&stage);
        expect(&stage, is_fork ? "damaged 0 0 at 2-1.1; dispatched 2 as 1.4"
                               : "damaged 0 0 at 2-1.1; dispatched 0 as 1.4");
        kill_and_recover(&stage);
        pump(&stage);
        assert_int_equal(try_apply(&stage, &event), WN_ECORRUPT); /* it is gone */
        stage_close(&stage);
    }
}

static void rule_10_a_study_that_keeps_all_collects_nothing(void **state)
{
    struct stage stage;

    (void)state;
    stage_open(&stage, 1, "{}");
    stage.cfg.limits.keeps_all = true;
    wn_study_set_limits(stage.study, &stage.cfg.limits);
    start_to(9);
    pump(&stage);
    for (int64_t resource = 1; resource <= 9; resource++)
        report(&stage, 0, resource, SAVES);
    forget(&stage);
    pump(&stage);
    expect(&stage, "ended 0 completed");
    stage_close(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scripted_test(rule_8_only_the_current_number_speaks_for_a_trial),
        scripted_test(rule_8_numbers_are_never_given_twice),
        scripted_test(rule_9_losses_in_a_row_without_progress_are_the_trials_failure),
        scripted_test(rule_9_progress_lets_losses_count_anew),
        scripted_test(rule_9_failures_and_losses_are_counted_apart),
        scripted_test(rule_10_history_names_only_checkpoints_of_milestones),
        scripted_test(rule_10_a_live_trial_keeps_the_newest_and_what_a_fork_may_name),
        scripted_test(rule_10_paused_is_kept_for_what_it_is_worth),
        scripted_test(rule_10_what_a_failed_trial_left_is_kept_for_what_it_is_worth),
        scripted_test(rule_10_the_incumbents_newest_outlives_it),
        scripted_test(rule_10_a_leased_checkpoint_stays_until_the_childs_own_first),
        scripted_test(rule_10_a_lease_lasts_through_the_childs_pause),
        scripted_test(rule_10_a_lease_ends_with_the_child),
        scripted_test(rule_10_after_damage_the_generation_before_is_used),
        scripted_test(rule_10_damage_strikes_every_child_of_a_generation),
        scripted_test(rule_10_damage_strikes_a_trial_and_its_child_in_any_order),
        scripted_test(rule_10_damage_strikes_what_a_dispatch_would_begin_again_from),
        scripted_test(rule_10_a_ready_child_does_not_ask_for_what_is_damaged),
        scripted_test(rule_10_nobody_forks_from_what_is_damaged),
        scripted_test(rule_10_damage_that_concerns_no_one_is_no_event),
        scripted_test(rule_10_only_what_runs_from_a_generation_can_find_it_damaged),
        scripted_test(rule_10_damage_as_it_was_once_written_is_understood),
        scripted_test(rule_10_a_study_that_keeps_all_collects_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

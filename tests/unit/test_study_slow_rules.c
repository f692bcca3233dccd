/* test_study_slow_rules.c - rule 14 of slow searchers, and rule 15 of what they propose.
 *
 * The searcher here proposes what it has seen: hundreds are the trials planned, tens the
 * reports (and changes of the job), ones the trial it is asked for. So "configured 1 201" was asked for when there
 * were two plans and no report. On its thread it thinks while the gate is shut.
 */
#include "test_study.h"

#include "test_slow.h"

static struct gate gate = GATE_SHUT;
static bool waits; /* at the gate */

#define REFUSED 5 /* apply() fails at a report of so much */

static struct wn_reply seen_propose(const struct wn_search *self,
                                    const struct wn_ask *ask,
                                    struct wn_rng rng,
                                    union wn_cell *cells)
{
    static const char tag[] = "seen";

    (void)rng;
    if (waits)
        gate_pass(&gate);
    if (self->n_configured >= script.n_configs)
        return (struct wn_reply){.kind = WN_REPLY_EXHAUSTED};
    cells[0].i = 100 * self->n_planned + 10 * self->n_reports + ask->trial;
    return (struct wn_reply){.kind = WN_REPLY_CONFIGURE,
                             .tag = {.at = tag, .n = sizeof tag}};
}

static enum wn_status seen_apply(struct wn_search *self,
                                 const struct wn_event *event,
                                 struct wn_error *err)
{
    if (event->kind == WN_EVENT_REPORTED && event->reported.resource == REFUSED)
        return wn_fail(err, WN_ENUMERIC, "the searcher refuses");
    self->n_reports += event->kind == WN_EVENT_AMENDED;
    return numbers_apply(self, event, err);
}

static const struct wn_search_ops seen_search = {.name = "seen",
                                                 .summary = "what it has seen",
                                                 .reference = "",
                                                 .is_slow = true,
                                                 .options = wn_no_options,
                                                 .create = numbers_create,
                                                 .destroy = numbers_destroy,
                                                 .propose = seen_propose,
                                                 .apply = seen_apply,
                                                 .size = numbers_size};

/* --- the stage --- */

static void slow_open(struct stage *stage, size_t n_slots, const char *stop)
{
    stage_open(stage, n_slots, stop);
    wn_study_destroy(stage->study);
    stage->events.n = 0;
    stage->incarnation = 0;
    stage->cfg.search = &seen_search;
    stage->cfg.has_thread = waits;
    create_study(stage);
    open_again(stage);
    forget(stage);
}

static void slow_close(struct stage *stage)
{
    gate_set(&gate, false); /* nothing is to be waited for */
    stage_close(stage);
}

/* The searcher comes to the end of its thought, and what follows happens. */
static void let_think(struct stage *stage)
{
    struct pollfd fd = {.fd = wn_study_fd(stage->study), .events = POLLIN};

    assert_true(wn_study_is_thinking(stage->study));
    gate_set(&gate, false);
    assert_int_equal(poll(&fd, 1, -1), 1);
    gate_set(&gate, true);
    pump(stage);
}

/* The coordinator dies while the gate is shut. */
static void crash(struct stage *stage)
{
    gate_set(&gate, false);
    kill_and_recover(stage);
    gate_set(&gate, true);
}

static void ask_user(struct stage *stage, int64_t value)
{
    union wn_cell cell = {.i = value};
    struct wn_event event = {.kind = WN_EVENT_ENQUEUED, .trial = NO_TRIAL};

    event.configured.origin = WN_ORIGIN_USER;
    event.configured.cells = &cell;
    event.configured.n_cells = 1;
    apply(stage, &event);
}

/* All events again, with the searcher thinking in no time; swap: the event at this place
 * and the next one change places (0: none). */
static enum wn_status replay(struct stage *stage, size_t swap, struct wn_error *err)
{
    uint64_t digest = wn_study_digest(stage->study);
    struct wn_replay replay = {0};
    enum wn_status rc = WN_OK;

    gate_set(&gate, false);
    wn_study_destroy(stage->study);
    waits = stage->cfg.has_thread = false;
    create_study(stage);
    replay.study = stage->study;
    for (size_t i = 0; i < stage->events.n && !rc; i++) {
        size_t from = i;
        if (swap && (i == swap || i == swap + 1))
            from = i == swap ? swap + 1 : swap;
        rc = wn_replay_event(&replay, &stage->events.at[from], err);
    }
    if (!rc)
        assert_int_equal(wn_study_digest(stage->study), digest);
    waits = stage->cfg.has_thread = true;
    return rc;
}

static void must_replay(struct stage *stage)
{
    struct wn_error err = {0};

    if (replay(stage, 0, &err) != WN_OK)
        fail_msg("%s", err.text);
}

/* Trial 0 runs, trial 1 is thought about. */
static void open_half(struct stage *stage)
{
    slow_open(stage, 2, "{}");
    start_to(3);
    start_to(9);
    answer_at(0, 3, WN_VERDICT_CONTINUE, 9);
    pump(stage);
    let_think(stage);
    expect(stage,
           "planned 0 to 3; planned 1 to 9; configured 0 100; dispatched 0 as 1.1");
    assert_true(wn_study_is_thinking(stage->study));
}

/* --- rule 14 --- */

static void rule_14_reports_are_answered_while_a_searcher_thinks(void **state)
{
    struct wn_judgement told;
    struct stage stage;

    (void)state;
    open_half(&stage);
    report(&stage, 0, 1, PLAIN);
    pump(&stage);
    told = report(&stage, 0, 3, WAITS);
    assert_true(told.has_answer);
    assert_int_equal(told.verdict, WN_VERDICT_CONTINUE);
    pump(&stage);
    expect(&stage, "reported 0 at 1 continue; reported 0 at 3 continue to 9");
    let_think(&stage);
    expect(&stage, "configured 1 201; dispatched 1 as 1.2"); /* of neither report */
    must_replay(&stage);
    slow_close(&stage);
}

static void rule_14_trials_that_wait_are_asked_for_one_after_the_other(void **state)
{
    struct stage stage;
    unsigned n = gate_n_begun(&gate);

    (void)state;
    slow_open(&stage, 3, "{}");
    for (int i = 0; i < 3; i++)
        start_to(9);
    pump(&stage);
    expect(&stage, "planned 0 to 9; planned 1 to 9; planned 2 to 9");
    gate_await(&gate, n + 1);
    pump(&stage);
    let_think(&stage);
    expect(&stage, "configured 0 100; dispatched 0 as 1.1");
    gate_await(&gate, n + 2);
    report(&stage, 0, 1, PLAIN);
    let_think(&stage);
    expect(&stage, "reported 0 at 1 continue; configured 1 301; dispatched 1 as 1.2");
    let_think(&stage);
    expect(&stage, "configured 2 312; dispatched 2 as 1.3");
    assert_int_equal(gate_n_begun(&gate), n + 3);
    must_replay(&stage);
    slow_close(&stage);
}

static void rule_14_without_a_thread_it_thinks_in_no_time(void **state)
{
    struct stage stage;

    (void)state;
    waits = false;
    slow_open(&stage, 2, "{}");
    assert_int_equal(wn_study_fd(stage.study), -1);
    start_to(9);
    start_to(9);
    pump(&stage);
    expect(&stage, "planned 0 to 9; configured 0 100; dispatched 0 as 1.1; "
                   "planned 1 to 9; configured 1 201; dispatched 1 as 1.2");
    must_replay(&stage);
    slow_close(&stage);
}

/* Whoever applies two events before he asks again changes nothing. */
static void rule_14_the_ask_begins_right_after_what_made_it_due(void **state)
{
    struct wn_event event;
    struct stage stage;

    (void)state;
    for (int is_aside = 0; is_aside < 2; is_aside++) {
        fresh_script(NULL);
        waits = is_aside;
        gate_set(&gate, true);
        slow_open(&stage, 2, "{}");
        start_to(3);
        start_to(9)->after_reports = 1;
        pump(&stage);
        if (is_aside)
            let_think(&stage);
        report(&stage, 0, 1, PLAIN);
        assert_true(wn_study_next(stage.study, 1, &event));
        assert_int_equal(event.kind, WN_EVENT_PLANNED);
        apply(&stage, &event);
        report(&stage, 0, 2, PLAIN); /* without next() before it */
        pump(&stage);
        if (is_aside)
            let_think(&stage);
        expect(&stage, "planned 0 to 3; configured 0 100; dispatched 0 as 1.1; "
                       "reported 0 at 1 continue; planned 1 to 9; "
                       "reported 0 at 2 continue; configured 1 211; dispatched 1 as 1.2");
        must_replay(&stage);
        slow_close(&stage);
    }
}

static void rule_14_a_reply_that_is_there_stays_the_same(void **state)
{
    struct wn_event one, two;
    struct stage stage;

    (void)state;
    slow_open(&stage, 1, "{}");
    start_to(9);
    assert_true(wn_study_next(stage.study, 1, &one));
    apply(&stage, &one);
    assert_false(wn_study_next(stage.study, 1, &one));
    gate_set(&gate, false);
    while (!wn_study_next(stage.study, 1, &one)) {
        struct pollfd fd = {.fd = wn_study_fd(stage.study), .events = POLLIN};
        assert_int_equal(poll(&fd, 1, -1), 1);
    }
    assert_true(wn_study_next(stage.study, 1, &two));
    assert_int_equal(one.kind, WN_EVENT_CONFIGURED);
    assert_int_equal(two.kind, WN_EVENT_CONFIGURED);
    assert_int_equal(two.configured.cells[0].i, 100);
    assert_string_equal(two.configured.tag.at, "seen");
    slow_close(&stage);
}

static void rule_14_what_the_user_asks_for_does_not_wait_for_a_thought(void **state)
{
    struct stage stage;

    (void)state;
    slow_open(&stage, 2, "{}");
    start_to(9);
    pump(&stage);
    ask_user(&stage, 500);
    pump(&stage);
    expect(&stage, "planned 0 to 9; enqueued; configured 0 500 by the user; "
                   "dispatched 0 as 1.1");
    assert_false(wn_study_is_thinking(stage.study));
    start_to(9);
    pump(&stage);
    let_think(&stage); /* after the thought that was dropped */
    expect(&stage, "planned 1 to 9; configured 1 201; dispatched 1 as 1.2");
    must_replay(&stage);
    slow_close(&stage);
}

/* A plan with a parent is not for the user's configuration, but the searcher should know
 * of it: it is as good as tried. */
static void rule_14_what_the_user_asks_for_begins_an_ask_anew(void **state)
{
    struct stage stage;

    (void)state;
    slow_open(&stage, 2, "{}");
    start_to(9);
    line_add((struct wn_decision){.act = WN_ACT_START, .milestone = 9, .parent = 0});
    pump(&stage);
    let_think(&stage);
    report(&stage, 0, 1, PLAIN);
    ask_user(&stage, 500);
    pump(&stage);
    let_think(&stage);
    expect(&stage, "planned 0 to 9; planned 1 to 9; configured 0 100; "
                   "dispatched 0 as 1.1; reported 0 at 1 continue; enqueued; "
                   "configured 1 211; dispatched 1 as 1.2");
    must_replay(&stage);
    slow_close(&stage);
}

static void rule_14_a_drain_does_not_wait_for_a_thought(void **state)
{
    struct wn_judgement told;
    struct stage stage;

    (void)state;
    open_half(&stage);
    stop_for(&stage, WN_STOP_DRAIN);
    pump(&stage);
    told = report(&stage, 0, 1, WAITS);
    assert_int_equal(told.verdict, WN_VERDICT_PAUSE);
    pump(&stage);
    expect(&stage, "stopping ; reported 0 at 1 continue; returned 0 drained; closed");
    open_again(&stage); /* by the same study, as a replay does */
    pump(&stage);
    let_think(&stage);
    expect(&stage,
           "opened 2; dispatched 0 as 2.1; configured 1 211; dispatched 1 as 2.2");
    must_replay(&stage);
    slow_close(&stage);
}

static void rule_14_a_reply_that_comes_while_the_study_stops_is_no_event(void **state)
{
    struct pollfd fd = {.events = POLLIN};
    struct stage stage;

    (void)state;
    open_half(&stage);
    stop_for(&stage, WN_STOP_DRAIN);
    pump(&stage);
    fd.fd = wn_study_fd(stage.study);
    gate_set(&gate, false);
    assert_int_equal(poll(&fd, 1, -1), 1);
    pump(&stage);
    assert_int_equal(poll(&fd, 1, 0), 0); /* or whoever waits on it would spin */
    expect(&stage, "stopping ");
    slow_close(&stage);
}

static void rule_14_a_study_that_stops_begins_no_ask(void **state)
{
    struct stage stage;

    (void)state;
    open_half(&stage);
    stop_for(&stage, WN_STOP_CRITERION);
    open_again(&stage); /* a drain would be over now */
    apply_kind(&stage, WN_EVENT_TIMER);
    assert_false(wn_study_is_thinking(stage.study));
    slow_close(&stage);
}

static void rule_14_recovery_asks_nobody_and_the_opening_asks_anew(void **state)
{
    struct stage stage;
    unsigned n;

    (void)state;
    open_half(&stage);
    report(&stage, 0, 1, PLAIN);
    n = gate_n_begun(&gate);
    crash(&stage);
    crash(&stage);
    assert_true(gate_n_begun(&gate) <= n + 1); /* the one that was under way */
    assert_false(wn_study_is_thinking(stage.study));
    pump(&stage);
    report(&stage, 0, 2, PLAIN);
    let_think(&stage);
    expect(&stage, "dispatched 0 as 3.1; reported 0 at 2 continue; "
                   "configured 1 211; dispatched 1 as 3.2");
    must_replay(&stage);
    slow_close(&stage);
}

static void rule_14_a_crash_after_the_reply_changes_nothing(void **state)
{
    struct stage stage;

    (void)state;
    open_half(&stage);
    let_think(&stage);
    crash(&stage);
    pump(&stage);
    expect(&stage, "dispatched 0 as 2.1; dispatched 1 as 2.2");
    assert_false(wn_study_is_thinking(stage.study));
    must_replay(&stage);
    slow_close(&stage);
}

static void rule_14_all_plans_that_wait_are_withdrawn_when_it_has_no_more(void **state)
{
    struct stage stage;

    (void)state;
    script.n_configs = 1;
    slow_open(&stage, 3, "{}");
    for (int i = 0; i < 4; i++)
        start_to(9);
    pump(&stage);
    let_think(&stage);
    report(&stage, 0, 1, PLAIN);
    let_think(&stage);
    expect(&stage, "planned 0 to 9; planned 1 to 9; planned 2 to 9; configured 0 100; "
                   "dispatched 0 as 1.1; reported 0 at 1 continue; exhausted; "
                   "ended 1 withdrawn; ended 2 withdrawn");
    crash(&stage);
    pump(&stage);
    report(&stage, 0, 9, WAITS);
    pump(&stage);
    expect(&stage, "dispatched 0 as 2.1; reported 0 at 9 stop; ended 0 completed; "
                   "stopping ; closed");
    must_replay(&stage);
    slow_close(&stage);
}

static void rule_14_the_limit_waits_for_the_trials_it_holds(void **state)
{
    struct stage stage;

    (void)state;
    slow_open(&stage, 3, "{'trials_started': 2}");
    for (int i = 0; i < 4; i++)
        start_to(9);
    pump(&stage);
    expect(&stage, "planned 0 to 9; planned 1 to 9");
    let_think(&stage);
    let_think(&stage);
    expect(&stage, "configured 0 100; dispatched 0 as 1.1; configured 1 201; "
                   "dispatched 1 as 1.2; exhausted by the limit");
    must_replay(&stage);
    slow_close(&stage);
}

static void rule_14_a_lower_limit_does_not_withdraw_what_is_thought_about(void **state)
{
    struct wn_values *less = stop_of("{'trials_started': 1}");
    struct stage stage;

    (void)state;
    open_half(&stage);
    crash(&stage);
    stage.cfg.limits.stop = less;
    wn_study_set_limits(stage.study, &stage.cfg.limits);
    apply_kind(&stage, WN_EVENT_AMENDED);
    pump(&stage);
    let_think(&stage);
    expect(&stage, "amended; dispatched 0 as 2.1; configured 1 211; dispatched 1 as 2.2; "
                   "exhausted by the limit"); /* as with a fast one */
    must_replay(&stage);
    slow_close(&stage);
    wn_values_destroy(less);
}

static void rule_14_trouble_of_the_thread_is_told_without_an_event(void **state)
{
    struct pollfd fd = {.events = POLLIN};
    struct wn_error err = {0};
    struct wn_event event;
    struct stage stage;

    (void)state;
    open_half(&stage);
    report(&stage, 0, REFUSED, PLAIN); /* into the queue */
    assert_int_equal(wn_study_check(stage.study, &err), WN_OK);
    fd.fd = wn_study_fd(stage.study);
    gate_set(&gate, false);
    while (wn_study_check(stage.study, &err) == WN_OK) {
        assert_int_equal(poll(&fd, 1, -1), 1);
        (void)wn_study_next(stage.study, 0, &event);
    }
    assert_int_equal(err.status, WN_ENUMERIC);
    assert_string_equal(err.text, "the searcher refuses");
    event = (struct wn_event){.kind = WN_EVENT_TIMER, .trial = NO_TRIAL};
    assert_int_equal(try_apply(&stage, &event), WN_ENUMERIC);
    slow_close(&stage);
}

/* --- rule 15 --- */

/* The plan that is asked for and a report after it change places: now the searcher would
 * have known of the report. */
static void rule_15_replay_thinks_where_the_ask_began(void **state)
{
    struct wn_error err = {0};
    struct stage stage;
    size_t at;

    (void)state;
    slow_open(&stage, 2, "{}");
    start_to(9);
    pump(&stage);
    let_think(&stage);
    start_to(9);
    pump(&stage);
    at = stage.events.n - 1;
    assert_int_equal(stage.events.at[at].kind, WN_EVENT_PLANNED);
    report(&stage, 0, 1, PLAIN);
    let_think(&stage);
    must_replay(&stage);
    assert_int_equal(replay(&stage, at, &err), WN_ECORRUPT);
    if (!strstr(err.text, "configured of trial 1") || !strstr(err.text, "another config"))
        fail_msg("%s", err.text);
    slow_close(&stage);
}

static int fresh_stage(void **state)
{
    gate_set(&gate, true);
    waits = true;
    return fresh_script(state);
}

#define slow_test(name) cmocka_unit_test_setup(name, fresh_stage)

int main(void)
{
    const struct CMUnitTest tests[] = {
        slow_test(rule_14_reports_are_answered_while_a_searcher_thinks),
        slow_test(rule_14_trials_that_wait_are_asked_for_one_after_the_other),
        slow_test(rule_14_without_a_thread_it_thinks_in_no_time),
        slow_test(rule_14_the_ask_begins_right_after_what_made_it_due),
        slow_test(rule_14_a_reply_that_is_there_stays_the_same),
        slow_test(rule_14_what_the_user_asks_for_does_not_wait_for_a_thought),
        slow_test(rule_14_what_the_user_asks_for_begins_an_ask_anew),
        slow_test(rule_14_a_drain_does_not_wait_for_a_thought),
        slow_test(rule_14_a_reply_that_comes_while_the_study_stops_is_no_event),
        slow_test(rule_14_a_study_that_stops_begins_no_ask),
        slow_test(rule_14_recovery_asks_nobody_and_the_opening_asks_anew),
        slow_test(rule_14_a_crash_after_the_reply_changes_nothing),
        slow_test(rule_14_all_plans_that_wait_are_withdrawn_when_it_has_no_more),
        slow_test(rule_14_the_limit_waits_for_the_trials_it_holds),
        slow_test(rule_14_a_lower_limit_does_not_withdraw_what_is_thought_about),
        slow_test(rule_14_trouble_of_the_thread_is_told_without_an_event),
        slow_test(rule_15_replay_thinks_where_the_ask_began),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_coordinator_rules.c - what coordinators do of rules 3, 6, 8, 9, 10 and 12.
 *
 * The rules as src/README.md numbers them; what the study alone decides of them is in
 * test_study_*rules.c.
 */
#define _GNU_SOURCE /* mkdtemp */
#include "test_coordinator.h"

#include "job/rebuild.h"

/* --- rule 8 --- */

/* Trial 0 was given to worker 0, which was thought lost, and runs on worker 1. */
static void open_with_a_zombie(struct desk *desk)
{
    static const char *const sets[] = {"stop={'trials_started': 1}", NULL};

    desk_init(desk, sets);
    desk_open(desk, 2);
    say_hello(desk, 0, 1);
    expect_told(desk, "0: run 0 as 1.1 to 9");
    say_hello(desk, 1, 1);
    assert_int_equal(wn_coord_lose(desk->coord, 0, &desk->err), WN_OK);
    settle(desk);
    expect_told(desk, "1: run 0 as 1.2 to 9");
}

static void rule_8_a_stale_report_changes_nothing_and_is_abandoned(void **state)
{
    struct desk desk;
    uint64_t digest, n_events;

    (void)state;
    open_with_a_zombie(&desk);
    digest = wn_study_digest(wn_coord_study(desk.coord));
    n_events = wn_coord_n_events(desk.coord);
    for (int waits = 0; waits < 2; waits++) {
        say_report(&desk, 0, about(WN_MSG_REPORT, 0, 1, 1), 3, waits);
        expect_told(&desk, "0: abandon 0 as 1.1");
    }
    assert_int_equal(wn_study_digest(wn_coord_study(desk.coord)), digest);
    assert_int_equal(wn_coord_n_events(desk.coord), n_events);
    say_report(&desk, 1, about(WN_MSG_REPORT, 0, 1, 2), 9, true);
    expect_told(&desk, "1: answer 0 at 9 stop");
    desk_close(&desk);
}

static void rule_8_no_stale_message_does_harm(void **state)
{
    static const struct {
        uint32_t trial, incarnation, count;
    } cases[] = {{0, 1, 1}, {0, 0, 0}, {0, 1, 3},
                 {0, 2, 2}, {1, 1, 2}, {UINT32_MAX, 1, 2}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct wn_message message =
            about(WN_MSG_REPORT, cases[i].trial, cases[i].incarnation, cases[i].count);
        struct desk desk;
        uint64_t digest;
        open_with_a_zombie(&desk);
        digest = wn_study_digest(wn_coord_study(desk.coord));
        say_report(&desk, 0, message, 3, true);
        message.kind = WN_MSG_ENDED;
        say_ended(&desk, 0, message, WN_FAILURE_EXIT);
        message.kind = WN_MSG_DAMAGED;
        message.damaged.generation = (struct wn_generation){.resource = 1};
        say(&desk, 0, &message);
        say_free(&desk, 0, message);
        if (desk.rc || wn_study_digest(wn_coord_study(desk.coord)) != digest)
            fail_msg("case %zu: %s, told %s", i, desk.err.text, wn_buf_text(&desk.text));
        desk_close(&desk);
    }
}

static void rule_8_the_slot_that_a_stale_dispatch_frees_is_used_again(void **state)
{
    struct desk desk;

    (void)state;
    open_with_a_zombie(&desk);
    assert_int_equal(wn_coord_n_idle(desk.coord), 0);
    say_free(&desk, 0, about(WN_MSG_FREE, 0, 1, 1));
    assert_int_equal(wn_coord_n_idle(desk.coord), 1);
    say_free(&desk, 0, about(WN_MSG_FREE, 0, 1, 1)); /* once more is once too often */
    assert_int_equal(wn_coord_n_idle(desk.coord), 1);
    wn_virtual_break(desk.world, 1);
    settle(&desk);
    expect_told(&desk, "0: run 0 as 1.3 to 9");
    desk_close(&desk);
}

static void rule_8_a_repeated_message_is_harmless(void **state)
{
    static const char *const sets[] = {"stop={'trials_started': 1}", NULL};
    struct wn_message message = about(WN_MSG_REPORT, 0, 1, 1);
    struct desk desk;

    (void)state;
    desk_init(&desk, sets);
    desk_open(&desk, 1);
    say_hello(&desk, 0, 1);
    say_hello(&desk, 0, 5);
    assert_int_equal(wn_coord_n_slots(desk.coord), 1);
    expect_told(&desk, "0: run 0 as 1.1 to 9");
    say_report(&desk, 0, message, 2, false);
    say_report(&desk, 0, message, 2, false);
    assert_int_equal(
        wn_history_trial(wn_study_history(wn_coord_study(desk.coord)), 0)->n_reports, 1);
    message.kind = WN_MSG_ENDED;
    say_ended(&desk, 0, message, WN_FAILURE_NONE);
    say_ended(&desk, 0, message, WN_FAILURE_NONE);
    assert_int_equal(placed(&desk, 0).state, WN_RUN_STATE_ENDED);
    expect_told(&desk, "");
    desk_close(&desk);
}

/* --- rules 3, 6 and 9 --- */

static void rule_9_a_break_is_a_lost_worker(void **state)
{
    static const char *const sets[] = {"stop={'trials_started': 2}", NULL};
    struct desk desk;

    (void)state;
    desk_init(&desk, sets);
    desk_open(&desk, 3);
    for (size_t i = 0; i < 3; i++)
        say_hello(&desk, i, 1);
    expect_told(&desk, "0: run 0 as 1.1 to 9; 1: run 1 as 1.2 to 9");
    wn_virtual_break(desk.world, 0);
    settle(&desk);
    expect_told(&desk, "2: run 0 as 1.3 to 9");
    assert_true(wn_coord_had_loss(desk.coord));
    wn_virtual_break(desk.world, 2);
    wn_virtual_break(desk.world, 1);
    settle(&desk);
    assert_int_equal(desk.rc, WN_ESYSTEM);
    assert_int_equal(placed(&desk, 0).n_losses, 2);
    assert_int_equal(placed(&desk, 1).n_losses, 1);
    desk_close(&desk);
}

static void rule_9_an_idle_slot_of_a_lost_worker_gets_nothing(void **state)
{
    static const char *const sets[] = {"stop={'trials_started': 4}", "batch=1", NULL};
    struct desk desk;

    (void)state;
    desk_init(&desk, sets);
    desk_open(&desk, 2);
    say_hello(&desk, 0, 2);
    say_hello(&desk, 1, 2);
    expect_told(&desk, "0: run 0 as 1.1 to 9");
    wn_virtual_break(desk.world, 0);
    settle(&desk);
    assert_int_equal(wn_coord_n_idle(desk.coord), 1);
    expect_told(&desk, "1: run 0 as 1.2 to 9");
    desk_close(&desk);
}

/* Only virtual time has it: what comes in a lost worker's place has idle slots. */
static void rule_9_a_lost_worker_may_come_back(void **state)
{
    static const char *const sets[] = {"stop={'trials_started': 4}", NULL};
    struct desk desk;

    (void)state;
    desk_init(&desk, sets);
    desk_open(&desk, 2);
    say_hello(&desk, 0, 2);
    expect_told(&desk, "0: run 0 as 1.1 to 9; 0: run 1 as 1.2 to 9");
    say_hello(&desk, 1, 1);
    expect_told(&desk, "1: run 2 as 1.3 to 9");
    wn_virtual_break(desk.world, 0);
    settle(&desk);
    expect_told(&desk, "");
    assert_int_equal(wn_coord_n_idle(desk.coord), 0);
    wn_virtual_mend(desk.world, 0);
    say_hello(&desk, 0, 2);
    expect_told(&desk, "0: run 0 as 1.4 to 9; 0: run 1 as 1.5 to 9");
    say_hello(&desk, 0, 2); /* repeated */
    expect_told(&desk, "");
    assert_int_equal(wn_coord_n_slots(desk.coord), 3);
    wn_virtual_break(desk.world, 1); /* not all are lost */
    settle(&desk);
    assert_int_equal(desk.rc, WN_OK);
    desk_close(&desk);
}

static void rule_9_a_slot_freed_without_an_end_is_a_loss(void **state)
{
    static const char *const sets[] = {"stop={'trials_started': 1}", NULL};
    struct desk desk;

    (void)state;
    desk_init(&desk, sets);
    desk_open(&desk, 1);
    say_hello(&desk, 0, 1);
    expect_told(&desk, "0: run 0 as 1.1 to 9");
    say_free(&desk, 0, about(WN_MSG_FREE, 0, 1, 1));
    say_free(&desk, 0, about(WN_MSG_FREE, 0, 1, 1)); /* repeated */
    advance(&desk, SECOND - 1); /* the slot rests, and longer each time */
    expect_told(&desk, "");
    advance(&desk, 1);
    expect_told(&desk, "0: run 0 as 1.2 to 9");
    say_free(&desk, 0, about(WN_MSG_FREE, 0, 1, 2));
    advance(&desk, 2 * SECOND - 1);
    expect_told(&desk, "");
    advance(&desk, 1);
    expect_told(&desk, "0: run 0 as 1.3 to 9");
    say_free(&desk, 0, about(WN_MSG_FREE, 0, 1, 3));
    expect_told(&desk, "0: quit");
    assert_int_equal(
        wn_history_trial(wn_study_history(wn_coord_study(desk.coord)), 0)->failure,
        WN_FAILURE_LOST);
    assert_true(wn_coord_is_done(desk.coord));
    desk_close(&desk);
}

static void rule_6_a_repetition_that_waits_is_answered(void **state)
{
    static const char *const sets[] = {
        "stop={'trials_started': 1}", "scheduler={'type': 'asha', 'variant': 'stopping'}",
        NULL};
    struct desk desk;

    (void)state;
    desk_init(&desk, sets);
    desk_open(&desk, 1);
    say_hello(&desk, 0, 1);
    say_report(&desk, 0, about(WN_MSG_REPORT, 0, 1, 1), 1, true);
    expect_told(&desk, "0: run 0 as 1.1 to 1; 0: answer 0 at 1 continue");
    say_free(&desk, 0, about(WN_MSG_FREE, 0, 1, 1));
    advance(&desk, SECOND);
    expect_told(&desk, "0: run 0 as 1.2 to 3");
    say_report(&desk, 0, about(WN_MSG_REPORT, 0, 1, 2), 1, true);
    expect_told(&desk, "0: answer 0 at 1 continue");
    assert_int_equal(wn_coord_drain(desk.coord, false, &desk.err), WN_OK);
    settle(&desk);
    expect_told(&desk, "0: recall 0");
    say_report(&desk, 0, about(WN_MSG_REPORT, 0, 1, 2), 1, true);
    expect_told(&desk, "0: answer 0 at 1 pause");
    assert_true(wn_study_is_closed(wn_coord_study(desk.coord)));
    desk_close(&desk);
}

static void rule_3_a_retry_takes_the_next_free_slot(void **state)
{
    static const char *const sets[] = {"stop={'trials_started': 2}", NULL};
    struct desk desk;

    (void)state;
    desk_init(&desk, sets);
    desk_open(&desk, 2);
    say_hello(&desk, 0, 1);
    say_ended(&desk, 0, about(WN_MSG_ENDED, 0, 1, 1), WN_FAILURE_EXIT);
    expect_told(&desk, "0: run 0 as 1.1 to 9"); /* its own slot is not yet empty */
    say_hello(&desk, 1, 1);
    expect_told(&desk, "1: run 0 as 1.2 to 9");
    say_free(&desk, 0, about(WN_MSG_FREE, 0, 1, 1));
    expect_told(&desk, "0: run 1 as 1.3 to 9");
    desk_close(&desk);
}

/* --- rule 10 --- */

static void rule_10_a_damaged_checkpoint_is_left_for_the_one_before(void **state)
{
    static const char *const sets[] = {"stop={'trials_started': 1}", NULL};
    struct wn_message report = about(WN_MSG_REPORT, 0, 1, 1);
    struct wn_message damaged = about(WN_MSG_DAMAGED, 0, 1, 2);
    struct wn_metric metric = {"loss", 1};
    struct desk desk;

    (void)state;
    desk_init(&desk, sets);
    desk_open(&desk, 1);
    say_hello(&desk, 0, 1);
    report.report.resource = 2;
    report.report.metrics = &metric;
    report.report.n_metrics = 1;
    report.report.has_checkpoint = true;
    say(&desk, 0, &report);
    say_free(&desk, 0, report);
    advance(&desk, SECOND);
    expect_told(&desk, "0: run 0 as 1.1 to 9; 0: run 0 as 1.2 to 9 from 2");
    damaged.damaged.generation = (struct wn_generation){
        .trial = 0, .resource = 2, .dispatch = {.incarnation = 1, .count = 1}};
    say(&desk, 0, &damaged);
    say(&desk, 0, &damaged);
    say_free(&desk, 0, damaged);
    expect_told(&desk, "0: run 0 as 1.3 to 9");
    assert_int_equal(desk.rc, WN_OK);
    damaged.dispatch.count = 3; /* of something the study never heard of */
    say(&desk, 0, &damaged);
    assert_int_equal(desk.rc, WN_ECORRUPT);
    desk_close(&desk);
}

/* The journal says which trial it was that found the checkpoint of another damaged. */
static void rule_10_who_found_damage_is_known_after_a_restart(void **state)
{
    static const char *const sets[] = {
        "stop={'trials_started': 2}", "scheduler={'type': 'schedule', 'until': [3, 9]}",
        "searcher={'type': 'schedule', 'configurations': [{'x': 1}, {'x': 2}]}", NULL};
    struct wn_message report = about(WN_MSG_REPORT, 0, 1, 1);
    struct wn_message damaged = about(WN_MSG_DAMAGED, 1, 1, 2);
    struct wn_metric metric = {"loss", 1};
    struct desk desk;
    uint64_t digest;

    (void)state;
    desk_init(&desk, sets);
    desk_open(&desk, 1);
    say_hello(&desk, 0, 1);
    report.report.resource = 3;
    report.report.metrics = &metric;
    report.report.n_metrics = 1;
    report.report.has_checkpoint = report.report.waits = true;
    say(&desk, 0, &report);
    say_free(&desk, 0, report);
    expect_told(&desk, "0: run 0 as 1.1 to 3; 0: answer 0 at 3 stop; "
                       "0: run 1 as 1.2 to 9 from 3");
    damaged.damaged.generation = (struct wn_generation){
        .trial = 0, .resource = 3, .dispatch = {.incarnation = 1, .count = 1}};
    say(&desk, 0, &damaged);
    say_free(&desk, 0, damaged);
    expect_told(&desk, "0: run 1 as 1.3 to 9");
    assert_int_equal(digest_of_journal(desk.dir, &digest), WN_OK);
    assert_int_equal(wn_study_digest(wn_coord_study(desk.coord)), digest);
    desk_open(&desk, 1);
    say_hello(&desk, 0, 1);
    expect_told(&desk, "0: run 1 as 2.1 to 9");
    desk_close(&desk);
}

static enum wn_status ignore(void *arg,
                             const struct wn_event *event,
                             struct wn_error *err)
{
    (void)arg, (void)event, (void)err;
    return WN_OK;
}

/* Whoever took over has swept it away: no disk is to blame, and nothing is to be said. */
static void a_fenced_coordinator_does_not_believe_in_damage(void **state)
{
    static const char *const sets[] = {"stop={'trials_started': 1}", NULL};
    struct wn_message report = about(WN_MSG_REPORT, 0, 1, 1);
    struct wn_message damaged = about(WN_MSG_DAMAGED, 0, 1, 2);
    struct wn_journal_config cfg = {.study = "desk", .skips_sync = true};
    struct wn_journal_opening opening = {0};
    struct wn_metric metric = {"loss", 1};
    struct wn_journal *later = NULL;
    struct desk desk;
    char path[128];
    uint64_t n_events;

    (void)state;
    desk_init(&desk, sets);
    desk_open(&desk, 1);
    say_hello(&desk, 0, 1);
    report.report.resource = 2;
    report.report.metrics = &metric;
    report.report.n_metrics = 1;
    report.report.has_checkpoint = true;
    say(&desk, 0, &report);
    say_free(&desk, 0, report);
    advance(&desk, SECOND);
    expect_told(&desk, "0: run 0 as 1.1 to 9; 0: run 0 as 1.2 to 9 from 2");
    snprintf(path, sizeof path, "%s/journal", desk.dir);
    cfg.dir = path;
    assert_int_equal(wn_journal_open(&cfg, ignore, NULL, &later, &opening, &desk.err),
                     WN_OK);
    wn_free(opening.lengths);
    n_events = wn_coord_n_events(desk.coord);
    damaged.damaged.generation = (struct wn_generation){
        .trial = 0, .resource = 2, .dispatch = {.incarnation = 1, .count = 1}};
    say(&desk, 0, &damaged);
    assert_int_equal(desk.rc, WN_EFENCED);
    assert_int_equal(wn_coord_n_events(desk.coord), n_events);
    wn_journal_close(later);
    desk_close(&desk);
}

/* --- rule 12 --- */

struct times {
    struct wn_rebuild rebuild;
    int64_t last_ms, largest_gap_ms;
    unsigned n_timers;
    int64_t stopping_ms;
};

static enum wn_status note_time(void *arg,
                                const struct wn_event *event,
                                struct wn_error *err)
{
    struct times *times = arg;

    (void)err;
    if (event->time_ms < times->last_ms)
        fail_msg("event %s at %" PRId64 " after one at %" PRId64,
                 wn_event_name(event->kind), event->time_ms, times->last_ms);
    if (event->time_ms - times->last_ms > times->largest_gap_ms)
        times->largest_gap_ms = event->time_ms - times->last_ms;
    times->last_ms = event->time_ms;
    times->n_timers += event->kind == WN_EVENT_TIMER;
    if (event->kind == WN_EVENT_STOPPING)
        times->stopping_ms = event->time_ms;
    return WN_OK;
}

static struct times read_times(const struct desk *desk)
{
    struct times times = {.stopping_ms = -1};
    struct wn_journal_summary summary;
    struct wn_error err = {0};
    char path[160];

    (void)snprintf(path, sizeof path, "%s/journal", desk->dir);
    if (wn_journal_read(path, note_time, &times, &summary, &err) != WN_OK)
        fail_msg("%s", err.text);
    return times;
}

static void rule_12_a_timer_comes_at_least_once_a_minute(void **state)
{
    static const char *const sets[] = {"stop={'trials_started': 1}", NULL};
    struct times times;
    struct desk desk;

    (void)state;
    desk_init(&desk, sets);
    desk_open(&desk, 1);
    say_hello(&desk, 0, 1);
    advance(&desk, 1000 * SECOND);
    times = read_times(&desk);
    assert_int_equal(times.largest_gap_ms, 60000);
    assert_int_equal(times.n_timers, 16);
    desk_close(&desk);
}

static void rule_12_the_deadline_is_met_to_the_millisecond(void **state)
{
    static const char *const sets[] = {"stop={'time': 45.678}", NULL};
    struct desk desk;

    (void)state;
    desk_init(&desk, sets);
    desk_open(&desk, 1);
    say_hello(&desk, 0, 1);
    advance(&desk, 60 * SECOND);
    assert_int_equal(read_times(&desk).stopping_ms, 45678);
    expect_told(&desk, "0: run 0 as 1.1 to 9; 0: recall 0");
    desk_close(&desk);
}

static void rule_12_study_time_is_summed_over_openings(void **state)
{
    static const char *const sets[] = {"stop={'time': 100}", NULL};
    struct times times;
    struct desk desk;

    (void)state;
    desk_init(&desk, sets);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(desk_open(&desk, 1), i ? WN_OPENING_RESUMED : WN_OPENING_NEW);
        advance(&desk, 7 * SECOND); /* each world's clock begins somewhere else */
        say_hello(&desk, 0, 1);
        advance(&desk, 23 * SECOND);
        assert_int_equal(wn_coord_drain(desk.coord, true, &desk.err), WN_OK);
        settle(&desk);
        say_free(&desk, 0, about(WN_MSG_FREE, 0, 1 + 2 * (uint32_t)i, 1));
        assert_true(wn_coord_is_done(desk.coord));
        times = read_times(&desk);
        assert_int_equal(times.last_ms, 30000 * (i + 1));
    }
    desk_open(&desk, 1);
    say_hello(&desk, 0, 1);
    advance(&desk, 9 * SECOND);
    assert_int_equal(wn_study_stop_reason(wn_coord_study(desk.coord), NULL),
                     WN_STOP_NONE);
    advance(&desk, 1 * SECOND);
    assert_int_equal(wn_study_stop_reason(wn_coord_study(desk.coord), NULL),
                     WN_STOP_CRITERION);
    assert_int_equal(read_times(&desk).stopping_ms, 100000);
    desk_close(&desk);
}

/* --- rule 15 --- */

static enum wn_status feed(void *arg, const struct wn_event *event, struct wn_error *err)
{
    struct wn_event changed = *event;

    if (event->kind == WN_EVENT_PLANNED)
        changed.planned.milestone--;
    return wn_rebuild_event(arg, &changed, err);
}

static void rule_15_a_replay_of_the_journal_detects_a_changed_decision(void **state)
{
    static const char *const sets[] = {"stop={'trials_started': 2}", NULL};
    struct wn_rebuild rebuild = {.is_replay = true};
    struct wn_journal_summary summary;
    struct desk desk;
    char path[160];

    (void)state;
    desk_init(&desk, sets);
    desk_open(&desk, 1);
    say_hello(&desk, 0, 1);
    say_report(&desk, 0, about(WN_MSG_REPORT, 0, 1, 1), 9, true);
    (void)snprintf(path, sizeof path, "%s/journal", desk.dir);
    assert_int_equal(
        wn_journal_read(path, wn_rebuild_event, &rebuild, &summary, &desk.err), WN_OK);
    assert_int_equal(rebuild.replay.n_checked, 3); /* plan, proposal, answer */
    assert_int_equal(wn_study_digest(rebuild.study),
                     wn_study_digest(wn_coord_study(desk.coord)));
    wn_rebuild_release(&rebuild);
    rebuild = (struct wn_rebuild){.is_replay = true};
    assert_int_equal(wn_journal_read(path, feed, &rebuild, &summary, &desk.err),
                     WN_ECORRUPT);
    assert_non_null(strstr(desk.err.text, "planned of trial 0"));
    wn_rebuild_release(&rebuild);
    desk_close(&desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rule_8_a_stale_report_changes_nothing_and_is_abandoned),
        cmocka_unit_test(rule_8_no_stale_message_does_harm),
        cmocka_unit_test(rule_8_the_slot_that_a_stale_dispatch_frees_is_used_again),
        cmocka_unit_test(rule_8_a_repeated_message_is_harmless),
        cmocka_unit_test(rule_9_a_break_is_a_lost_worker),
        cmocka_unit_test(rule_9_an_idle_slot_of_a_lost_worker_gets_nothing),
        cmocka_unit_test(rule_9_a_lost_worker_may_come_back),
        cmocka_unit_test(rule_9_a_slot_freed_without_an_end_is_a_loss),
        cmocka_unit_test(rule_6_a_repetition_that_waits_is_answered),
        cmocka_unit_test(rule_3_a_retry_takes_the_next_free_slot),
        cmocka_unit_test(rule_10_a_damaged_checkpoint_is_left_for_the_one_before),
        cmocka_unit_test(rule_10_who_found_damage_is_known_after_a_restart),
        cmocka_unit_test(a_fenced_coordinator_does_not_believe_in_damage),
        cmocka_unit_test(rule_12_a_timer_comes_at_least_once_a_minute),
        cmocka_unit_test(rule_12_the_deadline_is_met_to_the_millisecond),
        cmocka_unit_test(rule_12_study_time_is_summed_over_openings),
        cmocka_unit_test(rule_15_a_replay_of_the_journal_detects_a_changed_decision),
    };

    wn_log_set_sink(hush, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

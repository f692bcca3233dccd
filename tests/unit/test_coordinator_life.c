/* test_coordinator_life.c - a coordinator from its opening to its end. */
#define _GNU_SOURCE /* mkdtemp */
#include "test_coordinator.h"

#include "job/rebuild.h"

static const char *const two_trials[] = {"stop={'trials_started': 2}", NULL};

/* --- stopping --- */

static void on_stop_drain_asks_for_what_runs(void **state)
{
    static const char *const sets[] = {"stop={'evaluations': 1}", NULL};
    struct desk desk;

    (void)state;
    desk_init(&desk, sets);
    desk_open(&desk, 2);
    say_hello(&desk, 0, 1);
    say_hello(&desk, 1, 1);
    wn_buf_clear(&desk.text);
    say_report(&desk, 0, about(WN_MSG_REPORT, 0, 1, 1), 1, false);
    expect_told(&desk, "0: recall 0; 1: recall 1");
    assert_false(wn_study_is_closed(wn_coord_study(desk.coord)));
    say_report(&desk, 0, about(WN_MSG_REPORT, 0, 1, 1), 2, true);
    say_ended(&desk, 1, about(WN_MSG_ENDED, 1, 1, 2), WN_FAILURE_EXIT);
    expect_told(&desk, "0: answer 0 at 2 pause");
    assert_true(wn_study_is_closed(wn_coord_study(desk.coord)));
    say_free(&desk, 0, about(WN_MSG_FREE, 0, 1, 1));
    assert_false(wn_coord_is_done(desk.coord));
    say_free(&desk, 1, about(WN_MSG_FREE, 1, 1, 2));
    assert_true(wn_coord_is_done(desk.coord));
    expect_told(&desk, "0: quit; 1: quit");
    assert_int_equal(desk_open(&desk, 1), WN_OPENING_FINISHED);
    desk_close(&desk);
}

static void on_stop_kill_ends_what_runs(void **state)
{
    static const char *const sets[] = {"stop={'evaluations': 1}", "on_stop=kill", NULL};
    struct desk desk;

    (void)state;
    desk_init(&desk, sets);
    desk_open(&desk, 2);
    say_hello(&desk, 0, 1);
    say_hello(&desk, 1, 1);
    wn_buf_clear(&desk.text);
    say_report(&desk, 0, about(WN_MSG_REPORT, 0, 1, 1), 1, false);
    expect_told(&desk, "0: abandon 0 as 1.1; 1: abandon 1 as 1.2");
    assert_true(wn_study_is_closed(wn_coord_study(desk.coord)));
    assert_int_equal(wn_study_n_running(wn_coord_study(desk.coord)), 0);
    assert_false(wn_coord_is_done(desk.coord)); /* the slots are not yet empty */
    desk_close(&desk);
}

static void on_stop_kill_does_not_kill_what_a_drain_asked_for(void **state)
{
    static const char *const sets[] = {"stop={'trials_started': 1}", "on_stop=kill",
                                       NULL};
    struct desk desk;

    (void)state;
    desk_init(&desk, sets);
    desk_open(&desk, 1);
    say_hello(&desk, 0, 1);
    wn_buf_clear(&desk.text);
    assert_int_equal(wn_coord_drain(desk.coord, false, &desk.err), WN_OK);
    settle(&desk);
    expect_told(&desk, "0: recall 0");
    assert_int_equal(wn_coord_drain(desk.coord, true, &desk.err), WN_OK);
    settle(&desk);
    expect_told(&desk, "0: abandon 0 as 1.1");
    assert_true(wn_study_is_closed(wn_coord_study(desk.coord)));
    assert_int_equal(wn_coord_drain(desk.coord, true, &desk.err), WN_OK); /* and again */
    desk_close(&desk);
}

static void a_drained_study_goes_on_where_it_was(void **state)
{
    struct desk desk;

    (void)state;
    desk_init(&desk, two_trials);
    desk_open(&desk, 1);
    say_hello(&desk, 0, 1);
    say_report(&desk, 0, about(WN_MSG_REPORT, 0, 1, 1), 3, false);
    assert_int_equal(wn_coord_drain(desk.coord, false, &desk.err), WN_OK);
    settle(&desk);
    say_report(&desk, 0, about(WN_MSG_REPORT, 0, 1, 1), 4, true);
    say_free(&desk, 0, about(WN_MSG_FREE, 0, 1, 1));
    assert_true(wn_coord_is_done(desk.coord));
    assert_int_equal(desk_open(&desk, 2), WN_OPENING_RESUMED);
    assert_int_equal(
        wn_history_trial(wn_study_history(wn_coord_study(desk.coord)), 0)->n_reports, 2);
    say_hello(&desk, 1, 1);
    expect_told(&desk,
                "1: run 0 as 3.1 to 9"); /* 2 is the number of the folded segment */
    desk_close(&desk);
}

static void a_drain_without_workers_closes_at_once(void **state)
{
    struct desk desk;

    (void)state;
    desk_init(&desk, two_trials);
    desk_open(&desk, 1);
    assert_int_equal(wn_coord_drain(desk.coord, false, &desk.err), WN_OK);
    settle(&desk);
    assert_true(wn_coord_is_done(desk.coord));
    expect_told(&desk, "0: quit");
    desk_close(&desk);
}

/* --- closing --- */

/* A study that is closed over a slot that its worker does not free. */
static void close_over_a_busy_slot(struct desk *desk, int64_t at_us)
{
    desk_init(desk, two_trials);
    desk_open(desk, 1);
    say_hello(desk, 0, 1);
    advance(desk, at_us);
    assert_int_equal(wn_coord_drain(desk->coord, true, &desk->err), WN_OK);
    settle(desk);
    wn_buf_clear(&desk->text);
}

static void closing_waits_half_a_minute_for_slots(void **state)
{
    struct desk desk;

    (void)state;
    close_over_a_busy_slot(&desk, 10 * SECOND);
    advance(&desk, 29 * SECOND);
    assert_false(wn_coord_is_done(desk.coord));
    advance(&desk, SECOND);
    assert_true(wn_coord_is_done(desk.coord));
    expect_told(&desk, "0: quit");
    desk_close(&desk);
}

static void while_closing_the_deadline_lies_ahead(void **state)
{
    struct desk desk;

    (void)state;
    close_over_a_busy_slot(&desk,
                           50 * SECOND); /* the minute's timer falls into closing */
    for (int i = 0; i < 12; i++) {
        int64_t now_us;
        wn_virtual_wake_at(desk.world, WN_VIRTUAL_COORDINATOR, -1);
        wn_virtual_wake_at(desk.world, 0, wn_virtual_now_us(desk.world) + 2 * SECOND);
        run_until(&desk, wn_virtual_now_us(desk.world) + 2 * SECOND);
        now_us = wn_virtual_now_us(desk.world);
        assert_int_equal(wn_coord_step(desk.coord, &desk.err), WN_OK);
        if (wn_coord_deadline_us(desk.coord) <= now_us)
            fail_msg("at %" PRId64 " us the next step is due at %" PRId64 " us", now_us,
                     wn_coord_deadline_us(desk.coord));
    }
    desk_close(&desk);
}

static void a_late_report_to_a_closed_study_is_abandoned(void **state)
{
    struct desk desk;
    uint64_t n_events;

    (void)state;
    close_over_a_busy_slot(&desk, SECOND);
    n_events = wn_coord_n_events(desk.coord);
    say_report(&desk, 0, about(WN_MSG_REPORT, 0, 1, 1), 5, true);
    expect_told(&desk, "0: abandon 0 as 1.1");
    assert_int_equal(wn_coord_n_events(desk.coord), n_events);
    desk_close(&desk);
}

static void closing_does_not_wait_for_lost_workers(void **state)
{
    struct desk desk;

    (void)state;
    close_over_a_busy_slot(&desk, SECOND);
    wn_virtual_break(desk.world, 0);
    settle(&desk);
    assert_int_equal(desk.rc, WN_OK);
    assert_true(wn_coord_is_done(desk.coord));
    desk_close(&desk);
}

/* --- opening --- */

static void a_finished_study_is_not_opened(void **state)
{
    static const char *const sets[] = {"stop={'trials_started': 1}", NULL};
    static const char *const more[] = {"stop={'trials_started': 2}", NULL};
    struct desk desk;

    (void)state;
    desk_init(&desk, sets);
    assert_int_equal(desk_open(&desk, 1), WN_OPENING_NEW);
    say_hello(&desk, 0, 1);
    say_report(&desk, 0, about(WN_MSG_REPORT, 0, 1, 1), 9, true);
    say_free(&desk, 0, about(WN_MSG_FREE, 0, 1, 1));
    assert_true(wn_coord_is_done(desk.coord));
    assert_int_equal(desk_open(&desk, 1), WN_OPENING_FINISHED);
    assert_null(desk.coord);
    wn_job_destroy(desk.job); /* it may be extended */
    desk.job = desk_job(more);
    assert_int_equal(desk_open(&desk, 1), WN_OPENING_RESUMED);
    say_hello(&desk, 0, 1);
    expect_told(&desk, "0: run 1 as 3.1 to 9");
    say_report(&desk, 0, about(WN_MSG_REPORT, 1, 3, 1), 9, true);
    say_free(&desk, 0, about(WN_MSG_FREE, 1, 3, 1));
    assert_int_equal(desk_open(&desk, 1), WN_OPENING_FINISHED);
    desk_close(&desk);
}

static void another_job_is_refused_and_the_study_untouched(void **state)
{
    static const char *const other[] = {"resource.max=27", "seed=9", NULL};
    struct wn_problems problems = {0};
    struct wn_coord *coord = NULL;
    struct wn_coord_config cfg;
    enum wn_opening opening;
    struct desk desk;
    char path[160];

    (void)state;
    desk_init(&desk, two_trials);
    desk_open(&desk, 1);
    wn_coord_destroy(desk.coord);
    desk.coord = NULL;
    wn_job_destroy(desk.job);
    desk.job = desk_job(other);
    cfg = (struct wn_coord_config){
        .job = desk.job,
        .study_dir = desk.dir,
        .store = desk.store,
        .comm = wn_virtual_endpoint(desk.world, WN_VIRTUAL_COORDINATOR),
        .is_simulated = true};
    assert_int_equal(wn_coord_open(&cfg, &opening, &problems, &coord, &desk.err),
                     WN_EINVAL);
    assert_true(problems.n >= 2);
    (void)snprintf(path, sizeof path, "%s/journal/2.wnj", desk.dir);
    assert_false(wn_file_exists(path));
    wn_problems_release(&problems);
    desk_close(&desk);
}

static void initial_configurations_are_asked_for_once(void **state)
{
    static const char *const sets[] = {"initial=[{'x': 42}, {'x': 43}]", NULL};
    struct desk desk;

    (void)state;
    desk_init(&desk, sets);
    for (int i = 0; i < 2; i++) {
        desk_open(&desk, 1);
        say_hello(&desk, 0, 3);
    }
    for (uint32_t i = 0; i < 3; i++) {
        const struct wn_trial *trial =
            wn_history_trial(wn_study_history(wn_coord_study(desk.coord)), i);
        assert_int_equal(trial->origin, i < 2 ? WN_ORIGIN_USER : WN_ORIGIN_SEARCH);
        if (i < 2)
            assert_int_equal(trial->cells[0].i, 42 + i);
    }
    desk_close(&desk);
}

static void unknown_checkpoints_go_when_a_study_opens(void **state)
{
    struct wn_generation stray = {
        .trial = 7, .resource = 3, .dispatch = {.incarnation = 1, .count = 9}};
    struct wn_message report = about(WN_MSG_REPORT, 0, 1, 1);
    struct wn_generation named = {
        .trial = 0, .resource = 2, .dispatch = {.incarnation = 1, .count = 1}};
    struct wn_metric metric = {"loss", 1};
    struct desk desk;

    (void)state;
    desk_init(&desk, two_trials);
    desk_open(&desk, 1);
    say_hello(&desk, 0, 1);
    assert_int_equal(wn_store_put(desk.store, named, "named", 5, NULL), WN_OK);
    assert_int_equal(wn_store_put(desk.store, stray, "stray", 5, NULL), WN_OK);
    report.report.resource = 2;
    report.report.metrics = &metric;
    report.report.n_metrics = 1;
    report.report.has_checkpoint = true;
    say(&desk, 0, &report);
    desk_open(&desk, 1);
    assert_int_equal(wn_store_verify(desk.store, named, true, NULL), WN_OK);
    assert_int_equal(wn_store_verify(desk.store, stray, true, NULL), WN_ECORRUPT);
    desk_close(&desk);
}

/* --- what is not a worker's to say --- */

static void messages_of_coordinators_are_refused(void **state)
{
    static const enum wn_message_kind kinds[] = {WN_MSG_RECALL, WN_MSG_ABANDON,
                                                 WN_MSG_QUIT};

    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct wn_message message = about(kinds[i], 0, 1, 1);
        struct desk desk;
        desk_init(&desk, two_trials);
        desk_open(&desk, 1);
        say_hello(&desk, 0, 1);
        say(&desk, 0, &message);
        assert_int_equal(desk.rc, WN_ECORRUPT);
        desk_close(&desk);
    }
}

static void garbage_and_unknown_slots_are_refused(void **state)
{
    struct wn_message message = about(WN_MSG_FREE, 0, 1, 1);
    struct desk desk;

    (void)state;
    desk_init(&desk, two_trials);
    desk_open(&desk, 1);
    say_hello(&desk, 0, 1);
    message.slot = 1;
    say(&desk, 0, &message);
    assert_int_equal(desk.rc, WN_ECORRUPT);
    desk.rc = WN_OK;
    assert_int_equal(
        wn_comm_send(wn_virtual_endpoint(desk.world, 0), 0, "\1\377garbage", 9, NULL),
        WN_OK);
    settle(&desk);
    assert_int_not_equal(desk.rc, WN_OK);
    desk_close(&desk);
}

/* --- death --- */

struct fuse {
    unsigned n_left;
    enum wn_step at;
    bool has_died;
};

static bool burn(void *arg, enum wn_step step)
{
    struct fuse *fuse = arg;

    if (step != fuse->at || fuse->n_left-- > 0)
        return false;
    fuse->has_died = true;
    return true;
}

/* Dead between any two steps: it says so from then on, and the journal has what it did. */
static void dead_is_dead(void **state)
{
    static const enum wn_step steps[] = {WN_STEP_BEFORE_APPEND, WN_STEP_AFTER_APPEND,
                                         WN_STEP_AFTER_APPLY};

    (void)state;
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        for (unsigned n = 0; n < 7; n++) {
            struct fuse fuse = {.n_left = n, .at = steps[i]};
            struct wn_coord_config cfg = {.dies = burn, .dies_arg = &fuse};
            struct wn_problems problems = {0};
            enum wn_opening opening;
            struct desk desk;
            uint64_t digest;
            desk_init(&desk, two_trials);
            desk.n_workers = 1;
            assert_int_equal(wn_virtual_create(1, 0, &desk.world, NULL), WN_OK);
            cfg.job = desk.job;
            cfg.study_dir = desk.dir;
            cfg.store = desk.store;
            cfg.comm = wn_virtual_endpoint(desk.world, WN_VIRTUAL_COORDINATOR);
            cfg.is_simulated = true;
            desk.rc = wn_coord_open(&cfg, &opening, &problems, &desk.coord, &desk.err);
            if (!desk.rc)
                say_hello(&desk, 0, 1);
            if (!desk.rc)
                say_report(&desk, 0, about(WN_MSG_REPORT, 0, 1, 1), 9, true);
            assert_true(fuse.has_died);
            assert_int_equal(desk.rc, WN_EFENCED);
            if (desk.coord)
                assert_int_equal(wn_coord_step(desk.coord, &desk.err), WN_EFENCED);
            assert_int_equal(digest_of_journal(desk.dir, &digest), WN_OK);
            if (desk.coord && steps[i] != WN_STEP_AFTER_APPEND)
                assert_int_equal(wn_study_digest(wn_coord_study(desk.coord)), digest);
            desk_open(&desk, 1); /* and the next one goes on */
            say_hello(&desk, 0, 1);
            assert_int_equal(desk.rc, WN_EFENCED); /* of the first; none since */
            assert_int_equal(wn_study_n_running(wn_coord_study(desk.coord)), 1);
            desk_close(&desk);
        }
    }
}

/* Whatever allocation fails, the study is whole and opens again. */
static void out_of_memory_leaves_a_study_that_opens(void **state)
{
    (void)state;
    for (uint64_t n = 1; n < 5000; n += 1 + n / 16) {
        struct wn_problems problems = {0};
        struct wn_coord_config cfg = {.is_simulated = true};
        enum wn_opening opening;
        struct desk desk;
        enum wn_status rc;
        desk_init(&desk, two_trials);
        desk.n_workers = 1;
        assert_int_equal(wn_virtual_create(1, 0, &desk.world, NULL), WN_OK);
        cfg.job = desk.job;
        cfg.study_dir = desk.dir;
        cfg.store = desk.store;
        cfg.comm = wn_virtual_endpoint(desk.world, WN_VIRTUAL_COORDINATOR);
        wn_mem_fail_after(n);
        rc = wn_coord_open(&cfg, &opening, &problems, &desk.coord, &desk.err);
        wn_mem_fail_after(0);
        wn_problems_release(&problems);
        if (rc != WN_OK && rc != WN_ENOMEM)
            fail_msg("allocation %d: %s", (int)n, desk.err.text);
        desk_open(&desk, 1);
        say_hello(&desk, 0, 1);
        if (rc == WN_OK)
            expect_told(&desk, "0: run 0 as 2.1 to 9");
        assert_int_equal(wn_study_n_running(wn_coord_study(desk.coord)), 1);
        desk_close(&desk);
        if (rc == WN_OK)
            return; /* it took fewer */
    }
    fail_msg("opening a study takes more allocations than this test walks");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(on_stop_drain_asks_for_what_runs),
        cmocka_unit_test(on_stop_kill_ends_what_runs),
        cmocka_unit_test(on_stop_kill_does_not_kill_what_a_drain_asked_for),
        cmocka_unit_test(a_drained_study_goes_on_where_it_was),
        cmocka_unit_test(a_drain_without_workers_closes_at_once),
        cmocka_unit_test(closing_waits_half_a_minute_for_slots),
        cmocka_unit_test(while_closing_the_deadline_lies_ahead),
        cmocka_unit_test(a_late_report_to_a_closed_study_is_abandoned),
        cmocka_unit_test(closing_does_not_wait_for_lost_workers),
        cmocka_unit_test(a_finished_study_is_not_opened),
        cmocka_unit_test(another_job_is_refused_and_the_study_untouched),
        cmocka_unit_test(initial_configurations_are_asked_for_once),
        cmocka_unit_test(unknown_checkpoints_go_when_a_study_opens),
        cmocka_unit_test(messages_of_coordinators_are_refused),
        cmocka_unit_test(garbage_and_unknown_slots_are_refused),
        cmocka_unit_test(dead_is_dead),
        cmocka_unit_test(out_of_memory_leaves_a_study_that_opens),
    };

    wn_log_set_sink(hush, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_coordinator_slow.c - a coordinator whose searcher thinks on its own thread.
 *
 * The searcher is the tests' "ponder" (test_slow.h), which thinks while the gate is shut;
 * this file stands in for the registry of searchers, with it and the shipped ones.
 */
#define _GNU_SOURCE /* mkdtemp */
#include "test_coordinator.h"

#include "base/registry.h"
#include "job/rebuild.h"
#include "test_slow.h"

#define WN_SEARCH(name) extern const struct wn_search_ops wn_search_##name;
#include "search/searchers.def"
#undef WN_SEARCH

#define WN_SEARCH(name) &wn_search_##name,
static const struct wn_search_ops *const table[] = {
#include "search/searchers.def"
    &ponder_search};
#undef WN_SEARCH

WN_REGISTRY(struct wn_search_ops, wn_search, table)

static struct gate gate = GATE_SHUT;

/* As desk_open(), with a thread for the searcher; the gate is open while the last
 * coordinator ends, and shut afterwards. */
static void slow_open(struct desk *desk, size_t n_workers)
{
    struct wn_coord_config cfg = {.job = desk->job,
                                  .study_dir = desk->dir,
                                  .store = desk->store,
                                  .is_simulated = true,
                                  .has_thread = true};
    struct wn_problems problems = {0};
    enum wn_opening opening = WN_OPENING_NEW;

    gate_set(&gate, false);
    wn_coord_destroy(desk->coord);
    wn_virtual_destroy(desk->world);
    gate_set(&gate, true);
    desk->coord = NULL;
    desk->n_workers = n_workers;
    assert_int_equal(wn_virtual_create(n_workers, 0, &desk->world, NULL), WN_OK);
    cfg.comm = wn_virtual_endpoint(desk->world, WN_VIRTUAL_COORDINATOR);
    if (wn_coord_open(&cfg, &opening, &problems, &desk->coord, &desk->err) != WN_OK)
        fail_msg("%s %s", desk->err.text, problems.n ? problems.at[0] : "");
    wn_problems_release(&problems);
}

/* Two workers, of which the first runs trial 0; trial 1 is thought about. */
static void open_half(struct desk *desk)
{
    static const char *const sets[] = {"searcher={'type': 'ponder'}",
                                       "stop={'trials_started': 2}", NULL};

    desk_init(desk, sets);
    slow_open(desk, 2);
    say_hello(desk, 0, 1);
    expect_told(desk, "");
    gate_allow_one(&gate);
    gate_await(&gate, 1);
}

static void slow_close(struct desk *desk)
{
    gate_set(&gate, false);
    desk_close(desk);
}

static bool is_readable(const struct desk *desk, int timeout_ms)
{
    struct pollfd fd;

    assert_int_equal(wn_coord_fds(desk->coord, NULL, 0), 0);
    assert_int_equal(wn_coord_fds(desk->coord, &fd, 1), 1);
    return poll(&fd, 1, timeout_ms) == 1;
}

static void let_think(struct desk *desk)
{
    gate_allow_one(&gate);
    assert_true(is_readable(desk, -1));
    settle(desk);
}

static void must_replay(struct desk *desk, uint64_t n_checked)
{
    struct wn_rebuild rebuild = {.is_replay = true, .has_thread = true};
    struct wn_journal_summary summary;
    char journal[128];

    (void)snprintf(journal, sizeof journal, "%s/journal", desk->dir);
    gate_set(&gate, false);
    if (wn_journal_read(journal, wn_rebuild_event, &rebuild, &summary, &desk->err) !=
        WN_OK)
        fail_msg("%s", desk->err.text);
    assert_int_equal(rebuild.replay.n_checked, n_checked);
    assert_int_equal(wn_study_digest(rebuild.study),
                     wn_study_digest(wn_coord_study(desk->coord)));
    wn_rebuild_release(&rebuild);
    gate_set(&gate, true);
}

/* --- rule 14 --- */

static void rule_14_a_program_at_a_milestone_does_not_wait_for_a_thought(void **state)
{
    struct desk desk;

    (void)state;
    open_half(&desk);
    assert_true(is_readable(&desk, -1));
    settle(&desk);
    expect_told(&desk, "0: run 0 as 1.1 to 9");
    say_hello(&desk, 1, 1);
    expect_told(&desk, "");
    assert_true(wn_study_is_thinking(wn_coord_study(desk.coord)));
    assert_false(is_readable(&desk, 0));
    say_report(&desk, 0, about(WN_MSG_REPORT, 0, 1, 1), 1, false);
    say_report(&desk, 0, about(WN_MSG_REPORT, 0, 1, 1), 9, true);
    expect_told(&desk, "0: answer 0 at 9 stop");
    say_free(&desk, 0, about(WN_MSG_FREE, 0, 1, 1));
    expect_told(&desk, "");
    let_think(&desk);
    expect_told(&desk, "1: run 1 as 1.2 to 9");
    must_replay(&desk, 5); /* 2 plans, 2 proposals, 1 answer */
    slow_close(&desk);
}

static void rule_14_a_coordinator_that_opens_again_asks_anew(void **state)
{
    struct desk desk;
    unsigned n;

    (void)state;
    open_half(&desk);
    assert_true(is_readable(&desk, -1));
    settle(&desk);
    say_hello(&desk, 1, 1);
    say_report(&desk, 0, about(WN_MSG_REPORT, 0, 1, 1), 1, false);
    expect_told(&desk, "0: run 0 as 1.1 to 9");
    slow_open(&desk, 1); /* killed while it thinks */
    n = gate_n_begun(&gate);
    settle(&desk); /* nobody works: but what waits is asked for */
    say_hello(&desk, 0, 1);
    expect_told(&desk, "0: run 0 as 2.1 to 9");
    gate_await(&gate, n + 1);
    let_think(&desk);
    say_report(&desk, 0, about(WN_MSG_REPORT, 0, 2, 1), 9, true);
    say_free(&desk, 0, about(WN_MSG_FREE, 0, 2, 1));
    expect_told(&desk, "0: answer 0 at 9 stop; 0: run 1 as 2.2 to 9");
    must_replay(&desk, 5);
    slow_close(&desk);
}

static void rule_14_a_study_closes_while_its_searcher_thinks(void **state)
{
    struct desk desk;

    (void)state;
    open_half(&desk);
    assert_true(is_readable(&desk, -1));
    settle(&desk);
    say_hello(&desk, 1, 1);
    expect_told(&desk, "0: run 0 as 1.1 to 9");
    assert_int_equal(wn_coord_drain(desk.coord, true, &desk.err), WN_OK);
    settle(&desk);
    say_free(&desk, 0, about(WN_MSG_FREE, 0, 1, 1));
    expect_told(&desk, "0: abandon 0 as 1.1; 0: quit; 1: quit");
    assert_true(wn_coord_is_done(desk.coord));
    slow_close(&desk);
}

static void rule_14_trouble_of_the_searcher_ends_the_coordinator(void **state)
{
    struct desk desk;

    (void)state;
    ponder_settings.refuses_from = 4; /* two plans, a configuration, then a report */
    open_half(&desk);
    assert_true(is_readable(&desk, -1));
    settle(&desk);
    say_hello(&desk, 1, 1);
    say_report(&desk, 0, about(WN_MSG_REPORT, 0, 1, 1), 1, false);
    assert_int_equal(desk.rc, WN_OK);
    while (!desk.rc) { /* its reply comes before the trouble */
        gate_set(&gate, false);
        assert_true(is_readable(&desk, -1));
        settle(&desk);
    }
    assert_int_equal(desk.rc, WN_ENUMERIC);
    assert_string_equal(desk.err.text, "the searcher refuses");
    slow_close(&desk);
}

static void rule_14_without_a_thread_there_is_nothing_to_wait_on(void **state)
{
    static const char *const sets[] = {"searcher={'type': 'ponder'}", NULL};
    struct pollfd fd;
    struct desk desk;

    (void)state;
    ponder_settings.gate = NULL;
    desk_init(&desk, sets);
    desk_open(&desk, 1);
    assert_int_equal(wn_coord_fds(desk.coord, &fd, 1), 0);
    say_hello(&desk, 0, 1);
    expect_told(&desk, "0: run 0 as 1.1 to 9");
    desk_close(&desk);
}

static int fresh_gate(void **state)
{
    (void)state;
    gate = (struct gate)GATE_SHUT;
    ponder_settings = (struct ponder_settings){.gate = &gate};
    return 0;
}

#define slow_test(name) cmocka_unit_test_setup(name, fresh_gate)

int main(void)
{
    const struct CMUnitTest tests[] = {
        slow_test(rule_14_a_program_at_a_milestone_does_not_wait_for_a_thought),
        slow_test(rule_14_a_coordinator_that_opens_again_asks_anew),
        slow_test(rule_14_a_study_closes_while_its_searcher_thinks),
        slow_test(rule_14_trouble_of_the_searcher_ends_the_coordinator),
        slow_test(rule_14_without_a_thread_there_is_nothing_to_wait_on),
    };

    wn_log_set_sink(hush, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

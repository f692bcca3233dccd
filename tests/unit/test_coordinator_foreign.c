/* test_coordinator_foreign.c - what programs, people and disks do to a coordinator. */
#include <math.h>

#include "test_coordinator.h"

static void a_side_metric_that_is_no_number_harms_nothing(void **state)
{
    struct wn_metric metrics[] = {{"grad", (double)NAN},
                                  {"loss", 0.5},
                                  {"norm", -(double)NAN},
                                  {"loss", (double)NAN}};
    struct wn_message message = about(WN_MSG_REPORT, 0, 1, 1);
    const struct wn_report *report;
    const char *const *names;
    struct desk desk;

    (void)state;
    desk_init(&desk, NULL);
    desk_open(&desk, 1);
    say_hello(&desk, 0, 1);
    message.report.resource = 1;
    message.report.metrics = metrics;
    message.report.n_metrics = 4;
    say(&desk, 0, &message);
    if (desk.rc != WN_OK)
        fail_msg("%s", desk.err.text);
    report = wn_history_report_at(wn_study_history(wn_coord_study(desk.coord)), 0, 1);
    assert_non_null(report);
    assert_true(report->loss == 0.5);
    assert_int_equal(wn_history_metric_names(wn_study_history(wn_coord_study(desk.coord)),
                                             report->metric_set, &names),
                     1);
    assert_string_equal(names[0], "loss");
    desk_close(&desk);
}

/* More reports than one step takes must not keep the coordinator from its files and its
 * clock; they are all taken in the steps that follow at once. */
static void a_flood_of_reports_leaves_time_for_the_rest(void **state)
{
    enum { FLOOD = 5000 };
    struct wn_metric metric = {"loss", 0.5};
    struct wn_message message = about(WN_MSG_REPORT, 0, 1, 1);
    static const char *const sets[] = {"resource.max=1000000", NULL};
    struct wn_buf out = {0};
    struct wn_comm *worker;
    struct desk desk;
    uint64_t n_before;
    size_t who;

    (void)state;
    desk_init(&desk, sets);
    desk_open(&desk, 1);
    say_hello(&desk, 0, 1);
    worker = wn_virtual_endpoint(desk.world, 0);
    message.report.metrics = &metric;
    message.report.n_metrics = 1;
    for (int i = 0; i < FLOOD; i++) {
        message.report.resource = i + 1;
        wn_buf_clear(&out);
        wn_message_encode(&message, &out);
        assert_int_equal(wn_comm_send(worker, 0, out.at, out.n, NULL), WN_OK);
        while (wn_virtual_next_us(desk.world) <= wn_virtual_now_us(desk.world))
            assert_true(wn_virtual_next(desk.world, &who)); /* it lies in the inbox */
    }
    wn_buf_release(&out);
    n_before = wn_coord_n_events(desk.coord);
    assert_int_equal(wn_coord_step(desk.coord, &desk.err), WN_OK);
    assert_true(wn_coord_n_events(desk.coord) > n_before);
    if (wn_coord_n_events(desk.coord) - n_before > FLOOD / 2)
        fail_msg("one step took %" PRIu64 " of %d reports",
                 wn_coord_n_events(desk.coord) - n_before, FLOOD);
    assert_true(wn_coord_deadline_us(desk.coord) <= wn_virtual_now_us(desk.world));
    settle(&desk);
    assert_int_equal(wn_coord_n_events(desk.coord) - n_before, FLOOD);
    desk_close(&desk);
}

/* The journal is whole without being folded: nothing is lost when that fails. */
static void a_journal_that_cannot_be_folded_is_closed_all_the_same(void **state)
{
    static const char *const sets[] = {"stop={'trials_started': 1}", NULL};
    char path[WN_PATH_MAX];
    struct desk desk;

    (void)state;
    desk_init(&desk, sets);
    desk_open(&desk, 1);
    (void)snprintf(path, sizeof path, "%s/journal/2.fold/in/the/way", desk.dir);
    assert_int_equal(wn_dir_make(path, NULL), WN_OK);
    say_hello(&desk, 0, 1);
    say_report(&desk, 0, about(WN_MSG_REPORT, 0, 1, 1), 9, true);
    say_free(&desk, 0, about(WN_MSG_FREE, 0, 1, 1));
    if (desk.rc != WN_OK)
        fail_msg("%s", desk.err.text);
    assert_true(wn_coord_is_done(desk.coord));
    assert_int_equal(desk_open(&desk, 1), WN_OPENING_FINISHED);
    desk_close(&desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_side_metric_that_is_no_number_harms_nothing),
        cmocka_unit_test(a_flood_of_reports_leaves_time_for_the_rest),
        cmocka_unit_test(a_journal_that_cannot_be_folded_is_closed_all_the_same),
    };

    wn_log_set_sink(hush, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_coordinator_foreign.c - what programs and people do to a coordinator by accident. */
#include <math.h>

#include "test_coordinator.h"

static void a_side_metric_that_is_no_number_harms_nothing(void **state)
{
    struct wn_metric metrics[] = {
        {"grad", NAN}, {"loss", 0.5}, {"norm", -NAN}, {"loss", NAN}};
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_side_metric_that_is_no_number_harms_nothing),
    };

    wn_log_set_sink(hush, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

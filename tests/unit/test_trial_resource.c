/* test_trial_resource.c - what a program's resource value means. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "trial/event.h"
#include "trial/resource.h"

static void reads_values_as_documented(void **state)
{
    static const struct {
        int64_t first, start;
        bool has_value;
        double value;
        int64_t previous, expected; /* 0: refused */
        const char *needle;
    } cases[] = {
        {1, 0, true, 1, 0, 1, ""},
        {0, 0, true, 0, 0, 1, ""},
        {0, 0, true, 9, 9, 10, ""},
        {1, 0, true, 7, 3, 7, ""},            /* skips */
        {1, 0, true, 3, 3, 3, ""},            /* repeats */
        {1, 0, true, 500, 3, 500, ""},        /* beyond any maximum: as it is */
        {1, 0, false, 0, 0, 1, ""},           /* missing: counts on */
        {1, 5, false, 0, 5, 6, ""},           /* from the checkpoint */
        {0, 0, false, (double)NAN, 4, 5, ""}, /* the value is not looked at */
        {1, 5, true, 1, 5, 1, ""},            /* could not restore, begins again */
        {1, 5, true, 6, 5, 6, ""},
        {1, 5, true, 2, 3, 0, "from 3 to 2"}, /* but then goes forward */
        {1, 0, true, 2, 3, 0, "from 3 to 2"},
        {0, 0, true, 2, 4, 0, "from 3 to 2"}, /* in the program's own counting */
        {1, 0, true, 0, 0, 0, "at least 1"},
        {0, 0, true, -1, 0, 0, "at least 0"},
        {1, 0, true, 1.5, 0, 0, "1.5"},
        {1, 0, true, (double)NAN, 0, 0, "integer"},
        {1, 0, true, HUGE_VAL, 0, 0, "integer"},
        {1, 0, true, 9007199254740992.0, 0, 0, "2^53"},
        {1, 0, true, 9007199254740991.0, 0, 9007199254740991, ""},
        {1, 0, false, 0, 9007199254740992, 0, "counted on"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct wn_resource_rule rule = {.first = cases[i].first, .start = cases[i].start};
        struct wn_error err = {0};
        int64_t resource = -1;
        enum wn_status rc =
            wn_resource_normalise(&rule, cases[i].has_value, cases[i].value,
                                  cases[i].previous, &resource, &err);

        if (rc != (cases[i].expected ? WN_OK : WN_EINVAL))
            fail_msg("case %zu: status %d, %s", i, (int)rc, err.text);
        assert_int_equal(resource, cases[i].expected ? cases[i].expected : -1);
        if (!strstr(err.text, cases[i].needle))
            fail_msg("case %zu: %s", i, err.text);
    }
}

static void every_kind_has_a_name_of_its_own(void **state)
{
    (void)state;
    for (int i = 0; i < WN_EVENT_N; i++) {
        assert_string_not_equal(wn_event_name((enum wn_event_kind)i), "");
        for (int j = 0; j < i; j++)
            assert_string_not_equal(wn_event_name((enum wn_event_kind)i),
                                    wn_event_name((enum wn_event_kind)j));
    }
    for (int i = 0; i < WN_FAILURE_N; i++) {
        assert_string_not_equal(wn_failure_name((enum wn_failure)i), "");
        for (int j = 0; j < i; j++)
            assert_string_not_equal(wn_failure_name((enum wn_failure)i),
                                    wn_failure_name((enum wn_failure)j));
    }
    for (int i = 1; i <= 4; i++) {
        assert_string_not_equal(wn_end_name((enum wn_end)i), "");
        assert_string_not_equal(wn_return_name((enum wn_return)i), "");
    }
    assert_string_equal(wn_verdict_name(WN_VERDICT_CONTINUE), "continue");
    assert_string_equal(wn_event_name((enum wn_event_kind)200), "");
    assert_string_equal(wn_failure_name((enum wn_failure)200), "");
    assert_string_equal(wn_end_name((enum wn_end)200), "");
    assert_string_equal(wn_verdict_name((enum wn_verdict_kind)200), "");
    assert_string_equal(wn_return_name((enum wn_return)200), "");
}

static void placement_is_not_logical(void **state)
{
    static const bool is_logical[WN_EVENT_N] = {
        [WN_EVENT_PLANNED] = true,   [WN_EVENT_CONFIGURED] = true,
        [WN_EVENT_REPORTED] = true,  [WN_EVENT_RESUMED] = true,
        [WN_EVENT_RECALLED] = true,  [WN_EVENT_ENDED] = true,
        [WN_EVENT_EXHAUSTED] = true, [WN_EVENT_ENQUEUED] = true,
        [WN_EVENT_IMPORTED] = true,  [WN_EVENT_AMENDED] = true,
        [WN_EVENT_NOTED] = true,
    };

    (void)state;
    for (int i = 0; i < WN_EVENT_N; i++)
        assert_int_equal(wn_event_is_logical((enum wn_event_kind)i), is_logical[i]);
    assert_false(wn_event_is_logical((enum wn_event_kind)200));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_values_as_documented),
        cmocka_unit_test(every_kind_has_a_name_of_its_own),
        cmocka_unit_test(placement_is_not_logical),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

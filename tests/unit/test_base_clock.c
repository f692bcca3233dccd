/* test_base_clock.c - durations as users write and read them; clocks that go on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"

static void durations_are_read(void **state)
{
    static const struct {
        const char *text;
        int64_t ms;
    } cases[] = {
        {"90", 90000},
        {"90s", 90000},
        {"10m", 600000},
        {"12h", 43200000},
        {"2d", 172800000},
        {"250ms", 250},
        {"1.5h", 5400000},
        {"0", 0},
        {"0ms", 0},
        {"0.5", 500},
        {"0.0004", 0},
        {"0.0005", 1},
        {"1.9996ms", 2},
        {"0.1234567890123456789s", 123},
        {"007s", 7000},
        {"36525d", 3155760000000},
        {"3155760000", 3155760000000},
        {"3155760000000ms", 3155760000000},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t ms = -1;

        if (!wn_duration_parse(cases[i].text, &ms) || ms != cases[i].ms)
            fail_msg("'%s' gave %lld ms", cases[i].text, (long long)ms);
    }
}

static void other_texts_are_no_durations(void **state)
{
    static const char *const texts[] = {
        "",
        " ",
        "s",
        "-1",
        "+1",
        "1 s",
        " 1s",
        "1s ",
        "1S",
        "1H",
        "1min",
        "1hour",
        "1.",
        ".5",
        "1.s",
        "1..5s",
        "1e3",
        "0x10",
        "1h30m",
        "nan",
        "inf",
        "36525.1d",
        "36526d",
        "3155760001",
        "3155760000001ms",
        "99999999999999999999",
        "9223372036854775808ms",
        "106751991168d",
        "36525.00001d",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        int64_t ms = -7;

        if (wn_duration_parse(texts[i], &ms))
            fail_msg("'%s' was read as %lld ms", texts[i], (long long)ms);
        assert_int_equal(ms, -7);
    }
}

static void durations_are_printed_for_people(void **state)
{
    static const struct {
        int64_t ms;
        const char *text;
    } cases[] = {
        {0, "0 s"},
        {1, "1 ms"},
        {999, "999 ms"},
        {1000, "1 s"},
        {45999, "45 s"},
        {59999, "59 s"},
        {60000, "1 min 00 s"},
        {725000, "12 min 05 s"},
        {3599999, "59 min 59 s"},
        {3600000, "1 h 00 min"},
        {11220000, "3 h 07 min"},
        {86399999, "23 h 59 min"},
        {86400000, "1 d 00 h"},
        {100 * INT64_C(86400000) + 14400000, "100 d 04 h"},
        {-725000, "-12 min 05 s"},
    };
    char text[64];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(wn_duration_print(cases[i].ms, text, sizeof text),
                            cases[i].text);
    wn_duration_print(INT64_MIN, text, sizeof text);
    assert_string_equal(text, "-106751991167 d 07 h");
    wn_duration_print(725000, text, 5);
    assert_string_equal(text, "12 m");
}

static void clocks_go_forward_in_their_units(void **state)
{
    int64_t mono = wn_clock_mono_us(), wall = wn_clock_wall_ms(), later = mono;

    (void)state;
    assert_true(wall > INT64_C(1704067200000)); /* 2024 */
    while (later == mono)
        later = wn_clock_mono_us();
    assert_true(later > mono && later - mono < 60000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations_are_read),
        cmocka_unit_test(other_texts_are_no_durations),
        cmocka_unit_test(durations_are_printed_for_people),
        cmocka_unit_test(clocks_go_forward_in_their_units),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_base_decimal.c - base/decimal.h against printf and strtod. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/decimal.h"
#include "base/rng.h"

static uint64_t bits_of(double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static void check(double value, int digits)
{
    char text[40];
    double got = wn_decimal_round(value, digits), wanted;

    snprintf(text, sizeof text, "%.*e", digits - 1, value);
    wanted = strtod(text, NULL);
    if (bits_of(got) != bits_of(wanted))
        fail_msg("%a with %d digits is %a, not %a (%s)", value, digits, got, wanted,
                 text);
}

/* Any bits: all sizes, below the normal ones and infinite ones too. */
static void any_number_is_rounded_as_printf_does(void **state)
{
    struct wn_rng rng = wn_rng_keyed(5, WN_STREAM_TEST, 0);

    (void)state;
    for (int i = 0; i < 200000; i++) {
        uint64_t bits = wn_rng_u64(&rng);
        double value;

        memcpy(&value, &bits, sizeof value);
        if (!isnan(value))
            check(value, 1 + (int)wn_rng_below(&rng, 17));
    }
}

/* Numbers of usual size, decimals that lie halfway between two, powers of ten and what is
 * beside them. */
static void hard_numbers_are_rounded_as_printf_does(void **state)
{
    struct wn_rng rng = wn_rng_keyed(5, WN_STREAM_TEST, 1);

    (void)state;
    for (int i = 0; i < 200000; i++) {
        int digits = 1 + (int)wn_rng_below(&rng, 17), power = (int)wn_rng_below(&rng, 50);
        char text[48];
        double value;

        snprintf(text, sizeof text, "%llu5e%d",
                 (unsigned long long)wn_rng_below(&rng, 1000000000000ull), power - 30);
        value = strtod(text, NULL);
        check(value, digits);
        check(-nextafter(value, 0), digits);
        check(nextafter(value, HUGE_VAL), digits);
        check(exp(100 * wn_rng_unit(&rng) - 50), digits);
    }
    for (int power = -320; power <= 308; power++) {
        char text[16];
        double value;

        snprintf(text, sizeof text, "1e%d", power);
        value = strtod(text, NULL);
        for (int digits = 1; digits <= 17; digits++) {
            check(value, digits);
            check(nextafter(value, 0), digits);
            check(nextafter(value, HUGE_VAL), digits);
        }
    }
}

static void what_is_no_number_or_none_stays(void **state)
{
    (void)state;
    assert_true(isnan(wn_decimal_round((double)NAN, 12)));
    check(0, 12);
    check(-0.0, 12);
    check(HUGE_VAL, 12);
    check(DBL_MAX, 12);
    check(DBL_TRUE_MIN, 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_number_is_rounded_as_printf_does),
        cmocka_unit_test(hard_numbers_are_rounded_as_printf_does),
        cmocka_unit_test(what_is_no_number_or_none_stays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

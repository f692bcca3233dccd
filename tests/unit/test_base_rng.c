/* test_base_rng.c - Philox against Random123's vectors; the numbers drawn from it.
 *
 * Counts are compared with what chance allows at fixed seeds: bounds are five standard
 * deviations or more.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"

/* philox4x32 10 of Random123's kat_vectors: counter, key, result. */
static void philox_gives_the_known_answers(void **state)
{
    static const struct {
        uint32_t counter[4], key[2], out[4];
    } cases[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        uint32_t out[4];

        wn_philox4x32(cases[i].counter, cases[i].key, out);
        for (int k = 0; k < 4; k++)
            assert_int_equal(out[k], cases[i].out[k]);
    }
}

/* Stored decisions depend on this layout: it must never change. */
static void key_and_counter_are_laid_out_as_documented(void **state)
{
    struct wn_rng rng = wn_rng_keyed(UINT64_C(0x299f31d0a4093822), WN_STREAM_TEST,
                                     UINT64_C(0x0370734413198a2e));
    const uint32_t key[2] = {0xa4093822, 0x299f31d0};

    (void)state;
    for (uint32_t index = 0; index < 3; index++) {
        const uint32_t counter[4] = {index, WN_STREAM_TEST, 0x13198a2e, 0x03707344};
        uint32_t out[4];

        wn_philox4x32(counter, key, out);
        for (int k = 0; k < 4; k++)
            assert_int_equal(wn_rng_u32(&rng), out[k]);
    }
    rng = wn_rng_keyed(0, (enum wn_stream)0, 0);
    assert_true(wn_rng_u64(&rng) == UINT64_C(0xe169c58d6627e8d5));
}

static void equal_keys_draw_equally_and_others_do_not(void **state)
{
    struct wn_rng a = wn_rng_keyed(1, WN_STREAM_PROPOSE, 7);
    struct wn_rng b = wn_rng_keyed(1, WN_STREAM_PROPOSE, 7);
    struct wn_rng others[] = {
        wn_rng_keyed(2, WN_STREAM_PROPOSE, 7),
        wn_rng_keyed(1, WN_STREAM_DECIDE, 7),
        wn_rng_keyed(1, WN_STREAM_PROPOSE, 8),
        wn_rng_keyed(1 + (UINT64_C(1) << 32), WN_STREAM_PROPOSE, 7),
        wn_rng_keyed(1, WN_STREAM_PROPOSE, 7 + (UINT64_C(1) << 32)),
    };
    struct wn_rng copy = a;
    uint64_t first = wn_rng_u64(&a);

    (void)state;
    assert_true(first == wn_rng_u64(&b));
    assert_true(first == wn_rng_u64(&copy)); /* a value: copies go their own ways */
    for (size_t i = 0; i < 5; i++)
        assert_true(first != wn_rng_u64(&others[i]));
}

static void pairs_make_different_subjects(void **state)
{
    (void)state;
    for (uint64_t a = 0; a < 30; a++)
        for (uint64_t b = 0; b < 30; b++)
            for (uint64_t c = 0; c < 30; c++)
                for (uint64_t d = 0; d < 30; d++)
                    if (wn_rng_pair(a, b) == wn_rng_pair(c, d) && (a != c || b != d))
                        fail_msg("(%d, %d) and (%d, %d)", (int)a, (int)b, (int)c, (int)d);
}

static void unit_is_even_and_below_one(void **state)
{
    struct wn_rng rng = wn_rng_keyed(3, WN_STREAM_TEST, 0);
    int counts[10] = {0};
    double sum = 0, least = 1, most = 0;

    (void)state;
    for (int i = 0; i < 100000; i++) {
        double u = wn_rng_unit(&rng);

        assert_true(u >= 0 && u < 1);
        assert_true(u * 0x1p53 - floor(u * 0x1p53) <= 0); /* a multiple of 2^-53 */
        counts[(int)(u * 10)]++;
        sum += u;
        least = fmin(least, u);
        most = fmax(most, u);
    }
    for (int i = 0; i < 10; i++)
        assert_in_range(counts[i], 10000 - 500, 10000 + 500);
    assert_true(fabs(sum / 100000 - 0.5) < 0.005);
    assert_true(least < 0.001 && most > 0.999);
}

static void uniform_stays_within_any_bounds(void **state)
{
    static const double bounds[][2] = {
        {0, 1},           {-3, 5},
        {2, 2},           {-1.7976931348623157e308, 1.7976931348623157e308},
        {1, 1 + 0x1p-52}, {5e-324, 1e-323},
        {0.1, 0.3},
    };
    struct wn_rng rng = wn_rng_keyed(4, WN_STREAM_TEST, 0);

    (void)state;
    for (size_t i = 0; i < sizeof bounds / sizeof bounds[0]; i++) {
        int n_upper = 0;

        for (int k = 0; k < 2000; k++) {
            double x = wn_rng_uniform(&rng, bounds[i][0], bounds[i][1]);

            if (!(x >= bounds[i][0] && x <= bounds[i][1]))
                fail_msg("%g is not in [%g, %g]", x, bounds[i][0], bounds[i][1]);
            n_upper += x > bounds[i][0] / 2 + bounds[i][1] / 2;
        }
        if (i != 2 && i < 4)
            assert_in_range(n_upper, 1000 - 120, 1000 + 120);
    }
}

static void below_is_unbiased(void **state)
{
    struct wn_rng rng = wn_rng_keyed(5, WN_STREAM_TEST, 0);
    int counts[7] = {0}, n_third[3] = {0};
    const uint64_t huge = UINT64_C(3)
                          << 62; /* plain modulo would favour the first third */

    (void)state;
    for (int i = 0; i < 70000; i++)
        counts[wn_rng_below(&rng, 7)]++;
    for (int i = 0; i < 7; i++)
        assert_in_range(counts[i], 10000 - 500, 10000 + 500);
    for (int i = 0; i < 30000; i++) {
        uint64_t x = wn_rng_below(&rng, huge);

        assert_true(x < huge);
        n_third[x / (huge / 3)]++;
    }
    for (int i = 0; i < 3; i++) /* modulo: 15000, 7500, 7500 */
        assert_in_range(n_third[i], 10000 - 500, 10000 + 500);
    for (int i = 0; i < 100; i++)
        assert_int_equal(wn_rng_below(&rng, 1), 0);
}

static void integers_reach_both_ends(void **state)
{
    struct wn_rng rng = wn_rng_keyed(6, WN_STREAM_TEST, 0);
    int counts[5] = {0}, n_negative = 0;

    (void)state;
    for (int i = 0; i < 5000; i++) {
        int64_t x = wn_rng_int(&rng, -2, 2);

        assert_true(x >= -2 && x <= 2);
        counts[x + 2]++;
        n_negative += wn_rng_int(&rng, INT64_MIN, INT64_MAX) < 0;
        assert_true(wn_rng_int(&rng, INT64_MAX - 1, INT64_MAX) >= INT64_MAX - 1);
        assert_true(wn_rng_int(&rng, INT64_MIN, INT64_MIN) == INT64_MIN);
    }
    for (int i = 0; i < 5; i++)
        assert_in_range(counts[i], 1000 - 150, 1000 + 150);
    assert_in_range(n_negative, 2500 - 180, 2500 + 180);
}

static double normal_below(double x)
{
    return 0.5 * erfc(-x / sqrt(2));
}

static void normal_numbers_follow_the_distribution(void **state)
{
    enum { N = 200000 };
    static const double cuts[] = {-3, -2, -1, -0.5, 0, 0.5, 1, 2, 3};
    struct wn_rng rng = wn_rng_keyed(7, WN_STREAM_TEST, 0);
    int below[9] = {0};
    double sum = 0, squares = 0;

    (void)state;
    for (int i = 0; i < N; i++) {
        double x = wn_rng_normal(&rng);

        sum += x;
        squares += x * x;
        for (int k = 0; k < 9; k++)
            below[k] += x < cuts[k];
    }
    assert_true(fabs(sum / N) < 5 / sqrt(N));
    assert_true(fabs(squares / N - 1) < 5 * sqrt(2.0 / N));
    for (int k = 0; k < 9; k++) {
        double p = normal_below(cuts[k]), spread = sqrt(p * (1 - p) / N);

        if (fabs(below[k] / (double)N - p) > 5 * spread)
            fail_msg("P(x < %g) is %g, not %g", cuts[k], below[k] / (double)N, p);
    }
}

/* The bits are the same on every machine and with every compiler. */
static void normal_numbers_are_the_recorded_ones(void **state)
{
    struct wn_rng rng = wn_rng_keyed(42, WN_STREAM_TEST, 1);
    uint64_t sum = 0;

    (void)state;
    for (int i = 0; i < 1000; i++) {
        double x = wn_rng_normal(&rng);
        uint64_t bits;

        memcpy(&bits, &x, sizeof bits);
        sum = sum * UINT64_C(6364136223846793005) + bits;
    }
    if (sum != UINT64_C(0xf35d47999f2ea117))
        fail_msg("the sum of the bits is 0x%016llx", (unsigned long long)sum);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(philox_gives_the_known_answers),
        cmocka_unit_test(key_and_counter_are_laid_out_as_documented),
        cmocka_unit_test(equal_keys_draw_equally_and_others_do_not),
        cmocka_unit_test(pairs_make_different_subjects),
        cmocka_unit_test(unit_is_even_and_below_one),
        cmocka_unit_test(uniform_stays_within_any_bounds),
        cmocka_unit_test(below_is_unbiased),
        cmocka_unit_test(integers_reach_both_ends),
        cmocka_unit_test(normal_numbers_follow_the_distribution),
        cmocka_unit_test(normal_numbers_are_the_recorded_ones),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

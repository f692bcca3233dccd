/* test_model_normal.c - exponentials, masses of the normal, draws; numbers kept in order. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "model/exp.h"
#include "model/normal.h"
#include "model/sorted.h"

#pragma GCC diagnostic ignored "-Wdouble-promotion" /* it is what formulas are for */

static void exponentials_are_right_to_the_last_place(void **state)
{
    struct wn_rng rng = wn_rng_keyed(1, WN_STREAM_TEST, 0);
    long double worst = 0;

    (void)state;
    for (int i = 0; i < 2000000; i++) {
        double x = -708 * pow(wn_rng_unit(&rng), i % 4 + 1);
        long double right = expl(x), error = fabsl(wn_exp_down(x) - right) / right;

        worst = error > worst ? error : worst;
    }
    if (worst > 3e-16L)
        fail_msg("relative error %Lg", worst);
    assert_true(wn_exp_down(0) >= 1 && wn_exp_down(0) <= 1);
    for (double x = -708; x >= -1e15; x *= 1.7) {
        double y = wn_exp_down(x);

        if (!(y >= 0 && y < 1e-307))
            fail_msg("e^%g is %g", x, y);
    }
}

/* By Gauss's rule of three points in long double, over the density at the point nearest to the mean, so
 * that nothing is lost far out; where it has fallen to e^-60 of that, it is nothing. */
static long double log_mass_by_sums(double mean, double sd, double from, double to)
{
    enum { STEPS = 2000 };
    long double a = ((long double)from - mean) / sd, b = ((long double)to - mean) / sd;
    long double length = ((long double)to - from) / sd, sum = 0, near, reach, begin;

    near = a <= 0 && b >= 0 ? 0 : fabsl(a) < fabsl(b) ? a : b;
    reach = sqrtl(near * near + 120) - fabsl(near);
    begin = a < near - reach ? near - reach : a;
    if (begin > a || b > near + reach)
        length = (b < near + reach ? b : near + reach) - begin;
    for (int i = 0; i < STEPS; i++)
        for (int k = -1; k <= 1; k++) {
            long double t = begin + (i + 0.5L + k * sqrtl(0.15L)) * length / STEPS;

            sum += (k ? 5 : 8) * expl((near - t) * (near + t) / 2);
        }
    return logl(sum * length / STEPS / 18) - near * near / 2 - logl(2 * acosl(-1)) / 2;
}

static void masses_are_right_everywhere(void **state)
{
    static const double means[] = {0, 0.3, 0.5, 1}, sds[] = {1, 0.1, 0.01, 0.004};
    static const double starts[] = {0, 0.2, 0.29999, 0.3, 0.45, 0.8, 0.99};
    double one = exp(wn_normal_log_mass(0, 1, 0.75, 1.25)), two = sqrt(2);
    static const double lengths[] = {1e-9, 1e-5, 1e-3, 0.004, 0.01, 0.1, 0.5};

    (void)state;
    /* about 1, where the first term of the series is 0 */
    assert_true(fabs(one - (erf(1.25 / two) - erf(0.75 / two)) / 2) < 1e-16);
    one = exp(wn_normal_log_mass(0, 1, 0.95, 1.05));
    assert_true(fabs(one - (erf(1.05 / two) - erf(0.95 / two)) / 2) < 1e-16);
    for (size_t i = 0; i < 4 * 4 * 7 * 7; i++) {
        double mean = means[i % 4], sd = sds[i / 4 % 4];
        double from = starts[i / 16 % 7], length = lengths[i / 112], to = from + length;
        long double right = log_mass_by_sums(mean, sd, from, to);
        double mass = wn_normal_log_mass(mean, sd, from, to);

        /* Exponents in the ten thousands have fewer digits left behind the point. */
        if (!(fabsl(mass - right) < 1e-13L + 8 * DBL_EPSILON * fabsl(right)))
            fail_msg("normal(%g, %g) in [%g, %g + %g]: %.17g, not %.17Lg", mean, sd, from,
                     from, length, mass, right);
    }
}

static void many_masses_at_once_are_the_same(void **state)
{
    enum { MANY = 1000 };
    static double means[MANY], sds[MANY], got[MANY];
    struct wn_rng rng = wn_rng_keyed(9, WN_STREAM_TEST, 0);

    (void)state;
    for (int i = 0; i < MANY; i++) {
        means[i] = wn_rng_unit(&rng);
        sds[i] = exp(-5 * wn_rng_unit(&rng));
    }
    for (double to = 0.500001; to < 1; to += 0.0777) {
        wn_normal_log_masses(means, sds, MANY, 0.5, to, 40, got);
        for (int i = 0; i < MANY; i++) {
            double apart = fmax(0, fmax(0.5 - means[i], means[i] - to)) / sds[i];
            double want = wn_normal_log_mass(means[i], sds[i], 0.5, to);

            if (apart * apart / 2 > 40 + 1e-9)
                assert_true(isinf(got[i]) && got[i] < 0);
            else if (apart * apart / 2 < 40 - 1e-9 && fabs(got[i] - want) > 1e-14)
                fail_msg("%.17g, not %.17g", got[i], want);
        }
    }
}

static void masses_of_parts_add_up(void **state)
{
    (void)state;
    for (int k = 1; k < 1000; k++) {
        double mean = k / 1000.0, sd = 0.001 * k, sum = 0;

        for (int i = 0; i < 7; i++)
            sum += exp(wn_normal_log_mass(mean, sd, i / 7.0, (i + 1) / 7.0));
        if (fabs(sum / exp(wn_normal_log_unit(mean, sd)) - 1) > 1e-13)
            fail_msg("normal(%g, %g): %.17g", mean, sd, sum);
    }
}

static void draws_follow_the_density(void **state)
{
    static const double cases[][2] = {{0.2, 0.1}, {0, 0.5}, {1, 0.9}, {0.3, 1}, {1, 40}};
    enum { DRAWS = 40000, BINS = 8 };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double mean = cases[i][0], sd = cases[i][1], chi = 0;
        struct wn_rng rng = wn_rng_keyed(2, WN_STREAM_TEST, i);
        int counts[BINS] = {0};

        for (int k = 0; k < DRAWS; k++) {
            double x = wn_normal_draw_unit(&rng, mean, sd);

            assert_true(x >= 0 && x <= 1);
            counts[x < 1 ? (int)(x * BINS) : BINS - 1]++;
        }
        for (int b = 0; b < BINS; b++) {
            double want = DRAWS * exp(wn_normal_log_mass(mean, sd, b / (double)BINS,
                                                         (b + 1) / (double)BINS) -
                                      wn_normal_log_unit(mean, sd));

            chi += want > 1 ? (counts[b] - want) * (counts[b] - want) / want : 0;
        }
        if (chi > 24.3) /* one in a thousand with 7 degrees of freedom */
            fail_msg("normal(%g, %g): chi square %g", mean, sd, chi);
    }
}

static void numbers_are_in_order_whenever_looked_at(void **state)
{
    struct wn_sorted sorted = {0};
    struct wn_rng rng = wn_rng_keyed(3, WN_STREAM_TEST, 0);

    (void)state;
    assert_null(wn_sorted_look(&sorted));
    for (uint32_t i = 0; i < 500; i++) {
        const struct wn_sorted_item *items;

        assert_true(wn_sorted_add(&sorted, (double)wn_rng_below(&rng, 40), i));
        if (wn_rng_below(&rng, 5))
            continue;
        items = wn_sorted_look(&sorted);
        assert_int_equal(sorted.n, i + 1);
        for (size_t k = 1; k < sorted.n; k++)
            assert_true(
                items[k - 1].key < items[k].key ||
                (items[k - 1].key <= items[k].key && items[k - 1].id < items[k].id));
    }
    wn_sorted_release(&sorted);
}

static void what_is_remembered_moves_along(void **state)
{
    struct wn_sorted sorted = {0};
    struct wn_sorted_item *items;

    (void)state;
    assert_true(wn_sorted_add(&sorted, 2, 0) && wn_sorted_add(&sorted, 1, 1));
    items = wn_sorted_look(&sorted);
    items[0].memo[0] = 11;
    items[1].memo[1] = 22;
    assert_true(wn_sorted_add(&sorted, 1.5, 2) && wn_sorted_add(&sorted, 0.5, 3));
    items = wn_sorted_look(&sorted);
    assert_int_equal(items[1].id, 1);
    assert_true(items[1].memo[0] >= 11 && items[1].memo[1] <= 0);
    assert_true(items[3].memo[0] <= 0 && items[3].memo[1] >= 22);
    assert_true(items[0].memo[0] <= 0 && items[2].memo[1] <= 0);
    wn_sorted_release(&sorted);
}

static void adding_needs_memory_and_looking_none(void **state)
{
    struct wn_sorted sorted = {0};

    (void)state;
    for (uint64_t n = 1; n <= 2; n++) {
        wn_mem_fail_after(n);
        assert_false(wn_sorted_add(&sorted, 1, 1));
        wn_mem_fail_after(0);
        assert_int_equal(sorted.n, 0);
        wn_sorted_release(&sorted);
    }
    for (uint32_t i = 0; i < 100; i++)
        assert_true(wn_sorted_add(&sorted, -(double)i, i));
    wn_mem_fail_after(1);
    assert_int_equal(wn_sorted_look(&sorted)[0].id, 99);
    wn_mem_fail_after(0);
    wn_sorted_release(&sorted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exponentials_are_right_to_the_last_place),
        cmocka_unit_test(masses_are_right_everywhere),
        cmocka_unit_test(many_masses_at_once_are_the_same),
        cmocka_unit_test(masses_of_parts_add_up),
        cmocka_unit_test(draws_follow_the_density),
        cmocka_unit_test(numbers_are_in_order_whenever_looked_at),
        cmocka_unit_test(what_is_remembered_moves_along),
        cmocka_unit_test(adding_needs_memory_and_looking_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

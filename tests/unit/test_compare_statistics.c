/* Statistics of runs against numbers worked out by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "compare/statistics.h"

#define NEVER ((double)INFINITY)

static void assert_near(double is, double should_be)
{
    if (!(is >= should_be - 1e-12 && is <= should_be + 1e-12))
        fail_msg("%.15g instead of %.15g", is, should_be);
}

static struct wn_resampling *resampling_of(size_t n, uint64_t seed)
{
    struct wn_resampling *r = NULL;

    assert_int_equal(wn_resampling_create(n, seed, 0, &r, NULL), WN_OK);
    return r;
}

/* Quarters rounded down: 2 of 8 on either side, 1 of 5, none of 3. */
static void the_middle_half_is_averaged(void **state)
{
    const double eight[] = {1, 2, 3, 4, 5, 6, 7, 1000};
    const double five[] = {-50, 2, 3, 7, 100};
    const double three[] = {1, 2, 6};

    (void)state;
    assert_near(wn_iqm(eight, 8), 4.5);
    assert_near(wn_iqm(five, 5), 4);
    assert_near(wn_iqm(three, 3), 3);
    assert_near(wn_iqm(eight, 1), 1);
}

/* Hyndman and Fan's definition 7: at q (n - 1), linear between. */
static void quantiles_lie_between_the_order_statistics(void **state)
{
    const double v[] = {1, 2, 4, 8};
    const double late[] = {1, 2, NEVER, NEVER};

    (void)state;
    assert_near(wn_quantile(v, 4, 0), 1);
    assert_near(wn_quantile(v, 4, 0.25), 1.75);
    assert_near(wn_quantile(v, 4, 0.5), 3);
    assert_near(wn_quantile(v, 4, 0.75), 5);
    assert_near(wn_quantile(v, 4, 1), 8);
    assert_near(wn_quantile(late, 4, 1.0 / 3), 2); /* not half of infinity */
    assert_true(isinf(wn_quantile(late, 4, 0.5)) && isinf(wn_quantile(late, 4, 0.75)));
}

static void ties_share_the_mean_of_their_ranks(void **state)
{
    const double v[] = {3, 1, 3, NEVER, 2, NEVER, 3};
    const double ranks[] = {4, 1, 4, 6.5, 2, 6.5, 4};
    double found[7];

    (void)state;
    wn_ranks(v, 7, found);
    for (size_t i = 0; i < 7; i++)
        assert_near(found[i], ranks[i]);
}

static void every_resample_has_as_many_runs(void **state)
{
    struct wn_resampling *r = resampling_of(13, 5);
    double total = 0;

    (void)state;
    for (size_t b = 0; b < WN_RESAMPLES; b++) {
        unsigned sum = 0;

        for (size_t i = 0; i < 13; i++)
            sum += r->counts[b * 13 + i];
        assert_int_equal(sum, 13);
        total += r->counts[b * 13 + 4];
    }
    /* A run is drawn once a resample in the mean; 2,000 of them have a deviation of .02. */
    assert_true(fabs(total / WN_RESAMPLES - 1) < 0.1);
    wn_resampling_destroy(r);
}

/* Of two runs, 0 and 1, a quarter of the resamples is (0, 0), a quarter (1, 1). */
static void the_interval_of_two_runs_is_known(void **state)
{
    const double v[] = {1, 0};
    struct wn_resampling *r = resampling_of(2, 1);
    struct wn_summary mean = wn_summarise(r, WN_STATISTIC_MEAN, v);

    (void)state;
    assert_near(mean.middle, 0.5);
    assert_near(mean.low, 0);
    assert_near(mean.high, 1);
    wn_resampling_destroy(r);
}

/* Of 0 .. 99 the mean's deviation is sqrt((100^2 - 1) / 12 / 100) = 2.8866. */
static void the_interval_of_a_mean_is_two_deviations_wide(void **state)
{
    double v[100];
    struct wn_resampling *r = resampling_of(100, 3);
    struct wn_summary mean;

    (void)state;
    for (size_t i = 0; i < 100; i++)
        v[i] = (double)(i * 37 % 100);
    mean = wn_summarise(r, WN_STATISTIC_MEAN, v);
    assert_near(mean.middle, 49.5);
    assert_true(fabs(mean.low - (49.5 - 1.96 * 2.8866)) < 0.4);
    assert_true(fabs(mean.high - (49.5 + 1.96 * 2.8866)) < 0.4);
    wn_resampling_destroy(r);
}

/* The statistic of a resample is that of the runs drawn: worked out the long way here. */
static int by_value(const void *a, const void *b)
{
    const double *p = a, *q = b;

    return (*p > *q) - (*p < *q);
}

static void resamples_are_summarised_like_runs(void **state)
{
    const double v[] = {5, 1, 9, 4, 4, 7, 2, 8, 30};
    struct wn_resampling *r = resampling_of(9, 8);
    double found[WN_RESAMPLES];
    struct wn_summary iqm = wn_summarise(r, WN_STATISTIC_IQM, v);

    (void)state;
    for (size_t b = 0; b < WN_RESAMPLES; b++) {
        double drawn[9];
        size_t n = 0;

        for (size_t i = 0; i < 9; i++)
            for (size_t k = 0; k < r->counts[b * 9 + i]; k++)
                drawn[n++] = v[i];
        qsort(drawn, 9, sizeof *drawn, by_value);
        found[b] = wn_iqm(drawn, 9);
    }
    qsort(found, WN_RESAMPLES, sizeof *found, by_value);
    assert_near(iqm.middle, (4 + 4 + 5 + 7 + 8) / 5.0);
    assert_near(iqm.low, wn_quantile(found, WN_RESAMPLES, 0.025));
    assert_near(iqm.high, wn_quantile(found, WN_RESAMPLES, 0.975));
    wn_resampling_destroy(r);
}

static void the_median_comes_with_quartiles(void **state)
{
    const double v[] = {8, 1, 4, 2};
    struct wn_resampling *r = resampling_of(4, 1);
    struct wn_summary median = wn_summarise(r, WN_STATISTIC_MEDIAN, v);

    (void)state;
    assert_near(median.middle, 3);
    assert_near(median.low, 1.75);
    assert_near(median.high, 5);
    wn_resampling_destroy(r);
}

/* One of four runs has nothing: the middle half does not see it, its interval does. */
static void a_run_without_a_value_is_the_worst(void **state)
{
    const double v[] = {NEVER, 3, 1, 2};
    struct wn_resampling *r = resampling_of(4, 1);
    struct wn_summary iqm = wn_summarise(r, WN_STATISTIC_IQM, v);

    (void)state;
    assert_near(iqm.middle, 2.5);
    assert_true(isfinite(iqm.low) && isinf(iqm.high));
    assert_true(isinf(wn_summarise(r, WN_STATISTIC_MEAN, v).middle));
    wn_resampling_destroy(r);
}

static void equal_seeds_draw_alike_and_others_do_not(void **state)
{
    const double v[] = {1, 5, 2, 8, 3, 9, 4, 4, 7, 1};
    struct wn_resampling *a = resampling_of(10, 1), *b = resampling_of(10, 1);
    struct wn_resampling *c = resampling_of(10, 2);
    struct wn_summary x = wn_summarise(a, WN_STATISTIC_MEAN, v);
    struct wn_summary y = wn_summarise(b, WN_STATISTIC_MEAN, v);

    (void)state;
    assert_near(x.low, y.low);
    assert_near(x.high, y.high);
    assert_memory_equal(a->counts, b->counts, sizeof *a->counts * 10 * WN_RESAMPLES);
    assert_memory_not_equal(a->counts, c->counts, sizeof *a->counts * 10 * WN_RESAMPLES);
    wn_resampling_destroy(a);
    wn_resampling_destroy(b);
    wn_resampling_destroy(c);
}

/* What is remembered of the last call is of its values and its statistic only. */
static void summaries_follow_the_values(void **state)
{
    double v[] = {8, 1, 4, 2};
    struct wn_resampling *r = resampling_of(4, 1);

    (void)state;
    assert_near(wn_summarise(r, WN_STATISTIC_MEAN, v).middle, 3.75);
    assert_near(wn_summarise(r, WN_STATISTIC_IQM, v).middle, 3);
    v[0] = 12;
    assert_near(wn_summarise(r, WN_STATISTIC_IQM, v).middle, 3);
    assert_near(wn_summarise(r, WN_STATISTIC_MEAN, v).middle, 4.75);
    wn_resampling_destroy(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_middle_half_is_averaged),
        cmocka_unit_test(quantiles_lie_between_the_order_statistics),
        cmocka_unit_test(ties_share_the_mean_of_their_ranks),
        cmocka_unit_test(every_resample_has_as_many_runs),
        cmocka_unit_test(the_interval_of_two_runs_is_known),
        cmocka_unit_test(the_interval_of_a_mean_is_two_deviations_wide),
        cmocka_unit_test(resamples_are_summarised_like_runs),
        cmocka_unit_test(the_median_comes_with_quartiles),
        cmocka_unit_test(a_run_without_a_value_is_the_worst),
        cmocka_unit_test(equal_seeds_draw_alike_and_others_do_not),
        cmocka_unit_test(summaries_follow_the_values),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

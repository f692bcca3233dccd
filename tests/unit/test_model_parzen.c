/* test_model_parzen.c - TPE's densities worked out by hand, and draws from them. Against direct
 * formulas they are tested in conformance/test_model_densities.c. */
#include "test_parzen.h"

/* --- by hand --- */

static void one_member_makes_two_kernels(void **state)
{
    struct stage stage;
    double x = 0.75, got;
    /* normal(0.25, 0.75) held to [0, 1], and the prior normal(0.5, 1) */
    double own = exp(-0.5 * (0.5 / 0.75) * (0.5 / 0.75)) / (0.75 * sqrt(2 * acos(-1))) /
                 (0.5 * (erf(0.25 / 0.75 / sqrt(2)) + erf(0.75 / 0.75 / sqrt(2))));
    double prior = exp(-0.5 * 0.25 * 0.25) / sqrt(2 * acos(-1)) / erf(0.5 / sqrt(2));

    (void)state;
    begin(&stage, "{'x': {'type': 'float', 'low': -3, 'high': 5}}");
    fit(&stage, 0);
    wn_parzen_score(stage.parzen, &x, 1, &got);
    assert_near(got, log(prior), 1e-14, "nothing but the prior");
    observe(&stage, &(union wn_cell){.f = -1});
    fit(&stage, 0);
    wn_parzen_score(stage.parzen, &x, 1, &got);
    assert_near(got, log((own + prior) / 2), 1e-14, "one member");
    end(&stage);
}

static void widths_reach_to_the_farther_neighbour(void **state)
{
    static const double places[] = {0.1, 0.1, 0.35, 0.36, 0.9};
    static const double narrow[] = {0.5, 0.5000001, 0.50001};
    double widths[5];

    (void)state;
    wn_parzen_widths(places, 5, widths); /* at least 1/7 */
    assert_near(widths[0], 1 / 7.0, 1e-15, "a tie at the low end");
    assert_near(widths[1], 0.25, 1e-15, "right of a tie");
    assert_near(widths[2], 0.25, 1e-15, "left");
    assert_near(widths[3], 0.54, 1e-15, "right");
    assert_near(widths[4], 0.54, 1e-15, "the high end, whose end is no neighbour");
    wn_parzen_widths(narrow, 3, widths);
    for (size_t i = 0; i < 3; i++)
        assert_near(widths[i], 0.2, 1e-15, "clipped");
    wn_parzen_widths(narrow, 1, widths);
    assert_near(widths[0], 0.5, 1e-15, "alone: the ends");
    wn_parzen_widths(places + 4, 1, widths);
    assert_near(widths[0], 0.9, 1e-15, "alone: the farther end");
}

static double weight(size_t rank, size_t n_members)
{
    double weights[30];

    wn_parzen_weights(n_members, weights);
    return weights[rank - 1];
}

static void old_members_weigh_less(void **state)
{
    (void)state;
    for (size_t i = 1; i <= 25; i++)
        assert_near(weight(i, 25), 1, 1e-15, "25 members");
    assert_near(weight(1, 26), 1 / 26.0, 1e-15, "the oldest of 26");
    assert_near(weight(2, 26), 1, 1e-15, "the second of 26");
    assert_near(weight(1, 30), 1 / 30.0, 1e-15, "the oldest of 30");
    assert_near(weight(3, 30), 0.51666666666666667, 1e-15, "the third of 30");
    assert_near(weight(5, 30), 1, 1e-15, "the fifth of 30");
    assert_near(weight(6, 30), 1, 1e-15, "the 25th from the end");
}

static void categories_never_die_out(void **state)
{
    struct stage stage;
    double x[] = {0, 1, 2}, got[3];

    (void)state;
    begin(&stage, "{'c': {'type': 'categorical', 'values': ['a', 'b', 'c']}}");
    for (int64_t i = 0; i < 3; i++)
        observe(&stage, &(union wn_cell){.i = i == 2});
    fit(&stage, 0);
    wn_parzen_score(stage.parzen, x, 3, got);
    /* own 5/7, other 1/7, prior 1/3, each of the four a quarter */
    assert_near(got[0], log((5 / 7.0 + 5 / 7.0 + 1 / 7.0 + 1 / 3.0) / 4), 1e-15, "a");
    assert_near(got[1], log((1 / 7.0 + 1 / 7.0 + 5 / 7.0 + 1 / 3.0) / 4), 1e-15, "b");
    assert_near(got[2], log((3 / 7.0 + 1 / 3.0) / 4), 1e-15, "c");
    end(&stage);
}

static void masses_of_all_values_make_one(void **state)
{
    struct stage stage;
    struct wn_rng rng = wn_rng_keyed(6, WN_STREAM_TEST, 0);
    union wn_cell cells[3];
    double sum = 0;

    (void)state;
    begin(&stage,
          "{'n': {'type': 'int', 'low': 1, 'high': 40, 'scale': 'log'},"
          " 'o': {'type': 'ordinal', 'values': [1, 3, 4], 'encoding': 'nearest-log'},"
          " 'c': {'type': 'categorical', 'values': ['a', 'b']}}");
    for (size_t i = 0; i < 200; i++) {
        wn_config_sample(stage.space, &rng, cells);
        observe(&stage, cells);
    }
    fit(&stage, 4);
    for (int64_t i = 0; i < 240; i++) {
        double x[3], got;

        cells[0].i = 1 + i % 40;
        cells[1].i = i / 40 % 3;
        cells[2].i = i / 120;
        place(&stage, cells, x);
        wn_parzen_score(stage.parzen, x, 1, &got);
        sum += exp(got);
    }
    assert_near(sum, 1, 1e-13, "the sum");
    end(&stage);
}

/* --- draws --- */

static void draws_follow_the_density(void **state)
{
    enum { DRAWS = 60000, VALUES = 12 };
    struct stage stage;
    static const int64_t seen[] = {1, 1, 2, 5, 5, 5, 5};
    int counts[VALUES] = {0};
    double chi = 0;
    struct wn_rng rng = wn_rng_keyed(8, WN_STREAM_TEST, 0);

    (void)state;
    begin(&stage, "{'n': {'type': 'int', 'low': 1, 'high': 6, 'scale': 'log'},"
                  " 'c': {'type': 'categorical', 'values': ['a', 'b']}}");
    for (size_t i = 0; i < 7; i++) {
        union wn_cell cells[] = {{.i = seen[i]}, {.i = i % 3 == 0}};

        observe(&stage, cells);
    }
    fit(&stage, 0);
    for (int k = 0; k < DRAWS; k++) {
        double x[2], from, to;
        int64_t value = 0;

        wn_parzen_draw(stage.parzen, &rng, x);
        for (double at = 0; at <= x[0] && at < 1; at = to, value++)
            assert_true(wn_param_span(stage.axes[0].param, at + 1e-12, &from, &to));
        assert_true(value >= 1 && value <= 6 && (x[1] == 0 || x[1] == 1));
        counts[(value - 1) * 2 + (int64_t)x[1]]++;
    }
    for (int64_t v = 0; v < VALUES; v++) {
        union wn_cell cells[] = {{.i = 1 + v / 2}, {.i = v % 2}};
        double x[2], got, want;

        place(&stage, cells, x);
        wn_parzen_score(stage.parzen, x, 1, &got);
        want = DRAWS * exp(got);
        chi += (counts[v] - want) * (counts[v] - want) / want;
    }
    if (chi > 31.3) /* one in a thousand with 11 degrees of freedom */
        fail_msg("chi square %g", chi);
    end(&stage);
}

static void survives_the_failure_of_each_allocation(void **state)
{
    struct stage stage;
    bool is_done = false;

    (void)state;
    begin(&stage, MIXED_SPACE);
    for (uint64_t n = 1; !is_done; n++) {
        struct wn_axis *axes[MAX_AXES];
        struct wn_parzen *parzen = NULL;
        struct wn_error err;

        for (size_t i = 0; i < stage.n_axes; i++)
            axes[i] = &stage.axes[i];
        wn_mem_fail_after(n);
        is_done = wn_parzen_create(axes, stage.n_axes, &parzen, &err) == WN_OK &&
                  wn_parzen_reserve(parzen, 10, 10) &&
                  wn_parzen_reserve(parzen, 10, 50) &&
                  wn_parzen_reserve(parzen, 1000, 1000);
        wn_mem_fail_after(0);
        wn_parzen_destroy(parzen);
        assert_true(n < 100);
    }
    end(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_member_makes_two_kernels),
        cmocka_unit_test(widths_reach_to_the_farther_neighbour),
        cmocka_unit_test(old_members_weigh_less),
        cmocka_unit_test(categories_never_die_out),
        cmocka_unit_test(masses_of_all_values_make_one),
        cmocka_unit_test(draws_follow_the_density),
        cmocka_unit_test(survives_the_failure_of_each_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

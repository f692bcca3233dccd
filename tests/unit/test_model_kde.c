/* test_model_kde.c - BOHB's densities against hand-worked cases, against direct formulas in
 * long double, and against figures of statsmodels 0.14. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "model/kde.h"

#pragma GCC diagnostic ignored "-Wdouble-promotion" /* it is what formulas are for */

enum { MAX_ROWS = 2000, MAX_AXES = 6 };

static struct wn_kde *make(const struct wn_kde_axis *axes, size_t n_axes)
{
    struct wn_kde *kde = NULL;
    struct wn_error err;

    assert_int_equal(wn_kde_create(axes, n_axes, &kde, &err), WN_OK);
    return kde;
}

static const uint32_t *all_rows(size_t n)
{
    static uint32_t which[MAX_ROWS];

    for (size_t i = 0; i < n; i++)
        which[i] = (uint32_t)i;
    return which;
}

static void fit(struct wn_kde *kde, const double *rows, size_t n, double least)
{
    assert_true(wn_kde_reserve(kde, n));
    wn_kde_fit(kde, rows, all_rows(n), n, least);
}

static void assert_near(double got, double want, double least, const char *what)
{
    if (!(fabs(got - want) < least))
        fail_msg("%s: %.17g, not %.17g", what, got, want);
}

static double score(struct wn_kde *kde, const double *x)
{
    double got;

    wn_kde_score(kde, x, 1, &got);
    return got;
}

/* --- by hand --- */

static void two_points_on_a_line(void **state)
{
    const struct wn_kde_axis axis = {.kind = WN_KDE_NORMAL};
    const double rows[] = {0.25, 0.75}, x = 0.5;
    struct wn_kde *kde = make(&axis, 1);
    double h = 1.06 * 0.25 * pow(2, -0.2); /* the deviation is 0.25 */

    (void)state;
    fit(kde, rows, 2, 1e-3);
    assert_near(wn_kde_bandwidth(kde, 0), h, 1e-15, "bandwidth");
    assert_near(score(kde, &x),
                -0.5 * (0.25 / h) * (0.25 / h) - log(h * sqrt(2 * acos(-1))), 1e-14,
                "between them");
    wn_kde_destroy(kde);
}

static void equal_points_keep_the_least_bandwidth(void **state)
{
    const struct wn_kde_axis axes[] = {{.kind = WN_KDE_NORMAL},
                                       {.kind = WN_KDE_CATEGORY, .n_values = 3},
                                       {.kind = WN_KDE_ORDER, .n_values = 3}};
    const double rows[] = {0.25, 1, 2, 0.25, 1, 2}, x[] = {0.25, 0, 1};
    struct wn_kde *kde = make(axes, 3);

    (void)state;
    fit(kde, rows, 2, 0.01);
    for (size_t i = 0; i < 3; i++)
        assert_near(wn_kde_bandwidth(kde, i), 0.01, 1e-17, "bandwidth");
    /* the normal's height, another category, one step beside (over 1 + h/2 + h^2/2) */
    assert_near(score(kde, x),
                -log(0.01 * sqrt(2 * acos(-1))) + log(0.01 / 2) +
                    log(0.01 / 2 / (1 + 0.01 / 2 + 0.0001 / 2)),
                1e-13, "beside them");
    wn_kde_destroy(kde);
}

static void categories_may_be_numbered_in_any_way(void **state)
{
    const struct wn_kde_axis axis = {.kind = WN_KDE_CATEGORY, .n_values = 4};
    const double rows[] = {0, 0, 3, 0, 3, 1}, other[] = {2, 2, 1, 2, 1, 3};
    struct wn_kde *kde = make(&axis, 1);
    double h, x = 3;

    (void)state;
    fit(kde, rows, 6, 1e-3);
    h = wn_kde_bandwidth(kde, 0); /* impurity 1 - (9 + 4 + 1)/36 */
    assert_near(h, 1.06 * sqrt((1 - 14 / 36.0) / 2) * pow(6, -0.2), 1e-15, "bandwidth");
    assert_near(score(kde, &x), log((2 * (1 - h) + 4 * h / 3) / 6), 1e-14, "two of six");
    fit(kde, other, 6, 1e-3);
    assert_near(wn_kde_bandwidth(kde, 0), h, 1e-15, "under other numbers");
    fit(kde, rows, 6, 7);
    assert_near(wn_kde_bandwidth(kde, 0), 0.75, 1e-15, "all alike at most");
    assert_near(score(kde, &x), log(0.25), 1e-14, "all alike");
    wn_kde_destroy(kde);
}

static void gaps_say_nothing(void **state)
{
    const struct wn_kde_axis axes[] = {{.kind = WN_KDE_CATEGORY, .n_values = 2},
                                       {.kind = WN_KDE_NORMAL},
                                       {.kind = WN_KDE_CATEGORY, .n_values = 5}};
    const double gap = (double)NAN;
    const double rows[] = {0, 0.2, gap, 0, 0.4, gap, 1, gap, 3, 0, 0.3, gap};
    const double both[] = {0, 0.3, gap}, one[] = {0, gap, gap}, odd[] = {1, 0.3, 3};
    struct wn_kde *kde = make(axes, 3);
    double h, c, k, density;

    (void)state;
    fit(kde, rows, 4, 1e-3);
    /* of three values in three dimensions; s^2 = 0.02/3 */
    h = 1.06 * sqrt(0.02 / 3) * pow(3, -1 / 7.0);
    c = 1.06 * sqrt(0.25 * 0.75) * pow(4, -1 / 7.0);
    k = 1e-3;
    assert_near(wn_kde_bandwidth(kde, 1), h, 1e-15, "bandwidth beside a gap");
    assert_near(wn_kde_bandwidth(kde, 0), c, 1e-15, "bandwidth of two categories");
    assert_near(wn_kde_bandwidth(kde, 2), k, 1e-18, "bandwidth of one value");
    /* the row with the gap is uniform over the places: density 1 */
    density =
        (1 - c) * (1 + 2 * exp(-0.5 * (0.1 / h) * (0.1 / h))) / h / sqrt(2 * acos(-1));
    assert_near(score(kde, both), log((density + c) / 4), 1e-14, "a gap among the rows");
    assert_near(score(kde, one), log((3 * (1 - c) + c) / 4), 1e-14, "an axis left out");
    density =
        c * (1 + 2 * exp(-0.5 * (0.1 / h) * (0.1 / h))) / h / sqrt(2 * acos(-1)) / 5;
    assert_near(score(kde, odd), log((density + (1 - c) * (1 - k)) / 4), 1e-14,
                "gaps on both");
    wn_kde_destroy(kde);
}

/* --- direct formulas --- */

static const struct wn_kde_axis mixed[] = {{.kind = WN_KDE_NORMAL},
                                           {.kind = WN_KDE_NORMAL},
                                           {.kind = WN_KDE_CATEGORY, .n_values = 3},
                                           {.kind = WN_KDE_ORDER, .n_values = 6},
                                           {.kind = WN_KDE_NORMAL},
                                           {.kind = WN_KDE_ORDER, .n_values = 1}};

static long double kernel(const struct wn_kde_axis *axis,
                          long double h,
                          double row,
                          double x)
{
    long double c = axis->n_values, sum = 0;

    if (isnan(x))
        return 1;
    if (isnan(row))
        return axis->kind == WN_KDE_NORMAL ? 1 : 1 / c;
    switch (axis->kind) {
    case WN_KDE_NORMAL:
        return expl(-(x - row) * (x - row) / (2 * h * h)) / h / sqrtl(2 * acosl(-1));
    case WN_KDE_CATEGORY: return fabs(x - row) < 0.5 ? 1 - h : h / (c - 1);
    case WN_KDE_ORDER:
        for (int i = 0; i < c; i++)
            sum += fabs(i - row) < 0.5 ? 1 : powl(h, fabs(i - row)) / 2;
        return (fabs(x - row) < 0.5 ? 1 : powl(h, fabs(x - row)) / 2) / sum;
    }
    return 0;
}

static long double bandwidth(const struct wn_kde_axis *axis, const double *rows, size_t n)
{
    long double sum = 0, squares = 0, counts[8] = {0}, m = 0, most = 1e9L, h, spread;

    for (size_t k = 0; k < n; k++)
        if (!isnan(rows[k * MAX_AXES])) {
            sum += rows[k * MAX_AXES];
            counts[axis->n_values ? (size_t)rows[k * MAX_AXES] : 0]++;
            m++;
        }
    if (m < 1)
        return 1e-3L;
    for (size_t k = 0; k < n; k++)
        if (!isnan(rows[k * MAX_AXES]))
            squares += powl(rows[k * MAX_AXES] - sum / m, 2);
    spread = sqrtl(squares / m);
    if (axis->kind == WN_KDE_CATEGORY) {
        spread = 1;
        for (size_t i = 0; i < axis->n_values; i++)
            spread -= powl(counts[i] / m, 2);
        spread = sqrtl(spread / 2);
    }
    if (axis->kind != WN_KDE_NORMAL)
        most = axis->kind == WN_KDE_ORDER ? 1 : 1 - 1.0L / axis->n_values;
    h = 1.06L * spread * powl(m, -1.0L / (4 + MAX_AXES));
    return h < 1e-3L ? 1e-3L : h > most ? most : h;
}

static void random_row(struct wn_rng *rng, double spread, double *row)
{
    for (size_t i = 0; i < MAX_AXES; i++)
        row[i] = mixed[i].n_values ? (double)wn_rng_below(rng, mixed[i].n_values)
                                   : 0.4 + spread * (wn_rng_unit(rng) - 0.4);
    if (row[2] < 0.5)
        row[4] = (double)NAN; /* as a condition would */
}

static void densities_are_right_to_twelve_digits(void **state)
{
    static const size_t sizes[] = {1, 2, 7, 256, 257, MAX_ROWS};
    static double rows[MAX_ROWS * MAX_AXES];
    struct wn_kde *kde = make(mixed, MAX_AXES);

    (void)state;
    for (size_t s = 0; s < 12; s++) {
        struct wn_rng rng = wn_rng_keyed(1, WN_STREAM_TEST, s);
        size_t n = sizes[s / 2];
        double x[40 * MAX_AXES], got[40];
        long double h[MAX_AXES];

        for (size_t k = 0; k < n; k++)
            random_row(&rng, s % 2 ? 1 : 0.01, rows + k * MAX_AXES);
        for (size_t p = 0; p < 40; p++)
            random_row(&rng, p % 2 ? 1 : 0.01, x + p * MAX_AXES);
        fit(kde, rows, n, 1e-3);
        wn_kde_score(kde, x, 40, got);
        for (size_t i = 0; i < MAX_AXES; i++)
            h[i] = bandwidth(&mixed[i], rows + i, n);
        for (size_t p = 0; p < 40; p++) {
            long double sum = 0;

            for (size_t k = 0; k < n; k++) {
                long double product = 1;

                for (size_t i = 0; i < MAX_AXES; i++)
                    product *= kernel(&mixed[i], h[i], rows[k * MAX_AXES + i],
                                      x[p * MAX_AXES + i]);
                sum += product;
            }
            sum = sum > 0 ? logl(sum / n) : got[p] < -11000 ? got[p] : 0; /* too small */
            if (!(fabsl(got[p] - sum) < 1e-12L + 1e-14L * fabsl(sum)))
                fail_msg("%zu rows, point %zu: %.17g, not %.17Lg", n, p, got[p], sum);
        }
    }
    wn_kde_destroy(kde);
}

/* --- statsmodels --- */

static double fraction(double x)
{
    return x - floor(x);
}

/* KDEMultivariate(bw="normal_reference") of statsmodels 0.14, where categories are two. */
static void densities_are_those_of_statsmodels(void **state)
{
    static const struct wn_kde_axis axes[] = {{.kind = WN_KDE_NORMAL},
                                              {.kind = WN_KDE_NORMAL},
                                              {.kind = WN_KDE_CATEGORY, .n_values = 2}};
    static const double points[4][3] = {
        {.05, .3, 0}, {.5, .02, 1}, {.93, .9, 0}, {0, 0, 1}};
    static const double bandwidths[] = {0.19748249050808828, 0.228572584266037,
                                        0.35037318330248457};
    static const double want[] = {-1.8151841443884869, -1.3923730969163708,
                                  -3.7287581024237877, -1.4170428140554003};
    double rows[12 * 3];
    struct wn_kde *kde = make(axes, 3);

    (void)state;
    for (int i = 0; i < 12; i++) {
        rows[3 * i] = fraction((i + 1) * 0.6180339887498949);
        rows[3 * i + 1] = pow(fraction((i + 1) * 0.41421356237309515), 2);
        rows[3 * i + 2] = (i * i + i / 3) % 2;
    }
    fit(kde, rows, 12, 1e-3);
    for (size_t i = 0; i < 3; i++)
        assert_near(wn_kde_bandwidth(kde, i), bandwidths[i], 1e-14, "bandwidth");
    for (size_t i = 0; i < 4; i++)
        assert_near(score(kde, points[i]), want[i], 1e-13, "density");
    wn_kde_destroy(kde);
}

/* --- draws --- */

static void draws_are_those_of_bohb(void **state)
{
    enum { DRAWS = 40000 };
    const double rows[] = {0.5, 0, 2, 0.7, 0, 3, (double)NAN, 1, (double)NAN};
    const struct wn_kde_axis axes[] = {{.kind = WN_KDE_NORMAL},
                                       {.kind = WN_KDE_CATEGORY, .n_values = 3},
                                       {.kind = WN_KDE_ORDER, .n_values = 4}};
    struct wn_kde *kde = make(axes, 3);
    struct wn_rng rng = wn_rng_keyed(2, WN_STREAM_TEST, 0);
    int narrow = 0, categories[3] = {0}, positions[4] = {0};
    double h, c, keeps;

    (void)state;
    fit(kde, rows, 3, 0.02);
    h = wn_kde_bandwidth(kde, 2);
    c = wn_kde_bandwidth(kde, 1);
    for (int i = 0; i < DRAWS; i++) {
        double x[3];

        wn_kde_draw(kde, 3, &rng, x);
        assert_true(x[0] >= 0 && x[0] <= 1 && x[1] >= 0 && x[1] <= 2 && x[2] <= 3);
        categories[(int)x[1]]++;
        positions[(int)x[2]]++;
        narrow += x[0] < 0.05;
    }
    keeps = 1 - c + c / 3;
    assert_near(categories[0] / (double)DRAWS, (2 * keeps + c / 3) / 3, 0.01,
                "category 0");
    assert_near(categories[2] / (double)DRAWS, c / 3, 0.01, "category 2");
    assert_near(positions[3] / (double)DRAWS,
                (1 / (1 + h / 2 + h * h / 2 + h * h * h / 2) +
                 h / 2 / (1 + h / 2 + h / 2 + h * h / 2) + 0.25) /
                    3,
                0.01, "position 3");
    /* only the row with the gap reaches so far down often: 0.05, and the tails of two */
    assert_true(narrow > DRAWS / 60 && narrow < DRAWS / 15);
    wn_kde_destroy(kde);
}

static void survives_the_failure_of_each_allocation(void **state)
{
    bool is_done = false;

    (void)state;
    for (uint64_t n = 1; !is_done; n++) {
        struct wn_kde *kde = NULL;
        struct wn_error err;

        wn_mem_fail_after(n);
        is_done = wn_kde_create(mixed, MAX_AXES, &kde, &err) == WN_OK &&
                  wn_kde_reserve(kde, 10) && wn_kde_reserve(kde, 1000);
        wn_mem_fail_after(0);
        wn_kde_destroy(kde);
        assert_true(n < 100);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_points_on_a_line),
        cmocka_unit_test(equal_points_keep_the_least_bandwidth),
        cmocka_unit_test(categories_may_be_numbered_in_any_way),
        cmocka_unit_test(gaps_say_nothing),
        cmocka_unit_test(densities_are_right_to_twelve_digits),
        cmocka_unit_test(densities_are_those_of_statsmodels),
        cmocka_unit_test(draws_are_those_of_bohb),
        cmocka_unit_test(survives_the_failure_of_each_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_search_sobol.c - Sobol's points as published, and as even when scrambled. */
#include "test_search_stage.h"

extern const struct wn_search_ops wn_search_sobol;
extern const struct wn_search_ops wn_search_random;

enum { MOST_PARAMS = 481 };

/* Takes `n` floats in [0, 1]. */
static void unit_space(size_t n, struct wn_buf *out)
{
    for (size_t i = 0; i < n; i++)
        wn_buf_addf(out, "%s\"x%zu\": {\"type\": \"float\", \"low\": 0, \"high\": 1}",
                    i ? ", " : "{", i);
    wn_buf_adds(out, n ? "}" : "{}");
}

/* The first `n` points of the unit cube, one after the other. */
static double *points_of(const struct wn_search_ops *ops,
                         size_t n_params,
                         const char *options,
                         uint64_t seed,
                         size_t n)
{
    struct wn_buf space = {0};
    double *points = wn_alloc_array(n * n_params, sizeof *points);
    union wn_cell cells[MOST_PARAMS];
    struct stage st;

    unit_space(n_params, &space);
    st = stage_begin(ops, wn_buf_text(&space), options, 1, seed);
    for (size_t i = 0; i < n; i++) {
        assert_true(stage_next(&st, cells));
        for (size_t k = 0; k < n_params; k++)
            points[i * n_params + k] = cells[k].f;
    }
    stage_end(&st);
    wn_buf_release(&space);
    return points;
}

/* In 16ths, from SciPy 1.10 (qmc.Sobol(5, scramble=False)). */
static void gives_the_published_points_in_five_dimensions(void **state)
{
    static const int expected[16][5] = {
        {0, 0, 0, 0, 0},   {8, 8, 8, 8, 8},    {12, 4, 4, 4, 12},   {4, 12, 12, 12, 4},
        {6, 6, 10, 14, 6}, {14, 14, 2, 6, 14}, {10, 2, 14, 10, 10}, {2, 10, 6, 2, 2},
        {3, 5, 15, 7, 9},  {11, 13, 7, 15, 1}, {15, 1, 11, 3, 5},   {7, 9, 3, 11, 13},
        {5, 3, 5, 9, 15},  {13, 11, 13, 1, 7}, {9, 7, 1, 13, 3},    {1, 15, 9, 5, 11}};
    double *points = points_of(&wn_search_sobol, 5, "{\"scramble\": false}", 1, 16);

    (void)state;
    for (size_t i = 0; i < 16; i++)
        for (size_t k = 0; k < 5; k++)
            DRIVE_CHECK(fabs(points[i * 5 + k] * 16 - expected[i][k]) < 1e-9,
                        "point %zu, dimension %zu: %g", i, k + 1, points[i * 5 + k] * 16);
    wn_free(points);
}

/* As the papers write it: m_k of the recurrence as plain integers, x as a sum of bits of
 * the Gray code times m_k / 2^k. Lines of new-joe-kuo-6.21201. */
static const struct line {
    size_t dimension, s, a;
    uint64_t m[33];
} lines[] = {
    {2, 1, 0, {0, 1}},
    {3, 2, 1, {0, 1, 3}},
    {20, 7, 1, {0, 1, 3, 7, 11, 23, 15, 103}},
    {100, 9, 244, {0, 1, 1, 5, 5, 11, 5, 45, 117, 217}},
    {250, 11, 502, {0, 1, 3, 5, 9, 7, 21, 45, 15, 397, 385, 597}},
};

static double computed(const struct line *line, uint64_t index)
{
    uint64_t m[33], bits = 0, gray = index ^ index / 2;

    for (size_t k = 1; k <= 32; k++) {
        m[k] = line->m[k];
        if (k <= line->s)
            continue;
        m[k] = m[k - line->s] ^ (m[k - line->s] << line->s);
        for (size_t i = 1; i < line->s; i++) /* a = a_1 ... a_(s-1), a_1 first */
            if (line->a >> (line->s - 1 - i) & 1)
                m[k] ^= m[k - i] << i;
    }
    for (size_t k = 1; k <= 32; k++)
        if (gray >> (k - 1) & 1)
            bits ^= m[k] << (32 - k);
    return (double)bits / 4294967296.0;
}

static void agrees_with_the_recurrence_in_high_dimensions(void **state)
{
    enum { N = 700 };
    double *points = points_of(&wn_search_sobol, 250, "{\"scramble\": false}", 1, N);

    (void)state;
    for (size_t l = 0; l < sizeof lines / sizeof lines[0]; l++)
        for (uint64_t i = 0; i < N; i++) {
            double found = points[i * 250 + lines[l].dimension - 1];

            DRIVE_CHECK(fabs(found - computed(&lines[l], i)) < 1e-11,
                        "dimension %zu, point %" PRIu64 ": %.12g, not %.12g",
                        lines[l].dimension, i, found, computed(&lines[l], i));
        }
    wn_free(points);
}

/* Point 999 from SciPy 1.10 (qmc.Sobol(481, scramble=False, bits=32)), in 1024ths. */
static void has_all_481_dimensions(void **state)
{
    static const struct {
        size_t dimension;
        double value;
    } expected[] = {{20, 39}, {100, 511}, {337, 647}, {481, 323}};
    double *points = points_of(&wn_search_sobol, 481, "{\"scramble\": false}", 1, 1000);

    (void)state;
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        double found = points[999 * 481 + expected[i].dimension - 1] * 1024;

        DRIVE_CHECK(fabs(found - expected[i].value) < 1e-7, "dimension %zu: %.12g",
                    expected[i].dimension, found);
    }
    wn_free(points);
}

/* --- evenness --- */

/* Every elementary box of 2^-d[k] along axis k holds as many of 2^k points as any other. */
static void check_boxes(const double *points,
                        size_t n_params,
                        size_t n,
                        const int *d,
                        size_t each)
{
    size_t n_boxes = n / each;
    uint32_t *counts = wn_alloc_array(n_boxes, sizeof *counts);

    for (size_t i = 0; i < n; i++) {
        size_t box = 0;

        for (size_t k = 0; k < n_params; k++)
            box = (box << d[k]) + (size_t)ldexp(points[i * n_params + k], d[k]);
        counts[box]++;
    }
    for (size_t i = 0; i < n_boxes; i++)
        DRIVE_CHECK(counts[i] == each, "box %zu of %d %d has %" PRIu32, i, d[0], d[1],
                    counts[i]);
    wn_free(counts);
}

static const char *const both[] = {"{\"scramble\": false}", "{\"scramble\": true}"};

/* The first two axes are a (0, 2)-sequence: one point in each box, in every block of 2^k
 * points that begins at a multiple of 2^k. */
static void two_axes_are_even_in_every_elementary_box(void **state)
{
    enum { N = 1024 };

    (void)state;
    for (uint64_t run = 0; run < 12; run++) {
        double *points = points_of(&wn_search_sobol, 2, both[run > 0], run, N);

        for (int k = 0; k <= 10; k++)
            for (int a = 0; a <= k; a++)
                for (size_t first = 0; first < N; first += (size_t)1 << k)
                    check_boxes(points + 2 * first, 2, (size_t)1 << k,
                                (const int[]){a, k - a}, 1);
        wn_free(points);
    }
}

/* Five axes have t = 0 + 0 + 1 + 2 + 2: 2^5 of 2^9 points in each box of 2^-4. */
static void five_axes_are_even_as_far_as_the_polynomials_allow(void **state)
{
    enum { T = 5, K = 9 };

    (void)state;
    for (uint64_t run = 0; run < 6; run++) {
        double *points = points_of(&wn_search_sobol, 5, both[run > 0], run, 1 << K);
        int n_shapes = 0;

        for (int code = 0; code < 625; code++) {
            int d[5] = {code % 5, code / 5 % 5, code / 25 % 5, code / 125, 0};

            d[4] = K - T - d[0] - d[1] - d[2] - d[3];
            if (d[4] < 0)
                continue;
            check_boxes(points, 5, 1 << K, d, 1 << T);
            n_shapes++;
        }
        assert_int_equal(n_shapes, 70);
        wn_free(points);
    }
}

static void every_axis_is_stratified(void **state)
{
    enum { N = 256, AXES = 120 };

    (void)state;
    for (uint64_t run = 0; run < 2; run++) {
        double *points = points_of(&wn_search_sobol, AXES, both[run], run, N);
        double axis[N];

        for (size_t k = 0; k < AXES; k++) {
            for (size_t i = 0; i < N; i++)
                axis[i] = points[i * AXES + k];
            check_boxes(axis, 1, N, (const int[]){8, 0}, 1);
        }
        wn_free(points);
    }
}

static void scrambling_is_the_seeds_and_uniform(void **state)
{
    enum { N = 4000, PARTS = 20 };
    double *a = points_of(&wn_search_sobol, 3, "{}", 5, 8), sum = 0;
    double *b = points_of(&wn_search_sobol, 3, "{}", 5, 8);
    int counts[PARTS] = {0}, n_differ = 0;
    double chi2 = 0;

    (void)state;
    assert_memory_equal(a, b, 24 * sizeof *a);
    for (uint64_t seed = 0; seed < N; seed++) {
        double *point = points_of(&wn_search_sobol, 2, "{}", seed, 1);

        sum += point[1];
        counts[(int)(point[1] * PARTS)]++;
        n_differ += point[0] != point[1];
        wn_free(point);
    }
    for (int i = 0; i < PARTS; i++)
        chi2 += pow(counts[i] - N / PARTS, 2) / (N / PARTS);
    DRIVE_CHECK(fabs(sum / N - 0.5) < 0.02, "mean %g", sum / N);
    DRIVE_CHECK(chi2 < 45, "chi2 %g with 19 degrees of freedom", chi2); /* p = 0.0007 */
    assert_int_equal(n_differ, N); /* axes are scrambled apart */
    wn_free(a);
    wn_free(b);
}

/* The centred L2 discrepancy (Hickernell, Math. Comp. 67 (1998) 299). */
static double discrepancy(const double *x, size_t n, size_t d)
{
    double one = 0, two = 0;

    for (size_t i = 0; i < n; i++) {
        double product = 1;

        for (size_t k = 0; k < d; k++) {
            double u = fabs(x[i * d + k] - 0.5);
            product *= 1 + 0.5 * u - 0.5 * u * u;
        }
        one += product;
        for (size_t j = 0; j < n; j++) {
            product = 1;
            for (size_t k = 0; k < d; k++)
                product *= 1 + 0.5 * fabs(x[i * d + k] - 0.5) +
                           0.5 * fabs(x[j * d + k] - 0.5) -
                           0.5 * fabs(x[i * d + k] - x[j * d + k]);
            two += product;
        }
    }
    return sqrt(pow(13.0 / 12, (double)d) - 2 * one / (double)n +
                two / ((double)n * (double)n));
}

static void spreads_better_than_random_draws(void **state)
{
    enum { N = 128, D = 6 };
    double worst = 0, best = (double)INFINITY;

    (void)state;
    for (uint64_t seed = 0; seed < 10; seed++) {
        double *sobol = points_of(&wn_search_sobol, D, "{}", seed, N);
        double *random = points_of(&wn_search_random, D, "{}", seed, N);

        worst = fmax(worst, discrepancy(sobol, N, D));
        best = fmin(best, discrepancy(random, N, D));
        wn_free(sobol);
        wn_free(random);
    }
    DRIVE_CHECK(worst < best / 2, "sobol at most %g, random at least %g", worst, best);
}

/* --- spaces that are not the unit cube --- */

static void values_come_equally_often(void **state)
{
    struct stage st =
        stage_begin(&wn_search_sobol,
                    "{\"c\": {\"type\": \"categorical\", \"values\": [1, 2, 3, 4]},"
                    " \"i\": {\"type\": \"int\", \"low\": 1, \"high\": 8},"
                    " \"o\": {\"type\": \"ordinal\", \"values\": [\"a\", \"b\"]}}",
                    "{\"allow_duplicates\": true}", 1, 3);
    int counts[3][9] = {{0}};
    union wn_cell cells[3];

    (void)state;
    for (int i = 0; i < 64; i++) {
        assert_true(stage_next(&st, cells));
        counts[0][cells[0].i]++;
        counts[1][cells[1].i - 1]++;
        counts[2][cells[2].i]++;
    }
    for (int i = 0; i < 8; i++) {
        assert_int_equal(counts[0][i], i < 4 ? 16 : 0);
        assert_int_equal(counts[1][i], 8);
        assert_int_equal(counts[2][i], i < 2 ? 32 : 0);
    }
    stage_end(&st);
}

/* Values by the last digit of the plain sequence: 0 8 12 4 6 14 10 2 of 16. */
static void the_users_trials_take_no_point_but_their_own(void **state)
{
    static const int64_t expected[] = {8, 4, 6, 10, 2};
    struct stage st = stage_begin(
        &wn_search_sobol, "{\"a\": {\"type\": \"int\", \"low\": 0, \"high\": 15}}",
        "{\"scramble\": false}", 1, 0);
    union wn_cell cells[1];
    struct wn_event wish = {.kind = WN_EVENT_ENQUEUED,
                            .trial = WN_TRIAL_NONE,
                            .configured = {.n_cells = 1, .cells = cells}};

    (void)state;
    assert_true(stage_next(&st, cells));
    assert_int_equal(cells[0].i, 0);
    cells[0].i = 12; /* the one after the next */
    stage_emit(&st, wish);
    cells[0].i = 14;
    stage_try(&st, cells, WN_ORIGIN_USER);
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        assert_true(stage_next(&st, cells));
        assert_int_equal(cells[0].i, expected[i]);
    }
    stage_end(&st);
}

static void goes_on_at_random_where_the_sequence_only_repeats(void **state)
{
    struct stage st = stage_begin(&wn_search_sobol,
                                  "{\"a\": {\"type\": \"int\", \"low\": 1, \"high\": "
                                  "3000, \"scale\": \"log\"}}",
                                  "{}", 1, 0);
    union wn_cell cells[1];
    int n = 0;

    (void)state;
    while (stage_next(&st, cells))
        n++;
    assert_int_equal(n, 3000);
    stage_end(&st);
}

static void refuses_more_parameters_than_it_has_numbers_for(void **state)
{
    struct wn_buf text = {0};
    struct wn_search_config cfg = {.seed = 1};
    struct wn_values *values = drive_values(wn_search_sobol.options, "{}");
    struct wn_search *search = NULL;
    struct wn_error err = {0};
    struct wn_space *space;

    (void)state;
    unit_space(MOST_PARAMS + 1, &text);
    space = drive_space(wn_buf_text(&text));
    cfg.space = space;
    cfg.options = values;
    assert_int_equal(wn_search_sobol.create(&cfg, &search, &err), WN_EINVAL);
    DRIVE_CHECK(strncmp(err.text, "space: ", 7) == 0 && strstr(err.text, "481") &&
                    strstr(err.text, "482"),
                "%s", err.text);
    assert_null(search);
    wn_space_destroy(space);
    wn_values_destroy(values);
    wn_buf_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_the_published_points_in_five_dimensions),
        cmocka_unit_test(agrees_with_the_recurrence_in_high_dimensions),
        cmocka_unit_test(has_all_481_dimensions),
        cmocka_unit_test(two_axes_are_even_in_every_elementary_box),
        cmocka_unit_test(five_axes_are_even_as_far_as_the_polynomials_allow),
        cmocka_unit_test(every_axis_is_stratified),
        cmocka_unit_test(scrambling_is_the_seeds_and_uniform),
        cmocka_unit_test(spreads_better_than_random_draws),
        cmocka_unit_test(values_come_equally_often),
        cmocka_unit_test(the_users_trials_take_no_point_but_their_own),
        cmocka_unit_test(goes_on_at_random_where_the_sequence_only_repeats),
        cmocka_unit_test(refuses_more_parameters_than_it_has_numbers_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

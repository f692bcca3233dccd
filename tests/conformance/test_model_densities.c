/* test_model_densities.c - the published densities of TPE's Parzen estimators, to 1e-12.
 *
 * They are computed here from the definition (model/parzen.h says it, the papers have it) in
 * long double, kernel by kernel, with erfc and, where a difference of two would have few
 * digits, Gauss's quadrature; neither model/normal.c nor its sums have a part in it. README.md
 * here has the observations, the points and twelve decimals of each value. Figures of
 * Optuna 5.0.0 stand beside.
 */
#include "unit/test_parzen.h"

#include "base/buf.h"
#include "base/file.h"

#pragma GCC diagnostic ignored "-Wdouble-promotion" /* it is what formulas are for */

/* --- direct formulas --- */

static long double phi(long double x)
{
    return 0.5L * erfcl(-x / sqrtl(2));
}

static long double mass(long double mean,
                        long double sd,
                        long double from,
                        long double to)
{
    long double d = (to - from) / sd, m = ((from - mean) + (to - mean)) / (2 * sd);
    long double out = sqrtl(0.15L) * d;

    if (d < 1e-3L) /* Gauss's rule: a difference would have few digits */
        return d / 18 / sqrtl(2 * acosl(-1)) *
               (8 * expl(-m * m / 2) + 5 * expl(-(m - out) * (m - out) / 2) +
                5 * expl(-(m + out) * (m + out) / 2));
    if (from > mean) /* tails to the left, where they have digits */
        return phi((mean - from) / sd) - phi((mean - to) / sd);
    return phi((to - mean) / sd) - phi((from - mean) / sd);
}

/* The width of member k by looking at all others. */
static long double width_of(const double *values,
                            const bool *is_member,
                            size_t n,
                            size_t k)
{
    long double left = -1, right = -1, wider;
    size_t n_members = 0;

    for (size_t i = 0; i < n; i++) {
        bool before = values[i] < values[k] || (values[i] <= values[k] && i < k);
        long double d = fabsl((long double)values[i] - values[k]);

        n_members += is_member[i];
        if (!is_member[i] || i == k)
            continue;
        if (before && (left < 0 || d < left))
            left = d;
        if (!before && (right < 0 || d < right))
            right = d;
    }
    wider = left > right ? left : right;
    if (wider < 0)
        wider = values[k] > 0.5 ? values[k] : 1 - (long double)values[k];
    return fmaxl(wider, 1.0L / (n_members + 2 < 100 ? n_members + 2 : 100));
}

/* Density of a kernel along an axis; k = SIZE_MAX: the prior. `n` observations. */
static long double kernel(const struct stage *stage,
                          size_t axis,
                          const bool *is_member,
                          size_t k,
                          double x)
{
    const struct wn_axis *a = &stage->axes[axis];
    const double *values = a->values.at;
    long double mean = 0.5L, width = 1, n_members = 0;
    double from, to;

    for (size_t i = 0; i < stage->n; i++)
        n_members += is_member[i];
    if (a->kind == WN_AXIS_CATEGORY) {
        long double c = a->param->n_values;

        if (k == SIZE_MAX)
            return 1 / c;
        return ((fabs(values[k] - x) < 0.5) + 1 / (n_members + 1)) /
               (1 + c / (n_members + 1));
    }
    if (k != SIZE_MAX) {
        mean = values[k];
        width = width_of(values, is_member, stage->n, k);
    }
    if (a->kind == WN_AXIS_PLACE)
        return expl(-(x - mean) * (x - mean) / (2 * width * width)) / width /
               sqrtl(2 * acosl(-1)) / mass(mean, width, 0, 1);
    assert_true(wn_param_span(a->param, x, &from, &to));
    return mass(mean, width, from, to) / mass(mean, width, 0, 1);
}

/* Of the members of the last fit. */
static long double direct(const struct stage *stage, const double *x)
{
    static bool is_member[MAX_OBSERVATIONS];
    long double sum = 1, weights = 1, n = stage->n_members;

    memset(is_member, 0, sizeof is_member);
    for (size_t i = 0; i < stage->n_members; i++)
        is_member[stage->members[i]] = true;
    for (size_t i = 0; i < stage->n_axes; i++)
        sum *= kernel(stage, i, is_member, SIZE_MAX, x[i]);
    for (size_t rank = 1; rank <= stage->n_members; rank++) {
        long double product = 1, weight = 1;

        if (rank + 25 <= stage->n_members)
            weight = n < 27 ? 1 / n : 1 / n + (1 - 1 / n) * (rank - 1) / (n - 26);
        for (size_t i = 0; i < stage->n_axes; i++)
            product *= kernel(stage, i, is_member, stage->members[rank - 1], x[i]);
        sum += weight * product;
        weights += weight;
    }
    return logl(sum / weights);
}

static const char *const spaces[] = {
    "{'x': {'type': 'float', 'low': 0, 'high': 1}}",
    "{'x': {'type': 'float', 'low': 1e-5, 'high': 1, 'scale': 'log'}}",
    "{'n': {'type': 'int', 'low': 1, 'high': 5}}",
    "{'n': {'type': 'int', 'low': 16, 'high': 512, 'scale': 'log'}}",
    "{'n': {'type': 'int', 'low': 1, 'high': 1000000000, 'scale': 'log'}}",
    "{'n': {'type': 'float', 'low': 0, 'high': 1, 'step': 0.001}}",
    "{'n': {'type': 'ordinal', 'values': [1, 2, 4, 32, 33]}}",
    "{'c': {'type': 'categorical', 'values': [1, 2, 3, 4, 5, 6, 7]}}",
    MIXED_SPACE};
static const size_t sizes[] = {0, 1, 2, 3, 24, 25, 26, 27, 97, 98, 99, 300};

/* Observations anywhere, or most near one place as they are late in a search; points both
 * near them and far away. Several sizes one after the other in one estimator: what is
 * remembered of earlier fits must not show. */
static void check_space(const char *text, size_t skip, bool is_crowded)
{
    struct stage stage;
    struct wn_rng rng = wn_rng_keyed(skip, WN_STREAM_TEST, strlen(text));
    union wn_cell cells[MAX_AXES];
    double cube[MAX_DIMS], x[12 * MAX_AXES], got[12];

    begin(&stage, text);
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        while (stage.n < sizes[s]) {
            wn_config_sample(stage.space, &rng, cells);
            wn_config_encode(stage.space, cells, cube);
            for (size_t i = 0; is_crowded && i < wn_space_n_dims(stage.space); i++)
                cube[i] = 0.3 + 0.02 * (cube[i] - 0.5);
            wn_config_decode(stage.space, cube, cells);
            observe(&stage, cells);
        }
        fit(&stage, skip);
        for (size_t p = 0; p < 12; p++) {
            wn_config_sample(stage.space, &rng, cells);
            place(&stage, cells, x + p * stage.n_axes);
            for (size_t i = 0; i < stage.n_axes; i++)
                if (p % 3 == 0 && stage.n > p)
                    x[p * stage.n_axes + i] = stage.axes[i].values.at[p];
        }
        wn_parzen_score(stage.parzen, x, 12, got);
        for (size_t p = 0; p < 12; p++) {
            long double want = direct(&stage, x + p * stage.n_axes);

            if (!(fabsl(got[p] - want) < 1e-12L))
                fail_msg("%s with %zu, point %zu: %.17g, not %.17Lg", text, stage.n, p,
                         got[p], want);
        }
    }
    end(&stage);
}

/* Two heaps and little between them, so that what is far from a point is passed over. */
static void densities_of_many_along_one_axis_are_right(void **state)
{
    struct stage stage;
    struct wn_rng rng = wn_rng_keyed(3, WN_STREAM_TEST, 0);
    double x[24], got[24];

    (void)state;
    begin(&stage, spaces[0]);
    for (size_t i = 0; i < 1200; i++) {
        double spread = i % 40 ? 0.01 : 1, middle = i % 3 ? 0.02 : 0.7;
        double at = middle + spread * (wn_rng_unit(&rng) - 0.5);

        observe(&stage, &(union wn_cell){.f = at < 0 ? 0 : at > 1 ? 1 : at});
    }
    fit(&stage, 0);
    for (size_t p = 0; p < 24; p++)
        x[p] = (double)p / 23;
    wn_parzen_score(stage.parzen, x, 24, got);
    for (size_t p = 0; p < 24; p++)
        assert_near(got[p], (double)direct(&stage, x + p), 1e-12, "of many");
    end(&stage);
}

static void densities_are_right_to_twelve_digits(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof spaces / sizeof *spaces; i++)
        for (size_t skip = 0; skip <= 3; skip += 3) {
            check_space(spaces[i], skip, false);
            check_space(spaces[i], skip, true);
        }
}

static void check_members(struct stage *stage, struct wn_parzen *parzen, const double *x)
{
    double got;

    assert_true(wn_parzen_reserve(parzen, stage->n_members, stage->n));
    wn_parzen_fit(parzen, stage->members, stage->n_members);
    wn_parzen_score(parzen, x, 1, &got);
    assert_near(got, (double)direct(stage, x), 1e-12, "an estimator of two");
}

/* As in a search, where members move between the few good and the many bad: two estimators
 * on the same axes, which remember what was computed. */
static void estimators_share_axes(void **state)
{
    static struct stage stage;
    struct wn_rng rng = wn_rng_keyed(4, WN_STREAM_TEST, 4);
    struct wn_parzen *good = NULL;
    struct wn_axis *axes[MAX_AXES];
    struct wn_error err;

    (void)state;
    begin(&stage, MIXED_SPACE);
    for (size_t i = 0; i < stage.n_axes; i++)
        axes[i] = &stage.axes[i];
    assert_int_equal(wn_parzen_create(axes, stage.n_axes, &good, &err), WN_OK);
    for (size_t round = 0; round < 40; round++) {
        bool is_good[MAX_OBSERVATIONS];
        double x[MAX_AXES];

        for (size_t i = 0; i < 5; i++) {
            union wn_cell cells[MAX_AXES];

            wn_config_sample(stage.space, &rng, cells);
            observe(&stage, cells);
            place(&stage, cells, x);
        }
        for (size_t i = 0; i < stage.n; i++)
            is_good[i] = !wn_rng_below(&rng, round < 20 ? 3 : 30);
        for (int side = 0; side < 2; side++) {
            stage.n_members = 0;
            for (uint32_t i = 0; i < stage.n; i++)
                if (is_good[i] == (side == 0))
                    stage.members[stage.n_members++] = i;
            check_members(&stage, side == 0 ? good : stage.parzen, x);
        }
    }
    wn_parzen_destroy(good);
    end(&stage);
}

/* More codes than there is room for the gains of all points at once. */
static void many_different_kernels_are_scored_in_turn(void **state)
{
    struct stage stage;
    struct wn_rng rng = wn_rng_keyed(5, WN_STREAM_TEST, 5);
    union wn_cell cells[2];
    double x[2 * 100], got[100];

    (void)state;
    begin(&stage, "{'n': {'type': 'int', 'low': 1, 'high': 1000000},"
                  " 'm': {'type': 'int', 'low': 1, 'high': 1000000, 'scale': 'log'}}");
    for (size_t i = 0; i < MAX_OBSERVATIONS; i++) {
        wn_config_sample(stage.space, &rng, cells);
        observe(&stage, cells);
    }
    fit(&stage, 0);
    for (size_t p = 0; p < 100; p++) {
        wn_config_sample(stage.space, &rng, cells);
        place(&stage, cells, x + 2 * p);
    }
    wn_parzen_score(stage.parzen, x, 100, got);
    for (size_t p = 0; p < 100; p += 33)
        assert_near(got[p], (double)direct(&stage, x + 2 * p), 1e-12, "one of many");
    end(&stage);
}

/* --- the published table --- */

enum { ALL = -1 }; /* axis: all five together */

static const char published_space[] =
    "{'x': {'type': 'float', 'low': 0, 'high': 1},"
    " 'lr': {'type': 'float', 'low': 1e-4, 'high': 1e-1, 'scale': 'log'},"
    " 'm': {'type': 'int', 'low': 1, 'high': 40},"
    " 'k': {'type': 'int', 'low': 16, 'high': 512, 'scale': 'log'},"
    " 'c': {'type': 'categorical', 'values': ['a', 'b', 'c']}}";

static double fraction(double x)
{
    return x - floor(x);
}

static void published_observation(int64_t i, union wn_cell *cells)
{
    cells[0].f = fraction((double)(i + 1) * 0.6180339887498949);
    cells[1].f = 1e-4 * pow(10, 3 * fraction((double)(i + 1) * 0.41421356237309515));
    cells[2].i = 1 + 7 * i % 40;
    cells[3].i = 16 + 97 * i % 497;
    cells[4].i = i * i % 3;
}

static const union wn_cell published_points[5][5] = {
    {{.f = .05}, {.f = 2e-4}, {.i = 1}, {.i = 16}, {.i = 0}},
    {{.f = .5}, {.f = 1e-3}, {.i = 20}, {.i = 512}, {.i = 1}},
    {{.f = .93}, {.f = .05}, {.i = 40}, {.i = 100}, {.i = 2}},
    {{.f = 0}, {.f = 1e-1}, {.i = 7}, {.i = 50}, {.i = 1}},
    {{.f = .31}, {.f = 3e-3}, {.i = 33}, {.i = 300}, {.i = 0}}};

/* Log densities of optuna.samplers._tpe.parzen_estimator 5.0.0 at these points, over log lr
 * (times log 1000: over the place). */
static const struct published {
    int64_t n;
    int axis;
    double log_density[5];
} published[] = {
    {0,
     -1,
     {-9.06870969027511, -12.2530814455924, -10.7727675970664, -10.1085234867251,
      -11.7067950902446}},
    {4,
     -1,
     {-9.79322534217847, -11.6894663071632, -12.3773646879232, -8.95827109319904,
      -11.0725428811206}},
    {30,
     -1,
     {-12.4215334876531, -15.5541166499521, -14.1255913944443, -13.4613472841021,
      -13.8399742040202}},
    {1,
     0,
     {-0.174442103953142, 0.0713291910581251, -0.0296906745239545, -0.22151679587654,
      0.00897152114556621}},
    {2,
     0,
     {-0.10972721095718, 0.144088184527186, -0.318560295144868, -0.184636688563843,
      0.132752219524386}},
    {25,
     0,
     {-0.282212886122646, 0.0690678150210795, -0.114210828246635, -0.800513073480578,
      -0.178858780536177}},
    {26,
     0,
     {0.222304144362067, 0.0623640166125576, -0.135779368440517, -0.755599886595064,
      -0.191470847241126}},
    {200,
     0,
     {0.0628850730202777, -0.0209436669931069, -0.112590698120956, -0.55773855973259,
      -0.106914050624279}},
    {24,
     1,
     {0.122825631432889, -0.245264933604286, 0.228811759401792, -0.484544725809161,
      0.251964746949714}},
    {24,
     2,
     {-3.38796779346167, -3.72306540391029, -3.86118213993184, -3.68421143198957,
      -3.7641481982629}},
    {20,
     3,
     {-5.8290907166501, -6.59095025348176, -5.7562203833847, -6.77775236640187,
      -6.13524053835247}},
    {60,
     4,
     {-1.12089032502683, -0.429045079433247, -3.77749232039774, -0.429045079433247,
      -1.12089032502683}},
};

/* Where a value stands in [0, 1], and its part there; nothing of the space module. */
static long double own_place(int axis,
                             const union wn_cell *cell,
                             long double *from,
                             long double *to)
{
    long double low, width;

    *from = *to = 0;
    switch (axis) {
    case 0: return cell->f;
    case 1: return logl((long double)cell->f / 1e-4L) / logl(1000);
    case 2:
        *from = (cell->i - 1) / 40.0L;
        *to = cell->i / 40.0L;
        return (cell->i - 0.5L) / 40;
    case 3:
        low = logl(15.5L);
        width = logl(512.5L) - low;
        *from = (logl(cell->i - 0.5L) - low) / width;
        *to = (logl(cell->i + 0.5L) - low) / width;
        return (logl(cell->i) - low) / width;
    default: return cell->i;
    }
}

/* The places and parts that direct() takes from the space are right: so it is of the values
 * themselves. */
static void check_places(const struct stage *stage,
                         size_t first,
                         const union wn_cell *cells,
                         const double *x)
{
    for (size_t i = 0; i < stage->n_axes; i++) {
        long double want_from, want_to;
        long double want = own_place((int)(first + i), &cells[i], &want_from, &want_to);
        double from, to;

        assert_near(x[i], (double)want, 1e-15, "a place");
        if (stage->axes[i].kind != WN_AXIS_PART)
            continue;
        assert_true(wn_param_span(stage->axes[i].param, x[i], &from, &to));
        assert_near(from, (double)want_from, 1e-15, "where a part begins");
        assert_near(to, (double)want_to, 1e-15, "where a part ends");
    }
}

static void published_begin(struct stage *stage, const struct published *of)
{
    static const char *const alone[] = {
        "{'x': {'type': 'float', 'low': 0, 'high': 1}}",
        "{'lr': {'type': 'float', 'low': 1e-4, 'high': 1e-1, 'scale': 'log'}}",
        "{'m': {'type': 'int', 'low': 1, 'high': 40}}",
        "{'k': {'type': 'int', 'low': 16, 'high': 512, 'scale': 'log'}}",
        "{'c': {'type': 'categorical', 'values': ['a', 'b', 'c']}}"};
    size_t first = of->axis == ALL ? 0 : (size_t)of->axis;

    begin(stage, of->axis == ALL ? published_space : alone[first]);
    for (int64_t i = 0; i < of->n; i++) {
        union wn_cell cells[5];
        double x[5];

        published_observation(i, cells);
        observe(stage, cells + first);
        place(stage, cells + first, x);
        check_places(stage, first, cells + first, x);
    }
    fit(stage, 0);
}

static void check_point(const struct stage *stage,
                        const struct published *of,
                        size_t point,
                        struct wn_buf *row)
{
    size_t first = of->axis == ALL ? 0 : (size_t)of->axis;
    const union wn_cell *cells = published_points[point] + first;
    double x[5], got;
    long double want;

    place(stage, cells, x);
    check_places(stage, first, cells, x);
    want = direct(stage, x);
    wn_parzen_score(stage->parzen, x, 1, &got);
    if (!(fabsl(got - want) < 1e-12L))
        fail_msg("%s: %.17g, not %.17Lg", wn_buf_text(row), got, want);
    assert_near(of->log_density[point], (double)want, 2e-13 * fabs(got) + 1e-13,
                "Optuna");
    wn_buf_addf(row, " | %.12Lf", want);
}

static void the_page_has_the_densities_and_the_code_agrees(void **state)
{
    static const char *const names[] = {"all", "x", "lr", "m", "k", "c"};
    struct wn_buf row = {0};
    char *page = NULL;
    size_t n;

    (void)state;
    assert_int_equal(wn_file_read(WN_SOURCE_DIR "/tests/conformance/README.md", 1 << 20,
                                  &page, &n, NULL),
                     WN_OK);
    for (size_t c = 0; c < sizeof published / sizeof *published; c++) {
        struct stage stage;

        published_begin(&stage, &published[c]);
        wn_buf_clear(&row);
        wn_buf_addf(&row, "\n| %d | %s", (int)published[c].n,
                    names[published[c].axis + 1]);
        for (size_t p = 0; p < 5; p++)
            check_point(&stage, &published[c], p, &row);
        wn_buf_adds(&row, " |\n");
        if (row.failed || !strstr(page, wn_buf_text(&row)))
            fail_msg("tests/conformance/README.md lacks the row\n%s", wn_buf_text(&row));
        end(&stage);
    }
    wn_buf_release(&row);
    wn_free(page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_page_has_the_densities_and_the_code_agrees),
        cmocka_unit_test(densities_are_right_to_twelve_digits),
        cmocka_unit_test(densities_of_many_along_one_axis_are_right),
        cmocka_unit_test(estimators_share_axes),
        cmocka_unit_test(many_different_kernels_are_scored_in_turn),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

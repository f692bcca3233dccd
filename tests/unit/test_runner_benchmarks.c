/* The function trials that methods are compared on: their published minima, what a lower
 * fidelity changes, and the spaces they refuse. */
#include "test_space.h"

#include "base/mem.h"
#include "runner/function.h"
#include "runner/runner.h"

#define PI 3.14159265358979323846

/* The loss of a cube after `resource` of `units` units, all trained. */
static double loss_at(const char *name,
                      size_t n_dims,
                      const double *cube,
                      int64_t resource)
{
    const struct wn_function_ops *function = wn_function_find(name);
    struct wn_function_task task = {.cube = cube, .n_dims = n_dims, .units = 10};
    double state[WN_FUNCTION_STATE_MAX / sizeof(double)] = {0}, loss = (double)NAN;

    function->begin(&task, state);
    for (int64_t unit = 1; unit <= resource; unit++)
        loss = function->unit(&task, state, unit);
    return loss;
}

static void expect_near(double is, double wanted, double within)
{
    if (!(fabs(is - wanted) <= within))
        fail_msg("%.12g instead of %.12g", is, wanted);
}

static void branin_has_its_three_minima_at_the_full_fidelity(void **state)
{
    static const double minima[3][2] = {
        {-3.14159265, 12.275}, {3.14159265, 2.275}, {9.42477796, 2.475}};

    (void)state;
    for (int i = 0; i < 3; i++) {
        double cube[2] = {(minima[i][0] + 5) / 15, minima[i][1] / 15};

        expect_near(loss_at("branin", 2, cube, 10), 0.397887, 1e-6);
        assert_true(loss_at("branin", 2, cube, 1) > 0.5);
    }
}

static void branin_at_a_tenth_is_bent_as_published(void **state)
{
    double cube[2] = {0.4, 0.2}; /* x = (1, 3), z = 0.1 */
    double b = 5.1 / (4 * PI * PI) - 0.009, c = 5 / PI - 0.09;
    double t = 1 / (8 * PI) + 0.045, bow = 3 - b + c - 6;

    (void)state;
    expect_near(loss_at("branin", 2, cube, 1), bow * bow + 10 * (1 - t) * cos(1) + 10,
                1e-12);
}

static void hartmann6_has_its_minimum_at_the_full_fidelity(void **state)
{
    double cube[6] = {0.20169, 0.150011, 0.476874, 0.275332, 0.311652, 0.6573};

    (void)state;
    expect_near(loss_at("hartmann6", 6, cube, 10), -3.32237, 1e-5);
    assert_true(loss_at("hartmann6", 6, cube, 1) > -3.3);
}

static double count_ones(const struct wn_space *space,
                         const union wn_cell *cells,
                         uint32_t trial,
                         int64_t resource)
{
    const struct wn_function_ops *function = wn_function_find("counting_ones");
    double cube[8] = {0}, counts[2] = {0}, loss = (double)NAN;
    struct wn_function_task task = {
        .space = space, .cells = cells, .cube = cube, .seed = 3, .trial = trial};

    wn_config_encode(space, cells, cube);
    function->begin(&task, counts);
    for (int64_t unit = 1; unit <= resource; unit++)
        loss = function->unit(&task, counts, unit);
    return loss;
}

static void counting_ones_sees_less_noise_with_more_resource(void **state)
{
    struct wn_space *space =
        space_of("{\"a\": {\"type\": \"categorical\", \"values\": [0, 1]},"
                 " \"p\": {\"type\": \"float\", \"low\": 0, \"high\": 1}}");
    union wn_cell best[2] = {{.i = 1}, {.f = 1}}, fair[2] = {{.i = 0}, {.f = 0.5}};
    double spread[2] = {0, 0};

    (void)state;
    expect_near(count_ones(space, best, 0, 1), -1, 0);
    expect_near(count_ones(space, best, 0, 50), -1, 0);
    for (uint32_t trial = 0; trial < 200; trial++) {
        double few = count_ones(space, fair, trial, 4) + 0.25;
        double many = count_ones(space, fair, trial, 400) + 0.25;

        spread[0] += few * few / 200;
        spread[1] += many * many / 200;
    }
    /* The variance of a mean of n fair draws, halved, is 1 / (16 n). */
    expect_near(spread[0], 1 / 64.0, 0.005);
    expect_near(spread[1], 1 / 6400.0, 0.00005);
    wn_space_destroy(space);
}

static const char mixed_space[] =
    "{\"model\": {\"type\": \"categorical\", \"values\": [\"linear\", \"tree\", "
    "\"net\"]},"
    " \"reg\": {\"type\": \"float\", \"low\": 1e-6, \"high\": 1, \"scale\": \"log\"},"
    " \"depth\": {\"type\": \"int\", \"low\": 1, \"high\": 20,"
    "             \"when\": {\"model\": \"tree\"}},"
    " \"lr\": {\"type\": \"float\", \"low\": 1e-4, \"high\": 1, \"scale\": \"log\","
    "          \"when\": {\"model\": [\"linear\", \"net\"]}},"
    " \"width\": {\"type\": \"int\", \"low\": 8, \"high\": 512, \"scale\": \"log\","
    "             \"when\": {\"model\": \"net\"}}}";

static double loss_of_mixed(const struct wn_space *space, const double *cube)
{
    const struct wn_function_ops *function = wn_function_find("mixed");
    union wn_cell cells[5];
    double places[8];
    struct wn_function_task task = {
        .space = space, .cells = cells, .cube = places, .n_dims = 7, .units = 9};

    wn_config_decode(space, cube, cells);
    wn_config_encode(space, cells, places);
    return function->unit(&task, NULL, 9);
}

static void mixed_is_best_for_a_net_and_ignores_what_is_inactive(void **state)
{
    struct wn_space *space = space_of(mixed_space);
    double net[7] = {0, 0, 1, 0.3, 0.9, 0.6, 0.7};
    double tree[7] = {0, 1, 0, 0.7, 0.35, 0.1, 0.1};
    double other_tree[7] = {0, 1, 0, 0.7, 0.35, 0.9, 0.9};

    (void)state;
    expect_near(loss_of_mixed(space, net), 0.1, 1e-4); /* width is an int */
    expect_near(loss_of_mixed(space, tree), 0.2, 2e-3);
    expect_near(loss_of_mixed(space, tree), loss_of_mixed(space, other_tree), 0);
    wn_space_destroy(space);
}

static void a_space_that_does_not_fit_is_refused(void **state)
{
    static const struct {
        const char *function, *wants;
    } cases[] = {{"branin", "two numeric parameters"},
                 {"hartmann6", "six numeric parameters"},
                 {"mixed", "model (categorical: linear, tree, net)"}};
    struct wn_space *space =
        space_of("{\"x\": {\"type\": \"float\", \"low\": 0, \"high\": 1}}");

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct wn_runner_ops *ops;
        struct wn_problems problems = {0};
        struct wn_runner_config cfg = {.space = space};
        struct wn_values *values = NULL;
        struct wn_buf text = {0};
        struct wn_json *json;

        wn_buf_addf(&text, "{\"runner\": \"function\", \"function\": \"%s\"}",
                    cases[i].function);
        json = json_of(wn_buf_text(&text));
        assert_int_equal(wn_runner_values(json, &problems, &ops, &values, NULL), WN_OK);
        cfg.trial = values;
        assert_int_equal(ops->check(&cfg, &problems, NULL), WN_OK);
        assert_int_equal(problems.n, 1);
        assert_non_null(strstr(problems.at[0], "trial.function"));
        assert_non_null(strstr(problems.at[0], cases[i].wants));
        wn_problems_release(&problems);
        wn_values_destroy(values);
        wn_json_destroy(json);
        wn_buf_release(&text);
    }
    wn_space_destroy(space);
    space = space_of(mixed_space);
    assert_null(wn_function_find("mixed")->wants(space));
    wn_space_destroy(space);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(branin_has_its_three_minima_at_the_full_fidelity),
        cmocka_unit_test(branin_at_a_tenth_is_bent_as_published),
        cmocka_unit_test(hartmann6_has_its_minimum_at_the_full_fidelity),
        cmocka_unit_test(counting_ones_sees_less_noise_with_more_resource),
        cmocka_unit_test(mixed_is_best_for_a_net_and_ignores_what_is_inactive),
        cmocka_unit_test(a_space_that_does_not_fit_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The function trials that methods are compared on: their published minima, what a lower
 * fidelity changes, and the spaces they refuse. */
#include "test_space.h"

#include "base/mem.h"
#include "runner/function.h"
#include "runner/runner.h"

#define PI 3.14159265358979323846

/* The values of a cube after `resource` of 10 units, all trained. */
static const double *values_at(const char *name,
                               size_t n_dims,
                               const double *cube,
                               int64_t resource)
{
    const struct wn_function_ops *function = wn_function_find(name);
    struct wn_function_task task = {.cube = cube, .n_dims = n_dims, .units = 10};
    static double values[WN_FUNCTION_METRICS_MAX];
    double state[WN_FUNCTION_STATE_MAX / sizeof(double)] = {0};

    for (size_t i = 0; i < WN_FUNCTION_METRICS_MAX; i++)
        values[i] = (double)NAN;
    function->begin(&task, state);
    for (int64_t unit = 1; unit <= resource; unit++)
        function->unit(&task, state, unit, values);
    return values;
}

static double loss_at(const char *name,
                      size_t n_dims,
                      const double *cube,
                      int64_t resource)
{
    return values_at(name, n_dims, cube, resource)[0];
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

static void hartmann3_has_its_minimum_at_the_full_fidelity(void **state)
{
    double cube[3] = {0.114614, 0.555649, 0.852547};

    (void)state;
    expect_near(loss_at("hartmann3", 3, cube, 10), -3.86278, 1e-5);
}

/* At the middle of the third dent, (0.1091, 0.8732, 0.5547), and at the fidelity 0.1. */
static void hartmann3_at_a_tenth_is_bent_as_published(void **state)
{
    static const double x[3] = {0.1091, 0.8732, 0.5547};
    double first = exp(-3 * pow(x[0] - 0.3689, 2) - 10 * pow(x[1] - 0.1170, 2) -
                       30 * pow(x[2] - 0.2673, 2));
    double second = exp(-0.1 * pow(x[0] - 0.4699, 2) - 10 * pow(x[1] - 0.4387, 2) -
                        35 * pow(x[2] - 0.7470, 2));
    double fourth = exp(-0.1 * pow(x[0] - 0.0381, 2) - 10 * pow(x[1] - 0.5743, 2) -
                        35 * pow(x[2] - 0.8828, 2));

    (void)state;
    expect_near(loss_at("hartmann3", 3, x, 10),
                -(1.0 * first + 1.2 * second + 3.0 + 3.2 * fourth), 1e-12);
    expect_near(loss_at("hartmann3", 3, x, 1),
                -(0.91 * first + 1.11 * second + 2.91 + 3.11 * fourth), 1e-12);
}

/* x = -5 + 15 u: 0 is at a third, 1 at 0.4, -1 at 4 / 15. */
static void ackley_has_its_minimum_at_0_and_known_values_beside(void **state)
{
    double at_0[4] = {1 / 3.0, 1 / 3.0, 1 / 3.0, 1 / 3.0};
    double at_1[2] = {0.4, 4 / 15.0}, half[2] = {0.5 / 15 + 1 / 3.0, 1 / 3.0};

    (void)state;
    expect_near(loss_at("ackley", 1, at_0, 10), 0, 1e-12);
    expect_near(loss_at("ackley", 4, at_0, 10), 0, 1e-12);
    /* 20 (1 - e^-0.2): the waves are 1 at whole numbers */
    expect_near(loss_at("ackley", 2, at_1, 10), 3.6253849384403627, 1e-12);
    /* (0.5, 0): squares 1/8, waves (-1 + 1) / 2 = 0 */
    expect_near(loss_at("ackley", 2, half, 10),
                20 - 20 * exp(-0.2 / sqrt(8)) + exp(1) - 1, 1e-12);
    /* At 0.8 what is missing moves it by 0.1 and lifts it by 0.4. */
    expect_near(loss_at("ackley", 1, at_0, 8),
                20 - 20 * exp(-0.02) + exp(1) - exp(cos(0.2 * PI)) + 0.4, 1e-12);
}

static void rosenbrock_has_its_minimum_at_1_and_known_values_beside(void **state)
{
    double at_1[5] = {0.4, 0.4, 0.4, 0.4, 0.4}, at_0[3] = {1 / 3.0, 1 / 3.0, 1 / 3.0};
    double start[2] = {3.8 / 15, 0.4}; /* (-1.2, 1), where everybody begins: 24.2 */

    (void)state;
    expect_near(loss_at("rosenbrock", 2, at_1, 10), 0, 1e-20);
    expect_near(loss_at("rosenbrock", 5, at_1, 10), 0, 1e-20);
    expect_near(loss_at("rosenbrock", 3, at_0, 10), 2, 1e-12);
    expect_near(loss_at("rosenbrock", 2, start, 10), 24.2, 1e-10);
    /* At (1, 1) and the fidelity 0.5: 100 0.05^2 + (0.1 0.25)^2, as published. */
    expect_near(loss_at("rosenbrock", 2, at_1, 5), 0.25 + 0.000625, 1e-12);
}

static void mlp_curve_is_the_tutorials_curve_of_values_not_places(void **state)
{
    static const char *const spaces[] = {
        "{\"height\": {\"type\": \"float\", \"low\": -100, \"high\": 100},"
        " \"width\": {\"type\": \"int\", \"low\": 0, \"high\": 20}}",
        "{\"width\": {\"type\": \"float\", \"low\": 0, \"high\": 20}}"};
    const struct wn_function_ops *function = wn_function_find("mlp_curve");
    struct wn_space *space = space_of(spaces[0]), *lacking = space_of(spaces[1]);
    union wn_cell cells[2] = {{.f = -50}, {.i = 9}};
    struct wn_function_task task = {.space = space, .cells = cells, .units = 100};
    double loss = (double)NAN;

    (void)state;
    assert_null(function->wants(space));
    assert_string_equal(function->wants(lacking), "numbers width (0 or more) and height");
    function->unit(&task, NULL, 1, &loss);
    expect_near(loss, 100 / 19.0 - 5, 1e-12);
    function->unit(&task, NULL, 10, &loss);
    expect_near(loss, 1 - 5, 1e-12);
    wn_space_destroy(space);
    wn_space_destroy(lacking);
}

static void expect_values(const char *name,
                          size_t n_dims,
                          const double *cube,
                          int64_t resource,
                          const double *wanted)
{
    const char *const *names = wn_function_find(name)->metrics;
    const double *values = values_at(name, n_dims, cube, resource);
    size_t n = 0;

    while (names[n])
        n++;
    assert_true(n <= WN_FUNCTION_METRICS_MAX);
    for (size_t i = 0; i < n; i++)
        expect_near(values[i], wanted[i], 1e-6);
    for (size_t i = n; i < WN_FUNCTION_METRICS_MAX; i++)
        assert_true(isnan(values[i])); /* nothing is said that has no name */
}

static void zdt_has_its_fronts_and_known_values_behind(void **state)
{
    const struct {
        const char *name;
        double cube[3];
        int64_t resource;
        double wanted[2];
    } rows[] = {
        {"zdt1", {0.25, 0, 0}, 10, {0.25, 0.5}},
        {"zdt1", {1, 0, 0}, 10, {1, 0}},
        {"zdt1", {0.25, 0.5, 0.5}, 10, {0.25, 5.5 - sqrt(0.25 * 5.5)}},
        {"zdt1", {0.25, 1, 0}, 10, {0.25, 5.5 - sqrt(0.25 * 5.5)}},
        {"zdt1", {0.25, 0, 0}, 4, {0.25, 1.6 - sqrt(0.25 * 1.6)}},
        {"zdt2", {0.5, 0, 0}, 10, {0.5, 0.75}},
        {"zdt2", {1, 0, 0}, 10, {1, 0}},
        {"zdt2", {1, 1, 1}, 10, {1, 10 - 0.1}},
        {"zdt2", {0.5, 0, 0}, 5, {0.5, 1.5 - 0.25 / 1.5}},
        {"zdt3", {0, 0, 0}, 10, {0, 1}},
        {"zdt3", {0.25, 0, 0}, 10, {0.25, 0.25}}, /* sin(2.5 pi) = 1 */
        {"zdt3", {0.8518328654, 0, 0}, 10, {0.8518328654, -0.7733690}},
        {"zdt3", {0.25, 1, 1}, 10, {0.25, 10 - sqrt(2.5) - 0.25}},
        {"zdt3", {0.25, 0, 0}, 5, {0.25, 1.5 - sqrt(0.375) - 0.25}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        expect_values(rows[i].name, 3, rows[i].cube, rows[i].resource, rows[i].wanted);
}

static void dtlz2_has_a_sphere_for_a_front(void **state)
{
    static const double middle[4] = {1 / 3.0, 2 / 3.0, 0.5, 0.5}, end[4] = {1, 0, 1, 0};
    /* Latitude 30, longitude 60 degrees. */
    static const double on_it[3] = {0.43301270, 0.75, 0.5}, behind[3] = {0, 0, 1.5};
    /* At the fidelity 0.5 the radius is 1 + 0.5 + 2 0.05^2. */
    static const double early[3] = {1.505 * 0.43301270, 1.505 * 0.75, 1.505 * 0.5};

    (void)state;
    expect_values("dtlz2", 4, middle, 10, on_it);
    expect_values("dtlz2", 4, end, 10, behind);
    expect_values("dtlz2", 4, middle, 5, early);
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
        function->unit(&task, counts, unit, &loss);
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
    double places[8], loss = (double)NAN;
    struct wn_function_task task = {
        .space = space, .cells = cells, .cube = places, .n_dims = 7, .units = 9};

    wn_config_decode(space, cube, cells);
    wn_config_encode(space, cells, places);
    function->unit(&task, NULL, 9, &loss);
    return loss;
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
                 {"hartmann3", "three numeric parameters"},
                 {"hartmann6", "six numeric parameters"},
                 {"rosenbrock", "two numeric parameters or more"},
                 {"mlp_curve", "numbers width (0 or more) and height"},
                 {"zdt3", "two numeric parameters or more"},
                 {"dtlz2", "three numeric parameters or more"},
                 {"mixed", "model (categorical: linear, tree, net)"}};
    struct wn_space *space =
        space_of("{\"x\": {\"type\": \"float\", \"low\": 0, \"high\": 1}}");

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct wn_runner_ops *ops;
        struct wn_problems problems = {0};
        struct wn_runner_config cfg = {.space = space, .metric_name = "f1"};
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

/* A job that optimises the second of two: both are reported, and a third is refused. */
static void several_values_are_reported_and_one_is_optimised(void **state)
{
    static const char text[] = "{\"runner\": \"function\", \"function\": \"zdt2\"}";
    struct wn_space *space =
        space_of("{\"x\": {\"type\": \"float\", \"low\": 0, \"high\": 1},"
                 " \"y\": {\"type\": \"float\", \"low\": 0, \"high\": 1}}");
    struct wn_runner_config cfg = {
        .space = space, .metric_name = "f2", .max_resource = 2, .n_slots = 1};
    union wn_cell cells[2] = {{.f = 0.5}, {.f = 0}};
    struct wn_task task = {
        .trial = 0, .dispatch = {1, 1}, .milestone = 2, .cells = cells};
    struct wn_json *json = json_of(text);
    struct wn_problems problems = {0};
    const struct wn_runner_ops *ops;
    struct wn_values *values = NULL;
    struct wn_runner *runner = NULL;
    struct wn_run_event event;

    (void)state;
    assert_int_equal(wn_runner_values(json, &problems, &ops, &values, NULL), WN_OK);
    cfg.trial = values;
    assert_int_equal(ops->check(&cfg, &problems, NULL), WN_OK);
    assert_int_equal(problems.n, 0);
    assert_int_equal(ops->create(&cfg, &runner, NULL), WN_OK);
    assert_int_equal(ops->start(runner, 0, &task, 0, NULL), WN_OK);
    assert_true(ops->poll(runner, 60000000, &event));
    assert_int_equal(event.n_metrics, 2);
    assert_string_equal(event.metrics[0].name, "f1");
    expect_near(event.metrics[0].value, 0.5, 0);
    assert_string_equal(event.metrics[1].name, "f2");
    expect_near(event.metrics[1].value, 1.5 - 0.25 / 1.5, 1e-12);
    ops->destroy(runner);
    cfg.metric_name = "loss";
    assert_int_equal(ops->check(&cfg, &problems, NULL), WN_OK);
    assert_int_equal(problems.n, 1);
    assert_non_null(strstr(problems.at[0], "metric.name"));
    assert_non_null(strstr(problems.at[0], "\"loss\" is not reported by zdt2, which has "
                                           "f1, f2"));
    wn_problems_release(&problems);
    wn_values_destroy(values);
    wn_json_destroy(json);
    wn_space_destroy(space);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(branin_has_its_three_minima_at_the_full_fidelity),
        cmocka_unit_test(branin_at_a_tenth_is_bent_as_published),
        cmocka_unit_test(hartmann6_has_its_minimum_at_the_full_fidelity),
        cmocka_unit_test(hartmann3_has_its_minimum_at_the_full_fidelity),
        cmocka_unit_test(hartmann3_at_a_tenth_is_bent_as_published),
        cmocka_unit_test(ackley_has_its_minimum_at_0_and_known_values_beside),
        cmocka_unit_test(rosenbrock_has_its_minimum_at_1_and_known_values_beside),
        cmocka_unit_test(mlp_curve_is_the_tutorials_curve_of_values_not_places),
        cmocka_unit_test(zdt_has_its_fronts_and_known_values_behind),
        cmocka_unit_test(dtlz2_has_a_sphere_for_a_front),
        cmocka_unit_test(several_values_are_reported_and_one_is_optimised),
        cmocka_unit_test(counting_ones_sees_less_noise_with_more_resource),
        cmocka_unit_test(mixed_is_best_for_a_net_and_ignores_what_is_inactive),
        cmocka_unit_test(a_space_that_does_not_fit_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

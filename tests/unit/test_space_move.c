/* test_space_move.c - from a value to one near it: factors, shifts, neighbours. */
#include "test_space.h"

static const char space_text[] =
    "{'f': {'type': 'float', 'low': -1, 'high': 4},"
    " 'g': {'type': 'float', 'low': 1e-4, 'high': 1, 'scale': 'log'},"
    " 'r': {'type': 'float', 'low': 0.5, 'high': 0.999, 'scale': 'reverse-log'},"
    " 's': {'type': 'float', 'low': 0, 'high': 1, 'step': 0.25},"
    " 'i': {'type': 'int', 'low': -20, 'high': 20},"
    " 'l': {'type': 'int', 'low': 1, 'high': 1000, 'scale': 'log'},"
    " 't': {'type': 'int', 'low': 8, 'high': 100, 'step': 8},"
    " 'o': {'type': 'ordinal', 'values': [16, 32, 64]},"
    " 'c': {'type': 'categorical', 'values': ['a', 'b', 'c']}}";

static const struct wn_param *param_of(const struct wn_space *space, const char *name)
{
    return wn_space_param(space, wn_space_find(space, name));
}

static union wn_cell cell_of(const struct wn_param *param, double number)
{
    union wn_cell cell = {.i = (int64_t)number};

    if (param->type == WN_PARAM_FLOAT)
        cell.f = number;
    return cell;
}

static void check(const struct wn_param *param, union wn_cell cell, double expected)
{
    double number = param->type == WN_PARAM_FLOAT ? cell.f : (double)cell.i;

    if (fabs(number - expected) > 1e-12 * fabs(expected))
        fail_msg("%s: %.17g instead of %.17g", param->name, number, expected);
}

static void factors_move_to_the_nearest_value_and_never_stay(void **state)
{
    static const struct {
        const char *name;
        double from, factor, to;
    } cases[] = {
        {"f", 2, 1.2, 2.4},     {"f", 3.9, 1.2, 4},       {"f", -0.9, 1.2, -1},
        {"f", 0, 1.2, 0},       {"f", 2, 1, 2},           {"f", 4, 1.2, 4},
        {"f", -0.5, 0.8, -0.4}, {"g", 0.01, 0.8, 0.008},  {"g", 1e-4, 0.8, 1e-4},
        {"r", 0.9, 0.8, 0.92},  {"r", 0.999, 0.8, 0.999}, {"r", 0.5, 1.2, 0.5},
        {"s", 0.5, 1.2, 0.75}, /* 0.6 is nearest to 0.5 */
        {"s", 0.25, 0.8, 0},    {"s", 1, 1.2, 1},         {"s", 0.75, 0.5, 0.25},
        {"i", 10, 1.2, 12},     {"i", 2, 1.2, 3},         {"i", 2, 0.8, 1},
        {"i", -2, 1.2, -3},     {"i", -2, 0.8, -1},       {"i", 0, 1.2, 0},
        {"i", 20, 1.2, 20},     {"i", 19, 1.2, 20},       {"i", 1, 0.8, 0},
        {"l", 100, 1.2, 120},   {"l", 1, 0.8, 1},         {"l", 1, 1.2, 2},
        {"l", 900, 1.2, 1000},  {"t", 96, 1.2, 100},      {"t", 96, 0.99, 88},
        {"t", 16, 1.2, 24},     {"t", 8, 0.8, 8},         {"t", 40, 1.2, 48},
    };
    struct wn_space *space = space_of(space_text);

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct wn_param *param = param_of(space, cases[i].name);

        check(param,
              wn_param_scaled(param, cell_of(param, cases[i].from), cases[i].factor),
              cases[i].to);
    }
    wn_space_destroy(space);
}

static void shifts_are_parts_of_the_range_on_its_scale(void **state)
{
    static const struct {
        const char *name;
        double from, part, to;
    } cases[] = {
        {"f", 0, 0.1, 0.5},     {"f", 4, 0.1, 4},          {"f", -0.8, -0.1, -1},
        {"g", 0.01, 0.25, 0.1}, {"g", 0.01, -0.25, 0.001}, {"g", 0.01, 0, 0.01},
        {"r", 0.5, 1, 0.999},   {"s", 0.5, 0.01, 0.75},    {"s", 0, -0.5, 0},
        {"s", 0, 0.4, 0.5},     {"i", 0, 0.1, 4},          {"i", 0, 0.001, 1},
        {"i", -20, -0.1, -20},  {"l", 1, 0.001, 2},        {"t", 8, 0.001, 16},
        {"t", 100, -0.001, 96},
    };
    struct wn_space *space = space_of(space_text);

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct wn_param *param = param_of(space, cases[i].name);

        check(param,
              wn_param_shifted(param, cell_of(param, cases[i].from), cases[i].part),
              cases[i].to);
    }
    wn_space_destroy(space);
}

static void neighbours_end_at_the_ends(void **state)
{
    static const struct {
        const char *name;
        double from;
        bool up;
        double to;
    } cases[] = {
        {"o", 0, true, 1},  {"o", 1, true, 2},    {"o", 2, true, 2},  {"o", 0, false, 0},
        {"c", 2, false, 1}, {"t", 96, true, 100}, {"i", 3, false, 2}, {"f", 3, true, 3},
    };
    struct wn_space *space = space_of(space_text);

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct wn_param *param = param_of(space, cases[i].name);

        check(param, wn_param_beside(param, cell_of(param, cases[i].from), cases[i].up),
              cases[i].to);
    }
    wn_space_destroy(space);
}

/* From anywhere with any factor or shift: a value of the parameter, on the right side. */
static void every_move_ends_at_a_value(void **state)
{
    struct wn_space *space = space_of(space_text);
    struct wn_rng rng = wn_rng_keyed(1, WN_STREAM_TEST, 0);
    struct wn_error err;
    union wn_cell cells[MAX_CELLS];

    (void)state;
    for (int n = 0; n < 20000; n++) {
        size_t i = wn_rng_below(&rng, 7);
        const struct wn_param *param = wn_space_param(space, i);
        bool is_float = param->type == WN_PARAM_FLOAT;
        double part = wn_rng_uniform(&rng, -0.3, 0.3), was, now;

        wn_config_sample(space, &rng, cells);
        was = is_float ? cells[i].f : (double)cells[i].i;
        if (n % 2)
            cells[i] = wn_param_scaled(param, cells[i], wn_rng_uniform(&rng, 0.5, 2));
        else
            cells[i] = wn_param_shifted(param, cells[i], part);
        now = is_float ? cells[i].f : (double)cells[i].i;
        if (n % 2 == 0 && (part > 0 ? now < was : now > was))
            fail_msg("%s moved by %g from %g to %g", param->name, part, was, now);
        if (n % 2 == 0 && now == was && now > param->low && now < param->high)
            fail_msg("%s stays at %g", param->name, was);
        if (wn_config_check(space, cells, &err) != WN_OK)
            fail_msg("%s", err.text);
    }
    wn_space_destroy(space);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(factors_move_to_the_nearest_value_and_never_stay),
        cmocka_unit_test(shifts_are_parts_of_the_range_on_its_scale),
        cmocka_unit_test(neighbours_end_at_the_ends),
        cmocka_unit_test(every_move_ends_at_a_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

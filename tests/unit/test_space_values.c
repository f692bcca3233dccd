/* test_space_values.c - the values of parameters: steps, sampling, the unit cube. */
#include "test_space.h"

#include "base/rng.h"

/* Names of parameters are free: each case is a space of one, "a". */
static struct wn_space *one(const char *param)
{
    char text[600];

    snprintf(text, sizeof text, "{'a': {%s}}", param);
    return space_of(text);
}

static void counts_and_lists_finite_values(void **state)
{
    static const struct {
        const char *param;
        uint64_t count;
        const char *values; /* the first ones, and after ... the last */
    } cases[] = {
        /* finrange(0.5, 1.5, 3) and finrange(0.1, 1.0, 10) of the reference, as steps */
        {"'type': 'float', 'low': 0.5, 'high': 1.5, 'step': 0.5", 3, "0.5 1 1.5"},
        {"'type': 'float', 'low': 0.1, 'high': 1.0, 'step': 0.1", 10,
         "0.1 0.2 0.3 0.4 0.5 0.6 0.7 0.8 0.9 1"},
        {"'type': 'float', 'low': 0, 'high': 0.3, 'step': 0.1", 4, "0 0.1 0.2 0.3"},
        {"'type': 'float', 'low': 0, 'high': 1, 'step': 0.4", 4, "0 0.4 0.8 1"},
        {"'type': 'float', 'low': -0.0, 'high': 1, 'step': 1", 2, "0 1"},
        {"'type': 'float', 'low': -0.2, 'high': 0.2, 'step': 0.1", 5,
         "-0.2 -0.1 0 0.1 0.2"},
        {"'type': 'float', 'low': 0, 'high': 1, 'step': 0.3333333333333333", 4,
         "0 0.333333333333 0.666666666667 1"},
        {"'type': 'float', 'low': 1, 'high': 100, 'step': 33, 'scale': 'log'", 4,
         "1 34 67 100"},
        {"'type': 'int', 'low': 1, 'high': 10, 'step': 4", 4, "1 5 9 10"},
        {"'type': 'int', 'low': -4, 'high': 4, 'step': 8", 2, "-4 4"},
        {"'type': 'int', 'low': 8, 'high': 12, 'step': 1", 5, "8 9 10 11 12"},
        {"'type': 'int', 'low': 2, 'high': 9, 'step': 3, 'scale': 'log'", 4, "2 5 8 9"},
        /* and as the ranges they are: (log)finrange with and without cast_int */
        {"'type': 'float', 'low': 0.5, 'high': 1.5, 'size': 3", 3, "0.5 1 1.5"},
        {"'type': 'float', 'low': 0.1, 'high': 1.0, 'size': 10", 10,
         "0.1 0.2 0.3 0.4 0.5 0.6 0.7 0.8 0.9 1"},
        {"'type': 'float', 'low': 8, 'high': 256, 'size': 6, 'scale': 'log'", 6,
         "8 16 32 64 128 256"},
        {"'type': 'int', 'low': 8, 'high': 256, 'size': 6, 'scale': 'log'", 6,
         "8 16 32 64 128 256"},
        {"'type': 'int', 'low': 4, 'high': 1024, 'size': 9, 'scale': 'log'", 9,
         "4 8 16 32 64 128 256 512 1024"},
        {"'type': 'float', 'low': 0.001, 'high': 1, 'size': 4, 'scale': 'log'", 4,
         "0.001 0.01 0.1 1"},
        /* the spaces of the FCNet tables */
        {"'type': 'int', 'low': 8, 'high': 64, 'size': 4, 'scale': 'log'", 4,
         "8 16 32 64"},
        {"'type': 'float', 'low': 0, 'high': 0.6, 'size': 3", 3, "0 0.3 0.6"},
        {"'type': 'int', 'low': 16, 'high': 512, 'size': 6, 'scale': 'log'", 6,
         "16 32 64 128 256 512"},
        /* choice([1, 2, 5, 10, 20, 50]) as the reference's streamlining makes it of 1 to
         * 48.43, rounded */
        {"'type': 'int', 'low': 1, 'high': 48, 'size': 6, 'scale': 'log'", 6,
         "1 2 5 10 22 48"},
        {"'type': 'int', 'low': 1, 'high': 4, 'size': 3", 3, "1 2 4"}, /* 2.5 to even */
        {"'type': 'int', 'low': 2, 'high': 5, 'size': 3", 3, "2 4 5"}, /* 3.5 to even */
        {"'type': 'int', 'low': -4, 'high': -1, 'size': 3", 3, "-4 -2 -1"},
        {"'type': 'int', 'low': 0, 'high': 10, 'size': 4", 4, "0 3 7 10"},
        {"'type': 'int', 'low': 0, 'high': 5, 'size': 5", 5, "0 1 2 4 5"},
        {"'type': 'int', 'low': -3, 'high': 3, 'size': 7", 7, "-3 -2 -1 0 1 2 3"},
        {"'type': 'int', 'low': 5, 'high': 6, 'size': 2", 2, "5 6"},
        {"'type': 'float', 'low': -1, 'high': 1, 'size': 3", 3, "-1 0 1"},
        {"'type': 'float', 'low': 1, 'high': 10, 'size': 3, 'scale': 'log'", 3,
         "1 3.16227766017 10"},
        {"'type': 'float', 'low': 0.9, 'high': 0.9999, 'size': 4, 'scale': "
         "'reverse-log'",
         4, "0.9 0.99 0.999 0.9999"},
        {"'type': 'float', 'low': 0.123456789012345, 'high': 0.987654321098765, 'size': "
         "2",
         2, "0.123456789012345 0.987654321098765"},
        {"'type': 'categorical', 'values': ['a', true, null, 1.5]", 4, "a true null 1.5"},
        {"'type': 'ordinal', 'values': [16, 32]", 2, "16 32"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct wn_space *space = one(cases[i].param);
        const struct wn_param *p = wn_space_param(space, 0);
        struct wn_buf text = {0};
        uint64_t size = 0;

        assert_true(wn_space_size(space, &size));
        assert_int_equal(size, cases[i].count);
        for (uint64_t k = 0; k < size; k++) {
            wn_buf_adds(&text, k ? " " : "");
            wn_cell_print(p, wn_param_grid_cell(p, size, k), &text);
        }
        assert_string_equal(wn_buf_text(&text), cases[i].values);
        wn_buf_release(&text);
        wn_space_destroy(space);
    }
}

static const char *const params[] = {
    "'type': 'float', 'low': 0, 'high': 1",
    "'type': 'float', 'low': -3, 'high': 5e6",
    "'type': 'float', 'low': 1e-4, 'high': 1, 'scale': 'log'",
    "'type': 'float', 'low': 1e-300, 'high': 1e300, 'scale': 'log'",
    "'type': 'float', 'low': 1, 'high': 1.001, 'scale': 'log'",
    "'type': 'float', 'low': 0.123456789012345, 'high': 0.987654321098765",
    "'type': 'float', 'low': 0.123456789012345, 'high': 0.987654321098765, 'scale': "
    "'log'",
    "'type': 'float', 'low': 0, 'high': 1, 'step': 0.07",
    "'type': 'float', 'low': 0.001, 'high': 1, 'step': 0.001, 'scale': 'log'",
    "'type': 'float', 'low': 0, 'high': 0.999999999999, 'scale': 'reverse-log'",
    "'type': 'float', 'low': 0, 'high': 1e-6, 'scale': 'reverse-log'",
    "'type': 'float', 'low': 0.99, 'high': 0.9999, 'scale': 'reverse-log'",
    "'type': 'float', 'low': 0.123456789012345, 'high': 0.999999999998765, 'scale': "
    "'reverse-log'",
    "'type': 'float', 'low': 0.999999, 'high': 0.999999999, 'scale': 'reverse-log'",
    "'type': 'float', 'low': 0, 'high': 0.99, 'step': 0.07, 'scale': 'reverse-log'",
    "'type': 'float', 'low': -1, 'high': 2, 'size': 301",
    "'type': 'float', 'low': 0.123456789012345, 'high': 0.987654321098765, 'size': 1000",
    "'type': 'float', 'low': 1e-300, 'high': 1e300, 'size': 3000, 'scale': 'log'",
    "'type': 'float', 'low': 1, 'high': 1.001, 'size': 2000, 'scale': 'log'",
    "'type': 'float', 'low': 0, 'high': 0.99999, 'size': 2500, 'scale': 'reverse-log'",
    "'type': 'int', 'low': -7, 'high': 1000, 'size': 800",
    "'type': 'int', 'low': 3, 'high': 4000, 'size': 9, 'scale': 'log'",
    "'type': 'int', 'low': 1, 'high': 98, 'size': 11, 'scale': 'log'",
    "'type': 'int', 'low': 3, 'high': 28, 'size': 12, 'scale': 'log'",
    "'type': 'int', 'low': 3, 'high': 173, 'size': 21, 'scale': 'log'",
    "'type': 'int', 'low': 100, 'high': 100000, 'size': 700, 'scale': 'log'",
    "'type': 'int', 'low': 9007199253640992, 'high': 9007199254740992, 'size': 3000",
    "'type': 'int', 'low': 1, 'high': 1099511627776, 'size': 12, 'scale': 'log'",
    "'type': 'int', 'low': 0, 'high': 1",
    "'type': 'int', 'low': -7, 'high': 12",
    "'type': 'int', 'low': 1, 'high': 10, 'scale': 'log'",
    "'type': 'int', 'low': 8, 'high': 256, 'scale': 'log'",
    "'type': 'int', 'low': 1, 'high': 1099511627776",
    "'type': 'int', 'low': 1, 'high': 1099511627776, 'scale': 'log'",
    "'type': 'int', 'low': 9007199253640992, 'high': 9007199254740992",
    "'type': 'int', 'low': 9007199253640992, 'high': 9007199254740992, 'scale': 'log'",
    "'type': 'int', 'low': 400000000000, 'high': 1499000000000, 'scale': 'log'",
    "'type': 'int', 'low': -9007199254740992, 'high': -9007199253640992",
    "'type': 'int', 'low': 0, 'high': 100, 'step': 7",
    "'type': 'int', 'low': 1, 'high': 1000, 'step': 7, 'scale': 'log'",
    "'type': 'categorical', 'values': ['a', 'b', 'c']",
    "'type': 'categorical', 'values': ['a']",
    "'type': 'ordinal', 'values': ['a', 'b', 'c', 'd']",
    "'type': 'ordinal', 'values': [1, 2, 5, 10, 15, 30]",
    "'type': 'ordinal', 'values': [0.0005, 0.001, 0.005, 0.01, 0.05, 0.1], 'encoding': "
    "'nearest-log'",
    "'type': 'ordinal', 'values': [7]",
    "'type': 'ordinal', 'values': [7], 'encoding': 'nearest-log'",
    "'type': 'ordinal', 'values': ['x'], 'encoding': 'equal'",
};

enum { N_PARAMS = sizeof params / sizeof *params };

/* The promise of the header, and that a made float comes back in the same bytes unless
 * the range is wide against it (then only to 1e-12 of the width). */
static void check_round_trip(const struct wn_space *space,
                             union wn_cell cell,
                             const char *param)
{
    const struct wn_param *p = wn_space_param(space, 0);
    double cube[MAX_DIMS], difference, limit;
    union wn_cell back;

    if (wn_config_check(space, &cell, NULL) != WN_OK)
        fail_msg("%s: %.17g (%lld) is not its value", param, cell.f, (long long)cell.i);
    wn_config_encode(space, &cell, cube);
    for (size_t i = 0; i < wn_space_n_dims(space); i++)
        if (!(cube[i] >= 0 && cube[i] <= 1))
            fail_msg("%s: coordinate %.17g", param, cube[i]);
    wn_config_decode(space, cube, &back);
    if (wn_config_check(space, &back, NULL) != WN_OK)
        fail_msg("%s: decoded %.17g (%lld)", param, back.f, (long long)back.i);
    if (back.i == cell.i)
        return;
    if (p->type != WN_PARAM_FLOAT || p->step > 0 || p->size ||
        p->scale != WN_SCALE_LINEAR)
        fail_msg("%s: %.17g (%lld) came back as %.17g (%lld)", param, cell.f,
                 (long long)cell.i, back.f, (long long)back.i);
    difference = fabs(back.f - cell.f);
    limit = 1e-12 * (p->high - p->low);
    if (!(difference <= limit))
        fail_msg("%s: %.17g came back as %.17g", param, cell.f, back.f);
}

static void returns_from_the_cube_what_went_in(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_PARAMS; i++) {
        struct wn_space *space = one(params[i]);
        const struct wn_param *p = wn_space_param(space, 0);
        struct wn_rng rng = wn_rng_keyed(1, WN_STREAM_TEST, i);
        uint64_t size = wn_param_grid_size(p, 3000);

        for (int k = 0; k < 3000; k++) {
            union wn_cell cell;

            wn_config_sample(space, &rng, &cell);
            check_round_trip(space, cell, params[i]);
        }
        for (uint64_t k = 0; k < size; k++)
            check_round_trip(space, wn_param_grid_cell(p, 3000, k), params[i]);
        wn_space_destroy(space);
    }
}

/* Dense ends, where neighbours lie closest on a log scale. */
static void keeps_neighbouring_ints_apart_in_the_cube(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_PARAMS; i++) {
        struct wn_space *space = one(params[i]);
        const struct wn_param *p = wn_space_param(space, 0);

        for (int64_t k = 0;
             p->type == WN_PARAM_INT && p->step <= 0 && !p->size && k < 1000; k++) {
            union wn_cell low = {.i = (int64_t)p->low + k},
                          high = {.i = (int64_t)p->high - k};

            if (low.i > (int64_t)p->high)
                break;
            check_round_trip(space, low, params[i]);
            check_round_trip(space, high, params[i]);
        }
        wn_space_destroy(space);
    }
}

static void clips_what_lies_outside_the_cube(void **state)
{
    static const double outside[] = {
        -1e300,     -0.0, -1e-300, 1.0, 1.5, 1e300, (double)INFINITY, (double)-INFINITY,
        (double)NAN};

    (void)state;
    for (size_t i = 0; i < N_PARAMS; i++) {
        struct wn_space *space = one(params[i]);

        for (size_t k = 0; k < sizeof outside / sizeof *outside; k++) {
            double cube[MAX_DIMS];
            union wn_cell cell;
            struct wn_error err;

            for (size_t d = 0; d < wn_space_n_dims(space); d++)
                cube[d] = outside[k];
            wn_config_decode(space, cube, &cell);
            if (wn_config_check(space, &cell, &err) != WN_OK)
                fail_msg("%s at %g: %s", params[i], outside[k], err.text);
        }
        wn_space_destroy(space);
    }
}

static void maps_known_values_to_known_coordinates(void **state)
{
    static const struct {
        const char *param, *value;
        double at;
    } cases[] = {
        {"'type': 'float', 'low': 0, 'high': 2", "0.5", 0.25},
        {"'type': 'float', 'low': 1e-6, 'high': 1, 'scale': 'log'", "0.001", 0.5},
        {"'type': 'float', 'low': 0, 'high': 0.9375, 'scale': 'reverse-log'", "0.5",
         0.25},
        {"'type': 'float', 'low': 0, 'high': 0.9375, 'scale': 'reverse-log'", "0.875",
         0.75},
        {"'type': 'float', 'low': 0.5, 'high': 0.9921875, 'scale': 'reverse-log'", "0.5",
         0},
        {"'type': 'float', 'low': 0.5, 'high': 0.9921875, 'scale': 'reverse-log'",
         "0.9375", 0.5},
        {"'type': 'int', 'low': 1, 'high': 4", "1", 0.125},
        {"'type': 'int', 'low': 1, 'high': 4", "4", 0.875},
        {"'type': 'ordinal', 'values': ['s', 'm', 'l', 'xl']", "'m'", 0.375},
        {"'type': 'ordinal', 'values': [0, 1, 10]", "1", 0.1},
        {"'type': 'ordinal', 'values': [1, 10, 1000], 'encoding': 'nearest-log'", "10",
         1 / 3.0},
        {"'type': 'float', 'low': 0, 'high': 1, 'step': 0.5", "0.5", 0.5},
        /* an index on a linear scale, as the reference encodes finite ranges */
        {"'type': 'float', 'low': 0.001, 'high': 1, 'size': 4, 'scale': 'log'", "0.001",
         0.125},
        {"'type': 'float', 'low': 0.001, 'high': 1, 'size': 4, 'scale': 'log'", "0.1",
         0.625},
        {"'type': 'int', 'low': 8, 'high': 256, 'size': 6, 'scale': 'log'", "256",
         11 / 12.0},
        {"'type': 'int', 'low': 1, 'high': 4, 'size': 3", "2", 0.5},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct wn_space *space = one(cases[i].param);
        char given[100];
        union wn_cell cell;
        double at;

        snprintf(given, sizeof given, "{'a': %s}", cases[i].value);
        complete(space, given, &cell);
        wn_config_encode(space, &cell, &at);
        if (!(fabs(at - cases[i].at) < 1e-14))
            fail_msg("%s: %s lies at %.17g, not %.17g", cases[i].param, cases[i].value,
                     at, cases[i].at);
        wn_space_destroy(space);
    }
}

static void encodes_categories_one_hot(void **state)
{
    struct wn_space *space = one("'type': 'categorical', 'values': ['x', 'y', 'z']");
    static const struct {
        double cube[3];
        int64_t value;
    } cases[] = {
        {{0.2, 0.7, 0.7}, 1},
        {{0, 0, 0}, 0},
        {{0.1, 0, 0.2}, 2},
        {{2, 3, 1}, 0}, /* clipped, all are equal */
        {{(double)NAN, 0.1, (double)NAN}, 1},
        {{-5, -3, -4}, 0},
        {{0.9, 1, 7}, 1},
    };
    union wn_cell cell = {.i = 2};
    double cube[3];

    (void)state;
    wn_config_encode(space, &cell, cube);
    assert_true(cube[0] == 0 && cube[1] == 0 && cube[2] == 1);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        wn_config_decode(space, cases[i].cube, &cell);
        if (cell.i != cases[i].value)
            fail_msg("case %zu: value %lld, not %lld", i, (long long)cell.i,
                     (long long)cases[i].value);
    }
    wn_space_destroy(space);
}

/* Equal parts: the middle of each gives its value, and so does all that lies within. */
static void parts_the_cube_evenly_among_the_values_of_a_size(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_PARAMS; i++) {
        struct wn_space *space = one(params[i]);
        const struct wn_param *p = wn_space_param(space, 0);

        for (size_t k = 0; k < p->size; k++) {
            static const double within[] = {0.001, 0.5, 0.999};

            for (size_t w = 0; w < 3; w++) {
                double at = ((double)k + within[w]) / (double)p->size;
                union wn_cell cell;

                wn_config_decode(space, &at, &cell);
                if (cell.i != wn_param_grid_cell(p, 1, k).i)
                    fail_msg("%s: %.17g at %.17g", params[i], cell.f, at);
            }
        }
        wn_space_destroy(space);
    }
}

static bool is_value_of(const struct wn_param *p, double number)
{
    for (size_t k = 0; k < p->size; k++) {
        union wn_cell cell = wn_param_grid_cell(p, 1, k);

        if (p->type == WN_PARAM_INT ? (double)cell.i >= number && (double)cell.i <= number
                                    : cell.f >= number && cell.f <= number)
            return true;
    }
    return false;
}

/* Every integer near a range's values, and floats between them: what is no value of it is
 * refused, however near. */
static void knows_the_values_of_a_size_from_their_neighbours(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_PARAMS; i++) {
        struct wn_space *space = one(params[i]);
        const struct wn_param *p = wn_space_param(space, 0);

        for (size_t k = 0; k < p->size; k += 1 + p->size / 50) {
            union wn_cell value = wn_param_grid_cell(p, 1, k), near;

            for (int d = -3; d <= 3; d++) {
                if (p->type == WN_PARAM_INT)
                    near.i = value.i + d;
                else
                    near.f = value.f + d * 1e-9 * (p->high - p->low);
                if ((wn_config_check(space, &near, NULL) == WN_OK) !=
                    is_value_of(p, p->type == WN_PARAM_INT ? (double)near.i : near.f))
                    fail_msg("%s: %.17g (%lld)", params[i], near.f, (long long)near.i);
            }
        }
        wn_space_destroy(space);
    }
}

/* Chance of each value against its share of the interval it is drawn from; 5 sigma. */
static void check_chances(const char *param, const double *chances, size_t n)
{
    enum { DRAWS = 40000 };
    struct wn_space *space = one(param);
    const struct wn_param *p = wn_space_param(space, 0);
    struct wn_rng rng = wn_rng_keyed(7, WN_STREAM_TEST, n);
    size_t *counts = wn_alloc_array(n, sizeof *counts);

    assert_non_null(counts);
    for (int k = 0; k < DRAWS; k++) {
        union wn_cell cell;
        size_t index = 0;

        wn_config_sample(space, &rng, &cell);
        while (index < n && wn_param_grid_cell(p, n, index).i != cell.i)
            index++;
        assert_true(index < n);
        counts[index]++;
    }
    for (size_t i = 0; i < n; i++) {
        double expected = DRAWS * chances[i];
        double sigma = sqrt(expected * (1 - chances[i]));

        if (fabs((double)counts[i] - expected) > 5 * sigma + 1)
            fail_msg("%s: value %zu drawn %zu times, expected %.0f", param, i, counts[i],
                     expected);
    }
    wn_free(counts);
    wn_space_destroy(space);
}

static void draws_values_with_their_chances(void **state)
{
    double quarter[4] = {0.25, 0.25, 0.25, 0.25};
    double log_int[3], by_value[3] = {0.05, 0.5, 0.45}, by_log[3];
    double width = log(3.5) - log(0.5);

    (void)state;
    check_chances("'type': 'int', 'low': -1, 'high': 2", quarter, 4);
    check_chances("'type': 'float', 'low': 0, 'high': 1, 'step': 0.4", quarter, 4);
    check_chances("'type': 'int', 'low': 1, 'high': 10, 'step': 4", quarter, 4);
    check_chances("'type': 'categorical', 'values': ['a', 'b', 'c', 'd']", quarter, 4);
    check_chances("'type': 'int', 'low': 1, 'high': 1000, 'size': 4, 'scale': 'log'",
                  quarter, 4);
    check_chances("'type': 'float', 'low': 0, 'high': 7, 'size': 4", quarter, 4);
    check_chances("'type': 'ordinal', 'values': ['a', 'b', 'c', 'd']", quarter, 4);
    for (int i = 0; i < 3; i++)
        log_int[i] = (log(i + 1.5) - log(i + 0.5)) / width;
    check_chances("'type': 'int', 'low': 1, 'high': 3, 'scale': 'log'", log_int, 3);
    check_chances("'type': 'ordinal', 'values': [0, 1, 10]", by_value, 3);
    by_log[0] = 1 / 6.0, by_log[1] = 0.5, by_log[2] = 1 / 3.0;
    check_chances("'type': 'ordinal', 'values': [1, 10, 1000], 'encoding': 'nearest-log'",
                  by_log, 3);
    by_log[0] = log(3) / log(9), by_log[1] = log(7.0 / 3) / log(9);
    by_log[2] = log(9 / 7.0) / log(9); /* 1, 5 and 9 on [1, 9]: parted at 3 and 7 */
    check_chances("'type': 'float', 'low': 1, 'high': 9, 'step': 4, 'scale': 'log'",
                  by_log, 3);
}

static void draws_floats_evenly_on_their_scale(void **state)
{
    static const char *const cases[] = {
        "'type': 'float', 'low': -2, 'high': 6",
        "'type': 'float', 'low': 1e-6, 'high': 1, 'scale': 'log'",
        "'type': 'int', 'low': 1, 'high': 1000000, 'scale': 'log'",
        "'type': 'float', 'low': 0, 'high': 0.999999, 'scale': 'reverse-log'",
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        enum { DRAWS = 20000, BINS = 10 };
        struct wn_space *space = one(cases[i]);
        struct wn_rng rng = wn_rng_keyed(3, WN_STREAM_TEST, i);
        int counts[BINS] = {0};

        for (int k = 0; k < DRAWS; k++) {
            union wn_cell cell;
            double at;

            wn_config_sample(space, &rng, &cell);
            wn_config_encode(space, &cell, &at);
            counts[at < 1 ? (int)(at * BINS) : BINS - 1]++;
        }
        for (int b = 0; b < BINS;
             b++) /* ints at the low end are coarse: a tenth holds 1 to 3 */
            if (abs(counts[b] - DRAWS / BINS) > (i == 2 ? 1000 : 250))
                fail_msg("%s: bin %d has %d", cases[i], b, counts[b]);
        wn_space_destroy(space);
    }
}

/* Whole decades of 1 - x come up alike, and the median is the middle of the scale. */
static void draws_reverse_log_floats_by_their_distance_from_one(void **state)
{
    enum { DRAWS = 40000 };
    struct wn_space *space =
        one("'type': 'float', 'low': 0.9, 'high': 0.99999, 'scale': 'reverse-log'");
    struct wn_rng rng = wn_rng_keyed(4, WN_STREAM_TEST, 0);
    int counts[4] = {0}, n_below = 0;

    (void)state;
    for (int k = 0; k < DRAWS; k++) {
        union wn_cell cell;
        double decade;

        wn_config_sample(space, &rng, &cell);
        decade = -log10(1 - cell.f) - 1;
        counts[decade < 1 ? 0 : decade < 2 ? 1 : decade < 3 ? 2 : 3]++;
        n_below += cell.f < 0.999;
    }
    for (int i = 0; i < 4; i++)
        if (abs(counts[i] - DRAWS / 4) > 450)
            fail_msg("decade %d has %d", i, counts[i]);
    assert_true(abs(n_below - DRAWS / 2) < 500);
    wn_space_destroy(space);
}

static void makes_floats_of_twelve_digits_within_bounds(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_PARAMS; i++) {
        struct wn_space *space = one(params[i]);
        const struct wn_param *p = wn_space_param(space, 0);
        struct wn_rng rng = wn_rng_keyed(5, WN_STREAM_TEST, i);

        for (int k = 0; p->type == WN_PARAM_FLOAT && k < 2000; k++) {
            union wn_cell cell;
            char text[40];

            wn_config_sample(space, &rng, &cell);
            if (!(cell.f >= p->low && cell.f <= p->high))
                fail_msg("%s: %.17g", params[i], cell.f);
            snprintf(text, sizeof text, "%.11e", cell.f);
            if (strtod(text, NULL) < cell.f || strtod(text, NULL) > cell.f)
                assert_true(cell.i == ((union wn_cell){.f = p->low}).i ||
                            cell.i == ((union wn_cell){.f = p->high}).i);
            assert_true(cell.i != WN_CELL_OFF);
        }
        wn_space_destroy(space);
    }
}

static void knows_only_one_zero(void **state)
{
    struct wn_space *space = one("'type': 'float', 'low': -1, 'high': 1");
    union wn_cell cell, zero = {.f = 0};

    (void)state;
    complete(space, "{'a': -0.0}", &cell);
    assert_true(cell.i == zero.i);
    complete(space, "{'a': -1e-320}", &cell);
    assert_true(cell.f < 0);
    complete(space, "{}", &cell);
    assert_true(cell.i == zero.i);
    wn_space_destroy(space);
}

static void draws_the_same_from_the_same_key(void **state)
{
    struct wn_space *space =
        space_of("{'a': {'type': 'float', 'low': 0, 'high': 1}, "
                 "'b': {'type': 'int', 'low': 1, 'high': 99},"
                 "'c': {'type': 'categorical', 'values': [1, 2, 3]}}");

    (void)state;
    for (uint64_t subject = 0; subject < 50; subject++) {
        struct wn_rng r1 = wn_rng_keyed(9, WN_STREAM_PROPOSE, subject), r2 = r1;
        struct wn_rng r3 = wn_rng_keyed(9, WN_STREAM_PROPOSE, subject + 1000);
        union wn_cell a[3], b[3], c[3];

        wn_config_sample(space, &r1, a);
        wn_config_sample(space, &r2, b);
        wn_config_sample(space, &r3, c);
        assert_true(wn_config_equal(space, a, b));
        assert_true(wn_config_hash(space, a) == wn_config_hash(space, b));
        assert_false(wn_config_equal(space, a, c));
    }
    wn_space_destroy(space);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_and_lists_finite_values),
        cmocka_unit_test(returns_from_the_cube_what_went_in),
        cmocka_unit_test(keeps_neighbouring_ints_apart_in_the_cube),
        cmocka_unit_test(clips_what_lies_outside_the_cube),
        cmocka_unit_test(maps_known_values_to_known_coordinates),
        cmocka_unit_test(parts_the_cube_evenly_among_the_values_of_a_size),
        cmocka_unit_test(knows_the_values_of_a_size_from_their_neighbours),
        cmocka_unit_test(encodes_categories_one_hot),
        cmocka_unit_test(draws_values_with_their_chances),
        cmocka_unit_test(draws_floats_evenly_on_their_scale),
        cmocka_unit_test(draws_reverse_log_floats_by_their_distance_from_one),
        cmocka_unit_test(makes_floats_of_twelve_digits_within_bounds),
        cmocka_unit_test(knows_only_one_zero),
        cmocka_unit_test(draws_the_same_from_the_same_key),
    };

    return cmocka_run_group_tests_name("space_values", tests, NULL, NULL);
}

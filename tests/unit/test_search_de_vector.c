/* test_search_de_vector.c - the arithmetic of differential evolution by hand, number by
 * number drawn; vectors and what they are made into.
 */
#include "test_search_de.h"

#include "conformance/drive.h"
#include "search/de_internal.h"

/* --- arithmetic --- */

static const double target[] = {.125, .25, .5, .75};
static const double first[] = {.5, 1, 0, .25};
static const double second[] = {1, .75, .25, .5};
static const double third[] = {.25, .25, .5, 1};
static const double *const parents[] = {first, second, third};

static void a_sure_crossover_gives_the_mutant(void **state)
{
    struct wn_de_rule rule = {.factor = .5, .probability = 1};
    struct wn_rng rng = wn_rng_keyed(1, WN_STREAM_TEST, 0), copy = rng;
    double child[4], redrawn[2];

    (void)state;
    wn_de_child(&rule, 4, target, parents, &rng, child);
    (void)wn_rng_below(&copy, 4);
    (void)wn_rng_unit(&copy);
    (void)wn_rng_unit(&copy);
    redrawn[0] = wn_rng_unit(&copy); /* 1.25 is outside */
    (void)wn_rng_unit(&copy);
    redrawn[1] = wn_rng_unit(&copy); /* -0.125 is */
    (void)wn_rng_unit(&copy);
    assert_true(child[0] == .5 + .5 * .75);
    assert_true(child[1] == redrawn[0]);
    assert_true(child[2] == redrawn[1]);
    assert_true(child[3] == .25 + .5 * -.5);               /* 0 is inside */
    assert_int_equal(wn_rng_u64(&rng), wn_rng_u64(&copy)); /* nothing else was drawn */
}

static void without_crossover_one_coordinate_is_the_mutants(void **state)
{
    struct wn_de_rule rule = {.factor = 1, .probability = 0};
    unsigned n_of[2] = {0, 0};

    (void)state;
    for (uint64_t seed = 0; seed < 400; seed++) {
        struct wn_rng rng = wn_rng_keyed(seed, WN_STREAM_TEST, 0), copy = rng;
        static const double a[] = {.25, .25}, b[] = {.5, .5}, c[] = {.375, .25};
        static const double *const abc[] = {a, b, c};
        double child[2];
        size_t sure = (size_t)wn_rng_below(&copy, 2);

        wn_de_child(&rule, 2, target, abc, &rng, child);
        assert_true(child[sure] == (sure ? .5 : .375));
        assert_true(child[1 - sure] == target[1 - sure]);
        n_of[sure]++;
    }
    assert_true(n_of[0] > 150 && n_of[1] > 150);
}

static void crossover_follows_the_numbers_drawn(void **state)
{
    struct wn_de_rule rule = {.factor = .25, .probability = .375};
    unsigned n_mutated = 0;

    (void)state;
    for (uint64_t seed = 0; seed < 2000; seed++) {
        struct wn_rng rng = wn_rng_keyed(seed, WN_STREAM_TEST, 0), copy = rng;
        double child[4];
        size_t sure = (size_t)wn_rng_below(&copy, 4);

        wn_de_child(&rule, 4, target, parents, &rng, child);
        for (size_t i = 0; i < 4; i++) {
            double mutant = first[i] + .25 * (second[i] - third[i]), expected;
            if (wn_rng_unit(&copy) < .375 || i == sure) {
                n_mutated++;
                expected = mutant < 0 || mutant > 1 ? wn_rng_unit(&copy) : mutant;
            } else {
                expected = target[i];
            }
            assert_true(child[i] == expected);
        }
    }
    /* 1 + 3 p of 4 */
    assert_in_range(n_mutated, (unsigned)(2000 * (1 + 3 * .375) * .95),
                    (unsigned)(2000 * (1 + 3 * .375) * 1.05));
}

/* --- vectors --- */

static void every_configuration_is_made_of_its_vector(void **state)
{
    struct wn_space *space = drive_space(mixed);
    size_t n = wn_space_n_params(space);
    double cube[32], vector[8];
    union wn_cell cells[8], back[8];

    (void)state;
    assert_int_equal(n, 8);
    assert_true(wn_space_n_dims(space) <= 32);
    for (uint64_t seed = 0; seed < 500; seed++) {
        struct wn_rng rng = wn_rng_keyed(seed, WN_STREAM_TEST, 0);

        wn_config_sample(space, &rng, cells);
        wn_de_encode(space, cells, cube, vector);
        for (size_t i = 0; i < n; i++) {
            assert_true(vector[i] >= 0 && vector[i] <= 1);
            if (cells[i].i == WN_CELL_OFF)
                assert_true(vector[i] == .5);
        }
        wn_de_decode(space, vector, cube, back);
        assert_memory_equal(cells, back, n * sizeof *cells);
    }
    wn_space_destroy(space);
}

static void values_of_discrete_parameters_have_equal_parts(void **state)
{
    struct wn_space *space = drive_space(mixed);
    size_t opt = wn_space_find(space, "opt"), n = wn_space_find(space, "n");
    double cube[32], vector[8] = {.5, .5, .5, .5, .5, .5, .5, .5};
    union wn_cell cells[8];

    (void)state;
    for (int i = 0; i <= 420; i++) { /* 420 is a multiple of 3 and 7 */
        vector[opt] = i / 420.0;
        vector[n] = i / 420.0;
        wn_de_decode(space, vector, cube, cells);
        if (i % 140)
            assert_int_equal(cells[opt].i, i / 140);
        if (i % 60)
            assert_int_equal(cells[n].i, 3 + i / 60);
    }
    assert_int_equal(cells[opt].i, 2); /* at 1, the last one */
    assert_int_equal(cells[n].i, 9);
    wn_space_destroy(space);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sure_crossover_gives_the_mutant),
        cmocka_unit_test(without_crossover_one_coordinate_is_the_mutants),
        cmocka_unit_test(crossover_follows_the_numbers_drawn),
        cmocka_unit_test(every_configuration_is_made_of_its_vector),
        cmocka_unit_test(values_of_discrete_parameters_have_equal_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

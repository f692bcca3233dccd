/* test_search_latin.c - a Latin hypercube: every part of every parameter once. */
#include "test_search_stage.h"

extern const struct wn_search_ops wn_search_latin;

static const char cube[] = "{\"x\": {\"type\": \"float\", \"low\": 0, \"high\": 1},"
                           " \"y\": {\"type\": \"float\", \"low\": 0, \"high\": 1},"
                           " \"z\": {\"type\": \"float\", \"low\": 0, \"high\": 1}}";
enum { AXES = 3 };

static struct stage latin(const char *space, const char *options, uint64_t seed)
{
    return stage_begin(&wn_search_latin, space, options, 1, seed);
}

/* Which of `n` parts each value of axis k falls into is a permutation. */
static void check_design(struct stage *st, int n, bool is_centred)
{
    unsigned char seen[AXES][1024] = {{0}};
    union wn_cell cells[AXES];

    for (int i = 0; i < n; i++) {
        assert_true(stage_next(st, cells));
        for (size_t k = 0; k < AXES; k++) {
            double part = floor(cells[k].f * n);

            DRIVE_CHECK(!seen[k][(int)part]++, "axis %zu has two in part %g of %d", k,
                        part, n);
            if (is_centred)
                assert_true(fabs(cells[k].f - (part + 0.5) / n) < 1e-11);
        }
    }
}

static void takes_each_part_of_each_parameter_once(void **state)
{
    static const int sizes[] = {2, 3, 7, 16, 17, 100, 1000};

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        for (int is_centred = 0; is_centred < 2; is_centred++)
            for (uint64_t seed = 0; seed < 10; seed++) {
                char options[64];
                struct stage st;

                snprintf(options, sizeof options, "{\"samples\": %d, \"centred\": %s}",
                         sizes[i], is_centred ? "true" : "false");
                st = latin(cube, options, seed);
                check_design(&st, sizes[i], is_centred);
                stage_end(&st);
            }
}

static void has_ten_samples_a_parameter_unless_told(void **state)
{
    struct stage st = latin(cube, "{}", 1);

    (void)state;
    check_design(&st, 10 * AXES, false);
    stage_end(&st);
}

/* 300 draws into 100 parts leave about 5 of them empty. */
static void draws_at_random_after_the_design(void **state)
{
    struct stage st = latin(cube, "{\"samples\": 2, \"centred\": true}", 1);
    union wn_cell cells[AXES];
    int counts[100] = {0}, n_empty = 0;

    (void)state;
    check_design(&st, 2, true);
    for (int i = 0; i < 300; i++) {
        assert_true(stage_next(&st, cells));
        counts[(int)(cells[0].f * 100)]++;
    }
    for (int i = 0; i < 100; i++)
        n_empty += !counts[i];
    assert_in_range(n_empty, 1, 15);
    stage_end(&st);
}

/* The middle of part k of 4, and its place within. */
static void orders_are_the_seeds_and_each_equally_likely(void **state)
{
    enum { N = 4800 };
    int counts[256] = {0}, n_orders = 0, n_alike = 0;
    double chi2 = 0;

    (void)state;
    for (uint64_t seed = 0; seed < N; seed++) {
        struct stage st = latin(cube, "{\"samples\": 4}", seed);
        union wn_cell cells[AXES];
        int codes[AXES] = {0};

        for (int i = 0; i < 4; i++) {
            assert_true(stage_next(&st, cells));
            for (size_t k = 0; k < AXES; k++)
                codes[k] = codes[k] * 4 + (int)(cells[k].f * 4);
        }
        counts[codes[1]]++;
        n_alike += codes[0] == codes[1];
        stage_end(&st);
    }
    for (int i = 0; i < 256; i++) {
        n_orders += counts[i] > 0;
        if (counts[i])
            chi2 += pow(counts[i] - N / 24, 2) / (N / 24);
    }
    assert_int_equal(n_orders, 24);
    DRIVE_CHECK(chi2 < 50, "chi2 %g with 23 degrees of freedom", chi2); /* p = 0.0009 */
    assert_in_range(n_alike, N / 24 - 50, N / 24 + 50);
}

static void places_are_uniform_within_their_parts(void **state)
{
    enum { N = 1000 };
    struct stage st = latin(cube, "{\"samples\": 1000}", 2);
    union wn_cell cells[AXES];
    int counts[10] = {0};

    (void)state;
    for (int i = 0; i < N; i++) {
        double part;

        assert_true(stage_next(&st, cells));
        counts[(int)(modf(cells[1].f * N, &part) * 10)]++;
    }
    for (int i = 0; i < 10; i++)
        assert_in_range(counts[i], 60, 140);
    stage_end(&st);
}

static void parts_are_equal_chances(void **state)
{
    struct stage st =
        latin("{\"c\": {\"type\": \"categorical\", \"values\": [1, 2, 3]},"
              " \"i\": {\"type\": \"int\", \"low\": 1, \"high\": 5},"
              " \"lr\": {\"type\": \"float\", \"low\": 1e-4, \"high\": 1, \"scale\": "
              "\"log\"},"
              " \"o\": {\"type\": \"ordinal\", \"values\": [1, 10], \"encoding\": "
              "\"equal\"}}",
              "{\"samples\": 60}", 7);
    int counts[4][5] = {{0}};
    union wn_cell cells[4];

    (void)state;
    for (int i = 0; i < 60; i++) {
        assert_true(stage_next(&st, cells));
        counts[0][cells[0].i]++;
        counts[1][cells[1].i - 1]++;
        counts[2][(int)(log10(cells[2].f) + 4)]++; /* four decades */
        counts[3][cells[3].i]++;
    }
    for (int i = 0; i < 5; i++) {
        assert_int_equal(counts[0][i], i < 3 ? 20 : 0);
        assert_int_equal(counts[1][i], 12);
        assert_int_equal(counts[2][i], i < 4 ? 15 : 0);
        assert_int_equal(counts[3][i], i < 2 ? 30 : 0);
    }
    stage_end(&st);
}

static void passes_over_points_that_the_user_tried(void **state)
{
    static const char space[] = "{\"a\": {\"type\": \"int\", \"low\": 1, \"high\": 9}}";
    struct stage st = latin(space, "{\"samples\": 9}", 3);
    struct stage other = latin(space, "{\"samples\": 9}", 3);
    union wn_cell cells[1], order[9];
    unsigned char seen[10] = {0};

    (void)state;
    for (int i = 0; i < 9; i++) {
        assert_true(stage_next(&st, &order[i]));
        assert_int_equal(seen[order[i].i]++, 0); /* nine parts, nine values */
    }
    assert_false(stage_next(&st, cells));
    stage_try(&other, &order[0], WN_ORIGIN_USER);
    stage_try(&other, &order[4], WN_ORIGIN_USER);
    for (int i = 1; i < 9; i++) {
        if (i == 4)
            continue;
        assert_true(stage_next(&other, cells));
        assert_int_equal(cells[0].i, order[i].i);
    }
    assert_false(stage_next(&other, cells));
    stage_end(&st);
    stage_end(&other);
}

static void counts_its_points_when_duplicates_are_allowed(void **state)
{
    struct stage st = latin("{\"a\": {\"type\": \"categorical\", \"values\": [1, 2]}}",
                            "{\"samples\": 10, \"allow_duplicates\": true}", 3);
    union wn_cell cells[1];
    int counts[2] = {0};

    (void)state;
    for (int i = 0; i < 10; i++) {
        assert_int_equal(stage_ask(&st, cells).kind, WN_REPLY_CONFIGURE);
        stage_try(&st, cells, WN_ORIGIN_USER); /* no point is taken by the user */
        assert_true(stage_next(&st, cells));
        counts[cells[0].i]++;
    }
    assert_int_equal(counts[0], 5);
    for (int i = 0; i < 100; i++)
        assert_true(stage_next(&st, cells));
    stage_end(&st);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_each_part_of_each_parameter_once),
        cmocka_unit_test(has_ten_samples_a_parameter_unless_told),
        cmocka_unit_test(draws_at_random_after_the_design),
        cmocka_unit_test(orders_are_the_seeds_and_each_equally_likely),
        cmocka_unit_test(places_are_uniform_within_their_parts),
        cmocka_unit_test(parts_are_equal_chances),
        cmocka_unit_test(passes_over_points_that_the_user_tried),
        cmocka_unit_test(counts_its_points_when_duplicates_are_allowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_search_grid.c - grid points by number, their order, and random draws at the edge. */
#include "conformance/drive.h"

#include "search/product_internal.h"
#include "search/search.h"

extern const struct wn_search_ops wn_search_grid;
extern const struct wn_search_ops wn_search_random;

enum { MOST = 16 };

static const char tree[] =
    "{\"momentum\": {\"type\": \"ordinal\", \"values\": [0.5, "
    "0.9], \"when\": {\"opt\": \"sgd\"}},"
    " \"opt\": {\"type\": \"categorical\", \"values\": [\"adam\", \"sgd\", \"none\"]},"
    " \"beta\": {\"type\": \"int\", \"low\": 1, \"high\": 3, "
    "\"when\": {\"opt\": [\"adam\"]}},"
    " \"decay\": {\"type\": \"float\", \"low\": 0, \"high\": 1, "
    "\"step\": 0.5, \"when\": {\"beta\": "
    "{\"low\": 2, \"high\": 3}}},"
    " \"n\": {\"type\": \"int\", \"low\": 0, \"high\": 1}}";

static struct wn_product *product_of(const struct wn_space *space, uint64_t n)
{
    struct wn_product *product = NULL;
    struct wn_error err = {0};

    DRIVE_CHECK(wn_product_create(space, n, n, "f", &product, &err) == WN_OK, "%s",
                err.text);
    return product;
}

static void points_are_distinct_settled_and_as_many_as_the_space_has(void **state)
{
    struct wn_space *space = drive_space(tree);
    struct wn_product *product = product_of(space, 100);
    struct wn_config_set *seen = wn_config_set_create(space);
    union wn_cell cells[MOST], settled[MOST];
    struct wn_error err = {0};
    uint64_t size = 0;

    (void)state;
    assert_true(wn_space_size(space, &size));
    assert_int_equal(size, 2 * (2 + (1 + 3 + 3) + 1)); /* sgd, adam with beta, none */
    assert_int_equal(wn_product_size(product), size);
    for (uint64_t i = 0; i < size; i++) {
        wn_product_point(product, i, cells);
        memcpy(settled, cells, sizeof cells);
        wn_config_settle(space, settled);
        assert_memory_equal(cells, settled, 5 * sizeof cells[0]);
        DRIVE_CHECK(wn_config_check(space, cells, &err) == WN_OK, "%s", err.text);
        DRIVE_CHECK(!wn_config_set_has(seen, cells), "point %d comes twice", (int)i);
        assert_int_equal(wn_config_set_add(seen, cells, &err), WN_OK);
    }
    wn_config_set_destroy(seen);
    wn_product_destroy(product);
    wn_space_destroy(space);
}

static void huge_grids_cost_nothing_and_absurd_ones_are_refused(void **state)
{
    struct wn_buf text = {0};
    struct wn_space *space;
    struct wn_product *product;
    struct wn_error err = {0};
    union wn_cell cells[32];

    (void)state;
    for (int i = 0; i < 20; i++)
        wn_buf_addf(&text, "%s\"x%d\": {\"type\": \"float\", \"low\": 0, \"high\": 1}",
                    i ? ", " : "{", i);
    wn_buf_adds(&text, "}");
    space = drive_space(wn_buf_text(&text));
    product = product_of(space, 8); /* 2^60 */
    assert_true(wn_product_size(product) == UINT64_C(1) << 60);
    wn_product_point(product, 0, cells);
    assert_true(cells[0].f == 0 && cells[19].f == 0);
    wn_product_point(product, (UINT64_C(1) << 60) - 1, cells);
    assert_true(cells[0].f == 1 && cells[19].f == 1);
    wn_product_point(product, 7, cells); /* the last parameter is the fastest */
    assert_true(cells[18].f == 0 && cells[19].f == 1);
    wn_product_destroy(product);
    product = NULL;
    assert_int_equal(
        wn_product_create(space, 9, 9, "searcher.num_samples", &product, &err),
        WN_EINVAL);
    assert_non_null(strstr(err.text, "searcher.num_samples"));
    assert_null(product);
    wn_space_destroy(space);
    wn_buf_release(&text);
}

/* --- a searcher on its own: only its own events --- */

struct searcher {
    const struct wn_search_ops *ops;
    struct wn_space *space;
    struct wn_values *values;
    struct wn_search *search;
    uint32_t n;
};

static struct searcher begin(const struct wn_search_ops *ops,
                             const char *space,
                             const char *options,
                             uint64_t seed)
{
    struct searcher s = {.ops = ops, .space = drive_space(space)};
    struct wn_search_config cfg = {.space = s.space, .seed = seed};
    struct wn_error err = {0};

    s.values = drive_values(ops->options, options);
    assert_non_null(s.values);
    cfg.options = s.values;
    DRIVE_CHECK(ops->create(&cfg, &s.search, &err) == WN_OK, "%s", err.text);
    return s;
}

static void finish(struct searcher *s)
{
    s->ops->destroy(s->search);
    wn_values_destroy(s->values);
    wn_space_destroy(s->space);
}

static void tell(struct searcher *s, const union wn_cell *cells, enum wn_origin origin)
{
    struct wn_event event = {
        .kind = WN_EVENT_CONFIGURED,
        .trial = s->n++,
        .configured = {.origin = origin,
                       .n_cells = (uint32_t)wn_space_n_params(s->space),
                       .cells = cells}};

    assert_int_equal(s->ops->apply(s->search, &event, NULL), WN_OK);
}

/* The next configuration, told back; false when exhausted. */
static bool next(struct searcher *s, union wn_cell *cells)
{
    struct wn_ask ask = {.trial = s->n, .milestone = 1, .parent = WN_TRIAL_NONE};
    struct wn_reply reply =
        s->ops->propose(s->search, &ask, wn_rng_keyed(1, WN_STREAM_PROPOSE, s->n), cells);

    if (reply.kind == WN_REPLY_EXHAUSTED)
        return false;
    tell(s, cells, WN_ORIGIN_SEARCH);
    return true;
}

static void all_as_text(struct searcher *s, struct wn_buf *out)
{
    union wn_cell cells[MOST];

    while (next(s, cells)) {
        wn_config_print(s->space, cells, out);
        wn_buf_adds(out, "; ");
    }
}

static void goes_through_the_product_in_order(void **state)
{
    struct searcher s = begin(&wn_search_grid,
                              "{\"a\": {\"type\": \"int\", \"low\": 1, \"high\": 2},"
                              " \"b\": {\"type\": \"float\", \"low\": 0, \"high\": 1}}",
                              "{\"order\": \"sequential\", \"num_samples\": 3}", 0);
    struct wn_buf text = {0};

    (void)state;
    all_as_text(&s, &text);
    assert_string_equal(wn_buf_text(&text),
                        "a=1 b=0; a=1 b=0.5; a=1 b=1; a=2 b=0; a=2 b=0.5; a=2 b=1; ");
    wn_buf_release(&text);
    finish(&s);
}

static void passes_over_what_the_user_tried(void **state)
{
    struct searcher s =
        begin(&wn_search_grid, "{\"a\": {\"type\": \"int\", \"low\": 1, \"high\": 6}}",
              "{\"order\": \"sequential\"}", 0);
    union wn_cell cells[1];
    struct wn_buf text = {0};

    (void)state;
    for (int64_t i = 1; i <= 3; i++) { /* the first, the next one, and one not yet due */
        cells[0].i = i * i - i + (i < 3 ? 1 : -1);
        tell(&s, cells, WN_ORIGIN_USER);
    }
    all_as_text(&s, &text); /* 1, 3 and 5 are taken */
    assert_string_equal(wn_buf_text(&text), "a=2; a=4; a=6; ");
    wn_buf_release(&text);
    finish(&s);
}

static void shuffles_by_the_seed_and_misses_nothing(void **state)
{
    static const int64_t highs[] = {2, 3, 4, 5, 16, 17, 63, 64, 65, 1000};

    (void)state;
    for (size_t k = 0; k < sizeof highs / sizeof highs[0]; k++) {
        struct wn_buf texts[3] = {{0}}, space = {0};
        unsigned char seen[1001] = {0};

        wn_buf_addf(&space,
                    "{\"a\": {\"type\": \"int\", \"low\": 1, \"high\": %" PRId64 "}}",
                    highs[k]);
        for (size_t i = 0; i < 3; i++) {
            struct searcher s = begin(&wn_search_grid, wn_buf_text(&space),
                                      "{\"num_samples\": 1000}", i == 2 ? 8 : 7);
            union wn_cell cells[1];
            int64_t n = 0;

            while (next(&s, cells)) {
                wn_buf_addf(&texts[i], "%" PRId64 " ", cells[0].i);
                assert_true(cells[0].i >= 1 && cells[0].i <= highs[k]);
                if (i == 0)
                    assert_int_equal(seen[cells[0].i]++, 0);
                n++;
            }
            assert_int_equal(n, highs[k]);
            finish(&s);
        }
        assert_string_equal(wn_buf_text(&texts[0]), wn_buf_text(&texts[1]));
        if (highs[k] > 10)
            assert_string_not_equal(wn_buf_text(&texts[0]), wn_buf_text(&texts[2]));
        for (size_t i = 0; i < 3; i++)
            wn_buf_release(&texts[i]);
        wn_buf_release(&space);
    }
}

static void random_finds_the_last_ones_of_a_large_space(void **state)
{
    struct searcher s = begin(&wn_search_random,
                              "{\"a\": {\"type\": \"int\", \"low\": 1, \"high\": 4000, "
                              "\"scale\": \"log\"}}",
                              "{}", 0);
    union wn_cell cells[1];
    int n = 0;

    (void)state;
    while (next(&s, cells))
        n++;
    assert_int_equal(n, 4000);
    finish(&s);
}

/* One value in a thousand opens a float; all the others are used up first. */
static void random_finds_the_narrow_way_out(void **state)
{
    struct wn_buf text = {0};
    struct searcher s;
    union wn_cell cells[2];

    (void)state;
    wn_buf_adds(
        &text,
        "{\"a\": {\"type\": \"int\", \"low\": 1, \"high\": 2000}, \"x\": {\"type\": "
        "\"float\", \"low\": 0, \"high\": 1, \"when\": {\"a\": 2000}}}");
    s = begin(&wn_search_random, wn_buf_text(&text), "{}", 0);
    for (int i = 0; i < 2500; i++)
        assert_true(next(&s, cells));
    finish(&s);
    wn_buf_release(&text);
}

static void random_repeats_only_when_told_to(void **state)
{
    struct searcher s = begin(&wn_search_random,
                              "{\"a\": {\"type\": \"categorical\", \"values\": [1, 2]}}",
                              "{\"allow_duplicates\": true}", 0);
    union wn_cell cells[1];
    int n_first = 0;

    (void)state;
    for (int i = 0; i < 1000; i++) {
        assert_true(next(&s, cells));
        n_first += cells[0].i == 0;
    }
    assert_in_range(n_first, 400, 600);
    finish(&s);
}

static void too_many_switch_settings_stop_the_grid_but_not_random(void **state)
{
    static const char space[] =
        "{\"a\": {\"type\": \"int\", \"low\": 1, \"high\": 100000},"
        " \"x\": {\"type\": \"float\", \"low\": 0, \"high\": 1, \"when\": {\"a\": 7}}}";
    struct searcher s = begin(&wn_search_random, space, "{}", 0);
    struct wn_values *values =
        drive_values(wn_search_grid.options, "{\"num_samples\": 100000}");
    struct wn_search_config cfg = {.space = s.space, .options = values};
    struct wn_search *grid = NULL;
    struct wn_error err = {0};
    union wn_cell cells[2];

    (void)state;
    for (int i = 0; i < 100; i++)
        assert_true(next(&s, cells));
    assert_int_equal(wn_search_grid.create(&cfg, &grid, &err), WN_EINVAL);
    DRIVE_CHECK(strstr(err.text, "conditions") && strstr(err.text, "65536"), "%s",
                err.text);
    assert_null(grid);
    wn_values_destroy(values);
    finish(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_are_distinct_settled_and_as_many_as_the_space_has),
        cmocka_unit_test(huge_grids_cost_nothing_and_absurd_ones_are_refused),
        cmocka_unit_test(goes_through_the_product_in_order),
        cmocka_unit_test(passes_over_what_the_user_tried),
        cmocka_unit_test(shuffles_by_the_seed_and_misses_nothing),
        cmocka_unit_test(random_finds_the_last_ones_of_a_large_space),
        cmocka_unit_test(random_finds_the_narrow_way_out),
        cmocka_unit_test(random_repeats_only_when_told_to),
        cmocka_unit_test(too_many_switch_settings_stop_the_grid_but_not_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_search_perturb.c - configurations made of a parent's: by type, by condition, allowed. */
#include "test_search_stage.h"
#include "test_space.h"

#include "base/buf.h"

extern const struct wn_search_ops wn_search_perturb;

static struct stage begin(const char *space, const char *options)
{
    char *text = drive_requoted(options);
    struct stage st = {.ops = &wn_search_perturb,
                       .space = space_of(space),
                       .values = drive_values(wn_search_perturb.options, text),
                       .seed = 4};
    struct wn_error err = {0};

    DRIVE_CHECK(st.values, "%s is refused", options);
    DRIVE_CHECK(stage_open(&st, 9, &err) == WN_OK, "%s", err.text);
    wn_free(text);
    return st;
}

/* The configuration a user may have given, in part. */
static uint32_t try_text(struct stage *s, const char *text)
{
    struct wn_json *json = json_of(text);
    struct wn_problems problems = {0};
    union wn_cell cells[MAX_CELLS];
    struct wn_error err = {0};

    assert_int_equal(wn_config_complete(s->space, json, "", &problems, cells, &err),
                     WN_OK);
    if (problems.n)
        fail_msg("%s", problems.at[0]);
    wn_json_destroy(json);
    return stage_try(s, cells, WN_ORIGIN_SEARCH);
}

/* What is proposed is always allowed, settled, and the same when asked again. */
static void propose(const struct stage *s,
                    uint32_t parent,
                    uint64_t subject,
                    union wn_cell *cells)
{
    struct wn_ask ask = {
        .trial = wn_history_n_trials(s->history), .milestone = 9, .parent = parent};
    struct wn_rng rng = wn_rng_keyed(11, WN_STREAM_PROPOSE, subject);
    size_t size_bytes = wn_space_n_params(s->space) * sizeof *cells;
    union wn_cell again[MAX_CELLS];
    struct wn_error err = {0};

    memset(cells, 0xee, size_bytes);
    assert_int_equal(wn_search_perturb.propose(s->search, &ask, rng, cells).kind,
                     WN_REPLY_CONFIGURE);
    (void)wn_search_perturb.propose(s->search, &ask, rng, again);
    assert_memory_equal(cells, again, size_bytes);
    if (wn_config_check(s->space, cells, &err) != WN_OK)
        fail_msg("%s", err.text);
    wn_config_settle(s->space, again);
    assert_memory_equal(cells, again, size_bytes);
}

static bool is_near(double a, double b)
{
    return fabs(a - b) <= 1e-9 * fabs(b);
}

/* --- by type --- */

static const char typed[] =
    "{'lr': {'type': 'float', 'low': 1e-5, 'high': 1, 'scale': 'log'},"
    " 'width': {'type': 'int', 'low': 1, 'high': 1000},"
    " 'depth': {'type': 'ordinal', 'values': [1, 2, 4, 8]},"
    " 'opt': {'type': 'categorical', 'values': ['a', 'b', 'c']}}";

static void each_type_is_perturbed_in_its_way(void **state)
{
    unsigned n_up = 0, n_deeper = 0, n_opt[3] = {0};
    union wn_cell cells[MAX_CELLS];
    struct stage s;
    uint32_t parent;

    (void)state;
    s = begin(typed, "{'resample_probability': 0}");
    parent = try_text(&s, "{'lr': 0.01, 'width': 2, 'depth': 4, 'opt': 'b'}");
    for (uint64_t i = 0; i < 600; i++) {
        propose(&s, parent, i, cells);
        assert_true(is_near(cells[0].f, 0.008) || is_near(cells[0].f, 0.012));
        assert_true(cells[1].i == 1 || cells[1].i == 3); /* never 2 again */
        assert_true(cells[2].i == 1 || cells[2].i == 3);
        n_up += cells[0].f > 0.01;
        n_deeper += cells[2].i == 3;
        n_opt[cells[3].i]++;
    }
    assert_in_range(n_up, 240, 360);
    assert_in_range(n_deeper, 240, 360);
    for (int i = 0; i < 3; i++)
        assert_in_range(n_opt[i], 150, 250);
    stage_end(&s);
}

static void bounds_hold_and_an_end_has_one_neighbour(void **state)
{
    union wn_cell cells[MAX_CELLS];
    struct stage s;
    uint32_t parent;

    (void)state;
    s = begin(typed, "{'resample_probability': 0}");
    parent = try_text(&s, "{'lr': 1, 'width': 1000, 'depth': 8}");
    for (uint64_t i = 0; i < 50; i++) {
        propose(&s, parent, i, cells);
        assert_true(is_near(cells[0].f, 0.8) || is_near(cells[0].f, 1));
        assert_true(cells[1].i == 800 || cells[1].i == 1000);
        assert_int_equal(cells[2].i, 2);
    }
    stage_end(&s);
}

static void the_list_of_factors_is_the_users(void **state)
{
    unsigned n[3] = {0};
    union wn_cell cells[MAX_CELLS];
    struct stage s;
    uint32_t parent;

    (void)state;
    s = begin(typed, "{'resample_probability': 0, 'factors': [0.1, 1, 10]}");
    parent = try_text(&s, "{'lr': 0.01}");
    for (uint64_t i = 0; i < 300; i++) {
        propose(&s, parent, i, cells);
        n[0] += is_near(cells[0].f, 0.001);
        n[1] += is_near(cells[0].f, 0.01);
        n[2] += is_near(cells[0].f, 0.1);
    }
    for (int i = 0; i < 3; i++)
        assert_in_range(n[i], 70, 130);
    assert_int_equal(n[0] + n[1] + n[2], 300);
    stage_end(&s);
}

static void steps_lead_away_from_zero_and_factors_do_not(void **state)
{
    static const char zero[] = "{'h': {'type': 'float', 'low': 0, 'high': 4}}";
    union wn_cell cells[MAX_CELLS];
    unsigned n_moved = 0;
    struct stage s;
    uint32_t parent;

    (void)state;
    s = begin(zero, "{'resample_probability': 0}");
    parent = try_text(&s, "{'h': 0}");
    propose(&s, parent, 1, cells);
    assert_true(cells[0].f <= 0);
    stage_end(&s);
    s = begin(zero, "{'resample_probability': 0, 'explore': 'additive', 'step': 0.05}");
    parent = try_text(&s, "{'h': 0}");
    for (uint64_t i = 0; i < 100; i++) {
        propose(&s, parent, i, cells);
        assert_true(cells[0].f <= 0 || is_near(cells[0].f, 0.2));
        n_moved += cells[0].f > 0;
    }
    assert_in_range(n_moved, 30, 70);
    stage_end(&s);
}

static void resampling_forgets_the_parent_as_often_as_asked(void **state)
{
    union wn_cell cells[MAX_CELLS];
    unsigned n_far = 0;
    struct stage s;
    uint32_t parent;

    (void)state;
    s = begin(typed, "{}"); /* 0.25 */
    parent = try_text(&s, "{'width': 500}");
    for (uint64_t i = 0; i < 800; i++) {
        propose(&s, parent, i, cells);
        n_far += cells[1].i != 400 && cells[1].i != 600;
    }
    assert_in_range(n_far, 150, 250);
    stage_end(&s);
    s = begin(typed, "{'resample_probability': 1}");
    parent = try_text(&s, "{'width': 500}");
    n_far = 0;
    for (uint64_t i = 0; i < 400; i++) {
        propose(&s, parent, i, cells);
        n_far += cells[1].i <= 250;
    }
    assert_in_range(n_far, 70, 130);
    stage_end(&s);
}

static void explore_none_keeps_everything(void **state)
{
    union wn_cell cells[MAX_CELLS];
    struct stage s;
    uint32_t parent;

    (void)state;
    s = begin(typed, "{'explore': 'none'}");
    parent = try_text(&s, "{'opt': 'c', 'width': 77}");
    for (uint64_t i = 0; i < 20; i++) {
        propose(&s, parent, i, cells);
        assert_true(
            wn_config_equal(s.space, cells, wn_history_trial(s.history, parent)->cells));
    }
    stage_end(&s);
}

/* --- by condition --- */

static void what_becomes_active_is_drawn_and_what_does_not_stay_is_off(void **state)
{
    /* The one that rests on another is listed before it. */
    static const char nested[] =
        "{'c': {'type': 'int', 'low': 1, 'high': 100, 'when': {'b': true}},"
        " 'b': {'type': 'categorical', 'values': [true, false], 'when': {'a': 'x'}},"
        " 'a': {'type': 'categorical', 'values': ['x', 'y']}}";
    unsigned n_drawn = 0, n_low = 0;
    union wn_cell cells[MAX_CELLS];
    struct stage s;
    uint32_t off, on;

    (void)state;
    s = begin(nested, "{'resample_probability': 0}");
    off = try_text(&s, "{'a': 'y'}");
    on = try_text(&s, "{'a': 'x', 'b': true, 'c': 50}");
    for (uint64_t i = 0; i < 800; i++) {
        propose(&s, off, i, cells);
        if (cells[0].i != WN_CELL_OFF) {
            n_drawn++;
            n_low += cells[0].i <= 50;
        }
        propose(&s, on, i, cells);
        assert_true(cells[0].i == WN_CELL_OFF || cells[0].i == 40 || cells[0].i == 60);
    }
    assert_in_range(n_drawn, 150, 250); /* x and true: one in four */
    assert_in_range(n_low, 60, 140);
    stage_end(&s);
}

/* --- spaces of every kind --- */

static void add_param(struct wn_buf *out, struct wn_rng *rng, unsigned i)
{
    static const char *const types[] = {
        "'type': 'float', 'low': -3, 'high': 7",
        "'type': 'float', 'low': 1e-6, 'high': 10, 'scale': 'log'",
        "'type': 'float', 'low': 0.5, 'high': 0.999, 'scale': 'reverse-log'",
        "'type': 'float', 'low': 0.1, 'high': 0.75, 'step': 0.1",
        "'type': 'int', 'low': -5, 'high': 5",
        "'type': 'int', 'low': 1, 'high': 100000, 'scale': 'log'",
        "'type': 'int', 'low': 8, 'high': 100, 'step': 16",
        "'type': 'int', 'low': 7, 'high': 8",
        "'type': 'ordinal', 'values': [1, 3, 10, 40], 'encoding': 'nearest-log'",
        "'type': 'ordinal', 'values': ['only']",
        "'type': 'categorical', 'values': ['u', 'v']",
    };
    uint64_t n = sizeof types / sizeof types[0];

    /* p0 is always a switch. */
    wn_buf_addf(out, "%s'p%u': {%s", i ? ", " : "{", i,
                types[i ? wn_rng_below(rng, n) : n - 1]);
    if (i && wn_rng_below(rng, 2))
        wn_buf_addf(out, ", 'when': {'p0': '%s'}", wn_rng_below(rng, 2) ? "u" : "v");
    wn_buf_addc(out, '}');
}

static void every_proposal_is_of_its_space(void **state)
{
    static const char *const options[] = {
        "{}",
        "{'resample_probability': 0}",
        "{'explore': 'additive'}",
        "{'explore': 'additive', 'step': 1, 'resample_probability': 0}",
        "{'factors': [0.001, 1000], 'resample_probability': 0}",
        "{'explore': 'none'}"};

    (void)state;
    for (uint64_t seed = 0; seed < 150; seed++) {
        struct wn_rng rng = wn_rng_keyed(seed, WN_STREAM_TEST, 0);
        unsigned n = 1 + (unsigned)wn_rng_below(&rng, 9);
        union wn_cell cells[MAX_CELLS];
        struct wn_buf space = {0};
        struct stage s;
        uint32_t parent;

        for (unsigned i = 0; i < n; i++)
            add_param(&space, &rng, i);
        wn_buf_addc(&space, '}');
        s = begin(wn_buf_text(&space), options[seed % 6]);
        propose(&s, WN_TRIAL_NONE, seed, cells);
        parent = stage_try(&s, cells, WN_ORIGIN_SEARCH);
        for (uint64_t i = 0; i < 60; i++) { /* generation by generation */
            propose(&s, parent, i, cells);
            parent = stage_try(&s, cells, WN_ORIGIN_SEARCH);
        }
        stage_end(&s);
        wn_buf_release(&space);
    }
}

/* --- without a parent --- */

static void members_begin_apart_as_long_as_they_can(void **state)
{
    struct wn_config_set *seen;
    union wn_cell cells[MAX_CELLS];
    struct stage s;
    uint64_t size;

    (void)state;
    s = begin("{'k': {'type': 'int', 'low': 1, 'high': 6}}", "{}");
    assert_false(wn_search_perturb.size(s.search, &size));
    seen = wn_config_set_create(s.space);
    for (uint64_t i = 0; i < 20; i++) {
        propose(&s, WN_TRIAL_NONE, i, cells);
        assert_int_equal(wn_config_set_has(seen, cells), i >= 6);
        assert_int_equal(wn_config_set_add(seen, cells, NULL), WN_OK);
        (void)stage_try(&s, cells, WN_ORIGIN_SEARCH);
    }
    wn_config_set_destroy(seen);
    stage_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_type_is_perturbed_in_its_way),
        cmocka_unit_test(bounds_hold_and_an_end_has_one_neighbour),
        cmocka_unit_test(the_list_of_factors_is_the_users),
        cmocka_unit_test(steps_lead_away_from_zero_and_factors_do_not),
        cmocka_unit_test(resampling_forgets_the_parent_as_often_as_asked),
        cmocka_unit_test(explore_none_keeps_everything),
        cmocka_unit_test(what_becomes_active_is_drawn_and_what_does_not_stay_is_off),
        cmocka_unit_test(every_proposal_is_of_its_space),
        cmocka_unit_test(members_begin_apart_as_long_as_they_can),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

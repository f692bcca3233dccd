/* test_space_condition.c - `when`: what it means, what it refuses, what it counts. */
#include "test_space.h"

#include "base/rng.h"

#define OPT "'opt': {'type': 'categorical', 'values': ['sgd', 'adam']}"
#define INT(name, low, high, when) \
    "'" name "': {'type': 'int', 'low': " #low ", 'high': " #high ", 'when': " when "}"

static void tells_what_is_wrong_with_conditions(void **state)
{
    static const struct {
        const char *space, *problem;
    } cases[] = {
        {"{" OPT "," INT("m", 0, 1, "'sgd'") "}",
         "space.m.when: must be an object that names parameters, as {\"optimizer\": "
         "\"sgd\"}, "
         "not a string"},
        {"{" OPT "," INT("m", 0, 1, "{'otp': 'sgd'}") "}",
         "space.m.when.otp: there is no parameter or constant of this name; did you mean "
         "\"opt\"?"},
        {"{" OPT "," INT("m", 0, 1, "{'zzzzz': 'sgd'}") "}",
         "space.m.when.zzzzz: there is no parameter or constant of this name"},
        {"{" OPT "," INT("m", 0, 1, "{'opt': 'sdg'}") "}",
         "space.m.when.opt: opt can never be \"sdg\": it is one of \"sgd\", \"adam\" "
         "(did you "
         "mean \"sgd\"?)"},
        {"{" OPT "," INT("m", 0, 1, "{'opt': ['sgd', 3]}") "}",
         "space.m.when.opt: opt can never be 3: it is one of \"sgd\", \"adam\""},
        {"{" OPT "," INT("m", 0, 1, "{'opt': []}") "}",
         "space.m.when.opt: the list must hold a value"},
        {"{" OPT "," INT("m", 0, 1, "{'opt': {'low': 1}}") "}",
         "space.m.when.opt: opt can never be {"},
        {"{" INT("d", 1, 3, "{}") "," INT("m", 0, 1, "{'d': 4}") "}",
         "space.m.when.d: d can never be 4: it is an integer from 1 to 3"},
        {"{" INT("d", 1, 3, "{}") "," INT("m", 0, 1, "{'d': 1.5}") "}",
         "space.m.when.d: d can never be 1.5"},
        {"{'d': {'type': 'int', 'low': 8, 'high': 64, 'size': 4, 'scale': 'log'}," INT(
             "m", 0, 1, "{'d': 24}") "}",
         "space.m.when.d: d can never be 24: it is one of 8, 16, 32, 64"},
        {"{'d': {'type': 'int', 'low': 8, 'high': 64, 'size': 4, 'scale': 'log'}," INT(
             "m", 0, 1, "{'d': {'low': 17, 'high': 31}}") "}",
         "space.m.when.d: d can never be {"},
        {"{" INT("d", 1, 3, "{}") "," INT("m", 0, 1, "{'d': {'low': 3.5}}") "}",
         "space.m.when.d: d can never be {"},
        {"{" INT("d", 1, 3, "{}") "," INT("m", 0, 1,
                                          "{'d': {'low': 1.2, 'high': 1.8}}") "}",
         "space.m.when.d: d can never be {"},
        {"{" INT("d", 1, 3, "{}") "," INT("m", 0, 1, "{'d': {'low': 3, 'high': 2}}") "}",
         "space.m.when.d: low (3) must not be above high (2)"},
        {"{" INT("d", 1, 3, "{}") "," INT("m", 0, 1, "{'d': {}}") "}",
         "space.m.when.d: a range needs a low, a high, or both"},
        {"{" INT("d", 1, 3, "{}") "," INT("m", 0, 1, "{'d': {'hihg': 2}}") "}",
         "space.m.when.d.hihg: "},
        {"{" INT("d", 1, 3, "{}") "," INT("m", 0, 1, "{'d': {'low': '2'}}") "}",
         "space.m.when.d.low: "},
        {"{'f': {'type': 'float', 'low': 0, 'high': 1}," INT("m", 0, 1, "{'f': 2}") "}",
         "space.m.when.f: f can never be 2: it is a number from 0 to 1"},
        {"{'f': {'type': 'float', 'low': 0, 'high': 1, 'step': 0.25}," INT(
             "m", 0, 1, "{'f': 0.3}") "}",
         "space.m.when.f: f can never be 0.3: it is a number from 0 in steps of 0.25 to "
         "1"},
        {"{'f': {'type': 'float', 'low': 0, 'high': 1}," INT("m", 0, 1,
                                                             "{'f': {'low': 1.5}}") "}",
         "space.m.when.f: f can never be {"},
        {"{'f': {'type': 'float', 'low': 0, 'high': 1}," INT("m", 0, 1,
                                                             "{'f': {'high': -0.5}}") "}",
         "space.m.when.f: f can never be {"},
        {"{'c': 'x'," INT("m", 0, 1, "{'c': {'low': 1}}") "}",
         "space.m.when.c: a range needs a number, and c is the constant \"x\""},
        {"{" INT("a", 0, 1, "{'a': 1}") "}",
         "space.a.when: conditions must not go in a circle: a -> a"},
        {"{" INT("a", 0, 1, "{'b': 1}") "," INT("b", 0, 1, "{'c': 1}") "," INT(
             "c", 0, 1, "{'a': 1}") "}",
         "space.c.when: conditions must not go in a circle: a -> b -> c -> a"},
        {"{" INT("x", 0, 1, "{'a': 1}") "," INT("a", 0, 1, "{'b': 1}") "," INT(
             "b", 0, 1, "{'a': 1}") "}",
         "space.b.when: conditions must not go in a circle: a -> b -> a"},
        {"{'k': {'type': 'constant', 'value': 1, 'when': {'a': 1}}," INT("a", 0, 1,
                                                                         "{'k': 1}") "}",
         "conditions must not go in a circle: "},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct wn_json *json = json_of(cases[i].space);
        struct wn_problems problems = {0};
        struct wn_space *space;

        assert_int_equal(wn_space_parse(json, NULL, &problems, &space, NULL), WN_OK);
        assert_null(space);
        if (problems.n != 1 || !strstr(problems.at[0], cases[i].problem))
            fail_msg("%s\n  %zu problems: %s\n  not: %s", cases[i].space, problems.n,
                     problems.n ? problems.at[0] : "", cases[i].problem);
        wn_problems_release(&problems);
        wn_json_destroy(json);
    }
}

static void says_nothing_of_values_of_a_broken_parameter(void **state)
{
    struct wn_json *json = json_of(
        "{'d': {'type': 'int', 'low': 3, 'high': 1}," INT("m", 0, 1, "{'d': 7}") "}");
    struct wn_problems problems = {0};
    struct wn_space *space;

    (void)state;
    assert_int_equal(wn_space_parse(json, NULL, &problems, &space, NULL), WN_OK);
    assert_int_equal(problems.n, 1);
    assert_non_null(strstr(problems.at[0], "space.d.low"));
    wn_problems_release(&problems);
    wn_json_destroy(json);
}

/* Whether `m` is active for each value of another parameter. */
static void holds_exactly_for_the_values_named(void **state)
{
    static const struct {
        const char *other, *when, *value;
        bool is_active;
    } cases[] = {
        {"'type': 'categorical', 'values': ['sgd', 'adam']", "'sgd'", "'sgd'", true},
        {"'type': 'categorical', 'values': ['sgd', 'adam']", "'sgd'", "'adam'", false},
        {"'type': 'categorical', 'values': ['a', 'b', 'c']", "['a', 'c']", "'c'", true},
        {"'type': 'categorical', 'values': ['a', 'b', 'c']", "['a', 'c']", "'b'", false},
        {"'type': 'float', 'low': 1, 'high': 100, 'size': 5, 'scale': 'log'",
         "3.16227766017", "3.16227766017", true},
        {"'type': 'float', 'low': 1, 'high': 100, 'size': 5, 'scale': 'log'",
         "{'low': 3.2, 'high': 31.6227766017}", "31.6227766017", true},
        {"'type': 'float', 'low': 1, 'high': 100, 'size': 5, 'scale': 'log'",
         "{'low': 3.2, 'high': 31.6}", "31.6227766017", false},
        {"'type': 'int', 'low': 8, 'high': 64, 'size': 4, 'scale': 'log'", "[8, 32]",
         "32", true},
        {"'type': 'int', 'low': 8, 'high': 64, 'size': 4, 'scale': 'log'", "{'high': 16}",
         "32", false},
        {"'type': 'categorical', 'values': [true, false, null]", "null", "null", true},
        {"'type': 'categorical', 'values': [true, false, null]", "null", "false", false},
        {"'type': 'categorical', 'values': [1, 'x', 3, 5]", "{'low': 2, 'high': 3}", "3",
         true},
        {"'type': 'categorical', 'values': [1, 'x', 3, 5]", "{'low': 2, 'high': 3}",
         "'x'", false},
        {"'type': 'categorical', 'values': [1, 'x', 3, 5]", "{'low': 2}", "5", true},
        {"'type': 'ordinal', 'values': [16, 32, 64]", "{'high': 32}", "32", true},
        {"'type': 'ordinal', 'values': [16, 32, 64]", "{'high': 32}", "64", false},
        {"'type': 'int', 'low': 1, 'high': 9", "[2, 3]", "3", true},
        {"'type': 'int', 'low': 1, 'high': 9", "[2, 3]", "4", false},
        {"'type': 'int', 'low': 1, 'high': 9", "2.0", "2", true},
        {"'type': 'int', 'low': 1, 'high': 9", "{'low': 4.5}", "5", true},
        {"'type': 'int', 'low': 1, 'high': 9", "{'low': 4.5}", "4", false},
        {"'type': 'int', 'low': 1, 'high': 9", "{'low': 4, 'high': 4}", "4", true},
        {"'type': 'float', 'low': 0, 'high': 1", "{'low': 0.1, 'high': 0.5}", "0.1",
         true},
        {"'type': 'float', 'low': 0, 'high': 1", "{'low': 0.1, 'high': 0.5}", "0.5",
         true},
        {"'type': 'float', 'low': 0, 'high': 1", "{'low': 0.1, 'high': 0.5}",
         "0.50000000001", false},
        {"'type': 'float', 'low': 0, 'high': 1", "0.25", "0.25", true},
        {"'type': 'float', 'low': 0, 'high': 1", "[0, 1]", "1", true},
        {"'type': 'float', 'low': 0, 'high': 1, 'step': 0.1", "0.3", "0.3", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[400], given[80];
        struct wn_space *space;
        union wn_cell cells[2];

        snprintf(
            text, sizeof text,
            "{'m': {'type': 'int', 'low': 0, 'high': 1, 'when': {'o': %s}}, 'o': {%s}}",
            cases[i].when, cases[i].other);
        snprintf(given, sizeof given, "{'o': %s}", cases[i].value);
        space = space_of(text);
        complete(space, given, cells);
        if (wn_space_is_active(space, cells, 0) != cases[i].is_active)
            fail_msg("%s with %s: active is %d", text, given, !cases[i].is_active);
        assert_int_equal(cells[0].i == WN_CELL_OFF, !cases[i].is_active);
        wn_space_destroy(space);
    }
}

static const char nested[] = "{" INT("leaf", 0, 9, "{'mid': [1, 2]}") "," INT(
    "mid",
    1,
    3,
    "{'opt': 'sgd'}") "," OPT ","
                      "'k': {'type': 'constant', 'value': 7, 'when': {'mid': 2}}," INT(
                          "deep",
                          0,
                          9,
                          "{'k': 7, 'leaf': {'low': 5}}") "}";

static void follows_conditions_through_inactive_parameters(void **state)
{
    static const struct {
        const char *given, *config;
    } cases[] = {
        {"{'opt': 'adam'}", "opt=adam"},
        {"{'opt': 'sgd', 'mid': 3}", "mid=3 opt=sgd"},
        {"{'opt': 'sgd', 'mid': 1, 'leaf': 5}", "leaf=5 mid=1 opt=sgd"},
        {"{'opt': 'sgd', 'mid': 2, 'leaf': 4}", "leaf=4 mid=2 opt=sgd"},
        {"{'opt': 'sgd', 'mid': 2, 'leaf': 6}", "leaf=6 mid=2 opt=sgd deep=4"},
    };
    struct wn_space *space = space_of(nested);

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        union wn_cell cells[4];

        complete(space, cases[i].given, cells);
        assert_config(space, cells, cases[i].config);
    }
    wn_space_destroy(space);
}

/* Cells not yet settled: an ancestor that is off keeps its descendants off although its
 * own cell still holds a fitting value. */
static void settles_cells_in_any_order(void **state)
{
    struct wn_space *space = space_of(nested);
    union wn_cell cells[4] = {
        {.i = 6}, {.i = 2}, {.i = 1}, {.i = 4}}; /* leaf mid opt deep */

    (void)state;
    assert_false(wn_space_is_active(space, cells, 0));
    assert_false(wn_space_is_active(space, cells, 3));
    assert_false(wn_space_is_active(space, cells, 4)); /* the constant */
    assert_true(wn_space_is_active(space, cells, 2));
    assert_int_equal(wn_config_settle(space, cells), 1);
    assert_config(space, cells, "opt=adam");
    assert_int_equal(wn_config_settle(space, cells), 1);
    cells[0].i = 6, cells[1].i = 2, cells[2].i = 0, cells[3].i = 4;
    assert_true(wn_space_is_active(space, cells, 3));
    assert_true(wn_space_is_active(space, cells, 4));
    assert_int_equal(wn_config_settle(space, cells), 4);
    wn_space_destroy(space);
}

/* Not yet chosen is no value, and no range holds it, open ends included. */
static void holds_for_nothing_that_has_no_value(void **state)
{
    static const char *const others[] = {"'type': 'int', 'low': -1, 'high': 9",
                                         "'type': 'float', 'low': -1, 'high': 9",
                                         "'type': 'categorical', 'values': [1, 2]"};

    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        char text[300];
        struct wn_space *space;
        union wn_cell cells[2] = {{.i = WN_CELL_OFF}, {.i = 1}};

        snprintf(text, sizeof text,
                 "{'o': {%s}, 'm': {'type': 'int', 'low': 0, 'high': 1, 'when': {'o': "
                 "{'high': 5}}}}",
                 others[i]);
        space = space_of(text);
        assert_false(wn_space_is_active(space, cells, 1));
        assert_int_equal(wn_config_settle(space, cells), 1);
        assert_true(cells[1].i == WN_CELL_OFF);
        assert_int_equal(wn_config_check(space, cells, NULL), WN_EINVAL);
        wn_space_destroy(space);
    }
}

static void checks_that_cells_and_conditions_agree(void **state)
{
    struct wn_space *space = space_of(nested);
    union wn_cell cells[4];
    struct wn_error err;

    (void)state;
    complete(space, "{'opt': 'adam'}", cells);
    cells[1].i = 2; /* mid has a value but must be off */
    assert_int_equal(wn_config_check(space, cells, &err), WN_EINVAL);
    assert_non_null(strstr(err.text, "parameter mid"));
    complete(space, "{'opt': 'sgd', 'mid': 3}", cells);
    cells[1].i = WN_CELL_OFF;
    assert_int_equal(wn_config_check(space, cells, &err), WN_EINVAL);
    cells[1].i = 4;
    assert_int_equal(wn_config_check(space, cells, &err), WN_EINVAL);
    cells[1].i = 3, cells[2].i = 2;
    assert_int_equal(wn_config_check(space, cells, &err), WN_EINVAL);
    cells[2].i = -1;
    assert_int_equal(wn_config_check(space, cells, &err), WN_EINVAL);
    wn_space_destroy(space);
}

static void lets_a_constant_decide_for_good(void **state)
{
    struct wn_space *space =
        space_of("{'opt': 'adam'," INT("m", 0, 1, "{'opt': 'sgd'}") "," INT(
            "b", 0, 1,
            "{'opt': ['x', 'adam']}") ", 'l': [1, 2]," INT("on_list", 0, 1,
                                                           "{'l': [[1, 2]]}") ", 'n': "
                                                                              "3," INT(
                                                                                  "i"
                                                                                  "n"
                                                                                  "_"
                                                                                  "r"
                                                                                  "a"
                                                                                  "n"
                                                                                  "g"
                                                                                  "e",
                                                                                  0, 1,
                                                                                  "{"
                                                                                  "'"
                                                                                  "n"
                                                                                  "'"
                                                                                  ":"
                                                                                  " "
                                                                                  "{"
                                                                                  "'"
                                                                                  "l"
                                                                                  "o"
                                                                                  "w"
                                                                                  "'"
                                                                                  ":"
                                                                                  " "
                                                                                  "1"
                                                                                  ","
                                                                                  " "
                                                                                  "'"
                                                                                  "h"
                                                                                  "i"
                                                                                  "g"
                                                                                  "h"
                                                                                  "'"
                                                                                  ":"
                                                                                  " "
                                                                                  "3"
                                                                                  "}"
                                                                                  "}") "}");
    union wn_cell cells[4];

    (void)state;
    complete(space, "{}", cells);
    assert_config(space, cells, "b=0 on_list=0 in_range=0");
    wn_space_destroy(space);
}

static void tells_conditions_in_words(void **state)
{
    struct wn_space *space = space_of(
        "{'o': {'type': 'categorical', 'values': ['s', 'a', 3]}, 'f': {'type': 'float', "
        "'low': 0,"
        "'high': 1}," INT("a", 0, 1, "{'o': 's'}") "," INT("b", 0, 1, "{'o': ['s', 3], 'a': 1}") "," INT(
            "c", 0, 1,
            "{'f': {'low': 0.1, 'high': 0.5}}") "," INT("d", 0, 1,
                                                        "{'f': {'low': 0.1}}") "," INT("e",
                                                                                       0,
                                                                                       1,
                                                                                       "{"
                                                                                       "'"
                                                                                       "f"
                                                                                       "'"
                                                                                       ":"
                                                                                       " "
                                                                                       "{"
                                                                                       "'"
                                                                                       "h"
                                                                                       "i"
                                                                                       "g"
                                                                                       "h"
                                                                                       "'"
                                                                                       ":"
                                                                                       " "
                                                                                       "0"
                                                                                       "."
                                                                                       "5"
                                                                                       "}"
                                                                                       "}") "," INT("g",
                                                                                                    0,
                                                                                                    1,
                                                                                                    "{'o': ['a']}") ",'k': {'type': 'constant', 'value': 1, 'when': {'o': 'a'}}}");
    static const char *const texts[] = {"",
                                        "",
                                        "o = s",
                                        "o in s, 3 and a = 1",
                                        "f from 0.1 to 0.5",
                                        "f at least 0.1",
                                        "f at most 0.5",
                                        "o = a",
                                        "o = a"};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct wn_buf text = {0};

        wn_space_condition_text(space, i, &text);
        assert_string_equal(wn_buf_text(&text), texts[i]);
        wn_buf_release(&text);
    }
    wn_space_destroy(space);
}

/* Count by listing: every combination of values, settled, each once. */
static uint64_t count_by_listing(const struct wn_space *space)
{
    struct wn_config_set *set = wn_config_set_create(space);
    size_t n = wn_space_n_params(space);
    uint64_t digits[MAX_CELLS] = {0}, size;
    bool is_done = false;

    while (!is_done) {
        union wn_cell cells[MAX_CELLS];

        for (size_t i = 0; i < n; i++)
            cells[i] = wn_param_grid_cell(wn_space_param(space, i), 1000, digits[i]);
        wn_config_settle(space, cells);
        assert_int_equal(wn_config_set_add(set, cells, NULL), WN_OK);
        is_done = true;
        for (size_t i = 0; i < n && is_done; i++) {
            digits[i]++;
            is_done = digits[i] == wn_param_grid_size(wn_space_param(space, i), 1000);
            if (is_done)
                digits[i] = 0;
        }
    }
    size = wn_config_set_size(set);
    wn_config_set_destroy(set);
    return size;
}

static void counts_what_listing_finds(void **state)
{
    static const char *const spaces[] = {
        "{}",
        nested,
        "{" OPT
        "," INT("a", 1, 5, "{'opt': 'sgd'}") "," INT("b", 1, 7, "{'opt': 'adam'}") "}",
        "{" OPT "," INT("a", 1, 5, "{'opt': 'sgd'}") "," INT(
            "b", 1, 7, "{'opt': ['adam', 'sgd']}") "}",
        "{" OPT "," INT("d", 1, 20, "{}") "," INT(
            "a", 1, 3,
            "{'d': {'low': 5, 'high': 9}, 'opt': "
            "'sgd'}") "," INT("b", 1, 4,
                              "{'d': [2, 7, 20]}") "," INT("c", 1, 2,
                                                           "{'a': 2, 'b': 4}") "}",
        /* contradictory: never active */
        "{" INT("d", 1, 4, "{}") "," INT("a", 1, 3, "{'d': 1}") "," INT(
            "b", 1, 4, "{'d': 2, 'a': 1}") "}",
        "{'k': 1," INT("a", 1, 3, "{'k': 2}") "," INT("b", 1, 3, "{'a': 1}") "," INT(
            "c", 1, 3, "{'k': 1}") "}",
        "{'z': {'type': 'int', 'low': 8, 'high': 256, 'size': 6, 'scale': 'log'},"
        "'y': {'type': 'float', 'low': 0, 'high': 1, 'size': 5, 'when': {'z': {'high': "
        "40}}}," INT("a", 1, 3, "{'y': {'low': 0.5}, 'z': [8, 32]}") "}",
        "{'o': {'type': 'ordinal', 'values': [1, 2, 4, 8]}, 's': {'type': 'float', "
        "'low': 0, 'high': 1,"
        "'step': 0.3}," INT("a", 1, 3,
                            "{'o': {'low': 2, 'high': 4}, 's': {'low': 0.5}}") "}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof spaces / sizeof *spaces; i++) {
        struct wn_space *space = space_of(spaces[i]);
        uint64_t size = 0, listed = count_by_listing(space);

        assert_true(wn_space_size(space, &size));
        if (size != listed)
            fail_msg("%s: %llu counted, %llu listed", spaces[i], (unsigned long long)size,
                     (unsigned long long)listed);
        wn_space_destroy(space);
    }
}

static void counts_random_spaces_as_listing_does(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 150; seed++) {
        struct wn_rng rng = wn_rng_keyed(seed, WN_STREAM_TEST, 4);
        struct wn_buf text = {0};
        struct wn_space *space;
        uint64_t size = 0, listed;

        wn_buf_addc(&text, '{');
        for (int i = 0; i < 6; i++) {
            wn_buf_addf(&text, "%s'p%d': {'type': 'int', 'low': 1, 'high': 4, 'when': {",
                        i ? "," : "", i);
            for (int j = 0, n = 0; j < i; j++) {
                int low = (int)wn_rng_int(&rng, 1, 4);

                if (wn_rng_below(&rng, 3))
                    continue;
                if (wn_rng_below(&rng, 2))
                    wn_buf_addf(&text, "%s'p%d': {'low': %d}", n++ ? "," : "", j, low);
                else
                    wn_buf_addf(&text, "%s'p%d': [%d, %d]", n++ ? "," : "", j, low,
                                (int)wn_rng_int(&rng, 1, 4));
            }
            wn_buf_adds(&text, "}}");
        }
        wn_buf_addc(&text, '}');
        space = space_of(wn_buf_text(&text));
        listed = count_by_listing(space);
        if (!wn_space_size(space, &size) || size != listed)
            fail_msg("%s: %llu counted, %llu listed", wn_buf_text(&text),
                     (unsigned long long)size, (unsigned long long)listed);
        wn_space_destroy(space);
        wn_buf_release(&text);
    }
}

static void has_no_size_when_infinite_or_too_large(void **state)
{
    static const struct {
        const char *space;
        bool has_size;
        uint64_t size;
    } cases[] = {
        {"{'f': {'type': 'float', 'low': 0, 'high': 1}}", false, 0},
        {"{'k': 1, 'f': {'type': 'float', 'low': 0, 'high': 1, 'when': {'k': 2}}}", true,
         1},
        {"{" OPT ", 'f': {'type': 'float', 'low': 0, 'high': 1, 'when': {'opt': 'sgd'}}}",
         false, 0},
        /* a float that no configuration can have */
        {"{" OPT "," INT("a", 1, 2,
                         "{'opt': 'sgd'}") ", 'f': {'type': 'float', 'low': 0, 'high': "
                                           "1, 'when': {'a': 1, 'opt': 'adam'}}}",
         true, 3},
        {"{'a': {'type': 'int', 'low': 1, 'high': 1099511627776},"
         "'b': {'type': 'int', 'low': 1, 'high': 8192}}",
         false, 0},
        {"{'a': {'type': 'int', 'low': 1, 'high': 1099511627776},"
         "'b': {'type': 'int', 'low': 1, 'high': 8191}}",
         true, (UINT64_C(1) << 40) * 8191},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct wn_space *space = space_of(cases[i].space);
        uint64_t size = 77;

        assert_int_equal(wn_space_size(space, &size), cases[i].has_size);
        assert_true(size == (cases[i].has_size ? cases[i].size : 77));
        wn_space_destroy(space);
    }
}

/* 8192 * 2^12 * 2^40 = 2^65 and some: 64 bits would show the rest alone. */
static void has_no_size_when_the_sum_overflows(void **state)
{
    struct wn_buf text = {0}, even = {0};
    struct wn_space *space;
    uint64_t size;

    (void)state;
    for (int i = 0; i < 16384; i += 2)
        wn_buf_addf(&even, "%s%d", i ? "," : "", i);
    wn_buf_addf(
        &text,
        "{'o': {'type': 'int', 'low': 0, 'high': 16383},"
        "'x': {'type': 'int', 'low': 1, 'high': 1099511627776, 'when': {'o': [%s]}},"
        "'y': {'type': 'int', 'low': 1, 'high': 4096, 'when': {'o': [%s]}}}",
        wn_buf_text(&even), wn_buf_text(&even));
    space = space_of(wn_buf_text(&text));
    assert_false(wn_space_size(space, &size));
    wn_space_destroy(space);
    wn_buf_release(&text);
    wn_buf_release(&even);
}

/* Long chains, wide trees and a lattice whose paths double at every level: each must be
 * read, settled and counted (or given up) at once, not in the time of its paths. */
static void reads_large_and_entangled_conditions_quickly(void **state)
{
    enum { N = 600, LEVELS = 40 };
    struct wn_buf chain = {0}, tree = {0}, lattice = {0};
    const char *texts[3];
    static const bool has_size[] = {true, false, false};

    (void)state;
    for (int i = 0; i < N; i++) {
        wn_buf_addf(&chain, "%c'p%d': {'type': 'int', 'low': 1, 'high': 2, 'when': {",
                    i ? ',' : '{', i);
        wn_buf_addf(&tree, "%c'p%d': {'type': 'int', 'low': 1, 'high': 2, 'when': {",
                    i ? ',' : '{', i);
        if (i) {
            wn_buf_addf(&chain, "'p%d': 1", i - 1);
            wn_buf_addf(&tree, "'p%d': 1", (i - 1) / 2);
        }
        wn_buf_adds(&chain, "}}");
        wn_buf_adds(&tree, "}}");
    }
    for (int i = 0; i < 2 * LEVELS; i++) {
        wn_buf_addf(&lattice, "%c'p%d': {'type': 'int', 'low': 1, 'high': 3, 'when': {",
                    i ? ',' : '{', i);
        if (i > 1)
            wn_buf_addf(&lattice, "'p%d': {'low': 2}, 'p%d': {'high': 2}", i / 2 * 2 - 2,
                        i / 2 * 2 - 1);
        wn_buf_adds(&lattice, "}}");
    }
    wn_buf_addc(&chain, '}');
    wn_buf_addc(&tree, '}');
    wn_buf_addc(&lattice, '}');
    texts[0] = wn_buf_text(&chain);
    texts[1] = wn_buf_text(&tree);
    texts[2] = wn_buf_text(&lattice);
    for (int t = 0; t < 3; t++) {
        struct wn_json *json = json_of(texts[t]);
        struct wn_problems problems = {0};
        struct wn_space *space;
        union wn_cell *cells = wn_alloc_array(N, sizeof *cells);
        uint64_t size = 0;

        assert_int_equal(wn_space_parse(json, NULL, &problems, &space, NULL), WN_OK);
        assert_int_equal(problems.n, 0);
        for (size_t i = 0; i < wn_space_n_params(space); i++)
            cells[i].i = i % 2 ? 1 : 2;
        wn_config_settle(space, cells);
        assert_int_equal(wn_config_check(space, cells, NULL), WN_OK);
        assert_int_equal(wn_space_size(space, &size), has_size[t]);
        if (t == 0)
            assert_int_equal(size, N + 1);
        wn_free(cells);
        wn_space_destroy(space);
        wn_problems_release(&problems);
        wn_json_destroy(json);
    }
    wn_buf_release(&chain);
    wn_buf_release(&tree);
    wn_buf_release(&lattice);
}

static void encodes_inactive_parameters_as_the_middle(void **state)
{
    struct wn_space *space = space_of(
        "{" OPT ", 'm': {'type': 'float', 'low': 0, 'high': 1, 'when': {'opt': 'sgd'}},"
        "'c': {'type': 'categorical', 'values': [1, 2], 'when': {'opt': 'sgd'}},"
        "'o': {'type': 'ordinal', 'values': [1, 2, 9], 'when': {'opt': 'sgd'}}}");
    static const double expected[] = {0, 1, 0.5, 0, 0, 0.5};
    union wn_cell cells[4], back[4];
    double cube[6];

    (void)state;
    complete(space, "{'opt': 'adam'}", cells);
    wn_config_encode(space, cells, cube);
    for (size_t i = 0; i < 6; i++)
        if (cube[i] < expected[i] || cube[i] > expected[i])
            fail_msg("coordinate %zu is %g, not %g", i, cube[i], expected[i]);
    wn_config_decode(space, cube, back);
    assert_true(wn_config_equal(space, cells, back));
    wn_space_destroy(space);
}

static void samples_only_settled_configurations(void **state)
{
    struct wn_space *space = space_of(nested);
    struct wn_rng rng = wn_rng_keyed(2, WN_STREAM_TEST, 0);
    int n_deep = 0;

    (void)state;
    for (int i = 0; i < 2000; i++) {
        union wn_cell cells[4];
        struct wn_error err;

        wn_config_sample(space, &rng, cells);
        if (wn_config_check(space, cells, &err) != WN_OK)
            fail_msg("draw %d: %s", i, err.text);
        n_deep += cells[3].i != WN_CELL_OFF;
    }
    assert_true(n_deep > 100 && n_deep < 250); /* 1/2 * 1/3 * 1/2 of them */
    wn_space_destroy(space);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_what_is_wrong_with_conditions),
        cmocka_unit_test(says_nothing_of_values_of_a_broken_parameter),
        cmocka_unit_test(holds_exactly_for_the_values_named),
        cmocka_unit_test(follows_conditions_through_inactive_parameters),
        cmocka_unit_test(settles_cells_in_any_order),
        cmocka_unit_test(holds_for_nothing_that_has_no_value),
        cmocka_unit_test(checks_that_cells_and_conditions_agree),
        cmocka_unit_test(lets_a_constant_decide_for_good),
        cmocka_unit_test(tells_conditions_in_words),
        cmocka_unit_test(counts_what_listing_finds),
        cmocka_unit_test(counts_random_spaces_as_listing_does),
        cmocka_unit_test(has_no_size_when_infinite_or_too_large),
        cmocka_unit_test(has_no_size_when_the_sum_overflows),
        cmocka_unit_test(reads_large_and_entangled_conditions_quickly),
        cmocka_unit_test(encodes_inactive_parameters_as_the_middle),
        cmocka_unit_test(samples_only_settled_configurations),
    };

    return cmocka_run_group_tests_name("space_condition", tests, NULL, NULL);
}

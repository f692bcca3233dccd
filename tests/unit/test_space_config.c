/* test_space_config.c - configurations given, told, put on command lines, kept in sets. */
#include "test_space.h"

#include "base/rng.h"

static const char mixed[] =
    "{'data': '/d/x y.csv', 'opt': {'type': 'categorical', 'values': ['sgd', 'adam']},"
    "'lr': {'type': 'float', 'low': 1e-4, 'high': 1, 'scale': 'log'},"
    "'momentum': {'type': 'float', 'low': 0, 'high': 0.99, 'when': {'opt': 'sgd'}},"
    "'width': {'type': 'int', 'low': 8, 'high': 256, 'scale': 'log'}, 'layers': [1, "
    "{'a': 'b c'}],"
    "'batch': {'type': 'ordinal', 'values': [16, 32, 64, 128], 'encoding': "
    "'nearest-log'},"
    "'nesterov': {'type': 'categorical', 'values': [true, false, null]}, 'none': null, "
    "'on': true,"
    "'warm': {'type': 'constant', 'value': 'w', 'when': {'opt': 'adam'}}}";

enum { N_MIXED = 6 };

struct words {
    struct wn_buf text;
    int n_left; /* refuse after so many; < 0: never */
};

static bool add_word(void *arg, const char *word)
{
    struct words *words = arg;

    if (!words->n_left--)
        return false;
    wn_buf_addf(&words->text, "[%s]", word);
    return true;
}

static void takes_the_middle_for_what_is_missing(void **state)
{
    static const struct {
        const char *param, *middle;
    } cases[] = {
        {"'type': 'float', 'low': 0, 'high': 1", "0.5"},
        {"'type': 'float', 'low': -3, 'high': 1", "-1"},
        {"'type': 'float', 'low': 1e-4, 'high': 1, 'scale': 'log'", "0.01"},
        {"'type': 'float', 'low': 1e-6, 'high': 1, 'scale': 'log'", "0.001"},
        {"'type': 'float', 'low': 0.99, 'high': 0.9999, 'scale': 'reverse-log'", "0.999"},
        {"'type': 'float', 'low': 0, 'high': 0.96, 'scale': 'reverse-log'", "0.8"},
        {"'type': 'float', 'low': 0, 'high': 1, 'step': 0.4", "0.4"},
        {"'type': 'float', 'low': 0, 'high': 1, 'step': 0.2",
         "0.4"}, /* of two the lower */
        {"'type': 'int', 'low': 1, 'high': 9", "5"},
        {"'type': 'int', 'low': 1, 'high': 10", "5"},
        {"'type': 'int', 'low': -10, 'high': -1", "-6"},
        {"'type': 'int', 'low': 0, 'high': 1", "0"},
        {"'type': 'int', 'low': 8, 'high': 256, 'scale': 'log'", "45"},
        {"'type': 'int', 'low': 4, 'high': 1024, 'scale': 'log'", "64"},
        {"'type': 'int', 'low': 1, 'high': 1000, 'step': 100, 'scale': 'log'", "1"},
        {"'type': 'int', 'low': 0, 'high': 100, 'step': 30", "60"},
        {"'type': 'float', 'low': 0, 'high': 1, 'size': 3", "0.5"},
        {"'type': 'float', 'low': 0, 'high': 1, 'size': 2", "0"}, /* of two the lower */
        {"'type': 'int', 'low': 8, 'high': 256, 'size': 6, 'scale': 'log'", "32"},
        {"'type': 'float', 'low': 0.001, 'high': 1, 'size': 5, 'scale': 'log'",
         "0.0316227766017"},
        {"'type': 'categorical', 'values': ['x', 'y', 'z']", "x"},
        {"'type': 'ordinal', 'values': ['s', 'm', 'l']", "m"},
        {"'type': 'ordinal', 'values': ['s', 'm', 'l', 'xl']", "m"},
        {"'type': 'ordinal', 'values': [1, 2, 3, 100]", "3"},
        {"'type': 'ordinal', 'values': [1, 9, 10]", "9"},
        {"'type': 'ordinal', 'values': [1, 2]", "1"},
        {"'type': 'ordinal', 'values': [16, 32, 64, 128], 'encoding': 'nearest-log'",
         "32"},
        {"'type': 'ordinal', 'values': [1, 10, 1000000], 'encoding': 'nearest-log'",
         "10"},
        {"'type': 'ordinal', 'values': [1, 2, 3, 100], 'encoding': 'equal'", "2"},
        {"'type': 'ordinal', 'values': [5]", "5"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[300];
        struct wn_space *space;
        union wn_cell cell;

        snprintf(text, sizeof text, "{'a': {%s}}", cases[i].param);
        space = space_of(text);
        complete(space, "{}", &cell);
        assert_cell(wn_space_param(space, 0), cell, cases[i].middle);
        wn_space_destroy(space);
    }
}

static void completes_nothing_to_the_midpoint(void **state)
{
    struct wn_space *space = space_of(mixed);
    struct wn_problems problems = {0};
    union wn_cell cells[N_MIXED];

    (void)state;
    assert_int_equal(wn_config_complete(space, NULL, "initial", &problems, cells, NULL),
                     WN_OK);
    assert_int_equal(problems.n, 0);
    assert_config(space, cells,
                  "opt=sgd lr=0.01 momentum=0.495 width=45 batch=32 nesterov=true");
    wn_space_destroy(space);
}

static void takes_given_values_as_made(void **state)
{
    static const struct {
        const char *given, *config;
    } cases[] = {
        {"{'lr': 0.0123456789012345}",
         "opt=sgd lr=0.0123456789012 momentum=0.495 width=45 batch=32 nesterov=true"},
        {"{'lr': 1, 'width': 8.0, 'opt': 'adam', 'nesterov': null}",
         "opt=adam lr=1 width=8 batch=32 nesterov=null"},
        {"{'momentum': 0, 'batch': 128, 'data': '/d/x y.csv', 'layers': [1, {'a': 'b "
         "c'}]}",
         "opt=sgd lr=0.01 momentum=0 width=45 batch=128 nesterov=true"},
    };
    struct wn_space *space = space_of(mixed);

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        union wn_cell cells[N_MIXED];

        complete(space, cases[i].given, cells);
        assert_config(space, cells, cases[i].config);
    }
    wn_space_destroy(space);
}

static void takes_stepped_values_however_they_are_rounded(void **state)
{
    struct wn_space *space =
        space_of("{'a': {'type': 'float', 'low': 0, 'high': 1, 'step': 0.1}}");
    union wn_cell given, counted;

    (void)state;
    complete(space, "{'a': 0.30000000000000004}", &given);
    complete(space, "{'a': 0.3}", &counted);
    assert_true(given.i == counted.i);
    wn_space_destroy(space);
}

static void takes_and_passes_sized_values_as_plain_numbers(void **state)
{
    struct wn_space *space = space_of(
        "{'lr': {'type': 'float', 'low': 1, 'high': 100, 'size': 5, 'scale': 'log'},"
        "'n': {'type': 'int', 'low': 8, 'high': 64, 'size': 4, 'scale': 'log'},"
        "'m': {'type': 'int', 'low': 1, 'high': 100, 'size': 100}}");
    static const struct {
        const char *given, *problem;
    } wrong[] = {
        {"{'lr': 3.1}",
         "initial[0].lr: must be one of 1, 3.16227766017, 10, 31.6227766017, 100, "
         "not 3.1"},
        {"{'n': 48}", "initial[0].n: must be one of 8, 16, 32, 64, not 48"},
        {"{'n': 8.5}", "initial[0].n: must be one of 8, 16, 32, 64, not 8.5"},
        {"{'m': 0}", "initial[0].m: must be one of 100 integers from 1 to 100, spread "
                     "evenly on a linear scale, not 0"},
    };
    struct words words = {.n_left = -1};
    struct wn_json *json, *expected;
    union wn_cell cells[3];

    (void)state;
    complete(space, "{'lr': 3.1622776601683795, 'n': 16}", cells);
    assert_config(space, cells, "lr=3.16227766017 n=16 m=50");
    assert_true(wn_config_flags(space, cells, add_word, &words));
    assert_string_equal(wn_buf_text(&words.text),
                        "[--lr][3.16227766017][--n][16][--m][50]");
    json = wn_config_json(space, cells, false);
    expected = json_of("{'lr': 3.16227766017, 'n': 16, 'm': 50}");
    assert_true(wn_json_equal(json, expected));
    wn_json_destroy(json);
    wn_json_destroy(expected);
    wn_buf_release(&words.text);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct wn_problems problems = {0};

        json = json_of(wrong[i].given);
        assert_int_equal(
            wn_config_complete(space, json, "initial[0]", &problems, cells, NULL), WN_OK);
        assert_int_equal(problems.n, 1);
        assert_string_equal(problems.at[0], wrong[i].problem);
        wn_problems_release(&problems);
        wn_json_destroy(json);
    }
    wn_space_destroy(space);
}

static void tells_what_is_wrong_with_a_configuration(void **state)
{
    static const struct {
        const char *given;
        const char *problems[3];
    } cases[] = {
        {"[]",
         {"initial[2]: must be an object of parameters and their values, not a list"}},
        {"{'wdith': 9}",
         {"initial[2].wdith: there is no parameter of this name; did you mean "
          "\"width\"?"}},
        {"{'zzzzzzz': 9}", {"initial[2].zzzzzzz: there is no parameter of this name"}},
        {"{'lr': 2}", {"initial[2].lr: must be a number from 0.0001 to 1, not 2"}},
        {"{'lr': '0.1'}",
         {"initial[2].lr: must be a number from 0.0001 to 1, not \"0.1\""}},
        {"{'width': 8.5}",
         {"initial[2].width: must be an integer from 8 to 256, not 8.5"}},
        {"{'width': 257}",
         {"initial[2].width: must be an integer from 8 to 256, not 257"}},
        {"{'opt': 'adma'}",
         {"initial[2].opt: must be one of \"sgd\", \"adam\", not \"adma\"; did you mean "
          "\"adam\"?"}},
        {"{'batch': 48}", {"initial[2].batch: must be one of 16, 32, 64, 128, not 48"}},
        {"{'nesterov': 1}",
         {"initial[2].nesterov: must be one of true, false, null, not 1"}},
        {"{'opt': 'adam', 'momentum': 0.9}",
         {"initial[2].momentum: has no effect here: it is used only when opt = sgd"}},
        {"{'on': false}",
         {"initial[2].on: is a constant, always true, and cannot be false"}},
        {"{'lr': 9, 'opt': 'adam', 'momentum': 0.9, 'x': 1, 'width': null}",
         {"initial[2].lr: ", "initial[2].x: ", "initial[2].width: "}},
    };
    struct wn_space *space = space_of(mixed);

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct wn_json *json = json_of(cases[i].given);
        struct wn_problems problems = {0};
        union wn_cell cells[N_MIXED];
        size_t n = 0;

        assert_int_equal(
            wn_config_complete(space, json, "initial[2]", &problems, cells, NULL), WN_OK);
        assert_int_equal(wn_config_check(space, cells, NULL),
                         WN_OK); /* usable all the same */
        for (; n < 3 && cases[i].problems[n]; n++)
            if (n >= problems.n || strncmp(problems.at[n], cases[i].problems[n],
                                           strlen(cases[i].problems[n])) != 0)
                fail_msg("%s\n  is: %s\n  not: %s", cases[i].given,
                         n < problems.n ? problems.at[n] : "", cases[i].problems[n]);
        assert_int_equal(problems.n, n);
        wn_problems_release(&problems);
        wn_json_destroy(json);
    }
    wn_space_destroy(space);
}

static void checks_every_kind_of_cell(void **state)
{
    struct wn_space *space = space_of(mixed);
    union wn_cell good[N_MIXED];
    struct wn_error err;
    static const struct {
        size_t cell;
        union wn_cell value;
    } bad[] = {
        {0, {.i = -1}},          {0, {.i = 2}},
        {0, {.i = WN_CELL_OFF}}, {1, {.f = 0}},
        {1, {.f = 1.0000001}},   {1, {.f = 0.1234567890123}},
        {1, {.f = (double)NAN}}, {1, {.f = (double)INFINITY}},
        {1, {.i = WN_CELL_OFF}}, {2, {.f = -0.0}},
        {3, {.i = 7}},           {3, {.i = 257}},
        {3, {.i = INT64_MAX}},   {4, {.i = 4}},
        {5, {.i = 3}},
    };

    (void)state;
    complete(space, "{}", good);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        union wn_cell cells[N_MIXED];

        memcpy(cells, good, sizeof cells);
        cells[bad[i].cell] = bad[i].value;
        if (wn_config_check(space, cells, &err) != WN_EINVAL)
            fail_msg("case %zu passes", i);
        assert_non_null(strstr(err.text, wn_space_param(space, bad[i].cell)->name));
        assert_int_equal(wn_config_check(space, cells, NULL), WN_EINVAL);
    }
    wn_space_destroy(space);
}

static void writes_configurations_as_json(void **state)
{
    struct wn_space *space = space_of(mixed);
    union wn_cell cells[N_MIXED], back[N_MIXED];
    struct wn_buf text = {0};
    struct wn_json *json, *expected;
    struct wn_problems problems = {0};

    (void)state;
    complete(space, "{'opt': 'adam', 'nesterov': null}", cells);
    json = wn_config_json(space, cells, false);
    expected = json_of(
        "{'opt': 'adam', 'lr': 0.01, 'width': 45, 'batch': 32, 'nesterov': null}");
    wn_json_print(json, &text);
    if (!wn_json_equal(json, expected))
        fail_msg("%s", wn_buf_text(&text));
    wn_json_destroy(json);
    wn_json_destroy(expected);
    json = wn_config_json(space, cells, true);
    expected = json_of(
        "{'data': '/d/x y.csv', 'opt': 'adam', 'lr': 0.01, 'width': 45, 'layers': "
        "[1, {'a': 'b c'}], 'batch': 32, 'nesterov': null, 'none': null, 'on': true,"
        "'warm': 'w'}");
    assert_true(wn_json_equal(json, expected));
    assert_string_equal(wn_json_key(wn_json_first(json)), "data");
    /* what is written can be given */
    assert_int_equal(wn_config_complete(space, json, "p", &problems, back, NULL), WN_OK);
    assert_int_equal(problems.n, 0);
    assert_true(wn_config_equal(space, cells, back));
    wn_json_destroy(json);
    wn_json_destroy(expected);
    wn_buf_release(&text);
    wn_space_destroy(space);
}

static void gives_flags_as_documented(void **state)
{
    static const struct {
        const char *given, *flags;
    } cases[] = {
        {"{}",
         "[--data][/d/x y.csv][--opt][sgd][--lr][0.01][--momentum][0.495][--width][45]"
         "[--layers][[1, {\"a\": \"b c\"}]][--batch][32][--nesterov][true][--on][true]"},
        {"{'opt': 'adam', 'nesterov': null, 'lr': 1}",
         "[--data][/d/x "
         "y.csv][--opt][adam][--lr][1][--width][45][--layers][[1, {\"a\": \"b c\"}]]"
         "[--batch][32][--on][true][--warm][w]"},
    };
    struct wn_space *space = space_of(mixed);

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct words words = {.n_left = -1};
        union wn_cell cells[N_MIXED];

        complete(space, cases[i].given, cells);
        assert_true(wn_config_flags(space, cells, add_word, &words));
        assert_string_equal(wn_buf_text(&words.text), cases[i].flags);
        for (int n = 0; n < 5; n++) {
            wn_buf_clear(&words.text);
            words.n_left = n;
            assert_false(wn_config_flags(space, cells, add_word, &words));
        }
        wn_buf_release(&words.text);
    }
    wn_space_destroy(space);
}

static void gives_single_words_for_templates(void **state)
{
    static const struct {
        const char *name, *word; /* NULL: there is none */
    } cases[] = {
        {"lr", "0.01"},     {"opt", "adam"},
        {"momentum", NULL}, {"nope", NULL},
        {"on", "true"},     {"none", "null"},
        {"width", "45"},    {"warm", "w"},
        {"", NULL},         {"layers", "[1, {\"a\": \"b c\"}]"},
    };
    struct wn_space *space = space_of(mixed);
    union wn_cell cells[N_MIXED];

    (void)state;
    complete(space, "{'opt': 'adam'}", cells);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct wn_buf text = {0};

        wn_buf_adds(&text, ">");
        assert_int_equal(wn_config_word(space, cells, cases[i].name, &text),
                         cases[i].word != NULL);
        assert_string_equal(wn_buf_text(&text) + 1, cases[i].word ? cases[i].word : "");
        wn_buf_release(&text);
    }
    wn_space_destroy(space);
}

static void prints_inactive_cells_as_a_dash(void **state)
{
    struct wn_space *space = space_of(mixed);
    union wn_cell cells[N_MIXED];

    (void)state;
    complete(space, "{'opt': 'adam'}", cells);
    assert_cell(wn_space_param(space, 2), cells[2], "-");
    assert_cell(wn_space_param(space, 0), cells[0], "adam");
    wn_space_destroy(space);
}

/* --- grids --- */

static void spreads_grids_over_the_scale(void **state)
{
    static const struct {
        const char *param;
        uint64_t n;
        const char *values;
    } cases[] = {
        {"'type': 'float', 'low': 0, 'high': 1", 5, "0 0.25 0.5 0.75 1"},
        {"'type': 'float', 'low': 0, 'high': 1", 1, "0.5"},
        {"'type': 'float', 'low': 0, 'high': 1", 2, "0 1"},
        {"'type': 'float', 'low': 0.001, 'high': 1, 'scale': 'log'", 4,
         "0.001 0.01 0.1 1"},
        {"'type': 'float', 'low': 0.9, 'high': 0.9999, 'scale': 'reverse-log'", 4,
         "0.9 0.99 0.999 0.9999"},
        {"'type': 'float', 'low': 0.9, 'high': 0.9999, 'scale': 'reverse-log'", 1,
         "0.99683772234"},
        {"'type': 'float', 'low': 0, 'high': 1, 'step': 0.5", 9, "0 0.5 1"},
        {"'type': 'float', 'low': 0, 'high': 1, 'size': 3", 9, "0 0.5 1"},
        {"'type': 'int', 'low': 1, 'high': 100, 'size': 3, 'scale': 'log'", 2,
         "1 10 100"},
        {"'type': 'int', 'low': 1, 'high': 9", 5, "1 3 5 7 9"},
        {"'type': 'int', 'low': 1, 'high': 3", 5, "1 2 3"},
        {"'type': 'int', 'low': 0, 'high': 10", 4, "0 3 7 10"},
        {"'type': 'int', 'low': 0, 'high': 10", 1, "5"},
        {"'type': 'int', 'low': 8, 'high': 256, 'scale': 'log'", 6, "8 16 32 64 128 256"},
        {"'type': 'int', 'low': 1, 'high': 16, 'scale': 'log'", 10,
         "1 2 3 4 5 6 7 9 12 16"},
        {"'type': 'int', 'low': 1, 'high': 4, 'scale': 'log'", 4, "1 2 3 4"},
        {"'type': 'int', 'low': 0, 'high': 10, 'step': 4", 2, "0 4 8 10"},
        {"'type': 'categorical', 'values': ['x', 'y', 'z']", 2, "x y z"},
        {"'type': 'ordinal', 'values': [3, 1]", 1, "3 1"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[300];
        struct wn_space *space;
        const struct wn_param *p;
        struct wn_buf list = {0};

        snprintf(text, sizeof text, "{'a': {%s}}", cases[i].param);
        space = space_of(text);
        p = wn_space_param(space, 0);
        for (uint64_t k = 0; k < wn_param_grid_size(p, cases[i].n); k++) {
            wn_buf_adds(&list, k ? " " : "");
            wn_cell_print(p, wn_param_grid_cell(p, cases[i].n, k), &list);
        }
        assert_string_equal(wn_buf_text(&list), cases[i].values);
        wn_buf_release(&list);
        wn_space_destroy(space);
    }
}

static void gives_each_int_of_a_grid_once(void **state)
{
    static const struct {
        int64_t low, high;
    } ranges[] = {{1, 2},
                  {1, 100},
                  {3, 77},
                  {5, 1000},
                  {1, 1000000},
                  {1000000, 1000900},
                  {1, 1099511627776},
                  {9007199254739992, 9007199254740992}};

    (void)state;
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        for (int is_log = 0; is_log < 2; is_log++) {
            char text[200];
            struct wn_space *space;
            const struct wn_param *p;

            snprintf(text, sizeof text,
                     "{'a': {'type': 'int', 'low': %lld, 'high': %lld, 'scale': '%s'}}",
                     (long long)ranges[i].low, (long long)ranges[i].high,
                     is_log ? "log" : "linear");
            space = space_of(text);
            p = wn_space_param(space, 0);
            for (uint64_t n = 2; n < 2000; n += 1 + n / 3) {
                uint64_t size = wn_param_grid_size(p, n);
                int64_t last = ranges[i].low - 1;

                for (uint64_t k = 0; k < size; k++) {
                    int64_t value = wn_param_grid_cell(p, n, k).i;

                    if (value <= last || value > ranges[i].high)
                        fail_msg("%s, %llu samples: %lld after %lld", text,
                                 (unsigned long long)n, (long long)value,
                                 (long long)last);
                    last = value;
                }
                assert_int_equal(last, ranges[i].high);
                assert_int_equal(wn_param_grid_cell(p, n, 0).i, ranges[i].low);
            }
            wn_space_destroy(space);
        }
    }
}

/* --- sets --- */

static void remembers_configurations(void **state)
{
    enum { N = 5000 };
    struct wn_space *space = space_of("{'a': {'type': 'int', 'low': 0, 'high': 99999},"
                                      "'b': {'type': 'float', 'low': 0, 'high': 1}}");
    struct wn_config_set *set = wn_config_set_create(space);
    union wn_cell cells[2];

    (void)state;
    cells[0].i = 0, cells[1].f = 0.5;
    assert_false(wn_config_set_has(set, cells));
    for (int64_t i = 0; i < N; i++) {
        cells[0].i = 2 * i;
        cells[1].f = (double)(i % 10) / 10;
        assert_int_equal(wn_config_set_add(set, cells, NULL), WN_OK);
        assert_int_equal(wn_config_set_add(set, cells, NULL), WN_OK); /* twice is fine */
    }
    assert_int_equal(wn_config_set_size(set), N);
    for (int64_t i = 0; i < 2 * N; i++) {
        cells[0].i = i;
        cells[1].f = (double)(i / 2 % 10) / 10;
        assert_int_equal(wn_config_set_has(set, cells), i % 2 == 0);
        assert_int_equal(wn_config_set_find(set, cells),
                         i % 2 ? SIZE_MAX : (size_t)i / 2);
        cells[1].f = 0.95;
        assert_false(wn_config_set_has(set, cells));
    }
    wn_config_set_destroy(set);
    wn_config_set_destroy(NULL);
    wn_space_destroy(space);
}

static void remembers_the_one_empty_configuration(void **state)
{
    struct wn_space *space = space_of("{'c': 1}");
    struct wn_config_set *set = wn_config_set_create(space);
    union wn_cell cells[1];

    (void)state;
    assert_false(wn_config_set_has(set, cells));
    assert_int_equal(wn_config_set_add(set, cells, NULL), WN_OK);
    assert_int_equal(wn_config_set_add(set, cells, NULL), WN_OK);
    assert_true(wn_config_set_has(set, cells));
    assert_int_equal(wn_config_set_size(set), 1);
    wn_config_set_destroy(set);
    wn_space_destroy(space);
}

static void loses_nothing_when_a_set_cannot_grow(void **state)
{
    struct wn_space *space = space_of("{'a': {'type': 'int', 'low': 0, 'high': 999}}");

    (void)state;
    for (uint64_t n = 1; n < 20; n++) {
        struct wn_config_set *set = wn_config_set_create(space);
        size_t n_added = 0;
        struct wn_error err;

        wn_mem_fail_after(n);
        for (int64_t i = 0; i < 300; i++) {
            union wn_cell cell = {.i = i};

            if (wn_config_set_add(set, &cell, &err) != WN_OK) {
                assert_int_equal(err.status, WN_ENOMEM);
                assert_false(wn_config_set_has(set, &cell));
                assert_int_equal(wn_config_set_size(set), n_added);
                assert_int_equal(wn_config_set_add(set, &cell, &err),
                                 WN_OK); /* once only */
            }
            n_added++;
        }
        wn_mem_fail_after(0);
        for (int64_t i = 0; i < 300; i++) {
            union wn_cell cell = {.i = i};

            assert_true(wn_config_set_has(set, &cell));
        }
        wn_config_set_destroy(set);
    }
    wn_space_destroy(space);
}

static void survives_the_failure_of_any_allocation(void **state)
{
    struct wn_space *space = space_of(mixed);
    struct wn_json *bad = json_of("{'lr': 9, 'optt': 1, 'on': 2, 'opt': 'adma'}");
    struct wn_json *json = NULL;
    union wn_cell cells[N_MIXED];
    enum wn_status rc = WN_ENOMEM;
    bool ok = false;

    (void)state;
    for (uint64_t n = 1; rc == WN_ENOMEM; n++) {
        struct wn_problems problems = {0};

        assert_true(n < 1000);
        wn_mem_fail_after(n);
        rc = wn_config_complete(space, bad, "initial[0]", &problems, cells, NULL);
        wn_mem_fail_after(0);
        assert_true(rc == WN_OK || rc == WN_ENOMEM);
        assert_true(rc == WN_ENOMEM || problems.n == 4);
        assert_int_equal(wn_config_check(space, cells, NULL), WN_OK);
        wn_problems_release(&problems);
    }
    for (uint64_t n = 1; !json; n++) {
        assert_true(n < 1000);
        wn_mem_fail_after(n);
        json = wn_config_json(space, cells, true);
        wn_mem_fail_after(0);
    }
    for (uint64_t n = 1; !ok; n++) {
        struct words words = {.n_left = -1};

        assert_true(n < 1000);
        wn_mem_fail_after(n);
        ok = wn_config_flags(space, cells, add_word, &words);
        ok = ok && !words.text.failed;
        wn_mem_fail_after(0);
        wn_buf_release(&words.text);
    }
    wn_json_destroy(json);
    wn_json_destroy(bad);
    wn_space_destroy(space);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_the_middle_for_what_is_missing),
        cmocka_unit_test(completes_nothing_to_the_midpoint),
        cmocka_unit_test(takes_given_values_as_made),
        cmocka_unit_test(takes_stepped_values_however_they_are_rounded),
        cmocka_unit_test(takes_and_passes_sized_values_as_plain_numbers),
        cmocka_unit_test(tells_what_is_wrong_with_a_configuration),
        cmocka_unit_test(checks_every_kind_of_cell),
        cmocka_unit_test(writes_configurations_as_json),
        cmocka_unit_test(gives_flags_as_documented),
        cmocka_unit_test(gives_single_words_for_templates),
        cmocka_unit_test(prints_inactive_cells_as_a_dash),
        cmocka_unit_test(spreads_grids_over_the_scale),
        cmocka_unit_test(gives_each_int_of_a_grid_once),
        cmocka_unit_test(remembers_configurations),
        cmocka_unit_test(remembers_the_one_empty_configuration),
        cmocka_unit_test(loses_nothing_when_a_set_cannot_grow),
        cmocka_unit_test(survives_the_failure_of_any_allocation),
    };

    return cmocka_run_group_tests_name("space_config", tests, NULL, NULL);
}

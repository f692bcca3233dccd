/* test_space_parse.c - what a space may hold, and how mistakes are told. */
#include "test_space.h"

struct mistake {
    const char *space;
    const char *problems[4]; /* how each must begin; all of them */
};

/* Text of a mistake up to the first part that the test does not care about. */
static void expect(const struct mistake *m)
{
    struct wn_json *json = json_of(m->space);
    struct wn_problems problems = {0};
    struct wn_space *space = (struct wn_space *)&problems; /* must become NULL */
    struct wn_error err;
    size_t n = 0;

    assert_int_equal(wn_space_parse(json, NULL, &problems, &space, &err), WN_OK);
    for (; n < 4 && m->problems[n]; n++) {
        if (n >= problems.n)
            fail_msg("%s\n  lacks: %s", m->space, m->problems[n]);
        if (!strstr(problems.at[n], m->problems[n]))
            fail_msg("%s\n  is: %s\n  not: %s", m->space, problems.at[n], m->problems[n]);
    }
    if (problems.n != n)
        fail_msg("%s\n  has too much: %s", m->space, problems.at[n]);
    assert_null(space);
    wn_problems_release(&problems);
    wn_json_destroy(json);
}

static const struct mistake mistakes[] = {
    /* shape */
    {"[]", {"space: must be an object that names the parameters, not a list"}},
    {"{'a': {}}",
     {"space.a: needs a \"type\": float, int, categorical, ordinal or constant"}},
    {"{'a': {'value': 1}}", {"space.a: needs a \"type\""}},
    {"{'a': {'type': 'flaot'}}",
     {"space.a.type: must be float, int, categorical, ordinal or "
      "constant, not \"flaot\"; did you mean \"float\"?"}},
    {"{'a': {'type': 'ééééééééééééééééééééééééééééééééééééééééé'}}",
     {"not \"ééééééééééééééééééééééééééééé ..."}}, /* cut between characters */
    {"{'a': {'type': 3}}",
     {"space.a.type: must be float, int, categorical, ordinal or "
      "constant, not 3"}},
    {"{'a': {'type': 'constant'}}", {"space.a.value: "}},
    {"{'a': {'type': 'constant', 'valeu': 1}}", {"space.a.valeu: ", "space.a.value: "}},
    {"{'-a': 1}", {"space: the name \"-a\" is not allowed"}},
    {"{'--a': {'type': 'int', 'low': 1, 'high': 2}}",
     {"space: the name \"--a\" is not allowed"}},
    {"{'a b': 1, '': 2, 'a/b': 3, '.a': 4}",
     {"the name \"a b\"", "the name \"\"", "the name \"a/b\"", "the name \".a\""}},
    {"{'a\\nb': 1}", {"space: the name \"a\\nb\" is not allowed"}},
    /* numbers */
    {"{'a': {'type': 'float'}}", {"space.a.low: ", "space.a.high: "}},
    {"{'a': {'type': 'float', 'low': 0, 'hihg': 1}}",
     {"space.a.hihg: ", "space.a.high: "}},
    {"{'a': {'type': 'float', 'low': '0', 'high': 1}}", {"space.a.low: "}},
    {"{'a': {'type': 'float', 'low': 2, 'high': 1}}",
     {"space.a.low: must be below high (1), not 2"}},
    {"{'a': {'type': 'float', 'low': 2, 'high': 2}}",
     {"space.a: low and high are both 2: write the value alone, as a constant"}},
    {"{'a': {'type': 'int', 'low': 2, 'high': 2}}", {"space.a: low and high are both 2"}},
    {"{'a': {'type': 'int', 'low': 3, 'high': 2}}",
     {"space.a.low: must be below high (2), not 3"}},
    {"{'a': {'type': 'float', 'low': 0, 'high': 1, 'scale': 'log'}}",
     {"space.a.low: must be above 0 on a log scale, not 0"}},
    {"{'a': {'type': 'float', 'low': -1, 'high': 1, 'scale': 'log'}}",
     {"space.a.low: must be above 0 on a log scale, not -1"}},
    {"{'a': {'type': 'int', 'low': 0, 'high': 9, 'scale': 'log'}}",
     {"space.a.low: must be at least 1 on a log scale, not 0"}},
    {"{'a': {'type': 'float', 'low': -0.1, 'high': 0.9, 'scale': 'reverse-log'}}",
     {"space.a.low: must be at least 0 on a reverse-log scale, not -0.1"}},
    {"{'a': {'type': 'float', 'low': 0.9, 'high': 1, 'scale': 'reverse-log'}}",
     {"space.a.high: must be below 1 on a reverse-log scale, by 1e-12 or more because "
      "values have 12 digits, not 1"}},
    {"{'a': {'type': 'float', 'low': 0.9, 'high': 0.9999999999999, 'scale': "
     "'reverse-log'}}",
     {"space.a.high: must be below 1 on a reverse-log scale"}},
    {"{'a': {'type': 'int', 'low': 0, 'high': 9, 'scale': 'reverse-log'}}",
     {"space.a.scale: must be linear or log, not \"reverse-log\""}},
    {"{'a': {'type': 'float', 'low': 1, 'high': 2, 'scale': 'lgo'}}",
     {"space.a.scale: "}},
    {"{'a': {'type': 'float', 'low': 0, 'high': 1, 'step': 0}}",
     {"space.a.step: must be above 0, not 0"}},
    {"{'a': {'type': 'float', 'low': 0, 'high': 1, 'step': -0.1}}",
     {"space.a.step: must be above 0, not -0.1"}},
    {"{'a': {'type': 'float', 'low': 0, 'high': 1, 'step': 1.5}}",
     {"space.a.step: must be at most high - low (1), not 1.5"}},
    {"{'a': {'type': 'int', 'low': 0, 'high': 4, 'step': 5}}",
     {"space.a.step: must be at most high - low (4), not 5"}},
    {"{'a': {'type': 'int', 'low': 0, 'high': 4, 'step': 0}}", {"space.a.step: "}},
    {"{'a': {'type': 'int', 'low': 0, 'high': 4, 'step': 1.5}}", {"space.a.step: "}},
    {"{'a': {'type': 'float', 'low': 1e6, 'high': 2e6, 'step': 1e-6}}",
     {"space.a.step: must be at least 2e-05, because values have 12 digits, not 1e-06"}},
    {"{'a': {'type': 'float', 'low': 0, 'high': 1, 'size': 1}}",
     {"space.a.size: 1 is below 2, the smallest allowed"}},
    {"{'a': {'type': 'int', 'low': 0, 'high': 9, 'size': 1000001}}",
     {"space.a.size: 1000001 is above 1000000, the largest allowed"}},
    {"{'a': {'type': 'float', 'low': 0, 'high': 1, 'size': 2.5}}", {"space.a.size: "}},
    {"{'a': {'type': 'float', 'low': 0, 'high': 1, 'size': 3, 'step': 0.5}}",
     {"space.a.size: goes without a step"}},
    {"{'a': {'type': 'int', 'low': 0, 'high': 9, 'size': 3, 'step': 1}}",
     {"space.a.size: goes without a step"}},
    {"{'a': {'type': 'int', 'low': 0, 'high': 9, 'size': 11}}",
     {"space.a.size: must be at most 10, the number of integers from 0 to 9, not 11"}},
    {"{'a': {'type': 'int', 'low': 1, 'high': 10, 'size': 8, 'scale': 'log'}}",
     {"space.a.size: of 8 values spread evenly on a log scale two are rounded to 1: "
      "fewer are needed, or an ordinal with a list"}},
    {"{'a': {'type': 'float', 'low': 1e6, 'high': 1000001, 'size': 200000}}",
     {"space.a.size: 200000 values are too many for the range: neighbours would not "
      "differ in 12 digits"}},
    {"{'a': {'type': 'float', 'low': 1, 'high': 1.00000001, 'size': 5000, 'scale': "
     "'log'}}",
     {"space.a.size: 5000 values are too many for the range"}},
    {"{'a': {'type': 'float', 'low': 0, 'high': 0.9999999999, 'size': 1000, 'scale': "
     "'reverse-log'}}",
     {"space.a.size: 1000 values are too many for the range"}},
    {"{'a': {'type': 'float', 'low': 0, 'high': 1, 'size': 3, 'scale': 'log'}}",
     {"space.a.low: must be above 0 on a log scale, not 0"}},
    {"{'a': {'type': 'categorical', 'values': [1, 2], 'size': 2}}", {"space.a.size: "}},
    {"{'a': {'type': 'int', 'low': 0.5, 'high': 4}}", {"space.a.low: "}},
    {"{'a': {'type': 'int', 'low': 0, 'high': 1e17}}", {"space.a.high: "}},
    {"{'a': {'type': 'int', 'low': -9007199254740992, 'high': 9007199254740992}}",
     {"space.a: the range from -9007199254740992 to 9007199254740992 is too wide"}},
    {"{'a': {'type': 'int', 'low': 1, 'high': 1099511627777}}",
     {"space.a: the range from 1 to "}},
    {"{'a': {'type': 'float', 'low': -1.5e308, 'high': 1.5e308}}",
     {"space.a: the range from -1.5e+308 to 1.5e+308 is wider than a number can be"}},
    {"{'a': {'type': 'float', 'low': 1, 'high': 1.0000000001}}", {"is too narrow"}},
    /* lists */
    {"{'a': {'type': 'categorical'}}", {"space.a.values: "}},
    {"{'a': {'type': 'categorical', 'values': []}}",
     {"space.a.values: must be a list of at least one value, not an empty one"}},
    {"{'a': {'type': 'categorical', 'values': 'x'}}",
     {"space.a.values: must be a list of at least one value, not a string"}},
    {"{'a': {'type': 'categorical', 'values': ['x', 'y', 'x', 'x']}}",
     {"space.a.values: \"x\" is there more than once"}},
    {"{'a': {'type': 'categorical', 'values': [1, 1.0]}}",
     {"space.a.values: 1 is there more than once"}},
    {"{'a': {'type': 'categorical', 'values': [0, -0.0]}}",
     {"space.a.values: 0 is there more than once"}},
    {"{'a': {'type': 'categorical', 'values': [[1], {'b': 2}]}}",
     {"space.a.values: [1] is a list", "} is an object"}},
    {"{'a': {'type': 'categorical', 'values': [1], 'scale': 'log'}}",
     {"space.a.scale: "}},
    {"{'a': {'type': 'ordinal', 'values': [2, 1], 'encoding': 'nearest'}}",
     {"space.a.encoding: \"nearest\" needs values that strictly increase"}},
    {"{'a': {'type': 'ordinal', 'values': ['x'], 'encoding': 'nearest'}}",
     {"space.a.encoding: \"nearest\" needs values that are all numbers"}},
    {"{'a': {'type': 'ordinal', 'values': [0, 1], 'encoding': 'nearest-log'}}",
     {"space.a.encoding: \"nearest-log\" needs values above 0"}},
    {"{'a': {'type': 'ordinal', 'values': [-1.5e308, 1.5e308], 'encoding': 'nearest'}}",
     {"space.a.encoding: \"nearest\" needs values whose differences are finite"}},
    {"{'a': {'type': 'ordinal', 'values': [0, 1e-30, 1e300], 'encoding': 'nearest'}}",
     {"space.a.encoding: \"nearest\" cannot tell the values apart"}},
    {"{'a': {'type': 'ordinal', 'values': [1, 2], 'encoding': 'nearst'}}",
     {"space.a.encoding: "}},
    /* several at once */
    {"{'a': {'type': 'float', 'low': 2, 'high': 1}, 'b': {}, '-c': 1}",
     {"space.a.low: ", "space.b: ", "space: the name"}},
};

static void tells_every_mistake_with_its_path(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++)
        expect(&mistakes[i]);
}

static void refuses_a_missing_space(void **state)
{
    struct wn_problems problems = {0};
    struct wn_space *space;

    (void)state;
    assert_int_equal(wn_space_parse(NULL, NULL, &problems, &space, NULL), WN_OK);
    assert_null(space);
    assert_int_equal(problems.n, 1);
    wn_problems_release(&problems);
}

static void refuses_more_entries_than_it_can_order(void **state)
{
    struct wn_buf text = {0};
    struct wn_problems problems = {0};
    struct wn_space *space;
    struct wn_json *json;

    (void)state;
    wn_buf_addc(&text, '{');
    for (int i = 0; i < 4097; i++)
        wn_buf_addf(&text, "%s\"p%d\": 1", i ? "," : "", i);
    wn_buf_addc(&text, '}');
    json = json_of(wn_buf_text(&text));
    assert_int_equal(wn_space_parse(json, NULL, &problems, &space, NULL), WN_OK);
    assert_null(space);
    assert_int_equal(problems.n, 1);
    assert_string_equal(
        problems.at[0],
        "space: holds 4097 parameters and constants, at most 4096 are allowed");
    wn_problems_release(&problems);
    wn_json_destroy(json);
    wn_buf_release(&text);
}

static void keeps_what_others_found_wrong(void **state)
{
    struct wn_problems problems = {0};
    struct wn_json *json = json_of("{'a': 1}");
    struct wn_space *space;

    (void)state;
    wn_problems_add(&problems, "metric", "is missing");
    assert_int_equal(wn_space_parse(json, NULL, &problems, &space, NULL), WN_OK);
    assert_non_null(space); /* this call added none */
    assert_int_equal(problems.n, 1);
    wn_space_destroy(space);
    wn_problems_release(&problems);
    wn_json_destroy(json);
}

static void reads_parameters_and_constants_in_order(void **state)
{
    struct wn_space *space =
        space_of("{'c0': 'x', 'lr': {'type': 'float', 'low': 1e-4, "
                 "'high': 1, 'scale': 'log'}, 'c1': [1, 2], 'opt': "
                 "{'type': 'categorical', 'values': ['a', 'b', 'c']},"
                 "'n': {'type': 'int', 'low': -3, 'high': 3, 'step': 2},"
                 "'c2': {'type': 'constant', 'value': {'k': null}},"
                 "'c3': null}");
    const struct wn_json *value;

    (void)state;
    assert_int_equal(wn_space_n_params(space), 3);
    assert_int_equal(wn_space_n_constants(space), 4);
    assert_int_equal(wn_space_n_dims(space), 5);
    assert_int_equal(wn_space_find(space, "opt"), 1);
    assert_true(wn_space_find(space, "c0") == SIZE_MAX);
    assert_true(wn_space_find(space, "nothing") == SIZE_MAX);
    assert_string_equal(wn_space_param(space, 0)->name, "lr");
    assert_int_equal(wn_space_param(space, 0)->scale, WN_SCALE_LOG);
    assert_true(wn_space_param(space, 0)->low == 1e-4);
    assert_int_equal(wn_space_param(space, 1)->dim, 1);
    assert_int_equal(wn_space_param(space, 1)->n_dims, 3);
    assert_int_equal(wn_space_param(space, 2)->dim, 4);
    assert_true(wn_space_param(space, 2)->step == 2);
    assert_string_equal(wn_space_constant(space, 1, &value), "c1");
    assert_int_equal(wn_json_size(value), 2);
    assert_string_equal(wn_space_constant(space, 2, &value), "c2");
    assert_true(wn_json_is(wn_json_get(value, "k"), WN_JSON_NULL));
    assert_string_equal(wn_space_constant(space, 3, &value), "c3");
    assert_true(wn_json_is(value, WN_JSON_NULL));
    wn_space_destroy(space);
}

static void chooses_the_encoding_of_ordinals(void **state)
{
    static const struct {
        const char *values;
        enum wn_encoding encoding;
        bool has_numbers;
    } cases[] = {
        {"[1, 2, 4]", WN_ENCODING_NEAREST, true},
        {"[-1.5, 0, 7]", WN_ENCODING_NEAREST, true},
        {"[4, 2, 1]", WN_ENCODING_EQUAL, true},
        {"['small', 'large']", WN_ENCODING_EQUAL, false},
        {"[1, 'two']", WN_ENCODING_EQUAL, false},
        {"[true, false]", WN_ENCODING_EQUAL, false},
        {"[3]", WN_ENCODING_NEAREST, true},
        {"[1, 2], 'encoding': 'equal'", WN_ENCODING_EQUAL, true},
        {"[1, 2], 'encoding': 'nearest-log'", WN_ENCODING_NEAREST_LOG, true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[200];
        struct wn_space *space;

        snprintf(text, sizeof text, "{'a': {'type': 'ordinal', 'values': %s}}",
                 cases[i].values);
        space = space_of(text);
        if (wn_space_param(space, 0)->encoding != cases[i].encoding)
            fail_msg("%s: encoding %d", text, (int)wn_space_param(space, 0)->encoding);
        assert_int_equal(wn_space_param(space, 0)->numbers != NULL, cases[i].has_numbers);
        wn_space_destroy(space);
    }
}

static void puts_the_job_folder_into_strings(void **state)
{
    struct wn_json *json = json_of(
        "{'data': '{job_dir}/x', 'l': ['{job_dir}', {'k': 'a{job_dir}b{job_dir}'}],"
        "'o': {'type': 'categorical', 'values': ['{job_dir}/a', 'b']},"
        "'w': {'type': 'int', 'low': 1, 'high': 2, 'when': {'o': '{job_dir}/a'}},"
        "'plain': '{job_di}{'}");
    struct wn_problems problems = {0};
    struct wn_space *space;
    const struct wn_json *value;

    (void)state;
    assert_int_equal(wn_space_parse(json, "/d\"q", &problems, &space, NULL), WN_OK);
    assert_int_equal(problems.n, 0);
    wn_space_constant(space, 0, &value);
    assert_string_equal(wn_json_string(value), "/d\"q/x");
    wn_space_constant(space, 1, &value);
    assert_string_equal(wn_json_string(wn_json_at(value, 0)), "/d\"q");
    assert_string_equal(wn_json_string(wn_json_get(wn_json_at(value, 1), "k")),
                        "a/d\"qb/d\"q");
    wn_space_constant(space, 2, &value);
    assert_string_equal(wn_json_string(value), "{job_di}{");
    assert_string_equal(wn_json_string(wn_space_param(space, 0)->values[0]), "/d\"q/a");
    wn_space_destroy(space);
    /* without a folder nothing is replaced */
    assert_int_equal(wn_space_parse(json, NULL, &problems, &space, NULL), WN_OK);
    wn_space_constant(space, 0, &value);
    assert_string_equal(wn_json_string(value), "{job_dir}/x");
    wn_space_destroy(space);
    wn_problems_release(&problems);
    wn_json_destroy(json);
}

static const char full[] =
    "{'c': {'type': 'constant', 'value': 1, 'when': {'o': 'x'}}, 'data': '/x',"
    "'f': {'type': 'float', 'low': 0.1, 'high': 1, 'step': 0.3, 'when': {'n': {'low': "
    "3}}},"
    "'n': {'type': 'int', 'low': 1, 'high': 9, 'scale': 'log', 'when': {'o': ['x', "
    "'y']}},"
    "'o': {'type': 'categorical', 'values': ['x', 'y', 'z', true, null, 1.5]},"
    "'r': {'type': 'ordinal', 'values': [1, 2, 5]},"
    "'m': {'type': 'float', 'low': 0.9, 'high': 0.999, 'scale': 'reverse-log'},"
    "'s': {'type': 'int', 'low': 1, 'high': 100, 'scale': 'log', 'size': 5},"
    "'t': {'type': 'float', 'low': 1, 'high': 3, 'size': 5, 'when': {'s': {'low': 4}}}}";

static void writes_a_space_that_reads_back_equal(void **state)
{
    struct wn_space *space = space_of(full), *again;
    struct wn_json *json = wn_space_json(space);
    struct wn_problems problems = {0};
    struct wn_buf text = {0};
    struct wn_json *second;

    (void)state;
    wn_json_print(json, &text);
    assert_int_equal(wn_space_parse(json, NULL, &problems, &again, NULL), WN_OK);
    assert_int_equal(problems.n, 0);
    assert_true(wn_space_fingerprint(space) == wn_space_fingerprint(again));
    second = wn_space_json(again);
    assert_true(wn_json_equal(json, second));
    assert_non_null(strstr(wn_buf_text(&text), "\"encoding\": \"nearest\""));
    assert_non_null(strstr(wn_buf_text(&text), "\"scale\": \"linear\""));
    assert_string_equal(wn_json_key(wn_json_first(json)), "c"); /* the file's order */
    wn_json_destroy(second);
    wn_json_destroy(json);
    wn_buf_release(&text);
    wn_space_destroy(again);
    wn_space_destroy(space);
}

/* Studies on disk bear these numbers. */
static void keeps_the_fingerprints_of_earlier_versions(void **state)
{
    struct wn_space *space = space_of(
        "{'f': {'type': 'float', 'low': 0.1, 'high': 1, 'step': 0.3, 'when': {'n': "
        "{'low': 3}}}, 'n': {'type': 'int', 'low': 1, 'high': 9, 'scale': 'log'},"
        "'o': {'type': 'categorical', 'values': ['x', 1.5]},"
        "'r': {'type': 'ordinal', 'values': [1, 2, 5], 'when': {'o': 'x'}}}");

    (void)state;
    assert_true(wn_space_fingerprint(space) == UINT64_C(0xc568b6a0fb783575));
    wn_space_destroy(space);
}

static void tells_spaces_apart_by_fingerprint(void **state)
{
    static const char base[] =
        "{'o': {'type': 'categorical', 'values': ['x', 'y']}, 'k': 1,"
        "'n': {'type': 'int', 'low': 1, 'high': 9, 'when': {'o': 'x', 'k': [1, 2]}}}";
    static const char *const equal[] = {
        /* another constant, another order of conditions, a default written out */
        "{'z': 3, 'o': {'type': 'categorical', 'values': ['x', 'y']}, 'k': 2,"
        "'n': {'when': {'k': [1, 2], 'o': ['x']}, 'type': 'int', 'low': 1, 'high': 9,"
        "'scale': 'linear', 'step': 1}}",
    };
    static const char *const other[] = {
        "{'o': {'type': 'categorical', 'values': ['y', 'x']}, 'k': 1,"
        "'n': {'type': 'int', 'low': 1, 'high': 9, 'when': {'o': 'x', 'k': [1, 2]}}}",
        "{'o': {'type': 'ordinal', 'values': ['x', 'y']}, 'k': 1,"
        "'n': {'type': 'int', 'low': 1, 'high': 9, 'when': {'o': 'x', 'k': [1, 2]}}}",
        "{'o': {'type': 'categorical', 'values': ['x', 'y']}, 'k': 3,"
        "'n': {'type': 'int', 'low': 1, 'high': 9, 'when': {'o': 'x', 'k': [1, 2]}}}",
        "{'o': {'type': 'categorical', 'values': ['x', 'y']}, 'k': 1,"
        "'n': {'type': 'int', 'low': 1, 'high': 9, 'when': {'o': 'y', 'k': [1, 2]}}}",
        "{'o': {'type': 'categorical', 'values': ['x', 'y']}, 'k': 1,"
        "'n': {'type': 'int', 'low': 1, 'high': 9, 'scale': 'log', 'when': {'o': 'x'}}}",
        "{'o': {'type': 'categorical', 'values': ['x', 'y']}, 'k': 1,"
        "'n': {'type': 'int', 'low': 1, 'high': 9}}",
        "{'o': {'type': 'categorical', 'values': ['x', 'y']}, 'k': 1,"
        "'m': {'type': 'int', 'low': 1, 'high': 9, 'when': {'o': 'x'}}}",
        "{'o': {'type': 'categorical', 'values': ['x', 'y']}, 'k': 1,"
        "'n': {'type': 'int', 'low': 1, 'high': 8, 'when': {'o': 'x', 'k': [1, 2]}}}",
        "{'o': {'type': 'categorical', 'values': ['x', 'y']}, 'k': 1,"
        "'n': {'type': 'int', 'low': 2, 'high': 9, 'when': {'o': 'x', 'k': [1, 2]}}}",
        "{'o': {'type': 'categorical', 'values': ['x', 'y']}, 'k': 1,"
        "'n': {'type': 'int', 'low': 1, 'high': 9, 'step': 2, 'when': {'o': 'x', 'k': "
        "[1, "
        "2]}}}",
        "{'o': {'type': 'categorical', 'values': ['x', 'y']}, 'k': 1,"
        "'n': {'type': 'int', 'low': 1, 'high': 9, 'size': 9, 'when': {'o': 'x', 'k': "
        "[1, 2]}}}",
        "{'o': {'type': 'categorical', 'values': ['x', 'y']}, 'k': 1,"
        "'n': {'type': 'int', 'low': 1, 'high': 9, 'size': 3, 'when': {'o': 'x', 'k': "
        "[1, 2]}}}",
        "{'o': {'type': 'categorical', 'values': ['x', 'y']}, 'k': 1,"
        "'n': {'type': 'int', 'low': 1, 'high': 9, 'scale': 'log', 'when': {'o': 'x', "
        "'k': "
        "[1, 2]}}}",
        "{'o': {'type': 'categorical', 'values': ['x', 'y']}, 'k': 1,"
        "'n': {'type': 'float', 'low': 1, 'high': 9, 'when': {'o': 'x', 'k': [1, 2]}}}",
        "{'o': {'type': 'categorical', 'values': ['x', 'y', 'z']}, 'k': 1,"
        "'n': {'type': 'int', 'low': 1, 'high': 9, 'when': {'o': 'x', 'k': [1, 2]}}}",
        "{'n': {'type': 'int', 'low': 1, 'high': 9, 'when': {'o': 'x'}},"
        "'o': {'type': 'categorical', 'values': ['x', 'y']}}",
    };
    struct wn_space *space = space_of(base), *variant;
    uint64_t print = wn_space_fingerprint(space);

    (void)state;
    wn_space_destroy(space);
    for (size_t i = 0; i < sizeof equal / sizeof *equal; i++) {
        variant = space_of(equal[i]);
        assert_true(wn_space_fingerprint(variant) == print);
        wn_space_destroy(variant);
    }
    for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
        variant = space_of(other[i]);
        if (wn_space_fingerprint(variant) == print)
            fail_msg("same fingerprint: %s", other[i]);
        wn_space_destroy(variant);
    }
}

static void reads_an_empty_space_as_one_configuration(void **state)
{
    struct wn_space *space = space_of("{}");
    union wn_cell cells[1] = {{.i = 7}};
    uint64_t size = 0;

    (void)state;
    assert_true(wn_space_size(space, &size));
    assert_int_equal(size, 1);
    complete(space, "{}", cells);
    assert_config(space, cells, "");
    assert_int_equal(cells[0].i, 7); /* no cell of this space */
    wn_space_destroy(space);
}

/* The schema names every type and every key, and is closed. */
static void describes_its_keys_as_a_schema(void **state)
{
    static const char *const words[] = {"float",    "int",      "categorical", "ordinal",
                                        "constant", "low",      "high",        "scale",
                                        "step",     "size",     "reverse-log", "when",
                                        "values",   "encoding", "nearest-log", "value"};
    struct wn_json *schema = wn_space_schema();
    const struct wn_json *forms =
        wn_json_get(wn_json_get(schema, "additionalProperties"), "anyOf");
    struct wn_buf text = {0};

    (void)state;
    assert_int_equal(wn_json_size(forms), 6);
    for (size_t i = 1; i < 6; i++) {
        const struct wn_json *form = wn_json_at(forms, i);
        const struct wn_json *type = wn_json_get(wn_json_get(form, "properties"), "type");
        bool is_required = false;

        assert_non_null(wn_json_string(wn_json_get(type, "const")));
        for (const struct wn_json *r = wn_json_first(wn_json_get(form, "required")); r;
             r = wn_json_next(r))
            is_required = is_required || !strcmp(wn_json_string(r), "type");
        assert_true(is_required);
        assert_false(wn_json_bool(wn_json_get(form, "additionalProperties")));
    }
    wn_json_print(schema, &text);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!strstr(wn_buf_text(&text), words[i]))
            fail_msg("%s is not in %s", words[i], wn_buf_text(&text));
    wn_buf_release(&text);
    wn_json_destroy(schema);
}

static void survives_the_failure_of_any_allocation(void **state)
{
    static const char bad[] =
        "{'a': {}, '-b': 1, 'c': {'type': 'categorical', 'values': [1, 1]},"
        "'d': {'type': 'int', 'low': 1, 'high': 2, 'when': {'e': 1}},"
        "'f': {'type': 'int', 'low': 1, 'high': 2, 'when': {'d': 7}},"
        "'g': {'type': 'int', 'low': 1, 'high': 2, 'when': {'g': 1}}}";
    static const char *const texts[] = {full, bad};

    (void)state;
    for (size_t t = 0; t < 2; t++) {
        struct wn_json *json = json_of(texts[t]);
        enum wn_status rc = WN_ENOMEM;
        uint64_t n = 1;

        for (; rc == WN_ENOMEM; n++) {
            struct wn_problems problems = {0};
            struct wn_space *space;
            struct wn_json *copy = NULL;
            struct wn_error err = {0};

            wn_mem_fail_after(n);
            rc = wn_space_parse(json, "/d", &problems, &space, &err);
            if (rc == WN_OK && space)
                copy = wn_space_json(space);
            wn_mem_fail_after(0);
            assert_true(rc == WN_OK || rc == WN_ENOMEM);
            assert_true(rc == WN_OK || (err.status == WN_ENOMEM && !space));
            if (rc == WN_OK && t == 0)
                assert_non_null(space);
            if (rc == WN_OK && t == 1)
                assert_null(space);
            wn_json_destroy(copy);
            wn_space_destroy(space);
            wn_problems_release(&problems);
            assert_true(n < 10000);
        }
        assert_true(n > 10);
        wn_json_destroy(json);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_every_mistake_with_its_path),
        cmocka_unit_test(refuses_a_missing_space),
        cmocka_unit_test(refuses_more_entries_than_it_can_order),
        cmocka_unit_test(keeps_what_others_found_wrong),
        cmocka_unit_test(reads_parameters_and_constants_in_order),
        cmocka_unit_test(chooses_the_encoding_of_ordinals),
        cmocka_unit_test(puts_the_job_folder_into_strings),
        cmocka_unit_test(writes_a_space_that_reads_back_equal),
        cmocka_unit_test(keeps_the_fingerprints_of_earlier_versions),
        cmocka_unit_test(tells_spaces_apart_by_fingerprint),
        cmocka_unit_test(reads_an_empty_space_as_one_configuration),
        cmocka_unit_test(describes_its_keys_as_a_schema),
        cmocka_unit_test(survives_the_failure_of_any_allocation),
    };

    return cmocka_run_group_tests_name("space_parse", tests, NULL, NULL);
}

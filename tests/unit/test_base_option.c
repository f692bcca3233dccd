/* test_base_option.c - values checked against a table: types, bounds, messages, schema. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/option.h"

static const char *const variants[] = {"stopping", "promotion", NULL};

static const struct wn_option table[] = {
    {.name = "variant",
     .type = WN_OPTION_CHOICE,
     .def = "\"stopping\"",
     .choices = variants,
     .help = "What happens at a rung"},
    {.name = "reduction_factor",
     .type = WN_OPTION_INT,
     .low = 2,
     .high = 100,
     .def = "3",
     .help = "One in this many goes on"},
    {.name = "grace_period",
     .type = WN_OPTION_INT,
     .low = 1,
     .high = HUGE_VAL,
     .is_required = true,
     .help = "First rung"},
    {.name = "rate", .type = WN_OPTION_FLOAT, .low = 0, .high = 1, .def = "0.25"},
    {.name = "offset", .type = WN_OPTION_FLOAT},
    {.name = "verbose", .type = WN_OPTION_BOOL, .def = "true"},
    {.name = "label", .type = WN_OPTION_STRING},
    {.name = "timeout",
     .type = WN_OPTION_DURATION,
     .low = 0,
     .high = 3600,
     .def = "\"10m\""},
    {.name = "levels", .type = WN_OPTION_INTS, .low = 1, .high = 81},
    {.name = "factors", .type = WN_OPTION_FLOATS, .low = 0.1, .high = 10},
    {.name = "words", .type = WN_OPTION_STRINGS, .def = "[\"a\", \"b\"]"},
    {.name = "extra", .type = WN_OPTION_ANY},
    {.name = NULL},
};

static const char *const skipped[] = {"type", NULL};

/* Parse `text` (NULL: no object); problems are joined by line breaks. */
static struct wn_values *values_of(const char *text, struct wn_buf *messages)
{
    struct wn_problems problems = {0};
    struct wn_values *values = NULL;
    struct wn_json *object = NULL;
    struct wn_error err = {.text = "none"};

    if (text && wn_json_parse(text, strlen(text), &object, &err) != WN_OK)
        fail_msg("%s: %s", text, err.text);
    if (wn_values_parse(table, object, "scheduler", skipped, &problems, &values, &err) !=
        WN_OK)
        fail_msg("%s", err.text);
    wn_json_destroy(object); /* the values borrow nothing from it */
    wn_buf_clear(messages);
    for (size_t i = 0; i < problems.n; i++)
        wn_buf_addf(messages, "%s%s", i ? "\n" : "", problems.at[i]);
    wn_problems_release(&problems);
    return values;
}

/* Some members written with ' for ", beside the required one. */
static struct wn_values *values_of_quoted(const char *members, struct wn_buf *messages)
{
    struct wn_values *values;
    char text[256];

    snprintf(text, sizeof text, "{'grace_period': 1%s%s}", *members ? ", " : "", members);
    for (char *c = text; *c; c++)
        if (*c == '\'')
            *c = '"';
    values = values_of(text, messages);
    assert_string_equal(wn_buf_text(messages), "");
    return values;
}

static void defaults_fill_what_is_not_given(void **state)
{
    struct wn_buf messages = {0};
    struct wn_values *v =
        values_of("{\"type\": \"asha\", \"grace_period\": 4}", &messages);
    size_t n = 0;

    (void)state;
    assert_string_equal(wn_buf_text(&messages), "");
    assert_int_equal(wn_values_int(v, "grace_period"), 4);
    assert_int_equal(wn_values_int(v, "reduction_factor"), 3);
    assert_string_equal(wn_values_string(v, "variant"), "stopping");
    assert_int_equal(wn_values_choice(v, "variant"), 0);
    assert_true(fabs(wn_values_float(v, "rate") - 0.25) <= 0);
    assert_true(wn_values_bool(v, "verbose"));
    assert_int_equal(wn_values_ms(v, "timeout"), 600000);
    assert_string_equal(wn_values_strings(v, "words", &n)[1], "b");
    assert_int_equal(n, 2);
    assert_true(wn_values_is_set(v, "rate"));
    assert_false(wn_values_is_set(v, "offset"));
    assert_false(wn_values_is_set(v, "label"));
    assert_true(fabs(wn_values_float(v, "offset")) <= 0);
    assert_null(wn_values_string(v, "label"));
    assert_null(wn_values_ints(v, "levels", &n));
    assert_int_equal(n, 0);
    assert_null(wn_values_floats(v, "factors", &n));
    assert_int_equal(n, 0);
    assert_null(wn_values_any(v, "extra"));
    wn_values_destroy(v);
    wn_buf_release(&messages);
}

static void a_value_is_usual_if_it_is_the_default_however_it_is_written(void **state)
{
    static const char *const usual[] = {"",
                                        "'variant': 'stopping'",
                                        "'reduction_factor': 3",
                                        "'rate': 25e-2",
                                        "'verbose': true",
                                        "'timeout': 600",
                                        "'words': ['a', 'b']"};
    static const struct {
        const char *text, *name;
    } others[] = {
        {"'variant': 'promotion'", "variant"},
        {"'reduction_factor': 4", "reduction_factor"},
        {"'rate': 0.26", "rate"},
        {"'offset': 0", "offset"},
        {"'verbose': false", "verbose"},
        {"'label': 'x'", "label"},
        {"'timeout': '9m'", "timeout"},
        {"'levels': [1]", "levels"},
        {"'words': ['a']", "words"},
        {"'words': ['a', 'c']", "words"},
        {"'extra': 1", "extra"},
    };
    struct wn_buf messages = {0};

    (void)state;
    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++) {
        struct wn_values *v = values_of_quoted(usual[i], &messages);

        for (size_t k = 0; table[k].name; k++)
            if (wn_values_is_usual(v, table[k].name) == table[k].is_required)
                fail_msg("%s: %s", usual[i], table[k].name);
        wn_values_destroy(v);
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        struct wn_values *v = values_of_quoted(others[i].text, &messages);

        for (size_t k = 0; table[k].name; k++)
            if (wn_values_is_usual(v, table[k].name) !=
                (!table[k].is_required && strcmp(table[k].name, others[i].name) != 0))
                fail_msg("%s: %s", others[i].text, table[k].name);
        wn_values_destroy(v);
    }
    wn_buf_release(&messages);
}

static void given_values_are_taken(void **state)
{
    struct wn_buf messages = {0};
    struct wn_values *v =
        values_of("{\"grace_period\": 1e3, \"variant\": \"promotion\", "
                  "\"reduction_factor\": 100, \"rate\": 1, \"offset\": -1e300, "
                  "\"verbose\": false, \"label\": \"x\", \"timeout\": 0.25, "
                  "\"levels\": [1, 3, 81], \"factors\": [0.5, 10], \"words\": "
                  "[\"w\"], \"extra\": null}",
                  &messages);
    const int64_t *levels;
    const double *factors;
    size_t n = 0;

    (void)state;
    assert_string_equal(wn_buf_text(&messages), "");
    assert_int_equal(wn_values_int(v, "grace_period"), 1000);
    assert_int_equal(wn_values_choice(v, "variant"), 1);
    assert_string_equal(wn_values_string(v, "variant"), "promotion");
    assert_int_equal(wn_values_int(v, "reduction_factor"), 100);
    assert_true(fabs(wn_values_float(v, "rate") - 1) <= 0);
    assert_false(wn_values_bool(v, "verbose"));
    assert_string_equal(wn_values_string(v, "label"), "x");
    assert_int_equal(wn_values_ms(v, "timeout"), 250);
    levels = wn_values_ints(v, "levels", &n);
    assert_int_equal(n, 3);
    assert_int_equal(levels[0], 1);
    assert_int_equal(levels[2], 81);
    factors = wn_values_floats(v, "factors", &n);
    assert_int_equal(n, 2);
    assert_true(fabs(factors[0] - 0.5) <= 0 && fabs(factors[1] - 10) <= 0);
    assert_string_equal(wn_values_strings(v, "words", &n)[0], "w");
    assert_int_equal(n, 1);
    assert_true(wn_json_is(wn_values_any(v, "extra"), WN_JSON_NULL));
    wn_values_destroy(v);
    wn_buf_release(&messages);
}

static void mistakes_are_told_as_users_need_them(void **state)
{
    static const struct {
        const char *members, *message;
    } cases[] = {
        {"\"reduction_facto\": 2",
         "reduction_facto: unknown key; did you mean reduction_factor?"},
        {"\"Type\": 2", "Type: unknown key; did you mean type?"},
        {"\"zzz\": 2", "zzz: unknown key; allowed: variant, reduction_factor, "
                       "grace_period, rate, offset, "
                       "verbose, label, timeout, levels, factors, words, extra, type"},
        {"\"reduction_factor\": 1",
         "reduction_factor: 1 is below 2, the smallest allowed"},
        {"\"reduction_factor\": 101",
         "reduction_factor: 101 is above 100, the largest allowed"},
        {"\"reduction_factor\": 2.5", "reduction_factor: must be an integer, not 2.5"},
        {"\"reduction_factor\": \"3\"",
         "reduction_factor: must be an integer, not \"3\""},
        {"\"reduction_factor\": null", "reduction_factor: must be an integer, not null"},
        {"\"rate\": -0.5", "rate: -0.5 is below 0, the smallest allowed"},
        {"\"rate\": 1.0000000000000002",
         "rate: 1.0000000000000002 is above 1, the largest allowed"},
        {"\"rate\": true", "rate: must be a number, not true"},
        {"\"rate\": [1]", "rate: must be a number, not a list"},
        {"\"rate\": []", "rate: must be a number, not []"},
        {"\"verbose\": 1", "verbose: must be true or false, not 1"},
        {"\"variant\": \"promotoin\"", "variant: must be stopping or promotion (did you "
                                       "mean promotion?), not \"promotoin\""},
        {"\"variant\": 7", "variant: must be stopping or promotion, not 7"},
        {"\"label\": \"\"", "label: must be a non-empty string, not \"\""},
        {"\"label\": {\"a\": 1}", "label: must be a non-empty string, not an object"},
        {"\"timeout\": \"soon\"", "timeout: must be a duration: seconds, or a text like "
                                  "\"90s\", \"10m\", \"12h\", not \"soon\""},
        {"\"timeout\": -1", "timeout: must be a duration: seconds, or a text like "
                            "\"90s\", \"10m\", \"12h\", not -1"},
        {"\"timeout\": 1e300", "timeout: must be a duration: seconds, or a text like "
                               "\"90s\", \"10m\", \"12h\", not 1e+300"},
        {"\"timeout\": \"2h\"", "timeout: 7200 s is above 3600 s, the largest allowed"},
        {"\"levels\": 3", "levels: must be a list of at least one integer, not 3"},
        {"\"levels\": []", "levels: must be a list of at least one integer, not []"},
        {"\"levels\": [1, 0, 2.5]", "levels[1]: 0 is below 1, the smallest allowed\n"
                                    "scheduler.levels[2]: must be an integer, not 2.5"},
        {"\"factors\": [0.5, 11, true]",
         "factors[1]: 11 is above 10, the largest allowed\n"
         "scheduler.factors[2]: must be a number, not true"},
        {"\"factors\": []", "factors: must be a list of at least one number, not []"},
        {"\"words\": [\"a\", 1]", "words[1]: must be a non-empty string, not 1"},
        {"\"words\": \"a\"", "words: must be a list of at least one string, not \"a\""},
        {"\"label\": \"\", \"rate\": 2, \"x\": 1",
         "x: unknown key; allowed: variant, reduction_factor, grace_period, rate, "
         "offset, "
         "verbose, label, timeout, levels, factors, words, extra, type\n"
         "scheduler.rate: 2 is above 1, the largest allowed\n"
         "scheduler.label: must be a non-empty string, not \"\""},
    };
    struct wn_buf messages = {0}, text = {0};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        wn_buf_clear(&text);
        wn_buf_addf(&text, "{\"grace_period\": 1, %s}", cases[i].members);
        wn_values_destroy(values_of(text.at, &messages));
        wn_buf_clear(&text);
        wn_buf_addf(&text, "scheduler.%s", cases[i].message);
        assert_string_equal(wn_buf_text(&messages), text.at);
    }
    wn_buf_release(&messages);
    wn_buf_release(&text);
}

static void long_wrong_value_is_shown_cut(void **state)
{
    struct wn_buf messages = {0}, text = {0};

    (void)state;
    wn_buf_adds(&text, "{\"grace_period\": \"");
    for (int i = 0; i < 200; i++)
        wn_buf_adds(&text, "\xC3\xA9");
    wn_buf_adds(&text, "\"}");
    wn_values_destroy(values_of(text.at, &messages));
    assert_true(messages.n < 120);
    assert_string_equal(messages.at + messages.n - 6, "\xC3\xA9...\"");
    wn_buf_release(&messages);
    wn_buf_release(&text);
}

static void missing_required_key_is_told(void **state)
{
    struct wn_buf messages = {0};

    (void)state;
    wn_values_destroy(values_of("{}", &messages));
    assert_string_equal(messages.at, "scheduler.grace_period: this key is required");
    wn_values_destroy(values_of(NULL, &messages));
    assert_string_equal(messages.at, "scheduler.grace_period: this key is required");
    wn_values_destroy(values_of("[1]", &messages)); /* and nothing that follows from it */
    assert_string_equal(messages.at, "scheduler: must be an object, not a list");
    wn_buf_release(&messages);
}

static void mistaken_key_gets_its_default(void **state)
{
    struct wn_buf messages = {0};
    struct wn_values *v = values_of(
        "{\"grace_period\": 0, \"rate\": 7, \"words\": [\"\", \"x\"]}", &messages);
    size_t n;

    (void)state;
    assert_true(fabs(wn_values_float(v, "rate") - 0.25) <= 0);
    assert_string_equal(wn_values_strings(v, "words", &n)[0], "a");
    assert_false(wn_values_is_set(v, "grace_period")); /* it has none */
    assert_int_equal(wn_values_int(v, "grace_period"), 0);
    wn_values_destroy(v);
    wn_buf_release(&messages);
}

static void table_without_keys_refuses_every_key(void **state)
{
    struct wn_json *object = NULL;
    struct wn_problems problems = {0};
    struct wn_values *values = NULL;
    struct wn_error err;

    (void)state;
    assert_int_equal(wn_json_parse("{\"a\": 1}", 8, &object, &err), WN_OK);
    assert_int_equal(
        wn_values_parse(wn_no_options, object, "", NULL, &problems, &values, &err),
        WN_OK);
    assert_int_equal(problems.n, 1);
    assert_string_equal(problems.at[0], "a: unknown key; none is allowed here");
    wn_problems_release(&problems);
    wn_values_destroy(values);
    wn_json_destroy(object);
    wn_values_destroy(NULL);
}

static void values_written_as_json_parse_to_the_same(void **state)
{
    struct wn_buf messages = {0}, text = {0}, again = {0};
    struct wn_values *v =
        values_of("{\"extra\": {\"deep\": [1]}, \"levels\": [9, 3], "
                  "\"factors\": [1.2, 0.8], \"grace_period\": 2, \"timeout\": \"250ms\"}",
                  &messages);
    struct wn_json *object = wn_json_new_object();

    (void)state;
    assert_true(wn_values_json(v, object));
    wn_json_print(object, &text);
    assert_string_equal(
        text.at,
        "{\"variant\": \"stopping\", \"reduction_factor\": 3, \"grace_period\": 2, "
        "\"rate\": 0.25, \"verbose\": true, \"timeout\": 0.25, \"levels\": [9, 3], "
        "\"factors\": [1.2, 0.8], \"words\": [\"a\", \"b\"], \"extra\": {\"deep\": "
        "[1]}}");
    wn_values_destroy(v);
    wn_json_destroy(object);
    v = values_of(text.at, &messages);
    assert_string_equal(wn_buf_text(&messages), "");
    object = wn_json_new_object();
    assert_true(wn_values_json(v, object));
    wn_json_print(object, &again);
    assert_string_equal(again.at, text.at);
    assert_false(wn_values_json(v, NULL));
    wn_values_destroy(v);
    wn_json_destroy(object);
    wn_buf_release(&messages);
    wn_buf_release(&text);
    wn_buf_release(&again);
}

static void schema_describes_the_table(void **state)
{
    static const char expected[] =
        "{\"type\": \"object\", \"properties\": {"
        "\"variant\": {\"enum\": [\"stopping\", \"promotion\"], "
        "\"description\": \"What happens at a rung\", \"default\": \"stopping\"}, "
        "\"reduction_factor\": {\"type\": \"integer\", \"minimum\": 2, \"maximum\": 100, "
        "\"description\": \"One in this many goes on\", \"default\": 3}, "
        "\"grace_period\": {\"type\": \"integer\", \"minimum\": 1, \"description\": "
        "\"First rung\"}, "
        "\"rate\": {\"type\": \"number\", \"minimum\": 0, \"maximum\": 1, \"default\": "
        "0.25}, "
        "\"offset\": {\"type\": \"number\"}, "
        "\"verbose\": {\"type\": \"boolean\", \"default\": true}, "
        "\"label\": {\"type\": \"string\", \"minLength\": 1}, "
        "\"timeout\": {\"type\": [\"number\", \"string\"], \"minimum\": 0, \"maximum\": "
        "3600, "
        "\"pattern\": \"^[0-9]+(\\\\.[0-9]+)?(ms|s|m|h|d)?$\", \"default\": \"10m\"}, "
        "\"levels\": {\"type\": \"array\", \"items\": {\"type\": \"integer\", "
        "\"minimum\": 1, "
        "\"maximum\": 81}, \"minItems\": 1}, "
        "\"factors\": {\"type\": \"array\", \"items\": {\"type\": \"number\", "
        "\"minimum\": 0.1, \"maximum\": 10}, \"minItems\": 1}, "
        "\"words\": {\"type\": \"array\", \"items\": {\"type\": \"string\"}, "
        "\"minItems\": 1, "
        "\"default\": [\"a\", \"b\"]}, "
        "\"extra\": {}}, \"required\": [\"grace_period\"], \"additionalProperties\": "
        "false}";
    struct wn_json *schema = wn_options_schema(table);
    struct wn_buf text = {0};

    (void)state;
    wn_json_print(schema, &text);
    assert_string_equal(wn_buf_text(&text), expected);
    wn_json_destroy(schema);
    wn_buf_clear(&text);
    schema = wn_options_schema(wn_no_options);
    wn_json_print(schema, &text);
    assert_string_equal(
        wn_buf_text(&text),
        "{\"type\": \"object\", \"properties\": {}, \"additionalProperties\": false}");
    wn_json_destroy(schema);
    wn_buf_release(&text);
}

static void help_is_aligned(void **state)
{
    static const struct wn_option few[] = {
        {.name = "variant",
         .type = WN_OPTION_CHOICE,
         .def = "\"stopping\"",
         .choices = variants,
         .help = "What happens"},
        {.name = "n",
         .type = WN_OPTION_INT,
         .low = 1,
         .high = HUGE_VAL,
         .is_required = true,
         .help = "How many"},
        {.name = "rate", .type = WN_OPTION_FLOAT, .high = 0.5, .help = "How much"},
        {.name = NULL},
    };
    struct wn_buf out = {0};

    (void)state;
    wn_options_help(few, &out);
    assert_string_equal(wn_buf_text(&out),
                        "  variant  stopping|promotion  \"stopping\"  What happens\n"
                        "  n        integer >= 1        required    How many\n"
                        "  rate     number 0..0.5       -           How much\n");
    wn_buf_release(&out);
}

static void parsing_survives_every_failed_allocation(void **state)
{
    static const char *const texts[] = {
        "{\"grace_period\": 1, \"variant\": \"promotion\", \"levels\": [1, 3], "
        "\"factors\": [1], \"words\": [\"w\"], "
        "\"extra\": {\"a\": [1]}, \"label\": \"x\"}",
        "{\"grace_period\": 0, \"variant\": \"promotoin\", \"levels\": [0], \"words\": "
        "[\"\"], "
        "\"reduction_facto\": 3, \"zzz\": 1, \"label\": \"\"}",
        "[]",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct wn_json *object = NULL;
        struct wn_error err = {.status = WN_OK};
        bool is_over = false;

        assert_int_equal(wn_json_parse(texts[i], strlen(texts[i]), &object, &err), WN_OK);
        for (uint64_t n = 1; !is_over; n++) {
            struct wn_problems problems = {0};
            struct wn_values *values = NULL;
            uint64_t before = wn_mem_count();
            enum wn_status rc;

            wn_mem_fail_after(n);
            rc = wn_values_parse(table, object, "s", skipped, &problems, &values, &err);
            is_over = wn_mem_count() - before < n;
            wn_mem_fail_after(0);
            assert_int_equal(rc == WN_OK, values != NULL);
            if (is_over ? rc != WN_OK : rc != WN_ENOMEM && !problems.failed)
                fail_msg("text %zu, allocation %d: status %d", i, (int)n, (int)rc);
            wn_values_destroy(values);
            wn_problems_release(&problems);
        }
        wn_json_destroy(object);
    }
}

static void schema_and_json_survive_every_failed_allocation(void **state)
{
    struct wn_buf messages = {0};
    struct wn_values *v =
        values_of("{\"grace_period\": 1, \"levels\": [1], \"extra\": [1]}", &messages);
    bool is_over = false;

    (void)state;
    for (uint64_t n = 1; !is_over; n++) {
        struct wn_json *object = wn_json_new_object(), *schema;
        struct wn_buf help = {0};
        bool is_written;

        wn_mem_fail_after(n);
        schema = wn_options_schema(table);
        wn_mem_fail_after(n);
        is_written = wn_values_json(v, object);
        wn_mem_fail_after(n);
        wn_options_help(table, &help);
        wn_mem_fail_after(0);
        is_over = schema && is_written && !help.failed;
        wn_json_destroy(schema);
        wn_json_destroy(object);
        wn_buf_release(&help);
    }
    wn_values_destroy(v);
    wn_buf_release(&messages);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_fill_what_is_not_given),
        cmocka_unit_test(given_values_are_taken),
        cmocka_unit_test(mistakes_are_told_as_users_need_them),
        cmocka_unit_test(long_wrong_value_is_shown_cut),
        cmocka_unit_test(missing_required_key_is_told),
        cmocka_unit_test(mistaken_key_gets_its_default),
        cmocka_unit_test(table_without_keys_refuses_every_key),
        cmocka_unit_test(a_value_is_usual_if_it_is_the_default_however_it_is_written),
        cmocka_unit_test(values_written_as_json_parse_to_the_same),
        cmocka_unit_test(schema_describes_the_table),
        cmocka_unit_test(help_is_aligned),
        cmocka_unit_test(parsing_survives_every_failed_allocation),
        cmocka_unit_test(schema_and_json_survive_every_failed_allocation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

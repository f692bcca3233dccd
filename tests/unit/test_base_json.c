/* test_base_json.c - what is accepted, what is refused and where, and what is written. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/rng.h"

static struct wn_json *parsed(const char *text)
{
    struct wn_json *root = NULL;
    struct wn_error err;

    if (wn_json_parse(text, strlen(text), &root, &err) != WN_OK)
        fail_msg("%s: %s", text, err.text);
    return root;
}

static void assert_prints(const struct wn_json *node, const char *expected)
{
    struct wn_buf out = {0};

    wn_json_print(node, &out);
    assert_string_equal(wn_buf_text(&out), expected);
    wn_buf_release(&out);
}

static void valid_texts_are_read_and_written(void **state)
{
    static const struct {
        const char *text, *printed;
    } cases[] = {
        {"null", "null"},
        {" \t\r\n true \n", "true"},
        {"false", "false"},
        {"0", "0"},
        {"-0", "-0"},
        {"12", "12"},
        {"1E2", "100"},
        {"1.50", "1.5"},
        {"0.1e+1", "1"},
        {"1e-5", "1e-05"},
        {"9007199254740992", "9007199254740992"},
        {"-9007199254740992", "-9007199254740992"},
        {"9007199254740993.0", "9007199254740992"}, /* not an integer: a point says so */
        {"1e16", "1e+16"},
        {"12345678901234567890.5", "1.2345678901234567e+19"},
        {"9007199254740994.0", "9007199254740994.0"}, /* with its point: reads back */
        {"1e-400", "0"},
        {"\"\"", "\"\""},
        {"\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"a\\\"\\\\/\\b\\f\\n\\r\\t\""},
        {"\"\\u0041\\u00e9\\u20AC\\ud83d\\ude00\"",
         "\"A\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\""},
        {"\"\\u0001\x7F\"", "\"\\u0001\x7F\""},
        {"\"\xF4\x8F\xBF\xBF\xEF\xBF\xBF\"", "\"\xF4\x8F\xBF\xBF\xEF\xBF\xBF\""},
        {"[]", "[]"},
        {"{}", "{}"},
        {"[1,[2,[3]],{}]", "[1, [2, [3]], {}]"},
        {"{\"b\":1,\"a\":{\"b\":2}}", "{\"b\": 1, \"a\": {\"b\": 2}}"}, /* in order */
        {"{\"\":0,\"A\":1,\"a\":2}", "{\"\": 0, \"A\": 1, \"a\": 2}"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct wn_json *root = parsed(cases[i].text);

        assert_prints(root, cases[i].printed);
        wn_json_destroy(root);
    }
}

static void invalid_texts_are_refused_with_line_and_column(void **state)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"", "line 1, column 1: expected a value, but the text ends"},
        {"  \n ", "line 2, column 2: expected a value, but the text ends"},
        {"{\n  \"a\": 1,\n  b: 2\n}",
         "line 3, column 3: expected a key in double quotes, not 'b'"},
        {"{'a': 1}", "line 1, column 2: expected a key in double quotes, not '''"},
        {"{\"a\" 1}", "line 1, column 6: expected ':' after the key, not '1'"},
        {"{\"a\": }", "line 1, column 7: expected a value, not '}'"},
        {"{\"a\": 1 \"b\": 2}", "line 1, column 9: expected ',' or '}', not '\"'"},
        {"{\"a\": 1,}", "line 1, column 9: expected a key in double quotes, not '}'"},
        {"{\"a\": 1", "line 1, column 8: expected ',' or '}', but the text ends"},
        {"[1,]", "line 1, column 4: expected a value, not ']'"},
        {"[1 2]", "line 1, column 4: expected ',' or ']', not '2'"},
        {"[1", "line 1, column 3: expected ',' or ']', but the text ends"},
        {"1 2", "line 1, column 3: expected nothing after the value, not '2'"},
        {"{}\n\n}", "line 3, column 1: expected nothing after the value, not '}'"},
        {"nul", "line 1, column 1: expected a value, not 'n'"},
        {"nulll", "line 1, column 5: expected nothing after the value, not 'l'"},
        {"True", "line 1, column 1: expected a value, not 'T'"},
        {"NaN", "line 1, column 1: expected a value, not 'N'"},
        {"Infinity", "line 1, column 1: expected a value, not 'I'"},
        {"-Infinity", "line 1, column 2: expected a digit, not 'I'"},
        {"01", "line 1, column 1: a number must not start with a superfluous 0"},
        {"-01", "line 1, column 2: a number must not start with a superfluous 0"},
        {"+1", "line 1, column 1: expected a value, not '+'"},
        {".5", "line 1, column 1: expected a value, not '.'"},
        {"1.", "line 1, column 3: expected a digit after the point, but the text ends"},
        {"1.e5", "line 1, column 3: expected a digit after the point, not 'e'"},
        {"1e", "line 1, column 3: expected a digit in the exponent, but the text ends"},
        {"1e+-5", "line 1, column 4: expected a digit in the exponent, not '-'"},
        {"0x10", "line 1, column 2: expected nothing after the value, not 'x'"},
        {"-", "line 1, column 2: expected a digit, but the text ends"},
        {"[9007199254740993]", "line 1, column 2: the integer 9007199254740993 is beyond "
                               "+-2^53 and would be rounded"},
        {"-9007199254740993", "line 1, column 1: the integer -9007199254740993 is beyond "
                              "+-2^53 and would be rounded"},
        {"1e999", "line 1, column 1: the number is too large for a double"},
        {"\"a", "line 1, column 1: the string that starts here has no end"},
        {"\"a\\", "line 1, column 4: expected one of \" \\ / b f n r t u after \\, but "
                  "the text ends"},
        {"\"\\x41\"",
         "line 1, column 3: expected one of \" \\ / b f n r t u after \\, not 'x'"},
        {"\"a\tb\"",
         "line 1, column 3: the control character 0x09 must be escaped in a string"},
        {"\"a\nb\"",
         "line 1, column 3: the control character 0x0A must be escaped in a string"},
        {"\"\\u12g4\"",
         "line 1, column 6: expected four hexadecimal digits after \\u, not 'g'"},
        {"\"\\u0000\"", "line 1, column 2: \\u0000 is not allowed in a string"},
        {"{\"\\u0000\": 1}", "line 1, column 3: \\u0000 is not allowed in a string"},
        {"\"\\ud83d\"",
         "line 1, column 2: \\uD83D needs the second half of its pair after it"},
        {"\"\\ud83d\\u0041\"",
         "line 1, column 2: \\uD83D needs the second half of its pair after it"},
        {"\"\\ude00\"",
         "line 1, column 2: \\uDE00 is the second half of a pair without the first"},
        {"\"\xC3\xA9\xC3\xA9\xFF\"",
         "line 1, column 4: the byte 0xFF is not valid UTF-8 here"},
        {"\"\xC0\xAF\"", "line 1, column 2: the byte 0xC0 is not valid UTF-8 here"},
        {"\"\xE0\x80\xAF\"", "line 1, column 2: the byte 0xE0 is not valid UTF-8 here"},
        {"\"\xED\xA0\x80\"", "line 1, column 2: the byte 0xED is not valid UTF-8 here"},
        {"\"\xF4\x90\x80\x80\"",
         "line 1, column 2: the byte 0xF4 is not valid UTF-8 here"},
        {"\"\xE2\x82\"", "line 1, column 2: the byte 0xE2 is not valid UTF-8 here"},
        {"\"\x80\"", "line 1, column 2: the byte 0x80 is not valid UTF-8 here"},
        {"\xEF\xBB\xBF{}",
         "line 1, column 1: the text starts with a byte order mark; save it without one"},
        {"{\"a\": 1,\n \"b\": 2,\n \"a\": 3}",
         "line 3, column 2: the key \"a\" is already in line 1 of the same object"},
        {"{\"a\": 1, \"\\u0061\": 3}",
         "line 1, column 10: the key \"a\" is already in line 1 of the same object"},
        {"[{\"x\": {\"k\": 1,\n\"k\": 2}}]",
         "line 2, column 1: the key \"k\" is already in line 1 of the same object"},
        {"// no\n1", "line 1, column 1: expected a value, not '/'"},
        {"\x01", "line 1, column 1: expected a value, not the byte 0x01"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct wn_json *root = NULL;
        struct wn_error err = {.status = WN_OK};
        size_t n = strlen(cases[i].text);
        char *exact = malloc(n ? n : 1); /* no NUL behind it: the length alone counts */

        assert_non_null(exact);
        memcpy(exact, cases[i].text, n);
        if (wn_json_parse(exact, n, &root, &err) != WN_EINVAL)
            fail_msg("case %zu was accepted: %s", i, cases[i].text);
        assert_string_equal(err.text, cases[i].message);
        assert_null(root);
        assert_int_equal(wn_json_parse(exact, n, &root, NULL), WN_EINVAL);
        free(exact);
    }
}

static void byte_zero_does_not_end_the_text(void **state)
{
    struct wn_json *root = NULL;
    struct wn_error err;

    (void)state;
    assert_int_equal(wn_json_parse("1\0", 2, &root, &err), WN_EINVAL);
    assert_string_equal(
        err.text,
        "line 1, column 2: expected nothing after the value, not the byte 0x00");
    assert_int_equal(wn_json_parse("\"a\0b\"", 5, &root, &err), WN_EINVAL);
    assert_int_equal(wn_json_parse("\"\\\0\"", 4, &root, &err), WN_EINVAL);
    assert_int_equal(wn_json_parse(NULL, 0, &root, &err), WN_EINVAL);
    assert_null(root);
}

static void keys_may_repeat_in_different_objects(void **state)
{
    (void)state;
    wn_json_destroy(
        parsed("{\"a\": {\"a\": [{\"a\": 1}, {\"a\": 2}]}, \"b\": {\"a\": 1}}"));
}

static void nesting_ends_at_64(void **state)
{
    char text[131] = {0};
    struct wn_json *root = NULL;
    struct wn_error err;

    (void)state;
    memset(text, '[', 64);
    memset(text + 64, ']', 64);
    wn_json_destroy(parsed(text));
    memset(text, '[', 65);
    memset(text + 65, ']', 65);
    assert_int_equal(wn_json_parse(text, 130, &root, &err), WN_EINVAL);
    assert_string_equal(err.text,
                        "line 1, column 65: lists and objects are nested deeper than 64");
    assert_int_equal(wn_json_parse_lenient(text, 130, &root, &err), WN_EINVAL);
}

static void many_keys_are_checked_quickly(void **state)
{
    enum { N = 20000 };
    struct wn_buf text = {0};
    struct wn_json *root = NULL;
    struct wn_error err;

    (void)state;
    wn_buf_addc(&text, '{');
    for (int i = 0; i < N; i++)
        wn_buf_addf(&text, "\"key %d\": %d,\n", i, i);
    wn_buf_adds(&text, "\"key 7\": 0}");
    assert_int_equal(wn_json_parse(text.at, text.n, &root, &err), WN_EINVAL);
    assert_string_equal(err.text, "line 20001, column 1: the key \"key 7\" is already in "
                                  "line 8 of the same object");
    wn_buf_release(&text);
}

static void lenient_reads_what_training_programs_write(void **state)
{
    static const char text[] = "{\"a\": NaN, \"b\": Infinity, \"c\": -Infinity, \"d\": "
                               "123456789012345678901, \"e\": 1e999}";
    struct wn_json *root = NULL;
    struct wn_error err;
    int64_t integer;

    (void)state;
    assert_int_equal(wn_json_parse(text, strlen(text), &root, &err), WN_EINVAL);
    assert_int_equal(wn_json_parse_lenient(text, strlen(text), &root, &err), WN_OK);
    assert_true(wn_json_is(wn_json_get(root, "a"), WN_JSON_NUMBER));
    assert_true(isnan(wn_json_number(wn_json_get(root, "a"))));
    assert_true(isinf(wn_json_number(wn_json_get(root, "b"))));
    assert_true(wn_json_number(wn_json_get(root, "c")) < -DBL_MAX);
    assert_true(fabs(wn_json_number(wn_json_get(root, "d")) - 123456789012345678901.0) <
                1);
    assert_true(isinf(wn_json_number(wn_json_get(root, "e"))));
    assert_false(wn_json_integer(wn_json_get(root, "a"), &integer));
    assert_false(wn_json_integer(wn_json_get(root, "b"), &integer));
    assert_false(wn_json_integer(wn_json_get(root, "d"), &integer));
    assert_prints(root, "{\"a\": \"NaN\", \"b\": \"Infinity\", \"c\": \"-Infinity\", "
                        "\"d\": 1.2345678901234568e+20, \"e\": \"Infinity\"}");
    assert_true(wn_json_equal(root, root)); /* NaN included */
    wn_json_destroy(root);
    root = NULL;
    static const char *const still_refused[] = {
        "nan", "-NaN", "Inf", "infinity", "NaNs", "-Infinit", "{\"a\": 1, \"a\": 2}",
        "01",  "[1,]"};
    for (size_t i = 0; i < sizeof still_refused / sizeof still_refused[0]; i++)
        if (wn_json_parse_lenient(still_refused[i], strlen(still_refused[i]), &root,
                                  &err) == WN_OK)
            fail_msg("%s was accepted", still_refused[i]);
}

static void long_numbers_are_read_whole(void **state)
{
    char text[200];
    struct wn_json *root;

    (void)state;
    memset(text, '0', sizeof text);
    memcpy(text, "0.", 2);
    memcpy(text + 100, "125e99", 7);
    root = parsed(text);
    assert_true(fabs(wn_json_number(root) - 1.25) < 1e-12);
    wn_json_destroy(root);
}

static void numbers_are_printed_the_shortest_way(void **state)
{
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        {0, "0"},
        {-0.0, "-0"},
        {1, "1"},
        {-17, "-17"},
        {0.1, "0.1"},
        {0.30000000000000004, "0.30000000000000004"},
        {1.0 / 3, "0.3333333333333333"},
        {1e15, "1000000000000000"},
        {9007199254740991, "9007199254740991"},
        {9007199254740992, "9007199254740992"},
        {9007199254740994, "9007199254740994.0"},
        {123456789012345680, "1.2345678901234568e+17"},
        {1e22, "1e+22"},
        {1e-5, "1e-05"},
        {5e-324, "5e-324"},
        {2.5e-310, "2.5e-310"},
        {DBL_MIN, "2.2250738585072014e-308"},
        {DBL_MAX, "1.7976931348623157e+308"},
        {-DBL_MAX, "-1.7976931348623157e+308"},
        {HUGE_VAL, "Infinity"},
        {-HUGE_VAL, "-Infinity"},
    };
    char text[32];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(wn_number_print(cases[i].value, text, sizeof text),
                            cases[i].text);
    assert_string_equal(wn_number_print((double)NAN, text, sizeof text), "NaN");
}

static void every_number_reads_back_the_same(void **state)
{
    struct wn_rng rng = wn_rng_keyed(1, WN_STREAM_TEST, 0);

    (void)state;
    for (int i = 0; i < 20000; i++) {
        uint64_t bits = wn_rng_u64(&rng);
        double value, back;
        char text[32];
        struct wn_json *root;

        memcpy(&value, &bits, sizeof value);
        if (i % 2)
            value = wn_rng_uniform(&rng, -1e6, 1e6);
        if (!isfinite(value))
            continue;
        assert_true(strlen(wn_number_print(value, text, sizeof text)) < sizeof text - 1);
        root = parsed(text);
        back = wn_json_number(root);
        if (memcmp(&back, &value, sizeof value) != 0)
            fail_msg("%a was printed as %s", value, text);
        wn_json_destroy(root);
    }
}

static void integers_are_told_from_other_numbers(void **state)
{
    static const struct {
        const char *text;
        bool is_integer;
        int64_t value;
    } cases[] = {
        {"0", true, 0},
        {"-0", true, 0},
        {"3", true, 3},
        {"3.0", true, 3},
        {"3e2", true, 300},
        {"-9007199254740992", true, -INT64_C(9007199254740992)},
        {"9007199254740992", true, INT64_C(9007199254740992)},
        {"9007199254740994.0", false, 0},
        {"1e300", false, 0},
        {"0.5", false, 0},
        {"\"3\"", false, 0},
        {"true", false, 0},
        {"[3]", false, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct wn_json *root = parsed(cases[i].text);
        int64_t value = -99;

        if (wn_json_integer(root, &value) != cases[i].is_integer ||
            value != (cases[i].is_integer ? cases[i].value : -99))
            fail_msg("%s gave %lld", cases[i].text, (long long)value);
        wn_json_destroy(root);
    }
}

static void trees_are_walked_and_looked_up(void **state)
{
    struct wn_json *root = parsed("{\"a\": [1, \"x\", null], \"A\": true, \"n\": {}}");
    const struct wn_json *list = wn_json_get(root, "a");
    struct wn_buf keys = {0};

    (void)state;
    assert_int_equal(wn_json_size(root), 3);
    for (const struct wn_json *c = wn_json_first(root); c; c = wn_json_next(c))
        wn_buf_addf(&keys, "%s %s;", wn_json_key(c), wn_json_type_name(c));
    assert_string_equal(keys.at, "a a list;A true;n an object;");
    wn_buf_release(&keys);
    assert_int_equal(wn_json_size(list), 3);
    assert_string_equal(wn_json_string(wn_json_at(list, 1)), "x");
    assert_true(wn_json_is(wn_json_at(list, 2), WN_JSON_NULL));
    assert_null(wn_json_at(list, 3));
    assert_null(wn_json_get(root, "b"));
    assert_null(wn_json_get(list, "a"));
    assert_true(wn_json_bool(wn_json_get(root, "A"))); /* case matters */
    wn_json_destroy(root);
}

static void nothing_and_wrong_types_are_harmless(void **state)
{
    struct wn_json *number = parsed("5");
    int64_t integer;

    (void)state;
    assert_false(wn_json_is(NULL, WN_JSON_NULL));
    assert_string_equal(wn_json_type_name(NULL), "nothing");
    assert_null(wn_json_string(number));
    assert_null(wn_json_string(NULL));
    assert_null(wn_json_first(number));
    assert_null(wn_json_first(NULL));
    assert_null(wn_json_get(NULL, "a"));
    assert_null(wn_json_member(NULL, "a"));
    assert_int_equal(wn_json_size(number), 0);
    assert_false(wn_json_bool(number));
    assert_false(wn_json_integer(NULL, &integer));
    assert_true(fabs(wn_json_number(NULL)) <= 0);
    assert_null(wn_json_copy(NULL));
    assert_true(wn_json_equal(NULL, NULL));
    assert_false(wn_json_equal(NULL, number));
    wn_json_remove(NULL, "a");
    wn_json_destroy(NULL);
    wn_json_destroy(number);
}

static void equality_minds_values_and_not_order(void **state)
{
    static const struct {
        const char *a, *b;
        bool is_equal;
    } cases[] = {
        {"{\"a\": 1, \"b\": [1, {\"c\": 2, \"d\": 3}]}",
         "{\"b\": [1, {\"d\": 3, \"c\": 2}], \"a\": 1}", true},
        {"{\"a\": 1}", "{\"a\": 1, \"b\": 2}", false},
        {"{\"a\": 1, \"b\": 2}", "{\"a\": 1, \"c\": 2}", false},
        {"{\"a\": 1}", "{\"A\": 1}", false},
        {"[1, 2]", "[2, 1]", false},
        {"[1, 2]", "[1]", false},
        {"[]", "{}", false},
        {"0.1", "0.10000000000000002", false}, /* cJSON's own comparison says equal */
        {"1", "1.0", true},
        {"0", "-0", true},
        {"true", "false", false},
        {"null", "false", false},
        {"\"a\"", "\"a\"", true},
        {"\"1\"", "1", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct wn_json *a = parsed(cases[i].a), *b = parsed(cases[i].b);

        if (wn_json_equal(a, b) != cases[i].is_equal ||
            wn_json_equal(b, a) != cases[i].is_equal)
            fail_msg("%s and %s", cases[i].a, cases[i].b);
        wn_json_destroy(a);
        wn_json_destroy(b);
    }
}

static void built_trees_print_as_built(void **state)
{
    struct wn_json *root = wn_json_new_object(), *list = wn_json_new_list();

    (void)state;
    assert_true(wn_json_add(list, wn_json_new_integer(-5)));
    assert_true(wn_json_add(list, wn_json_new_null()));
    assert_true(wn_json_add(list, wn_json_new_bool(false)));
    assert_true(wn_json_add(list, wn_json_new_number((double)NAN)));
    assert_true(wn_json_add(list, wn_json_new_number(-HUGE_VAL)));
    assert_true(wn_json_add(list, wn_json_new_string("bad \xFF\xC3 utf")));
    assert_true(wn_json_set(root, "first", wn_json_new_number(0.5)));
    assert_true(wn_json_set(root, "list", list));
    assert_true(wn_json_set(root, "last", wn_json_new_bool(true)));
    assert_true(wn_json_set(root, "first", wn_json_new_integer(1))); /* keeps its place */
    assert_prints(root,
                  "{\"first\": 1, \"list\": [-5, null, false, \"NaN\", \"-Infinity\", "
                  "\"bad \xEF\xBF\xBD\xEF\xBF\xBD utf\"], \"last\": true}");
    wn_json_remove(root, "list");
    wn_json_remove(root, "none");
    assert_true(wn_json_set(wn_json_member(root, "first"), "x", wn_json_new_null()) ==
                false);
    assert_prints(root, "{\"first\": 1, \"last\": true}");
    wn_json_destroy(root);
}

static void member_moves_under_another_name(void **state)
{
    struct wn_json *a = parsed("{\"old\": [1, 2]}"), *b = wn_json_new_object();
    struct wn_json *copy = wn_json_copy(wn_json_get(a, "old"));

    (void)state;
    assert_true(wn_json_set(b, "new", copy));
    wn_json_destroy(a);
    assert_prints(b, "{\"new\": [1, 2]}");
    wn_json_destroy(b);
}

static void failed_building_frees_the_item(void **state)
{
    struct wn_json *list = wn_json_new_list(), *object = wn_json_new_object();

    (void)state;
    assert_false(wn_json_add(NULL, wn_json_new_null()));
    assert_false(wn_json_add(object, wn_json_new_null()));
    assert_false(wn_json_add(list, NULL));
    assert_false(wn_json_set(NULL, "a", wn_json_new_null()));
    assert_false(wn_json_set(list, "a", wn_json_new_null()));
    assert_false(wn_json_set(object, "a", NULL));
    struct wn_json *item = wn_json_new_string("x");
    wn_mem_fail_after(1);
    assert_false(wn_json_set(object, "a", item));
    assert_null(wn_json_new_string(NULL));
    assert_prints(object, "{}");
    wn_json_destroy(list);
    wn_json_destroy(object);
}

static void pretty_print_keeps_short_lists_on_a_line(void **state)
{
    struct wn_json *root = parsed(
        "{\"a\":[1,2,3],\"e\":[],\"o\":{},\"long\":["
        "\"0123456789012345678901234567890123456789\","
        "\"0123456789012345678901234567890123456789\"],\"nested\":[[1,2],{\"k\":null}]}");
    struct wn_buf out = {0};

    (void)state;
    wn_json_print_pretty(root, &out);
    assert_string_equal(wn_buf_text(&out),
                        "{\n"
                        "  \"a\": [1, 2, 3],\n"
                        "  \"e\": [],\n"
                        "  \"o\": {},\n"
                        "  \"long\": [\n"
                        "    \"0123456789012345678901234567890123456789\",\n"
                        "    \"0123456789012345678901234567890123456789\"\n"
                        "  ],\n"
                        "  \"nested\": [\n"
                        "    [1, 2],\n"
                        "    {\n"
                        "      \"k\": null\n"
                        "    }\n"
                        "  ]\n"
                        "}");
    wn_buf_release(&out);
    wn_json_destroy(root);
}

static const char walked[] =
    "{\"a\": [1, 2.5, \"text\"], \"b\": {\"c\": null, \"d\": \"\\u00e9\"}, "
    "\"e\": {\"f\": {\"g\": [true]}}}";

static void parsing_survives_every_failed_allocation(void **state)
{
    (void)state;
    for (uint64_t n = 1;; n++) {
        struct wn_json *root = NULL;
        struct wn_error err = {.status = WN_OK};
        enum wn_status rc;

        wn_mem_fail_after(n);
        rc = wn_json_parse(walked, strlen(walked), &root, &err);
        wn_mem_fail_after(0);
        if (rc == WN_OK) {
            struct wn_json *whole = parsed(walked);

            assert_true(wn_json_equal(root, whole));
            wn_json_destroy(whole);
            wn_json_destroy(root);
            assert_true(n > 20);
            return;
        }
        if (rc != WN_ENOMEM || err.status != WN_ENOMEM || root)
            fail_msg("allocation %d: %s", (int)n, err.text);
    }
}

static void refusing_survives_every_failed_allocation(void **state)
{
    static const char text[] = "{\"a\": 1, \"b\": [1, 2, {\"x\": 1}], \"a\": 2}";
    bool was_refused = false;

    (void)state;
    for (uint64_t n = 1; !was_refused; n++) {
        struct wn_json *root = NULL;
        struct wn_error err;
        uint64_t before = wn_mem_count();
        enum wn_status rc;

        wn_mem_fail_after(n);
        rc = wn_json_parse(text, strlen(text), &root, &err);
        was_refused = rc == WN_EINVAL && wn_mem_count() - before < n;
        wn_mem_fail_after(0);
        assert_true(rc == WN_ENOMEM || rc == WN_EINVAL);
        assert_null(root);
    }
}

static void copying_and_printing_survive_every_failed_allocation(void **state)
{
    struct wn_json *root = parsed(walked);
    bool is_copied = false, is_printed = false;

    (void)state;
    for (uint64_t n = 1; !is_copied || !is_printed; n++) {
        struct wn_buf out = {0};
        struct wn_json *copy;

        wn_mem_fail_after(n);
        copy = wn_json_copy(root);
        wn_mem_fail_after(n);
        wn_json_print_pretty(root, &out);
        wn_json_print(root, &out);
        wn_mem_fail_after(0);
        is_copied = copy != NULL;
        is_printed = !out.failed;
        assert_true(!is_copied || wn_json_equal(copy, root));
        wn_json_destroy(copy);
        wn_buf_release(&out);
    }
    wn_json_destroy(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(valid_texts_are_read_and_written),
        cmocka_unit_test(invalid_texts_are_refused_with_line_and_column),
        cmocka_unit_test(byte_zero_does_not_end_the_text),
        cmocka_unit_test(keys_may_repeat_in_different_objects),
        cmocka_unit_test(nesting_ends_at_64),
        cmocka_unit_test(many_keys_are_checked_quickly),
        cmocka_unit_test(lenient_reads_what_training_programs_write),
        cmocka_unit_test(long_numbers_are_read_whole),
        cmocka_unit_test(numbers_are_printed_the_shortest_way),
        cmocka_unit_test(every_number_reads_back_the_same),
        cmocka_unit_test(integers_are_told_from_other_numbers),
        cmocka_unit_test(trees_are_walked_and_looked_up),
        cmocka_unit_test(nothing_and_wrong_types_are_harmless),
        cmocka_unit_test(equality_minds_values_and_not_order),
        cmocka_unit_test(built_trees_print_as_built),
        cmocka_unit_test(member_moves_under_another_name),
        cmocka_unit_test(failed_building_frees_the_item),
        cmocka_unit_test(pretty_print_keeps_short_lists_on_a_line),
        cmocka_unit_test(parsing_survives_every_failed_allocation),
        cmocka_unit_test(refusing_survives_every_failed_allocation),
        cmocka_unit_test(copying_and_printing_survive_every_failed_allocation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

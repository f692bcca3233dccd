/* test_space_span.c - the parts of [0, 1] that are one value; who is active together. */
#include "test_space.h"

#include "base/rng.h"

static const char *const finite[] = {
    "{'a': {'type': 'int', 'low': 1, 'high': 5}}",
    "{'a': {'type': 'int', 'low': -3, 'high': 12, 'step': 4}}",
    "{'a': {'type': 'int', 'low': 16, 'high': 512, 'scale': 'log'}}",
    "{'a': {'type': 'int', 'low': 1, 'high': 100, 'scale': 'log', 'step': 7}}",
    "{'a': {'type': 'int', 'low': 2, 'high': 97, 'scale': 'log', 'step': 8}}",
    "{'a': {'type': 'float', 'low': 0, 'high': 1, 'step': 0.15}}",
    "{'a': {'type': 'float', 'low': 0.001, 'high': 1, 'scale': 'log', 'step': 0.125}}",
    "{'a': {'type': 'float', 'low': 0, 'high': 0.8, 'step': 0.1,'scale': 'reverse-log'}}",
    "{'a': {'type': 'ordinal', 'values': ['s', 'm', 'l']}}",
    "{'a': {'type': 'ordinal', 'values': [1, 2, 4, 32, 33]}}",
    "{'a': {'type': 'ordinal', 'values': [1, 2, 4, 32, 33], 'encoding': 'nearest-log'}}",
    "{'a': {'type': 'ordinal', 'values': ['only']}}",
};

static int64_t bits_at(const struct wn_space *space, double place)
{
    union wn_cell cell;

    wn_config_decode(space, &place, &cell);
    return cell.i;
}

/* Begin at 0 and go from part to part: each decodes to its value on both sides of its
 * ends, next to it begins another, and together they are all values and all of [0, 1]. */
static void parts_are_what_decodes_to_one_value(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof finite / sizeof *finite; i++) {
        struct wn_space *space = space_of(finite[i]);
        const struct wn_param *param = wn_space_param(space, 0);
        double at = 0, from = 0, to = 0;
        uint64_t size = 0, n = 0;

        assert_true(wn_space_size(space, &size));
        for (; at < 1; at = to) {
            double inside = at + 1e-9, last;

            assert_true(wn_param_span(param, inside, &from, &to));
            if (fabs(from - at) > 1e-15 || !(to > from))
                fail_msg("%s: part %d from %.17g, not %.17g, to %.17g", finite[i], (int)n,
                         from, at, to);
            last = to - 1e-9;
            if (bits_at(space, inside) != bits_at(space, last))
                fail_msg("%s: %.17g and %.17g differ", finite[i], inside, last);
            if (to < 1 && bits_at(space, inside) == bits_at(space, to + 1e-9))
                fail_msg("%s: the value goes on after %.17g", finite[i], to);
            n++;
        }
        assert_true(to <= 1 && to >= 1);
        assert_int_equal(n, size);
        wn_space_destroy(space);
    }
}

static void knows_parts_by_number(void **state)
{
    struct wn_space *space = space_of("{'a': {'type': 'int', 'low': 1, 'high': 5},"
                                      " 'b': {'type': 'int', 'low': 1, 'high': 8, "
                                      "'scale': 'log'}}");
    double from, to;

    (void)state;
    assert_true(wn_param_span(wn_space_param(space, 0), 0.5, &from, &to));
    assert_true(fabs(from - 0.4) < 1e-15 && fabs(to - 0.6) < 1e-15);
    assert_true(wn_param_span(wn_space_param(space, 1), 0.5, &from, &to));
    /* half way from log 0.5 to log 8.5 is log 2.06: the part of 2 */
    assert_true(fabs(from - log(1.5 / 0.5) / log(8.5 / 0.5)) < 1e-15);
    assert_true(fabs(to - log(2.5 / 0.5) / log(8.5 / 0.5)) < 1e-15);
    assert_true(wn_param_span(wn_space_param(space, 1), -3, &from, &to));
    assert_true(from <= 0 && to > 0);
    assert_true(wn_param_span(wn_space_param(space, 1), 7, &from, &to));
    assert_true(to >= 1 && from < 1);
    wn_space_destroy(space);
}

static void floats_and_categories_have_no_parts(void **state)
{
    struct wn_space *space = space_of("{'a': {'type': 'float', 'low': 0, 'high': 1},"
                                      " 'b': {'type': 'categorical', 'values': [1, 2]}}");
    double from, to;

    (void)state;
    assert_false(wn_param_span(wn_space_param(space, 0), 0.5, &from, &to));
    assert_false(wn_param_span(wn_space_param(space, 1), 0.5, &from, &to));
    wn_space_destroy(space);
}

static void equal_conditions_are_seen_in_any_order(void **state)
{
    struct wn_space *space = space_of(
        "{'o': {'type': 'categorical', 'values': ['sgd', 'adam']},"
        " 'n': {'type': 'int', 'low': 1, 'high': 9},"
        " 'a': {'type': 'float', 'low': 0, 'high': 1, 'when': {'o': 'sgd', 'n': {'low': "
        "3}}},"
        " 'b': {'type': 'float', 'low': 0, 'high': 1, 'when': {'n': {'low': 3}, 'o': "
        "'sgd'}},"
        " 'c': {'type': 'float', 'low': 0, 'high': 1, 'when': {'o': 'sgd'}},"
        " 'd': {'type': 'float', 'low': 0, 'high': 1, 'when': {'o': 'adam', 'n': {'low': "
        "3}}}}");
    size_t a = wn_space_find(space, "a"), b = wn_space_find(space, "b");

    (void)state;
    assert_true(wn_space_same_conditions(space, 0, 1));
    assert_true(wn_space_same_conditions(space, a, b));
    assert_true(wn_space_same_conditions(space, b, a));
    assert_false(wn_space_same_conditions(space, a, wn_space_find(space, "c")));
    assert_false(wn_space_same_conditions(space, wn_space_find(space, "c"), a));
    assert_false(wn_space_same_conditions(space, a, wn_space_find(space, "d")));
    assert_false(wn_space_same_conditions(space, a, 0));
    wn_space_destroy(space);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_are_what_decodes_to_one_value),
        cmocka_unit_test(knows_parts_by_number),
        cmocka_unit_test(floats_and_categories_have_no_parts),
        cmocka_unit_test(equal_conditions_are_seen_in_any_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_sched_rungs.c - exact ladders, where logarithms lose a rung. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "sched/rungs.h"

static void check(const struct wn_rung_rule *rule, const int64_t *expected, size_t n)
{
    struct wn_error err = {0};
    int64_t *levels = NULL;
    size_t n_levels = 99;

    if (wn_rungs_make(rule, &levels, &n_levels, &err) != WN_OK)
        fail_msg("(%lld, %lld, %lld): %s", (long long)rule->grace, (long long)rule->max,
                 (long long)rule->eta, err.text);
    if (n_levels != n)
        fail_msg("(%lld, %lld, %lld): %zu levels instead of %zu", (long long)rule->grace,
                 (long long)rule->max, (long long)rule->eta, n_levels, n);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(levels[i], expected[i]);
    wn_free(levels);
}

/* The maximum is not a level: (1, 81, 3) has rungs 1 3 9 27 and ends at 81. */
static void geometric_ladders_are_exact(void **state)
{
    static const struct {
        int64_t grace, max, eta, levels[16];
    } cases[] = {
        {1, 81, 3, {1, 3, 9, 27}},
        {1, 64, 4, {1, 4, 16}},
        {1, 64, 2, {1, 2, 4, 8, 16, 32}},
        {1, 1000, 10, {1, 10, 100}},
        {1, 243, 3, {1, 3, 9, 27, 81}},
        {3, 729, 3, {3, 9, 27, 81, 243}},
        {1, 1000000, 10, {1, 10, 100, 1000, 10000, 100000}},
        {1, 59049, 3, {1, 3, 9, 27, 81, 243, 729, 2187, 6561, 19683}},
        {1, 100, 10, {1, 10}},
        {1, 125, 5, {1, 5, 25}},
        {1, 56, 3, {1, 3, 9, 27}},
        {1, 200, 3, {1, 3, 9, 27, 81}},
        {1, 27, 3, {1, 3, 9}},
        {1, 28, 3, {1, 3, 9, 27}},
        {1, 26, 3, {1, 3, 9}},
        {2, 3, 3, {2}},
        {1, 2, 1000000, {1}},
        {5, 5, 3, {0}},
        {1, 1, 2, {0}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct wn_rung_rule rule = {
            .max = cases[i].max, .grace = cases[i].grace, .eta = cases[i].eta};
        size_t n = 0;

        while (cases[i].levels[n])
            n++;
        check(&rule, cases[i].levels, n);
    }
}

static void the_largest_maximum_does_not_overflow(void **state)
{
    struct wn_rung_rule rule = {.max = INT64_MAX, .grace = 1, .eta = 2};
    int64_t expected[63];

    (void)state;
    for (int i = 0; i < 63; i++)
        expected[i] = (int64_t)1 << i;
    check(&rule, expected, 63);
    rule = (struct wn_rung_rule){
        .max = INT64_MAX, .grace = 1, .eta = 2, .increment = INT64_MAX - 1};
    check(&rule, expected, 1);
    rule.increment = INT64_MAX;
    check(&rule, expected, 1);
    rule.increment = INT64_MAX - 2;
    expected[1] = INT64_MAX - 1;
    check(&rule, expected, 2);
}

static void linear_ladders_end_below_the_maximum(void **state)
{
    static const int64_t a[] = {1, 3, 5, 7}, b[] = {2, 5, 8};

    (void)state;
    check(&(struct wn_rung_rule){.max = 9, .grace = 1, .eta = 3, .increment = 2}, a, 4);
    check(&(struct wn_rung_rule){.max = 8, .grace = 1, .eta = 3, .increment = 2}, a, 4);
    check(&(struct wn_rung_rule){.max = 7, .grace = 1, .eta = 3, .increment = 2}, a, 3);
    check(&(struct wn_rung_rule){.max = 10, .grace = 2, .eta = 3, .increment = 3}, b, 3);
    check(&(struct wn_rung_rule){.max = 10, .grace = 10, .eta = 3, .increment = 3}, b, 0);
}

static void listed_levels_lose_only_a_last_one_at_the_maximum(void **state)
{
    static const int64_t levels[] = {1, 4, 9};

    (void)state;
    check(&(struct wn_rung_rule){.max = 10, .eta = 3, .levels = levels, .n_levels = 3},
          levels, 3);
    check(&(struct wn_rung_rule){.max = 9, .eta = 3, .levels = levels, .n_levels = 3},
          levels, 2);
    check(&(struct wn_rung_rule){.max = 1, .eta = 3, .levels = levels, .n_levels = 1},
          levels, 0);
}

static void refuses_what_is_no_ladder(void **state)
{
    static const int64_t falling[] = {3, 2}, zero[] = {0, 2}, beyond[] = {2, 11};
    static const struct {
        struct wn_rung_rule rule;
        const char *needle;
    } cases[] = {
        {{.max = 0, .grace = 1, .eta = 3}, "resource.max"},
        {{.max = -4, .grace = 1, .eta = 3}, "-4"},
        {{.max = 9, .grace = 0, .eta = 3}, "grace_period"},
        {{.max = 9, .grace = 10, .eta = 3}, "grace_period"},
        {{.max = 9, .grace = 1, .eta = 1}, "reduction_factor"},
        {{.max = 9, .grace = 1, .eta = 3, .increment = -1}, "rung_increment"},
        {{.max = 9, .eta = 3, .levels = falling, .n_levels = 2}, "rung_levels"},
        {{.max = 9, .eta = 3, .levels = zero, .n_levels = 2}, "rung_levels[0]"},
        {{.max = 9, .eta = 3, .levels = beyond, .n_levels = 2}, "rung_levels[1]"},
        {{.max = 9, .eta = 3, .increment = 1, .levels = beyond, .n_levels = 1},
         "rung_increment"},
        {{.max = 1000000, .grace = 1, .eta = 3, .increment = 1}, "65536"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct wn_error err = {0};
        int64_t *levels = NULL;
        size_t n;

        assert_int_equal(wn_rungs_make(&cases[i].rule, &levels, &n, &err), WN_EINVAL);
        if (!strstr(err.text, cases[i].needle))
            fail_msg("case %zu: %s", i, err.text);
        assert_null(levels);
    }
}

static void finds_the_next_level(void **state)
{
    static const int64_t levels[] = {1, 3, 9};
    static const size_t above[] = {0, 1, 1, 2, 2, 2, 2, 2, 2, 3, 3};

    (void)state;
    for (int64_t r = 0; r <= 10; r++)
        assert_int_equal(wn_rungs_above(levels, 3, r), above[r]);
    assert_int_equal(wn_rungs_above(levels, 0, 5), 0);
    assert_int_equal(wn_rungs_above(levels, 3, INT64_MAX), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(geometric_ladders_are_exact),
        cmocka_unit_test(the_largest_maximum_does_not_overflow),
        cmocka_unit_test(linear_ladders_end_below_the_maximum),
        cmocka_unit_test(listed_levels_lose_only_a_last_one_at_the_maximum),
        cmocka_unit_test(refuses_what_is_no_ladder),
        cmocka_unit_test(finds_the_next_level),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

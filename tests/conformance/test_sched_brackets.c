/* The published table of Hyperband's brackets and DEHB's sub-populations: what the papers'
 * formulas give, worked out by hand and in exact arithmetic elsewhere, for the cases in
 * which well-known libraries lose a rung to rounding. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "sched/brackets.h"

#define SIZES_FORMULA WN_SIZES_FORMULA
#define SIZES_TABLE   WN_SIZES_TABLE

/* A bracket as "SIZExRESOURCE SIZExRESOURCE ...", brackets apart by "; ". */
static const struct expectation {
    int64_t grace, max, eta;
    enum wn_bracket_sizes sizes;
    const char *brackets, *widest;
} table[] = {
    {1, 81, 3, SIZES_FORMULA,
     "81x1 27x3 9x9 3x27 1x81; 34x3 11x9 3x27 1x81; 15x9 5x27 1x81; 8x27 2x81; 5x81",
     "81 34 15 8 5"},
    {1, 81, 3, SIZES_TABLE,
     "81x1 27x3 9x9 3x27 1x81; 27x3 9x9 3x27 1x81; 9x9 3x27 1x81; 6x27 2x81; 5x81",
     "81 27 9 6 5"},
    {1, 64, 4, SIZES_FORMULA, "64x1 16x4 4x16 1x64; 22x4 5x16 1x64; 8x16 2x64; 4x64",
     "64 22 8 4"},
    {1, 64, 4, SIZES_TABLE, "64x1 16x4 4x16 1x64; 16x4 4x16 1x64; 8x16 2x64; 4x64",
     "64 16 8 4"},
    {1, 1000, 10, SIZES_FORMULA,
     "1000x1 100x10 10x100 1x1000; 134x10 13x100 1x1000; 20x100 2x1000; 4x1000",
     "1000 134 20 4"},
    {1, 1000, 10, SIZES_TABLE,
     "1000x1 100x10 10x100 1x1000; 100x10 10x100 1x1000; 20x100 2x1000; 4x1000",
     "1000 100 20 4"},
    {1, 243, 3, SIZES_FORMULA,
     "243x1 81x3 27x9 9x27 3x81 1x243; 98x3 32x9 10x27 3x81 1x243; "
     "41x9 13x27 4x81 1x243; 18x27 6x81 2x243; 9x81 3x243; 6x243",
     "243 98 41 18 9 6"},
    {1, 243, 3, SIZES_TABLE,
     "243x1 81x3 27x9 9x27 3x81 1x243; 81x3 27x9 9x27 3x81 1x243; "
     "27x9 9x27 3x81 1x243; 18x27 6x81 2x243; 9x81 3x243; 6x243",
     "243 81 27 18 9 6"},
    {3, 729, 3, SIZES_FORMULA,
     "243x3 81x9 27x27 9x81 3x243 1x729; 98x9 32x27 10x81 3x243 1x729; "
     "41x27 13x81 4x243 1x729; 18x81 6x243 2x729; 9x243 3x729; 6x729",
     "243 98 41 18 9 6"},
    {1, 1000000, 10, SIZES_FORMULA,
     "1000000x1 100000x10 10000x100 1000x1000 100x10000 10x100000 1x1000000; "
     "116667x10 11666x100 1166x1000 116x10000 11x100000 1x1000000; "
     "14000x100 1400x1000 140x10000 14x100000 1x1000000; "
     "1750x1000 175x10000 17x100000 1x1000000; 234x10000 23x100000 2x1000000; "
     "35x100000 3x1000000; 7x1000000",
     "1000000 116667 14000 1750 234 35 7"},
    /* Uneven maxima: 56 / 27 = 2.07, 56 / 9 = 6.2, 56 / 3 = 18.67; floor(log_3 56) = 3. */
    {1, 56, 3, SIZES_FORMULA, "27x2 9x6 3x19 1x56; 12x6 4x19 1x56; 6x19 2x56; 4x56",
     "27 12 6 4"},
    {1, 200, 3, SIZES_FORMULA,
     "81x2 27x7 9x22 3x67 1x200; 34x7 11x22 3x67 1x200; 15x22 5x67 1x200; 8x67 2x200; "
     "5x200",
     "81 34 15 8 5"},
    {1, 200, 3, SIZES_TABLE,
     "81x2 27x7 9x22 3x67 1x200; 27x7 9x22 3x67 1x200; 9x22 3x67 1x200; 6x67 2x200; "
     "5x200",
     "81 27 9 6 5"},
    {1, 1, 3, SIZES_FORMULA, "1x1", "1"},
    {5, 14, 3, SIZES_FORMULA, "1x14", "1"},
};

static void print_brackets(const struct wn_brackets *b, struct wn_buf *out)
{
    for (size_t i = 0; i < b->n_brackets; i++)
        for (size_t k = i; k < b->n_levels; k++)
            wn_buf_addf(out, "%s%" PRIu64 "x%" PRId64,
                        k > i ? " "
                        : i   ? "; "
                              : "",
                        wn_bracket_size(b, i, k), b->levels[k]);
}

static void brackets_are_those_of_the_paper(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct wn_bracket_rule rule = {.grace = table[i].grace,
                                       .max = table[i].max,
                                       .eta = table[i].eta,
                                       .sizes = table[i].sizes};
        struct wn_buf text = {0}, widest = {0};
        struct wn_brackets made;
        struct wn_error err = {0};

        if (wn_brackets_make(&rule, &made, &err) != WN_OK)
            fail_msg("%s", err.text);
        print_brackets(&made, &text);
        for (size_t k = 0; k < made.n_levels; k++)
            wn_buf_addf(&widest, "%s%" PRIu64, k ? " " : "", wn_bracket_widest(&made, k));
        assert_string_equal(wn_buf_text(&text), table[i].brackets);
        assert_string_equal(wn_buf_text(&widest), table[i].widest);
        wn_buf_release(&text);
        wn_buf_release(&widest);
        wn_brackets_release(&made);
    }
}

static void the_first_brackets_only_if_asked_for(void **state)
{
    struct wn_bracket_rule rule = {.grace = 1, .max = 81, .eta = 3, .n_brackets = 1};
    struct wn_brackets made;
    struct wn_buf text = {0};
    struct wn_error err = {0};

    (void)state;
    assert_int_equal(wn_brackets_make(&rule, &made, &err), WN_OK);
    print_brackets(&made, &text);
    assert_string_equal(wn_buf_text(&text), "81x1 27x3 9x9 3x27 1x81");
    wn_buf_release(&text);
    wn_brackets_release(&made);
    rule.n_brackets = 6;
    assert_int_equal(wn_brackets_make(&rule, &made, &err), WN_EINVAL);
    assert_non_null(strstr(err.text, "scheduler.brackets must be at most 5"));
}

static void levels_rise_and_stay_in_range_for_every_small_case(void **state)
{
    (void)state;
    for (int64_t max = 1; max <= 130; max++)
        for (int64_t grace = 1; grace <= max; grace++)
            for (int64_t eta = 2; eta <= 5; eta++) {
                struct wn_bracket_rule rule = {.grace = grace, .max = max, .eta = eta};
                struct wn_brackets made;

                assert_int_equal(wn_brackets_make(&rule, &made, NULL), WN_OK);
                assert_true(made.levels[0] >= grace);
                assert_true(made.levels[0] <= grace * eta || made.n_levels == 1);
                assert_int_equal(made.levels[made.n_levels - 1], max);
                for (size_t k = 1; k < made.n_levels; k++)
                    assert_true(made.levels[k] > made.levels[k - 1]);
                for (size_t b = 0; b < made.n_brackets; b++)
                    assert_true(wn_bracket_size(&made, b, made.n_levels - 1) >= 1);
                wn_brackets_release(&made);
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(brackets_are_those_of_the_paper),
        cmocka_unit_test(the_first_brackets_only_if_asked_for),
        cmocka_unit_test(levels_rise_and_stay_in_range_for_every_small_case),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

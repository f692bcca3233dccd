/* The published table of rung ladders, and whether the page that publishes it and the
 * brackets (README.md here) says what the code does. Cases: those in which well-known
 * libraries lose a rung to rounding, and maxima that no power of the factor reaches. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "drive.h"
#include "sched/brackets.h"
#include "sched/rungs.h"
#include "sched/sched.h"

static const struct expectation {
    int64_t grace, max, eta;
    const char *ladder; /* of ASHA, without the maximum */
    const char *levels; /* of Hyperband, with it */
} table[] = {
    {1, 81, 3, "1 3 9 27", "1 3 9 27 81"},
    {1, 64, 4, "1 4 16", "1 4 16 64"},
    {1, 1000, 10, "1 10 100", "1 10 100 1000"},
    {1, 243, 3, "1 3 9 27 81", "1 3 9 27 81 243"},
    {3, 729, 3, "3 9 27 81 243", "3 9 27 81 243 729"},
    {1, 1000000, 10, "1 10 100 1000 10000 100000", "1 10 100 1000 10000 100000 1000000"},
    {1, 56, 3, "1 3 9 27", "2 6 19 56"},
    {1, 200, 3, "1 3 9 27 81", "2 7 22 67 200"},
};

enum { N_CASES = sizeof table / sizeof table[0] };

static void print_levels(const int64_t *levels, size_t n, struct wn_buf *out)
{
    for (size_t i = 0; i < n; i++)
        wn_buf_addf(out, "%s%" PRId64, i ? " " : "", levels[i]);
}

static void print_ladder(const struct expectation *of, struct wn_buf *out)
{
    struct wn_rung_rule rule = {.max = of->max, .grace = of->grace, .eta = of->eta};
    struct wn_error err = {0};
    int64_t *levels;
    size_t n;

    if (wn_rungs_make(&rule, &levels, &n, &err) != WN_OK)
        fail_msg("%s", err.text);
    print_levels(levels, n, out);
    wn_free(levels);
}

static struct wn_brackets brackets_of(const struct expectation *of,
                                      enum wn_bracket_sizes sizes)
{
    struct wn_bracket_rule rule = {
        .max = of->max, .grace = of->grace, .eta = of->eta, .sizes = sizes};
    struct wn_brackets made;
    struct wn_error err = {0};

    if (wn_brackets_make(&rule, &made, &err) != WN_OK)
        fail_msg("%s", err.text);
    return made;
}

static void ladders_are_those_of_the_paper(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_CASES; i++) {
        struct wn_buf text = {0};

        print_ladder(&table[i], &text);
        assert_string_equal(wn_buf_text(&text), table[i].ladder);
        wn_buf_release(&text);
    }
}

/* What a scheduler says its first bracket's rungs are. */
static void print_rungs(const char *name,
                        const struct expectation *of,
                        struct wn_buf *out)
{
    const struct wn_sched_ops *ops = wn_sched_find(name);
    struct wn_sched_config cfg = {.max_resource = of->max};
    struct wn_sched *sched = NULL;
    struct wn_values *values;
    struct wn_rung rungs[64];
    struct wn_error err = {0};
    char options[128];
    size_t n;

    (void)snprintf(options, sizeof options,
                   "{\"grace_period\": %" PRId64 ", \"reduction_factor\": %" PRId64 "}",
                   of->grace, of->eta);
    assert_non_null(ops);
    values = drive_values(ops->options, options);
    cfg.options = values;
    if (ops->create(&cfg, &sched, &err) != WN_OK)
        fail_msg("%s", err.text);
    n = ops->rungs(sched, rungs, 64);
    for (size_t i = 0; i < n && rungs[i].bracket == 0; i++)
        wn_buf_addf(out, "%s%" PRId64, i ? " " : "", rungs[i].resource);
    ops->destroy(sched);
    wn_values_destroy(values);
}

static void the_schedulers_stand_on_them(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_CASES; i++) {
        struct wn_buf asha = {0}, expected = {0}, hyperband = {0};

        print_rungs("asha", &table[i], &asha);
        wn_buf_addf(&expected, "%s %" PRId64, table[i].ladder, table[i].max);
        assert_string_equal(wn_buf_text(&asha), wn_buf_text(&expected));
        print_rungs("hyperband", &table[i], &hyperband);
        assert_string_equal(wn_buf_text(&hyperband), table[i].levels);
        wn_buf_release(&asha);
        wn_buf_release(&expected);
        wn_buf_release(&hyperband);
    }
}

/* --- the page --- */

static void need_row(const char *page, const struct wn_buf *row)
{
    if (row->failed || !strstr(page, wn_buf_text(row)))
        fail_msg("tests/conformance/README.md lacks the row\n%s", wn_buf_text(row));
}

static void begin_row(const struct expectation *of, struct wn_buf *row)
{
    wn_buf_clear(row);
    wn_buf_addf(row, "\n| %" PRId64 ", %" PRId64 ", %" PRId64 " | ", of->grace, of->max,
                of->eta);
}

static void check_brackets_row(const char *page,
                               const struct expectation *of,
                               enum wn_bracket_sizes sizes)
{
    struct wn_brackets made = brackets_of(of, sizes);
    struct wn_buf row = {0};

    begin_row(of, &row);
    wn_buf_adds(&row, sizes == WN_SIZES_FORMULA ? "formula | " : "table | ");
    for (size_t b = 0; b < made.n_brackets; b++)
        for (size_t k = b; k < made.n_levels; k++)
            wn_buf_addf(&row, "%" PRIu64 "x%" PRId64 "%s", wn_bracket_size(&made, b, k),
                        made.levels[k],
                        k + 1 < made.n_levels     ? " "
                        : b + 1 < made.n_brackets ? "; "
                                                  : " |\n");
    need_row(page, &row);
    wn_buf_release(&row);
    wn_brackets_release(&made);
}

static void check_population_row(const char *page, const struct expectation *of)
{
    struct wn_brackets formula = brackets_of(of, WN_SIZES_FORMULA);
    struct wn_brackets with_table = brackets_of(of, WN_SIZES_TABLE);
    struct wn_buf row = {0};

    begin_row(of, &row);
    print_levels(formula.levels, formula.n_levels, &row);
    wn_buf_adds(&row, " |");
    for (size_t k = 0; k < formula.n_levels; k++)
        wn_buf_addf(&row, " %" PRIu64, wn_bracket_widest(&formula, k));
    wn_buf_adds(&row, " |");
    for (size_t k = 0; k < formula.n_levels; k++)
        wn_buf_addf(&row, " %" PRIu64, wn_bracket_widest(&with_table, k));
    wn_buf_adds(&row, " |\n");
    need_row(page, &row);
    wn_buf_release(&row);
    wn_brackets_release(&formula);
    wn_brackets_release(&with_table);
}

static void the_page_says_what_the_code_does(void **state)
{
    struct wn_buf row = {0};
    char *page = NULL;
    size_t n;

    (void)state;
    assert_int_equal(wn_file_read(WN_SOURCE_DIR "/tests/conformance/README.md", 1 << 20,
                                  &page, &n, NULL),
                     WN_OK);
    for (size_t i = 0; i < N_CASES; i++) {
        begin_row(&table[i], &row);
        print_ladder(&table[i], &row);
        wn_buf_addf(&row, " | %" PRId64 " |\n", table[i].max);
        need_row(page, &row);
        check_brackets_row(page, &table[i], WN_SIZES_FORMULA);
        check_brackets_row(page, &table[i], WN_SIZES_TABLE);
        check_population_row(page, &table[i]);
    }
    wn_buf_release(&row);
    wn_free(page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ladders_are_those_of_the_paper),
        cmocka_unit_test(the_schedulers_stand_on_them),
        cmocka_unit_test(the_page_says_what_the_code_does),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

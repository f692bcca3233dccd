/* test_base_error.c - errors, statuses, lists of problems, nearest names. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/problems.h"

static void fail_fills_everything_in_one_line(void **state)
{
    struct wn_error err;
    int line = __LINE__ + 1;
    enum wn_status rc = wn_fail(&err, WN_EINVAL, "n must be at least 1, not %d", -3);
    char where[48];

    (void)state;
    snprintf(where, sizeof where, "unit/test_base_error.c:%d", line);
    assert_int_equal(rc, WN_EINVAL);
    assert_int_equal(err.status, WN_EINVAL);
    assert_int_equal(err.native, 0);
    assert_string_equal(err.text, "n must be at least 1, not -3");
    assert_string_equal(err.where, where);
}

static void null_error_still_returns_the_status(void **state)
{
    (void)state;
    assert_int_equal(wn_fail(NULL, WN_EBUSY, "x"), WN_EBUSY);
    errno = ENOSPC;
    assert_int_equal(wn_fail_errno(NULL, WN_EIO, "x"), WN_EIO);
    assert_int_not_equal(wn_error_wrap(NULL, "x"), WN_OK);
}

static void errno_is_recorded_and_explained(void **state)
{
    struct wn_error err;

    (void)state;
    errno = ENOSPC;
    assert_int_equal(wn_fail_errno(&err, WN_EIO, "cannot write %s", "a.log"), WN_EIO);
    assert_int_equal(err.native, ENOSPC);
    assert_string_equal(err.text, "cannot write a.log: No space left on device");
}

static void wrap_puts_context_before_and_keeps_the_rest(void **state)
{
    struct wn_error err;

    (void)state;
    errno = ENOENT;
    (void)wn_fail_errno(&err, WN_EIO, "cannot open b");
    char where[sizeof err.where];
    memcpy(where, err.where, sizeof where);
    assert_int_equal(wn_wrap(&err, "reading %s", "a"), WN_EIO);
    assert_string_equal(err.text, "reading a: cannot open b: No such file or directory");
    assert_string_equal(err.where, where);
    assert_int_equal(err.native, ENOENT);
}

static void text_may_be_made_of_its_own_old_text(void **state)
{
    struct wn_error err;

    (void)state;
    (void)wn_fail(&err, WN_EIO, "old");
    (void)wn_fail(&err, WN_ECORRUPT, "new after %s", err.text);
    assert_string_equal(err.text, "new after old");
}

static void long_text_is_cut_between_characters(void **state)
{
    struct wn_error err;
    char text[600];
    size_t n;

    (void)state;
    for (size_t shift = 0; shift < 2; shift++) {
        for (size_t i = 0; i + 1 < sizeof text; i++)
            text[i] = i < shift ? 'x' : (i - shift) % 2 ? '\xA9' : '\xC3';
        text[sizeof text - 1] = '\0';
        (void)wn_fail(&err, WN_EINVAL, "%s", text);
        n = strlen(err.text);
        assert_true(n >= sizeof err.text - 3 && n < sizeof err.text);
        assert_int_equal((unsigned char)err.text[n - 1], 0xA9);
        (void)wn_wrap(&err, "a context");
        n = strlen(err.text);
        assert_true(n < sizeof err.text);
        assert_int_equal((unsigned char)err.text[n - 1], 0xA9);
    }
}

static void every_status_has_a_name_and_a_meaning(void **state)
{
    (void)state;
    assert_string_equal(wn_status_name(WN_OK), "OK");
    assert_string_equal(wn_status_name(WN_ECORRUPT), "ECORRUPT");
    assert_string_equal(wn_status_meaning(WN_ENOMEM), "out of memory");
#define X(name, value, text)                                           \
    assert_int_equal(WN_##name, value);                                \
    assert_string_equal(wn_status_name((enum wn_status)value), #name); \
    assert_string_equal(wn_status_meaning((enum wn_status)value), text);
    WN_STATUS_LIST(X)
#undef X
    assert_non_null(wn_status_name((enum wn_status) - 99));
    assert_non_null(wn_status_meaning((enum wn_status) - 99));
}

static void problems_are_counted_and_the_first_is_told(void **state)
{
    struct wn_problems problems = {0};
    struct wn_error err;

    (void)state;
    assert_int_equal(wn_problems_check(&problems, &err), WN_OK);
    wn_problems_add(&problems, "space.lr.low", "%g is not below %g", 2.0, 1.0);
    assert_int_equal(wn_problems_check(&problems, &err), WN_EINVAL);
    assert_string_equal(err.text, "space.lr.low: 2 is not below 1");
    wn_problems_add(&problems, "", "the job is empty");
    wn_problems_add(&problems, NULL, "third");
    assert_int_equal(wn_problems_check(&problems, &err), WN_EINVAL);
    assert_string_equal(err.text,
                        "space.lr.low: 2 is not below 1 (the first of 3 problems)");
    assert_string_equal(problems.at[1], "the job is empty");
    wn_problems_release(&problems);
    assert_int_equal(problems.n, 0);
}

static void foreign_names_cannot_break_a_problem_into_lines(void **state)
{
    struct wn_problems problems = {0};

    (void)state;
    wn_problems_add(&problems, "a\nb", "not \"\033[31m%s\t\177\"", "\xC3\xBC");
    assert_string_equal(problems.at[0], "a?b: not \"?[31m\xC3\xBC??\"");
    wn_problems_release(&problems);
}

static void problem_lost_for_want_of_memory_is_a_failure(void **state)
{
    (void)state;
    for (uint64_t n = 1;; n++) {
        struct wn_problems problems = {0};
        struct wn_error err = {.status = WN_OK};

        wn_mem_fail_after(n);
        wn_problems_add(&problems, "a", "b");
        wn_mem_fail_after(0);
        if (!problems.failed) {
            assert_int_equal(problems.n, 1);
            wn_problems_release(&problems);
            assert_true(n > 2);
            return;
        }
        assert_int_equal(wn_problems_check(&problems, &err), WN_ENOMEM);
        wn_problems_release(&problems);
    }
}

static void nearest_name_is_found_or_not(void **state)
{
    static const char *const names[] = {"reduction_factor",
                                        "grace_period",
                                        "rung_increment",
                                        "mode",
                                        "lr",
                                        "max",
                                        "min",
                                        NULL};
    static const struct {
        const char *name, *nearest;
    } cases[] = {
        {"reduction_facto", "reduction_factor"},
        {"reductoin_factor", "reduction_factor"},
        {"Reduction_Factor", "reduction_factor"},
        {"reduktion_faktor", "reduction_factor"},
        {"grace_periods", "grace_period"},
        {"graze", NULL},
        {"mdoe", "mode"},
        {"mode", "mode"},
        {"mods", "mode"},
        {"xy", NULL},
        {"l", "lr"},
        {"x", NULL},
        {"", NULL},
        {"mx", "max"},
        {"mix", "max"}, /* the first of equals */
        {"mux", "max"},
        {"completely_different", NULL},
    };
    char huge[300];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *nearest = wn_nearest_name(cases[i].name, names);

        if (!nearest != !cases[i].nearest ||
            (nearest && strcmp(nearest, cases[i].nearest) != 0))
            fail_msg("'%s' gave %s instead of %s", cases[i].name,
                     nearest ? nearest : "nothing",
                     cases[i].nearest ? cases[i].nearest : "nothing");
    }
    memset(huge, 'a', sizeof huge - 1);
    huge[sizeof huge - 1] = '\0';
    assert_null(wn_nearest_name(huge, (const char *const[]){huge, "a", NULL}));
    assert_null(wn_nearest_name("aaaa", (const char *const[]){huge, NULL}));
    assert_null(wn_nearest_name("a", (const char *const[]){NULL}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fail_fills_everything_in_one_line),
        cmocka_unit_test(null_error_still_returns_the_status),
        cmocka_unit_test(errno_is_recorded_and_explained),
        cmocka_unit_test(wrap_puts_context_before_and_keeps_the_rest),
        cmocka_unit_test(text_may_be_made_of_its_own_old_text),
        cmocka_unit_test(long_text_is_cut_between_characters),
        cmocka_unit_test(every_status_has_a_name_and_a_meaning),
        cmocka_unit_test(problems_are_counted_and_the_first_is_told),
        cmocka_unit_test(foreign_names_cannot_break_a_problem_into_lines),
        cmocka_unit_test(problem_lost_for_want_of_memory_is_a_failure),
        cmocka_unit_test(nearest_name_is_found_or_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

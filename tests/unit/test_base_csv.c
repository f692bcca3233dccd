/* CSV: what RFC 4180 allows is read, everything else is refused with its line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/csv.h"
#include "base/mem.h"

/* A text that is handed out a few bytes at a time, or fails at a place. */
struct text {
    const char *at;
    size_t left, most, fails_at, given;
};

static enum wn_status give(void *arg,
                           char *bytes,
                           size_t room,
                           size_t *n,
                           struct wn_error *err)
{
    struct text *text = arg;

    if (text->fails_at && text->given >= text->fails_at)
        return wn_fail(err, WN_EIO, "the disk is gone");
    *n = text->left < text->most ? text->left : text->most;
    if (*n > room)
        *n = room;
    memcpy(bytes, text->at, *n);
    text->at += *n;
    text->left -= *n;
    text->given += *n;
    return WN_OK;
}

/* All records as "line:a|b|c" with a ';' behind each, or the error's text. */
static void read_all(const char *csv, size_t n, size_t most, char *out, size_t room)
{
    struct text text = {.at = csv, .left = n, .most = most};
    struct wn_csv *reader = NULL;
    struct wn_error err = {0};
    const char *const *fields;
    size_t n_fields = 1, used = 0;

    *out = 0;
    assert_int_equal(wn_csv_create(give, &text, "t.csv", &reader, &err), WN_OK);
    while (n_fields) {
        if (wn_csv_next(reader, &fields, &n_fields, &err) != WN_OK) {
            snprintf(out, room, "%s", err.text);
            break;
        }
        if (n_fields)
            used +=
                (size_t)snprintf(out + used, room - used, "%zu:", wn_csv_line(reader));
        for (size_t i = 0; i < n_fields; i++)
            used += (size_t)snprintf(out + used, room - used, "%s%s", fields[i],
                                     i + 1 < n_fields ? "|" : ";");
    }
    wn_csv_destroy(reader);
}

struct row {
    const char *csv, *wanted;
    size_t n; /* 0: strlen */
};

static void check_rows(const struct row *rows, size_t n)
{
    char got[512];

    for (size_t i = 0; i < n; i++)
        for (size_t most = 1; most < 9; most += 3) {
            size_t length = rows[i].n ? rows[i].n : strlen(rows[i].csv);

            read_all(rows[i].csv, length, most, got, sizeof got);
            if (strcmp(got, rows[i].wanted) != 0)
                fail_msg("'%s' gave '%s', wanted '%s'", rows[i].csv, got, rows[i].wanted);
        }
}

static void what_the_rfc_allows_is_read(void **state)
{
    static const struct row rows[] = {
        {"", "", 0},
        {"\n\r\n\n", "", 0},
        {"a,b\n1,2\n", "1:a|b;2:1|2;", 0},
        {"a,b\r\n1,2", "1:a|b;2:1|2;", 0},
        {"\xef\xbb\xbf"
         "a,b\n",
         "1:a|b;", 0},
        {"a,,c\n,\n", "1:a||c;2:|;", 0},
        {"a\n\nb\n", "1:a;3:b;", 0},
        {"\"a,b\",\"c\"\"d\"\n", "1:a,b|c\"d;", 0},
        {"\"two\nlines\",x\ny,z\n", "1:two\nlines|x;3:y|z;", 0},
        {"\"\",\"\"\n", "1:|;", 0},
        {"\"\"\nb\n", "1:;2:b;", 0},
        {"\"\"\"\"\n", "1:\";", 0},
        {" a , b \n", "1: a | b ;", 0},
    };

    (void)state;
    check_rows(rows, sizeof rows / sizeof *rows);
}

static void everything_else_is_refused_with_its_line(void **state)
{
    static const struct row rows[] = {
        {"a\nb\"c\n", "t.csv: line 2: a quote inside a field that has none around it", 0},
        {"a\n\"b\"c\n", "t.csv: line 2: text behind a closing quote", 0},
        {"a\n\"b\n\n", "t.csv: line 4: the file ends inside quotes", 0},
        {"a\rb\n", "t.csv: line 1: a carriage return that ends no line", 0},
        {"a\nb\0c\n", "t.csv: line 2: a NUL byte: this is no text", 6},
        {"\"a\0\"\n", "t.csv: line 1: a NUL byte: this is no text", 5},
    };

    (void)state;
    check_rows(rows, sizeof rows / sizeof *rows);
}

static void a_record_without_end_is_refused(void **state)
{
    size_t n = (size_t)17 << 20;
    char *csv = wn_alloc(n), got[512];

    (void)state;
    assert_non_null(csv);
    memset(csv, 'a', n);
    read_all(csv, n, n, got, sizeof got);
    assert_string_equal(got, "t.csv: line 1: a record of more than 16 MiB");
    wn_free(csv);
}

static void the_error_of_the_source_is_passed_on(void **state)
{
    struct text text = {.at = "a,b\nc,d\n", .left = 8, .most = 2, .fails_at = 6};
    struct wn_csv *reader = NULL;
    struct wn_error err = {0};
    const char *const *fields;
    size_t n;

    (void)state;
    assert_int_equal(wn_csv_create(give, &text, "t.csv", &reader, &err), WN_OK);
    assert_int_equal(wn_csv_next(reader, &fields, &n, &err), WN_OK);
    assert_int_equal(wn_csv_next(reader, &fields, &n, &err), WN_EIO);
    assert_string_equal(err.text, "the disk is gone");
    wn_csv_destroy(reader);
}

static void survives_the_failure_of_any_allocation(void **state)
{
    bool is_through = false;

    (void)state;
    for (uint64_t k = 1; !is_through; k++) {
        struct text text = {.at = "a,b\n\"c\",d\n", .left = 10, .most = 3};
        struct wn_csv *reader = NULL;
        struct wn_error err = {0};
        const char *const *fields;
        size_t n = 1;
        enum wn_status rc;

        wn_mem_fail_after(k);
        rc = wn_csv_create(give, &text, "t.csv", &reader, &err);
        while (rc == WN_OK && n)
            rc = wn_csv_next(reader, &fields, &n, &err);
        wn_mem_fail_after(0);
        wn_csv_destroy(reader);
        is_through = rc == WN_OK;
        if (!is_through)
            assert_int_equal(rc, WN_ENOMEM);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_rfc_allows_is_read),
        cmocka_unit_test(everything_else_is_refused_with_its_line),
        cmocka_unit_test(a_record_without_end_is_refused),
        cmocka_unit_test(the_error_of_the_source_is_passed_on),
        cmocka_unit_test(survives_the_failure_of_any_allocation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

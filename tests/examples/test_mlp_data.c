/* test_mlp_data.c - the split, and files that are no data. With --print it prints the
 * line of every row for split.sh, which compares them with the Python reader's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zlib.h>

#include "data.h"

static char path[] = "/tmp/mlp-data-XXXXXX";

static void parts_have_the_documented_sizes(void **state)
{
    struct data data;

    (void)state;
    assert_true(data_read(&data, EXAMPLE_DATA));
    assert_int_equal(data.n_train, 1077);
    assert_int_equal(data.n_validation, 360);
    assert_int_equal(data.n_test, 360);
    data_release(&data);
}

static void every_line_is_in_one_part(void **state)
{
    struct data data;
    bool seen[1797] = {false};

    (void)state;
    assert_true(data_read(&data, EXAMPLE_DATA));
    for (int i = 0; i < 1797; i++) {
        assert_in_range(data.line[i], 0, 1796);
        assert_false(seen[data.line[i]]);
        seen[data.line[i]] = true;
    }
    data_release(&data);
}

static void every_digit_is_split_alike(void **state)
{
    struct data data;
    int count[DATA_CLASSES][3] = {{0}};

    (void)state;
    assert_true(data_read(&data, EXAMPLE_DATA));
    for (int i = 0; i < 1797; i++) {
        int part = i < data.n_train ? 0 : i < data.n_train + data.n_validation ? 1 : 2;

        count[data.label[i]][part]++;
    }
    for (int digit = 0; digit < DATA_CLASSES; digit++) {
        int n = count[digit][0] + count[digit][1] + count[digit][2];

        assert_in_range(count[digit][1], n / 5, n / 5 + 1);
        assert_in_range(count[digit][2], n / 5, n / 5 + 1);
    }
    data_release(&data);
}

static void write_file(const void *bytes, size_t n)
{
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, n, file), n);
    assert_int_equal(fclose(file), 0);
}

static void check_lines(const char *middle, bool is_good)
{
    char text[8192] = "";
    char row[256] = "";
    struct data data;
    bool is_read;

    for (int i = 0; i < DATA_PIXELS; i++)
        memcpy(row + 3 * (size_t)i, "16,", 4);
    for (int i = 0; i < 8; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s\n", row,
                 i == 4 ? middle : "9");
    write_file(text, strlen(text));
    is_read = data_read(&data, path);
    data_release(&data);
    if (is_read != is_good)
        fail_msg("a last column of '%s' is %s", middle, is_read ? "taken" : "refused");
}

static void takes_and_refuses_lines(void **state)
{
    static const struct {
        const char *last;
        bool is_good;
    } cases[] = {{"0", true},
                 {"9\r", true},
                 {"10", false},
                 {"-1", false},
                 {"", false},
                 {"x", false},
                 {"3,", false},
                 {"3 ", false},
                 {" 3", false},
                 {"+3", false},
                 {"3,4", false},
                 {"3.5", false},
                 {"99999999999999999999", false}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_lines(cases[i].last, cases[i].is_good);
}

static void refuses_files_that_are_no_data(void **state)
{
    static char bytes[70000];
    struct data data;
    FILE *file = fopen(EXAMPLE_DATA, "rb");
    size_t n;

    (void)state;
    assert_non_null(file);
    n = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    assert_int_equal(n, 57512);
    write_file(bytes, n / 2); /* a download that broke off */
    assert_false(data_read(&data, path));
    data_release(&data);
    bytes[n / 2] ^= 1; /* one bit */
    write_file(bytes, n);
    assert_false(data_read(&data, path));
    data_release(&data);
    write_file("", 0);
    assert_false(data_read(&data, path));
    data_release(&data);
    memset(bytes, '7', sizeof bytes); /* one endless line */
    write_file(bytes, sizeof bytes);
    assert_false(data_read(&data, path));
    data_release(&data);
    assert_false(data_read(&data, "/nonexistent/digits.csv.gz"));
    data_release(&data);
}

static int print_split(void)
{
    struct data data;

    if (!data_read(&data, EXAMPLE_DATA))
        return 1;
    for (int i = 0; i < data.n_train + data.n_validation + data.n_test; i++)
        printf("%d %.4f\n", data.line[i], (double)data.x[(size_t)i * DATA_PIXELS + 20]);
    data_release(&data);
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_have_the_documented_sizes),
        cmocka_unit_test(every_line_is_in_one_part),
        cmocka_unit_test(every_digit_is_split_alike),
        cmocka_unit_test(takes_and_refuses_lines),
        cmocka_unit_test(refuses_files_that_are_no_data),
    };
    int rc, fd;

    if (argc == 2 && strcmp(argv[1], "--print") == 0)
        return print_split();
    fd = mkstemp(path);
    if (fd < 0)
        return 1;
    close(fd);
    rc = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    return rc;
}

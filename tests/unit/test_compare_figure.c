/* Figures: the script for gnuplot, names that cannot speak to it, and what is said when it is
 * not there. */
#include "test_compare.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "compare/figure.h"

static const double xs[] = {1, 2, 3, 4}, ys[] = {4, NONE, 2, -1};
static const double lows[] = {3, 0, 1, -2}, highs[] = {5, 0, 3, HUGE_VAL};

static void add_both(struct wn_figure *figure, const char *label)
{
    struct wn_series *series = wn_figure_add(figure);

    assert_non_null(series);
    *series = (struct wn_series){
        .label = label, .x = xs, .y = ys, .low = lows, .high = highs, .n = 4};
    series = wn_figure_add(figure);
    assert_non_null(series);
    *series = (struct wn_series){.x = xs, .y = ys, .n = 4, .look = 8, .is_points = true};
}

static char *script_of(bool is_log, const char *label)
{
    struct wn_figure figure = {
        .title = "t", .x_label = "time [s]", .y_label = "loss", .is_log = is_log};
    struct wn_buf out = {0};

    add_both(&figure, label);
    wn_figure_script(&figure, &out);
    wn_figure_release(&figure);
    return wn_buf_take(&out);
}

static void lines_are_parted_where_there_is_no_value(void **state)
{
    char *script = script_of(false, "a");

    (void)state;
    assert_non_null(strstr(script, "$D0 << EOD\n1 4 3 5\n\n3 2 1 3\n4 -1 -2 -1\nEOD\n"));
    assert_non_null(strstr(script, "set xlabel 'time [s]'\nset ylabel 'loss'\n"));
    assert_non_null(strstr(script, "filledcurves"));
    assert_non_null(strstr(script, "set autoscale xfixmax\n")); /* it ends at the data */
    assert_non_null(strstr(script, "title 'a'"));
    assert_non_null(strstr(script, "noenhanced"));
    wn_free(script);
    script = script_of(true, "a"); /* what is not above 0 has no place there */
    assert_non_null(strstr(script, "set logscale y"));
    assert_non_null(strstr(script, "\n3 2 1 3\n\nEOD\n"));
    wn_free(script);
}

static void names_are_nothing_but_text_to_gnuplot(void **state)
{
    char *script = script_of(false, "it's `rm`\n\"x\" \\");

    (void)state;
    assert_non_null(strstr(script, "title 'it''s `rm`?\"x\" \\'"));
    wn_free(script);
}

static void nothing_to_draw_is_said(void **state)
{
    struct wn_figure figure = {.title = "", .x_label = "", .y_label = ""};
    struct wn_error err;

    (void)state;
    assert_int_equal(wn_figure_draw(&figure, "/nowhere/x.svg", &err), WN_EINVAL);
}

static void a_missing_gnuplot_is_said(void **state)
{
    struct wn_figure figure = {.title = "t", .x_label = "x", .y_label = "y"};
    const char *path = getenv("PATH");
    char *kept = wn_strdup(path ? path : "");
    struct wn_error err = {0};
    enum wn_status rc;

    (void)state;
    add_both(&figure, "a");
    assert_int_equal(setenv("PATH", "/nowhere", 1), 0);
    rc = wn_figure_draw(&figure, "/tmp/never.svg", &err);
    assert_int_equal(setenv("PATH", kept, 1), 0);
    assert_int_equal(rc, WN_ESYSTEM);
    assert_non_null(
        strstr(err.text, "is not installed (Debian: apt-get install gnuplot-nox)"));
    wn_figure_release(&figure);
    wn_free(kept);
}

/* As one on a full disk: it says nothing of it. */
static void half_a_drawing_is_refused(void **state)
{
    static const char script[] = "#!/bin/sh\necho '<svg><g>'\n";
    struct wn_figure figure = {.title = "t", .x_label = "x", .y_label = "y"};
    char dir[] = "/tmp/winnow-figure-XXXXXX", path[64];
    const char *was = getenv("PATH");
    char *kept = wn_strdup(was ? was : "");
    struct wn_error err = {0};
    enum wn_status rc;

    (void)state;
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/gnuplot", dir);
    assert_int_equal(wn_file_replace(path, script, sizeof script - 1, &err), WN_OK);
    assert_int_equal(chmod(path, 0755), 0);
    add_both(&figure, "a");
    assert_int_equal(setenv("PATH", dir, 1), 0);
    snprintf(path, sizeof path, "%s/x.svg", dir);
    rc = wn_figure_draw(&figure, path, &err);
    assert_int_equal(setenv("PATH", kept, 1), 0);
    assert_int_equal(rc, WN_ESYSTEM);
    assert_non_null(strstr(err.text, "has not drawn to the end"));
    assert_int_equal(access(path, F_OK), -1);
    wn_figure_release(&figure);
    wn_free(kept);
    assert_int_equal(wn_dir_remove(dir, NULL), WN_OK);
}

static bool has_gnuplot(void)
{
    static const char *const places[] = {"/usr/bin/gnuplot", "/usr/local/bin/gnuplot"};

    return access(places[0], X_OK) == 0 || access(places[1], X_OK) == 0;
}

static void gnuplot_draws_it(void **state)
{
    struct wn_figure figure = {.title = "a 'title' `x`", .x_label = "x", .y_label = "y"};
    char dir[] = "/tmp/winnow-figure-XXXXXX", path[64], *text;
    struct wn_error err;
    size_t n;

    (void)state;
    if (!has_gnuplot()) {
        print_message("no gnuplot here\n");
        skip();
    }
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/x.svg", dir);
    add_both(&figure, "it's");
    if (wn_figure_draw(&figure, path, &err) != WN_OK)
        fail_msg("%s", err.text);
    assert_int_equal(wn_file_read(path, 1 << 24, &text, &n, &err), WN_OK);
    assert_non_null(strstr(text, "<svg"));
    assert_non_null(strstr(text, "</svg>"));
    assert_non_null(strstr(text, "a 'title' `x`"));
    assert_non_null(strstr(text, "it's"));
    wn_free(text);
    wn_figure_release(&figure);
    assert_int_equal(wn_dir_remove(dir, NULL), WN_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_parted_where_there_is_no_value),
        cmocka_unit_test(names_are_nothing_but_text_to_gnuplot),
        cmocka_unit_test(nothing_to_draw_is_said),
        cmocka_unit_test(a_missing_gnuplot_is_said),
        cmocka_unit_test(half_a_drawing_is_refused),
        cmocka_unit_test(gnuplot_draws_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

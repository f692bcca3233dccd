/* figure.c - see figure.h. */
#define _GNU_SOURCE
#include "compare/figure.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"

enum { N_COLORS = 7, N_DASHES = 5, WIDTH = 900, HEIGHT = 560 };
#define FIGURE_MOST ((size_t)1 << 28)

static const char *const colors[N_COLORS] = {"#0072B2", "#D55E00", "#009E73", "#CC79A7",
                                             "#E69F00", "#56B4E9", "#000000"};

struct wn_series *wn_figure_add(struct wn_figure *figure)
{
    return wn_vec_push(&figure->series);
}

void wn_figure_release(struct wn_figure *figure)
{
    wn_vec_release(&figure->series);
}

/* --- the script --- */

/* In single quotes nothing means anything but the quote itself. */
static void add_quoted(struct wn_buf *out, const char *text)
{
    wn_buf_addc(out, '\'');
    for (; *text; text++) {
        if ((unsigned char)*text < ' ' || *text == 127)
            wn_buf_addc(out, '?');
        else if (*text == '\'')
            wn_buf_adds(out, "''");
        else
            wn_buf_addc(out, *text);
    }
    wn_buf_addc(out, '\'');
}

static bool is_drawn(const struct wn_figure *figure, double value)
{
    return isfinite(value) && (!figure->is_log || value > 0);
}

static double clamped(const struct wn_figure *figure, double value, double y)
{
    return is_drawn(figure, value) ? value : y;
}

static void add_data(const struct wn_figure *figure, size_t index, struct wn_buf *out)
{
    const struct wn_series *series = &figure->series.at[index];

    wn_buf_addf(out, "$D%zu << EOD\n", index);
    for (size_t i = 0; i < series->n; i++) {
        double y = series->y[i];

        if (!is_drawn(figure, y)) {
            wn_buf_addc(out, '\n'); /* the line is parted here */
            continue;
        }
        wn_buf_addf(out, "%.9g %.9g", series->x[i], y);
        if (series->low)
            wn_buf_addf(out, " %.9g %.9g", clamped(figure, series->low[i], y),
                        clamped(figure, series->high[i], y));
        wn_buf_addc(out, '\n');
    }
    wn_buf_adds(out, "EOD\n");
}

static bool has_data(const struct wn_figure *figure, size_t index)
{
    const struct wn_series *series = &figure->series.at[index];

    for (size_t i = 0; i < series->n; i++)
        if (is_drawn(figure, series->y[i]))
            return true;
    return false;
}

static void add_plots(const struct wn_figure *figure, struct wn_buf *out)
{
    const char *before = "plot ";

    for (size_t i = 0; i < figure->series.n; i++) {
        const struct wn_series *series = &figure->series.at[i];

        if (!series->low || !has_data(figure, i))
            continue;
        wn_buf_addf(out,
                    "%s$D%zu using 1:3:4 with filledcurves fs transparent solid 0.18 "
                    "noborder lc rgb '%s' notitle",
                    before, i, colors[series->look % N_COLORS]);
        before = ", \\\n  ";
    }
    for (size_t i = 0; i < figure->series.n; i++) {
        const struct wn_series *series = &figure->series.at[i];

        if (!has_data(figure, i))
            continue;
        wn_buf_addf(out, "%s$D%zu using 1:2 with ", before, i);
        if (series->is_points)
            wn_buf_addf(out, "points pt 7 ps 0.5 lc rgb '%s' ",
                        colors[series->look % N_COLORS]);
        else
            wn_buf_addf(out, "lines lw 2 dt %zu lc rgb '%s' ",
                        1 + series->look / N_COLORS % N_DASHES,
                        colors[series->look % N_COLORS]);
        if (series->label) {
            wn_buf_adds(out, "title ");
            add_quoted(out, series->label);
        } else {
            wn_buf_adds(out, "notitle");
        }
        before = ", \\\n  ";
    }
    wn_buf_adds(out, "\n");
}

void wn_figure_script(const struct wn_figure *figure, struct wn_buf *out)
{
    for (size_t i = 0; i < figure->series.n; i++)
        if (has_data(figure, i))
            add_data(figure, i, out);
    wn_buf_addf(out,
                "set terminal svg size %d,%d font 'sans-serif,14' background '#ffffff' "
                "noenhanced\n"
                "set encoding utf8\n"
                "set datafile missing '?'\n"
                "set autoscale xfixmax\n" /* no room behind the end of the time */
                "set grid lc rgb '#dddddd' lw 1 dt 1\n"
                "set border 3\nset tics nomirror out\n"
                "set key outside right top vertical Left reverse samplen 2\n",
                WIDTH, HEIGHT);
    wn_buf_adds(out, "set title ");
    add_quoted(out, figure->title);
    wn_buf_adds(out, "\nset xlabel ");
    add_quoted(out, figure->x_label);
    wn_buf_adds(out, "\nset ylabel ");
    add_quoted(out, figure->y_label);
    wn_buf_adds(out, figure->is_log ? "\nset logscale y\nset format y '%g'\n" : "\n");
    add_plots(figure, out);
}

/* --- gnuplot --- */

extern char **environ;

static enum wn_status run_gnuplot(int in,
                                  int out,
                                  int said,
                                  int *status,
                                  struct wn_error *err)
{
    static char name[] = "gnuplot";
    static char plain[] = "-d"; /* no settings of the user */
    char *argv[] = {name, plain, NULL};
    posix_spawn_file_actions_t actions;
    pid_t child = -1;
    int code = posix_spawn_file_actions_init(&actions);

    if (code == 0) {
        code = posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
        if (code == 0)
            code = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
        if (code == 0)
            code = posix_spawn_file_actions_adddup2(&actions, said, STDERR_FILENO);
        if (code == 0)
            code = posix_spawnp(&child, name, &actions, NULL, argv, environ);
        (void)posix_spawn_file_actions_destroy(&actions);
    }
    if (code == ENOENT)
        return wn_fail(
            err, WN_ESYSTEM,
            "gnuplot draws the plots and is not installed (Debian: apt-get install "
            "gnuplot-nox)");
    errno = code;
    if (code != 0)
        return wn_fail_errno(err, WN_ESYSTEM, "gnuplot cannot be started");
    while (waitpid(child, status, 0) < 0)
        if (errno != EINTR)
            return wn_fail_errno(err, WN_ESYSTEM, "gnuplot is lost");
    return WN_OK;
}

/* All of it: a full disk is nothing that gnuplot tells of. */
static bool is_whole(const struct wn_buf *drawn)
{
    static const char end[] = "</svg>";
    size_t n = drawn->n;

    while (n && (drawn->at[n - 1] == '\n' || drawn->at[n - 1] == ' '))
        n--;
    return n >= sizeof end - 1 &&
           memcmp(drawn->at + n - (sizeof end - 1), end, sizeof end - 1) == 0;
}

/* What stands in a file that was written to, from its beginning. */
static enum wn_status read_back(FILE *file, struct wn_buf *out, struct wn_error *err)
{
    char piece[4096];
    size_t n;

    rewind(file);
    while ((n = fread(piece, 1, sizeof piece, file)) > 0 && out->n < FIGURE_MOST)
        wn_buf_add(out, piece, n);
    if (ferror(file))
        return wn_fail_errno(err, WN_EIO, "cannot read what gnuplot has drawn");
    return out->failed ? wn_fail(err, WN_ENOMEM, "no memory for a figure") : WN_OK;
}

static enum wn_status draw(FILE *const files[3],
                           const struct wn_buf *script,
                           const char *path,
                           struct wn_error *err)
{
    struct wn_buf drawn = {0}, said = {0};
    int status = 0;
    enum wn_status rc;

    if (fwrite(script->at, 1, script->n, files[0]) != script->n ||
        fflush(files[0]) != 0 || lseek(fileno(files[0]), 0, SEEK_SET) != 0)
        return wn_fail_errno(err, WN_EIO, "cannot write a script for gnuplot");
    rc = run_gnuplot(fileno(files[0]), fileno(files[1]), fileno(files[2]), &status, err);
    if (rc == WN_OK)
        rc = read_back(files[1], &drawn, err);
    if (rc == WN_OK)
        rc = read_back(files[2], &said, err);
    if (rc == WN_OK && (status != 0 || (!drawn.n && said.n)))
        rc = wn_fail(err, WN_ESYSTEM, "gnuplot failed: %.300s", wn_buf_text(&said));
    else if (rc == WN_OK && !is_whole(&drawn))
        rc = wn_fail(err, WN_ESYSTEM,
                     "gnuplot has not drawn to the end: is there room for temporary "
                     "files?");
    if (rc == WN_OK)
        rc = wn_file_replace(path, drawn.at, drawn.n, err);
    wn_buf_release(&drawn);
    wn_buf_release(&said);
    return rc;
}

enum wn_status wn_figure_draw(const struct wn_figure *figure,
                              const char *path,
                              struct wn_error *err)
{
    struct wn_buf script = {0};
    FILE *files[3] = {NULL};
    bool has_files = true, has_data_at_all = false;
    enum wn_status rc;

    for (size_t i = 0; i < figure->series.n; i++)
        has_data_at_all = has_data_at_all || has_data(figure, i);
    if (!has_data_at_all)
        return wn_fail(err, WN_EINVAL, "there is nothing to draw in %s%s", path,
                       figure->is_log ? ": a logarithmic axis has no values of 0 or below"
                                      : "");
    wn_figure_script(figure, &script);
    for (size_t i = 0; i < 3; i++) {
        files[i] = tmpfile();
        has_files = has_files && files[i];
    }
    if (script.failed)
        rc = wn_fail(err, WN_ENOMEM, "no memory for a figure");
    else if (!has_files)
        rc = wn_fail_errno(err, WN_EIO, "there is no place for temporary files");
    else
        rc = draw(files, &script, path, err);
    for (size_t i = 0; i < 3; i++)
        if (files[i])
            (void)fclose(files[i]);
    wn_buf_release(&script);
    return rc;
}

/* compare/figure.h - a figure, drawn by gnuplot, which runs as a program of its own.
 *
 * What is drawn is handed over as a script with its numbers in it and comes back as SVG; no
 * shell stands between, and names from files are quoted so that gnuplot takes them as they
 * are. Colours: those of Okabe and Ito (Color Universal Design, 2008), told apart by people
 * with any kind of colour vision, but for the yellow, which is too light on white; beyond
 * seven the dashes differ too.
 */
#ifndef WN_COMPARE_FIGURE_H
#define WN_COMPARE_FIGURE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"

struct wn_series {
    const char *label; /* in the legend; NULL: none. Borrowed, as are the numbers */
    const double *x, *y;
    const double *low, *high; /* a band around y; NULL: none */
    size_t n;                 /* a y that is not finite parts the line */
    size_t look;              /* colour and dashes; series may share one */
    bool is_points;           /* marks instead of a line */
};

struct wn_figure {
    const char *title, *x_label, *y_label; /* borrowed */
    bool is_log;                           /* the y axis */
    WN_VEC(struct wn_series) series;
};

/* A new series, to be filled; NULL without memory. */
struct wn_series *wn_figure_add(struct wn_figure *figure);
void wn_figure_release(struct wn_figure *figure);
/* The script that draws it, to standard output. */
void wn_figure_script(const struct wn_figure *figure, struct wn_buf *out);
/* Draw it into the file, which is replaced whole. WN_ESYSTEM: gnuplot is not there, or
 * failed; the text says so and what it said. */
enum wn_status wn_figure_draw(const struct wn_figure *figure,
                              const char *path,
                              struct wn_error *err) WN_MUST_CHECK;

#endif /* WN_COMPARE_FIGURE_H */

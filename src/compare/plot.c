/* plot.c - a comparison as figures; see plot.h. */
#include "compare/plot.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "compare/figure.h"

enum { N_POINTS = 200, LABEL_ROOM = 256 };

static enum wn_status no_memory(struct wn_error *err)
{
    return wn_fail(err, WN_ENOMEM, "no memory for a figure");
}

double wn_plot_unit(double length_s, const char **name)
{
    static const struct {
        const char *name;
        double seconds, least; /* from this length on */
    } units[] = {{"d", 86400, 4 * 86400.0}, {"h", 3600, 4 * 3600.0}, {"min", 60, 600}};

    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (length_s >= units[i].least) {
            *name = units[i].name;
            return units[i].seconds;
        }
    }
    *name = "s";
    return 1;
}

/* Room for a series of `n` points with a band, in the view's arena. */
static bool take_room(struct wn_view *view, size_t n, double *out[4])
{
    bool ok = true;

    for (size_t i = 0; i < 4; i++) {
        out[i] = wn_arena_alloc(&view->arena, n * sizeof(double));
        ok = ok && out[i];
    }
    return ok;
}

static void put_point(double *const to[4], size_t at, double x, struct wn_summary y)
{
    to[0][at] = x;
    to[1][at] = y.middle;
    to[2][at] = y.low;
    to[3][at] = y.high;
}

static enum wn_status add_series(struct wn_figure *figure,
                                 const char *label,
                                 double *const at[4],
                                 size_t look,
                                 struct wn_error *err)
{
    struct wn_series *series = wn_figure_add(figure);

    if (!series)
        return no_memory(err);
    *series = (struct wn_series){.label = label,
                                 .x = at[0],
                                 .y = at[1],
                                 .low = at[2],
                                 .high = at[3],
                                 .n = N_POINTS,
                                 .look = look};
    return WN_OK;
}

/* Draw it, and add its path to `files`. */
static enum wn_status draw_in(const char *dir,
                              const char *name,
                              const struct wn_figure *figure,
                              struct wn_buf *files,
                              struct wn_error *err)
{
    char path[WN_PATH_MAX];
    enum wn_status rc = wn_path_join(path, err, dir, name);

    if (rc == WN_OK)
        rc = wn_figure_draw(figure, path, err);
    if (rc == WN_OK)
        wn_buf_addf(files, "%s\n", path);
    return rc;
}

static enum wn_status plot_group(struct wn_view *view,
                                 const struct wn_view_group *group,
                                 const char *dir,
                                 bool is_log,
                                 struct wn_buf *files,
                                 struct wn_error *err)
{
    const char *unit;
    double seconds = wn_plot_unit(group->length_s, &unit);
    char title[LABEL_ROOM], x_label[LABEL_ROOM], name[LABEL_ROOM];
    struct wn_buf y_label = {0}, workers = {0};
    struct wn_figure figure = {.title = title, .x_label = x_label, .is_log = is_log};
    enum wn_status rc = WN_OK;

    wn_view_workers(group->n_workers, &workers);
    (void)snprintf(title, sizeof title, "%s, %s: %s", group->benchmark,
                   wn_buf_text(&workers), wn_view_statistic_text(view));
    wn_buf_release(&workers);
    (void)snprintf(x_label, sizeof x_label, "wall-clock time [%s]", unit);
    (void)snprintf(name, sizeof name, "%s-%lld.svg", group->benchmark,
                   (long long)group->n_workers);
    wn_view_axis(view, group, &y_label);
    figure.y_label = wn_buf_text(&y_label);
    for (size_t i = 0; rc == WN_OK && i < group->entries.n; i++) {
        double *at[4];

        if (!take_room(view, N_POINTS, at)) {
            rc = no_memory(err);
            break;
        }
        for (size_t k = 0; k < N_POINTS; k++) {
            double time = group->length_s * (double)(k + 1) / N_POINTS;

            put_point(at, k, time / seconds,
                      wn_view_shown(view, group,
                                    wn_view_at(view, &group->entries.at[i], time)));
        }
        rc = add_series(&figure, group->entries.at[i].study->method, at, i, err);
    }
    if (rc == WN_OK)
        rc = draw_in(dir, name, &figure, files, err);
    wn_figure_release(&figure);
    wn_buf_release(&y_label);
    return rc;
}

static enum wn_status plot_ranks(struct wn_view *view,
                                 const char *dir,
                                 struct wn_buf *files,
                                 struct wn_error *err)
{
    double shares[N_POINTS];
    char title[LABEL_ROOM];
    struct wn_figure figure = {.title = title,
                               .x_label = "share of the budget",
                               .y_label = "mean rank (1 is best)"};
    struct wn_view_ranks ranks;
    struct wn_buf over = {0};
    enum wn_status rc;

    for (size_t k = 0; k < N_POINTS; k++)
        shares[k] = (double)(k + 1) / N_POINTS;
    rc = wn_view_rank(view, shares, N_POINTS, &ranks, err);
    if (rc != WN_OK || !ranks.n_methods)
        return rc;
    wn_view_ranked_over(view, &ranks, &over);
    (void)snprintf(title, sizeof title, "mean rank over %s [95 %% bootstrap interval]",
                   wn_buf_text(&over));
    wn_buf_release(&over);
    for (size_t m = 0; rc == WN_OK && m < ranks.n_methods; m++) {
        double *at[4];

        if (!take_room(view, N_POINTS, at)) {
            rc = no_memory(err);
            break;
        }
        for (size_t k = 0; k < N_POINTS; k++)
            put_point(at, k, shares[k], ranks.at[m * N_POINTS + k]);
        rc = add_series(&figure, ranks.methods[m], at, m, err);
    }
    if (rc == WN_OK)
        rc = draw_in(dir, "ranks.svg", &figure, files, err);
    wn_figure_release(&figure);
    return rc;
}

enum wn_status wn_compare_plot(struct wn_view *view,
                               const char *dir,
                               bool is_log,
                               struct wn_buf *files,
                               struct wn_error *err)
{
    enum wn_status rc = wn_path_blame(wn_dir_make(dir, err), err);

    for (size_t i = 0; rc == WN_OK && i < view->groups.n; i++)
        rc = plot_group(view, &view->groups.at[i], dir, is_log, files, err);
    return rc == WN_OK ? plot_ranks(view, dir, files, err) : rc;
}

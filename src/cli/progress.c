/* progress.c - see progress.h. */
#define _GNU_SOURCE
#include "cli/progress.h"

#include <unistd.h>

#include "base/clock.h"
#include "cli/command.h"
#include "comm/mpi.h"
#include "simulate/campaign.h"

#define LINE_US      ((int64_t)2000000)   /* between lines, at first */
#define BAR_US       ((int64_t)250000)    /* on a terminal */
#define LINE_MOST_US ((int64_t)600000000) /* between the rarest lines */
#define LINES_RARER  20                   /* the gap is the age over this, in between */
#define SILENT_US    ((int64_t)5000000)   /* of a simulated study, at first */

void wn_cli_progress_begin(struct wn_cli_progress *progress, FILE *to, bool is_quiet)
{
    /* A rank's output is a terminal under mpirun whatever mpirun's is. */
    bool is_terminal = !wn_mpi_is_launched() && isatty(fileno(to));

    *progress = (struct wn_cli_progress){
        .to = to, .is_quiet = is_quiet, .is_terminal = is_terminal};
    if (is_terminal)
        progress->style = wn_cli_style_of(fileno(to));
}

static int64_t gap_us(const struct wn_cli_progress *progress, int64_t age_ms)
{
    int64_t gap = age_ms * 1000 / LINES_RARER;

    if (progress->is_terminal)
        return BAR_US;
    if (gap > LINE_MOST_US)
        return LINE_MOST_US;
    return gap > LINE_US ? gap : LINE_US;
}

void wn_cli_progress_tell(struct wn_cli_progress *progress,
                          int64_t now_us,
                          int64_t age_ms,
                          const char *line)
{
    progress->due_us = now_us + gap_us(progress, age_ms);
    (void)fprintf(progress->to, progress->is_terminal ? "\r%s\033[K" : "%s\n", line);
    (void)fflush(progress->to);
    progress->is_drawn = progress->is_terminal;
}

void wn_cli_progress_clear(struct wn_cli_progress *progress)
{
    if (progress->is_drawn)
        (void)fprintf(progress->to, "\r\033[K");
    (void)fflush(progress->to);
    progress->is_drawn = false;
}

/* --- simulated studies --- */

static void watch(void *arg, struct wn_sim *sim)
{
    struct wn_cli_progress *progress = arg;
    int64_t now_us = wn_clock_mono_us();
    struct wn_report_style style = progress->style;
    struct wn_buf line = {0};
    size_t used;

    if (now_us < progress->due_us)
        return;
    style.is_virtual = true;
    if (progress->of > 1)
        wn_buf_addf(&line, "run %zu of %zu  ", progress->number, progress->of);
    used = line.n;
    if (style.width)
        style.width = style.width > used ? style.width - used : 1;
    wn_report_progress_line(wn_coord_study(wn_sim_coord(sim)), progress->job,
                            wn_sim_now_us(sim) / 1000, style, &line);
    if (!line.failed)
        wn_cli_progress_tell(progress, now_us, (now_us - progress->begun_us) / 1000,
                             wn_buf_text(&line));
    wn_buf_release(&line);
}

void wn_cli_progress_watch(struct wn_cli_progress *progress,
                           struct wn_campaign_config *cfg)
{
    if (progress->is_quiet)
        return;
    if (!progress->begun_us) {
        progress->begun_us = wn_clock_mono_us();
        progress->due_us = progress->begun_us + SILENT_US;
    }
    progress->job = cfg->sim.job;
    cfg->watch = watch;
    cfg->watch_arg = progress;
}

/* progress.c - see progress.h. */
#define _GNU_SOURCE
#include "cli/progress.h"

#include <unistd.h>

#include "cli/command.h"
#include "comm/mpi.h"

#define LINE_US      ((int64_t)2000000)   /* between lines, at first */
#define BAR_US       ((int64_t)250000)    /* on a terminal */
#define LINE_MOST_US ((int64_t)600000000) /* between the rarest lines */
#define LINES_RARER  20                   /* the gap is the age over this, in between */

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

/* cli/progress.h - how far a command is, while it works.
 *
 * On a terminal one line that is written over; elsewhere, where the output is read
 * afterwards, lines that become rarer the longer it takes, so that days give hundreds and not
 * a hundred thousand.
 */
#ifndef WN_CLI_PROGRESS_H
#define WN_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "report/report.h"

struct wn_campaign_config;

struct wn_cli_progress {
    FILE *to;
    bool is_quiet;    /* nothing is told */
    bool is_terminal; /* the place is one that no MPI launcher made */
    struct wn_report_style style;
    int64_t due_us; /* of the next line, on the caller's clock */
    bool is_drawn;  /* a line stands on the terminal */
    /* Of a watched campaign. */
    const struct wn_job *job;
    int64_t begun_us;
    size_t number, of; /* "run 2 of 5"; of one run nothing is said */
};

void wn_cli_progress_begin(struct wn_cli_progress *progress, FILE *to, bool is_quiet);
/* The line is printed, and when the next one is due is known. `age_ms`: how long the work
 * takes so far. */
void wn_cli_progress_tell(struct wn_cli_progress *progress,
                          int64_t now_us,
                          int64_t age_ms,
                          const char *line);
/* Nothing of it stands in the way of other text. */
void wn_cli_progress_clear(struct wn_cli_progress *progress);

/* A simulated study tells how far it is, but for the first seconds: short ones are silent.
 * `progress` has begun and stays where it is; so does the campaign's job. */
void wn_cli_progress_watch(struct wn_cli_progress *progress,
                           struct wn_campaign_config *cfg);

#endif /* WN_CLI_PROGRESS_H */

/* cli/study_arg.h - commands that read a study: which one, and its journal. */
#ifndef WN_CLI_STUDY_ARG_H
#define WN_CLI_STUDY_ARG_H

#include "cli/command.h"
#include "report/study_reader.h"

/* Find the study named by `name` (NULL: the only one) under the rules of WN_CLI_STUDY_HELP;
 * `dir` has WN_PATH_MAX bytes. An exit code; failures are printed. */
int wn_cli_find_study(const char *name, char *dir);
/* Find and read it. On 0 the caller ends *out with wn_report_close(). */
int wn_cli_open_study(const char *name, struct wn_report_study *out);
/* Is its coordinator alive, as its heartbeat file says? */
bool wn_cli_study_lives(const char *dir);
/* Study time now: of the last event, or, when the coordinator lives, by the clock. */
int64_t wn_cli_study_now(const struct wn_report_study *study, bool lives);
/* A trial's number in the study; argp-free, so that the study is read first. False and a
 * message if there is none. */
bool wn_cli_trial(const struct wn_report_study *study, const char *text, uint32_t *trial);

/* For parsers with STUDY as their only argument: takes it, refuses a second. */
error_t wn_cli_take_study(const char **name,
                          int key,
                          char *arg,
                          struct argp_state *state);

#endif /* WN_CLI_STUDY_ARG_H */

/* cli/command.h - what a command of `winnow` is, and what all of them share.
 *
 * To add one: write src/cli/<name>.c defining `wn_command_<name>`, and add the line
 * WN_COMMAND(<name>) to src/cli/commands.def. Help and the list of commands walk the
 * table. A command prints to standard output what was asked for and to standard error
 * what went wrong, and returns one of the exit codes below; nothing else exits.
 */
#ifndef WN_CLI_COMMAND_H
#define WN_CLI_COMMAND_H

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/problems.h"
#include "report/report.h"

enum wn_exit {
    WN_EXIT_COMPLETE = 0,
    WN_EXIT_FAILED = 1,
    WN_EXIT_USAGE = 2,
    WN_EXIT_RESUMABLE = 75 /* EX_TEMPFAIL: batch systems may start it again */
};

struct wn_command {
    const char *name;
    const char *summary; /* one line for `winnow --help` */
    /* argv[0] is "winnow NAME". */
    int (*run)(int argc, char **argv);
};

/* A command made of actions, each with options and help of its own ("winnow NAME ACTION").
 * The list ends with an action without a name. */
struct wn_action {
    const char *name, *summary;
    int (*run)(int argc, char **argv); /* argv[0] is "winnow NAME ACTION" */
};
int wn_cli_act(const char *command,
               const char *about, /* a sentence or two, for the help */
               const struct wn_action *actions,
               int argc,
               char **argv);

const struct wn_command *wn_command_at(size_t index); /* NULL behind the last */
const struct wn_command *wn_command_find(const char *name);

/* The end of every command's --help. */
#define WN_CLI_EXIT_HELP \
    "Exit status: 0 done, 1 failed, 2 wrong usage (no job, or one with mistakes)."

/* Parse with argp; mistakes print and exit with 2, --help prints and exits with 0. */
void wn_cli_parse(const struct argp *argp, int argc, char **argv, void *input);

/* "winnow: text" on standard error; the exit code that fits. */
int wn_cli_fail(const struct wn_error *err);
/* Every problem on a line of its own, behind the name of the file they are in. */
int wn_cli_tell_problems(const char *source, const struct wn_problems *problems);
/* The buffer to standard output; an exit code: 1 if it could not be built or written. */
int wn_cli_print(const struct wn_buf *text);
/* Where a file that the user names is to be written: absolute, of WN_PATH_MAX bytes.
 * WN_EINVAL: there is no such folder. */
enum wn_status wn_cli_output(const char *path,
                             char *whole,
                             struct wn_error *err) WN_MUST_CHECK;
/* How to print there: colours and width only for a terminal that no MPI launcher made, and
 * no colour if NO_COLOR is set to anything. */
struct wn_report_style wn_cli_style(void);
struct wn_report_style wn_cli_style_of(int fd); /* the same for another descriptor */

/* Options of more than one command */

/* A list of words that grows: --set may be given again and again. */
struct wn_cli_words {
    const char **at;
    size_t n;
};
bool wn_cli_words_add(struct wn_cli_words *words, const char *word);
/* For parsers of argp. A --set; and the one argument that a command takes ("one job at a
 * time, not 'x' too"). */
error_t wn_cli_take_set(struct wn_cli_words *sets, char *arg, struct argp_state *state);
error_t wn_cli_take_one(const char **to,
                        const char *what,
                        char *arg,
                        struct argp_state *state);
void wn_cli_words_release(struct wn_cli_words *words);

/* An integer of an option in [low, high]; argp_error() otherwise. */
long wn_cli_integer(struct argp_state *state,
                    const char *option,
                    const char *text,
                    long low,
                    long high);

/* A number of an option in [low, high], and a duration ("90s", "12h") in milliseconds;
 * argp_error() otherwise. */
double wn_cli_number(struct argp_state *state,
                     const char *option,
                     const char *text,
                     double low,
                     double high);
int64_t wn_cli_duration(struct argp_state *state, const char *option, const char *text);

#define WN_CLI_STUDY_HELP                                                           \
    "STUDY is the folder of a study, or its name below $WINNOW_DIR or the working " \
    "directory; without it the only study there is meant."

#endif /* WN_CLI_COMMAND_H */

/* replay.c - `winnow replay`: decide again beside the journal (rule 15). */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/version.h"
#include "cli/study_arg.h"

struct replay {
    const char *name;
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct replay *replay = state->input;

    return wn_cli_take_study(&replay->name, key, arg, state);
}

static const struct argp argp = {
    NULL,
    parse_option,
    "[STUDY]",
    "Recompute every decision of a study from its journal and name the first difference."
    "\v"
    "Meaningful under the program version that wrote the journal.\n" WN_CLI_STUDY_HELP
    "\n\n"
    "Exit status: 0 all decisions are the same, 1 there is a difference, 2 wrong usage.",
    NULL,
    NULL,
    NULL};

static int run(int argc, char **argv)
{
    struct replay replay = {0};
    struct wn_report_study study;
    struct wn_error err = {0};
    struct wn_buf out = {0};
    char dir[WN_PATH_MAX];
    int code;

    wn_cli_parse(&argp, argc, argv, &replay);
    code = wn_cli_find_study(replay.name, dir);
    if (code != WN_EXIT_COMPLETE)
        return code;
    if (wn_report_open(dir, true, &study, &err) != WN_OK) {
        fprintf(stderr, "winnow: %s\n", err.text);
        return WN_EXIT_FAILED;
    }
    if (strcmp(study.version, wn_version()) != 0)
        fprintf(stderr, "winnow: the study was last opened by version %s, this is %s\n",
                study.version, wn_version());
    wn_buf_addf(&out,
                "%" PRIu64 " events, %" PRIu64 " decisions: all the same "
                "(state %016" PRIx64 ")\n",
                study.summary.n_events, study.rebuild.replay.n_checked,
                wn_study_digest(study.study));
    code = wn_cli_print(&out);
    wn_buf_release(&out);
    wn_report_close(&study);
    return code;
}

const struct wn_command wn_command_replay = {
    .name = "replay",
    .summary = "decide again beside the journal, name the first difference",
    .run = run,
};

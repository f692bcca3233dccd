/* stop.c - `winnow stop`: ask a running study to drain, from another shell or host.
 *
 * The request is the file control/stop of the study, put there whole by rename; the
 * coordinator looks there, journals it and removes it. A study that does not run is left
 * alone: the request would stop its next opening.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <time.h>

#include "cli/study_arg.h"

enum { LOOK_EVERY_MS = 200 };

struct stop {
    const char *name;
    bool waits;
};

static const struct argp_option options[] = {
    {"wait", 'w', NULL, 0, "Return when the study has closed", 0},
    {0},
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct stop *stop = state->input;

    if (key == 'w') {
        stop->waits = true;
        return 0;
    }
    return wn_cli_take_study(&stop->name, key, arg, state);
}

static const struct argp argp = {
    options,
    parse_option,
    "[STUDY]",
    "Ask a running study to drain: its trials pause at their next report and it closes. "
    "The command that ran it goes on from there."
    "\v" WN_CLI_STUDY_HELP "\n\n"
    "Exit status: 0 asked (with --wait: closed), 1 the study does not run, 2 wrong "
    "usage.",
    NULL,
    NULL,
    NULL};

static enum wn_status ask(const char *dir, struct wn_error *err)
{
    static const char request[] = "{\"request\": \"stop\"}\n";
    char control[WN_PATH_MAX], path[WN_PATH_MAX];
    enum wn_status rc = wn_path_join(control, err, dir, "control");

    if (rc == WN_OK)
        rc = wn_dir_make(control, err);
    if (rc == WN_OK)
        rc = wn_path_join(path, err, control, "stop");
    if (rc == WN_OK)
        rc = wn_file_replace(path, request, sizeof request - 1, err);
    return rc;
}

static int run(int argc, char **argv)
{
    const struct timespec pause = {.tv_nsec = LOOK_EVERY_MS * 1000000L};
    struct stop stop = {0};
    struct wn_error err = {0};
    char dir[WN_PATH_MAX];
    int code;

    wn_cli_parse(&argp, argc, argv, &stop);
    code = wn_cli_find_study(stop.name, dir);
    if (code != WN_EXIT_COMPLETE)
        return code;
    if (!wn_cli_study_lives(dir)) {
        fprintf(stderr, "winnow: the study in %s does not run\n", dir);
        return WN_EXIT_FAILED;
    }
    if (ask(dir, &err) != WN_OK)
        return wn_cli_fail(&err);
    while (stop.waits && wn_cli_study_lives(dir))
        nanosleep(&pause, NULL);
    return WN_EXIT_COMPLETE;
}

const struct wn_command wn_command_stop = {
    .name = "stop",
    .summary = "drain a running study from another shell",
    .run = run,
};

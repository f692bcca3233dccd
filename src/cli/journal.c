/* journal.c - `winnow journal`: the events of a study as JSON lines. */
#define _GNU_SOURCE
#include <stdio.h>

#include "cli/study_arg.h"

struct journal {
    const char *name;
    struct wn_job *job; /* of the first event: names the parameters */
    struct wn_buf line;
    int code;
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct journal *journal = state->input;

    return wn_cli_take_study(&journal->name, key, arg, state);
}

static const struct argp argp = {
    NULL,
    parse_option,
    "[STUDY]",
    "Print every event of a study, oldest first, as one JSON object a line."
    "\v" WN_CLI_STUDY_HELP "\n\n" WN_CLI_EXIT_HELP,
    NULL,
    NULL,
    NULL};

static enum wn_status print_event(void *arg,
                                  const struct wn_event *event,
                                  struct wn_error *err)
{
    struct journal *journal = arg;

    if (event->kind == WN_EVENT_JOB && !journal->job) {
        enum wn_status rc =
            wn_job_parse_canonical(event->job.text, NULL, &journal->job, err);

        if (rc != WN_OK)
            return rc;
    }
    wn_buf_clear(&journal->line);
    wn_event_print(event, journal->job ? journal->job->space : NULL, &journal->line);
    wn_buf_addc(&journal->line, '\n');
    if (journal->line.failed)
        return wn_fail(err, WN_ENOMEM, "no memory to print an event");
    if (fwrite(journal->line.at, 1, journal->line.n, stdout) != journal->line.n)
        return wn_fail_errno(err, WN_EIO, "standard output");
    return WN_OK;
}

static int run(int argc, char **argv)
{
    struct journal journal = {0};
    struct wn_journal_summary summary;
    struct wn_error err = {0};
    char dir[WN_PATH_MAX], path[WN_PATH_MAX];
    enum wn_status rc;
    int code;

    wn_cli_parse(&argp, argc, argv, &journal);
    code = wn_cli_find_study(journal.name, dir);
    if (code != WN_EXIT_COMPLETE)
        return code;
    rc = wn_path_join(path, &err, dir, "journal");
    if (rc == WN_OK)
        rc = wn_journal_read(path, print_event, &journal, &summary, &err);
    if (rc == WN_OK && fflush(stdout) != 0)
        rc = wn_fail_errno(&err, WN_EIO, "standard output");
    if (rc == WN_OK && summary.torn_bytes)
        fprintf(stderr, "winnow: %llu bytes at the end are not whole\n",
                (unsigned long long)summary.torn_bytes);
    if (rc != WN_OK) {
        fprintf(stderr, "winnow: %s\n", err.text);
        code = WN_EXIT_FAILED;
    }
    wn_buf_release(&journal.line);
    wn_job_destroy(journal.job);
    return code;
}

const struct wn_command wn_command_journal = {
    .name = "journal",
    .summary = "print the events of a study as JSON lines",
    .run = run,
};

/* check.c - `winnow check JOB`: read a job as `run` would, and show what it means. */
#define _GNU_SOURCE
#include "cli/command.h"

#include "job/job.h"

struct check {
    const char *path;
    struct wn_cli_words sets;
    bool prints_json, prints_schema;
};

static const struct argp_option options[] = {
    {"set", 's', "KEY=VALUE", 0,
     "Override a key of the job, such as scheduler.variant=stopping; may be repeated", 0},
    {"json", 'j', NULL, 0, "Print the job with every default filled in", 0},
    {"schema", 'S', NULL, 0, "Print the JSON schema of job files; needs no JOB", 0},
    {0},
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct check *check = state->input;

    switch (key) {
    case 's': return wn_cli_take_set(&check->sets, arg, state);
    case 'j': check->prints_json = true; return 0;
    case 'S': check->prints_schema = true; return 0;
    case ARGP_KEY_ARG: return wn_cli_take_one(&check->path, "job", arg, state);
    case ARGP_KEY_END:
        if (!check->path && !check->prints_schema)
            argp_error(state, "which job?");
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {
    options,
    parse_option,
    "JOB",
    "Check a job file and print its design table, rung ladder and stop criteria."
    "\v"
    "All mistakes are reported at once, each with its path in the "
    "file.\n" WN_CLI_EXIT_HELP,
    NULL,
    NULL,
    NULL};

static enum wn_status show(const struct check *check,
                           const struct wn_job *job,
                           struct wn_buf *out,
                           struct wn_error *err)
{
    if (!check->prints_json)
        return wn_job_describe(job, out, err);
    wn_buf_adds(out, job->text);
    return WN_OK;
}

static int check_job(const struct check *check, struct wn_buf *out)
{
    struct wn_problems problems = {0};
    struct wn_job *job = NULL;
    struct wn_error err = {0};
    int code = WN_EXIT_COMPLETE;
    enum wn_status rc =
        wn_job_read(check->path, check->sets.at, check->sets.n, &problems, &job, &err);

    if (rc == WN_OK)
        rc = show(check, job, out, &err);
    if (rc != WN_OK)
        code =
            problems.n ? wn_cli_tell_problems(check->path, &problems) : wn_cli_fail(&err);
    wn_problems_release(&problems);
    wn_job_destroy(job);
    return code;
}

static int run(int argc, char **argv)
{
    struct check check = {0};
    struct wn_error err = {0};
    struct wn_buf out = {0};
    int code = WN_EXIT_COMPLETE;

    wn_cli_parse(&argp, argc, argv, &check);
    if (check.prints_schema && wn_job_schema(&out, &err) != WN_OK)
        code = wn_cli_fail(&err);
    if (code == WN_EXIT_COMPLETE && check.path)
        code = check_job(&check, &out);
    if (code == WN_EXIT_COMPLETE)
        code = wn_cli_print(&out);
    wn_buf_release(&out);
    wn_cli_words_release(&check.sets);
    return code;
}

const struct wn_command wn_command_check = {
    .name = "check",
    .summary = "check a job file and show what it means",
    .run = run,
};

/* benchmark.c - `winnow benchmark ACTION`: benchmark files, looked at and made. */
#define _GNU_SOURCE
#include "cli/benchmark.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "cli/command.h"
#include "report/benchmark.h"

static const struct wn_action actions[] = {
    {"info", "print what a file holds", wn_cli_benchmark_info},
    {"job", "print a job that simulates with it", wn_cli_benchmark_job},
    {"import", "make one of a CSV table or a Syne Tune folder", wn_cli_benchmark_import},
    {NULL, NULL, NULL}};

static int run(int argc, char **argv)
{
    return wn_cli_act("benchmark",
                      "Benchmark files: tables of trainings that somebody measured, to "
                      "simulate with.",
                      actions, argc, argv);
}

const struct wn_command wn_command_benchmark = {
    .name = "benchmark",
    .summary = "look into benchmark files, and make them",
    .run = run,
};

/* --- info and job: FILE [--task T] --- */

enum { KEY_TASK = 256, KEY_METRIC, KEY_JSON };

struct look {
    const char *path, *task, *metric;
    bool prints_json;
};

static error_t parse_look(int key, char *arg, struct argp_state *state)
{
    struct look *look = state->input;

    switch (key) {
    case KEY_TASK: look->task = arg; return 0;
    case KEY_METRIC: look->metric = arg; return 0;
    case KEY_JSON: look->prints_json = true; return 0;
    case ARGP_KEY_ARG: return wn_cli_take_one(&look->path, "file", arg, state);
    case ARGP_KEY_END:
        if (!look->path)
            argp_error(state, "which file?");
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

#define TASK_OPTION                                                 \
    {                                                               \
        "task", KEY_TASK, "TASK", 0,                                \
            "Which of its tasks; default the file's own default", 0 \
    }

static const struct argp_option info_options[] = {
    TASK_OPTION,
    {"json", KEY_JSON, NULL, 0, "Print one JSON object instead of tables", 0},
    {0},
};
static const struct argp_option job_options[] = {
    TASK_OPTION,
    {"metric", KEY_METRIC, "METRIC", 0,
     "The metric to tune by; default the only one, or the only one called val...", 0},
    {0},
};
static const struct argp info_argp = {
    info_options,
    parse_look,
    "FILE",
    "Print what a benchmark file holds: origin and licence, tasks, hyperparameters, "
    "metrics, times."
    "\v"
    "The whole file is read and checked.\n" WN_CLI_EXIT_HELP,
    NULL,
    NULL,
    NULL};
static const struct argp job_argp = {
    job_options,
    parse_look,
    "FILE",
    "Print a job that `winnow simulate` runs as it is: ASHA and random search over the "
    "benchmark's whole space."
    "\v" WN_CLI_EXIT_HELP,
    NULL,
    NULL,
    NULL};

/* `path`: absolute, of WN_PATH_MAX bytes. */
static enum wn_status open_file(const struct look *look,
                                char *path,
                                struct wn_benchmark **out,
                                struct wn_error *err)
{
    enum wn_status rc = wn_path_absolute(look->path, path, err);

    if (rc == WN_OK)
        rc = wn_benchmark_open(path, look->task, out, err);
    return wn_path_blame(rc, err);
}

static int finish(enum wn_status rc,
                  struct wn_json *json,
                  struct wn_benchmark *benchmark,
                  struct wn_buf *out,
                  const struct wn_error *err)
{
    int code;

    if (rc == WN_OK && json)
        wn_json_print_pretty(json, out);
    if (rc == WN_OK && json)
        wn_buf_addc(out, '\n');
    code = rc == WN_OK ? wn_cli_print(out) : wn_cli_fail(err);
    wn_buf_release(out);
    wn_json_destroy(json);
    wn_benchmark_destroy(benchmark);
    return code;
}

int wn_cli_benchmark_info(int argc, char **argv)
{
    struct look look = {0};
    struct wn_benchmark *benchmark = NULL;
    struct wn_json *json = NULL;
    struct wn_error err = {0};
    struct wn_buf out = {0};
    char path[WN_PATH_MAX];
    enum wn_status rc;

    wn_cli_parse(&info_argp, argc, argv, &look);
    rc = open_file(&look, path, &benchmark, &err);
    if (rc == WN_OK)
        rc = look.prints_json
                 ? wn_report_benchmark_json(benchmark, &json, &err)
                 : wn_report_benchmark(benchmark, wn_cli_style(), &out, &err);
    return finish(rc, json, benchmark, &out, &err);
}

int wn_cli_benchmark_job(int argc, char **argv)
{
    struct look look = {0};
    struct wn_benchmark *benchmark = NULL;
    struct wn_json *json = NULL;
    struct wn_error err = {0};
    struct wn_buf out = {0};
    char path[WN_PATH_MAX];
    enum wn_status rc;

    wn_cli_parse(&job_argp, argc, argv, &look);
    rc = open_file(&look, path, &benchmark, &err);
    if (rc == WN_OK)
        rc = wn_report_benchmark_job(benchmark, path, look.metric, &json, &err);
    return finish(rc, json, benchmark, &out, &err);
}

/* plan.c - `winnow plan JOB`: what a study will need, before anything is submitted.
 *
 * The study is simulated with a few seeds; what is printed are mean and range over them.
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/table.h"
#include "cli/command.h"
#include "cli/progress.h"
#include "cli/study_arg.h"
#include "cli/trouble.h"
#include "simulate/plan.h"

enum {
    KEY_SLOTS = 256,
    KEY_TIME,
    KEY_SEEDS,
    KEY_UNIT_TIME,
    KEY_SPREAD,
    KEY_UNITS,
    KEY_LIKE,
    KEY_TASK,
    KEY_SIZE,
    KEY_NODE,
    KEY_QUIET
};
enum { SEEDS_USUAL = 5, SEEDS_MOST = 1000 };
#define SLOTS_MOST 1000000
#define SEEDS      ((uint64_t)WN_JSON_EXACT_MOST + 1) /* that a job may have */

struct plan {
    const char *path;
    struct wn_cli_words sets;
    size_t n_slots, n_seeds, slots_per_node;
    int64_t time_ms; /* 0: until the study ends */
    const char *like, *task;
    double unit_seconds, spread; /* 0: not said */
    int64_t units;
    double checkpoint_bytes;
    bool prints_json, is_quiet;
    struct wn_cli_progress progress;
    struct wn_cli_trouble trouble;
    char benchmark[WN_PATH_MAX];
};

static const struct argp_option options[] = {
    {"set", 's', "KEY=VALUE", 0, "Override a key of the job; may be repeated", 0},
    {"slots", KEY_SLOTS, "N", 0, "How many trials run at a time (needed)", 0},
    {"time", KEY_TIME, "TIME", 0,
     "Look no further than this, such as 12h; default: until the study ends", 0},
    {"seeds", KEY_SEEDS, "N", 0, "Simulated runs; default 5", 0},
    {"slots-per-node", KEY_NODE, "N", 0, "To count node-hours", 0},
    {"checkpoint-size", KEY_SIZE, "SIZE", 0,
     "Bytes of one checkpoint, such as 500M or 2G, to count what they take", 0},
    {"json", 'j', NULL, 0, "One JSON object", 0},
    {"quiet", KEY_QUIET, NULL, 0, "No progress, only the result", 0},
    {NULL, 0, NULL, 0, "What stands for trials that are programs:", 1},
    {"unit-time", KEY_UNIT_TIME, "TIME", 0,
     "How long a resource unit takes the fastest trial; default 60s", 1},
    {"spread", KEY_SPREAD, "FACTOR", 0,
     "How many times longer it takes the slowest; default 1", 1},
    {"units", KEY_UNITS, "N", 0,
     "After how many units a training ends by itself, where the job has no resource.max",
     1},
    {"like", KEY_LIKE, "STUDY|FILE", 0,
     "Trials have the values and times of a past study, or of a benchmark file", 1},
    {"task", KEY_TASK, "NAME", 0, "Which task of the benchmark file", 1},
    {0},
};

/* "500M" in bytes; units are powers of 1000. */
static double parse_size(struct argp_state *state, const char *text)
{
    static const char units[] = "kMGT";
    char *end;
    double value = strtod(text, &end), scale = 1;
    const char *unit = *end ? strchr(units, *end) : NULL;

    if (unit) {
        for (const char *u = units; u <= unit; u++)
            scale *= 1000;
        end++;
    }
    if (*end == 'B')
        end++;
    if (end == text || *end || !(value >= 0 && value < 1e18))
        argp_error(state, "--checkpoint-size must be like 800k, 500M or 2G, not '%s'",
                   text);
    return value * scale;
}

static error_t parse_trials(int key, char *arg, struct argp_state *state)
{
    struct plan *plan = state->input;

    switch (key) {
    case KEY_UNIT_TIME:
        plan->unit_seconds = (double)wn_cli_duration(state, "--unit-time", arg) / 1000;
        if (plan->unit_seconds <= 0)
            argp_error(state, "--unit-time must be above 0");
        return 0;
    case KEY_SPREAD:
        plan->spread = wn_cli_number(state, "--spread", arg, 1, 1e6);
        return 0;
    case KEY_UNITS:
        plan->units = wn_cli_integer(state, "--units", arg, 1, INT32_MAX);
        return 0;
    case KEY_LIKE: plan->like = arg; return 0;
    case KEY_TASK: plan->task = arg; return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static void check_options(struct plan *plan, struct argp_state *state)
{
    if (!plan->path)
        argp_error(state, "which job?");
    if (!plan->n_slots)
        argp_error(state, "how many slots will there be? --slots N");
    if (plan->like && (plan->unit_seconds > 0 || plan->spread > 0 || plan->units))
        argp_error(state, "--like has times of its own: no --unit-time, --spread or "
                          "--units beside it");
    if (plan->task && !plan->like)
        argp_error(state, "--task is of the file that --like names, which is missing");
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct plan *plan = state->input;

    switch (key) {
    case 's': return wn_cli_take_set(&plan->sets, arg, state);
    case 'j': plan->prints_json = true; return 0;
    case KEY_QUIET: plan->is_quiet = true; return 0;
    case KEY_SLOTS:
        plan->n_slots = (size_t)wn_cli_integer(state, "--slots", arg, 1, SLOTS_MOST);
        return 0;
    case KEY_TIME:
        plan->time_ms = wn_cli_duration(state, "--time", arg);
        if (!plan->time_ms)
            argp_error(state, "--time must be above 0");
        return 0;
    case KEY_SEEDS:
        plan->n_seeds = (size_t)wn_cli_integer(state, "--seeds", arg, 1, SEEDS_MOST);
        return 0;
    case KEY_NODE:
        plan->slots_per_node =
            (size_t)wn_cli_integer(state, "--slots-per-node", arg, 1, SLOTS_MOST);
        return 0;
    case KEY_SIZE: plan->checkpoint_bytes = parse_size(state, arg); return 0;
    case ARGP_KEY_ARG: return wn_cli_take_one(&plan->path, "job", arg, state);
    case ARGP_KEY_INIT: state->child_inputs[0] = &plan->trouble; return 0;
    case ARGP_KEY_END: check_options(plan, state); return 0;
    default: return parse_trials(key, arg, state);
    }
}

static const struct argp_child children[] = {
    {&wn_cli_trouble_argp, 0, "Trouble, drawn from the seed:", 2},
    {0}};

static const struct argp argp = {
    options,
    parse_option,
    "JOB",
    "Say what a study will need, from a few simulated runs, before anything is "
    "submitted: "
    "trials, checkpoints, core-hours, and when it ends or how far it comes."
    "\v"
    "Trials that are programs are not started: a made-up curve of losses stands for "
    "them, or "
    "with --like what was recorded of others. Trials of a job with the runner table or "
    "function stand for themselves.\n" WN_CLI_EXIT_HELP,
    children,
    NULL,
    NULL};

/* --- running --- */

static enum wn_status find_benchmark(struct plan *plan, struct wn_error *err)
{
    if (wn_report_find(plan->like, getenv("WINNOW_DIR"), plan->benchmark, NULL) == WN_OK)
        return WN_OK;
    return wn_path_blame(wn_path_absolute(plan->like, plan->benchmark, err), err);
}

static enum wn_status check_end(const struct plan *plan,
                                const struct wn_job *job,
                                struct wn_error *err)
{
    bool has_end = plan->time_ms > 0;
    enum wn_status rc = has_end ? WN_OK : wn_job_has_end(job, &has_end, err);

    if (rc != WN_OK || has_end)
        return rc;
    return wn_fail(err, WN_EINVAL,
                   "%s: nothing ends this study: say how long to look, --time 12h, or "
                   "give the job a stop criterion",
                   plan->path);
}

static enum wn_status run_once(struct plan *plan,
                               const struct wn_job *job,
                               struct wn_plan_result *out,
                               struct wn_error *err)
{
    struct wn_campaign_config cfg = {.sim = {.job = job},
                                     .until_us = plan->time_ms * 1000};
    struct wn_store *store = NULL;
    enum wn_status rc = wn_cli_trouble_apply(&plan->trouble, plan->n_slots, &cfg, err);

    if (rc == WN_OK)
        rc = wn_store_create_memory(&store, err);
    cfg.sim.store = store;
    wn_cli_progress_watch(&plan->progress, &cfg);
    if (rc == WN_OK)
        rc = wn_plan_run(&cfg, out, err);
    wn_store_destroy(store);
    return rc;
}

/* One seed after the other: the job's, and those behind it. */
static enum wn_status run_all(struct plan *plan,
                              const struct wn_job *job,
                              struct wn_plan_result *results,
                              struct wn_problems *problems,
                              struct wn_error *err)
{
    struct wn_plan_trials trials = {.benchmark = plan->like ? plan->benchmark : NULL,
                                    .task = plan->task,
                                    .unit_seconds =
                                        plan->unit_seconds > 0 ? plan->unit_seconds : 60,
                                    .spread = plan->spread > 0 ? plan->spread : 1,
                                    .units = plan->units};
    struct wn_job *made = NULL;
    enum wn_status rc = wn_plan_job(job, &trials, problems, &made, err);

    if (rc == WN_OK)
        rc = check_end(plan, made, err);
    wn_cli_progress_begin(&plan->progress, stderr, plan->is_quiet);
    plan->progress.of = plan->n_seeds;
    for (size_t i = 0; rc == WN_OK && i < plan->n_seeds; i++) {
        struct wn_job *seeded = NULL;

        plan->progress.number = i + 1;
        rc = wn_job_reseed(made, (job->seed + i) % SEEDS, &seeded, err);
        if (rc == WN_OK)
            rc = run_once(plan, seeded, &results[i], err);
        wn_job_destroy(seeded);
    }
    wn_cli_progress_clear(&plan->progress);
    wn_job_destroy(made);
    return rc;
}

/* --- figures over seeds --- */

struct span {
    double mean, low, high;
};

/* The mean is a sum until all are there. */
static void add_to(struct span *span, double value)
{
    span->mean += value;
    span->low = fmin(span->low, value);
    span->high = fmax(span->high, value);
}

static struct span span_of(const struct plan *plan,
                           const struct wn_plan_result *results,
                           enum wn_plan_figure figure,
                           double scale)
{
    struct span span = {0, HUGE_VAL, -HUGE_VAL};

    for (size_t i = 0; i < plan->n_seeds; i++)
        add_to(&span, scale * results[i].at[figure]);
    span.mean /= (double)plan->n_seeds;
    return span;
}

/* A rung of one run that is the same as another's; NULL: that run has none. */
static const struct wn_rung *rung_like(const struct wn_plan_result *result,
                                       const struct wn_rung *like)
{
    for (size_t i = 0; i < result->rungs.n; i++)
        if (result->rungs.at[i].bracket == like->bracket &&
            result->rungs.at[i].resource == like->resource)
            return &result->rungs.at[i];
    return NULL;
}

static void spans_of_rung(const struct plan *plan,
                          const struct wn_plan_result *results,
                          const struct wn_rung *like,
                          struct span *entered,
                          struct span *promoted)
{
    *entered = *promoted = (struct span){0, HUGE_VAL, -HUGE_VAL};
    for (size_t i = 0; i < plan->n_seeds; i++) {
        const struct wn_rung *rung = rung_like(&results[i], like);

        add_to(entered, rung ? (double)rung->n_entered : 0);
        add_to(promoted, rung ? (double)rung->n_promoted : 0);
    }
    entered->mean /= (double)plan->n_seeds;
    promoted->mean /= (double)plan->n_seeds;
}

/* The run with the most rungs names them. */
static const struct wn_plan_result *longest(const struct plan *plan,
                                            const struct wn_plan_result *results)
{
    const struct wn_plan_result *best = results;

    for (size_t i = 1; i < plan->n_seeds; i++)
        if (results[i].rungs.n > best->rungs.n)
            best = &results[i];
    return best;
}

/* What a figure is called. */
static const struct row {
    enum wn_plan_figure figure;
    const char *text, *json;
    bool is_always; /* also where it is 0 in every run */
} rows[] = {
    {WN_PLAN_STARTED, "trials started", "trials_started", true},
    {WN_PLAN_COMPLETED, "  completed", "trials_completed", true},
    {WN_PLAN_STOPPED, "  stopped", "trials_stopped", false},
    {WN_PLAN_PAUSED, "  paused", "trials_paused", false},
    {WN_PLAN_FAILED, "  failed", "trials_failed", false},
    {WN_PLAN_REPORTS, "reports", "reports", true},
    {WN_PLAN_UNITS, "resource units", "resource_units", true},
    {WN_PLAN_WASTED, "  in vain or again", "resource_wasted", false},
    {WN_PLAN_SAVED, "checkpoints written", "checkpoints_written", true},
    {WN_PLAN_KEPT, "  kept at most", "checkpoints_kept", true},
    {WN_PLAN_LOSSES, "workers lost", "workers_lost", false},
    {WN_PLAN_JOBS, "jobs", "jobs", false},
    {WN_PLAN_BUSY, "core-hours training", "core_hours_training", true},
    {WN_PLAN_CORES, "core-hours", "core_hours", true},
};

static void print_number(double value, char *text, size_t room)
{
    if (fabs(value) >= 100 || value == floor(value))
        snprintf(text, room, "%.0f", value);
    else
        snprintf(text, room, "%.3g", value);
}

static void print_bytes(double bytes, char *text, size_t room)
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB"};
    size_t unit = 0;

    while (bytes >= 1000 && unit + 1 < sizeof units / sizeof units[0]) {
        bytes /= 1000;
        unit++;
    }
    snprintf(text, room, "%.3g %s", bytes, units[unit]);
}

static void print_seconds(double seconds, char *text, size_t room)
{
    (void)wn_duration_print((int64_t)(seconds * 1000), text, room);
}

/* A row: mean, and the range if there is one. */
static void add_span(struct wn_table *table,
                     const char *name,
                     struct span span,
                     void (*print)(double value, char *text, size_t room))
{
    char mean[48], low[48], high[48];

    print(span.mean, mean, sizeof mean);
    print(span.low, low, sizeof low);
    print(span.high, high, sizeof high);
    wn_table_add(table, name);
    wn_table_add(table, mean);
    if (span.low < span.high)
        wn_table_addf(table, "%s to %s", low, high);
    else
        wn_table_add(table, "");
}

/* --- for people --- */

static size_t n_closed(const struct plan *plan, const struct wn_plan_result *results)
{
    size_t n = 0;

    for (size_t i = 0; i < plan->n_seeds; i++)
        n += results[i].is_closed;
    return n;
}

static double node_scale(const struct plan *plan, const struct wn_job *job)
{
    double nodes = ceil((double)plan->n_slots / (double)plan->slots_per_node);

    return nodes / ((double)plan->n_slots * (double)wn_values_int(job->trial, "cores"));
}

static const char *end_name(const struct plan *plan, const struct wn_plan_result *results)
{
    size_t n = n_closed(plan, results);

    if (n == plan->n_seeds)
        return "end after";
    return n ? "end, or looked until" : "looked at until";
}

static void add_rows(const struct plan *plan,
                     const struct wn_job *job,
                     const struct wn_plan_result *results,
                     struct wn_table *table)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct span span = span_of(plan, results, rows[i].figure, 1);
        bool is_jobs = rows[i].figure == WN_PLAN_JOBS;

        if (rows[i].is_always || span.high > (is_jobs ? 1 : 0.005))
            add_span(table, rows[i].text, span, print_number);
        if (rows[i].figure == WN_PLAN_KEPT && plan->checkpoint_bytes > 0)
            add_span(table, "  which take",
                     span_of(plan, results, WN_PLAN_KEPT, plan->checkpoint_bytes),
                     print_bytes);
    }
    if (plan->slots_per_node)
        add_span(table, "node-hours",
                 span_of(plan, results, WN_PLAN_CORES, node_scale(plan, job)),
                 print_number);
    add_span(table, "idle, %", span_of(plan, results, WN_PLAN_IDLE, 100), print_number);
    add_span(table, end_name(plan, results), span_of(plan, results, WN_PLAN_END, 1),
             print_seconds);
}

static void add_rungs(const struct plan *plan,
                      const struct wn_job *job,
                      const struct wn_plan_result *results,
                      struct wn_buf *out)
{
    const struct wn_plan_result *names = longest(plan, results);
    struct wn_table table;

    if (!names->rungs.n)
        return;
    wn_table_init(&table, "rrrlrl");
    wn_table_add(&table, "bracket");
    wn_table_add(&table, job->resource);
    wn_table_add(&table, "entered");
    wn_table_add(&table, "range");
    wn_table_add(&table, "promoted");
    wn_table_add(&table, "range");
    for (size_t i = 0; i < names->rungs.n; i++) {
        const struct wn_rung *rung = &names->rungs.at[i];
        struct span spans[2];

        spans_of_rung(plan, results, rung, &spans[0], &spans[1]);
        wn_table_addf(&table, "%" PRIu32, rung->bracket);
        wn_table_addf(&table, "%" PRId64, rung->resource);
        for (int k = 0; k < 2; k++) {
            char mean[32];

            print_number(spans[k].mean, mean, sizeof mean);
            wn_table_add(&table, mean);
            if (spans[k].low < spans[k].high)
                wn_table_addf(&table, "%.0f to %.0f", spans[k].low, spans[k].high);
            else
                wn_table_add(&table, "");
        }
    }
    wn_buf_adds(out, "rungs\n");
    wn_table_print(&table, 2, wn_cli_style().width, NULL, NULL, out);
    wn_table_release(&table);
}

/* How many runs came to the same end as run `i`; 0: it came to none, or one before it did. */
static size_t n_same_end(const struct plan *plan,
                         const struct wn_plan_result *results,
                         size_t i)
{
    size_t n = 0;

    for (size_t k = 0; k < plan->n_seeds; k++) {
        if (!results[k].is_closed || results[k].reason != results[i].reason ||
            strcmp(results[k].criterion, results[i].criterion) != 0)
            continue;
        if (k < i)
            return 0;
        n++;
    }
    return results[i].is_closed ? n : 0;
}

static void add_ends(const struct plan *plan,
                     const struct wn_plan_result *results,
                     struct wn_buf *out)
{
    bool is_early = plan->time_ms > 0 && n_closed(plan, results) == plan->n_seeds;
    char time[48];

    for (size_t i = 0; i < plan->n_seeds; i++) {
        size_t n = n_same_end(plan, results, i);

        if (!n)
            continue;
        if (n == plan->n_seeds)
            wn_buf_adds(out, "the study is ");
        else
            wn_buf_addf(out, "%zu of %zu runs %s ", n, plan->n_seeds,
                        n == 1 ? "is" : "are");
        wn_report_reason_text(results[i].reason, results[i].criterion, out);
        if (is_early)
            wn_buf_addf(out, ", within the %s of --time",
                        wn_duration_print(plan->time_ms, time, sizeof time));
        wn_buf_addc(out, '\n');
    }
}

static void add_far(const struct plan *plan,
                    const struct wn_plan_result *results,
                    struct wn_buf *out)
{
    size_t n = plan->n_seeds - n_closed(plan, results);
    double progress = 0;
    bool is_known = true;

    add_ends(plan, results, out);
    if (!n)
        return;
    for (size_t i = 0; i < plan->n_seeds; i++) {
        if (results[i].is_closed)
            continue;
        is_known = is_known && results[i].progress >= 0;
        progress += results[i].progress / (double)n;
    }
    if (n < plan->n_seeds)
        wn_buf_addf(out, "%zu of %zu runs %s not at %s end then", n, plan->n_seeds,
                    n == 1 ? "is" : "are", n == 1 ? "its" : "their");
    else
        wn_buf_adds(out, "the study is not at its end then");
    if (is_known)
        wn_buf_addf(out, "; its stop criterion is at %.0f %%",
                    100 * (progress > 1 ? 1 : progress));
    wn_buf_addc(out, '\n');
}

static void add_pace(const struct plan *plan,
                     const struct wn_job *job,
                     struct wn_buf *out)
{
    wn_buf_addf(out, "a made-up curve, %g s for a unit",
                plan->unit_seconds > 0 ? plan->unit_seconds : 60);
    if (plan->spread > 1)
        wn_buf_addf(out, ", up to %g times longer", plan->spread);
    if (wn_values_is_set(job->stop, "metric"))
        wn_buf_adds(out, "; stop.metric is left out, since values are made up");
    wn_buf_addc(out, '\n');
}

static void add_head(const struct plan *plan,
                     const struct wn_job *job,
                     struct wn_buf *out)
{
    wn_buf_addf(out, "plan of %s: %zu slot%s, %zu simulated run%s; ", job->name,
                plan->n_slots, plan->n_slots == 1 ? "" : "s", plan->n_seeds,
                plan->n_seeds == 1 ? "" : "s");
    if (plan->like)
        wn_buf_addf(out, "trials are like those of %s\n", plan->like);
    else if (job->runner->works_in_virtual_time)
        wn_buf_addf(out, "trials are those of the runner %s\n", job->runner->name);
    else
        add_pace(plan, job, out);
}

static void print_text(const struct plan *plan,
                       const struct wn_job *job,
                       const struct wn_plan_result *results,
                       struct wn_buf *out)
{
    struct wn_table table;

    add_head(plan, job, out);
    wn_table_init(&table, "lrl");
    wn_table_add(&table, "");
    wn_table_add(&table, "mean");
    wn_table_add(&table, "range");
    add_rows(plan, job, results, &table);
    wn_table_print(&table, 2, wn_cli_style().width, NULL, NULL, out);
    wn_table_release(&table);
    add_far(plan, results, out);
    add_rungs(plan, job, results, out);
}

/* --- for programs --- */

static struct wn_json *span_json(struct span span)
{
    struct wn_json *out = wn_json_new_object();

    (void)wn_json_set(out, "mean", wn_json_new_number(span.mean));
    (void)wn_json_set(out, "low", wn_json_new_number(span.low));
    (void)wn_json_set(out, "high", wn_json_new_number(span.high));
    return out;
}

static struct wn_json *rungs_json(const struct plan *plan,
                                  const struct wn_plan_result *results)
{
    const struct wn_plan_result *names = longest(plan, results);
    struct wn_json *list = wn_json_new_list();

    for (size_t i = 0; i < names->rungs.n; i++) {
        const struct wn_rung *rung = &names->rungs.at[i];
        struct wn_json *item = wn_json_new_object();
        struct span entered, promoted;

        spans_of_rung(plan, results, rung, &entered, &promoted);
        (void)wn_json_set(item, "bracket", wn_json_new_integer(rung->bracket));
        (void)wn_json_set(item, "resource", wn_json_new_integer(rung->resource));
        (void)wn_json_set(item, "entered", span_json(entered));
        (void)wn_json_set(item, "promoted", span_json(promoted));
        (void)wn_json_add(list, item);
    }
    return list;
}

/* [{"why": "stop.time", "runs": 5}]; a study that has nothing left to try is "done". */
static struct wn_json *ends_json(const struct plan *plan,
                                 const struct wn_plan_result *results)
{
    struct wn_json *list = wn_json_new_list();

    for (size_t i = 0; i < plan->n_seeds; i++) {
        size_t n = n_same_end(plan, results, i);
        char why[64] = "done";
        struct wn_json *item;

        if (!n)
            continue;
        if (results[i].reason == WN_STOP_CRITERION)
            snprintf(why, sizeof why, "stop.%s", results[i].criterion);
        item = wn_json_new_object();
        (void)wn_json_set(item, "why", wn_json_new_string(why));
        (void)wn_json_set(item, "runs", wn_json_new_integer((int64_t)n));
        (void)wn_json_add(list, item);
    }
    return list;
}

static void print_json(const struct plan *plan,
                       const struct wn_job *job,
                       const struct wn_plan_result *results,
                       struct wn_buf *out)
{
    struct wn_json *root = wn_json_new_object();

    (void)wn_json_set(root, "study", wn_json_new_string(job->name));
    (void)wn_json_set(root, "slots", wn_json_new_integer((int64_t)plan->n_slots));
    (void)wn_json_set(root, "runs", wn_json_new_integer((int64_t)plan->n_seeds));
    (void)wn_json_set(root, "runs_ended",
                      wn_json_new_integer((int64_t)n_closed(plan, results)));
    (void)wn_json_set(root, "ends", ends_json(plan, results));
    if (plan->time_ms)
        (void)wn_json_set(root, "time", wn_json_new_number((double)plan->time_ms / 1000));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        (void)wn_json_set(root, rows[i].json,
                          span_json(span_of(plan, results, rows[i].figure, 1)));
    if (plan->checkpoint_bytes > 0)
        (void)wn_json_set(
            root, "checkpoint_bytes",
            span_json(span_of(plan, results, WN_PLAN_KEPT, plan->checkpoint_bytes)));
    if (plan->slots_per_node)
        (void)wn_json_set(
            root, "node_hours",
            span_json(span_of(plan, results, WN_PLAN_CORES, node_scale(plan, job))));
    (void)wn_json_set(root, "idle", span_json(span_of(plan, results, WN_PLAN_IDLE, 1)));
    (void)wn_json_set(root, "end", span_json(span_of(plan, results, WN_PLAN_END, 1)));
    if (!wn_json_set(root, "rungs", rungs_json(plan, results)))
        out->failed = true;
    wn_json_print(root, out);
    wn_buf_addc(out, '\n');
    wn_json_destroy(root);
}

static enum wn_status plan_job(struct plan *plan,
                               const struct wn_job *job,
                               struct wn_problems *problems,
                               struct wn_buf *out,
                               struct wn_error *err)
{
    struct wn_plan_result *results = wn_alloc_array(plan->n_seeds, sizeof *results);
    enum wn_status rc = WN_OK;

    if (!results)
        return wn_fail(err, WN_ENOMEM, "no memory for a plan");
    if (plan->like)
        rc = find_benchmark(plan, err);
    if (rc == WN_OK)
        rc = run_all(plan, job, results, problems, err);
    if (rc == WN_OK && plan->prints_json)
        print_json(plan, job, results, out);
    else if (rc == WN_OK)
        print_text(plan, job, results, out);
    for (size_t i = 0; i < plan->n_seeds; i++)
        wn_plan_release(&results[i]);
    wn_free(results);
    return rc;
}

static int run(int argc, char **argv)
{
    struct plan plan = {.n_seeds = SEEDS_USUAL, .trouble = WN_CLI_TROUBLE_USUAL};
    struct wn_problems problems = {0};
    struct wn_job *job = NULL;
    struct wn_error err = {0};
    struct wn_buf out = {0};
    int code;
    enum wn_status rc;

    wn_cli_parse(&argp, argc, argv, &plan);
    rc = wn_job_read(plan.path, plan.sets.at, plan.sets.n, &problems, &job, &err);
    if (rc == WN_OK)
        rc = plan_job(&plan, job, &problems, &out, &err);
    if (rc == WN_OK)
        code = wn_cli_print(&out);
    else
        code =
            problems.n ? wn_cli_tell_problems(plan.path, &problems) : wn_cli_fail(&err);
    wn_buf_release(&out);
    wn_problems_release(&problems);
    wn_job_destroy(job);
    wn_cli_words_release(&plan.sets);
    return code;
}

const struct wn_command wn_command_plan = {
    .name = "plan",
    .summary = "say what a study will need, from simulated runs",
    .run = run,
};

/* trials.c - trials in order, as a table and as JSON. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/table.h"
#include "report/report_internal.h"
#include "trial/member.h"

const char *wn_report_state_name(const struct wn_study *study, uint32_t trial)
{
    const struct wn_trial *seen = wn_history_trial(wn_study_history(study), trial);

    switch ((enum wn_trial_state)seen->state) {
    case WN_TRIAL_COMPLETED: return "completed";
    case WN_TRIAL_STOPPED: return "stopped";
    case WN_TRIAL_FAILED: return "failed";
    case WN_TRIAL_WITHDRAWN: return "withdrawn";
    case WN_TRIAL_PAUSED: return "paused";
    case WN_TRIAL_LIVE: break;
    }
    switch (wn_study_placed(study, trial).state) {
    case WN_RUN_STATE_RUNNING: return "running";
    case WN_RUN_STATE_STOPPING: return "stopping";
    case WN_RUN_STATE_AWAITING: return "planned";
    case WN_RUN_STATE_READY:
    case WN_RUN_STATE_PAUSED:
    case WN_RUN_STATE_ENDED: return "waiting";
    }
    return "";
}

/* What the order looks at. */
struct rank {
    bool has_report;
    double loss;
    int64_t time_ms;
    uint32_t trial;
};

static int compare_numbers(const struct rank *a, const struct rank *b)
{
    return (a->trial > b->trial) - (a->trial < b->trial);
}

static int by_number(const void *a, const void *b)
{
    return compare_numbers(a, b);
}

static int by_metric(const void *left, const void *right)
{
    const struct rank *a = left, *b = right;

    if (a->has_report != b->has_report)
        return a->has_report ? -1 : 1;
    if (a->loss < b->loss || a->loss > b->loss)
        return a->loss < b->loss ? -1 : 1;
    if (a->time_ms != b->time_ms)
        return a->time_ms < b->time_ms ? -1 : 1;
    return compare_numbers(a, b);
}

static struct rank rank_of(const struct wn_trial *seen, uint32_t trial)
{
    struct rank rank = {.has_report = seen->n_reports > 0, .trial = trial};

    if (rank.has_report) {
        rank.loss = seen->reports[seen->best].loss;
        rank.time_ms = seen->reports[seen->best].time_ms;
    }
    return rank;
}

enum wn_status wn_report_select(const struct wn_study *study,
                                enum wn_report_order order,
                                bool full_only,
                                uint32_t **out,
                                size_t *n,
                                struct wn_error *err)
{
    const struct wn_history *history = wn_study_history(study);
    uint32_t n_trials = wn_history_n_trials(history);
    struct rank *ranks = wn_alloc_array(n_trials, sizeof *ranks);
    uint32_t *trials = wn_alloc_array(n_trials, sizeof *trials);
    size_t n_found = 0;

    if (!ranks || !trials) {
        wn_free(ranks);
        wn_free(trials);
        return wn_fail(err, WN_ENOMEM, "no memory to list %u trials", n_trials);
    }
    for (uint32_t t = 0; t < n_trials; t++) {
        const struct wn_trial *seen = wn_history_trial(history, t);

        if (!full_only || wn_history_is_full(history, t))
            ranks[n_found++] = rank_of(seen, t);
    }
    qsort(ranks, n_found, sizeof *ranks,
          order == WN_REPORT_BY_METRIC ? by_metric : by_number);
    for (size_t i = 0; i < n_found; i++)
        trials[i] = ranks[i].trial;
    wn_free(ranks);
    *out = trials;
    *n = n_found;
    return WN_OK;
}

/* "failed: exit" says more than "failed". */
static void add_state(struct wn_table *table,
                      const struct wn_study *study,
                      uint32_t trial)
{
    const struct wn_trial *seen = wn_history_trial(wn_study_history(study), trial);

    if (seen->state == WN_TRIAL_FAILED)
        wn_table_addf(table, "failed: %s",
                      wn_failure_name((enum wn_failure)seen->failure));
    else
        wn_table_add(table, wn_report_state_name(study, trial));
}

static bool has_members(const struct wn_history *history)
{
    for (uint32_t t = 0; t < wn_history_n_trials(history); t++)
        if (wn_history_trial(history, t)->start != WN_MEMBER_NONE)
            return true;
    return false;
}

static void add_head(struct wn_table *table, const struct wn_job *job, bool shows_members)
{
    wn_table_init(table, shows_members ? "rrlrrlrrrrl" : "rlrrrrl");
    wn_table_add(table, "trial");
    if (shows_members) {
        wn_table_add(table, "member");
        wn_table_add(table, "start");
        wn_table_add(table, "parent");
        wn_table_addf(table, "from %s", job->resource);
    }
    wn_table_add(table, "state");
    wn_table_add(table, job->metric);
    wn_table_addf(table, "at %s", job->resource);
    wn_table_addf(table, "last %s", job->resource);
    wn_table_add(table, "time");
    wn_table_add(table, "configuration");
}

/* The checkpoint that what a trial has now goes back to. */
static struct wn_generation source_of(const struct wn_history *history, uint32_t trial)
{
    return wn_history_source_at(history, trial, wn_history_resource(history, trial));
}

static void add_member(struct wn_table *table,
                       const struct wn_history *history,
                       uint32_t trial)
{
    const struct wn_trial *seen = wn_history_trial(history, trial);
    struct wn_generation source = source_of(history, trial);
    enum wn_member_start start = (enum wn_member_start)seen->start;

    if (start == WN_MEMBER_NONE)
        wn_table_add(table, "-");
    else
        wn_table_addf(table, "%u", seen->member);
    wn_table_add(table, wn_member_start_name(start));
    if (seen->parent == WN_TRIAL_NONE)
        wn_table_add(table, "-");
    else
        wn_table_addf(table, "%u", seen->parent);
    if (source.resource)
        wn_table_addf(table, "%" PRId64, source.resource);
    else
        wn_table_add(table, "-");
}

static void add_trial(struct wn_table *table,
                      const struct wn_study *study,
                      uint32_t trial,
                      bool shows_members)
{
    const struct wn_history *history = wn_study_history(study);
    const struct wn_trial *seen = wn_history_trial(history, trial);
    struct wn_buf config = {0};
    char text[48];

    wn_table_addf(table, "%u", trial);
    if (shows_members)
        add_member(table, history, trial);
    add_state(table, study, trial);
    if (seen->n_reports) {
        const struct wn_report *best = &seen->reports[seen->best];

        wn_table_add(table, wn_report_number(wn_history_metric_of(history, best->loss),
                                             text, sizeof text));
        wn_table_addf(table, "%" PRId64, best->resource);
        wn_table_addf(table, "%" PRId64, seen->reports[seen->n_reports - 1].resource);
    } else {
        for (int i = 0; i < 3; i++)
            wn_table_add(table, "-");
    }
    wn_table_add(table, wn_duration_print(seen->run_ms, text, sizeof text));
    if (seen->cells)
        wn_config_print(wn_history_space(history), seen->cells, &config);
    wn_table_add(table, wn_buf_text(&config));
    table->failed = table->failed || config.failed;
    wn_buf_release(&config);
}

void wn_report_trials(const struct wn_study *study,
                      const struct wn_job *job,
                      const uint32_t *trials,
                      size_t n,
                      struct wn_report_style style,
                      struct wn_buf *out)
{
    bool shows_members = has_members(wn_study_history(study));
    struct wn_table table;

    add_head(&table, job, shows_members);
    for (size_t i = 0; i < n; i++)
        add_trial(&table, study, trials[i], shows_members);
    wn_report_print_table(&table, style, out);
    wn_table_release(&table);
}

/* {"member": 3, "start": "exploit", "parent": 12, "source_resource": 8}; nothing of a trial
 * of no population. */
static bool set_member(struct wn_json *object,
                       const struct wn_history *history,
                       uint32_t trial)
{
    const struct wn_trial *seen = wn_history_trial(history, trial);
    struct wn_generation source = source_of(history, trial);
    enum wn_member_start start = (enum wn_member_start)seen->start;

    if (start == WN_MEMBER_NONE)
        return true;
    return wn_json_set(object, "member", wn_json_new_integer(seen->member)) &&
           wn_json_set(object, "start",
                       wn_json_new_string(wn_member_start_name(start))) &&
           (seen->parent == WN_TRIAL_NONE ||
            wn_json_set(object, "parent", wn_json_new_integer(seen->parent))) &&
           (!source.resource ||
            wn_json_set(object, "source_resource", wn_json_new_integer(source.resource)));
}

struct wn_json *wn_report_trial_json(const struct wn_study *study,
                                     const struct wn_job *job,
                                     uint32_t trial)
{
    const struct wn_history *history = wn_study_history(study);
    const struct wn_trial *seen = wn_history_trial(history, trial);
    struct wn_json *object = wn_json_new_object();
    bool ok = object && wn_json_set(object, "trial", wn_json_new_integer(trial)) &&
              wn_json_set(object, "state",
                          wn_json_new_string(wn_report_state_name(study, trial))) &&
              set_member(object, history, trial);

    if (ok && seen->state == WN_TRIAL_FAILED)
        ok = wn_json_set(
                 object, "failure",
                 wn_json_new_string(wn_failure_name((enum wn_failure)seen->failure))) &&
             wn_json_set(object, "message", wn_json_new_string(seen->text));
    if (ok && seen->n_reports) {
        const struct wn_report *best = &seen->reports[seen->best];

        ok = wn_json_set(object, job->metric,
                         wn_json_new_number(wn_history_metric_of(history, best->loss))) &&
             wn_json_set(object, job->resource, wn_json_new_integer(best->resource)) &&
             wn_json_set(object, "resource_reached",
                         wn_json_new_integer(wn_history_resource(history, trial)));
    }
    ok = ok &&
         wn_json_set(object, "time", wn_json_new_number((double)seen->run_ms / 1000)) &&
         wn_json_set(object, "cost", wn_json_new_number((double)seen->cost_ms / 1000));
    if (ok && seen->cells)
        ok = wn_json_set(object, "config",
                         wn_config_json(wn_history_space(history), seen->cells, true));
    if (ok)
        return object;
    wn_json_destroy(object);
    return NULL;
}

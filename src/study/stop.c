/* stop.c - when a study ends: criteria, each with a limit, or-ed.
 *
 * A criterion is a row of the table below and its key in the job's "stop" section; to add
 * one, write its value function and a line in each of the two tables. trials_started is
 * the one that does not stop what runs: it ends the supply of new trials, and those
 * started are carried to wherever the scheduler takes them.
 */
#include "study/study_internal.h"

#include <string.h>

const struct wn_option wn_stop_options[] = {
    {"time", WN_OPTION_DURATION, 0, 0, NULL, NULL, false,
     "study time: how long the study has been open, over all resumes"},
    {"trials_started", WN_OPTION_INT, 1, 9e15, NULL, NULL, false,
     "start no further trials; those started are finished as the scheduler wants"},
    {"trials_completed", WN_OPTION_INT, 1, 9e15, NULL, NULL, false,
     "trials that reached the maximum resource or ended by themselves"},
    {"trials_finished", WN_OPTION_INT, 1, 9e15, NULL, NULL, false,
     "trials that ended in any way: completed, stopped or failed"},
    {"trials_failed", WN_OPTION_INT, 1, 9e15, NULL, NULL, false,
     "trials that failed for good"},
    {"evaluations", WN_OPTION_INT, 1, 9e15, NULL, NULL, false,
     "reports of a new resource value"},
    {"cost", WN_OPTION_DURATION, 0, 0, NULL, NULL, false,
     "running time of trials times their cores, lost and repeated work included"},
    {"metric", WN_OPTION_FLOAT, 0, 0, NULL, NULL, false,
     "the metric reached this value or a better one"},
    {"resource", WN_OPTION_INT, 1, 9e15, NULL, NULL, false,
     "resource units spent by all trials together"},
    {NULL},
};

struct criterion {
    const char *name;
    /* Present value, in the unit of its limit. */
    double (*value)(const struct wn_study *study);
};

static double value_time(const struct wn_study *study)
{
    return (double)study->time_ms;
}

static double value_started(const struct wn_study *study)
{
    return (double)wn_history_totals(study->history).n_configured;
}

static double value_completed(const struct wn_study *study)
{
    return (double)wn_history_totals(study->history).n_completed;
}

static double value_finished(const struct wn_study *study)
{
    struct wn_totals totals = wn_history_totals(study->history);

    return (double)(totals.n_completed + totals.n_stopped + totals.n_failed);
}

static double value_failed(const struct wn_study *study)
{
    return (double)wn_history_totals(study->history).n_failed;
}

static double value_evaluations(const struct wn_study *study)
{
    return (double)wn_history_totals(study->history).n_reports;
}

static double value_cost(const struct wn_study *study)
{
    return (double)wn_history_totals(study->history).cost_ms;
}

static double value_resource(const struct wn_study *study)
{
    return (double)wn_history_totals(study->history).resource;
}

static const struct criterion criteria[] = {
    {"time", value_time},
    {"trials_started", value_started},
    {"trials_completed", value_completed},
    {"trials_finished", value_finished},
    {"trials_failed", value_failed},
    {"evaluations", value_evaluations},
    {"cost", value_cost},
    {"resource", value_resource},
};
#define N_CRITERIA (sizeof criteria / sizeof criteria[0])

static const struct wn_option *option_of(const char *name)
{
    for (const struct wn_option *option = wn_stop_options; option->name; option++)
        if (strcmp(option->name, name) == 0)
            return option;
    return NULL;
}

static double limit_of(const struct wn_study *study, const struct wn_option *option)
{
    const struct wn_values *stop = study->cfg.limits.stop;

    if (option->type == WN_OPTION_DURATION)
        return (double)wn_values_ms(stop, option->name);
    return (double)wn_values_int(stop, option->name);
}

/* "metric" looks the other way round and has no share of its limit, so it stands alone. */
static bool metric_is_reached(const struct wn_study *study)
{
    const struct wn_values *stop = study->cfg.limits.stop;
    const struct wn_report *best = wn_history_best(study->history, false);
    double limit;

    if (!best || !wn_values_is_set(stop, "metric"))
        return false;
    limit = wn_values_float(stop, "metric");
    return best->loss <= (study->cfg.is_maximised ? -limit : limit);
}

const char *wn_stop_met(const struct wn_study *study)
{
    if (!study->cfg.limits.stop)
        return NULL;
    for (size_t i = 0; i < N_CRITERIA; i++) {
        const char *name = criteria[i].name;
        if (strcmp(name, "trials_started") == 0 ||
            !wn_values_is_set(study->cfg.limits.stop, name))
            continue;
        if (criteria[i].value(study) >= limit_of(study, option_of(name)))
            return name;
    }
    return metric_is_reached(study) ? wn_stop_name("metric") : NULL;
}

int64_t wn_stop_time_ms(const struct wn_study *study)
{
    const struct wn_values *stop = study->cfg.limits.stop;

    return stop && wn_values_is_set(stop, "time") ? wn_values_ms(stop, "time")
                                                  : INT64_MAX;
}

uint64_t wn_stop_trials_started(const struct wn_study *study)
{
    const struct wn_values *stop = study->cfg.limits.stop;

    return stop && wn_values_is_set(stop, "trials_started")
               ? (uint64_t)wn_values_int(stop, "trials_started")
               : UINT64_MAX;
}

const char *wn_stop_name(const char *name)
{
    const struct wn_option *option = option_of(name);

    return option ? option->name : "";
}

double wn_study_progress(const struct wn_study *study)
{
    double most = -1;

    if (!study->cfg.limits.stop)
        return most;
    for (size_t i = 0; i < N_CRITERIA; i++) {
        double share;
        if (!wn_values_is_set(study->cfg.limits.stop, criteria[i].name))
            continue;
        share = criteria[i].value(study) / limit_of(study, option_of(criteria[i].name));
        if (share > most)
            most = share;
    }
    return most > 1 ? 1 : most;
}

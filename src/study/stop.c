/* stop.c - when a study ends: criteria, each with a limit, or-ed.
 *
 * A criterion is a row of the table below and its key in the job's "stop" section; to add
 * one, write its value function and a line in each of the two tables. trials_started is
 * the one that does not stop what runs: it ends the supply of new trials, and those
 * started are carried to wherever the scheduler takes them.
 */
#include "study/study_internal.h"

#include <math.h>
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
    bool stops; /* what runs, and not only the supply of new trials */
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
    {"time", value_time, true},
    {"trials_started", value_started, false},
    {"trials_completed", value_completed, true},
    {"trials_finished", value_finished, true},
    {"trials_failed", value_failed, true},
    {"evaluations", value_evaluations, true},
    {"cost", value_cost, true},
    {"resource", value_resource, true},
};
#define N_CRITERIA (sizeof criteria / sizeof criteria[0])
_Static_assert(N_CRITERIA == STOP_CRITERIA, "a limit for each");

static const struct wn_option *option_of(const char *name)
{
    for (const struct wn_option *option = wn_stop_options; option->name; option++)
        if (strcmp(option->name, name) == 0)
            return option;
    return NULL;
}

static double limit_of(const struct wn_values *stop, const struct wn_option *option)
{
    if (!stop || !wn_values_is_set(stop, option->name))
        return (double)NAN;
    if (option->type == WN_OPTION_DURATION)
        return (double)wn_values_ms(stop, option->name);
    if (option->type == WN_OPTION_FLOAT)
        return wn_values_float(stop, option->name);
    return (double)wn_values_int(stop, option->name);
}

void wn_stop_take_limits(struct wn_study *study)
{
    const struct wn_values *stop = study->cfg.limits.stop;
    struct stop_limits *limits = &study->stop_limits;

    for (size_t i = 0; i < N_CRITERIA; i++)
        limits->most[i] = limit_of(stop, option_of(criteria[i].name));
    limits->loss = limit_of(stop, option_of("metric"));
    if (study->cfg.is_maximised)
        limits->loss = -limits->loss;
    limits->time_ms =
        stop && wn_values_is_set(stop, "time") ? wn_values_ms(stop, "time") : INT64_MAX;
    limits->trials_started = stop && wn_values_is_set(stop, "trials_started")
                                 ? (uint64_t)wn_values_int(stop, "trials_started")
                                 : UINT64_MAX;
}

/* "metric" looks the other way round and has no share of its limit, so it stands alone. */
static bool metric_is_reached(const struct wn_study *study)
{
    const struct wn_report *best = wn_history_best(study->history, false);

    return best && best->loss <= study->stop_limits.loss;
}

const char *wn_stop_met(const struct wn_study *study)
{
    for (size_t i = 0; i < N_CRITERIA; i++) {
        double most = study->stop_limits.most[i];

        if (criteria[i].stops && !isnan(most) && criteria[i].value(study) >= most)
            return criteria[i].name;
    }
    return metric_is_reached(study) ? wn_stop_name("metric") : NULL;
}

const char *wn_stop_name(const char *name)
{
    const struct wn_option *option = option_of(name);

    return option ? option->name : "";
}

double wn_study_progress(const struct wn_study *study)
{
    double most = -1;

    for (size_t i = 0; i < N_CRITERIA; i++) {
        double share = criteria[i].value(study) / study->stop_limits.most[i];
        if (share > most) /* never where there is no limit */
            most = share;
    }
    return most > 1 ? 1 : most;
}

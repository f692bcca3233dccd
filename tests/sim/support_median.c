/* support_median.c - who is stopped under the median rule, by brute force.
 *
 * With every verdict the averages of the others up to that resource are worked out anew
 * and sorted. Holds for an interval of one unit, as long as every unit is reported.
 */
#include "support_check.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "journal/journal.h"

enum { OF_COMPLETED = 0, OF_BEST = 0, OF_AVERAGE = 1 }; /* indices of choices */

struct medians {
    const struct study_check *check;
    struct wn_rebuild rebuild;
    uint64_t n_stopped;
};

static const struct wn_history *past(const struct medians *medians)
{
    return wn_study_history(medians->rebuild.study);
}

static const struct wn_values *options_of(const struct medians *medians)
{
    return medians->rebuild.job->sched_options;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Mean of a trial's own losses up to a resource that it has reported: none where it was
 * forked from. */
static bool average_of(const struct medians *medians,
                       uint32_t number,
                       int64_t resource,
                       double *average)
{
    const struct wn_trial *trial = wn_history_trial(past(medians), number);
    bool only_completed =
        wn_values_choice(options_of(medians), "population") == OF_COMPLETED;
    double sum = 0;

    uint32_t n = 0;

    if (wn_history_resource(past(medians), number) < resource ||
        resource <= trial->source.resource ||
        (only_completed && trial->state != WN_TRIAL_COMPLETED))
        return false;
    for (; n < trial->n_reports && trial->reports[n].resource <= resource; n++)
        sum += trial->reports[n].loss;
    *average = sum / n;
    return true;
}

/* The quantile, between the two numbers around it; false: too few to compare with. */
static bool cut_at(const struct medians *medians, int64_t resource, double *cut)
{
    double q = wn_values_float(options_of(medians), "rank_cutoff"), h;
    uint32_t n_trials = wn_history_n_trials(past(medians));
    double *averages = calloc(n_trials, sizeof *averages);
    size_t n = 0, at;

    assert_non_null(averages);
    for (uint32_t i = 0; i < n_trials; i++)
        n += average_of(medians, i, resource, &averages[n]);
    if (n < (size_t)wn_values_int(options_of(medians), "grace_population")) {
        free(averages);
        return false;
    }
    qsort(averages, n, sizeof averages[0], compare);
    h = (double)(n - 1) * q;
    at = (size_t)floor(h);
    *cut = averages[at];
    if (at + 1 < n)
        *cut += (h - floor(h)) * (averages[at + 1] - averages[at]);
    free(averages);
    return true;
}

/* What is compared of a trial whose report is not applied yet. */
static double value_of(const struct medians *medians, const struct wn_event *event)
{
    const struct wn_trial *trial = wn_history_trial(past(medians), event->trial);
    double loss = event->reported.metrics[0].value, best = loss, sum = 0;
    size_t value = wn_values_choice(options_of(medians), "value");

    for (uint32_t i = 0; i < trial->n_reports; i++) {
        best = trial->reports[i].loss < best ? trial->reports[i].loss : best;
        sum += trial->reports[i].loss;
    }
    if (value == OF_BEST)
        return best;
    return value == OF_AVERAGE ? (sum + loss) / (trial->n_reports + 1) : loss;
}

static void check_verdict(struct medians *medians, const struct wn_event *event)
{
    int64_t resource = event->reported.resource;
    bool is_over = event->reported.verdict == WN_VERDICT_STOP;
    bool is_stopped = is_over && !event->reported.tag.n; /* by the rule */
    double cut = 0, value = value_of(medians, event);
    bool is_condemned = resource > wn_values_int(options_of(medians), "grace_time") &&
                        cut_at(medians, resource, &cut) && value > cut;

    if (resource >= wn_history_max_resource(past(medians)))
        return;
    /* The two sums may differ in their last digits. */
    if (is_stopped != is_condemned && !(is_condemned && is_over) &&
        fabs(value - cut) > 1e-9) {
        char text[160];

        (void)snprintf(
            text, sizeof text, "trial %u, at %lld, is %sstopped with %.9g against %.9g",
            event->trial, (long long)resource, is_stopped ? "" : "not ", value, cut);
        check_failed(medians->check, text);
    }
    medians->n_stopped += is_stopped;
}

static enum wn_status take_event(void *arg,
                                 const struct wn_event *event,
                                 struct wn_error *error)
{
    struct medians *medians = arg;

    if (event->kind == WN_EVENT_REPORTED && event->reported.is_milestone)
        check_verdict(medians, event);
    if (event->kind == WN_EVENT_OPENED &&
        wn_values_int(options_of(medians), "interval") != 1)
        check_failed(medians->check, "the check knows intervals of one unit only");
    return wn_rebuild_event(&medians->rebuild, event, error);
}

uint64_t check_median(const struct study_check *check)
{
    struct medians medians = {.check = check};
    struct wn_journal_summary summary;
    struct wn_error err = {0};

    check_ok(check, wn_journal_read(check->journal, take_event, &medians, &summary, &err),
             &err);
    wn_rebuild_release(&medians.rebuild);
    return medians.n_stopped;
}

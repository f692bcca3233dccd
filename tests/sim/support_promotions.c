/* support_promotions.c - who goes on under asha, by brute force.
 *
 * The storm's ladder is 1, 3 and the maximum 9, one in three goes on. Every event of the
 * journal is looked at before it is applied: a resumed trial, or one that was told to go on,
 * must be one that the rules let go on, all of it worked out anew from history.
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
#include "trial/tag.h"

#define N_LEVELS    2
#define ETA         3
#define TRIALS_MOST 64

static const int64_t levels[N_LEVELS + 1] = {1, 3, 9};

struct seen {
    size_t bracket;
    bool sets_threshold;
};

struct promotions {
    const struct study_check *check;
    struct wn_rebuild rebuild;
    struct seen seen[TRIALS_MOST];
    double threshold[N_LEVELS + 1][N_LEVELS]; /* of a ladder, at a level */
    uint64_t n_candidates, n_promoted;
    size_t n_open; /* pasha: levels from which trials may go on */
    double epsilon;
};

struct entry {
    double loss;
    uint64_t cost;
    uint32_t trial;
};

static bool option(const struct promotions *p, const char *name)
{
    return wn_values_bool(p->rebuild.job->sched_options, name);
}

static bool chosen(const struct promotions *p, const char *name)
{
    return wn_values_choice(p->rebuild.job->sched_options, name) == 1;
}

static const struct wn_history *past(const struct promotions *p)
{
    return wn_study_history(p->rebuild.study);
}

static size_t ladder_of(const struct promotions *p, uint32_t trial)
{
    return option(p, "rung_system_per_bracket") ? p->seen[trial].bracket : 0;
}

/* Levels that a trial has behind it, whether entered or below its bracket's first. */
static size_t n_behind(const struct promotions *p, uint32_t trial, int64_t resource)
{
    size_t n = 0;

    while (n < N_LEVELS && levels[n] <= resource)
        n++;
    return n > p->seen[trial].bracket ? n : p->seen[trial].bracket;
}

/* What a trial has at a level: its first report there; or, once it ended, at its next. */
static bool entry_of(const struct promotions *p,
                     uint32_t number,
                     size_t level,
                     struct entry *out)
{
    const struct wn_trial *trial = wn_history_trial(past(p), number);
    int64_t recorded = wn_history_resource(past(p), number);

    if (level < p->seen[number].bracket)
        return false;
    *out = (struct entry){HUGE_VAL, (uint64_t)trial->run_ms, number};
    if (recorded >= levels[level]) {
        uint32_t i = 0;

        while (trial->reports[i].resource < levels[level])
            i++;
        out->loss = trial->reports[i].loss;
        out->cost = (uint64_t)trial->reports[i].elapsed_ms;
    } else {
        if (level != n_behind(p, number, recorded))
            return false;
        if (trial->state == WN_TRIAL_COMPLETED)
            out->loss = trial->reports[trial->n_reports - 1].loss;
        else if (trial->state != WN_TRIAL_FAILED)
            return false;
    }
    if (!out->cost)
        out->cost = 1;
    return true;
}

static bool is_better(struct entry a, struct entry b)
{
    return a.loss < b.loss || (a.loss == b.loss && a.trial < b.trial);
}

/* Among the entries of its ladder at a level, `own` counted once: successive halving. */
static bool is_in_the_top(const struct promotions *p, struct entry own, size_t level)
{
    uint64_t n = 1, n_better = 0, up_to = own.cost, total = own.cost;
    struct entry other;

    for (uint32_t i = 0; i < wn_history_n_trials(past(p)); i++) {
        if (i == own.trial || ladder_of(p, i) != ladder_of(p, own.trial) ||
            !entry_of(p, i, level, &other))
            continue;
        n++;
        total += other.cost;
        if (is_better(other, own)) {
            n_better++;
            up_to += other.cost;
        }
    }
    if (chosen(p, "promote_by"))
        return ETA * up_to <= total;
    if (chosen(p, "variant") && n < ETA)
        return true; /* stopping */
    return n_better < n / ETA;
}

static bool may_pass(const struct promotions *p, struct entry own, size_t level)
{
    return is_in_the_top(p, own, level) &&
           (p->seen[own.trial].sets_threshold ||
            own.loss <= p->threshold[ladder_of(p, own.trial)][level]);
}

/* The level where a trial is paused, if it may go on from there. */
static bool is_promotable(const struct promotions *p,
                          uint32_t trial,
                          size_t *level,
                          struct entry *own)
{
    size_t n = n_behind(p, trial, wn_history_resource(past(p), trial));

    if (wn_history_trial(past(p), trial)->state != WN_TRIAL_PAUSED || !n ||
        n <= p->seen[trial].bracket)
        return false;
    *level = n - 1;
    return *level < p->n_open && entry_of(p, trial, *level, own) &&
           may_pass(p, *own, *level);
}

static void wrong(const struct promotions *p, uint32_t trial, const char *what)
{
    char text[160];

    (void)snprintf(text, sizeof text, "trial %u, at %lld, %s", trial,
                   (long long)wn_history_resource(past(p), trial), what);
    check_failed(p->check, text);
}

static void passes(struct promotions *p, uint32_t trial, size_t level, double loss)
{
    double *threshold = &p->threshold[ladder_of(p, trial)][level];

    if (p->seen[trial].sets_threshold && loss < *threshold)
        *threshold = loss;
}

static void check_resumed(struct promotions *p, uint32_t trial)
{
    struct entry own, other;
    size_t level, at;

    if (!is_promotable(p, trial, &level, &own))
        wrong(p, trial, "was promoted and may not be");
    for (uint32_t i = 0; i < wn_history_n_trials(past(p)); i++)
        if (i != trial && ladder_of(p, i) == ladder_of(p, trial) &&
            is_promotable(p, i, &at, &other) &&
            (at > level || (at == level && is_better(other, own))))
            wrong(p, trial, "was promoted before a better one");
    passes(p, trial, level, own.loss);
    p->n_promoted++;
}

/* A new trial, or the end of the study: nobody of that ladder, or of any, may go on. */
static void check_nobody_waits(const struct promotions *p, size_t ladder)
{
    struct entry own;
    size_t level;

    for (uint32_t i = 0; i < wn_history_n_trials(past(p)); i++)
        if ((ladder == SIZE_MAX || ladder_of(p, i) == ladder) &&
            is_promotable(p, i, &level, &own))
            wrong(p, i, "might go on and is passed over");
}

static void check_planned(const struct promotions *p, const struct wn_event *event)
{
    struct wn_tag_reader tag = {.tag = &event->planned.tag};
    size_t bracket = (size_t)wn_tag_get(&tag, 2);

    check_nobody_waits(p, option(p, "rung_system_per_bracket") ? bracket : 0);
}

/* A report that is not applied yet: it is entered in each level that it reaches. */
static void check_report(struct promotions *p, const struct wn_event *event)
{
    int64_t resource = event->reported.resource, before;
    size_t from, to;
    struct entry own = {event->reported.metrics[0].value, 1, event->trial};
    bool goes_on = event->reported.verdict == WN_VERDICT_CONTINUE, passes_all = true;

    before = wn_history_resource(past(p), event->trial);
    from = n_behind(p, event->trial, before);
    to = n_behind(p, event->trial, resource);
    for (size_t level = from; level < to; level++)
        passes_all = passes_all && may_pass(p, own, level);
    if (event->reported.is_milestone && chosen(p, "variant") &&
        resource < levels[N_LEVELS] && goes_on != passes_all)
        wrong(p, event->trial,
              goes_on ? "goes on and may not" : "may go on and does not");
    for (size_t level = from; level < to; level++) {
        bool is_full = resource >= levels[N_LEVELS];

        if (is_full || goes_on ||
            (level + 1 < to && event->reported.verdict != WN_VERDICT_STOP))
            passes(p, event->trial, level, own.loss);
        p->n_promoted += goes_on;
    }
}

/* --- pasha: two levels, so one ranking decides, that at 3 against that at 1 --- */

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Every unit is reported: the orders at 3 (or above), and at all below. */
static bool is_noisy(const struct wn_trial *a,
                     const struct wn_trial *b,
                     double *difference)
{
    uint32_t n = a->n_reports < b->n_reports ? a->n_reports : b->n_reports;
    const struct wn_report *x = a->reports, *y = b->reports;

    if (n < 3)
        return false;
    *difference = fabs(x[n - 1].loss - y[n - 1].loss);
    for (uint32_t i = 0; i + 1 < n; i++)
        for (uint32_t j = 0; j < i; j++)
            if ((x[n - 1].loss < y[n - 1].loss && x[i].loss > y[i].loss &&
                 x[j].loss < y[j].loss) ||
                (x[n - 1].loss > y[n - 1].loss && x[i].loss < y[i].loss &&
                 x[j].loss > y[j].loss))
                return true;
    return false;
}

static void find_epsilon(struct promotions *p, const uint32_t *in, size_t n)
{
    static double differences[TRIALS_MOST * TRIALS_MOST];
    size_t n_pairs = 0, at;

    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++)
            n_pairs += is_noisy(wn_history_trial(past(p), in[i]),
                                wn_history_trial(past(p), in[j]), &differences[n_pairs]);
    if (!n_pairs)
        return;
    qsort(differences, n_pairs, sizeof differences[0], compare);
    at = 9 * (n_pairs - 1) / 10;
    p->epsilon = differences[at];
    if (at + 1 < n_pairs)
        p->epsilon += (double)(9 * (n_pairs - 1) % 10) / 10 *
                      (differences[at + 1] - differences[at]);
}

static void look_at_ranking(struct promotions *p)
{
    double upper[TRIALS_MOST], lower[TRIALS_MOST], sorted[TRIALS_MOST];
    uint32_t in[TRIALS_MOST];
    struct entry own;
    size_t n = 0;

    for (uint32_t i = 0; i < wn_history_n_trials(past(p)); i++)
        if (wn_history_resource(past(p), i) >= 3)
            in[n++] = i;
    find_epsilon(p, in, n);
    for (size_t i = 0; i < n; i++) {
        (void)entry_of(p, in[i], 1, &own);
        upper[i] = own.loss;
        (void)entry_of(p, in[i], 0, &own);
        lower[i] = sorted[i] = own.loss;
    }
    qsort(sorted, n, sizeof sorted[0], compare);
    for (size_t i = 0; i < n; i++) {
        size_t place = 0; /* no ties: the storm's losses have many digits */

        for (size_t j = 0; j < n; j++)
            place += upper[j] < upper[i];
        if (lower[i] != sorted[place] && fabs(lower[i] - sorted[place]) > p->epsilon)
            p->n_open = N_LEVELS;
    }
}

static void note(struct promotions *p, const struct wn_event *event)
{
    struct wn_tag_reader tag = {.tag = &event->planned.tag};

    if (event->kind == WN_EVENT_PLANNED) {
        assert_in_range(event->trial, 0, TRIALS_MOST - 1);
        p->seen[event->trial].bracket = (size_t)wn_tag_get(&tag, 2);
    } else if (event->kind == WN_EVENT_CONFIGURED &&
               event->configured.origin == WN_ORIGIN_USER &&
               p->n_candidates < (uint64_t)wn_values_int(p->rebuild.job->sched_options,
                                                         "rush_candidates")) {
        p->seen[event->trial].sets_threshold = true;
        p->n_candidates++;
    }
}

static enum wn_status check_event(void *arg,
                                  const struct wn_event *event,
                                  struct wn_error *error)
{
    struct promotions *p = arg;
    bool reaches = false;
    enum wn_status rc;

    if (event->kind == WN_EVENT_PLANNED)
        check_planned(p, event);
    if (event->kind == WN_EVENT_STOPPING && event->stopping.reason == WN_STOP_DONE)
        check_nobody_waits(p, SIZE_MAX);
    if (event->kind == WN_EVENT_RESUMED)
        check_resumed(p, event->trial);
    if (event->kind == WN_EVENT_REPORTED) {
        check_report(p, event);
        reaches = wn_history_resource(past(p), event->trial) < 3 &&
                  event->reported.resource >= 3;
    }
    rc = wn_rebuild_event(&p->rebuild, event, error);
    if (event->kind == WN_EVENT_JOB && rc == WN_OK)
        p->n_open = option(p, "pasha") ? 1 : N_LEVELS;
    if (rc == WN_OK)
        note(p, event);
    if (rc == WN_OK && reaches && p->n_open == 1)
        look_at_ranking(p);
    return rc;
}

void check_promotions(const struct study_check *check)
{
    struct promotions *p = calloc(1, sizeof *p);
    struct wn_journal_summary summary;
    struct wn_error err = {0};

    assert_non_null(p);
    p->check = check;
    for (size_t i = 0; i <= N_LEVELS; i++)
        for (size_t k = 0; k < N_LEVELS; k++)
            p->threshold[i][k] = HUGE_VAL;
    check_ok(check, wn_journal_read(check->journal, check_event, p, &summary, &err),
             &err);
    wn_rebuild_release(&p->rebuild);
    if (!p->n_promoted)
        check_failed(check, "no trial ever went on");
    free(p);
}

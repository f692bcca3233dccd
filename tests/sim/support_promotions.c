/* support_promotions.c - who goes on under asha, by brute force.
 *
 * The storm's ladder is 1, 3 and the maximum 9, one in three goes on. Every event of the
 * journal is looked at before it is applied: a resumed trial, or one that was told to go on,
 * must be one that the rules let go on, all of it worked out anew from history: each time
 * the rungs are listed and sorted, and whoever waits is looked up there.
 */
#include "support_check.h"
#include "support_inside.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "journal/journal.h"
#include "trial/tag.h"

#define N_LEVELS 2
#define ETA      3

static const int64_t levels[N_LEVELS + 1] = {1, 3, 9};

struct seen {
    size_t bracket;
    bool sets_threshold;
};

struct entry {
    double loss;
    uint64_t cost, before; /* before: what the better ones cost, once it is listed */
    uint32_t trial;
};

/* A rung as it is now, best first. */
struct listed {
    WN_VEC(struct entry) entries;
    uint64_t cost; /* of all */
};

struct promotions {
    const struct study_check *check;
    struct wn_rebuild rebuild;
    struct inside inside;
    WN_VEC(struct seen) seen;
    struct listed listed[N_LEVELS + 1][N_LEVELS]; /* of a ladder, at a level */
    double threshold[N_LEVELS + 1][N_LEVELS];     /* of a ladder, at a level */
    uint64_t n_candidates, n_promoted, most_candidates;
    bool has_ladders, is_stopping, is_by_cost; /* its options */
    size_t n_open;          /* pasha: levels from which trials may go on */
    WN_VEC(uint32_t) first; /* pasha: who came to 3, in this order */
    double epsilon;
};

static const struct wn_history *past(const struct promotions *p)
{
    return wn_study_history(p->rebuild.study);
}

static size_t ladder_of(const struct promotions *p, uint32_t trial)
{
    return p->has_ladders ? p->seen.at[trial].bracket : 0;
}

/* Levels that a trial has behind it, whether entered or below its bracket's first. */
static size_t n_behind(const struct promotions *p, uint32_t trial, int64_t resource)
{
    size_t n = 0;

    while (n < N_LEVELS && levels[n] <= resource)
        n++;
    return n > p->seen.at[trial].bracket ? n : p->seen.at[trial].bracket;
}

/* What a trial has at a level: its first report there; or, once it ended, at its next. */
static bool entry_of(const struct promotions *p,
                     uint32_t number,
                     size_t level,
                     struct entry *out)
{
    const struct wn_trial *trial = wn_history_trial(past(p), number);
    int64_t recorded = wn_history_resource(past(p), number);

    if (level < p->seen.at[number].bracket)
        return false;
    *out = (struct entry){
        .loss = HUGE_VAL, .cost = (uint64_t)trial->run_ms, .trial = number};
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

static int compare_entries(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;

    return is_better(*x, *y) ? -1 : is_better(*y, *x);
}

static void sort_rung(struct listed *listed)
{
    listed->cost = 0;
    if (listed->entries.n)
        qsort(listed->entries.at, listed->entries.n, sizeof(struct entry),
              compare_entries);
    for (size_t i = 0; i < listed->entries.n; i++) {
        listed->entries.at[i].before = listed->cost;
        listed->cost += listed->entries.at[i].cost;
    }
}

static void list_rungs(struct promotions *p)
{
    struct entry entry, *item;

    for (size_t ladder = 0; ladder <= N_LEVELS; ladder++)
        for (size_t level = 0; level < N_LEVELS; level++)
            p->listed[ladder][level].entries.n = 0;
    for (uint32_t i = 0; i < wn_history_n_trials(past(p)); i++)
        for (size_t level = 0; level < N_LEVELS; level++)
            if (entry_of(p, i, level, &entry)) {
                item = wn_vec_push(&p->listed[ladder_of(p, i)][level].entries);
                assert_non_null(item);
                *item = entry;
            }
    for (size_t ladder = 0; ladder <= N_LEVELS; ladder++)
        for (size_t level = 0; level < N_LEVELS; level++)
            sort_rung(&p->listed[ladder][level]);
}

/* Successive halving: among those of its ladder at a level. `own` need not be listed yet. */
static bool is_in_the_top(const struct promotions *p, struct entry own, size_t level)
{
    const struct listed *listed = &p->listed[ladder_of(p, own.trial)][level];
    size_t low = 0, high = listed->entries.n, n = listed->entries.n;
    uint64_t up_to, cost = listed->cost;

    while (low < high) {
        size_t middle = (low + high) / 2;
        if (is_better(listed->entries.at[middle], own))
            low = middle + 1;
        else
            high = middle;
    }
    up_to = (low < n ? listed->entries.at[low].before : cost) + own.cost;
    if (low == n || listed->entries.at[low].trial != own.trial) {
        n++;
        cost += own.cost;
    }
    if (p->is_by_cost)
        return ETA * up_to <= cost;
    if (p->is_stopping && n < ETA)
        return true; /* stopping */
    return low < n / ETA;
}

static bool may_pass(const struct promotions *p, struct entry own, size_t level)
{
    return is_in_the_top(p, own, level) &&
           (p->seen.at[own.trial].sets_threshold ||
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
        n <= p->seen.at[trial].bracket)
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

    if (p->seen.at[trial].sets_threshold && loss < *threshold)
        *threshold = loss;
}

static void check_resumed(struct promotions *p, uint32_t trial)
{
    struct entry own, other;
    size_t level, at;

    list_rungs(p);
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
static void check_nobody_waits(struct promotions *p, size_t ladder)
{
    struct entry own;
    size_t level;

    list_rungs(p);
    for (uint32_t i = 0; i < wn_history_n_trials(past(p)); i++)
        if ((ladder == SIZE_MAX || ladder_of(p, i) == ladder) &&
            is_promotable(p, i, &level, &own))
            wrong(p, i, "might go on and is passed over");
}

static void check_planned(struct promotions *p, const struct wn_event *event)
{
    struct wn_tag_reader tag = {.tag = &event->planned.tag};
    size_t bracket = (size_t)wn_tag_get(&tag, 2);

    check_nobody_waits(p, p->has_ladders ? bracket : 0);
}

/* A report that is not applied yet: it is entered in each level that it reaches. Who is
 * stopped by what stands around asha might have gone on. */
static void check_report(struct promotions *p,
                         const struct wn_event *event,
                         bool is_ruled)
{
    int64_t resource = event->reported.resource, before;
    size_t from, to;
    struct entry own = {
        .loss = event->reported.metrics[0].value, .cost = 1, .trial = event->trial};
    bool goes_on = event->reported.verdict == WN_VERDICT_CONTINUE, passes_all = true;
    bool is_asked = event->reported.is_milestone && p->is_stopping && !is_ruled;

    before = wn_history_resource(past(p), event->trial);
    from = n_behind(p, event->trial, before);
    to = n_behind(p, event->trial, resource);
    if (is_asked && from < to)
        list_rungs(p);
    for (size_t level = from; is_asked && level < to; level++)
        passes_all = passes_all && may_pass(p, own, level);
    if (is_asked && resource < levels[N_LEVELS] && goes_on != passes_all)
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

#define COMPARED 96 /* no more are: the best, and the first for epsilon */

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

/* A trial in the two rungs. */
struct ranked {
    double upper, lower;
};

static int compare_ranked(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;

    return compare(&x->upper, &y->upper); /* no ties: the losses have many digits */
}

static void find_epsilon(struct promotions *p)
{
    size_t n = p->first.n < COMPARED ? p->first.n : COMPARED, n_pairs = 0, at;
    double *differences = calloc(n * n + 1, sizeof *differences);

    assert_non_null(differences);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++)
            n_pairs += is_noisy(wn_history_trial(past(p), p->first.at[i]),
                                wn_history_trial(past(p), p->first.at[j]),
                                &differences[n_pairs]);
    if (n_pairs) {
        qsort(differences, n_pairs, sizeof differences[0], compare);
        at = 9 * (n_pairs - 1) / 10;
        p->epsilon = differences[at];
        if (at + 1 < n_pairs)
            p->epsilon += (double)(9 * (n_pairs - 1) % 10) / 10 *
                          (differences[at + 1] - differences[at]);
    }
    free(differences);
}

static void look_at_ranking(struct promotions *p, uint32_t trial)
{
    uint32_t *item = wn_vec_push(&p->first);
    size_t n = p->first.n;
    struct ranked *in = calloc(n, sizeof *in);
    double *sorted = calloc(n, sizeof *sorted);
    struct entry own;

    assert_true(item && in && sorted);
    *item = trial;
    find_epsilon(p);
    for (size_t i = 0; i < n; i++) {
        (void)entry_of(p, p->first.at[i], 1, &own);
        in[i].upper = own.loss;
        (void)entry_of(p, p->first.at[i], 0, &own);
        in[i].lower = own.loss;
    }
    qsort(in, n, sizeof in[0], compare_ranked);
    n = n < COMPARED ? n : COMPARED;
    for (size_t i = 0; i < n; i++)
        sorted[i] = in[i].lower;
    qsort(sorted, n, sizeof sorted[0], compare);
    for (size_t i = 0; i < n; i++)
        if (in[i].lower != sorted[i] && fabs(in[i].lower - sorted[i]) > p->epsilon)
            p->n_open = N_LEVELS;
    free(in);
    free(sorted);
}

static void note(struct promotions *p, const struct wn_event *event)
{
    struct wn_tag_reader tag = {.tag = &event->planned.tag};

    if (event->kind == WN_EVENT_PLANNED) {
        struct seen *seen = wn_vec_push(&p->seen);
        assert_non_null(seen);
        seen->bracket = (size_t)wn_tag_get(&tag, 2);
    } else if (event->kind == WN_EVENT_CONFIGURED &&
               event->configured.origin == WN_ORIGIN_USER &&
               p->n_candidates < p->most_candidates) {
        p->seen.at[event->trial].sets_threshold = true;
        p->n_candidates++;
    }
}

static void take_options(struct promotions *p)
{
    struct wn_values *options = inside_options(p->rebuild.job);

    if (wn_values_int(options, "grace_period") != levels[0] ||
        wn_values_int(options, "reduction_factor") != ETA ||
        wn_values_is_set(options, "rung_levels") ||
        wn_values_is_set(options, "rung_increment") ||
        p->rebuild.job->max_resource != levels[N_LEVELS])
        check_failed(p->check, "the rungs are not those that the check knows");
    p->has_ladders = wn_values_bool(options, "rung_system_per_bracket");
    p->is_stopping = wn_values_choice(options, "variant") == 1;
    p->is_by_cost = wn_values_choice(options, "promote_by") == 1;
    p->most_candidates = (uint64_t)wn_values_int(options, "rush_candidates");
    p->n_open = wn_values_bool(options, "pasha") ? 1 : N_LEVELS;
    wn_values_destroy(options);
}

static enum wn_status check_event(void *arg,
                                  const struct wn_event *event,
                                  struct wn_error *error)
{
    struct promotions *p = arg;
    bool reaches = false, is_ruled;
    struct wn_event told = inside_event(&p->inside, p->rebuild.job, event, &is_ruled);
    enum wn_status rc;

    if (event->kind == WN_EVENT_PLANNED)
        check_planned(p, &told);
    if (event->kind == WN_EVENT_STOPPING && event->stopping.reason == WN_STOP_DONE)
        check_nobody_waits(p, SIZE_MAX);
    if (event->kind == WN_EVENT_RESUMED)
        check_resumed(p, event->trial);
    if (event->kind == WN_EVENT_REPORTED) {
        check_report(p, &told, is_ruled);
        reaches = wn_history_resource(past(p), event->trial) < 3 &&
                  event->reported.resource >= 3;
    }
    rc = wn_rebuild_event(&p->rebuild, event, error);
    if (rc == WN_OK && event->kind == WN_EVENT_JOB)
        take_options(p);
    if (rc == WN_OK)
        note(p, &told);
    if (rc == WN_OK && reaches && p->n_open == 1)
        look_at_ranking(p, event->trial);
    return rc;
}

uint64_t check_promotions(const struct study_check *check)
{
    struct promotions *p = calloc(1, sizeof *p);
    struct wn_journal_summary summary;
    struct wn_error err = {0};
    uint64_t n_promoted;

    assert_non_null(p);
    p->check = check;
    for (size_t i = 0; i <= N_LEVELS; i++)
        for (size_t k = 0; k < N_LEVELS; k++)
            p->threshold[i][k] = HUGE_VAL;
    check_ok(check, wn_journal_read(check->journal, check_event, p, &summary, &err),
             &err);
    wn_rebuild_release(&p->rebuild);
    inside_release(&p->inside);
    for (size_t i = 0; i <= N_LEVELS; i++)
        for (size_t k = 0; k < N_LEVELS; k++)
            wn_vec_release(&p->listed[i][k].entries);
    wn_vec_release(&p->seen);
    wn_vec_release(&p->first);
    n_promoted = p->n_promoted;
    free(p);
    return n_promoted;
}

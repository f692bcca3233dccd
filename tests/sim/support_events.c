/* support_events.c - what no scheduler may do, looked for in every event of a study.
 *
 * Keeps books of its own over the journal, beside the study that is built from it: which
 * milestone each trial was given last, which checkpoints were named and not collected.
 */
#include "support_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "journal/journal.h"

struct given {
    int64_t milestone;    /* the last one */
    bool is_recalled;     /* its next report is a milestone, whatever was given */
    bool was_interrupted; /* it paused below its milestone, so this may come again */
};

struct books {
    const struct study_check *check;
    struct wn_rebuild *rebuild;
    WN_VEC(struct given) given;
    WN_VEC(struct wn_generation) known;
    bool is_stopped; /* by a criterion, when so much had been spent: */
    int64_t spent;   /* units, and those under way */
};

/* Between the report that fills the budget and the last answer a trial that runs makes the
 * report that is under way, and the one that waits for its answer. */
#define UNITS_UNDER_WAY 2

static void wrong(const struct books *books, uint32_t trial, const char *what)
{
    char text[160];

    (void)snprintf(text, sizeof text, "trial %u: %s", trial, what);
    check_failed(books->check, text);
}

static const struct wn_history *past(const struct books *books)
{
    return wn_study_history(books->rebuild->study);
}

/* --- checkpoints --- */

static size_t find(const struct books *books, struct wn_generation generation)
{
    size_t i = books->known.n;

    while (i > 0 && !wn_generation_equal(books->known.at[i - 1], generation))
        i--;
    return i;
}

static void note_checkpoint(struct books *books, struct wn_generation generation)
{
    struct wn_generation *known;

    if (!generation.resource || find(books, generation))
        return;
    known = wn_vec_push(&books->known);
    assert_non_null(known);
    *known = generation;
}

static void forget_checkpoint(struct books *books, struct wn_generation generation)
{
    size_t at = find(books, generation);

    if (!at)
        wrong(books, generation.trial, "a checkpoint goes that was not there");
    books->known.at[at - 1] = books->known.at[--books->known.n];
}

/* A fork may name what its parent left at a milestone, and the study still has. */
static void check_source(const struct books *books, const struct wn_event *event)
{
    struct wn_generation source = event->planned.source;

    if (!find(books, source) || !wn_study_knows(books->rebuild->study, source))
        wrong(books, event->trial, "is forked from a checkpoint that is not there");
    if (!wn_generation_equal(wn_history_trial(past(books), source.trial)->newest, source))
        wrong(books, event->trial, "is forked from a checkpoint that is of no milestone");
}

/* --- milestones --- */

static void give(struct books *books, uint32_t trial, int64_t milestone)
{
    struct given *given = &books->given.at[trial];

    if (milestone <= wn_history_resource(past(books), trial) ||
        milestone > wn_history_max_resource(past(books)))
        wrong(books, trial, "gets a milestone that it cannot reach");
    if (milestone <= given->milestone && !given->was_interrupted)
        wrong(books, trial, "gets a milestone twice");
    given->milestone = milestone;
    given->was_interrupted = false;
}

static void check_planned(struct books *books, const struct wn_event *event)
{
    struct given *given = wn_vec_push(&books->given);
    int64_t from = event->planned.source.resource;

    assert_non_null(given);
    given->milestone = event->planned.milestone;
    if (given->milestone <= from ||
        given->milestone > wn_history_max_resource(past(books)))
        wrong(books, event->trial, "is planned up to where it cannot come");
    if (from)
        check_source(books, event);
}

/* After it was applied: give() looks at what is recorded. */
static void check_reported(struct books *books, const struct wn_event *event)
{
    struct given *given = &books->given.at[event->trial];
    bool is_reached = event->reported.resource >= given->milestone;

    if (event->reported.is_milestone != (is_reached || given->is_recalled))
        wrong(books, event->trial, "is judged where it has no milestone, or not at one");
    if (event->reported.resource > wn_history_max_resource(past(books)))
        wrong(books, event->trial, "is past the maximum");
    note_checkpoint(books, event->reported.checkpoint);
    if (!event->reported.is_milestone)
        return;
    if (event->reported.verdict == WN_VERDICT_CONTINUE)
        give(books, event->trial, event->reported.milestone);
    if (event->reported.verdict == WN_VERDICT_PAUSE) {
        given->was_interrupted = !is_reached;
        given->is_recalled = false;
    }
}

/* stop.resource; INT64_MAX: there is none. */
static int64_t budget(const struct books *books)
{
    const struct wn_values *stop = books->rebuild->job->stop;

    return wn_values_is_set(stop, "resource") ? wn_values_int(stop, "resource")
                                              : INT64_MAX;
}

static void check_budget(const struct books *books)
{
    int64_t spent = wn_history_totals(past(books)).resource;
    int64_t most = books->check->most_resource;

    if (!most)
        most = (int64_t)books->check->most_trials * wn_history_max_resource(past(books));
    if (spent > most || (books->is_stopped && spent > books->spent))
        check_failed(books->check, "more resource than the budget");
}

/* Once the study was stopped, or its budget is spent. */
static void check_start(const struct books *books, uint32_t trial)
{
    if (books->is_stopped || wn_history_totals(past(books)).resource >= budget(books))
        wrong(books, trial, "goes on although the study was to stop");
}

static void note_stop(struct books *books, const struct wn_event *event)
{
    books->is_stopped = event->stopping.reason == WN_STOP_CRITERION;
    books->spent = wn_history_totals(past(books)).resource +
                   UNITS_UNDER_WAY * (int64_t)wn_study_n_running(books->rebuild->study);
}

/* --- one event --- */

static void before(struct books *books, const struct wn_event *event)
{
    switch ((int)event->kind) {
    case WN_EVENT_PLANNED: check_planned(books, event); break;
    case WN_EVENT_RESUMED:
        if (wn_history_trial(past(books), event->trial)->state != WN_TRIAL_PAUSED)
            wrong(books, event->trial, "is resumed and not paused");
        give(books, event->trial, event->resumed.milestone);
        break;
    case WN_EVENT_RECALLED: books->given.at[event->trial].is_recalled = true; break;
    case WN_EVENT_COLLECTED: forget_checkpoint(books, event->collected.generation); break;
    case WN_EVENT_DAMAGED:
        wrong(books, event->trial, "nothing ever damages a checkpoint");
    }
    if (event->kind == WN_EVENT_PLANNED || event->kind == WN_EVENT_RESUMED ||
        event->kind == WN_EVENT_DISPATCHED)
        check_start(books, event->trial);
}

static void after(struct books *books, const struct wn_event *event)
{
    switch ((int)event->kind) {
    case WN_EVENT_REPORTED:
        check_reported(books, event);
        check_budget(books);
        break;
    case WN_EVENT_REPEATED: note_checkpoint(books, event->repeated.checkpoint); break;
    case WN_EVENT_STOPPING: note_stop(books, event); break;
    }
}

static enum wn_status take_event(void *arg,
                                 const struct wn_event *event,
                                 struct wn_error *error)
{
    struct books *books = arg;
    enum wn_status rc;

    before(books, event);
    rc = wn_rebuild_event(books->rebuild, event, error);
    if (rc == WN_OK)
        after(books, event);
    return rc;
}

void check_events(const struct study_check *check, struct wn_rebuild *out)
{
    struct books books = {.check = check, .rebuild = out};
    struct wn_journal_summary summary;
    struct wn_error err = {0};

    *out = (struct wn_rebuild){.is_replay = true};
    check_ok(check, wn_journal_read(check->journal, take_event, &books, &summary, &err),
             &err);
    wn_vec_release(&books.given);
    wn_vec_release(&books.known);
}

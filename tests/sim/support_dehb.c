/* support_dehb.c - whom dehb promotes, by brute force (the rules: src/sched/dehb.c).
 *
 * Keeps the places of the sub-populations and what every rung was given and got back, of
 * the plans in the tags and of what happened to the trials. test_study_dehb.c looks closer,
 * at children and turns; here is what must hold under trouble: no rung gets more than its
 * size, none before the one below is through, and promoted is the best that waits there.
 */
#include "support_check.h"
#include "support_inside.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "journal/journal.h"
#include "sched/brackets.h"
#include "trial/population.h"

enum { LEVELS_MOST = 8, PLACES_MOST = 128 };

struct place {
    bool is_held;
    uint32_t trial;
    double loss;
};

struct one {
    struct wn_population_plan plan;
    bool is_judged; /* its job has its result */
};

struct bracket {
    uint64_t given[LEVELS_MOST], done[LEVELS_MOST];
};

struct evolution {
    const struct study_check *check;
    struct wn_rebuild rebuild;
    struct inside inside;
    struct wn_brackets sizes;
    struct place places[LEVELS_MOST][PLACES_MOST];
    WN_VEC(struct one) trials;
    WN_VEC(struct bracket) brackets;
    uint64_t eta, n_promoted;
};

static const struct wn_history *past(const struct evolution *self)
{
    return wn_study_history(self->rebuild.study);
}

static void need(const struct evolution *self,
                 bool holds,
                 uint32_t trial,
                 const char *what)
{
    char text[160];

    if (holds)
        return;
    (void)snprintf(text, sizeof text, "trial %u %s", trial, what);
    check_failed(self->check, text);
}

static void read_job(struct evolution *self)
{
    struct wn_values *options = inside_options(self->rebuild.job);
    struct wn_bracket_rule rule = {
        .max = self->rebuild.job->max_resource,
        .grace = wn_values_int(options, "grace_period"),
        .eta = wn_values_int(options, "reduction_factor"),
        .n_brackets = (size_t)wn_values_int(options, "brackets"),
        .sizes = (enum wn_bracket_sizes)wn_values_choice(options, "sizes")};
    struct wn_error err = {0};

    check_ok(self->check, wn_brackets_make(&rule, &self->sizes, &err), &err);
    assert_true(self->sizes.n_levels <= LEVELS_MOST);
    self->eta = (uint64_t)rule.eta;
    wn_values_destroy(options);
}

/* --- jobs --- */

/* Entries of a rung, given what the one below had. */
static uint64_t size_of(const struct evolution *self, uint32_t bracket, uint8_t level)
{
    size_t shape = bracket % self->sizes.n_brackets;
    uint64_t whole = wn_bracket_size(&self->sizes, shape, level), part, below;

    if (level == shape)
        return whole;
    below = self->brackets.at[bracket].given[level - 1];
    if (below >= wn_bracket_size(&self->sizes, shape, level - 1))
        return whole;
    part = below / self->eta;
    part = part ? part : 1;
    return part < whole ? part : whole;
}

static bool holds_its_place(const struct evolution *self, uint32_t trial)
{
    const struct wn_population_plan *plan = &self->trials.at[trial].plan;
    const struct place *place = &self->places[plan->level][plan->member];

    return place->is_held && place->trial == trial;
}

/* The best that is paused at a level and holds its place there. */
static uint32_t best_paused(const struct evolution *self, uint8_t level)
{
    const struct place *best = NULL;

    for (size_t i = 0; i < PLACES_MOST; i++) {
        const struct place *place = &self->places[level][i];
        if (!place->is_held || self->trials.at[place->trial].plan.level != level ||
            wn_history_trial(past(self), place->trial)->state != WN_TRIAL_PAUSED)
            continue;
        if (!best || place->loss < best->loss ||
            (place->loss <= best->loss && place->trial < best->trial))
            best = place;
    }
    return best ? best->trial : WN_TRIAL_NONE;
}

static void check_job(struct evolution *self,
                      const struct wn_event *event,
                      const struct wn_tag *tag)
{
    uint32_t trial = event->trial, best = WN_TRIAL_NONE;
    bool is_promoted = event->kind == WN_EVENT_RESUMED;
    struct wn_population_plan plan;
    struct bracket *bracket;
    size_t shape;

    need(self, wn_population_plan_read(tag, &plan), trial, "has no plan");
    need(self, plan.generation <= self->brackets.n, trial, "left a bracket out");
    if (plan.generation == self->brackets.n)
        assert_non_null(wn_vec_push(&self->brackets));
    bracket = &self->brackets.at[plan.generation];
    shape = plan.generation % self->sizes.n_brackets;
    need(self,
         plan.level >= shape && plan.level < self->sizes.n_levels &&
             plan.member < PLACES_MOST &&
             plan.member < wn_bracket_widest(&self->sizes, plan.level),
         trial, "has no such place");
    need(self,
         plan.level == shape ||
             (bracket->given[plan.level - 1] &&
              bracket->done[plan.level - 1] == bracket->given[plan.level - 1]),
         trial, "runs for a rung although the one below is not through");
    need(self, bracket->given[plan.level] < size_of(self, plan.generation, plan.level),
         trial, "is one more than its rung has");
    if (plan.generation < self->sizes.n_brackets && plan.level > shape)
        best = best_paused(self, (uint8_t)(plan.level - 1));
    need(self, is_promoted == (best != WN_TRIAL_NONE), trial,
         "is new where one should be promoted, or promoted where none may be");
    need(self, !is_promoted || (trial == best && plan.kind == WN_POPULATION_PROMOTED),
         trial, "is promoted and not the best");
    bracket->given[plan.level]++;
    self->n_promoted += is_promoted;
    self->trials.at[trial] = (struct one){.plan = plan};
}

/* --- results --- */

static void finish(struct evolution *self, uint32_t trial, double loss)
{
    struct one *one = &self->trials.at[trial];
    struct place *place = &self->places[one->plan.level][one->plan.member];

    self->brackets.at[one->plan.generation].done[one->plan.level]++;
    one->is_judged = true;
    if (isfinite(loss) && (!place->is_held || loss <= place->loss))
        *place = (struct place){true, trial, loss};
}

static void check_verdict(struct evolution *self, const struct wn_event *event)
{
    struct wn_population_outcome outcome = {0};

    need(self, wn_population_outcome_read(&event->reported.tag, &outcome), event->trial,
         "was judged without an outcome");
    need(self, event->reported.verdict != WN_VERDICT_CONTINUE, event->trial,
         "goes on without a job");
    finish(self, event->trial, event->reported.metrics[0].value);
    need(self, outcome.wins == holds_its_place(self, event->trial), event->trial,
         "has the wrong outcome");
    need(self, outcome.wins || event->reported.verdict == WN_VERDICT_STOP, event->trial,
         "waits without a place");
}

static void check_ended(struct evolution *self, const struct wn_event *event)
{
    const struct one *one = &self->trials.at[event->trial];
    const struct wn_trial *trial = wn_history_trial(past(self), event->trial);

    if (one->is_judged)
        return;
    if (event->ended.how == WN_END_WITHDRAWN)
        self->brackets.at[one->plan.generation].given[one->plan.level]--;
    else
        finish(self, event->trial,
               event->ended.how == WN_END_COMPLETED
                   ? trial->reports[trial->n_reports - 1].loss
                   : HUGE_VAL);
}

static enum wn_status take_event(void *arg,
                                 const struct wn_event *event,
                                 struct wn_error *error)
{
    struct evolution *self = arg;
    bool is_ruled;
    struct wn_event told =
        inside_event(&self->inside, self->rebuild.job, event, &is_ruled);
    enum wn_status rc;

    switch ((int)event->kind) {
    case WN_EVENT_PLANNED:
        assert_non_null(wn_vec_push(&self->trials));
        check_job(self, &told, &told.planned.tag);
        break;
    case WN_EVENT_RESUMED: check_job(self, &told, &told.resumed.tag); break;
    case WN_EVENT_REPORTED:
        if (is_ruled) /* it has lost, whatever it reported */
            finish(self, event->trial, HUGE_VAL);
        else if (told.reported.is_milestone)
            check_verdict(self, &told);
        break;
    case WN_EVENT_ENDED: check_ended(self, event); break;
    }
    rc = wn_rebuild_event(&self->rebuild, event, error);
    if (rc == WN_OK && event->kind == WN_EVENT_JOB)
        read_job(self);
    return rc;
}

uint64_t check_dehb(const struct study_check *check)
{
    struct evolution *self = wn_alloc(sizeof *self);
    struct wn_journal_summary summary;
    struct wn_error err = {0};
    uint64_t n_promoted;

    assert_non_null(self);
    self->check = check;
    check_ok(check, wn_journal_read(check->journal, take_event, self, &summary, &err),
             &err);
    wn_rebuild_release(&self->rebuild);
    inside_release(&self->inside);
    wn_brackets_release(&self->sizes);
    wn_vec_release(&self->trials);
    wn_vec_release(&self->brackets);
    n_promoted = self->n_promoted;
    wn_free(self);
    return n_promoted;
}

/* support_rules.c - what each scheduler may do: a table, and the shorter rules of it. */
#include "support_check.h"
#include "support_inside.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "conformance/halving_oracle.h"
#include "journal/journal.h"

/* --- rules that need no state: counted, event by event --- */

struct counting {
    const struct study_check *check;
    bool (*counts)(const struct study_check *check, const struct wn_event *event);
    uint64_t n;
};

static enum wn_status count_event(void *arg,
                                  const struct wn_event *event,
                                  struct wn_error *error)
{
    struct counting *counting = arg;

    (void)error;
    counting->n += counting->counts(counting->check, event);
    return WN_OK;
}

static uint64_t count(const struct study_check *check,
                      bool (*counts)(const struct study_check *check,
                                     const struct wn_event *event))
{
    struct counting counting = {.check = check, .counts = counts};
    struct wn_journal_summary summary;
    struct wn_error err = {0};

    check_ok(check,
             wn_journal_read(check->journal, count_event, &counting, &summary, &err),
             &err);
    return counting.n;
}

/* fifo: every trial runs to its end; counted are those that came to the maximum. */
static bool is_whole(const struct study_check *check, const struct wn_event *event)
{
    if (event->kind == WN_EVENT_RESUMED || event->kind == WN_EVENT_RECALLED ||
        (event->kind == WN_EVENT_REPORTED && event->reported.is_milestone &&
         event->reported.verdict != WN_VERDICT_STOP) ||
        (event->kind == WN_EVENT_ENDED && event->ended.how == WN_END_STOPPED))
        check_failed(check, "a trial of fifo did not run from its start to its end");
    return event->kind == WN_EVENT_REPORTED && event->reported.is_milestone;
}

static uint64_t check_whole(const struct study_check *check)
{
    return count(check, is_whole);
}

/* check_events() has looked at each. */
static bool is_fork(const struct study_check *check, const struct wn_event *event)
{
    (void)check;
    return event->kind == WN_EVENT_PLANNED && event->planned.source.resource;
}

static uint64_t check_forks(const struct study_check *check)
{
    return count(check, is_fork);
}

static bool is_recall(const struct study_check *check, const struct wn_event *event)
{
    (void)check;
    return event->kind == WN_EVENT_RECALLED;
}

static uint64_t check_recalls(const struct study_check *check)
{
    return count(check, is_recall);
}

/* --- hyperband --- */

struct halvings {
    struct wn_rebuild rebuild;
    struct inside inside;
    struct oracle oracle;
};

static enum wn_status take_halving(void *arg,
                                   const struct wn_event *event,
                                   struct wn_error *error)
{
    struct halvings *halvings = arg;
    bool is_ruled;
    struct wn_event told =
        inside_event(&halvings->inside, halvings->rebuild.job, event, &is_ruled);

    oracle_event(&halvings->oracle, &told);
    return wn_rebuild_event(&halvings->rebuild, event, error);
}

uint64_t check_halving(const struct study_check *check)
{
    struct halvings halvings = {.oracle.eta = 0};
    struct wn_journal_summary summary;
    struct wn_values *options;
    struct wn_bracket_rule rule;
    struct wn_brackets plan;
    struct wn_error err = {0};
    uint64_t n;

    check_ok(check,
             wn_journal_read(check->journal, take_halving, &halvings, &summary, &err),
             &err);
    options = inside_options(halvings.rebuild.job);
    rule = (struct wn_bracket_rule){
        .max = halvings.rebuild.job->max_resource,
        .grace = wn_values_int(options, "grace_period"),
        .eta = wn_values_int(options, "reduction_factor"),
        .sizes = (enum wn_bracket_sizes)wn_values_choice(options, "sizes"),
        .n_brackets = (size_t)wn_values_int(options, "brackets")};
    wn_values_destroy(options);
    check_ok(check, wn_brackets_make(&rule, &plan, &err), &err);
    halvings.oracle.plan = &plan;
    halvings.oracle.eta = (uint64_t)rule.eta;
    halvings.oracle.history = wn_study_history(halvings.rebuild.study);
    oracle_check(&halvings.oracle);
    if (halvings.oracle.fault[0])
        check_failed(check, halvings.oracle.fault);
    n = halvings.oracle.n_promoted;
    oracle_release(&halvings.oracle);
    wn_brackets_release(&plan);
    wn_rebuild_release(&halvings.rebuild);
    inside_release(&halvings.inside);
    return n;
}

/* --- the table --- */

static int64_t budget_of_population(const struct wn_job *job)
{
    struct wn_values *options = inside_options(job);
    int64_t n = wn_values_int(options, "population");

    wn_values_destroy(options);
    return n * job->max_resource;
}

static const struct study_rule rules[] = {
    {"fifo", check_whole, NULL},
    {"asha", check_promotions, NULL},
    {"median", check_median, NULL},
    {"hyperband", check_halving, NULL},
    {"dehb", check_dehb, NULL},
    {"schedule", check_forks, NULL},
    {"pbt", check_forks, budget_of_population},
    {"fork", check_forks, NULL},
    {"fuzz", check_recalls, NULL},
};

static const struct study_rule *rule_of(const struct wn_sched_ops *sched)
{
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        if (strcmp(rules[i].scheduler, sched->name) == 0)
            return &rules[i];
    return NULL;
}

const struct study_rule *study_rule_of(const struct wn_job *job)
{
    return rule_of(job->sched);
}

/* That nobody else is stopped around fifo is part of the rule of median. */
const struct study_rule *study_rule_inside(const struct wn_job *job)
{
    const struct wn_sched_ops *inside = wn_sched_deciding(job->sched, job->sched_options);

    return inside == job->sched || strcmp(inside->name, "fifo") == 0 ? NULL
                                                                     : rule_of(inside);
}

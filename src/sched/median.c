/* median.c - the median stopping rule, around any other scheduler.
 *
 * Golovin, Solnik, Moitra, Kochanski, Karro, Sculley: Google Vizier, KDD 2017, section
 * 3.2.2: a trial is stopped at step s if its best objective by step s is strictly worse
 * than the median of the running averages, up to step s, of all completed trials.
 *
 * Steps are the multiples of `interval`, 1,024 at most: more are refused (the usual
 * interval, 1, is stretched), and where the maximum is open nobody is judged past
 * the last. A report answers for the last step it has
 * passed since the one before. The rule looks at a trial only past `grace_time`, and only
 * where at least `grace_population` others have been there. Three things may differ from
 * the paper, each by an option: the quantile (`rank_cutoff`, 0.5: the median), whose
 * averages count (`population`: completed trials, or all that passed the step), and what of
 * the trial is compared (`value`: its best, its average, or its last loss; Syne Tune
 * compares averages with those of all).
 *
 * What counts:
 * - A trial's running average at a step is the mean of all its losses up to the report that
 *   reached the step, the first at or past it. A report that jumps over steps reaches each,
 *   but no more than the last 16: whoever reports so rarely wants a longer interval.
 * - Under "completed" a trial counts once it ended by itself or at the maximum; one that
 *   was stopped, failed or is paused does not.
 * - A trial that was forked has the losses of its own reports only, and none at the steps
 *   that its source had passed. Pauses change nothing.
 * - Infinite losses are losses; the mean of both infinities is the worst.
 *
 * The inner scheduler decides all else, and never learns of the rule: its milestones are
 * put into the tag before its own tag (8 bytes, so 24 are left for it), the trial is asked
 * to report at the nearer of both, and a report that is only the rule's is passed on as
 * one without a milestone. Where it stops the trial itself its verdict stands. A stop by
 * the rule overrules what else it would say: it is told, and the journal says, what a stop
 * by the user would be, a verdict without a tag, so that it takes nobody for promoted,
 * paused or placed who is not; whether such a report is an entry is said where the inner
 * one is. Journals in which such a stop still has the inner tag are applied as they stand.
 *
 * A look is O(1), an event O(log trials) with the factor 16 where reports jump. Under
 * "completed" the end of a trial walks through its reports and costs that for each of its
 * steps: 0.54 ms for 1,024 of them on an idle machine, 1.2 ms at load 12, and at powers
 * of two, where the memory of all steps doubles, 38 ms at 10^4 such trials (`end` and
 * `most_ever` of decide_median_long_us, bench/README.md). Memory: 16 bytes for each step of
 * a trial that counts.
 */
#include "sched/sched.h"

#include <inttypes.h>
#include <math.h>

#include "base/assert.h"
#include "base/mem.h"
#include "sched/quantile.h"
#include "trial/history.h"
#include "trial/tag.h"

enum { COMPLETED = 0, ALL = 1 };          /* indices into populations */
enum { BEST = 0, AVERAGE = 1, LAST = 2 }; /* indices into values */
enum { STEPS_MOST = 1024, JUMPED_MOST = 16, MILESTONE_BYTES = 8 };

struct trial {
    int64_t milestone; /* the inner scheduler's */
    double sum;        /* of the losses reported so far */
    double best;
    uint32_t n_reports;
    uint32_t n_steps; /* passed, and entered under "all" */
};

struct wn_sched {
    const struct wn_history *history;
    const struct wn_sched_ops *ops; /* of the inner scheduler */
    struct wn_values *values;
    struct wn_sched *inner;
    int64_t interval, grace_time, max_resource;
    size_t grace_population, population, value;
    double cutoff;
    WN_VEC(struct wn_quantile) steps; /* [k]: averages at resource (k + 1) * interval */
    WN_VEC(struct trial) trials;
};

extern const struct wn_sched_ops wn_sched_median; /* below; has the table */

static const char *const populations[] = {"completed", "all", NULL};
static const char *const values[] = {"best", "average", "last", NULL};

static const struct wn_option options[] = {
    {.name = "around",
     .type = WN_OPTION_ANY,
     .def = "{\"type\": \"fifo\"}",
     .help = "the scheduler that decides all else: type and its options"},
    {.name = "interval",
     .type = WN_OPTION_INT,
     .low = 1,
     .high = WN_JSON_EXACT_MOST,
     .def = "1",
     .help = "resource units from one look at a trial to the next; 1: the least that "
             "gives no more than 1,024 looks up to resource.max"},
    {.name = "grace_time",
     .type = WN_OPTION_INT,
     .low = 0,
     .high = WN_JSON_EXACT_MOST,
     .def = "1",
     .help = "nothing is stopped at or below this resource"},
    {.name = "grace_population",
     .type = WN_OPTION_INT,
     .low = 1,
     .high = 1000000,
     .def = "5",
     .help = "nothing is stopped before so many others can be compared with"},
    {.name = "rank_cutoff",
     .type = WN_OPTION_FLOAT,
     .low = 0,
     .high = 1,
     .def = "0.5",
     .help = "the quantile a trial must not be worse than; 0.5 is the median"},
    {.name = "population",
     .type = WN_OPTION_CHOICE,
     .choices = populations,
     .def = "\"completed\"",
     .help = "whose running averages count: of completed trials, or of all that came as "
             "far"},
    {.name = "value",
     .type = WN_OPTION_CHOICE,
     .choices = values,
     .def = "\"best\"",
     .help = "what of the trial is compared: its best, average or last loss"},
    {0}};

/* --- create, destroy --- */

static void median_destroy(struct wn_sched *self)
{
    if (!self)
        return;
    if (self->inner)
        self->ops->destroy(self->inner);
    wn_values_destroy(self->values);
    for (size_t i = 0; i < self->steps.n; i++)
        wn_quantile_release(&self->steps.at[i]);
    wn_vec_release(&self->steps);
    wn_vec_release(&self->trials);
    wn_free(self);
}

/* The options of the scheduler inside; mistakes go to `problems`. */
static enum wn_status read_inner(const struct wn_sched_ops *ops,
                                 const struct wn_json *object,
                                 struct wn_problems *problems,
                                 struct wn_values **out,
                                 struct wn_error *err)
{
    static const char *const type_key[] = {"type", NULL};

    return wn_values_parse(ops->options, object, "scheduler.around", type_key, problems,
                           out, err);
}

static enum wn_status make_inner(struct wn_sched *self,
                                 const struct wn_sched_config *cfg,
                                 const struct wn_json *object,
                                 struct wn_error *err)
{
    struct wn_problems problems = {0};
    struct wn_sched_config inner = *cfg;
    enum wn_status rc = read_inner(self->ops, object, &problems, &self->values, err);

    if (rc == WN_OK)
        rc = wn_problems_check(&problems, err);
    wn_problems_release(&problems);
    if (rc != WN_OK)
        return rc;
    if (self->ops->needs_max && cfg->max_resource == INT64_MAX)
        return wn_fail(err, WN_EINVAL, "resource.max must be given for the scheduler %s",
                       self->ops->name);
    inner.options = self->values;
    return wn_sched_create_inside(self->ops, &inner, &self->inner, err);
}

/* The shortest one that gives no more steps than there may be. */
static int64_t least_interval(int64_t max_resource)
{
    return max_resource == INT64_MAX ? 1 : max_resource / (STEPS_MOST + 1) + 1;
}

/* As the job says; 1 is the usual one and stretched if need be, as is one of an older study. */
static int64_t interval_of(const struct wn_sched_config *cfg)
{
    int64_t interval = wn_values_int(cfg->options, "interval");
    int64_t least = least_interval(cfg->max_resource);

    return (interval == 1 || cfg->was_checked) && interval < least ? least : interval;
}

static enum wn_status check_options(const struct wn_sched *self, struct wn_error *err)
{
    if (!self->ops)
        return wn_fail(err, WN_EINVAL,
                       "scheduler.around must name a scheduler by its type");
    if (wn_sched_is_around(self->ops))
        return wn_fail(err, WN_EINVAL,
                       "scheduler.around must not be %s, which stands around another "
                       "scheduler itself",
                       self->ops->name);
    if (self->max_resource != INT64_MAX &&
        self->max_resource / self->interval > STEPS_MOST)
        return wn_fail(err, WN_EINVAL,
                       "scheduler.interval must be at least %" PRId64
                       " with this resource.max, not %" PRId64,
                       least_interval(self->max_resource), self->interval);
    if (self->interval > self->max_resource)
        return wn_fail(err, WN_EINVAL,
                       "scheduler.interval must be at most resource.max (%" PRId64
                       "), not %" PRId64 ": nothing would ever be judged",
                       self->max_resource, self->interval);
    if (self->grace_time >= self->max_resource)
        return wn_fail(err, WN_EINVAL,
                       "scheduler.grace_time must be below resource.max (%" PRId64
                       "), not %" PRId64 ": nothing would ever be judged",
                       self->max_resource, self->grace_time);
    return WN_OK;
}

/* Whether anything can be judged: there must be a step past grace_time and below the
 * maximum, where trials end anyway. What the job leaves out is not its fault. */
static enum wn_status check_meaning(const struct wn_sched *self,
                                    const struct wn_values *given,
                                    struct wn_error *err)
{
    int64_t last = (self->max_resource - 1) / self->interval * self->interval;

    if (self->max_resource == INT64_MAX || last > self->grace_time)
        return WN_OK;
    if (!wn_values_is_usual(given, "interval"))
        return wn_fail(err, WN_EINVAL,
                       "scheduler.interval must leave a step between grace_time (%" PRId64
                       ") and resource.max (%" PRId64 "), and not be %" PRId64
                       ": nothing would ever be judged",
                       self->grace_time, self->max_resource, self->interval);
    if (!wn_values_is_usual(given, "grace_time"))
        return wn_fail(err, WN_EINVAL,
                       "scheduler.grace_time must be below %" PRId64
                       ", the last step before resource.max, not %" PRId64
                       ": nothing would ever be judged",
                       last, self->grace_time);
    return WN_OK;
}

static enum wn_status median_create(const struct wn_sched_config *cfg,
                                    struct wn_sched **out,
                                    struct wn_error *err)
{
    struct wn_sched *self = wn_alloc(sizeof *self);
    const struct wn_json *object = NULL;
    enum wn_status rc;

    if (!self)
        return wn_fail(err, WN_ENOMEM, "no memory for the median scheduler");
    self->history = cfg->history;
    self->max_resource = cfg->max_resource;
    self->interval = interval_of(cfg);
    self->grace_time = wn_values_int(cfg->options, "grace_time");
    self->grace_population = (size_t)wn_values_int(cfg->options, "grace_population");
    self->cutoff = wn_values_float(cfg->options, "rank_cutoff");
    self->population = wn_values_choice(cfg->options, "population");
    self->value = wn_values_choice(cfg->options, "value");
    self->ops = wn_sched_inside(&wn_sched_median, cfg->options, &object);
    rc = check_options(self, err);
    if (rc == WN_OK && !cfg->was_checked)
        rc = check_meaning(self, cfg->options, err);
    if (rc == WN_OK)
        rc = make_inner(self, cfg, object, err);
    if (rc != WN_OK) {
        median_destroy(self);
        return rc;
    }
    *out = self;
    return WN_OK;
}

static bool median_pauses(const struct wn_values *outer)
{
    const struct wn_json *object = NULL;
    const struct wn_sched_ops *ops = wn_sched_inside(&wn_sched_median, outer, &object);
    struct wn_problems unheard = {0};
    struct wn_values *inner = NULL;
    bool pauses = false;

    if (ops && read_inner(ops, object, &unheard, &inner, NULL) == WN_OK)
        pauses = inner && ops->pauses(inner);
    wn_values_destroy(inner);
    wn_problems_release(&unheard);
    return pauses;
}

/* --- looking --- */

static size_t steps_passed(const struct wn_sched *self, int64_t resource)
{
    int64_t n = resource / self->interval;

    return n < STEPS_MOST ? (size_t)n : STEPS_MOST;
}

/* The nearer of the inner scheduler's milestone and the rule's next step. */
static int64_t nearer(const struct wn_sched *self, int64_t milestone, int64_t resource)
{
    int64_t step = resource / self->interval;

    if (step >= STEPS_MOST || step + 1 > milestone / self->interval)
        return milestone;
    return (step + 1) * self->interval;
}

static struct wn_tag outer_tag(int64_t milestone, const struct wn_tag *inner)
{
    struct wn_tag tag = {0};

    wn_tag_put(&tag, (uint64_t)milestone, MILESTONE_BYTES);
    wn_tag_put_tag(&tag, inner);
    return tag;
}

static struct wn_decision median_decide(const struct wn_sched *self,
                                        bool has_room,
                                        struct wn_rng rng)
{
    struct wn_decision decision = self->ops->decide(self->inner, has_room, rng);
    int64_t resource;

    if (decision.act != WN_ACT_START && decision.act != WN_ACT_RESUME)
        return decision;
    resource = decision.act == WN_ACT_START
                   ? decision.source.resource
                   : wn_history_resource(self->history, decision.trial);
    decision.tag = outer_tag(decision.milestone, &decision.tag);
    decision.milestone = nearer(self, decision.milestone, resource);
    return decision;
}

/* Both infinities make no number: the worst. */
static double mean(double sum, uint32_t n)
{
    return isnan(sum) ? HUGE_VAL : sum / n;
}

static double compared(const struct wn_sched *self,
                       const struct trial *trial,
                       const struct wn_report *report)
{
    switch (self->value) {
    case BEST:
        return trial->n_reports && trial->best < report->loss ? trial->best
                                                              : report->loss;
    case AVERAGE: return mean(trial->sum + report->loss, trial->n_reports + 1);
    default: return report->loss;
    }
}

static bool is_condemned(const struct wn_sched *self,
                         const struct trial *trial,
                         const struct wn_report *report)
{
    size_t n = steps_passed(self, report->resource);
    const struct wn_quantile *step;

    if (report->resource <= self->grace_time || n <= trial->n_steps || n > self->steps.n)
        return false;
    step = &self->steps.at[n - 1];
    return wn_quantile_size(step) >= self->grace_population &&
           compared(self, trial, report) > wn_quantile_get(step);
}

static struct wn_verdict median_answer(const struct wn_sched *self,
                                       const struct wn_report *report,
                                       struct wn_rng rng)
{
    const struct trial *trial;
    struct wn_verdict verdict = {.kind = WN_VERDICT_CONTINUE};

    WN_ASSERT(report->trial < self->trials.n);
    trial = &self->trials.at[report->trial];
    verdict.milestone = trial->milestone;
    if (report->resource >= trial->milestone)
        verdict = self->ops->answer(self->inner, report, rng);
    if (verdict.kind != WN_VERDICT_STOP && is_condemned(self, trial, report))
        return (struct wn_verdict){.kind = WN_VERDICT_STOP};
    verdict.tag = outer_tag(verdict.kind == WN_VERDICT_CONTINUE ? verdict.milestone : 0,
                            &verdict.tag);
    if (verdict.kind == WN_VERDICT_CONTINUE)
        verdict.milestone = nearer(self, verdict.milestone, report->resource);
    return verdict;
}

static double median_worth(const struct wn_sched *self, uint32_t trial)
{
    return self->ops->worth(self->inner, trial);
}

/* --- applying --- */

static enum wn_status no_memory(struct wn_error *err)
{
    return wn_fail(err, WN_ENOMEM, "no memory for the median scheduler");
}

/* The average of a trial at the steps that its report has reached, up to number n - 1. */
static enum wn_status enter(struct wn_sched *self,
                            size_t first,
                            size_t n,
                            double average,
                            struct wn_error *err)
{
    while (self->steps.n < n) {
        struct wn_quantile *made = wn_vec_push(&self->steps);

        if (!made)
            return no_memory(err);
        wn_quantile_init(made, self->cutoff);
    }
    for (size_t step = n - first > JUMPED_MOST ? n - JUMPED_MOST : first; step < n;
         step++)
        if (!wn_quantile_add(&self->steps.at[step], average))
            return no_memory(err);
    return WN_OK;
}

/* As if a completed trial had reported now. */
static enum wn_status enter_completed(struct wn_sched *self,
                                      uint32_t number,
                                      struct wn_error *err)
{
    const struct wn_trial *record = wn_history_trial(self->history, number);
    size_t n_steps = steps_passed(self, record->source.resource);
    enum wn_status rc = WN_OK;
    double sum = 0;

    for (uint32_t i = 0; i < record->n_reports && rc == WN_OK; i++) {
        size_t n = steps_passed(self, record->reports[i].resource);

        sum += record->reports[i].loss;
        if (n > n_steps)
            rc = enter(self, n_steps, n, mean(sum, i + 1), err);
        n_steps = n;
    }
    return rc;
}

/* The event as the inner scheduler would have had it. */
static enum wn_status unwrap(const struct wn_event *event,
                             struct wn_event *inner,
                             struct wn_error *err)
{
    struct wn_tag outer, *tag = NULL;
    struct wn_tag_reader reader = {.tag = &outer};
    int64_t *milestone = NULL;

    *inner = *event;
    if (event->kind == WN_EVENT_PLANNED) {
        tag = &inner->planned.tag;
        milestone = &inner->planned.milestone;
    } else if (event->kind == WN_EVENT_RESUMED) {
        tag = &inner->resumed.tag;
        milestone = &inner->resumed.milestone;
    } else if (event->kind == WN_EVENT_REPORTED && event->reported.is_milestone) {
        tag = &inner->reported.tag;
        milestone = &inner->reported.milestone;
    }
    if (!tag || (event->kind == WN_EVENT_REPORTED && !tag->n))
        return WN_OK; /* a verdict that a recall or the rule gave has no tag */
    outer = *tag;
    *milestone = (int64_t)wn_tag_get(&reader, MILESTONE_BYTES);
    *tag = wn_tag_rest(&reader);
    return reader.is_short
               ? wn_fail(err, WN_ECORRUPT,
                         "trial %" PRIu32 " has no tag of the median rule", event->trial)
               : WN_OK;
}

static enum wn_status apply_planned(struct wn_sched *self,
                                    const struct wn_event *inner,
                                    struct wn_error *err)
{
    struct trial *trial;

    if (inner->trial != self->trials.n)
        return wn_fail(err, WN_ECORRUPT,
                       "trial %" PRIu32 " is planned, but the next is %zu", inner->trial,
                       self->trials.n);
    trial = wn_vec_push(&self->trials);
    if (!trial)
        return no_memory(err);
    trial->milestone = inner->planned.milestone;
    trial->n_steps = (uint32_t)steps_passed(self, inner->planned.source.resource);
    return WN_OK;
}

/* Take the report into the trial's sums, and under "all" into the steps it passed. The
 * inner scheduler learns of a milestone only where it is its own. */
static enum wn_status apply_reported(struct wn_sched *self,
                                     struct wn_event *inner,
                                     struct wn_error *err)
{
    struct trial *trial = &self->trials.at[inner->trial];
    const struct wn_trial *record = wn_history_trial(self->history, inner->trial);
    const struct wn_report *last = &record->reports[record->n_reports - 1];
    size_t n = steps_passed(self, last->resource);
    enum wn_status rc = WN_OK;

    if (!trial->n_reports || last->loss < trial->best)
        trial->best = last->loss;
    trial->sum += last->loss;
    trial->n_reports++;
    if (self->population == ALL && n > trial->n_steps)
        rc = enter(self, trial->n_steps, n, mean(trial->sum, trial->n_reports), err);
    trial->n_steps = (uint32_t)n;
    if (inner->reported.is_milestone && inner->reported.verdict == WN_VERDICT_CONTINUE &&
        last->resource < trial->milestone) {
        inner->reported.is_milestone = false;
        inner->reported.milestone = 0;
    } else if (inner->reported.is_milestone) {
        trial->milestone = inner->reported.milestone;
    }
    return rc;
}

static enum wn_status median_apply(struct wn_sched *self,
                                   const struct wn_event *event,
                                   struct wn_error *err)
{
    struct wn_event inner;
    enum wn_status rc = unwrap(event, &inner, err);

    if (rc == WN_OK && event->kind == WN_EVENT_PLANNED)
        rc = apply_planned(self, &inner, err);
    else if (rc == WN_OK && event->trial != WN_TRIAL_NONE &&
             event->trial >= self->trials.n)
        rc = wn_fail(err, WN_ECORRUPT, "trial %" PRIu32 " was %s, but never planned",
                     event->trial, wn_event_name(event->kind));
    else if (rc == WN_OK && event->kind == WN_EVENT_RESUMED)
        self->trials.at[event->trial].milestone = inner.resumed.milestone;
    else if (rc == WN_OK && event->kind == WN_EVENT_REPORTED)
        rc = apply_reported(self, &inner, err);
    else if (rc == WN_OK && event->kind == WN_EVENT_ENDED &&
             event->ended.how == WN_END_COMPLETED && self->population == COMPLETED)
        rc = enter_completed(self, event->trial, err);
    return rc != WN_OK ? rc : self->ops->apply(self->inner, &inner, err);
}

/* --- for people --- */

static void median_describe(const struct wn_sched *self, struct wn_buf *out)
{
    char text[32];

    wn_buf_adds(out, "median: every ");
    if (self->interval > 1)
        wn_buf_addf(out, "%" PRId64 " units", self->interval);
    else
        wn_buf_adds(out, "unit");
    wn_buf_addf(out, " past %" PRId64, self->grace_time);
    if (self->max_resource == INT64_MAX && self->interval <= INT64_MAX / STEPS_MOST)
        wn_buf_addf(out, " up to %" PRId64, STEPS_MOST * self->interval);
    wn_buf_addf(out, ", the %s loss ", values[self->value]);
    wn_buf_addf(out, "against the %s quantile of %s trials (%zu at least)\n",
                wn_number_print(self->cutoff, text, sizeof text),
                populations[self->population], self->grace_population);
    self->ops->describe(self->inner, out);
}

static size_t median_rungs(const struct wn_sched *self, struct wn_rung *out, size_t room)
{
    return self->ops->rungs(self->inner, out, room);
}

const struct wn_sched_ops wn_sched_median = {
    .name = "median",
    .summary = "the median stopping rule around another scheduler",
    .reference = "Golovin et al., KDD 2017, section 3.2.2",
    .needs_max = false,
    .options = options,
    .pauses = median_pauses,
    .create = median_create,
    .destroy = median_destroy,
    .decide = median_decide,
    .answer = median_answer,
    .worth = median_worth,
    .apply = median_apply,
    .describe = median_describe,
    .rungs = median_rungs,
};

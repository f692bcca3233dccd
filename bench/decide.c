/* decide.c - what an event costs a scheduler when up to a million trials are behind it.
 *
 * Scheduler and history are driven directly: up to 1,000 trials run at a time, a random one
 * of them reports at its milestone, with a checkpoint. A sample is what the scheduler does
 * for one event: apply() and the decide() that follows (rule 2), for a report answer()
 * before it too. Two clock readings are part of every sample (about 50 ns), time in which
 * the processor did something else is not (`struct bench_watch`).
 *
 * Every scheduler of the registry is there: `cases` has those with options and those that
 * take more trials or have a goal of their own, all others come with their defaults.
 */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "bench.h"
#include "sched/sched.h"
#include "trial/history.h"

#define N_RUNNING 1000
#define N_TRIALS  100000
#define N_MANY    1000000
#define N_FEW     10000  /* for comparison: O(log n) */
#define MAX       81     /* resource units of a full run, for most */
#define N_SAMPLES 200000 /* per size, unless trials are long: see n_samples() */
#define MOST_US   20     /* what an event may cost any scheduler */

static const struct scheduler_case {
    const char *key;     /* decide_KEY_us */
    const char *name;    /* of the scheduler */
    const char *options; /* members of its section; "": the defaults */
    uint32_t n_trials;
    double most_us;
    uint32_t n_initial; /* so many configurations are the user's */
    int max;            /* resource units of a full run; 0: MAX */
} cases[] = {
    {"promotion", "asha", "", N_MANY, 5, 0, 0},
    {"stopping", "asha", "\"variant\": \"stopping\"", N_MANY, 5, 0, 0},
    {"hyperband", "hyperband", "", N_MANY, MOST_US, 0, 0},
    {"halving", "hyperband", "\"brackets\": 1", N_MANY, MOST_US, 0, 0},
    {"cost", "asha", "\"promote_by\": \"cost\"", N_TRIALS, MOST_US, 0, 0},
    {"brackets", "asha", "\"brackets\": 4", N_TRIALS, MOST_US, 0, 0},
    {"stopping_brackets", "asha", "\"variant\": \"stopping\", \"brackets\": 4", N_TRIALS,
     MOST_US, 0, 0},
    {"rung_systems", "asha", "\"brackets\": 4, \"rung_system_per_bracket\": true",
     N_TRIALS, MOST_US, 0, 0},
    {"pasha", "asha", "\"pasha\": true", N_TRIALS, MOST_US, 0, 0},
    {"rush", "asha", "\"rush_candidates\": 1", N_TRIALS, MOST_US, 1, 0},
    {"rush_stopping", "asha", "\"variant\": \"stopping\", \"rush_candidates\": 1",
     N_TRIALS, MOST_US, 1, 0},
    {"median_all", "median", "\"population\": \"all\"", N_TRIALS, MOST_US, 0, 0},
    {"median_asha", "median", "\"around\": {\"type\": \"asha\"}", N_TRIALS, MOST_US, 0,
     0},
    {"median_hyperband", "median", "\"around\": {\"type\": \"hyperband\"}", N_TRIALS,
     MOST_US, 0, 0},
    {"median_dehb", "median", "\"around\": {\"type\": \"dehb\"}", N_TRIALS, MOST_US, 0,
     0},
    {"median_pbt", "median", "\"around\": {\"type\": \"pbt\", \"population\": 100000}",
     N_TRIALS, MOST_US, 0, 0},
    {"median_long", "median", "", N_FEW, MOST_US, 0, 1024}, /* as many steps as may be */
    {"pbt", "pbt", "\"population\": 100000", N_TRIALS, MOST_US, 0, 0},
    {"pbt_synchronous", "pbt", "\"population\": 100000, \"synchronous\": true", N_TRIALS,
     MOST_US, 0, 0},
    {"pbt_explore", "pbt",
     "\"population\": 100000, \"synchronous\": true, \"exploit\": \"none\"", N_TRIALS,
     MOST_US, 0, 0},
};

static const char job_text[] =
    "{\"name\": \"decide\", \"trial\": {\"runner\": \"function\"},"
    " \"space\": {\"x\": {\"type\": \"float\", \"low\": 0, \"high\": 1}},"
    " \"metric\": {\"name\": \"loss\"}, \"resource\": {\"max\": %d},"
    " \"scheduler\": {\"type\": \"%s\"%s%s}}";

struct running {
    uint32_t trial;
    enum wn_recall recall;
    int64_t milestone;
};

struct drive {
    const struct wn_sched_ops *ops;
    struct wn_sched *sched;
    struct wn_history *history;
    struct wn_rng rng;
    struct running running[N_RUNNING];
    size_t n_running;
    double *samples; /* microseconds */
    size_t n_samples, room;
    double ends; /* the samples that are ends of trials, added up */
    size_t n_ends;
    double most_ever;            /* of all events, sampled or not */
    struct wn_decision decision; /* the last one */
    struct bench_watch watch;
    uint32_t n_initial;
};

/* Apply an event and ask what next; `before_s`: what its answer took. */
static enum wn_status feed(struct drive *drive,
                           const struct wn_event *event,
                           double before_s,
                           struct wn_error *err)
{
    enum wn_status rc = wn_history_apply(drive->history, event, err);
    double us;

    (void)bench_lap(&drive->watch);
    if (!rc)
        rc = drive->ops->apply(drive->sched, event, err);
    if (!rc)
        drive->decision = drive->ops->decide(drive->sched, drive->n_running < N_RUNNING,
                                             wn_rng_keyed(1, WN_STREAM_DECIDE, 0));
    us = 1e6 * (bench_lap(&drive->watch) + before_s);
    drive->most_ever = us > drive->most_ever ? us : drive->most_ever;
    if (drive->n_samples >= drive->room)
        return rc;
    drive->samples[drive->n_samples++] = us;
    if (event->kind == WN_EVENT_ENDED) {
        drive->ends += us;
        drive->n_ends++;
    }
    return rc;
}

static enum wn_status recall(struct drive *drive, struct wn_error *err)
{
    struct wn_event event = {.kind = WN_EVENT_RECALLED, .trial = drive->decision.trial};

    event.recalled.how = drive->decision.recall;
    for (size_t i = 0; i < drive->n_running; i++)
        if (drive->running[i].trial == event.trial)
            drive->running[i].recall = event.recalled.how;
    return feed(drive, &event, 0, err);
}

/* Do what was decided: start a trial or go on with a paused one. */
static enum wn_status carry_out(struct drive *drive, struct wn_error *err)
{
    struct wn_decision decision = drive->decision;
    struct wn_event event = {.kind = WN_EVENT_RESUMED, .trial = decision.trial};
    union wn_cell cell = {.f = wn_rng_unit(&drive->rng)};
    enum wn_status rc;

    event.resumed.milestone = decision.milestone;
    event.resumed.via = WN_TRIAL_NONE;
    event.resumed.tag = decision.tag;
    if (decision.act == WN_ACT_START) {
        event = (struct wn_event){.kind = WN_EVENT_PLANNED,
                                  .trial = wn_history_n_trials(drive->history)};
        event.planned.milestone = decision.milestone;
        event.planned.parent = decision.parent;
        event.planned.pool = decision.pool;
        event.planned.source = decision.source;
        event.planned.tag = decision.tag;
    }
    drive->running[drive->n_running++] =
        (struct running){.trial = event.trial, .milestone = decision.milestone};
    rc = feed(drive, &event, 0, err);
    if (rc || decision.act != WN_ACT_START)
        return rc;
    event = (struct wn_event){.kind = WN_EVENT_CONFIGURED, .trial = event.trial};
    event.configured.origin =
        event.trial < drive->n_initial ? WN_ORIGIN_USER : WN_ORIGIN_SEARCH;
    event.configured.cells = &cell;
    event.configured.n_cells = 1;
    return feed(drive, &event, 0, err);
}

/* As the study does it: who is told to stop at the maximum has completed. */
static enum wn_status end_trial(struct drive *drive, uint32_t trial, struct wn_error *err)
{
    struct wn_event event = {.kind = WN_EVENT_ENDED, .trial = trial};

    event.ended.how = wn_history_resource(drive->history, trial) >=
                              wn_history_max_resource(drive->history)
                          ? WN_END_COMPLETED
                          : WN_END_STOPPED;
    event.ended.text = "";
    return feed(drive, &event, 0, err);
}

/* The scheduler's verdict; a recall overrides its continue (rule 7). */
static struct wn_verdict judge(const struct drive *drive,
                               const struct running *ran,
                               const struct wn_report *report)
{
    struct wn_verdict verdict = {.kind = WN_VERDICT_CONTINUE};

    if (report->resource >= ran->milestone)
        verdict = drive->ops->answer(drive->sched, report,
                                     wn_rng_keyed(1, WN_STREAM_DECIDE, 0));
    if (ran->recall == WN_RECALL_STOP)
        verdict.kind = WN_VERDICT_STOP;
    else if (ran->recall == WN_RECALL_PAUSE && verdict.kind == WN_VERDICT_CONTINUE)
        verdict.kind = WN_VERDICT_PAUSE;
    return verdict;
}

/* A random running trial reaches its milestone or, recalled, its next unit. */
static enum wn_status report(struct drive *drive, struct wn_error *err)
{
    size_t index = wn_rng_below(&drive->rng, drive->n_running);
    struct running *ran = &drive->running[index];
    uint32_t trial = ran->trial;
    struct wn_metric metric = {"loss", wn_rng_unit(&drive->rng)};
    struct wn_report entry = {.resource = ran->milestone, .trial = ran->trial};
    struct wn_event event = {.kind = WN_EVENT_REPORTED, .trial = ran->trial};
    struct wn_verdict verdict;
    double answer_s;
    enum wn_status rc;

    if (ran->recall != WN_RECALL_NONE)
        entry.resource = wn_history_resource(drive->history, ran->trial) + 1;
    entry.loss = metric.value;
    entry.elapsed_ms = entry.resource * (1 + trial % 7);
    (void)bench_lap(&drive->watch);
    verdict = judge(drive, ran, &entry);
    answer_s = bench_lap(&drive->watch);
    event.reported.resource = entry.resource;
    event.reported.elapsed_ms = entry.elapsed_ms;
    event.reported.metrics = &metric;
    event.reported.n_metrics = 1;
    event.reported.checkpoint = (struct wn_generation){
        .trial = ran->trial, .resource = entry.resource, .dispatch = {1, 1}};
    event.reported.is_milestone = true;
    event.reported.verdict = verdict.kind;
    event.reported.milestone = verdict.milestone;
    event.reported.tag = verdict.tag;
    if (verdict.kind == WN_VERDICT_CONTINUE)
        ran->milestone = verdict.milestone;
    else
        *ran = drive->running[--drive->n_running];
    rc = feed(drive, &event, answer_s, err);
    if (!rc && verdict.kind == WN_VERDICT_STOP)
        rc = end_trial(drive, trial, err);
    return rc;
}

static enum wn_status run_until(struct drive *drive, uint32_t n, struct wn_error *err)
{
    enum wn_status rc = WN_OK;

    while (!rc && (wn_history_n_trials(drive->history) < n ||
                   (drive->room && drive->n_samples < drive->room))) {
        if (drive->decision.act == WN_ACT_START || drive->decision.act == WN_ACT_RESUME)
            rc = carry_out(drive, err);
        else if (drive->decision.act == WN_ACT_RECALL)
            rc = recall(drive, err);
        else if (drive->decision.act == WN_ACT_END)
            rc = end_trial(drive, drive->decision.trial, err);
        else if (drive->n_running)
            rc = report(drive, err);
        else
            rc = wn_fail(err, WN_EINVAL, "%s: nothing runs and nothing starts",
                         drive->ops->name);
    }
    return rc;
}

struct costs {
    double mean, high, most; /* microseconds; high: the 99th percentile */
    double end;              /* mean of the ends of trials alone */
    double most_ever;        /* since the first event */
    double above_percent;    /* of the samples, beyond the goal */
};

/* Trials that began together end together: enough that each that runs ends once. */
static size_t n_samples(const struct scheduler_case *of)
{
    return of->max ? (size_t)of->max * N_RUNNING : N_SAMPLES;
}

/* Per event at `n` trials; `room`: so many events. */
static enum wn_status sample(struct drive *drive,
                             uint32_t n,
                             size_t room,
                             double goal_us,
                             struct costs *out,
                             struct wn_error *err)
{
    double sum = 0;
    enum wn_status rc;

    drive->room = 0;
    rc = run_until(drive, n, err);
    drive->n_samples = drive->n_ends = 0;
    drive->ends = 0;
    drive->room = room;
    if (!rc)
        rc = run_until(drive, n, err);
    if (rc)
        return rc;
    for (size_t i = 0; i < drive->n_samples; i++) {
        sum += drive->samples[i];
        out->above_percent += drive->samples[i] > goal_us;
    }
    out->above_percent *= 100.0 / (double)drive->n_samples;
    out->mean = sum / (double)drive->n_samples;
    out->high = bench_quantile(drive->samples, drive->n_samples, 0.99);
    out->most = bench_quantile(drive->samples, drive->n_samples, 1);
    out->end = drive->n_ends ? drive->ends / (double)drive->n_ends : 0;
    out->most_ever = drive->most_ever;
    return WN_OK;
}

static enum wn_status open_drive(struct drive *drive,
                                 const struct wn_job *job,
                                 size_t room,
                                 struct wn_error *err)
{
    struct wn_history_config history = {
        .space = job->space, .metric = job->metric, .max_resource = job->max_resource};
    struct wn_sched_config sched = {.max_resource = job->max_resource,
                                    .options = job->sched_options,
                                    .n_initial = drive->n_initial};
    enum wn_status rc = wn_history_create(&history, &drive->history, err);

    drive->ops = job->sched;
    drive->samples = wn_alloc_array(room, sizeof *drive->samples);
    if (!rc && !drive->samples)
        rc = wn_fail(err, WN_ENOMEM, "no memory for samples");
    sched.history = drive->history;
    if (!rc)
        rc = drive->ops->create(&sched, &drive->sched, err);
    if (!rc)
        drive->decision =
            drive->ops->decide(drive->sched, true, wn_rng_keyed(1, WN_STREAM_DECIDE, 0));
    return rc;
}

static void add_figure(struct bench *bench,
                       const struct scheduler_case *of,
                       const struct costs *few,
                       const struct costs *all)
{
    struct wn_json *figure;
    char key[64];

    (void)snprintf(key, sizeof key, "decide_%s_us", of->key);
    figure = bench_figure(bench, key, all->mean, "us", GOAL_AT_MOST, of->most_us);
    bench_detail(figure, "p99", all->high);
    bench_detail(figure, "trials", of->n_trials);
    bench_detail(figure, "at_10000_trials", few->mean);
    bench_detail(figure, "p99_at_10000_trials", few->high);
    bench_detail(figure, "most", all->most);
    bench_detail(figure, "most_ever", all->most_ever);
    bench_detail(figure, "end", all->end);
    bench_detail(figure, "above_20_us_percent", all->above_percent);
}

static enum wn_status measure_case(struct bench *bench,
                                   const struct scheduler_case *of,
                                   struct wn_error *err)
{
    struct drive drive = {.rng = wn_rng_keyed(1, WN_STREAM_TEST, 0),
                          .n_initial = of->n_initial};
    struct costs few = {0}, all = {0};
    struct wn_job *job = NULL;
    char text[1024];
    enum wn_status rc;

    (void)snprintf(text, sizeof text, job_text, of->max ? of->max : MAX, of->name,
                   *of->options ? ", " : "", of->options);
    rc = bench_job(text, &job, err);
    if (!rc)
        rc = open_drive(&drive, job, n_samples(of), err);
    if (!rc)
        rc = sample(&drive, N_FEW, n_samples(of), MOST_US, &few, err);
    if (!rc)
        rc = sample(&drive, of->n_trials, n_samples(of), MOST_US, &all, err);
    if (!rc)
        add_figure(bench, of, &few, &all);
    if (drive.ops)
        drive.ops->destroy(drive.sched);
    wn_history_destroy(drive.history);
    wn_free(drive.samples);
    wn_job_destroy(job);
    return rc ? wn_wrap(err, "decide_%s_us", of->key) : WN_OK;
}

/* Whether `cases` has the scheduler with its defaults, or large enough if it is done by
 * itself. One that is done before so many trials and has no case is an error. */
static bool has_case(const struct wn_sched_ops *ops)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (strcmp(cases[i].name, ops->name) == 0 &&
            ((!*cases[i].options && !cases[i].max) || ops->is_finite))
            return true;
    return false;
}

static enum wn_status measure(struct bench *bench, struct wn_error *err)
{
    enum wn_status rc = WN_OK;

    for (size_t i = 0; !rc && i < sizeof cases / sizeof cases[0]; i++)
        rc = measure_case(bench, &cases[i], err);
    for (size_t i = 0; !rc && wn_sched_at(i); i++) {
        const char *name = wn_sched_at(i)->name;
        struct scheduler_case plain = {name, name, "", N_TRIALS, MOST_US, 0, 0};

        if (!has_case(wn_sched_at(i)))
            rc = measure_case(bench, &plain, err);
    }
    return rc;
}

const struct bench_measurement bench_decide = {
    .name = "decide",
    .summary = "what an event costs each scheduler at 10^5 or 10^6 trials",
    .measure = measure,
};

/* decide.c - what an event costs the ASHA scheduler when a million trials are behind it.
 *
 * Scheduler and history are driven directly: 1,000 trials run at a time, a random one of
 * them reports at its milestone. A sample is what the scheduler does for one event: apply()
 * and the decide() that follows (rule 2), for a report answer() before it too. Two clock
 * readings are part of every sample (about 50 ns).
 */
#include <stdio.h>

#include "base/mem.h"
#include "bench.h"
#include "sched/sched.h"
#include "trial/history.h"

#define N_RUNNING 1000
#define N_TRIALS  1000000
#define N_FEW     10000  /* for comparison: O(log n) */
#define N_SAMPLES 200000 /* per size */

static const char job_text[] =
    "{\"name\": \"decide\", \"trial\": {\"runner\": \"function\"},"
    " \"space\": {\"x\": {\"type\": \"float\", \"low\": 0, \"high\": 1}},"
    " \"metric\": {\"name\": \"loss\"}, \"resource\": {\"max\": 81},"
    " \"scheduler\": {\"type\": \"asha\", \"variant\": \"%s\"}}";

struct running {
    uint32_t trial;
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
    struct wn_decision decision; /* the last one */
};

/* Apply an event and ask what next; `before_s`: what its answer took. */
static enum wn_status feed(struct drive *drive,
                           const struct wn_event *event,
                           double before_s,
                           struct wn_error *err)
{
    enum wn_status rc = wn_history_apply(drive->history, event, err);
    double begin = bench_now_s();

    if (!rc)
        rc = drive->ops->apply(drive->sched, event, err);
    if (!rc)
        drive->decision = drive->ops->decide(drive->sched, drive->n_running < N_RUNNING,
                                             wn_rng_keyed(1, WN_STREAM_DECIDE, 0));
    if (drive->n_samples < drive->room)
        drive->samples[drive->n_samples++] = 1e6 * (bench_now_s() - begin + before_s);
    return rc;
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
    if (decision.act == WN_ACT_START) {
        event = (struct wn_event){.kind = WN_EVENT_PLANNED,
                                  .trial = wn_history_n_trials(drive->history)};
        event.planned.milestone = decision.milestone;
        event.planned.parent = WN_TRIAL_NONE;
    }
    drive->running[drive->n_running++] =
        (struct running){event.trial, decision.milestone};
    rc = feed(drive, &event, 0, err);
    if (rc || decision.act != WN_ACT_START)
        return rc;
    event = (struct wn_event){.kind = WN_EVENT_CONFIGURED, .trial = event.trial};
    event.configured.origin = WN_ORIGIN_SEARCH;
    event.configured.cells = &cell;
    event.configured.n_cells = 1;
    return feed(drive, &event, 0, err);
}

static enum wn_status end_trial(struct drive *drive,
                                const struct running *ran,
                                struct wn_error *err)
{
    struct wn_event event = {.kind = WN_EVENT_ENDED, .trial = ran->trial};

    event.ended.how = WN_END_STOPPED;
    event.ended.text = "";
    return feed(drive, &event, 0, err);
}

/* A random running trial reaches its milestone. */
static enum wn_status report(struct drive *drive, struct wn_error *err)
{
    size_t index = wn_rng_below(&drive->rng, drive->n_running);
    struct running *ran = &drive->running[index], copy = *ran;
    struct wn_metric metric = {"loss", wn_rng_unit(&drive->rng)};
    struct wn_report entry = {
        .resource = ran->milestone, .loss = metric.value, .trial = ran->trial};
    struct wn_event event = {.kind = WN_EVENT_REPORTED, .trial = ran->trial};
    double begin = bench_now_s(), answer_s;
    struct wn_verdict verdict =
        drive->ops->answer(drive->sched, &entry, wn_rng_keyed(1, WN_STREAM_DECIDE, 0));
    enum wn_status rc;

    answer_s = bench_now_s() - begin;
    event.reported.resource = ran->milestone;
    event.reported.metrics = &metric;
    event.reported.n_metrics = 1;
    event.reported.is_milestone = true;
    event.reported.verdict = verdict.kind;
    event.reported.milestone = verdict.milestone;
    if (verdict.kind == WN_VERDICT_CONTINUE)
        ran->milestone = verdict.milestone;
    else
        *ran = drive->running[--drive->n_running];
    rc = feed(drive, &event, answer_s, err);
    if (!rc && verdict.kind == WN_VERDICT_STOP)
        rc = end_trial(drive, &copy, err);
    return rc;
}

static enum wn_status run_until(struct drive *drive, uint32_t n, struct wn_error *err)
{
    enum wn_status rc = WN_OK;

    while (!rc && (wn_history_n_trials(drive->history) < n ||
                   (drive->room && drive->n_samples < drive->room))) {
        if (drive->decision.act == WN_ACT_START || drive->decision.act == WN_ACT_RESUME)
            rc = carry_out(drive, err);
        else
            rc = report(drive, err);
    }
    return rc;
}

/* Mean and 99th percentile per event at `n` trials. */
static enum wn_status sample(struct drive *drive,
                             uint32_t n,
                             double *mean,
                             double *high,
                             struct wn_error *err)
{
    double sum = 0;
    enum wn_status rc;

    drive->room = 0;
    rc = run_until(drive, n, err);
    drive->n_samples = 0;
    drive->room = N_SAMPLES;
    if (!rc)
        rc = run_until(drive, n, err);
    if (rc)
        return rc;
    for (size_t i = 0; i < drive->n_samples; i++)
        sum += drive->samples[i];
    *mean = sum / (double)drive->n_samples;
    *high = bench_quantile(drive->samples, drive->n_samples, 0.99);
    return WN_OK;
}

static enum wn_status open_drive(struct drive *drive,
                                 const struct wn_job *job,
                                 struct wn_error *err)
{
    struct wn_history_config history = {
        .space = job->space, .metric = job->metric, .max_resource = job->max_resource};
    struct wn_sched_config sched = {.max_resource = job->max_resource,
                                    .options = job->sched_options};
    enum wn_status rc = wn_history_create(&history, &drive->history, err);

    drive->ops = job->sched;
    drive->samples = wn_alloc_array(N_SAMPLES, sizeof *drive->samples);
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

static enum wn_status measure_variant(struct bench *bench,
                                      const char *variant,
                                      struct wn_error *err)
{
    struct drive drive = {.rng = wn_rng_keyed(1, WN_STREAM_TEST, 0)};
    struct wn_job *job = NULL;
    char text[1024], key[64];
    double few_mean = 0, few_high = 0, mean = 0, high = 0;
    enum wn_status rc;

    (void)snprintf(text, sizeof text, job_text, variant);
    rc = bench_job(text, &job, err);
    if (!rc)
        rc = open_drive(&drive, job, err);
    if (!rc)
        rc = sample(&drive, N_FEW, &few_mean, &few_high, err);
    if (!rc)
        rc = sample(&drive, N_TRIALS, &mean, &high, err);
    if (!rc) {
        struct wn_json *figure;
        (void)snprintf(key, sizeof key, "decide_%s_us", variant);
        figure = bench_figure(bench, key, mean, "us", GOAL_AT_MOST, 5);
        bench_detail(figure, "p99", high);
        bench_detail(figure, "at_10000_trials", few_mean);
        bench_detail(figure, "p99_at_10000_trials", few_high);
    }
    if (drive.ops)
        drive.ops->destroy(drive.sched);
    wn_history_destroy(drive.history);
    wn_free(drive.samples);
    wn_job_destroy(job);
    return rc;
}

static enum wn_status measure(struct bench *bench, struct wn_error *err)
{
    enum wn_status rc = measure_variant(bench, "promotion", err);

    return rc ? rc : measure_variant(bench, "stopping", err);
}

const struct bench_measurement bench_decide = {
    .name = "decide",
    .summary = "what an event costs the ASHA scheduler at 10^6 trials",
    .measure = measure,
};

/* judge.c - what a message about a running trial means: one event, and what to answer.
 *
 * Looks only. A report at or below the recorded resource is a repetition after a restart
 * (rule 6); one at or past the milestone, or of a recalled trial, is put to the scheduler
 * (rules 5 and 7). A report without the metric, or whose metric is not a number, or is
 * infinite on the good side (it would win for ever), is the failure of its trial and never
 * enters history. Infinite on the bad side is a loss like any other: the worst.
 */
#include "study/study_internal.h"

#include <math.h>
#include <string.h>

#include "base/assert.h"

uint32_t wn_study_find(const struct wn_study *study,
                       uint32_t trial,
                       struct wn_dispatch dispatch)
{
    const struct run *run = wn_study_run(study, trial);

    if (!run || run->state != WN_RUN_STATE_RUNNING ||
        !wn_dispatch_equal(run->dispatch, dispatch))
        return WN_TRIAL_NONE;
    return trial;
}

static void judge_repetition(const struct wn_study *study,
                             const struct wn_arrival *in,
                             struct wn_judgement *out)
{
    const struct run *run = &study->runs.at[in->trial];

    out->event.kind = WN_EVENT_REPEATED;
    out->event.repeated.resource = in->resource;
    out->event.repeated.cost_ms = in->cost_ms;
    if (in->has_checkpoint)
        out->event.repeated.checkpoint = (struct wn_generation){
            .trial = in->trial, .resource = in->resource, .dispatch = run->dispatch};
    if (!in->waits)
        return;
    out->has_answer = true;
    out->drains = study->stop != WN_STOP_NONE;
    out->verdict = out->drains ? WN_VERDICT_PAUSE : WN_VERDICT_CONTINUE;
    out->milestone = run->milestone;
}

/* The scheduler's verdict; a recall overrides its continue, a recalled stop always wins. */
static struct wn_verdict ask_scheduler(const struct wn_study *study,
                                       const struct wn_arrival *in,
                                       double loss)
{
    const struct run *run = &study->runs.at[in->trial];
    struct wn_verdict verdict = {.kind = WN_VERDICT_CONTINUE};

    if (in->resource >= run->milestone) {
        struct wn_report report = {.trial = in->trial,
                                   .resource = in->resource,
                                   .loss = loss,
                                   .time_ms = study->time_ms,
                                   .elapsed_ms = in->elapsed_ms};
        uint64_t subject = wn_rng_pair(in->trial, (uint64_t)run->milestone);
        verdict = study->cfg.sched->answer(
            study->sched, &report,
            wn_rng_keyed(study->cfg.seed, WN_STREAM_ANSWER, subject));
    }
    if (run->recall == WN_RECALL_STOP ||
        (run->recall == WN_RECALL_PAUSE && verdict.kind == WN_VERDICT_CONTINUE))
        verdict = (struct wn_verdict){
            .kind = run->recall == WN_RECALL_STOP ? WN_VERDICT_STOP : WN_VERDICT_PAUSE};
    if (in->resource >= study->cfg.max_resource)
        verdict = (struct wn_verdict){.kind = WN_VERDICT_STOP, .tag = verdict.tag};
    WN_ASSERT(verdict.kind != WN_VERDICT_CONTINUE || verdict.milestone > in->resource);
    return verdict;
}

static void judge_new(const struct wn_study *study,
                      const struct wn_arrival *in,
                      double loss,
                      struct wn_judgement *out)
{
    const struct run *run = &study->runs.at[in->trial];
    struct wn_verdict verdict = {.kind = WN_VERDICT_CONTINUE};
    bool is_milestone = in->resource >= run->milestone || run->recall != WN_RECALL_NONE;

    if (is_milestone)
        verdict = ask_scheduler(study, in, loss);
    out->event.kind = WN_EVENT_REPORTED;
    out->event.reported.resource = in->resource;
    out->event.reported.elapsed_ms = in->elapsed_ms;
    out->event.reported.cost_ms = in->cost_ms;
    out->event.reported.metrics = in->metrics;
    out->event.reported.n_metrics = in->n_metrics;
    out->event.reported.is_milestone = is_milestone;
    out->event.reported.verdict = verdict.kind;
    out->event.reported.milestone = verdict.milestone;
    out->event.reported.tag = verdict.tag;
    if (in->has_checkpoint)
        out->event.reported.checkpoint = (struct wn_generation){
            .trial = in->trial, .resource = in->resource, .dispatch = run->dispatch};
    out->verdict = verdict.kind;
    out->milestone = verdict.milestone ? verdict.milestone : run->milestone;
    out->has_answer = in->waits;
    out->abandons = !in->waits && verdict.kind != WN_VERDICT_CONTINUE;
    if (in->waits && verdict.kind == WN_VERDICT_CONTINUE && study->stop != WN_STOP_NONE) {
        out->drains = true;
        out->verdict = WN_VERDICT_PAUSE;
    }
}

static const struct wn_metric *find_metric(const struct wn_arrival *in, const char *name)
{
    for (uint32_t i = 0; i < in->n_metrics; i++)
        if (strcmp(in->metrics[i].name, name) == 0)
            return &in->metrics[i];
    return NULL;
}

static double loss_of(const struct wn_study *study, const struct wn_metric *metric)
{
    return study->cfg.is_maximised ? -metric->value : metric->value;
}

static void judge_failure(const struct wn_study *study,
                          const struct wn_arrival *in,
                          enum wn_failure failure,
                          const char *text,
                          struct wn_judgement *out)
{
    out->abandons = true;
    wn_study_judge_end(study, in->trial, failure, in->cost_ms, text, &out->event);
}

void wn_study_judge(struct wn_study *study,
                    const struct wn_arrival *in,
                    struct wn_judgement *out)
{
    const struct wn_metric *metric;

    *out = (struct wn_judgement){.event = {.trial = in->trial}};
    if (in->resource <= wn_history_resource(study->history, in->trial)) {
        judge_repetition(study, in, out);
        return;
    }
    metric = find_metric(in, study->cfg.metric);
    if (in->n_metrics > WN_METRICS_MAX)
        judge_failure(study, in, WN_FAILURE_BAD_REPORT, "a report has too many metrics",
                      out);
    else if (!metric)
        judge_failure(study, in, WN_FAILURE_BAD_REPORT,
                      "a report does not have the metric that the job names", out);
    else if (isnan(loss_of(study, metric)) || loss_of(study, metric) <= -HUGE_VAL)
        judge_failure(study, in, WN_FAILURE_NAN,
                      "the metric is not a number, or better than any number", out);
    else
        judge_new(study, in, loss_of(study, metric), out);
}

/* Retrying does not help what will be the same again. */
static bool is_worth_a_retry(enum wn_failure failure)
{
    return failure != WN_FAILURE_START && failure != WN_FAILURE_BAD_REPORT &&
           failure != WN_FAILURE_NO_SLOT;
}

void wn_study_judge_end(const struct wn_study *study,
                        uint32_t trial,
                        enum wn_failure failure,
                        int64_t cost_ms,
                        const char *text,
                        struct wn_event *out)
{
    const struct run *run = &study->runs.at[trial];

    *out = (struct wn_event){.trial = trial};
    if (failure == WN_FAILURE_NONE &&
        !wn_history_trial(study->history, trial)->n_reports) {
        failure = WN_FAILURE_NO_REPORT; /* it only repeated its parent's units */
        text = "it ended without a report of its own";
    }
    if (failure != WN_FAILURE_NONE && is_worth_a_retry(failure) &&
        run->n_failures < study->cfg.limits.retries) {
        out->kind = WN_EVENT_RETURNED;
        out->returned.why = WN_RETURN_FAILED;
        out->returned.failure = failure;
        out->returned.cost_ms = cost_ms;
        out->returned.text = text;
        return;
    }
    out->kind = WN_EVENT_ENDED;
    out->ended.how = failure == WN_FAILURE_NONE ? WN_END_COMPLETED : WN_END_FAILED;
    out->ended.failure = failure;
    out->ended.cost_ms = cost_ms;
    out->ended.text = text;
}

void wn_study_judge_loss(const struct wn_study *study,
                         uint32_t trial,
                         struct wn_event *out)
{
    const struct run *run = &study->runs.at[trial];

    *out = (struct wn_event){.trial = trial};
    if (run->n_losses + 1 >= study->cfg.limits.max_losses) {
        out->kind = WN_EVENT_ENDED;
        out->ended.how = WN_END_FAILED;
        out->ended.failure = WN_FAILURE_LOST;
        out->ended.text = "its workers were lost again and again without progress";
        return;
    }
    out->kind = WN_EVENT_RETURNED;
    out->returned.why = WN_RETURN_LOST;
    out->returned.text = "";
}

void wn_study_drain_event(const struct wn_study *study,
                          uint32_t trial,
                          struct wn_event *out)
{
    (void)study;
    *out = (struct wn_event){.kind = WN_EVENT_RETURNED, .trial = trial};
    out->returned.why = WN_RETURN_DRAINED;
    out->returned.text = "";
}

bool wn_study_damage_event(const struct wn_study *study,
                           uint32_t trial,
                           struct wn_generation generation,
                           struct wn_event *out)
{
    const struct run *run = wn_study_run(study, trial);

    /* Known or not: another that began from it may have said so before. */
    if (!run || !generation.resource || !wn_generation_equal(run->source, generation))
        return false;
    *out = (struct wn_event){.kind = WN_EVENT_RETURNED, .trial = trial};
    out->returned.why = WN_RETURN_DAMAGED;
    out->returned.text = "";
    return true;
}

void wn_study_start(const struct wn_study *study, uint32_t trial, struct wn_start *out)
{
    const struct run *run = &study->runs.at[trial];

    *out = (struct wn_start){.milestone = run->milestone,
                             .recorded = wn_history_resource(study->history, trial),
                             .source = wn_keep_source(study, trial),
                             .waits_next = run->recall != WN_RECALL_NONE,
                             .cells = wn_history_trial(study->history, trial)->cells};
}

/* test_study.h - a study on strings: scripted scheduler and searcher, events as text.
 *
 * A stage holds a study and the list of all events it was given. The scheduler takes its
 * decisions from a script, one after the other, and keeps what it was asked and told; the
 * searcher proposes the trial's number until it is told to be exhausted. What happens is
 * written as one line ("planned 0 to 3; configured 0; dispatched 0 as 1.1"), so that a
 * test reads as a sequence and a failure shows both.
 */
#ifndef TESTS_UNIT_TEST_STUDY_H
#define TESTS_UNIT_TEST_STUDY_H

#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "study/replay.h"
#include "study/study.h"

#define SCRIPT_MOST 32
#define NO_TRIAL    WN_TRIAL_NONE

/* A decision, and how many reports must have been applied before it is taken. */
struct line {
    struct wn_decision decision;
    unsigned after_reports;
};

/* The verdict at one resource of one trial; without one: on to the maximum. */
struct reply {
    uint32_t trial;
    int64_t resource;
    struct wn_verdict verdict;
};

static struct script {
    struct line lines[SCRIPT_MOST];
    size_t n_lines;
    struct reply replies[SCRIPT_MOST];
    size_t n_replies;
    uint32_t worthless;     /* trials below are worth nothing once they pause */
    uint32_t n_mourned;     /* trials below are worth something once they ended */
    uint32_t n_configs;     /* the searcher has no more */
    bool decides_otherwise; /* what a newer program would do: for replays */
    bool proposes_otherwise;
    /* What was asked and told, newest last. */
    unsigned n_asked, n_asked_with_room, n_answers, n_proposals;
    unsigned n_told[WN_EVENT_N];
    uint64_t drawn[SCRIPT_MOST], answered[SCRIPT_MOST], proposed[SCRIPT_MOST];
    bool had_room; /* at the last question */
    uint32_t asked_for[SCRIPT_MOST];
} script;

/* --- the scheduler --- */

struct wn_sched {
    struct wn_sched_config cfg;
    size_t at; /* decisions taken */
    unsigned n_reports;
    uint32_t n_live;
};

static inline enum wn_status scripted_create(const struct wn_sched_config *cfg,
                                             struct wn_sched **out,
                                             struct wn_error *err)
{
    struct wn_sched *self = wn_alloc(sizeof *self);

    if (!self)
        return wn_fail(err, WN_ENOMEM, "no memory");
    self->cfg = *cfg;
    *out = self;
    return WN_OK;
}

static inline void scripted_destroy(struct wn_sched *self)
{
    wn_free(self);
}

static inline struct wn_decision scripted_decide(const struct wn_sched *self,
                                                 bool has_room,
                                                 struct wn_rng rng)
{
    const struct line *line = &script.lines[self->at];
    bool is_exhausted = wn_history_is_exhausted(self->cfg.history);
    struct wn_decision decision = {.act = WN_ACT_WAIT, .parent = NO_TRIAL};

    script.n_asked++;
    script.n_asked_with_room += has_room;
    script.had_room = has_room;
    if (self->at < SCRIPT_MOST)
        script.drawn[self->at] = wn_rng_u64(&rng);
    if (self->at >= script.n_lines ||
        (is_exhausted && line->decision.act == WN_ACT_START)) {
        if (is_exhausted && !self->n_live)
            decision.act = WN_ACT_DONE;
        return decision;
    }
    if (self->n_reports < line->after_reports ||
        (!has_room && line->decision.act != WN_ACT_RECALL &&
         line->decision.act != WN_ACT_END))
        return decision;
    decision = line->decision;
    decision.milestone += script.decides_otherwise;
    return decision;
}

static inline struct wn_verdict scripted_answer(const struct wn_sched *self,
                                                const struct wn_report *report,
                                                struct wn_rng rng)
{
    if (script.n_answers < SCRIPT_MOST)
        script.answered[script.n_answers] = wn_rng_u64(&rng);
    script.n_answers++;
    for (size_t i = 0; i < script.n_replies; i++)
        if (script.replies[i].trial == report->trial &&
            script.replies[i].resource == report->resource)
            return script.replies[i].verdict;
    return (struct wn_verdict){.kind = report->resource < self->cfg.max_resource
                                           ? WN_VERDICT_CONTINUE
                                           : WN_VERDICT_STOP,
                               .milestone = self->cfg.max_resource};
}

static inline bool scripted_pauses(const struct wn_values *options)
{
    (void)options;
    return true;
}

static inline double scripted_worth(const struct wn_sched *self, uint32_t trial)
{
    const struct wn_trial *record = wn_history_trial(self->cfg.history, trial);

    if (record->state != WN_TRIAL_PAUSED)
        return trial < script.n_mourned;
    return trial < script.worthless ? 0 : 1;
}

static inline bool is_scripted_end(const struct wn_sched *self, uint32_t trial)
{
    const struct wn_decision *now = &script.lines[self->at].decision;

    return self->at < script.n_lines && now->act == WN_ACT_END && now->trial == trial;
}

static inline enum wn_status scripted_apply(struct wn_sched *self,
                                            const struct wn_event *event,
                                            struct wn_error *err)
{
    (void)err;
    script.n_told[event->kind]++;
    if (event->kind == WN_EVENT_PLANNED || event->kind == WN_EVENT_RECALLED ||
        event->kind == WN_EVENT_RESUMED)
        self->at++;
    if (event->kind == WN_EVENT_PLANNED || event->kind == WN_EVENT_RESUMED)
        self->n_live++;
    if (event->kind == WN_EVENT_REPORTED) {
        self->n_reports++;
        self->n_live -= event->reported.verdict == WN_VERDICT_PAUSE;
    }
    if (event->kind == WN_EVENT_ENDED && is_scripted_end(self, event->trial))
        self->at++;
    else if (event->kind == WN_EVENT_ENDED)
        self->n_live--;
    return WN_OK;
}

static inline void scripted_describe(const struct wn_sched *self, struct wn_buf *out)
{
    wn_buf_addf(out, "%zu %u %u", self->at, self->n_reports, self->n_live);
}

static inline size_t scripted_rungs(const struct wn_sched *self,
                                    struct wn_rung *out,
                                    size_t room)
{
    (void)self, (void)out, (void)room;
    return 0;
}

static const struct wn_sched_ops scripted_sched = {.name = "scripted",
                                                   .summary = "a script",
                                                   .reference = "",
                                                   .needs_max = true,
                                                   .pauses = scripted_pauses,
                                                   .options = wn_no_options,
                                                   .create = scripted_create,
                                                   .destroy = scripted_destroy,
                                                   .decide = scripted_decide,
                                                   .answer = scripted_answer,
                                                   .worth = scripted_worth,
                                                   .apply = scripted_apply,
                                                   .describe = scripted_describe,
                                                   .rungs = scripted_rungs};

/* --- the searcher --- */

struct wn_search {
    uint32_t n_planned, n_configured, n_reports;
};

static inline enum wn_status numbers_create(const struct wn_search_config *cfg,
                                            struct wn_search **out,
                                            struct wn_error *err)
{
    (void)cfg;
    *out = wn_alloc(sizeof **out);
    return *out ? WN_OK : wn_fail(err, WN_ENOMEM, "no memory");
}

static inline void numbers_destroy(struct wn_search *self)
{
    wn_free(self);
}

static inline struct wn_reply numbers_propose(const struct wn_search *self,
                                              const struct wn_ask *ask,
                                              struct wn_rng rng,
                                              union wn_cell *cells)
{
    if (script.n_proposals < SCRIPT_MOST) {
        script.proposed[script.n_proposals] = wn_rng_u64(&rng);
        script.asked_for[script.n_proposals] = ask->trial;
    }
    script.n_proposals++;
    if (self->n_configured >= script.n_configs)
        return (struct wn_reply){.kind = WN_REPLY_EXHAUSTED};
    cells[0].i = (int64_t)ask->trial + 100 * script.proposes_otherwise;
    return (struct wn_reply){.kind = WN_REPLY_CONFIGURE};
}

static inline enum wn_status numbers_apply(struct wn_search *self,
                                           const struct wn_event *event,
                                           struct wn_error *err)
{
    (void)err;
    self->n_planned += event->kind == WN_EVENT_PLANNED;
    self->n_configured += event->kind == WN_EVENT_CONFIGURED;
    self->n_reports += event->kind == WN_EVENT_REPORTED;
    return WN_OK;
}

static inline bool numbers_size(const struct wn_search *self, uint64_t *out)
{
    (void)self;
    *out = script.n_configs;
    return true;
}

static const struct wn_search_ops numbers_search = {.name = "numbers",
                                                    .summary = "the trial's number",
                                                    .reference = "",
                                                    .options = wn_no_options,
                                                    .create = numbers_create,
                                                    .destroy = numbers_destroy,
                                                    .propose = numbers_propose,
                                                    .apply = numbers_apply,
                                                    .size = numbers_size};

/* --- script lines --- */

static inline struct line *line_add(struct wn_decision decision)
{
    assert_true(script.n_lines < SCRIPT_MOST);
    script.lines[script.n_lines].decision = decision;
    return &script.lines[script.n_lines++];
}

static inline struct line *start_to(int64_t milestone)
{
    return line_add((struct wn_decision){
        .act = WN_ACT_START, .milestone = milestone, .parent = NO_TRIAL});
}

static inline struct line *resume_to(uint32_t trial, int64_t milestone)
{
    return line_add((struct wn_decision){.act = WN_ACT_RESUME,
                                         .trial = trial,
                                         .milestone = milestone,
                                         .parent = NO_TRIAL});
}

static inline struct line *recall(uint32_t trial, enum wn_recall how)
{
    return line_add((struct wn_decision){
        .act = WN_ACT_RECALL, .trial = trial, .recall = how, .parent = NO_TRIAL});
}

static inline struct line *end_paused(uint32_t trial)
{
    return line_add(
        (struct wn_decision){.act = WN_ACT_END, .trial = trial, .parent = NO_TRIAL});
}

static inline struct line *fork_from(struct wn_generation source, int64_t milestone)
{
    return line_add((struct wn_decision){.act = WN_ACT_START,
                                         .milestone = milestone,
                                         .parent = source.trial,
                                         .source = source});
}

static inline void answer_at(uint32_t trial,
                             int64_t resource,
                             enum wn_verdict_kind kind,
                             int64_t milestone)
{
    assert_true(script.n_replies < SCRIPT_MOST);
    script.replies[script.n_replies++] =
        (struct reply){trial, resource, {.kind = kind, .milestone = milestone}};
}

/* --- the stage --- */

struct stage {
    struct wn_study_config cfg;
    struct wn_study *study;
    struct wn_space *space;
    struct wn_values *stop;
    size_t n_slots;
    int64_t time_ms; /* what the next events are stamped with */
    WN_VEC(struct wn_event) events;
    WN_VEC(struct wn_event *) copies; /* what the events point into */
    struct wn_buf text;               /* what happened since the last look */
    uint32_t incarnation;
};

static inline struct wn_json *json_of(const char *text)
{
    char *quoted = wn_strdup(text);
    struct wn_json *json = NULL;
    struct wn_error err = {0};

    assert_non_null(quoted);
    for (char *c = quoted; *c; c++)
        if (*c == '\'')
            *c = '"';
    if (wn_json_parse(quoted, strlen(quoted), &json, &err) != WN_OK)
        fail_msg("%s: %s", quoted, err.text);
    wn_free(quoted);
    return json;
}

static inline struct wn_values *stop_of(const char *text)
{
    struct wn_json *json = json_of(text);
    struct wn_problems problems = {0};
    struct wn_values *values = NULL;
    struct wn_error err = {0};

    if (wn_values_parse(wn_stop_options, json, "stop", NULL, &problems, &values, &err) !=
            WN_OK ||
        problems.n)
        fail_msg("%s: %s", text, problems.n ? problems.at[0] : err.text);
    wn_problems_release(&problems);
    wn_json_destroy(json);
    return values;
}

static inline void note(struct stage *stage, const struct wn_event *event)
{
    struct wn_buf *out = &stage->text;
    struct wn_generation gen = event->collected.generation;

    if (out->n)
        wn_buf_addf(out, "; ");
    wn_buf_addf(out, "%s", wn_event_name(event->kind));
    if (event->trial != NO_TRIAL)
        wn_buf_addf(out, " %u", event->trial);
    switch ((int)event->kind) {
    case WN_EVENT_OPENED: wn_buf_addf(out, " %u", event->opened.incarnation); break;
    case WN_EVENT_PLANNED:
        wn_buf_addf(out, " to %" PRId64, event->planned.milestone);
        if (event->planned.source.resource)
            wn_buf_addf(out, " from %u at %" PRId64, event->planned.source.trial,
                        event->planned.source.resource);
        break;
    case WN_EVENT_CONFIGURED:
        wn_buf_addf(out, " %" PRId64 "%s", event->configured.cells[0].i,
                    event->configured.origin == WN_ORIGIN_USER ? " by the user" : "");
        break;
    case WN_EVENT_DISPATCHED:
        wn_buf_addf(out, " as %u.%u", event->dispatched.dispatch.incarnation,
                    event->dispatched.dispatch.count);
        break;
    case WN_EVENT_REPORTED:
        wn_buf_addf(out, " at %" PRId64 " %s", event->reported.resource,
                    wn_verdict_name(event->reported.verdict));
        if (event->reported.milestone)
            wn_buf_addf(out, " to %" PRId64, event->reported.milestone);
        break;
    case WN_EVENT_REPEATED:
        wn_buf_addf(out, " at %" PRId64, event->repeated.resource);
        break;
    case WN_EVENT_RETURNED:
        wn_buf_addf(out, " %s", wn_return_name(event->returned.why));
        break;
    case WN_EVENT_RESUMED:
        wn_buf_addf(out, " to %" PRId64, event->resumed.milestone);
        break;
    case WN_EVENT_RECALLED:
        wn_buf_addf(out, " to %s",
                    event->recalled.how == WN_RECALL_STOP ? "stop" : "pause");
        break;
    case WN_EVENT_ENDED:
        wn_buf_addf(out, " %s", wn_end_name(event->ended.how));
        if (event->ended.how == WN_END_FAILED)
            wn_buf_addf(out, " (%s)", wn_failure_name(event->ended.failure));
        break;
    case WN_EVENT_EXHAUSTED:
        wn_buf_addf(out, "%s", event->exhausted.by_limit ? " by the limit" : "");
        break;
    case WN_EVENT_COLLECTED:
    case WN_EVENT_DAMAGED:
        wn_buf_addf(out, " %u at %" PRId64 "-%u.%u", gen.trial, gen.resource,
                    gen.dispatch.incarnation, gen.dispatch.count);
        break;
    case WN_EVENT_STOPPING: wn_buf_addf(out, " %s", event->stopping.criterion); break;
    default: break;
    }
}

/* A copy of the event that lives as long as the stage. */
static inline const struct wn_event *keep_event(struct stage *stage,
                                                const struct wn_event *event)
{
    struct wn_event *copy = wn_event_copy(event), **item = wn_vec_push(&stage->copies),
                    *kept = wn_vec_push(&stage->events);

    assert_true(copy && item && kept);
    *item = copy;
    *kept = *copy; /* and points into it */
    return kept;
}

static inline enum wn_status try_apply(struct stage *stage, const struct wn_event *event)
{
    struct wn_error err = {0};
    struct wn_event stamped = *event;

    stamped.time_ms = stage->time_ms;
    note(stage, &stamped);
    return wn_study_apply(stage->study, keep_event(stage, &stamped), &err);
}

static inline void apply(struct stage *stage, const struct wn_event *event)
{
    struct wn_error err = {0};
    struct wn_event stamped = *event;

    stamped.time_ms = stage->time_ms;
    note(stage, &stamped);
    if (wn_study_apply(stage->study, keep_event(stage, &stamped), &err) != WN_OK)
        fail_msg("%s: %s", wn_buf_text(&stage->text), err.text);
}

static inline void apply_kind(struct stage *stage, enum wn_event_kind kind)
{
    apply(stage, &(struct wn_event){.kind = kind, .trial = NO_TRIAL});
}

static inline void open_again(struct stage *stage)
{
    struct wn_event event = {.kind = WN_EVENT_OPENED, .trial = NO_TRIAL};

    event.opened.incarnation = ++stage->incarnation;
    apply(stage, &event);
}

static inline void create_study(struct stage *stage)
{
    struct wn_error err = {0};

    if (wn_study_create(&stage->cfg, &stage->study, &err) != WN_OK)
        fail_msg("%s", err.text);
}

/* A study of one parameter, maximum 9, with `n_slots` slots, opened. */
static inline void stage_open(struct stage *stage, size_t n_slots, const char *stop)
{
    struct wn_json *json = json_of("{'x': {'type': 'int', 'low': 0, 'high': 1000}}");
    struct wn_problems problems = {0};
    struct wn_error err = {0};

    *stage = (struct stage){.n_slots = n_slots};
    if (wn_space_parse(json, NULL, &problems, &stage->space, &err) != WN_OK)
        fail_msg("%s", err.text);
    wn_json_destroy(json);
    stage->stop = stop_of(stop);
    stage->cfg = (struct wn_study_config){
        .space = stage->space,
        .metric = "loss",
        .max_resource = 9,
        .sched = &scripted_sched,
        .search = &numbers_search,
        .seed = 7,
        .limits = {.stop = stage->stop, .retries = 2, .max_losses = 3}};
    create_study(stage);
    open_again(stage);
    wn_buf_clear(&stage->text);
}

static inline void stage_close(struct stage *stage)
{
    wn_study_destroy(stage->study);
    wn_values_destroy(stage->stop);
    wn_space_destroy(stage->space);
    wn_vec_release(&stage->events);
    for (size_t i = 0; i < stage->copies.n; i++)
        wn_free(stage->copies.at[i]);
    wn_vec_release(&stage->copies);
    wn_buf_release(&stage->text);
}

/* Everything that follows, with all slots that do not run a trial idle. */
static inline void pump(struct stage *stage)
{
    struct wn_event event;

    for (int i = 0; i < 1000; i++) {
        size_t n_running = wn_study_n_running(stage->study);
        size_t n_idle = stage->n_slots > n_running ? stage->n_slots - n_running : 0;
        if (!wn_study_next(stage->study, n_idle, &event))
            return;
        apply(stage, &event);
    }
    fail_msg("the study never waits: %s", wn_buf_text(&stage->text));
}

/* Compare with what happened since the last look. */
#define expect(stage, expected)                                     \
    do {                                                            \
        assert_string_equal(wn_buf_text(&(stage)->text), expected); \
        wn_buf_clear(&(stage)->text);                               \
    } while (0)

static inline void forget(struct stage *stage)
{
    wn_buf_clear(&stage->text);
}

enum { PLAIN = 0, WAITS = 1, SAVES = 2 };

/* A report of a running trial, applied with what belongs to it; 10 ms of cost. */
static inline struct wn_judgement report_loss(struct stage *stage,
                                              uint32_t trial,
                                              int64_t resource,
                                              double loss,
                                              int how)
{
    struct wn_metric metric = {"loss", loss};
    struct wn_arrival in = {.trial = trial,
                            .resource = resource,
                            .cost_ms = 10,
                            .metrics = &metric,
                            .n_metrics = 1,
                            .has_checkpoint = (how & SAVES) != 0,
                            .waits = (how & WAITS) != 0};
    struct wn_judgement out;

    wn_study_judge(stage->study, &in, &out);
    apply(stage, &out.event);
    if (out.drains) {
        struct wn_event event;
        wn_study_drain_event(stage->study, trial, &event);
        apply(stage, &event);
    }
    return out;
}

static inline struct wn_judgement report(struct stage *stage,
                                         uint32_t trial,
                                         int64_t resource,
                                         int how)
{
    return report_loss(stage, trial, resource, 1, how);
}

static inline void lose(struct stage *stage, uint32_t trial)
{
    struct wn_event event;

    wn_study_judge_loss(stage->study, trial, &event);
    apply(stage, &event);
}

static inline void end_with(struct stage *stage, uint32_t trial, enum wn_failure failure)
{
    struct wn_event event;

    wn_study_judge_end(stage->study, trial, failure, 5, "as the test says", &event);
    apply(stage, &event);
}

static inline void stop_for(struct stage *stage, enum wn_stop_reason reason)
{
    struct wn_event event = {.kind = WN_EVENT_STOPPING, .trial = NO_TRIAL};

    event.stopping.reason = reason;
    event.stopping.criterion = reason == WN_STOP_CRITERION ? "time" : "";
    apply(stage, &event);
}

static inline struct wn_dispatch dispatch_of(const struct stage *stage, uint32_t trial)
{
    return wn_study_placed(stage->study, trial).dispatch;
}

static inline enum wn_run_state state_of(const struct stage *stage, uint32_t trial)
{
    return wn_study_placed(stage->study, trial).state;
}

/* The generation that a trial's running dispatch has committed or would commit. */
static inline struct wn_generation generation(const struct stage *stage,
                                              uint32_t trial,
                                              int64_t resource)
{
    return (struct wn_generation){
        .trial = trial, .resource = resource, .dispatch = dispatch_of(stage, trial)};
}

/* The coordinator dies: a new study is made of the events, and must be the same. */
static inline void kill_and_recover(struct stage *stage)
{
    uint64_t digest = wn_study_digest(stage->study);
    struct wn_error err = {0};

    wn_study_destroy(stage->study);
    create_study(stage);
    for (size_t i = 0; i < stage->events.n; i++)
        if (wn_study_apply(stage->study, &stage->events.at[i], &err) != WN_OK)
            fail_msg("event %zu: %s", i, err.text);
    assert_int_equal(wn_study_digest(stage->study), digest);
    open_again(stage);
    forget(stage);
}

static inline int fresh_script(void **state)
{
    (void)state;
    memset(&script, 0, sizeof script);
    script.n_configs = UINT32_MAX;
    return 0;
}

#define scripted_test(name) cmocka_unit_test_setup(name, fresh_script)

#endif /* TESTS_UNIT_TEST_STUDY_H */

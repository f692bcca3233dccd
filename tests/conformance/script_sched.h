/* script_sched.h - decisions of a scheduler as rows of words.
 *
 * A script is played event by event; the words it answers with are compared as one text.
 * Afterwards a second instance gets the same events and must be in the same state.
 *
 *     D  d          decide with and without room, and do it: start0>1 resume2>3 wait done;
 *                   a start in bracket 2 says start0>9/2
 *     B2 D          decide with a random number that draws bracket 2
 *     R0:3=.5       trial 0 reports 3 with loss .5: pause, stop (and its end) or
 *                   continue>9; "-" below the milestone
 *     R0:3=.5@70    the same, 70 ms after its dispatch began
 *     C0 F0 N0 K0   trial 0 ends: completed, failed, failed by NaN, stopped by a user
 *     w             decide with room, and withdraw the new trial before it is configured
 *     X  E          nothing more to start; the user asks for one more configuration
 *     ?             the rungs: [entered/promoted ... reached the maximum]; "| " between
 *                   brackets with rungs of their own
 *     W0            worth of trial 0
 *     "a_text       the line of the description that begins with it; _ stands for a space,
 *                   - for no such line
 */
#ifndef TESTS_CONFORMANCE_SCRIPT_SCHED_H
#define TESTS_CONFORMANCE_SCRIPT_SCHED_H

#include <stdlib.h>

#include "drive_sched.h"
#include "trial/tag.h"

struct script_case {
    const char *name, *options, *words, *expected;
    int64_t max;
    uint32_t n_initial;
};

struct script {
    struct drive d;
    int64_t milestones[64];
    struct wn_buf said;
};

static inline void script_emit(struct script *s, struct wn_event event)
{
    struct wn_error err = {0};

    s->d.time_ms++;
    assert_int_equal(drive_emit(&s->d, event, &err), WN_OK);
}

static inline void script_decide(struct script *s, bool has_room)
{
    struct wn_decision decision = drive_look(&s->d, s->d.sched, has_room);
    struct wn_tag_reader tag = {.tag = &decision.tag};
    struct wn_error err = {0};
    uint32_t trial = wn_history_n_trials(s->d.history);

    if (decision.act == WN_ACT_WAIT) {
        wn_buf_adds(&s->said, "wait ");
    } else if (decision.act == WN_ACT_DONE) {
        wn_buf_adds(&s->said, "done ");
    } else if (decision.act == WN_ACT_START) {
        assert_int_equal(drive_start(&s->d, decision, &err), WN_OK);
        s->milestones[trial] = decision.milestone;
        wn_buf_addf(&s->said, "start%" PRIu32 ">%" PRId64, trial, decision.milestone);
        if (decision.tag.n)
            wn_buf_addf(&s->said, "/%" PRIu64, wn_tag_get(&tag, 2));
        wn_buf_addc(&s->said, ' ');
    } else {
        assert_int_equal(decision.act, WN_ACT_RESUME);
        assert_int_equal(drive_resume(&s->d, decision, &err), WN_OK);
        s->milestones[decision.trial] = decision.milestone;
        wn_buf_addf(&s->said, "resume%" PRIu32 ">%" PRId64 " ", decision.trial,
                    decision.milestone);
    }
}

/* Choose the next decision's random number: one with which a study that has not begun
 * starts in this bracket. */
static inline void script_draw(struct script *s, uint64_t bracket)
{
    struct wn_history *history = NULL;
    struct wn_sched *sched = NULL;

    assert_int_equal(drive_make(&s->d, &history, &sched, NULL), WN_OK);
    for (s->d.n_decisions = 0; s->d.n_decisions < 1000; s->d.n_decisions++) {
        struct wn_decision decision = drive_look(&s->d, sched, true);
        struct wn_tag_reader tag = {.tag = &decision.tag};

        if (wn_tag_get(&tag, 2) == bracket)
            break;
    }
    assert_true(s->d.n_decisions < 1000);
    s->d.ops->destroy(sched);
    wn_history_destroy(history);
}

static inline void script_end_as(struct script *s,
                                 uint32_t trial,
                                 enum wn_end how,
                                 enum wn_failure failure)
{
    script_emit(s,
                (struct wn_event){.kind = WN_EVENT_ENDED,
                                  .trial = trial,
                                  .ended = {.how = how, .failure = failure, .text = ""}});
}

static inline void script_end(struct script *s, uint32_t trial, enum wn_end how)
{
    script_end_as(s, trial, how,
                  how == WN_END_FAILED ? WN_FAILURE_EXIT : WN_FAILURE_NONE);
}

static inline void script_withdraw(struct script *s)
{
    struct wn_decision decision = drive_look(&s->d, s->d.sched, true);
    uint32_t trial = wn_history_n_trials(s->d.history);

    assert_int_equal(decision.act, WN_ACT_START);
    script_emit(s, (struct wn_event){.kind = WN_EVENT_PLANNED,
                                     .trial = trial,
                                     .planned = {.milestone = decision.milestone,
                                                 .parent = WN_TRIAL_NONE,
                                                 .tag = decision.tag}});
    s->d.n_decisions++;
    script_end(s, trial, WN_END_WITHDRAWN);
    wn_buf_addf(&s->said, "withdrawn%" PRIu32 " ", trial);
}

static inline void script_report(struct script *s,
                                 uint32_t trial,
                                 int64_t resource,
                                 double loss,
                                 int64_t elapsed_ms)
{
    struct wn_report report = {
        .resource = resource, .loss = loss, .trial = trial, .elapsed_ms = elapsed_ms};
    struct wn_metric metric = {"loss", loss};
    struct wn_event event = {.kind = WN_EVENT_REPORTED,
                             .trial = trial,
                             .reported = {.resource = resource,
                                          .elapsed_ms = elapsed_ms,
                                          .n_metrics = 1,
                                          .metrics = &metric}};
    struct wn_verdict verdict;

    if (resource < s->milestones[trial]) {
        script_emit(s, event);
        wn_buf_adds(&s->said, "- ");
        return;
    }
    verdict = s->d.ops->answer(s->d.sched, &report, (struct wn_rng){0});
    event.reported.is_milestone = true;
    event.reported.verdict = verdict.kind;
    event.reported.milestone = verdict.milestone;
    event.reported.tag = verdict.tag;
    script_emit(s, event);
    wn_buf_adds(&s->said, wn_verdict_name(verdict.kind));
    if (verdict.kind == WN_VERDICT_CONTINUE) {
        s->milestones[trial] = verdict.milestone;
        wn_buf_addf(&s->said, ">%" PRId64, verdict.milestone);
    }
    wn_buf_addc(&s->said, ' ');
    if (verdict.kind == WN_VERDICT_STOP)
        script_end(s, trial,
                   resource >= s->d.max_resource ? WN_END_COMPLETED : WN_END_STOPPED);
}

static inline void script_show_rungs(struct script *s)
{
    struct wn_rung rungs[32];
    size_t n = s->d.ops->rungs(s->d.sched, rungs, 32);

    assert_in_range(n, 1, 32);
    wn_buf_addc(&s->said, '[');
    for (size_t i = 0; i < n; i++) {
        bool is_last = i + 1 == n || rungs[i + 1].bracket != rungs[i].bracket;

        wn_buf_addf(&s->said, "%" PRIu64, rungs[i].n_entered);
        if (!is_last)
            wn_buf_addf(&s->said, "/%" PRIu64 " ", rungs[i].n_promoted);
        else
            wn_buf_adds(&s->said, i + 1 == n ? "] " : " | ");
    }
}

static inline void script_describe(struct script *s, const char *begin)
{
    struct wn_buf text = {0};
    char *line;

    s->d.ops->describe(s->d.sched, &text);
    assert_false(text.failed);
    for (char *at = text.at; *at; at++)
        *at = *at == ' ' ? '_' : *at;
    for (line = strtok(text.at, "\n"); line; line = strtok(NULL, "\n"))
        if (strncmp(line, begin, strlen(begin)) == 0)
            break;
    wn_buf_addf(&s->said, "%s ", line ? line : "-");
    wn_buf_release(&text);
}

static inline void script_obey_report(struct script *s, const char *word, uint32_t trial)
{
    char *rest = strchr(word, ':');
    int64_t resource, elapsed_ms = 0;
    double loss;

    assert_non_null(rest);
    resource = strtoll(rest + 1, &rest, 10);
    assert_int_equal(*rest, '=');
    loss = strtod(rest + 1, &rest);
    if (*rest == '@')
        elapsed_ms = strtoll(rest + 1, &rest, 10);
    assert_int_equal(*rest, '\0');
    script_report(s, trial, resource, loss, elapsed_ms);
}

static inline void script_enqueue(struct script *s)
{
    union wn_cell cells[16];
    struct wn_rng rng = wn_rng_keyed(1, WN_STREAM_TEST, 1);

    wn_config_sample(s->d.space, &rng, cells);
    script_emit(s, (struct wn_event){
                       .kind = WN_EVENT_ENQUEUED,
                       .trial = WN_TRIAL_NONE,
                       .configured = {.origin = WN_ORIGIN_USER,
                                      .n_cells = (uint32_t)wn_space_n_params(s->d.space),
                                      .cells = cells}});
}

static inline void script_obey(struct script *s, const char *word)
{
    uint32_t trial = strchr("RCFNKWB", word[0]) ? (uint32_t)strtoul(word + 1, NULL, 10)
                                                : WN_TRIAL_NONE;

    switch (word[0]) {
    case 'D': script_decide(s, true); break;
    case 'd': script_decide(s, false); break;
    case 'B': script_draw(s, trial); break;
    case 'R': script_obey_report(s, word, trial); break;
    case 'C': script_end(s, trial, WN_END_COMPLETED); break;
    case 'F': script_end(s, trial, WN_END_FAILED); break;
    case 'N': script_end_as(s, trial, WN_END_FAILED, WN_FAILURE_NAN); break;
    case 'K': script_end(s, trial, WN_END_STOPPED); break;
    case 'w': script_withdraw(s); break;
    case 'X':
        script_emit(
            s, (struct wn_event){.kind = WN_EVENT_EXHAUSTED, .trial = WN_TRIAL_NONE});
        break;
    case 'E': script_enqueue(s); break;
    case 'W': wn_buf_addf(&s->said, "%g ", s->d.ops->worth(s->d.sched, trial)); break;
    case '?': script_show_rungs(s); break;
    case '"': script_describe(s, word + 1); break;
    default: DRIVE_CHECK(false, "unknown word %s", word);
    }
}

static inline void script_play(const struct wn_sched_ops *ops,
                               const struct script_case *c)
{
    struct wn_space *space =
        drive_space("{\"x\": {\"type\": \"int\", \"low\": 1, \"high\": 9}}");
    struct wn_values *values = drive_values(ops->options, c->options);
    struct script s = {.d = {.ops = ops,
                             .values = values,
                             .space = space,
                             .max_resource = c->max,
                             .n_initial = c->n_initial}};
    struct wn_error err = {0};
    const char *words = c->words;
    char word[64];
    int n;

    assert_non_null(values);
    DRIVE_CHECK(drive_begin(&s.d, &err) == WN_OK, "%s: %s", c->name, err.text);
    for (; sscanf(words, "%63s%n", word, &n) == 1; words += n)
        script_obey(&s, word);
    if (s.said.n)
        s.said.at[--s.said.n] = '\0';
    DRIVE_CHECK(strcmp(wn_buf_text(&s.said), c->expected) == 0,
                "%s\n  said     %s\n  expected %s", c->name, wn_buf_text(&s.said),
                c->expected);
    drive_swap(&s.d);
    wn_buf_release(&s.said);
    drive_end(&s.d);
    wn_values_destroy(values);
    wn_space_destroy(space);
}

#endif /* TESTS_CONFORMANCE_SCRIPT_SCHED_H */

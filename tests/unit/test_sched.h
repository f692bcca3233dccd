/* test_sched.h - scripts for schedulers, worked out by hand.
 *
 * A script is a row of words; the words it answers with are compared as one text:
 *     D  d        decide with and without room, and do it: start0>1 resume2>3 wait done
 *     P           decide with room; the trial that starts gets no configuration yet
 *     R0:3=.5     trial 0 reports 3 with loss .5: pause, stop (and its end) or
 *                 continue>9; "-" below the milestone
 *     C0 F0 K0    trial 0 ends: completed, failed, stopped by a user
 *     U0          the planned trial 0 is withdrawn
 *     X  A        nothing more to start; the limit was raised
 *     W0          worth of trial 0
 *     ?           what `show` of the script says; by default the rungs:
 *                 [entered/promoted ... reached the maximum]
 * `tag`, where given, prints the tag of a decision or verdict right behind it.
 */
#ifndef TESTS_UNIT_TEST_SCHED_H
#define TESTS_UNIT_TEST_SCHED_H

#include <stdlib.h>

#include "conformance/drive_sched.h"

struct script {
    struct drive d;
    void (*show)(struct script *script);
    void (*tag)(const struct wn_tag *tag, struct wn_buf *out);
    int64_t milestones[256];
    struct wn_buf said;
};

static inline void script_emit(struct script *s, struct wn_event event)
{
    struct wn_error err = {0};

    s->d.time_ms++;
    assert_int_equal(drive_emit(&s->d, event, &err), WN_OK);
}

static inline void script_say_tag(struct script *s, const struct wn_tag *tag)
{
    if (s->tag && tag->n)
        s->tag(tag, &s->said);
    wn_buf_addc(&s->said, ' ');
}

static inline void script_start(struct script *s,
                                struct wn_decision decision,
                                bool is_configured)
{
    uint32_t trial = wn_history_n_trials(s->d.history);
    struct wn_error err = {0};

    if (is_configured)
        assert_int_equal(drive_start(&s->d, decision, &err), WN_OK);
    else
        script_emit(s, (struct wn_event){.kind = WN_EVENT_PLANNED,
                                         .trial = trial,
                                         .planned = {.milestone = decision.milestone,
                                                     .parent = decision.parent,
                                                     .pool = decision.pool,
                                                     .tag = decision.tag}});
    assert_true(trial < 256);
    s->milestones[trial] = decision.milestone;
    wn_buf_addf(&s->said, "start%" PRIu32 ">%" PRId64, trial, decision.milestone);
    script_say_tag(s, &decision.tag);
}

static inline void script_decide(struct script *s, bool has_room, bool is_configured)
{
    struct wn_decision decision = drive_look(&s->d, s->d.sched, has_room);
    struct wn_error err = {0};

    if (decision.act == WN_ACT_WAIT) {
        wn_buf_adds(&s->said, "wait ");
    } else if (decision.act == WN_ACT_DONE) {
        wn_buf_adds(&s->said, "done ");
    } else if (decision.act == WN_ACT_START) {
        script_start(s, decision, is_configured);
    } else {
        assert_int_equal(decision.act, WN_ACT_RESUME);
        assert_int_equal(drive_resume(&s->d, decision, &err), WN_OK);
        s->milestones[decision.trial] = decision.milestone;
        wn_buf_addf(&s->said, "resume%" PRIu32 ">%" PRId64, decision.trial,
                    decision.milestone);
        script_say_tag(s, &decision.tag);
    }
}

static inline void script_end(struct script *s, uint32_t trial, enum wn_end how)
{
    script_emit(
        s, (struct wn_event){.kind = WN_EVENT_ENDED,
                             .trial = trial,
                             .ended = {.how = how,
                                       .failure = how == WN_END_FAILED ? WN_FAILURE_EXIT
                                                                       : WN_FAILURE_NONE,
                                       .text = ""}});
}

static inline void script_report(struct script *s,
                                 uint32_t trial,
                                 int64_t resource,
                                 double loss)
{
    struct wn_report report = {.resource = resource, .loss = loss, .trial = trial};
    struct wn_metric metric = {"loss", loss};
    struct wn_event event = {
        .kind = WN_EVENT_REPORTED,
        .trial = trial,
        .reported = {.resource = resource, .n_metrics = 1, .metrics = &metric}};
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
    script_say_tag(s, &verdict.tag);
    if (verdict.kind == WN_VERDICT_STOP)
        script_end(s, trial,
                   resource >= s->d.max_resource ? WN_END_COMPLETED : WN_END_STOPPED);
}

static inline void script_show_rungs(struct script *s)
{
    struct wn_rung rungs[16];
    size_t n = s->d.ops->rungs(s->d.sched, rungs, 16);

    wn_buf_addc(&s->said, '[');
    for (size_t i = 0; i + 1 < n; i++)
        wn_buf_addf(&s->said, "%" PRIu64 "/%" PRIu64 " ", rungs[i].n_entered,
                    rungs[i].n_promoted);
    wn_buf_addf(&s->said, "%" PRIu64 "] ", rungs[n - 1].n_entered);
}

static inline void script_obey_report(struct script *s, uint32_t trial, char *word)
{
    char *rest = strchr(word, ':');
    int64_t resource;
    double loss;

    assert_non_null(rest);
    resource = strtoll(rest + 1, &rest, 10);
    assert_int_equal(*rest, '=');
    loss = strtod(rest + 1, &rest);
    assert_int_equal(*rest, '\0');
    script_report(s, trial, resource, loss);
}

static inline void script_obey(struct script *s, char *word)
{
    uint32_t trial = 0;

    if (strchr("RCFKUW", word[0]))
        trial = (uint32_t)strtoul(word + 1, NULL, 10);
    switch (word[0]) {
    case 'D': script_decide(s, true, true); break;
    case 'd': script_decide(s, false, true); break;
    case 'P': script_decide(s, true, false); break;
    case 'R': script_obey_report(s, trial, word); break;
    case 'C': script_end(s, trial, WN_END_COMPLETED); break;
    case 'F': script_end(s, trial, WN_END_FAILED); break;
    case 'K': script_end(s, trial, WN_END_STOPPED); break;
    case 'U': script_end(s, trial, WN_END_WITHDRAWN); break;
    case 'X':
        script_emit(
            s, (struct wn_event){.kind = WN_EVENT_EXHAUSTED, .trial = WN_TRIAL_NONE});
        break;
    case 'A':
        script_emit(s, (struct wn_event){.kind = WN_EVENT_AMENDED,
                                         .trial = WN_TRIAL_NONE,
                                         .job = {.text = "{}"}});
        break;
    case 'W': wn_buf_addf(&s->said, "%g ", s->d.ops->worth(s->d.sched, trial)); break;
    case '?': (s->show ? s->show : script_show_rungs)(s); break;
    default: DRIVE_CHECK(false, "unknown word %s", word);
    }
}

/* In a study of one integer parameter; the script stays open, for more words or looks.
 * `d.ops`, `d.max_resource`, `show` and `tag` are the caller's. */
static inline void script_begin(struct script *s, const char *name, const char *options)
{
    struct wn_error err = {0};

    s->d.space = drive_space("{\"x\": {\"type\": \"int\", \"low\": 1, \"high\": 9}}");
    s->d.values = drive_values(s->d.ops->options, options);
    DRIVE_CHECK(s->d.values, "%s: %s is refused", name, options);
    DRIVE_CHECK(drive_begin(&s->d, &err) == WN_OK, "%s: %s", name, err.text);
}

/* Words, and what they must be answered with (NULL: anything). */
static inline void script_say(struct script *s,
                              const char *name,
                              const char *words,
                              const char *expected)
{
    char word[64];
    int n;

    wn_buf_clear(&s->said);
    for (; sscanf(words, "%63s%n", word, &n) == 1; words += n)
        script_obey(s, word);
    if (s->said.n)
        s->said.at[--s->said.n] = '\0';
    DRIVE_CHECK(!expected || strcmp(wn_buf_text(&s->said), expected) == 0,
                "%s\n  said     %s\n  expected %s", name, wn_buf_text(&s->said),
                expected);
}

static inline void script_release(struct script *s)
{
    wn_buf_release(&s->said);
    drive_end(&s->d);
    wn_values_destroy((struct wn_values *)(uintptr_t)s->d.values);
    wn_space_destroy((struct wn_space *)(uintptr_t)s->d.space);
}

/* One script from the beginning to the end. */
static inline void script_play(const struct wn_sched_ops *ops,
                               const char *name,
                               const char *options,
                               int64_t max,
                               const char *words,
                               const char *expected)
{
    struct script s = {.d = {.ops = ops, .max_resource = max}};

    script_begin(&s, name, options);
    script_say(&s, name, words, expected);
    script_release(&s);
}

#endif /* TESTS_UNIT_TEST_SCHED_H */

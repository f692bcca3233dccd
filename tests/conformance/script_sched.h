/* script_sched.h - decisions of a scheduler as rows of words.
 *
 * A script is played event by event; the words it answers with are compared as one text.
 * Afterwards a second instance gets the same events and must be in the same state.
 *
 *     D  d          decide with and without room, and do it: start0>1 resume2>3 end1 wait
 *                   done; start2<0@4>8 goes on from trial 0's checkpoint at 4
 *     P  G0  U0     decide with room, but the trial that starts gets no configuration yet;
 *                   trial 0 gets it; it never does and is withdrawn
 *     R0:3=.5       trial 0 reports 3 with loss .5 and a checkpoint: pause, stop (and its
 *                   end) or continue>9; "-" below the milestone
 *     r0:3=.5       the same without a checkpoint
 *     R0:3=.5@70    the same, 70 ms after its dispatch began
 *     S0:3=.5       the same, and as it was recalled it is stopped, whatever is said to it
 *     C0 F0 N0 K0   trial 0 ends: completed, failed, failed by NaN, stopped by a user
 *     X  A  E       nothing more to start; the limit is raised; the user asks for one more
 *                   configuration
 *     !0            trial 0's newest checkpoint turns out to be damaged. That is no event of
 *                   schedulers, so then there is no second instance
 *     W0            worth of trial 0
 *     ?             the rungs: [entered/promoted ... reached the maximum]; "; " between
 *                   brackets
 *     "a_text       the line of the description that begins with it; _ stands for a space,
 *                   - for no such line
 *
 * What is a scheduler's own is in hooks: what a tag says, right behind the word of its
 * decision or verdict, and further words.
 */
#ifndef TESTS_CONFORMANCE_SCRIPT_SCHED_H
#define TESTS_CONFORMANCE_SCRIPT_SCHED_H

#include <stdlib.h>

#include "conformance/drive_sched.h"

struct script_case {
    const char *name, *options, *words, *expected; /* expected NULL: anything */
    int64_t max;
    uint32_t n_initial;
};

struct script {
    struct drive d; /* its `ops` are the caller's, and these: */
    void (*tag)(struct script *s,
                const struct wn_tag *tag,
                const struct wn_decision *decision);  /* NULL: of a verdict */
    bool (*word)(struct script *s, const char *word); /* false: not one of its own */

    int64_t milestones[512];
    struct wn_buf said;
};

static inline void script_emit(struct script *s, struct wn_event event)
{
    struct wn_error err = {0};

    s->d.time_ms++;
    assert_int_equal(drive_emit(&s->d, event, &err), WN_OK);
}

/* --- decisions --- */

static inline void script_say_tag(struct script *s,
                                  const struct wn_tag *tag,
                                  const struct wn_decision *decision)
{
    if (s->tag && tag->n)
        s->tag(s, tag, decision);
    wn_buf_addc(&s->said, ' ');
}

static inline void script_say_target(struct script *s,
                                     const char *verb,
                                     uint32_t trial,
                                     const struct wn_decision *decision)
{
    assert_true(trial < sizeof s->milestones / sizeof s->milestones[0]);
    s->milestones[trial] = decision->milestone;
    wn_buf_addf(&s->said, "%s%" PRIu32, verb, trial);
    if (decision->source.resource)
        wn_buf_addf(&s->said, "<%" PRIu32 "@%" PRId64, decision->source.trial,
                    decision->source.resource);
    wn_buf_addf(&s->said, ">%" PRId64, decision->milestone);
    script_say_tag(s, &decision->tag, decision);
}

static inline void script_configure(struct script *s, uint32_t trial)
{
    struct wn_error err = {0};

    assert_int_equal(drive_configure(&s->d, trial, s->milestones[trial], &err), WN_OK);
}

static inline void script_decide(struct script *s, bool has_room, bool configures)
{
    struct wn_decision decision = drive_look(&s->d, s->d.sched, has_room);
    uint32_t trial = wn_history_n_trials(s->d.history);
    struct wn_error err = {0};

    s->d.time_ms++;
    switch (decision.act) {
    case WN_ACT_WAIT: wn_buf_adds(&s->said, "wait "); break;
    case WN_ACT_DONE: wn_buf_adds(&s->said, "done "); break;
    case WN_ACT_START:
        assert_int_equal(drive_plan(&s->d, decision, &err), WN_OK);
        script_say_target(s, "start", trial, &decision);
        if (configures)
            script_configure(s, trial);
        break;
    case WN_ACT_RESUME:
        assert_int_equal(drive_resume(&s->d, decision, &err), WN_OK);
        script_say_target(s, "resume", decision.trial, &decision);
        break;
    case WN_ACT_END:
        assert_int_equal(drive_drop(&s->d, decision.trial, &err), WN_OK);
        wn_buf_addf(&s->said, "end%" PRIu32 " ", decision.trial);
        break;
    case WN_ACT_RECALL: fail_msg("a recall"); break;
    }
}

/* --- what happens to trials --- */

static inline void script_end(struct script *s, uint32_t trial, enum wn_end how)
{
    script_emit(s, drive_ended(trial, how));
}

static inline void script_fail(struct script *s, uint32_t trial, enum wn_failure failure)
{
    struct wn_event event = drive_ended(trial, WN_END_FAILED);

    event.ended.failure = failure;
    script_emit(s, event);
}

static inline void script_judge(struct script *s,
                                const struct wn_report *report,
                                struct wn_event *event)
{
    struct wn_verdict verdict = s->d.ops->answer(s->d.sched, report, (struct wn_rng){0});

    event->reported.verdict = verdict.kind;
    event->reported.milestone = verdict.milestone;
    event->reported.tag = verdict.tag;
    wn_buf_adds(&s->said, wn_verdict_name(verdict.kind));
    if (verdict.kind == WN_VERDICT_CONTINUE) {
        s->milestones[report->trial] = verdict.milestone;
        wn_buf_addf(&s->said, ">%" PRId64, verdict.milestone);
    }
    script_say_tag(s, &verdict.tag, NULL);
}

/* `how` is the word's letter. */
static inline void script_report(struct script *s, char how, struct wn_report report)
{
    struct wn_metric metric = {"loss", report.loss};
    struct wn_event event = {.kind = WN_EVENT_REPORTED,
                             .trial = report.trial,
                             .reported = {.resource = report.resource,
                                          .elapsed_ms = report.elapsed_ms,
                                          .n_metrics = 1,
                                          .metrics = &metric,
                                          .verdict = WN_VERDICT_CONTINUE}};

    if (how != 'r')
        event.reported.checkpoint = (struct wn_generation){
            .resource = report.resource, .trial = report.trial, .dispatch = {1, 1}};
    event.reported.is_milestone =
        how == 'S' || report.resource >= s->milestones[report.trial];
    if (how == 'S') {
        event.reported.verdict = WN_VERDICT_STOP;
        wn_buf_adds(&s->said, "stop ");
    } else if (event.reported.is_milestone) {
        script_judge(s, &report, &event);
    } else {
        wn_buf_adds(&s->said, "- ");
    }
    script_emit(s, event);
    if (event.reported.verdict == WN_VERDICT_STOP)
        script_end(s, report.trial,
                   report.resource >= s->d.max_resource ? WN_END_COMPLETED
                                                        : WN_END_STOPPED);
}

static inline void script_obey_report(struct script *s, const char *word)
{
    struct wn_report report = {0};
    char *rest;

    report.trial = (uint32_t)strtoul(word + 1, &rest, 10);
    assert_int_equal(*rest, ':');
    report.resource = strtoll(rest + 1, &rest, 10);
    assert_int_equal(*rest, '=');
    report.loss = strtod(rest + 1, &rest);
    if (*rest == '@')
        report.elapsed_ms = strtoll(rest + 1, &rest, 10);
    assert_int_equal(*rest, '\0');
    script_report(s, word[0], report);
}

/* --- what happens to the study --- */

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

/* --- what can be seen of a scheduler --- */

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
            assert_int_equal(rungs[i].n_promoted, 0);
        if (is_last)
            wn_buf_adds(&s->said, i + 1 == n ? "] " : "; ");
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

/* --- scripts --- */

static inline void script_obey(struct script *s, const char *word)
{
    uint32_t trial = (uint32_t)strtoul(word + 1, NULL, 10);

    if (s->word && s->word(s, word))
        return;
    switch (word[0]) {
    case 'D': script_decide(s, true, true); break;
    case 'd': script_decide(s, false, true); break;
    case 'P': script_decide(s, true, false); break;
    case 'G': script_configure(s, trial); break;
    case 'U': script_end(s, trial, WN_END_WITHDRAWN); break;
    case 'R':
    case 'r':
    case 'S': script_obey_report(s, word); break;
    case 'C': script_end(s, trial, WN_END_COMPLETED); break;
    case 'F': script_end(s, trial, WN_END_FAILED); break;
    case 'N': script_fail(s, trial, WN_FAILURE_NAN); break;
    case 'K': script_end(s, trial, WN_END_STOPPED); break;
    case 'X':
        script_emit(
            s, (struct wn_event){.kind = WN_EVENT_EXHAUSTED, .trial = WN_TRIAL_NONE});
        break;
    case 'A':
        script_emit(s, (struct wn_event){.kind = WN_EVENT_AMENDED,
                                         .trial = WN_TRIAL_NONE,
                                         .job = {.text = "{}"}});
        break;
    case 'E': script_enqueue(s); break;
    case '!':
        wn_history_follow(
            s->d.history,
            &(const struct wn_event){.kind = WN_EVENT_DAMAGED,
                                     .trial = trial,
                                     .collected.generation =
                                         wn_history_trial(s->d.history, trial)->newest});
        break;
    case 'W': wn_buf_addf(&s->said, "%g ", s->d.ops->worth(s->d.sched, trial)); break;
    case '?': script_show_rungs(s); break;
    case '"': script_describe(s, word + 1); break;
    default: DRIVE_CHECK(false, "unknown word %s", word);
    }
}

/* In a study of one integer parameter; the script stays open, for more words or looks. */
static inline void script_begin(struct script *s, const struct script_case *c)
{
    struct wn_error err = {0};

    s->d.space = drive_small_space();
    s->d.values = drive_values(s->d.ops->options, c->options);
    s->d.max_resource = c->max;
    s->d.n_initial = c->n_initial;
    DRIVE_CHECK(s->d.values, "%s: %s is refused", c->name, c->options);
    DRIVE_CHECK(drive_begin(&s->d, &err) == WN_OK, "%s: %s", c->name, err.text);
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
        s->said.at[--s->said.n] = '\0'; /* the blank behind the last word */
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

/* One script from the beginning to the end. `of` holds the scheduler and its hooks. */
static inline void script_play(const struct script *of, const struct script_case *c)
{
    struct script s = *of;

    script_begin(&s, c);
    script_say(&s, c->name, c->words, c->expected);
    if (!strchr(c->words, '!'))
        drive_swap(&s.d);
    script_release(&s);
}

static inline void script_play_words(const struct script *of,
                                     const char *name,
                                     const char *options,
                                     int64_t max,
                                     const char *words,
                                     const char *expected)
{
    script_play(of, &(struct script_case){.name = name,
                                          .options = options,
                                          .words = words,
                                          .expected = expected,
                                          .max = max});
}

static inline void script_play_all(const struct script *of,
                                   const struct script_case *cases,
                                   size_t n)
{
    for (size_t i = 0; i < n; i++)
        script_play(of, &cases[i]);
}

#define SCRIPT_PLAY_ALL(of, cases) \
    script_play_all(of, cases, sizeof(cases) / sizeof(cases)[0])

#endif /* TESTS_CONFORMANCE_SCRIPT_SCHED_H */

/* script_sched.h - decisions of a scheduler as rows of words.
 *
 * A script is played event by event; the words it answers with are compared as one text.
 * Afterwards a second instance gets the same events and must be in the same state. README.md
 * here says what the words mean. A script with a page is published: each case that held goes
 * into its text, word by word with what was said to it, and the last test of the program
 * compares that with the page here. `PROGRAM write` writes the page anew.
 *
 * What is a scheduler's own is in hooks: what a tag says, right behind the word of its
 * decision or verdict, and further words.
 */
#ifndef TESTS_CONFORMANCE_SCRIPT_SCHED_H
#define TESTS_CONFORMANCE_SCRIPT_SCHED_H

#include <stdlib.h>

#include "base/file.h"
#include "conformance/drive_sched.h"

struct script_case {
    const char *name, *options, *words, *expected; /* expected NULL: anything */
    int64_t max;
    uint32_t n_initial;
};

/* decisions/NAME.md; the text begins with what the program says of its words. */
struct script_page {
    const char *name;
    bool is_written; /* anew, by the program's arguments */
    struct wn_buf text;
};

struct script {
    struct drive d;           /* its `ops` are the caller's, and these: */
    struct script_page *page; /* NULL: not published */
    void (*tag)(struct script *s,
                const struct wn_tag *tag,
                const struct wn_decision *decision);  /* NULL: of a verdict */
    bool (*word)(struct script *s, const char *word); /* false: not one of its own */

    int64_t milestones[512];
    struct wn_buf said, lines; /* lines: for the page */
    size_t column;
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

/* --- pages --- */

/* "R0:1=.5 pause | ", in lines of an indented block. */
static inline void script_publish_word(struct script *s,
                                       const char *word,
                                       const char *answer)
{
    size_t n_answer = strlen(answer), width;

    while (n_answer && answer[n_answer - 1] == ' ')
        n_answer--;
    width = strlen(word) + n_answer + (n_answer ? 1 : 0);
    if (!s->column) {
        wn_buf_adds(&s->lines, "\n    ");
    } else if (s->column + width + 3 > 100) {
        wn_buf_adds(&s->lines, " |\n    ");
        s->column = 0;
    } else {
        wn_buf_adds(&s->lines, " | ");
    }
    s->column += width + 3;
    wn_buf_addf(&s->lines, "%s%s%.*s", word, n_answer ? " " : "", (int)n_answer, answer);
}

static inline void script_publish(struct script *s, const struct script_case *c)
{
    struct wn_buf *text = &s->page->text;

    wn_buf_addf(text, "\n**%s.** Options `%s`, maximum %" PRId64, c->name, c->options,
                c->max);
    if (c->n_initial)
        wn_buf_addf(text, ", %" PRIu32 " of the user", c->n_initial);
    wn_buf_addf(text, ".\n%s\n", wn_buf_text(&s->lines));
}

static inline void script_chapter(struct script_page *page, const char *title)
{
    wn_buf_addf(&page->text, "\n## %s\n", title);
}

/* Where the two texts first differ: the line of it. */
static inline const char *script_differing_line(const char *is, const char *should_be)
{
    size_t n = 0;

    while (is[n] && is[n] == should_be[n])
        n++;
    while (n && should_be[n - 1] != '\n')
        n--;
    return should_be + n;
}

/* The end of a page. */
static inline void script_check_page(struct script_page *page)
{
    const char *text = wn_buf_text(&page->text), *line;
    char path[512], *is = NULL;
    struct wn_error err = {0};
    size_t n;

    (void)snprintf(path, sizeof path, WN_SOURCE_DIR "/tests/conformance/decisions/%s.md",
                   page->name);
    assert_false(page->text.failed);
    if (page->is_written)
        assert_int_equal(wn_file_replace(path, text, page->text.n, &err), WN_OK);
    DRIVE_CHECK(wn_file_read(path, 1 << 20, &is, &n, &err) == WN_OK, "%s", err.text);
    line = script_differing_line(is, text);
    DRIVE_CHECK(strcmp(is, text) == 0, "%s is not what the scheduler says, from\n%.*s",
                path, (int)strcspn(line, "\n"), line);
    wn_free(is);
    wn_buf_release(&page->text);
}

static inline bool script_is_written(int argc, char **argv)
{
    return argc == 2 && strcmp(argv[1], "write") == 0;
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
    for (; sscanf(words, "%63s%n", word, &n) == 1; words += n) {
        size_t before = s->said.n;

        script_obey(s, word);
        script_publish_word(s, word, wn_buf_text(&s->said) + before);
    }
    if (s->said.n)
        s->said.at[--s->said.n] = '\0'; /* the blank behind the last word */
    DRIVE_CHECK(!expected || strcmp(wn_buf_text(&s->said), expected) == 0,
                "%s\n  said     %s\n  expected %s", name, wn_buf_text(&s->said),
                expected);
}

static inline void script_release(struct script *s)
{
    wn_buf_release(&s->said);
    wn_buf_release(&s->lines);
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
    if (s.page)
        script_publish(&s, c);
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

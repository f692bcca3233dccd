/* story.h - a small study that is the same every time, for tests of what is printed.
 *
 * Two slots, half a second a report, losses made of trial and resource; trial 3 crashes
 * before its first report. A story that lies gives trial 2 a configuration that nobody
 * would propose. With a folder the events are journaled as a coordinator would.
 */
#ifndef WN_TESTS_CLI_STORY_H
#define WN_TESTS_CLI_STORY_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/version.h"
#include "job/job.h"
#include "journal/journal.h"
#include "study/study.h"

enum { STORY_SLOTS = 2, STORY_REPORT_MS = 500, STORY_CRASHES = 3 };

#define STORY_DIE(...) (fprintf(stderr, __VA_ARGS__), fputc('\n', stderr), exit(1))

struct story {
    struct wn_job *job;
    struct wn_study *study;
    struct wn_journal *journal;  /* or NULL */
    uint32_t slots[STORY_SLOTS]; /* the trial in each, or WN_TRIAL_NONE */
    uint32_t turn;               /* the slot that reports next */
    int64_t time_ms;
    bool lies;
    uint32_t n_events, limit; /* stop in the middle after so many; 0: never */
};

static const char story_job[] =
    "{\"name\": \"story\", \"trial\": {\"command\": [\"/bin/true\", \"a word\"], "
    "\"retries\": 0},"
    " \"space\": {\"lr\": {\"type\": \"float\", \"low\": 1e-4, \"high\": 1, \"scale\": "
    "\"log\"},"
    "  \"opt\": {\"type\": \"categorical\", \"values\": [\"sgd\", \"adam\"]},"
    "  \"momentum\": {\"type\": \"float\", \"low\": 0, \"high\": 0.9, \"when\": "
    "{\"opt\": "
    "\"sgd\"}},"
    "  \"data\": \"it's here\"},"
    " \"metric\": {\"name\": \"accuracy\", \"mode\": \"max\"}, \"resource\": {\"max\": "
    "9},"
    " \"stop\": {\"trials_started\": 8}, \"metadata\": {\"who\": \"test\"}}";

static inline bool story_goes_on(const struct story *s)
{
    return !wn_study_is_closed(s->study) && (!s->limit || s->n_events < s->limit);
}

static inline void story_commit(struct story *s, struct wn_event *event)
{
    struct wn_error err = {0};

    if (s->limit && s->n_events >= s->limit)
        return;
    event->time_ms = s->time_ms;
    if (s->journal && wn_journal_append(s->journal, event, &err) != WN_OK)
        STORY_DIE("story: %s", err.text);
    if (wn_study_apply(s->study, event, &err) != WN_OK)
        STORY_DIE("story: %s", err.text);
    s->n_events++;
}

static inline void story_free_slots(struct story *s)
{
    for (uint32_t i = 0; i < STORY_SLOTS; i++)
        if (s->slots[i] != WN_TRIAL_NONE &&
            wn_study_placed(s->study, s->slots[i]).state != WN_RUN_STATE_RUNNING)
            s->slots[i] = WN_TRIAL_NONE;
}

static inline size_t story_n_idle(const struct story *s)
{
    size_t n = 0;

    for (uint32_t i = 0; i < STORY_SLOTS; i++)
        n += s->slots[i] == WN_TRIAL_NONE;
    return n;
}

/* Everything the state asks for by itself. */
static inline void story_follow(struct story *s)
{
    static const union wn_cell lie[] = {{.f = 0.5}, {.i = 1}, {.i = WN_CELL_OFF}};
    struct wn_event event;

    story_free_slots(s);
    while (story_goes_on(s) && wn_study_next(s->study, story_n_idle(s), &event)) {
        if (event.kind == WN_EVENT_DISPATCHED) {
            uint32_t slot = s->slots[0] == WN_TRIAL_NONE ? 0 : 1;

            event.dispatched.worker = slot;
            event.dispatched.slot = 0;
            s->slots[slot] = event.trial;
        }
        if (s->lies && event.kind == WN_EVENT_CONFIGURED && event.trial == 2)
            event.configured.cells = lie;
        story_commit(s, &event);
        story_free_slots(s);
    }
}

static inline void story_report(struct story *s, uint32_t trial)
{
    struct wn_placed placed = wn_study_placed(s->study, trial);
    int64_t resource = wn_history_resource(wn_study_history(s->study), trial) + 1;
    struct wn_metric metric = {.name = "accuracy",
                               .value =
                                   0.9 - 0.5 / (double)resource - 0.02 * (trial * 7 % 5)};
    struct wn_arrival arrival = {.trial = trial,
                                 .resource = resource,
                                 .elapsed_ms = s->time_ms - placed.since_ms,
                                 .cost_ms = STORY_REPORT_MS,
                                 .metrics = &metric,
                                 .n_metrics = 1,
                                 .has_checkpoint = resource >= placed.milestone,
                                 .waits = resource >= placed.milestone};
    struct wn_judgement judged;

    if (trial == STORY_CRASHES) {
        wn_study_judge_end(s->study, trial, WN_FAILURE_EXIT, 100, "exit code 7: no luck",
                           &judged.event);
        story_commit(s, &judged.event);
        return;
    }
    wn_study_judge(s->study, &arrival, &judged);
    story_commit(s, &judged.event);
}

static inline void story_open(struct story *s, const char *dir)
{
    struct wn_event job = {.kind = WN_EVENT_JOB, .trial = WN_TRIAL_NONE};
    struct wn_event opened = {.kind = WN_EVENT_OPENED,
                              .trial = WN_TRIAL_NONE,
                              .opened = {.incarnation = 1,
                                         .n_workers = STORY_SLOTS,
                                         .n_slots = STORY_SLOTS,
                                         .wall_ms = INT64_C(1700000000000),
                                         .host = "node1",
                                         .version = wn_version()}};
    struct wn_study_config cfg;
    struct wn_problems problems = {0};
    struct wn_error err = {0};

    if (wn_job_parse(story_job, strlen(story_job), "/", NULL, 0, &problems, &s->job,
                     &err) != WN_OK)
        STORY_DIE("story: %s", err.text);
    cfg = wn_job_study_config(s->job);
    if (wn_study_create(&cfg, &s->study, &err) != WN_OK)
        STORY_DIE("story: %s", err.text);
    if (dir) {
        struct wn_journal_config at = {.dir = dir, .study = "story", .skips_sync = true};
        struct wn_journal_opening opening;

        if (wn_journal_open(&at, NULL, NULL, &s->journal, &opening, &err) != WN_OK)
            STORY_DIE("story: %s", err.text);
        wn_free(opening.lengths);
    }
    job.job.text = s->job->text;
    story_commit(s, &job);
    story_commit(s, &opened);
    for (size_t i = 0; i < s->job->n_initial; i++) {
        struct wn_event enqueued = {
            .kind = WN_EVENT_ENQUEUED,
            .trial = WN_TRIAL_NONE,
            .configured = {.origin = WN_ORIGIN_USER,
                           .n_cells = (uint32_t)wn_space_n_params(s->job->space),
                           .cells = s->job->initial[i]}};

        story_commit(s, &enqueued);
    }
}

/* Tell the story into journal folder `dir` (NULL: memory only), `limit` events of it (0:
 * all). End it with story_end(). */
static inline void story_tell(struct story *s, const char *dir, uint32_t limit, bool lies)
{
    *s = (struct story){.limit = limit, .lies = lies};
    for (int i = 0; i < STORY_SLOTS; i++)
        s->slots[i] = WN_TRIAL_NONE;
    story_open(s, dir);
    for (story_follow(s); story_goes_on(s); story_follow(s)) {
        uint32_t trial;

        s->turn = (s->turn + 1) % STORY_SLOTS;
        trial = s->slots[s->turn];
        if (trial == WN_TRIAL_NONE)
            trial = s->slots[1 - s->turn];
        if (trial == WN_TRIAL_NONE)
            STORY_DIE("story: nothing runs and the study is not closed");
        s->time_ms += STORY_REPORT_MS;
        story_report(s, trial);
    }
}

static inline void story_end(struct story *s)
{
    wn_journal_close(s->journal);
    wn_study_destroy(s->study);
    wn_job_destroy(s->job);
}

#endif /* WN_TESTS_CLI_STORY_H */

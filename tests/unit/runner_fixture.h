/* runner_fixture.h - a runner with its study directory, for tests that start programs. */
#ifndef WN_TESTS_RUNNER_FIXTURE_H
#define WN_TESTS_RUNNER_FIXTURE_H

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "runner/runner.h"

#define ROGUE    WN_BINARY_DIR "/tests/rogue"
#define LIMIT_MS 20000 /* no test waits longer for an event */

struct fixture {
    char dir[64];
    const struct wn_runner_ops *ops;
    struct wn_runner_config cfg;
    struct wn_runner *runner;
    struct wn_space *space;
    struct wn_values *values;
    struct wn_store *store;
    union wn_cell cells[4];
    struct wn_run_event event;
    struct wn_metric metrics[32];
    char text[8192], names[32][64];
};

static inline struct wn_json *parse_json(const char *text)
{
    struct wn_error err = {0};
    struct wn_json *json = NULL;

    if (wn_json_parse(text, strlen(text), &json, &err) != WN_OK)
        fail_msg("%s: %s", text, err.text);
    return json;
}

/* space: JSON of the space. trial: of the trial section, %s standing for the program. */
static inline void make_config(struct fixture *f, const char *space, const char *trial)
{
    struct wn_problems problems = {0};
    struct wn_error err = {0};
    struct wn_json *json;
    const char *mark;
    char text[4096];

    memset(f, 0, sizeof *f);
    memcpy(f->dir, "/tmp/wn-runner-XXXXXX", 22);
    assert_non_null(mkdtemp(f->dir));
    setenv("WINNOW_HELPER", WN_BINARY_DIR "/winnow-trial", 1);
    json = parse_json(space);
    if (wn_space_parse(json, f->dir, &problems, &f->space, &err) != WN_OK || problems.n)
        fail_msg("%s", problems.n ? problems.at[0] : err.text);
    wn_json_destroy(json);
    mark = strstr(trial, "%s");
    snprintf(text, sizeof text, "%.*s%s%s",
             mark ? (int)(mark - trial) : (int)strlen(trial), trial, mark ? ROGUE : "",
             mark ? mark + 2 : "");
    json = parse_json(text);
    if (wn_runner_values(json, &problems, &f->ops, &f->values, &err) != WN_OK ||
        problems.n)
        fail_msg("%s", problems.n ? problems.at[0] : err.text);
    wn_json_destroy(json);
    assert_int_equal(wn_store_open(f->dir, &f->store, &err), WN_OK);
    f->cfg = (struct wn_runner_config){
        .space = f->space,
        .trial = f->values,
        .study_name = "test",
        .study_dir = f->dir,
        .job_dir = f->dir,
        .resource_name = "epoch",
        .resource_rule = {.first = 1},
        .max_resource = 9,
        .metric_name = "loss",
        .pauses = true,
        .store = f->store,
        .n_slots = 2,
    };
}

static inline void make_runner(struct fixture *f)
{
    struct wn_error err = {0};

    if (f->ops->create(&f->cfg, &f->runner, &err) != WN_OK)
        fail_msg("%s", err.text);
}

static inline void make(struct fixture *f, const char *space, const char *trial)
{
    make_config(f, space, trial);
    make_runner(f);
}

static inline void unmake(struct fixture *f)
{
    f->ops->destroy(f->runner);
    wn_store_destroy(f->store);
    wn_values_destroy(f->values);
    wn_space_destroy(f->space);
    assert_int_equal(wn_dir_remove(f->dir, NULL), WN_OK);
}

static inline void start_task(struct fixture *f, size_t slot, struct wn_task task)
{
    struct wn_error err = {0};

    task.cells = f->cells;
    if (f->ops->start(f->runner, slot, &task, wn_clock_mono_us(), &err) != WN_OK)
        fail_msg("%s", err.text);
}

static inline void start(struct fixture *f, int64_t milestone)
{
    start_task(f, 0,
               (struct wn_task){.trial = 7, .dispatch = {1, 5}, .milestone = milestone});
}

static inline void keep_event(struct fixture *f)
{
    if (f->event.text)
        snprintf(f->text, sizeof f->text, "%s", f->event.text);
    f->event.text = f->text;
    for (uint32_t i = 0; i < f->event.n_metrics && i < 32; i++) {
        snprintf(f->names[i], sizeof f->names[i], "%s", f->event.metrics[i].name);
        f->metrics[i] = (struct wn_metric){f->names[i], f->event.metrics[i].value};
    }
    f->event.metrics = f->metrics;
}

/* The next event, or a failure of the test when none comes. */
static inline enum wn_run_kind next_event(struct fixture *f)
{
    int64_t end_us = wn_clock_mono_us() + LIMIT_MS * 1000;

    for (;;) {
        int64_t now_us = wn_clock_mono_us(), wait_us = f->ops->deadline_us(f->runner);
        struct pollfd fds[4];
        size_t n;

        if (f->ops->poll(f->runner, now_us, &f->event)) {
            keep_event(f);
            return f->event.kind;
        }
        if (now_us > end_us)
            fail_msg("no event came within %d ms after event %d at %lld", LIMIT_MS,
                     (int)f->event.kind, (long long)f->event.resource);
        wait_us = f->ops->deadline_us(f->runner) - now_us;
        n = f->ops->fds(f->runner, fds, 4);
        poll(fds, (nfds_t)n,
             wait_us < 0         ? 0
             : wait_us > 1000000 ? 1000
                                 : (int)(wait_us / 1000 + 1));
    }
}

static inline void answer(struct fixture *f,
                          enum wn_verdict_kind verdict,
                          int64_t milestone)
{
    f->ops->answer(f->runner, 0, verdict, milestone, false, wn_clock_mono_us());
}

static inline double metric_of(const struct fixture *f, const char *name)
{
    for (uint32_t i = 0; i < f->event.n_metrics; i++)
        if (strcmp(f->event.metrics[i].name, name) == 0)
            return f->event.metrics[i].value;
    fail_msg("the report has no metric %s", name);
    return 0;
}

static inline void expect_event(struct fixture *f, enum wn_run_kind kind)
{
    enum wn_run_kind got = next_event(f);

    if (got != kind)
        fail_msg("event %d came instead of %d (resource %lld, failure %d: %s)", (int)got,
                 (int)kind, (long long)f->event.resource, (int)f->event.failure,
                 f->event.text);
}

static inline void expect_failure(struct fixture *f,
                                  enum wn_failure failure,
                                  const char *says)
{
    expect_event(f, WN_RUN_ENDED);
    if (f->event.failure != failure || !strstr(f->event.text, says))
        fail_msg("failure %d instead of %d: %s (expected: %s)", (int)f->event.failure,
                 (int)failure, f->event.text, says);
    expect_event(f, WN_RUN_GONE);
}

/* A dead one that nobody has noticed yet is not. */
static inline bool is_alive(long pid)
{
    char path[64], text[512] = "", *after;
    FILE *file;

    snprintf(path, sizeof path, "/proc/%ld/stat", pid);
    file = fopen(path, "r");
    if (!file)
        return false;
    if (!fgets(text, sizeof text, file))
        text[0] = '\0';
    fclose(file);
    after = strrchr(text, ')');
    return after && after[2] != 'Z' && after[2] != 'X';
}

#endif /* WN_TESTS_RUNNER_FIXTURE_H */

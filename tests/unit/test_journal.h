/* test_journal.h - what the tests of the journal share: a folder of their own, a sample
 * of every event, and events compared by the bytes they are written as.
 */
#ifndef WN_TESTS_UNIT_TEST_JOURNAL_H
#define WN_TESTS_UNIT_TEST_JOURNAL_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/mem.h"
#include "journal/journal.h"

#define assert_ok(call, err)                                                    \
    do {                                                                        \
        enum wn_status status_ = (call);                                        \
        if (status_ != WN_OK)                                                   \
            fail_msg("%s: %s: %s", #call, wn_status_name(status_), (err).text); \
    } while (0)

#define assert_status(call, expected)                                  \
    do {                                                               \
        enum wn_status status_ = (call);                               \
        if (status_ != (expected))                                     \
            fail_msg("%s: %s, not %s", #call, wn_status_name(status_), \
                     wn_status_name(expected));                        \
    } while (0)

/* A new empty folder; end it with drop_folder(). */
static inline char *make_folder(void)
{
    const char *root = getenv("TMPDIR");
    char *path = wn_alloc(WN_PATH_MAX);

    assert_non_null(path);
    snprintf(path, WN_PATH_MAX, "%s/wn-test-XXXXXX", root && *root ? root : "/tmp");
    assert_non_null(mkdtemp(path));
    return path;
}

static inline void drop_folder(char *path)
{
    struct wn_error err;

    assert_ok(wn_dir_remove(path, &err), err);
    wn_free(path);
}

static inline const char *path_in(const char *dir, const char *name, char *out)
{
    struct wn_error err;

    assert_ok(wn_path_join(out, &err, dir, name), err);
    return out;
}

static inline void read_file(const char *path, char **bytes, size_t *n)
{
    struct wn_error err;

    assert_ok(wn_file_read(path, 1 << 28, bytes, n, &err), err);
}

static inline void write_file(const char *path, const void *bytes, size_t n)
{
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, n, file), n);
    assert_int_equal(fclose(file), 0);
}

/* --- samples: at least one event of every kind that is written --- */

static const struct wn_metric sample_metrics[] = {{"accuracy", 0.875},
                                                  {"loss", -HUGE_VAL},
                                                  {"", 5e-324}};
static const union wn_cell sample_cells[] = {{.f = 0.125},
                                             {.i = WN_CELL_OFF},
                                             {.i = -3},
                                             {.i = INT64_MAX}};
static const struct wn_segment_length sample_lengths[] = {{1, 192}, {2, UINT64_MAX}};
static const struct wn_generation sample_generation = {.resource = INT64_MAX,
                                                       .trial = 12,
                                                       .dispatch = {UINT32_MAX, 70000}};

static const struct wn_event samples[] = {
    {.kind = WN_EVENT_JOB, .trial = WN_TRIAL_NONE, .job.text = "{\"name\":\"x\"}"},
    {.kind = WN_EVENT_OPENED,
     .time_ms = 1,
     .trial = WN_TRIAL_NONE,
     .opened = {.incarnation = 3,
                .n_workers = 4,
                .n_slots = 16,
                .n_lengths = 2,
                .wall_ms = -1,
                .host = "node-7",
                .version = "0.1.0",
                .lengths = sample_lengths}},
    {.kind = WN_EVENT_OPENED,
     .trial = WN_TRIAL_NONE,
     .opened = {.incarnation = 1, .wall_ms = 1700000000000, .host = "", .version = ""}},
    {.kind = WN_EVENT_PLANNED,
     .time_ms = 127,
     .trial = 0,
     .planned = {.milestone = 1, .parent = WN_TRIAL_NONE}},
    {.kind = WN_EVENT_PLANNED,
     .time_ms = 128,
     .trial = WN_TRIAL_NONE - 1,
     .planned = {.milestone = 81,
                 .parent = 0,
                 .pool = 2,
                 .offers = true,
                 .source = {.resource = 27, .trial = 0, .dispatch = {1, 1}},
                 .tag = {.n = WN_TAG_MAX, .bytes = {1, 2, 3}}}},
    {.kind = WN_EVENT_CONFIGURED,
     .trial = 5,
     .configured = {.origin = WN_ORIGIN_SEARCH,
                    .n_cells = 4,
                    .cells = sample_cells,
                    .tag = {.at = "search\0er", .n = 9}}},
    {.kind = WN_EVENT_DISPATCHED,
     .trial = 5,
     .dispatched = {.dispatch = {2, 300}, .worker = 0, .slot = UINT32_MAX}},
    {.kind = WN_EVENT_REPORTED,
     .time_ms = INT64_MAX,
     .trial = 5,
     .reported = {.resource = 9,
                  .elapsed_ms = 1000,
                  .cost_ms = 8000,
                  .n_metrics = 3,
                  .metrics = sample_metrics,
                  .checkpoint = {.resource = 9, .trial = 5, .dispatch = {2, 300}},
                  .is_milestone = true,
                  .verdict = WN_VERDICT_CONTINUE,
                  .milestone = 27,
                  .tag = {.n = 1, .bytes = {7}}}},
    {.kind = WN_EVENT_REPORTED,
     .trial = 6,
     .reported = {.resource = 1,
                  .n_metrics = 1,
                  .metrics = sample_metrics,
                  .verdict = WN_VERDICT_STOP}},
    {.kind = WN_EVENT_REPEATED,
     .trial = 5,
     .repeated = {.resource = 3, .cost_ms = 12, .checkpoint = {3, 5, {2, 300}}}},
    {.kind = WN_EVENT_RETURNED,
     .trial = 5,
     .returned = {.why = WN_RETURN_FAILED,
                  .failure = WN_FAILURE_NO_SLOT,
                  .cost_ms = 77,
                  .text = "no \"slot\"\nholds it"}},
    {.kind = WN_EVENT_RESUMED,
     .trial = 5,
     .resumed = {.milestone = 27, .via = 9, .tag = {.n = 2, .bytes = {0, 255}}}},
    {.kind = WN_EVENT_RESUMED,
     .trial = 5,
     .resumed = {.milestone = 27, .via = WN_TRIAL_NONE}},
    {.kind = WN_EVENT_RECALLED, .trial = 5, .recalled.how = WN_RECALL_STOP},
    {.kind = WN_EVENT_ENDED,
     .trial = 5,
     .ended = {.how = WN_END_WITHDRAWN, .cost_ms = INT64_MAX, .text = ""}},
    {.kind = WN_EVENT_EXHAUSTED, .trial = WN_TRIAL_NONE, .exhausted.by_limit = true},
    {.kind = WN_EVENT_ENQUEUED,
     .trial = WN_TRIAL_NONE,
     .configured = {.origin = WN_ORIGIN_USER, .n_cells = 1, .cells = sample_cells}},
    {.kind = WN_EVENT_AMENDED, .trial = WN_TRIAL_NONE, .job.text = ""},
    {.kind = WN_EVENT_COLLECTED,
     .trial = 12,
     .collected.generation = {INT64_MAX, 12, {UINT32_MAX, 70000}}},
    {.kind = WN_EVENT_DAMAGED, .trial = 0, .collected.generation = {1, 0, {1, 1}}},
    {.kind = WN_EVENT_TIMER, .time_ms = 60000, .trial = WN_TRIAL_NONE},
    {.kind = WN_EVENT_STOPPING,
     .trial = WN_TRIAL_NONE,
     .stopping = {.reason = WN_STOP_CRITERION, .criterion = "time"}},
    {.kind = WN_EVENT_CLOSED, .time_ms = 60001, .trial = WN_TRIAL_NONE},
};
enum { N_SAMPLES = sizeof samples / sizeof *samples };

/* Events as bytes: the sequence of what a reader saw. */
struct seen {
    WN_VEC(struct wn_buf) events;
};

static inline void seen_release(struct seen *seen)
{
    for (size_t i = 0; i < seen->events.n; i++)
        wn_buf_release(&seen->events.at[i]);
    wn_vec_release(&seen->events);
}

static inline enum wn_status see(void *arg,
                                 const struct wn_event *event,
                                 struct wn_error *err)
{
    struct seen *seen = arg;
    struct wn_buf *item = wn_vec_push(&seen->events);

    if (item)
        wn_event_encode(event, item);
    if (!item || item->failed)
        return wn_fail(err, WN_ENOMEM, "no memory to see an event");
    return WN_OK;
}

static inline bool is_event(const struct wn_buf *bytes, const struct wn_event *event)
{
    struct wn_buf own = {0};
    bool same;

    wn_event_encode(event, &own);
    same = own.n == bytes->n && memcmp(own.at, bytes->at, own.n) == 0;
    wn_buf_release(&own);
    return same;
}

/* A numbered event, to be told from the others. */
static inline struct wn_event numbered(int64_t number)
{
    return (struct wn_event){
        .kind = WN_EVENT_TIMER, .time_ms = number, .trial = WN_TRIAL_NONE};
}

/* The `opened` that a coordinator writes first. */
static inline struct wn_event opened_event(const struct wn_journal_opening *opening)
{
    return (struct wn_event){.kind = WN_EVENT_OPENED,
                             .trial = WN_TRIAL_NONE,
                             .opened = {.incarnation = opening->incarnation,
                                        .n_lengths = opening->n_lengths,
                                        .lengths = opening->lengths,
                                        .host = "here",
                                        .version = "test"}};
}

/* Open and write `opened`, as a coordinator does. */
static inline struct wn_journal *open_whole(const char *dir,
                                            struct seen *seen,
                                            struct wn_journal_opening *opening)
{
    struct wn_journal_config cfg = {.dir = dir, .study = "a-study"};
    struct wn_journal *journal = NULL;
    struct wn_event event;
    struct wn_error err;

    assert_ok(wn_journal_open(&cfg, see, seen, &journal, opening, &err), err);
    event = opened_event(opening);
    assert_ok(wn_journal_append(journal, &event, &err), err);
    assert_ok(wn_journal_sync(journal, &err), err);
    return journal;
}

static inline void append_number(struct wn_journal *journal, int64_t number)
{
    struct wn_event event = numbered(number);
    struct wn_error err;

    assert_ok(wn_journal_append(journal, &event, &err), err);
}

#endif /* WN_TESTS_UNIT_TEST_JOURNAL_H */

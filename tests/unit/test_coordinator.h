/* test_coordinator.h - a coordinator whose workers are played by the test, by hand.
 *
 * A desk is a world in virtual time with one coordinator; the test sends what workers
 * would say and reads, as one line of text, what they are told ("1: run 0 as 1.2 to 9" is
 * a message to worker 1). The study lies in a temporary folder, its checkpoints in memory.
 */
#ifndef TESTS_UNIT_TEST_COORDINATOR_H
#define TESTS_UNIT_TEST_COORDINATOR_H

#include <inttypes.h>
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
#include "base/log.h"
#include "base/mem.h"
#include "comm/message.h"
#include "comm/virtual.h"
#include "coordinator/coordinator.h"
#include "job/rebuild.h"
#include "journal/journal.h"

#define SECOND    INT64_C(1000000)
#define DESK_MOST 4 /* workers */

struct desk {
    char dir[96];
    struct wn_job *job;
    struct wn_store *store;
    struct wn_virtual *world;
    struct wn_coord *coord;
    size_t n_workers;
    enum wn_status rc; /* of the last step that failed */
    struct wn_error err;
    struct wn_arena arena;
    struct wn_buf in, text;
};

#define DESK_JOB                                                             \
    "{'name': 'desk', 'trial': {'runner': 'function', 'retries': 1},"        \
    " 'space': {'x': {'type': 'int', 'low': 0, 'high': 99}}, 'initial': []," \
    " 'metric': {'name': 'loss'}, 'resource': {'max': 9}, 'max_losses': 3,"  \
    " 'scheduler': {'type': 'fifo'}}"

static inline char *double_quotes(const char *text)
{
    char *quoted = wn_strdup(text);

    assert_non_null(quoted);
    for (char *c = quoted; *c; c++)
        if (*c == '\'')
            *c = '"';
    return quoted;
}

/* DESK_JOB with overrides "key=value", up to NULL. */
static inline struct wn_job *desk_job(const char *const *sets)
{
    char *text = double_quotes(DESK_JOB), *made[8] = {0};
    struct wn_problems problems = {0};
    struct wn_job *job = NULL;
    struct wn_error err = {0};
    size_t n = 0;

    for (; sets && sets[n]; n++)
        made[n] = double_quotes(sets[n]);
    if (wn_job_parse(text, strlen(text), "/", (const char *const *)made, n, &problems,
                     &job, &err) != WN_OK)
        fail_msg("%s", problems.n ? problems.at[0] : err.text);
    for (size_t i = 0; i < n; i++)
        wn_free(made[i]);
    wn_free(text);
    wn_problems_release(&problems);
    return job;
}

static inline void desk_init(struct desk *desk, const char *const *sets)
{
    const char *tmp = getenv("TMPDIR");

    *desk = (struct desk){.job = desk_job(sets)};
    (void)snprintf(desk->dir, sizeof desk->dir, "%.60s/winnow-desk-XXXXXX",
                   tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(desk->dir));
    assert_int_equal(wn_store_create_memory(&desk->store, NULL), WN_OK);
}

/* Open the study in a new world of as many workers, none of which has said hello. */
static inline enum wn_opening desk_open(struct desk *desk, size_t n_workers)
{
    struct wn_coord_config cfg = {.job = desk->job,
                                  .study_dir = desk->dir,
                                  .store = desk->store,
                                  .is_simulated = true};
    struct wn_problems problems = {0};
    enum wn_opening opening = WN_OPENING_NEW;

    assert_true(n_workers <= DESK_MOST);
    wn_coord_destroy(desk->coord);
    wn_virtual_destroy(desk->world);
    desk->coord = NULL;
    desk->n_workers = n_workers;
    wn_buf_clear(&desk->text);
    assert_int_equal(wn_virtual_create(n_workers, 0, &desk->world, NULL), WN_OK);
    cfg.comm = wn_virtual_endpoint(desk->world, WN_VIRTUAL_COORDINATOR);
    if (wn_coord_open(&cfg, &opening, &problems, &desk->coord, &desk->err) != WN_OK)
        fail_msg("%s %s", desk->err.text, problems.n ? problems.at[0] : "");
    wn_problems_release(&problems);
    return opening;
}

static inline void desk_close(struct desk *desk)
{
    wn_coord_destroy(desk->coord);
    wn_virtual_destroy(desk->world);
    wn_store_destroy(desk->store);
    wn_job_destroy(desk->job);
    wn_arena_release(&desk->arena);
    wn_buf_release(&desk->in);
    wn_buf_release(&desk->text);
    assert_int_equal(wn_dir_remove(desk->dir, NULL), WN_OK);
}

static inline void note_message(struct desk *desk, size_t worker)
{
    struct wn_buf *out = &desk->text;
    struct wn_message message;

    wn_arena_reset(&desk->arena);
    if (wn_message_decode(desk->in.at, desk->in.n, &desk->arena, &message, &desk->err) !=
        WN_OK)
        fail_msg("%s", desk->err.text);
    if (out->n)
        wn_buf_addf(out, "; ");
    wn_buf_addf(out, "%zu: ", worker);
    switch ((int)message.kind) {
    case WN_MSG_RUN:
        wn_buf_addf(out, "run %u as %u.%u to %" PRId64, message.trial,
                    message.dispatch.incarnation, message.dispatch.count,
                    message.run.milestone);
        if (message.run.source.resource)
            wn_buf_addf(out, " from %" PRId64, message.run.source.resource);
        break;
    case WN_MSG_ANSWER:
        wn_buf_addf(out, "answer %u at %" PRId64 " %s", message.trial,
                    message.answer.resource, wn_verdict_name(message.answer.verdict));
        break;
    case WN_MSG_RECALL: wn_buf_addf(out, "recall %u", message.trial); break;
    case WN_MSG_ABANDON:
        wn_buf_addf(out, "abandon %u as %u.%u", message.trial,
                    message.dispatch.incarnation, message.dispatch.count);
        break;
    case WN_MSG_QUIT: wn_buf_addf(out, "quit"); break;
    default: fail_msg("a worker was sent a message of kind %d", (int)message.kind);
    }
}

static inline void read_all(struct desk *desk)
{
    for (size_t i = 0; i < desk->n_workers; i++) {
        struct wn_comm *comm = wn_virtual_endpoint(desk->world, i);
        for (;;) {
            enum wn_got got;
            size_t peer;
            assert_int_equal(wn_comm_recv(comm, &got, &peer, &desk->in, NULL), WN_OK);
            if (got == WN_GOT_NOTHING)
                break;
            if (got == WN_GOT_MESSAGE)
                note_message(desk, i);
        }
    }
}

/* Let everything happen up to a time of the world. desk->rc keeps a step's error. */
static inline void run_until(struct desk *desk, int64_t until_us)
{
    while (wn_virtual_next_us(desk->world) <= until_us) {
        size_t who;
        enum wn_status rc;
        if (!wn_virtual_next(desk->world, &who))
            break;
        if (who != WN_VIRTUAL_COORDINATOR)
            continue;
        rc = wn_coord_step(desk->coord, &desk->err);
        if (rc) {
            desk->rc = rc;
            break;
        }
        if (!wn_coord_is_done(desk->coord))
            wn_virtual_wake_at(desk->world, WN_VIRTUAL_COORDINATOR,
                               wn_coord_deadline_us(desk->coord));
    }
    read_all(desk);
}

/* Let happen what is due now. */
static inline void settle(struct desk *desk)
{
    wn_virtual_wake_at(desk->world, WN_VIRTUAL_COORDINATOR,
                       wn_virtual_now_us(desk->world));
    run_until(desk, wn_virtual_now_us(desk->world));
}

static inline void advance(struct desk *desk, int64_t us)
{
    int64_t until = wn_virtual_now_us(desk->world) + us;

    /* A worker's wish moves the clock even if the coordinator would sleep on. */
    wn_virtual_wake_at(desk->world, 0, until);
    wn_virtual_wake_at(desk->world, WN_VIRTUAL_COORDINATOR,
                       wn_coord_deadline_us(desk->coord));
    run_until(desk, until);
}

static inline void say(struct desk *desk, size_t worker, const struct wn_message *message)
{
    struct wn_buf out = {0};

    wn_message_encode(message, &out);
    assert_false(out.failed);
    assert_int_equal(
        wn_comm_send(wn_virtual_endpoint(desk->world, worker), 0, out.at, out.n, NULL),
        WN_OK);
    wn_buf_release(&out);
    settle(desk);
}

static inline void say_hello(struct desk *desk, size_t worker, uint32_t n_slots)
{
    struct wn_message message = {.kind = WN_MSG_HELLO, .trial = WN_TRIAL_NONE};

    message.hello.n_slots = n_slots;
    message.hello.cores_per_slot = 1;
    message.hello.host = "desk";
    message.hello.version = message.hello.cpus = "";
    say(desk, worker, &message);
}

/* A message of slot 0 about a trial under the number incarnation.count. */
static inline struct wn_message about(enum wn_message_kind kind,
                                      uint32_t trial,
                                      uint32_t incarnation,
                                      uint32_t count)
{
    return (struct wn_message){.kind = kind,
                               .trial = trial,
                               .dispatch = {.incarnation = incarnation, .count = count}};
}

static inline void say_report(struct desk *desk,
                              size_t worker,
                              struct wn_message message,
                              int64_t resource,
                              bool waits)
{
    struct wn_metric metric = {"loss", 0.5};

    message.report.resource = resource;
    message.report.metrics = &metric;
    message.report.n_metrics = 1;
    message.report.waits = waits;
    message.report.cost_ms = 10;
    say(desk, worker, &message);
}

static inline void say_ended(struct desk *desk,
                             size_t worker,
                             struct wn_message message,
                             enum wn_failure failure)
{
    message.ended.failure = failure;
    message.ended.text = "as the test says";
    say(desk, worker, &message);
}

static inline void say_free(struct desk *desk, size_t worker, struct wn_message message)
{
    message.kind = WN_MSG_FREE;
    say(desk, worker, &message);
}

/* Compare with what workers were told since the last look. */
#define expect_told(desk, expected)                                \
    do {                                                           \
        assert_string_equal(wn_buf_text(&(desk)->text), expected); \
        wn_buf_clear(&(desk)->text);                               \
    } while (0)

static inline struct wn_placed placed(const struct desk *desk, uint32_t trial)
{
    return wn_study_placed(wn_coord_study(desk->coord), trial);
}

/* Of the study that the journal of a study's folder gives. */
static inline enum wn_status digest_of_journal(const char *dir, uint64_t *digest)
{
    struct wn_rebuild rebuild = {0};
    struct wn_journal_summary summary;
    char path[160];
    enum wn_status rc;

    (void)snprintf(path, sizeof path, "%s/journal", dir);
    rc = wn_journal_read(path, wn_rebuild_event, &rebuild, &summary, NULL);
    *digest = rebuild.study ? wn_study_digest(rebuild.study) : 0;
    wn_rebuild_release(&rebuild);
    return rc;
}

/* Nobody wants to read of every trouble that a test makes. */
static inline void hush(void *arg,
                        enum wn_log_level level,
                        const char *part,
                        const char *line)
{
    (void)arg, (void)level, (void)part, (void)line;
}

#endif /* TESTS_UNIT_TEST_COORDINATOR_H */

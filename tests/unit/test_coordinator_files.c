/* test_coordinator_files.c - heartbeat, keeper and requests on real files and processes. */
#define _GNU_SOURCE /* mkdtemp */
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "comm/loopback.h"
#include "coordinator/coordinator.h"
#include "coordinator/heartbeat.h"
#include "coordinator/keeper.h"

#define JOB                                                              \
    "{\"name\": \"files\", \"trial\": {\"runner\": \"function\"},"       \
    " \"space\": {\"x\": {\"type\": \"int\", \"low\": 0, \"high\": 9}}," \
    " \"metric\": {\"name\": \"loss\"}, \"resource\": {\"max\": 3}}"

struct study {
    char dir[96];
    struct wn_store *store;
    struct wn_error err;
};

static void setup(struct study *study)
{
    const char *tmp = getenv("TMPDIR");

    *study = (struct study){0};
    (void)snprintf(study->dir, sizeof study->dir, "%.60s/winnow-files-XXXXXX",
                   tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(study->dir));
    assert_int_equal(wn_store_create_memory(&study->store, NULL), WN_OK);
}

static void teardown(struct study *study)
{
    wn_store_destroy(study->store);
    assert_int_equal(wn_dir_remove(study->dir, NULL), WN_OK);
}

static const char *path_of(const struct study *study, const char *name)
{
    static char path[WN_PATH_MAX];

    assert_int_equal(wn_path_join(path, NULL, study->dir, name), WN_OK);
    return path;
}

static bool exists(const struct study *study, const char *name)
{
    return wn_file_exists(path_of(study, name));
}

static void put(const struct study *study, const char *name, const char *text)
{
    if (wn_file_replace(path_of(study, name), text, strlen(text), NULL) != WN_OK)
        fail_msg("cannot write %s", name);
}

/* --- heartbeat --- */

/* A child that writes the heartbeat and then does nothing until it is killed. */
static pid_t start_coordinator(const struct study *study)
{
    int ready[2];
    char byte;
    pid_t pid;

    assert_int_equal(pipe(ready), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        alarm(60); /* should the test fail, nobody else ends it */
        if (wn_heartbeat_write(study->dir, NULL) == WN_OK)
            (void)!write(ready[1], "r", 1);
        for (;;)
            pause();
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return pid;
}

static void end_coordinator(pid_t pid)
{
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void a_living_coordinator_is_not_disturbed(void **state)
{
    struct study study;
    char number[32];
    pid_t pid;

    (void)state;
    setup(&study);
    assert_int_equal(wn_heartbeat_check(study.dir, &study.err), WN_OK); /* no file */
    pid = start_coordinator(&study);
    assert_int_equal(wn_heartbeat_check(study.dir, &study.err), WN_EBUSY);
    (void)snprintf(number, sizeof number, "process %d ", (int)pid);
    assert_non_null(strstr(study.err.text, number));
    assert_non_null(strstr(study.err.text, "--takeover"));
    end_coordinator(pid);
    assert_int_equal(wn_heartbeat_check(study.dir, &study.err), WN_OK); /* a dead one */
    assert_true(exists(&study, "heartbeat"));
    teardown(&study);
}

static void a_stopped_coordinator_lives(void **state)
{
    struct study study;
    pid_t pid;
    int status;

    (void)state;
    setup(&study);
    pid = start_coordinator(&study);
    assert_int_equal(kill(pid, SIGSTOP), 0);
    assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
    assert_true(WIFSTOPPED(status));
    assert_int_equal(wn_heartbeat_check(study.dir, &study.err), WN_EBUSY);
    end_coordinator(pid);
    teardown(&study);
}

static void read_heartbeat(const struct study *study, char **text)
{
    size_t n;

    assert_int_equal(wn_file_read(path_of(study, "heartbeat"), 4096, text, &n, NULL),
                     WN_OK);
}

/* The heartbeat of a living child with one value replaced. */
static void forge(const struct study *study, const char *key, const char *value)
{
    struct wn_buf forged = {0};
    const char *at, *end;
    char *text = NULL, search[32];

    read_heartbeat(study, &text);
    (void)snprintf(search, sizeof search, "\"%s\":", key);
    at = strstr(text, search);
    assert_non_null(at);
    at += strlen(search);
    end = at + strcspn(at, ",}");
    wn_buf_add(&forged, text, (size_t)(at - text));
    wn_buf_adds(&forged, value);
    wn_buf_adds(&forged, end);
    put(study, "heartbeat", wn_buf_text(&forged));
    wn_buf_release(&forged);
    wn_free(text);
}

static void set_age(const struct study *study, long seconds)
{
    struct timespec now, times[2];

    assert_int_equal(clock_gettime(CLOCK_REALTIME, &now), 0);
    now.tv_sec -= seconds;
    times[0] = times[1] = now;
    assert_int_equal(utimensat(AT_FDCWD, path_of(study, "heartbeat"), times, 0), 0);
}

static void who_wrote_the_heartbeat_decides(void **state)
{
    static const struct {
        const char *key, *value, *why;
        enum wn_status expected;
    } cases[] = {
        {"start", "1", "another process has the number now", WN_OK},
        {"boot", "\"another\"", "the machine was started again", WN_OK},
        {"pid", "999999999", "no process has the number", WN_OK},
        {"pid", "0", "no process at all", WN_OK},
        {"pid", "-1", "would be every process", WN_OK},
        {"pid", "\"many\"", "not a number", WN_OK},
        {"job", "\"4711\"", "in a batch job", WN_EBUSY},
        {"host", "\"elsewhere\"", "on another host, just now", WN_EBUSY},
    };
    struct study study;
    pid_t pid;

    (void)state;
    setup(&study);
    pid = start_coordinator(&study);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *before = NULL;
        enum wn_status rc;

        read_heartbeat(&study, &before);
        forge(&study, cases[i].key, cases[i].value);
        rc = wn_heartbeat_check(study.dir, &study.err);
        if (rc != cases[i].expected)
            fail_msg("%s: %d, %s", cases[i].why, (int)rc, study.err.text);
        put(&study, "heartbeat", before);
        wn_free(before);
    }
    end_coordinator(pid);
    teardown(&study);
}

static void elsewhere_half_a_minute_of_silence_is_death(void **state)
{
    struct study study;
    pid_t pid;

    (void)state;
    setup(&study);
    pid = start_coordinator(&study);
    set_age(&study, 3600); /* here the process decides, not the age */
    assert_int_equal(wn_heartbeat_check(study.dir, &study.err), WN_EBUSY);
    forge(&study, "host", "\"elsewhere\"");
    set_age(&study, 20);
    assert_int_equal(wn_heartbeat_check(study.dir, &study.err), WN_EBUSY);
    assert_non_null(strstr(study.err.text, "elsewhere"));
    set_age(&study, 31);
    assert_int_equal(wn_heartbeat_check(study.dir, &study.err), WN_OK);
    end_coordinator(pid);
    teardown(&study);
}

static void a_heartbeat_that_cannot_be_read_stops_nobody(void **state)
{
    static const char *const texts[] = {"",     "{",  "[1, 2]",
                                        "null", "{}", "{\"host\": 3, \"pid\": {}}"};
    struct study study;

    (void)state;
    setup(&study);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        put(&study, "heartbeat", texts[i]);
        set_age(&study, 31);
        if (wn_heartbeat_check(study.dir, &study.err) != WN_OK)
            fail_msg("%s: %s", texts[i], study.err.text);
    }
    teardown(&study);
}

static void a_heartbeat_is_written_again_and_removed(void **state)
{
    struct study study;

    (void)state;
    setup(&study);
    assert_int_equal(wn_heartbeat_write(study.dir, &study.err), WN_OK);
    assert_int_equal(wn_heartbeat_write(study.dir, &study.err), WN_OK);
    assert_int_equal(wn_heartbeat_check(study.dir, &study.err), WN_OK); /* our own */
    wn_heartbeat_remove(study.dir);
    assert_false(exists(&study, "heartbeat"));
    wn_heartbeat_remove(study.dir);
    assert_int_equal(wn_heartbeat_write("/nonexistent/study", &study.err), WN_EIO);
    teardown(&study);
}

/* --- keeper --- */

static const struct wn_generation gen = {.trial = 0,
                                         .resource = 3,
                                         .dispatch = {.incarnation = 1, .count = 1}};

static enum wn_status ignore(void *arg,
                             const struct wn_event *event,
                             struct wn_error *err)
{
    (void)arg, (void)event, (void)err;
    return WN_OK;
}

static struct wn_journal *open_journal(const struct study *study)
{
    char dir[WN_PATH_MAX];
    struct wn_journal_config cfg = {.dir = dir, .study = "files"};
    struct wn_journal_opening opening = {0};
    struct wn_journal *journal = NULL;
    struct wn_error err = {0};
    struct wn_event event = {.kind = WN_EVENT_TIMER, .trial = WN_TRIAL_NONE};

    assert_int_equal(wn_path_join(dir, NULL, study->dir, "journal"), WN_OK);
    if (wn_journal_open(&cfg, ignore, NULL, &journal, &opening, &err) != WN_OK)
        fail_msg("%s", err.text);
    wn_free(opening.lengths);
    assert_int_equal(wn_journal_append(journal, &event, &err), WN_OK);
    return journal;
}

struct desk {
    struct study study;
    struct wn_journal *journal;
    struct wn_keeper *keeper;
    unsigned n_asked;
    bool dies;
};

static bool asked(void *arg)
{
    struct desk *desk = arg;

    desk->n_asked++;
    return desk->dies;
}

static void desk_open(struct desk *desk, bool is_inline)
{
    struct wn_keeper_config cfg = {
        .is_inline = is_inline, .dies = asked, .dies_arg = desk};

    *desk = (struct desk){0};
    setup(&desk->study);
    desk->journal = open_journal(&desk->study);
    cfg.journal = desk->journal;
    cfg.store = desk->study.store;
    cfg.study_dir = desk->study.dir;
    assert_int_equal(wn_keeper_create(&cfg, &desk->keeper, NULL), WN_OK);
    assert_int_equal(wn_store_put(desk->study.store, gen, "state", 5, NULL), WN_OK);
    put(&desk->study, "request", "stop");
}

static void desk_close(struct desk *desk)
{
    wn_keeper_destroy(desk->keeper);
    wn_journal_close(desk->journal);
    teardown(&desk->study);
}

static bool has_checkpoint(const struct desk *desk)
{
    return wn_store_verify(desk->study.store, gen, true, NULL) == WN_OK;
}

static void what_is_irreversible_comes_after_a_sync(void **state)
{
    (void)state;
    for (int is_inline = 0; is_inline < 2; is_inline++) {
        struct desk desk;
        desk_open(&desk, is_inline);
        assert_true(wn_journal_synced(desk.journal) < wn_journal_written(desk.journal));
        assert_int_equal(wn_keeper_delete(desk.keeper, gen, NULL), WN_OK);
        wn_keeper_flush(desk.keeper);
        assert_int_equal(wn_keeper_check(desk.keeper, &desk.study.err), WN_OK);
        assert_int_equal(wn_journal_synced(desk.journal),
                         wn_journal_written(desk.journal));
        assert_false(has_checkpoint(&desk));
        assert_int_equal(
            wn_keeper_unlink(desk.keeper, path_of(&desk.study, "request"), NULL), WN_OK);
        assert_int_equal(
            wn_keeper_unlink(desk.keeper, path_of(&desk.study, "request"), NULL),
            WN_OK); /* it is gone already */
        wn_keeper_flush(desk.keeper);
        assert_int_equal(wn_keeper_check(desk.keeper, &desk.study.err), WN_OK);
        assert_false(exists(&desk.study, "request"));
        assert_int_equal(desk.n_asked, 3);
        desk_close(&desk);
    }
}

static void a_sync_alone_asks_nobody(void **state)
{
    struct desk desk;

    (void)state;
    desk_open(&desk, true);
    assert_int_equal(wn_keeper_sync(desk.keeper, NULL), WN_OK);
    assert_int_equal(wn_journal_synced(desk.journal), wn_journal_written(desk.journal));
    assert_int_equal(desk.n_asked, 0);
    desk_close(&desk);
}

/* Another coordinator has opened the study: nothing is deleted, removed or written. */
static void a_fenced_keeper_does_nothing_irreversible(void **state)
{
    (void)state;
    for (int is_inline = 0; is_inline < 2; is_inline++) {
        for (int act = 0; act < 3; act++) {
            struct desk desk;
            struct wn_journal *later;
            struct wn_error err = {0};
            desk_open(&desk, is_inline);
            later = open_journal(&desk.study);
            if (act == 0)
                (void)!wn_keeper_delete(desk.keeper, gen, &err);
            else if (act == 1)
                (void)!wn_keeper_unlink(desk.keeper, path_of(&desk.study, "request"),
                                        &err);
            else
                (void)!wn_keeper_heartbeat(desk.keeper, &err);
            wn_keeper_flush(desk.keeper);
            assert_int_equal(wn_keeper_check(desk.keeper, &err), WN_EFENCED);
            (void)!wn_keeper_delete(desk.keeper, gen, &err); /* nor anything later */
            (void)!wn_keeper_heartbeat(desk.keeper, &err);
            wn_keeper_flush(desk.keeper);
            assert_true(has_checkpoint(&desk));
            assert_true(exists(&desk.study, "request"));
            assert_false(exists(&desk.study, "heartbeat"));
            wn_journal_close(later);
            desk_close(&desk);
        }
    }
}

static void a_coordinator_that_dies_before_the_act_has_not_acted(void **state)
{
    struct desk desk;

    (void)state;
    desk_open(&desk, true);
    desk.dies = true;
    assert_int_equal(wn_keeper_delete(desk.keeper, gen, NULL), WN_EFENCED);
    assert_true(has_checkpoint(&desk));
    desk_close(&desk);
}

static void what_is_queued_is_done_before_the_keeper_ends(void **state)
{
    struct desk desk;

    (void)state;
    desk_open(&desk, false);
    assert_int_equal(wn_keeper_heartbeat(desk.keeper, NULL), WN_OK);
    assert_int_equal(wn_keeper_unlink(desk.keeper, path_of(&desk.study, "request"), NULL),
                     WN_OK);
    assert_int_equal(wn_keeper_delete(desk.keeper, gen, NULL), WN_OK);
    wn_keeper_destroy(desk.keeper);
    desk.keeper = NULL;
    assert_true(exists(&desk.study, "heartbeat"));
    assert_false(exists(&desk.study, "request"));
    assert_false(has_checkpoint(&desk));
    wn_keeper_destroy(NULL);
    desk_close(&desk);
}

/* The journal is the truth; others may take us for dead, and fence us, but nothing is lost. */
static void what_may_fail_does_not_end_the_study(void **state)
{
    (void)state;
    for (int is_inline = 0; is_inline < 2; is_inline++) {
        struct desk desk;

        desk_open(&desk, is_inline);
        assert_int_equal(wn_dir_make(path_of(&desk.study, "heartbeat/in/the/way"), NULL),
                         WN_OK);
        assert_int_equal(wn_dir_make(path_of(&desk.study, "folder/in/the/way"), NULL),
                         WN_OK);
        assert_int_equal(wn_keeper_heartbeat(desk.keeper, NULL), WN_OK);
        assert_int_equal(
            wn_keeper_unlink(desk.keeper, path_of(&desk.study, "folder"), NULL), WN_OK);
        wn_keeper_flush(desk.keeper);
        if (wn_keeper_check(desk.keeper, &desk.study.err) != WN_OK)
            fail_msg("%s", desk.study.err.text);
        desk_close(&desk);
    }
}

/* Holds the keeper before its first act until all is queued; then notes at which act the
 * heartbeat was there. */
struct hurry {
    struct study *study;
    atomic_bool is_queued;
    int n_acts, n_before_heartbeat;
};

static bool hold_the_first(void *arg)
{
    struct hurry *hurry = arg;

    while (!hurry->is_queued)
        sched_yield();
    hurry->n_acts++;
    hurry->n_before_heartbeat += !exists(hurry->study, "heartbeat");
    return false;
}

static void a_sign_of_life_goes_before_a_thousand_deletions(void **state)
{
    struct study study;
    struct hurry hurry = {.study = &study};
    struct wn_keeper_config cfg = {.dies = hold_the_first, .dies_arg = &hurry};
    struct wn_keeper *keeper;
    struct wn_generation gone = gen;

    (void)state;
    setup(&study);
    cfg.store = study.store;
    cfg.study_dir = study.dir;
    assert_int_equal(wn_keeper_create(&cfg, &keeper, NULL), WN_OK);
    for (int i = 1; i <= 1000; i++) {
        gone.resource = i;
        assert_int_equal(wn_store_put(study.store, gone, "state", 5, NULL), WN_OK);
    }
    for (int i = 1; i <= 1000; i++) {
        gone.resource = i;
        assert_int_equal(wn_keeper_delete(keeper, gone, NULL), WN_OK);
    }
    assert_int_equal(wn_keeper_heartbeat(keeper, NULL), WN_OK);
    hurry.is_queued = true;
    wn_keeper_flush(keeper);
    assert_int_equal(hurry.n_acts, 1001);
    if (hurry.n_before_heartbeat > 2) /* the one it was held at, and its own */
        fail_msg("the heartbeat came after %d acts", hurry.n_before_heartbeat);
    for (int i = 1; i <= 1000; i++) {
        gone.resource = i;
        assert_int_not_equal(wn_store_verify(study.store, gone, true, NULL), WN_OK);
    }
    wn_keeper_destroy(keeper);
    teardown(&study);
}

static void a_keeper_without_memory_says_so_and_goes_on(void **state)
{
    struct desk desk;

    (void)state;
    desk_open(&desk, false);
    wn_mem_fail_after(1);
    assert_int_equal(wn_keeper_unlink(desk.keeper, "x", NULL), WN_ENOMEM);
    wn_mem_fail_after(0);
    assert_int_equal(wn_keeper_delete(desk.keeper, gen, NULL), WN_OK);
    wn_keeper_flush(desk.keeper);
    assert_false(has_checkpoint(&desk));
    desk_close(&desk);
}

/* --- a coordinator on real files --- */

struct real {
    struct study study;
    struct wn_job *job;
    struct wn_comm *coordinator, *worker;
    struct wn_coord *coord;
};

static enum wn_status real_open(struct real *real, bool takes_over)
{
    struct wn_problems problems = {0};
    enum wn_opening opening;
    struct wn_coord_config cfg = {.study_dir = real->study.dir,
                                  .store = real->study.store,
                                  .takes_over = takes_over};
    enum wn_status rc;

    if (!real->job)
        assert_int_equal(wn_job_parse(JOB, strlen(JOB), "/", NULL, 0, &problems,
                                      &real->job, &real->study.err),
                         WN_OK);
    if (!real->coordinator)
        assert_int_equal(wn_loopback_create(1, &real->coordinator, &real->worker, NULL),
                         WN_OK);
    cfg.job = real->job;
    cfg.comm = real->coordinator;
    rc = wn_coord_open(&cfg, &opening, &problems, &real->coord, &real->study.err);
    wn_problems_release(&problems);
    return rc;
}

static void real_close(struct real *real)
{
    wn_coord_destroy(real->coord);
    wn_job_destroy(real->job);
    wn_comm_destroy(real->coordinator);
    wn_comm_destroy(real->worker);
    teardown(&real->study);
}

static void a_stop_request_drains_the_study_and_is_removed(void **state)
{
    struct real real = {0};

    (void)state;
    setup(&real.study);
    assert_int_equal(real_open(&real, false), WN_OK);
    assert_int_equal(wn_dir_make(path_of(&real.study, "control"), NULL), WN_OK);
    put(&real.study, "control/.stop.half", "a request that is still being written");
    put(&real.study, "control/nonsense", "");
    put(&real.study, "control/stop", "");
    assert_int_equal(wn_coord_step(real.coord, &real.study.err), WN_OK);
    assert_int_equal(wn_study_stop_reason(wn_coord_study(real.coord), NULL),
                     WN_STOP_DRAIN);
    assert_int_equal(wn_coord_step(real.coord, &real.study.err), WN_OK);
    assert_true(wn_coord_is_done(real.coord)); /* done: the keeper was flushed */
    assert_false(exists(&real.study, "control/stop"));
    assert_false(exists(&real.study, "control/nonsense"));
    assert_true(exists(&real.study, "control/.stop.half"));
    assert_false(exists(&real.study, "heartbeat"));
    assert_true(exists(&real.study, "results.h5"));
    real_close(&real);
}

/* Neither what is no request, nor one that stays for ever, ends a study that runs well. */
static void what_lies_about_in_control_does_no_harm(void **state)
{
    struct real real = {0};

    (void)state;
    setup(&real.study);
    assert_int_equal(real_open(&real, false), WN_OK);
    assert_int_equal(wn_dir_make(path_of(&real.study, "control/folder/stop"), NULL),
                     WN_OK);
    put(&real.study, "control/stop", "");
    for (int i = 0; i < 2; i++)
        if (wn_coord_step(real.coord, &real.study.err) != WN_OK)
            fail_msg("%s", real.study.err.text);
    assert_true(wn_coord_is_done(real.coord));
    assert_false(exists(&real.study, "control/stop"));
    assert_true(exists(&real.study, "control/folder/stop"));
    real_close(&real);
}

static void an_open_study_has_a_job_file_and_a_heartbeat(void **state)
{
    struct real real = {0};
    struct wn_job *job = NULL;
    char *text = NULL;
    size_t n;

    (void)state;
    setup(&real.study);
    assert_int_equal(real_open(&real, false), WN_OK);
    assert_true(exists(&real.study, "heartbeat"));
    assert_int_equal(
        wn_file_read(path_of(&real.study, "job.json"), 1 << 20, &text, &n, NULL), WN_OK);
    assert_int_equal(wn_job_parse_canonical(text, "/", &job, &real.study.err), WN_OK);
    assert_string_equal(job->text, real.job->text);
    wn_job_destroy(job);
    wn_free(text);
    real_close(&real);
}

static void a_second_coordinator_is_refused_unless_it_takes_over(void **state)
{
    struct real real = {0};
    pid_t pid;

    (void)state;
    setup(&real.study);
    pid = start_coordinator(&real.study);
    assert_int_equal(real_open(&real, false), WN_EBUSY);
    assert_null(real.coord);
    assert_false(exists(&real.study, "journal"));
    assert_int_equal(real_open(&real, true), WN_OK);
    end_coordinator(pid);
    real_close(&real);
}

static void a_coordinator_that_was_fenced_ends(void **state)
{
    struct real real = {0};
    struct wn_journal *later;
    enum wn_status rc = WN_OK;

    (void)state;
    setup(&real.study);
    assert_int_equal(real_open(&real, false), WN_OK);
    later = open_journal(&real.study);
    assert_int_equal(wn_dir_make(path_of(&real.study, "control"), NULL), WN_OK);
    put(&real.study, "control/stop", "");
    for (int i = 0; i < 3 && rc == WN_OK; i++)
        rc = wn_coord_step(real.coord, &real.study.err);
    assert_int_equal(rc, WN_EFENCED);
    assert_true(exists(&real.study, "control/stop")); /* it is the other's to take */
    wn_journal_close(later);
    real_close(&real);
}

/* Failures are asked for here: nobody wants to read of each. */
static void hush(void *arg, enum wn_log_level level, const char *part, const char *line)
{
    (void)arg, (void)level, (void)part, (void)line;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_living_coordinator_is_not_disturbed),
        cmocka_unit_test(a_stopped_coordinator_lives),
        cmocka_unit_test(who_wrote_the_heartbeat_decides),
        cmocka_unit_test(elsewhere_half_a_minute_of_silence_is_death),
        cmocka_unit_test(a_heartbeat_that_cannot_be_read_stops_nobody),
        cmocka_unit_test(a_heartbeat_is_written_again_and_removed),
        cmocka_unit_test(what_is_irreversible_comes_after_a_sync),
        cmocka_unit_test(a_sync_alone_asks_nobody),
        cmocka_unit_test(a_fenced_keeper_does_nothing_irreversible),
        cmocka_unit_test(a_coordinator_that_dies_before_the_act_has_not_acted),
        cmocka_unit_test(what_is_queued_is_done_before_the_keeper_ends),
        cmocka_unit_test(what_may_fail_does_not_end_the_study),
        cmocka_unit_test(a_sign_of_life_goes_before_a_thousand_deletions),
        cmocka_unit_test(a_keeper_without_memory_says_so_and_goes_on),
        cmocka_unit_test(a_stop_request_drains_the_study_and_is_removed),
        cmocka_unit_test(what_lies_about_in_control_does_no_harm),
        cmocka_unit_test(an_open_study_has_a_job_file_and_a_heartbeat),
        cmocka_unit_test(a_second_coordinator_is_refused_unless_it_takes_over),
        cmocka_unit_test(a_coordinator_that_was_fenced_ends),
    };

    wn_log_set_sink(hush, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Ends that fall together with something else: nothing may be left waiting or running. */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/log.h"
#include "runner/process_internal.h"
#include "unit/runner_fixture.h"

#define TRIES 20

static void put_script(const struct fixture *f, const char *text)
{
    char path[128];
    int fd;

    snprintf(path, sizeof path, "%s/script", f->dir);
    fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0755);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

/* Until the helper has seen the end of the program, whose number is in `pid`. */
static void wait_for_end(const struct fixture *f)
{
    char path[128], text[32] = "";
    long pid = 0;

    snprintf(path, sizeof path, "%s/pid", f->dir);
    for (int tries = 0; tries < LIMIT_MS; tries++) {
        FILE *file = pid ? NULL : fopen(path, "r");

        if (file) {
            if (fgets(text, sizeof text, file) && strchr(text, '\n'))
                pid = strtol(text, NULL, 10);
            fclose(file);
        }
        if (pid && kill((pid_t)pid, 0) != 0)
            return;
        poll(NULL, 0, 1);
    }
    fail_msg("the program did not end: '%s'", text);
}

/* The worker looks only when all is over: the first bad report is found in the same look
 * as the end, after which nothing happens any more that could wake the worker. */
static void a_bad_report_found_after_the_end_fails_the_trial(void **state)
{
    static const char script[] = "#!/bin/sh\n"
                                 "echo '[tune-metric]: {\"epoch\": 1, \"accuracy\": 1}'\n"
                                 "echo '[tune-metric]: {\"epoch\": 2, \"loss\": 1}'\n"
                                 "echo $$ > ../../../pid\n";

    (void)state;
    for (int i = 0; i < TRIES; i++) {
        struct fixture f;

        make(&f, "{\"x\": 1}", "{\"command\": [\"./script\"], \"protocol\": \"stdout\"}");
        put_script(&f, script);
        start(&f, 1);
        wait_for_end(&f);
        expect_failure(&f, WN_FAILURE_BAD_REPORT, "no metric loss; it has accuracy");
        unmake(&f);
    }
}

/* A helper with us as its worker, told to run `args`. */
static pid_t start_helper(const char *dir, size_t n_args, const char *const *args, int fd)
{
    struct wn_spec spec = {.study_dir = dir,
                           .trial = 7,
                           .dispatch = {1, 5},
                           .cores = 1,
                           .python_dir = "",
                           .study_name = "test",
                           .config = "",
                           .n_args = n_args,
                           .args = args};
    struct wn_buf bytes = {0};
    char worker[32];
    pid_t helper;
    int memory;

    wn_spec_encode(&spec, &bytes);
    memory = memfd_create("test", 0);
    assert_int_equal(write(memory, bytes.at, bytes.n), bytes.n);
    wn_buf_release(&bytes);
    snprintf(worker, sizeof worker, "%ld", (long)getpid());
    helper = fork();
    if (helper == 0) {
        int null = open("/dev/null", O_RDWR);

        if (fcntl(fd, F_DUPFD, 20) != 20 || fcntl(memory, F_DUPFD, 21) != 21)
            _exit(1);
        dup2(null, 1);
        dup2(null, 2);
        dup2(20, WN_FD_CONTROL);
        dup2(21, WN_FD_MEMORY);
        execl(WN_BINARY_DIR "/winnow-trial", "winnow-trial", worker, (char *)NULL);
        _exit(1);
    }
    close(memory);
    return helper;
}

static bool ends_in_time(pid_t helper)
{
    struct pollfd fd = {.fd = (int)syscall(SYS_pidfd_open, helper, 0), .events = POLLIN};
    int n = poll(&fd, 1, LIMIT_MS);

    close(fd.fd);
    return n == 1;
}

/* The worker dies between its order to start and the helper's answer, so the helper finds
 * out by an answer that nobody takes. */
static void a_helper_that_cannot_answer_ends_its_program(void **state)
{
    static const char *const args[] = {"/bin/sleep", "1000", NULL};
    struct fixture f;
    pid_t helper;
    int pair[2];

    (void)state;
    make(&f, "{\"x\": 1}", "{\"command\": [\"%s\"]}");
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
    assert_int_equal(
        wn_control_send(pair[0], &(struct wn_control){.kind = WN_CONTROL_GO}, NULL),
        WN_OK);
    helper = start_helper(f.dir, 2, args, pair[1]);
    close(pair[1]);
    close(pair[0]);
    if (!ends_in_time(helper)) {
        kill(helper, SIGKILL); /* and the program with it */
        fail_msg("the helper and its program outlived the worker");
    }
    assert_int_equal(waitpid(helper, NULL, 0), helper);
    unmake(&f);
}

/* --- whose fault it is that nothing starts --- */

static char logged[1024];

static void keep_line(void *arg,
                      enum wn_log_level level,
                      const char *part,
                      const char *line)
{
    (void)arg;
    (void)part;
    if (level == WN_LOG_ERROR)
        snprintf(logged, sizeof logged, "%s", line);
}

/* The helper has no descriptor left for a folder: the trial has done nothing. */
static void a_machine_that_can_open_nothing_fails_no_trial(void **state)
{
    struct rlimit old, few;
    struct fixture f;

    (void)state;
    make_config(&f, "{\"mode\": \"facts\"}", "{\"command\": [\"%s\"]}");
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
    few = old;
    few.rlim_cur = WN_FD_N + 1;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    make_runner(&f);
    logged[0] = '\0';
    wn_log_set_sink(keep_line, NULL);
    start(&f, 3);
    expect_event(&f, WN_RUN_GONE);
    wn_log_set_sink(NULL, NULL);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
    assert_non_null(strstr(logged, "trial 7 was not started"));
    assert_non_null(strstr(logged, "Too many open files"));
    unmake(&f);
}

static void a_configuration_too_long_to_pass_is_the_trials_own_fault(void **state)
{
    static const struct {
        size_t length;
        const char *trial, *says;
    } cases[] = {
        {200000, "{\"command\": [\"%s\"], \"protocol\": \"stdout\"}",
         "longer than the system takes: use trial.pass: json"},
        {1000000, "{\"command\": [\"%s\"]}", "too long for the protocol: use"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct wn_buf space = {0};
        struct fixture f;

        wn_buf_adds(&space, "{\"mode\": \"facts\", \"long\": \"");
        for (size_t k = 0; k < cases[i].length; k++)
            wn_buf_addc(&space, 'x');
        wn_buf_adds(&space, "\"}");
        make(&f, wn_buf_text(&space), cases[i].trial);
        for (int again = 0; again < 2; again++) { /* and the slot is of use after it */
            start(&f, 3);
            expect_failure(&f, WN_FAILURE_START, cases[i].says);
        }
        start(&f, 3);
        f.ops->kill(f.runner, 0, wn_clock_mono_us());
        expect_event(&f, WN_RUN_GONE);
        wn_buf_release(&space);
        unmake(&f);
    }
}

/* A thread that does not end keeps a program from its exit: what it said stands. */
static void a_program_that_lingers_after_its_goodbye_is_ended_well(void **state)
{
    static const char *const trials[] = {
        "{\"command\": [\"%s\"], \"grace\": 0.1, \"report_timeout\": 1}",
        "{\"command\": [\"%s\"], \"grace\": 0.1, \"timeout\": 2}"};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct fixture f;

        make(&f, "{\"mode\": \"lingers\"}", trials[i]);
        start(&f, 3);
        expect_event(&f, WN_RUN_REPORT);
        expect_failure(&f, WN_FAILURE_NONE, "");
        unmake(&f);
    }
}

/* --- helpers that do not end --- */

/* Start a program that ignores TERM, and stop its helper. */
static pid_t stop_a_helper(struct fixture *f)
{
    pid_t helper;

    start(f, 3);
    expect_event(f, WN_RUN_REPORT);
    helper = f->runner->runs[0].helper;
    assert_int_equal(kill(helper, SIGSTOP), 0);
    return f->runner->runs[0].program;
}

static void expect_no_process(pid_t pid)
{
    for (int tries = 0; is_alive(pid); tries++) {
        if (tries == LIMIT_MS)
            fail_msg("process %ld is left", (long)pid);
        poll(NULL, 0, 1); /* a kill takes its moment */
    }
}

static void a_stopped_helper_does_not_hold_its_slot(void **state)
{
    struct fixture f;
    pid_t program;

    (void)state;
    make(&f, "{\"mode\": \"deaf\"}", "{\"command\": [\"%s\"], \"grace\": 0.1}");
    assert_int_equal(f.runner->patience_us, 10100000);
    f.runner->patience_us = 100000; /* nobody has that long here */
    program = stop_a_helper(&f);
    f.ops->kill(f.runner, 0, wn_clock_mono_us());
    expect_event(&f, WN_RUN_GONE);
    expect_no_process(program);
    start(&f, 3);
    expect_event(&f, WN_RUN_REPORT);
    unmake(&f);
}

static void a_stopped_helper_does_not_keep_a_worker_from_its_end(void **state)
{
    struct fixture f;
    pid_t program;

    (void)state;
    make(&f, "{\"mode\": \"deaf\"}", "{\"command\": [\"%s\"]}");
    f.runner->patience_us = 100000;
    program = stop_a_helper(&f);
    unmake(&f);
    expect_no_process(program);
}

/* --- what workers left that were killed together with their helpers --- */

static pid_t leave(const char *study_dir, pid_t keeper)
{
    static char sleeper[] = "/bin/sleep", time[] = "600";
    char *args[] = {sleeper, time, NULL};
    char study[256], kept[64];
    char *env[] = {study, kept, NULL};
    pid_t pid;

    snprintf(study, sizeof study, "WINNOW_STUDY_DIR=%s", study_dir);
    snprintf(kept, sizeof kept, "WINNOW_KEEPER=%ld", (long)keeper);
    assert_int_equal(posix_spawn(&pid, sleeper, NULL, NULL, args, env), 0);
    return pid;
}

static pid_t dead_process(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    return pid;
}

static void a_new_worker_ends_what_dead_helpers_of_its_study_left(void **state)
{
    struct fixture f;
    pid_t dead = dead_process(), orphan, others, kept;
    int status = 0;

    (void)state;
    make_config(&f, "{\"x\": 1}", "{\"command\": [\"%s\"]}");
    orphan = leave(f.dir, dead);
    others = leave("/another/study", dead);
    kept = leave(f.dir, getpid());
    make_runner(&f);
    assert_int_equal(waitpid(orphan, &status, 0), orphan);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    assert_true(is_alive(others));
    assert_true(is_alive(kept)); /* its helper lives: another worker of this node */
    kill(others, SIGKILL);
    kill(kept, SIGKILL);
    waitpid(others, NULL, 0);
    waitpid(kept, NULL, 0);
    unmake(&f);
}

/* --- orders that wait for the disk --- */

static void expect_control(int fd,
                           struct wn_arena *arena,
                           enum wn_control_kind kind,
                           struct wn_control *out)
{
    bool is_gone = false;

    do {
        struct pollfd ready = {.fd = fd, .events = POLLIN};

        if (poll(&ready, 1, LIMIT_MS) != 1)
            fail_msg("the helper never said %d", (int)kind);
        if (!wn_control_recv(fd, arena, out, &is_gone) && is_gone)
            fail_msg("the helper is gone before it said %d", (int)kind);
    } while (out->kind != kind);
}

static void order(int fd, enum wn_control_kind kind)
{
    assert_int_equal(
        wn_control_send(fd, &(struct wn_control){.kind = kind, .text = "none"}, NULL),
        WN_OK);
}

/* All three orders are there when the helper looks: the copy begins, the stop waits for it,
 * and the end overtakes both. A stop that came after it would hold up the last words. */
static void no_stop_comes_after_the_order_to_end(void **state)
{
    static const char *const args[] = {"/bin/sh", "-c",
                                       "trap 'sleep 0.2; exit 3' TERM; touch "
                                       "../../../ready; while :; do sleep 0.01; done",
                                       NULL};
    struct wn_arena arena = {0};
    struct wn_control said = {0};
    struct fixture f;
    char path[128];
    pid_t helper;
    int pair[2];

    (void)state;
    make(&f, "{\"x\": 1}", "{\"command\": [\"%s\"]}");
    snprintf(path, sizeof path, "%s/ready", f.dir);
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
    helper = start_helper(f.dir, 3, args, pair[1]);
    close(pair[1]);
    order(pair[0], WN_CONTROL_GO);
    expect_control(pair[0], &arena, WN_CONTROL_STARTED, &said);
    for (int tries = 0; access(path, F_OK) != 0; tries++) {
        assert_true(tries < LIMIT_MS);
        poll(NULL, 0, 1);
    }
    assert_int_equal(kill(helper, SIGSTOP), 0);
    order(pair[0], WN_CONTROL_COMMIT);
    order(pair[0], WN_CONTROL_HOLD);
    order(pair[0], WN_CONTROL_TERM);
    assert_int_equal(kill(helper, SIGCONT), 0);
    expect_control(pair[0], &arena, WN_CONTROL_EXITED, &said);
    assert_true(WIFEXITED((int)said.number));
    assert_int_equal(WEXITSTATUS((int)said.number), 3);
    order(pair[0], WN_CONTROL_CLOSE);
    assert_true(ends_in_time(helper));
    assert_int_equal(waitpid(helper, NULL, 0), helper);
    close(pair[0]);
    wn_arena_release(&arena);
    unmake(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bad_report_found_after_the_end_fails_the_trial),
        cmocka_unit_test(a_helper_that_cannot_answer_ends_its_program),
        cmocka_unit_test(a_program_that_lingers_after_its_goodbye_is_ended_well),
        cmocka_unit_test(a_stopped_helper_does_not_hold_its_slot),
        cmocka_unit_test(a_new_worker_ends_what_dead_helpers_of_its_study_left),
        cmocka_unit_test(a_stopped_helper_does_not_keep_a_worker_from_its_end),
        cmocka_unit_test(no_stop_comes_after_the_order_to_end),
        cmocka_unit_test(a_machine_that_can_open_nothing_fails_no_trial),
        cmocka_unit_test(a_configuration_too_long_to_pass_is_the_trials_own_fault),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

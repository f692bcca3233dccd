/* test_base_log.c - log lines and their repeats; what a failed assertion does. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/assert.h"
#include "base/buf.h"
#include "base/log.h"

static void to_buf(void *arg, enum wn_log_level level, const char *part, const char *line)
{
    wn_buf_addf(arg, "%s %s: %s\n", wn_log_level_name(level), part, line);
    errno = EBADF; /* a sink that fails */
}

static void lines_go_to_the_sink_from_the_level_on(void **state)
{
    struct wn_buf out = {0};

    (void)state;
    wn_log_set_sink(to_buf, &out);
    wn_debug("study", "hidden %d", 1);
    wn_info("study", "trial %d started", 7);
    wn_log_set_level(WN_LOG_DEBUG);
    wn_debug("study", "seen");
    wn_log_set_level(WN_LOG_ERROR);
    wn_warn("study", "hidden");
    wn_oops("comm", "lost");
    wn_log_set_level(WN_LOG_INFO);
    wn_log_set_sink(NULL, NULL);
    assert_string_equal(
        wn_buf_text(&out),
        "info study: trial 7 started\ndebug study: seen\nerror comm: lost\n");
    wn_buf_release(&out);
}

static void equal_lines_are_counted(void **state)
{
    struct wn_buf out = {0};

    (void)state;
    wn_log_set_sink(to_buf, &out);
    for (int i = 0; i < 5; i++)
        wn_warn("a", "again");
    wn_warn("b", "again"); /* another part is another line */
    wn_info("b", "again"); /* another level too */
    wn_info("b", "again");
    wn_log_set_sink(NULL, NULL); /* the count is told to the sink that saw the line */
    assert_string_equal(wn_buf_text(&out), "warning a: again\n"
                                           "warning a: the line above came 4 more times\n"
                                           "warning b: again\n"
                                           "info b: again\n"
                                           "info b: the line above came once more\n");
    wn_buf_release(&out);
}

/* Two sinks, each of which knows the argument it was set with. */
static int first_arg, second_arg;
static atomic_ulong n_lines, n_mixed;

static void first_sink(void *arg,
                       enum wn_log_level level,
                       const char *part,
                       const char *line)
{
    (void)level, (void)part, (void)line;
    n_lines++;
    n_mixed += arg != &first_arg;
}

static void second_sink(void *arg,
                        enum wn_log_level level,
                        const char *part,
                        const char *line)
{
    (void)level, (void)part, (void)line;
    n_lines++;
    n_mixed += arg != &second_arg;
}

static void *log_until_told(void *arg)
{
    const atomic_bool *ends = arg;

    for (unsigned long i = 0; !*ends; i++)
        wn_info("thread", "line %lu", i);
    return NULL;
}

static void a_sink_may_change_while_a_thread_logs(void **state)
{
    atomic_bool ends = false;
    pthread_t thread;

    (void)state;
    n_lines = n_mixed = 0;
    wn_log_set_sink(first_sink, &first_arg);
    assert_int_equal(pthread_create(&thread, NULL, log_until_told, &ends), 0);
    while (n_lines < 400000) {
        wn_log_set_sink(second_sink, &second_arg);
        wn_log_set_sink(first_sink, &first_arg);
    }
    ends = true;
    assert_int_equal(pthread_join(thread, NULL), 0);
    wn_log_set_sink(NULL, NULL);
    if (n_mixed)
        fail_msg("%lu of %lu lines went to one sink with the argument of the other",
                 (unsigned long)n_mixed, (unsigned long)n_lines);
}

static void one_event_is_one_line(void **state)
{
    struct wn_buf out = {0};
    char huge[5000];

    (void)state;
    memset(huge, 'x', sizeof huge - 1);
    huge[sizeof huge - 1] = '\0';
    wn_log_set_sink(to_buf, &out);
    wn_info("a", "two\nlines\r\tand \x1b[31mred");
    assert_string_equal(wn_buf_text(&out), "info a: two lines  and  [31mred\n");
    wn_buf_clear(&out);
    wn_info("a", "%s", huge);
    assert_int_equal(out.n, 1023 + strlen("info a: \n"));
    assert_string_equal(out.at + out.n - 5, "x...\n");
    wn_log_set_sink(NULL, NULL);
    wn_buf_release(&out);
}

static void errno_is_kept(void **state)
{
    struct wn_buf out = {0};

    (void)state;
    wn_log_set_sink(to_buf, &out);
    errno = ENOSPC;
    wn_info("a", "b");
    assert_int_equal(errno, ENOSPC);
    wn_debug("a", "hidden");
    assert_int_equal(errno, ENOSPC);
    wn_log_set_sink(NULL, NULL);
    wn_buf_release(&out);
}

static void logging_sink(void *arg,
                         enum wn_log_level level,
                         const char *part,
                         const char *line)
{
    (void)level, (void)part, (void)line;
    ++*(int *)arg;
    wn_info("sink", "a line about a line");
}

static void sink_that_logs_neither_hangs_nor_recurses(void **state)
{
    int n = 0;

    (void)state;
    wn_log_set_sink(logging_sink, &n);
    wn_info("a", "b");
    wn_info("a", "c");
    wn_log_set_sink(NULL, NULL);
    assert_int_equal(n, 2);
}

/* Run `child` in a process of its own; its standard error goes to `out`. */
static int run_child(void (*child)(void), struct wn_buf *out)
{
    int pipe_fds[2], status = 0;
    char chunk[512];
    ssize_t n;
    pid_t pid;

    assert_int_equal(pipe(pipe_fds), 0);
    fflush(stdout);
    fflush(stderr);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        const struct rlimit no_core = {0, 0};

        setrlimit(RLIMIT_CORE, &no_core);
        signal(SIGABRT, SIG_DFL); /* cmocka and sanitizers have their own */
        dup2(pipe_fds[1], STDERR_FILENO);
        close(pipe_fds[0]);
        close(pipe_fds[1]);
        child();
        _exit(0);
    }
    close(pipe_fds[1]);
    while ((n = read(pipe_fds[0], chunk, sizeof chunk)) > 0)
        wn_buf_add(out, chunk, (size_t)n);
    close(pipe_fds[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static void log_without_sink(void)
{
    wn_log_set_level(WN_LOG_DEBUG);
    wn_info("a", "not shown");
    wn_warn("a", "shown %d", 1);
    wn_oops("b", "shown too");
}

static void warnings_reach_standard_error_without_a_sink(void **state)
{
    struct wn_buf out = {0};

    (void)state;
    assert_int_equal(run_child(log_without_sink, &out), 0);
    assert_string_equal(wn_buf_text(&out),
                        "winnow: warning: a: shown 1\nwinnow: error: b: shown too\n");
    wn_buf_release(&out);
}

static void hook(void *arg)
{
    fprintf(stderr, "hook got %s\n", (const char *)arg);
    WN_ASSERT(errno < 0); /* a failure inside must not come back here */
}

static void fail_an_assertion(void)
{
    static char arg[] = "its argument";

    wn_abort_set_hook(hook, arg);
    WN_ASSERT(1 + 1 == 2);
    WN_ASSERT(1 + 1 == 3);
}

static void failed_assertion_tells_where_calls_the_hook_once_and_aborts(void **state)
{
    struct wn_buf out = {0};
    int status = run_child(fail_an_assertion, &out);
    const char *where, *called, *inside;

    (void)state;
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
    where = strstr(wn_buf_text(&out), "'1 + 1 == 3'");
    assert_non_null(where);
    assert_non_null(strstr(wn_buf_text(&out), "test_base_log.c:"));
    called = strstr(where, "hook got its argument");
    assert_non_null(called);
    inside = strstr(called, "errno < 0");
    assert_non_null(inside);
    assert_null(strstr(inside, "hook got"));
    assert_null(strstr(wn_buf_text(&out), "1 + 1 == 2"));
    wn_buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_go_to_the_sink_from_the_level_on),
        cmocka_unit_test(equal_lines_are_counted),
        cmocka_unit_test(a_sink_may_change_while_a_thread_logs),
        cmocka_unit_test(one_event_is_one_line),
        cmocka_unit_test(errno_is_kept),
        cmocka_unit_test(sink_that_logs_neither_hangs_nor_recurses),
        cmocka_unit_test(warnings_reach_standard_error_without_a_sink),
        cmocka_unit_test(failed_assertion_tells_where_calls_the_hook_once_and_aborts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The trial client against a worker played by the test: both ends of one socket. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sdk/client_internal.h"
#include "winnow/trial.h"

static int worker; /* the worker's end of the socket of the running test */

static void say(const char *text)
{
    assert_int_equal(send(worker, text, strlen(text), MSG_NOSIGNAL),
                     (ssize_t)strlen(text));
}

/* The next packet of the client; "" when there is none. */
static const char *hear(void)
{
    static char text[65536];
    ssize_t n = recv(worker, text, sizeof text - 1, MSG_DONTWAIT);

    text[n > 0 ? n : 0] = '\0';
    return text;
}

static struct winnow_trial *begin_with(const char *greeting)
{
    struct winnow_trial *t;
    char number[16];
    int pair[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    worker = pair[0];
    snprintf(number, sizeof number, "%d", pair[1]);
    setenv("WINNOW_FD", number, 1);
    say(greeting);
    t = winnow_begin(0, NULL);
    assert_non_null(t);
    assert_string_equal(hear(), "{\"hello\":1,\"client\":\"c\"}");
    return t;
}

static void end(struct winnow_trial *t)
{
    winnow_end(t);
    close(worker);
}

static const char plain[] =
    "{\"winnow\":1,\"study\":\"s\",\"trial\":\"17\",\"parameters\":{"
    "\"lr\":0.5,\"width\":64,\"big\":1e3,\"name\":\"a\\u00e9\\n\\\"b\","
    "\"on\":true,\"none\":null,\"list\":[1,{\"x\":\"]\"}]},"
    "\"milestone\":3,\"max\":27,\"waits\":false}";

static void reads_the_configuration(void **state)
{
    struct winnow_trial *t = begin_with(plain);

    (void)state;
    assert_true(winnow_is_managed(t));
    assert_string_equal(winnow_trial_id(t), "17");
    assert_true(winnow_double(t, "lr", 9) == 0.5); /* exactly: no rounding on the way */
    assert_int_equal(winnow_long(t, "width", 9), 64);
    assert_int_equal(winnow_long(t, "big", 9), 1000);
    assert_int_equal(winnow_long(t, "lr", 9), 9); /* no whole number */
    assert_int_equal(winnow_bool(t, "on", 0), 1);
    assert_string_equal(winnow_string(t, "name", ""), "a\xc3\xa9\n\"b");
    assert_string_equal(winnow_string(t, "list", ""), "[1,{\"x\":\"]\"}]");
    assert_true(winnow_has(t, "none"));
    assert_string_equal(winnow_string(t, "none", "f"), "f");
    assert_false(winnow_has(t, "absent"));
    assert_true(winnow_double(t, "absent", 7) == 7);
    assert_true(winnow_double(t, "name", 7) == 7);
    assert_int_equal(winnow_milestone(t), 3);
    assert_int_equal(winnow_max_resource(t, 5), 27);
    assert_null(winnow_restore(t));
    assert_int_equal(winnow_restore_resource(t), 0);
    assert_null(getenv("WINNOW_FD")); /* a program started by this one is not the trial */
    end(t);
}

static void keeps_the_socket_from_its_children(void **state)
{
    struct winnow_trial *t = begin_with(plain);

    (void)state;
    assert_true(fcntl(t->fd, F_GETFD) & FD_CLOEXEC);
    end(t);
}

static void does_not_wait_below_the_milestone(void **state)
{
    struct winnow_trial *t = begin_with(plain);

    (void)state;
    winnow_metric(t, "loss", 0.25);
    winnow_metric(t, "a\"b", (double)NAN);
    alarm(10); /* a wait would end the test here */
    assert_int_equal(winnow_report(t, 1), WINNOW_CONTINUE);
    assert_string_equal(hear(), "{\"report\":{\"resource\":1,\"metrics\":{\"loss\":0.25,"
                                "\"a\\\"b\":NaN},\"waits\":false}}");
    winnow_metric(t, "loss", (double)-INFINITY);
    assert_int_equal(winnow_report(t, 2), WINNOW_CONTINUE);
    assert_string_equal(
        hear(),
        "{\"report\":{\"resource\":2,\"metrics\":{\"loss\":-Infinity},\"waits\":false}}");
    alarm(0);
    end(t);
}

static void takes_the_answer_at_the_milestone(void **state)
{
    static const struct {
        const char *says;
        enum winnow_answer answer;
        long milestone;
    } cases[] = {
        {"{\"answer\":\"continue\",\"milestone\":9,\"waits\":false}", WINNOW_CONTINUE, 9},
        {"{\"answer\":\"continue\",\"milestone\":null,\"waits\":false}", WINNOW_CONTINUE,
         LONG_MAX},
        {"{\"answer\":\"pause\"}", WINNOW_PAUSE, 3},
        {"{\"answer\":\"stop\"}", WINNOW_STOP, 3},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct winnow_trial *t = begin_with(plain);

        if (fork() == 0) {
            char text[4096];

            recv(worker, text, sizeof text, 0);
            send(worker, "{\"recall\":true}", 15, 0); /* no answer */
            send(worker, cases[i].says, strlen(cases[i].says), 0);
            _exit(0);
        }
        winnow_metric(t, "loss", 1);
        assert_int_equal(winnow_report(t, 3), cases[i].answer);
        assert_int_equal(winnow_milestone(t), cases[i].milestone);
        wait(NULL);
        if (cases[i].answer != WINNOW_CONTINUE) /* and it stays so, without a message */
            assert_int_equal(winnow_report(t, 4), cases[i].answer);
        end(t);
    }
}

static void waits_after_a_recall(void **state)
{
    struct winnow_trial *t =
        begin_with("{\"parameters\":{},\"milestone\":3,\"checkpoint_temp\":\"/tmp\"}");

    (void)state;
    assert_int_equal(winnow_checkpoint_due(t, 1), 0);
    say("{\"recall\":true}");
    assert_int_equal(winnow_checkpoint_due(t, 1), 1);
    if (fork() == 0) {
        char text[4096];
        ssize_t n = recv(worker, text, sizeof text - 1, 0);

        text[n > 0 ? n : 0] = '\0';
        if (strstr(text, "\"waits\":true"))
            send(worker, "{\"answer\":\"pause\"}", 18, 0);
        _exit(0);
    }
    alarm(20);
    assert_int_equal(winnow_report(t, 1), WINNOW_PAUSE);
    alarm(0);
    wait(NULL);
    end(t);
}

static void keeps_reports_a_full_socket_does_not_take(void **state)
{
    struct winnow_trial *t = begin_with("{\"parameters\":{},\"milestone\":null}");
    const long n = 20000;
    long next = 1;

    (void)state;
    alarm(60);
    for (long i = 1; i <= n; i++) {
        winnow_metric(t, "loss", 1);
        assert_int_equal(winnow_report(t, i), WINNOW_CONTINUE);
    }
    assert_non_null(t->queue); /* far more than a socket holds */
    while (next <= n) {        /* now the worker reads: all come, in order */
        char want[64];
        const char *text = hear();

        if (!*text) {
            assert_int_equal(winnow_send(t, "{}", 2, 0), 0);
            continue;
        }
        if (strcmp(text, "{}") == 0)
            continue;
        snprintf(want, sizeof want, "{\"report\":{\"resource\":%ld,", next);
        assert_memory_equal(text, want, strlen(want));
        next++;
    }
    alarm(0);
    while (*hear())
        continue;
    end(t);
}

static void hands_a_checkpoint_over_with_its_report(void **state)
{
    char temp[] = "/tmp/wn-sdk-XXXXXX", greeting[512], path[600];
    struct winnow_trial *t;
    const char *dir;
    FILE *file;

    (void)state;
    assert_non_null(mkdtemp(temp));
    snprintf(greeting, sizeof greeting,
             "{\"parameters\":{},\"milestone\":9,\"max\":9,\"restore\":\"/r\","
             "\"restore_resource\":2,\"checkpoint_temp\":\"%s\",\"checkpoint_every\":4}",
             temp);
    t = begin_with(greeting);
    assert_string_equal(winnow_restore(t), "/r");
    assert_int_equal(winnow_restore_resource(t), 2);
    assert_int_equal(winnow_checkpoint_due(t, 3), 0);
    assert_int_equal(winnow_checkpoint_due(t, 4), 1);
    assert_int_equal(winnow_checkpoint_due(t, 5), 1); /* 4 was missed */
    assert_int_equal(winnow_checkpoint_commit(t), -1);

    dir = winnow_checkpoint_begin(t); /* begun and not committed: discarded */
    assert_non_null(dir);
    snprintf(path, sizeof path, "%s/sub", dir);
    assert_int_equal(mkdir(path, 0777), 0);
    winnow_metric(t, "loss", 1);
    assert_int_equal(winnow_report(t, 3), WINNOW_CONTINUE);
    assert_null(strstr(hear(), "checkpoint"));
    assert_int_equal(access(path, F_OK), -1);

    dir = winnow_checkpoint_begin(t);
    snprintf(path, sizeof path, "%s/file", dir);
    file = fopen(path, "w");
    assert_non_null(file);
    fclose(file);
    assert_int_equal(winnow_checkpoint_commit(t), 0);
    assert_int_equal(winnow_report(t, 5), WINNOW_CONTINUE);
    assert_non_null(strstr(hear(), "\"checkpoint\":\"c2\""));
    assert_int_equal(access(path, F_OK), 0); /* the worker's now */
    assert_int_equal(winnow_checkpoint_due(t, 6), 0);
    assert_int_equal(winnow_checkpoint_due(t, 8), 1);
    end(t);
    unlink(path);
    *strrchr(path, '/') = '\0';
    rmdir(path);
    assert_int_equal(rmdir(temp), 0);
}

static void counts_from_zero_where_the_job_says_so(void **state)
{
    struct winnow_trial *t = begin_with(
        "{\"parameters\":{},\"milestone\":3,\"first\":0,\"checkpoint_temp\":\"/tmp\"}");

    (void)state;
    assert_int_equal(winnow_checkpoint_due(t, 1), 0);
    assert_int_equal(winnow_checkpoint_due(t, 2), 1); /* the third unit */
    end(t);
}

static void stops_when_the_worker_is_gone(void **state)
{
    struct winnow_trial *t = begin_with(plain);

    (void)state;
    close(worker);
    worker = -1;
    assert_int_equal(winnow_report(t, 1), WINNOW_STOP);
    winnow_metric(t, "loss", 1);
    assert_int_equal(winnow_report(t, 3), WINNOW_STOP);
    assert_int_equal(t->metrics.n, 0); /* however long the program goes on */
    winnow_end(t);
}

static void survives_a_malformed_greeting(void **state)
{
    static const char *const greetings[] = {"{", "[]", "{\"a\":}", "{\"a\":\"\\ud8\"}",
                                            "x"};

    (void)state;
    for (size_t i = 0; i < sizeof greetings / sizeof *greetings; i++) {
        struct winnow_trial *t = begin_with(greetings[i]);

        assert_int_equal(winnow_report(t, 1), WINNOW_STOP);
        end(t);
    }
}

static void reads_flags_when_alone(void **state)
{
    char *argv[] = {(char[]){"prog"},      (char[]){"--lr"},    (char[]){"-0.5"},
                    (char[]){"--width=8"}, (char[]){"--quiet"}, (char[]){"--name"},
                    (char[]){"x y"},       (char[]){"rest"},    NULL};
    struct winnow_trial *t;

    (void)state;
    unsetenv("WINNOW_FD");
    t = winnow_begin(8, argv);
    assert_non_null(t);
    assert_false(winnow_is_managed(t));
    assert_string_equal(winnow_trial_id(t), "");
    assert_true(winnow_double(t, "lr", 1) == -0.5);
    assert_int_equal(winnow_long(t, "width", 1), 8);
    assert_int_equal(winnow_bool(t, "quiet", 0), 1);
    assert_string_equal(winnow_string(t, "name", ""), "x y");
    assert_int_equal(winnow_max_resource(t, 5), 5);
    assert_null(winnow_checkpoint_begin(t));
    assert_int_equal(winnow_checkpoint_due(t, 1), 0);
    winnow_metric(t, "loss", 1);
    assert_int_equal(winnow_report(t, 1), WINNOW_CONTINUE);
    winnow_end(t);
}

static void takes_no_other_descriptor_for_its_socket(void **state)
{
    static const char *const values[] = {"",   "x", "99999999999999999999",
                                         "-1", "0", "9999"};

    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        struct winnow_trial *t;

        setenv("WINNOW_FD", values[i], 1);
        t = winnow_begin(0, NULL);
        assert_non_null(t);
        assert_false(winnow_is_managed(t));
        winnow_end(t);
    }
    unsetenv("WINNOW_FD");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_configuration),
        cmocka_unit_test(keeps_the_socket_from_its_children),
        cmocka_unit_test(does_not_wait_below_the_milestone),
        cmocka_unit_test(takes_the_answer_at_the_milestone),
        cmocka_unit_test(waits_after_a_recall),
        cmocka_unit_test(keeps_reports_a_full_socket_does_not_take),
        cmocka_unit_test(hands_a_checkpoint_over_with_its_report),
        cmocka_unit_test(counts_from_zero_where_the_job_says_so),
        cmocka_unit_test(stops_when_the_worker_is_gone),
        cmocka_unit_test(survives_a_malformed_greeting),
        cmocka_unit_test(reads_flags_when_alone),
        cmocka_unit_test(takes_no_other_descriptor_for_its_socket),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* trial.c - the training program of winnow-bench's studies: trains nothing, takes times.
 *
 *     winnow-bench-trial instant
 *     winnow-bench-trial silent SECONDS FILE           sleep, say so in FILE at the start
 *     winnow-bench-trial spin SECONDS FILE             "cpu_seconds wall_seconds" to FILE
 *     winnow-bench-trial answers UNITS PAUSE_MS FILE   microseconds of each report to FILE
 *
 * Written as a user would write one, over include/winnow/trial.h alone. FILE is appended
 * to, in one write a trial, so that several trials may share it.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "winnow/trial.h"

static double seconds_of(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void sleep_for(double seconds)
{
    struct timespec rest = {(time_t)seconds,
                            (long)((seconds - (double)(time_t)seconds) * 1e9)};

    while (nanosleep(&rest, &rest) != 0)
        continue;
}

static int append(const char *path, const char *text, size_t n)
{
    int fd = open(path, O_CREAT | O_APPEND | O_WRONLY | O_CLOEXEC, 0666);
    int ok = fd >= 0 && write(fd, text, n) == (ssize_t)n;

    if (fd >= 0)
        close(fd);
    return ok ? 0 : -1;
}

static enum winnow_answer report(struct winnow_trial *t, long unit)
{
    winnow_metric(t, "loss", 1.0 / (double)unit);
    return winnow_report(t, unit);
}

static int silent(struct winnow_trial *t, double seconds, const char *path)
{
    int rc = append(path, "trains\n", 7);

    sleep_for(seconds);
    report(t, 1);
    return rc;
}

static int spin(struct winnow_trial *t, double seconds, const char *path)
{
    double wall = seconds_of(CLOCK_MONOTONIC), cpu = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
    double now = wall;
    volatile double x = 1;
    char line[64];
    int n;

    while (now - wall < seconds) {
        for (int i = 0; i < 20000; i++)
            x = x * 1.0000001 + 1e-9;
        now = seconds_of(CLOCK_MONOTONIC);
    }
    cpu = seconds_of(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    n = snprintf(line, sizeof line, "%.9g %.9g\n", cpu, now - wall);
    report(t, 1);
    return append(path, line, (size_t)n);
}

static int answers(struct winnow_trial *t, long units, double pause_s, const char *path)
{
    const size_t width = 32;
    char *text = malloc((size_t)units * width + 1);
    size_t n = 0;
    int rc;

    if (!text)
        return -1;
    for (long unit = 1; unit <= units; unit++) {
        enum winnow_answer answer;
        double begin;

        if (pause_s > 0) /* 0.6 to 1.4 times as long: the trials do not march in step */
            sleep_for(pause_s * (0.6 + 0.1 * (double)((getpid() + 5 * unit) % 9)));
        begin = seconds_of(CLOCK_MONOTONIC);
        answer = report(t, unit);
        n += (size_t)snprintf(text + n, width, "%.3f\n",
                              1e6 * (seconds_of(CLOCK_MONOTONIC) - begin));
        if (answer != WINNOW_CONTINUE)
            break;
    }
    rc = append(path, text, n);
    free(text);
    return rc;
}

int main(int argc, char **argv)
{
    const char *mode = argc > 1 ? argv[1] : "";
    struct winnow_trial *t = winnow_begin(argc, argv);
    int rc = -1;

    if (!t)
        return 1;
    if (strcmp(mode, "instant") == 0) {
        report(t, 1);
        rc = 0;
    } else if (strcmp(mode, "silent") == 0 && argc > 3) {
        rc = silent(t, strtod(argv[2], NULL), argv[3]);
    } else if (strcmp(mode, "spin") == 0 && argc > 3) {
        rc = spin(t, strtod(argv[2], NULL), argv[3]);
    } else if (strcmp(mode, "answers") == 0 && argc > 4) {
        rc = answers(t, strtol(argv[2], NULL, 10), strtod(argv[3], NULL) / 1000, argv[4]);
    } else {
        fprintf(stderr, "winnow-bench-trial: wrong arguments\n");
    }
    winnow_end(t);
    return rc ? 1 : 0;
}

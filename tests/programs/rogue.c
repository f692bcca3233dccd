/* rogue.c - a training program that does whatever the test asks for in --mode.
 *
 * It finds out about its world and says it as metrics, or misbehaves. Parameters come
 * from the client in modes that speak the protocol and from the flags in the others.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "winnow/trial.h"

extern char **environ;

static const char *flag(int argc, char **argv, const char *name)
{
    for (int i = 1; i + 1 < argc; i++)
        if (strncmp(argv[i], "--", 2) == 0 && strcmp(argv[i] + 2, name) == 0)
            return argv[i + 1];
    return NULL;
}

static void nap(long ms)
{
    struct timespec time = {ms / 1000, ms % 1000 * 1000000};

    nanosleep(&time, NULL);
}

static void line(long epoch, double loss)
{
    printf("[tune-metric]: {\"epoch\": %ld, \"loss\": %.17g, \"st_worker_iter\": %ld}\n",
           epoch, loss, epoch - 1);
    fflush(stdout);
}

/* --- facts --- */

static double count_descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    struct dirent *entry;
    double n = 0;

    while (dir && (entry = readdir(dir)) != NULL)
        n += entry->d_name[0] != '.' && strtol(entry->d_name, NULL, 10) != dirfd(dir);
    if (dir)
        closedir(dir);
    return n;
}

static double count_variables(const char *prefix)
{
    double n = 0;

    for (char **v = environ; *v; v++)
        n += strncmp(*v, prefix, strlen(prefix)) == 0;
    return n;
}

static double variable(const char *name)
{
    const char *text = getenv(name);

    return text ? strtod(text, NULL) : -1;
}

static int facts(struct winnow_trial *t)
{
    const char *python = getenv("PYTHONPATH");
    char cwd[4096] = "";
    cpu_set_t set;

    sched_getaffinity(0, sizeof set, &set);
    winnow_metric(t, "loss", 1);
    winnow_metric(t, "descriptors", count_descriptors());
    winnow_metric(t, "descriptors_limit", (double)sysconf(_SC_OPEN_MAX));
    winnow_metric(t, "ompi", count_variables("OMPI_"));
    winnow_metric(t, "pmix", count_variables("PMIX_") + count_variables("PMI_"));
    winnow_metric(t, "prte", count_variables("PRTE_") + count_variables("ORTE_"));
    winnow_metric(t, "omp_threads", variable("OMP_NUM_THREADS"));
    winnow_metric(t, "mkl_threads", variable("MKL_NUM_THREADS"));
    winnow_metric(t, "keeps", variable("KEEP_ME"));
    winnow_metric(t, "python", python != NULL && strstr(python, "python") != NULL);
    winnow_metric(t, "own_group", getpgrp() == getpid());
    winnow_metric(t, "cpus", CPU_COUNT(&set));
    winnow_metric(t, "cpu0", CPU_ISSET(0, &set) != 0);
    winnow_metric(t, "own_folder",
                  getcwd(cwd, sizeof cwd) != NULL && strstr(cwd, "/trials/") != NULL);
    winnow_report(t, 1);
    winnow_end(t);
    return 0;
}

static int report_much(struct winnow_trial *t)
{
    char name[32];

    for (int i = 0; i < 40000; i++) { /* about 1 MB */
        snprintf(name, sizeof name, "metric_%d", i);
        winnow_metric(t, name, 1.0 / 3);
    }
    winnow_report(t, 1);
    pause();
    return 0;
}

/* --- well-behaved --- */

/* Trains `units`: a sum that goes through the checkpoint. */
static int train(struct winnow_trial *t, long units)
{
    long sum = 0, first = winnow_restore_resource(t) + 1;
    char path[4200];

    if (winnow_restore(t)) {
        FILE *file;

        snprintf(path, sizeof path, "%s/sum", winnow_restore(t));
        file = fopen(path, "r");
        if (!file || fscanf(file, "%ld", &sum) != 1)
            return 9;
        fclose(file);
    }
    for (long epoch = first; epoch <= units; epoch++) {
        enum winnow_answer answer;
        const char *dir;

        sum += epoch;
        if (winnow_checkpoint_due(t, epoch) &&
            (dir = winnow_checkpoint_begin(t)) != NULL) {
            FILE *file;

            snprintf(path, sizeof path, "%s/sum", dir);
            file = fopen(path, "w");
            if (file) {
                fprintf(file, "%ld\n", sum);
                fclose(file);
                winnow_checkpoint_commit(t);
            }
        }
        winnow_metric(t, "loss", (double)sum);
        answer = winnow_report(t, epoch);
        if (answer != WINNOW_CONTINUE)
            break;
    }
    winnow_end(t);
    return 0;
}

/* Train on when the test has seen the report: it writes its number into the file. */
static void wait_for(const char *path, long epoch)
{
    long seen = 0;

    while (seen < epoch) {
        FILE *file = fopen(path, "r");

        if (file) {
            if (fscanf(file, "%ld", &seen) != 1)
                seen = 0;
            fclose(file);
        }
        if (seen < epoch)
            nap(2);
    }
}

/* The same through its output and one folder that it overwrites, or not. */
static int train_lines(int argc, char **argv, bool saves)
{
    const char *dir = saves ? flag(argc, argv, "st_checkpoint_dir") : NULL,
               *until = flag(argc, argv, "epochs");
    long sum = 0, first = 1;
    char path[4200] = "";
    FILE *file;

    if (dir) {
        snprintf(path, sizeof path, "%s/sum", dir);
        file = fopen(path, "r");
        if (file) {
            if (fscanf(file, "%ld %ld", &first, &sum) != 2)
                return 9;
            first++;
            fclose(file);
        }
    }
    for (long epoch = first; epoch <= (until ? strtol(until, NULL, 10) : 1000000);
         epoch++) {
        sum += epoch;
        if (dir) {
            file = fopen(path, "w");
            if (!file)
                return 8;
            fprintf(file, "%ld %ld\n", epoch, sum);
            fclose(file);
        }
        line(epoch, (double)sum);
        if (!until || epoch < strtol(until, NULL, 10))
            wait_for(flag(argc, argv, "file"), epoch);
    }
    return 0;
}

/* Two files that must agree, rewritten without rest. */
static int write_fast(int argc, char **argv)
{
    const char *dir = flag(argc, argv, "st_checkpoint_dir");
    static char block[65536];
    char path[4200];

    for (long epoch = 1;; epoch++) {
        memset(block, 'a' + (int)(epoch % 26), sizeof block);
        for (int i = 0; i < 2; i++) {
            int fd;

            snprintf(path, sizeof path, "%s/part%d", dir, i);
            fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
            if (fd < 0 || write(fd, block, sizeof block) != (ssize_t)sizeof block)
                return 8;
            close(fd);
        }
        if (epoch % 20 == 0)
            line(epoch / 20, 1.0 / (double)epoch);
        if (epoch % 200 == 0) /* at times it rests as long as a training does */
            nap(400);
    }
}

/* --- misbehaving --- */

static int flood(void)
{
    static char block[65536];

    memset(block, 'x', sizeof block);
    for (;;)
        if (write(1, block, sizeof block) < 0 && errno != EINTR)
            return 1;
}

static int long_line(void)
{
    printf("[tune-metric]: {\"loss\": 1, \"x\": \"");
    for (int i = 0; i < 70000; i++)
        putchar('x');
    printf("\"}\n");
    fflush(stdout);
    pause();
    return 0;
}

/* Children that try to stay: one in the group, one of its own session, one orphaned. */
static void leave_descendants(const char *file)
{
    FILE *out = fopen(file, "w");

    for (int kind = 0; kind < 3; kind++) {
        int pipe_fds[2];
        pid_t pid = -1;

        if (pipe(pipe_fds) != 0)
            _exit(7);
        if (fork() == 0) {
            if (kind >= 1)
                setsid();
            if (kind == 2 && fork() != 0)
                _exit(0);
            signal(SIGTERM, SIG_IGN);
            pid = getpid();
            if (write(pipe_fds[1], &pid, sizeof pid) < 0)
                _exit(7);
            for (;;)
                pause();
        }
        if (read(pipe_fds[0], &pid, sizeof pid) == (ssize_t)sizeof pid && out)
            fprintf(out, "%ld\n", (long)pid);
        close(pipe_fds[0]);
        close(pipe_fds[1]);
    }
    if (out) {
        fprintf(out, "%ld\n", (long)getpid());
        fclose(out);
    }
}

static int speak_nonsense(const char *text)
{
    const char *fd = getenv("WINNOW_FD");

    if (!fd)
        return 6;
    send((int)strtol(fd, NULL, 10), text, strlen(text), 0);
    pause();
    return 0;
}

static int run(const char *mode, int argc, char **argv)
{
    const char *file = flag(argc, argv, "file");

    if (strcmp(mode, "abort") == 0) {
        signal(SIGABRT, SIG_DFL);
        fprintf(stderr, "about to abort\n");
        abort();
    }
    if (strcmp(mode, "exit3") == 0) {
        printf("first words\n");
        fflush(stdout);
        fprintf(stderr, "last words\n");
        return 3;
    }
    if (strcmp(mode, "quiet") == 0)
        return 0;
    if (strcmp(mode, "link") == 0) { /* trials/ID leads somewhere else from now on */
        char *end, trial[4096];

        if (!file || !getcwd(trial, sizeof trial) || !(end = strrchr(trial, '/')))
            return 7;
        *end = '\0';
        return rename(trial, flag(argc, argv, "aside")) == 0 && symlink(file, trial) == 0
                   ? 3
                   : 8;
    }
    if (strcmp(mode, "silent") == 0)
        for (;;)
            pause();
    if (strcmp(mode, "deaf") == 0) { /* TERM does not end it */
        signal(SIGTERM, SIG_IGN);
        line(1, 1);
        for (;;)
            pause();
    }
    if (strcmp(mode, "flood") == 0)
        return flood();
    if (strcmp(mode, "long_line") == 0)
        return long_line();
    if (strcmp(mode, "bad_json") == 0) {
        printf("[tune-metric]: {\"loss\": }\n");
        fflush(stdout);
        pause();
    }
    if (strcmp(mode, "no_metric") == 0) {
        printf("[tune-metric]: {\"epoch\": 1, \"accuracy\": 1}\n");
        fflush(stdout);
        pause();
    }
    if (strcmp(mode, "backwards") == 0) {
        line(5, 1);
        line(3, 1);
        pause();
    }
    if (strcmp(mode, "lines") == 0 || strcmp(mode, "bare_lines") == 0)
        return train_lines(argc, argv, strcmp(mode, "lines") == 0);
    if (strcmp(mode, "write_fast") == 0)
        return write_fast(argc, argv);
    if (strcmp(mode, "nonsense") == 0)
        return speak_nonsense("{\"report\": 17}");
    if (strcmp(mode, "junk") == 0)
        return speak_nonsense("\x01\x02");
    if (strcmp(mode, "escape") == 0)
        return speak_nonsense("{\"report\":{\"resource\":1,\"metrics\":{\"loss\":1},"
                              "\"checkpoint\":\"../../x\",\"waits\":false}}");
    if (strcmp(mode, "descendants") == 0 || strcmp(mode, "leaves") == 0) {
        leave_descendants(file);
        line(1, 1);
        if (strcmp(mode, "leaves") == 0)
            return 0;
        for (;;)
            pause();
    }
    return 5;
}

int main(int argc, char **argv)
{
    const char *mode = flag(argc, argv, "mode");
    struct winnow_trial *t;

    if (!mode)
        return 4;
    if (strcmp(mode, "facts") == 0 || strcmp(mode, "train") == 0 ||
        strcmp(mode, "nan") == 0 || strcmp(mode, "many_metrics") == 0 ||
        strcmp(mode, "lingers") == 0) {
        t = winnow_begin(argc, argv);
        if (!t)
            return 4;
        if (strcmp(mode, "facts") == 0)
            return facts(t);
        if (strcmp(mode, "many_metrics") == 0)
            return report_much(t);
        if (strcmp(mode, "train") == 0)
            return train(t, winnow_max_resource(t, 10));
        winnow_metric(t, "loss", (double)NAN);
        winnow_report(t, 1);
        winnow_end(t);
        if (strcmp(mode, "lingers") == 0) { /* TERM does not end it either */
            signal(SIGTERM, SIG_IGN);
            for (;;)
                pause();
        }
        return 0;
    }
    return run(mode, argc, argv);
}

/* launch.c - see launch.h. */
#define _GNU_SOURCE
#include "launch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"

#define FILE_MOST     ((size_t)1 << 28)
#define N_DESCENDANTS 4096

/* --- start and wait --- */

static enum wn_status path_of(const struct bench *bench,
                              const struct bench_launch *launch,
                              const char *ending,
                              char *out,
                              struct wn_error *err)
{
    char name[256];

    (void)snprintf(name, sizeof name, "%s%s", launch->name, ending);
    return wn_path_join(out, err, bench->dir, name);
}

static enum wn_status write_job(const struct bench *bench,
                                const struct bench_launch *launch,
                                char *path,
                                struct wn_error *err)
{
    struct wn_buf text = {0};
    enum wn_status rc = path_of(bench, launch, ".json", path, err);

    wn_buf_addf(
        &text,
        "{\"name\": \"%s\", \"trial\": {\"command\": "
        "[\"%s/winnow-bench-trial\", %s]}, \"space\": {\"x\": {\"type\": "
        "\"float\", \"low\": 0, \"high\": 1}}, \"metric\": {\"name\": \"loss\"}%s}",
        launch->name, bench->build, launch->trial, launch->rest);
    if (!rc && text.failed)
        rc = wn_fail(err, WN_ENOMEM, "no memory for a job");
    if (!rc)
        rc = wn_file_replace(path, text.at, text.n, err);
    wn_buf_release(&text);
    return rc;
}

/* What mpirun needs on one machine, also as root. */
static void set_environment(void)
{
    (void)setenv("OMPI_ALLOW_RUN_AS_ROOT", "1", 1);
    (void)setenv("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1", 1);
    (void)setenv("OMPI_MCA_oob_tcp_if_include", "lo", 1);
    (void)setenv("OMPI_MCA_btl_tcp_if_include", "lo", 1);
    (void)setenv("OMPI_MCA_btl_base_warn_component_unused", "0", 1);
}

enum wn_status bench_launch_start(struct bench *bench,
                                  const struct bench_launch *launch,
                                  pid_t *pid,
                                  struct wn_error *err)
{
    char job[WN_PATH_MAX], study[WN_PATH_MAX], output[WN_PATH_MAX], winnow[WN_PATH_MAX];
    char n_ranks[16];
    enum wn_status rc = write_job(bench, launch, job, err);

    if (!rc)
        rc = path_of(bench, launch, ".study", study, err);
    if (!rc)
        rc = path_of(bench, launch, ".output", output, err);
    if (!rc)
        rc = wn_path_join(winnow, err, bench->build,
                          launch->program ? launch->program : "winnow");
    if (rc)
        return rc;
    (void)snprintf(n_ranks, sizeof n_ranks, "%zu", launch->n_workers + 1);
    (void)fflush(NULL);
    *pid = fork();
    if (*pid < 0)
        return wn_fail_errno(err, WN_ESYSTEM, "cannot start mpirun");
    if (*pid == 0) {
        int fd = open(output, O_CREAT | O_WRONLY | O_TRUNC, 0666);
        int null = open("/dev/null", O_RDONLY);
        (void)setpgid(0, 0);
        set_environment();
        if (fd >= 0 && null >= 0 && dup2(null, 0) == 0 && dup2(fd, 1) == 1 &&
            dup2(fd, 2) == 2)
            (void)execlp("timeout", "timeout", "-k", "5", "60", "mpirun",
                         "--oversubscribe", "--bind-to", "none", "-n", n_ranks, winnow,
                         "run", job, "--study", study, "--quiet", (char *)NULL);
        _exit(127);
    }
    return WN_OK;
}

/* The last words of mpirun and the ranks, for the error. */
static enum wn_status fail_with_output(const struct bench *bench,
                                       const struct bench_launch *launch,
                                       int status,
                                       struct wn_error *err)
{
    char path[WN_PATH_MAX], *text = NULL;
    size_t n = 0;
    const char *last = "";

    if (path_of(bench, launch, ".output", path, NULL) == WN_OK &&
        wn_file_read(path, FILE_MOST, &text, &n, NULL) == WN_OK)
        last = n > 300 ? text + n - 300 : text;
    (void)wn_fail(err, WN_ESYSTEM, "the study '%s' under mpirun ended with %d: %s",
                  launch->name,
                  WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status), last);
    wn_free(text);
    return WN_ESYSTEM;
}

enum wn_status bench_launch_wait(struct bench *bench,
                                 const struct bench_launch *launch,
                                 pid_t pid,
                                 struct wn_error *err)
{
    int status = 0;

    while (waitpid(pid, &status, 0) != pid)
        if (errno != EINTR)
            return wn_fail_errno(err, WN_ESYSTEM, "cannot wait for mpirun");
    return status ? fail_with_output(bench, launch, status, err) : WN_OK;
}

enum wn_status bench_launch_run(struct bench *bench,
                                const struct bench_launch *launch,
                                double *seconds,
                                struct wn_error *err)
{
    double begin = bench_now_s();
    pid_t pid;
    enum wn_status rc = bench_launch_start(bench, launch, &pid, err);

    if (!rc)
        rc = bench_launch_wait(bench, launch, pid, err);
    *seconds = bench_now_s() - begin;
    return rc;
}

void bench_launch_kill(pid_t pid)
{
    (void)kill(pid, SIGTERM); /* timeout hands it on to mpirun, which ends the ranks */
    (void)waitpid(pid, NULL, 0);
}

/* --- processes --- */

/* Parent and CPU ticks from /proc/PID/stat; the name in it may hold anything but its
 * last parenthesis. */
static bool read_stat(pid_t pid, pid_t *parent, double *cpu_s)
{
    char path[64], text[1024], *after;
    unsigned long field[13]; /* from the third on: 1 is the parent, 11 and 12 the times */
    size_t n;
    FILE *file;

    (void)snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
    file = fopen(path, "r");
    if (!file)
        return false;
    n = fread(text, 1, sizeof text - 1, file);
    (void)fclose(file);
    text[n] = '\0';
    after = strrchr(text, ')');
    if (!after || strlen(after) < 4)
        return false;
    after += 3; /* bracket, blank, state */
    for (size_t i = 1; i < sizeof field / sizeof *field; i++)
        field[i] = strtoul(after, &after, 10);
    *parent = (pid_t)field[1];
    *cpu_s = (double)(field[11] + field[12]) / (double)sysconf(_SC_CLK_TCK);
    return true;
}

double bench_cpu_s(pid_t pid)
{
    pid_t parent;
    double cpu_s;

    return read_stat(pid, &parent, &cpu_s) ? cpu_s : -1;
}

static bool runs(pid_t pid, const char *program)
{
    char path[64], target[WN_PATH_MAX];
    const char *slash;
    ssize_t n;

    (void)snprintf(path, sizeof path, "/proc/%ld/exe", (long)pid);
    n = readlink(path, target, sizeof target - 1);
    if (n <= 0)
        return false;
    target[n] = '\0';
    slash = strrchr(target, '/');
    return slash && strcmp(slash + 1, program) == 0;
}

static int rank_of(pid_t pid)
{
    static const char name[] = "OMPI_COMM_WORLD_RANK=";
    char path[64], word[4096];
    int rank = -1, c;
    size_t n = 0;
    FILE *file;

    (void)snprintf(path, sizeof path, "/proc/%ld/environ", (long)pid);
    file = fopen(path, "r");
    while (file && (c = getc(file)) != EOF) {
        if (n < sizeof word - 1)
            word[n++] = (char)c;
        if (c != '\0')
            continue;
        if (strncmp(word, name, sizeof name - 1) == 0)
            rank = (int)strtol(word + sizeof name - 1, NULL, 10);
        n = 0;
        word[sizeof word - 1] = '\0';
    }
    if (file)
        (void)fclose(file);
    return rank;
}

/* All processes with their parents, as they are listed now. */
static size_t list_processes(pid_t (*out)[2], size_t room)
{
    DIR *dir = opendir("/proc");
    struct dirent *entry;
    double cpu_s;
    size_t n = 0;

    while (dir && n < room && (entry = readdir(dir))) {
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        if (pid > 0 && read_stat(pid, &out[n][1], &cpu_s))
            out[n++][0] = pid;
    }
    if (dir)
        (void)closedir(dir);
    return n;
}

static bool descends(pid_t (*all)[2], size_t n, pid_t pid, pid_t root)
{
    for (size_t depth = 0; depth < 64 && pid > 1; depth++) {
        size_t i = 0;
        if (pid == root)
            return true;
        while (i < n && all[i][0] != pid)
            i++;
        pid = i < n ? all[i][1] : 0;
    }
    return false;
}

size_t bench_find_processes(pid_t root,
                            const char *program,
                            struct bench_process *out,
                            size_t room)
{
    static pid_t all[N_DESCENDANTS][2];
    size_t n = list_processes(all, N_DESCENDANTS), n_found = 0;

    for (size_t i = 0; i < n && n_found < room; i++)
        if (runs(all[i][0], program) && descends(all, n, all[i][0], root))
            out[n_found++] =
                (struct bench_process){.pid = all[i][0], .rank = rank_of(all[i][0])};
    return n_found;
}

/* --- what the trials wrote --- */

enum wn_status bench_read_numbers(const char *path,
                                  double **values,
                                  size_t *n,
                                  struct wn_error *err)
{
    char *text, *at, *end;
    size_t size, room = 0;
    double *out = NULL;
    enum wn_status rc = wn_file_read(path, FILE_MOST, &text, &size, err);

    if (rc)
        return rc;
    for (size_t i = 0; i < size; i++)
        room += text[i] == '\n' || text[i] == ' ';
    out = wn_alloc_array(room + 1, sizeof *out);
    *n = 0;
    for (at = text; out && *n < room; at = end) {
        out[*n] = strtod(at, &end);
        if (end == at)
            break;
        (*n)++;
    }
    wn_free(text);
    if (!out)
        return wn_fail(err, WN_ENOMEM, "no memory for the numbers in %s", path);
    *values = out;
    return WN_OK;
}

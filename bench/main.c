/* main.c - `winnow-bench`: figures of how fast Winnow is, as JSON on standard output.
 *
 * Each measurement runs in a child process with an empty folder of its own and hands its
 * figures back as JSON through a pipe. Exit status: 0 when all were made, whether or not
 * they meet their goals (`met` says that; with --strict a goal that is missed gives 1), 1
 * when one failed, 2 for wrong usage.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/version.h"
#include "bench.h"
#include "comm/mpi.h"

#ifndef WN_BENCH_BUILD_TYPE
#define WN_BENCH_BUILD_TYPE ""
#endif

static const struct bench_measurement *const measurements[] = {
    &bench_reports, &bench_trials,   &bench_decide,    &bench_propose, &bench_simulate,
    &bench_service, &bench_saturate, &bench_transport, &bench_waiting, &bench_share,
    &bench_asleep,  &bench_busy,     &bench_thinking,  &bench_start};

enum { N_MEASUREMENTS = sizeof measurements / sizeof measurements[0] };

/* --- what bench.h promises --- */

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

double bench_quantile(double *values, size_t n, double share)
{
    qsort(values, n, sizeof *values, by_size);
    return n ? values[(size_t)(share * (double)(n - 1) + 0.5)] : 0;
}

/* Three digits are more than a measurement has; integers stay whole. */
static double rounded(double value)
{
    char text[32];

    if (value >= 1000 || value <= -1000)
        return (double)(int64_t)(value + 0.5);
    (void)snprintf(text, sizeof text, "%.4g", value);
    return strtod(text, NULL);
}

struct wn_json *bench_figure(struct bench *bench,
                             const char *key,
                             double value,
                             const char *unit,
                             enum bench_goal kind,
                             double goal)
{
    struct wn_json *figure = wn_json_new_object();

    wn_json_set(figure, "value", wn_json_new_number(rounded(value)));
    wn_json_set(figure, "unit", wn_json_new_string(unit));
    if (kind != GOAL_NONE) {
        bool met = kind == GOAL_AT_MOST ? value <= goal : value >= goal;
        wn_json_set(figure, kind == GOAL_AT_MOST ? "at_most" : "at_least",
                    wn_json_new_number(goal));
        wn_json_set(figure, "met", wn_json_new_bool(met));
    }
    return wn_json_set(bench->figures, key, figure) ? figure : NULL;
}

void bench_detail(struct wn_json *figure, const char *key, double value)
{
    if (figure)
        (void)wn_json_set(figure, key, wn_json_new_number(rounded(value)));
}

void bench_skipped(struct bench *bench, const char *key, const char *why)
{
    struct wn_json *figure = wn_json_new_object();

    wn_json_set(figure, "skipped", wn_json_new_string(why));
    (void)wn_json_set(bench->figures, key, figure);
}

enum wn_status bench_job(const char *text, struct wn_job **out, struct wn_error *err)
{
    struct wn_problems problems = {0};
    enum wn_status rc =
        wn_job_parse(text, strlen(text), "/", NULL, 0, &problems, out, err);

    if (problems.n)
        rc = wn_problems_check(&problems, err);
    wn_problems_release(&problems);
    return rc;
}

/* --- one measurement in a child --- */

static enum wn_status measure_here(const struct bench_measurement *measurement,
                                   const char *tmp,
                                   const char *build,
                                   struct wn_buf *text,
                                   struct wn_error *err)
{
    struct bench bench = {.figures = wn_json_new_object()};
    enum wn_status rc;

    (void)snprintf(bench.build, sizeof bench.build, "%s", build);
    rc = wn_path_join(bench.dir, err, tmp, measurement->name);
    if (!rc)
        rc = wn_dir_make(bench.dir, err);
    if (!rc)
        rc = measurement->measure(&bench, err);
    if (!rc)
        wn_json_print(bench.figures, text);
    wn_json_destroy(bench.figures);
    return rc;
}

static _Noreturn void child(const struct bench_measurement *measurement,
                            const char *tmp,
                            const char *build,
                            int fd)
{
    struct wn_buf text = {0};
    struct wn_error err = {0};
    enum wn_status rc = measure_here(measurement, tmp, build, &text, &err);

    if (!rc && text.failed)
        rc = wn_fail(&err, WN_ENOMEM, "no memory for the figures");
    if (!rc)
        rc = wn_file_write_all(fd, text.at, text.n, "pipe", &err);
    if (rc)
        (void)fprintf(stderr, "winnow-bench: %s: %s\n", measurement->name, err.text);
    exit(rc ? 1 : 0);
}

static void read_all(int fd, struct wn_buf *text)
{
    char bytes[4096];
    ssize_t n;

    while ((n = read(fd, bytes, sizeof bytes)) > 0 || (n < 0 && errno == EINTR))
        if (n > 0)
            wn_buf_add(text, bytes, (size_t)n);
}

/* Its figures join `all`; false: it failed, and said so. */
static bool measure(const struct bench_measurement *measurement,
                    const char *tmp,
                    const char *build,
                    struct wn_json *all)
{
    struct wn_buf text = {0};
    struct wn_json *figures = NULL;
    int ends[2], status = -1;
    pid_t pid;

    if (pipe(ends) != 0)
        return false;
    (void)fflush(NULL);
    pid = fork();
    if (pid == 0) {
        (void)close(ends[0]);
        child(measurement, tmp, build, ends[1]);
    }
    (void)close(ends[1]);
    read_all(ends[0], &text);
    (void)close(ends[0]);
    if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0 || text.failed ||
        wn_json_parse(wn_buf_text(&text), text.n, &figures, NULL) != WN_OK) {
        wn_buf_release(&text);
        return false;
    }
    wn_buf_release(&text);
    for (const struct wn_json *item = wn_json_first(figures); item;
         item = wn_json_next(item))
        (void)wn_json_set(all, wn_json_key(item), wn_json_copy(item));
    wn_json_destroy(figures);
    return true;
}

/* --- the program --- */

struct wishes {
    const char *only[N_MEASUREMENTS];
    size_t n_only;
    bool is_strict, lists;
};

static void print_usage(FILE *to)
{
    (void)fprintf(to, "Usage: winnow-bench [--only NAME]... [--strict] [--list]\n"
                      "Measure how fast Winnow is here and print the figures as JSON.\n\n"
                      "  --only NAME  this measurement only; may be repeated\n"
                      "  --strict     exit with 1 if a goal is missed\n"
                      "  --list       the measurements and what they are\n\n"
                      "TMPDIR says where temporary files go (default /tmp).\n");
}

static bool is_known(const char *name)
{
    for (size_t i = 0; i < N_MEASUREMENTS; i++)
        if (strcmp(measurements[i]->name, name) == 0)
            return true;
    (void)fprintf(stderr, "winnow-bench: '%s' is no measurement; see --list\n", name);
    return false;
}

/* -1: go on; else the status to exit with. */
static int parse(int argc, char **argv, struct wishes *wishes)
{
    static const struct option options[] = {{"only", required_argument, NULL, 'o'},
                                            {"strict", no_argument, NULL, 's'},
                                            {"list", no_argument, NULL, 'l'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    int key;

    while ((key = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        if (key == 'o') {
            if (wishes->n_only == N_MEASUREMENTS || !is_known(optarg))
                return 2;
            wishes->only[wishes->n_only++] = optarg;
        } else if (key == 's') {
            wishes->is_strict = true;
        } else if (key == 'l') {
            wishes->lists = true;
        } else {
            print_usage(key == 'h' ? stdout : stderr);
            return key == 'h' ? 0 : 2;
        }
    }
    if (optind < argc) {
        print_usage(stderr);
        return 2;
    }
    return -1;
}

static bool is_wanted(const struct wishes *wishes, const char *name)
{
    for (size_t i = 0; i < wishes->n_only; i++)
        if (strcmp(wishes->only[i], name) == 0)
            return true;
    return wishes->n_only == 0;
}

static struct wn_json *describe_machine(void)
{
    struct wn_json *machine = wn_json_new_object();
    struct utsname name;
    double loads[1] = {0};

    wn_json_set(machine, "cores", wn_json_new_integer(sysconf(_SC_NPROCESSORS_ONLN)));
    if (uname(&name) == 0)
        wn_json_set(machine, "kernel", wn_json_new_string(name.release));
    if (getloadavg(loads, 1) == 1)
        wn_json_set(machine, "load_before", wn_json_new_number(rounded(loads[0])));
    wn_json_set(machine, "build", wn_json_new_string(WN_BENCH_BUILD_TYPE));
    return machine;
}

static bool all_met(const struct wn_json *figures)
{
    for (const struct wn_json *item = wn_json_first(figures); item;
         item = wn_json_next(item))
        if (wn_json_get(item, "met") && !wn_json_bool(wn_json_get(item, "met")))
            return false;
    return true;
}

/* The folder of this program, where the others of the build lie too. */
static bool find_build(char *out)
{
    ssize_t n = readlink("/proc/self/exe", out, WN_PATH_MAX - 1);
    char *slash;

    if (n <= 0)
        return false;
    out[n] = '\0';
    slash = strrchr(out, '/');
    if (slash)
        *slash = '\0';
    return slash != NULL;
}

/* A winnow that knows MPI, and something to start it with. */
static bool has_mpirun(void)
{
    const char *path = wn_mpi_is_built() ? getenv("PATH") : NULL;
    char place[WN_PATH_MAX];

    while (path && *path) {
        size_t n = strcspn(path, ":");
        (void)snprintf(place, sizeof place, "%.*s/mpirun", (int)n, path);
        if (n && access(place, X_OK) == 0)
            return true;
        path += n + (path[n] == ':');
    }
    return false;
}

static int run(const struct wishes *wishes, const char *tmp, const char *build)
{
    struct wn_json *root = wn_json_new_object(), *figures = wn_json_new_object(),
                   *skipped = wn_json_new_list();
    struct wn_buf text = {0};
    double begin = bench_now_s();
    int rc = 0;

    wn_json_set(root, "program", wn_json_new_string("winnow-bench"));
    wn_json_set(root, "version", wn_json_new_string(wn_version()));
    wn_json_set(root, "machine", describe_machine());
    for (size_t i = 0; i < N_MEASUREMENTS; i++) {
        const struct bench_measurement *measurement = measurements[i];
        if (!is_wanted(wishes, measurement->name))
            continue;
        if (measurement->needs_mpirun && !has_mpirun())
            (void)wn_json_add(skipped, wn_json_new_string(measurement->name));
        else if (!measure(measurement, tmp, build, figures))
            rc = 1;
    }
    if (wishes->is_strict && !all_met(figures))
        rc = 1;
    wn_json_set(root, "figures", figures);
    wn_json_set(root, "skipped", skipped);
    wn_json_set(root, "seconds", wn_json_new_number(rounded(bench_now_s() - begin)));
    wn_json_print_pretty(root, &text);
    if (text.failed || printf("%s\n", wn_buf_text(&text)) < 0)
        rc = 1;
    wn_buf_release(&text);
    wn_json_destroy(root);
    return rc;
}

int main(int argc, char **argv)
{
    struct wishes wishes = {0};
    const char *root = getenv("TMPDIR");
    char tmp[WN_PATH_MAX], build[WN_PATH_MAX];
    struct wn_error err = {0};
    int rc = parse(argc, argv, &wishes);

    if (rc >= 0)
        return rc;
    for (size_t i = 0; wishes.lists && i < N_MEASUREMENTS; i++)
        (void)printf("%-9s %s\n", measurements[i]->name, measurements[i]->summary);
    if (wishes.lists)
        return 0;
    (void)snprintf(tmp, sizeof tmp, "%s/winnow-bench-XXXXXX", root ? root : "/tmp");
    if (!find_build(build) || !mkdtemp(tmp)) {
        (void)fprintf(stderr, "winnow-bench: no temporary folder %s: %s\n", tmp,
                      strerror(errno));
        return 1;
    }
    wn_log_set_level(WN_LOG_WARN);
    rc = run(&wishes, tmp, build);
    if (wn_dir_remove(tmp, &err) != WN_OK)
        (void)fprintf(stderr, "winnow-bench: %s\n", err.text);
    return rc;
}

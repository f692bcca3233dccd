/* launch.h - a study under mpirun, as a user would start it, and a look at its processes.
 *
 * mpirun stands under `timeout -k 5 60` and is the only child of the measurement, so that
 * every process below it belongs to the study.
 */
#ifndef WN_BENCH_LAUNCH_H
#define WN_BENCH_LAUNCH_H

#include <sys/types.h>

#include "bench.h"

struct bench_launch {
    const char *name;    /* of the study; unused before in bench->dir */
    const char *program; /* NULL: winnow */
    size_t n_workers;    /* one slot each */
    const char
        *trial;       /* arguments of winnow-bench-trial: JSON strings, "\"spin\", ..." */
    const char *rest; /* further members of the job, ", \"resource\": ..." */
};

/* Start it; *pid is to be given to wait(). */
enum wn_status bench_launch_start(struct bench *bench,
                                  const struct bench_launch *launch,
                                  pid_t *pid,
                                  struct wn_error *err) WN_MUST_CHECK;
/* Until it ends; anything but exit status 0 is an error with the end of what it said. */
enum wn_status bench_launch_wait(struct bench *bench,
                                 const struct bench_launch *launch,
                                 pid_t pid,
                                 struct wn_error *err) WN_MUST_CHECK;
/* Both, and how long it took. */
enum wn_status bench_launch_run(struct bench *bench,
                                const struct bench_launch *launch,
                                double *seconds,
                                struct wn_error *err) WN_MUST_CHECK;
/* Kill it with all it started, after an error of the measurement itself. */
void bench_launch_kill(pid_t pid);

/* Processes below `root` whose program has this name. At most `room`; returns how many.
 * rank: as Open MPI numbers them, -1 where there is none. */
struct bench_process {
    pid_t pid;
    int rank;
};
size_t bench_find_processes(pid_t root,
                            const char *program,
                            struct bench_process *out,
                            size_t room);
/* User and system time that a process has used, seconds; negative: it is gone. */
double bench_cpu_s(pid_t pid);

/* All numbers in a file, in order. *values is the caller's (wn_free). */
enum wn_status bench_read_numbers(const char *path,
                                  double **values,
                                  size_t *n,
                                  struct wn_error *err) WN_MUST_CHECK;

#endif /* WN_BENCH_LAUNCH_H */

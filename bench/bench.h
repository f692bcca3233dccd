/* bench.h - what the measurements of winnow-bench share.
 *
 * A measurement is a function that adds figures to a report. Each runs in a child process
 * of its own, so that the memory of one says nothing about another's, and one that fails
 * takes no other along. Its name is stable: scripts and `--only` use it; so are the keys
 * of its figures, which README.md lists.
 */
#ifndef WN_BENCH_BENCH_H
#define WN_BENCH_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "job/job.h"

enum bench_goal { GOAL_NONE = 0, GOAL_AT_MOST = 1, GOAL_AT_LEAST = 2 };

struct bench {
    struct wn_json *figures; /* an object: key to figure */
    char dir[WN_PATH_MAX];   /* empty, for this measurement alone; removed afterwards */
    char build[WN_PATH_MAX]; /* where winnow, its helper and the trial program lie */
};

struct bench_measurement {
    const char *name, *summary;
    bool needs_mpirun;
    enum wn_status (*measure)(struct bench *bench, struct wn_error *err);
};

extern const struct bench_measurement bench_reports, bench_trials, bench_decide,
    bench_propose, bench_simulate, bench_service, bench_saturate, bench_transport,
    bench_waiting, bench_share, bench_asleep, bench_busy, bench_thinking, bench_start;

/* Add a figure. Returns its object, for details beside it (NULL without memory: all
 * calls on it are then without effect and the program says so at the end). */
struct wn_json *bench_figure(struct bench *bench,
                             const char *key,
                             double value,
                             const char *unit,
                             enum bench_goal kind,
                             double goal);
void bench_detail(struct wn_json *figure, const char *key, double value);
/* A figure that could not be made here, and why. */
void bench_skipped(struct bench *bench, const char *key, const char *why);

double bench_now_s(void);     /* of the monotonic clock */
double bench_own_cpu_s(void); /* of all threads of this process */

/* Time on the processor of this thread, at the price of the wall clock: the thread's own clock
 * (half a microsecond) is read only when so much has passed that it may have been away.
 * {0} to begin with. */
struct bench_watch {
    double last_s;           /* wall clock at the last lap */
    double wall_s, thread_s; /* both clocks when they were last compared */
};
double bench_lap(struct bench_watch *watch); /* seconds since the last lap */

/* Resident memory of this process, bytes: now, and at its highest. */
void bench_resident(double *now, double *peak);

/* Let fn(arg, out) run in a child process, so that what it leaves in memory says nothing
 * about what comes after it; `out`, of n bytes and without pointers, comes back. */
typedef enum wn_status bench_apart_fn(const void *arg, void *out, struct wn_error *err);
enum wn_status bench_apart(bench_apart_fn *fn,
                           const void *arg,
                           void *out,
                           size_t n,
                           struct wn_error *err) WN_MUST_CHECK;

/* Of `n` values, which are put in order. share: 0 the least, 0.5 the median, 1 the most. */
double bench_quantile(double *values, size_t n, double share);

/* A job from its text; what is wrong with it is in `err`. */
enum wn_status bench_job(const char *text,
                         struct wn_job **out,
                         struct wn_error *err) WN_MUST_CHECK;

#endif /* WN_BENCH_BENCH_H */

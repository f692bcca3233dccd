/* results/comparison.h - what a comparison found: one file with all trajectories.
 *
 * A study is a method on a benchmark with a number of workers; a cell is one of its runs,
 * by its seed number. A cell has the points at which its best value changed, and its end.
 * FORMAT.md says how that stands in HDF5. Cells are kept by study and number, so the file
 * is the same in whatever order they came.
 *
 * Beside the file FILE stands FILE.log while a comparison runs: each finished cell is
 * appended to it at once, with a checksum, so a kill loses none; the file itself is
 * rewritten whole. Whoever reads the file reads the log too.
 */
#ifndef WN_RESULTS_COMPARISON_H
#define WN_RESULTS_COMPARISON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"

#define WN_COMPARISON_SEEDS_MOST  10000000   /* of a study: from the first to the last */
#define WN_COMPARISON_NUMBER_MOST 2000000000 /* of a seed */

struct wn_comparison_point {
    double time_s, value; /* study time; the best value of the metric, with its sign */
    int64_t resource;     /* units spent by all trials together until then */
    int64_t n_trials, n_reports;
};

struct wn_comparison_cell {
    size_t study;   /* of the comparison */
    int64_t number; /* of the seed */
    uint64_t seed;
    double end_s; /* study time */
    int64_t resource, n_trials, n_reports;
    const char *end; /* why it ended, for people */
    const struct wn_comparison_point *points;
    size_t n_points;
};

struct wn_comparison_study {
    const char *method, *benchmark;
    int64_t n_workers;
    const char *job; /* canonical JSON, with seed 0 */
    const char *metric, *resource;
    const char *metric_unit; /* "": not known */
    bool is_maximised;
    double budget_s;             /* NaN: the study ends by something else */
    double best;                 /* best value that is known; NaN: none is */
    int64_t first_seed, n_seeds; /* seed numbers that were asked for */
};

struct wn_comparison {
    const char *name, *about; /* about: what the file belongs to, for people; or "" */
    WN_VEC(struct wn_comparison_study) studies;
    WN_VEC(struct wn_comparison_cell) cells; /* by study and number */
    struct wn_arena arena;                   /* all texts and points */
};

/* {0} is an empty comparison, to be released. */
void wn_comparison_release(struct wn_comparison *comparison);
/* SIZE_MAX: there is none. */
size_t wn_comparison_find_study(const struct wn_comparison *comparison,
                                const char *method,
                                const char *benchmark,
                                int64_t n_workers);
/* Add a study that is not there yet, or change the seeds asked for of one that is; everything
 * is copied. WN_EINVAL: it is there, with runs of another job (*index says where), or its
 * seeds lie too far from those. */
enum wn_status wn_comparison_add_study(struct wn_comparison *comparison,
                                       const struct wn_comparison_study *study,
                                       size_t *index,
                                       struct wn_error *err) WN_MUST_CHECK;
/* NULL: not run yet. Valid until a cell is added. */
const struct wn_comparison_cell *wn_comparison_find(
    const struct wn_comparison *comparison,
    size_t study,
    int64_t number);
/* Those of a study, by number; *n of them. Valid as long. */
const struct wn_comparison_cell *wn_comparison_cells_of(
    const struct wn_comparison *comparison,
    size_t study,
    size_t *n);
/* Copied. The same cell again is nothing new; WN_EINVAL if it differs from the first. */
enum wn_status wn_comparison_add(struct wn_comparison *comparison,
                                 const struct wn_comparison_cell *cell,
                                 struct wn_error *err) WN_MUST_CHECK;
/* WN_EINVAL: two runs of one number have different seeds, so nothing is paired by numbers. */
enum wn_status wn_comparison_check_pairs(const struct wn_comparison *comparison,
                                         struct wn_error *err) WN_MUST_CHECK;
/* Put everything of `from` into `into`. WN_EINVAL: they contradict each other, their runs are
 * not paired, or their seed numbers lie too far apart. */
enum wn_status wn_comparison_join(struct wn_comparison *into,
                                  const struct wn_comparison *from,
                                  struct wn_error *err) WN_MUST_CHECK;

/* The file, replaced whole. Equal comparisons give equal bytes. */
enum wn_status wn_comparison_write(const struct wn_comparison *comparison,
                                   const char *path,
                                   struct wn_error *err) WN_MUST_CHECK;
/* The file and what its log has beside it, into an empty comparison, which the caller
 * releases in any case. WN_EINVAL: there is no such file. WN_ECORRUPT: damaged, or no file
 * of this kind; WN_EVERSION: of a format that this program does not know. */
enum wn_status wn_comparison_read(const char *path,
                                  struct wn_comparison *out,
                                  struct wn_error *err) WN_MUST_CHECK;

/* A cell as bytes: between ranks and in the log. Its study goes by its name there. */
void wn_comparison_encode(const struct wn_comparison *comparison,
                          const struct wn_comparison_cell *cell,
                          struct wn_buf *out);
/* WN_ECORRUPT: no such bytes, or of a study that is not in the comparison. */
enum wn_status wn_comparison_decode(const struct wn_comparison *comparison,
                                    const void *bytes,
                                    size_t n,
                                    struct wn_arena *arena,
                                    struct wn_comparison_cell *out,
                                    struct wn_error *err) WN_MUST_CHECK;

/* The log of a comparison that runs. Opening locks it, so that who holds it is the only one to
 * change the file: it is opened first, then wn_comparison_read() gives what is there, the file
 * is written with that, the log cleared, and added to. WN_EBUSY: another process has it open. */
struct wn_comparison_log;
enum wn_status wn_comparison_log_open(const char *path,
                                      struct wn_comparison_log **out,
                                      struct wn_error *err) WN_MUST_CHECK;
/* Append the bytes of wn_comparison_encode(). */
enum wn_status wn_comparison_log_add(struct wn_comparison_log *log,
                                     const void *bytes,
                                     size_t n,
                                     struct wn_error *err) WN_MUST_CHECK;
/* The file has all of it by now: forget it, and belong to that file. */
enum wn_status wn_comparison_log_clear(struct wn_comparison_log *log,
                                       struct wn_error *err) WN_MUST_CHECK;
/* is_done: the log is removed, as an empty one is always. NULL is allowed. */
void wn_comparison_log_close(struct wn_comparison_log *log, bool is_done);

#endif /* WN_RESULTS_COMPARISON_H */

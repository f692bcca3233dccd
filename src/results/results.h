/* results/results.h - results.h5: what happened, as plain tables for analysis.
 *
 * Rebuilt from history at any time, written aside and renamed, so a reader never sees
 * half a file. Making the snapshot copies memory and is quick; writing it touches the
 * disk and may run on another thread. results/FORMAT.md names every dataset.
 */
#ifndef WN_RESULTS_RESULTS_H
#define WN_RESULTS_RESULTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "space/space.h"
#include "trial/history.h"
#include "trial/rung.h"

struct wn_results_input {
    const struct wn_history *history;      /* borrowed for the call only */
    const char *study, *metric, *resource; /* names */
    const char *job_text;                  /* canonical job, stored as an attribute */
    const char *program_version;
    const struct wn_rung_row *rungs;
    size_t n_rungs;
    int64_t time_ms; /* study time of the snapshot */
};

struct wn_results; /* a snapshot; independent of the history */

enum wn_status wn_results_snapshot(const struct wn_results_input *in,
                                   struct wn_results **out,
                                   struct wn_error *err) WN_MUST_CHECK;
void wn_results_destroy(struct wn_results *results);
/* Write to `path`.tmp..., sync; then before_rename(arg) (may be NULL), which may forbid
 * the rename by returning an error (fencing); then rename. */
enum wn_status wn_results_write(const struct wn_results *results,
                                const char *path,
                                enum wn_status (*before_rename)(void *arg,
                                                                struct wn_error *err),
                                void *arg,
                                struct wn_error *err) WN_MUST_CHECK;

/* "HDF5 1.10.8"; appends. */
void wn_results_library(struct wn_buf *out);

#endif /* WN_RESULTS_RESULTS_H */

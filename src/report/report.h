/* report/report.h - what people read of a study: lines and tables, no files, no MPI.
 *
 * `winnow run` shows them of the study it drives and `winnow status` of the one it read;
 * both look alike because both call these. Everything is appended to a buffer; trouble
 * with memory shows in its `failed`.
 */
#ifndef WN_REPORT_REPORT_H
#define WN_REPORT_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "job/job.h"
#include "study/study.h"
#include "trial/history.h"

/* How to print: {0} is plain text of any width. */
struct wn_report_style {
    bool has_color;
    size_t width;    /* characters of a line, 0: any */
    bool is_virtual; /* times of a progress line are virtual, which it says */
};

/* One line without a line break: bar, share done, time, trials by state, best so far.
 * `now_ms` is study time. */
void wn_report_progress_line(const struct wn_study *study,
                             const struct wn_job *job,
                             int64_t now_ms,
                             struct wn_report_style style,
                             struct wn_buf *out);

/* "4 running, 12 paused, 39 ended (10 completed, 27 stopped, 2 failed)". */
void wn_report_counts(const struct wn_study *study, struct wn_buf *out);
/* "310 reports, 1204 epochs, 12 min 05 s of core time" and a line break. */
void wn_report_spent(const struct wn_study *study,
                     const struct wn_job *job,
                     struct wn_buf *out);
/* A line if reports at milestones came without the checkpoint that the scheduler needs. */
void wn_report_bare(const struct wn_study *study,
                    const struct wn_job *job,
                    struct wn_buf *out);
/* A table of the scheduler's rungs and how full they are; nothing without rungs. */
void wn_report_rungs(const struct wn_study *study,
                     const struct wn_job *job,
                     struct wn_report_style style,
                     struct wn_buf *out);
/* A table of what runs where, since when, and how far; of many the first. */
void wn_report_running(const struct wn_study *study,
                       const struct wn_job *job,
                       int64_t now_ms,
                       struct wn_report_style style,
                       struct wn_buf *out);
/* How the final failures came about: a line a reason, with the first trial of each. */
void wn_report_failures(const struct wn_study *study,
                        struct wn_report_style style,
                        struct wn_buf *out);
/* Why the study stopped, as the end of a sentence: "complete: stop.time was reached". */
void wn_report_end_text(const struct wn_study *study, struct wn_buf *out);
void wn_report_reason_text(enum wn_stop_reason reason,
                           const char *criterion,
                           struct wn_buf *out);

enum wn_report_order { WN_REPORT_BY_ID = 0, WN_REPORT_BY_METRIC = 1 };

/* The trials in an order, best first by metric (those without a report come last by
 * number); `full_only`: those that reached the maximum resource. *out is the caller's
 * (wn_free). */
enum wn_status wn_report_select(const struct wn_study *study,
                                enum wn_report_order order,
                                bool full_only,
                                uint32_t **out,
                                size_t *n,
                                struct wn_error *err) WN_MUST_CHECK;
/* A table of the given trials: number, state, metric, resource, time, configuration; of a
 * study with a population also which member each is and where it came from. */
void wn_report_trials(const struct wn_study *study,
                      const struct wn_job *job,
                      const uint32_t *trials,
                      size_t n,
                      struct wn_report_style style,
                      struct wn_buf *out);
/* "running", "paused", "completed" ... */
const char *wn_report_state_name(const struct wn_study *study, uint32_t trial);
/* {"trial": 17, "state": ..., "metric": ..., "config": {...}}; NULL without memory. */
struct wn_json *wn_report_trial_json(const struct wn_study *study,
                                     const struct wn_job *job,
                                     uint32_t trial);
/* The exact command line that trains a trial's configuration in full, quoted for a shell.
 * WN_EINVAL if the job's runner starts no program. */
enum wn_status wn_report_command(const struct wn_study *study,
                                 const struct wn_job *job,
                                 uint32_t trial,
                                 struct wn_buf *out,
                                 struct wn_error *err) WN_MUST_CHECK;

/* Where the best report of a trial was made; without one where the trial begins. */
int64_t wn_report_best_resource(const struct wn_history *history, uint32_t trial);

/* A job (JSON, to be run as it is) that trains once as the trial came about: through the
 * configurations of the trials it was forked from, each for its stretch of the resource; of
 * a trial that began afresh as its best report came about. WN_EINVAL if the trial has not reported. */
enum wn_status wn_report_schedule(const struct wn_study *study,
                                  const struct wn_job *job,
                                  uint32_t trial,
                                  struct wn_buf *out,
                                  struct wn_error *err) WN_MUST_CHECK;

/* What `winnow run` ends with: why it stopped, the `n_best` best trials, counts, failures
 * by reason, how to train the best again, where everything lies. */
enum wn_status wn_report_closing(const struct wn_study *study,
                                 const struct wn_job *job,
                                 const char *study_dir,
                                 size_t n_best,
                                 struct wn_report_style style,
                                 struct wn_buf *out,
                                 struct wn_error *err) WN_MUST_CHECK;

#endif /* WN_REPORT_REPORT_H */

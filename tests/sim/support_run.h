/* support_run.h - a whole study in virtual time from the text of a job.
 *
 * JSON is written with ' for ", which no job here needs inside a string. Nothing is kept
 * on disk; checkpoints live in memory. Mistakes fail the test.
 */
#ifndef TESTS_SIM_SUPPORT_RUN_H
#define TESTS_SIM_SUPPORT_RUN_H

#include "simulate/sim.h"

struct sim_run {
    struct wn_job *job;
    struct wn_store *store;
    struct wn_sim *sim; /* done; its coordinator and study can be looked at */
};

/* `sets`: overrides as of `--set`, up to NULL; may be NULL. */
struct wn_job *sim_job(const char *quoted, const char *const *sets);
/* Run a study to its end on workers of one slot, 1 ms away. Takes the job. */
struct sim_run sim_run_job(struct wn_job *job, size_t n_workers);
void sim_run_release(struct sim_run *run);

const struct wn_study *sim_run_study(const struct sim_run *run);
const struct wn_history *sim_run_history(const struct sim_run *run);
double sim_median(double *values, size_t n); /* sorts them */

#endif /* TESTS_SIM_SUPPORT_RUN_H */

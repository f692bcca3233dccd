/* load.h - a coordinator under load: reports from workers that are nothing but messages.
 *
 * The coordinator, the loopback transport, the journal and its files are the real ones.
 * The workers are played here: a RUN makes a slot report unit after unit, a report at the
 * milestone waits for its answer, the end is ENDED and FREE, as src/worker would say it.
 */
#ifndef WN_BENCH_LOAD_H
#define WN_BENCH_LOAD_H

#include "bench.h"

struct bench_load {
    const struct wn_job *job;
    const char *study_dir;
    size_t n_workers, n_slots; /* slots of each */
    uint64_t n_reports;        /* how many to send */
};

struct bench_loaded {
    uint64_t n_reports, n_trials, n_events;
    double seconds, cpu_s; /* from the first RUN to the last report applied */
    double journal_bytes;  /* written for them */
    double peak_bytes; /* resident memory at its highest, above that of an empty study */
};

/* Open the study, send, and leave it as a kill would: with its journal, not closed. In a
 * process of its own: the caller's memory stays as it was. */
enum wn_status bench_load_run(const struct bench_load *load,
                              struct bench_loaded *out,
                              struct wn_error *err) WN_MUST_CHECK;

/* The jobs of the load: few long trials without decisions, and many short ones. */
extern const char bench_job_fifo[], bench_job_asha[];

#endif /* WN_BENCH_LOAD_H */

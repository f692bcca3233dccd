/* simulate.h - whole simulations, timed. */
#ifndef WN_BENCH_SIMULATE_H
#define WN_BENCH_SIMULATE_H

#include "bench.h"

/* A study in virtual time of which nothing is kept. */
struct bench_simulation {
    const char *job_text;
    size_t n_workers, n_slots; /* slots of each */
};

struct bench_simulated {
    double wall_s, cpu_s; /* of all of it, the job's text included */
    double job_cpu_s;     /* of it: reading and checking the job */
    double peak_bytes;    /* of the process, at its highest */
    double virtual_s;
    uint64_t n_trials, n_reports, n_events;
};

/* In a process of its own. */
enum wn_status bench_simulate_run(const struct bench_simulation *simulation,
                                  struct bench_simulated *out,
                                  struct wn_error *err) WN_MUST_CHECK;
/* The quickest of several runs: of short ones the machine spoils some. */
enum wn_status bench_simulate_quickest(const struct bench_simulation *simulation,
                                       int n_runs,
                                       struct bench_simulated *out,
                                       struct wn_error *err) WN_MUST_CHECK;
/* Microseconds of processor time a report, without those of the job. */
double bench_simulated_report_us(const struct bench_simulated *ran);

/* table.c: studies over a table that somebody measured, or over one made here. */
enum wn_status bench_simulate_tables(struct bench *bench,
                                     struct wn_error *err) WN_MUST_CHECK;

#endif /* WN_BENCH_SIMULATE_H */

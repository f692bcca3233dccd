/* rush.h - a coordinator whose messages take time, before workers that are nothing but a
 * clock: rank 0 as a server with a queue, in virtual time.
 *
 * The coordinator, study and journal are the real ones (src/simulate is too, but there the
 * coordinator thinks in no time). The transport is played here: messages wait in one queue
 * in the order in which they arrive; taking one moves the virtual clock on by what it
 * costs, either a fixed time or the processor time that it really took; and what the
 * coordinator sends leaves at that time. A worker is a slot: after RUN and after every
 * report it trains for a unit, at a milestone it waits for the answer, and a little after
 * the end of its trial it is free.
 */
#ifndef WN_BENCH_RUSH_H
#define WN_BENCH_RUSH_H

#include "bench.h"

struct bench_rush {
    const struct wn_job *job;
    const char *study_dir; /* NULL: no journal */
    size_t n_workers;      /* of one slot each */
    double unit_s;       /* a unit's time in the mean; a trial's own: half of it to 1.5 */
    double free_s;       /* from the end of a trial to its slot's message */
    double service_us;   /* of every message; 0: what it took here */
    double warm_units;   /* before anything is measured: the wave of the start passes */
    uint64_t n_messages; /* to measure */
};

/* What messages of a kind cost the coordinator, in microseconds. */
struct bench_service {
    uint64_t n;
    double mean_us, square_us2, p50_us, p99_us, most_us;
};

enum bench_rush_kind {
    RUSH_PLAIN = 0, /* a report below its milestone */
    RUSH_JUDGED,    /* a report that waits for an answer */
    RUSH_FREE,      /* a slot is free: the next trial is started in it */
    RUSH_ALL,
    RUSH_N_KINDS
};

struct bench_rushed {
    struct bench_service service[RUSH_N_KINDS];
    uint64_t n_reports, n_events;
    double virtual_s, busy_s;
    double answer_us, answer_p99_us; /* from a report that waits to its answer */
    double queue_us;                 /* every message: until it was taken up */
};

/* In a process of its own. */
enum wn_status bench_rush_run(const struct bench_rush *rush,
                              struct bench_rushed *out,
                              struct wn_error *err) WN_MUST_CHECK;

#endif /* WN_BENCH_RUSH_H */

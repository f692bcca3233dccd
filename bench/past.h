/* past.h - a searcher with many finished trials behind it.
 *
 * The space is that of LCBench, 7 parameters. Searcher and history are driven directly: 8
 * trials run at a time, the oldest of them ends. What came before is no search but looks
 * like one: a third of the trials anywhere, the others ever nearer to one place, so that
 * densities are neither as thin as under random search nor as crowded as can be.
 */
#ifndef WN_BENCH_PAST_H
#define WN_BENCH_PAST_H

#include "bench.h"
#include "search/search.h"
#include "trial/history.h"

enum {
    BENCH_N_PARAMS = 7,
    BENCH_N_PLACES = 27,   /* of a population */
    BENCH_N_LISTED = 12000 /* configurations that a restricted space has */
};

/* Under which scheduler the searcher seems to be. */
enum bench_under { BENCH_ANY = 0, BENCH_DEHB = 1, BENCH_PBT = 2 };

struct bench_past {
    const struct wn_search_ops *ops;
    struct wn_search *search;
    struct wn_history *history;
    struct wn_space *space;
    struct wn_values *values;
    struct wn_rng rng;
    enum bench_under under;
    struct bench_watch watch;
    double apply_s,
        apply_most_s;            /* in the searcher's apply(), since they were set to 0 */
    double held[BENCH_N_PLACES]; /* losses of who holds the places of a population */
};

/* Close it, also when this failed. `options`: the searcher's section. */
enum wn_status bench_past_open(struct bench_past *past,
                               const char *searcher,
                               const char *options,
                               enum bench_under under,
                               bool is_restricted,
                               struct wn_error *err) WN_MUST_CHECK;
void bench_past_close(struct bench_past *past);
/* Until `n` trials have ended. */
enum wn_status bench_past_grow(struct bench_past *past,
                               uint32_t n,
                               struct wn_error *err) WN_MUST_CHECK;
/* The next trial, and what the searcher is asked for it. */
enum wn_status bench_past_plan(struct bench_past *past,
                               struct wn_ask *ask,
                               struct wn_error *err) WN_MUST_CHECK;
/* It has this configuration; the oldest that runs ends. */
enum wn_status bench_past_try(struct bench_past *past,
                              uint32_t trial,
                              const union wn_cell *cells,
                              struct wn_blob tag,
                              struct wn_error *err) WN_MUST_CHECK;

#endif /* WN_BENCH_PAST_H */

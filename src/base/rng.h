/* base/rng.h - random numbers keyed by what they are for.
 *
 * Philox4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel Random Numbers: As Easy as 1, 2,
 * 3, SC11): key = study seed, counter = (index, stream, subject). Equal keys give equal
 * numbers on every machine, whatever was drawn before: so the simulator, the cluster
 * and a resumed run draw alike (rule 13). A struct wn_rng is a value: pass it by copy.
 */
#ifndef WN_BASE_RNG_H
#define WN_BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

/* What a number is for. Part of every recorded decision: append, never renumber. */
enum wn_stream {
    WN_STREAM_PROPOSE = 1,  /* subject: trial number */
    WN_STREAM_DECIDE = 2,   /* subject: count of the scheduler's own decisions */
    WN_STREAM_ANSWER = 3,   /* subject: wn_rng_pair(trial, milestone) */
    WN_STREAM_SEARCH = 4,   /* subject: 0; what a searcher fixes once (shuffles) */
    WN_STREAM_SIMULATE = 5, /* trouble and delays of virtual time */
    WN_STREAM_FUNCTION = 6, /* noise of function trials */
    WN_STREAM_TEST = 7,
    WN_STREAM_COMPARE = 8,   /* the seed of a run in a comparison; subject: its number */
    WN_STREAM_BOOTSTRAP = 9, /* resampled runs; subject: the resample */
};

struct wn_rng {
    uint64_t key;
    uint64_t subject;
    uint32_t stream;
    uint32_t index;   /* of the next block */
    uint32_t word[4]; /* the current block */
    uint32_t n_left;  /* words of it not yet used */
};

struct wn_rng wn_rng_keyed(uint64_t seed, enum wn_stream stream, uint64_t subject);
uint64_t wn_rng_pair(uint64_t a, uint64_t b); /* one subject out of two, well mixed */

uint32_t wn_rng_u32(struct wn_rng *rng);
uint64_t wn_rng_u64(struct wn_rng *rng);
double wn_rng_unit(struct wn_rng *rng);                             /* [0, 1), 53 bits */
double wn_rng_uniform(struct wn_rng *rng, double low, double high); /* [low, high] */
uint64_t wn_rng_below(struct wn_rng *rng, uint64_t n); /* 0..n-1, unbiased; n > 0 */
int64_t wn_rng_int(struct wn_rng *rng, int64_t low, int64_t high); /* both included */
double wn_rng_normal(struct wn_rng *rng); /* mean 0, variance 1 */

/* One block: for the known-answer test against the paper's vectors. */
void wn_philox4x32(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

#endif /* WN_BASE_RNG_H */

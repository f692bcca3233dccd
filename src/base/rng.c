/* rng.c - Philox4x32-10 and what is drawn from it.
 *
 * Only integer arithmetic and the correctly rounded operations + - * / sqrt are used,
 * and no library function whose last bit differs between systems: so the normal numbers
 * are equal on every machine too.
 */
#include "base/rng.h"

#include <math.h>
#include <string.h>

#include "base/assert.h"

#ifdef __clang__
#pragma STDC FP_CONTRACT OFF /* GCC does not contract in the C17 mode we build with */
#endif

enum { PHILOX_ROUNDS = 10 };

void wn_philox4x32(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4])
{
    uint32_t c[4], k[2] = {key[0], key[1]};

    memcpy(c, counter, sizeof c);
    for (int round = 0; round < PHILOX_ROUNDS; round++) {
        uint64_t p0 = UINT64_C(0xD2511F53) * c[0];
        uint64_t p1 = UINT64_C(0xCD9E8D57) * c[2];

        c[0] = (uint32_t)(p1 >> 32) ^ c[1] ^ k[0];
        c[1] = (uint32_t)p1;
        c[2] = (uint32_t)(p0 >> 32) ^ c[3] ^ k[1];
        c[3] = (uint32_t)p0;
        k[0] += UINT32_C(0x9E3779B9);
        k[1] += UINT32_C(0xBB67AE85);
    }
    memcpy(out, c, sizeof c);
}

struct wn_rng wn_rng_keyed(uint64_t seed, enum wn_stream stream, uint64_t subject)
{
    return (struct wn_rng){.key = seed, .subject = subject, .stream = (uint32_t)stream};
}

/* The finalizer of SplitMix64 (Steele, Lea, Flood: OOPSLA 2014): a bijection. */
static uint64_t mix(uint64_t z)
{
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

uint64_t wn_rng_pair(uint64_t a, uint64_t b)
{
    return mix(mix(a + UINT64_C(0x9E3779B97F4A7C15)) + b);
}

uint32_t wn_rng_u32(struct wn_rng *rng)
{
    if (!rng->n_left) {
        const uint32_t counter[4] = {
            rng->index,
            rng->stream,
            (uint32_t)rng->subject,
            (uint32_t)(rng->subject >> 32),
        };
        const uint32_t key[2] = {(uint32_t)rng->key, (uint32_t)(rng->key >> 32)};

        wn_philox4x32(counter, key, rng->word);
        rng->index++;
        rng->n_left = 4;
    }
    return rng->word[4 - rng->n_left--];
}

uint64_t wn_rng_u64(struct wn_rng *rng)
{
    uint64_t low = wn_rng_u32(rng);

    return low | (uint64_t)wn_rng_u32(rng) << 32;
}

double wn_rng_unit(struct wn_rng *rng)
{
    return (double)(wn_rng_u64(rng) >> 11) * 0x1p-53;
}

double wn_rng_uniform(struct wn_rng *rng, double low, double high)
{
    double u = wn_rng_unit(rng);
    double width = high - low;
    double x;

    if (isfinite(width))
        x = low + u * width;
    else /* the width of [-1e308, 1e308] is no double */
        x = low * (1.0 - u) + high * u;
    return x < low ? low : x > high ? high : x; /* rounding may step over an end */
}

uint64_t wn_rng_below(struct wn_rng *rng, uint64_t n)
{
    uint64_t n_refused, x;

    WN_ASSERT(n > 0);
    /* 2^64 mod n: without that many values every remainder is met equally often. */
    n_refused = (UINT64_MAX - n + 1) % n;
    do
        x = wn_rng_u64(rng);
    while (x < n_refused);
    return x % n;
}

int64_t wn_rng_int(struct wn_rng *rng, int64_t low, int64_t high)
{
    uint64_t n;

    WN_ASSERT(low <= high);
    n = (uint64_t)high - (uint64_t)low + 1;
    return (int64_t)((uint64_t)low + (n ? wn_rng_below(rng, n) : wn_rng_u64(rng)));
}

/* Natural logarithm for x > 0, good to about 1e-16: x = m 2^e with m near 1, and
 * log m = 2 artanh s, s = (m - 1) / (m + 1), whose series ends quickly for s <= 0.172. */
static double portable_log(double x)
{
    int e;
    double m = frexp(x, &e);
    double s, s2, sum = 0;

    if (m < 0.70710678118654752) {
        m *= 2;
        e--;
    }
    s = (m - 1) / (m + 1);
    s2 = s * s;
    for (int k = 23; k >= 1; k -= 2)
        sum = sum * s2 + 1.0 / k;
    return 2 * s * sum + e * 0.69314718055994531;
}

/* Marsaglia's polar method; the second number is dropped so that the generator stays a
 * plain counter. */
double wn_rng_normal(struct wn_rng *rng)
{
    double u, v, s;

    do {
        u = 2 * wn_rng_unit(rng) - 1;
        v = 2 * wn_rng_unit(rng) - 1;
        s = u * u + v * v;
    } while (s >= 1 || s <= 0);
    return u * sqrt(-2 * portable_log(s) / s);
}

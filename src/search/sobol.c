/* sobol.c - Sobol's sequence, scrambled: evenly spread however many trials there will be.
 *
 * Sobol (1967) with the direction numbers of Joe and Kuo, SIAM J. Sci. Comput. 30, 2635
 * (2008), in the order of the Gray code (Antonov, Saleev 1979): any 2^k points that begin
 * at a multiple of 2^k lie one in each of 2^k equal parts of every axis, and as evenly as
 * the construction allows in all elementary boxes of several axes. One coordinate a
 * parameter (walk_internal.h), at most WN_SOBOL_PARAMS of them.
 *
 * `scramble` (the default) permutes the digits of each coordinate at random, each by a
 * permutation that depends on the digits before it: the nested uniform scrambling of Owen,
 * "Randomly permuted (t,m,s)-nets and (t,s)-sequences" (1995), its coin flips taken from
 * a hash of the digits (Burley: Practical Hash-based Owen Scrambling, JCGT 9(4), 2020),
 * keyed by the study's seed and the axis. The points stay as even as they were, studies
 * with other seeds see others, and each is uniformly distributed; unscrambled, the first
 * one has the lowest value of everything. It is kept all the same: leaving it out spoils
 * the evenness (Owen: On dropping the first Sobol' point, 2020).
 *
 * It learns nothing from reports, pauses, ends and failures. A point that was tried is
 * passed over. After 2^32 points draws are random.
 */
#include "search/search.h"

#include <inttypes.h>

#include "base/mem.h"
#include "search/untried_internal.h"
#include "search/walk_internal.h"

enum { BITS = 32, DIGITS = 53, MOST_DEGREE = 12 };

struct directions {
    uint8_t degree;
    uint16_t inner; /* coefficients of the polynomial but the first and last: a */
    uint16_t initial[MOST_DEGREE];
};

#define WN_SOBOL(dimension, s, a, ...) {s, a, {__VA_ARGS__}},
static const struct directions table[] = {
/* of dimension 2, 3, ... */
#include "search/sobol_directions.def"
};
#undef WN_SOBOL

enum { WN_SOBOL_PARAMS = sizeof table / sizeof table[0] + 1 };

struct axis {
    uint32_t v[BITS]; /* v[k]: direction number of digit k of the index, least first */
    uint64_t key;
};

struct wn_search {
    struct axis *axes;
    bool is_scrambled;
    struct wn_walk *walk;
};

static const struct wn_option options[] = {
    {.name = "scramble",
     .type = WN_OPTION_BOOL,
     .def = "true",
     .help =
         "whether the points are scrambled by the study's seed, or the plain sequence"},
    WN_ALLOW_DUPLICATES,
    {0}};

/* The recurrence of Sobol in the notation of Joe and Kuo, section 2, with every term
 * shifted to the left end of 32 bits: v_k = m_k 2^(32 - k). */
static void make_directions(struct axis *axis, size_t dimension)
{
    const struct directions *from = &table[dimension - 1];
    unsigned s = from->degree;

    for (unsigned k = 0; k < BITS; k++) {
        if (k < s) {
            axis->v[k] = (uint32_t)from->initial[k] << (BITS - 1 - k);
            continue;
        }
        axis->v[k] = axis->v[k - s] ^ axis->v[k - s] >> s;
        for (unsigned i = 1; i < s; i++)
            if (from->inner >> (s - 1 - i) & 1)
                axis->v[k] ^= axis->v[k - i];
    }
}

static void make_axes(struct wn_search *self, size_t n_params, uint64_t seed)
{
    struct wn_rng rng = wn_rng_keyed(seed, WN_STREAM_SEARCH, 0);

    for (size_t i = 0; i < n_params; i++) {
        if (i > 0)
            make_directions(&self->axes[i], i);
        else
            for (unsigned k = 0; k < BITS; k++)
                self->axes[i].v[k] = UINT32_C(1) << (BITS - 1 - k);
        self->axes[i].key = wn_rng_u64(&rng);
    }
}

/* Flip each digit by a coin that the digits before it own. Beyond the last digit there are
 * only zeros, so that their coins are the digits: they spread points within finest parts. */
static double scramble(uint64_t key, uint32_t x)
{
    uint64_t before = 1, flipped = 0; /* led by a 1: the number of digits is part of it */

    for (int k = BITS - 1; k >= 0; k--) {
        uint64_t digit = x >> k & 1;

        flipped = flipped << 1 | (digit ^ wn_rng_pair(key, before) >> 63);
        before = before << 1 | digit;
    }
    flipped =
        flipped << (DIGITS - BITS) | wn_rng_pair(key, before) >> (64 - DIGITS + BITS);
    return (double)flipped * 0x1p-53;
}

static double sobol_place(const void *sequence, uint64_t index, size_t param)
{
    const struct wn_search *self = sequence;
    const struct axis *axis = &self->axes[param];
    uint32_t x = 0;

    for (uint64_t gray = index ^ index >> 1, k = 0; gray; gray >>= 1, k++)
        if (gray & 1)
            x ^= axis->v[k];
    return self->is_scrambled ? scramble(axis->key, x) : (double)x * 0x1p-32;
}

static void sobol_destroy(struct wn_search *self)
{
    if (!self)
        return;
    wn_walk_destroy(self->walk);
    wn_free(self->axes);
    wn_free(self);
}

static enum wn_status sobol_create(const struct wn_search_config *cfg,
                                   struct wn_search **out,
                                   struct wn_error *err)
{
    size_t n_params = wn_space_n_params(cfg->space);
    struct wn_walk_config walk = {.space = cfg->space,
                                  .allows_duplicates =
                                      wn_values_bool(cfg->options, "allow_duplicates"),
                                  .place = sobol_place,
                                  .n_points = UINT64_C(1) << BITS};
    struct wn_search *self;
    enum wn_status rc;

    if (n_params > WN_SOBOL_PARAMS)
        return wn_fail(err, WN_EINVAL,
                       "space: the sobol searcher knows the sequence for at most %d "
                       "parameters, and there are %zu",
                       (int)WN_SOBOL_PARAMS, n_params);
    self = wn_alloc(sizeof *self);
    if (!self)
        return wn_fail(err, WN_ENOMEM, "no memory for the sobol searcher");
    self->is_scrambled = wn_values_bool(cfg->options, "scramble");
    self->axes = wn_alloc_array(n_params, sizeof *self->axes);
    if (!self->axes) {
        sobol_destroy(self);
        return wn_fail(err, WN_ENOMEM, "no memory for the sobol searcher");
    }
    make_axes(self, n_params, cfg->seed);
    walk.sequence = self;
    rc = wn_walk_create(&walk, &self->walk, err);
    if (rc != WN_OK) {
        sobol_destroy(self);
        return rc;
    }
    *out = self;
    return WN_OK;
}

static struct wn_reply sobol_propose(const struct wn_search *self,
                                     const struct wn_ask *ask,
                                     struct wn_rng rng,
                                     union wn_cell *cells)
{
    (void)ask;
    return wn_walk_propose(self->walk, rng, cells);
}

static enum wn_status sobol_apply(struct wn_search *self,
                                  const struct wn_event *event,
                                  struct wn_error *err)
{
    return wn_walk_apply(self->walk, event, err);
}

static bool sobol_size(const struct wn_search *self, uint64_t *out)
{
    return wn_walk_size(self->walk, out);
}

const struct wn_search_ops wn_search_sobol = {
    .name = "sobol",
    .summary = "Sobol's sequence, scrambled: evenly spread points",
    .reference = "Joe and Kuo, SIAM J. Sci. Comput. 30 (2008)",
    .is_slow = false,
    .options = options,
    .create = sobol_create,
    .destroy = sobol_destroy,
    .propose = sobol_propose,
    .apply = sobol_apply,
    .size = sobol_size,
};

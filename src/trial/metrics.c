/* metrics.c - see metrics_internal.h. */
#include "trial/metrics_internal.h"

#include <string.h>

#include "base/assert.h"
#include "base/checksum.h"

#define PER_BLOCK WN_METRICS_MAX /* the values of one report lie together */
#define SETS_MAX  4096

void wn_metrics_release(struct wn_metrics *store)
{
    for (size_t i = 0; i < store->blocks.n; i++)
        wn_free(store->blocks.at[i]);
    wn_vec_release(&store->blocks);
    wn_vec_release(&store->sets);
    wn_arena_release(&store->arena);
}

static uint64_t hash_names(const struct wn_metric *metrics, uint32_t n)
{
    uint64_t hash = n;

    for (uint32_t i = 0; i < n; i++)
        hash = wn_hash64(metrics[i].name, strlen(metrics[i].name), hash);
    return hash;
}

static bool has_names(const struct wn_metric_set *set,
                      uint64_t hash,
                      const struct wn_metric *metrics,
                      uint32_t n)
{
    if (set->hash != hash || set->n != n)
        return false;
    for (uint32_t i = 0; i < n; i++)
        if (strcmp(set->names[i], metrics[i].name) != 0)
            return false;
    return true;
}

static struct wn_metric_set *add_set(struct wn_metrics *store,
                                     uint64_t hash,
                                     const struct wn_metric *metrics,
                                     uint32_t n)
{
    const char **names = wn_arena_alloc(&store->arena, n * sizeof *names);
    struct wn_metric_set *set;

    if (!names)
        return NULL;
    for (uint32_t i = 0; i < n; i++) {
        names[i] = wn_arena_strdup(&store->arena, metrics[i].name);
        if (!names[i])
            return NULL;
    }
    set = wn_vec_push(&store->sets);
    if (set)
        *set = (struct wn_metric_set){.hash = hash, .names = names, .n = n};
    return set;
}

/* Index of the list of names, found or added; SETS_MAX when there are too many lists,
 * and UINT32_MAX without memory. A study has one list or a few, so the last one used is
 * nearly always right. */
static uint32_t intern_set(struct wn_metrics *store,
                           const struct wn_metric *metrics,
                           uint32_t n)
{
    uint64_t hash = hash_names(metrics, n);

    if (store->last_set < store->sets.n &&
        has_names(&store->sets.at[store->last_set], hash, metrics, n))
        return store->last_set;
    for (size_t i = 0; i < store->sets.n; i++)
        if (has_names(&store->sets.at[i], hash, metrics, n))
            return (uint32_t)i;
    if (store->sets.n >= SETS_MAX && n > 1)
        return SETS_MAX;
    if (!add_set(store, hash, metrics, n))
        return UINT32_MAX;
    return (uint32_t)store->sets.n - 1;
}

/* Room for n values that lie together; NULL without memory. */
static double *metric_room(struct wn_metrics *store, uint32_t n, uint32_t *at)
{
    uint32_t used = store->n_used % PER_BLOCK;
    uint32_t first = store->n_used;

    if (used && used + n > PER_BLOCK)
        first += PER_BLOCK - used;
    if (first > UINT32_MAX - PER_BLOCK)
        return NULL;
    if (first / PER_BLOCK >= store->blocks.n) {
        double **block = wn_vec_push(&store->blocks);
        if (!block)
            return NULL;
        *block = wn_alloc_array(PER_BLOCK, sizeof **block);
        if (!*block) {
            store->blocks.n--;
            return NULL;
        }
    }
    store->n_used = first + n;
    *at = first;
    return &store->blocks.at[first / PER_BLOCK][first % PER_BLOCK];
}

bool wn_metrics_add(struct wn_metrics *store,
                    const struct wn_metric *metrics,
                    uint32_t n,
                    uint32_t main_at,
                    uint16_t *set,
                    uint32_t *at)
{
    uint32_t index = intern_set(store, metrics, n);
    double *values;

    if (index == SETS_MAX) { /* of a program that invents names: keep what matters */
        metrics += main_at;
        n = 1;
        index = intern_set(store, metrics, 1);
    }
    values = index == UINT32_MAX ? NULL : metric_room(store, n, at);
    if (!values)
        return false;
    for (uint32_t i = 0; i < n; i++)
        values[i] = metrics[i].value;
    *set = store->last_set = (uint16_t)index;
    return true;
}

const double *wn_metrics_at(const struct wn_metrics *store, uint32_t at)
{
    WN_ASSERT(at < store->n_used);
    return &store->blocks.at[at / PER_BLOCK][at % PER_BLOCK];
}

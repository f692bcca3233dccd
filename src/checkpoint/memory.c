/* memory.c - a hash table of blobs with chains; removing is as common as adding. */
#include "checkpoint/memory_internal.h"

#include <pthread.h>
#include <string.h>

#include "base/checksum.h"
#include "base/mem.h"

struct item {
    struct item *next;
    struct wn_generation gen;
    size_t n;
    unsigned char bytes[];
};

struct chain {
    struct item *first;
};

struct table {
    struct chain *chains;
    size_t n_chains, n_items, n_most; /* n_chains is a power of two; n_most: of n_items */
};

struct wn_memory {
    pthread_mutex_t lock;
    struct table table;
};

enum { FIRST_CHAINS = 64 };

static size_t chain_of(const struct table *table, struct wn_generation gen)
{
    uint64_t key[3] = {(uint64_t)gen.resource, gen.trial,
                       (uint64_t)gen.dispatch.incarnation << 32 | gen.dispatch.count};

    return (size_t)wn_hash64(key, sizeof key, 0) & (table->n_chains - 1);
}

struct wn_memory *wn_memory_create(void)
{
    struct wn_memory *memory = wn_alloc(sizeof *memory);

    if (!memory)
        return NULL;
    memory->table.n_chains = FIRST_CHAINS;
    memory->table.chains = wn_alloc_array(FIRST_CHAINS, sizeof *memory->table.chains);
    if (!memory->table.chains) {
        wn_free(memory);
        return NULL;
    }
    pthread_mutex_init(&memory->lock, NULL);
    return memory;
}

static bool keep_none(void *arg, struct wn_generation gen)
{
    (void)arg, (void)gen;
    return false;
}

void wn_memory_destroy(struct wn_memory *memory)
{
    if (!memory)
        return;
    wn_memory_sweep(memory, keep_none, NULL);
    pthread_mutex_destroy(&memory->lock);
    wn_free(memory->table.chains);
    wn_free(memory);
}

/* Twice as many chains; without memory they just become longer. */
static void grow(struct table *table)
{
    struct table bigger = {.n_chains = table->n_chains * 2,
                           .n_items = table->n_items,
                           .n_most = table->n_most};

    bigger.chains = wn_alloc_array(bigger.n_chains, sizeof *bigger.chains);
    if (!bigger.chains)
        return;
    for (size_t i = 0; i < table->n_chains; i++) {
        while (table->chains[i].first) {
            struct item *item = table->chains[i].first;
            struct chain *chain = &bigger.chains[chain_of(&bigger, item->gen)];

            table->chains[i].first = item->next;
            item->next = chain->first;
            chain->first = item;
        }
    }
    wn_free(table->chains);
    *table = bigger;
}

static struct item *find(const struct table *table, struct wn_generation gen)
{
    struct item *item = table->chains[chain_of(table, gen)].first;

    while (item && !wn_generation_equal(item->gen, gen))
        item = item->next;
    return item;
}

static enum wn_status put(struct table *table,
                          struct wn_generation gen,
                          const void *bytes,
                          size_t n,
                          struct wn_error *err)
{
    struct item *item = find(table, gen);
    struct chain *chain;

    if (item && item->n == n && (!n || memcmp(item->bytes, bytes, n) == 0))
        return WN_OK;
    if (item)
        return wn_fail(
            err, WN_EINVAL,
            "a checkpoint of trial %lu at resource %lld exists with other content",
            (unsigned long)gen.trial, (long long)gen.resource);
    item = n <= SIZE_MAX - sizeof *item ? wn_alloc(sizeof *item + n) : NULL;
    if (!item)
        return wn_fail(err, WN_ENOMEM, "no memory for a checkpoint of %zu bytes", n);
    item->gen = gen;
    item->n = n;
    if (n)
        memcpy(item->bytes, bytes, n);
    if (table->n_items >= table->n_chains)
        grow(table);
    chain = &table->chains[chain_of(table, gen)];
    item->next = chain->first;
    chain->first = item;
    table->n_items++;
    if (table->n_items > table->n_most)
        table->n_most = table->n_items;
    return WN_OK;
}

enum wn_status wn_memory_put(struct wn_memory *memory,
                             struct wn_generation gen,
                             const void *bytes,
                             size_t n,
                             struct wn_error *err)
{
    enum wn_status rc;

    pthread_mutex_lock(&memory->lock);
    rc = put(&memory->table, gen, bytes, n, err);
    pthread_mutex_unlock(&memory->lock);
    return rc;
}

static enum wn_status get(const struct table *table,
                          struct wn_generation gen,
                          void **bytes,
                          size_t *n,
                          struct wn_error *err)
{
    const struct item *item = find(table, gen);
    void *copy;

    if (!item)
        return wn_fail(err, WN_ECORRUPT,
                       "there is no checkpoint of trial %lu at resource %lld",
                       (unsigned long)gen.trial, (long long)gen.resource);
    if (!bytes)
        return WN_OK;
    copy = wn_alloc(item->n);
    if (!copy)
        return wn_fail(err, WN_ENOMEM, "no memory for a checkpoint of %zu bytes",
                       item->n);
    memcpy(copy, item->bytes, item->n);
    *bytes = copy;
    *n = item->n;
    return WN_OK;
}

enum wn_status wn_memory_get(struct wn_memory *memory,
                             struct wn_generation gen,
                             void **bytes,
                             size_t *n,
                             struct wn_error *err)
{
    enum wn_status rc;

    pthread_mutex_lock(&memory->lock);
    rc = get(&memory->table, gen, bytes, n, err);
    pthread_mutex_unlock(&memory->lock);
    return rc;
}

static struct item *take(struct table *table, struct item **at)
{
    struct item *gone = *at;

    *at = gone->next;
    table->n_items--;
    return gone;
}

void wn_memory_remove(struct wn_memory *memory, struct wn_generation gen)
{
    struct table *table = &memory->table;
    struct item **at;

    pthread_mutex_lock(&memory->lock);
    at = &table->chains[chain_of(table, gen)].first;
    while (*at && !wn_generation_equal((*at)->gen, gen))
        at = &(*at)->next;
    if (*at)
        wn_free(take(table, at));
    pthread_mutex_unlock(&memory->lock);
}

uint64_t wn_memory_sweep(struct wn_memory *memory, wn_store_keep_fn *keep, void *arg)
{
    struct table *table = &memory->table;
    uint64_t n_removed = 0;

    pthread_mutex_lock(&memory->lock);
    for (size_t i = 0; i < table->n_chains; i++) {
        for (struct item **at = &table->chains[i].first; *at;) {
            if (keep(arg, (*at)->gen)) {
                at = &(*at)->next;
                continue;
            }
            wn_free(take(table, at));
            n_removed++;
        }
    }
    pthread_mutex_unlock(&memory->lock);
    return n_removed;
}

struct wn_store_tally wn_memory_tally(struct wn_memory *memory)
{
    struct wn_store_tally tally;

    pthread_mutex_lock(&memory->lock);
    tally = (struct wn_store_tally){memory->table.n_items, memory->table.n_most};
    pthread_mutex_unlock(&memory->lock);
    return tally;
}

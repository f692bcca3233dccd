/* memory.c - a hash table of blobs with chains; removing is as common as adding. */
#include "checkpoint/memory_internal.h"

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

struct wn_memory {
    struct chain *chains;
    size_t n_chains, n_items; /* n_chains is a power of two */
};

enum { FIRST_CHAINS = 64 };

static size_t chain_of(const struct wn_memory *memory, struct wn_generation gen)
{
    uint64_t key[3] = {(uint64_t)gen.resource, gen.trial,
                       (uint64_t)gen.dispatch.incarnation << 32 | gen.dispatch.count};

    return (size_t)wn_hash64(key, sizeof key, 0) & (memory->n_chains - 1);
}

struct wn_memory *wn_memory_create(void)
{
    struct wn_memory *memory = wn_alloc(sizeof *memory);

    if (!memory)
        return NULL;
    memory->n_chains = FIRST_CHAINS;
    memory->chains = wn_alloc_array(memory->n_chains, sizeof *memory->chains);
    if (!memory->chains) {
        wn_free(memory);
        return NULL;
    }
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
    wn_free(memory->chains);
    wn_free(memory);
}

/* Twice as many chains; without memory they just become longer. */
static void grow(struct wn_memory *memory)
{
    struct wn_memory bigger = {.n_chains = memory->n_chains * 2,
                               .n_items = memory->n_items};

    bigger.chains = wn_alloc_array(bigger.n_chains, sizeof *bigger.chains);
    if (!bigger.chains)
        return;
    for (size_t i = 0; i < memory->n_chains; i++) {
        while (memory->chains[i].first) {
            struct item *item = memory->chains[i].first;
            struct chain *chain = &bigger.chains[chain_of(&bigger, item->gen)];

            memory->chains[i].first = item->next;
            item->next = chain->first;
            chain->first = item;
        }
    }
    wn_free(memory->chains);
    *memory = bigger;
}

static struct item *find(const struct wn_memory *memory, struct wn_generation gen)
{
    struct item *item = memory->chains[chain_of(memory, gen)].first;

    while (item && !wn_generation_equal(item->gen, gen))
        item = item->next;
    return item;
}

enum wn_status wn_memory_put(struct wn_memory *memory,
                             struct wn_generation gen,
                             const void *bytes,
                             size_t n,
                             struct wn_error *err)
{
    struct item *item = find(memory, gen);
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
    if (memory->n_items >= memory->n_chains)
        grow(memory);
    chain = &memory->chains[chain_of(memory, gen)];
    item->next = chain->first;
    chain->first = item;
    memory->n_items++;
    return WN_OK;
}

enum wn_status wn_memory_get(const struct wn_memory *memory,
                             struct wn_generation gen,
                             const void **bytes,
                             size_t *n,
                             struct wn_error *err)
{
    const struct item *item = find(memory, gen);

    if (!item)
        return wn_fail(err, WN_ECORRUPT,
                       "there is no checkpoint of trial %lu at resource %lld",
                       (unsigned long)gen.trial, (long long)gen.resource);
    *bytes = item->bytes;
    *n = item->n;
    return WN_OK;
}

void wn_memory_remove(struct wn_memory *memory, struct wn_generation gen)
{
    struct item **at = &memory->chains[chain_of(memory, gen)].first;

    while (*at && !wn_generation_equal((*at)->gen, gen))
        at = &(*at)->next;
    if (*at) {
        struct item *gone = *at;

        *at = gone->next;
        wn_free(gone);
        memory->n_items--;
    }
}

uint64_t wn_memory_sweep(struct wn_memory *memory, wn_store_keep_fn *keep, void *arg)
{
    uint64_t n_removed = 0;

    for (size_t i = 0; i < memory->n_chains; i++) {
        for (struct item **at = &memory->chains[i].first; *at;) {
            struct item *item = *at;

            if (keep(arg, item->gen)) {
                at = &item->next;
                continue;
            }
            *at = item->next;
            wn_free(item);
            memory->n_items--;
            n_removed++;
        }
    }
    return n_removed;
}

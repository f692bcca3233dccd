/* import_keys.c - a table from byte strings to numbers, with open addressing. */
#include <string.h>

#include "base/checksum.h"
#include "results/import_internal.h"

enum { SLOTS_FIRST = 64 };

void wn_import_keys_release(struct wn_import_keys *keys)
{
    wn_vec_release(&keys->all);
    wn_free(keys->slots);
    *keys = (struct wn_import_keys){0};
}

/* Twice the slots, all keys put in again. */
static bool grow(struct wn_import_keys *keys)
{
    size_t n = keys->n_slots ? 2 * keys->n_slots : SLOTS_FIRST;
    uint32_t *slots = wn_alloc_array(n, sizeof *slots);

    if (!slots)
        return false;
    for (size_t i = 0; i < keys->all.n; i++) {
        size_t at = keys->all.at[i].hash & (n - 1);

        while (slots[at])
            at = (at + 1) & (n - 1);
        slots[at] = (uint32_t)i + 1;
    }
    wn_free(keys->slots);
    keys->slots = slots;
    keys->n_slots = n;
    return true;
}

static bool is_same(const struct wn_import_key *key,
                    uint64_t hash,
                    const void *bytes,
                    size_t n)
{
    return key->hash == hash && key->n == n && memcmp(key->bytes, bytes, n) == 0;
}

size_t wn_import_key(struct wn_import_keys *keys,
                     struct wn_arena *arena,
                     const void *bytes,
                     size_t n,
                     size_t line)
{
    uint64_t hash = wn_hash64(bytes, n, 0);
    struct wn_import_key *key;
    char *copy;
    size_t at;

    if (4 * (keys->all.n + 1) > 3 * keys->n_slots && !grow(keys))
        return SIZE_MAX;
    at = hash & (keys->n_slots - 1);
    for (; keys->slots[at]; at = (at + 1) & (keys->n_slots - 1))
        if (is_same(&keys->all.at[keys->slots[at] - 1], hash, bytes, n))
            return keys->slots[at] - 1;
    if (keys->all.n >= UINT32_MAX - 1)
        return SIZE_MAX;
    copy = wn_arena_alloc(arena, n + 1);
    key = copy ? wn_vec_push(&keys->all) : NULL;
    if (!key)
        return SIZE_MAX;
    memcpy(copy, bytes, n);
    *key = (struct wn_import_key){.bytes = copy, .n = n, .line = line, .hash = hash};
    keys->slots[at] = (uint32_t)keys->all.n;
    return keys->all.n - 1;
}

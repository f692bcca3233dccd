/* mem.c - the one door to the allocator, arenas, growing arrays.
 *
 * The counter behind wn_mem_fail_after() is atomic, because a searcher may live on a
 * thread of its own; nothing else here is shared.
 */
#include "base/mem.h"

#include <stdalign.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"

enum { ARENA_ALIGN = 16, ARENA_FIRST = 4096, ARENA_MOST = 1024 * 1024 };

static _Atomic uint64_t n_allocations;
static _Atomic uint64_t failing_allocation; /* its number, counted from 1; 0: none */

/* Count an allocation; false if it is the one that is to fail, or too large for the
 * pointer arithmetic of C. */
static bool may_allocate(size_t size_bytes)
{
    uint64_t number =
        atomic_fetch_add_explicit(&n_allocations, 1, memory_order_relaxed) + 1;

    return size_bytes <= PTRDIFF_MAX &&
           number != atomic_load_explicit(&failing_allocation, memory_order_relaxed);
}

void *wn_alloc(size_t size_bytes)
{
    return may_allocate(size_bytes) ? calloc(1, size_bytes ? size_bytes : 1) : NULL;
}

void *wn_alloc_array(size_t n, size_t size_bytes)
{
    if (size_bytes && n > SIZE_MAX / size_bytes)
        return NULL;
    return wn_alloc(n * size_bytes);
}

void *wn_realloc(void *old, size_t size_bytes)
{
    return may_allocate(size_bytes) ? realloc(old, size_bytes ? size_bytes : 1) : NULL;
}

char *wn_strdup(const char *text)
{
    size_t n_all = strlen(text) + 1;
    char *copy = wn_alloc(n_all);

    if (copy)
        memcpy(copy, text, n_all);
    return copy;
}

char *wn_strndup(const char *text, size_t n)
{
    size_t n_text = strnlen(text, n);
    char *copy = n_text < SIZE_MAX ? wn_alloc(n_text + 1) : NULL;

    if (copy)
        memcpy(copy, text, n_text);
    return copy;
}

void wn_free(void *memory)
{
    free(memory);
}

void wn_mem_fail_after(uint64_t n)
{
    atomic_store(&failing_allocation, n ? atomic_load(&n_allocations) + n : 0);
}

uint64_t wn_mem_count(void)
{
    return atomic_load(&n_allocations);
}

/* Arenas: a list of blocks; allocations come from the first. */

struct wn_arena_block {
    struct wn_arena_block *next;
    size_t size;
    alignas(ARENA_ALIGN) unsigned char bytes[];
};

static struct wn_arena_block *new_block(size_t size)
{
    struct wn_arena_block *block;

    if (size > SIZE_MAX - sizeof *block)
        return NULL;
    block = wn_alloc(sizeof *block + size);
    if (block)
        block->size = size;
    return block;
}

void *wn_arena_alloc(struct wn_arena *arena, size_t size_bytes)
{
    struct wn_arena_block *block = arena->blocks;
    size_t size;

    if (size_bytes > PTRDIFF_MAX)
        return NULL;
    size = (size_bytes + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
    if (!size)
        size = ARENA_ALIGN;
    if (block && size <= arena->size - arena->used) {
        void *memory = block->bytes + arena->used;

        arena->used += size;
        return memset(memory, 0, size); /* a block that was reset is dirty */
    }
    if (block &&
        size > arena->size / 2) { /* its own block; the rest of this one stays in use */
        struct wn_arena_block *own = new_block(size);

        if (!own)
            return NULL;
        own->next = block->next;
        block->next = own;
        return own->bytes;
    }
    size_t next_size = !block                         ? ARENA_FIRST
                       : arena->size < ARENA_MOST / 2 ? arena->size * 2
                                                      : ARENA_MOST;

    block = new_block(size > next_size ? size : next_size);
    if (!block)
        return NULL;
    block->next = arena->blocks;
    arena->blocks = block;
    arena->size = block->size;
    arena->used = size;
    return block->bytes;
}

char *wn_arena_strdup(struct wn_arena *arena, const char *text)
{
    return wn_arena_strndup(arena, text, strlen(text));
}

char *wn_arena_strndup(struct wn_arena *arena, const char *text, size_t n)
{
    size_t n_text = strnlen(text, n);
    char *copy = n_text < SIZE_MAX ? wn_arena_alloc(arena, n_text + 1) : NULL;

    if (copy)
        memcpy(copy, text, n_text);
    return copy;
}

char *wn_arena_printf(struct wn_arena *arena, const char *format, ...)
{
    va_list args, again;
    char *text = NULL;
    int n;

    va_start(args, format);
    va_copy(again, args);
    n = vsnprintf(NULL, 0, format, args);
    if (n >= 0)
        text = wn_arena_alloc(arena, (size_t)n + 1);
    if (text)
        vsnprintf(text, (size_t)n + 1, format, again);
    va_end(again);
    va_end(args);
    return text;
}

void wn_arena_reset(struct wn_arena *arena)
{
    struct wn_arena_block *kept = arena->blocks;

    if (kept) {
        struct wn_arena rest = {.blocks = kept->next};

        wn_arena_release(&rest);
        kept->next = NULL;
    }
    arena->used = 0;
}

void wn_arena_release(struct wn_arena *arena)
{
    while (arena->blocks) {
        struct wn_arena_block *block = arena->blocks;

        arena->blocks = block->next;
        wn_free(block);
    }
    arena->used = arena->size = 0;
}

/* `at` is the address of some `item *`, which is no `void *` to the compiler: it is read
 * and written as bytes. */
bool wn_vec_grow(void **at, size_t *n, size_t *room, size_t size_bytes)
{
    unsigned char *items;

    memcpy(&items, at, sizeof items);
    WN_ASSERT(*n <= *room);
    if (*n == *room) {
        size_t more = *room ? *room * 2 : 8;

        if (more <= *room || more > SIZE_MAX / size_bytes)
            return false;
        items = wn_realloc(items, more * size_bytes);
        if (!items)
            return false;
        memcpy(at, &items, sizeof items);
        *room = more;
    }
    memset(items + *n * size_bytes, 0, size_bytes);
    ++*n;
    return true;
}

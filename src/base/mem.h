/* base/mem.h - arenas and growing arrays.
 *
 * An arena hands out memory that is freed whole: what belongs to one step (an event, a
 * message, a parsed file) comes from one. Allocation fails with NULL, as malloc does.
 * wn_mem_fail_after() makes the n-th allocation of the process fail, which is how the
 * conformance tests walk every out-of-memory path; all of Winnow allocates through here.
 */
#ifndef WN_BASE_MEM_H
#define WN_BASE_MEM_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void *wn_alloc(size_t size_bytes); /* zeroed; NULL without memory; size 0 gives a byte */
void *wn_alloc_array(size_t n, size_t size_bytes); /* zeroed; NULL on overflow too */
void *wn_realloc(void *old,
                 size_t size_bytes); /* not zeroed; old stays valid on failure */
char *wn_strdup(const char *text);
char *wn_strndup(const char *text, size_t n);
void wn_free(void *memory); /* NULL is allowed */

/* Fail the n-th allocation from now on (1 = the next); 0 switches off. Tests only. */
void wn_mem_fail_after(uint64_t n);
uint64_t wn_mem_count(void); /* allocations so far in this process */

struct wn_arena_block;
struct wn_arena {
    struct wn_arena_block *blocks; /* {0} is an empty arena */
    size_t used, size;
};
void *wn_arena_alloc(struct wn_arena *arena,
                     size_t size_bytes); /* zeroed, aligned to 16; NULL */
char *wn_arena_strdup(struct wn_arena *arena, const char *text);
char *wn_arena_strndup(struct wn_arena *arena, const char *text, size_t n);
char *wn_arena_printf(struct wn_arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void wn_arena_reset(struct wn_arena *arena);   /* forget all, keep one block for reuse */
void wn_arena_release(struct wn_arena *arena); /* free all; the arena is empty again */

/* A growing array is a struct with members `item *at; size_t n, room;`.
 * WN_VEC(type) name; declares one; {0} is empty.
 * wn_vec_push(&v) returns a pointer to a new zeroed last item, or NULL without memory;
 * wn_vec_get(&v, i) one to item i, or NULL if there are not so many. */
#define WN_VEC(type)    \
    struct {            \
        type *at;       \
        size_t n, room; \
    }
#define wn_vec_push(v)                                                    \
    (wn_vec_grow((void **)&(v)->at, &(v)->n, &(v)->room, sizeof *(v)->at) \
         ? &(v)->at[(v)->n - 1]                                           \
         : NULL)
#define wn_vec_get(v, i)  ((i) < (v)->n ? &(v)->at[i] : NULL)
#define wn_vec_release(v) (wn_free((v)->at), (v)->at = NULL, (v)->n = (v)->room = 0)
bool wn_vec_grow(void **at, size_t *n, size_t *room, size_t size_bytes);

#endif /* WN_BASE_MEM_H */

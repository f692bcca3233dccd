/* heap.c - a binary heap that knows where each of its things is. */
#include "base/heap.h"

#include "base/assert.h"
#include "base/mem.h"

void wn_heap_release(struct wn_heap *heap)
{
    wn_free(heap->at);
    wn_free(heap->place);
    *heap = (struct wn_heap){0};
}

bool wn_heap_reserve(struct wn_heap *heap, size_t n_ids)
{
    size_t room = heap->room ? heap->room : 16;
    struct wn_heap_entry *at;
    size_t *place;

    if (n_ids > PTRDIFF_MAX / sizeof *at)
        return false;
    while (room < n_ids)
        room *= 2;
    if (room > heap->room) {
        place = wn_realloc(heap->place, room * sizeof *place);
        if (!place)
            return false;
        heap->place = place;
        at = wn_realloc(heap->at, room * sizeof *at);
        if (!at)
            return false;
        heap->at = at;
        heap->room = room;
    }
    for (; heap->n_ids < n_ids; heap->n_ids++)
        heap->place[heap->n_ids] = WN_HEAP_NONE;
    return true;
}

static bool is_before(const struct wn_heap_entry *a, const struct wn_heap_entry *b)
{
    return a->time != b->time ? a->time < b->time : a->sequence < b->sequence;
}

static void set(struct wn_heap *heap, size_t i, const struct wn_heap_entry *entry)
{
    heap->at[i] = *entry;
    heap->place[entry->id] = i;
}

/* Let `entry` rise or sink from the hole at `i` to where it belongs. */
static void settle(struct wn_heap *heap, size_t i, struct wn_heap_entry entry)
{
    while (i > 0 && is_before(&entry, &heap->at[(i - 1) / 2])) {
        set(heap, i, &heap->at[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
    for (;;) {
        size_t child = 2 * i + 1;

        if (child + 1 < heap->n && is_before(&heap->at[child + 1], &heap->at[child]))
            child++;
        if (child >= heap->n || !is_before(&heap->at[child], &entry))
            break;
        set(heap, i, &heap->at[child]);
        i = child;
    }
    set(heap, i, &entry);
}

void wn_heap_put(struct wn_heap *heap, size_t id, int64_t time)
{
    struct wn_heap_entry entry = {.time = time, .id = id};
    size_t i;

    WN_ASSERT(id < heap->n_ids);
    i = heap->place[id] == WN_HEAP_NONE ? heap->n++ : heap->place[id];
    entry.sequence = heap->n_puts++;
    settle(heap, i, entry);
}

void wn_heap_remove(struct wn_heap *heap, size_t id)
{
    size_t i;

    WN_ASSERT(id < heap->n_ids);
    i = heap->place[id];
    if (i == WN_HEAP_NONE)
        return;
    heap->place[id] = WN_HEAP_NONE;
    if (i != --heap->n)
        settle(heap, i, heap->at[heap->n]);
}

bool wn_heap_peek(const struct wn_heap *heap, struct wn_heap_entry *out)
{
    if (heap->n)
        *out = heap->at[0];
    return heap->n > 0;
}

bool wn_heap_pop(struct wn_heap *heap, struct wn_heap_entry *out)
{
    if (!wn_heap_peek(heap, out))
        return false;
    wn_heap_remove(heap, out->id);
    return true;
}

int64_t wn_heap_next(const struct wn_heap *heap, size_t *id)
{
    if (!heap->n)
        return INT64_MAX;
    if (id)
        *id = heap->at[0].id;
    return heap->at[0].time;
}

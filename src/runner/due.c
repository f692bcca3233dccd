/* due.c - a binary heap of slots that knows where each slot is, so a wish can change. */
#include "runner/due_internal.h"

#include "base/mem.h"

struct wn_due_entry {
    int64_t at_us;
    size_t slot;
};

bool wn_due_create(struct wn_due *due, size_t n_slots)
{
    due->n = 0;
    due->heap = wn_alloc_array(n_slots, sizeof *due->heap);
    due->place = wn_alloc_array(n_slots, sizeof *due->place);
    if (!due->heap || !due->place)
        return false; /* the owner releases */
    for (size_t i = 0; i < n_slots; i++)
        due->place[i] = SIZE_MAX;
    return true;
}

void wn_due_release(struct wn_due *due)
{
    wn_free(due->heap);
    wn_free(due->place);
    *due = (struct wn_due){0};
}

static bool before(struct wn_due_entry a, struct wn_due_entry b)
{
    return a.at_us < b.at_us || (a.at_us == b.at_us && a.slot < b.slot);
}

static void put(struct wn_due *due, size_t place, struct wn_due_entry entry)
{
    due->heap[place] = entry;
    due->place[entry.slot] = place;
}

/* Move an entry to where it belongs from `place`, whose content is given up. */
static void settle(struct wn_due *due, size_t place, struct wn_due_entry entry)
{
    while (place > 0 && before(entry, due->heap[(place - 1) / 2])) {
        put(due, place, due->heap[(place - 1) / 2]);
        place = (place - 1) / 2;
    }
    for (;;) {
        size_t child = 2 * place + 1;

        if (child + 1 < due->n && before(due->heap[child + 1], due->heap[child]))
            child++;
        if (child >= due->n || !before(due->heap[child], entry))
            break;
        put(due, place, due->heap[child]);
        place = child;
    }
    put(due, place, entry);
}

void wn_due_set(struct wn_due *due, size_t slot, int64_t at_us)
{
    size_t place = due->place[slot];

    if (place == SIZE_MAX)
        place = due->n++;
    settle(due, place, (struct wn_due_entry){at_us, slot});
}

void wn_due_remove(struct wn_due *due, size_t slot)
{
    size_t place = due->place ? due->place[slot] : SIZE_MAX;
    struct wn_due_entry last;

    if (place == SIZE_MAX)
        return;
    due->place[slot] = SIZE_MAX;
    last = due->heap[--due->n];
    if (place < due->n)
        settle(due, place, last);
}

int64_t wn_due_next(const struct wn_due *due, size_t *slot)
{
    if (!due->n)
        return INT64_MAX;
    if (slot)
        *slot = due->heap[0].slot;
    return due->heap[0].at_us;
}

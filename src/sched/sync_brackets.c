/* sync_brackets.c - a list by number, and a heap of the numbers that offer something.
 *
 * A bracket is in the heap at most once (is_queued) and stays there when it has nothing
 * more to offer, until it comes to the top: every call that changes something ends with a
 * top that offers something, so that asking is O(1).
 */
#include "sched/sync_brackets_internal.h"

#include "base/assert.h"

/* Index of the first open bracket whose number is not below; open.n if there is none. */
static size_t place_of(const struct wn_sync_brackets *list, uint32_t number)
{
    size_t low = 0, high = list->open.n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (list->open.at[middle]->number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct wn_sync_bracket *wn_sync_find(const struct wn_sync_brackets *list, uint32_t number)
{
    size_t place = place_of(list, number);

    if (place == list->open.n || list->open.at[place]->number != number)
        return NULL;
    return list->open.at[place];
}

struct wn_sync_bracket *wn_sync_first(const struct wn_sync_brackets *list)
{
    const struct wn_ranked *first = wn_rank_heap_first(&list->offers);

    return first ? wn_sync_find(list, first->trial) : NULL;
}

/* Drop numbers from the top until one offers something. */
static void clean(struct wn_sync_brackets *list)
{
    while (list->offers.items.n) {
        struct wn_sync_bracket *first = wn_sync_first(list);

        if (first && first->has_offer)
            return;
        if (first)
            first->is_queued = false;
        (void)wn_rank_heap_pop(&list->offers);
    }
}

bool wn_sync_open(struct wn_sync_brackets *list, struct wn_sync_bracket *bracket)
{
    struct wn_sync_bracket **item = wn_vec_push(&list->open);

    if (!item)
        return false;
    *bracket = (struct wn_sync_bracket){.number = list->n_opened++};
    *item = bracket;
    return true;
}

bool wn_sync_offer(struct wn_sync_brackets *list,
                   struct wn_sync_bracket *bracket,
                   bool has_offer)
{
    if (bracket->has_offer == has_offer)
        return true;
    bracket->has_offer = has_offer;
    if (has_offer && !bracket->is_queued) {
        /* Equal losses are put in the order of their numbers. */
        if (!wn_rank_heap_push(&list->offers,
                               (struct wn_ranked){.trial = bracket->number}))
            return false;
        bracket->is_queued = true;
    }
    clean(list);
    return true;
}

void wn_sync_close(struct wn_sync_brackets *list, struct wn_sync_bracket *bracket)
{
    size_t place = place_of(list, bracket->number);

    WN_ASSERT(place < list->open.n && list->open.at[place] == bracket);
    for (size_t i = place; i + 1 < list->open.n; i++)
        list->open.at[i] = list->open.at[i + 1];
    list->open.n--;
    clean(list);
}

void wn_sync_release(struct wn_sync_brackets *list)
{
    wn_vec_release(&list->open);
    wn_rank_heap_release(&list->offers);
    *list = (struct wn_sync_brackets){0};
}

/* sorted.c - numbers kept in order, which is made when somebody looks. */
#include "model/sorted.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void wn_sorted_release(struct wn_sorted *sorted)
{
    wn_free(sorted->at);
    wn_free(sorted->spare);
    *sorted = (struct wn_sorted){0};
}

static bool grow(struct wn_sorted_item **at, size_t *room)
{
    size_t more = *room ? 2 * *room : 8;
    struct wn_sorted_item *grown = NULL;

    if (more <= SIZE_MAX / sizeof *grown)
        grown = wn_realloc(*at, more * sizeof *grown);
    if (!grown)
        return false;
    *at = grown;
    *room = more;
    return true;
}

bool wn_sorted_add(struct wn_sorted *sorted, double key, uint32_t id)
{
    if (sorted->n == sorted->room && !grow(&sorted->at, &sorted->room))
        return false;
    if (sorted->n - sorted->n_ordered == sorted->spare_room &&
        !grow(&sorted->spare, &sorted->spare_room))
        return false;
    sorted->at[sorted->n++] = (struct wn_sorted_item){.key = key, .id = id};
    return true;
}

static int compare(const void *a, const void *b)
{
    const struct wn_sorted_item *x = a, *y = b;

    if (x->key < y->key || x->key > y->key)
        return x->key < y->key ? -1 : 1;
    return x->id < y->id ? -1 : x->id > y->id;
}

void wn_sorted_items(struct wn_sorted_item *items, size_t n)
{
    if (n > 1)
        qsort(items, n, sizeof *items, compare);
}

struct wn_sorted_item *wn_sorted_look(struct wn_sorted *sorted)
{
    size_t n_old = sorted->n_ordered, n_new = sorted->n - n_old, to = sorted->n;

    if (!n_new)
        return sorted->at;
    wn_sorted_items(sorted->at + n_old, n_new);
    /* From the back, so that the old ones make room for the new, which stand aside. */
    memcpy(sorted->spare, sorted->at + n_old, n_new * sizeof *sorted->at);
    while (n_new) {
        if (n_old && compare(&sorted->at[n_old - 1], &sorted->spare[n_new - 1]) > 0)
            sorted->at[--to] = sorted->at[--n_old];
        else
            sorted->at[--to] = sorted->spare[--n_new];
    }
    sorted->n_ordered = sorted->n;
    return sorted->at;
}

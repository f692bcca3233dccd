/* weighted.c - a treap with sums. */
#include "sched/weighted.h"

#include "base/assert.h"

/* Priority of a trial: a bijection of 32 bits that mixes well, so that there are no ties. */
static uint32_t priority(uint32_t trial)
{
    trial = (trial ^ trial >> 16) * UINT32_C(0x7feb352d);
    trial = (trial ^ trial >> 15) * UINT32_C(0x846ca68b);
    return trial ^ trial >> 16;
}

static struct wn_weighted_node *node_at(const struct wn_weighted *list, uint32_t link)
{
    return link ? &list->nodes.at[link - 1] : NULL;
}

static uint64_t sum_of(const struct wn_weighted *list, uint32_t link)
{
    return link ? list->nodes.at[link - 1].sum : 0;
}

/* Divide a subtree into what is better and what is worse than `item`. It goes down one
 * path, whose expected length is logarithmic, and mends the sums on the way back. */
static void divide(struct wn_weighted *list,
                   uint32_t link,
                   struct wn_ranked item,
                   uint32_t *better,
                   uint32_t *worse)
{
    struct wn_weighted_node *node = node_at(list, link);
    uint64_t before, after;

    if (!node) {
        *better = *worse = 0;
        return;
    }
    if (wn_ranked_before(node->item, item)) {
        *better = link;
        before = sum_of(list, node->worse);
        divide(list, node->worse, item, &node->worse, worse);
        after = sum_of(list, node->worse);
    } else {
        *worse = link;
        before = sum_of(list, node->better);
        divide(list, node->better, item, better, &node->better);
        after = sum_of(list, node->better);
    }
    node->sum -= before - after;
}

void wn_weighted_release(struct wn_weighted *list)
{
    wn_vec_release(&list->nodes);
    list->root = 0;
}

bool wn_weighted_add(struct wn_weighted *list, struct wn_ranked item, uint64_t weight)
{
    struct wn_weighted_node *fresh = wn_vec_push(&list->nodes);
    uint32_t *link = &list->root;

    if (!fresh)
        return false;
    WN_ASSERT(list->nodes.n < UINT32_MAX);
    for (struct wn_weighted_node *node; (node = node_at(list, *link));) {
        if (priority(node->item.trial) < priority(item.trial))
            break;
        node->sum += weight;
        link = wn_ranked_before(node->item, item) ? &node->worse : &node->better;
    }
    fresh->item = item;
    fresh->sum = weight + sum_of(list, *link);
    divide(list, *link, item, &fresh->better, &fresh->worse);
    *link = (uint32_t)list->nodes.n;
    return true;
}

uint64_t wn_weighted_total(const struct wn_weighted *list)
{
    return sum_of(list, list->root);
}

uint64_t wn_weighted_up_to(const struct wn_weighted *list, struct wn_ranked item)
{
    uint64_t sum = 0;

    for (uint32_t link = list->root; link;) {
        const struct wn_weighted_node *node = node_at(list, link);

        if (wn_ranked_before(item, node->item)) {
            link = node->better;
        } else {
            sum += node->sum - sum_of(list, node->worse);
            link = node->worse;
        }
    }
    return sum;
}

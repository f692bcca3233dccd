/* order.c - a tree balanced by the sizes of its subtrees.
 *
 * Nodes are named by their index. Number 0 is nobody: its size and sum are 0 for ever, so
 * that a missing child needs no question.
 */
#include "trial/order.h"

#include <string.h>

#include "base/assert.h"
#include "base/mem.h"

/* With (3, 2) a subtree has at most 3/4 of its parent's weight: 2^32 nodes lie at most
 * 32 / log2(4/3) = 77 deep. */
enum { DELTA = 3, RATIO = 2, DEPTH_MOST = 96 };

/* The links walked through from the root down. */
struct path {
    uint32_t *links[DEPTH_MOST];
    size_t n;
};

void wn_order_release(struct wn_order *order)
{
    wn_free(order->at);
    *order = (struct wn_order){0};
}

bool wn_order_reserve(struct wn_order *order, size_t n_places)
{
    size_t room = 2 * order->room;
    struct wn_order_node *at;

    if (n_places >= UINT32_MAX || n_places > PTRDIFF_MAX / sizeof *at - 1)
        return false;
    if (room < n_places + 1)
        room = n_places + 1;
    if (n_places >= order->room) {
        at = wn_realloc(order->at, room * sizeof *at);
        if (!at)
            return false;
        if (!order->room)
            memset(at, 0, sizeof *at);
        order->at = at;
        order->room = room;
    }
    if (n_places > order->n_places) { /* not all the room at once, which takes time */
        memset(order->at + order->n_places + 1, 0,
               (n_places - order->n_places) * sizeof *at);
        order->n_places = n_places;
    }
    return true;
}

void wn_order_clear(struct wn_order *order)
{
    WN_ASSERT(order->round < UINT32_MAX);
    order->root = 0;
    order->round++;
}

/* --- balance --- */

static void count(struct wn_order *s, uint32_t node)
{
    struct wn_order_node *at = &s->at[node];

    at->n = 1 + s->at[at->child[0]].n + s->at[at->child[1]].n;
    at->sum = at->weight + s->at[at->child[0]].sum + s->at[at->child[1]].sum;
}

static uint64_t bulk(const struct wn_order *s, uint32_t node)
{
    return (uint64_t)s->at[node].n + 1;
}

/* The child on that side comes to the top, and is returned. */
static uint32_t rotate(struct wn_order *s, uint32_t node, int side)
{
    uint32_t top = s->at[node].child[side];

    s->at[node].child[side] = s->at[top].child[!side];
    s->at[top].child[!side] = node;
    count(s, node);
    count(s, top);
    return top;
}

/* The root of the subtree of `node`, whose children are sound, once it is balanced. */
static uint32_t balance(struct wn_order *s, uint32_t node)
{
    uint32_t *child = s->at[node].child;
    uint64_t bulks[2] = {bulk(s, child[0]), bulk(s, child[1])};
    int side = bulks[1] > bulks[0];
    const uint32_t *heavy = s->at[child[side]].child;

    if (bulks[side] <= DELTA * bulks[!side]) {
        count(s, node);
        return node;
    }
    if (bulk(s, heavy[!side]) >= RATIO * bulk(s, heavy[side]))
        child[side] = rotate(s, child[side], !side);
    return rotate(s, node, side);
}

static void balance_up(struct wn_order *s, struct path *path)
{
    while (path->n) {
        uint32_t *link = path->links[--path->n];

        if (*link)
            *link = balance(s, *link);
    }
}

/* --- changes --- */

static void step(struct path *path, uint32_t *link)
{
    WN_ASSERT(path->n < DEPTH_MOST);
    path->links[path->n++] = link;
}

static bool is_in(const struct wn_order *order, uint32_t node)
{
    return order->at[node].n && order->at[node].round == order->round;
}

void wn_order_remove(struct wn_order *order, uint32_t place)
{
    uint32_t node = place + 1, *link = &order->root;
    struct wn_order_node *gone = &order->at[node];
    struct path path = {.n = 0};
    size_t at;

    WN_ASSERT(place < order->n_places);
    if (!is_in(order, node))
        return;
    while (*link != node) {
        struct wn_order_node *above = &order->at[*link];

        step(&path, link);
        link = &above->child[wn_ranked_before(above->entry, gone->entry)];
        WN_ASSERT(*link);
    }
    at = path.n;
    step(&path, link);
    if (!gone->child[0] || !gone->child[1]) {
        *link = gone->child[0] ? gone->child[0] : gone->child[1];
    } else { /* the next one takes its place */
        uint32_t *lowest = &gone->child[1], next;

        for (; order->at[*lowest].child[0]; lowest = &order->at[*lowest].child[0])
            step(&path, lowest);
        next = *lowest;
        step(&path, lowest);
        *lowest = order->at[next].child[1];
        order->at[next].child[0] = gone->child[0];
        order->at[next].child[1] = gone->child[1];
        *link = next;
        path.links[at + 1] = &order->at[next].child[1]; /* was the gone one's */
    }
    gone->n = 0;
    balance_up(order, &path);
}

void wn_order_put(struct wn_order *order,
                  uint32_t place,
                  struct wn_ranked entry,
                  uint64_t weight)
{
    uint32_t *link = &order->root;
    struct path path = {.n = 0};

    wn_order_remove(order, place);
    while (*link) {
        struct wn_order_node *above = &order->at[*link];

        step(&path, link);
        link = &above->child[!wn_ranked_before(entry, above->entry)];
    }
    *link = place + 1;
    order->at[place + 1] = (struct wn_order_node){
        .entry = entry, .weight = weight, .sum = weight, .n = 1, .round = order->round};
    balance_up(order, &path);
}

/* --- looks --- */

const struct wn_order_node *wn_order_get(const struct wn_order *order, uint32_t place)
{
    WN_ASSERT(place < order->n_places);
    return is_in(order, place + 1) ? &order->at[place + 1] : NULL;
}

size_t wn_order_size(const struct wn_order *order)
{
    return order->root ? order->at[order->root].n : 0;
}

uint32_t wn_order_at(const struct wn_order *order, size_t position)
{
    uint32_t node = order->root;

    while (node) {
        const struct wn_order_node *at = &order->at[node];
        size_t n_left = order->at[at->child[0]].n;

        if (position == n_left)
            return node - 1;
        if (position < n_left) {
            node = at->child[0];
        } else {
            position -= n_left + 1;
            node = at->child[1];
        }
    }
    return WN_PLACE_NONE;
}

size_t wn_order_before(const struct wn_order *order, struct wn_ranked entry)
{
    size_t n = 0;

    for (uint32_t node = order->root; node;) {
        const struct wn_order_node *at = &order->at[node];

        if (wn_ranked_before(at->entry, entry)) {
            n += 1 + (size_t)order->at[at->child[0]].n;
            node = at->child[1];
        } else {
            node = at->child[0];
        }
    }
    return n;
}

uint64_t wn_order_weight(const struct wn_order *order, size_t n)
{
    uint64_t sum = 0;

    if (n >= wn_order_size(order))
        return order->root ? order->at[order->root].sum : 0;
    for (uint32_t node = order->root; n;) {
        const struct wn_order_node *at = &order->at[node];
        const struct wn_order_node *left = &order->at[at->child[0]];

        if (n <= left->n) {
            node = at->child[0];
        } else {
            sum += left->sum + at->weight;
            n -= (size_t)left->n + 1;
            node = at->child[1];
        }
    }
    return sum;
}

uint64_t wn_order_weight_to(const struct wn_order *order, struct wn_ranked entry)
{
    uint64_t sum = 0;

    for (uint32_t node = order->root; node;) {
        const struct wn_order_node *at = &order->at[node];

        if (wn_ranked_before(entry, at->entry)) {
            node = at->child[0];
        } else {
            sum += order->at[at->child[0]].sum + at->weight;
            node = at->child[1];
        }
    }
    return sum;
}

uint32_t wn_order_at_weight(const struct wn_order *order, uint64_t weight)
{
    uint32_t node = order->root;

    while (node) {
        const struct wn_order_node *at = &order->at[node];
        uint64_t left = order->at[at->child[0]].sum;

        if (weight < left) {
            node = at->child[0];
        } else if (weight - left < at->weight) {
            return node - 1;
        } else {
            weight -= left + at->weight;
            node = at->child[1];
        }
    }
    return WN_PLACE_NONE;
}

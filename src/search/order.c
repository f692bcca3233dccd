/* order.c - a tree balanced by the sizes of its subtrees. */
#include "search/order_internal.h"

#include "base/assert.h"
#include "base/mem.h"

/* With (3, 2) a subtree has at most 3/4 of its parent's weight: 2^32 members lie at most
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

bool wn_order_reserve(struct wn_order *order, uint32_t n_ids)
{
    if (!order->n_ids)
        order->root = WN_ORDER_NONE;
    while (order->n_ids < n_ids)
        if (!wn_vec_grow((void **)&order->at, &order->n_ids, &order->room,
                         sizeof *order->at))
            return false;
    return true;
}

uint32_t wn_order_size(const struct wn_order *order)
{
    return order->n_ids && order->root != WN_ORDER_NONE ? order->at[order->root].size : 0;
}

static uint32_t size_of(const struct wn_order *s, uint32_t id)
{
    return id == WN_ORDER_NONE ? 0 : s->at[id].size;
}

static uint64_t weight(const struct wn_order *s, uint32_t id)
{
    return (uint64_t)size_of(s, id) + 1;
}

static bool is_before(const struct wn_order_node *a, const struct wn_order_node *b)
{
    return a->loss != b->loss ? a->loss < b->loss : a->trial < b->trial;
}

static void count(struct wn_order *s, uint32_t id)
{
    s->at[id].size = size_of(s, s->at[id].left) + size_of(s, s->at[id].right) + 1;
}

static uint32_t rotate_left(struct wn_order *s, uint32_t id)
{
    uint32_t top = s->at[id].right;

    s->at[id].right = s->at[top].left;
    s->at[top].left = id;
    count(s, id);
    count(s, top);
    return top;
}

static uint32_t rotate_right(struct wn_order *s, uint32_t id)
{
    uint32_t top = s->at[id].left;

    s->at[id].left = s->at[top].right;
    s->at[top].right = id;
    count(s, id);
    count(s, top);
    return top;
}

/* The root of the subtree of `id`, whose children are sound, once it is balanced. */
static uint32_t balance(struct wn_order *s, uint32_t id)
{
    struct wn_order_node *at = &s->at[id];
    uint64_t left = weight(s, at->left), right = weight(s, at->right);

    if (right > DELTA * left) {
        const struct wn_order_node *heavy = &s->at[at->right];
        if (weight(s, heavy->left) >= RATIO * weight(s, heavy->right))
            at->right = rotate_right(s, at->right);
        return rotate_left(s, id);
    }
    if (left > DELTA * right) {
        const struct wn_order_node *heavy = &s->at[at->left];
        if (weight(s, heavy->right) >= RATIO * weight(s, heavy->left))
            at->left = rotate_left(s, at->left);
        return rotate_right(s, id);
    }
    count(s, id);
    return id;
}

static void balance_up(struct wn_order *s, struct path *path)
{
    while (path->n) {
        uint32_t *link = path->links[--path->n];
        if (*link != WN_ORDER_NONE)
            *link = balance(s, *link);
    }
}

static void step(struct path *path, uint32_t *link)
{
    WN_ASSERT(path->n < DEPTH_MOST);
    path->links[path->n++] = link;
}

void wn_order_remove(struct wn_order *order, uint32_t id)
{
    struct wn_order_node *gone;
    struct path path = {.n = 0};
    uint32_t *link = &order->root;
    size_t at;

    WN_ASSERT(id < order->n_ids);
    gone = &order->at[id];
    if (!gone->size)
        return;
    while (*link != id) {
        struct wn_order_node *node = &order->at[*link];
        step(&path, link);
        link = is_before(gone, node) ? &node->left : &node->right;
    }
    at = path.n;
    step(&path, link);
    if (gone->left == WN_ORDER_NONE || gone->right == WN_ORDER_NONE) {
        *link = gone->left == WN_ORDER_NONE ? gone->right : gone->left;
    } else { /* the next one takes its place */
        uint32_t *lowest = &gone->right, next;
        for (; order->at[*lowest].left != WN_ORDER_NONE;
             lowest = &order->at[*lowest].left)
            step(&path, lowest);
        next = *lowest;
        step(&path, lowest);
        *lowest = order->at[next].right;
        order->at[next].left = gone->left;
        order->at[next].right = gone->right;
        *link = next;
        path.links[at + 1] = &order->at[next].right; /* was the gone one's */
    }
    gone->size = 0;
    balance_up(order, &path);
}

void wn_order_put(struct wn_order *order, uint32_t id, double loss, uint32_t trial)
{
    struct path path = {.n = 0};
    struct wn_order_node item = {.loss = loss,
                                 .trial = trial,
                                 .left = WN_ORDER_NONE,
                                 .right = WN_ORDER_NONE,
                                 .size = 1};
    uint32_t *link = &order->root;

    wn_order_remove(order, id);
    while (*link != WN_ORDER_NONE) {
        struct wn_order_node *node = &order->at[*link];
        step(&path, link);
        link = is_before(&item, node) ? &node->left : &node->right;
    }
    order->at[id] = item;
    *link = id;
    balance_up(order, &path);
}

uint32_t wn_order_at(const struct wn_order *order, uint32_t rank)
{
    uint32_t id = order->root;

    WN_ASSERT(rank < wn_order_size(order));
    for (;;) {
        uint32_t n_before = size_of(order, order->at[id].left);
        if (rank == n_before)
            return id;
        if (rank < n_before) {
            id = order->at[id].left;
        } else {
            rank -= n_before + 1;
            id = order->at[id].right;
        }
    }
}

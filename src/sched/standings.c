/* standings.c - see standings.h. */
#include "sched/standings.h"

#include "base/assert.h"
#include "base/rng.h"

#define NONE WN_PLACE_NONE

bool wn_standings_init(struct wn_standings *standings, uint32_t n_places)
{
    *standings = (struct wn_standings){.n_places = n_places, .round = 1, .root = NONE};
    standings->at = wn_alloc_array(n_places, sizeof *standings->at);
    for (uint32_t i = 0; standings->at && i < n_places; i++)
        standings->at[i].priority = (uint32_t)wn_rng_pair(i, n_places);
    return standings->at != NULL;
}

void wn_standings_release(struct wn_standings *standings)
{
    wn_free(standings->at);
    *standings = (struct wn_standings){.root = NONE};
}

void wn_standings_clear(struct wn_standings *standings)
{
    standings->root = NONE;
    standings->round++;
}

static uint32_t size_of(const struct wn_standings *standings, uint32_t place)
{
    return place == NONE ? 0 : standings->at[place].n;
}

static uint32_t marked_of(const struct wn_standings *standings, uint32_t place)
{
    return place == NONE ? 0 : standings->at[place].n_marked;
}

static void count(struct wn_standings *standings, uint32_t place)
{
    struct wn_standing *node = &standings->at[place];

    node->n = 1 + size_of(standings, node->left) + size_of(standings, node->right);
    node->n_marked = node->is_marked + marked_of(standings, node->left) +
                     marked_of(standings, node->right);
}

/* Into those before `entry` and the others. Calls go as deep as the tree, O(log n). */
static void split(struct wn_standings *standings,
                  uint32_t root,
                  struct wn_ranked entry,
                  uint32_t *before,
                  uint32_t *others)
{
    struct wn_standing *node = root == NONE ? NULL : &standings->at[root];

    if (!node) {
        *before = *others = NONE;
        return;
    }
    if (wn_ranked_before(node->entry, entry)) {
        split(standings, node->right, entry, &node->right, others);
        *before = root;
    } else {
        split(standings, node->left, entry, before, &node->left);
        *others = root;
    }
    count(standings, root);
}

/* All of `a` stand before all of `b`. */
static uint32_t merge(struct wn_standings *standings, uint32_t a, uint32_t b)
{
    if (a == NONE || b == NONE)
        return a == NONE ? b : a;
    if (standings->at[a].priority >= standings->at[b].priority) {
        standings->at[a].right = merge(standings, standings->at[a].right, b);
        count(standings, a);
        return a;
    }
    standings->at[b].left = merge(standings, a, standings->at[b].left);
    count(standings, b);
    return b;
}

bool wn_standings_has(const struct wn_standings *standings, uint32_t place)
{
    WN_ASSERT(place < standings->n_places);
    return standings->at[place].round == standings->round;
}

void wn_standings_remove(struct wn_standings *standings, uint32_t place)
{
    struct wn_standing *node = &standings->at[place];
    uint32_t *link = &standings->root;

    if (!wn_standings_has(standings, place))
        return;
    while (*link != place) {
        struct wn_standing *above = &standings->at[*link];

        above->n--;
        above->n_marked -= node->is_marked;
        link = wn_ranked_before(node->entry, above->entry) ? &above->left : &above->right;
        WN_ASSERT(*link != NONE);
    }
    *link = merge(standings, node->left, node->right);
    node->round = 0;
}

void wn_standings_put(struct wn_standings *standings,
                      uint32_t place,
                      struct wn_ranked entry,
                      bool is_marked)
{
    struct wn_standing *node = &standings->at[place];
    uint32_t before, others;

    wn_standings_remove(standings, place);
    split(standings, standings->root, entry, &before, &others);
    node->entry = entry;
    node->is_marked = is_marked;
    node->round = standings->round;
    node->left = node->right = NONE;
    count(standings, place);
    standings->root = merge(standings, merge(standings, before, place), others);
}

size_t wn_standings_size(const struct wn_standings *standings)
{
    return size_of(standings, standings->root);
}

size_t wn_standings_before(const struct wn_standings *standings, struct wn_ranked entry)
{
    uint32_t place = standings->root;
    size_t n = 0;

    while (place != NONE) {
        const struct wn_standing *node = &standings->at[place];

        if (wn_ranked_before(node->entry, entry)) {
            n += 1 + size_of(standings, node->left);
            place = node->right;
        } else {
            place = node->left;
        }
    }
    return n;
}

uint32_t wn_standings_at(const struct wn_standings *standings, size_t position)
{
    uint32_t place = standings->root;

    while (place != NONE) {
        const struct wn_standing *node = &standings->at[place];
        size_t n_left = size_of(standings, node->left);

        if (position == n_left)
            return place;
        if (position < n_left) {
            place = node->left;
        } else {
            position -= n_left + 1;
            place = node->right;
        }
    }
    return NONE;
}

size_t wn_standings_n_marked(const struct wn_standings *standings, size_t n)
{
    uint32_t place = standings->root;
    size_t n_marked = 0;

    while (place != NONE && n) {
        const struct wn_standing *node = &standings->at[place];
        size_t n_left = size_of(standings, node->left);

        if (n <= n_left) {
            place = node->left;
        } else {
            n_marked += marked_of(standings, node->left) + node->is_marked;
            n -= n_left + 1;
            place = node->right;
        }
    }
    return n_marked;
}

uint32_t wn_standings_marked_at(const struct wn_standings *standings, size_t k)
{
    uint32_t place = standings->root;

    while (place != NONE) {
        const struct wn_standing *node = &standings->at[place];
        size_t n_left = marked_of(standings, node->left);

        if (k < n_left) {
            place = node->left;
        } else if (k == n_left && node->is_marked) {
            return place;
        } else {
            k -= n_left + node->is_marked;
            place = node->right;
        }
    }
    return NONE;
}

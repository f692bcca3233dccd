/* halving.c - counts and two heaps a rung.
 *
 * `best` gives the next to go on: those that lost stay in it, but come after everybody
 * who has not. `worst` gives the next to lose: those that went on stay in it, but the
 * worst of more than n_places entries is never one of them, being no certain one.
 */
#include "sched/halving_internal.h"

#include "base/assert.h"
#include "base/mem.h"

static uint64_t less(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Slots and places of all rungs, of the slots of rung 0 and of what failed. */
static void plan(struct wn_halving *bracket)
{
    uint64_t n = bracket->rungs[0].n_slots;

    for (size_t i = 0; i + 1 < bracket->n_rungs; i++) {
        struct wn_halving_rung *rung = &bracket->rungs[i];

        n = n / bracket->eta ? n / bracket->eta : 1;
        rung->n_places = n;
        bracket->rungs[i + 1].n_slots = least(n, less(rung->n_slots, rung->n_failed));
    }
}

bool wn_halving_init(struct wn_halving *bracket, size_t n_rungs, uint64_t n, uint64_t eta)
{
    WN_ASSERT(n_rungs > 0 && eta >= 2);
    *bracket = (struct wn_halving){.n_rungs = n_rungs, .eta = eta};
    bracket->rungs = wn_alloc_array(n_rungs, sizeof *bracket->rungs);
    if (!bracket->rungs)
        return false;
    for (size_t i = 0; i < n_rungs; i++)
        bracket->rungs[i].worst.worst_first = true;
    bracket->rungs[0].n_slots = n;
    plan(bracket);
    return true;
}

void wn_halving_release(struct wn_halving *bracket)
{
    for (size_t i = 0; bracket->rungs && i < bracket->n_rungs; i++) {
        wn_rank_heap_release(&bracket->rungs[i].best);
        wn_rank_heap_release(&bracket->rungs[i].worst);
    }
    wn_free(bracket->rungs);
    *bracket = (struct wn_halving){0};
}

uint64_t wn_halving_free(const struct wn_halving *bracket)
{
    return bracket->is_closed
               ? 0
               : less(bracket->rungs[0].n_slots, bracket->rungs[0].n_taken);
}

void wn_halving_take(struct wn_halving *bracket)
{
    bracket->rungs[0].n_taken++;
}

void wn_halving_give_back(struct wn_halving *bracket)
{
    WN_ASSERT(bracket->rungs[0].n_taken > bracket->rungs[0].n_decided);
    bracket->rungs[0].n_taken--;
    if (bracket->is_closed) {
        bracket->rungs[0].n_slots = bracket->rungs[0].n_taken;
        plan(bracket);
    }
}

void wn_halving_close(struct wn_halving *bracket)
{
    bracket->is_closed = true;
    bracket->rungs[0].n_slots = bracket->rungs[0].n_taken;
    plan(bracket);
}

/* --- entries --- */

bool wn_halving_enter(struct wn_halving *bracket, size_t rung, struct wn_ranked entry)
{
    struct wn_halving_rung *own = &bracket->rungs[rung];
    const struct wn_ranked *worst = wn_rank_heap_first(&own->worst);

    WN_ASSERT(own->n_decided < own->n_taken);
    own->n_decided++;
    if (rung + 1 == bracket->n_rungs)
        return true; /* nobody is judged at the end */
    if (own->worst.items.n < own->n_places || wn_ranked_before(entry, *worst))
        if (!wn_rank_heap_push(&own->best, entry)) /* else it has lost already */
            return false;
    return wn_rank_heap_push(&own->worst, entry);
}

void wn_halving_fail(struct wn_halving *bracket, size_t rung)
{
    struct wn_halving_rung *own = &bracket->rungs[rung];

    WN_ASSERT(own->n_decided < own->n_taken);
    own->n_decided++;
    own->n_failed++;
    plan(bracket);
}

/* How many of the best entries are certain of a place when so many slots are decided. */
static uint64_t n_certain(const struct wn_halving_rung *rung, uint64_t n_decided)
{
    return less(rung->n_places, less(rung->n_slots, n_decided));
}

bool wn_halving_would_go_on(const struct wn_halving *bracket,
                            size_t rung,
                            struct wn_ranked entry)
{
    const struct wn_halving_rung *own = &bracket->rungs[rung];
    const struct wn_ranked *best = wn_rank_heap_first(&own->best);

    return rung + 1 < bracket->n_rungs &&
           n_certain(own, own->n_decided + 1) > own[1].n_taken &&
           (!best || wn_ranked_before(entry, *best));
}

const struct wn_ranked *wn_halving_next(const struct wn_halving *bracket, size_t rung)
{
    const struct wn_halving_rung *own = &bracket->rungs[rung];

    if (rung + 1 >= bracket->n_rungs || n_certain(own, own->n_decided) <= own[1].n_taken)
        return NULL;
    return wn_rank_heap_first(&own->best);
}

bool wn_halving_go_on(struct wn_halving *bracket, size_t rung, uint32_t trial)
{
    struct wn_halving_rung *own = &bracket->rungs[rung];

    WN_ASSERT(rung + 1 < bracket->n_rungs);
    if (!wn_rank_heap_remove(&own->best, trial))
        return false;
    own[1].n_taken++;
    return true;
}

uint32_t wn_halving_drop(struct wn_halving *bracket, size_t rung)
{
    struct wn_halving_rung *own = &bracket->rungs[rung];

    if (rung + 1 >= bracket->n_rungs || own->worst.items.n <= own->n_places)
        return UINT32_MAX;
    return wn_rank_heap_pop(&own->worst).trial;
}

bool wn_halving_tidy(struct wn_halving *bracket)
{
    bool is_decided = true;

    for (size_t i = 0; i < bracket->n_rungs; i++) {
        struct wn_halving_rung *rung = &bracket->rungs[i];

        is_decided = is_decided && rung->n_decided == rung->n_taken &&
                     rung->n_decided >= rung->n_slots;
        if (is_decided && i + 1 < bracket->n_rungs &&
            rung[1].n_taken >= rung[1].n_slots) {
            wn_rank_heap_release(&rung->best);
            wn_rank_heap_release(&rung->worst);
        }
    }
    return is_decided;
}

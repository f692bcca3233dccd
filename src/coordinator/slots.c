/* slots.c - which slots of which workers are idle. */
#include "base/assert.h"
#include "coordinator/coordinator_internal.h"

#define REST_US        INT64_C(1000000)
#define REST_DOUBLINGS 9 /* at most: 8.5 minutes */

#define SLOTS_MAX 65536 /* of one worker; what --slots allows */

struct slot *wn_slots_at(struct wn_coord *coord, size_t worker, uint32_t slot)
{
    if (worker >= coord->n_peers || slot >= coord->peers[worker].n_slots)
        return NULL;
    return &coord->peers[worker].slots[slot];
}

static void push_idle(struct wn_coord *coord, struct place place)
{
    WN_ASSERT(coord->n_idle < coord->idle_room);
    coord->idle[(coord->first_idle + coord->n_idle) % coord->idle_room] = place;
    coord->n_idle++;
}

/* Make room for `n` idle places, or more, so that workers that come one by one do not each
 * move all the others; the ring starts at 0 again. */
static enum wn_status widen(struct wn_coord *coord, size_t n, struct wn_error *err)
{
    size_t room = n < 2 * coord->idle_room ? 2 * coord->idle_room : n;
    struct place *idle;

    if (n <= coord->idle_room)
        return WN_OK;
    idle = wn_alloc_array(room, sizeof *idle);
    if (!idle)
        return wn_fail(err, WN_ENOMEM, "no memory for the table of slots");
    for (size_t i = 0; i < coord->n_idle; i++)
        idle[i] = coord->idle[(coord->first_idle + i) % coord->idle_room];
    wn_free(coord->idle);
    coord->idle = idle;
    coord->idle_room = room;
    coord->first_idle = 0;
    return WN_OK;
}

enum wn_status wn_slots_add(struct wn_coord *coord,
                            size_t worker,
                            uint32_t n_slots,
                            struct wn_error *err)
{
    struct peer *peer = &coord->peers[worker];
    enum wn_status rc;

    if (peer->slots || !n_slots)
        return WN_OK; /* a repeated hello says nothing new */
    if (n_slots > SLOTS_MAX)
        return wn_fail(err, WN_ECORRUPT, "worker %zu claims %u slots", worker, n_slots);
    rc = widen(coord, coord->n_slots + n_slots, err);
    if (rc)
        return rc;
    peer->slots = wn_alloc_array(n_slots, sizeof *peer->slots);
    if (!peer->slots)
        return wn_fail(err, WN_ENOMEM, "no memory for the table of slots");
    peer->n_slots = n_slots;
    coord->n_slots += n_slots;
    for (uint32_t i = 0; i < n_slots; i++) {
        peer->slots[i].state = SLOT_IDLE;
        push_idle(coord, (struct place){.worker = (uint32_t)worker, .slot = i});
    }
    return WN_OK;
}

bool wn_slots_take(struct wn_coord *coord, struct place *out)
{
    if (!coord->n_idle)
        return false;
    *out = coord->idle[coord->first_idle];
    coord->first_idle = (coord->first_idle + 1) % coord->idle_room;
    coord->n_idle--;
    return true;
}

void wn_slots_occupy(struct wn_coord *coord,
                     struct place place,
                     uint32_t trial,
                     struct wn_dispatch dispatch)
{
    struct slot *slot = wn_slots_at(coord, place.worker, place.slot);

    WN_ASSERT(slot && slot->state == SLOT_IDLE);
    slot->state = SLOT_BUSY;
    slot->trial = trial;
    slot->dispatch = dispatch;
    coord->n_busy++;
}

static void rest(struct wn_coord *coord, struct slot *slot)
{
    unsigned doublings =
        slot->n_refusals < REST_DOUBLINGS ? slot->n_refusals : (unsigned)REST_DOUBLINGS;

    slot->n_refusals++;
    slot->state = SLOT_RESTING;
    slot->rests_until_us = coord->now_us + (REST_US << doublings);
    if (!coord->n_resting++ || slot->rests_until_us < coord->rest_us)
        coord->rest_us = slot->rests_until_us;
}

enum wn_status wn_slots_free(struct wn_coord *coord,
                             size_t worker,
                             uint32_t number,
                             struct wn_dispatch dispatch,
                             bool has_refused,
                             struct wn_error *err)
{
    struct slot *slot = wn_slots_at(coord, worker, number);

    if (!slot)
        return wn_fail(err, WN_ECORRUPT,
                       "worker %zu speaks of a slot %u it does not have", worker, number);
    if (slot->state == SLOT_IDLE || slot->state == SLOT_RESTING ||
        !wn_dispatch_equal(slot->dispatch, dispatch))
        return WN_OK; /* repeated, or of an earlier dispatch */
    if (slot->state == SLOT_BUSY)
        coord->n_busy--;
    if (has_refused) {
        rest(coord, slot);
        return WN_OK;
    }
    slot->n_refusals = 0;
    slot->state = SLOT_IDLE;
    push_idle(coord, (struct place){.worker = (uint32_t)worker, .slot = number});
    return WN_OK;
}

void wn_slots_wake(struct wn_coord *coord)
{
    int64_t next_us = INT64_MAX;

    if (!coord->n_resting || coord->now_us < coord->rest_us)
        return;
    for (size_t i = 0; i < coord->n_peers; i++)
        for (uint32_t k = 0; k < coord->peers[i].n_slots; k++) {
            struct slot *slot = &coord->peers[i].slots[k];
            if (slot->state != SLOT_RESTING)
                continue;
            if (slot->rests_until_us > coord->now_us) {
                next_us = slot->rests_until_us < next_us ? slot->rests_until_us : next_us;
                continue;
            }
            slot->state = SLOT_IDLE;
            coord->n_resting--;
            push_idle(coord, (struct place){.worker = (uint32_t)i, .slot = k});
        }
    coord->rest_us = next_us;
}

void wn_slots_return(struct wn_coord *coord, size_t worker)
{
    struct peer *peer = &coord->peers[worker];

    for (uint32_t k = 0; k < peer->n_slots; k++)
        if (peer->slots[k].state == SLOT_LOST) {
            peer->slots[k].state = SLOT_IDLE;
            peer->slots[k].n_refusals = 0;
            push_idle(coord, (struct place){.worker = (uint32_t)worker, .slot = k});
        }
}

void wn_slots_forget_idle(struct wn_coord *coord, size_t worker)
{
    struct peer *peer = &coord->peers[worker];
    size_t n = coord->n_idle;

    for (uint32_t k = 0; k < peer->n_slots; k++)
        if (peer->slots[k].state == SLOT_RESTING) {
            peer->slots[k].state = SLOT_LOST;
            coord->n_resting--;
        }
    for (size_t i = 0; i < n; i++) {
        struct place place;
        if (!wn_slots_take(coord, &place))
            break;
        if (place.worker == worker)
            peer->slots[place.slot].state = SLOT_LOST;
        else
            push_idle(coord, place);
    }
}

/* faulty.c - trouble on receiving: messages come late or twice, links break.
 *
 * What the inner endpoint has is taken at once and held until its time, in a heap by
 * (time, order of arrival). On a link no message leaves before an earlier one, so a late
 * one holds up those behind it. Each message of a link takes the same number of draws from
 * the link's own generator, so trouble depends on nothing but the link's traffic.
 *
 * A break here is one-sided, as with MPI: this end learns of it and neither hears nor
 * says anything more on that link; the other end notices that it is silent.
 */
#include "comm/faulty.h"

#include "base/heap.h"
#include "base/mem.h"
#include "base/rng.h"
#include "comm/queue_internal.h"

#define NONE SIZE_MAX

struct held {
    struct wn_buf bytes;
    enum wn_got got;
    size_t peer;
    size_t next; /* among the free ones */
};

struct link {
    struct wn_rng rng;
    int64_t clear_us; /* nothing leaves before */
    bool is_broken;
};

struct faulty {
    struct wn_comm comm;
    struct wn_comm *inner;
    struct wn_faults faults;
    struct link *links;  /* by peer */
    struct wn_heap heap; /* of held[] */
    WN_VEC(struct held) held;
    size_t first_free;
    struct wn_buf fresh;   /* what the inner endpoint just gave */
    enum wn_got fresh_got; /* taken from it, but not yet held for want of memory */
    size_t fresh_peer;
};

static struct faulty *as_faulty(struct wn_comm *comm)
{
    return (struct faulty *)comm;
}

static size_t faulty_n_peers(const struct wn_comm *comm)
{
    return wn_comm_n_peers(((const struct faulty *)comm)->inner);
}

static int64_t faulty_now_us(const struct wn_comm *comm)
{
    return wn_comm_now_us(((const struct faulty *)comm)->inner);
}

static enum wn_status faulty_send(struct wn_comm *comm,
                                  size_t peer,
                                  const void *bytes,
                                  size_t n,
                                  struct wn_error *err)
{
    struct faulty *self = as_faulty(comm);

    if (peer < faulty_n_peers(comm) && self->links[peer].is_broken)
        return WN_OK;
    return wn_comm_send(self->inner, peer, bytes, n, err);
}

static size_t take_held(struct faulty *self)
{
    size_t index = self->first_free;
    struct held *held;

    if (index != NONE) {
        self->first_free = self->held.at[index].next;
        return index;
    }
    if (!wn_heap_reserve(&self->heap, self->held.n + 1))
        return NONE;
    held = wn_vec_push(&self->held);
    return held ? self->held.n - 1 : NONE;
}

static void give_held(struct faulty *self, size_t index)
{
    self->held.at[index].next = self->first_free;
    self->first_free = index;
}

/* Copy the fresh message into held[index], to leave at its link's time. */
static bool hold(struct faulty *self, size_t index, enum wn_got got)
{
    struct held *held = &self->held.at[index];
    struct link *link = &self->links[self->fresh_peer];

    held->got = got;
    held->peer = self->fresh_peer;
    wn_buf_clear(&held->bytes);
    if (got == WN_GOT_MESSAGE)
        wn_buf_add(&held->bytes, self->fresh.at, self->fresh.n);
    if (held->bytes.failed)
        return false;
    wn_heap_put(&self->heap, index, link->clear_us);
    return true;
}

/* Forget what is held of a link. */
static void drop_held(struct faulty *self, size_t peer)
{
    for (size_t i = 0; i < self->held.n; i++) {
        if (self->heap.place[i] == WN_HEAP_NONE || self->held.at[i].peer != peer)
            continue;
        wn_heap_remove(&self->heap, i);
        give_held(self, i);
    }
}

/* Hold the fresh message, once or twice, or break its link. Draws are made only once
 * memory is there, so that a failure changes nothing. */
static enum wn_status trouble(struct faulty *self, struct wn_error *err)
{
    struct link *link = &self->links[self->fresh_peer];
    const struct wn_faults *faults = &self->faults;
    struct wn_rng rng = link->rng;
    int64_t now_us = wn_comm_now_us(self->inner);
    bool breaks = wn_rng_unit(&rng) < faults->breaks;
    bool repeats = wn_rng_unit(&rng) < faults->repeat;
    bool is_late = wn_rng_unit(&rng) < faults->late;
    int64_t late_us = wn_rng_int(&rng, 0, faults->late_us);
    enum wn_got got =
        self->fresh_got == WN_GOT_BREAK || breaks ? WN_GOT_BREAK : WN_GOT_MESSAGE;
    size_t one = NONE, two = NONE;
    int64_t clear_us = link->clear_us;

    if (got == WN_GOT_BREAK)
        repeats = is_late = false;
    if (wn_time_after(now_us, is_late ? late_us : 0) > clear_us)
        link->clear_us = wn_time_after(now_us, is_late ? late_us : 0);
    if (got == WN_GOT_BREAK && self->fresh_got == WN_GOT_MESSAGE)
        drop_held(self, self->fresh_peer); /* lost with the link */
    one = take_held(self);
    two = one != NONE && repeats ? take_held(self) : NONE;
    if (one != NONE && (two != NONE || !repeats) && hold(self, one, got) &&
        (!repeats || hold(self, two, got))) {
        link->rng = rng;
        link->is_broken = got == WN_GOT_BREAK;
        self->fresh_got = WN_GOT_NOTHING;
        return WN_OK;
    }
    link->clear_us = clear_us;
    if (two != NONE)
        give_held(self, two);
    if (one != NONE) {
        wn_heap_remove(&self->heap, one);
        give_held(self, one);
    }
    return wn_fail(err, WN_ENOMEM, "no memory to hold a message back");
}

/* Take everything from the inner endpoint. */
static enum wn_status drain(struct faulty *self, struct wn_error *err)
{
    enum wn_status rc;

    for (;;) {
        if (self->fresh_got != WN_GOT_NOTHING) {
            if (self->links[self->fresh_peer].is_broken)
                self->fresh_got = WN_GOT_NOTHING;
            else if ((rc = trouble(self, err)) != WN_OK)
                return rc;
        }
        rc = wn_comm_recv(self->inner, &self->fresh_got, &self->fresh_peer, &self->fresh,
                          err);
        if (rc != WN_OK || self->fresh_got == WN_GOT_NOTHING)
            return rc;
    }
}

static enum wn_status faulty_recv(struct wn_comm *comm,
                                  enum wn_got *got,
                                  size_t *peer,
                                  struct wn_buf *out,
                                  struct wn_error *err)
{
    struct faulty *self = as_faulty(comm);
    struct wn_heap_entry next;
    struct wn_buf bytes;
    enum wn_status rc = drain(self, err);

    wn_buf_clear(out);
    *got = WN_GOT_NOTHING;
    if (rc != WN_OK || !wn_heap_peek(&self->heap, &next) ||
        next.time > wn_comm_now_us(self->inner))
        return rc;
    wn_heap_remove(&self->heap, next.id);
    *got = self->held.at[next.id].got;
    *peer = self->held.at[next.id].peer;
    bytes = self->held.at[next.id].bytes;
    self->held.at[next.id].bytes = *out; /* the buffers change places */
    *out = bytes;
    give_held(self, next.id);
    return WN_OK;
}

static enum wn_status faulty_wait(struct wn_comm *comm,
                                  struct pollfd *fds,
                                  size_t n_fds,
                                  int64_t timeout_us,
                                  struct wn_error *err)
{
    struct faulty *self = as_faulty(comm);
    struct wn_heap_entry next;

    if (wn_heap_peek(&self->heap, &next)) {
        int64_t left_us = next.time - wn_comm_now_us(self->inner);

        if (left_us < 0)
            left_us = 0;
        if (timeout_us < 0 || left_us < timeout_us)
            timeout_us = left_us;
    }
    return wn_comm_wait(self->inner, fds, n_fds, timeout_us, err);
}

static void faulty_destroy(struct wn_comm *comm)
{
    struct faulty *self = as_faulty(comm);

    wn_comm_destroy(self->inner);
    for (size_t i = 0; i < self->held.n; i++)
        wn_buf_release(&self->held.at[i].bytes);
    wn_vec_release(&self->held);
    wn_heap_release(&self->heap);
    wn_buf_release(&self->fresh);
    wn_free(self->links);
    wn_free(self);
}

static const struct wn_comm_ops faulty_ops = {
    .name = "faulty",
    .n_peers = faulty_n_peers,
    .send = faulty_send,
    .recv = faulty_recv,
    .now_us = faulty_now_us,
    .wait = faulty_wait,
    .destroy = faulty_destroy,
};

static bool is_chance(double p)
{
    return p >= 0 && p <= 1;
}

enum wn_status wn_faulty_create(struct wn_comm *inner,
                                const struct wn_faults *faults,
                                struct wn_comm **out,
                                struct wn_error *err)
{
    size_t n = wn_comm_n_peers(inner);
    struct faulty *self = wn_alloc(sizeof *self);
    struct link *links = wn_alloc_array(n, sizeof *links);
    enum wn_status rc = WN_OK;

    if (!is_chance(faults->late) || !is_chance(faults->repeat) ||
        !is_chance(faults->breaks))
        rc = wn_fail(err, WN_EINVAL, "chances of faults lie in [0, 1], not %g, %g, %g",
                     faults->late, faults->repeat, faults->breaks);
    else if (faults->late_us < 0)
        rc = wn_fail(err, WN_EINVAL, "a message cannot be %lld us late",
                     (long long)faults->late_us);
    else if (!self || !links)
        rc = wn_fail(err, WN_ENOMEM, "no memory for a faulty transport");
    if (rc != WN_OK) {
        wn_free(self);
        wn_free(links);
        wn_comm_destroy(inner);
        return rc;
    }
    for (size_t i = 0; i < n; i++)
        links[i].rng = wn_rng_keyed(faults->seed, WN_STREAM_SIMULATE, i);
    self->comm.ops = &faulty_ops;
    self->inner = inner;
    self->faults = *faults;
    self->links = links;
    self->first_free = NONE;
    *out = &self->comm;
    return WN_OK;
}

/* virtual.c - a world whose clock jumps from one thing to the next.
 *
 * Everything that will happen lies in one heap ordered by (time, order of asking), so a
 * run depends on nothing but its inputs. Ids in the heap: the wish of an endpoint to be
 * woken, the news of a break to either side, then messages and calls, whose records (and
 * the memory in them) are used again.
 */
#include "comm/virtual.h"

#include "base/assert.h"
#include "base/heap.h"
#include "base/mem.h"
#include "comm/queue_internal.h"

#define NONE SIZE_MAX

struct endpoint {
    struct wn_comm comm;
    struct wn_virtual *world;
    size_t index;       /* the worker; the coordinator's is n_workers */
    size_t first, last; /* records delivered and not yet received */
    bool is_broken;     /* workers: the link is no more */
    bool tells_break;   /* workers: the worker has not yet received the news */
    uint32_t n_mended;  /* workers: what was sent before is lost with the link */
    size_t next_broken; /* workers: the next one that the coordinator will hear of */
};

struct record {
    struct wn_buf bytes;
    size_t to, from;       /* endpoints */
    uint32_t n_mended;     /* of its link, when it was sent */
    size_t next;           /* in an inbox or among the free ones */
    void (*fn)(void *arg); /* a call instead of a message */
    void *arg;
};

struct wn_virtual {
    size_t n_workers;
    int64_t delay_us, now_us, busy_us; /* busy_us: the coordinator is, until then */
    bool charges;
    uint64_t n_received; /* by the coordinator */
    WN_VEC(size_t) sent; /* records that the coordinator sent since it was charged */
    struct wn_heap heap;
    WN_VEC(struct record) records;
    size_t first_free;
    size_t first_broken, last_broken; /* workers of which the coordinator will hear */
    struct endpoint endpoints[];      /* n_workers + 1 */
};

static size_t id_of_break_to_coordinator(const struct wn_virtual *world, size_t worker)
{
    return world->n_workers + 1 + worker;
}

static size_t id_of_break_to_worker(const struct wn_virtual *world, size_t worker)
{
    return 2 * world->n_workers + 1 + worker;
}

static size_t id_of_record(const struct wn_virtual *world, size_t record)
{
    return 3 * world->n_workers + 1 + record;
}

/* A record to fill; NONE without memory. */
static size_t take_record(struct wn_virtual *world)
{
    size_t index = world->first_free;
    struct record *record;

    if (index != NONE) {
        world->first_free = world->records.at[index].next;
        return index;
    }
    if (!wn_heap_reserve(&world->heap, id_of_record(world, world->records.n + 1)))
        return NONE;
    record = wn_vec_push(&world->records);
    return record ? world->records.n - 1 : NONE;
}

static void give_record(struct wn_virtual *world, size_t index)
{
    struct record *record = &world->records.at[index];

    record->fn = NULL;
    record->next = world->first_free;
    world->first_free = index;
}

static struct endpoint *as_endpoint(struct wn_comm *comm)
{
    return (struct endpoint *)comm;
}

static bool is_coordinator(const struct endpoint *self)
{
    return self->index == self->world->n_workers;
}

/* The worker at one end of the link between two endpoints. */
static struct endpoint *worker_of_link(struct wn_virtual *world, size_t a, size_t b)
{
    return &world->endpoints[a < b ? a : b]; /* the coordinator has the highest index */
}

static size_t virtual_n_peers(const struct wn_comm *comm)
{
    const struct endpoint *self = (const struct endpoint *)comm;

    return is_coordinator(self) ? self->world->n_workers : 1;
}

static enum wn_status virtual_send(struct wn_comm *comm,
                                   size_t peer,
                                   const void *bytes,
                                   size_t n,
                                   struct wn_error *err)
{
    struct endpoint *self = as_endpoint(comm);
    struct wn_virtual *world = self->world;
    size_t to = is_coordinator(self) ? peer : world->n_workers;
    struct record *record;
    size_t index;

    if (peer >= virtual_n_peers(comm))
        return wn_fail(err, WN_EINVAL, "there is no peer %zu", peer);
    if (worker_of_link(world, self->index, to)->is_broken)
        return WN_OK;
    index = take_record(world);
    if (index == NONE)
        return wn_fail(err, WN_ENOMEM, "no memory for a message of %zu bytes", n);
    record = &world->records.at[index];
    record->n_mended = worker_of_link(world, self->index, to)->n_mended;
    record->from = self->index;
    record->to = to;
    wn_buf_clear(&record->bytes);
    wn_buf_add(&record->bytes, bytes, n);
    if (record->bytes.failed) {
        give_record(world, index);
        return wn_fail(err, WN_ENOMEM, "no memory for a message of %zu bytes", n);
    }
    if (world->charges && is_coordinator(self)) {
        size_t *sent = wn_vec_push(&world->sent);

        if (!sent) {
            give_record(world, index);
            return wn_fail(err, WN_ENOMEM, "no memory for a message of %zu bytes", n);
        }
        *sent = index;
    }
    wn_heap_put(&world->heap, id_of_record(world, index),
                wn_time_after(world->now_us, world->delay_us));
    return WN_OK;
}

/* The buffers change places: the record keeps the caller's memory for a later message. */
static void receive_message(struct endpoint *self, size_t *peer, struct wn_buf *out)
{
    struct wn_virtual *world = self->world;
    size_t index = self->first;
    struct record *record = &world->records.at[index];
    struct wn_buf bytes = record->bytes;

    self->first = record->next;
    record->bytes = *out;
    *out = bytes;
    *peer = is_coordinator(self) ? record->from : 0;
    give_record(world, index);
}

static bool receive_break(struct endpoint *self, size_t *peer)
{
    struct wn_virtual *world = self->world;

    if (!is_coordinator(self)) {
        *peer = 0;
        if (!self->tells_break)
            return false;
        self->tells_break = false;
        return true;
    }
    if (world->first_broken == NONE)
        return false;
    *peer = world->first_broken;
    world->first_broken = world->endpoints[*peer].next_broken;
    return true;
}

static enum wn_status virtual_recv(struct wn_comm *comm,
                                   enum wn_got *got,
                                   size_t *peer,
                                   struct wn_buf *out,
                                   struct wn_error *err)
{
    struct endpoint *self = as_endpoint(comm);

    (void)err;
    wn_buf_clear(out);
    *got = WN_GOT_NOTHING;
    if (self->first != NONE) {
        receive_message(self, peer, out);
        self->world->n_received += is_coordinator(self);
        *got = WN_GOT_MESSAGE;
    } else if (receive_break(self, peer)) {
        *got = WN_GOT_BREAK;
    }
    return WN_OK;
}

static int64_t virtual_now_us(const struct wn_comm *comm)
{
    return ((const struct endpoint *)comm)->world->now_us;
}

static bool has_something(const struct endpoint *self)
{
    return self->first != NONE || self->tells_break ||
           (is_coordinator(self) && self->world->first_broken != NONE);
}

static enum wn_status virtual_wait(struct wn_comm *comm,
                                   struct pollfd *fds,
                                   size_t n_fds,
                                   int64_t timeout_us,
                                   struct wn_error *err)
{
    struct endpoint *self = as_endpoint(comm);
    struct wn_virtual *world = self->world;

    (void)err;
    for (size_t i = 0; i < n_fds; i++)
        fds[i].revents = 0; /* nothing outside exists in virtual time */
    if (has_something(self))
        timeout_us = 0;
    if (timeout_us < 0)
        wn_heap_remove(&world->heap, self->index);
    else
        wn_heap_put(&world->heap, self->index, wn_time_after(world->now_us, timeout_us));
    return WN_OK;
}

static void virtual_destroy(struct wn_comm *comm)
{
    (void)comm; /* it belongs to the world */
}

static const struct wn_comm_ops virtual_ops = {
    .name = "virtual",
    .n_peers = virtual_n_peers,
    .send = virtual_send,
    .recv = virtual_recv,
    .now_us = virtual_now_us,
    .wait = virtual_wait,
    .destroy = virtual_destroy,
};

enum wn_status wn_virtual_create(size_t n_workers,
                                 int64_t delay_us,
                                 struct wn_virtual **out,
                                 struct wn_error *err)
{
    struct wn_virtual *world = NULL;

    if (delay_us < 0)
        return wn_fail(err, WN_EINVAL, "a delay of %lld us lies in the past",
                       (long long)delay_us);
    if (n_workers < PTRDIFF_MAX / (4 * sizeof(struct endpoint)))
        world = wn_alloc(sizeof *world + (n_workers + 1) * sizeof(struct endpoint));
    if (!world)
        return wn_fail(err, WN_ENOMEM, "no memory for %zu virtual workers", n_workers);
    world->n_workers = n_workers;
    world->delay_us = delay_us;
    world->first_free = world->first_broken = NONE;
    for (size_t i = 0; i <= n_workers; i++)
        world->endpoints[i] = (struct endpoint){.comm.ops = &virtual_ops,
                                                .world = world,
                                                .index = i,
                                                .first = NONE,
                                                .next_broken = NONE};
    if (!wn_heap_reserve(&world->heap, id_of_record(world, 0))) {
        wn_virtual_destroy(world);
        return wn_fail(err, WN_ENOMEM, "no memory for %zu virtual workers", n_workers);
    }
    *out = world;
    return WN_OK;
}

void wn_virtual_destroy(struct wn_virtual *world)
{
    if (!world)
        return;
    for (size_t i = 0; i < world->records.n; i++)
        wn_buf_release(&world->records.at[i].bytes);
    wn_vec_release(&world->records);
    wn_vec_release(&world->sent);
    wn_heap_release(&world->heap);
    wn_free(world);
}

static struct endpoint *endpoint_of(struct wn_virtual *world, size_t worker)
{
    if (worker == WN_VIRTUAL_COORDINATOR)
        worker = world->n_workers;
    else
        WN_ASSERT(worker < world->n_workers);
    return &world->endpoints[worker];
}

struct wn_comm *wn_virtual_endpoint(struct wn_virtual *world, size_t worker)
{
    return &endpoint_of(world, worker)->comm;
}

int64_t wn_virtual_now_us(const struct wn_virtual *world)
{
    return world->now_us;
}

void wn_virtual_wake_at(struct wn_virtual *world, size_t worker, int64_t at_us)
{
    size_t id = endpoint_of(world, worker)->index;

    if (at_us < 0)
        wn_heap_remove(&world->heap, id);
    else
        wn_heap_put(&world->heap, id, at_us > world->now_us ? at_us : world->now_us);
}

enum wn_status wn_virtual_at(struct wn_virtual *world,
                             int64_t at_us,
                             void (*fn)(void *arg),
                             void *arg,
                             struct wn_error *err)
{
    size_t index = take_record(world);

    if (index == NONE)
        return wn_fail(err, WN_ENOMEM, "no memory for a call at a virtual time");
    world->records.at[index].fn = fn;
    world->records.at[index].arg = arg;
    wn_heap_put(&world->heap, id_of_record(world, index),
                at_us > world->now_us ? at_us : world->now_us);
    return WN_OK;
}

/* Put a message into its inbox; false if its link broke meanwhile. */
static bool deliver(struct wn_virtual *world, size_t index)
{
    struct record *record = &world->records.at[index];
    struct endpoint *to = &world->endpoints[record->to];
    const struct endpoint *link = worker_of_link(world, record->to, record->from);

    if (link->is_broken || link->n_mended != record->n_mended) {
        give_record(world, index);
        return false;
    }
    record->next = NONE;
    if (to->first == NONE)
        to->first = index;
    else
        world->records.at[to->last].next = index;
    to->last = index;
    return true;
}

static void tell_coordinator(struct wn_virtual *world, size_t worker)
{
    world->endpoints[worker].next_broken = NONE;
    if (world->first_broken == NONE)
        world->first_broken = worker;
    else
        world->endpoints[world->last_broken].next_broken = worker;
    world->last_broken = worker;
}

void wn_virtual_charge_steps(struct wn_virtual *world)
{
    world->charges = true;
}

uint64_t wn_virtual_n_received(const struct wn_virtual *world)
{
    return world->n_received;
}

void wn_virtual_charge(struct wn_virtual *world, int64_t busy_us)
{
    WN_ASSERT(world->charges && busy_us >= 0);
    world->busy_us = wn_time_after(world->now_us, busy_us);
    for (size_t i = 0; i < world->sent.n; i++)
        wn_heap_put(&world->heap, id_of_record(world, world->sent.at[i]),
                    wn_time_after(world->busy_us, world->delay_us));
    world->sent.n = 0;
}

/* Let a thing of the heap happen; the endpoint to step, or NONE. */
static size_t happen(struct wn_virtual *world, size_t id)
{
    size_t n = world->n_workers;
    size_t index;

    if (id <= n)
        return id;
    if (id < id_of_break_to_worker(world, 0)) {
        tell_coordinator(world, id - id_of_break_to_coordinator(world, 0));
        return n;
    }
    if (id < id_of_record(world, 0)) {
        index = id - id_of_break_to_worker(world, 0);
        world->endpoints[index].tells_break = true;
        return index;
    }
    index = id - id_of_record(world, 0);
    if (world->records.at[index].fn) {
        struct record call = world->records.at[index];

        give_record(world, index); /* first, for the call may want records */
        call.fn(call.arg);
        return NONE;
    }
    return deliver(world, index) ? world->records.at[index].to : NONE;
}

int64_t wn_virtual_next_us(const struct wn_virtual *world)
{
    return wn_heap_next(&world->heap, NULL);
}

bool wn_virtual_next(struct wn_virtual *world, size_t *who)
{
    struct wn_heap_entry next;

    while (wn_heap_pop(&world->heap, &next)) {
        size_t index;

        WN_DCHECK(next.time >= world->now_us);
        world->now_us = next.time;
        index = happen(world, next.id);
        if (index == world->n_workers && world->now_us < world->busy_us) {
            wn_heap_put(&world->heap, index, world->busy_us);
            continue;
        }
        if (index != NONE) {
            *who = index == world->n_workers ? WN_VIRTUAL_COORDINATOR : index;
            return true;
        }
    }
    return false;
}

void wn_virtual_break(struct wn_virtual *world, size_t worker)
{
    struct endpoint *self = endpoint_of(world, worker);

    WN_ASSERT(!is_coordinator(self));
    if (self->is_broken)
        return;
    self->is_broken = true;
    wn_heap_put(&world->heap, id_of_break_to_coordinator(world, worker), world->now_us);
    wn_heap_put(&world->heap, id_of_break_to_worker(world, worker), world->now_us);
}

void wn_virtual_mend(struct wn_virtual *world, size_t worker)
{
    struct endpoint *self = endpoint_of(world, worker);

    WN_ASSERT(!is_coordinator(self));
    while (self->first != NONE) {
        size_t index = self->first;

        self->first = world->records.at[index].next;
        give_record(world, index);
    }
    self->n_mended += self->is_broken;
    self->is_broken = self->tells_break = false;
    wn_heap_remove(&world->heap, id_of_break_to_worker(world, worker));
}

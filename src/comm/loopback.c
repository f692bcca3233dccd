/* loopback.c - endpoints over queues in memory.
 *
 * One world is shared by its n + 1 endpoints and freed with the last of them. An endpoint
 * that is destroyed breaks its links: the other side receives what was sent before, then
 * the break.
 */
#include "comm/loopback.h"

#include "base/clock.h"
#include "base/mem.h"
#include "comm/queue_internal.h"

struct world;

struct endpoint {
    struct wn_comm comm;
    struct world *world;
    size_t worker; /* the coordinator's is n */
    bool is_open;
    struct wn_queue inbox;
};

struct world {
    size_t n;        /* workers */
    size_t n_open;   /* endpoints not yet destroyed */
    size_t n_queued; /* frames in all inboxes */
    struct endpoint endpoints[];
};

static bool is_coordinator(const struct endpoint *self)
{
    return self->worker == self->world->n;
}

static struct endpoint *as_endpoint(struct wn_comm *comm)
{
    return (struct endpoint *)comm;
}

/* Whom `peer` names, or NULL if there is no such peer. */
static struct endpoint *other_end(struct endpoint *self, size_t peer)
{
    struct world *world = self->world;

    if (is_coordinator(self))
        return peer < world->n ? &world->endpoints[peer] : NULL;
    return peer == 0 ? &world->endpoints[world->n] : NULL;
}

/* How the other end calls this one. */
static size_t own_name(const struct endpoint *self)
{
    return is_coordinator(self) ? 0 : self->worker;
}

static size_t loopback_n_peers(const struct wn_comm *comm)
{
    const struct endpoint *self = (const struct endpoint *)comm;

    return is_coordinator(self) ? self->world->n : 1;
}

static enum wn_status loopback_send(struct wn_comm *comm,
                                    size_t peer,
                                    const void *bytes,
                                    size_t n,
                                    struct wn_error *err)
{
    struct endpoint *self = as_endpoint(comm);
    struct endpoint *to = other_end(self, peer);
    enum wn_status rc;

    if (!to)
        return wn_fail(err, WN_EINVAL, "there is no peer %zu", peer);
    if (!to->is_open)
        return WN_OK;
    rc = wn_queue_append(&to->inbox, own_name(self), bytes, n, err);
    if (rc == WN_OK)
        self->world->n_queued++;
    return rc;
}

static enum wn_status loopback_recv(struct wn_comm *comm,
                                    enum wn_got *got,
                                    size_t *peer,
                                    struct wn_buf *out,
                                    struct wn_error *err)
{
    struct endpoint *self = as_endpoint(comm);
    enum wn_status rc = wn_queue_pop(&self->inbox, got, peer, out, err);

    if (rc == WN_OK && *got != WN_GOT_NOTHING)
        self->world->n_queued--;
    return rc;
}

static int64_t loopback_now_us(const struct wn_comm *comm)
{
    (void)comm;
    return wn_clock_mono_us();
}

static enum wn_status loopback_wait(struct wn_comm *comm,
                                    struct pollfd *fds,
                                    size_t n_fds,
                                    int64_t timeout_us,
                                    struct wn_error *err)
{
    /* Somebody of this process has something to do: only look at the descriptors. */
    if (as_endpoint(comm)->world->n_queued)
        timeout_us = 0;
    return wn_poll(fds, n_fds, timeout_us, NULL, err);
}

/* Tell the other end, if it is there, that this one is gone. */
static void break_link(struct endpoint *self, size_t peer)
{
    struct endpoint *to = other_end(self, peer);

    if (to && to->is_open) {
        wn_queue_push_break(&to->inbox, own_name(self));
        self->world->n_queued++;
    }
}

static void loopback_destroy(struct wn_comm *comm)
{
    struct endpoint *self = as_endpoint(comm);
    struct world *world = self->world;

    world->n_queued -= self->inbox.n; /* nobody will receive them */
    wn_queue_release(&self->inbox);
    self->is_open = false;
    for (size_t i = 0; i < loopback_n_peers(comm); i++)
        break_link(self, i);
    if (--world->n_open == 0)
        wn_free(world);
}

static const struct wn_comm_ops loopback_ops = {
    .name = "loopback",
    .n_peers = loopback_n_peers,
    .send = loopback_send,
    .recv = loopback_recv,
    .now_us = loopback_now_us,
    .wait = loopback_wait,
    .destroy = loopback_destroy,
};

enum wn_status wn_loopback_create(size_t n,
                                  struct wn_comm **coordinator,
                                  struct wn_comm **workers,
                                  struct wn_error *err)
{
    struct world *world = NULL;
    enum wn_status rc = WN_OK;

    if (n < (SIZE_MAX - sizeof *world) / sizeof(struct endpoint))
        world = wn_alloc(sizeof *world + (n + 1) * sizeof(struct endpoint));
    if (!world)
        return wn_fail(err, WN_ENOMEM, "no memory for %zu loopback workers", n);
    world->n = n;
    world->n_open = n + 1;
    for (size_t i = 0; i <= n && rc == WN_OK; i++) {
        struct endpoint *endpoint = &world->endpoints[i];

        endpoint->comm.ops = &loopback_ops;
        endpoint->world = world;
        endpoint->worker = i;
        endpoint->is_open = true;
        rc = wn_queue_init(&endpoint->inbox, i == n ? n : 1, err);
    }
    if (rc != WN_OK) {
        for (size_t i = 0; i <= n; i++)
            wn_queue_release(&world->endpoints[i].inbox);
        wn_free(world);
        return rc;
    }
    for (size_t i = 0; i < n; i++)
        workers[i] = &world->endpoints[i].comm;
    *coordinator = &world->endpoints[n].comm;
    return WN_OK;
}

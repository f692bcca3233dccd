/* join.c - two coordinator endpoints as one.
 *
 * The two are asked in turn, so that neither starves the other. Before sleeping the first
 * is looked at: what it has is kept for the next recv().
 */
#include "comm/join.h"

#include "base/mem.h"

struct join {
    struct wn_comm comm;
    struct wn_comm *first, *second;
    bool second_is_next;
    enum wn_got kept; /* of the first: taken by wait(), not yet by recv() */
    size_t kept_peer;
    struct wn_buf kept_bytes;
};

static struct join *as_join(struct wn_comm *comm)
{
    return (struct join *)comm;
}

static size_t join_n_peers(const struct wn_comm *comm)
{
    const struct join *self = (const struct join *)comm;

    return wn_comm_n_peers(self->first) + wn_comm_n_peers(self->second);
}

static enum wn_status join_send(struct wn_comm *comm,
                                size_t peer,
                                const void *bytes,
                                size_t n,
                                struct wn_error *err)
{
    struct join *self = as_join(comm);
    size_t n_first = wn_comm_n_peers(self->first);

    if (peer >= join_n_peers(comm))
        return wn_fail(err, WN_EINVAL, "there is no peer %zu", peer);
    return peer < n_first ? wn_comm_send(self->first, peer, bytes, n, err)
                          : wn_comm_send(self->second, peer - n_first, bytes, n, err);
}

static enum wn_status recv_first(struct join *self,
                                 enum wn_got *got,
                                 size_t *peer,
                                 struct wn_buf *out,
                                 struct wn_error *err)
{
    if (self->kept != WN_GOT_NOTHING) {
        struct wn_buf bytes = self->kept_bytes;

        self->kept_bytes = *out; /* the buffers change places */
        *out = bytes;
        *got = self->kept;
        *peer = self->kept_peer;
        self->kept = WN_GOT_NOTHING;
        return WN_OK;
    }
    return wn_comm_recv(self->first, got, peer, out, err);
}

static enum wn_status join_recv(struct wn_comm *comm,
                                enum wn_got *got,
                                size_t *peer,
                                struct wn_buf *out,
                                struct wn_error *err)
{
    struct join *self = as_join(comm);
    enum wn_status rc = WN_OK;

    *got = WN_GOT_NOTHING;
    for (unsigned turn = 0; turn < 2 && rc == WN_OK && *got == WN_GOT_NOTHING; turn++) {
        bool is_second = self->second_is_next;

        self->second_is_next = !is_second;
        rc = is_second ? wn_comm_recv(self->second, got, peer, out, err)
                       : recv_first(self, got, peer, out, err);
        if (rc == WN_OK && is_second && *got != WN_GOT_NOTHING)
            *peer += wn_comm_n_peers(self->first);
    }
    return rc;
}

static int64_t join_now_us(const struct wn_comm *comm)
{
    return wn_comm_now_us(((const struct join *)comm)->second);
}

static enum wn_status join_wait(struct wn_comm *comm,
                                struct pollfd *fds,
                                size_t n_fds,
                                int64_t timeout_us,
                                struct wn_error *err)
{
    struct join *self = as_join(comm);
    enum wn_status rc = WN_OK;

    if (self->kept == WN_GOT_NOTHING)
        rc = wn_comm_recv(self->first, &self->kept, &self->kept_peer, &self->kept_bytes,
                          err);
    if (rc != WN_OK)
        return rc;
    if (self->kept != WN_GOT_NOTHING)
        timeout_us = 0;
    return wn_comm_wait(self->second, fds, n_fds, timeout_us, err);
}

static void join_destroy(struct wn_comm *comm)
{
    struct join *self = as_join(comm);

    wn_comm_destroy(self->first);
    wn_comm_destroy(self->second);
    wn_buf_release(&self->kept_bytes);
    wn_free(self);
}

static const struct wn_comm_ops join_ops = {
    .name = "join",
    .n_peers = join_n_peers,
    .send = join_send,
    .recv = join_recv,
    .now_us = join_now_us,
    .wait = join_wait,
    .destroy = join_destroy,
};

enum wn_status wn_join_create(struct wn_comm *first,
                              struct wn_comm *second,
                              struct wn_comm **out,
                              struct wn_error *err)
{
    struct join *self = wn_alloc(sizeof *self);

    if (!self) {
        wn_comm_destroy(first);
        wn_comm_destroy(second);
        return wn_fail(err, WN_ENOMEM, "no memory to join two transports");
    }
    self->comm.ops = &join_ops;
    self->first = first;
    self->second = second;
    *out = &self->comm;
    return WN_OK;
}

/* comm/comm.h - one endpoint of a transport: messages and a clock.
 *
 * Coordinator and workers see nothing but endpoints, so the same code runs under MPI, in
 * one process, in virtual time, and with trouble injected. Links are ordered and reliable
 * until they break (rule 9). Nothing blocks but wait(). On the coordinator's endpoint the
 * peers are the workers 0..n-1; a worker has one peer, 0, the coordinator.
 *
 * Transports: loopback.h (one process), mpi.h (ranks), virtual.h (a clock that jumps),
 * faulty.h (a wrapper that delays, repeats and breaks), join.h (rank 0's own worker
 * beside the other ranks).
 */
#ifndef WN_COMM_COMM_H
#define WN_COMM_COMM_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"

enum wn_got { WN_GOT_NOTHING = 0, WN_GOT_MESSAGE = 1, WN_GOT_BREAK = 2 };

struct wn_comm {
    const struct wn_comm_ops *ops; /* an endpoint begins with this */
};

struct wn_comm_ops {
    const char *name;
    size_t (*n_peers)(const struct wn_comm *self);
    /* Queue one message; copied. To a peer whose link broke: dropped, WN_OK. */
    enum wn_status (*send)(struct wn_comm *self,
                           size_t peer,
                           const void *bytes,
                           size_t n,
                           struct wn_error *err);
    /* Take the next message into `out` (cleared first) or learn of a break. */
    enum wn_status (*recv)(struct wn_comm *self,
                           enum wn_got *got,
                           size_t *peer,
                           struct wn_buf *out,
                           struct wn_error *err);
    /* Microseconds of this transport's clock; only differences mean anything. */
    int64_t (*now_us)(const struct wn_comm *self);
    /* Sleep until a message may be there, one of the descriptors is ready (revents are
     * set), or timeout_us passed (negative: none). May return early. */
    enum wn_status (*wait)(struct wn_comm *self,
                           struct pollfd *fds,
                           size_t n_fds,
                           int64_t timeout_us,
                           struct wn_error *err);
    void (*destroy)(struct wn_comm *self);
};

static inline size_t wn_comm_n_peers(const struct wn_comm *comm)
{
    return comm->ops->n_peers(comm);
}
static inline enum wn_status wn_comm_send(struct wn_comm *comm,
                                          size_t peer,
                                          const void *bytes,
                                          size_t n,
                                          struct wn_error *err)
{
    return comm->ops->send(comm, peer, bytes, n, err);
}
static inline enum wn_status wn_comm_recv(struct wn_comm *comm,
                                          enum wn_got *got,
                                          size_t *peer,
                                          struct wn_buf *out,
                                          struct wn_error *err)
{
    return comm->ops->recv(comm, got, peer, out, err);
}
static inline int64_t wn_comm_now_us(const struct wn_comm *comm)
{
    return comm->ops->now_us(comm);
}
static inline enum wn_status wn_comm_wait(struct wn_comm *comm,
                                          struct pollfd *fds,
                                          size_t n_fds,
                                          int64_t timeout_us,
                                          struct wn_error *err)
{
    return comm->ops->wait(comm, fds, n_fds, timeout_us, err);
}
static inline void wn_comm_destroy(struct wn_comm *comm)
{
    if (comm)
        comm->ops->destroy(comm);
}

#endif /* WN_COMM_COMM_H */

/* comm/queue_internal.h - messages in order, in one growing piece of memory.
 *
 * A frame is a head (what it is, whose it is, how long) and its bytes. Memory is reused:
 * in the steady state a push allocates nothing. Breaks must never fail for want of
 * memory, so a queue keeps room for as many as it was made for.
 */
#ifndef WN_COMM_QUEUE_INTERNAL_H
#define WN_COMM_QUEUE_INTERNAL_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "comm/comm.h"

struct wn_queue {
    char *at;
    size_t head, tail, room; /* frames lie in [head, tail) */
    size_t spare;            /* bytes kept for breaks */
    size_t n;                /* frames */
};

enum wn_status wn_queue_init(struct wn_queue *queue,
                             size_t n_breaks,
                             struct wn_error *err) WN_MUST_CHECK;
void wn_queue_release(struct wn_queue *queue);
enum wn_status wn_queue_append(struct wn_queue *queue,
                               size_t peer,
                               const void *bytes,
                               size_t n,
                               struct wn_error *err) WN_MUST_CHECK;
/* At most `n_breaks` of them. */
void wn_queue_push_break(struct wn_queue *queue, size_t peer);
/* As recv() of comm.h; out of memory leaves the frame where it is. */
enum wn_status wn_queue_pop(struct wn_queue *queue,
                            enum wn_got *got,
                            size_t *peer,
                            struct wn_buf *out,
                            struct wn_error *err) WN_MUST_CHECK;

/* ppoll() on the descriptors; `timeout_us` negative: none. An interrupted one is success
 * with *n_ready -1 (which may be NULL) and no descriptor ready. */
enum wn_status wn_poll(struct pollfd *fds,
                       size_t n_fds,
                       int64_t timeout_us,
                       int *n_ready,
                       struct wn_error *err) WN_MUST_CHECK;

/* a + b for b >= 0, at most INT64_MAX. */
static inline int64_t wn_time_after(int64_t a, int64_t b)
{
    return a > INT64_MAX - b ? INT64_MAX : a + b;
}

#endif /* WN_COMM_QUEUE_INTERNAL_H */

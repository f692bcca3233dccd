/* queue.c - frames in one piece of memory that slides: pushed at the tail, taken at the
 * head, moved to the front when the tail meets the end and half of it is free. */
#define _GNU_SOURCE /* ppoll */
#include "comm/queue_internal.h"

#include <errno.h>
#include <string.h>

#include "base/assert.h"
#include "base/mem.h"

struct frame {
    size_t peer, n;
    bool is_break;
};

enum { FIRST_ROOM = 1024 };

enum wn_status wn_queue_init(struct wn_queue *queue,
                             size_t n_breaks,
                             struct wn_error *err)
{
    size_t spare;

    if (n_breaks > PTRDIFF_MAX / sizeof(struct frame) - FIRST_ROOM)
        return wn_fail(err, WN_EINVAL, "%zu links are too many", n_breaks);
    spare = n_breaks * sizeof(struct frame);
    *queue = (struct wn_queue){.spare = spare, .room = spare + FIRST_ROOM};
    queue->at = wn_alloc(queue->room);
    if (!queue->at)
        return wn_fail(err, WN_ENOMEM, "no memory for a message queue");
    return WN_OK;
}

void wn_queue_release(struct wn_queue *queue)
{
    wn_free(queue->at);
    *queue = (struct wn_queue){0};
}

/* Room for `n` more bytes at the tail, and the spare ones behind them. */
static bool reserve(struct wn_queue *queue, size_t n)
{
    size_t used = queue->tail - queue->head;
    size_t room = queue->room;
    char *at;

    if (n > PTRDIFF_MAX - queue->tail - queue->spare)
        return false;
    if (queue->tail + n + queue->spare <= room)
        return true;
    if (queue->head >= room / 2 && used + n + queue->spare <= room) {
        memmove(queue->at, queue->at + queue->head, used);
        queue->head = 0;
        queue->tail = used;
        return true;
    }
    while (room < queue->tail + n + queue->spare)
        room *= 2; /* at most 2^63 */
    at = wn_realloc(queue->at, room);
    if (!at)
        return false;
    queue->at = at;
    queue->room = room;
    return true;
}

static void append(struct wn_queue *queue, const struct frame *frame, const void *bytes)
{
    memcpy(queue->at + queue->tail, frame, sizeof *frame);
    queue->tail += sizeof *frame;
    if (bytes && frame->n)
        memcpy(queue->at + queue->tail, bytes, frame->n);
    queue->tail += frame->n;
    queue->n++;
}

enum wn_status wn_queue_append(struct wn_queue *queue,
                               size_t peer,
                               const void *bytes,
                               size_t n,
                               struct wn_error *err)
{
    struct frame frame = {.peer = peer, .n = n};

    if (n > PTRDIFF_MAX - sizeof frame || !reserve(queue, sizeof frame + n))
        return wn_fail(err, WN_ENOMEM, "no memory for a message of %zu bytes", n);
    append(queue, &frame, bytes);
    return WN_OK;
}

void wn_queue_push_break(struct wn_queue *queue, size_t peer)
{
    struct frame frame = {.peer = peer, .is_break = true};

    WN_ASSERT(queue->spare >= sizeof frame);
    append(queue, &frame, NULL);
    queue->spare -= sizeof frame;
}

enum wn_status wn_queue_pop(struct wn_queue *queue,
                            enum wn_got *got,
                            size_t *peer,
                            struct wn_buf *out,
                            struct wn_error *err)
{
    struct frame frame;

    wn_buf_clear(out);
    *got = WN_GOT_NOTHING;
    if (!queue->n)
        return WN_OK;
    memcpy(&frame, queue->at + queue->head, sizeof frame);
    wn_buf_add(out, queue->at + queue->head + sizeof frame, frame.n);
    if (out->failed)
        return wn_fail(err, WN_ENOMEM, "no memory for a message of %zu bytes", frame.n);
    queue->head += sizeof frame + frame.n;
    if (--queue->n == 0)
        queue->head = queue->tail = 0;
    *peer = frame.peer;
    *got = frame.is_break ? WN_GOT_BREAK : WN_GOT_MESSAGE;
    return WN_OK;
}

enum wn_status wn_poll(struct pollfd *fds,
                       size_t n_fds,
                       int64_t timeout_us,
                       int *n_ready,
                       struct wn_error *err)
{
    struct timespec timeout = {.tv_sec = (time_t)(timeout_us / 1000000),
                               .tv_nsec = (long)(timeout_us % 1000000) * 1000};
    int n = ppoll(fds, n_fds, timeout_us < 0 ? NULL : &timeout, NULL);

    if (n < 0) {
        if (errno != EINTR)
            return wn_fail_errno(err, WN_ESYSTEM, "waiting on %zu descriptors", n_fds);
        for (size_t i = 0; i < n_fds; i++)
            fds[i].revents = 0;
        n = -1;
    }
    if (n_ready)
        *n_ready = n;
    return WN_OK;
}

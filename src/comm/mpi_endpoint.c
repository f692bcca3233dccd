/* mpi_endpoint.c - messages between ranks without ever blocking.
 *
 * Sending: MPI_Isend from a buffer of our own, looked at again whenever the endpoint is
 * used. A send to a dead rank may stay under way for ever and costs one MPI_Test a look.
 * Receiving: a message is matched, then received with MPI_Imrecv; small ones are complete
 * at once, a large one is under way while those of other ranks pass by (its sender may
 * die in the middle). Messages of one rank stay in order.
 *
 * Sleeping: after a message (either way) the endpoint looks again without sleeping for
 * SPIN_US, because an answer often follows: a program needs some 40 us for its next
 * report, and the shortest sleep takes 80 us (the kernel adds 50). Between two looks the
 * core goes to whoever else wants it: with more processes than cores, what is awaited may
 * well come from one that cannot run. Then the sleeps grow from MIN_SLEEP_US by doubling.
 * While something is under way they stay short, for MPI moves large messages only when it
 * is called; but not for longer than PATIENCE_US without progress.
 */
#include <limits.h>
#include <sched.h>
#include <stdint.h>

#include "base/assert.h"
#include "base/clock.h"
#include "base/mem.h"
#include "comm/mpi.h"
#include "comm/mpi_internal.h"
#include "comm/queue_internal.h"

enum {
    TAG = 1,
    SPIN_US = 100,
    MIN_SLEEP_US = 20,
    MOVING_SLEEP_US = 100,
    PATIENCE_US = 1000000,
    GOODBYE_US = 2000000,     /* how long destroy() waits for sends under way */
    KEPT_BYTES_MAX = 1 << 20, /* larger buffers are not kept for reuse */
    MATCHES_PER_LOOK = 16,    /* large messages begun in one look */
};

struct outgoing {
    MPI_Request request;
    size_t peer;
    struct wn_buf bytes;
};

struct incoming {
    MPI_Request request;
    size_t peer;
    bool is_done;
    struct wn_buf bytes;
};

struct wn_mpi_end {
    struct wn_comm comm;
    struct wn_mpi *mpi;
    size_t n_peers;
    bool *is_broken;             /* by peer */
    bool *tells_break;           /* by peer: recv() has not yet said so */
    size_t n_breaks;             /* to be told */
    WN_VEC(struct outgoing) out; /* the first n_out are under way, the rest are spare */
    size_t n_out;
    WN_VEC(struct incoming) in; /* the first n_in, in the order of their matching */
    size_t n_in;
    bool has_match; /* a matched message waits for memory */
    MPI_Message match;
    size_t match_peer;
    int match_bytes;
    int64_t max_sleep_us, sleep_us;
    int64_t active_us;   /* when a message was last sent or received */
    int64_t progress_us; /* when something under way last began or ended */
};

static struct wn_mpi_end *as_end(struct wn_comm *comm)
{
    return (struct wn_mpi_end *)comm;
}

static int rank_of(const struct wn_mpi_end *self, size_t peer)
{
    return self->mpi->rank == 0 ? (int)peer + 1 : 0;
}

static size_t peer_of(const struct wn_mpi_end *self, int rank)
{
    return self->mpi->rank == 0 ? (size_t)rank - 1 : 0;
}

static size_t end_n_peers(const struct wn_comm *comm)
{
    return ((const struct wn_mpi_end *)comm)->n_peers;
}

static int64_t end_now_us(const struct wn_comm *comm)
{
    (void)comm;
    return wn_clock_mono_us();
}

static void note_activity(struct wn_mpi_end *self)
{
    self->active_us = wn_clock_mono_us();
    self->sleep_us = MIN_SLEEP_US;
}

static void break_link(struct wn_mpi_end *self, size_t peer)
{
    if (self->is_broken[peer])
        return;
    self->is_broken[peer] = true;
    self->tells_break[peer] = true;
    self->n_breaks++;
}

/* A buffer that held something large gives its memory back. */
static void shrink(struct wn_buf *bytes)
{
    if (bytes->room > KEPT_BYTES_MAX)
        wn_buf_release(bytes);
}

/* The send at `index` is over: its place goes to the last one under way. */
static void retire_send(struct wn_mpi_end *self, size_t index)
{
    struct outgoing over = self->out.at[index];

    shrink(&over.bytes);
    self->n_out--;
    self->out.at[index] = self->out.at[self->n_out];
    self->out.at[self->n_out] = over;
}

/* Whether the send is over, well or not. */
static bool send_is_over(struct wn_mpi_end *self, struct outgoing *out)
{
    int is_done = 0;
    int code = MPI_Test(&out->request, &is_done, MPI_STATUS_IGNORE);

    if (code != MPI_SUCCESS)
        break_link(self, out->peer);
    return code != MPI_SUCCESS || is_done;
}

static void reap_sends(struct wn_mpi_end *self)
{
    for (size_t i = self->n_out; i > 0; i--) {
        if (!send_is_over(self, &self->out.at[i - 1]))
            continue;
        retire_send(self, i - 1);
        self->progress_us = wn_clock_mono_us();
    }
}

static enum wn_status end_send(struct wn_comm *comm,
                               size_t peer,
                               const void *bytes,
                               size_t n,
                               struct wn_error *err)
{
    struct wn_mpi_end *self = as_end(comm);
    struct outgoing *out;
    int code;

    if (peer >= self->n_peers)
        return wn_fail(err, WN_EINVAL, "there is no peer %zu", peer);
    if (n > INT_MAX)
        return wn_fail(err, WN_EINVAL, "a message of %zu bytes is too large for MPI", n);
    if (self->is_broken[peer])
        return WN_OK;
    out =
        self->n_out < self->out.n ? &self->out.at[self->n_out] : wn_vec_push(&self->out);
    if (!out)
        return wn_fail(err, WN_ENOMEM, "no memory for a message of %zu bytes", n);
    out->peer = peer;
    wn_buf_clear(&out->bytes);
    wn_buf_add(&out->bytes, bytes, n);
    if (out->bytes.failed)
        return wn_fail(err, WN_ENOMEM, "no memory for a message of %zu bytes", n);
    code = MPI_Isend(out->bytes.at, (int)n, MPI_BYTE, rank_of(self, peer), TAG,
                     self->mpi->comm, &out->request);
    if (code != MPI_SUCCESS) {
        break_link(self, peer);
        return WN_OK;
    }
    self->n_out++;
    note_activity(self);
    self->progress_us = self->active_us;
    if (send_is_over(self, out)) /* small ones are */
        retire_send(self, self->n_out - 1);
    return WN_OK;
}

/* Look for a message that nobody has matched yet; self->has_match says so. */
static enum wn_status match(struct wn_mpi_end *self, struct wn_error *err)
{
    MPI_Status status;
    int is_there = 0;
    int code;

    if (self->has_match)
        return WN_OK;
    code = MPI_Improbe(MPI_ANY_SOURCE, TAG, self->mpi->comm, &is_there, &self->match,
                       &status);
    if (code == MPI_SUCCESS && is_there)
        code = MPI_Get_count(&status, MPI_BYTE, &self->match_bytes);
    if (code != MPI_SUCCESS)
        return wn_mpi_fail(err, code, "looking for messages");
    if (is_there) {
        self->match_peer = peer_of(self, status.MPI_SOURCE);
        WN_ASSERT(self->match_peer < self->n_peers);
        self->has_match = true;
    }
    return WN_OK;
}

/* Room for `n` bytes and a NUL; what was there before is of no interest. */
static bool make_room(struct wn_buf *bytes, size_t n)
{
    wn_buf_clear(bytes);
    if (n >= bytes->room) {
        size_t room = 256;

        while (room <= n)
            room *= 2;
        wn_buf_release(bytes);
        bytes->at = wn_alloc(room);
        if (!bytes->at)
            return false;
        bytes->room = room;
    }
    bytes->n = n;
    bytes->at[n] = '\0';
    return true;
}

/* Begin to receive the matched message, behind all others. */
static enum wn_status receive_match(struct wn_mpi_end *self, struct wn_error *err)
{
    struct incoming *in;
    int is_done = 0;
    int code;

    in = self->n_in < self->in.n ? &self->in.at[self->n_in] : wn_vec_push(&self->in);
    if (!in || !make_room(&in->bytes, (size_t)self->match_bytes))
        return wn_fail(err, WN_ENOMEM, "no memory for a message of %d bytes",
                       self->match_bytes);
    code =
        MPI_Imrecv(in->bytes.at, self->match_bytes, MPI_BYTE, &self->match, &in->request);
    if (code == MPI_SUCCESS)
        code = MPI_Test(&in->request, &is_done, MPI_STATUS_IGNORE);
    self->has_match = false;
    if (code != MPI_SUCCESS) {
        break_link(self, self->match_peer);
        return WN_OK;
    }
    in->peer = self->match_peer;
    in->is_done = is_done;
    self->n_in++;
    self->progress_us = wn_clock_mono_us();
    return WN_OK;
}

static void drop_incoming(struct wn_mpi_end *self, size_t index)
{
    struct incoming over = self->in.at[index];

    shrink(&over.bytes);
    self->n_in--;
    for (size_t i = index; i < self->n_in; i++)
        self->in.at[i] = self->in.at[i + 1];
    self->in.at[self->n_in] = over;
}

static void test_incoming(struct wn_mpi_end *self)
{
    for (size_t i = self->n_in; i > 0; i--) {
        struct incoming *in = &self->in.at[i - 1];
        int is_done = 0;

        if (in->is_done)
            continue;
        if (MPI_Test(&in->request, &is_done, MPI_STATUS_IGNORE) != MPI_SUCCESS) {
            break_link(self, in->peer);
            drop_incoming(self, i - 1);
        } else if (is_done) {
            in->is_done = true;
            self->progress_us = wn_clock_mono_us();
        }
    }
}

/* The first complete message with none of its rank before it, or SIZE_MAX. */
static size_t deliverable(const struct wn_mpi_end *self)
{
    for (size_t i = 0; i < self->n_in; i++) {
        size_t before = 0;

        if (!self->in.at[i].is_done)
            continue;
        while (before < i && self->in.at[before].peer != self->in.at[i].peer)
            before++;
        if (before == i)
            return i;
    }
    return SIZE_MAX;
}

/* Let MPI make progress and see whether recv() has something. The second look matters:
 * Open MPI looks into its queue first and makes progress after that. */
static enum wn_status look(struct wn_mpi_end *self,
                           bool *has_something,
                           struct wn_error *err)
{
    unsigned n_misses = 0;
    size_t n_begun = self->n_in + MATCHES_PER_LOOK;

    if (self->n_out)
        reap_sends(self);
    if (self->n_in)
        test_incoming(self);
    while (deliverable(self) == SIZE_MAX && n_misses < 2 && self->n_in < n_begun) {
        enum wn_status rc = match(self, err);

        if (rc == WN_OK && self->has_match)
            rc = receive_match(self, err);
        else
            n_misses++;
        if (rc != WN_OK)
            return rc;
    }
    *has_something = self->n_breaks > 0 || deliverable(self) != SIZE_MAX;
    return WN_OK;
}

static size_t next_break(struct wn_mpi_end *self)
{
    size_t peer = 0;

    while (!self->tells_break[peer])
        peer++;
    self->tells_break[peer] = false;
    self->n_breaks--;
    return peer;
}

static enum wn_status end_recv(struct wn_comm *comm,
                               enum wn_got *got,
                               size_t *peer,
                               struct wn_buf *out,
                               struct wn_error *err)
{
    struct wn_mpi_end *self = as_end(comm);
    bool has_something = false;
    enum wn_status rc;
    size_t index;

    wn_buf_clear(out);
    *got = WN_GOT_NOTHING;
    rc = look(self, &has_something, err);
    if (rc != WN_OK || !has_something)
        return rc;
    index = deliverable(self);
    if (index == SIZE_MAX) { /* what was sent before a break comes before it */
        *peer = next_break(self);
        *got = WN_GOT_BREAK;
        return WN_OK;
    }
    {
        struct incoming *in = &self->in.at[index];
        struct wn_buf bytes = in->bytes;

        in->bytes = *out; /* the buffers change places */
        *out = bytes;
        *peer = in->peer;
        *got = WN_GOT_MESSAGE;
    }
    drop_incoming(self, index);
    note_activity(self);
    return WN_OK;
}

/* The next sleep, and the one after it doubled. */
static int64_t next_sleep(struct wn_mpi_end *self, int64_t now_us)
{
    int64_t sleep_us = self->sleep_us;
    bool is_moving = self->n_out || self->n_in;

    if (sleep_us > self->max_sleep_us)
        sleep_us = self->max_sleep_us;
    self->sleep_us = sleep_us * 2;
    if (is_moving && now_us - self->progress_us < PATIENCE_US &&
        sleep_us > MOVING_SLEEP_US)
        sleep_us = MOVING_SLEEP_US;
    return sleep_us;
}

static enum wn_status end_wait(struct wn_comm *comm,
                               struct pollfd *fds,
                               size_t n_fds,
                               int64_t timeout_us,
                               struct wn_error *err)
{
    struct wn_mpi_end *self = as_end(comm);
    int64_t now_us = wn_clock_mono_us();
    int64_t end_us = timeout_us < 0 ? INT64_MAX : wn_time_after(now_us, timeout_us);
    int n_ready = 0;

    while (n_ready == 0) {
        bool has_something = false;
        int64_t sleep_us = 0;
        enum wn_status rc = look(self, &has_something, err);

        if (rc != WN_OK)
            return rc;
        now_us = wn_clock_mono_us();
        if (!has_something && now_us - self->active_us < SPIN_US) {
            (void)sched_yield(); /* and look at the descriptors */
        } else if (!has_something && now_us < end_us) {
            sleep_us = next_sleep(self, now_us);
            if (sleep_us > end_us - now_us)
                sleep_us = end_us - now_us;
        }
        rc = wn_poll(fds, n_fds, sleep_us, &n_ready, err);
        if (rc != WN_OK || has_something || now_us >= end_us)
            return rc;
    }
    return WN_OK;
}

void wn_mpi_end_free(struct wn_mpi_end *self)
{
    if (!self)
        return;
    for (size_t i = 0; i < self->out.n; i++)
        wn_buf_release(&self->out.at[i].bytes);
    for (size_t i = 0; i < self->in.n; i++)
        wn_buf_release(&self->in.at[i].bytes);
    wn_vec_release(&self->out);
    wn_vec_release(&self->in);
    wn_free(self->is_broken);
    wn_free(self->tells_break);
    wn_free(self);
}

/* MPI may still read and write the buffers of what is under way: then they live until
 * MPI is gone. */
static void end_destroy(struct wn_comm *comm)
{
    struct wn_mpi_end *self = as_end(comm);
    int64_t end_us = wn_clock_mono_us() + GOODBYE_US;

    reap_sends(self);
    while (self->n_out && wn_clock_mono_us() < end_us) {
        if (wn_poll(NULL, 0, MOVING_SLEEP_US, NULL, NULL) != WN_OK)
            break;
        reap_sends(self);
    }
    test_incoming(self);
    self->mpi->has_endpoint = false;
    while (self->n_in && self->in.at[self->n_in - 1].is_done)
        drop_incoming(self, self->n_in - 1);
    if (self->n_out || self->n_in)
        self->mpi->leftover = self;
    else
        wn_mpi_end_free(self);
}

static const struct wn_comm_ops mpi_ops = {
    .name = "mpi",
    .n_peers = end_n_peers,
    .send = end_send,
    .recv = end_recv,
    .now_us = end_now_us,
    .wait = end_wait,
    .destroy = end_destroy,
};

enum wn_status wn_mpi_endpoint(struct wn_mpi *mpi,
                               int64_t max_sleep_us,
                               struct wn_comm **out,
                               struct wn_error *err)
{
    struct wn_mpi_end *self;

    if (max_sleep_us < MIN_SLEEP_US)
        return wn_fail(err, WN_EINVAL,
                       "an endpoint must sleep for %d us or more, not %lld",
                       (int)MIN_SLEEP_US, (long long)max_sleep_us);
    if (mpi->has_endpoint || mpi->leftover)
        return wn_fail(err, WN_EINVAL, "the MPI transport has an endpoint already");
    self = wn_alloc(sizeof *self);
    if (!self)
        return wn_fail(err, WN_ENOMEM, "no memory for an MPI endpoint");
    self->comm.ops = &mpi_ops;
    self->mpi = mpi;
    self->n_peers = mpi->rank == 0 ? (size_t)mpi->size - 1 : 1;
    self->max_sleep_us = max_sleep_us;
    self->sleep_us = MIN_SLEEP_US;
    self->is_broken = wn_alloc_array(self->n_peers, sizeof *self->is_broken);
    self->tells_break = wn_alloc_array(self->n_peers, sizeof *self->tells_break);
    if (!self->is_broken || !self->tells_break) {
        wn_mpi_end_free(self);
        return wn_fail(err, WN_ENOMEM, "no memory for %zu MPI links", self->n_peers);
    }
    mpi->has_endpoint = true;
    *out = &self->comm;
    return WN_OK;
}

/* message.c - messages to bytes and back. The layout and what makes it valid: FORMAT.md.
 *
 * The decoder trusts nothing: the reader checks every length, counts are bounded by the
 * bytes that are left, enums and truth values must be known ones, and nothing may follow
 * the body. So a message that decodes can be encoded again to the same meaning.
 */
#include "comm/message.h"

enum { WIRE_VERSION = 1 };

/* Smallest encodings, which bound the counts read. */
enum { METRIC_MIN_BYTES = 1 + 8, CELL_BYTES = 8 };

static void put_dispatch(struct wn_buf *out, struct wn_dispatch dispatch)
{
    wn_put_uint(out, dispatch.incarnation);
    wn_put_uint(out, dispatch.count);
}

static void put_generation(struct wn_buf *out, const struct wn_generation *generation)
{
    wn_put_int(out, generation->resource);
    wn_put_uint(out, generation->trial);
    put_dispatch(out, generation->dispatch);
}

static void put_hello(struct wn_buf *out, const struct wn_message *message)
{
    wn_put_uint(out, message->hello.n_slots);
    wn_put_uint(out, message->hello.cores_per_slot);
    wn_put_int(out, message->hello.pid);
    wn_put_str(out, message->hello.host);
    wn_put_str(out, message->hello.version);
    wn_put_str(out, message->hello.cpus);
}

static void put_report(struct wn_buf *out, const struct wn_message *message)
{
    wn_put_int(out, message->report.resource);
    wn_put_int(out, message->report.elapsed_ms);
    wn_put_int(out, message->report.cost_ms);
    wn_put_u8(out, message->report.has_checkpoint);
    wn_put_u8(out, message->report.waits);
    wn_put_uint(out, message->report.n_metrics);
    for (uint32_t i = 0; i < message->report.n_metrics; i++) {
        wn_put_str(out, message->report.metrics[i].name);
        wn_put_f64(out, message->report.metrics[i].value);
    }
}

static void put_run(struct wn_buf *out, const struct wn_message *message)
{
    wn_put_int(out, message->run.milestone);
    wn_put_int(out, message->run.recorded);
    put_generation(out, &message->run.source);
    wn_put_u8(out, message->run.waits_next);
    wn_put_uint(out, message->run.n_cells);
    for (uint32_t i = 0; i < message->run.n_cells; i++)
        wn_put_u64(out, (uint64_t)message->run.cells[i].i);
}

void wn_message_encode(const struct wn_message *message, struct wn_buf *out)
{
    wn_put_u8(out, WIRE_VERSION);
    wn_put_u8(out, (uint8_t)message->kind);
    wn_put_uint(out, message->trial);
    wn_put_uint(out, message->slot);
    put_dispatch(out, message->dispatch);
    switch (message->kind) {
    case WN_MSG_HELLO: put_hello(out, message); break;
    case WN_MSG_REPORT: put_report(out, message); break;
    case WN_MSG_ENDED:
        wn_put_u8(out, (uint8_t)message->ended.failure);
        wn_put_int(out, message->ended.cost_ms);
        wn_put_str(out, message->ended.text);
        break;
    case WN_MSG_LOG:
        wn_put_u8(out, (uint8_t)message->log.level);
        wn_put_str(out, message->log.part);
        wn_put_str(out, message->log.line);
        break;
    case WN_MSG_DAMAGED: put_generation(out, &message->damaged.generation); break;
    case WN_MSG_RUN: put_run(out, message); break;
    case WN_MSG_ANSWER:
        wn_put_int(out, message->answer.resource);
        wn_put_u8(out, (uint8_t)message->answer.verdict);
        wn_put_int(out, message->answer.milestone);
        wn_put_u8(out, message->answer.waits_next);
        break;
    case WN_MSG_FREE:
    case WN_MSG_RECALL:
    case WN_MSG_ABANDON:
    case WN_MSG_QUIT: break;
    }
}

static uint32_t get_u32(struct wn_reader *r)
{
    uint64_t v = wn_get_uint(r);

    if (v > UINT32_MAX)
        r->failed = true;
    return r->failed ? 0 : (uint32_t)v;
}

static bool get_bool(struct wn_reader *r)
{
    uint8_t v = wn_get_u8(r);

    if (v > 1)
        r->failed = true;
    return v == 1;
}

/* A byte that must be below `n`. */
static uint8_t get_below(struct wn_reader *r, unsigned n)
{
    uint8_t v = wn_get_u8(r);

    if (v >= n)
        r->failed = true;
    return r->failed ? 0 : v;
}

static struct wn_dispatch get_dispatch(struct wn_reader *r)
{
    struct wn_dispatch dispatch;

    dispatch.incarnation = get_u32(r);
    dispatch.count = get_u32(r);
    return dispatch;
}

static struct wn_generation get_generation(struct wn_reader *r)
{
    struct wn_generation generation;

    generation.resource = wn_get_int(r);
    generation.trial = get_u32(r);
    generation.dispatch = get_dispatch(r);
    if (generation.resource < 0)
        r->failed = true;
    return generation;
}

static uint32_t get_count(struct wn_reader *r, size_t min_bytes)
{
    size_t n = wn_get_count(r, min_bytes);

    if (n > UINT32_MAX)
        r->failed = true;
    return r->failed ? 0 : (uint32_t)n;
}

/* An array in the arena; NULL when empty or failed. */
static void *get_room(struct wn_reader *r, struct wn_arena *arena, size_t n, size_t size)
{
    void *room;

    if (r->failed || !n)
        return NULL;
    room = n <= SIZE_MAX / size ? wn_arena_alloc(arena, n * size) : NULL;
    if (!room)
        r->failed = r->is_starved = true;
    return room;
}

static void get_hello(struct wn_reader *r, struct wn_arena *arena, struct wn_message *out)
{
    out->hello.n_slots = get_u32(r);
    out->hello.cores_per_slot = get_u32(r);
    out->hello.pid = wn_get_int(r);
    out->hello.host = wn_get_str(r, arena);
    out->hello.version = wn_get_str(r, arena);
    out->hello.cpus = wn_get_str(r, arena);
}

static void get_report(struct wn_reader *r,
                       struct wn_arena *arena,
                       struct wn_message *out)
{
    struct wn_metric *metrics;

    out->report.resource = wn_get_int(r);
    out->report.elapsed_ms = wn_get_int(r);
    out->report.cost_ms = wn_get_int(r);
    out->report.has_checkpoint = get_bool(r);
    out->report.waits = get_bool(r);
    out->report.n_metrics = get_count(r, METRIC_MIN_BYTES);
    metrics = get_room(r, arena, out->report.n_metrics, sizeof *metrics);
    for (uint32_t i = 0; metrics && i < out->report.n_metrics; i++) {
        metrics[i].name = wn_get_str(r, arena);
        metrics[i].value = wn_get_f64(r);
    }
    out->report.metrics = metrics;
}

static void get_run(struct wn_reader *r, struct wn_arena *arena, struct wn_message *out)
{
    union wn_cell *cells;

    out->run.milestone = wn_get_int(r);
    out->run.recorded = wn_get_int(r);
    out->run.source = get_generation(r);
    out->run.waits_next = get_bool(r);
    out->run.n_cells = get_count(r, CELL_BYTES);
    cells = get_room(r, arena, out->run.n_cells, sizeof *cells);
    for (uint32_t i = 0; cells && i < out->run.n_cells; i++)
        cells[i].i = (int64_t)wn_get_u64(r);
    out->run.cells = cells;
}

static bool get_body(struct wn_reader *r, struct wn_arena *arena, struct wn_message *out)
{
    switch (out->kind) {
    case WN_MSG_HELLO: get_hello(r, arena, out); return true;
    case WN_MSG_REPORT: get_report(r, arena, out); return true;
    case WN_MSG_ENDED:
        out->ended.failure = (enum wn_failure)get_below(r, WN_FAILURE_N);
        out->ended.cost_ms = wn_get_int(r);
        out->ended.text = wn_get_str(r, arena);
        return true;
    case WN_MSG_LOG:
        out->log.level = (enum wn_log_level)get_below(r, WN_LOG_ERROR + 1);
        out->log.part = wn_get_str(r, arena);
        out->log.line = wn_get_str(r, arena);
        return true;
    case WN_MSG_DAMAGED: out->damaged.generation = get_generation(r); return true;
    case WN_MSG_RUN: get_run(r, arena, out); return true;
    case WN_MSG_ANSWER:
        out->answer.resource = wn_get_int(r);
        out->answer.verdict = (enum wn_verdict_kind)get_below(r, WN_VERDICT_STOP + 1);
        out->answer.milestone = wn_get_int(r);
        out->answer.waits_next = get_bool(r);
        return true;
    case WN_MSG_FREE:
    case WN_MSG_RECALL:
    case WN_MSG_ABANDON:
    case WN_MSG_QUIT: return true;
    }
    return false; /* no such kind */
}

enum wn_status wn_message_decode(const void *bytes,
                                 size_t n,
                                 struct wn_arena *arena,
                                 struct wn_message *out,
                                 struct wn_error *err)
{
    struct wn_reader r = wn_reader_of(bytes, n);
    struct wn_message message = {0};
    uint8_t version = wn_get_u8(&r);
    uint8_t kind = wn_get_u8(&r);

    if (!r.failed && version != WIRE_VERSION)
        return wn_fail(err, WN_EVERSION,
                       "a message has wire version %u, this program knows %d: all ranks "
                       "must run the same winnow",
                       (unsigned)version, WIRE_VERSION);
    message.kind = (enum wn_message_kind)kind;
    message.trial = get_u32(&r);
    message.slot = get_u32(&r);
    message.dispatch = get_dispatch(&r);
    if (!r.failed && !get_body(&r, arena, &message))
        return wn_fail(err, WN_ECORRUPT, "a message is of the unknown kind %u",
                       (unsigned)kind);
    if (r.is_starved)
        return wn_fail(err, WN_ENOMEM, "no memory for a message of %zu bytes", n);
    if (!wn_reader_is_done(&r))
        return wn_fail(err, WN_ECORRUPT, "a message of kind %u and %zu bytes is %s",
                       (unsigned)kind, n, r.failed ? "malformed" : "followed by more");
    *out = message;
    return WN_OK;
}

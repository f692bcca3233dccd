/* codec.c - events <-> the payload of a frame. FORMAT.md holds the table.
 *
 * There is one way to write an event, and the decoder accepts no other: integers are
 * shortest varints, flags have no spare bits, enums stay in range, metrics are never
 * NaN, and nothing follows the last field. So equal events are equal bytes, and
 * append() proves an event readable by decoding what it is about to write.
 */
#include <math.h>
#include <string.h>

#include "journal/journal.h"

/* Writing */

static void put_dispatch(struct wn_buf *out, struct wn_dispatch dispatch)
{
    wn_put_uint(out, dispatch.incarnation);
    wn_put_uint(out, dispatch.count);
}

static void put_generation(struct wn_buf *out, struct wn_generation gen)
{
    wn_put_uint(out, (uint64_t)gen.resource);
    if (!gen.resource)
        return; /* none */
    wn_put_uint(out, gen.trial);
    put_dispatch(out, gen.dispatch);
}

static void put_tag(struct wn_buf *out, const struct wn_tag *tag)
{
    wn_put_blob(out, tag->bytes, tag->n <= WN_TAG_MAX ? tag->n : WN_TAG_MAX);
}

/* WN_TRIAL_NONE becomes 0. */
static void put_maybe_trial(struct wn_buf *out, uint32_t trial)
{
    wn_put_uint(out, (uint32_t)(trial + 1U));
}

static void put_opened(struct wn_buf *out, const struct wn_event *event)
{
    wn_put_uint(out, event->opened.incarnation);
    wn_put_uint(out, event->opened.n_workers);
    wn_put_uint(out, event->opened.n_slots);
    wn_put_int(out, event->opened.wall_ms);
    wn_put_str(out, event->opened.host);
    wn_put_str(out, event->opened.version);
    wn_put_uint(out, event->opened.n_lengths);
    for (uint32_t i = 0; i < event->opened.n_lengths; i++) {
        wn_put_uint(out, event->opened.lengths[i].incarnation);
        wn_put_uint(out, event->opened.lengths[i].length_bytes);
    }
}

static void put_planned(struct wn_buf *out, const struct wn_event *event)
{
    wn_put_uint(out, (uint64_t)event->planned.milestone);
    put_maybe_trial(out, event->planned.parent);
    wn_put_uint(out, event->planned.pool);
    wn_put_u8(out, event->planned.offers ? 1 : 0);
    put_generation(out, event->planned.source);
    put_tag(out, &event->planned.tag);
}

static void put_cells(struct wn_buf *out, const struct wn_event *event)
{
    wn_put_u8(out, (uint8_t)event->configured.origin);
    wn_put_uint(out, event->configured.n_cells);
    for (uint32_t i = 0; i < event->configured.n_cells; i++)
        wn_put_u64(out, (uint64_t)event->configured.cells[i].i);
}

static void put_reported(struct wn_buf *out, const struct wn_event *event)
{
    wn_put_uint(out, (uint64_t)event->reported.resource);
    wn_put_uint(out, (uint64_t)event->reported.elapsed_ms);
    wn_put_uint(out, (uint64_t)event->reported.cost_ms);
    wn_put_uint(out, event->reported.n_metrics);
    for (uint32_t i = 0; i < event->reported.n_metrics; i++) {
        wn_put_str(out, event->reported.metrics[i].name);
        wn_put_f64(out, event->reported.metrics[i].value);
    }
    put_generation(out, event->reported.checkpoint);
    wn_put_u8(out, event->reported.is_milestone ? 1 : 0);
    wn_put_u8(out, (uint8_t)event->reported.verdict);
    wn_put_uint(out, (uint64_t)event->reported.milestone);
    put_tag(out, &event->reported.tag);
}

/* Kinds whose events are about one trial, which they name right after the time. */
static bool has_trial(enum wn_event_kind kind)
{
    switch (kind) {
    case WN_EVENT_PLANNED:
    case WN_EVENT_CONFIGURED:
    case WN_EVENT_DISPATCHED:
    case WN_EVENT_REPORTED:
    case WN_EVENT_REPEATED:
    case WN_EVENT_RETURNED:
    case WN_EVENT_RESUMED:
    case WN_EVENT_RECALLED:
    case WN_EVENT_ENDED: return true;
    case WN_EVENT_JOB:
    case WN_EVENT_OPENED:
    case WN_EVENT_EXHAUSTED:
    case WN_EVENT_ENQUEUED:
    case WN_EVENT_IMPORTED:
    case WN_EVENT_AMENDED:
    case WN_EVENT_NOTED:
    case WN_EVENT_LEASE:
    case WN_EVENT_COLLECTED: /* the generation names it */
    case WN_EVENT_DAMAGED:
    case WN_EVENT_TIMER:
    case WN_EVENT_STOPPING:
    case WN_EVENT_CLOSED:
    case WN_EVENT_N: break;
    }
    return false;
}

/* What a running trial leaves behind: RETURNED, RESUMED, ENDED and their like. */
static void put_trial_fields(struct wn_buf *out, const struct wn_event *event)
{
    if (event->kind == WN_EVENT_DISPATCHED) {
        put_dispatch(out, event->dispatched.dispatch);
        wn_put_uint(out, event->dispatched.worker);
        wn_put_uint(out, event->dispatched.slot);
    } else if (event->kind == WN_EVENT_REPEATED) {
        wn_put_uint(out, (uint64_t)event->repeated.resource);
        wn_put_uint(out, (uint64_t)event->repeated.cost_ms);
        put_generation(out, event->repeated.checkpoint);
    } else if (event->kind == WN_EVENT_RETURNED) {
        wn_put_u8(out, (uint8_t)event->returned.why);
        wn_put_u8(out, (uint8_t)event->returned.failure);
        wn_put_uint(out, (uint64_t)event->returned.cost_ms);
        wn_put_str(out, event->returned.text);
    } else if (event->kind == WN_EVENT_RESUMED) {
        wn_put_uint(out, (uint64_t)event->resumed.milestone);
        put_maybe_trial(out, event->resumed.via);
        put_tag(out, &event->resumed.tag);
    } else if (event->kind == WN_EVENT_ENDED) {
        wn_put_u8(out, (uint8_t)event->ended.how);
        wn_put_u8(out, (uint8_t)event->ended.failure);
        wn_put_uint(out, (uint64_t)event->ended.cost_ms);
        wn_put_str(out, event->ended.text);
    }
}

void wn_event_encode(const struct wn_event *event, struct wn_buf *out)
{
    wn_put_u8(out, (uint8_t)event->kind);
    wn_put_uint(out, (uint64_t)event->time_ms);
    if (has_trial(event->kind))
        wn_put_uint(out, event->trial);
    switch (event->kind) {
    case WN_EVENT_JOB:
    case WN_EVENT_AMENDED: wn_put_str(out, event->job.text); break;
    case WN_EVENT_OPENED: put_opened(out, event); break;
    case WN_EVENT_PLANNED: put_planned(out, event); break;
    case WN_EVENT_CONFIGURED:
        put_cells(out, event);
        wn_put_blob(out, event->configured.tag.at, event->configured.tag.n);
        break;
    case WN_EVENT_ENQUEUED: put_cells(out, event); break;
    case WN_EVENT_REPORTED: put_reported(out, event); break;
    case WN_EVENT_DISPATCHED:
    case WN_EVENT_REPEATED:
    case WN_EVENT_RETURNED:
    case WN_EVENT_RESUMED:
    case WN_EVENT_ENDED: put_trial_fields(out, event); break;
    case WN_EVENT_RECALLED: wn_put_u8(out, (uint8_t)event->recalled.how); break;
    case WN_EVENT_EXHAUSTED: wn_put_u8(out, event->exhausted.by_limit ? 1 : 0); break;
    case WN_EVENT_COLLECTED:
    case WN_EVENT_DAMAGED: put_generation(out, event->collected.generation); break;
    case WN_EVENT_STOPPING:
        wn_put_u8(out, (uint8_t)event->stopping.reason);
        wn_put_str(out, event->stopping.criterion);
        break;
    case WN_EVENT_TIMER:
    case WN_EVENT_CLOSED:
    case WN_EVENT_IMPORTED: /* numbers kept: the decoder refuses these three, */
    case WN_EVENT_NOTED:    /* and with it append() */
    case WN_EVENT_LEASE:
    case WN_EVENT_N: break;
    }
}

/* Reading */

struct decoder {
    struct wn_reader r;
    struct wn_arena *arena;
    const char *wrong; /* the first field that is not as it must be */
};

static void refuse(struct decoder *d, const char *field)
{
    if (!d->wrong)
        d->wrong = field;
    d->r.failed = true;
}

static uint64_t get_uint(struct decoder *d, uint64_t most, const char *field)
{
    const unsigned char *start = d->r.at;
    uint64_t v;

    if (!d->r.failed && start < d->r.end && *start < 0x80)
        v = *d->r.at++; /* most of them are short */
    else
        v = wn_get_uint(&d->r);
    /* The shortest form has no last byte that adds nothing. */
    if (d->r.failed || v > most || (d->r.at - start > 1 && !d->r.at[-1])) {
        refuse(d, field);
        return 0;
    }
    return v;
}

static uint32_t get_u32(struct decoder *d, const char *field)
{
    return (uint32_t)get_uint(d, UINT32_MAX, field);
}

/* An integer that is never negative. */
static int64_t get_i64(struct decoder *d, const char *field)
{
    return (int64_t)get_uint(d, INT64_MAX, field);
}

/* A zigzag integer in its shortest form. */
static int64_t get_signed(struct decoder *d, const char *field)
{
    uint64_t bits = get_uint(d, UINT64_MAX, field);
    int64_t half = (int64_t)(bits >> 1);

    return bits & 1 ? -half - 1 : half;
}

static uint8_t get_u8(struct decoder *d, uint8_t least, uint8_t most, const char *field)
{
    uint8_t v = wn_get_u8(&d->r);

    if (d->r.failed || v < least || v > most) {
        refuse(d, field);
        return least;
    }
    return v;
}

static bool get_bool(struct decoder *d, const char *field)
{
    return get_u8(d, 0, 1, field) != 0;
}

static const void *get_blob(struct decoder *d, size_t *n, const char *field)
{
    *n = (size_t)get_uint(d, wn_reader_left(&d->r), field);
    return wn_get_raw(&d->r, *n);
}

static const char *get_str(struct decoder *d, const char *field)
{
    size_t n;
    const char *bytes = get_blob(d, &n, field);
    char *text;

    if (!bytes || d->r.failed)
        return "";
    if (!n)
        return "";
    if (memchr(bytes, '\0', n)) {
        refuse(d, field);
        return "";
    }
    text = wn_arena_strndup(d->arena, bytes, n);
    if (!text) {
        d->r.failed = d->r.is_starved = true;
        return "";
    }
    return text;
}

/* Room for n items, each of at least min_bytes in what is left to read. */
static void *get_items(struct decoder *d,
                       size_t size_bytes,
                       size_t min_bytes,
                       uint32_t *n,
                       const char *field)
{
    size_t most = wn_reader_left(&d->r) / min_bytes;
    void *items;

    *n = (uint32_t)get_uint(d, most < UINT32_MAX ? most : UINT32_MAX, field);
    if (d->r.failed || !*n)
        return NULL;
    items =
        *n <= SIZE_MAX / size_bytes ? wn_arena_alloc(d->arena, *n * size_bytes) : NULL;
    if (!items)
        d->r.failed = d->r.is_starved = true;
    return items;
}

static struct wn_dispatch get_dispatch(struct decoder *d)
{
    uint32_t incarnation = get_u32(d, "dispatch");

    return (struct wn_dispatch){.incarnation = incarnation,
                                .count = get_u32(d, "dispatch")};
}

static struct wn_generation get_generation(struct decoder *d, const char *field)
{
    struct wn_generation gen = {.resource = get_i64(d, field)};

    if (gen.resource) {
        gen.trial = (uint32_t)get_uint(d, WN_TRIAL_NONE - 1, field);
        gen.dispatch = get_dispatch(d);
    }
    return gen;
}

static void get_tag(struct decoder *d, struct wn_tag *tag)
{
    size_t n = (size_t)get_uint(d, WN_TAG_MAX, "tag");
    const void *bytes = wn_get_raw(&d->r, n);

    tag->n = bytes ? (uint8_t)n : 0;
    if (bytes && n)
        memcpy(tag->bytes, bytes, n);
}

static uint32_t get_maybe_trial(struct decoder *d, const char *field)
{
    return get_u32(d, field) - 1U; /* 0 is WN_TRIAL_NONE */
}

static void get_opened(struct decoder *d, struct wn_event *out)
{
    struct wn_segment_length *lengths;
    uint32_t n;

    out->opened.incarnation = get_u32(d, "incarnation");
    out->opened.n_workers = get_u32(d, "number of workers");
    out->opened.n_slots = get_u32(d, "number of slots");
    out->opened.wall_ms = get_signed(d, "wall clock");
    out->opened.host = get_str(d, "host");
    out->opened.version = get_str(d, "version");
    lengths = get_items(d, sizeof *lengths, 2, &n, "number of segments");
    for (uint32_t i = 0; i < n && !d->r.failed; i++) {
        lengths[i].incarnation = get_u32(d, "segment");
        lengths[i].length_bytes = get_uint(d, UINT64_MAX, "length of a segment");
    }
    out->opened.n_lengths = n;
    out->opened.lengths = lengths;
}

static void get_planned(struct decoder *d, struct wn_event *out)
{
    out->planned.milestone = get_i64(d, "milestone");
    out->planned.parent = get_maybe_trial(d, "parent");
    out->planned.pool = get_u32(d, "pool");
    out->planned.offers = get_bool(d, "offers");
    out->planned.source = get_generation(d, "source");
    get_tag(d, &out->planned.tag);
}

static void get_cells(struct decoder *d, struct wn_event *out)
{
    union wn_cell *cells;
    uint32_t n;

    out->configured.origin =
        (enum wn_origin)get_u8(d, WN_ORIGIN_SEARCH, WN_ORIGIN_USER, "origin");
    cells = get_items(d, sizeof *cells, 8, &n, "number of cells");
    for (uint32_t i = 0; i < n && !d->r.failed; i++) {
        uint64_t bits = wn_get_u64(&d->r);

        memcpy(&cells[i], &bits, sizeof bits); /* either member of the union */
    }
    out->configured.n_cells = n;
    out->configured.cells = cells;
}

static void get_reported(struct decoder *d, struct wn_event *out)
{
    struct wn_metric *metrics;
    uint32_t n;

    out->reported.resource = get_i64(d, "resource");
    out->reported.elapsed_ms = get_i64(d, "elapsed time");
    out->reported.cost_ms = get_i64(d, "cost");
    metrics = get_items(d, sizeof *metrics, 9, &n, "number of metrics");
    for (uint32_t i = 0; i < n && !d->r.failed; i++) {
        metrics[i].name = get_str(d, "name of a metric");
        metrics[i].value = wn_get_f64(&d->r);
        if (isnan(metrics[i].value))
            refuse(d, "value of a metric");
    }
    out->reported.n_metrics = n;
    out->reported.metrics = metrics;
    out->reported.checkpoint = get_generation(d, "checkpoint");
    out->reported.is_milestone = get_bool(d, "milestone flag");
    out->reported.verdict =
        (enum wn_verdict_kind)get_u8(d, WN_VERDICT_CONTINUE, WN_VERDICT_STOP, "verdict");
    out->reported.milestone = get_i64(d, "milestone");
    get_tag(d, &out->reported.tag);
}

static void get_trial_fields(struct decoder *d, struct wn_event *out)
{
    const uint8_t n_failures = WN_FAILURE_N;

    if (out->kind == WN_EVENT_DISPATCHED) {
        out->dispatched.dispatch = get_dispatch(d);
        out->dispatched.worker = get_u32(d, "worker");
        out->dispatched.slot = get_u32(d, "slot");
    } else if (out->kind == WN_EVENT_REPEATED) {
        out->repeated.resource = get_i64(d, "resource");
        out->repeated.cost_ms = get_i64(d, "cost");
        out->repeated.checkpoint = get_generation(d, "checkpoint");
    } else if (out->kind == WN_EVENT_RETURNED) {
        out->returned.why =
            (enum wn_return)get_u8(d, WN_RETURN_LOST, WN_RETURN_DAMAGED, "reason");
        out->returned.failure =
            (enum wn_failure)get_u8(d, 0, (uint8_t)(n_failures - 1), "failure");
        out->returned.cost_ms = get_i64(d, "cost");
        out->returned.text = get_str(d, "text");
    } else if (out->kind == WN_EVENT_RESUMED) {
        out->resumed.milestone = get_i64(d, "milestone");
        out->resumed.via = get_maybe_trial(d, "replaced trial");
        get_tag(d, &out->resumed.tag);
    } else if (out->kind == WN_EVENT_ENDED) {
        out->ended.how =
            (enum wn_end)get_u8(d, WN_END_COMPLETED, WN_END_WITHDRAWN, "kind of end");
        out->ended.failure =
            (enum wn_failure)get_u8(d, 0, (uint8_t)(n_failures - 1), "failure");
        out->ended.cost_ms = get_i64(d, "cost");
        out->ended.text = get_str(d, "text");
    }
}

static void get_fields(struct decoder *d, struct wn_event *out)
{
    switch (out->kind) {
    case WN_EVENT_JOB:
    case WN_EVENT_AMENDED: out->job.text = get_str(d, "job"); break;
    case WN_EVENT_OPENED: get_opened(d, out); break;
    case WN_EVENT_PLANNED: get_planned(d, out); break;
    case WN_EVENT_CONFIGURED:
        get_cells(d, out);
        out->configured.tag.at = get_blob(d, &out->configured.tag.n, "tag");
        break;
    case WN_EVENT_ENQUEUED: get_cells(d, out); break;
    case WN_EVENT_REPORTED: get_reported(d, out); break;
    case WN_EVENT_DISPATCHED:
    case WN_EVENT_REPEATED:
    case WN_EVENT_RETURNED:
    case WN_EVENT_RESUMED:
    case WN_EVENT_ENDED: get_trial_fields(d, out); break;
    case WN_EVENT_RECALLED:
        out->recalled.how = (enum wn_recall)get_u8(d, 0, WN_RECALL_STOP, "recall");
        break;
    case WN_EVENT_EXHAUSTED: out->exhausted.by_limit = get_bool(d, "limit flag"); break;
    case WN_EVENT_COLLECTED:
    case WN_EVENT_DAMAGED:
        out->collected.generation = get_generation(d, "generation");
        if (!out->collected.generation.resource)
            refuse(d, "generation");
        out->trial = out->collected.generation.trial;
        break;
    case WN_EVENT_STOPPING:
        out->stopping.reason =
            (enum wn_stop_reason)get_u8(d, WN_STOP_NONE, WN_STOP_CRITERION, "reason");
        out->stopping.criterion = get_str(d, "criterion");
        break;
    case WN_EVENT_TIMER:
    case WN_EVENT_CLOSED: break;
    case WN_EVENT_IMPORTED: /* numbers kept for a later version of the format */
    case WN_EVENT_NOTED:
    case WN_EVENT_LEASE:
    case WN_EVENT_N: refuse(d, "kind"); break;
    }
}

enum wn_status wn_event_decode(const void *bytes,
                               size_t n,
                               struct wn_arena *arena,
                               struct wn_event *out,
                               struct wn_error *err)
{
    struct decoder d = {.r = wn_reader_of(bytes, n), .arena = arena};
    struct wn_event event = {.trial = WN_TRIAL_NONE};
    uint8_t kind = get_u8(&d, 0, WN_EVENT_N - 1, "kind");

    if (d.r.failed) {
        if (!n)
            return wn_fail(err, WN_ECORRUPT, "an event has no bytes at all");
        return wn_fail(err, WN_ECORRUPT, "%d is not the kind of an event",
                       ((const unsigned char *)bytes)[0]);
    }
    event.kind = (enum wn_event_kind)kind;
    event.time_ms = get_i64(&d, "study time");
    if (has_trial(event.kind))
        event.trial = (uint32_t)get_uint(&d, WN_TRIAL_NONE - 1, "trial number");
    get_fields(&d, &event);
    if (d.r.is_starved)
        return wn_fail(err, WN_ENOMEM, "no memory for an event of %zu bytes", n);
    if (d.r.failed)
        return wn_fail(err, WN_ECORRUPT, "the %s in an event '%s' is malformed",
                       d.wrong ? d.wrong : "length", wn_event_name(event.kind));
    if (!wn_reader_is_done(&d.r))
        return wn_fail(err, WN_ECORRUPT,
                       "%zu bytes follow the last field of an event '%s'",
                       wn_reader_left(&d.r), wn_event_name(event.kind));
    *out = event;
    return WN_OK;
}

/* print.c - one event as one JSON object, for people and scripts.
 *
 * Keys are those of the structs in trial/event.h. Not for reading back: times and tags
 * are shown as they stand, a job that is no JSON becomes a string.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "journal/journal.h"

struct line {
    struct wn_json *object;
    bool failed; /* a member is missing for want of memory */
};

static void set(struct line *line, const char *key, struct wn_json *value)
{
    if (!wn_json_set(line->object, key, value))
        line->failed = true;
}

static void set_int(struct line *line, const char *key, int64_t value)
{
    set(line, key, wn_json_new_integer(value));
}

static void set_uint(struct line *line, const char *key, uint64_t value)
{
    set_int(line, key, value <= INT64_MAX ? (int64_t)value : INT64_MAX);
}

static void set_text(struct line *line, const char *key, const char *value)
{
    set(line, key, wn_json_new_string(value ? value : ""));
}

static void set_hex(struct line *line, const char *key, const void *bytes, size_t n)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *at = bytes;
    struct wn_buf text = {0};

    if (!n)
        return;
    for (size_t i = 0; i < n; i++) {
        wn_buf_addc(&text, digits[at[i] >> 4]);
        wn_buf_addc(&text, digits[at[i] & 15]);
    }
    line->failed |= text.failed;
    set_text(line, key, wn_buf_text(&text));
    wn_buf_release(&text);
}

/* "7/27-2.14": the path of its directory. */
static void set_generation(struct line *line, const char *key, struct wn_generation gen)
{
    char text[96];

    if (!gen.resource)
        return;
    snprintf(text, sizeof text, "%" PRIu32 "/%" PRId64 "-%" PRIu32 ".%" PRIu32, gen.trial,
             gen.resource, gen.dispatch.incarnation, gen.dispatch.count);
    set_text(line, key, text);
}

static void set_dispatch(struct line *line, const char *key, struct wn_dispatch dispatch)
{
    char text[32];

    snprintf(text, sizeof text, "%" PRIu32 ".%" PRIu32, dispatch.incarnation,
             dispatch.count);
    set_text(line, key, text);
}

static void set_job(struct line *line, const char *text)
{
    struct wn_json *job = NULL;

    if (text && wn_json_parse(text, strlen(text), &job, NULL) == WN_OK)
        set(line, "job", job);
    else
        set_text(line, "job", text);
}

static void set_opened(struct line *line, const struct wn_event *event)
{
    struct line lengths = {.object = wn_json_new_object()};

    set_uint(line, "incarnation", event->opened.incarnation);
    set_uint(line, "n_workers", event->opened.n_workers);
    set_uint(line, "n_slots", event->opened.n_slots);
    set_int(line, "wall_ms", event->opened.wall_ms);
    set_text(line, "host", event->opened.host);
    set_text(line, "version", event->opened.version);
    for (uint32_t i = 0; i < event->opened.n_lengths; i++) {
        char key[16];

        snprintf(key, sizeof key, "%" PRIu32, event->opened.lengths[i].incarnation);
        set_uint(&lengths, key, event->opened.lengths[i].length_bytes);
    }
    line->failed |= lengths.failed;
    set(line, "segments", lengths.object);
}

static void set_planned(struct line *line, const struct wn_event *event)
{
    set_int(line, "milestone", event->planned.milestone);
    if (event->planned.parent != WN_TRIAL_NONE)
        set_uint(line, "parent", event->planned.parent);
    set_uint(line, "pool", event->planned.pool);
    if (event->planned.offers)
        set(line, "offers", wn_json_new_bool(true));
    set_generation(line, "source", event->planned.source);
    set_hex(line, "tag", event->planned.tag.bytes, event->planned.tag.n);
}

static void set_cells(struct line *line,
                      const struct wn_event *event,
                      const struct wn_space *space)
{
    struct wn_json *raw;

    set_text(line, "origin",
             event->configured.origin == WN_ORIGIN_USER ? "user" : "search");
    /* Cells of another space (an old journal and an edited job) are never read as ours. */
    if (space && wn_space_n_params(space) == event->configured.n_cells &&
        wn_config_check(space, event->configured.cells, NULL) == WN_OK) {
        set(line, "config", wn_config_json(space, event->configured.cells, false));
        return;
    }
    raw = wn_json_new_list();
    for (uint32_t i = 0; i < event->configured.n_cells; i++) {
        char text[20];

        snprintf(text, sizeof text, "%016" PRIx64,
                 (uint64_t)event->configured.cells[i].i);
        if (!wn_json_add(raw, wn_json_new_string(text)))
            line->failed = true;
    }
    set(line, "cells", raw);
}

static void set_reported(struct line *line, const struct wn_event *event)
{
    struct line metrics = {.object = wn_json_new_object()};

    set_int(line, "resource", event->reported.resource);
    set_int(line, "elapsed_ms", event->reported.elapsed_ms);
    set_int(line, "cost_ms", event->reported.cost_ms);
    for (uint32_t i = 0; i < event->reported.n_metrics; i++)
        set(&metrics, event->reported.metrics[i].name,
            wn_json_new_number(event->reported.metrics[i].value));
    line->failed |= metrics.failed;
    set(line, "metrics", metrics.object);
    set_generation(line, "checkpoint", event->reported.checkpoint);
    set_text(line, "verdict", wn_verdict_name(event->reported.verdict));
    if (event->reported.is_milestone)
        set(line, "is_milestone", wn_json_new_bool(true));
    if (event->reported.milestone)
        set_int(line, "milestone", event->reported.milestone);
    set_hex(line, "tag", event->reported.tag.bytes, event->reported.tag.n);
}

static void set_failure(struct line *line, enum wn_failure failure, const char *text)
{
    if (failure != WN_FAILURE_NONE)
        set_text(line, "failure", wn_failure_name(failure));
    if (text && *text)
        set_text(line, "text", text);
}

static const char *recall_name(enum wn_recall how)
{
    switch (how) {
    case WN_RECALL_NONE: return "none";
    case WN_RECALL_PAUSE: return "pause";
    case WN_RECALL_STOP: return "stop";
    }
    return "";
}

static const char *reason_name(enum wn_stop_reason reason)
{
    switch (reason) {
    case WN_STOP_NONE: return "none";
    case WN_STOP_DONE: return "done";
    case WN_STOP_DRAIN: return "drain";
    case WN_STOP_CRITERION: return "criterion";
    }
    return "";
}

/* Kinds that tell where a trial runs, or how it came to an end. */
static void set_trial_fields(struct line *line, const struct wn_event *event)
{
    if (event->kind == WN_EVENT_DISPATCHED) {
        set_dispatch(line, "dispatch", event->dispatched.dispatch);
        set_uint(line, "worker", event->dispatched.worker);
        set_uint(line, "slot", event->dispatched.slot);
    } else if (event->kind == WN_EVENT_REPEATED) {
        set_int(line, "resource", event->repeated.resource);
        set_int(line, "cost_ms", event->repeated.cost_ms);
        set_generation(line, "checkpoint", event->repeated.checkpoint);
    } else if (event->kind == WN_EVENT_RETURNED) {
        set_text(line, "why", wn_return_name(event->returned.why));
        set_int(line, "cost_ms", event->returned.cost_ms);
        set_failure(line, event->returned.failure, event->returned.text);
    } else if (event->kind == WN_EVENT_RESUMED) {
        set_int(line, "milestone", event->resumed.milestone);
        if (event->resumed.via != WN_TRIAL_NONE)
            set_uint(line, "via", event->resumed.via);
        set_hex(line, "tag", event->resumed.tag.bytes, event->resumed.tag.n);
    } else if (event->kind == WN_EVENT_ENDED) {
        set_text(line, "how", wn_end_name(event->ended.how));
        set_int(line, "cost_ms", event->ended.cost_ms);
        set_failure(line, event->ended.failure, event->ended.text);
    }
}

static void set_fields(struct line *line,
                       const struct wn_event *event,
                       const struct wn_space *space)
{
    switch (event->kind) {
    case WN_EVENT_JOB:
    case WN_EVENT_AMENDED: set_job(line, event->job.text); break;
    case WN_EVENT_OPENED: set_opened(line, event); break;
    case WN_EVENT_PLANNED: set_planned(line, event); break;
    case WN_EVENT_CONFIGURED:
        set_cells(line, event, space);
        set_hex(line, "tag", event->configured.tag.at, event->configured.tag.n);
        break;
    case WN_EVENT_ENQUEUED: set_cells(line, event, space); break;
    case WN_EVENT_REPORTED: set_reported(line, event); break;
    case WN_EVENT_DISPATCHED:
    case WN_EVENT_REPEATED:
    case WN_EVENT_RETURNED:
    case WN_EVENT_RESUMED:
    case WN_EVENT_ENDED: set_trial_fields(line, event); break;
    case WN_EVENT_RECALLED:
        set_text(line, "how", recall_name(event->recalled.how));
        break;
    case WN_EVENT_EXHAUSTED:
        set(line, "by_limit", wn_json_new_bool(event->exhausted.by_limit));
        break;
    case WN_EVENT_COLLECTED:
    case WN_EVENT_DAMAGED:
        set_generation(line, "generation", event->collected.generation);
        break;
    case WN_EVENT_STOPPING:
        set_text(line, "reason", reason_name(event->stopping.reason));
        if (event->stopping.criterion && *event->stopping.criterion)
            set_text(line, "criterion", event->stopping.criterion);
        break;
    case WN_EVENT_TIMER:
    case WN_EVENT_CLOSED:
    case WN_EVENT_IMPORTED:
    case WN_EVENT_NOTED:
    case WN_EVENT_LEASE:
    case WN_EVENT_N: break;
    }
}

void wn_event_print(const struct wn_event *event,
                    const struct wn_space *space,
                    struct wn_buf *out)
{
    struct line line = {.object = wn_json_new_object()};

    if (!line.object) {
        out->failed = true;
        return;
    }
    set_text(&line, "event", wn_event_name(event->kind));
    set_int(&line, "time_ms", event->time_ms);
    if (event->trial != WN_TRIAL_NONE)
        set_uint(&line, "trial", event->trial);
    set_fields(&line, event, space);
    wn_json_print(line.object, out);
    if (line.failed)
        out->failed = true;
    wn_json_destroy(line.object);
}

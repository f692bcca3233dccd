/* copy.c - an event with everything it points to, in one block.
 *
 * Packing is done twice over the same code: once to measure, once to fill the block, so
 * the two cannot disagree about what an event points to.
 */
#include <string.h>

#include "base/mem.h"
#include "trial/event.h"

enum { ALIGN = 16 };

/* What goes behind the event: only measured while `at` is NULL. */
struct pack {
    char *at;
    size_t n;
};

/* The copy of `n` bytes; NULL while only measuring. */
static void *put(struct pack *pack, const void *bytes, size_t n)
{
    size_t begin = (pack->n + ALIGN - 1) / ALIGN * ALIGN;

    pack->n = begin + n;
    if (!pack->at)
        return NULL;
    if (n)
        memcpy(pack->at + begin, bytes, n);
    return pack->at + begin;
}

static void put_text(struct pack *pack, const char **text)
{
    if (*text)
        *text = put(pack, *text, strlen(*text) + 1);
}

static void put_metrics(struct pack *pack, struct wn_event *event)
{
    const struct wn_metric *from = event->reported.metrics;
    uint32_t n = event->reported.n_metrics;
    struct wn_metric *to = put(pack, from, n * sizeof *from);

    for (uint32_t i = 0; i < n; i++) {
        const char *name = from[i].name;
        put_text(pack, &name);
        if (to)
            to[i].name = name;
    }
    event->reported.metrics = to;
}

/* Every pointer of the event becomes one to its copy. */
static void put_all(struct pack *pack, struct wn_event *event)
{
    switch (event->kind) {
    case WN_EVENT_JOB:
    case WN_EVENT_AMENDED: put_text(pack, &event->job.text); return;
    case WN_EVENT_OPENED:
        put_text(pack, &event->opened.host);
        put_text(pack, &event->opened.version);
        event->opened.lengths =
            put(pack, event->opened.lengths,
                event->opened.n_lengths * sizeof *event->opened.lengths);
        return;
    case WN_EVENT_CONFIGURED:
    case WN_EVENT_ENQUEUED:
        event->configured.cells =
            put(pack, event->configured.cells,
                event->configured.n_cells * sizeof *event->configured.cells);
        event->configured.tag.at =
            put(pack, event->configured.tag.at, event->configured.tag.n);
        return;
    case WN_EVENT_REPORTED: put_metrics(pack, event); return;
    case WN_EVENT_RETURNED: put_text(pack, &event->returned.text); return;
    case WN_EVENT_ENDED: put_text(pack, &event->ended.text); return;
    case WN_EVENT_STOPPING: put_text(pack, &event->stopping.criterion); return;
    case WN_EVENT_PLANNED:
    case WN_EVENT_DISPATCHED:
    case WN_EVENT_REPEATED:
    case WN_EVENT_RESUMED:
    case WN_EVENT_RECALLED:
    case WN_EVENT_EXHAUSTED:
    case WN_EVENT_IMPORTED:
    case WN_EVENT_NOTED:
    case WN_EVENT_LEASE:
    case WN_EVENT_COLLECTED:
    case WN_EVENT_DAMAGED:
    case WN_EVENT_TIMER:
    case WN_EVENT_CLOSED:
    case WN_EVENT_N: return; /* they point to nothing */
    }
}

struct wn_event *wn_event_copy(const struct wn_event *event)
{
    struct wn_event probe = *event, *copy;
    struct pack pack = {.n = sizeof *copy};

    put_all(&pack, &probe);
    copy = wn_alloc(pack.n);
    if (!copy)
        return NULL;
    *copy = *event;
    pack = (struct pack){.at = (char *)copy, .n = sizeof *copy};
    put_all(&pack, copy);
    return copy;
}

/* trial/event.h - everything that can happen in a study.
 *
 * A study is a function of its events: create() and then apply() of every journaled
 * event gives the same study, whoever does it and wherever. Logical events reach
 * history, scheduler and searcher; placement events reach the study alone. What a
 * decision must remember rides on its event as a tag.
 *
 * An event borrows what it points to (metrics, cells, tag bytes, strings) from whoever
 * made it; apply() copies what it keeps. journal/FORMAT.md gives the bytes.
 */
#ifndef WN_TRIAL_EVENT_H
#define WN_TRIAL_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "space/space.h"

#define WN_TRIAL_NONE UINT32_MAX /* no trial */

/* Journaled: append, never renumber. */
enum wn_event_kind {
    WN_EVENT_JOB = 0, /* the first event of every study */
    WN_EVENT_OPENED = 1,
    WN_EVENT_PLANNED = 2,
    WN_EVENT_CONFIGURED = 3,
    WN_EVENT_DISPATCHED = 4,
    WN_EVENT_REPORTED = 5,
    WN_EVENT_REPEATED = 6,
    WN_EVENT_RETURNED = 7,
    WN_EVENT_RESUMED = 8,
    WN_EVENT_RECALLED = 9,
    WN_EVENT_ENDED = 10,
    WN_EVENT_EXHAUSTED = 11,
    WN_EVENT_ENQUEUED = 12,
    WN_EVENT_IMPORTED = 13, /* number kept for warm starts */
    WN_EVENT_AMENDED = 14,
    WN_EVENT_NOTED = 15, /* number kept for models */
    WN_EVENT_LEASE = 16, /* number kept */
    WN_EVENT_COLLECTED = 17,
    WN_EVENT_DAMAGED = 18,
    WN_EVENT_TIMER = 19,
    WN_EVENT_STOPPING = 20,
    WN_EVENT_CLOSED = 21,
    WN_EVENT_N = 22
};

/* All that are not logical, for a switch of those that see the logical ones only: `case
 * WN_EVENT_NOT_LOGICAL: break;`. */
#define WN_EVENT_NOT_LOGICAL  \
    WN_EVENT_JOB:             \
    case WN_EVENT_OPENED:     \
    case WN_EVENT_DISPATCHED: \
    case WN_EVENT_REPEATED:   \
    case WN_EVENT_RETURNED:   \
    case WN_EVENT_LEASE:      \
    case WN_EVENT_COLLECTED:  \
    case WN_EVENT_DAMAGED:    \
    case WN_EVENT_TIMER:      \
    case WN_EVENT_STOPPING:   \
    case WN_EVENT_CLOSED:     \
    case WN_EVENT_N

/* (incarnation, count): who may speak for a trial (rule 8). {0, 0} is none. */
struct wn_dispatch {
    uint32_t incarnation, count;
};

/* One committed checkpoint: checkpoints/TRIAL/RESOURCE-INCARNATION.COUNT/. resource 0: none. */
struct wn_generation {
    int64_t resource;
    uint32_t trial;
    struct wn_dispatch dispatch;
};

#define WN_TAG_MAX 32
struct wn_tag {
    uint8_t n;
    uint8_t bytes[WN_TAG_MAX];
};

struct wn_blob {
    const void *at;
    size_t n;
};

#define WN_METRICS_MAX 4096 /* of one report; more is a bad report */
struct wn_metric {
    const char *name;
    double value; /* never NaN in an event */
};

enum wn_verdict_kind {
    WN_VERDICT_CONTINUE = 0,
    WN_VERDICT_PAUSE = 1,
    WN_VERDICT_STOP = 2
};
enum wn_recall { WN_RECALL_NONE = 0, WN_RECALL_PAUSE = 1, WN_RECALL_STOP = 2 };
enum wn_origin { WN_ORIGIN_SEARCH = 1, WN_ORIGIN_USER = 2 };
enum wn_end {
    WN_END_COMPLETED = 1,
    WN_END_STOPPED = 2,
    WN_END_FAILED = 3,
    WN_END_WITHDRAWN = 4
};
enum wn_return {
    WN_RETURN_LOST = 1,
    WN_RETURN_DRAINED = 2,
    WN_RETURN_FAILED = 3,
    WN_RETURN_DAMAGED = 4 /* what it began from */
};

/* Why a trial failed. */
enum wn_failure {
    WN_FAILURE_NONE = 0,
    WN_FAILURE_START = 1,      /* the program could not be started */
    WN_FAILURE_EXIT = 2,       /* it exited with a code other than 0 */
    WN_FAILURE_SIGNAL = 3,     /* a signal ended it */
    WN_FAILURE_TIMEOUT = 4,    /* trial.timeout */
    WN_FAILURE_SILENT = 5,     /* trial.report_timeout */
    WN_FAILURE_NO_REPORT = 6,  /* it exited with 0 and never reported */
    WN_FAILURE_BAD_REPORT = 7, /* no such metric, bad resource, garbage, flood */
    WN_FAILURE_NAN = 8,        /* the metric was not a number */
    WN_FAILURE_LOST = 9,       /* its workers were lost max_losses times in a row */
    WN_FAILURE_NO_SLOT = 10,   /* no slot of the study could ever hold it */
    WN_FAILURE_N = 11
};

/* Why a study stops: never a failure code of a function. */
enum wn_stop_reason {
    WN_STOP_NONE = 0,
    WN_STOP_DONE = 1,      /* scheduler and searcher have nothing left */
    WN_STOP_DRAIN = 2,     /* asked to: signal, `winnow stop`; the next opening goes on */
    WN_STOP_CRITERION = 3, /* stop.<name>: the event carries the criterion's name */
};

struct wn_segment_length {
    uint32_t incarnation;
    uint64_t length_bytes;
};

struct wn_event {
    enum wn_event_kind kind;
    int64_t time_ms; /* study time: how long the study has been open, over all openings */
    uint32_t trial;  /* WN_TRIAL_NONE where the kind has none */
    union {
        struct { /* the job as run, canonical JSON text; AMENDED carries the new one */
            const char *text;
        } job;
        struct {
            uint32_t incarnation, n_workers, n_slots, n_lengths;
            int64_t wall_ms; /* since 1970; 0: in virtual time, which has no date */
            const char *host, *version;
            const struct wn_segment_length *lengths; /* of the earlier segments */
        } opened;
        struct {
            int64_t milestone;
            uint32_t parent; /* lineage; with `source` the trial is forked from it */
            uint32_t pool; /* which population or fidelity the searcher should look at */
            bool offers;   /* the searcher may resume a paused trial instead */
            struct wn_generation source;
            struct wn_tag tag; /* the scheduler's */
        } planned;
        struct {
            enum wn_origin origin;
            uint32_t n_cells;
            const union wn_cell *cells;
            struct wn_blob tag; /* the searcher's */
        } configured;           /* ENQUEUED uses origin, cells */
        struct {
            struct wn_dispatch dispatch;
            uint32_t worker, slot;
        } dispatched;
        struct {
            int64_t resource;
            int64_t elapsed_ms; /* since this dispatch began */
            int64_t cost_ms;    /* core-milliseconds since the last report or the start */
            uint32_t n_metrics;
            const struct wn_metric *metrics;
            struct wn_generation checkpoint;
            bool is_milestone; /* the scheduler was asked */
            enum wn_verdict_kind verdict;
            int64_t milestone; /* the next one, when a milestone's verdict is continue */
            struct wn_tag tag;
        } reported;
        struct {
            int64_t resource, cost_ms;
            struct wn_generation checkpoint;
        } repeated;
        struct {
            enum wn_return why;
            enum wn_failure failure;
            int64_t cost_ms;
            const char *text; /* what failed, for people; "" otherwise */
        } returned;
        struct {
            int64_t milestone;
            uint32_t via; /* the planned trial it replaces, or WN_TRIAL_NONE */
            struct wn_tag tag;
        } resumed;
        struct {
            enum wn_recall how;
        } recalled;
        struct {
            enum wn_end how;
            enum wn_failure failure;
            int64_t cost_ms;
            const char *text;
        } ended;
        struct {
            bool by_limit; /* stop.trials_started, not the searcher */
        } exhausted;
        struct {
            struct wn_generation generation;
        } collected; /* and DAMAGED */
        struct {
            enum wn_stop_reason reason;
            const char *criterion; /* "time"; "" unless CRITERION */
        } stopping;
    };
};

/* "planned" ...; "" for an unknown kind. Static. */
const char *wn_event_name(enum wn_event_kind kind);
/* Whether history, scheduler and searcher see it. */
bool wn_event_is_logical(enum wn_event_kind kind);
/* The event with all it points to, in one block (wn_free); NULL without memory. For who
 * keeps an event beyond apply(). */
struct wn_event *wn_event_copy(const struct wn_event *event);
const char *wn_failure_name(enum wn_failure failure); /* "exit", "signal" ... */
const char *wn_end_name(enum wn_end how);             /* "completed" ... */
const char *wn_verdict_name(enum wn_verdict_kind kind);
const char *wn_return_name(enum wn_return why);
/* What apply() answers to an event that its trial cannot have: WN_ECORRUPT. */
enum wn_status wn_event_contradicts(const struct wn_event *event, struct wn_error *err);

static inline bool wn_dispatch_equal(struct wn_dispatch a, struct wn_dispatch b)
{
    return a.incarnation == b.incarnation && a.count == b.count;
}

static inline bool wn_generation_equal(struct wn_generation a, struct wn_generation b)
{
    return a.trial == b.trial && a.resource == b.resource &&
           wn_dispatch_equal(a.dispatch, b.dispatch);
}

/* --- what schedulers say; turned into events by the study --- */

enum wn_act {
    WN_ACT_WAIT = 0,
    WN_ACT_START = 1,
    WN_ACT_RESUME = 2,
    WN_ACT_RECALL = 3,
    WN_ACT_DONE = 4,
    WN_ACT_END = 5 /* a paused trial that nothing will resume: it becomes stopped */
};

struct wn_decision {
    enum wn_act act;
    uint32_t trial;    /* RESUME, RECALL, END */
    int64_t milestone; /* START, RESUME: above the trial's recorded resource */
    uint32_t parent;   /* START: WN_TRIAL_NONE or lineage; beware: 0 is a trial */
    uint32_t pool;     /* START */
    bool offers;       /* START */
    struct wn_generation source; /* START: fork from it; resource 0: none */
    enum wn_recall recall;       /* RECALL */
    struct wn_tag tag;           /* START, RESUME */
};

struct wn_verdict {
    enum wn_verdict_kind kind;
    int64_t milestone; /* CONTINUE: above the report's resource */
    struct wn_tag tag;
};

#endif /* WN_TRIAL_EVENT_H */

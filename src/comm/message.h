/* comm/message.h - what coordinator and workers say to each other. FORMAT.md: the bytes.
 *
 * Every message about a trial carries its dispatch number; one under another number than
 * the trial's current one changes nothing and is answered `abandon` (rule 8).
 */
#ifndef WN_COMM_MESSAGE_H
#define WN_COMM_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "trial/event.h"

/* Sent: append, never renumber. */
enum wn_message_kind {
    /* worker to coordinator */
    WN_MSG_HELLO = 1, /* first message of a worker */
    WN_MSG_REPORT = 2,
    WN_MSG_ENDED = 3, /* the program ended by itself or failed; `free` follows */
    WN_MSG_FREE = 4,  /* the slot is empty: no process of that dispatch is left */
    WN_MSG_LOG = 5,
    WN_MSG_DAMAGED = 6, /* the checkpoint to go on from does not verify; `free` follows */
    /* coordinator to worker */
    WN_MSG_RUN = 16,
    WN_MSG_ANSWER = 17,  /* to a report that waits */
    WN_MSG_RECALL = 18,  /* pause, stop or drain at the next new report */
    WN_MSG_ABANDON = 19, /* kill it; nobody wants its results */
    WN_MSG_QUIT = 20,    /* kill what runs and end */
};

/* How a recall reaches the worker: it makes the next report wait for an answer. */
struct wn_message {
    enum wn_message_kind kind;
    uint32_t trial, slot;
    struct wn_dispatch dispatch;
    union {
        struct {
            uint32_t n_slots, cores_per_slot;
            int64_t pid;
            const char *host, *version, *cpus; /* cpus: for the log */
        } hello;
        struct {
            int64_t resource, elapsed_ms,
                cost_ms; /* as in the event; cost since the last message */
            uint32_t n_metrics;
            const struct wn_metric *metrics; /* NaN allowed here */
            bool has_checkpoint; /* committed as (trial, resource, dispatch) */
            bool waits;          /* the program waits for an answer */
        } report;
        struct {
            enum wn_failure failure; /* NONE: it exited with 0 after a report */
            int64_t cost_ms;
            const char *text; /* for people, with the last lines of its output */
        } ended;
        struct {
            enum wn_log_level level;
            const char *part, *line;
        } log;
        struct {
            struct wn_generation generation;
        } damaged;
        struct {
            int64_t milestone,
                recorded; /* recorded: highest resource already in history */
            struct wn_generation source; /* go on from here; resource 0: from the start */
            bool waits_next; /* a recall or drain is pending: the next new report waits */
            uint32_t n_cells;
            const union wn_cell *cells;
        } run;
        struct {
            int64_t resource; /* of the report answered */
            enum wn_verdict_kind verdict;
            int64_t milestone; /* the next, when the verdict is continue */
            bool waits_next;
        } answer;
    };
};

/* Appends to `out`; out of memory shows in out->failed. */
void wn_message_encode(const struct wn_message *message, struct wn_buf *out);
/* Pointers come from `arena`, nothing borrows `bytes`; *out is set only on success.
 * WN_ECORRUPT for malformed bytes, WN_EVERSION for those of another wire version. */
enum wn_status wn_message_decode(const void *bytes,
                                 size_t n,
                                 struct wn_arena *arena,
                                 struct wn_message *out,
                                 struct wn_error *err) WN_MUST_CHECK;

#endif /* WN_COMM_MESSAGE_H */

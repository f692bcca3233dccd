/* journal/journal.h - the append-only log of events; the truth.
 *
 * A study's journal is a folder of segments N.wnj, one per opening (incarnation N). A
 * segment is a header and framed, checksummed events; FORMAT.md gives the bytes and the
 * rule for "valid". One process writes: the one that created the highest segment,
 * exclusively. Opening creates the next segment first and reads the earlier ones after
 * that, syncs them, and hands their valid lengths to the caller, who puts them into
 * its first event, `opened`: what an older writer appends later lies beyond the named
 * length and is never read. Incarnations are never reused: a clean close folds all
 * segments into one with the next number.
 *
 * An append is one write(); nothing here waits for a disk but sync, open and fold.
 * append() belongs to one thread; sync() and is_fenced() may be called from another.
 */
#ifndef WN_JOURNAL_JOURNAL_H
#define WN_JOURNAL_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "trial/event.h"

#define WN_JOURNAL_VERSION 1

/* --- events <-> bytes --- */

/* Append the payload of one frame. */
void wn_event_encode(const struct wn_event *event, struct wn_buf *out);
/* Everything the event points to comes from `arena` or borrows `bytes`. WN_ECORRUPT for
 * anything that encode() could not have written. */
enum wn_status wn_event_decode(const void *bytes,
                               size_t n,
                               struct wn_arena *arena,
                               struct wn_event *out,
                               struct wn_error *err) WN_MUST_CHECK;
/* One JSON object, for `winnow journal`; names parameters by `space` (NULL: raw cells). */
void wn_event_print(const struct wn_event *event,
                    const struct wn_space *space,
                    struct wn_buf *out);

/* --- reading --- */

typedef enum wn_status wn_event_fn(void *arg,
                                   const struct wn_event *event,
                                   struct wn_error *err);

struct wn_journal_summary {
    uint32_t incarnation; /* highest segment; 0: there is no journal */
    uint64_t n_events;
    uint64_t torn_bytes; /* not read at the end of the last segment */
    bool is_closed;      /* the last event is `closed` */
};

/* Hand every valid event to visit(), in order, without writing anything: for status and
 * other readers beside a living coordinator. A visit() that fails ends the reading with
 * its error. WN_EVERSION for another format version, WN_ECORRUPT (path, offset) when a
 * bad frame is followed by a good one or a segment named by a later one is too short. */
enum wn_status wn_journal_read(const char *dir,
                               wn_event_fn *visit,
                               void *arg,
                               struct wn_journal_summary *out,
                               struct wn_error *err) WN_MUST_CHECK;

/* --- writing --- */

struct wn_journal;

struct wn_journal_config {
    const char *dir;   /* made when missing */
    const char *study; /* name, written into headers for people */
    bool skips_sync;   /* tests in virtual time: sync() only notes the length */
};

struct wn_journal_opening {
    uint32_t incarnation;
    struct wn_segment_length
        *lengths; /* of the earlier segments; caller frees (wn_free) */
    uint32_t n_lengths;
    uint64_t n_events, torn_bytes;
    bool is_closed;
};

/* Create the next segment, then read and sync the earlier ones, handing their events to
 * visit(). WN_EBUSY if another process created that segment at the same moment;
 * WN_EVERSION leaves everything untouched. */
enum wn_status wn_journal_open(const struct wn_journal_config *cfg,
                               wn_event_fn *visit,
                               void *arg,
                               struct wn_journal **out,
                               struct wn_journal_opening *opening,
                               struct wn_error *err) WN_MUST_CHECK;
void wn_journal_close(
    struct wn_journal *journal); /* closes files, syncs nothing; NULL is allowed */
enum wn_status wn_journal_append(struct wn_journal *journal,
                                 const struct wn_event *event,
                                 struct wn_error *err) WN_MUST_CHECK;
/* Make everything appended so far durable. Thread-safe beside append(). */
enum wn_status wn_journal_sync(struct wn_journal *journal,
                               struct wn_error *err) WN_MUST_CHECK;
uint64_t wn_journal_written(const struct wn_journal *journal); /* bytes of this segment */
uint64_t wn_journal_synced(const struct wn_journal *journal);
uint32_t wn_journal_incarnation(const struct wn_journal *journal);
/* Is there a later segment than ours? Then another coordinator has taken over. */
bool wn_journal_is_fenced(const struct wn_journal *journal);
/* After `closed` was appended and synced: copy all valid frames into one segment with the
 * next number, then remove the older ones. Interrupted anywhere it leaves a whole journal.
 * WN_EFENCED: another coordinator has taken over, whether or not it is still there. */
enum wn_status wn_journal_fold(struct wn_journal *journal,
                               struct wn_error *err) WN_MUST_CHECK;

#endif /* WN_JOURNAL_JOURNAL_H */

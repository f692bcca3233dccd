/* coordinator/coordinator.h - rank 0: the driver of a study.
 *
 * It owns the study and is its only writer. Messages become events, the study says which
 * events follow, every event is journaled, applied, and then carried out: trials are
 * dispatched to idle slots, programs answered, checkpoints deleted. It decides nothing
 * itself. It never blocks: step() handles what is there and says until when it may sleep.
 *
 * The same code runs over every transport. Without a study directory (simulations that
 * keep nothing) there is no journal and no results.
 */
#ifndef WN_COORDINATOR_COORDINATOR_H
#define WN_COORDINATOR_COORDINATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/problems.h"
#include "checkpoint/store.h"
#include "comm/comm.h"
#include "job/job.h"
#include "study/study.h"

struct wn_coord;

/* Where a coordinator can die, for tests of crashes; see struct wn_coord_config. */
enum wn_step {
    WN_STEP_BEFORE_APPEND = 1,
    WN_STEP_AFTER_APPEND = 2,
    WN_STEP_AFTER_APPLY = 3,
    WN_STEP_BEFORE_DELETE = 4
};

struct wn_coord_config {
    const struct wn_job *job; /* what was asked for now; borrowed for open() only */
    const char *study_dir;    /* absolute; NULL: nothing is kept */
    struct wn_comm *comm;     /* borrowed */
    struct wn_store *store;   /* borrowed */
    uint32_t n_slots;  /* of all workers, for whoever reads the journal; 0: not known */
    bool takes_over;   /* --takeover: open although a coordinator seems to live */
    bool is_simulated; /* files: no thread, no heartbeat, no results, no real syncs */
    bool has_thread;   /* a slow searcher gets one of its own (rule 14) */
    /* A true return makes every call fail with WN_EFENCED from then on, as a kill would;
     * may be NULL. */
    bool (*dies)(void *arg, enum wn_step step);
    void *dies_arg;
};

enum wn_opening { WN_OPENING_NEW = 1, WN_OPENING_RESUMED = 2, WN_OPENING_FINISHED = 3 };

/* Open or create the study. FINISHED: it is complete and *out is not set. WN_EBUSY: a
 * coordinator lives. WN_EINVAL with `problems`: the job differs in more than what may
 * change. `problems` must be an empty list. */
enum wn_status wn_coord_open(const struct wn_coord_config *cfg,
                             enum wn_opening *opening,
                             struct wn_problems *problems,
                             struct wn_coord **out,
                             struct wn_error *err) WN_MUST_CHECK;
/* Free; no event is written, but work on files that is queued is done, and a searcher that
 * thinks on its own thread is waited for. NULL is allowed. */
void wn_coord_destroy(struct wn_coord *coord);

/* Handle what has arrived and everything that follows from it. WN_EFENCED: another
 * coordinator took over; WN_EIO: the journal cannot be written. Either way the study on
 * disk is whole and this coordinator is at its end. */
enum wn_status wn_coord_step(struct wn_coord *coord, struct wn_error *err) WN_MUST_CHECK;
/* Time of the transport's clock at which to step again at the latest. */
int64_t wn_coord_deadline_us(const struct wn_coord *coord);
/* Study time at the last step; the study itself knows that of its last event only. */
int64_t wn_coord_study_ms(const struct wn_coord *coord);
/* Descriptors on which to wait too, for reading: the reply of a slow searcher. At most
 * `room`; returns how many. */
size_t wn_coord_fds(const struct wn_coord *coord, struct pollfd *out, size_t room);
/* The study is closed, all slots are free, the workers were told to quit. */
bool wn_coord_is_done(const struct wn_coord *coord);

/* Stop soon: running trials pause at their next report and the study closes; is_urgent:
 * kill what runs. May be called again, to be more urgent. */
enum wn_status wn_coord_drain(struct wn_coord *coord,
                              bool is_urgent,
                              struct wn_error *err) WN_MUST_CHECK;
/* Treat a worker's busy slots as lost (rule 9); what it still says is answered abandon. */
enum wn_status wn_coord_lose(struct wn_coord *coord,
                             size_t worker,
                             struct wn_error *err) WN_MUST_CHECK;

const struct wn_study *wn_coord_study(const struct wn_coord *coord);
size_t wn_coord_n_slots(const struct wn_coord *coord); /* known so far */
size_t wn_coord_n_idle(const struct wn_coord *coord);
bool wn_coord_had_loss(const struct wn_coord *coord);
uint64_t wn_coord_n_events(const struct wn_coord *coord); /* appended in this opening */
/* Slot time of this opening, in microseconds: what the slots did so far. */
struct wn_usage {
    int64_t busy_us;            /* from a dispatch until the slot was free again */
    int64_t resting_us;         /* a slot that refused its trial (slots.c) */
    int64_t idle_us[WN_IDLE_N]; /* by what they waited for */
};
struct wn_usage wn_coord_usage(const struct wn_coord *coord);
/* For tests of power loss: bytes of the current segment, all and synced. */
void wn_coord_lengths(const struct wn_coord *coord, uint64_t *written, uint64_t *synced);

#endif /* WN_COORDINATOR_COORDINATOR_H */

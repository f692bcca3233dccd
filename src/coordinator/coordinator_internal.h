/* coordinator_internal.h - the state behind coordinator.h; seen only in this folder. */
#ifndef WN_COORDINATOR_INTERNAL_H
#define WN_COORDINATOR_INTERNAL_H

#include "base/file.h"
#include "base/mem.h"
#include "comm/message.h"
#include "coordinator/coordinator.h"
#include "coordinator/keeper.h"
#include "job/rebuild.h"
#include "journal/journal.h"

enum slot_state { SLOT_IDLE = 1, SLOT_BUSY = 2, SLOT_LOST = 3, SLOT_RESTING = 4 };

struct slot {
    enum slot_state state;
    uint32_t trial;              /* the last one given to it, */
    struct wn_dispatch dispatch; /* and its number */
    uint32_t n_refusals;         /* in a row: it was freed, and its trial had not ended */
    int64_t rests_until_us;      /* while RESTING */
};

struct peer {
    struct slot *slots;
    uint32_t n_slots;
    bool is_broken;
    char *host; /* as its hello said; for messages to people */
};

struct place {
    uint32_t worker, slot;
};

struct wn_coord {
    struct wn_coord_config cfg;
    char study_dir[WN_PATH_MAX];
    struct wn_rebuild rebuild; /* job and study */
    struct wn_journal *journal;
    struct wn_keeper *keeper;

    struct peer *peers;
    size_t n_peers, n_slots, n_busy, n_broken;
    /* Idle slots, first freed first used: a ring of n_idle places from first_idle on. */
    struct place *idle;
    size_t idle_room, first_idle, n_idle;
    size_t n_resting;
    int64_t rest_us; /* the first of them wakes; any time when there is none */

    struct wn_buf in, out;
    struct wn_arena arena;  /* of one message */
    int64_t base_ms, t0_us; /* study time and transport time when it was opened */
    int64_t now_us;
    int64_t sync_us, beat_us, look_us, results_us, timer_us, quit_us; /* next times */
    struct wn_usage usage;                                            /* up to now_us */
    int64_t copy_us;            /* how long the last copy for results.h5 took */
    uint64_t n_events, n_dirty; /* appended; appended since the last results */
    bool is_dead;               /* a test's crash */
    bool is_urgent;             /* kill what runs when stopping */
    bool has_more;              /* the last step left messages to the next one */
    bool has_quit;              /* workers were told to end */
    bool had_loss;
};

static inline struct wn_study *study_of(struct wn_coord *coord)
{
    return coord->rebuild.study;
}

/* coordinator.c */
/* Stamp, journal and apply one event. */
enum wn_status wn_coord_commit(struct wn_coord *coord,
                               struct wn_event *event,
                               struct wn_error *err) WN_MUST_CHECK;
/* WN_EFENCED if there is a later segment than ours. */
enum wn_status wn_coord_look_for_later(const struct wn_coord *coord,
                                       struct wn_error *err) WN_MUST_CHECK;
/* Everything that follows from the state, carried out. */
enum wn_status wn_coord_pump(struct wn_coord *coord, struct wn_error *err) WN_MUST_CHECK;
enum wn_status wn_coord_tell(struct wn_coord *coord,
                             size_t worker,
                             const struct wn_message *message,
                             struct wn_error *err) WN_MUST_CHECK;

/* slots.c */
enum wn_status wn_slots_add(struct wn_coord *coord,
                            size_t worker,
                            uint32_t n_slots,
                            struct wn_error *err) WN_MUST_CHECK;
bool wn_slots_take(struct wn_coord *coord, struct place *out); /* the next idle one */
struct slot *wn_slots_at(struct wn_coord *coord,
                         size_t worker,
                         uint32_t slot); /* NULL: none */
void wn_slots_occupy(struct wn_coord *coord,
                     struct place place,
                     uint32_t trial,
                     struct wn_dispatch dispatch);
/* The slot is empty again, if that dispatch was its last. One that has refused its trial
 * (a node without memory or processes) rests for a second, and twice as long each time:
 * else it would take every trial in turn and spoil them all. */
enum wn_status wn_slots_free(struct wn_coord *coord,
                             size_t worker,
                             uint32_t slot,
                             struct wn_dispatch dispatch,
                             bool has_refused,
                             struct wn_error *err) WN_MUST_CHECK;
void wn_slots_wake(struct wn_coord *coord); /* those whose rest is over */
void wn_slots_forget_idle(struct wn_coord *coord, size_t worker); /* of a broken worker */
void wn_slots_return(struct wn_coord *coord, size_t worker);      /* it is back */

/* messages.c */
/* Take what has arrived; sets has_more when that was too much for one step. */
enum wn_status wn_coord_receive(struct wn_coord *coord,
                                struct wn_error *err) WN_MUST_CHECK;

/* usage.c */
/* The time from now_us to `now_us` passes over the slots as they are. */
void wn_usage_pass(struct wn_coord *coord, int64_t now_us);
void wn_usage_log(const struct wn_coord *coord);

/* requests.c */
enum wn_status wn_coord_look_for_requests(struct wn_coord *coord,
                                          struct wn_error *err) WN_MUST_CHECK;

#endif /* WN_COORDINATOR_INTERNAL_H */

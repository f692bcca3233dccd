/* coordinator/keeper.h - the slow work on files, so that no answer waits for a disk.
 *
 * One thread (or, in virtual time, the caller) syncs the journal, refreshes the heartbeat
 * and writes results. Irreversible acts go through it in one order: sync the event that
 * names them, look for a later segment than ours, act; if there is one, another
 * coordinator has taken over and nothing further is done (any other order fails in some
 * interleaving: see the fencing model's result in src/README.md).
 */
#ifndef WN_COORDINATOR_KEEPER_H
#define WN_COORDINATOR_KEEPER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "checkpoint/store.h"
#include "journal/journal.h"
#include "results/results.h"

struct wn_keeper;

struct wn_keeper_config {
    struct wn_journal *journal; /* borrowed */
    struct wn_store *store;     /* borrowed */
    const char *study_dir;      /* copied; NULL: no heartbeat, no results */
    bool is_inline;             /* no thread: every call does its work at once */
    /* Asked before each irreversible act; true: die here (tests of crashes), may be NULL. */
    bool (*dies)(void *arg);
    void *dies_arg;
};

enum wn_status wn_keeper_create(const struct wn_keeper_config *cfg,
                                struct wn_keeper **out,
                                struct wn_error *err) WN_MUST_CHECK;
/* Finish what is queued, end the thread, free. NULL is allowed. */
void wn_keeper_destroy(struct wn_keeper *keeper);

/* Queue: once a second, and what an event named. WN_ENOMEM only. */
enum wn_status wn_keeper_sync(struct wn_keeper *keeper,
                              struct wn_error *err) WN_MUST_CHECK;
enum wn_status wn_keeper_delete(struct wn_keeper *keeper,
                                struct wn_generation gen,
                                struct wn_error *err) WN_MUST_CHECK;
enum wn_status wn_keeper_unlink(struct wn_keeper *keeper,
                                const char *path,
                                struct wn_error *err) WN_MUST_CHECK;
enum wn_status wn_keeper_heartbeat(struct wn_keeper *keeper,
                                   struct wn_error *err) WN_MUST_CHECK;
/* Takes `results`; a snapshot still waiting is replaced by this newer one. */
enum wn_status wn_keeper_results(struct wn_keeper *keeper,
                                 struct wn_results *results,
                                 struct wn_error *err) WN_MUST_CHECK;
/* Wait until everything queued is done. */
void wn_keeper_flush(struct wn_keeper *keeper);

/* What went wrong on the thread: WN_EFENCED, WN_EIO (the journal could not be synced) ... */
enum wn_status wn_keeper_check(struct wn_keeper *keeper,
                               struct wn_error *err) WN_MUST_CHECK;
int64_t wn_keeper_results_ms(
    struct wn_keeper *keeper); /* how long the last results took */

#endif /* WN_COORDINATOR_KEEPER_H */

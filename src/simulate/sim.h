/* simulate/sim.h - a study in virtual time: one opening of it, with all its workers.
 *
 * The unchanged coordinator, study and workers on a clock that jumps from event to event.
 * A simulation owns its virtual world; several may be alive at once over one study
 * directory and one store, as after a crash or a takeover: their clocks are put side by
 * side by the caller (`start_us`). Needs a runner that works in virtual time.
 */
#ifndef WN_SIMULATE_SIM_H
#define WN_SIMULATE_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/problems.h"
#include "checkpoint/store.h"
#include "coordinator/coordinator.h"
#include "job/job.h"

struct wn_sim;

struct wn_sim_config {
    const struct wn_job *job;  /* borrowed, loaded; outlives the simulation */
    const char *study_dir;     /* NULL: nothing is kept */
    struct wn_store *store;    /* borrowed; in memory, as a rule */
    size_t n_workers, n_slots; /* slots of each worker */
    int64_t delay_us;          /* of a message */
    int64_t start_us;          /* added to this world's clock in wn_sim_next_us() */
    bool
        has_thread; /* a slow searcher thinks aside, while no virtual time passes: whoever
                      * sets it says when (wn_sim_wake). Else it thinks in no time at all. */
    bool charges_steps; /* the coordinator's steps take as long as they took here: no two
                         * runs are the same then */
    int64_t message_us; /* or as long as this for each message it received; 0: no time */
    struct wn_run_counts *counts;               /* of its trials; may be NULL */
    bool (*dies)(void *arg, enum wn_step step); /* as in coordinator.h */
    void *dies_arg;
    /* NULL, or called before a coordinator goes, which waits for its searcher's thought: who
     * holds that one lets it end here, and nowhere else, so that it never ends by itself. */
    void (*ends)(void *arg);
    void *ends_arg;
};

enum wn_status wn_sim_open(const struct wn_sim_config *cfg,
                           enum wn_opening *opening,
                           struct wn_problems *problems,
                           struct wn_sim **out,
                           struct wn_error *err) WN_MUST_CHECK;
void wn_sim_destroy(struct wn_sim *sim);

/* When the next thing happens here, on the caller's clock; INT64_MAX: never. */
int64_t wn_sim_next_us(const struct wn_sim *sim);
/* Let it happen. An error of the coordinator is returned once; it is dead from then on,
 * and its workers go on without it until the simulation is destroyed. */
enum wn_status wn_sim_step(struct wn_sim *sim, struct wn_error *err) WN_MUST_CHECK;
/* Step until the study is closed or nothing is left to happen. */
enum wn_status wn_sim_run(struct wn_sim *sim, struct wn_error *err) WN_MUST_CHECK;

struct wn_coord *wn_sim_coord(struct wn_sim *sim); /* NULL once it is dead */
/* Bits of enum wn_made_up: whether what a trial of its study reported was made up. */
unsigned wn_sim_made_up(const struct wn_sim *sim, uint32_t trial);
bool wn_sim_is_done(const struct wn_sim *sim);
/* The coordinator dies now: no further event, message or deletion. */
void wn_sim_kill(struct wn_sim *sim);
/* While asleep it does nothing; what arrives waits for it. */
void wn_sim_sleep(struct wn_sim *sim, bool is_asleep);
/* The coordinator looks again now: something came that is no message. */
void wn_sim_wake(struct wn_sim *sim);

/* Call back at a time of the caller's clock: trouble is scheduled so. */
enum wn_status wn_sim_at(struct wn_sim *sim,
                         int64_t at_us,
                         void (*fn)(void *arg),
                         void *arg,
                         struct wn_error *err) WN_MUST_CHECK;
/* How long the coordinator was at work, where its steps are charged. */
int64_t wn_sim_busy_us(const struct wn_sim *sim);
int64_t wn_sim_now_us(const struct wn_sim *sim); /* on the caller's clock */
/* A worker is lost now, with all that runs there; and another comes in its place. */
void wn_sim_lose(struct wn_sim *sim, size_t worker);
enum wn_status wn_sim_return(struct wn_sim *sim,
                             size_t worker,
                             struct wn_error *err) WN_MUST_CHECK;

#endif /* WN_SIMULATE_SIM_H */

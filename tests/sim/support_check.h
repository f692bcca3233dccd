/* support_check.h - what must hold of every simulated study, whatever happened to it.
 *
 * The function `storm` leaves the mark of every unit in its loss, so the checks can
 * compare a study with one that nothing ever disturbed. Each failure names the case and
 * its seed.
 */
#ifndef TESTS_SIM_SUPPORT_CHECK_H
#define TESTS_SIM_SUPPORT_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "checkpoint/store.h"
#include "job/rebuild.h"

#define SPOILT_MOST 64

struct study_check {
    const char *name; /* of the case */
    uint64_t seed;
    const int64_t *now_us; /* of the case's clock; may be NULL */
    struct wn_store *store;
    char journal[160]; /* its folder */
    uint64_t most_trials;
    int64_t most_resource; /* units of all trials together; 0: what most_trials cost */
    /* Generations that the case took out of the store, although they are named. */
    struct wn_generation spoilt[SPOILT_MOST];
    size_t n_spoilt;
    /* What check_end() saw: checkpoints found damaged, forks of trials that had ended. */
    unsigned n_damaged, n_forks_of_ended;
};

void check_failed(const struct study_check *check, const char *what)
    __attribute__((noreturn));
void check_ok(const struct study_check *check,
              enum wn_status rc,
              const struct wn_error *err);

/* The study as the journal gives it; the caller releases it. With `is_replay` every
 * decision is taken again and compared (rule 15). */
void check_rebuild(const struct study_check *check,
                   bool is_replay,
                   struct wn_rebuild *out);
/* Digest of the study in the journal; 0 if there is none. */
uint64_t check_digest(const struct study_check *check);
/* What is named is there, whole, but for what was spoilt: of every trial its newest, what a
 * fork may name, and what it would begin from, leased or its own. */
void check_checkpoints(const struct study_check *check, const struct wn_study *study);
/* A study that ended: replay decides alike, and check_events() finds nothing; every unit
 * of every trial is stored once and none is missing; the losses are those of an
 * undisturbed run, so no restore went wrong (a fork may have begun from nothing, if its
 * source was spoilt); limits hold; nothing named is missing, nothing was ever called
 * damaged that was not spoilt, and nothing collected that a fork may name. `is_stopped`:
 * by a criterion, so that trials may still live. */
void check_end(struct study_check *check, bool is_stopped);

/* Whatever the scheduler: no milestone is handed out twice, a fork's source is committed
 * and not collected when it is planned, no more is spent than may be. Decides again beside
 * every event (rule 15) and gives the study as it ended; the caller releases it. */
void check_events(const struct study_check *check, struct wn_rebuild *out);

/* --- the rules of schedulers, by brute force (support_rules.c and others beside it) --- */

struct study_rule {
    const char *scheduler;
    /* Fails where the rule does not hold; gives how often it was at work. */
    uint64_t (*check)(const struct study_check *check);
    /* Units that its trials may cost together; NULL: full runs of all that were started. */
    int64_t (*budget)(const struct wn_job *job);
};

/* NULL if there is none for it. */
const struct study_rule *study_rule_of(const struct wn_job *job);
/* Of what stands inside its scheduler: what that one was told must be right too. */
const struct study_rule *study_rule_inside(const struct wn_job *job);

/* asha with the rungs 1 and 3, the maximum 9 and one in three, whatever its other options.
 * Gives how often a trial went on. */
uint64_t check_promotions(const struct study_check *check);
/* hyperband that is done: the synchronous rule (conformance/halving_oracle.h). Gives how
 * many trials ran for a rung above the first. */
uint64_t check_halving(const struct study_check *check);
/* dehb: sizes of rungs, selection, who is promoted. Gives how many were. */
uint64_t check_dehb(const struct study_check *check);
/* median, whatever stands inside: whom the rule condemns is stopped by it, unless the one
 * inside stops it, and nobody else. Gives how many trials the rule stopped. */
uint64_t check_median(const struct study_check *check);

#endif /* TESTS_SIM_SUPPORT_CHECK_H */

/* trial/population.h - what a population's scheduler says of a trial, for its searcher.
 *
 * A population method is two halves: the scheduler says for which place a new trial
 * competes and where its parents are to be looked for, the searcher makes its
 * configuration, and both must know who won. They never meet: what the one decides rides
 * in tags on its events, and the other reads it there. This is the layout of these tags.
 *
 * A population is a row of places, perhaps on several levels (DEHB's sub-populations, one
 * a fidelity); each is empty or held by a trial. The plan stands on PLANNED and, where the
 * same configuration goes on to another place, on RESUMED; the outcome on the REPORTED
 * event that decided it. A trial that ends without a verdict has none: both halves then
 * apply wn_population_wins() to the same event.
 *
 * A scheduler around the population's puts its own fields before (tag.h), which the searcher
 * sees too: so both are read from the end of a tag.
 */
#ifndef WN_TRIAL_POPULATION_H
#define WN_TRIAL_POPULATION_H

#include <stdbool.h>
#include <stdint.h>

#include "trial/event.h"

struct wn_history;

/* Where the configuration comes from. Journaled: append, never renumber. */
enum wn_population_kind {
    WN_POPULATION_RANDOM = 1,  /* drawn from the whole space */
    WN_POPULATION_EVOLVED = 2, /* made of parents */
    WN_POPULATION_PROMOTED = 3 /* the trial's own: it goes on */
};

struct wn_population_plan {
    enum wn_population_kind kind;
    uint32_t generation; /* the bracket or round that asked for it */
    uint8_t level;       /* where its place is; 0 if there is one level only */
    uint32_t member;     /* the place it competes for */
    uint32_t target;     /* the trial that holds it now, or WN_TRIAL_NONE */
    uint8_t source;      /* level on which its parents are looked for */
    uint32_t n_parents;  /* among the best so many of that level */
};

struct wn_population_outcome {
    uint8_t level;
    uint32_t member;
    bool wins;         /* it holds the place from now on */
    uint32_t replaced; /* who held it, or WN_TRIAL_NONE */
};

struct wn_tag wn_population_plan_tag(const struct wn_population_plan *plan);
struct wn_tag wn_population_outcome_tag(const struct wn_population_outcome *outcome);
/* False, and *out untouched: the tag is not such a one. */
bool wn_population_plan_read(const struct wn_tag *tag, struct wn_population_plan *out);
bool wn_population_outcome_read(const struct wn_tag *tag,
                                struct wn_population_outcome *out);

/* Selection: an equal one replaces (Storn and Price 1997: it keeps a population moving over
 * a plateau), an infinite one never does, not even at an empty place. */
bool wn_population_wins(bool is_empty, double held, double loss);
/* What a trial competes with when an event has come for it: its last report, infinite
 * without one. */
double wn_population_loss(const struct wn_history *history, uint32_t trial);

#endif /* WN_TRIAL_POPULATION_H */

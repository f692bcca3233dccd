/* sched/rungs.h - the resources at which a scheduler of successive halving decides.
 *
 * A ladder is a list of levels below the maximum resource, which itself is no level:
 * a trial that reaches it is done. There are three ways to make one, all in integers,
 * because a count of rungs from logarithms loses one at (1, 243, 3), (1, 1000, 10) and
 * wherever log(max/grace)/log(eta) rounds down:
 *
 *     geometric   grace, grace * eta, grace * eta^2, ... below max (max need not fit)
 *     linear      grace, grace + increment, ... below max
 *     explicit    as listed, strictly increasing; a last one equal to max is left out
 *
 * A ladder without levels (grace = max) is one too: nothing is decided on the way. Who
 * has it in a new job by an option is refused by the scheduler.
 */
#ifndef WN_SCHED_RUNGS_H
#define WN_SCHED_RUNGS_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/option.h" /* wn_option */

#define WN_RUNGS_MOST ((size_t)1 << 16) /* more are refused */

/* The keys of the job file that make a ladder, in the tables of all who have one. */
#define WN_GRACE_PERIOD(text)                                    \
    {                                                            \
        .name = "grace_period", .type = WN_OPTION_INT, .low = 1, \
        .high = WN_JSON_EXACT_MOST, .def = "1", .help = (text)   \
    }
#define WN_REDUCTION_FACTOR(text)                                                     \
    {                                                                                 \
        .name = "reduction_factor", .type = WN_OPTION_INT, .low = 2, .high = 1000000, \
        .def = "3", .help = (text)                                                    \
    }

/* How many of the lowest levels trials begin at. A usual value of NULL: of all there are.
 * The ladder says how many that is; more are refused by create(). */
#define WN_BRACKETS(usual, text)                                           \
    {                                                                      \
        .name = "brackets", .type = WN_OPTION_INT, .low = 1, .high = 1000, \
        .def = (usual), .help = (text)                                     \
    }

struct wn_rung_rule {
    int64_t max;           /* resource.max, > 0 */
    int64_t grace;         /* scheduler.grace_period, 1..max */
    int64_t eta;           /* scheduler.reduction_factor, >= 2 */
    int64_t increment;     /* scheduler.rung_increment, > 0; 0: geometric */
    const int64_t *levels; /* scheduler.rung_levels: n_levels of them; n_levels 0: none */
    size_t n_levels;
};

/* What must hold of every ladder with a first level. WN_EINVAL names the option. */
enum wn_status wn_rungs_check(int64_t max,
                              int64_t grace,
                              int64_t eta,
                              struct wn_error *err) WN_MUST_CHECK;

/* The caller owns *levels (wn_free). WN_EINVAL names the option and the value. */
enum wn_status wn_rungs_make(const struct wn_rung_rule *rule,
                             int64_t **levels,
                             size_t *n_levels,
                             struct wn_error *err) WN_MUST_CHECK;

/* Index of the first level above `resource`; n_levels if there is none. O(log n). */
size_t wn_rungs_above(const int64_t *levels, size_t n_levels, int64_t resource);

#endif /* WN_SCHED_RUNGS_H */

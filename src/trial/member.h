/* trial/member.h - which member of a population a trial is, in the tag of its plan.
 *
 * In population based training a member is a place in the population that is held by one
 * trial after the other: what the member did over the whole study is the list of its
 * trials, and how a trial's weights came about is the chain of its `parent`s, each left at
 * the resource of the `source` that the next one was forked from. The tag on PLANNED says
 * which member a trial is and how it began; tables and replays of schedules read it here.
 */
#ifndef WN_TRIAL_MEMBER_H
#define WN_TRIAL_MEMBER_H

#include <stdbool.h>
#include <stdint.h>

#include "trial/event.h"

/* Journaled, and stored in results: append, never renumber. */
enum wn_member_start {
    WN_MEMBER_NONE = 0,    /* of no population; in no tag */
    WN_MEMBER_BEGIN = 1,   /* untrained, a configuration of its own */
    WN_MEMBER_EXPLOIT = 2, /* in place of a loser: a better member's checkpoint */
    WN_MEMBER_EXPLORE = 3, /* its own checkpoint, another configuration */
    WN_MEMBER_RESTART = 4  /* after a failure, or an end nobody asked for: a checkpoint of
                            * its ancestors or of a good member, or untrained without one */
};

struct wn_member {
    enum wn_member_start start;
    uint32_t number; /* from 0 */
};

struct wn_tag wn_member_tag(struct wn_member member);
/* Whether the tag is such a one, alone or behind the 8 bytes or more that a scheduler
 * around has put before it. If not *out is untouched. */
bool wn_member_read(const struct wn_tag *tag, struct wn_member *out);
const char *wn_member_start_name(enum wn_member_start start); /* "none", "begin" ... */

#endif /* WN_TRIAL_MEMBER_H */

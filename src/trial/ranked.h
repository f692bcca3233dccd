/* trial/ranked.h - a trial's result among others, best first.
 *
 * By loss, then by trial number: so the order is total, and ties do not depend on who came
 * first.
 */
#ifndef WN_TRIAL_RANKED_H
#define WN_TRIAL_RANKED_H

#include <stdbool.h>
#include <stdint.h>

struct wn_ranked {
    double loss; /* never NaN */
    uint32_t trial;
};

/* Whether `a` is better. */
static inline bool wn_ranked_before(struct wn_ranked a, struct wn_ranked b)
{
    return a.loss != b.loss ? a.loss < b.loss : a.trial < b.trial;
}

#endif /* WN_TRIAL_RANKED_H */

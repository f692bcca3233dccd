/* trial/rung.h - the sizes of rungs over study time, for status, results and plots. */
#ifndef WN_TRIAL_RUNG_H
#define WN_TRIAL_RUNG_H

#include <stdint.h>

/* The fill of one rung when it last changed within a second of study time. */
struct wn_rung_row {
    int64_t time_ms, resource;
    uint64_t n_entered, n_promoted;
    uint32_t bracket;
};

#endif /* WN_TRIAL_RUNG_H */

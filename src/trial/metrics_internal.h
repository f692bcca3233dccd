/* trial/metrics_internal.h - the metric values of all reports of a study.
 *
 * Values lie in blocks that never move; which names they belong to is a list of names (a
 * set) that reports share: a study has one or a few. Memory: 8 bytes a value.
 */
#ifndef WN_TRIAL_METRICS_INTERNAL_H
#define WN_TRIAL_METRICS_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "trial/event.h"

struct wn_metric_set {
    uint64_t hash;
    const char **names;
    uint32_t n;
};

struct wn_metrics {
    WN_VEC(struct wn_metric_set) sets;
    WN_VEC(double *) blocks;
    uint32_t n_used; /* places of the blocks, gaps included */
    uint16_t last_set;
    struct wn_arena arena; /* of the names */
};

void wn_metrics_release(struct wn_metrics *metrics);
/* Store the n values of a report; `main_at` is the job's metric among them, which alone is
 * kept once a program has invented too many lists of names. False without memory. */
bool wn_metrics_add(struct wn_metrics *metrics,
                    const struct wn_metric *values,
                    uint32_t n,
                    uint32_t main_at,
                    uint16_t *set,
                    uint32_t *at);
/* Borrowed until the store is released. */
const double *wn_metrics_at(const struct wn_metrics *metrics, uint32_t at);

#endif /* WN_TRIAL_METRICS_INTERNAL_H */

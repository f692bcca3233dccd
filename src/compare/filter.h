/* compare/filter.h - a part of a comparison: some methods, benchmarks, workers, seeds. */
#ifndef WN_COMPARE_FILTER_H
#define WN_COMPARE_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/mem.h"
#include "results/comparison.h"

struct wn_compare_range {
    int64_t low, high; /* both included */
};

/* {0} lets everything pass; release it. An empty list lets everything of its kind pass. */
struct wn_compare_filter {
    WN_VEC(char *) methods;
    WN_VEC(char *) benchmarks;
    WN_VEC(struct wn_compare_range) workers;
    WN_VEC(struct wn_compare_range) seeds;
};

enum wn_compare_kind {
    WN_COMPARE_METHOD,
    WN_COMPARE_BENCHMARK,
    WN_COMPARE_WORKERS,
    WN_COMPARE_SEED
};

void wn_compare_filter_release(struct wn_compare_filter *filter);
/* Add what stands in `text`: names, or numbers and ranges like 0-9, with commas between.
 * WN_EINVAL: it is none of these. */
enum wn_status wn_compare_filter_add(struct wn_compare_filter *filter,
                                     enum wn_compare_kind kind,
                                     const char *text,
                                     struct wn_error *err) WN_MUST_CHECK;
/* WN_EINVAL: a name that no study has, with the nearest. */
enum wn_status wn_compare_filter_check(const struct wn_compare_filter *filter,
                                       const struct wn_comparison *comparison,
                                       struct wn_error *err) WN_MUST_CHECK;
bool wn_compare_filter_has(const struct wn_compare_filter *filter,
                           const struct wn_comparison_study *study);
bool wn_compare_filter_has_seed(const struct wn_compare_filter *filter, int64_t number);

#endif /* WN_COMPARE_FILTER_H */

/* search/candidate_internal.h - points that a model drew, in the order of their scores. */
#ifndef WN_SEARCH_CANDIDATE_INTERNAL_H
#define WN_SEARCH_CANDIDATE_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

struct wn_candidate {
    double score;    /* larger is better; never NaN */
    uint32_t number; /* in the order of draws */
};

/* The best first; among equals the one that was drawn first. */
void wn_candidates_sort(struct wn_candidate *candidates, size_t n);

#endif /* WN_SEARCH_CANDIDATE_INTERNAL_H */

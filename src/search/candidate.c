/* candidate.c - points that a model drew, in the order of their scores. */
#include "search/candidate_internal.h"

#include <stdlib.h>

static int by_score(const void *a, const void *b)
{
    const struct wn_candidate *x = a, *y = b;

    if (x->score < y->score || x->score > y->score)
        return x->score > y->score ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

void wn_candidates_sort(struct wn_candidate *candidates, size_t n)
{
    qsort(candidates, n, sizeof *candidates, by_score);
}

/* pasha.c - two rankings and the noise between them; see pasha_internal.h. */
#include "sched/pasha_internal.h"

#include <math.h>
#include <string.h>

#include "base/assert.h"
#include "sched/asha_internal.h"
#include "trial/history.h"

struct wn_pasha *wn_pasha_create(const struct wn_history *history,
                                 const int64_t *levels,
                                 size_t n_levels)
{
    struct wn_pasha *pasha = wn_alloc(sizeof *pasha);

    WN_ASSERT(n_levels >= 2);
    if (!pasha)
        return NULL;
    pasha->history = history;
    pasha->levels = levels;
    pasha->n_levels = n_levels;
    pasha->top = 1;
    wn_quantile_init(&pasha->differences, 0.9);
    return pasha;
}

void wn_pasha_destroy(struct wn_pasha *pasha)
{
    if (!pasha)
        return;
    wn_quantile_release(&pasha->differences);
    wn_vec_release(&pasha->ahead);
    wn_free(pasha);
}

/* --- epsilon --- */

/* Whether the order of two trials turned and turned back, and by how much they differ at
 * the highest resource that both have reported, which must be above `floor`. */
static bool criss_crosses(const struct wn_trial *a,
                          const struct wn_trial *b,
                          int64_t floor,
                          double *difference)
{
    size_t i = a->n_reports, j = b->n_reports;
    int order = 0, n_turns = 0; /* order: of the highest; 0: not yet found */

    for (int step = 0; step < WN_PASHA_STEPS && i && j && n_turns < 2; step++) {
        const struct wn_report *x = &a->reports[i - 1], *y = &b->reports[j - 1];
        int sign = (x->loss > y->loss) - (x->loss < y->loss);

        i -= x->resource >= y->resource;
        j -= y->resource >= x->resource;
        if (x->resource != y->resource)
            continue;
        if (!order) {
            if (!sign || x->resource <= floor)
                return false;
            order = sign;
            *difference = fabs(x->loss - y->loss);
        } else if (sign == (n_turns ? order : -order)) {
            n_turns++;
        }
    }
    return n_turns == 2 && isfinite(*difference);
}

static bool add_pairs(struct wn_pasha *pasha, uint32_t trial)
{
    const struct wn_trial *own = wn_history_trial(pasha->history, trial);
    int64_t floor = pasha->levels[pasha->top - 1];
    double difference = 0;

    if (pasha->n_first == WN_PASHA_COMPARED)
        return true;
    for (size_t i = 0; i < pasha->n_first; i++) {
        const struct wn_trial *other = wn_history_trial(pasha->history, pasha->first[i]);

        if (criss_crosses(own, other, floor, &difference) &&
            !wn_quantile_add(&pasha->differences, difference))
            return false;
    }
    pasha->first[pasha->n_first++] = trial;
    if (wn_quantile_size(&pasha->differences))
        pasha->epsilon = wn_quantile_get(&pasha->differences);
    return true;
}

/* --- the rankings --- */

static bool is_before(struct wn_pasha_place a, struct wn_pasha_place b)
{
    if (a.upper != b.upper)
        return a.upper < b.upper;
    return a.lower != b.lower ? a.lower < b.lower : a.trial < b.trial;
}

/* How many of the sorted losses are less than `loss`. */
static size_t count_less(const double *lower, size_t n, double loss)
{
    size_t low = 0, high = n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (lower[middle] < loss)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void insert_lower(struct wn_pasha *pasha, double loss)
{
    size_t at = count_less(pasha->lower, pasha->n_best, loss);

    memmove(&pasha->lower[at + 1], &pasha->lower[at],
            (pasha->n_best - at) * sizeof pasha->lower[0]);
    pasha->lower[at] = loss;
}

static void remove_lower(struct wn_pasha *pasha, double loss)
{
    size_t at = count_less(pasha->lower, pasha->n_best, loss);

    memmove(&pasha->lower[at], &pasha->lower[at + 1],
            (pasha->n_best - at - 1) * sizeof pasha->lower[0]);
}

static void place(struct wn_pasha *pasha, struct wn_pasha_place fresh)
{
    size_t at;

    if (pasha->n_best == WN_PASHA_COMPARED) {
        if (!is_before(fresh, pasha->best[pasha->n_best - 1]))
            return;
        remove_lower(pasha, pasha->best[pasha->n_best - 1].lower);
        pasha->n_best--;
    }
    insert_lower(pasha, fresh.lower);
    for (at = pasha->n_best; at > 0 && is_before(fresh, pasha->best[at - 1]); at--)
        pasha->best[at] = pasha->best[at - 1];
    pasha->best[at] = fresh;
    pasha->n_best++;
}

static bool is_settled(const struct wn_pasha *pasha)
{
    for (size_t i = 0; i < pasha->n_best; i++) {
        double has = pasha->best[i].lower, had = pasha->lower[i];

        if (has != had && fabs(has - had) > pasha->epsilon) /* equal infinities: no NaN */
            return false;
    }
    return true;
}

/* A trial takes its place at the top level. */
static bool enter(struct wn_pasha *pasha, uint32_t trial)
{
    const int64_t *level = &pasha->levels[pasha->top];

    place(pasha, (struct wn_pasha_place){
                     wn_asha_loss_at(pasha->history, trial, level[0]),
                     wn_asha_loss_at(pasha->history, trial, level[-1]), trial});
    return add_pairs(pasha, trial);
}

/* Go on to the next level with those that are there already. */
static bool open_next(struct wn_pasha *pasha)
{
    size_t n = pasha->ahead.n;

    pasha->top++;
    pasha->n_best = pasha->n_first = 0;
    wn_quantile_clear(&pasha->differences);
    pasha->ahead.n = 0;
    if (pasha->top == pasha->n_levels)
        return true;
    for (size_t i = 0; i < n; i++) {
        uint32_t trial = pasha->ahead.at[i];
        int64_t resource = wn_history_resource(pasha->history, trial);

        if (resource >= pasha->levels[pasha->top] && !enter(pasha, trial))
            return false;
        if (pasha->top + 1 < pasha->n_levels && resource >= pasha->levels[pasha->top + 1])
            pasha->ahead.at[pasha->ahead.n++] = trial;
    }
    return true;
}

bool wn_pasha_reach(struct wn_pasha *pasha, size_t level, uint32_t trial)
{
    uint32_t *ahead;

    if (level < pasha->top || pasha->top == pasha->n_levels)
        return true;
    if (level == pasha->top)
        return enter(pasha, trial) && (is_settled(pasha) || open_next(pasha));
    if (pasha->ahead.n && pasha->ahead.at[pasha->ahead.n - 1] == trial)
        return true; /* it jumped several */
    ahead = wn_vec_push(&pasha->ahead);
    if (ahead)
        *ahead = trial;
    return ahead != NULL;
}

/* asha_rung.c - who goes on at a rung: by count or by cost, and past which threshold. */
#include <math.h>

#include "sched/asha_internal.h"
#include "trial/history.h"

void wn_asha_rung_init(struct wn_asha_rung *rung, uint64_t eta, bool by_cost)
{
    wn_ranking_init(&rung->ranking, eta);
    rung->threshold = HUGE_VAL;
    rung->by_cost = by_cost;
}

void wn_asha_rung_release(struct wn_asha_rung *rung)
{
    wn_ranking_release(&rung->ranking);
    wn_order_release(&rung->costs);
    wn_rank_heap_release(&rung->paused[0]);
    wn_rank_heap_release(&rung->paused[1]);
}

uint64_t wn_asha_rung_size(const struct wn_asha_rung *rung)
{
    return rung->by_cost ? wn_order_size(&rung->costs) : wn_ranking_size(&rung->ranking);
}

/* What took less than a millisecond counts as one: equal costs give the rule of counts. */
bool wn_asha_rung_enter(struct wn_asha_rung *rung, struct wn_ranked entry, int64_t run_ms)
{
    size_t place = wn_order_size(&rung->costs);

    if (!rung->by_cost)
        return wn_ranking_add(&rung->ranking, entry);
    if (!wn_order_reserve(&rung->costs, place + 1))
        return false;
    wn_order_put(&rung->costs, (uint32_t)place, entry, run_ms < 1 ? 1 : (uint64_t)run_ms);
    return true;
}

void wn_asha_rung_pass(struct wn_asha_rung *rung, double loss, bool sets_threshold)
{
    rung->n_promoted++;
    if (sets_threshold && loss < rung->threshold)
        rung->threshold = loss;
}

bool wn_asha_rung_lets_on(const struct wn_asha_rung *rung,
                          struct wn_ranked entry,
                          bool sets_threshold)
{
    const struct wn_ranking *ranking = &rung->ranking;

    return (wn_ranking_size(ranking) + 1 < ranking->eta ||
            wn_ranking_would_be_top(ranking, entry)) &&
           (sets_threshold || entry.loss <= rung->threshold);
}

/* Sums in integers, divided and rounded down: C(r, k) <= C(r, N) / eta is the same. */
static bool is_top(const struct wn_asha_rung *rung, struct wn_ranked entry)
{
    if (!rung->by_cost)
        return wn_ranking_is_top(&rung->ranking, entry);
    return wn_order_weight_to(&rung->costs, entry) <=
           wn_order_weight(&rung->costs, SIZE_MAX) / rung->ranking.eta;
}

const struct wn_ranked *wn_asha_rung_best(const struct wn_asha_rung *rung)
{
    const struct wn_ranked *best = NULL;

    for (int i = 0; i < 2; i++) {
        const struct wn_ranked *first = wn_rank_heap_first(&rung->paused[i]);

        if (first && is_top(rung, *first) && (i || first->loss <= rung->threshold) &&
            (!best || wn_ranked_before(*first, *best)))
            best = first;
    }
    return best;
}

double wn_asha_loss_at(const struct wn_history *history, uint32_t trial, int64_t level)
{
    const struct wn_report *before = wn_history_report_at(history, trial, level - 1);

    return before ? before[1].loss : wn_history_trial(history, trial)->reports[0].loss;
}

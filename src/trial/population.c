/* population.c - what a population's scheduler says of a trial, for its searcher. */
#include "trial/population.h"

#include <math.h>

#include "trial/history.h"
#include "trial/tag.h"

/* The first byte, so that no other tag is taken for one of these. Journaled. */
enum { PLAN = 0xd1, OUTCOME = 0xd2 };
enum { PLAN_BYTES = 20, OUTCOME_BYTES = 11 };

/* Before it may stand what a scheduler around this one has put there. */
static struct wn_tag_reader reader_of(const struct wn_tag *tag, size_t n_bytes)
{
    return (struct wn_tag_reader){.tag = tag,
                                  .at = tag->n > n_bytes ? tag->n - n_bytes : 0};
}

struct wn_tag wn_population_plan_tag(const struct wn_population_plan *plan)
{
    struct wn_tag tag = {0};

    wn_tag_put(&tag, PLAN, 1);
    wn_tag_put(&tag, (uint64_t)plan->kind, 1);
    wn_tag_put(&tag, plan->generation, 4);
    wn_tag_put(&tag, plan->level, 1);
    wn_tag_put(&tag, plan->member, 4);
    wn_tag_put(&tag, plan->target, 4);
    wn_tag_put(&tag, plan->source, 1);
    wn_tag_put(&tag, plan->n_parents, 4);
    return tag;
}

bool wn_population_plan_read(const struct wn_tag *tag, struct wn_population_plan *out)
{
    struct wn_tag_reader reader = reader_of(tag, PLAN_BYTES);
    bool is_plan = wn_tag_get(&reader, 1) == PLAN;
    uint64_t kind = wn_tag_get(&reader, 1);
    struct wn_population_plan plan = {.kind = (enum wn_population_kind)kind};

    plan.generation = (uint32_t)wn_tag_get(&reader, 4);
    plan.level = (uint8_t)wn_tag_get(&reader, 1);
    plan.member = (uint32_t)wn_tag_get(&reader, 4);
    plan.target = (uint32_t)wn_tag_get(&reader, 4);
    plan.source = (uint8_t)wn_tag_get(&reader, 1);
    plan.n_parents = (uint32_t)wn_tag_get(&reader, 4);
    if (!is_plan || !wn_tag_is_read(&reader) || kind < WN_POPULATION_RANDOM ||
        kind > WN_POPULATION_PROMOTED)
        return false;
    *out = plan;
    return true;
}

struct wn_tag wn_population_outcome_tag(const struct wn_population_outcome *outcome)
{
    struct wn_tag tag = {0};

    wn_tag_put(&tag, OUTCOME, 1);
    wn_tag_put(&tag, outcome->level, 1);
    wn_tag_put(&tag, outcome->member, 4);
    wn_tag_put(&tag, outcome->wins, 1);
    wn_tag_put(&tag, outcome->replaced, 4);
    return tag;
}

bool wn_population_outcome_read(const struct wn_tag *tag,
                                struct wn_population_outcome *out)
{
    struct wn_tag_reader reader = reader_of(tag, OUTCOME_BYTES);
    bool is_outcome = wn_tag_get(&reader, 1) == OUTCOME;
    struct wn_population_outcome outcome = {0};

    outcome.level = (uint8_t)wn_tag_get(&reader, 1);
    outcome.member = (uint32_t)wn_tag_get(&reader, 4);
    outcome.wins = wn_tag_get(&reader, 1) != 0;
    outcome.replaced = (uint32_t)wn_tag_get(&reader, 4);
    if (!is_outcome || !wn_tag_is_read(&reader))
        return false;
    *out = outcome;
    return true;
}

bool wn_population_wins(bool is_empty, double held, double loss)
{
    return loss < HUGE_VAL && (is_empty || loss <= held);
}

double wn_population_loss(const struct wn_history *history, uint32_t trial)
{
    const struct wn_trial *record = wn_history_trial(history, trial);

    return record->n_reports ? record->reports[record->n_reports - 1].loss : HUGE_VAL;
}

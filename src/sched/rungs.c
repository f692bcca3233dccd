/* rungs.c - rung ladders, counted in integers. */
#include "sched/rungs.h"

#include <inttypes.h>
#include <string.h>

#include "base/mem.h"

enum wn_status wn_rungs_check(int64_t max,
                              int64_t grace,
                              int64_t eta,
                              struct wn_error *err)
{
    if (max <= 0)
        return wn_fail(err, WN_EINVAL, "resource.max must be positive, not %" PRId64,
                       max);
    if (eta < 2)
        return wn_fail(err, WN_EINVAL,
                       "scheduler.reduction_factor must be at least 2, not %" PRId64,
                       eta);
    if (grace < 1 || grace > max)
        return wn_fail(err, WN_EINVAL,
                       "scheduler.grace_period must be from 1 to resource.max (%" PRId64
                       "), not %" PRId64,
                       max, grace);
    return WN_OK;
}

static enum wn_status check_rule(const struct wn_rung_rule *rule, struct wn_error *err)
{
    enum wn_status rc =
        wn_rungs_check(rule->max, rule->n_levels ? 1 : rule->grace, rule->eta, err);

    if (rc != WN_OK)
        return rc;
    if (rule->n_levels && rule->increment)
        return wn_fail(err, WN_EINVAL,
                       "scheduler.rung_levels and scheduler.rung_increment exclude "
                       "each other");
    if (!rule->n_levels && rule->increment < 0)
        return wn_fail(err, WN_EINVAL,
                       "scheduler.rung_increment must be positive, not %" PRId64,
                       rule->increment);
    return WN_OK;
}

/* The level after `level`, or max if that would be reached; never overflows. */
static int64_t next_level(const struct wn_rung_rule *rule, int64_t level)
{
    if (rule->increment)
        return rule->increment < rule->max - level ? level + rule->increment : rule->max;
    return level <= (rule->max - 1) / rule->eta ? level * rule->eta : rule->max;
}

static enum wn_status check_levels(const struct wn_rung_rule *rule, struct wn_error *err)
{
    for (size_t i = 0; i < rule->n_levels; i++) {
        if (rule->levels[i] < 1 || rule->levels[i] > rule->max)
            return wn_fail(err, WN_EINVAL,
                           "scheduler.rung_levels[%zu] must be from 1 to resource.max "
                           "(%" PRId64 "), not %" PRId64,
                           i, rule->max, rule->levels[i]);
        if (i && rule->levels[i] <= rule->levels[i - 1])
            return wn_fail(err, WN_EINVAL,
                           "scheduler.rung_levels must increase, but %" PRId64
                           " follows %" PRId64,
                           rule->levels[i], rule->levels[i - 1]);
    }
    return WN_OK;
}

static enum wn_status too_many(const struct wn_rung_rule *rule, struct wn_error *err)
{
    if (rule->n_levels)
        return wn_fail(err, WN_EINVAL,
                       "scheduler.rung_levels must be at most %zu levels, not %zu",
                       WN_RUNGS_MOST, rule->n_levels);
    return wn_fail(err, WN_EINVAL,
                   "scheduler.rung_increment must be larger than %" PRId64
                   ": that makes more than %zu rungs",
                   rule->increment, WN_RUNGS_MOST);
}

static enum wn_status count_levels(const struct wn_rung_rule *rule,
                                   size_t *n,
                                   struct wn_error *err)
{
    *n = 0;
    if (rule->n_levels) {
        *n = rule->n_levels - (rule->levels[rule->n_levels - 1] == rule->max);
        return *n > WN_RUNGS_MOST ? too_many(rule, err) : WN_OK;
    }
    for (int64_t level = rule->grace; level < rule->max; level = next_level(rule, level))
        if (++*n > WN_RUNGS_MOST)
            return too_many(rule, err);
    return WN_OK;
}

enum wn_status wn_rungs_make(const struct wn_rung_rule *rule,
                             int64_t **levels,
                             size_t *n_levels,
                             struct wn_error *err)
{
    enum wn_status rc = check_rule(rule, err);
    int64_t *made, level;
    size_t n;

    if (rc == WN_OK)
        rc = check_levels(rule, err);
    if (rc == WN_OK)
        rc = count_levels(rule, &n, err);
    if (rc != WN_OK)
        return rc;
    made = wn_alloc_array(n, sizeof *made);
    if (!made)
        return wn_fail(err, WN_ENOMEM, "no memory for %zu rungs", n);
    if (rule->n_levels && n)
        memcpy(made, rule->levels, n * sizeof *made);
    level = rule->grace;
    for (size_t i = 0; !rule->n_levels && i < n; i++, level = next_level(rule, level))
        made[i] = level;
    *levels = made;
    *n_levels = n;
    return WN_OK;
}

size_t wn_rungs_above(const int64_t *levels, size_t n_levels, int64_t resource)
{
    size_t low = 0, high = n_levels; /* levels before low are not above */

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (levels[middle] <= resource)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

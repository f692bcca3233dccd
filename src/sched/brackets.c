/* brackets.c - Hyperband's brackets, counted in integers. */
#include "sched/brackets.h"

#include <inttypes.h>

#include "base/mem.h"

const char *const wn_bracket_sizes_names[] = {"formula", "table", NULL};

struct wn_bracket_rule wn_bracket_rule_of(const struct wn_values *options,
                                          int64_t max_resource)
{
    return (struct wn_bracket_rule){
        .max = max_resource,
        .grace = wn_values_int(options, "grace_period"),
        .eta = wn_values_int(options, "reduction_factor"),
        .sizes = (enum wn_bracket_sizes)wn_values_choice(options, "sizes"),
        .n_brackets = (size_t)wn_values_int(options, "brackets"),
    };
}

static enum wn_status check_rule(const struct wn_bracket_rule *rule, struct wn_error *err)
{
    if (rule->max <= 0 || rule->max == INT64_MAX)
        return wn_fail(err, WN_EINVAL, "resource.max must be given, and positive");
    return wn_rungs_check(rule->max, rule->grace, rule->eta, err);
}

/* s_max + 1: how often max / grace can be divided by eta, and once more. */
static size_t count_levels(const struct wn_bracket_rule *rule)
{
    size_t n = 1;

    for (int64_t left = rule->max / rule->grace; left >= rule->eta; left /= rule->eta)
        n++;
    return n;
}

/* max / divisor, rounded to the nearest, halves up; max is below 2^62. */
static int64_t divided(int64_t max, int64_t divisor)
{
    int64_t rest = max % divisor;

    return max / divisor + (rest >= divisor - rest);
}

static uint64_t first_size(const struct wn_bracket_rule *rule, size_t n_levels, size_t s)
{
    uint64_t n = n_levels, power = 1;

    for (size_t i = 0; i < s; i++)
        power *= (uint64_t)rule->eta;
    if (rule->sizes == WN_SIZES_TABLE)
        return n / (s + 1) * power;
    return (n * power + s) / (s + 1);
}

static void fill(const struct wn_bracket_rule *rule, struct wn_brackets *out)
{
    int64_t divisor = 1;

    for (size_t k = out->n_levels; k-- > 0; divisor *= rule->eta) {
        out->levels[k] = divided(rule->max, divisor);
        if (k == 0)
            break; /* the next divisor may be too large */
    }
    for (size_t b = 0; b < out->n_brackets; b++) {
        uint64_t n = first_size(rule, out->n_levels, out->n_levels - 1 - b);

        for (size_t k = b; k < out->n_levels; k++, n /= (uint64_t)rule->eta)
            out->sizes[b * out->n_levels + k] = n;
    }
}

enum wn_status wn_brackets_make(const struct wn_bracket_rule *rule,
                                struct wn_brackets *out,
                                struct wn_error *err)
{
    enum wn_status rc = check_rule(rule, err);
    struct wn_brackets made = {0};

    if (rc != WN_OK)
        return rc;
    made.n_levels = count_levels(rule);
    made.n_brackets = rule->n_brackets ? rule->n_brackets : made.n_levels;
    if (made.n_brackets > made.n_levels)
        return wn_fail(
            err, WN_EINVAL,
            "scheduler.brackets must be at most %zu, the number of levels up to "
            "resource.max, not %zu",
            made.n_levels, made.n_brackets);
    made.levels = wn_alloc_array(made.n_levels, sizeof *made.levels);
    made.sizes = wn_alloc_array(made.n_brackets * made.n_levels, sizeof *made.sizes);
    if (!made.levels || !made.sizes) {
        wn_brackets_release(&made);
        return wn_fail(err, WN_ENOMEM, "no memory for %zu brackets", made.n_brackets);
    }
    fill(rule, &made);
    *out = made;
    return WN_OK;
}

static enum wn_status refuse_one_level(const struct wn_bracket_rule *rule,
                                       struct wn_error *err)
{
    static const char why[] = "the maximum would be the only level, where nothing is "
                              "decided";

    if (rule->max < 2)
        return wn_fail(err, WN_EINVAL,
                       "resource.max must be at least 2, not %" PRId64 ": %s", rule->max,
                       why);
    if (rule->eta > rule->max)
        return wn_fail(err, WN_EINVAL,
                       "scheduler.reduction_factor must be at most resource.max (%" PRId64
                       "), not %" PRId64 ": %s",
                       rule->max, rule->eta, why);
    return wn_fail(err, WN_EINVAL,
                   "scheduler.grace_period must be at most resource.max divided by "
                   "reduction_factor (%" PRId64 "), not %" PRId64 ": %s",
                   rule->max / rule->eta, rule->grace, why);
}

enum wn_status wn_brackets_check_meaning(const struct wn_values *options,
                                         const struct wn_bracket_rule *rule,
                                         const struct wn_brackets *brackets,
                                         struct wn_error *err)
{
    if (brackets->n_levels == 1)
        return refuse_one_level(rule, err);
    if (brackets->n_brackets == 1 && !wn_values_is_usual(options, "sizes"))
        return wn_fail(
            err, WN_EINVAL,
            "scheduler.sizes has no effect with one bracket, whose size is the "
            "same by formula and table");
    return WN_OK;
}

void wn_brackets_release(struct wn_brackets *brackets)
{
    wn_free(brackets->levels);
    wn_free(brackets->sizes);
    *brackets = (struct wn_brackets){0};
}

uint64_t wn_bracket_size(const struct wn_brackets *brackets, size_t b, size_t level)
{
    return brackets->sizes[b * brackets->n_levels + level];
}

uint64_t wn_bracket_widest(const struct wn_brackets *brackets, size_t level)
{
    uint64_t most = 0;

    for (size_t b = 0; b < brackets->n_brackets; b++)
        if (wn_bracket_size(brackets, b, level) > most)
            most = wn_bracket_size(brackets, b, level);
    return most;
}

void wn_bracket_describe(const struct wn_brackets *brackets, size_t b, struct wn_buf *out)
{
    wn_buf_addf(out, "bracket %zu:", b);
    for (size_t k = b; k < brackets->n_levels; k++)
        wn_buf_addf(out, "%s %" PRIu64 " to %" PRId64, k > b ? "," : "",
                    wn_bracket_size(brackets, b, k), brackets->levels[k]);
}

/* sched/brackets.h - Hyperband's brackets: how many trials run how far.
 *
 * Li, Jamieson, DeSalvo, Rostamizadeh, Talwalkar: Hyperband, JMLR 18 (2018), Algorithm 1.
 * With R = max / grace and s_max = floor(log_eta R), bracket s = s_max ... 0 is successive
 * halving of n trials from resource max / eta^s up to max: rung i has floor(n / eta^i)
 * entries at resource max / eta^(s - i). The paper gives n twice, and not the same:
 *
 *     formula   n = ceil((s_max + 1) eta^s / (s + 1))        Algorithm 1, line 3
 *     table     n = floor((s_max + 1) / (s + 1)) eta^s       Table 1 (R = 81, eta = 3)
 *
 * that is 81, 34, 15, 8, 5 and 81, 27, 9, 6, 5 for (1, 81, 3). All in integers: logarithms
 * lose a rung at (1, 243, 3), (1, 1000, 10) and elsewhere.
 *
 * Resources are counted down from max, as in the paper, and rounded to the nearest unit,
 * halves up; so (1, 56, 3) has the levels 2, 6, 19, 56. (ASHA's ladder counts up from
 * grace_period, as its paper does: rungs.h.)
 */
#ifndef WN_SCHED_BRACKETS_H
#define WN_SCHED_BRACKETS_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/option.h" /* wn_option, wn_values */
#include "sched/rungs.h" /* WN_GRACE_PERIOD, WN_REDUCTION_FACTOR */

/* Indices into the names, which are as in the job file. */
enum wn_bracket_sizes { WN_SIZES_FORMULA = 0, WN_SIZES_TABLE = 1 };
extern const char *const wn_bracket_sizes_names[];

/* A key of the job file that makes a rule. */
#define WN_BRACKET_SIZES(usual, text)                                                 \
    {                                                                                 \
        .name = "sizes", .type = WN_OPTION_CHOICE, .choices = wn_bracket_sizes_names, \
        .def = (usual), .help = (text)                                                \
    }

struct wn_bracket_rule {
    int64_t max;   /* resource.max, > 0 and not INT64_MAX */
    int64_t grace; /* scheduler.grace_period, 1..max */
    int64_t eta;   /* scheduler.reduction_factor, >= 2 */
    enum wn_bracket_sizes sizes;
    size_t n_brackets; /* scheduler.brackets: the first so many; 0: all of them */
};

/* Bracket b begins at level b (the paper's s is n_levels - 1 - b). */
struct wn_brackets {
    int64_t *levels; /* n_levels, rising strictly; the last is max */
    size_t n_levels;
    size_t n_brackets; /* 1..n_levels */
    uint64_t *sizes;   /* n_brackets x n_levels: see wn_bracket_size() */
};

/* As the options grace_period, reduction_factor, brackets and sizes say. */
struct wn_bracket_rule wn_bracket_rule_of(const struct wn_values *options,
                                          int64_t max_resource);
/* WN_EINVAL names the option and the value. End with release, which takes {0} too. */
enum wn_status wn_brackets_make(const struct wn_bracket_rule *rule,
                                struct wn_brackets *out,
                                struct wn_error *err) WN_MUST_CHECK;
/* Refuse what would have no effect: a ladder of one level, the maximum; a choice of sizes
 * where both are the same. For those whose job was not checked before (sched.h). */
enum wn_status wn_brackets_check_meaning(const struct wn_values *options,
                                         const struct wn_bracket_rule *rule,
                                         const struct wn_brackets *brackets,
                                         struct wn_error *err) WN_MUST_CHECK;
void wn_brackets_release(struct wn_brackets *brackets);
/* Entries of bracket b at a level; 0 below its first. */
uint64_t wn_bracket_size(const struct wn_brackets *brackets, size_t b, size_t level);
/* The most entries any of the brackets has at a level (DEHB's sub-populations). */
uint64_t wn_bracket_widest(const struct wn_brackets *brackets, size_t level);

/* For people: "bracket 1: 5 to 3, 1 to 9", without an end of the line. */
void wn_bracket_describe(const struct wn_brackets *brackets,
                         size_t b,
                         struct wn_buf *out);

#endif /* WN_SCHED_BRACKETS_H */

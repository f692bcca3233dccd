/* space/space.h - hyperparameters: domains, conditions, configurations.
 *
 * A space is a list of parameters and constants in the job file's order, read once and
 * then constant. A configuration is an array of wn_space_n_params() cells in that order;
 * equal configurations are equal bytes, so they compare with memcmp and hash as bytes.
 *
 *     parameter      cell            sampled
 *     float          f               uniform on its scale, then made (below)
 *     int            i               uniform; log: round(exp(u)), u in [log(low-.5), log(high+.5)]
 *     categorical    i = index       uniform over the values
 *     ordinal        i = index       "equal": uniform over positions; "nearest" and
 *                                    "nearest-log": uniform over the interval (log interval)
 *                                    of the values, then the nearest one
 *
 * With a step the values are low, low + step, ... , high (high always included, the last
 * interval may be shorter), on the linear scale with equal chances; on a log scale the
 * point drawn is moved to the nearest of them. An int has at most 2^40 values.
 * With a size (of 2 to 10^6) the values are that many points spread evenly on the scale,
 * low and high among them, with equal chances; an int's are rounded to the nearest integer,
 * halves to the even one, and a size of which two would become the same is refused.
 * Making a float: round to 12 significant digits, then clip to the bounds, -0 becomes 0.
 * So values are readable and equal configurations hash equal. On a reverse-log scale,
 * 0 <= low < high < 1, what is uniform is -log(1 - x): for numbers that count by how near to
 * 1 they are, such as momentum; since values have 12 digits, high is at most 1 - 1e-12.
 *
 * A parameter whose condition does not hold is inactive: its cell is WN_CELL_OFF.
 * A condition names another parameter or constant; a parameter is active when all its
 * conditions hold, and one on an inactive parameter does not. Cycles are refused, and a
 * value that the other parameter can never have; a constant may differ, so that a
 * parameter can be fixed for one study. Constants may have conditions too: in the functions
 * that say so, index n_params + i speaks of constant i.
 *
 * The unit cube: one dimension per float, int and ordinal, one per value for a
 * categorical (one-hot). Encoding of an int with low..high: (i - low + .5)/(high - low + 1)
 * on the linear scale, and between log(low-.5) and log(high+.5) on the log scale, so that
 * decode(encode(x)) == x exactly and equal parts of the cube are equal chances. With a
 * linear step, a size, and for ordinal "equal", likewise over positions. Floats, and ordinals by
 * value: position of the value between low and high on its scale; the round trip is exact
 * for floats, but on linear scales only to 1e-12 of the range's width. An inactive
 * parameter is encoded as the middle (0.5; one-hot all 0).
 *
 * Midpoint rule, bounds of log-scaled ints, kinds of ordinals and finite ranges follow the
 * configuration space of Syne Tune 0.15 where they agree with it; the tests hold its vectors.
 */
#ifndef WN_SPACE_SPACE_H
#define WN_SPACE_SPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"
#include "base/problems.h"
#include "base/rng.h"

union wn_cell {
    double f;
    int64_t i;
};

#define WN_CELL_OFF \
    INT64_MIN /* in .i, for every type; no float has these bits (-0 is not made) */

enum wn_param_type {
    WN_PARAM_FLOAT = 1,
    WN_PARAM_INT = 2,
    WN_PARAM_CATEGORICAL = 3,
    WN_PARAM_ORDINAL = 4
};
enum wn_scale {
    WN_SCALE_LINEAR = 0,
    WN_SCALE_LOG = 1,
    WN_SCALE_REVERSE_LOG = 2 /* -log(1 - x); float only */
};
enum wn_encoding {
    WN_ENCODING_EQUAL = 0,
    WN_ENCODING_NEAREST = 1,
    WN_ENCODING_NEAREST_LOG = 2
};

struct wn_param {
    const char *name;
    enum wn_param_type type;
    enum wn_scale scale;                 /* float and int */
    enum wn_encoding encoding;           /* ordinal */
    double low, high, step;              /* float and int; step 0: none */
    size_t size;                         /* float and int: points on the scale; 0: none */
    size_t n_values;                     /* categorical and ordinal */
    const struct wn_json *const *values; /* n_values of any scalar JSON type */
    const double *numbers; /* ordinal with numeric values: the values; else NULL */
    size_t dim, n_dims;    /* first dimension of the cube and how many */
};

struct wn_space;

const char *wn_scale_name(enum wn_scale scale); /* as in the job file */

/* Read the job's "space" object. Strings in constants, values and conditions in which
 * `{job_dir}` stands get it replaced by `job_dir` (NULL: left alone). Mistakes go to
 * `problems` with paths "space.lr.low" and are no failure: then WN_OK and *out NULL.
 * WN_ENOMEM is the only failure. */
enum wn_status wn_space_parse(const struct wn_json *object,
                              const char *job_dir,
                              struct wn_problems *problems,
                              struct wn_space **out,
                              struct wn_error *err) WN_MUST_CHECK;
void wn_space_destroy(struct wn_space *space);

/* Restrict the space to a list of complete configurations (objects of values): before
 * anybody else sees it, and once. From then on these alone are drawn, decoded, completed,
 * counted and enumerated, and pass wn_config_check(). Those that are listed twice count
 * once. Mistakes go to `problems` with paths "PATH[3].lr" and are no failure; they leave the
 * space as it was. WN_ENOMEM is the only failure. */
enum wn_status wn_space_restrict(struct wn_space *space,
                                 const struct wn_json *list,
                                 const char *path,
                                 struct wn_problems *problems,
                                 struct wn_error *err) WN_MUST_CHECK;
/* How many configurations the space is restricted to; 0: it is not restricted. */
size_t wn_space_n_allowed(const struct wn_space *space);
/* The index-th of them, in the list's order; borrowed; NULL without parameters. */
const union wn_cell *wn_space_allowed(const struct wn_space *space, size_t index);

size_t wn_space_n_params(const struct wn_space *space);
const struct wn_param *wn_space_param(const struct wn_space *space,
                                      size_t index); /* borrowed */
/* Index of a parameter, or SIZE_MAX. */
size_t wn_space_find(const struct wn_space *space, const char *name);
size_t wn_space_n_constants(const struct wn_space *space);
const char *wn_space_constant(const struct wn_space *space,
                              size_t index,
                              const struct wn_json **value);
/* What a misspelt name of a parameter or constant may have meant, for a hint; borrowed;
 * NULL if nothing is near, or there is no memory to look. */
const char *wn_space_nearest_name(const struct wn_space *space, const char *name);
size_t wn_space_n_dims(const struct wn_space *space);
/* Hash of everything that gives cells their meaning; journaled, so that cells are never
 * read under another space. Stable between program versions of one format. */
uint64_t wn_space_fingerprint(const struct wn_space *space);
/* The space as JSON, defaults filled in (scale, encoding ...), {job_dir} replaced; caller
 * owns; NULL without memory. Parsing it gives an equal space, not yet restricted. */
struct wn_json *wn_space_json(const struct wn_space *space);
/* JSON schema of the "space" object; caller owns; NULL without memory. */
struct wn_json *wn_space_schema(void);
/* Condition of a parameter (or constant: n_params + i) for people ("optimizer = sgd");
 * appends nothing if it has none. */
void wn_space_condition_text(const struct wn_space *space,
                             size_t index,
                             struct wn_buf *out);
/* Number of configurations if it is finite and below 2^53: conditions and restriction are
 * honoured. False
 * also for conditions so entangled that counting them would take seconds. */
bool wn_space_size(const struct wn_space *space, uint64_t *size);
/* Whether parameter `index` (or constant: n_params + i) is active given the cells before and
 * around it; conditions are followed, so cells may be in any order. */
bool wn_space_is_active(const struct wn_space *space,
                        const union wn_cell *cells,
                        size_t index);
/* Whether a condition of another parameter names parameter `index`. */
bool wn_space_is_switch(const struct wn_space *space, size_t index);
/* Whether parameters `a` and `b` have the same conditions as written, so that they are
 * active together. False says nothing. */
bool wn_space_same_conditions(const struct wn_space *space, size_t a, size_t b);
/* The parameters in an order in which each stands after all that its conditions rest on:
 * fills n_params numbers. */
void wn_space_sequence(const struct wn_space *space, size_t *order);

/* --- configurations: every function takes or fills n_params cells --- */

/* Switch off what is inactive (in dependency order) and return the number of active ones.
 * What is active but has no value (WN_CELL_OFF) is left so: wn_config_check() refuses it. */
size_t wn_config_settle(const struct wn_space *space, union wn_cell *cells);
/* Move a settled configuration to the nearest one that the space allows, in the cube; the
 * first of several: for searchers that build cells themselves (mutation, perturbation), as
 * their last step. Changes nothing unless the space is restricted. */
void wn_config_snap(const struct wn_space *space, union wn_cell *cells);
/* WN_EINVAL names the first cell that its parameter could not have made, or shows a
 * configuration that a restricted space does not allow. */
enum wn_status wn_config_check(const struct wn_space *space,
                               const union wn_cell *cells,
                               struct wn_error *err) WN_MUST_CHECK;
/* Of a restricted space: any of the list with equal chances. */
void wn_config_sample(const struct wn_space *space,
                      struct wn_rng *rng,
                      union wn_cell *cells);
bool wn_config_equal(const struct wn_space *space,
                     const union wn_cell *a,
                     const union wn_cell *b);
uint64_t wn_config_hash(const struct wn_space *space, const union wn_cell *cells);
void wn_config_encode(const struct wn_space *space,
                      const union wn_cell *cells,
                      double *cube);
/* Clips to the cube (NaN is 0); categorical: the largest coordinate, the first among
 * equals. Of a restricted space: the configuration nearest to the clipped point, the first
 * among equals, by going through all: some 20 us for 2,000. */
void wn_config_decode(const struct wn_space *space,
                      const double *cube,
                      union wn_cell *cells);
/* The part of [0, 1] around `place` that decodes to one value of a finite parameter that
 * is not categorical; parts meet at their ends. False for others: a float without a step. */
bool wn_param_span(const struct wn_param *param, double place, double *from, double *to);
/* The configuration a user gave (NULL: nothing), perhaps in part; what is missing gets the
 * midpoint rule: numeric the middle on its scale (of two ints or steps the lower), ordinal
 * the middle position (the lower of two) or the value nearest the middle, categorical the
 * first value. Mistakes (unknown name, value not allowed) go to `problems` under `path`;
 * giving an inactive parameter is one. A constant may be given with its own value. The
 * cells are filled in any case; with mistakes the midpoint stands for what was wrong.
 * Of a restricted space: the one that has all that was given and lies nearest to what the
 * midpoint rule makes of it (so of nothing: the nearest to the middle); that none has it
 * is a mistake.
 * WN_ENOMEM is the only failure. */
enum wn_status wn_config_complete(const struct wn_space *space,
                                  const struct wn_json *object,
                                  const char *path,
                                  struct wn_problems *problems,
                                  union wn_cell *cells,
                                  struct wn_error *err) WN_MUST_CHECK;

/* One parameter's value as JSON, for the cell of an active parameter; caller owns. */
struct wn_json *wn_cell_json(const struct wn_param *param, union wn_cell cell);
/* As people read it; "-" for an inactive one. Appends. */
void wn_cell_print(const struct wn_param *param, union wn_cell cell, struct wn_buf *out);
/* {"lr": 0.1, ...}: active parameters, and the constants if asked for; caller owns. */
struct wn_json *wn_config_json(const struct wn_space *space,
                               const union wn_cell *cells,
                               bool with_constants);
/* lr=0.1 width=64 ...: active parameters, for a line of a table. */
void wn_config_print(const struct wn_space *space,
                     const union wn_cell *cells,
                     struct wn_buf *out);

/* Command-line form: calls add(arg, word) for each word. Every active parameter and
 * constant gives `--name` and one word with its value: numbers as JSON prints them, strings
 * as they are, true and false as those words, null gives no flag at all, lists and
 * objects one word of JSON on one line. False if `add` returned false or memory ran out. */
typedef bool wn_word_fn(void *arg, const char *word);
bool wn_config_flags(const struct wn_space *space,
                     const union wn_cell *cells,
                     wn_word_fn *add,
                     void *arg);
/* The same one-word form of a single named value (for command templates `{lr}`): appends
 * to `out`, for null the word null; false if there is no such active parameter or constant. */
bool wn_config_word(const struct wn_space *space,
                    const union wn_cell *cells,
                    const char *name,
                    struct wn_buf *out);

/* A value of one parameter, with the chances that wn_config_sample() gives it. */
union wn_cell wn_param_sample(const struct wn_param *param, struct wn_rng *rng);

/* --- moves: from an active value to one near it, for searchers that perturb --- */

/* A float or int times a factor (on a reverse-log scale: 1 - x times a factor), and one moved
 * by a part of the range on its scale (0.1: a tenth of the way from low to high). The result
 * is the nearest value, within the bounds; where that is the old one, the next value on that
 * side if there is one. */
union wn_cell wn_param_scaled(const struct wn_param *param,
                              union wn_cell cell,
                              double factor);
union wn_cell wn_param_shifted(const struct wn_param *param,
                               union wn_cell cell,
                               double part);
/* The next value up or down (categorical: as listed); the same one at the end, and of a
 * float without a step. */
union wn_cell wn_param_beside(const struct wn_param *param, union wn_cell cell, bool up);

/* --- grids: the finite values of one parameter --- */

/* How many values a grid takes: all of a discrete parameter (categorical, ordinal, with a
 * step or a size), at most `n_samples` of an int (evenly spread on its scale, ends included, each
 * once) and n_samples of a float (the middle if that is 1). n_samples > 0. */
uint64_t wn_param_grid_size(const struct wn_param *param, uint64_t n_samples);
union wn_cell wn_param_grid_cell(const struct wn_param *param,
                                 uint64_t n_samples,
                                 uint64_t index);

/* --- sets of configurations: each once, numbered as they came --- */

struct wn_config_set;
struct wn_config_set *wn_config_set_create(
    const struct wn_space *space); /* NULL without memory */
void wn_config_set_destroy(struct wn_config_set *set);
bool wn_config_set_has(const struct wn_config_set *set, const union wn_cell *cells);
/* The number of a configuration; SIZE_MAX: it is not there. */
size_t wn_config_set_find(const struct wn_config_set *set, const union wn_cell *cells);
/* Borrowed until the next is added; NULL for a space without parameters. */
const union wn_cell *wn_config_set_at(const struct wn_config_set *set, size_t number);
/* Copies; WN_ENOMEM; adding twice is fine. */
enum wn_status wn_config_set_add(struct wn_config_set *set,
                                 const union wn_cell *cells,
                                 struct wn_error *err) WN_MUST_CHECK;
size_t wn_config_set_size(const struct wn_config_set *set);

#endif /* WN_SPACE_SPACE_H */

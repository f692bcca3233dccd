/* space/space_internal.h - how a space is kept, and what its files share.
 *
 * Everything a space points to lives in its arena or in `root`, the job's JSON with
 * {job_dir} replaced. Entries are numbered parameters first, then constants, each in
 * the job file's order; so the number of a parameter's entry is the number of its cell,
 * and constant c is entry n_params + c. `order` gives back the file's order.
 *
 * A parameter with finitely many values numbers them 0 ... count - 1 from low to high
 * (or as listed). This index is what ordinal and categorical cells hold, what grids and
 * sizes count in, and what the cube divides evenly where chances are equal.
 */
#ifndef WN_SPACE_SPACE_INTERNAL_H
#define WN_SPACE_SPACE_INTERNAL_H

#include "space/space.h"

#include "base/mem.h"
#include "base/option.h"

enum { WN_SPACE_MAX_ENTRIES = 4096 }; /* bounds the closure of the conditions */

enum { WN_SPACE_MAX_SIZE = 1000000 }; /* of a range with a size: they are gone through */

/* More values than this and neighbours would share a coordinate on a log scale. */
#define WN_SPACE_MAX_COUNT (UINT64_C(1) << 40)

enum wn_condition_kind {
    WN_CONDITION_ONE_OF, /* the cell is one of `cells` */
    WN_CONDITION_RANGE,  /* the number (float, int) lies in [low, high] */
    WN_CONDITION_FIXED   /* on a constant: decided when the job is read */
};

struct wn_condition {
    size_t on; /* entry */
    enum wn_condition_kind kind;
    bool holds;           /* FIXED */
    double low, high;     /* RANGE; an open end is infinite */
    union wn_cell *cells; /* ONE_OF */
    size_t n_cells;
    const struct wn_json *json; /* as written */
};

struct wn_entry {
    const char *name;
    const struct wn_json *json;  /* as written */
    const struct wn_json *value; /* of a constant; NULL for a parameter */
    struct wn_condition *conditions;
    size_t n_conditions;
    size_t *ancestors; /* entries on whose cells or activity this one rests, all levels */
    size_t n_ancestors;
    bool is_broken; /* while reading: a mistake was found, its values are unknown */
};

struct wn_restriction; /* restrict.c */

struct wn_space {
    struct wn_arena arena;
    struct wn_json *root;
    struct wn_param *params;
    struct wn_entry *entries;
    size_t n_params, n_constants, n_dims;
    size_t *order;    /* entries as in the file */
    size_t *sequence; /* entries, each after those its conditions name */
    uint64_t fingerprint;
    uint64_t size; /* number of configurations, if has_size */
    bool has_size;
    struct wn_restriction *restriction; /* NULL: none */
};

/* What one call of wn_space_parse() carries from step to step. */
struct wn_space_reader {
    struct wn_space *space;
    struct wn_problems *problems;
    struct wn_arena scratch;  /* paths and lists of names */
    const char *const *names; /* of all entries, in the file's order; ends with NULL */
    bool no_memory;
};

/* --- scale.c: between `low` and low + width on a scale --- */

/* Where the point at `distance` from low lies: 0 at low, 1 at low + width. And back. */
double wn_scale_place(enum wn_scale scale, double low, double width, double distance);
double wn_place_clip(double place); /* into [0, 1]; NaN is 0 */
double wn_scale_distance(enum wn_scale scale, double low, double width, double place);

/* --- param.c: one parameter and its values --- */

/* Round to 12 significant digits, clip to the bounds, no -0. */
double wn_param_make(const struct wn_param *param, double value);
/* Number of values; 0 for a float without a step or size. */
uint64_t wn_param_count(const struct wn_param *param);
union wn_cell wn_param_cell(const struct wn_param *param, uint64_t index);
/* Index of a cell of a parameter with finitely many values; false if it is none of them. */
bool wn_param_index(const struct wn_param *param, union wn_cell cell, uint64_t *index);
bool wn_param_has(const struct wn_param *param, union wn_cell cell);
/* The number a cell of a float or int stands for. */
double wn_param_number(const struct wn_param *param, union wn_cell cell);
/* Index of the value nearest to a number, the lower of two; float with a step, or int. */
uint64_t wn_param_nearest(const struct wn_param *param, double number);
/* How many values lie below a number, or at it too; finitely many values, float or int. */
uint64_t wn_param_n_below(const struct wn_param *param, double number, bool with_equal);
/* Position of a value in [0, 1] and back; not for categorical. NaN is taken for 0. */
double wn_param_place(const struct wn_param *param, union wn_cell cell);
union wn_cell wn_param_at(const struct wn_param *param, double place);
union wn_cell wn_param_middle(const struct wn_param *param);
/* The cell of a value as users write it; false if the parameter cannot have it. */
bool wn_param_read(const struct wn_param *param,
                   const struct wn_json *value,
                   union wn_cell *cell);
/* "a number from 0.1 to 1": what wn_param_read() takes, for messages. */
void wn_param_describe(const struct wn_param *param, struct wn_buf *out);
/* The listed string nearest to a misspelt one; NULL if none is near or without memory. */
const char *wn_param_guess(const struct wn_param *param, const struct wn_json *value);
/* Numbers, true, false and null as JSON prints them, strings as they are. */
void wn_json_word(const struct wn_json *value, struct wn_buf *out);

/* --- condition.c --- */

/* Read the `when` of every entry; sets conditions, ancestors and sequence. */
void wn_conditions_read(struct wn_space_reader *reader);
bool wn_condition_holds(const struct wn_condition *condition,
                        const struct wn_space *space,
                        const union wn_cell *cells);

/* --- order.c: what depends on what --- */

void wn_entries_sort(struct wn_space_reader *reader);

/* --- count.c, json.c: what is computed once; false without memory --- */

bool wn_space_count(struct wn_space *space);
bool wn_space_mark(struct wn_space *space);
/* The same once more, for what the space has been restricted to. */
bool wn_space_mark_allowed(struct wn_space *space);

/* --- config.c, set.c --- */

/* A configuration in full: that an active parameter is missing is a mistake too. The cells
 * are settled; with mistakes they mean nothing. Whether the space allows it is not asked. */
enum wn_status wn_config_read(const struct wn_space *space,
                              const struct wn_json *object,
                              const char *path,
                              struct wn_problems *problems,
                              union wn_cell *cells,
                              struct wn_error *err) WN_MUST_CHECK;

/* --- restrict.c: for spaces with a restriction --- */

void wn_restriction_destroy(struct wn_restriction *restriction);
bool wn_restriction_has(const struct wn_space *space, const union wn_cell *cells);
void wn_restriction_draw(const struct wn_space *space,
                         struct wn_rng *rng,
                         union wn_cell *cells);
void wn_restriction_decode(const struct wn_space *space,
                           const double *cube,
                           union wn_cell *cells);
/* Replace `cells` (settled) by the nearest that has the `n` wanted cells whose numbers are in
 * `which`; false: there is none. */
bool wn_restriction_complete(const struct wn_space *space,
                             const union wn_cell *wanted,
                             const size_t *which,
                             size_t n,
                             union wn_cell *cells);

/* --- keys.c: the keys of an entry in the job file --- */

/* One way to write an entry. */
struct wn_entry_kind {
    const char *name;        /* its "type" */
    enum wn_param_type type; /* 0: a constant */
    const struct wn_option *keys;
};

extern const struct wn_entry_kind wn_entry_kinds[]; /* ends with a NULL name */
extern const struct wn_option wn_condition_range_keys[];

/* --- parse.c: paths in messages --- */

/* "space.NAME.KEY.MEMBER", shorter with NULLs; without memory "space", and no_memory. */
const char *wn_space_path(struct wn_space_reader *reader,
                          const char *name,
                          const char *key,
                          const char *member);
/* Memory of the space; sets no_memory and gives NULL without it. */
void *wn_space_take(struct wn_space_reader *reader, size_t n, size_t size_bytes);
/* A JSON value as text for a message, cut when long; borrowed until the reader ends. */
const char *wn_space_quote(struct wn_space_reader *reader, const struct wn_json *value);

#endif /* WN_SPACE_SPACE_INTERNAL_H */

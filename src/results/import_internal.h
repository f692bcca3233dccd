/* results/import_internal.h - what the files of an import share.
 *
 * import_plan.c says which column is what, import_rows.c reads the rows, import_types.c
 * makes hyperparameters of the values that were seen, import_tasks.c the arrays of a task,
 * import.c goes through these in turn. import_source.c hands out bytes, syne_tune.c writes
 * a description from Syne Tune's own.
 */
#ifndef WN_RESULTS_IMPORT_INTERNAL_H
#define WN_RESULTS_IMPORT_INTERNAL_H

#include "base/csv.h"
#include "base/mem.h"
#include "results/benchmark_internal.h"
#include "results/import.h"

/* --- import_keys.c: byte strings, numbered as they come --- */

struct wn_import_key {
    const void *bytes; /* in the arena, with a NUL behind */
    size_t n, line;    /* line: where it was seen first */
    uint64_t hash;
};
struct wn_import_keys {
    WN_VEC(struct wn_import_key) all;
    uint32_t *slots; /* number + 1, by hash; 0: free */
    size_t n_slots;
};
/* Its number, a new one if it is new; SIZE_MAX without memory. */
size_t wn_import_key(struct wn_import_keys *keys,
                     struct wn_arena *arena,
                     const void *bytes,
                     size_t n,
                     size_t line);
void wn_import_keys_release(struct wn_import_keys *keys);

/* --- import_plan.c --- */

enum wn_import_role {
    WN_IMPORT_NONE, /* nothing was said of it: refused */
    WN_IMPORT_IGNORED,
    WN_IMPORT_TASK,
    WN_IMPORT_SEED,
    WN_IMPORT_FIDELITY,
    WN_IMPORT_METRIC,
    WN_IMPORT_PARAM
};

enum wn_import_type { WN_IMPORT_FLOAT, WN_IMPORT_INT, WN_IMPORT_ORDINAL, WN_IMPORT_CAT };

struct wn_import_param {
    const char *column, *name;
    enum wn_import_type type;
    bool is_described, has_type, has_lower, has_upper, has_log, is_log;
    double lower, upper;
    const struct wn_json *choices; /* as described, or NULL */
    struct wn_import_keys words;   /* its cells that differ; numbers in one spelling */
    /* import_types.c */
    bool has_missing, is_left_out;
    double *values;       /* [words] */
    struct wn_json *made; /* its entry in the list of hyperparameters */
};

struct wn_import_metric {
    const char *column, *name, *unit;
    enum wn_benchmark_mode mode;
};

struct wn_import_column {
    enum wn_import_role role;
    size_t index; /* of the parameter or metric */
};

struct wn_import_plan {
    const char *source; /* for messages */
    struct wn_arena arena;
    struct wn_values *values; /* of wn_import_options */
    WN_VEC(struct wn_import_param) params;
    WN_VEC(struct wn_import_metric) metrics;
    size_t elapsed; /* index of the metric; SIZE_MAX: none */
    struct wn_import_column *columns;
    size_t n_columns;
    const char *const *names; /* of the columns, as the first line says */
};

/* The description for a table whose first line is `names`, borrowed for the plan's life;
 * mistakes go to `problems`. `known`: the hyperparameters of the file that tasks are added
 * to, whose columns need no word; or NULL. */
enum wn_status wn_import_plan_make(struct wn_import_plan *plan,
                                   const struct wn_json *description,
                                   const struct wn_json *known,
                                   const char *const *names,
                                   size_t n_names,
                                   struct wn_problems *problems,
                                   struct wn_error *err) WN_MUST_CHECK;
void wn_import_plan_release(struct wn_import_plan *plan);

/* --- import_rows.c --- */

struct wn_import_row {
    uint32_t task, config, seed;
    double fidelity;
    size_t line;
};
struct wn_import_rows {
    struct wn_arena *arena; /* the plan's */
    struct wn_import_keys tasks, configs, seeds;
    WN_VEC(struct wn_import_row) all;
    WN_VEC(float) cells; /* [row][metric] */
};
enum wn_status wn_import_rows_read(struct wn_import_plan *plan,
                                   struct wn_csv *csv,
                                   struct wn_import_rows *rows,
                                   struct wn_error *err) WN_MUST_CHECK;
void wn_import_rows_release(struct wn_import_rows *rows);
/* Whether the text is a finite number and nothing else; *value is it. */
bool wn_import_number(const char *text, double *value);

/* --- import_types.c --- */

/* Types, ranges, choices and values of all hyperparameters; those that a file has already
 * (`known`, a list as in the file, or NULL) are as there. *list: the caller's. */
enum wn_status wn_import_types_make(struct wn_import_plan *plan,
                                    const struct wn_json *known,
                                    struct wn_problems *problems,
                                    struct wn_buf *notes,
                                    struct wn_json **list,
                                    struct wn_error *err) WN_MUST_CHECK;

/* --- import_tasks.c --- */

struct wn_import_task {
    struct wn_benchmark pub;
    double *configs, *fidelity;
    struct wn_benchmark_metric *metrics;
};
/* The arrays of one task of the rows; release it in any case. */
enum wn_status wn_import_task_make(const struct wn_import_plan *plan,
                                   const struct wn_import_rows *rows,
                                   size_t task,
                                   const struct wn_json *params,
                                   struct wn_import_task *out,
                                   struct wn_buf *notes,
                                   struct wn_error *err) WN_MUST_CHECK;
void wn_import_task_release(struct wn_import_task *task);

/* --- import_source.c --- */

struct wn_import_source;
/* Open a .csv, a .zip with one .csv in it, or that of a Syne Tune folder (`folder` then
 * true). */
enum wn_status wn_import_source_open(const char *path,
                                     struct wn_import_source **out,
                                     struct wn_error *err) WN_MUST_CHECK;
void wn_import_source_close(struct wn_import_source *source);
bool wn_import_source_is_folder(const struct wn_import_source *source);
wn_csv_read_fn wn_import_source_read; /* its arg: the source */

/* import.c: from a reader of the table instead of a file; `folder` is Syne Tune's, or NULL. */
enum wn_status wn_benchmark_import_csv(const struct wn_import *import,
                                       struct wn_csv *csv,
                                       const char *folder,
                                       struct wn_problems *problems,
                                       struct wn_buf *notes,
                                       struct wn_error *err) WN_MUST_CHECK;

/* --- syne_tune.c --- */

/* The description that the folder's JSON files and the table's first line stand for, under
 * what the user's own says (which goes first); the caller owns *out. */
enum wn_status wn_syne_tune_describe(const char *folder,
                                     const struct wn_json *user,
                                     const char *const *names,
                                     size_t n_names,
                                     struct wn_json **out,
                                     struct wn_error *err) WN_MUST_CHECK;

#endif /* WN_RESULTS_IMPORT_INTERNAL_H */

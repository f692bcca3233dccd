/* results/benchmark_internal.h - a benchmark while it is read. */
#ifndef WN_RESULTS_BENCHMARK_INTERNAL_H
#define WN_RESULTS_BENCHMARK_INTERNAL_H

#include "base/mem.h"
#include "results/benchmark.h"

enum wn_benchmark_type {
    WN_BENCHMARK_FLOAT,
    WN_BENCHMARK_INT,
    WN_BENCHMARK_ORDINAL,
    WN_BENCHMARK_CAT
};

/* A hyperparameter of a file, checked; texts and choices are those of its JSON. */
struct wn_benchmark_param {
    const char *name;
    enum wn_benchmark_type type;
    bool may_miss; /* in some configurations */
    /* Of a float or an int; NAN: not said. */
    bool has_bounds, is_log;
    double low, high;
    /* Of the others. */
    const struct wn_json *const *choices;
    size_t n_choices;
};

struct wn_benchmark_book {
    struct wn_benchmark pub; /* first: what callers see is the head of what we own */
    struct wn_arena arena;   /* all texts */
    struct wn_json *params;
    const char *params_text;            /* as in the file */
    struct wn_benchmark_param *columns; /* n_params; NULL of a study */
    double *configs, *fidelity;
    bool is_list; /* not a box: tuned by the number of the row */
    /* Of a study: its space, its configurations in it, how much of each was recorded. NULL
     * of a file. */
    struct wn_json *own_space, **own_configs;
    size_t n_own_configs;
    uint32_t *recorded;
    WN_VEC(const char *) tasks;
    WN_VEC(struct wn_benchmark_metric) metrics;
};

/* benchmark_read.c: fill what the file says of the task; nothing is checked but what reading
 * needs. `book` is released by the caller in any case. */
enum wn_status wn_benchmark_read(const char *path,
                                 const char *task,
                                 struct wn_benchmark_book *book,
                                 struct wn_error *err) WN_MUST_CHECK;
/* benchmark_child.c: let a child process call read_all(arg, ...) and hand over what it read.
 * WN_ECORRUPT: it died over it. `n_bytes` of the file say how long it may take. */
typedef enum wn_status wn_benchmark_read_fn(void *arg,
                                            struct wn_benchmark_book *book,
                                            struct wn_error *err);
enum wn_status wn_benchmark_read_aside(const char *path,
                                       size_t n_bytes,
                                       wn_benchmark_read_fn *read_all,
                                       void *arg,
                                       struct wn_benchmark_book *book,
                                       struct wn_error *err) WN_MUST_CHECK;
/* benchmark_read.c: the list of hyperparameters from its text. */
enum wn_status wn_benchmark_take_params(const char *path,
                                        const char *text,
                                        struct wn_benchmark_book *book,
                                        struct wn_error *err) WN_MUST_CHECK;

/* benchmark_past.c: the same from the folder of a study, complete and sound. */
enum wn_status wn_benchmark_read_study(const char *dir,
                                       const char *task,
                                       struct wn_benchmark_book *book,
                                       struct wn_error *err) WN_MUST_CHECK;

#define WN_BENCHMARK_MARK      "WNBENCH1" /* of a file that we wrote: seal_internal.h */
#define WN_BENCHMARK_FILE_MOST ((size_t)1 << 34) /* with a mark: read whole */

/* benchmark.c */
enum wn_status wn_benchmark_no_memory(const char *path, struct wn_error *err);
const char *wn_benchmark_mode_name(enum wn_benchmark_mode mode); /* as in the file */

/* benchmark_params.c: `columns` out of the JSON, checked. */
enum wn_status wn_benchmark_take_columns(const char *path,
                                         struct wn_benchmark_book *book,
                                         struct wn_error *err) WN_MUST_CHECK;
/* Whether it is a float or an int, and not one with choices. */
bool wn_benchmark_is_number(const struct wn_benchmark_param *param);
/* Whether a finite number of `configs` is a value of it, and which choice it stands for: it
 * is the index of a categorical's, and of an ordinal the choice itself, nearly. */
bool wn_benchmark_is_value(const struct wn_benchmark_param *param, double value);
size_t wn_benchmark_choice(const struct wn_benchmark_param *param, double value);

#endif /* WN_RESULTS_BENCHMARK_INTERNAL_H */

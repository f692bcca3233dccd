/* test_table.h - a small benchmark for tests and their programs.
 *
 * One ordinal parameter `x` of `n` values 0 .. n-1, each a row: a complete grid. Row i has,
 * at fidelity k (1, 2, ...), the loss i + 1/k (+ 100 for every further seed) and takes
 * (i + 1) seconds a unit. Everything may be changed before it is written.
 */
#ifndef TESTS_UNIT_TEST_TABLE_H
#define TESTS_UNIT_TEST_TABLE_H

#include "base/mem.h"
#include "results/benchmark.h"

struct small_table {
    struct wn_benchmark head; /* what is written */
    struct wn_benchmark_metric metrics[2];
    struct wn_json *params;
    double *configs, *fidelity;
    float *loss, *elapsed; /* [row][seed][fidelity] */
};

static inline float *small_table_at(const struct small_table *t,
                                    float *values,
                                    size_t row,
                                    size_t seed,
                                    size_t fidelity)
{
    return &values[(row * t->head.n_seeds + seed) * t->head.n_fidelities + fidelity];
}

static inline struct wn_json *small_table_params(size_t n_rows)
{
    struct wn_json *list = wn_json_new_list(), *param = wn_json_new_object();
    struct wn_json *choices = wn_json_new_list();

    for (size_t i = 0; i < n_rows; i++)
        (void)wn_json_add(choices, wn_json_new_integer((int64_t)i));
    (void)wn_json_set(param, "name", wn_json_new_string("x"));
    (void)wn_json_set(param, "type", wn_json_new_string("ordinal"));
    (void)wn_json_set(param, "choices", choices);
    (void)wn_json_add(list, param);
    return list;
}

/* False without memory; released in any case. */
static inline bool small_table_make(struct small_table *t,
                                    size_t n_rows,
                                    size_t n_seeds,
                                    size_t n_fidelities)
{
    size_t n = n_rows * n_seeds * n_fidelities;

    *t = (struct small_table){.params = small_table_params(n_rows),
                              .configs = wn_alloc_array(n_rows, sizeof(double)),
                              .fidelity = wn_alloc_array(n_fidelities, sizeof(double)),
                              .loss = wn_alloc_array(n, sizeof(float)),
                              .elapsed = wn_alloc_array(n, sizeof(float))};
    t->metrics[0] = (struct wn_benchmark_metric){
        .name = "loss", .unit = "", .mode = WN_BENCHMARK_MIN, .at = t->loss};
    t->metrics[1] = (struct wn_benchmark_metric){
        .name = "elapsed_time", .unit = "s", .mode = WN_BENCHMARK_COST, .at = t->elapsed};
    t->head = (struct wn_benchmark){.name = "steps",
                                    .title = "",
                                    .kind = "tabular",
                                    .license = "",
                                    .provenance = "",
                                    .url = "",
                                    .citation = "",
                                    .task = "only",
                                    .params = t->params,
                                    .n_params = 1,
                                    .configs = t->configs,
                                    .n_configs = n_rows,
                                    .n_seeds = n_seeds,
                                    .n_fidelities = n_fidelities,
                                    .fidelity = t->fidelity,
                                    .resource = "epoch",
                                    .resource_unit = "",
                                    .metrics = t->metrics,
                                    .n_metrics = 2};
    if (!t->params || !t->configs || !t->fidelity || !t->loss || !t->elapsed)
        return false;
    for (size_t i = 0; i < n_rows; i++) {
        t->configs[i] = (double)i;
        for (size_t s = 0; s < n_seeds; s++)
            for (size_t k = 0; k < n_fidelities; k++) {
                *small_table_at(t, t->loss, i, s, k) =
                    (float)(i + 100 * s) + 1 / (float)(k + 1);
                *small_table_at(t, t->elapsed, i, s, k) = (float)((i + 1) * (k + 1));
            }
    }
    for (size_t k = 0; k < n_fidelities; k++)
        t->fidelity[k] = (double)(k + 1);
    return true;
}

/* `x` is a number between the first row and the last, and rows are not all there is. */
static inline bool small_table_fill_gaps(struct small_table *t)
{
    struct wn_json *list = wn_json_new_list(), *param = wn_json_new_object();

    (void)wn_json_set(param, "name", wn_json_new_string("x"));
    (void)wn_json_set(param, "type", wn_json_new_string("float"));
    (void)wn_json_set(param, "lower", wn_json_new_integer(0));
    (void)wn_json_set(param, "upper",
                      wn_json_new_integer((int64_t)t->head.n_configs - 1));
    wn_json_destroy(t->params);
    t->head.params = t->params = list;
    return wn_json_add(list, param);
}

static inline enum wn_status small_table_write(const struct small_table *t,
                                               const char *path,
                                               struct wn_error *err)
{
    const struct wn_benchmark *tasks[] = {&t->head};

    return wn_benchmark_write(tasks, 1, path, err);
}

static inline void small_table_release(struct small_table *t)
{
    wn_json_destroy(t->params);
    wn_free(t->configs);
    wn_free(t->fidelity);
    wn_free(t->loss);
    wn_free(t->elapsed);
}

#endif /* TESTS_UNIT_TEST_TABLE_H */

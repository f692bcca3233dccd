/* support_benchmark.c - see support_benchmark.h. */
#include "support_benchmark.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/mem.h"

static struct wn_json *make_params(size_t n_rows)
{
    struct wn_json *list = wn_json_new_list(), *param = wn_json_new_object();
    struct wn_json *choices = wn_json_new_list();

    for (size_t i = 0; i < n_rows; i++)
        assert_true(wn_json_add(choices, wn_json_new_integer((int64_t)i)));
    assert_true(wn_json_set(param, "name", wn_json_new_string("x")));
    assert_true(wn_json_set(param, "type", wn_json_new_string("ordinal")));
    assert_true(wn_json_set(param, "choices", choices));
    assert_true(wn_json_add(list, param));
    return list;
}

float *sim_benchmark_at(struct sim_benchmark *b,
                        float *values,
                        size_t row,
                        size_t seed,
                        size_t fidelity)
{
    return &values[(row * b->head.n_seeds + seed) * b->head.n_fidelities + fidelity];
}

static void fill(struct sim_benchmark *b)
{
    for (size_t i = 0; i < b->head.n_configs; i++) {
        b->configs[i] = (double)i;
        for (size_t s = 0; s < b->head.n_seeds; s++)
            for (size_t k = 0; k < b->head.n_fidelities; k++) {
                *sim_benchmark_at(b, b->loss, i, s, k) =
                    (float)(i + 100 * s) + 1 / (float)(k + 1);
                *sim_benchmark_at(b, b->elapsed, i, s, k) = (float)((i + 1) * (k + 1));
            }
    }
    for (size_t k = 0; k < b->head.n_fidelities; k++)
        b->fidelity[k] = (double)(k + 1);
}

void sim_benchmark_make(struct sim_benchmark *b,
                        size_t n_rows,
                        size_t n_seeds,
                        size_t n_fidelities)
{
    size_t n = n_rows * n_seeds * n_fidelities;

    memset(b, 0, sizeof *b);
    strcpy(b->dir, "/tmp/winnow-sim-benchmark-XXXXXX");
    assert_non_null(mkdtemp(b->dir));
    snprintf(b->path, sizeof b->path, "%s/b.h5", b->dir);
    b->configs = wn_alloc_array(n_rows, sizeof *b->configs);
    b->fidelity = wn_alloc_array(n_fidelities, sizeof *b->fidelity);
    b->loss = wn_alloc_array(n, sizeof *b->loss);
    b->elapsed = wn_alloc_array(n, sizeof *b->elapsed);
    assert_true(b->configs && b->fidelity && b->loss && b->elapsed);
    b->params = make_params(n_rows);
    b->metrics[0] = (struct wn_benchmark_metric){
        .name = "loss", .unit = "", .mode = WN_BENCHMARK_MIN, .at = b->loss};
    b->metrics[1] = (struct wn_benchmark_metric){
        .name = "elapsed_time", .unit = "s", .mode = WN_BENCHMARK_COST, .at = b->elapsed};
    b->head = (struct wn_benchmark){.name = "steps",
                                    .title = "",
                                    .kind = "tabular",
                                    .license = "",
                                    .provenance = "",
                                    .url = "",
                                    .citation = "",
                                    .task = "only",
                                    .params = b->params,
                                    .n_params = 1,
                                    .configs = b->configs,
                                    .n_configs = n_rows,
                                    .n_seeds = n_seeds,
                                    .n_fidelities = n_fidelities,
                                    .fidelity = b->fidelity,
                                    .resource = "epoch",
                                    .resource_unit = "",
                                    .metrics = b->metrics,
                                    .n_metrics = 2};
    fill(b);
}

void sim_benchmark_write(struct sim_benchmark *b)
{
    const struct wn_benchmark *tasks[] = {&b->head};
    struct wn_error err = {0};

    if (wn_benchmark_write(tasks, 1, b->path, &err) != WN_OK)
        fail_msg("%s", err.text);
}

void sim_benchmark_release(struct sim_benchmark *b)
{
    struct wn_error err = {0};

    wn_json_destroy(b->params);
    wn_free(b->configs);
    wn_free(b->fidelity);
    wn_free(b->loss);
    wn_free(b->elapsed);
    if (wn_dir_remove(b->dir, &err) != WN_OK)
        fail_msg("%s", err.text);
}

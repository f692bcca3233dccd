/* support_benchmark.h - a small benchmark file, made anew by each test.
 *
 * One ordinal parameter `x` of `n` values 0 .. n-1, each a row: a complete grid. Row i has,
 * at fidelity k (1, 2, ...), the loss i + 1/k (+ 100 for every further seed) and takes
 * (i + 1) seconds a unit. A test may change the numbers before it is written.
 */
#ifndef TESTS_SIM_SUPPORT_BENCHMARK_H
#define TESTS_SIM_SUPPORT_BENCHMARK_H

#include "results/benchmark.h"

struct sim_benchmark {
    char dir[64], path[96];
    struct wn_benchmark head; /* what is written */
    struct wn_benchmark_metric metrics[2];
    struct wn_json *params;
    double *configs, *fidelity;
    float *loss, *elapsed; /* [row][seed][fidelity] */
};

void sim_benchmark_make(struct sim_benchmark *b,
                        size_t n_rows,
                        size_t n_seeds,
                        size_t n_fidelities);
float *sim_benchmark_at(struct sim_benchmark *b,
                        float *values,
                        size_t row,
                        size_t seed,
                        size_t fidelity);
void sim_benchmark_write(struct sim_benchmark *b);
void sim_benchmark_release(struct sim_benchmark *b); /* removes the file too */

#endif /* TESTS_SIM_SUPPORT_BENCHMARK_H */

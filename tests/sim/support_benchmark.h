/* support_benchmark.h - a small benchmark file (unit/test_table.h), made anew by each test in
 * a folder of its own. A test may change the numbers before it is written.
 */
#ifndef TESTS_SIM_SUPPORT_BENCHMARK_H
#define TESTS_SIM_SUPPORT_BENCHMARK_H

#include "unit/test_table.h"

struct sim_benchmark {
    char dir[64], path[96];
    struct small_table table;
};

void sim_benchmark_make(struct sim_benchmark *b,
                        size_t n_rows,
                        size_t n_seeds,
                        size_t n_fidelities);
void sim_benchmark_write(struct sim_benchmark *b);
void sim_benchmark_release(struct sim_benchmark *b); /* removes the file too */

#endif /* TESTS_SIM_SUPPORT_BENCHMARK_H */

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

void sim_benchmark_make(struct sim_benchmark *b,
                        size_t n_rows,
                        size_t n_seeds,
                        size_t n_fidelities)
{
    strcpy(b->dir, "/tmp/winnow-sim-benchmark-XXXXXX");
    assert_non_null(mkdtemp(b->dir));
    snprintf(b->path, sizeof b->path, "%s/b.h5", b->dir);
    assert_true(small_table_make(&b->table, n_rows, n_seeds, n_fidelities));
}

void sim_benchmark_write(struct sim_benchmark *b)
{
    struct wn_error err = {0};

    if (small_table_write(&b->table, b->path, &err) != WN_OK)
        fail_msg("%s", err.text);
}

void sim_benchmark_release(struct sim_benchmark *b)
{
    struct wn_error err = {0};

    small_table_release(&b->table);
    if (wn_dir_remove(b->dir, &err) != WN_OK)
        fail_msg("%s", err.text);
}

/* fuzz_benchmark.c - any bytes as a benchmark file. links: wn_results
 *
 * A mark of ours at the end is taken off first, so that no checksum ends the attempt early:
 * the bytes are read by a child, and then here if it survived. What is accepted must answer
 * for every cell, have a space or say why not, and be the same once written and read again.
 */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/assert.h"
#include "results/benchmark_internal.h"
#include "results/seal_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/* Numbers equal, NaN too. */
static bool is_same(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

static void look_at(const struct wn_benchmark *b)
{
    struct wn_json *space = NULL;
    struct wn_error err = {.text = ""};
    double sum = 0;

    WN_ASSERT(b->n_configs && b->n_seeds && b->n_fidelities && b->n_metrics);
    for (size_t m = 0; m < b->n_metrics; m++)
        for (size_t c = 0; c < b->n_configs; c++)
            sum += wn_benchmark_at(b, &b->metrics[m], c, b->n_seeds - 1,
                                   b->n_fidelities - 1);
    WN_ASSERT(isnan(sum) || !isnan(sum));
    WN_ASSERT(wn_benchmark_space(b, &space, &err) == WN_OK);
    wn_json_destroy(space);
    for (size_t c = 0; c < b->n_configs; c++) {
        struct wn_json *config = wn_benchmark_config(b, c);

        WN_ASSERT(config);
        wn_json_destroy(config);
    }
}

static void write_and_read(const struct wn_benchmark *b)
{
    char path[64] = "/tmp/wn-fuzz-benchmark-XXXXXX";
    struct wn_benchmark *again = NULL;
    struct wn_error err = {.text = ""};
    int fd = mkstemp(path);

    WN_ASSERT(fd >= 0);
    close(fd);
    if (wn_benchmark_write(&b, 1, path, &err) == WN_OK) {
        WN_ASSERT(wn_benchmark_open(path, NULL, &again, &err) == WN_OK);
        WN_ASSERT(again->n_configs == b->n_configs && again->n_metrics == b->n_metrics);
        for (size_t i = 0; i < b->n_configs * b->n_params; i++)
            WN_ASSERT(is_same(again->configs[i], b->configs[i]));
        wn_benchmark_destroy(again);
    }
    unlink(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    const size_t tail = WN_SEAL_BYTES;
    struct wn_benchmark *b = NULL;
    struct wn_error err = {.text = ""};
    char *copy;
    enum wn_status rc;

    if (n > tail && memcmp(bytes + n - tail, WN_BENCHMARK_MARK, WN_SEAL_MARK_BYTES) == 0)
        n -= tail;
    copy = malloc(n ? n : 1);
    WN_ASSERT(copy);
    memcpy(copy, bytes, n);
    rc = wn_benchmark_open_bytes("b.h5", copy, n, NULL, &b, &err);
    WN_ASSERT((rc == WN_OK) == (b != NULL));
    WN_ASSERT(rc == WN_OK || *err.text);
    WN_ASSERT(rc == WN_OK || rc == WN_ECORRUPT || rc == WN_EVERSION || rc == WN_ENOMEM);
    free(copy);
    if (b) {
        look_at(b);
        write_and_read(b);
    }
    wn_benchmark_destroy(b);
    return 0;
}

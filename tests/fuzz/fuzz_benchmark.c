/* fuzz_benchmark.c - any bytes as a benchmark file. links: wn_results
 *
 * A mark of ours at the end is taken off first, so that no checksum ends the attempt early:
 * the file is read by a child. What is accepted must answer for every cell, have a space or
 * say why not, and be the same once written and read again, then here.
 */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/file.h"
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

static void write_and_read(const char *path, const struct wn_benchmark *b)
{
    struct wn_benchmark *again = NULL;
    struct wn_error err = {.text = ""};

    if (wn_benchmark_write(&b, 1, path, &err) != WN_OK)
        return;
    WN_ASSERT(wn_benchmark_open(path, NULL, &again, &err) == WN_OK);
    WN_ASSERT(again->n_configs == b->n_configs && again->n_metrics == b->n_metrics);
    for (size_t i = 0; i < b->n_configs * b->n_params; i++)
        WN_ASSERT(is_same(again->configs[i], b->configs[i]));
    wn_benchmark_destroy(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    const size_t tail = WN_SEAL_BYTES;
    char path[64] = "/tmp/wn-fuzz-benchmark-XXXXXX";
    struct wn_benchmark *b = NULL;
    struct wn_error err = {.text = ""};
    int fd = mkstemp(path);
    enum wn_status rc;

    if (n > tail && memcmp(bytes + n - tail, WN_BENCHMARK_MARK, WN_SEAL_MARK_BYTES) == 0)
        n -= tail;
    WN_ASSERT(fd >= 0);
    WN_ASSERT(wn_file_write_all(fd, bytes, n, path, &err) == WN_OK);
    close(fd);
    rc = wn_benchmark_open(path, NULL, &b, &err);
    WN_ASSERT((rc == WN_OK) == (b != NULL));
    WN_ASSERT(rc == WN_OK || *err.text);
    WN_ASSERT(rc == WN_OK || rc == WN_ECORRUPT || rc == WN_EVERSION || rc == WN_ENOMEM);
    if (b) {
        look_at(b);
        write_and_read(path, b);
    }
    wn_benchmark_destroy(b);
    unlink(path);
    return 0;
}

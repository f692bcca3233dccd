/* sleeper.c - a training out of a benchmark: it sleeps the times of its row, scaled.
 *
 *     sleeper FILE SCALE ...     the row is the parameter x; reports loss for every epoch
 *     sleeper --make FILE ROWS EPOCHS
 *                                write such a file: x is 0 to ROWS - 1, curves cross, the
 *                                last row but one diverges halfway and the last ends there
 *
 * The real counterpart of the runner table, for tests that compare the two.
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/rng.h"
#include "unit/test_table.h"
#include "winnow/trial.h"

static int fail(const char *text)
{
    fprintf(stderr, "sleeper: %s\n", text);
    return 1;
}

/* --- the file --- */

static void fill(struct small_table *t)
{
    struct wn_rng rng = wn_rng_keyed(1, WN_STREAM_TEST, 0);
    size_t n_rows = t->head.n_configs, n = t->head.n_fidelities;

    for (size_t i = 0; i < n_rows; i++) {
        double level = wn_rng_uniform(&rng, 0.1, 1), speed = wn_rng_uniform(&rng, 0.2, 1);
        double pace = wn_rng_uniform(&rng, 0.5, 2);
        float *loss = small_table_at(t, t->loss, i, 0, 0);
        float *elapsed = small_table_at(t, t->elapsed, i, 0, 0);

        for (size_t k = 0; k < n; k++) {
            bool is_past = k >= n / 2;

            loss[k] = (float)(level + 2 * pow((double)(k + 1), -speed));
            elapsed[k] = (float)(pace * (double)(k + 1));
            if (i + 2 == n_rows && is_past)
                loss[k] = (float)NAN;
            if (i + 1 == n_rows && is_past)
                elapsed[k] = loss[k] = (float)NAN;
        }
    }
}

static int make(const char *path, size_t n_rows, size_t n)
{
    struct small_table t;
    struct wn_error err = {.text = "no memory"};
    enum wn_status rc = WN_ENOMEM;

    if (small_table_make(&t, n_rows, 1, n)) {
        fill(&t);
        rc = small_table_write(&t, path, &err);
    }
    small_table_release(&t);
    return rc == WN_OK ? 0 : fail(err.text);
}

/* --- the training --- */

static void sleep_for(double seconds)
{
    struct timespec left = {.tv_sec = (time_t)seconds,
                            .tv_nsec = (long)((seconds - floor(seconds)) * 1e9)};

    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        continue;
}

static int save(struct winnow_trial *t, long epoch)
{
    const char *dir = winnow_checkpoint_begin(t);
    char path[4096];
    FILE *file;
    int ok;

    if (!dir)
        return 1;
    snprintf(path, sizeof path, "%s/epoch", dir);
    file = fopen(path, "w");
    if (!file)
        return fail("no checkpoint could be written");
    ok = fprintf(file, "%ld\n", epoch) > 0;
    if (fclose(file) != 0 || !ok || winnow_checkpoint_commit(t) != 0)
        return fail("no checkpoint could be written");
    return 0;
}

static int train(struct winnow_trial *t, const struct wn_benchmark *b, double scale)
{
    size_t row = (size_t)winnow_long(t, "x", 0);
    const struct wn_benchmark_metric *loss = wn_benchmark_metric(b, "loss");

    if (row >= b->n_configs)
        return fail("no such row");
    for (long epoch = winnow_restore_resource(t) + 1;
         epoch <= winnow_max_resource(t, (long)b->n_fidelities); epoch++) {
        size_t k = (size_t)epoch - 1;
        double until = wn_benchmark_at(b, b->elapsed, row, 0, k);
        double before = k ? wn_benchmark_at(b, b->elapsed, row, 0, k - 1) : 0;

        if (isnan(until))
            break; /* it had ended */
        sleep_for(scale * (until - before));
        if (winnow_checkpoint_due(t, epoch) && save(t, epoch) != 0)
            return 1;
        winnow_metric(t, "loss", wn_benchmark_at(b, loss, row, 0, k));
        if (winnow_report(t, epoch) != WINNOW_CONTINUE)
            break;
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct wn_benchmark *b = NULL;
    struct winnow_trial *t;
    struct wn_error err;
    int code;

    if (argc == 5 && strcmp(argv[1], "--make") == 0)
        return make(argv[2], strtoul(argv[3], NULL, 10), strtoul(argv[4], NULL, 10));
    if (argc < 3)
        return fail("sleeper FILE SCALE, or --make FILE ROWS EPOCHS");
    if (wn_benchmark_open(argv[1], NULL, &b, &err) != WN_OK)
        return fail(err.text);
    t = winnow_begin(argc, argv);
    code = t ? train(t, b, strtod(argv[2], NULL)) : 1;
    winnow_end(t);
    wn_benchmark_destroy(b);
    return code;
}

/* flood.c - ranks that do nothing but send reports, and a rank 0 that does nothing but take
 * and answer them: what a message costs rank 0 in the transport alone.
 *
 * Started as winnow would be (`run JOB --study FILE --quiet`); rank 0 writes two numbers into
 * FILE: microseconds of processor time per message, received and answered, and how many.
 * Every other rank has WINDOW messages under way, so rank 0 seldom finds none; the looks
 * that do are not counted.
 */
#include <stdio.h>
#include <string.h>

#include "bench.h"
#include "comm/message.h"
#include "comm/mpi.h"

enum { WINDOW = 32, N_EACH = 40000 };

static void encode_report(struct wn_buf *out)
{
    struct wn_metric metrics[] = {{"loss", 0.123456789012}, {"accuracy", 0.87654321}};
    struct wn_message message = {.kind = WN_MSG_REPORT, .trial = 1000, .slot = 3};

    message.report.resource = 27;
    message.report.elapsed_ms = 27000;
    message.report.cost_ms = 1000;
    message.report.metrics = metrics;
    message.report.n_metrics = 2;
    message.report.waits = true;
    wn_message_encode(&message, out);
}

static void encode_answer(struct wn_buf *out)
{
    struct wn_message message = {.kind = WN_MSG_ANSWER, .trial = 1000, .slot = 3};

    message.answer.resource = 27;
    message.answer.verdict = WN_VERDICT_CONTINUE;
    message.answer.milestone = 81;
    wn_message_encode(&message, out);
}

/* The others: as many reports as answers, WINDOW ahead. */
static enum wn_status flood(struct wn_comm *comm, struct wn_error *err)
{
    struct wn_buf report = {0}, in = {0};
    size_t n_sent = 0, n_heard = 0;
    enum wn_status rc = WN_OK;

    encode_report(&report);
    while (!rc && n_heard < N_EACH) {
        enum wn_got got = WN_GOT_NOTHING;
        size_t peer;

        while (!rc && n_sent < N_EACH && n_sent < n_heard + WINDOW) {
            rc = wn_comm_send(comm, 0, report.at, report.n, err);
            n_sent++;
        }
        if (!rc)
            rc = wn_comm_recv(comm, &got, &peer, &in, err);
        if (!rc && got == WN_GOT_BREAK)
            rc = wn_fail(err, WN_ESYSTEM, "rank 0 is gone");
        if (!rc && got == WN_GOT_NOTHING)
            rc = wn_comm_wait(comm, NULL, 0, 1000, err);
        n_heard += got == WN_GOT_MESSAGE;
    }
    wn_buf_release(&in);
    wn_buf_release(&report);
    return rc;
}

static enum wn_status take(struct wn_comm *comm, const char *path, struct wn_error *err)
{
    size_t n_all = N_EACH * wn_comm_n_peers(comm), n_taken = 0;
    struct wn_buf answer = {0}, in = {0};
    struct bench_watch watch = {0};
    double seconds = 0;
    enum wn_status rc = WN_OK;
    FILE *file;

    encode_answer(&answer);
    (void)bench_lap(&watch);
    while (!rc && n_taken < n_all) {
        enum wn_got got = WN_GOT_NOTHING;
        size_t peer = 0;

        (void)bench_lap(&watch);
        rc = wn_comm_recv(comm, &got, &peer, &in, err);
        if (!rc && got == WN_GOT_BREAK)
            rc = wn_fail(err, WN_ESYSTEM, "rank %zu is gone", peer + 1);
        if (!rc && got == WN_GOT_NOTHING) {
            rc = wn_comm_wait(comm, NULL, 0, 1000, err);
            continue;
        }
        if (!rc)
            rc = wn_comm_send(comm, peer, answer.at, answer.n, err);
        seconds += bench_lap(&watch);
        n_taken++;
    }
    file = rc ? NULL : fopen(path, "w");
    if (!rc && (!file || fprintf(file, "%.9g %zu\n", 1e6 * seconds / (double)n_taken,
                                 n_taken) < 0))
        rc = wn_fail_errno(err, WN_EIO, "cannot write %s", path);
    if (file)
        (void)fclose(file);
    wn_buf_release(&in);
    wn_buf_release(&answer);
    return rc;
}

int main(int argc, char **argv)
{
    struct wn_error err = {0};
    struct wn_mpi *mpi = NULL;
    struct wn_comm *comm = NULL;
    enum wn_status rc = wn_mpi_init(&argc, &argv, &mpi, &err);
    int rank = rc ? 0 : wn_mpi_rank(mpi);

    if (!rc && argc < 5)
        rc = wn_fail(&err, WN_EINVAL, "usage: winnow-bench-flood run JOB --study FILE");
    if (!rc)
        rc = wn_mpi_endpoint(mpi,
                             rank ? WN_MPI_WORKER_SLEEP_US : WN_MPI_COORDINATOR_SLEEP_US,
                             &comm, &err);
    if (!rc)
        rc = rank ? flood(comm, &err) : take(comm, argv[4], &err);
    if (rc)
        (void)fprintf(stderr, "winnow-bench-flood: rank %d: %s\n", rank, err.text);
    wn_comm_destroy(comm);
    if (mpi)
        wn_mpi_end(mpi, rc != WN_OK, rc ? 1 : 0);
    return rc ? 1 : 0;
}

/* input.c - reading what a program writes, without waiting.
 *
 * Output is always read, whatever the run waits for, so that no full pipe ever stops the
 * program. Reports of the socket are read one at a time: the client keeps the rest.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "runner/process_internal.h"

#define READS_A_LOOK 4 /* of a pipe, so that a loud program does not hide the others */
#define PENDING_MAX  100000

/* The clock that file times are taken from, exactly: a file written before the report
 * never seems younger. One written soon after may seem older: see helper_hold.c. */
static int64_t file_clock_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void push_report(struct wn_runner *self,
                        size_t slot,
                        struct wn_parsed *report,
                        int64_t now_us)
{
    struct wn_run *run = &self->runs[slot];
    struct wn_parsed *place = NULL;

    if (run->reports.n - run->first < PENDING_MAX)
        place = wn_vec_push(&run->reports);
    else
        wn_run_fail(self, slot, WN_FAILURE_BAD_REPORT, now_us,
                    "more than %d reports came before one could be answered",
                    PENDING_MAX);
    if (place) {
        *place = *report;
        return;
    }
    wn_free(report->metrics);
    wn_run_fail(self, slot, WN_FAILURE_BAD_REPORT, now_us, "no memory for a report");
}

static void take_line(struct wn_runner *self,
                      size_t slot,
                      const char *line,
                      size_t n,
                      int64_t now_us)
{
    struct wn_parsed report = {.arrived_ns = file_clock_ns()};
    bool is_report = false;
    struct wn_error err;

    if (wn_line_parse(line, n, self->cfg.resource_name, &is_report, &report, &err) !=
        WN_OK) {
        wn_free(report.metrics);
        wn_run_fail(self, slot, WN_FAILURE_BAD_REPORT, now_us, "%s", err.text);
    } else if (is_report) {
        push_report(self, slot, &report, now_us);
    }
}

/* Cut standard output into lines. What is too long for a report is passed over. */
static void take_lines(struct wn_runner *self,
                       size_t slot,
                       const char *bytes,
                       size_t n,
                       int64_t now_us)
{
    struct wn_run *run = &self->runs[slot];
    struct wn_output *output = &run->output;

    while (n && !run->failure) {
        const char *end = memchr(bytes, '\n', n);
        size_t part = end ? (size_t)(end - bytes) : n;

        if (!output->skips_line) {
            wn_buf_add(&output->line, bytes, part);
            if (output->line.n > WN_REPORT_MAX && !end) {
                if (wn_line_begins_report(output->line.at, output->line.n))
                    wn_run_fail(self, slot, WN_FAILURE_BAD_REPORT, now_us,
                                "a [tune-metric] line is longer than %d bytes",
                                WN_REPORT_MAX);
                output->skips_line = true;
                wn_buf_clear(&output->line);
            }
        }
        if (end && !output->skips_line)
            take_line(self, slot, wn_buf_text(&output->line), output->line.n, now_us);
        if (end) {
            output->skips_line = false;
            wn_buf_clear(&output->line);
        }
        part += end != NULL;
        bytes += part;
        n -= part;
    }
}

static bool reads_lines(const struct wn_runner *self,
                        const struct wn_run *run,
                        int stream)
{
    return stream == 0 && self->protocol != WN_PROTOCOL_WINNOW && !run->has_hello;
}

void wn_run_end_lines(struct wn_runner *self, size_t slot, int64_t now_us)
{
    struct wn_run *run = &self->runs[slot];

    if (run->output.line.n && !run->output.skips_line && reads_lines(self, run, 0))
        take_line(self, slot, run->output.line.at, run->output.line.n, now_us);
    wn_buf_clear(&run->output.line);
}

void wn_run_read_output(struct wn_runner *self, size_t slot, int stream, int64_t now_us)
{
    struct wn_run *run = &self->runs[slot];
    bool is_over = run->step == WN_STEP_OVER; /* nobody writes any more: read all */
    char bytes[65536];

    for (int i = 0; run->out[stream] >= 0 && (i < READS_A_LOOK || is_over); i++) {
        ssize_t n = read(run->out[stream], bytes, sizeof bytes);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            break;
        if (n <= 0) {
            epoll_ctl(self->epoll, EPOLL_CTL_DEL, run->out[stream], NULL);
            close(run->out[stream]);
            run->out[stream] = -1;
            break;
        }
        wn_output_add(&run->output, bytes, (size_t)n);
        if (reads_lines(self, run, stream))
            take_lines(self, slot, bytes, (size_t)n, now_us);
        if (run->output.total > self->output_limit)
            wn_run_fail(self, slot, WN_FAILURE_BAD_REPORT, now_us,
                        "the program wrote more than %" PRIu64
                        " MiB to its standard streams (trial.output_limit)",
                        self->output_limit >> 20);
        wn_run_touch(self, slot);
    }
}

static void take_packet(struct wn_runner *self,
                        size_t slot,
                        const char *bytes,
                        size_t n,
                        int64_t now_us)
{
    struct wn_run *run = &self->runs[slot];
    struct wn_parsed report = {.arrived_ns = 0};
    enum wn_packet_kind kind = WN_PACKET_BYE;
    struct wn_error err;

    if (wn_packet_parse(bytes, n, &kind, &report, &err) != WN_OK) {
        wn_free(report.metrics);
        wn_run_fail(self, slot, WN_FAILURE_BAD_REPORT, now_us, "%s", err.text);
        return;
    }
    switch (kind) {
    case WN_PACKET_HELLO: run->has_hello = true; break;
    case WN_PACKET_REPORT: push_report(self, slot, &report, now_us); break;
    case WN_PACKET_BYE:
        run->has_bye = true;
        run->report_us = now_us;
        break;
    }
}

void wn_run_read_socket(struct wn_runner *self, size_t slot, int64_t now_us)
{
    struct wn_run *run = &self->runs[slot];
    static const size_t room = WN_REPORT_MAX;
    char bytes[WN_REPORT_MAX];

    while (run->socket >= 0 && run->first == run->reports.n &&
           run->wait == WN_WAIT_NONE && !run->failure) {
        ssize_t n = recv(run->socket, bytes, room, MSG_DONTWAIT | MSG_TRUNC);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return;
        if (n <= 0) {
            wn_run_want_socket(self, slot, false);
            close(run->socket);
            run->socket = -1;
            return;
        }
        if ((size_t)n > room)
            wn_run_fail(self, slot, WN_FAILURE_BAD_REPORT, now_us,
                        "a message of %zd bytes is longer than the %zu allowed", n, room);
        else
            take_packet(self, slot, bytes, (size_t)n, now_us);
        wn_run_touch(self, slot);
    }
}

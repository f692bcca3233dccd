/* load.c - see load.h. */
#include "load.h"

#include <stdio.h>

#include "base/mem.h"
#include "base/rng.h"
#include "comm/loopback.h"
#include "comm/message.h"
#include "coordinator/coordinator.h"

#define SPACE                                                                           \
    "\"space\": {\"lr\": {\"type\": \"float\", \"low\": 1e-4, \"high\": 1, \"scale\": " \
    "\"log\"}, \"width\": {\"type\": \"int\", \"low\": 8, \"high\": 4096},"             \
    " \"momentum\": {\"type\": \"float\", \"low\": 0, \"high\": 0.99},"                 \
    " \"optimizer\": {\"type\": \"categorical\", \"values\": [\"sgd\", \"adam\"]}}"
#define HEAD                                                             \
    "{\"name\": \"load\", \"trial\": {\"runner\": \"function\"}, " SPACE \
    ", \"metric\": {\"name\": \"loss\"}, "

const char bench_job_fifo[] =
    HEAD "\"resource\": {\"max\": 100}, \"scheduler\": {\"type\": \"fifo\"}}";
const char bench_job_asha[] =
    HEAD "\"resource\": {\"max\": 27},"
         " \"scheduler\": {\"type\": \"asha\", \"variant\": \"stopping\"}}";

struct slot {
    bool is_busy, waits, is_over;
    uint32_t trial;
    struct wn_dispatch dispatch;
    int64_t resource, milestone;
};

struct load {
    struct bench_load cfg;
    struct wn_comm *comm, **workers;
    struct wn_coord *coord;
    struct slot *slots; /* of all workers */
    struct wn_buf in, out;
    struct wn_arena arena;
    struct wn_rng rng;
    uint64_t n_sent, n_trials;
};

static enum wn_status say(struct load *load,
                          size_t worker,
                          const struct wn_message *message,
                          struct wn_error *err)
{
    wn_buf_clear(&load->out);
    wn_message_encode(message, &load->out);
    if (load->out.failed)
        return wn_fail(err, WN_ENOMEM, "no memory for a message");
    return wn_comm_send(load->workers[worker], 0, load->out.at, load->out.n, err);
}

static struct wn_message about(const struct load *load,
                               size_t index,
                               enum wn_message_kind kind)
{
    const struct slot *slot = &load->slots[index];

    return (struct wn_message){.kind = kind,
                               .trial = slot->trial,
                               .slot = (uint32_t)(index % load->cfg.n_slots),
                               .dispatch = slot->dispatch};
}

static enum wn_status hello(struct load *load, size_t worker, struct wn_error *err)
{
    struct wn_message message = {.kind = WN_MSG_HELLO};

    message.hello.n_slots = (uint32_t)load->cfg.n_slots;
    message.hello.cores_per_slot = 1;
    message.hello.host = message.hello.version = message.hello.cpus = "";
    return say(load, worker, &message, err);
}

static enum wn_status report(struct load *load, size_t index, struct wn_error *err)
{
    struct slot *slot = &load->slots[index];
    struct wn_message message = about(load, index, WN_MSG_REPORT);
    struct wn_metric metrics[] = {{"loss", wn_rng_unit(&load->rng)},
                                  {"accuracy", wn_rng_unit(&load->rng)}};

    message.report.resource = ++slot->resource;
    message.report.elapsed_ms = slot->resource * 1000;
    message.report.cost_ms = 1000;
    message.report.metrics = metrics;
    message.report.n_metrics = 2;
    message.report.waits = slot->waits = slot->resource >= slot->milestone;
    load->n_sent++;
    return say(load, index / load->cfg.n_slots, &message, err);
}

static enum wn_status empty(struct load *load, size_t index, struct wn_error *err)
{
    struct wn_message message = about(load, index, WN_MSG_FREE);

    load->slots[index] = (struct slot){0};
    return say(load, index / load->cfg.n_slots, &message, err);
}

/* What the coordinator said to a worker. */
static enum wn_status hear(struct load *load, size_t worker, struct wn_error *err)
{
    for (;;) {
        enum wn_got got = WN_GOT_NOTHING;
        struct wn_message message;
        struct slot *slot;
        size_t peer;
        enum wn_status rc =
            wn_comm_recv(load->workers[worker], &got, &peer, &load->in, err);

        if (rc || got != WN_GOT_MESSAGE)
            return rc;
        wn_arena_reset(&load->arena);
        rc = wn_message_decode(load->in.at, load->in.n, &load->arena, &message, err);
        if (rc)
            return rc;
        slot = &load->slots[worker * load->cfg.n_slots + message.slot];
        if (message.kind == WN_MSG_RUN) {
            *slot = (struct slot){.is_busy = true,
                                  .trial = message.trial,
                                  .dispatch = message.dispatch,
                                  .resource = message.run.recorded,
                                  .milestone = message.run.milestone};
            load->n_trials++;
        } else if (message.kind == WN_MSG_ANSWER) {
            slot->waits = false;
            slot->milestone = message.answer.milestone;
            slot->is_over = message.answer.verdict != WN_VERDICT_CONTINUE;
        } else if (message.kind == WN_MSG_ABANDON) {
            slot->is_over = true;
        }
    }
}

/* Every slot goes on by one message, then the coordinator takes all of them in. */
static enum wn_status turn(struct load *load, struct wn_error *err)
{
    enum wn_status rc = WN_OK;

    for (size_t i = 0; !rc && i < load->cfg.n_workers; i++)
        rc = hear(load, i, err);
    for (size_t i = 0; !rc && i < load->cfg.n_workers * load->cfg.n_slots; i++) {
        struct slot *slot = &load->slots[i];

        if (slot->is_over)
            rc = empty(load, i, err);
        else if (slot->is_busy && !slot->waits && load->n_sent < load->cfg.n_reports)
            rc = report(load, i, err);
    }
    return rc ? rc : wn_coord_step(load->coord, err);
}

static enum wn_status send_all(struct load *load,
                               struct bench_loaded *out,
                               struct wn_error *err)
{
    double resident, peak, resident_after, peak_after, begin, cpu_s;
    uint64_t written, written_after, synced;
    enum wn_status rc = WN_OK;

    bench_resident(&resident, &peak);
    wn_coord_lengths(load->coord, &written, &synced);
    begin = bench_now_s();
    cpu_s = bench_own_cpu_s();
    while (!rc && load->n_sent < load->cfg.n_reports && !wn_coord_is_done(load->coord))
        rc = turn(load, err);
    out->seconds = bench_now_s() - begin;
    out->cpu_s = bench_own_cpu_s() - cpu_s;
    bench_resident(&resident_after, &peak_after);
    wn_coord_lengths(load->coord, &written_after, &synced);
    out->n_reports = load->n_sent;
    out->n_trials = load->n_trials;
    out->n_events = wn_coord_n_events(load->coord);
    out->journal_bytes = (double)(written_after - written);
    out->peak_bytes = peak_after - resident;
    if (!rc && load->n_sent < load->cfg.n_reports)
        rc = wn_fail(err, WN_ESYSTEM, "the study ended after %llu reports",
                     (unsigned long long)load->n_sent);
    return rc;
}

static enum wn_status open_load(struct load *load, struct wn_error *err)
{
    struct wn_coord_config cfg = {.job = load->cfg.job, .study_dir = load->cfg.study_dir};
    struct wn_problems problems = {0};
    enum wn_opening opening;
    enum wn_status rc;

    load->workers = wn_alloc_array(load->cfg.n_workers, sizeof *load->workers);
    load->slots =
        wn_alloc_array(load->cfg.n_workers * load->cfg.n_slots, sizeof *load->slots);
    if (!load->workers || !load->slots)
        return wn_fail(err, WN_ENOMEM, "no memory for workers");
    rc = wn_loopback_create(load->cfg.n_workers, &load->comm, load->workers, err);
    if (rc)
        return rc;
    cfg.comm = load->comm;
    rc = wn_coord_open(&cfg, &opening, &problems, &load->coord, err);
    wn_problems_release(&problems);
    for (size_t i = 0; !rc && i < load->cfg.n_workers; i++)
        rc = hello(load, i, err);
    return rc;
}

static enum wn_status run_here(const void *arg, void *result, struct wn_error *err)
{
    const struct bench_load *cfg = arg;
    struct load load = {.cfg = *cfg, .rng = wn_rng_keyed(1, WN_STREAM_TEST, 0)};
    enum wn_status rc = open_load(&load, err);

    if (!rc)
        rc = turn(&load, err); /* hello, and the first trials */
    if (!rc)
        rc = send_all(&load, result, err);
    wn_coord_destroy(load.coord);
    for (size_t i = 0; load.comm && i < cfg->n_workers; i++)
        wn_comm_destroy(load.workers[i]);
    wn_comm_destroy(load.comm);
    wn_free(load.workers);
    wn_free(load.slots);
    wn_buf_release(&load.in);
    wn_buf_release(&load.out);
    wn_arena_release(&load.arena);
    return rc;
}

enum wn_status bench_load_run(const struct bench_load *load,
                              struct bench_loaded *out,
                              struct wn_error *err)
{
    return bench_apart(run_here, load, out, sizeof *out, err);
}

/* rush.c - see rush.h. Times of this world are nanoseconds. */
#include "rush.h"

#include <string.h>

#include "base/heap.h"
#include "base/mem.h"
#include "base/rng.h"
#include "comm/message.h"
#include "coordinator/coordinator.h"

struct slot {
    uint32_t trial;
    struct wn_dispatch dispatch;
    int64_t resource, milestone, unit_ns;
    int64_t asked_ns;             /* when the report was sent that waits */
    bool is_used, waits, is_over; /* is_used: it had a trial before */
};

/* A message under way or waiting. */
struct arrival {
    int64_t at_ns, resource;
    size_t slot;
    enum wn_message_kind kind;
    bool waits;
};

struct samples {
    double *at; /* room for n_messages */
    uint64_t n;
    double sum, squares;
};

struct world {
    struct wn_comm comm; /* the coordinator's endpoint */
    struct bench_rush cfg;
    struct wn_coord *coord;
    struct slot *slots;
    struct wn_heap due; /* by slot: the end of a unit, or of a trial */
    WN_VEC(struct arrival) queue;
    size_t first; /* of the queue */
    struct wn_buf bytes;
    struct wn_arena arena;
    struct wn_rng rng;
    struct bench_watch watch;
    int64_t now_ns, taken_ns, first_ns; /* first_ns: measuring began */
    bool is_measuring, is_serving;
    enum bench_rush_kind kind;
    double service_s; /* of the message in hand, so far */
    struct samples service[RUSH_N_KINDS], answers;
    uint64_t n_taken, n_reports, n_events_before;
    double busy_s, queue_s;
};

static int64_t ns_of(double seconds)
{
    return (int64_t)(seconds * 1e9);
}

static void note(struct samples *samples, double value, uint64_t room)
{
    if (samples->n < room)
        samples->at[samples->n++] = value;
    samples->sum += value;
    samples->squares += value * value;
}

/* --- the workers --- */

static void say(struct world *world, const struct arrival *arrival)
{
    struct arrival *place = wn_vec_push(&world->queue);

    if (place)
        *place = *arrival;
    else
        world->bytes.failed = true; /* recv() says so */
}

/* A unit is done, or the slot of a trial that is over is free. */
static void happen(struct world *world, size_t index, int64_t at_ns)
{
    struct slot *slot = &world->slots[index];
    struct arrival arrival = {.at_ns = at_ns, .slot = index, .kind = WN_MSG_FREE};

    if (!slot->is_over) {
        arrival.kind = WN_MSG_REPORT;
        arrival.resource = ++slot->resource;
        arrival.waits = slot->waits = slot->resource >= slot->milestone;
        slot->asked_ns = at_ns;
        if (!slot->waits)
            wn_heap_put(&world->due, index, at_ns + slot->unit_ns);
    }
    say(world, &arrival);
}

/* Everything up to now arrives. */
static void catch_up(struct world *world)
{
    size_t index = 0;
    int64_t at_ns;

    while ((at_ns = wn_heap_next(&world->due, &index)) <= world->now_ns) {
        wn_heap_remove(&world->due, index);
        happen(world, index, at_ns);
    }
}

static void on_run(struct world *world, size_t index, const struct wn_message *message)
{
    struct slot *slot = &world->slots[index];
    double pace = wn_rng_uniform(&world->rng, 0.5, 1.5);
    /* The first unit of a slot is a part of one, so that workers are out of step. */
    double part = slot->is_used ? 1 : wn_rng_unit(&world->rng);

    *slot = (struct slot){.is_used = true,
                          .trial = message->trial,
                          .dispatch = message->dispatch,
                          .resource = message->run.recorded,
                          .milestone = message->run.milestone,
                          .unit_ns = ns_of(world->cfg.unit_s * pace)};
    wn_heap_put(&world->due, index,
                world->now_ns + (int64_t)(part * (double)slot->unit_ns));
}

static void on_answer(struct world *world, size_t index, const struct wn_message *message)
{
    struct slot *slot = &world->slots[index];

    slot->waits = false;
    slot->milestone = message->answer.milestone;
    slot->is_over = message->answer.verdict != WN_VERDICT_CONTINUE;
    wn_heap_put(&world->due, index,
                world->now_ns +
                    (slot->is_over ? ns_of(world->cfg.free_s) : slot->unit_ns));
    if (world->is_measuring)
        note(&world->answers, 1e-3 * (double)(world->now_ns - slot->asked_ns),
             world->cfg.n_messages);
}

/* --- the coordinator's endpoint --- */

static struct world *world_of(struct wn_comm *comm)
{
    return (struct world *)comm;
}

static size_t rush_n_peers(const struct wn_comm *comm)
{
    return ((const struct world *)comm)->cfg.n_workers;
}

/* What the coordinator did since the last look belongs to the message in hand. */
static void charge(struct world *world)
{
    double took_s = bench_lap(&world->watch);

    world->service_s += took_s;
    if (world->cfg.service_us <= 0)
        world->now_ns += ns_of(took_s);
}

static enum wn_status rush_send(struct wn_comm *comm,
                                size_t peer,
                                const void *bytes,
                                size_t n,
                                struct wn_error *err)
{
    struct world *world = world_of(comm);
    struct wn_message message;
    enum wn_status rc;

    charge(world);
    wn_arena_reset(&world->arena);
    rc = wn_message_decode(bytes, n, &world->arena, &message, err);
    if (!rc && message.kind == WN_MSG_RUN)
        on_run(world, peer, &message);
    else if (!rc && message.kind == WN_MSG_ANSWER)
        on_answer(world, peer, &message);
    (void)bench_lap(&world->watch); /* the workers' time is not the coordinator's */
    return rc;
}

/* The message in hand is done with. */
static void end_service(struct world *world)
{
    charge(world);
    if (world->is_serving && world->is_measuring) {
        note(&world->service[world->kind], 1e6 * world->service_s, world->cfg.n_messages);
        note(&world->service[RUSH_ALL], 1e6 * world->service_s, world->cfg.n_messages);
        world->busy_s += 1e-9 * (double)(world->now_ns - world->taken_ns);
    }
    world->is_serving = false;
    world->service_s = 0;
}

static void encode(struct world *world, const struct arrival *arrival, struct wn_buf *out)
{
    const struct slot *slot = &world->slots[arrival->slot];
    struct wn_metric metrics[] = {{"loss", wn_rng_unit(&world->rng)},
                                  {"accuracy", wn_rng_unit(&world->rng)}};
    struct wn_message message = {
        .kind = arrival->kind, .trial = slot->trial, .dispatch = slot->dispatch};

    if (arrival->kind == WN_MSG_HELLO) {
        message.hello.n_slots = message.hello.cores_per_slot = 1;
        message.hello.host = message.hello.version = message.hello.cpus = "";
    } else if (arrival->kind == WN_MSG_REPORT) {
        message.report.resource = arrival->resource;
        message.report.elapsed_ms = arrival->resource * slot->unit_ns / 1000000;
        message.report.cost_ms = slot->unit_ns / 1000000;
        message.report.metrics = metrics;
        message.report.n_metrics = 2;
        message.report.waits = arrival->waits;
    }
    wn_message_encode(&message, out);
}

static void begin_measuring(struct world *world)
{
    world->is_measuring = true;
    world->first_ns = world->now_ns;
    world->n_events_before = wn_coord_n_events(world->coord);
}

static void begin_service(struct world *world, const struct arrival *arrival)
{
    bool is_report = arrival->kind == WN_MSG_REPORT;

    if (!world->is_measuring && arrival->kind != WN_MSG_HELLO &&
        world->now_ns > ns_of(world->cfg.warm_units * world->cfg.unit_s))
        begin_measuring(world);
    world->kind = !is_report ? RUSH_FREE : arrival->waits ? RUSH_JUDGED : RUSH_PLAIN;
    world->is_serving = true;
    world->taken_ns = world->now_ns;
    if (world->is_measuring) {
        world->n_taken++;
        world->n_reports += is_report;
        world->queue_s += 1e-9 * (double)(world->now_ns - arrival->at_ns);
    }
    if (world->cfg.service_us > 0)
        world->now_ns += ns_of(1e-6 * world->cfg.service_us);
}

/* The queue begins anew when it is empty, or mostly taken. */
static void forget_taken(struct world *world)
{
    size_t n_left = world->queue.n - world->first;

    if (world->first < 1000 + n_left)
        return;
    if (n_left)
        memmove(world->queue.at, world->queue.at + world->first,
                n_left * sizeof *world->queue.at);
    world->queue.n = n_left;
    world->first = 0;
}

static enum wn_status rush_recv(struct wn_comm *comm,
                                enum wn_got *got,
                                size_t *peer,
                                struct wn_buf *out,
                                struct wn_error *err)
{
    struct world *world = world_of(comm);
    struct arrival arrival;

    end_service(world);
    catch_up(world);
    *got = WN_GOT_NOTHING;
    wn_buf_clear(out);
    if (world->bytes.failed)
        return wn_fail(err, WN_ENOMEM, "no memory for a queue");
    if (world->first < world->queue.n) {
        arrival = world->queue.at[world->first++];
        forget_taken(world);
        encode(world, &arrival, out);
        *got = WN_GOT_MESSAGE;
        *peer = arrival.slot;
        begin_service(world, &arrival);
    }
    (void)bench_lap(&world->watch);
    return out->failed ? wn_fail(err, WN_ENOMEM, "no memory for a message") : WN_OK;
}

static int64_t rush_now_us(const struct wn_comm *comm)
{
    return ((const struct world *)comm)->now_ns / 1000;
}

static enum wn_status rush_wait(struct wn_comm *comm,
                                struct pollfd *fds,
                                size_t n_fds,
                                int64_t timeout_us,
                                struct wn_error *err)
{
    (void)comm, (void)fds, (void)n_fds, (void)timeout_us, (void)err;
    return WN_OK;
}

static void rush_destroy(struct wn_comm *comm)
{
    (void)comm; /* it is the caller's */
}

static const struct wn_comm_ops rush_ops = {
    .name = "rush",
    .n_peers = rush_n_peers,
    .send = rush_send,
    .recv = rush_recv,
    .now_us = rush_now_us,
    .wait = rush_wait,
    .destroy = rush_destroy,
};

/* --- the run --- */

static enum wn_status open_world(struct world *world,
                                 const struct bench_rush *cfg,
                                 struct wn_error *err)
{
    struct wn_coord_config coord = {.job = cfg->job,
                                    .study_dir = cfg->study_dir,
                                    .comm = &world->comm,
                                    .is_simulated = true};
    struct wn_problems problems = {0};
    enum wn_opening opening;
    bool has_memory = wn_heap_reserve(&world->due, cfg->n_workers);
    enum wn_status rc;

    world->comm.ops = &rush_ops;
    world->cfg = *cfg;
    world->rng = wn_rng_keyed(1, WN_STREAM_TEST, 0);
    world->slots = wn_alloc_array(cfg->n_workers, sizeof *world->slots);
    world->answers.at = wn_alloc_array(cfg->n_messages, sizeof(double));
    has_memory = has_memory && world->slots && world->answers.at;
    for (int kind = 0; kind < RUSH_N_KINDS; kind++) {
        world->service[kind].at = wn_alloc_array(cfg->n_messages, sizeof(double));
        has_memory = has_memory && world->service[kind].at;
    }
    if (!has_memory)
        return wn_fail(err, WN_ENOMEM, "no memory for %zu workers", cfg->n_workers);
    for (size_t i = 0; i < cfg->n_workers; i++)
        say(world, &(struct arrival){.slot = i, .kind = WN_MSG_HELLO});
    rc = wn_coord_open(&coord, &opening, &problems, &world->coord, err);
    wn_problems_release(&problems);
    return rc;
}

static void close_world(struct world *world)
{
    wn_coord_destroy(world->coord);
    for (int kind = 0; kind < RUSH_N_KINDS; kind++)
        wn_free(world->service[kind].at);
    wn_free(world->answers.at);
    wn_free(world->slots);
    wn_vec_release(&world->queue);
    wn_heap_release(&world->due);
    wn_buf_release(&world->bytes);
    wn_arena_release(&world->arena);
}

static void sum_up(struct world *world, struct bench_rushed *out)
{
    for (int kind = 0; kind < RUSH_N_KINDS; kind++) {
        struct samples *samples = &world->service[kind];
        double n = samples->n ? (double)samples->n : 1;

        out->service[kind] = (struct bench_service){
            .n = samples->n,
            .mean_us = samples->sum / n,
            .square_us2 = samples->squares / n,
            .p50_us = bench_quantile(samples->at, samples->n, 0.5),
            .p99_us = bench_quantile(samples->at, samples->n, 0.99),
            .most_us = bench_quantile(samples->at, samples->n, 1)};
    }
    out->n_reports = world->n_reports;
    out->n_events = wn_coord_n_events(world->coord) - world->n_events_before;
    out->virtual_s = 1e-9 * (double)(world->now_ns - world->first_ns);
    out->busy_s = world->busy_s;
    out->answer_us = world->answers.n ? world->answers.sum / (double)world->answers.n : 0;
    out->answer_p99_us = bench_quantile(world->answers.at, world->answers.n, 0.99);
    out->queue_us = world->n_taken ? 1e6 * world->queue_s / (double)world->n_taken : 0;
}

static enum wn_status run_here(const void *arg, void *result, struct wn_error *err)
{
    const struct bench_rush *cfg = arg;
    struct world world = {0};
    enum wn_status rc = open_world(&world, cfg, err);

    (void)bench_lap(&world.watch);
    (void)bench_lap(&world.watch);
    while (!rc && world.n_taken < cfg->n_messages && !wn_coord_is_done(world.coord)) {
        int64_t next_ns;

        rc = wn_coord_step(world.coord, err);
        end_service(&world);
        next_ns = wn_heap_next(&world.due, NULL);
        if (next_ns > 1000 * wn_coord_deadline_us(world.coord))
            next_ns = 1000 * wn_coord_deadline_us(world.coord);
        if (world.first == world.queue.n && next_ns > world.now_ns)
            world.now_ns = next_ns;
    }
    if (!rc && world.n_taken < cfg->n_messages)
        rc = wn_fail(err, WN_ESYSTEM, "the study ended after %llu messages",
                     (unsigned long long)world.n_taken);
    if (!rc)
        sum_up(&world, result);
    close_world(&world);
    return rc;
}

enum wn_status bench_rush_run(const struct bench_rush *rush,
                              struct bench_rushed *out,
                              struct wn_error *err)
{
    return bench_apart(run_here, rush, out, sizeof *out, err);
}

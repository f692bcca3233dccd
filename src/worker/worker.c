/* worker.c - messages in, starts and answers out, and the other way round. */
#include "worker/worker.h"

#include <inttypes.h>
#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "comm/message.h"

#define N_FDS 64 /* most descriptors of a runner; more wait for the deadline */

struct slot {
    bool is_busy;          /* a start was made and GONE has not come */
    bool is_waiting;       /* its last report waits for an answer */
    bool is_given_up;      /* killed: what it still says is dropped, but for GONE */
    bool has_next;         /* a RUN came while the slot was busy */
    bool is_next_unwanted; /* and an ABANDON after it: free without a start */
    uint32_t trial;
    struct wn_dispatch dispatch; /* of the run in it, or of the last one */
    int64_t waiting_resource;
    struct wn_generation source; /* what the run began from, or would begin again from */
    struct wn_task next;
    union wn_cell *next_cells; /* of `next`, n_params */
};

struct wn_worker {
    struct wn_worker_config cfg;
    struct wn_runner *runner;
    struct slot *slots;
    size_t n_busy, n_params;
    bool has_greeted, is_quitting, is_link_broken, is_logging;
    struct wn_buf in, out;
    struct wn_arena arena;
};

void wn_worker_destroy(struct wn_worker *worker)
{
    if (!worker)
        return;
    if (worker->runner)
        worker->cfg.ops->destroy(worker->runner);
    for (size_t i = 0; worker->slots && i < worker->cfg.runner.n_slots; i++)
        wn_free(worker->slots[i].next_cells);
    wn_free(worker->slots);
    wn_buf_release(&worker->in);
    wn_buf_release(&worker->out);
    wn_arena_release(&worker->arena);
    wn_free(worker);
}

enum wn_status wn_worker_create(const struct wn_worker_config *cfg,
                                struct wn_worker **out,
                                struct wn_error *err)
{
    struct wn_worker *worker = wn_alloc(sizeof *worker);
    enum wn_status rc;

    if (!worker)
        return wn_fail(err, WN_ENOMEM, "no memory for a worker");
    worker->cfg = *cfg;
    worker->n_params = wn_space_n_params(cfg->runner.space);
    worker->slots = wn_alloc_array(cfg->runner.n_slots, sizeof *worker->slots);
    if (!worker->slots) {
        wn_worker_destroy(worker);
        return wn_fail(err, WN_ENOMEM, "no memory for a worker of %zu slots",
                       cfg->runner.n_slots);
    }
    rc = cfg->ops->create(&cfg->runner, &worker->runner, err);
    if (rc != WN_OK) {
        wn_worker_destroy(worker);
        return rc;
    }
    *out = worker;
    return WN_OK;
}

static enum wn_status tell(struct wn_worker *worker,
                           const struct wn_message *message,
                           struct wn_error *err)
{
    if (worker->is_link_broken)
        return WN_OK;
    wn_buf_clear(&worker->out);
    wn_message_encode(message, &worker->out);
    if (worker->out.failed)
        return wn_fail(err, WN_ENOMEM, "no memory for a message");
    return wn_comm_send(worker->cfg.comm, 0, worker->out.at, worker->out.n, err);
}

static struct wn_message message_about(const struct wn_worker *worker,
                                       enum wn_message_kind kind,
                                       size_t index)
{
    const struct slot *slot = &worker->slots[index];

    return (struct wn_message){.kind = kind,
                               .trial = slot->trial,
                               .slot = (uint32_t)index,
                               .dispatch = slot->dispatch};
}

void wn_worker_log(void *arg, enum wn_log_level level, const char *part, const char *line)
{
    struct wn_worker *worker = arg;
    struct wn_message message = {.kind = WN_MSG_LOG, .trial = WN_TRIAL_NONE};
    struct wn_buf out = {0}; /* not worker->out: a line may come while it is in use */

    if (worker->is_logging || worker->is_link_broken || !worker->has_greeted)
        return;
    worker->is_logging = true; /* sending may log */
    message.log.level = level;
    message.log.part = part;
    message.log.line = line;
    wn_message_encode(&message, &out);
    if (!out.failed && wn_comm_send(worker->cfg.comm, 0, out.at, out.n, NULL) != WN_OK)
        worker->is_link_broken = true; /* the next step finds nobody to talk to */
    wn_buf_release(&out);
    worker->is_logging = false;
}

static enum wn_status greet(struct wn_worker *worker, struct wn_error *err)
{
    struct wn_message hello = {
        .kind = WN_MSG_HELLO,
        .trial = WN_TRIAL_NONE,
        .hello = {.n_slots = (uint32_t)worker->cfg.runner.n_slots,
                  .cores_per_slot = worker->cfg.cores_per_slot,
                  .pid = worker->cfg.pid,
                  .host = worker->cfg.host ? worker->cfg.host : "",
                  .version = worker->cfg.version ? worker->cfg.version : "",
                  .cpus = worker->cfg.cpus ? worker->cfg.cpus : ""}};

    if (worker->has_greeted)
        return WN_OK;
    worker->has_greeted = true;
    return tell(worker, &hello, err);
}

/* --- from the coordinator --- */

static int64_t now_of(const struct wn_worker *worker)
{
    return wn_comm_now_us(worker->cfg.comm);
}

static bool is_newer(struct wn_dispatch a, struct wn_dispatch b)
{
    return a.incarnation > b.incarnation ||
           (a.incarnation == b.incarnation && a.count > b.count);
}

static enum wn_status start(struct wn_worker *worker,
                            size_t index,
                            const struct wn_task *task,
                            struct wn_error *err)
{
    struct slot *slot = &worker->slots[index];
    struct wn_error trouble;
    struct wn_message message;

    slot->trial = task->trial;
    slot->dispatch = task->dispatch;
    slot->source = task->source;
    slot->is_waiting = slot->is_given_up = false;
    if (worker->cfg.ops->start(worker->runner, index, task, now_of(worker), &trouble) ==
        WN_OK) {
        slot->is_busy = true;
        worker->n_busy++;
        return WN_OK;
    }
    /* Not the trial's fault: free without ended returns it. */
    message = message_about(worker, WN_MSG_LOG, index);
    message.log.level = WN_LOG_ERROR;
    message.log.part = "worker";
    message.log.line = trouble.text;
    if (tell(worker, &message, err) != WN_OK)
        return err ? err->status : WN_EIO;
    message = message_about(worker, WN_MSG_FREE, index);
    return tell(worker, &message, err);
}

static void give_up(struct wn_worker *worker, size_t index)
{
    struct slot *slot = &worker->slots[index];

    if (!slot->is_busy || slot->is_given_up)
        return;
    slot->is_given_up = true;
    slot->is_waiting = false;
    worker->cfg.ops->kill(worker->runner, index, now_of(worker));
}

static enum wn_status take_run(struct wn_worker *worker,
                               const struct wn_message *message,
                               struct wn_error *err)
{
    struct slot *slot = &worker->slots[message->slot];
    struct wn_task task = {.trial = message->trial,
                           .dispatch = message->dispatch,
                           .milestone = message->run.milestone,
                           .recorded = message->run.recorded,
                           .source = message->run.source,
                           .waits_next = message->run.waits_next,
                           .cells = message->run.cells};

    if (message->run.n_cells != worker->n_params)
        return wn_fail(err, WN_ECORRUPT,
                       "a configuration of %u cells came for %zu parameters",
                       message->run.n_cells, worker->n_params);
    if (!is_newer(message->dispatch, slot->dispatch) ||
        (slot->has_next && !is_newer(message->dispatch, slot->next.dispatch)))
        return WN_OK; /* a repetition */
    if (!slot->is_busy)
        return start(worker, message->slot, &task, err);
    if (slot->has_next) { /* its turn never came */
        struct wn_message free_message =
            message_about(worker, WN_MSG_FREE, message->slot);
        enum wn_status rc;

        free_message.trial = slot->next.trial;
        free_message.dispatch = slot->next.dispatch;
        rc = tell(worker, &free_message, err);
        if (rc != WN_OK)
            return rc;
    }
    /* The coordinator no longer counts on what runs here: it makes room. */
    if (!slot->next_cells)
        slot->next_cells = wn_alloc_array(worker->n_params, sizeof *slot->next_cells);
    if (!slot->next_cells)
        return wn_fail(err, WN_ENOMEM, "no memory for a configuration");
    if (worker->n_params)
        memcpy(slot->next_cells, task.cells, worker->n_params * sizeof *slot->next_cells);
    slot->next = task;
    slot->next.cells = slot->next_cells;
    slot->has_next = true;
    slot->is_next_unwanted = false;
    give_up(worker, message->slot);
    return WN_OK;
}

static void take_answer(struct wn_worker *worker, const struct wn_message *message)
{
    struct slot *slot = &worker->slots[message->slot];

    if (!slot->is_waiting || message->answer.resource != slot->waiting_resource)
        return;
    slot->is_waiting = false;
    worker->cfg.ops->answer(worker->runner, message->slot, message->answer.verdict,
                            message->answer.milestone, message->answer.waits_next,
                            now_of(worker));
}

static void quit(struct wn_worker *worker)
{
    worker->is_quitting = true;
    for (size_t i = 0; i < worker->cfg.runner.n_slots; i++) {
        worker->slots[i].has_next = false;
        give_up(worker, i);
    }
}

static enum wn_status take(struct wn_worker *worker,
                           const struct wn_message *message,
                           struct wn_error *err)
{
    struct slot *slot;
    bool is_current;

    if (message->kind == WN_MSG_QUIT) {
        quit(worker);
        return WN_OK;
    }
    if (message->slot >= worker->cfg.runner.n_slots)
        return wn_fail(err, WN_ECORRUPT, "a message came for slot %u of %zu",
                       message->slot, worker->cfg.runner.n_slots);
    slot = &worker->slots[message->slot];
    is_current = slot->is_busy && !slot->is_given_up &&
                 wn_dispatch_equal(slot->dispatch, message->dispatch);
    switch (message->kind) {
    case WN_MSG_RUN: return worker->is_quitting ? WN_OK : take_run(worker, message, err);
    case WN_MSG_ANSWER:
        if (is_current)
            take_answer(worker, message);
        return WN_OK;
    case WN_MSG_RECALL:
        if (is_current)
            worker->cfg.ops->recall(worker->runner, message->slot, now_of(worker));
        if (slot->has_next && wn_dispatch_equal(slot->next.dispatch, message->dispatch))
            slot->next.waits_next = true;
        return WN_OK;
    case WN_MSG_ABANDON:
        if (is_current)
            give_up(worker, message->slot);
        if (slot->has_next && wn_dispatch_equal(slot->next.dispatch, message->dispatch))
            slot->is_next_unwanted = true;
        return WN_OK;
    case WN_MSG_QUIT: return WN_OK; /* above */
    case WN_MSG_HELLO:
    case WN_MSG_REPORT:
    case WN_MSG_ENDED:
    case WN_MSG_FREE:
    case WN_MSG_LOG:
    case WN_MSG_DAMAGED: break;
    }
    return wn_fail(err, WN_ECORRUPT, "a message of kind %d came to a worker",
                   message->kind);
}

static enum wn_status take_messages(struct wn_worker *worker, struct wn_error *err)
{
    for (;;) {
        struct wn_message message;
        enum wn_got got = WN_GOT_NOTHING;
        enum wn_status rc;
        size_t peer;

        rc = wn_comm_recv(worker->cfg.comm, &got, &peer, &worker->in, err);
        if (rc != WN_OK || got == WN_GOT_NOTHING)
            return rc;
        if (got == WN_GOT_BREAK) {
            worker->is_link_broken = true;
            quit(worker);
            continue;
        }
        wn_arena_reset(&worker->arena);
        rc =
            wn_message_decode(worker->in.at, worker->in.n, &worker->arena, &message, err);
        if (rc == WN_OK)
            rc = take(worker, &message, err);
        if (rc != WN_OK)
            return rc;
    }
}

/* --- from the runner --- */

static enum wn_status take_gone(struct wn_worker *worker,
                                size_t index,
                                struct wn_error *err)
{
    struct slot *slot = &worker->slots[index];
    struct wn_message message = message_about(worker, WN_MSG_FREE, index);
    enum wn_status rc;

    slot->is_busy = slot->is_waiting = slot->is_given_up = false;
    worker->n_busy--;
    rc = tell(worker, &message, err);
    if (rc != WN_OK || !slot->has_next)
        return rc;
    slot->has_next = false;
    if (!slot->is_next_unwanted)
        return start(worker, index, &slot->next, err);
    slot->trial = slot->next.trial;
    slot->dispatch = slot->next.dispatch;
    message = message_about(worker, WN_MSG_FREE, index);
    return tell(worker, &message, err);
}

static enum wn_status take_event(struct wn_worker *worker,
                                 const struct wn_run_event *event,
                                 struct wn_error *err)
{
    struct slot *slot = &worker->slots[event->slot];
    struct wn_message message;

    WN_ASSERT(slot->is_busy);
    if (event->kind == WN_RUN_GONE)
        return take_gone(worker, event->slot, err);
    if (slot->is_given_up)
        return WN_OK;
    message = message_about(worker, WN_MSG_REPORT, event->slot);
    switch (event->kind) {
    case WN_RUN_REPORT:
        slot->is_waiting = event->waits;
        slot->waiting_resource = event->resource;
        message.report.resource = event->resource;
        message.report.elapsed_ms = event->elapsed_ms;
        message.report.cost_ms = event->cost_ms;
        message.report.n_metrics = event->n_metrics;
        message.report.metrics = event->metrics;
        message.report.has_checkpoint = event->has_checkpoint;
        message.report.waits = event->waits;
        if (event->has_checkpoint)
            slot->source =
                (struct wn_generation){event->resource, slot->trial, slot->dispatch};
        break;
    case WN_RUN_ENDED:
        message.kind = WN_MSG_ENDED;
        message.ended.failure = event->failure;
        message.ended.cost_ms = event->cost_ms;
        message.ended.text = event->text ? event->text : "";
        break;
    case WN_RUN_DAMAGED:
        message.kind = WN_MSG_DAMAGED;
        message.damaged.generation = slot->source;
        break;
    case WN_RUN_GONE: break;
    }
    return tell(worker, &message, err);
}

static enum wn_status take_events(struct wn_worker *worker, struct wn_error *err)
{
    struct wn_run_event event;

    while (worker->cfg.ops->poll(worker->runner, now_of(worker), &event)) {
        enum wn_status rc = take_event(worker, &event, err);

        if (rc != WN_OK)
            return rc;
    }
    return WN_OK;
}

enum wn_status wn_worker_step(struct wn_worker *worker,
                              bool *is_done,
                              struct wn_error *err)
{
    enum wn_status rc = greet(worker, err);

    if (rc == WN_OK)
        rc = take_messages(worker, err);
    if (rc == WN_OK && worker->is_link_broken && !worker->is_quitting)
        quit(worker);
    if (rc == WN_OK)
        rc = take_events(worker, err);
    *is_done = worker->is_quitting && worker->n_busy == 0;
    return rc;
}

size_t wn_worker_fds(const struct wn_worker *worker, struct pollfd *out, size_t room)
{
    return worker->cfg.ops->fds(worker->runner, out, room);
}

int64_t wn_worker_deadline_us(const struct wn_worker *worker)
{
    return worker->cfg.ops->deadline_us(worker->runner);
}

enum wn_status wn_worker_wait(struct wn_worker *worker, struct wn_error *err)
{
    struct pollfd fds[N_FDS];
    size_t n_fds = wn_worker_fds(worker, fds, N_FDS);
    int64_t deadline_us = wn_worker_deadline_us(worker), timeout_us = -1;

    if (deadline_us != INT64_MAX) {
        timeout_us = deadline_us - now_of(worker);
        if (timeout_us < 0)
            timeout_us = 0;
    }
    return wn_comm_wait(worker->cfg.comm, fds, n_fds, timeout_us, err);
}

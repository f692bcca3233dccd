/* sim.c - see sim.h. */
#include "simulate/sim.h"

#include "base/clock.h"
#include "base/mem.h"
#include "comm/virtual.h"
#include "worker/worker.h"

struct wn_sim {
    struct wn_sim_config cfg;
    struct wn_virtual *world;
    struct wn_coord *coord;
    struct wn_worker **workers;
    bool *has_ended; /* of each worker */
    bool is_asleep, is_done;
    int64_t busy_us; /* what the coordinator was charged with */
};

void wn_sim_destroy(struct wn_sim *sim)
{
    if (!sim)
        return;
    wn_sim_kill(sim);
    for (size_t i = 0; sim->workers && i < sim->cfg.n_workers; i++)
        wn_worker_destroy(sim->workers[i]);
    wn_free(sim->workers);
    wn_free(sim->has_ended);
    wn_virtual_destroy(sim->world);
    wn_free(sim);
}

static enum wn_status create_worker(struct wn_sim *sim, size_t i, struct wn_error *err)
{
    struct wn_worker_config worker = {.comm = wn_virtual_endpoint(sim->world, i),
                                      .ops = sim->cfg.job->runner,
                                      .host = "virtual"};

    wn_job_runner_config(sim->cfg.job, &worker.runner);
    worker.runner.store = sim->cfg.store;
    worker.runner.counts = sim->cfg.counts;
    worker.runner.n_slots = sim->cfg.n_slots;
    sim->has_ended[i] = false;
    wn_virtual_wake_at(sim->world, i, 0); /* to say hello */
    return wn_worker_create(&worker, &sim->workers[i], err);
}

static enum wn_status create_workers(struct wn_sim *sim, struct wn_error *err)
{
    enum wn_status rc = WN_OK;

    sim->workers = wn_alloc_array(sim->cfg.n_workers + 1, sizeof *sim->workers);
    sim->has_ended = wn_alloc_array(sim->cfg.n_workers + 1, sizeof *sim->has_ended);
    if (!sim->workers || !sim->has_ended)
        return wn_fail(err, WN_ENOMEM, "no memory for virtual workers");
    for (size_t i = 0; !rc && i < sim->cfg.n_workers; i++)
        rc = create_worker(sim, i, err);
    wn_virtual_wake_at(sim->world, WN_VIRTUAL_COORDINATOR, 0);
    return rc;
}

static bool is_charged(const struct wn_sim_config *cfg)
{
    return cfg->charges_steps || cfg->message_us > 0;
}

enum wn_status wn_sim_open(const struct wn_sim_config *cfg,
                           enum wn_opening *opening,
                           struct wn_problems *problems,
                           struct wn_sim **out,
                           struct wn_error *err)
{
    struct wn_sim *sim = wn_alloc(sizeof *sim);
    struct wn_coord_config coord = {.job = cfg->job,
                                    .study_dir = cfg->study_dir,
                                    .store = cfg->store,
                                    .n_slots = (uint32_t)(cfg->n_workers * cfg->n_slots),
                                    .is_simulated = true,
                                    .has_thread = cfg->has_thread,
                                    .dies = cfg->dies,
                                    .dies_arg = cfg->dies_arg};
    enum wn_status rc;

    if (!sim)
        return wn_fail(err, WN_ENOMEM, "no memory for a simulation");
    sim->cfg = *cfg;
    rc = wn_virtual_create(cfg->n_workers, cfg->delay_us, &sim->world, err);
    if (!rc && is_charged(cfg))
        wn_virtual_charge_steps(sim->world);
    if (!rc) {
        coord.comm = wn_virtual_endpoint(sim->world, WN_VIRTUAL_COORDINATOR);
        rc = wn_coord_open(&coord, opening, problems, &sim->coord, err);
    }
    if (!rc && *opening != WN_OPENING_FINISHED)
        rc = create_workers(sim, err);
    if (rc || *opening == WN_OPENING_FINISHED) {
        wn_sim_destroy(sim);
        return rc;
    }
    *out = sim;
    return WN_OK;
}

int64_t wn_sim_next_us(const struct wn_sim *sim)
{
    int64_t next = wn_virtual_next_us(sim->world);

    return next == INT64_MAX ? next : next + sim->cfg.start_us;
}

/* One step, and the time it takes where that is asked for. */
static enum wn_status charged_step(struct wn_sim *sim, struct wn_error *err)
{
    int64_t begin_us = sim->cfg.charges_steps ? wn_clock_mono_us() : 0, busy_us;
    uint64_t n_before = wn_virtual_n_received(sim->world);
    enum wn_status rc = wn_coord_step(sim->coord, err);

    if (!is_charged(&sim->cfg))
        return rc;
    busy_us =
        (int64_t)(wn_virtual_n_received(sim->world) - n_before) * sim->cfg.message_us;
    if (sim->cfg.charges_steps)
        busy_us = wn_clock_mono_us() - begin_us;
    wn_virtual_charge(sim->world, busy_us);
    sim->busy_us += busy_us;
    return rc;
}

static enum wn_status step_coordinator(struct wn_sim *sim, struct wn_error *err)
{
    enum wn_status rc;

    if (!sim->coord || sim->is_asleep)
        return WN_OK;
    rc = charged_step(sim, err);
    if (rc) {
        wn_sim_kill(sim);
        return rc;
    }
    sim->is_done = wn_coord_is_done(sim->coord);
    if (!sim->is_done)
        wn_virtual_wake_at(sim->world, WN_VIRTUAL_COORDINATOR,
                           wn_coord_deadline_us(sim->coord));
    return WN_OK;
}

static enum wn_status step_worker(struct wn_sim *sim, size_t index, struct wn_error *err)
{
    int64_t deadline;
    enum wn_status rc;

    if (sim->has_ended[index])
        return WN_OK;
    rc = wn_worker_step(sim->workers[index], &sim->has_ended[index], err);
    if (rc || sim->has_ended[index])
        return rc;
    deadline = wn_worker_deadline_us(sim->workers[index]);
    wn_virtual_wake_at(sim->world, index, deadline == INT64_MAX ? -1 : deadline);
    return WN_OK;
}

enum wn_status wn_sim_step(struct wn_sim *sim, struct wn_error *err)
{
    size_t who;

    if (!wn_virtual_next(sim->world, &who))
        return WN_OK;
    return who == WN_VIRTUAL_COORDINATOR ? step_coordinator(sim, err)
                                         : step_worker(sim, who, err);
}

enum wn_status wn_sim_run(struct wn_sim *sim, struct wn_error *err)
{
    while (!sim->is_done && wn_virtual_next_us(sim->world) != INT64_MAX) {
        enum wn_status rc = wn_sim_step(sim, err);
        if (rc)
            return rc;
    }
    return WN_OK;
}

struct wn_coord *wn_sim_coord(struct wn_sim *sim)
{
    return sim->coord;
}

bool wn_sim_is_done(const struct wn_sim *sim)
{
    return sim->is_done;
}

void wn_sim_kill(struct wn_sim *sim)
{
    if (sim->coord && sim->cfg.ends)
        sim->cfg.ends(sim->cfg.ends_arg);
    wn_coord_destroy(sim->coord);
    sim->coord = NULL;
}

void wn_sim_sleep(struct wn_sim *sim, bool is_asleep)
{
    sim->is_asleep = is_asleep;
    if (!is_asleep)
        wn_sim_wake(sim);
}

void wn_sim_wake(struct wn_sim *sim)
{
    wn_virtual_wake_at(sim->world, WN_VIRTUAL_COORDINATOR, 0);
}

unsigned wn_sim_made_up(const struct wn_sim *sim, uint32_t trial)
{
    const struct wn_history *history = wn_study_history(wn_coord_study(sim->coord));
    const struct wn_trial *seen = wn_history_trial(history, trial);

    if (!sim->cfg.job->runner->made_up || !seen->cells)
        return 0;
    return sim->cfg.job->runner->made_up(sim->cfg.job->loaded, seen->cells,
                                         wn_history_resource(history, trial));
}

enum wn_status wn_sim_at(struct wn_sim *sim,
                         int64_t at_us,
                         void (*fn)(void *arg),
                         void *arg,
                         struct wn_error *err)
{
    return wn_virtual_at(sim->world, at_us - sim->cfg.start_us, fn, arg, err);
}

int64_t wn_sim_now_us(const struct wn_sim *sim)
{
    return wn_virtual_now_us(sim->world) + sim->cfg.start_us;
}

void wn_sim_lose(struct wn_sim *sim, size_t worker)
{
    wn_virtual_break(sim->world, worker);
}

enum wn_status wn_sim_return(struct wn_sim *sim, size_t worker, struct wn_error *err)
{
    wn_worker_destroy(sim->workers[worker]);
    sim->workers[worker] = NULL;
    wn_virtual_mend(sim->world, worker);
    return create_worker(sim, worker, err);
}

int64_t wn_sim_busy_us(const struct wn_sim *sim)
{
    return sim->busy_us;
}

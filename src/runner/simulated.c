/* simulated.c - see simulated_internal.h: the life of a trial in virtual time. */
#include "runner/simulated_internal.h"

#include <math.h>
#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/rng.h"

#define FOREVER_US INT64_C(100000000000000000) /* 3,000 years */

void wn_simulated_destroy(struct wn_runner *self)
{
    if (!self)
        return;
    wn_buf_release(&self->blob);
    wn_heap_release(&self->due);
    wn_free(self->cubes);
    wn_free(self->cells);
    wn_free(self->slots);
    wn_free(self);
}

enum wn_status wn_simulated_create(const struct wn_runner_config *cfg,
                                   const struct wn_simulated_model *model,
                                   struct wn_runner **out,
                                   struct wn_error *err)
{
    struct wn_runner *self = wn_alloc(sizeof *self);
    size_t n_params = wn_space_n_params(cfg->space), n_dims = wn_space_n_dims(cfg->space);

    if (!self)
        return wn_fail(err, WN_ENOMEM, "no memory for a runner in virtual time");
    self->cfg = *cfg;
    self->model = model;
    self->cores = wn_values_int(cfg->trial, "cores");
    self->trouble.milestone_checkpoint = 1;
    self->counts = cfg->counts ? cfg->counts : &self->unheard;
    self->slots = wn_alloc_array(cfg->n_slots, sizeof *self->slots);
    self->cells = wn_alloc_array(cfg->n_slots * n_params, sizeof *self->cells);
    self->cubes = wn_alloc_array(cfg->n_slots * n_dims, sizeof *self->cubes);
    if (!self->slots || !self->cells || !self->cubes ||
        !wn_heap_reserve(&self->due, cfg->n_slots)) {
        wn_simulated_destroy(self);
        return wn_fail(err, WN_ENOMEM, "no memory for %zu slots in virtual time",
                       cfg->n_slots);
    }
    for (size_t i = 0; i < cfg->n_slots; i++) {
        self->slots[i].cells = self->cells + i * n_params;
        self->slots[i].cube = self->cubes + i * n_dims;
    }
    *out = self;
    return WN_OK;
}

void wn_simulated_take_trouble(struct wn_runner *self)
{
    const struct wn_values *trial = self->cfg.trial;

    self->trouble.crash = wn_values_float(trial, "crash");
    self->trouble.flaky = wn_values_float(trial, "flaky");
    self->trouble.stragglers = wn_values_float(trial, "stragglers");
    self->trouble.straggler_factor = wn_values_float(trial, "straggler_factor");
    self->delays.save_us = wn_values_ms(trial, "save_time") * 1000;
    self->delays.restore_us = wn_values_ms(trial, "restore_time") * 1000;
}

/* --- what comes next --- */

static void set_step(struct wn_runner *self,
                     size_t index,
                     enum wn_simulated_step step,
                     int64_t at_us)
{
    self->slots[index].step = step;
    if (step == STEP_WAIT || step == STEP_EMPTY)
        wn_heap_remove(&self->due, index);
    else
        wn_heap_put(&self->due, index, at_us);
}

/* Files and jobs may ask for any duration: what ends beyond all time ends then, and what
 * begins there takes none. */
static int64_t later(int64_t from_us, double duration_us)
{
    if (duration_us < (double)(FOREVER_US - from_us))
        return from_us + llround(duration_us);
    return from_us < FOREVER_US ? FOREVER_US : from_us;
}

/* A unit counts from the end of the one before, and is heard of a little after its own. */
static void next_unit(struct wn_runner *self, size_t index, int64_t from_us)
{
    struct wn_simulated_slot *slot = &self->slots[index];
    double duration_us = 0;

    if (!self->model->next(self, slot, &slot->next, &duration_us)) {
        set_step(self, index, STEP_EXIT, from_us);
        return;
    }
    slot->begun_us = from_us;
    slot->due_us = later(from_us, duration_us * slot->slowness);
    set_step(self, index, STEP_TRAIN, slot->due_us + self->delays.report_us);
}

/* A slow trial is slow for good: wherever it runs, and however often it is resumed. */
static double slowness_of(const struct wn_runner *self, uint32_t trial)
{
    struct wn_rng rng;

    if (self->trouble.stragglers <= 0)
        return 1;
    rng = wn_rng_keyed(self->cfg.seed, WN_STREAM_SIMULATE, wn_rng_pair('s', trial));
    return wn_rng_unit(&rng) < self->trouble.stragglers ? self->trouble.straggler_factor
                                                        : 1;
}

enum wn_status wn_simulated_start(struct wn_runner *self,
                                  size_t index,
                                  const struct wn_task *task,
                                  int64_t now_us,
                                  struct wn_error *err)
{
    struct wn_simulated_slot *slot = &self->slots[index];
    size_t n_params = wn_space_n_params(self->cfg.space);
    int64_t delay_us = task->source.resource
                           ? self->delays.resume_us + self->delays.restore_us
                           : self->delays.start_us;
    enum wn_status rc;

    WN_ASSERT(index < self->cfg.n_slots && slot->step == STEP_EMPTY);
    slot->trial = task->trial;
    slot->dispatch = task->dispatch;
    slot->milestone = task->milestone;
    slot->waits_next = task->waits_next;
    slot->resource = slot->saved = task->source.resource;
    slot->start_us = slot->due_us = now_us;
    slot->cost_ms = 0;
    slot->slowness = slowness_of(self, task->trial);
    self->counts->n_starts++;
    self->counts->n_stragglers += slot->slowness > 1;
    self->counts->n_restored += task->source.resource > 0;
    if (n_params)
        memcpy(slot->cells, task->cells, n_params * sizeof *slot->cells);
    slot->config = wn_config_hash(self->cfg.space, slot->cells);
    wn_config_encode(self->cfg.space, slot->cells, slot->cube);
    rc = wn_simulated_restore(self, slot, task->source, err);
    if (rc == WN_ECORRUPT)
        set_step(self, index, STEP_DAMAGED, now_us);
    if (rc == WN_OK) {
        self->model->start(self, slot);
        next_unit(self, index, now_us + delay_us);
    }
    return rc == WN_ECORRUPT ? WN_OK : rc;
}

void wn_simulated_answer(struct wn_runner *self,
                         size_t index,
                         enum wn_verdict_kind verdict,
                         int64_t milestone,
                         bool waits_next,
                         int64_t now_us)
{
    struct wn_simulated_slot *slot = &self->slots[index];

    if (slot->step != STEP_WAIT)
        return;
    if (verdict != WN_VERDICT_CONTINUE) {
        set_step(self, index, STEP_GONE,
                 now_us + (verdict == WN_VERDICT_PAUSE ? self->delays.pause_us
                                                       : self->delays.stop_us));
        return;
    }
    slot->milestone = milestone;
    slot->waits_next = waits_next;
    next_unit(self, index, now_us);
}

void wn_simulated_recall(struct wn_runner *self, size_t index, int64_t now_us)
{
    (void)now_us;
    self->slots[index].waits_next = true;
}

void wn_simulated_kill(struct wn_runner *self, size_t index, int64_t now_us)
{
    struct wn_simulated_slot *slot = &self->slots[index];

    if (slot->step == STEP_TRAIN && now_us > slot->begun_us) {
        double share = now_us < slot->due_us ? (double)(now_us - slot->begun_us) /
                                                   (double)(slot->due_us - slot->begun_us)
                                             : 1; /* done, and not heard of yet */

        self->counts->units += share * (double)(slot->next - slot->resource);
    }
    if (slot->step != STEP_EMPTY)
        set_step(self, index, STEP_GONE, now_us);
}

size_t wn_simulated_fds(const struct wn_runner *self, struct pollfd *out, size_t room)
{
    (void)self, (void)out, (void)room;
    return 0;
}

int64_t wn_simulated_deadline_us(const struct wn_runner *self)
{
    return wn_heap_next(&self->due, NULL);
}

/* A number in [0, 1) for what may happen at this unit; `attempt` 0: in every attempt. */
static double chance(const struct wn_runner *self,
                     const struct wn_simulated_slot *slot,
                     uint64_t what,
                     uint64_t attempt)
{
    uint64_t subject = wn_rng_pair(slot->config, (uint64_t)slot->resource);
    struct wn_rng rng;

    subject = wn_rng_pair(subject, wn_rng_pair(what, attempt));
    rng = wn_rng_keyed(self->cfg.seed, WN_STREAM_FUNCTION, subject);
    return wn_rng_unit(&rng);
}

static bool happens(const struct wn_runner *self,
                    const struct wn_simulated_slot *slot,
                    double probability,
                    uint64_t what,
                    bool per_attempt)
{
    uint64_t attempt = 0;

    if (probability <= 0)
        return false;
    if (per_attempt)
        attempt = wn_rng_pair(slot->trial, ((uint64_t)slot->dispatch.incarnation << 32) |
                                               slot->dispatch.count);
    return chance(self, slot, what, attempt) < probability;
}

static int64_t take_cost(const struct wn_runner *self,
                         struct wn_simulated_slot *slot,
                         int64_t now_us)
{
    int64_t time_us = now_us - slot->start_us;
    int64_t total = time_us / 1000 * self->cores + time_us % 1000 * self->cores / 1000;
    int64_t cost = total - slot->cost_ms;

    slot->cost_ms = total;
    return cost;
}

static bool wants_checkpoint(const struct wn_runner *self,
                             const struct wn_simulated_slot *slot,
                             bool waits)
{
    int64_t every = self->cfg.checkpoint_every;

    if (waits)
        return happens(self, slot, self->trouble.milestone_checkpoint, 'm', true);
    if (every > 0 && slot->resource / every > slot->saved / every)
        return true;
    return happens(self, slot, self->trouble.checkpoint, 'c', true);
}

static void report(struct wn_runner *self, size_t index, struct wn_run_event *out)
{
    struct wn_simulated_slot *slot = &self->slots[index];

    self->model->unit(self, slot);
    out->kind = WN_RUN_REPORT;
    out->resource = slot->resource;
    out->elapsed_ms = (slot->due_us - slot->start_us) / 1000;
    out->cost_ms = take_cost(self, slot, slot->due_us);
    out->metrics = self->metrics;
    out->n_metrics = self->n_metrics;
    out->waits = slot->waits;
    out->has_checkpoint = slot->saves && wn_simulated_save(self, slot);
    if (slot->waits)
        set_step(self, index, STEP_WAIT, 0);
    else if (happens(self, slot, self->trouble.early, 'e', false))
        set_step(self, index, STEP_EXIT, slot->due_us);
    else
        next_unit(self, index, slot->due_us);
}

/* Of what may happen at each of `n` units, that it happens at one of them. */
static double over_units(double probability, int64_t n)
{
    return n == 1 ? probability : 1 - pow(1 - probability, (double)n);
}

/* The unit under way is done: a report, perhaps when its checkpoint is saved (then false),
 * or a crash instead of one. */
static bool finish_unit(struct wn_runner *self, size_t index, struct wn_run_event *out)
{
    struct wn_simulated_slot *slot = &self->slots[index];
    int64_t n = slot->next - slot->resource; /* a table may report every tenth epoch */

    self->counts->units += (double)n;
    slot->resource = slot->next;
    if (happens(self, slot, over_units(self->trouble.crash, n), 'x', false) ||
        happens(self, slot, over_units(self->trouble.flaky, n), 'f', true)) {
        out->kind = WN_RUN_ENDED;
        out->failure = WN_FAILURE_EXIT;
        out->text = "it crashed, as trial.crash and trial.flaky ask for";
        out->cost_ms = take_cost(self, slot, slot->due_us);
        self->counts->n_crashes++;
        set_step(self, index, STEP_GONE, slot->due_us);
        return true;
    }
    slot->waits = slot->resource >= slot->milestone || slot->waits_next;
    slot->saves = wants_checkpoint(self, slot, slot->waits);
    if (slot->saves && self->delays.save_us) {
        slot->due_us += self->delays.save_us;
        set_step(self, index, STEP_SAVE, slot->due_us + self->delays.report_us);
        return false;
    }
    report(self, index, out);
    return true;
}

/* What is due in a slot happens; false: nothing that anybody hears of. */
static bool happen(struct wn_runner *self,
                   size_t index,
                   int64_t at_us,
                   struct wn_run_event *out)
{
    struct wn_simulated_slot *slot = &self->slots[index];

    switch (slot->step) {
    case STEP_TRAIN: return finish_unit(self, index, out);
    case STEP_SAVE: report(self, index, out); return true;
    case STEP_EXIT:
        out->kind = WN_RUN_ENDED;
        out->cost_ms = take_cost(self, slot, at_us);
        set_step(self, index, STEP_GONE, at_us);
        return true;
    case STEP_DAMAGED:
        out->kind = WN_RUN_DAMAGED;
        set_step(self, index, STEP_GONE, at_us);
        return true;
    case STEP_GONE:
        out->kind = WN_RUN_GONE;
        set_step(self, index, STEP_EMPTY, 0);
        return true;
    case STEP_WAIT:
    case STEP_EMPTY: break;
    }
    WN_ASSERT(false);
    return false;
}

bool wn_simulated_poll(struct wn_runner *self, int64_t now_us, struct wn_run_event *out)
{
    for (;;) {
        size_t index = 0;
        int64_t at_us = wn_heap_next(&self->due, &index);

        if (at_us > now_us)
            return false;
        memset(out, 0, sizeof *out);
        out->slot = index;
        out->text = "";
        if (happen(self, index, at_us, out))
            return true;
    }
}

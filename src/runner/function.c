/* function.c - trials that are C functions with a duration, for virtual time.
 *
 * A slot is a small state machine and has at most one thing to come; what comes next in
 * which slot is a heap, so an event costs O(log slots), and nothing is allocated per unit.
 * A unit of a trial that began at t ends at t + duration, whatever the time of the poll,
 * so the same study has the same times on every clock.
 *
 * Trouble is drawn from keyed numbers: `crash` and `early` from configuration and unit
 * (the same in every attempt: a bad configuration), `flaky` and `checkpoint` from the
 * attempt as well.
 */
#include <math.h>
#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/rng.h"
#include "runner/function_internal.h"

#define UNITS_OPEN 100 /* of a trial whose job has no resource.max */

static enum wn_status function_check(const struct wn_runner_config *cfg,
                                     struct wn_problems *problems,
                                     struct wn_error *err)
{
    const struct wn_function_ops *function =
        wn_function_at(wn_values_choice(cfg->trial, "function"));
    const char *wants = function->wants ? function->wants(cfg->space) : NULL;

    (void)err;
    if (wants)
        wn_problems_add(problems, "trial.function", "%s wants %s in the space",
                        function->name, wants);
    if (cfg->needs_checkpoints &&
        wn_values_float(cfg->trial, "milestone_checkpoint") <= 0)
        wn_problems_add(problems, "trial.milestone_checkpoint",
                        "must be above 0: the scheduler goes on from checkpoints of "
                        "milestones, and 0 means that none is saved");
    return WN_OK;
}

static void function_destroy(struct wn_runner *self)
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

static void take_options(struct wn_runner *self)
{
    const struct wn_values *trial = self->cfg.trial;

    self->function = wn_function_at(wn_values_choice(trial, "function"));
    self->unit_us = wn_values_ms(trial, "unit_time") * 1000;
    self->spread = wn_values_float(trial, "spread");
    self->noise = wn_values_float(trial, "noise");
    self->crash = wn_values_float(trial, "crash");
    self->flaky = wn_values_float(trial, "flaky");
    self->early = wn_values_float(trial, "early");
    self->checkpoint = wn_values_float(trial, "checkpoint");
    self->milestone_checkpoint = wn_values_float(trial, "milestone_checkpoint");
    self->cores = wn_values_int(trial, "cores");
    self->units = wn_values_int(trial, "units");
    if (!self->units)
        self->units =
            self->cfg.max_resource == INT64_MAX ? UNITS_OPEN : self->cfg.max_resource;
    self->metric.name = self->cfg.metric_name;
    WN_ASSERT(self->function->state_size <= WN_FUNCTION_STATE_MAX);
}

static enum wn_status function_create(const struct wn_runner_config *cfg,
                                      struct wn_runner **out,
                                      struct wn_error *err)
{
    struct wn_runner *self = wn_alloc(sizeof *self);
    size_t n_params = wn_space_n_params(cfg->space), n_dims = wn_space_n_dims(cfg->space);

    if (!self)
        return wn_fail(err, WN_ENOMEM, "no memory for the function runner");
    self->cfg = *cfg;
    take_options(self);
    self->slots = wn_alloc_array(cfg->n_slots, sizeof *self->slots);
    self->cells = wn_alloc_array(cfg->n_slots * n_params, sizeof *self->cells);
    self->cubes = wn_alloc_array(cfg->n_slots * n_dims, sizeof *self->cubes);
    if (!self->slots || !self->cells || !self->cubes ||
        !wn_heap_reserve(&self->due, cfg->n_slots)) {
        function_destroy(self);
        return wn_fail(err, WN_ENOMEM, "no memory for %zu slots of the function runner",
                       cfg->n_slots);
    }
    for (size_t i = 0; i < cfg->n_slots; i++) {
        self->slots[i].cells = self->cells + i * n_params;
        self->slots[i].cube = self->cubes + i * n_dims;
    }
    *out = self;
    return WN_OK;
}

/* --- the life of a trial --- */

static void set_step(struct wn_runner *self,
                     size_t index,
                     enum wn_function_step step,
                     int64_t at_us)
{
    self->slots[index].step = step;
    if (step == STEP_WAIT || step == STEP_EMPTY)
        wn_heap_remove(&self->due, index);
    else
        wn_heap_put(&self->due, index, at_us);
}

static void next_unit(struct wn_runner *self, size_t index, int64_t from_us)
{
    struct wn_function_slot *slot = &self->slots[index];

    if (slot->resource >= self->units) {
        set_step(self, index, STEP_EXIT, from_us);
        return;
    }
    slot->due_us = from_us + slot->unit_us;
    set_step(self, index, STEP_TRAIN, slot->due_us);
}

static int64_t duration_us(const struct wn_runner *self,
                           const struct wn_function_slot *slot)
{
    struct wn_rng rng = wn_rng_keyed(self->cfg.seed, WN_STREAM_FUNCTION, ~slot->config);

    return self->spread > 1
               ? llround((double)self->unit_us * pow(self->spread, wn_rng_unit(&rng)))
               : self->unit_us;
}

static enum wn_status function_start(struct wn_runner *self,
                                     size_t index,
                                     const struct wn_task *task,
                                     int64_t now_us,
                                     struct wn_error *err)
{
    struct wn_function_slot *slot = &self->slots[index];
    size_t n_params = wn_space_n_params(self->cfg.space);
    enum wn_status rc;

    WN_ASSERT(index < self->cfg.n_slots && slot->step == STEP_EMPTY);
    slot->trial = task->trial;
    slot->dispatch = task->dispatch;
    slot->milestone = task->milestone;
    slot->waits_next = task->waits_next;
    slot->resource = slot->saved = task->source.resource;
    slot->start_us = slot->due_us = now_us;
    slot->cost_ms = 0;
    if (n_params)
        memcpy(slot->cells, task->cells, n_params * sizeof *slot->cells);
    slot->config = wn_config_hash(self->cfg.space, slot->cells);
    wn_config_encode(self->cfg.space, slot->cells, slot->cube);
    slot->unit_us = duration_us(self, slot);
    rc = wn_function_restore(self, slot, task->source, err);
    if (rc == WN_ECORRUPT)
        set_step(self, index, STEP_DAMAGED, now_us);
    else if (rc == WN_OK)
        next_unit(self, index, now_us);
    return rc == WN_ECORRUPT ? WN_OK : rc;
}

static void function_answer(struct wn_runner *self,
                            size_t index,
                            enum wn_verdict_kind verdict,
                            int64_t milestone,
                            bool waits_next,
                            int64_t now_us)
{
    struct wn_function_slot *slot = &self->slots[index];

    if (slot->step != STEP_WAIT)
        return;
    if (verdict != WN_VERDICT_CONTINUE) {
        set_step(self, index, STEP_GONE, now_us);
        return;
    }
    slot->milestone = milestone;
    slot->waits_next = waits_next;
    next_unit(self, index, now_us);
}

static void function_recall(struct wn_runner *self, size_t index, int64_t now_us)
{
    (void)now_us;
    self->slots[index].waits_next = true;
}

static void function_kill(struct wn_runner *self, size_t index, int64_t now_us)
{
    if (self->slots[index].step != STEP_EMPTY)
        set_step(self, index, STEP_GONE, now_us);
}

static size_t function_fds(const struct wn_runner *self, struct pollfd *out, size_t room)
{
    (void)self, (void)out, (void)room;
    return 0;
}

static int64_t function_deadline_us(const struct wn_runner *self)
{
    return wn_heap_next(&self->due, NULL);
}

/* A number in [0, 1) for what may happen at this unit; `attempt` 0: in every attempt. */
static double chance(const struct wn_runner *self,
                     const struct wn_function_slot *slot,
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
                    const struct wn_function_slot *slot,
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
                         struct wn_function_slot *slot,
                         int64_t now_us)
{
    int64_t total = (now_us - slot->start_us) * self->cores / 1000;
    int64_t cost = total - slot->cost_ms;

    slot->cost_ms = total;
    return cost;
}

static bool wants_checkpoint(const struct wn_runner *self,
                             const struct wn_function_slot *slot,
                             bool waits)
{
    int64_t every = self->cfg.checkpoint_every;

    if (waits)
        return happens(self, slot, self->milestone_checkpoint, 'm', true);
    if (every > 0 && slot->resource / every > slot->saved / every)
        return true;
    return happens(self, slot, self->checkpoint, 'c', true);
}

/* The unit under way is done: a report, or a crash instead of one. */
static void finish_unit(struct wn_runner *self, size_t index, struct wn_run_event *out)
{
    struct wn_function_slot *slot = &self->slots[index];
    struct wn_function_task task = wn_function_task_of(self, slot);
    bool waits;

    slot->resource++;
    self->metric.value = self->function->unit(&task, slot->state, slot->resource);
    if (happens(self, slot, self->crash, 'x', false) ||
        happens(self, slot, self->flaky, 'f', true)) {
        out->kind = WN_RUN_ENDED;
        out->failure = WN_FAILURE_EXIT;
        out->text = "the function crashed, as trial.crash and trial.flaky ask for";
        out->cost_ms = take_cost(self, slot, slot->due_us);
        set_step(self, index, STEP_GONE, slot->due_us);
        return;
    }
    waits = slot->resource >= slot->milestone || slot->waits_next;
    out->kind = WN_RUN_REPORT;
    out->resource = slot->resource;
    out->elapsed_ms = (slot->due_us - slot->start_us) / 1000;
    out->cost_ms = take_cost(self, slot, slot->due_us);
    out->metrics = &self->metric;
    out->n_metrics = 1;
    out->waits = waits;
    out->has_checkpoint =
        wants_checkpoint(self, slot, waits) && wn_function_save(self, slot);
    if (waits)
        set_step(self, index, STEP_WAIT, 0);
    else if (happens(self, slot, self->early, 'e', false))
        set_step(self, index, STEP_EXIT, slot->due_us);
    else
        next_unit(self, index, slot->due_us);
}

static bool function_poll(struct wn_runner *self,
                          int64_t now_us,
                          struct wn_run_event *out)
{
    size_t index = 0;
    int64_t at_us = wn_heap_next(&self->due, &index);
    struct wn_function_slot *slot;

    if (at_us > now_us)
        return false;
    slot = &self->slots[index];
    memset(out, 0, sizeof *out);
    out->slot = index;
    out->text = "";
    switch (slot->step) {
    case STEP_TRAIN: finish_unit(self, index, out); break;
    case STEP_EXIT:
        out->kind = WN_RUN_ENDED;
        out->cost_ms = take_cost(self, slot, at_us);
        set_step(self, index, STEP_GONE, at_us);
        break;
    case STEP_DAMAGED:
        out->kind = WN_RUN_DAMAGED;
        set_step(self, index, STEP_GONE, at_us);
        break;
    case STEP_GONE:
        out->kind = WN_RUN_GONE;
        set_step(self, index, STEP_EMPTY, 0);
        break;
    case STEP_WAIT:
    case STEP_EMPTY: WN_ASSERT(false);
    }
    return true;
}

const struct wn_runner_ops wn_runner_function = {
    .name = "function",
    .summary = "a C function with a learning curve and a duration, for virtual time",
    .works_in_virtual_time = true,
    .options = wn_function_table + WN_N_TRIAL_OPTIONS,
    .table = wn_function_table,
    .check = function_check,
    .create = function_create,
    .destroy = function_destroy,
    .start = function_start,
    .answer = function_answer,
    .recall = function_recall,
    .kill = function_kill,
    .fds = function_fds,
    .deadline_us = function_deadline_us,
    .poll = function_poll,
};

/* function.c - trials that are C functions with a duration, for virtual time. */
#include "runner/function.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "runner/simulated_internal.h"

#define UNITS_OPEN 100 /* of a trial whose job has no resource.max */

_Static_assert(WN_FUNCTION_STATE_MAX <= WN_SIMULATED_STATE_MAX &&
                   WN_FUNCTION_METRICS_MAX <= WN_SIMULATED_METRICS_MAX,
               "functions fit in slots");

static const struct wn_option table[] = {
    WN_TRIAL_OPTIONS,
    {.name = "function",
     .type = WN_OPTION_CHOICE,
     .choices = wn_function_names,
     .def = "\"curve\"",
     .help = "The function that stands in for a training"},
    {.name = "unit_time",
     .type = WN_OPTION_DURATION,
     .low = 0.001,
     .high = 1e8,
     .def = "60",
     .help = "How long a resource unit takes, in the fastest trial"},
    {.name = "spread",
     .type = WN_OPTION_FLOAT,
     .low = 1,
     .high = 1e6,
     .def = "1",
     .help =
         "How many times longer the slowest configuration takes; log-uniform between"},
    {.name = "noise",
     .type = WN_OPTION_FLOAT,
     .low = 0,
     .high = 1e6,
     .def = "0",
     .help = "Standard deviation of the noise on the loss, for functions that have any"},
    {.name = "units",
     .type = WN_OPTION_INT,
     .low = 0,
     .high = WN_JSON_EXACT_MOST,
     .def = "0",
     .help = "After how many units the function ends by itself; 0: resource.max, or 100"},
    WN_SIMULATED_OPTIONS,
    {.name = "early",
     .type = WN_OPTION_FLOAT,
     .low = 0,
     .high = 1,
     .def = "0",
     .help = "Chance per unit that a configuration ends by itself there"},
    {.name = "checkpoint",
     .type = WN_OPTION_FLOAT,
     .low = 0,
     .high = 1,
     .def = "0",
     .help = "Chance of a checkpoint at a report that does not wait"},
    {.name = "milestone_checkpoint",
     .type = WN_OPTION_FLOAT,
     .low = 0,
     .high = 1,
     .def = "1",
     .help = "Chance of a checkpoint at a report that waits for an answer"},
    {.name = NULL},
};

/* What the function is and takes, beside the runner that it lives in. */
struct own {
    const struct wn_function_ops *function;
    double spread, noise;
    int64_t unit_us, units;
};

static const struct own *own_of(const struct wn_runner *self)
{
    return self->own;
}

static struct wn_function_task task_of(const struct wn_runner *self,
                                       const struct wn_simulated_slot *slot)
{
    return (struct wn_function_task){
        .space = self->cfg.space,
        .cells = slot->cells,
        .cube = slot->cube,
        .n_dims = wn_space_n_dims(self->cfg.space),
        .config = slot->config,
        .seed = self->cfg.seed,
        .trial = slot->trial,
        .units = own_of(self)->units,
        .noise = own_of(self)->noise,
    };
}

/* --- the model --- */

static const char *function_name(const struct wn_runner *self)
{
    return own_of(self)->function->name;
}

static size_t function_state_size(const struct wn_runner *self)
{
    return own_of(self)->function->state_size;
}

/* How long a unit takes depends on the configuration: log-uniform over the spread. */
static void set_pace(const struct wn_runner *self, struct wn_simulated_slot *slot)
{
    const struct own *own = own_of(self);
    struct wn_rng rng = wn_rng_keyed(self->cfg.seed, WN_STREAM_FUNCTION, ~slot->config);

    slot->unit_us = (double)own->unit_us;
    if (own->spread > 1)
        slot->unit_us = round(slot->unit_us * pow(own->spread, wn_rng_unit(&rng)));
}

static void begin(const struct wn_runner *self, struct wn_simulated_slot *slot)
{
    struct wn_function_task task = task_of(self, slot);

    own_of(self)->function->begin(&task, slot->state);
}

static bool next(const struct wn_runner *self,
                 const struct wn_simulated_slot *slot,
                 int64_t *resource,
                 double *duration_us)
{
    *resource = slot->resource + 1;
    *duration_us = slot->unit_us;
    return slot->resource < own_of(self)->units;
}

static void unit(struct wn_runner *self, struct wn_simulated_slot *slot)
{
    struct wn_function_task task = task_of(self, slot);
    double values[WN_FUNCTION_METRICS_MAX] = {0};

    own_of(self)->function->unit(&task, slot->state, slot->resource, values);
    for (uint32_t i = 0; i < self->n_metrics; i++)
        self->metrics[i].value = values[i];
}

static const struct wn_simulated_model model = {
    .name = function_name,
    .state_size = function_state_size,
    .start = set_pace,
    .begin = begin,
    .next = next,
    .unit = unit,
};

/* --- the runner --- */

/* A function that has names of its own reports nothing else. */
static void check_metric(const struct wn_function_ops *function,
                         const struct wn_runner_config *cfg,
                         struct wn_problems *problems)
{
    struct wn_buf names = {0};

    if (!function->metrics)
        return;
    for (size_t i = 0; function->metrics[i]; i++) {
        if (strcmp(function->metrics[i], cfg->metric_name) == 0) {
            wn_buf_release(&names);
            return;
        }
        wn_buf_addf(&names, "%s%s", i ? ", " : "", function->metrics[i]);
    }
    wn_problems_add(problems, "metric.name", "\"%s\" is not reported by %s, which has %s",
                    cfg->metric_name, function->name, wn_buf_text(&names));
    wn_buf_release(&names);
}

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
    check_metric(function, cfg, problems);
    if (cfg->needs_checkpoints &&
        wn_values_float(cfg->trial, "milestone_checkpoint") <= 0)
        wn_problems_add(problems, "trial.milestone_checkpoint",
                        "must be above 0: the scheduler goes on from checkpoints of "
                        "milestones, and 0 means that none is saved");
    return WN_OK;
}

static void function_destroy(struct wn_runner *self)
{
    if (self)
        wn_free(self->own);
    wn_simulated_destroy(self);
}

static void name_metrics(struct wn_runner *self, const struct wn_function_ops *function)
{
    if (!function->metrics) {
        self->metrics[0].name = self->cfg.metric_name;
        self->n_metrics = 1;
        return;
    }
    for (uint32_t i = 0; i < WN_FUNCTION_METRICS_MAX && function->metrics[i]; i++) {
        self->metrics[i].name = function->metrics[i];
        self->n_metrics = i + 1;
    }
}

static void take_options(struct wn_runner *self, struct own *own)
{
    const struct wn_values *trial = self->cfg.trial;

    self->own = own;
    own->function = wn_function_at(wn_values_choice(trial, "function"));
    own->unit_us = wn_values_ms(trial, "unit_time") * 1000;
    own->spread = wn_values_float(trial, "spread");
    own->noise = wn_values_float(trial, "noise");
    own->units = wn_values_int(trial, "units");
    if (!own->units)
        own->units =
            self->cfg.max_resource == INT64_MAX ? UNITS_OPEN : self->cfg.max_resource;
    self->trouble = (struct wn_simulated_trouble){
        .early = wn_values_float(trial, "early"),
        .checkpoint = wn_values_float(trial, "checkpoint"),
        .milestone_checkpoint = wn_values_float(trial, "milestone_checkpoint"),
    };
    wn_simulated_take_trouble(self);
    name_metrics(self, own->function);
}

static enum wn_status function_create(const struct wn_runner_config *cfg,
                                      struct wn_runner **out,
                                      struct wn_error *err)
{
    struct own *own = wn_alloc(sizeof *own);
    enum wn_status rc;

    if (!own)
        return wn_fail(err, WN_ENOMEM, "no memory for a function");
    rc = wn_simulated_create(cfg, &model, out, err);
    if (rc == WN_OK)
        take_options(*out, own);
    else
        wn_free(own);
    return rc;
}

const struct wn_runner_ops wn_runner_function = {
    .name = "function",
    .summary = "a C function with a learning curve and a duration, for virtual time",
    .works_in_virtual_time = true,
    .works_in_real_time = true,
    .options = table + WN_N_TRIAL_OPTIONS,
    .table = table,
    .check = function_check,
    .create = function_create,
    .destroy = function_destroy,
    .start = wn_simulated_start,
    .answer = wn_simulated_answer,
    .recall = wn_simulated_recall,
    .kill = wn_simulated_kill,
    .fds = wn_simulated_fds,
    .deadline_us = wn_simulated_deadline_us,
    .poll = wn_simulated_poll,
};

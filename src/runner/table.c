/* table.c - trials out of a benchmark: what a training of that configuration reported once.
 *
 * For virtual time. A trial has the curve of its configuration's row, one of the table's
 * seeds (drawn by the trial's number, kept by its checkpoints, so resumes and forks go on
 * with it), and the row's own times. Going on from a checkpoint costs the difference.
 *
 * A configuration that the table does not have is answered by its nearest row in the unit
 * cube, whole curves and times alike (`surrogate`: "nearest"); a complete grid never needs
 * it, and with "none" the space must be restricted to the rows. A metric that is NaN fails
 * the trial, as it would in a real study; a row whose time ends early ends there by itself.
 *
 * Delays are what a real study spends beside training. Their defaults are those of Syne
 * Tune's simulator (0.05 s), so that figures compare.
 */
#include "results/benchmark.h"

#include <math.h>
#include <string.h>

#include "base/assert.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/rng.h"
#include "runner/simulated_internal.h"

enum { NEAREST = 0, NONE = 1 }; /* indices into surrogates */

static const char *const surrogates[] = {"nearest", "none", NULL};

#define DELAY(what, about)                                                 \
    {                                                                      \
        .name = (what), .type = WN_OPTION_DURATION, .low = 0, .high = 1e6, \
        .def = "0.05", .help = "Virtual time " about                       \
    }

static const struct wn_option table[] = {
    WN_TRIAL_OPTIONS,
    {.name = "benchmark",
     .type = WN_OPTION_STRING,
     .is_required = true,
     .help =
         "The benchmark file (HDF5), or the folder of a study whose trials are replayed; "
         "relative to the job's folder"},
    {.name = "task",
     .type = WN_OPTION_STRING,
     .help = "Which of its tasks; default the file's own default"},
    {.name = "slots",
     .type = WN_OPTION_INT,
     .low = 1,
     .high = 1000000,
     .def = "4",
     .help = "How many trials run at a time when the job is simulated"},
    {.name = "surrogate",
     .type = WN_OPTION_CHOICE,
     .choices = surrogates,
     .def = "\"nearest\"",
     .help = "What stands for a configuration that is not in the table: the nearest row, "
             "or none, and then only rows may be proposed"},
    {.name = "table_seed",
     .type = WN_OPTION_INT,
     .low = 0,
     .high = 1000000,
     .help = "The seed of the table that every trial has; default: each its own"},
    {.name = "checkpointing",
     .type = WN_OPTION_BOOL,
     .def = "true",
     .help =
         "Whether a trial that is resumed goes on where it was; false: from the start"},
    DELAY("start_delay", "until a new trial begins to train"),
    DELAY("resume_delay", "until a resumed trial begins to train"),
    DELAY("pause_delay", "until the slot of a paused trial is free"),
    DELAY("stop_delay", "until the slot of a stopped trial is free"),
    DELAY("report_delay", "from the end of a unit until its report arrives"),
    WN_SIMULATED_OPTIONS,
    {.name = NULL},
};

/* The benchmark and its rows in the job's space: read once, shared by all workers of a
 * process. complete() opens the benchmark, load() does the rest. */
struct library {
    struct wn_benchmark *benchmark;
    struct wn_benchmark_rows *rows;
    const struct wn_benchmark_metric *metric;
};

struct own {
    const struct library *library;
    int64_t table_seed; /* -1: each trial its own */
};

/* The state that checkpoints keep. A fork takes over the seed, not the row, so the row is that
 * of a configuration, by its hash: resumes need not look for it again. */
enum { SEED, ROW, CONFIG, N_STATE };

static size_t seed_of(const struct wn_simulated_slot *slot)
{
    return (size_t)slot->state[SEED];
}

static const struct own *own_of(const struct wn_runner *self)
{
    return self->own;
}

/* --- reading --- */

static void unload(void *shared)
{
    struct library *library = shared;

    if (!library)
        return;
    wn_benchmark_rows_destroy(library->rows);
    wn_benchmark_destroy(library->benchmark);
    wn_free(library);
}

static enum wn_status open_benchmark(const char *written,
                                     const char *task,
                                     const char *job_dir,
                                     void **shared,
                                     struct wn_error *err)
{
    char path[WN_PATH_MAX];
    struct library *library = wn_alloc(sizeof *library);
    enum wn_status rc;

    if (!library)
        return wn_fail(err, WN_ENOMEM, "no memory for a benchmark");
    *shared = library;
    rc = wn_path_beside(job_dir, written, path, err);
    return rc == WN_OK ? wn_benchmark_open(path, task, &library->benchmark, err) : rc;
}

static enum wn_status load(const struct wn_runner_config *cfg,
                           void **shared,
                           struct wn_error *err)
{
    struct library *library;
    enum wn_status rc = WN_OK;

    if (!*shared)
        rc = open_benchmark(wn_values_string(cfg->trial, "benchmark"),
                            wn_values_string(cfg->trial, "task"), cfg->job_dir, shared,
                            err);
    if (rc != WN_OK)
        return rc;
    library = *shared;
    WN_ASSERT(library && library->benchmark);
    if (library->rows)
        return WN_OK;
    library->metric = wn_benchmark_metric(library->benchmark, cfg->metric_name);
    return wn_benchmark_rows_create(library->benchmark, cfg->space, &library->rows, err);
}

/* Whether a row was not recorded up to the resource. */
static bool is_continued(const struct wn_benchmark *benchmark,
                         size_t row,
                         int64_t resource)
{
    size_t n = benchmark->n_recorded[row];

    return !n || benchmark->fidelity[n - 1] < (double)resource;
}

static unsigned made_up(const void *shared, const union wn_cell *cells, int64_t resource)
{
    const struct library *library = shared;
    const struct wn_benchmark *benchmark = library->benchmark;
    bool is_exact;
    size_t row;

    if (!benchmark->n_recorded || resource <= 0)
        return wn_benchmark_rows_have(library->rows, cells) ? 0 : WN_MADE_UP_NEAREST;
    row = wn_benchmark_rows_find(library->rows, cells, &is_exact);
    return (is_exact ? 0U : WN_MADE_UP_NEAREST) |
           (is_continued(benchmark, row, resource) ? WN_MADE_UP_CONTINUED : 0U);
}

static const struct wn_benchmark *benchmark_of(const void *shared)
{
    const struct library *library = shared;

    return library->benchmark;
}

/* --- completing --- */

static const char *text_in(const struct wn_json *object, const char *key)
{
    const struct wn_json *node = wn_json_get(object, key);

    return wn_json_is(node, WN_JSON_STRING) ? wn_json_string(node) : NULL;
}

/* An object of the job to put members in: as it is, or new; NULL if it is something else. */
static struct wn_json *section(struct wn_json *job, const char *key)
{
    if (!wn_json_get(job, key))
        (void)wn_json_set(job, key, wn_json_new_object());
    return wn_json_is(wn_json_get(job, key), WN_JSON_OBJECT) ? wn_json_member(job, key)
                                                             : NULL;
}

/* resource.max and its name, metric.mode: where the job does not say. */
static bool complete_sections(const struct wn_benchmark *benchmark, struct wn_json *job)
{
    struct wn_json *resource = section(job, "resource"), *metric = section(job, "metric");
    const struct wn_benchmark_metric *found = NULL;
    double last = benchmark->fidelity[benchmark->n_fidelities - 1];
    bool ok = true;

    if (resource && !wn_json_get(resource, "max"))
        ok = wn_json_set(resource, "max", wn_json_new_number(last));
    if (ok && resource && *benchmark->resource && !wn_json_get(resource, "name"))
        ok = wn_json_set(resource, "name", wn_json_new_string(benchmark->resource));
    if (metric && text_in(metric, "name"))
        found = wn_benchmark_metric(benchmark, text_in(metric, "name"));
    if (ok && found && found->mode == WN_BENCHMARK_MAX && !wn_json_get(metric, "mode"))
        ok = wn_json_set(metric, "mode", wn_json_new_string("max"));
    return ok;
}

/* All rows as the only configurations, unless they are all there are anyway. */
static enum wn_status list_rows(const struct wn_benchmark *benchmark,
                                struct wn_json *job,
                                struct wn_error *err)
{
    struct wn_problems problems = {0};
    struct wn_space *space = NULL;
    struct wn_benchmark_rows *rows = NULL;
    struct wn_json *list = NULL;
    enum wn_status rc =
        wn_space_parse(wn_json_get(job, "space"), NULL, &problems, &space, err);

    if (rc == WN_OK && space)
        rc = wn_benchmark_rows_create(benchmark, space, &rows, err);
    if (rc == WN_OK && rows && !wn_benchmark_rows_are_all(rows)) {
        bool ok = (list = wn_json_new_list()) != NULL;

        for (size_t i = 0; ok && i < benchmark->n_configs; i++)
            ok = wn_json_add(list, wn_benchmark_config(benchmark, i));
        if (!ok) {
            wn_json_destroy(list);
            rc = wn_fail(err, WN_ENOMEM, "no memory for the rows of a benchmark");
        } else if (!wn_json_set(job, "restrict_configurations", list)) {
            rc = wn_fail(err, WN_ENOMEM, "no memory for the rows of a benchmark");
        }
    }
    wn_benchmark_rows_destroy(rows);
    wn_space_destroy(space);
    wn_problems_release(&problems);
    return rc;
}

static enum wn_status complete_from(const struct wn_benchmark *benchmark,
                                    const struct wn_json *trial,
                                    struct wn_json *job,
                                    struct wn_error *err)
{
    const char *surrogate = text_in(trial, "surrogate");
    struct wn_json *space = NULL;
    bool ok = complete_sections(benchmark, job);
    enum wn_status rc = WN_OK;

    if (ok && wn_json_get(job, "space"))
        return WN_OK;
    if (ok)
        rc = wn_benchmark_space(benchmark, &space, err);
    if (rc != WN_OK)
        return rc;
    if (!ok || !wn_json_set(job, "space", space))
        return wn_fail(err, WN_ENOMEM, "no memory for the space of a benchmark");
    if (surrogate && strcmp(surrogate, surrogates[NONE]) == 0 &&
        !wn_json_get(job, "restrict_configurations"))
        rc = list_rows(benchmark, job, err);
    return rc;
}

/* A benchmark that cannot be read is told here, and what would follow from it is not. */
static enum wn_status table_complete(const struct wn_json *trial,
                                     const char *job_dir,
                                     struct wn_json *job,
                                     void **shared,
                                     struct wn_problems *problems,
                                     struct wn_error *err)
{
    const char *path = text_in(trial, "benchmark");
    struct wn_error said = {0};
    enum wn_status rc;

    if (!path || !*path) {
        (void)section(job, "space"); /* refused by the table, and nothing else is */
        return WN_OK;
    }
    rc = open_benchmark(path, text_in(trial, "task"), job_dir, shared, &said);
    if (rc == WN_OK)
        rc = complete_from(((struct library *)*shared)->benchmark, trial, job, &said);
    if (rc == WN_OK)
        return WN_OK;
    if (rc == WN_ENOMEM) {
        if (err)
            *err = said;
        return rc;
    }
    wn_problems_add(problems, "trial.benchmark", "%s", said.text);
    (void)section(job, "space");
    wn_json_remove(job, "initial");
    wn_json_remove(job, "restrict_configurations");
    return WN_OK;
}

/* --- checking --- */

static void check_metric(const struct wn_runner_config *cfg,
                         const struct library *library,
                         struct wn_problems *problems)
{
    const struct wn_benchmark *benchmark = library->benchmark;
    struct wn_buf names = {0};

    if (library->metric) {
        bool is_maximised = library->metric->mode == WN_BENCHMARK_MAX;

        if (library->metric->mode ==
            (cfg->is_maximised ? WN_BENCHMARK_MIN : WN_BENCHMARK_MAX))
            wn_problems_add(problems, "metric.mode",
                            "must be %s: the benchmark says so of %s",
                            is_maximised ? "max" : "min", cfg->metric_name);
        return;
    }
    for (size_t i = 0; i < benchmark->n_metrics; i++)
        wn_buf_addf(&names, "%s%s", i ? ", " : "", benchmark->metrics[i].name);
    wn_problems_add(problems, "metric.name",
                    "\"%s\" is not in the benchmark, which has %s", cfg->metric_name,
                    wn_buf_text(&names));
    wn_buf_release(&names);
}

static void check_fidelity(const struct wn_runner_config *cfg,
                           const struct wn_benchmark *benchmark,
                           struct wn_problems *problems)
{
    double last = benchmark->fidelity[benchmark->n_fidelities - 1];

    for (size_t i = 0; i < benchmark->n_fidelities; i++) {
        if (benchmark->fidelity[i] != floor(benchmark->fidelity[i])) {
            wn_problems_add(problems, "trial.benchmark",
                            "its fidelities must be whole numbers to simulate with, not "
                            "%g",
                            benchmark->fidelity[i]);
            return;
        }
    }
    if (cfg->max_resource != INT64_MAX && (double)cfg->max_resource > last)
        wn_problems_add(problems, "resource.max",
                        "must be at most %g, where the benchmark ends, not %lld", last,
                        (long long)cfg->max_resource);
}

static void check_rows(const struct wn_runner_config *cfg,
                       const struct library *library,
                       struct wn_problems *problems)
{
    int64_t seed = wn_values_int(cfg->trial, "table_seed");
    bool has_all = true;

    if (seed >= (int64_t)library->benchmark->n_seeds)
        wn_problems_add(problems, "trial.table_seed",
                        "must be below %zu, the seeds of the benchmark, not %lld",
                        library->benchmark->n_seeds, (long long)seed);
    if (wn_values_choice(cfg->trial, "surrogate") != NONE ||
        wn_benchmark_rows_are_all(library->rows))
        return;
    for (size_t i = 0; i < wn_space_n_allowed(cfg->space) && has_all; i++)
        has_all = wn_benchmark_rows_have(library->rows, wn_space_allowed(cfg->space, i));
    if (!wn_space_n_allowed(cfg->space) || !has_all)
        wn_problems_add(problems, "trial.surrogate",
                        "\"none\" needs restrict_configurations with rows of the "
                        "benchmark alone");
}

static enum wn_status table_check(const struct wn_runner_config *cfg,
                                  struct wn_problems *problems,
                                  struct wn_error *err)
{
    const struct library *library = cfg->shared;

    (void)err;
    check_metric(cfg, library, problems);
    check_fidelity(cfg, library->benchmark, problems);
    check_rows(cfg, library, problems);
    if (cfg->needs_checkpoints && !wn_values_bool(cfg->trial, "checkpointing"))
        wn_problems_add(problems, "trial.checkpointing",
                        "must be true: the scheduler goes on from checkpoints");
    return WN_OK;
}

/* --- the model --- */

static const char *table_name(const struct wn_runner *self)
{
    return own_of(self)->library->benchmark->task;
}

static size_t state_size(const struct wn_runner *self)
{
    (void)self;
    return N_STATE * sizeof(double);
}

static void start(const struct wn_runner *self, struct wn_simulated_slot *slot)
{
    uint64_t known;
    bool is_exact;

    _Static_assert(sizeof known == sizeof *slot->state, "a hash has its place");
    memcpy(&known, &slot->state[CONFIG], sizeof known);
    if (known == slot->config) {
        slot->place = (size_t)slot->state[ROW];
        return;
    }
    slot->place =
        wn_benchmark_rows_find(own_of(self)->library->rows, slot->cells, &is_exact);
    slot->state[ROW] = (double)slot->place;
    memcpy(&slot->state[CONFIG], &slot->config, sizeof slot->config);
}

static void begin(const struct wn_runner *self, struct wn_simulated_slot *slot)
{
    struct wn_rng rng = wn_rng_keyed(self->cfg.seed, WN_STREAM_FUNCTION, slot->trial);
    int64_t fixed = own_of(self)->table_seed;
    size_t n = own_of(self)->library->benchmark->n_seeds;
    uint64_t none = ~slot->config;

    slot->state[SEED] = (double)(fixed >= 0 ? (uint64_t)fixed : wn_rng_below(&rng, n));
    memcpy(&slot->state[CONFIG], &none, sizeof none);
}

/* The first fidelity past a resource; n_fidelities if there is none. */
static size_t fidelity_after(const struct wn_benchmark *benchmark, int64_t resource)
{
    size_t from = 0, to = benchmark->n_fidelities;

    while (from < to) {
        size_t middle = from + (to - from) / 2;

        if (benchmark->fidelity[middle] <= (double)resource)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

/* Seconds from the start of the training to the end of a fidelity; a table without times
 * takes a second for each. NaN: the training had ended before. */
static double seconds_until(const struct wn_runner *self,
                            const struct wn_simulated_slot *slot,
                            size_t fidelity)
{
    const struct wn_benchmark *benchmark = own_of(self)->library->benchmark;

    return benchmark->elapsed ? wn_benchmark_at(benchmark, benchmark->elapsed,
                                                slot->place, seed_of(slot), fidelity)
                              : benchmark->fidelity[fidelity];
}

static bool next(const struct wn_runner *self,
                 const struct wn_simulated_slot *slot,
                 int64_t *resource,
                 double *duration_us)
{
    const struct wn_benchmark *benchmark = own_of(self)->library->benchmark;
    size_t at = fidelity_after(benchmark, slot->resource);
    double until, before;

    if (at == benchmark->n_fidelities || slot->resource >= self->cfg.max_resource)
        return false;
    until = seconds_until(self, slot, at);
    before = at ? seconds_until(self, slot, at - 1) : 0;
    *resource = (int64_t)benchmark->fidelity[at];
    *duration_us = round((until - before) * 1e6);
    return !isnan(until);
}

static void unit(struct wn_runner *self, struct wn_simulated_slot *slot)
{
    const struct library *library = own_of(self)->library;
    const struct wn_benchmark *benchmark = library->benchmark;
    size_t at = fidelity_after(benchmark, slot->resource) - 1;

    self->metrics[0].value =
        wn_benchmark_at(benchmark, library->metric, slot->place, seed_of(slot), at);
}

static const struct wn_simulated_model model = {
    .name = table_name,
    .state_size = state_size,
    .start = start,
    .begin = begin,
    .next = next,
    .unit = unit,
};

/* --- the runner --- */

static void table_destroy(struct wn_runner *self)
{
    if (self)
        wn_free(self->own);
    wn_simulated_destroy(self);
}

static void take_options(struct wn_runner *self, struct own *own)
{
    const struct wn_values *trial = self->cfg.trial;

    self->own = own;
    own->library = self->cfg.shared;
    own->table_seed =
        wn_values_is_set(trial, "table_seed") ? wn_values_int(trial, "table_seed") : -1;
    self->delays = (struct wn_simulated_delays){
        .start_us = wn_values_ms(trial, "start_delay") * 1000,
        .resume_us = wn_values_ms(trial, "resume_delay") * 1000,
        .pause_us = wn_values_ms(trial, "pause_delay") * 1000,
        .stop_us = wn_values_ms(trial, "stop_delay") * 1000,
        .report_us = wn_values_ms(trial, "report_delay") * 1000,
    };
    wn_simulated_take_trouble(self);
    if (!wn_values_bool(trial, "checkpointing")) {
        self->trouble.milestone_checkpoint = 0;
        self->cfg.checkpoint_every = 0;
    }
    self->metrics[0].name = self->cfg.metric_name;
    self->n_metrics = 1;
}

static enum wn_status table_create(const struct wn_runner_config *cfg,
                                   struct wn_runner **out,
                                   struct wn_error *err)
{
    struct own *own;
    enum wn_status rc;

    if (!cfg->shared)
        return wn_fail(err, WN_EINVAL, "a table is simulated, it cannot be run");
    own = wn_alloc(sizeof *own);
    if (!own)
        return wn_fail(err, WN_ENOMEM, "no memory for a table");
    rc = wn_simulated_create(cfg, &model, out, err);
    if (rc == WN_OK)
        take_options(*out, own);
    else
        wn_free(own);
    return rc;
}

const struct wn_runner_ops wn_runner_table = {
    .name = "table",
    .summary = "a training out of a benchmark file, for `winnow simulate`",
    .works_in_virtual_time = true,
    .works_in_real_time = false,
    .options = table + WN_N_TRIAL_OPTIONS,
    .table = table,
    .complete = table_complete,
    .check = table_check,
    .load = load,
    .unload = unload,
    .made_up = made_up,
    .benchmark = benchmark_of,
    .create = table_create,
    .destroy = table_destroy,
    .start = wn_simulated_start,
    .answer = wn_simulated_answer,
    .recall = wn_simulated_recall,
    .kill = wn_simulated_kill,
    .fds = wn_simulated_fds,
    .deadline_us = wn_simulated_deadline_us,
    .poll = wn_simulated_poll,
};

/* runner/simulated_internal.h - trials that take time but no processor: what the runners for
 * virtual time share.
 *
 * A slot is a small state machine and has at most one thing to come; what comes next in
 * which slot is a heap, so an event costs O(log slots), and nothing is allocated per unit.
 * A unit of a trial that began at t ends at t + duration, whatever the time of the poll,
 * so the same study has the same times on every clock. What a trial reports and how long it
 * takes for it is its model's business: a C function, a table.
 */
#ifndef WN_RUNNER_SIMULATED_INTERNAL_H
#define WN_RUNNER_SIMULATED_INTERNAL_H

#include "base/buf.h"
#include "base/heap.h"
#include "runner/runner_internal.h"

enum { WN_SIMULATED_STATE_MAX = 64, WN_SIMULATED_METRICS_MAX = 32 };

enum wn_simulated_step {
    STEP_EMPTY = 0,
    STEP_TRAIN,   /* a unit is under way */
    STEP_SAVE,    /* its checkpoint is */
    STEP_WAIT,    /* for an answer: nothing is due */
    STEP_EXIT,    /* it ends by itself */
    STEP_DAMAGED, /* its source does not verify */
    STEP_GONE
};

struct wn_simulated_slot {
    enum wn_simulated_step step;
    uint32_t trial;
    struct wn_dispatch dispatch;
    int64_t milestone, resource, saved; /* saved: unit of the newest checkpoint */
    int64_t next;                       /* the resource of the unit under way */
    int64_t start_us, due_us;           /* due_us: end of the unit under way */
    int64_t begun_us;                   /* begin of it */
    int64_t cost_ms;                    /* already reported */
    double unit_us;                     /* the model's: how long a unit takes */
    size_t place;                       /* the model's: which entry of a table it is */
    bool waits_next;
    bool waits, saves; /* of the report to come, while its checkpoint is saved */
    double slowness;   /* factor on durations: a straggler's is above 1 */
    uint64_t config;
    union wn_cell *cells;
    double *cube;
    double state[WN_SIMULATED_STATE_MAX / sizeof(double)];
};

/* How long what is no training takes. */
struct wn_simulated_delays {
    int64_t start_us, resume_us; /* until the first unit begins */
    int64_t pause_us, stop_us;   /* from the answer until the slot is free */
    int64_t report_us;           /* from the end of a unit until it is heard of */
    int64_t save_us, restore_us; /* a checkpoint */
};

/* What a trial is. Every member is required. */
struct wn_simulated_model {
    /* What checkpoints are made of: bytes of a name, and of the state (plain, small). */
    const char *(*name)(const struct wn_runner *self);
    size_t (*state_size)(const struct wn_runner *self);
    /* At every start, with cells, configuration, cube and state in place. */
    void (*start)(const struct wn_runner *self, struct wn_simulated_slot *slot);
    /* The state of an untrained trial. */
    void (*begin)(const struct wn_runner *self, struct wn_simulated_slot *slot);
    /* The unit after slot->resource and how long it takes; false: the training ends there. */
    bool (*next)(const struct wn_runner *self,
                 const struct wn_simulated_slot *slot,
                 int64_t *resource,
                 double *duration_us);
    /* Train up to slot->resource: the state, and self->metrics. */
    void (*unit)(struct wn_runner *self, struct wn_simulated_slot *slot);
};

/* Trouble, drawn from keyed numbers: `crash` and `early` from configuration and unit (the
 * same in every attempt: a bad configuration), `flaky` and `checkpoint` from the attempt as
 * well; stragglers from the trial, for all its life. */
struct wn_simulated_trouble {
    double crash, flaky, early, checkpoint, milestone_checkpoint;
    double stragglers, straggler_factor;
};

/* The keys of trouble that every runner in virtual time has; wn_simulated_take_trouble()
 * reads them. */
#define WN_SIMULATED_OPTIONS                                                          \
    {.name = "crash",                                                                 \
     .type = WN_OPTION_FLOAT,                                                         \
     .low = 0,                                                                        \
     .high = 1,                                                                       \
     .def = "0",                                                                      \
     .help = "Chance per unit that a configuration crashes there, in every attempt"}, \
        {.name = "flaky",                                                             \
         .type = WN_OPTION_FLOAT,                                                     \
         .low = 0,                                                                    \
         .high = 1,                                                                   \
         .def = "0",                                                                  \
         .help = "Chance per unit that an attempt crashes there"},                    \
        {.name = "stragglers",                                                        \
         .type = WN_OPTION_FLOAT,                                                     \
         .low = 0,                                                                    \
         .high = 1,                                                                   \
         .def = "0",                                                                  \
         .help = "Share of trials that are slow"},                                    \
        {.name = "straggler_factor",                                                  \
         .type = WN_OPTION_FLOAT,                                                     \
         .low = 1,                                                                    \
         .high = 1e6,                                                                 \
         .def = "4",                                                                  \
         .help = "How many times longer a unit takes a slow trial"},                  \
        {.name = "save_time",                                                         \
         .type = WN_OPTION_DURATION,                                                  \
         .low = 0,                                                                    \
         .high = 1e6,                                                                 \
         .def = "0",                                                                  \
         .help = "How long saving a checkpoint takes"},                               \
    {                                                                                 \
        .name = "restore_time", .type = WN_OPTION_DURATION, .low = 0, .high = 1e6,    \
        .def = "0", .help = "How long going on from a checkpoint takes"               \
    }

struct wn_runner {
    struct wn_runner_config cfg;
    const struct wn_simulated_model *model;
    void *own; /* the model's, borrowed */
    struct wn_simulated_delays delays;
    struct wn_simulated_trouble trouble;
    struct wn_run_counts *counts, unheard; /* unheard: where nobody asked for them */
    int64_t cores;
    struct wn_simulated_slot *slots;
    union wn_cell *cells; /* of all slots */
    double *cubes;
    struct wn_heap due;
    struct wn_buf blob;
    struct wn_metric metrics[WN_SIMULATED_METRICS_MAX];
    uint32_t n_metrics;
};

/* A runner with all slots empty; `*out` still lacks own, delays and trouble. */
enum wn_status wn_simulated_create(const struct wn_runner_config *cfg,
                                   const struct wn_simulated_model *model,
                                   struct wn_runner **out,
                                   struct wn_error *err) WN_MUST_CHECK;

/* Trouble and delays of WN_SIMULATED_OPTIONS, out of the values of "trial". */
void wn_simulated_take_trouble(struct wn_runner *self);

/* As in wn_runner_ops. */
void wn_simulated_destroy(struct wn_runner *self);
enum wn_status wn_simulated_start(struct wn_runner *self,
                                  size_t index,
                                  const struct wn_task *task,
                                  int64_t now_us,
                                  struct wn_error *err) WN_MUST_CHECK;
void wn_simulated_answer(struct wn_runner *self,
                         size_t index,
                         enum wn_verdict_kind verdict,
                         int64_t milestone,
                         bool waits_next,
                         int64_t now_us);
void wn_simulated_recall(struct wn_runner *self, size_t index, int64_t now_us);
void wn_simulated_kill(struct wn_runner *self, size_t index, int64_t now_us);
size_t wn_simulated_fds(const struct wn_runner *self, struct pollfd *out, size_t room);
int64_t wn_simulated_deadline_us(const struct wn_runner *self);
bool wn_simulated_poll(struct wn_runner *self, int64_t now_us, struct wn_run_event *out);

/* simulated_state.c */
/* Put the state away as the generation of the slot's resource; false: there is none. */
bool wn_simulated_save(struct wn_runner *self, struct wn_simulated_slot *slot);
/* The state to go on from. WN_ECORRUPT: the source is damaged. */
enum wn_status wn_simulated_restore(struct wn_runner *self,
                                    struct wn_simulated_slot *slot,
                                    struct wn_generation source,
                                    struct wn_error *err) WN_MUST_CHECK;

#endif /* WN_RUNNER_SIMULATED_INTERNAL_H */

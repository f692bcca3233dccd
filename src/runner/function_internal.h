/* function_internal.h - the function runner from inside. */
#ifndef WN_RUNNER_FUNCTION_INTERNAL_H
#define WN_RUNNER_FUNCTION_INTERNAL_H

#include "base/buf.h"
#include "base/heap.h"
#include "runner/function.h"
#include "runner/runner_internal.h"

#define MAGIC 0x464e5731 /* "1WNF" */
enum wn_function_step {
    STEP_EMPTY = 0,
    STEP_TRAIN,   /* a unit is under way */
    STEP_WAIT,    /* for an answer: nothing is due */
    STEP_EXIT,    /* it ends by itself */
    STEP_DAMAGED, /* its source does not verify */
    STEP_GONE
};

struct wn_function_slot {
    enum wn_function_step step;
    uint32_t trial;
    struct wn_dispatch dispatch;
    int64_t milestone, resource, saved; /* saved: unit of the newest checkpoint */
    int64_t start_us, due_us;           /* due_us: end of the unit under way */
    int64_t unit_us, cost_ms;           /* cost_ms: already reported */
    bool waits_next;
    uint64_t config;
    union wn_cell *cells;
    double *cube;
    double state[WN_FUNCTION_STATE_MAX / sizeof(double)];
};

struct wn_runner {
    struct wn_runner_config cfg;
    const struct wn_function_ops *function;
    double spread, noise, crash, flaky, early, checkpoint, milestone_checkpoint;
    int64_t unit_us, units;
    int64_t cores;
    struct wn_function_slot *slots;
    union wn_cell *cells; /* of all slots */
    double *cubes;
    struct wn_heap due;
    struct wn_buf blob;
    struct wn_metric metric;
};

extern const struct wn_option wn_function_table[]; /* function_options.c */

/* function_state.c */
struct wn_function_task wn_function_task_of(const struct wn_runner *self,
                                            const struct wn_function_slot *slot);
/* Put the state away as the generation of the slot's resource; false: there is none. */
bool wn_function_save(struct wn_runner *self, struct wn_function_slot *slot);
/* The state to go on from. WN_ECORRUPT: the source is damaged. */
enum wn_status wn_function_restore(struct wn_runner *self,
                                   struct wn_function_slot *slot,
                                   struct wn_generation source,
                                   struct wn_error *err) WN_MUST_CHECK;

#endif /* WN_RUNNER_FUNCTION_INTERNAL_H */

/* runner/runner.h - how a worker runs one trial in a slot.
 *
 * A runner is driven by its worker, never blocks, and speaks through poll(): reports,
 * ends, and at last `gone` for every start, when no process of it is left. Time is given
 * to it (microseconds of the transport's clock), so the function runner works in virtual
 * time and the process runner on the machine's clock behind the same calls.
 *
 * To add one: write src/runner/<name>.c defining `wn_runner_<name>`, and add the line
 * WN_RUNNER(<name>) to src/runner/runners.def. Nothing else changes.
 */
#ifndef WN_RUNNER_RUNNER_H
#define WN_RUNNER_RUNNER_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/option.h"
#include "checkpoint/store.h"
#include "placement/placement.h"
#include "space/space.h"
#include "trial/event.h"
#include "trial/resource.h"

struct wn_benchmark; /* results/benchmark.h */
struct wn_runner;

/* What trials in virtual time did, added up over all runners of a process. */
struct wn_run_counts {
    double units; /* trained, also those that were lost or trained again */
    uint64_t n_starts, n_stragglers, n_crashes, n_saved, n_restored;
};

/* All borrowed; outlive the runner. */
struct wn_runner_config {
    const struct wn_space *space;
    const struct wn_values
        *trial; /* the job's "trial" section: the common table below and the
                                    * runner's own options, in one set of values */
    const char *study_name;
    const char *study_dir, *job_dir; /* absolute; NULL in virtual time */
    const char *resource_name;       /* key of the resource in reports */
    const char *resource_parameter;  /* or NULL */
    struct wn_resource_rule resource_rule;
    int64_t max_resource; /* INT64_MAX: open */
    const char *metric_name;
    bool is_maximised;
    int64_t
        checkpoint_every; /* resource units between due checkpoints; 0: milestones only */
    bool pauses;          /* the scheduler resumes trials: see wn_sched_ops */
    bool needs_checkpoints; /* the scheduler is pointless without: see wn_sched_ops */
    uint64_t seed;
    struct wn_store *store;
    size_t n_slots;
    const struct wn_slot *slots;        /* NULL: no binding */
    const struct wn_topology *topology; /* NULL: no binding */
    const void *shared;                 /* what load() made; NULL without one */
    struct wn_run_counts *counts;       /* added to in virtual time; may be NULL */
};

/* How a trial's reports came about where nobody trained: bits. */
enum wn_made_up {
    WN_MADE_UP_NEAREST =
        1, /* its configuration was not tried: the nearest stands for it */
    WN_MADE_UP_CONTINUED = 2 /* it went beyond what was recorded of it */
};

struct wn_task {
    uint32_t trial;
    struct wn_dispatch dispatch;
    int64_t milestone, recorded;
    struct wn_generation source;
    bool waits_next;
    const union wn_cell *cells; /* copied by start() */
};

enum wn_run_kind {
    WN_RUN_REPORT = 1,
    WN_RUN_ENDED = 2,
    WN_RUN_DAMAGED = 3,
    WN_RUN_GONE = 4
};

/* DAMAGED: the newest checkpoint does not verify, which is the last one reported under this
 * dispatch, or else the task's source: the run was to begin, or to begin again, from it.
 * Pointers are valid until the next call on the runner. */
struct wn_run_event {
    enum wn_run_kind kind;
    size_t slot;
    int64_t resource, elapsed_ms, cost_ms; /* REPORT; cost also with ENDED */
    const struct wn_metric *metrics;
    uint32_t n_metrics;
    bool has_checkpoint, waits;
    enum wn_failure failure; /* ENDED */
    const char *text;        /* ENDED: what to tell the user */
};

/* Every member is required but complete, load, unload, made_up and benchmark. */
struct wn_runner_ops {
    const char *name, *summary;
    bool works_in_virtual_time, works_in_real_time;
    const struct wn_option *options; /* beside the common keys of "trial" */
    const struct wn_option
        *table; /* the common keys, then `options`: the whole section */
    /* Fill in what the job leaves out and the runner knows (the space, the maximum): `job`
     * is as the user wrote it, so `trial` may be anything. Once, before anything is checked.
     * *shared is NULL, and may be given what load() goes on from. NULL: the runner knows
     * nothing. */
    enum wn_status (*complete)(const struct wn_json *trial,
                               const char *job_dir,
                               struct wn_json *job,
                               void **shared,
                               struct wn_problems *problems,
                               struct wn_error *err);
    /* Check what the table cannot; problems at "trial...". Needs no files but the command,
     * and what was loaded. */
    enum wn_status (*check)(const struct wn_runner_config *cfg,
                            struct wn_problems *problems,
                            struct wn_error *err);
    /* What all runners of a process share, read from files: cfg->shared of each, which live
     * no longer. *shared is what complete() gave, or NULL, and for unload() also after an
     * error; what is there already is not read again. WN_EINVAL: what was read does not fit
     * the job; the text names the field. NULL: there is nothing of the kind. */
    enum wn_status (*load)(const struct wn_runner_config *cfg,
                           void **shared,
                           struct wn_error *err);
    void (*unload)(void *shared);
    /* Bits of enum wn_made_up, for a trial that reported up to `resource`, to tell the user.
     * NULL: what trials report is as real as can be. */
    unsigned (*made_up)(const void *shared, const union wn_cell *cells, int64_t resource);
    /* The table that was loaded and that trials come out of, borrowed. NULL: there is none. */
    const struct wn_benchmark *(*benchmark)(const void *shared);
    enum wn_status (*create)(const struct wn_runner_config *cfg,
                             struct wn_runner **out,
                             struct wn_error *err);
    void (*destroy)(struct wn_runner *self); /* kills what runs and waits for it */
    /* Begin in an empty slot. A program that cannot be started is an ENDED event, not an
     * error; an error here is the worker's own trouble (no memory, no processes). */
    enum wn_status (*start)(struct wn_runner *self,
                            size_t slot,
                            const struct wn_task *task,
                            int64_t now_us,
                            struct wn_error *err);
    /* Answer the report that waits in a slot. After pause or stop the program is to end;
     * it is helped along (TERM, grace, KILL) and `gone` follows. */
    void (*answer)(struct wn_runner *self,
                   size_t slot,
                   enum wn_verdict_kind verdict,
                   int64_t milestone,
                   bool waits_next,
                   int64_t now_us);
    void (*recall)(struct wn_runner *self,
                   size_t slot,
                   int64_t now_us); /* the next new report waits */
    void (*kill)(struct wn_runner *self,
                 size_t slot,
                 int64_t now_us); /* at once; only `gone` follows */
    /* Descriptors to wait on and the time to be polled at the latest (INT64_MAX: none). */
    size_t (*fds)(const struct wn_runner *self, struct pollfd *out, size_t room);
    int64_t (*deadline_us)(const struct wn_runner *self);
    /* The next thing that happened, or false. Call until it says false. */
    bool (*poll)(struct wn_runner *self, int64_t now_us, struct wn_run_event *out);
};

/* Keys every runner shares: runner, timeout, report_timeout, retries ... */
extern const struct wn_option wn_trial_options[];
/* Values of "trial": the common keys and those of the runner it names (default
 * "process"), defaults filled in. */
enum wn_status wn_runner_values(const struct wn_json *trial,
                                struct wn_problems *problems,
                                const struct wn_runner_ops **runner,
                                struct wn_values **out,
                                struct wn_error *err) WN_MUST_CHECK;

const struct wn_runner_ops *wn_runner_find(const char *name);
const struct wn_runner_ops *wn_runner_at(size_t index);

#endif /* WN_RUNNER_RUNNER_H */

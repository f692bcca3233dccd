/* sched/sched.h - what a scheduler is and how the study finds one.
 *
 * A scheduler says which trial runs next, how far, and from whose checkpoint; with
 * which hyperparameters is the searcher's business. It is a state machine over
 * logical events: decide(), answer() and worth() only look, apply() is the only
 * mutator, and between a decision and its effect stands the journal. Recovery is
 * create() and then apply() of every event, so a scheduler saves nothing, and it
 * never learns of workers, losses or retries. It reads no clock, file or MPI; the
 * random numbers it is given are keyed by what they are for.
 *
 * To add one: write src/sched/<name>.c defining `wn_sched_<name>`, and add the
 * line WN_SCHED(<name>) to src/sched/schedulers.def. Nothing else changes.
 */
#ifndef WN_SCHED_SCHED_H
#define WN_SCHED_SCHED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/option.h" /* wn_option, wn_values */
#include "base/rng.h"
#include "trial/event.h" /* wn_event, wn_decision, wn_verdict */

struct wn_history; /* trial/history.h */
struct wn_report;
struct wn_rung;
struct wn_sched; /* each scheduler defines its own, privately */

struct wn_sched_config {
    int64_t
        max_resource; /* resource units of a full run; INT64_MAX: open (see needs_max) */
    const struct wn_values *options;  /* checked against the table below; borrowed */
    const struct wn_history *history; /* borrowed; outlives the scheduler */
    uint64_t n_initial; /* configurations of the user that come before the searcher's */
    bool was_checked; /* the job was accepted before, perhaps by an older program: options
                       * that go on without a meaning are not refused any more */
};

/* Every member is required. Calls come from one thread. */
struct wn_sched_ops {
    const char *name;       /* as written in the job file */
    const char *summary;    /* one line for `winnow list schedulers` */
    const char *reference;  /* paper it follows, "" if none */
    bool needs_max;         /* resource.max must be given */
    bool needs_checkpoints; /* pointless without: a runner that saves none is refused */
    bool is_finite;         /* done by itself, before history is exhausted */
    const char *searcher;   /* the only one it works with, and its default; NULL: any */
    const struct wn_option *options; /* its keys in the job file, with their bounds; one
                                      * called "around" names a scheduler inside it */

    /* Whether trials are paused and resumed with these options, so that checkpoints of
     * programs that do not make their own pay. */
    bool (*pauses)(const struct wn_values *options);

    /* Build a scheduler from `cfg`, which is copied. On success the caller owns
     * *out and ends it with destroy(). WN_EINVAL: the text begins with the offending
     * field ("scheduler.grace_period"; wn_sched_create_inside() says where it is). Refused
     * are options that cannot be, and unless `was_checked` those that mean nothing beside
     * the others: a value that is not the usual one (wn_values_is_usual) and has no
     * effect. What a job leaves out is refused only where no default can do: `method:
     * median` with resource.max 1, hyperband with 2, async-hyperband with 3. */
    enum wn_status (*create)(const struct wn_sched_config *cfg,
                             struct wn_sched **out,
                             struct wn_error *err);
    void (*destroy)(struct wn_sched *self); /* NULL is allowed */

    /* Say what should happen next. May be asked at any time; without room the answer is
     * wait, recall, end or done. O(log n). Done means: nothing more will ever be decided,
     * and no trial of this scheduler is live. */
    struct wn_decision (*decide)(const struct wn_sched *self,
                                 bool has_room,
                                 struct wn_rng rng);

    /* Judge a report that has reached its trial's milestone; not yet applied. */
    struct wn_verdict (*answer)(const struct wn_sched *self,
                                const struct wn_report *report,
                                struct wn_rng rng);

    /* Expected cost, in resource units, of losing the newest checkpoint of a trial that is
     * paused or has ended; 0 if no rule can ask for it again, neither to resume the trial
     * nor to fork from it. Above 0 the study keeps that checkpoint, so a decision may
     * name it. Once it was 0 the checkpoint may be gone for ever, and one may be damaged at
     * any time: the trial's `newest` then says so, no event does. */
    double (*worth)(const struct wn_sched *self, uint32_t trial);

    /* Absorb one journaled event, already applied to history; WN_ECORRUPT if it
     * contradicts the state. O(log n); takes milestone, verdict and tag from the event
     * and never decides again. */
    enum wn_status (*apply)(struct wn_sched *self,
                            const struct wn_event *event,
                            struct wn_error *err);

    /* For people: the rung ladder or whatever the scheduler is made of, as lines of text
     * ("rung 0: epoch 1 ..."), with the present fill when history has trials. */
    void (*describe)(const struct wn_sched *self, struct wn_buf *out);

    /* Rungs for status, results and plots: fills at most `room` and returns how many
     * there are (0: the scheduler has none). A rung keeps its place; new ones come last. */
    size_t (*rungs)(const struct wn_sched *self, struct wn_rung *out, size_t room);
};

/* One level of a ladder as others may see it. */
struct wn_rung {
    int64_t resource;
    uint64_t n_entered, n_promoted; /* promoted: continued past it */
    uint32_t bracket;
};

/* For `pauses`, where options change nothing. */
bool wn_sched_pauses_always(const struct wn_values *options);
bool wn_sched_pauses_never(const struct wn_values *options);
/* Whether it stands around another scheduler: its table has the key "around". */
bool wn_sched_is_around(const struct wn_sched_ops *ops);
/* The scheduler inside, as {"around": {"type": NAME, ...}} says; NULL if there is none.
 * *object: what "around" holds, borrowed from `options`. */
const struct wn_sched_ops *wn_sched_inside(const struct wn_sched_ops *ops,
                                           const struct wn_values *options,
                                           const struct wn_json **object);

/* Its create(); a refusal of "scheduler.x" becomes one of "scheduler.around.x". */
enum wn_status wn_sched_create_inside(const struct wn_sched_ops *ops,
                                      const struct wn_sched_config *cfg,
                                      struct wn_sched **out,
                                      struct wn_error *err) WN_MUST_CHECK;

/* The one that decides which trial runs: the scheduler inside, or itself. What a job must
 * have for it (resource.max, a searcher, checkpoints) is asked of this one, and whether it
 * is finite. */
const struct wn_sched_ops *wn_sched_deciding(const struct wn_sched_ops *ops,
                                             const struct wn_values *options);

/* Look up by exact name, or walk the table; NULL if there is none. Static. */
const struct wn_sched_ops *wn_sched_find(const char *name);
const struct wn_sched_ops *wn_sched_at(size_t index);

#endif /* WN_SCHED_SCHED_H */

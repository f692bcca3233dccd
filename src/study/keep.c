/* keep.c - the checkpoints the journal names: leases and retention (rule 10).
 *
 * Of a trial that lives, or of which the scheduler may still want something (worth()), are
 * kept: the newest generation, and the newest that got a milestone's verdict (the one a
 * fork may name). Besides these: everything leased, and
 * the newest of the incumbent. All else may be collected. A lease lasts from `planned`
 * until the child's own first generation or its end.
 *
 * `collectable` lists the trials that have something to collect. It is brought up to date
 * where an event touches a trial; since a scheduler's worth() can fall without one, every
 * event also looks again at a few holders in turn.
 */
#include "study/study_internal.h"

#include "base/assert.h"

#define SWEEP_LENGTH 2 /* holders looked at again with every event */

static int kept_compare(const struct kept *a,
                        int64_t resource,
                        struct wn_dispatch dispatch)
{
    if (a->resource != resource)
        return a->resource < resource ? -1 : 1;
    if (a->dispatch.incarnation != dispatch.incarnation)
        return a->dispatch.incarnation < dispatch.incarnation ? -1 : 1;
    if (a->dispatch.count != dispatch.count)
        return a->dispatch.count < dispatch.count ? -1 : 1;
    return 0;
}

/* Index of a generation among its trial's, or n_kept. */
static uint32_t kept_find(const struct run *run, struct wn_generation gen)
{
    for (uint32_t i = 0; i < run->n_kept; i++)
        if (kept_compare(&run->kept[i], gen.resource, gen.dispatch) == 0)
            return i;
    return run->n_kept;
}

static struct wn_generation generation_of(uint32_t trial, const struct kept *kept)
{
    return (struct wn_generation){
        .trial = trial, .resource = kept->resource, .dispatch = kept->dispatch};
}

static void holders_remove(struct wn_study *study, uint32_t trial)
{
    struct run *run = &study->runs.at[trial];
    uint32_t last = study->holders.at[study->holders.n - 1];

    study->holders.at[run->at_holder] = last;
    study->runs.at[last].at_holder = run->at_holder;
    study->holders.n--;
}

enum wn_status wn_keep_add(struct wn_study *study,
                           struct wn_generation gen,
                           struct wn_error *err)
{
    struct run *run = wn_study_run(study, gen.trial);
    uint32_t at;

    if (!run || gen.resource <= 0)
        return wn_fail(err, WN_ECORRUPT, "a checkpoint of trial %u, which does not exist",
                       gen.trial);
    if (kept_find(run, gen) < run->n_kept)
        return WN_OK;
    if (run->n_kept == run->room_kept) {
        uint32_t room = run->room_kept ? 2 * run->room_kept : 2;
        struct kept *kept = wn_realloc(run->kept, room * sizeof *kept);
        if (!kept)
            return wn_fail(err, WN_ENOMEM, "no memory for a checkpoint's entry");
        run->kept = kept;
        run->room_kept = room;
    }
    if (!run->n_kept) {
        uint32_t *holder = wn_vec_push(&study->holders);
        if (!holder)
            return wn_fail(err, WN_ENOMEM, "no memory for a checkpoint's entry");
        *holder = gen.trial;
        run->at_holder = (uint32_t)study->holders.n - 1;
    }
    for (at = run->n_kept; at > 0; at--) {
        if (kept_compare(&run->kept[at - 1], gen.resource, gen.dispatch) < 0)
            break;
        run->kept[at] = run->kept[at - 1];
    }
    run->kept[at] = (struct kept){.resource = gen.resource, .dispatch = gen.dispatch};
    run->n_kept++;
    return WN_OK;
}

enum wn_status wn_keep_drop(struct wn_study *study,
                            struct wn_generation gen,
                            struct wn_error *err)
{
    struct run *run = wn_study_run(study, gen.trial);
    uint32_t at = run ? kept_find(run, gen) : 0;

    if (!run || at == run->n_kept)
        return wn_fail(err, WN_ECORRUPT,
                       "the checkpoint of trial %u at resource %lld is not known",
                       gen.trial, (long long)gen.resource);
    for (uint32_t i = at; i + 1 < run->n_kept; i++)
        run->kept[i] = run->kept[i + 1];
    run->n_kept--;
    if (!run->n_kept)
        holders_remove(study, gen.trial);
    return WN_OK;
}

enum wn_status wn_keep_lease(struct wn_study *study,
                             uint32_t child,
                             struct wn_generation gen,
                             struct wn_error *err)
{
    struct run *source = wn_study_run(study, gen.trial);
    uint32_t at = source ? kept_find(source, gen) : 0;

    if (!source || at == source->n_kept)
        return wn_fail(
            err, WN_ECORRUPT,
            "trial %u is forked from a checkpoint of trial %u that is not known", child,
            gen.trial);
    source->kept[at].n_leases++;
    study->runs.at[child].lease = gen;
    return wn_keep_review(study, gen.trial, err);
}

void wn_keep_release(struct wn_study *study, uint32_t child)
{
    struct run *run = &study->runs.at[child];
    struct run *source =
        run->lease.resource ? wn_study_run(study, run->lease.trial) : NULL;
    uint32_t at = source ? kept_find(source, run->lease) : 0;

    if (source && at < source->n_kept && source->kept[at].n_leases)
        source->kept[at].n_leases--;
    run->lease = (struct wn_generation){0};
}

/* First generation of a trial that may go, or resource 0. */
static struct wn_generation collectable_of(const struct wn_study *study, uint32_t trial)
{
    const struct run *run = &study->runs.at[trial];
    const struct wn_trial *record = wn_history_trial(study->history, trial);
    bool is_wanted, is_best = study->incumbent == trial;

    if (study->cfg.limits.keeps_all || !run->n_kept)
        return (struct wn_generation){0};
    is_wanted = wn_run_is_live(run) || study->cfg.sched->worth(study->sched, trial) > 0;
    for (uint32_t i = 0; i < run->n_kept; i++) {
        struct wn_generation gen = generation_of(trial, &run->kept[i]);
        bool is_newest = i + 1 == run->n_kept;
        if (run->kept[i].n_leases || (is_newest && (is_wanted || is_best)))
            continue;
        if (is_wanted && wn_generation_equal(gen, record->newest))
            continue;
        return gen;
    }
    return (struct wn_generation){0};
}

enum wn_status wn_keep_review(struct wn_study *study,
                              uint32_t trial,
                              struct wn_error *err)
{
    struct run *run = &study->runs.at[trial];
    uint32_t *item;

    if (run->is_collectable || !collectable_of(study, trial).resource)
        return WN_OK;
    item = wn_vec_push(&study->collectable);
    if (!item)
        return wn_fail(err, WN_ENOMEM, "no memory to note a checkpoint for collection");
    *item = trial;
    run->is_collectable = true;
    return WN_OK;
}

enum wn_status wn_keep_sweep(struct wn_study *study, struct wn_error *err)
{
    for (int i = 0; i < SWEEP_LENGTH && study->holders.n; i++) {
        enum wn_status rc;
        if (study->sweep >= study->holders.n)
            study->sweep = 0;
        rc = wn_keep_review(study, study->holders.at[study->sweep++], err);
        if (rc)
            return rc;
    }
    /* The last entry leaves as soon as it has nothing left to give. */
    while (study->collectable.n) {
        uint32_t trial = study->collectable.at[study->collectable.n - 1];
        if (collectable_of(study, trial).resource)
            break;
        study->runs.at[trial].is_collectable = false;
        study->collectable.n--;
    }
    return WN_OK;
}

struct wn_generation wn_keep_next(const struct wn_study *study)
{
    if (!study->collectable.n)
        return (struct wn_generation){0};
    return collectable_of(study, study->collectable.at[study->collectable.n - 1]);
}

struct wn_generation wn_keep_source(const struct wn_study *study, uint32_t trial)
{
    const struct run *run = &study->runs.at[trial];

    if (run->n_kept)
        return generation_of(trial, &run->kept[run->n_kept - 1]);
    if (wn_study_knows(study, run->lease))
        return run->lease;
    return (struct wn_generation){0}; /* its source was damaged: from the start */
}

struct wn_generation wn_study_newest(const struct wn_study *study, uint32_t trial)
{
    const struct run *run = wn_study_run(study, trial);

    if (!run || !run->n_kept)
        return (struct wn_generation){0};
    return generation_of(trial, &run->kept[run->n_kept - 1]);
}

bool wn_study_knows(const struct wn_study *study, struct wn_generation gen)
{
    const struct run *run = wn_study_run(study, gen.trial);

    return run && kept_find(run, gen) < run->n_kept;
}

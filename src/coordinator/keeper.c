/* keeper.c - see keeper.h. One lock, two queues.
 *
 * Deletions can come faster than a file system does them, so they wait by themselves and
 * everything else goes before them: a heartbeat that stands behind a thousand of them
 * would be taken for a death. The order between tasks is free: each syncs for itself.
 */
#include "coordinator/keeper.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "coordinator/heartbeat.h"

enum task_kind { TASK_SYNC, TASK_DELETE, TASK_UNLINK, TASK_HEARTBEAT, TASK_RESULTS };

struct task {
    enum task_kind kind;
    struct wn_generation gen;
    char *path;                 /* UNLINK; owned */
    struct wn_results *results; /* RESULTS; owned */
};

struct wn_keeper {
    struct wn_keeper_config cfg;
    char study_dir[WN_PATH_MAX];
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t change; /* of the queue, of is_busy, of ends */
    WN_VEC(struct task) tasks;
    WN_VEC(struct wn_generation) deletions;
    size_t n_deleted; /* of them, from the front */
    bool has_thread, is_busy, ends;
    int64_t results_ms;
    struct wn_error trouble; /* status WN_OK: none */
};

static void task_release(struct task *task)
{
    wn_free(task->path);
    wn_results_destroy(task->results);
}

static enum wn_status fail_fenced(struct wn_error *err)
{
    return wn_fail(err, WN_EFENCED, "another coordinator has taken the study over");
}

/* Sync, then look for a later segment: what must stand before an irreversible act. */
static enum wn_status may_act(void *arg, struct wn_error *err)
{
    struct wn_keeper *keeper = arg;
    enum wn_status rc = WN_OK;

    if (keeper->cfg.dies && keeper->cfg.dies(keeper->cfg.dies_arg))
        return wn_fail(err, WN_EFENCED,
                       "the coordinator died before an irreversible act");
    if (!keeper->cfg.journal)
        return WN_OK;
    rc = wn_journal_sync(keeper->cfg.journal, err);
    if (!rc && wn_journal_is_fenced(keeper->cfg.journal))
        rc = fail_fenced(err);
    return rc;
}

static enum wn_status write_results(struct wn_keeper *keeper,
                                    const struct wn_results *results,
                                    struct wn_error *err)
{
    char path[WN_PATH_MAX];
    int64_t begin = wn_clock_mono_us();
    enum wn_status rc = wn_path_join(path, err, keeper->study_dir, "results.h5");

    if (!rc)
        rc = wn_results_write(results, path, may_act, keeper, err);
    if (rc &&
        rc !=
            WN_EFENCED) { /* a full disk must not end the study: the journal is the truth */
        wn_warn("results", "results.h5 could not be written: %s", err->text);
        rc = WN_OK;
    }
    pthread_mutex_lock(&keeper->lock);
    keeper->results_ms = (wn_clock_mono_us() - begin) / 1000;
    pthread_mutex_unlock(&keeper->lock);
    return rc;
}

/* Without a sign of life others may take us for dead and fence us, but nothing is lost. */
static enum wn_status refresh_heartbeat(struct wn_keeper *keeper, struct wn_error *err)
{
    if (wn_heartbeat_write(keeper->study_dir, err) != WN_OK)
        wn_warn("study", "the heartbeat could not be written: %s", err->text);
    return WN_OK;
}

static enum wn_status do_task(struct wn_keeper *keeper,
                              const struct task *task,
                              struct wn_error *err)
{
    enum wn_status rc = WN_OK;

    switch (task->kind) {
    case TASK_SYNC:
        return keeper->cfg.journal ? wn_journal_sync(keeper->cfg.journal, err) : WN_OK;
    case TASK_DELETE:
        rc = may_act(keeper, err);
        return rc ? rc : wn_store_remove(keeper->cfg.store, task->gen, err);
    case TASK_UNLINK:
        rc = may_act(keeper, err);
        if (!rc && unlink(task->path) != 0 && errno != ENOENT) {
            (void)wn_fail_errno(err, WN_EIO, "cannot remove the request %s", task->path);
            wn_warn("study", "%s", err->text);
        }
        return rc;
    case TASK_HEARTBEAT:
        rc = may_act(keeper, err);
        return rc ? rc : refresh_heartbeat(keeper, err);
    case TASK_RESULTS: return write_results(keeper, task->results, err);
    }
    return rc;
}

static void run_task(struct wn_keeper *keeper, struct task *task)
{
    struct wn_error err = {0};
    bool is_stopped;

    pthread_mutex_lock(&keeper->lock);
    is_stopped = keeper->trouble.status != WN_OK;
    pthread_mutex_unlock(&keeper->lock);
    if (!is_stopped && do_task(keeper, task, &err)) {
        /* Whoever took over has swept away what we were writing aside: say that, not this. */
        if (keeper->cfg.journal && wn_journal_is_fenced(keeper->cfg.journal))
            (void)fail_fenced(&err);
        pthread_mutex_lock(&keeper->lock);
        keeper->trouble = err;
        pthread_mutex_unlock(&keeper->lock);
    }
    task_release(task);
}

static bool is_idle(const struct wn_keeper *keeper)
{
    return !keeper->tasks.n && !keeper->deletions.n && !keeper->is_busy;
}

/* The next task; under the lock. */
static bool take_task(struct wn_keeper *keeper, struct task *out)
{
    if (keeper->tasks.n) {
        *out = keeper->tasks.at[0];
        memmove(keeper->tasks.at, keeper->tasks.at + 1,
                --keeper->tasks.n * sizeof *keeper->tasks.at);
        return true;
    }
    if (!keeper->deletions.n)
        return false;
    *out = (struct task){.kind = TASK_DELETE,
                         .gen = keeper->deletions.at[keeper->n_deleted++]};
    if (2 * keeper->n_deleted >=
        keeper->deletions.n) { /* moves no more than were taken */
        keeper->deletions.n -= keeper->n_deleted;
        memmove(keeper->deletions.at, keeper->deletions.at + keeper->n_deleted,
                keeper->deletions.n * sizeof *keeper->deletions.at);
        keeper->n_deleted = 0;
    }
    return true;
}

static void *keeper_main(void *arg)
{
    struct wn_keeper *keeper = arg;

    pthread_mutex_lock(&keeper->lock);
    for (;;) {
        struct task task;
        bool has_task = take_task(keeper, &task);
        while (!has_task && !keeper->ends) {
            pthread_cond_wait(&keeper->change, &keeper->lock);
            has_task = take_task(keeper, &task);
        }
        if (!has_task)
            break;
        keeper->is_busy = true;
        pthread_mutex_unlock(&keeper->lock);
        run_task(keeper, &task);
        pthread_mutex_lock(&keeper->lock);
        keeper->is_busy = false;
        pthread_cond_broadcast(&keeper->change);
    }
    pthread_mutex_unlock(&keeper->lock);
    return NULL;
}

enum wn_status wn_keeper_create(const struct wn_keeper_config *cfg,
                                struct wn_keeper **out,
                                struct wn_error *err)
{
    struct wn_keeper *keeper = wn_alloc(sizeof *keeper);

    if (!keeper)
        return wn_fail(err, WN_ENOMEM, "no memory for the keeper of files");
    keeper->cfg = *cfg;
    if (cfg->study_dir)
        memcpy(keeper->study_dir, cfg->study_dir,
               strnlen(cfg->study_dir, sizeof keeper->study_dir - 1));
    pthread_mutex_init(&keeper->lock, NULL);
    pthread_cond_init(&keeper->change, NULL);
    if (!cfg->is_inline) {
        int rc = pthread_create(&keeper->thread, NULL, keeper_main, keeper);
        if (rc) {
            errno = rc;
            wn_keeper_destroy(keeper);
            return wn_fail_errno(err, WN_ESYSTEM, "cannot start the thread for files");
        }
        keeper->has_thread = true;
    }
    *out = keeper;
    return WN_OK;
}

void wn_keeper_destroy(struct wn_keeper *keeper)
{
    if (!keeper)
        return;
    if (keeper->has_thread) {
        pthread_mutex_lock(&keeper->lock);
        keeper->ends = true;
        pthread_cond_broadcast(&keeper->change);
        pthread_mutex_unlock(&keeper->lock);
        pthread_join(keeper->thread, NULL);
    }
    for (size_t i = 0; i < keeper->tasks.n; i++)
        task_release(&keeper->tasks.at[i]);
    wn_vec_release(&keeper->tasks);
    wn_vec_release(&keeper->deletions);
    pthread_cond_destroy(&keeper->change);
    pthread_mutex_destroy(&keeper->lock);
    wn_free(keeper);
}

/* Into the queue of deletions, or that of everything else; under the lock. False without
 * memory. */
static bool put_task(struct wn_keeper *keeper, const struct task *task)
{
    struct task *item = NULL;

    if (task->kind == TASK_DELETE) {
        struct wn_generation *gen = wn_vec_push(&keeper->deletions);
        if (gen)
            *gen = task->gen;
        return gen != NULL;
    }
    for (size_t i = 0; i < keeper->tasks.n && !item; i++)
        if (keeper->tasks.at[i].kind == task->kind && task->kind != TASK_UNLINK) {
            item = &keeper->tasks.at[i]; /* the newer one does for both */
            task_release(item);
        }
    if (!item)
        item = wn_vec_push(&keeper->tasks);
    if (item)
        *item = *task;
    return item != NULL;
}

/* Takes what the task owns. */
static enum wn_status submit(struct wn_keeper *keeper,
                             struct task task,
                             struct wn_error *err)
{
    bool is_put;

    if (!keeper->has_thread) {
        run_task(keeper, &task);
        return wn_keeper_check(keeper, err);
    }
    pthread_mutex_lock(&keeper->lock);
    is_put = put_task(keeper, &task);
    pthread_cond_broadcast(&keeper->change);
    pthread_mutex_unlock(&keeper->lock);
    if (is_put)
        return WN_OK;
    task_release(&task);
    return wn_fail(err, WN_ENOMEM, "no memory to queue work on files");
}

enum wn_status wn_keeper_sync(struct wn_keeper *keeper, struct wn_error *err)
{
    return submit(keeper, (struct task){.kind = TASK_SYNC}, err);
}

enum wn_status wn_keeper_delete(struct wn_keeper *keeper,
                                struct wn_generation gen,
                                struct wn_error *err)
{
    return submit(keeper, (struct task){.kind = TASK_DELETE, .gen = gen}, err);
}

enum wn_status wn_keeper_unlink(struct wn_keeper *keeper,
                                const char *path,
                                struct wn_error *err)
{
    char *copy = wn_strdup(path);

    if (!copy)
        return wn_fail(err, WN_ENOMEM, "no memory to queue work on files");
    return submit(keeper, (struct task){.kind = TASK_UNLINK, .path = copy}, err);
}

enum wn_status wn_keeper_heartbeat(struct wn_keeper *keeper, struct wn_error *err)
{
    return submit(keeper, (struct task){.kind = TASK_HEARTBEAT}, err);
}

enum wn_status wn_keeper_results(struct wn_keeper *keeper,
                                 struct wn_results *results,
                                 struct wn_error *err)
{
    return submit(keeper, (struct task){.kind = TASK_RESULTS, .results = results}, err);
}

void wn_keeper_flush(struct wn_keeper *keeper)
{
    pthread_mutex_lock(&keeper->lock);
    while (keeper->has_thread && !is_idle(keeper))
        pthread_cond_wait(&keeper->change, &keeper->lock);
    pthread_mutex_unlock(&keeper->lock);
}

enum wn_status wn_keeper_check(struct wn_keeper *keeper, struct wn_error *err)
{
    enum wn_status rc;

    pthread_mutex_lock(&keeper->lock);
    rc = keeper->trouble.status;
    if (rc && err)
        *err = keeper->trouble;
    pthread_mutex_unlock(&keeper->lock);
    return rc;
}

int64_t wn_keeper_results_ms(struct wn_keeper *keeper)
{
    int64_t ms;

    pthread_mutex_lock(&keeper->lock);
    ms = keeper->results_ms;
    pthread_mutex_unlock(&keeper->lock);
    return ms;
}

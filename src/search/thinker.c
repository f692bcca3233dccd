/* thinker.c - see thinker.h. One lock, one queue, one thread that owns what it works on.
 *
 * While `is_busy` the searcher and its history are the thread's, otherwise the caller's:
 * the caller hands them over with an ask, the thread gives them back when the queue is
 * empty. Everything else is looked at under the lock, where there is a thread.
 *
 * An ask has a number. A thought under another number than the present one (the ask was
 * forgotten meanwhile) is dropped, or not begun.
 */
#include "search/thinker.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/mem.h"

struct question {
    struct wn_ask ask;
    struct wn_rng rng;
};

struct item {
    struct wn_event *event; /* owned; NULL: think about the question of this number */
    uint64_t number;
};

struct wn_thinker {
    const struct wn_search_ops *ops;
    struct wn_search *search;
    struct wn_history *history; /* its own, with a thread */
    size_t n_cells;

    struct question question;
    uint64_t number; /* of the question */
    bool is_asked;
    struct wn_reply reply; /* kind 0: none yet */
    union wn_cell *cells;  /* of the reply, like the next */
    void *tag;
    struct wn_error trouble; /* status WN_OK: none */

    bool has_thread, is_busy, ends;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t change; /* of the queue, of `ends` */
    WN_VEC(struct item) queue;
    size_t n_taken;       /* of it, from the front */
    union wn_cell *draft; /* cells of the thought under way; the thread's */
    int fd;
    bool is_signalled; /* fd is readable */
};

static void lock(struct wn_thinker *thinker)
{
    if (thinker->has_thread)
        pthread_mutex_lock(&thinker->lock);
}

static void unlock(struct wn_thinker *thinker)
{
    if (thinker->has_thread)
        pthread_mutex_unlock(&thinker->lock);
}

/* --- under the lock --- */

static void signal_news(struct wn_thinker *thinker)
{
    static const uint64_t one = 1;

    if (!thinker->has_thread || thinker->is_signalled)
        return;
    thinker->is_signalled = true;
    (void)!write(thinker->fd, &one, sizeof one);
}

static void keep_trouble(struct wn_thinker *thinker, const struct wn_error *trouble)
{
    if (!thinker->trouble.status)
        thinker->trouble = *trouble;
    signal_news(thinker);
}

static void no_memory(struct wn_thinker *thinker)
{
    struct wn_error trouble = {0};

    (void)wn_fail(&trouble, WN_ENOMEM, "no memory to ask the searcher %s",
                  thinker->ops->name);
    keep_trouble(thinker, &trouble);
}

static enum wn_status tell_trouble(const struct wn_thinker *thinker, struct wn_error *err)
{
    if (thinker->trouble.status && err)
        *err = thinker->trouble;
    return thinker->trouble.status;
}

/* What the searcher said; its tag is its own until its next call. */
static void keep_reply(struct wn_thinker *thinker,
                       const struct wn_reply *reply,
                       const union wn_cell *cells)
{
    bool has_cells = reply->kind == WN_REPLY_CONFIGURE;
    size_t n_tag = has_cells ? reply->tag.n : 0;
    void *tag = n_tag ? wn_alloc(n_tag) : NULL;

    WN_ASSERT(reply->kind != WN_REPLY_THINKING);
    if (n_tag && !tag) {
        no_memory(thinker);
        return;
    }
    if (n_tag)
        memcpy(tag, reply->tag.at, n_tag);
    wn_free(thinker->tag);
    thinker->tag = tag;
    thinker->reply = *reply;
    thinker->reply.tag = (struct wn_blob){.at = tag, .n = n_tag};
    if (has_cells && thinker->n_cells && cells != thinker->cells)
        memcpy(thinker->cells, cells, thinker->n_cells * sizeof *cells);
    signal_news(thinker);
}

static bool put_item(struct wn_thinker *thinker, struct item item)
{
    struct item *place = wn_vec_push(&thinker->queue);

    if (!place)
        return false;
    *place = item;
    thinker->is_busy = true;
    pthread_cond_signal(&thinker->change);
    return true;
}

static bool take_item(struct wn_thinker *thinker, struct item *out)
{
    if (thinker->n_taken == thinker->queue.n)
        return false;
    *out = thinker->queue.at[thinker->n_taken++];
    if (2 * thinker->n_taken >= thinker->queue.n) { /* moves no more than were taken */
        thinker->queue.n -= thinker->n_taken;
        memmove(thinker->queue.at, thinker->queue.at + thinker->n_taken,
                thinker->queue.n * sizeof *thinker->queue.at);
        thinker->n_taken = 0;
    }
    return true;
}

/* --- by whose the searcher is --- */

static struct wn_reply ask_searcher(const struct wn_thinker *thinker,
                                    const struct question *question,
                                    union wn_cell *cells)
{
    return thinker->ops->propose(thinker->search, &question->ask, question->rng, cells);
}

static enum wn_status tell_searcher(struct wn_thinker *thinker,
                                    const struct wn_event *event,
                                    struct wn_error *err)
{
    enum wn_status rc = WN_OK;

    if (!wn_event_is_logical(event->kind)) {
        if (thinker->history)
            wn_history_follow(thinker->history, event);
        return WN_OK;
    }
    if (thinker->history)
        rc = wn_history_apply(thinker->history, event, err);
    return rc ? rc : thinker->ops->apply(thinker->search, event, err);
}

/* --- the thread --- */

static void think(struct wn_thinker *thinker, uint64_t number)
{
    struct question question;
    struct wn_reply reply;
    bool is_wanted;

    lock(thinker);
    is_wanted = number == thinker->number && !thinker->trouble.status;
    question = thinker->question;
    unlock(thinker);
    if (!is_wanted)
        return;
    reply = ask_searcher(thinker, &question, thinker->draft);
    lock(thinker);
    if (number == thinker->number)
        keep_reply(thinker, &reply, thinker->draft);
    unlock(thinker);
}

static void learn(struct wn_thinker *thinker, struct wn_event *event)
{
    struct wn_error err = {0};
    bool is_broken;

    lock(thinker);
    is_broken = thinker->trouble.status;
    unlock(thinker);
    if (!is_broken && tell_searcher(thinker, event, &err)) {
        lock(thinker);
        keep_trouble(thinker, &err);
        unlock(thinker);
    }
    wn_free(event);
}

/* Rank 0 is often bound to one core: a thought of the same priority would keep answers
 * waiting for some milliseconds each, whoever should run first. So it takes what is left.
 * (On Linux a thread has a nice value of its own, and 0 is the one that calls.) */
static void step_back(void)
{
    (void)setpriority(PRIO_PROCESS, 0, 19);
}

static void *thinker_main(void *arg)
{
    struct wn_thinker *thinker = arg;
    struct item item;

    step_back();
    lock(thinker);
    while (!thinker->ends) {
        if (!take_item(thinker, &item)) {
            thinker->is_busy = false;
            pthread_cond_wait(&thinker->change, &thinker->lock);
            continue;
        }
        unlock(thinker);
        if (item.event)
            learn(thinker, item.event);
        else
            think(thinker, item.number);
        lock(thinker);
    }
    unlock(thinker);
    return NULL;
}

/* Signals are for the thread that looks at what they leave. */
static enum wn_status start_thread(struct wn_thinker *thinker, struct wn_error *err)
{
    sigset_t all, before;
    int rc;

    thinker->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (thinker->fd < 0)
        return wn_fail_errno(err, WN_ESYSTEM, "no descriptor for the searcher's thread");
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    rc = pthread_create(&thinker->thread, NULL, thinker_main, thinker);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = rc;
    if (rc)
        return wn_fail_errno(err, WN_ESYSTEM, "cannot start the searcher's thread");
    return WN_OK;
}

static void end_thread(struct wn_thinker *thinker)
{
    lock(thinker);
    thinker->ends = true;
    thinker->number++; /* what it thinks of is of no interest */
    pthread_cond_signal(&thinker->change);
    unlock(thinker);
    pthread_join(thinker->thread, NULL);
}

/* --- from the study --- */

void wn_thinker_destroy(struct wn_thinker *thinker)
{
    struct item item;

    if (!thinker)
        return;
    if (thinker->has_thread)
        end_thread(thinker);
    while (take_item(thinker, &item))
        wn_free(item.event);
    wn_vec_release(&thinker->queue);
    if (thinker->search)
        thinker->ops->destroy(thinker->search);
    wn_history_destroy(thinker->history);
    if (thinker->fd >= 0)
        close(thinker->fd);
    pthread_cond_destroy(&thinker->change);
    pthread_mutex_destroy(&thinker->lock);
    wn_free(thinker->cells);
    wn_free(thinker->draft);
    wn_free(thinker->tag);
    wn_free(thinker);
}

static enum wn_status create_parts(struct wn_thinker *thinker,
                                   const struct wn_thinker_config *cfg,
                                   struct wn_error *err)
{
    struct wn_search_config search = cfg->search;
    bool wants_thread = cfg->has_thread && cfg->ops->is_slow;
    enum wn_status rc = WN_OK;

    thinker->n_cells = wn_space_n_params(search.space);
    thinker->cells = wn_alloc_array(thinker->n_cells + 1, sizeof *thinker->cells);
    thinker->draft = wn_alloc_array(thinker->n_cells + 1, sizeof *thinker->draft);
    if (!thinker->cells || !thinker->draft)
        return wn_fail(err, WN_ENOMEM, "no memory for the searcher");
    if (wants_thread) {
        rc = wn_history_create(cfg->history, &thinker->history, err);
        search.history = thinker->history;
    }
    if (!rc)
        rc = cfg->ops->create(&search, &thinker->search, err);
    if (!rc && wants_thread) {
        thinker->has_thread = true; /* before the thread looks */
        rc = start_thread(thinker, err);
        if (rc)
            thinker->has_thread = false;
    }
    return rc;
}

enum wn_status wn_thinker_create(const struct wn_thinker_config *cfg,
                                 struct wn_thinker **out,
                                 struct wn_error *err)
{
    struct wn_thinker *thinker = wn_alloc(sizeof *thinker);
    enum wn_status rc;

    if (!thinker)
        return wn_fail(err, WN_ENOMEM, "no memory for the searcher");
    thinker->ops = cfg->ops;
    thinker->fd = -1;
    pthread_mutex_init(&thinker->lock, NULL);
    pthread_cond_init(&thinker->change, NULL);
    rc = create_parts(thinker, cfg, err);
    if (rc) {
        wn_thinker_destroy(thinker);
        return rc;
    }
    *out = thinker;
    return WN_OK;
}

enum wn_status wn_thinker_apply(struct wn_thinker *thinker,
                                const struct wn_event *event,
                                struct wn_error *err)
{
    enum wn_status rc;

    lock(thinker);
    rc = tell_trouble(thinker, err);
    if (!rc && !thinker->is_busy) {
        rc = tell_searcher(thinker, event, err);
    } else if (!rc) {
        struct wn_event *copy = wn_event_copy(event);
        if (!copy || !put_item(thinker, (struct item){.event = copy})) {
            wn_free(copy);
            rc = wn_fail(err, WN_ENOMEM, "no memory for what the searcher is told");
        }
    }
    unlock(thinker);
    return rc;
}

void wn_thinker_begin(struct wn_thinker *thinker,
                      const struct wn_ask *ask,
                      struct wn_rng rng)
{
    if (thinker->is_asked)
        return;
    WN_ASSERT(!ask->n_offered);
    lock(thinker);
    thinker->question = (struct question){.ask = *ask, .rng = rng};
    thinker->number++;
    thinker->is_asked = true;
    thinker->reply = (struct wn_reply){0};
    if (thinker->has_thread) {
        if (!put_item(thinker, (struct item){.number = thinker->number}))
            no_memory(thinker);
    } else if (thinker->ops->is_slow) {
        struct wn_reply reply = ask_searcher(thinker, &thinker->question, thinker->cells);
        keep_reply(thinker, &reply, thinker->cells);
    }
    unlock(thinker);
}

struct wn_reply wn_thinker_reply(struct wn_thinker *thinker, union wn_cell *cells)
{
    struct wn_reply reply;

    WN_ASSERT(thinker->is_asked);
    if (!thinker->ops->is_slow)
        return ask_searcher(thinker, &thinker->question, cells);
    lock(thinker);
    reply = thinker->reply;
    if (reply.kind == WN_REPLY_CONFIGURE && thinker->n_cells)
        memcpy(cells, thinker->cells, thinker->n_cells * sizeof *cells);
    unlock(thinker);
    return reply.kind ? reply : (struct wn_reply){.kind = WN_REPLY_THINKING};
}

void wn_thinker_forget(struct wn_thinker *thinker)
{
    if (!thinker->is_asked)
        return;
    lock(thinker);
    thinker->is_asked = false;
    thinker->number++;
    unlock(thinker);
}

bool wn_thinker_is_thinking(struct wn_thinker *thinker)
{
    bool is_thinking;

    lock(thinker);
    is_thinking = thinker->is_asked && thinker->ops->is_slow && !thinker->reply.kind;
    unlock(thinker);
    return is_thinking;
}

int wn_thinker_fd(const struct wn_thinker *thinker)
{
    return thinker->fd;
}

void wn_thinker_hear(struct wn_thinker *thinker)
{
    uint64_t n;

    lock(thinker);
    if (thinker->is_signalled)
        (void)!read(thinker->fd, &n, sizeof n);
    thinker->is_signalled = false;
    unlock(thinker);
}

enum wn_status wn_thinker_check(struct wn_thinker *thinker, struct wn_error *err)
{
    enum wn_status rc;

    lock(thinker);
    rc = tell_trouble(thinker, err);
    unlock(thinker);
    return rc;
}

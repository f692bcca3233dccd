/* test_slow.h - a slow searcher for tests: it thinks for as long as a gate is shut.
 *
 * "ponder" proposes a configuration drawn with numbers that depend on all it was told and
 * on all that its history holds, so that a proposal made at another place among the events
 * is another one. It waits at the gate before it looks, and finds fault with a history
 * that changes while it waits. Whoever creates it says at which gate it waits; nobody ever
 * sleeps.
 */
#ifndef TESTS_UNIT_TEST_SLOW_H
#define TESTS_UNIT_TEST_SLOW_H

#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/assert.h"
#include "base/checksum.h"
#include "base/mem.h"
#include "search/search.h"
#include "trial/history.h"

struct gate {
    pthread_mutex_t lock;
    pthread_cond_t change;
    bool is_shut;
    unsigned n_begun, n_ended; /* thoughts */
    unsigned n_allowed;        /* so many may end though it is shut */
};

/* What searchers created from now on are given. */
static struct ponder_settings {
    struct gate *gate;     /* NULL: they do not wait */
    uint32_t most;         /* configurations; 0: any number */
    uint32_t refuses_from; /* apply() fails at the event of this number; 0: never */
    bool ignores_costs; /* and all else of which a kill or a clock makes more or less */
    unsigned n_looks;   /* at the history, beyond the first: how long they compute */
} ponder_settings;

struct ponder {
    struct wn_search_config cfg;
    struct ponder_settings settings;
    uint64_t n_told, n_configured, told; /* hash of the kinds and trials */
    uint64_t *tag;                       /* what propose() lends */
};

static inline void gate_set(struct gate *gate, bool is_shut)
{
    pthread_mutex_lock(&gate->lock);
    gate->is_shut = is_shut;
    pthread_cond_broadcast(&gate->change);
    pthread_mutex_unlock(&gate->lock);
}

/* One more thought may end. */
static inline void gate_allow_one(struct gate *gate)
{
    pthread_mutex_lock(&gate->lock);
    gate->n_allowed = gate->n_ended + 1;
    pthread_cond_broadcast(&gate->change);
    pthread_mutex_unlock(&gate->lock);
}

static inline void gate_pass(struct gate *gate)
{
    pthread_mutex_lock(&gate->lock);
    gate->n_begun++;
    pthread_cond_broadcast(&gate->change);
    while (gate->is_shut && gate->n_ended >= gate->n_allowed)
        pthread_cond_wait(&gate->change, &gate->lock);
    gate->n_ended++;
    pthread_mutex_unlock(&gate->lock);
}

/* Until as many thoughts have begun, all told. */
static inline void gate_await(struct gate *gate, unsigned n_begun)
{
    pthread_mutex_lock(&gate->lock);
    while (gate->n_begun < n_begun)
        pthread_cond_wait(&gate->change, &gate->lock);
    pthread_mutex_unlock(&gate->lock);
}

static inline unsigned gate_n_begun(struct gate *gate)
{
    unsigned n;

    pthread_mutex_lock(&gate->lock);
    n = gate->n_begun;
    pthread_mutex_unlock(&gate->lock);
    return n;
}

#define GATE_SHUT                                                              \
    {                                                                          \
        .lock = PTHREAD_MUTEX_INITIALIZER, .change = PTHREAD_COND_INITIALIZER, \
        .is_shut = true                                                        \
    }

static inline struct ponder *as_ponder(const struct wn_search *self)
{
    union {
        const struct wn_search *search;
        struct ponder *ponder;
    } both = {.search = self};

    return both.ponder;
}

static inline void ponder_destroy(struct wn_search *self)
{
    if (self)
        wn_free(as_ponder(self)->tag);
    wn_free(self);
}

static inline enum wn_status ponder_create(const struct wn_search_config *cfg,
                                           struct wn_search **out,
                                           struct wn_error *err)
{
    struct ponder *ponder = wn_alloc(sizeof *ponder);

    if (ponder)
        ponder->tag = wn_alloc(sizeof *ponder->tag);
    if (!ponder || !ponder->tag) {
        wn_free(ponder);
        return wn_fail(err, WN_ENOMEM, "no memory");
    }
    ponder->cfg = *cfg;
    ponder->settings = ponder_settings;
    *out = (struct wn_search *)ponder;
    return WN_OK;
}

static inline uint64_t ponder_mix(uint64_t hash, uint64_t value)
{
    return wn_hash64(&value, sizeof value, hash);
}

/* Of all that a history tells of its trials. */
static inline uint64_t ponder_look(const struct ponder *ponder)
{
    const struct wn_history *history = ponder->cfg.history;
    size_t n_cells = wn_space_n_params(ponder->cfg.space);
    uint64_t hash = ponder_mix(ponder->told, wn_history_is_exhausted(history));

    for (uint32_t i = 0; i < wn_history_n_trials(history); i++) {
        const struct wn_trial *trial = wn_history_trial(history, i);
        hash = ponder_mix(ponder_mix(hash, trial->state), trial->n_reports);
        if (!ponder->settings.ignores_costs) {
            hash = ponder_mix(ponder_mix(hash, (uint64_t)trial->run_ms),
                              (uint64_t)trial->cost_ms);
            hash = ponder_mix(hash, (uint64_t)trial->newest.resource);
        }
        if (trial->cells)
            hash = wn_hash64(trial->cells, n_cells * sizeof *trial->cells, hash);
        for (uint32_t k = 0; k < trial->n_reports; k++) {
            hash = ponder_mix(hash, (uint64_t)trial->reports[k].resource);
            hash = wn_hash64(&trial->reports[k].loss, sizeof(double), hash);
        }
    }
    return hash;
}

static inline struct wn_reply ponder_propose(const struct wn_search *self,
                                             const struct wn_ask *ask,
                                             struct wn_rng rng,
                                             union wn_cell *cells)
{
    const struct ponder *ponder = as_ponder(self);
    uint64_t hash = ponder_look(ponder);

    if (ponder->settings.gate)
        gate_pass(ponder->settings.gate);
    for (unsigned i = 0; i <= ponder->settings.n_looks; i++)
        WN_ASSERT(hash == ponder_look(ponder));
    if (ponder->settings.most && ponder->n_configured >= ponder->settings.most)
        return (struct wn_reply){.kind = WN_REPLY_EXHAUSTED};
    hash = ponder_mix(ponder_mix(hash, ask->trial), (uint64_t)ask->milestone);
    rng = wn_rng_keyed(hash ^ wn_rng_u64(&rng), WN_STREAM_TEST, ask->trial);
    wn_config_sample(ponder->cfg.space, &rng, cells);
    *ponder->tag = hash;
    return (struct wn_reply){.kind = WN_REPLY_CONFIGURE,
                             .tag = {.at = ponder->tag, .n = sizeof *ponder->tag}};
}

static inline enum wn_status ponder_apply(struct wn_search *self,
                                          const struct wn_event *event,
                                          struct wn_error *err)
{
    struct ponder *ponder = as_ponder(self);

    ponder->n_told++;
    if (ponder->n_told == ponder->settings.refuses_from)
        return wn_fail(err, WN_ENUMERIC, "the searcher refuses");
    ponder->told = ponder_mix(ponder_mix(ponder->told, event->kind), event->trial);
    *ponder->tag = 0; /* what was lent is not to be looked at any more */
    ponder->n_configured += event->kind == WN_EVENT_CONFIGURED;
    return WN_OK;
}

static inline bool ponder_size(const struct wn_search *self, uint64_t *out)
{
    *out = as_ponder(self)->settings.most;
    return *out != 0;
}

static const struct wn_search_ops ponder_search = {.name = "ponder",
                                                   .summary =
                                                       "thinks while a gate is shut",
                                                   .reference = "",
                                                   .is_slow = true,
                                                   .options = wn_no_options,
                                                   .create = ponder_create,
                                                   .destroy = ponder_destroy,
                                                   .propose = ponder_propose,
                                                   .apply = ponder_apply,
                                                   .size = ponder_size};

#endif /* TESTS_UNIT_TEST_SLOW_H */

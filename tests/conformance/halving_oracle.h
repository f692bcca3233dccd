/* halving_oracle.h - synchronous successive halving by brute force, of a study's events.
 *
 * Takes the log of a study that has ended (events in order) and its history, and nothing
 * of the scheduler but the tags it wrote (bracket, rung). For every bracket it does what
 * the paper does when all of a rung is known: sort the entries, take the best. Then it
 * compares with who really ran for which rung. How early anybody went on does not matter
 * here; that the right ones did, and no other, does.
 */
#ifndef TESTS_CONFORMANCE_HALVING_ORACLE_H
#define TESTS_CONFORMANCE_HALVING_ORACLE_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sched/brackets.h"
#include "trial/event.h"
#include "trial/history.h"

struct oracle_trial {
    uint32_t bracket;
    uint64_t ran;               /* a bit a rung it ran for */
    bool is_withdrawn, is_over; /* over: ended of itself below a level, once entered */
};

struct oracle {
    const struct wn_brackets *plan;
    uint64_t eta;
    const struct wn_history *history;
    struct oracle_trial *trials;
    uint32_t n_trials, room, n_brackets;
    uint64_t n_promoted; /* ran for a rung above the first */
    char fault[256];     /* "" while nothing is wrong */
};

static inline void oracle_release(struct oracle *oracle)
{
    free(oracle->trials);
}

static inline void oracle_fault(struct oracle *oracle,
                                const char *what,
                                uint32_t bracket,
                                size_t rung,
                                uint32_t trial)
{
    if (!oracle->fault[0])
        (void)snprintf(oracle->fault, sizeof oracle->fault,
                       "bracket %u, rung %zu, trial %u: %s", bracket, rung, trial, what);
}

static inline bool oracle_tag(const struct wn_tag *tag, uint32_t *bracket, uint32_t *rung)
{
    if (tag->n != 9)
        return false;
    *bracket = tag->bytes[0] | (uint32_t)tag->bytes[1] << 8 |
               (uint32_t)tag->bytes[2] << 16 | (uint32_t)tag->bytes[3] << 24;
    *rung = tag->bytes[4];
    return true;
}

static inline void oracle_plan(struct oracle *oracle, const struct wn_event *event)
{
    struct oracle_trial *trial;
    uint32_t rung = 0;

    if (oracle->n_trials == oracle->room) {
        oracle->room = 2 * oracle->room + 64;
        oracle->trials = realloc(oracle->trials, oracle->room * sizeof *oracle->trials);
    }
    trial = &oracle->trials[oracle->n_trials];
    *trial = (struct oracle_trial){.ran = 1};
    if (!oracle_tag(&event->planned.tag, &trial->bracket, &rung) || rung != 0)
        oracle_fault(oracle, "a bad tag at its start", trial->bracket, rung,
                     oracle->n_trials);
    if (trial->bracket > oracle->n_brackets)
        oracle_fault(oracle, "a bracket was left out", trial->bracket, 0,
                     oracle->n_trials);
    if (trial->bracket == oracle->n_brackets)
        oracle->n_brackets++;
    oracle->n_trials++;
}

/* Feed every event, in order. */
static inline void oracle_event(struct oracle *oracle, const struct wn_event *event)
{
    struct oracle_trial *trial =
        event->trial < oracle->n_trials ? &oracle->trials[event->trial] : NULL;
    const struct wn_tag *tag = NULL;
    uint32_t bracket = 0, rung = 0;

    if (event->kind == WN_EVENT_PLANNED)
        oracle_plan(oracle, event);
    else if (event->kind == WN_EVENT_ENDED && event->ended.how == WN_END_WITHDRAWN &&
             trial)
        trial->is_withdrawn = true;
    else if (event->kind == WN_EVENT_RESUMED)
        tag = &event->resumed.tag;
    else if (event->kind == WN_EVENT_REPORTED && event->reported.is_milestone &&
             event->reported.verdict == WN_VERDICT_CONTINUE)
        tag = &event->reported.tag;
    if (!tag || !trial)
        return;
    if (!oracle_tag(tag, &bracket, &rung) || bracket != trial->bracket || rung > 63)
        oracle_fault(oracle, "a bad tag as it goes on", bracket, rung, event->trial);
    else if (trial->ran >> rung)
        oracle_fault(oracle, "it runs for a rung twice", bracket, rung, event->trial);
    else
        trial->ran |= UINT64_C(1) << rung;
}

struct oracle_entry {
    double loss;
    uint32_t trial;
};

static inline int oracle_compare(const void *a, const void *b)
{
    const struct oracle_entry *x = a, *y = b;

    if (x->loss != y->loss)
        return x->loss < y->loss ? -1 : 1;
    return x->trial < y->trial ? -1 : x->trial > y->trial;
}

/* What a trial has at a level: false if it failed there. */
static inline bool oracle_value(struct oracle *oracle,
                                uint32_t number,
                                int64_t level,
                                double *loss)
{
    const struct wn_trial *trial = wn_history_trial(oracle->history, number);

    for (uint32_t i = 0; i < trial->n_reports; i++)
        if (trial->reports[i].resource >= level) {
            *loss = trial->reports[i].loss;
            return true;
        }
    if (trial->state != WN_TRIAL_COMPLETED || !trial->n_reports ||
        oracle->trials[number].is_over)
        return false;
    oracle->trials[number].is_over = true;
    *loss = trial->reports[trial->n_reports - 1].loss;
    return true;
}

/* One rung: `in` holds who has a slot; gives who has one in the next, in the same array. */
static inline size_t oracle_rung(struct oracle *oracle,
                                 uint32_t bracket,
                                 size_t offset,
                                 size_t rung,
                                 size_t n_first,
                                 uint32_t *in,
                                 size_t n_in)
{
    struct oracle_entry *entries = malloc((n_in + 1) * sizeof *entries);
    int64_t level = oracle->plan->levels[offset + rung];
    size_t n = 0, n_places = n_first;
    double loss = 0;

    for (size_t k = 0; k < n_in; k++) {
        const struct wn_trial *trial = wn_history_trial(oracle->history, in[k]);
        bool has_run = oracle->trials[in[k]].ran >> rung & 1;
        bool has_value = oracle_value(oracle, in[k], level, &loss);

        if (has_run && rung)
            oracle->n_promoted++;
        if (!has_run && !has_value && trial->state == WN_TRIAL_PAUSED)
            oracle_fault(oracle, "it should have gone on", bracket, rung, in[k]);
        if (trial->state == WN_TRIAL_LIVE)
            oracle_fault(oracle, "it lives at the end", bracket, rung, in[k]);
        if (has_value)
            entries[n++] = (struct oracle_entry){loss, in[k]};
    }
    for (size_t i = 0; i <= rung; i++)
        n_places /= oracle->eta;
    if (!n_places)
        n_places = 1;
    qsort(entries, n, sizeof *entries, oracle_compare);
    for (size_t k = 0; k < n && k < n_places; k++)
        in[k] = entries[k].trial;
    free(entries);
    return n < n_places ? n : n_places;
}

static inline void oracle_bracket(struct oracle *oracle, uint32_t bracket)
{
    size_t offset = bracket % oracle->plan->n_brackets, n = 0, n_first;
    uint64_t size = wn_bracket_size(oracle->plan, offset, offset);
    uint32_t *in = malloc((oracle->n_trials + 1) * sizeof *in);

    for (uint32_t i = 0; i < oracle->n_trials; i++)
        if (oracle->trials[i].bracket == bracket && !oracle->trials[i].is_withdrawn)
            in[n++] = i;
    n_first = n;
    if (n > size)
        oracle_fault(oracle, "more trials than slots", bracket, 0, in[0]);
    for (size_t rung = 0; offset + rung < oracle->plan->n_levels; rung++) {
        for (uint32_t i = 0; i < oracle->n_trials; i++) {
            bool is_in = false;
            for (size_t k = 0; k < n; k++)
                is_in = is_in || in[k] == i;
            if (oracle->trials[i].bracket == bracket && !is_in &&
                !oracle->trials[i].is_withdrawn && oracle->trials[i].ran >> rung & 1)
                oracle_fault(oracle, "it should not have gone on", bracket, rung, i);
        }
        n = oracle_rung(oracle, bracket, offset, rung, n_first, in, n);
    }
    free(in);
}

/* After all events; "" in oracle->fault means that all is right. */
static inline void oracle_check(struct oracle *oracle)
{
    for (uint32_t bracket = 0; bracket < oracle->n_brackets; bracket++)
        oracle_bracket(oracle, bracket);
}

#endif /* TESTS_CONFORMANCE_HALVING_ORACLE_H */

/* test_sched_halving.c - a bracket against the definitions, looked up in plain lists.
 *
 * Certain: with all undecided slots of the rung better than it, an entry is still among
 * the best `places`. Lost: `places` entries are better. In the end those who went on are
 * the best of all entries, which is what the synchronous rule says.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/rng.h"
#include "sched/halving_internal.h"

enum { RUNGS = 4, MOST = 64 };

struct model_entry {
    struct wn_ranked entry;
    bool has_gone, has_lost;
};

struct model_rung {
    uint64_t n_slots, n_places, n_taken, n_decided, n_failed;
    struct model_entry entries[MOST];
    size_t n_entries;
    uint32_t running[MOST];
    size_t n_running;
};

struct model {
    struct model_rung rungs[RUNGS];
    size_t n_rungs;
    uint64_t eta;
    uint32_t n_trials;
    bool is_closed;
    struct wn_halving bracket;
    struct wn_rng rng;
    uint64_t seed;
    uint64_t n_early; /* went on before their rung was decided */
};

#define CHECK(condition)                                                \
    do {                                                                \
        if (!(condition))                                               \
            fail_msg("seed %u: %s", (unsigned)model->seed, #condition); \
    } while (0)

static uint64_t power(uint64_t base, size_t n)
{
    uint64_t product = 1;

    while (n-- > 0)
        product *= base;
    return product;
}

/* The paper's floor(n / eta^i), at least one, and no more than there can be entries. */
static void plan(struct model *model)
{
    uint64_t n = model->rungs[0].n_slots;

    for (size_t i = 0; i < model->n_rungs; i++) {
        struct model_rung *rung = &model->rungs[i];
        uint64_t places = n / power(model->eta, i + 1);

        rung->n_places = i + 1 == model->n_rungs ? 0 : places ? places : 1;
        if (i + 1 < model->n_rungs) {
            uint64_t able = rung->n_slots - rung->n_failed;
            rung[1].n_slots = rung->n_places < able ? rung->n_places : able;
        }
    }
}

static uint64_t n_better(const struct model_rung *rung, struct wn_ranked entry)
{
    uint64_t n = 0;

    for (size_t k = 0; k < rung->n_entries; k++)
        n += wn_ranked_before(rung->entries[k].entry, entry);
    return n;
}

static bool is_certain(const struct model_rung *rung, struct wn_ranked entry)
{
    return n_better(rung, entry) + rung->n_slots - rung->n_decided < rung->n_places;
}

/* The best that is certain and has not gone on. */
static const struct model_entry *next_of(const struct model_rung *rung)
{
    const struct model_entry *best = NULL;

    for (size_t k = 0; k < rung->n_entries; k++) {
        const struct model_entry *e = &rung->entries[k];
        if (!e->has_gone && is_certain(rung, e->entry) &&
            (!best || wn_ranked_before(e->entry, best->entry)))
            best = e;
    }
    return best;
}

static struct wn_ranked draw(struct model *model, uint32_t trial)
{
    double loss = (double)wn_rng_below(&model->rng, 9);

    return (struct wn_ranked){loss < 8 ? loss : HUGE_VAL, trial};
}

/* Would an entry made now be the next to go on? By making it in a copy. */
static bool would_go_on(const struct model *model, size_t i, struct wn_ranked entry)
{
    struct model_rung *copy = malloc(sizeof *copy);
    const struct model_entry *next;
    bool would;

    assert_non_null(copy);
    *copy = model->rungs[i];
    copy->entries[copy->n_entries++] = (struct model_entry){.entry = entry};
    copy->n_decided++;
    next = next_of(copy);
    would = next && next->entry.trial == entry.trial;
    free(copy);
    return would;
}

static void compare(struct model *model)
{
    for (size_t i = 0; i < model->n_rungs; i++) {
        struct model_rung *rung = &model->rungs[i];
        const struct wn_halving_rung *real = &model->bracket.rungs[i];
        const struct model_entry *next = next_of(rung);
        const struct wn_ranked *said = wn_halving_next(&model->bracket, i);
        uint32_t lost;

        CHECK(real->n_slots == rung->n_slots && real->n_places == rung->n_places);
        CHECK(real->n_taken == rung->n_taken && real->n_decided == rung->n_decided);
        CHECK(rung->n_taken <= rung->n_slots);
        if (i + 1 == model->n_rungs) {
            CHECK(!said);
            continue;
        }
        CHECK(!next == !said);
        CHECK(!next || next->entry.trial == said->trial);
        while ((lost = wn_halving_drop(&model->bracket, i)) != UINT32_MAX)
            for (size_t k = 0; k < rung->n_entries; k++)
                if (rung->entries[k].entry.trial == lost) {
                    CHECK(!rung->entries[k].has_lost && !rung->entries[k].has_gone);
                    rung->entries[k].has_lost = true;
                }
        for (size_t k = 0; k < rung->n_entries; k++)
            CHECK(rung->entries[k].has_lost ==
                  (n_better(rung, rung->entries[k].entry) >= rung->n_places));
        for (uint32_t k = 0; k < 3 && rung->n_decided < rung->n_taken; k++) {
            struct wn_ranked entry = draw(model, 1000 + k);
            CHECK(wn_halving_would_go_on(&model->bracket, i, entry) ==
                  would_go_on(model, i, entry));
        }
    }
}

static void begin(struct model *model)
{
    struct model_rung *rung = &model->rungs[0];

    if (!wn_halving_free(&model->bracket))
        return;
    CHECK(!model->is_closed && rung->n_taken < rung->n_slots);
    wn_halving_take(&model->bracket);
    rung->n_taken++;
    rung->running[rung->n_running++] = model->n_trials++;
}

static void close_or_give_back(struct model *model, bool is_closing)
{
    struct model_rung *rung = &model->rungs[0];

    if (is_closing) {
        wn_halving_close(&model->bracket);
        model->is_closed = true;
    } else if (rung->n_running) {
        wn_halving_give_back(&model->bracket);
        rung->n_running--; /* trials are alike until they have entered */
        rung->n_taken--;
    }
    if (model->is_closed)
        rung->n_slots = rung->n_taken;
    plan(model);
}

static void decide_slot(struct model *model, size_t i)
{
    struct model_rung *rung = &model->rungs[i];
    size_t k;
    uint32_t trial;

    if (!rung->n_running)
        return;
    k = (size_t)wn_rng_below(&model->rng, rung->n_running);
    trial = rung->running[k];
    rung->running[k] = rung->running[--rung->n_running];
    rung->n_decided++;
    if (wn_rng_below(&model->rng, 10) < 2) {
        wn_halving_fail(&model->bracket, i);
        rung->n_failed++;
        plan(model);
    } else {
        struct wn_ranked entry = draw(model, trial);
        assert_true(wn_halving_enter(&model->bracket, i, entry));
        rung->entries[rung->n_entries++] = (struct model_entry){.entry = entry};
    }
}

static void go_on(struct model *model, size_t i)
{
    struct model_rung *rung = &model->rungs[i];
    const struct wn_ranked *next = wn_halving_next(&model->bracket, i);
    uint32_t trial;

    if (!next)
        return;
    trial = next->trial;
    model->n_early += rung->n_decided < rung->n_slots;
    assert_true(wn_halving_go_on(&model->bracket, i, trial));
    for (size_t k = 0; k < rung->n_entries; k++)
        if (rung->entries[k].entry.trial == trial)
            rung->entries[k].has_gone = true;
    rung[1].n_taken++;
    rung[1].running[rung[1].n_running++] = trial;
}

/* The synchronous rule, at the end: the best of all entries of a rung went on. */
static void check_end(struct model *model)
{
    for (size_t i = 0; i + 1 < model->n_rungs; i++) {
        struct model_rung *rung = &model->rungs[i];

        CHECK(rung->n_decided == rung->n_slots);
        for (size_t k = 0; k < rung->n_entries; k++)
            CHECK(rung->entries[k].has_gone ==
                  (n_better(rung, rung->entries[k].entry) < rung->n_places));
        CHECK(!model->bracket.rungs[i].best.items.at); /* its memory was given back */
    }
}

static void play(struct model *model, uint64_t seed)
{
    bool is_done = false;

    *model = (struct model){.seed = seed, .rng = wn_rng_keyed(seed, WN_STREAM_TEST, 0)};
    model->n_rungs = 1 + seed % RUNGS;
    model->eta = 2 + wn_rng_below(&model->rng, 3);
    model->rungs[0].n_slots = 1 + wn_rng_below(&model->rng, MOST - 2);
    plan(model);
    assert_true(wn_halving_init(&model->bracket, model->n_rungs, model->rungs[0].n_slots,
                                model->eta));
    for (int step = 0; !is_done; step++) {
        uint64_t what = wn_rng_below(&model->rng, 100);
        size_t i = (size_t)wn_rng_below(&model->rng, model->n_rungs);

        CHECK(step < 20000);
        if (what < 40)
            begin(model);
        else if (what < 70)
            decide_slot(model, i);
        else if (what < 95)
            go_on(model, i);
        else if (what < 98)
            close_or_give_back(model, false);
        else if (wn_rng_below(&model->rng, 20) == 0)
            close_or_give_back(model, true);
        compare(model);
        is_done = wn_halving_tidy(&model->bracket);
    }
    check_end(model);
    wn_halving_release(&model->bracket);
}

static void goes_on_as_the_synchronous_rule_says_in_any_order(void **state)
{
    struct model *model = malloc(sizeof *model);
    uint64_t n_early = 0;

    (void)state;
    assert_non_null(model);
    for (uint64_t seed = 0; seed < 2000; seed++) {
        play(model, seed);
        n_early += model->n_early;
    }
    assert_true(n_early > 2000); /* else nothing was tested */
    free(model);
}

static void a_bracket_without_trials_is_decided_once_closed(void **state)
{
    struct wn_halving bracket;

    (void)state;
    assert_true(wn_halving_init(&bracket, 3, 9, 3));
    assert_false(wn_halving_tidy(&bracket));
    wn_halving_take(&bracket);
    wn_halving_close(&bracket);
    assert_int_equal(bracket.rungs[2].n_slots, 1);
    wn_halving_give_back(&bracket);
    assert_int_equal(wn_halving_free(&bracket), 0);
    assert_true(wn_halving_tidy(&bracket));
    wn_halving_release(&bracket);
}

static void says_when_there_is_no_memory(void **state)
{
    struct wn_halving bracket;

    (void)state;
    wn_mem_fail_after(1);
    assert_false(wn_halving_init(&bracket, 3, 9, 3));
    wn_mem_fail_after(0);
    wn_halving_release(&bracket);
    assert_true(wn_halving_init(&bracket, 3, 9, 3));
    wn_halving_take(&bracket);
    wn_mem_fail_after(1);
    assert_false(wn_halving_enter(&bracket, 0, (struct wn_ranked){1, 0}));
    wn_mem_fail_after(0);
    wn_halving_release(&bracket);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goes_on_as_the_synchronous_rule_says_in_any_order),
        cmocka_unit_test(a_bracket_without_trials_is_decided_once_closed),
        cmocka_unit_test(says_when_there_is_no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_sched_ranking.c - two heaps against a sorted list; work counted, not timed. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/rng.h"
#include "sched/ranking.h"

static int compare(const void *a, const void *b)
{
    const struct wn_ranked *x = a, *y = b;

    if (x->loss != y->loss)
        return x->loss < y->loss ? -1 : 1;
    return x->trial < y->trial ? -1 : x->trial > y->trial;
}

static void top_is_what_sorting_says(void **state)
{
    enum { N = 400 };
    struct wn_ranked sorted[N], next;

    (void)state;
    for (uint64_t eta = 2; eta <= 7; eta++) {
        struct wn_rng rng = wn_rng_keyed(eta, WN_STREAM_TEST, 0);
        struct wn_ranking ranking;
        bool would;

        wn_ranking_init(&ranking, eta);
        for (uint32_t n = 1; n <= N; n++) {
            next = (struct wn_ranked){(double)wn_rng_below(&rng, 40), (n * 7919) % 10007};
            if (next.loss < 2)
                next.loss = next.loss < 1 ? HUGE_VAL : -HUGE_VAL;
            would = wn_ranking_would_be_top(&ranking, next);
            sorted[n - 1] = next;
            qsort(sorted, n, sizeof sorted[0], compare);
            assert_true(wn_ranking_add(&ranking, next));
            assert_int_equal(wn_ranking_size(&ranking), n);
            assert_int_equal(would, wn_ranking_is_top(&ranking, next));
            for (uint32_t i = 0; i < n; i++)
                if (wn_ranking_is_top(&ranking, sorted[i]) != (i < n / eta))
                    fail_msg("eta %d, %u entries, place %u", (int)eta, n, i);
        }
        wn_ranking_release(&ranking);
    }
}

/* Comparisons of an addition, at most: two pushes and a pop of heaps of n entries. */
static void work_grows_with_the_logarithm(void **state)
{
    static const unsigned orders[] = {0, 1, 2}; /* falling, rising, random losses */

    (void)state;
    for (size_t k = 0; k < 3; k++) {
        struct wn_rng rng = wn_rng_keyed(1, WN_STREAM_TEST, orders[k]);
        struct wn_ranking ranking;
        uint64_t before = 0, now;

        wn_ranking_init(&ranking, 3);
        for (uint32_t n = 1; n <= 200000; n++) {
            double loss = orders[k] == 0   ? -(double)n
                          : orders[k] == 1 ? n
                                           : wn_rng_unit(&rng);

            assert_true(wn_ranking_add(&ranking, (struct wn_ranked){loss, n}));
            now = ranking.top.n_compared + ranking.rest.n_compared;
            if ((double)(now - before) > 4 * log2((double)n) + 4)
                fail_msg("order %u, entry %u: %u comparisons", orders[k], n,
                         (unsigned)(now - before));
            before = now;
        }
        wn_ranking_release(&ranking);
    }
}

/* Push, pop and remove at random, both ways round, against a list that is looked through. */
static void a_heap_gives_back_what_is_first_whatever_was_removed(void **state)
{
    enum { N = 120 };

    (void)state;
    for (uint64_t seed = 0; seed < 60; seed++) {
        struct wn_rng rng = wn_rng_keyed(seed, WN_STREAM_TEST, 1);
        struct wn_rank_heap heap = {.worst_first = seed % 2};
        struct wn_ranked in[N];
        size_t n = 0, first;

        for (uint32_t step = 0; step < 2000; step++) {
            uint64_t what = wn_rng_below(&rng, 5);

            if (what < 3 && n < N) {
                in[n] = (struct wn_ranked){(double)wn_rng_below(&rng, 20), step};
                assert_true(wn_rank_heap_push(&heap, in[n++]));
            } else if (what == 3 && n) {
                size_t k = (size_t)wn_rng_below(&rng, n);
                assert_true(wn_rank_heap_remove(&heap, in[k].trial));
                assert_false(wn_rank_heap_remove(&heap, in[k].trial));
                in[k] = in[--n];
            }
            first = 0;
            for (size_t k = 1; k < n; k++)
                if (wn_ranked_before(in[first], in[k]) == heap.worst_first)
                    first = k;
            assert_int_equal(heap.items.n, n);
            if (n)
                assert_int_equal(wn_rank_heap_first(&heap)->trial, in[first].trial);
            if (n && what == 4) {
                assert_int_equal(wn_rank_heap_pop(&heap).trial, in[first].trial);
                in[first] = in[--n];
            }
        }
        wn_rank_heap_release(&heap);
    }
}

static void says_when_there_is_no_memory(void **state)
{
    struct wn_ranking ranking;

    (void)state;
    wn_ranking_init(&ranking, 2);
    wn_mem_fail_after(1);
    assert_false(wn_ranking_add(&ranking, (struct wn_ranked){1, 0}));
    assert_int_equal(wn_ranking_size(&ranking), 0);
    wn_mem_fail_after(0);
    assert_true(wn_ranking_add(&ranking, (struct wn_ranked){1, 0}));
    wn_ranking_release(&ranking);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(top_is_what_sorting_says),
        cmocka_unit_test(work_grows_with_the_logarithm),
        cmocka_unit_test(a_heap_gives_back_what_is_first_whatever_was_removed),
        cmocka_unit_test(says_when_there_is_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

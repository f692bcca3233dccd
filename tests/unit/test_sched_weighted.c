/* test_sched_weighted.c - the treap against sorting; work counted by its height. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/rng.h"
#include "sched/weighted.h"

struct entry {
    struct wn_ranked item;
    uint64_t weight;
};

static int compare(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;

    return wn_ranked_before(x->item, y->item)   ? -1
           : wn_ranked_before(y->item, x->item) ? 1
                                                : 0;
}

static void sums_are_what_sorting_says(void **state)
{
    enum { N = 300 };
    struct entry sorted[N];

    (void)state;
    for (uint64_t seed = 0; seed < 5; seed++) {
        struct wn_rng rng = wn_rng_keyed(seed, WN_STREAM_TEST, 0);
        struct wn_weighted list = {0};
        uint64_t total = 0;

        for (uint32_t n = 1; n <= N; n++) {
            struct wn_ranked item = {(double)wn_rng_below(&rng, 30), (n * 7919) % 10007};
            uint64_t weight = seed ? wn_rng_below(&rng, 1000) : 1, sum = 0;

            if (item.loss < 2)
                item.loss = item.loss < 1 ? HUGE_VAL : -HUGE_VAL;
            total += weight;
            assert_true(wn_weighted_add(&list, item, weight));
            assert_int_equal(wn_weighted_total(&list), total);
            sorted[n - 1] = (struct entry){item, weight};
            qsort(sorted, n, sizeof sorted[0], compare);
            for (uint32_t i = 0; i < n; i++) {
                struct wn_ranked behind = {sorted[i].item.loss, UINT32_MAX};

                sum += sorted[i].weight;
                if (wn_weighted_up_to(&list, sorted[i].item) != sum)
                    fail_msg("seed %u, %u entries, place %u", (unsigned)seed, n, i);
                if (i + 1 == n || sorted[i + 1].item.loss > behind.loss)
                    assert_int_equal(wn_weighted_up_to(&list, behind), sum);
            }
            assert_int_equal(wn_weighted_up_to(&list, (struct wn_ranked){-HUGE_VAL, 0}),
                             sorted[0].item.loss > -HUGE_VAL || sorted[0].item.trial > 0
                                 ? 0
                                 : sorted[0].weight);
        }
        wn_weighted_release(&list);
    }
}

/* Depth of the deepest node, without recursion: a walk along every path. */
static unsigned height(const struct wn_weighted *list)
{
    unsigned most = 0;

    for (size_t i = 0; i < list->nodes.n; i++) {
        unsigned depth = 1;

        for (uint32_t link = list->root; link != i + 1; depth++) {
            const struct wn_weighted_node *node = &list->nodes.at[link - 1];

            link = wn_ranked_before(node->item, list->nodes.at[i].item) ? node->worse
                                                                        : node->better;
        }
        most = depth > most ? depth : most;
    }
    return most;
}

/* Expected is 1.39 log2 n for a path, some three times log2 n for the longest. */
static void it_stays_flat_whatever_the_order(void **state)
{
    (void)state;
    for (int order = 0; order < 3; order++) { /* falling, rising, random losses */
        struct wn_rng rng = wn_rng_keyed(1, WN_STREAM_TEST, 0);
        struct wn_weighted list = {0};

        for (uint32_t n = 0; n < 100000; n++) {
            double loss = order == 0 ? -(double)n : order == 1 ? n : wn_rng_unit(&rng);

            assert_true(wn_weighted_add(&list, (struct wn_ranked){loss, n}, 1));
        }
        assert_in_range(height(&list), 17, 60);
        wn_weighted_release(&list);
    }
}

static void says_when_there_is_no_memory(void **state)
{
    struct wn_weighted list = {0};

    (void)state;
    wn_mem_fail_after(1);
    assert_false(wn_weighted_add(&list, (struct wn_ranked){1, 0}, 5));
    wn_mem_fail_after(0);
    assert_int_equal(wn_weighted_total(&list), 0);
    assert_int_equal(wn_weighted_up_to(&list, (struct wn_ranked){1, 0}), 0);
    assert_true(wn_weighted_add(&list, (struct wn_ranked){1, 0}, 5));
    assert_int_equal(wn_weighted_total(&list), 5);
    wn_weighted_release(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_are_what_sorting_says),
        cmocka_unit_test(it_stays_flat_whatever_the_order),
        cmocka_unit_test(says_when_there_is_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

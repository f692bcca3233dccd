/* test_search_order.c - the tree of members against a sorted list. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/rng.h"
#include "search/order_internal.h"

enum { MOST = 200 };

static void ties_go_to_the_smaller_trial(void **state)
{
    struct wn_order s = {0};

    (void)state;
    assert_int_equal(wn_order_size(&s), 0);
    assert_true(wn_order_reserve(&s, 4));
    assert_int_equal(wn_order_size(&s), 0);
    wn_order_put(&s, 0, .5, 9);
    wn_order_put(&s, 1, .5, 3);
    wn_order_put(&s, 2, .25, 7);
    assert_int_equal(wn_order_size(&s), 3);
    assert_int_equal(wn_order_at(&s, 0), 2);
    assert_int_equal(wn_order_at(&s, 1), 1);
    assert_int_equal(wn_order_at(&s, 2), 0);
    wn_order_put(&s, 2, .5, 4); /* it moves */
    assert_int_equal(wn_order_size(&s), 3);
    assert_int_equal(wn_order_at(&s, 0), 1);
    assert_int_equal(wn_order_at(&s, 1), 2);
    wn_order_remove(&s, 1);
    wn_order_remove(&s, 1);
    wn_order_remove(&s, 3);
    assert_int_equal(wn_order_size(&s), 2);
    assert_int_equal(wn_order_at(&s, 0), 2);
    wn_order_release(&s);
}

/* Depth of the tree, and every subtree's size and balance. */
static size_t check_tree(const struct wn_order *s, uint32_t id, size_t *size)
{
    size_t left = 0, right = 0, deep_left, deep_right;

    *size = 0;
    if (id == WN_ORDER_NONE)
        return 0;
    deep_left = check_tree(s, s->at[id].left, &left);
    deep_right = check_tree(s, s->at[id].right, &right);
    *size = left + right + 1;
    assert_int_equal(s->at[id].size, *size);
    assert_true(left + 1 <= 3 * (right + 1) && right + 1 <= 3 * (left + 1));
    return 1 + (deep_left > deep_right ? deep_left : deep_right);
}

static void every_rank_is_that_of_a_sorted_list(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 40; seed++) {
        struct wn_rng rng = wn_rng_keyed(seed, WN_STREAM_TEST, 0);
        struct wn_order s = {0};
        double losses[MOST];
        bool is_in[MOST] = {false};
        uint64_t n_values = 1 + wn_rng_below(&rng, 400);

        assert_true(wn_order_reserve(&s, MOST));
        for (int i = 0; i < 1500; i++) {
            uint32_t id = (uint32_t)wn_rng_below(&rng, MOST), n = 0;
            size_t size;

            if (wn_rng_below(&rng, 3)) {
                losses[id] = (double)wn_rng_below(&rng, n_values);
                is_in[id] = true;
                wn_order_put(&s, id, losses[id], id);
            } else {
                is_in[id] = false;
                wn_order_remove(&s, id);
            }
            (void)check_tree(&s, s.root, &size);
            for (uint32_t k = 0; i % 50 == 0 && k < MOST; k++) {
                uint32_t rank = 0;
                if (!is_in[k])
                    continue;
                n++;
                for (uint32_t j = 0; j < MOST; j++)
                    rank += is_in[j] &&
                            (losses[j] < losses[k] || (losses[j] <= losses[k] && j < k));
                assert_int_equal(wn_order_at(&s, rank), k);
            }
            if (i % 50 == 0)
                assert_int_equal(wn_order_size(&s), n);
        }
        wn_order_release(&s);
    }
}

static void stays_flat_when_losses_only_fall(void **state)
{
    struct wn_order s = {0};
    size_t size;

    (void)state;
    for (uint32_t i = 0; i < 100000; i++) {
        assert_true(wn_order_reserve(&s, i + 1));
        wn_order_put(&s, i, -(double)i, i);
    }
    assert_true(check_tree(&s, s.root, &size) <= 40);
    assert_int_equal(size, 100000);
    assert_int_equal(wn_order_at(&s, 0), 99999);
    for (uint32_t i = 0; i < 99000; i++)
        wn_order_remove(&s, i);
    assert_true(check_tree(&s, s.root, &size) <= 24);
    assert_int_equal(wn_order_at(&s, 999), 99000);
    wn_order_release(&s);
}

static void reports_when_memory_is_short(void **state)
{
    struct wn_order s = {0};

    (void)state;
    wn_mem_fail_after(1);
    assert_false(wn_order_reserve(&s, 1));
    wn_mem_fail_after(0);
    assert_int_equal(wn_order_size(&s), 0);
    assert_true(wn_order_reserve(&s, 1));
    wn_order_put(&s, 0, 1, 1);
    assert_int_equal(wn_order_size(&s), 1);
    wn_order_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ties_go_to_the_smaller_trial),
        cmocka_unit_test(every_rank_is_that_of_a_sorted_list),
        cmocka_unit_test(stays_flat_when_losses_only_fall),
        cmocka_unit_test(reports_when_memory_is_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

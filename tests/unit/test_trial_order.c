/* test_trial_order.c - positions and sums in a tree against a sorted list. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/rng.h"
#include "trial/order.h"

#define N_PLACES 60

struct member {
    struct wn_ranked entry;
    uint64_t weight;
    uint32_t place;
    bool is_in;
};

static int compare(const void *a, const void *b)
{
    const struct member *x = a, *y = b;

    return wn_ranked_before(x->entry, y->entry)   ? -1
           : wn_ranked_before(y->entry, x->entry) ? 1
                                                  : 0;
}

static void ties_go_to_the_smaller_trial(void **state)
{
    struct wn_order order = {0};

    (void)state;
    assert_int_equal(wn_order_size(&order), 0);
    assert_true(wn_order_reserve(&order, 4));
    assert_int_equal(wn_order_size(&order), 0);
    wn_order_put(&order, 0, (struct wn_ranked){.5, 9}, 0);
    wn_order_put(&order, 1, (struct wn_ranked){.5, 3}, 0);
    wn_order_put(&order, 2, (struct wn_ranked){.25, 7}, 0);
    assert_int_equal(wn_order_size(&order), 3);
    assert_int_equal(wn_order_at(&order, 0), 2);
    assert_int_equal(wn_order_at(&order, 1), 1);
    assert_int_equal(wn_order_at(&order, 2), 0);
    wn_order_put(&order, 2, (struct wn_ranked){.5, 4}, 0); /* it moves */
    assert_int_equal(wn_order_size(&order), 3);
    assert_int_equal(wn_order_at(&order, 0), 1);
    assert_int_equal(wn_order_at(&order, 1), 2);
    wn_order_remove(&order, 1);
    wn_order_remove(&order, 1);
    wn_order_remove(&order, 3);
    assert_int_equal(wn_order_size(&order), 2);
    assert_int_equal(wn_order_at(&order, 0), 2);
    wn_order_release(&order);
}

/* Depth of a subtree, and the size, sum and balance of each below it. */
static unsigned check_tree(const struct wn_order *order,
                           uint32_t node,
                           size_t *n,
                           uint64_t *sum)
{
    const struct wn_order_node *at = &order->at[node];
    size_t n_left, n_right;
    uint64_t left, right;
    unsigned deep_left, deep_right;

    *n = 0;
    *sum = 0;
    if (!node)
        return 0;
    deep_left = check_tree(order, at->child[0], &n_left, &left);
    deep_right = check_tree(order, at->child[1], &n_right, &right);
    *n = n_left + n_right + 1;
    *sum = left + right + at->weight;
    assert_int_equal(at->n, *n);
    assert_int_equal(at->sum, *sum);
    assert_true(n_left + 1 <= 3 * (n_right + 1) && n_right + 1 <= 3 * (n_left + 1));
    return 1 + (deep_left > deep_right ? deep_left : deep_right);
}

/* What may be asked about the i-th of all, before which the others weigh `sum`. */
static void check_entry(const struct wn_order *order,
                        const struct member *sorted,
                        size_t n,
                        size_t i,
                        uint64_t sum)
{
    struct wn_ranked entry = sorted[i].entry, behind = {entry.loss, UINT32_MAX};
    uint64_t weight = sorted[i].weight;

    assert_int_equal(wn_order_at(order, i), sorted[i].place);
    assert_int_equal(wn_order_before(order, entry), i);
    assert_int_equal(
        wn_order_before(order, (struct wn_ranked){entry.loss, entry.trial + 1}), i + 1);
    assert_int_equal(wn_order_weight(order, i), sum);
    assert_int_equal(wn_order_weight_to(order, entry), sum + weight);
    if (i + 1 == n || sorted[i + 1].entry.loss > behind.loss)
        assert_int_equal(wn_order_weight_to(order, behind), sum + weight);
    if (weight) {
        assert_int_equal(wn_order_at_weight(order, sum), sorted[i].place);
        assert_int_equal(wn_order_at_weight(order, sum + weight - 1), sorted[i].place);
    }
}

/* Everything that may be asked, against `members`, of which those that are in count. */
static void check(const struct wn_order *order, const struct member *members)
{
    struct wn_ranked best = {-HUGE_VAL, 0};
    struct member sorted[N_PLACES];
    size_t n = 0, n_nodes;
    uint64_t sum = 0, total;

    for (uint32_t i = 0; i < N_PLACES; i++) {
        const struct wn_order_node *node = wn_order_get(order, i);

        assert_int_equal(node != NULL, members[i].is_in);
        if (!node)
            continue;
        assert_int_equal(compare(&node->entry, &members[i].entry), 0);
        assert_int_equal(node->weight, members[i].weight);
        sorted[n++] = members[i];
    }
    qsort(sorted, n, sizeof sorted[0], compare);
    assert_int_equal(wn_order_size(order), n);
    assert_int_equal(wn_order_weight_to(order, best),
                     n && !wn_ranked_before(best, sorted[0].entry) ? sorted[0].weight
                                                                   : 0);
    for (size_t i = 0; i < n; sum += sorted[i++].weight)
        check_entry(order, sorted, n, i, sum);
    assert_int_equal(wn_order_weight(order, n), sum);
    assert_int_equal(wn_order_weight(order, n + 9), sum);
    assert_int_equal(wn_order_weight(order, SIZE_MAX), sum);
    assert_int_equal(wn_order_at_weight(order, sum), WN_PLACE_NONE);
    assert_int_equal(wn_order_at(order, n), WN_PLACE_NONE);
    (void)check_tree(order, order->root, &n_nodes, &total);
    assert_int_equal(n_nodes, n);
    assert_int_equal(total, sum);
}

static double draw_loss(struct wn_rng *rng, uint64_t n_values)
{
    uint64_t k = wn_rng_below(rng, n_values);

    return k == 0 ? HUGE_VAL : k == 1 ? -HUGE_VAL : (double)k;
}

/* Marks, weights of 1 and weights as costs have them; few losses and many. */
static void positions_and_sums_are_what_sorting_says(void **state)
{
    static const uint64_t n_weights[] = {2, 3, 1000, 1};

    (void)state;
    for (uint64_t seed = 0; seed < 8; seed++) {
        struct wn_rng rng = wn_rng_keyed(seed, WN_STREAM_TEST, 0);
        struct member members[N_PLACES] = {0};
        struct wn_order order = {0};
        uint64_t n_losses = seed < 4 ? 14 : 400;

        assert_true(wn_order_reserve(&order, N_PLACES));
        check(&order, members);
        for (uint32_t n = 0; n < 2000; n++) {
            uint32_t place = (uint32_t)wn_rng_below(&rng, N_PLACES);
            uint64_t what = wn_rng_below(&rng, 100);
            struct member *member = &members[place];

            member->place = place;
            if (what == 0) {
                wn_order_clear(&order);
                for (size_t i = 0; i < N_PLACES; i++)
                    members[i].is_in = false;
            } else if (what < 30) {
                wn_order_remove(&order, place);
                member->is_in = false;
            } else {
                member->entry =
                    (struct wn_ranked){draw_loss(&rng, n_losses), (n * 7919) % 10007};
                member->weight = wn_rng_below(&rng, n_weights[seed % 4]);
                member->is_in = true;
                wn_order_put(&order, place, member->entry, member->weight);
            }
            check(&order, members);
        }
        wn_order_release(&order);
    }
}

static void stays_flat_whatever_the_order(void **state)
{
    enum { N = 100000 };

    (void)state;
    for (int how = 0; how < 3; how++) { /* falling, rising, random losses */
        struct wn_rng rng = wn_rng_keyed(1, WN_STREAM_TEST, 0);
        struct wn_order order = {0};
        uint64_t sum;
        size_t n;

        for (uint32_t i = 0; i < N; i++) {
            double loss = how == 0 ? -(double)i : how == 1 ? i : wn_rng_unit(&rng);

            assert_true(wn_order_reserve(&order, i + 1));
            wn_order_put(&order, i, (struct wn_ranked){loss, i}, 1);
        }
        assert_in_range(check_tree(&order, order.root, &n, &sum), 17, 40);
        assert_int_equal(n, N);
        if (how < 2)
            assert_int_equal(wn_order_at(&order, 0), how == 0 ? N - 1 : 0);
        for (uint32_t i = 0; i < N - 1000; i++)
            wn_order_remove(&order, i);
        assert_in_range(check_tree(&order, order.root, &n, &sum), 10, 24);
        assert_int_equal(n, 1000);
        if (how == 0)
            assert_int_equal(wn_order_at(&order, 999), N - 1000);
        wn_order_release(&order);
    }
}

static void says_when_there_is_no_memory(void **state)
{
    struct wn_order order = {0};

    (void)state;
    assert_false(wn_order_reserve(&order, UINT32_MAX)); /* nor are there such numbers */
    wn_mem_fail_after(1);
    assert_false(wn_order_reserve(&order, 1));
    wn_mem_fail_after(0);
    assert_int_equal(wn_order_size(&order), 0);
    assert_int_equal(wn_order_weight(&order, SIZE_MAX), 0);
    assert_int_equal(wn_order_weight_to(&order, (struct wn_ranked){1, 0}), 0);
    assert_true(wn_order_reserve(&order, 1));
    wn_order_put(&order, 0, (struct wn_ranked){1, 1}, 5);
    assert_int_equal(wn_order_size(&order), 1);
    assert_int_equal(wn_order_weight(&order, SIZE_MAX), 5);
    wn_mem_fail_after(1);
    assert_false(wn_order_reserve(&order, 1000));
    wn_mem_fail_after(0);
    assert_int_equal(wn_order_at(&order, 0), 0); /* and keeps what it has */
    wn_order_release(&order);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ties_go_to_the_smaller_trial),
        cmocka_unit_test(positions_and_sums_are_what_sorting_says),
        cmocka_unit_test(stays_flat_whatever_the_order),
        cmocka_unit_test(says_when_there_is_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_base_heap.c - base/heap.h against a table searched from end to end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/heap.h"
#include "base/mem.h"
#include "base/rng.h"

#define N 64

static void gives_things_by_time_and_then_in_the_order_put(void **state)
{
    struct wn_rng rng = wn_rng_keyed(3, WN_STREAM_TEST, 0);
    struct wn_heap heap = {0};
    int64_t at[N];
    int put[N] = {0};

    (void)state;
    assert_true(wn_heap_reserve(&heap, N));
    for (size_t i = 0; i < N; i++)
        at[i] = INT64_MAX;
    for (int step = 0; step < 20000; step++) {
        size_t id = (size_t)wn_rng_below(&rng, N), first = N, got = N;

        if (wn_rng_below(&rng, 3)) {
            at[id] = (int64_t)wn_rng_below(&rng, 20); /* many equal times */
            put[id] = step;
            wn_heap_put(&heap, id, at[id]);
        } else {
            at[id] = INT64_MAX;
            wn_heap_remove(&heap, id);
        }
        for (size_t i = 0; i < N; i++)
            if (at[i] != INT64_MAX && (first == N || at[i] < at[first] ||
                                       (at[i] == at[first] && put[i] < put[first])))
                first = i;
        if (wn_heap_next(&heap, &got) != (first == N ? INT64_MAX : at[first]) ||
            got != first)
            fail_msg("step %d: thing %zu instead of %zu", step, got, first);
    }
    wn_heap_release(&heap);
}

static void popping_empties_in_order(void **state)
{
    struct wn_heap heap = {0};
    struct wn_heap_entry entry;
    int64_t last = -1;
    size_t n = 0;

    (void)state;
    assert_true(wn_heap_reserve(&heap, 1000));
    for (size_t i = 0; i < 1000; i++)
        wn_heap_put(&heap, i, (int64_t)(i * 7919 % 101));
    for (; wn_heap_pop(&heap, &entry); n++) {
        if (entry.time < last)
            fail_msg("time %lld comes after %lld", (long long)entry.time,
                     (long long)last);
        last = entry.time;
    }
    assert_int_equal(n, 1000);
    assert_int_equal(wn_heap_next(&heap, NULL), INT64_MAX);
    wn_heap_release(&heap);
}

static void says_so_without_memory(void **state)
{
    struct wn_heap heap = {0};

    (void)state;
    for (uint64_t n = 1; n <= 2; n++) {
        wn_mem_fail_after(n);
        assert_false(wn_heap_reserve(&heap, 100));
    }
    wn_mem_fail_after(0);
    assert_true(wn_heap_reserve(&heap, 100));
    wn_heap_release(&heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_things_by_time_and_then_in_the_order_put),
        cmocka_unit_test(popping_empties_in_order),
        cmocka_unit_test(says_so_without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

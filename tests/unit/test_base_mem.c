/* test_base_mem.c - allocation, its failing on request, arenas, growing arrays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"

static void alloc_gives_zeros(void **state)
{
    unsigned char *bytes = wn_alloc(100);

    (void)state;
    assert_non_null(bytes);
    for (int i = 0; i < 100; i++)
        assert_int_equal(bytes[i], 0);
    wn_free(bytes);
    bytes = wn_alloc(0);
    assert_non_null(bytes);
    assert_int_equal(bytes[0], 0);
    bytes = wn_realloc(bytes, 0);
    assert_non_null(bytes);
    wn_free(bytes);
    wn_free(NULL);
}

static void sizes_that_overflow_are_refused(void **state)
{
    struct wn_arena arena = {0};

    (void)state;
    assert_null(wn_alloc_array(SIZE_MAX / 2, 4));
    assert_null(wn_alloc_array(4, SIZE_MAX / 2));
    assert_null(wn_alloc(SIZE_MAX));
    assert_null(wn_realloc(NULL, SIZE_MAX));
    assert_null(wn_arena_alloc(&arena, SIZE_MAX));
    assert_null(wn_arena_alloc(&arena, SIZE_MAX - 15));
    assert_non_null(wn_arena_alloc(&arena, 1));
    assert_null(wn_arena_alloc(&arena, PTRDIFF_MAX));
    assert_null(wn_arena_alloc(&arena, SIZE_MAX - 3));
    wn_arena_release(&arena);
}

static void only_the_nth_allocation_fails(void **state)
{
    (void)state;
    wn_mem_fail_after(3);
    for (int i = 1; i <= 5; i++) {
        void *memory = wn_alloc(8);

        assert_int_equal(memory == NULL, i == 3);
        wn_free(memory);
    }
    wn_mem_fail_after(1);
    assert_null(wn_strdup("x"));
    wn_mem_fail_after(2);
    wn_mem_fail_after(0);
    for (int i = 1; i <= 3; i++) {
        void *memory = wn_alloc(8);

        assert_non_null(memory);
        wn_free(memory);
    }
}

static void failed_realloc_leaves_the_old_block(void **state)
{
    char *text = wn_strdup("abc");
    uint64_t n = wn_mem_count();

    (void)state;
    wn_mem_fail_after(1);
    assert_null(wn_realloc(text, 1000));
    assert_string_equal(text, "abc");
    assert_int_equal(wn_mem_count(), n + 1);
    wn_free(text);
}

static void strndup_stops_at_nul_and_at_n(void **state)
{
    struct wn_arena arena = {0};
    char *text;

    (void)state;
    text = wn_strndup("abcdef", 3);
    assert_string_equal(text, "abc");
    wn_free(text);
    text = wn_strndup("ab", 100);
    assert_string_equal(text, "ab");
    wn_free(text);
    text = wn_strndup("", 0);
    assert_string_equal(text, "");
    wn_free(text);
    assert_string_equal(wn_arena_strndup(&arena, "abcdef", 4), "abcd");
    assert_string_equal(wn_arena_strndup(&arena, "ab", 4), "ab");
    assert_string_equal(wn_arena_strdup(&arena, ""), "");
    assert_string_equal(wn_arena_printf(&arena, "%s-%d", "trial", 7), "trial-7");
    wn_arena_release(&arena);
}

static void arena_memory_is_aligned_zeroed_and_apart(void **state)
{
    static const size_t sizes[] = {1, 7,    16,    0, 100,     5000,
                                   3, 4096, 70000, 9, 2000000, 12};
    unsigned char *at[12];
    struct wn_arena arena = {0};

    (void)state;
    for (int round = 0; round < 3; round++) { /* the second and third meet used blocks */
        for (size_t i = 0; i < 12; i++) {
            at[i] = wn_arena_alloc(&arena, sizes[i]);
            assert_non_null(at[i]);
            assert_int_equal((uintptr_t)at[i] % 16, 0);
            for (size_t k = 0; k < sizes[i]; k++)
                if (at[i][k])
                    fail_msg("round %d, block %zu: byte %zu is %d", round, i, k,
                             at[i][k]);
            memset(at[i], (int)i + 1, sizes[i]);
        }
        for (size_t i = 0; i < 12; i++)
            for (size_t k = 0; k < sizes[i]; k++)
                assert_int_equal(at[i][k], i + 1);
        wn_arena_reset(&arena);
    }
    wn_arena_release(&arena);
    assert_null(arena.blocks);
}

static void reset_arena_allocates_no_more_for_the_same(void **state)
{
    struct wn_arena arena = {0};
    uint64_t n;

    (void)state;
    assert_non_null(wn_arena_alloc(&arena, 1000));
    wn_arena_reset(&arena);
    n = wn_mem_count();
    for (int i = 0; i < 1000; i++) {
        assert_non_null(wn_arena_alloc(&arena, 1000));
        wn_arena_reset(&arena);
    }
    assert_int_equal(wn_mem_count(), n);
    wn_arena_release(&arena);
    wn_arena_reset(&arena); /* of an empty one */
    wn_arena_release(&arena);
}

static void arena_allocations_are_few(void **state)
{
    struct wn_arena arena = {0};
    uint64_t n = wn_mem_count();

    (void)state;
    for (int i = 0; i < 100000; i++)
        assert_non_null(wn_arena_alloc(&arena, 48));
    assert_in_range(wn_mem_count() - n, 5, 20);
    wn_arena_release(&arena);
}

static void arena_survives_a_failed_allocation(void **state)
{
    struct wn_arena arena = {0};
    char *before;

    (void)state;
    wn_mem_fail_after(1);
    assert_null(wn_arena_alloc(&arena, 10));
    before = wn_arena_strdup(&arena, "before");
    wn_mem_fail_after(1);
    assert_null(wn_arena_alloc(&arena, 100000));
    wn_mem_fail_after(1);
    assert_null(wn_arena_printf(&arena, "%5000d", 1));
    assert_string_equal(before, "before");
    assert_string_equal(wn_arena_strdup(&arena, "after"), "after");
    wn_arena_release(&arena);
}

static void vec_grows_with_zeroed_items(void **state)
{
    struct point {
        int64_t x, y;
    };
    WN_VEC(struct point) points = {0};

    (void)state;
    for (int64_t i = 0; i < 1000; i++) {
        struct point *point = wn_vec_push(&points);

        assert_non_null(point);
        assert_int_equal(point->x, 0);
        assert_int_equal(point->y, 0);
        *point = (struct point){.x = i, .y = -i};
    }
    assert_int_equal(points.n, 1000);
    for (int64_t i = 0; i < 1000; i++)
        assert_int_equal(points.at[i].y, -i);
    points.n = 0; /* reuse: items are zeroed again */
    assert_int_equal(wn_vec_push(&points)->x, 0);
    points.n = 1;
    assert_int_equal(wn_vec_push(&points)->x, 0);
    wn_vec_release(&points);
    assert_null(points.at);
    assert_int_equal(points.room, 0);
}

static void vec_is_unchanged_when_it_cannot_grow(void **state)
{
    WN_VEC(int) numbers = {0};

    (void)state;
    wn_mem_fail_after(1);
    assert_null(wn_vec_push(&numbers));
    assert_int_equal(numbers.n, 0);
    while (numbers.n < 8 || numbers.n < numbers.room)
        *wn_vec_push(&numbers) = 5;
    size_t n = numbers.n;
    wn_mem_fail_after(1);
    assert_null(wn_vec_push(&numbers));
    assert_int_equal(numbers.n, n);
    assert_int_equal(numbers.at[n - 1], 5);
    assert_non_null(wn_vec_push(&numbers));
    wn_vec_release(&numbers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(alloc_gives_zeros),
        cmocka_unit_test(sizes_that_overflow_are_refused),
        cmocka_unit_test(only_the_nth_allocation_fails),
        cmocka_unit_test(failed_realloc_leaves_the_old_block),
        cmocka_unit_test(strndup_stops_at_nul_and_at_n),
        cmocka_unit_test(arena_memory_is_aligned_zeroed_and_apart),
        cmocka_unit_test(reset_arena_allocates_no_more_for_the_same),
        cmocka_unit_test(arena_allocations_are_few),
        cmocka_unit_test(arena_survives_a_failed_allocation),
        cmocka_unit_test(vec_grows_with_zeroed_items),
        cmocka_unit_test(vec_is_unchanged_when_it_cannot_grow),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_sched_sync_brackets.c - the open brackets against a plain list. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/rng.h"
#include "sched/sync_brackets_internal.h"

enum { MOST = 300 };

struct own {
    struct wn_sync_bracket head;
    int payload;
};

static void brackets_are_numbered_as_they_open(void **state)
{
    struct wn_sync_brackets list = {0};
    struct own a = {0}, b = {0};

    (void)state;
    assert_null(wn_sync_first(&list));
    assert_null(wn_sync_find(&list, 0));
    assert_true(wn_sync_open(&list, &a.head));
    assert_true(wn_sync_open(&list, &b.head));
    assert_int_equal(a.head.number, 0);
    assert_int_equal(b.head.number, 1);
    assert_int_equal(list.n_opened, 2);
    assert_ptr_equal(wn_sync_find(&list, 1), &b.head);
    assert_null(wn_sync_first(&list)); /* nothing is offered yet */
    wn_sync_close(&list, &a.head);
    assert_null(wn_sync_find(&list, 0));
    assert_ptr_equal(wn_sync_find(&list, 1), &b.head);
    assert_int_equal(list.n_opened, 2);
    wn_sync_release(&list);
}

/* Open, offer, take back and close at random; the earliest offer by looking at all. */
static void the_earliest_with_an_offer_comes_first(void **state)
{
    struct own *all = calloc(MOST, sizeof *all);
    bool is_open[MOST] = {false};

    (void)state;
    assert_non_null(all);
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct wn_rng rng = wn_rng_keyed(seed, WN_STREAM_TEST, 0);
        struct wn_sync_brackets list = {0};

        for (int step = 0; step < 3000; step++) {
            uint32_t i = list.n_opened ? (uint32_t)wn_rng_below(&rng, list.n_opened) : 0;
            uint64_t what = wn_rng_below(&rng, 10);
            struct wn_sync_bracket *first = NULL;

            if (what == 0 && list.n_opened < MOST) {
                i = list.n_opened;
                is_open[i] = wn_sync_open(&list, &all[i].head);
                assert_true(is_open[i]);
            } else if (is_open[i] && what < 3) {
                is_open[i] = false;
                wn_sync_close(&list, &all[i].head);
            } else if (is_open[i]) {
                assert_true(wn_sync_offer(&list, &all[i].head, what < 6));
            }
            for (uint32_t k = list.n_opened; k-- > 0;) {
                assert_ptr_equal(wn_sync_find(&list, k),
                                 is_open[k] ? &all[k].head : NULL);
                if (is_open[k] && all[k].head.has_offer)
                    first = &all[k].head;
            }
            assert_ptr_equal(wn_sync_first(&list), first);
            assert_true(list.offers.items.n <= list.n_opened);
        }
        wn_sync_release(&list);
    }
    free(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(brackets_are_numbered_as_they_open),
        cmocka_unit_test(the_earliest_with_an_offer_comes_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_sched_standings.c - positions in a tree against a sorted list. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/rng.h"
#include "sched/standings.h"

#define N_PLACES 60

struct member {
    struct wn_ranked entry;
    uint32_t place;
    bool is_in, is_marked;
};

static int compare(const void *a, const void *b)
{
    const struct member *x = a, *y = b;

    return wn_ranked_before(x->entry, y->entry) ? -1
                                                : wn_ranked_before(y->entry, x->entry);
}

/* Everything that may be asked, against `members`, of which those that are in count. */
static void check(const struct wn_standings *standings, const struct member *members)
{
    struct member sorted[N_PLACES];
    size_t n = 0, n_marked = 0;

    for (uint32_t i = 0; i < N_PLACES; i++) {
        assert_int_equal(wn_standings_has(standings, i), members[i].is_in);
        if (members[i].is_in)
            sorted[n++] = members[i];
    }
    qsort(sorted, n, sizeof sorted[0], compare);
    assert_int_equal(wn_standings_size(standings), n);
    for (size_t i = 0; i < n; i++) {
        struct wn_ranked other = {sorted[i].entry.loss, sorted[i].entry.trial + 1};

        assert_int_equal(wn_standings_at(standings, i), sorted[i].place);
        assert_int_equal(wn_standings_before(standings, sorted[i].entry), i);
        assert_int_equal(wn_standings_before(standings, other), i + 1);
        assert_int_equal(wn_standings_n_marked(standings, i), n_marked);
        if (sorted[i].is_marked)
            assert_int_equal(wn_standings_marked_at(standings, n_marked++),
                             sorted[i].place);
    }
    assert_int_equal(wn_standings_n_marked(standings, n), n_marked);
    assert_int_equal(wn_standings_n_marked(standings, n + 9), n_marked);
    assert_int_equal(wn_standings_marked_at(standings, n_marked), WN_PLACE_NONE);
    assert_int_equal(wn_standings_at(standings, n), WN_PLACE_NONE);
}

static double draw_loss(struct wn_rng *rng)
{
    uint64_t k = wn_rng_below(rng, 14);

    return k == 0 ? HUGE_VAL : k == 1 ? -HUGE_VAL : (double)k;
}

static void positions_are_what_sorting_says(void **state)
{
    struct member members[N_PLACES] = {0};
    struct wn_standings standings;
    struct wn_rng rng = wn_rng_keyed(3, WN_STREAM_TEST, 0);

    (void)state;
    assert_true(wn_standings_init(&standings, N_PLACES));
    check(&standings, members);
    for (uint32_t n = 0; n < 4000; n++) {
        struct member *member = &members[wn_rng_below(&rng, N_PLACES)];
        uint64_t what = wn_rng_below(&rng, 100);

        member->place = (uint32_t)(member - members);
        if (what == 0) {
            wn_standings_clear(&standings);
            for (size_t i = 0; i < N_PLACES; i++)
                members[i].is_in = false;
        } else if (what < 30) {
            wn_standings_remove(&standings, member->place);
            member->is_in = false;
        } else {
            member->entry = (struct wn_ranked){draw_loss(&rng), n};
            member->is_marked = wn_rng_below(&rng, 3) == 0;
            member->is_in = true;
            wn_standings_put(&standings, member->place, member->entry, member->is_marked);
        }
        check(&standings, members);
    }
    wn_standings_release(&standings);
}

static unsigned depth(const struct wn_standings *standings, uint32_t place)
{
    unsigned left, right;

    if (place == WN_PLACE_NONE)
        return 0;
    left = depth(standings, standings->at[place].left);
    right = depth(standings, standings->at[place].right);
    return 1 + (left > right ? left : right);
}

static void stays_shallow_whatever_the_order(void **state)
{
    enum { N = 100000 };

    (void)state;
    for (int rises = 0; rises < 2; rises++) {
        struct wn_standings standings;

        assert_true(wn_standings_init(&standings, N));
        for (uint32_t i = 0; i < N; i++)
            wn_standings_put(&standings, i, (struct wn_ranked){rises ? i : -(double)i, i},
                             false);
        assert_in_range(depth(&standings, standings.root), 17, 60);
        wn_standings_release(&standings);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(positions_are_what_sorting_says),
        cmocka_unit_test(stays_shallow_whatever_the_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

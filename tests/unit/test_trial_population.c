/* Tags of populations: read back whole, taken for nothing else; who wins a place. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "trial/population.h"
#include "trial/tag.h"

static const struct wn_population_plan plan = {.kind = WN_POPULATION_EVOLVED,
                                               .generation = 70000,
                                               .level = 3,
                                               .member = 80,
                                               .target = 12,
                                               .source = 2,
                                               .n_parents = 27};

static void a_plan_is_read_back(void **state)
{
    struct wn_tag tag = wn_population_plan_tag(&plan);
    struct wn_population_plan back;

    (void)state;
    assert_true(wn_population_plan_read(&tag, &back));
    assert_int_equal(back.kind, plan.kind);
    assert_int_equal(back.generation, plan.generation);
    assert_int_equal(back.level, plan.level);
    assert_int_equal(back.member, plan.member);
    assert_int_equal(back.target, plan.target);
    assert_int_equal(back.source, plan.source);
    assert_int_equal(back.n_parents, plan.n_parents);
}

static void an_outcome_is_read_back(void **state)
{
    struct wn_population_outcome outcome = {
        .level = 4, .member = 9, .wins = true, .replaced = WN_TRIAL_NONE};
    struct wn_population_outcome back;
    struct wn_tag tag = wn_population_outcome_tag(&outcome);

    (void)state;
    assert_true(wn_population_outcome_read(&tag, &back));
    assert_int_equal(back.level, 4);
    assert_int_equal(back.member, 9);
    assert_true(back.wins);
    assert_int_equal(back.replaced, WN_TRIAL_NONE);
    outcome.wins = false;
    tag = wn_population_outcome_tag(&outcome);
    assert_true(wn_population_outcome_read(&tag, &back));
    assert_false(back.wins);
}

static void bytes_are_as_they_were_released(void **state)
{
    static const uint8_t bytes[] = {0xd1, 2,  0x70, 0x11, 1, 0, 3,  80, 0, 0,
                                    0,    12, 0,    0,    0, 2, 27, 0,  0, 0};
    struct wn_tag tag = wn_population_plan_tag(&plan);

    (void)state;
    assert_int_equal(tag.n, sizeof bytes);
    assert_memory_equal(tag.bytes, bytes, sizeof bytes);
}

static void both_are_found_behind_what_a_wrapper_put(void **state)
{
    struct wn_population_outcome outcome = {.level = 1, .member = 5, .wins = true}, won;
    struct wn_population_plan found;
    struct wn_tag tag = {0}, inner = wn_population_plan_tag(&plan);

    (void)state;
    wn_tag_put(&tag, 0xd1d2d1d2d1d2d1d2, 8);
    wn_tag_put_tag(&tag, &inner);
    assert_true(wn_population_plan_read(&tag, &found));
    assert_int_equal(found.generation, plan.generation);
    assert_int_equal(found.n_parents, plan.n_parents);
    inner = wn_population_outcome_tag(&outcome);
    tag.n = 8;
    assert_false(wn_population_outcome_read(&tag, &won));
    wn_tag_put_tag(&tag, &inner);
    assert_true(wn_population_outcome_read(&tag, &won));
    assert_int_equal(won.member, 5);
    assert_true(won.wins);
}

static void other_tags_are_left_alone(void **state)
{
    struct wn_population_outcome outcome = {.member = 1}, won = {.member = 77};
    struct wn_population_plan found = {.member = 77};
    struct wn_tag tag = wn_population_outcome_tag(&outcome), none = {0};

    (void)state;
    assert_false(wn_population_plan_read(&tag, &found));
    assert_false(wn_population_plan_read(&none, &found));
    assert_false(wn_population_outcome_read(&none, &won));
    tag = wn_population_plan_tag(&plan);
    assert_false(wn_population_outcome_read(&tag, &won));
    tag.bytes[1] = 4; /* no such kind */
    assert_false(wn_population_plan_read(&tag, &found));
    tag = wn_population_plan_tag(&plan);
    tag.n++; /* something behind it */
    assert_false(wn_population_plan_read(&tag, &found));
    tag.n -= 2;
    assert_false(wn_population_plan_read(&tag, &found));
    assert_int_equal(found.member, 77);
    assert_int_equal(won.member, 77);
}

static void an_equal_one_wins_and_an_infinite_one_never(void **state)
{
    (void)state;
    assert_true(wn_population_wins(false, .5, .5));
    assert_true(wn_population_wins(false, .5, -.5));
    assert_false(wn_population_wins(false, .5, .6));
    assert_true(wn_population_wins(true, 0, .6));
    assert_false(wn_population_wins(true, 0, HUGE_VAL));
    assert_false(wn_population_wins(false, HUGE_VAL, HUGE_VAL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plan_is_read_back),
        cmocka_unit_test(an_outcome_is_read_back),
        cmocka_unit_test(bytes_are_as_they_were_released),
        cmocka_unit_test(both_are_found_behind_what_a_wrapper_put),
        cmocka_unit_test(other_tags_are_left_alone),
        cmocka_unit_test(an_equal_one_wins_and_an_infinite_one_never),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

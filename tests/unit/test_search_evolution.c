/* test_search_evolution.c - who is in the population, who is chosen, who dies. */
#include "test_search_stage.h"

extern const struct wn_search_ops wn_search_evolution;
extern const struct wn_search_ops wn_search_random;

enum { MOST = 8, FULL = 9, NONE = -1 };

static const char space[] =
    "{\"x\": {\"type\": \"float\", \"low\": 0, \"high\": 1},"
    " \"n\": {\"type\": \"int\", \"low\": 1, \"high\": 1000},"
    " \"c\": {\"type\": \"categorical\", \"values\": [\"a\", \"b\", \"c\"]}}";

/* A tournament this large has every member of a small population in it: with four, one is
 * left out once in 10^12 times. (A new job may not ask for that, an older study goes on.) */
static const char everybody[] = "{\"population\": 4, \"sample_size\": 100}";

static struct stage evolution(const char *options, uint64_t seed)
{
    struct stage st = {.ops = &wn_search_evolution,
                       .space = drive_space(space),
                       .values = drive_values(wn_search_evolution.options, options),
                       .seed = seed,
                       .was_checked = options == everybody};
    struct wn_error err = {0};

    DRIVE_CHECK(stage_open(&st, FULL, &err) == WN_OK, "%s", err.text);
    return st;
}

/* --- who may be a parent --- */

static void draws_the_first_ones_at_random_by_when_they_are_configured(void **state)
{
    struct stage st = evolution("{\"population\": 5, \"sample_size\": 2}", 1);
    union wn_cell cells[MOST];

    (void)state;
    for (uint32_t i = 0; i < 5; i++) {
        assert_int_equal(stage_parent(&st, cells), WN_TRIAL_NONE);
        assert_true(stage_next(&st, cells));
        if (i < 3) { /* more than a tournament, but not as many as the population */
            stage_report(&st, i, FULL, 1, WN_VERDICT_STOP);
            stage_finish(&st, i, WN_END_COMPLETED);
        }
    }
    assert_true(stage_parent(&st, cells) < 3); /* two still run */
    stage_end(&st);
}

static void waits_for_a_tournament_when_all_run_at_once(void **state)
{
    struct stage st = evolution("{\"population\": 5, \"sample_size\": 3}", 1);
    union wn_cell cells[MOST];

    (void)state;
    for (uint32_t i = 0; i < 50; i++) {
        assert_int_equal(stage_parent(&st, cells), WN_TRIAL_NONE);
        assert_true(stage_next(&st, cells));
    }
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(stage_parent(&st, cells), WN_TRIAL_NONE);
        stage_report(&st, 7 * i, FULL, 1, WN_VERDICT_STOP);
        stage_finish(&st, 7 * i, WN_END_COMPLETED);
    }
    assert_int_equal(stage_parent(&st, cells) % 7, 0);
    stage_end(&st);
}

/* A tournament is not larger than the population, as an option may ask for. */
static void holds_tournaments_of_at_most_the_population(void **state)
{
    struct stage st = evolution("{\"population\": 2}", 1);
    union wn_cell cells[MOST];

    (void)state;
    for (uint32_t i = 0; i < 2; i++) {
        assert_true(stage_next(&st, cells));
        stage_report(&st, i, FULL, 1, WN_VERDICT_STOP);
        stage_finish(&st, i, WN_END_COMPLETED);
    }
    assert_true(stage_parent(&st, cells) < 2);
    stage_end(&st);
}

/* --- what happens to trials --- */

/* Ten configured trials, of which 0 to 3 are the population, worth 100, 99, 98, 97. */
static void tell(const char *name, const struct stage_step *steps, size_t n_steps)
{
    struct stage st = evolution(everybody, 1);
    union wn_cell cells[MOST];

    for (uint32_t i = 0; i < 10; i++)
        assert_true(stage_next(&st, cells));
    for (uint32_t i = 0; i < 4; i++) {
        stage_report(&st, i, 1, 100 - i, WN_VERDICT_STOP);
        stage_finish(&st, i, WN_END_STOPPED);
    }
    for (size_t i = 0; i < n_steps; i++) {
        stage_take(&st, &steps[i]);
        for (int look = 0; look < 5; look++, st.seed++) {
            int found = (int)stage_parent(&st, cells);
            DRIVE_CHECK(found == steps[i].best, "%s, step %zu: %d, not %d", name, i,
                        found, steps[i].best);
        }
    }
    stage_end(&st);
}

#define TELL(name, ...)                                    \
    do {                                                   \
        const struct stage_step steps[] = {__VA_ARGS__};   \
        tell(name, steps, sizeof steps / sizeof steps[0]); \
    } while (0)

static void running_trials_are_no_members(void **state)
{
    (void)state;
    TELL("running", {'R', 4, 1, 1, 3}, {'R', 4, FULL - 1, 0, 3}, {'X', 4, 0, 0, 4});
}

static void paused_trials_enter_once_and_are_worth_what_they_report_later(void **state)
{
    (void)state;
    TELL("paused", {'P', 4, 1, 50, 4}, {'P', 5, 1, 60, 4}, {'U', 5, 0, 0, 4},
         {'R', 5, 2, 40, 5}, {'P', 5, 3, 30, 5}, {'U', 4, 0, 0, 5}, {'P', 4, 4, 20, 4});
}

static void trials_that_were_stopped_enter_if_they_reported(void **state)
{
    (void)state;
    TELL("stopped", {'X', 4, 0, 0, 3}, {'R', 5, 1, 50, 3}, {'X', 5, 0, 0, 5});
    TELL("paused first", {'P', 5, 1, 50, 5}, {'X', 5, 0, 0, 5});
    TELL("infinite", {'P', 5, 1, (double)INFINITY, 3} /* 0 1 2 3 as before */,
         {'P', 4, 1, 150, 3}, {'P', 6, 1, 160, 3}, {'P', 7, 1, 170, 3}, {'X', 5, 0, 0, 3},
         {'P', 8, 1, 180, 4} /* 4 6 7 8 */);
}

static void full_trials_stand_before_all_others(void **state)
{
    (void)state;
    TELL("full", {'P', 4, 1, 1, 4}, {'C', 5, FULL, 500, 5}, {'C', 6, FULL - 1, 0, 5},
         {'C', 7, FULL, 400, 7});
}

/* Without one of the four no tournament of four can be held until the next one enters. */
static void failed_trials_never_enter_and_leave(void **state)
{
    (void)state;
    TELL("failed", {'R', 4, 1, 1, 3}, {'F', 4, 0, 0, 3}, {'F', 5, 0, 0, 3},
         {'P', 6, 1, 50, 6}, {'P', 7, 1, 40, 7} /* 2 3 6 7 */, {'U', 7, 0, 0, 7},
         {'F', 7, 0, 0, NONE}, {'P', 8, 1, 60, 6}, {'U', 6, 0, 0, 6},
         {'F', 6, 0, 0, NONE}, {'P', 9, 1, 70, 8});
}

/* Four places: 0 1 2 3, then 4 takes the place of 0, 5 that of 1 ... although 4 is best. */
static void the_oldest_dies_however_good_it_is(void **state)
{
    (void)state;
    TELL("age", {'P', 4, 1, 10, 4}, {'P', 5, 1, 50, 4}, {'P', 6, 1, 40, 4},
         {'P', 7, 1, 60, 4} /* 4 5 6 7 */, {'P', 8, 1, 70, 6},
         {'U', 4, 0, 0, 6} /* what is dead stays dead */, {'P', 4, 2, 1, 6},
         {'P', 9, 1, 80, 6} /* 6 7 8 9 */, {'U', 4, 0, 0, 6}, {'F', 4, 0, 0, 6});
    /* A failed one leaves a place: nobody dies for the next. */
    TELL("a place", {'P', 4, 1, 10, 4}, {'P', 5, 1, 50, 4} /* 2 3 4 5 */,
         {'U', 5, 0, 0, 4}, {'F', 5, 0, 0, NONE}, {'P', 6, 1, 60, 4} /* 2 3 4 6 */,
         {'P', 7, 1, 70, 4}, {'P', 8, 1, 80, 4} /* 4 6 7 8 */, {'P', 9, 1, 90, 6});
}

static void withdrawn_trials_are_nobody(void **state)
{
    struct stage st = evolution("{\"population\": 2, \"sample_size\": 1}", 1);
    union wn_cell cells[MOST];

    (void)state;
    for (uint32_t i = 0; i < 3; i++)
        stage_emit(
            &st, (struct wn_event){.kind = WN_EVENT_PLANNED,
                                   .trial = i,
                                   .planned = {.milestone = 1, .parent = WN_TRIAL_NONE}});
    for (uint32_t i = 0; i < 3; i++)
        stage_finish(&st, i, WN_END_WITHDRAWN);
    assert_int_equal(stage_parent(&st, cells), WN_TRIAL_NONE);
    stage_end(&st);
}

/* --- who is chosen --- */

/* Of four members the best is in a tournament of two with 1 - (3/4)^2 = 7/16, the others
 * win with 5/16, 3/16 and 1/16: with repetition, as in the paper. */
static void draws_tournaments_with_repetition(void **state)
{
    enum { N = 8000 };
    struct stage st = evolution("{\"population\": 4, \"sample_size\": 2}", 1);
    int counts[4] = {0};
    union wn_cell cells[MOST];

    (void)state;
    for (uint32_t i = 0; i < 4; i++) {
        assert_true(stage_next(&st, cells));
        stage_report(&st, i, FULL, i, WN_VERDICT_STOP);
        stage_finish(&st, i, WN_END_COMPLETED);
    }
    for (int i = 0; i < N; i++, st.seed++)
        counts[stage_parent(&st, cells)]++;
    for (int i = 0; i < 4; i++)
        assert_in_range(counts[i], N * (7 - 2 * i) / 16 - 150,
                        N * (7 - 2 * i) / 16 + 150);
    stage_end(&st);
}

static void a_child_differs_from_its_parent_in_one_parameter(void **state)
{
    struct stage st = evolution("{\"population\": 3, \"sample_size\": 1}", 1);
    union wn_cell cells[MOST];
    struct wn_error err = {0};
    int counts[3] = {0};

    (void)state;
    for (uint32_t i = 0; i < 3; i++) {
        assert_true(stage_next(&st, cells));
        stage_report(&st, i, FULL, i, WN_VERDICT_STOP);
        stage_finish(&st, i, WN_END_COMPLETED);
    }
    for (int i = 0; i < 900; i++, st.seed++) {
        uint32_t parent = stage_parent(&st, cells);
        const union wn_cell *from = wn_history_trial(st.history, parent)->cells;
        int n = 0;

        DRIVE_CHECK(wn_config_check(st.space, cells, &err) == WN_OK, "%s", err.text);
        for (size_t k = 0; k < 3; k++)
            if (cells[k].i != from[k].i) {
                counts[k]++;
                n++;
            }
        assert_int_equal(n, 1);
    }
    for (size_t k = 0; k < 3; k++)
        assert_in_range(counts[k], 240, 360);
    stage_end(&st);
}

/* 27 configurations: mutation finds nothing new near the end, and the draw does. */
static void uses_up_a_finite_space(void **state)
{
    struct stage st = stage_begin(&wn_search_evolution,
                                  "{\"a\": {\"type\": \"int\", \"low\": 1, \"high\": 3},"
                                  " \"b\": {\"type\": \"int\", \"low\": 1, \"high\": 3},"
                                  " \"c\": {\"type\": \"int\", \"low\": 1, \"high\": 3}}",
                                  "{\"population\": 3, \"sample_size\": 2}", FULL, 1);
    union wn_cell cells[3];
    uint32_t n = 0;

    (void)state;
    for (; stage_next(&st, cells); n++) {
        stage_report(&st, n, FULL, (double)cells[0].i, WN_VERDICT_STOP);
        stage_finish(&st, n, WN_END_COMPLETED);
    }
    assert_int_equal(n, 27);
    stage_end(&st);
}

static void beats_random_search_on_a_smooth_function(void **state)
{
    static const char small[] = "{\"population\": 20, \"sample_size\": 5}";
    double random = stage_median(&wn_search_random, stage_smooth, "{}", 25, 300, 1);
    double alone = stage_median(&wn_search_evolution, stage_smooth, small, 25, 300, 1);
    double many = stage_median(&wn_search_evolution, stage_smooth, small, 25, 300, 16);
    double usual = stage_median(&wn_search_evolution, stage_smooth, "{}", 25, 300, 1);

    (void)state;
    print_message("evolution %.4f, with 16 workers %.4f, by default %.4f, random %.4f\n",
                  alone, many, usual, random);
    assert_true(alone < random / 4);
    assert_true(many < random / 4);
    assert_true(usual < random / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(draws_the_first_ones_at_random_by_when_they_are_configured),
        cmocka_unit_test(waits_for_a_tournament_when_all_run_at_once),
        cmocka_unit_test(holds_tournaments_of_at_most_the_population),
        cmocka_unit_test(running_trials_are_no_members),
        cmocka_unit_test(paused_trials_enter_once_and_are_worth_what_they_report_later),
        cmocka_unit_test(trials_that_were_stopped_enter_if_they_reported),
        cmocka_unit_test(full_trials_stand_before_all_others),
        cmocka_unit_test(failed_trials_never_enter_and_leave),
        cmocka_unit_test(the_oldest_dies_however_good_it_is),
        cmocka_unit_test(withdrawn_trials_are_nobody),
        cmocka_unit_test(draws_tournaments_with_repetition),
        cmocka_unit_test(a_child_differs_from_its_parent_in_one_parameter),
        cmocka_unit_test(uses_up_a_finite_space),
        cmocka_unit_test(beats_random_search_on_a_smooth_function),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_sched_asha_options.c - brackets, thresholds, costs and a growing maximum: how they
 * go together, what is refused, what is shown, what rides on events.
 *
 * Their decisions are in tests/conformance/test_sched_asha_decisions.c.
 */
#include "conformance/script_sched.h"
#include "trial/tag.h"

extern const struct wn_sched_ops wn_sched_asha;

static const char *const combinations[] = {
    "{\"brackets\": 4}",
    "{\"brackets\": 5, \"variant\": \"stopping\"}",
    "{\"brackets\": 5, \"rung_system_per_bracket\": true}",
    "{\"brackets\": 3, \"rung_system_per_bracket\": true, \"variant\": \"stopping\"}",
    "{\"brackets\": 3, \"rung_system_per_bracket\": true, \"promote_by\": \"cost\", "
    "\"rush_candidates\": 3}",
    "{\"brackets\": 2, \"rung_system_per_bracket\": true, \"rush_candidates\": 5, "
    "\"variant\": \"stopping\"}",
    "{\"rush_candidates\": 4}",
    "{\"rush_candidates\": 4, \"variant\": \"stopping\"}",
    "{\"promote_by\": \"cost\", \"reduction_factor\": 2}",
    "{\"promote_by\": \"cost\", \"rush_candidates\": 2, \"pasha\": true}",
    "{\"pasha\": true}",
    "{\"pasha\": true, \"reduction_factor\": 2, \"rush_candidates\": 1}",
    "{\"pasha\": true, \"rung_increment\": 1}",
};
#define N_COMBINATIONS (sizeof combinations / sizeof combinations[0])

static struct drive drive_of(const struct wn_space *space,
                             const struct wn_values *values,
                             uint64_t seed)
{
    return (struct drive){.ops = &wn_sched_asha,
                          .values = values,
                          .space = space,
                          .max_resource = 81,
                          .seed = seed,
                          .limit = 60,
                          .n_initial = 5,
                          .n_slots = 1 + (uint32_t)(seed % 7)};
}

static void every_combination_ends_and_recovers_alike(void **state)
{
    struct wn_space *space = drive_small_space();

    (void)state;
    for (size_t i = 0; i < N_COMBINATIONS; i++) {
        struct wn_values *values = drive_values(wn_sched_asha.options, combinations[i]);

        assert_non_null(values);
        for (uint64_t seed = 0; seed < 12; seed++) {
            struct drive d = drive_of(space, values, seed);
            struct wn_buf once = drive_told(d), again;

            d.swap_every = 1 + seed * 3;
            again = drive_told(d);
            DRIVE_CHECK(strcmp(wn_buf_text(&once), wn_buf_text(&again)) == 0,
                        "%s seed %" PRIu64 ": a recovered run differs", combinations[i],
                        seed);
            wn_buf_release(&once);
            wn_buf_release(&again);
        }
        wn_values_destroy(values);
    }
    wn_space_destroy(space);
}

static void every_combination_survives_the_failure_of_each_allocation(void **state)
{
    struct wn_space *space = drive_small_space();

    (void)state;
    for (size_t i = 0; i < N_COMBINATIONS; i++) {
        struct wn_values *values = drive_values(wn_sched_asha.options, combinations[i]);
        struct drive d = drive_of(space, values, 3);

        d.limit = 12;
        (void)drive_survive(d);
        wn_values_destroy(values);
    }
    wn_space_destroy(space);
}

/* n_initial is 2, the maximum 9. */
static void refuses_what_makes_no_sense(void **state)
{
    static const struct {
        const char *options, *text;
    } bad[] = {
        {"{\"brackets\": 4}",
         "scheduler.brackets must be at most 3 (the rungs and the maximum), not 4"},
        {"{\"rush_candidates\": 3}", "scheduler.rush_candidates must be at most the "
                                     "number of initial configurations (2), not 3"},
        {"{\"promote_by\": \"cost\", \"variant\": \"stopping\"}",
         "scheduler.promote_by must be \"count\" in the stopping variant"},
        {"{\"pasha\": true, \"variant\": \"stopping\"}",
         "scheduler.pasha must be false in the stopping variant"},
        {"{\"pasha\": true, \"brackets\": 2}",
         "scheduler.pasha must be false with more than one bracket, not with brackets 2"},
        {"{\"pasha\": true, \"grace_period\": 3}",
         "scheduler.pasha needs at least 2 rungs below resource.max, and there is 1"},
        {"{\"pasha\": true, \"grace_period\": 9}",
         "scheduler.pasha needs at least 2 rungs below resource.max, and there are none"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        drive_refuses(&wn_sched_asha, bad[i].options, 9, 2, bad[i].text);
}

static void refuses_more_rungs_in_all_brackets_than_there_may_be(void **state)
{
    (void)state;
    drive_refuses(&wn_sched_asha,
                  "{\"brackets\": 1000, \"rung_system_per_bracket\": true, "
                  "\"rung_increment\": 1}",
                  2000, 0, "scheduler.rung_system_per_bracket: 1000 times 1999");
}

/* S / ((S - b) r_b): 1, 6/15, 6/36, 6/81, 6/162, 6/200 of their sum, 1.70778. */
static void brackets_are_spread_as_hyperband_would(void **state)
{
    static const double weights[] = {1,        6 / 15.0,  6 / 36.0,
                                     6 / 81.0, 6 / 162.0, 6 / 200.0};
    struct wn_space *space = drive_small_space();
    struct wn_values *values = drive_values(wn_sched_asha.options, "{\"brackets\": 6}");
    struct drive d = drive_of(space, values, 7);
    struct wn_buf text = {0};
    unsigned n[6] = {0};

    (void)state;
    d.max_resource = 200;
    assert_int_equal(drive_begin(&d, NULL), WN_OK);
    for (d.n_decisions = 0; d.n_decisions < 100000; d.n_decisions++) {
        struct wn_decision decision = drive_look(&d, d.sched, true);
        struct wn_tag_reader tag = {.tag = &decision.tag};
        uint64_t bracket = wn_tag_get(&tag, 2);

        assert_true(wn_tag_is_read(&tag));
        assert_in_range(bracket, 0, 5);
        n[bracket]++;
    }
    for (size_t b = 0; b < 6; b++) { /* five standard deviations */
        double share = weights[b] / 1.7077777777777778;

        if (fabs(n[b] - 1e5 * share) > 5 * sqrt(1e5 * share))
            fail_msg("bracket %zu: %u of 100000, expected %g", b, n[b], 1e5 * share);
    }
    wn_sched_asha.describe(d.sched, &text);
    assert_non_null(strstr(wn_buf_text(&text),
                           "\nbrackets, with rungs in common: trials begin 58.6 % at 1, "
                           "23.4 % at 3, 9.8 % at 9, 4.3 % at 27, 2.2 % at 81, 1.8 % at "
                           "200\n"));
    wn_buf_release(&text);
    drive_end(&d);
    wn_values_destroy(values);
    wn_space_destroy(space);
}

static void one_bracket_writes_no_tag(void **state)
{
    struct wn_space *space = drive_small_space();
    struct wn_values *values = drive_values(wn_sched_asha.options, "{}");
    struct drive d = drive_of(space, values, 1);

    (void)state;
    assert_int_equal(drive_begin(&d, NULL), WN_OK);
    assert_int_equal(drive_look(&d, d.sched, true).tag.n, 0);
    drive_end(&d);
    wn_values_destroy(values);
    wn_space_destroy(space);
}

/* The bracket of a trial is the event's; what is none of ours is damage. */
static void takes_the_bracket_from_the_event(void **state)
{
    static const struct {
        struct wn_tag tag;
        enum wn_status rc;
    } cases[] = {
        {{0}, WN_OK}, /* bracket 0 */
        {{.n = 2, .bytes = {2, 0}}, WN_OK},
        {{.n = 2, .bytes = {3, 0}}, WN_ECORRUPT},
        {{.n = 1, .bytes = {1}}, WN_ECORRUPT},
        {{.n = 3, .bytes = {1, 0, 0}}, WN_ECORRUPT},
    };
    struct wn_space *space = drive_small_space();
    struct wn_values *values = drive_values(wn_sched_asha.options, "{\"brackets\": 3}");

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct drive d = drive_of(space, values, 1);
        struct wn_event event = {
            .kind = WN_EVENT_PLANNED,
            .planned = {.milestone = 9, .parent = WN_TRIAL_NONE, .tag = cases[i].tag}};
        struct wn_error err = {0};

        assert_int_equal(drive_begin(&d, &err), WN_OK);
        assert_int_equal(wn_history_apply(d.history, &event, &err), WN_OK);
        assert_int_equal(wn_sched_asha.apply(d.sched, &event, &err), cases[i].rc);
        drive_end(&d);
    }
    wn_values_destroy(values);
    wn_space_destroy(space);
}

static void rungs_of_their_own_are_listed_by_bracket(void **state)
{
    static const int64_t resources[] = {1, 3, 9, 3, 9, 9};
    static const uint32_t of[] = {0, 0, 0, 1, 1, 2};
    struct wn_space *space = drive_small_space();
    struct wn_values *values = drive_values(
        wn_sched_asha.options, "{\"brackets\": 3, \"rung_system_per_bracket\": true}");
    struct drive d = drive_of(space, values, 1);
    struct wn_rung rungs[6];
    struct wn_buf text = {0};

    (void)state;
    d.max_resource = 9;
    assert_int_equal(drive_begin(&d, NULL), WN_OK);
    assert_int_equal(wn_sched_asha.rungs(d.sched, NULL, 0), 6);
    assert_int_equal(wn_sched_asha.rungs(d.sched, rungs, 6), 6);
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(rungs[i].resource, resources[i]);
        assert_int_equal(rungs[i].bracket, of[i]);
    }
    wn_sched_asha.describe(d.sched, &text);
    assert_string_equal(wn_buf_text(&text),
                        "asha, promotion variant: one in 3 goes on at a rung\n"
                        "brackets, with rungs of their own: trials begin 54.5 % at 1, "
                        "27.3 % at 3, 18.2 % at 9\n"
                        "bracket 0\n"
                        "rung 0: resource 1\n"
                        "rung 1: resource 3\n"
                        "end: resource 9\n"
                        "bracket 1\n"
                        "rung 1: resource 3\n"
                        "end: resource 9\n"
                        "bracket 2\n"
                        "end: resource 9\n");
    wn_buf_release(&text);
    drive_end(&d);
    wn_values_destroy(values);
    wn_space_destroy(space);
}

static void describes_thresholds_and_costs(void **state)
{
    struct script_case c = {
        .name = "thresholds",
        .options = "{\"rush_candidates\": 2, \"promote_by\": \"cost\"}",
        .max = 9,
        .n_initial = 2,
        .words = "D D D R0:1=.25@5 R1:1=.5@5 R2:1=.75@50 D \"asha \"thresholds \"rung_0",
        .expected =
            "start0>1 start1>1 start2>1 pause pause pause resume0>3 "
            "asha,_promotion_variant:_the_best_for_one_in_3_of_the_running_time_go_on_at_"
            "a_rung thresholds_of_the_first_2_initial_configurations "
            "rung_0:_resource_1,_3_entered,_1_promoted,_threshold_0.25"};

    (void)state;
    script_play(&(struct script){.d = {.ops = &wn_sched_asha}}, &c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_combination_ends_and_recovers_alike),
        cmocka_unit_test(every_combination_survives_the_failure_of_each_allocation),
        cmocka_unit_test(refuses_what_makes_no_sense),
        cmocka_unit_test(refuses_more_rungs_in_all_brackets_than_there_may_be),
        cmocka_unit_test(brackets_are_spread_as_hyperband_would),
        cmocka_unit_test(one_bracket_writes_no_tag),
        cmocka_unit_test(takes_the_bracket_from_the_event),
        cmocka_unit_test(rungs_of_their_own_are_listed_by_bracket),
        cmocka_unit_test(describes_thresholds_and_costs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

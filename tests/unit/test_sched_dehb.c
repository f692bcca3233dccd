/* test_sched_dehb.c - what of dehb is no sequence of decisions; those stand in
 * conformance/test_sched_dehb_decisions.c. */
#include "conformance/script_sched.h"
#include "trial/population.h"

extern const struct wn_sched_ops wn_sched_dehb;

static const struct script dehb = {.d = {.ops = &wn_sched_dehb}};

static void begin(struct script *s, const char *options, int64_t max)
{
    *s = dehb;
    script_begin(s,
                 &(struct script_case){.name = options, .options = options, .max = max});
}

/* The study gives a user's configuration only to trials without a parent. */
static void a_target_is_not_named_while_a_user_waits(void **state)
{
    union wn_cell cell = {.i = 4};
    struct script s;
    struct wn_decision decision;
    struct wn_population_plan plan;
    uint32_t trial;

    (void)state;
    begin(&s, "{}", 3);
    script_say(&s, "begin", "D R0:1=.5 D R1:1=.3 D R2:1=.4 D R1:3=.2 D R3:3=.25", NULL);
    trial = wn_history_n_trials(s.d.history);
    assert_int_equal(drive_look(&s.d, s.d.sched, true).parent, 1);
    script_emit(
        &s, (struct wn_event){
                .kind = WN_EVENT_ENQUEUED,
                .trial = WN_TRIAL_NONE,
                .configured = {.origin = WN_ORIGIN_USER, .n_cells = 1, .cells = &cell}});
    decision = drive_look(&s.d, s.d.sched, true);
    assert_int_equal(decision.parent, WN_TRIAL_NONE);
    assert_true(wn_population_plan_read(&decision.tag, &plan));
    assert_int_equal(plan.target, 1);
    script_emit(&s, (struct wn_event){.kind = WN_EVENT_PLANNED,
                                      .trial = trial,
                                      .planned = {.milestone = decision.milestone,
                                                  .parent = decision.parent,
                                                  .tag = decision.tag}});
    decision = drive_look(&s.d, s.d.sched, true); /* one such trial is enough */
    assert_int_equal(decision.parent, 0);
    script_emit(
        &s, (struct wn_event){
                .kind = WN_EVENT_CONFIGURED,
                .trial = trial,
                .configured = {.origin = WN_ORIGIN_USER, .n_cells = 1, .cells = &cell}});
    assert_int_equal(drive_look(&s.d, s.d.sched, true).parent, 0);
    script_release(&s);
}

static void check_text(const char *options, int64_t max, const char *expected)
{
    struct script s;

    begin(&s, options, max);
    s.d.ops->describe(s.d.sched, &s.said);
    assert_string_equal(wn_buf_text(&s.said), expected);
    script_release(&s);
}

static void sub_populations_are_as_wide_as_the_widest_bracket(void **state)
{
    (void)state;
    check_text("{}", 81,
               "dehb: 5 brackets an iteration, sizes by the table\n"
               "bracket 0: 81 to 1, 27 to 3, 9 to 9, 3 to 27, 1 to 81\n"
               "bracket 1: 27 to 3, 9 to 9, 3 to 27, 1 to 81\n"
               "bracket 2: 9 to 9, 3 to 27, 1 to 81\n"
               "bracket 3: 6 to 27, 2 to 81\n"
               "bracket 4: 5 to 81\n"
               "level 0: resource 1, 81 places\n"
               "level 1: resource 3, 27 places\n"
               "level 2: resource 9, 9 places\n"
               "level 3: resource 27, 6 places\n"
               "level 4: resource 81, 5 places\n");
    check_text("{\"sizes\": \"formula\", \"reduction_factor\": 4}", 64,
               "dehb: 4 brackets an iteration, sizes by the formula\n"
               "bracket 0: 64 to 1, 16 to 4, 4 to 16, 1 to 64\n"
               "bracket 1: 22 to 4, 5 to 16, 1 to 64\n"
               "bracket 2: 8 to 16, 2 to 64\n"
               "bracket 3: 4 to 64\n"
               "level 0: resource 1, 64 places\n"
               "level 1: resource 4, 22 places\n"
               "level 2: resource 16, 8 places\n"
               "level 3: resource 64, 4 places\n");
    check_text("{\"brackets\": 1, \"grace_period\": 3}", 27,
               "dehb: 1 bracket an iteration, sizes by the table\n"
               "bracket 0: 9 to 3, 3 to 9, 1 to 27\n"
               "level 0: resource 3, 9 places\n"
               "level 1: resource 9, 3 places\n"
               "level 2: resource 27, 1 place\n");
}

static void refuses_what_no_bracket_can_be(void **state)
{
    static const struct {
        const char *options, *text;
    } bad[] = {{"{\"brackets\": 6}", "scheduler.brackets must be at most 5"},
               {"{\"grace_period\": 82}", "scheduler.grace_period must be from 1"}};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        drive_refuses(&wn_sched_dehb, bad[i].options, 81, 0, bad[i].text);
}

static void check_corrupt(struct script *s, struct wn_event event)
{
    struct wn_error err = {0};

    assert_int_equal(s->d.ops->apply(s->d.sched, &event, &err), WN_ECORRUPT);
    assert_non_null(strstr(err.text, wn_event_name(event.kind)));
}

static void events_that_contradict_are_corrupt(void **state)
{
    static const struct wn_population_plan wrong[] = {
        {.kind = WN_POPULATION_EVOLVED, .generation = 2, .level = 0, .member = 1},
        {.kind = WN_POPULATION_EVOLVED, .generation = 1, .level = 0, .member = 1},
        {.kind = WN_POPULATION_EVOLVED, .generation = 0, .level = 0, .member = 2},
        {.kind = WN_POPULATION_EVOLVED, .generation = 0, .level = 2, .member = 0}};

    (void)state;
    for (size_t i = 0; i <= sizeof wrong / sizeof wrong[0]; i++) {
        struct wn_event event = {.kind = WN_EVENT_PLANNED,
                                 .trial = 1,
                                 .planned = {.milestone = 1, .parent = WN_TRIAL_NONE}};
        struct script s;

        begin(&s, "{}", 3);
        script_say(&s, "begin", "D", NULL);
        if (i)
            event.planned.tag = wn_population_plan_tag(&wrong[i - 1]);
        check_corrupt(&s, event);
        script_release(&s);
    }
    for (int i = 0; i < 2; i++) {
        struct wn_population_outcome outcome = {.level = 0, .member = 1, .wins = true};
        struct script s;

        begin(&s, "{}", 3);
        script_say(&s, "begin", "D D R0:1=.5", NULL);
        if (i)
            check_corrupt(&s, (struct wn_event){.kind = WN_EVENT_REPORTED, .trial = 0});
        outcome.member = 0;
        check_corrupt(&s, (struct wn_event){
                              .kind = WN_EVENT_REPORTED,
                              .trial = 1,
                              .reported = {.tag = wn_population_outcome_tag(&outcome)}});
        check_corrupt(&s, (struct wn_event){.kind = WN_EVENT_RESUMED,
                                            .trial = 0,
                                            .resumed = {.milestone = 3, .via = 1}});
        script_release(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_target_is_not_named_while_a_user_waits),
        cmocka_unit_test(sub_populations_are_as_wide_as_the_widest_bracket),
        cmocka_unit_test(refuses_what_no_bracket_can_be),
        cmocka_unit_test(events_that_contradict_are_corrupt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_sched_dehb.c - sequences of events worked out by hand (words: see script_sched.h).
 *
 * Behind a decision stands its plan: start4>3:E1.1.0@1:0/3 is trial 4 to resource 3, evolved
 * (R: random, P: promoted) for bracket 1, level 1, place 0, which trial 1 holds, with parents
 * among the best 3 of level 0. A verdict that takes its place has a +.
 */
#include "conformance/script_sched.h"
#include "trial/population.h"

extern const struct wn_sched_ops wn_sched_dehb;

static void say_plan(struct script *s,
                     const struct wn_tag *tag,
                     const struct wn_decision *decision)
{
    struct wn_population_plan plan;

    assert_true(wn_population_plan_read(tag, &plan));
    wn_buf_addf(&s->said, ":%c%" PRIu32 ".%d.%" PRIu32, " REP"[(int)plan.kind],
                plan.generation, plan.level, plan.member);
    if (plan.target != WN_TRIAL_NONE)
        wn_buf_addf(&s->said, "@%" PRIu32, plan.target);
    if (plan.kind == WN_POPULATION_EVOLVED)
        wn_buf_addf(&s->said, ":%d/%" PRIu32, plan.source, plan.n_parents);
    if (decision->act == WN_ACT_START) {
        assert_int_equal(decision->parent, plan.target);
        assert_int_equal(decision->pool, plan.level);
    }
}

static void say_tag(struct script *s,
                    const struct wn_tag *tag,
                    const struct wn_decision *decision)
{
    struct wn_population_outcome outcome;

    if (decision) {
        say_plan(s, tag, decision);
        return;
    }
    assert_true(wn_population_outcome_read(tag, &outcome));
    wn_buf_adds(&s->said, outcome.wins ? "+" : "");
}

static const struct script dehb = {.d = {.ops = &wn_sched_dehb}, .tag = say_tag};

static void begin(struct script *s, const char *options, int64_t max)
{
    *s = dehb;
    script_begin(s,
                 &(struct script_case){.name = options, .options = options, .max = max});
}

static void play(const char *options,
                 int64_t max,
                 const char *words,
                 const char *expected)
{
    script_play_words(&dehb, words, options, max, words, expected);
}

/* With (1, 3, 3) by the table: level 0 (resource 1) has 3 places, level 1 (3) has 2. Bracket
 * 0, and every even one, is 3 trials to 1 and 1 to 3, the odd ones are 2 trials to 3. */
static void an_iteration_promotes_and_the_next_evolves(void **state)
{
    (void)state;
    play("{}", 3,
         "D R0:1=.5 D R1:1=.3 D R2:1=.4 W1 D R1:3=.2 W0 ? "
         "D R3:3=.25 D R4:3=.2 D R5:1=.6 D R6:1=.3 D R7:1=.9 D R8:3=.1 ? D D",
         "start0>1:R0.0.0 pause+ start1>1:R0.0.1 pause+ start2>1:R0.0.2 pause+ 1 "
         "resume1>3:P0.1.0 stop+ 0 [3/1 1] "
         /* bracket 1: vanilla evolution on level 1; an equal loss takes the place */
         "start3>3:E1.1.1:1/2 stop+ start4>3:E1.1.0@1:1/2 stop+ "
         /* bracket 2 promotes nobody: who wins stops as well */
         "start5>1:E2.0.0@0:0/3 stop start6>1:E2.0.1@1:0/3 stop+ start7>1:E2.0.2@2:0/3 "
         "stop "
         /* its one trial to 3 is evolved from the best of level 0, against place 1 */
         "start8>3:E2.1.1@3:0/1 stop+ [6/1 4] "
         "start9>3:E3.1.0@4:1/2 start10>3:E3.1.1@8:1/2");
}

/* The reference implementation counts brackets: with the third one opened it would have
 * evolved in place of the promotion out of the first. */
static void a_bracket_promotes_however_many_were_opened_since(void **state)
{
    (void)state;
    play("{}", 3, "D D D D D D D D D D R0:1=.5 R1:1=.4 R2:1=.6 D R1:3=.7 D",
         "start0>1:R0.0.0 start1>1:R0.0.1 start2>1:R0.0.2 "
         "start3>3:E1.1.0:1/2 start4>3:E1.1.1:1/2 "
         "start5>1:E2.0.0:0/3 start6>1:E2.0.1:0/3 start7>1:E2.0.2:0/3 "
         "start8>3:E3.1.0:1/2 start9>3:E3.1.1:1/2 "
         "pause+ pause+ pause+ resume1>3:P0.1.0 stop+ start10>1:E4.0.0@0:0/3");
}

/* Sub-populations are shared: a trial of bracket 2 came first, holds its place, and is the
 * one that bracket 0 promotes. Trial 0, which had the place planned for it, lost it. */
static void the_best_of_the_sub_population_goes_on(void **state)
{
    (void)state;
    play("{}", 3, "D D D D D D R5:1=.1 W5 R0:1=.5 R1:1=.3 R2:1=.3 D W5 W1 R5:3=.1",
         "start0>1:R0.0.0 start1>1:R0.0.1 start2>1:R0.0.2 "
         "start3>3:E1.1.0:1/2 start4>3:E1.1.1:1/2 start5>1:E2.0.0:0/3 "
         "pause+ 1 stop pause+ pause+ resume5>3:P0.1.0 0 0 stop+");
    /* of equal ones the smaller number */
    play("{}", 3, "D D D R2:1=.3 R1:1=.3 R0:1=.3 D",
         "start0>1:R0.0.0 start1>1:R0.0.1 start2>1:R0.0.2 pause+ pause+ pause+ "
         "resume0>3:P0.1.0");
}

/* A paused trial that is replaced in its place is promoted no more, and worth nothing. */
static void who_loses_its_place_while_paused_is_no_candidate(void **state)
{
    (void)state;
    play("{}", 3, "D D D D D D R0:1=.1 W0 R5:1=.1 W0 W5 R1:1=.3 R2:1=.3 D",
         "start0>1:R0.0.0 start1>1:R0.0.1 start2>1:R0.0.2 "
         "start3>3:E1.1.0:1/2 start4>3:E1.1.1:1/2 start5>1:E2.0.0:0/3 "
         "pause+ 1 pause+ 0 1 pause+ pause+ resume5>3:P0.1.0");
}

/* Failures, infinite losses and trials stopped from outside take no place; they are results
 * of their rung all the same. With no candidate left the rung is evolved. */
static void what_has_no_number_takes_no_place(void **state)
{
    (void)state;
    play("{}", 3, "D D D F0 R1:1=inf K2 ? D R3:3=.5 D",
         "start0>1:R0.0.0 start1>1:R0.0.1 start2>1:R0.0.2 stop [2/0 0] "
         "start3>3:E0.1.0:0/1 stop+ start4>3:E1.1.1:1/2");
    play(
        "{}", 3, "D D D S0:1=.5 F1 R2:1=.5 K2 D ?",
        "start0>1:R0.0.0 start1>1:R0.0.1 start2>1:R0.0.2 stop pause+ start3>3:E0.1.0:0/1 "
        "[2/0 0]");
    /* at the maximum it is completed, and judged no more than below */
    play("{\"brackets\": 1}", 3,
         "D D D R0:1=.5 R1:1=.4 R2:1=.5 D S1:3=.5 ? D D D R3:1=1 R4:1=1 R5:1=1 D",
         "start0>1:R0.0.0 start1>1:R0.0.1 start2>1:R0.0.2 pause+ pause+ pause+ "
         "resume1>3:P0.1.0 stop [3/1 0] start3>1:E1.0.0@0:0/3 start4>1:E1.0.1@1:0/3 "
         "start5>1:E1.0.2@2:0/3 stop stop stop start6>3:E1.1.0:0/1");
    /* nor does one push out who is there */
    play("{}", 3, "D D D D D D R0:1=.5 F5 R1:1=.7 R2:1=.7 D",
         "start0>1:R0.0.0 start1>1:R0.0.1 start2>1:R0.0.2 "
         "start3>3:E1.1.0:1/2 start4>3:E1.1.1:1/2 start5>1:E2.0.0:0/3 "
         "pause+ pause+ pause+ resume0>3:P0.1.0");
}

/* A program that ends of itself competes with its last value; it cannot go on. */
static void an_early_end_competes_and_stays(void **state)
{
    (void)state;
    play(
        "{\"grace_period\": 2}", 18,
        "D D D D D D D D D R0:1=.1 C0 F1 F2 F3 F4 F5 F6 F7 R8:2=.9 D R8:3=.2 C8 D D D",
        "start0>2:R0.0.0 start1>2:R0.0.1 start2>2:R0.0.2 start3>2:R0.0.3 start4>2:R0.0.4 "
        "start5>2:R0.0.5 start6>2:R0.0.6 start7>2:R0.0.7 start8>2:R0.0.8 "
        "- pause+ resume8>6:P0.1.0 - " /* 8 has ended at place 0 of level 1 */
        "start9>6:E0.1.1:0/3 start10>6:E0.1.2:0/3 start11>6:E1.1.0@8:1/3");
    play("{}", 3, "D C0", "start0>1:R0.0.0"); /* it never reported: no value */
}

/* Level 0: 1, level 1: 3, level 2: 9. A report past the next level counts for its own; when
 * it is promoted, its next report does. */
static void a_report_that_jumps_counts_for_its_own_level(void **state)
{
    (void)state;
    play(
        "{}", 9,
        "D D D D D D D D D R0:4=.1 R1:1=.2 R2:1=.3 F3 F4 F5 F6 F7 R8:20=.05 "
        "D D D R0:6=.4 R1:3=.3 R2:8=.2 D R2:9=.2",
        "start0>1:R0.0.0 start1>1:R0.0.1 start2>1:R0.0.2 start3>1:R0.0.3 start4>1:R0.0.4 "
        "start5>1:R0.0.5 start6>1:R0.0.6 start7>1:R0.0.7 start8>1:R0.0.8 "
        "pause+ pause+ pause+ stop+ "
        "resume0>5:P0.1.0 resume1>3:P0.1.1 resume2>3:P0.1.2 pause+ pause+ pause+ "
        "resume2>9:P0.2.0 stop+");
}

/* Levels 1, 2, 4 with 4, 2 and 3 places. What bracket 0 leaves at level 1 is for bracket 1,
 * which has not begun: its checkpoint is kept. */
static void what_a_later_bracket_may_promote_is_worth_something(void **state)
{
    (void)state;
    play("{\"reduction_factor\": 2}", 4,
         "D D D D R0:1=.4 R1:1=.3 R2:1=.2 R3:1=.1 D D W1 R3:2=.1 R2:2=.2 D W2 R3:4=.1 W2 "
         "D R4:2=.3 D R5:2=.3 D W2",
         "start0>1:R0.0.0 start1>1:R0.0.1 start2>1:R0.0.2 start3>1:R0.0.3 "
         "pause+ pause+ pause+ pause+ resume3>2:P0.1.0 resume2>2:P0.1.1 0 pause+ pause+ "
         "resume3>4:P0.2.0 2 stop+ 2 "
         "start4>2:E1.1.0@3:1/2 stop start5>2:E1.1.1@2:1/2 stop resume2>4:P1.2.1 0");
}

/* What was begun is brought to an end: of n < size entries floor(n / 3), at least one. */
static void an_exhausted_study_promotes_in_proportion(void **state)
{
    (void)state;
    play(
        "{}", 9,
        "D D D D D D R0:1=.6 R1:1=.5 R2:1=.4 R3:1=.3 R4:1=.2 X D d R5:1=.1 d D D D",
        "start0>1:R0.0.0 start1>1:R0.0.1 start2>1:R0.0.2 start3>1:R0.0.3 start4>1:R0.0.4 "
        "start5>1:R0.0.5 pause+ pause+ pause+ pause+ pause+ wait wait pause+ wait "
        "resume5>3:P0.1.0 resume4>3:P0.1.1 wait");
    play("{}", 9, "D D R0:1=.6 R1:1=.5 X D R1:3=.5 D R1:9=.5 D d",
         "start0>1:R0.0.0 start1>1:R0.0.1 pause+ pause+ resume1>3:P0.1.0 pause+ "
         "resume1>9:P0.2.0 stop+ done done");
    play("{}", 9, "D F0 X D", "start0>1:R0.0.0 done");
    play("{}", 9, "X D d A D", "done done start0>1:R0.0.0");
    /* lifted before the rung passed on anything, it is filled up as if nothing was */
    play("{}", 3, "D D R0:1=.6 R1:1=.5 X A D R2:1=.7 D",
         "start0>1:R0.0.0 start1>1:R0.0.1 pause+ pause+ start2>1:R0.0.2 pause+ "
         "resume1>3:P0.1.0");
}

static void a_withdrawn_trial_gives_its_entry_back(void **state)
{
    (void)state;
    play("{}", 3, "D D R0:1=.6 R1:1=.5 P U2 P U3 ? X D d",
         "start0>1:R0.0.0 start1>1:R0.0.1 pause+ pause+ start2>1:R0.0.2 "
         "start3>1:R0.0.0@0 " /* the next place's turn had come */
         "[2/0 0] resume1>3:P0.1.0 wait");
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

static void never_idles(void **state)
{
    struct script s;
    uint32_t n;

    (void)state;
    begin(&s, "{}", 81);
    for (n = 0; n < 500; n++)
        script_decide(&s, true, true);
    assert_int_equal(wn_history_n_trials(s.d.history), n);
    assert_null(strstr(wn_buf_text(&s.said), "wait"));
    assert_non_null(
        strstr(wn_buf_text(&s.said), "start80>1:R0.0.80 start81>3:E1.1.0:1/27"));
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

/* With one bracket only its lowest rung evolves on its own level. */
static void one_bracket_starts_over_and_over(void **state)
{
    (void)state;
    play("{\"brackets\": 1}", 3,
         "D D D R0:1=.5 R1:1=.3 R2:1=.4 D D R1:3=.1 D D D R3:1=.4 W3",
         "start0>1:R0.0.0 start1>1:R0.0.1 start2>1:R0.0.2 pause+ pause+ pause+ "
         "resume1>3:P0.1.0 start3>1:E1.0.0@0:0/3 stop+ start4>1:E1.0.1@1:0/3 "
         "start5>1:E1.0.2@2:0/3 start6>1:E2.0.0@0:0/3 stop+ 0");
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
        cmocka_unit_test(an_iteration_promotes_and_the_next_evolves),
        cmocka_unit_test(a_bracket_promotes_however_many_were_opened_since),
        cmocka_unit_test(the_best_of_the_sub_population_goes_on),
        cmocka_unit_test(who_loses_its_place_while_paused_is_no_candidate),
        cmocka_unit_test(what_has_no_number_takes_no_place),
        cmocka_unit_test(an_early_end_competes_and_stays),
        cmocka_unit_test(a_report_that_jumps_counts_for_its_own_level),
        cmocka_unit_test(what_a_later_bracket_may_promote_is_worth_something),
        cmocka_unit_test(an_exhausted_study_promotes_in_proportion),
        cmocka_unit_test(a_withdrawn_trial_gives_its_entry_back),
        cmocka_unit_test(a_target_is_not_named_while_a_user_waits),
        cmocka_unit_test(never_idles),
        cmocka_unit_test(sub_populations_are_as_wide_as_the_widest_bracket),
        cmocka_unit_test(one_bracket_starts_over_and_over),
        cmocka_unit_test(refuses_what_no_bracket_can_be),
        cmocka_unit_test(events_that_contradict_are_corrupt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

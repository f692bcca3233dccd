/* test_sched_dehb_decisions.c - decisions/dehb.md: DEHB's scheduler, worked out by hand. The
 * rules are in src/sched/dehb.c.
 *
 * Behind a decision stands its plan: start4>3:E1.1.0@1:0/3 is trial 4 to resource 3, evolved
 * (R: random, P: promoted) for bracket 1, level 1, place 0, which trial 1 holds, with parents
 * among the best 3 of level 0. A verdict that takes its place has a +.
 */
#include "script_sched.h"

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

static struct script_page page = {.name = "dehb"};
static const struct script dehb = {.d = {.ops = &wn_sched_dehb},
                                   .page = &page,
                                   .tag = say_tag};

/* With (1, 3, 3) by the table: level 0 (resource 1) has 3 places, level 1 (3) has 2. Bracket
 * 0, and every even one, is 3 trials to 1 and 1 to 3, the odd ones are 2 trials to 3. */
static const struct script_case sequences[] = {
    {"an iteration promotes and the next evolves; an equal loss takes the place", "{}",
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
     "start9>3:E3.1.0@4:1/2 start10>3:E3.1.1@8:1/2",
     3, 0},
    /* The reference implementation counts brackets: with the third one opened it would have
     * evolved in place of the promotion out of the first. */
    {"a bracket promotes however many were opened since", "{}",
     "D D D D D D D D D D R0:1=.5 R1:1=.4 R2:1=.6 D R1:3=.7 D",
     "start0>1:R0.0.0 start1>1:R0.0.1 start2>1:R0.0.2 "
     "start3>3:E1.1.0:1/2 start4>3:E1.1.1:1/2 "
     "start5>1:E2.0.0:0/3 start6>1:E2.0.1:0/3 start7>1:E2.0.2:0/3 "
     "start8>3:E3.1.0:1/2 start9>3:E3.1.1:1/2 "
     "pause+ pause+ pause+ resume1>3:P0.1.0 stop+ start10>1:E4.0.0@0:0/3",
     3, 0},
    /* Sub-populations are shared: a trial of bracket 2 came first, holds its place, and is the
     * one that bracket 0 promotes. Trial 0, which had the place planned for it, lost it. */
    {"the best of the sub-population goes on, of whatever bracket it is", "{}",
     "D D D D D D R5:1=.1 W5 R0:1=.5 R1:1=.3 R2:1=.3 D W5 W1 R5:3=.1",
     "start0>1:R0.0.0 start1>1:R0.0.1 start2>1:R0.0.2 "
     "start3>3:E1.1.0:1/2 start4>3:E1.1.1:1/2 start5>1:E2.0.0:0/3 "
     "pause+ 1 stop pause+ pause+ resume5>3:P0.1.0 0 0 stop+",
     3, 0},
    {"of equal ones the smaller number goes on", "{}", "D D D R2:1=.3 R1:1=.3 R0:1=.3 D",
     "start0>1:R0.0.0 start1>1:R0.0.1 start2>1:R0.0.2 pause+ pause+ pause+ "
     "resume0>3:P0.1.0",
     3, 0},
    /* A paused trial that is replaced in its place is promoted no more, and worth nothing. */
    {"who loses its place while paused is no candidate", "{}",
     "D D D D D D R0:1=.1 W0 R5:1=.1 W0 W5 R1:1=.3 R2:1=.3 D",
     "start0>1:R0.0.0 start1>1:R0.0.1 start2>1:R0.0.2 "
     "start3>3:E1.1.0:1/2 start4>3:E1.1.1:1/2 start5>1:E2.0.0:0/3 "
     "pause+ 1 pause+ 0 1 pause+ pause+ resume5>3:P0.1.0",
     3, 0},
    /* Failures, infinite losses and trials stopped from outside take no place; they are results
     * of their rung all the same. With no candidate left the rung is evolved. */
    {"failures and infinite losses take no place; with no candidate the rung is evolved",
     "{}", "D D D F0 R1:1=inf K2 ? D R3:3=.5 D",
     "start0>1:R0.0.0 start1>1:R0.0.1 start2>1:R0.0.2 stop [2/0 0] "
     "start3>3:E0.1.0:0/1 stop+ start4>3:E1.1.1:1/2",
     3, 0},
    {"nor does what was stopped from outside", "{}", "D D D S0:1=.5 F1 R2:1=.5 K2 D ?",
     "start0>1:R0.0.0 start1>1:R0.0.1 start2>1:R0.0.2 stop pause+ start3>3:E0.1.0:0/1 "
     "[2/0 0]",
     3, 0},
    {"nor at the maximum, where it is completed", "{\"brackets\": 1}",
     "D D D R0:1=.5 R1:1=.4 R2:1=.5 D S1:3=.5 ? D D D R3:1=1 R4:1=1 R5:1=1 D",
     "start0>1:R0.0.0 start1>1:R0.0.1 start2>1:R0.0.2 pause+ pause+ pause+ "
     "resume1>3:P0.1.0 stop [3/1 0] start3>1:E1.0.0@0:0/3 start4>1:E1.0.1@1:0/3 "
     "start5>1:E1.0.2@2:0/3 stop stop stop start6>3:E1.1.0:0/1",
     3, 0},
    {"nor does a failure push out who is there", "{}",
     "D D D D D D R0:1=.5 F5 R1:1=.7 R2:1=.7 D",
     "start0>1:R0.0.0 start1>1:R0.0.1 start2>1:R0.0.2 "
     "start3>3:E1.1.0:1/2 start4>3:E1.1.1:1/2 start5>1:E2.0.0:0/3 "
     "pause+ pause+ pause+ resume0>3:P0.1.0",
     3, 0},
    /* A program that ends of itself competes with its last value; it cannot go on. */
    {"an early end competes and stays; of failures levels 2, 6, 18 are filled",
     "{\"grace_period\": 2}",
     "D D D D D D D D D R0:1=.1 C0 F1 F2 F3 F4 F5 F6 F7 R8:2=.9 D R8:3=.2 C8 D D D",
     "start0>2:R0.0.0 start1>2:R0.0.1 start2>2:R0.0.2 start3>2:R0.0.3 start4>2:R0.0.4 "
     "start5>2:R0.0.5 start6>2:R0.0.6 start7>2:R0.0.7 start8>2:R0.0.8 "
     "- pause+ resume8>6:P0.1.0 - " /* 8 has ended at place 0 of level 1 */
     "start9>6:E0.1.1:0/3 start10>6:E0.1.2:0/3 start11>6:E1.1.0@8:1/3",
     18, 0},
    {"an early end without a report has no value", "{}", "D C0", "start0>1:R0.0.0", 3, 0},
    /* Level 0: 1, level 1: 3, level 2: 9. A report past the next level counts for its own; when
     * it is promoted, its next report does. */
    {"a report that jumps counts for its own level; levels 1, 3, 9", "{}",
     "D D D D D D D D D R0:4=.1 R1:1=.2 R2:1=.3 F3 F4 F5 F6 F7 R8:20=.05 "
     "D D D R0:6=.4 R1:3=.3 R2:8=.2 D R2:9=.2",
     "start0>1:R0.0.0 start1>1:R0.0.1 start2>1:R0.0.2 start3>1:R0.0.3 start4>1:R0.0.4 "
     "start5>1:R0.0.5 start6>1:R0.0.6 start7>1:R0.0.7 start8>1:R0.0.8 "
     "pause+ pause+ pause+ stop+ "
     "resume0>5:P0.1.0 resume1>3:P0.1.1 resume2>3:P0.1.2 pause+ pause+ pause+ "
     "resume2>9:P0.2.0 stop+",
     9, 0},
    /* Levels 1, 2, 4 with 4, 2 and 3 places. What bracket 0 leaves at level 1 is for bracket 1,
     * which has not begun: its checkpoint is kept. */
    {"what a later bracket may promote is worth something; levels 1, 2, 4, places 4, 2, "
     "3",
     "{\"reduction_factor\": 2}",
     "D D D D R0:1=.4 R1:1=.3 R2:1=.2 R3:1=.1 D D W1 R3:2=.1 R2:2=.2 D W2 R3:4=.1 W2 "
     "D R4:2=.3 D R5:2=.3 D W2",
     "start0>1:R0.0.0 start1>1:R0.0.1 start2>1:R0.0.2 start3>1:R0.0.3 "
     "pause+ pause+ pause+ pause+ resume3>2:P0.1.0 resume2>2:P0.1.1 0 pause+ pause+ "
     "resume3>4:P0.2.0 2 stop+ 2 "
     "start4>2:E1.1.0@3:1/2 stop start5>2:E1.1.1@2:1/2 stop resume2>4:P1.2.1 0",
     4, 0},
    /* What was begun is brought to an end: of n < size entries floor(n / 3), at least one. */
    {"exhausted: of six entries two are promoted", "{}",
     "D D D D D D R0:1=.6 R1:1=.5 R2:1=.4 R3:1=.3 R4:1=.2 X D d R5:1=.1 d D D D",
     "start0>1:R0.0.0 start1>1:R0.0.1 start2>1:R0.0.2 start3>1:R0.0.3 start4>1:R0.0.4 "
     "start5>1:R0.0.5 pause+ pause+ pause+ pause+ pause+ wait wait pause+ wait "
     "resume5>3:P0.1.0 resume4>3:P0.1.1 wait",
     9, 0},
    {"exhausted: of two entries one is promoted", "{}",
     "D D R0:1=.6 R1:1=.5 X D R1:3=.5 D R1:9=.5 D d",
     "start0>1:R0.0.0 start1>1:R0.0.1 pause+ pause+ resume1>3:P0.1.0 pause+ "
     "resume1>9:P0.2.0 stop+ done done",
     9, 0},
    {"exhausted: of failures nobody", "{}", "D F0 X D", "start0>1:R0.0.0 done", 9, 0},
    {"exhausted before the first, until there is more", "{}", "X D d A D",
     "done done start0>1:R0.0.0", 9, 0},
    {"no longer exhausted before the rung passed on anything: it is filled up", "{}",
     "D D R0:1=.6 R1:1=.5 X A D R2:1=.7 D",
     "start0>1:R0.0.0 start1>1:R0.0.1 pause+ pause+ start2>1:R0.0.2 pause+ "
     "resume1>3:P0.1.0",
     3, 0},
    {"a withdrawn trial gives its entry back", "{}",
     "D D R0:1=.6 R1:1=.5 P U2 P U3 ? X D d",
     "start0>1:R0.0.0 start1>1:R0.0.1 pause+ pause+ start2>1:R0.0.2 "
     "start3>1:R0.0.0@0 " /* the next place's turn had come */
     "[2/0 0] resume1>3:P0.1.0 wait",
     3, 0},
    /* With one bracket only its lowest rung evolves on its own level. */
    {"one bracket starts over and over", "{\"brackets\": 1}",
     "D D D R0:1=.5 R1:1=.3 R2:1=.4 D D R1:3=.1 D D D R3:1=.4 W3",
     "start0>1:R0.0.0 start1>1:R0.0.1 start2>1:R0.0.2 pause+ pause+ pause+ "
     "resume1>3:P0.1.0 start3>1:E1.0.0@0:0/3 stop+ start4>1:E1.0.1@1:0/3 "
     "start5>1:E1.0.2@2:0/3 start6>1:E2.0.0@0:0/3 stop+ 0",
     3, 0},
};

static void decides_as_worked_out_by_hand(void **state)
{
    (void)state;
    wn_buf_adds(
        &page.text,
        "# dehb: decisions worked out by hand\n\n"
        "DEHB (Awad et al., IJCAI 2021), the half that hands out places. Words: "
        "[README.md](../README.md#decisions). Behind a decision stands\nits plan: "
        "`start4>3:E1.1.0@1:0/3` is trial 4 to resource 3, evolved (R: random, P: "
        "promoted) "
        "for bracket 1, level 1, place 0,\nwhich trial 1 holds, with parents among the "
        "best "
        "3 of level 0. A verdict that takes its place has a `+`.\n\n"
        "With a maximum of 3, a factor of 3 and sizes by the table level 0 (resource 1) "
        "has 3 "
        "places and level 1 (3) has 2; even brackets\nare 3 trials to 1 and 1 to 3, odd "
        "ones 2 trials to 3.\n");
    SCRIPT_PLAY_ALL(&dehb, sequences);
}

static void never_idles(void **state)
{
    struct script s;
    uint32_t n;

    (void)state;
    s = dehb;
    script_begin(
        &s, &(struct script_case){.name = "never idles", .options = "{}", .max = 81});
    for (n = 0; n < 500; n++)
        script_decide(&s, true, true);
    assert_int_equal(wn_history_n_trials(s.d.history), n);
    assert_null(strstr(wn_buf_text(&s.said), "wait"));
    assert_non_null(
        strstr(wn_buf_text(&s.said), "start80>1:R0.0.80 start81>3:E1.1.0:1/27"));
    script_release(&s);
}

static void the_page_says_so(void **state)
{
    (void)state;
    script_check_page(&page);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decides_as_worked_out_by_hand),
        cmocka_unit_test(never_idles),
        cmocka_unit_test(the_page_says_so),
    };

    page.is_written = script_is_written(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

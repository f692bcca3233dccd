/* test_sched_asha.c - sequences of events worked out by hand (words: conformance/README.md). */
#include "conformance/script_sched.h"

extern const struct wn_sched_ops wn_sched_asha;

static const struct script asha = {.d = {.ops = &wn_sched_asha}};
static const struct script older = {.d = {.ops = &wn_sched_asha, .was_checked = true}};
static const struct script_case nine = {.name = "nine", .options = "{}", .max = 9};

/* Rungs 1 and 3, maximum 9, one in three. */
static const struct {
    const char *name, *words, *expected;
} promotion[] = {
    {"fewer than eta entries promote nobody", "D D R0:1=.5 R1:1=.2 D ?",
     "start0>1 start1>1 pause pause start2>1 [2/0 0/0 0]"},
    {"the best of three goes on, and it alone", "D D D R0:1=.5 R1:1=.2 R2:1=.9 D D ?",
     "start0>1 start1>1 start2>1 pause pause pause resume1>3 start3>1 [3/1 0/0 0]"},
    {"five entries are still one place, six are two",
     "D D D D D D R0:1=.5 R1:1=.2 R2:1=.9 D R3:1=.3 R4:1=.4 D R5:1=.8 D D",
     "start0>1 start1>1 start2>1 start3>1 start4>1 start5>1 pause pause pause resume1>3 "
     "pause pause start6>1 pause resume3>3 start7>1"},
    {"a better one that comes later takes the place",
     "D D D R0:1=.5 R1:1=.2 R2:1=.9 D D R3:1=.1 D D R4:1=.7 D R5:1=.05 D D",
     "start0>1 start1>1 start2>1 pause pause pause resume1>3 start3>1 pause resume3>3 "
     "start4>1 pause start5>1 pause resume5>3 start6>1"},
    {"ties go to the smaller number, whoever came first",
     "D D D R2:1=.5 R1:1=.5 R0:1=.5 D D",
     "start0>1 start1>1 start2>1 pause pause pause resume0>3 start3>1"},
    {"an infinite loss ranks last", "D D D R0:1=inf R1:1=1e300 R2:1=inf D",
     "start0>1 start1>1 start2>1 pause pause pause resume1>3"},
    {"-infinity ranks first", "D D D R0:1=0 R1:1=-1e300 R2:1=-inf D",
     "start0>1 start1>1 start2>1 pause pause pause resume2>3"},
    {"rungs are scanned from the top, and the maximum ends a trial",
     "D D D D D D D D D R0:1=0 R1:1=.1 R2:1=.2 R3:1=.3 R4:1=.4 R5:1=.5 R6:1=.6 R7:1=.7 "
     "R8:1=.8 D D D R0:3=.3 R1:3=.2 D R2:3=.1 D ? R2:9=5 D ?",
     "start0>1 start1>1 start2>1 start3>1 start4>1 start5>1 start6>1 start7>1 start8>1 "
     "pause pause pause pause pause pause pause pause pause "
     "resume0>3 resume1>3 resume2>3 pause pause start9>1 pause resume2>9 [9/3 3/1 0] "
     "stop "
     "start10>1 [9/3 3/1 1]"},
    {"of two rungs with a promotable trial the higher one goes first",
     "D D D D D D D D D D R0:1=0 R1:1=.1 R2:1=.2 R3:1=.3 R4:1=.4 R5:1=.5 R6:1=.6 R7:1=.7 "
     "R8:1=.8 D D D R0:3=.3 R1:3=.2 R2:3=.1 R9:1=.05 D D D",
     "start0>1 start1>1 start2>1 start3>1 start4>1 start5>1 start6>1 start7>1 start8>1 "
     "start9>1 pause pause pause pause pause pause pause pause pause "
     "resume0>3 resume1>3 resume2>3 pause pause pause pause resume2>9 resume9>3 "
     "start10>1"},
    {"a jump is entered in each rung and is a candidate in the highest",
     "D D D R0:5=.5 R1:1=.6 R2:1=.7 ? D D D R3:1=.1 R4:1=.2 R5:1=.8 D D R3:3=.6 R4:3=.7 "
     "? D",
     "start0>1 start1>1 start2>1 pause pause pause [3/1 1/0 0] start3>1 start4>1 "
     "start5>1 "
     "pause pause pause resume3>3 resume4>3 pause pause [6/3 3/0 0] resume0>9"},
    {"a jump past the maximum ends the trial and is entered in all", "D R0:12=.5 ?",
     "start0>1 stop [1/1 1/1 1]"},
    {"reports below the milestone enter nothing",
     "D D D R0:1=.5 R1:1=.2 R2:1=.9 D R1:2=.1 ? R1:3=.4 ?",
     "start0>1 start1>1 start2>1 pause pause pause resume1>3 - [3/1 0/0 0] pause [3/1 "
     "1/0 0]"},
    {"a failure is the worst entry of the next rung", "D D D R0:1=.5 R1:1=.2 F2 ? D",
     "start0>1 start1>1 start2>1 pause pause [3/0 0/0 0] "
     "resume1>3"},
    {"failures are never promoted", "D D D F0 F1 F2 ? D",
     "start0>1 start1>1 start2>1 [3/0 0/0 0] start3>1"},
    {"a promoted trial that fails is the worst of the next rung",
     "D D D R0:1=.5 R1:1=.2 R2:1=.9 D R1:2=.1 F1 ? W1",
     "start0>1 start1>1 start2>1 pause pause pause resume1>3 - [3/1 1/0 0] 0"},
    {"one that is stopped while paused keeps its place and is no candidate",
     "D D D R0:1=.5 R1:1=.2 R2:1=.9 W1 K1 W1 ? D R3:1=.6 D R4:1=.7 D R5:1=.8 D",
     "start0>1 start1>1 start2>1 pause pause pause 1 0 [3/0 0/0 0] start3>1 pause "
     "start4>1 "
     "pause start5>1 pause resume0>3"},
    {"one that is stopped while it runs is not entered", "D D D R0:1=.5 R1:1=.2 K2 ? D",
     "start0>1 start1>1 start2>1 pause pause [2/0 0/0 0] start3>1"},
    {"an early exit ranks at the next rung and is never promoted",
     "D D D D D D D D D R0:1=.1 R1:1=.2 R2:1=.3 R3:1=.9 R4:1=.9 R5:1=.9 R6:1=.9 R7:1=.9 "
     "R8:1=.9 D D D R0:2=.05 C0 ? R1:3=.5 R2:3=.6 ? W0 D",
     "start0>1 start1>1 start2>1 start3>1 start4>1 start5>1 start6>1 start7>1 start8>1 "
     "pause pause pause pause pause pause pause pause pause "
     "resume0>3 resume1>3 resume2>3 - [9/3 1/0 0] pause pause [9/3 3/0 0] 0 start9>1"},
    {"done only when nothing lives and nobody can be promoted",
     "D D D X R0:1=.5 d R1:1=.2 D R2:1=.9 d D d R1:3=.1 d D",
     "start0>1 start1>1 start2>1 pause wait pause wait pause wait resume1>3 wait pause "
     "done "
     "done"},
    {"done without room as with it", "D X D d F0 d D", "start0>1 wait wait done done"},
};

static void promotes_as_worked_out_by_hand(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof promotion / sizeof promotion[0]; i++)
        script_play_words(&asha, promotion[i].name, "{}", 9, promotion[i].words,
                          promotion[i].expected);
}

static const struct {
    const char *name, *words, *expected;
} stopping[] = {
    {"fewer than eta entries go on, then one in three, ties to the smaller number",
     "D D D D D D D R0:1=.9 R1:1=.8 R2:1=.95 R3:1=.1 R4:1=.1 R5:1=.2 R6:1=.05 ?",
     "start0>1 start1>1 start2>1 start3>1 start4>1 start5>1 start6>1 continue>3 "
     "continue>3 "
     "stop continue>3 stop stop continue>3 [7/4 0/0 0]"},
    {"the better of two that tie may come later", "D D D R1:1=.5 R2:1=.5 R0:1=.5",
     "start0>1 start1>1 start2>1 continue>3 continue>3 "
     "continue>3"},
    {"a jump must pass in each rung",
     "D D D D D R0:1=.3 R1:1=.2 R2:1=.1 R3:4=.25 ? R4:4=.01 ?",
     "start0>1 start1>1 start2>1 start3>1 start4>1 continue>3 continue>3 continue>3 stop "
     "[4/4 1/0 0] continue>9 [5/5 2/1 0]"},
    {"the maximum ends a trial whatever its rank", "D R0:1=1 R0:3=1 R0:9=1 ?",
     "start0>1 continue>3 continue>9 stop [1/1 1/1 1]"},
    {"an early exit ranks at the next rung",
     "D D D D R0:1=.4 R1:1=.3 R2:1=.2 R0:2=.01 C0 R3:1=.1 R1:3=.5 R2:3=.6 ?",
     "start0>1 start1>1 start2>1 start3>1 continue>3 continue>3 continue>3 - continue>3 "
     "continue>9 stop [4/4 3/1 0]"},
    {"failures count against the configuration", "D D D F0 F1 R2:1=5 ?",
     "start0>1 start1>1 start2>1 continue>3 [3/1 0/0 0]"},
    {"nobody pauses, so nothing is worth keeping", "D R0:1=.4 W0 X D d R0:9=1 D d",
     "start0>1 continue>3 0 wait wait stop done done"},
};

static void stops_as_worked_out_by_hand(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof stopping / sizeof stopping[0]; i++)
        script_play_words(&asha, stopping[i].name, "{\"variant\": \"stopping\"}", 9,
                          stopping[i].words, stopping[i].expected);
}

static void linear_and_listed_rungs_take_the_same_share(void **state)
{
    (void)state;
    script_play_words(
        &asha, "linear, one in two", "{\"rung_increment\": 2, \"reduction_factor\": 2}",
        6, "D D R0:1=.1 R1:1=.2 D R0:3=.1 D D R2:1=.05 D R3:1=.04 D R2:3=.3 D R0:5=.3 ?",
        "start0>1 start1>1 pause pause resume0>3 pause start2>1 start3>1 pause resume2>3 "
        "pause resume3>3 pause resume0>5 pause [4/3 2/1 1/0 0]");
    script_play_words(
        &asha, "listed", "{\"rung_levels\": [2, 5, 6], \"reduction_factor\": 2}", 6,
        "D D R0:2=.1 R1:2=.2 D R0:5=1 D ?",
        "start0>2 start1>2 pause pause resume0>5 pause start2>2 [2/1 1/0 0]");
    script_play_words(&older, "no rung at all", "{\"grace_period\": 9}", 9,
                      "D R0:3=1 R0:9=1 X D ?", "start0>9 - stop done [1]");
}

static void refuses_ladders_that_make_no_sense(void **state)
{
    static const struct {
        const char *options, *needle;
    } bad[] = {
        {"{\"grace_period\": 10}", "scheduler.grace_period"},
        {"{\"rung_levels\": [1, 3, 3]}", "scheduler.rung_levels"},
        {"{\"rung_levels\": [3, 1]}", "scheduler.rung_levels"},
        {"{\"rung_levels\": [1, 10]}", "scheduler.rung_levels[1]"},
        {"{\"rung_levels\": [1], \"rung_increment\": 2}",
         "scheduler.rung_levels and scheduler.rung_increment exclude"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        drive_refuses(&wn_sched_asha, bad[i].options, 9, 0, bad[i].needle);
}

static void events_that_contradict_the_state_are_corrupt(void **state)
{
    struct script s = asha;
    struct wn_error err = {0};
    struct wn_event bad[] = {
        {.kind = WN_EVENT_PLANNED, .trial = 5, .planned = {.milestone = 1}},
        {.kind = WN_EVENT_RESUMED,
         .trial = 0,
         .resumed = {.milestone = 3, .via = WN_TRIAL_NONE}},
        {.kind = WN_EVENT_RESUMED,
         .trial = 9,
         .resumed = {.milestone = 3, .via = WN_TRIAL_NONE}},
        {.kind = WN_EVENT_RESUMED, .trial = 1, .resumed = {.milestone = 3, .via = 1}},
        {.kind = WN_EVENT_REPORTED, .trial = 1, .reported = {.resource = 3}},
        {.kind = WN_EVENT_REPORTED,
         .trial = 0,
         .reported = {.resource = 3}}, /* no history */
        {.kind = WN_EVENT_ENDED,
         .trial = 2,
         .ended = {.how = WN_END_STOPPED, .text = ""}},
    };

    (void)state;
    script_begin(&s, &nine);
    script_say(&s, "1 pauses, 2 fails", "D D R1:1=.5 D F2",
               "start0>1 start1>1 pause start2>1");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        DRIVE_CHECK(wn_sched_asha.apply(s.d.sched, &bad[i], &err) == WN_ECORRUPT,
                    "event %zu", i);
    script_release(&s);
}

static void describes_its_ladder(void **state)
{
    struct wn_space *space = drive_small_space();
    struct wn_values *values = drive_values(wn_sched_asha.options, "{}");
    struct drive d = {
        .ops = &wn_sched_asha, .values = values, .space = space, .max_resource = 10};
    struct wn_buf text = {0};
    struct wn_rung rung;

    (void)state;
    assert_int_equal(drive_begin(&d, NULL), WN_OK);
    wn_sched_asha.describe(d.sched, &text);
    assert_string_equal(wn_buf_text(&text),
                        "asha, promotion variant: one in 3 goes on at a rung\n"
                        "rung 0: resource 1\n"
                        "rung 1: resource 3\n"
                        "rung 2: resource 9\n"
                        "end: resource 10\n");
    assert_int_equal(wn_sched_asha.rungs(d.sched, &rung, 1), 4);
    assert_int_equal(rung.resource, 1);
    assert_int_equal(wn_sched_asha.rungs(d.sched, NULL, 0), 4);
    wn_buf_release(&text);
    drive_end(&d);
    wn_values_destroy(values);
    wn_space_destroy(space);
}

static void says_of_a_rung_who_came(void **state)
{
    struct script s = asha;
    struct wn_buf text = {0};

    (void)state;
    script_begin(&s, &nine);
    script_say(&s, "one goes on", "D D D R0:1=.5 R1:1=.2 R2:1=.9 D", NULL);
    wn_sched_asha.describe(s.d.sched, &text);
    assert_string_equal(wn_buf_text(&text),
                        "asha, promotion variant: one in 3 goes on at a rung\n"
                        "rung 0: resource 1, 3 entered, 1 promoted\n"
                        "rung 1: resource 3\n"
                        "end: resource 9\n");
    wn_buf_clear(&text);
    script_say(&s, "it reaches the maximum", "R1:9=.1", "stop");
    wn_sched_asha.describe(s.d.sched, &text);
    assert_non_null(strstr(wn_buf_text(&text), "\nend: resource 9, 1 reached\n"));
    wn_buf_release(&text);
    script_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(promotes_as_worked_out_by_hand),
        cmocka_unit_test(stops_as_worked_out_by_hand),
        cmocka_unit_test(linear_and_listed_rungs_take_the_same_share),
        cmocka_unit_test(refuses_ladders_that_make_no_sense),
        cmocka_unit_test(events_that_contradict_the_state_are_corrupt),
        cmocka_unit_test(describes_its_ladder),
        cmocka_unit_test(says_of_a_rung_who_came),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_sched_hyperband.c - thousands of sequences at random against the synchronous rule by
 * brute force (halving_oracle.h), and what is no legal event. Sequences worked out by hand
 * stand in conformance/test_sched_hyperband_decisions.c. */
#include "conformance/halving_oracle.h"
#include "conformance/script_sched.h"
#include "sched/hyperband_internal.h"
#include "trial/tag.h"

extern const struct wn_sched_ops wn_sched_hyperband;

static const struct script hyperband = {.d = {.ops = &wn_sched_hyperband}};

#define NINE                                                 \
    "start0>1 start1>1 start2>1 start3>1 start4>1 start5>1 " \
    "start6>1 start7>1 start8>1 "
#define START_NINE "D D D D D D D D D "

/* A new job of that kind is refused. */
static void an_older_study_without_a_rung_goes_on(void **state)
{
    struct script older = hyperband;

    (void)state;
    older.d.was_checked = true;
    script_play_words(&older, "no rung but the maximum", "{\"grace_period\": 9}", 9,
                      "D D R0:3=1 R0:9=1 X F1 D ?", "start0>9 start1>9 - stop done [2]");
}

static void refuses_what_makes_no_sense(void **state)
{
    static const struct {
        const char *options, *needle;
    } bad[] = {
        {"{\"grace_period\": 10}", "scheduler.grace_period must be from 1 to"},
        {"{\"brackets\": 4}", "scheduler.brackets must be at most 3"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        drive_refuses(&wn_sched_hyperband, bad[i].options, 9, 0, bad[i].needle);
}

static struct wn_tag tag_of(uint32_t bracket, uint32_t rung)
{
    struct wn_tag tag = {0};

    wn_tag_put(&tag, bracket, 4);
    wn_tag_put(&tag, rung, 1);
    wn_tag_put(&tag, 0, 4);
    return tag;
}

static void script_of(struct script *s)
{
    *s = hyperband;
    script_begin(s, &(struct script_case){.name = "events", .options = "{}", .max = 9});
}

/* Trial 0 is paused in rung 0, 1 runs, 2 has failed. */
static void events_that_contradict_the_state_are_corrupt(void **state)
{
    struct wn_error err = {0};
    struct wn_event bad[] = {
        {.kind = WN_EVENT_PLANNED, .trial = 5, .planned = {.tag = tag_of(0, 0)}},
        {.kind = WN_EVENT_PLANNED, .trial = 3, .planned = {.milestone = 1}},
        {.kind = WN_EVENT_PLANNED, .trial = 3, .planned = {.tag = tag_of(0, 1)}},
        {.kind = WN_EVENT_PLANNED, .trial = 3, .planned = {.tag = tag_of(2, 0)}},
        {.kind = WN_EVENT_RESUMED,
         .trial = 0,
         .resumed = {.via = WN_TRIAL_NONE, .tag = tag_of(0, 2)}},
        {.kind = WN_EVENT_RESUMED,
         .trial = 0,
         .resumed = {.via = WN_TRIAL_NONE, .tag = tag_of(1, 1)}},
        {.kind = WN_EVENT_RESUMED,
         .trial = 1,
         .resumed = {.via = WN_TRIAL_NONE, .tag = tag_of(0, 1)}},
        {.kind = WN_EVENT_RESUMED,
         .trial = 9,
         .resumed = {.via = WN_TRIAL_NONE, .tag = tag_of(0, 1)}},
        {.kind = WN_EVENT_RESUMED,
         .trial = 0,
         .resumed = {.via = 2, .tag = tag_of(0, 1)}},
        {.kind = WN_EVENT_REPORTED, .trial = 0, .reported = {.resource = 3}},
        {.kind = WN_EVENT_REPORTED, .trial = 9, .reported = {.resource = 3}},
        {.kind = WN_EVENT_REPORTED, .trial = 1, .reported = {.resource = 1}},
        {.kind = WN_EVENT_ENDED,
         .trial = 2,
         .ended = {.how = WN_END_STOPPED, .text = ""}},
        {.kind = WN_EVENT_ENDED,
         .trial = 0,
         .ended = {.how = WN_END_WITHDRAWN, .text = ""}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct script s;

        script_of(&s);
        script_say(&s, "corrupt", "D D D R0:1=.5 F2", NULL);
        DRIVE_CHECK(wn_sched_hyperband.apply(s.d.sched, &bad[i], &err) == WN_ECORRUPT,
                    "event %zu", i);
        script_release(&s);
    }
}

/* Nobody does that yet: a scheduler around this one may. */
static void who_pauses_a_trial_below_its_rung_must_resume_it(void **state)
{
    struct wn_metric metric = {"loss", .1};
    struct script s;

    (void)state;
    script_of(&s);
    script_say(&s, "start", START_NINE "D", NINE "start9>3");
    script_emit(&s, (struct wn_event){.kind = WN_EVENT_REPORTED,
                                      .trial = 9,
                                      .reported = {.resource = 1,
                                                   .n_metrics = 1,
                                                   .metrics = &metric,
                                                   .is_milestone = true,
                                                   .verdict = WN_VERDICT_PAUSE}});
    script_say(&s, "its slot is still its own", "W9 D ?",
               "1 start10>3 [0/0 0/0 0; 0/0 0; 0]");
    script_emit(&s, (struct wn_event){.kind = WN_EVENT_RESUMED,
                                      .trial = 9,
                                      .resumed = {.milestone = 3, .via = WN_TRIAL_NONE}});
    script_say(&s, "and decided as ever", "W9 R9:3=.1 ?",
               "0 pause [0/0 0/0 0; 1/0 0; 0]");
    script_release(&s);
}

static void a_plan_that_a_resumed_trial_replaces_frees_its_slot(void **state)
{
    struct script s;

    (void)state;
    script_of(&s);
    script_say(&s, "one is ready",
               START_NINE "P R0:1=0 R1:1=.1 R2:1=.2 R3:1=.3 R4:1=.4 R5:1=.5 R6:1=.6",
               NINE "start9>3 pause pause pause pause pause pause pause");
    script_emit(&s, (struct wn_event){
                        .kind = WN_EVENT_RESUMED,
                        .trial = 0,
                        .resumed = {.milestone = 3, .via = 9, .tag = tag_of(0, 1)}});
    script_say(&s, "five slots of the bracket are free", "D D D D D D ?",
               "start10>3 start11>3 start12>3 start13>3 start14>3 "
               "start15>9 [7/1 0/0 0; 0/0 0; 0]");
    script_release(&s);
}

static void describes_its_brackets_and_how_full_they_are(void **state)
{
    struct script s;
    struct wn_buf text = {0};
    struct wn_rung rung;

    (void)state;
    script_of(&s);
    wn_sched_hyperband.describe(s.d.sched, &text);
    assert_string_equal(
        wn_buf_text(&text),
        "hyperband, sizes by the paper's formula: trials to resource, one in 3 goes on\n"
        "bracket 0: 9 to 1, 3 to 3, 1 to 9\n"
        "bracket 1: 5 to 3, 1 to 9\n"
        "bracket 2: 3 to 9\n");
    script_say(&s, "describe", START_NINE "D R0:1=.5 R1:1=.4 F2", NULL);
    wn_buf_clear(&text);
    wn_sched_hyperband.describe(s.d.sched, &text);
    assert_string_equal(
        wn_buf_text(&text),
        "hyperband, sizes by the paper's formula: trials to resource, one in 3 goes on\n"
        "bracket 0: 9 to 1, 3 to 3, 1 to 9; reached by 3, 0, 0\n"
        "bracket 1: 5 to 3, 1 to 9\n"
        "bracket 2: 3 to 9\n"
        "open: number 0, bracket 0: 3 of 9 and 6 running, 0 of 3, 0 of 1\n"
        "open: number 1, bracket 1: 0 of 5 and 1 running, 0 of 1\n");
    assert_int_equal(wn_sched_hyperband.rungs(s.d.sched, &rung, 1), 6);
    assert_int_equal(rung.resource, 1);
    assert_int_equal(rung.n_entered, 3);
    wn_buf_release(&text);
    script_release(&s);
}

/* A whole study at random: jumps, failures, early ends, trials stopped while paused. */
static uint64_t play_at_random(const char *options, int64_t max, uint64_t seed)
{
    struct wn_space *space = drive_small_space();
    struct wn_values *values = drive_values(wn_sched_hyperband.options, options);
    struct drive d = {.ops = &wn_sched_hyperband,
                      .values = values,
                      .space = space,
                      .max_resource = max,
                      .seed = seed,
                      .limit = 1 + (uint32_t)(seed * 7919 % 150),
                      .n_slots = 1 + (uint32_t)(seed * 31 % 40)};
    struct wn_error err = {0};
    struct oracle oracle;
    uint64_t n_promoted;

    DRIVE_CHECK(drive_begin(&d, &err) == WN_OK, "%s", err.text);
    DRIVE_CHECK(drive_all(&d, &err) == WN_OK, "%s", err.text);
    assert_int_equal(d.sched->brackets.open.n, 0); /* nothing is kept */
    oracle = (struct oracle){
        .plan = &d.sched->plan, .eta = d.sched->eta, .history = d.history};
    for (size_t i = 0; i < d.log.events.n; i++)
        oracle_event(&oracle, &d.log.events.at[i]);
    oracle_check(&oracle);
    DRIVE_CHECK(!oracle.fault[0], "%s max %d seed %u: %s", options, (int)max,
                (unsigned)seed, oracle.fault);
    n_promoted = oracle.n_promoted;
    oracle_release(&oracle);
    drive_end(&d);
    wn_values_destroy(values);
    wn_space_destroy(space);
    return n_promoted;
}

static void who_goes_on_is_who_would_synchronously(void **state)
{
    static const struct {
        const char *options;
        int64_t max;
    } studies[] = {
        {"{}", 9},
        {"{}", 27},
        {"{\"sizes\": \"table\"}", 81},
        {"{\"brackets\": 1}", 27},
        {"{\"brackets\": 1, \"reduction_factor\": 2}", 32},
        {"{\"reduction_factor\": 2, \"grace_period\": 3}", 50},
        {"{\"reduction_factor\": 4, \"brackets\": 2}", 100},
    };
    uint64_t n_promoted = 0, n = 0;

    (void)state;
    for (uint64_t seed = 0; seed < 500; seed++)
        for (size_t i = 0; i < sizeof studies / sizeof studies[0]; i++, n++)
            n_promoted += play_at_random(studies[i].options, studies[i].max, seed);
    assert_true(n_promoted > 10 * n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_older_study_without_a_rung_goes_on),
        cmocka_unit_test(refuses_what_makes_no_sense),
        cmocka_unit_test(events_that_contradict_the_state_are_corrupt),
        cmocka_unit_test(who_pauses_a_trial_below_its_rung_must_resume_it),
        cmocka_unit_test(a_plan_that_a_resumed_trial_replaces_frees_its_slot),
        cmocka_unit_test(describes_its_brackets_and_how_full_they_are),
        cmocka_unit_test(who_goes_on_is_who_would_synchronously),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

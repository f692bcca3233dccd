/* test_sched_hyperband.c - sequences of events worked out by hand (script_sched.h), and
 * thousands at random against the synchronous rule by brute force (halving_oracle.h). */
#include "conformance/halving_oracle.h"
#include "conformance/script_sched.h"
#include "sched/hyperband_internal.h"
#include "trial/tag.h"

extern const struct wn_sched_ops wn_sched_hyperband;

/* @bracket.rung */
static void print_tag(struct script *s,
                      const struct wn_tag *tag,
                      const struct wn_decision *decision)
{
    uint32_t bracket, rung;

    (void)decision;
    assert_true(oracle_tag(tag, &bracket, &rung));
    wn_buf_addf(&s->said, "@%" PRIu32 ".%" PRIu32, bracket, rung);
}

static const struct script hyperband = {.d = {.ops = &wn_sched_hyperband},
                                        .tag = print_tag};

#define NINE                                                                         \
    "start0>1@0.0 start1>1@0.0 start2>1@0.0 start3>1@0.0 start4>1@0.0 start5>1@0.0 " \
    "start6>1@0.0 start7>1@0.0 start8>1@0.0 "
#define START_NINE "D D D D D D D D D "

/* Levels 1, 3, 9; one in three. Bracket 0: 9, 3, 1 trials; 1: 5, 1 from level 3; 2: 3. */
static const struct {
    const char *name, *words, *expected;
} sequences[] = {
    {"the last three of nine decide one certain place each; the best takes it",
     START_NINE "R0:1=.9 R1:1=.1 R2:1=.8 R3:1=.2 R4:1=.7 R5:1=.3 D R6:1=.6 D R7:1=.05 "
                "R8:1=.15 ?",
     NINE "pause pause pause pause pause pause start9>3@1.0 pause resume1>3@0.1 "
          "continue>3@0.1 continue>3@0.1 [9/3 0/0 0; 0/0 0; 0]"},
    {"ties go to the smaller number that came last",
     START_NINE "R8:1=1 R7:1=1 R6:1=1 R5:1=1 R4:1=1 R3:1=1 D R2:1=1 R1:1=1 R0:1=1 D",
     NINE "pause pause pause pause pause pause start9>3@1.0 continue>3@0.1 "
          "continue>3@0.1 continue>3@0.1 start10>3@1.0"},
    {"ties go to the smaller number that came first",
     START_NINE "R0:1=1 R1:1=1 R2:1=1 R3:1=1 R4:1=1 R5:1=1 R6:1=1 D R7:1=1 R8:1=1 D D D",
     NINE "pause pause pause pause pause pause pause resume0>3@0.1 pause pause "
          "resume1>3@0.1 resume2>3@0.1 start9>3@1.0"},
    {"seven failures leave two slots to the next rung, infinite losses though they are",
     START_NINE "F0 F1 F2 F3 F4 F5 F6 R7:1=inf R8:1=inf R7:3=.5 R8:3=.6 D R7:9=1 D ?",
     NINE "continue>3@0.1 continue>3@0.1 pause pause resume7>9@0.2 stop start9>3@1.0 "
          "[9/2 2/1 1; 0/0 0; 0]"},
    {"when all fail the bracket is over", START_NINE "F0 F1 F2 F3 F4 F5 F6 F7 F8 D ?",
     NINE "start9>3@1.0 [9/0 0/0 0; 0/0 0; 0]"},
    {"failures of a higher rung leave the best of it a place",
     START_NINE "R0:1=0 R1:1=.1 R2:1=.2 R3:1=.3 R4:1=.4 R5:1=.5 R6:1=.6 R7:1=.7 R8:1=.8 "
                "D D D F0 R1:3=.9 F2 D ?",
     NINE "pause pause pause pause pause pause pause pause pause resume0>3@0.1 "
          "resume1>3@0.1 resume2>3@0.1 pause resume1>9@0.2 [9/3 3/1 0; 0/0 0; 0]"},
    {"an early exit ranks with its last value, and the place it wins stays empty",
     START_NINE "R0:1=0 R1:1=.1 R2:1=.2 R3:1=.3 R4:1=.4 R5:1=.5 R6:1=.6 R7:1=.7 R8:1=.8 "
                "D D D R0:2=.05 C0 R1:3=.5 W1 R2:3=.6 W1 ? D",
     NINE "pause pause pause pause pause pause pause pause pause resume0>3@0.1 "
          "resume1>3@0.1 resume2>3@0.1 - pause 0 pause 0 [9/3 3/1 1; 0/0 0; 0] "
          "start9>3@1.0"},
    {"an early exit that ranks second takes nobody's place",
     START_NINE "R0:1=0 R1:1=.1 R2:1=.2 R3:1=.3 R4:1=.4 R5:1=.5 R6:1=.6 R7:1=.7 R8:1=.8 "
                "D D D R0:2=.55 C0 R1:3=.5 R2:3=.6 D",
     NINE "pause pause pause pause pause pause pause pause pause resume0>3@0.1 "
          "resume1>3@0.1 resume2>3@0.1 - pause pause resume1>9@0.2"},
    {"one that is stopped while paused keeps its rank, and its place stays empty",
     START_NINE "R0:1=0 R1:1=.1 R2:1=.2 R3:1=.3 R4:1=.4 R5:1=.5 K0 W0 R6:1=.6 R7:1=.7 D "
                "R8:1=.8 D D ? R1:3=.1 R2:3=.2 D",
     NINE "pause pause pause pause pause pause 0 pause pause resume1>3@0.1 pause "
          "resume2>3@0.1 start9>3@1.0 [9/3 1/0 0; 0/0 0; 0] pause pause resume1>9@0.2"},
    {"one that is stopped while it runs counts as failed; its slot is not given again",
     START_NINE "K0 ? D", NINE "[1/0 0/0 0; 0/0 0; 0] start9>3@1.0"},
    {"a jump is entered in the next rung without running for it",
     START_NINE "R0:5=0 R1:1=.1 R2:1=.2 R3:1=.3 R4:1=.4 R5:1=.5 ? R6:1=.6 ? D R7:1=.7 "
                "R8:1=.8 D D R1:3=.5 R2:3=.6 W0 D",
     NINE "pause pause pause pause pause pause [6/0 0/0 0; 0/0 0; 0] pause "
          "[7/1 1/0 0; 0/0 0; 0] start9>3@1.0 pause pause resume1>3@0.1 resume2>3@0.1 "
          "pause pause 5 resume0>9@0.2"},
    {"a jump that is certain in both rungs goes on past both",
     START_NINE "R0:1=.1 R1:1=.2 R2:1=.9 R3:1=.9 R4:1=.9 R5:1=.9 R6:1=.9 D R7:1=.9 D "
                "R0:3=.5 R1:3=.6 R8:5=.05 ?",
     NINE "pause pause pause pause pause pause pause resume0>3@0.1 pause resume1>3@0.1 "
          "pause pause continue>9@0.2 [9/3 3/1 0; 0/0 0; 0]"},
    {"a jump that is certain in the lower rung only is judged in the higher",
     START_NINE "R0:1=.1 R1:1=.2 R2:1=.9 R3:1=.9 R4:1=.9 R5:1=.9 R6:1=.9 D R7:1=.9 D "
                "R0:3=.5 R1:3=.6 R8:5=.55 ? D W8",
     NINE "pause pause pause pause pause pause pause resume0>3@0.1 pause resume1>3@0.1 "
          "pause pause pause [9/3 3/0 0; 0/0 0; 0] resume0>9@0.2 0"},
    {"a jump past the maximum ends the trial and is entered as far as it wins places",
     START_NINE "R0:12=0 R1:1=.1 R2:1=.2 R3:1=.3 R4:1=.4 R5:1=.5 R6:1=.6 R7:1=.7 R8:1=.8 "
                "? D D R1:3=.5 R2:3=.6 ? D",
     NINE "stop pause pause pause pause pause pause pause pause [9/1 1/0 0; 0/0 0; 0] "
          "resume1>3@0.1 resume2>3@0.1 pause pause [9/3 3/1 1; 0/0 0; 0] start9>3@1.0"},
    {"worth is lost with the last chance of a place",
     START_NINE "R0:1=0 R1:1=.1 R2:1=.2 W2 R3:1=.3 W3 R4:1=.05 W2 W4 W0 W5",
     NINE "pause pause pause 1 pause 0 pause 0 1 1 0"},
    {"brackets follow one another, the first again after the last",
     START_NINE "D D D D D D D D D",
     NINE "start9>3@1.0 start10>3@1.0 start11>3@1.0 start12>3@1.0 start13>3@1.0 "
          "start14>9@2.0 start15>9@2.0 start16>9@2.0 start17>1@3.0"},
    {"the earliest bracket goes first, a later one's free slot before another bracket",
     START_NINE "D D D D D R9:3=.1 R10:3=.2 R11:3=.3 R12:3=.4 R13:3=.5 R0:1=0 R1:1=.1 "
                "R2:1=.2 R3:1=.3 R4:1=.4 R5:1=.5 R6:1=.6 D D D R7:1=0 D D R9:9=1 ?",
     NINE "start9>3@1.0 start10>3@1.0 start11>3@1.0 start12>3@1.0 start13>3@1.0 "
          "pause pause pause pause pause pause pause pause pause pause pause pause "
          "resume0>3@0.1 resume9>9@1.1 start14>9@2.0 continue>3@0.1 start15>9@2.0 "
          "start16>9@2.0 stop [8/2 0/0 0; 5/1 1; 0]"},
    {"without room it waits", "D d R0:1=1 d F0 d", "start0>1@0.0 wait pause wait wait"},
    {"a supply that ends makes a bracket of four: one place in each rung",
     "D D D D X D R0:1=.4 R1:1=.3 R2:1=.2 D R3:1=.9 D d R2:3=.5 R2:9=.5 ? D d",
     "start0>1@0.0 start1>1@0.0 start2>1@0.0 start3>1@0.0 wait pause pause pause wait "
     "pause resume2>3@0.1 wait continue>9@0.2 stop [4/1 1/1 1; 0/0 0; 0] done done"},
    {"of one trial: it runs to the end", "D X R0:1=1 R0:3=1 R0:9=1 D",
     "start0>1@0.0 continue>3@0.1 continue>9@0.2 stop done"},
    {"of eight: two places, and they may be certain at once",
     "D D D D D D D D R0:1=.5 R1:1=.4 R2:1=.3 R3:1=.2 R4:1=.1 R5:1=.6 R6:1=.7 D X D D "
     "R7:1=0 D",
     "start0>1@0.0 start1>1@0.0 start2>1@0.0 start3>1@0.0 start4>1@0.0 start5>1@0.0 "
     "start6>1@0.0 start7>1@0.0 pause pause pause pause pause pause pause resume4>3@0.1 "
     "wait wait continue>3@0.1 wait"},
    {"when it ends with nothing left to run, the study is done", "D X D d F0 D d",
     "start0>1@0.0 wait wait done done"},
    {"a plan that is withdrawn frees its slot", "D P U1 D D D D D D D D D",
     "start0>1@0.0 start1>1@0.0 start2>1@0.0 start3>1@0.0 start4>1@0.0 start5>1@0.0 "
     "start6>1@0.0 start7>1@0.0 start8>1@0.0 start9>1@0.0 start10>3@1.0"},
    {"a plan that is withdrawn at the end never had one",
     "D D D P X R0:1=.5 R1:1=.4 U3 R2:1=.3 ?",
     "start0>1@0.0 start1>1@0.0 start2>1@0.0 start3>1@0.0 pause pause continue>3@0.1 "
     "[3/1 0/0 0; 0/0 0; 0]"},
    {"withdrawn as the last one undecided, it lets the best go on",
     "D D D P X R0:1=.5 R1:1=.4 R2:1=.6 D U3 D",
     "start0>1@0.0 start1>1@0.0 start2>1@0.0 start3>1@0.0 pause pause pause wait "
     "resume1>3@0.1"},
    {"a bracket whose only plan is withdrawn is over", "P X U0 D A D",
     "start0>1@0.0 done start1>3@1.0"},
    {"a supply that comes back is for new brackets", "D D X A D R0:1=.5 D X R1:1=.6 D",
     "start0>1@0.0 start1>1@0.0 start2>3@1.0 pause start3>3@1.0 pause resume0>3@0.1"},
};

static void decides_as_worked_out_by_hand(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof sequences / sizeof sequences[0]; i++)
        script_play_words(&hyperband, sequences[i].name, "{}", 9, sequences[i].words,
                          sequences[i].expected);
}

static void higher_rungs_of_a_bracket_go_first(void **state)
{
    (void)state;
    /* Levels 1, 2, 4, 8; 8, 4, 2, 1 trials. */
    script_play_words(
        &hyperband, "two rungs are ready", "{\"reduction_factor\": 2, \"brackets\": 1}",
        8,
        "D D D D D D D D R0:1=0 R1:1=.1 R2:1=.2 R3:1=.3 R4:1=.4 D R5:1=.5 D R6:1=.6 D "
        "R7:1=.7 R0:2=0 R1:2=.1 R2:2=.2 D D D",
        "start0>1@0.0 start1>1@0.0 start2>1@0.0 start3>1@0.0 start4>1@0.0 start5>1@0.0 "
        "start6>1@0.0 start7>1@0.0 pause pause pause pause pause resume0>2@0.1 pause "
        "resume1>2@0.1 pause resume2>2@0.1 pause pause pause pause resume0>4@0.2 "
        "resume3>2@0.1 start8>1@1.0");
}

static void options_choose_the_brackets(void **state)
{
    struct script older = hyperband;

    (void)state;
    script_play_words(&hyperband, "the paper's table has a bracket of three",
                      "{\"sizes\": \"table\"}", 9, START_NINE "D D D D",
                      NINE "start9>3@1.0 start10>3@1.0 start11>3@1.0 "
                           "start12>9@2.0");
    script_play_words(&hyperband, "successive halving begins at the first level again",
                      "{\"brackets\": 1}", 9, START_NINE "D ?",
                      NINE "start9>1@1.0 [0/0 0/0 0]");
    older.d.was_checked = true;
    script_play_words(&older, "no rung but the maximum", "{\"grace_period\": 9}", 9,
                      "D D R0:3=1 R0:9=1 X F1 D ?",
                      "start0>9@0.0 start1>9@1.0 - stop done [2]");
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
    script_say(&s, "start", START_NINE "D", NINE "start9>3@1.0");
    script_emit(&s, (struct wn_event){.kind = WN_EVENT_REPORTED,
                                      .trial = 9,
                                      .reported = {.resource = 1,
                                                   .n_metrics = 1,
                                                   .metrics = &metric,
                                                   .is_milestone = true,
                                                   .verdict = WN_VERDICT_PAUSE}});
    script_say(&s, "its slot is still its own", "W9 D ?",
               "1 start10>3@1.0 [0/0 0/0 0; 0/0 0; 0]");
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
               NINE "start9>3@1.0 pause pause pause pause pause pause pause");
    script_emit(&s, (struct wn_event){
                        .kind = WN_EVENT_RESUMED,
                        .trial = 0,
                        .resumed = {.milestone = 3, .via = 9, .tag = tag_of(0, 1)}});
    script_say(&s, "five slots of the bracket are free", "D D D D D D ?",
               "start10>3@1.0 start11>3@1.0 start12>3@1.0 start13>3@1.0 start14>3@1.0 "
               "start15>9@2.0 [7/1 0/0 0; 0/0 0; 0]");
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
        cmocka_unit_test(decides_as_worked_out_by_hand),
        cmocka_unit_test(higher_rungs_of_a_bracket_go_first),
        cmocka_unit_test(options_choose_the_brackets),
        cmocka_unit_test(refuses_what_makes_no_sense),
        cmocka_unit_test(events_that_contradict_the_state_are_corrupt),
        cmocka_unit_test(who_pauses_a_trial_below_its_rung_must_resume_it),
        cmocka_unit_test(a_plan_that_a_resumed_trial_replaces_frees_its_slot),
        cmocka_unit_test(describes_its_brackets_and_how_full_they_are),
        cmocka_unit_test(who_goes_on_is_who_would_synchronously),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_sched_hyperband_decisions.c - decisions/hyperband.md: synchronous Hyperband and
 * successive halving, worked out by hand. The rules are in src/sched/halving_internal.h.
 *
 * Behind a decision stands @bracket.rung; brackets are counted as they open.
 */
#include "script_sched.h"

#include "halving_oracle.h"

extern const struct wn_sched_ops wn_sched_hyperband;

static void print_tag(struct script *s,
                      const struct wn_tag *tag,
                      const struct wn_decision *decision)
{
    uint32_t bracket, rung;

    (void)decision;
    assert_true(oracle_tag(tag, &bracket, &rung));
    wn_buf_addf(&s->said, "@%" PRIu32 ".%" PRIu32, bracket, rung);
}

static struct script_page page = {.name = "hyperband"};
static const struct script hyperband = {.d = {.ops = &wn_sched_hyperband},
                                        .page = &page,
                                        .tag = print_tag};

#define NINE                                                                         \
    "start0>1@0.0 start1>1@0.0 start2>1@0.0 start3>1@0.0 start4>1@0.0 start5>1@0.0 " \
    "start6>1@0.0 start7>1@0.0 start8>1@0.0 "
#define START_NINE "D D D D D D D D D "

/* Levels 1, 3, 9; one in three. Bracket 0: 9, 3, 1 trials; 1: 5, 1 from level 3; 2: 3. */
static const struct script_case sequences[] = {
    {"the last three of nine decide one certain place each; the best takes it", "{}",
     START_NINE "R0:1=.9 R1:1=.1 R2:1=.8 R3:1=.2 R4:1=.7 R5:1=.3 D R6:1=.6 D R7:1=.05 "
                "R8:1=.15 ?",
     NINE "pause pause pause pause pause pause start9>3@1.0 pause resume1>3@0.1 "
          "continue>3@0.1 continue>3@0.1 [9/3 0/0 0; 0/0 0; 0]",
     9, 0},
    {"ties go to the smaller number that came last", "{}",
     START_NINE "R8:1=1 R7:1=1 R6:1=1 R5:1=1 R4:1=1 R3:1=1 D R2:1=1 R1:1=1 R0:1=1 D",
     NINE "pause pause pause pause pause pause start9>3@1.0 continue>3@0.1 "
          "continue>3@0.1 continue>3@0.1 start10>3@1.0",
     9, 0},
    {"ties go to the smaller number that came first", "{}",
     START_NINE "R0:1=1 R1:1=1 R2:1=1 R3:1=1 R4:1=1 R5:1=1 R6:1=1 D R7:1=1 R8:1=1 D D D",
     NINE "pause pause pause pause pause pause pause resume0>3@0.1 pause pause "
          "resume1>3@0.1 resume2>3@0.1 start9>3@1.0",
     9, 0},
    {"seven failures leave two slots to the next rung, infinite losses though they are",
     "{}",
     START_NINE "F0 F1 F2 F3 F4 F5 F6 R7:1=inf R8:1=inf R7:3=.5 R8:3=.6 D R7:9=1 D ?",
     NINE "continue>3@0.1 continue>3@0.1 pause pause resume7>9@0.2 stop start9>3@1.0 "
          "[9/2 2/1 1; 0/0 0; 0]",
     9, 0},
    {"when all fail the bracket is over", "{}",
     START_NINE "F0 F1 F2 F3 F4 F5 F6 F7 F8 D ?",
     NINE "start9>3@1.0 [9/0 0/0 0; 0/0 0; 0]", 9, 0},
    {"failures of a higher rung leave the best of it a place", "{}",
     START_NINE "R0:1=0 R1:1=.1 R2:1=.2 R3:1=.3 R4:1=.4 R5:1=.5 R6:1=.6 R7:1=.7 R8:1=.8 "
                "D D D F0 R1:3=.9 F2 D ?",
     NINE "pause pause pause pause pause pause pause pause pause resume0>3@0.1 "
          "resume1>3@0.1 resume2>3@0.1 pause resume1>9@0.2 [9/3 3/1 0; 0/0 0; 0]",
     9, 0},
    {"an early exit ranks with its last value, and the place it wins stays empty", "{}",
     START_NINE "R0:1=0 R1:1=.1 R2:1=.2 R3:1=.3 R4:1=.4 R5:1=.5 R6:1=.6 R7:1=.7 R8:1=.8 "
                "D D D R0:2=.05 C0 R1:3=.5 W1 R2:3=.6 W1 ? D",
     NINE "pause pause pause pause pause pause pause pause pause resume0>3@0.1 "
          "resume1>3@0.1 resume2>3@0.1 - pause 0 pause 0 [9/3 3/1 1; 0/0 0; 0] "
          "start9>3@1.0",
     9, 0},
    {"an early exit that ranks second takes nobody's place", "{}",
     START_NINE "R0:1=0 R1:1=.1 R2:1=.2 R3:1=.3 R4:1=.4 R5:1=.5 R6:1=.6 R7:1=.7 R8:1=.8 "
                "D D D R0:2=.55 C0 R1:3=.5 R2:3=.6 D",
     NINE "pause pause pause pause pause pause pause pause pause resume0>3@0.1 "
          "resume1>3@0.1 resume2>3@0.1 - pause pause resume1>9@0.2",
     9, 0},
    {"one that is stopped while paused keeps its rank, and its place stays empty", "{}",
     START_NINE "R0:1=0 R1:1=.1 R2:1=.2 R3:1=.3 R4:1=.4 R5:1=.5 K0 W0 R6:1=.6 R7:1=.7 D "
                "R8:1=.8 D D ? R1:3=.1 R2:3=.2 D",
     NINE "pause pause pause pause pause pause 0 pause pause resume1>3@0.1 pause "
          "resume2>3@0.1 start9>3@1.0 [9/3 1/0 0; 0/0 0; 0] pause pause resume1>9@0.2",
     9, 0},
    {"one that is stopped while it runs counts as failed; its slot is not given again",
     "{}", START_NINE "K0 ? D", NINE "[1/0 0/0 0; 0/0 0; 0] start9>3@1.0", 9, 0},
    {"a jump is entered in the next rung without running for it", "{}",
     START_NINE "R0:5=0 R1:1=.1 R2:1=.2 R3:1=.3 R4:1=.4 R5:1=.5 ? R6:1=.6 ? D R7:1=.7 "
                "R8:1=.8 D D R1:3=.5 R2:3=.6 W0 D",
     NINE "pause pause pause pause pause pause [6/0 0/0 0; 0/0 0; 0] pause "
          "[7/1 1/0 0; 0/0 0; 0] start9>3@1.0 pause pause resume1>3@0.1 resume2>3@0.1 "
          "pause pause 5 resume0>9@0.2",
     9, 0},
    {"a jump that is certain in both rungs goes on past both", "{}",
     START_NINE "R0:1=.1 R1:1=.2 R2:1=.9 R3:1=.9 R4:1=.9 R5:1=.9 R6:1=.9 D R7:1=.9 D "
                "R0:3=.5 R1:3=.6 R8:5=.05 ?",
     NINE "pause pause pause pause pause pause pause resume0>3@0.1 pause resume1>3@0.1 "
          "pause pause continue>9@0.2 [9/3 3/1 0; 0/0 0; 0]",
     9, 0},
    {"a jump that is certain in the lower rung only is judged in the higher", "{}",
     START_NINE "R0:1=.1 R1:1=.2 R2:1=.9 R3:1=.9 R4:1=.9 R5:1=.9 R6:1=.9 D R7:1=.9 D "
                "R0:3=.5 R1:3=.6 R8:5=.55 ? D W8",
     NINE "pause pause pause pause pause pause pause resume0>3@0.1 pause resume1>3@0.1 "
          "pause pause pause [9/3 3/0 0; 0/0 0; 0] resume0>9@0.2 0",
     9, 0},
    {"a jump past the maximum ends the trial and is entered as far as it wins places",
     "{}",
     START_NINE "R0:12=0 R1:1=.1 R2:1=.2 R3:1=.3 R4:1=.4 R5:1=.5 R6:1=.6 R7:1=.7 R8:1=.8 "
                "? D D R1:3=.5 R2:3=.6 ? D",
     NINE "stop pause pause pause pause pause pause pause pause [9/1 1/0 0; 0/0 0; 0] "
          "resume1>3@0.1 resume2>3@0.1 pause pause [9/3 3/1 1; 0/0 0; 0] start9>3@1.0",
     9, 0},
    {"worth is lost with the last chance of a place", "{}",
     START_NINE "R0:1=0 R1:1=.1 R2:1=.2 W2 R3:1=.3 W3 R4:1=.05 W2 W4 W0 W5",
     NINE "pause pause pause 1 pause 0 pause 0 1 1 0", 9, 0},
    {"brackets follow one another, the first again after the last", "{}",
     START_NINE "D D D D D D D D D",
     NINE "start9>3@1.0 start10>3@1.0 start11>3@1.0 start12>3@1.0 start13>3@1.0 "
          "start14>9@2.0 start15>9@2.0 start16>9@2.0 start17>1@3.0",
     9, 0},
    {"the earliest bracket goes first, a later one's free slot before another bracket",
     "{}",
     START_NINE "D D D D D R9:3=.1 R10:3=.2 R11:3=.3 R12:3=.4 R13:3=.5 R0:1=0 R1:1=.1 "
                "R2:1=.2 R3:1=.3 R4:1=.4 R5:1=.5 R6:1=.6 D D D R7:1=0 D D R9:9=1 ?",
     NINE "start9>3@1.0 start10>3@1.0 start11>3@1.0 start12>3@1.0 start13>3@1.0 "
          "pause pause pause pause pause pause pause pause pause pause pause pause "
          "resume0>3@0.1 resume9>9@1.1 start14>9@2.0 continue>3@0.1 start15>9@2.0 "
          "start16>9@2.0 stop [8/2 0/0 0; 5/1 1; 0]",
     9, 0},
    {"without room it waits", "{}", "D d R0:1=1 d F0 d",
     "start0>1@0.0 wait pause wait wait", 9, 0},
    {"a supply that ends makes a bracket of four: one place in each rung", "{}",
     "D D D D X D R0:1=.4 R1:1=.3 R2:1=.2 D R3:1=.9 D d R2:3=.5 R2:9=.5 ? D d",
     "start0>1@0.0 start1>1@0.0 start2>1@0.0 start3>1@0.0 wait pause pause pause wait "
     "pause resume2>3@0.1 wait continue>9@0.2 stop [4/1 1/1 1; 0/0 0; 0] done done",
     9, 0},
    {"of one trial: it runs to the end", "{}", "D X R0:1=1 R0:3=1 R0:9=1 D",
     "start0>1@0.0 continue>3@0.1 continue>9@0.2 stop done", 9, 0},
    {"of eight: two places, and they may be certain at once", "{}",
     "D D D D D D D D R0:1=.5 R1:1=.4 R2:1=.3 R3:1=.2 R4:1=.1 R5:1=.6 R6:1=.7 D X D D "
     "R7:1=0 D",
     "start0>1@0.0 start1>1@0.0 start2>1@0.0 start3>1@0.0 start4>1@0.0 start5>1@0.0 "
     "start6>1@0.0 start7>1@0.0 pause pause pause pause pause pause pause resume4>3@0.1 "
     "wait wait continue>3@0.1 wait",
     9, 0},
    {"when it ends with nothing left to run, the study is done", "{}", "D X D d F0 D d",
     "start0>1@0.0 wait wait done done", 9, 0},
    {"a plan that is withdrawn frees its slot", "{}", "D P U1 D D D D D D D D D",
     "start0>1@0.0 start1>1@0.0 start2>1@0.0 start3>1@0.0 start4>1@0.0 start5>1@0.0 "
     "start6>1@0.0 start7>1@0.0 start8>1@0.0 start9>1@0.0 start10>3@1.0",
     9, 0},
    {"a plan that is withdrawn at the end never had one", "{}",
     "D D D P X R0:1=.5 R1:1=.4 U3 R2:1=.3 ?",
     "start0>1@0.0 start1>1@0.0 start2>1@0.0 start3>1@0.0 pause pause continue>3@0.1 "
     "[3/1 0/0 0; 0/0 0; 0]",
     9, 0},
    {"withdrawn as the last one undecided, it lets the best go on", "{}",
     "D D D P X R0:1=.5 R1:1=.4 R2:1=.6 D U3 D",
     "start0>1@0.0 start1>1@0.0 start2>1@0.0 start3>1@0.0 pause pause pause wait "
     "resume1>3@0.1",
     9, 0},
    {"a bracket whose only plan is withdrawn is over", "{}", "P X U0 D A D",
     "start0>1@0.0 done start1>3@1.0", 9, 0},
    {"a supply that comes back is for new brackets", "{}",
     "D D X A D R0:1=.5 D X R1:1=.6 D",
     "start0>1@0.0 start1>1@0.0 start2>3@1.0 pause start3>3@1.0 pause resume0>3@0.1", 9,
     0},
    {"options: the paper's table has a bracket of three", "{\"sizes\": \"table\"}",
     START_NINE "D D D D", NINE "start9>3@1.0 start10>3@1.0 start11>3@1.0 start12>9@2.0",
     9, 0},
    {"options: successive halving begins at the first level again", "{\"brackets\": 1}",
     START_NINE "D ?", NINE "start9>1@1.0 [0/0 0/0 0]", 9, 0},
    {"two rungs are ready, the higher one goes first; 8, 4, 2, 1 trials to 1, 2, 4, 8",
     "{\"reduction_factor\": 2, \"brackets\": 1}",
     "D D D D D D D D R0:1=0 R1:1=.1 R2:1=.2 R3:1=.3 R4:1=.4 D R5:1=.5 D R6:1=.6 D "
     "R7:1=.7 R0:2=0 R1:2=.1 R2:2=.2 D D D",
     "start0>1@0.0 start1>1@0.0 start2>1@0.0 start3>1@0.0 start4>1@0.0 start5>1@0.0 "
     "start6>1@0.0 start7>1@0.0 pause pause pause pause pause resume0>2@0.1 pause "
     "resume1>2@0.1 pause resume2>2@0.1 pause pause pause pause resume0>4@0.2 "
     "resume3>2@0.1 start8>1@1.0",
     8, 0},
};

static void decides_as_worked_out_by_hand(void **state)
{
    (void)state;
    wn_buf_adds(
        &page.text,
        "# hyperband: decisions worked out by hand\n\n"
        "Synchronous Hyperband (Li et al., JMLR 2018) and successive halving, with early "
        "promotion where a place is certain. "
        "Words:\n[README.md](../README.md#decisions). "
        "Behind a decision stands `@bracket.rung`; brackets are counted as they open. "
        "Without options\nand with a maximum of 9: levels 1, 3, 9, one in three goes on; "
        "bracket 0 has 9, 3, 1 trials, bracket 1 has 5, 1 from level 3,\nbracket 2 has 3 "
        "at level 9.\n");
    SCRIPT_PLAY_ALL(&hyperband, sequences);
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
        cmocka_unit_test(the_page_says_so),
    };

    page.is_written = script_is_written(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_sched_asha_decisions.c - decisions/asha.md: what asynchronous successive halving and
 * what grew on it say to sequences of events worked out by hand, with ties, NaN, failures,
 * skipped milestones and fewer entries than the reduction factor. The rules are in
 * src/sched/asha.c and src/sched/pasha_internal.h.
 *
 * Unless a row says otherwise: rungs 1 and 3, maximum 9, one in three goes on.
 */
#include "script_sched.h"

#include "trial/tag.h"

extern const struct wn_sched_ops wn_sched_asha;

static uint64_t bracket_of(const struct wn_tag *tag)
{
    struct wn_tag_reader reader = {.tag = tag};

    return wn_tag_get(&reader, 2);
}

/* A start in bracket 2 says start0>9/2. */
static void print_bracket(struct script *s,
                          const struct wn_tag *tag,
                          const struct wn_decision *decision)
{
    (void)decision;
    wn_buf_addf(&s->said, "/%" PRIu64, bracket_of(tag));
}

/* B2: choose the next decision's random number, one with which a study that has not begun
 * starts in bracket 2. */
static bool draw_bracket(struct script *s, const char *word)
{
    struct wn_history *history = NULL;
    struct wn_sched *sched = NULL;

    if (word[0] != 'B')
        return false;
    assert_int_equal(drive_make(&s->d, &history, &sched, NULL), WN_OK);
    for (s->d.n_decisions = 0; s->d.n_decisions < 1000; s->d.n_decisions++) {
        struct wn_decision decision = drive_look(&s->d, sched, true);

        if (bracket_of(&decision.tag) == strtoull(word + 1, NULL, 10))
            break;
    }
    assert_true(s->d.n_decisions < 1000);
    s->d.ops->destroy(sched);
    wn_history_destroy(history);
    return true;
}

static struct script_page page = {.name = "asha"};
static const struct script asha = {.d = {.ops = &wn_sched_asha},
                                   .page = &page,
                                   .tag = print_bracket,
                                   .word = draw_bracket};

#define SIX_STARTS "start0>1 start1>1 start2>1 start3>1 start4>1 start5>1 "

static const struct script_case promotion[] = {
    {"fewer than eta entries promote nobody", "{}", "D D R0:1=.5 R1:1=.2 D ?",
     "start0>1 start1>1 pause pause start2>1 [2/0 0/0 0]", 9, 0},
    {"of five entries one goes on, of six two", "{}",
     "D D D D D D R0:1=.5 R1:1=.2 R2:1=.9 D R3:1=.3 R4:1=.4 D R5:1=.8 D D",
     SIX_STARTS "pause pause pause resume1>3 pause pause start6>1 pause resume3>3 "
                "start7>1",
     9, 0},
    {"ties go to the smaller number, whoever came first", "{}",
     "D D D R2:1=.5 R1:1=.5 R0:1=.5 D D",
     "start0>1 start1>1 start2>1 pause pause pause resume0>3 start3>1", 9, 0},
    {"a NaN is a failure: the worst entry, never promoted", "{}",
     "D D D R0:1=.5 N1 F2 ? D D D D N3 N4 F5 D",
     "start0>1 start1>1 start2>1 pause [3/0 0/0 0] resume0>3 start3>1 start4>1 start5>1 "
     "start6>1",
     9, 0},
    {"a skipped rung is entered and passed", "{}",
     "D D D R0:5=.5 R1:1=.6 R2:1=.7 ? D D D R3:1=.1 R4:1=.2 R5:1=.8 D D R3:3=.6 R4:3=.7 "
     "? D",
     "start0>1 start1>1 start2>1 pause pause pause [3/1 1/0 0] start3>1 start4>1 "
     "start5>1 pause pause pause resume3>3 resume4>3 pause pause [6/3 3/0 0] resume0>9",
     9, 0},
    {"the higher rung goes first", "{}",
     "D D D D D D D D D D R0:1=0 R1:1=.1 R2:1=.2 R3:1=.3 R4:1=.4 R5:1=.5 R6:1=.6 R7:1=.7 "
     "R8:1=.8 D D D R0:3=.3 R1:3=.2 R2:3=.1 R9:1=.05 D D D",
     SIX_STARTS "start6>1 start7>1 start8>1 start9>1 pause pause pause pause pause pause "
                "pause pause pause resume0>3 resume1>3 resume2>3 pause pause pause pause "
                "resume2>9 resume9>3 start10>1",
     9, 0},
    {"an early end ranks at the next rung and stays there", "{}",
     "D D D R0:1=.5 R1:1=.2 R2:1=.9 D R1:2=.1 C1 ? W1",
     "start0>1 start1>1 start2>1 pause pause pause resume1>3 - [3/1 1/0 0] 0", 9, 0},
    {"a plan without a configuration leaves no trace", "{}",
     "P U0 D D R1:1=.5 R2:1=.4 ? X D",
     "start0>1 start1>1 start2>1 pause pause [2/0 0/0 0] done", 9, 0},
    {"done when nothing lives and nobody can go on, until there is more to try", "{}",
     "D D D X R0:1=.5 d R1:1=.2 R2:1=.9 D R1:3=.1 d D E D",
     "start0>1 start1>1 start2>1 pause wait pause pause resume1>3 pause done done "
     "start3>1",
     9, 0},
};

#define STOPPING "{\"variant\": \"stopping\"}"
static const struct script_case stopping[] = {
    {"fewer than eta entries go on, then one in three, ties to the smaller number",
     STOPPING,
     "D D D D D D D R0:1=.9 R1:1=.8 R2:1=.95 R3:1=.1 R4:1=.1 R5:1=.2 R6:1=.05 ?",
     SIX_STARTS "start6>1 continue>3 continue>3 stop continue>3 stop stop continue>3 "
                "[7/4 0/0 0]",
     9, 0},
    {"failures and NaN count against the configuration", STOPPING, "D D D F0 N1 R2:1=5 ?",
     "start0>1 start1>1 start2>1 continue>3 [3/1 0/0 0]", 9, 0},
    {"a report that skips rungs must pass in each", STOPPING,
     "D D D D D R0:1=.3 R1:1=.2 R2:1=.1 R3:4=.25 ? R4:4=.01 ?",
     "start0>1 start1>1 start2>1 start3>1 start4>1 continue>3 continue>3 continue>3 stop "
     "[4/4 1/0 0] continue>9 [5/5 2/1 0]",
     9, 0},
    {"the maximum ends a trial whatever its rank", STOPPING, "D R0:1=1 R0:3=1 R0:9=1 ?",
     "start0>1 continue>3 continue>9 stop [1/1 1/1 1]", 9, 0},
};

static const struct script_case brackets[] = {
    {"bracket b begins at rung b, the last one at the maximum", "{\"brackets\": 3}",
     "B0 D B1 D B2 D R1:1=.5 R1:3=.4 R2:3=.1 ? R2:9=.1 ?",
     "start0>1/0 start1>3/1 start2>9/2 - pause - [0/0 1/0 0] stop [0/0 1/0 1]", 9, 0},
    {"rungs in common: whoever comes from below competes", "{\"brackets\": 2}",
     "B1 D B1 D B0 D R0:3=.3 R1:3=.2 R2:3=.1 B0 D B1 D ?",
     "start0>3/1 start1>3/1 start2>1/0 pause pause pause resume2>9 start3>3/1 "
     "[1/1 3/1 0]",
     9, 0},
    {"rungs of their own: the others do not count, and the drawn bracket goes on",
     "{\"brackets\": 2, \"rung_system_per_bracket\": true}",
     "B1 D B1 D B0 D R0:3=.3 R1:3=.2 R2:3=.1 ? B1 D R3:3=.5 B0 D B1 D ?",
     "start0>3/1 start1>3/1 start2>1/0 pause pause pause [1/1 1/0 0; 2/0 0] start3>3/1 "
     "pause start4>1/0 resume1>9 [1/1 1/0 0; 3/1 0]",
     9, 0},
    {"rungs of their own: with nothing to start any bracket goes on",
     "{\"brackets\": 2, \"rung_system_per_bracket\": true}",
     "B1 D B1 D B1 D R0:3=.3 R1:3=.2 R2:3=.1 X B0 D R2:9=.1 B1 D",
     "start0>3/1 start1>3/1 start2>3/1 pause pause pause resume2>9 stop done", 9, 0},
    {"a failure counts at the first rung of its bracket", "{\"brackets\": 2}",
     "B1 D B0 D F0 F1 ?", "start0>3/1 start1>1/0 [1/0 1/0 0]", 9, 0},
    {"stopping in brackets", "{\"brackets\": 2, \"variant\": \"stopping\"}",
     "B1 D B0 D B0 D R0:2=.5 R0:3=.5 R1:1=.2 R1:3=.4 R2:1=.1 R2:3=.45 ?",
     "start0>3/1 start1>1/0 start2>1/0 - continue>9 continue>3 continue>9 continue>3 "
     "stop "
     "[2/2 3/2 0]",
     9, 0},
};

#define RUSH(n) "{\"rush_candidates\": " #n "}"
static const struct script_case rush[] = {
    {"others must be at least as good as the candidate that went on", RUSH(1),
     "D D D D D D R0:1=.3 R1:1=.2 R2:1=.9 D R3:1=.4 R4:1=.5 R5:1=.6 D D D D R6:1=.35 "
     "R7:1=.7 R8:1=.8 D R9:1=.3 D \"rung_0",
     SIX_STARTS
     "pause pause pause resume1>3 pause pause pause resume0>3 start6>1 start7>1 "
     "start8>1 pause pause pause start9>1 pause resume9>3 "
     "rung_0:_resource_1,_10_entered,_3_promoted,_threshold_0.3",
     9, 1},
    {"a candidate that is held back sets no threshold", RUSH(1),
     "D D D D D D R0:1=.9 R1:1=.2 R2:1=.3 D R3:1=.25 R4:1=.8 R5:1=.85 D D",
     SIX_STARTS "pause pause pause resume1>3 pause pause pause resume3>3 start6>1", 9, 1},
    {"candidates need not meet the threshold, and the best of them counts", RUSH(2),
     "D D D D D D R0:1=.4 R1:1=.2 R2:1=.9 D R3:1=.5 R4:1=.6 R5:1=.7 D D D D R6:1=.3 "
     "R7:1=.8 R8:1=.85 D",
     SIX_STARTS
     "pause pause pause resume1>3 pause pause pause resume0>3 start6>1 start7>1 "
     "start8>1 pause pause pause start9>1",
     9, 2},
    {"of the user's configurations only the first so many are candidates", RUSH(1),
     "D D D D D D R0:1=.2 R1:1=.3 R2:1=.9 D R3:1=.5 R4:1=.6 R5:1=.7 D",
     SIX_STARTS "pause pause pause resume0>3 pause pause pause start6>1", 9, 2},
    {"a candidate that fails sets no threshold", RUSH(1), "D D D F0 R1:1=.3 R2:1=.4 D",
     "start0>1 start1>1 start2>1 pause pause resume1>3", 9, 1},
    {"a candidate that skips a rung sets its threshold there too", RUSH(1),
     "D D D R0:3=.3 R1:1=.2 R2:1=.9 D D D D R3:1=.4 R4:1=.5 R5:1=.6 D R6:1=.25 D",
     "start0>1 start1>1 start2>1 pause pause pause resume1>3 start3>1 start4>1 start5>1 "
     "pause pause pause start6>1 pause resume6>3",
     9, 1},
    {"stopping: the threshold holds from the first entry on",
     "{\"variant\": \"stopping\", \"rush_candidates\": 1}",
     "D D D D R1:1=.9 R0:1=.5 R2:1=.6 R3:1=.5 ?",
     "start0>1 start1>1 start2>1 start3>1 continue>3 continue>3 stop stop [4/2 0/0 0]", 9,
     1},
    {"stopping: as good as the threshold is enough, one in two alone is not",
     "{\"variant\": \"stopping\", \"rush_candidates\": 1, \"reduction_factor\": 2}",
     "D D D D D D R0:1=.5 R1:1=.6 R2:1=.7 R3:1=.55 R4:1=.5 R5:1=.1",
     SIX_STARTS "continue>2 stop stop stop continue>2 continue>2", 9, 1},
    {"stopping: a report that skips rungs must meet the threshold of each",
     "{\"variant\": \"stopping\", \"rush_candidates\": 1}",
     "D D D R0:1=.5 R0:3=.4 R1:4=.45 R2:1=.3",
     "start0>1 start1>1 start2>1 continue>3 continue>9 stop continue>3", 9, 1},
    {"stopping: a candidate that skips a rung and is stopped sets no threshold there",
     "{\"variant\": \"stopping\", \"rush_candidates\": 1}",
     "D D D D D D R1:1=.5 R2:1=.6 R1:3=.05 R2:3=.06 R0:4=.1 R4:1=.7 R5:1=.8 R3:1=.3",
     SIX_STARTS "continue>3 continue>3 continue>9 continue>9 stop stop stop continue>3",
     9, 1},
};

#define COST "{\"promote_by\": \"cost\"}"
static const struct script_case cost[] = {
    {"equal costs: the rule of counts", COST,
     "D D D R0:1=.5@10 R1:1=.2@10 R2:1=.9@10 D D ?",
     "start0>1 start1>1 start2>1 pause pause pause resume1>3 start3>1 [3/1 0/0 0]", 9, 0},
    {"C(1) = 5, C(2) = 10, C(3) / 3 = 20: two of three go on", COST,
     "D D D R0:1=.1@5 R1:1=.2@5 R2:1=.3@50 D D D",
     "start0>1 start1>1 start2>1 pause pause pause resume0>3 resume1>3 start3>1", 9, 0},
    {"C(1) = 50, C(3) / 3 = 20: nobody; with 150 in all the best alone", COST,
     "D D D R0:1=.1@50 R1:1=.2@5 R2:1=.3@5 D R3:1=.4@90 D D",
     "start0>1 start1>1 start2>1 pause pause pause start3>1 pause resume0>3 start4>1", 9,
     0},
    {"ties go to the smaller number", COST, "D D D R2:1=.5@10 R1:1=.5@20 R0:1=.5@10 D D",
     "start0>1 start1>1 start2>1 pause pause pause resume0>3 start3>1", 9, 0},
    {"a failure counts with the time to its last report; one rung at 3",
     "{\"promote_by\": \"cost\", \"grace_period\": 3}",
     "D D D D R2:1=.5@60 F2 N3 R0:3=.1@10 R1:3=.2@10 D D",
     "start0>3 start1>3 start2>3 start3>3 - pause pause resume0>9 resume1>9", 9, 0},
    {"an early end counts with its time",
     "{\"promote_by\": \"cost\", \"grace_period\": 3}",
     "D D D R2:1=.5@60 C2 R0:3=.1@10 R1:3=.2@10 D D D",
     "start0>3 start1>3 start2>3 - pause pause resume0>9 resume1>9 start3>3", 9, 0},
    {"the time of all dispatches: 10 + 5 of 27 ms are more than half; rungs 1, 2, 4",
     "{\"promote_by\": \"cost\", \"reduction_factor\": 2}",
     "D D D D R0:1=.1@10 R1:1=.2@10 R2:1=.3@30 R3:1=.4@30 D D R0:2=.1@5 R1:2=.2@2 D",
     "start0>1 start1>1 start2>1 start3>1 pause pause pause pause resume0>2 resume1>2 "
     "pause pause start4>1",
     8, 0},
    {"what took no time counts as a millisecond", COST,
     "D D D R0:1=.1 R1:1=.2 R2:1=.3 D D",
     "start0>1 start1>1 start2>1 pause pause pause resume0>3 start3>1", 9, 0},
    {"with thresholds of a candidate",
     "{\"promote_by\": \"cost\", \"rush_candidates\": 1}",
     "D D D R0:1=.1@5 R1:1=.2@5 R2:1=.3@50 D D",
     "start0>1 start1>1 start2>1 pause pause pause resume0>3 start3>1", 9, 1},
};

/* Rungs 1, 3 and 9, maximum 27: at first nobody goes past 3. */
#define PASHA "{\"pasha\": true}"
#define TO_THE_TOP                                                                       \
    "D D D D D D D D D R0:1=.1 R1:1=.2 R2:1=.3 R3:1=.4 R4:1=.5 R5:1=.6 R6:1=.7 R7:1=.8 " \
    "R8:1=.9 D D D "
#define AT_THE_TOP                                                                     \
    SIX_STARTS "start6>1 start7>1 start8>1 pause pause pause pause pause pause pause " \
               "pause pause resume0>3 resume1>3 resume2>3 "
#define OPEN    "open_up_to_rung_"
#define FURTHER ",_and_further_when_rankings_differ_by_more_than_"
/* Rungs 3, 6 and 12, maximum 20, one in two; 0 and 1 are on their way to 6. */
#define CURVES      "{\"pasha\": true, \"reduction_factor\": 2, \"rung_levels\": [3, 6, 12]}"
#define TWO_OF_FOUR "D D D D R0:3=.40 R1:3=.45 R2:3=.9 R3:3=.95 D D "
#define TWO_GO_ON \
    "start0>3 start1>3 start2>3 start3>3 pause pause pause pause resume0>6 resume1>6 "

static const struct script_case pasha[] = {
    {"while the ranking is the same nobody goes past the top open rung", PASHA,
     TO_THE_TOP "R0:3=.1 R1:3=.2 R2:3=.3 \"open D W0",
     AT_THE_TOP "pause pause pause " OPEN "1" FURTHER "0 start9>1 3", 27, 0},
    {"when it changes the next rung opens", PASHA,
     TO_THE_TOP "R0:3=.1 R1:3=.2 R2:3=.15 \"open D D",
     AT_THE_TOP "pause pause pause " OPEN "2" FURTHER "0 resume0>9 start9>1", 27, 0},
    {"the last opening is that of the maximum; rungs 1, 2, 4, maximum 8",
     "{\"pasha\": true, \"reduction_factor\": 2}",
     "D D D D D D D D R0:1=.1 R1:1=.2 R2:1=.3 R3:1=.4 R4:1=.5 R5:1=.6 R6:1=.7 R7:1=.8 "
     "D D D D R0:2=.2 R1:2=.1 R2:2=.3 R3:2=.4 \"open D D R1:4=.22 R0:4=.2 \"open D",
     SIX_STARTS "start6>1 start7>1 pause pause pause pause pause pause pause pause "
                "resume0>2 resume1>2 resume2>2 resume3>2 pause pause pause pause " OPEN
                "2" FURTHER "0 resume1>4 resume0>4 pause pause - resume0>8",
     8, 0},
    {"exhausted: what waits at the top is not promotable, so the study is done", PASHA,
     TO_THE_TOP "R0:3=.1 R1:3=.2 R2:3=.3 X d D E D",
     AT_THE_TOP "pause pause pause done done start9>1", 27, 0},
    {"a tie above is in the order of below", PASHA,
     TO_THE_TOP "R2:3=.2 R1:3=.2 R0:3=.2 \"open",
     AT_THE_TOP "pause pause pause " OPEN "1" FURTHER "0", 27, 0},
    {"infinite losses that stay so change nothing", PASHA,
     "D D D D D D R0:1=inf R1:1=inf R2:1=inf R3:1=inf R4:1=inf R5:1=inf D D R0:3=inf "
     "R1:3=.5 \"open",
     SIX_STARTS "pause pause pause pause pause pause resume0>3 resume1>3 pause "
                "pause " OPEN "1" FURTHER "0",
     27, 0},
    {"who fails on the way has no place in the ranking", PASHA,
     TO_THE_TOP "F0 R1:3=.2 N2 \"open ?",
     AT_THE_TOP "pause " OPEN "1" FURTHER "0 [9/3 3/0 0/0 0]", 27, 0},
    {"epsilon is the difference of two that criss-crossed", CURVES,
     TWO_OF_FOUR "R0:4=.5 R0:5=.3 R0:6=.36 R1:4=.4 R1:5=.4 R1:6=.30 \"open",
     TWO_GO_ON "- - pause - - pause " OPEN "1" FURTHER "0.06", 20, 0},
    {"too little noise: a change of .05 is one", CURVES,
     TWO_OF_FOUR "R0:4=.5 R0:5=.3 R0:6=.32 R1:4=.4 R1:5=.4 R1:6=.30 \"open",
     TWO_GO_ON "- - pause - - pause " OPEN "2" FURTHER "0.02", 20, 0},
    {"crossing once is no noise", CURVES,
     TWO_OF_FOUR "R0:5=.3 R0:6=.36 R1:5=.4 R1:6=.30 \"open",
     TWO_GO_ON "- pause - pause " OPEN "2" FURTHER "0", 20, 0},
    {"only resources that both reported are compared", CURVES,
     TWO_OF_FOUR "R0:4=.5 R0:5=.3 R0:6=.36 R1:5=.4 R1:6=.30 \"open",
     TWO_GO_ON "- - pause - pause " OPEN "2" FURTHER "0", 20, 0},
    {"what jumped over a rung has the same loss in both", PASHA,
     "D D D R0:9=.3 R1:9=.2 R2:9=.1 \"open D ?",
     "start0>1 start1>1 start2>1 pause pause pause " OPEN "1" FURTHER
     "0 start3>1 [3/3 3/3 3/0 0]",
     27, 0},
};

static void decides_as_worked_out_by_hand(void **state)
{
    (void)state;
    wn_buf_adds(
        &page.text,
        "# asha: decisions worked out by hand\n\n"
        "Asynchronous successive halving (Li et al., MLSys 2020) and what grew on it. "
        "Words: "
        "[README.md](../README.md#decisions).\nWith `brackets` a start says its bracket: "
        "`start0>9/2` begins in bracket 2; `B2` chooses the random number of the next\n"
        "decision, one with which the first trial of a study starts in bracket 2.\n");
    script_chapter(&page, "Promotion");
    SCRIPT_PLAY_ALL(&asha, promotion);
    script_chapter(&page, "Stopping");
    SCRIPT_PLAY_ALL(&asha, stopping);
    script_chapter(&page, "Brackets");
    SCRIPT_PLAY_ALL(&asha, brackets);
    script_chapter(&page, "RUSH: thresholds that the user's configurations leave");
    SCRIPT_PLAY_ALL(&asha, rush);
    script_chapter(&page, "Promotion by cost (milliseconds behind @)");
    SCRIPT_PLAY_ALL(&asha, cost);
    script_chapter(&page, "PASHA");
    SCRIPT_PLAY_ALL(&asha, pasha);
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

/* test_sched_median_decisions.c - decisions/median.md: the median stopping rule, worked out by
 * hand, by itself and around others. The rules are in src/sched/median.c.
 */
#include "script_sched.h"

extern const struct wn_sched_ops wn_sched_median;

static struct script_page page = {.name = "median"};
static const struct script median = {.d = {.ops = &wn_sched_median}, .page = &page};

struct sequence {
    const char *name, *options; /* with ' for " */
    int64_t max;
    const char *words, *expected;
};

static void play(const char *chapter, const struct sequence *sequences, size_t n)
{
    script_chapter(&page, chapter);
    for (size_t i = 0; i < n; i++) {
        char *options = drive_requoted(sequences[i].options);

        script_play_words(&median, sequences[i].name, options, sequences[i].max,
                          sequences[i].words, sequences[i].expected);
        wn_free(options);
    }
}

#define PLAY(chapter, sequences) \
    play(chapter, sequences, sizeof(sequences) / sizeof(sequences)[0])

static const struct sequence stopped[] = {
    {"worse than the median of three completed averages, strictly: stopped",
     "{'grace_population': 3, 'grace_time': 0}", 2,
     "D D D R0:1=1 R1:1=2 R2:1=3 R0:2=1 R1:2=2 R2:2=3 D R3:1=2.5 D R4:1=2 D R5:1=1.5",
     "start0>1 start1>1 start2>1 continue>2 continue>2 continue>2 stop stop stop "
     "start3>1 stop start4>1 continue>2 start5>1 continue>2"},
    {"nobody is judged while fewer than grace_population have completed",
     "{'grace_population': 3, 'grace_time': 0}", 2,
     "D D R0:1=1 R1:1=2 R0:2=1 R1:2=2 D R2:1=9 R2:2=9 D R3:1=3",
     "start0>1 start1>1 continue>2 continue>2 stop stop start2>1 continue>2 stop "
     "start3>1 stop"},
    {"nobody is judged at or below grace_time",
     "{'grace_population': 1, 'grace_time': 1}", 3,
     "D R0:1=1 R0:2=1 R0:3=1 D R1:1=9 R1:2=9",
     "start0>1 continue>2 continue>3 stop start1>1 continue>2 stop"},
    {"the median of an even number is the middle of the two in the middle",
     "{'grace_population': 2, 'grace_time': 0}", 2,
     "D D R0:1=1 R1:1=2 R0:2=1 R1:2=2 D R2:1=1.5 D R3:1=1.51",
     "start0>1 start1>1 continue>2 continue>2 stop stop start2>1 continue>2 start3>1 "
     "stop"},
    {"averages are compared at the same step, the trial's best with them",
     "{'grace_population': 1, 'grace_time': 1}", 4,
     "D R0:1=9 R0:2=1 R0:3=1 R0:4=1 D R1:1=5.5 R1:2=4 R1:3=3.6 D R2:1=5 R2:2=5.1 R2:3=6",
     /* averages of trial 0: 9, 5, 11/3, 3 */
     "start0>1 continue>2 continue>3 continue>4 stop start1>1 continue>2 continue>3 "
     "continue>4 start2>1 continue>2 continue>3 stop"},
    {"averages with averages of all, as Syne Tune has it",
     "{'grace_population': 1, 'grace_time': 0, 'population': 'all', 'value': 'average'}",
     9, "D D R0:1=2 R1:1=1 R1:2=2 R0:2=1 D R2:1=1.6",
     /* averages: 2; 1 against 2; 1.5 first at 2; 1.5; 1.6 against 1.5, of three */
     "start0>1 start1>1 continue>2 continue>2 continue>3 continue>3 start2>1 stop"},
    {"the last loss alone if asked for",
     "{'grace_population': 1, 'grace_time': 1, 'value': 'last'}", 3,
     "D R0:1=1 R0:2=1 R0:3=1 D R1:1=0 R1:2=1.5",
     "start0>1 continue>2 continue>3 stop start1>1 continue>2 stop"},
    {"another quantile than the median",
     "{'grace_population': 3, 'grace_time': 0, 'rank_cutoff': 0}", 2,
     "D D D R0:1=1 R1:1=2 R2:1=3 R0:2=1 R1:2=2 R2:2=3 D R3:1=1.5 D R4:1=1",
     "start0>1 start1>1 start2>1 continue>2 continue>2 continue>2 stop stop stop "
     "start3>1 stop start4>1 continue>2"},
};

static void who_is_stopped_is_as_worked_out_by_hand(void **state)
{
    (void)state;
    wn_buf_adds(
        &page.text,
        "# median: decisions worked out by hand\n\n"
        "The median stopping rule (Golovin et al., KDD 2017, section 3.2.2). Words: "
        "[README.md](../README.md#decisions).\nA maximum of 9223372036854775807 "
        "is an open one. Without `around` it stands around `fifo`.\n");
    PLAY("Who is stopped", stopped);
}

static const struct sequence counting[] = {
    {"failed, stopped and paused trials do not count as completed",
     "{'grace_population': 1, 'grace_time': 0}", 9,
     "D D R0:1=1 R1:1=1 F0 K1 D R2:1=5", /* nothing to compare with */
     "start0>1 start1>1 continue>2 continue>2 start2>1 continue>2"},
    {"one that ends by itself counts at the steps it reached",
     "{'grace_population': 1, 'grace_time': 0}", 9,
     "D R0:1=1 R0:2=3 C0 D R1:1=1 R1:2=2.1 D R2:1=1.1",
     "start0>1 continue>2 continue>3 start1>1 continue>2 continue>3 start2>1 stop"},
    {"the mean of both infinities is the worst",
     "{'grace_population': 2, 'grace_time': 0, 'rank_cutoff': 0, 'value': 'last'}", 9,
     "D D R0:1=inf R0:2=-inf R1:1=1 R1:2=1 C1 C0 D R2:1=1 R2:2=2",
     "start0>1 start1>1 continue>2 continue>3 continue>2 continue>3 start2>1 continue>2 "
     "stop"},
    {"infinite losses are losses", "{'grace_population': 1, 'grace_time': 0}", 2,
     "D R0:1=inf R0:2=inf D R1:1=inf D R2:1=1",
     "start0>1 continue>2 stop start1>1 continue>2 start2>1 continue>2"},
};

static void what_counts_is_as_worked_out_by_hand(void **state)
{
    (void)state;
    PLAY("What counts", counting);
}

static const struct sequence steps[] = {
    {"a report that jumps is judged at the last step it passed",
     "{'grace_population': 1, 'grace_time': 0}", 9,
     "D R0:1=1 R0:2=2 R0:3=3 C0 D R1:3=2 D R2:3=2.1",
     "start0>1 continue>2 continue>3 continue>4 start1>1 continue>4 start2>1 stop"},
    {"steps are an interval apart; reports between them do not wait",
     "{'grace_population': 1, 'grace_time': 0, 'interval': 4}", 9,
     "D R0:1=1 R0:4=1 R0:8=1 R0:9=1 D R1:3=7 R1:4=2",
     "start0>4 - continue>8 continue>9 stop start1>4 - stop"},
    {"a step is reached by the first report at or past it, and so is its average",
     "{'grace_population': 1, 'grace_time': 0, 'interval': 4, 'value': 'last'}", 9,
     "D R0:3=9 R0:5=1 C0 D R1:5=5 D R2:5=5.1",
     "start0>4 - continue>8 start1>4 continue>8 start2>4 stop"},
    {"the same where all count",
     "{'grace_population': 1, 'grace_time': 0, 'interval': 4, 'value': 'last',"
     " 'population': 'all'}",
     9, "D R0:3=9 R0:5=1 D R1:5=5 D R2:6=4.9 R2:8=4",
     /* 5, 5, 4.9 at 4; nothing yet at 8 */
     "start0>4 - continue>8 start1>4 continue>8 start2>4 continue>8 continue>9"},
    {"a report that jumps reaches no more than the last 16 steps",
     "{'grace_population': 1, 'grace_time': 0}", 40, "D R0:30=1 C0 D R1:14=9 D R2:15=9",
     "start0>1 continue>31 start1>1 continue>15 start2>1 stop"},
    {"the same where all count",
     "{'grace_population': 1, 'grace_time': 0, 'population': 'all'}", 40,
     "D D D R0:30=1 R1:14=9 R2:15=9",
     "start0>1 start1>1 start2>1 continue>31 continue>15 stop"},
    {"where the maximum is open nobody is judged past step 1024",
     "{'grace_population': 1, 'grace_time': 0, 'population': 'all', 'value': 'last'}",
     INT64_MAX, "D D R0:1023=1 R0:1024=1 R1:1023=1 R0:2000=9 R1:1025=9",
     "start0>1 start1>1 continue>1024 continue>9223372036854775807 continue>1024 - stop"},
};

static void steps_are_as_worked_out_by_hand(void **state)
{
    (void)state;
    PLAY("Steps", steps);
}

static const struct sequence around[] = {
    {"around ASHA: the nearer milestone, and its pauses and promotions as ever",
     "{'grace_population': 9, 'around': {'type': 'asha'}}", 9,
     "D D D R0:1=1 R1:1=2 R2:1=3 D R0:2=1 R0:3=1 ? W0 W1",
     "start0>1 start1>1 start2>1 pause pause pause resume0>2 continue>3 pause "
     "[3/1 1/0 0] 3 1"},
    {"around ASHA: stopped between its rungs, which keep what was entered",
     "{'grace_population': 1, 'grace_time': 1, 'population': 'all',"
     " 'around': {'type': 'asha', 'variant': 'stopping'}}",
     9, "D D R0:1=1 R1:1=2 R0:2=1 R1:2=2 ? D R2:1=3",
     "start0>1 start1>1 continue>2 continue>2 continue>3 stop [2/2 0/0 0] start2>1 stop"},
    {"around ASHA: stopped at a rung, where it would have paused: an entry, nobody's "
     "pause",
     "{'grace_population': 2, 'grace_time': 0, 'population': 'all',"
     " 'around': {'type': 'asha', 'reduction_factor': 2}}",
     4, "D D D D R0:1=2 R1:1=3 R2:1=9 ? W2 D R3:1=2.5 ? D R0:2=9 ? W0 D",
     /* the fourth entry makes room for trial 3 */
     "start0>1 start1>1 start2>1 start3>1 pause pause stop [3/0 0/0 0] 0 resume0>2 pause "
     "[4/1 0/0 0] resume3>2 pause [4/2 1/0 0] 2 start4>1"},
    {"around ASHA: a pause changes nothing of an average",
     "{'grace_population': 1, 'grace_time': 1, 'population': 'all', 'value': 'average',"
     " 'around': {'type': 'asha', 'reduction_factor': 2}}",
     4, "D D D R0:1=9 R1:1=9.5 D R0:2=1 R2:1=8 D R2:2=2.1",
     "start0>1 start1>1 start2>1 pause pause resume0>2 pause pause resume2>2 stop"},
    {"around Hyperband: the best of its bracket is stopped at its rung, its place is "
     "empty",
     "{'grace_population': 3, 'grace_time': 0, 'population': 'all',"
     " 'around': {'type': 'hyperband', 'brackets': 1}}",
     3,
     "D D D R0:1=1 R1:1=2 R2:1=3 D R0:2=1 R0:3=1 D D D R3:1=7 R4:1=8 R5:1=9 ? W3 "
     "\"open D",
     "start0>1 start1>1 start2>1 pause pause pause resume0>2 continue>3 stop start3>1 "
     "start4>1 start5>1 stop stop stop [6/2 2] 0 - start6>1"},
    {"around Hyperband: stopped below a rung it is behind all entries, at the rung an "
     "entry",
     "{'grace_population': 1, 'grace_time': 1, 'population': 'all', 'value': 'last',"
     " 'around': {'type': 'hyperband', 'brackets': 1}}",
     9,
     "D D D D D D D D D R0:1=1 R1:1=2 R2:1=3 R3:1=4 R4:1=5 R5:1=6 R6:1=7 R7:1=8 R8:1=9 "
     "D D D R1:2=2 R1:3=2 R0:2=5 \"open R2:2=2.5 R2:3=3 \"open ? D",
     /* averages at 2: 2 of trial 1, 3 of trial 0; 2.5 is their median and goes on */
     "start0>1 start1>1 start2>1 start3>1 start4>1 start5>1 start6>1 start7>1 "
     "start8>1 pause pause pause pause pause pause pause pause pause resume0>2 "
     "resume1>2 resume2>2 continue>3 pause stop "
     "open:_number_0,_bracket_0:_9_of_9,_2_of_3_and_1_running,_0_of_1 continue>3 "
     "stop open:_number_0,_bracket_0:_9_of_9,_3_of_3,_0_of_1 [9/3 3/0 0] resume1>4"},
    {"around DEHB: a winner that is stopped takes no place, its rung goes on",
     "{'grace_population': 1, 'grace_time': 0, 'population': 'all',"
     " 'around': {'type': 'dehb'}}",
     3, "D D D R0:1=1 R1:1=2 \"level_0 R2:1=1 \"level_0 D",
     "start0>1 start1>1 start2>1 pause stop "
     "level_0:_resource_1,_3_places,_1_held,_1_entered,_0_promoted pause "
     "level_0:_resource_1,_3_places,_2_held,_2_entered,_0_promoted resume0>2"},
    {"around DEHB: where it stops a trial itself the outcome stands, whatever the rule "
     "says",
     "{'grace_population': 1, 'grace_time': 0, 'population': 'all', 'value': 'last',"
     " 'around': {'type': 'dehb'}}",
     3, "D D D D R3:3=1 \"level_1 R0:1=1 R1:1=1 R2:1=1 D R0:3=2 \"level_1",
     "start0>1 start1>1 start2>1 start3>1 stop "
     "level_1:_resource_3,_2_places,_1_held,_1_entered,_0_promoted pause pause pause "
     "resume0>2 stop level_1:_resource_3,_2_places,_2_held,_2_entered,_0_promoted"},
    {"around PBT: stopped at or below its milestone a member is replaced, not gone on "
     "from",
     "{'grace_population': 1, 'grace_time': 0, 'population': 'all', 'value': 'last',"
     " 'around': {'type': 'pbt', 'population': 2, 'perturbation_interval': 2,"
     " 'quantile': 0}}",
     9,
     "D D R0:1=1 R1:1=1.5 \"members D R0:2=1 R2:1=1 R2:2=1 R2:3=1 R0:3=1 R0:4=1 R2:4=9 "
     "W2 D",
     "start0>1 start1>1 continue>2 stop "
     "members:_1_at_work,_0_paused,_1_without_a_trial,_0_finished start2>1 "
     "continue>3 continue>2 continue>3 continue>4 continue>4 continue>5 stop 0 "
     "start3<0@4>5"},
    {"around PBT: a fork's averages are of its own reports",
     "{'grace_population': 1, 'grace_time': 0, 'population': 'all', 'value': 'average',"
     " 'rank_cutoff': 1, 'around': {'type': 'pbt', 'population': 2,"
     " 'perturbation_interval': 2, 'quantile': 0.5}}",
     9, "D D R0:1=8 R0:2=2 R1:1=1 R1:2=9 D D R2:3=4 R0:3=3",
     /* 13/3 against 4; of the trial it was forked from it would be 14/3 */
     "start0>1 start1>1 continue>2 continue>3 continue>2 pause start2<0@2>3 end1 "
     "continue>4 stop"},
    {"around PBT: a fork has no average at the steps that its source had passed",
     "{'grace_population': 3, 'grace_time': 0, 'population': 'all', 'around': {'type':"
     " 'pbt', 'population': 2, 'perturbation_interval': 2, 'quantile': 0.5}}",
     9, "D D R0:1=1 R0:2=1 R1:1=1 R1:2=9 D D R2:3=1 K0 D R3:1=9",
     "start0>1 start1>1 continue>2 continue>3 continue>2 pause start2<0@2>3 end1 "
     "continue>4 start3>1 continue>2"},
    {"around PBT: what is completed counts from where it was forked",
     "{'grace_population': 1, 'grace_time': 0, 'value': 'last', 'around': {'type': 'pbt',"
     " 'population': 2, 'perturbation_interval': 2, 'quantile': 0.5}}",
     9, "D D R0:1=1 R0:2=1 R1:1=2 R1:2=9 D D R2:3=5 C2 R0:3=6 D R3:1=9 R3:2=9 R3:3=9",
     "start0>1 start1>1 continue>2 continue>3 continue>2 pause start2<0@2>3 end1 "
     "continue>4 stop start3>1 continue>2 continue>3 stop"},
    {"done when the one inside is", "{}", 2, "X D", "done"},
};

static void what_stands_inside_goes_on_as_worked_out_by_hand(void **state)
{
    (void)state;
    PLAY("Around another scheduler", around);
}

static void the_page_says_so(void **state)
{
    (void)state;
    script_check_page(&page);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_is_stopped_is_as_worked_out_by_hand),
        cmocka_unit_test(what_counts_is_as_worked_out_by_hand),
        cmocka_unit_test(steps_are_as_worked_out_by_hand),
        cmocka_unit_test(what_stands_inside_goes_on_as_worked_out_by_hand),
        cmocka_unit_test(the_page_says_so),
    };

    page.is_written = script_is_written(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

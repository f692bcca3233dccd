/* test_sched_median.c - the median rule by hand (script_sched.h), and what the scheduler
 * inside is told. */
#include "conformance/script_sched.h"
#include "trial/tag.h"

extern const struct wn_sched_ops wn_sched_median;

static const struct script median = {.d = {.ops = &wn_sched_median}};

static const struct {
    const char *name, *options;
    int64_t max;
    const char *words, *expected;
} sequences[] = {
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
    {"failed, stopped and paused trials do not count as completed",
     "{'grace_population': 1, 'grace_time': 0}", 9,
     "D D R0:1=1 R1:1=1 F0 K1 D R2:1=5", /* nothing to compare with */
     "start0>1 start1>1 continue>2 continue>2 start2>1 continue>2"},
    {"one that ends by itself counts at the steps it reached",
     "{'grace_population': 1, 'grace_time': 0}", 9,
     "D R0:1=1 R0:2=3 C0 D R1:1=1 R1:2=2.1 D R2:1=1.1",
     "start0>1 continue>2 continue>3 start1>1 continue>2 continue>3 start2>1 stop"},
    {"a report that jumps is judged at the last step it passed",
     "{'grace_population': 1, 'grace_time': 0}", 9,
     "D R0:1=1 R0:2=2 R0:3=3 C0 D R1:3=2 D R2:3=2.1",
     "start0>1 continue>2 continue>3 continue>4 start1>1 continue>4 start2>1 stop"},
    {"steps are an interval apart; reports between them do not wait",
     "{'grace_population': 1, 'grace_time': 0, 'interval': 4}", 9,
     "D R0:1=1 R0:4=1 R0:8=1 R0:9=1 D R1:3=7 R1:4=2",
     "start0>4 - continue>8 continue>9 stop start1>4 - stop"},
    {"infinite losses are losses", "{'grace_population': 1, 'grace_time': 0}", 2,
     "D R0:1=inf R0:2=inf D R1:1=inf D R2:1=1",
     "start0>1 continue>2 stop start1>1 continue>2 start2>1 continue>2"},
    {"another quantile than the median",
     "{'grace_population': 3, 'grace_time': 0, 'rank_cutoff': 0}", 2,
     "D D D R0:1=1 R1:1=2 R2:1=3 R0:2=1 R1:2=2 R2:2=3 D R3:1=1.5 D R4:1=1",
     "start0>1 start1>1 start2>1 continue>2 continue>2 continue>2 stop stop stop "
     "start3>1 stop start4>1 continue>2"},
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
    {"done when the one inside is", "{}", 2, "X D", "done"},
};

static void sequences_by_hand(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof sequences / sizeof sequences[0]; i++) {
        char *options = drive_requoted(sequences[i].options);

        script_play_words(&median, sequences[i].name, options, sequences[i].max,
                          sequences[i].words, sequences[i].expected);
        wn_free(options);
    }
}

static void refuses_what_cannot_be_inside(void **state)
{
    static const struct {
        const char *options, *said;
        int64_t max;
    } cases[] = {
        {"{\"around\": {\"type\": \"no-such\"}}", "scheduler.around must name", 9},
        {"{\"around\": {}}", "scheduler.around must name", 9},
        {"{\"around\": [1]}", "scheduler.around must name", 9},
        {"{\"around\": {\"type\": \"median\"}}", "scheduler.around must not be median",
         9},
        {"{\"around\": {\"type\": \"asha\", \"reduction_factor\": 1}}",
         "scheduler.around.reduction_factor", 9},
        {"{\"around\": {\"type\": \"asha\"}}", "resource.max must be given", INT64_MAX},
        {"{}", "scheduler.interval must be at least 16", 1000000},
        {"{\"interval\": 10}", "scheduler.interval must be at most resource.max (9)", 9},
        {"{\"grace_time\": 9}", "scheduler.grace_time must be below resource.max (9)", 9},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        drive_refuses(&wn_sched_median, cases[i].options, cases[i].max, 0, cases[i].said);
    script_play_words(&median, "an open maximum", "{}", INT64_MAX, "D", "start0>1");
}

static void says_how_often_it_looks(void **state)
{
    static const struct {
        const char *options, *said;
    } cases[] = {{"{}", "median: every unit past 1, the best loss against "},
                 {"{\"interval\": 2, \"grace_time\": 3, \"value\": \"last\"}",
                  "median: every 2 units past 3, the last loss against "}};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct script s = median;
        struct wn_buf out = {0};

        script_begin(&s, &(struct script_case){
                             .name = "text", .options = cases[i].options, .max = 9});
        s.d.ops->describe(s.d.sched, &out);
        assert_memory_equal(wn_buf_text(&out), cases[i].said, strlen(cases[i].said));
        wn_buf_release(&out);
        script_release(&s);
    }
}

/* The tag holds the inner milestone before the inner tag; a damaged one is refused. */
static void a_tag_that_is_too_short_is_corrupt(void **state)
{
    struct wn_space *space = drive_small_space();
    struct wn_values *table = drive_values(wn_sched_median.options, "{}");
    struct drive d = {
        .ops = &wn_sched_median, .values = table, .space = space, .max_resource = 9};
    struct wn_decision decision;
    struct wn_event event = {.kind = WN_EVENT_PLANNED, .planned = {.milestone = 1}};
    struct wn_error err = {0};

    (void)state;
    assert_int_equal(drive_begin(&d, &err), WN_OK);
    decision = drive_look(&d, d.sched, true);
    assert_int_equal(decision.milestone, 1);
    assert_int_equal(decision.tag.n, 8);
    assert_int_equal(decision.tag.bytes[0], 9);
    event.planned.parent = WN_TRIAL_NONE;
    event.planned.tag.n = 3;
    assert_int_equal(d.ops->apply(d.sched, &event, &err), WN_ECORRUPT);
    drive_end(&d);
    wn_values_destroy(table);
    wn_space_destroy(space);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sequences_by_hand),
        cmocka_unit_test(refuses_what_cannot_be_inside),
        cmocka_unit_test(says_how_often_it_looks),
        cmocka_unit_test(a_tag_that_is_too_short_is_corrupt),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

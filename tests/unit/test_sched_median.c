/* test_sched_median.c - what the median rule refuses, says of itself and tells the scheduler
 * inside; its decisions are in tests/conformance/test_sched_median_decisions.c. */
#include "conformance/script_sched.h"
#include "trial/tag.h"

extern const struct wn_sched_ops wn_sched_median;

static const struct script median = {.d = {.ops = &wn_sched_median}};

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
        {"{\"interval\": 2}", "scheduler.interval must be at least 976", 1000000},
        {"{\"interval\": 2}", "scheduler.interval must be at least 3 with this", 2050},
        {"{\"interval\": 8}", "scheduler.interval must be at least 10", 10000},
        {"{\"interval\": 10}", "scheduler.interval must be at most resource.max (9)", 9},
        {"{\"grace_time\": 9}", "scheduler.grace_time must be below resource.max (9)", 9},
    };

    struct script older = median;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        drive_refuses(&wn_sched_median, cases[i].options, cases[i].max, 0, cases[i].said);
    script_play_words(&median, "an open maximum", "{}", INT64_MAX, "D", "start0>1");
    script_play_words(&median, "as many steps as may be", "{}", 1024, "D", "start0>1");
    script_play_words(&median, "the usual interval grows", "{}", 1025, "D", "start0>2");
    older.d.was_checked = true;
    script_play_words(&older, "that of an older study too", "{\"interval\": 2}", 5000,
                      "D", "start0>5");
    script_play_words(&median, "as the refusal says", "{\"interval\": 10}", 10000, "D",
                      "start0>10");
}

/* What a verdict's tag has. */
static void show_size(struct script *s,
                      const struct wn_tag *tag,
                      const struct wn_decision *decision)
{
    if (!decision)
        wn_buf_addf(&s->said, "#%d", tag->n);
}

static void a_stop_of_the_rule_has_no_tag_and_another_verdict_the_inner_one(void **state)
{
    struct script sized = median;
    char *options = drive_requoted("{'grace_population': 1, 'grace_time': 0,"
                                   " 'population': 'all', 'around': {'type': 'dehb'}}");

    (void)state;
    sized.tag = show_size;
    script_play_words(&sized, "tags", options, 3,
                      "D D D R0:1=1 R1:1=2 R2:1=1 D R0:2=1 R0:3=1",
                      "start0>1 start1>1 start2>1 pause#19 stop pause#19 resume0>2 "
                      "continue>3#8 stop#19");
    wn_free(options);
}

/* As studies have it that began before: the inner one is told what stands there. */
static void a_stop_of_the_rule_with_the_inner_tag_is_still_applied(void **state)
{
    struct script s = median;
    struct wn_report report = {.resource = 1, .loss = 2, .trial = 1};
    struct wn_metric metric = {"loss", 2};
    struct wn_event event = {.kind = WN_EVENT_REPORTED,
                             .trial = 1,
                             .reported = {.resource = 1,
                                          .n_metrics = 1,
                                          .metrics = &metric,
                                          .is_milestone = true,
                                          .verdict = WN_VERDICT_STOP}};
    struct script_case c = {.name = "an older journal",
                            .options = "{\"around\": {\"type\": \"dehb\"}}",
                            .max = 3};

    (void)state;
    script_begin(&s, &c);
    script_say(&s, c.name, "D D D R0:1=1", NULL);
    event.reported.tag =
        s.d.ops->answer(s.d.sched, &report, (struct wn_rng){0}).tag; /* of a pause */
    assert_int_equal(event.reported.tag.n, 19);
    script_emit(&s, event);
    script_end(&s, 1, WN_END_STOPPED);
    script_say(&s, c.name, "\"level_0 R2:1=3 D",
               "level_0:_resource_1,_3_places,_2_held,_2_entered,_0_promoted pause "
               "resume0>2");
    drive_swap(&s.d);
    script_release(&s);
}

static void says_how_often_it_looks(void **state)
{
    static const struct {
        const char *options, *said;
        int64_t max;
    } cases[] = {{"{}", "median: every unit past 1, the best loss against ", 9},
                 {"{\"interval\": 2, \"grace_time\": 3, \"value\": \"last\"}",
                  "median: every 2 units past 3, the last loss against ", 9},
                 {"{}", "median: every unit past 1 up to 1024, the best", INT64_MAX},
                 {"{\"interval\": 5}",
                  "median: every 5 units past 1 up to 5120, the best", INT64_MAX},
                 {"{\"interval\": 9007199254740991}",
                  "median: every 9007199254740991 units past 1", INT64_MAX}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct script s = median;
        struct wn_buf out = {0};

        script_begin(&s, &(struct script_case){.name = "text",
                                               .options = cases[i].options,
                                               .max = cases[i].max});
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
        cmocka_unit_test(refuses_what_cannot_be_inside),
        cmocka_unit_test(says_how_often_it_looks),
        cmocka_unit_test(a_stop_of_the_rule_has_no_tag_and_another_verdict_the_inner_one),
        cmocka_unit_test(a_stop_of_the_rule_with_the_inner_tag_is_still_applied),
        cmocka_unit_test(a_tag_that_is_too_short_is_corrupt),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

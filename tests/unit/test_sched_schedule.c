/* test_sched_schedule.c - trainings in segments (script_sched.h). */
#include "conformance/script_sched.h"

extern const struct wn_sched_ops wn_sched_schedule;

static const struct script schedule = {.d = {.ops = &wn_sched_schedule}};

static void without_a_checkpoint_every_segment_is_a_new_training(void **state)
{
    static const struct script_case cases[] = {
        {"no checkpoint", "{\"until\": [2, 5]}", "D D d r0:1=1 r0:2=1 D X D r1:2=1 D",
         "start0>2 wait wait - stop start1>2 wait stop done", 9, 0},
        {"one segment to the maximum", "{}", "D r0:9=1 D C1 X D",
         "start0>9 stop start1>9 done", 9, 0},
    };

    (void)state;
    SCRIPT_PLAY_ALL(&schedule, cases);
}

static struct wn_decision decide(struct script *s)
{
    return drive_look(&s->d, s->d.sched, true);
}

static struct wn_generation generation(uint32_t trial, int64_t resource)
{
    return (struct wn_generation){
        .trial = trial, .resource = resource, .dispatch = {1, 1}};
}

/* Run the decided trial to `resource`, save there, and end it. */
static void run_segment(struct script *s,
                        uint32_t trial,
                        int64_t resource,
                        enum wn_end how)
{
    struct wn_metric metric = {"loss", 1};
    struct wn_event event = {.kind = WN_EVENT_REPORTED,
                             .trial = trial,
                             .reported = {.resource = resource,
                                          .n_metrics = 1,
                                          .metrics = &metric,
                                          .checkpoint = generation(trial, resource),
                                          .is_milestone = true,
                                          .verdict = WN_VERDICT_STOP}};

    assert_int_equal(decide(s).act, WN_ACT_START);
    assert_int_equal(drive_start(&s->d, decide(s), NULL), WN_OK);
    script_emit(s, event);
    script_end(s, trial, how);
}

static void begin(struct script *s, const char *options)
{
    *s = schedule;
    script_begin(s,
                 &(struct script_case){.name = "segments", .options = options, .max = 9});
}

static void a_segment_goes_on_from_the_one_before(void **state)
{
    struct wn_decision next;
    struct script s;

    (void)state;
    begin(&s, "{\"until\": [2, 5, 9]}");
    run_segment(&s, 0, 2, WN_END_STOPPED);
    assert_true(s.d.ops->worth(s.d.sched, 0) > 0); /* kept although it has ended */
    next = decide(&s);
    assert_int_equal(next.milestone, 5);
    assert_int_equal(next.parent, 0);
    assert_int_equal(next.pool, 1);
    assert_true(wn_generation_equal(next.source, generation(0, 2)));
    run_segment(&s, 1, 5, WN_END_STOPPED);
    assert_false(s.d.ops->worth(s.d.sched, 0) > 0);
    assert_int_equal(decide(&s).pool, 2);
    run_segment(&s, 2, 9, WN_END_COMPLETED);
    next = decide(&s); /* and from the beginning */
    assert_int_equal(next.milestone, 2);
    assert_int_equal(next.parent, WN_TRIAL_NONE);
    assert_int_equal(next.source.resource, 0);
    assert_int_equal(next.pool, 0);
    assert_false(s.d.ops->worth(s.d.sched, 2) > 0);
    script_release(&s);
}

static void a_failed_or_damaged_segment_begins_a_new_training(void **state)
{
    struct script s;

    (void)state;
    begin(&s, "{\"until\": [2, 5]}");
    run_segment(&s, 0, 2, WN_END_FAILED);
    assert_int_equal(decide(&s).parent, WN_TRIAL_NONE);
    assert_false(s.d.ops->worth(s.d.sched, 0) > 0);
    run_segment(&s, 1, 2, WN_END_STOPPED);
    assert_int_equal(decide(&s).parent, 1);
    wn_history_follow(s.d.history,
                      &(const struct wn_event){.kind = WN_EVENT_DAMAGED,
                                               .trial = 1,
                                               .collected.generation = generation(1, 2)});
    assert_int_equal(decide(&s).parent, WN_TRIAL_NONE);
    assert_int_equal(decide(&s).pool, 0);
    run_segment(&s, 2, 6, WN_END_COMPLETED); /* ran past the next segment: new training */
    assert_int_equal(decide(&s).parent, WN_TRIAL_NONE);
    script_release(&s);
}

static void refuses_segments_that_do_not_increase_or_go_too_far(void **state)
{
    static const struct {
        const char *options, *said;
    } cases[] = {
        {"{\"until\": [2, 2]}", "scheduler.until must increase, but 2 follows 2"},
        {"{\"until\": [3, 10]}", "scheduler.until[1] must be at most resource.max (9)"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        drive_refuses(&wn_sched_schedule, cases[i].options, 9, 0, cases[i].said);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_checkpoint_every_segment_is_a_new_training),
        cmocka_unit_test(a_segment_goes_on_from_the_one_before),
        cmocka_unit_test(a_failed_or_damaged_segment_begins_a_new_training),
        cmocka_unit_test(refuses_segments_that_do_not_increase_or_go_too_far),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_sched_conformance.c - what every scheduler must do, over the whole registry. */
#include "drive_sched.h"

static const char space_text[] =
    "{\"lr\": {\"type\": \"float\", \"low\": 0.001, \"high\": 1, \"scale\": \"log\"},"
    " \"width\": {\"type\": \"int\", \"low\": 1, \"high\": 64}}";

struct setting {
    const struct wn_sched_ops *ops;
    const struct wn_space *space;
};

/* Every other scheduler inside it, and a rule that is soon at work. */
static void for_each_inside(const struct setting *setting,
                            void (*visit)(void *, const struct wn_values *, const char *))
{
    static const char *const populations[] = {"completed", "all"};

    for (size_t i = 0; wn_sched_at(i); i++)
        for (size_t k = 0; k < 2 && !wn_sched_is_around(wn_sched_at(i)); k++) {
            struct setting inside = *setting;
            struct wn_values *values;
            char text[160];

            snprintf(text, sizeof text,
                     "{\"population\": \"%s\", \"grace_population\": 2,"
                     " \"around\": {\"type\": \"%s\"}}",
                     populations[k], wn_sched_at(i)->name);
            values = drive_values(setting->ops->options, text);
            assert_non_null(values);
            visit(&inside, values, text);
            wn_values_destroy(values);
        }
}

static void for_each_scheduler(void (*visit)(void *,
                                             const struct wn_values *,
                                             const char *))
{
    struct wn_space *space = drive_space(space_text);

    for (size_t i = 0; wn_sched_at(i); i++) {
        struct setting setting = {wn_sched_at(i), space};
        drive_each_variant(setting.ops->options, visit, &setting);
        if (wn_sched_is_around(setting.ops))
            for_each_inside(&setting, visit);
    }
    wn_space_destroy(space);
}

static struct drive drive_of(const struct setting *setting,
                             const struct wn_values *values,
                             uint64_t seed)
{
    return (struct drive){.ops = setting->ops,
                          .values = values,
                          .space = setting->space,
                          .max_resource = 81,
                          .seed = seed,
                          .limit = 60,
                          .n_slots = 1 + (uint32_t)(seed % 7)};
}

static void every_scheduler_is_found_by_its_name(void **state)
{
    size_t n = 0;

    (void)state;
    for (; wn_sched_at(n); n++) {
        const struct wn_sched_ops *ops = wn_sched_at(n);

        assert_ptr_equal(wn_sched_find(ops->name), ops);
        assert_true(ops->summary && *ops->summary && ops->reference && ops->options);
        assert_true(ops->create && ops->destroy && ops->decide && ops->answer);
        assert_true(ops->worth && ops->apply && ops->describe && ops->rungs);
        ops->destroy(NULL);
    }
    assert_true(n >= 2);
    assert_null(wn_sched_find("no-such"));
    assert_null(wn_sched_find(""));
    assert_null(wn_sched_at(SIZE_MAX));
}

static void replay_one(void *arg, const struct wn_values *values, const char *text)
{
    for (uint64_t seed = 0; seed < 12; seed++) {
        struct drive d = drive_of(arg, values, seed);
        struct wn_buf once = drive_told(d), again = drive_told(d), replayed;

        d.swap_every = 1 + seed * 3;
        replayed = drive_told(d);
        DRIVE_CHECK(strcmp(wn_buf_text(&once), wn_buf_text(&again)) == 0,
                    "%s %s seed %" PRIu64 ": two runs differ", d.ops->name, text, seed);
        DRIVE_CHECK(strcmp(wn_buf_text(&once), wn_buf_text(&replayed)) == 0,
                    "%s %s seed %" PRIu64 ": a recovered run differs", d.ops->name, text,
                    seed);
        wn_buf_release(&once);
        wn_buf_release(&again);
        wn_buf_release(&replayed);
    }
}

static void ends_and_goes_on_alike_after_recovery(void **state)
{
    (void)state;
    for_each_scheduler(replay_one);
}

static void run_one_wide(void *arg, const struct wn_values *values, const char *text)
{
    struct drive d = drive_of(arg, values, 5);
    struct wn_buf log;

    (void)text;
    d.n_slots = 500;
    d.limit = 300;
    log = drive_told(d);
    wn_buf_release(&log);
    d.limit = 0; /* exhausted before the first trial */
    log = drive_told(d);
    wn_buf_release(&log);
}

static void ends_with_more_slots_than_trials_and_without_trials(void **state)
{
    (void)state;
    for_each_scheduler(run_one_wide);
}

static void survive_one(void *arg, const struct wn_values *values, const char *text)
{
    struct drive d = drive_of(arg, values, 3);

    (void)text;
    d.limit = 12;
    assert_true(drive_survive(d) > 5);
}

static void survives_the_failure_of_each_allocation(void **state)
{
    (void)state;
    for_each_scheduler(survive_one);
}

static void refuses_bad_options(void **state)
{
    (void)state;
    for (size_t i = 0; wn_sched_at(i); i++)
        drive_refuses_bad_options(wn_sched_at(i)->options);
}

static void refuses_a_maximum_that_is_not_positive(void **state)
{
    static const int64_t bad[] = {0, -1, INT64_MIN};

    (void)state;
    for (size_t i = 0; wn_sched_at(i); i++) {
        const struct wn_sched_ops *ops = wn_sched_at(i);
        struct wn_values *values = drive_values(ops->options, "{}");

        for (size_t j = 0; j < sizeof bad / sizeof bad[0]; j++) {
            struct wn_sched_config cfg = {.max_resource = bad[j], .options = values};
            struct wn_sched *sched = NULL;
            struct wn_error err = {0};

            assert_int_equal(ops->create(&cfg, &sched, &err), WN_EINVAL);
            assert_non_null(strstr(err.text, "resource.max"));
            assert_null(sched);
        }
        wn_values_destroy(values);
    }
}

static void open_maximum_is_taken_or_refused_as_declared(void **state)
{
    struct wn_space *space = drive_space(space_text);

    (void)state;
    for (size_t i = 0; wn_sched_at(i); i++) {
        struct wn_values *values = drive_values(wn_sched_at(i)->options, "{}");
        struct drive d = {.ops = wn_sched_at(i),
                          .values = values,
                          .space = space,
                          .max_resource = INT64_MAX};
        struct wn_error err = {0};
        enum wn_status rc = drive_begin(&d, &err);

        assert_int_equal(rc, d.ops->needs_max ? WN_EINVAL : WN_OK);
        if (rc == WN_OK)
            drive_end(&d);
        wn_values_destroy(values);
    }
    wn_space_destroy(space);
}

static void an_end_without_a_trial_is_corrupt(void **state)
{
    struct wn_space *space = drive_space(space_text);
    struct wn_event event = {
        .kind = WN_EVENT_ENDED, .trial = 7, .ended = {.how = WN_END_STOPPED, .text = ""}};

    (void)state;
    for (size_t i = 0; wn_sched_at(i); i++) {
        struct wn_values *values = drive_values(wn_sched_at(i)->options, "{}");
        struct setting setting = {wn_sched_at(i), space};
        struct drive d = drive_of(&setting, values, 1);
        struct wn_error err = {0};

        assert_int_equal(drive_begin(&d, &err), WN_OK);
        assert_int_equal(d.ops->apply(d.sched, &event, &err), WN_ECORRUPT);
        assert_non_null(strstr(err.text, "7"));
        drive_end(&d);
        wn_values_destroy(values);
    }
    wn_space_destroy(space);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_scheduler_is_found_by_its_name),
        cmocka_unit_test(ends_and_goes_on_alike_after_recovery),
        cmocka_unit_test(ends_with_more_slots_than_trials_and_without_trials),
        cmocka_unit_test(survives_the_failure_of_each_allocation),
        cmocka_unit_test(refuses_bad_options),
        cmocka_unit_test(refuses_a_maximum_that_is_not_positive),
        cmocka_unit_test(open_maximum_is_taken_or_refused_as_declared),
        cmocka_unit_test(an_end_without_a_trial_is_corrupt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_job_compare.c - with which job a study may go on. */
#include "test_job.h"

static const struct {
    const char *set;
    bool is_amended; /* else nothing differs */
} accepted[] = {
    {"seed=1", false},
    {"stop.time=10m", true},
    {"stop.trials_started=5", true},
    {"on_stop=kill", true},
    {"max_losses=9", true},
    {"checkpoint.keep=all", true},
    {"checkpoint.every=3", true},
    {"metadata={'who': ['me']}", true},
    {"trial.timeout=1h", true},
    {"trial.report_timeout=5", true},
    {"trial.retries=0", true},
};

static void limits_and_metadata_may_change(void **state)
{
    struct wn_job *was = good_job("seed=1");

    (void)state;
    for (size_t i = 0; i < sizeof accepted / sizeof accepted[0]; i++) {
        struct wn_job *now = good_job(accepted[i].set);
        struct wn_problems problems = {0};
        struct wn_error err = {0};
        bool is_amended = !accepted[i].is_amended;

        if (wn_job_compare(was, now, &is_amended, &problems, &err) != WN_OK)
            fail_msg("%s: %s", accepted[i].set, err.text);
        if (is_amended != accepted[i].is_amended)
            fail_msg("%s: is_amended is %d", accepted[i].set, is_amended);
        wn_job_destroy(now);
    }
    wn_job_destroy(was);
}

static const struct {
    const char *set, *said;
} refused[] = {
    {"seed=2", "seed: the study has 1, the job has 2"},
    {"metric.mode=max", "metric.mode: the study has \"min\", the job has \"max\""},
    {"resource.max=27", "resource.max: the study has 9, the job has 27"},
    {"space.epochs=8", "space.epochs: the study has 9, the job has 8"},
    {"space.new=1", "space.new: the study has no such key, the job has 1"},
    {"scheduler.variant=stopping",
     "scheduler.variant: the study has \"promotion\", the job has \"stopping\""},
    {"initial=[]",
     "initial: the study has [{\"lr\": 0.01, \"opt\": \"sgd\"}], the job has []"},
    {"trial.function=storm",
     "trial.function: the study has \"curve\", the job has \"storm\""},
    {"name=other", "name: the study has \"study\", the job has \"other\""},
};

static void expect_refusal(struct wn_job *was, struct wn_job *now, const char *said)
{
    struct wn_problems problems = {0};
    struct wn_error err = {0};
    bool is_amended = false;

    assert_int_equal(wn_job_compare(was, now, &is_amended, &problems, &err), WN_EINVAL);
    assert_int_equal(problems.n, 1);
    assert_string_equal(problems.at[0], said);
    wn_problems_release(&problems);
}

static void anything_else_is_refused_with_both_values(void **state)
{
    struct wn_job *was = good_job("seed=1");

    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        struct wn_job *now = good_job(refused[i].set);

        expect_refusal(was, now, refused[i].said);
        wn_job_destroy(now);
    }
    wn_job_destroy(was);
}

#define ROW(lr) "{'lr': " #lr ", 'opt': 'sgd'}"
#define ROWS                                                                  \
    ROW(0.1)                                                                  \
    "," ROW(0.2) "," ROW(0.3) "," ROW(0.4) "," ROW(0.5) "," ROW(0.6) "," ROW( \
        0.7) "," ROW(0.8)

static void another_list_of_configurations_is_refused(void **state)
{
    static const struct {
        const char *was, *now, *said;
    } cases[] = {
        {"seed=1", "restrict_configurations=[" ROW(0.1) "]",
         "restrict_configurations: the study has no such key, the job has [{\"lr\": 0.1, "
         "\"opt\": \"sgd\"}]"},
        {"restrict_configurations=[" ROW(0.1) "]", "seed=1",
         "restrict_configurations: the study has [{\"lr\": 0.1, \"opt\": \"sgd\"}], the "
         "job has no such key"},
        {"restrict_configurations=[" ROW(0.1) "]",
         "restrict_configurations=[" ROW(0.2) "]",
         "restrict_configurations: the study has [{\"lr\": 0.1, \"opt\": \"sgd\"}], the "
         "job has [{\"lr\": 0.2, \"opt\": \"sgd\"}]"},
        {"restrict_configurations=[" ROWS "," ROW(0.9) "]",
         "restrict_configurations=[" ROWS "," ROW(1) "]",
         "restrict_configurations: the study has a list of 9, the job one of 9; number 8 "
         "is {\"lr\": 0.9, \"opt\": \"sgd\"} in the study, {\"lr\": 1, \"opt\": "
         "\"sgd\"} in the job"},
        {"restrict_configurations=[" ROWS "," ROW(0.9) "]",
         "restrict_configurations=[" ROWS "]",
         "restrict_configurations: the study has a list of 9, the job one of 8; number 8 "
         "is {\"lr\": 0.9, \"opt\": \"sgd\"} in the study, nothing in the job"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *const was_sets[] = {cases[i].was, "initial=[]", NULL};
        const char *const now_sets[] = {cases[i].now, "initial=[]", NULL};
        struct wn_job *was = job_with(GOOD_JOB, was_sets);
        struct wn_job *now = job_with(GOOD_JOB, now_sets);
        struct wn_problems problems = {0};
        struct wn_error err = {0};
        bool is_amended = false;

        expect_refusal(was, now, cases[i].said);
        assert_int_equal(wn_job_compare(now, now, &is_amended, &problems, &err), WN_OK);
        assert_false(is_amended);
        wn_job_destroy(was);
        wn_job_destroy(now);
    }
}

static void parameters_in_another_order_are_another_space(void **state)
{
    static const char head[] = "{'name': 's', 'trial': {'runner': 'function'}, 'metric': "
                               "{'name': 'm'}, 'initial': [], 'space': {";
    static const char *const params[] = {
        "'a': {'type': 'int', 'low': 1, 'high': 2}",
        "'b': {'type': 'int', 'low': 1, 'high': 2}",
    };
    struct wn_problems problems = {0};
    struct wn_error err = {0};
    struct wn_job *jobs[2];
    bool is_amended;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        char text[512];

        snprintf(text, sizeof text, "%s%s, %s}}", head, params[i], params[1 - i]);
        jobs[i] = job_with(text, NULL);
    }
    assert_int_equal(wn_job_compare(jobs[0], jobs[1], &is_amended, &problems, &err),
                     WN_EINVAL);
    assert_int_equal(problems.n, 1);
    assert_string_equal(problems.at[0],
                        "space: the study has the same parameters in another order");
    wn_problems_release(&problems);
    wn_job_destroy(jobs[0]);
    wn_job_destroy(jobs[1]);
}

static void survives_the_failure_of_any_allocation(void **state)
{
    struct wn_job *was = good_job("seed=1"), *now = good_job("seed=2");
    enum wn_status rc = WN_ENOMEM;
    uint64_t n = 1;

    (void)state;
    for (; rc == WN_ENOMEM; n++) {
        struct wn_problems problems = {0};
        struct wn_error err = {0};
        bool is_amended;

        wn_mem_fail_after(n);
        rc = wn_job_compare(was, now, &is_amended, &problems, &err);
        wn_mem_fail_after(0);
        wn_problems_release(&problems);
    }
    assert_int_equal(rc, WN_EINVAL);
    assert_true(n > 3);
    wn_job_destroy(was);
    wn_job_destroy(now);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits_and_metadata_may_change),
        cmocka_unit_test(anything_else_is_refused_with_both_values),
        cmocka_unit_test(another_list_of_configurations_is_refused),
        cmocka_unit_test(parameters_in_another_order_are_another_space),
        cmocka_unit_test(survives_the_failure_of_any_allocation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

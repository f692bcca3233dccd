/* Named methods: each stands for parts that there are, and what the job says goes first. */
#include "test_job.h"

#include "job/methods.h"

static const char *type_in(const char *section)
{
    const char *at = strstr(section, "\"type\": \"");

    assert_non_null(at);
    return at + strlen("\"type\": \"");
}

static bool begins_with_name(const char *text, const char *name)
{
    return strncmp(text, name, strlen(name)) == 0 && text[strlen(name)] == '"';
}

static void every_method_makes_a_job_of_its_parts(void **state)
{
    (void)state;
    for (size_t i = 0; wn_method_at(i); i++) {
        const struct wn_method *method = wn_method_at(i);
        char set[64];
        const char *sets[] = {set, NULL};
        struct wn_job *job;

        assert_ptr_equal(wn_method_find(method->name), method);
        assert_string_equal(wn_method_names[i], method->name);
        (void)snprintf(set, sizeof set, "method=%s", method->name);
        job = job_with(GOOD_JOB, sets);
        assert_ptr_equal(job->method, method);
        if (!begins_with_name(type_in(method->scheduler), job->sched->name))
            fail_msg("%s made the scheduler %s", method->name, job->sched->name);
        if (!begins_with_name(type_in(method->searcher), job->search->name))
            fail_msg("%s made the searcher %s", method->name, job->search->name);
        wn_job_destroy(job);
    }
    assert_null(wn_method_find("no-such"));
}

static void a_method_is_written_out_and_gone_in_the_canonical_text(void **state)
{
    static const char *const by_name[] = {"method=asha-stopping", NULL};
    static const char *const in_full[] = {
        "scheduler={'type': 'asha', 'variant': 'stopping'}",
        "searcher={'type': 'random'}", NULL};
    struct wn_job *named = job_with(GOOD_JOB, by_name),
                  *full = job_with(GOOD_JOB, in_full), *again = NULL;

    (void)state;
    assert_string_equal(named->text, full->text);
    assert_null(strstr(named->text, "method"));
    assert_int_equal(wn_job_parse_canonical(named->text, "/jobs", &again, NULL), WN_OK);
    assert_string_equal(again->text, named->text);
    assert_null(again->method);
    wn_job_destroy(named);
    wn_job_destroy(full);
    wn_job_destroy(again);
}

static void what_the_job_says_goes_first(void **state)
{
    static const char *const sets[] = {
        "method=asha", "scheduler={'reduction_factor': 4, 'variant': 'stopping'}",
        "searcher={'allow_duplicates': true}", NULL};
    struct wn_job *job = job_with(GOOD_JOB, sets);

    (void)state;
    assert_int_equal(wn_values_int(job->sched_options, "reduction_factor"), 4);
    assert_string_equal(wn_values_string(job->sched_options, "variant"), "stopping");
    assert_true(wn_values_bool(job->search_options, "allow_duplicates"));
    wn_job_destroy(job);
}

static void contradictions_and_unknown_names_are_refused(void **state)
{
    static const struct {
        const char *sets[3], *said;
    } cases[] = {
        {{"method=ahsa"}, "method: must be random, "},
        {{"method=3"}, "method: must be"},
        {{"method=asha", "scheduler={'type': 'fifo'}"},
         "scheduler.type: the method asha has the scheduler asha, not fifo"},
        {{"method=grid", "searcher={'type': 'random'}"},
         "searcher.type: the method grid has the searcher grid, not random"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct wn_problems problems = {0};
        struct wn_job *job = NULL;

        assert_int_equal(parse_with(GOOD_JOB, cases[i].sets, &problems, &job), WN_EINVAL);
        assert_int_equal(problems.n, 1);
        if (strncmp(problems.at[0], cases[i].said, strlen(cases[i].said)) != 0)
            fail_msg("said %s", problems.at[0]);
        wn_problems_release(&problems);
    }
}

static void a_scheduler_inside_another_is_checked_and_completed(void **state)
{
    static const char *const sets[] = {
        "scheduler={'type': 'median', 'around': {'type': 'asha'}}", NULL};
    static const struct {
        const char *set, *said;
    } cases[] = {
        {"scheduler={'type': 'median', 'around': {'type': 'asha', 'reduction_factor': "
         "1}}",
         "scheduler.around.reduction_factor: 1 is below 2"},
        {"scheduler={'type': 'median', 'around': {'type': 'median'}}",
         "scheduler.around: median stands around another scheduler itself"},
        {"scheduler={'type': 'median', 'around': {'type': 'x'}}",
         "scheduler.around.type: must be fifo, "},
        {"scheduler={'type': 'median', 'around': {'type': 3}}",
         "scheduler.around.type: must be a string, not a number"},
        {"scheduler={'type': 'median', 'around': 3}", "scheduler.around: "},
    };
    struct wn_job *job = job_with(GOOD_JOB, sets);

    (void)state;
    assert_non_null(strstr(job->text, "\"grace_period\": 1")); /* ASHA's default */
    wn_job_destroy(job);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *const bad[] = {cases[i].set, NULL};
        struct wn_problems problems = {0};

        assert_int_equal(parse_with(GOOD_JOB, bad, &problems, &job), WN_EINVAL);
        if (strncmp(problems.at[0], cases[i].said, strlen(cases[i].said)) != 0)
            fail_msg("%s: said %s", cases[i].set, problems.at[0]);
        wn_problems_release(&problems);
    }
}

/* What a scheduler needs it needs inside another too. */
static void what_the_scheduler_inside_needs_is_asked_for(void **state)
{
    static const struct {
        const char *sets[4], *said;
    } cases[] = {
        {{"resource={}", "scheduler={'type': 'median', 'around': {'type': 'hyperband'}}"},
         "resource.max: this key is required by the scheduler hyperband"},
        {{"resource={}", "scheduler={'type': 'median', 'around': {'type': 'asha'}}"},
         "resource.max: this key is required by the scheduler asha"},
        {{"scheduler={'type': 'median', 'around': {'type': 'pbt'}}",
          "trial.milestone_checkpoint=0"},
         "trial.milestone_checkpoint: must be above 0: the scheduler goes on from"},
        {{"scheduler={'type': 'median', 'around': {'type': 'dehb'}}",
          "searcher={'type': 'random'}"},
         "searcher.type: the scheduler dehb works with the searcher de only"},
        {{"scheduler={'type': 'median', 'around': {'type': 'pbt'}}",
          "searcher={'type': 'sobol'}"},
         "searcher.type: the scheduler pbt works with the searcher perturb only"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct wn_problems problems = {0};
        struct wn_job *job = NULL;

        assert_int_equal(parse_with(GOOD_JOB, cases[i].sets, &problems, &job), WN_EINVAL);
        assert_int_equal(problems.n, 1);
        if (strncmp(problems.at[0], cases[i].said, strlen(cases[i].said)) != 0)
            fail_msg("%s: said %s", cases[i].sets[0], problems.at[0]);
        wn_problems_release(&problems);
    }
}

/* ... and the runner is told. */
static void whether_trials_pause_is_a_matter_of_the_scheduler_inside(void **state)
{
    static const struct {
        const char *set;
        bool pauses, needs_checkpoints;
    } cases[] = {
        {"scheduler={'type': 'median'}", false, false},
        {"scheduler={'type': 'median', 'around': {'type': 'asha'}}", true, false},
        {"scheduler={'type': 'median', 'around': {'type': 'asha', 'variant': "
         "'stopping'}}",
         false, false},
        {"scheduler={'type': 'median', 'around': {'type': 'hyperband'}}", true, false},
        {"scheduler={'type': 'median', 'around': {'type': 'dehb'}}", true, false},
        {"scheduler={'type': 'median', 'around': {'type': 'pbt'}}", true, true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *const sets[] = {cases[i].set, NULL};
        struct wn_job *job = job_with(GOOD_JOB, sets);
        struct wn_runner_config cfg = {0};

        wn_job_runner_config(job, &cfg);
        if (cfg.pauses != cases[i].pauses ||
            cfg.needs_checkpoints != cases[i].needs_checkpoints)
            fail_msg("%s: %d %d", cases[i].set, cfg.pauses, cfg.needs_checkpoints);
        wn_job_destroy(job);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_method_makes_a_job_of_its_parts),
        cmocka_unit_test(a_method_is_written_out_and_gone_in_the_canonical_text),
        cmocka_unit_test(what_the_job_says_goes_first),
        cmocka_unit_test(contradictions_and_unknown_names_are_refused),
        cmocka_unit_test(a_scheduler_inside_another_is_checked_and_completed),
        cmocka_unit_test(what_the_scheduler_inside_needs_is_asked_for),
        cmocka_unit_test(whether_trials_pause_is_a_matter_of_the_scheduler_inside),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

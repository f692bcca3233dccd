/* test_job_parse.c - what a job file may say, and what is said about mistakes. */
#include "test_job.h"

#include "base/file.h"

/* --- what is refused, word for word --- */

#define ONE_METRIC                                                                   \
    "a study has one metric; several objectives are not supported by any scheduler " \
    "or searcher yet"

struct refusal {
    const char *name;
    const char *sets[SETS_MOST]; /* over GOOD_JOB */
    const char *said[SETS_MOST]; /* all problems, in order */
};

static const struct refusal refusals[] = {
    {"a misspelt key",
     {"sheduler={}"},
     {"sheduler: unknown key; did you mean scheduler?"}},
    {"a key nothing resembles",
     {"resource.colour=1"},
     {"resource.colour: unknown key; allowed: name, max, parameter, first"}},
    {"a misspelt option of a part",
     {"scheduler={'type': 'asha', 'varant': 'stopping'}"},
     {"scheduler.varant: unknown key; did you mean variant?"}},
    {"a misspelt choice",
     {"scheduler={'type': 'asha', 'variant': 'promoton'}"},
     {"scheduler.variant: must be promotion or stopping (did you mean promotion?), not "
      "\"promoton\""}},
    {"an unknown scheduler",
     {"scheduler.type=ahsa"},
     {"scheduler.type: must be fifo ... (did you mean asha?), not \"ahsa\""}},
    {"an unknown searcher",
     {"searcher.type=bayes"},
     {"searcher.type: must be random ... not \"bayes\""}},
    {"a type that is no string",
     {"searcher.type=3"},
     {"searcher.type: must be a string, not a number"}},
    {"a section that is no object",
     {"metric='loss'"},
     {"metric: must be an object, not a string"}},
    {"two objectives as a list of metrics",
     {"metric=[{'name': 'loss'}, {'name': 'time'}]"},
     {"metric: must be one object, not a list: " ONE_METRIC}},
    {"two objectives as a list of names",
     {"metric={'name': ['loss', 'time'], 'mode': 'mx'}"},
     {"metric.name: must be one name, not a list: " ONE_METRIC,
      "metric.mode: must be min or max (did you mean max?), not \"mx\""}},
    {"two objectives as a list of modes",
     {"metric={'name': 'loss', 'mode': ['min', 'max']}"},
     {"metric.mode: must be one mode, not a list: " ONE_METRIC}},
    {"two objectives as lists of both",
     {"metric={'name': ['loss', 'time'], 'mode': ['min', 'max']}"},
     {"metric.name: must be one name, not a list: " ONE_METRIC,
      "metric.mode: must be one mode, not a list: " ONE_METRIC}},
    {"two objectives by another key, beside the metric",
     {"metrics=['loss', 'time']"},
     {"metrics: unknown key: " ONE_METRIC "; give \"metric\""}},
    {"two objectives in both ways",
     {"metrics=['loss', 'time']", "metric=['loss', 'time']", "seed=-1"},
     {"metrics: unknown key: " ONE_METRIC "; give \"metric\"",
      "seed: -1 is below 0, the smallest allowed"}},
    {"an option that has no effect",
     {"scheduler={'type': 'asha', 'grace_period': 9}"},
     {"scheduler.grace_period must be below resource.max (9): without a rung there "
      "nothing "
      "is ever decided"}},
    {"an option that has no effect inside another scheduler, and one of the searcher",
     {"scheduler={'type': 'median', 'around': {'type': 'asha', 'grace_period': 9}}",
      "searcher={'type': 'evolution', 'population': 3, 'sample_size': 4}"},
     {"scheduler.around.grace_period must be below resource.max (9): without a rung "
      "there "
      "nothing is ever decided",
      "searcher.sample_size must be at most the population (3), not 4"}},
    {"a schedule with another number of configurations than of segments",
     {"scheduler={'type': 'schedule', 'until': [3, 9]}",
      "searcher={'configurations': [{}, {}, {'lr': 0.1}]}"},
     {"searcher.configurations must be 2, one for each segment (the scheduler's until), "
      "not 3"}},
    {"the same inside another scheduler",
     {"scheduler={'type': 'median', 'around': {'type': 'schedule', 'until': [3, 9]}}",
      "searcher={'configurations': [{}, {}, {'lr': 0.1}]}"},
     {"searcher.configurations must be 2, one for each segment (the scheduler's until), "
      "not 3"}},
    {"a schedule and a configuration before it",
     {"scheduler={'type': 'schedule'}", "initial=[{}]"},
     {"initial must be [] under the scheduler schedule, whose segments have the "
      "configurations of the searcher"}},
    {"a population in which nothing happens",
     {"scheduler={'type': 'pbt', 'exploit': 'none'}", "searcher={'explore': 'none'}"},
     {"searcher.explore must not be \"none\" with the scheduler's exploit \"none\": "
      "every "
      "member would go on as it is"}},
    {"more initial configurations than members",
     {"scheduler={'type': 'pbt', 'population': 2}", "initial=[{}, {}, {}]"},
     {"scheduler.population must be at least the number of initial configurations (3), "
      "not "
      "2: a member begins with one"}},
    {"a part given as a word",
     {"scheduler=fifo"},
     {"scheduler: must be an object, not a string"}},
    {"a number below its bound",
     {"resource.max=0"},
     {"resource.max: 0 is below 1, the smallest allowed"}},
    {"half an epoch",
     {"resource.max=4.5"},
     {"resource.max: must be an integer, not 4.5"}},
    {"an integer beyond 2^53",
     {"seed=9007199254740993"},
     {"--set: '9007199254740993' is no JSON value: line 1, column 1: the integer "
      "9007199254740993 is beyond +-2^53 and would be rounded"}},
    {"a duration of nonsense",
     {"stop.time='soon'"},
     {"stop.time: must be a duration: seconds, or a text like \"90s\", \"10m\", \"12h\", "
      "not \"soon\""}},
    {"a negative duration",
     {"stop.time=-1"},
     {"stop.time: must be a duration: seconds, or a text like \"90s\", \"10m\", \"12h\", "
      "not -1"}},
    {"a name that is a path",
     {"name=../study"},
     {"name: must be 1 to 128 letters, digits, '_', '-' or '.', the first of them no '-' "
      "or '.', not \"../study\""}},
    {"a name that is an option",
     {"name=-rf"},
     {"name: must be 1 to 128 letters, digits, '_', '-' or '.', the first of them no '-' "
      "or '.', not \"-rf\""}},
    {"asha without a maximum",
     {"resource={}", "scheduler.type=asha"},
     {"resource.max: this key is required by the scheduler asha"}},
    {"a resource parameter that is not there",
     {"resource.parameter=rounds"},
     {"resource.parameter: \"rounds\" is not in the space; add the constant \"rounds\": "
      "N "
      "to it"}},
    {"a resource parameter that is misspelt",
     {"resource.parameter=epoch"},
     {"resource.parameter: \"epoch\" is not in the space; did you mean \"epochs\"?"}},
    {"a resource parameter that is tuned",
     {"resource.parameter=lr"},
     {"resource.parameter: \"lr\" is tuned by the space; the parameter that carries the "
      "maximum must be a constant"}},
    {"a resource parameter with another value",
     {"resource.parameter=epochs", "resource.max=27"},
     {"resource.parameter: \"epochs\" carries resource.max, so space.epochs must be 27"}},
    {"a resource parameter without a maximum",
     {"resource={'parameter': 'epochs'}"},
     {"resource.parameter: needs resource.max, the value that \"epochs\" is to carry"}},
    {"a metric with the resource's name",
     {"metric.name=epoch"},
     {"metric.name: \"epoch\" is the name of the resource too: a report needs two keys"}},
    {"initial configurations that are no list",
     {"initial={}"},
     {"initial: must be a list of configurations, not an object"}},
    {"an initial configuration that is no object",
     {"initial=[{}, 3]"},
     {"initial[1]: must be an object of parameters, not a number"}},
    {"metadata that is no object",
     {"metadata=[1]"},
     {"metadata: must be an object, not a list"}},
    {"several mistakes at once",
     {"resource.max=0", "seed=-1", "stop.tim=1", "space.lr.low=2"},
     {"seed: -1 is below 0, the smallest allowed",
      "resource.max: 0 is below 1, the smallest allowed",
      "stop.tim: unknown key; did you mean time?",
      "space.lr.low: must be below high (1), not 2"}},
    {"mistakes in the file and in an override",
     {"trial.runner.x=1", "seed=-1"},
     {"--set: 'trial.runner.x' cannot be set: 'trial.runner' is a string, not an object; "
      "give it as a whole",
      "seed: -1 is below 0, the smallest allowed"}},
    {"an override without a value",
     {"seed"},
     {"--set: 'seed' is not of the form KEY.KEY=VALUE, such as "
      "scheduler.variant=stopping"}},
    {"an override of nothing",
     {"=3"},
     {"--set: '=3' is not of the form KEY.KEY=VALUE, such as "
      "scheduler.variant=stopping"}},
    {"an override with an empty key",
     {"space..low=3"},
     {"--set: 'space..low=3' is not of the form KEY.KEY=VALUE, such as "
      "scheduler.variant=stopping"}},
};

/* As expected; " ... " in it stands for the names of a registry, which grows. */
static bool is_said(const char *said, const char *expected)
{
    const char *gap = strstr(expected, " ... ");
    size_t n_said = strlen(said), n_tail;

    if (!gap)
        return strcmp(said, expected) == 0;
    n_tail = strlen(gap + 5);
    return strncmp(said, expected, (size_t)(gap - expected)) == 0 && n_said >= n_tail &&
           strcmp(said + n_said - n_tail, gap + 5) == 0;
}

static void refuses_with_path_value_and_what_is_allowed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        const struct refusal *r = &refusals[i];
        struct wn_problems problems = {0};
        struct wn_job *job = NULL;
        size_t n = 0;

        if (parse_with(GOOD_JOB, r->sets, &problems, &job) != WN_EINVAL || job)
            fail_msg("%s: was accepted", r->name);
        for (; n < SETS_MOST && r->said[n]; n++) {
            if (n >= problems.n || !is_said(problems.at[n], r->said[n]))
                fail_msg("%s: said\n  %s\ninstead of\n  %s", r->name,
                         n < problems.n ? problems.at[n] : "nothing", r->said[n]);
        }
        if (problems.n != n)
            fail_msg("%s: said also\n  %s", r->name, problems.at[n]);
        wn_problems_release(&problems);
    }
}

static const struct {
    const char *text, *said;
} texts[] = {
    {"", "line 1, column 1"},
    {"[]", "a job must be a JSON object, not a list"},
    {"{'name': 'c', 'methods': {}, 'benchmarks': {}, 'seeds': 3}",
     "this is a comparison (it has methods and benchmarks): winnow compare run FILE"},
    {"{'name': 'a',\n 'name': 'b'}", "line 2, column 2"},
    {"{'name': 'a'\n 'trial': {}}", "line 2, column 2"},
    {"{'seed': 12345678901234567890}", "line 1, column 10"},
    {"{} {}", "line 1, column 4"},
};

static void names_line_and_column_of_a_syntax_error(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct wn_problems problems = {0};
        struct wn_job *job = NULL;

        assert_int_equal(parse_with(texts[i].text, NULL, &problems, &job), WN_EINVAL);
        assert_int_equal(problems.n, 1);
        if (!strstr(problems.at[0], texts[i].said))
            fail_msg("%s: said %s, not %s", texts[i].text, problems.at[0], texts[i].said);
        wn_problems_release(&problems);
    }
}

static void names_every_missing_key_once(void **state)
{
    static const char *const said[] = {
        "name: this key is required", "trial: this key is required",
        "space: this key is required", "metric: this key is required"};
    struct wn_problems problems = {0};
    struct wn_job *job = NULL;

    (void)state;
    assert_int_equal(parse_with("{}", NULL, &problems, &job), WN_EINVAL);
    assert_int_equal(problems.n, 4);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(problems.at[i], said[i]);
    wn_problems_release(&problems);
}

/* --- what is accepted --- */

static void every_key_but_four_has_a_default(void **state)
{
    struct wn_job *job = good_job(NULL);

    (void)state;
    assert_string_equal(job->name, "study");
    assert_string_equal(job->job_dir, "/jobs");
    assert_string_equal(job->metric, "loss");
    assert_false(job->is_maximised);
    assert_string_equal(job->resource, "epoch");
    assert_null(job->resource_parameter);
    assert_int_equal(job->resource_rule.first, 1);
    assert_int_equal(job->max_resource, 9);
    assert_string_equal(job->sched->name, "asha");
    assert_string_equal(job->search->name, "random");
    assert_int_equal(job->n_initial, 1);
    assert_true(job->initial[0][0].f == 0.01); /* the middle of a log scale */
    assert_int_equal(job->initial[0][1].i, 0);
    assert_int_equal(job->seed, 1);
    assert_int_equal(job->batch, 0);
    assert_int_equal(job->on_stop, WN_ON_STOP_DRAIN);
    assert_int_equal(job->max_losses, 5);
    assert_false(job->keeps_all);
    assert_int_equal(job->checkpoint_every, 0);
    assert_int_equal(wn_json_size(job->metadata), 0);
    wn_job_destroy(job);
}

static void without_a_maximum_the_scheduler_is_fifo(void **state)
{
    struct wn_job *job = good_job("resource={}");

    (void)state;
    assert_string_equal(job->sched->name, "fifo");
    assert_true(job->max_resource == INT64_MAX);
    wn_job_destroy(job);
}

static void a_schedule_has_no_initial_configuration_of_its_own(void **state)
{
    static const char *const sets[] = {"scheduler={'type': 'schedule', 'until': [3, 9]}",
                                       "searcher={'configurations': [{}, {'lr': 0.1}]}",
                                       NULL};
    struct wn_job *job = job_with(GOOD_JOB, sets);

    (void)state;
    assert_int_equal(job->n_initial, 0);
    assert_non_null(strstr(job->text, "\"initial\": []"));
    wn_job_destroy(job);
    job = good_job(NULL);
    assert_int_equal(job->n_initial, 1);
    wn_job_destroy(job);
}

/* What is refused in a new job may stand in an older journal. */
/* What was written for `brackets` left out, before it became left out itself. */
static void an_older_hyperband_goes_on_with_its_job(void **state)
{
    static const char at[] = "\"reduction_factor\": 3,";
    static const char *const sets[] = {"scheduler={'type': 'hyperband'}", NULL};
    struct wn_job *job = job_with(GOOD_JOB, sets), *older = NULL;
    const char *place = strstr(job->text, at);
    struct wn_problems problems = {0};
    struct wn_buf text = {0};
    struct wn_error err = {0};
    bool is_amended = true;

    (void)state;
    assert_non_null(place);
    wn_buf_add(&text, job->text, (size_t)(place - job->text));
    wn_buf_addf(&text, "%s \"brackets\": 0,%s", at, place + strlen(at));
    if (wn_job_parse_canonical(wn_buf_text(&text), "/jobs", &older, &err) != WN_OK)
        fail_msg("%s", err.text);
    assert_int_equal(wn_job_compare(older, job, &is_amended, &problems, &err), WN_OK);
    assert_int_equal(problems.n, 0);
    assert_false(is_amended);
    wn_buf_release(&text);
    wn_job_destroy(older);
    wn_job_destroy(job);
}

static void a_study_begun_with_what_is_refused_now_is_opened(void **state)
{
    static const char *const sets[] = {
        "scheduler.grace_period=2", "searcher={'type': 'evolution', 'sample_size': 99}",
        NULL};
    struct wn_job *job = job_with(GOOD_JOB, sets), *older = NULL;
    char *grace = strstr(job->text, "\"grace_period\": 2");
    char *sample = strstr(job->text, "\"population\": 100");
    struct wn_study_config cfg;
    struct wn_study *study = NULL;
    struct wn_error err = {0};

    (void)state;
    assert_true(grace && sample);
    grace[strlen("\"grace_period\": ")] = '9';
    memcpy(sample, "\"population\": 050", strlen("\"population\": 050"));
    sample[strlen("\"population\": ")] = ' ';
    assert_int_equal(wn_job_parse_canonical(job->text, "/jobs", &older, &err), WN_OK);
    cfg = wn_job_study_config(older);
    if (wn_study_create(&cfg, &study, &err) != WN_OK)
        fail_msg("%s", err.text);
    wn_study_destroy(study);
    wn_job_destroy(older);
    wn_job_destroy(job);
}

/* Of a job that is accepted `check --json` prints one that is. */
static void a_job_written_out_in_full_is_accepted(void **state)
{
    static const char *const schedulers[] = {
        "scheduler={'type': 'pbt', 'quantile': 0.3}",
        "scheduler={'type': 'hyperband', 'brackets': 1}",
        "scheduler={'type': 'asha', 'rung_levels': [2, 4]}",
        "scheduler={'type': 'median', 'around': {'type': 'dehb', 'brackets': 1}}",
        "scheduler={'type': 'schedule', 'until': [3, 9]}"};
    static const char *const searchers[] = {
        "searcher={'explore': 'none'}", "searcher={'type': 'kde', 'random_fraction': 1}",
        "searcher={'type': 'evolution', 'population': 3}", "searcher={}", "searcher={}"};

    (void)state;
    for (size_t i = 0; i < sizeof schedulers / sizeof schedulers[0]; i++) {
        const char *const sets[] = {schedulers[i], searchers[i], NULL};
        struct wn_job *job = job_with(GOOD_JOB, sets);
        struct wn_job *again = job_with(job->text, NULL);

        assert_string_equal(again->text, job->text);
        wn_job_destroy(job);
        wn_job_destroy(again);
    }
}

static void the_canonical_text_gives_the_same_text_again(void **state)
{
    static const char *const sets[] = {"stop.time=10m", "metadata={'b': [1, {}], 'a': 2}",
                                       "initial=[{'lr': 0.5}, {'opt': 'adam'}]",
                                       "scheduler.variant=stopping", NULL};
    struct wn_job *job = job_with(GOOD_JOB, sets), *again = NULL;
    struct wn_error err = {0};

    (void)state;
    if (wn_job_parse_canonical(job->text, "/elsewhere", &again, &err) != WN_OK)
        fail_msg("%s\n%s", err.text, job->text);
    assert_string_equal(again->text, job->text);
    assert_true(wn_values_ms(again->stop, "time") == 600000);
    assert_int_equal(again->n_initial, 2);
    assert_memory_equal(again->initial[1], job->initial[1], 2 * sizeof **job->initial);
    assert_true(wn_space_fingerprint(again->space) == wn_space_fingerprint(job->space));
    wn_job_destroy(again);
    wn_job_destroy(job);
}

static void job_dir_stands_for_the_folder_of_the_job(void **state)
{
    static const char job_text[] =
        "{'name': 's', 'trial': {'command': ['{job_dir}/../bin/{job_dir}', "
        "'{job_dir}/a', 'b/c']}, 'space': {'data': '{job_dir}/d', 'x': "
        "{'type': 'int', 'low': 1, 'high': 2}}, 'metric': {'name': 'm'}}";
    static const struct {
        const char *set, *word;
    } programs[] = {
        {"trial.command=['{job_dir}/bin/true']", "/usr/bin/true"},
        {"trial.command=['bin/true']", "/usr/bin/true"},
        {"trial.command=['/bin/true']", "/bin/true"},
        {"trial.command=['true']", "true"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++) {
        char *text = with_quotes(job_text), *set = with_quotes(programs[i].set);
        const char *const sets[] = {set};
        struct wn_problems problems = {0};
        struct wn_job *job = NULL;
        struct wn_error err = {0};
        size_t n;

        if (wn_job_parse(text, strlen(text), "/usr", sets, 1, &problems, &job, &err) !=
            WN_OK)
            fail_msg("%s: %s", set, err.text);
        assert_string_equal(wn_values_strings(job->trial, "command", &n)[0],
                            programs[i].word);
        wn_job_destroy(job);
        wn_free(set);
        wn_free(text);
    }
}

static void words_and_constants_have_the_folder_put_in(void **state)
{
    static const char *const sets[] = {
        "trial={'command': ['/bin/true', '{job_dir}/a', 'b/c', '{job_dir}:{job_dir}']}",
        "space.data='{job_dir}/d'",
        "space.opt={'type': 'categorical', 'values': ['a', '{job_dir}/b']}",
        "initial=[{'opt': '{job_dir}/b'}]", NULL};
    static const char *const wanted[] = {"/bin/true", "/jobs/a", "b/c", "/jobs:/jobs"};
    struct wn_job *job = job_with(GOOD_JOB, sets);
    const struct wn_json *space = wn_json_get(job->root, "space");
    size_t n;
    const char *const *words = wn_values_strings(job->trial, "command", &n);

    (void)state;
    assert_int_equal(n, 4);
    for (size_t i = 0; i < n; i++)
        assert_string_equal(words[i], wanted[i]);
    assert_string_equal(wn_json_string(wn_json_get(space, "data")), "/jobs/d");
    assert_int_equal(job->initial[0][1].i, 1);
    wn_job_destroy(job);
}

/* --- overrides --- */

static void an_override_reaches_what_the_file_lacks(void **state)
{
    static const char *const sets[] = {
        "scheduler.type=asha", "scheduler.variant=stopping",
        "checkpoint.every=2",  "space.lr.high=0.5",
        "metric.mode=max",     NULL};
    struct wn_job *job = job_with(GOOD_JOB, sets);

    (void)state;
    assert_string_equal(wn_values_string(job->sched_options, "variant"), "stopping");
    assert_int_equal(job->checkpoint_every, 2);
    assert_true(wn_space_param(job->space, 0)->high == 0.5);
    assert_true(job->is_maximised);
    wn_job_destroy(job);
}

static void an_override_finds_names_with_dots(void **state)
{
    static const char *const sets[] = {"space.layer.1.width.high=7", NULL};
    struct wn_job *job = job_with(
        "{'name': 's', 'trial': {'runner': 'function'}, 'space': {'layer.1.width': "
        "{'type': 'int', 'low': 1, 'high': 3}, 'layer': 1}, 'metric': {'name': 'm'}}",
        sets);

    (void)state;
    assert_true(wn_space_param(job->space, 0)->high == 7);
    wn_job_destroy(job);
}

/* --- the file --- */

static void reads_a_file_and_knows_its_folder(void **state)
{
    static const char *const wrong[] = {"none.json", "none/job.json", "job.json/x", "."};
    char dir[] = "/tmp/wn-job-XXXXXX", path[64], link_path[64];
    struct wn_problems problems = {0};
    struct wn_error err = {0};
    struct wn_job *job = NULL;
    char *text = with_quotes(GOOD_JOB);

    (void)state;
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/job.json", dir);
    assert_int_equal(wn_file_replace(path, text, strlen(text), &err), WN_OK);
    if (wn_job_read(path, NULL, 0, &problems, &job, &err) != WN_OK)
        fail_msg("%s", err.text);
    assert_string_equal(job->job_dir, dir);
    wn_job_destroy(job);

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        snprintf(link_path, sizeof link_path, "%s/%s", dir, wrong[i]);
        err = (struct wn_error){0};
        assert_int_equal(wn_job_read(link_path, NULL, 0, &problems, &job, &err),
                         WN_EINVAL);
        assert_int_equal(err.status, WN_EINVAL);
        assert_non_null(strstr(err.text, dir));
        assert_int_equal(problems.n, 0);
        assert_int_equal(wn_job_read(link_path, NULL, 0, &problems, &job, NULL),
                         WN_EINVAL);
    }
    assert_int_equal(wn_dir_remove(dir, &err), WN_OK);
    wn_free(text);
}

static void survives_the_failure_of_any_allocation(void **state)
{
    static const char *const sets[] = {
        "seed=2",       "initial=[{'lr': 0.5}, {}]", "searcher.typ=x",
        "stop.time=1m", "searcher.type=grid",        NULL};
    char *text = with_quotes(GOOD_JOB);
    enum wn_status rc = WN_ENOMEM;

    (void)state;
    for (size_t with_mistake = 0; with_mistake < 2; with_mistake++) {
        uint64_t n = 1;

        for (rc = WN_ENOMEM; rc == WN_ENOMEM; n++) {
            struct wn_problems problems = {0};
            struct wn_job *job = NULL;
            struct wn_error err = {0};

            wn_mem_fail_after(n);
            rc = wn_job_parse(text, strlen(text), "/jobs",
                              with_mistake ? &sets[2] : &sets[3], 1, &problems, &job,
                              &err);
            wn_mem_fail_after(0);
            if (rc == WN_OK)
                assert_non_null(job);
            else
                assert_null(job);
            wn_job_destroy(job);
            wn_problems_release(&problems);
        }
        assert_int_equal(rc, with_mistake ? WN_EINVAL : WN_OK);
        assert_true(n > 50);
    }
    wn_free(text);
}

/* What a simulation or a plan without a limit of its own must know. */
static void whether_a_study_has_an_end_is_known(void **state)
{
    static const struct {
        const char *sets[3];
        bool has_end;
    } rows[] = {
        {{NULL}, false},
        {{"method=asha"}, false},
        {{"method=asha", "stop.time=12h"}, true},
        {{"stop.trials_started=5"}, true},
        {{"stop.metric=0.1"}, false}, /* perhaps never */
        {{"stop.trials_failed=3"}, false},
        {{"method=pbt"}, true},
        {{"method=asha", "space.lr=0.1"}, true}, /* two configurations are left */
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct wn_problems problems = {0};
        struct wn_job *job = NULL;
        bool has_end = !rows[i].has_end;

        assert_int_equal(parse_with(GOOD_JOB, rows[i].sets, &problems, &job), WN_OK);
        assert_int_equal(wn_job_has_end(job, &has_end, NULL), WN_OK);
        if (has_end != rows[i].has_end)
            fail_msg("row %zu", i);
        wn_job_destroy(job);
        wn_problems_release(&problems);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_with_path_value_and_what_is_allowed),
        cmocka_unit_test(names_line_and_column_of_a_syntax_error),
        cmocka_unit_test(names_every_missing_key_once),
        cmocka_unit_test(every_key_but_four_has_a_default),
        cmocka_unit_test(without_a_maximum_the_scheduler_is_fifo),
        cmocka_unit_test(a_schedule_has_no_initial_configuration_of_its_own),
        cmocka_unit_test(an_older_hyperband_goes_on_with_its_job),
        cmocka_unit_test(a_study_begun_with_what_is_refused_now_is_opened),
        cmocka_unit_test(a_job_written_out_in_full_is_accepted),
        cmocka_unit_test(the_canonical_text_gives_the_same_text_again),
        cmocka_unit_test(job_dir_stands_for_the_folder_of_the_job),
        cmocka_unit_test(words_and_constants_have_the_folder_put_in),
        cmocka_unit_test(an_override_reaches_what_the_file_lacks),
        cmocka_unit_test(an_override_finds_names_with_dots),
        cmocka_unit_test(reads_a_file_and_knows_its_folder),
        cmocka_unit_test(survives_the_failure_of_any_allocation),
        cmocka_unit_test(whether_a_study_has_an_end_is_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

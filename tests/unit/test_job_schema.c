/* test_job_schema.c - the schema, the job files of jobs/, and what `winnow check` shows. */
#include "test_job.h"

#include "base/file.h"

static void the_stored_schema_is_current(void **state)
{
    struct wn_buf schema = {0};
    struct wn_error err = {0};
    char *stored = NULL;
    size_t n;

    (void)state;
    assert_int_equal(wn_job_schema(&schema, &err), WN_OK);
    if (wn_file_read(WN_SOURCE_DIR "/jobs/schema.json", 1 << 24, &stored, &n, &err) !=
        WN_OK)
        fail_msg("%s", err.text);
    if (strcmp(stored, schema.at) != 0)
        fail_msg("jobs/schema.json is not what the option tables say: run `winnow check "
                 "--schema > jobs/schema.json`");
    wn_free(stored);
    wn_buf_release(&schema);
}

/* Every key of the canonical job is a property of the schema, section by section. */
static void check_keys(const struct wn_json *job, const struct wn_json *schema)
{
    const struct wn_json *properties = wn_json_get(schema, "properties");

    for (const struct wn_json *m = wn_json_first(job); m; m = wn_json_next(m))
        if (!wn_json_get(properties, wn_json_key(m)))
            fail_msg("the schema lacks %s", wn_json_key(m));
}

/* The alternative of a section whose `key` is the constant `name`. */
static const struct wn_json *form_of(const struct wn_json *section,
                                     const char *key,
                                     const char *name)
{
    for (const struct wn_json *form = wn_json_first(wn_json_get(section, "anyOf")); form;
         form = wn_json_next(form)) {
        const struct wn_json *type = wn_json_get(wn_json_get(form, "properties"), key);

        if (strcmp(wn_json_string(wn_json_get(type, "const")), name) == 0)
            return form;
    }
    fail_msg("the schema has no form with %s %s", key, name);
    return NULL;
}

static void the_schema_has_every_key_a_job_can_have(void **state)
{
    struct wn_job *job = good_job("resource.parameter=epochs");
    struct wn_buf text = {0};
    struct wn_json *schema = NULL;
    struct wn_error err = {0};
    const struct wn_json *top;

    (void)state;
    assert_int_equal(wn_job_schema(&text, &err), WN_OK);
    assert_int_equal(wn_json_parse(text.at, text.n, &schema, &err), WN_OK);
    check_keys(job->root, schema);
    top = wn_json_get(schema, "properties");
    check_keys(wn_json_get(job->root, "metric"), wn_json_get(top, "metric"));
    check_keys(wn_json_get(job->root, "resource"), wn_json_get(top, "resource"));
    check_keys(wn_json_get(job->root, "stop"), wn_json_get(top, "stop"));
    check_keys(wn_json_get(job->root, "checkpoint"), wn_json_get(top, "checkpoint"));
    check_keys(wn_json_get(job->root, "trial"),
               form_of(wn_json_get(top, "trial"), "runner", "function"));
    check_keys(wn_json_get(job->root, "scheduler"),
               form_of(wn_json_get(top, "scheduler"), "type", "asha"));
    check_keys(wn_json_get(job->root, "searcher"),
               form_of(wn_json_get(top, "searcher"), "type", "random"));
    assert_int_equal(wn_json_size(wn_json_get(schema, "required")), 4);
    wn_json_destroy(schema);
    wn_buf_release(&text);
    wn_job_destroy(job);
}

static void a_job_is_described_with_its_ranges_rungs_and_ends(void **state)
{
    static const char *const sets[] = {
        "space.n={'type': 'int', 'low': 1, 'high': 5, 'when': {'opt': 'adam'}}",
        "space.b={'type': 'ordinal', 'values': [16, 64]}", "stop.time=90s", NULL};
    static const char *const wanted[] = {
        "job study: minimise loss, at most epoch 9, seed 1\n",
        "  name  type         default     low  high  transform         condition\n",
        "  lr    float           0.01  0.0001     1  log\n",
        "  opt   categorical      sgd       -     -  sgd | adam\n",
        "  n     int                -       1     5  linear            opt = adam\n",
        "  b     ordinal           16      16    64  nearest: 16 < 64\n",
        "constants\n  epochs  9\n",
        ("  asha variant=promotion grace_period=1 reduction_factor=3 rung_increment=- "
         "rung_levels=- brackets=1 rung_system_per_bracket=false "),
        "  1 initial configuration\n",
        "stop\n  time 1 min 30 s\n",
    };
    struct wn_job *job = job_with(GOOD_JOB, sets);
    struct wn_buf text = {0};
    struct wn_error err = {0};

    (void)state;
    assert_int_equal(wn_job_describe(job, &text, &err), WN_OK);
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        if (!strstr(text.at, wanted[i]))
            fail_msg("%sis not in\n%s", wanted[i], text.at);
    wn_buf_release(&text);
    wn_job_destroy(job);
}

static void a_finite_space_says_how_many_configurations_it_has(void **state)
{
    struct wn_job *job =
        good_job("space={'a': {'type': 'int', 'low': 1, 'high': 3}, 'b': "
                 "{'type': 'categorical', 'values': [true, null]}}");
    struct wn_buf text = {0};
    struct wn_error err = {0};

    (void)state;
    assert_int_equal(wn_job_describe(job, &text, &err), WN_OK);
    assert_non_null(strstr(text.at, "\n  6 configurations\n"));
    assert_non_null(strstr(text.at, "no criterion"));
    wn_buf_release(&text);
    wn_job_destroy(job);
}

static void the_searcher_says_how_many_configurations_there_are(void **state)
{
    static const char *const reals = "space={'a': {'type': 'float', 'low': 1, 'high': 3},"
                                     " 'b': {'type': 'categorical', 'values': [1, 2]}}";
    static const char *const bits =
        "space={'b': {'type': 'categorical', 'values': [1, 2]}}";
    const struct {
        const char *space, *searcher, *wanted; /* NULL: no number */
    } cases[] = {
        {reals, "searcher={'type': 'grid', 'num_samples': 5}", "\n  10 configurations\n"},
        {bits, "searcher={'type': 'grid'}", "\n  2 configurations\n"},
        {reals, "searcher={'type': 'random'}", NULL},
        {bits, "searcher={'type': 'random', 'allow_duplicates': true}", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *const sets[] = {cases[i].space, cases[i].searcher, NULL};
        struct wn_job *job = job_with(GOOD_JOB, sets);
        struct wn_buf text = {0};
        struct wn_error err = {0};

        assert_int_equal(wn_job_describe(job, &text, &err), WN_OK);
        if (!strstr(text.at, cases[i].wanted ? cases[i].wanted : " configurations\n") ==
            (cases[i].wanted != NULL))
            fail_msg("%s: %s", cases[i].searcher, text.at);
        wn_buf_release(&text);
        wn_job_destroy(job);
    }
}

static void survives_the_failure_of_any_allocation(void **state)
{
    struct wn_job *job = good_job(NULL);

    (void)state;
    for (int what = 0; what < 2; what++) {
        enum wn_status rc = WN_ENOMEM;
        uint64_t n = 1;

        for (; rc == WN_ENOMEM; n++) {
            struct wn_buf text = {0};
            struct wn_error err = {0};

            wn_mem_fail_after(n);
            rc = what ? wn_job_schema(&text, &err) : wn_job_describe(job, &text, &err);
            wn_mem_fail_after(0);
            wn_buf_release(&text);
        }
        assert_int_equal(rc, WN_OK);
        assert_true(n > 30);
    }
    wn_job_destroy(job);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_stored_schema_is_current),
        cmocka_unit_test(the_schema_has_every_key_a_job_can_have),
        cmocka_unit_test(a_job_is_described_with_its_ranges_rungs_and_ends),
        cmocka_unit_test(a_finite_space_says_how_many_configurations_it_has),
        cmocka_unit_test(the_searcher_says_how_many_configurations_there_are),
        cmocka_unit_test(survives_the_failure_of_any_allocation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What is told of a benchmark file, and the job that is made of it. */
#include "test_space.h"

#include "base/file.h"
#include "job/job.h"
#include "report/benchmark.h"

#define TABLE WN_SOURCE_DIR "/examples/data/taskset.h5"
#define LISTS WN_SOURCE_DIR "/tests/fuzz/corpus/benchmark/contiguous"

static struct wn_benchmark *open_file(const char *path)
{
    struct wn_benchmark *b = NULL;
    struct wn_error err = {0};

    if (wn_benchmark_open(path, NULL, &b, &err) != WN_OK)
        fail_msg("%s", err.text);
    return b;
}

static struct wn_json *job_of(const struct wn_benchmark *b, const char *metric)
{
    struct wn_json *job = NULL;
    struct wn_error err = {0};

    if (wn_report_benchmark_job(b, TABLE, metric, &job, &err) != WN_OK)
        fail_msg("%s", err.text);
    return job;
}

static void the_shipped_table_says_where_it_is_from(void **state)
{
    struct wn_benchmark *b = open_file(TABLE);

    (void)state;
    assert_string_equal(b->license, "Apache-2.0");
    assert_non_null(strstr(b->provenance, "google-research TaskSet"));
    assert_int_equal(b->n_configs, 400);
    assert_int_equal(b->n_fidelities, 51);
    assert_true(b->elapsed->is_synthetic);
    wn_benchmark_destroy(b);
}

static void a_job_of_it_is_in_order(void **state)
{
    struct wn_benchmark *b = open_file(TABLE);
    struct wn_json *job = job_of(b, NULL);
    struct wn_problems problems = {0};
    struct wn_job *parsed = NULL;
    struct wn_buf text = {0};
    struct wn_error err = {0};

    (void)state;
    assert_string_equal(wn_json_string(wn_json_get(wn_json_get(job, "metric"), "name")),
                        "valid_loss");
    wn_json_print(job, &text);
    if (wn_job_parse(text.at, text.n, "/", NULL, 0, &problems, &parsed, &err) != WN_OK)
        fail_msg("%s", problems.n ? problems.at[0] : err.text);
    assert_string_equal(parsed->runner->name, "table");
    wn_job_destroy(parsed);
    wn_buf_release(&text);
    wn_json_destroy(job);
    job = job_of(b, "test_loss");
    assert_string_equal(wn_json_string(wn_json_get(wn_json_get(job, "metric"), "name")),
                        "test_loss");
    wn_json_destroy(job);
    wn_benchmark_destroy(b);
}

static void what_cannot_be_tuned_by_is_refused(void **state)
{
    static const struct {
        const char *metric, *wanted;
    } rows[] = {{"elapsed_time", "'elapsed_time' is no metric to tune by; there is loss"},
                {"los", "'los' is no metric to tune by; there is loss"}};
    struct wn_benchmark *b = open_file(LISTS);

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct wn_json *job = NULL;
        struct wn_error err = {0};

        assert_int_equal(wn_report_benchmark_job(b, LISTS, rows[i].metric, &job, &err),
                         WN_EINVAL);
        assert_string_equal(err.text, rows[i].wanted);
    }
    wn_benchmark_destroy(b);
}

/* The best at the end is a mean over seeds: of 0..17 in [3][2][3] that of 2 and 5. */
static void best_values_are_told(void **state)
{
    struct wn_benchmark *b = open_file(LISTS);
    struct wn_json *json = NULL;
    const struct wn_json *metric;
    struct wn_buf text = {0};
    struct wn_error err = {0};

    (void)state;
    assert_int_equal(wn_report_benchmark_json(b, &json, &err), WN_OK);
    metric = wn_json_at(wn_json_get(json, "metrics"), 1);
    assert_string_equal(wn_json_string(wn_json_get(metric, "name")), "loss");
    assert_true(wn_json_number(wn_json_get(metric, "best")) == 0);
    assert_true(wn_json_number(wn_json_get(metric, "best_at_the_end")) == 3.5);
    assert_true(wn_json_number(wn_json_get(json, "mean_training_seconds")) == 3);
    assert_string_equal(wn_json_string(wn_json_get(json, "space")), "sample");
    wn_json_destroy(json);
    assert_int_equal(wn_report_benchmark(b, (struct wn_report_style){0}, &text, &err),
                     WN_OK);
    assert_non_null(strstr(wn_buf_text(&text), "3 configurations x 2 seeds x 3 fidelit"));
    wn_buf_release(&text);
    wn_benchmark_destroy(b);
}

static void survives_the_failure_of_any_allocation(void **state)
{
    struct wn_benchmark *b = open_file(LISTS);
    bool is_through = false;

    (void)state;
    for (uint64_t n = 1; !is_through; n++) {
        struct wn_json *json = NULL, *job = NULL;
        struct wn_buf text = {0};
        struct wn_error err = {0};
        enum wn_status rc;

        wn_mem_fail_after(n);
        rc = wn_report_benchmark(b, (struct wn_report_style){0}, &text, &err);
        if (rc == WN_OK && !text.failed)
            rc = wn_report_benchmark_json(b, &json, &err);
        if (rc == WN_OK && !text.failed)
            rc = wn_report_benchmark_job(b, LISTS, NULL, &job, &err);
        wn_mem_fail_after(0);
        is_through = rc == WN_OK && !text.failed;
        if (rc != WN_OK && rc != WN_ENOMEM)
            fail_msg("allocation %llu: %d, %s", (unsigned long long)n, rc, err.text);
        wn_json_destroy(json);
        wn_json_destroy(job);
        wn_buf_release(&text);
    }
    wn_benchmark_destroy(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_shipped_table_says_where_it_is_from),
        cmocka_unit_test(a_job_of_it_is_in_order),
        cmocka_unit_test(what_cannot_be_tuned_by_is_refused),
        cmocka_unit_test(best_values_are_told),
        cmocka_unit_test(survives_the_failure_of_any_allocation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

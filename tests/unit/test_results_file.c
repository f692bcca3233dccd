/* test_results_file.c - results.h5 as its readers see it. */
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <hdf5.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "results/results.h"
#include "trial/member.h"

#define assert_ok(call, err)                                                    \
    do {                                                                        \
        enum wn_status status_ = (call);                                        \
        if (status_ != WN_OK)                                                   \
            fail_msg("%s: %s: %s", #call, wn_status_name(status_), (err).text); \
    } while (0)

static const char space_text[] =
    "{\"optimizer\": {\"type\": \"categorical\", \"values\": [\"sgd\", \"adam\"]},"
    " \"lr\": {\"type\": \"float\", \"low\": 1e-4, \"high\": 1, \"scale\": \"log\"},"
    " \"momentum\": {\"type\": \"float\", \"low\": 0, \"high\": 0.99,"
    "                \"when\": {\"optimizer\": \"sgd\"}},"
    " \"width\": {\"type\": \"int\", \"low\": 8, \"high\": 256},"
    " \"batch\": {\"type\": \"ordinal\", \"values\": [16, 32, 64]},"
    " \"size\": {\"type\": \"ordinal\", \"values\": [\"small\", \"large\"]}}";

struct study {
    char dir[WN_PATH_MAX - 32], path[WN_PATH_MAX];
    struct wn_space *space;
    struct wn_history *history;
};

static int set_up(void **state)
{
    const char *root = getenv("TMPDIR");
    struct study *study = wn_alloc(sizeof *study);
    struct wn_history_config cfg = {
        .metric = "accuracy", .is_maximised = true, .max_resource = 27};
    struct wn_problems problems = {0};
    struct wn_json *json = NULL;
    struct wn_error err;

    snprintf(study->dir, sizeof study->dir, "%s/wn-test-XXXXXX",
             root && *root ? root : "/tmp");
    assert_non_null(mkdtemp(study->dir));
    snprintf(study->path, sizeof study->path, "%s/results.h5", study->dir);
    assert_ok(wn_json_parse(space_text, strlen(space_text), &json, &err), err);
    assert_ok(wn_space_parse(json, NULL, &problems, &study->space, &err), err);
    assert_non_null(study->space);
    wn_json_destroy(json);
    wn_problems_release(&problems);
    cfg.space = study->space;
    assert_ok(wn_history_create(&cfg, &study->history, &err), err);
    *state = study;
    return 0;
}

static int tear_down(void **state)
{
    struct study *study = *state;
    enum wn_status rc = wn_dir_remove(study->dir, NULL);

    wn_history_destroy(study->history);
    wn_space_destroy(study->space);
    wn_free(study);
    return rc == WN_OK ? 0 : 1;
}

static void apply(struct study *study, struct wn_event event)
{
    struct wn_error err;

    assert_ok(wn_history_apply(study->history, &event, &err), err);
}

static void plan_member(struct study *study,
                        uint32_t trial,
                        struct wn_member member,
                        uint32_t parent)
{
    struct wn_event event = {
        .kind = WN_EVENT_PLANNED,
        .trial = trial,
        .planned = {.milestone = 12, .parent = parent, .tag = wn_member_tag(member)}};

    if (parent != WN_TRIAL_NONE)
        event.planned.source = (struct wn_generation){.trial = parent, .resource = 9};
    apply(study, event);
}

static void plan(struct study *study, uint32_t trial)
{
    apply(study, (struct wn_event){.kind = WN_EVENT_PLANNED,
                                   .time_ms = 10 * (int64_t)trial,
                                   .trial = trial,
                                   .planned = {.milestone = 1, .parent = WN_TRIAL_NONE}});
}

static void configure(struct study *study, uint32_t trial, bool is_sgd)
{
    union wn_cell cells[] = {
        {.i = is_sgd ? 0 : 1}, {.f = 0.01}, {.f = 0.5}, {.i = 64}, {.i = 2}, {.i = 1}};

    if (!is_sgd)
        cells[2].i = WN_CELL_OFF;
    apply(study,
          (struct wn_event){
              .kind = WN_EVENT_CONFIGURED,
              .trial = trial,
              .configured = {.origin = WN_ORIGIN_SEARCH, .n_cells = 6, .cells = cells}});
}

static void report(struct study *study,
                   uint32_t trial,
                   int64_t resource,
                   double accuracy,
                   const char *other)
{
    struct wn_metric metrics[] = {{"accuracy", accuracy}, {other, 2.5}};

    apply(study, (struct wn_event){.kind = WN_EVENT_REPORTED,
                                   .time_ms = 1000 * resource + trial,
                                   .trial = trial,
                                   .reported = {.resource = resource,
                                                .elapsed_ms = 500 * resource,
                                                .cost_ms = 400,
                                                .n_metrics = other ? 2 : 1,
                                                .metrics = metrics,
                                                .is_milestone = true,
                                                .milestone = 27}});
}

static void fill(struct study *study)
{
    for (uint32_t trial = 0; trial < 4; trial++)
        plan(study, trial);
    configure(study, 0, true);
    configure(study, 1, false);
    configure(study, 2, true);
    report(study, 0, 1, 0.5, NULL);
    report(study, 1, 1, 0.75, "loss/train");
    report(study, 0, 3, 0.625, "");
    report(study, 0, 9, 0.5625, NULL);
    apply(study, (struct wn_event){.kind = WN_EVENT_ENDED,
                                   .time_ms = 9999,
                                   .trial = 2,
                                   .ended = {.how = WN_END_FAILED,
                                             .failure = WN_FAILURE_EXIT,
                                             .text = "exit code 3: \xc3\xbc"}});
}

static const struct wn_rung_row rungs[] = {{1000, 1, 1, 0, 0}, {2000, 1, 2, 1, 0}};

static struct wn_results *snapshot(const struct study *study)
{
    struct wn_results_input in = {.history = study->history,
                                  .study = "digits",
                                  .metric = "accuracy",
                                  .resource = "epoch",
                                  .job_text = "{\"name\":\"digits\"}",
                                  .program_version = "0.1.0",
                                  .rungs = rungs,
                                  .n_rungs = 2,
                                  .time_ms = 12345};
    struct wn_results *results = NULL;
    struct wn_error err;

    assert_ok(wn_results_snapshot(&in, &results, &err), err);
    return results;
}

static void write_results(const struct study *study)
{
    struct wn_results *results = snapshot(study);
    struct wn_error err;

    assert_ok(wn_results_write(results, study->path, NULL, NULL, &err), err);
    wn_results_destroy(results);
}

/* Rows of a column read as doubles or whatever `type` says. */
static size_t read_column(const struct study *study,
                          const char *name,
                          hid_t type,
                          void *data,
                          size_t room_bytes)
{
    hid_t file = H5Fopen(study->path, H5F_ACC_RDONLY, H5P_DEFAULT);
    hid_t dataset, space;
    hssize_t n;

    assert_true(file >= 0);
    dataset = H5Dopen2(file, name, H5P_DEFAULT);
    if (dataset < 0)
        fail_msg("there is no %s", name);
    space = H5Dget_space(dataset);
    n = H5Sget_simple_extent_npoints(space);
    assert_true(n >= 0 && (size_t)n * H5Tget_size(type) <= room_bytes);
    assert_true(H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) >= 0);
    H5Sclose(space);
    H5Dclose(dataset);
    H5Fclose(file);
    return (size_t)n;
}

static void expect_doubles(const struct study *study,
                           const char *name,
                           const double *expected,
                           size_t n)
{
    double got[16];
    size_t n_got = read_column(study, name, H5T_NATIVE_DOUBLE, got, sizeof got);

    if (n_got != n)
        fail_msg("%s has %zu rows, not %zu", name, n_got, n);
    for (size_t i = 0; i < n; i++)
        if (!(got[i] == expected[i] || (isnan(got[i]) && isnan(expected[i]))))
            fail_msg("%s[%zu] is %g, not %g", name, i, got[i], expected[i]);
}

static void holds_every_trial_report_and_configuration(void **state)
{
    struct study *study = *state;
    const double nan_ = (double)NAN;

    fill(study);
    write_results(study);
#define EXPECT(name, ...)                                      \
    expect_doubles(study, name, (const double[]){__VA_ARGS__}, \
                   sizeof((const double[]){__VA_ARGS__}) / sizeof(double))
    EXPECT("trials/trial", 0, 1, 2, 3);
    EXPECT("trials/member", -1, -1, -1, -1);
    EXPECT("trials/start", 0, 0, 0, 0);
    EXPECT("trials/parent", -1, -1, -1, -1);
    EXPECT("trials/best", 0.625, 0.75, nan_, nan_);
    EXPECT("trials/best_resource", 3, 1, -1, -1);
    EXPECT("trials/resource", 9, 1, 0, 0);
    EXPECT("trials/n_reports", 3, 1, 0, 0);
    EXPECT("trials/planned_ms", 0, 10, 20, 30);
    EXPECT("trials/ended_ms", -1, -1, 9999, -1);
    EXPECT("configurations/optimizer", 0, 1, 0, -1);
    EXPECT("configurations/lr", 0.01, 0.01, 0.01, nan_);
    EXPECT("configurations/momentum", 0.5, nan_, 0.5, nan_);
    EXPECT("configurations/width", 64, 64, 64, nan_);
    EXPECT("configurations/batch", 64, 64, 64, nan_);
    EXPECT("configurations/size", 1, 1, 1, -1);
    EXPECT("reports/trial", 0, 0, 0, 1);
    EXPECT("reports/resource", 1, 3, 9, 1);
    EXPECT("reports/value", 0.5, 0.625, 0.5625, 0.75);
    EXPECT("reports/time_ms", 1000, 3000, 9000, 1001);
    EXPECT("reports/cost_ms", 400, 400, 400, 400);
    EXPECT("metrics/accuracy", 0.5, 0.625, 0.5625, 0.75);
    EXPECT("metrics/loss%2Ftrain", nan_, nan_, nan_, 2.5);
    EXPECT("metrics/%", nan_, 2.5, nan_, nan_);
    EXPECT("rungs/n_entered", 1, 2);
    EXPECT("rungs/n_promoted", 0, 1);
}

static void says_which_member_a_trial_is_and_where_it_came_from(void **state)
{
    struct study *study = *state;

    plan_member(study, 0, (struct wn_member){WN_MEMBER_BEGIN, 0}, WN_TRIAL_NONE);
    plan_member(study, 1, (struct wn_member){WN_MEMBER_BEGIN, 1}, WN_TRIAL_NONE);
    plan_member(study, 2, (struct wn_member){WN_MEMBER_EXPLOIT, 0}, 1);
    plan_member(study, 3, (struct wn_member){WN_MEMBER_EXPLORE, 1}, 1);
    plan_member(study, 4, (struct wn_member){WN_MEMBER_RESTART, 0}, WN_TRIAL_NONE);
    write_results(study);
    EXPECT("trials/member", 0, 1, 0, 1, 0);
    EXPECT("trials/start", 1, 1, 2, 3, 4);
    EXPECT("trials/parent", -1, -1, 1, 1, -1);
    EXPECT("trials/source_trial", -1, -1, 1, 1, -1);
    EXPECT("trials/source_resource", -1, -1, 9, 9, -1);
    EXPECT("trials/afresh_at", -1, -1, -1, -1, -1);
    wn_history_begin_afresh(study->history, 0); /* it was not forked */
    wn_history_begin_afresh(study->history, 2);
    write_results(study);
    EXPECT("trials/afresh_at", -1, -1, 9, -1, -1);
#undef EXPECT
}

static void writes_a_study_without_any_trial(void **state)
{
    const struct study *study = *state;
    double none[1];

    write_results(study);
    assert_int_equal(read_column(study, "trials/trial", H5T_NATIVE_DOUBLE, none, 0), 0);
    assert_int_equal(read_column(study, "reports/value", H5T_NATIVE_DOUBLE, none, 0), 0);
    assert_int_equal(read_column(study, "configurations/lr", H5T_NATIVE_DOUBLE, none, 0),
                     0);
}

static enum wn_status forbid(void *arg, struct wn_error *err)
{
    ++*(int *)arg;
    return wn_fail(err, WN_EFENCED, "another coordinator has taken over");
}

static enum wn_status count_entry(void *arg, const char *name, struct wn_error *err)
{
    (void)name, (void)err;
    ++*(int *)arg;
    return WN_OK;
}

/* The values of a parameter are an attribute, which HDF5 once held below 64 KiB. */
static void holds_a_parameter_of_ten_thousand_values(void **state)
{
    struct study *study = *state, own = *study;
    struct wn_history_config cfg = {.metric = "accuracy", .max_resource = 27};
    struct wn_problems problems = {0};
    struct wn_buf text = {0};
    struct wn_json *json = NULL;
    struct wn_error err;
    hid_t file, attribute, space;

    wn_buf_adds(&text, "{\"word\": {\"type\": \"categorical\", \"values\": [\"v0\"");
    for (int i = 1; i < 10000; i++)
        wn_buf_addf(&text, ", \"v%d\"", i);
    wn_buf_adds(&text, "]}}");
    assert_ok(wn_json_parse(text.at, text.n, &json, &err), err);
    assert_ok(wn_space_parse(json, NULL, &problems, &own.space, &err), err);
    assert_int_equal(problems.n, 0);
    wn_json_destroy(json);
    wn_buf_release(&text);
    cfg.space = own.space;
    assert_ok(wn_history_create(&cfg, &own.history, &err), err);
    write_results(&own);
    file = H5Fopen(own.path, H5F_ACC_RDONLY, H5P_DEFAULT);
    assert_true(file >= 0);
    attribute =
        H5Aopen_by_name(file, "configurations/word", "values", H5P_DEFAULT, H5P_DEFAULT);
    assert_true(attribute >= 0);
    space = H5Aget_space(attribute);
    assert_int_equal(H5Sget_simple_extent_npoints(space), 10000);
    H5Sclose(space);
    H5Aclose(attribute);
    H5Fclose(file);
    wn_history_destroy(own.history);
    wn_space_destroy(own.space);
}

static void leaves_the_old_file_when_the_rename_is_forbidden(void **state)
{
    struct study *study = *state;
    struct wn_results *results;
    struct wn_error err = {.text = ""};
    int n_asked = 0, n_files = 0;
    double rows[8];

    fill(study);
    write_results(study);
    plan(study, 4);
    results = snapshot(study);
    assert_int_equal(wn_results_write(results, study->path, forbid, &n_asked, &err),
                     WN_EFENCED);
    assert_int_equal(n_asked, 1);
    assert_int_equal(
        read_column(study, "trials/trial", H5T_NATIVE_DOUBLE, rows, sizeof rows), 4);
    assert_ok(wn_dir_list(study->dir, count_entry, &n_files, &err), err);
    assert_int_equal(n_files, 1); /* nothing is left beside it */
    assert_ok(wn_results_write(results, study->path, NULL, NULL, &err), err);
    assert_int_equal(
        read_column(study, "trials/trial", H5T_NATIVE_DOUBLE, rows, sizeof rows), 5);
    wn_results_destroy(results);
}

static void says_when_the_folder_is_missing(void **state)
{
    struct study *study = *state;
    struct wn_results *results = snapshot(study);
    struct wn_error err = {.text = ""};
    char path[WN_PATH_MAX + 32];

    snprintf(path, sizeof path, "%s/none/results.h5", study->dir);
    assert_int_equal(wn_results_write(results, path, NULL, NULL, &err), WN_EIO);
    assert_non_null(strstr(err.text, "none"));
    snprintf(path, sizeof path, "%s/", study->dir);
    assert_int_equal(wn_results_write(results, path, NULL, NULL, &err), WN_EINVAL);
    wn_results_destroy(results);
}

struct writing {
    const struct wn_results *results;
    const char *path;
    enum wn_status rc;
};

static void *write_on_a_thread(void *arg)
{
    struct writing *writing = arg;

    writing->rc = wn_results_write(writing->results, writing->path, NULL, NULL, NULL);
    return NULL;
}

static void writes_on_a_thread_while_the_history_grows(void **state)
{
    struct study *study = *state;
    struct writing writing = {.path = study->path};
    struct wn_results *results;
    pthread_t thread;
    double rows[8];

    fill(study);
    results = snapshot(study);
    writing.results = results;
    assert_int_equal(pthread_create(&thread, NULL, write_on_a_thread, &writing), 0);
    for (uint32_t trial = 4; trial < 3000; trial++) {
        plan(study, trial);
        configure(study, trial, true);
        report(study, trial, 1, 0.5, "later");
    }
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(writing.rc, WN_OK);
    assert_int_equal(
        read_column(study, "reports/value", H5T_NATIVE_DOUBLE, rows, sizeof rows), 4);
    wn_results_destroy(results);
}

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void writes_a_hundred_thousand_reports_quickly(void **state)
{
    struct study *study = *state;
    double start, took, made;
    struct wn_results *results;
    struct wn_error err;

    for (uint32_t trial = 0; trial < 10000; trial++) {
        plan(study, trial);
        configure(study, trial, trial % 2 == 0);
        for (int64_t resource = 1; resource <= 10; resource++)
            report(study, trial, resource,
                   1.0 / (double)(1 + (trial * 7919 + resource) % 1009), "loss");
    }
    start = seconds();
    results = snapshot(study);
    made = seconds() - start;
    assert_ok(wn_results_write(results, study->path, NULL, NULL, &err), err);
    took = seconds() - start;
    wn_results_destroy(results);
    print_message("100,000 reports: %.0f ms, the snapshot %.0f ms of it\n", took * 1e3,
                  made * 1e3);
    if (took > 5) /* a debug build under sanitizers on a busy machine */
        fail_msg("100,000 reports took %.2f s", took);
}

static void survives_the_failure_of_any_allocation(void **state)
{
    struct study *study = *state;
    enum wn_status rc = WN_ENOMEM;
    struct wn_error err;

    fill(study);
    for (uint64_t n = 1; rc != WN_OK; n++) {
        struct wn_results_input in = {.history = study->history, .study = "x"};
        struct wn_results *results = NULL;

        wn_mem_fail_after(n);
        rc = wn_results_snapshot(&in, &results, &err);
        if (rc == WN_OK)
            rc = wn_results_write(results, study->path, NULL, NULL, &err);
        wn_mem_fail_after(0);
        if (rc != WN_OK)
            assert_int_equal(rc, WN_ENOMEM);
        wn_results_destroy(results);
        assert_true(n < 1000);
    }
}

/* The same file through the readers that people use. */
static const char script[] =
    "import h5py, sys\n"
    "f = h5py.File(sys.argv[1], 'r')\n"
    "assert f.attrs['study'] == 'digits' and f.attrs['mode'] == 'max', dict(f.attrs)\n"
    "assert f.attrs['format'] == 1 and f.attrs['time_ms'] == 12345\n"
    "assert f.attrs['max_resource'] == 27 and f.attrs['resource'] == 'epoch'\n"
    "assert f.attrs['job'] == '{\"name\":\"digits\"}'\n"
    "state = f['trials/state']\n"
    "names = {v: k for k, v in h5py.check_enum_dtype(state.dtype).items()}\n"
    "assert [names[s] for s in state[:]][2] == 'failed', state[:]\n"
    "assert f['trials/text'].asstr()[2] == 'exit code 3: \\u00fc'\n"
    "assert list(f['configurations/optimizer'].attrs['values']) == "
    "['\"sgd\"', '\"adam\"']\n"
    "assert f['metrics/loss%2Ftrain'].attrs['name'] == 'loss/train'\n"
    "assert f['reports/is_milestone'].dtype == bool\n"
    "assert f['reports/value'].compression == 'gzip'\n"
    "for g in f.values():\n"
    "    assert len({d.shape for d in g.values()}) == 1, g\n";

/* Exit status of a program with three arguments at most; 127: it is not there. */
static int run(const char *program, const char *a, const char *b, const char *c)
{
    pid_t child = fork();
    int status;

    assert_true(child >= 0);
    if (child == 0) {
        if (!freopen("/dev/null", "w", stdout))
            _exit(126);
        execlp(program, program, a, b, c, (char *)NULL);
        _exit(127);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void is_readable_with_h5py_or_h5dump(void **state)
{
    struct study *study = *state;

    fill(study);
    write_results(study);
    if (run("/usr/bin/python3", "-c", "import h5py", NULL) == 0)
        assert_int_equal(run("/usr/bin/python3", "-c", script, study->path), 0);
    else if (run("h5dump", "--version", NULL, NULL) == 0)
        assert_int_equal(run("h5dump", study->path, NULL, NULL), 0);
    else
        skip(); /* neither python3-h5py nor hdf5-tools is installed */
}

int main(void)
{
#define test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        test(holds_every_trial_report_and_configuration),
        test(says_which_member_a_trial_is_and_where_it_came_from),
        test(writes_a_study_without_any_trial),
        test(holds_a_parameter_of_ten_thousand_values),
        test(leaves_the_old_file_when_the_rename_is_forbidden),
        test(says_when_the_folder_is_missing),
        test(writes_on_a_thread_while_the_history_grows),
        test(writes_a_hundred_thousand_reports_quickly),
        test(survives_the_failure_of_any_allocation),
        test(is_readable_with_h5py_or_h5dump),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The comparison file: partial jobs laid over one another, mistakes told together, budgets and
 * best values out of tables, and runs that are paired. */
#include "test_compare.h"

#include <unistd.h>

#include "base/file.h"
#include "compare/cell.h"
#include "compare/merge.h"
#include "compare/plan.h"
#include "test_table.h"

/* JSON with ' for ". */
static char *quoted(const char *text)
{
    char *out = wn_strdup(text);

    assert_non_null(out);
    for (char *c = out; *c; c++)
        if (*c == '\'')
            *c = '"';
    return out;
}

static struct wn_json *json_of(const char *text)
{
    char *plain = quoted(text);
    struct wn_json *json = NULL;
    struct wn_error err;

    if (wn_json_parse(plain, strlen(plain), &json, &err) != WN_OK)
        fail_msg("%s: %s", plain, err.text);
    wn_free(plain);
    return json;
}

static void assert_merges(const char *into, const char *over, const char *expected)
{
    struct wn_json *a = json_of(into), *b = json_of(over), *c = json_of(expected);
    struct wn_buf text = {0};

    assert_true(wn_compare_merge(a, b));
    wn_json_print(a, &text);
    if (!wn_json_equal(a, c))
        fail_msg("%s over %s gives %s", over, into, text.at);
    wn_buf_release(&text);
    wn_json_destroy(a);
    wn_json_destroy(b);
    wn_json_destroy(c);
}

/* Most are the examples of RFC 7396, appendix A. */
static void objects_are_merged_and_all_else_replaced(void **state)
{
    (void)state;
    assert_merges("{'a': 'b'}", "{'a': 'c'}", "{'a': 'c'}");
    assert_merges("{'a': 'b'}", "{'b': 'c'}", "{'a': 'b', 'b': 'c'}");
    assert_merges("{'a': 'b'}", "{'a': null}", "{}");
    assert_merges("{'a': 'b', 'b': 'c'}", "{'a': null}", "{'b': 'c'}");
    assert_merges("{'a': ['b']}", "{'a': 'c'}", "{'a': 'c'}");
    assert_merges("{'a': 'c'}", "{'a': ['b']}", "{'a': ['b']}");
    assert_merges("{'a': {'b': 'c'}}", "{'a': {'b': 'd', 'c': null}}",
                  "{'a': {'b': 'd'}}");
    assert_merges("{'a': [{'b': 'c'}]}", "{'a': [1]}", "{'a': [1]}");
    assert_merges("{'a': 'foo'}", "{'a': {'b': 1}}", "{'a': {'b': 1}}");
    assert_merges("{}", "{'a': {'bb': {'ccc': null}}}", "{'a': {'bb': {}}}");
    assert_merges("{'e': null}", "{'a': 1}", "{'e': null, 'a': 1}");
}

#define SHARED                                                                         \
    "'job': {'trial': {'runner': 'function', 'function': 'branin', 'unit_time': "      \
    "10}, 'space': {'x': {'type': 'float', 'low': 0, 'high': 1}, 'y': {'type': "       \
    "'float', 'low': 0, 'high': 1}}, 'metric': {'name': 'loss'}, 'resource': {'max': " \
    "9}}"

static struct wn_compare_plan *plan_in(const char *dir, const char *text)
{
    char *plain = quoted(text);
    struct wn_problems problems = {0};
    struct wn_compare_plan *plan = NULL;
    struct wn_error err;

    if (wn_compare_plan_parse(plain, strlen(plain), dir, &problems, &plan, &err) != WN_OK)
        fail_msg("%s", problems.n ? problems.at[0] : err.text);
    wn_problems_release(&problems);
    wn_free(plain);
    return plan;
}

static struct wn_compare_plan *plan_of(const char *text)
{
    return plan_in("/nowhere", text);
}

/* One problem, whose text is this. */
static void assert_refused(const char *text, const char *problem)
{
    char *plain = quoted(text);
    struct wn_problems problems = {0};
    struct wn_compare_plan *plan = NULL;
    struct wn_error err = {0};

    assert_int_equal(
        wn_compare_plan_parse(plain, strlen(plain), "/nowhere", &problems, &plan, &err),
        WN_EINVAL);
    assert_int_equal(problems.n, 1);
    assert_string_equal(problems.at[0], problem);
    wn_problems_release(&problems);
    wn_free(plain);
}

static const struct wn_json *at(const struct wn_compare_plan *plan,
                                size_t study,
                                const char *section,
                                const char *key)
{
    return wn_json_get(wn_json_get(plan->studies.at[study].job->root, section), key);
}

static void layers_lie_in_their_order(void **state)
{
    struct wn_compare_plan *plan = plan_of(
        "{'name': 'c', " SHARED
        ", 'methods': {'asha': {'scheduler': {'grace_period': 3}}, "
        "'mine': {'method': 'tpe', 'stop': {'evaluations': 30}}}, 'benchmarks': {'a': "
        "{'stop': {'evaluations': 10}}, 'b': {'stop': {'evaluations': 20}, 'resource': "
        "{'max': 27}}}, 'overrides': {'mine': {'b': {'stop': {'evaluations': 40}}}}}");

    (void)state;
    assert_int_equal(plan->studies.n, 4); /* by benchmark, then by method */
    assert_string_equal(plan->studies.at[0].method, "asha");
    assert_string_equal(plan->studies.at[1].method, "mine");
    assert_string_equal(plan->studies.at[2].benchmark, "b");
    assert_true(wn_json_number(at(plan, 0, "stop", "evaluations")) < 10.5);
    assert_true(wn_json_number(at(plan, 1, "stop", "evaluations")) > 29);
    assert_true(wn_json_number(at(plan, 2, "stop", "evaluations")) > 19.5 &&
                wn_json_number(at(plan, 2, "stop", "evaluations")) < 21);
    assert_true(wn_json_number(at(plan, 3, "stop", "evaluations")) > 39);
    assert_int_equal(plan->studies.at[0].job->max_resource, 9);
    assert_int_equal(plan->studies.at[3].job->max_resource, 27);
    /* A name of a method with options of its own is that method. */
    assert_string_equal(plan->studies.at[0].job->sched->name, "asha");
    assert_string_equal(plan->studies.at[3].job->search->name, "tpe");
    wn_compare_plan_destroy(plan);
}

static void workers_are_an_axis(void **state)
{
    struct wn_compare_plan *plan = plan_of(
        "{'name': 'c', " SHARED ", 'methods': {'random': {}}, 'benchmarks': {'a': "
        "{}}, 'workers': [1, 8], 'seeds': 3, 'first_seed': 5}");

    (void)state;
    assert_int_equal(plan->studies.n, 2);
    assert_int_equal(plan->studies.at[1].n_workers, 8);
    assert_int_equal(plan->n_seeds, 3);
    assert_int_equal(plan->first_seed, 5);
    assert_string_equal(plan->studies.at[0].metric_unit, "");
    assert_true(isnan(plan->studies.at[0].budget_s) && isnan(plan->studies.at[0].best));
    wn_compare_plan_destroy(plan);
}

static void mistakes_are_told_with_their_place(void **state)
{
    (void)state;
    assert_refused("{'name': 'c', " SHARED
                   ", 'methods': {'random': {}}, 'benchmark': {}, "
                   "'benchmarks': {'a': {}}}",
                   "benchmark: unknown key; did you mean benchmarks?");
    assert_refused(
        "{'name': 'c', " SHARED ", 'methods': {'rnd': {}}, 'benchmarks': {'a': "
        "{}}}",
        "rnd on a: method: is missing: rnd is no named method, so its part must "
        "have method, scheduler.type or searcher.type");
    assert_refused(
        "{'name': 'c', " SHARED ", 'methods': {'asha': {'scheduler': "
        "{'reduction_factor': 1}}, 'random': {}}, 'benchmarks': {'a': {}, 'b': "
        "{}}}",
        "asha on a: (and 1 more) scheduler.reduction_factor: 1 is below 2, the "
        "smallest allowed");
    assert_refused("{'name': 'c', " SHARED ", 'methods': {'random': {}}, 'benchmarks': "
                   "{'a': {}}, 'overrides': {'random': {'b': {}}}}",
                   "overrides: b is no benchmark of this comparison");
    assert_refused("{'name': 'c', " SHARED ", 'methods': {'random': {}}, 'benchmarks': "
                   "{'a': {'budget': {'full_trainings': 3}}}}",
                   "random on a: budget: needs a table, which knows how long a training "
                   "takes; give stop.time");
    assert_refused(
        "{'name': 'c', " SHARED ", 'methods': {'../x': {'method': 'random'}}, "
        "'benchmarks': {'a': {}}}",
        "methods: a name must be 1 to 128 letters, digits, '_', '-' or '.', the "
        "first of them no '-' or '.', not \"../x\"");
    assert_refused("{'name': 'c', 'ranks': 6, 'workers': 4, 'job': {'trial': {'command': "
                   "['/bin/true']}, 'space': {'x': {'type': 'float', 'low': 0, 'high': "
                   "1}}, 'metric': {'name': 'l'}}, 'methods': {'random': {}}, "
                   "'benchmarks': {'a': {}}}",
                   "random on a: workers: must be at least 5, one for every rank that "
                   "works, not 4");
    assert_refused("{'name': 'c', 'trial': {'command': ['x']}, 'space': {}, 'seed': 3}",
                   "this is a job (it has a trial, and no methods or benchmarks): winnow "
                   "run FILE, or winnow simulate FILE");
    assert_refused("[]", "a comparison must be a JSON object, not a list");
}

/* The seed of a run is a function of (seed, number), exact in JSON, and of nothing else. */
static void runs_are_paired(void **state)
{
    (void)state;
    assert_true(wn_compare_seed(1, 0) != wn_compare_seed(1, 1));
    assert_true(wn_compare_seed(1, 0) != wn_compare_seed(2, 0));
    for (int64_t i = 0; i < 1000; i++)
        assert_true(wn_compare_seed(7, i) < UINT64_C(1) << 53);
    assert_true(wn_compare_seed(1, 0) == UINT64_C(3122217556517645)); /* for all time */
}

/* --- tables --- */

enum { N_CONFIGS = 4, N_FIDELITIES = 3 };

/* Configuration i takes i + 1 seconds an epoch; the last one ends after two. Its accuracy is
 * 10 i + epoch, but where it is not a number. */
static void write_table(const char *path)
{
    struct small_table t;
    struct wn_error err;

    assert_true(small_table_make(&t, N_CONFIGS, 1, N_FIDELITIES));
    assert_true(small_table_fill_gaps(&t));
    t.metrics[0].name = "accuracy";
    t.metrics[0].unit = "%";
    t.metrics[0].mode = WN_BENCHMARK_MAX;
    for (size_t i = 0; i < N_CONFIGS; i++)
        for (size_t k = 0; k < N_FIDELITIES; k++)
            *small_table_at(&t, t.loss, i, 0, k) = (float)(10 * i + k + 1);
    t.elapsed[N_CONFIGS * N_FIDELITIES - 1] = NAN;
    t.loss[N_CONFIGS * N_FIDELITIES - 1] = NAN;
    if (small_table_write(&t, path, &err) != WN_OK)
        fail_msg("%s", err.text);
    small_table_release(&t);
}

struct place {
    char dir[64], path[128];
};

static int set_up(void **state)
{
    struct place *place = calloc(1, sizeof *place);

    strcpy(place->dir, "/tmp/winnow-compare-XXXXXX");
    assert_non_null(mkdtemp(place->dir));
    snprintf(place->path, sizeof place->path, "%s/toy.h5", place->dir);
    write_table(place->path);
    *state = place;
    return 0;
}

static int tear_down(void **state)
{
    struct place *place = *state;

    assert_int_equal(wn_dir_remove(place->dir, NULL), WN_OK);
    free(place);
    return 0;
}

#define TABLE                                                                            \
    "'job': {'trial': {'runner': 'table', 'benchmark': 'toy.h5'}, 'space': {'x': "       \
    "{'type': 'float', 'low': 0, 'high': 3}}, 'metric': {'name': 'accuracy', 'mode': "   \
    "'max'}, 'resource': {'max': %d}, 'budget': {'full_trainings': 10}}, 'methods': {'"  \
    "random': {}, 'asha': {'scheduler': {'reduction_factor': 2}}}, 'benchmarks': {'a': " \
    "{}}"

/* Full trainings take 3, 6, 9 and 8 seconds: 6.5 in the mean; of two epochs 2, 4, 6, 8. */
static void budgets_and_best_values_come_from_the_table(void **state)
{
    struct place *place = *state;
    struct wn_compare_plan *plan;
    char text[1024];

    snprintf(text, sizeof text, "{'name': 'c', 'workers': [1, 4], " TABLE "}", 3);
    plan = plan_in(place->dir, text);
    assert_true(fabs(plan->studies.at[0].budget_s - 65) < 1e-9);
    assert_true(fabs(plan->studies.at[2].budget_s - 16.25) < 1e-9);
    assert_true(fabs(plan->studies.at[0].best - 32) < 1e-9); /* the 33 is no number */
    assert_string_equal(plan->studies.at[0].metric_unit, "%");
    assert_true(wn_json_number(at(plan, 2, "trial", "slots")) > 3.5);
    wn_compare_plan_destroy(plan);
    snprintf(text, sizeof text, "{'name': 'c', 'workers': 1, " TABLE "}", 2);
    plan = plan_in(place->dir, text);
    assert_true(fabs(plan->studies.at[0].budget_s - 50) < 1e-9);
    wn_compare_plan_destroy(plan);
}

static struct wn_comparison_cell run(const struct wn_compare_plan *plan,
                                     size_t study,
                                     int64_t number,
                                     struct wn_arena *arena)
{
    struct wn_compare_bench bench = {0};
    struct wn_comparison_cell cell = {0};
    struct wn_error err;

    if (wn_compare_run_cell(plan, &bench, study, number, arena, &cell, &err) != WN_OK)
        fail_msg("%s", err.text);
    wn_compare_bench_release(&bench);
    return cell;
}

static void a_run_keeps_when_its_best_value_changed(void **state)
{
    struct place *place = *state;
    struct wn_arena arena = {0};
    struct wn_compare_plan *plan;
    struct wn_comparison_cell cell, again;
    char text[1024];

    snprintf(text, sizeof text, "{'name': 'c', 'workers': 2, " TABLE "}", 3);
    plan = plan_in(place->dir, text);
    for (size_t study = 0; study < 2; study++) {
        cell = run(plan, study, 3, &arena);
        assert_int_equal(cell.seed, wn_compare_seed(1, 3));
        assert_true(cell.n_points > 0 && cell.n_trials > 1 && cell.n_reports > 3);
        assert_true(cell.end_s >= 32.5 && cell.end_s < 37.5);
        for (size_t i = 0; i < cell.n_points; i++) {
            const struct wn_comparison_point *p = &cell.points[i];

            assert_true(p->n_reports >= 1 && p->resource >= p->n_reports);
            assert_true(!i || (p->value > p[-1].value && p->time_s > p[-1].time_s &&
                               p->resource > p[-1].resource));
        }
        assert_true(cell.resource >= cell.points[cell.n_points - 1].resource);
        again = run(plan, study, 3, &arena);
        assert_int_equal(again.n_points, cell.n_points);
        assert_true(again.points[0].value >= cell.points[0].value &&
                    again.points[0].value <= cell.points[0].value);
    }
    wn_arena_release(&arena);
    wn_compare_plan_destroy(plan);
}

static void a_plan_travels_as_bytes(void **state)
{
    struct place *place = *state;
    struct wn_compare_plan *plan, *other = NULL;
    struct wn_arena arena = {0};
    struct wn_comparison_cell a, b;
    struct wn_buf bytes = {0};
    struct wn_error err;
    char text[1024];

    snprintf(text, sizeof text, "{'name': 'c', 'workers': 2, " TABLE "}", 3);
    plan = plan_in(place->dir, text);
    wn_compare_plan_encode(plan, &bytes);
    for (size_t n = 0; n < bytes.n; n += 7)
        assert_int_not_equal(wn_compare_plan_decode(bytes.at, n, &other, &err), WN_OK);
    if (wn_compare_plan_decode(bytes.at, bytes.n, &other, &err) != WN_OK)
        fail_msg("%s", err.text);
    assert_int_equal(other->studies.n, plan->studies.n);
    assert_string_equal(other->studies.at[1].metric_unit, "%");
    a = run(plan, 1, 2, &arena);
    b = run(other, 1, 2, &arena);
    assert_int_equal(a.n_points, b.n_points);
    assert_int_equal(a.n_trials, b.n_trials);
    wn_buf_release(&bytes);
    wn_arena_release(&arena);
    wn_compare_plan_destroy(plan);
    wn_compare_plan_destroy(other);
}

static void runs_from_another_seed_are_not_mixed(void **state)
{
    struct wn_compare_plan *plan = plan_of("{'name': 'c', 'seed': 5, " SHARED
                                           ", 'methods': {'asha': {}, 'random': {}}, "
                                           "'benchmarks': {'a': {}}}");
    struct wn_comparison c = {0};
    struct wn_problems problems = {0};
    struct wn_comparison_cell cell = {.number = 3, .end = ""};
    size_t index[2];
    struct wn_error err;

    (void)state;
    assert_int_equal(wn_compare_plan_enter(plan, &c, index, &problems, &err), WN_OK);
    cell.seed = wn_compare_seed(5, 3);
    assert_int_equal(wn_comparison_add(&c, &cell, &err), WN_OK);
    assert_int_equal(wn_compare_plan_enter(plan, &c, index, &problems, &err), WN_OK);
    plan->seed = 6;
    assert_int_equal(wn_compare_plan_enter(plan, &c, index, &problems, &err), WN_EINVAL);
    assert_int_equal(problems.n, 1);
    assert_string_equal(problems.at[0],
                        "seed: is 6, and the runs in the file were made from another");
    wn_problems_release(&problems);
    wn_comparison_release(&c);
    wn_compare_plan_destroy(plan);
}

static void runs_of_another_job_are_not_mixed(void **state)
{
    struct wn_compare_plan *was = plan_of("{'name': 'c', " SHARED ", 'methods': {'asha': "
                                          "{}, 'random': {}}, 'benchmarks': {'a': {}}}");
    struct wn_compare_plan *now =
        plan_of("{'name': 'c', " SHARED ", 'methods': {'asha': {'scheduler': "
                "{'reduction_factor': 4}}}, 'benchmarks': {'a': {}}}");
    struct wn_compare_plan *less =
        plan_of("{'name': 'c', " SHARED ", 'methods': {'random': "
                "{}}, 'benchmarks': {'a': {}}, 'seeds': 4}");
    struct wn_comparison c = {0};
    struct wn_problems problems = {0};
    size_t index[2];
    struct wn_error err;

    (void)state;
    assert_int_equal(wn_compare_plan_enter(was, &c, index, &problems, &err), WN_OK);
    assert_int_equal(wn_compare_plan_enter(less, &c, index, &problems, &err), WN_OK);
    assert_int_equal(index[0], 1);
    assert_int_equal(c.studies.at[0].n_seeds, 0); /* not asked for any more */
    assert_int_equal(c.studies.at[1].n_seeds, 4);
    RUN(&c, 0, 0, 1);
    assert_int_equal(wn_compare_plan_enter(now, &c, index, &problems, &err), WN_EINVAL);
    assert_int_equal(problems.n, 1);
    assert_non_null(strstr(problems.at[0], "asha on a: scheduler.reduction_factor"));
    wn_problems_release(&problems);
    wn_comparison_release(&c);
    wn_compare_plan_destroy(was);
    wn_compare_plan_destroy(now);
    wn_compare_plan_destroy(less);
}

/* What may differ of a study that goes on, and what is known of the benchmark: each is told
 * with both values. */
static void what_differs_is_told_with_both_values(void **state)
{
    static const char *const plans[] = {
        "{'name': 'c', " SHARED ", 'methods': {'asha': {}}, 'benchmarks': {'a': {'best': "
        "0.5, 'stop': {'time': 3600, 'evaluations': 9}}}}",
        "{'name': 'c', " SHARED ", 'methods': {'asha': {}}, 'benchmarks': {'a': {'best': "
        "0.25, 'stop': {'time': 7200}}}}"};
    static const char *const told[] = {
        "asha on a: stop.time: the study has 3600, the job has 7200",
        "asha on a: stop.evaluations: the study has 9, the job has no such key",
        "asha on a: best: the study has 0.5, the job has 0.25",
        "asha on a: metric: the study has values in %, the job's table has s"};
    struct wn_compare_plan *was = plan_of(plans[0]), *now = plan_of(plans[1]);
    struct wn_comparison c = {0};
    struct wn_problems problems = {0};
    size_t index[1];
    struct wn_error err;

    (void)state;
    was->studies.at[0].metric_unit = "%";
    now->studies.at[0].metric_unit = "s";
    assert_int_equal(wn_compare_plan_enter(was, &c, index, &problems, &err), WN_OK);
    RUN(&c, 0, 0, 1);
    assert_int_equal(wn_compare_plan_enter(now, &c, index, &problems, &err), WN_EINVAL);
    assert_int_equal(problems.n, 4);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(problems.at[i], told[i]);
    wn_problems_release(&problems);
    wn_comparison_release(&c);
    wn_compare_plan_destroy(was);
    wn_compare_plan_destroy(now);
}

static void survives_the_failure_of_any_allocation(void **state)
{
    struct place *place = *state;
    char raw[1024], *text;
    enum wn_status rc = WN_ENOMEM;

    snprintf(raw, sizeof raw, "{'name': 'c', 'workers': 2, " TABLE "}", 3);
    text = quoted(raw);
    for (uint64_t n = 1; rc != WN_OK; n += n < 300 ? 1 : 37) {
        struct wn_problems problems = {0};
        struct wn_compare_plan *plan = NULL;
        struct wn_error err = {0};

        wn_mem_fail_after(n);
        rc =
            wn_compare_plan_parse(text, strlen(text), place->dir, &problems, &plan, &err);
        wn_mem_fail_after(0);
        if (rc != WN_OK && rc != WN_ENOMEM && !problems.failed)
            fail_msg("allocation %lu: %s", (unsigned long)n, err.text);
        wn_problems_release(&problems);
        wn_compare_plan_destroy(plan);
        assert_true(n < 100000);
    }
    wn_free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(objects_are_merged_and_all_else_replaced),
        cmocka_unit_test(layers_lie_in_their_order),
        cmocka_unit_test(workers_are_an_axis),
        cmocka_unit_test(mistakes_are_told_with_their_place),
        cmocka_unit_test(runs_are_paired),
        cmocka_unit_test_setup_teardown(budgets_and_best_values_come_from_the_table,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_run_keeps_when_its_best_value_changed, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_plan_travels_as_bytes, set_up, tear_down),
        cmocka_unit_test(runs_from_another_seed_are_not_mixed),
        cmocka_unit_test(runs_of_another_job_are_not_mixed),
        cmocka_unit_test(what_differs_is_told_with_both_values),
        cmocka_unit_test_setup_teardown(survives_the_failure_of_any_allocation, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

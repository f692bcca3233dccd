/* The function runner in virtual time: what is due when, and what trouble it makes. */
#include "test_space.h"

#include "base/mem.h"
#include "runner/function.h"
#include "runner/runner.h"

struct fixture {
    const struct wn_runner_ops *ops;
    struct wn_runner_config cfg;
    struct wn_runner *runner;
    struct wn_space *space;
    struct wn_values *values;
    struct wn_store *store;
    union wn_cell cells[1];
    struct wn_run_event event;
};

static void make(struct fixture *f, const char *trial)
{
    struct wn_json *space =
        json_of("{\"x\": {\"type\": \"float\", \"low\": 0, \"high\": 1}}");
    struct wn_json *json = json_of(trial);
    struct wn_problems problems = {0};
    struct wn_error err = {0};

    memset(f, 0, sizeof *f);
    assert_int_equal(wn_space_parse(space, NULL, &problems, &f->space, &err), WN_OK);
    if (wn_runner_values(json, &problems, &f->ops, &f->values, &err) != WN_OK ||
        problems.n)
        fail_msg("%s", problems.n ? problems.at[0] : err.text);
    assert_int_equal(wn_store_create_memory(&f->store, &err), WN_OK);
    wn_json_destroy(space);
    wn_json_destroy(json);
    f->cfg = (struct wn_runner_config){.space = f->space,
                                       .trial = f->values,
                                       .study_name = "test",
                                       .resource_name = "epoch",
                                       .resource_rule = {.first = 1},
                                       .max_resource = 9,
                                       .metric_name = "loss",
                                       .pauses = true,
                                       .seed = 11,
                                       .store = f->store,
                                       .n_slots = 4};
    assert_int_equal(f->ops->create(&f->cfg, &f->runner, &err), WN_OK);
    f->cells[0].f = 0.25;
}

static void unmake(struct fixture *f)
{
    f->ops->destroy(f->runner);
    wn_store_destroy(f->store);
    wn_values_destroy(f->values);
    wn_space_destroy(f->space);
}

static void start(struct fixture *f, size_t slot, struct wn_task task, int64_t now_us)
{
    struct wn_error err = {0};

    task.cells = f->cells;
    if (f->ops->start(f->runner, slot, &task, now_us, &err) != WN_OK)
        fail_msg("%s", err.text);
}

/* Jump to the next thing; 0 when nothing will ever come. */
static enum wn_run_kind jump(struct fixture *f, int64_t *now_us)
{
    int64_t at_us = f->ops->deadline_us(f->runner);

    if (at_us == INT64_MAX)
        return (enum wn_run_kind)0;
    if (at_us > *now_us)
        *now_us = at_us;
    assert_true(f->ops->poll(f->runner, *now_us, &f->event));
    return f->event.kind;
}

static const char storm[] =
    "{\"runner\": \"function\", \"function\": \"storm\", \"unit_time\": 2, \"cores\": 3}";

static void reports_after_each_unit_and_waits_at_the_milestone(void **state)
{
    struct fixture f;
    int64_t now_us = 500;

    (void)state;
    make(&f, storm);
    start(&f, 2, (struct wn_task){.trial = 1, .dispatch = {1, 1}, .milestone = 3},
          now_us);
    assert_false(f.ops->poll(f.runner, now_us + 1999999, &f.event));
    for (int64_t unit = 1; unit <= 3; unit++) {
        assert_int_equal(jump(&f, &now_us), WN_RUN_REPORT);
        assert_int_equal(now_us, 500 + unit * 2000000);
        assert_int_equal(f.event.slot, 2);
        assert_int_equal(f.event.resource, unit);
        assert_int_equal(f.event.elapsed_ms, unit * 2000);
        assert_int_equal(f.event.cost_ms, 6000); /* three cores */
        assert_string_equal(f.event.metrics[0].name, "loss");
        assert_true(f.event.waits == (unit == 3));
        assert_true(f.event.has_checkpoint == (unit == 3));
    }
    assert_int_equal(jump(&f, &now_us), 0);
    now_us += 1000000; /* waiting is no training */
    f.ops->answer(f.runner, 2, WN_VERDICT_CONTINUE, 4, false, now_us);
    assert_int_equal(jump(&f, &now_us), WN_RUN_REPORT);
    assert_int_equal(now_us, 500 + 9000000);
    f.ops->answer(f.runner, 2, WN_VERDICT_PAUSE, 0, false, now_us);
    assert_int_equal(jump(&f, &now_us), WN_RUN_GONE);
    assert_int_equal(jump(&f, &now_us), 0);
    unmake(&f);
}

static void goes_on_from_a_checkpoint_as_if_never_stopped(void **state)
{
    double undisturbed[10], loss;
    struct fixture f;
    int64_t now_us = 0;

    (void)state;
    make(&f, storm);
    start(&f, 0, (struct wn_task){.trial = 1, .dispatch = {1, 1}, .milestone = 9}, 0);
    for (int unit = 1; unit <= 9; unit++) {
        assert_int_equal(jump(&f, &now_us), WN_RUN_REPORT);
        undisturbed[unit] = f.event.metrics[0].value;
    }
    f.ops->kill(f.runner, 0, now_us);
    assert_int_equal(jump(&f, &now_us), WN_RUN_GONE);

    start(&f, 0, (struct wn_task){.trial = 1, .dispatch = {1, 2}, .milestone = 4},
          now_us);
    for (int unit = 1; unit <= 4; unit++)
        assert_int_equal(jump(&f, &now_us), WN_RUN_REPORT);
    f.ops->answer(f.runner, 0, WN_VERDICT_PAUSE, 0, false, now_us);
    assert_int_equal(jump(&f, &now_us), WN_RUN_GONE);
    start(&f, 3,
          (struct wn_task){
              .trial = 1, .dispatch = {1, 3}, .milestone = 9, .source = {4, 1, {1, 2}}},
          now_us);
    for (int unit = 5; unit <= 9; unit++) {
        assert_int_equal(jump(&f, &now_us), WN_RUN_REPORT);
        assert_int_equal(f.event.resource, unit);
        loss = f.event.metrics[0].value;
        if (loss < undisturbed[unit] || loss > undisturbed[unit])
            fail_msg("unit %d: %.17g instead of %.17g", unit, loss, undisturbed[unit]);
    }
    unmake(&f);
}

static void storm_shows_any_wrong_restore(void **state)
{
    struct fixture f;
    struct wn_function_task task;
    const struct wn_function_ops *function = wn_function_find("storm");
    double a[8], b[8], cube = 0.25, right = 0, wrong = 0;

    (void)state;
    make(&f, storm);
    task = (struct wn_function_task){.space = f.space,
                                     .cells = f.cells,
                                     .cube = &cube,
                                     .n_dims = 1,
                                     .config = 5,
                                     .trial = 1};
    function->begin(&task, a);
    function->unit(&task, a, 1, &right);
    memcpy(b, a, sizeof b);
    function->unit(&task, a, 2, &right);
    function->unit(&task, a, 3, &right);
    function->unit(&task, b, 3, &wrong); /* unit 2 left out */
    assert_true(right < wrong || right > wrong);
    task.trial = 2; /* begun by another trial */
    function->begin(&task, b);
    function->unit(&task, b, 1, &wrong);
    function->unit(&task, b, 2, &wrong);
    function->unit(&task, b, 3, &wrong);
    assert_true(right < wrong || right > wrong);
    unmake(&f);
}

static void a_missing_or_foreign_checkpoint_is_damaged(void **state)
{
    struct wn_generation foreign = {4, 1, {1, 1}};
    struct fixture f;
    int64_t now_us = 0;

    (void)state;
    make(&f, storm);
    assert_int_equal(wn_store_put(f.store, foreign, "junk", 4, NULL), WN_OK);
    for (int missing = 0; missing < 2; missing++) {
        start(&f, 0,
              (struct wn_task){.trial = 1,
                               .dispatch = {1, 2},
                               .milestone = 9,
                               .source = {4 + missing, 1, {1, 1}}},
              now_us);
        assert_int_equal(jump(&f, &now_us), WN_RUN_DAMAGED);
        assert_int_equal(jump(&f, &now_us), WN_RUN_GONE);
    }
    unmake(&f);
}

static void bad_configurations_crash_in_every_attempt_and_flaky_ones_do_not(void **state)
{
    static const struct {
        const char *trial;
        bool repeats;
    } cases[] = {
        {"{\"runner\": \"function\", \"crash\": 0.2}", true},
        {"{\"runner\": \"function\", \"flaky\": 0.2}", false},
        {"{\"runner\": \"function\", \"early\": 0.2}", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture f;
        int n_ended = 0, n_differ = 0;

        make(&f, cases[i].trial);
        for (uint32_t trial = 0; trial < 100; trial++) {
            int64_t end[2] = {0, 0}, now_us = 0;

            f.cells[0].f = trial / 128.0;
            for (uint32_t attempt = 0; attempt < 2; attempt++) {
                enum wn_run_kind kind;

                start(&f, 0,
                      (struct wn_task){
                          .trial = trial, .dispatch = {1, attempt}, .milestone = 100},
                      now_us);
                while ((kind = jump(&f, &now_us)) == WN_RUN_REPORT)
                    end[attempt] = f.event.resource;
                assert_int_equal(kind, WN_RUN_ENDED);
                n_ended += end[attempt] < 9;
                assert_int_equal(jump(&f, &now_us), WN_RUN_GONE);
            }
            n_differ += end[0] != end[1];
        }
        if (n_ended < 100 || (n_differ == 0) != cases[i].repeats)
            fail_msg("case %zu: %d of 200 ended, %d of 100 differently", i, n_ended,
                     n_differ);
        unmake(&f);
    }
}

static void durations_spread_over_the_factor_asked_for(void **state)
{
    int64_t least = INT64_MAX, most = 0;
    struct fixture f;

    (void)state;
    make(&f, "{\"runner\": \"function\", \"unit_time\": 1, \"spread\": 10}");
    for (uint32_t i = 0; i < 200; i++) {
        int64_t now_us = 0;

        f.cells[0].f = i / 256.0;
        start(&f, 0, (struct wn_task){.trial = i, .dispatch = {1, i}, .milestone = 1}, 0);
        assert_int_equal(jump(&f, &now_us), WN_RUN_REPORT);
        least = now_us < least ? now_us : least;
        most = now_us > most ? now_us : most;
        f.ops->kill(f.runner, 0, now_us);
        assert_int_equal(jump(&f, &now_us), WN_RUN_GONE);
    }
    if (least < 1000000 || most > 10000000 || most < 8 * least)
        fail_msg("from %lld to %lld us", (long long)least, (long long)most);
    unmake(&f);
}

static void a_recall_makes_the_next_report_wait(void **state)
{
    struct fixture f;
    int64_t now_us = 0;

    (void)state;
    make(&f, storm);
    start(&f, 0, (struct wn_task){.trial = 1, .dispatch = {1, 1}, .milestone = 9}, 0);
    assert_int_equal(jump(&f, &now_us), WN_RUN_REPORT);
    assert_false(f.event.waits);
    f.ops->recall(f.runner, 0, now_us);
    assert_int_equal(jump(&f, &now_us), WN_RUN_REPORT);
    assert_true(f.event.waits);
    unmake(&f);
}

static void nothing_is_allocated_per_unit(void **state)
{
    struct fixture f;
    int64_t now_us = 0;
    uint64_t before;

    (void)state;
    make(&f, storm);
    start(&f, 0, (struct wn_task){.trial = 1, .dispatch = {1, 1}, .milestone = 9}, 0);
    before = wn_mem_count();
    for (int unit = 1; unit <= 8; unit++)
        assert_int_equal(jump(&f, &now_us), WN_RUN_REPORT);
    assert_int_equal(wn_mem_count(), before);
    unmake(&f);
}

static void the_options_are_checked(void **state)
{
    static const struct {
        const char *trial, *says;
    } cases[] = {
        {"{\"runner\": \"funktion\"}", "function"},
        {"{\"runner\": \"function\", \"function\": \"curv\"}", "curve"},
        {"{\"runner\": \"function\", \"crash\": 1.5}", "trial.crash"},
        {"{\"runner\": \"function\", \"command\": [\"x\"]}", "trial.command"},
        {"{\"command\": []}", "trial.command"},
        {"{\"command\": [\"x\"], \"pass\": \"shell\"}", "trial.pass"},
        {"{}", "trial.command"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct wn_json *json = json_of(cases[i].trial);
        struct wn_problems problems = {0};
        const struct wn_runner_ops *ops;
        struct wn_values *values = NULL;

        assert_int_equal(wn_runner_values(json, &problems, &ops, &values, NULL), WN_OK);
        if (!problems.n || !strstr(problems.at[0], cases[i].says))
            fail_msg("%s: %s", cases[i].trial,
                     problems.n ? problems.at[0] : "no problem");
        wn_problems_release(&problems);
        wn_values_destroy(values);
        wn_json_destroy(json);
    }
}

static void survives_the_failure_of_any_allocation(void **state)
{
    struct fixture f;

    (void)state;
    make(&f, storm);
    for (uint64_t n = 1;; n++) {
        struct wn_runner *runner = NULL;
        enum wn_status rc;

        assert_true(n < 100);
        wn_mem_fail_after(n);
        rc = f.ops->create(&f.cfg, &runner, NULL);
        wn_mem_fail_after(0);
        if (rc == WN_OK) {
            f.ops->destroy(runner);
            break;
        }
        assert_int_equal(rc, WN_ENOMEM);
    }
    unmake(&f);
}

/* A job may ask for any time; sums of them do not run over. */
static void times_beyond_all_time_end(void **state)
{
    struct fixture f;
    int64_t now_us = 0, before_us = 0;

    (void)state;
    make(&f, "{\"runner\": \"function\", \"unit_time\": 1e8, \"spread\": 1e6, "
             "\"stragglers\": 1, \"straggler_factor\": 1e6, \"cores\": 64}");
    start(&f, 0, (struct wn_task){.trial = 1, .dispatch = {1, 1}, .milestone = 9}, 0);
    for (int64_t unit = 1; unit <= 9; unit++) {
        assert_int_equal(jump(&f, &now_us), WN_RUN_REPORT);
        assert_int_equal(f.event.resource, unit);
        assert_true(now_us >= before_us && f.event.elapsed_ms == now_us / 1000);
        assert_true(f.event.cost_ms >= 0);
        before_us = now_us;
    }
    assert_in_range(now_us, INT64_C(100000000000000000), INT64_MAX / 2);
    unmake(&f);
}

/* A unit that is done counts as trained, though the slot is killed before it is heard of. */
static void units_that_nobody_heard_of_were_trained(void **state)
{
    struct wn_run_counts counts = {0};
    struct fixture f;

    (void)state;
    make(&f, storm);
    f.ops->destroy(f.runner);
    f.cfg.counts = &counts;
    assert_int_equal(f.ops->create(&f.cfg, &f.runner, NULL), WN_OK);
    start(&f, 0, (struct wn_task){.trial = 1, .dispatch = {1, 1}, .milestone = 9}, 0);
    start(&f, 1, (struct wn_task){.trial = 2, .dispatch = {1, 1}, .milestone = 9}, 0);
    f.ops->kill(f.runner, 0, 500000);
    f.ops->kill(f.runner, 1, 2500000);
    assert_true(counts.units == 1.25);
    unmake(&f);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(reports_after_each_unit_and_waits_at_the_milestone),
        cmocka_unit_test(goes_on_from_a_checkpoint_as_if_never_stopped),
        cmocka_unit_test(storm_shows_any_wrong_restore),
        cmocka_unit_test(a_missing_or_foreign_checkpoint_is_damaged),
        cmocka_unit_test(bad_configurations_crash_in_every_attempt_and_flaky_ones_do_not),
        cmocka_unit_test(durations_spread_over_the_factor_asked_for),
        cmocka_unit_test(a_recall_makes_the_next_report_wait),
        cmocka_unit_test(nothing_is_allocated_per_unit),
        cmocka_unit_test(the_options_are_checked),
        cmocka_unit_test(survives_the_failure_of_any_allocation),
        cmocka_unit_test(times_beyond_all_time_end),
        cmocka_unit_test(units_that_nobody_heard_of_were_trained),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

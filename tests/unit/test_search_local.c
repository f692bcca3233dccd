/* test_search_local.c - one hyperparameter of the best trial changes; which is the best. */
#include "test_search_stage.h"

extern const struct wn_search_ops wn_search_local;
extern const struct wn_search_ops wn_search_random;

enum { MOST = 8, FULL = 9, NONE = -1 };

static const char mixed[] =
    "{\"x\": {\"type\": \"float\", \"low\": 0, \"high\": 1},"
    " \"one\": {\"type\": \"categorical\", \"values\": [\"only\"]},"
    " \"n\": {\"type\": \"int\", \"low\": 1, \"high\": 1000, \"scale\": \"log\"},"
    " \"o\": {\"type\": \"ordinal\", \"values\": [1, 2, 8]},"
    " \"c\": {\"type\": \"categorical\", \"values\": [\"a\", \"b\", \"c\"]}}";

static const char always[] = "{\"probability\": 1, \"startup\": 0}";

static struct stage local(const char *space, const char *options, uint64_t seed)
{
    return stage_begin(&wn_search_local, space, options, FULL, seed);
}

static size_t n_different(const struct stage *st,
                          const union wn_cell *a,
                          const union wn_cell *b,
                          size_t *last)
{
    size_t n = 0;

    for (size_t i = 0; i < wn_space_n_params(st->space); i++)
        if (a[i].i != b[i].i) {
            n++;
            *last = i;
        }
    return n;
}

/* --- what changes --- */

static void changes_exactly_one_parameter_that_has_another_value(void **state)
{
    struct stage st = local(mixed, always, 1);
    union wn_cell best[MOST], cells[MOST];
    int counts[5] = {0};
    struct wn_error err = {0};

    (void)state;
    assert_true(stage_next(&st, best));
    stage_report(&st, 0, FULL, 1, WN_VERDICT_STOP);
    for (int i = 0; i < 1000; i++) { /* the best one stays: no other reports */
        size_t changed = 0;

        assert_int_equal(stage_parent(&st, cells), 0);
        assert_int_equal(n_different(&st, best, cells, &changed), 1);
        DRIVE_CHECK(wn_config_check(st.space, cells, &err) == WN_OK, "%s", err.text);
        counts[changed]++;
        st.seed++; /* another draw of the same proposal */
    }
    assert_int_equal(counts[1], 0);
    for (int i = 0; i < 5; i++)
        if (i != 1)
            assert_in_range(counts[i], 200, 300); /* four of equal chance */
    stage_end(&st);
}

static void draws_the_new_value_from_the_whole_domain(void **state)
{
    struct stage st =
        local("{\"lr\": {\"type\": \"float\", \"low\": 1e-4, \"high\": 1, \"scale\": "
              "\"log\"}}",
              always, 1);
    union wn_cell cells[1];
    int counts[4] = {0};

    (void)state;
    assert_true(stage_next(&st, cells));
    stage_report(&st, 0, FULL, 1, WN_VERDICT_STOP);
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(stage_parent(&st, cells), 0);
        counts[(int)(log10(cells[0].f) + 4)]++;
        st.seed++;
    }
    for (int i = 0; i < 4; i++)
        assert_in_range(counts[i], 200, 300);
    stage_end(&st);
}

/* opt = 0 turns on momentum, momentum at least 0.5 turns on nesterov. */
static void parameters_that_are_switched_on_are_drawn(void **state)
{
    struct stage st =
        local("{\"nesterov\": {\"type\": \"categorical\", \"values\": [0, 1], \"when\": "
              "{\"momentum\": {\"low\": 0.5}}},"
              " \"momentum\": {\"type\": \"float\", \"low\": 0, \"high\": 1, \"when\": "
              "{\"opt\": \"sgd\"}},"
              " \"opt\": {\"type\": \"categorical\", \"values\": [\"sgd\", \"adam\"]},"
              " \"y\": {\"type\": \"float\", \"low\": 0, \"high\": 1}}",
              always, 3);
    const union wn_cell adam[4] = {
        {.i = WN_CELL_OFF}, {.i = WN_CELL_OFF}, {.i = 1}, {.f = 0.25}};
    const union wn_cell sgd[4] = {{.i = 1}, {.f = 0.75}, {.i = 0}, {.f = 0.5}};
    int n_switched = 0, n_on = 0, n_off = 0, n_inner = 0;
    union wn_cell cells[4];
    struct wn_error err = {0};

    (void)state;
    stage_try(&st, adam, WN_ORIGIN_USER);
    stage_report(&st, 0, FULL, 2, WN_VERDICT_STOP);
    for (int i = 0; i < 400; i++, st.seed++) {
        assert_int_equal(stage_parent(&st, cells), 0);
        DRIVE_CHECK(wn_config_check(st.space, cells, &err) == WN_OK, "%s", err.text);
        if (cells[2].i == 1)
            continue;
        assert_true(cells[3].f == 0.25);
        n_switched++;
        n_on += cells[0].i != WN_CELL_OFF;
    }
    assert_in_range(n_switched, 150, 250); /* opt or y */
    assert_in_range(n_on, n_switched / 3, 2 * n_switched / 3);
    stage_try(&st, sgd, WN_ORIGIN_USER);
    stage_report(&st, 1, FULL, 1, WN_VERDICT_STOP);
    for (int i = 0; i < 400; i++, st.seed++) {
        assert_int_equal(stage_parent(&st, cells), 1);
        DRIVE_CHECK(wn_config_check(st.space, cells, &err) == WN_OK, "%s", err.text);
        n_off += cells[2].i == 1;
        n_inner += cells[2].i == 0 && cells[0].i == WN_CELL_OFF; /* momentum < 0.5 */
        if (cells[1].i != WN_CELL_OFF && cells[1].f != 0.75)
            assert_true(cells[3].f == 0.5);
    }
    assert_in_range(n_off, 60, 140); /* one of four */
    assert_in_range(n_inner, 25, 80);
    stage_end(&st);
}

/* --- how often, and when --- */

static void is_random_until_enough_trials_are_configured(void **state)
{
    struct stage st = local(mixed, "{\"probability\": 1, \"startup\": 3}", 1);
    union wn_cell cells[MOST];

    (void)state;
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(stage_parent(&st, cells), WN_TRIAL_NONE);
        assert_true(stage_next(&st, cells));
        if (i == 0)
            stage_report(&st, 0, 1, 5, WN_VERDICT_CONTINUE);
    }
    assert_int_equal(stage_parent(&st, cells), 0);
    stage_end(&st);
}

static void is_local_as_often_as_told(void **state)
{
    static const struct {
        const char *options;
        int low, high;
    } cases[] = {{"{\"startup\": 1}", 760, 840},
                 {"{\"probability\": 0}", 0, 0},
                 {"{\"startup\": 1, \"probability\": 0.25}", 210, 290}};
    union wn_cell cells[MOST];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct stage st = local(mixed, cases[i].options, 1);
        int n = 0;

        assert_true(stage_next(&st, cells));
        stage_report(&st, 0, 1, 5, WN_VERDICT_CONTINUE);
        for (int k = 0; k < 1000; k++, st.seed++)
            n += stage_parent(&st, cells) == 0;
        assert_in_range(n, cases[i].low, cases[i].high);
        stage_end(&st);
    }
}

/* --- which is the best --- */

static void tell(const char *name,
                 const struct stage_step *steps,
                 size_t n_steps,
                 int64_t max_resource)
{
    struct stage st = stage_begin(&wn_search_local, mixed, always, max_resource, 1);
    union wn_cell cells[MOST];

    for (int i = 0; i < 5; i++) { /* before any report: random */
        assert_int_equal(stage_parent(&st, cells), WN_TRIAL_NONE);
        assert_true(stage_next(&st, cells));
    }
    for (size_t i = 0; i < n_steps; i++) {
        uint32_t found;

        stage_take(&st, &steps[i]);
        found = stage_parent(&st, cells);
        DRIVE_CHECK((int)found == steps[i].best, "%s, step %zu: %d, not %d", name, i,
                    (int)found, steps[i].best);
    }
    stage_end(&st);
}

#define TELL(name, max, ...)                                    \
    do {                                                        \
        const struct stage_step steps[] = {__VA_ARGS__};        \
        tell(name, steps, sizeof steps / sizeof steps[0], max); \
    } while (0)

static void learns_from_running_trials_as_they_report(void **state)
{
    (void)state;
    TELL("running", FULL, {'R', 1, 1, 5, 1}, {'R', 2, 1, 4, 2}, {'R', 1, 2, 3, 1},
         {'R', 1, 3, 9, 1} /* its best counts, not its last */, {'R', 0, 8, 2.5, 0});
}

static void learns_from_paused_trials_whether_resumed_or_not(void **state)
{
    (void)state;
    TELL("paused", FULL, {'P', 1, 1, 5, 1}, {'P', 2, 1, 4, 2}, {'U', 2, 0, 0, 2},
         {'R', 2, 2, 6, 2}, {'U', 1, 0, 0, 2}, {'P', 1, 3, 1, 1});
}

static void learns_from_stopped_trials(void **state)
{
    (void)state;
    TELL("stopped", FULL, {'S', 1, 1, 5, 1}, {'X', 1, 0, 0, 1}, {'R', 2, 1, 6, 1},
         {'X', 2, 0, 0, 1}, {'X', 3, 0, 0, 1} /* without a report */);
}

static void forgets_failed_trials(void **state)
{
    (void)state;
    TELL("failed", FULL, {'R', 1, 1, 5, 1}, {'P', 2, 1, 4, 2}, {'R', 3, 1, 3, 3},
         {'F', 3, 0, 0, 2}, {'U', 2, 0, 0, 2}, {'F', 2, 0, 0, 1}, {'F', 1, 0, 0, NONE},
         {'R', 0, 1, 9, 0});
    TELL("failed at the end", FULL, {'R', 1, 1, 1, 1}, {'R', 2, FULL, 5, 2},
         {'F', 2, 0, 0, 1});
}

static void prefers_trials_that_reached_the_maximum(void **state)
{
    (void)state;
    TELL("full", FULL, {'R', 1, 1, 1, 1}, {'S', 2, FULL, 5, 2}, {'C', 2, 0, 0, 2},
         {'P', 3, 8, 0, 2}, {'S', 1, FULL, 9, 1} /* worth 1, its best */,
         {'S', 4, FULL + 3, 0.5, 4}, {'R', 0, 1, -100, 4});
    TELL("ended early", FULL, {'R', 1, 3, 1, 1}, {'C', 1, 0, 0, 1}, {'R', 2, 3, 0.5, 2});
    TELL("open maximum", INT64_MAX, {'R', 1, 1, 1, 1}, {'R', 2, 1, 5, 1},
         {'C', 2, 0, 0, 2}, {'R', 3, 70, 2, 2}, {'X', 3, 0, 0, 2}, {'C', 1, 0, 0, 1});
}

static void ties_go_to_the_earlier_report_and_infinity_to_nobody(void **state)
{
    (void)state;
    TELL("ties", FULL, {'R', 3, 1, 0, 3}, {'R', 1, 1, -0.0, 3}, {'R', 3, 2, 0, 3},
         {'F', 3, 0, 0, 1});
    TELL("infinity", FULL, {'R', 3, 1, (double)INFINITY, NONE}, {'R', 1, 2, 1e308, 1},
         {'R', 3, 2, -1e308, 3}, {'R', 2, 1, -1, 3});
    TELL("infinity at the end", FULL, {'R', 1, 1, 7, 1},
         {'S', 2, FULL, (double)INFINITY, 1});
}

/* --- the ends of a space --- */

static void draws_at_random_when_the_neighbours_are_used_up(void **state)
{
    struct stage st = local("{\"a\": {\"type\": \"int\", \"low\": 1, \"high\": 3},"
                            " \"b\": {\"type\": \"int\", \"low\": 1, \"high\": 3}}",
                            always, 1);
    int n = 0, n_children = 0;
    union wn_cell cells[2];

    (void)state;
    assert_true(stage_next(&st, cells));
    stage_report(&st, 0, FULL, 1, WN_VERDICT_STOP);
    for (; stage_ask(&st, cells).kind == WN_REPLY_CONFIGURE; n++) {
        n_children += stage_parent(&st, cells) == 0;
        stage_try(&st, cells, WN_ORIGIN_SEARCH);
    }
    assert_int_equal(n, 8);
    assert_int_equal(n_children, 4);
    stage_end(&st);
}

static void has_nothing_to_change_in_a_space_of_one_point(void **state)
{
    struct stage st = local("{\"a\": {\"type\": \"categorical\", \"values\": [1]}}",
                            "{\"probability\": 1, \"startup\": 0, "
                            "\"allow_duplicates\": true}",
                            1);
    union wn_cell cells[1];

    (void)state;
    assert_true(stage_next(&st, cells));
    stage_report(&st, 0, FULL, 1, WN_VERDICT_STOP);
    assert_int_equal(stage_parent(&st, cells), WN_TRIAL_NONE);
    assert_int_equal(cells[0].i, 0);
    stage_end(&st);
}

static void beats_random_search_on_a_smooth_function(void **state)
{
    (void)state;
    for (uint32_t n_workers = 1; n_workers <= 16; n_workers *= 16) {
        double own =
            stage_median(&wn_search_local, stage_smooth, "{}", 25, 200, n_workers);
        double random =
            stage_median(&wn_search_random, stage_smooth, "{}", 25, 200, n_workers);

        print_message("%u workers: local %.4f, random %.4f\n", n_workers, own, random);
        assert_true(own < random / 4);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(changes_exactly_one_parameter_that_has_another_value),
        cmocka_unit_test(draws_the_new_value_from_the_whole_domain),
        cmocka_unit_test(parameters_that_are_switched_on_are_drawn),
        cmocka_unit_test(is_random_until_enough_trials_are_configured),
        cmocka_unit_test(is_local_as_often_as_told),
        cmocka_unit_test(learns_from_running_trials_as_they_report),
        cmocka_unit_test(learns_from_paused_trials_whether_resumed_or_not),
        cmocka_unit_test(learns_from_stopped_trials),
        cmocka_unit_test(forgets_failed_trials),
        cmocka_unit_test(prefers_trials_that_reached_the_maximum),
        cmocka_unit_test(ties_go_to_the_earlier_report_and_infinity_to_nobody),
        cmocka_unit_test(draws_at_random_when_the_neighbours_are_used_up),
        cmocka_unit_test(has_nothing_to_change_in_a_space_of_one_point),
        cmocka_unit_test(beats_random_search_on_a_smooth_function),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

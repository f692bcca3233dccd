/* What is seen of a comparison: values at a time, ranks, pairs, times to a target, gaps,
 * against numbers worked out by hand. */
#include "test_compare.h"

#include "compare/print.h"
#include "compare/view.h"

static struct wn_comparison_study maximised(const char *method)
{
    struct wn_comparison_study study = study_of(method, "digits", 2);

    study.metric = "accuracy";
    study.is_maximised = true;
    study.best = 0.9;
    return study;
}

/* Two benchmarks and two methods; 100 s long. */
static void fill(struct wn_comparison *c)
{
    size_t a = add_study(c, study_of("a", "branin", 4));
    size_t b = add_study(c, study_of("b", "branin", 4));
    size_t da = add_study(c, maximised("a")), db = add_study(c, maximised("b"));

    RUN(c, a, 0, 8, 4, 2); /* at 10, 20 and 30 s */
    RUN(c, a, 1, 6, 6, 1);
    RUN(c, a, 2, 7);
    RUN(c, a, 3, 5, 3);
    RUN(c, b, 0, 9, 8, 7);
    RUN(c, b, 1, 6, 2, 1);
    RUN(c, b, 3, 4);
    RUN(c, b, 7, 4); /* nobody asked for it */
    RUN(c, da, 0, 0.5, 0.75);
    RUN(c, da, 1, 0.25);
    RUN(c, db, 0, 0.625);
    RUN(c, db, 1, 0.75);
}

struct seen {
    struct wn_comparison comparison;
    struct wn_compare_filter filter;
    struct wn_view view;
};

static struct seen *seen_as(enum wn_statistic statistic, enum wn_view_as as)
{
    struct seen *seen = calloc(1, sizeof *seen);
    struct wn_error err;

    fill(&seen->comparison);
    seen->view.statistic = statistic;
    seen->view.as = as;
    seen->view.seed = 1;
    if (wn_view_make(&seen->comparison, &seen->filter, &seen->view, &err) != WN_OK)
        fail_msg("%s", err.text);
    return seen;
}

static void release(struct seen *seen)
{
    wn_view_release(&seen->view);
    wn_compare_filter_release(&seen->filter);
    wn_comparison_release(&seen->comparison);
    free(seen);
}

static void assert_near(double is, double should_be)
{
    if (!(is >= should_be - 1e-9 && is <= should_be + 1e-9))
        fail_msg("%.15g instead of %.15g", is, should_be);
}

static void values_are_the_best_until_then(void **state)
{
    struct seen *seen = seen_as(WN_STATISTIC_MEAN, WN_VIEW_VALUE);
    struct wn_view_group *g = &seen->view.groups.at[0];
    struct wn_view_entry *a = &g->entries.at[0];

    (void)state;
    assert_int_equal(seen->view.groups.n, 2);
    assert_near(g->length_s, 100);
    assert_true(isinf(wn_view_loss(&seen->view, a, 0, 9.99)));
    assert_near(wn_view_loss(&seen->view, a, 0, 10), 8);
    assert_near(wn_view_loss(&seen->view, a, 0, 29.9), 4);
    assert_near(wn_view_loss(&seen->view, a, 0, 1e9), 2);
    assert_near(wn_view_at(&seen->view, a, 20).middle, (4 + 6 + 7 + 3) / 4.0);
    assert_true(isinf(wn_view_at(&seen->view, a, 5).middle));
    release(seen);
}

static void a_maximised_metric_is_a_loss_inside(void **state)
{
    struct seen *seen = seen_as(WN_STATISTIC_MEAN, WN_VIEW_VALUE);
    struct wn_view_group *g = &seen->view.groups.at[1];
    struct wn_summary inside = wn_view_at(&seen->view, &g->entries.at[0], 100), shown;

    (void)state;
    assert_near(inside.middle, -0.5);
    assert_true(inside.low <= inside.high);
    shown = wn_view_shown(&seen->view, g, inside);
    assert_near(shown.middle, 0.5);
    assert_near(shown.low, -inside.high);
    assert_near(shown.high, -inside.low);
    release(seen);
    seen = seen_as(WN_STATISTIC_MEAN, WN_VIEW_LOSS);
    g = &seen->view.groups.at[1];
    shown =
        wn_view_shown(&seen->view, g, wn_view_at(&seen->view, &g->entries.at[0], 100));
    assert_near(shown.middle, -0.5);
    release(seen);
}

static void regrets_are_distances_from_the_best(void **state)
{
    struct seen *seen = seen_as(WN_STATISTIC_MEAN, WN_VIEW_REGRET);
    struct wn_view_group *g = seen->view.groups.at;

    (void)state;
    /* (2 + 1 + 7 + 3) / 4 - 0.5, and 0.9 - (0.75 + 0.25) / 2 */
    assert_near(wn_view_at(&seen->view, &g[0].entries.at[0], 100).middle, 2.75);
    assert_near(wn_view_at(&seen->view, &g[1].entries.at[0], 100).middle, 0.4);
    release(seen);
}

static void regrets_need_a_best_value(void **state)
{
    struct wn_comparison c = {0};
    struct wn_comparison_study study = study_of("a", "branin", 1);
    struct wn_compare_filter filter = {0};
    struct wn_view view = {.as = WN_VIEW_REGRET};
    struct wn_error err;

    (void)state;
    study.best = NONE;
    add_study(&c, study);
    RUN(&c, 0, 0, 1);
    assert_int_equal(wn_view_make(&c, &filter, &view, &err), WN_EINVAL);
    assert_non_null(strstr(err.text, "no best value is known of branin"));
    wn_view_release(&view);
    wn_comparison_release(&c);
}

/* On branin at the end, in the runs that both have (0, 1, 3): a is 2, 1, 3 and b is 7, 1, 4:
 * ranks 1, 1.5, 1 and 2, 1.5, 2. On digits a is .75, .25, b .625, .75: 1, 2 and 2, 1. */
static void ranks_are_means_over_runs_then_benchmarks(void **state)
{
    struct seen *seen = seen_as(WN_STATISTIC_IQM, WN_VIEW_VALUE);
    const double shares[] = {0.05, 1};
    struct wn_view_ranks ranks;

    (void)state;
    assert_int_equal(wn_view_rank(&seen->view, shares, 2, &ranks, NULL), WN_OK);
    assert_int_equal(ranks.n_methods, 2);
    assert_int_equal(ranks.n_groups, 2);
    assert_near(ranks.at[0].middle, 1.5); /* nobody has anything after 5 s */
    assert_near(ranks.at[0].low, 1.5);
    assert_near(ranks.at[1].middle, (3.5 / 3 + 1.5) / 2);
    assert_near(ranks.at[3].middle, (5.5 / 3 + 1.5) / 2);
    assert_true(ranks.at[1].low < ranks.at[1].middle &&
                ranks.at[1].high > ranks.at[1].middle);
    release(seen);
}

static void what_is_ranked_over_is_named(void **state)
{
    struct seen *seen = seen_as(WN_STATISTIC_IQM, WN_VIEW_VALUE);
    struct wn_view_ranks ranks = {.n_groups = 2};
    struct wn_buf out = {0};

    (void)state;
    wn_view_ranked_over(&seen->view, &ranks, &out);
    assert_string_equal(wn_buf_text(&out), "2 benchmarks");
    seen->view.groups.at[1].benchmark = seen->view.groups.at[0].benchmark;
    seen->view.groups.at[1].n_workers = 64;
    wn_buf_clear(&out);
    wn_view_ranked_over(&seen->view, &ranks, &out);
    assert_string_equal(wn_buf_text(&out), "2 pairs of benchmark and workers");
    wn_buf_release(&out);
    release(seen);
}

/* a - b: 2 - 7, 1 - 1, 3 - 4. */
static void differences_are_taken_run_by_run(void **state)
{
    struct seen *seen = seen_as(WN_STATISTIC_MEAN, WN_VIEW_VALUE);
    struct wn_view_group *g = &seen->view.groups.at[0];
    struct wn_summary difference;
    double n_better;
    size_t n_pairs;

    (void)state;
    assert_int_equal(wn_view_difference(&seen->view, g, &g->entries.at[0],
                                        &g->entries.at[1], &difference, &n_better,
                                        &n_pairs, NULL),
                     WN_OK);
    assert_int_equal(n_pairs, 3);
    assert_near(difference.middle, -2);
    assert_near(difference.low, -5);
    assert_near(difference.high, 0);
    assert_near(n_better, 2.5);
    release(seen);
}

/* Of a: 4 at 20 s, 1 at 30 s, never, 3 at 20 s. */
static void the_time_to_a_target_counts_those_that_never_reach_it(void **state)
{
    struct seen *seen = seen_as(WN_STATISTIC_IQM, WN_VIEW_REGRET);
    struct wn_view_group *g = seen->view.groups.at;
    size_t n_reached;
    struct wn_summary time =
        wn_view_time_to(&seen->view, &g[0].entries.at[0], 4, &n_reached);

    (void)state;
    assert_int_equal(n_reached, 3);
    assert_near(time.low, 20);
    assert_near(time.middle, 25);
    assert_true(isinf(time.high));
    time = wn_view_time_to(&seen->view, &g[1].entries.at[1], 0.75, &n_reached);
    assert_int_equal(n_reached, 1); /* larger is better */
    release(seen);
}

static void missing_and_surplus_runs_are_named(void **state)
{
    struct seen *seen = seen_as(WN_STATISTIC_IQM, WN_VIEW_VALUE);
    struct wn_buf out = {0};

    (void)state;
    seen->comparison.studies.at[0].n_seeds = 9;
    wn_compare_print_gaps(&seen->comparison, &seen->filter, &out);
    assert_string_equal(out.at,
                        "missing: a on branin, 4 workers: runs 4-8\n"
                        "missing: b on branin, 4 workers: run 2\n"
                        "surplus: b on branin, 4 workers, not asked for: run 7\n");
    wn_buf_release(&out);
    release(seen);
}

static void one_worker_is_not_many(void **state)
{
    struct wn_comparison c = {0};
    struct wn_compare_filter filter = {0};
    const struct wn_compare_target target = {NULL, 0.5};
    struct wn_compare_wishes wishes = {
        .against = "a", .targets = &target, .n_targets = 1};
    struct wn_view view = {.seed = 1};
    struct wn_comparison_study study = study_of("a", "branin", 2);
    struct wn_buf out = {0};
    struct wn_error err;

    (void)state;
    study.n_workers = 1;
    RUN(&c, add_study(&c, study), 0, 8);
    RUN(&c, 0, 3, 8);
    assert_int_equal(wn_view_make(&c, &filter, &view, &err), WN_OK);
    assert_int_equal(wn_compare_print(&view, &filter, &wishes, &out, &err), WN_OK);
    assert_null(strstr(wn_buf_text(&out), "workers"));
    assert_non_null(strstr(wn_buf_text(&out), "branin, 1 worker: loss (smaller"));
    assert_non_null(strstr(wn_buf_text(&out), "missing: a on branin, 1 worker: run 1\n"));
    assert_non_null(strstr(wn_buf_text(&out),
                           "surplus: a on branin, 1 worker, not asked for: run 3"));
    wn_buf_release(&out);
    wn_view_release(&view);
    wn_comparison_release(&c);
}

static void filters_pass_what_they_name(void **state)
{
    struct wn_comparison c = {0};
    struct wn_compare_filter filter = {0};
    struct wn_view view = {.seed = 1};
    struct wn_error err;

    (void)state;
    fill(&c);
    assert_int_equal(wn_compare_filter_add(&filter, WN_COMPARE_BENCHMARK, "branin", &err),
                     WN_OK);
    assert_int_equal(wn_compare_filter_add(&filter, WN_COMPARE_METHOD, "b,a", &err),
                     WN_OK);
    assert_int_equal(wn_compare_filter_add(&filter, WN_COMPARE_SEED, "1,3-9", &err),
                     WN_OK);
    assert_int_equal(wn_compare_filter_add(&filter, WN_COMPARE_WORKERS, "4", &err),
                     WN_OK);
    assert_int_equal(wn_view_make(&c, &filter, &view, &err), WN_OK);
    assert_int_equal(view.groups.n, 1);
    assert_int_equal(view.groups.at[0].entries.at[0].n_runs, 2);
    assert_int_equal(view.groups.at[0].entries.at[1].n_runs, 3);
    wn_view_release(&view);
    assert_int_equal(wn_compare_filter_add(&filter, WN_COMPARE_SEED, "3-1", &err),
                     WN_EINVAL);
    assert_int_equal(wn_compare_filter_add(&filter, WN_COMPARE_SEED, "x", &err),
                     WN_EINVAL);
    assert_int_equal(wn_compare_filter_add(&filter, WN_COMPARE_BENCHMARK, "brann", &err),
                     WN_OK);
    assert_int_equal(wn_compare_filter_check(&filter, &c, &err), WN_EINVAL);
    assert_string_equal(err.text, "'brann' is no benchmark of this comparison; did you "
                                  "mean 'branin'?");
    wn_compare_filter_release(&filter);
    wn_comparison_release(&c);
}

static void the_csv_leaves_out_what_is_not_there(void **state)
{
    struct seen *seen = seen_as(WN_STATISTIC_MEDIAN, WN_VIEW_VALUE);
    struct wn_buf out = {0};

    (void)state;
    assert_int_equal(wn_compare_print_csv(&seen->view, 20, &out, NULL), WN_OK);
    assert_non_null(strstr(out.at, "\nbest,branin,4,a,5,0.05,,,,4\n"));
    assert_non_null(strstr(out.at, "\nbest,branin,4,a,10,0.1,6.5,5.75,7.25,4\n"));
    assert_non_null(strstr(out.at, "\nbest,digits,4,a,100,1,0.5,0.375,0.625,2\n"));
    assert_non_null(strstr(out.at, "\nrank,,,a,,0.05,1.5,1.5,1.5,\n"));
    wn_buf_release(&out);
    release(seen);
}

static void more_runs_than_can_be_resampled_are_refused(void **state)
{
    struct wn_comparison c = {0};
    struct wn_compare_filter filter = {0};
    struct wn_view view = {.seed = 1};
    size_t a = add_study(&c, study_of("a", "branin", WN_RESAMPLED_MOST + 1));
    struct wn_error err;

    (void)state;
    for (int64_t k = 0; k <= WN_RESAMPLED_MOST; k++)
        RUN(&c, a, k, 8);
    assert_int_equal(wn_view_make(&c, &filter, &view, &err), WN_EINVAL);
    assert_string_equal(
        err.text,
        "a on branin has 60001 runs; at most 60000 can be looked at: see --seed");
    wn_view_release(&view);
    wn_comparison_release(&c);
}

/* Wherever values are shown; regrets and losses have it too. */
static void the_unit_stands_behind_the_metric(void **state)
{
    static const char *const axes[] = {"accuracy [%] (larger is better)",
                                       "-accuracy [%] (smaller is better)",
                                       "regret of accuracy [%] (smaller is better)"};
    const struct wn_compare_target target = {NULL, 0.5};
    struct wn_compare_wishes wishes = {
        .against = "a", .targets = &target, .n_targets = 1};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct wn_comparison c = {0};
        struct wn_compare_filter filter = {0};
        struct wn_view view = {.seed = 1, .as = (enum wn_view_as)i};
        struct wn_comparison_study study = maximised("b");
        struct wn_buf out = {0};
        struct wn_error err;

        RUN(&c, add_study(&c, maximised("a")), 0, 0.5); /* of an older file */
        study.metric_unit = "%";
        RUN(&c, add_study(&c, study), 0, 0.75);
        assert_int_equal(wn_view_make(&c, &filter, &view, &err), WN_OK);
        wn_view_axis(&view, &view.groups.at[0], &out);
        assert_string_equal(wn_buf_text(&out), axes[i]);
        assert_int_equal(wn_compare_print(&view, &filter, &wishes, &out, &err), WN_OK);
        assert_non_null(strstr(wn_buf_text(&out), axes[i]));
        assert_non_null(strstr(wn_buf_text(&out), "at the end [%] (below 0: better)"));
        assert_non_null(strstr(wn_buf_text(&out), "until accuracy [%] is 0.5 or better"));
        wn_buf_release(&out);
        wn_view_release(&view);
        wn_comparison_release(&c);
    }
}

static void control_characters_are_not_printed(void **state)
{
    struct wn_comparison c = {0};
    struct wn_compare_filter filter = {0};
    struct wn_compare_wishes wishes = {0};
    struct wn_view view = {.seed = 1};
    struct wn_comparison_study study = study_of("a", "branin", 1);
    struct wn_buf out = {0};
    struct wn_error err;

    (void)state;
    study.metric = "l\033[31m\nx";
    study.metric_unit = "%\033[31m of a text that is far too long for a unit";
    RUN(&c, add_study(&c, study), 0, 8);
    assert_int_equal(wn_view_make(&c, &filter, &view, &err), WN_OK);
    assert_int_equal(wn_compare_print(&view, &filter, &wishes, &out, &err), WN_OK);
    assert_null(strchr(wn_buf_text(&out), '\033'));
    assert_non_null(strstr(wn_buf_text(&out),
                           "l?[31m?x [%?[31m of a text that is] (smaller is better)"));
    wn_buf_release(&out);
    wn_view_release(&view);
    wn_comparison_release(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_the_best_until_then),
        cmocka_unit_test(a_maximised_metric_is_a_loss_inside),
        cmocka_unit_test(regrets_are_distances_from_the_best),
        cmocka_unit_test(regrets_need_a_best_value),
        cmocka_unit_test(ranks_are_means_over_runs_then_benchmarks),
        cmocka_unit_test(what_is_ranked_over_is_named),
        cmocka_unit_test(differences_are_taken_run_by_run),
        cmocka_unit_test(the_time_to_a_target_counts_those_that_never_reach_it),
        cmocka_unit_test(missing_and_surplus_runs_are_named),
        cmocka_unit_test(one_worker_is_not_many),
        cmocka_unit_test(filters_pass_what_they_name),
        cmocka_unit_test(the_csv_leaves_out_what_is_not_there),
        cmocka_unit_test(more_runs_than_can_be_resampled_are_refused),
        cmocka_unit_test(the_unit_stands_behind_the_metric),
        cmocka_unit_test(control_characters_are_not_printed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_sched_pasha.c - the growing maximum against all of it worked out anew. */
#include <stdlib.h>

#include "conformance/drive.h"
#include "sched/pasha_internal.h"

static const int64_t levels[] = {2, 4, 8};
#define N_LEVELS (sizeof levels / sizeof levels[0])
#define MAXIMUM  16
#define N_TRIALS 40

struct stage {
    struct wn_space *space;
    struct wn_history *history;
    struct wn_pasha *pasha;
};

static void set_stage(struct stage *stage)
{
    stage->space = drive_small_space();
    assert_int_equal(
        wn_history_create(&(struct wn_history_config){.space = stage->space,
                                                      .metric = "loss",
                                                      .max_resource = MAXIMUM},
                          &stage->history, NULL),
        WN_OK);
    stage->pasha = wn_pasha_create(stage->history, levels, N_LEVELS);
    assert_non_null(stage->pasha);
}

static void clear_stage(struct stage *stage)
{
    wn_pasha_destroy(stage->pasha);
    wn_history_destroy(stage->history);
    wn_space_destroy(stage->space);
}

static void apply(struct stage *stage, struct wn_event event)
{
    struct wn_error err = {0};

    if (wn_history_apply(stage->history, &event, &err) != WN_OK)
        fail_msg("%s", err.text);
}

static void plan(struct stage *stage, uint32_t trial)
{
    union wn_cell cell = {.i = 3};

    apply(stage,
          (struct wn_event){.kind = WN_EVENT_PLANNED,
                            .trial = trial,
                            .planned = {.milestone = MAXIMUM, .parent = WN_TRIAL_NONE}});
    apply(stage,
          (struct wn_event){
              .kind = WN_EVENT_CONFIGURED,
              .trial = trial,
              .configured = {.origin = WN_ORIGIN_SEARCH, .n_cells = 1, .cells = &cell}});
}

static void record(struct stage *stage, uint32_t trial, int64_t resource, double loss)
{
    struct wn_metric metric = {"loss", loss};

    apply(stage,
          (struct wn_event){
              .kind = WN_EVENT_REPORTED,
              .trial = trial,
              .reported = {.resource = resource, .n_metrics = 1, .metrics = &metric}});
}

static size_t n_reached(int64_t resource)
{
    size_t n = 0;

    while (n < N_LEVELS && levels[n] <= resource)
        n++;
    return n;
}

/* A report, and the levels that it reaches. */
static void report(struct stage *stage, uint32_t trial, int64_t resource, double loss)
{
    size_t before = n_reached(wn_history_resource(stage->history, trial));

    record(stage, trial, resource, loss);
    for (size_t level = before; level < n_reached(resource); level++)
        assert_true(wn_pasha_reach(stage->pasha, level, trial));
}

/* --- all of it, anew --- */

struct expected {
    size_t top;
    double epsilon;
};

static double loss_at(const struct stage *stage, uint32_t trial, int64_t level)
{
    const struct wn_trial *t = wn_history_trial(stage->history, trial);

    for (uint32_t i = 0; i < t->n_reports; i++)
        if (t->reports[i].resource >= level)
            return t->reports[i].loss;
    fail();
    return 0;
}

/* Losses of both where both have a report, highest first. */
static int common(const struct stage *stage, uint32_t a, uint32_t b, double out[][3])
{
    int n = 0;

    for (int64_t r = MAXIMUM + 8; r > 0; r--) {
        const struct wn_report *x = wn_history_report_at(stage->history, a, r);
        const struct wn_report *y = wn_history_report_at(stage->history, b, r);

        if (!x || !y || x->resource != r || y->resource != r)
            continue;
        out[n][0] = x->loss;
        out[n][1] = y->loss;
        out[n++][2] = (double)r;
    }
    return n;
}

/* The definition: three resources with the orders <, >, < or >, <, >, the first the
 * highest of all. */
static bool is_noisy(double losses[][3], int n, int64_t floor)
{
    if (n < 3 || losses[0][2] <= (double)floor || !isfinite(losses[0][0] - losses[0][1]))
        return false;
    for (int i = 1; i < n; i++)
        for (int j = i + 1; j < n; j++) {
            bool less = losses[0][0] < losses[0][1] && losses[i][0] > losses[i][1] &&
                        losses[j][0] < losses[j][1];
            bool more = losses[0][0] > losses[0][1] && losses[i][0] < losses[i][1] &&
                        losses[j][0] > losses[j][1];
            if (less || more)
                return true;
        }
    return false;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static size_t members(const struct stage *stage, size_t level, uint32_t out[])
{
    size_t n = 0;

    for (uint32_t i = 0; i < wn_history_n_trials(stage->history); i++)
        if (wn_history_resource(stage->history, i) >= levels[level])
            out[n++] = i;
    return n;
}

static void expect_epsilon(const struct stage *stage, struct expected *e)
{
    static double differences[N_TRIALS * N_TRIALS];
    double losses[MAXIMUM + 8][3], at;
    uint32_t in[N_TRIALS];
    size_t n = members(stage, e->top, in), n_pairs = 0;

    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++)
            if (is_noisy(losses, common(stage, in[i], in[j], losses), levels[e->top - 1]))
                differences[n_pairs++] = fabs(losses[0][0] - losses[0][1]);
    if (!n_pairs)
        return;
    qsort(differences, n_pairs, sizeof differences[0], compare);
    at = 0.9 * (double)(n_pairs - 1);
    n = (size_t)floor(at + 1e-9);
    e->epsilon = differences[n];
    if (n + 1 < n_pairs)
        e->epsilon += (at - (double)n) * (differences[n + 1] - differences[n]);
}

/* Selection sort by (upper, lower, number), and the lower losses sorted beside it. */
static bool is_settled(const struct stage *stage, const struct expected *e)
{
    double upper[N_TRIALS], lower[N_TRIALS], sorted[N_TRIALS];
    uint32_t in[N_TRIALS];
    size_t n = members(stage, e->top, in);

    for (size_t i = 0; i < n; i++) {
        upper[i] = loss_at(stage, in[i], levels[e->top]);
        lower[i] = sorted[i] = loss_at(stage, in[i], levels[e->top - 1]);
    }
    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < n; j++)
            if (upper[j] < upper[i] || (upper[j] == upper[i] && lower[j] < lower[i])) {
                double u = upper[i], l = lower[i];
                upper[i] = upper[j], lower[i] = lower[j];
                upper[j] = u, lower[j] = l;
            }
    qsort(sorted, n, sizeof sorted[0], compare);
    for (size_t i = 0; i < n; i++)
        if (lower[i] != sorted[i] && fabs(lower[i] - sorted[i]) > e->epsilon)
            return false;
    return true;
}

static void expect(const struct stage *stage,
                   struct expected *e,
                   int64_t before,
                   int64_t after)
{
    for (size_t level = n_reached(before); level < n_reached(after); level++) {
        if (level != e->top)
            continue;
        expect_epsilon(stage, e);
        if (is_settled(stage, e))
            continue;
        e->top++;
        if (e->top < N_LEVELS)
            expect_epsilon(stage, e);
    }
}

/* --- the tests --- */

/* Little noise leaves the order of the trials as it is; with more there are ties too. */
static double draw_loss(struct wn_rng *rng, double noise, uint32_t trial)
{
    double loss = (trial * 37 % N_TRIALS) / 8.0 + noise * wn_rng_unit(rng);

    if (noise < .1)
        return loss;
    if (wn_rng_below(rng, 60) == 0)
        return HUGE_VAL;
    return wn_rng_below(rng, 4) ? loss : floor(4 * loss) / 4;
}

/* A trial goes up to its next level, most often with every report; never past the top. */
static void advance(struct stage *stage, struct wn_rng *rng, double noise, uint32_t trial)
{
    int64_t at = wn_history_resource(stage->history, trial), to;

    if (n_reached(at) > stage->pasha->top)
        return;
    to = n_reached(at) < N_LEVELS ? levels[n_reached(at)] : MAXIMUM;
    if (at >= MAXIMUM)
        return;
    if (wn_rng_below(rng, 12) == 0)
        to = wn_rng_int(rng, to, MAXIMUM);
    else
        for (int64_t r = at + 1; r < to; r++)
            if (wn_rng_below(rng, 5))
                report(stage, trial, r, draw_loss(rng, noise, trial));
    report(stage, trial, to, draw_loss(rng, noise, trial));
}

static void opens_as_all_of_it_anew_says(void **state)
{
    size_t n_tops[N_LEVELS + 1] = {0}, n_noisy = 0;

    (void)state;
    for (uint64_t seed = 0; seed < 400; seed++) {
        struct wn_rng rng = wn_rng_keyed(seed, WN_STREAM_TEST, 0);
        double noise = pow(10, -2 + (double)(seed % 40) / 10);
        struct expected e = {.top = 1};
        struct stage stage;

        set_stage(&stage);
        for (uint32_t i = 0; i < N_TRIALS; i++)
            plan(&stage, i);
        for (int step = 0; step < 150; step++) {
            uint32_t trial = (uint32_t)wn_rng_below(&rng, N_TRIALS);
            int64_t before = wn_history_resource(stage.history, trial);

            advance(&stage, &rng, noise, trial);
            expect(&stage, &e, before, wn_history_resource(stage.history, trial));
            if (stage.pasha->top != e.top ||
                fabs(stage.pasha->epsilon - e.epsilon) > 1e-12)
                fail_msg("seed %d, step %d: top %zu for %zu, epsilon %.17g for %.17g",
                         (int)seed, step, stage.pasha->top, e.top, stage.pasha->epsilon,
                         e.epsilon);
        }
        n_tops[e.top]++;
        n_noisy += e.epsilon > 0;
        clear_stage(&stage);
    }
    for (size_t top = 1; top <= N_LEVELS; top++)
        assert_in_range(n_tops[top], 10, 400); /* all of it was seen */
    assert_in_range(n_noisy, 100, 400);
}

/* 200 trials in the same order at both levels, but for two of them. */
static size_t top_after_a_swap_at(uint32_t place)
{
    struct stage stage;
    size_t top;

    set_stage(&stage);
    for (uint32_t i = 0; i < 200; i++) {
        bool is_swapped = i == place || i == place + 1;

        plan(&stage, i);
        report(&stage, i, 2, i);
        report(&stage, i, 4, is_swapped ? 2.0 * place + 1 - i : i);
    }
    top = stage.pasha->top;
    clear_stage(&stage);
    return top;
}

static void the_best_are_compared(void **state)
{
    (void)state;
    assert_int_equal(top_after_a_swap_at(0), 2);
    assert_int_equal(top_after_a_swap_at(WN_PASHA_COMPARED - 2), 2);
    assert_int_equal(top_after_a_swap_at(150), 1);
}

/* Worse ones come first: each pushes another one out of the compared. */
static void better_ones_push_worse_ones_out(void **state)
{
    struct stage stage;

    (void)state;
    set_stage(&stage);
    for (uint32_t i = 0; i < 300; i++) {
        plan(&stage, i);
        report(&stage, i, 2, -(double)i);
        report(&stage, i, 4, -(double)i);
    }
    assert_int_equal(stage.pasha->top, 1);
    assert_int_equal(stage.pasha->n_best, WN_PASHA_COMPARED);
    assert_int_equal(stage.pasha->best[0].trial, 299);
    for (size_t i = 0; i < stage.pasha->n_best; i++)
        assert_true(stage.pasha->lower[i] == stage.pasha->best[i].lower);
    clear_stage(&stage);
}

static void says_when_there_is_no_memory(void **state)
{
    struct stage stage;

    (void)state;
    set_stage(&stage);
    plan(&stage, 0);
    record(&stage, 0, 9, 1);
    wn_mem_fail_after(1);
    assert_null(wn_pasha_create(stage.history, levels, N_LEVELS));
    wn_mem_fail_after(1);
    assert_false(wn_pasha_reach(stage.pasha, 2, 0));
    wn_mem_fail_after(0);
    assert_true(wn_pasha_reach(stage.pasha, 2, 0));
    clear_stage(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opens_as_all_of_it_anew_says),
        cmocka_unit_test(the_best_are_compared),
        cmocka_unit_test(better_ones_push_worse_ones_out),
        cmocka_unit_test(says_when_there_is_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

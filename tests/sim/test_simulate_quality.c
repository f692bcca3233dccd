/* test_simulate_quality.c - methods against each other on functions with a known minimum.
 *
 * Every method gets the same resource units on eight workers in virtual time. Compared are
 * medians over seeds of the best configuration's true value: that of the trial with the
 * best loss at the full resource, without noise. Seeds are fixed, so the figures are too;
 * they are printed; for other budgets:
 *
 *     test_simulate_quality [BUDGET [SEEDS]]     in full trainings; 0: as in the test
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "runner/function.h"
#include "support_run.h"

enum { N_WORKERS = 8, SEEDS_MOST = 200 };

static size_t n_seeds = 50;
static int64_t other_budget; /* full trainings; 0: the case's */

/* A function, its space, and how far a full training goes. */
static const struct field {
    const char *name, *function, *space;
    int64_t max;
} branin = {"branin", "branin",
            "{'x': {'type': 'float', 'low': -5, 'high': 10},"
            " 'y': {'type': 'float', 'low': 0, 'high': 15}}",
            27},
  hartmann6 = {"hartmann6", "hartmann6",
               "{'a': {'type': 'float', 'low': 0, 'high': 1},"
               " 'b': {'type': 'float', 'low': 0, 'high': 1},"
               " 'c': {'type': 'float', 'low': 0, 'high': 1},"
               " 'd': {'type': 'float', 'low': 0, 'high': 1},"
               " 'e': {'type': 'float', 'low': 0, 'high': 1},"
               " 'f': {'type': 'float', 'low': 0, 'high': 1}}",
               27},
  mixed = {"mixed", "mixed",
           "{'model': {'type': 'categorical', 'values': ['linear', 'tree', 'net']},"
           " 'reg': {'type': 'float', 'low': 1e-6, 'high': 1, 'scale': 'log'},"
           " 'depth': {'type': 'int', 'low': 1, 'high': 20, 'when': {'model': 'tree'}},"
           " 'lr': {'type': 'float', 'low': 1e-4, 'high': 1, 'scale': 'log',"
           "        'when': {'model': ['linear', 'net']}},"
           " 'width': {'type': 'int', 'low': 8, 'high': 512, 'scale': 'log',"
           "           'when': {'model': 'net'}}}",
           27},
  counting_ones = {"counting ones", "counting_ones", NULL, 81};

/* So many categorical and continuous parameters each. */
static void counting_space(unsigned n, struct wn_buf *out)
{
    wn_buf_addc(out, '{');
    for (unsigned i = 0; i < n; i++)
        wn_buf_addf(out,
                    "%s'c%u': {'type': 'categorical', 'values': [0, 1]},"
                    " 'p%u': {'type': 'float', 'low': 0, 'high': 1}",
                    i ? ", " : "", i, i);
    wn_buf_addc(out, '}');
}

/* The loss of a configuration at the full resource without noise. */
static double truth(const struct wn_job *job, const union wn_cell *cells)
{
    const struct wn_function_ops *function =
        wn_function_at(wn_values_choice(job->trial, "function"));
    double cube[64], state[WN_FUNCTION_STATE_MAX / sizeof(double)] = {0};
    double values[WN_FUNCTION_METRICS_MAX] = {0}, sum = 0;
    size_t n = wn_space_n_params(job->space);
    struct wn_function_task task = {.space = job->space,
                                    .cells = cells,
                                    .cube = cube,
                                    .n_dims = wn_space_n_dims(job->space),
                                    .units = job->max_resource};

    assert_true(task.n_dims <= 64);
    wn_config_encode(job->space, cells, cube);
    if (strcmp(function->name, "counting_ones") != 0) {
        function->begin(&task, state);
        function->unit(&task, state, job->max_resource, values);
        return values[0];
    }
    for (size_t i = 0; i < n; i++) {
        const struct wn_param *param = wn_space_param(job->space, i);

        sum +=
            param->type == WN_PARAM_CATEGORICAL ? (double)cells[i].i : cube[param->dim];
    }
    return -sum / (double)n;
}

static double best_of(const char *method,
                      const struct field *field,
                      int64_t budget,
                      uint64_t seed)
{
    struct wn_buf space = {0}, text = {0};
    const struct wn_report *best;
    struct sim_run run;
    double value;

    if (!field->space)
        counting_space(8, &space);
    wn_buf_addf(&text,
                "{'name': 'quality', 'trial': {'runner': 'function', 'function': '%s', "
                "'unit_time': 60, 'spread': 3}, 'space': %s, 'metric': {'name': 'loss'},"
                " 'resource': {'max': %lld}, %s, 'initial': [],"
                " 'stop': {'resource': %lld}, 'seed': %llu}",
                field->function, field->space ? field->space : wn_buf_text(&space),
                (long long)field->max, method, (long long)(budget * field->max),
                (unsigned long long)seed);
    run = sim_run_job(sim_job(wn_buf_text(&text), NULL), N_WORKERS);
    best = wn_history_best(sim_run_history(&run), true);
    assert_non_null(best); /* the budget holds several full trainings */
    value = truth(run.job, wn_history_trial(sim_run_history(&run), best->trial)->cells);
    sim_run_release(&run);
    wn_buf_release(&text);
    wn_buf_release(&space);
    return value;
}

static double median_of(const char *method, const struct field *field, int64_t budget)
{
    double values[SEEDS_MOST], median;

    if (other_budget)
        budget = other_budget;
    for (size_t i = 0; i < n_seeds; i++)
        values[i] = best_of(method, field, budget, i + 1);
    median = sim_median(values, n_seeds);
    print_message("%-14s %4lld trainings  %-22s median %.5f\n", field->name,
                  (long long)budget, method, median);
    return median;
}

static void expect_better(const struct field *field,
                          const char *name,
                          double is,
                          double than)
{
    if (!(is < than))
        fail_msg("%s on %s: median %.6g, random search has %.6g", name, field->name, is,
                 than);
}

/* Not worse than Hyperband by more than this part of what random search leaves over it:
 * the issue of a search is its distance to the minimum. */
static const double margin = 0.25;

static void dehb_beats_random_and_keeps_up_with_hyperband(void **state)
{
    static const struct {
        const struct field *field;
        int64_t budget;
        double minimum;
    } cases[] = {{&branin, 150, 0.397887}, {&counting_ones, 150, -1}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct field *field = cases[i].field;
        double random = median_of("'method': 'random'", field, cases[i].budget);
        double hyperband = median_of("'method': 'hyperband'", field, cases[i].budget);
        double dehb = median_of("'method': 'dehb'", field, cases[i].budget);

        expect_better(field, "dehb", dehb, random);
        if (dehb - cases[i].minimum > (1 + margin) * (hyperband - cases[i].minimum))
            fail_msg("dehb on %s: median %.6g, Hyperband has %.6g", field->name, dehb,
                     hyperband);
    }
}

static void models_beat_random(void **state)
{
    static const struct {
        const struct field *field;
        int64_t budget;
    } cases[] = {{&branin, 100}, {&hartmann6, 150}, {&mixed, 100}};
    static const char *const methods[] = {"'method': 'local'", "'method': 'tpe'",
                                          "'method': 'bohb'"};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct field *field = cases[i].field;
        double random = median_of("'method': 'random'", field, cases[i].budget);

        for (size_t k = 0; k < sizeof methods / sizeof methods[0]; k++)
            expect_better(field, methods[k],
                          median_of(methods[k], field, cases[i].budget), random);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dehb_beats_random_and_keeps_up_with_hyperband),
        cmocka_unit_test(models_beat_random),
    };

    if (argc > 1)
        other_budget = strtoll(argv[1], NULL, 10);
    if (argc > 2)
        n_seeds = strtoull(argv[2], NULL, 10);
    if (n_seeds < 1 || n_seeds > SEEDS_MOST) {
        fprintf(stderr, "from 1 to %d seeds\n", SEEDS_MOST);
        return 2;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}

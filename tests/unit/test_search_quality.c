/* test_search_quality.c - searchers with a model find better configurations than chance.
 *
 * Whole searches of 100 or 200 trials, four at a time, on functions of the literature; what is
 * compared is the median over seeds of the best value found. Each seed of a searcher is a
 * study of its own, so that the two medians are independent.
 */
#include "test_search_stage.h"

extern const struct wn_search_ops wn_search_random, wn_search_tpe, wn_search_kde;

enum { MOST_SEEDS = 50, N_WORKERS = 4, MOST_CELLS = 16 };

typedef double objective_fn(const struct wn_space *space, const union wn_cell *cells);

/* Dixon, Szego: Towards Global Optimisation 2, 1978: least 0.397887, in three places. */
static double branin(const struct wn_space *space, const union wn_cell *cells)
{
    double x = cells[0].f, y = cells[1].f, pi = acos(-1);
    double a = y - 5.1 / (4 * pi * pi) * x * x + 5 / pi * x - 6;

    (void)space;
    return a * a + 10 * (1 - 1 / (8 * pi)) * cos(x) + 10;
}

static const char branin_space[] =
    "{\"x\": {\"type\": \"float\", \"low\": -5, \"high\": 10},"
    " \"y\": {\"type\": \"float\", \"low\": 0, \"high\": 15}}";

/* The same book: least -3.32237. */
static double hartmann(const struct wn_space *space, const union wn_cell *cells)
{
    static const double weights[] = {1, 1.2, 3, 3.2};
    static const double a[4][6] = {{10, 3, 17, 3.5, 1.7, 8},
                                   {0.05, 10, 17, 0.1, 8, 14},
                                   {3, 3.5, 1.7, 10, 17, 8},
                                   {17, 8, 0.05, 10, 0.1, 14}};
    static const double p[4][6] = {{0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886},
                                   {0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991},
                                   {0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650},
                                   {0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381}};
    double sum = 0;

    (void)space;
    for (size_t i = 0; i < 4; i++) {
        double exponent = 0;

        for (size_t j = 0; j < 6; j++)
            exponent += a[i][j] * (cells[j].f - p[i][j]) * (cells[j].f - p[i][j]);
        sum -= weights[i] * exp(-exponent);
    }
    return sum;
}

static const char hartmann_space[] =
    "{\"a\": {\"type\": \"float\", \"low\": 0, \"high\": 1},"
    " \"b\": {\"type\": \"float\", \"low\": 0, \"high\": 1},"
    " \"c\": {\"type\": \"float\", \"low\": 0, \"high\": 1},"
    " \"d\": {\"type\": \"float\", \"low\": 0, \"high\": 1},"
    " \"e\": {\"type\": \"float\", \"low\": 0, \"high\": 1},"
    " \"f\": {\"type\": \"float\", \"low\": 0, \"high\": 1}}";

/* As the tuning of a network: which optimizer decides which parameters there are. The least
 * is 0, for sgd with lr 0.03, momentum 0.9, 4 layers of 128 units, relu. */
static double network(const struct wn_space *space, const union wn_cell *cells)
{
    double lr = log10(cells[1].f), depth = (double)cells[4].i, loss;
    double units = log2((double)cells[5].i);

    (void)space;
    loss = 0.05 * (depth - 4) * (depth - 4) + 0.2 * (units - 7) * (units - 7);
    loss += (double)(cells[6].i != 1) * 0.3;
    if (cells[0].i == 0) /* sgd */
        return loss + (lr - log10(0.03)) * (lr - log10(0.03)) +
               8 * (cells[2].f - 0.9) * (cells[2].f - 0.9);
    return loss + 0.2 + 0.7 * (lr + 3) * (lr + 3) +
           0.3 * (log10(1 - cells[3].f) + 2.5) * (log10(1 - cells[3].f) + 2.5);
}

static const char network_space[] =
    "{\"optimizer\": {\"type\": \"categorical\", \"values\": [\"sgd\", \"adam\"]},"
    " \"lr\": {\"type\": \"float\", \"low\": 1e-5, \"high\": 1, \"scale\": \"log\"},"
    " \"momentum\": {\"type\": \"float\", \"low\": 0, \"high\": 0.99, \"when\":"
    " {\"optimizer\": \"sgd\"}},"
    " \"beta\": {\"type\": \"float\", \"low\": 0.8, \"high\": 0.9999, \"when\":"
    " {\"optimizer\": \"adam\"}},"
    " \"layers\": {\"type\": \"int\", \"low\": 1, \"high\": 8},"
    " \"units\": {\"type\": \"int\", \"low\": 8, \"high\": 1024, \"scale\": \"log\"},"
    " \"activation\": {\"type\": \"categorical\", \"values\": [\"tanh\", \"relu\", "
    "\"elu\"]}}";

static double best_of(const struct wn_search_ops *ops,
                      const char *options,
                      const char *space,
                      objective_fn *objective,
                      uint32_t n,
                      uint64_t seed)
{
    struct stage st = stage_begin(ops, space, options, 1, seed);
    union wn_cell cells[MOST_CELLS];
    double best = (double)INFINITY;

    for (uint32_t i = 0; i < n + N_WORKERS; i++) {
        uint32_t trial = i - N_WORKERS;
        double loss;

        if (i < n)
            assert_true(stage_next(&st, cells));
        if (i < N_WORKERS)
            continue;
        loss = objective(st.space, wn_history_trial(st.history, trial)->cells);
        best = loss < best ? loss : best;
        stage_report(&st, trial, 1, loss, WN_VERDICT_STOP);
        stage_finish(&st, trial, WN_END_COMPLETED);
    }
    stage_end(&st);
    return best;
}

static double median_best(const struct wn_search_ops *ops,
                          const char *options,
                          const char *space,
                          objective_fn *objective,
                          uint32_t n,
                          size_t n_seeds)
{
    double best[MOST_SEEDS];

    for (size_t i = 0; i < n_seeds; i++)
        best[i] = best_of(ops, options, space, objective, n,
                          i + 1000 * (uint64_t)(unsigned char)ops->name[0]);
    return median_of(best, n_seeds);
}

static const struct {
    const char *name, *space;
    objective_fn *objective;
    double least;
    uint32_t n_trials;
} functions[] = {{"branin", branin_space, branin, 0.397887, 100},
                 {"hartmann 6", hartmann_space, hartmann, -3.32237, 200},
                 {"conditional network", network_space, network, 0, 200}};

static const struct {
    const struct wn_search_ops *ops;
    const char *options;
    double share; /* of the regret of random search, at most */
} searchers[] = {{&wn_search_tpe, "{}", 0.6},
                 {&wn_search_tpe, "{\"multivariate\": false}", 0.6},
                 {&wn_search_kde, "{}", 0.8}};

static void models_beat_chance(void **state)
{
    (void)state;
    for (size_t f = 0; f < sizeof functions / sizeof *functions; f++) {
        double chance =
            median_best(&wn_search_random, "{}", functions[f].space,
                        functions[f].objective, functions[f].n_trials, MOST_SEEDS) -
            functions[f].least;

        for (size_t s = 0; s < sizeof searchers / sizeof *searchers; s++) {
            double regret =
                median_best(searchers[s].ops, searchers[s].options, functions[f].space,
                            functions[f].objective, functions[f].n_trials, 21) -
                functions[f].least;

            print_message("%s, %s %s: regret %.3g, random search %.3g\n",
                          functions[f].name, searchers[s].ops->name, searchers[s].options,
                          regret, chance);
            if (!(regret < searchers[s].share * chance))
                fail_msg("%s, %s %s: regret %g, random search %g", functions[f].name,
                         searchers[s].ops->name, searchers[s].options, regret, chance);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(models_beat_chance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* propose.c - how long a searcher takes for a proposal, by the number of finished trials.
 *
 * A sample is one propose() after everything that happened (past.h) was applied; its
 * configuration is then tried. Times are the processor's (bench_lap()).
 *
 * Every searcher of the registry is there: `ways` has those with options, with plans of a
 * scheduler, or in a space that is restricted to a list; all others come with their
 * defaults.
 */
#include <stdio.h>
#include <string.h>

#include "bench.h"
#include "past.h"

enum { N_SAMPLES = 101 };

static const uint32_t sizes[] = {100, 1000, 10000};

/* A searcher, or one of its ways to work. */
struct subject {
    const char *key, *searcher, *options;
    double goals_ms[3]; /* 0: none */
    bool is_restricted; /* to a list of configurations */
    enum bench_under under;
};

static const struct subject ways[] = {
    {.key = "tpe", .searcher = "tpe", .options = "{}", .goals_ms = {0, 1, 5}},
    {.key = "tpe_univariate",
     .searcher = "tpe",
     .options = "{\"multivariate\": false}",
     .goals_ms = {0, 1, 5}},
    {.key = "kde",
     .searcher = "kde",
     .options = "{\"random_fraction\": 0}",
     .goals_ms = {0, 1, 5}},
    {.key = "de", .searcher = "de", .options = "{}", .under = BENCH_DEHB},
    {.key = "perturb", .searcher = "perturb", .options = "{}", .under = BENCH_PBT},
    {.key = "evolution", .searcher = "evolution", .options = "{}"},
    {.key = "evolution_large",
     .searcher = "evolution",
     .options = "{\"population\": 10000, \"sample_size\": 1000}"},
    {.key = "local", .searcher = "local", .options = "{}"},
    {.key = "sobol", .searcher = "sobol", .options = "{}"},
    {.key = "evolution_restricted",
     .searcher = "evolution",
     .options = "{}",
     .is_restricted = true},
    {.key = "local_restricted",
     .searcher = "local",
     .options = "{}",
     .is_restricted = true},
    {.key = "sobol_restricted",
     .searcher = "sobol",
     .options = "{}",
     .is_restricted = true},
    {.key = "perturb_restricted",
     .searcher = "perturb",
     .options = "{}",
     .is_restricted = true,
     .under = BENCH_PBT},
    {.key = "tpe_restricted", .searcher = "tpe", .options = "{}", .is_restricted = true},
};

/* On the processor, and by the clock on the wall. */
struct sample {
    double cpu_s, wall_s;
};

static enum wn_status propose(struct bench_past *past,
                              struct sample *sample,
                              struct wn_error *err)
{
    union wn_cell cells[BENCH_N_PARAMS];
    struct wn_ask ask;
    struct wn_reply reply;
    double begin_s;
    enum wn_status rc = bench_past_plan(past, &ask, err);

    if (rc)
        return rc;
    begin_s = bench_now_s();
    (void)bench_lap(&past->watch);
    reply = past->ops->propose(past->search, &ask,
                               wn_rng_keyed(1, WN_STREAM_PROPOSE, ask.trial), cells);
    sample->cpu_s = bench_lap(&past->watch);
    sample->wall_s = bench_now_s() - begin_s;
    if (reply.kind != WN_REPLY_CONFIGURE)
        return wn_fail(err, WN_ESYSTEM, "%s proposes nothing", past->ops->name);
    return bench_past_try(past, ask.trial, cells, reply.tag, err);
}

/* The first proposal after all that history, and the median of those that follow. */
static enum wn_status measure_size(struct bench *bench,
                                   struct bench_past *past,
                                   const struct subject *subject,
                                   size_t size,
                                   struct wn_error *err)
{
    double wall_s[N_SAMPLES], cpu_s[N_SAMPLES], sum_s = 0;
    struct sample first = {0}, sample = {0};
    struct wn_json *figure;
    char key[64];
    enum wn_status rc = bench_past_grow(past, sizes[size], err);

    if (!rc)
        rc = propose(past, &first, err);
    past->apply_s = past->apply_most_s = 0;
    for (size_t i = 0; !rc && i < N_SAMPLES; i++) {
        rc = propose(past, &sample, err);
        wall_s[i] = sample.wall_s;
        cpu_s[i] = sample.cpu_s;
        sum_s += sample.cpu_s;
    }
    if (rc)
        return rc;
    (void)snprintf(key, sizeof key, "propose_%s_%u_ms", subject->key, sizes[size]);
    figure = bench_figure(bench, key, 1e3 * bench_quantile(cpu_s, N_SAMPLES, 0.5), "ms",
                          subject->goals_ms[size] > 0 ? GOAL_AT_MOST : GOAL_NONE,
                          subject->goals_ms[size]);
    bench_detail(figure, "mean", 1e3 * sum_s / N_SAMPLES);
    bench_detail(figure, "p90", 1e3 * bench_quantile(cpu_s, N_SAMPLES, 0.9));
    bench_detail(figure, "p99", 1e3 * bench_quantile(cpu_s, N_SAMPLES, 0.99));
    bench_detail(figure, "wall", 1e3 * bench_quantile(wall_s, N_SAMPLES, 0.5));
    bench_detail(figure, "first", 1e3 * first.cpu_s);
    bench_detail(figure, "apply_us_per_trial", 1e6 * past->apply_s / N_SAMPLES);
    bench_detail(figure, "apply_most_us", 1e6 * past->apply_most_s);
    return WN_OK;
}

static enum wn_status measure_subject(struct bench *bench,
                                      const struct subject *subject,
                                      struct wn_error *err)
{
    struct bench_past past;
    enum wn_status rc = bench_past_open(&past, subject->searcher, subject->options,
                                        subject->under, subject->is_restricted, err);

    for (size_t i = 0; !rc && i < sizeof sizes / sizeof *sizes; i++)
        rc = measure_size(bench, &past, subject, i, err);
    bench_past_close(&past);
    return rc;
}

static bool has_a_way(const char *searcher)
{
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        if (strcmp(ways[i].searcher, searcher) == 0)
            return true;
    return false;
}

static enum wn_status measure(struct bench *bench, struct wn_error *err)
{
    enum wn_status rc = WN_OK;

    for (size_t i = 0; !rc && i < sizeof ways / sizeof *ways; i++)
        rc = measure_subject(bench, &ways[i], err);
    for (size_t i = 0; !rc && wn_search_at(i); i++) {
        const struct wn_search_ops *ops = wn_search_at(i);
        struct subject subject = {
            .key = ops->name, .searcher = ops->name, .options = "{}"};

        if (!has_a_way(ops->name))
            rc = measure_subject(bench, &subject, err);
    }
    return rc;
}

const struct bench_measurement bench_propose = {
    .name = "propose",
    .summary = "how long searchers take for a proposal after 100 to 10,000 trials",
    .measure = measure,
};

/* propose.c - how long a searcher takes for a proposal, by the number of finished trials.
 *
 * The space is that of LCBench, 7 parameters. Searcher and history are driven directly: 8
 * trials run at a time, the oldest of them ends. What came before is no search but looks
 * like one: a third of the trials anywhere, the others ever nearer to one place, so that
 * densities are neither as thin as under random search nor as crowded as can be. A sample is
 * one propose() after everything that happened was applied; its configuration is then
 * tried. Times are the processor's (bench_lap()).
 *
 * Every searcher of the registry is there: `ways` has those with options, with plans of a
 * scheduler, or in a space that is restricted to a list; all others come with their
 * defaults.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "bench.h"
#include "search/search.h"
#include "trial/history.h"
#include "trial/population.h"

enum {
    N_RUNNING = 8,
    N_PARAMS = 7,
    N_SAMPLES = 101,
    N_PLACES = 27,   /* of a population */
    N_LISTED = 12000 /* configurations that a restricted space has */
};

static const uint32_t sizes[] = {100, 1000, 10000};

static const char space_text[] =
    "{\"batch_size\": {\"type\": \"int\", \"low\": 16, \"high\": 512, \"scale\": "
    "\"log\"},"
    " \"learning_rate\": {\"type\": \"float\", \"low\": 1e-4, \"high\": 1e-1, \"scale\":"
    " \"log\"},"
    " \"max_dropout\": {\"type\": \"float\", \"low\": 0, \"high\": 1},"
    " \"max_units\": {\"type\": \"int\", \"low\": 64, \"high\": 1024, \"scale\": "
    "\"log\"},"
    " \"momentum\": {\"type\": \"float\", \"low\": 0.1, \"high\": 0.99},"
    " \"num_layers\": {\"type\": \"int\", \"low\": 1, \"high\": 5},"
    " \"weight_decay\": {\"type\": \"float\", \"low\": 1e-5, \"high\": 1e-1}}";

struct drive;

/* A searcher, or one of its ways to work. */
struct subject {
    const char *key, *searcher, *options;
    double goals_ms[3]; /* 0: none */
    bool is_restricted; /* to N_LISTED configurations */
    /* What a scheduler says of the next trial, where the searcher needs to know; or NULL. */
    void (*plan)(const struct drive *drive, struct wn_event *event);
    /* And of its report; the loss is in it. */
    void (*judge)(struct drive *drive, struct wn_event *event);
};

struct drive {
    const struct subject *subject;
    const struct wn_search_ops *ops;
    struct wn_search *search;
    struct wn_history *history;
    struct wn_space *space;
    struct wn_values *values;
    struct wn_rng rng;
    struct bench_watch watch;
    double apply_s,
        apply_most_s;      /* in the searcher's apply(), since they were set to 0 */
    double held[N_PLACES]; /* losses of who holds the places of a population */
};

/* --- plans --- */

/* As dehb: a child for each place in turn, first random ones. */
static void plan_place(const struct drive *drive, struct wn_event *event)
{
    struct wn_population_plan plan = {
        .kind = event->trial < N_PLACES ? WN_POPULATION_RANDOM : WN_POPULATION_EVOLVED,
        .generation = event->trial / N_PLACES,
        .member = event->trial % N_PLACES,
        .target = WN_TRIAL_NONE,
        .n_parents = N_PLACES};

    (void)drive;
    event->planned.tag = wn_population_plan_tag(&plan);
}

static void judge_place(struct drive *drive, struct wn_event *event)
{
    struct wn_population_outcome outcome = {.member = event->trial % N_PLACES,
                                            .replaced = WN_TRIAL_NONE};
    double *held = &drive->held[outcome.member], loss = event->reported.metrics[0].value;

    outcome.wins = wn_population_wins(event->trial < N_PLACES, *held, loss);
    if (outcome.wins)
        *held = loss;
    event->reported.tag = wn_population_outcome_tag(&outcome);
}

/* As pbt: a trial that has ended is copied. */
static void plan_parent(const struct drive *drive, struct wn_event *event)
{
    (void)drive;
    if (event->trial > N_RUNNING)
        event->planned.parent = event->trial - N_RUNNING - 1;
}

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
    {.key = "de",
     .searcher = "de",
     .options = "{}",
     .plan = plan_place,
     .judge = judge_place},
    {.key = "perturb", .searcher = "perturb", .options = "{}", .plan = plan_parent},
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
     .plan = plan_parent},
    {.key = "tpe_restricted", .searcher = "tpe", .options = "{}", .is_restricted = true},
};

/* --- the course of a study --- */

static enum wn_status feed(struct drive *drive,
                           const struct wn_event *event,
                           struct wn_error *err)
{
    enum wn_status rc = wn_history_apply(drive->history, event, err);
    double took_s;

    (void)bench_lap(&drive->watch);
    if (!rc)
        rc = drive->ops->apply(drive->search, event, err);
    took_s = bench_lap(&drive->watch);
    drive->apply_s += took_s;
    if (took_s > drive->apply_most_s)
        drive->apply_most_s = took_s;
    return rc;
}

/* How far a configuration lies from the place that all are drawn to. */
static double loss_of(struct drive *drive, uint32_t trial)
{
    double cube[N_PARAMS], loss = 0.1 * wn_rng_unit(&drive->rng);

    wn_config_encode(drive->space, wn_history_trial(drive->history, trial)->cells, cube);
    for (size_t i = 0; i < N_PARAMS; i++)
        loss += (cube[i] - 0.3) * (cube[i] - 0.3);
    return loss;
}

static enum wn_status finish(struct drive *drive, uint32_t trial, struct wn_error *err)
{
    struct wn_metric metric = {"loss", loss_of(drive, trial)};
    struct wn_event event = {.kind = WN_EVENT_REPORTED, .trial = trial};
    enum wn_status rc;

    event.reported.resource = 1;
    event.reported.metrics = &metric;
    event.reported.n_metrics = 1;
    event.reported.is_milestone = true;
    event.reported.verdict = WN_VERDICT_STOP;
    if (drive->subject->judge)
        drive->subject->judge(drive, &event);
    rc = feed(drive, &event, err);
    if (rc)
        return rc;
    event = (struct wn_event){.kind = WN_EVENT_ENDED, .trial = trial};
    event.ended.how = WN_END_COMPLETED;
    event.ended.text = "";
    return feed(drive, &event, err);
}

/* The next trial; what the searcher is asked for it. */
static enum wn_status plan(struct drive *drive, struct wn_ask *ask, struct wn_error *err)
{
    struct wn_event event = {.kind = WN_EVENT_PLANNED,
                             .trial = wn_history_n_trials(drive->history)};

    event.planned.milestone = 1;
    event.planned.parent = WN_TRIAL_NONE;
    if (drive->subject->plan)
        drive->subject->plan(drive, &event);
    *ask = (struct wn_ask){
        .trial = event.trial, .milestone = 1, .parent = event.planned.parent};
    return feed(drive, &event, err);
}

/* It has this configuration; the oldest that runs ends. */
static enum wn_status try(struct drive *drive,
                          uint32_t trial,
                          const union wn_cell *cells,
                          struct wn_blob tag,
                          struct wn_error *err)
{
    struct wn_event event = {.kind = WN_EVENT_CONFIGURED, .trial = trial};
    enum wn_status rc;

    event.configured.origin = WN_ORIGIN_SEARCH;
    event.configured.cells = cells;
    event.configured.n_cells = N_PARAMS;
    event.configured.tag = tag;
    rc = feed(drive, &event, err);
    if (!rc && trial >= N_RUNNING)
        rc = finish(drive, trial - N_RUNNING, err);
    return rc;
}

static void invent(struct drive *drive, uint32_t n, union wn_cell *cells)
{
    double cube[N_PARAMS], width = 0.5 / sqrt(1 + n / 100.0) + 0.02;

    wn_config_sample(drive->space, &drive->rng, cells);
    if (wn_rng_below(&drive->rng, 3) == 0)
        return;
    for (size_t i = 0; i < N_PARAMS; i++)
        cube[i] = 0.3 + width * wn_rng_normal(&drive->rng);
    wn_config_decode(drive->space, cube, cells);
}

static enum wn_status grow(struct drive *drive, uint32_t n, struct wn_error *err)
{
    union wn_cell cells[N_PARAMS];
    struct wn_ask ask;
    enum wn_status rc = WN_OK;

    while (!rc && wn_history_n_trials(drive->history) < n + N_RUNNING) {
        rc = plan(drive, &ask, err);
        invent(drive, ask.trial, cells);
        if (!rc)
            rc = try(drive, ask.trial, cells, (struct wn_blob){0}, err);
    }
    return rc;
}

/* On the processor, and by the clock on the wall. */
struct sample {
    double cpu_s, wall_s;
};

static enum wn_status propose(struct drive *drive,
                              struct sample *sample,
                              struct wn_error *err)
{
    union wn_cell cells[N_PARAMS];
    struct wn_ask ask;
    struct wn_reply reply;
    double begin_s;
    enum wn_status rc = plan(drive, &ask, err);

    if (rc)
        return rc;
    begin_s = bench_now_s();
    (void)bench_lap(&drive->watch);
    reply = drive->ops->propose(drive->search, &ask,
                                wn_rng_keyed(1, WN_STREAM_PROPOSE, ask.trial), cells);
    sample->cpu_s = bench_lap(&drive->watch);
    sample->wall_s = bench_now_s() - begin_s;
    if (reply.kind != WN_REPLY_CONFIGURE)
        return wn_fail(err, WN_ESYSTEM, "%s proposes nothing", drive->ops->name);
    return try(drive, ask.trial, cells, reply.tag, err);
}

/* The first proposal after all that history, and the median of those that follow. */
static enum wn_status measure_size(struct bench *bench,
                                   struct drive *drive,
                                   const struct subject *subject,
                                   size_t size,
                                   struct wn_error *err)
{
    double wall_s[N_SAMPLES], cpu_s[N_SAMPLES], sum_s = 0;
    struct sample first = {0}, sample = {0};
    struct wn_json *figure;
    char key[64];
    enum wn_status rc = grow(drive, sizes[size], err);

    if (!rc)
        rc = propose(drive, &first, err);
    drive->apply_s = drive->apply_most_s = 0;
    for (size_t i = 0; !rc && i < N_SAMPLES; i++) {
        rc = propose(drive, &sample, err);
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
    bench_detail(figure, "apply_us_per_trial", 1e6 * drive->apply_s / N_SAMPLES);
    bench_detail(figure, "apply_most_us", 1e6 * drive->apply_most_s);
    return WN_OK;
}

/* Configurations anywhere, as a table of a benchmark has them. */
static enum wn_status restrict_space(struct drive *drive,
                                     struct wn_problems *problems,
                                     struct wn_error *err)
{
    struct wn_json *list = wn_json_new_list();
    union wn_cell cells[N_PARAMS];
    enum wn_status rc = WN_OK;

    for (size_t i = 0; i < N_LISTED; i++) {
        wn_config_sample(drive->space, &drive->rng, cells);
        (void)wn_json_add(list, wn_config_json(drive->space, cells, false));
    }
    rc = wn_space_restrict(drive->space, list, "space", problems, err);
    wn_json_destroy(list);
    return rc;
}

static enum wn_status open_drive(struct drive *drive,
                                 const struct subject *subject,
                                 struct wn_error *err)
{
    struct wn_problems problems = {0};
    struct wn_json *space = NULL, *options = NULL;
    struct wn_history_config past = {.metric = "loss", .max_resource = 1};
    struct wn_search_config cfg = {.seed = 1};
    enum wn_status rc = wn_json_parse(space_text, strlen(space_text), &space, err);

    drive->rng = wn_rng_keyed(1, WN_STREAM_TEST, 0);
    if (!rc)
        rc = wn_space_parse(space, NULL, &problems, &drive->space, err);
    if (!rc && !problems.n && subject->is_restricted)
        rc = restrict_space(drive, &problems, err);
    drive->subject = subject;
    drive->ops = wn_search_find(subject->searcher);
    if (!rc)
        rc = wn_json_parse(subject->options, strlen(subject->options), &options, err);
    if (!rc)
        rc = wn_values_parse(drive->ops->options, options, "searcher", NULL, &problems,
                             &drive->values, err);
    if (!rc && problems.n)
        rc = wn_problems_check(&problems, err);
    wn_json_destroy(space);
    wn_json_destroy(options);
    wn_problems_release(&problems);
    past.space = cfg.space = drive->space;
    cfg.options = drive->values;
    if (!rc)
        rc = wn_history_create(&past, &drive->history, err);
    cfg.history = drive->history;
    return rc ? rc : drive->ops->create(&cfg, &drive->search, err);
}

static enum wn_status measure_subject(struct bench *bench,
                                      const struct subject *subject,
                                      struct wn_error *err)
{
    struct drive drive = {0};
    enum wn_status rc = open_drive(&drive, subject, err);

    for (size_t i = 0; !rc && i < sizeof sizes / sizeof *sizes; i++)
        rc = measure_size(bench, &drive, subject, i, err);
    if (drive.ops)
        drive.ops->destroy(drive.search);
    wn_history_destroy(drive.history);
    wn_values_destroy(drive.values);
    wn_space_destroy(drive.space);
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

/* past.c - see past.h. */
#include "past.h"

#include <math.h>
#include <string.h>

#include "trial/population.h"

enum { N_RUNNING = 8 };

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

/* --- plans --- */

/* As dehb: a child for each place in turn, first random ones. */
static struct wn_tag plan_place(uint32_t trial)
{
    struct wn_population_plan plan = {
        .kind = trial < BENCH_N_PLACES ? WN_POPULATION_RANDOM : WN_POPULATION_EVOLVED,
        .generation = trial / BENCH_N_PLACES,
        .member = trial % BENCH_N_PLACES,
        .target = WN_TRIAL_NONE,
        .n_parents = BENCH_N_PLACES};

    return wn_population_plan_tag(&plan);
}

static void judge_place(struct bench_past *past, struct wn_event *event)
{
    struct wn_population_outcome outcome = {.member = event->trial % BENCH_N_PLACES,
                                            .replaced = WN_TRIAL_NONE};
    double *held = &past->held[outcome.member], loss = event->reported.metrics[0].value;

    outcome.wins = wn_population_wins(event->trial < BENCH_N_PLACES, *held, loss);
    if (outcome.wins)
        *held = loss;
    event->reported.tag = wn_population_outcome_tag(&outcome);
}

/* --- the course of a study --- */

static enum wn_status feed(struct bench_past *past,
                           const struct wn_event *event,
                           struct wn_error *err)
{
    enum wn_status rc = wn_history_apply(past->history, event, err);
    double took_s;

    (void)bench_lap(&past->watch);
    if (!rc)
        rc = past->ops->apply(past->search, event, err);
    took_s = bench_lap(&past->watch);
    past->apply_s += took_s;
    if (took_s > past->apply_most_s)
        past->apply_most_s = took_s;
    return rc;
}

/* How far a configuration lies from the place that all are drawn to. */
static double loss_of(struct bench_past *past, uint32_t trial)
{
    double cube[BENCH_N_PARAMS], loss = 0.1 * wn_rng_unit(&past->rng);

    wn_config_encode(past->space, wn_history_trial(past->history, trial)->cells, cube);
    for (size_t i = 0; i < BENCH_N_PARAMS; i++)
        loss += (cube[i] - 0.3) * (cube[i] - 0.3);
    return loss;
}

static enum wn_status finish(struct bench_past *past,
                             uint32_t trial,
                             struct wn_error *err)
{
    struct wn_metric metric = {"loss", loss_of(past, trial)};
    struct wn_event event = {.kind = WN_EVENT_REPORTED, .trial = trial};
    enum wn_status rc;

    event.reported.resource = 1;
    event.reported.metrics = &metric;
    event.reported.n_metrics = 1;
    event.reported.is_milestone = true;
    event.reported.verdict = WN_VERDICT_STOP;
    if (past->under == BENCH_DEHB)
        judge_place(past, &event);
    rc = feed(past, &event, err);
    if (rc)
        return rc;
    event = (struct wn_event){.kind = WN_EVENT_ENDED, .trial = trial};
    event.ended.how = WN_END_COMPLETED;
    event.ended.text = "";
    return feed(past, &event, err);
}

enum wn_status bench_past_plan(struct bench_past *past,
                               struct wn_ask *ask,
                               struct wn_error *err)
{
    struct wn_event event = {.kind = WN_EVENT_PLANNED,
                             .trial = wn_history_n_trials(past->history)};

    event.planned.milestone = 1;
    event.planned.parent = WN_TRIAL_NONE;
    if (past->under == BENCH_DEHB)
        event.planned.tag = plan_place(event.trial);
    else if (past->under == BENCH_PBT && event.trial > N_RUNNING) /* it has ended */
        event.planned.parent = event.trial - N_RUNNING - 1;
    *ask = (struct wn_ask){
        .trial = event.trial, .milestone = 1, .parent = event.planned.parent};
    return feed(past, &event, err);
}

enum wn_status bench_past_try(struct bench_past *past,
                              uint32_t trial,
                              const union wn_cell *cells,
                              struct wn_blob tag,
                              struct wn_error *err)
{
    struct wn_event event = {.kind = WN_EVENT_CONFIGURED, .trial = trial};
    enum wn_status rc;

    event.configured.origin = WN_ORIGIN_SEARCH;
    event.configured.cells = cells;
    event.configured.n_cells = BENCH_N_PARAMS;
    event.configured.tag = tag;
    rc = feed(past, &event, err);
    if (!rc && trial >= N_RUNNING)
        rc = finish(past, trial - N_RUNNING, err);
    return rc;
}

static void invent(struct bench_past *past, uint32_t n, union wn_cell *cells)
{
    double cube[BENCH_N_PARAMS], width = 0.5 / sqrt(1 + n / 100.0) + 0.02;

    wn_config_sample(past->space, &past->rng, cells);
    if (wn_rng_below(&past->rng, 3) == 0)
        return;
    for (size_t i = 0; i < BENCH_N_PARAMS; i++)
        cube[i] = 0.3 + width * wn_rng_normal(&past->rng);
    wn_config_decode(past->space, cube, cells);
}

enum wn_status bench_past_grow(struct bench_past *past, uint32_t n, struct wn_error *err)
{
    union wn_cell cells[BENCH_N_PARAMS];
    struct wn_ask ask;
    enum wn_status rc = WN_OK;

    while (!rc && wn_history_n_trials(past->history) < n + N_RUNNING) {
        rc = bench_past_plan(past, &ask, err);
        invent(past, ask.trial, cells);
        if (!rc)
            rc = bench_past_try(past, ask.trial, cells, (struct wn_blob){0}, err);
    }
    return rc;
}

/* Configurations anywhere, as a table of a benchmark has them. */
static enum wn_status restrict_space(struct bench_past *past,
                                     struct wn_problems *problems,
                                     struct wn_error *err)
{
    struct wn_json *list = wn_json_new_list();
    union wn_cell cells[BENCH_N_PARAMS];
    enum wn_status rc = WN_OK;

    for (size_t i = 0; i < BENCH_N_LISTED; i++) {
        wn_config_sample(past->space, &past->rng, cells);
        (void)wn_json_add(list, wn_config_json(past->space, cells, false));
    }
    rc = wn_space_restrict(past->space, list, "space", problems, err);
    wn_json_destroy(list);
    return rc;
}

enum wn_status bench_past_open(struct bench_past *past,
                               const char *searcher,
                               const char *options,
                               enum bench_under under,
                               bool is_restricted,
                               struct wn_error *err)
{
    struct wn_problems problems = {0};
    struct wn_json *space = NULL, *section = NULL;
    struct wn_history_config history = {.metric = "loss", .max_resource = 1};
    struct wn_search_config cfg = {.seed = 1};
    enum wn_status rc = wn_json_parse(space_text, strlen(space_text), &space, err);

    *past = (struct bench_past){.rng = wn_rng_keyed(1, WN_STREAM_TEST, 0),
                                .under = under,
                                .ops = wn_search_find(searcher)};
    if (!rc)
        rc = wn_space_parse(space, NULL, &problems, &past->space, err);
    if (!rc && !problems.n && is_restricted)
        rc = restrict_space(past, &problems, err);
    if (!rc)
        rc = wn_json_parse(options, strlen(options), &section, err);
    if (!rc)
        rc = wn_values_parse(past->ops->options, section, "searcher", NULL, &problems,
                             &past->values, err);
    if (!rc && problems.n)
        rc = wn_problems_check(&problems, err);
    wn_json_destroy(space);
    wn_json_destroy(section);
    wn_problems_release(&problems);
    history.space = cfg.space = past->space;
    cfg.options = past->values;
    if (!rc)
        rc = wn_history_create(&history, &past->history, err);
    cfg.history = past->history;
    return rc ? rc : past->ops->create(&cfg, &past->search, err);
}

void bench_past_close(struct bench_past *past)
{
    if (past->ops)
        past->ops->destroy(past->search);
    wn_history_destroy(past->history);
    wn_values_destroy(past->values);
    wn_space_destroy(past->space);
    *past = (struct bench_past){0};
}

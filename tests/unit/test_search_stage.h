/* test_search_stage.h - a searcher with its history, and trials that live as the test says. */
#ifndef TESTS_UNIT_TEST_SEARCH_STAGE_H
#define TESTS_UNIT_TEST_SEARCH_STAGE_H

#include "conformance/drive.h"

#include <stdlib.h>

#include "search/search.h"
#include "trial/tag.h"

struct stage {
    const struct wn_search_ops *ops;
    struct wn_space *space;
    struct wn_values *values;
    struct wn_history *history;
    struct wn_search *search;
    uint64_t seed;
    bool was_checked; /* as in struct wn_search_config */
};

/* Make history and searcher; what the stage has already is its own whatever comes. */
static inline enum wn_status stage_open(struct stage *st,
                                        int64_t max_resource,
                                        struct wn_error *err)
{
    struct wn_history_config past = {
        .space = st->space, .metric = "loss", .max_resource = max_resource};
    struct wn_search_config cfg = {.space = st->space,
                                   .options = st->values,
                                   .seed = st->seed,
                                   .was_checked = st->was_checked};
    enum wn_status rc = wn_history_create(&past, &st->history, err);

    if (rc != WN_OK)
        return rc;
    cfg.history = st->history;
    return st->ops->create(&cfg, &st->search, err);
}

static inline struct stage stage_begin(const struct wn_search_ops *ops,
                                       const char *space,
                                       const char *options,
                                       int64_t max_resource,
                                       uint64_t seed)
{
    struct stage st = {.ops = ops,
                       .space = drive_space(space),
                       .values = drive_values(ops->options, options),
                       .seed = seed};
    struct wn_error err = {0};

    DRIVE_CHECK(st.values, "%s is refused", options);
    DRIVE_CHECK(stage_open(&st, max_resource, &err) == WN_OK, "%s", err.text);
    return st;
}

/* Destroy what stage_open() made. */
static inline void stage_close(struct stage *st)
{
    st->ops->destroy(st->search);
    wn_history_destroy(st->history);
    st->search = NULL;
    st->history = NULL;
}

static inline void stage_end(struct stage *st)
{
    stage_close(st);
    wn_values_destroy(st->values);
    wn_space_destroy(st->space);
}

static inline enum wn_status stage_apply(struct stage *st,
                                         const struct wn_event *event,
                                         struct wn_error *err)
{
    enum wn_status rc = wn_history_apply(st->history, event, err);

    return rc != WN_OK ? rc : st->ops->apply(st->search, event, err);
}

static inline void stage_emit(struct stage *st, struct wn_event event)
{
    struct wn_error err = {0};

    DRIVE_CHECK(stage_apply(st, &event, &err) == WN_OK, "%s", err.text);
}

/* What the searcher says for the next trial. */
static inline struct wn_reply stage_ask(const struct stage *st, union wn_cell *cells)
{
    uint32_t trial = wn_history_n_trials(st->history);
    struct wn_ask ask = {.trial = trial, .milestone = 1, .parent = WN_TRIAL_NONE};

    return st->ops->propose(st->search, &ask,
                            wn_rng_keyed(st->seed, WN_STREAM_PROPOSE, trial), cells);
}

static inline uint32_t stage_try(struct stage *st,
                                 const union wn_cell *cells,
                                 enum wn_origin origin)
{
    uint32_t trial = wn_history_n_trials(st->history);

    stage_emit(st,
               (struct wn_event){.kind = WN_EVENT_PLANNED,
                                 .trial = trial,
                                 .planned = {.milestone = 1, .parent = WN_TRIAL_NONE}});
    stage_emit(st, (struct wn_event){
                       .kind = WN_EVENT_CONFIGURED,
                       .trial = trial,
                       .configured = {.origin = origin,
                                      .n_cells = (uint32_t)wn_space_n_params(st->space),
                                      .cells = cells}});
    return trial;
}

/* Ask and try; false when exhausted. */
static inline bool stage_next(struct stage *st, union wn_cell *cells)
{
    if (stage_ask(st, cells).kind == WN_REPLY_EXHAUSTED)
        return false;
    stage_try(st, cells, WN_ORIGIN_SEARCH);
    return true;
}

static inline void stage_report(struct stage *st,
                                uint32_t trial,
                                int64_t resource,
                                double loss,
                                enum wn_verdict_kind verdict)
{
    struct wn_metric metric = {"loss", loss};

    stage_emit(st, (struct wn_event){.kind = WN_EVENT_REPORTED,
                                     .trial = trial,
                                     .reported = {.resource = resource,
                                                  .n_metrics = 1,
                                                  .metrics = &metric,
                                                  .is_milestone = true,
                                                  .verdict = verdict,
                                                  .milestone = resource + 1}});
}

static inline void stage_finish(struct stage *st, uint32_t trial, enum wn_end how)
{
    stage_emit(st, drive_ended(trial, how));
}

static inline void stage_resume(struct stage *st, uint32_t trial)
{
    stage_emit(
        st, (struct wn_event){.kind = WN_EVENT_RESUMED,
                              .trial = trial,
                              .resumed = {.milestone = INT64_MAX, .via = WN_TRIAL_NONE}});
}

/* One step of a story: R report (resource, loss), P report and pause, S report and stop,
 * C completed (after such a report, if there is a resource), X stopped, F failed,
 * U resumed. */
struct stage_step {
    char what;
    uint32_t trial;
    int64_t resource;
    double loss;
    int best; /* who is the best parent after it; -1: nobody */
};

static inline void stage_take(struct stage *st, const struct stage_step *step)
{
    enum wn_verdict_kind verdict = step->what == 'R'   ? WN_VERDICT_CONTINUE
                                   : step->what == 'P' ? WN_VERDICT_PAUSE
                                                       : WN_VERDICT_STOP;

    if (step->resource)
        stage_report(st, step->trial, step->resource, step->loss, verdict);
    switch (step->what) {
    case 'R':
    case 'P':
    case 'S': break;
    case 'C': stage_finish(st, step->trial, WN_END_COMPLETED); break;
    case 'X': stage_finish(st, step->trial, WN_END_STOPPED); break;
    case 'F': stage_finish(st, step->trial, WN_END_FAILED); break;
    case 'U': stage_resume(st, step->trial); break;
    default: fail();
    }
}

/* The parent in the tag of what the searcher says now, or WN_TRIAL_NONE. */
static inline uint32_t stage_parent(const struct stage *st, union wn_cell *cells)
{
    struct wn_reply reply = stage_ask(st, cells);
    struct wn_tag tag = {.n = (uint8_t)reply.tag.n};
    struct wn_tag_reader reader = {.tag = &tag};
    uint32_t parent;

    assert_int_equal(reply.kind, WN_REPLY_CONFIGURE);
    if (!reply.tag.n)
        return WN_TRIAL_NONE;
    memcpy(tag.bytes, reply.tag.at, reply.tag.n);
    parent = (uint32_t)wn_tag_get(&reader, 4);
    assert_true(wn_tag_is_read(&reader));
    return parent;
}

static inline int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static inline double median_of(double *values, size_t n)
{
    qsort(values, n, sizeof *values, compare_doubles);
    return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

/* Five numbers, for the next two. */
static const char stage_smooth[] =
    "{\"x1\": {\"type\": \"float\", \"low\": 0, \"high\": 1},"
    " \"x2\": {\"type\": \"float\", \"low\": 1e-4, \"high\": 1, \"scale\": \"log\"},"
    " \"x3\": {\"type\": \"int\", \"low\": 1, \"high\": 100},"
    " \"x4\": {\"type\": \"float\", \"low\": -1, \"high\": 1},"
    " \"x5\": {\"type\": \"float\", \"low\": 0, \"high\": 1}}";

/* The best loss of `n` full trials of which `n_workers` run at a time and end in the order
 * in which they began, on a sum of squares around a point that is in no one's middle. */
static inline double stage_optimise(const struct wn_search_ops *ops,
                                    const char *space,
                                    const char *options,
                                    uint64_t seed,
                                    uint32_t n,
                                    uint32_t n_workers)
{
    struct stage st = stage_begin(ops, space, options, 1, seed);
    size_t n_dims = wn_space_n_dims(st.space);
    union wn_cell *cells = wn_alloc_array(n_dims, sizeof *cells);
    double *cube = wn_alloc_array(n_dims, sizeof *cube), best;

    for (uint32_t i = 0; i < n + n_workers; i++) {
        if (i < n)
            assert_true(stage_next(&st, cells));
        if (i >= n_workers) {
            uint32_t trial = i - n_workers;
            double loss = 0;

            wn_config_encode(st.space, wn_history_trial(st.history, trial)->cells, cube);
            for (size_t k = 0; k < n_dims; k++)
                loss += (cube[k] - 0.3) * (cube[k] - 0.3) * (double)(k + 1);
            stage_report(&st, trial, 1, loss, WN_VERDICT_STOP);
            stage_finish(&st, trial, WN_END_COMPLETED);
        }
    }
    best = wn_history_best(st.history, true)->loss;
    wn_free(cells);
    wn_free(cube);
    stage_end(&st);
    return best;
}

/* The median over `n_seeds` studies. */
static inline double stage_median(const struct wn_search_ops *ops,
                                  const char *space,
                                  const char *options,
                                  uint32_t n_seeds,
                                  uint32_t n,
                                  uint32_t n_workers)
{
    double *best = wn_alloc_array(n_seeds, sizeof *best), median;

    for (uint32_t seed = 0; seed < n_seeds; seed++)
        best[seed] = stage_optimise(ops, space, options, seed, n, n_workers);
    median = median_of(best, n_seeds);
    wn_free(best);
    return median;
}

#endif /* TESTS_UNIT_TEST_SEARCH_STAGE_H */

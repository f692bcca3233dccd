/* benchmark_past.c - the folder of a study as a benchmark: what its own trials reported.
 *
 * The journal is read (beside a living coordinator, or long after) into a history, and each
 * distinct configuration becomes a row: its curve is that of the trial that came farthest
 * with it, the first of several, and begins with what the trials reported that it was forked
 * from. Fidelities are all resources that a trial reported, and resource.max.
 *
 *     between two reports     values and times on the line between them
 *     before the first        its value; the time in proportion
 *     behind the last         a training that ended by itself ends; one that failed fails
 *                             there; any other is continued, and says so (n_recorded):
 *                             each fidelity adds the median of what it added to the value in
 *                             the rows that were recorded there (nothing, if none was), and
 *                             the row's own seconds for a unit
 *
 * Left out are trials that neither reported nor failed. A trial whose workers were lost did
 * not fail by its configuration. What stands here is fitted to nothing: a rule that anybody
 * can check, whose doing is named.
 */
#include "results/benchmark_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "journal/journal.h"
#include "trial/history.h"

enum { CHAIN_MOST = 100000 };          /* forks of forks */
#define CELLS_MOST ((uint64_t)1 << 28) /* of each metric: 1 GiB */

struct chosen {
    uint64_t hash;
    int64_t reach; /* of its curve */
    uint32_t trial;
};

/* One report on a row's curve. */
struct point {
    int64_t resource;
    double seconds;
    const struct wn_report *report;
};

struct past {
    const char *dir;
    struct wn_benchmark_book *book;
    struct wn_json *job;
    struct wn_space *space;
    struct wn_history *history;
    WN_VEC(struct chosen) rows;
    WN_VEC(int64_t) resources;
    WN_VEC(struct point) curve; /* of one row */
    WN_VEC(uint32_t) chain;     /* it and those it comes from, it first */
    WN_VEC(double) sorted;      /* for medians */
    double *gains;              /* [metric][fidelity]: medians */
    double pace;                /* seconds for a unit, over all */
};

static enum wn_status no_memory(const struct past *past, struct wn_error *err)
{
    return wn_fail(err, WN_ENOMEM, "no memory for the study %s as a benchmark",
                   past->dir);
}

/* --- the journal into a history --- */

static const struct wn_json *in_section(const struct past *past,
                                        const char *section,
                                        const char *key)
{
    const struct wn_json *object = wn_json_get(past->job, section);

    return wn_json_is(object, WN_JSON_OBJECT) ? wn_json_get(object, key) : NULL;
}

static const char *text_in(const struct past *past,
                           const char *section,
                           const char *key,
                           const char *otherwise)
{
    const struct wn_json *node = in_section(past, section, key);

    return wn_json_is(node, WN_JSON_STRING) ? wn_json_string(node) : otherwise;
}

static enum wn_status take_job(struct past *past, const char *text, struct wn_error *err)
{
    struct wn_history_config cfg = {.max_resource = INT64_MAX};
    struct wn_problems problems = {0};
    enum wn_status rc = WN_OK;

    if (past->job) /* of a study there is one; amended are only its limits */
        return wn_fail(err, WN_ECORRUPT, "%s: two studies begin in one journal",
                       past->dir);
    rc = wn_json_parse(text, strlen(text), &past->job, err);
    if (rc == WN_OK)
        rc = wn_space_parse(wn_json_get(past->job, "space"), NULL, &problems,
                            &past->space, err);
    if (rc == WN_OK && !past->space)
        rc = wn_fail(err, WN_ECORRUPT, "%s: the job in the journal: %s", past->dir,
                     problems.n ? problems.at[0] : "it has no space");
    wn_problems_release(&problems);
    if (rc != WN_OK)
        return rc;
    (void)wn_json_integer(in_section(past, "resource", "max"), &cfg.max_resource);
    cfg.space = past->space;
    cfg.metric = text_in(past, "metric", "name", "");
    cfg.is_maximised = strcmp(text_in(past, "metric", "mode", "min"), "max") == 0;
    return wn_history_create(&cfg, &past->history, err);
}

static enum wn_status visit(void *arg, const struct wn_event *event, struct wn_error *err)
{
    struct past *past = arg;

    if (event->kind == WN_EVENT_JOB)
        return take_job(past, event->job.text, err);
    if (!past->history)
        return wn_fail(err, WN_ECORRUPT, "%s: the journal does not begin with a job",
                       past->dir);
    if (wn_event_is_logical(event->kind))
        return wn_history_apply(past->history, event, err);
    wn_history_follow(past->history, event);
    return WN_OK;
}

static enum wn_status read_journal(struct past *past, struct wn_error *err)
{
    struct wn_journal_summary summary = {0};
    char path[WN_PATH_MAX];
    enum wn_status rc = wn_path_join(path, err, past->dir, "journal");

    if (rc == WN_OK && !wn_file_exists(path))
        return wn_fail(err, WN_EINVAL,
                       "%s is a folder, and no study: there is no journal in it",
                       past->dir);
    if (rc == WN_OK)
        rc = wn_journal_read(path, visit, past, &summary, err);
    if (rc == WN_OK && !past->history)
        rc = wn_fail(err, WN_EINVAL, "%s: nothing has happened in this study yet",
                     past->dir);
    return rc;
}

/* --- which trials are rows --- */

static bool is_own_failure(const struct wn_trial *trial)
{
    return trial->state == WN_TRIAL_FAILED && trial->failure != WN_FAILURE_LOST &&
           trial->failure != WN_FAILURE_NO_SLOT;
}

static int by_hash(const void *a, const void *b)
{
    const struct chosen *x = a, *y = b;

    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    if (x->reach != y->reach)
        return x->reach > y->reach ? -1 : 1;
    return x->trial < y->trial ? -1 : x->trial > y->trial;
}

static int by_trial(const void *a, const void *b)
{
    const struct chosen *x = a, *y = b;

    return x->trial < y->trial ? -1 : x->trial > y->trial;
}

static enum wn_status choose_rows(struct past *past, struct wn_error *err)
{
    size_t n = 0;

    for (uint32_t t = 0; t < wn_history_n_trials(past->history); t++) {
        const struct wn_trial *trial = wn_history_trial(past->history, t);
        struct chosen *row;

        if (!trial->cells || (!trial->n_reports && !is_own_failure(trial)))
            continue;
        row = wn_vec_push(&past->rows);
        if (!row)
            return no_memory(past, err);
        *row = (struct chosen){wn_config_hash(past->space, trial->cells),
                               wn_history_resource(past->history, t), t};
    }
    if (!past->rows.n)
        return wn_fail(err, WN_EINVAL, "%s: no trial of this study has reported yet",
                       past->dir);
    qsort(past->rows.at, past->rows.n, sizeof *past->rows.at, by_hash);
    for (size_t i = 0; i < past->rows.n; i++)
        if (!n || past->rows.at[i].hash != past->rows.at[n - 1].hash)
            past->rows.at[n++] = past->rows.at[i];
    past->rows.n = n;
    qsort(past->rows.at, n, sizeof *past->rows.at, by_trial);
    return WN_OK;
}

/* --- the curve of one --- */

static enum wn_status find_chain(struct past *past, uint32_t trial, struct wn_error *err)
{
    past->chain.n = 0;
    for (;;) {
        const struct wn_trial *at = wn_history_trial(past->history, trial);
        uint32_t *link = wn_vec_push(&past->chain);

        if (!link)
            return no_memory(past, err);
        *link = trial;
        if (!at->source.resource)
            return WN_OK;
        if (past->chain.n > CHAIN_MOST || at->source.trial >= trial)
            return wn_fail(err, WN_ECORRUPT, "%s: trial %u descends from itself",
                           past->dir, trial);
        trial = at->source.trial;
    }
}

/* Reports of the chain, each link up to where the next was forked from it. */
static enum wn_status find_curve(struct past *past, uint32_t trial, struct wn_error *err)
{
    enum wn_status rc = find_chain(past, trial, err);
    double before = 0;

    past->curve.n = 0;
    for (size_t i = past->chain.n; rc == WN_OK && i-- > 0;) {
        const struct wn_trial *at = wn_history_trial(past->history, past->chain.at[i]);
        int64_t until = INT64_MAX;

        if (i)
            until =
                wn_history_trial(past->history, past->chain.at[i - 1])->source.resource;
        for (uint32_t k = 0; k < at->n_reports && at->reports[k].resource <= until; k++) {
            struct point *point = wn_vec_push(&past->curve);
            double seconds = before + (double)at->reports[k].elapsed_ms / 1000;

            if (!point)
                return no_memory(past, err);
            if (past->curve.n > 1)
                seconds = fmax(seconds, point[-1].seconds);
            *point = (struct point){at->reports[k].resource, seconds, &at->reports[k]};
        }
        if (past->curve.n)
            before = past->curve.at[past->curve.n - 1].seconds;
    }
    return rc;
}

/* --- fidelities and names --- */

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return x < y ? -1 : x > y;
}

static enum wn_status add_resource(struct past *past,
                                   int64_t resource,
                                   struct wn_error *err)
{
    int64_t *at = wn_vec_push(&past->resources);

    if (!at)
        return no_memory(past, err);
    *at = resource;
    return WN_OK;
}

static enum wn_status find_fidelities(struct past *past, struct wn_error *err)
{
    struct wn_benchmark_book *book = past->book;
    int64_t max = wn_history_max_resource(past->history);
    double seconds = 0, units = 0;
    size_t n = 0;
    enum wn_status rc = max == INT64_MAX ? WN_OK : add_resource(past, max, err);

    for (size_t i = 0; rc == WN_OK && i < past->rows.n; i++) {
        rc = find_curve(past, past->rows.at[i].trial, err);
        for (size_t k = 0; rc == WN_OK && k < past->curve.n; k++)
            rc = add_resource(past, past->curve.at[k].resource, err);
        if (rc == WN_OK && past->curve.n) {
            seconds += past->curve.at[past->curve.n - 1].seconds;
            units += (double)past->curve.at[past->curve.n - 1].resource;
        }
    }
    if (rc != WN_OK)
        return rc;
    if (!past->resources.n)
        return wn_fail(err, WN_EINVAL, "%s: no trial of this study has reported yet",
                       past->dir);
    past->pace = units > 0 ? seconds / units : 0;
    qsort(past->resources.at, past->resources.n, sizeof *past->resources.at, by_value);
    for (size_t i = 0; i < past->resources.n; i++)
        if (!n || past->resources.at[i] != past->resources.at[n - 1])
            past->resources.at[n++] = past->resources.at[i];
    past->resources.n = n;
    if ((uint64_t)n * past->rows.n > CELLS_MOST)
        return wn_fail(
            err, WN_EINVAL,
            "%s: %zu configurations that reported at %zu different resources in "
            "all make a table that is too large (at most %llu cells)",
            past->dir, past->rows.n, n, (unsigned long long)CELLS_MOST);
    book->fidelity = wn_alloc_array(n, sizeof *book->fidelity);
    if (!book->fidelity)
        return no_memory(past, err);
    for (size_t i = 0; i < n; i++)
        book->fidelity[i] = (double)past->resources.at[i];
    return WN_OK;
}

static enum wn_status add_metric(struct past *past,
                                 const char *name,
                                 const char *unit,
                                 enum wn_benchmark_mode mode,
                                 struct wn_error *err)
{
    struct wn_benchmark_metric *metric = wn_vec_push(&past->book->metrics);
    size_t n = past->rows.n * past->resources.n;

    if (!metric)
        return no_memory(past, err);
    metric->name = wn_arena_strdup(&past->book->arena, name);
    metric->unit = unit;
    metric->mode = mode;
    metric->at = wn_alloc_array(n, sizeof *metric->at);
    if (!metric->name || !metric->at)
        return no_memory(past, err);
    for (size_t i = 0; i < n; i++)
        metric->at[i] = (float)NAN;
    return WN_OK;
}

static bool has_metric(const struct wn_benchmark_book *book, const char *name)
{
    for (size_t i = 0; i < book->metrics.n; i++)
        if (strcmp(book->metrics.at[i].name, name) == 0)
            return true;
    return false;
}

/* The job's metric, the others in the order first seen, the time. */
static enum wn_status find_metrics(struct past *past, struct wn_error *err)
{
    bool is_maximised = wn_history_is_maximised(past->history);
    uint16_t last = UINT16_MAX;
    enum wn_status rc =
        add_metric(past, text_in(past, "metric", "name", ""), "",
                   is_maximised ? WN_BENCHMARK_MAX : WN_BENCHMARK_MIN, err);

    for (size_t i = 0; rc == WN_OK && i < past->rows.n; i++) {
        const struct wn_trial *trial =
            wn_history_trial(past->history, past->rows.at[i].trial);

        for (uint32_t k = 0; rc == WN_OK && k < trial->n_reports; k++) {
            const char *const *names;
            size_t n;

            if (trial->reports[k].metric_set == last)
                continue;
            last = trial->reports[k].metric_set;
            n = wn_history_metric_names(past->history, last, &names);
            for (size_t m = 0; rc == WN_OK && m < n; m++)
                if (strcmp(names[m], "elapsed_time") != 0 &&
                    !has_metric(past->book, names[m]))
                    rc = add_metric(past, names[m], "", WN_BENCHMARK_AUX, err);
        }
    }
    return rc != WN_OK ? rc
                       : add_metric(past, "elapsed_time", "s", WN_BENCHMARK_COST, err);
}

/* --- values --- */

static float *cell_of(const struct past *past, size_t metric, size_t row, size_t fidelity)
{
    return &past->book->metrics.at[metric].at[row * past->resources.n + fidelity];
}

static size_t time_of(const struct past *past)
{
    return past->book->metrics.n - 1;
}

static double value_of(const struct past *past,
                       const struct wn_report *report,
                       const char *name)
{
    const char *const *names;
    size_t n = wn_history_metric_names(past->history, report->metric_set, &names);

    for (size_t i = 0; i < n; i++)
        if (strcmp(names[i], name) == 0)
            return wn_history_metrics(past->history, report)[i];
    return (double)NAN;
}

/* The value of a metric (or the time) at a resource up to the last point, `after` being the
 * first point at or past it. */
static double between(const struct past *past,
                      size_t metric,
                      size_t after,
                      int64_t resource)
{
    const struct point *to = &past->curve.at[after];
    bool is_time = metric == time_of(past);
    const char *name = past->book->metrics.at[metric].name;
    double x = is_time ? to->seconds : value_of(past, to->report, name), y, part;

    if (to->resource == resource)
        return x;
    if (!after)
        return is_time ? x * (double)resource / (double)to->resource : x;
    y = is_time ? to[-1].seconds : value_of(past, to[-1].report, name);
    part =
        (double)(resource - to[-1].resource) / (double)(to->resource - to[-1].resource);
    return y + (x - y) * part;
}

/* What was recorded of a row; returns up to which fidelity. */
static size_t fill_recorded(struct past *past, size_t row)
{
    size_t after = 0, k = 0;

    for (; k < past->resources.n; k++) {
        int64_t resource = past->resources.at[k];

        while (after < past->curve.n && past->curve.at[after].resource < resource)
            after++;
        if (after == past->curve.n)
            break;
        for (size_t m = 0; m < past->book->metrics.n; m++)
            *cell_of(past, m, row, k) = (float)between(past, m, after, resource);
    }
    return k;
}

static int by_number(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

/* What fidelity k adds to a metric, as the median of the rows that were recorded there. */
static enum wn_status find_gain(struct past *past, size_t metric, size_t k, double *gain)
{
    size_t n;

    past->sorted.n = 0;
    for (size_t row = 0; row < past->rows.n; row++) {
        double step;
        double *at;

        if (past->book->recorded[row] <= k)
            continue;
        step = (double)*cell_of(past, metric, row, k) -
               (double)*cell_of(past, metric, row, k - 1);
        if (!isfinite(step))
            continue;
        at = wn_vec_push(&past->sorted);
        if (!at)
            return WN_ENOMEM;
        *at = step;
    }
    n = past->sorted.n;
    *gain = 0;
    if (!n)
        return WN_OK;
    qsort(past->sorted.at, n, sizeof *past->sorted.at, by_number);
    *gain = (past->sorted.at[(n - 1) / 2] + past->sorted.at[n / 2]) / 2;
    return WN_OK;
}

static enum wn_status find_gains(struct past *past, struct wn_error *err)
{
    size_t n = past->resources.n, n_metrics = time_of(past);

    past->gains = wn_alloc_array(n * n_metrics, sizeof *past->gains);
    if (!past->gains)
        return no_memory(past, err);
    for (size_t m = 0; m < n_metrics; m++)
        for (size_t k = 1; k < n; k++)
            if (find_gain(past, m, k, &past->gains[m * n + k]) != WN_OK)
                return no_memory(past, err);
    return WN_OK;
}

/* Behind the last report of a row. */
static void continue_row(struct past *past, size_t row)
{
    const struct wn_trial *trial =
        wn_history_trial(past->history, past->rows.at[row].trial);
    size_t n = past->resources.n, from = past->book->recorded[row];
    double seconds = from ? (double)*cell_of(past, time_of(past), row, from - 1) : 0;
    double pace = from ? seconds / (double)past->resources.at[from - 1] : past->pace;

    if (trial->state == WN_TRIAL_COMPLETED) /* by itself: it ends there again */
        return;
    for (size_t k = from; k < n; k++) {
        int64_t units = past->resources.at[k] - (k ? past->resources.at[k - 1] : 0);

        seconds += pace * (double)units;
        *cell_of(past, time_of(past), row, k) = (float)seconds;
        if (is_own_failure(trial))
            return; /* its metric is no number */
        for (size_t m = 0; k && m < time_of(past); m++)
            *cell_of(past, m, row, k) =
                (float)((double)*cell_of(past, m, row, k - 1) + past->gains[m * n + k]);
    }
}

static enum wn_status fill_values(struct past *past, struct wn_error *err)
{
    struct wn_benchmark_book *book = past->book;
    enum wn_status rc = WN_OK;

    book->recorded = wn_alloc_array(past->rows.n, sizeof *book->recorded);
    if (!book->recorded)
        return no_memory(past, err);
    for (size_t i = 0; rc == WN_OK && i < past->rows.n; i++) {
        rc = find_curve(past, past->rows.at[i].trial, err);
        if (rc == WN_OK)
            book->recorded[i] = (uint32_t)fill_recorded(past, i);
    }
    if (rc == WN_OK)
        rc = find_gains(past, err);
    for (size_t i = 0; rc == WN_OK && i < past->rows.n; i++)
        continue_row(past, i);
    return rc;
}

/* --- hyperparameters and configurations --- */

static struct wn_json *choices_of(const struct wn_param *param)
{
    struct wn_json *list = wn_json_new_list();

    for (size_t i = 0; i < param->n_values; i++)
        if (!wn_json_add(list, wn_json_copy(param->values[i]))) {
            wn_json_destroy(list);
            return NULL;
        }
    return list;
}

static bool is_range(const struct wn_param *param)
{
    return param->type == WN_PARAM_FLOAT || param->type == WN_PARAM_INT;
}

static struct wn_json *param_json(const struct wn_space *space, size_t index)
{
    const struct wn_param *param = wn_space_param(space, index);
    struct wn_buf condition = {0};
    struct wn_json *out = wn_json_new_object();
    bool ok = wn_json_set(out, "name", wn_json_new_string(param->name));

    wn_space_condition_text(space, index, &condition);
    if (is_range(param)) {
        const char *type = param->type == WN_PARAM_INT ? "int" : "float";

        ok = ok && wn_json_set(out, "type", wn_json_new_string(type)) &&
             wn_json_set(out, "lower", wn_json_new_number(param->low)) &&
             wn_json_set(out, "upper", wn_json_new_number(param->high)) &&
             wn_json_set(out, "log", wn_json_new_bool(param->scale == WN_SCALE_LOG));
    } else {
        const char *type = param->numbers ? "ordinal" : "cat";

        ok = ok && wn_json_set(out, "type", wn_json_new_string(type)) &&
             wn_json_set(out, "choices", choices_of(param));
    }
    if (ok && condition.n)
        ok = wn_json_set(out, "missing", wn_json_new_string("inactive"));
    ok = ok && !condition.failed;
    wn_buf_release(&condition);
    if (ok)
        return out;
    wn_json_destroy(out);
    return NULL;
}

static double number_of(const struct wn_param *param, union wn_cell cell)
{
    if (cell.i == WN_CELL_OFF)
        return (double)NAN;
    if (param->type == WN_PARAM_FLOAT)
        return cell.f;
    return param->numbers ? param->numbers[cell.i] : (double)cell.i;
}

static enum wn_status fill_params(struct past *past, struct wn_error *err)
{
    struct wn_benchmark_book *book = past->book;
    size_t n_params = wn_space_n_params(past->space);
    bool ok = true;

    book->params = wn_json_new_list();
    book->own_space = wn_json_copy(wn_json_get(past->job, "space"));
    book->own_configs = wn_alloc_array(past->rows.n, sizeof(struct wn_json *));
    book->configs = wn_alloc_array(past->rows.n * n_params + 1, sizeof *book->configs);
    if (!book->params || !book->own_space || !book->own_configs || !book->configs)
        return no_memory(past, err);
    book->n_own_configs = past->rows.n;
    for (size_t i = 0; ok && i < n_params; i++)
        ok = wn_json_add(book->params, param_json(past->space, i));
    for (size_t i = 0; ok && i < past->rows.n; i++) {
        const union wn_cell *cells =
            wn_history_trial(past->history, past->rows.at[i].trial)->cells;

        for (size_t k = 0; k < n_params; k++)
            book->configs[i * n_params + k] =
                number_of(wn_space_param(past->space, k), cells[k]);
        book->own_configs[i] = wn_config_json(past->space, cells, false);
        ok = book->own_configs[i] != NULL;
    }
    return ok ? WN_OK : no_memory(past, err);
}

static enum wn_status fill_head(struct past *past, struct wn_error *err)
{
    struct wn_benchmark_book *book = past->book;
    struct wn_benchmark *pub = &book->pub;
    const struct wn_json *name = wn_json_get(past->job, "name");
    const char **task = wn_vec_push(&book->tasks);

    pub->name = wn_arena_strdup(
        &book->arena, wn_json_is(name, WN_JSON_STRING) ? wn_json_string(name) : "");
    pub->provenance =
        wn_arena_printf(&book->arena, "the study in %s: %zu configurations that reported",
                        past->dir, past->rows.n);
    pub->resource =
        wn_arena_strdup(&book->arena, text_in(past, "resource", "name", "epoch"));
    if (!task || !pub->name || !pub->provenance || !pub->resource)
        return no_memory(past, err);
    *task = pub->task = "study";
    pub->tasks = book->tasks.at;
    pub->n_tasks = 1;
    pub->kind = "study";
    pub->title = pub->license = pub->url = pub->citation = pub->resource_unit = "";
    pub->params = book->params;
    pub->n_params = wn_space_n_params(past->space);
    pub->configs = book->configs;
    pub->n_configs = past->rows.n;
    pub->n_seeds = 1;
    pub->n_fidelities = past->resources.n;
    pub->fidelity = book->fidelity;
    pub->metrics = book->metrics.at;
    pub->n_metrics = book->metrics.n;
    pub->elapsed = &book->metrics.at[book->metrics.n - 1];
    pub->n_recorded = book->recorded;
    return WN_OK;
}

static void release(struct past *past)
{
    wn_free(past->gains);
    wn_vec_release(&past->sorted);
    wn_vec_release(&past->chain);
    wn_vec_release(&past->curve);
    wn_vec_release(&past->resources);
    wn_vec_release(&past->rows);
    wn_history_destroy(past->history);
    wn_space_destroy(past->space);
    wn_json_destroy(past->job);
}

enum wn_status wn_benchmark_read_study(const char *dir,
                                       const char *task,
                                       struct wn_benchmark_book *book,
                                       struct wn_error *err)
{
    static enum wn_status (*const steps[])(struct past *, struct wn_error *) = {
        read_journal, choose_rows, find_fidelities, find_metrics,
        fill_values,  fill_params, fill_head,
    };
    struct past past = {.dir = dir, .book = book};
    enum wn_status rc = WN_OK;

    if (task && strcmp(task, "study") != 0)
        return wn_fail(err, WN_EINVAL,
                       "%s is a study: its only task is \"study\", not "
                       "\"%s\"",
                       dir, task);
    for (size_t i = 0; rc == WN_OK && i < sizeof steps / sizeof steps[0]; i++)
        rc = steps[i](&past, err);
    release(&past);
    return rc;
}

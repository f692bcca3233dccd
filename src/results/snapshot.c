/* snapshot.c - history into columns. O(rows), and no look at the history afterwards.
 *
 * Trials are rows 0, 1, 2 ... of `trials` and of `configurations`; reports are rows of
 * `reports` and of `metrics`, by trial and then by resource. What a row lacks is NaN in
 * floating-point columns and -1 in the others.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/json.h"
#include "results/table_internal.h"
#include "trial/member.h"

/* A program that invents names for metrics must not fill the memory with NaN. */
enum { METRICS_MOST = 256, N_SETS = UINT16_MAX + 1 };

struct making {
    struct wn_results *results;
    const struct wn_history *history;
    const struct wn_space *space;
    uint32_t n_trials;
    size_t n_reports;
    bool failed; /* no memory */
};

static const struct wn_label states[] = {{"live", WN_TRIAL_LIVE},
                                         {"paused", WN_TRIAL_PAUSED},
                                         {"completed", WN_TRIAL_COMPLETED},
                                         {"stopped", WN_TRIAL_STOPPED},
                                         {"failed", WN_TRIAL_FAILED},
                                         {"withdrawn", WN_TRIAL_WITHDRAWN},
                                         {NULL, 0}};
static const struct wn_label origins[] = {{"none", 0},
                                          {"search", WN_ORIGIN_SEARCH},
                                          {"user", WN_ORIGIN_USER},
                                          {NULL, 0}};
static const struct wn_label starts[] = {
    {"none", WN_MEMBER_NONE},       {"begin", WN_MEMBER_BEGIN},
    {"exploit", WN_MEMBER_EXPLOIT}, {"explore", WN_MEMBER_EXPLORE},
    {"restart", WN_MEMBER_RESTART}, {NULL, 0}};
static const struct wn_label verdicts[] = {{"continue", WN_VERDICT_CONTINUE},
                                           {"pause", WN_VERDICT_PAUSE},
                                           {"stop", WN_VERDICT_STOP},
                                           {NULL, 0}};
static const struct wn_label failures[] = {{"none", WN_FAILURE_NONE},
                                           {"start", WN_FAILURE_START},
                                           {"exit", WN_FAILURE_EXIT},
                                           {"signal", WN_FAILURE_SIGNAL},
                                           {"timeout", WN_FAILURE_TIMEOUT},
                                           {"silent", WN_FAILURE_SILENT},
                                           {"no_report", WN_FAILURE_NO_REPORT},
                                           {"bad_report", WN_FAILURE_BAD_REPORT},
                                           {"nan", WN_FAILURE_NAN},
                                           {"lost", WN_FAILURE_LOST},
                                           {"no_slot", WN_FAILURE_NO_SLOT},
                                           {NULL, 0}};
_Static_assert(sizeof failures / sizeof *failures == WN_FAILURE_N + 1,
               "every failure has a name");

static size_t size_of(enum wn_column_type type)
{
    switch (type) {
    case WN_COLUMN_LABEL:
    case WN_COLUMN_BOOL: return 1;
    case WN_COLUMN_U32:
    case WN_COLUMN_I32: return 4;
    case WN_COLUMN_I64:
    case WN_COLUMN_F64: return 8;
    case WN_COLUMN_TEXT: return sizeof(const char *);
    }
    return 0;
}

/* A new column of zeros; NULL without memory. The pointer lives until the next one. */
static struct wn_column *add_column(struct making *making,
                                    struct wn_table *table,
                                    const char *name,
                                    enum wn_column_type type,
                                    const char *about)
{
    struct wn_column *column = wn_vec_push(&table->columns);

    if (column) {
        *column = (struct wn_column){.name = name, .type = type, .about = about};
        column->data = wn_alloc_array(table->n_rows, size_of(type));
    }
    if (!column || !column->data)
        making->failed = true;
    return making->failed ? NULL : column;
}

static void *column_data(struct making *making,
                         struct wn_table *table,
                         const char *name,
                         enum wn_column_type type,
                         const char *about)
{
    struct wn_column *column = add_column(making, table, name, type, about);

    return column ? column->data : NULL;
}

static int8_t *label_data(struct making *making,
                          struct wn_table *table,
                          const char *name,
                          const struct wn_label *labels,
                          const char *about)
{
    struct wn_column *column = add_column(making, table, name, WN_COLUMN_LABEL, about);

    if (!column)
        return NULL;
    column->labels = labels;
    return column->data;
}

static const char *keep_text(struct making *making, const char *text)
{
    const char *kept =
        text && *text ? wn_arena_strdup(&making->results->arena, text) : "";

    if (!kept)
        making->failed = true;
    return kept ? kept : "";
}

/* --- trials --- */

struct trial_columns {
    uint32_t *trial, *n_reports;
    int8_t *state, *origin, *failure, *start;
    int32_t *member;
    int64_t *parent, *source_trial, *source_resource, *afresh_at;
    int64_t *resource, *best_resource;
    int64_t *planned_ms, *ended_ms, *run_ms, *cost_ms;
    double *best;
    const char **text;
};

static void fill_trial(struct making *making, struct trial_columns *to, uint32_t i)
{
    const struct wn_trial *trial = wn_history_trial(making->history, i);

    to->trial[i] = i;
    to->state[i] = (int8_t)trial->state;
    to->origin[i] = (int8_t)trial->origin;
    to->failure[i] = (int8_t)trial->failure;
    to->parent[i] = trial->parent == WN_TRIAL_NONE ? -1 : (int64_t)trial->parent;
    to->member[i] = trial->start == WN_MEMBER_NONE ? -1 : (int32_t)trial->member;
    to->start[i] = (int8_t)trial->start;
    to->source_trial[i] = trial->source.resource ? (int64_t)trial->source.trial : -1;
    to->source_resource[i] = trial->source.resource ? trial->source.resource : -1;
    to->afresh_at[i] = trial->afresh_at ? trial->afresh_at : -1;
    to->resource[i] = wn_history_resource(making->history, i);
    to->n_reports[i] = trial->n_reports;
    to->best[i] = (double)NAN;
    to->best_resource[i] = -1;
    if (trial->n_reports) {
        const struct wn_report *best = &trial->reports[trial->best];

        to->best[i] = wn_history_metric_of(making->history, best->loss);
        to->best_resource[i] = best->resource;
    }
    to->planned_ms[i] = trial->planned_ms;
    to->ended_ms[i] = trial->ended_ms;
    to->run_ms[i] = trial->run_ms;
    to->cost_ms[i] = trial->cost_ms;
    to->text[i] = keep_text(making, trial->text);
}

static void make_trials(struct making *making, struct wn_table *table)
{
    struct trial_columns to;

    *table = (struct wn_table){.name = "trials",
                               .about = "one row per trial, by number",
                               .n_rows = making->n_trials};
#define COLUMN(name, type, about) \
    to.name = column_data(making, table, #name, WN_COLUMN_##type, about)
    COLUMN(trial, U32, "number");
    to.state = label_data(making, table, "state", states, NULL);
    to.origin = label_data(making, table, "origin", origins,
                           "who asked for the configuration; none: not configured yet");
    to.failure = label_data(making, table, "failure", failures, "of failed trials");
    COLUMN(member, I32, "place in the population that it holds, or -1");
    to.start = label_data(making, table, "start", starts,
                          "how it came to that place; none: of no population");
    COLUMN(parent, I64, "trial it descends from, or -1");
    COLUMN(source_trial, I64, "trial whose checkpoint it was forked from, or -1");
    COLUMN(source_resource, I64, "resource of that checkpoint, or -1");
    COLUMN(
        afresh_at, I64,
        "beyond this it goes back to nothing, since that was damaged; -1: it does not");
    COLUMN(resource, I64, "recorded so far, in resource units");
    COLUMN(n_reports, U32, "rows in reports");
    COLUMN(best, F64, "best value of the metric; NaN without reports");
    COLUMN(best_resource, I64, "where it was reported, or -1");
    COLUMN(planned_ms, I64, "study time, ms");
    COLUMN(ended_ms, I64, "study time, ms; -1: has not ended");
    COLUMN(run_ms, I64, "running time up to the last report, ms");
    COLUMN(cost_ms, I64, "core-milliseconds");
    COLUMN(text, TEXT, "of the failure");
    for (uint32_t i = 0; i < making->n_trials && !making->failed; i++)
        fill_trial(making, &to, i);
}

/* --- configurations --- */

/* The values of a categorical or ordinal parameter as JSON texts. */
static void set_values(struct making *making,
                       const struct wn_param *param,
                       struct wn_column *column)
{
    const char **values =
        wn_arena_alloc(&making->results->arena, param->n_values * sizeof *values);
    struct wn_buf text = {0};

    if (!values) {
        making->failed = true;
        return;
    }
    for (size_t i = 0; i < param->n_values; i++) {
        wn_buf_clear(&text);
        wn_json_print(param->values[i], &text);
        making->failed |= text.failed;
        values[i] = keep_text(making, wn_buf_text(&text));
    }
    wn_buf_release(&text);
    column->values = values;
    column->n_values = param->n_values;
}

/* Numbers are doubles, because a row may have none: integers up to 2^53 are exact. */
static void fill_numbers(const struct making *making,
                         const struct wn_param *param,
                         size_t index,
                         double *to)
{
    for (uint32_t i = 0; i < making->n_trials; i++) {
        const union wn_cell *cells = wn_history_trial(making->history, i)->cells;

        if (!cells || cells[index].i == WN_CELL_OFF)
            to[i] = (double)NAN;
        else if (param->type == WN_PARAM_FLOAT)
            to[i] = cells[index].f;
        else if (param->type == WN_PARAM_INT)
            to[i] = (double)cells[index].i;
        else
            to[i] = param->numbers[cells[index].i];
    }
}

static void fill_indices(const struct making *making, size_t index, int32_t *to)
{
    for (uint32_t i = 0; i < making->n_trials; i++) {
        const union wn_cell *cells = wn_history_trial(making->history, i)->cells;

        to[i] = cells && cells[index].i != WN_CELL_OFF ? (int32_t)cells[index].i : -1;
    }
}

static void make_configurations(struct making *making, struct wn_table *table)
{
    *table = (struct wn_table){.name = "configurations",
                               .about = "one row per trial, as in trials",
                               .n_rows = making->n_trials};
    for (size_t k = 0; k < wn_space_n_params(making->space) && !making->failed; k++) {
        const struct wn_param *param = wn_space_param(making->space, k);
        bool is_number = param->type == WN_PARAM_FLOAT || param->type == WN_PARAM_INT ||
                         (param->type == WN_PARAM_ORDINAL && param->numbers);
        struct wn_column *column =
            add_column(making, table, keep_text(making, param->name),
                       is_number ? WN_COLUMN_F64 : WN_COLUMN_I32,
                       is_number ? (param->type == WN_PARAM_INT ? "int; NaN: inactive"
                                                                : "NaN: inactive")
                                 : "index into the attribute values; -1: inactive");

        if (!column)
            break;
        if (is_number) {
            fill_numbers(making, param, k, column->data);
        } else {
            set_values(making, param, column);
            fill_indices(making, k, column->data);
        }
    }
}

/* --- reports and metrics --- */

struct report_columns {
    uint32_t *trial, *cost_ms;
    int64_t *resource, *time_ms, *elapsed_ms;
    double *value;
    int8_t *verdict, *is_milestone;
};

static void make_reports(struct making *making, struct wn_table *table)
{
    struct report_columns to;
    size_t row = 0;

    *table = (struct wn_table){.name = "reports",
                               .about = "one row per report, by trial and resource",
                               .n_rows = making->n_reports};
    COLUMN(trial, U32, "row in trials");
    COLUMN(resource, I64, "in resource units");
    COLUMN(value, F64, "of the metric that is optimised");
    COLUMN(time_ms, I64, "study time, ms");
    COLUMN(elapsed_ms, I64, "running time of the trial up to here, ms");
    COLUMN(cost_ms, U32, "core-milliseconds of this report alone; saturates at 2^32 - 1");
    to.verdict =
        label_data(making, table, "verdict", verdicts, "what the trial was told");
    COLUMN(is_milestone, BOOL, "the scheduler was asked");
    for (uint32_t i = 0; i < making->n_trials && !making->failed; i++) {
        const struct wn_trial *trial = wn_history_trial(making->history, i);

        for (uint32_t k = 0; k < trial->n_reports; k++, row++) {
            const struct wn_report *report = &trial->reports[k];

            to.trial[row] = i;
            to.resource[row] = report->resource;
            to.value[row] = wn_history_metric_of(making->history, report->loss);
            to.time_ms[row] = report->time_ms;
            to.elapsed_ms[row] = report->elapsed_ms;
            to.cost_ms[row] = report->cost_ms;
            to.verdict[row] = (int8_t)report->verdict;
            to.is_milestone[row] = report->is_milestone ? 1 : 0;
        }
    }
}

/* A metric's name as the name of a dataset: no slash, not empty, no dot alone. */
static const char *dataset_name(struct making *making, const char *name)
{
    struct wn_buf text = {0};
    const char *kept;

    for (const char *c = name; *c; c++) {
        if (*c == '/' || *c == '%' || (*c == '.' && c == name))
            wn_buf_addf(&text, "%%%02X", (unsigned)*c);
        else
            wn_buf_addc(&text, *c);
    }
    if (!*name)
        wn_buf_addc(&text, '%');
    making->failed |= text.failed;
    kept = keep_text(making, wn_buf_text(&text));
    wn_buf_release(&text);
    return kept;
}

/* Column of a metric by its full name, made when it is new; SIZE_MAX: left out. */
static size_t metric_column(struct making *making,
                            struct wn_table *table,
                            const char *name)
{
    struct wn_column *column;

    for (size_t i = 0; i < table->columns.n; i++)
        if (strcmp(table->columns.at[i].full_name, name) == 0)
            return i;
    if (table->columns.n >= METRICS_MOST)
        return SIZE_MAX;
    column = add_column(making, table, dataset_name(making, name), WN_COLUMN_F64,
                        "NaN: not reported");
    if (!column)
        return SIZE_MAX;
    column->full_name = keep_text(making, name);
    for (size_t row = 0; row < table->n_rows; row++)
        ((double *)column->data)[row] = (double)NAN;
    return table->columns.n - 1;
}

/* Where the values of each set of metrics go: per set, a list of columns. */
struct routes {
    size_t **at; /* N_SETS of them; NULL until the set is met */
    struct wn_arena arena;
};

static const size_t *route_of(struct making *making,
                              struct wn_table *table,
                              struct routes *routes,
                              uint16_t set)
{
    const char *const *names;
    size_t n;

    if (routes->at[set])
        return routes->at[set];
    n = wn_history_metric_names(making->history, set, &names);
    routes->at[set] = wn_arena_alloc(&routes->arena, (n + 1) * sizeof *routes->at[set]);
    if (!routes->at[set]) {
        making->failed = true;
        return NULL;
    }
    for (size_t k = 0; k < n; k++)
        routes->at[set][k] = metric_column(making, table, names[k]);
    return routes->at[set];
}

static void make_metrics(struct making *making, struct wn_table *table)
{
    struct routes routes = {.at = wn_alloc_array(N_SETS, sizeof *routes.at)};
    size_t row = 0;

    *table = (struct wn_table){.name = "metrics",
                               .about = "one row per report, as in reports",
                               .n_rows = making->n_reports};
    if (!routes.at)
        making->failed = true;
    for (uint32_t i = 0; i < making->n_trials && !making->failed; i++) {
        const struct wn_trial *trial = wn_history_trial(making->history, i);

        for (uint32_t k = 0; k < trial->n_reports; k++, row++) {
            const struct wn_report *report = &trial->reports[k];
            const size_t *route = route_of(making, table, &routes, report->metric_set);
            const char *const *names;
            size_t n;
            const double *values;

            if (!route || making->failed)
                break;
            n = wn_history_metric_names(making->history, report->metric_set, &names);
            values = n ? wn_history_metrics(making->history, report) : NULL;
            WN_DCHECK(!n || table->columns.at);
            for (size_t m = 0; m < n; m++)
                if (route[m] != SIZE_MAX)
                    ((double *)table->columns.at[route[m]].data)[row] = values[m];
        }
    }
    wn_arena_release(&routes.arena);
    wn_free(routes.at);
}

/* --- rungs --- */

struct rung_columns {
    int64_t *time_ms, *resource, *n_entered, *n_promoted;
    uint32_t *bracket;
};

static void make_rungs(struct making *making,
                       struct wn_table *table,
                       const struct wn_rung_row *rungs,
                       size_t n)
{
    struct rung_columns to;

    *table = (struct wn_table){.name = "rungs",
                               .about = "fill of the rungs over study time",
                               .n_rows = rungs ? n : 0};
    COLUMN(time_ms, I64, "study time, ms");
    COLUMN(bracket, U32, NULL);
    COLUMN(resource, I64, "of the rung, in resource units");
    COLUMN(n_entered, I64, "trials that reached it");
    COLUMN(n_promoted, I64, "trials that went on from it");
    for (size_t i = 0; rungs && i < n && !making->failed; i++) {
        to.time_ms[i] = rungs[i].time_ms;
        to.bracket[i] = rungs[i].bracket;
        to.resource[i] = rungs[i].resource;
        to.n_entered[i] = (int64_t)rungs[i].n_entered;
        to.n_promoted[i] = (int64_t)rungs[i].n_promoted;
    }
#undef COLUMN
}

enum wn_status wn_results_snapshot(const struct wn_results_input *in,
                                   struct wn_results **out,
                                   struct wn_error *err)
{
    struct making making = {.history = in->history,
                            .space = wn_history_space(in->history),
                            .n_trials = wn_history_n_trials(in->history),
                            .results = wn_alloc(sizeof *making.results)};
    struct wn_results *results = making.results;

    if (!results)
        return wn_fail(err, WN_ENOMEM, "no memory for the results of a study");
    for (uint32_t i = 0; i < making.n_trials; i++)
        making.n_reports += wn_history_trial(in->history, i)->n_reports;
    results->study = keep_text(&making, in->study);
    results->metric = keep_text(&making, in->metric);
    results->mode = wn_history_is_maximised(in->history) ? "max" : "min";
    results->resource = keep_text(&making, in->resource);
    results->job = keep_text(&making, in->job_text);
    results->version = keep_text(&making, in->program_version);
    results->time_ms = in->time_ms;
    results->max_resource = wn_history_max_resource(in->history);
    make_trials(&making, &results->tables[0]);
    make_configurations(&making, &results->tables[1]);
    make_reports(&making, &results->tables[2]);
    make_metrics(&making, &results->tables[3]);
    make_rungs(&making, &results->tables[4], in->rungs, in->n_rungs);
    if (making.failed) {
        wn_results_destroy(results);
        return wn_fail(err, WN_ENOMEM, "no memory for the results of %lu trials",
                       (unsigned long)making.n_trials);
    }
    *out = results;
    return WN_OK;
}

void wn_results_destroy(struct wn_results *results)
{
    if (!results)
        return;
    for (size_t i = 0; i < WN_TABLE_N; i++) {
        struct wn_table *table = &results->tables[i];

        for (size_t k = 0; k < table->columns.n; k++)
            wn_free(table->columns.at[k].data);
        wn_vec_release(&table->columns);
    }
    wn_arena_release(&results->arena);
    wn_free(results);
}

/* benchmark.c - see benchmark.h: facts about a task, as text and as JSON. */
#include "report/benchmark.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/table.h"
#include "report/report_internal.h"

/* What is worked out of a metric's numbers. */
struct summary {
    size_t n, n_missing; /* cells */
    double least, most;  /* NaN: there is none */
    double best_end;     /* mean over the seeds, of the best
                          * configuration, at its end; NaN */
};

/* How the configurations lie in the space. */
struct shape {
    bool is_list, is_grid;
    struct wn_buf trouble; /* why no space can be made of it; empty */
};

static const char *mode_name(enum wn_benchmark_mode mode)
{
    static const char *const names[] = {"min", "max", "cost", "aux"};

    return names[mode];
}

static bool is_objective(const struct wn_benchmark_metric *metric)
{
    return metric->mode == WN_BENCHMARK_MIN || metric->mode == WN_BENCHMARK_MAX;
}

/* --- facts --- */

/* The last fidelity that a training came to: after it no time is known. */
static size_t end_of(const struct wn_benchmark *b, size_t config, size_t seed)
{
    size_t k = b->n_fidelities - 1;

    while (b->elapsed && k && isnan(wn_benchmark_at(b, b->elapsed, config, seed, k)))
        k--;
    return k;
}

/* Mean over the seeds of a configuration's last value; NaN if one of them has none. */
static double mean_end(const struct wn_benchmark *b,
                       const struct wn_benchmark_metric *metric,
                       size_t config)
{
    double sum = 0;

    for (size_t s = 0; s < b->n_seeds; s++)
        sum += wn_benchmark_at(b, metric, config, s, end_of(b, config, s));
    return sum / (double)b->n_seeds;
}

static struct summary summarise(const struct wn_benchmark *b,
                                const struct wn_benchmark_metric *metric)
{
    struct summary sum = {.n = b->n_configs * b->n_seeds * b->n_fidelities,
                          .least = (double)NAN,
                          .most = (double)NAN,
                          .best_end = (double)NAN};
    bool is_max = metric->mode == WN_BENCHMARK_MAX;

    for (size_t i = 0; i < sum.n; i++) {
        double value = (double)metric->at[i];

        sum.n_missing += isnan(value) ? 1 : 0;
        sum.least = fmin(sum.least, value); /* NaN only if both are */
        sum.most = fmax(sum.most, value);
    }
    for (size_t c = 0; c < b->n_configs; c++) {
        double end = mean_end(b, metric, c);

        sum.best_end = is_max ? fmax(sum.best_end, end) : fmin(sum.best_end, end);
    }
    return sum;
}

/* Mean seconds of a training as far as it is known; NaN without times. */
static double mean_training(const struct wn_benchmark *b)
{
    double sum = 0;
    size_t n = 0;

    for (size_t i = 0; b->elapsed && i < b->n_configs * b->n_seeds; i++) {
        size_t config = i / b->n_seeds, seed = i % b->n_seeds;
        double time =
            wn_benchmark_at(b, b->elapsed, config, seed, end_of(b, config, seed));

        if (!isnan(time)) {
            sum += time;
            n++;
        }
    }
    return n ? sum / (double)n : (double)NAN;
}

static enum wn_status look_at_shape(const struct wn_benchmark *b,
                                    struct shape *shape,
                                    struct wn_error *err)
{
    struct wn_json *json = NULL;
    struct wn_space *space = NULL;
    struct wn_problems problems = {0};
    struct wn_benchmark_rows *rows = NULL;
    enum wn_status rc = wn_benchmark_space(b, &json, err);

    shape->is_list = wn_benchmark_is_list(b);
    if (rc == WN_OK)
        rc = wn_space_parse(json, NULL, &problems, &space, err);
    if (rc == WN_OK && problems.n)
        wn_buf_adds(&shape->trouble, problems.at[0]);
    else if (rc == WN_OK && !shape->is_list)
        rc = wn_benchmark_rows_create(b, space, &rows, err);
    if (rows)
        shape->is_grid = wn_benchmark_rows_are_all(rows);
    wn_benchmark_rows_destroy(rows);
    wn_space_destroy(space);
    wn_problems_release(&problems);
    wn_json_destroy(json);
    return rc;
}

/* --- as text --- */

static void add_line(struct wn_buf *out, const char *name, const char *text)
{
    if (*text)
        wn_buf_addf(out, "  %-12s%s\n", name, text);
}

static void add_plural(struct wn_buf *out, size_t n, const char *what, const char *many)
{
    wn_buf_addf(out, "%zu %s", n, n == 1 ? what : many);
}

static void add_head(const struct wn_benchmark *b, struct wn_buf *out)
{
    wn_buf_addf(out, "%s%s%s\n", b->name, *b->title ? ": " : "", b->title);
    add_line(out, "kind", b->kind);
    add_line(out, "licence", b->license);
    add_line(out, "provenance", b->provenance);
    add_line(out, "url", b->url);
    add_line(out, "cite", b->citation);
    wn_buf_addf(out, "  %-12s", b->n_tasks == 1 ? "task" : "tasks");
    for (size_t i = 0; i < b->n_tasks; i++)
        wn_buf_addf(out, "%s%s", i ? ", " : "", b->tasks[i]);
    wn_buf_addc(out, '\n');
}

static void add_times(const struct wn_benchmark *b, struct wn_buf *out)
{
    double mean = mean_training(b);

    wn_buf_addf(out, "  %-12s", "times");
    if (!b->elapsed) {
        wn_buf_addf(out, "none: a second for each unit of the resource is taken\n");
        return;
    }
    wn_buf_addf(out, "%s; a full training takes %.4g s in the mean, all of them %.4g h\n",
                b->elapsed->is_synthetic ? "synthetic (put in, not measured)"
                : strncmp(b->kind, "surrogate", 9) == 0 ? "as the surrogate predicts"
                                                        : "real",
                mean, mean * (double)(b->n_configs * b->n_seeds) / 3600);
}

static void add_task(const struct wn_benchmark *b,
                     const struct shape *shape,
                     struct wn_report_style style,
                     struct wn_buf *out)
{
    struct wn_buf head = {0};

    wn_buf_addf(&head, "task %s", b->task);
    wn_report_head(style, wn_buf_text(&head), out);
    wn_buf_release(&head);
    wn_buf_addf(out, "  %-12s", "size");
    add_plural(out, b->n_configs, "configuration", "configurations");
    wn_buf_adds(out, " x ");
    add_plural(out, b->n_seeds, "seed", "seeds");
    wn_buf_adds(out, " x ");
    add_plural(out, b->n_fidelities, "fidelity", "fidelities");
    wn_buf_addf(out, "\n  %-12s%s %g to %g", "resource", *b->resource ? b->resource : "-",
                b->fidelity[0], b->fidelity[b->n_fidelities - 1]);
    if (*b->resource_unit)
        wn_buf_addf(out, " (%s)", b->resource_unit);
    wn_buf_addf(out, "\n  %-12s", "space");
    if (shape->trouble.n)
        wn_buf_addf(out, "none can be made of it: %s\n", wn_buf_text(&shape->trouble));
    else if (shape->is_list)
        wn_buf_adds(out, "a list: it is tuned by the number of the row\n");
    else if (shape->is_grid)
        wn_buf_adds(out, "a complete grid: every configuration is in the table\n");
    else
        wn_buf_adds(out,
                    "a sample: between its configurations the nearest one answers\n");
    add_times(b, out);
}

static const char *text_of(const struct wn_json *param, const char *key)
{
    const struct wn_json *node = wn_json_get(param, key);

    return wn_json_is(node, WN_JSON_STRING) ? wn_json_string(node) : "";
}

static void add_bound(struct wn_table *table, const struct wn_json *bound)
{
    if (wn_json_is(bound, WN_JSON_NUMBER))
        wn_table_addf(table, "%.6g", wn_json_number(bound));
    else
        wn_table_add(table, "-");
}

/* Choices as in `winnow check`, a long list by its ends. */
static void add_choices(struct wn_table *table, const struct wn_json *param)
{
    enum { CHOICES_MOST = 12 };
    const struct wn_json *list = wn_json_get(param, "choices");
    const char *between = strcmp(text_of(param, "type"), "cat") == 0 ? " | " : " < ";
    size_t n = wn_json_size(list), i = 0;
    struct wn_buf text = {0};

    for (const struct wn_json *c = wn_json_first(list); c; c = wn_json_next(c), i++) {
        if (i >= CHOICES_MOST - 1 && i + 1 < n && n > CHOICES_MOST)
            continue;
        if (i)
            wn_buf_adds(&text, between);
        if (i && i + 1 == n && n > CHOICES_MOST)
            wn_buf_addf(&text, "... (%zu)%s", n, between);
        if (wn_json_is(c, WN_JSON_STRING))
            wn_buf_adds(&text, wn_json_string(c));
        else
            wn_json_print(c, &text);
    }
    wn_table_add(table, wn_buf_text(&text));
    wn_buf_release(&text);
}

static void add_params(const struct wn_benchmark *b,
                       struct wn_report_style style,
                       struct wn_buf *out)
{
    static const char *const head[] = {"name", "type", "low", "high", "scale or choices"};
    struct wn_table table;

    wn_table_init(&table, "llrrl");
    for (size_t i = 0; i < sizeof head / sizeof *head; i++)
        wn_table_add(&table, head[i]);
    for (const struct wn_json *p = wn_json_first(b->params); p; p = wn_json_next(p)) {
        const struct wn_json *log = wn_json_get(p, "log");

        wn_table_add(&table, text_of(p, "name"));
        wn_table_add(&table, text_of(p, "type"));
        add_bound(&table, wn_json_get(p, "lower"));
        add_bound(&table, wn_json_get(p, "upper"));
        if (wn_json_get(p, "choices"))
            add_choices(&table, p);
        else if (!wn_json_get(p, "lower"))
            wn_table_add(&table, wn_json_get(p, "missing") ? "may be missing" : "-");
        else
            wn_table_add(&table, wn_json_is(log, WN_JSON_BOOL) && wn_json_bool(log)
                                     ? "log"
                                     : "linear");
    }
    wn_report_head(style, "hyperparameters", out);
    wn_report_print_table(&table, style, out);
    wn_table_release(&table);
}

static void add_value(struct wn_table *table, double value)
{
    if (isnan(value))
        wn_table_add(table, "-");
    else
        wn_table_addf(table, "%.6g", value);
}

static void add_metrics(const struct wn_benchmark *b,
                        struct wn_report_style style,
                        struct wn_buf *out)
{
    static const char *const head[] = {
        "name", "mode", "missing", "least", "most", "best at the end", "unit"};
    struct wn_table table;

    wn_table_init(&table, "llrrrrl");
    for (size_t i = 0; i < sizeof head / sizeof *head; i++)
        wn_table_add(&table, head[i]);
    for (size_t i = 0; i < b->n_metrics; i++) {
        const struct wn_benchmark_metric *metric = &b->metrics[i];
        struct summary sum = summarise(b, metric);

        wn_table_add(&table, metric->name);
        wn_table_add(&table, mode_name(metric->mode));
        wn_table_addf(&table, "%.3g %%", 100 * (double)sum.n_missing / (double)sum.n);
        add_value(&table, sum.least);
        add_value(&table, sum.most);
        add_value(&table, is_objective(metric) ? sum.best_end : (double)NAN);
        wn_table_add(&table, *metric->unit ? metric->unit : "-");
    }
    wn_report_head(style, "metrics", out);
    wn_report_print_table(&table, style, out);
    wn_table_release(&table);
}

enum wn_status wn_report_benchmark(const struct wn_benchmark *benchmark,
                                   struct wn_report_style style,
                                   struct wn_buf *out,
                                   struct wn_error *err)
{
    struct shape shape = {0};
    enum wn_status rc = look_at_shape(benchmark, &shape, err);

    if (rc == WN_OK) {
        add_head(benchmark, out);
        add_task(benchmark, &shape, style, out);
        add_params(benchmark, style, out);
        add_metrics(benchmark, style, out);
    }
    wn_buf_release(&shape.trouble);
    return rc;
}

/* --- as JSON --- */

static struct wn_json *number_or_null(double value)
{
    return isfinite(value) ? wn_json_new_number(value) : wn_json_new_null();
}

static struct wn_json *metric_json(const struct wn_benchmark *b,
                                   const struct wn_benchmark_metric *metric)
{
    struct summary sum = summarise(b, metric);
    struct wn_json *out = wn_json_new_object();
    bool is_max = metric->mode == WN_BENCHMARK_MAX;

    bool ok = wn_json_set(out, "name", wn_json_new_string(metric->name)) &&
              wn_json_set(out, "mode", wn_json_new_string(mode_name(metric->mode))) &&
              wn_json_set(out, "unit", wn_json_new_string(metric->unit)) &&
              wn_json_set(out, "synthetic", wn_json_new_bool(metric->is_synthetic)) &&
              wn_json_set(out, "missing",
                          wn_json_new_number((double)sum.n_missing / (double)sum.n)) &&
              wn_json_set(out, "least", number_or_null(sum.least)) &&
              wn_json_set(out, "most", number_or_null(sum.most));

    if (ok && is_objective(metric))
        ok = wn_json_set(out, "best", number_or_null(is_max ? sum.most : sum.least)) &&
             wn_json_set(out, "best_at_the_end", number_or_null(sum.best_end));
    if (ok)
        return out;
    wn_json_destroy(out);
    return NULL;
}

static bool set_task(const struct wn_benchmark *b,
                     const struct shape *shape,
                     struct wn_json *out)
{
    struct wn_json *metrics = wn_json_new_list(), *fidelity = wn_json_new_list();
    bool ok = metrics && fidelity;

    for (size_t i = 0; ok && i < b->n_metrics; i++)
        ok = wn_json_add(metrics, metric_json(b, &b->metrics[i]));
    for (size_t i = 0; ok && i < b->n_fidelities; i++)
        ok = wn_json_add(fidelity, wn_json_new_number(b->fidelity[i]));
    ok = wn_json_set(out, "task", wn_json_new_string(b->task)) && ok;
    ok = wn_json_set(out, "configurations", wn_json_new_integer((int64_t)b->n_configs)) &&
         ok;
    ok = wn_json_set(out, "seeds", wn_json_new_integer((int64_t)b->n_seeds)) && ok;
    ok = wn_json_set(out, "resource", wn_json_new_string(b->resource)) && ok;
    ok = wn_json_set(out, "resource_unit", wn_json_new_string(b->resource_unit)) && ok;
    ok = wn_json_set(out, "fidelity", fidelity) && ok;
    ok = wn_json_set(out, "space",
                     wn_json_new_string(shape->trouble.n ? "none"
                                        : shape->is_list ? "list"
                                        : shape->is_grid ? "grid"
                                                         : "sample")) &&
         ok;
    ok = wn_json_set(out, "times",
                     wn_json_new_string(!b->elapsed                ? "none"
                                        : b->elapsed->is_synthetic ? "synthetic"
                                                                   : "real")) &&
         ok;
    ok =
        wn_json_set(out, "mean_training_seconds", number_or_null(mean_training(b))) && ok;
    ok = wn_json_set(out, "hyperparameters", wn_json_copy(b->params)) && ok;
    return wn_json_set(out, "metrics", metrics) && ok;
}

enum wn_status wn_report_benchmark_json(const struct wn_benchmark *benchmark,
                                        struct wn_json **out,
                                        struct wn_error *err)
{
    const struct {
        const char *name, *text;
    } texts[] = {{"benchmark", benchmark->name},
                 {"title", benchmark->title},
                 {"kind", benchmark->kind},
                 {"license", benchmark->license},
                 {"provenance", benchmark->provenance},
                 {"url", benchmark->url},
                 {"citation", benchmark->citation}};
    struct shape shape = {0};
    struct wn_json *json = wn_json_new_object(), *tasks = wn_json_new_list();
    bool ok = json && tasks;
    enum wn_status rc = look_at_shape(benchmark, &shape, err);

    for (size_t i = 0; ok && i < sizeof texts / sizeof *texts; i++)
        ok = wn_json_set(json, texts[i].name, wn_json_new_string(texts[i].text));
    for (size_t i = 0; ok && i < benchmark->n_tasks; i++)
        ok = wn_json_add(tasks, wn_json_new_string(benchmark->tasks[i]));
    ok = wn_json_set(json, "tasks", tasks) && ok && set_task(benchmark, &shape, json);
    wn_buf_release(&shape.trouble);
    if (rc == WN_OK && !ok)
        rc = wn_fail(err, WN_ENOMEM, "no memory to describe a benchmark");
    if (rc != WN_OK) {
        wn_json_destroy(json);
        return rc;
    }
    *out = json;
    return WN_OK;
}

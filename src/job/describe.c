/* describe.c - what `winnow check` shows of a job: for people, before a core is spent. */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/table.h"
#include "job/job_internal.h"
#include "trial/history.h"

static const char *type_name(const struct wn_param *param)
{
    switch (param->type) {
    case WN_PARAM_FLOAT: return "float";
    case WN_PARAM_INT: return "int";
    case WN_PARAM_CATEGORICAL: return "categorical";
    case WN_PARAM_ORDINAL: return "ordinal";
    }
    return "";
}

static const char *encoding_name(enum wn_encoding encoding)
{
    switch (encoding) {
    case WN_ENCODING_EQUAL: return "equal";
    case WN_ENCODING_NEAREST: return "nearest";
    case WN_ENCODING_NEAREST_LOG: return "nearest-log";
    }
    return "";
}

static void add_number(struct wn_table *table, double value)
{
    char text[32];

    wn_table_add(table, wn_number_print(value, text, sizeof text));
}

/* Strings as they are, everything else as JSON. */
static void print_value(const struct wn_json *value, struct wn_buf *out)
{
    if (wn_json_is(value, WN_JSON_STRING))
        wn_buf_adds(out, wn_json_string(value));
    else
        wn_json_print(value, out);
}

static void add_value(struct wn_table *table, const struct wn_json *value)
{
    struct wn_buf text = {0};

    print_value(value, &text);
    table->failed = table->failed || text.failed;
    wn_table_add(table, wn_buf_text(&text));
    wn_buf_release(&text);
}

static void add_bounds(struct wn_table *table, const struct wn_param *param)
{
    switch (param->type) {
    case WN_PARAM_FLOAT:
    case WN_PARAM_INT:
        add_number(table, param->low);
        add_number(table, param->high);
        return;
    case WN_PARAM_ORDINAL:
        add_value(table, param->values[0]);
        add_value(table, param->values[param->n_values - 1]);
        return;
    case WN_PARAM_CATEGORICAL:
        wn_table_add(table, "-");
        wn_table_add(table, "-");
        return;
    }
}

/* The scale, or the values: "log, step 8", "sgd | adam", "nearest-log: 16 < 32". */
static void add_transform(struct wn_table *table, const struct wn_param *param)
{
    bool is_ordinal = param->type == WN_PARAM_ORDINAL;
    struct wn_buf text = {0};
    char step[32];

    if (param->n_values) {
        if (is_ordinal)
            wn_buf_addf(&text, "%s: ", encoding_name(param->encoding));
        for (size_t i = 0; i < param->n_values; i++) {
            wn_buf_adds(&text, !i ? "" : is_ordinal ? " < " : " | ");
            print_value(param->values[i], &text);
        }
    } else {
        wn_buf_adds(&text, wn_scale_name(param->scale));
        if (param->step > 0)
            wn_buf_addf(&text, ", step %s",
                        wn_number_print(param->step, step, sizeof step));
        if (param->size)
            wn_buf_addf(&text, ", %zu values", param->size);
    }
    table->failed = table->failed || text.failed;
    wn_table_add(table, wn_buf_text(&text));
    wn_buf_release(&text);
}

static void add_param(struct wn_table *table,
                      const struct wn_space *space,
                      size_t index,
                      union wn_cell middle)
{
    const struct wn_param *param = wn_space_param(space, index);
    struct wn_buf text = {0};

    wn_table_add(table, param->name);
    wn_table_add(table, type_name(param));
    wn_cell_print(param, middle, &text);
    wn_table_add(table, wn_buf_text(&text));
    table->failed = table->failed || text.failed;
    add_bounds(table, param);
    add_transform(table, param);
    wn_buf_clear(&text);
    wn_space_condition_text(space, index, &text);
    wn_table_add(table, wn_buf_text(&text));
    table->failed = table->failed || text.failed;
    wn_buf_release(&text);
}

/* Apart from the parameters: a path would widen their columns. */
static void describe_constants(const struct wn_space *space, struct wn_buf *out)
{
    size_t n = wn_space_n_constants(space);
    struct wn_table table;

    if (!n)
        return;
    wn_buf_adds(out, "constants\n");
    wn_table_init(&table, "ll");
    for (size_t i = 0; i < n; i++) {
        const struct wn_json *value = NULL;

        wn_table_add(&table, wn_space_constant(space, i, &value));
        add_value(&table, value);
    }
    wn_table_print(&table, 2, 0, NULL, NULL, out);
    wn_table_release(&table);
}

static enum wn_status middle_of(const struct wn_space *space,
                                union wn_cell *cells,
                                struct wn_error *err)
{
    struct wn_json *nothing = wn_json_new_object();
    struct wn_problems none = {0};
    enum wn_status rc = WN_ENOMEM;

    if (nothing)
        rc = wn_config_complete(space, nothing, "", &none, cells, err);
    else
        wn_fail(err, WN_ENOMEM, "no memory to describe the space");
    wn_problems_release(&none);
    wn_json_destroy(nothing);
    return rc;
}

static enum wn_status describe_space(const struct wn_space *space,
                                     struct wn_buf *out,
                                     struct wn_error *err)
{
    static const char *const head[] = {"name", "type",      "default",  "low",
                                       "high", "transform", "condition"};
    size_t n = wn_space_n_params(space);
    union wn_cell *middle = wn_alloc_array(n ? n : 1, sizeof *middle);
    struct wn_table table;
    enum wn_status rc;

    if (!middle)
        return wn_fail(err, WN_ENOMEM, "no memory to describe the space");
    wn_table_init(&table, "llrrrll");
    rc = middle_of(space, middle, err);
    for (size_t i = 0; i < sizeof head / sizeof head[0]; i++)
        wn_table_add(&table, head[i]);
    for (size_t i = 0; i < n && rc == WN_OK; i++)
        add_param(&table, space, i, middle[i]);
    if (rc == WN_OK)
        wn_table_print(&table, 2, 0, NULL, NULL, out);
    wn_table_release(&table);
    wn_free(middle);
    describe_constants(space, out);
    if (wn_space_n_allowed(space))
        wn_buf_addf(out, "restrict_configurations\n  %zu configuration%s, no other%s\n",
                    wn_space_n_allowed(space), wn_space_n_allowed(space) == 1 ? "" : "s",
                    wn_space_n_allowed(space) == 1 ? "" : "s");
    return rc;
}

static void describe_stop(const struct wn_job *job, struct wn_buf *out)
{
    const struct wn_option *option = wn_stop_options;
    bool is_any = false;
    char text[48];

    wn_buf_adds(out, "stop\n");
    for (; option->name; option++) {
        if (!wn_values_is_set(job->stop, option->name))
            continue;
        is_any = true;
        if (option->type == WN_OPTION_DURATION)
            wn_duration_print(wn_values_ms(job->stop, option->name), text, sizeof text);
        else if (option->type == WN_OPTION_FLOAT)
            wn_number_print(wn_values_float(job->stop, option->name), text, sizeof text);
        else
            wn_number_print((double)wn_values_int(job->stop, option->name), text,
                            sizeof text);
        wn_buf_addf(out, "  %s %s\n", option->name, text);
    }
    if (!is_any)
        wn_buf_adds(out, "  no criterion: the study ends when searcher and scheduler "
                         "have nothing left, or by `winnow stop`\n");
}

/* The values of a section as "key=value ...", "key=-" for one that is not set: what it is
 * then, the part says of itself. */
static void describe_options(const char *title,
                             const char *name,
                             const struct wn_option *table,
                             const struct wn_json *section,
                             struct wn_buf *out)
{
    wn_buf_addf(out, "%s\n  %s", title, name);
    for (; table->name; table++) {
        const struct wn_json *value = wn_json_get(section, table->name);

        wn_buf_addf(out, " %s=", table->name);
        if (value)
            print_value(value, out);
        else
            wn_buf_addc(out, '-');
    }
    wn_buf_addc(out, '\n');
}

static enum wn_status describe_sched(const struct wn_job *job,
                                     const struct wn_history *history,
                                     struct wn_buf *out,
                                     struct wn_error *err)
{
    struct wn_sched *sched = NULL;
    struct wn_buf text = {0};
    enum wn_status rc = wn_job_try_sched(job, history, &sched, err);

    if (rc != WN_OK)
        return rc;
    describe_options("scheduler", job->sched->name, job->sched->options,
                     wn_json_get(job->root, "scheduler"), out);
    job->sched->describe(sched, &text);
    for (const char *line = wn_buf_text(&text); *line;) {
        size_t n = strcspn(line, "\n");

        wn_buf_addf(out, "  %.*s\n", (int)n, line);
        line += n + (line[n] == '\n');
    }
    job->sched->destroy(sched);
    out->failed = out->failed || text.failed;
    wn_buf_release(&text);
    return WN_OK;
}

static enum wn_status describe_search(const struct wn_job *job,
                                      const struct wn_history *history,
                                      struct wn_buf *out,
                                      struct wn_error *err)
{
    struct wn_search *search = NULL;
    enum wn_status rc = wn_job_try_search(job, history, &search, err);
    uint64_t size;

    if (rc != WN_OK)
        return rc;
    describe_options("searcher", job->search->name, job->search->options,
                     wn_json_get(job->root, "searcher"), out);
    if (job->search->size(search, &size))
        wn_buf_addf(out, "  %" PRIu64 " configuration%s\n", size, size == 1 ? "" : "s");
    wn_buf_addf(out, "  %zu initial configuration%s\n", job->n_initial,
                job->n_initial == 1 ? "" : "s");
    job->search->destroy(search);
    return WN_OK;
}

enum wn_status wn_job_describe(const struct wn_job *job,
                               struct wn_buf *out,
                               struct wn_error *err)
{
    struct wn_history *history = NULL;
    enum wn_status rc;

    wn_buf_addf(out, "job %s: %s %s", job->name,
                job->is_maximised ? "maximise" : "minimise", job->metric);
    if (job->max_resource != INT64_MAX)
        wn_buf_addf(out, ", at most %s %" PRId64, job->resource, job->max_resource);
    wn_buf_addf(out, ", seed %" PRIu64 "\n", job->seed);
    if (job->method)
        wn_buf_addf(out, "method %s: scheduler %s, searcher %s\n  %s%s%s\n",
                    job->method->name, job->sched->name, job->search->name,
                    job->method->summary, *job->method->reference ? "; " : "",
                    job->method->reference);
    wn_buf_adds(out, "space\n");
    rc = describe_space(job->space, out, err);
    if (rc == WN_OK)
        rc = wn_job_try_history(job, &history, err);
    if (rc == WN_OK)
        rc = describe_sched(job, history, out, err);
    if (rc == WN_OK)
        rc = describe_search(job, history, out, err);
    wn_history_destroy(history);
    if (rc != WN_OK)
        return rc;
    describe_stop(job, out);
    return out->failed ? wn_fail(err, WN_ENOMEM, "no memory to describe the job") : WN_OK;
}

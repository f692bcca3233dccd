/* benchmark_import.c - `winnow benchmark import TABLE --to FILE`.
 *
 * Every option is a key of the description, so there is one set of rules and messages; the
 * description file comes first, options go over it.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "cli/benchmark.h"
#include "cli/command.h"
#include "report/benchmark.h"
#include "results/import.h"

enum { DESCRIPTION_MOST = 16 << 20 };
enum {
    KEY_TO = 256,
    KEY_INTO,
    KEY_COLUMNS,
    KEY_METRIC,
    KEY_IGNORE,
    KEY_PARAM,
    KEY_LOG,
    KEY_TEXTS /* this and those behind: keys of the description, as in `texts` */
};

/* Options that are texts of the description, in the order of their keys. */
static const char *const texts[] = {
    "name",        "title",           "license",        "provenance",
    "url",         "citation",        "task",           "task_column",
    "seed_column", "fidelity_column", "elapsed_column",
};
enum { N_TEXTS = sizeof texts / sizeof *texts };

struct importing {
    struct wn_import import;
    const char *columns; /* description file */
    const char *texts[N_TEXTS];
    struct wn_cli_words metrics, ignore, params, logs;
    char into[WN_PATH_MAX], to[WN_PATH_MAX]; /* absolute */
};

#define TEXT(name, at, what, help)               \
    {                                            \
        name, KEY_TEXTS + (at), what, 0, help, 0 \
    }

static const struct argp_option options[] = {
    {"to", KEY_TO, "FILE", 0, "The benchmark file to write", 0},
    {"into", KEY_INTO, "FILE", 0,
     "Add tasks to a file that this command wrote; its hyperparameters stay as they are",
     0},
    {"columns", KEY_COLUMNS, "JSON", 0,
     "A file with the description: which column is what, types, ranges, choices", 0},
    {"metric", KEY_METRIC, "COLUMN:MODE", 0,
     "A metric and its mode: min, max, cost or aux; may be repeated", 0},
    {"ignore", KEY_IGNORE, "COLUMN", 0,
     "A column to pass over; may be repeated, or several with commas", 0},
    {"param", KEY_PARAM, "COLUMN", 0,
     "A hyperparameter; may be repeated, or several with commas", 0},
    {"log", KEY_LOG, "COLUMN", 0, "The same, on a logarithmic scale", 0},
    TEXT("task-column", 7, "COLUMN", "The task (data set) of a row"),
    TEXT("task", 6, "NAME", "The only task's name, where no column says it"),
    TEXT("seed-column", 8, "COLUMN", "The repetition of a row"),
    TEXT("fidelity-column", 9, "COLUMN", "The resource spent, such as epochs"),
    TEXT("elapsed-column", 10, "COLUMN", "Seconds since the start of the training"),
    TEXT("license", 2, "TEXT", "Licence of the numbers; required"),
    TEXT("provenance", 3, "TEXT", "Where they come from; required"),
    TEXT("name", 0, "TEXT", "Short name; default that of the file"),
    TEXT("title", 1, "TEXT", "One line for people"),
    TEXT("url", 4, "TEXT", "Where one reads about them"),
    TEXT("citation", 5, "TEXT", "What to cite"),
    {0},
};

static void add_word(struct wn_cli_words *words,
                     const char *word,
                     struct argp_state *state)
{
    if (!wn_cli_words_add(words, word))
        argp_failure(state, WN_EXIT_FAILED, 0, "out of memory");
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct importing *im = state->input;

    if (key >= KEY_TEXTS && key < KEY_TEXTS + N_TEXTS) {
        im->texts[key - KEY_TEXTS] = arg;
        return 0;
    }
    switch (key) {
    case KEY_TO: im->import.to = arg; return 0;
    case KEY_INTO: im->import.into = arg; return 0;
    case KEY_COLUMNS: im->columns = arg; return 0;
    case KEY_METRIC:
        if (!strrchr(arg, ':'))
            argp_error(state, "--metric must be COLUMN:MODE, not '%s'", arg);
        add_word(&im->metrics, arg, state);
        return 0;
    case KEY_IGNORE: add_word(&im->ignore, arg, state); return 0;
    case KEY_PARAM: add_word(&im->params, arg, state); return 0;
    case KEY_LOG: add_word(&im->logs, arg, state); return 0;
    case ARGP_KEY_ARG: return wn_cli_take_one(&im->import.source, "table", arg, state);
    case ARGP_KEY_END:
        if (!im->import.source)
            argp_error(state, "which table?");
        if (!im->import.to && !im->import.into)
            argp_error(state, "where to? Give --to FILE");
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {
    options,
    parse_option,
    "TABLE",
    "Make a benchmark file of a CSV table, of one in a zip archive, or of a folder in "
    "Syne Tune's layout (data.csv.zip, configspace.json)."
    "\v"
    "The table has a row for each task, configuration, seed and fidelity, in any order. "
    "Every column needs a role. Types and ranges that the description does not say are "
    "taken from the values. `winnow benchmark info` prints what came of "
    "it.\n" WN_CLI_EXIT_HELP,
    NULL,
    NULL,
    NULL};

/* --- the description --- */

static enum wn_status no_memory(struct wn_error *err)
{
    return wn_fail(err, WN_ENOMEM, "no memory for the description of a table");
}

static enum wn_status read_columns(const char *path,
                                   struct wn_json **out,
                                   struct wn_error *err)
{
    char real[WN_PATH_MAX], *text = NULL;
    struct wn_error said = {0};
    size_t n = 0;
    enum wn_status rc = wn_path_absolute(path, real, err);

    if (rc == WN_OK)
        rc = wn_file_read(real, DESCRIPTION_MOST, &text, &n, err);
    if (rc != WN_OK)
        return wn_path_blame(rc, err);
    rc = wn_json_parse(text, n, out, &said);
    wn_free(text);
    if (rc != WN_OK)
        return wn_fail(err, rc, "%s: %s", path, said.text);
    return wn_json_is(*out, WN_JSON_OBJECT)
               ? WN_OK
               : wn_fail(err, WN_EINVAL, "%s: must be an object, not %s", path,
                         wn_json_type_name(*out));
}

/* The object or list below a key, made if there is none; NULL without memory. */
static struct wn_json *below(struct wn_json *object, const char *key, bool is_list)
{
    if (!wn_json_get(object, key) &&
        !wn_json_set(object, key, is_list ? wn_json_new_list() : wn_json_new_object()))
        return NULL;
    return wn_json_member(object, key);
}

static bool set_metric(struct wn_json *description, const char *word)
{
    const char *colon = strrchr(word, ':');
    char *column = wn_strndup(word, (size_t)(colon - word));
    struct wn_json *metrics = below(description, "metrics", false);
    struct wn_json *entry = column && metrics ? wn_json_member(metrics, column) : NULL;
    bool ok = column && metrics;

    if (ok && wn_json_is(entry, WN_JSON_OBJECT))
        ok = wn_json_set(entry, "mode", wn_json_new_string(colon + 1));
    else if (ok && wn_json_is(metrics, WN_JSON_OBJECT))
        ok = wn_json_set(metrics, column, wn_json_new_string(colon + 1));
    wn_free(column);
    return ok;
}

static bool set_param(struct wn_json *description, const char *column, bool is_log)
{
    struct wn_json *params = below(description, "hyperparameters", false);
    struct wn_json *param;

    if (!params || !wn_json_is(params, WN_JSON_OBJECT))
        return params != NULL; /* what is no object is refused later */
    param = below(params, column, false);
    if (!param || !is_log || !wn_json_is(param, WN_JSON_OBJECT))
        return param != NULL;
    return wn_json_set(param, "log", wn_json_new_bool(true));
}

static bool set_plain(struct wn_json *description, const char *column)
{
    return set_param(description, column, false);
}

static bool set_log(struct wn_json *description, const char *column)
{
    return set_param(description, column, true);
}

static bool set_ignored(struct wn_json *description, const char *column)
{
    struct wn_json *list = below(description, "ignore", true);

    return list && (!wn_json_is(list, WN_JSON_LIST) ||
                    wn_json_add(list, wn_json_new_string(column)));
}

/* set() for every word between commas. */
static bool each_column(const struct wn_cli_words *words,
                        bool (*set)(struct wn_json *description, const char *column),
                        struct wn_json *description)
{
    bool ok = description != NULL;

    for (size_t i = 0; ok && i < words->n; i++)
        for (const char *at = words->at[i]; ok && *at;) {
            size_t n = strcspn(at, ",");
            char *column = wn_strndup(at, n);

            ok = column && (!*column || set(description, column));
            wn_free(column);
            at += n + (at[n] == ',');
        }
    return ok;
}

static enum wn_status describe(const struct importing *im,
                               struct wn_json **out,
                               struct wn_error *err)
{
    bool ok = true;

    if (im->columns) {
        enum wn_status rc = read_columns(im->columns, out, err);

        if (rc != WN_OK)
            return rc;
    } else {
        *out = wn_json_new_object();
    }
    for (size_t i = 0; ok && *out && i < N_TEXTS; i++)
        if (im->texts[i])
            ok = wn_json_set(*out, texts[i], wn_json_new_string(im->texts[i]));
    for (size_t i = 0; ok && *out && i < im->metrics.n; i++)
        ok = set_metric(*out, im->metrics.at[i]);
    ok = ok && each_column(&im->ignore, set_ignored, *out) &&
         each_column(&im->params, set_plain, *out) &&
         each_column(&im->logs, set_log, *out);
    return ok ? WN_OK : no_memory(err);
}

/* --- what came of it --- */

static enum wn_status tell(const char *path,
                           const struct wn_buf *notes,
                           struct wn_buf *out,
                           struct wn_error *err)
{
    struct wn_benchmark *benchmark = NULL;
    enum wn_status rc = wn_benchmark_open(path, NULL, &benchmark, err);

    if (rc == WN_OK)
        rc = wn_report_benchmark(benchmark, wn_cli_style(), out, err);
    if (rc == WN_OK && notes->n)
        wn_buf_addf(out, "notes\n");
    for (const char *line = wn_buf_text(notes); rc == WN_OK && *line;) {
        const char *end = strchr(line, '\n');

        wn_buf_addf(out, "  %.*s\n", (int)(end - line), line);
        line = end + 1;
    }
    wn_benchmark_destroy(benchmark);
    return rc;
}

static enum wn_status import_table(struct importing *im,
                                   struct wn_problems *problems,
                                   struct wn_buf *out,
                                   struct wn_error *err)
{
    struct wn_json *description = NULL;
    struct wn_buf notes = {0};
    enum wn_status rc = describe(im, &description, err);

    im->import.description = description;
    if (rc == WN_OK && im->import.into) {
        rc = wn_cli_output(im->import.into, im->into, err);
        im->import.into = im->into;
    }
    if (rc == WN_OK && im->import.to) {
        rc = wn_cli_output(im->import.to, im->to, err);
        im->import.to = im->to;
    }
    if (!im->import.to)
        im->import.to = im->into;
    if (rc == WN_OK)
        rc = wn_benchmark_import(&im->import, problems, &notes, err);
    if (rc == WN_OK)
        rc = tell(im->import.to, &notes, out, err);
    wn_buf_release(&notes);
    wn_json_destroy(description);
    return rc;
}

int wn_cli_benchmark_import(int argc, char **argv)
{
    struct importing im = {0};
    struct wn_problems problems = {0};
    struct wn_error err = {0};
    struct wn_buf out = {0};
    int code;
    enum wn_status rc;

    wn_cli_parse(&argp, argc, argv, &im);
    rc = import_table(&im, &problems, &out, &err);
    if (rc == WN_OK)
        code = wn_cli_print(&out);
    else
        code = problems.n ? wn_cli_tell_problems(
                                im.columns ? im.columns : im.import.source, &problems)
                          : wn_cli_fail(&err);
    wn_buf_release(&out);
    wn_problems_release(&problems);
    wn_cli_words_release(&im.metrics);
    wn_cli_words_release(&im.ignore);
    wn_cli_words_release(&im.params);
    wn_cli_words_release(&im.logs);
    return code;
}

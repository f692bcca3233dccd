/* Import: a table becomes the benchmark it says, and what is wrong is told with its line. */
#include "test_space.h"

#include <unistd.h>
#include <zip.h>

#include "base/file.h"
#include "results/benchmark.h"
#include "results/import.h"

#define COLUMNS                                                                     \
    "'seed_column': 'seed', 'fidelity_column': 'epoch', 'elapsed_column': 'time',"  \
    "'metrics': {'loss': 'min', 'acc': {'mode': 'max', 'unit': 'percent', 'name': " \
    "'accuracy'}}"
#define TEXTS  "'license': 'CC0-1.0', 'provenance': 'made up'"
#define PARAMS "'hyperparameters': {'lr': {'log': true}, 'opt': {}, 'width': {}}"
#define ALL    "{" COLUMNS ", " TEXTS ", " PARAMS "}"
#define HEAD   "lr,opt,width,seed,epoch,loss,acc,time\n"
#define TABLE                        \
    HEAD "0.1,sgd,16,0,1,1,50,1\n"   \
         "0.1,sgd,16,0,2,2,51,2\n"   \
         "0.01,adam,32,0,2,4,53,3\n" \
         "0.01,adam,32,0,1,3,52,1.5\n"

struct stage {
    char dir[64], csv[128], to[128];
    struct wn_problems problems;
    struct wn_buf notes;
    struct wn_error err;
};

static void set_up(struct stage *s)
{
    memset(s, 0, sizeof *s);
    strcpy(s->dir, "/tmp/winnow-import-XXXXXX");
    assert_non_null(mkdtemp(s->dir));
    snprintf(s->csv, sizeof s->csv, "%s/t.csv", s->dir);
    snprintf(s->to, sizeof s->to, "%s/b.h5", s->dir);
}

static void tear_down(struct stage *s)
{
    struct wn_error err;

    wn_problems_release(&s->problems);
    wn_buf_release(&s->notes);
    assert_int_equal(wn_dir_remove(s->dir, &err), WN_OK);
}

static void write_file(struct stage *s, const char *name, const char *text)
{
    char path[256];
    struct wn_error err = {0};

    snprintf(path, sizeof path, "%s/%s", s->dir, name);
    if (wn_file_replace(path, text, strlen(text), &err) != WN_OK)
        fail_msg("%s", err.text);
}

static enum wn_status import_from(struct stage *s,
                                  const char *source,
                                  const char *into,
                                  const char *description)
{
    struct wn_json *json = json_of(description);
    struct wn_import import = {
        .source = source, .description = json, .into = into, .to = s->to};
    enum wn_status rc;

    wn_problems_release(&s->problems);
    s->problems = (struct wn_problems){0};
    s->err = (struct wn_error){0};
    wn_buf_clear(&s->notes);
    rc = wn_benchmark_import(&import, &s->problems, &s->notes, &s->err);
    wn_json_destroy(json);
    return rc;
}

static struct wn_benchmark *read_task(struct stage *s, const char *task)
{
    struct wn_benchmark *b = NULL;
    struct wn_error err = {0};

    if (wn_benchmark_open(s->to, task, &b, &err) != WN_OK)
        fail_msg("%s", err.text);
    return b;
}

static struct wn_benchmark *import_table(struct stage *s,
                                         const char *csv,
                                         const char *description)
{
    write_file(s, "t.csv", csv);
    if (import_from(s, s->csv, NULL, description) != WN_OK)
        fail_msg("%s %s", s->err.text, s->problems.n ? s->problems.at[0] : "");
    return read_task(s, NULL);
}

static void expect_number(const struct wn_benchmark *b,
                          const char *metric,
                          size_t config,
                          size_t seed,
                          size_t fidelity,
                          double wanted)
{
    const struct wn_benchmark_metric *m = wn_benchmark_metric(b, metric);
    double got;

    assert_non_null(m);
    got = wn_benchmark_at(b, m, config, seed, fidelity);
    if (isnan(wanted) ? !isnan(got) : got != wanted)
        fail_msg("%s[%zu][%zu][%zu] is %g, not %g", metric, config, seed, fidelity, got,
                 wanted);
}

static void expect_params(const struct wn_benchmark *b, const char *wanted)
{
    struct wn_buf text = {0};

    wn_json_print(b->params, &text);
    for (size_t i = 0; i < text.n; i++)
        if (text.at[i] == '"')
            text.at[i] = '\'';
    assert_string_equal(wn_buf_text(&text), wanted);
    wn_buf_release(&text);
}

/* --- what comes of a table --- */

static void rows_in_any_order_become_curves(void **state)
{
    struct stage s;
    struct wn_benchmark *b;

    (void)state;
    set_up(&s);
    b = import_table(&s, TABLE, ALL);
    assert_string_equal(b->name, "b");
    assert_string_equal(b->task, "b");
    assert_string_equal(b->license, "CC0-1.0");
    assert_string_equal(b->resource, "epoch");
    assert_int_equal(b->n_configs, 2);
    assert_int_equal(b->n_seeds, 1);
    assert_int_equal(b->n_fidelities, 2);
    expect_number(b, "loss", 0, 0, 1, 2);
    expect_number(b, "loss", 1, 0, 0, 3);
    expect_number(b, "accuracy", 1, 0, 1, 53);
    expect_number(b, "elapsed_time", 1, 0, 0, 1.5);
    assert_int_equal(wn_benchmark_metric(b, "accuracy")->mode, WN_BENCHMARK_MAX);
    assert_string_equal(wn_benchmark_metric(b, "accuracy")->unit, "percent");
    assert_false(b->elapsed->is_synthetic);
    expect_params(b, "[{'name': 'lr', 'type': 'float', 'lower': 0.01, 'upper': 0.1, "
                     "'log': true}, {'name': 'opt', 'type': 'cat', 'choices': ['adam', "
                     "'sgd'], 'stored': 'index'}, {'name': 'width', 'type': 'int', "
                     "'lower': 16, 'upper': 32, 'log': false}]");
    assert_true(b->configs[0] == 0.1 && b->configs[1] == 1 && b->configs[2] == 16);
    wn_benchmark_destroy(b);
    tear_down(&s);
}

/* 0.1, 1e-1 and .10 are one value; seeds are sorted as numbers. */
static void spelling_makes_no_configuration(void **state)
{
    struct stage s;
    struct wn_benchmark *b;

    (void)state;
    set_up(&s);
    b = import_table(&s,
                     HEAD "0.1,sgd,16,10,1,1,50,1\n"
                          " 1e-1 ,sgd,16.0,9,1,2,51,2\n"
                          ".10,sgd,1.6e1,9,2,3,51,2\n"
                          "0.2,adam,17,9,2,3,51,2\n",
                     ALL);
    assert_int_equal(b->n_configs, 2);
    assert_int_equal(b->n_seeds, 2);
    expect_number(b, "loss", 0, 0, 0, 2);
    expect_number(b, "loss", 0, 1, 0, 1);
    expect_number(b, "loss", 0, 1, 1, (double)NAN);
    assert_non_null(strstr(wn_buf_text(&s.notes), "b: 4 of 8 cells have a row"));
    wn_benchmark_destroy(b);
    tear_down(&s);
}

static void what_is_no_number_is_missing(void **state)
{
    static const char *const cells[] = {"",    "NaN",  "nan",  "NA",  "null",
                                        "inf", "-inf", "1e39", "None"};

    (void)state;
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
        struct stage s;
        struct wn_benchmark *b;
        char csv[512];

        set_up(&s);
        snprintf(csv, sizeof csv, HEAD "0.1,sgd,16,0,1,%s,50,1\n0.2,adam,17,0,1,1,5,1\n",
                 cells[i]);
        b = import_table(&s, csv, ALL);
        expect_number(b, "loss", 0, 0, 0, (double)NAN);
        expect_number(b, "loss", 1, 0, 0, 1);
        wn_benchmark_destroy(b);
        tear_down(&s);
    }
}

static void types_and_ranges_are_as_said(void **state)
{
    struct stage s;
    struct wn_benchmark *b;

    (void)state;
    set_up(&s);
    b = import_table(
        &s, "a,b,c,d,loss\n0.25,2,8,True,1\n0.5,1,16,False,2\n0.1234567891,2,8,True,3\n",
        "{" TEXTS ", 'metrics': {'loss': 'min'}, 'hyperparameters': {"
        "'a': {'upper': 1}, 'b': {'type': 'float', 'lower': 0, 'upper': 9},"
        "'c': {'type': 'ordinal', 'choices': [4, 8, 16]},"
        "'d': {'type': 'cat', 'choices': [false, true], 'name': 'flag'}}}");
    expect_params(
        b, "[{'name': 'a', 'type': 'float', 'lower': 0.123456, 'upper': 1, "
           "'log': false}, {'name': 'b', 'type': 'float', 'lower': 0, 'upper': 9, "
           "'log': false}, {'name': 'c', 'type': 'ordinal', 'choices': [4, 8, 16], "
           "'stored': 'value'}, {'name': 'flag', 'type': 'cat', 'choices': [false, "
           "true], 'stored': 'index'}]");
    assert_true(b->configs[2] == 8 && b->configs[3] == 1 && b->configs[7] == 0);
    /* no fidelity, no seed, no time: one of each */
    assert_int_equal(b->n_fidelities, 1);
    assert_true(b->fidelity[0] == 1);
    assert_int_equal(b->n_seeds, 1);
    assert_null(b->elapsed);
    wn_benchmark_destroy(b);
    tear_down(&s);
}

static void one_value_is_nothing_to_tune(void **state)
{
    struct stage s;
    struct wn_benchmark *b;

    (void)state;
    set_up(&s);
    b = import_table(&s, "a,b,loss\n1,x,1\n2,x,2\n",
                     "{" TEXTS ", 'metrics': {'loss': 'min'},"
                     "'hyperparameters': {'a': {}, 'b': {}}}");
    assert_int_equal(b->n_params, 1);
    assert_string_equal(wn_buf_text(&s.notes), "b: left out, it is 'x' everywhere\n");
    wn_benchmark_destroy(b);
    tear_down(&s);
}

static void a_missing_hyperparameter_makes_a_list(void **state)
{
    struct stage s;
    struct wn_benchmark *b;

    (void)state;
    set_up(&s);
    b = import_table(&s, "a,loss\n1,1\n,2\n3,2\n",
                     "{" TEXTS
                     ", 'metrics': {'loss': 'min'}, 'hyperparameters': {'a': {}}}");
    assert_true(wn_benchmark_is_list(b));
    assert_true(isnan(b->configs[1]));
    assert_int_equal(b->n_configs, 3);
    wn_benchmark_destroy(b);
    tear_down(&s);
}

#define TASKS "task,a,epoch,loss\ntwo,1,1,1\none,2,1,2\ntwo,3,2,3\n"
#define OF_TASKS                                                                    \
    "'metrics': {'loss': 'min'}, 'hyperparameters': {'a': {}}, 'fidelity_column': " \
    "'epoch', 'task_column': 'task'"

static void tasks_are_told_apart_by_a_column(void **state)
{
    struct stage s;
    struct wn_benchmark *b;

    (void)state;
    set_up(&s);
    b = import_table(&s, TASKS, "{" TEXTS ", " OF_TASKS ", 'default_task': 'one'}");
    assert_string_equal(b->task, "one");
    assert_int_equal(b->n_tasks, 2);
    assert_int_equal(b->n_configs, 1);
    assert_int_equal(b->n_fidelities, 1);
    wn_benchmark_destroy(b);
    b = read_task(&s, "two");
    assert_int_equal(b->n_configs, 2);
    assert_int_equal(b->n_fidelities, 2);
    expect_number(b, "loss", 1, 0, 1, 3);
    expect_number(b, "loss", 1, 0, 0, (double)NAN);
    wn_benchmark_destroy(b);
    tear_down(&s);
}

static void tasks_are_added_to_a_file(void **state)
{
    struct stage s;
    struct wn_benchmark *b;

    (void)state;
    set_up(&s);
    wn_benchmark_destroy(import_table(&s, TASKS, "{" TEXTS ", " OF_TASKS "}"));
    write_file(&s, "t.csv", "loss,b,a\n7,0,2.0\n8,0,3\n");
    assert_int_equal(import_from(&s, s.csv, s.to,
                                 "{'metrics': {'loss': 'min'}, 'task': 'three', "
                                 "'ignore': ['b']}"),
                     WN_OK);
    b = read_task(&s, NULL);
    assert_string_equal(b->task, "two");
    assert_int_equal(b->n_tasks, 3);
    assert_string_equal(b->license, "CC0-1.0");
    wn_benchmark_destroy(b);
    b = read_task(&s, "three");
    expect_number(b, "loss", 1, 0, 0, 8);
    assert_true(b->configs[0] == 2);
    wn_benchmark_destroy(b);
    tear_down(&s);
}

/* --- what is refused --- */

static void expect_text(struct stage *s,
                        const char *csv,
                        const char *description,
                        enum wn_status status,
                        const char *wanted)
{
    enum wn_status rc;
    const char *said;

    write_file(s, "t.csv", csv);
    rc = import_from(s, s->csv, NULL, description);
    said = s->problems.n ? s->problems.at[0] : s->err.text;
    if (rc != status || !strstr(said, wanted))
        fail_msg("status %d, said '%s', wanted '%s'", rc, said, wanted);
    assert_false(wn_file_exists(s->to));
}

static void cells_are_refused_with_their_line(void **state)
{
    static const struct {
        const char *rows, *wanted;
    } cases[] = {
        {"", "holds no row"},
        {"0.1,sgd,16,0,1,1,50\n", "line 6: 7 fields, but the first line names 8"},
        {"0.1,sgd,16,0,x,1,50,1\n", "line 6: epoch is 'x', which must be a number"},
        {"0.1,sgd,16,0,0,1,50,1\n", "line 6: epoch is '0', which must be above 0"},
        {"0.1,sgd,16,0,,1,50,1\n", "line 6: epoch is '', which must be a number"},
        {"0.1,sgd,16,1,1,bad,50,1\n",
         "line 6: loss is 'bad', which must be a number, or"},
        {"0.1,sgd,16,1,1,0x10,50,1\n", "line 6: loss is '0x10', which"},
        {"0.1,sgd,16,1,1,1,50,-1\n", "line 6: time is '-1', which must be seconds"},
        {"0.1,sgd,16,0,1,1,50,1\n",
         "line 6 has the task, configuration, seed and fidelity of line 2"},
        {"0.1,sgd,16,0,3,1,50,1.5\n",
         "line 6: 1.5 seconds at 3, but 2 already at 2 in line 3"},
        {"0.1,\"sgd,16\n", "line 7: the file ends inside quotes"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stage s;
        char csv[1024];

        set_up(&s);
        snprintf(csv, sizeof csv, "%s%s", *cases[i].rows ? TABLE : HEAD, cases[i].rows);
        expect_text(&s, csv, ALL, WN_EINVAL, cases[i].wanted);
        tear_down(&s);
    }
}

static void values_outside_what_is_said_are_refused(void **state)
{
    static const struct {
        const char *param, *wanted;
    } cases[] = {
        {"'lr': {'upper': 0.05}", "line 2: lr is '0.1', which must be from 0.01 to 0.05"},
        {"'lr': {'type': 'int'}", "line 2: lr is '0.1', which must be a whole number"},
        {"'lr': {'type': 'ordinal', 'choices': [0.1, 0.2]}",
         "line 4: lr is '0.01', which must be one of its choices"},
        {"'opt': {'type': 'float'}", "line 2: opt is 'sgd', which must be a number"},
        {"'opt': {'type': 'ordinal'}",
         "line 2: opt is 'sgd', which must be a number: it"},
        {"'opt': {'type': 'cat', 'choices': ['sgd', 'lion']}",
         "line 4: opt is 'adam', which must be one of its choices"},
        {"'lr': {'lower': 0, 'log': true}",
         "lower must be above 0 on a log scale, not 0"},
        {"'lr': {'lower': 1, 'upper': 1}", "lower must be below upper, not 1 and 1"},
        {"'lr': {'lowest': 1}", "hyperparameters.lr.lowest: unknown key"},
        {"'lr': {'choices': [1]}", "choices need the type ordinal or cat"},
        {"'lr': {'type': 'ordinal', 'choices': []}",
         "choices must be a list of at least"},
        {"'lr': {'type': 'ordinal', 'choices': ['x']}", "the choices must be numbers"},
        {"'lr': {'type': 'cat', 'log': true}", "cat has choices, and no lower, upper or"},
        {"'opt': {'log': true}", "opt: log needs"},
        {"'lr': 3", "hyperparameters.lr: must be an object by column, not a number"},
        {"'lr': {'name': 'the rate'}", "'the rate' is no plain name"},
        {"'lr': {'name': 'opt'}", "another column has the name opt too"},
        {"'rate': {}", "hyperparameters: there is no column 'rate'"},
        {"'epoch': {}", "hyperparameters: the column 'epoch' has another role already"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stage s;
        char description[1024];
        bool has_lr = strstr(cases[i].param, "'lr'") != NULL;
        bool has_opt = strncmp(cases[i].param, "'opt'", 5) == 0;

        set_up(&s);
        snprintf(description, sizeof description,
                 "{" COLUMNS ", " TEXTS ", 'hyperparameters': {%s%s%s, 'width': {}}}",
                 cases[i].param, has_lr ? "" : ", 'lr': {}",
                 has_opt ? "" : ", 'opt': {}");
        expect_text(&s, TABLE, description, WN_EINVAL, cases[i].wanted);
        tear_down(&s);
    }
}

static void descriptions_are_refused_by_key(void **state)
{
    static const struct {
        const char *csv, *description, *wanted;
    } cases[] = {
        {TABLE, "{" COLUMNS ", " PARAMS "}", "license: this key is required"},
        {TABLE, "{" COLUMNS ", " PARAMS ", 'license': 'x'}", "provenance: this key is"},
        {TABLE, "{" TEXTS ", " PARAMS ", 'metrics': {'loss': 'aux'}}",
         "metrics: no column is said to be a metric with mode min or max"},
        {TABLE, "{" TEXTS ", " PARAMS ", 'metrics': {'loss': 'least'}}",
         "metrics.loss.mode: must be"},
        {TABLE, "{" TEXTS ", " PARAMS ", 'metrics': ['loss']}",
         "metrics: must be an object by column, not a list"},
        {TABLE, "{" TEXTS ", " PARAMS ", 'metrics': {'los': 'min'}}",
         "metrics: there is no column 'los'; did you mean 'loss'?"},
        {TABLE, "{" TEXTS ", " PARAMS ", 'metrics': {'loss': 'min'}}",
         "columns: no role is said of seed, epoch, acc, time: name each"},
        {TABLE, "{" COLUMNS ", " TEXTS ", " PARAMS ", 'task': 'a/b'}",
         "task is 'a/b', which must be a name"},
        {TABLE, "{" COLUMNS ", " TEXTS ", " PARAMS ", 'default_task': 'x'}",
         "default_task: there is no task 'x'"},
        {TABLE, "{" COLUMNS ", " TEXTS ", " PARAMS ", 'seeds': 1}", "seeds: unknown key"},
        {"a,a,loss\n1,2,3\n", "{" TEXTS ", 'metrics': {'loss': 'min'}}",
         "columns: columns 1 and 2 have the same name, 'a'"},
        {"", ALL, "is empty"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stage s;

        set_up(&s);
        expect_text(&s, cases[i].csv, cases[i].description, WN_EINVAL, cases[i].wanted);
        tear_down(&s);
    }
}

static void a_file_is_added_to_only_by_what_fits(void **state)
{
    static const struct {
        const char *csv, *description, *wanted;
    } cases[] = {
        {"a,loss\n2,1\n", "{'metrics': {'loss': 'min'}, 'task': 'one'}",
         "has a task one already"},
        {"a,loss\n4,1\n", "{'metrics': {'loss': 'min'}, 'task': 'x'}",
         "line 2: a is '4', which must be from 1 to 3"},
        {"loss,b\n4,1\n",
         "{'metrics': {'loss': 'min'}, 'task': 'x', 'hyperparameters': {'b': {}}}",
         "no column is a, which the file has"},
        {"loss,b,a\n4,1,2\n5,2,2\n",
         "{'metrics': {'loss': 'min'}, 'task': 'x', 'hyperparameters': {'b': {}}}",
         "b is none of the file"},
        {"a,loss\n2,1\n", "{'metrics': {'loss': 'min'}, 'task': 'x', 'license': 'y'}",
         "license: stays as it is in the file"},
        {"a,loss\n2,1\n",
         "{'metrics': {'loss': 'min'}, 'task': 'x', 'hyperparameters': {'a': {'lower': "
         "0}}}",
         "a is as in the file"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stage s;
        const char *said;
        enum wn_status rc;

        set_up(&s);
        wn_benchmark_destroy(import_table(&s, TASKS, "{" TEXTS ", " OF_TASKS "}"));
        write_file(&s, "t.csv", cases[i].csv);
        rc = import_from(&s, s.csv, s.to, cases[i].description);
        said = s.problems.n ? s.problems.at[0] : s.err.text;
        if (rc != WN_EINVAL || !strstr(said, cases[i].wanted))
            fail_msg("status %d, said '%s', wanted '%s'", rc, said, cases[i].wanted);
        tear_down(&s);
    }
}

static void too_sparse_a_table_is_refused(void **state)
{
    struct stage s;
    struct wn_buf csv = {0};

    (void)state;
    set_up(&s);
    wn_buf_adds(&csv, "a,seed,epoch,loss\n");
    for (int i = 1; i <= 40; i++)
        wn_buf_addf(&csv, "%d,%d,%d,1\n", i, i, i);
    expect_text(&s, wn_buf_text(&csv),
                "{" TEXTS ", 'metrics': {'loss': 'min'}, 'hyperparameters': {'a': {}}, "
                "'seed_column': 'seed', 'fidelity_column': 'epoch'}",
                WN_EINVAL, "40 rows, but 40 configurations x 40 seeds x 40 fidelities");
    wn_buf_release(&csv);
    tear_down(&s);
}

/* --- Syne Tune's layout --- */

#define DOMAINS                                                                         \
    "{\"lr\": {\"domain_cls\": \"Float\", \"domain_kwargs\": {\"lower\": 0.001,"        \
    " \"upper\": 1.0}, \"sampler_cls\": \"LogUniform\", \"sampler_kwargs\": {\"base\":" \
    " 10}}, \"n\": {\"domain_cls\": \"Integer\", \"domain_kwargs\": {\"lower\": 1,"     \
    " \"upper\": 8}, \"sampler_cls\": \"Uniform\", \"sampler_kwargs\": {}},"            \
    " \"act\": {\"domain_cls\": \"Categorical\", \"domain_kwargs\": {\"categories\":"   \
    " [\"relu\", \"tanh\"]}}, \"batch\": {\"domain_cls\": \"FiniteRange\","             \
    " \"domain_kwargs\": {\"lower\": 8, \"upper\": 64, \"size\": 4, \"log_scale\":"     \
    " true, \"cast_int\": true}}, \"epochs\": 52}"

static void set_up_folder(struct stage *s)
{
    set_up(s);
    write_file(s, "configspace.json", DOMAINS);
    write_file(s, "fidelityspace.json",
               "{\"epoch\": {\"domain_cls\": \"Integer\", \"domain_kwargs\": {\"lower\": "
               "1, \"upper\": 2}}}");
    write_file(s, "metadata.json",
               "{\"objectives_names\": [\"metric_loss\", \"metric_acc\", "
               "\"metric_elapsed_time\"], \"seed_col\": \"seed\", \"task_names\": "
               "[\"x\"]}");
    write_file(s, "data.csv",
               ",lr,n,act,batch,epochs,epoch,seed,metric_loss,metric_acc,"
               "metric_elapsed_time,task\n"
               "0,0.1,2,relu,16,52,1,0,1.5,50,1,x\n"
               "1,0.1,2,relu,16,52,2,0,1.25,51,2,x\n"
               "2,0.001,8,tanh,64,52,1,0,3,40,1,y\n");
}

static void a_syne_tune_folder_describes_itself(void **state)
{
    struct stage s;
    struct wn_benchmark *b;

    (void)state;
    set_up_folder(&s);
    if (import_from(&s, s.dir, NULL, "{" TEXTS ", 'metrics': {'metric_loss': 'min'}}") !=
        WN_OK)
        fail_msg("%s %s", s.err.text, s.problems.n ? s.problems.at[0] : "");
    b = read_task(&s, "x");
    assert_int_equal(b->n_tasks, 2);
    assert_int_equal(b->n_configs, 1);
    assert_int_equal(b->n_fidelities, 2);
    expect_number(b, "metric_loss", 0, 0, 1, 1.25);
    expect_number(b, "elapsed_time", 0, 0, 1, 2);
    assert_int_equal(wn_benchmark_metric(b, "metric_acc")->mode, WN_BENCHMARK_AUX);
    expect_params(b,
                  "[{'name': 'lr', 'type': 'float', 'lower': 0.001, 'upper': 1, 'log': "
                  "true}, {'name': 'n', 'type': 'int', 'lower': 1, 'upper': 8, 'log': "
                  "false}, {'name': 'act', 'type': 'cat', 'choices': ['relu', 'tanh'], "
                  "'stored': 'index'}, {'name': 'batch', 'type': 'ordinal', 'choices': "
                  "[8, 16, 32, 64], 'stored': 'value'}]");
    wn_benchmark_destroy(b);
    tear_down(&s);
}

static void a_syne_tune_folder_is_refused_by_file(void **state)
{
    static const struct {
        const char *file, *text, *wanted;
    } cases[] = {
        {"configspace.json", "[]", "configspace.json must be an object, not a list"},
        {"configspace.json", "{", "configspace.json: line 1"},
        {"configspace.json", "{\"lr\": {\"domain_cls\": \"Function\"}}",
         "configspace.json: the domain of lr is 'Function'"},
        {"configspace.json",
         "{\"lr\": {\"domain_cls\": \"FiniteRange\", \"domain_kwargs\": {\"size\": "
         "1e9}}}",
         "configspace.json: the domain_kwargs of lr do not describe a FiniteRange"},
        {"fidelityspace.json", "{\"epoch\": {}, \"size\": {}}",
         "fidelityspace.json has 2 fidelities"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stage s;

        set_up_folder(&s);
        write_file(&s, cases[i].file, cases[i].text);
        assert_int_equal(import_from(&s, s.dir, NULL,
                                     "{" TEXTS ", 'metrics': {'metric_loss': 'min'}}"),
                         WN_EINVAL);
        if (!strstr(s.err.text, cases[i].wanted))
            fail_msg("said '%s', wanted '%s'", s.err.text, cases[i].wanted);
        tear_down(&s);
    }
}

/* --- zip --- */

static void write_zip(const char *path,
                      size_t n,
                      const char *const *names,
                      const char *text)
{
    int code = 0;
    zip_t *zip = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, &code);

    assert_non_null(zip);
    for (size_t i = 0; i < n; i++) {
        zip_source_t *source = zip_source_buffer(zip, text, strlen(text), 0);

        assert_non_null(source);
        assert_true(zip_file_add(zip, names[i], source, 0) >= 0);
    }
    assert_int_equal(zip_close(zip), 0);
}

static void a_table_may_be_zipped(void **state)
{
    static const char *const names[] = {"readme.txt", "t.csv", "u.csv"};
    struct stage s;
    struct wn_benchmark *b;
    struct wn_error err = {0};
    char path[160], *bytes = NULL;
    size_t n = 0;

    (void)state;
    set_up(&s);
    snprintf(path, sizeof path, "%s/t.zip", s.dir);
    write_zip(path, 3, names, TABLE);
    assert_int_equal(import_from(&s, path, NULL, ALL), WN_EINVAL);
    assert_non_null(strstr(s.err.text, "the archive must hold one .csv file, not 2"));
    write_zip(path, 2, names, TABLE);
    assert_int_equal(import_from(&s, path, NULL, ALL), WN_OK);
    b = read_task(&s, NULL);
    expect_number(b, "loss", 1, 0, 1, 4);
    wn_benchmark_destroy(b);
    assert_int_equal(unlink(s.to), 0);
    /* no byte that is wrong makes another table of it */
    assert_int_equal(wn_file_read(path, 1 << 20, &bytes, &n, &err), WN_OK);
    for (size_t at = 0; at < n; at++) {
        bytes[at] = (char)(bytes[at] ^ 0x10);
        assert_int_equal(wn_file_replace(path, bytes, n, &err), WN_OK);
        if (import_from(&s, path, NULL, ALL) == WN_OK) { /* a date, a comment */
            b = read_task(&s, NULL);
            expect_number(b, "loss", 1, 0, 1, 4);
            wn_benchmark_destroy(b);
            assert_int_equal(unlink(s.to), 0);
        }
        bytes[at] = (char)(bytes[at] ^ 0x10);
    }
    wn_free(bytes);
    tear_down(&s);
}

static void survives_the_failure_of_any_allocation(void **state)
{
    bool is_through = false;
    struct stage s;

    (void)state;
    set_up_folder(&s);
    for (uint64_t n = 1; !is_through; n++) {
        struct wn_json *json =
            json_of("{" TEXTS ", 'metrics': {'metric_loss': 'min'}, 'url': 'x'}");
        struct wn_import import = {.source = s.dir, .description = json, .to = s.to};
        struct wn_problems problems = {0};
        struct wn_buf notes = {0};
        struct wn_error err = {0};
        enum wn_status rc;

        wn_mem_fail_after(n);
        rc = wn_benchmark_import(&import, &problems, &notes, &err);
        wn_mem_fail_after(0);
        is_through = rc == WN_OK && !notes.failed;
        if (rc != WN_OK && rc != WN_ENOMEM && !problems.failed)
            fail_msg("allocation %llu: %d, %s", (unsigned long long)n, rc, err.text);
        wn_buf_release(&notes);
        wn_problems_release(&problems);
        wn_json_destroy(json);
    }
    tear_down(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_in_any_order_become_curves),
        cmocka_unit_test(spelling_makes_no_configuration),
        cmocka_unit_test(what_is_no_number_is_missing),
        cmocka_unit_test(types_and_ranges_are_as_said),
        cmocka_unit_test(one_value_is_nothing_to_tune),
        cmocka_unit_test(a_missing_hyperparameter_makes_a_list),
        cmocka_unit_test(tasks_are_told_apart_by_a_column),
        cmocka_unit_test(tasks_are_added_to_a_file),
        cmocka_unit_test(cells_are_refused_with_their_line),
        cmocka_unit_test(values_outside_what_is_said_are_refused),
        cmocka_unit_test(descriptions_are_refused_by_key),
        cmocka_unit_test(a_file_is_added_to_only_by_what_fits),
        cmocka_unit_test(too_sparse_a_table_is_refused),
        cmocka_unit_test(a_syne_tune_folder_describes_itself),
        cmocka_unit_test(a_syne_tune_folder_is_refused_by_file),
        cmocka_unit_test(a_table_may_be_zipped),
        cmocka_unit_test(survives_the_failure_of_any_allocation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

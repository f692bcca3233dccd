/* Benchmark files: written, read back, and refused with the place when they are wrong. */
#include "test_space.h"

#include <hdf5.h>

#include <unistd.h>

#include "base/file.h"
#include "results/benchmark.h"

enum { N_CONFIGS = 6, N_SEEDS = 2, N_FIDELITIES = 3, N_PARAMS = 4 };

#define PARAMS                                                                          \
    "[{'name': 'lr', 'type': 'float', 'lower': 0.0001, 'upper': 1, 'log': true},"       \
    " {'name': 'n', 'type': 'int', 'lower': 1, 'upper': 8, 'log': false},"              \
    " {'name': 'size', 'type': 'ordinal', 'choices': [16, 32, 64], 'stored': 'value'}," \
    " {'name': 'act', 'type': 'cat', 'choices': ['relu', 'tanh'], 'stored': 'index'}]"

/* A benchmark that a test may spoil before it is written. */
struct draft {
    char dir[64], path[128];
    double configs[N_CONFIGS * N_PARAMS], fidelity[N_FIDELITIES];
    float loss[N_CONFIGS * N_SEEDS * N_FIDELITIES];
    float elapsed[N_CONFIGS * N_SEEDS * N_FIDELITIES];
    struct wn_benchmark_metric metrics[2];
    struct wn_json *params;
    struct wn_benchmark head;
};

static void set_up(struct draft *d, const char *params)
{
    memset(d, 0, sizeof *d);
    strcpy(d->dir, "/tmp/winnow-benchmark-XXXXXX");
    assert_non_null(mkdtemp(d->dir));
    snprintf(d->path, sizeof d->path, "%s/b.h5", d->dir);
    for (size_t i = 0; i < N_CONFIGS; i++) {
        d->configs[i * N_PARAMS] = (double)(float)(0.0001 * pow(6, (double)i));
        d->configs[i * N_PARAMS + 1] = (double)(i + 1);
        d->configs[i * N_PARAMS + 2] = (double)(16 << i % 3);
        d->configs[i * N_PARAMS + 3] = (double)(i % 2);
        for (size_t k = 0; k < (size_t)N_SEEDS * N_FIDELITIES; k++) {
            d->loss[i * N_SEEDS * N_FIDELITIES + k] = (float)(100 * i + k);
            d->elapsed[i * N_SEEDS * N_FIDELITIES + k] = (float)(1 + k % N_FIDELITIES);
        }
    }
    for (size_t k = 0; k < N_FIDELITIES; k++)
        d->fidelity[k] = (double)(3 * k + 1);
    d->metrics[0] = (struct wn_benchmark_metric){
        .name = "loss", .unit = "nats", .mode = WN_BENCHMARK_MIN, .at = d->loss};
    d->metrics[1] = (struct wn_benchmark_metric){.name = "elapsed_time",
                                                 .unit = "s",
                                                 .mode = WN_BENCHMARK_COST,
                                                 .is_synthetic = true,
                                                 .at = d->elapsed};
    d->params = json_of(params);
    d->head = (struct wn_benchmark){.name = "toy",
                                    .title = "A toy",
                                    .kind = "tabular",
                                    .license = "none",
                                    .provenance = "made up",
                                    .url = "",
                                    .citation = "",
                                    .task = "easy",
                                    .params = d->params,
                                    .n_params = N_PARAMS,
                                    .configs = d->configs,
                                    .n_configs = N_CONFIGS,
                                    .n_seeds = N_SEEDS,
                                    .n_fidelities = N_FIDELITIES,
                                    .fidelity = d->fidelity,
                                    .resource = "epoch",
                                    .resource_unit = "passes",
                                    .metrics = d->metrics,
                                    .n_metrics = 2};
}

static void tear_down(struct draft *d)
{
    struct wn_error err;

    wn_json_destroy(d->params);
    assert_int_equal(wn_dir_remove(d->dir, &err), WN_OK);
}

static void write_draft(struct draft *d)
{
    const struct wn_benchmark *tasks[] = {&d->head};
    struct wn_error err = {0};

    if (wn_benchmark_write(tasks, 1, d->path, &err) != WN_OK)
        fail_msg("%s", err.text);
}

static struct wn_benchmark *read_draft(struct draft *d)
{
    struct wn_benchmark *read = NULL;
    struct wn_error err = {0};

    write_draft(d);
    if (wn_benchmark_open(d->path, NULL, &read, &err) != WN_OK)
        fail_msg("%s", err.text);
    return read;
}

static void what_is_written_is_read(void **state)
{
    struct draft d;
    struct wn_benchmark *b;

    (void)state;
    set_up(&d, PARAMS);
    b = read_draft(&d);
    assert_string_equal(b->name, "toy");
    assert_string_equal(b->license, "none");
    assert_string_equal(b->task, "easy");
    assert_int_equal(b->n_tasks, 1);
    assert_string_equal(b->resource, "epoch");
    assert_int_equal(b->n_configs, N_CONFIGS);
    assert_int_equal(b->n_seeds, N_SEEDS);
    assert_memory_equal(b->fidelity, d.fidelity, sizeof d.fidelity);
    assert_memory_equal(b->configs, d.configs, sizeof d.configs);
    assert_int_equal(b->n_metrics, 2);
    assert_memory_equal(wn_benchmark_metric(b, "loss")->at, d.loss, sizeof d.loss);
    assert_memory_equal(b->elapsed->at, d.elapsed, sizeof d.elapsed);
    assert_true(b->elapsed->is_synthetic);
    assert_false(wn_benchmark_metric(b, "loss")->is_synthetic);
    assert_null(wn_benchmark_metric(b, "accuracy"));
    assert_true(wn_benchmark_at(b, wn_benchmark_metric(b, "loss"), 2, 1, 2) == 205);
    wn_benchmark_destroy(b);
    tear_down(&d);
}

static void a_space_comes_with_it(void **state)
{
    struct draft d;
    struct wn_benchmark *b;
    struct wn_json *json = NULL;
    struct wn_buf text = {0};
    struct wn_error err;

    (void)state;
    set_up(&d, PARAMS);
    b = read_draft(&d);
    assert_int_equal(wn_benchmark_space(b, &json, &err), WN_OK);
    wn_json_print(json, &text);
    assert_string_equal(
        wn_buf_text(&text),
        "{\"lr\": {\"type\": \"float\", \"low\": 0.0001, \"high\": 1, \"scale\": "
        "\"log\"}, "
        "\"n\": {\"type\": \"int\", \"low\": 1, \"high\": 8}, "
        "\"size\": {\"type\": \"ordinal\", \"values\": [16, 32, 64], "
        "\"encoding\": \"equal\"}, "
        "\"act\": {\"type\": \"categorical\", \"values\": [\"relu\", \"tanh\"]}}");
    wn_json_destroy(json);
    wn_buf_clear(&text);
    json = wn_benchmark_config(b, 1);
    wn_json_print(json, &text);
    /* 0.0006 stands there with 32 bits */
    assert_string_equal(wn_buf_text(&text),
                        "{\"lr\": 0.0006, \"n\": 2, \"size\": 32, \"act\": \"tanh\"}");
    wn_json_destroy(json);
    wn_buf_release(&text);
    wn_benchmark_destroy(b);
    tear_down(&d);
}

static size_t find(const struct wn_benchmark_rows *rows,
                   const struct wn_space *space,
                   const char *config,
                   bool *is_exact)
{
    struct wn_json *json = json_of(config);
    union wn_cell cells[MAX_CELLS];
    struct wn_problems problems = {0};
    struct wn_error err;

    assert_int_equal(wn_config_complete(space, json, "c", &problems, cells, &err), WN_OK);
    assert_int_equal(problems.n, 0);
    wn_json_destroy(json);
    return wn_benchmark_rows_find(rows, cells, is_exact);
}

static void a_row_is_found_and_else_the_nearest(void **state)
{
    struct draft d;
    struct wn_benchmark *b;
    struct wn_json *json = NULL;
    struct wn_problems problems = {0};
    struct wn_space *space = NULL;
    struct wn_benchmark_rows *rows = NULL;
    struct wn_error err;
    bool is_exact = false;

    (void)state;
    set_up(&d, PARAMS);
    b = read_draft(&d);
    assert_int_equal(wn_benchmark_space(b, &json, &err), WN_OK);
    assert_int_equal(wn_space_parse(json, NULL, &problems, &space, &err), WN_OK);
    assert_int_equal(wn_benchmark_rows_create(b, space, &rows, &err), WN_OK);
    assert_int_equal(wn_benchmark_rows_n(rows), N_CONFIGS);
    assert_false(wn_benchmark_rows_are_all(rows));
    for (size_t i = 0; i < N_CONFIGS; i++) {
        struct wn_json *config = wn_benchmark_config(b, i);
        union wn_cell cells[MAX_CELLS];

        assert_int_equal(wn_config_complete(space, config, "c", &problems, cells, &err),
                         WN_OK);
        assert_int_equal(wn_benchmark_rows_find(rows, cells, &is_exact), i);
        assert_true(is_exact);
        wn_json_destroy(config);
    }
    assert_int_equal(
        find(rows, space, "{'lr': 0.0007, 'n': 2, 'size': 32, 'act': 'tanh'}", &is_exact),
        1);
    assert_false(is_exact);
    wn_benchmark_rows_destroy(rows);
    wn_space_destroy(space);
    wn_json_destroy(json);
    wn_benchmark_destroy(b);
    tear_down(&d);
}

/* Of a configuration that was trained twice the first row stands for both. */
static void the_first_of_equal_rows_is_taken(void **state)
{
    struct draft d;
    struct wn_benchmark *b;
    struct wn_benchmark_rows *rows = NULL;
    struct wn_space *space;
    struct wn_error err;
    bool is_exact = false;

    (void)state;
    set_up(&d, PARAMS);
    memcpy(d.configs + 3 * N_PARAMS, d.configs + N_PARAMS, N_PARAMS * sizeof *d.configs);
    b = read_draft(&d);
    space = space_of("{'lr': {'type': 'float', 'low': 0.0001, 'high': 1, 'scale': 'log'},"
                     " 'n': {'type': 'int', 'low': 1, 'high': 8},"
                     " 'size': {'type': 'ordinal', 'values': [16, 32, 64]},"
                     " 'act': {'type': 'categorical', 'values': ['relu', 'tanh']}}");
    assert_int_equal(wn_benchmark_rows_create(b, space, &rows, &err), WN_OK);
    for (size_t i = 0; i < N_CONFIGS; i++) {
        struct wn_json *config = wn_benchmark_config(b, i);
        struct wn_buf text = {0};

        wn_json_print(config, &text);
        assert_int_equal(find(rows, space, wn_buf_text(&text), &is_exact),
                         i == 3 ? 1 : i);
        assert_true(is_exact);
        wn_buf_release(&text);
        wn_json_destroy(config);
    }
    wn_benchmark_rows_destroy(rows);
    wn_space_destroy(space);
    wn_benchmark_destroy(b);
    tear_down(&d);
}

/* A space that is narrower has fewer rows; one with something else has none. */
static void rows_are_those_of_the_space(void **state)
{
    struct draft d;
    struct wn_benchmark *b;
    struct wn_benchmark_rows *rows = NULL;
    struct wn_space *space;
    struct wn_error err;

    (void)state;
    set_up(&d, PARAMS);
    b = read_draft(&d);
    space = space_of("{'lr': {'type': 'float', 'low': 0.0001, 'high': 1, 'scale': 'log'},"
                     " 'n': {'type': 'int', 'low': 1, 'high': 8},"
                     " 'size': {'type': 'ordinal', 'values': [16, 32, 64]},"
                     " 'act': 'tanh'}");
    assert_int_equal(wn_benchmark_rows_create(b, space, &rows, &err), WN_OK);
    assert_int_equal(wn_benchmark_rows_n(rows), N_CONFIGS / 2);
    wn_benchmark_rows_destroy(rows);
    wn_space_destroy(space);
    space = space_of("{'depth': {'type': 'int', 'low': 1, 'high': 8}}");
    assert_int_equal(wn_benchmark_rows_create(b, space, &rows, &err), WN_EINVAL);
    assert_string_equal(err.text,
                        "space.depth is no hyperparameter of the benchmark toy");
    wn_space_destroy(space);
    space = space_of("{'lr': 0.5, 'n': {'type': 'int', 'low': 1, 'high': 8}}");
    assert_int_equal(wn_benchmark_rows_create(b, space, &rows, &err), WN_EINVAL);
    assert_non_null(strstr(err.text, "the space has no configuration of the benchmark"));
    wn_space_destroy(space);
    wn_benchmark_destroy(b);
    tear_down(&d);
}

static void every_grid_point_makes_a_complete_grid(void **state)
{
    struct draft d;
    struct wn_benchmark *b;
    struct wn_benchmark_rows *rows = NULL;
    struct wn_space *space;
    struct wn_json *json = NULL;
    struct wn_problems problems = {0};
    struct wn_error err;

    (void)state;
    set_up(&d, "[{'name': 'a', 'type': 'ordinal', 'choices': [1, 2, 3]},"
               " {'name': 'b', 'type': 'cat', 'choices': ['x', 'y']}]");
    d.head.n_params = 2;
    for (size_t i = 0; i < N_CONFIGS; i++) {
        d.configs[2 * i] = (double)(1 + i / 2);
        d.configs[2 * i + 1] = (double)(i % 2);
    }
    b = read_draft(&d);
    assert_int_equal(wn_benchmark_space(b, &json, &err), WN_OK);
    assert_int_equal(wn_space_parse(json, NULL, &problems, &space, &err), WN_OK);
    assert_int_equal(wn_benchmark_rows_create(b, space, &rows, &err), WN_OK);
    assert_true(wn_benchmark_rows_are_all(rows));
    wn_benchmark_rows_destroy(rows);
    wn_space_destroy(space);
    wn_json_destroy(json);
    wn_benchmark_destroy(b);
    tear_down(&d);
}

/* Hyperparameters that some configurations lack make no box: the row is what is tuned. */
static void a_list_is_tuned_by_its_rows(void **state)
{
    struct draft d;
    struct wn_benchmark *b;
    struct wn_json *json = NULL;
    struct wn_buf text = {0};
    struct wn_error err;

    (void)state;
    set_up(&d, "[{'name': 'lr', 'type': 'float', 'missing': 'NaN'},"
               " {'name': 'n', 'type': 'int', 'lower': 1, 'upper': 8},"
               " {'name': 'size', 'type': 'ordinal', 'choices': [16, 32, 64]},"
               " {'name': 'act', 'type': 'cat', 'choices': ['relu', 'tanh']}]");
    d.configs[0] = (double)NAN;
    b = read_draft(&d);
    assert_int_equal(wn_benchmark_space(b, &json, &err), WN_OK);
    wn_json_print(json, &text);
    assert_string_equal(wn_buf_text(&text),
                        "{\"row\": {\"type\": \"int\", \"low\": 0, \"high\": 5}}");
    wn_buf_release(&text);
    wn_json_destroy(json);
    wn_benchmark_destroy(b);
    tear_down(&d);
}

static void times_after_the_end_stay_unknown(void **state)
{
    struct draft d;
    struct wn_benchmark *b;

    (void)state;
    set_up(&d, PARAMS);
    d.elapsed[1] = NAN; /* in between */
    d.elapsed[N_FIDELITIES + 2] = NAN;
    b = read_draft(&d);
    assert_true(wn_benchmark_at(b, b->elapsed, 0, 0, 1) == 1);
    assert_true(wn_benchmark_at(b, b->elapsed, 0, 1, 1) == 2);
    assert_true(isnan(wn_benchmark_at(b, b->elapsed, 0, 1, 2)));
    wn_benchmark_destroy(b);
    tear_down(&d);
}

/* What overflowed had diverged; either sign, or "min" would have it as the best of all. */
static void infinity_is_a_training_that_diverged(void **state)
{
    struct draft d;
    struct wn_benchmark *b;

    (void)state;
    set_up(&d, PARAMS);
    d.loss[1] = (float)HUGE_VAL;
    d.loss[4] = -(float)HUGE_VAL;
    b = read_draft(&d);
    assert_true(isnan(wn_benchmark_at(b, wn_benchmark_metric(b, "loss"), 0, 0, 1)));
    assert_true(isnan(wn_benchmark_at(b, wn_benchmark_metric(b, "loss"), 0, 1, 1)));
    assert_true(wn_benchmark_at(b, wn_benchmark_metric(b, "loss"), 0, 1, 2) == 5);
    wn_benchmark_destroy(b);
    tear_down(&d);
}

/* --- what is refused --- */

static void expect_refusal(struct draft *d, enum wn_status status, const char *what)
{
    struct wn_benchmark *read = NULL;
    struct wn_error err = {0};
    enum wn_status rc = wn_benchmark_open(d->path, NULL, &read, &err);

    if (rc != status || !strstr(err.text, what))
        fail_msg("%s: status %d, said '%s', wanted %d, '%s'", d->path, rc, err.text,
                 status, what);
    assert_null(read);
}

static void spoil_fidelity(struct draft *d)
{
    d->fidelity[1] = d->fidelity[0];
}

static void spoil_times(struct draft *d)
{
    d->elapsed[2] = 0.5f;
}

static void spoil_range(struct draft *d)
{
    d->configs[N_PARAMS] = 2;
}

static void spoil_choice(struct draft *d)
{
    d->configs[N_PARAMS + 2] = 17;
}

static void spoil_index(struct draft *d)
{
    d->configs[N_PARAMS + 3] = 2;
}

static void spoil_value(struct draft *d)
{
    d->configs[N_PARAMS + 1] = (double)NAN;
}

static void spoil_integer(struct draft *d)
{
    d->configs[N_PARAMS + 1] = 2.5;
}

static void spoil_long_time(struct draft *d)
{
    d->elapsed[2] = 2e9f;
}

#define OTHERS                                                        \
    "{'name': 'b', 'type': 'float'}, {'name': 'c', 'type': 'float'}," \
    " {'name': 'd', 'type': 'float'}]"

static void contradictions_are_refused_with_the_place(void **state)
{
    static const struct {
        void (*spoil)(struct draft *d);
        const char *params, *what;
    } rows[] = {
        {spoil_fidelity, PARAMS, "fidelity: must hold numbers above 0"},
        {spoil_times, PARAMS,
         "metrics/elapsed_time: row 0, seed 0: 0.5 seconds come after 2"},
        {spoil_range, PARAMS, "configs: row 1: lr is 2, which"},
        {spoil_choice, PARAMS, "configs: row 1: size is 17, which"},
        {spoil_index, PARAMS, "configs: row 1: act is 2, which"},
        {spoil_value, PARAMS, "configs: row 1: n is nan, which"},
        {spoil_integer, PARAMS, "configs: row 1: n is 2.5, which"},
        {spoil_long_time, PARAMS,
         "metrics/elapsed_time: row 0, seed 0: 2e+09 seconds are more than 1e9"},
        {NULL, "[{'name': 'a', 'type': 'float', 'lower': 2, 'upper': 1}, " OTHERS,
         "/hyperparameters: lower of a is 2, above its upper, 1"},
        {NULL,
         "[{'name': 'a', 'type': 'float', 'lower': 0, 'upper': 1, 'log': true}, " OTHERS,
         "/hyperparameters: lower of a is 0, but its scale is logarithmic"},
        {NULL, "{}", "/hyperparameters: the attribute json must be a list"},
        {NULL, "[{'name': 'a', 'type': 'float', 'lower': 0, 'upper': 1}]",
         "4 columns, but /hyperparameters names 1"},
        {NULL,
         "[{'name': 'a', 'type': 'float'}, {'name': 'a', 'type': 'float'},"
         " {'name': 'c', 'type': 'float'}, {'name': 'd', 'type': 'float'}]",
         "/hyperparameters: a stands there twice"},
        {NULL,
         "[{'name': 'a', 'type': 'double'}, {'name': 'b', 'type': 'float'},"
         " {'name': 'c', 'type': 'float'}, {'name': 'd', 'type': 'float'}]",
         "the type of a must be float, int, ordinal or cat, not 'double'"},
        {NULL,
         "[{'name': 'a', 'type': 'cat'}, {'name': 'b', 'type': 'float'},"
         " {'name': 'c', 'type': 'float'}, {'name': 'd', 'type': 'float'}]",
         "/hyperparameters: a must have a list of choices"},
        {NULL,
         "[{'name': '../a', 'type': 'float'}, {'name': 'b', 'type': 'float'},"
         " {'name': 'c', 'type': 'float'}, {'name': 'd', 'type': 'float'}]",
         "/hyperparameters: each must have a plain name"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct draft d;

        set_up(&d, rows[i].params);
        if (rows[i].spoil)
            rows[i].spoil(&d);
        write_draft(&d);
        expect_refusal(&d, WN_ECORRUPT, rows[i].what);
        tear_down(&d);
    }
}

#define LOSS "/tasks/easy/metrics/loss"

/* Another dataset in the place of the metric: of these dimensions, never written, in chunks
 * unless `made` says otherwise. */
static void put_dataset(hid_t file, int rank, const hsize_t *dims, hid_t type, hid_t made)
{
    const hsize_t chunk[3] = {1, 1, 1};
    hid_t space = H5Screate_simple(rank, dims, NULL), dataset;

    assert_true(H5Ldelete(file, LOSS, H5P_DEFAULT) >= 0);
    if (H5Pget_layout(made) == H5D_CHUNKED)
        assert_true(H5Pset_chunk(made, rank, chunk) >= 0);
    dataset = H5Dcreate2(file, LOSS, type, space, H5P_DEFAULT, made, H5P_DEFAULT);
    assert_true(dataset >= 0);
    H5Dclose(dataset);
    H5Sclose(space);
}

static hid_t chunked(void)
{
    const hsize_t chunk[1] = {1};
    hid_t made = H5Pcreate(H5P_DATASET_CREATE);

    assert_true(H5Pset_chunk(made, 1, chunk) >= 0);
    return made;
}

static void claim_much(hid_t file)
{
    const hsize_t dims[3] = {1 << 20, 16, 64};
    hid_t made = chunked();

    put_dataset(file, 3, dims, H5T_NATIVE_FLOAT, made);
    H5Pclose(made);
}

static void claim_too_much(hid_t file)
{
    const hsize_t dims[3] = {1 << 20, 1 << 20, 64};
    hid_t made = chunked();

    put_dataset(file, 3, dims, H5T_NATIVE_FLOAT, made);
    H5Pclose(made);
}

static void hold_nothing(hid_t file)
{
    const hsize_t dims[3] = {N_CONFIGS, 0, N_FIDELITIES};

    put_dataset(file, 3, dims, H5T_NATIVE_FLOAT, H5P_DATASET_CREATE_DEFAULT);
}

static void flatten(hid_t file)
{
    const hsize_t dims[2] = {N_CONFIGS, N_FIDELITIES};

    put_dataset(file, 2, dims, H5T_NATIVE_FLOAT, H5P_DATASET_CREATE_DEFAULT);
}

static void hold_text(hid_t file)
{
    const hsize_t dims[3] = {N_CONFIGS, N_SEEDS, N_FIDELITIES};

    put_dataset(file, 3, dims, H5T_C_S1, H5P_DATASET_CREATE_DEFAULT);
}

static void live_elsewhere(hid_t file)
{
    const hsize_t dims[3] = {N_CONFIGS, N_SEEDS, N_FIDELITIES};
    hid_t made = H5Pcreate(H5P_DATASET_CREATE);

    assert_true(H5Pset_external(made, "/etc/passwd", 0, 1 << 20) >= 0);
    put_dataset(file, 3, dims, H5T_NATIVE_FLOAT, made);
    H5Pclose(made);
}

static void use_a_strange_filter(hid_t file)
{
    const hsize_t dims[3] = {N_CONFIGS, N_SEEDS, N_FIDELITIES};
    hid_t made = chunked();

    assert_true(H5Pset_nbit(made) >= 0);
    put_dataset(file, 3, dims, H5T_NATIVE_FLOAT, made);
    H5Pclose(made);
}

static void link_outside(hid_t file)
{
    assert_true(H5Ldelete(file, LOSS, H5P_DEFAULT) >= 0);
    assert_true(H5Lcreate_external("/tmp/other.h5", "/loss", file, LOSS, H5P_DEFAULT,
                                   H5P_DEFAULT) >= 0);
}

static void lose_a_mode(hid_t file)
{
    assert_true(H5Adelete_by_name(file, LOSS, "mode", H5P_DEFAULT) >= 0);
}

static void lose_a_configuration_s_metric(hid_t file)
{
    assert_true(H5Ldelete(file, "/tasks/easy/metrics", H5P_DEFAULT) >= 0);
}

static void lose_the_default_task(hid_t file)
{
    assert_true(H5Adelete(file, "default_task") >= 0);
}

static void be_of_another_version(hid_t file)
{
    hid_t space = H5Screate(H5S_SCALAR), attribute;

    assert_true(H5Adelete(file, "layout_version") >= 0);
    attribute =
        H5Acreate2(file, "layout_version", H5T_C_S1, space, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Awrite(attribute, H5T_C_S1, "2") >= 0);
    H5Aclose(attribute);
    H5Sclose(space);
}

static void what_no_benchmark_has_is_refused_with_the_place(void **state)
{
    static const struct {
        void (*spoil)(hid_t file);
        enum wn_status status;
        const char *what;
    } rows[] = {
        {claim_much, WN_ECORRUPT,
         LOSS ": claims more numbers than the file has room for"},
        {claim_too_much, WN_ECORRUPT, LOSS ": is too large"},
        {hold_nothing, WN_ECORRUPT, LOSS ": is empty"},
        {flatten, WN_ECORRUPT, LOSS ": must have three dimensions"},
        {hold_text, WN_ECORRUPT, LOSS ": does not hold numbers"},
        {live_elsewhere, WN_ECORRUPT, LOSS ": keeps its numbers in another file"},
        {use_a_strange_filter, WN_ECORRUPT, LOSS ": is packed by a filter other than"},
        {link_outside, WN_ECORRUPT, LOSS ": is missing"},
        {lose_a_mode, WN_ECORRUPT, LOSS ": the attribute mode must be min, max, cost or"},
        {lose_a_configuration_s_metric, WN_ECORRUPT, "/tasks/easy/metrics: is missing"},
        {lose_the_default_task, WN_EINVAL,
         "which task? The file has no attribute default_task; there is easy"},
        {be_of_another_version, WN_EVERSION,
         "layout_version is 2, but this program knows 1"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct draft d;
        hid_t file;

        set_up(&d, PARAMS);
        write_draft(&d);
        file = H5Fopen(d.path, H5F_ACC_RDWR, H5P_DEFAULT);
        assert_true(file >= 0);
        rows[i].spoil(file);
        assert_true(H5Fclose(file) >= 0);
        expect_refusal(&d, rows[i].status, rows[i].what);
        tear_down(&d);
    }
}

static void no_such_file_or_task_is_said(void **state)
{
    struct draft d;
    struct wn_benchmark *read = NULL;
    struct wn_error err = {0};

    (void)state;
    set_up(&d, PARAMS);
    assert_int_equal(wn_benchmark_open(d.path, NULL, &read, &err), WN_EIO);
    assert_int_equal(wn_file_replace(d.path, "", 0, &err), WN_OK);
    expect_refusal(&d, WN_ECORRUPT, "b.h5 is empty");
    write_draft(&d);
    assert_int_equal(wn_benchmark_open(d.path, "hard", &read, &err), WN_EINVAL);
    assert_non_null(strstr(err.text, "there is no task 'hard'; there is easy"));
    tear_down(&d);
}

/* A draft that was written, and its bytes. */
static char *set_up_bytes(struct draft *d, size_t *n)
{
    struct wn_error err = {0};
    char *bytes = NULL;

    set_up(d, PARAMS);
    write_draft(d);
    assert_int_equal(wn_file_read(d->path, 1 << 24, &bytes, n, &err), WN_OK);
    return bytes;
}

/* Any byte that is wrong, and any length that is too short, is found. */
static void damage_is_found(void **state)
{
    struct draft d;
    struct wn_error err = {0};
    size_t n = 0;
    char *bytes = set_up_bytes(&d, &n);

    (void)state;
    assert_true(n > 4096);
    for (size_t at = 0; at + 12 < n; at += 97) {
        bytes[at] = (char)(bytes[at] ^ 0x10);
        assert_int_equal(wn_file_replace(d.path, bytes, n, &err), WN_OK);
        expect_refusal(&d, WN_ECORRUPT, "checksum does not fit");
        bytes[at] = (char)(bytes[at] ^ 0x10);
    }
    for (size_t cut = 13; cut < n; cut += 397) {
        assert_int_equal(wn_file_replace(d.path, bytes, n - cut, &err), WN_OK);
        expect_refusal(&d, WN_ECORRUPT, "damaged, or cut short");
    }
    wn_free(bytes);
    tear_down(&d);
}

/* Without the mark there is no checksum: HDF5 may crash on it, but never here. */
static void damage_without_a_checksum_is_refused_or_harmless(void **state)
{
    struct draft d;
    struct wn_error err = {0};
    size_t n = 0, n_refused = 0, n_read = 0;
    char *bytes = set_up_bytes(&d, &n);

    (void)state;
    n -= 12;
    for (size_t at = 0; at < n; at += 61) {
        struct wn_benchmark *read = NULL;
        char was = bytes[at];
        enum wn_status rc;

        bytes[at] = (char)(was ^ 0xff);
        assert_int_equal(wn_file_replace(d.path, bytes, n, &err), WN_OK);
        rc = wn_benchmark_open(d.path, NULL, &read, &err);
        bytes[at] = was;
        assert_true(rc == WN_OK || rc == WN_ECORRUPT || rc == WN_EVERSION);
        n_refused += rc != WN_OK;
        n_read += rc == WN_OK;
        wn_benchmark_destroy(read);
    }
    assert_true(n_refused > 20 && n_read > 20);
    wn_free(bytes);
    tear_down(&d);
}

/* Files on which HDF5 1.10.8 crashed when they were found. */
static void files_that_crash_hdf5_are_refused(void **state)
{
    static const char *const names[] = {"crash-global-heap", "crash-metadata",
                                        "crash-contiguous"};

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct wn_benchmark *read = NULL;
        struct wn_error err = {0};
        char path[512];

        snprintf(path, sizeof path, "%s/tests/fuzz/corpus/benchmark/%s", WN_SOURCE_DIR,
                 names[i]);
        assert_int_equal(wn_benchmark_open(path, NULL, &read, &err), WN_ECORRUPT);
        assert_non_null(strstr(err.text, names[i]));
    }
}

/* What other programs write: no mark, links, texts of fixed length, 32-bit numbers. */
static void files_of_others_are_read(void **state)
{
    static const char *const names[] = {"contiguous", "chunked", "latest", "fixed-texts"};

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct wn_benchmark *read = NULL;
        struct wn_error err = {0};
        char path[512];

        snprintf(path, sizeof path, "%s/tests/fuzz/corpus/benchmark/%s", WN_SOURCE_DIR,
                 names[i]);
        if (wn_benchmark_open(path, "b", &read, &err) != WN_OK)
            fail_msg("%s", err.text);
        assert_string_equal(read->license, "CC0-1.0");
        assert_string_equal(read->resource, "epoch");
        assert_int_equal(read->n_configs, 3);
        assert_int_equal(read->n_seeds, 2);
        assert_true(read->fidelity[2] == 4);
        assert_true(wn_benchmark_at(read, wn_benchmark_metric(read, "loss"), 2, 1, 2) ==
                    17);
        assert_true(read->elapsed->is_synthetic);
        wn_benchmark_destroy(read);
    }
}

static void fail_each_allocation(const char *path)
{
    bool is_through = false;

    for (uint64_t n = 1; !is_through; n++) {
        struct wn_benchmark *read = NULL;
        struct wn_error err = {0};
        enum wn_status rc;

        wn_mem_fail_after(n);
        rc = wn_benchmark_open(path, NULL, &read, &err);
        wn_mem_fail_after(0);
        is_through = rc == WN_OK;
        if (!is_through && rc != WN_ENOMEM)
            fail_msg("allocation %llu: status %d, %s", (unsigned long long)n, rc,
                     err.text);
        wn_benchmark_destroy(read);
        assert_true(n < 10000);
    }
}

/* With the mark, and without it: read here, and by a child. */
static void survives_the_failure_of_any_allocation(void **state)
{
    struct draft d;
    struct wn_error err = {0};
    size_t n = 0;
    char *bytes = set_up_bytes(&d, &n);

    (void)state;
    fail_each_allocation(d.path);
    assert_int_equal(wn_file_replace(d.path, bytes, n - 12, &err), WN_OK);
    fail_each_allocation(d.path);
    wn_free(bytes);
    tear_down(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(a_space_comes_with_it),
        cmocka_unit_test(a_row_is_found_and_else_the_nearest),
        cmocka_unit_test(the_first_of_equal_rows_is_taken),
        cmocka_unit_test(rows_are_those_of_the_space),
        cmocka_unit_test(every_grid_point_makes_a_complete_grid),
        cmocka_unit_test(a_list_is_tuned_by_its_rows),
        cmocka_unit_test(times_after_the_end_stay_unknown),
        cmocka_unit_test(infinity_is_a_training_that_diverged),
        cmocka_unit_test(contradictions_are_refused_with_the_place),
        cmocka_unit_test(what_no_benchmark_has_is_refused_with_the_place),
        cmocka_unit_test(no_such_file_or_task_is_said),
        cmocka_unit_test(damage_is_found),
        cmocka_unit_test(damage_without_a_checksum_is_refused_or_harmless),
        cmocka_unit_test(files_that_crash_hdf5_are_refused),
        cmocka_unit_test(files_of_others_are_read),
        cmocka_unit_test(survives_the_failure_of_any_allocation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

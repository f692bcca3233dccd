/* benchmark_write.c - a benchmark file from tasks in memory; see FORMAT.md. Built as
 * results.h5 is (image_internal.h), and sealed (seal_internal.h). */
#include "results/image_internal.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "results/benchmark_internal.h"
#include "results/seal_internal.h"

enum { NAME_ROOM = 512, DEFLATE = 6, CHUNK_MOST = 1 << 18 };

/* Chunks of whole rows, so that one configuration is read in one piece. */
static hid_t make_layout(int rank, const hsize_t *dims)
{
    hid_t layout = H5Pcreate(H5P_DATASET_CREATE);
    hsize_t chunk[3], row = 1;

    for (int i = 1; i < rank; i++)
        row *= chunk[i] = dims[i];
    chunk[0] = row < CHUNK_MOST ? CHUNK_MOST / row : 1;
    if (chunk[0] > dims[0])
        chunk[0] = dims[0];
    if (layout >= 0 && H5Pset_chunk(layout, rank, chunk) >= 0 &&
        H5Pset_shuffle(layout) >= 0 && H5Pset_deflate(layout, DEFLATE) >= 0)
        return layout;
    if (layout >= 0)
        H5Pclose(layout);
    return -1;
}

/* A dataset with its numbers; *out is open and the caller's. */
static enum wn_status put_numbers(const struct wn_image *image,
                                  const char *path,
                                  int rank,
                                  const hsize_t *dims,
                                  hid_t type,
                                  const void *values,
                                  hid_t *out,
                                  struct wn_error *err)
{
    hid_t space = H5Screate_simple(rank, dims, NULL), layout = make_layout(rank, dims);
    bool ok;

    *out = -1;
    if (space >= 0 && layout >= 0)
        *out =
            H5Dcreate2(image->file, path, type, space, image->links, layout, H5P_DEFAULT);
    ok = *out >= 0 && H5Dwrite(*out, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0;
    if (layout >= 0)
        H5Pclose(layout);
    if (space >= 0)
        H5Sclose(space);
    return ok ? WN_OK : wn_hdf5_fail(err, "write", path);
}

static enum wn_status put_metric(const struct wn_image *image,
                                 const struct wn_benchmark *task,
                                 const struct wn_benchmark_metric *metric,
                                 struct wn_error *err)
{
    hsize_t dims[3] = {task->n_configs, task->n_seeds, task->n_fidelities};
    char path[NAME_ROOM];
    hid_t dataset;
    enum wn_status rc;

    snprintf(path, sizeof path, "/tasks/%s/metrics/%s", task->task, metric->name);
    rc = put_numbers(image, path, 3, dims, H5T_NATIVE_FLOAT, metric->at, &dataset, err);
    if (rc == WN_OK)
        rc = wn_image_text(image, dataset, "mode", wn_benchmark_mode_name(metric->mode),
                           err);
    if (rc == WN_OK)
        rc = wn_image_text(image, dataset, "unit", metric->unit, err);
    if (rc == WN_OK && metric->is_synthetic)
        rc = wn_image_number(dataset, "synthetic", 1, err);
    if (dataset >= 0)
        H5Dclose(dataset);
    return rc;
}

static enum wn_status put_task(const struct wn_image *image,
                               const struct wn_benchmark *task,
                               struct wn_error *err)
{
    hsize_t dims[2] = {task->n_configs, task->n_params};
    hsize_t n_fidelities[1] = {task->n_fidelities};
    char path[NAME_ROOM];
    hid_t dataset;
    enum wn_status rc;

    snprintf(path, sizeof path, "/tasks/%s/configs", task->task);
    rc = put_numbers(image, path, 2, dims, H5T_NATIVE_DOUBLE, task->configs, &dataset,
                     err);
    if (dataset >= 0)
        H5Dclose(dataset);
    if (rc != WN_OK)
        return rc;
    snprintf(path, sizeof path, "/tasks/%s/fidelity", task->task);
    rc = put_numbers(image, path, 1, n_fidelities, H5T_NATIVE_DOUBLE, task->fidelity,
                     &dataset, err);
    if (rc == WN_OK)
        rc = wn_image_text(image, dataset, "name", task->resource, err);
    if (rc == WN_OK)
        rc = wn_image_text(image, dataset, "unit", task->resource_unit, err);
    if (dataset >= 0)
        H5Dclose(dataset);
    for (size_t i = 0; rc == WN_OK && i < task->n_metrics; i++)
        rc = put_metric(image, task, &task->metrics[i], err);
    return rc;
}

/* The list of hyperparameters as text; NULL without memory. */
static enum wn_status put_params(const struct wn_image *image,
                                 const struct wn_benchmark *head,
                                 struct wn_error *err)
{
    hid_t group = H5Gcreate2(image->file, "/hyperparameters", image->links, H5P_DEFAULT,
                             H5P_DEFAULT);
    struct wn_buf text = {0};
    enum wn_status rc = WN_OK;

    wn_json_print(head->params, &text);
    if (text.failed)
        rc = wn_fail(err, WN_ENOMEM, "no memory for the hyperparameters of a benchmark");
    else if (group < 0)
        rc = wn_hdf5_fail(err, "write", "/hyperparameters");
    else
        rc = wn_image_text(image, group, "json", wn_buf_text(&text), err);
    wn_buf_release(&text);
    if (group >= 0)
        H5Gclose(group);
    return rc;
}

static enum wn_status put_all(const struct wn_image *image,
                              const struct wn_benchmark *const *tasks,
                              size_t n,
                              struct wn_error *err)
{
    const struct wn_benchmark *head = tasks[0];
    const struct {
        const char *name, *text;
    } texts[] = {{"benchmark", head->name},
                 {"title", head->title},
                 {"kind", head->kind},
                 {"license", head->license},
                 {"provenance", head->provenance},
                 {"url", head->url},
                 {"citation", head->citation},
                 {"default_task", head->task},
                 {"layout_version", "1"}};
    enum wn_status rc = WN_OK;

    for (size_t i = 0; rc == WN_OK && i < sizeof texts / sizeof *texts; i++)
        rc = wn_image_text(image, image->file, texts[i].name, texts[i].text, err);
    if (rc == WN_OK)
        rc = put_params(image, head, err);
    for (size_t i = 0; rc == WN_OK && i < n; i++)
        rc = put_task(image, tasks[i], err);
    return rc;
}

static enum wn_status make_image(const struct wn_benchmark *const *tasks,
                                 size_t n_tasks,
                                 void **bytes,
                                 size_t *n,
                                 struct wn_error *err)
{
    struct wn_hdf5_quiet quiet = wn_hdf5_hush();
    struct wn_image image;
    enum wn_status rc = wn_image_begin(&image, err);

    if (rc == WN_OK)
        rc = put_all(&image, tasks, n_tasks, err);
    if (rc == WN_OK)
        rc = wn_image_take(&image, bytes, n, err);
    wn_image_end(&image);
    wn_hdf5_unhush(quiet);
    return rc;
}

enum wn_status wn_benchmark_write(const struct wn_benchmark *const *tasks,
                                  size_t n_tasks,
                                  const char *path,
                                  struct wn_error *err)
{
    void *bytes = NULL;
    size_t n = 0;
    enum wn_status rc = make_image(tasks, n_tasks, &bytes, &n, err);

    if (rc == WN_OK)
        rc = wn_seal_write(path, bytes, n, WN_BENCHMARK_MARK, err);
    wn_free(bytes);
    return rc;
}

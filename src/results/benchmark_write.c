/* benchmark_write.c - a benchmark file from tasks in memory; see FORMAT.md.
 *
 * Built by HDF5's core driver and handed over as bytes, as results.h5 is. Behind what HDF5
 * knows of come 12 bytes: a mark and the CRC-32 of everything before. HDF5 passes over
 * them, and we know a damaged file before HDF5 has to make sense of it.
 */
#include "results/hdf5_internal.h"

#include <stdio.h>
#include <string.h>

#include "base/checksum.h"
#include "base/file.h"
#include "base/mem.h"
#include "results/benchmark_internal.h"

enum { GROWTH = 1 << 20, NAME_ROOM = 512, DEFLATE = 6, CHUNK_MOST = 1 << 18 };

/* Handles that are open; negative: not. */
struct target {
    hid_t file, text, links; /* text: variable-length UTF-8; links: groups in between */
};

static enum wn_status put_text(const struct target *target,
                               hid_t object,
                               const char *name,
                               const char *text,
                               struct wn_error *err)
{
    hid_t space = H5Screate(H5S_SCALAR), attribute = -1;
    bool ok = space >= 0;

    if (ok)
        attribute =
            H5Acreate2(object, name, target->text, space, H5P_DEFAULT, H5P_DEFAULT);
    ok = ok && attribute >= 0 && H5Awrite(attribute, target->text, &text) >= 0;
    if (attribute >= 0)
        H5Aclose(attribute);
    if (space >= 0)
        H5Sclose(space);
    return ok ? WN_OK : wn_hdf5_fail(err, "write the attribute", name);
}

static enum wn_status put_flag(hid_t object, const char *name, struct wn_error *err)
{
    hid_t space = H5Screate(H5S_SCALAR), attribute = -1;
    int64_t value = 1;
    bool ok = space >= 0;

    if (ok)
        attribute =
            H5Acreate2(object, name, H5T_STD_I64LE, space, H5P_DEFAULT, H5P_DEFAULT);
    ok = ok && attribute >= 0 && H5Awrite(attribute, H5T_NATIVE_INT64, &value) >= 0;
    if (attribute >= 0)
        H5Aclose(attribute);
    if (space >= 0)
        H5Sclose(space);
    return ok ? WN_OK : wn_hdf5_fail(err, "write the attribute", name);
}

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
static enum wn_status put_numbers(const struct target *target,
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
        *out = H5Dcreate2(target->file, path, type, space, target->links, layout,
                          H5P_DEFAULT);
    ok = *out >= 0 && H5Dwrite(*out, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0;
    if (layout >= 0)
        H5Pclose(layout);
    if (space >= 0)
        H5Sclose(space);
    return ok ? WN_OK : wn_hdf5_fail(err, "write", path);
}

static enum wn_status put_metric(const struct target *target,
                                 const struct wn_benchmark *task,
                                 const struct wn_benchmark_metric *metric,
                                 struct wn_error *err)
{
    hsize_t dims[3] = {task->n_configs, task->n_seeds, task->n_fidelities};
    char path[NAME_ROOM];
    hid_t dataset;
    enum wn_status rc;

    snprintf(path, sizeof path, "/tasks/%s/metrics/%s", task->task, metric->name);
    rc = put_numbers(target, path, 3, dims, H5T_NATIVE_FLOAT, metric->at, &dataset, err);
    if (rc == WN_OK)
        rc = put_text(target, dataset, "mode", wn_benchmark_mode_name(metric->mode), err);
    if (rc == WN_OK)
        rc = put_text(target, dataset, "unit", metric->unit, err);
    if (rc == WN_OK && metric->is_synthetic)
        rc = put_flag(dataset, "synthetic", err);
    if (dataset >= 0)
        H5Dclose(dataset);
    return rc;
}

static enum wn_status put_task(const struct target *target,
                               const struct wn_benchmark *task,
                               struct wn_error *err)
{
    hsize_t dims[2] = {task->n_configs, task->n_params};
    hsize_t n_fidelities[1] = {task->n_fidelities};
    char path[NAME_ROOM];
    hid_t dataset;
    enum wn_status rc;

    snprintf(path, sizeof path, "/tasks/%s/configs", task->task);
    rc = put_numbers(target, path, 2, dims, H5T_NATIVE_DOUBLE, task->configs, &dataset,
                     err);
    if (dataset >= 0)
        H5Dclose(dataset);
    if (rc != WN_OK)
        return rc;
    snprintf(path, sizeof path, "/tasks/%s/fidelity", task->task);
    rc = put_numbers(target, path, 1, n_fidelities, H5T_NATIVE_DOUBLE, task->fidelity,
                     &dataset, err);
    if (rc == WN_OK)
        rc = put_text(target, dataset, "name", task->resource, err);
    if (rc == WN_OK)
        rc = put_text(target, dataset, "unit", task->resource_unit, err);
    if (dataset >= 0)
        H5Dclose(dataset);
    for (size_t i = 0; rc == WN_OK && i < task->n_metrics; i++)
        rc = put_metric(target, task, &task->metrics[i], err);
    return rc;
}

/* The list of hyperparameters as text; NULL without memory. */
static enum wn_status put_params(const struct target *target,
                                 const struct wn_benchmark *head,
                                 struct wn_error *err)
{
    hid_t group = H5Gcreate2(target->file, "/hyperparameters", target->links, H5P_DEFAULT,
                             H5P_DEFAULT);
    struct wn_buf text = {0};
    enum wn_status rc = WN_OK;

    wn_json_print(head->params, &text);
    if (text.failed)
        rc = wn_fail(err, WN_ENOMEM, "no memory for the hyperparameters of a benchmark");
    else if (group < 0)
        rc = wn_hdf5_fail(err, "write", "/hyperparameters");
    else
        rc = put_text(target, group, "json", wn_buf_text(&text), err);
    wn_buf_release(&text);
    if (group >= 0)
        H5Gclose(group);
    return rc;
}

static enum wn_status put_all(const struct target *target,
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
        rc = put_text(target, target->file, texts[i].name, texts[i].text, err);
    if (rc == WN_OK)
        rc = put_params(target, head, err);
    for (size_t i = 0; rc == WN_OK && i < n; i++)
        rc = put_task(target, tasks[i], err);
    return rc;
}

static enum wn_status begin(struct target *target, struct wn_error *err)
{
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    bool ok = access >= 0 && H5Pset_fapl_core(access, GROWTH, false) >= 0;

    *target = (struct target){
        .file = -1, .text = H5Tcopy(H5T_C_S1), .links = H5Pcreate(H5P_LINK_CREATE)};
    ok = ok && target->text >= 0 && H5Tset_size(target->text, H5T_VARIABLE) >= 0 &&
         H5Tset_cset(target->text, H5T_CSET_UTF8) >= 0 && target->links >= 0 &&
         H5Pset_create_intermediate_group(target->links, 1) >= 0 &&
         H5Pset_char_encoding(target->links, H5T_CSET_UTF8) >= 0;
    if (ok)
        target->file = H5Fcreate("benchmark.h5", H5F_ACC_TRUNC, H5P_DEFAULT, access);
    if (access >= 0)
        H5Pclose(access);
    return target->file >= 0 ? WN_OK : wn_hdf5_fail(err, "begin", "a file in memory");
}

/* The finished file with its mark and CRC behind. */
static enum wn_status take_bytes(const struct target *target,
                                 char **bytes,
                                 size_t *n,
                                 struct wn_error *err)
{
    struct wn_buf out = {0};
    ssize_t size = -1;
    char *at;

    if (H5Fflush(target->file, H5F_SCOPE_GLOBAL) >= 0)
        size = H5Fget_file_image(target->file, NULL, 0);
    if (size <= 0)
        return wn_hdf5_fail(err, "finish", "a file in memory");
    at = wn_alloc((size_t)size);
    if (!at)
        return wn_fail(err, WN_ENOMEM, "no memory for %zd bytes of a benchmark", size);
    if (H5Fget_file_image(target->file, at, (size_t)size) != size) {
        wn_free(at);
        return wn_hdf5_fail(err, "hand over", "a file in memory");
    }
    wn_buf_add(&out, at, (size_t)size);
    wn_buf_add(&out, WN_BENCHMARK_MARK, WN_BENCHMARK_MARK_BYTES);
    wn_put_u32(&out, wn_crc32(0, at, (size_t)size));
    wn_free(at);
    *n = out.n;
    *bytes = wn_buf_take(&out);
    wn_buf_release(&out);
    return *bytes ? WN_OK : wn_fail(err, WN_ENOMEM, "no memory for a benchmark");
}

enum wn_status wn_benchmark_write(const struct wn_benchmark *const *tasks,
                                  size_t n_tasks,
                                  const char *path,
                                  struct wn_error *err)
{
    struct wn_hdf5_quiet quiet = wn_hdf5_hush();
    struct target target;
    char *bytes = NULL;
    size_t n = 0;
    enum wn_status rc = begin(&target, err);

    if (rc == WN_OK)
        rc = put_all(&target, tasks, n_tasks, err);
    if (rc == WN_OK)
        rc = take_bytes(&target, &bytes, &n, err);
    if (target.file >= 0)
        H5Fclose(target.file);
    if (target.links >= 0)
        H5Pclose(target.links);
    if (target.text >= 0)
        H5Tclose(target.text);
    wn_hdf5_unhush(quiet);
    if (rc == WN_OK)
        rc = wn_file_replace(path, bytes, n, err);
    wn_free(bytes);
    return rc;
}

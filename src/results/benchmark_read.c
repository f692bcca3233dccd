/* benchmark_read.c - one task of a benchmark file, out of HDF5; see FORMAT.md.
 *
 * HDF5 opens no file, it is given bytes: of a file with a mark those that were read and have
 * the right checksum, of any other a child's view of the file, so that only what the task
 * needs is read. Links that lead out of the file, and data kept elsewhere, are refused.
 * Shapes are looked at before anything is allocated. Whatever is wrong is told with the path
 * inside the file.
 */
#include "results/hdf5_internal.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "base/file.h"
#include "base/mem.h"
#include "results/benchmark_internal.h"
#include "results/seal_internal.h"

#define VALUES_MOST ((uint64_t)1 << 31) /* of one dataset */
enum { NAME_ROOM = 512, RANK_MOST = 3, TEXT_MOST = 1 << 26, NUMBER_MOST = 16 };

struct source {
    const char *path; /* of the file, for messages */
    size_t n_bytes;   /* of the file */
    hid_t file, access;
    struct wn_benchmark_book *book;
};

static enum wn_status is_damaged(const struct source *source,
                                 const char *where,
                                 const char *what,
                                 struct wn_error *err)
{
    return wn_fail(err, WN_ECORRUPT, "%s: %s: %s", source->path, where, what);
}

static enum wn_status no_memory(const struct source *source, struct wn_error *err)
{
    return wn_benchmark_no_memory(source->path, err);
}

/* --- objects and attributes --- */

static bool is_there(const struct source *source, const char *path)
{
    char part[NAME_ROOM];

    /* every step of the path has to be looked at: HDF5 takes a missing one for an error */
    for (const char *slash = path; slash;) {
        slash = strchr(slash + 1, '/');
        snprintf(part, sizeof part, "%.*s",
                 slash ? (int)(slash - path) : (int)strlen(path), path);
        if (H5Lexists(source->file, part, source->access) <= 0 ||
            H5Oexists_by_name(source->file, part, source->access) <= 0)
            return false;
    }
    return true;
}

static enum wn_status open_object(const struct source *source,
                                  const char *path,
                                  H5I_type_t type,
                                  hid_t *out,
                                  struct wn_error *err)
{
    *out = -1;
    if (!is_there(source, path))
        return is_damaged(source, path, "is missing", err);
    *out = H5Oopen(source->file, path, source->access);
    if (*out >= 0 && H5Iget_type(*out) == type)
        return WN_OK;
    if (*out >= 0)
        H5Oclose(*out);
    *out = -1;
    return is_damaged(source, path,
                      type == H5I_GROUP ? "is not a group" : "is not a dataset", err);
}

/* What a string attribute holds, in the arena. */
static enum wn_status take_string(const struct source *source,
                                  hid_t attribute,
                                  hid_t type,
                                  const char **text,
                                  struct wn_error *err)
{
    size_t size = H5Tget_size(type);
    char *variable = NULL, *fixed = NULL;
    const char *copy = NULL;
    hid_t memory = H5Tcopy(H5T_C_S1);
    bool ok = memory >= 0 && H5Tset_cset(memory, H5Tget_cset(type)) >= 0;

    if (ok && H5Tis_variable_str(type) > 0) {
        ok = H5Tset_size(memory, H5T_VARIABLE) >= 0 &&
             H5Aread(attribute, memory, &variable) >= 0;
        if (ok)
            copy = wn_arena_strdup(&source->book->arena, variable ? variable : "");
        if (variable)
            H5free_memory(variable);
    } else if (ok && size && size < TEXT_MOST && (fixed = wn_alloc(size + 1))) {
        /* one more than in the file: a text there may have no NUL at its end */
        ok = H5Tset_size(memory, size + 1) >= 0 && H5Aread(attribute, memory, fixed) >= 0;
        if (ok)
            copy = wn_arena_strdup(&source->book->arena, fixed);
        wn_free(fixed);
    }
    if (memory >= 0)
        H5Tclose(memory);
    if (!ok)
        return wn_hdf5_fail(err, "read", "an attribute");
    if (!copy)
        return no_memory(source, err);
    *text = copy;
    return WN_OK;
}

/* A scalar attribute that is a text; "" if there is none. */
static enum wn_status text_of(const struct source *source,
                              hid_t object,
                              const char *where,
                              const char *name,
                              const char **text,
                              struct wn_error *err)
{
    hid_t attribute, type = -1;
    enum wn_status rc = WN_OK;
    struct wn_error said = {0};

    *text = "";
    if (H5Aexists(object, name) <= 0)
        return WN_OK;
    attribute = H5Aopen(object, name, H5P_DEFAULT);
    if (attribute >= 0)
        type = H5Aget_type(attribute);
    if (type < 0 || H5Tget_class(type) != H5T_STRING)
        rc = wn_fail(&said, WN_ECORRUPT, "not a text");
    else
        rc = take_string(source, attribute, type, text, &said);
    if (type >= 0)
        H5Tclose(type);
    if (attribute >= 0)
        H5Aclose(attribute);
    if (rc == WN_OK || rc == WN_ENOMEM)
        return rc == WN_OK ? rc : no_memory(source, err);
    return wn_fail(err, WN_ECORRUPT, "%s: %s: the attribute %s: %s", source->path, where,
                   name, said.text);
}

/* Whether a numeric attribute is there and not 0. */
static bool flag_of(hid_t object, const char *name)
{
    hid_t attribute;
    int64_t value = 0;

    if (H5Aexists(object, name) <= 0)
        return false;
    attribute = H5Aopen(object, name, H5P_DEFAULT);
    if (attribute < 0)
        return false;
    if (H5Aread(attribute, H5T_NATIVE_INT64, &value) < 0)
        value = 0;
    H5Aclose(attribute);
    return value != 0;
}

/* --- datasets --- */

/* Filters that we write or others commonly do. Any other is not run: it might be a plug-in, or
 * make much out of nothing. */
static bool has_known_filters(hid_t made)
{
    int n = H5Pget_nfilters(made);

    for (int i = 0; i < n; i++) {
        unsigned flags, config;
        size_t n_values = 0;
        H5Z_filter_t filter =
            H5Pget_filter2(made, (unsigned)i, &flags, &n_values, NULL, 0, NULL, &config);

        if (filter != H5Z_FILTER_DEFLATE && filter != H5Z_FILTER_SHUFFLE &&
            filter != H5Z_FILTER_FLETCHER32)
            return false;
    }
    return n >= 0;
}

/* Where a dataset keeps its numbers: NULL, or what is wrong with it. */
static const char *look_at_storage(hid_t made)
{
    H5D_layout_t layout = H5Pget_layout(made);

    if (layout == H5D_VIRTUAL ||
        (layout == H5D_CONTIGUOUS && H5Pget_external_count(made) != 0))
        return "keeps its numbers in another file";
    if (layout != H5D_CONTIGUOUS && layout != H5D_CHUNKED && layout != H5D_COMPACT)
        return "cannot be read";
    if (!has_known_filters(made))
        return "is packed by a filter other than deflate, shuffle and fletcher32";
    return NULL;
}

/* Whether a file of this size can hold so many bytes: deflate makes 1032 of one at most. */
static bool has_room(const struct source *source, hid_t dataset, uint64_t n_bytes)
{
    enum { DEFLATE_MOST = 1032 };
    hsize_t stored = H5Dget_storage_size(dataset);

    return stored <= source->n_bytes && n_bytes / DEFLATE_MOST <= stored;
}

/* Numbers in this file, in `rank` dimensions: what is read is bounded before it is. */
static enum wn_status look_at(const struct source *source,
                              const char *path,
                              hid_t dataset,
                              int rank,
                              hsize_t *dims,
                              struct wn_error *err)
{
    static const char *const ranks[] = {
        "must have one dimension", "must have two dimensions",
        "must have three dimensions: configuration, seed, fidelity"};
    hid_t space = H5Dget_space(dataset), type = H5Dget_type(dataset);
    hid_t made = H5Dget_create_plist(dataset);
    H5T_class_t class = type >= 0 ? H5Tget_class(type) : H5T_NO_CLASS;
    bool is_open = space >= 0 && type >= 0 && made >= 0;
    const char *what = NULL;
    uint64_t n = 1;

    if (is_open && class != H5T_FLOAT && class != H5T_INTEGER)
        what = "does not hold numbers";
    else if (is_open && H5Sget_simple_extent_ndims(space) != rank)
        what = ranks[rank - 1];
    else if (!is_open || H5Sget_simple_extent_dims(space, dims, NULL) != rank)
        what = "cannot be read";
    else
        what = look_at_storage(made);
    for (int i = 0; !what && i < rank; i++) {
        if (!dims[i] || dims[i] > VALUES_MOST / n)
            what = dims[i] ? "is too large" : "is empty";
        else
            n *= dims[i];
    }
    if (!what && (H5Tget_size(type) > NUMBER_MOST ||
                  !has_room(source, dataset, n * H5Tget_size(type))))
        what = "claims more numbers than the file has room for";
    if (made >= 0)
        H5Pclose(made);
    if (type >= 0)
        H5Tclose(type);
    if (space >= 0)
        H5Sclose(space);
    return what ? is_damaged(source, path, what, err) : WN_OK;
}

/* The numbers of a dataset as `memory` (native float or double); the caller frees *out. */
static enum wn_status read_numbers(const struct source *source,
                                   const char *path,
                                   int rank,
                                   hid_t memory,
                                   hsize_t *dims,
                                   void **out,
                                   struct wn_error *err)
{
    hid_t dataset;
    size_t n = 1;
    struct wn_error said = {0};
    enum wn_status rc = open_object(source, path, H5I_DATASET, &dataset, err);

    *out = NULL;
    if (rc == WN_OK)
        rc = look_at(source, path, dataset, rank, dims, err);
    for (int i = 0; rc == WN_OK && i < rank; i++)
        n *= (size_t)dims[i];
    if (rc == WN_OK) {
        *out = wn_alloc_array(n, H5Tget_size(memory));
        if (!*out)
            rc = no_memory(source, err);
    }
    if (rc == WN_OK &&
        H5Dread(dataset, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, *out) < 0) {
        (void)wn_hdf5_fail(&said, "read", path);
        rc = wn_fail(err, WN_ECORRUPT, "%s: %s", source->path, said.text);
    }
    if (dataset >= 0)
        H5Oclose(dataset);
    if (rc != WN_OK) {
        wn_free(*out);
        *out = NULL;
    }
    return rc;
}

/* --- the parts of a task --- */

/* "/tasks/T/NAME" if the task has its own, else "/NAME". */
static void place_of(const struct source *source, const char *name, char *path)
{
    snprintf(path, NAME_ROOM, "/tasks/%s/%s", source->book->pub.task, name);
    if (!is_there(source, path))
        snprintf(path, NAME_ROOM, "/%s", name);
}

enum wn_status wn_benchmark_take_params(const char *path,
                                        const char *text,
                                        struct wn_benchmark_book *book,
                                        struct wn_error *err)
{
    struct wn_error said = {0};
    enum wn_status rc = wn_json_parse(text, strlen(text), &book->params, &said);

    if (rc == WN_ENOMEM)
        return wn_benchmark_no_memory(path, err);
    if (rc != WN_OK)
        return wn_fail(err, WN_ECORRUPT, "%s: /hyperparameters: the attribute json: %s",
                       path, said.text);
    book->pub.params = book->params;
    book->pub.n_params = wn_json_size(book->params);
    if (wn_json_is(book->params, WN_JSON_LIST) && book->pub.n_params)
        return WN_OK;
    return wn_fail(err, WN_ECORRUPT,
                   "%s: /hyperparameters: the attribute json must be a list of "
                   "hyperparameters",
                   path);
}

static enum wn_status read_params(const struct source *source, struct wn_error *err)
{
    struct wn_benchmark_book *book = source->book;
    hid_t group;
    enum wn_status rc = open_object(source, "/hyperparameters", H5I_GROUP, &group, err);

    if (rc != WN_OK)
        return rc;
    rc = text_of(source, group, "/hyperparameters", "json", &book->params_text, err);
    H5Oclose(group);
    return rc != WN_OK
               ? rc
               : wn_benchmark_take_params(source->path, book->params_text, book, err);
}

static enum wn_status read_configs(const struct source *source, struct wn_error *err)
{
    struct wn_benchmark *pub = &source->book->pub;
    char path[NAME_ROOM];
    hsize_t dims[RANK_MOST] = {0};
    enum wn_status rc;

    place_of(source, "configs", path);
    rc = read_numbers(source, path, 2, H5T_NATIVE_DOUBLE, dims,
                      (void **)&source->book->configs, err);
    if (rc != WN_OK)
        return rc;
    pub->configs = source->book->configs;
    pub->n_configs = (size_t)dims[0];
    if (dims[1] != pub->n_params)
        return wn_fail(err, WN_ECORRUPT,
                       "%s: %s: %llu columns, but /hyperparameters names %zu",
                       source->path, path, (unsigned long long)dims[1], pub->n_params);
    return WN_OK;
}

static enum wn_status read_fidelity(const struct source *source, struct wn_error *err)
{
    struct wn_benchmark *pub = &source->book->pub;
    char path[NAME_ROOM];
    hsize_t dims[RANK_MOST] = {0};
    hid_t dataset;
    enum wn_status rc;

    place_of(source, "fidelity", path);
    rc = read_numbers(source, path, 1, H5T_NATIVE_DOUBLE, dims,
                      (void **)&source->book->fidelity, err);
    if (rc != WN_OK)
        return rc;
    pub->fidelity = source->book->fidelity;
    pub->n_fidelities = (size_t)dims[0];
    for (size_t i = 0; i < pub->n_fidelities; i++)
        if (!(pub->fidelity[i] > (i ? pub->fidelity[i - 1] : 0)) ||
            pub->fidelity[i] > WN_JSON_EXACT_MOST)
            return is_damaged(source, path,
                              "must hold numbers above 0, each above the one before",
                              err);
    rc = open_object(source, path, H5I_DATASET, &dataset, err);
    if (rc == WN_OK)
        rc = text_of(source, dataset, path, "name", &pub->resource, err);
    if (rc == WN_OK)
        rc = text_of(source, dataset, path, "unit", &pub->resource_unit, err);
    if (dataset >= 0)
        H5Oclose(dataset);
    return rc;
}

static enum wn_status mode_of(const struct source *source,
                              const char *path,
                              const char *text,
                              enum wn_benchmark_mode *mode,
                              struct wn_error *err)
{
    for (int i = WN_BENCHMARK_MIN; i <= WN_BENCHMARK_AUX; i++) {
        if (strcmp(text, wn_benchmark_mode_name((enum wn_benchmark_mode)i)) == 0) {
            *mode = (enum wn_benchmark_mode)i;
            return WN_OK;
        }
    }
    return is_damaged(source, path, "the attribute mode must be min, max, cost or aux",
                      err);
}

static enum wn_status read_metric(const struct source *source,
                                  const char *name,
                                  struct wn_benchmark_metric *metric,
                                  struct wn_error *err)
{
    struct wn_benchmark *pub = &source->book->pub;
    char path[NAME_ROOM];
    const char *mode = "";
    hsize_t dims[RANK_MOST] = {0};
    hid_t dataset;
    enum wn_status rc;

    snprintf(path, sizeof path, "/tasks/%s/metrics/%s", pub->task, name);
    rc = read_numbers(source, path, 3, H5T_NATIVE_FLOAT, dims, (void **)&metric->at, err);
    if (rc != WN_OK)
        return rc;
    if (!pub->n_seeds)
        pub->n_seeds = (size_t)dims[1];
    if (dims[0] != pub->n_configs || dims[1] != pub->n_seeds ||
        dims[2] != pub->n_fidelities)
        return wn_fail(err, WN_ECORRUPT,
                       "%s: %s: its shape is %llu x %llu"
                       " x %llu, not %zu x %zu x %zu",
                       source->path, path, (unsigned long long)dims[0],
                       (unsigned long long)dims[1], (unsigned long long)dims[2],
                       pub->n_configs, pub->n_seeds, pub->n_fidelities);
    metric->name = wn_arena_strdup(&source->book->arena, name);
    if (!metric->name)
        return no_memory(source, err);
    rc = open_object(source, path, H5I_DATASET, &dataset, err);
    if (rc == WN_OK)
        rc = text_of(source, dataset, path, "mode", &mode, err);
    if (rc == WN_OK)
        rc = mode_of(source, path, mode, &metric->mode, err);
    if (rc == WN_OK)
        rc = text_of(source, dataset, path, "unit", &metric->unit, err);
    if (rc == WN_OK)
        metric->is_synthetic = flag_of(dataset, "synthetic");
    if (dataset >= 0)
        H5Oclose(dataset);
    return rc;
}

/* Call visit(arg, name) for every member of a group, by name. */
static enum wn_status each_member(const struct source *source,
                                  const char *path,
                                  enum wn_status (*visit)(const struct source *source,
                                                          const char *name,
                                                          struct wn_error *err),
                                  struct wn_error *err)
{
    H5G_info_t info;
    char name[NAME_ROOM / 4];
    hid_t group;
    enum wn_status rc = open_object(source, path, H5I_GROUP, &group, err);

    if (rc != WN_OK)
        return rc;
    if (H5Gget_info(group, &info) < 0)
        rc = is_damaged(source, path, "cannot be read", err);
    for (hsize_t i = 0; rc == WN_OK && i < info.nlinks; i++) {
        ssize_t n = H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, i, name,
                                       sizeof name, H5P_DEFAULT);
        if (n <= 0 || (size_t)n >= sizeof name)
            rc = is_damaged(source, path, "has a member whose name is too long", err);
        else
            rc = visit(source, name, err);
    }
    H5Oclose(group);
    return rc;
}

static enum wn_status take_metric(const struct source *source,
                                  const char *name,
                                  struct wn_error *err)
{
    struct wn_benchmark_book *book = source->book;
    struct wn_benchmark_metric *metric = wn_vec_push(&book->metrics);

    if (!metric)
        return no_memory(source, err);
    metric->name = metric->unit = "";
    return read_metric(source, name, metric, err);
}

static enum wn_status take_task(const struct source *source,
                                const char *name,
                                struct wn_error *err)
{
    const char **task = wn_vec_push(&source->book->tasks);

    if (task)
        *task = wn_arena_strdup(&source->book->arena, name);
    return task && *task ? WN_OK : no_memory(source, err);
}

/* --- the file --- */

static enum wn_status read_head(const struct source *source, struct wn_error *err)
{
    struct wn_benchmark *pub = &source->book->pub;
    const char *version = "";
    const struct {
        const char *name;
        const char **text;
    } texts[] = {{"benchmark", &pub->name},
                 {"title", &pub->title},
                 {"kind", &pub->kind},
                 {"license", &pub->license},
                 {"provenance", &pub->provenance},
                 {"url", &pub->url},
                 {"citation", &pub->citation},
                 {"layout_version", &version}};
    enum wn_status rc = WN_OK;

    for (size_t i = 0; rc == WN_OK && i < sizeof texts / sizeof *texts; i++)
        rc = text_of(source, source->file, "/", texts[i].name, texts[i].text, err);
    if (rc == WN_OK && !*version)
        return is_damaged(source, "/", "has no attribute layout_version: no benchmark",
                          err);
    if (rc == WN_OK && strcmp(version, "1") != 0)
        return wn_fail(err, WN_EVERSION,
                       "%s: layout_version is %s, but this program knows 1 only",
                       source->path, version);
    if (rc == WN_OK)
        rc = each_member(source, "/tasks", take_task, err);
    return rc;
}

static enum wn_status choose_task(const struct source *source,
                                  const char *task,
                                  struct wn_error *err)
{
    struct wn_benchmark_book *book = source->book;
    struct wn_benchmark *pub = &book->pub;
    struct wn_buf all = {0};
    enum wn_status rc = WN_OK;
    bool is_given = task != NULL;

    pub->tasks = book->tasks.at;
    pub->n_tasks = book->tasks.n;
    if (!is_given)
        rc = text_of(source, source->file, "/", "default_task", &task, err);
    if (rc == WN_OK && !*task && !is_given)
        task = NULL;
    for (size_t i = 0; rc == WN_OK && i < book->tasks.n; i++) {
        if (task && strcmp(book->tasks.at[i], task) == 0)
            pub->task = book->tasks.at[i];
        wn_buf_addf(&all, "%s%s", i ? ", " : "", book->tasks.at[i]);
    }
    if (rc == WN_OK && !task)
        rc = wn_fail(err, WN_EINVAL,
                     "%s: which task? The file has no attribute default_task; there %s "
                     "%.300s",
                     source->path, book->tasks.n == 1 ? "is" : "are", wn_buf_text(&all));
    else if (rc == WN_OK && !pub->task)
        rc = wn_fail(err, is_given ? WN_EINVAL : WN_ECORRUPT,
                     "%s: there is no task '%.80s'; there %s %.300s", source->path, task,
                     book->tasks.n == 1 ? "is" : "are", wn_buf_text(&all));
    wn_buf_release(&all);
    return rc;
}

static enum wn_status read_task(const struct source *source,
                                const char *task,
                                struct wn_error *err)
{
    struct wn_benchmark_book *book = source->book;
    char path[NAME_ROOM];
    enum wn_status rc = read_head(source, err);

    if (rc == WN_OK)
        rc = choose_task(source, task, err);
    if (rc == WN_OK)
        rc = read_params(source, err);
    if (rc == WN_OK)
        rc = read_configs(source, err);
    if (rc == WN_OK)
        rc = read_fidelity(source, err);
    if (rc == WN_OK) {
        snprintf(path, sizeof path, "/tasks/%s/metrics", book->pub.task);
        rc = each_member(source, path, take_metric, err);
    }
    if (rc == WN_OK && !book->metrics.n)
        rc = is_damaged(source, path, "holds no metric", err);
    book->pub.metrics = book->metrics.at;
    book->pub.n_metrics = book->metrics.n;
    return rc;
}

/* Links that lead out of the file are not followed. */
static herr_t refuse_link(const char *from_file,
                          const char *from_group,
                          const char *file,
                          const char *object,
                          unsigned *flags,
                          hid_t access,
                          void *arg)
{
    (void)from_file, (void)from_group, (void)file, (void)object;
    (void)flags, (void)access, (void)arg;
    return -1;
}

static enum wn_status open_image(struct source *source,
                                 void *bytes,
                                 size_t n,
                                 struct wn_error *err)
{
    source->file = -1;
    source->access = H5Pcreate(H5P_LINK_ACCESS);
    if (source->access >= 0 && H5Pset_elink_cb(source->access, refuse_link, NULL) >= 0)
        source->file = wn_hdf5_open(bytes, n);
    return source->file >= 0
               ? WN_OK
               : wn_fail(err, WN_ECORRUPT, "%s is no HDF5 file, or damaged, or cut short",
                         source->path);
}

enum wn_status wn_benchmark_is_ours(const char *path, bool *is_ours, struct wn_error *err)
{
    size_t n;

    return wn_seal_is_of(path, WN_BENCHMARK_MARK, is_ours, &n, err);
}

static enum wn_status read_image(const char *path,
                                 void *bytes,
                                 size_t n,
                                 const char *task,
                                 struct wn_benchmark_book *book,
                                 struct wn_error *err)
{
    struct source source = {
        .path = path, .n_bytes = n, .file = -1, .access = -1, .book = book};
    struct wn_hdf5_quiet quiet = wn_hdf5_hush();
    enum wn_status rc = open_image(&source, bytes, n, err);

    if (rc == WN_OK)
        rc = read_task(&source, task, err);
    if (source.file >= 0)
        H5Fclose(source.file);
    if (source.access >= 0)
        H5Pclose(source.access);
    wn_hdf5_unhush(quiet);
    return rc;
}

/* What a child is to read. */
struct errand {
    const char *path, *task;
    void *bytes;
    size_t n;
};

static enum wn_status run_errand(void *arg,
                                 struct wn_benchmark_book *book,
                                 struct wn_error *err)
{
    const struct errand *errand = arg;

    return read_image(errand->path, errand->bytes, errand->n, errand->task, book, err);
}

/* Only the child looks at what is mapped. */
static enum wn_status read_unsealed(const char *path,
                                    const char *task,
                                    struct wn_benchmark_book *book,
                                    struct wn_error *err)
{
    struct errand errand = {.path = path, .task = task};
    enum wn_status rc = wn_file_map(path, &errand.bytes, &errand.n, err);

    if (rc != WN_OK)
        return rc;
    rc = wn_benchmark_read_aside(path, errand.n, run_errand, &errand, book, err);
    (void)munmap(errand.bytes, errand.n);
    return rc;
}

static enum wn_status read_sealed(const char *path,
                                  const char *task,
                                  struct wn_benchmark_book *book,
                                  struct wn_error *err)
{
    char *bytes = NULL;
    size_t n = 0;
    enum wn_status rc = wn_file_read(path, WN_BENCHMARK_FILE_MOST, &bytes, &n, err);

    if (rc == WN_OK)
        rc = wn_seal_check(path, bytes, n, err);
    if (rc == WN_OK)
        rc = read_image(path, bytes, n, task, book, err);
    wn_free(bytes);
    return rc;
}

enum wn_status wn_benchmark_read(const char *path,
                                 const char *task,
                                 struct wn_benchmark_book *book,
                                 struct wn_error *err)
{
    bool is_ours = false;
    size_t n = 0;
    enum wn_status rc = wn_seal_is_of(path, WN_BENCHMARK_MARK, &is_ours, &n, err);

    if (rc != WN_OK)
        return rc;
    if (!n)
        return wn_fail(err, WN_ECORRUPT, "%s is empty", path);
    return is_ours ? read_sealed(path, task, book, err)
                   : read_unsealed(path, task, book, err);
}

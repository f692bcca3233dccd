/* image.c - tables as an HDF5 file in memory; see image_internal.h. */
#include "results/image_internal.h"

enum { FORMAT = 1, CHUNK_MOST = 65536, CHUNK_EMPTY = 1024, DEFLATE = 3 };
enum { GROWTH = 1024 * 1024 }; /* bytes the image grows by */

static enum wn_status put_texts(const struct wn_image *image,
                                hid_t object,
                                const char *name,
                                const char *const *texts,
                                const size_t *n, /* NULL: one, not a list */
                                struct wn_error *err)
{
    hsize_t dims[1] = {n ? *n : 1};
    hid_t space = n ? H5Screate_simple(1, dims, NULL) : H5Screate(H5S_SCALAR);
    hid_t attribute = -1;
    bool ok = space >= 0;

    if (ok) {
        attribute =
            H5Acreate2(object, name, image->text, space, H5P_DEFAULT, H5P_DEFAULT);
        ok = attribute >= 0 && H5Awrite(attribute, image->text, texts) >= 0;
    }
    if (attribute >= 0)
        H5Aclose(attribute);
    if (space >= 0)
        H5Sclose(space);
    return ok ? WN_OK : wn_hdf5_fail(err, "write the attribute", name);
}

enum wn_status wn_image_text(const struct wn_image *image,
                             hid_t object,
                             const char *name,
                             const char *text,
                             struct wn_error *err)
{
    return text ? put_texts(image, object, name, &text, NULL, err) : WN_OK;
}

enum wn_status wn_image_number(hid_t object,
                               const char *name,
                               int64_t value,
                               struct wn_error *err)
{
    hid_t space = H5Screate(H5S_SCALAR), attribute = -1;
    bool ok = space >= 0;

    if (ok) {
        attribute =
            H5Acreate2(object, name, H5T_STD_I64LE, space, H5P_DEFAULT, H5P_DEFAULT);
        ok = attribute >= 0 && H5Awrite(attribute, H5T_NATIVE_INT64, &value) >= 0;
    }
    if (attribute >= 0)
        H5Aclose(attribute);
    if (space >= 0)
        H5Sclose(space);
    return ok ? WN_OK : wn_hdf5_fail(err, "write the attribute", name);
}

/* An enumeration of bytes; `labels` ends with a NULL name. */
static hid_t make_labels(const struct wn_label *labels)
{
    hid_t type = H5Tenum_create(H5T_STD_I8LE);

    for (; type >= 0 && labels->name; labels++) {
        if (H5Tenum_insert(type, labels->name, &labels->value) < 0) {
            H5Tclose(type);
            return -1;
        }
    }
    return type;
}

/* The type of a column, in the file and in memory; the caller closes it. */
static hid_t make_type(const struct wn_image *image, const struct wn_column *column)
{
    static const struct wn_label bools[] = {{"FALSE", 0}, {"TRUE", 1}, {NULL, 0}};

    switch (column->type) {
    case WN_COLUMN_LABEL: return make_labels(column->labels);
    case WN_COLUMN_BOOL: return make_labels(bools);
    case WN_COLUMN_U32: return H5Tcopy(H5T_NATIVE_UINT32);
    case WN_COLUMN_I32: return H5Tcopy(H5T_NATIVE_INT32);
    case WN_COLUMN_I64: return H5Tcopy(H5T_NATIVE_INT64);
    case WN_COLUMN_F64: return H5Tcopy(H5T_NATIVE_DOUBLE);
    case WN_COLUMN_TEXT: return H5Tcopy(image->text);
    }
    return -1;
}

/* Chunks, and compression where it pays: not for pointers to texts. */
static hid_t make_layout(const struct wn_column *column, size_t n_rows)
{
    hid_t layout = H5Pcreate(H5P_DATASET_CREATE);
    hsize_t chunk[1] = {n_rows > CHUNK_MOST ? (hsize_t)CHUNK_MOST
                        : n_rows            ? n_rows
                                            : (hsize_t)CHUNK_EMPTY};
    bool ok = layout >= 0 && H5Pset_chunk(layout, 1, chunk) >= 0 &&
              H5Pset_obj_track_times(layout, false) >= 0; /* equal tables, equal bytes */

    if (ok && column->type != WN_COLUMN_TEXT)
        ok = H5Pset_shuffle(layout) >= 0 && H5Pset_deflate(layout, DEFLATE) >= 0;
    /* This makes an object of the newer kind, whose attributes may pass 64 KiB: a long list
     * of values. A newer file as a whole does not outlive H5Fget_file_image (1.10.8). */
    if (ok && column->values)
        ok = H5Pset_attr_creation_order(layout, H5P_CRT_ORDER_TRACKED) >= 0;
    if (ok)
        return layout;
    if (layout >= 0)
        H5Pclose(layout);
    return -1;
}

static enum wn_status describe(const struct wn_image *image,
                               hid_t dataset,
                               const struct wn_column *column,
                               struct wn_error *err)
{
    enum wn_status rc = wn_image_text(image, dataset, "about", column->about, err);

    if (rc == WN_OK)
        rc = wn_image_text(image, dataset, "name", column->full_name, err);
    if (rc == WN_OK && column->values)
        rc = put_texts(image, dataset, "values", column->values, &column->n_values, err);
    return rc;
}

static enum wn_status put_column(const struct wn_image *image,
                                 const struct wn_column *column,
                                 size_t n_rows,
                                 struct wn_error *err)
{
    hsize_t dims[1] = {n_rows}, most[1] = {H5S_UNLIMITED};
    hid_t space = H5Screate_simple(1, dims, most);
    hid_t type = make_type(image, column);
    hid_t layout = make_layout(column, n_rows);
    hid_t dataset = -1;
    enum wn_status rc = WN_OK;

    if (space >= 0 && type >= 0 && layout >= 0)
        dataset = H5Dcreate2(image->group, column->name, type, space, image->links,
                             layout, H5P_DEFAULT);
    if (dataset < 0 || (n_rows && H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT,
                                           column->data) < 0))
        rc = wn_hdf5_fail(err, "write the column", column->name);
    if (rc == WN_OK)
        rc = describe(image, dataset, column, err);
    if (dataset >= 0)
        H5Dclose(dataset);
    if (layout >= 0)
        H5Pclose(layout);
    if (type >= 0)
        H5Tclose(type);
    if (space >= 0)
        H5Sclose(space);
    return rc;
}

enum wn_status wn_image_table(struct wn_image *image,
                              const struct wn_table *table,
                              struct wn_error *err)
{
    enum wn_status rc;

    image->group =
        H5Gcreate2(image->file, table->name, image->links, H5P_DEFAULT, H5P_DEFAULT);
    if (image->group < 0)
        return wn_hdf5_fail(err, "make the group", table->name);
    rc = wn_image_text(image, image->group, "about", table->about, err);
    for (size_t i = 0; i < table->columns.n && rc == WN_OK; i++)
        rc = put_column(image, &table->columns.at[i], table->n_rows, err);
    H5Gclose(image->group);
    return rc;
}

static enum wn_status put_all(struct wn_image *image,
                              const struct wn_results *results,
                              struct wn_error *err)
{
    const struct {
        const char *name, *text;
    } texts[] = {{"study", results->study}, {"metric", results->metric},
                 {"mode", results->mode},   {"resource", results->resource},
                 {"job", results->job},     {"program_version", results->version}};
    enum wn_status rc = wn_image_number(image->file, "format", FORMAT, err);

    for (size_t i = 0; i < sizeof texts / sizeof *texts && rc == WN_OK; i++)
        rc = wn_image_text(image, image->file, texts[i].name, texts[i].text, err);
    if (rc == WN_OK)
        rc = wn_image_number(image->file, "time_ms", results->time_ms, err);
    if (rc == WN_OK)
        rc = wn_image_number(image->file, "max_resource", results->max_resource, err);
    for (size_t i = 0; i < WN_TABLE_N && rc == WN_OK; i++)
        rc = wn_image_table(image, &results->tables[i], err);
    return rc;
}

enum wn_status wn_image_begin(struct wn_image *image, struct wn_error *err)
{
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    bool ok = access >= 0 && H5Pset_fapl_core(access, GROWTH, false) >= 0;

    *image = (struct wn_image){.file = -1,
                               .group = -1,
                               .text = H5Tcopy(H5T_C_S1),
                               .links = H5Pcreate(H5P_LINK_CREATE)};
    ok = ok && image->text >= 0 && H5Tset_size(image->text, H5T_VARIABLE) >= 0 &&
         H5Tset_cset(image->text, H5T_CSET_UTF8) >= 0;
    ok = ok && image->links >= 0 &&
         H5Pset_create_intermediate_group(image->links, 1) >= 0 &&
         H5Pset_char_encoding(image->links, H5T_CSET_UTF8) >= 0;
    if (ok)
        image->file = H5Fcreate("results.h5", H5F_ACC_TRUNC, H5P_DEFAULT, access);
    if (access >= 0)
        H5Pclose(access);
    return image->file >= 0 ? WN_OK : wn_hdf5_fail(err, "begin", "a file in memory");
}

enum wn_status wn_image_take(const struct wn_image *image,
                             void **bytes,
                             size_t *n,
                             struct wn_error *err)
{
    ssize_t size = -1;
    void *at;

    if (H5Fflush(image->file, H5F_SCOPE_GLOBAL) >= 0)
        size = H5Fget_file_image(image->file, NULL, 0);
    if (size <= 0)
        return wn_hdf5_fail(err, "finish", "a file in memory");
    at = wn_alloc((size_t)size);
    if (!at)
        return wn_fail(err, WN_ENOMEM, "no memory for %zd bytes of results", size);
    if (H5Fget_file_image(image->file, at, (size_t)size) != size) {
        wn_free(at);
        return wn_hdf5_fail(err, "hand over", "a file in memory");
    }
    *bytes = at;
    *n = (size_t)size;
    return WN_OK;
}

void wn_image_end(struct wn_image *image)
{
    if (image->file >= 0)
        H5Fclose(image->file);
    if (image->links >= 0)
        H5Pclose(image->links);
    if (image->text >= 0)
        H5Tclose(image->text);
}

enum wn_status wn_results_image(const struct wn_results *results,
                                void **bytes,
                                size_t *n,
                                struct wn_error *err)
{
    struct wn_hdf5_quiet quiet = wn_hdf5_hush();
    struct wn_image image;
    enum wn_status rc;

    rc = wn_image_begin(&image, err);
    if (rc == WN_OK)
        rc = put_all(&image, results, err);
    if (rc == WN_OK)
        rc = wn_image_take(&image, bytes, n, err);
    wn_image_end(&image);
    wn_hdf5_unhush(quiet);
    return rc;
}

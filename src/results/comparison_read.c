/* comparison_read.c - a comparison out of HDF5; see FORMAT.md.
 *
 * The bytes are read and their checksum compared before HDF5 sees them, so what HDF5 makes
 * sense of is what we wrote. All the same every number that leads somewhere is looked at:
 * a file may be of another writer.
 */
#include "results/hdf5_internal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/problems.h"
#include "results/comparison_internal.h"
#include "results/seal_internal.h"

#define FILE_MOST ((size_t)1 << 34)
#define ROWS_MOST ((hsize_t)1 << 31)
#define TIME_MOST 1e15 /* seconds: in milliseconds it still is an int64_t */
enum { NAME_ROOM = 64, DEFLATE_MOST = 1032 }; /* no deflated byte makes more than that */

struct reading {
    const char *path;
    size_t n_bytes;
    hid_t file;
    hid_t text; /* variable-length UTF-8 */
    struct wn_comparison *out;
};

static enum wn_status is_damaged(const struct reading *reading,
                                 const char *where,
                                 const char *what,
                                 struct wn_error *err)
{
    return wn_fail(err, WN_ECORRUPT, "%s: %s %s", reading->path, where, what);
}

static bool is_time(double seconds)
{
    return seconds >= 0 && seconds <= TIME_MOST;
}

bool wn_comparison_is_sound(const struct wn_comparison_cell *cell)
{
    bool is_sound = is_time(cell->end_s) && cell->resource >= 0 && cell->n_trials >= 0 &&
                    cell->n_reports >= 0 && cell->number >= 0 &&
                    cell->number <= WN_COMPARISON_NUMBER_MOST;

    for (size_t i = 0; is_sound && i < cell->n_points; i++) {
        const struct wn_comparison_point *p = &cell->points[i];

        is_sound = is_time(p->time_s) && isfinite(p->value) && p->resource >= 0 &&
                   p->n_trials >= 0 && p->n_reports >= 0 &&
                   (!i || p->time_s >= p[-1].time_s);
    }
    return is_sound;
}

/* What is wrong with a study; NULL: nothing. Its names become those of files. */
static const char *fault_of(const struct wn_comparison_study *study)
{
    if (!wn_name_is_plain(study->method) || !wn_name_is_plain(study->benchmark))
        return "has a name that none of ours has";
    if (study->n_workers < 1)
        return "has a study without workers";
    if (study->first_seed < 0 || study->first_seed > WN_COMPARISON_NUMBER_MOST ||
        study->n_seeds < 0 || study->n_seeds > WN_COMPARISON_SEEDS_MOST)
        return "asks for seeds that there are not";
    if (!isnan(study->budget_s) && !is_time(study->budget_s))
        return "has a budget that is no time";
    return isinf(study->best) ? "has a best value that is none" : NULL;
}

/* --- attributes --- */

static enum wn_status read_name(const struct reading *reading,
                                const char *name,
                                const char **out,
                                struct wn_error *err)
{
    hid_t attribute = H5Aopen(reading->file, name, H5P_DEFAULT);
    hid_t type = attribute >= 0 ? H5Aget_type(attribute) : -1;
    char *text = NULL;
    bool ok = type >= 0 && H5Tis_variable_str(type) > 0 &&
              H5Aread(attribute, reading->text, &text) >= 0;

    *out = ok ? wn_arena_strdup(&reading->out->arena, text ? text : "") : "";
    if (text)
        H5free_memory(text);
    if (type >= 0)
        H5Tclose(type);
    if (attribute >= 0)
        H5Aclose(attribute);
    if (!ok)
        return is_damaged(reading, name, "is missing: this is no comparison", err);
    return *out ? WN_OK : wn_fail(err, WN_ENOMEM, "no memory for %s", reading->path);
}

static enum wn_status check_kind(const struct reading *reading, struct wn_error *err)
{
    const char *kind = "";
    int64_t format = 0;
    hid_t attribute;
    enum wn_status rc = read_name(reading, "kind", &kind, err);

    if (rc != WN_OK)
        return rc;
    if (strcmp(kind, "comparison") != 0)
        return is_damaged(reading, "the file", "is no comparison", err);
    attribute = H5Aopen(reading->file, "format", H5P_DEFAULT);
    if (attribute >= 0) {
        if (H5Aread(attribute, H5T_NATIVE_INT64, &format) < 0)
            format = 0;
        H5Aclose(attribute);
    }
    if (format == WN_COMPARISON_FORMAT)
        return WN_OK;
    return wn_fail(err, WN_EVERSION, "%s: its format is %lld, this program knows %d",
                   reading->path, (long long)format, WN_COMPARISON_FORMAT);
}

/* --- columns --- */

struct column {
    const char *name;
    H5T_class_t class;
    void *at;         /* n_rows of 8 bytes: int64_t, double or char *; NULL: left out */
    bool is_optional; /* older programs did not write it */
};

static void free_columns(struct column *columns, size_t n_columns, size_t n_rows)
{
    for (size_t i = 0; i < n_columns; i++) {
        if (columns[i].class == H5T_STRING && columns[i].at)
            for (size_t k = 0; k < n_rows; k++)
                if (((char **)columns[i].at)[k])
                    H5free_memory(((char **)columns[i].at)[k]);
        wn_free(columns[i].at);
    }
}

/* More rows than the file can hold: HDF5 would make up what was never written. */
static bool is_hollow(const struct reading *reading, hid_t dataset, hsize_t n)
{
    hsize_t stored = H5Dget_storage_size(dataset);

    if (stored > reading->n_bytes)
        stored = reading->n_bytes;
    return n > stored * DEFLATE_MOST / sizeof(int64_t);
}

static bool has_column(const struct reading *reading, const char *path, const char *table)
{
    return H5Lexists(reading->file, table, H5P_DEFAULT) > 0 &&
           H5Lexists(reading->file, path, H5P_DEFAULT) > 0;
}

static enum wn_status read_column(const struct reading *reading,
                                  const char *table,
                                  struct column *column,
                                  hsize_t *n_rows,
                                  struct wn_error *err)
{
    char path[NAME_ROOM];
    hid_t dataset = -1, space = -1, type = -1, memory;
    hsize_t n = 0;
    const char *what = NULL;
    enum wn_status rc = WN_OK;

    (void)snprintf(path, sizeof path, "/%s/%s", table, column->name);
    if (has_column(reading, path, table))
        dataset = H5Dopen2(reading->file, path, H5P_DEFAULT);
    else if (column->is_optional)
        return WN_OK;
    if (dataset >= 0) {
        space = H5Dget_space(dataset);
        type = H5Dget_type(dataset);
    }
    if (dataset < 0 || space < 0 || type < 0)
        what = "is missing";
    else if (H5Tget_class(type) != column->class ||
             (column->class == H5T_STRING && H5Tis_variable_str(type) <= 0))
        what = "has the wrong type";
    else if (H5Sget_simple_extent_ndims(space) != 1 ||
             H5Sget_simple_extent_dims(space, &n, NULL) != 1 || n > ROWS_MOST ||
             (*n_rows != ROWS_MOST && n != *n_rows))
        what = "has the wrong number of rows";
    else if (is_hollow(reading, dataset, n))
        what = "has rows without content";
    memory = column->class == H5T_STRING    ? reading->text
             : column->class == H5T_INTEGER ? H5T_NATIVE_INT64
                                            : H5T_NATIVE_DOUBLE;
    if (!what) {
        *n_rows = n;
        column->at = wn_alloc_array((size_t)n + 1, sizeof(int64_t));
        if (!column->at)
            rc = wn_fail(err, WN_ENOMEM, "no memory for %s", reading->path);
        else if (n &&
                 H5Dread(dataset, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, column->at) < 0)
            what = "cannot be read";
    }
    if (type >= 0)
        H5Tclose(type);
    if (space >= 0)
        H5Sclose(space);
    if (dataset >= 0)
        H5Dclose(dataset);
    return what ? is_damaged(reading, path, what, err) : rc;
}

static enum wn_status read_columns(const struct reading *reading,
                                   const char *table,
                                   struct column *columns,
                                   size_t n_columns,
                                   size_t *n_rows,
                                   struct wn_error *err)
{
    hsize_t n = ROWS_MOST;
    enum wn_status rc = WN_OK;

    for (size_t i = 0; rc == WN_OK && i < n_columns; i++)
        rc = read_column(reading, table, &columns[i], &n, err);
    *n_rows = n == ROWS_MOST ? 0 : (size_t)n;
    return rc;
}

#define N_OF(list) (sizeof(list) / sizeof *(list))

static const char *text_at(const struct column *column, size_t row)
{
    const char *text = column->at ? ((char *const *)column->at)[row] : NULL;

    return text ? text : "";
}

static int64_t number_at(const struct column *column, size_t row)
{
    return ((const int64_t *)column->at)[row];
}

static double real_at(const struct column *column, size_t row)
{
    return ((const double *)column->at)[row];
}

static enum wn_status read_studies(const struct reading *reading, struct wn_error *err)
{
    struct column c[] = {
        {"method", H5T_STRING, NULL},        {"benchmark", H5T_STRING, NULL},
        {"workers", H5T_INTEGER, NULL},      {"metric", H5T_STRING, NULL},
        {"is_maximised", H5T_INTEGER, NULL}, {"resource", H5T_STRING, NULL},
        {"budget_s", H5T_FLOAT, NULL},       {"best", H5T_FLOAT, NULL},
        {"first_seed", H5T_INTEGER, NULL},   {"n_seeds", H5T_INTEGER, NULL},
        {"job", H5T_STRING, NULL},           {"metric_unit", H5T_STRING, NULL, true}};
    size_t n = 0, index;
    enum wn_status rc = read_columns(reading, "studies", c, N_OF(c), &n, err);

    for (size_t i = 0; rc == WN_OK && i < n; i++) {
        const struct wn_comparison_study study = {.method = text_at(&c[0], i),
                                                  .benchmark = text_at(&c[1], i),
                                                  .n_workers = number_at(&c[2], i),
                                                  .metric = text_at(&c[3], i),
                                                  .is_maximised =
                                                      number_at(&c[4], i) != 0,
                                                  .resource = text_at(&c[5], i),
                                                  .budget_s = real_at(&c[6], i),
                                                  .best = real_at(&c[7], i),
                                                  .first_seed = number_at(&c[8], i),
                                                  .n_seeds = number_at(&c[9], i),
                                                  .job = text_at(&c[10], i),
                                                  .metric_unit = text_at(&c[11], i)};

        const char *fault = fault_of(&study);

        if (!fault &&
            wn_comparison_find_study(reading->out, study.method, study.benchmark,
                                     study.n_workers) != SIZE_MAX)
            fault = "has a study twice";
        if (fault)
            rc = is_damaged(reading, "/studies", fault, err);
        else
            rc = wn_comparison_add_study(reading->out, &study, &index, err);
    }
    free_columns(c, N_OF(c), n);
    return rc;
}

/* The rows of one cell; the caller frees *out. */
static enum wn_status cut_points(const struct column *c,
                                 size_t first,
                                 size_t n,
                                 struct wn_comparison_point **out,
                                 struct wn_error *err)
{
    *out = wn_alloc_array(n + 1, sizeof **out);
    if (!*out)
        return wn_fail(err, WN_ENOMEM, "no memory for a trajectory");
    for (size_t i = 0; i < n; i++)
        (*out)[i] =
            (struct wn_comparison_point){.time_s = real_at(&c[0], first + i),
                                         .value = real_at(&c[1], first + i),
                                         .resource = number_at(&c[2], first + i),
                                         .n_trials = number_at(&c[3], first + i),
                                         .n_reports = number_at(&c[4], first + i)};
    return WN_OK;
}

/* A row of cells with its points of `points`, of which there are n. */
static enum wn_status take_cell(const struct reading *reading,
                                const struct column *c,
                                size_t row,
                                const struct column *points,
                                size_t n,
                                struct wn_error *err)
{
    int64_t study = number_at(&c[0], row), first = number_at(&c[8], row);
    int64_t n_points = number_at(&c[9], row);
    struct wn_comparison_point *own = NULL;
    struct wn_comparison_cell cell = {.number = number_at(&c[1], row),
                                      .seed = (uint64_t)number_at(&c[2], row),
                                      .end_s = real_at(&c[3], row),
                                      .resource = number_at(&c[4], row),
                                      .n_trials = number_at(&c[5], row),
                                      .n_reports = number_at(&c[6], row),
                                      .end = text_at(&c[7], row)};
    enum wn_status rc;

    if (study < 0 || (size_t)study >= reading->out->studies.n || first < 0 ||
        n_points < 0 || (size_t)first > n || (size_t)n_points > n - (size_t)first)
        return is_damaged(reading, "/cells", "contradicts the other tables", err);
    rc = cut_points(points, (size_t)first, (size_t)n_points, &own, err);
    cell.study = (size_t)study;
    cell.points = own;
    cell.n_points = (size_t)n_points;
    if (rc == WN_OK && !wn_comparison_is_sound(&cell))
        rc = is_damaged(reading, "/points", "holds what no run has reported", err);
    if (rc == WN_OK)
        rc = wn_comparison_add(reading->out, &cell, err);
    wn_free(own);
    return rc;
}

static enum wn_status read_cells(const struct reading *reading, struct wn_error *err)
{
    struct column c[] = {
        {"study", H5T_INTEGER, NULL},       {"number", H5T_INTEGER, NULL},
        {"seed", H5T_INTEGER, NULL},        {"end_s", H5T_FLOAT, NULL},
        {"resource", H5T_INTEGER, NULL},    {"n_trials", H5T_INTEGER, NULL},
        {"n_reports", H5T_INTEGER, NULL},   {"end", H5T_STRING, NULL},
        {"first_point", H5T_INTEGER, NULL}, {"n_points", H5T_INTEGER, NULL}};
    struct column points[] = {{"time_s", H5T_FLOAT, NULL},
                              {"value", H5T_FLOAT, NULL},
                              {"resource", H5T_INTEGER, NULL},
                              {"n_trials", H5T_INTEGER, NULL},
                              {"n_reports", H5T_INTEGER, NULL}};
    size_t n_cells = 0, n_points = 0;
    enum wn_status rc = read_columns(reading, "cells", c, N_OF(c), &n_cells, err);

    if (rc == WN_OK)
        rc = read_columns(reading, "points", points, N_OF(points), &n_points, err);
    for (size_t i = 0; rc == WN_OK && i < n_cells; i++)
        rc = take_cell(reading, c, i, points, n_points, err);
    free_columns(c, N_OF(c), n_cells);
    free_columns(points, N_OF(points), n_points);
    return rc;
}

/* --- the file --- */

static enum wn_status check_seal(const char *path,
                                 const char *bytes,
                                 size_t n,
                                 struct wn_error *err)
{
    if (!wn_seal_is(bytes, n, WN_COMPARISON_MARK))
        return wn_fail(err, WN_ECORRUPT, "%s is no comparison, or cut short", path);
    return wn_seal_check(path, bytes, n, err);
}

static enum wn_status read_image(struct reading *reading,
                                 void *bytes,
                                 size_t n,
                                 struct wn_error *err)
{
    enum wn_status rc = WN_OK;

    reading->text = H5Tcopy(H5T_C_S1);
    if (reading->text >= 0 && H5Tset_size(reading->text, H5T_VARIABLE) >= 0 &&
        H5Tset_cset(reading->text, H5T_CSET_UTF8) >= 0)
        reading->file = wn_hdf5_open(bytes, n);
    if (reading->file < 0)
        rc = is_damaged(reading, "the file", "is damaged", err);
    if (rc == WN_OK)
        rc = check_kind(reading, err);
    if (rc == WN_OK)
        rc = read_name(reading, "name", &reading->out->name, err);
    if (rc == WN_OK)
        rc = read_name(reading, "about", &reading->out->about, err);
    if (rc == WN_OK)
        rc = read_studies(reading, err);
    if (rc == WN_OK)
        rc = read_cells(reading, err);
    if (reading->file >= 0)
        H5Fclose(reading->file);
    if (reading->text >= 0)
        H5Tclose(reading->text);
    return rc;
}

enum wn_status wn_comparison_read(const char *path,
                                  struct wn_comparison *out,
                                  struct wn_error *err)
{
    struct reading reading = {.path = path, .file = -1, .text = -1, .out = out};
    struct wn_error said = {0};
    struct wn_hdf5_quiet quiet;
    char *bytes = NULL, whole[WN_PATH_MAX];
    size_t n = 0;
    uint32_t sum = 0;
    enum wn_status rc = wn_path_absolute(path, whole, &said);

    if (rc == WN_OK)
        rc = wn_file_read(whole, FILE_MOST, &bytes, &n, &said);
    rc = wn_path_blame(rc, &said);
    if (rc == WN_OK)
        rc = check_seal(path, bytes, n, &said);
    if (rc == WN_OK) {
        reading.n_bytes = n;
        sum = wn_seal_sum(bytes, n);
        quiet = wn_hdf5_hush();
        rc = read_image(&reading, bytes, n, &said);
        wn_hdf5_unhush(quiet);
    }
    wn_free(bytes);
    if (rc == WN_OK)
        rc = wn_comparison_read_log(whole, sum, out, &said);
    if (rc != WN_OK && err)
        *err = said;
    return rc;
}

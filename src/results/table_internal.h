/* table_internal.h - the tables of a results file, before they are HDF5.
 *
 * A table is a group, a column one dataset; all columns of a table have its number of
 * rows. snapshot.c fills them from the history, write.c knows HDF5 and nothing else.
 */
#ifndef WN_RESULTS_TABLE_INTERNAL_H
#define WN_RESULTS_TABLE_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "results/results.h"

enum wn_column_type {
    WN_COLUMN_LABEL, /* int8_t, with the names of its values */
    WN_COLUMN_BOOL,  /* int8_t, 0 or 1; what h5py reads as bool */
    WN_COLUMN_U32,
    WN_COLUMN_I32,
    WN_COLUMN_I64,
    WN_COLUMN_F64,
    WN_COLUMN_TEXT /* const char * */
};

struct wn_label {
    const char *name; /* NULL ends a list */
    int8_t value;
};

struct wn_column {
    const char *name; /* of the dataset */
    enum wn_column_type type;
    void *data;                    /* n_rows items; owned by the table */
    const struct wn_label *labels; /* LABEL */
    const char *about;             /* attribute "about": meaning and unit; NULL: none */
    const char *full_name;     /* attribute "name" when `name` had to differ, or NULL */
    const char *const *values; /* attribute "values": texts; NULL: none */
    size_t n_values;
};

struct wn_table {
    const char *name, *about;
    size_t n_rows;
    WN_VEC(struct wn_column) columns;
};

enum { WN_TABLE_N = 5 };

struct wn_results {
    struct wn_table tables[WN_TABLE_N];
    struct wn_arena arena; /* all texts */
    const char *study, *metric, *mode, *resource, *job, *version;
    int64_t time_ms, max_resource;
};

/* The finished file as bytes in memory; caller frees (wn_free). */
enum wn_status wn_results_image(const struct wn_results *results,
                                void **bytes,
                                size_t *n,
                                struct wn_error *err) WN_MUST_CHECK;

#endif /* WN_RESULTS_TABLE_INTERNAL_H */

/* results/import.h - benchmark files out of tables that others keep.
 *
 * A table is a CSV file (alone, or the only one in a zip archive) with one row for each
 * (task, configuration, seed, fidelity), in any order; or a folder in Syne Tune's layout:
 * data.csv.zip, configspace.json, and perhaps fidelityspace.json and metadata.json. What
 * its columns are is said by a description, a JSON object whose keys wn_import_options
 * lists; a column without a role is refused. Types and ranges that are not said are taken
 * from the values. Cells that are empty or NaN are missing.
 *
 * Nothing is guessed over a contradiction: a cell that is no number where one must be, a
 * value outside its range, two rows for one cell, times that fall are refused with their
 * line. Nobody is let publish numbers without saying where they come from and under which
 * licence.
 */
#ifndef WN_RESULTS_IMPORT_H
#define WN_RESULTS_IMPORT_H

#include "base/option.h"

struct wn_import {
    const char *source; /* .csv, .zip or a folder */
    const struct wn_json *description;
    const char
        *into; /* a file that wn_benchmark_write() made, whose tasks are kept; or NULL */
    const char *to; /* the file to write; with `into` the same or another */
};

/* The keys of a description, of each of its hyperparameters, and of each metric. */
extern const struct wn_option wn_import_options[];
extern const struct wn_option wn_import_param_options[];
extern const struct wn_option wn_import_metric_options[];

/* Read, check, write. WN_EINVAL with problems: the description is wrong; without: the table
 * is, and the text says in which line. `notes` gets lines about what was taken for what.
 * The file is written whole or not at all. */
enum wn_status wn_benchmark_import(const struct wn_import *import,
                                   struct wn_problems *problems,
                                   struct wn_buf *notes,
                                   struct wn_error *err) WN_MUST_CHECK;

/* The version of libzip. */
const char *wn_import_library(void);

#endif /* WN_RESULTS_IMPORT_H */

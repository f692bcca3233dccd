/* fuzz_comparison.c - any numbers as a comparison's file, any bytes as its log. links: wn_compare
 *
 * The first byte says what the others are:
 *   T  numbers and texts, a byte each, out of lists of awkward ones: tables as HDF5 with a
 *      checksum that fits, so that what is looked at are the tables, not HDF5
 *   L  payloads of frames, each behind its length (u8): a log beside a good file; what stands
 *      behind a length 0 comes without frames
 * and without either they are a file as it is. What is accepted is shown in one of all ways, joined
 * with itself, written and read again.
 */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/checksum.h"
#include "base/file.h"
#include "base/problems.h"
#include "compare/print.h"
#include "results/comparison_internal.h"
#include "results/image_internal.h"
#include "results/seal_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static char dir[] = "/tmp/wn-fuzz-comparison-XXXXXX";
static char file[64], log_file[80];

static void drop_folder(void)
{
    (void)!wn_dir_remove(dir, NULL);
}

static void make_folder(void)
{
    if (*file)
        return;
    WN_ASSERT(mkdtemp(dir));
    atexit(drop_folder);
    snprintf(file, sizeof file, "%s/c.h5", dir);
    snprintf(log_file, sizeof log_file, "%s.log", file);
}

/* --- tables --- */

struct input {
    const uint8_t *at;
    size_t left;
};

static uint8_t next(struct input *in)
{
    if (!in->left)
        return 0;
    in->left--;
    return *in->at++;
}

#define N_OF(list) (sizeof(list) / sizeof *(list))
static const char *const texts[] = {
    "asha", "tpe", "branin", "loss",        "epoch",      "",    "../x",
    "/x",   "a b", "x,y",    "\033[31mred", "line\nline", "a.b", "-x"};
static const int64_t odd[] = {INT64_MIN,     INT64_MAX,       -1, 1000000, 1 << 30,
                              INT64_MAX / 2, INT64_C(1) << 40};
static const double reals[] = {
    0,    1,    2,     3,      10,     100,     0.5,         -1,       -2,       1e9,
    1e15, 1e19, 1e308, -1e308, 1e-300, -1e-300, (double)NAN, HUGE_VAL, -HUGE_VAL};

static int64_t next_number(struct input *in)
{
    uint8_t code = next(in);

    return code < 200 ? code : odd[code % N_OF(odd)];
}

static void add_column(struct wn_table *table,
                       const char *name,
                       enum wn_column_type type,
                       struct input *in)
{
    struct wn_column *made = wn_vec_push(&table->columns);

    WN_ASSERT(made);
    *made = (struct wn_column){.name = name, .type = type};
    made->data = wn_alloc_array(table->n_rows + 1, sizeof(int64_t));
    WN_ASSERT(made->data);
    for (size_t i = 0; i < table->n_rows; i++)
        if (type == WN_COLUMN_TEXT)
            ((const char **)made->data)[i] = texts[next(in) % N_OF(texts)];
        else if (type == WN_COLUMN_I64)
            ((int64_t *)made->data)[i] = next_number(in);
        else
            ((double *)made->data)[i] = reals[next(in) % N_OF(reals)];
}

/* As FORMAT.md has them; '=' a text, '#' a number, '~' a real one before each name. */
static const char *const columns[][13] = {
    {"=method", "=benchmark", "#workers", "=metric", "#is_maximised", "=resource",
     "~budget_s", "~best", "#first_seed", "#n_seeds", "=job", "=metric_unit"},
    {"#study", "#number", "#seed", "~end_s", "#resource", "#n_trials", "#n_reports",
     "=end", "#first_point", "#n_points"},
    {"#cell", "~time_s", "~value", "#resource", "#n_trials", "#n_reports"}};

/* One column may be left out, or be of another type. */
static void make_table(size_t which, struct input *in, struct wn_table *table)
{
    static const char *const names[] = {"studies", "cells", "points"};
    uint8_t spoiled = next(in);

    *table = (struct wn_table){.name = names[which], .n_rows = next(in) % 8};
    for (size_t i = 0; columns[which][i]; i++) {
        const char *name = columns[which][i];
        enum wn_column_type type = *name == '='   ? WN_COLUMN_TEXT
                                   : *name == '#' ? WN_COLUMN_I64
                                                  : WN_COLUMN_F64;

        if (spoiled == 2 * i + 1)
            continue;
        if (spoiled == 2 * i + 2)
            type = type == WN_COLUMN_I64 ? WN_COLUMN_TEXT : WN_COLUMN_I64;
        add_column(table, name + 1, type, in);
    }
}

static void write_tables(struct input *in)
{
    struct wn_hdf5_quiet quiet = wn_hdf5_hush();
    struct wn_image image;
    struct wn_error err = {.text = ""};
    void *made = NULL;
    size_t n = 0;

    WN_ASSERT(wn_image_begin(&image, &err) == WN_OK);
    WN_ASSERT(wn_image_number(image.file, "format", 1, &err) == WN_OK);
    WN_ASSERT(wn_image_text(&image, image.file, "kind", "comparison", &err) == WN_OK);
    WN_ASSERT(wn_image_text(&image, image.file, "name", "x", &err) == WN_OK);
    WN_ASSERT(wn_image_text(&image, image.file, "about", "", &err) == WN_OK);
    for (size_t i = 0; i < N_OF(columns); i++) {
        struct wn_table table;

        make_table(i, in, &table);
        WN_ASSERT(wn_image_table(&image, &table, &err) == WN_OK);
        for (size_t k = 0; k < table.columns.n; k++)
            wn_free(table.columns.at[k].data);
        wn_vec_release(&table.columns);
    }
    WN_ASSERT(wn_image_take(&image, &made, &n, &err) == WN_OK);
    wn_image_end(&image);
    wn_hdf5_unhush(quiet);
    WN_ASSERT(wn_seal_write(file, made, n, WN_COMPARISON_MARK, &err) == WN_OK);
    wn_free(made);
}

/* --- the log --- */

static void write_good_file(void)
{
    struct wn_comparison good = {.name = "x", .about = ""};
    struct wn_comparison_study study = {.method = "asha",
                                        .benchmark = "branin",
                                        .n_workers = 4,
                                        .job = "{}",
                                        .metric = "loss",
                                        .metric_unit = "",
                                        .resource = "epoch",
                                        .budget_s = 100,
                                        .best = 0.5,
                                        .n_seeds = 3};
    size_t index;

    WN_ASSERT(wn_comparison_add_study(&good, &study, &index, NULL) == WN_OK);
    study.method = "tpe";
    WN_ASSERT(wn_comparison_add_study(&good, &study, &index, NULL) == WN_OK);
    WN_ASSERT(wn_comparison_write(&good, file, NULL) == WN_OK);
    wn_comparison_release(&good);
}

static void write_log(struct input *in)
{
    struct wn_buf log = {0};
    uint32_t sum = 0;

    WN_ASSERT(wn_seal_of(file, &sum, NULL) == WN_OK);
    wn_buf_adds(&log, "WNCMPLOG");
    wn_put_u32(&log, sum);
    while (in->left) {
        size_t length = next(in);

        if (length > in->left)
            length = in->left;
        if (length) {
            wn_put_u32(&log, (uint32_t)length);
            wn_put_u32(&log, wn_crc32(0, in->at, length));
        } else {
            length = in->left;
        }
        wn_buf_add(&log, in->at, length);
        in->at += length;
        in->left -= length;
    }
    WN_ASSERT(wn_file_replace(log_file, log.at, log.n, NULL) == WN_OK);
    wn_buf_release(&log);
}

/* --- what was accepted --- */

static void show(const struct wn_comparison *c,
                 enum wn_statistic statistic,
                 enum wn_view_as as)
{
    struct wn_compare_filter all = {0};
    struct wn_compare_target target = {NULL, 1};
    struct wn_compare_wishes wishes = {.targets = &target, .n_targets = 1};
    struct wn_view view = {.statistic = statistic, .as = as, .seed = 1};
    struct wn_error err = {.text = ""};
    struct wn_buf out = {0};
    enum wn_status rc = wn_view_make(c, &all, &view, &err);

    if (rc == WN_OK)
        rc = wn_compare_print(&view, &all, &wishes, &out, &err);
    for (size_t i = 0; i < out.n; i++)
        WN_ASSERT(out.at[i] == '\n' || (unsigned char)out.at[i] >= ' ');
    wn_buf_clear(&out);
    if (rc == WN_OK)
        rc = wn_compare_print_csv(&view, 3, &out, &err);
    WN_ASSERT(rc == WN_OK || (rc == WN_EINVAL && *err.text));
    wn_buf_release(&out);
    wn_view_release(&view);
}

static void write_and_read(const struct wn_comparison *c)
{
    struct wn_comparison twice = {.name = "x", .about = ""}, again = {0};

    (void)unlink(log_file);
    WN_ASSERT(wn_comparison_join(&twice, c, NULL) == WN_OK);
    WN_ASSERT(wn_comparison_join(&twice, c, NULL) == WN_OK);
    WN_ASSERT(twice.cells.n == c->cells.n && twice.studies.n == c->studies.n);
    WN_ASSERT(wn_comparison_write(&twice, file, NULL) == WN_OK);
    WN_ASSERT(wn_comparison_read(file, &again, NULL) == WN_OK);
    WN_ASSERT(wn_comparison_join(&again, c, NULL) == WN_OK);
    WN_ASSERT(again.cells.n == c->cells.n && again.studies.n == c->studies.n);
    wn_comparison_release(&twice);
    wn_comparison_release(&again);
}

static void look_at(const struct wn_comparison *c, size_t way)
{
    for (size_t i = 0; i < c->studies.n; i++) {
        /* They become names of files. */
        WN_ASSERT(wn_name_is_plain(c->studies.at[i].method));
        WN_ASSERT(wn_name_is_plain(c->studies.at[i].benchmark));
    }
    show(c, (enum wn_statistic)(way / 3 % 3), (enum wn_view_as)(way % 3));
    if (wn_comparison_check_pairs(c, NULL) == WN_OK)
        write_and_read(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct wn_comparison c = {0};
    struct wn_error err = {.text = ""};
    struct input in = {bytes, n};
    enum wn_status rc;

    make_folder();
    if (n && *bytes == 'T') {
        (void)next(&in);
        write_tables(&in);
    } else if (n && *bytes == 'L') {
        (void)next(&in);
        write_good_file();
        write_log(&in);
    } else {
        WN_ASSERT(wn_file_replace(file, (const char *)bytes, n, &err) == WN_OK);
    }
    rc = wn_comparison_read(file, &c, &err);
    WN_ASSERT(rc == WN_OK || *err.text);
    WN_ASSERT(rc == WN_OK || rc == WN_ECORRUPT || rc == WN_EVERSION || rc == WN_EINVAL);
    if (rc == WN_OK)
        look_at(&c, n);
    wn_comparison_release(&c);
    (void)unlink(log_file);
    return 0;
}

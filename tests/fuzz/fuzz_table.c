/* fuzz_table.c - any bytes as a table to import. links: wn_results
 *
 * Up to the first zero byte a description in JSON, behind it the CSV. When the text before
 * begins with "folder " what follows is the configspace.json of a Syne Tune folder and the
 * CSV its data.csv. What is imported must be read again; what is refused must say why.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/file.h"
#include "base/mem.h"
#include "results/benchmark.h"
#include "results/import_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static char dir[] = "/tmp/wn-fuzz-table-XXXXXX";

static void drop_folder(void)
{
    struct wn_error err;

    (void)!wn_dir_remove(dir, &err);
}

static void make_folder(void)
{
    static bool is_ready;

    if (is_ready)
        return;
    WN_ASSERT(mkdtemp(dir));
    atexit(drop_folder);
    is_ready = true;
}

static void write_file(const char *name, const char *text, size_t n)
{
    char path[128];
    struct wn_error err = {.text = ""};

    snprintf(path, sizeof path, "%s/%s", dir, name);
    WN_ASSERT(wn_file_replace(path, text, n, &err) == WN_OK);
}

struct text {
    const char *at;
    size_t left;
};

static enum wn_status give(void *arg,
                           char *bytes,
                           size_t room,
                           size_t *n,
                           struct wn_error *err)
{
    struct text *text = arg;

    (void)err;
    *n = text->left < room ? text->left : room;
    if (*n)
        memcpy(bytes, text->at, *n);
    text->at += *n;
    text->left -= *n;
    return WN_OK;
}

static void look(enum wn_status rc,
                 const char *path,
                 const struct wn_problems *problems,
                 const struct wn_error *said)
{
    struct wn_benchmark *b = NULL;
    struct wn_error err = {.text = ""};

    if (rc != WN_OK) {
        WN_ASSERT(*said->text || problems->n);
        WN_ASSERT(!wn_file_exists(path));
        return;
    }
    WN_ASSERT(!problems->n);
    if (wn_benchmark_open(path, NULL, &b, &err) != WN_OK) {
        fprintf(stderr, "imported, but %s\n", err.text);
        abort();
    }
    wn_benchmark_destroy(b);
    unlink(path);
}

static void import_csv(const char *text, size_t n_text, const char *csv, size_t n)
{
    struct text rest = {csv, n};
    struct wn_import import = {.source = "t.csv"};
    struct wn_problems problems = {0};
    struct wn_buf notes = {0};
    struct wn_json *json = NULL;
    struct wn_csv *reader = NULL;
    struct wn_error err = {.text = ""};
    char path[128];

    snprintf(path, sizeof path, "%s/b.h5", dir);
    import.to = path;
    if (wn_json_parse(text, n_text, &json, &err) == WN_OK &&
        wn_json_is(json, WN_JSON_OBJECT)) {
        enum wn_status rc;

        import.description = json;
        WN_ASSERT(wn_csv_create(give, &rest, "t.csv", &reader, &err) == WN_OK);
        rc = wn_benchmark_import_csv(&import, reader, NULL, &problems, &notes, &err);
        look(rc, path, &problems, &err);
    }
    wn_csv_destroy(reader);
    wn_json_destroy(json);
    wn_problems_release(&problems);
    wn_buf_release(&notes);
}

static void import_folder(const char *text, size_t n_text, const char *csv, size_t n)
{
    static const char description[] =
        "{\"license\": \"x\", \"provenance\": \"y\", \"metrics\": {\"metric_loss\": "
        "\"min\"}, \"fidelity_column\": \"epoch\"}";
    struct wn_import import = {.source = dir};
    struct wn_problems problems = {0};
    struct wn_buf notes = {0};
    struct wn_json *json = NULL;
    struct wn_error err = {.text = ""};
    char path[128];
    enum wn_status rc;

    snprintf(path, sizeof path, "%s/b.h5", dir);
    import.to = path;
    write_file("configspace.json", text, n_text);
    write_file("data.csv", csv, n);
    WN_ASSERT(wn_json_parse(description, strlen(description), &json, &err) == WN_OK);
    import.description = json;
    rc = wn_benchmark_import(&import, &problems, &notes, &err);
    look(rc, path, &problems, &err);
    wn_json_destroy(json);
    wn_problems_release(&problems);
    wn_buf_release(&notes);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    const char *text = (const char *)bytes;
    const char *zero = n ? memchr(text, 0, n) : NULL;
    size_t n_text = zero ? (size_t)(zero - text) : n;
    const char *csv = zero ? zero + 1 : text + n;
    size_t n_csv = n - (size_t)(csv - text);

    make_folder();
    if (n_text > 7 && memcmp(text, "folder ", 7) == 0)
        import_folder(text + 7, n_text - 7, csv, n_csv);
    else
        import_csv(text, n_text, csv, n_csv);
    return 0;
}

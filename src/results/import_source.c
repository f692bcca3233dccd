/* import_source.c - the bytes of a table: a file, or the one table in a zip archive.
 *
 * libzip reads the archive, member by member and block by block: it checks lengths and
 * checksums, and a small archive that unpacks to something huge costs time but no memory.
 * Only this file includes zip.h.
 */
#define _GNU_SOURCE
#include <zip.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/file.h"
#include "results/import_internal.h"

struct wn_import_source {
    char *path;
    FILE *file;         /* or */
    zip_t *archive;     /* with */
    zip_file_t *member; /* open */
    bool is_folder;
};

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), n_end = strlen(end);

    return n >= n_end && strcasecmp(text + n - n_end, end) == 0;
}

static enum wn_status refuse_zip(struct wn_import_source *source,
                                 const char *what,
                                 struct wn_error *err)
{
    return wn_fail(err, WN_ECORRUPT, "%s: %s: %.200s", source->path, what,
                   source->member ? zip_file_strerror(source->member)
                                  : zip_strerror(source->archive));
}

/* The only member that is a table. macOS adds folders of its own. */
static enum wn_status find_member(struct wn_import_source *source,
                                  zip_uint64_t *index,
                                  struct wn_error *err)
{
    zip_int64_t n = zip_get_num_entries(source->archive, 0);
    size_t n_found = 0;

    for (zip_int64_t i = 0; i < n; i++) {
        const char *name = zip_get_name(source->archive, (zip_uint64_t)i, 0);

        if (!name || !ends_with(name, ".csv") || strncmp(name, "__MACOSX/", 9) == 0)
            continue;
        *index = (zip_uint64_t)i;
        n_found++;
    }
    if (n_found == 1)
        return WN_OK;
    return wn_fail(err, WN_EINVAL, "%s: the archive must hold one .csv file, not %zu",
                   source->path, n_found);
}

static enum wn_status open_zip(struct wn_import_source *source, struct wn_error *err)
{
    zip_uint64_t index = 0;
    zip_error_t said;
    int code = 0;
    enum wn_status rc;

    source->archive = zip_open(source->path, ZIP_RDONLY, &code);
    if (!source->archive) {
        zip_error_init_with_code(&said, code);
        rc = wn_fail(err, code == ZIP_ER_MEMORY ? WN_ENOMEM : WN_EINVAL,
                     "%s cannot be read as a zip archive: %.200s", source->path,
                     zip_error_strerror(&said));
        zip_error_fini(&said);
        return rc;
    }
    rc = find_member(source, &index, err);
    if (rc != WN_OK)
        return rc;
    source->member = zip_fopen_index(source->archive, index, 0);
    return source->member ? WN_OK : refuse_zip(source, "its table cannot be read", err);
}

/* data.csv.zip or data.csv of a Syne Tune folder. */
static enum wn_status enter_folder(struct wn_import_source *source,
                                   const char *folder,
                                   struct wn_error *err)
{
    static const char *const names[] = {"data.csv.zip", "data.csv"};
    char path[WN_PATH_MAX];

    source->is_folder = true;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        enum wn_status rc = wn_path_join(path, err, folder, names[i]);

        if (rc != WN_OK)
            return rc;
        if (!wn_file_exists(path))
            continue;
        source->path = wn_strdup(path);
        return source->path ? WN_OK : wn_fail(err, WN_ENOMEM, "no memory for a path");
    }
    return wn_fail(err, WN_EINVAL,
                   "%s is a folder without data.csv.zip: Syne Tune's later layouts "
                   "(.parquet, .npy) are not read; write them as CSV",
                   folder);
}

enum wn_status wn_import_source_open(const char *path,
                                     struct wn_import_source **out,
                                     struct wn_error *err)
{
    struct wn_import_source *source = wn_alloc(sizeof *source);
    struct stat st;
    enum wn_status rc = WN_OK;

    if (!source)
        return wn_fail(err, WN_ENOMEM, "no memory to read %s", path);
    if (stat(path, &st) != 0)
        rc = wn_path_blame(wn_fail_errno(err, WN_EIO, "cannot open %s", path), err);
    else if (S_ISDIR(st.st_mode))
        rc = enter_folder(source, path, err);
    else if (!(source->path = wn_strdup(path)))
        rc = wn_fail(err, WN_ENOMEM, "no memory to read %s", path);
    if (rc == WN_OK && source->path && ends_with(source->path, ".zip")) {
        rc = open_zip(source, err);
    } else if (rc == WN_OK && source->path) {
        source->file = fopen(source->path, "rbe");
        if (!source->file)
            rc = wn_fail_errno(err, WN_EIO, "cannot open %s", source->path);
    }
    if (rc != WN_OK) {
        wn_import_source_close(source);
        return rc;
    }
    *out = source;
    return WN_OK;
}

void wn_import_source_close(struct wn_import_source *source)
{
    if (!source)
        return;
    if (source->member)
        zip_fclose(source->member);
    if (source->archive)
        zip_discard(source->archive);
    if (source->file)
        fclose(source->file);
    wn_free(source->path);
    wn_free(source);
}

bool wn_import_source_is_folder(const struct wn_import_source *source)
{
    return source->is_folder;
}

enum wn_status wn_import_source_read(void *arg,
                                     char *bytes,
                                     size_t room,
                                     size_t *n,
                                     struct wn_error *err)
{
    struct wn_import_source *source = arg;

    if (source->member) {
        zip_int64_t got = zip_fread(source->member, bytes, room);

        if (got < 0)
            return refuse_zip(source, "the archive is damaged", err);
        *n = (size_t)got;
        return WN_OK;
    }
    *n = fread(bytes, 1, room, source->file);
    if (!*n && ferror(source->file))
        return wn_fail_errno(err, WN_EIO, "cannot read %s", source->path);
    return WN_OK;
}

const char *wn_import_library(void)
{
    return zip_libzip_version();
}

/* manifest.c - making, reading and checking the manifest of a generation. */
#define _GNU_SOURCE /* openat with strict C17 */
#include "checkpoint/manifest_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/checksum.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "checkpoint/tree_internal.h"

/* The first line: "winnow-manifest 1 89abcdef\n". */
enum { HEAD = 27 };

struct check {
    int dir_fd;
    const char *path;
    bool deep;
};

/* Compare one file with what a manifest says. */
static wn_manifest_fn check_file;

/* Making */

struct making {
    const char *root;
    struct wn_json *files, *folders;
    bool failed; /* no memory */
    size_t n_files;
};

static bool sync_fd(int fd)
{
    /* EINVAL: a file system that has nothing to sync there. */
    return fsync(fd) == 0 || errno == EINVAL;
}

static enum wn_status add_file(struct making *making,
                               const struct wn_tree_entry *entry,
                               struct wn_error *err)
{
    int fd = openat(entry->dir_fd, entry->name,
                    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct wn_json *file;
    char crc_text[16];
    uint64_t size = 0;
    uint32_t crc = 0;
    enum wn_status rc;

    if (strcmp(entry->path, WN_MANIFEST_NAME) == 0) {
        if (fd >= 0)
            close(fd);
        return wn_fail(err, WN_EINVAL, "%s holds a file '%s': that name is Winnow's",
                       making->root, WN_MANIFEST_NAME);
    }
    if (fd < 0)
        return wn_fail_errno(err, WN_EIO, "cannot open %s/%s", making->root, entry->path);
    rc = wn_tree_checksum(fd, entry->path, &size, &crc, err);
    if (rc == WN_OK && !sync_fd(fd))
        rc = wn_fail_errno(err, WN_EIO, "cannot sync %s/%s", making->root, entry->path);
    close(fd);
    if (rc != WN_OK)
        return rc;
    file = wn_json_new_object();
    snprintf(crc_text, sizeof crc_text, "%08" PRIx32, crc);
    making->failed |= !wn_json_set(file, "name", wn_json_new_string(entry->path)) ||
                      !wn_json_set(file, "size", wn_json_new_integer((int64_t)size)) ||
                      !wn_json_set(file, "crc32", wn_json_new_string(crc_text));
    making->failed |= !wn_json_add(making->files, file);
    making->n_files++;
    return WN_OK;
}

static enum wn_status add_entry(void *arg,
                                const struct wn_tree_entry *entry,
                                struct wn_error *err)
{
    struct making *making = arg;

    switch (entry->kind) {
    case WN_TREE_FILE: return add_file(making, entry, err);
    case WN_TREE_ENTER:
        if (*entry->path)
            making->failed |=
                !wn_json_add(making->folders, wn_json_new_string(entry->path));
        return WN_OK;
    case WN_TREE_LEAVE: break;
    }
    if (!sync_fd(entry->dir_fd))
        return wn_fail_errno(err, WN_EIO, "cannot sync the folder %s/%s", making->root,
                             entry->path);
    return WN_OK;
}

/* {"trial":...}: takes the lists. */
static void print_manifest(struct making *making,
                           struct wn_generation gen,
                           struct wn_buf *out)
{
    struct wn_json *root = wn_json_new_object();

    making->failed |=
        !wn_json_set(root, "trial", wn_json_new_integer(gen.trial)) ||
        !wn_json_set(root, "resource", wn_json_new_integer(gen.resource)) ||
        !wn_json_set(root, "incarnation",
                     wn_json_new_integer(gen.dispatch.incarnation)) ||
        !wn_json_set(root, "count", wn_json_new_integer(gen.dispatch.count));
    making->failed |= !wn_json_set(root, "folders", making->folders);
    making->failed |= !wn_json_set(root, "files", making->files);
    making->folders = making->files = NULL;
    if (!making->failed)
        wn_json_print(root, out);
    wn_buf_addc(out, '\n');
    making->failed |= out->failed;
    wn_json_destroy(root);
}

enum wn_status wn_manifest_make(int dir_fd,
                                const char *path,
                                struct wn_generation gen,
                                struct wn_buf *out,
                                struct wn_error *err)
{
    struct making making = {
        .root = path, .files = wn_json_new_list(), .folders = wn_json_new_list()};
    struct check check = {.dir_fd = dir_fd, .path = path};
    struct wn_buf body = {0};
    enum wn_status rc = wn_tree_walk(dir_fd, path, add_entry, &making, err);

    if (rc == WN_OK && !making.n_files)
        rc = wn_fail(err, WN_EINVAL, "%s holds no file: an empty checkpoint is none",
                     path);
    if (rc != WN_OK) {
        wn_json_destroy(making.files);
        wn_json_destroy(making.folders);
        return rc;
    }
    print_manifest(&making, gen, &body);
    if (!making.failed) {
        wn_buf_addf(out, WN_MANIFEST_NAME " %d %08" PRIx32 "\n", WN_MANIFEST_VERSION,
                    wn_crc32(0, body.at, body.n));
        wn_buf_add(out, body.at, body.n);
    }
    if (making.failed || out->failed)
        rc = wn_fail(err, WN_ENOMEM, "no memory for the manifest of %s", path);
    else
        /* A name that is no UTF-8 would be another one when it is read back. */
        rc = wn_manifest_parse(out->at, out->n, &gen, check_file, &check, err);
    if (rc == WN_ECORRUPT) {
        wn_wrap(err, "the names in %s cannot be written down", path);
        if (err)
            err->status = WN_EINVAL;
        rc = WN_EINVAL;
    }
    if (rc == WN_OK && out->n > WN_MANIFEST_MOST)
        rc = wn_fail(err, WN_EINVAL, "%s holds too many files (%zu) for one checkpoint",
                     path, making.n_files);
    wn_buf_release(&body);
    return rc;
}

enum wn_status wn_manifest_write(int dir_fd,
                                 const char *path,
                                 const struct wn_buf *text,
                                 struct wn_error *err)
{
    int fd = openat(dir_fd, WN_MANIFEST_NAME,
                    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    enum wn_status rc;

    if (fd < 0)
        return wn_fail_errno(err, WN_EIO, "cannot create the manifest of %s", path);
    rc = wn_file_write_all(fd, text->at, text->n, path, err);
    if (rc == WN_OK && !sync_fd(fd))
        rc = wn_fail_errno(err, WN_EIO, "cannot sync the manifest of %s", path);
    if (close(fd) != 0 && rc == WN_OK)
        rc = wn_fail_errno(err, WN_EIO, "cannot close the manifest of %s", path);
    if (rc == WN_OK && !sync_fd(dir_fd))
        rc = wn_fail_errno(err, WN_EIO, "cannot sync the folder %s", path);
    if (rc != WN_OK)
        unlinkat(dir_fd, WN_MANIFEST_NAME, 0);
    return rc;
}

/* Reading */

static enum wn_status read_into(int fd,
                                const char *path,
                                struct wn_buf *out,
                                struct wn_error *err)
{
    char chunk[16384];

    for (;;) {
        ssize_t got = read(fd, chunk, sizeof chunk);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return wn_fail_errno(err, WN_EIO, "cannot read the manifest of %s", path);
        if (!got)
            return WN_OK;
        wn_buf_add(out, chunk, (size_t)got);
        if (out->failed)
            return wn_fail(err, WN_ENOMEM, "no memory for the manifest of %s", path);
        if (out->n > WN_MANIFEST_MOST)
            return wn_fail(err, WN_ECORRUPT, "the manifest of %s is larger than %d bytes",
                           path, WN_MANIFEST_MOST);
    }
}

enum wn_status wn_manifest_read(int dir_fd,
                                const char *path,
                                char **text,
                                size_t *n,
                                struct wn_error *err)
{
    int fd =
        openat(dir_fd, WN_MANIFEST_NAME, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct wn_buf buf = {0};
    struct stat info;
    enum wn_status rc;

    if (fd < 0 && (errno == ENOENT || errno == ELOOP))
        return wn_fail(err, WN_ECORRUPT, "the checkpoint %s has no manifest", path);
    if (fd < 0)
        return wn_fail_errno(err, WN_EIO, "cannot open the manifest of %s", path);
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode))
        rc = wn_fail(err, WN_ECORRUPT, "the manifest of %s is not a file", path);
    else
        rc = read_into(fd, path, &buf, err);
    close(fd);
    if (rc == WN_OK) {
        size_t length = buf.n;
        char *taken = wn_buf_take(&buf);

        if (!taken)
            return wn_fail(err, WN_ENOMEM, "no memory for the manifest of %s", path);
        *text = taken;
        *n = length;
    }
    wn_buf_release(&buf);
    return rc;
}

/* A relative path without empty parts, . and .. */
static bool is_inside(const char *name)
{
    for (;;) {
        size_t n = strcspn(name, "/");

        if (!n || (n == 1 && name[0] == '.') || (n == 2 && !memcmp(name, "..", 2)))
            return false;
        if (!name[n])
            return true;
        name += n + 1;
    }
}

static bool parse_hex(const char *text, uint32_t *value)
{
    uint32_t v = 0;

    for (int i = 0; i < 8; i++) {
        char c = text[i];

        if (c >= '0' && c <= '9')
            v = v << 4 | (uint32_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            v = v << 4 | (uint32_t)(c - 'a' + 10);
        else
            return false;
    }
    *value = v;
    return true;
}

static enum wn_status parse_file(const struct wn_json *node,
                                 struct wn_manifest_file *out,
                                 struct wn_error *err)
{
    const struct wn_json *name = wn_json_get(node, "name");
    const struct wn_json *crc = wn_json_get(node, "crc32");
    int64_t size;

    if (!wn_json_is(name, WN_JSON_STRING) || !is_inside(wn_json_string(name)))
        return wn_fail(err, WN_ECORRUPT, "the manifest names a file outside");
    out->name = wn_json_string(name);
    if (!wn_json_integer(wn_json_get(node, "size"), &size) || size < 0)
        return wn_fail(err, WN_ECORRUPT, "the manifest gives no size for '%s'",
                       out->name);
    out->size = (uint64_t)size;
    if (!wn_json_is(crc, WN_JSON_STRING) || strlen(wn_json_string(crc)) != 8 ||
        !parse_hex(wn_json_string(crc), &out->crc))
        return wn_fail(err, WN_ECORRUPT, "the manifest gives no checksum for '%s'",
                       out->name);
    return WN_OK;
}

static enum wn_status check_generation(const struct wn_json *root,
                                       const struct wn_generation *gen,
                                       struct wn_error *err)
{
    static const char *const keys[] = {"trial", "resource", "incarnation", "count"};
    int64_t values[4];

    for (int i = 0; i < 4; i++)
        if (!wn_json_integer(wn_json_get(root, keys[i]), &values[i]))
            return wn_fail(err, WN_ECORRUPT, "the manifest has no '%s'", keys[i]);
    if (gen &&
        (values[0] != gen->trial || values[1] != gen->resource ||
         values[2] != gen->dispatch.incarnation || values[3] != gen->dispatch.count))
        return wn_fail(err, WN_ECORRUPT,
                       "the manifest is that of trial %lld at resource %lld",
                       (long long)values[0], (long long)values[1]);
    return WN_OK;
}

static enum wn_status parse_body(const struct wn_json *root,
                                 const struct wn_generation *gen,
                                 wn_manifest_fn *visit,
                                 void *arg,
                                 struct wn_error *err)
{
    const struct wn_json *files = wn_json_get(root, "files");
    const struct wn_json *folders = wn_json_get(root, "folders");
    enum wn_status rc = check_generation(root, gen, err);

    if (rc != WN_OK)
        return rc;
    if (!wn_json_is(files, WN_JSON_LIST) || !wn_json_size(files) ||
        !wn_json_is(folders, WN_JSON_LIST))
        return wn_fail(err, WN_ECORRUPT, "the manifest names no files");
    for (const struct wn_json *at = wn_json_first(folders); at; at = wn_json_next(at))
        if (!wn_json_is(at, WN_JSON_STRING) || !is_inside(wn_json_string(at)))
            return wn_fail(err, WN_ECORRUPT, "the manifest names a folder outside");
    for (const struct wn_json *at = wn_json_first(files); at; at = wn_json_next(at)) {
        struct wn_manifest_file file = {0};

        rc = parse_file(at, &file, err);
        if (rc == WN_OK && visit)
            rc = visit(arg, &file, err);
        if (rc != WN_OK)
            return rc;
    }
    return WN_OK;
}

enum wn_status wn_manifest_parse(const char *text,
                                 size_t n,
                                 const struct wn_generation *gen,
                                 wn_manifest_fn *visit,
                                 void *arg,
                                 struct wn_error *err)
{
    static const char start[] = WN_MANIFEST_NAME " ";
    const size_t n_start = sizeof start - 1;
    struct wn_json *root = NULL;
    struct wn_error trouble = {.text = ""};
    uint32_t crc;
    enum wn_status rc;

    if (n < HEAD || memcmp(text, start, n_start) != 0 || text[HEAD - 1] != '\n')
        return wn_fail(err, WN_ECORRUPT, "the manifest does not begin as one");
    if (text[n_start] != '0' + WN_MANIFEST_VERSION || text[n_start + 1] != ' ')
        return wn_fail(err, WN_EVERSION, "the manifest has another format than %d",
                       WN_MANIFEST_VERSION);
    if (!parse_hex(text + HEAD - 9, &crc) || crc != wn_crc32(0, text + HEAD, n - HEAD))
        return wn_fail(err, WN_ECORRUPT, "the manifest does not fit its own checksum");
    rc = wn_json_parse(text + HEAD, n - HEAD, &root, &trouble);
    if (rc == WN_ENOMEM)
        return wn_fail(err, WN_ENOMEM, "no memory for a manifest");
    if (rc != WN_OK)
        return wn_fail(err, WN_ECORRUPT, "the manifest is no JSON: %.300s", trouble.text);
    rc = parse_body(root, gen, visit, arg, err);
    wn_json_destroy(root);
    return rc;
}

/* Checking */

static enum wn_status check_file(void *arg,
                                 const struct wn_manifest_file *file,
                                 struct wn_error *err)
{
    const struct check *check = arg;
    struct wn_error trouble = {.text = ""};
    struct stat info;
    uint64_t size = 0;
    uint32_t crc = 0;
    int fd = -1;
    enum wn_status rc =
        wn_tree_open(check->dir_fd, check->path, file->name, O_RDONLY, &fd, &trouble);

    if (rc != WN_OK) {
        if (rc == WN_EINVAL || trouble.native == ENOENT || trouble.native == ELOOP ||
            trouble.native == ENOTDIR)
            trouble.status = WN_ECORRUPT; /* gone or replaced: not the disk's trouble */
        if (err)
            *err = trouble;
        return trouble.status;
    }
    if (fstat(fd, &info) != 0)
        rc = wn_fail_errno(err, WN_EIO, "cannot look at %s/%s", check->path, file->name);
    else if (!S_ISREG(info.st_mode))
        rc = wn_fail(err, WN_ECORRUPT, "%s/%s is no file any more", check->path,
                     file->name);
    else if ((uint64_t)info.st_size != file->size)
        rc = wn_fail(err, WN_ECORRUPT, "%s/%s has %lld bytes, not %llu", check->path,
                     file->name, (long long)info.st_size, (unsigned long long)file->size);
    else if (check->deep)
        rc = wn_tree_checksum(fd, file->name, &size, &crc, err);
    if (rc == WN_OK && check->deep && (crc != file->crc || size != file->size))
        rc = wn_fail(err, WN_ECORRUPT, "%s/%s does not fit its checksum", check->path,
                     file->name);
    close(fd);
    return rc;
}

enum wn_status wn_manifest_verify(int dir_fd,
                                  const char *path,
                                  struct wn_generation gen,
                                  bool deep,
                                  struct wn_error *err)
{
    struct check check = {.dir_fd = dir_fd, .path = path, .deep = deep};
    char *text = NULL;
    size_t n = 0;
    enum wn_status rc = wn_manifest_read(dir_fd, path, &text, &n, err);

    if (rc != WN_OK)
        return rc;
    rc = wn_manifest_parse(text, n, &gen, check_file, &check, err);
    if (rc != WN_OK)
        wn_wrap(err, "the checkpoint %s", path);
    wn_free(text);
    return rc;
}

/* file.c - files and folders, by descriptor where a link could lead astray.
 *
 * Reading and listing refuse a link in the last place; a path that a user typed is first
 * made absolute, which resolves its links. Deleting walks from descriptor to descriptor,
 * so that a folder exchanged for a link meanwhile is not followed either.
 */
#define _GNU_SOURCE /* realpath, O_DIRECTORY with strict C17 */
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"

enum { REMOVE_DEPTH_MOST = 128, TEMPORARY_TRIES = 1000 };

_Static_assert(WN_PATH_MAX >= PATH_MAX, "realpath writes up to PATH_MAX bytes");

/* Paths */

/* Append name to the path of n bytes in `path`; false if it does not fit. */
static bool append_name(char *path, size_t *n, const char *name, size_t n_name)
{
    size_t n_slash = *n > 0 && path[*n - 1] != '/';

    if (*n + n_slash + n_name >= WN_PATH_MAX)
        return false;
    if (n_slash)
        path[(*n)++] = '/';
    memcpy(path + *n, name, n_name);
    *n += n_name;
    path[*n] = '\0';
    return true;
}

enum wn_status wn_path_join(char *out,
                            struct wn_error *err,
                            const char *dir,
                            const char *name)
{
    size_t n = strlen(dir);

    if (!*name || *name == '/')
        return wn_fail(err, WN_EINVAL, "'%s' is no name below the folder %s", name, dir);
    if (n >= WN_PATH_MAX)
        return wn_fail(err, WN_EINVAL, "a path of %zu bytes is too long: %.80s...", n,
                       dir);
    memmove(out, dir, n + 1); /* out may be dir itself */
    if (!append_name(out, &n, name, strlen(name))) {
        out[n] = '\0';
        return wn_fail(err, WN_EINVAL, "the path is longer than %d bytes: %.80s.../%.80s",
                       WN_PATH_MAX - 1, out, name);
    }
    return WN_OK;
}

/* Append the names of `rest`, which do not exist, with . and .. taken literally. */
static enum wn_status append_missing(char *out, const char *rest, struct wn_error *err)
{
    size_t n = strlen(out);

    while (*rest) {
        size_t n_name = strcspn(rest, "/");

        if (n_name == 2 && rest[0] == '.' && rest[1] == '.') {
            while (n > 1 && out[n - 1] != '/')
                n--;
            if (n > 1)
                n--; /* the slash */
            out[n] = '\0';
        } else if (n_name && !(n_name == 1 && rest[0] == '.')) {
            if (!append_name(out, &n, rest, n_name))
                return wn_fail(err, WN_EINVAL, "the path is too long: %.80s...", out);
        }
        rest += n_name;
        rest += strspn(rest, "/");
    }
    return WN_OK;
}

enum wn_status wn_path_absolute(const char *path, char *out, struct wn_error *err)
{
    char head[WN_PATH_MAX];
    size_t n = 0;

    if (!*path)
        return wn_fail(err, WN_EINVAL, "an empty path names no file");
    head[0] = '\0';
    if (*path != '/') {
        if (!getcwd(head, sizeof head))
            return wn_fail_errno(err, WN_ESYSTEM, "cannot find the current folder");
        n = strlen(head);
    }
    if (!append_name(head, &n, path, strlen(path)))
        return wn_fail(err, WN_EINVAL, "the path is too long: %.80s...", path);
    /* Shorten until something exists; what was cut off is missing. */
    for (size_t cut = n; cut > 0;) {
        char saved = head[cut];

        head[cut] = '\0';
        if (realpath(head, out)) {
            head[cut] = saved;
            return append_missing(out, head + cut + strspn(head + cut, "/"), err);
        }
        if (errno != ENOENT)
            return wn_fail_errno(err, WN_EIO, "cannot resolve the path %s", head);
        head[cut] = saved;
        while (cut > 0 && head[cut - 1] != '/')
            cut--;
        while (cut > 1 && head[cut - 1] == '/')
            cut--;
    }
    return wn_fail(err, WN_EIO, "cannot resolve the path %s", path);
}

enum wn_status wn_path_beside(const char *dir,
                              const char *written,
                              char *out,
                              struct wn_error *err)
{
    struct wn_buf path = {0};
    enum wn_status rc;

    if (*written != '/' && dir)
        wn_buf_addf(&path, "%s/", dir);
    wn_buf_adds(&path, written);
    rc = path.failed ? wn_fail(err, WN_ENOMEM, "no memory for a path")
                     : wn_path_absolute(wn_buf_text(&path), out, err);
    wn_buf_release(&path);
    return rc;
}

/* The folder a path lies in. */
static enum wn_status parent_of(const char *path,
                                char out[WN_PATH_MAX],
                                struct wn_error *err)
{
    const char *slash = strrchr(path, '/');
    size_t n = slash ? (size_t)(slash - path) : 0;

    if (n >= WN_PATH_MAX)
        return wn_fail(err, WN_EINVAL, "the path is too long: %.80s...", path);
    if (!slash) {
        out[n++] = '.';
    } else if (!n) {
        out[n++] = '/';
    } else {
        memcpy(out, path, n);
    }
    out[n] = '\0';
    return WN_OK;
}

/* Without a native code what is there is no regular file. */
enum wn_status wn_path_blame(enum wn_status rc, struct wn_error *err)
{
    static const int wrong[] = {0, ENOENT, ENOTDIR, ELOOP};

    for (size_t i = 0; rc == WN_EIO && err && i < sizeof wrong / sizeof *wrong; i++)
        if (err->native == wrong[i])
            rc = err->status = WN_EINVAL;
    return rc;
}

/* Reading */

static enum wn_status fail_open(const char *path, const char *what, struct wn_error *err)
{
    struct stat info;

    if (errno == ELOOP || errno == ENOTDIR) {
        int saved = errno;

        if (lstat(path, &info) == 0 && S_ISLNK(info.st_mode))
            return wn_error_set(err, WN_EIO, ELOOP, __FILE__, __LINE__,
                                "cannot open %s %s: it is a symbolic link", what, path);
        errno = saved;
    }
    return wn_fail_errno(err, WN_EIO, "cannot open %s %s", what, path);
}

static enum wn_status read_all(int fd,
                               size_t limit,
                               const char *path,
                               struct wn_buf *buf,
                               struct wn_error *err)
{
    char chunk[16384];

    for (;;) {
        ssize_t n = read(fd, chunk, sizeof chunk);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return wn_fail_errno(err, WN_EIO, "cannot read %s", path);
        if (n == 0)
            return WN_OK;
        if ((size_t)n > limit - buf->n)
            return wn_fail(err, WN_EINVAL, "%s is larger than the %zu bytes allowed",
                           path, limit);
        wn_buf_add(buf, chunk, (size_t)n);
        if (buf->failed)
            return wn_fail(err, WN_ENOMEM, "no memory to read %s", path);
    }
}

/* The size is what it was a moment ago: a hint that saves moving large files about. */
static enum wn_status read_sized(int fd,
                                 size_t size,
                                 size_t limit,
                                 const char *path,
                                 struct wn_buf *buf,
                                 struct wn_error *err)
{
    if (size <= limit && !wn_buf_reserve(buf, size))
        return wn_fail(err, WN_ENOMEM, "no memory to read %s", path);
    return read_all(fd, limit, path, buf, err);
}

/* *fd is negative unless it is a regular file. */
static enum wn_status open_regular(const char *path,
                                   int *fd,
                                   size_t *size,
                                   struct wn_error *err)
{
    struct stat info;
    enum wn_status rc = WN_OK;

    /* Not blocking: a FIFO in the place of a file must not hang us. */
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (*fd < 0)
        return fail_open(path, "the file", err);
    if (fstat(*fd, &info) != 0)
        rc = wn_fail_errno(err, WN_EIO, "cannot look at %s", path);
    else if (!S_ISREG(info.st_mode))
        rc = wn_fail(err, WN_EIO, "%s is not a regular file", path);
    else
        *size = (size_t)info.st_size;
    if (rc != WN_OK) {
        close(*fd);
        *fd = -1;
    }
    return rc;
}

enum wn_status wn_file_read(const char *path,
                            size_t limit,
                            char **text,
                            size_t *n,
                            struct wn_error *err)
{
    struct wn_buf buf = {0};
    size_t size = 0, n_read;
    int fd;
    enum wn_status rc = open_regular(path, &fd, &size, err);

    if (rc != WN_OK)
        return rc;
    rc = read_sized(fd, size, limit, path, &buf, err);
    close(fd);
    if (rc != WN_OK) {
        wn_buf_release(&buf);
        return rc;
    }
    n_read = buf.n;
    *text = wn_buf_take(&buf);
    if (!*text)
        return wn_fail(err, WN_ENOMEM, "no memory to read %s", path);
    *n = n_read;
    return WN_OK;
}

/* All `n` bytes from `at` on; errno is 0 if the file ends before. */
static bool read_at(int fd, char *bytes, size_t n, off_t at)
{
    while (n) {
        ssize_t got = pread(fd, bytes, n, at);

        if (got < 0 && errno == EINTR)
            continue;
        if (got == 0)
            errno = 0;
        if (got <= 0)
            return false;
        bytes += got;
        n -= (size_t)got;
        at += got;
    }
    return true;
}

enum wn_status wn_file_read_end(const char *path,
                                void *bytes,
                                size_t n,
                                size_t *size,
                                struct wn_error *err)
{
    size_t there;
    int fd;
    enum wn_status rc = open_regular(path, &fd, size, err);

    if (rc != WN_OK)
        return rc;
    there = *size < n ? *size : n;
    memset(bytes, 0, n);
    if (!read_at(fd, (char *)bytes + n - there, there, (off_t)(*size - there)))
        rc = errno ? wn_fail_errno(err, WN_EIO, "cannot read the end of %s", path)
                   : wn_fail(err, WN_EIO, "%s became shorter while it was read", path);
    close(fd);
    return rc;
}

enum wn_status wn_file_map(const char *path,
                           void **bytes,
                           size_t *n,
                           struct wn_error *err)
{
    int fd;
    void *at;
    enum wn_status rc = open_regular(path, &fd, n, err);

    if (rc != WN_OK)
        return rc;
    at = mmap(NULL, *n, PROT_READ, MAP_PRIVATE, fd, 0);
    if (at == MAP_FAILED)
        rc = wn_fail_errno(err, WN_EIO, "cannot map %s", path);
    else
        *bytes = at;
    close(fd);
    return rc;
}

bool wn_file_exists(const char *path)
{
    struct stat info;

    return lstat(path, &info) == 0;
}

/* Writing */

enum wn_status wn_file_write_all(int fd,
                                 const void *bytes,
                                 size_t n,
                                 const char *path,
                                 struct wn_error *err)
{
    const char *at = bytes;

    while (n > 0) {
        ssize_t n_written = write(fd, at, n);

        if (n_written < 0 && errno == EINTR)
            continue;
        if (n_written < 0)
            return wn_fail_errno(err, WN_EIO, "cannot write %s", path);
        at += n_written;
        n -= (size_t)n_written;
    }
    return WN_OK;
}

enum wn_status wn_file_sync_dir(const char *path, struct wn_error *err)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    enum wn_status rc = WN_OK;

    if (fd < 0)
        return fail_open(path, "the folder", err);
    /* EINVAL: a file system that has nothing to sync in folders. */
    if (fsync(fd) != 0 && errno != EINVAL)
        rc = wn_fail_errno(err, WN_EIO, "cannot sync the folder %s", path);
    close(fd);
    return rc;
}

#define TEMPORARY_BEGIN ".winnow-"
#define TEMPORARY_END   ".tmp"

bool wn_file_is_temporary(const char *name)
{
    size_t n = strlen(name), n_end = strlen(TEMPORARY_END);

    return strncmp(name, TEMPORARY_BEGIN, strlen(TEMPORARY_BEGIN)) == 0 && n > n_end &&
           strcmp(name + n - n_end, TEMPORARY_END) == 0;
}

/* Create a file of our own in `dir`; its path goes to `out`. The name holds the process
 * number, and O_EXCL settles the rest (other hosts, files left by a crash). */
static enum wn_status create_temporary(const char *dir,
                                       char out[WN_PATH_MAX],
                                       int *fd,
                                       struct wn_error *err)
{
    static atomic_uint counter;
    char name[64];
    enum wn_status rc;

    for (int i = 0; i < TEMPORARY_TRIES; i++) {
        snprintf(name, sizeof name, TEMPORARY_BEGIN "%ld-%u" TEMPORARY_END,
                 (long)getpid(), atomic_fetch_add(&counter, 1));
        rc = wn_path_join(out, err, dir, name);
        if (rc != WN_OK)
            return rc;
        *fd = open(out, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
        if (*fd >= 0)
            return WN_OK;
        if (errno != EEXIST)
            break;
    }
    return wn_fail_errno(err, WN_EIO, "cannot create a file in the folder %s", dir);
}

enum wn_status wn_file_replace(const char *path,
                               const void *bytes,
                               size_t n,
                               struct wn_error *err)
{
    char dir[WN_PATH_MAX], temporary[WN_PATH_MAX];
    int fd = -1;
    enum wn_status rc = parent_of(path, dir, err);

    if (rc == WN_OK)
        rc = create_temporary(dir, temporary, &fd, err);
    if (rc != WN_OK)
        return rc;
    rc = wn_file_write_all(fd, bytes, n, temporary, err);
    if (rc == WN_OK && fsync(fd) != 0)
        rc = wn_fail_errno(err, WN_EIO, "cannot sync %s", temporary);
    if (close(fd) != 0 && rc == WN_OK)
        rc = wn_fail_errno(err, WN_EIO, "cannot close %s", temporary);
    if (rc == WN_OK && rename(temporary, path) != 0)
        rc = wn_fail_errno(err, WN_EIO, "cannot rename %s to %s", temporary, path);
    if (rc != WN_OK) {
        unlink(temporary);
        return rc;
    }
    return wn_file_sync_dir(dir, err);
}

/* Folders */

/* One folder; an existing one is success. */
static enum wn_status make_one(const char *path, bool may_be_link, struct wn_error *err)
{
    struct stat info;

    if (mkdir(path, 0777) == 0)
        return WN_OK;
    if (errno != EEXIST)
        return wn_fail_errno(err, WN_EIO, "cannot make the folder %s", path);
    if ((may_be_link ? stat : lstat)(path, &info) != 0)
        return wn_fail_errno(err, WN_EIO, "cannot look at %s", path);
    if (!S_ISDIR(info.st_mode))
        return wn_error_set(err, WN_EIO, S_ISLNK(info.st_mode) ? ELOOP : ENOTDIR,
                            __FILE__, __LINE__, "%s exists and is %s, not a folder", path,
                            S_ISLNK(info.st_mode) ? "a symbolic link" : "a file");
    return WN_OK;
}

enum wn_status wn_dir_make(const char *path, struct wn_error *err)
{
    char part[WN_PATH_MAX];
    size_t n = strlen(path);
    struct stat info;

    while (n > 1 && path[n - 1] == '/')
        n--; /* a slash at the end would follow a link */
    if (!n || n >= WN_PATH_MAX)
        return wn_fail(err, WN_EINVAL, "cannot make a folder whose path has %zu bytes",
                       n);
    memcpy(part, path, n);
    part[n] = '\0';
    if (lstat(part, &info) == 0 && S_ISDIR(info.st_mode))
        return WN_OK;
    for (size_t i = 1; i < n; i++) {
        enum wn_status rc;

        if (part[i] != '/' || part[i - 1] == '/')
            continue;
        part[i] = '\0';
        /* Looked at first: a folder above may exist and forbid mkdir (EROFS, EACCES). */
        rc = stat(part, &info) == 0 && S_ISDIR(info.st_mode) ? WN_OK
                                                             : make_one(part, true, err);
        part[i] = '/';
        if (rc != WN_OK)
            return rc;
    }
    return make_one(part, false, err);
}

struct names {
    char **at;
    size_t n, room;
};

static void names_release(struct names *names)
{
    for (size_t i = 0; i < names->n; i++)
        wn_free(names->at[i]);
    wn_vec_release(names);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The sorted names in an open folder. Takes `fd`. */
static enum wn_status read_names(int fd,
                                 const char *path,
                                 struct names *names,
                                 struct wn_error *err)
{
    DIR *dir = fdopendir(fd);
    enum wn_status rc = WN_OK;

    if (!dir) {
        rc = wn_fail_errno(err, WN_EIO, "cannot list the folder %s", path);
        close(fd);
        return rc;
    }
    for (;;) {
        struct dirent *entry;
        char **slot;

        errno = 0;
        entry = readdir(dir);
        if (!entry) {
            if (errno)
                rc = wn_fail_errno(err, WN_EIO, "cannot list the folder %s", path);
            break;
        }
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        slot = wn_vec_push(names);
        if (slot)
            *slot = wn_strdup(entry->d_name);
        if (!slot || !*slot) {
            rc = wn_fail(err, WN_ENOMEM, "no memory to list the folder %s", path);
            break;
        }
    }
    closedir(dir);
    if (rc == WN_OK && names->at)
        qsort(names->at, names->n, sizeof names->at[0], compare_names);
    return rc;
}

enum wn_status wn_dir_list(const char *path,
                           wn_dir_visit_fn *visit,
                           void *arg,
                           struct wn_error *err)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    struct names names = {0};
    enum wn_status rc;

    if (fd < 0)
        return fail_open(path, "the folder", err);
    rc = read_names(fd, path, &names, err);
    for (size_t i = 0; rc == WN_OK && i < names.n; i++)
        rc = visit(arg, names.at[i], err);
    names_release(&names);
    return rc;
}

static enum wn_status remove_at(int parent,
                                const char *name,
                                const char *path,
                                int depth,
                                struct wn_error *err);

/* Empty an open folder. Takes `fd`; `path` is for messages. */
static enum wn_status empty_folder(int fd,
                                   const char *path,
                                   int depth,
                                   struct wn_error *err)
{
    struct names names = {0};
    int listed = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    enum wn_status rc;

    if (listed < 0)
        rc = wn_fail_errno(err, WN_EIO, "cannot list the folder %s", path);
    else
        rc = read_names(listed, path, &names, err);
    for (size_t i = 0; rc == WN_OK && i < names.n; i++)
        rc = remove_at(fd, names.at[i], path, depth + 1, err);
    names_release(&names);
    close(fd);
    return rc;
}

/* Delete `name` of the open folder `parent`, whatever it is. What vanished meanwhile
 * needs no deleting. */
static enum wn_status remove_at(int parent,
                                const char *name,
                                const char *path,
                                int depth,
                                struct wn_error *err)
{
    enum wn_status rc;
    int fd;

    if (unlinkat(parent, name, 0) == 0 || errno == ENOENT)
        return WN_OK;
    if (errno != EISDIR && errno != EPERM) /* Linux and POSIX for "is a folder" */
        return wn_fail_errno(err, WN_EIO, "cannot delete %s in %s", name, path);
    if (depth > REMOVE_DEPTH_MOST)
        return wn_fail(err, WN_EIO,
                       "cannot delete %s: it holds folders more than %d deep", path,
                       REMOVE_DEPTH_MOST);
    fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return errno == ENOENT
                   ? WN_OK
                   : wn_fail_errno(err, WN_EIO, "cannot open %s in %s", name, path);
    rc = empty_folder(fd, path, depth, err);
    if (rc == WN_OK && unlinkat(parent, name, AT_REMOVEDIR) != 0 && errno != ENOENT)
        rc = wn_fail_errno(err, WN_EIO, "cannot delete the folder %s in %s", name, path);
    return rc;
}

enum wn_status wn_dir_remove(const char *path, struct wn_error *err)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    enum wn_status rc;

    if (fd < 0)
        return errno == ENOENT ? WN_OK : fail_open(path, "the folder", err);
    rc = empty_folder(fd, path, 0, err);
    if (rc == WN_OK && rmdir(path) != 0 && errno != ENOENT)
        rc = wn_fail_errno(err, WN_EIO, "cannot delete the folder %s", path);
    return rc;
}

static bool is_plain_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '_' || c == '-' || c == '.';
}

bool wn_name_is_plain(const char *name)
{
    size_t n = 0;

    if (*name == '-' || *name == '.')
        return false;
    for (; name[n]; n++)
        if (n == 128 || !is_plain_char(name[n]))
            return false;
    return n > 0;
}

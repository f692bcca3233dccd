/* tree.c - walking, listing, opening and removing trees by descriptor. */
#define _GNU_SOURCE /* openat, fdopendir, O_NOFOLLOW with strict C17 */
#include "checkpoint/tree_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/checksum.h"
#include "base/file.h"
#include "base/mem.h"

enum { DEPTH_MOST = 64, CHUNK = 256 * 1024 };

/* Listing */

struct names {
    WN_VEC(char *) list;
};

static void names_release(struct names *names)
{
    for (size_t i = 0; i < names->list.n; i++)
        wn_free(names->list.at[i]);
    wn_vec_release(&names->list);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static enum wn_status read_names(int dir_fd,
                                 const char *path,
                                 struct names *out,
                                 struct wn_error *err)
{
    int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    enum wn_status rc = WN_OK;

    if (!dir) {
        rc = wn_fail_errno(err, WN_EIO, "cannot list the folder %s", path);
        if (fd >= 0)
            close(fd);
        return rc;
    }
    for (;;) {
        struct dirent *entry;
        char **item;

        errno = 0;
        entry = readdir(dir);
        if (!entry && errno)
            rc = wn_fail_errno(err, WN_EIO, "cannot list the folder %s", path);
        if (!entry)
            break;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        item = wn_vec_push(&out->list);
        if (item)
            *item = wn_strdup(entry->d_name);
        if (!item || !*item) {
            rc = wn_fail(err, WN_ENOMEM, "no memory to list the folder %s", path);
            break;
        }
    }
    closedir(dir);
    if (rc == WN_OK && out->list.at)
        qsort(out->list.at, out->list.n, sizeof *out->list.at, compare_names);
    return rc;
}

enum wn_status wn_tree_list(int dir_fd,
                            const char *path,
                            enum wn_status (*visit)(void *arg,
                                                    const char *name,
                                                    struct wn_error *err),
                            void *arg,
                            struct wn_error *err)
{
    struct names names = {0};
    enum wn_status rc = read_names(dir_fd, path, &names, err);

    for (size_t i = 0; i < names.list.n && rc == WN_OK; i++)
        rc = visit(arg, names.list.at[i], err);
    names_release(&names);
    return rc;
}

/* Walking */

struct walk {
    const char *root; /* for messages */
    wn_tree_fn *visit;
    void *arg;
    char path[WN_PATH_MAX]; /* below the root */
};

static enum wn_status walk_folder(struct walk *walk,
                                  int fd,
                                  size_t n_path,
                                  int depth,
                                  struct wn_error *err);

/* Append "/name" to the path; false if it does not fit. */
static bool extend(struct walk *walk, size_t n_path, const char *name)
{
    size_t n = strlen(name), n_slash = n_path > 0;

    if (n_path + n_slash + n >= sizeof walk->path)
        return false;
    if (n_slash)
        walk->path[n_path] = '/';
    memcpy(walk->path + n_path + n_slash, name, n + 1);
    return true;
}

static enum wn_status walk_entry(struct walk *walk,
                                 int dir_fd,
                                 const char *name,
                                 size_t n_path,
                                 int depth,
                                 struct wn_error *err)
{
    struct wn_tree_entry entry = {
        .kind = WN_TREE_FILE, .path = walk->path, .name = name, .dir_fd = dir_fd};
    enum wn_status rc;
    int fd;

    if (!extend(walk, n_path, name))
        return wn_fail(err, WN_EINVAL, "the path of %s in %s is too long", name,
                       walk->root);
    if (fstatat(dir_fd, name, &entry.info, AT_SYMLINK_NOFOLLOW) != 0)
        return wn_fail_errno(err, WN_EIO, "cannot look at %s/%s", walk->root, walk->path);
    if (S_ISREG(entry.info.st_mode))
        return walk->visit(walk->arg, &entry, err);
    if (!S_ISDIR(entry.info.st_mode))
        return wn_fail(
            err, WN_EINVAL, "%s/%s is %s: a checkpoint holds only files and folders",
            walk->root, walk->path,
            S_ISLNK(entry.info.st_mode) ? "a symbolic link" : "a device, pipe or socket");
    if (depth >= DEPTH_MOST)
        return wn_fail(err, WN_EINVAL, "%s/%s is nested deeper than %d folders",
                       walk->root, walk->path, DEPTH_MOST);
    fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return wn_fail_errno(err, WN_EIO, "cannot open %s/%s", walk->root, walk->path);
    rc = walk_folder(walk, fd, strlen(walk->path), depth + 1, err);
    close(fd);
    return rc;
}

static enum wn_status walk_folder(struct walk *walk,
                                  int fd,
                                  size_t n_path,
                                  int depth,
                                  struct wn_error *err)
{
    struct wn_tree_entry entry = {
        .kind = WN_TREE_ENTER, .path = walk->path, .dir_fd = fd};
    const char *slash = strrchr(walk->path, '/');
    struct names names = {0};
    enum wn_status rc;

    entry.name = slash ? slash + 1 : walk->path;
    if (fstat(fd, &entry.info) != 0)
        return wn_fail_errno(err, WN_EIO, "cannot look at %s/%s", walk->root, walk->path);
    rc = walk->visit(walk->arg, &entry, err);
    if (rc == WN_OK)
        rc = read_names(fd, walk->root, &names, err);
    for (size_t i = 0; i < names.list.n && rc == WN_OK; i++)
        rc = walk_entry(walk, fd, names.list.at[i], n_path, depth, err);
    names_release(&names);
    walk->path[n_path] = '\0';
    entry.kind = WN_TREE_LEAVE;
    return rc == WN_OK ? walk->visit(walk->arg, &entry, err) : rc;
}

enum wn_status wn_tree_walk(int root_fd,
                            const char *root,
                            wn_tree_fn *visit,
                            void *arg,
                            struct wn_error *err)
{
    struct walk walk = {.root = root, .visit = visit, .arg = arg};

    return walk_folder(&walk, root_fd, 0, 0, err);
}

/* Opening */

enum wn_status wn_tree_open(int dir_fd,
                            const char *root,
                            const char *path,
                            int flags,
                            int *fd,
                            struct wn_error *err)
{
    int at = dir_fd;
    const char *rest = path;

    for (;;) {
        size_t n = strcspn(rest, "/");
        bool is_last = rest[n] == '\0';
        char part[256];
        int next;

        if (!n || n >= sizeof part || (n == 1 && rest[0] == '.') ||
            (n == 2 && rest[0] == '.' && rest[1] == '.')) {
            if (at != dir_fd)
                close(at);
            return wn_fail(err, WN_EINVAL, "'%s' is no path below %s", path, root);
        }
        memcpy(part, rest, n);
        part[n] = '\0';
        next = openat(at, part,
                      (is_last ? flags : O_RDONLY | O_DIRECTORY) | O_NOFOLLOW |
                          O_CLOEXEC | O_NONBLOCK,
                      0666);
        if (next < 0)
            wn_fail_errno(err, WN_EIO, "cannot open %s/%s", root, path);
        if (at != dir_fd)
            close(at);
        if (next < 0)
            return WN_EIO;
        if (is_last) {
            *fd = next;
            return WN_OK;
        }
        at = next;
        rest += n + 1;
    }
}

/* Removing */

static enum wn_status remove_at(int dir_fd,
                                const char *root,
                                const char *name,
                                int depth,
                                struct wn_error *err)
{
    struct names names = {0};
    enum wn_status rc;
    int fd;

    if (unlinkat(dir_fd, name, 0) == 0 || errno == ENOENT)
        return WN_OK;
    if (errno != EISDIR && errno != EPERM)
        return wn_fail_errno(err, WN_EIO, "cannot remove %s in %s", name, root);
    if (depth > 2 * DEPTH_MOST)
        return wn_fail(err, WN_EIO, "%s in %s is nested too deeply to be removed", name,
                       root);
    fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return WN_OK;
    if (fd < 0)
        return wn_fail_errno(err, WN_EIO, "cannot open %s in %s to remove it", name,
                             root);
    rc = read_names(fd, name, &names, err);
    for (size_t i = 0; i < names.list.n && rc == WN_OK; i++)
        rc = remove_at(fd, root, names.list.at[i], depth + 1, err);
    names_release(&names);
    close(fd);
    if (rc == WN_OK && unlinkat(dir_fd, name, AT_REMOVEDIR) != 0 && errno != ENOENT)
        rc = wn_fail_errno(err, WN_EIO, "cannot remove the folder %s in %s", name, root);
    return rc;
}

enum wn_status wn_tree_remove(int dir_fd,
                              const char *root,
                              const char *name,
                              struct wn_error *err)
{
    return remove_at(dir_fd, root, name, 0, err);
}

/* Content */

enum wn_status wn_tree_checksum(int fd,
                                const char *path,
                                uint64_t *size,
                                uint32_t *crc,
                                struct wn_error *err)
{
    unsigned char *bytes = wn_alloc(CHUNK);
    enum wn_status rc = WN_OK;
    uint64_t n = 0;
    uint32_t sum = 0;

    if (!bytes)
        return wn_fail(err, WN_ENOMEM, "no memory to read %s", path);
    for (;;) {
        ssize_t got = pread(fd, bytes, CHUNK, (off_t)n);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            rc = wn_fail_errno(err, WN_EIO, "cannot read %s", path);
        if (got <= 0)
            break;
        sum = wn_crc32(sum, bytes, (size_t)got);
        n += (uint64_t)got;
    }
    wn_free(bytes);
    if (rc == WN_OK) {
        *size = n;
        *crc = sum;
    }
    return rc;
}

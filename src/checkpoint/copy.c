/* copy.c - copying trees, cheaply where the file system helps, and noticing change.
 *
 * File systems stamp files with a clock that ticks every few milliseconds: a write that
 * follows `since_ns` by less than a tick may carry an earlier stamp. Whoever needs more
 * stops the writer first, as the callers here do.
 */
#define _GNU_SOURCE /* copy_file_range, FICLONE */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/fs.h>

#include "base/file.h"
#include "base/mem.h"
#include "checkpoint/tree_internal.h"

enum { CHUNK = 256 * 1024, IN_KERNEL_MOST = 1 << 30 };

static enum wn_status copy_by_hand(int from_fd,
                                   int to_fd,
                                   const char *path,
                                   struct wn_error *err)
{
    char *bytes = wn_alloc(CHUNK);
    enum wn_status rc = WN_OK;

    if (!bytes)
        return wn_fail(err, WN_ENOMEM, "no memory to copy %s", path);
    while (rc == WN_OK) {
        ssize_t got = read(from_fd, bytes, CHUNK);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            rc = wn_fail_errno(err, WN_EIO, "cannot read %s", path);
        if (got <= 0)
            break;
        rc = wn_file_write_all(to_fd, bytes, (size_t)got, path, err);
    }
    wn_free(bytes);
    return rc;
}

enum wn_status wn_tree_copy_content(int from_fd,
                                    int to_fd,
                                    const char *path,
                                    struct wn_error *err)
{
    if (ioctl(to_fd, FICLONE, from_fd) == 0)
        return WN_OK;
    for (;;) {
        ssize_t done = copy_file_range(from_fd, NULL, to_fd, NULL, IN_KERNEL_MOST, 0);

        if (done > 0 || (done < 0 && errno == EINTR))
            continue;
        /* Both descriptors stand where it ended. Some kernels say 0 for files that are
         * not stored (procfs) and every error for something else: reading decides. */
        return copy_by_hand(from_fd, to_fd, path, err);
    }
}

struct copy {
    const char *from, *omit;
    int to_fd;
    int64_t since_ns;
    bool *is_stable;             /* NULL: change is no matter */
    WN_VEC(struct stat) folders; /* as they were when entered, innermost last */
};

static int64_t stamp_ns(const struct timespec *stamp)
{
    return (int64_t)stamp->tv_sec * 1000000000 + stamp->tv_nsec;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
    return a->st_size == b->st_size && a->st_ino == b->st_ino &&
           stamp_ns(&a->st_mtim) == stamp_ns(&b->st_mtim) &&
           stamp_ns(&a->st_ctim) == stamp_ns(&b->st_ctim);
}

/* Note a change; the walk is ended by a status that nobody else sees. */
static enum wn_status give_up(struct copy *copy, const char *path, struct wn_error *err)
{
    *copy->is_stable = false;
    return wn_fail(err, WN_EBUSY, "%s/%s changed", copy->from, path);
}

static bool has_changed(const struct copy *copy,
                        const struct stat *before,
                        const struct stat *now)
{
    return copy->is_stable && (stamp_ns(&now->st_mtim) > copy->since_ns ||
                               (before && !is_same(before, now)));
}

static enum wn_status copy_file(struct copy *copy,
                                const struct wn_tree_entry *entry,
                                struct wn_error *err)
{
    struct stat before, after;
    int from_fd = openat(entry->dir_fd, entry->name,
                         O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    int to_fd = -1;
    enum wn_status rc;

    if (from_fd < 0 && errno == ENOENT && copy->is_stable)
        return give_up(copy, entry->path, err);
    if (from_fd < 0 || fstat(from_fd, &before) != 0) {
        rc = wn_fail_errno(err, WN_EIO, "cannot open %s/%s", copy->from, entry->path);
        goto out;
    }
    if (has_changed(copy, &entry->info, &before)) {
        rc = give_up(copy, entry->path, err);
        goto out;
    }
    rc = wn_tree_open(copy->to_fd, "the copy", entry->path, O_WRONLY | O_CREAT | O_EXCL,
                      &to_fd, err);
    if (rc == WN_OK)
        rc = wn_tree_copy_content(from_fd, to_fd, entry->path, err);
    /* Programs and scripts beside the weights stay programs; the umask holds. */
    if (rc == WN_OK && (before.st_mode & 0111)) {
        struct stat made;

        if (fstat(to_fd, &made) == 0)
            (void)fchmod(to_fd, (made.st_mode | ((made.st_mode & 0444) >> 2)) & 0777);
    }
    if (rc == WN_OK && copy->is_stable &&
        (fstat(from_fd, &after) != 0 || has_changed(copy, &before, &after)))
        rc = give_up(copy, entry->path, err);
out:
    if (to_fd >= 0 && close(to_fd) != 0 && rc == WN_OK)
        rc = wn_fail_errno(err, WN_EIO, "cannot close the copy of %s", entry->path);
    if (from_fd >= 0)
        close(from_fd);
    return rc;
}

static enum wn_status make_folder(struct copy *copy,
                                  const char *path,
                                  struct wn_error *err)
{
    const char *slash = strrchr(path, '/');
    char parent[WN_PATH_MAX];
    int parent_fd = copy->to_fd;
    enum wn_status rc = WN_OK;

    if (slash) {
        snprintf(parent, sizeof parent, "%.*s", (int)(slash - path), path);
        rc = wn_tree_open(copy->to_fd, "the copy", parent, O_RDONLY | O_DIRECTORY,
                          &parent_fd, err);
        if (rc != WN_OK)
            return rc;
    }
    if (mkdirat(parent_fd, slash ? slash + 1 : path, 0777) != 0)
        rc = wn_fail_errno(err, WN_EIO, "cannot make the folder %s of a copy", path);
    if (slash)
        close(parent_fd);
    return rc;
}

static enum wn_status enter(struct copy *copy,
                            const struct wn_tree_entry *entry,
                            struct wn_error *err)
{
    struct stat *item;

    if (has_changed(copy, NULL,
                    &entry->info)) /* something was made, renamed or removed */
        return give_up(copy, entry->path, err);
    item = wn_vec_push(&copy->folders);
    if (!item)
        return wn_fail(err, WN_ENOMEM, "no memory to copy %s", copy->from);
    *item = entry->info;
    return *entry->path ? make_folder(copy, entry->path, err) : WN_OK;
}

static enum wn_status leave(struct copy *copy,
                            const struct wn_tree_entry *entry,
                            struct wn_error *err)
{
    const struct stat before = copy->folders.at[--copy->folders.n];
    struct stat now;

    if (fstat(entry->dir_fd, &now) != 0)
        return wn_fail_errno(err, WN_EIO, "cannot look at %s/%s", copy->from,
                             entry->path);
    return has_changed(copy, &before, &now) ? give_up(copy, entry->path, err) : WN_OK;
}

static enum wn_status copy_entry(void *arg,
                                 const struct wn_tree_entry *entry,
                                 struct wn_error *err)
{
    struct copy *copy = arg;

    switch (entry->kind) {
    case WN_TREE_ENTER: return enter(copy, entry, err);
    case WN_TREE_LEAVE: return leave(copy, entry, err);
    case WN_TREE_FILE: break;
    }
    if (copy->omit && strcmp(entry->path, copy->omit) == 0)
        return WN_OK;
    return copy_file(copy, entry, err);
}

enum wn_status wn_tree_copy(int from_fd,
                            const char *from,
                            int to_fd,
                            const char *omit,
                            int64_t since_ns,
                            bool *is_stable,
                            struct wn_error *err)
{
    struct copy copy = {.from = from,
                        .omit = omit,
                        .to_fd = to_fd,
                        .since_ns = since_ns,
                        .is_stable = is_stable};
    struct wn_error trouble = {.text = ""};
    enum wn_status rc;

    if (is_stable)
        *is_stable = true;
    rc = wn_tree_walk(from_fd, from, copy_entry, &copy, &trouble);
    wn_vec_release(&copy.folders);
    /* What vanished between being listed and looked at changed too. */
    if (rc == WN_EIO && is_stable && trouble.native == ENOENT)
        *is_stable = false;
    if (is_stable && !*is_stable)
        return WN_OK;
    if (rc != WN_OK && err)
        *err = trouble;
    return rc;
}

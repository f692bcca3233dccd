/* commit.c - how a folder becomes a generation, and a generation a folder again.
 *
 * By one rename, after everything in it is on the disk: rename() onto a folder that is
 * not empty fails, and a generation never is, so none is ever replaced.
 */
#define _GNU_SOURCE /* openat with strict C17 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "checkpoint/manifest_internal.h"
#include "checkpoint/memory_internal.h"
#include "checkpoint/store_internal.h"
#include "checkpoint/tree_internal.h"

/* What of `from` lies below TRIAL/, when that begins with a temporary folder. */
static enum wn_status path_in_trial(const struct wn_store *store,
                                    const char *from,
                                    uint32_t trial,
                                    const char **out,
                                    struct wn_error *err)
{
    char prefix[WN_PATH_MAX];
    int n = snprintf(prefix, sizeof prefix, "%s/%" PRIu32 "/tmp-", store->dir, trial);
    const char *below;

    if (n < 0 || (size_t)n >= sizeof prefix || strncmp(from, prefix, (size_t)n) != 0 ||
        !strchr(from + n, '/'))
        return wn_fail(err, WN_EINVAL,
                       "%s is not below a temporary folder of trial %lu in %s", from,
                       (unsigned long)trial, store->dir);
    below = from + n - strlen("tmp-");
    *out = below;
    return WN_OK;
}

/* The generation exists: is it the one that is to be committed? */
static enum wn_status compare_existing(const struct wn_store *store,
                                       struct wn_generation gen,
                                       const struct wn_buf *manifest,
                                       struct wn_error *err)
{
    char path[WN_PATH_MAX];
    char *text = NULL;
    size_t n = 0;
    int fd = -1;
    enum wn_status rc = wn_store_open_generation(store, gen, &fd, err);

    if (rc != WN_OK)
        return rc;
    wn_store_path(store, gen, path);
    rc = wn_manifest_read(fd, path, &text, &n, err);
    if (rc == WN_OK && (n != manifest->n || memcmp(text, manifest->at, n) != 0))
        rc = wn_fail(err, WN_EINVAL, "the checkpoint %s exists with other content", path);
    if (rc == WN_OK)
        rc = wn_manifest_verify(fd, path, gen, false, err);
    wn_free(text);
    close(fd);
    return rc;
}

/* Rename TRIAL/`below` to the generation's name and sync the folders above it. */
static enum wn_status rename_to(const struct wn_store *store,
                                int trial_fd,
                                const char *below,
                                struct wn_generation gen,
                                bool *exists,
                                struct wn_error *err)
{
    char name[WN_STORE_NAME];

    wn_generation_name(gen, name);
    *exists = false;
    if (renameat(trial_fd, below, trial_fd, name) != 0) {
        *exists = errno == EEXIST || errno == ENOTEMPTY;
        if (*exists)
            return WN_OK;
        return wn_fail_errno(err, WN_EIO, "cannot rename %s/%" PRIu32 "/%s to %s",
                             store->dir, gen.trial, below, name);
    }
    if ((fsync(trial_fd) != 0 || fsync(store->dir_fd) != 0) && errno != EINVAL)
        return wn_fail_errno(err, WN_EIO, "cannot sync the folder %s/%" PRIu32,
                             store->dir, gen.trial);
    return WN_OK;
}

enum wn_status wn_store_commit(const struct wn_store *store,
                               const char *from,
                               struct wn_generation gen,
                               struct wn_error *err)
{
    struct wn_buf manifest = {0};
    const char *below = NULL;
    bool exists = false;
    int trial_fd = -1, fd = -1;
    enum wn_status rc = wn_store_need_folders(store, err);

    if (rc == WN_OK)
        rc = wn_store_need_generation(gen, err);
    if (rc == WN_OK)
        rc = path_in_trial(store, from, gen.trial, &below, err);
    if (rc == WN_OK)
        rc = wn_store_open_trial(store, gen.trial, &trial_fd, err);
    if (rc == WN_OK && trial_fd < 0)
        rc = wn_fail(err, WN_EINVAL, "there is no folder %s to commit", from);
    if (rc == WN_OK)
        rc = wn_tree_open(trial_fd, store->dir, below, O_RDONLY | O_DIRECTORY, &fd, err);
    if (rc == WN_OK)
        rc = wn_manifest_make(fd, from, gen, &manifest, err);
    if (rc == WN_OK)
        rc = wn_manifest_write(fd, from, &manifest, err);
    if (rc == WN_OK) {
        rc = rename_to(store, trial_fd, below, gen, &exists, err);
        if (rc != WN_OK || exists)
            unlinkat(fd, WN_MANIFEST_NAME, 0); /* the folder is the caller's again */
    }
    if (rc == WN_OK && exists)
        rc = compare_existing(store, gen, &manifest, err);
    if (rc == WN_OK && exists)
        rc = wn_tree_remove(trial_fd, store->dir, below, err);
    if (fd >= 0)
        close(fd);
    if (trial_fd >= 0)
        close(trial_fd);
    wn_buf_release(&manifest);
    return rc;
}

/* A fresh empty folder "copy-RESOURCE" in the temporary folder; its path goes to `out`. */
static enum wn_status make_scratch(const struct wn_store *store,
                                   struct wn_generation gen,
                                   int *fd,
                                   char *out,
                                   struct wn_error *err)
{
    char name[WN_STORE_NAME];
    int temp_fd = -1;
    enum wn_status rc = wn_store_temp_path(store, gen.trial, gen.dispatch, out, err);

    snprintf(name, sizeof name, "copy-%" PRId64, gen.resource);
    if (rc == WN_OK)
        rc = wn_path_join(out, err, out, name);
    if (rc == WN_OK)
        rc = wn_store_make_temp(store, gen.trial, gen.dispatch, &temp_fd, err);
    if (rc != WN_OK)
        return rc;
    rc = wn_tree_remove(temp_fd, store->dir, name, err); /* of an attempt that failed */
    if (rc == WN_OK && mkdirat(temp_fd, name, 0777) != 0)
        rc = wn_fail_errno(err, WN_EIO, "cannot make the folder %s", out);
    if (rc == WN_OK) {
        *fd = openat(temp_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (*fd < 0)
            rc = wn_fail_errno(err, WN_EIO, "cannot open the folder %s", out);
    }
    close(temp_fd);
    return rc;
}

/* Remove a scratch folder that was not committed; what cannot be removed is taken by
 * discard_temp() or the next sweep. */
static void drop_scratch(const struct wn_store *store, struct wn_generation gen)
{
    char temp[WN_STORE_NAME], scratch[WN_STORE_NAME];
    int trial_fd = -1, temp_fd = -1;

    wn_temp_name(gen.dispatch, temp);
    snprintf(scratch, sizeof scratch, "copy-%" PRId64, gen.resource);
    if (wn_store_open_trial(store, gen.trial, &trial_fd, NULL) != WN_OK || trial_fd < 0)
        return;
    temp_fd = openat(trial_fd, temp, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (temp_fd >= 0) {
        (void)!wn_tree_remove(temp_fd, store->dir, scratch, NULL);
        close(temp_fd);
    }
    close(trial_fd);
}

/* Remove the temporary folder that a put made, if nobody else uses it. */
static void drop_empty_temp(const struct wn_store *store, struct wn_generation gen)
{
    char temp[WN_STORE_NAME];
    int trial_fd = -1;

    wn_temp_name(gen.dispatch, temp);
    if (wn_store_open_trial(store, gen.trial, &trial_fd, NULL) != WN_OK || trial_fd < 0)
        return;
    unlinkat(trial_fd, temp, AT_REMOVEDIR); /* ENOTEMPTY: it is in use */
    close(trial_fd);
}

enum wn_status wn_store_commit_copy(const struct wn_store *store,
                                    const char *from,
                                    struct wn_generation gen,
                                    int64_t since_ns,
                                    bool *is_stable,
                                    struct wn_error *err)
{
    char scratch[WN_PATH_MAX];
    bool stable = false;
    int from_fd = -1, to_fd = -1;
    enum wn_status rc = wn_store_need_folders(store, err);

    if (rc == WN_OK)
        rc = wn_store_need_generation(gen, err);
    if (rc != WN_OK)
        return rc;
    from_fd = open(from, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (from_fd < 0)
        return wn_fail_errno(err, WN_EIO, "cannot open the folder %s", from);
    rc = make_scratch(store, gen, &to_fd, scratch, err);
    if (rc == WN_OK)
        rc = wn_tree_copy(from_fd, from, to_fd, NULL, since_ns, &stable, err);
    if (to_fd >= 0)
        close(to_fd);
    close(from_fd);
    if (rc == WN_OK && stable)
        rc = wn_store_commit(store, scratch, gen, err);
    if (rc != WN_OK || !stable)
        drop_scratch(store, gen);
    if (rc == WN_OK)
        *is_stable = stable;
    return rc;
}

static enum wn_status refuse_entry(void *arg, const char *name, struct wn_error *err)
{
    return wn_fail(err, WN_EINVAL, "the folder %s is not empty: it holds %s",
                   (const char *)arg, name);
}

enum wn_status wn_store_unpack(const struct wn_store *store,
                               struct wn_generation gen,
                               const char *to,
                               struct wn_error *err)
{
    char path[WN_PATH_MAX], target[WN_PATH_MAX];
    int from_fd = -1, to_fd = -1;
    enum wn_status rc = wn_store_need_folders(store, err);

    if (rc != WN_OK)
        return rc;
    snprintf(target, sizeof target, "%s", to);
    wn_store_path(store, gen, path);
    rc = wn_store_open_generation(store, gen, &from_fd, err);
    if (rc == WN_OK)
        rc = wn_manifest_verify(from_fd, path, gen, false, err);
    if (rc == WN_OK)
        rc = wn_dir_make(to, err);
    if (rc == WN_OK) {
        to_fd = open(to, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (to_fd < 0)
            rc = wn_fail_errno(err, WN_EIO, "cannot open the folder %s", to);
    }
    if (rc == WN_OK)
        rc = wn_tree_list(to_fd, to, refuse_entry, target, err);
    if (rc == WN_OK)
        rc = wn_tree_copy(from_fd, path, to_fd, WN_MANIFEST_NAME, 0, NULL, err);
    if (from_fd >= 0)
        close(from_fd);
    if (to_fd >= 0)
        close(to_fd);
    return rc;
}

enum wn_status wn_store_put(struct wn_store *store,
                            struct wn_generation gen,
                            const void *bytes,
                            size_t n,
                            struct wn_error *err)
{
    char scratch[WN_PATH_MAX];
    int dir_fd = -1, fd = -1;
    enum wn_status rc = wn_store_need_generation(gen, err);

    if (rc != WN_OK)
        return rc;
    if (store->memory)
        return wn_memory_put(store->memory, gen, bytes, n, err);
    rc = make_scratch(store, gen, &dir_fd, scratch, err);
    if (rc == WN_OK)
        rc = wn_tree_open(dir_fd, scratch, WN_STORE_STATE, O_WRONLY | O_CREAT | O_EXCL,
                          &fd, err);
    if (rc == WN_OK)
        rc = wn_file_write_all(fd, bytes, n, scratch, err);
    if (fd >= 0 && close(fd) != 0 && rc == WN_OK)
        rc = wn_fail_errno(err, WN_EIO, "cannot close %s/%s", scratch, WN_STORE_STATE);
    if (dir_fd >= 0)
        close(dir_fd);
    if (rc == WN_OK)
        rc = wn_store_commit(store, scratch, gen, err);
    if (rc != WN_OK)
        drop_scratch(store, gen);
    drop_empty_temp(store, gen);
    return rc;
}

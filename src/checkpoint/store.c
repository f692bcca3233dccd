/* store.c - the two kinds of store: generations as folders, or as blobs in memory.
 *
 * A trial's folder may vanish between two calls (the last generation was removed by the
 * coordinator): whoever makes something in it tries again. commit.c makes generations.
 */
#define _GNU_SOURCE /* openat with strict C17 */
#include "checkpoint/store.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "checkpoint/manifest_internal.h"
#include "checkpoint/memory_internal.h"
#include "checkpoint/store_internal.h"
#include "checkpoint/tree_internal.h"

enum { TRIES = 100 };

/* Names */

void wn_trial_name(uint32_t trial, char name[WN_STORE_NAME])
{
    snprintf(name, WN_STORE_NAME, "%" PRIu32, trial);
}

void wn_generation_name(struct wn_generation gen, char name[WN_STORE_NAME])
{
    snprintf(name, WN_STORE_NAME, "%" PRId64 "-%" PRIu32 ".%" PRIu32, gen.resource,
             gen.dispatch.incarnation, gen.dispatch.count);
}

void wn_temp_name(struct wn_dispatch dispatch, char name[WN_STORE_NAME])
{
    snprintf(name, WN_STORE_NAME, "tmp-%" PRIu32 ".%" PRIu32, dispatch.incarnation,
             dispatch.count);
}

/* Read a decimal number of at most `most`, as we write it; false if there is none. */
static bool parse_number(const char **at, uint64_t most, uint64_t *value)
{
    const char *c = *at;
    uint64_t v = 0;

    for (; *c >= '0' && *c <= '9'; c++) {
        uint64_t digit = (uint64_t)(*c - '0');

        if (v > (most - digit) / 10)
            return false;
        v = v * 10 + digit;
    }
    if (c == *at || (**at == '0' && c - *at > 1))
        return false;
    *at = c;
    *value = v;
    return true;
}

/* "2.14", which ends the name. */
static bool parse_dispatch(const char *at, struct wn_dispatch *out)
{
    uint64_t incarnation, count;

    if (!parse_number(&at, UINT32_MAX, &incarnation) || *at++ != '.' ||
        !parse_number(&at, UINT32_MAX, &count) || *at)
        return false;
    *out = (struct wn_dispatch){(uint32_t)incarnation, (uint32_t)count};
    return true;
}

/* Whether `name` is what we call a generation of `trial`, and which it is. */
static bool parse_generation(const char *name, uint32_t trial, struct wn_generation *out)
{
    uint64_t resource;

    *out = (struct wn_generation){.trial = trial};
    if (!parse_number(&name, INT64_MAX, &resource) || !resource || *name++ != '-')
        return false;
    out->resource = (int64_t)resource;
    return parse_dispatch(name, &out->dispatch);
}

/* A temporary directory is told as a generation of resource 0. */
static bool parse_temp(const char *name, uint32_t trial, struct wn_generation *out)
{
    *out = (struct wn_generation){.trial = trial};
    return strncmp(name, "tmp-", 4) == 0 && parse_dispatch(name + 4, &out->dispatch);
}

static bool parse_trial(const char *name, uint32_t *trial)
{
    uint64_t number;

    if (!parse_number(&name, WN_TRIAL_NONE - 1, &number) || *name)
        return false;
    *trial = (uint32_t)number;
    return true;
}

/* Life */

enum wn_status wn_store_open(const char *study_dir,
                             struct wn_store **out,
                             struct wn_error *err)
{
    struct wn_store *store = wn_alloc(sizeof *store);
    char path[WN_PATH_MAX];
    enum wn_status rc;

    if (!store)
        return wn_fail(err, WN_ENOMEM, "no memory for the checkpoints of %s", study_dir);
    store->dir_fd = -1;
    /* Absolute, because trials run in folders of their own. */
    rc = wn_path_absolute(study_dir, path, err);
    if (rc == WN_OK)
        rc = wn_path_join(path, err, path, "checkpoints");
    if (rc == WN_OK)
        rc = wn_dir_make(path, err);
    if (rc == WN_OK) {
        store->dir = wn_strdup(path);
        if (!store->dir)
            rc = wn_fail(err, WN_ENOMEM, "no memory for the checkpoints of %s", path);
    }
    if (rc == WN_OK) {
        store->dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (store->dir_fd < 0)
            rc = wn_fail_errno(err, WN_EIO, "cannot open the folder %s", path);
    }
    if (rc != WN_OK) {
        wn_store_destroy(store);
        return rc;
    }
    *out = store;
    return WN_OK;
}

enum wn_status wn_store_create_memory(struct wn_store **out, struct wn_error *err)
{
    struct wn_store *store = wn_alloc(sizeof *store);

    if (store) {
        store->dir_fd = -1;
        store->memory = wn_memory_create();
    }
    if (!store || !store->memory) {
        wn_free(store);
        return wn_fail(err, WN_ENOMEM, "no memory for a store of checkpoints");
    }
    *out = store;
    return WN_OK;
}

void wn_store_destroy(struct wn_store *store)
{
    if (!store)
        return;
    if (store->dir_fd >= 0)
        close(store->dir_fd);
    wn_memory_destroy(store->memory);
    wn_free(store->dir);
    wn_free(store);
}

void wn_store_path(const struct wn_store *store, struct wn_generation gen, char *out)
{
    char name[WN_STORE_NAME];

    wn_generation_name(gen, name);
    snprintf(out, WN_PATH_MAX, "%s/%" PRIu32 "/%s", store->memory ? "memory" : store->dir,
             gen.trial, name);
}

enum wn_status wn_store_need_folders(const struct wn_store *store, struct wn_error *err)
{
    return store->memory ? wn_fail(err, WN_EINVAL, "a store in memory has no folders")
                         : WN_OK;
}

enum wn_status wn_store_need_generation(struct wn_generation gen, struct wn_error *err)
{
    if (gen.resource > 0 && gen.trial != WN_TRIAL_NONE)
        return WN_OK;
    return wn_fail(err, WN_EINVAL, "trial %lu at resource %lld is no checkpoint",
                   (unsigned long)gen.trial, (long long)gen.resource);
}

/* The folder of a trial; *fd is -1 if there is none. */
enum wn_status wn_store_open_trial(const struct wn_store *store,
                                   uint32_t trial,
                                   int *fd,
                                   struct wn_error *err)
{
    char name[WN_STORE_NAME];

    wn_trial_name(trial, name);
    *fd = openat(store->dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (*fd < 0 && errno != ENOENT)
        return wn_fail_errno(err, WN_EIO, "cannot open the folder %s/%s", store->dir,
                             name);
    return WN_OK;
}

/* The folder of a generation; WN_ECORRUPT if there is none. */
enum wn_status wn_store_open_generation(const struct wn_store *store,
                                        struct wn_generation gen,
                                        int *fd,
                                        struct wn_error *err)
{
    char name[WN_STORE_NAME], path[WN_PATH_MAX];
    int trial_fd = -1;
    enum wn_status rc = wn_store_open_trial(store, gen.trial, &trial_fd, err);

    *fd = -1;
    if (rc != WN_OK)
        return rc;
    wn_store_path(store, gen, path);
    wn_generation_name(gen, name);
    if (trial_fd >= 0) {
        *fd = openat(trial_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (*fd < 0 && errno != ENOENT && errno != ELOOP && errno != ENOTDIR)
            rc = wn_fail_errno(err, WN_EIO, "cannot open the checkpoint %s", path);
        close(trial_fd);
    }
    if (rc == WN_OK && *fd < 0)
        rc = wn_fail(err, WN_ECORRUPT, "there is no checkpoint %s", path);
    return rc;
}

/* Temporary folders */

/* Make checkpoints/TRIAL/tmp-I.C and open it. */
enum wn_status wn_store_make_temp(const struct wn_store *store,
                                  uint32_t trial,
                                  struct wn_dispatch dispatch,
                                  int *fd,
                                  struct wn_error *err)
{
    char parent[WN_STORE_NAME], name[WN_STORE_NAME];

    wn_trial_name(trial, parent);
    wn_temp_name(dispatch, name);
    for (int i = 0; i < TRIES; i++) {
        int trial_fd = -1;
        enum wn_status rc;

        if (mkdirat(store->dir_fd, parent, 0777) != 0 && errno != EEXIST)
            break;
        rc = wn_store_open_trial(store, trial, &trial_fd, err);
        if (rc != WN_OK)
            return rc;
        if (trial_fd < 0)
            continue; /* removed in between, being empty */
        *fd = -1;
        if (mkdirat(trial_fd, name, 0777) == 0 || errno == EEXIST)
            *fd = openat(trial_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (*fd < 0 && errno != ENOENT)
            rc = wn_fail_errno(err, WN_EIO, "cannot make the folder %s/%s/%s", store->dir,
                               parent, name);
        close(trial_fd);
        if (rc != WN_OK || *fd >= 0)
            return rc;
    }
    return wn_fail_errno(err, WN_EIO, "cannot make the folder %s/%s", store->dir, parent);
}

enum wn_status wn_store_temp_path(const struct wn_store *store,
                                  uint32_t trial,
                                  struct wn_dispatch dispatch,
                                  char *out,
                                  struct wn_error *err)
{
    char parent[WN_STORE_NAME], name[WN_STORE_NAME];
    enum wn_status rc;

    wn_trial_name(trial, parent);
    wn_temp_name(dispatch, name);
    rc = wn_path_join(out, err, store->dir, parent);
    return rc == WN_OK ? wn_path_join(out, err, out, name) : rc;
}

enum wn_status wn_store_temp(const struct wn_store *store,
                             uint32_t trial,
                             struct wn_dispatch dispatch,
                             char *out,
                             struct wn_error *err)
{
    enum wn_status rc = wn_store_need_folders(store, err);
    int fd = -1;

    if (rc == WN_OK)
        rc = wn_store_temp_path(store, trial, dispatch, out, err);
    if (rc == WN_OK)
        rc = wn_store_make_temp(store, trial, dispatch, &fd, err);
    if (rc == WN_OK)
        close(fd);
    return rc;
}

/* Remove `name` in a trial's folder, and the folder when it is empty then. */
static enum wn_status remove_in_trial(const struct wn_store *store,
                                      uint32_t trial,
                                      const char *name,
                                      struct wn_error *err)
{
    char parent[WN_STORE_NAME];
    int trial_fd = -1;
    enum wn_status rc = wn_store_open_trial(store, trial, &trial_fd, err);

    if (rc != WN_OK || trial_fd < 0)
        return rc;
    rc = wn_tree_remove(trial_fd, store->dir, name, err);
    close(trial_fd);
    wn_trial_name(trial, parent);
    unlinkat(store->dir_fd, parent, AT_REMOVEDIR); /* ENOTEMPTY: something is left */
    return rc;
}

enum wn_status wn_store_discard_temp(const struct wn_store *store,
                                     uint32_t trial,
                                     struct wn_dispatch dispatch,
                                     struct wn_error *err)
{
    char name[WN_STORE_NAME];
    enum wn_status rc = wn_store_need_folders(store, err);

    wn_temp_name(dispatch, name);
    return rc == WN_OK ? remove_in_trial(store, trial, name, err) : rc;
}

/* Both kinds */

/* All of a file that the manifest has vouched for. */
static enum wn_status read_state(int dir_fd,
                                 const char *path,
                                 void **bytes,
                                 size_t *n,
                                 struct wn_error *err)
{
    struct stat info;
    char *at = NULL;
    size_t got = 0, size = 0;
    int fd = -1;
    enum wn_status rc = wn_tree_open(dir_fd, path, WN_STORE_STATE, O_RDONLY, &fd, err);

    if (rc != WN_OK)
        return rc;
    if (fstat(fd, &info) != 0)
        rc = wn_fail_errno(err, WN_EIO, "cannot look at %s/%s", path, WN_STORE_STATE);
    if (rc == WN_OK) {
        size = (size_t)info.st_size;
        at = wn_alloc(size);
        if (!at)
            rc = wn_fail(err, WN_ENOMEM, "no memory for the %zu bytes of %s", size, path);
    }
    while (rc == WN_OK && got < size) {
        ssize_t more = read(fd, at + got, size - got);

        if (more < 0 && errno == EINTR)
            continue;
        if (more < 0)
            rc = wn_fail_errno(err, WN_EIO, "cannot read %s/%s", path, WN_STORE_STATE);
        else if (!more)
            rc = wn_fail(err, WN_ECORRUPT, "%s/%s became shorter", path, WN_STORE_STATE);
        else
            got += (size_t)more;
    }
    close(fd);
    if (rc != WN_OK) {
        wn_free(at);
        return rc;
    }
    *bytes = at;
    *n = size;
    return WN_OK;
}

enum wn_status wn_store_get(const struct wn_store *store,
                            struct wn_generation gen,
                            void **bytes,
                            size_t *n,
                            struct wn_error *err)
{
    char path[WN_PATH_MAX];
    enum wn_status rc;
    int fd = -1;

    if (store->memory)
        return wn_memory_get(store->memory, gen, bytes, n, err);
    rc = wn_store_open_generation(store, gen, &fd, err);
    if (rc != WN_OK)
        return rc;
    wn_store_path(store, gen, path);
    rc = wn_manifest_verify(fd, path, gen, true, err);
    if (rc == WN_OK)
        rc = read_state(fd, path, bytes, n, err);
    close(fd);
    return rc;
}

enum wn_status wn_store_verify(const struct wn_store *store,
                               struct wn_generation gen,
                               bool deep,
                               struct wn_error *err)
{
    char path[WN_PATH_MAX];
    enum wn_status rc;
    int fd = -1;

    if (store->memory)
        return wn_memory_get(store->memory, gen, NULL, NULL, err);
    rc = wn_store_open_generation(store, gen, &fd, err);
    if (rc != WN_OK)
        return rc;
    wn_store_path(store, gen, path);
    rc = wn_manifest_verify(fd, path, gen, deep, err);
    close(fd);
    return rc;
}

enum wn_status wn_store_remove(struct wn_store *store,
                               struct wn_generation gen,
                               struct wn_error *err)
{
    char name[WN_STORE_NAME];

    if (store->memory) {
        wn_memory_remove(store->memory, gen);
        return WN_OK;
    }
    wn_generation_name(gen, name);
    return remove_in_trial(store, gen.trial, name, err);
}

/* Sweeping */

struct sweep {
    const struct wn_store *store;
    wn_store_keep_fn *keep;
    void *arg;
    uint64_t n_removed;
    uint32_t trial;
    int trial_fd;
};

static enum wn_status sweep_generation(void *arg, const char *name, struct wn_error *err)
{
    struct sweep *sweep = arg;
    struct wn_generation gen;

    if ((parse_generation(name, sweep->trial, &gen) ||
         parse_temp(name, sweep->trial, &gen)) &&
        sweep->keep(sweep->arg, gen))
        return WN_OK;
    sweep->n_removed++;
    return wn_tree_remove(sweep->trial_fd, sweep->store->dir, name, err);
}

static enum wn_status sweep_trial(void *arg, const char *name, struct wn_error *err)
{
    struct sweep *sweep = arg;
    enum wn_status rc;

    if (parse_trial(name, &sweep->trial)) {
        sweep->trial_fd = openat(sweep->store->dir_fd, name,
                                 O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (sweep->trial_fd >= 0) {
            rc = wn_tree_list(sweep->trial_fd, name, sweep_generation, sweep, err);
            close(sweep->trial_fd);
            unlinkat(sweep->store->dir_fd, name, AT_REMOVEDIR); /* when it is empty */
            return rc;
        }
        if (errno != ELOOP && errno != ENOTDIR)
            return wn_fail_errno(err, WN_EIO, "cannot open the folder %s/%s",
                                 sweep->store->dir, name);
    }
    sweep->n_removed++;
    return wn_tree_remove(sweep->store->dir_fd, sweep->store->dir, name, err);
}

enum wn_status wn_store_sweep(struct wn_store *store,
                              wn_store_keep_fn *keep,
                              void *arg,
                              uint64_t *n_removed,
                              struct wn_error *err)
{
    struct sweep sweep = {.store = store, .keep = keep, .arg = arg};
    enum wn_status rc;

    if (store->memory) {
        *n_removed = wn_memory_sweep(store->memory, keep, arg);
        return WN_OK;
    }
    rc = wn_tree_list(store->dir_fd, store->dir, sweep_trial, &sweep, err);
    if (rc == WN_OK)
        *n_removed = sweep.n_removed;
    return rc;
}

struct wn_store_tally wn_store_tally(const struct wn_store *store)
{
    return store->memory ? wn_memory_tally(store->memory) : (struct wn_store_tally){0};
}

/* write.c - the file beside its place, synced, then renamed if nobody objects.
 *
 * The temporary name holds the process number, so that a coordinator that was fenced
 * while it wrote never touches its successor's file. What a killed process left is
 * removed by a later write, when it is old enough to be nobody's.
 */
#define _GNU_SOURCE /* openat with strict C17 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "results/table_internal.h"

enum { LEFTOVER_AGE_S = 60, NAME_ROOM = 300 };

struct place {
    char dir[WN_PATH_MAX];
    const char *name; /* last part of the path */
    char temporary[NAME_ROOM];
    int dir_fd;
};

static enum wn_status open_place(const char *path,
                                 struct place *place,
                                 struct wn_error *err)
{
    const char *slash = strrchr(path, '/');
    size_t n = slash ? (size_t)(slash - path) : 0;
    int n_name;

    if (n >= sizeof place->dir)
        return wn_fail(err, WN_EINVAL, "the path is too long: %.80s...", path);
    place->name = slash ? slash + 1 : path;
    memcpy(place->dir, path, n);
    place->dir[n] = '\0';
    if (!n)
        snprintf(place->dir, sizeof place->dir, "%s", slash ? "/" : ".");
    n_name = snprintf(place->temporary, sizeof place->temporary, "%s.tmp-%ld",
                      place->name, (long)getpid());
    if (!*place->name || n_name < 0 || (size_t)n_name >= sizeof place->temporary)
        return wn_fail(err, WN_EINVAL, "'%s' is no name for a file of results", path);
    place->dir_fd = open(place->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (place->dir_fd < 0)
        return wn_fail_errno(err, WN_EIO, "cannot open the folder %s", place->dir);
    return WN_OK;
}

/* Files of killed processes; one that cannot be removed is the next write's. */
static void remove_leftovers(const struct place *place)
{
    size_t n_prefix = strlen(place->name) + strlen(".tmp-");
    int fd = openat(place->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    struct dirent *entry;
    struct stat info;

    if (!dir) {
        if (fd >= 0)
            close(fd);
        return;
    }
    while ((entry = readdir(dir)))
        if (strncmp(entry->d_name, place->temporary, n_prefix) == 0 &&
            fstatat(place->dir_fd, entry->d_name, &info, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(info.st_mode) && time(NULL) - info.st_mtime > LEFTOVER_AGE_S)
            unlinkat(place->dir_fd, entry->d_name, 0);
    closedir(dir);
}

static enum wn_status write_aside(const struct place *place,
                                  const void *bytes,
                                  size_t n,
                                  struct wn_error *err)
{
    enum wn_status rc;
    int fd;

    unlinkat(place->dir_fd, place->temporary,
             0); /* of an earlier process of our number */
    fd = openat(place->dir_fd, place->temporary,
                O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (fd < 0)
        return wn_fail_errno(err, WN_EIO, "cannot create %s in %s", place->temporary,
                             place->dir);
    rc = wn_file_write_all(fd, bytes, n, place->temporary, err);
    if (rc == WN_OK && fsync(fd) != 0)
        rc = wn_fail_errno(err, WN_EIO, "cannot sync %s", place->temporary);
    if (close(fd) != 0 && rc == WN_OK)
        rc = wn_fail_errno(err, WN_EIO, "cannot close %s", place->temporary);
    return rc;
}

enum wn_status wn_results_write(const struct wn_results *results,
                                const char *path,
                                enum wn_status (*before_rename)(void *arg,
                                                                struct wn_error *err),
                                void *arg,
                                struct wn_error *err)
{
    struct place place = {.name = path, .dir_fd = -1};
    void *bytes = NULL;
    size_t n = 0;
    enum wn_status rc = open_place(path, &place, err);

    if (rc != WN_OK)
        return rc;
    remove_leftovers(&place);
    rc = wn_results_image(results, &bytes, &n, err);
    if (rc == WN_OK)
        rc = write_aside(&place, bytes, n, err);
    wn_free(bytes);
    if (rc == WN_OK && before_rename)
        rc = before_rename(arg, err);
    if (rc == WN_OK &&
        renameat(place.dir_fd, place.temporary, place.dir_fd, place.name) != 0)
        rc = wn_fail_errno(err, WN_EIO, "cannot rename %s to %s", place.temporary, path);
    if (rc != WN_OK)
        unlinkat(place.dir_fd, place.temporary, 0);
    else if (fsync(place.dir_fd) != 0 && errno != EINVAL)
        rc = wn_fail_errno(err, WN_EIO, "cannot sync the folder %s", place.dir);
    close(place.dir_fd);
    return rc;
}

/* helper_hold.c - copying the folder of a program that knows nothing of it.
 *
 * The program overwrites its folder in place and may be anywhere in doing so. A copy
 * counts only if everything stood still (state T, read back from /proc), no file in the
 * folder was open for writing or mapped so, and none was changed after the report came
 * in. File times advance in ticks of up to 10 ms: a file of the same tick as the report
 * may have been written just before it (as it should be) or just after. Then the program
 * is let go for a moment and must leave its folder alone: one in the middle of writing
 * several files goes on with them.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/checksum.h"
#include "runner/helper_internal.h"

#define TICK_NS   10000000
#define QUIET_NS  25000000
#define DEPTH_MAX 64

struct look {
    int64_t newest_ns;    /* of all files and folders */
    uint64_t fingerprint; /* of names, sizes and times */
};

static bool look_into(int parent, const char *name, int depth, struct look *look)
{
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    struct dirent *entry;
    bool ok = dir && depth < DEPTH_MAX;

    while (ok && (entry = readdir(dir)) != NULL) {
        struct stat st;
        int64_t facts[4];

        if (strcmp(entry->d_name, "..") == 0)
            continue;
        if (fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
            return closedir(dir), false; /* it moves under our eyes */
        facts[0] = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
        facts[1] = st.st_size;
        facts[2] = (int64_t)st.st_ino;
        facts[3] = (int64_t)st.st_mode;
        if (facts[0] > look->newest_ns)
            look->newest_ns = facts[0];
        /* A sum: the order of a folder's entries is nobody's promise. */
        look->fingerprint +=
            wn_hash64(facts, sizeof facts,
                      wn_hash64(entry->d_name, strlen(entry->d_name), (uint64_t)depth));
        if (S_ISDIR(st.st_mode) && strcmp(entry->d_name, ".") != 0)
            ok = look_into(fd, entry->d_name, depth + 1, look);
    }
    if (dir)
        closedir(dir);
    else if (fd >= 0)
        close(fd);
    return ok;
}

static bool is_below(const char *path, const char *dir)
{
    size_t n = strlen(dir);

    return strncmp(path, dir, n) == 0 && path[n] == '/';
}

static bool opens_for_writing(pid_t pid, const char *fd)
{
    char path[320], text[256], *flags;
    ssize_t n;
    int info;

    snprintf(path, sizeof path, "/proc/%ld/fdinfo/%s", (long)pid, fd);
    info = open(path, O_RDONLY | O_CLOEXEC);
    if (info < 0)
        return errno != ENOENT;
    n = read(info, text, sizeof text - 1);
    close(info);
    if (n <= 0)
        return true;
    text[n] = '\0';
    flags = strstr(text, "flags:");
    return !flags || (strtol(flags + 6, NULL, 8) & O_ACCMODE) != O_RDONLY;
}

/* Has a process a file below `work` open for writing? Unsure is yes. */
static bool has_open(pid_t pid, const char *work)
{
    char path[64], link[320], target[WN_PATH_MAX];
    bool found = false;
    struct dirent *entry;
    DIR *dir;

    snprintf(path, sizeof path, "/proc/%ld/fd", (long)pid);
    dir = opendir(path);
    if (!dir)
        return errno != ENOENT;
    while (!found && (entry = readdir(dir)) != NULL) {
        ssize_t n;

        snprintf(link, sizeof link, "%s/%s", path, entry->d_name);
        n = readlink(link, target, sizeof target - 1);
        if (n <= 0)
            continue;
        target[n] = '\0';
        found = is_below(target, work) && opens_for_writing(pid, entry->d_name);
    }
    closedir(dir);
    return found;
}

/* Has a process a file below `work` mapped shared and writable? */
static bool has_mapped(pid_t pid, const char *work)
{
    char path[64], *line = NULL;
    size_t room = 0;
    bool found = false;
    FILE *maps;

    snprintf(path, sizeof path, "/proc/%ld/maps", (long)pid);
    maps = fopen(path, "re");
    if (!maps)
        return errno != ENOENT;
    while (!found && getline(&line, &room, maps) > 0) {
        char *space = strchr(line, ' '), *target = strchr(line, '/');

        found = space && target && space[2] == 'w' && space[4] == 's' &&
                is_below(target, work);
    }
    free(line); /* getline's own */
    fclose(maps);
    return found;
}

static enum wn_status is_written(pid_t root,
                                 const char *work,
                                 bool *written,
                                 struct wn_error *err)
{
    wn_process_list list = {0};
    enum wn_status rc = wn_kin_list(root, getpid(), &list, err);

    *written = false;
    for (size_t i = 0; rc == WN_OK && i < list.n && !*written; i++)
        *written = has_open(list.at[i].pid, work) || has_mapped(list.at[i].pid, work);
    wn_vec_release(&list);
    return rc;
}

/* Stop all, and see whether the folder may be copied. NULL, or why not. */
static const char *settle(pid_t root, const char *work, int64_t since_ns)
{
    const struct timespec quiet = {0, QUIET_NS};
    struct look first = {0}, second = {0};
    bool written;

    if (wn_kin_stop(root, getpid(), NULL) != WN_OK)
        return "a process of the trial did not stop";
    if (is_written(root, work, &written, NULL) != WN_OK || written)
        return "a file was open for writing";
    if (!look_into(AT_FDCWD, work, 0, &first))
        return "the folder could not be read";
    if (first.newest_ns > since_ns)
        return "a file changed after the report";
    if (first.newest_ns <= since_ns - TICK_NS)
        return NULL;
    if (wn_kin_signal(root, getpid(), SIGCONT) < 0)
        return "the processes of the trial could not be listed";
    nanosleep(&quiet, NULL);
    if (wn_kin_stop(root, getpid(), NULL) != WN_OK)
        return "a process of the trial did not stop";
    if (is_written(root, work, &written, NULL) != WN_OK || written)
        return "a file was open for writing";
    if (!look_into(AT_FDCWD, work, 0, &second) || second.fingerprint != first.fingerprint)
        return "a file changed after the report";
    return NULL;
}

enum wn_status wn_hold_copy(struct wn_store *store,
                            struct wn_generation gen,
                            const char *work,
                            pid_t root,
                            int64_t since_ns,
                            bool *counts,
                            char *why,
                            struct wn_error *err)
{
    const char *reason = settle(root, work, since_ns);
    enum wn_status rc;

    *counts = false;
    if (reason) {
        snprintf(why, 256, "%s", reason);
        return WN_OK;
    }
    rc = wn_store_commit_copy(store, work, gen, since_ns, counts, err);
    if (rc == WN_OK && !*counts)
        snprintf(why, 256, "a file changed after the report");
    return rc;
}

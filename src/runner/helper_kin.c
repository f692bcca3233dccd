/* helper_kin.c - finding, stopping and killing everything that descends from a helper.
 *
 * The helper is a subreaper: whoever loses its parent, by setsid and a double fork too,
 * becomes a child of the helper. So all processes of a trial descend from it at any
 * moment, and one pass over /proc finds them; a fork during the pass is found by the next.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "runner/helper_internal.h"

#define STOP_TRIES   2000 /* of a millisecond */
#define ORPHAN_LOOKS 10

/* State and parent from /proc/PID/stat; false when it is gone. */
static bool read_process(const char *name, struct wn_process *out)
{
    char path[64], text[512], *after;
    ssize_t n;
    int fd;

    snprintf(path, sizeof path, "/proc/%s/stat", name);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    n = read(fd, text, sizeof text - 1);
    close(fd);
    if (n <= 0)
        return false;
    text[n] = '\0';
    after = strrchr(text, ')'); /* the name may hold anything */
    if (!after || after[1] != ' ' || !after[2] || after[3] != ' ')
        return false;
    out->pid = (pid_t)strtol(name, NULL, 10);
    out->state = after[2];
    out->parent = (pid_t)strtol(after + 4, NULL, 10);
    return true;
}

static enum wn_status read_all(wn_process_list *out, struct wn_error *err)
{
    DIR *dir = opendir("/proc");
    struct dirent *entry;
    enum wn_status rc = WN_OK;

    if (!dir)
        return wn_fail_errno(err, WN_EIO, "opening /proc");
    while (rc == WN_OK && (entry = readdir(dir)) != NULL) {
        struct wn_process process, *slot;

        if (!isdigit((unsigned char)entry->d_name[0]) ||
            !read_process(entry->d_name, &process))
            continue;
        slot = wn_vec_push(out);
        if (slot)
            *slot = process;
        else
            rc = wn_fail(err, WN_ENOMEM, "no memory for the list of processes");
    }
    closedir(dir);
    return rc;
}

static int by_pid(const void *a, const void *b)
{
    const struct wn_process *x = a, *y = b;

    return (x->pid > y->pid) - (x->pid < y->pid);
}

/* Climb from a process to its ancestors: is `root` one of them, and `except` none? */
static bool descends(const wn_process_list *all,
                     const struct wn_process *process,
                     pid_t root,
                     pid_t except)
{
    for (size_t steps = 0; process && steps <= all->n; steps++) {
        struct wn_process key = {.pid = process->parent};

        if (process->pid == except)
            return false;
        if (process->parent == root)
            return true;
        process = bsearch(&key, all->at, all->n, sizeof *all->at, by_pid);
    }
    return false;
}

enum wn_status wn_kin_list(pid_t root,
                           pid_t except,
                           wn_process_list *out,
                           struct wn_error *err)
{
    wn_process_list all = {0};
    enum wn_status rc = read_all(&all, err);

    if (rc == WN_OK && all.n)
        qsort(all.at, all.n, sizeof *all.at, by_pid);
    out->n = 0;
    for (size_t i = 0; rc == WN_OK && i < all.n; i++) {
        struct wn_process *slot;

        if (all.at[i].state == 'Z' || all.at[i].state == 'X' || all.at[i].pid == except ||
            !descends(&all, &all.at[i], root, except))
            continue;
        slot = wn_vec_push(out);
        if (slot)
            *slot = all.at[i];
        else
            rc = wn_fail(err, WN_ENOMEM, "no memory for the list of processes");
    }
    wn_vec_release(&all);
    return rc;
}

int wn_kin_signal(pid_t root, pid_t except, int signal)
{
    wn_process_list list = {0};
    int n = -1;

    if (wn_kin_list(root, except, &list, NULL) == WN_OK) {
        n = (int)list.n;
        for (size_t i = 0; i < list.n; i++)
            kill(list.at[i].pid, signal);
    }
    wn_vec_release(&list);
    return n;
}

/* The environment that a process was started with, into `out`; false: gone, or not ours. */
static bool read_environment(const char *pid, struct wn_buf *out)
{
    char path[64], part[4096];
    ssize_t n;
    int fd;

    snprintf(path, sizeof path, "/proc/%s/environ", pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    wn_buf_clear(out);
    while ((n = read(fd, part, sizeof part)) > 0)
        wn_buf_add(out, part, (size_t)n);
    close(fd);
    return !out->failed;
}

/* Value of a variable in it, or NULL. */
static const char *value_of(const struct wn_buf *environment, const char *name)
{
    const char *at = wn_buf_text(environment);
    size_t length = strlen(name);

    for (size_t i = 0; i < environment->n; i += strlen(at + i) + 1)
        if (strncmp(at + i, name, length) == 0 && at[i + length] == '=')
            return at + i + length + 1;
    return NULL;
}

/* Whom to look for: what a certain helper started, or what belongs to a study and whose
 * helper, whichever it was, is no more. */
struct search {
    pid_t keeper;          /* 0: any */
    const char *study_dir; /* NULL: any */
};

static bool is_orphan(const struct search *search, const struct wn_buf *environment)
{
    const char *keeper = value_of(environment, WN_KEEPER_NAME);
    const char *study_dir = value_of(environment, WN_STUDY_DIR_NAME);
    pid_t pid = keeper ? (pid_t)strtol(keeper, NULL, 10) : 0;

    if (pid <= 0 || !study_dir)
        return false;
    if (search->keeper)
        return pid == search->keeper;
    return strcmp(study_dir, search->study_dir) == 0 && kill(pid, 0) != 0 &&
           errno == ESRCH;
}

static int kill_orphans(const struct search *search)
{
    DIR *dir = opendir("/proc");
    struct wn_buf environment = {0};
    struct dirent *entry;
    int n = 0;

    while (dir && (entry = readdir(dir)) != NULL) {
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        int fd = pid > 1 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;

        /* Held before it is looked at: its number cannot pass to another meanwhile. */
        if (fd >= 0 && read_environment(entry->d_name, &environment) &&
            is_orphan(search, &environment) &&
            syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0) == 0)
            n++;
        if (fd >= 0)
            close(fd);
    }
    if (dir)
        closedir(dir);
    wn_buf_release(&environment);
    return n;
}

static void kill_orphans_until_none(struct search search)
{
    for (int looks = 0; looks < ORPHAN_LOOKS; looks++)
        if (kill_orphans(&search) == 0) /* one may have forked before it died: again */
            return;
}

void wn_kin_kill_orphans(pid_t keeper)
{
    kill_orphans_until_none((struct search){.keeper = keeper});
}

void wn_kin_kill_orphans_of(const char *study_dir)
{
    kill_orphans_until_none((struct search){.study_dir = study_dir});
}

enum wn_status wn_kin_stop(pid_t root, pid_t except, struct wn_error *err)
{
    const struct timespec millisecond = {0, 1000000};
    wn_process_list list = {0};
    enum wn_status rc;

    for (int tries = 0;; tries++) {
        size_t n_stopped = 0;

        rc = wn_kin_list(root, except, &list, err);
        if (rc != WN_OK)
            break;
        for (size_t i = 0; i < list.n; i++) {
            if (list.at[i].state == 'T' || list.at[i].state == 't')
                n_stopped++;
            else
                kill(list.at[i].pid, SIGSTOP);
        }
        if (n_stopped == list.n) /* and whoever could fork stands still */
            break;
        if (tries == STOP_TRIES) {
            rc = wn_fail(err, WN_EBUSY, "a process of the trial does not stop");
            break;
        }
        nanosleep(&millisecond, NULL);
    }
    wn_vec_release(&list);
    return rc;
}

/* helper_disk.c - the helper's work on files. It may take as long as the disk likes: the
 * worker never waits for it. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runner/helper_internal.h"

#define N_TRIES 100

/* trials/ID, or with `cwd` the dispatch's folder in it, or -1. No part of the way is a
 * link: a program may have put one there to lead us out of the study. */
static int open_folder(const struct wn_spec *spec, bool cwd)
{
    char trial[16], dispatch[32];
    const char *parts[] = {"trials", trial, dispatch};
    int fd = open(spec->study_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);

    snprintf(trial, sizeof trial, "%u", spec->trial);
    snprintf(dispatch, sizeof dispatch, WN_CWD_NAME, spec->dispatch.incarnation,
             spec->dispatch.count);
    for (int i = 0; fd >= 0 && i < (cwd ? 3 : 2); i++) {
        int next = openat(fd, parts[i], O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

        close(fd);
        fd = next;
    }
    return fd;
}

/* A file in a folder of open_folder(), emptied; or -1. */
static int create_in(int folder, const char *name)
{
    return openat(folder, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
                  0666);
}

static enum wn_status write_config(const struct wn_spec *spec,
                                   const char *cwd,
                                   struct wn_error *err)
{
    int folder = open_folder(spec, true);
    int fd = folder < 0 ? -1 : create_in(folder, WN_CONFIG_NAME);
    enum wn_status rc;

    if (fd < 0)
        rc = wn_fail_errno(err, WN_EIO, "creating %s/%s", cwd, WN_CONFIG_NAME);
    else
        rc = wn_file_write_all(fd, spec->config, strlen(spec->config), WN_CONFIG_NAME,
                               err);
    if (fd >= 0)
        close(fd);
    if (folder >= 0)
        close(folder);
    return rc;
}

static enum wn_status take_source(const struct wn_spec *spec,
                                  const struct wn_store *store,
                                  const char *work,
                                  struct wn_error *err)
{
    enum wn_status rc = WN_OK;

    if (spec->source.resource)
        rc = wn_store_verify(store, spec->source, true, err);
    if (rc != WN_OK || !spec->has_work)
        return rc;
    /* An earlier start under this dispatch may have left one. */
    rc = wn_dir_remove(work, err);
    if (rc != WN_OK)
        return rc;
    return spec->source.resource ? wn_store_unpack(store, spec->source, work, err)
                                 : wn_dir_make(work, err);
}

/* trials/ID/I.C, one a dispatch: the helper of an earlier one may still be cleaning up, and
 * may remove trials/ID, being empty, before there is a folder in it. */
static enum wn_status make_cwd(const struct wn_spec *spec,
                               struct wn_helper_paths *paths,
                               struct wn_error *err)
{
    struct wn_error trouble = {0};
    enum wn_status rc;
    char name[64], all[WN_PATH_MAX];

    snprintf(name, sizeof name, "trials/%u", spec->trial);
    rc = wn_path_join(all, err, spec->study_dir, "trials");
    if (rc == WN_OK)
        rc = wn_path_join(paths->kept, err, spec->study_dir, name);
    snprintf(name, sizeof name, WN_CWD_NAME, spec->dispatch.incarnation,
             spec->dispatch.count);
    if (rc == WN_OK)
        rc = wn_path_join(paths->cwd, err, paths->kept, name);
    if (rc != WN_OK)
        return rc;
    for (int i = 0; i < N_TRIES; i++) {
        rc = wn_dir_make(all, &trouble); /* each: only the last part may be no link */
        if (rc == WN_OK)
            rc = wn_dir_make(paths->kept, &trouble);
        if (rc == WN_OK)
            rc = wn_dir_make(paths->cwd, &trouble);
        if (rc == WN_OK || trouble.native != ENOENT)
            break;
    }
    if (rc != WN_OK) {
        paths->cwd[0] = '\0';
        if (err)
            *err = trouble;
    }
    return rc;
}

enum wn_status wn_helper_prepare(const struct wn_spec *spec,
                                 struct wn_helper_paths *paths,
                                 struct wn_error *err)
{
    struct wn_store *store = NULL;
    enum wn_status rc = make_cwd(spec, paths, err);

    if (rc == WN_OK && *spec->config)
        rc = write_config(spec, paths->cwd, err);
    if (rc == WN_OK)
        rc = wn_store_open(spec->study_dir, &store, err);
    if (rc == WN_OK)
        rc = wn_store_temp(store, spec->trial, spec->dispatch, paths->temp, err);
    if (rc == WN_OK)
        rc = wn_path_join(paths->work, err, paths->temp, WN_WORK_NAME);
    if (rc == WN_OK)
        rc = take_source(spec, store, paths->work, err);
    wn_store_destroy(store);
    return rc;
}

/* Commit the named folder; the program chose the name, so it may be no path. */
static enum wn_status commit_folder(struct wn_store *store,
                                    const struct wn_helper_paths *paths,
                                    const char *name,
                                    struct wn_generation gen,
                                    struct wn_error *err)
{
    char from[WN_PATH_MAX];
    enum wn_status rc;

    if (!wn_name_is_plain(name))
        return wn_fail(err, WN_EINVAL, "a checkpoint folder cannot be called %s", name);
    rc = wn_path_join(from, err, paths->temp, name);
    return rc == WN_OK ? wn_store_commit(store, from, gen, err) : rc;
}

void wn_helper_commit(const struct wn_spec *spec,
                      const struct wn_helper_paths *paths,
                      const struct wn_control *order,
                      pid_t root,
                      struct wn_control *done,
                      char *why)
{
    struct wn_generation gen = {order->resource, spec->trial, spec->dispatch};
    struct wn_store *store = NULL;
    struct wn_error err = {0};
    enum wn_status rc = WN_OK;

    *done = (struct wn_control){.kind = WN_CONTROL_DONE, .resource = order->resource};
    why[0] = '\0';
    if (order->kind == WN_CONTROL_HOLD && !order->resource)
        rc =
            wn_kin_stop(root, getpid(), &err); /* nothing to copy: it only stands still */
    else
        rc = wn_store_open(spec->study_dir, &store, &err);
    if (rc == WN_OK && order->kind == WN_CONTROL_COMMIT) {
        rc = commit_folder(store, paths, order->text, gen, &err);
        done->flag = rc == WN_OK;
    } else if (rc == WN_OK && order->resource) {
        rc = wn_hold_copy(store, gen, paths->work, root, order->number, &done->flag, why,
                          &err);
    }
    if (rc != WN_OK) {
        done->flag = false;
        done->number = 1;
        snprintf(why, sizeof err.text, "%s", err.text);
    }
    done->text = why;
    wn_store_destroy(store);
}

static void keep_output(int kept, int output_fd)
{
    char bytes[65536];
    off_t at = 0;
    ssize_t n;
    int fd = create_in(kept, "output.log");

    if (fd < 0)
        return;
    while ((n = pread(output_fd, bytes, sizeof bytes, at)) > 0) {
        if (wn_file_write_all(fd, bytes, (size_t)n, "output.log", NULL) != WN_OK)
            break;
        at += n;
    }
    close(fd);
}

void wn_helper_clean(const struct wn_spec *spec,
                     const struct wn_helper_paths *paths,
                     int output_fd)
{
    struct wn_store *store = NULL;
    char name[32];
    int cwd, kept;

    if (*paths->temp && wn_store_open(spec->study_dir, &store, NULL) == WN_OK) {
        /* What cannot be removed now is swept away when the study opens next. */
        enum wn_status rc =
            wn_store_discard_temp(store, spec->trial, spec->dispatch, NULL);

        (void)rc;
        wn_store_destroy(store);
    }
    if (!*paths->cwd)
        return;
    cwd = *spec->config ? open_folder(spec, true) : -1;
    kept = open_folder(spec, false);
    if (cwd >= 0) {
        unlinkat(cwd, WN_CONFIG_NAME, 0);
        close(cwd);
    }
    if (kept < 0)
        return;
    if (output_fd >= 0)
        keep_output(kept, output_fd);
    snprintf(name, sizeof name, WN_CWD_NAME, spec->dispatch.incarnation,
             spec->dispatch.count);
    unlinkat(kept, name, AT_REMOVEDIR); /* these fail, as they should, when anything */
    close(kept);
    rmdir(paths->kept); /* is in there */
}

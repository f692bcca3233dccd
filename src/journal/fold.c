/* fold.c - all valid frames in one segment with the next number.
 *
 * Written aside and synced, then given its name, which must not exist: whoever opened
 * the study meanwhile holds that number, and we are fenced. Only when the folder is
 * synced too do the older segments go. So at every moment either the older segments are
 * all there, or the folded one is whole and supersedes what is left of them.
 *
 * Whoever took the name may have folded in turn and given it up. But what he folded into is
 * there before, and whatever replaces that: so we look for a later segment once we have the
 * name, and end if there is one. What we then leave behind is superseded by it, and the next
 * opening removes it.
 */
#define _GNU_SOURCE /* renameat2 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "journal/writer_internal.h"

enum { CHUNK = 1024 * 1024 };

struct fold {
    struct wn_journal *journal;
    struct wn_buf pending; /* frames not yet written */
    char path[WN_PATH_MAX];
    uint64_t at, seq;
    uint32_t incarnation;
    int fd;
};

void wn_fold_name(uint32_t incarnation, char name[WN_SEGMENT_NAME])
{
    snprintf(name, WN_SEGMENT_NAME, "%u.fold", (unsigned)incarnation);
}

static enum wn_status flush(struct fold *fold, struct wn_error *err)
{
    enum wn_status rc;

    if (fold->pending.failed)
        return wn_fail(err, WN_ENOMEM, "no memory to fold the journal");
    rc = wn_pwrite_all(fold->fd, wn_buf_text(&fold->pending), fold->pending.n, fold->at,
                       fold->path, err);
    fold->at += fold->pending.n;
    wn_buf_clear(&fold->pending);
    return rc;
}

static enum wn_status copy_frame(void *arg,
                                 const void *payload,
                                 size_t n,
                                 struct wn_error *err)
{
    struct fold *fold = arg;
    unsigned char head[WN_FRAME_HEAD];

    wn_frame_put_head(fold->incarnation, fold->seq++, payload, n, head);
    wn_buf_add(&fold->pending, head, sizeof head);
    wn_buf_add(&fold->pending, payload, n);
    return fold->pending.n >= CHUNK || fold->pending.failed ? flush(fold, err) : WN_OK;
}

/* All frames that a reader would see, then the header, which holds the length. */
static enum wn_status write_aside(struct fold *fold, struct wn_error *err)
{
    struct wn_journal *journal = fold->journal;
    struct wn_segments segments = {.dir = journal->dir, .dir_fd = journal->dir_fd};
    struct wn_segment_header header = {.version = WN_JOURNAL_VERSION,
                                       .incarnation = fold->incarnation,
                                       .folds_through = journal->incarnation};
    unsigned char bytes[WN_SEGMENT_HEADER];
    enum wn_status rc = wn_segments_plan(&segments, fold->incarnation, err);

    fold->at = WN_SEGMENT_HEADER;
    if (rc == WN_OK)
        rc = wn_segments_walk(&segments, copy_frame, NULL, fold, err);
    if (rc == WN_OK)
        rc = flush(fold, err);
    wn_segments_release(&segments);
    if (rc != WN_OK)
        return rc;
    header.length_bytes = fold->at;
    wn_segment_put_header(&header, journal->study, bytes);
    rc = wn_pwrite_all(fold->fd, bytes, sizeof bytes, 0, fold->path, err);
    if (rc == WN_OK && !journal->skips_sync && fsync(fold->fd) != 0)
        rc = wn_fail_errno(err, WN_EIO, "cannot sync %s", fold->path);
    return rc;
}

static enum wn_status fail_fenced(const struct wn_journal *journal, struct wn_error *err)
{
    return wn_fail(err, WN_EFENCED,
                   "the journal %s was opened by another process before it was folded",
                   journal->dir);
}

/* Rename without replacing; by a second link where the file system cannot. */
static enum wn_status name_it(const struct fold *fold,
                              const char *aside,
                              struct wn_error *err)
{
    int dir_fd = fold->journal->dir_fd;
    char name[WN_SEGMENT_NAME];
    int rc;

    wn_segment_name(fold->incarnation, name);
    rc = renameat2(dir_fd, aside, dir_fd, name, RENAME_NOREPLACE);
    if (rc != 0 && (errno == EINVAL || errno == ENOSYS)) {
        rc = linkat(dir_fd, aside, dir_fd, name, 0);
        if (rc == 0)
            unlinkat(dir_fd, aside, 0);
    }
    if (rc == 0)
        return WN_OK;
    if (errno == EEXIST || errno == ENOENT) /* ENOENT: the next opening tidied up */
        return fail_fenced(fold->journal, err);
    return wn_fail_errno(err, WN_EIO, "cannot rename %s to %s", fold->path, name);
}

static void remove_older(const struct wn_journal *journal)
{
    struct wn_numbers numbers = {0};

    if (wn_numbers_list(journal->dir_fd, journal->dir, &numbers, NULL) == WN_OK) {
        for (size_t i = 0; i < numbers.list.n; i++) {
            char name[WN_SEGMENT_NAME];

            if (numbers.list.at[i] > journal->incarnation)
                break;
            wn_segment_name(numbers.list.at[i], name);
            unlinkat(journal->dir_fd, name, 0); /* else the next opening does it */
        }
    }
    wn_vec_release(&numbers.list);
}

/* WN_EFENCED when there is a segment above a number. */
static enum wn_status look_above(const struct wn_journal *journal,
                                 uint32_t number,
                                 struct wn_error *err)
{
    bool is_late = false;
    enum wn_status rc = wn_journal_look_above(journal, number, &is_late, err);

    return rc == WN_OK && is_late ? fail_fenced(journal, err) : rc;
}

static enum wn_status make(struct fold *fold, struct wn_error *err)
{
    struct wn_journal *journal = fold->journal;
    char aside[WN_SEGMENT_NAME];
    enum wn_status rc;

    wn_fold_name(fold->incarnation, aside);
    snprintf(fold->path, sizeof fold->path, "%.*s/%s", WN_PATH_MAX - WN_SEGMENT_NAME - 1,
             journal->dir, aside);
    unlinkat(journal->dir_fd, aside, 0); /* of an attempt that failed */
    fold->fd = openat(journal->dir_fd, aside,
                      O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (fold->fd < 0)
        return wn_fail_errno(err, WN_EIO, "cannot create %s", fold->path);
    rc = write_aside(fold, err);
    close(fold->fd);
    wn_buf_release(&fold->pending);
    if (rc == WN_OK)
        rc = name_it(fold, aside, err);
    if (rc != WN_OK)
        unlinkat(journal->dir_fd, aside, 0);
    return rc;
}

enum wn_status wn_journal_fold(struct wn_journal *journal, struct wn_error *err)
{
    struct fold fold = {.journal = journal, .incarnation = journal->incarnation + 1};
    enum wn_status rc;

    if (journal->is_folded)
        return WN_OK;
    rc = look_above(journal, journal->incarnation, err);
    if (rc != WN_OK)
        return rc;
    rc = make(&fold, err);
    if (rc != WN_OK) /* what we read may have been taken away: say why */
        return look_above(journal, journal->incarnation, NULL) == WN_EFENCED
                   ? fail_fenced(journal, err)
                   : rc;
    journal->is_folded = true;
    rc = look_above(journal, fold.incarnation, err);
    if (rc == WN_OK)
        rc = wn_journal_sync_dir(journal, err);
    if (rc == WN_OK)
        remove_older(journal);
    return rc;
}

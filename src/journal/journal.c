/* journal.c - opening, appending, syncing, fencing.
 *
 * The order in wn_journal_open() is what makes fencing work without locks: create the
 * next segment, then read the earlier ones. Together with "append, sync, look for a
 * later segment, act" on the other side no interleaving lets an old writer act on an
 * event that the new one does not know.
 *
 * Appending writes at the known good length, never at the end of the file: what a
 * failed write left behind is cut off or overwritten.
 */
#define _GNU_SOURCE /* openat, fdatasync, pwrite with strict C17 */
#include "journal/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "journal/journal_internal.h"
#include "journal/writer_internal.h"

enum wn_status wn_pwrite_all(int fd,
                             const void *bytes,
                             size_t n,
                             uint64_t offset,
                             const char *path,
                             struct wn_error *err)
{
    const char *at = bytes;

    while (n > 0) {
        ssize_t done = pwrite(fd, at, n, (off_t)offset);

        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return wn_fail_errno(err, WN_EIO, "cannot write %zu bytes to %s", n, path);
        at += done;
        n -= (size_t)done;
        offset += (uint64_t)done;
    }
    return WN_OK;
}

void wn_journal_close(struct wn_journal *journal)
{
    if (!journal)
        return;
    if (journal->fd >= 0)
        close(journal->fd);
    if (journal->dir_fd >= 0)
        close(journal->dir_fd);
    wn_buf_release(&journal->frame);
    wn_arena_release(&journal->arena);
    wn_free(journal->dir);
    wn_free(journal->path);
    wn_free(journal->study);
    wn_free(journal);
}

static enum wn_status prepare_folder(struct wn_journal *journal,
                                     const struct wn_journal_config *cfg,
                                     struct wn_error *err)
{
    enum wn_status rc;

    journal->fd = journal->dir_fd = -1;
    journal->skips_sync = cfg->skips_sync;
    journal->dir = wn_strdup(cfg->dir);
    journal->path = wn_alloc(WN_PATH_MAX);
    journal->study = wn_strdup(cfg->study ? cfg->study : "");
    if (!journal->dir || !journal->path || !journal->study)
        return wn_fail(err, WN_ENOMEM, "no memory for the journal %s", cfg->dir);
    rc = wn_dir_make(cfg->dir, err);
    if (rc != WN_OK)
        return rc;
    journal->dir_fd = open(cfg->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (journal->dir_fd < 0)
        return wn_fail_errno(err, WN_EIO, "cannot open the journal folder %s", cfg->dir);
    return WN_OK;
}

/* Become incarnation `number`; nobody else can any more. */
static enum wn_status claim(struct wn_journal *journal,
                            uint32_t number,
                            struct wn_error *err)
{
    struct wn_segment_header header = {.version = WN_JOURNAL_VERSION,
                                       .incarnation = number};
    unsigned char bytes[WN_SEGMENT_HEADER];
    char name[WN_SEGMENT_NAME];

    wn_segment_name(number, name);
    wn_segment_path(journal->dir, number, journal->path);
    journal->fd = openat(journal->dir_fd, name,
                         O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (journal->fd < 0 && errno == EEXIST)
        return wn_fail(err, WN_EBUSY,
                       "another process opened the study at the same moment: %s exists",
                       journal->path);
    if (journal->fd < 0)
        return wn_fail_errno(err, WN_EIO, "cannot create %s", journal->path);
    journal->incarnation = number;
    wn_segment_put_header(&header, journal->study, bytes);
    atomic_store(&journal->written, WN_SEGMENT_HEADER);
    return wn_pwrite_all(journal->fd, bytes, sizeof bytes, 0, journal->path, err);
}

enum wn_status wn_journal_look_above(const struct wn_journal *journal,
                                     uint32_t number,
                                     bool *found,
                                     struct wn_error *err)
{
    struct wn_numbers numbers = {0};
    enum wn_status rc = wn_numbers_list(journal->dir_fd, journal->dir, &numbers, err);

    if (rc == WN_OK)
        *found = numbers.list.n && numbers.list.at[numbers.list.n - 1] > number;
    wn_vec_release(&numbers.list);
    return rc;
}

static enum wn_status sync_segment(const struct wn_segments *segments,
                                   const struct wn_segment *segment,
                                   struct wn_error *err)
{
    int fd = segment->fd;
    char path[WN_PATH_MAX];
    enum wn_status rc = WN_OK;

    if (fd < 0)
        rc = wn_segment_open(segments->dir_fd, segments->dir, segment->incarnation, &fd,
                             err);
    if (rc == WN_OK && fsync(fd) != 0)
        rc = wn_fail_errno(err, WN_EIO, "cannot sync %s",
                           wn_segment_path(segments->dir, segment->incarnation, path));
    if (segment->fd < 0 && fd >= 0)
        close(fd);
    return rc;
}

enum wn_status wn_journal_sync_dir(const struct wn_journal *journal, struct wn_error *err)
{
    /* EINVAL: a file system that has nothing to sync in folders. */
    if (!journal->skips_sync && fsync(journal->dir_fd) != 0 && errno != EINVAL)
        return wn_fail_errno(err, WN_EIO, "cannot sync the journal folder %s",
                             journal->dir);
    return WN_OK;
}

/* What is named in `opened` must be on the disk before it. */
static enum wn_status sync_all(const struct wn_journal *journal,
                               const struct wn_segments *segments,
                               struct wn_error *err)
{
    enum wn_status rc = WN_OK;

    if (journal->skips_sync)
        return WN_OK;
    for (size_t i = 0; i < segments->list.n && rc == WN_OK; i++)
        if (segments->list.at[i].length)
            rc = sync_segment(segments, &segments->list.at[i], err);
    if (rc == WN_OK && fsync(journal->fd) != 0)
        rc = wn_fail_errno(err, WN_EIO, "cannot sync %s", journal->path);
    return rc == WN_OK ? wn_journal_sync_dir(journal, err) : rc;
}

/* Segments that a fold replaced, and its temporary file, when it was interrupted. A
 * failure leaves them to the next opening. */
static void remove_leftovers(const struct wn_journal *journal,
                             const struct wn_segments *segments)
{
    struct wn_numbers numbers = {0};
    char name[WN_SEGMENT_NAME];

    wn_fold_name(journal->incarnation, name);
    unlinkat(journal->dir_fd, name, 0);
    if (segments->list.n &&
        wn_numbers_list(journal->dir_fd, journal->dir, &numbers, NULL) == WN_OK) {
        for (size_t i = 0; i < numbers.list.n; i++) {
            if (numbers.list.at[i] >= segments->list.at[0].incarnation)
                break;
            wn_segment_name(numbers.list.at[i], name);
            unlinkat(journal->dir_fd, name, 0);
        }
    }
    wn_vec_release(&numbers.list);
}

static enum wn_status fill_opening(const struct wn_journal *journal,
                                   const struct wn_segments *segments,
                                   struct wn_journal_opening *out,
                                   struct wn_error *err)
{
    struct wn_segment_length *lengths = wn_alloc_array(segments->list.n, sizeof *lengths);

    if (!lengths)
        return wn_fail(err, WN_ENOMEM, "no memory for the segments of %s", journal->dir);
    for (size_t i = 0; i < segments->list.n; i++)
        lengths[i] =
            (struct wn_segment_length){.incarnation = segments->list.at[i].incarnation,
                                       .length_bytes = segments->list.at[i].length};
    *out = (struct wn_journal_opening){.incarnation = journal->incarnation,
                                       .lengths = lengths,
                                       .n_lengths = (uint32_t)segments->list.n,
                                       .n_events = segments->n_events,
                                       .torn_bytes = segments->torn_bytes,
                                       .is_closed = segments->is_closed};
    return WN_OK;
}

/* The part after the claim: read, sync, and name the lengths. */
static enum wn_status take_over(struct wn_journal *journal,
                                struct wn_segments *segments,
                                wn_event_fn *visit,
                                void *arg,
                                struct wn_journal_opening *opening,
                                struct wn_error *err)
{
    bool is_late = false;
    enum wn_status rc =
        wn_journal_look_above(journal, journal->incarnation, &is_late, err);

    if (rc == WN_OK && is_late) {
        journal->incarnation = 0; /* the later one may have seen our segment: it stays */
        return wn_fail(err, WN_EBUSY,
                       "another process opened the study %s at the same moment",
                       journal->dir);
    }
    if (rc == WN_OK)
        rc = wn_segments_plan(segments, journal->incarnation, err);
    if (rc == WN_OK)
        rc = wn_segments_walk(segments, NULL, visit, arg, err);
    if (rc == WN_OK)
        rc = sync_all(journal, segments, err);
    if (rc == WN_OK)
        rc = fill_opening(journal, segments, opening, err);
    if (rc == WN_OK)
        remove_leftovers(journal, segments);
    return rc;
}

enum wn_status wn_journal_open(const struct wn_journal_config *cfg,
                               wn_event_fn *visit,
                               void *arg,
                               struct wn_journal **out,
                               struct wn_journal_opening *opening,
                               struct wn_error *err)
{
    struct wn_segments segments = {.dir = cfg->dir, .dir_fd = -1};
    struct wn_journal *journal = wn_alloc(sizeof *journal);
    enum wn_status rc;

    if (!journal)
        return wn_fail(err, WN_ENOMEM, "no memory for the journal %s", cfg->dir);
    rc = prepare_folder(journal, cfg, err);
    if (rc != WN_OK)
        goto out;
    segments.dir_fd = journal->dir_fd;
    /* Look first without touching anything: another version's study stays as it is. */
    rc = wn_segments_plan(&segments, UINT32_MAX, err);
    if (rc == WN_OK && segments.highest >= UINT32_MAX - 2)
        rc = wn_fail(err, WN_EINVAL, "the study %s was opened too often", cfg->dir);
    if (rc == WN_OK)
        rc = claim(journal, segments.highest + 1, err);
    if (rc == WN_OK)
        rc = take_over(journal, &segments, visit, arg, opening, err);
    if (rc != WN_OK && journal->incarnation) {
        char name[WN_SEGMENT_NAME];

        /* Nothing was written under this number: it may be used again. */
        wn_segment_name(journal->incarnation, name);
        unlinkat(journal->dir_fd, name, 0);
    }
out:
    wn_segments_release(&segments);
    if (rc == WN_OK) {
        atomic_store(&journal->synced,
                     journal->skips_sync ? 0 : (uint64_t)WN_SEGMENT_HEADER);
        *out = journal;
    } else {
        wn_journal_close(journal);
    }
    return rc;
}

/* Encode `event` behind room for the frame's head, and prove that it can be read. */
static enum wn_status prepare(struct wn_journal *journal,
                              const struct wn_event *event,
                              size_t *n,
                              struct wn_error *err)
{
    static const unsigned char head[WN_FRAME_HEAD];
    struct wn_buf *frame = &journal->frame;
    struct wn_event back;
    enum wn_status rc;

    wn_buf_clear(frame);
    wn_buf_add(frame, head, sizeof head);
    wn_event_encode(event, frame);
    if (frame->failed)
        return wn_fail(err, WN_ENOMEM, "no memory to append to %s", journal->path);
    *n = frame->n - WN_FRAME_HEAD;
    if (*n > WN_FRAME_PAYLOAD_MOST)
        return wn_fail(err, WN_EINVAL, "an event of %zu bytes is larger than %d", *n,
                       WN_FRAME_PAYLOAD_MOST);
    wn_arena_reset(&journal->arena);
    rc = wn_event_decode(frame->at + WN_FRAME_HEAD, *n, &journal->arena, &back, err);
    if (rc != WN_ECORRUPT)
        return rc;
    wn_wrap(err, "this event must not be journaled");
    if (err)
        err->status = WN_EINVAL;
    return WN_EINVAL;
}

enum wn_status wn_journal_append(struct wn_journal *journal,
                                 const struct wn_event *event,
                                 struct wn_error *err)
{
    uint64_t at = atomic_load(&journal->written);
    size_t n = 0;
    enum wn_status rc;

    if (journal->is_folded)
        return wn_fail(err, WN_EINVAL, "the journal %s is folded: open it again",
                       journal->dir);
    rc = prepare(journal, event, &n, err);
    if (rc != WN_OK)
        return rc;
    wn_frame_put_head(journal->incarnation, journal->seq,
                      journal->frame.at + WN_FRAME_HEAD, n,
                      (unsigned char *)journal->frame.at);
    if (journal->has_rest && ftruncate(journal->fd, (off_t)at) != 0)
        return wn_fail_errno(err, WN_EIO, "cannot cut a failed append off %s",
                             journal->path);
    journal->has_rest = false;
    rc = wn_pwrite_all(journal->fd, journal->frame.at, journal->frame.n, at,
                       journal->path, err);
    if (rc != WN_OK) {
        /* Half a frame would be taken for a torn tail, but make room on a full disk. */
        journal->has_rest = ftruncate(journal->fd, (off_t)at) != 0;
        return rc;
    }
    journal->seq++;
    atomic_store(&journal->written, at + journal->frame.n);
    return WN_OK;
}

enum wn_status wn_journal_sync(struct wn_journal *journal, struct wn_error *err)
{
    uint64_t written = atomic_load(&journal->written);
    uint64_t synced = atomic_load(&journal->synced);

    if (synced >= written)
        return WN_OK;
    /* After a failure the kernel may have dropped the pages and report success. */
    if (atomic_load(&journal->has_lost_sync))
        return wn_fail(err, WN_EIO, "an earlier sync of %s failed", journal->path);
    if (!journal->skips_sync && fdatasync(journal->fd) != 0) {
        atomic_store(&journal->has_lost_sync, true);
        return wn_fail_errno(err, WN_EIO, "cannot sync %s", journal->path);
    }
    while (synced < written &&
           !atomic_compare_exchange_weak(&journal->synced, &synced, written))
        continue;
    return WN_OK;
}

uint64_t wn_journal_written(const struct wn_journal *journal)
{
    return atomic_load(&journal->written);
}

uint64_t wn_journal_synced(const struct wn_journal *journal)
{
    return atomic_load(&journal->synced);
}

uint32_t wn_journal_incarnation(const struct wn_journal *journal)
{
    return journal->incarnation;
}

bool wn_journal_is_fenced(const struct wn_journal *journal)
{
    uint32_t last = journal->incarnation + (journal->is_folded ? 1 : 0);
    bool found = true;

    /* Who cannot look must not act. */
    return wn_journal_look_above(journal, last, &found, NULL) != WN_OK || found;
}

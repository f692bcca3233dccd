/* reader.c - which bytes of which segments are the journal, and walking them.
 *
 * Planning goes from the newest segment to the oldest, because the newest `opened` event
 * names how much of every earlier segment counts: what an older writer appended
 * afterwards lies beyond and is never read. A segment without an `opened` of its own
 * (its creator died, or has not come that far) names nothing; then the one before it
 * ends at its first bad frame, as the last one always does. Sizes are taken once, while
 * planning, so that the walk sees what the plan was made from.
 */
#define _GNU_SOURCE /* openat, fdopendir, O_NOFOLLOW with strict C17 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "journal/journal_internal.h"

/* Descriptors kept from plan to walk, so that a fold beside us takes nothing away. */
enum { KEPT_OPEN_MOST = 200, TRIES = 20 };

void wn_segments_release(struct wn_segments *segments)
{
    for (size_t i = 0; i < segments->list.n; i++)
        if (segments->list.at[i].fd >= 0)
            close(segments->list.at[i].fd);
    wn_vec_release(&segments->list);
}

static int compare_numbers(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

enum wn_status wn_numbers_list(int dir_fd,
                               const char *dir,
                               struct wn_numbers *out,
                               struct wn_error *err)
{
    /* A fresh descriptor, so that a file system on a network looks again. */
    int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *listing = fd >= 0 ? fdopendir(fd) : NULL;
    enum wn_status rc = WN_OK;

    out->list.n = 0;
    if (!listing) {
        rc = wn_fail_errno(err, WN_EIO, "cannot list the journal folder %s", dir);
        if (fd >= 0)
            close(fd);
        return rc;
    }
    for (;;) {
        struct dirent *entry;
        uint32_t number, *item;

        errno = 0;
        entry = readdir(listing);
        if (!entry && errno)
            rc = wn_fail_errno(err, WN_EIO, "cannot list the journal folder %s", dir);
        if (!entry)
            break;
        if (!wn_segment_parse_name(entry->d_name, &number))
            continue;
        item = wn_vec_push(&out->list);
        if (!item) {
            rc = wn_fail(err, WN_ENOMEM, "no memory to list the journal folder %s", dir);
            break;
        }
        *item = number;
    }
    closedir(listing);
    if (rc == WN_OK && out->list.at)
        qsort(out->list.at, out->list.n, sizeof *out->list.at, compare_numbers);
    return rc;
}

/* Planning */

struct plan {
    struct wn_segments
        *segments; /* filled from newest to oldest, turned round at the end */
    struct wn_arena arena;
    const struct wn_segment_length *named; /* of the newest `opened` so far, or NULL */
    uint32_t n_named;
    bool has_names;
    bool has_start; /* segment 1 or a folded one was met: nothing is missing before it */
};

static uint64_t named_length(const struct plan *plan, uint32_t incarnation)
{
    for (uint32_t i = 0; i < plan->n_named; i++)
        if (plan->named[i].incarnation == incarnation)
            return plan->named[i].length_bytes;
    return 0; /* it was not there, or empty, when the names were written */
}

static enum wn_status read_header(int fd,
                                  const char *path,
                                  unsigned char *bytes,
                                  size_t *n,
                                  struct wn_error *err)
{
    *n = 0;
    while (*n < WN_SEGMENT_HEADER) {
        ssize_t got = pread(fd, bytes + *n, WN_SEGMENT_HEADER - *n, (off_t)*n);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return wn_fail_errno(err, WN_EIO, "cannot read %s", path);
        if (!got)
            break;
        *n += (size_t)got;
    }
    return WN_OK;
}

/* Find the segment's own `opened` event, which names the lengths of those before it. */
static enum wn_status find_names(struct plan *plan,
                                 const struct wn_segment *segment,
                                 const char *path,
                                 struct wn_error *err)
{
    struct wn_scan scan;
    enum wn_status rc;

    wn_scan_init(&scan, segment, segment->fd, path);
    for (;;) {
        struct wn_event event;
        enum wn_frame kind;
        const void *payload;
        size_t n;

        rc = wn_scan_next(&scan, &kind, &payload, &n, err);
        if (rc != WN_OK || kind != WN_FRAME_GOOD)
            break;
        if (((const unsigned char *)payload)[0] != WN_EVENT_OPENED)
            continue;
        rc = wn_event_decode(payload, n, &plan->arena, &event, err);
        if (rc != WN_OK)
            break;
        if (event.opened.incarnation == segment->incarnation) {
            plan->named = event.opened.lengths;
            plan->n_named = event.opened.n_lengths;
            plan->has_names = true;
            break;
        }
    }
    wn_scan_release(&scan);
    return rc;
}

/* A header that is none: the creator died before it was written, unless frames follow. */
static enum wn_status judge_headless(struct wn_segment *segment,
                                     const char *path,
                                     bool is_exact,
                                     uint64_t *torn_bytes,
                                     struct wn_error *err)
{
    struct wn_scan scan;
    bool found = false;
    uint64_t where = 0;
    enum wn_status rc = WN_OK;

    if (is_exact)
        return wn_fail(err, WN_ECORRUPT, "the header of %s is damaged", path);
    segment->length = segment->size;
    if (segment->size > WN_SEGMENT_HEADER) {
        wn_scan_init(&scan, segment, segment->fd, path);
        scan.at--; /* look from the place of the first frame */
        rc = wn_scan_look_beyond(&scan, &found, &where, err);
        wn_scan_release(&scan);
    }
    if (rc != WN_OK)
        return rc;
    if (found)
        return wn_fail(
            err, WN_ECORRUPT,
            "the header of %s is damaged: a good event follows it at byte %llu", path,
            (unsigned long long)where);
    *torn_bytes += segment->size;
    segment->length = 0;
    return WN_OK;
}

/* Set length and is_exact from the header, the file's size and what is named later. */
static enum wn_status set_length(struct plan *plan,
                                 struct wn_segment *segment,
                                 const struct wn_segment_header *header,
                                 const char *path,
                                 struct wn_error *err)
{
    uint64_t named = named_length(plan, segment->incarnation);

    segment->is_exact = plan->has_names || header->length_bytes;
    segment->length = plan->has_names ? named : header->length_bytes;
    if (!segment->is_exact)
        segment->length = segment->size;
    if (segment->length <= WN_SEGMENT_HEADER)
        segment->length = 0;
    if (segment->length > segment->size)
        return wn_fail(err, WN_ECORRUPT, "%s has %llu bytes, but %llu were written", path,
                       (unsigned long long)segment->size,
                       (unsigned long long)segment->length);
    if (header->length_bytes && header->length_bytes != segment->length)
        return wn_fail(err, WN_ECORRUPT,
                       "%s was folded with %llu bytes, but %llu are named later", path,
                       (unsigned long long)header->length_bytes,
                       (unsigned long long)segment->length);
    return WN_OK;
}

/* Add one segment to the plan; *folds_through says below which number to stop. */
static enum wn_status plan_segment(struct plan *plan,
                                   struct wn_segment *segment,
                                   uint32_t *folds_through,
                                   struct wn_error *err)
{
    unsigned char bytes[WN_SEGMENT_HEADER];
    struct wn_segment_header header = {0};
    char path[WN_PATH_MAX];
    struct stat info;
    bool needed;
    size_t n;
    enum wn_status rc;

    wn_segment_path(plan->segments->dir, segment->incarnation, path);
    if (fstat(segment->fd, &info) != 0)
        return wn_fail_errno(err, WN_EIO, "cannot look at %s", path);
    if (!S_ISREG(info.st_mode))
        return wn_fail(err, WN_EIO, "%s is not a regular file", path);
    segment->size = (uint64_t)info.st_size;
    rc = read_header(segment->fd, path, bytes, &n, err);
    if (rc != WN_OK)
        return rc;
    needed =
        plan->has_names && named_length(plan, segment->incarnation) > WN_SEGMENT_HEADER;
    if (n < WN_SEGMENT_HEADER || !wn_segment_get_header(bytes, &header))
        return judge_headless(segment, path, needed, &plan->segments->torn_bytes, err);
    if (header.version != WN_JOURNAL_VERSION)
        return wn_fail(err, WN_EVERSION,
                       "%s has journal format %lu, this program knows format %d", path,
                       (unsigned long)header.version, WN_JOURNAL_VERSION);
    if (header.incarnation != segment->incarnation ||
        (header.folds_through && header.folds_through != header.incarnation - 1))
        return wn_fail(
            err, WN_ECORRUPT, "the header of %s says incarnation %lu, folded through %lu",
            path, (unsigned long)header.incarnation, (unsigned long)header.folds_through);
    *folds_through = header.folds_through;
    rc = set_length(plan, segment, &header, path, err);
    if (rc == WN_OK && segment->length && !plan->has_names && !header.folds_through)
        rc = find_names(plan, segment, path, err);
    return rc;
}

static enum wn_status check_all_there(const struct plan *plan, struct wn_error *err)
{
    const struct wn_segments *segments = plan->segments;

    if (segments->list.n && !plan->has_start && !plan->has_names)
        return wn_fail(err, WN_ECORRUPT,
                       "the journal %s has no beginning: segments before %lu "
                       "are missing",
                       segments->dir, (unsigned long)segments->list.at[0].incarnation);

    for (uint32_t i = 0; i < plan->n_named; i++) {
        bool is_there = plan->named[i].length_bytes <= WN_SEGMENT_HEADER;
        char path[WN_PATH_MAX];

        for (size_t k = 0; k < segments->list.n && !is_there; k++)
            is_there = segments->list.at[k].incarnation == plan->named[i].incarnation;
        if (!is_there)
            return wn_fail(
                err, WN_ECORRUPT, "the journal segment %s is missing",
                wn_segment_path(segments->dir, plan->named[i].incarnation, path));
    }
    return WN_OK;
}

/* One attempt; WN_EIO with ENOENT when a segment went away meanwhile. */
static enum wn_status try_plan(struct plan *plan,
                               const struct wn_numbers *numbers,
                               uint32_t below,
                               struct wn_error *err)
{
    struct wn_segments *segments = plan->segments;
    size_t n_open = 0;
    enum wn_status rc = WN_OK;

    for (size_t i = numbers->list.n; i > 0 && rc == WN_OK; i--) {
        struct wn_segment segment = {.incarnation = numbers->list.at[i - 1], .fd = -1};
        struct wn_segment *item;
        uint32_t folds_through = 0;

        if (segment.incarnation >= below)
            continue;
        if (!segments->highest)
            segments->highest = segment.incarnation;
        item = wn_vec_push(&segments->list);
        if (!item)
            return wn_fail(err, WN_ENOMEM, "no memory for the segments of %s",
                           segments->dir);
        item->fd = -1;
        rc = wn_segment_open(segments->dir_fd, segments->dir, segment.incarnation,
                             &segment.fd, err);
        if (rc == WN_OK)
            rc = plan_segment(plan, &segment, &folds_through, err);
        if (segment.fd >= 0 && ++n_open > KEPT_OPEN_MOST) {
            close(segment.fd);
            segment.fd = -1;
        }
        *item = segment;
        if (folds_through || segment.incarnation == 1)
            plan->has_start = true;
        if (folds_through)
            break;
    }
    for (size_t i = 0; i < segments->list.n / 2; i++) {
        struct wn_segment *a = &segments->list.at[i];
        struct wn_segment *b = &segments->list.at[segments->list.n - 1 - i];
        struct wn_segment swapped = *a;

        *a = *b;
        *b = swapped;
    }
    return rc == WN_OK ? check_all_there(plan, err) : rc;
}

enum wn_status wn_segments_plan(struct wn_segments *segments,
                                uint32_t below,
                                struct wn_error *err)
{
    enum wn_status rc = WN_OK;

    for (int i = 0; i < TRIES; i++) {
        struct plan plan = {.segments = segments};
        struct wn_numbers numbers = {0};
        struct wn_error trouble = {0};

        wn_segments_release(segments);
        segments->highest = 0;
        segments->torn_bytes = 0;
        rc = wn_numbers_list(segments->dir_fd, segments->dir, &numbers, &trouble);
        if (rc == WN_OK)
            rc = try_plan(&plan, &numbers, below, &trouble);
        wn_vec_release(&numbers.list);
        wn_arena_release(&plan.arena);
        if (rc == WN_OK)
            return rc;
        if (err)
            *err = trouble;
        if (rc != WN_EIO || trouble.native != ENOENT)
            break; /* else the segments were folded meanwhile: look again */
    }
    return rc;
}

/* Walking */

struct walk {
    struct wn_segments *segments;
    wn_payload_fn *raw;
    wn_event_fn *visit;
    void *arg;
    struct wn_arena arena; /* of one event */
};

static enum wn_status hand_over(struct walk *walk,
                                const struct wn_scan *scan,
                                const void *payload,
                                size_t n,
                                struct wn_error *err)
{
    enum wn_status rc = WN_OK;

    walk->segments->n_events++;
    walk->segments->is_closed = ((const unsigned char *)payload)[0] == WN_EVENT_CLOSED;
    if (walk->raw)
        rc = walk->raw(walk->arg, payload, n, err);
    if (rc == WN_OK && walk->visit) {
        struct wn_event event;

        wn_arena_reset(&walk->arena);
        rc = wn_event_decode(payload, n, &walk->arena, &event, err);
        if (rc != WN_OK) {
            wn_wrap(err, "%s, event at byte %llu", scan->path,
                    (unsigned long long)(scan->at - n - WN_FRAME_HEAD));
            return rc;
        }
        rc = walk->visit(walk->arg, &event, err);
    }
    return rc;
}

/* The frame at scan->at is bad: corruption, or the torn tail of a last segment. */
static enum wn_status judge_bad(struct wn_scan *scan,
                                struct wn_segment *segment,
                                uint64_t *torn_bytes,
                                struct wn_error *err)
{
    uint64_t where = 0;
    bool found;
    enum wn_status rc;

    if (segment->is_exact)
        return wn_fail(err, WN_ECORRUPT, "%s is damaged at byte %llu", scan->path,
                       (unsigned long long)scan->at);
    rc = wn_scan_look_beyond(scan, &found, &where, err);
    if (rc != WN_OK)
        return rc;
    if (found)
        return wn_fail(err, WN_ECORRUPT,
                       "%s is damaged at byte %llu: a good event follows at byte %llu",
                       scan->path, (unsigned long long)scan->at,
                       (unsigned long long)where);
    *torn_bytes += scan->limit > scan->at ? scan->limit - scan->at : 0;
    return WN_OK;
}

static enum wn_status walk_segment(struct walk *walk,
                                   struct wn_segment *segment,
                                   int fd,
                                   const char *path,
                                   struct wn_error *err)
{
    enum wn_frame kind = WN_FRAME_GOOD;
    struct wn_scan scan;
    enum wn_status rc = WN_OK;

    wn_scan_init(&scan, segment, fd, path);
    while (rc == WN_OK && kind == WN_FRAME_GOOD) {
        const void *payload = NULL;
        size_t n = 0;

        rc = wn_scan_next(&scan, &kind, &payload, &n, err);
        if (rc == WN_OK && kind == WN_FRAME_GOOD)
            rc = hand_over(walk, &scan, payload, n, err);
    }
    if (rc == WN_OK &&
        (kind == WN_FRAME_BAD || (segment->is_exact && scan.at != segment->length)))
        rc = judge_bad(&scan, segment, &walk->segments->torn_bytes, err);
    if (rc == WN_OK && !segment->is_exact)
        segment->length = scan.at;
    wn_scan_release(&scan);
    return rc;
}

enum wn_status wn_segments_walk(struct wn_segments *segments,
                                wn_payload_fn *raw,
                                wn_event_fn *visit,
                                void *arg,
                                struct wn_error *err)
{
    struct walk walk = {.segments = segments, .raw = raw, .visit = visit, .arg = arg};
    enum wn_status rc = WN_OK;

    for (size_t i = 0; i < segments->list.n && rc == WN_OK; i++) {
        struct wn_segment *segment = &segments->list.at[i];
        char path[WN_PATH_MAX];
        int fd = segment->fd;

        if (!segment->length)
            continue;
        if (fd < 0)
            rc = wn_segment_open(segments->dir_fd, segments->dir, segment->incarnation,
                                 &fd, err);
        if (rc == WN_OK)
            rc = walk_segment(&walk, segment, fd,
                              wn_segment_path(segments->dir, segment->incarnation, path),
                              err);
        if (segment->fd < 0 && fd >= 0)
            close(fd);
    }
    wn_arena_release(&walk.arena);
    return rc;
}

enum wn_status wn_journal_read(const char *dir,
                               wn_event_fn *visit,
                               void *arg,
                               struct wn_journal_summary *out,
                               struct wn_error *err)
{
    struct wn_segments segments = {.dir = dir};
    enum wn_status rc;

    segments.dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (segments.dir_fd < 0 && errno == ENOENT) {
        *out = (struct wn_journal_summary){0}; /* there is no journal */
        return WN_OK;
    }
    if (segments.dir_fd < 0)
        return wn_fail_errno(err, WN_EIO, "cannot open the journal folder %s", dir);
    rc = wn_segments_plan(&segments, UINT32_MAX, err);
    if (rc == WN_OK)
        rc = wn_segments_walk(&segments, NULL, visit, arg, err);
    if (rc == WN_OK)
        *out = (struct wn_journal_summary){.incarnation = segments.highest,
                                           .n_events = segments.n_events,
                                           .torn_bytes = segments.torn_bytes,
                                           .is_closed = segments.is_closed};
    wn_segments_release(&segments);
    close(segments.dir_fd);
    return rc;
}

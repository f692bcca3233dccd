/* segment.c - one segment as bytes: its name, header and frames.
 *
 * A frame proves itself: its checksum covers the segment's incarnation and its own
 * sequence number besides the payload, so neither another segment's frame nor an old
 * one at the wrong place passes. Reading goes through a window of at least a megabyte.
 */
#define _GNU_SOURCE /* pread, O_NOFOLLOW with strict C17 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/checksum.h"
#include "base/file.h"
#include "journal/journal_internal.h"

enum { WINDOW = 1024 * 1024 };

/* Offsets in the header. */
enum {
    AT_VERSION = 8,
    AT_INCARNATION = 12,
    AT_FOLDS = 16,
    AT_LENGTH = 24,
    AT_STUDY = 32,
    AT_CRC = WN_SEGMENT_HEADER - 4
};

_Static_assert(AT_STUDY + WN_SEGMENT_STUDY + 1 == AT_CRC,
               "the study's name fills its room");

static void put_le(unsigned char *out, uint64_t v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (unsigned char)(v >> (8 * i));
}

static uint64_t get_le(const unsigned char *in, size_t n)
{
    uint64_t v = 0;

    for (size_t i = 0; i < n; i++)
        v |= (uint64_t)in[i] << (8 * i);
    return v;
}

void wn_segment_name(uint32_t incarnation, char name[WN_SEGMENT_NAME])
{
    snprintf(name, WN_SEGMENT_NAME, "%u.wnj", (unsigned)incarnation);
}

bool wn_segment_parse_name(const char *name, uint32_t *incarnation)
{
    uint64_t v = 0;
    size_t n = 0;

    for (; name[n] >= '0' && name[n] <= '9' && n < 10; n++)
        v = v * 10 + (uint64_t)(name[n] - '0');
    if (!n || name[0] == '0' || v >= UINT32_MAX || strcmp(name + n, ".wnj") != 0)
        return false;
    *incarnation = (uint32_t)v;
    return true;
}

const char *wn_segment_path(const char *dir, uint32_t incarnation, char *out)
{
    snprintf(out, WN_PATH_MAX, "%.*s/%u.wnj", WN_PATH_MAX - WN_SEGMENT_NAME - 1, dir,
             (unsigned)incarnation);
    return out;
}

void wn_segment_put_header(const struct wn_segment_header *header,
                           const char *study,
                           unsigned char *out)
{
    size_t n_study = study ? strlen(study) : 0;

    memset(out, 0, WN_SEGMENT_HEADER);
    memcpy(out, WN_SEGMENT_MAGIC, AT_VERSION);
    put_le(out + AT_VERSION, header->version, 4);
    put_le(out + AT_INCARNATION, header->incarnation, 4);
    put_le(out + AT_FOLDS, header->folds_through, 4);
    put_le(out + AT_LENGTH, header->length_bytes, 8);
    if (n_study)
        memcpy(out + AT_STUDY, study,
               n_study < WN_SEGMENT_STUDY ? n_study : (size_t)WN_SEGMENT_STUDY);
    put_le(out + AT_CRC, wn_crc32(0, out, AT_CRC), 4);
}

bool wn_segment_get_header(const unsigned char *in, struct wn_segment_header *out)
{
    *out = (struct wn_segment_header){0};
    if (memcmp(in, WN_SEGMENT_MAGIC, AT_VERSION) != 0)
        return false;
    out->version = (uint32_t)get_le(in + AT_VERSION, 4);
    if (out->version != WN_JOURNAL_VERSION)
        return true; /* nothing after the version means anything to us */
    out->incarnation = (uint32_t)get_le(in + AT_INCARNATION, 4);
    out->folds_through = (uint32_t)get_le(in + AT_FOLDS, 4);
    out->length_bytes = get_le(in + AT_LENGTH, 8);
    return get_le(in + AT_CRC, 4) == wn_crc32(0, in, AT_CRC);
}

static uint32_t frame_crc(uint32_t incarnation,
                          uint64_t seq,
                          const void *payload,
                          size_t n)
{
    unsigned char place[16];

    put_le(place, incarnation, 4);
    put_le(place + 4, n, 4);
    put_le(place + 8, seq, 8);
    return wn_crc32(wn_crc32(0, place, sizeof place), payload, n);
}

void wn_frame_put_head(uint32_t incarnation,
                       uint64_t seq,
                       const void *payload,
                       size_t n,
                       unsigned char *out)
{
    put_le(out, n, 4);
    put_le(out + 4, frame_crc(incarnation, seq, payload, n), 4);
    put_le(out + 8, seq, 8);
}

enum wn_status wn_segment_open(int dir_fd,
                               const char *dir,
                               uint32_t incarnation,
                               int *fd,
                               struct wn_error *err)
{
    char name[WN_SEGMENT_NAME], path[WN_PATH_MAX];
    int opened;

    wn_segment_name(incarnation, name);
    /* Not blocking: a FIFO in the place of a segment must not hang us. */
    opened = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (opened < 0)
        return wn_fail_errno(err, WN_EIO, "cannot open the journal segment %s",
                             wn_segment_path(dir, incarnation, path));
    *fd = opened;
    return WN_OK;
}

/* Scanning */

void wn_scan_init(struct wn_scan *scan,
                  const struct wn_segment *segment,
                  int fd,
                  const char *path)
{
    *scan = (struct wn_scan){.path = path,
                             .fd = fd,
                             .incarnation = segment->incarnation,
                             .limit = segment->length,
                             .at = WN_SEGMENT_HEADER};
}

void wn_scan_release(struct wn_scan *scan)
{
    wn_free(scan->bytes);
    scan->bytes = NULL;
}

/* Fill the window from `offset` with at least n bytes, which lie within the limit. A
 * file that became shorter meanwhile lowers the limit. */
static enum wn_status fill(struct wn_scan *scan,
                           uint64_t offset,
                           size_t n,
                           struct wn_error *err)
{
    size_t want = n > WINDOW ? n : WINDOW;

    if (want > scan->room) {
        unsigned char *bytes = wn_realloc(scan->bytes, want);

        if (!bytes)
            return wn_fail(err, WN_ENOMEM, "no memory to read %s", scan->path);
        scan->bytes = bytes;
        scan->room = want;
    }
    if (want > scan->limit - offset)
        want = (size_t)(scan->limit - offset);
    scan->bytes_at = offset;
    scan->n = 0;
    while (scan->n < want) {
        ssize_t got = pread(scan->fd, scan->bytes + scan->n, want - scan->n,
                            (off_t)(offset + scan->n));

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return wn_fail_errno(err, WN_EIO, "cannot read %s at byte %llu", scan->path,
                                 (unsigned long long)(offset + scan->n));
        if (!got) {
            scan->limit = offset + scan->n;
            break;
        }
        scan->n += (size_t)got;
    }
    return WN_OK;
}

/* n bytes at `offset`; *bytes is NULL if they are not all within the limit. */
static enum wn_status peek(struct wn_scan *scan,
                           uint64_t offset,
                           size_t n,
                           const unsigned char **bytes,
                           struct wn_error *err)
{
    *bytes = NULL;
    if (offset > scan->limit || n > scan->limit - offset)
        return WN_OK;
    if (offset < scan->bytes_at || offset + n > scan->bytes_at + scan->n) {
        enum wn_status rc = fill(scan, offset, n, err);

        if (rc != WN_OK)
            return rc;
        if (n > scan->n)
            return WN_OK;
    }
    *bytes = scan->bytes + (offset - scan->bytes_at);
    return WN_OK;
}

/* A good frame at `offset` with a sequence number from `least` to `most`. */
static enum wn_status look_at(struct wn_scan *scan,
                              uint64_t offset,
                              uint64_t least,
                              uint64_t most,
                              const unsigned char **payload,
                              size_t *n,
                              struct wn_error *err)
{
    const unsigned char *head, *frame;
    uint64_t seq;
    uint32_t crc;
    enum wn_status rc;

    *payload = NULL;
    rc = peek(scan, offset, WN_FRAME_HEAD, &head, err);
    if (rc != WN_OK || !head)
        return rc;
    *n = (size_t)get_le(head, 4);
    crc = (uint32_t)get_le(head + 4, 4);
    seq = get_le(head + 8, 8);
    if (!*n || *n > WN_FRAME_PAYLOAD_MOST || seq < least || seq > most)
        return WN_OK;
    rc = peek(scan, offset, WN_FRAME_HEAD + *n, &frame, err);
    if (rc != WN_OK || !frame)
        return rc;
    if (frame_crc(scan->incarnation, seq, frame + WN_FRAME_HEAD, *n) == crc)
        *payload = frame + WN_FRAME_HEAD;
    return WN_OK;
}

enum wn_status wn_scan_next(struct wn_scan *scan,
                            enum wn_frame *kind,
                            const void **payload,
                            size_t *n,
                            struct wn_error *err)
{
    const unsigned char *found;
    enum wn_status rc;

    *kind = WN_FRAME_END;
    if (scan->at >= scan->limit)
        return WN_OK;
    rc = look_at(scan, scan->at, scan->seq, scan->seq, &found, n, err);
    if (rc == WN_OK && !found) {
        scan->n = 0; /* beside a living writer a page may have been seen too early */
        rc = look_at(scan, scan->at, scan->seq, scan->seq, &found, n, err);
    }
    if (rc != WN_OK)
        return rc;
    *kind = found ? WN_FRAME_GOOD : WN_FRAME_BAD;
    if (!found)
        return WN_OK;
    *payload = found;
    scan->at += WN_FRAME_HEAD + *n;
    scan->seq++;
    return WN_OK;
}

enum wn_status wn_scan_look_beyond(struct wn_scan *scan,
                                   bool *found,
                                   uint64_t *where,
                                   struct wn_error *err)
{
    const unsigned char *payload = NULL;
    /* No more frames than would fit can have been written in between. */
    uint64_t most = scan->seq + (scan->limit - scan->at) / WN_FRAME_HEAD;
    size_t n;

    *found = false;
    for (uint64_t offset = scan->at + 1; offset + WN_FRAME_HEAD < scan->limit; offset++) {
        enum wn_status rc = look_at(scan, offset, scan->seq, most, &payload, &n, err);

        if (rc != WN_OK)
            return rc;
        if (payload) {
            *found = true;
            *where = offset;
            break;
        }
    }
    return WN_OK;
}

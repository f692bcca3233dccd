/* journal_internal.h - segments as files: headers, frames, and which bytes count.
 *
 * FORMAT.md gives the layout and the rule for "valid". Everything here reads with
 * pread() through a descriptor opened without following links, and trusts no length
 * before it was compared with the file's size.
 */
#ifndef WN_JOURNAL_JOURNAL_INTERNAL_H
#define WN_JOURNAL_JOURNAL_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/mem.h"
#include "journal/journal.h"

#define WN_SEGMENT_MAGIC "WNJRNL\r\n"

enum {
    WN_SEGMENT_HEADER = 192,                  /* bytes; the first frame starts here */
    WN_SEGMENT_STUDY = 155,                   /* of the study's name, without its NUL */
    WN_SEGMENT_NAME = 24,                     /* room for "4294967295.wnj" */
    WN_FRAME_HEAD = 16,                       /* length, checksum, sequence number */
    WN_FRAME_PAYLOAD_MOST = 64 * 1024 * 1024, /* bytes of one event */
};

struct wn_segment_header {
    uint32_t version, incarnation;
    uint32_t folds_through; /* 0, or incarnation - 1: holds all that came before */
    uint64_t length_bytes;  /* of a folded segment, which never grows; else 0 */
};

/* --- names and headers --- */

void wn_segment_name(uint32_t incarnation, char name[WN_SEGMENT_NAME]);
/* Whether `name` is N.wnj as we write it (no leading zeros, 0 < N < 2^32 - 1). */
bool wn_segment_parse_name(const char *name, uint32_t *incarnation);
/* WN_SEGMENT_HEADER bytes into `out`. */
void wn_segment_put_header(const struct wn_segment_header *header,
                           const char *study,
                           unsigned char *out);
/* False: no header of ours. True with another version: nothing else is set. */
bool wn_segment_get_header(const unsigned char *in, struct wn_segment_header *out);
/* WN_FRAME_HEAD bytes into `out`. */
void wn_frame_put_head(uint32_t incarnation,
                       uint64_t seq,
                       const void *payload,
                       size_t n,
                       unsigned char *out);

/* --- one segment --- */

struct wn_segment {
    uint64_t size;   /* of the file when it was first looked at; nothing beyond is read */
    uint64_t length; /* bytes that may hold frames, the header included; 0: empty */
    int fd;          /* -1: not kept open */
    uint32_t incarnation;
    bool is_exact; /* all of `length` must be valid; else the first bad frame ends it */
};

/* A walk over the frames of a segment. Payloads stay valid until the next call. */
struct wn_scan {
    const char *path; /* for errors; borrowed */
    int fd;           /* borrowed */
    uint32_t incarnation;
    uint64_t limit;   /* no byte at or past it is read */
    uint64_t at, seq; /* of the next frame */
    unsigned char *bytes;
    size_t n, room;
    uint64_t bytes_at; /* offset of bytes[0] in the file */
};

enum wn_frame { WN_FRAME_GOOD, WN_FRAME_BAD, WN_FRAME_END };

void wn_scan_init(struct wn_scan *scan,
                  const struct wn_segment *segment,
                  int fd,
                  const char *path);
void wn_scan_release(struct wn_scan *scan);
/* The next frame. BAD: what stands at scan->at is none; the scan stays there. */
enum wn_status wn_scan_next(struct wn_scan *scan,
                            enum wn_frame *kind,
                            const void **payload,
                            size_t *n,
                            struct wn_error *err) WN_MUST_CHECK;
/* Whether a good frame of this segment stands anywhere after scan->at; sets *where. */
enum wn_status wn_scan_look_beyond(struct wn_scan *scan,
                                   bool *found,
                                   uint64_t *where,
                                   struct wn_error *err) WN_MUST_CHECK;

/* --- all segments of a folder --- */

struct wn_segments {
    const char *dir;                /* borrowed */
    int dir_fd;                     /* borrowed */
    WN_VEC(struct wn_segment) list; /* ascending; superseded ones are left out */
    uint32_t highest;               /* number of any segment below the bound; 0: none */
    uint64_t torn_bytes;            /* found while planning and visiting */
    uint64_t n_events;
    bool is_closed;
};

void wn_segments_release(struct wn_segments *segments);
/* Numbers of the segments in the folder, ascending; superseded ones too. */
struct wn_numbers {
    WN_VEC(uint32_t) list;
};
enum wn_status wn_numbers_list(int dir_fd,
                               const char *dir,
                               struct wn_numbers *out,
                               struct wn_error *err) WN_MUST_CHECK;
/* Decide which bytes of which segments below number `below` count, newest first. */
enum wn_status wn_segments_plan(struct wn_segments *segments,
                                uint32_t below,
                                struct wn_error *err) WN_MUST_CHECK;
/* Walk the planned frames in order. `raw` (may be NULL) gets payloads as they stand,
 * `visit` (may be NULL) the decoded events. Afterwards every length is final. */
typedef enum wn_status wn_payload_fn(void *arg,
                                     const void *payload,
                                     size_t n,
                                     struct wn_error *err);
enum wn_status wn_segments_walk(struct wn_segments *segments,
                                wn_payload_fn *raw,
                                wn_event_fn *visit,
                                void *arg,
                                struct wn_error *err) WN_MUST_CHECK;
/* Open one for reading; WN_EIO with native ENOENT when it has gone. */
enum wn_status wn_segment_open(int dir_fd,
                               const char *dir,
                               uint32_t incarnation,
                               int *fd,
                               struct wn_error *err) WN_MUST_CHECK;
/* "DIR/N.wnj" into `out` of WN_PATH_MAX bytes, shortened if need be: for messages. */
const char *wn_segment_path(const char *dir, uint32_t incarnation, char *out);

#endif /* WN_JOURNAL_JOURNAL_INTERNAL_H */

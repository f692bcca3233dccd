/* writer_internal.h - the writer's side of a journal, shared by opening and folding. */
#ifndef WN_JOURNAL_WRITER_INTERNAL_H
#define WN_JOURNAL_WRITER_INTERNAL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "journal/journal_internal.h"

struct wn_journal {
    char *dir, *study;
    char *path; /* of the own segment, for messages */
    int dir_fd, fd;
    uint32_t incarnation; /* 0 until the segment was created */
    bool skips_sync;
    atomic_bool is_folded; /* nothing can be appended any more */
    bool has_rest;         /* bytes of a failed append stand behind `written` */
    uint64_t seq;          /* of the next frame */
    _Atomic uint64_t written, synced;
    atomic_bool has_lost_sync;
    struct wn_buf frame;   /* reused by every append */
    struct wn_arena arena; /* likewise */
};

enum wn_status wn_pwrite_all(int fd,
                             const void *bytes,
                             size_t n,
                             uint64_t offset,
                             const char *path,
                             struct wn_error *err) WN_MUST_CHECK;
enum wn_status wn_journal_sync_dir(const struct wn_journal *journal,
                                   struct wn_error *err) WN_MUST_CHECK;
/* Whether a segment numbered above `number` exists. */
enum wn_status wn_journal_look_above(const struct wn_journal *journal,
                                     uint32_t number,
                                     bool *found,
                                     struct wn_error *err) WN_MUST_CHECK;
/* The name under which the fold that becomes segment `incarnation` is written. */
void wn_fold_name(uint32_t incarnation, char name[WN_SEGMENT_NAME]);

#endif /* WN_JOURNAL_WRITER_INTERNAL_H */

/* fuzz_journal.c - any bytes as an event, and any bytes as the only segment of a journal.
 *
 * links: wn_journal
 *
 * The first byte chooses: even, the rest is the payload of a frame, and what is accepted
 * must be what encode() writes; odd, the rest stands in 1.wnj. So that the fuzzer gets
 * past the checksums, 3 modulo 4 mends them first.
 */
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/assert.h"
#include "journal/journal.h"
#include "journal/journal_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void try_event(const uint8_t *bytes, size_t n)
{
    struct wn_arena arena = {0};
    struct wn_buf again = {0}, text = {0};
    struct wn_error err = {.text = ""};
    struct wn_event event;
    enum wn_status rc = wn_event_decode(bytes, n, &arena, &event, &err);

    WN_ASSERT(rc == WN_OK || (rc == WN_ECORRUPT && *err.text));
    if (rc == WN_OK) {
        wn_event_encode(&event, &again);
        WN_ASSERT(again.n == n && memcmp(again.at, bytes, n) == 0);
        wn_event_print(&event, NULL, &text);
        WN_ASSERT(text.n > 0);
    }
    wn_buf_release(&again);
    wn_buf_release(&text);
    wn_arena_release(&arena);
}

static enum wn_status count(void *arg, const struct wn_event *event, struct wn_error *err)
{
    (void)event, (void)err;
    ++*(uint64_t *)arg;
    return WN_OK;
}

/* Give every frame that has its length the checksum and number it should have. */
static void mend(uint8_t *bytes, size_t n)
{
    struct wn_segment_header header = {.version = WN_JOURNAL_VERSION, .incarnation = 1};
    uint64_t seq = 0;

    if (n < WN_SEGMENT_HEADER)
        return;
    wn_segment_put_header(&header, "fuzz", bytes);
    for (size_t at = WN_SEGMENT_HEADER; n - at > WN_FRAME_HEAD; seq++) {
        size_t length = bytes[at] | (size_t)bytes[at + 1] << 8;

        if (length > n - at - WN_FRAME_HEAD)
            break;
        wn_frame_put_head(1, seq, bytes + at + WN_FRAME_HEAD, length, bytes + at);
        at += WN_FRAME_HEAD + length;
    }
}

static void try_segment(const char *dir, const uint8_t *bytes, size_t n)
{
    struct wn_journal_config cfg = {.dir = dir, .skips_sync = true};
    struct wn_journal_summary summary;
    struct wn_journal_opening opening;
    struct wn_journal *journal = NULL;
    struct wn_error err = {.text = ""};
    uint64_t n_read = 0, n_opened = 0;
    char path[4200];
    enum wn_status rc;
    int fd;

    snprintf(path, sizeof path, "%s/1.wnj", dir);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    WN_ASSERT(fd >= 0 && (n == 0 || write(fd, bytes, n) == (ssize_t)n));
    close(fd);
    rc = wn_journal_read(dir, count, &n_read, &summary, &err);
    WN_ASSERT(rc == WN_OK || *err.text);
    if (rc == WN_OK)
        WN_ASSERT(n_read == summary.n_events && summary.torn_bytes <= n);
    WN_ASSERT(wn_journal_open(&cfg, count, &n_opened, &journal, &opening, &err) == rc);
    if (rc == WN_OK) {
        WN_ASSERT(n_opened == n_read && opening.torn_bytes == summary.torn_bytes);
        wn_free(opening.lengths);
        wn_journal_close(journal);
    }
    unlink(path);
    snprintf(path, sizeof path, "%s/2.wnj", dir);
    unlink(path);
}

static char folder[] = "/tmp/wn-fuzz-XXXXXX";

static void drop_folder(void)
{
    rmdir(folder);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static bool is_ready;
    uint8_t *copy;

    if (!n)
        return 0;
    if (bytes[0] % 2 == 0) {
        try_event(bytes + 1, n - 1);
        return 0;
    }
    if (!is_ready) {
        WN_ASSERT(mkdtemp(folder));
        atexit(drop_folder);
        is_ready = true;
    }
    copy = wn_alloc(n);
    WN_ASSERT(copy);
    memcpy(copy, bytes + 1, n - 1);
    if (bytes[0] % 4 == 3)
        mend(copy, n - 1);
    try_segment(folder, copy, n - 1);
    wn_free(copy);
    return 0;
}

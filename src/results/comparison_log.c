/* comparison_log.c - finished cells, appended one by one; and a cell as bytes.
 *
 * FILE.log is a mark of 8 bytes, the checksum of FILE that it belongs to (u32), then frames:
 * u32 length, u32 CRC-32 of the payload, the payload of wn_comparison_encode(); integers
 * least byte first. What a kill left of the last frame is passed over. Beside another FILE,
 * or none, the log is of the past and counts for nothing: cells know their study by name
 * only, and FILE may have been removed or replaced since. Syncs are left to the system: what
 * a crash of the machine takes is run again.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/checksum.h"
#include "base/file.h"
#include "results/comparison_internal.h"
#include "results/seal_internal.h"

#define MARK     "WNCMPLOG"
#define LOG_MOST ((size_t)1 << 32)
enum {
    MARK_BYTES = 8,
    BEGIN_BYTES = 12,
    HEAD_BYTES = 8,
    POINT_BYTES = 19,
    ATTEMPTS = 100
};

struct wn_comparison_log {
    int fd;
    char file[WN_PATH_MAX], path[WN_PATH_MAX];
};

/* --- a cell as bytes --- */

void wn_comparison_encode(const struct wn_comparison *comparison,
                          const struct wn_comparison_cell *cell,
                          struct wn_buf *out)
{
    const struct wn_comparison_study *study = &comparison->studies.at[cell->study];

    wn_put_str(out, study->method);
    wn_put_str(out, study->benchmark);
    wn_put_int(out, study->n_workers);
    wn_put_int(out, cell->number);
    wn_put_u64(out, cell->seed);
    wn_put_f64(out, cell->end_s);
    wn_put_int(out, cell->resource);
    wn_put_int(out, cell->n_trials);
    wn_put_int(out, cell->n_reports);
    wn_put_str(out, cell->end);
    wn_put_uint(out, cell->n_points);
    for (size_t i = 0; i < cell->n_points; i++) {
        wn_put_f64(out, cell->points[i].time_s);
        wn_put_f64(out, cell->points[i].value);
        wn_put_int(out, cell->points[i].resource);
        wn_put_int(out, cell->points[i].n_trials);
        wn_put_int(out, cell->points[i].n_reports);
    }
}

static enum wn_status decode_points(struct wn_reader *r,
                                    struct wn_arena *arena,
                                    struct wn_comparison_cell *out,
                                    struct wn_error *err)
{
    struct wn_comparison_point *points;

    out->n_points = wn_get_count(r, POINT_BYTES);
    points = wn_arena_alloc(arena, (out->n_points + 1) * sizeof *points);
    if (!points)
        return wn_fail(err, WN_ENOMEM, "no memory for a trajectory");
    for (size_t i = 0; i < out->n_points; i++) {
        points[i].time_s = wn_get_f64(r);
        points[i].value = wn_get_f64(r);
        points[i].resource = wn_get_int(r);
        points[i].n_trials = wn_get_int(r);
        points[i].n_reports = wn_get_int(r);
    }
    out->points = points;
    return WN_OK;
}

enum wn_status wn_comparison_decode(const struct wn_comparison *comparison,
                                    const void *bytes,
                                    size_t n,
                                    struct wn_arena *arena,
                                    struct wn_comparison_cell *out,
                                    struct wn_error *err)
{
    struct wn_reader r = wn_reader_of(bytes, n);
    const char *method = wn_get_str(&r, arena), *benchmark = wn_get_str(&r, arena);
    enum wn_status rc;

    *out = (struct wn_comparison_cell){0};
    out->study = wn_comparison_find_study(comparison, method, benchmark, wn_get_int(&r));
    out->number = wn_get_int(&r);
    out->seed = wn_get_u64(&r);
    out->end_s = wn_get_f64(&r);
    out->resource = wn_get_int(&r);
    out->n_trials = wn_get_int(&r);
    out->n_reports = wn_get_int(&r);
    out->end = wn_get_str(&r, arena);
    rc = decode_points(&r, arena, out, err);
    if (rc != WN_OK || r.is_starved)
        return wn_fail(err, WN_ENOMEM, "no memory for a trajectory");
    if (!wn_reader_is_done(&r) || !wn_comparison_is_sound(out))
        return wn_fail(err, WN_ECORRUPT, "a cell of a comparison is malformed");
    if (out->study == SIZE_MAX)
        return wn_fail(err, WN_ECORRUPT, "a cell is of %s on %s, which is not compared",
                       method, benchmark);
    return WN_OK;
}

/* --- the log --- */

static enum wn_status log_path(const char *path, char *out, struct wn_error *err)
{
    int n = snprintf(out, WN_PATH_MAX, "%s.log", path);

    return n > 0 && n < WN_PATH_MAX
               ? WN_OK
               : wn_fail(err, WN_EINVAL, "the path is too long: %.80s...", path);
}

static bool belongs_to(const char *bytes, size_t n, uint32_t sum)
{
    struct wn_reader r;

    if (n < BEGIN_BYTES || memcmp(bytes, MARK, MARK_BYTES) != 0)
        return false;
    r = wn_reader_of(bytes + MARK_BYTES, sizeof sum);
    return wn_get_u32(&r) == sum;
}

/* Add the cells of whole frames. */
static enum wn_status take_frames(const char *bytes,
                                  size_t n,
                                  struct wn_comparison *comparison,
                                  struct wn_error *err)
{
    size_t at = BEGIN_BYTES;
    enum wn_status rc = WN_OK;

    while (rc == WN_OK && n - at >= HEAD_BYTES) {
        struct wn_reader head = wn_reader_of(bytes + at, HEAD_BYTES);
        size_t length = wn_get_u32(&head);
        uint32_t crc = wn_get_u32(&head);
        struct wn_arena arena = {0};
        struct wn_comparison_cell cell;

        if (length > n - at - HEAD_BYTES ||
            wn_crc32(0, bytes + at + HEAD_BYTES, length) != crc)
            break;
        rc = wn_comparison_decode(comparison, bytes + at + HEAD_BYTES, length, &arena,
                                  &cell, err);
        if (rc == WN_OK)
            rc = wn_comparison_add(comparison, &cell, err);
        wn_arena_release(&arena);
        at += HEAD_BYTES + length;
    }
    return rc;
}

enum wn_status wn_comparison_read_log(const char *path,
                                      uint32_t sum,
                                      struct wn_comparison *comparison,
                                      struct wn_error *err)
{
    char log[WN_PATH_MAX];
    struct wn_error said = {0};
    char *bytes = NULL;
    size_t n = 0;
    enum wn_status rc = log_path(path, log, err);

    if (rc != WN_OK)
        return rc;
    rc = wn_file_read(log, LOG_MOST, &bytes, &n, &said);
    if (rc == WN_EIO && said.native == ENOENT)
        return WN_OK;
    if (rc == WN_OK && belongs_to(bytes, n, sum))
        rc = take_frames(bytes, n, comparison, &said);
    wn_free(bytes);
    if (rc != WN_OK)
        return wn_fail(err, rc, "%s: %s", log, said.text);
    return rc;
}

static enum wn_status is_busy(const struct wn_comparison_log *log, struct wn_error *err)
{
    return wn_fail(err, WN_EBUSY, "another process runs this comparison: %s", log->path);
}

static void let_go(struct wn_comparison_log *log)
{
    close(log->fd);
    log->fd = -1;
}

/* Lock the log, and see that it is the file of that name still: who was done with it
 * removes it. The lock is the open file's (OFD): one of the process would be gone as soon as
 * anything in it has read the log and closed it. What another has is let go at once, so that
 * closing does not remove it. */
static enum wn_status open_locked(struct wn_comparison_log *log, struct wn_error *err)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    struct stat info;

    for (int i = 0; i < ATTEMPTS; i++) {
        log->fd = open(log->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
        if (log->fd < 0)
            return wn_fail_errno(err, WN_EIO, "cannot open %s", log->path);
        /* A file system without locks trusts its users. */
        if (fcntl(log->fd, F_OFD_SETLK, &lock) != 0 &&
            (errno == EACCES || errno == EAGAIN)) {
            let_go(log);
            return is_busy(log, err);
        }
        if (fstat(log->fd, &info) != 0)
            return wn_fail_errno(err, WN_EIO, "cannot look at %s", log->path);
        if (info.st_nlink > 0)
            return WN_OK;
        let_go(log);
    }
    return is_busy(log, err);
}

enum wn_status wn_comparison_log_open(const char *path,
                                      struct wn_comparison_log **out,
                                      struct wn_error *err)
{
    struct wn_comparison_log *log = wn_alloc(sizeof *log);
    enum wn_status rc;

    if (!log)
        return wn_fail(err, WN_ENOMEM, "no memory for the log of a comparison");
    log->fd = -1;
    (void)snprintf(log->file, sizeof log->file, "%s", path);
    rc = log_path(path, log->path, err);
    if (rc == WN_OK)
        rc = open_locked(log, err);
    if (rc == WN_OK)
        *out = log;
    else
        wn_comparison_log_close(log, false);
    return rc;
}

enum wn_status wn_comparison_log_add(struct wn_comparison_log *log,
                                     const void *bytes,
                                     size_t n,
                                     struct wn_error *err)
{
    struct wn_buf frame = {0};
    enum wn_status rc;

    wn_put_u32(&frame, (uint32_t)n);
    wn_put_u32(&frame, wn_crc32(0, bytes, n));
    wn_buf_add(&frame, bytes, n);
    rc = frame.failed || n > UINT32_MAX
             ? wn_fail(err, WN_ENOMEM, "no memory for a trajectory")
             : wn_file_write_all(log->fd, frame.at, frame.n, log->path, err);
    wn_buf_release(&frame);
    return rc;
}

enum wn_status wn_comparison_log_clear(struct wn_comparison_log *log,
                                       struct wn_error *err)
{
    struct wn_buf begin = {0};
    uint32_t sum = 0;
    enum wn_status rc = wn_seal_of(log->file, &sum, err);

    if (rc == WN_OK && (ftruncate(log->fd, 0) != 0 || lseek(log->fd, 0, SEEK_SET) < 0))
        rc = wn_fail_errno(err, WN_EIO, "cannot cut %s", log->path);
    wn_buf_add(&begin, MARK, MARK_BYTES);
    wn_put_u32(&begin, sum);
    if (rc == WN_OK)
        rc = begin.failed
                 ? wn_fail(err, WN_ENOMEM, "no memory for the log of a comparison")
                 : wn_file_write_all(log->fd, begin.at, begin.n, log->path, err);
    wn_buf_release(&begin);
    return rc;
}

void wn_comparison_log_close(struct wn_comparison_log *log, bool is_done)
{
    struct stat info;

    if (!log)
        return;
    if (log->fd >= 0 && (is_done || (fstat(log->fd, &info) == 0 && !info.st_size)))
        (void)unlink(log->path);
    if (log->fd >= 0)
        close(log->fd);
    wn_free(log);
}

/* seal.c - see seal_internal.h. */
#include "results/seal_internal.h"

#include <string.h>

#include "base/buf.h"
#include "base/checksum.h"
#include "base/file.h"

bool wn_seal_is(const char *bytes, size_t n, const char *mark)
{
    return n > WN_SEAL_BYTES &&
           memcmp(bytes + n - WN_SEAL_BYTES, mark, WN_SEAL_MARK_BYTES) == 0;
}

uint32_t wn_seal_sum(const char *bytes, size_t n)
{
    struct wn_reader r = wn_reader_of(bytes + n - sizeof(uint32_t), sizeof(uint32_t));

    return wn_get_u32(&r);
}

enum wn_status wn_seal_is_of(const char *path,
                             const char *mark,
                             bool *is,
                             size_t *size,
                             struct wn_error *err)
{
    char end[WN_SEAL_BYTES + 1]; /* one more, for a seal alone is none */
    enum wn_status rc = wn_file_read_end(path, end, sizeof end, size, err);

    if (rc == WN_OK)
        *is = *size >= sizeof end && wn_seal_is(end, sizeof end, mark);
    return rc;
}

enum wn_status wn_seal_of(const char *path, uint32_t *sum, struct wn_error *err)
{
    char bytes[sizeof(uint32_t)];
    size_t size;
    enum wn_status rc = wn_file_read_end(path, bytes, sizeof bytes, &size, err);

    if (rc == WN_OK)
        *sum = wn_seal_sum(bytes, sizeof bytes);
    return rc;
}

enum wn_status wn_seal_check(const char *path,
                             const char *bytes,
                             size_t n,
                             struct wn_error *err)
{
    if (n > WN_SEAL_BYTES &&
        wn_seal_sum(bytes, n) == wn_crc32(0, bytes, n - WN_SEAL_BYTES))
        return WN_OK;
    return wn_fail(err, WN_ECORRUPT, "%s: its checksum does not fit: it is damaged",
                   path);
}

enum wn_status wn_seal_write(const char *path,
                             const void *bytes,
                             size_t n,
                             const char *mark,
                             struct wn_error *err)
{
    struct wn_buf out = {0};
    enum wn_status rc;

    wn_buf_add(&out, bytes, n);
    wn_buf_add(&out, mark, WN_SEAL_MARK_BYTES);
    wn_put_u32(&out, wn_crc32(0, bytes, n));
    rc = out.failed ? wn_fail(err, WN_ENOMEM, "no memory for %s", path)
                    : wn_file_replace(path, out.at, out.n, err);
    wn_buf_release(&out);
    return rc;
}

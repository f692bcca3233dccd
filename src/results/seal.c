/* seal.c - see seal_internal.h. */
#include "results/seal_internal.h"

#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/checksum.h"
#include "base/file.h"

bool wn_seal_is(const char *bytes, size_t n, const char *mark)
{
    return n > WN_SEAL_BYTES &&
           memcmp(bytes + n - WN_SEAL_BYTES, mark, WN_SEAL_MARK_BYTES) == 0;
}

enum wn_status wn_seal_check(const char *path,
                             const char *bytes,
                             size_t n,
                             struct wn_error *err)
{
    size_t body = n - WN_SEAL_BYTES;
    struct wn_reader sum =
        wn_reader_of(bytes + body + WN_SEAL_MARK_BYTES, sizeof(uint32_t));

    if (wn_get_u32(&sum) == wn_crc32(0, bytes, body))
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

/* fuzz_manifest.c - any bytes as the manifest of a checkpoint.
 *
 * links: wn_checkpoint
 *
 * Tried as they are, and behind a first line that fits, so that the JSON is reached.
 * Whatever is accepted names only files inside.
 */
#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/checksum.h"
#include "checkpoint/manifest_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static enum wn_status is_inside(void *arg,
                                const struct wn_manifest_file *file,
                                struct wn_error *err)
{
    const char *name = file->name;

    (void)err;
    ++*(size_t *)arg;
    WN_ASSERT(*name && *name != '/' && name[strlen(name) - 1] != '/');
    WN_ASSERT(strcmp(name, "..") != 0 && strncmp(name, "../", 3) != 0);
    WN_ASSERT(!strstr(name, "/../") && !strstr(name, "//"));
    WN_ASSERT(strlen(name) < 3 || strcmp(name + strlen(name) - 3, "/..") != 0);
    return WN_OK;
}

static void try_text(const char *text, size_t n)
{
    struct wn_error err = {.text = ""};
    size_t n_files = 0;
    enum wn_status rc = wn_manifest_parse(text, n, NULL, is_inside, &n_files, &err);

    WN_ASSERT(rc == WN_OK || rc == WN_ECORRUPT || rc == WN_EVERSION);
    WN_ASSERT((rc == WN_OK) == !*err.text);
    WN_ASSERT(rc != WN_OK || n_files > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct wn_buf whole = {0};

    try_text((const char *)bytes, n);
    wn_buf_addf(&whole, WN_MANIFEST_NAME " %d %08" PRIx32 "\n", WN_MANIFEST_VERSION,
                wn_crc32(0, bytes, n));
    wn_buf_add(&whole, bytes, n);
    WN_ASSERT(!whole.failed);
    try_text(whole.at, whole.n);
    wn_buf_release(&whole);
    return 0;
}

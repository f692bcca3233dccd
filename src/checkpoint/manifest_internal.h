/* manifest_internal.h - what a generation holds, and whether it still does.
 *
 * FORMAT.md gives the text. The manifest is the last file written into a generation, so
 * one that is whole says that all files before it were.
 */
#ifndef WN_CHECKPOINT_MANIFEST_INTERNAL_H
#define WN_CHECKPOINT_MANIFEST_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "trial/event.h"

#define WN_MANIFEST_NAME    "winnow-manifest"
#define WN_MANIFEST_VERSION 1
#define WN_MANIFEST_MOST    (64 * 1024 * 1024) /* bytes */

/* Walk the folder, sync every file and folder in it, and append the manifest's text.
 * WN_EINVAL: no file, something that is neither file nor folder, a name that is no
 * UTF-8, or a manifest already. */
enum wn_status wn_manifest_make(int dir_fd,
                                const char *path,
                                struct wn_generation gen,
                                struct wn_buf *out,
                                struct wn_error *err) WN_MUST_CHECK;
/* Write it into the folder, synced. */
enum wn_status wn_manifest_write(int dir_fd,
                                 const char *path,
                                 const struct wn_buf *text,
                                 struct wn_error *err) WN_MUST_CHECK;
/* The text of a folder's manifest; *text is the caller's. */
enum wn_status wn_manifest_read(int dir_fd,
                                const char *path,
                                char **text,
                                size_t *n,
                                struct wn_error *err) WN_MUST_CHECK;

struct wn_manifest_file {
    const char *name; /* "a/b": relative, without empty parts, . and .. */
    uint64_t size;
    uint32_t crc;
};
typedef enum wn_status wn_manifest_fn(void *arg,
                                      const struct wn_manifest_file *file,
                                      struct wn_error *err);
/* Check the text and hand over every file it names. WN_ECORRUPT for anything that make()
 * could not have written for this generation (NULL: whichever). */
enum wn_status wn_manifest_parse(const char *text,
                                 size_t n,
                                 const struct wn_generation *gen,
                                 wn_manifest_fn *visit,
                                 void *arg,
                                 struct wn_error *err) WN_MUST_CHECK;
/* Compare the files with the manifest: sizes, and if `deep` checksums. */
enum wn_status wn_manifest_verify(int dir_fd,
                                  const char *path,
                                  struct wn_generation gen,
                                  bool deep,
                                  struct wn_error *err) WN_MUST_CHECK;

#endif /* WN_CHECKPOINT_MANIFEST_INTERNAL_H */

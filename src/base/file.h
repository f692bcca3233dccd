/* base/file.h - files that survive a crash, and paths that stay where they belong.
 *
 * Files are created with the user's umask. wn_file_replace() is the one way a file that
 * others read is written: temporary name in the same folder, fsync, rename, fsync of
 * the folder. Names below a study are opened with O_NOFOLLOW, so that no link leads out
 * of it. Every error names the path and the step that failed.
 */
#ifndef WN_BASE_FILE_H
#define WN_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define WN_PATH_MAX 4096

/* "dir/name" into `out` of WN_PATH_MAX bytes, which may be `dir` itself; WN_EINVAL if it
 * does not fit, or if name is empty or absolute. */
enum wn_status wn_path_join(char *out,
                            struct wn_error *err,
                            const char *dir,
                            const char *name) WN_MUST_CHECK;
/* Absolute and without symlinks in the existing part; `out` has WN_PATH_MAX bytes. */
enum wn_status wn_path_absolute(const char *path,
                                char *out,
                                struct wn_error *err) WN_MUST_CHECK;

/* The same of a path as somebody wrote it into a file of the folder `dir`: one without a
 * leading slash starts there (NULL: where the process is). */
enum wn_status wn_path_beside(const char *dir,
                              const char *written,
                              char *out,
                              struct wn_error *err) WN_MUST_CHECK;

/* `rc` and *err of a path as a user gave it: WN_EIO that says that no such file or folder is
 * there becomes WN_EINVAL, for that is a mistake of theirs and no failure. */
enum wn_status wn_path_blame(enum wn_status rc, struct wn_error *err);

/* Read a whole file of at most `limit` bytes; *text has a NUL after its *n bytes and is
 * the caller's (wn_free). A missing file is WN_EIO with native ENOENT, a larger one
 * WN_EINVAL. A link in the last place is refused (native ELOOP): resolve a path that the
 * user gave with wn_path_absolute() first. The same holds for wn_dir_list(). */
enum wn_status wn_file_read(const char *path,
                            size_t limit,
                            char **text,
                            size_t *n,
                            struct wn_error *err) WN_MUST_CHECK;
/* The last `n` bytes of a file, opened in the same way; zeros come first if it is shorter.
 * *size is that of the file. */
enum wn_status wn_file_read_end(const char *path,
                                void *bytes,
                                size_t n,
                                size_t *size,
                                struct wn_error *err) WN_MUST_CHECK;
/* A whole file, not empty, as memory that is read where it is looked at and may not be written;
 * the caller ends it with munmap(). Only a process that may die of it looks at it: SIGBUS if
 * the file has become shorter. */
enum wn_status wn_file_map(const char *path,
                           void **bytes,
                           size_t *n,
                           struct wn_error *err) WN_MUST_CHECK;
enum wn_status wn_file_replace(const char *path,
                               const void *bytes,
                               size_t n,
                               struct wn_error *err) WN_MUST_CHECK;
/* Write all of it or fail; retries after EINTR and short writes. */
enum wn_status wn_file_write_all(int fd,
                                 const void *bytes,
                                 size_t n,
                                 const char *path,
                                 struct wn_error *err) WN_MUST_CHECK;
enum wn_status wn_file_sync_dir(const char *path, struct wn_error *err) WN_MUST_CHECK;
bool wn_file_exists(const char *path);
/* Whether a name is that of the file which wn_file_replace() writes aside: one that nobody
 * is writing any more was left by a crash. */
bool wn_file_is_temporary(const char *name);

/* mkdir -p; an existing directory is success, a link in the last place is refused. */
enum wn_status wn_dir_make(const char *path, struct wn_error *err) WN_MUST_CHECK;
/* rm -r without following links; a missing directory is success. */
enum wn_status wn_dir_remove(const char *path, struct wn_error *err) WN_MUST_CHECK;
/* Call visit(arg, name) for every entry but . and .., in sorted order. */
typedef enum wn_status wn_dir_visit_fn(void *arg, const char *name, struct wn_error *err);
enum wn_status wn_dir_list(const char *path,
                           wn_dir_visit_fn *visit,
                           void *arg,
                           struct wn_error *err) WN_MUST_CHECK;

/* A name that may become a file or a flag: letters, digits, _ - . and not starting with
 * '-' or '.', 1 to 128 bytes. */
bool wn_name_is_plain(const char *name);

#endif /* WN_BASE_FILE_H */

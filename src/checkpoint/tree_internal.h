/* tree_internal.h - directory trees by descriptor: nothing here ever follows a link.
 *
 * A training program owns what it writes into its folders, links included; so every
 * step opens one name below an open folder, with O_NOFOLLOW. Paths serve messages.
 */
#ifndef WN_CHECKPOINT_TREE_INTERNAL_H
#define WN_CHECKPOINT_TREE_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/error.h"

enum wn_tree_kind { WN_TREE_FILE, WN_TREE_ENTER, WN_TREE_LEAVE };

struct wn_tree_entry {
    enum wn_tree_kind kind;
    const char *path; /* below the root, "a/b"; "" for the root itself; borrowed */
    const char *name; /* last part of it; borrowed */
    int dir_fd;       /* FILE: where `name` lies; ENTER, LEAVE: the folder itself */
    struct stat info; /* when the walk came by */
};

/* Walk in sorted order. The root is entered and left too. WN_EINVAL names the first
 * entry that is neither file nor folder; so does nesting deeper than 64. */
typedef enum wn_status wn_tree_fn(void *arg,
                                  const struct wn_tree_entry *entry,
                                  struct wn_error *err);
enum wn_status wn_tree_walk(int root_fd,
                            const char *root,
                            wn_tree_fn *visit,
                            void *arg,
                            struct wn_error *err) WN_MUST_CHECK;

/* Call visit(arg, name) for every name in the folder, sorted. */
enum wn_status wn_tree_list(int dir_fd,
                            const char *path,
                            enum wn_status (*visit)(void *arg,
                                                    const char *name,
                                                    struct wn_error *err),
                            void *arg,
                            struct wn_error *err) WN_MUST_CHECK;

/* Open "a/b/c" below dir_fd part by part; parts may not be empty, . or .. */
enum wn_status wn_tree_open(int dir_fd,
                            const char *root,
                            const char *path,
                            int flags,
                            int *fd,
                            struct wn_error *err) WN_MUST_CHECK;

/* Remove whatever `name` is; links themselves, not what they name. Missing is success. */
enum wn_status wn_tree_remove(int dir_fd,
                              const char *root,
                              const char *name,
                              struct wn_error *err) WN_MUST_CHECK;

/* Copy the content of one open file to another: a reflink where the file system can,
 * else within the kernel, else by reading and writing. */
enum wn_status wn_tree_copy_content(int from_fd,
                                    int to_fd,
                                    const char *path,
                                    struct wn_error *err) WN_MUST_CHECK;
/* Copy a whole tree into the empty folder to_fd, leaving out `omit` at its top (NULL:
 * nothing). *is_stable (may be NULL) becomes false, and the copy ends, when something
 * changed after since_ns of the realtime clock, or meanwhile. */
enum wn_status wn_tree_copy(int from_fd,
                            const char *from,
                            int to_fd,
                            const char *omit,
                            int64_t since_ns,
                            bool *is_stable,
                            struct wn_error *err) WN_MUST_CHECK;

/* Size and CRC-32 of an open file. */
enum wn_status wn_tree_checksum(int fd,
                                const char *path,
                                uint64_t *size,
                                uint32_t *crc,
                                struct wn_error *err) WN_MUST_CHECK;

#endif /* WN_CHECKPOINT_TREE_INTERNAL_H */

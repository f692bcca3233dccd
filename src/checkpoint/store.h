/* checkpoint/store.h - where committed checkpoints live.
 *
 * A generation is a directory checkpoints/TRIAL/RESOURCE-INCARNATION.COUNT/, immutable
 * once committed: files are written under a temporary name, then synced, a manifest with
 * sizes and checksums is added (checkpoint/FORMAT.md), and the directory is renamed into
 * place. Which generations exist is the journal's business: the store commits, verifies
 * and deletes what it is told; it never searches for what to use.
 *
 * Two kinds: a directory of the study, and memory for virtual time, where a generation
 * is one blob. Workers commit, the coordinator deletes; both may hold a store at once.
 * Nothing is followed or created outside the store's directory.
 */
#ifndef WN_CHECKPOINT_STORE_H
#define WN_CHECKPOINT_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/file.h"
#include "trial/event.h"

struct wn_store;

/* STUDY/checkpoints; made when it is missing. */
enum wn_status wn_store_open(const char *study_dir,
                             struct wn_store **out,
                             struct wn_error *err) WN_MUST_CHECK;
enum wn_status wn_store_create_memory(struct wn_store **out,
                                      struct wn_error *err) WN_MUST_CHECK;
void wn_store_destroy(struct wn_store *store);

/* --- directories only --- */

/* Path of a generation, whether or not it exists. `out` has WN_PATH_MAX bytes. */
void wn_store_path(const struct wn_store *store, struct wn_generation gen, char *out);
/* Where a run of a trial may write unfinished checkpoints: checkpoints/TRIAL/tmp-I.C/,
 * made here. Anything in it that is not committed goes with wn_store_discard_temp(). */
enum wn_status wn_store_temp(const struct wn_store *store,
                             uint32_t trial,
                             struct wn_dispatch dispatch,
                             char *out,
                             struct wn_error *err) WN_MUST_CHECK;
enum wn_status wn_store_discard_temp(const struct wn_store *store,
                                     uint32_t trial,
                                     struct wn_dispatch dispatch,
                                     struct wn_error *err) WN_MUST_CHECK;
/* Commit the directory `from` (below the temp directory) as `gen`: it is renamed. May
 * block on the disk for as long as the data takes. An empty directory is WN_EINVAL; one
 * that holds links, sockets or devices too. If the generation exists already with the same
 * content the call succeeds and `from` is removed. */
enum wn_status wn_store_commit(const struct wn_store *store,
                               const char *from,
                               struct wn_generation gen,
                               struct wn_error *err) WN_MUST_CHECK;
/* The same from a directory that stays in use: copied (reflinked where the file system
 * can) into the temp directory first. *is_stable is false, and nothing is committed, when
 * a file changed (size or modification time, nanoseconds) after `since_ns` of the realtime
 * clock or during the copy. The caller has stopped whoever writes there. */
enum wn_status wn_store_commit_copy(const struct wn_store *store,
                                    const char *from,
                                    struct wn_generation gen,
                                    int64_t since_ns,
                                    bool *is_stable,
                                    struct wn_error *err) WN_MUST_CHECK;
/* Copy a generation's files (without the manifest) into `to`, which must be empty or
 * missing: for programs that overwrite their directory in place. */
enum wn_status wn_store_unpack(const struct wn_store *store,
                               struct wn_generation gen,
                               const char *to,
                               struct wn_error *err) WN_MUST_CHECK;

/* --- memory only --- */

/* Generations that are there, and the most that ever were at a time. */
struct wn_store_tally {
    uint64_t n, n_most;
};
struct wn_store_tally wn_store_tally(const struct wn_store *store);

/* --- both kinds --- */

/* One small blob as a generation (a file "state" in a directory store). */
enum wn_status wn_store_put(struct wn_store *store,
                            struct wn_generation gen,
                            const void *bytes,
                            size_t n,
                            struct wn_error *err) WN_MUST_CHECK;
/* Reads it back after verifying; *bytes is the caller's (wn_free). */
enum wn_status wn_store_get(const struct wn_store *store,
                            struct wn_generation gen,
                            void **bytes,
                            size_t *n,
                            struct wn_error *err) WN_MUST_CHECK;
/* WN_OK if the manifest is whole and every file has its size, and with `deep` its
 * checksum; WN_ECORRUPT says what is wrong (also when it is not there). */
enum wn_status wn_store_verify(const struct wn_store *store,
                               struct wn_generation gen,
                               bool deep,
                               struct wn_error *err) WN_MUST_CHECK;
/* Delete one generation; one that is not there is success. */
enum wn_status wn_store_remove(struct wn_store *store,
                               struct wn_generation gen,
                               struct wn_error *err) WN_MUST_CHECK;
/* Delete everything in the store but the generations for which keep() is true; it is
 * asked about temporary directories as generations of resource 0. When a study opens.
 */
typedef bool wn_store_keep_fn(void *arg, struct wn_generation gen);
enum wn_status wn_store_sweep(struct wn_store *store,
                              wn_store_keep_fn *keep,
                              void *arg,
                              uint64_t *n_removed,
                              struct wn_error *err) WN_MUST_CHECK;

#endif /* WN_CHECKPOINT_STORE_H */

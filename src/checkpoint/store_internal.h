/* store_internal.h - names and folders, shared by the files of the store. */
#ifndef WN_CHECKPOINT_STORE_INTERNAL_H
#define WN_CHECKPOINT_STORE_INTERNAL_H

#include <stdint.h>

#include "base/error.h"
#include "checkpoint/store.h"

#define WN_STORE_STATE "state" /* the file that put() writes */
enum { WN_STORE_NAME = 64 };   /* room for one part of a path */

struct wn_memory;

struct wn_store {
    struct wn_memory *memory; /* NULL: folders */
    char *dir;                /* absolute */
    int dir_fd;
};

void wn_trial_name(uint32_t trial, char name[WN_STORE_NAME]);
void wn_generation_name(struct wn_generation gen, char name[WN_STORE_NAME]);
void wn_temp_name(struct wn_dispatch dispatch, char name[WN_STORE_NAME]);

enum wn_status wn_store_need_folders(const struct wn_store *store,
                                     struct wn_error *err) WN_MUST_CHECK;
enum wn_status wn_store_need_generation(struct wn_generation gen,
                                        struct wn_error *err) WN_MUST_CHECK;
/* The folder of a trial; *fd is -1 if there is none. */
enum wn_status wn_store_open_trial(const struct wn_store *store,
                                   uint32_t trial,
                                   int *fd,
                                   struct wn_error *err) WN_MUST_CHECK;
/* The folder of a generation; WN_ECORRUPT if there is none. */
enum wn_status wn_store_open_generation(const struct wn_store *store,
                                        struct wn_generation gen,
                                        int *fd,
                                        struct wn_error *err) WN_MUST_CHECK;
/* Make checkpoints/TRIAL/tmp-I.C and open it. */
enum wn_status wn_store_make_temp(const struct wn_store *store,
                                  uint32_t trial,
                                  struct wn_dispatch dispatch,
                                  int *fd,
                                  struct wn_error *err) WN_MUST_CHECK;
enum wn_status wn_store_temp_path(const struct wn_store *store,
                                  uint32_t trial,
                                  struct wn_dispatch dispatch,
                                  char *out,
                                  struct wn_error *err) WN_MUST_CHECK;

#endif /* WN_CHECKPOINT_STORE_INTERNAL_H */

/* nompi.c - what comm/mpi.h is in a build without MPI: a refusal. */
#include "comm/mpi.h"

#ifndef WN_HAVE_MPI

#include "comm/launcher_internal.h"

static enum wn_status refuse(struct wn_error *err)
{
    return wn_fail(err, WN_EINVAL, "this winnow was built without MPI (WN_MPI=OFF)");
}

bool wn_mpi_is_built(void)
{
    return false;
}

bool wn_mpi_is_launched(void)
{
    return wn_launcher_find("").size > 1;
}

const char *wn_mpi_library(void)
{
    return "";
}

enum wn_status wn_mpi_init(int *argc,
                           char ***argv,
                           struct wn_mpi **out,
                           struct wn_error *err)
{
    struct wn_launcher launcher = wn_launcher_find("");

    (void)argc, (void)argv, (void)out;
    if (launcher.size > 1)
        return wn_fail(err, WN_EINVAL,
                       "%s started %ld processes (%s), but this winnow was built without "
                       "MPI (WN_MPI=OFF) and each would coordinate alone: start one, or "
                       "build with WN_MPI=ON",
                       launcher.name, launcher.size, launcher.variable);
    return refuse(err);
}

int wn_mpi_rank(const struct wn_mpi *mpi)
{
    (void)mpi;
    return 0;
}

int wn_mpi_size(const struct wn_mpi *mpi)
{
    (void)mpi;
    return 1;
}

enum wn_status wn_mpi_sum_coll(struct wn_mpi *mpi, int64_t *value, struct wn_error *err)
{
    (void)mpi, (void)value;
    return refuse(err);
}

enum wn_status wn_mpi_split_coll(struct wn_mpi *mpi,
                                 int color,
                                 struct wn_mpi **out,
                                 struct wn_error *err)
{
    (void)mpi, (void)color, (void)out;
    return refuse(err);
}

void wn_mpi_free_coll(struct wn_mpi *part)
{
    (void)part;
}

enum wn_status wn_mpi_agree_coll(struct wn_mpi *mpi,
                                 enum wn_status status,
                                 struct wn_error *err)
{
    (void)mpi, (void)status;
    return refuse(err);
}

enum wn_status wn_mpi_share_coll(struct wn_mpi *mpi,
                                 char **bytes,
                                 size_t *n,
                                 struct wn_error *err)
{
    (void)mpi, (void)bytes, (void)n;
    return refuse(err);
}

enum wn_status wn_mpi_node_texts_coll(struct wn_mpi *mpi,
                                      const char *text,
                                      size_t room,
                                      char **all,
                                      size_t *n,
                                      size_t *mine,
                                      struct wn_error *err)
{
    (void)mpi, (void)text, (void)room, (void)all, (void)n, (void)mine;
    return refuse(err);
}

enum wn_status wn_mpi_endpoint(struct wn_mpi *mpi,
                               int64_t max_sleep_us,
                               struct wn_comm **out,
                               struct wn_error *err)
{
    (void)mpi, (void)max_sleep_us, (void)out;
    return refuse(err);
}

void wn_mpi_end(struct wn_mpi *mpi, bool had_loss, int status)
{
    (void)mpi, (void)had_loss, (void)status;
}

void wn_mpi_abort(void *mpi)
{
    (void)mpi;
}

#endif

/* launcher.c - which launcher started this process, and how many beside it. */
#define _GNU_SOURCE /* environ */
#include "comm/launcher_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
    const char *variable, *name;
} launchers[] = {
    {"OMPI_COMM_WORLD_SIZE", "Open MPI's mpirun"},
    {"PMI_SIZE", "the mpiexec of MPICH, Intel MPI or another MPI with PMI"},
    {"SLURM_STEP_NUM_TASKS", "srun"},
};

/* A positive number, or 0. */
static long number_of(const char *variable)
{
    const char *text = getenv(variable);
    char *end;
    long n;

    if (!text || !*text)
        return 0;
    errno = 0;
    n = strtol(text, &end, 10);
    return errno == 0 && *end == '\0' && n > 0 ? n : 0;
}

/* Only srun sets the number of a step's tasks, so a batch script, which has a rank
 * (SLURM_PROCID is 0 there) and the job's SLURM_NTASKS, is not taken for one of many.
 * Without a rank the variable was inherited from somewhere else. A terminal that
 * `srun --pty` opened is one process whatever the step holds: its rank 0. */
static bool is_srun_task(void)
{
    const char *rank = getenv("SLURM_PROCID");

    return rank && !(getenv("SLURM_PTY_PORT") && strcmp(rank, "0") == 0);
}

/* Every way of telling an MPI about its world goes through variables PMI*, PMI2*, PMIX*:
 * without one (srun --mpi=none) some MPIs run alone and Open MPI ends the process. */
static bool has_pmi(void)
{
    for (char **at = environ; at && *at; at++)
        if (strncmp(*at, "PMI", 3) == 0)
            return true;
    return false;
}

struct wn_launcher wn_launcher_find(const char *own)
{
    struct wn_launcher found = {0};

    for (size_t i = 0; i < sizeof launchers / sizeof *launchers; i++) {
        const char *variable = launchers[i].variable;
        struct wn_launcher seen = {launchers[i].name, variable, number_of(variable),
                                   false};

        if (!seen.size)
            continue;
        if (strncmp(variable, "SLURM_", 6) == 0) {
            seen.is_mute = !has_pmi();
            if (!is_srun_task() || (seen.is_mute && seen.size == 1))
                continue; /* not of a world, or of one that needs no MPI */
        }
        if (*own && strncmp(variable, own, strlen(own)) == 0)
            return seen;
        if (seen.size > found.size)
            found = seen;
    }
    return found;
}

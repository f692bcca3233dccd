/* comm/launcher_internal.h - what the environment says about who started this process.
 *
 * Two MPIs mixed up (built with one, started by the launcher of another) give n worlds of
 * one rank: n coordinators on one study. The environment shows it: every launcher tells
 * its processes how many they are.
 */
#ifndef WN_COMM_LAUNCHER_INTERNAL_H
#define WN_COMM_LAUNCHER_INTERNAL_H

#include <stdbool.h>

#include "base/error.h"

struct wn_launcher {
    const char *name;     /* "Open MPI's mpirun"; NULL: none was seen */
    const char *variable; /* that said so */
    long size;            /* processes it started, at least 1 */
    bool is_mute; /* it started them without a word (PMI) that any MPI understands */
};

/* The launcher of the largest world, unless the one of `own` (prefix of the variable, ""
 * if none) is there: it is the innermost then, whatever it stands in. */
struct wn_launcher wn_launcher_find(const char *own);

#endif /* WN_COMM_LAUNCHER_INTERNAL_H */

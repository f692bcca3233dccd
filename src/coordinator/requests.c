/* requests.c - control/: what other shells ask of a running study.
 *
 * A request is a file renamed into the folder. It is copied into the journal once and
 * then removed, synced before; a request that is already in force is only removed.
 * Known: `stop` (drain and close).
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "coordinator/coordinator_internal.h"

struct look {
    struct wn_coord *coord;
    const char *dir;
};

static enum wn_status take(void *arg, const char *name, struct wn_error *err)
{
    struct look *look = arg;
    char path[WN_PATH_MAX];
    struct stat info;
    enum wn_status rc;

    if (name[0] == '.')
        return WN_OK; /* still being written */
    rc = wn_path_join(path, err, look->dir, name);
    if (rc)
        return rc;
    if (lstat(path, &info) != 0 || !S_ISREG(info.st_mode))
        return WN_OK; /* no request: it is left alone */
    if (strcmp(name, "stop") == 0) {
        wn_info("study", "asked to stop by a request");
        rc = wn_coord_drain(look->coord, false, err);
    } else {
        wn_warn("study", "the request %s is not known and is removed", name);
    }
    return rc ? rc : wn_keeper_unlink(look->coord->keeper, path, err);
}

enum wn_status wn_coord_look_for_requests(struct wn_coord *coord, struct wn_error *err)
{
    char dir[WN_PATH_MAX];
    struct look look = {.coord = coord, .dir = dir};
    enum wn_status rc = wn_path_join(dir, err, coord->study_dir, "control");

    if (rc || !wn_file_exists(dir))
        return rc;
    return wn_dir_list(dir, take, &look, err);
}

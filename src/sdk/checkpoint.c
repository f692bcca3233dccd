/* checkpoint.c - the trial client: folders for checkpoints.
 *
 * A folder is made below the one that the worker named, filled by the program, and handed
 * over with the next report by its name alone. Only folders made here are ever removed.
 */
#include "client_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Remove what is in a folder, following no link. */
static void empty_folder(int parent, const char *name, int depth)
{
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    struct dirent *entry;

    if (!dir) {
        if (fd >= 0)
            close(fd);
        return;
    }
    while ((entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (unlinkat(fd, entry->d_name, 0) == 0 || depth > 64)
            continue;
        empty_folder(fd, entry->d_name, depth + 1);
        unlinkat(fd, entry->d_name, AT_REMOVEDIR);
    }
    closedir(dir);
}

void winnow_folder_discard(struct winnow_trial *t)
{
    if (!t->folder)
        return;
    empty_folder(AT_FDCWD, t->folder, 0);
    rmdir(t->folder);
    free(t->folder);
    t->folder = NULL;
    t->is_committed = 0;
}

int winnow_checkpoint_due(struct winnow_trial *t, long resource)
{
    long unit = resource + t->shift;

    if (t->fd < 0 || winnow_look(t) != 0 || !t->temp)
        return 0;
    if (t->waits || unit >= t->milestone)
        return 1;
    return t->every > 0 && unit / t->every > t->saved / t->every;
}

const char *winnow_checkpoint_begin(struct winnow_trial *t)
{
    size_t room;
    char *path;

    if (t->fd < 0 || t->over || !t->temp)
        return NULL;
    winnow_folder_discard(t);
    room = strlen(t->temp) + 32;
    path = malloc(room);
    if (!path)
        return NULL;
    for (int tries = 0; tries < 10000; tries++) {
        snprintf(path, room, "%s/c%u", t->temp, ++t->n_folders);
        if (mkdir(path, 0777) == 0) {
            t->folder = path;
            return path;
        }
        if (errno != EEXIST) /* left by an earlier start of the same run: take the next */
            break;
    }
    free(path);
    return NULL;
}

int winnow_checkpoint_commit(struct winnow_trial *t)
{
    if (!t->folder || t->is_committed)
        return -1;
    t->is_committed = 1;
    return 0;
}

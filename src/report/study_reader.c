/* study_reader.c - find a study and read its journal. */
#define _GNU_SOURCE
#include "report/study_reader.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"

static bool is_folder(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool is_study(const char *dir)
{
    char journal[WN_PATH_MAX];

    return wn_path_join(journal, NULL, dir, "journal") == WN_OK && is_folder(journal);
}

/* The studies in one folder, and the folder itself. */
struct search {
    const char *root;
    char found[WN_PATH_MAX]; /* the first */
    size_t n_found;
    struct wn_buf names; /* of all found */
};

static enum wn_status look_at(void *arg, const char *name, struct wn_error *err)
{
    struct search *search = arg;
    char dir[WN_PATH_MAX];

    (void)err;
    if (wn_path_join(dir, NULL, search->root, name) != WN_OK || !is_study(dir))
        return WN_OK;
    if (!search->n_found++)
        memcpy(search->found, dir, sizeof dir);
    wn_buf_addf(&search->names, "%s%s", search->names.n ? ", " : "", name);
    return WN_OK;
}

static enum wn_status look_below(struct search *search,
                                 const char *root,
                                 struct wn_error *err)
{
    char place[WN_PATH_MAX];
    enum wn_status rc = wn_path_absolute(root, place, err);

    if (rc != WN_OK)
        return rc;
    search->root = place;
    rc = wn_dir_list(place, look_at, search, err);
    search->root = NULL;
    return rc;
}

/* No name was given: the working directory if it is a study, or the one study there is. */
static enum wn_status find_only(const char *root, char *dir, struct wn_error *err)
{
    struct search search = {0};
    enum wn_status rc = WN_OK;

    if (is_study("."))
        return wn_path_absolute(".", dir, err);
    if (root)
        rc = look_below(&search, root, err);
    if (rc == WN_OK && !search.n_found)
        rc = look_below(&search, ".", err);
    if (rc == WN_OK && search.n_found == 1)
        memcpy(dir, search.found, WN_PATH_MAX);
    else if (rc == WN_OK && !search.n_found)
        rc = wn_fail(err, WN_EINVAL, "there is no study in the working directory%s%s",
                     root ? " or in " : "; name one", root ? root : "");
    else if (rc == WN_OK)
        rc = wn_fail(err, WN_EINVAL, "which study? there are %zu: %s", search.n_found,
                     wn_buf_text(&search.names));
    wn_buf_release(&search.names);
    return rc;
}

enum wn_status wn_report_find(const char *name,
                              const char *root,
                              char *dir,
                              struct wn_error *err)
{
    char below[WN_PATH_MAX];

    if (!name)
        return find_only(root && *root ? root : NULL, dir, err);
    if (is_study(name))
        return wn_path_absolute(name, dir, err);
    if (root && *root && wn_path_join(below, NULL, root, name) == WN_OK &&
        is_study(below))
        return wn_path_absolute(below, dir, err);
    return wn_fail(err, WN_EINVAL, "%s is no study: there is no folder %s/journal%s%s",
                   name, name, root && *root ? ", nor one in " : "",
                   root && *root ? root : "");
}

/* Reading */

static void note_opening(struct wn_report_study *study, const struct wn_event *event)
{
    study->n_openings++;
    study->n_workers = event->opened.n_workers;
    study->n_slots = event->opened.n_slots;
    study->opened_wall_ms = event->opened.wall_ms;
    study->opened_ms = event->time_ms;
    snprintf(study->host, sizeof study->host, "%s", event->opened.host);
    snprintf(study->version, sizeof study->version, "%s", event->opened.version);
}

static enum wn_status take_event(void *arg,
                                 const struct wn_event *event,
                                 struct wn_error *err)
{
    struct wn_report_study *study = arg;

    if (event->kind == WN_EVENT_OPENED)
        note_opening(study, event);
    return wn_rebuild_event(&study->rebuild, event, err);
}

enum wn_status wn_report_open(const char *dir,
                              bool is_replay,
                              struct wn_report_study *out,
                              struct wn_error *err)
{
    char journal[WN_PATH_MAX];
    enum wn_status rc;

    *out = (struct wn_report_study){.rebuild = {.is_replay = is_replay}};
    rc = wn_path_absolute(dir, out->dir, err);
    if (rc == WN_OK)
        rc = wn_path_join(journal, err, out->dir, "journal");
    if (rc == WN_OK)
        rc = wn_journal_read(journal, take_event, out, &out->summary, err);
    if (rc == WN_OK && !out->rebuild.study)
        rc = wn_fail(err, WN_EINVAL,
                     "the study in %s has not begun: its journal is empty", out->dir);
    if (rc != WN_OK) {
        wn_report_close(out);
        return rc;
    }
    out->job = out->rebuild.job;
    out->study = out->rebuild.study;
    return WN_OK;
}

void wn_report_close(struct wn_report_study *study)
{
    wn_rebuild_release(&study->rebuild);
    study->job = NULL;
    study->study = NULL;
}

struct sizes {
    const char *dir;
    uint64_t sum;
};

static enum wn_status add_size(void *arg, const char *name, struct wn_error *err)
{
    struct sizes *sizes = arg;
    char path[WN_PATH_MAX];
    struct stat st;

    (void)err;
    if (wn_path_join(path, NULL, sizes->dir, name) == WN_OK && stat(path, &st) == 0)
        sizes->sum += (uint64_t)st.st_size;
    return WN_OK;
}

uint64_t wn_report_journal_size(const char *dir)
{
    char journal[WN_PATH_MAX];
    struct sizes sizes = {.dir = journal};

    if (wn_path_join(journal, NULL, dir, "journal") != WN_OK ||
        wn_dir_list(journal, add_size, &sizes, NULL) != WN_OK)
        return 0;
    return sizes.sum;
}

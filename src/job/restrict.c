/* restrict.c - `restrict_configurations`: the only configurations that may be proposed.
 *
 * A list, or the path of a JSON file with one: a table of a benchmark is long, and a job
 * file is for people. The file is read once, when the job is: the canonical text holds the
 * list, so a study goes on without the file, and notices when it has changed. The space
 * keeps the list (wn_space_restrict); nobody else knows of it.
 */
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "job/job_internal.h"

#define KEY "restrict_configurations"

static enum wn_status no_memory(struct wn_error *err)
{
    return wn_fail(err, WN_ENOMEM, "no memory for " KEY);
}

/* A path as the user wrote it, absolute: {job_dir} replaced, relative to the job's folder. */
static enum wn_status find_file(const char *written,
                                const char *job_dir,
                                char *out,
                                struct wn_error *err)
{
    struct wn_json *node = wn_json_new_string(written);
    struct wn_json *placed = wn_job_placed(node, job_dir);
    const char *text = wn_json_string(placed);
    enum wn_status rc = text ? wn_path_beside(job_dir, text, out, err) : no_memory(err);

    wn_json_destroy(placed);
    wn_json_destroy(node);
    return rc;
}

/* The list in the file; *out stays NULL after a problem. */
static enum wn_status read_file(const char *written,
                                const char *job_dir,
                                struct wn_problems *problems,
                                struct wn_json **out,
                                struct wn_error *err)
{
    char path[WN_PATH_MAX];
    struct wn_error said = {0};
    struct wn_json *list = NULL;
    char *text = NULL;
    size_t n = 0;
    enum wn_status rc = find_file(written, job_dir, path, &said);

    if (rc == WN_OK)
        rc = wn_file_read(path, WN_JOB_MOST, &text, &n, &said);
    if (rc == WN_OK) {
        rc = wn_json_parse(text, n, &list, &said);
        if (rc == WN_EINVAL)
            wn_problems_add(problems, KEY, "%s: %s", path, said.text);
    } else if (rc == WN_EIO || rc == WN_EINVAL) { /* of a path that a user wrote */
        wn_problems_add(problems, KEY, "%s", said.text);
        rc = WN_EINVAL;
    }
    wn_free(text);
    if (list && !wn_json_is(list, WN_JSON_LIST)) {
        wn_problems_add(problems, KEY, "%s must hold a list of configurations, not %s",
                        path, wn_json_type_name(list));
        wn_json_destroy(list);
        list = NULL;
    }
    if (rc != WN_OK && rc != WN_EINVAL && err)
        *err = said;
    *out = list;
    return rc == WN_EINVAL ? WN_OK : rc;
}

enum wn_status wn_job_take_restriction(struct wn_json *tree,
                                       const char *job_dir,
                                       struct wn_problems *problems,
                                       struct wn_json **out,
                                       struct wn_error *err)
{
    const struct wn_json *given = wn_json_get(tree, KEY);
    struct wn_json *list = NULL;
    enum wn_status rc = WN_OK;

    *out = NULL;
    if (!given)
        return WN_OK;
    if (wn_json_is(given, WN_JSON_LIST))
        *out = job_dir ? wn_job_placed(given, job_dir) : wn_json_copy(given);
    else if (!wn_json_is(given, WN_JSON_STRING))
        wn_problems_add(problems, KEY,
                        "must be a list of configurations, or the path of a JSON file "
                        "with one, not %s",
                        wn_json_type_name(given));
    else if (!job_dir)
        wn_problems_add(problems, KEY,
                        "a path starts in the folder of the job file, and this job has "
                        "none: give the list itself");
    else
        rc = read_file(wn_json_string(given), job_dir, problems, &list, err);
    if (list)
        *out = wn_job_placed(list, job_dir);
    if (rc == WN_OK && !*out && (list || wn_json_is(given, WN_JSON_LIST)))
        rc = no_memory(err);
    wn_json_destroy(list);
    wn_json_remove(tree, KEY); /* nobody else need carry it about */
    return rc;
}

struct wn_json *wn_job_restriction_json(const struct wn_job *job)
{
    struct wn_json *list = wn_json_new_list();

    for (size_t i = 0; list && i < wn_space_n_allowed(job->space); i++) {
        const union wn_cell *cells = wn_space_allowed(job->space, i);

        if (!wn_json_add(list, wn_config_json(job->space, cells, false))) {
            wn_json_destroy(list);
            return NULL;
        }
    }
    return list;
}

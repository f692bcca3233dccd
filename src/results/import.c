/* import.c - see import.h: open, describe, read, make, write. */
#include "results/import.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "results/import_internal.h"
#include "space/space.h"

/* Everything that is alive while tasks are made and written. */
struct importing {
    const struct wn_import *import;
    struct wn_import_plan plan;
    struct wn_import_rows rows;
    struct wn_json *params;
    WN_VEC(struct wn_import_task) made;
    WN_VEC(struct wn_benchmark *) kept; /* of the file that tasks are added to */
    WN_VEC(const struct wn_benchmark *) all;
};

static enum wn_status no_memory(struct wn_error *err)
{
    return wn_fail(err, WN_ENOMEM, "no memory to import a table");
}

/* --- the file that tasks are added to --- */

static enum wn_status keep(struct importing *im, const char *task, struct wn_error *err)
{
    struct wn_benchmark *opened = NULL, **kept;
    enum wn_status rc = wn_benchmark_open(im->import->into, task, &opened, err);

    if (rc != WN_OK)
        return rc;
    kept = wn_vec_push(&im->kept);
    if (!kept) {
        wn_benchmark_destroy(opened);
        return no_memory(err);
    }
    *kept = opened;
    return WN_OK;
}

/* Its default task first, then the others. */
static enum wn_status keep_all(struct importing *im, struct wn_error *err)
{
    bool is_ours = false;
    enum wn_status rc =
        wn_path_blame(wn_benchmark_is_ours(im->import->into, &is_ours, err), err);

    if (rc == WN_OK && !is_ours)
        rc = wn_fail(err, WN_EINVAL,
                     "%s was not written by `winnow benchmark`: what else stands in it "
                     "would be lost; import into a file of its own",
                     im->import->into);
    if (rc == WN_OK)
        rc = keep(im, NULL, err);
    for (size_t i = 0; rc == WN_OK && i < im->kept.at[0]->n_tasks; i++)
        if (strcmp(im->kept.at[0]->tasks[i], im->kept.at[0]->task) != 0)
            rc = keep(im, im->kept.at[0]->tasks[i], err);
    return rc;
}

/* --- the tasks of the table --- */

static const char *text_or(const struct importing *im, const char *key, const char *other)
{
    return wn_values_is_set(im->plan.values, key) ? wn_values_string(im->plan.values, key)
                                                  : other;
}

/* The file's own texts are those of its first task. */
static void set_texts(const struct importing *im, struct wn_benchmark *pub)
{
    pub->name = text_or(im, "name", "benchmark");
    pub->title = text_or(im, "title", pub->name);
    pub->kind = text_or(im, "kind", "tabular");
    pub->license = text_or(im, "license", "");
    pub->provenance = text_or(im, "provenance", "");
    pub->url = text_or(im, "url", "");
    pub->citation = text_or(im, "citation", "");
}

static enum wn_status make_tasks(struct importing *im,
                                 struct wn_buf *notes,
                                 struct wn_error *err)
{
    size_t n = im->rows.tasks.all.n;
    enum wn_status rc = WN_OK;

    for (size_t i = 0; rc == WN_OK && i < n; i++) {
        struct wn_import_task *task = wn_vec_push(&im->made);

        if (!task)
            return no_memory(err);
        rc = wn_import_task_make(&im->plan, &im->rows, i, im->params, task, notes, err);
        set_texts(im, &task->pub);
    }
    return rc;
}

/* Whether a job could tune the box: a range may be too narrow for 12 digits. */
static enum wn_status check_space(const struct importing *im,
                                  struct wn_problems *problems,
                                  struct wn_error *err)
{
    struct wn_benchmark_book book = {.pub = im->made.at[0].pub};
    struct wn_json *json = NULL;
    struct wn_space *space = NULL;
    enum wn_status rc = wn_benchmark_take_columns(im->import->to, &book, err);

    for (size_t i = 0; rc == WN_OK && i < book.pub.n_params; i++)
        book.is_list |= book.columns[i].may_miss;
    if (rc == WN_OK)
        rc = wn_benchmark_space(&book.pub, &json, err);
    if (rc == WN_OK)
        rc = wn_space_parse(json, NULL, problems, &space, err);
    wn_space_destroy(space);
    wn_json_destroy(json);
    wn_arena_release(&book.arena);
    return rc;
}

/* All tasks for the file, its default first. */
static enum wn_status line_up(struct importing *im,
                              struct wn_problems *problems,
                              struct wn_error *err)
{
    const char *first = text_or(im, "default_task", "");
    bool is_found = !*first;

    for (size_t i = 0; i < im->kept.n + im->made.n; i++) {
        const struct wn_benchmark *task =
            i < im->kept.n ? im->kept.at[i] : &im->made.at[i - im->kept.n].pub;
        const struct wn_benchmark **at;

        for (size_t k = 0; k < im->all.n; k++)
            if (strcmp(im->all.at[k]->task, task->task) == 0)
                return wn_fail(err, WN_EINVAL, "%s has a task %s already",
                               im->import->into, task->task);
        at = wn_vec_push(&im->all);
        if (!at)
            return no_memory(err);
        *at = task;
        if (!is_found && strcmp(task->task, first) == 0) {
            *at = im->all.at[0];
            im->all.at[0] = task;
            is_found = true;
        }
    }
    if (!is_found)
        wn_problems_add(problems, "default_task", "there is no task '%.80s'", first);
    return wn_problems_check(problems, err);
}

static enum wn_status build(struct importing *im,
                            struct wn_csv *csv,
                            struct wn_problems *problems,
                            struct wn_buf *notes,
                            struct wn_error *err)
{
    const struct wn_json *known = im->kept.n ? im->kept.at[0]->params : NULL;
    enum wn_status rc = wn_import_rows_read(&im->plan, csv, &im->rows, err);

    if (rc == WN_OK)
        rc = wn_import_types_make(&im->plan, known, problems, notes, &im->params, err);
    if (rc == WN_OK)
        rc = make_tasks(im, notes, err);
    if (rc == WN_OK && !known)
        rc = check_space(im, problems, err);
    if (rc == WN_OK)
        rc = line_up(im, problems, err);
    if (rc == WN_OK && notes->failed)
        rc = no_memory(err);
    return rc != WN_OK ? rc
                       : wn_benchmark_write(im->all.at, im->all.n, im->import->to, err);
}

static void release(struct importing *im)
{
    for (size_t i = 0; i < im->made.n; i++)
        wn_import_task_release(&im->made.at[i]);
    for (size_t i = 0; i < im->kept.n; i++)
        wn_benchmark_destroy(im->kept.at[i]);
    wn_vec_release(&im->made);
    wn_vec_release(&im->kept);
    wn_vec_release(&im->all);
    wn_json_destroy(im->params);
    wn_import_rows_release(&im->rows);
    wn_import_plan_release(&im->plan);
}

/* The name that the file to write has, without folder and ending. */
static enum wn_status name_it(struct wn_json *description,
                              const char *to,
                              struct wn_error *err)
{
    const char *slash = strrchr(to, '/');
    const char *base = slash ? slash + 1 : to;
    size_t n = strcspn(base, ".");
    char *name = wn_strndup(base, n);
    bool ok = name != NULL;

    if (ok && n && !wn_json_get(description, "name"))
        ok = wn_json_set(description, "name", wn_json_new_string(name));
    wn_free(name);
    return ok ? WN_OK : no_memory(err);
}

static enum wn_status describe(struct importing *im,
                               const char *folder,
                               const char *const *names,
                               size_t n,
                               struct wn_json **out,
                               struct wn_error *err)
{
    enum wn_status rc = WN_OK;

    if (folder) {
        rc = wn_syne_tune_describe(folder, im->import->description, names, n, out, err);
    } else {
        *out = wn_json_copy(im->import->description);
        if (!*out)
            rc = no_memory(err);
    }
    if (rc == WN_OK && !im->import->into && wn_json_is(*out, WN_JSON_OBJECT))
        rc = name_it(*out, im->import->to, err);
    return rc;
}

/* The first line, kept for as long as the plan lives. */
static enum wn_status read_names(struct importing *im,
                                 struct wn_csv *csv,
                                 const char ***out,
                                 size_t *n,
                                 struct wn_error *err)
{
    const char *const *fields = NULL;
    enum wn_status rc = wn_csv_next(csv, &fields, n, err);
    const char **names;

    if (rc != WN_OK)
        return rc;
    if (!*n)
        return wn_fail(err, WN_EINVAL, "%s is empty", im->plan.source);
    if (strncmp(fields[0], "\211HDF", 4) == 0)
        return wn_fail(err, WN_EINVAL, "%s is an HDF5 file, no CSV table",
                       im->plan.source);
    names = wn_arena_alloc(&im->plan.arena, *n * sizeof *names);
    for (size_t i = 0; names && i < *n; i++) {
        const char *from = fields[i] + strspn(fields[i], " \t");
        size_t length = strlen(from);

        while (length && strchr(" \t", from[length - 1]))
            length--;
        names[i] = wn_arena_strndup(&im->plan.arena, from, length);
        if (!names[i])
            names = NULL;
    }
    *out = names;
    return names ? WN_OK : no_memory(err);
}

enum wn_status wn_benchmark_import_csv(const struct wn_import *import,
                                       struct wn_csv *csv,
                                       const char *folder,
                                       struct wn_problems *problems,
                                       struct wn_buf *notes,
                                       struct wn_error *err)
{
    struct importing im = {.import = import, .plan.source = import->source};
    struct wn_json *description = NULL;
    const char **names = NULL;
    size_t n = 0;
    enum wn_status rc = read_names(&im, csv, &names, &n, err);

    if (rc == WN_OK && import->into)
        rc = keep_all(&im, err);
    if (rc == WN_OK)
        rc = describe(&im, folder, names, n, &description, err);
    if (rc == WN_OK)
        rc = wn_import_plan_make(&im.plan, description,
                                 im.kept.n ? im.kept.at[0]->params : NULL, names, n,
                                 problems, err);
    if (rc == WN_OK)
        rc = build(&im, csv, problems, notes, err);
    release(&im);
    wn_json_destroy(description);
    return rc;
}

enum wn_status wn_benchmark_import(const struct wn_import *import,
                                   struct wn_problems *problems,
                                   struct wn_buf *notes,
                                   struct wn_error *err)
{
    struct wn_import_source *source = NULL;
    struct wn_csv *csv = NULL;
    enum wn_status rc = wn_import_source_open(import->source, &source, err);

    if (rc == WN_OK)
        rc = wn_csv_create(wn_import_source_read, source, import->source, &csv, err);
    if (rc == WN_OK)
        rc = wn_benchmark_import_csv(
            import, csv, wn_import_source_is_folder(source) ? import->source : NULL,
            problems, notes, err);
    wn_csv_destroy(csv);
    wn_import_source_close(source);
    return rc;
}

/* program.c - which file a command's first word means, and where our own helper is. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runner/process_internal.h"

/* "{job_dir}" replaced wherever it stands. */
static enum wn_status substitute(const char *word,
                                 const char *job_dir,
                                 struct wn_buf *out,
                                 struct wn_error *err)
{
    static const char mark[] = "{job_dir}";
    const char *at = word, *next;

    while (job_dir && (next = strstr(at, mark)) != NULL) {
        wn_buf_add(out, at, (size_t)(next - at));
        wn_buf_adds(out, job_dir);
        at = next + sizeof mark - 1;
    }
    wn_buf_adds(out, at);
    return out->failed ? wn_fail(err, WN_ENOMEM, "no memory for a word of the command")
                       : WN_OK;
}

enum wn_status wn_program_place(const char *word,
                                const char *job_dir,
                                char *out,
                                struct wn_error *err)
{
    struct wn_buf text = {0};
    enum wn_status rc = substitute(word, job_dir, &text, err);

    if (rc == WN_OK && strchr(text.at, '/') && text.at[0] != '/' && job_dir) {
        rc = wn_path_join(out, err, job_dir, text.at);
    } else if (rc == WN_OK) {
        if (text.n >= WN_PATH_MAX)
            rc = wn_fail(err, WN_EINVAL, "the program's name is longer than %d bytes",
                         WN_PATH_MAX - 1);
        else
            memcpy(out, text.at, text.n + 1);
    }
    wn_buf_release(&text);
    return rc;
}

static bool is_program(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

enum wn_status wn_program_find(const char *word,
                               const char *job_dir,
                               char *out,
                               struct wn_error *err)
{
    char placed[WN_PATH_MAX], dir[WN_PATH_MAX];
    const char *path = getenv("PATH");
    enum wn_status rc = wn_program_place(word, job_dir, placed, err);

    if (rc != WN_OK)
        return rc;
    if (strchr(placed, '/')) {
        memcpy(out, placed, strlen(placed) + 1);
        if (is_program(placed))
            return WN_OK;
        if (access(placed, F_OK) != 0)
            return wn_fail(err, WN_EINVAL, "there is no program %s", placed);
        return wn_fail(err, WN_EINVAL, "%s is no program that may be run", placed);
    }
    if (!path || !*path)
        path = "/usr/local/bin:/usr/bin:/bin";
    for (const char *at = path;; at++) {
        size_t n = strcspn(at, ":");

        if (n && n < sizeof dir && *at == '/') {
            memcpy(dir, at, n);
            dir[n] = '\0';
            if (wn_path_join(out, NULL, dir, placed) == WN_OK && is_program(out))
                return WN_OK;
        }
        at += n;
        if (!*at)
            break;
    }
    return wn_fail(err, WN_EINVAL, "there is no program %s in PATH", placed);
}

/* The folder of `path` (changed), and in it winnow.py's. */
static void find_python(char *path, char *python_dir)
{
    char file[WN_PATH_MAX];

    python_dir[0] = '\0';
    *strrchr(path, '/') = '\0';
    if (wn_path_join(file, NULL, path, "python/winnow.py") == WN_OK &&
        access(file, R_OK) == 0 &&
        wn_path_join(python_dir, NULL, path, "python") != WN_OK)
        python_dir[0] = '\0';
}

enum wn_status wn_helper_find(char *helper, char *python_dir, struct wn_error *err)
{
    static const char *const places[] = {"winnow-trial",
                                         "../libexec/winnow/winnow-trial"};
    const char *named = getenv("WINNOW_HELPER");
    char self[WN_PATH_MAX], copy[WN_PATH_MAX];
    ssize_t n;

    if (named && *named) {
        enum wn_status rc = wn_path_absolute(named, helper, err);

        if (rc != WN_OK)
            return rc;
        if (!is_program(helper))
            return wn_fail(err, WN_EINVAL, "WINNOW_HELPER names %s, which is no program",
                           named);
        memcpy(copy, helper, strlen(helper) + 1);
        find_python(copy, python_dir);
        return WN_OK;
    }
    n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n <= 0)
        return wn_fail_errno(err, WN_ESYSTEM, "reading /proc/self/exe");
    self[n] = '\0';
    *strrchr(self, '/') = '\0';
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        if (wn_path_join(helper, NULL, self, places[i]) != WN_OK || !is_program(helper))
            continue;
        memcpy(copy, helper, strlen(helper) + 1);
        find_python(copy, python_dir);
        return WN_OK;
    }
    return wn_fail(
        err, WN_EINVAL,
        "the helper winnow-trial is neither in %s nor in %s/../libexec/winnow; set "
        "WINNOW_HELPER to its path",
        self, self);
}

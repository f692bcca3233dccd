/* apart.c - a part of a measurement in a process of its own, and what memory one has. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "bench.h"

void bench_resident(double *now, double *peak)
{
    char line[256];
    FILE *file = fopen("/proc/self/status", "r");

    *now = *peak = 0;
    while (file && fgets(line, sizeof line, file)) {
        if (strncmp(line, "VmRSS:", 6) == 0)
            *now = strtod(line + 6, NULL) * 1024; /* in kB */
        else if (strncmp(line, "VmHWM:", 6) == 0)
            *peak = strtod(line + 6, NULL) * 1024;
    }
    if (file)
        (void)fclose(file);
}

static _Noreturn void child(bench_apart_fn *fn,
                            const void *arg,
                            void *out,
                            size_t n,
                            int fd)
{
    struct wn_error err = {0}, unheard;
    enum wn_status rc = fn(arg, out, &err);
    enum wn_status said = wn_file_write_all(fd, &rc, sizeof rc, "pipe", &unheard);

    if (!said)
        said = wn_file_write_all(fd, &err, sizeof err, "pipe", &unheard);
    if (!said)
        said = wn_file_write_all(fd, out, n, "pipe", &unheard);
    _exit(said ? 1 : 0);
}

static bool read_whole(int fd, void *bytes, size_t n)
{
    size_t done = 0;

    while (done < n) {
        ssize_t got = read(fd, (char *)bytes + done, n - done);

        if (got <= 0)
            return false;
        done += (size_t)got;
    }
    return true;
}

enum wn_status bench_apart(bench_apart_fn *fn,
                           const void *arg,
                           void *out,
                           size_t n,
                           struct wn_error *err)
{
    struct wn_error said = {0};
    enum wn_status rc = WN_OK;
    int ends[2], status = -1;
    bool is_whole;
    pid_t pid;

    if (pipe(ends) != 0)
        return wn_fail_errno(err, WN_ESYSTEM, "cannot make a pipe");
    (void)fflush(NULL);
    pid = fork();
    if (pid == 0)
        child(fn, arg, out, n, ends[1]);
    (void)close(ends[1]);
    is_whole = read_whole(ends[0], &rc, sizeof rc) &&
               read_whole(ends[0], &said, sizeof said) && read_whole(ends[0], out, n);
    (void)close(ends[0]);
    if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0 || !is_whole)
        return wn_fail(err, WN_ESYSTEM, "a process apart ended with status %d", status);
    if (rc)
        *err = said;
    return rc;
}

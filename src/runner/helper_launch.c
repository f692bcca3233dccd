/* helper_launch.c - from the helper to the program: fork, and a clean world for it.
 *
 * The program gets its own process group, dies with its helper, and sees: standard input
 * from nowhere, its output pipes, descriptor 3 (the socket) and no other; an environment
 * without the variables by which it would take itself for an MPI rank; its slot's number
 * of threads where the user set none; the folder of winnow.py in PYTHONPATH. Signals are
 * as after a login, but USR1 is ignored unless the program wants it: srun gives the USR1
 * that asks Winnow to drain to every process of the step, and it would end them. No shell is
 * ever asked, not for a script without an interpreter line either: that is an error.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runner/helper_internal.h"

#define ERROR_FD   4     /* in the child: where exec's errno goes */
#define STACK_ROOM 65536 /* the child's */

extern char **environ;

static const char *const scrubbed[] = {"OMPI_",
                                       "PMIX_",
                                       "PMI_",
                                       "PRTE_",
                                       "ORTE_",
                                       "HYDRA_",
                                       "HYDI_",
                                       "MPI_LOCALN",
                                       "MPI_LOCALR",
                                       "PMIX",
                                       "OPAL_",
                                       "OMPI=",
                                       "PRRTE",
                                       "WINNOW_FD=",
                                       (WN_KEEPER_NAME "="),
                                       (WN_STUDY_DIR_NAME "="),
                                       "WINNOW_TRIAL=",
                                       "WINNOW_STUDY="};
static const char *const thread_counts[] = {"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS",
                                            "MKL_NUM_THREADS"};

static bool is_scrubbed(const char *variable)
{
    for (size_t i = 0; i < sizeof scrubbed / sizeof *scrubbed; i++)
        if (strncmp(variable, scrubbed[i], strlen(scrubbed[i])) == 0)
            return true;
    return false;
}

/* The program's environment in the arena; NULL without memory. */
static const char **make_environment(const struct wn_spec *spec, struct wn_arena *arena)
{
    const char *python = getenv("PYTHONPATH");
    size_t n = 0, n_old = 0;
    const char **env;

    while (environ[n_old])
        n_old++;
    env = wn_arena_alloc(arena, (n_old + 10) * sizeof *env);
    if (!env)
        return NULL;
    for (size_t i = 0; i < n_old; i++)
        if (!is_scrubbed(environ[i]) &&
            (!*spec->python_dir || strncmp(environ[i], "PYTHONPATH=", 11) != 0))
            env[n++] = environ[i];
    if (*spec->python_dir)
        env[n++] = wn_arena_printf(arena, "PYTHONPATH=%s%s%s", spec->python_dir,
                                   python && *python ? ":" : "", python ? python : "");
    for (size_t i = 0; i < sizeof thread_counts / sizeof *thread_counts; i++)
        if (!getenv(thread_counts[i]))
            env[n++] = wn_arena_printf(arena, "%s=%u", thread_counts[i], spec->cores);
    env[n++] = wn_arena_printf(arena, "WINNOW_STUDY=%s", spec->study_name);
    env[n++] = wn_arena_printf(arena, "WINNOW_TRIAL=%u", spec->trial);
    env[n++] = wn_arena_printf(arena, WN_KEEPER_NAME "=%ld", (long)getpid());
    env[n++] = wn_arena_printf(arena, WN_STUDY_DIR_NAME "=%s", spec->study_dir);
    if (spec->has_socket)
        env[n++] = "WINNOW_FD=" WN_PROGRAM_FD;
    for (size_t i = 0; i < n; i++)
        if (!env[i])
            return NULL;
    return env;
}

/* Where the program may be: itself if it has a slash, else one path for each folder of
 * PATH. NULL-terminated, in the arena; NULL without memory. */
static const char **make_candidates(const char *name, struct wn_arena *arena)
{
    const char *path = getenv("PATH");
    size_t n = 0, room = 2;
    const char **out;

    if (!path || !*path)
        path = "/usr/local/bin:/usr/bin:/bin";
    for (const char *c = path; *c; c++)
        room += *c == ':';
    out = wn_arena_alloc(arena, (room + 1) * sizeof *out);
    if (!out)
        return NULL;
    if (strchr(name, '/')) {
        out[0] = name;
        return out;
    }
    for (const char *at = path;; at++) {
        size_t length = strcspn(at, ":");

        if (length && *at == '/') { /* the current folder is no place to look */
            out[n] = wn_arena_printf(arena, "%.*s/%s", (int)length, at, name);
            if (!out[n++])
                return NULL;
        }
        at += length;
        if (!*at)
            return out;
    }
}

/* execve() wants char **; it writes to none of it. */
static char *const *unconst(const char *const *list)
{
    union {
        const char *const *from;
        char *const *to;
    } cast = {.from = list};

    return cast.to;
}

/* What the child needs; it shares our memory until exec. */
struct birth {
    const char *const *candidates, *const *args, *const *env;
    const char *cwd;
    int error_fd;
    bool has_socket;
    pid_t helper;
};

/* In the child: only system calls from here on, and no memory but its own stack is written
 * to, but for errno. */
static int become(void *arg)
{
    const struct birth *b = arg;
    struct sigaction standard = {.sa_handler = SIG_DFL}, deaf = {.sa_handler = SIG_IGN};
    int failure = ENOENT;
    sigset_t none;

    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != b->helper)
        _exit(127);
    for (int s = 1; s < NSIG; s++)
        sigaction(s, &standard, NULL);
    sigaction(SIGUSR1, &deaf, NULL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (b->has_socket)
        dup2(WN_FD_PROGRAM, 3); /* the control socket was there */
    else
        close(3);
    if (b->error_fd != ERROR_FD)
        dup2(b->error_fd, ERROR_FD);
    fcntl(ERROR_FD, F_SETFD, FD_CLOEXEC);
    if (syscall(SYS_close_range, ERROR_FD + 1, ~0U, 0) != 0)
        for (int fd = ERROR_FD + 1; fd < 65536; fd++)
            close(fd);
    if (chdir(b->cwd) == 0) {
        for (size_t i = 0; b->candidates[i]; i++) {
            execve(b->candidates[i], unconst(b->args), unconst(b->env));
            if (errno != ENOENT && errno != ENOTDIR)
                failure = errno;
        }
    } else {
        failure = errno;
    }
    while (write(ERROR_FD, &failure, sizeof failure) < 0 && errno == EINTR)
        continue;
    _exit(127);
}

/* As posix_spawn() does it: nothing of ours is copied, and we stand still until exec, for
 * which we wait anyway. */
static pid_t give_birth(struct birth *birth)
{
    static char stack[STACK_ROOM] __attribute__((aligned(64)));

    birth->helper = getpid();
    return clone(become, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, birth);
}

static enum wn_status explain(const char *program, int failure, struct wn_error *err)
{
    if (failure == ENOENT && !strchr(program, '/'))
        return wn_fail(err, WN_EINVAL, "the program %s is in no folder of PATH", program);
    if (failure == ENOEXEC)
        return wn_fail(err, WN_EINVAL,
                       "the program %s is no executable: a script must begin with #! and "
                       "its interpreter",
                       program);
    if (failure == E2BIG)
        return wn_fail(err, WN_EINVAL,
                       "the command line is longer than the system takes: use "
                       "trial.pass: json (program %s)",
                       program);
    errno = failure;
    return wn_fail_errno(err, WN_EINVAL, "the program %s could not be started", program);
}

enum wn_status wn_launch(const struct wn_spec *spec,
                         const char *cwd,
                         pid_t *pid,
                         struct wn_error *err)
{
    struct wn_arena arena = {0};
    const char **candidates = make_candidates(spec->args[0], &arena);
    const char **env = make_environment(spec, &arena);
    pid_t child;
    int pipe_fds[2], failure = 0;
    ssize_t n;

    if (!candidates || !env) {
        wn_arena_release(&arena);
        return wn_fail(err, WN_ENOMEM, "no memory for the environment of the program");
    }
    if (pipe2(pipe_fds, O_CLOEXEC) != 0) {
        wn_arena_release(&arena);
        return wn_fail_errno(err, WN_ESYSTEM, "making a pipe");
    }
    child = give_birth(&(struct birth){.candidates = candidates,
                                       .args = spec->args,
                                       .env = env,
                                       .cwd = cwd,
                                       .error_fd = pipe_fds[1],
                                       .has_socket = spec->has_socket});
    close(pipe_fds[1]);
    wn_arena_release(&arena);
    if (child < 0) {
        close(pipe_fds[0]);
        return wn_fail_errno(err, WN_ESYSTEM, "starting a process");
    }
    setpgid(child, child); /* whoever comes first */
    do
        n = read(pipe_fds[0], &failure, sizeof failure);
    while (n < 0 && errno == EINTR);
    close(pipe_fds[0]);
    if (n == 0) {
        *pid = child;
        return WN_OK;
    }
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
        continue;
    return explain(spec->args[0], failure, err);
}

/* spawn.c - starting a slot's helper.
 *
 * posix_spawn: a rank has threads of MPI, so nothing may run between fork and exec. Called
 * from the main thread only: the helper's PDEATHSIG follows the thread that started it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "runner/process_internal.h"

#define FD_LOW      16 /* the child's ends lie above the numbers they get */
#define SOCKET_ROOM 393216

extern char **environ;

/* The child's ends, in the order of descriptors 1..5. */
struct ends {
    int at[WN_FD_N];
};

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void close_ends(struct ends *ends)
{
    for (int i = 0; i < WN_FD_N; i++)
        close_fd(&ends->at[i]);
}

/* Move a descriptor up, so that no dup2() of the child overwrites another. */
static int lift(int fd)
{
    int high = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, FD_LOW);

    if (fd >= 0)
        close(fd);
    return high;
}

static bool make_pair(int *mine, int *its)
{
    int pair[2], size = SOCKET_ROOM;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        return false;
    setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    *mine = pair[0];
    *its = lift(pair[1]);
    return *its >= 0;
}

static bool make_pipe(int *mine, int *its)
{
    int pair[2];

    if (pipe2(pair, O_CLOEXEC) != 0)
        return false;
    *mine = pair[0];
    *its = lift(pair[1]);
    return *its >= 0 && fcntl(*mine, F_SETFL, O_NONBLOCK) == 0;
}

static enum wn_status make_ends(struct wn_run *run,
                                bool has_socket,
                                struct ends *ends,
                                struct wn_error *err)
{
    *ends = (struct ends){{-1, -1, -1, -1, -1, -1}};
    if (!make_pipe(&run->out[0], &ends->at[1]) ||
        !make_pipe(&run->out[1], &ends->at[2]) ||
        !make_pair(&run->control, &ends->at[WN_FD_CONTROL]))
        return wn_fail_errno(err, WN_ESYSTEM, "making the descriptors of a trial");
    if (has_socket && !make_pair(&run->socket, &ends->at[WN_FD_PROGRAM]))
        return wn_fail_errno(err, WN_ESYSTEM, "making the socket of a trial");
    run->memory = memfd_create("winnow", MFD_CLOEXEC);
    if (run->memory < 0)
        return wn_fail_errno(err, WN_ESYSTEM, "making a memory file");
    ends->at[WN_FD_MEMORY] = fcntl(run->memory, F_DUPFD_CLOEXEC, FD_LOW);
    if (ends->at[WN_FD_MEMORY] < 0)
        return wn_fail_errno(err, WN_ESYSTEM, "making a memory file");
    return WN_OK;
}

static int add_actions(posix_spawn_file_actions_t *actions, const struct ends *ends)
{
    int rc = posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDWR, 0);

    for (int i = 1; i < WN_FD_N && rc == 0; i++)
        if (ends->at[i] >= 0)
            rc = posix_spawn_file_actions_adddup2(actions, ends->at[i], i);
    return rc;
}

static int spawn(const struct wn_runner *self, const struct ends *ends, pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attr;
    char name[] = "winnow-trial", parent[32];
    char *argv[] = {name, parent, NULL};
    int rc = posix_spawn_file_actions_init(&actions);

    if (rc != 0)
        return rc;
    rc = posix_spawnattr_init(&attr);
    if (rc != 0) {
        posix_spawn_file_actions_destroy(&actions);
        return rc;
    }
    snprintf(parent, sizeof parent, "%ld", (long)getpid());
    rc = add_actions(&actions, ends);
    /* Its own process group: an interrupt typed at the terminal is not for it. */
    if (rc == 0)
        rc = posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP);
    if (rc == 0)
        rc = posix_spawn(pid, self->helper, &actions, &attr, argv, environ);
    posix_spawnattr_destroy(&attr);
    posix_spawn_file_actions_destroy(&actions);
    return rc;
}

static enum wn_status watch(const struct wn_runner *self,
                            size_t slot,
                            int fd,
                            int source,
                            struct wn_error *err)
{
    struct epoll_event event = {.events = EPOLLIN,
                                .data.u64 = slot * WN_SOURCE_N + (uint64_t)source};

    if (epoll_ctl(self->epoll, EPOLL_CTL_ADD, fd, &event) != 0)
        return wn_fail_errno(err, WN_ESYSTEM, "watching the descriptors of a trial");
    return WN_OK;
}

static enum wn_status watch_all(struct wn_runner *self, size_t slot, struct wn_error *err)
{
    struct wn_run *run = &self->runs[slot];
    enum wn_status rc = watch(self, slot, run->control, WN_SOURCE_CONTROL, err);

    if (rc == WN_OK)
        rc = watch(self, slot, run->out[0], WN_SOURCE_OUT, err);
    if (rc == WN_OK)
        rc = watch(self, slot, run->out[1], WN_SOURCE_ERR, err);
    if (rc == WN_OK)
        rc = watch(self, slot, run->pidfd, WN_SOURCE_PID, err);
    if (rc == WN_OK)
        wn_run_want_socket(self, slot, true);
    return rc;
}

void wn_run_want_socket(struct wn_runner *self, size_t slot, bool wants)
{
    struct wn_run *run = &self->runs[slot];

    if (run->socket < 0 || wants == run->reads_socket)
        return;
    run->reads_socket = wants;
    if (wants) {
        if (watch(self, slot, run->socket, WN_SOURCE_SOCKET, NULL) != WN_OK)
            run->reads_socket = false; /* tried again with the next look */
    } else {
        epoll_ctl(self->epoll, EPOLL_CTL_DEL, run->socket, NULL);
    }
}

/* What to run into the memory file, the greeting into the socket. */
static enum wn_status instruct(struct wn_runner *self,
                               struct wn_run *run,
                               struct wn_error *err)
{
    struct wn_arena arena = {0};
    struct wn_buf bytes = {0};
    struct wn_spec spec;
    enum wn_status rc = wn_command_make(self, run, &arena, &spec, err);

    if (rc == WN_OK) {
        wn_spec_encode(&spec, &bytes);
        rc = bytes.failed
                 ? wn_fail(err, WN_ENOMEM, "no memory for what to run")
                 : wn_file_write_all(run->memory, bytes.at, bytes.n, "memory", err);
    }
    wn_buf_clear(&bytes);
    if (rc == WN_OK && run->socket >= 0) {
        rc = wn_greeting_make(self, run, &bytes, err);
        if (rc == WN_OK &&
            send(run->socket, bytes.at, bytes.n, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
            rc =
                errno == EMSGSIZE || errno == EAGAIN
                    ? wn_fail(err, WN_EINVAL,
                              "a configuration of %zu bytes is too long for the "
                              "protocol: use trial.protocol: stdout and trial.pass: json",
                              bytes.n)
                    : wn_fail_errno(err, WN_ESYSTEM, "greeting the program");
    }
    wn_buf_release(&bytes);
    wn_arena_release(&arena);
    return rc;
}

static void bind_to_slot(const struct wn_runner *self, size_t slot, pid_t pid)
{
    struct wn_error err;

    if (!self->cfg.slots || !self->cfg.topology)
        return;
    if (wn_place_bind(self->cfg.topology, pid, &self->cfg.slots[slot], &err) != WN_OK)
        wn_warn("runner", "slot %zu is not bound: %s", slot, err.text);
}

enum wn_status wn_run_spawn(struct wn_runner *self, size_t slot, struct wn_error *err)
{
    struct wn_run *run = &self->runs[slot];
    struct ends ends;
    enum wn_status rc = make_ends(run, self->protocol != WN_PROTOCOL_STDOUT, &ends, err);
    int failure;

    if (rc == WN_OK)
        rc = instruct(self, run, err);
    if (rc == WN_OK) {
        failure = spawn(self, &ends, &run->helper);
        if (failure) {
            run->helper = 0;
            errno = failure;
            rc = wn_fail_errno(err, WN_ESYSTEM, "starting %s", self->helper);
        }
    }
    close_ends(&ends);
    if (rc == WN_OK) {
        run->pidfd = (int)syscall(SYS_pidfd_open, run->helper, 0);
        rc = run->pidfd < 0 ? wn_fail_errno(err, WN_ESYSTEM, "watching a process")
                            : watch_all(self, slot, err);
    }
    if (rc == WN_OK) {
        bind_to_slot(self, slot, run->helper);
        /* The worker's own limit may have been raised; a program gets the user's. */
        (void)prlimit(run->helper, RLIMIT_NOFILE, &self->files, NULL);
        rc = wn_control_send(run->control, &(struct wn_control){.kind = WN_CONTROL_GO},
                             err);
    }
    return rc;
}

void wn_run_close(struct wn_runner *self, size_t slot)
{
    struct wn_run *run = &self->runs[slot];
    int *fds[] = {&run->control, &run->socket, &run->out[0],
                  &run->out[1],  &run->pidfd,  &run->memory};

    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++) {
        if (*fds[i] >= 0)
            epoll_ctl(self->epoll, EPOLL_CTL_DEL, *fds[i], NULL);
        close_fd(fds[i]);
    }
    run->reads_socket = false;
}

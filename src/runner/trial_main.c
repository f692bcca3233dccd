/* trial_main.c - winnow-trial, the helper between a worker and one trial program.
 *
 *     winnow-trial PID    (started by a worker only; PID is the worker's)
 *
 * One loop over two descriptors: orders of the worker, and signals. Work that may block on
 * a disk is done in a forked child, one at a time, so that a kill and the death of the
 * worker are always heard. When the program ends, its process group and whatever descends
 * from it is killed before EXITED is said. When the worker dies (its socket closes, or
 * SIGTERM comes by PR_SET_PDEATHSIG) the same happens and the helper ends.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runner/helper_internal.h"

#define RESCAN_MS 10

enum phase {
    PHASE_IDLE = 0, /* not yet told to go */
    PHASE_PREPARE,  /* a child verifies the source */
    PHASE_RUN,
    PHASE_END, /* the program has ended; others may be left */
    PHASE_OVER /* none is left: only CLOSE is awaited */
};

struct helper {
    enum phase phase;
    bool is_dying; /* the worker is gone */
    bool closes, keeps_output;
    struct wn_arena arena;
    struct wn_spec spec;
    struct wn_helper_paths paths;
    pid_t program, disk;     /* 0: none; disk: the child that works on files */
    struct wn_control order; /* what `disk` does */
    struct wn_control next;  /* to be done when it has ended */
    bool has_next;
    char next_text[256];
    struct wn_arena orders; /* of one packet */
    int status;             /* of the program */
    int signals;
};

static void say(struct helper *h, const struct wn_control *control)
{
    if (!h->is_dying && wn_control_send(WN_FD_CONTROL, control, NULL) != WN_OK)
        h->is_dying = true;
}

static void say_failed(struct helper *h, enum wn_control_kind kind, const char *text)
{
    say(h, &(struct wn_control){.kind = kind, .text = text});
    h->phase = PHASE_OVER;
}

/* Is it the machine that cannot start anything now? The trial may start elsewhere, or later.
 * What exec says of the program is WN_EINVAL, and is the trial's. */
static bool is_of_machine(const struct wn_error *err)
{
    static const int numbers[] = {ENOSPC, EDQUOT, EIO,    EROFS,
                                  EMFILE, ENFILE, ENOMEM, EAGAIN};

    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (err->native == numbers[i])
            return err->status != WN_EINVAL;
    return err->status == WN_ENOMEM;
}

static void say_not_started(struct helper *h, const struct wn_error *err)
{
    say(h, &(struct wn_control){
               .kind = WN_CONTROL_FAILED, .flag = is_of_machine(err), .text = err->text});
    h->phase = PHASE_OVER;
}

/* --- starting --- */

static enum wn_status read_spec(struct helper *h, struct wn_error *err)
{
    struct stat st;
    size_t n = 0, size;
    char *bytes;

    if (fstat(WN_FD_MEMORY, &st) != 0 || st.st_size <= 0 || st.st_size > WN_SPEC_MAX)
        return wn_fail(err, WN_ECORRUPT, "the worker did not say what to run");
    size = (size_t)st.st_size;
    bytes = wn_arena_alloc(&h->arena, size);
    if (!bytes)
        return wn_fail(err, WN_ENOMEM, "no memory for what to run");
    while (n < size) {
        ssize_t got = pread(WN_FD_MEMORY, bytes + n, size - n, (off_t)n);

        if (got <= 0)
            return wn_fail_errno(err, WN_EIO, "reading what to run");
        n += (size_t)got;
    }
    return wn_spec_decode(bytes, n, &h->arena, &h->spec, err);
}

static void launch(struct helper *h)
{
    struct wn_error err;

    if (wn_launch(&h->spec, h->paths.cwd, &h->program, &err) != WN_OK) {
        say_not_started(h, &err);
        return;
    }
    /* The program has its own copies: with these closed, the worker sees when the last
     * process that could write is gone. */
    for (int fd = 1; fd <= 2; fd++)
        dup2(0, fd);
    close(WN_FD_PROGRAM);
    h->phase = PHASE_RUN;
    say(h, &(struct wn_control){.kind = WN_CONTROL_STARTED, .number = h->program});
}

/* The folders are made here: whatever becomes of the source, end() knows what to remove. */
static enum wn_status make_folders(struct helper *h, struct wn_error *err)
{
    struct wn_spec spec = h->spec;

    if (spec.source.resource) {
        spec.source.resource = 0;
        spec.has_work = false;
    }
    return wn_helper_prepare(&spec, &h->paths, err);
}

static void go(struct helper *h)
{
    struct wn_error err;
    enum wn_status rc = read_spec(h, &err);

    if (rc == WN_OK)
        rc = make_folders(h, &err);
    if (rc == WN_OK && h->spec.source.resource) {
        h->order = (struct wn_control){.kind = WN_CONTROL_GO};
        h->phase = PHASE_PREPARE;
        h->disk = fork();
        if (h->disk == 0) {
            rc = wn_helper_prepare(&h->spec, &h->paths, &err);
            if (rc == WN_ECORRUPT)
                say_failed(h, WN_CONTROL_DAMAGED, err.text);
            else if (rc != WN_OK)
                say_not_started(h, &err);
            _exit(rc != WN_OK);
        }
        if (h->disk > 0)
            return;
        h->disk = 0;
        rc = wn_fail_errno(&err, WN_ESYSTEM, "starting a process");
    }
    if (rc == WN_OK)
        launch(h);
    else
        say_not_started(h, &err);
}

/* --- orders --- */

static void do_on_disk(struct helper *h, const struct wn_control *order)
{
    pid_t root = getpid();

    h->order = *order;
    h->disk = fork();
    if (h->disk == 0) {
        struct wn_control done;
        char why[512];

        wn_helper_commit(&h->spec, &h->paths, order, root, &done, why);
        say(h, &done);
        _exit(0);
    }
    if (h->disk < 0) {
        h->disk = 0;
        say(h, &(struct wn_control){.kind = WN_CONTROL_DONE,
                                    .resource = order->resource,
                                    .text = "no process could be started for it"});
    }
}

static void put_off(struct helper *h, const struct wn_control *order)
{
    h->next = *order;
    h->next.text = h->next_text;
    snprintf(h->next_text, sizeof h->next_text, "%s", order->text);
    h->has_next = true;
}

static void kill_all(struct helper *h)
{
    if (h->disk)
        kill(h->disk, SIGKILL);
    if (h->phase == PHASE_RUN)
        kill(-h->program, SIGKILL); /* not reaped before PHASE_END: the number is ours */
    if (h->phase == PHASE_RUN || h->phase == PHASE_END)
        wn_kin_signal(getpid(), h->disk, SIGKILL);
    if (h->phase == PHASE_IDLE || h->phase == PHASE_PREPARE) {
        h->status = SIGKILL;
        h->phase = PHASE_END;
    }
}

static void terminate(struct helper *h)
{
    if (h->phase != PHASE_RUN)
        return;
    if (h->disk)
        kill(h->disk, SIGKILL); /* a copy nobody waits for any more */
    if (h->has_next &&
        h->next.kind == WN_CONTROL_HOLD) { /* it would stop what is to end */
        h->has_next = false;
        say(h, &(struct wn_control){.kind = WN_CONTROL_DONE,
                                    .resource = h->next.resource,
                                    .text = "the program was told to end"});
    }
    kill(-h->program, SIGTERM);
    wn_kin_signal(getpid(), h->disk, SIGCONT); /* a stopped program cannot end */
}

static _Noreturn void end(struct helper *h, bool keeps_output)
{
    if (h->spec.n_args)
        wn_helper_clean(&h->spec, &h->paths, keeps_output ? WN_FD_MEMORY : -1);
    _exit(0);
}

static void obey(struct helper *h, const struct wn_control *order)
{
    switch (order->kind) {
    case WN_CONTROL_GO:
        if (h->phase == PHASE_IDLE)
            go(h);
        return;
    case WN_CONTROL_COMMIT:
    case WN_CONTROL_HOLD:
        if (h->phase < PHASE_RUN)
            return;
        if (h->disk) /* it has answered, and its end is not yet seen */
            put_off(h, order);
        else
            do_on_disk(h, order);
        return;
    case WN_CONTROL_RESUME:
        if (h->phase == PHASE_RUN)
            wn_kin_signal(getpid(), h->disk, SIGCONT);
        return;
    case WN_CONTROL_TERM: terminate(h); return;
    case WN_CONTROL_KILL: kill_all(h); return;
    case WN_CONTROL_CLOSE:
        h->closes = true; /* a child that has said the last word may not be reaped yet */
        h->keeps_output = order->flag;
        return;
    case WN_CONTROL_STARTED:
    case WN_CONTROL_FAILED:
    case WN_CONTROL_DAMAGED:
    case WN_CONTROL_DONE:
    case WN_CONTROL_EXITED: return;
    }
}

static void take_orders(struct helper *h)
{
    struct wn_control order;
    bool is_gone;

    while (wn_control_recv(WN_FD_CONTROL, &h->orders, &order, &is_gone)) {
        obey(h, &order);
        wn_arena_reset(&h->orders);
    }
    if (is_gone)
        h->is_dying = true;
}

/* --- ends --- */

static void disk_ended(struct helper *h, int status)
{
    h->disk = 0;
    if (h->order.kind == WN_CONTROL_GO) {
        if (h->phase != PHASE_PREPARE)
            return; /* killed */
        if (status == 0)
            launch(h);
        else if (WIFEXITED(status))
            h->phase = PHASE_OVER; /* it has said why */
        else
            say_failed(h, WN_CONTROL_FAILED, "the check of the checkpoint was killed");
    } else if (status != 0) {
        say(h, &(struct wn_control){.kind = WN_CONTROL_DONE,
                                    .resource = h->order.resource,
                                    .text = "the work on the checkpoint was killed"});
    }
    if (h->has_next && !h->is_dying) {
        h->has_next = false;
        do_on_disk(h, &h->next);
    }
}

static void reap(struct helper *h)
{
    for (;;) {
        siginfo_t info = {0};
        int status = 0;

        if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || !info.si_pid)
            break;
        if (info.si_pid == h->program && h->phase == PHASE_RUN) {
            kill(-h->program, SIGKILL); /* as long as its number is not given away */
            h->phase = PHASE_END;
        }
        if (waitpid(info.si_pid, &status, WNOHANG) != info.si_pid)
            continue;
        if (info.si_pid == h->program)
            h->status = status;
        else if (info.si_pid == h->disk)
            disk_ended(h, status);
    }
}

/* Is any descendant but the disk's child alive? Kills those it finds. */
static bool has_left(struct helper *h)
{
    siginfo_t info = {0};

    if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 && errno == ECHILD)
        return false;
    return wn_kin_signal(getpid(), h->disk, SIGKILL) != 0;
}

static void look_for_end(struct helper *h)
{
    if (h->phase == PHASE_END && !has_left(h)) {
        h->phase = PHASE_OVER;
        say(h, &(struct wn_control){.kind = WN_CONTROL_EXITED, .number = h->status});
    }
    if (h->closes && !h->disk && h->phase == PHASE_OVER)
        end(h, h->keeps_output);
    if (h->is_dying && !h->disk && (h->phase == PHASE_OVER || h->phase == PHASE_IDLE))
        end(h, false);
}

static void take_signals(struct helper *h)
{
    struct signalfd_siginfo info;

    while (read(h->signals, &info, sizeof info) == sizeof info) {
        if (info.ssi_signo == SIGTERM)
            h->is_dying = true;
    }
    reap(h);
}

static _Noreturn void run(struct helper *h)
{
    struct pollfd fds[2] = {{.fd = WN_FD_CONTROL, .events = POLLIN},
                            {.fd = h->signals, .events = POLLIN}};

    for (;;) {
        fds[0].fd =
            h->is_dying ? -1 : WN_FD_CONTROL; /* a closed socket is always ready */
        poll(fds, 2, h->phase == PHASE_END || h->is_dying ? RESCAN_MS : -1);
        take_signals(h);
        if (!h->is_dying)
            take_orders(h);
        if (h->is_dying) /* however we heard of it: also by an answer nobody took */
            kill_all(h);
        look_for_end(h);
    }
}

int main(int argc, char **argv)
{
    static struct helper h;
    sigset_t set;
    long worker = argc == 2 ? strtol(argv[1], NULL, 10) : 0;
    struct stat st;

    if (worker <= 0 || fstat(WN_FD_CONTROL, &st) != 0 || !S_ISSOCK(st.st_mode)) {
        fputs("winnow-trial is started by winnow's workers; it is of no use by hand\n",
              stderr);
        return 2;
    }
    sigfillset(&set); /* nothing but a kill and the worker ends it */
    sigprocmask(SIG_SETMASK, &set, NULL);
    signal(SIGCHLD, SIG_DFL); /* ignored, by inheritance, it would never come */
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGTERM);
    h.signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (h.signals < 0)
        return 1;
    if (h.signals !=
        WN_FD_N) { /* what MPI left open above goes; the pid check comes last */
        if (dup2(h.signals, WN_FD_N) < 0)
            return 1;
        close(h.signals);
        h.signals = WN_FD_N;
    }
    if (syscall(SYS_close_range, WN_FD_N + 1, ~0U, 0) != 0)
        for (int fd = WN_FD_N + 1; fd < 65536; fd++)
            close(fd);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != (pid_t)worker)
        return 1; /* it died before the line above: nobody is there to tell */
    run(&h);
}

/* helper_internal.h - worker and helper: what they say to each other. FORMAT.md: the bytes.
 *
 * Every trial program has a helper of its own between itself and the worker: an exec'ed
 * program (winnow-trial) that no MPI has touched. It starts the program, does whatever
 * may block on a disk in a forked child, and when the program ends or its worker dies
 * nothing that descends from the program stays alive.
 *
 * Descriptors of the helper at its start: 0 /dev/null, 1 and 2 the pipes for the
 * program's output, then those below. What to run lies in a memory file (of any length, so
 * that the worker never waits); the control socket carries short packets.
 */
#ifndef WN_RUNNER_HELPER_INTERNAL_H
#define WN_RUNNER_HELPER_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "checkpoint/store.h"
#include "trial/event.h"

enum { WN_FD_CONTROL = 3, WN_FD_PROGRAM = 4, WN_FD_MEMORY = 5, WN_FD_N = 6 };

#define WN_PROGRAM_FD "3" /* the socket in the program: WINNOW_FD */
#define WN_KEEPER_NAME \
    "WINNOW_KEEPER" /* the helper's pid, in the program's environment */
#define WN_STUDY_DIR_NAME "WINNOW_STUDY_DIR" /* and the study's folder */
#define WN_CONTROL_MAX    16384              /* bytes of a control packet */
#define WN_SPEC_MAX       (64 << 20)         /* of the memory file */
#define WN_WORK_NAME      "work" /* folder of an untouched program below the temp folder */
#define WN_CWD_NAME       "%u.%u" /* of a dispatch, below trials/ID: where its program runs */
#define WN_CONFIG_NAME    "config.json"

/* What to run. */
struct wn_spec {
    const char *study_dir;
    uint32_t trial;
    struct wn_dispatch dispatch;
    struct wn_generation source; /* to verify before the start; resource 0: none */
    bool has_work;               /* an untouched program: unpack the source into `work` */
    bool has_socket;
    uint32_t cores;
    const char *python_dir; /* "" if there is none */
    const char *study_name;
    const char *config; /* text of the configuration file, "" for none */
    size_t n_args;
    const char *const *args; /* args[0]: absolute path, or a name to look up in PATH */
};

void wn_spec_encode(const struct wn_spec *spec, struct wn_buf *out);
enum wn_status wn_spec_decode(const void *bytes,
                              size_t n,
                              struct wn_arena *arena,
                              struct wn_spec *out,
                              struct wn_error *err) WN_MUST_CHECK;

enum wn_control_kind {
    /* worker to helper */
    WN_CONTROL_GO = 1, /* bound: start what the memory file says */
    WN_CONTROL_COMMIT =
        2, /* folder `text` below the temp folder is the generation `resource` */
    WN_CONTROL_HOLD =
        3, /* stop the program; with resource > 0: copy `work` as that generation */
    WN_CONTROL_RESUME = 4, /* let it go on */
    WN_CONTROL_TERM = 5,   /* SIGTERM, then SIGCONT */
    WN_CONTROL_KILL = 6,   /* everything, at once */
    WN_CONTROL_CLOSE = 7,  /* end; flag: the memory file is the output to keep */
    /* helper to worker */
    WN_CONTROL_STARTED = 16, /* number: process id of the program */
    WN_CONTROL_FAILED =
        17, /* it could not be started; text: why; flag: it is the machine's fault */
    WN_CONTROL_DAMAGED = 18, /* the source does not verify */
    WN_CONTROL_DONE =
        19, /* of COMMIT and HOLD; flag: the generation counts; text: why not */
    WN_CONTROL_EXITED = 20, /* no process is left; number: its wait status */
};

struct wn_control {
    enum wn_control_kind kind;
    bool flag;
    int64_t resource, number; /* number: since_ns of HOLD; of DONE without the flag 1:
                               * there was nothing to copy, or it failed */
    const char *text;         /* "" if there is none */
};

/* Send one; never waits. WN_EIO when the other side is gone. */
enum wn_status wn_control_send(int fd,
                               const struct wn_control *control,
                               struct wn_error *err) WN_MUST_CHECK;
/* Take one: true if there was one. *is_gone: the other side closed, or spoke nonsense. */
bool wn_control_recv(int fd,
                     struct wn_arena *arena,
                     struct wn_control *out,
                     bool *is_gone);

/* helper_kin.c - who descends from the helper. */
struct wn_process {
    pid_t pid, parent;
    char state;
};
typedef WN_VEC(struct wn_process) wn_process_list;
/* All living descendants of `root`, but for `except` and what descends from it. Zombies
 * are left out. WN_ENOMEM, WN_EIO when /proc cannot be read. */
enum wn_status wn_kin_list(pid_t root,
                           pid_t except,
                           wn_process_list *out,
                           struct wn_error *err) WN_MUST_CHECK;
/* Signal every one of them; the number signalled, or -1 if they cannot be listed. */
int wn_kin_signal(pid_t root, pid_t except, int signal);
/* For when the helper itself was killed and its orphans belong to init: SIGKILL to every
 * process whose environment says that it was started below the helper `keeper`, until none
 * is left or some ten looks are over. */
void wn_kin_kill_orphans(pid_t keeper);
/* For when worker and helper were killed together: the same for what any helper of this
 * study started, if that helper is no more. When a worker begins. */
void wn_kin_kill_orphans_of(const char *study_dir);
/* SIGSTOP all and wait until each is in state T; WN_EBUSY if one does not stop. */
enum wn_status wn_kin_stop(pid_t root, pid_t except, struct wn_error *err) WN_MUST_CHECK;

/* helper_hold.c - stop an untouched program and copy its folder. *counts is false and `why`
 * (256 bytes) says the reason when the copy might mix two states. */
enum wn_status wn_hold_copy(struct wn_store *store,
                            struct wn_generation gen,
                            const char *work,
                            pid_t root,
                            int64_t since_ns,
                            bool *counts,
                            char *why,
                            struct wn_error *err) WN_MUST_CHECK;

/* helper_launch.c - fork and exec. Everything the program may see is set here. */
enum wn_status wn_launch(const struct wn_spec *spec,
                         const char *cwd,
                         pid_t *pid,
                         struct wn_error *err) WN_MUST_CHECK;

/* helper_disk.c - what may block on a disk. */
struct wn_helper_paths {
    char temp[WN_PATH_MAX], work[WN_PATH_MAX];
    char kept[WN_PATH_MAX],
        cwd[WN_PATH_MAX]; /* trials/ID and the dispatch's folder there */
};
/* Folders for the program, and its source verified (and unpacked). WN_ECORRUPT: damaged. */
enum wn_status wn_helper_prepare(const struct wn_spec *spec,
                                 struct wn_helper_paths *paths,
                                 struct wn_error *err) WN_MUST_CHECK;
/* COMMIT and HOLD; `done` is the answer, its text in `why` (512 bytes). */
void wn_helper_commit(const struct wn_spec *spec,
                      const struct wn_helper_paths *paths,
                      const struct wn_control *order,
                      pid_t root,
                      struct wn_control *done,
                      char *why);
/* Remove what the program left outside its checkpoints, and keep its output if asked. */
void wn_helper_clean(const struct wn_spec *spec,
                     const struct wn_helper_paths *paths,
                     int output_fd);

#endif /* WN_RUNNER_HELPER_INTERNAL_H */

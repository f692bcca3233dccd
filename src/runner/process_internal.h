/* process_internal.h - the process runner from inside. */
#ifndef WN_RUNNER_PROCESS_INTERNAL_H
#define WN_RUNNER_PROCESS_INTERNAL_H

#include <stdio.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/heap.h"
#include "base/mem.h"
#include "runner/helper_internal.h"
#include "runner/runner_internal.h"

#define WN_NAME_ROOM 160 /* of a parameter's name */

enum wn_pass { WN_PASS_FLAGS = 0, WN_PASS_JSON = 1, WN_PASS_TEMPLATE = 2 };
enum wn_protocol { WN_PROTOCOL_AUTO = 0, WN_PROTOCOL_WINNOW = 1, WN_PROTOCOL_STDOUT = 2 };

/* process_options.c */
extern const struct wn_option wn_process_table[];
const char *wn_template_name(const char *text, char *name, size_t room);
enum wn_status wn_process_check(const struct wn_runner_config *cfg,
                                struct wn_problems *problems,
                                struct wn_error *err);

/* program.c: the program a command's first word means, and the helper. `out` has
 * WN_PATH_MAX bytes. WN_EINVAL says what is wrong with it. */
enum wn_status wn_program_find(const char *word,
                               const char *job_dir,
                               char *out,
                               struct wn_error *err) WN_MUST_CHECK;
enum wn_status wn_helper_find(char *helper,
                              char *python_dir,
                              struct wn_error *err) WN_MUST_CHECK;
/* The first word as it is run: absolute if it has a slash. */
enum wn_status wn_program_place(const char *word,
                                const char *job_dir,
                                char *out,
                                struct wn_error *err) WN_MUST_CHECK;

/* --- one report of a program --- */

struct wn_parsed {
    bool has_resource, waits;
    double resource;
    int64_t arrived_ns;        /* CLOCK_REALTIME */
    char checkpoint[64];       /* name of its folder, "" for none */
    struct wn_metric *metrics; /* one block with the names behind it (wn_free) */
    uint32_t n_metrics;
    bool is_line; /* came by standard output */
};

/* protocol.c */
/* A packet of the program: report (into *out), hello, bye. WN_EINVAL: nonsense. */
enum wn_packet_kind { WN_PACKET_HELLO = 1, WN_PACKET_REPORT = 2, WN_PACKET_BYE = 3 };
enum wn_status wn_packet_parse(const char *text,
                               size_t n,
                               enum wn_packet_kind *kind,
                               struct wn_parsed *out,
                               struct wn_error *err) WN_MUST_CHECK;
/* A line of standard output without its end. *is_report: it was one. */
enum wn_status wn_line_parse(const char *text,
                             size_t n,
                             const char *resource_name,
                             bool *is_report,
                             struct wn_parsed *out,
                             struct wn_error *err) WN_MUST_CHECK;
bool wn_line_begins_report(const char *text, size_t n);
#define WN_REPORT_MAX 65536 /* bytes of a report */

/* output.c: what a program wrote, its first and last 64 KiB, and its lines. */
#define WN_KEEP 65536
struct wn_output {
    char *head, *tail; /* WN_KEEP bytes each; tail is a ring of what follows head */
    uint64_t total;
    struct wn_buf line; /* of standard output, not yet ended */
    bool skips_line;    /* it is too long, and no report */
};
bool wn_output_create(struct wn_output *output);
void wn_output_release(struct wn_output *output);
void wn_output_add(struct wn_output *output, const char *bytes, size_t n);
/* All that is kept, with a word on what was left out. */
void wn_output_text(const struct wn_output *output, struct wn_buf *out);
/* The last lines, for people: at most `lines` of them and 2000 bytes, printable. */
void wn_output_tail(const struct wn_output *output, int lines, struct wn_buf *out);

/* --- slots --- */

enum wn_run_step {
    WN_STEP_EMPTY = 0,
    WN_STEP_START, /* the helper was told to go */
    WN_STEP_RUN,
    WN_STEP_OVER, /* no process of the program is left; reports may be */
    WN_STEP_CLOSE /* the helper was told to end */
};

/* What a slot waits for before its next report can be looked at. */
enum wn_run_wait { WN_WAIT_NONE = 0, WN_WAIT_DISK, WN_WAIT_ANSWER };

struct wn_run {
    enum wn_run_step step;
    enum wn_run_wait wait;
    struct wn_task task;
    union wn_cell *cells;
    /* what the program was told */
    int64_t parameter; /* value of resource.parameter, INT64_MAX: not passed */
    int64_t milestone;
    bool waits_next;
    /* the helper and the program */
    pid_t helper, program;
    int pidfd, control, memory, socket, out[2]; /* -1: closed */
    bool reads_socket;                          /* it is in the epoll set */
    bool has_hello, has_bye;
    /* reports in order; at[first] is the one being worked on */
    WN_VEC(struct wn_parsed) reports;
    size_t first;
    int64_t resource;    /* of the first, once it is known */
    bool is_known;       /* its resource is */
    bool is_tried;       /* its checkpoint was worked on */
    bool has_checkpoint; /* and counts */
    bool is_torn;        /* it does not, and the report is held back for the next one's */
    bool is_bare;        /* once there was nothing to copy at such a report */
    bool is_emitted;     /* its event was given out: dropped with the next look */
    bool is_stopped;     /* the program stands still (SIGSTOP) */
    int64_t previous;    /* unit of the last report of this start */
    int64_t saved;       /* unit of the newest checkpoint */
    struct wn_generation newest; /* to start again from */
    uint32_t n_emitted;          /* reports under this dispatch */
    /* the end */
    bool is_dropped;   /* killed by the worker: only gone follows */
    bool is_answered;  /* paused or stopped: only gone follows */
    bool is_killed;    /* by us: how it ends says nothing about it */
    bool is_lost;      /* its helper did not end and was killed */
    bool is_damaged;   /* its source is */
    bool starts_again; /* it ended itself at a milestone and is to go on */
    bool has_ended;    /* ENDED or DAMAGED was said */
    enum wn_failure failure;
    struct wn_buf text;
    int status;
    /* times of the transport's clock */
    int64_t start_us, program_us, report_us;
    int64_t term_us, kill_us; /* INT64_MAX: none is due */
    int64_t lost_us;          /* when a helper that was told to kill is given up */
    int64_t cost_ms;          /* already reported */
    struct wn_output output;
    bool is_dirty;
};

struct wn_runner {
    struct wn_runner_config cfg;
    enum wn_pass pass;
    enum wn_protocol protocol;
    int64_t timeout_us, report_timeout_us, grace_us; /* INT64_MAX: none */
    int64_t patience_us; /* with a helper: from a kill to its end */
    int64_t cores;
    uint64_t output_limit; /* bytes, UINT64_MAX: none */
    bool keeps_all;
    char helper[WN_PATH_MAX], python_dir[WN_PATH_MAX];
    int epoll;
    struct rlimit files; /* on descriptors, as programs get it */
    size_t n_params;
    struct wn_run *runs;
    size_t *dirty; /* slots to look at, a queue of n_slots */
    size_t dirty_first, dirty_n;
    bool has_looked; /* at the descriptors, since poll() last said false */
    struct wn_heap due;
    struct wn_buf scratch;
    struct wn_arena arena; /* of one control packet */
};

/* process.c */
void wn_run_touch(struct wn_runner *self, size_t slot); /* look at it in this poll */

/* Begin with run->task; also when a program that ended itself is to go on. On failure the
 * slot is empty again. What is wrong with the trial itself is no failure here: the run is
 * then at WN_STEP_OVER, to be said as its end. */
enum wn_status wn_run_begin(struct wn_runner *self,
                            size_t slot,
                            int64_t now_us,
                            struct wn_error *err) WN_MUST_CHECK;

/* control.c: a descriptor of the epoll set is ready. */
void wn_run_take_source(struct wn_runner *self, size_t slot, int source, int64_t now_us);

/* end.c. True: *out is an event. */
/* The program is gone and its reports are worked off: say how it ended, then close. */
bool wn_run_finish(struct wn_runner *self,
                   size_t slot,
                   int64_t now_us,
                   struct wn_run_event *out);
/* Has the helper ended? Then the slot is empty (GONE), or begins again. */
bool wn_run_look_for_gone(struct wn_runner *self,
                          size_t slot,
                          int64_t now_us,
                          struct wn_run_event *out);

/* run.c: what is done to a run. */
void wn_run_reset(struct wn_runner *self, size_t slot); /* empty again; memory is freed */
/* The run is a failure and is killed; `format` makes a sentence. The first one counts. */
void wn_run_fail(struct wn_runner *self,
                 size_t slot,
                 enum wn_failure failure,
                 int64_t now_us,
                 const char *format,
                 ...) __attribute__((format(printf, 5, 6)));
/* It has reported and said goodbye: that it lingers is no failure. */
bool wn_run_is_done(const struct wn_run *run);
/* SIGTERM and SIGCONT; SIGKILL after the grace. */
void wn_run_terminate(struct wn_runner *self, size_t slot, int64_t now_us);
/* From now on its helper has `patience_us` to end. */
void wn_run_limit_end(const struct wn_runner *self, struct wn_run *run, int64_t now_us);
/* SIGKILL to a helper that does not end, and to all below it. */
void wn_run_kill_helper(pid_t helper);
void wn_run_order(struct wn_runner *self, size_t slot, const struct wn_control *order);
void wn_run_tell(struct wn_runner *self, size_t slot, const char *text); /* the program */
void wn_run_set_due(struct wn_runner *self, size_t slot);
void wn_run_check_times(struct wn_runner *self, size_t slot, int64_t now_us);
int64_t wn_run_take_cost(const struct wn_runner *self,
                         struct wn_run *run,
                         int64_t now_us);

/* command.c: what to run, for the slot's task; the words come from `arena`. */
enum wn_status wn_command_make(const struct wn_runner *self,
                               const struct wn_run *run,
                               struct wn_arena *arena,
                               struct wn_spec *out,
                               struct wn_error *err) WN_MUST_CHECK;
/* The greeting a program finds in its socket. */
enum wn_status wn_greeting_make(const struct wn_runner *self,
                                const struct wn_run *run,
                                struct wn_buf *out,
                                struct wn_error *err) WN_MUST_CHECK;

/* spawn.c: the helper of a slot. */
enum wn_status wn_run_spawn(struct wn_runner *self,
                            size_t slot,
                            struct wn_error *err) WN_MUST_CHECK;
void wn_run_close(struct wn_runner *self, size_t slot); /* descriptors, not the process */
/* In the epoll set: slot * WN_SOURCE_N + source. */
enum {
    WN_SOURCE_CONTROL,
    WN_SOURCE_SOCKET,
    WN_SOURCE_OUT,
    WN_SOURCE_ERR,
    WN_SOURCE_PID,
    WN_SOURCE_N
};
void wn_run_want_socket(struct wn_runner *self, size_t slot, bool wants);

/* input.c: read what is there. */
void wn_run_read_output(struct wn_runner *self, size_t slot, int stream, int64_t now_us);
void wn_run_read_socket(struct wn_runner *self, size_t slot, int64_t now_us);
void wn_run_end_lines(struct wn_runner *self, size_t slot, int64_t now_us);

/* reports.c: work on the first report. True: *out is an event. */
bool wn_run_next_report(struct wn_runner *self,
                        size_t slot,
                        int64_t now_us,
                        struct wn_run_event *out);
void wn_run_forget_reports(struct wn_run *run);
void wn_run_disk_done(struct wn_runner *self,
                      size_t slot,
                      const struct wn_control *done,
                      int64_t now_us);

#endif /* WN_RUNNER_PROCESS_INTERNAL_H */

/* worker/worker.h - the other end of the coordinator: runs trials in its slots.
 *
 * A thin translator between messages and a runner. It decides nothing: a RUN becomes a
 * start, an ANSWER an answer, ABANDON a kill, and what the runner says becomes REPORT,
 * ENDED, DAMAGED and, when no process is left, FREE. Dispatch numbers are checked (rule
 * 8): a message under another number than a slot's current one changes nothing, and a RUN
 * that is not newer than the slot's last one is a repetition.
 *
 * Trouble of the worker itself (no memory, no processes) is no blame for the trial: FREE
 * without ENDED returns it. When the link breaks, or on QUIT, everything is killed; the
 * worker is done when no process is left.
 *
 * It knows no MPI: the endpoint it is given may be any transport.
 */
#ifndef WN_WORKER_WORKER_H
#define WN_WORKER_WORKER_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/log.h"
#include "comm/comm.h"
#include "runner/runner.h"

struct wn_worker;

/* Everything is borrowed and outlives the worker. */
struct wn_worker_config {
    struct wn_comm *comm; /* a worker's endpoint: its one peer is the coordinator */
    const struct wn_runner_ops *ops;
    struct wn_runner_config runner;
    const char *host, *version; /* for the coordinator's log */
    const char *cpus;           /* the share the slots were cut from, "" if unbound */
    uint32_t cores_per_slot;
    int64_t pid;
};

enum wn_status wn_worker_create(const struct wn_worker_config *cfg,
                                struct wn_worker **out,
                                struct wn_error *err) WN_MUST_CHECK;
void wn_worker_destroy(struct wn_worker *worker); /* kills what runs; NULL is allowed */

/* Take in all messages and all that the runner says, without blocking. The first call says
 * HELLO. *is_done: told to quit, or the link broke, and nothing runs any more. */
enum wn_status wn_worker_step(struct wn_worker *worker,
                              bool *is_done,
                              struct wn_error *err) WN_MUST_CHECK;

/* What to wait on between steps, and the time (of the endpoint's clock) of the next step at
 * the latest; INT64_MAX: none. */
size_t wn_worker_fds(const struct wn_worker *worker, struct pollfd *out, size_t room);
int64_t wn_worker_deadline_us(const struct wn_worker *worker);
/* Both at once: sleep on the endpoint until there is something to do. */
enum wn_status wn_worker_wait(struct wn_worker *worker,
                              struct wn_error *err) WN_MUST_CHECK;

/* A log sink (arg: the worker) that sends lines to the coordinator. */
void wn_worker_log(void *arg,
                   enum wn_log_level level,
                   const char *part,
                   const char *line);

#endif /* WN_WORKER_WORKER_H */

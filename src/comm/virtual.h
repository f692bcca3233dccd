/* comm/virtual.h - coordinator and workers in one process, on a clock that jumps.
 *
 * Messages take `delay_us`, in order per link. wn_virtual_next() moves the clock to the
 * next delivery or wake-up and says whose endpoint it is; its owner then steps it. So
 * months pass in milliseconds and every run is the same. wait() only notes until when its
 * owner would sleep: at once if its inbox holds something; descriptors are ignored. O(log n) a message and wake-up.
 */
#ifndef WN_COMM_VIRTUAL_H
#define WN_COMM_VIRTUAL_H

#include "comm/comm.h"

struct wn_virtual;

#define WN_VIRTUAL_COORDINATOR SIZE_MAX

enum wn_status wn_virtual_create(size_t n_workers,
                                 int64_t delay_us,
                                 struct wn_virtual **out,
                                 struct wn_error *err) WN_MUST_CHECK;
void wn_virtual_destroy(struct wn_virtual *world);
/* Borrowed until the world is destroyed; worker WN_VIRTUAL_COORDINATOR: the coordinator's.
 * destroy() on such an endpoint does nothing. */
struct wn_comm *wn_virtual_endpoint(struct wn_virtual *world, size_t worker);
int64_t wn_virtual_now_us(const struct wn_virtual *world);
/* Ask to be woken at `at_us` besides messages (replaces the earlier wish; negative: never).
 * wait() with a timeout is the same. */
void wn_virtual_wake_at(struct wn_virtual *world, size_t worker, int64_t at_us);
/* Call back `fn(arg)` at a time: trouble is scheduled so. */
enum wn_status wn_virtual_at(struct wn_virtual *world,
                             int64_t at_us,
                             void (*fn)(void *arg),
                             void *arg,
                             struct wn_error *err) WN_MUST_CHECK;
/* The coordinator's last step took so long: what it sent in it leaves that much later, and
 * it is not stepped again before. Only where wn_virtual_charge_steps() was called. */
void wn_virtual_charge(struct wn_virtual *world, int64_t busy_us);
void wn_virtual_charge_steps(struct wn_virtual *world);
/* Messages that the coordinator has received so far. */
uint64_t wn_virtual_n_received(const struct wn_virtual *world);
/* Time of the next thing; INT64_MAX when nothing is left. */
int64_t wn_virtual_next_us(const struct wn_virtual *world);
/* Advance to the next thing and set *who to the endpoint to step; false: nothing is left. */
bool wn_virtual_next(struct wn_virtual *world, size_t *who);
/* Break the link between coordinator and a worker: both learn of it, what is under way is lost. */
void wn_virtual_break(struct wn_virtual *world, size_t worker);
/* A worker begins anew behind a link that broke: it has heard nothing yet. */
void wn_virtual_mend(struct wn_virtual *world, size_t worker);

#endif /* WN_COMM_VIRTUAL_H */

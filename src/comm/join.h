/* comm/join.h - one coordinator endpoint out of two: rank 0's own worker and the ranks.
 *
 * The peers of `first` come first, then those of `second`. Waiting is done by `second`
 * unless `first` has something for the coordinator: what it sent to its own worker it
 * cannot see, so the worker is stepped between the coordinator and wait(). Takes both,
 * also on failure.
 */
#ifndef WN_COMM_JOIN_H
#define WN_COMM_JOIN_H

#include "comm/comm.h"

enum wn_status wn_join_create(struct wn_comm *first,
                              struct wn_comm *second,
                              struct wn_comm **out,
                              struct wn_error *err) WN_MUST_CHECK;

#endif /* WN_COMM_JOIN_H */

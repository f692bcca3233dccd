/* comm/loopback.h - coordinator and workers in one process, on the machine's clock.
 *
 * One coordinator endpoint and n worker endpoints over queues in memory. Whoever owns
 * the process steps its parts in turn; wait() returns at once while any endpoint of the
 * loopback has a message, else polls the descriptors given. An endpoint that is destroyed breaks its links. Not thread-safe.
 */
#ifndef WN_COMM_LOOPBACK_H
#define WN_COMM_LOOPBACK_H

#include "comm/comm.h"

/* workers: room for n pointers. Endpoints may be destroyed in any order. */
enum wn_status wn_loopback_create(size_t n,
                                  struct wn_comm **coordinator,
                                  struct wn_comm **workers,
                                  struct wn_error *err) WN_MUST_CHECK;

#endif /* WN_COMM_LOOPBACK_H */

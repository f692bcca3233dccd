/* comm/faulty.h - a wrapper around any endpoint that makes seeded trouble.
 *
 * Keeps the promise of a link (in order, reliable until it breaks) and stretches it:
 * messages are held back (time by the inner clock), repeated, and links break.
 * Seeded: equal seeds make equal trouble for equal traffic of a link. A link that broke
 * here is silent at its other end, which learns of it from its lease alone, as with MPI.
 */
#ifndef WN_COMM_FAULTY_H
#define WN_COMM_FAULTY_H

#include "comm/comm.h"

struct wn_faults {
    uint64_t seed;
    double late, repeat, breaks; /* chance per message received */
    int64_t late_us;             /* at most this late */
};

/* Takes `inner`, also on failure: destroyed with the wrapper. */
enum wn_status wn_faulty_create(struct wn_comm *inner,
                                const struct wn_faults *faults,
                                struct wn_comm **out,
                                struct wn_error *err) WN_MUST_CHECK;

#endif /* WN_COMM_FAULTY_H */

/* search/thinker.h - how a study talks to its searcher, fast or slow (rule 14).
 *
 * One ask at a time: begin() states it, reply() gives what the searcher says, forget()
 * ends it. A fast searcher is asked within reply(), each time. A slow one (is_slow) thinks
 * once, from begin() on, and what is applied after begin() reaches it after the thought:
 * so its reply is a function of the events before begin() and of nothing else, wherever
 * and however long it thinks. It thinks in one of two places, with equal replies:
 *
 *   without a thread   within begin(): virtual time, replay, whoever has time
 *   with a thread      aside: no call here waits for it, and until it is done reply() is
 *                      WN_REPLY_THINKING and events wait in a queue
 *
 * The thread has the least priority there is: it thinks on time that nobody else wants of
 * the cores this process may use, so that answers do not wait for it there either.
 *
 * With a thread the searcher has a history of its own, which follows the study's and
 * doubles its memory. While the searcher does not think, events reach it in apply() at
 * once, on the caller's thread (it costs O(log n)), so the queue holds no more than what
 * happens during one thought: a copy of 200 to 400 bytes an event. All of a recovery, in
 * which nobody is asked, goes past it.
 *
 * Calls come from one thread. What goes wrong aside (no memory) is kept: check() and all
 * further apply() say it, and there is no reply any more.
 */
#ifndef WN_SEARCH_THINKER_H
#define WN_SEARCH_THINKER_H

#include <stdbool.h>

#include "base/error.h"
#include "search/search.h"
#include "trial/history.h"

struct wn_thinker;

struct wn_thinker_config {
    const struct wn_search_ops *ops;
    struct wn_search_config search;          /* its history: the study's */
    const struct wn_history_config *history; /* as the study's was made; for create() */
    bool has_thread;                         /* where the searcher is slow */
};

/* WN_EINVAL as the searcher's create(); WN_ESYSTEM: no thread or descriptor. */
enum wn_status wn_thinker_create(const struct wn_thinker_config *cfg,
                                 struct wn_thinker **out,
                                 struct wn_error *err) WN_MUST_CHECK;
/* Waits for a thought under way. NULL is allowed. */
void wn_thinker_destroy(struct wn_thinker *thinker);

/* Any event of the study, in order; after it was applied to the study's history. */
enum wn_status wn_thinker_apply(struct wn_thinker *thinker,
                                const struct wn_event *event,
                                struct wn_error *err) WN_MUST_CHECK;

/* Nothing if an ask has begun. `ask` offers nothing yet. */
void wn_thinker_begin(struct wn_thinker *thinker,
                      const struct wn_ask *ask,
                      struct wn_rng rng);
/* To the ask that has begun; the same until forget() but for WN_REPLY_THINKING, which
 * something else follows, unless check() says why not. The tag is borrowed until the next
 * begin(). */
struct wn_reply wn_thinker_reply(struct wn_thinker *thinker, union wn_cell *cells);
/* The ask that has begun, if one has, is of no interest any more. */
void wn_thinker_forget(struct wn_thinker *thinker);

/* Whether an ask has begun that has no reply yet. */
bool wn_thinker_is_thinking(struct wn_thinker *thinker);
/* A descriptor that is readable when a reply or trouble is there that nobody has heard of;
 * hear() makes it silent. -1 without a thread. */
int wn_thinker_fd(const struct wn_thinker *thinker);
void wn_thinker_hear(struct wn_thinker *thinker);
/* What went wrong aside. */
enum wn_status wn_thinker_check(struct wn_thinker *thinker,
                                struct wn_error *err) WN_MUST_CHECK;

#endif /* WN_SEARCH_THINKER_H */

/* study/replay.h - decide again beside a journal and name the first difference (rule 15).
 *
 * Feed every event before it is applied. Checked are decisions taken (planned, resumed,
 * recalled, a paused trial ended), answers at milestones and proposals; waits are not. Meaningful only under
 * the program version that wrote the journal.
 */
#ifndef WN_STUDY_REPLAY_H
#define WN_STUDY_REPLAY_H

#include "base/error.h"
#include "study/study.h"

struct wn_replay {
    struct wn_study *study; /* borrowed: the caller's, built by the events fed so far */
    uint64_t n_checked;
};

/* Check and then apply one event. WN_ECORRUPT describes the difference: what the journal
 * says and what would be decided now. */
enum wn_status wn_replay_event(struct wn_replay *replay,
                               const struct wn_event *event,
                               struct wn_error *err) WN_MUST_CHECK;

#endif /* WN_STUDY_REPLAY_H */

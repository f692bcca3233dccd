/* job/rebuild.h - a study out of its journal.
 *
 * The first event carries the job; every further event is applied. wn_rebuild_event() is
 * what is handed to wn_journal_read() and wn_journal_open(): recovery, status and replay
 * are this and nothing else.
 */
#ifndef WN_JOB_REBUILD_H
#define WN_JOB_REBUILD_H

#include "base/error.h"
#include "base/mem.h"
#include "job/job.h"
#include "study/replay.h"
#include "study/study.h"

struct wn_rebuild {
    const char *job_dir;    /* where relative commands start; NULL: as the journal says */
    bool is_replay;         /* decide again beside every event (rule 15) */
    bool has_thread;        /* a slow searcher gets its own: who runs a study (rule 14) */
    struct wn_job *job;     /* the job in force; NULL before the first event */
    struct wn_study *study; /* NULL before the first event */
    struct wn_replay replay;
    WN_VEC(struct wn_job *) jobs; /* all there were: the study borrows from the first */
};

/* `rebuild` is a struct wn_rebuild, zeroed but for its first three members. */
enum wn_status wn_rebuild_event(void *rebuild,
                                const struct wn_event *event,
                                struct wn_error *err) WN_MUST_CHECK;
void wn_rebuild_release(struct wn_rebuild *rebuild);

#endif /* WN_JOB_REBUILD_H */

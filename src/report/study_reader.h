/* report/study_reader.h - a study as its files tell it, beside a living coordinator or
 * long after; nothing is written and nobody is asked.
 */
#ifndef WN_REPORT_STUDY_READER_H
#define WN_REPORT_STUDY_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/file.h"
#include "job/rebuild.h"
#include "journal/journal.h"

struct wn_report_study {
    char dir[WN_PATH_MAX]; /* absolute */
    struct wn_rebuild rebuild;
    const struct wn_job *job;     /* in force; of rebuild */
    const struct wn_study *study; /* of rebuild */
    struct wn_journal_summary summary;
    uint32_t n_openings, n_workers, n_slots; /* the last two of the last opening */
    int64_t opened_wall_ms, opened_ms;       /* last opening: wall clock, study time */
    char host[256], version[64];             /* of the last opening */
};

/* Find the folder of a study: `name` is a folder that has a journal, or a name below
 * $WINNOW_DIR (`root`, may be NULL) or the working directory; NULL: the only study in
 * these. WN_EINVAL says what was looked for, or which studies there are. */
enum wn_status wn_report_find(const char *name,
                              const char *root,
                              char *dir,
                              struct wn_error *err) WN_MUST_CHECK;

/* Read the whole journal of the study in `dir`. `is_replay`: decide again beside every
 * event (study/replay.h). WN_EINVAL when there is no event yet. On success the caller
 * ends *out with wn_report_close(). */
enum wn_status wn_report_open(const char *dir,
                              bool is_replay,
                              struct wn_report_study *out,
                              struct wn_error *err) WN_MUST_CHECK;
void wn_report_close(struct wn_report_study *study);

/* Bytes of the journal's segments: whoever follows a study reads again when it grows. */
uint64_t wn_report_journal_size(const char *dir);

#endif /* WN_REPORT_STUDY_READER_H */

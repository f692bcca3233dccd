/* older.c - what studies of older programs have in their jobs and new jobs may not.
 *
 * A study's job was written out in full, with the defaults of its time. Where a default is
 * said otherwise today, the old way to say it is taken out before the job is read: so the
 * study goes on, and may be compared with its job file.
 */
#include "job/job_internal.h"

#include <string.h>

/* `brackets` of hyperband was 0 where the job said nothing, for as many as fit. */
static void renew_scheduler(struct wn_json *scheduler)
{
    const char *type = wn_json_string(wn_json_get(scheduler, "type"));
    int64_t n = 0;

    if (type && strcmp(type, "hyperband") == 0 &&
        wn_json_integer(wn_json_get(scheduler, "brackets"), &n) && n == 0)
        wn_json_remove(scheduler, "brackets");
}

void wn_job_renew(struct wn_json *tree)
{
    struct wn_json *scheduler = wn_json_member(tree, "scheduler");
    struct wn_json *inside = scheduler ? wn_json_member(scheduler, "around") : NULL;

    if (scheduler)
        renew_scheduler(scheduler);
    if (inside)
        renew_scheduler(inside);
}

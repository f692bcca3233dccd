/* end.c - whether a study of a job comes to an end by itself. */
#include <string.h>

#include "job/job_internal.h"

static bool has_criterion(const struct wn_job *job)
{
    for (const struct wn_option *stop = wn_stop_options; stop->name; stop++)
        if (wn_values_is_set(job->stop, stop->name) &&
            strcmp(stop->name, "metric") != 0 && strcmp(stop->name, "trials_failed") != 0)
            return true;
    return false;
}

enum wn_status wn_job_has_end(const struct wn_job *job, bool *out, struct wn_error *err)
{
    struct wn_history *history = NULL;
    struct wn_search *search = NULL;
    enum wn_status rc;
    uint64_t size;

    *out = has_criterion(job) ||
           wn_sched_deciding(job->sched, job->sched_options)->is_finite;
    if (*out)
        return WN_OK;
    rc = wn_job_try_history(job, &history, err);
    if (rc == WN_OK)
        rc = wn_job_try_search(job, history, &search, err);
    if (rc == WN_OK) {
        *out = job->search->size(search, &size);
        job->search->destroy(search);
    }
    wn_history_destroy(history);
    return rc;
}

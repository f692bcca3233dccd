/* load.c - what a job's runner reads from files. */
#include "job/job_internal.h"

enum wn_status wn_job_check_runner(struct wn_job *job,
                                   struct wn_problems *problems,
                                   struct wn_error *err)
{
    struct wn_runner_config cfg = {0};
    struct wn_error said = {0};
    size_t n_before = problems->n;
    enum wn_status rc = WN_OK;

    wn_job_runner_config(job, &cfg);
    if (job->runner->load)
        rc = wn_job_hear(job->runner->load(&cfg, &job->loaded, &said), &said, problems,
                         err);
    if (rc != WN_OK || problems->n > n_before)
        return rc;
    cfg.shared = job->loaded;
    return job->runner->check(&cfg, problems, err);
}

/* The files may be others than those that the job was checked with, so they are checked. */
enum wn_status wn_job_load(struct wn_job *job, struct wn_error *err)
{
    struct wn_problems problems = {0};
    enum wn_status rc;

    if (job->loaded || !job->runner->load)
        return WN_OK;
    rc = wn_job_check_runner(job, &problems, err);
    if (rc == WN_OK)
        rc = wn_problems_check(&problems, err);
    if (rc != WN_OK)
        wn_job_unload(job);
    wn_problems_release(&problems);
    return rc;
}

void wn_job_unload(struct wn_job *job)
{
    if (job->loaded && !job->is_lent)
        job->runner->unload(job->loaded);
    job->loaded = NULL;
    job->is_lent = false;
}

/* rebuild.c - see rebuild.h. */
#include "job/rebuild.h"

void wn_rebuild_release(struct wn_rebuild *rebuild)
{
    wn_study_destroy(rebuild->study);
    for (size_t i = 0; i < rebuild->jobs.n; i++)
        wn_job_destroy(rebuild->jobs.at[i]);
    wn_vec_release(&rebuild->jobs);
    rebuild->study = NULL;
    rebuild->job = NULL;
}

/* The job of an event takes force; the ones before live on, since the study borrows its
 * space and options from the first. */
static enum wn_status take_job(struct wn_rebuild *rebuild,
                               const char *text,
                               struct wn_error *err)
{
    struct wn_job **item = wn_vec_push(&rebuild->jobs);
    enum wn_status rc;

    if (!item)
        return wn_fail(err, WN_ENOMEM, "no memory for a job");
    rc = wn_job_parse_canonical(text, rebuild->job_dir, item, err);
    if (rc) {
        rebuild->jobs.n--;
        return rc;
    }
    rebuild->job = *item;
    return WN_OK;
}

static enum wn_status begin(struct wn_rebuild *rebuild,
                            const struct wn_event *event,
                            struct wn_error *err)
{
    struct wn_study_config cfg;
    enum wn_status rc;

    if (rebuild->job)
        return wn_fail(err, WN_ECORRUPT, "the journal has a second job event");
    rc = take_job(rebuild, event->job.text, err);
    if (rc)
        return rc;
    cfg = wn_job_study_config(rebuild->job);
    cfg.has_thread = rebuild->has_thread && !rebuild->is_replay;
    rc = wn_study_create(&cfg, &rebuild->study, err);
    if (!rc)
        rebuild->replay = (struct wn_replay){.study = rebuild->study};
    return rc;
}

static enum wn_status amend(struct wn_rebuild *rebuild,
                            const struct wn_event *event,
                            struct wn_error *err)
{
    enum wn_status rc = take_job(rebuild, event->job.text, err);
    struct wn_study_limits limits;

    if (rc)
        return rc;
    limits = wn_job_limits(rebuild->job);
    wn_study_set_limits(rebuild->study, &limits);
    return WN_OK;
}

enum wn_status wn_rebuild_event(void *arg,
                                const struct wn_event *event,
                                struct wn_error *err)
{
    struct wn_rebuild *rebuild = arg;
    enum wn_status rc = WN_OK;

    if (event->kind == WN_EVENT_JOB)
        return begin(rebuild, event, err);
    if (!rebuild->study)
        return wn_fail(err, WN_ECORRUPT, "the journal does not begin with a job event");
    if (event->kind == WN_EVENT_AMENDED)
        rc = amend(rebuild, event, err);
    if (rc)
        return rc;
    return rebuild->is_replay ? wn_replay_event(&rebuild->replay, event, err)
                              : wn_study_apply(rebuild->study, event, err);
}

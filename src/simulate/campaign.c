/* campaign.c - see campaign.h. */
#define _GNU_SOURCE
#include "simulate/campaign.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/rng.h"

#define HOUR_US 3.6e9
enum { IDLE_JOBS_MOST = 100 }; /* in a row without a new report */

/* What lies ahead of one worker. */
struct fate {
    struct wn_campaign *campaign;
    size_t worker;
    uint64_t n_lives;
};

struct wn_campaign {
    struct wn_campaign_config cfg;
    struct wn_campaign_told told;
    struct wn_sim *sim;
    struct fate *fates;
    char *temporary;  /* folder of the study, if it is ours */
    int64_t clock_us; /* when the job began */
    size_t n_alive;   /* workers */
    bool wants_drain, is_cut;
    int64_t cut_us;
    enum wn_status rc; /* of what went wrong in a callback */
    struct wn_error err;
};

void wn_campaign_destroy(struct wn_campaign *campaign)
{
    if (!campaign)
        return;
    wn_sim_destroy(campaign->sim);
    if (campaign->temporary &&
        wn_dir_remove(campaign->temporary, &campaign->err) != WN_OK)
        wn_warn("simulate", "%s", campaign->err.text);
    wn_free(campaign->temporary);
    wn_free(campaign->fates);
    wn_free(campaign);
}

static void take_usage(struct wn_campaign *campaign)
{
    struct wn_usage usage = wn_coord_usage(wn_sim_coord(campaign->sim));

    campaign->told.coordinator_us += wn_sim_busy_us(campaign->sim);
    campaign->told.usage.busy_us += usage.busy_us;
    campaign->told.usage.resting_us += usage.resting_us;
    for (int why = 0; why < WN_IDLE_N; why++)
        campaign->told.usage.idle_us[why] += usage.idle_us[why];
}

/* The job is over: all workers are lost, and the coordinator, which stays only to be looked
 * at, hears of nothing any more. */
static void end_job(struct wn_campaign *campaign)
{
    campaign->is_cut = true;
    campaign->cut_us = wn_sim_now_us(campaign->sim);
    wn_sim_sleep(campaign->sim, true);
    for (size_t i = 0; i < campaign->cfg.sim.n_workers; i++)
        wn_sim_lose(campaign->sim, i);
}

/* --- lost workers --- */

static void note(struct wn_campaign *campaign, enum wn_status rc)
{
    if (campaign->rc == WN_OK)
        campaign->rc = rc;
}

static void lose(void *arg);

/* Times between losses are exponential. */
static void plan_loss(struct fate *fate)
{
    struct wn_campaign *campaign = fate->campaign;
    uint64_t subject = wn_rng_pair(wn_rng_pair('l', campaign->told.n_jobs),
                                   wn_rng_pair(fate->worker, fate->n_lives++));
    struct wn_rng rng =
        wn_rng_keyed(campaign->cfg.sim.job->seed, WN_STREAM_SIMULATE, subject);
    double hours = -log1p(-wn_rng_unit(&rng)) / campaign->cfg.losses_per_hour;

    if (hours * HOUR_US < 9e18 / 2)
        note(campaign,
             wn_sim_at(campaign->sim,
                       wn_sim_now_us(campaign->sim) + (int64_t)(hours * HOUR_US), lose,
                       fate, &campaign->err));
}

static void come_back(void *arg)
{
    struct fate *fate = arg;
    struct wn_campaign *campaign = fate->campaign;

    if (campaign->is_cut)
        return;
    campaign->n_alive++;
    note(campaign, wn_sim_return(campaign->sim, fate->worker, &campaign->err));
    plan_loss(fate);
}

static void lose(void *arg)
{
    struct fate *fate = arg;
    struct wn_campaign *campaign = fate->campaign;

    if (campaign->is_cut)
        return;
    campaign->told.n_losses++;
    if (!--campaign->n_alive) {
        end_job(campaign);
        return;
    }
    wn_sim_lose(campaign->sim, fate->worker);
    if (campaign->cfg.back_us >= 0)
        note(campaign, wn_sim_at(campaign->sim,
                                 wn_sim_now_us(campaign->sim) + campaign->cfg.back_us,
                                 come_back, fate, &campaign->err));
}

/* --- the time limit of a job --- */

static void ask_to_drain(void *arg)
{
    struct wn_campaign *campaign = arg;

    campaign->wants_drain = true;
    wn_sim_wake(campaign->sim);
}

static void cut(void *arg)
{
    struct wn_campaign *campaign = arg;

    if (campaign->is_cut)
        return;
    campaign->told.n_killed++;
    end_job(campaign);
}

/* Nothing need happen when looking ends, but slots are counted until then. */
static void look_last(void *arg)
{
    struct wn_campaign *campaign = arg;

    wn_sim_wake(campaign->sim);
}

static enum wn_status plan_trouble(struct wn_campaign *campaign, struct wn_error *err)
{
    const struct wn_campaign_config *cfg = &campaign->cfg;
    int64_t end_us = campaign->clock_us + cfg->job_us;
    enum wn_status rc = WN_OK;

    campaign->n_alive = cfg->sim.n_workers;
    for (size_t i = 0; cfg->losses_per_hour > 0 && i < cfg->sim.n_workers; i++) {
        campaign->fates[i] = (struct fate){campaign, i, 0};
        plan_loss(&campaign->fates[i]);
    }
    if (cfg->job_us && cfg->drain_us)
        rc =
            wn_sim_at(campaign->sim, end_us - cfg->drain_us, ask_to_drain, campaign, err);
    if (rc == WN_OK && cfg->job_us)
        rc = wn_sim_at(campaign->sim, end_us, cut, campaign, err);
    if (rc == WN_OK && cfg->until_us)
        rc = wn_sim_at(campaign->sim, cfg->until_us, look_last, campaign, err);
    return rc;
}

/* --- one job --- */

static bool is_beyond(const struct wn_campaign *campaign, int64_t at_us)
{
    return campaign->cfg.until_us && at_us > campaign->cfg.until_us;
}

static enum wn_status tell_interrupted(struct wn_campaign *campaign, struct wn_error *err)
{
    char time[48];
    int64_t now_us = wn_sim_now_us(campaign->sim);

    return wn_fail(err, WN_ESYSTEM, "interrupted after %s of virtual time%s",
                   wn_duration_print(now_us / 1000, time, sizeof time),
                   campaign->cfg.sim.study_dir && !campaign->temporary
                       ? "; the same command goes on from there"
                       : "");
}

/* Step until the job is over: closed, cut, without workers, or beyond what is looked at. */
static enum wn_status step_job(struct wn_campaign *campaign, struct wn_error *err)
{
    while (!wn_sim_is_done(campaign->sim)) {
        int64_t next_us = wn_sim_next_us(campaign->sim);
        enum wn_status rc;

        if (next_us == INT64_MAX || is_beyond(campaign, next_us) ||
            (campaign->is_cut && next_us > campaign->cut_us))
            return WN_OK;
        if (campaign->cfg.stop && *campaign->cfg.stop)
            return tell_interrupted(campaign, err);
        rc = wn_sim_step(campaign->sim, err);
        if (rc == WN_OK && campaign->cfg.watch)
            campaign->cfg.watch(campaign->cfg.watch_arg, campaign->sim);
        if (rc == WN_OK && campaign->wants_drain && !campaign->is_cut) {
            campaign->wants_drain = false;
            rc = wn_coord_drain(wn_sim_coord(campaign->sim), false, err);
        }
        if (rc == WN_OK && campaign->rc != WN_OK) {
            rc = campaign->rc;
            if (err)
                *err = campaign->err;
        }
        if (rc != WN_OK)
            return rc;
    }
    return WN_OK;
}

/* Whether no further job is needed. */
static bool is_over(struct wn_campaign *campaign)
{
    const struct wn_study *study = wn_coord_study(wn_sim_coord(campaign->sim));

    if (wn_sim_is_done(campaign->sim))
        return wn_study_stop_reason(study, NULL) != WN_STOP_DRAIN;
    return !campaign->is_cut; /* beyond what is looked at, or nothing is left to happen */
}

static enum wn_status open_job(struct wn_campaign *campaign,
                               enum wn_opening *opening,
                               struct wn_problems *problems,
                               struct wn_error *err)
{
    struct wn_sim_config cfg = campaign->cfg.sim;

    wn_sim_destroy(campaign->sim);
    campaign->sim = NULL;
    campaign->is_cut = campaign->wants_drain = false;
    cfg.start_us = campaign->clock_us;
    cfg.counts = &campaign->told.counts;
    campaign->told.n_jobs++;
    return wn_sim_open(&cfg, opening, problems, &campaign->sim, err);
}

static uint64_t n_reports(struct wn_campaign *campaign)
{
    const struct wn_study *study = wn_coord_study(wn_sim_coord(campaign->sim));

    return wn_history_totals(wn_study_history(study)).n_reports;
}

/* False: the next job begins beyond what is looked at, so that the queue is the last thing
 * seen. */
static bool wait_in_queue(struct wn_campaign *campaign)
{
    int64_t now_us = wn_sim_now_us(campaign->sim);

    campaign->clock_us = now_us + campaign->cfg.wait_us;
    if (is_beyond(campaign, campaign->clock_us)) {
        campaign->told.end_us = campaign->cfg.until_us;
        campaign->told.queued_us += campaign->cfg.until_us - now_us;
        return false;
    }
    campaign->told.queued_us += campaign->cfg.wait_us;
    return true;
}

static enum wn_status run_jobs(struct wn_campaign *campaign,
                               enum wn_opening *opening,
                               struct wn_problems *problems,
                               struct wn_error *err)
{
    enum wn_opening again;
    enum wn_status rc = open_job(campaign, opening, problems, err);
    uint64_t n_before = 0;
    int n_idle = 0;

    while (rc == WN_OK && campaign->sim) {
        if (n_reports(campaign) > n_before)
            n_idle = 0;
        else if (++n_idle > IDLE_JOBS_MOST)
            return wn_fail(
                err, WN_EINVAL,
                "no trial has come any further in %d jobs of %lld s: the limit "
                "is too short for a resource unit and a checkpoint",
                IDLE_JOBS_MOST, (long long)(campaign->cfg.job_us / 1000000));
        n_before = n_reports(campaign);
        rc = plan_trouble(campaign, err);
        if (rc == WN_OK)
            rc = step_job(campaign, err);
        if (rc != WN_OK)
            break;
        take_usage(campaign);
        if (is_over(campaign) || !wait_in_queue(campaign))
            break;
        rc = open_job(campaign, &again, problems, err);
        if (rc == WN_OK && again == WN_OPENING_FINISHED)
            return wn_fail(err, WN_ECORRUPT, "a study is finished that was drained");
    }
    return rc;
}

static enum wn_status make_room(struct wn_campaign *campaign, struct wn_error *err)
{
    const char *tmp = getenv("TMPDIR");
    struct wn_buf path = {0};

    campaign->fates =
        wn_alloc_array(campaign->cfg.sim.n_workers + 1, sizeof *campaign->fates);
    if (!campaign->fates)
        return wn_fail(err, WN_ENOMEM, "no memory for a campaign");
    if (campaign->cfg.sim.study_dir ||
        (!campaign->cfg.job_us && campaign->cfg.losses_per_hour <= 0))
        return WN_OK;
    wn_buf_addf(&path, "%s/winnow-simulate-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    campaign->temporary = wn_buf_take(&path);
    if (!campaign->temporary)
        return wn_fail(err, WN_ENOMEM, "no memory for a campaign");
    if (!mkdtemp(campaign->temporary)) {
        wn_free(campaign->temporary);
        campaign->temporary = NULL;
        return wn_fail_errno(
            err, WN_EIO, "cannot make a temporary folder for the study in %s (TMPDIR)",
            tmp && *tmp ? tmp : "/tmp");
    }
    campaign->cfg.sim.study_dir = campaign->temporary;
    return WN_OK;
}

enum wn_status wn_campaign_run(const struct wn_campaign_config *cfg,
                               enum wn_opening *opening,
                               struct wn_problems *problems,
                               struct wn_campaign **out,
                               struct wn_error *err)
{
    struct wn_campaign *campaign = wn_alloc(sizeof *campaign);
    enum wn_status rc;

    if (!campaign)
        return wn_fail(err, WN_ENOMEM, "no memory for a campaign");
    campaign->cfg = *cfg;
    rc = make_room(campaign, err);
    if (rc == WN_OK)
        rc = run_jobs(campaign, opening, problems, err);
    if (rc != WN_OK) {
        wn_campaign_destroy(campaign);
        return rc;
    }
    if (campaign->sim && !campaign->told.end_us)
        campaign->told.end_us = wn_sim_now_us(campaign->sim);
    *out = campaign;
    return WN_OK;
}

struct wn_sim *wn_campaign_sim(struct wn_campaign *campaign)
{
    return campaign->sim;
}

const struct wn_campaign_told *wn_campaign_told(const struct wn_campaign *campaign)
{
    return &campaign->told;
}

double wn_campaign_wasted(struct wn_campaign *campaign)
{
    const struct wn_study *study = wn_coord_study(wn_sim_coord(campaign->sim));
    double kept = (double)wn_history_totals(wn_study_history(study)).resource;
    double all = campaign->told.counts.units;

    return all > kept ? all - kept : 0;
}

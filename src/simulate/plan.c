/* plan.c - see plan.h. */
#include "simulate/plan.h"

#include <string.h>

#define HOUR_US 3.6e9
enum { RUNGS_MOST = 256 };

/* --- the job --- */

static bool set_text(struct wn_json *object, const char *key, const char *value)
{
    return !value || wn_json_set(object, key, wn_json_new_string(value));
}

static bool set_pace(struct wn_json *trial, const struct wn_plan_trials *trials)
{
    return wn_json_set(trial, "unit_time", wn_json_new_number(trials->unit_seconds)) &&
           wn_json_set(trial, "spread", wn_json_new_number(trials->spread)) &&
           wn_json_set(trial, "units", wn_json_new_integer(trials->units));
}

static struct wn_json *trial_of(const struct wn_job *job,
                                const struct wn_plan_trials *trials)
{
    struct wn_json *trial = wn_json_new_object();
    bool is_table = trials->benchmark != NULL;
    bool ok = set_text(trial, "runner", is_table ? "table" : "function") &&
              wn_json_set(trial, "cores",
                          wn_json_new_integer(wn_values_int(job->trial, "cores"))) &&
              wn_json_set(trial, "retries",
                          wn_json_new_integer(wn_values_int(job->trial, "retries")));

    if (ok && is_table)
        ok = set_text(trial, "benchmark", trials->benchmark) &&
             set_text(trial, "task", trials->task);
    else if (ok)
        ok = set_pace(trial, trials);
    if (ok)
        return trial;
    wn_json_destroy(trial);
    return NULL;
}

static bool needs_other_trials(const struct wn_job *job,
                               const struct wn_plan_trials *trials)
{
    return trials->benchmark || !job->runner->works_in_virtual_time;
}

enum wn_status wn_plan_job(const struct wn_job *job,
                           const struct wn_plan_trials *trials,
                           struct wn_problems *problems,
                           struct wn_job **out,
                           struct wn_error *err)
{
    struct wn_json *root;
    enum wn_status rc;

    if (!needs_other_trials(job, trials))
        return wn_job_reseed(job, job->seed, out, err);
    root = wn_json_copy(job->root);
    if (wn_json_set(root, "trial", trial_of(job, trials))) {
        if (!trials->benchmark)
            wn_json_remove(wn_json_member(root, "stop"), "metric");
        rc = wn_job_parse_tree(root, job->job_dir, problems, out, err);
    } else {
        rc = wn_fail(err, WN_ENOMEM, "no memory for the job to plan with");
    }
    wn_json_destroy(root);
    return rc;
}

/* --- the figures --- */

static void take_usage(const struct wn_campaign_config *cfg,
                       const struct wn_campaign_told *told,
                       struct wn_plan_result *out)
{
    double cores = (double)wn_values_int(cfg->sim.job->trial, "cores");
    double slots = (double)cfg->sim.n_workers * (double)cfg->sim.n_slots;
    double idle = (double)told->usage.resting_us, all;

    for (int why = 0; why < WN_IDLE_N; why++)
        idle += (double)told->usage.idle_us[why];
    all = idle + (double)told->usage.busy_us;
    out->at[WN_PLAN_BUSY] = cores * (double)told->usage.busy_us / HOUR_US;
    out->at[WN_PLAN_CORES] =
        cores * slots * (double)(told->end_us - told->queued_us) / HOUR_US;
    out->at[WN_PLAN_IDLE] = all > 0 ? idle / all : 0;
    out->at[WN_PLAN_END] = (double)told->end_us / 1e6;
    out->at[WN_PLAN_JOBS] = (double)told->n_jobs;
    out->at[WN_PLAN_LOSSES] = (double)told->n_losses;
    out->at[WN_PLAN_SAVED] = (double)told->counts.n_saved;
}

static void take_totals(const struct wn_study *study, struct wn_plan_result *out)
{
    struct wn_totals totals = wn_history_totals(wn_study_history(study));

    out->at[WN_PLAN_STARTED] = (double)totals.n_configured;
    out->at[WN_PLAN_COMPLETED] = (double)totals.n_completed;
    out->at[WN_PLAN_STOPPED] = (double)totals.n_stopped;
    out->at[WN_PLAN_FAILED] = (double)totals.n_failed;
    out->at[WN_PLAN_PAUSED] = (double)totals.n_paused;
    out->at[WN_PLAN_REPORTS] = (double)totals.n_reports;
    out->at[WN_PLAN_UNITS] = (double)totals.resource;
    out->reason = wn_study_stop_reason(study, &out->criterion);
    out->is_closed = wn_study_is_closed(study) && out->reason != WN_STOP_DRAIN;
    out->progress = wn_study_progress(study);
}

static enum wn_status take_rungs(const struct wn_study *study,
                                 struct wn_plan_result *out,
                                 struct wn_error *err)
{
    struct wn_rung rungs[RUNGS_MOST];
    const struct wn_study_config *cfg = wn_study_configuration(study);
    size_t n = cfg->sched->rungs(wn_study_sched(study), rungs, RUNGS_MOST);

    for (size_t i = 0; i < n && i < RUNGS_MOST; i++) {
        struct wn_rung *rung = wn_vec_push(&out->rungs);

        if (!rung)
            return wn_fail(err, WN_ENOMEM, "no memory for the rungs of a plan");
        *rung = rungs[i];
    }
    return WN_OK;
}

static enum wn_status take(const struct wn_campaign_config *cfg,
                           struct wn_campaign *campaign,
                           struct wn_plan_result *out,
                           struct wn_error *err)
{
    const struct wn_study *study =
        wn_coord_study(wn_sim_coord(wn_campaign_sim(campaign)));

    take_totals(study, out);
    take_usage(cfg, wn_campaign_told(campaign), out);
    out->at[WN_PLAN_KEPT] = (double)wn_store_tally(cfg->sim.store).n_most;
    out->at[WN_PLAN_WASTED] = wn_campaign_wasted(campaign);
    return take_rungs(study, out, err);
}

enum wn_status wn_plan_run(const struct wn_campaign_config *cfg,
                           struct wn_plan_result *out,
                           struct wn_error *err)
{
    struct wn_problems problems = {0};
    struct wn_campaign *campaign = NULL;
    enum wn_opening opening = WN_OPENING_NEW;
    enum wn_status rc = wn_campaign_run(cfg, &opening, &problems, &campaign, err);

    memset(out, 0, sizeof *out);
    if (rc == WN_OK)
        rc = take(cfg, campaign, out, err);
    if (rc != WN_OK)
        wn_plan_release(out);
    wn_campaign_destroy(campaign);
    wn_problems_release(&problems);
    return rc;
}

void wn_plan_release(struct wn_plan_result *result)
{
    wn_vec_release(&result->rungs);
}

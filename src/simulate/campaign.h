/* simulate/campaign.h - a study in virtual time through whatever happens on a cluster.
 *
 * Workers are lost at a rate and come back, and the batch job that the coordinator runs in
 * ends at its time limit: some time before it the coordinator is asked to drain, at the limit
 * everything is killed, and after a wait in the queue the study is opened again. Which worker
 * is lost when is drawn from the study's seed: equal inputs give equal campaigns.
 *
 * A job whose workers are all lost is over and waits in the queue too.
 */
#ifndef WN_SIMULATE_CAMPAIGN_H
#define WN_SIMULATE_CAMPAIGN_H

#include <signal.h>

#include "simulate/sim.h"

struct wn_campaign_config {
    /* Without `study_dir` a temporary folder is made where a study is opened again; start_us
     * and counts are the campaign's own. */
    struct wn_sim_config sim;
    double losses_per_hour; /* of each worker */
    int64_t back_us;        /* how long a lost worker is away; negative: for good */
    int64_t job_us;         /* time limit of a batch job; 0: none */
    int64_t drain_us;       /* so long before it the coordinator is asked to drain */
    int64_t wait_us;        /* in the queue, before every job but the first */
    int64_t until_us;       /* do not look beyond; 0: until the study is closed */
    void (*watch)(void *arg, struct wn_sim *sim); /* after each step; may be NULL */
    void *watch_arg;
    const volatile sig_atomic_t
        *stop; /* once not 0 it fails, and cleans up; may be NULL */
};

/* What happened, added up over all jobs. */
struct wn_campaign_told {
    uint64_t n_losses; /* workers */
    uint64_t n_jobs;   /* 1: it was never queued again */
    uint64_t n_killed; /* jobs that ran into their limit */
    int64_t end_us;    /* virtual time, waits in the queue included */
    int64_t queued_us;
    int64_t coordinator_us; /* the coordinator was at work, where that is charged */
    struct wn_usage usage;
    struct wn_run_counts counts;
};

struct wn_campaign;

/* WN_EINVAL: a job's limit is so short that no trial gets on within many jobs. */
enum wn_status wn_campaign_run(const struct wn_campaign_config *cfg,
                               enum wn_opening *opening,
                               struct wn_problems *problems,
                               struct wn_campaign **out,
                               struct wn_error *err) WN_MUST_CHECK;
void wn_campaign_destroy(struct wn_campaign *campaign);

/* The last job's, to be looked at; NULL: the study was finished before. */
struct wn_sim *wn_campaign_sim(struct wn_campaign *campaign);
const struct wn_campaign_told *wn_campaign_told(const struct wn_campaign *campaign);
/* Units that were trained in vain or again. */
double wn_campaign_wasted(struct wn_campaign *campaign);

#endif /* WN_SIMULATE_CAMPAIGN_H */

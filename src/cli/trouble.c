/* trouble.c - see trouble.h. */
#define _GNU_SOURCE
#include "cli/trouble.h"

#include <inttypes.h>
#include <signal.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "cli/command.h"

enum { KEY_WORKERS = 512, KEY_LOSE, KEY_BACK, KEY_JOB_TIME, KEY_DRAIN, KEY_QUEUE };
enum { WORKERS_MOST = 1000000 };
#define DRAIN_MOST_MS (5 * INT64_C(60000))

static const struct argp_option options[] = {
    {"workers", KEY_WORKERS, "N", 0,
     "Over how many workers the slots are spread; default 1, with --lose one for each "
     "slot",
     0},
    {"lose", KEY_LOSE, "RATE", 0, "How often a worker is lost, in times per hour", 0},
    {"back", KEY_BACK, "TIME", 0,
     "How long a lost worker is away, or never; default 10m. When all are away the job "
     "is "
     "over",
     0},
    {"job-time", KEY_JOB_TIME, "TIME", 0,
     "Time limit of a batch job; then all is killed and the job queued again", 0},
    {"drain", KEY_DRAIN, "TIME", 0,
     "So long before the limit the study is asked to drain; default 5m, at most a tenth "
     "of "
     "the limit; 0: never",
     0},
    {"queue", KEY_QUEUE, "TIME", 0,
     "How long a job that is queued again waits; default 0", 0},
    {0},
};

static void check(struct wn_cli_trouble *trouble, struct argp_state *state)
{
    if (trouble->drain_ms >= 0 && !trouble->job_ms)
        argp_error(state, "--drain is before the end of --job-time, which is missing");
    if (trouble->job_ms && trouble->drain_ms >= trouble->job_ms)
        argp_error(state, "--drain must be shorter than --job-time");
    if (trouble->drain_ms < 0)
        trouble->drain_ms =
            trouble->job_ms / 10 < DRAIN_MOST_MS ? trouble->job_ms / 10 : DRAIN_MOST_MS;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct wn_cli_trouble *trouble = state->input;

    switch (key) {
    case KEY_WORKERS:
        trouble->n_workers =
            (size_t)wn_cli_integer(state, "--workers", arg, 1, WORKERS_MOST);
        return 0;
    case KEY_LOSE:
        trouble->losses_per_hour = wn_cli_number(state, "--lose", arg, 0, 1e6);
        return 0;
    case KEY_BACK:
        trouble->back_ms =
            strcmp(arg, "never") == 0 ? -1 : wn_cli_duration(state, "--back", arg);
        return 0;
    case KEY_JOB_TIME:
        trouble->job_ms = wn_cli_duration(state, "--job-time", arg);
        if (!trouble->job_ms)
            argp_error(state, "--job-time must be above 0");
        return 0;
    case KEY_DRAIN: trouble->drain_ms = wn_cli_duration(state, "--drain", arg); return 0;
    case KEY_QUEUE: trouble->queue_ms = wn_cli_duration(state, "--queue", arg); return 0;
    case ARGP_KEY_END: check(trouble, state); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

const struct argp wn_cli_trouble_argp = {options, parse, NULL, NULL, NULL, NULL, NULL};

/* --- signals --- */

static volatile sig_atomic_t is_interrupted;

static void on_signal(int number)
{
    (void)number;
    is_interrupted = 1;
}

/* The first asks, so that nothing is left lying about; the second kills. */
static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal,
                               .sa_flags = (int)SA_RESETHAND | SA_RESTART};

    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

enum wn_status wn_cli_trouble_apply(const struct wn_cli_trouble *trouble,
                                    size_t n_slots,
                                    struct wn_campaign_config *cfg,
                                    struct wn_error *err)
{
    size_t n_workers = trouble->n_workers;

    wn_log_set_level(WN_LOG_ERROR); /* trouble that was asked for is counted, no news */
    if (!n_workers)
        n_workers = trouble->losses_per_hour > 0 ? n_slots : 1;
    if (n_slots % n_workers)
        return wn_fail(err, WN_EINVAL,
                       "%zu slots cannot be spread over %zu workers: each has as many as "
                       "the others",
                       n_slots, n_workers);
    catch_signals();
    cfg->stop = &is_interrupted;
    cfg->sim.n_workers = n_workers;
    cfg->sim.n_slots = n_slots / n_workers;
    cfg->losses_per_hour = trouble->losses_per_hour;
    cfg->back_us = trouble->back_ms < 0 ? -1 : trouble->back_ms * 1000;
    cfg->job_us = trouble->job_ms * 1000;
    cfg->drain_us = trouble->drain_ms * 1000;
    cfg->wait_us = trouble->queue_ms * 1000;
    return WN_OK;
}

static void add_time(struct wn_buf *out, const char *before, int64_t us)
{
    char time[48];

    wn_buf_addf(out, "%s%s", before, wn_duration_print(us / 1000, time, sizeof time));
}

static const char *plural(uint64_t n)
{
    return n == 1 ? "" : "s";
}

static void tell_jobs(const struct wn_campaign_told *told, struct wn_buf *out)
{
    wn_buf_addf(out, "%" PRIu64 " job%s, %" PRIu64 " killed at the limit; ", told->n_jobs,
                plural(told->n_jobs), told->n_killed);
    add_time(out, "", told->end_us);
    add_time(out, " from the first to the end, ", told->queued_us);
    wn_buf_adds(out, " of it in the queue\n");
}

void wn_cli_trouble_tell(const struct wn_cli_trouble *trouble,
                         struct wn_campaign *campaign,
                         const struct wn_job *job,
                         struct wn_buf *out)
{
    const struct wn_campaign_told *told = wn_campaign_told(campaign);
    const struct wn_run_counts *counts = &told->counts;
    double wasted = wn_campaign_wasted(campaign);

    if (trouble->job_ms || told->n_jobs > 1)
        tell_jobs(told, out);
    if (told->coordinator_us > 0 && told->end_us > told->queued_us)
        wn_buf_addf(out, "the coordinator was at work for %.2f %% of the time\n",
                    100 * (double)told->coordinator_us /
                        (double)(told->end_us - told->queued_us));
    if (trouble->losses_per_hour > 0)
        wn_buf_addf(out, "%" PRIu64 " worker%s lost\n", told->n_losses,
                    plural(told->n_losses));
    if (counts->n_stragglers || counts->n_crashes)
        wn_buf_addf(out,
                    "%" PRIu64 " crash%s, %" PRIu64 " of %" PRIu64
                    " starts of slow trials\n",
                    counts->n_crashes, counts->n_crashes == 1 ? "" : "es",
                    counts->n_stragglers, counts->n_starts);
    if (wasted > 0.005)
        wn_buf_addf(out, "%.*f %s%s (%.1f %%) were trained in vain or again\n",
                    wasted < 10 ? 1 : 0, wasted, job->resource,
                    job->resource[strlen(job->resource) - 1] == 's' ? "" : "s",
                    100 * wasted / counts->units);
}

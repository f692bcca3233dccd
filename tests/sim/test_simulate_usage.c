/* test_simulate_usage.c - how busy 256 workers are, in virtual time.
 *
 * Durations of trials vary by a factor of ten. What is asserted is the share of their time
 * that slots were busy until nothing was left to start: synchronous methods never idle
 * either. The coordinator says at the end what idled, and where not.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/log.h"
#include "simulate/sim.h"

#define N_WORKERS 256

static struct wn_error err;
static struct wn_buf log_text;

static void keep_log(void *arg,
                     enum wn_log_level level,
                     const char *part,
                     const char *line)
{
    (void)arg, (void)level, (void)part;
    wn_buf_addf(&log_text, "%s\n", line);
}

/* `set`: an override, or NULL. */
static struct wn_job *make_job(const char *rest, const char *set)
{
    struct wn_problems problems = {0};
    struct wn_job *job = NULL;
    struct wn_buf text = {0};

    wn_buf_addf(&text,
                "{\"name\": \"usage\", \"trial\": {\"runner\": \"function\", "
                "\"function\": \"curve\", \"unit_time\": 60, \"spread\": 10},"
                " \"space\": {\"x\": {\"type\": \"float\", \"low\": 0, \"high\": 1},"
                " \"y\": {\"type\": \"float\", \"low\": 0, \"high\": 1}},"
                " \"metric\": {\"name\": \"loss\"}, \"resource\": {\"max\": 27},"
                " \"initial\": [], \"seed\": 1, %s}",
                rest);
    if (wn_job_parse(text.at, text.n, "/", &set, set != NULL, &problems, &job, &err) !=
        WN_OK)
        fail_msg("%s: %s", rest, problems.n ? problems.at[0] : err.text);
    wn_problems_release(&problems);
    wn_buf_release(&text);
    return job;
}

static struct wn_usage run(const struct wn_job *job, size_t n_workers)
{
    struct wn_problems problems = {0};
    struct wn_store *store = NULL;
    struct wn_sim_config cfg = {
        .job = job, .n_workers = n_workers, .n_slots = 1, .delay_us = 1000};
    struct wn_usage usage;
    enum wn_opening opening;
    struct wn_sim *sim = NULL;

    assert_int_equal(wn_store_create_memory(&store, NULL), WN_OK);
    cfg.store = store;
    if (wn_sim_open(&cfg, &opening, &problems, &sim, &err) != WN_OK ||
        wn_sim_run(sim, &err) != WN_OK)
        fail_msg("%s", err.text);
    assert_true(wn_sim_is_done(sim));
    usage = wn_coord_usage(wn_sim_coord(sim));
    wn_sim_destroy(sim);
    wn_store_destroy(store);
    return usage;
}

/* Busy, of all time until nothing was left to start or the study stopped. */
static double share(const struct wn_usage *usage)
{
    int64_t waited_us =
        usage->idle_us[WN_IDLE_SCHEDULER] + usage->idle_us[WN_IDLE_SEARCHER];

    return (double)usage->busy_us /
           (double)(usage->busy_us + waited_us + usage->resting_us);
}

static void workers_are_busy_under_every_method(void **state)
{
    static const char *const jobs[] = {
        "\"method\": \"random\", \"stop\": {\"trials_started\": 2000}",
        "\"method\": \"asha\", \"stop\": {\"trials_started\": 10000}",
        "\"method\": \"asha-stopping\", \"stop\": {\"trials_started\": 10000}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof jobs / sizeof jobs[0]; i++) {
        struct wn_job *job = make_job(jobs[i], NULL);
        struct wn_usage usage = run(job, N_WORKERS);

        print_message("%s: busy for %.2f %%\n", job->sched->name, 100 * share(&usage));
        if (share(&usage) < 0.95)
            fail_msg("%s: busy for %.2f %% only", jobs[i], 100 * share(&usage));
        wn_job_destroy(job);
    }
}

/* Three trials of 27 units on two workers, all of the same duration: one of them has
 * nothing to do while the other runs the last one. */
static void the_log_says_what_idled(void **state)
{
    struct wn_job *job = make_job(
        "\"method\": \"random\", \"stop\": {\"trials_started\": 3}", "trial.spread=1");
    struct wn_usage usage;

    (void)state;
    wn_buf_clear(&log_text);
    usage = run(job, 2);
    assert_true(share(&usage) > 0.999);
    assert_true(usage.idle_us[WN_IDLE_SUPPLY] > usage.busy_us / 4);
    if (!strstr(wn_buf_text(&log_text),
                "slots were busy for 75.0 % of 1 h 48 min of their "
                "time; 25 % nothing was left to start"))
        fail_msg("the log has\n%s", wn_buf_text(&log_text));
    wn_job_destroy(job);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(workers_are_busy_under_every_method),
        cmocka_unit_test(the_log_says_what_idled),
    };
    int n_failed;

    wn_log_set_sink(keep_log, NULL);
    n_failed = cmocka_run_group_tests(tests, NULL, NULL);
    wn_buf_release(&log_text);
    return n_failed;
}

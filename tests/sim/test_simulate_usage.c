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
#include "support_run.h"

#define N_WORKERS 256

static struct wn_buf log_text;

static void keep_log(void *arg,
                     enum wn_log_level level,
                     const char *part,
                     const char *line)
{
    (void)arg, (void)level, (void)part;
    wn_buf_addf(&log_text, "%s\n", line);
}

static struct wn_usage run(const char *rest, const char *set, size_t n_workers)
{
    const char *sets[] = {set, NULL};
    struct wn_buf text = {0};
    struct wn_usage usage;
    struct sim_run run;

    wn_buf_addf(&text,
                "{'name': 'usage', 'trial': {'runner': 'function', 'function': 'curve', "
                "'unit_time': 60, 'spread': 10},"
                " 'space': {'x': {'type': 'float', 'low': 0, 'high': 1},"
                "           'y': {'type': 'float', 'low': 0, 'high': 1}},"
                " 'metric': {'name': 'loss'}, 'resource': {'max': 27}, 'initial': [],"
                " 'seed': 1, %s}",
                rest);
    run = sim_run_job(sim_job(wn_buf_text(&text), sets), n_workers);
    usage = wn_coord_usage(wn_sim_coord(run.sim));
    sim_run_release(&run);
    wn_buf_release(&text);
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
        "'method': 'random', 'stop': {'trials_started': 2000}",
        "'method': 'asha', 'stop': {'trials_started': 10000}",
        "'method': 'asha-stopping', 'stop': {'trials_started': 10000}",
        "'method': 'bohb', 'stop': {'trials_started': 4000}",
        "'method': 'dehb', 'stop': {'trials_started': 4000}",
        "'method': 'pbt', 'scheduler': {'population': 1024, 'perturbation_interval': 3},"
        " 'stop': {'time': '5h'}",
        "'scheduler': {'type': 'hyperband'}, 'stop': {'trials_started': 4000}",
        "'scheduler': {'type': 'hyperband', 'brackets': 1}, 'stop': {'trials_started': "
        "4000}",
        "'scheduler': {'type': 'hyperband', 'sizes': 'table', 'reduction_factor': 4},"
        " 'stop': {'trials_started': 4000}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof jobs / sizeof jobs[0]; i++) {
        struct wn_usage usage = run(jobs[i], NULL, N_WORKERS);

        print_message("busy for %.2f %% of the time: %s\n", 100 * share(&usage), jobs[i]);
        if (share(&usage) < 0.95)
            fail_msg("%s: busy for %.2f %% only", jobs[i], 100 * share(&usage));
    }
}

/* Three trials of 27 units on two workers, all of the same duration: one of them has
 * nothing to do while the other runs the last one. */
static void the_log_says_what_idled(void **state)
{
    struct wn_usage usage;

    (void)state;
    wn_buf_clear(&log_text);
    usage = run("'method': 'random', 'stop': {'trials_started': 3}", "trial.spread=1", 2);
    assert_true(share(&usage) > 0.999);
    assert_true(usage.idle_us[WN_IDLE_SUPPLY] > usage.busy_us / 4);
    if (!strstr(wn_buf_text(&log_text),
                "slots were busy for 75.0 % of 1 h 48 min of their "
                "time; 25 % nothing was left to start"))
        fail_msg("the log has\n%s", wn_buf_text(&log_text));
}

/* Its members wait for the last of each round, whatever the number of slots: that is what
 * synchronous means here, and the log says so. */
static void a_synchronous_population_waits_at_its_barrier(void **state)
{
    static const size_t populations[] = {256, 512, 1024, 4096};
    double before = 0;

    (void)state;
    for (size_t i = 0; i < sizeof populations / sizeof populations[0]; i++) {
        struct wn_usage usage;
        char job[256];

        (void)snprintf(job, sizeof job,
                       "'scheduler': {'type': 'pbt', 'population': %zu, 'synchronous': "
                       "true, 'perturbation_interval': 3}, 'searcher': {'type': "
                       "'perturb'}",
                       populations[i]);
        wn_buf_clear(&log_text);
        usage = run(job, NULL, N_WORKERS);
        print_message("%zu synchronous members: busy for %.2f %%\n", populations[i],
                      100 * share(&usage));
        assert_true(share(&usage) > before && share(&usage) < 0.99);
        assert_true(usage.idle_us[WN_IDLE_SEARCHER] == 0);
        if (!strstr(wn_buf_text(&log_text), "% the scheduler waited for running trials"))
            fail_msg("the log has\n%s", wn_buf_text(&log_text));
        before = share(&usage);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(workers_are_busy_under_every_method),
        cmocka_unit_test(the_log_says_what_idled),
        cmocka_unit_test(a_synchronous_population_waits_at_its_barrier),
    };
    int n_failed;

    wn_log_set_sink(keep_log, NULL);
    n_failed = cmocka_run_group_tests(tests, NULL, NULL);
    wn_buf_release(&log_text);
    return n_failed;
}

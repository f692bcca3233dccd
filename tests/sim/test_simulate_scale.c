/* test_simulate_scale.c - ten thousand trials on a hundred workers, in virtual time.
 *
 * Nothing is measured here but counts: every trial ends, every worker is used, and no
 * event is written that is not needed.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "support_run.h"

#define N_TRIALS  10000
#define N_WORKERS 100

static struct sim_run run(const char *scheduler, const char *set)
{
    const char *sets[] = {set, NULL};
    char text[768];

    (void)snprintf(text, sizeof text,
                   "{'name': 'scale', 'trial': {'runner': 'function', 'function': "
                   "'curve', 'unit_time': 60, 'spread': 5},"
                   " 'space': {'x': {'type': 'float', 'low': 0, 'high': 1}},"
                   " 'metric': {'name': 'loss'}, 'resource': {'max': 9},"
                   " 'scheduler': %s, 'initial': [],"
                   " 'stop': {'trials_started': %d}, 'seed': 1}",
                   scheduler, N_TRIALS);
    return sim_run_job(sim_job(text, sets), N_WORKERS);
}

/* The last dispatches of the trials fall on all workers, about evenly. */
static void check_workers(const struct wn_study *study)
{
    unsigned n_last[N_WORKERS] = {0};

    for (uint32_t i = 0; i < N_TRIALS; i++) {
        struct wn_placed placed = wn_study_placed(study, i);
        assert_int_equal(placed.state, WN_RUN_STATE_ENDED);
        assert_true(placed.worker < N_WORKERS);
        n_last[placed.worker]++;
    }
    for (int i = 0; i < N_WORKERS; i++)
        if (n_last[i] < N_TRIALS / N_WORKERS / 2)
            fail_msg("worker %d was the last of %u trials only", i, n_last[i]);
}

static void fifo_writes_no_event_too_many(void **state)
{
    struct sim_run sim = run("{'type': 'fifo'}", "trial.milestone_checkpoint=0");
    const struct wn_study *study = sim_run_study(&sim);
    struct wn_totals totals = wn_history_totals(wn_study_history(study));
    uint64_t n_timers = (uint64_t)wn_study_time_ms(study) / 60000, n_other = 5;

    (void)state;
    assert_int_equal(totals.n_configured, N_TRIALS);
    assert_int_equal(totals.n_completed, N_TRIALS);
    assert_int_equal(totals.n_reports, 9 * N_TRIALS);
    check_workers(study);
    /* A trial: planned, configured, dispatched, nine reports, ended. The study: job,
     * opened, exhausted, stopping, closed. */
    assert_int_equal(wn_coord_n_events(wn_sim_coord(sim.sim)),
                     13 * (uint64_t)N_TRIALS + n_timers + n_other);
    sim_run_release(&sim);
}

static void asha_uses_every_worker_and_spends_less(void **state)
{
    static const char *const variants[] = {"{'type': 'asha'}",
                                           "{'type': 'asha', 'variant': 'stopping'}"};

    (void)state;
    for (size_t i = 0; i < sizeof variants / sizeof variants[0]; i++) {
        struct sim_run sim = run(variants[i], NULL);
        struct wn_totals totals = wn_history_totals(sim_run_history(&sim));

        assert_int_equal(totals.n_configured, N_TRIALS);
        assert_int_equal(totals.n_failed, 0);
        assert_int_equal(totals.n_completed + totals.n_stopped + totals.n_paused,
                         N_TRIALS);
        assert_int_equal(totals.resource, totals.n_reports); /* no unit twice */
        /* One in three goes on: 1 + 2/3 + 6/9 units a trial, and what is late. */
        if (totals.resource > 3 * (int64_t)N_TRIALS ||
            totals.resource < 2 * (int64_t)N_TRIALS)
            fail_msg("%s spent %" PRId64 " units", variants[i], totals.resource);
        if (totals.n_completed < N_TRIALS / 12 || totals.n_completed > N_TRIALS / 6)
            fail_msg("%s completed %" PRIu64 " trials", variants[i], totals.n_completed);
        sim_run_release(&sim);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fifo_writes_no_event_too_many),
        cmocka_unit_test(asha_uses_every_worker_and_spends_less),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

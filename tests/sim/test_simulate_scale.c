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
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "simulate/sim.h"

#define N_TRIALS  10000
#define N_WORKERS 100

static struct wn_error err;

static struct wn_job *make_job(const char *scheduler)
{
    struct wn_problems problems = {0};
    struct wn_job *job = NULL;
    char text[768];
    int n =
        snprintf(text, sizeof text,
                 "{\"name\": \"scale\", \"trial\": {\"runner\": \"function\", "
                 "\"function\": \"curve\", \"unit_time\": 60, \"spread\": 5},"
                 " \"space\": {\"x\": {\"type\": \"float\", \"low\": 0, \"high\": 1}},"
                 " \"metric\": {\"name\": \"loss\"}, \"resource\": {\"max\": 9},"
                 " \"scheduler\": %s, \"initial\": [],"
                 " \"stop\": {\"trials_started\": %d}, \"seed\": 1}",
                 scheduler, N_TRIALS);

    if (wn_job_parse(text, (size_t)n, "/", NULL, 0, &problems, &job, &err) != WN_OK)
        fail_msg("%s", problems.n ? problems.at[0] : err.text);
    wn_problems_release(&problems);
    return job;
}

static struct wn_sim *run(const struct wn_job *job, struct wn_store *store)
{
    struct wn_sim_config cfg = {.job = job,
                                .store = store,
                                .n_workers = N_WORKERS,
                                .n_slots = 1,
                                .delay_us = 1000};
    struct wn_problems problems = {0};
    enum wn_opening opening;
    struct wn_sim *sim = NULL;

    if (wn_sim_open(&cfg, &opening, &problems, &sim, &err) != WN_OK ||
        wn_sim_run(sim, &err) != WN_OK)
        fail_msg("%s", err.text);
    assert_true(wn_sim_is_done(sim));
    return sim;
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
    struct wn_job *job = make_job("{\"type\": \"fifo\"}");
    struct wn_sim *sim = run(job, NULL);
    const struct wn_study *study = wn_coord_study(wn_sim_coord(sim));
    struct wn_totals totals = wn_history_totals(wn_study_history(study));
    uint64_t n_timers = (uint64_t)wn_study_time_ms(study) / 60000, n_other = 5;

    (void)state;
    assert_int_equal(totals.n_configured, N_TRIALS);
    assert_int_equal(totals.n_completed, N_TRIALS);
    assert_int_equal(totals.n_reports, 9 * N_TRIALS);
    check_workers(study);
    /* A trial: planned, configured, dispatched, nine reports, ended. The study: job,
     * opened, exhausted, stopping, closed. */
    assert_int_equal(wn_coord_n_events(wn_sim_coord(sim)),
                     13 * (uint64_t)N_TRIALS + n_timers + n_other);
    wn_sim_destroy(sim);
    wn_job_destroy(job);
}

static void asha_uses_every_worker_and_spends_less(void **state)
{
    static const char *const variants[] = {
        "{\"type\": \"asha\"}", "{\"type\": \"asha\", \"variant\": \"stopping\"}"};

    (void)state;
    for (size_t i = 0; i < sizeof variants / sizeof variants[0]; i++) {
        struct wn_job *job = make_job(variants[i]);
        struct wn_store *store = NULL;
        struct wn_totals totals;
        const struct wn_study *study;
        struct wn_sim *sim;
        assert_int_equal(wn_store_create_memory(&store, NULL), WN_OK);
        sim = run(job, store);
        study = wn_coord_study(wn_sim_coord(sim));
        totals = wn_history_totals(wn_study_history(study));
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
        wn_sim_destroy(sim);
        wn_store_destroy(store);
        wn_job_destroy(job);
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

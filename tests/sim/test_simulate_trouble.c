/* test_simulate_trouble.c - slow trials, slow checkpoints, lost workers, jobs that end. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/mem.h"
#include "simulate/campaign.h"
#include "support_run.h"

#define SECOND INT64_C(1000000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)

enum { UNITS = 9, TRIALS = 30 };

static struct wn_job *job_of(const char *trial, const char *rest)
{
    struct wn_buf text = {0};
    struct wn_job *job;

    wn_buf_addf(&text,
                "{'name': 'trouble', 'trial': {'runner': 'function', 'unit_time': 60%s}, "
                "'space': {'x': {'type': 'float', 'low': 0, 'high': 1}}, "
                "'metric': {'name': 'loss'}, 'resource': {'max': %d}, "
                "'stop': {'trials_started': %d}%s}",
                trial, UNITS, TRIALS, rest);
    job = sim_job(wn_buf_text(&text), NULL);
    wn_buf_release(&text);
    return job;
}

#define ASHA ", 'method': 'asha'"
#define FIFO ", 'method': 'random'"

/* --- of trials --- */

static void slow_trials_take_longer_for_good(void **state)
{
    struct sim_run run =
        sim_run_job(job_of(", 'stragglers': 0.4, 'straggler_factor': 3", ASHA), 4);
    size_t n_slow = 0;

    (void)state;
    for (uint32_t t = 0; t < TRIALS; t++) {
        const struct wn_trial *trial = wn_history_trial(sim_run_history(&run), t);
        bool is_slow = trial->reports[0].elapsed_ms == 180000;

        n_slow += is_slow;
        for (uint32_t k = 0; k < trial->n_reports; k++)
            assert_int_equal(trial->reports[k].elapsed_ms,
                             (is_slow ? 180000 : 60000) * (int64_t)(k + 1));
    }
    assert_in_range(n_slow, 5, 20);
    sim_run_release(&run);
}

static void checkpoints_cost_time_when_saved_and_when_restored(void **state)
{
    static const struct {
        const char *trial;
        int64_t saves_ms, restores_ms;
    } rows[] = {
        {"", 0, 0},
        {", 'save_time': 10", 10000, 0},
        {", 'restore_time': 7", 0, 7000},
        {", 'save_time': 10, 'restore_time': 7", 10000, 7000},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sim_run run = sim_run_job(job_of(rows[i].trial, ASHA), 4);
        size_t n_full = 0;

        for (uint32_t t = 0; t < TRIALS; t++) {
            const struct wn_trial *trial = wn_history_trial(sim_run_history(&run), t);

            if (trial->n_reports < UNITS)
                continue;
            n_full++; /* rungs 1, 3 and 9: each saves, behind two of them it was paused */
            assert_int_equal(trial->reports[0].elapsed_ms, 60000 + rows[i].saves_ms);
            assert_int_equal(trial->run_ms, 60000 * UNITS + 3 * rows[i].saves_ms +
                                                2 * rows[i].restores_ms);
        }
        assert_true(n_full > 0);
        sim_run_release(&run);
    }
}

/* Several slots of one worker whose saves end in another order than their units. */
static void a_report_behind_a_save_is_the_trials_own(void **state)
{
    struct sim_run plain = sim_run_job(job_of("", FIFO), 5);
    struct wn_job *job = job_of(", 'save_time': 45, 'spread': 4", FIFO);
    struct wn_sim_config cfg = {.job = job, .n_workers = 1, .n_slots = 5};
    struct sim_run run = {.job = job};
    struct wn_problems problems = {0};
    enum wn_opening opening;

    (void)state;
    assert_int_equal(wn_store_create_memory(&run.store, NULL), WN_OK);
    cfg.store = run.store;
    assert_int_equal(wn_sim_open(&cfg, &opening, &problems, &run.sim, NULL), WN_OK);
    assert_int_equal(wn_sim_run(run.sim, NULL), WN_OK);
    for (uint32_t t = 0; t < TRIALS; t++) {
        const struct wn_trial *a = wn_history_trial(sim_run_history(&plain), t);
        const struct wn_trial *b = wn_history_trial(sim_run_history(&run), t);

        assert_int_equal(a->n_reports, b->n_reports);
        for (uint32_t k = 0; k < a->n_reports; k++)
            assert_true(a->reports[k].loss == b->reports[k].loss);
    }
    sim_run_release(&plain);
    sim_run_release(&run);
}

/* --- of workers and jobs --- */

struct camp {
    struct wn_job *job;
    struct wn_store *store;
    struct wn_campaign *campaign;
};

static struct camp run_camp(struct wn_job *job, struct wn_campaign_config cfg)
{
    struct camp camp = {.job = job};
    struct wn_problems problems = {0};
    struct wn_error err = {0};
    enum wn_opening opening;

    assert_int_equal(wn_store_create_memory(&camp.store, NULL), WN_OK);
    cfg.sim.job = job;
    cfg.sim.store = camp.store;
    cfg.sim.n_workers = cfg.sim.n_workers ? cfg.sim.n_workers : 4;
    cfg.sim.n_slots = 1;
    if (wn_campaign_run(&cfg, &opening, &problems, &camp.campaign, &err) != WN_OK)
        fail_msg("%s", err.text);
    return camp;
}

static void release_camp(struct camp *camp)
{
    wn_campaign_destroy(camp->campaign);
    wn_store_destroy(camp->store);
    wn_job_destroy(camp->job);
}

static const struct wn_study *study_of(const struct camp *camp)
{
    return wn_coord_study(wn_sim_coord(wn_campaign_sim(camp->campaign)));
}

static const struct wn_history *history_of(const struct camp *camp)
{
    return wn_study_history(study_of(camp));
}

/* Whatever happens on the way, every trial is trained in full. */
static void assert_whole(const struct camp *camp)
{
    assert_true(wn_study_is_closed(study_of(camp)));
    assert_int_equal(wn_history_totals(history_of(camp)).n_completed, TRIALS);
    for (uint32_t t = 0; t < TRIALS; t++)
        assert_int_equal(wn_history_trial(history_of(camp), t)->n_reports, UNITS);
}

static void without_trouble_it_is_one_simulation(void **state)
{
    struct camp camp = run_camp(job_of("", FIFO), (struct wn_campaign_config){0});
    struct wn_campaign_told told = *wn_campaign_told(camp.campaign);

    (void)state;
    assert_whole(&camp);
    assert_int_equal(told.n_jobs, 1);
    assert_int_equal(told.n_losses, 0);
    assert_true(wn_campaign_wasted(camp.campaign) == 0);
    assert_true(told.counts.units == TRIALS * UNITS);
    /* 30 trials of 9 minutes on 4 slots: 8 rounds */
    assert_int_equal(told.end_us, 8 * UNITS * MINUTE);
    assert_int_equal(told.usage.busy_us, TRIALS * UNITS * MINUTE);
    release_camp(&camp);
}

static void lost_workers_come_back_and_nothing_is_lost_for_good(void **state)
{
    static const struct wn_campaign_config cfg = {.losses_per_hour = 2,
                                                  .back_us = 5 * MINUTE};
    struct camp a = run_camp(job_of("", FIFO ", 'max_losses': 50"), cfg);
    struct camp b = run_camp(job_of("", FIFO ", 'max_losses': 50"), cfg);
    const struct wn_campaign_told *told = wn_campaign_told(a.campaign);

    (void)state;
    assert_whole(&a);
    assert_in_range(told->n_losses, 4, 40);
    assert_true(wn_campaign_wasted(a.campaign) > 1);
    assert_true(told->end_us > 8 * UNITS * MINUTE);
    assert_int_equal(told->end_us, wn_campaign_told(b.campaign)->end_us);
    assert_int_equal(wn_study_digest(study_of(&a)), wn_study_digest(study_of(&b)));
    release_camp(&a);
    release_camp(&b);
}

static void lost_for_good_until_none_is_left_means_another_job(void **state)
{
    struct camp camp = run_camp(
        job_of("", FIFO ", 'max_losses': 50"),
        (struct wn_campaign_config){
            .losses_per_hour = 4, .back_us = -1, .wait_us = HOUR, .sim.n_workers = 2});
    const struct wn_campaign_told *told = wn_campaign_told(camp.campaign);

    (void)state;
    assert_whole(&camp);
    assert_true(told->n_jobs > 1);
    assert_int_equal(told->queued_us, (int64_t)(told->n_jobs - 1) * HOUR);
    assert_int_equal(told->n_killed, 0);
    release_camp(&camp);
}

/* A job of 20 minutes; with a drain of 2 minutes reports come back in time, without one
 * what ran since the last checkpoint is lost. */
static void a_job_that_ends_at_its_limit_is_queued_again(void **state)
{
    static const struct {
        int64_t drain_us;
        bool is_killed;
    } rows[] = {{2 * MINUTE, false}, {30 * SECOND, true}, {0, true}};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct camp camp = run_camp(
            job_of("", FIFO), (struct wn_campaign_config){.job_us = 20 * MINUTE,
                                                          .drain_us = rows[i].drain_us,
                                                          .wait_us = HOUR});
        const struct wn_campaign_told *told = wn_campaign_told(camp.campaign);

        assert_whole(&camp);
        assert_in_range(told->n_jobs, 4, 12);
        assert_true((told->n_killed > 0) == rows[i].is_killed);
        assert_true((wn_campaign_wasted(camp.campaign) > 0) == rows[i].is_killed);
        assert_int_equal(told->queued_us, (int64_t)(told->n_jobs - 1) * HOUR);
        /* study time stands still in the queue */
        assert_true(wn_study_time_ms(study_of(&camp)) * 1000 + told->queued_us <=
                    told->end_us);
        release_camp(&camp);
    }
}

/* A campaign of two workers that comes to nothing. */
static struct wn_error fail_camp(struct wn_campaign_config cfg, enum wn_status rc)
{
    struct wn_job *job = job_of("", FIFO);
    struct wn_problems problems = {0};
    struct wn_campaign *campaign = NULL;
    struct wn_error err = {0};
    enum wn_opening opening;

    cfg.sim = (struct wn_sim_config){.job = job, .n_workers = 2, .n_slots = 1};
    assert_int_equal(wn_store_create_memory(&cfg.sim.store, NULL), WN_OK);
    assert_int_equal(wn_campaign_run(&cfg, &opening, &problems, &campaign, &err), rc);
    assert_null(campaign);
    wn_store_destroy(cfg.sim.store);
    wn_job_destroy(job);
    return err;
}

static void a_limit_too_short_for_a_unit_is_refused(void **state)
{
    (void)state;
    (void)fail_camp((struct wn_campaign_config){.job_us = 40 * SECOND}, WN_EINVAL);
}

static void one_can_stop_looking(void **state)
{
    struct camp camp =
        run_camp(job_of("", FIFO), (struct wn_campaign_config){.until_us = 30 * MINUTE});

    (void)state;
    assert_false(wn_study_is_closed(study_of(&camp)));
    assert_in_range(wn_campaign_told(camp.campaign)->end_us, 29 * MINUTE, 30 * MINUTE);
    /* three rounds of 9 minutes are done, and three units more */
    assert_int_equal(wn_history_totals(history_of(&camp)).n_completed, 12);
    release_camp(&camp);
    camp = run_camp(job_of("", FIFO), (struct wn_campaign_config){.until_us = 30 * MINUTE,
                                                                  .job_us = 20 * MINUTE,
                                                                  .wait_us = HOUR});
    assert_false(wn_study_is_closed(study_of(&camp)));
    assert_int_equal(wn_campaign_told(camp.campaign)->n_jobs, 1);
    release_camp(&camp);
}

static void a_campaign_survives_the_failure_of_any_allocation(void **state)
{
    struct wn_job *job = job_of("", ASHA);
    enum wn_status rc = WN_ENOMEM;

    (void)state;
    for (uint64_t n = 1; rc == WN_ENOMEM && n < 1000000; n += 1 + n / 40) {
        struct wn_campaign_config cfg = {
            .sim = {.job = job, .n_workers = 2, .n_slots = 1},
            .losses_per_hour = 3,
            .back_us = MINUTE,
            .job_us = 10 * MINUTE,
            .drain_us = 90 * SECOND};
        struct wn_problems problems = {0};
        struct wn_campaign *campaign = NULL;
        struct wn_error err = {0};
        enum wn_opening opening;

        assert_int_equal(wn_store_create_memory(&cfg.sim.store, NULL), WN_OK);
        wn_mem_fail_after(n);
        rc = wn_campaign_run(&cfg, &opening, &problems, &campaign, &err);
        wn_mem_fail_after(0);
        if (rc != WN_OK && rc != WN_ENOMEM)
            fail_msg("allocation %llu: %s", (unsigned long long)n, err.text);
        wn_campaign_destroy(campaign);
        wn_store_destroy(cfg.sim.store);
        wn_problems_release(&problems);
    }
    assert_int_equal(rc, WN_OK);
    wn_job_destroy(job);
}

/* --- the coordinator's own time --- */

static void decisions_that_are_charged_take_time(void **state)
{
    struct camp free_of_charge =
        run_camp(job_of("", ASHA), (struct wn_campaign_config){0});
    struct camp charged = run_camp(
        job_of("", ASHA), (struct wn_campaign_config){.sim.charges_steps = true});

    (void)state;
    assert_true(wn_study_is_closed(study_of(&charged)));
    assert_true(wn_campaign_told(charged.campaign)->end_us >
                wn_campaign_told(free_of_charge.campaign)->end_us);
    release_camp(&free_of_charge);
    release_camp(&charged);
}

/* 4 workers that report every minute, and a coordinator that takes a millisecond, 5 s, 20 s
 * for a message: with 20 s it has hardly any time left. */
static void a_slow_coordinator_saturates(void **state)
{
    static const struct {
        int64_t message_us;
        double least, most; /* of the coordinator's time */
    } rows[] = {{SECOND / 1000, 0, 0.001}, {5 * SECOND, 0.3, 0.5}, {20 * SECOND, 0.9, 1}};
    int64_t before_us = 0;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct camp camp =
            run_camp(job_of("", FIFO),
                     (struct wn_campaign_config){.sim.message_us = rows[i].message_us});
        const struct wn_campaign_told *told = wn_campaign_told(camp.campaign);
        double share = (double)told->coordinator_us / (double)told->end_us;

        assert_whole(&camp);
        if (share < rows[i].least || share > rows[i].most)
            fail_msg("at %lld us a message it was at work for %.3f of the time",
                     (long long)rows[i].message_us, share);
        assert_true(told->end_us > before_us);
        before_us = told->end_us;
        release_camp(&camp);
    }
}

/* The noise of a trial and of its seed does not depend on how often it was resumed. */
static void noise_is_the_same_over_resumes(void **state)
{
    struct sim_run once = sim_run_job(job_of(", 'noise': 0.1", FIFO), 3);
    struct sim_run often = sim_run_job(job_of(", 'noise': 0.1", ASHA), 3);
    size_t n_resumed = 0;

    (void)state;
    for (uint32_t t = 0; t < TRIALS; t++) {
        const struct wn_trial *a = wn_history_trial(sim_run_history(&once), t);
        const struct wn_trial *b = wn_history_trial(sim_run_history(&often), t);

        assert_true(a->cells[0].f == b->cells[0].f);
        n_resumed += b->n_reports > 1;
        for (uint32_t k = 0; k < b->n_reports; k++)
            assert_true(a->reports[k].loss == b->reports[k].loss);
    }
    assert_true(n_resumed > 3);
    sim_run_release(&once);
    sim_run_release(&often);
}

/* What passes between reports is a few steps, whatever the clock says. */
static void idle_time_costs_nothing(void **state)
{
    struct wn_job *job = job_of("", FIFO);
    struct wn_sim_config cfg = {.job = job, .n_workers = 1, .n_slots = 1};
    struct wn_problems problems = {0};
    struct wn_sim *sim = NULL;
    enum wn_opening opening;
    size_t n_steps = 0;

    (void)state;
    assert_int_equal(wn_sim_open(&cfg, &opening, &problems, &sim, NULL), WN_OK);
    while (!wn_sim_is_done(sim) && wn_sim_next_us(sim) != INT64_MAX) {
        assert_int_equal(wn_sim_step(sim, NULL), WN_OK);
        n_steps++;
    }
    /* a timer a minute, and what a report of each minute needs */
    assert_in_range(n_steps, TRIALS * UNITS, 10 * TRIALS * UNITS);
    wn_sim_destroy(sim);
    wn_job_destroy(job);
}

static void whoever_looks_ends_in_the_queue(void **state)
{
    struct camp camp =
        run_camp(job_of("", FIFO), (struct wn_campaign_config){.job_us = 20 * MINUTE,
                                                               .drain_us = 2 * MINUTE,
                                                               .wait_us = 5 * HOUR,
                                                               .until_us = 2 * HOUR});
    const struct wn_campaign_told *told = wn_campaign_told(camp.campaign);

    (void)state;
    assert_int_equal(told->n_jobs, 1);
    assert_int_equal(told->end_us, 2 * HOUR);
    assert_in_range(told->end_us - told->queued_us, 18 * MINUTE, 20 * MINUTE);
    release_camp(&camp);
}

static void one_that_is_asked_to_stop_says_how_far_it_came(void **state)
{
    static const volatile sig_atomic_t stop = 1;
    struct wn_error err =
        fail_camp((struct wn_campaign_config){.job_us = HOUR, .stop = &stop}, WN_ESYSTEM);

    (void)state;
    assert_string_equal(err.text, "interrupted after 0 s of virtual time");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slow_trials_take_longer_for_good),
        cmocka_unit_test(checkpoints_cost_time_when_saved_and_when_restored),
        cmocka_unit_test(a_report_behind_a_save_is_the_trials_own),
        cmocka_unit_test(without_trouble_it_is_one_simulation),
        cmocka_unit_test(lost_workers_come_back_and_nothing_is_lost_for_good),
        cmocka_unit_test(lost_for_good_until_none_is_left_means_another_job),
        cmocka_unit_test(a_job_that_ends_at_its_limit_is_queued_again),
        cmocka_unit_test(a_limit_too_short_for_a_unit_is_refused),
        cmocka_unit_test(one_can_stop_looking),
        cmocka_unit_test(a_campaign_survives_the_failure_of_any_allocation),
        cmocka_unit_test(decisions_that_are_charged_take_time),
        cmocka_unit_test(a_slow_coordinator_saturates),
        cmocka_unit_test(noise_is_the_same_over_resumes),
        cmocka_unit_test(idle_time_costs_nothing),
        cmocka_unit_test(whoever_looks_ends_in_the_queue),
        cmocka_unit_test(one_that_is_asked_to_stop_says_how_far_it_came),
    };

    wn_log_set_level(WN_LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

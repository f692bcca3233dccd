/* test_simulate_sick.c - a worker that can start nothing must not spoil the study. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include "simulate/sim.h"

/* The function runner, but the first one made has neither memory nor processes. */
static const struct wn_runner_ops *healthy;
static struct wn_runner *sick;
static unsigned n_refusals;

static enum wn_status create_one(const struct wn_runner_config *cfg,
                                 struct wn_runner **out,
                                 struct wn_error *err)
{
    enum wn_status rc = healthy->create(cfg, out, err);

    if (rc == WN_OK && !sick)
        sick = *out;
    return rc;
}

static enum wn_status start_or_refuse(struct wn_runner *self,
                                      size_t slot,
                                      const struct wn_task *task,
                                      int64_t now_us,
                                      struct wn_error *err)
{
    if (self != sick)
        return healthy->start(self, slot, task, now_us, err);
    n_refusals++;
    return wn_fail(err, WN_ESYSTEM, "no processes are left");
}

static void a_worker_that_can_start_nothing_spoils_little(void **state)
{
    static const char text[] =
        "{\"name\": \"sick\", \"trial\": {\"runner\": \"function\", \"function\": "
        "\"storm\", \"unit_time\": 20}, \"space\": {\"x\": {\"type\": \"float\", "
        "\"low\": 0, \"high\": 1}}, \"metric\": {\"name\": \"loss\"}, \"resource\": "
        "{\"max\": 27}, \"scheduler\": {\"type\": \"asha\"}, \"stop\": "
        "{\"trials_started\": 200}}";
    struct wn_sim_config cfg = {.n_workers = 4, .n_slots = 1};
    struct wn_problems problems = {0};
    struct wn_runner_ops ops;
    struct wn_totals totals;
    struct wn_error err = {0};
    enum wn_opening opening;
    struct wn_job *job = NULL;
    struct wn_sim *sim = NULL;

    (void)state;
    assert_int_equal(
        wn_job_parse(text, strlen(text), NULL, NULL, 0, &problems, &job, &err), WN_OK);
    healthy = job->runner;
    ops = *healthy;
    ops.create = create_one;
    ops.start = start_or_refuse;
    job->runner = &ops;
    assert_int_equal(wn_store_create_memory(&cfg.store, &err), WN_OK);
    cfg.job = job;
    assert_int_equal(wn_sim_open(&cfg, &opening, &problems, &sim, &err), WN_OK);
    if (wn_sim_run(sim, &err) != WN_OK)
        fail_msg("%s", err.text);
    totals = wn_history_totals(wn_study_history(wn_coord_study(wn_sim_coord(sim))));
    assert_int_equal(totals.n_configured, 200);
    assert_true(n_refusals > 0);
    if (n_refusals > 50 || totals.n_failed > 4)
        fail_msg("%u starts were refused, and %llu trials failed", n_refusals,
                 (unsigned long long)totals.n_failed);
    wn_sim_destroy(sim);
    wn_store_destroy(cfg.store);
    wn_job_destroy(job);
    wn_problems_release(&problems);
}

static void hush(void *arg, enum wn_log_level level, const char *part, const char *line)
{
    (void)arg, (void)level, (void)part, (void)line;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_worker_that_can_start_nothing_spoils_little),
    };

    wn_log_set_sink(hush, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

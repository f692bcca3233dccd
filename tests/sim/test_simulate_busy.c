/* test_simulate_busy.c - workers have something to do while there are configurations.
 *
 * 256 workers in virtual time, configurations whose units take ten times as long in the
 * slowest as in the fastest. Counted are slot-seconds in which a trial runs, from the
 * first dispatch until the supply ends (`exhausted`): at least 95 % of all there are.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "simulate/sim.h"

#define N_WORKERS 256

static struct wn_error err;

/* To add a scheduler: its section of the job, and how many trials are enough. */
static const struct {
    const char *scheduler;
    int n_trials;
} studies[] = {
    {"{\"type\": \"hyperband\"}", 4000},
    {"{\"type\": \"hyperband\", \"brackets\": 1}", 4000},
    {"{\"type\": \"hyperband\", \"sizes\": \"table\", \"reduction_factor\": 4}", 4000},
    {"{\"type\": \"asha\"}", 4000},
    {"{\"type\": \"fifo\"}", 2000},
};

struct load {
    double busy_s, room_s; /* slot-seconds before the supply ended */
    double end_s;          /* when everything was done */
    size_t n_open;         /* most lines "open: ..." of a description */
};

static struct wn_job *make_job(const char *scheduler, int n_trials)
{
    struct wn_problems problems = {0};
    struct wn_job *job = NULL;
    char text[768];
    int n =
        snprintf(text, sizeof text,
                 "{\"name\": \"busy\", \"trial\": {\"runner\": \"function\", "
                 "\"function\": \"curve\", \"unit_time\": 60, \"spread\": 10},"
                 " \"space\": {\"x\": {\"type\": \"float\", \"low\": 0, \"high\": 1}},"
                 " \"metric\": {\"name\": \"loss\"}, \"resource\": {\"max\": 81},"
                 " \"scheduler\": %s, \"initial\": [],"
                 " \"stop\": {\"trials_started\": %d}, \"seed\": 1}",
                 scheduler, n_trials);

    if (wn_job_parse(text, (size_t)n, "/", NULL, 0, &problems, &job, &err) != WN_OK)
        fail_msg("%s: %s", scheduler, problems.n ? problems.at[0] : err.text);
    wn_problems_release(&problems);
    return job;
}

static size_t count_open(const struct wn_study *study)
{
    struct wn_buf text = {0};
    size_t n = 0;

    wn_study_configuration(study)->sched->describe(wn_study_sched(study), &text);
    for (const char *at = wn_buf_text(&text); (at = strstr(at, "\nopen: ")); at++)
        n++;
    wn_buf_release(&text);
    return n;
}

static struct load run(const struct wn_job *job)
{
    struct wn_store *store = NULL;
    struct wn_sim_config cfg = {
        .job = job, .n_workers = N_WORKERS, .n_slots = 1, .delay_us = 1000};
    struct wn_problems problems = {0};
    enum wn_opening opening;
    struct wn_sim *sim = NULL;
    struct load load = {0};
    int64_t now_us = 0;

    assert_int_equal(wn_store_create_memory(&store, NULL), WN_OK);
    cfg.store = store;
    if (wn_sim_open(&cfg, &opening, &problems, &sim, &err) != WN_OK)
        fail_msg("%s", err.text);
    for (uint64_t step = 0; !wn_sim_is_done(sim); step++) {
        const struct wn_study *study = wn_coord_study(wn_sim_coord(sim));
        int64_t next_us = wn_sim_next_us(sim);
        double passed_s = (double)(next_us - now_us) / 1e6;

        if (!wn_history_is_exhausted(wn_study_history(study)) &&
            wn_history_n_trials(wn_study_history(study))) {
            load.busy_s += passed_s * wn_study_n_running(study);
            load.room_s += passed_s * N_WORKERS;
        }
        if (step % 1000 == 0 && count_open(study) > load.n_open)
            load.n_open = count_open(study);
        now_us = next_us;
        if (wn_sim_step(sim, &err) != WN_OK)
            fail_msg("%s", err.text);
    }
    load.end_s = (double)now_us / 1e6;
    wn_sim_destroy(sim);
    wn_store_destroy(store);
    return load;
}

static void workers_are_busy_until_the_supply_ends(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof studies / sizeof studies[0]; i++) {
        struct wn_job *job = make_job(studies[i].scheduler, studies[i].n_trials);
        struct load load = run(job);

        print_message("%s: %.2f %% busy for %.1f h, done after %.1f h, at most %zu "
                      "brackets open\n",
                      studies[i].scheduler, 100 * load.busy_s / load.room_s,
                      load.room_s / N_WORKERS / 3600, load.end_s / 3600, load.n_open);
        assert_true(load.room_s > 3600.0 * N_WORKERS); /* else nothing was seen */
        if (load.busy_s < 0.95 * load.room_s)
            fail_msg("%s: workers were idle", studies[i].scheduler);
        wn_job_destroy(job);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(workers_are_busy_until_the_supply_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

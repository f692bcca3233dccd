/* test_simulate_faults.c - studies over links that are late, repeat themselves and break.
 *
 * Real coordinator and workers over the faulty wrapper, in virtual time and over the
 * loopback on the machine's clock. Links break at the coordinator's end alone: the other
 * end falls silent, as with MPI. When no worker is left the study is opened again in a
 * new world. Held to the checks of the storm; and equal seeds with equal orders of events
 * must give the same decisions, byte for byte. So too with a slow searcher: on its own
 * thread over the loopback, in no time where the clock is virtual.
 */
#define _GNU_SOURCE /* mkdtemp */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "comm/faulty.h"
#include "comm/loopback.h"
#include "comm/virtual.h"
#include "coordinator/coordinator.h"
#include "journal/journal.h"
#include "support_check.h"
#include "support_slow.h"
#include "worker/worker.h"

#define SECOND        INT64_C(1000000)
#define WORKERS_MOST  6
#define STEPS_MOST    2000000
#define OPENINGS_MOST 60

/* How a study is run. */
struct weather {
    const char *name, *scheduler;
    bool is_virtual;
    size_t n_workers, n_slots;
    struct wn_faults faults; /* of both ends; breaks: of the coordinator's */
    int64_t kill_every_us; /* the coordinator dies; 0: never. On the machine's clock later
                              * with each opening, or a slow machine never ends */
    double flaky, early;
    bool is_slow;     /* the searcher, which */
    unsigned n_looks; /* computes for so long, and */
    bool ignores_costs;
};

/* One opening: a coordinator and its workers until it is done, dead or alone. */
struct world {
    struct wn_virtual *clock; /* NULL: the loopback */
    struct wn_comm *coordinator, *workers[WORKERS_MOST];
    struct wn_coord *coord;
    struct wn_worker *parts[WORKERS_MOST];
    bool has_ended[WORKERS_MOST];
};

struct run {
    const struct weather *weather;
    struct study_check check;
    struct wn_job *job;
    char dir[96];
    struct world world;
    unsigned n_openings, n_losses;
    struct wn_error err;
};

static struct wn_job *make_job(const struct weather *weather, uint64_t seed)
{
    static const char *const sets[] = {SLOW_SET};
    struct wn_problems problems = {0};
    struct wn_job *job = NULL;
    struct wn_error err = {0};
    char text[1024];
    int n = snprintf(
        text, sizeof text,
        "{\"name\": \"faults\", \"trial\": {\"runner\": \"function\", \"function\": "
        "\"storm\", \"unit_time\": %s, \"spread\": 3, \"crash\": 0.005, \"flaky\": %g,"
        " \"early\": %g, \"checkpoint\": 0.3, \"retries\": 2},"
        " \"space\": {\"x\": {\"type\": \"float\", \"low\": 0, \"high\": 1},"
        " \"k\": {\"type\": \"int\", \"low\": 1, \"high\": 9}},"
        " \"metric\": {\"name\": \"loss\"}, \"resource\": {\"max\": 9},"
        " \"scheduler\": {%s}, \"searcher\": {\"type\": \"random\"},"
        " \"stop\": {\"trials_started\": 30}, \"max_losses\": 1000, \"seed\": %llu}",
        weather->is_virtual ? "0.4" : "0.001", weather->flaky, weather->early,
        weather->scheduler, (unsigned long long)seed);

    if (wn_job_parse(text, (size_t)n, "/", sets, weather->is_slow, &problems, &job,
                     &err) != WN_OK)
        fail_msg("%s", problems.n ? problems.at[0] : err.text);
    wn_problems_release(&problems);
    return job;
}

/* --- one world --- */

static void wrap(struct run *run, struct wn_comm **comm, uint64_t end, double breaks)
{
    struct wn_faults faults = run->weather->faults;

    faults.seed = run->check.seed + 1000 * run->n_openings + end;
    faults.breaks = breaks;
    check_ok(&run->check, wn_faulty_create(*comm, &faults, comm, &run->err), &run->err);
}

static void create_links(struct run *run)
{
    const struct weather *weather = run->weather;
    struct world *world = &run->world;

    *world = (struct world){0};
    if (weather->is_virtual) {
        check_ok(
            &run->check,
            wn_virtual_create(weather->n_workers, SECOND / 50, &world->clock, &run->err),
            &run->err);
        world->coordinator = wn_virtual_endpoint(world->clock, WN_VIRTUAL_COORDINATOR);
        for (size_t i = 0; i < weather->n_workers; i++)
            world->workers[i] = wn_virtual_endpoint(world->clock, i);
    } else {
        check_ok(&run->check,
                 wn_loopback_create(weather->n_workers, &world->coordinator,
                                    world->workers, &run->err),
                 &run->err);
    }
    wrap(run, &world->coordinator, 0, weather->faults.breaks);
    for (size_t i = 0; i < weather->n_workers; i++)
        wrap(run, &world->workers[i], 1 + i, 0);
}

/* False: the study is finished. */
static bool open_world(struct run *run)
{
    struct world *world = &run->world;
    struct wn_coord_config cfg = {.job = run->job,
                                  .study_dir = run->dir,
                                  .store = run->check.store,
                                  .is_simulated = run->weather->is_virtual,
                                  .has_thread = !run->weather->is_virtual};
    struct wn_problems problems = {0};
    enum wn_opening opening;

    if (++run->n_openings > OPENINGS_MOST)
        check_failed(&run->check, "the study never ends");
    create_links(run);
    cfg.comm = world->coordinator;
    check_ok(&run->check,
             wn_coord_open(&cfg, &opening, &problems, &world->coord, &run->err),
             &run->err);
    wn_problems_release(&problems);
    if (opening == WN_OPENING_FINISHED)
        return false;
    for (size_t i = 0; i < run->weather->n_workers; i++) {
        struct wn_worker_config worker = {
            .comm = world->workers[i], .ops = run->job->runner, .host = "faulty"};
        wn_job_runner_config(run->job, &worker.runner);
        worker.runner.store = run->check.store;
        worker.runner.n_slots = run->weather->n_slots;
        check_ok(&run->check, wn_worker_create(&worker, &world->parts[i], &run->err),
                 &run->err);
    }
    return true;
}

static void destroy_world(struct world *world)
{
    wn_coord_destroy(world->coord);
    for (size_t i = 0; i < WORKERS_MOST; i++)
        wn_worker_destroy(world->parts[i]);
    wn_comm_destroy(world->coordinator);
    for (size_t i = 0; i < WORKERS_MOST; i++)
        wn_comm_destroy(world->workers[i]);
    wn_virtual_destroy(world->clock);
    *world = (struct world){0};
}

/* When a part wants to be stepped again; what its wrapper holds back included, where the
 * clock is virtual: there wait() only notes the wish. */
static int64_t sleep_until(struct wn_comm *comm, int64_t at_us, bool is_virtual)
{
    int64_t left_us = at_us - wn_comm_now_us(comm);
    struct wn_error err;

    if (left_us < 0)
        left_us = 0;
    if (is_virtual &&
        wn_comm_wait(comm, NULL, 0, at_us == INT64_MAX ? -1 : left_us, &err) != WN_OK)
        fail_msg("%s", err.text);
    return left_us;
}

/* False: all workers are lost. */
static bool step_coordinator(struct run *run, int64_t *left_us)
{
    struct world *world = &run->world;
    enum wn_status rc = wn_coord_step(world->coord, &run->err);

    if (rc == WN_ESYSTEM)
        return false;
    check_ok(&run->check, rc, &run->err);
    *left_us = sleep_until(world->coordinator, wn_coord_deadline_us(world->coord),
                           world->clock != NULL);
    return true;
}

static void step_worker(struct run *run, size_t i, int64_t *left_us)
{
    struct world *world = &run->world;
    int64_t own_us;

    if (world->has_ended[i])
        return;
    check_ok(&run->check,
             wn_worker_step(world->parts[i], &world->has_ended[i], &run->err), &run->err);
    own_us = sleep_until(world->workers[i], wn_worker_deadline_us(world->parts[i]),
                         world->clock != NULL);
    if (own_us < *left_us)
        *left_us = own_us;
}

/* Run one opening; true: the coordinator is done. */
static bool run_world(struct run *run)
{
    struct world *world = &run->world;
    int64_t left_us = 0, kill_us = run->weather->kill_every_us;
    struct pollfd fd = {.fd = -1};
    size_t n_fds;

    if (kill_us && !world->clock)
        kill_us *= run->n_openings;
    if (kill_us)
        kill_us += wn_comm_now_us(world->coordinator);
    for (size_t i = 0; i < run->weather->n_workers; i++) /* to say hello */
        step_worker(run, i, &left_us);
    for (long n = 0; !wn_coord_is_done(world->coord); n++) {
        if (n > STEPS_MOST)
            check_failed(&run->check, "the opening never ends");
        if (kill_us && wn_comm_now_us(world->coordinator) >= kill_us)
            return false;
        if (world->clock) {
            size_t who;
            if (n == 0)
                who = WN_VIRTUAL_COORDINATOR;
            else if (!wn_virtual_next(world->clock, &who))
                check_failed(&run->check, "nothing is left to happen");
            if (who != WN_VIRTUAL_COORDINATOR)
                step_worker(run, who, &left_us);
            else if (!step_coordinator(run, &left_us))
                return false;
        } else {
            if (!step_coordinator(run, &left_us))
                return false;
            for (size_t i = 0; i < run->weather->n_workers; i++)
                step_worker(run, i, &left_us);
            n_fds = wn_coord_fds(world->coord, &fd, 1);
            check_ok(&run->check,
                     wn_comm_wait(world->coordinator, &fd, n_fds,
                                  left_us < 500 ? left_us : 500, &run->err),
                     &run->err);
        }
    }
    return true;
}

/* --- one study --- */

static void begin(struct run *run, const struct weather *weather, uint64_t seed)
{
    const char *tmp = getenv("TMPDIR");

    *run =
        (struct run){.weather = weather,
                     .check = {.name = weather->name, .seed = seed, .most_trials = 30}};
    run->job = make_job(weather, seed);
    slow_use((struct ponder_settings){.ignores_costs = weather->ignores_costs,
                                      .n_looks = weather->n_looks});
    (void)snprintf(run->dir, sizeof run->dir, "%.60s/winnow-faults-XXXXXX",
                   tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(run->dir));
    (void)snprintf(run->check.journal, sizeof run->check.journal, "%s/journal", run->dir);
    assert_int_equal(wn_store_create_memory(&run->check.store, NULL), WN_OK);
}

static void run_to_the_end(struct run *run)
{
    bool is_done = false;

    while (!is_done && open_world(run)) {
        is_done = run_world(run);
        run->n_losses += wn_coord_had_loss(run->world.coord);
        if (is_done &&
            wn_study_stop_reason(wn_coord_study(run->world.coord), NULL) != WN_STOP_DONE)
            check_failed(&run->check, "the study was closed before its end");
        destroy_world(&run->world);
    }
    destroy_world(&run->world);
    check_end(&run->check, false);
}

static void end(struct run *run)
{
    assert_int_equal(wn_dir_remove(run->dir, NULL), WN_OK);
    wn_store_destroy(run->check.store);
    wn_job_destroy(run->job);
}

static const char *const schedulers[][2] = {
    {"fifo", "\"type\": \"fifo\""},
    {"asha promotion", "\"type\": \"asha\", \"variant\": \"promotion\""},
    {"asha stopping", "\"type\": \"asha\", \"variant\": \"stopping\""},
    {"fuzz", "\"type\": \"fuzz\""},
    {"fork", "\"type\": \"fork\""},
};
#define N_SCHEDULERS (sizeof schedulers / sizeof schedulers[0])

static void all_schedulers(struct weather weather, uint64_t n_seeds)
{
    unsigned n_openings = 0, n_losses = 0;

    for (size_t i = 0; i < N_SCHEDULERS; i++) {
        weather.name = schedulers[i][0];
        weather.scheduler = schedulers[i][1];
        for (uint64_t seed = 1; seed <= n_seeds; seed++) {
            struct run run;
            begin(&run, &weather, seed);
            run_to_the_end(&run);
            if (i == 1)
                assert_true(check_promotions(&run.check) > 0);
            n_openings += run.n_openings;
            n_losses += run.n_losses;
            end(&run);
        }
    }
    print_message("%d studies, %u openings, %u with lost workers\n",
                  (int)(N_SCHEDULERS * n_seeds), n_openings, n_losses);
    if (weather.faults.breaks > 0)
        assert_true(n_losses > 0 && n_openings > N_SCHEDULERS * n_seeds);
}

/* --- trouble --- */

static void virtual_studies_survive_late_and_repeated_messages(void **state)
{
    (void)state;
    all_schedulers(
        (struct weather){.is_virtual = true,
                         .n_workers = 4,
                         .n_slots = 1,
                         .faults = {.late = 0.3, .repeat = 0.2, .late_us = 3 * SECOND},
                         .flaky = 0.01,
                         .early = 0.01},
        25);
}

static void virtual_studies_survive_broken_links(void **state)
{
    (void)state;
    all_schedulers(
        (struct weather){
            .is_virtual = true,
            .n_workers = 3,
            .n_slots = 2,
            .faults = {.late = 0.1, .repeat = 0.1, .breaks = 0.03, .late_us = SECOND},
            .flaky = 0.01,
            .early = 0.01},
        25);
}

static void loopback_studies_survive_late_and_repeated_messages(void **state)
{
    (void)state;
    all_schedulers(
        (struct weather){.n_workers = 3,
                         .n_slots = 2,
                         .faults = {.late = 0.2, .repeat = 0.2, .late_us = 2000},
                         .flaky = 0.01,
                         .early = 0.01},
        2);
}

static void loopback_studies_survive_broken_links(void **state)
{
    (void)state;
    all_schedulers(
        (struct weather){
            .n_workers = 3,
            .n_slots = 1,
            .faults = {.late = 0.1, .repeat = 0.1, .breaks = 0.02, .late_us = 1000},
            .flaky = 0.01,
            .early = 0.01},
        2);
}

/* A thought takes as long as some units of training. */
static void loopback_studies_survive_kills_while_their_searcher_thinks(void **state)
{
    (void)state;
    all_schedulers((struct weather){.n_workers = 3,
                                    .n_slots = 2,
                                    .faults = {.late = 0.1, .late_us = 1000},
                                    .kill_every_us = 25000,
                                    .flaky = 0.01,
                                    .early = 0.01,
                                    .is_slow = true,
                                    .n_looks = 300},
                   2);
}

/* --- sameness --- */

struct record {
    struct wn_buf bytes;
    bool only_decisions; /* logical events, without what a clock or a number of a dispatch
                          * puts into them */
};

static void put_event(struct record *record, const struct wn_event *event)
{
    size_t at = record->bytes.n;

    wn_put_u32(&record->bytes, 0);
    wn_event_encode(event, &record->bytes);
    assert_false(record->bytes.failed);
    assert_true(record->bytes.n > at + 4);
}

static enum wn_status take_event(void *arg,
                                 const struct wn_event *event,
                                 struct wn_error *err)
{
    struct record *record = arg;
    struct wn_event plain = *event;

    (void)err;
    if (event->kind == WN_EVENT_OPENED) {
        plain.opened.wall_ms = 0;
        plain.opened.host = "";
    }
    if (!record->only_decisions) {
        put_event(record, &plain);
        return WN_OK;
    }
    if (!wn_event_is_logical(event->kind))
        return WN_OK;
    plain.time_ms = 0;
    if (event->kind == WN_EVENT_REPORTED) {
        plain.reported.elapsed_ms = plain.reported.cost_ms = 0;
        plain.reported.checkpoint = (struct wn_generation){0};
    } else if (event->kind == WN_EVENT_ENDED) {
        plain.ended.cost_ms = 0;
    }
    put_event(record, &plain);
    return WN_OK;
}

static struct wn_buf recorded(const struct weather *weather,
                              uint64_t seed,
                              bool only_decisions)
{
    struct record record = {.only_decisions = only_decisions};
    struct wn_journal_summary summary;
    struct run run;

    begin(&run, weather, seed);
    run_to_the_end(&run);
    check_ok(&run.check,
             wn_journal_read(run.check.journal, take_event, &record, &summary, &run.err),
             &run.err);
    assert_true(record.bytes.n > 1000);
    if (weather->kill_every_us)
        assert_true(run.n_openings > 2);
    end(&run);
    return record.bytes;
}

static void assert_equal_bytes(const struct weather *weather,
                               uint64_t seed,
                               struct wn_buf *a,
                               struct wn_buf *b)
{
    size_t n = a->n < b->n ? a->n : b->n, at = 0;

    while (at < n && a->at[at] == b->at[at])
        at++;
    if (at < n || a->n != b->n)
        fail_msg("%s, seed %d: %zu and %zu bytes, equal up to %zu", weather->name,
                 (int)seed, a->n, b->n, at);
    wn_buf_release(a);
    wn_buf_release(b);
}

static void equal_seeds_give_equal_journals_in_virtual_time(void **state)
{
    struct weather weather = {
        .is_virtual = true,
        .n_workers = 4,
        .n_slots = 2,
        .faults = {.late = 0.3, .repeat = 0.2, .breaks = 0.02, .late_us = 3 * SECOND},
        .flaky = 0.01,
        .early = 0.01};

    (void)state;
    for (size_t i = 0; i < N_SCHEDULERS; i++)
        for (uint64_t seed = 1; seed <= 5; seed++) {
            struct wn_buf one, two;
            weather.name = schedulers[i][0];
            weather.scheduler = schedulers[i][1];
            one = recorded(&weather, seed, false);
            two = recorded(&weather, seed, false);
            assert_equal_bytes(&weather, seed, &one, &two);
        }
}

static void other_seeds_give_other_journals(void **state)
{
    struct weather weather = {.name = "fifo",
                              .scheduler = "\"type\": \"fifo\"",
                              .is_virtual = true,
                              .n_workers = 2,
                              .n_slots = 1};
    struct wn_buf one = recorded(&weather, 1, true), two = recorded(&weather, 2, true);

    (void)state;
    assert_false(one.n == two.n && memcmp(one.at, two.at, one.n) == 0);
    wn_buf_release(&one);
    wn_buf_release(&two);
}

/* With one slot the order of events is that of the decisions, so neither late messages nor
 * the machine's clock nor a coordinator that is killed again and again changes any. Forks
 * name dispatch numbers, which those shift. */
static void one_slot_gives_equal_decisions_whatever_happens(void **state)
{
    struct weather calm = {
        .is_virtual = true, .n_workers = 1, .n_slots = 1, .early = 0.02};
    struct weather late = calm, real = calm, killed = calm;
    const struct weather *const others[] = {&late, &real, &killed};

    (void)state;
    late.faults = (struct wn_faults){.late = 0.4, .repeat = 0.3, .late_us = 5 * SECOND};
    real.is_virtual = false;
    killed.kill_every_us = 23 * SECOND;
    for (size_t i = 0; i + 1 < N_SCHEDULERS; i++)
        for (uint64_t seed = 1; seed <= 2; seed++)
            for (size_t k = 0; k < sizeof others / sizeof others[0]; k++) {
                struct weather other = *others[k];
                struct wn_buf one, two;
                calm.is_slow = calm.ignores_costs = seed == 2;
                other.is_slow = other.ignores_costs = seed == 2;
                calm.name = other.name = schedulers[i][0];
                calm.scheduler = other.scheduler = schedulers[i][1];
                one = recorded(&calm, seed, true);
                two = recorded(&other, seed, true);
                assert_equal_bytes(&other, seed, &one, &two);
            }
}

/* Trouble is asked for here: nobody wants to read of each. */
static void hush(void *arg, enum wn_log_level level, const char *part, const char *line)
{
    (void)arg, (void)level, (void)part, (void)line;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(virtual_studies_survive_late_and_repeated_messages),
        cmocka_unit_test(virtual_studies_survive_broken_links),
        cmocka_unit_test(loopback_studies_survive_late_and_repeated_messages),
        cmocka_unit_test(loopback_studies_survive_broken_links),
        cmocka_unit_test(loopback_studies_survive_kills_while_their_searcher_thinks),
        cmocka_unit_test(equal_seeds_give_equal_journals_in_virtual_time),
        cmocka_unit_test(other_seeds_give_other_journals),
        cmocka_unit_test(one_slot_gives_equal_decisions_whatever_happens),
    };

    wn_log_set_sink(hush, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

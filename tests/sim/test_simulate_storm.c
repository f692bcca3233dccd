/* test_simulate_storm.c - studies under trouble, seeded, in virtual time.
 *
 * The real study, journal, coordinator and workers; kills between any two steps, power
 * loss of the unsynced tail, a coordinator that sleeps and is fenced, workers wrongly
 * thought lost, programs that crash or end early, drains, and restarts with other numbers
 * of workers: up to 15 in most storms, some hundreds in one of fifty, and so many more
 * trials. What must hold, whatever happened (support_check.h): the study ends; every unit of
 * every trial is stored once and none is missing; the losses equal those of an undisturbed
 * run, so no restore went wrong; no named checkpoint is missing; no milestone is given
 * twice; limits and the scheduler's rule hold; the recovered state equals the live one;
 * replay decides alike. Where checkpoints are spoilt, trials go on from earlier ones, and no
 * other is ever called damaged.
 *
 * Half of the seeds of what goes with any searcher have a slow one. Slow searchers, that one
 * and the shipped ones, think on a thread of their own where seed % 4 is 3, and in no time
 * elsewhere. On a thread too the storm says when a thought is over (support_slow.h), so that a
 * seed always means the same, to the last step: one storm of twenty is made twice.
 *
 *     test_simulate_storm [SEEDS [FIRST [NAME]]]    of all cases, or of the one so called
 */
#define _GNU_SOURCE
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/checksum.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/rng.h"
#include "simulate/sim.h"
#include "support_cases.h"
#include "support_check.h"
#include "support_slow.h"

#define SECOND       ((int64_t)1000000)
#define CALM_US      (400 * SECOND) /* no new trouble after this */
#define STEPS_MOST   10000          /* for each trial */
#define N_OPENINGS   64             /* alive at once */
#define WORKERS_MOST 512
#define CASES_MOST   64
#define REPEATED     20 /* one of so many is made twice; a slow one thinks aside */
#define SEEDS        50 /* without arguments; CMakeLists.txt has the others of CI */

/* SPOIL is the last, and of some cases only: the seeds of the others mean what they did. */
enum trouble { KILL, POWER, FENCE, DRAIN, APPEND, WRONG, SPOIL, N_TROUBLES };
static const double mean_s[N_TROUBLES] = {
    [KILL] = 40,   [POWER] = 50, [FENCE] = 60, [DRAIN] = 60,
    [APPEND] = 30, [WRONG] = 15, [SPOIL] = 3};

struct storm;

struct opening {
    struct storm *storm;
    struct wn_sim *sim;
    size_t n_workers;
    int64_t wakes_us,
        ends_us;       /* asleep until; its world is destroyed at; INT64_MAX: never */
    int64_t thinks_us; /* its searcher is done at; INT64_MAX: it does not think */
    struct gate gate;  /* at which that one waits */
};

struct storm {
    struct study_check check;
    struct wn_rng rng;
    struct wn_job *job;
    size_t n_workers; /* at most, in an opening */
    char dir[128];
    struct opening openings[N_OPENINGS];
    struct opening *current; /* NULL: nobody coordinates */
    int64_t now_us, next_us[N_TROUBLES], open_us;
    long fuse;         /* appends until the coordinator dies; negative: not lit */
    bool has_died;     /* at the fuse's end */
    bool is_checked;   /* `expected` holds */
    uint64_t expected; /* digest before a kill */
    bool is_done;
    unsigned n_troubles[N_TROUBLES], n_openings, n_thoughts;
};

/* Of all storms of a case. */
struct totals {
    unsigned n_troubles[N_TROUBLES], n_openings, n_thoughts, n_damaged, n_forks_of_ended;
    size_t n_workers;              /* the most of an opening */
    uint64_t n_trials, n_ruled[2]; /* [1]: of the scheduler inside */
    bool has_rule[2];
};

static struct wn_error err;

static void fail_storm(const struct storm *storm, const char *what)
{
    check_failed(&storm->check, what);
}

static void need_ok(const struct storm *storm, enum wn_status rc)
{
    check_ok(&storm->check, rc, &err);
}

static bool thinks_aside(const struct storm *storm)
{
    return storm->job->search->is_slow && storm->check.seed % 4 == 3;
}

static double unit(struct storm *storm)
{
    return wn_rng_unit(&storm->rng);
}

static int64_t within_s(struct storm *storm, double seconds)
{
    return storm->now_us + (int64_t)(unit(storm) * seconds * SECOND);
}

static int64_t next_trouble(struct storm *storm, enum trouble kind)
{
    double mean = mean_s[kind] / (storm->n_workers > 15 ? 4 : 1); /* they are soon done */

    return storm->now_us + (int64_t)(-log(1 - unit(storm)) * mean * SECOND);
}

/* From low up to high, each doubling as likely as the next. */
static size_t log_uniform(struct storm *storm, size_t low, size_t high)
{
    double n = (double)low * exp(unit(storm) * log((double)(high + 1) / (double)low));

    return n < (double)high ? (size_t)n : high;
}

/* --- openings --- */

/* Between two events: what is named is there, and the journal would give this state. The
 * more trials there are the more it costs, and the rarer it is. */
static void look_around(struct storm *storm, struct wn_sim *sim)
{
    const struct wn_study *study = sim ? wn_coord_study(wn_sim_coord(sim)) : NULL;
    double x = unit(storm) * (double)storm->check.most_trials / 3;

    if (!study || x > 1)
        return;
    check_checkpoints(&storm->check, study);
    if (x < 0.1 && check_digest(&storm->check) != wn_study_digest(study))
        fail_storm(storm, "the journal gives another state than the live one");
}

static bool on_step(void *arg, enum wn_step step)
{
    struct opening *opening = arg;
    struct storm *storm = opening->storm;

    if (opening == storm->current && step == WN_STEP_AFTER_APPLY)
        look_around(storm, opening->sim);
    if (opening != storm->current || storm->fuse < 0 || step == WN_STEP_AFTER_APPLY)
        return false;
    if (storm->fuse-- > 0)
        return false;
    storm->has_died = true;
    gate_set(&opening->gate, false); /* what dies waits for its searcher */
    return true;
}

static void let_searcher_go(void *arg)
{
    struct opening *opening = arg;

    gate_set(&opening->gate, false);
}

static void forget(struct opening *opening)
{
    wn_sim_destroy(opening->sim);
    opening->sim = NULL;
    if (opening->storm->current == opening)
        opening->storm->current = NULL;
}

/* The first opening has as many as may be, the others as a rule fewer, down to one. */
static size_t draw_workers(struct storm *storm)
{
    size_t a = log_uniform(storm, 1, storm->n_workers);
    size_t b = log_uniform(storm, 1, storm->n_workers);

    if (!storm->n_openings)
        return storm->n_workers;
    return a > b ? a : b;
}

static void open_study(struct storm *storm)
{
    struct opening *opening = NULL;
    struct wn_problems problems = {0};
    enum wn_opening how = WN_OPENING_NEW;
    struct wn_sim_config cfg = {.job = storm->job,
                                .study_dir = storm->dir,
                                .store = storm->check.store,
                                .n_workers = draw_workers(storm),
                                .n_slots = 1 + (unit(storm) < 0.2),
                                .delay_us = (int64_t)(unit(storm) * 0.2 * SECOND),
                                .start_us = storm->now_us,
                                .dies = on_step,
                                .ends = let_searcher_go};
    enum wn_status rc;

    for (size_t i = 0; i < N_OPENINGS && !opening; i++)
        if (!storm->openings[i].sim)
            opening = &storm->openings[i];
    assert_non_null(opening);
    *opening = (struct opening){.storm = storm,
                                .n_workers = cfg.n_workers,
                                .wakes_us = INT64_MAX,
                                .ends_us = INT64_MAX,
                                .thinks_us = INT64_MAX,
                                .gate = GATE_SHUT};
    cfg.dies_arg = cfg.ends_arg = opening;
    cfg.has_thread = thinks_aside(storm);
    slow_use((struct ponder_settings){.gate = cfg.has_thread ? &opening->gate : NULL});
    storm->open_us = INT64_MAX;
    storm->current = opening;
    storm->n_openings++;
    if (storm->is_checked && check_digest(&storm->check) != storm->expected)
        fail_storm(storm, "the recovered state differs from the live one");
    storm->is_checked = false;
    rc = wn_sim_open(&cfg, &how, &problems, &opening->sim, &err);
    assert_int_equal(problems.n, 0);
    wn_problems_release(&problems);
    if (rc != WN_OK && storm->has_died) { /* the fuse was lit while it opened */
        storm->current = NULL;
        storm->has_died = false;
        storm->open_us = within_s(storm, 5);
        return;
    }
    need_ok(storm, rc);
    if (how == WN_OPENING_FINISHED) {
        storm->current = NULL;
        storm->is_done = true;
        return;
    }
    check_checkpoints(&storm->check, wn_coord_study(wn_sim_coord(opening->sim)));
}

/* The coordinator is gone; half of the time its workers go on for a while. */
static void after_death(struct storm *storm, bool is_power)
{
    struct opening *opening = storm->current;

    if (is_power)
        storm->is_checked = false;
    storm->current = NULL;
    if (unit(storm) < 0.5)
        forget(opening);
    else
        opening->ends_us = within_s(storm, 30);
    storm->open_us = within_s(storm, 5);
}

/* Cut the segment back to what was surely on disk, or to anything between. */
static void lose_power(struct storm *storm,
                       uint32_t incarnation,
                       uint64_t written,
                       uint64_t synced)
{
    char path[200];
    uint64_t length = synced + wn_rng_below(&storm->rng, written - synced + 1);

    (void)snprintf(path, sizeof path, "%s/%u.wnj", storm->check.journal, incarnation);
    if (access(path, F_OK) == 0 && truncate(path, (off_t)length) != 0)
        fail_storm(storm, "truncate");
}

static void kill_coordinator(struct storm *storm, bool is_power)
{
    struct wn_coord *coord = wn_sim_coord(storm->current->sim);
    uint32_t incarnation = wn_study_incarnation(wn_coord_study(coord));
    uint64_t written, synced;

    storm->expected = wn_study_digest(wn_coord_study(coord));
    storm->is_checked = true;
    wn_coord_lengths(coord, &written, &synced);
    wn_sim_kill(storm->current->sim);
    if (is_power)
        lose_power(storm, incarnation, written, synced);
    after_death(storm, is_power);
}

static void take_over(struct storm *storm)
{
    struct opening *asleep = storm->current;

    wn_sim_sleep(asleep->sim, true);
    asleep->wakes_us = within_s(storm, 20);
    asleep->ends_us = storm->now_us + 40 * SECOND;
    storm->current = NULL;
    storm->is_checked = false; /* the sleeper may have closed over nothing new */
    open_study(storm);
}

/* A worker, or a few side by side, as of one node. */
static enum wn_status lose_workers(struct storm *storm, struct wn_coord *coord)
{
    size_t n = storm->current->n_workers, at = wn_rng_below(&storm->rng, n);
    size_t end = at + 1 + wn_rng_below(&storm->rng, 1 + n / 8);
    enum wn_status rc = WN_OK;

    for (; rc == WN_OK && at < end && at < n; at++)
        rc = wn_coord_lose(coord, at, &err);
    return rc;
}

/* A checkpoint that a trial would go on from, or be forked from, is lost. */
static void spoil(struct storm *storm, const struct wn_study *study)
{
    struct study_check *check = &storm->check;
    uint32_t n = wn_history_n_trials(wn_study_history(study)), trial;
    struct wn_generation gen;
    struct wn_start start;

    if (!n || check->n_spoilt == SPOILT_MOST)
        return;
    trial = (uint32_t)wn_rng_below(&storm->rng, n);
    wn_study_start(study, trial, &start);
    gen = unit(storm) < 0.5 ? start.source
                            : wn_history_trial(wn_study_history(study), trial)->newest;
    if (!gen.resource)
        return;
    check->spoilt[check->n_spoilt++] = gen;
    need_ok(storm, wn_store_remove(check->store, gen, &err));
}

static void make_trouble(struct storm *storm, enum trouble kind)
{
    struct wn_coord *coord = storm->current ? wn_sim_coord(storm->current->sim) : NULL;

    if (storm->now_us > CALM_US) {
        storm->next_us[kind] = INT64_MAX;
        return;
    }
    storm->next_us[kind] = next_trouble(storm, kind);
    if (!coord || wn_sim_is_done(storm->current->sim))
        return;
    storm->n_troubles[kind]++;
    switch (kind) {
    case KILL: kill_coordinator(storm, false); break;
    case POWER: kill_coordinator(storm, true); break;
    case FENCE: take_over(storm); break;
    case APPEND: storm->fuse = (long)wn_rng_below(&storm->rng, 14); break;
    case DRAIN:
    case WRONG: {
        enum wn_status rc;
        rc = kind == DRAIN ? wn_coord_drain(coord, unit(storm) < 0.3, &err)
                           : lose_workers(storm, coord);
        if (rc && storm->has_died) {
            storm->has_died = false;
            storm->fuse = -1;
            wn_sim_kill(storm->current->sim);
            after_death(storm, false);
            return;
        }
        need_ok(storm, rc);
        break;
    }
    case SPOIL: spoil(storm, wn_coord_study(coord)); break;
    case N_TROUBLES: break;
    }
}

/* --- time --- */

/* After a step: a thought that has begun takes up to three seconds. */
static void note_thought(struct storm *storm, struct opening *opening)
{
    struct wn_coord *coord = opening->sim ? wn_sim_coord(opening->sim) : NULL;

    if (!coord || !thinks_aside(storm))
        return;
    if (!wn_study_is_thinking(wn_coord_study(coord)))
        opening->thinks_us = INT64_MAX;
    else if (opening->thinks_us == INT64_MAX)
        opening->thinks_us = within_s(storm, 3);
}

static void end_thought(struct storm *storm, struct opening *opening)
{
    struct wn_coord *coord = wn_sim_coord(opening->sim);
    struct pollfd fd;

    opening->thinks_us = INT64_MAX;
    if (!coord || !wn_study_is_thinking(wn_coord_study(coord)))
        return;
    if (wn_coord_fds(coord, &fd, 1) != 1)
        fail_storm(storm, "a searcher thinks without a thread");
    gate_set(&opening->gate, false);
    if (poll(&fd, 1, -1) != 1)
        fail_storm(storm, "poll");
    gate_set(&opening->gate, true);
    storm->n_thoughts++;
    wn_sim_wake(opening->sim);
}

static void step_opening(struct storm *storm, struct opening *opening)
{
    enum wn_status rc = wn_sim_step(opening->sim, &err);

    note_thought(storm, opening);
    if (opening != storm->current) {
        if (rc && rc != WN_EFENCED)
            need_ok(storm, rc);
        return;
    }
    if (rc && storm->has_died) {
        storm->has_died = false;
        storm->fuse = -1;
        after_death(storm, unit(storm) < 0.3);
        return;
    }
    need_ok(storm, rc);
    if (!wn_sim_is_done(opening->sim))
        return;
    storm->is_done = wn_study_stop_reason(wn_coord_study(wn_sim_coord(opening->sim)),
                                          NULL) != WN_STOP_DRAIN;
    forget(opening);
    storm->open_us = storm->is_done ? INT64_MAX : within_s(storm, 1);
}

/* Let the earliest thing happen: an opening's own, a trouble, an end, a waking. */
static bool step_storm(struct storm *storm)
{
    int64_t least = storm->open_us;
    struct opening *who = NULL;
    int kind = -1;

    for (size_t i = 0; i < N_OPENINGS; i++) {
        struct opening *opening = &storm->openings[i];
        int64_t at;
        if (!opening->sim)
            continue;
        at = wn_sim_next_us(opening->sim);
        at = opening->wakes_us < at ? opening->wakes_us : at;
        at = opening->ends_us < at ? opening->ends_us : at;
        at = opening->thinks_us < at ? opening->thinks_us : at;
        if (at < least) {
            least = at;
            who = opening;
        }
    }
    for (int i = 0; i < N_TROUBLES; i++)
        if (storm->next_us[i] < least) {
            least = storm->next_us[i];
            kind = i;
        }
    if (least == INT64_MAX)
        return false;
    if (least > storm->now_us)
        storm->now_us = least;
    if (kind >= 0) {
        make_trouble(storm, (enum trouble)kind);
    } else if (!who) {
        open_study(storm);
    } else if (who->ends_us <= least) {
        forget(who);
    } else if (who->wakes_us <= least) {
        who->wakes_us = INT64_MAX;
        wn_sim_sleep(who->sim, false);
    } else if (who->thinks_us <= least) {
        end_thought(storm, who);
    } else {
        step_opening(storm, who);
    }
    return true;
}

/* --- one storm --- */

/* How many workers there are at most, and so how many trials. */
static void draw_size(struct storm *storm)
{
    double x = unit(storm);

    if (x < 0.02)
        storm->n_workers = log_uniform(storm, 128, WORKERS_MOST);
    else if (x < 0.1)
        storm->n_workers = log_uniform(storm, 16, 127);
    else
        storm->n_workers = log_uniform(storm, 2, 15);
    storm->check.most_trials = storm->n_workers > 10 ? 3 * storm->n_workers : 30;
}

static void add_up(const struct storm *storm, struct totals *totals)
{
    for (int i = 0; i < N_TROUBLES; i++)
        totals->n_troubles[i] += storm->n_troubles[i];
    totals->n_openings += storm->n_openings;
    totals->n_thoughts += storm->n_thoughts;
    totals->n_damaged += storm->check.n_damaged;
    totals->n_forks_of_ended += storm->check.n_forks_of_ended;
    totals->n_trials += storm->check.most_trials;
    if (storm->n_workers > totals->n_workers)
        totals->n_workers = storm->n_workers;
}

static void check_rules(struct storm *storm, bool is_stopped, struct totals *totals)
{
    const struct study_rule *rules[2] = {study_rule_of(storm->job),
                                         study_rule_inside(storm->job)};

    for (int i = 0; i < 2; i++)
        if (rules[i] && rules[i]->budget)
            storm->check.most_resource = rules[i]->budget(storm->job);
    check_end(&storm->check, is_stopped);
    for (int i = 0; i < 2; i++) {
        if (rules[i])
            totals->n_ruled[i] += rules[i]->check(&storm->check);
        totals->has_rule[i] = rules[i] != NULL;
    }
}

/* Of all that came of it, whatever it was that could have been otherwise. */
static uint64_t mark_of(struct storm *storm, long n_steps)
{
    const uint64_t marks[] = {check_digest(&storm->check), wn_rng_u64(&storm->rng),
                              (uint64_t)storm->now_us, (uint64_t)n_steps,
                              storm->n_thoughts};

    return wn_hash64(marks, sizeof marks, 0);
}

static uint64_t run_storm(const struct storm_case *one,
                          uint64_t seed,
                          struct totals *totals)
{
    struct storm *storm = calloc(1, sizeof *storm);
    const char *tmp = getenv("TMPDIR");
    long n_steps = 0;
    uint64_t mark;

    assert_non_null(storm);
    storm->check.name = one->name;
    storm->check.now_us = &storm->now_us;
    storm->check.seed = seed;
    storm->rng = wn_rng_keyed(seed, WN_STREAM_TEST, 1);
    storm->fuse = -1;
    draw_size(storm);
    storm->check.most_trials *= one->times ? one->times : 1;
    storm->job = storm_case_job(one, storm->check.most_trials, storm->n_workers, seed);
    (void)snprintf(storm->dir, sizeof storm->dir, "%s/winnow-storm-XXXXXX",
                   tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(storm->dir));
    (void)snprintf(storm->check.journal, sizeof storm->check.journal, "%s/journal",
                   storm->dir);
    need_ok(storm, wn_store_create_memory(&storm->check.store, &err));
    for (int i = 0; i < SPOIL; i++)
        storm->next_us[i] = next_trouble(storm, (enum trouble)i);
    storm->next_us[SPOIL] = one->is_spoilt ? next_trouble(storm, SPOIL) : INT64_MAX;
    while (!storm->is_done) {
        if (!step_storm(storm))
            fail_storm(storm, "nothing is left to happen and the study has not ended");
        if (++n_steps > STEPS_MOST * (long)storm->check.most_trials)
            fail_storm(storm, "the study does not end");
    }
    slow_use((struct ponder_settings){0}); /* a replay waits at no gate */
    check_rules(storm, one->stop != NULL, totals);
    mark = mark_of(storm, n_steps);
    for (size_t i = 0; i < N_OPENINGS; i++)
        if (storm->openings[i].sim)
            forget(&storm->openings[i]);
    add_up(storm, totals);
    need_ok(storm, wn_dir_remove(storm->dir, &err));
    wn_store_destroy(storm->check.store);
    wn_job_destroy(storm->job);
    free(storm);
    return mark;
}

/* --- the cases --- */

static uint64_t n_seeds = SEEDS, first_seed;

/* Many storms come upon all that they are about. */
static void check_totals(const struct storm_case *one, const struct totals *totals)
{
    for (int i = 0; i < 2; i++)
        if (totals->has_rule[i] && !totals->n_ruled[i])
            fail_msg("%s: nothing happened that its rule is about", one->name);
    if ((totals->n_damaged > 0) != one->is_spoilt)
        fail_msg("%s: %u checkpoints were damaged", one->name, totals->n_damaged);
    if (strncmp(one->name, "fork", 4) == 0 && !totals->n_forks_of_ended)
        fail_msg("%s: no trial was forked from one that had ended", one->name);
}

static void it_survives(void **state)
{
    const struct storm_case *one = *state;
    struct totals totals = {0};
    const unsigned *n = totals.n_troubles;

    for (uint64_t seed = first_seed; seed < first_seed + n_seeds; seed++) {
        uint64_t mark = run_storm(one, seed, &totals);
        struct totals again = {0};

        if (seed % REPEATED == 3 && run_storm(one, seed, &again) != mark)
            fail_msg("%s, seed %llu: another storm the second time", one->name,
                     (unsigned long long)seed);
    }
    print_message(
        "%s: %llu storms of %llu trials, up to %zu workers; %u openings, %u "
        "kills, %u power losses, %u takeovers, %u drains, %u deaths at a step, "
        "%u times workers wrongly lost; %u checkpoints damaged, %u forks of what "
        "had ended, %u thoughts aside; its rule was at work %llu times, of what stands "
        "inside %llu times\n",
        one->name, (unsigned long long)n_seeds, (unsigned long long)totals.n_trials,
        totals.n_workers, totals.n_openings, n[KILL], n[POWER], n[FENCE], n[DRAIN],
        n[APPEND], n[WRONG], totals.n_damaged, totals.n_forks_of_ended, totals.n_thoughts,
        (unsigned long long)totals.n_ruled[0], (unsigned long long)totals.n_ruled[1]);
    if (n_seeds >= SEEDS)
        check_totals(one, &totals);
}

/* Crashes are asked for here: nobody wants to read of each. */
static void hush(void *arg, enum wn_log_level level, const char *part, const char *line)
{
    (void)arg, (void)level, (void)part, (void)line;
}

int main(int argc, char **argv)
{
    static struct storm_case cases[CASES_MOST];
    static struct CMUnitTest tests[CASES_MOST + 1];
    size_t n = 0;

    wn_log_set_sink(hush, NULL);
    if (argc > 1)
        n_seeds = strtoull(argv[1], NULL, 10);
    if (argc > 2)
        first_seed = strtoull(argv[2], NULL, 10);
    for (size_t i = 0; n < CASES_MOST && storm_case_at(i, &cases[n]); i++) {
        if (argc > 3 && strcmp(argv[3], cases[n].name) != 0)
            continue;
        tests[n] = (struct CMUnitTest){
            .name = cases[n].name, .test_func = it_survives, .initial_state = &cases[n]};
        n++;
    }
    assert_true(n < CASES_MOST);
    if (argc > 3 && !n) {
        (void)fprintf(stderr, "there is no case %s\n", argv[3]);
        return 2;
    }
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(storm_cases_are_all);
    return _cmocka_run_group_tests("storms", tests, n, NULL, NULL);
}

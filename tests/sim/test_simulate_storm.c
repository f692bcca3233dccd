/* test_simulate_storm.c - studies under trouble, seeded, in virtual time.
 *
 * The real study, journal, coordinator and workers; kills between any two steps, power
 * loss of the unsynced tail, a coordinator that sleeps and is fenced, workers wrongly
 * thought lost, programs that crash or end early, drains, and restarts with one to five
 * workers. What must hold, whatever happened: the study ends; every unit of every trial is
 * stored once and none is missing; the losses equal those of an undisturbed run, so no
 * restore went wrong; no named checkpoint is missing; limits and promotion rules hold; the
 * recovered state equals the live one; replay decides alike. Where checkpoints are spoilt,
 * trials go on from earlier ones, and no other is ever called damaged.
 *
 * Half of the seeds of what goes with any searcher have a slow one: it thinks in no time
 * in one quarter, and on a thread of its own in another, where the storm says when it is
 * done, so that this too is the same each time.
 *
 *     test_simulate_storm [SEEDS [FIRST [NAME]]]    more seeds than CI runs
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

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/rng.h"
#include "simulate/sim.h"
#include "support_check.h"
#include "support_slow.h"

#define SECOND     ((int64_t)1000000)
#define CALM_US    (400 * SECOND) /* no new trouble after this */
#define STEPS_MOST 400000
#define N_OPENINGS 64 /* alive at once */

/* SPOIL is the last, and of some cases only: the seeds of the others mean what they did. */
enum trouble { KILL, POWER, FENCE, DRAIN, APPEND, WRONG, SPOIL, N_TROUBLES };
static const double mean_s[N_TROUBLES] = {
    [KILL] = 40,   [POWER] = 50, [FENCE] = 60, [DRAIN] = 60,
    [APPEND] = 30, [WRONG] = 15, [SPOIL] = 3};

struct storm;

struct opening {
    struct storm *storm;
    struct wn_sim *sim;
    int64_t wakes_us,
        ends_us;       /* asleep until; its world is destroyed at; INT64_MAX: never */
    int64_t thinks_us; /* its searcher is done at; INT64_MAX: it does not think */
    struct gate gate;  /* at which that one waits */
};

struct storm {
    struct study_check check;
    struct wn_rng rng;
    struct wn_job *job;
    char dir[128];
    struct opening openings[N_OPENINGS];
    struct opening *current; /* NULL: nobody coordinates */
    int64_t now_us, next_us[N_TROUBLES], open_us;
    long fuse;         /* appends until the coordinator dies; negative: not lit */
    bool has_died;     /* at the fuse's end */
    bool is_checked;   /* `expected` holds */
    uint64_t expected; /* digest before a kill */
    bool is_done;
    unsigned n_troubles[N_TROUBLES], n_openings;
};

static unsigned n_thoughts; /* of all storms of a case */

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
    return storm->now_us + (int64_t)(-log(1 - unit(storm)) * mean_s[kind] * SECOND);
}

/* --- openings --- */

/* Between two events: what is named is there, and the journal would give this state. */
static void look_around(struct storm *storm, struct wn_sim *sim)
{
    const struct wn_study *study = sim ? wn_coord_study(wn_sim_coord(sim)) : NULL;
    double x = unit(storm);

    if (!study || x > 0.1)
        return;
    check_checkpoints(&storm->check, study);
    if (x < 0.01 && check_digest(&storm->check) != wn_study_digest(study))
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

static void kill_sim(struct opening *opening)
{
    gate_set(&opening->gate, false);
    wn_sim_kill(opening->sim);
}

static void forget(struct opening *opening)
{
    gate_set(&opening->gate, false);
    wn_sim_destroy(opening->sim);
    opening->sim = NULL;
    if (opening->storm->current == opening)
        opening->storm->current = NULL;
}

static void open_study(struct storm *storm)
{
    struct opening *opening = NULL;
    struct wn_problems problems = {0};
    enum wn_opening how = WN_OPENING_NEW;
    struct wn_sim_config cfg = {.job = storm->job,
                                .study_dir = storm->dir,
                                .store = storm->check.store,
                                .n_workers = 1 + wn_rng_below(&storm->rng, 5),
                                .n_slots = 1 + (unit(storm) < 0.2),
                                .delay_us = (int64_t)(unit(storm) * 0.2 * SECOND),
                                .start_us = storm->now_us,
                                .dies = on_step};
    enum wn_status rc;

    for (size_t i = 0; i < N_OPENINGS && !opening; i++)
        if (!storm->openings[i].sim)
            opening = &storm->openings[i];
    assert_non_null(opening);
    *opening = (struct opening){.storm = storm,
                                .wakes_us = INT64_MAX,
                                .ends_us = INT64_MAX,
                                .thinks_us = INT64_MAX,
                                .gate = GATE_SHUT};
    cfg.dies_arg = opening;
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
    kill_sim(storm->current);
    if (is_power)
        lose_power(storm, incarnation, written, synced);
    after_death(storm, is_power);
}

static void take_over(struct storm *storm)
{
    struct opening *asleep = storm->current;

    gate_set(&asleep->gate, false); /* nothing that it says counts any more */
    wn_sim_sleep(asleep->sim, true);
    asleep->wakes_us = within_s(storm, 20);
    asleep->ends_us = storm->now_us + 40 * SECOND;
    storm->current = NULL;
    storm->is_checked = false; /* the sleeper may have closed over nothing new */
    open_study(storm);
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
                           : wn_coord_lose(coord, 0, &err);
        if (rc && storm->has_died) {
            storm->has_died = false;
            storm->fuse = -1;
            kill_sim(storm->current);
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

    if (opening != storm->current || !coord || !thinks_aside(storm))
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
    if (opening != storm->current || !coord ||
        !wn_study_is_thinking(wn_coord_study(coord)))
        return;
    if (wn_coord_fds(coord, &fd, 1) != 1)
        fail_storm(storm, "a searcher thinks without a thread");
    gate_set(&opening->gate, false);
    if (poll(&fd, 1, -1) != 1)
        fail_storm(storm, "poll");
    gate_set(&opening->gate, true);
    n_thoughts++;
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

/* Three configurations of the user, where thresholds are theirs. */
static const char initial[] =
    " \"initial\": [{\"x\": 0.3, \"k\": 2}, {\"x\": 0.6, \"k\": "
    "4}, {\"x\": 0.9, \"k\": 6}],";

/* What a storm is about. */
struct subject {
    const char *name, *scheduler, *searcher; /* the sections, without braces */
    uint64_t most_trials;
    int64_t most_resource; /* of all trials together; 0: no budget */
};

static bool wants_slow(const char *job, uint64_t seed)
{
    return seed % 4 >= 2 && strstr(job, "\"searcher\": {\"type\": \"random\"}");
}

static struct wn_job *make_job(const struct subject *subject, uint64_t seed)
{
    static const char *const sets[] = {SLOW_SET};
    struct wn_problems problems = {0};
    struct wn_job *job = NULL;
    char text[1024];
    int n = snprintf(
        text, sizeof text,
        "{\"name\": \"storm\", \"trial\": {\"runner\": \"function\", \"function\": "
        "\"storm\","
        " \"unit_time\": 0.4, \"spread\": 3, \"crash\": 0.005, \"flaky\": 0.01, "
        "\"early\": 0.01,"
        " \"checkpoint\": 0.3, \"retries\": 2},"
        " \"space\": {\"x\": {\"type\": \"float\", \"low\": 0, \"high\": 1},"
        " \"k\": {\"type\": \"int\", \"low\": 1, \"high\": 9}},"
        " \"metric\": {\"name\": \"loss\"}, \"resource\": {\"max\": 9},%s"
        " \"scheduler\": {%s}, \"searcher\": {%s},"
        " \"stop\": {\"trials_started\": %llu}, \"max_losses\": 1000, \"seed\": %llu}",
        strstr(subject->scheduler, "rush") ? initial : "", subject->scheduler,
        subject->searcher, (unsigned long long)subject->most_trials,
        (unsigned long long)seed);
    enum wn_status rc = wn_job_parse(text, (size_t)n, NULL, sets, wants_slow(text, seed),
                                     &problems, &job, &err);

    if (rc != WN_OK)
        fail_msg("the storm's job: %s", problems.n ? problems.at[0] : err.text);
    wn_problems_release(&problems);
    return job;
}

/* What the storms of a case had in common. */
struct totals {
    unsigned troubles[N_TROUBLES], damaged, forks_of_ended;
};

static void run_storm(const struct subject *subject, uint64_t seed, struct totals *totals)
{
    struct storm *storm = calloc(1, sizeof *storm);
    const char *tmp = getenv("TMPDIR");
    long n_steps = 0;

    assert_non_null(storm);
    storm->check.name = subject->name;
    storm->check.now_us = &storm->now_us;
    storm->check.most_trials = subject->most_trials;
    storm->check.most_resource = subject->most_resource;
    storm->check.seed = seed;
    storm->rng = wn_rng_keyed(seed, WN_STREAM_TEST, 1);
    storm->fuse = -1;
    storm->job = make_job(subject, seed);
    (void)snprintf(storm->dir, sizeof storm->dir, "%s/winnow-storm-XXXXXX",
                   tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(storm->dir));
    (void)snprintf(storm->check.journal, sizeof storm->check.journal, "%s/journal",
                   storm->dir);
    need_ok(storm, wn_store_create_memory(&storm->check.store, &err));
    for (int i = 0; i < SPOIL; i++)
        storm->next_us[i] = next_trouble(storm, (enum trouble)i);
    storm->next_us[SPOIL] =
        strstr(subject->name, "spoilt") ? next_trouble(storm, SPOIL) : INT64_MAX;
    while (!storm->is_done) {
        if (!step_storm(storm))
            fail_storm(storm, "nothing is left to happen and the study has not ended");
        if (++n_steps > STEPS_MOST)
            fail_storm(storm, "the study does not end");
    }
    slow_use((struct ponder_settings){0}); /* a replay waits at no gate */
    check_end(&storm->check, false);
    if (strncmp(subject->name, "asha", 4) == 0)
        check_promotions(&storm->check);
    if (strstr(subject->name, "hyperband") && !check_halving(&storm->check))
        fail_storm(storm, "no trial was ever promoted");
    if (strstr(subject->name, "pbt"))
        check_forks(&storm->check);
    for (size_t i = 0; i < N_OPENINGS; i++)
        if (storm->openings[i].sim)
            forget(&storm->openings[i]);
    for (int i = 0; i < N_TROUBLES; i++)
        totals->troubles[i] += storm->n_troubles[i];
    totals->damaged += storm->check.n_damaged;
    totals->forks_of_ended += storm->check.n_forks_of_ended;
    need_ok(storm, wn_dir_remove(storm->dir, &err));
    wn_store_destroy(storm->check.store);
    wn_job_destroy(storm->job);
    free(storm);
}

/* --- the cases --- */

static uint64_t n_seeds = 1000, first_seed;
static const char *only;

static void weather_of(const struct subject *subject)
{
    const char *name = subject->name;
    struct totals totals = {.damaged = 0};
    const unsigned *n = totals.troubles;

    if (only && strcmp(only, name) != 0)
        skip();
    n_thoughts = 0;
    for (uint64_t i = 0; i < n_seeds; i++)
        run_storm(subject, first_seed + i, &totals);
    print_message("%s: %llu storms, %u kills, %u power losses, %u takeovers, %u drains, "
                  "%u deaths at a step, %u workers wrongly lost, %u checkpoints damaged, "
                  "%u forks of what had ended, %u thoughts aside\n",
                  name, (unsigned long long)n_seeds, n[KILL], n[POWER], n[FENCE],
                  n[DRAIN], n[APPEND], n[WRONG], totals.damaged, totals.forks_of_ended,
                  n_thoughts);
    if (n_seeds < 100)
        return; /* few may not come upon it */
    assert_true((totals.damaged > 0) == (strstr(name, "spoilt") != NULL));
    assert_true(totals.forks_of_ended > 0 || !strstr(name, "fork"));
}

static void weather(const char *name, const char *scheduler)
{
    struct subject subject = {.name = name,
                              .scheduler = scheduler,
                              .searcher = "\"type\": \"random\"",
                              .most_trials = 30};

    weather_of(&subject);
}

static void fifo_survives(void **state)
{
    (void)state;
    weather("fifo", "\"type\": \"fifo\"");
}

static void asha_promotion_survives(void **state)
{
    (void)state;
    weather("asha promotion", "\"type\": \"asha\", \"variant\": \"promotion\"");
}

static void asha_stopping_survives(void **state)
{
    (void)state;
    weather("asha stopping", "\"type\": \"asha\", \"variant\": \"stopping\"");
}

static void median_survives(void **state)
{
    (void)state;
    weather("median", "\"type\": \"median\", \"grace_population\": 2, \"population\": "
                      "\"all\", \"around\": {\"type\": \"asha\"}");
}

static void hyperband_survives(void **state)
{
    (void)state;
    weather("hyperband", "\"type\": \"hyperband\"");
}

static void hyperband_of_one_bracket_survives(void **state)
{
    (void)state;
    weather("hyperband halving", "\"type\": \"hyperband\", \"brackets\": 1");
}

static void hyperband_of_the_table_survives(void **state)
{
    (void)state;
    weather("hyperband table",
            "\"type\": \"hyperband\", \"sizes\": \"table\", \"reduction_factor\": 2");
}

static void dehb_survives(void **state)
{
    (void)state;
    weather_of(&(const struct subject){.name = "dehb",
                                       .scheduler = "\"type\": \"dehb\"",
                                       .searcher = "\"type\": \"de\"",
                                       .most_trials = 30});
}

static void asha_brackets_survive(void **state)
{
    (void)state;
    weather("asha brackets", "\"type\": \"asha\", \"brackets\": 3");
}

static void asha_brackets_with_rungs_of_their_own_survive(void **state)
{
    (void)state;
    weather("asha own rungs",
            "\"type\": \"asha\", \"brackets\": 2, \"rung_system_per_bracket\": true");
}

static void asha_pasha_survives(void **state)
{
    (void)state;
    weather("asha pasha", "\"type\": \"asha\", \"pasha\": true");
}

static void asha_rush_promotion_survives(void **state)
{
    (void)state;
    weather("asha rush promotion", "\"type\": \"asha\", \"rush_candidates\": 2");
}

static void asha_rush_stopping_survives(void **state)
{
    (void)state;
    weather("asha rush stopping",
            "\"type\": \"asha\", \"variant\": \"stopping\", \"rush_candidates\": 2");
}

static void asha_cost_survives(void **state)
{
    (void)state;
    weather("asha cost", "\"type\": \"asha\", \"promote_by\": \"cost\"");
}

static void random_decisions_survive(void **state)
{
    (void)state;
    weather("fuzz", "\"type\": \"fuzz\"");
}

static void forks_survive(void **state)
{
    (void)state;
    weather("fork", "\"type\": \"fork\"");
}

static void population(const char *name, const char *options)
{
    struct subject subject = {.name = name,
                              .searcher = "\"type\": \"perturb\"",
                              .most_trials = 100,
                              .most_resource = 16 * 9};
    char scheduler[256];

    (void)snprintf(
        scheduler, sizeof scheduler,
        "\"type\": \"pbt\", \"population\": 16, \"perturbation_interval\": 2, %s",
        options);
    subject.scheduler = scheduler;
    weather_of(&subject);
}

static void pbt_survives(void **state)
{
    (void)state;
    population("pbt", "\"quantile\": 0.25");
}

static void synchronous_pbt_survives(void **state)
{
    (void)state;
    population("pbt synchronous", "\"quantile\": 0.25, \"synchronous\": true");
}

static void exploring_pbt_survives(void **state)
{
    (void)state;
    population("pbt explore", "\"exploit\": \"none\", \"burn_in\": 3");
}

static void forks_survive_spoilt_checkpoints(void **state)
{
    (void)state;
    weather("fork spoilt", "\"type\": \"fork\"");
}

static void resumed_trials_survive_spoilt_checkpoints(void **state)
{
    (void)state;
    weather("asha spoilt", "\"type\": \"asha\"");
}

/* Crashes are asked for here: nobody wants to read of each. */
static void hush(void *arg, enum wn_log_level level, const char *part, const char *line)
{
    (void)arg, (void)level, (void)part, (void)line;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fifo_survives),
        cmocka_unit_test(asha_promotion_survives),
        cmocka_unit_test(asha_stopping_survives),
        cmocka_unit_test(median_survives),
        cmocka_unit_test(hyperband_survives),
        cmocka_unit_test(hyperband_of_one_bracket_survives),
        cmocka_unit_test(hyperband_of_the_table_survives),
        cmocka_unit_test(dehb_survives),
        cmocka_unit_test(asha_brackets_survive),
        cmocka_unit_test(asha_brackets_with_rungs_of_their_own_survive),
        cmocka_unit_test(asha_pasha_survives),
        cmocka_unit_test(asha_rush_promotion_survives),
        cmocka_unit_test(asha_rush_stopping_survives),
        cmocka_unit_test(asha_cost_survives),
        cmocka_unit_test(random_decisions_survive),
        cmocka_unit_test(forks_survive),
        cmocka_unit_test(pbt_survives),
        cmocka_unit_test(synchronous_pbt_survives),
        cmocka_unit_test(exploring_pbt_survives),
        cmocka_unit_test(forks_survive_spoilt_checkpoints),
        cmocka_unit_test(resumed_trials_survive_spoilt_checkpoints),
    };

    wn_log_set_sink(hush, NULL);
    if (argc > 1)
        n_seeds = strtoull(argv[1], NULL, 10);
    if (argc > 2)
        first_seed = strtoull(argv[2], NULL, 10);
    if (argc > 3)
        only = argv[3];
    return cmocka_run_group_tests(tests, NULL, NULL);
}

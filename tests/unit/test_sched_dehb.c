/* test_sched_dehb.c - sequences of events worked out by hand.
 *
 * A script is a row of words; the words it answers with are compared as one text:
 *     D  d        decide with and without room, and do it: start4E1.1.0>3@1 is trial 4,
 *                 evolved (R: random, P: promoted) for bracket 1, level 1, place 0, first
 *                 milestone 3, target trial 1; :0/3 the level of its parents and how many
 *     R0:3=.5     trial 0 reports 3 with loss .5: pause or stop (and its end), + if it took
 *                 its place; "-" below the milestone
 *     C0 F0 K0    trial 0 ends: completed, failed, stopped by a user
 *     Z0          trial 0, recalled, reports its milestone with .5 and is stopped, whatever
 *                 dehb would say
 *     X  A        nothing more to start; the user lifts that
 *     ?           the levels: [entered/promoted ...]
 *     W0          worth of trial 0
 */
#include <stdlib.h>

#include "conformance/drive_sched.h"
#include "trial/population.h"

extern const struct wn_sched_ops wn_sched_dehb;

struct script {
    struct drive d;
    struct wn_values *values;
    struct wn_space *space;
    int64_t milestones[512];
    struct wn_buf said;
};

static void emit(struct script *s, struct wn_event event)
{
    struct wn_error err = {0};

    s->d.time_ms++;
    assert_int_equal(drive_emit(&s->d, event, &err), WN_OK);
}

static void say_plan(struct script *s, const struct wn_decision *decision)
{
    struct wn_population_plan plan;

    assert_true(wn_population_plan_read(&decision->tag, &plan));
    wn_buf_addf(&s->said, "%c%" PRIu32 ".%d.%" PRIu32 ">%" PRId64, " REP"[(int)plan.kind],
                plan.generation, plan.level, plan.member, decision->milestone);
    if (plan.target != WN_TRIAL_NONE)
        wn_buf_addf(&s->said, "@%" PRIu32, plan.target);
    if (plan.kind == WN_POPULATION_EVOLVED)
        wn_buf_addf(&s->said, ":%d/%" PRIu32, plan.source, plan.n_parents);
    wn_buf_addc(&s->said, ' ');
    if (decision->act == WN_ACT_START) {
        assert_int_equal(decision->parent, plan.target);
        assert_int_equal(decision->pool, plan.level);
    }
}

static void decide(struct script *s, bool has_room)
{
    struct wn_decision decision = drive_look(&s->d, s->d.sched, has_room);
    struct wn_error err = {0};
    uint32_t trial = wn_history_n_trials(s->d.history);

    if (decision.act == WN_ACT_WAIT) {
        wn_buf_adds(&s->said, "wait ");
        return;
    }
    if (decision.act == WN_ACT_DONE) {
        wn_buf_adds(&s->said, "done ");
        return;
    }
    if (decision.act == WN_ACT_START) {
        assert_int_equal(drive_start(&s->d, decision, &err), WN_OK);
        wn_buf_addf(&s->said, "start%" PRIu32, trial);
    } else {
        assert_int_equal(decision.act, WN_ACT_RESUME);
        assert_int_equal(drive_resume(&s->d, decision, &err), WN_OK);
        trial = decision.trial;
        wn_buf_addf(&s->said, "resume%" PRIu32, trial);
    }
    s->milestones[trial] = decision.milestone;
    say_plan(s, &decision);
}

static void end(struct script *s, uint32_t trial, enum wn_end how)
{
    emit(s, (struct wn_event){.kind = WN_EVENT_ENDED,
                              .trial = trial,
                              .ended = {.how = how,
                                        .failure = how == WN_END_FAILED ? WN_FAILURE_EXIT
                                                                        : WN_FAILURE_NONE,
                                        .text = ""}});
}

static void report(struct script *s, uint32_t trial, int64_t resource, double loss)
{
    struct wn_report report = {.resource = resource, .loss = loss, .trial = trial};
    struct wn_metric metric = {"loss", loss};
    struct wn_event event = {
        .kind = WN_EVENT_REPORTED,
        .trial = trial,
        .reported = {.resource = resource, .n_metrics = 1, .metrics = &metric}};
    struct wn_population_outcome outcome;
    struct wn_verdict verdict;

    if (resource < s->milestones[trial]) {
        emit(s, event);
        wn_buf_adds(&s->said, "- ");
        return;
    }
    verdict = s->d.ops->answer(s->d.sched, &report, (struct wn_rng){0});
    event.reported.is_milestone = true;
    event.reported.verdict = verdict.kind;
    event.reported.milestone = verdict.milestone;
    event.reported.tag = verdict.tag;
    assert_true(wn_population_outcome_read(&verdict.tag, &outcome));
    emit(s, event);
    wn_buf_addf(&s->said, "%s%s ", wn_verdict_name(verdict.kind),
                outcome.wins ? "+" : "");
    if (verdict.kind == WN_VERDICT_STOP)
        end(s, trial, resource >= s->d.max_resource ? WN_END_COMPLETED : WN_END_STOPPED);
}

static void stop_recalled(struct script *s, uint32_t trial)
{
    struct wn_metric metric = {"loss", .5};
    int64_t resource = s->milestones[trial];

    emit(s, (struct wn_event){.kind = WN_EVENT_REPORTED,
                              .trial = trial,
                              .reported = {.resource = resource,
                                           .n_metrics = 1,
                                           .metrics = &metric,
                                           .is_milestone = true,
                                           .verdict = WN_VERDICT_STOP}});
    end(s, trial, resource >= s->d.max_resource ? WN_END_COMPLETED : WN_END_STOPPED);
}

static void show_levels(struct script *s)
{
    struct wn_rung rungs[16];
    size_t n = s->d.ops->rungs(s->d.sched, rungs, 16);

    for (size_t i = 0; i < n; i++)
        wn_buf_addf(&s->said, "%c%" PRIu64 "/%" PRIu64, i ? ' ' : '[', rungs[i].n_entered,
                    rungs[i].n_promoted);
    wn_buf_adds(&s->said, "] ");
}

static void obey_word(struct script *s, char *word)
{
    uint32_t trial = 0;
    int64_t resource;
    double loss;
    char *rest;

    if (strchr("RCFKWZ", word[0]))
        trial = (uint32_t)strtoul(word + 1, NULL, 10);
    switch (word[0]) {
    case 'D': decide(s, true); break;
    case 'd': decide(s, false); break;
    case 'R':
        rest = strchr(word, ':');
        assert_non_null(rest);
        resource = strtoll(rest + 1, &rest, 10);
        assert_int_equal(*rest, '=');
        loss = strtod(rest + 1, &rest);
        assert_int_equal(*rest, '\0');
        report(s, trial, resource, loss);
        break;
    case 'C': end(s, trial, WN_END_COMPLETED); break;
    case 'F': end(s, trial, WN_END_FAILED); break;
    case 'K': end(s, trial, WN_END_STOPPED); break;
    case 'Z': stop_recalled(s, trial); break;
    case 'X':
        emit(s, (struct wn_event){.kind = WN_EVENT_EXHAUSTED, .trial = WN_TRIAL_NONE});
        break;
    case 'A':
        emit(s, (struct wn_event){.kind = WN_EVENT_AMENDED,
                                  .trial = WN_TRIAL_NONE,
                                  .job = {.text = "{}"}});
        break;
    case 'W': wn_buf_addf(&s->said, "%g ", s->d.ops->worth(s->d.sched, trial)); break;
    case '?': show_levels(s); break;
    default: DRIVE_CHECK(false, "unknown word %s", word);
    }
}

static struct wn_space *make_space(void)
{
    return drive_space("{\"x\": {\"type\": \"int\", \"low\": 1, \"high\": 9}}");
}

static void begin(struct script *s, const char *options, int64_t max)
{
    struct wn_error err = {0};

    *s = (struct script){.values = drive_values(wn_sched_dehb.options, options),
                         .space = make_space()};
    assert_non_null(s->values);
    s->d = (struct drive){.ops = &wn_sched_dehb,
                          .values = s->values,
                          .space = s->space,
                          .max_resource = max,
                          .limit = UINT32_MAX};
    DRIVE_CHECK(drive_begin(&s->d, &err) == WN_OK, "%s", err.text);
}

static void release(struct script *s)
{
    wn_buf_release(&s->said);
    drive_end(&s->d);
    wn_values_destroy(s->values);
    wn_space_destroy(s->space);
}

static void obey(struct script *s, const char *words)
{
    char *copy = wn_strdup(words), *rest = NULL;

    assert_non_null(copy);
    for (char *word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
        obey_word(s, word);
    wn_free(copy);
}

static void play(const char *options,
                 int64_t max,
                 const char *words,
                 const char *expected)
{
    struct script s;

    begin(&s, options, max);
    obey(&s, words);
    if (s.said.n)
        s.said.at[--s.said.n] = '\0'; /* the blank behind the last word */
    assert_string_equal(wn_buf_text(&s.said), expected);
    drive_swap(&s.d); /* a replayed one looks the same */
    release(&s);
}

/* With (1, 3, 3) by the table: level 0 (resource 1) has 3 places, level 1 (3) has 2. Bracket
 * 0, and every even one, is 3 trials to 1 and 1 to 3, the odd ones are 2 trials to 3. */
static void an_iteration_promotes_and_the_next_evolves(void **state)
{
    (void)state;
    play("{}", 3,
         "D R0:1=.5 D R1:1=.3 D R2:1=.4 W1 D R1:3=.2 W0 ? "
         "D R3:3=.25 D R4:3=.2 D R5:1=.6 D R6:1=.3 D R7:1=.9 D R8:3=.1 ? D D",
         "start0R0.0.0>1 pause+ start1R0.0.1>1 pause+ start2R0.0.2>1 pause+ 1 "
         "resume1P0.1.0>3 stop+ 0 [3/1 1/0] "
         /* bracket 1: vanilla evolution on level 1; an equal loss takes the place */
         "start3E1.1.1>3:1/2 stop+ start4E1.1.0>3@1:1/2 stop+ "
         /* bracket 2 promotes nobody: who wins stops as well */
         "start5E2.0.0>1@0:0/3 stop start6E2.0.1>1@1:0/3 stop+ start7E2.0.2>1@2:0/3 stop "
         /* its one trial to 3 is evolved from the best of level 0, against place 1 */
         "start8E2.1.1>3@3:0/1 stop+ [6/1 4/0] "
         "start9E3.1.0>3@4:1/2 start10E3.1.1>3@8:1/2");
}

/* The reference implementation counts brackets: with the third one opened it would have
 * evolved in place of the promotion out of the first. */
static void a_bracket_promotes_however_many_were_opened_since(void **state)
{
    (void)state;
    play("{}", 3, "D D D D D D D D D D R0:1=.5 R1:1=.4 R2:1=.6 D R1:3=.7 D",
         "start0R0.0.0>1 start1R0.0.1>1 start2R0.0.2>1 "
         "start3E1.1.0>3:1/2 start4E1.1.1>3:1/2 "
         "start5E2.0.0>1:0/3 start6E2.0.1>1:0/3 start7E2.0.2>1:0/3 "
         "start8E3.1.0>3:1/2 start9E3.1.1>3:1/2 "
         "pause+ pause+ pause+ resume1P0.1.0>3 stop+ start10E4.0.0>1@0:0/3");
}

/* Sub-populations are shared: a trial of bracket 2 came first, holds its place, and is the
 * one that bracket 0 promotes. Trial 0, which had the place planned for it, lost it. */
static void the_best_of_the_sub_population_goes_on(void **state)
{
    (void)state;
    play("{}", 3, "D D D D D D R5:1=.1 W5 R0:1=.5 R1:1=.3 R2:1=.3 D W5 W1 R5:3=.1",
         "start0R0.0.0>1 start1R0.0.1>1 start2R0.0.2>1 "
         "start3E1.1.0>3:1/2 start4E1.1.1>3:1/2 start5E2.0.0>1:0/3 "
         "pause+ 1 stop pause+ pause+ resume5P0.1.0>3 0 0 stop+");
    /* of equal ones the smaller number */
    play("{}", 3, "D D D R2:1=.3 R1:1=.3 R0:1=.3 D",
         "start0R0.0.0>1 start1R0.0.1>1 start2R0.0.2>1 pause+ pause+ pause+ "
         "resume0P0.1.0>3");
}

/* A paused trial that is replaced in its place is promoted no more, and worth nothing. */
static void who_loses_its_place_while_paused_is_no_candidate(void **state)
{
    (void)state;
    play("{}", 3, "D D D D D D R0:1=.1 W0 R5:1=.1 W0 W5 R1:1=.3 R2:1=.3 D",
         "start0R0.0.0>1 start1R0.0.1>1 start2R0.0.2>1 "
         "start3E1.1.0>3:1/2 start4E1.1.1>3:1/2 start5E2.0.0>1:0/3 "
         "pause+ 1 pause+ 0 1 pause+ pause+ resume5P0.1.0>3");
}

/* Failures, infinite losses and trials stopped from outside take no place; they are results
 * of their rung all the same. With no candidate left the rung is evolved. */
static void what_has_no_number_takes_no_place(void **state)
{
    (void)state;
    play("{}", 3, "D D D F0 R1:1=inf K2 ? D R3:3=.5 D",
         "start0R0.0.0>1 start1R0.0.1>1 start2R0.0.2>1 stop [2/0 0/0] "
         "start3E0.1.0>3:0/1 stop+ start4E1.1.1>3:1/2");
    play("{}", 3, "D D D Z0 F1 R2:1=.5 K2 D ?",
         "start0R0.0.0>1 start1R0.0.1>1 start2R0.0.2>1 pause+ start3E0.1.0>3:0/1 "
         "[2/0 0/0]");
    /* at the maximum it is completed, and judged no more than below */
    play("{\"brackets\": 1}", 3,
         "D D D R0:1=.5 R1:1=.4 R2:1=.5 D Z1 ? D D D R3:1=1 R4:1=1 R5:1=1 D",
         "start0R0.0.0>1 start1R0.0.1>1 start2R0.0.2>1 pause+ pause+ pause+ "
         "resume1P0.1.0>3 [3/1 0/0] start3E1.0.0>1@0:0/3 start4E1.0.1>1@1:0/3 "
         "start5E1.0.2>1@2:0/3 stop stop stop start6E1.1.0>3:0/1");
    /* nor does one push out who is there */
    play("{}", 3, "D D D D D D R0:1=.5 F5 R1:1=.7 R2:1=.7 D",
         "start0R0.0.0>1 start1R0.0.1>1 start2R0.0.2>1 "
         "start3E1.1.0>3:1/2 start4E1.1.1>3:1/2 start5E2.0.0>1:0/3 "
         "pause+ pause+ pause+ resume0P0.1.0>3");
}

/* A program that ends of itself competes with its last value; it cannot go on. */
static void an_early_end_competes_and_stays(void **state)
{
    (void)state;
    play("{\"grace_period\": 2}", 18,
         "D D D D D D D D D R0:1=.1 C0 F1 F2 F3 F4 F5 F6 F7 R8:2=.9 D R8:3=.2 C8 D D D",
         "start0R0.0.0>2 start1R0.0.1>2 start2R0.0.2>2 start3R0.0.3>2 start4R0.0.4>2 "
         "start5R0.0.5>2 start6R0.0.6>2 start7R0.0.7>2 start8R0.0.8>2 "
         "- pause+ resume8P0.1.0>6 - " /* 8 has ended at place 0 of level 1 */
         "start9E0.1.1>6:0/3 start10E0.1.2>6:0/3 start11E1.1.0>6@8:1/3");
    play("{}", 3, "D C0", "start0R0.0.0>1"); /* it never reported: no value */
}

/* Level 0: 1, level 1: 3, level 2: 9. A report past the next level counts for its own; when
 * it is promoted, its next report does. */
static void a_report_that_jumps_counts_for_its_own_level(void **state)
{
    (void)state;
    play("{}", 9,
         "D D D D D D D D D R0:4=.1 R1:1=.2 R2:1=.3 F3 F4 F5 F6 F7 R8:20=.05 "
         "D D D R0:6=.4 R1:3=.3 R2:8=.2 D R2:9=.2",
         "start0R0.0.0>1 start1R0.0.1>1 start2R0.0.2>1 start3R0.0.3>1 start4R0.0.4>1 "
         "start5R0.0.5>1 start6R0.0.6>1 start7R0.0.7>1 start8R0.0.8>1 "
         "pause+ pause+ pause+ stop+ "
         "resume0P0.1.0>5 resume1P0.1.1>3 resume2P0.1.2>3 pause+ pause+ pause+ "
         "resume2P0.2.0>9 stop+");
}

/* Levels 1, 2, 4 with 4, 2 and 3 places. What bracket 0 leaves at level 1 is for bracket 1,
 * which has not begun: its checkpoint is kept. */
static void what_a_later_bracket_may_promote_is_worth_something(void **state)
{
    (void)state;
    play("{\"reduction_factor\": 2}", 4,
         "D D D D R0:1=.4 R1:1=.3 R2:1=.2 R3:1=.1 D D W1 R3:2=.1 R2:2=.2 D W2 R3:4=.1 W2 "
         "D R4:2=.3 D R5:2=.3 D W2",
         "start0R0.0.0>1 start1R0.0.1>1 start2R0.0.2>1 start3R0.0.3>1 "
         "pause+ pause+ pause+ pause+ resume3P0.1.0>2 resume2P0.1.1>2 0 pause+ pause+ "
         "resume3P0.2.0>4 2 stop+ 2 "
         "start4E1.1.0>2@3:1/2 stop start5E1.1.1>2@2:1/2 stop resume2P1.2.1>4 0");
}

/* What was begun is brought to an end: of n < size entries floor(n / 3), at least one. */
static void an_exhausted_study_promotes_in_proportion(void **state)
{
    (void)state;
    play("{}", 9,
         "D D D D D D R0:1=.6 R1:1=.5 R2:1=.4 R3:1=.3 R4:1=.2 X D d R5:1=.1 d D D D",
         "start0R0.0.0>1 start1R0.0.1>1 start2R0.0.2>1 start3R0.0.3>1 start4R0.0.4>1 "
         "start5R0.0.5>1 pause+ pause+ pause+ pause+ pause+ wait wait pause+ wait "
         "resume5P0.1.0>3 resume4P0.1.1>3 wait");
    play("{}", 9, "D D R0:1=.6 R1:1=.5 X D R1:3=.5 D R1:9=.5 D d",
         "start0R0.0.0>1 start1R0.0.1>1 pause+ pause+ resume1P0.1.0>3 pause+ "
         "resume1P0.2.0>9 stop+ done done");
    play("{}", 9, "D F0 X D", "start0R0.0.0>1 done");
    play("{}", 9, "X D d A D", "done done start0R0.0.0>1");
    /* lifted before the rung passed on anything, it is filled up as if nothing was */
    play("{}", 3, "D D R0:1=.6 R1:1=.5 X A D R2:1=.7 D",
         "start0R0.0.0>1 start1R0.0.1>1 pause+ pause+ start2R0.0.2>1 pause+ "
         "resume1P0.1.0>3");
}

static void a_withdrawn_trial_gives_its_entry_back(void **state)
{
    struct script s;
    struct wn_decision decision;
    struct wn_population_plan plan;

    (void)state;
    begin(&s, "{}", 3);
    obey(&s, "D D R0:1=.6 R1:1=.5");
    for (int i = 0; i < 2; i++) {
        uint32_t trial = wn_history_n_trials(s.d.history);

        decision = drive_look(&s.d, s.d.sched, true);
        assert_int_equal(decision.act, WN_ACT_START);
        assert_true(wn_population_plan_read(&decision.tag, &plan));
        assert_int_equal(plan.generation, 0);
        assert_int_equal(plan.level, 0);
        assert_int_equal(plan.member, i ? 0 : 2); /* the next place's turn has come */
        emit(&s, (struct wn_event){.kind = WN_EVENT_PLANNED,
                                   .trial = trial,
                                   .planned = {.milestone = 1,
                                               .parent = decision.parent,
                                               .tag = decision.tag}});
        end(&s, trial, WN_END_WITHDRAWN);
    }
    obey(&s, "? X D d");
    assert_string_equal(wn_buf_text(&s.said),
                        "start0R0.0.0>1 start1R0.0.1>1 pause+ pause+ [2/0 0/0] "
                        "resume1P0.1.0>3 wait ");
    drive_swap(&s.d);
    release(&s);
}

/* The study gives a user's configuration only to trials without a parent. */
static void a_target_is_not_named_while_a_user_waits(void **state)
{
    union wn_cell cell = {.i = 4};
    struct script s;
    struct wn_decision decision;
    struct wn_population_plan plan;
    uint32_t trial;

    (void)state;
    begin(&s, "{}", 3);
    obey(&s, "D R0:1=.5 D R1:1=.3 D R2:1=.4 D R1:3=.2 D R3:3=.25");
    trial = wn_history_n_trials(s.d.history);
    assert_int_equal(drive_look(&s.d, s.d.sched, true).parent, 1);
    emit(&s, (struct wn_event){
                 .kind = WN_EVENT_ENQUEUED,
                 .trial = WN_TRIAL_NONE,
                 .configured = {.origin = WN_ORIGIN_USER, .n_cells = 1, .cells = &cell}});
    decision = drive_look(&s.d, s.d.sched, true);
    assert_int_equal(decision.parent, WN_TRIAL_NONE);
    assert_true(wn_population_plan_read(&decision.tag, &plan));
    assert_int_equal(plan.target, 1);
    emit(&s, (struct wn_event){.kind = WN_EVENT_PLANNED,
                               .trial = trial,
                               .planned = {.milestone = decision.milestone,
                                           .parent = decision.parent,
                                           .tag = decision.tag}});
    decision = drive_look(&s.d, s.d.sched, true); /* one such trial is enough */
    assert_int_equal(decision.parent, 0);
    emit(&s, (struct wn_event){
                 .kind = WN_EVENT_CONFIGURED,
                 .trial = trial,
                 .configured = {.origin = WN_ORIGIN_USER, .n_cells = 1, .cells = &cell}});
    assert_int_equal(drive_look(&s.d, s.d.sched, true).parent, 0);
    release(&s);
}

static void never_idles(void **state)
{
    struct script s;
    uint32_t n;

    (void)state;
    begin(&s, "{}", 81);
    for (n = 0; n < 500; n++)
        decide(&s, true);
    assert_int_equal(wn_history_n_trials(s.d.history), n);
    assert_null(strstr(wn_buf_text(&s.said), "wait"));
    assert_non_null(
        strstr(wn_buf_text(&s.said), "start80R0.0.80>1 start81E1.1.0>3:1/27"));
    release(&s);
}

static void check_text(const char *options, int64_t max, const char *expected)
{
    struct script s;

    begin(&s, options, max);
    s.d.ops->describe(s.d.sched, &s.said);
    assert_string_equal(wn_buf_text(&s.said), expected);
    release(&s);
}

static void sub_populations_are_as_wide_as_the_widest_bracket(void **state)
{
    (void)state;
    check_text("{}", 81,
               "dehb: 5 brackets an iteration, sizes by the table\n"
               "bracket 0: 81 to 1, 27 to 3, 9 to 9, 3 to 27, 1 to 81\n"
               "bracket 1: 27 to 3, 9 to 9, 3 to 27, 1 to 81\n"
               "bracket 2: 9 to 9, 3 to 27, 1 to 81\n"
               "bracket 3: 6 to 27, 2 to 81\n"
               "bracket 4: 5 to 81\n"
               "level 0: resource 1, 81 places\n"
               "level 1: resource 3, 27 places\n"
               "level 2: resource 9, 9 places\n"
               "level 3: resource 27, 6 places\n"
               "level 4: resource 81, 5 places\n");
    check_text("{\"sizes\": \"formula\", \"reduction_factor\": 4}", 64,
               "dehb: 4 brackets an iteration, sizes by the formula\n"
               "bracket 0: 64 to 1, 16 to 4, 4 to 16, 1 to 64\n"
               "bracket 1: 22 to 4, 5 to 16, 1 to 64\n"
               "bracket 2: 8 to 16, 2 to 64\n"
               "bracket 3: 4 to 64\n"
               "level 0: resource 1, 64 places\n"
               "level 1: resource 4, 22 places\n"
               "level 2: resource 16, 8 places\n"
               "level 3: resource 64, 4 places\n");
    check_text("{\"brackets\": 1, \"grace_period\": 3}", 27,
               "dehb: 1 brackets an iteration, sizes by the table\n"
               "bracket 0: 9 to 3, 3 to 9, 1 to 27\n"
               "level 0: resource 3, 9 places\n"
               "level 1: resource 9, 3 places\n"
               "level 2: resource 27, 1 places\n");
}

/* With one bracket only its lowest rung evolves on its own level. */
static void one_bracket_starts_over_and_over(void **state)
{
    (void)state;
    play("{\"brackets\": 1}", 3,
         "D D D R0:1=.5 R1:1=.3 R2:1=.4 D D R1:3=.1 D D D R3:1=.4 W3",
         "start0R0.0.0>1 start1R0.0.1>1 start2R0.0.2>1 pause+ pause+ pause+ "
         "resume1P0.1.0>3 start3E1.0.0>1@0:0/3 stop+ start4E1.0.1>1@1:0/3 "
         "start5E1.0.2>1@2:0/3 start6E2.0.0>1@0:0/3 stop+ 0");
}

static void refuses_what_no_bracket_can_be(void **state)
{
    static const struct {
        const char *options, *text;
    } bad[] = {{"{\"brackets\": 6}", "scheduler.brackets must be at most 5"},
               {"{\"grace_period\": 82}", "scheduler.grace_period must be from 1"}};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct wn_values *values = drive_values(wn_sched_dehb.options, bad[i].options);
        struct wn_sched_config cfg = {.max_resource = 81, .options = values};
        struct wn_sched *sched = NULL;
        struct wn_error err = {0};

        assert_non_null(values);
        assert_int_equal(wn_sched_dehb.create(&cfg, &sched, &err), WN_EINVAL);
        DRIVE_CHECK(strstr(err.text, bad[i].text) == err.text, "%s", err.text);
        assert_null(sched);
        wn_values_destroy(values);
    }
}

static void check_corrupt(struct script *s, struct wn_event event)
{
    struct wn_error err = {0};

    assert_int_equal(s->d.ops->apply(s->d.sched, &event, &err), WN_ECORRUPT);
    assert_non_null(strstr(err.text, wn_event_name(event.kind)));
}

static void events_that_contradict_are_corrupt(void **state)
{
    static const struct wn_population_plan wrong[] = {
        {.kind = WN_POPULATION_EVOLVED, .generation = 2, .level = 0, .member = 1},
        {.kind = WN_POPULATION_EVOLVED, .generation = 1, .level = 0, .member = 1},
        {.kind = WN_POPULATION_EVOLVED, .generation = 0, .level = 0, .member = 2},
        {.kind = WN_POPULATION_EVOLVED, .generation = 0, .level = 2, .member = 0}};

    (void)state;
    for (size_t i = 0; i <= sizeof wrong / sizeof wrong[0]; i++) {
        struct wn_event event = {.kind = WN_EVENT_PLANNED,
                                 .trial = 1,
                                 .planned = {.milestone = 1, .parent = WN_TRIAL_NONE}};
        struct script s;

        begin(&s, "{}", 3);
        obey(&s, "D");
        if (i)
            event.planned.tag = wn_population_plan_tag(&wrong[i - 1]);
        check_corrupt(&s, event);
        release(&s);
    }
    for (int i = 0; i < 2; i++) {
        struct wn_population_outcome outcome = {.level = 0, .member = 1, .wins = true};
        struct script s;

        begin(&s, "{}", 3);
        obey(&s, "D D R0:1=.5");
        if (i)
            check_corrupt(&s, (struct wn_event){.kind = WN_EVENT_REPORTED, .trial = 0});
        outcome.member = 0;
        check_corrupt(&s, (struct wn_event){
                              .kind = WN_EVENT_REPORTED,
                              .trial = 1,
                              .reported = {.tag = wn_population_outcome_tag(&outcome)}});
        check_corrupt(&s, (struct wn_event){.kind = WN_EVENT_RESUMED,
                                            .trial = 0,
                                            .resumed = {.milestone = 3, .via = 1}});
        release(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_iteration_promotes_and_the_next_evolves),
        cmocka_unit_test(a_bracket_promotes_however_many_were_opened_since),
        cmocka_unit_test(the_best_of_the_sub_population_goes_on),
        cmocka_unit_test(who_loses_its_place_while_paused_is_no_candidate),
        cmocka_unit_test(what_has_no_number_takes_no_place),
        cmocka_unit_test(an_early_end_competes_and_stays),
        cmocka_unit_test(a_report_that_jumps_counts_for_its_own_level),
        cmocka_unit_test(what_a_later_bracket_may_promote_is_worth_something),
        cmocka_unit_test(an_exhausted_study_promotes_in_proportion),
        cmocka_unit_test(a_withdrawn_trial_gives_its_entry_back),
        cmocka_unit_test(a_target_is_not_named_while_a_user_waits),
        cmocka_unit_test(never_idles),
        cmocka_unit_test(sub_populations_are_as_wide_as_the_widest_bracket),
        cmocka_unit_test(one_bracket_starts_over_and_over),
        cmocka_unit_test(refuses_what_no_bracket_can_be),
        cmocka_unit_test(events_that_contradict_are_corrupt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

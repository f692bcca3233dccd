/* test_sched_pbt_decisions.c - population based training, worked out by hand.
 *
 * A script is a row of words; the words it answers with are compared as one text:
 *     D  d        decide with and without room, and do it: begin0=m1>4 (trial 0 is member 1,
 *                 to resource 4) exploit2=m1<0@4>8 (from trial 0's checkpoint at 4)
 *                 explore... restart... resume0>8 end1 wait done
 *     P  G2 Z2    decide, but leave a new trial without configuration; configure it then;
 *                 withdraw it
 *     R0:4=.5     trial 0 reports 4 with loss .5 and a checkpoint: continue>8, pause, lose
 *     r0:4=.5     (a pause after which another takes over) or stop; without a checkpoint
 *     C0 F0 K0    trial 0 ends: completed, failed, stopped by a user
 *     X  A        no further trial may start; again it may
 *     !0          trial 0's checkpoint turns out to be damaged
 *     W0          worth of trial 0
 */
#include <stdlib.h>

#include "drive_sched.h"

#include "trial/member.h"

extern const struct wn_sched_ops wn_sched_pbt;

struct script {
    struct drive d;
    int64_t milestones[64];
    struct wn_buf said;
};

static void emit(struct script *s, struct wn_event event)
{
    struct wn_error err = {0};

    s->d.time_ms++;
    assert_int_equal(drive_emit(&s->d, event, &err), WN_OK);
}

static void configure(struct script *s, uint32_t trial)
{
    union wn_cell cell = {.i = 1 + trial % 9};

    emit(s,
         (struct wn_event){
             .kind = WN_EVENT_CONFIGURED,
             .trial = trial,
             .configured = {.origin = WN_ORIGIN_SEARCH, .n_cells = 1, .cells = &cell}});
}

static void plan(struct script *s, struct wn_decision decision)
{
    uint32_t trial = wn_history_n_trials(s->d.history);
    struct wn_member member;

    assert_true(wn_member_read(&decision.tag, &member));
    drive_check_source(&s->d, decision);
    emit(s, (struct wn_event){.kind = WN_EVENT_PLANNED,
                              .trial = trial,
                              .planned = {.milestone = decision.milestone,
                                          .parent = decision.parent,
                                          .source = decision.source,
                                          .tag = decision.tag}});
    s->milestones[trial] = decision.milestone;
    wn_buf_addf(&s->said, "%s%" PRIu32 "=m%" PRIu32, wn_member_start_name(member.start),
                trial, member.number);
    if (decision.source.resource)
        wn_buf_addf(&s->said, "<%" PRIu32 "@%" PRId64, decision.parent,
                    decision.source.resource);
    wn_buf_addf(&s->said, ">%" PRId64 " ", decision.milestone);
}

static void decide(struct script *s, bool has_room, bool configures)
{
    struct wn_decision decision = drive_look(&s->d, s->d.sched, has_room);
    struct wn_error err = {0};

    switch (decision.act) {
    case WN_ACT_WAIT: wn_buf_adds(&s->said, "wait "); break;
    case WN_ACT_DONE: wn_buf_adds(&s->said, "done "); break;
    case WN_ACT_START:
        plan(s, decision);
        if (configures)
            configure(s, wn_history_n_trials(s->d.history) - 1);
        s->d.n_decisions++;
        break;
    case WN_ACT_RESUME:
        assert_int_equal(drive_resume(&s->d, decision, &err), WN_OK);
        s->milestones[decision.trial] = decision.milestone;
        wn_buf_addf(&s->said, "resume%" PRIu32 ">%" PRId64 " ", decision.trial,
                    decision.milestone);
        break;
    case WN_ACT_END:
        assert_int_equal(drive_drop(&s->d, decision.trial, &err), WN_OK);
        wn_buf_addf(&s->said, "end%" PRIu32 " ", decision.trial);
        break;
    case WN_ACT_RECALL: fail_msg("a recall"); break;
    }
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

static void report(struct script *s, uint32_t trial, struct wn_report report, bool saves)
{
    struct wn_metric metric = {"loss", report.loss};
    struct wn_event event = {
        .kind = WN_EVENT_REPORTED,
        .trial = trial,
        .reported = {.resource = report.resource, .n_metrics = 1, .metrics = &metric}};
    struct wn_verdict verdict;

    if (saves)
        event.reported.checkpoint = (struct wn_generation){
            .resource = report.resource, .trial = trial, .dispatch = {1, 1}};
    if (report.resource < s->milestones[trial]) {
        emit(s, event);
        wn_buf_adds(&s->said, "- ");
        return;
    }
    verdict = s->d.ops->answer(s->d.sched, &report, (struct wn_rng){0});
    event.reported.is_milestone = true;
    event.reported.verdict = verdict.kind;
    event.reported.milestone = verdict.milestone;
    event.reported.tag = verdict.tag;
    emit(s, event);
    wn_buf_adds(&s->said, verdict.tag.n ? "lose" : wn_verdict_name(verdict.kind));
    if (verdict.kind == WN_VERDICT_CONTINUE) {
        s->milestones[trial] = verdict.milestone;
        wn_buf_addf(&s->said, ">%" PRId64, verdict.milestone);
    }
    wn_buf_addc(&s->said, ' ');
    if (verdict.kind == WN_VERDICT_STOP)
        end(s, trial,
            report.resource >= s->d.max_resource ? WN_END_COMPLETED : WN_END_STOPPED);
}

static void obey_report(struct script *s, const char *word)
{
    struct wn_report entry = {0};
    char *rest;

    entry.trial = (uint32_t)strtoul(word + 1, &rest, 10);
    assert_int_equal(*rest, ':');
    entry.resource = strtoll(rest + 1, &rest, 10);
    assert_int_equal(*rest, '=');
    entry.loss = strtod(rest + 1, &rest);
    assert_int_equal(*rest, '\0');
    report(s, entry.trial, entry, word[0] == 'R');
}

static void obey_word(struct script *s, const char *word)
{
    uint32_t trial = strchr("CFKWGZ!", word[0]) ? (uint32_t)atoi(word + 1) : 0;

    switch (word[0]) {
    case 'D': decide(s, true, true); break;
    case 'd': decide(s, false, true); break;
    case 'P': decide(s, true, false); break;
    case 'G': configure(s, trial); break;
    case 'Z': end(s, trial, WN_END_WITHDRAWN); break;
    case 'R':
    case 'r': obey_report(s, word); break;
    case 'C': end(s, trial, WN_END_COMPLETED); break;
    case 'F': end(s, trial, WN_END_FAILED); break;
    case 'K': end(s, trial, WN_END_STOPPED); break;
    case 'X':
        emit(s, (struct wn_event){.kind = WN_EVENT_EXHAUSTED, .trial = WN_TRIAL_NONE});
        break;
    case 'A':
        emit(s, (struct wn_event){.kind = WN_EVENT_AMENDED, .trial = WN_TRIAL_NONE});
        break;
    case '!':
        wn_history_follow(
            s->d.history,
            &(const struct wn_event){.kind = WN_EVENT_DAMAGED,
                                     .trial = trial,
                                     .collected.generation =
                                         wn_history_trial(s->d.history, trial)->newest});
        break;
    case 'W': wn_buf_addf(&s->said, "%g ", s->d.ops->worth(s->d.sched, trial)); break;
    default: DRIVE_CHECK(false, "unknown word %s", word);
    }
}

/* `options` beside the interval of 4; the caller ends the script. */
static void begin_script(struct script *s, const char *options, int64_t max)
{
    struct wn_error err = {0};
    char text[256];

    snprintf(text, sizeof text, "{\"perturbation_interval\": 4, %s}", options);
    *s = (struct script){
        .d = {.ops = &wn_sched_pbt,
              .values = drive_values(wn_sched_pbt.options, text),
              .space =
                  drive_space("{\"x\": {\"type\": \"int\", \"low\": 1, \"high\": 9}}"),
              .max_resource = max}};
    assert_non_null(s->d.values);
    DRIVE_CHECK(drive_begin(&s->d, &err) == WN_OK, "%s: %s", text, err.text);
}

static void end_script(struct script *s)
{
    wn_buf_release(&s->said);
    drive_end(&s->d);
    wn_values_destroy((struct wn_values *)(uintptr_t)s->d.values);
    wn_space_destroy((struct wn_space *)(uintptr_t)s->d.space);
}

static void obey(struct script *s, const char *words)
{
    char word[64];
    int n;

    for (; sscanf(words, "%63s%n", word, &n) == 1; words += n)
        obey_word(s, word);
}

static void play(const char *name,
                 const char *options,
                 int64_t max,
                 const char *words,
                 const char *expected)
{
    struct script s;

    begin_script(&s, options, max);
    obey(&s, words);
    if (!strchr(words, '!')) /* damage is no event that schedulers see */
        drive_swap(&s.d);    /* what the events give is the same state */
    if (s.said.n)
        s.said.at[--s.said.n] = '\0';
    DRIVE_CHECK(strcmp(wn_buf_text(&s.said), expected) == 0,
                "%s\n  said     %s\n  expected %s", name, wn_buf_text(&s.said), expected);
    end_script(&s);
}

#define TWO       "\"population\": 2, \"quantile\": 0.5"
#define TWO_BEGIN "begin0=m0>4 begin1=m1>4 "

struct row {
    const char *name, *options;
    int64_t max;
    const char *words, *expected;
};

static void play_all(const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        play(rows[i].name, rows[i].options, rows[i].max, rows[i].words, rows[i].expected);
}

#define PLAY_ALL(rows) play_all(rows, sizeof(rows) / sizeof(rows)[0])

/* --- who loses its place, and to whom --- */

static const struct row selection[] = {
    {"the worse of two goes on from the better one's checkpoint, then the other way "
     "round",
     TWO, 20, "D D D R0:4=.5 R1:4=.7 d D D D R2:8=.4 R0:8=.6 D D",
     TWO_BEGIN "wait continue>8 lose wait exploit2=m1<0@4>8 end1 wait continue>12 lose "
               "exploit3=m0<2@8>12 end0"},
    {"equals do not spare each other: the smaller number is better", TWO, 20,
     "D D R1:4=.5 R0:4=.5 R1:8=.5 D",
     TWO_BEGIN "continue>8 continue>8 lose exploit2=m1<0@4>8"},
    {"nobody is judged before half of the members have scored",
     "\"population\": 6, \"quantile\": 0.34", 20,
     "D D D D D D R0:4=.1 R1:4=.9 R2:4=.95 D D R1:8=.9",
     "begin0=m0>4 begin1=m1>4 begin2=m2>4 begin3=m3>4 begin4=m4>4 begin5=m5>4 continue>8 "
     "continue>8 lose exploit6=m2<0@4>8 end2 continue>12"},
    {"of five the worst fifth is one", "\"population\": 5", 20,
     "D D D D D R0:4=.5 R1:4=.4 R2:4=.3 R3:4=.2 R4:4=.1 R1:8=.6 R2:8=.55 D D",
     "begin0=m0>4 begin1=m1>4 begin2=m2>4 begin3=m3>4 begin4=m4>4 continue>8 continue>8 "
     "continue>8 continue>8 continue>8 lose continue>12 exploit5=m1<4@4>8 end1"},
    {"who has no checkpoint is not copied", TWO, 20,
     "D D r0:4=.5 R1:4=.7 R0:8=.4 R1:8=.7 D",
     TWO_BEGIN "continue>8 continue>8 continue>12 lose exploit2=m1<0@8>12"},
    {"nor is who diverged", TWO, 20, "D D R0:4=inf R1:4=inf R0:8=1e300 R1:8=inf D",
     TWO_BEGIN "continue>8 continue>8 continue>12 lose exploit2=m1<0@8>12"},
    {"nor is a checkpoint that turned out to be damaged", TWO, 20,
     "D D R0:4=.5 R1:4=.7 !0 D", TWO_BEGIN "continue>8 lose resume1>8"},
    {"an older checkpoint is copied if the last milestone has none", TWO, 20,
     "D D R0:4=.5 r0:8=.4 R1:4=.7 D",
     TWO_BEGIN "continue>8 continue>12 lose "
               "exploit2=m1<0@4>8"},
    {"quantile 0 lets everybody train", "\"population\": 2, \"quantile\": 0", 12,
     "D D R0:4=.5 R1:4=.7 R1:8=.9 R0:8=.1 R0:12=.1 R1:12=.9 D",
     TWO_BEGIN "continue>8 continue>8 continue>12 continue>12 stop stop done"},
    {"before burn_in nobody loses", TWO ", \"burn_in\": 8", 20,
     "D D R0:4=.1 R1:4=.9 R1:8=.9 D",
     TWO_BEGIN "continue>8 continue>8 lose "
               "exploit2=m1<0@4>8"},
    {"a milestone that is passed counts, and the next is an interval away", TWO, 20,
     "D D R0:7=.5 R1:2=.1 R1:6=.7 D", TWO_BEGIN "continue>11 - lose exploit2=m1<0@7>11"},
    {"a score between milestones does not count", TWO, 20,
     "D D R0:4=.5 R0:6=.9 R1:4=.7 D R2:8=.1 R0:8=.2",
     TWO_BEGIN "continue>8 - lose exploit2=m1<0@4>8 continue>12 lose"},
    {"nor is its own old checkpoint", TWO ", \"burn_in\": 8", 20,
     "D D R0:4=.1 r1:4=.5 R0:8=.9", TWO_BEGIN "continue>8 continue>8 continue>12"},
    {"a loser that is the best by the time there is a slot goes on",
     "\"population\": 3, \"quantile\": 0.34", 20,
     "D D D R1:4=.2 R0:4=.1 R2:4=.9 R0:8=.95 F1 D D D D",
     "begin0=m0>4 begin1=m1>4 begin2=m2>4 continue>8 continue>8 lose lose "
     "restart3=m1<1@4>8 resume2>8 exploit4=m0<2@4>8 end0"},
    {"explore only: not from a checkpoint that is behind",
     "\"population\": 2, \"exploit\": \"none\", \"burn_in\": 5", 20,
     "D D R0:4=.5 r0:8=.5 D", TWO_BEGIN "continue>8 lose resume0>12"},
    {"explore only: everybody goes on from its own checkpoint, if it is there",
     "\"population\": 2, \"exploit\": \"none\", \"burn_in\": 5", 20,
     "D D R0:4=.5 R0:8=.5 D D r1:8=.7 D",
     TWO_BEGIN "continue>8 lose explore2=m0<0@8>12 end0 lose resume1>12"},
};

static void losers_and_donors_are_as_worked_out_by_hand(void **state)
{
    (void)state;
    PLAY_ALL(selection);
}

/* Each of the two best of ten, and no other, is copied by one who is among the two worst. */
static void donors_are_drawn_from_the_best(void **state)
{
    unsigned n_copied[10] = {0};

    (void)state;
    for (uint64_t seed = 0; seed < 40; seed++) {
        struct wn_decision decision;
        struct script s;

        begin_script(&s, "\"population\": 10", 20);
        s.d.seed = seed;
        obey(&s, "D D D D D D D D D D R5:4=.1 R7:4=.2 R0:4=.3 R1:4=.4 R2:4=.5 R3:4=.35 "
                 "R4:4=.34 R6:4=.33 R8:4=.32 R9:4=.9");
        decision = drive_look(&s.d, s.d.sched, true);
        assert_int_equal(decision.act, WN_ACT_START);
        n_copied[decision.parent]++;
        end_script(&s);
    }
    assert_true(n_copied[5] > 10 && n_copied[7] > 10);
    assert_int_equal(n_copied[5] + n_copied[7], 40);
}

/* --- budget, slots --- */

static const struct row sharing[] = {
    {"a member trains as much as a full run, also where an exploit leads back", TWO, 16,
     "D D R0:4=.9 R0:8=.9 R1:4=.1 R0:12=.9 D D R2:8=.05 D R1:8=.1 R1:16=.1 D",
     TWO_BEGIN "continue>8 continue>12 continue>8 lose exploit2=m0<1@4>8 end0 stop wait "
               "continue>12 stop done"},
    {"the last milestone is the maximum", TWO, 10, "D D R0:4=.1 R0:8=.1 R0:10=.1 D",
     TWO_BEGIN "continue>8 continue>10 stop wait"},
    {"members take turns, and who is behind goes first",
     "\"population\": 3, \"quantile\": 0", 12,
     "D d R0:4=.5 D R1:4=.6 D R2:4=.7 R2:8=.7 D R0:8=.5 D R1:8=.6 R1:12=.6 D R2:12=.7 D "
     "R0:12=.5 D",
     "begin0=m0>4 wait pause begin1=m1>4 pause begin2=m2>4 continue>8 pause resume0>8 "
     "pause resume1>8 continue>12 stop resume2>12 stop resume0>12 stop done"},
    {"a slot goes to who failed, then to losers, then to who has not begun",
     "\"population\": 4, \"quantile\": 0.5", 20,
     "D D R0:4=.1 R1:4=.9 D D D F3 R2:8=.95 D D D D D",
     "begin0=m0>4 begin1=m1>4 pause lose exploit2=m1<0@4>8 end1 begin3=m2>4 lose "
     "restart4=m2<0@4>8 exploit5=m1<0@4>8 end2 begin6=m3>4 resume0>8"},
    {"a program that ends by itself has finished its member", TWO, 20,
     "D D R0:4=.5 R1:2=.3 C1 D R0:20=.4 D", TWO_BEGIN "continue>8 - wait stop done"},
};

static void slots_and_budget_are_shared_as_worked_out_by_hand(void **state)
{
    (void)state;
    PLAY_ALL(sharing);
}

/* --- failures --- */

static const struct row failures[] = {
    {"from its own checkpoint, its ancestor's, untrained; and at last not at all",
     TWO ", \"restarts\": 2", 20, "D D R0:4=.5 F0 W0 D W0 F2 D W0 F3 W0 D F1 D F4 D F5 D",
     TWO_BEGIN
     "continue>8 4 restart2=m0<0@4>8 4 restart3=m0<0@4>8 4 0 wait restart4=m1>4 "
     "restart5=m1>4 done"},
    {"a milestone begins a new row of failures", TWO ", \"restarts\": 1", 20,
     "D D R0:4=.5 F0 D R2:8=.4 F2 D R3:12=.3 F3 D F4 D",
     TWO_BEGIN "continue>8 restart2=m0<0@4>8 continue>12 restart3=m0<2@8>12 continue>16 "
               "restart4=m0<3@12>16 wait"},
    {"without ancestors from a good member", TWO, 20, "D D R0:4=.5 F1 D",
     TWO_BEGIN "continue>8 restart2=m1<0@4>8"},
    {"an ancestor is kept although it lost its place, as long as a child may need it",
     "\"population\": 3, \"quantile\": 0.34", 20,
     "D D D R1:4=.2 R0:4=.1 R2:4=.9 D D R1:8=.05 R0:8=.8 D D W0 F3 D W0 R5:12=.3 W0",
     "begin0=m0>4 begin1=m1>4 begin2=m2>4 continue>8 continue>8 lose exploit3=m2<0@4>8 "
     "end2 continue>12 lose exploit4=m0<1@8>12 end0 8 restart5=m2<0@8>12 8 lose 0"},
    {"a trial that a user stopped is replaced, not gone on from", TWO, 20,
     "D D R0:4=.5 R1:4=.2 K0 W0 D",
     TWO_BEGIN "continue>8 continue>8 0 "
               "restart2=m0<1@4>8"},
    {"also a paused one, and untrained if nobody is there to copy",
     "\"population\": 2, \"quantile\": 0", 20, "D R0:4=.5 W0 K0 W0 D",
     "begin0=m0>4 pause 4 0 restart1=m0>4"},
};

static void failed_members_restart_as_worked_out_by_hand(void **state)
{
    (void)state;
    PLAY_ALL(failures);
}

/* --- no further trials, plans that come to nothing --- */

static const struct row limits[] = {
    {"when no trial may start losers go on, and what failed waits for a change", TWO, 20,
     "D D R0:4=.5 R1:4=.7 X D R1:8=.9 F0 D R1:20=.9 D A D",
     TWO_BEGIN "continue>8 lose resume1>8 continue>12 wait stop done restart2=m0<0@4>8"},
    {"a withdrawn plan leaves the loser its place", TWO, 20,
     "D D R0:4=.5 R1:4=.7 P W1 Z2 W1 D R1:8=.1 R0:8=.2",
     TWO_BEGIN "continue>8 lose exploit2=m1<0@4>8 4 4 resume1>8 continue>12 lose"},
    {"the loser is ended when the other has its configuration", TWO, 20,
     "D D R0:4=.5 R1:4=.7 P D G2 W1 D D",
     TWO_BEGIN "continue>8 lose exploit2=m1<0@4>8 wait 0 end1 wait"},
    {"a loser that a user ends meanwhile leaves nothing to do", TWO, 20,
     "D D R0:4=.5 R1:4=.7 P K1 G2 D", TWO_BEGIN "continue>8 lose exploit2=m1<0@4>8 wait"},
    {"or a member without a trial", TWO, 20, "D D R0:4=.5 R1:4=.7 P K1 Z2 D",
     TWO_BEGIN "continue>8 lose exploit2=m1<0@4>8 restart3=m1<0@4>8"},
    {"a first trial that is withdrawn is planned again", TWO, 20, "D P Z1 D",
     "begin0=m0>4 begin1=m1>4 begin2=m1>4"},
    {"exhausted before the first trial", TWO, 20, "X d D", "done done"},
};

static void limits_cost_no_member_its_place(void **state)
{
    (void)state;
    PLAY_ALL(limits);
}

/* --- synchronous --- */

#define ROUNDS "\"synchronous\": true, \"quantile\": 0.25, "

static const struct row rounds[] = {
    {"all wait for the last, then losers go first", ROUNDS "\"population\": 4", 12,
     "D D D D R0:4=.1 R1:4=.2 D R2:4=.3 R3:4=.4 D D D D D D R0:8=.9 R4:8=.05 R1:8=.2 "
     "R2:8=.3 D D D D D R5:12=1 R4:12=1 R1:12=1 R2:12=1 D",
     "begin0=m0>4 begin1=m1>4 begin2=m2>4 begin3=m3>4 pause pause wait pause pause "
     "exploit4=m3<0@4>8 end3 resume0>8 resume1>8 resume2>8 wait pause pause pause pause "
     "exploit5=m0<4@8>12 end0 resume4>12 resume1>12 resume2>12 stop stop stop stop done"},
    {"a failure makes the others wait", ROUNDS "\"population\": 3", 12,
     "D D D R0:4=.1 R1:4=.2 F2 D D R3:4=.3 D D D D",
     "begin0=m0>4 begin1=m1>4 begin2=m2>4 pause pause restart3=m2>4 wait pause "
     "exploit4=m2<0@4>8 end3 resume0>8 resume1>8"},
    {"but not if it cannot start again", ROUNDS "\"population\": 3", 12,
     "D D D R0:4=.1 R1:4=.2 F2 X D D D",
     "begin0=m0>4 begin1=m1>4 begin2=m2>4 pause pause resume0>8 resume1>8 wait"},
    {"nor if it has finished", ROUNDS "\"population\": 3", 12,
     "D D D R0:4=.1 R1:4=.2 R2:12=.3 D D D",
     "begin0=m0>4 begin1=m1>4 begin2=m2>4 pause pause stop exploit3=m1<0@4>8 end1 "
     "resume0>8"},
    {"two losers of eight copy the two best of the round, not who is ahead since",
     ROUNDS "\"population\": 8", 12,
     "D D D D D D D D R0:4=.1 R1:4=.1 R2:4=.3 R3:4=.4 R4:4=.5 R5:4=.6 R6:4=.7 r7:4=.8 "
     "!0 D D R8:8=.01 D D",
     "begin0=m0>4 begin1=m1>4 begin2=m2>4 begin3=m3>4 begin4=m4>4 begin5=m5>4 "
     "begin6=m6>4 begin7=m7>4 pause pause pause pause pause pause pause pause "
     "exploit8=m7<1@4>8 end7 pause exploit9=m6<1@4>8 end6"},
};

static void rounds_are_as_worked_out_by_hand(void **state)
{
    (void)state;
    PLAY_ALL(rounds);
}

/* --- what is no legal event --- */

static void events_against_the_state_are_corrupt(void **state)
{
    struct wn_tag live = wn_member_tag((struct wn_member){WN_MEMBER_BEGIN, 0});
    struct wn_tag none = wn_member_tag((struct wn_member){WN_MEMBER_BEGIN, 2});
    const struct wn_event events[] = {
        {.kind = WN_EVENT_PLANNED, .trial = 3, .planned = {.milestone = 4, .tag = live}},
        {.kind = WN_EVENT_PLANNED, .trial = 3, .planned = {.milestone = 4, .tag = none}},
        {.kind = WN_EVENT_PLANNED, .trial = 3, .planned = {.milestone = 4}},
        {.kind = WN_EVENT_PLANNED, .trial = 7, .planned = {.milestone = 4, .tag = none}},
        {.kind = WN_EVENT_RESUMED,
         .trial = 1,
         .resumed = {.milestone = 8, .via = WN_TRIAL_NONE}}, /* its place is taken */
        {.kind = WN_EVENT_RESUMED,
         .trial = 0,
         .resumed = {.milestone = 8, .via = WN_TRIAL_NONE}},
        {.kind = WN_EVENT_REPORTED, .trial = 1, .reported = {.resource = 8}},
        {.kind = WN_EVENT_REPORTED, .trial = 7, .reported = {.resource = 8}},
        {.kind = WN_EVENT_CONFIGURED, .trial = 1},
        {.kind = WN_EVENT_ENDED, .trial = 7},
    };
    struct script s;

    (void)state;
    begin_script(&s, TWO, 20);
    obey(&s, "D D R0:4=.5 R1:4=.7 D");
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
        struct wn_error err = {0};

        if (s.d.ops->apply(s.d.sched, &events[i], &err) != WN_ECORRUPT)
            fail_msg("event %zu is accepted", i);
        assert_non_null(strstr(err.text, wn_event_name(events[i].kind)));
    }
    obey(&s, "D K0");
    assert_int_equal(
        s.d.ops->apply(s.d.sched, &(struct wn_event){.kind = WN_EVENT_ENDED, .trial = 1},
                       NULL),
        WN_ECORRUPT);
    end_script(&s);
}

static void tells_what_it_is_and_what_it_came_to(void **state)
{
    struct wn_buf out = {0};
    struct script s;

    (void)state;
    begin_script(&s, "\"population\": 10, \"burn_in\": 3", 20);
    s.d.ops->describe(s.d.sched, &out);
    assert_string_equal(wn_buf_text(&out),
                        "pbt: a population of 10, judged every 4 units of resource\n"
                        "exploit: the worst 2 go on from checkpoints of the best 2, from "
                        "resource 3 on\n"
                        "most: 10 members, 20 units each\n");
    end_script(&s);
    wn_buf_clear(&out);
    begin_script(&s, "\"population\": 100, \"quantile\": 0.07", 20);
    s.d.ops->describe(s.d.sched, &out);
    assert_non_null(strstr(wn_buf_text(&out), "the worst 7 go on")); /* not 8 */
    end_script(&s);
    wn_buf_clear(&out);
    begin_script(&s, TWO, 20);
    obey(&s, "D D r0:4=.5 R1:4=.1 R0:8=.7 D R2:20=.1");
    s.d.ops->describe(s.d.sched, &out);
    assert_non_null(strstr(wn_buf_text(&out),
                           "members: 1 at work, 0 paused, 0 without a trial, 1 finished\n"
                           "trials: 1 exploits, 0 explores, 0 restarts\n"));
    wn_buf_release(&out);
    end_script(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(losers_and_donors_are_as_worked_out_by_hand),
        cmocka_unit_test(donors_are_drawn_from_the_best),
        cmocka_unit_test(slots_and_budget_are_shared_as_worked_out_by_hand),
        cmocka_unit_test(failed_members_restart_as_worked_out_by_hand),
        cmocka_unit_test(limits_cost_no_member_its_place),
        cmocka_unit_test(rounds_are_as_worked_out_by_hand),
        cmocka_unit_test(events_against_the_state_are_corrupt),
        cmocka_unit_test(tells_what_it_is_and_what_it_came_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

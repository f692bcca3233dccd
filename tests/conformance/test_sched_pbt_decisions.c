/* test_sched_pbt_decisions.c - decisions/pbt.md: population based training, worked out by hand.
 *
 * Behind a start stands which member the trial is and how it began: begin, exploit, explore
 * or restart. pause:lose is a pause after which another takes over.
 */
#include "script_sched.h"

#include "trial/member.h"

extern const struct wn_sched_ops wn_sched_pbt;

static void say_member(struct script *s,
                       const struct wn_tag *tag,
                       const struct wn_decision *decision)
{
    struct wn_member member;

    if (!decision) {
        wn_buf_adds(&s->said, ":lose");
        return;
    }
    assert_true(wn_member_read(tag, &member));
    wn_buf_addf(&s->said, ":m%" PRIu32 "-%s", member.number,
                wn_member_start_name(member.start));
}

static struct script_page page = {.name = "pbt"};
static const struct script pbt = {.d = {.ops = &wn_sched_pbt},
                                  .page = &page,
                                  .tag = say_member};

/* Options beside the interval of 4. */
#define WITH(options) "{\"perturbation_interval\": 4, " options "}"
#define OF_TWO        "\"population\": 2, \"quantile\": 0.5"
#define TWO           WITH(OF_TWO)
#define TWO_BEGIN     "start0>4:m0-begin start1>4:m1-begin "

static void begin(struct script *s, const char *options)
{
    *s = pbt;
    script_begin(s,
                 &(struct script_case){.name = options, .options = options, .max = 20});
}

/* --- who loses its place, and to whom --- */

static const struct script_case selection[] = {
    {"the worse of two goes on from the better one's checkpoint, then the other way "
     "round",
     TWO, "D D D R0:4=.5 R1:4=.7 d D D D R2:8=.4 R0:8=.6 D D",
     TWO_BEGIN "wait continue>8 pause:lose wait start2<0@4>8:m1-exploit end1 wait "
               "continue>12 pause:lose start3<2@8>12:m0-exploit end0",
     20, 0},
    {"equals do not spare each other: the smaller number is better", TWO,
     "D D R1:4=.5 R0:4=.5 R1:8=.5 D",
     TWO_BEGIN "continue>8 continue>8 pause:lose start2<0@4>8:m1-exploit", 20, 0},
    {"nobody is judged before half of the members have scored",
     WITH("\"population\": 6, \"quantile\": 0.34"),
     "D D D D D D R0:4=.1 R1:4=.9 R2:4=.95 D D R1:8=.9",
     "start0>4:m0-begin start1>4:m1-begin start2>4:m2-begin start3>4:m3-begin "
     "start4>4:m4-begin start5>4:m5-begin continue>8 continue>8 pause:lose "
     "start6<0@4>8:m2-exploit end2 continue>12",
     20, 0},
    {"of five the worst fifth is one", WITH("\"population\": 5"),
     "D D D D D R0:4=.5 R1:4=.4 R2:4=.3 R3:4=.2 R4:4=.1 R1:8=.6 R2:8=.55 D D",
     "start0>4:m0-begin start1>4:m1-begin start2>4:m2-begin start3>4:m3-begin "
     "start4>4:m4-begin continue>8 continue>8 continue>8 continue>8 continue>8 "
     "pause:lose continue>12 start5<4@4>8:m1-exploit end1",
     20, 0},
    {"who has no checkpoint is not copied", TWO, "D D r0:4=.5 R1:4=.7 R0:8=.4 R1:8=.7 D",
     TWO_BEGIN "continue>8 continue>8 continue>12 pause:lose start2<0@8>12:m1-exploit",
     20, 0},
    {"nor is who diverged", TWO, "D D R0:4=inf R1:4=inf R0:8=1e300 R1:8=inf D",
     TWO_BEGIN "continue>8 continue>8 continue>12 pause:lose start2<0@8>12:m1-exploit",
     20, 0},
    {"nor is a checkpoint that turned out to be damaged", TWO, "D D R0:4=.5 R1:4=.7 !0 D",
     TWO_BEGIN "continue>8 pause:lose resume1>8", 20, 0},
    {"an older checkpoint is copied if the last milestone has none", TWO,
     "D D R0:4=.5 r0:8=.4 R1:4=.7 D",
     TWO_BEGIN "continue>8 continue>12 pause:lose start2<0@4>8:m1-exploit", 20, 0},
    {"quantile 0 lets everybody train", WITH("\"population\": 2, \"quantile\": 0"),
     "D D R0:4=.5 R1:4=.7 R1:8=.9 R0:8=.1 R0:12=.1 R1:12=.9 D",
     TWO_BEGIN "continue>8 continue>8 continue>12 continue>12 stop stop done", 12, 0},
    {"before burn_in nobody loses", WITH(OF_TWO ", \"burn_in\": 8"),
     "D D R0:4=.1 R1:4=.9 R1:8=.9 D",
     TWO_BEGIN "continue>8 continue>8 pause:lose start2<0@4>8:m1-exploit", 20, 0},
    {"a milestone that is passed counts, and the next is an interval away", TWO,
     "D D R0:7=.5 R1:2=.1 R1:6=.7 D",
     TWO_BEGIN "continue>11 - pause:lose start2<0@7>11:m1-exploit", 20, 0},
    {"a score between milestones does not count", TWO,
     "D D R0:4=.5 R0:6=.9 R1:4=.7 D R2:8=.1 R0:8=.2",
     TWO_BEGIN "continue>8 - pause:lose start2<0@4>8:m1-exploit continue>12 pause:lose",
     20, 0},
    {"nor is its own old checkpoint", WITH(OF_TWO ", \"burn_in\": 8"),
     "D D R0:4=.1 r1:4=.5 R0:8=.9", TWO_BEGIN "continue>8 continue>8 continue>12", 20, 0},
    {"a loser that is the best by the time there is a slot goes on",
     WITH("\"population\": 3, \"quantile\": 0.34"),
     "D D D R1:4=.2 R0:4=.1 R2:4=.9 R0:8=.95 F1 D D D D",
     "start0>4:m0-begin start1>4:m1-begin start2>4:m2-begin continue>8 continue>8 "
     "pause:lose pause:lose start3<1@4>8:m1-restart resume2>8 start4<2@4>8:m0-exploit "
     "end0",
     20, 0},
    {"explore only: not from a checkpoint that is behind",
     WITH("\"population\": 2, \"exploit\": \"none\", \"burn_in\": 5"),
     "D D R0:4=.5 r0:8=.5 D", TWO_BEGIN "continue>8 pause:lose resume0>12", 20, 0},
    {"explore only: everybody goes on from its own checkpoint, if it is there",
     WITH("\"population\": 2, \"exploit\": \"none\", \"burn_in\": 5"),
     "D D R0:4=.5 R0:8=.5 D D r1:8=.7 D",
     TWO_BEGIN
     "continue>8 pause:lose start2<0@8>12:m0-explore end0 pause:lose resume1>12",
     20, 0},
};

static void losers_and_donors_are_as_worked_out_by_hand(void **state)
{
    (void)state;
    wn_buf_adds(&page.text, "# pbt: decisions worked out by hand\n\n"
                            "Population based training (Jaderberg et al., 2017). Words: "
                            "[README.md](../README.md#decisions). Behind a start stands "
                            "which\nmember the trial "
                            "is and how it began: begin, exploit, explore or restart. "
                            "`pause:lose` is a pause "
                            "after which another takes over.\n");
    script_chapter(&page, "Who loses its place, and to whom");
    SCRIPT_PLAY_ALL(&pbt, selection);
}

/* Each of the two best of ten, and no other, is copied by one who is among the two worst. */
static void donors_are_drawn_from_the_best(void **state)
{
    unsigned n_copied[10] = {0};

    (void)state;
    for (uint64_t seed = 0; seed < 40; seed++) {
        struct wn_decision decision;
        struct script s;

        begin(&s, WITH("\"population\": 10"));
        s.d.seed = seed;
        script_say(&s, "begin",
                   "D D D D D D D D D D R5:4=.1 R7:4=.2 R0:4=.3 R1:4=.4 R2:4=.5 R3:4=.35 "
                   "R4:4=.34 R6:4=.33 R8:4=.32 R9:4=.9",
                   NULL);
        decision = drive_look(&s.d, s.d.sched, true);
        assert_int_equal(decision.act, WN_ACT_START);
        n_copied[decision.parent]++;
        script_release(&s);
    }
    assert_true(n_copied[5] > 10 && n_copied[7] > 10);
    assert_int_equal(n_copied[5] + n_copied[7], 40);
}

/* --- budget, slots --- */

static const struct script_case sharing[] = {
    {"a member trains as much as a full run, also where an exploit leads back", TWO,
     "D D R0:4=.9 R0:8=.9 R1:4=.1 R0:12=.9 D D R2:8=.05 D R1:8=.1 R1:16=.1 D",
     TWO_BEGIN "continue>8 continue>12 continue>8 pause:lose start2<1@4>8:m0-exploit "
               "end0 stop wait continue>12 stop done",
     16, 0},
    {"the last milestone is the maximum", TWO, "D D R0:4=.1 R0:8=.1 R0:10=.1 D",
     TWO_BEGIN "continue>8 continue>10 stop wait", 10, 0},
    {"members take turns, and who is behind goes first",
     WITH("\"population\": 3, \"quantile\": 0"),
     "D d R0:4=.5 D R1:4=.6 D R2:4=.7 R2:8=.7 D R0:8=.5 D R1:8=.6 R1:12=.6 D R2:12=.7 D "
     "R0:12=.5 D",
     "start0>4:m0-begin wait pause start1>4:m1-begin pause start2>4:m2-begin continue>8 "
     "pause resume0>8 pause resume1>8 continue>12 stop resume2>12 stop resume0>12 stop "
     "done",
     12, 0},
    {"a slot goes to who failed, then to losers, then to who has not begun",
     WITH("\"population\": 4, \"quantile\": 0.5"),
     "D D R0:4=.1 R1:4=.9 D D D F3 R2:8=.95 D D D D D",
     "start0>4:m0-begin start1>4:m1-begin pause pause:lose start2<0@4>8:m1-exploit end1 "
     "start3>4:m2-begin pause:lose start4<0@4>8:m2-restart start5<0@4>8:m1-exploit end2 "
     "start6>4:m3-begin resume0>8",
     20, 0},
    {"a program that ends by itself has finished its member", TWO,
     "D D R0:4=.5 R1:2=.3 C1 D R0:20=.4 D", TWO_BEGIN "continue>8 - wait stop done", 20,
     0},
};

static void slots_and_budget_are_shared_as_worked_out_by_hand(void **state)
{
    (void)state;
    script_chapter(&page, "Budget and slots");
    SCRIPT_PLAY_ALL(&pbt, sharing);
}

/* --- failures --- */

static const struct script_case failures[] = {
    {"from its own checkpoint, its ancestor's, untrained; and at last not at all",
     WITH(OF_TWO ", \"restarts\": 2"),
     "D D R0:4=.5 F0 W0 D W0 F2 D W0 F3 W0 D F1 D F4 D F5 D",
     TWO_BEGIN "continue>8 4 start2<0@4>8:m0-restart 4 start3<0@4>8:m0-restart 4 0 wait "
               "start4>4:m1-restart start5>4:m1-restart done",
     20, 0},
    {"a milestone begins a new row of failures", WITH(OF_TWO ", \"restarts\": 1"),
     "D D R0:4=.5 F0 D R2:8=.4 F2 D R3:12=.3 F3 D F4 D",
     TWO_BEGIN "continue>8 start2<0@4>8:m0-restart continue>12 start3<2@8>12:m0-restart "
               "continue>16 start4<3@12>16:m0-restart wait",
     20, 0},
    {"without ancestors from a good member", TWO, "D D R0:4=.5 F1 D",
     TWO_BEGIN "continue>8 start2<0@4>8:m1-restart", 20, 0},
    {"an ancestor is kept although it lost its place, as long as a child may need it",
     WITH("\"population\": 3, \"quantile\": 0.34"),
     "D D D R1:4=.2 R0:4=.1 R2:4=.9 D D R1:8=.05 R0:8=.8 D D W0 F3 D W0 R5:12=.3 W0",
     "start0>4:m0-begin start1>4:m1-begin start2>4:m2-begin continue>8 continue>8 "
     "pause:lose start3<0@4>8:m2-exploit end2 continue>12 pause:lose "
     "start4<1@8>12:m0-exploit end0 8 start5<0@8>12:m2-restart 8 pause:lose 0",
     20, 0},
    {"a trial that a user stopped is replaced, not gone on from", TWO,
     "D D R0:4=.5 R1:4=.2 K0 W0 D",
     TWO_BEGIN "continue>8 continue>8 0 start2<1@4>8:m0-restart", 20, 0},
    {"also a paused one, and untrained if nobody is there to copy",
     WITH("\"population\": 2, \"quantile\": 0"), "D R0:4=.5 W0 K0 W0 D",
     "start0>4:m0-begin pause 4 0 start1>4:m0-restart", 20, 0},
};

static void failed_members_restart_as_worked_out_by_hand(void **state)
{
    (void)state;
    script_chapter(&page, "Failures");
    SCRIPT_PLAY_ALL(&pbt, failures);
}

/* --- no further trials, plans that come to nothing --- */

static const struct script_case limits[] = {
    {"when no trial may start losers go on, and what failed waits for a change", TWO,
     "D D R0:4=.5 R1:4=.7 X D R1:8=.9 F0 D R1:20=.9 D A D",
     TWO_BEGIN
     "continue>8 pause:lose resume1>8 continue>12 wait stop done start2<0@4>8:m0-restart",
     20, 0},
    {"a withdrawn plan leaves the loser its place", TWO,
     "D D R0:4=.5 R1:4=.7 P W1 U2 W1 D R1:8=.1 R0:8=.2",
     TWO_BEGIN
     "continue>8 pause:lose start2<0@4>8:m1-exploit 4 4 resume1>8 continue>12 pause:lose",
     20, 0},
    {"the loser is ended when the other has its configuration", TWO,
     "D D R0:4=.5 R1:4=.7 P D G2 W1 D D",
     TWO_BEGIN "continue>8 pause:lose start2<0@4>8:m1-exploit wait 0 end1 wait", 20, 0},
    {"a loser that a user ends meanwhile leaves nothing to do", TWO,
     "D D R0:4=.5 R1:4=.7 P K1 G2 D",
     TWO_BEGIN "continue>8 pause:lose start2<0@4>8:m1-exploit wait", 20, 0},
    {"or a member without a trial", TWO, "D D R0:4=.5 R1:4=.7 P K1 U2 D",
     TWO_BEGIN "continue>8 pause:lose start2<0@4>8:m1-exploit start3<0@4>8:m1-restart",
     20, 0},
    {"a first trial that is withdrawn is planned again", TWO, "D P U1 D",
     "start0>4:m0-begin start1>4:m1-begin start2>4:m1-begin", 20, 0},
    {"exhausted before the first trial", TWO, "X d D", "done done", 20, 0},
};

static void limits_cost_no_member_its_place(void **state)
{
    (void)state;
    script_chapter(&page, "No further trials, plans that come to nothing");
    SCRIPT_PLAY_ALL(&pbt, limits);
}

/* --- synchronous --- */

#define ROUNDS "\"synchronous\": true, \"quantile\": 0.25, "

static const struct script_case rounds[] = {
    {"all wait for the last, then losers go first", WITH(ROUNDS "\"population\": 4"),
     "D D D D R0:4=.1 R1:4=.2 D R2:4=.3 R3:4=.4 D D D D D D R0:8=.9 R4:8=.05 R1:8=.2 "
     "R2:8=.3 D D D D D R5:12=1 R4:12=1 R1:12=1 R2:12=1 D",
     "start0>4:m0-begin start1>4:m1-begin start2>4:m2-begin start3>4:m3-begin pause "
     "pause wait pause pause start4<0@4>8:m3-exploit end3 resume0>8 resume1>8 resume2>8 "
     "wait pause pause pause pause start5<4@8>12:m0-exploit end0 resume4>12 resume1>12 "
     "resume2>12 stop stop stop stop done",
     12, 0},
    {"a failure makes the others wait", WITH(ROUNDS "\"population\": 3"),
     "D D D R0:4=.1 R1:4=.2 F2 D D R3:4=.3 D D D D",
     "start0>4:m0-begin start1>4:m1-begin start2>4:m2-begin pause pause "
     "start3>4:m2-restart wait pause start4<0@4>8:m2-exploit end3 resume0>8 resume1>8",
     12, 0},
    {"but not if it cannot start again", WITH(ROUNDS "\"population\": 3"),
     "D D D R0:4=.1 R1:4=.2 F2 X D D D",
     "start0>4:m0-begin start1>4:m1-begin start2>4:m2-begin pause pause resume0>8 "
     "resume1>8 wait",
     12, 0},
    {"nor if it has finished", WITH(ROUNDS "\"population\": 3"),
     "D D D R0:4=.1 R1:4=.2 R2:12=.3 D D D",
     "start0>4:m0-begin start1>4:m1-begin start2>4:m2-begin pause pause stop "
     "start3<0@4>8:m1-exploit end1 resume0>8",
     12, 0},
    {"two losers of eight copy the two best of the round, not who is ahead since",
     WITH(ROUNDS "\"population\": 8"),
     "D D D D D D D D R0:4=.1 R1:4=.1 R2:4=.3 R3:4=.4 R4:4=.5 R5:4=.6 R6:4=.7 r7:4=.8 !0 "
     "D D R8:8=.01 D D",
     "start0>4:m0-begin start1>4:m1-begin start2>4:m2-begin start3>4:m3-begin "
     "start4>4:m4-begin start5>4:m5-begin "
     "start6>4:m6-begin start7>4:m7-begin pause pause pause pause pause pause pause "
     "pause start8<1@4>8:m7-exploit end7 pause start9<1@4>8:m6-exploit end6",
     12, 0},
    {"who loses is settled when the round is over, whoever is ended then",
     WITH(ROUNDS "\"population\": 8"),
     "D D D D D D D D R0:4=.1 R1:4=.1 R2:4=.3 R3:4=.4 R4:4=.5 R5:4=.6 R6:4=.7 R7:4=.8 K7 "
     "D D D D",
     "start0>4:m0-begin start1>4:m1-begin start2>4:m2-begin start3>4:m3-begin "
     "start4>4:m4-begin start5>4:m5-begin "
     "start6>4:m6-begin start7>4:m7-begin pause pause pause pause pause pause pause "
     "pause start8<1@4>8:m7-restart start9<0@4>8:m6-exploit end6 resume0>8",
     12, 0},
    {"losers that went on when no trial could start keep their places",
     WITH("\"synchronous\": true, \"exploit\": \"none\", \"population\": 3"),
     "D D D R0:4=.1 R1:4=.2 R2:4=.3 X D A D D D",
     "start0>4:m0-begin start1>4:m1-begin start2>4:m2-begin pause pause pause resume0>8 "
     "start3<2@4>8:m2-explore end2 start4<1@4>8:m1-explore",
     12, 0},
    {"nobody loses before burn_in", WITH(ROUNDS "\"population\": 4, \"burn_in\": 8"),
     "D D D D R0:4=.1 R1:4=.2 R2:4=.3 R3:4=.4 D D D D R0:8=.1 R1:8=.4 R2:8=.3 R3:8=.2 D",
     "start0>4:m0-begin start1>4:m1-begin start2>4:m2-begin start3>4:m3-begin pause "
     "pause pause pause resume0>8 resume1>8 resume2>8 resume3>8 pause pause pause pause "
     "start4<0@8>12:m1-exploit",
     12, 0},
};

static void rounds_are_as_worked_out_by_hand(void **state)
{
    (void)state;
    script_chapter(&page, "Synchronous");
    SCRIPT_PLAY_ALL(&pbt, rounds);
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
    begin(&s, TWO);
    script_say(&s, "begin", "D D R0:4=.5 R1:4=.7 D", NULL);
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
        struct wn_error err = {0};

        if (s.d.ops->apply(s.d.sched, &events[i], &err) != WN_ECORRUPT)
            fail_msg("event %zu is accepted", i);
        assert_non_null(strstr(err.text, wn_event_name(events[i].kind)));
    }
    script_say(&s, "begin", "D K0", NULL);
    assert_int_equal(
        s.d.ops->apply(s.d.sched, &(struct wn_event){.kind = WN_EVENT_ENDED, .trial = 1},
                       NULL),
        WN_ECORRUPT);
    script_release(&s);
}

static void tells_what_it_is_and_what_it_came_to(void **state)
{
    struct wn_buf out = {0};
    struct script s;

    (void)state;
    begin(&s, WITH("\"population\": 10, \"burn_in\": 3"));
    s.d.ops->describe(s.d.sched, &out);
    assert_string_equal(wn_buf_text(&out),
                        "pbt: a population of 10, judged every 4 units of resource\n"
                        "exploit: the worst 2 go on from checkpoints of the best 2, from "
                        "resource 3 on\n"
                        "most: 10 members, 20 units each\n");
    script_release(&s);
    wn_buf_clear(&out);
    begin(&s, WITH("\"population\": 100, \"quantile\": 0.07"));
    s.d.ops->describe(s.d.sched, &out);
    assert_non_null(strstr(wn_buf_text(&out), "the worst 7 go on")); /* not 8 */
    script_release(&s);
    wn_buf_clear(&out);
    begin(&s, TWO);
    script_say(&s, "begin", "D D r0:4=.5 R1:4=.1 R0:8=.7 D R2:20=.1", NULL);
    s.d.ops->describe(s.d.sched, &out);
    assert_non_null(strstr(wn_buf_text(&out),
                           "members: 1 at work, 0 paused, 0 without a trial, 1 finished\n"
                           "trials: 1 exploit, 0 explores, 0 restarts\n"));
    wn_buf_release(&out);
    script_release(&s);
}

static void the_page_says_so(void **state)
{
    (void)state;
    script_check_page(&page);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(losers_and_donors_are_as_worked_out_by_hand),
        cmocka_unit_test(donors_are_drawn_from_the_best),
        cmocka_unit_test(slots_and_budget_are_shared_as_worked_out_by_hand),
        cmocka_unit_test(failed_members_restart_as_worked_out_by_hand),
        cmocka_unit_test(limits_cost_no_member_its_place),
        cmocka_unit_test(rounds_are_as_worked_out_by_hand),
        cmocka_unit_test(the_page_says_so),
        cmocka_unit_test(events_against_the_state_are_corrupt),
        cmocka_unit_test(tells_what_it_is_and_what_it_came_to),
    };

    page.is_written = script_is_written(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

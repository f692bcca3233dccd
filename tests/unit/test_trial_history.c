/* test_trial_history.c - what is recorded, what is refused, what it costs. */
#include <inttypes.h>
#include <math.h>

#include "conformance/drive.h"
#include "trial/member.h"

static const char space_text[] =
    "{\"x\": {\"type\": \"int\", \"low\": 1, \"high\": 9},"
    " \"y\": {\"type\": \"float\", \"low\": 0, \"high\": 1}}";

struct fixture {
    struct wn_space *space;
    struct wn_history *history;
    int64_t time_ms;
};

static void begin(struct fixture *f, bool is_maximised, int64_t max)
{
    struct wn_history_config cfg = {
        .metric = "acc", .is_maximised = is_maximised, .max_resource = max};
    struct wn_error err = {0};

    *f = (struct fixture){.space = drive_space(space_text)};
    cfg.space = f->space;
    DRIVE_CHECK(wn_history_create(&cfg, &f->history, &err) == WN_OK, "%s", err.text);
}

static void finish(struct fixture *f)
{
    wn_history_destroy(f->history);
    wn_space_destroy(f->space);
}

static enum wn_status apply(struct fixture *f,
                            struct wn_event event,
                            struct wn_error *err)
{
    event.time_ms = f->time_ms += 10;
    return wn_history_apply(f->history, &event, err);
}

static void must(struct fixture *f, struct wn_event event)
{
    struct wn_error err = {0};

    DRIVE_CHECK(apply(f, event, &err) == WN_OK, "%s", err.text);
}

static void refused(struct fixture *f, struct wn_event event, const char *needle)
{
    struct wn_totals before = wn_history_totals(f->history), after;
    struct wn_error err = {0};

    DRIVE_CHECK(apply(f, event, &err) == WN_ECORRUPT, "%s was accepted (%s)",
                wn_event_name(event.kind), needle);
    DRIVE_CHECK(strstr(err.text, needle), "'%s' lacks '%s'", err.text, needle);
    after = wn_history_totals(f->history);
    assert_memory_equal(&before, &after, sizeof before);
}

static struct wn_event planned(uint32_t trial)
{
    return (struct wn_event){.kind = WN_EVENT_PLANNED,
                             .trial = trial,
                             .planned = {.milestone = 1, .parent = WN_TRIAL_NONE}};
}

static struct wn_event configured(uint32_t trial)
{
    static const union wn_cell cells[2] = {{.i = 3}, {.f = 0.5}};

    return (struct wn_event){
        .kind = WN_EVENT_CONFIGURED,
        .trial = trial,
        .configured = {.origin = WN_ORIGIN_SEARCH, .n_cells = 2, .cells = cells}};
}

/* Its metric stays valid until eight more are made. */
static struct wn_event reported(uint32_t trial, int64_t resource, double value)
{
    static struct wn_metric ring[8];
    static size_t next;
    struct wn_metric *metric = &ring[next++ % 8];

    *metric = (struct wn_metric){"acc", value};
    return (struct wn_event){
        .kind = WN_EVENT_REPORTED,
        .trial = trial,
        .reported = {.resource = resource, .n_metrics = 1, .metrics = metric}};
}

static struct wn_event with_verdict(struct wn_event event, enum wn_verdict_kind verdict)
{
    event.reported.is_milestone = true;
    event.reported.verdict = verdict;
    event.reported.milestone = event.reported.resource + 1;
    return event;
}

static struct wn_event ended(uint32_t trial, enum wn_end how)
{
    return (struct wn_event){
        .kind = WN_EVENT_ENDED,
        .trial = trial,
        .ended = {.how = how,
                  .failure = how == WN_END_FAILED ? WN_FAILURE_SIGNAL : WN_FAILURE_NONE,
                  .text = how == WN_END_FAILED ? "signal 9" : ""}};
}

static struct wn_event resumed(uint32_t trial, int64_t milestone, uint32_t via)
{
    return (struct wn_event){.kind = WN_EVENT_RESUMED,
                             .trial = trial,
                             .resumed = {.milestone = milestone, .via = via}};
}

static struct wn_event of_kind(enum wn_event_kind kind)
{
    return (struct wn_event){.kind = kind, .trial = WN_TRIAL_NONE};
}

static void start(struct fixture *f, uint32_t trial)
{
    must(f, planned(trial));
    must(f, configured(trial));
}

static void follows_a_trial_through_its_life(void **state)
{
    struct fixture f;
    const struct wn_trial *trial;
    struct wn_event event;

    (void)state;
    begin(&f, true, 9);
    must(&f, planned(0));
    trial = wn_history_trial(f.history, 0);
    assert_null(trial->cells);
    assert_int_equal(trial->planned_ms, 10);
    assert_int_equal(trial->ended_ms, -1);
    assert_int_equal(wn_history_resource(f.history, 0), 0);
    must(&f, configured(0));
    trial = wn_history_trial(f.history, 0);
    assert_int_equal(trial->cells[0].i, 3);
    assert_int_equal(trial->origin, WN_ORIGIN_SEARCH);
    event = with_verdict(reported(0, 1, .7), WN_VERDICT_PAUSE);
    event.reported.checkpoint = (struct wn_generation){1, 0, {1, 2}};
    event.reported.elapsed_ms = 100;
    event.reported.cost_ms = 400;
    must(&f, event);
    trial = wn_history_trial(f.history, 0);
    assert_int_equal(trial->state, WN_TRIAL_PAUSED);
    assert_int_equal(trial->newest.resource, 1);
    assert_int_equal(wn_history_totals(f.history).n_paused, 1);
    must(&f, resumed(0, 3, WN_TRIAL_NONE));
    assert_int_equal(wn_history_totals(f.history).n_paused, 0);
    event = reported(0, 2, .9);
    event.reported.checkpoint = (struct wn_generation){2, 0, {1, 3}};
    event.reported.elapsed_ms = 50;
    event.reported.cost_ms = 200;
    must(&f, event);
    trial = wn_history_trial(f.history, 0);
    assert_int_equal(trial->newest.resource, 1); /* rule 10: only of milestone verdicts */
    assert_int_equal(trial->reports[1].elapsed_ms, 150);
    assert_int_equal(trial->run_ms, 150);
    assert_int_equal(trial->best, 1);
    assert_true(trial->reports[1].loss == -.9);
    event = with_verdict(reported(0, 9, .8), WN_VERDICT_STOP);
    event.reported.elapsed_ms = 80;
    must(&f, event);
    event = ended(0, WN_END_COMPLETED);
    event.ended.cost_ms = 7;
    must(&f, event);
    trial = wn_history_trial(f.history, 0);
    assert_int_equal(trial->state, WN_TRIAL_COMPLETED);
    assert_int_equal(trial->ended_ms, f.time_ms);
    assert_int_equal(trial->cost_ms, 607);
    assert_int_equal(trial->run_ms, 180);
    assert_int_equal(trial->best, 1);
    assert_int_equal(wn_history_totals(f.history).resource, 9);
    assert_int_equal(wn_history_totals(f.history).cost_ms, 607);
    assert_int_equal(wn_history_totals(f.history).n_reports, 3);
    assert_int_equal(wn_history_totals(f.history).n_completed, 1);
    assert_true(wn_history_metric_of(f.history, wn_history_best(f.history, true)->loss) ==
                .9);
    finish(&f);
}

static void counts_running_time_over_dispatches(void **state)
{
    struct fixture f;
    static const struct {
        bool begins;
        int64_t elapsed_ms, expected;
    } steps[] = {
        {true, 10, 10}, {false, 30, 30}, {true, 50, 80}, {false, 60, 90}, {false, 5, 95}};
    static const struct wn_event dispatched = {.kind = WN_EVENT_DISPATCHED};

    (void)state;
    begin(&f, false, 99);
    start(&f, 0);
    for (int i = 0; i < 5; i++) {
        struct wn_event event = reported(0, i + 1, 1);

        if (steps[i].begins)
            wn_history_follow(f.history, &dispatched);
        event.reported.elapsed_ms = steps[i].elapsed_ms;
        must(&f, event);
        assert_int_equal(wn_history_trial(f.history, 0)->run_ms, steps[i].expected);
        assert_int_equal(wn_history_report_at(f.history, 0, i + 1)->elapsed_ms,
                         steps[i].expected);
    }
    finish(&f);
}

static void takes_what_placement_events_leave(void **state)
{
    struct wn_event repeated = {.kind = WN_EVENT_REPEATED, .repeated = {.cost_ms = 11}},
                    returned = {.kind = WN_EVENT_RETURNED, .returned = {.cost_ms = 7}},
                    damaged = {.kind = WN_EVENT_DAMAGED},
                    timer = {.kind = WN_EVENT_TIMER, .trial = WN_TRIAL_NONE};
    struct wn_event event = reported(0, 1, 1);
    struct fixture f;

    (void)state;
    begin(&f, false, 99);
    start(&f, 0);
    event.reported.is_milestone = true;
    event.reported.milestone = 99;
    event.reported.checkpoint = (struct wn_generation){1, 0, {1, 1}};
    event.reported.cost_ms = 0;
    must(&f, event);
    wn_history_follow(f.history, &repeated);
    wn_history_follow(f.history, &returned);
    wn_history_follow(f.history, &timer);
    assert_int_equal(wn_history_trial(f.history, 0)->cost_ms, 18);
    assert_int_equal(wn_history_totals(f.history).cost_ms, 18);
    damaged.collected.generation = (struct wn_generation){1, 0, {1, 2}};
    wn_history_follow(f.history, &damaged); /* another one */
    assert_int_equal(wn_history_trial(f.history, 0)->newest.resource, 1);
    damaged.collected.generation = event.reported.checkpoint;
    wn_history_follow(f.history, &damaged);
    assert_int_equal(wn_history_trial(f.history, 0)->newest.resource, 0);
    finish(&f);
}

static void refuses_what_contradicts_it(void **state)
{
    struct fixture f;
    struct wn_event event;
    struct wn_metric metrics[2] = {{"acc", 1}, {"f1", (double)NAN}};

    (void)state;
    begin(&f, false, 9);
    refused(&f, planned(1), "the next is 0");
    event = planned(0);
    event.planned.milestone = 0;
    refused(&f, event, "milestone");
    event = planned(0);
    event.planned.parent = 0;
    refused(&f, event, "parent");
    event = planned(0);
    event.planned.source = (struct wn_generation){.resource = 1, .trial = 0};
    refused(&f, event, "source");
    refused(&f, configured(0), "only 0");
    must(&f, planned(0));
    refused(&f, reported(0, 1, 1), "configuration");
    refused(&f, ended(0, WN_END_COMPLETED), "configuration");
    event = configured(0);
    event.configured.n_cells = 3;
    refused(&f, event, "3 values");
    event = configured(0);
    event.configured.origin = (enum wn_origin)3;
    refused(&f, event, "origin");
    must(&f, configured(0));
    refused(&f, ended(0, WN_END_WITHDRAWN), "withdrawn");
    refused(&f, reported(0, 0, 1), "not above");
    refused(&f, reported(0, 1, (double)NAN), "not a number");
    event = reported(0, 1, 1);
    event.reported.n_metrics = 0;
    refused(&f, event, "lacks the metric acc");
    event.reported.n_metrics = 2;
    event.reported.metrics = metrics;
    refused(&f, event, "f1");
    event.reported.n_metrics = 5000;
    refused(&f, event, "5000");
    event = reported(0, 1, 1);
    event.reported.cost_ms = -1;
    refused(&f, event, "negative");
    event = with_verdict(reported(0, 2, 1), WN_VERDICT_CONTINUE);
    event.reported.milestone = 2;
    refused(&f, event, "milestone");
    refused(&f, with_verdict(reported(0, 2, 1), (enum wn_verdict_kind)3), "verdict");
    refused(&f, resumed(0, 3, WN_TRIAL_NONE), "not paused");
    must(&f, with_verdict(reported(0, 2, 1), WN_VERDICT_PAUSE));
    refused(&f, reported(0, 3, 1), "not live");
    refused(&f, resumed(0, 2, WN_TRIAL_NONE), "milestone");
    refused(&f, resumed(0, 3, 0), "replaces");
    refused(&f, resumed(0, 3, 7), "replaces");
    event =
        (struct wn_event){.kind = WN_EVENT_RECALLED, .recalled = {.how = WN_RECALL_STOP}};
    refused(&f, event, "not live");
    event = ended(0, WN_END_FAILED);
    event.ended.failure = WN_FAILURE_N;
    refused(&f, event, "unknown kind");
    refused(&f, ended(0, (enum wn_end)5), "unknown");
    must(&f, ended(0, WN_END_STOPPED));
    refused(&f, ended(0, WN_END_STOPPED), "ended before");
    refused(&f, resumed(0, 3, WN_TRIAL_NONE), "not paused");
    start(&f, 1);
    must(&f, with_verdict(reported(1, 2, 1), WN_VERDICT_STOP));
    refused(&f, reported(1, 3, 1), "not live");
    must(&f, ended(1, WN_END_STOPPED));
    assert_int_equal(apply(&f, of_kind(WN_EVENT_TIMER), NULL), WN_EINVAL);
    assert_int_equal(apply(&f, of_kind(WN_EVENT_N), NULL), WN_EINVAL);
    finish(&f);
}

static void remembers_how_trials_ended(void **state)
{
    struct fixture f;
    struct wn_totals totals;

    (void)state;
    begin(&f, false, 9);
    start(&f, 0);
    must(&f, ended(0, WN_END_FAILED));
    must(&f, planned(1));
    must(&f, ended(1, WN_END_WITHDRAWN));
    start(&f, 2);
    must(&f, with_verdict(reported(2, 1, .5), WN_VERDICT_PAUSE));
    must(&f, planned(3)); /* offered: the searcher resumes trial 2 instead */
    must(&f, resumed(2, 3, 3));
    must(&f, with_verdict(reported(2, 3, .4), WN_VERDICT_PAUSE));
    must(&f, ended(2, WN_END_STOPPED));
    must(&f, planned(4));
    must(&f, ended(4, WN_END_FAILED)); /* no slot could ever hold it */
    totals = wn_history_totals(f.history);
    assert_int_equal(totals.n_configured, 2);
    assert_int_equal(totals.n_failed, 2);
    assert_int_equal(totals.n_withdrawn, 2);
    assert_int_equal(totals.n_stopped, 1);
    assert_int_equal(totals.n_paused, 0);
    assert_int_equal(wn_history_trial(f.history, 0)->failure, WN_FAILURE_SIGNAL);
    assert_string_equal(wn_history_trial(f.history, 0)->text, "signal 9");
    assert_string_equal(wn_history_trial(f.history, 1)->text, "");
    assert_int_equal(wn_history_trial(f.history, 3)->state, WN_TRIAL_WITHDRAWN);
    finish(&f);
}

static void exhaustion_is_lifted_by_wishes_and_new_limits(void **state)
{
    struct fixture f;

    (void)state;
    begin(&f, false, 9);
    assert_false(wn_history_is_exhausted(f.history));
    must(&f, of_kind(WN_EVENT_EXHAUSTED));
    assert_true(wn_history_is_exhausted(f.history));
    must(&f, of_kind(WN_EVENT_ENQUEUED));
    assert_false(wn_history_is_exhausted(f.history));
    must(&f, of_kind(WN_EVENT_EXHAUSTED));
    must(&f, of_kind(WN_EVENT_NOTED));
    assert_true(wn_history_is_exhausted(f.history));
    must(&f, of_kind(WN_EVENT_AMENDED));
    assert_false(wn_history_is_exhausted(f.history));
    finish(&f);
}

static void forks_begin_where_their_source_ended(void **state)
{
    struct fixture f;
    struct wn_event event = planned(1);

    (void)state;
    begin(&f, false, 9);
    start(&f, 0);
    must(&f, with_verdict(reported(0, 4, 1), WN_VERDICT_PAUSE));
    event.planned.source = (struct wn_generation){.resource = 4, .trial = 0};
    event.planned.parent = 0;
    refused(&f, event, "milestone");
    event.planned.milestone = 6;
    must(&f, event);
    must(&f, configured(1));
    assert_int_equal(wn_history_resource(f.history, 1), 4);
    refused(&f, reported(1, 4, 1), "not above");
    must(&f, reported(1, 6, 1));
    assert_int_equal(wn_history_totals(f.history).resource, 4 + 2);
    finish(&f);
}

static void best_is_the_smallest_loss_and_the_earlier_of_two(void **state)
{
    struct fixture f;

    (void)state;
    begin(&f, false, 3);
    assert_null(wn_history_best(f.history, false));
    start(&f, 0);
    start(&f, 1);
    start(&f, 2);
    must(&f, reported(0, 1, HUGE_VAL));
    assert_int_equal(wn_history_best(f.history, false)->trial, 0);
    must(&f, reported(1, 1, .5));
    must(&f, reported(0, 2, .5));
    assert_int_equal(wn_history_best(f.history, false)->trial, 1);
    assert_null(wn_history_best(f.history, true));
    assert_false(wn_history_is_full(f.history, 0));
    must(&f, reported(0, 3, .6)); /* full: its best is .5, at 2 */
    assert_true(wn_history_is_full(f.history, 0));
    assert_int_equal(wn_history_best(f.history, true)->trial, 0);
    assert_int_equal(wn_history_best(f.history, true)->resource, 2);
    must(&f, reported(1, 4, .9)); /* its .5 came before */
    assert_int_equal(wn_history_best(f.history, true)->trial, 1);
    assert_int_equal(wn_history_best(f.history, true)->resource, 1);
    must(&f, reported(2, 3, .1));
    assert_int_equal(wn_history_best(f.history, true)->trial, 2);
    must(&f, reported(2, 4, .05)); /* beyond the maximum counts too */
    assert_int_equal(wn_history_best(f.history, true)->resource, 4);
    finish(&f);
    begin(&f, true, INT64_MAX); /* open: full is who completed */
    start(&f, 0);
    must(&f, reported(0, 1, .5));
    start(&f, 1);
    must(&f, reported(1, 1, .7));
    assert_int_equal(wn_history_best(f.history, false)->trial, 1);
    assert_null(wn_history_best(f.history, true));
    must(&f, ended(0, WN_END_COMPLETED));
    must(&f, ended(1, WN_END_STOPPED));
    assert_int_equal(wn_history_best(f.history, true)->trial, 0);
    assert_true(wn_history_is_full(f.history, 0));
    assert_false(wn_history_is_full(f.history, 1));
    finish(&f);
}

static void finds_reports_by_resource(void **state)
{
    struct fixture f;

    (void)state;
    begin(&f, false, 999);
    start(&f, 0);
    assert_null(wn_history_report_at(f.history, 0, 5));
    for (int64_t r = 2; r <= 200; r += 2)
        must(&f, reported(0, r, (double)r));
    assert_null(wn_history_report_at(f.history, 0, 1));
    for (int64_t r = 2; r <= 201; r++)
        assert_int_equal(wn_history_report_at(f.history, 0, r)->resource, r / 2 * 2);
    assert_int_equal(wn_history_report_at(f.history, 0, INT64_MAX)->resource, 200);
    finish(&f);
}

static void keeps_all_metrics_and_names_once(void **state)
{
    struct fixture f;
    struct wn_metric metrics[3] = {{"f1", .25}, {"acc", .5}, {"loss", 2}};
    const struct wn_report *reports;
    const char *const *names;

    (void)state;
    begin(&f, true, 999);
    start(&f, 0);
    for (int64_t r = 1; r <= 3000; r++) {
        struct wn_event event = reported(0, r, .5);
        event.reported.metrics = metrics;
        event.reported.n_metrics = r % 3 == 0 ? 3 : 2;
        metrics[0].value = (double)r;
        must(&f, event);
    }
    reports = wn_history_trial(f.history, 0)->reports;
    for (int64_t r = 1; r <= 3000; r++) {
        const struct wn_report *report = &reports[r - 1];
        size_t n = wn_history_metric_names(f.history, report->metric_set, &names);
        const double *values = wn_history_metrics(f.history, report);

        assert_int_equal(n, r % 3 == 0 ? 3 : 2);
        assert_int_equal(report->metric_set, r % 3 == 0);
        assert_string_equal(names[0], "f1");
        assert_string_equal(names[1], "acc");
        assert_true(values[0] == (double)r && values[1] == .5);
        assert_true(n == 2 || values[2] == 2);
        assert_true(report->loss == -.5);
    }
    finish(&f);
}

static void programs_that_invent_names_do_not_fill_the_memory(void **state)
{
    struct fixture f;
    char name[32];
    struct wn_metric metrics[2] = {{"acc", 1}, {name, 2}};
    const char *const *names;
    const struct wn_trial *trial;

    (void)state;
    begin(&f, false, 99999);
    start(&f, 0);
    for (int64_t r = 1; r <= 5000; r++) {
        struct wn_event event = reported(0, r, 1);
        snprintf(name, sizeof name, "name-%d", (int)r);
        event.reported.metrics = metrics;
        event.reported.n_metrics = 2;
        must(&f, event);
    }
    trial = wn_history_trial(f.history, 0);
    assert_int_equal(
        wn_history_metric_names(f.history, trial->reports[9].metric_set, &names), 2);
    assert_string_equal(names[1], "name-10");
    assert_int_equal(
        wn_history_metric_names(f.history, trial->reports[4999].metric_set, &names), 1);
    assert_string_equal(names[0], "acc");
    finish(&f);
}

static void refuses_a_history_without_metric_or_maximum(void **state)
{
    struct wn_space *space = drive_space(space_text);
    struct wn_history_config cfg = {.space = space, .metric = "", .max_resource = 9};
    struct wn_history *history = NULL;
    struct wn_error err = {0};

    (void)state;
    assert_int_equal(wn_history_create(&cfg, &history, &err), WN_EINVAL);
    cfg.metric = "acc";
    cfg.max_resource = 0;
    assert_int_equal(wn_history_create(&cfg, &history, &err), WN_EINVAL);
    assert_non_null(strstr(err.text, "resource.max"));
    assert_null(history);
    wn_history_destroy(NULL);
    wn_space_destroy(space);
}

/* Allocations, not time: a trial costs one for its reports and shares the others. */
static void a_trial_costs_one_allocation(void **state)
{
    enum { N = 20000 };
    struct fixture f;
    uint64_t before;

    (void)state;
    _Static_assert(sizeof(struct wn_report) == 48,
                   "the header promises 48 bytes a report");
    begin(&f, false, 9);
    before = wn_mem_count();
    for (uint32_t i = 0; i < N; i++) {
        start(&f, i);
        must(&f, with_verdict(reported(i, 1, 1), WN_VERDICT_PAUSE));
    }
    DRIVE_CHECK(wn_mem_count() - before < N + N / 50,
                "%" PRIu64 " allocations for %d trials", wn_mem_count() - before, N);
    finish(&f);
}

static void knows_which_member_of_a_population_a_trial_is(void **state)
{
    struct wn_event event = planned(1);
    struct fixture f;

    (void)state;
    begin(&f, true, 9);
    must(&f, planned(0));
    event.planned.tag = wn_member_tag((struct wn_member){WN_MEMBER_RESTART, 7});
    must(&f, event);
    assert_int_equal(wn_history_trial(f.history, 0)->start, WN_MEMBER_NONE);
    assert_int_equal(wn_history_trial(f.history, 1)->start, WN_MEMBER_RESTART);
    assert_int_equal(wn_history_trial(f.history, 1)->member, 7);
    finish(&f);
}

static void counts_milestones_from_which_nothing_can_go_on(void **state)
{
    struct wn_event event;
    struct fixture f;

    (void)state;
    begin(&f, true, 9);
    start(&f, 0);
    must(&f, reported(0, 1, .1)); /* not a milestone */
    must(&f, with_verdict(reported(0, 2, .2), WN_VERDICT_CONTINUE));
    event = with_verdict(reported(0, 4, .3), WN_VERDICT_CONTINUE);
    event.reported.checkpoint = (struct wn_generation){4, 0, {1, 1}};
    must(&f, event);
    must(&f, with_verdict(reported(0, 6, .4), WN_VERDICT_PAUSE));
    must(&f, resumed(0, 9, WN_TRIAL_NONE));
    must(&f, with_verdict(reported(0, 9, .5), WN_VERDICT_STOP)); /* nothing needs to */
    assert_int_equal(wn_history_totals(f.history).n_milestones, 3);
    assert_int_equal(wn_history_totals(f.history).n_bare, 2);
    finish(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follows_a_trial_through_its_life),
        cmocka_unit_test(counts_running_time_over_dispatches),
        cmocka_unit_test(takes_what_placement_events_leave),
        cmocka_unit_test(refuses_what_contradicts_it),
        cmocka_unit_test(remembers_how_trials_ended),
        cmocka_unit_test(exhaustion_is_lifted_by_wishes_and_new_limits),
        cmocka_unit_test(forks_begin_where_their_source_ended),
        cmocka_unit_test(best_is_the_smallest_loss_and_the_earlier_of_two),
        cmocka_unit_test(finds_reports_by_resource),
        cmocka_unit_test(keeps_all_metrics_and_names_once),
        cmocka_unit_test(programs_that_invent_names_do_not_fill_the_memory),
        cmocka_unit_test(refuses_a_history_without_metric_or_maximum),
        cmocka_unit_test(a_trial_costs_one_allocation),
        cmocka_unit_test(knows_which_member_of_a_population_a_trial_is),
        cmocka_unit_test(counts_milestones_from_which_nothing_can_go_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_search_thinker.c - slow searchers think aside, and say what they would have said
 * at once. The test's own "ponder" (test_slow.h) thinks while a gate is shut.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/problems.h"
#include "search/thinker.h"
#include "test_slow.h"

/* A thinker beside the history of a study, as the study keeps them. */
struct desk {
    struct wn_space *space;
    struct wn_history *history;
    struct wn_thinker *thinker;
    int64_t time_ms;
};

static struct wn_error err;

static void must(enum wn_status rc)
{
    if (rc != WN_OK)
        fail_msg("%s", err.text);
}

static struct wn_space *space_of(const char *text)
{
    struct wn_problems problems = {0};
    struct wn_space *space = NULL;
    struct wn_json *json = NULL;

    must(wn_json_parse(text, strlen(text), &json, &err));
    must(wn_space_parse(json, NULL, &problems, &space, &err));
    wn_problems_release(&problems);
    wn_json_destroy(json);
    return space;
}

static enum wn_status try_open(struct desk *desk,
                               const struct wn_search_ops *ops,
                               bool has_thread)
{
    struct wn_history_config history = {
        .space = desk->space, .metric = "loss", .max_resource = 9};
    struct wn_thinker_config cfg = {
        .ops = ops, .history = &history, .has_thread = has_thread};
    enum wn_status rc = wn_history_create(&history, &desk->history, &err);

    cfg.search = (struct wn_search_config){
        .space = desk->space, .history = desk->history, .seed = 4};
    return rc ? rc : wn_thinker_create(&cfg, &desk->thinker, &err);
}

static void open_desk(struct desk *desk, const struct wn_search_ops *ops, bool has_thread)
{
    *desk = (struct desk){
        .space = space_of("{\"x\": {\"type\": \"float\", \"low\": 0, \"high\": 1},"
                          " \"k\": {\"type\": \"int\", \"low\": 0, \"high\": 99}}")};
    must(try_open(desk, ops, has_thread));
}

static void close_desk(struct desk *desk)
{
    wn_thinker_destroy(desk->thinker);
    wn_history_destroy(desk->history);
    wn_space_destroy(desk->space);
}

static enum wn_status try_tell(struct desk *desk, struct wn_event event)
{
    enum wn_status rc = WN_OK;

    event.time_ms = ++desk->time_ms;
    if (wn_event_is_logical(event.kind))
        rc = wn_history_apply(desk->history, &event, &err);
    else
        wn_history_follow(desk->history, &event);
    return rc ? rc : wn_thinker_apply(desk->thinker, &event, &err);
}

static void tell(struct desk *desk, struct wn_event event)
{
    must(try_tell(desk, event));
}

static struct wn_event planned(uint32_t trial)
{
    return (struct wn_event){.kind = WN_EVENT_PLANNED,
                             .trial = trial,
                             .planned = {.milestone = 3, .parent = WN_TRIAL_NONE}};
}

/* Everything it points to is of the moment: who keeps the event must have copied it. */
static void tell_configured(struct desk *desk,
                            uint32_t trial,
                            const union wn_cell *cells,
                            struct wn_blob tag)
{
    union wn_cell copy[2] = {cells[0], cells[1]};
    struct wn_event event = {
        .kind = WN_EVENT_CONFIGURED,
        .trial = trial,
        .configured = {
            .origin = WN_ORIGIN_SEARCH, .n_cells = 2, .cells = copy, .tag = tag}};

    tell(desk, event);
    memset(copy, 0x5a, sizeof copy);
}

static void tell_report(struct desk *desk, uint32_t trial, int64_t resource, double loss)
{
    char name[] = "loss";
    struct wn_metric metric = {name, loss};
    struct wn_event event = {.kind = WN_EVENT_REPORTED,
                             .trial = trial,
                             .reported = {.resource = resource,
                                          .elapsed_ms = 10 * resource,
                                          .cost_ms = 5,
                                          .n_metrics = 1,
                                          .metrics = &metric,
                                          .checkpoint = {resource, trial, {1, 1}},
                                          .is_milestone = true,
                                          .verdict = WN_VERDICT_CONTINUE,
                                          .milestone = resource + 1}};

    tell(desk, event);
    memset(name, '?', sizeof name - 1);
}

/* What history alone learns of it: a dispatch, lost work, a damaged checkpoint. */
static void tell_placement(struct desk *desk, uint32_t trial, int64_t resource)
{
    struct wn_event event = {.kind = WN_EVENT_DISPATCHED, .trial = trial};

    tell(desk, event);
    event = (struct wn_event){.kind = WN_EVENT_RETURNED, .trial = trial};
    event.returned.cost_ms = 70 + resource;
    event.returned.text = "";
    tell(desk, event);
    event = (struct wn_event){.kind = WN_EVENT_DAMAGED, .trial = trial};
    event.collected.generation = (struct wn_generation){resource, trial, {1, 1}};
    tell(desk, event);
}

static void begin(struct desk *desk, uint32_t trial)
{
    struct wn_ask ask = {.trial = trial, .milestone = 3, .parent = WN_TRIAL_NONE};

    wn_thinker_begin(desk->thinker, &ask, wn_rng_keyed(11, WN_STREAM_PROPOSE, trial));
}

static bool is_readable(const struct desk *desk, int timeout_ms)
{
    struct pollfd fd = {.fd = wn_thinker_fd(desk->thinker), .events = POLLIN};

    return poll(&fd, 1, timeout_ms) == 1;
}

/* The reply, waited for as a coordinator does. */
static struct wn_reply await_reply(struct desk *desk, union wn_cell *cells)
{
    struct wn_reply reply = wn_thinker_reply(desk->thinker, cells);

    while (reply.kind == WN_REPLY_THINKING) {
        assert_true(is_readable(desk, -1));
        wn_thinker_hear(desk->thinker);
        must(wn_thinker_check(desk->thinker, &err));
        reply = wn_thinker_reply(desk->thinker, cells);
    }
    return reply;
}

/* --- where it thinks makes no difference --- */

struct said {
    struct wn_reply reply;
    union wn_cell cells[2];
    uint64_t tag;
};

static void note(struct said *said, struct wn_reply reply, const union wn_cell *cells)
{
    *said = (struct said){.reply = reply, .cells = {cells[0], cells[1]}};
    if (reply.tag.n) {
        assert_int_equal(reply.tag.n, sizeof said->tag);
        memcpy(&said->tag, reply.tag.at, sizeof said->tag);
    }
    said->reply.tag.at = NULL;
}

#define N_ASKS 4

/* Four trials, each asked for while the ones before report, get lost and lose a
 * checkpoint; `waits`: those things happen while the searcher thinks, else before it does
 * (which is another story). */
static void play(const struct wn_search_ops *ops,
                 bool has_thread,
                 bool waits,
                 struct said *said)
{
    struct gate gate = GATE_SHUT;
    struct desk desk;

    ponder_settings = (struct ponder_settings){.gate = has_thread ? &gate : NULL};
    open_desk(&desk, ops, has_thread);
    for (uint32_t i = 0; i < N_ASKS; i++) {
        union wn_cell cells[2] = {{0}};
        gate_set(&gate, true);
        tell(&desk, planned(i));
        if (waits)
            begin(&desk, i);
        for (uint32_t k = 0; k < i; k++)
            tell_report(&desk, k, i, 0.25 * k + i);
        if (i == 2)
            tell_placement(&desk, 0, 2);
        if (!waits)
            begin(&desk, i);
        if (has_thread) {
            assert_int_equal(wn_thinker_reply(desk.thinker, cells).kind,
                             WN_REPLY_THINKING);
            assert_true(wn_thinker_is_thinking(desk.thinker));
        }
        gate_set(&gate, false);
        note(&said[i], await_reply(&desk, cells), cells);
        assert_false(wn_thinker_is_thinking(desk.thinker));
        tell_configured(&desk, i, cells, wn_thinker_reply(desk.thinker, cells).tag);
        wn_thinker_forget(desk.thinker);
    }
    close_desk(&desk);
}

static void the_reply_is_of_what_was_before_the_ask_wherever_it_thinks(void **state)
{
    struct said here[N_ASKS], aside[N_ASKS], later[N_ASKS];

    (void)state;
    play(&ponder_search, false, true, here);
    play(&ponder_search, true, true, aside);
    play(&ponder_search, true, false, later);
    assert_memory_equal(here, aside, sizeof here);
    for (size_t i = 0; i < N_ASKS; i++)
        assert_int_equal(here[i].reply.kind, WN_REPLY_CONFIGURE);
    assert_memory_equal(&here[0], &later[0], sizeof here[0]); /* nothing was before it */
    for (size_t i = 1; i < N_ASKS; i++)
        assert_memory_not_equal(&here[i], &later[i], sizeof here[i]);
}

static void a_fast_searcher_is_asked_when_its_reply_is_wanted(void **state)
{
    struct wn_search_ops fast = ponder_search;
    union wn_cell before[2] = {{0}}, after[2] = {{0}}, again[2] = {{0}};
    struct desk desk;

    (void)state;
    fast.is_slow = false;
    ponder_settings = (struct ponder_settings){0};
    open_desk(&desk, &fast, true); /* and gets no thread */
    assert_int_equal(wn_thinker_fd(desk.thinker), -1);
    tell(&desk, planned(0));
    begin(&desk, 0);
    assert_int_equal(wn_thinker_reply(desk.thinker, before).kind, WN_REPLY_CONFIGURE);
    assert_false(wn_thinker_is_thinking(desk.thinker));
    tell(&desk, planned(1));
    assert_int_equal(wn_thinker_reply(desk.thinker, after).kind, WN_REPLY_CONFIGURE);
    assert_int_equal(wn_thinker_reply(desk.thinker, again).kind, WN_REPLY_CONFIGURE);
    assert_memory_not_equal(before, after, sizeof before);
    assert_memory_equal(after, again, sizeof after);
    close_desk(&desk);
}

/* --- nobody waits for it --- */

static void events_do_not_wait_for_a_thought(void **state)
{
    struct gate gate = GATE_SHUT;
    union wn_cell cells[2] = {{.f = 0.5}, {.i = 7}};
    struct desk desk;

    (void)state;
    ponder_settings = (struct ponder_settings){.gate = &gate};
    open_desk(&desk, &ponder_search, true);
    tell(&desk, planned(0));
    tell_configured(&desk, 0, cells, (struct wn_blob){0});
    tell(&desk, planned(1));
    begin(&desk, 1);
    gate_await(&gate, 1);
    for (int64_t i = 1; i <= 2000; i++) /* would stand still if it waited */
        tell_report(&desk, 0, i, 1.0 / (double)i);
    assert_int_equal(wn_thinker_reply(desk.thinker, cells).kind, WN_REPLY_THINKING);
    assert_false(is_readable(&desk, 0));
    gate_set(&gate, false);
    assert_int_equal(await_reply(&desk, cells).kind, WN_REPLY_CONFIGURE);
    close_desk(&desk); /* the queue may be half eaten */
}

static void the_descriptor_is_silent_once_heard(void **state)
{
    struct gate gate = GATE_SHUT;
    union wn_cell cells[2] = {{0}};
    struct desk desk;

    (void)state;
    ponder_settings = (struct ponder_settings){.gate = &gate};
    open_desk(&desk, &ponder_search, true);
    tell(&desk, planned(0));
    begin(&desk, 0);
    assert_false(is_readable(&desk, 0));
    gate_set(&gate, false);
    assert_true(is_readable(&desk, -1));
    assert_true(is_readable(&desk, 0)); /* until somebody hears */
    wn_thinker_hear(desk.thinker);
    assert_false(is_readable(&desk, 0));
    assert_int_equal(wn_thinker_reply(desk.thinker, cells).kind, WN_REPLY_CONFIGURE);
    wn_thinker_hear(desk.thinker);
    assert_false(is_readable(&desk, 0));
    close_desk(&desk);
}

/* --- asks that are over --- */

static void a_thought_that_is_forgotten_is_dropped(void **state)
{
    struct gate gate = GATE_SHUT;
    struct said first = {0}, second = {0}, expected = {0};
    union wn_cell cells[2] = {{0}};
    struct desk desk;

    (void)state;
    for (int is_aside = 0; is_aside < 2; is_aside++) {
        struct said *said = is_aside ? &second : &expected;
        gate_set(&gate, true);
        ponder_settings = (struct ponder_settings){.gate = is_aside ? &gate : NULL};
        open_desk(&desk, &ponder_search, is_aside);
        tell(&desk, planned(0));
        begin(&desk, 0);
        if (!is_aside)
            note(&first, await_reply(&desk, cells), cells);
        else
            gate_await(&gate, 1);
        wn_thinker_forget(desk.thinker);
        assert_false(wn_thinker_is_thinking(desk.thinker));
        tell(&desk, planned(1));
        begin(&desk, 0); /* the same trial, at another place */
        begin(&desk, 0); /* has begun: nothing */
        if (is_aside) {
            gate_allow_one(&gate);
            gate_await(&gate, 2); /* the first thought is over */
            assert_false(is_readable(&desk, 0));
            assert_true(wn_thinker_is_thinking(desk.thinker));
        }
        gate_set(&gate, false);
        note(said, await_reply(&desk, cells), cells);
        close_desk(&desk);
    }
    assert_memory_equal(&second, &expected, sizeof second);
    assert_memory_not_equal(&second, &first, sizeof second);
    assert_int_equal(gate.n_begun, 2);
}

static void a_forgotten_ask_that_has_not_begun_is_not_thought_about(void **state)
{
    struct gate gate = GATE_SHUT;
    union wn_cell cells[2] = {{0}};
    struct desk desk;

    (void)state;
    ponder_settings = (struct ponder_settings){.gate = &gate};
    open_desk(&desk, &ponder_search, true);
    tell(&desk, planned(0));
    begin(&desk, 0);
    gate_await(&gate, 1);
    for (int i = 0; i < 10; i++) {
        wn_thinker_forget(desk.thinker);
        begin(&desk, 0);
    }
    gate_set(&gate, false);
    assert_int_equal(await_reply(&desk, cells).kind, WN_REPLY_CONFIGURE);
    assert_int_equal(gate_n_begun(&gate), 2); /* the first and the last */
    close_desk(&desk);
}

static void destroying_waits_for_the_thought_and_drops_the_rest(void **state)
{
    struct gate gate = GATE_SHUT;
    struct desk desk;

    (void)state;
    ponder_settings = (struct ponder_settings){.gate = &gate};
    open_desk(&desk, &ponder_search, true);
    tell(&desk, planned(0));
    begin(&desk, 0);
    gate_await(&gate, 1);
    for (uint32_t i = 1; i < 100; i++)
        tell(&desk, planned(i));
    gate_set(&gate, false);
    close_desk(&desk);
    assert_int_equal(gate.n_ended, 1);
}

static void exhaustion_is_a_reply_like_any_other(void **state)
{
    struct gate gate = GATE_SHUT;
    union wn_cell cells[2] = {{.f = 0.5}, {.i = 7}};
    struct desk desk;

    (void)state;
    ponder_settings = (struct ponder_settings){.gate = &gate, .most = 1};
    open_desk(&desk, &ponder_search, true);
    tell(&desk, planned(0));
    tell_configured(&desk, 0, cells, (struct wn_blob){0});
    tell(&desk, planned(1));
    begin(&desk, 1);
    gate_set(&gate, false);
    assert_int_equal(await_reply(&desk, cells).kind, WN_REPLY_EXHAUSTED);
    assert_int_equal(await_reply(&desk, cells).kind, WN_REPLY_EXHAUSTED);
    close_desk(&desk);
}

/* --- trouble --- */

static void trouble_aside_is_told_by_check_and_by_every_further_apply(void **state)
{
    struct gate gate = GATE_SHUT;
    union wn_cell cells[2] = {{0}};
    struct desk desk;

    (void)state;
    ponder_settings = (struct ponder_settings){.gate = &gate, .refuses_from = 3};
    open_desk(&desk, &ponder_search, true);
    tell(&desk, planned(0));
    begin(&desk, 0);
    tell(&desk, planned(1));
    tell(&desk, planned(2)); /* it refuses this one, later */
    must(wn_thinker_check(desk.thinker, &err));
    gate_set(&gate, false);
    while (wn_thinker_check(desk.thinker, &err) == WN_OK) {
        assert_true(is_readable(&desk, -1));
        wn_thinker_hear(desk.thinker);
    }
    assert_int_equal(wn_thinker_reply(desk.thinker, cells).kind, WN_REPLY_CONFIGURE);
    for (uint32_t i = 3; i < 5; i++) {
        memset(&err, 0, sizeof err);
        assert_int_equal(try_tell(&desk, planned(i)), WN_ENUMERIC);
        assert_string_equal(err.text, "the searcher refuses");
    }
    wn_thinker_forget(desk.thinker);
    begin(&desk, 1); /* does not hang and gives nothing */
    assert_int_equal(wn_thinker_reply(desk.thinker, cells).kind, WN_REPLY_THINKING);
    assert_int_equal(wn_thinker_check(desk.thinker, &err), WN_ENUMERIC);
    close_desk(&desk);
}

/* One story with a thread: what any allocation of it fails, on either side. */
static enum wn_status short_story(struct desk *desk, struct gate *gate)
{
    union wn_cell cells[2] = {{.f = 0.5}, {.i = 7}};
    struct wn_reply reply = {.kind = WN_REPLY_THINKING};
    enum wn_status rc = try_open(desk, &ponder_search, true);

    if (rc)
        return rc;
    rc = try_tell(desk, planned(0));
    if (rc)
        return rc;
    begin(desk, 0);
    rc = try_tell(desk, planned(1));
    gate_set(gate, false);
    while (!rc && reply.kind == WN_REPLY_THINKING) {
        rc = wn_thinker_check(desk->thinker, &err);
        if (!rc)
            reply = wn_thinker_reply(desk->thinker, cells);
        if (!rc && reply.kind == WN_REPLY_THINKING) {
            assert_true(is_readable(desk, -1));
            wn_thinker_hear(desk->thinker);
        }
    }
    for (uint32_t i = 2; !rc && i < 300; i++)
        rc = try_tell(desk, planned(i));
    return rc;
}

static void survives_the_failure_of_each_allocation(void **state)
{
    enum wn_status rc = WN_ENOMEM;
    uint64_t n = 0;

    (void)state;
    while (rc != WN_OK) {
        struct gate gate = GATE_SHUT;
        struct desk desk = {
            .space = space_of("{\"x\": {\"type\": \"float\", \"low\": 0, \"high\": 1},"
                              " \"k\": {\"type\": \"int\", \"low\": 0, \"high\": 99}}")};
        ponder_settings = (struct ponder_settings){.gate = &gate};
        wn_mem_fail_after(++n);
        rc = short_story(&desk, &gate);
        if (!rc) /* what was queued may still be on its way */
            wn_thinker_destroy(desk.thinker), desk.thinker = NULL;
        wn_mem_fail_after(0);
        gate_set(&gate, false);
        close_desk(&desk);
        if (rc != WN_OK && rc != WN_ENOMEM)
            fail_msg("allocation %d: %s", (int)n, err.text);
        assert_true(n < 1000);
    }
    assert_true(n > 10);
}

static void without_a_descriptor_there_is_no_thinker(void **state)
{
    struct rlimit was, none;
    struct desk desk = {0};

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
    none = was;
    none.rlim_cur = 0;
    desk.space = space_of("{}");
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    assert_int_equal(try_open(&desk, &ponder_search, true), WN_ESYSTEM);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
    assert_true(strstr(err.text, "no descriptor for the searcher's thread: "));
    close_desk(&desk);
}

static enum wn_status refuse(const struct wn_search_config *cfg,
                             struct wn_search **out,
                             struct wn_error *why)
{
    (void)cfg, (void)out;
    return wn_fail(why, WN_EINVAL, "searcher.x must be y, not z");
}

static void a_refusal_of_the_searcher_is_told_as_it_is(void **state)
{
    struct wn_search_ops unwilling = ponder_search;
    struct desk desk = {0};

    (void)state;
    unwilling.create = refuse;
    desk.space = space_of("{}");
    for (int has_thread = 0; has_thread < 2; has_thread++) {
        assert_int_equal(try_open(&desk, &unwilling, has_thread), WN_EINVAL);
        assert_string_equal(err.text, "searcher.x must be y, not z");
        wn_history_destroy(desk.history);
        desk.history = NULL;
    }
    close_desk(&desk); /* NULLs */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_reply_is_of_what_was_before_the_ask_wherever_it_thinks),
        cmocka_unit_test(a_fast_searcher_is_asked_when_its_reply_is_wanted),
        cmocka_unit_test(events_do_not_wait_for_a_thought),
        cmocka_unit_test(the_descriptor_is_silent_once_heard),
        cmocka_unit_test(a_thought_that_is_forgotten_is_dropped),
        cmocka_unit_test(a_forgotten_ask_that_has_not_begun_is_not_thought_about),
        cmocka_unit_test(destroying_waits_for_the_thought_and_drops_the_rest),
        cmocka_unit_test(exhaustion_is_a_reply_like_any_other),
        cmocka_unit_test(trouble_aside_is_told_by_check_and_by_every_further_apply),
        cmocka_unit_test(survives_the_failure_of_each_allocation),
        cmocka_unit_test(without_a_descriptor_there_is_no_thinker),
        cmocka_unit_test(a_refusal_of_the_searcher_is_told_as_it_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

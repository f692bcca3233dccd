/* A worker between a coordinator played by the test and function trials, in virtual time. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "comm/message.h"
#include "comm/virtual.h"
#include "worker/worker.h"

struct fixture {
    struct wn_virtual *world;
    struct wn_comm *comm; /* the coordinator's */
    struct wn_worker *worker;
    struct wn_worker_config cfg;
    struct wn_space *space;
    struct wn_values *values;
    struct wn_store *store;
    struct wn_buf bytes;
    struct wn_arena arena;
    union wn_cell cells[1];
    bool is_done;
    char got[4096]; /* what the coordinator heard: "report 1.1:3 waits; free 1.1; " */
};

static void make(struct fixture *f)
{
    static const char space_text[] =
        "{\"x\": {\"type\": \"float\", \"low\": 0, \"high\": 1}}";
    static const char trial_text[] =
        "{\"runner\": \"function\", \"function\": \"storm\", \"unit_time\": 1}";
    struct wn_problems problems = {0};
    struct wn_json *json = NULL;

    memset(f, 0, sizeof *f);
    assert_int_equal(wn_json_parse(space_text, strlen(space_text), &json, NULL), WN_OK);
    assert_int_equal(wn_space_parse(json, NULL, &problems, &f->space, NULL), WN_OK);
    wn_json_destroy(json);
    assert_int_equal(wn_json_parse(trial_text, strlen(trial_text), &json, NULL), WN_OK);
    assert_int_equal(wn_runner_values(json, &problems, &f->cfg.ops, &f->values, NULL),
                     WN_OK);
    wn_json_destroy(json);
    assert_int_equal(wn_store_create_memory(&f->store, NULL), WN_OK);
    assert_int_equal(wn_virtual_create(1, 1000, &f->world, NULL), WN_OK);
    f->comm = wn_virtual_endpoint(f->world, WN_VIRTUAL_COORDINATOR);
    f->cfg.comm = wn_virtual_endpoint(f->world, 0);
    f->cfg.runner = (struct wn_runner_config){.space = f->space,
                                              .trial = f->values,
                                              .study_name = "test",
                                              .resource_name = "epoch",
                                              .resource_rule = {.first = 1},
                                              .max_resource = 9,
                                              .metric_name = "loss",
                                              .store = f->store,
                                              .n_slots = 2};
    f->cfg.host = "here";
    f->cfg.version = "0";
    f->cfg.cores_per_slot = 1;
    assert_int_equal(wn_worker_create(&f->cfg, &f->worker, NULL), WN_OK);
}

static void unmake(struct fixture *f)
{
    wn_worker_destroy(f->worker);
    wn_virtual_destroy(f->world);
    wn_store_destroy(f->store);
    wn_values_destroy(f->values);
    wn_space_destroy(f->space);
    wn_buf_release(&f->bytes);
    wn_arena_release(&f->arena);
}

static void hear(struct fixture *f)
{
    struct wn_message m;
    enum wn_got got;
    size_t peer, n = strlen(f->got);

    while (wn_comm_recv(f->comm, &got, &peer, &f->bytes, NULL) == WN_OK &&
           got == WN_GOT_MESSAGE) {
        char *at = f->got + n;
        size_t room = sizeof f->got - n;

        wn_arena_reset(&f->arena);
        assert_int_equal(wn_message_decode(f->bytes.at, f->bytes.n, &f->arena, &m, NULL),
                         WN_OK);
        if (m.kind == WN_MSG_HELLO)
            snprintf(at, room, "hello %u %s; ", m.hello.n_slots, m.hello.host);
        else if (m.kind == WN_MSG_REPORT)
            snprintf(at, room, "report %u:%lld%s; ", m.dispatch.count,
                     (long long)m.report.resource, m.report.waits ? " waits" : "");
        else if (m.kind == WN_MSG_ENDED)
            snprintf(at, room, "ended %u %d; ", m.dispatch.count, (int)m.ended.failure);
        else if (m.kind == WN_MSG_DAMAGED)
            snprintf(at, room, "damaged %u:%lld@%u of %u; ", m.dispatch.count,
                     (long long)m.damaged.generation.resource,
                     m.damaged.generation.dispatch.count, m.damaged.generation.trial);
        else if (m.kind == WN_MSG_FREE)
            snprintf(at, room, "free %u@%u; ", m.dispatch.count, m.slot);
        else
            snprintf(at, room, "log; ");
        n = strlen(f->got);
    }
}

static void step(struct fixture *f)
{
    assert_int_equal(wn_worker_step(f->worker, &f->is_done, NULL), WN_OK);
    assert_int_equal(wn_worker_wait(f->worker, NULL), WN_OK);
}

/* Let the world go on until nothing happens any more, and compare what was said. */
static void expect(struct fixture *f, const char *wants)
{
    size_t who;

    f->got[0] = '\0';
    step(f);
    hear(f);
    while (wn_virtual_next(f->world, &who)) {
        if (who == WN_VIRTUAL_COORDINATOR)
            hear(f);
        else
            step(f);
    }
    hear(f);
    assert_string_equal(f->got, wants);
}

static void say(struct fixture *f, const struct wn_message *m)
{
    struct wn_buf out = {0};

    wn_message_encode(m, &out);
    assert_false(out.failed);
    assert_int_equal(wn_comm_send(f->comm, 0, out.at, out.n, NULL), WN_OK);
    wn_buf_release(&out);
}

static struct wn_message run_of(struct fixture *f,
                                uint32_t slot,
                                uint32_t count,
                                int64_t milestone)
{
    return (struct wn_message){
        .kind = WN_MSG_RUN,
        .trial = count,
        .slot = slot,
        .dispatch = {1, count},
        .run = {.milestone = milestone, .n_cells = 1, .cells = f->cells}};
}

static struct wn_message about(enum wn_message_kind kind, uint32_t slot, uint32_t count)
{
    return (struct wn_message){
        .kind = kind, .trial = count, .slot = slot, .dispatch = {1, count}};
}

static struct wn_message answer_of(uint32_t slot,
                                   uint32_t count,
                                   int64_t resource,
                                   enum wn_verdict_kind verdict,
                                   int64_t milestone)
{
    struct wn_message m = about(WN_MSG_ANSWER, slot, count);

    m.answer.resource = resource;
    m.answer.verdict = verdict;
    m.answer.milestone = milestone;
    return m;
}

static void runs_a_trial_from_hello_to_free(void **state)
{
    struct wn_message m;
    struct fixture f;

    (void)state;
    make(&f);
    expect(&f, "hello 2 here; ");
    m = run_of(&f, 1, 1, 2);
    say(&f, &m);
    expect(&f, "report 1:1; report 1:2 waits; ");
    m = answer_of(1, 1, 2, WN_VERDICT_CONTINUE, 3);
    say(&f, &m);
    expect(&f, "report 1:3 waits; ");
    m = answer_of(1, 1, 3, WN_VERDICT_STOP, 0);
    say(&f, &m);
    expect(&f, "free 1@1; ");
    unmake(&f);
}

/* Rule 8: what carries another dispatch number changes nothing. */
static void messages_under_old_numbers_change_nothing(void **state)
{
    struct wn_message m;
    struct fixture f;

    (void)state;
    make(&f);
    m = run_of(&f, 0, 5, 1);
    say(&f, &m);
    say(&f, &m); /* a repetition */
    expect(&f, "hello 2 here; report 5:1 waits; ");
    m = answer_of(0, 4, 1, WN_VERDICT_STOP, 0);
    say(&f, &m);
    m = about(WN_MSG_ABANDON, 0, 4);
    say(&f, &m);
    m = answer_of(0, 5, 7, WN_VERDICT_STOP, 0); /* to a report that was not made */
    say(&f, &m);
    m = run_of(&f, 0, 4, 1);
    say(&f, &m);
    expect(&f, "");
    m = about(WN_MSG_ABANDON, 0, 5);
    say(&f, &m);
    say(&f, &m);
    expect(&f, "free 5@0; ");
    m = run_of(&f, 0, 5, 1); /* late: it is over */
    say(&f, &m);
    expect(&f, "");
    unmake(&f);
}

static void a_newer_run_replaces_what_the_slot_holds(void **state)
{
    struct wn_message m;
    struct fixture f;
    size_t who;

    (void)state;
    make(&f);
    m = run_of(&f, 0, 1, 1);
    say(&f, &m);
    expect(&f, "hello 2 here; report 1:1 waits; ");
    m = run_of(&f, 0, 2, 1);
    say(&f, &m);
    expect(&f, "free 1@0; report 2:1 waits; ");
    /* Every run is followed by one free, also one whose turn never comes. */
    m = run_of(&f, 0, 3, 1);
    say(&f, &m);
    m = run_of(&f, 0, 4, 1);
    say(&f, &m);
    m = about(WN_MSG_ABANDON, 0, 4);
    say(&f, &m);
    while (wn_virtual_next(f.world, &who)) /* all arrive before the worker looks */
        continue;
    expect(&f, "free 3@0; free 2@0; free 4@0; ");
    unmake(&f);
}

static void a_recall_reaches_the_program(void **state)
{
    struct wn_message m;
    struct fixture f;

    (void)state;
    make(&f);
    m = run_of(&f, 0, 1, 9);
    m.run.waits_next = true;
    say(&f, &m);
    expect(&f, "hello 2 here; report 1:1 waits; ");
    m = about(WN_MSG_RECALL, 0, 1);
    say(&f, &m);
    m = answer_of(0, 1, 1, WN_VERDICT_CONTINUE, 9);
    m.answer.waits_next = true;
    say(&f, &m);
    expect(&f, "report 1:2 waits; ");
    unmake(&f);
}

static void a_recall_reaches_a_run_that_has_not_begun(void **state)
{
    struct wn_message m;
    struct fixture f;
    size_t who;

    (void)state;
    make(&f);
    m = run_of(&f, 0, 1, 1);
    say(&f, &m);
    expect(&f, "hello 2 here; report 1:1 waits; ");
    m = run_of(&f, 0, 2, 9);
    say(&f, &m);
    m = about(WN_MSG_RECALL, 0, 2);
    say(&f, &m);
    while (wn_virtual_next(f.world, &who)) /* both arrive before the worker looks */
        continue;
    expect(&f, "free 1@0; report 2:1 waits; ");
    unmake(&f);
}

static void damaged_is_told_with_its_generation(void **state)
{
    struct wn_message m;
    struct fixture f;

    (void)state;
    make(&f);
    m = run_of(&f, 0, 1, 9);
    m.run.source = (struct wn_generation){4, 7, {1, 0}};
    say(&f, &m);
    expect(&f, "hello 2 here; damaged 1:4@0 of 7; free 1@0; ");
    unmake(&f);
}

/* As a program does that ended at its milestone and is begun again from what it left: here
 * unit 7 is the last one that left something. */
static bool poll_of_damaged(struct wn_runner *self,
                            int64_t now_us,
                            struct wn_run_event *out)
{
    if (!wn_runner_find("function")->poll(self, now_us, out))
        return false;
    out->has_checkpoint = out->kind == WN_RUN_REPORT && out->resource % 5 == 2;
    if (out->kind == WN_RUN_ENDED)
        out->kind = WN_RUN_DAMAGED;
    return true;
}

static void damaged_names_the_newest_that_was_reported(void **state)
{
    struct wn_runner_ops ops;
    struct wn_message m;
    struct fixture f;

    (void)state;
    make(&f);
    ops = *f.cfg.ops;
    ops.poll = poll_of_damaged;
    wn_worker_destroy(f.worker);
    f.cfg.ops = &ops;
    assert_int_equal(wn_worker_create(&f.cfg, &f.worker, NULL), WN_OK);
    m = run_of(&f, 0, 1, 100);
    say(&f, &m);
    expect(&f,
           "hello 2 here; report 1:1; report 1:2; report 1:3; report 1:4; report 1:5; "
           "report 1:6; report 1:7; report 1:8; report 1:9; damaged 1:7@1 of 1; "
           "free 1@0; ");
    unmake(&f);
}

static void ends_are_told_before_free(void **state)
{
    struct wn_message m;
    struct fixture f;

    (void)state;
    make(&f);
    m = run_of(&f, 0, 1, 100); /* beyond the maximum: it ends by itself */
    m.run.source = (struct wn_generation){0, 0, {0, 0}};
    say(&f, &m);
    expect(&f,
           "hello 2 here; report 1:1; report 1:2; report 1:3; report 1:4; report 1:5; "
           "report 1:6; report 1:7; report 1:8; report 1:9; ended 1 0; free 1@0; ");
    unmake(&f);
}

static void quit_and_a_broken_link_end_the_worker(void **state)
{
    (void)state;
    for (int breaks = 0; breaks < 2; breaks++) {
        struct wn_message m;
        struct fixture f;

        make(&f);
        m = run_of(&f, 0, 1, 1);
        say(&f, &m);
        expect(&f, "hello 2 here; report 1:1 waits; ");
        assert_false(f.is_done);
        if (breaks) {
            wn_virtual_break(f.world, 0);
        } else {
            m = (struct wn_message){.kind = WN_MSG_QUIT, .trial = WN_TRIAL_NONE};
            say(&f, &m);
        }
        expect(&f, breaks ? "" : "free 1@0; ");
        assert_true(f.is_done);
        unmake(&f);
    }
}

static void trouble_of_the_worker_is_free_without_ended(void **state)
{
    struct wn_message m;
    struct fixture f;

    (void)state;
    make(&f);
    f.cfg.runner.store = NULL; /* a worker without a store cannot restore */
    wn_worker_destroy(f.worker);
    assert_int_equal(wn_worker_create(&f.cfg, &f.worker, NULL), WN_OK);
    m = run_of(&f, 0, 1, 9);
    m.run.source = (struct wn_generation){4, 1, {1, 0}};
    say(&f, &m);
    expect(&f, "hello 2 here; log; free 1@0; ");
    unmake(&f);
}

static void refuses_messages_that_cannot_be_meant_for_it(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct wn_error err = {0};
        struct wn_message m;
        struct fixture f;
        size_t who;

        make(&f);
        m = i == 0   ? run_of(&f, 2, 1, 9)
            : i == 1 ? run_of(&f, 0, 1, 9)
                     : about(WN_MSG_FREE, 0, 1);
        if (i == 1)
            m.run.n_cells = 0;
        say(&f, &m);
        while (wn_virtual_next(f.world, &who))
            continue;
        assert_int_equal(wn_worker_step(f.worker, &f.is_done, &err), WN_ECORRUPT);
        assert_true(err.text[0]);
        unmake(&f);
    }
}

static void survives_the_failure_of_any_allocation(void **state)
{
    struct fixture f;

    (void)state;
    make(&f);
    for (uint64_t n = 1;; n++) {
        struct wn_worker *worker = NULL;
        enum wn_status rc;

        assert_true(n < 100);
        wn_mem_fail_after(n);
        rc = wn_worker_create(&f.cfg, &worker, NULL);
        wn_mem_fail_after(0);
        wn_worker_destroy(worker);
        if (rc == WN_OK)
            break;
        assert_int_equal(rc, WN_ENOMEM);
    }
    unmake(&f);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_a_trial_from_hello_to_free),
        cmocka_unit_test(messages_under_old_numbers_change_nothing),
        cmocka_unit_test(a_newer_run_replaces_what_the_slot_holds),
        cmocka_unit_test(a_recall_reaches_the_program),
        cmocka_unit_test(a_recall_reaches_a_run_that_has_not_begun),
        cmocka_unit_test(damaged_is_told_with_its_generation),
        cmocka_unit_test(damaged_names_the_newest_that_was_reported),
        cmocka_unit_test(ends_are_told_before_free),
        cmocka_unit_test(quit_and_a_broken_link_end_the_worker),
        cmocka_unit_test(trouble_of_the_worker_is_free_without_ended),
        cmocka_unit_test(refuses_messages_that_cannot_be_meant_for_it),
        cmocka_unit_test(survives_the_failure_of_any_allocation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

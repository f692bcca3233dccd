/* Virtual time: things happen in the order of their times, and every run is the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/checksum.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/rng.h"
#include "comm/virtual.h"

enum { COORDINATOR = -1, NOBODY = -2 };

static struct wn_virtual *new_world(size_t n_workers, int64_t delay_us)
{
    struct wn_virtual *world;

    assert_int_equal(wn_virtual_create(n_workers, delay_us, &world, NULL), WN_OK);
    return world;
}

static struct wn_comm *end_of(struct wn_virtual *world, int who)
{
    return wn_virtual_endpoint(world,
                               who == COORDINATOR ? WN_VIRTUAL_COORDINATOR : (size_t)who);
}

static void say(struct wn_virtual *world, int who, size_t peer, const char *text)
{
    assert_int_equal(wn_comm_send(end_of(world, who), peer, text, strlen(text), NULL),
                     WN_OK);
}

static void assert_hears(struct wn_virtual *world,
                         int who,
                         enum wn_got kind,
                         size_t from,
                         const char *text)
{
    struct wn_buf buf = {0};
    enum wn_got got;
    size_t peer = 99;

    wn_buf_adds(&buf, "left over");
    assert_int_equal(wn_comm_recv(end_of(world, who), &got, &peer, &buf, NULL), WN_OK);
    assert_int_equal(got, kind);
    if (kind != WN_GOT_NOTHING)
        assert_int_equal(peer, from);
    assert_string_equal(wn_buf_text(&buf), kind == WN_GOT_MESSAGE ? text : "");
    wn_buf_release(&buf);
}

static void assert_next(struct wn_virtual *world, int expected, int64_t at_us)
{
    size_t who;

    if (expected == NOBODY) {
        assert_false(wn_virtual_next(world, &who));
        return;
    }
    assert_true(wn_virtual_next(world, &who));
    assert_int_equal(who,
                     expected == COORDINATOR ? WN_VIRTUAL_COORDINATOR : (size_t)expected);
    assert_int_equal(wn_virtual_now_us(world), at_us);
    assert_int_equal(wn_comm_now_us(end_of(world, expected)), at_us);
}

static void messages_arrive_after_the_delay_and_in_order(void **state)
{
    struct wn_virtual *world = new_world(2, 100);

    (void)state;
    assert_int_equal(wn_comm_n_peers(end_of(world, COORDINATOR)), 2);
    assert_int_equal(wn_comm_n_peers(end_of(world, 1)), 1);
    say(world, 1, 0, "a");
    say(world, COORDINATOR, 0, "b");
    say(world, 1, 0, "c");
    assert_hears(world, COORDINATOR, WN_GOT_NOTHING, 0, "");
    assert_next(world, COORDINATOR, 100);
    assert_hears(world, COORDINATOR, WN_GOT_MESSAGE, 1, "a");
    assert_hears(world, COORDINATOR, WN_GOT_NOTHING, 0, "");
    assert_next(world, 0, 100);
    assert_hears(world, 0, WN_GOT_MESSAGE, 0, "b");
    assert_next(world, COORDINATOR, 100);
    assert_hears(world, COORDINATOR, WN_GOT_MESSAGE, 1, "c");
    assert_next(world, NOBODY, 0);
    wn_virtual_destroy(world);
}

static void messages_may_wait_in_the_inbox(void **state)
{
    struct wn_virtual *world = new_world(1, 5);

    (void)state;
    say(world, 0, 0, "one");
    say(world, 0, 0, "two");
    assert_next(world, COORDINATOR, 5);
    assert_next(world, COORDINATOR, 5);
    assert_hears(world, COORDINATOR, WN_GOT_MESSAGE, 0, "one");
    /* who sleeps with a message unread is woken at once */
    assert_int_equal(wn_comm_wait(end_of(world, COORDINATOR), NULL, 0, -1, NULL), WN_OK);
    assert_next(world, COORDINATOR, 5);
    assert_hears(world, COORDINATOR, WN_GOT_MESSAGE, 0, "two");
    assert_int_equal(wn_comm_wait(end_of(world, COORDINATOR), NULL, 0, -1, NULL), WN_OK);
    assert_next(world, NOBODY, 0);
    wn_virtual_destroy(world);
}

static void an_endpoint_has_one_wish_to_be_woken(void **state)
{
    struct wn_virtual *world = new_world(2, 0);

    (void)state;
    wn_virtual_wake_at(world, 0, 500);
    wn_virtual_wake_at(world, 1, 300);
    wn_virtual_wake_at(world, 0, 200); /* replaces 500 */
    wn_virtual_wake_at(world, WN_VIRTUAL_COORDINATOR, 250);
    assert_next(world, 0, 200);
    assert_int_equal(wn_comm_wait(end_of(world, 0), NULL, 0, 1000, NULL), WN_OK);
    assert_next(world, COORDINATOR, 250);
    wn_virtual_wake_at(world, 1, -1); /* never */
    assert_next(world, 0, 1200);
    assert_int_equal(wn_comm_wait(end_of(world, 0), NULL, 0, 1000, NULL), WN_OK);
    assert_int_equal(wn_comm_wait(end_of(world, 0), NULL, 0, -1, NULL), WN_OK);
    wn_virtual_wake_at(world, 1, 7); /* in the past: now */
    assert_next(world, 1, 1200);
    assert_next(world, NOBODY, 0);
    assert_int_equal(wn_comm_wait(end_of(world, 0), NULL, 0, INT64_MAX, NULL), WN_OK);
    assert_next(world, 0, INT64_MAX); /* the end of time, not before its beginning */
    wn_virtual_destroy(world);
}

static void waiting_ignores_descriptors(void **state)
{
    struct wn_virtual *world = new_world(1, 0);
    struct pollfd fd = {.fd = 0, .events = POLLIN, .revents = POLLIN};

    (void)state;
    assert_int_equal(wn_comm_wait(end_of(world, 0), &fd, 1, -1, NULL), WN_OK);
    assert_int_equal(fd.revents, 0);
    wn_virtual_destroy(world);
}

struct call {
    struct wn_virtual *world;
    int64_t at_us;
    size_t n_left;
};

static void note_and_ask_again(void *arg)
{
    struct call *call = arg;

    call->at_us = wn_virtual_now_us(call->world);
    if (call->n_left-- > 1)
        assert_int_equal(
            wn_virtual_at(call->world, call->at_us + 10, note_and_ask_again, call, NULL),
            WN_OK);
}

static void calls_happen_at_their_time(void **state)
{
    struct wn_virtual *world = new_world(1, 0);
    struct call call = {.world = world, .n_left = 100};

    (void)state;
    assert_int_equal(wn_virtual_at(world, 10, note_and_ask_again, &call, NULL), WN_OK);
    wn_virtual_wake_at(world, 0, 15);
    assert_next(world, 0, 15);
    assert_int_equal(call.at_us, 10);
    assert_int_equal(call.n_left, 99);
    assert_next(world, NOBODY, 0);
    assert_int_equal(call.at_us, 1000);
    assert_int_equal(call.n_left, 0);
    assert_int_equal(wn_virtual_now_us(world), 1000);
    wn_virtual_destroy(world);
}

static void a_break_loses_what_is_under_way_and_tells_both(void **state)
{
    struct wn_virtual *world = new_world(3, 10);

    (void)state;
    say(world, 1, 0, "received");
    assert_next(world, COORDINATOR, 10);
    say(world, 1, 0, "under way");
    say(world, COORDINATOR, 1, "under way");
    say(world, 2, 0, "other link");
    wn_virtual_break(world, 1);
    wn_virtual_break(world, 1); /* once is enough */
    wn_virtual_break(world, 0);
    say(world, COORDINATOR, 1, "dropped");
    say(world, 1, 0, "dropped");
    assert_next(world, COORDINATOR, 10);
    assert_next(world, 1, 10);
    assert_next(world, COORDINATOR, 10);
    assert_next(world, 0, 10);
    assert_hears(world, 1, WN_GOT_BREAK, 0, "");
    assert_hears(world, 1, WN_GOT_NOTHING, 0, "");
    assert_hears(world, COORDINATOR, WN_GOT_MESSAGE, 1, "received");
    assert_hears(world, COORDINATOR, WN_GOT_BREAK, 1, "");
    assert_hears(world, COORDINATOR, WN_GOT_BREAK, 0, "");
    assert_hears(world, COORDINATOR, WN_GOT_NOTHING, 0, "");
    assert_next(world, COORDINATOR, 20);
    assert_hears(world, COORDINATOR, WN_GOT_MESSAGE, 2, "other link");
    assert_next(world, NOBODY, 0);
    wn_virtual_destroy(world);
}

static void a_mended_link_knows_nothing_of_before(void **state)
{
    struct wn_virtual *world = new_world(2, 10);

    (void)state;
    say(world, COORDINATOR, 0, "in the inbox");
    assert_next(world, 0, 10);
    say(world, COORDINATOR, 0, "under way");
    say(world, 0, 0, "under way");
    wn_virtual_break(world, 0);
    wn_virtual_break(world, 1);
    assert_next(world, COORDINATOR, 10);
    wn_virtual_mend(world, 0); /* before the worker heard of the break */
    say(world, 0, 0, "anew");
    assert_next(world, COORDINATOR, 10);
    assert_next(world, 1, 10);
    assert_hears(world, 0, WN_GOT_NOTHING, 0, "");
    assert_hears(world, COORDINATOR, WN_GOT_BREAK, 0, "");
    assert_hears(world, COORDINATOR, WN_GOT_BREAK, 1, "");
    assert_next(world, COORDINATOR, 20);
    assert_hears(world, COORDINATOR, WN_GOT_MESSAGE, 0, "anew");
    /* it may break again, and alone */
    wn_virtual_break(world, 0);
    assert_next(world, COORDINATOR, 20);
    assert_next(world, 0, 20);
    assert_hears(world, COORDINATOR, WN_GOT_BREAK, 0, "");
    assert_hears(world, COORDINATOR, WN_GOT_NOTHING, 0, "");
    assert_next(world, NOBODY, 0);
    wn_virtual_destroy(world);
}

static void a_busy_coordinator_answers_later(void **state)
{
    struct wn_virtual *world = new_world(2, 10);

    (void)state;
    wn_virtual_charge_steps(world);
    say(world, 0, 0, "a");
    assert_next(world, COORDINATOR, 10);
    assert_hears(world, COORDINATOR, WN_GOT_MESSAGE, 0, "a");
    say(world, COORDINATOR, 0, "answer");
    wn_virtual_charge(world, 100); /* until 110 */
    say(world, 1, 0, "b");         /* workers are not held up */
    wn_virtual_wake_at(world, 1, 30);
    assert_next(world, 1, 30);
    assert_next(world, COORDINATOR, 110);
    assert_hears(world, COORDINATOR, WN_GOT_MESSAGE, 1, "b");
    say(world, COORDINATOR, 1, "other");
    wn_virtual_charge(world, 5);
    assert_next(world, 0, 120);
    assert_hears(world, 0, WN_GOT_MESSAGE, 0, "answer");
    assert_next(world, 1, 125);
    assert_hears(world, 1, WN_GOT_MESSAGE, 0, "other");
    assert_next(world, NOBODY, 0);
    wn_virtual_destroy(world);
}

static void refuses_unknown_peers_and_delays_into_the_past(void **state)
{
    struct wn_virtual *world = new_world(2, 0);
    struct wn_virtual *none;

    (void)state;
    assert_int_equal(wn_comm_send(end_of(world, COORDINATOR), 2, "", 0, NULL), WN_EINVAL);
    assert_int_equal(wn_comm_send(end_of(world, 0), 1, "", 0, NULL), WN_EINVAL);
    assert_int_equal(wn_virtual_create(2, -1, &none, NULL), WN_EINVAL);
    assert_int_equal(wn_virtual_create(SIZE_MAX, 0, &none, NULL), WN_ENOMEM);
    wn_virtual_destroy(world);
    wn_virtual_destroy(NULL);
}

/* Random traffic; the order of everything that happens goes into one number. */
static uint64_t storm(size_t n_workers, size_t n_steps, uint64_t seed)
{
    struct wn_virtual *world = new_world(n_workers, 50);
    struct wn_rng rng = wn_rng_keyed(seed, WN_STREAM_TEST, 0);
    struct wn_buf buf = {0};
    uint64_t hash = 0;
    int64_t last_us = 0;

    for (size_t i = 0; i < n_workers; i++)
        wn_virtual_wake_at(world, i, wn_rng_int(&rng, 0, 1000));
    for (size_t step = 0; step < n_steps; step++) {
        struct wn_comm *comm;
        enum wn_got got;
        size_t who, peer = 0;
        uint64_t word[3];

        assert_true(wn_virtual_next(world, &who));
        assert_true(wn_virtual_now_us(world) >= last_us);
        last_us = wn_virtual_now_us(world);
        comm = wn_virtual_endpoint(world, who);
        assert_int_equal(wn_comm_recv(comm, &got, &peer, &buf, NULL), WN_OK);
        word[0] = (uint64_t)last_us;
        word[1] = who;
        word[2] = got == WN_GOT_MESSAGE ? wn_hash64(buf.at, buf.n, peer) : got;
        hash = wn_hash64(word, sizeof word, hash);
        if (who != WN_VIRTUAL_COORDINATOR) {
            assert_int_equal(wn_comm_send(comm, 0, word, 8 + step % 16, NULL), WN_OK);
            assert_int_equal(wn_comm_wait(comm, NULL, 0, wn_rng_int(&rng, 1, 2000), NULL),
                             WN_OK);
        } else if (got == WN_GOT_MESSAGE && step % 3 == 0) {
            assert_int_equal(wn_comm_send(comm, peer, word, sizeof word, NULL), WN_OK);
        }
        if (step % 5000 == 4999)
            wn_virtual_break(world, wn_rng_below(&rng, n_workers));
    }
    wn_buf_release(&buf);
    wn_virtual_destroy(world);
    return hash;
}

static void equal_traffic_happens_in_the_same_order(void **state)
{
    uint64_t first = storm(300, 50000, 1);

    (void)state;
    assert_true(storm(300, 50000, 1) == first);
    assert_true(storm(300, 50000, 2) != first);
}

/* One message there and one back for each of `n_workers` and each round. */
static void ping(struct wn_virtual *world, size_t n_rounds, struct wn_buf *buf)
{
    size_t n_workers = wn_comm_n_peers(end_of(world, COORDINATOR));
    char bytes[64] = {0};
    enum wn_got got;
    size_t who, peer;

    for (size_t i = 0; i < n_workers; i++)
        assert_int_equal(
            wn_comm_send(wn_virtual_endpoint(world, i), 0, bytes, sizeof bytes, NULL),
            WN_OK);
    for (size_t left = n_rounds * n_workers * 2; left; left--) {
        struct wn_comm *comm;

        if (!wn_virtual_next(world, &who))
            fail_msg("nothing happens although %zu messages are left", left);
        comm = wn_virtual_endpoint(world, who);
        if (wn_comm_recv(comm, &got, &peer, buf, NULL) != WN_OK || got != WN_GOT_MESSAGE)
            fail_msg("woken without a message");
        if (wn_comm_send(comm, peer, buf->at, buf->n, NULL) != WN_OK ||
            wn_comm_wait(comm, NULL, 0, 30000000, NULL) != WN_OK)
            fail_msg("sending failed");
    }
    while (wn_virtual_next(world, &who))
        assert_int_equal(
            wn_comm_recv(wn_virtual_endpoint(world, who), &got, &peer, buf, NULL), WN_OK);
}

static void the_steady_state_allocates_nothing(void **state)
{
    struct wn_virtual *world = new_world(20, 7);
    struct wn_buf buf = {0};
    uint64_t before;

    (void)state;
    ping(world, 10, &buf);
    before = wn_mem_count();
    ping(world, 100, &buf);
    assert_int_equal(wn_mem_count(), before);
    wn_buf_release(&buf);
    wn_virtual_destroy(world);
}

static void thousands_of_workers_exchange_messages_fast(void **state)
{
    struct wn_virtual *world = new_world(4000, 20);
    struct wn_buf buf = {0};
    int64_t start = wn_clock_mono_us();
    size_t n = 50 * 4000 * 2;

    (void)state;
    ping(world, 50, &buf);
    print_message("%zu messages in %.3f s\n", n,
                  (double)(wn_clock_mono_us() - start) * 1e-6);
    wn_buf_release(&buf);
    wn_virtual_destroy(world);
}

static void every_want_of_memory_is_reported(void **state)
{
    struct wn_virtual *world = NULL;
    struct call call = {0};
    size_t n_failed = 0;

    (void)state;
    for (uint64_t k = 1; !world; k++) {
        wn_mem_fail_after(k);
        if (wn_virtual_create(3, 1, &world, NULL) != WN_OK)
            n_failed++;
        wn_mem_fail_after(0);
    }
    assert_in_range(n_failed, 1, 10);
    for (size_t i = 0; i < 40; i++) {
        enum wn_status rc = WN_ENOMEM;

        for (uint64_t k = 1; rc != WN_OK; k++) {
            wn_mem_fail_after(k);
            rc = i % 2 ? wn_comm_send(end_of(world, 1), 0, "message", 7, NULL)
                       : wn_virtual_at(world, 1, note_and_ask_again, &call, NULL);
            wn_mem_fail_after(0);
            assert_true(rc == WN_OK || rc == WN_ENOMEM);
            assert_true(k < 10);
        }
    }
    call = (struct call){.world = world, .n_left = 20};
    for (size_t i = 0; i < 20; i++)
        assert_next(world, COORDINATOR, 1);
    for (size_t i = 0; i < 20; i++)
        assert_hears(world, COORDINATOR, WN_GOT_MESSAGE, 1, "message");
    wn_virtual_destroy(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_arrive_after_the_delay_and_in_order),
        cmocka_unit_test(messages_may_wait_in_the_inbox),
        cmocka_unit_test(an_endpoint_has_one_wish_to_be_woken),
        cmocka_unit_test(waiting_ignores_descriptors),
        cmocka_unit_test(calls_happen_at_their_time),
        cmocka_unit_test(a_break_loses_what_is_under_way_and_tells_both),
        cmocka_unit_test(a_mended_link_knows_nothing_of_before),
        cmocka_unit_test(a_busy_coordinator_answers_later),
        cmocka_unit_test(refuses_unknown_peers_and_delays_into_the_past),
        cmocka_unit_test(equal_traffic_happens_in_the_same_order),
        cmocka_unit_test(the_steady_state_allocates_nothing),
        cmocka_unit_test(thousands_of_workers_exchange_messages_fast),
        cmocka_unit_test(every_want_of_memory_is_reported),
    };

    return cmocka_run_group_tests_name("comm/virtual", tests, NULL, NULL);
}

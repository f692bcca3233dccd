/* Wrappers: seeded trouble that keeps the promise of a link, and two transports as one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "base/checksum.h"
#include "base/clock.h"
#include "base/mem.h"
#include "comm/faulty.h"
#include "comm/join.h"
#include "comm/loopback.h"
#include "comm/virtual.h"

#define N(a) (sizeof(a) / sizeof *(a))

enum { N_WORKERS = 4 };

/* A virtual world whose coordinator hears through a faulty wrapper. */
struct bad_world {
    struct wn_virtual *virtual;
    struct wn_comm *coordinator;
};

static struct bad_world new_bad_world(const struct wn_faults *faults)
{
    struct bad_world world;

    assert_int_equal(wn_virtual_create(N_WORKERS, 10, &world.virtual, NULL), WN_OK);
    assert_int_equal(
        wn_faulty_create(wn_virtual_endpoint(world.virtual, WN_VIRTUAL_COORDINATOR),
                         faults, &world.coordinator, NULL),
        WN_OK);
    return world;
}

static void end_bad_world(struct bad_world *world)
{
    wn_comm_destroy(world->coordinator);
    wn_virtual_destroy(world->virtual);
}

/* What the coordinator heard of one worker. */
struct heard {
    size_t n_messages, n_repeated, n_late, n_breaks;
    uint32_t last; /* number of the last message, from 1 */
    int64_t most_late_us;
    uint64_t hash;
};

/* Read all there is; check what a link promises. */
static void hear(struct bad_world *world, struct heard *heard, struct wn_buf *buf)
{
    enum wn_got got = WN_GOT_MESSAGE;
    size_t peer;

    while (got != WN_GOT_NOTHING) {
        struct heard *h;
        struct wn_reader r;
        int64_t late_us;
        uint32_t number;

        assert_int_equal(wn_comm_recv(world->coordinator, &got, &peer, buf, NULL), WN_OK);
        if (got == WN_GOT_NOTHING)
            break;
        assert_true(peer < N_WORKERS);
        h = &heard[peer];
        assert_int_equal(h->n_breaks, 0); /* nothing comes after a break */
        if (got == WN_GOT_BREAK) {
            h->n_breaks++;
            h->hash = wn_hash64(&h->last, sizeof h->last, h->hash);
            continue;
        }
        r = wn_reader_of(buf->at, buf->n);
        number = wn_get_u32(&r);
        late_us = wn_virtual_now_us(world->virtual) - wn_get_int(&r) - 10;
        assert_true(wn_reader_is_done(&r));
        assert_true(number == h->last ||
                    number == h->last + 1); /* none lost or overtaken */
        h->n_repeated += number == h->last;
        h->last = number;
        h->n_messages++;
        h->n_late += late_us > 0;
        h->most_late_us = late_us > h->most_late_us ? late_us : h->most_late_us;
        h->hash = wn_hash64(&late_us, sizeof late_us, h->hash ^ number);
    }
}

/* Every worker says n_messages numbers, one every 100 us. */
static void play(const struct wn_faults *faults, uint32_t n_messages, struct heard *heard)
{
    struct bad_world world = new_bad_world(faults);
    uint32_t said[N_WORKERS] = {0};
    struct wn_buf buf = {0};
    size_t who;

    memset(heard, 0, N_WORKERS * sizeof *heard);
    for (size_t i = 0; i < N_WORKERS; i++)
        wn_virtual_wake_at(world.virtual, i, (int64_t)i * 7);
    while (wn_virtual_next(world.virtual, &who)) {
        if (who == WN_VIRTUAL_COORDINATOR) {
            hear(&world, heard, &buf);
            assert_int_equal(wn_comm_wait(world.coordinator, NULL, 0, -1, NULL), WN_OK);
            continue;
        }
        if (said[who] == n_messages)
            continue;
        wn_buf_clear(&buf);
        wn_put_u32(&buf, ++said[who]);
        wn_put_int(&buf, wn_virtual_now_us(world.virtual));
        assert_int_equal(
            wn_comm_send(wn_virtual_endpoint(world.virtual, who), 0, buf.at, buf.n, NULL),
            WN_OK);
        wn_virtual_wake_at(world.virtual, who, wn_virtual_now_us(world.virtual) + 100);
    }
    wn_buf_release(&buf);
    end_bad_world(&world);
}

static void without_faults_everything_passes_at_once(void **state)
{
    const struct wn_faults none = {.seed = 1};
    struct heard heard[N_WORKERS];

    (void)state;
    play(&none, 1000, heard);
    for (size_t i = 0; i < N_WORKERS; i++) {
        assert_int_equal(heard[i].n_messages, 1000);
        assert_int_equal(heard[i].last, 1000);
        assert_int_equal(heard[i].n_late + heard[i].n_repeated + heard[i].n_breaks, 0);
    }
}

static void late_and_repeated_messages_stay_in_order(void **state)
{
    const struct wn_faults faults = {
        .seed = 2, .late = 0.2, .repeat = 0.3, .late_us = 5000};
    struct heard heard[N_WORKERS];

    (void)state;
    play(&faults, 2000, heard);
    for (size_t i = 0; i < N_WORKERS; i++) {
        assert_int_equal(heard[i].last, 2000);
        assert_in_range(heard[i].n_repeated, 500, 700); /* 600 expected */
        assert_int_equal(heard[i].n_messages, 2000 + heard[i].n_repeated);
        assert_true(heard[i].n_late > 400); /* those behind a late one are late too */
        assert_in_range(heard[i].most_late_us, 4000, 5000);
        assert_int_equal(heard[i].n_breaks, 0);
    }
}

static void links_break_once_and_for_good(void **state)
{
    const struct wn_faults faults = {
        .seed = 3, .breaks = 0.01, .late = 0.5, .late_us = 900};
    struct heard heard[N_WORKERS];

    (void)state;
    play(&faults, 2000, heard);
    for (size_t i = 0; i < N_WORKERS; i++) {
        assert_int_equal(heard[i].n_breaks, 1);
        assert_true(heard[i].last < 2000);
    }
}

static void equal_seeds_make_equal_trouble(void **state)
{
    struct wn_faults faults = {
        .seed = 4, .late = 0.1, .repeat = 0.1, .breaks = 0.001, .late_us = 700};
    struct heard a[N_WORKERS], b[N_WORKERS];
    size_t n_equal = 0;

    (void)state;
    play(&faults, 1000, a);
    play(&faults, 1000, b);
    assert_memory_equal(a, b, sizeof a);
    faults.seed = 5;
    play(&faults, 1000, b);
    for (size_t i = 0; i < N_WORKERS; i++)
        n_equal += a[i].hash == b[i].hash;
    assert_int_equal(n_equal, 0);
}

static void nothing_is_said_on_a_broken_link(void **state)
{
    const struct wn_faults faults = {.seed = 1, .breaks = 1};
    struct bad_world world = new_bad_world(&faults);
    struct wn_buf buf = {0};
    enum wn_got got;
    size_t who, peer;

    (void)state;
    assert_int_equal(wn_comm_n_peers(world.coordinator), N_WORKERS);
    assert_int_equal(wn_comm_send(wn_virtual_endpoint(world.virtual, 2), 0, "x", 1, NULL),
                     WN_OK);
    assert_true(wn_virtual_next(world.virtual, &who));
    assert_int_equal(wn_comm_recv(world.coordinator, &got, &peer, &buf, NULL), WN_OK);
    assert_int_equal(got, WN_GOT_BREAK);
    assert_int_equal(peer, 2);
    assert_int_equal(wn_comm_send(world.coordinator, 2, "dropped", 7, NULL), WN_OK);
    assert_int_equal(wn_comm_send(world.coordinator, 9, "nobody", 6, NULL), WN_EINVAL);
    assert_false(wn_virtual_next(world.virtual, &who));
    wn_buf_release(&buf);
    end_bad_world(&world);
}

static void refuses_impossible_faults(void **state)
{
    static const struct wn_faults table[] = {
        {.late = -0.1},          {.late = 1.1},   {.repeat = 2},
        {.breaks = (double)NAN}, {.late_us = -1},
    };

    (void)state;
    for (size_t i = 0; i < N(table); i++) {
        struct wn_virtual *world;
        struct wn_comm *out;

        assert_int_equal(wn_virtual_create(1, 0, &world, NULL), WN_OK);
        assert_int_equal(
            wn_faulty_create(wn_virtual_endpoint(world, 0), &table[i], &out, NULL),
            WN_EINVAL);
        wn_virtual_destroy(world);
    }
}

/* A message that finds no memory is not lost: the next recv() has it. */
static void want_of_memory_loses_nothing(void **state)
{
    const struct wn_faults faults = {.seed = 1, .repeat = 1};
    struct bad_world world = new_bad_world(&faults);
    struct wn_buf buf = {0};
    enum wn_got got = WN_GOT_NOTHING;
    size_t who, peer, n_failed = 0;

    (void)state;
    assert_int_equal(wn_comm_send(wn_virtual_endpoint(world.virtual, 1), 0, "x", 1, NULL),
                     WN_OK);
    assert_true(wn_virtual_next(world.virtual, &who));
    for (uint64_t k = 1; got == WN_GOT_NOTHING; k++) {
        enum wn_status rc;

        wn_mem_fail_after(k);
        rc = wn_comm_recv(world.coordinator, &got, &peer, &buf, NULL);
        wn_mem_fail_after(0);
        n_failed += rc == WN_ENOMEM;
        assert_true(k < 20);
    }
    assert_in_range(n_failed, 3, 19);
    for (size_t i = 0; i < 2; i++) { /* and its repetition */
        assert_int_equal(got, WN_GOT_MESSAGE);
        assert_string_equal(wn_buf_text(&buf), "x");
        assert_int_equal(wn_comm_recv(world.coordinator, &got, &peer, &buf, NULL), WN_OK);
    }
    assert_int_equal(got, WN_GOT_NOTHING);
    wn_buf_release(&buf);
    end_bad_world(&world);
}

static void a_failed_creation_frees_everything(void **state)
{
    const struct wn_faults faults = {.seed = 1};

    (void)state;
    for (uint64_t k = 1; k < 3; k++) {
        struct wn_comm *coordinator, *other, *worker, *other_worker, *out;

        assert_int_equal(wn_loopback_create(1, &coordinator, &worker, NULL), WN_OK);
        assert_int_equal(wn_loopback_create(1, &other, &other_worker, NULL), WN_OK);
        wn_mem_fail_after(k);
        if (k == 1)
            assert_int_equal(wn_join_create(coordinator, other, &out, NULL), WN_ENOMEM);
        else
            assert_int_equal(wn_faulty_create(coordinator, &faults, &out, NULL),
                             WN_ENOMEM);
        wn_mem_fail_after(0);
        if (k == 2)
            wn_comm_destroy(other);
        wn_comm_destroy(worker);
        wn_comm_destroy(other_worker);
    }
}

/* --- join --- */

struct joined {
    struct wn_comm *coordinator, *own, *others[2];
};

static struct joined new_joined(void)
{
    struct joined joined;
    struct wn_comm *first, *second;

    assert_int_equal(wn_loopback_create(1, &first, &joined.own, NULL), WN_OK);
    assert_int_equal(wn_loopback_create(2, &second, joined.others, NULL), WN_OK);
    assert_int_equal(wn_join_create(first, second, &joined.coordinator, NULL), WN_OK);
    return joined;
}

static void end_joined(struct joined *joined)
{
    wn_comm_destroy(joined->coordinator);
    wn_comm_destroy(joined->own);
    wn_comm_destroy(joined->others[0]);
    wn_comm_destroy(joined->others[1]);
}

static void say(struct wn_comm *from, size_t peer, const char *text)
{
    assert_int_equal(wn_comm_send(from, peer, text, strlen(text), NULL), WN_OK);
}

static void assert_hears(struct wn_comm *at,
                         enum wn_got kind,
                         size_t from,
                         const char *text)
{
    struct wn_buf buf = {0};
    enum wn_got got;
    size_t peer = 99;

    assert_int_equal(wn_comm_recv(at, &got, &peer, &buf, NULL), WN_OK);
    assert_int_equal(got, kind);
    if (kind != WN_GOT_NOTHING)
        assert_int_equal(peer, from);
    assert_string_equal(wn_buf_text(&buf), kind == WN_GOT_MESSAGE ? text : "");
    wn_buf_release(&buf);
}

static void joined_peers_are_numbered_through(void **state)
{
    struct joined joined = new_joined();

    (void)state;
    assert_int_equal(wn_comm_n_peers(joined.coordinator), 3);
    say(joined.coordinator, 0, "to own");
    say(joined.coordinator, 1, "to one");
    say(joined.coordinator, 2, "to two");
    assert_hears(joined.own, WN_GOT_MESSAGE, 0, "to own");
    assert_hears(joined.others[0], WN_GOT_MESSAGE, 0, "to one");
    assert_hears(joined.others[1], WN_GOT_MESSAGE, 0, "to two");
    assert_int_equal(wn_comm_send(joined.coordinator, 3, "", 0, NULL), WN_EINVAL);
    end_joined(&joined);
}

static void neither_transport_starves_the_other(void **state)
{
    struct joined joined = new_joined();

    (void)state;
    for (size_t i = 0; i < 3; i++)
        say(joined.own, 0, "own");
    say(joined.others[1], 0, "two");
    assert_hears(joined.coordinator, WN_GOT_MESSAGE, 0, "own");
    assert_hears(joined.coordinator, WN_GOT_MESSAGE, 2, "two");
    assert_hears(joined.coordinator, WN_GOT_MESSAGE, 0, "own");
    assert_hears(joined.coordinator, WN_GOT_MESSAGE, 0, "own");
    assert_hears(joined.coordinator, WN_GOT_NOTHING, 0, "");
    end_joined(&joined);
}

static void waiting_sees_both_transports(void **state)
{
    struct joined joined = new_joined();
    int64_t start;

    (void)state;
    say(joined.own, 0, "first"); /* would hang if one of them were not seen */
    assert_int_equal(wn_comm_wait(joined.coordinator, NULL, 0, -1, NULL), WN_OK);
    assert_int_equal(wn_comm_wait(joined.coordinator, NULL, 0, -1, NULL), WN_OK);
    say(joined.own, 0, "second"); /* behind what wait() took */
    assert_hears(joined.coordinator, WN_GOT_MESSAGE, 0, "first");
    assert_hears(joined.coordinator, WN_GOT_MESSAGE, 0, "second");
    say(joined.others[0], 0, "third");
    assert_int_equal(wn_comm_wait(joined.coordinator, NULL, 0, -1, NULL), WN_OK);
    assert_hears(joined.coordinator, WN_GOT_MESSAGE, 1, "third");
    start = wn_comm_now_us(joined.coordinator);
    assert_int_equal(wn_comm_wait(joined.coordinator, NULL, 0, 2000, NULL), WN_OK);
    assert_true(wn_comm_now_us(joined.coordinator) - start >= 2000);
    end_joined(&joined);
}

static void breaks_pass_through_a_join(void **state)
{
    struct joined joined = new_joined();

    (void)state;
    wn_comm_destroy(joined.others[1]);
    wn_comm_destroy(joined.own);
    assert_int_equal(wn_comm_wait(joined.coordinator, NULL, 0, -1, NULL), WN_OK);
    assert_hears(joined.coordinator, WN_GOT_BREAK, 0, "");
    assert_hears(joined.coordinator, WN_GOT_BREAK, 2, "");
    assert_hears(joined.coordinator, WN_GOT_NOTHING, 0, "");
    wn_comm_destroy(joined.coordinator);
    wn_comm_destroy(joined.others[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_faults_everything_passes_at_once),
        cmocka_unit_test(late_and_repeated_messages_stay_in_order),
        cmocka_unit_test(links_break_once_and_for_good),
        cmocka_unit_test(equal_seeds_make_equal_trouble),
        cmocka_unit_test(nothing_is_said_on_a_broken_link),
        cmocka_unit_test(refuses_impossible_faults),
        cmocka_unit_test(want_of_memory_loses_nothing),
        cmocka_unit_test(a_failed_creation_frees_everything),
        cmocka_unit_test(joined_peers_are_numbered_through),
        cmocka_unit_test(neither_transport_starves_the_other),
        cmocka_unit_test(waiting_sees_both_transports),
        cmocka_unit_test(breaks_pass_through_a_join),
    };

    return cmocka_run_group_tests_name("comm/wrappers", tests, NULL, NULL);
}

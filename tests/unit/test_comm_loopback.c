/* The loopback transport: ordered links in one process that break when an end goes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "comm/loopback.h"

enum { N_WORKERS = 3 };

struct world {
    struct wn_comm *coordinator, *workers[N_WORKERS];
};

static struct world new_world(void)
{
    struct world world;

    assert_int_equal(
        wn_loopback_create(N_WORKERS, &world.coordinator, world.workers, NULL), WN_OK);
    return world;
}

static void end_world(struct world *world)
{
    wn_comm_destroy(world->coordinator);
    for (size_t i = 0; i < N_WORKERS; i++)
        wn_comm_destroy(world->workers[i]);
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

    wn_buf_adds(&buf, "left over"); /* recv clears it */
    assert_int_equal(wn_comm_recv(at, &got, &peer, &buf, NULL), WN_OK);
    assert_int_equal(got, kind);
    if (kind != WN_GOT_NOTHING)
        assert_int_equal(peer, from);
    assert_string_equal(wn_buf_text(&buf), kind == WN_GOT_MESSAGE ? text : "");
    wn_buf_release(&buf);
}

static void peers_are_numbered_from_each_side(void **state)
{
    struct world world = new_world();

    (void)state;
    assert_int_equal(wn_comm_n_peers(world.coordinator), N_WORKERS);
    for (size_t i = 0; i < N_WORKERS; i++) {
        char text[] = {(char)('a' + (int)i), '\0'};

        assert_int_equal(wn_comm_n_peers(world.workers[i]), 1);
        say(world.workers[i], 0, text);
        say(world.coordinator, i, text);
    }
    for (size_t i = 0; i < N_WORKERS; i++) {
        char text[] = {(char)('a' + (int)i), '\0'};

        assert_hears(world.coordinator, WN_GOT_MESSAGE, i, text);
        assert_hears(world.workers[i], WN_GOT_MESSAGE, 0, text);
        assert_hears(world.workers[i], WN_GOT_NOTHING, 0, "");
    }
    assert_hears(world.coordinator, WN_GOT_NOTHING, 0, "");
    end_world(&world);
}

static void refuses_unknown_peers(void **state)
{
    struct world world = new_world();
    struct wn_error err = {0};

    (void)state;
    assert_int_equal(wn_comm_send(world.coordinator, N_WORKERS, "x", 1, &err), WN_EINVAL);
    assert_int_equal(wn_comm_send(world.workers[0], 1, "x", 1, &err), WN_EINVAL);
    assert_int_equal(wn_comm_send(world.workers[0], SIZE_MAX, "x", 1, &err), WN_EINVAL);
    end_world(&world);
}

static void messages_of_any_size_arrive_in_order(void **state)
{
    static const size_t sizes[] = {0, 1, 7, 1000, 65536, 1 << 20, 3, 0};
    struct world world = new_world();
    char *bytes = wn_alloc(1 << 20);
    struct wn_buf buf = {0};
    enum wn_got got;
    size_t peer;

    (void)state;
    for (size_t round = 0; round < 10; round++) {
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            memset(bytes, (int)(round + i), sizes[i]);
            assert_int_equal(wn_comm_send(world.workers[1], 0, bytes, sizes[i], NULL),
                             WN_OK);
        }
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            assert_int_equal(wn_comm_recv(world.coordinator, &got, &peer, &buf, NULL),
                             WN_OK);
            assert_int_equal(got, WN_GOT_MESSAGE);
            assert_int_equal(buf.n, sizes[i]);
            for (size_t k = 0; k < buf.n; k += 997)
                assert_int_equal(buf.at[k], (char)(round + i));
        }
    }
    wn_buf_release(&buf);
    wn_free(bytes);
    end_world(&world);
}

static void the_steady_state_allocates_nothing(void **state)
{
    struct world world = new_world();
    struct wn_buf buf = {0};
    char bytes[300] = {0};
    uint64_t before = 0;
    enum wn_got got;
    size_t peer;

    (void)state;
    for (size_t round = 0; round < 2000; round++) {
        if (round == 100)
            before = wn_mem_count();
        for (size_t i = 0; i < 5; i++)
            assert_int_equal(
                wn_comm_send(world.workers[i % N_WORKERS], 0, bytes, sizeof bytes, NULL),
                WN_OK);
        /* a backlog remains for a while, so that the queue slides */
        for (size_t i = 0; i < (round % 2 ? 8 : 2); i++)
            assert_int_equal(wn_comm_recv(world.coordinator, &got, &peer, &buf, NULL),
                             WN_OK);
    }
    assert_int_equal(wn_mem_count(), before);
    wn_buf_release(&buf);
    end_world(&world);
}

static void an_end_that_goes_breaks_its_link_after_its_last_message(void **state)
{
    struct world world = new_world();

    (void)state;
    say(world.workers[1], 0, "one");
    say(world.workers[2], 0, "two");
    wn_comm_destroy(world.workers[1]);
    say(world.workers[2], 0, "three");
    say(world.coordinator, 1, "dropped");
    assert_hears(world.coordinator, WN_GOT_MESSAGE, 1, "one");
    assert_hears(world.coordinator, WN_GOT_MESSAGE, 2, "two");
    assert_hears(world.coordinator, WN_GOT_BREAK, 1, "");
    assert_hears(world.coordinator, WN_GOT_MESSAGE, 2, "three");
    assert_hears(world.coordinator, WN_GOT_NOTHING, 0, "");
    say(world.coordinator, 0, "still here");
    wn_comm_destroy(world.coordinator);
    assert_hears(world.workers[0], WN_GOT_MESSAGE, 0, "still here");
    assert_hears(world.workers[0], WN_GOT_BREAK, 0, "");
    assert_hears(world.workers[0], WN_GOT_NOTHING, 0, "");
    assert_hears(world.workers[2], WN_GOT_BREAK, 0, "");
    say(world.workers[2], 0, "dropped");
    wn_comm_destroy(world.workers[0]);
    wn_comm_destroy(world.workers[2]);
}

static void waiting_ends_at_once_while_anybody_has_a_message(void **state)
{
    struct world world = new_world();
    int ends[2];
    struct pollfd fd;

    (void)state;
    assert_int_equal(pipe(ends), 0);
    fd = (struct pollfd){.fd = ends[0], .events = POLLIN, .revents = POLLIN};
    say(world.coordinator, 2, "x");
    /* without a time-out this would hang if the message were not seen */
    assert_int_equal(wn_comm_wait(world.workers[0], &fd, 1, -1, NULL), WN_OK);
    assert_int_equal(fd.revents, 0);
    assert_hears(world.workers[2], WN_GOT_MESSAGE, 0, "x");
    assert_int_equal(write(ends[1], "y", 1), 1);
    assert_int_equal(wn_comm_wait(world.coordinator, &fd, 1, -1, NULL), WN_OK);
    assert_int_equal(fd.revents, POLLIN);
    close(ends[0]);
    close(ends[1]);
    end_world(&world);
}

static void waiting_ends_when_the_time_is_up(void **state)
{
    struct world world = new_world();
    int64_t start = wn_comm_now_us(world.coordinator);

    (void)state;
    assert_int_equal(wn_comm_wait(world.coordinator, NULL, 0, 3000, NULL), WN_OK);
    assert_true(wn_comm_now_us(world.coordinator) - start >= 3000);
    end_world(&world);
}

static void messages_to_nobody_keep_nobody_awake(void **state)
{
    struct world world = new_world();
    int64_t start;

    (void)state;
    say(world.coordinator, 0, "lost");
    wn_comm_destroy(world.workers[0]);
    assert_hears(world.coordinator, WN_GOT_BREAK, 0, "");
    start = wn_comm_now_us(world.coordinator);
    assert_int_equal(wn_comm_wait(world.coordinator, NULL, 0, 2000, NULL), WN_OK);
    assert_true(wn_comm_now_us(world.coordinator) - start >= 2000);
    wn_comm_destroy(world.coordinator);
    wn_comm_destroy(world.workers[1]);
    wn_comm_destroy(world.workers[2]);
}

static void every_want_of_memory_is_reported(void **state)
{
    struct world world;
    struct wn_buf buf = {0};
    enum wn_got got = WN_GOT_NOTHING;
    size_t peer;
    char bytes[5000] = {0};

    (void)state;
    for (uint64_t k = 1;; k++) {
        enum wn_status rc;

        wn_mem_fail_after(k);
        rc = wn_loopback_create(N_WORKERS, &world.coordinator, world.workers, NULL);
        wn_mem_fail_after(0);
        if (rc == WN_OK)
            break;
        assert_int_equal(rc, WN_ENOMEM);
        assert_true(k < 100);
    }
    wn_mem_fail_after(1);
    assert_int_equal(wn_comm_send(world.workers[0], 0, bytes, sizeof bytes, NULL),
                     WN_ENOMEM);
    wn_mem_fail_after(0);
    assert_int_equal(wn_comm_send(world.workers[0], 0, bytes, sizeof bytes, NULL), WN_OK);
    wn_mem_fail_after(1); /* the message stays and is received later */
    assert_int_equal(wn_comm_recv(world.coordinator, &got, &peer, &buf, NULL), WN_ENOMEM);
    wn_mem_fail_after(0);
    assert_int_equal(wn_comm_recv(world.coordinator, &got, &peer, &buf, NULL), WN_OK);
    assert_int_equal(got, WN_GOT_MESSAGE);
    assert_int_equal(buf.n, sizeof bytes);
    wn_buf_release(&buf);
    end_world(&world);
}

static void refuses_more_workers_than_memory_holds(void **state)
{
    struct wn_comm *coordinator, *worker;

    (void)state;
    assert_int_equal(wn_loopback_create(SIZE_MAX, &coordinator, &worker, NULL),
                     WN_ENOMEM);
    assert_int_equal(wn_loopback_create(SIZE_MAX / 80, &coordinator, &worker, NULL),
                     WN_ENOMEM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(peers_are_numbered_from_each_side),
        cmocka_unit_test(refuses_unknown_peers),
        cmocka_unit_test(messages_of_any_size_arrive_in_order),
        cmocka_unit_test(the_steady_state_allocates_nothing),
        cmocka_unit_test(an_end_that_goes_breaks_its_link_after_its_last_message),
        cmocka_unit_test(waiting_ends_at_once_while_anybody_has_a_message),
        cmocka_unit_test(waiting_ends_when_the_time_is_up),
        cmocka_unit_test(messages_to_nobody_keep_nobody_awake),
        cmocka_unit_test(every_want_of_memory_is_reported),
        cmocka_unit_test(refuses_more_workers_than_memory_holds),
    };

    return cmocka_run_group_tests_name("comm/loopback", tests, NULL, NULL);
}

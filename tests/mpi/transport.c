/* transport.c - what the MPI transport promises, played by real ranks.
 *
 * Run as `mpirun -n N mpi_transport CASE`. A failure names rank, line and values and ends
 * the whole job. Timings are printed, never judged.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "comm/mpi.h"

static struct wn_mpi *world;

#define CHECK(condition, ...)                                                       \
    do {                                                                            \
        if (!(condition)) {                                                         \
            fprintf(stderr, "rank %d, line %d: %s: ", wn_mpi_rank(world), __LINE__, \
                    #condition);                                                    \
            fprintf(stderr, __VA_ARGS__);                                           \
            fputc('\n', stderr);                                                    \
            wn_mpi_abort(world);                                                    \
            abort();                                                                \
        }                                                                           \
    } while (0)

/* --- start-up collectives --- */

static void check_agreement(unsigned failing) /* bit r: rank r fails */
{
    int rank = wn_mpi_rank(world), lowest = 0;
    enum wn_status mine = WN_OK, rc;
    struct wn_error err = {0};
    char expected[64];

    while (failing && !(failing & (1U << lowest)))
        lowest++;
    if (failing & (1U << rank))
        mine =
            wn_fail(&err, rank % 2 ? WN_EIO : WN_ENOMEM, "rank %d has a problem", rank);
    rc = wn_mpi_agree_coll(world, mine, &err);
    if (!failing) {
        CHECK(rc == WN_OK, "%s", err.text);
        return;
    }
    snprintf(expected, sizeof expected, "rank %d has a problem", lowest);
    CHECK(rc == (lowest % 2 ? WN_EIO : WN_ENOMEM), "failing %x: %d", failing, rc);
    CHECK(err.status == rc, "%d", err.status);
    CHECK(strcmp(err.text, expected) == 0, "%s instead of %s", err.text, expected);
    CHECK(strstr(err.where, "transport.c"), "%s", err.where);
}

static void test_agree(void)
{
    struct wn_error err = {0};
    enum wn_status rc;

    for (unsigned failing = 0; failing < 1U << wn_mpi_size(world); failing++)
        check_agreement(failing);
    rc = wn_mpi_agree_coll(world, WN_EIO, NULL); /* without a text */
    CHECK(rc == WN_EIO, "%d", rc);
    rc = wn_mpi_agree_coll(world, wn_mpi_rank(world) == 0 ? WN_EFENCED : WN_OK,
                           wn_mpi_rank(world) == 0 ? NULL : &err);
    CHECK(rc == WN_EFENCED, "%d", rc);
    CHECK(wn_mpi_rank(world) == 0 || strlen(err.text) > 0, "no text");
}

static void test_share(void)
{
    static const size_t sizes[] = {0, 1, 1000, 3000000};

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        size_t n = wn_mpi_rank(world) == 0 ? sizes[i] : 77;
        char *own = wn_alloc(sizes[i] + 1), *bytes = own;
        struct wn_error err = {0};

        CHECK(own, "no memory");
        for (size_t k = 0; k < sizes[i]; k++)
            own[k] = (char)(k * 7 + i);
        if (wn_mpi_rank(world) != 0)
            bytes = NULL;
        CHECK(wn_mpi_share_coll(world, &bytes, &n, &err) == WN_OK, "%s", err.text);
        CHECK(n == sizes[i], "%zu instead of %zu bytes", n, sizes[i]);
        CHECK(bytes && memcmp(bytes, own, n + 1) == 0,
              "other bytes, or no NUL after them");
        if (wn_mpi_rank(world) != 0)
            wn_free(bytes);
        wn_free(own);
    }
    { /* one rank has no memory: all hear of it */
        size_t n = 100;
        char *bytes = wn_alloc(n);
        char *copy = bytes;
        enum wn_status rc;

        if (wn_mpi_rank(world) == 1)
            wn_mem_fail_after(1);
        rc = wn_mpi_share_coll(world, &copy, &n, NULL);
        wn_mem_fail_after(0);
        CHECK(rc == WN_ENOMEM, "%d", rc);
        wn_free(bytes);
    }
}

static void test_node(void)
{
    enum { ROOM = 32 };
    char text[ROOM], *all = NULL;
    size_t n = 0, mine = 99;
    struct wn_error err = {0};
    enum wn_status rc;

    snprintf(text, sizeof text, "rank %d", wn_mpi_rank(world));
    rc = wn_mpi_node_texts_coll(world, text, ROOM, &all, &n, &mine, &err);
    CHECK(rc == WN_OK, "%s", err.text);
    CHECK(n == (size_t)wn_mpi_size(world), "%zu ranks on the node", n);
    CHECK(mine == (size_t)wn_mpi_rank(world), "%zu", mine);
    for (size_t i = 0; i < n; i++) {
        snprintf(text, sizeof text, "rank %zu", i);
        CHECK(strcmp(all + i * ROOM, text) == 0, "%s instead of %s", all + i * ROOM,
              text);
    }
    wn_free(all);
    /* one text is too long: everybody hears of it */
    rc = wn_mpi_node_texts_coll(world, wn_mpi_rank(world) == 1 ? "12345678" : "1234567",
                                8, &all, &n, &mine, &err);
    CHECK(rc == WN_EINVAL, "%d", rc);
}

/* --- messages --- */

static struct wn_comm *new_end(int64_t sleep_us)
{
    struct wn_comm *end = NULL;
    struct wn_error err = {0};

    CHECK(wn_mpi_endpoint(world, sleep_us, &end, &err) == WN_OK, "%s", err.text);
    CHECK(wn_comm_n_peers(end) ==
              (wn_mpi_rank(world) == 0 ? (size_t)wn_mpi_size(world) - 1 : 1),
          "%zu peers", wn_comm_n_peers(end));
    return end;
}

static void send_bytes(struct wn_comm *end, size_t peer, const void *bytes, size_t n)
{
    struct wn_error err = {0};

    CHECK(wn_comm_send(end, peer, bytes, n, &err) == WN_OK, "%s", err.text);
}

/* The next message, whoever sent it. */
static size_t receive(struct wn_comm *end, struct wn_buf *buf)
{
    struct wn_error err = {0};
    enum wn_got got = WN_GOT_NOTHING;
    size_t peer = 0;

    while (got == WN_GOT_NOTHING) {
        CHECK(wn_comm_recv(end, &got, &peer, buf, &err) == WN_OK, "%s", err.text);
        if (got == WN_GOT_NOTHING)
            CHECK(wn_comm_wait(end, NULL, 0, -1, &err) == WN_OK, "%s", err.text);
    }
    CHECK(got == WN_GOT_MESSAGE, "a link broke");
    return peer;
}

/* Sizes from nothing to beyond every eager limit. */
static size_t size_of(size_t number)
{
    static const size_t sizes[] = {8, 40, 300, 8, 5000, 9, 70000, 12};

    return sizes[number % 8];
}

static void test_order(void)
{
    enum { N = 1500, WINDOW = 50 };
    struct wn_comm *end = new_end(1000);
    size_t n_peers = wn_comm_n_peers(end);
    size_t *n_seen = wn_alloc_array(n_peers, sizeof *n_seen);
    struct wn_buf buf = {0}, bytes = {0};
    size_t n_sent = 0, n_received = 0;

    while (n_received < N * n_peers) {
        uint64_t number;
        size_t peer;

        /* some ahead of what came back, so that the links are full both ways */
        while (n_sent < N && n_sent < n_received / n_peers + WINDOW) {
            wn_buf_clear(&bytes);
            wn_put_u64(&bytes, n_sent);
            while (bytes.n < size_of(n_sent))
                wn_put_u8(&bytes, (uint8_t)(n_sent + bytes.n));
            for (size_t i = 0; i < n_peers; i++)
                send_bytes(end, i, bytes.at, bytes.n);
            n_sent++;
        }
        peer = receive(end, &buf);
        CHECK(buf.n == size_of(n_seen[peer]), "message %zu of %zu has %zu bytes",
              n_seen[peer], peer, buf.n);
        memcpy(&number, buf.at, 8);
        CHECK(number == n_seen[peer], "%llu instead of %zu", (unsigned long long)number,
              n_seen[peer]);
        for (size_t i = 8; i < buf.n; i++)
            CHECK((uint8_t)buf.at[i] == (uint8_t)(number + i), "byte %zu", i);
        n_seen[peer]++;
        n_received++;
    }
    CHECK(wn_comm_send(end, n_peers, "", 0, NULL) == WN_EINVAL, "an unknown peer");
    wn_buf_release(&buf);
    wn_buf_release(&bytes);
    wn_free(n_seen);
    wn_comm_destroy(end);
}

enum { LARGE = 8 << 20 };

static void fill(char *bytes, int seed)
{
    for (size_t i = 0; i < LARGE; i++)
        bytes[i] = (char)(i * 31 + (size_t)seed);
}

/* A large message and a small one behind it, both ways at once. */
static void test_large(void)
{
    struct wn_comm *end = new_end(1000);
    size_t n_peers = wn_comm_n_peers(end);
    char *own = wn_alloc(LARGE), *theirs = wn_alloc(LARGE);
    size_t *n_seen = wn_alloc_array(n_peers, sizeof *n_seen);
    struct wn_buf buf = {0};
    int64_t start = wn_clock_mono_us();

    fill(own, wn_mpi_rank(world));
    for (size_t i = 0; i < n_peers; i++) {
        send_bytes(end, i, own, LARGE);
        send_bytes(end, i, "behind", 6);
    }
    memset(own, 0, LARGE); /* send() has copied it */
    for (size_t left = 2 * n_peers; left; left--) {
        size_t peer = receive(end, &buf);

        if (n_seen[peer]++ == 0) {
            fill(theirs, wn_mpi_rank(world) == 0 ? (int)peer + 1 : 0);
            CHECK(buf.n == LARGE, "%zu bytes", buf.n);
            CHECK(memcmp(buf.at, theirs, LARGE) == 0, "other bytes from %zu", peer);
        } else {
            CHECK(buf.n == 6 && memcmp(buf.at, "behind", 6) == 0, "%zu bytes", buf.n);
        }
    }
    printf("rank %d: 8 MiB both ways with %zu peers in %.1f ms\n", wn_mpi_rank(world),
           n_peers, (double)(wn_clock_mono_us() - start) * 1e-3);
    wn_buf_release(&buf);
    wn_free(n_seen);
    wn_free(own);
    wn_free(theirs);
    wn_comm_destroy(end);
}

static void test_wait(void)
{
    struct wn_comm *end = new_end(5000);
    struct wn_error err = {0};
    struct pollfd fd = {.events = POLLIN};
    int64_t start = wn_comm_now_us(end);
    int ends[2];

    CHECK(wn_mpi_endpoint(world, 5000, &end, NULL) == WN_EINVAL, "a second endpoint");
    CHECK(pipe(ends) == 0, "pipe");
    fd.fd = ends[0];
    CHECK(wn_comm_wait(end, &fd, 1, 30000, &err) == WN_OK, "%s", err.text);
    CHECK(wn_comm_now_us(end) - start >= 30000, "woken early without a reason");
    CHECK(fd.revents == 0, "%d", fd.revents);
    CHECK(write(ends[1], "x", 1) == 1, "write");
    CHECK(wn_comm_wait(end, &fd, 1, -1, &err) == WN_OK, "%s", err.text);
    CHECK(fd.revents == POLLIN, "%d", fd.revents);
    fd.revents =
        0; /* a descriptor that is ready shows beside a message and without time */
    CHECK(wn_comm_wait(end, &fd, 1, 0, &err) == WN_OK, "%s", err.text);
    CHECK(fd.revents == POLLIN, "%d", fd.revents);
    close(ends[0]);
    close(ends[1]);
    wn_comm_destroy(end);
}

/* Rank 0 sends what nobody receives: going away does not wait for ever. */
static void test_goodbye(void)
{
    struct wn_comm *end = new_end(1000);
    char *bytes = wn_alloc(LARGE);
    int64_t start = wn_clock_mono_us();

    if (wn_mpi_rank(world) == 0)
        for (size_t i = 0; i < wn_comm_n_peers(end); i++)
            send_bytes(end, i, bytes, LARGE);
    wn_free(bytes);
    wn_comm_destroy(end);
    if (wn_mpi_rank(world) == 0)
        printf("destroyed after %.1f ms\n", (double)(wn_clock_mono_us() - start) * 1e-3);
}

/* The last rank is killed; rank 0 goes on with the others and ends the run. */
static void test_loss(void)
{
    struct wn_comm *end = new_end(1000);
    struct wn_buf buf = {0};
    size_t last = (size_t)wn_mpi_size(world) - 2; /* as rank 0 calls it */
    char *large = wn_alloc(LARGE);
    struct wn_error err = {0};

    if (wn_mpi_rank(world) == wn_mpi_size(world) - 1) {
        send_bytes(end, 0, "last words", 10);
        (void)receive(end, &buf); /* so that the words have left */
        raise(SIGKILL);
    }
    if (wn_mpi_rank(world) == 0) {
        CHECK(receive(end, &buf) == last, "who?");
        send_bytes(end, last, "die", 3);
        CHECK(wn_comm_wait(end, NULL, 0, 500000, &err) == WN_OK, "%s", err.text);
        send_bytes(end, last, "small", 5); /* to a dead rank: no harm */
        send_bytes(end, last, large, LARGE);
        send_bytes(end, 0, "ping", 4);
        CHECK(receive(end, &buf) == 0, "who?");
        CHECK(strcmp(wn_buf_text(&buf), "pong") == 0, "%s", wn_buf_text(&buf));
    } else {
        (void)receive(end, &buf);
        send_bytes(end, 0, "pong", 4);
        CHECK(wn_comm_wait(end, NULL, 0, 200000, &err) == WN_OK, "%s", err.text);
    }
    wn_comm_destroy(end);
    wn_mpi_end(world, true, 0);
}

/* --- what waiting costs; printed --- */

static double cpu_s(void)
{
    struct rusage use;

    getrusage(RUSAGE_SELF, &use);
    return (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
           (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) * 1e-6;
}

static long n_sleeps(void)
{
    struct rusage use;

    getrusage(RUSAGE_SELF, &use);
    return use.ru_nvcsw;
}

static int compare_times(const void *a, const void *b)
{
    int64_t x, y;

    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return x < y ? -1 : x > y;
}

static void idle_for(struct wn_comm *end, int64_t idle_us)
{
    int64_t until_us = wn_comm_now_us(end) + idle_us;
    struct wn_error err = {0};

    while (wn_comm_now_us(end) < until_us)
        CHECK(wn_comm_wait(end, NULL, 0, until_us - wn_comm_now_us(end), &err) == WN_OK,
              "%s", err.text);
}

/* Rank 1 asks when all have been asleep for a while; odd pauses, so that the sleeps of
 * both sides meet in every phase. */
static void measure_cold_answers(struct wn_comm *end, int64_t pause_us, int n)
{
    int64_t *us = wn_alloc_array((size_t)n, sizeof *us);
    struct wn_buf buf = {0};

    if (wn_mpi_rank(world) == 1) {
        for (int i = 0; i < n; i++) {
            if (pause_us)
                idle_for(end, pause_us + i % 50 * 137);
            us[i] = wn_comm_now_us(end);
            send_bytes(end, 0, "ask", 3);
            (void)receive(end, &buf);
            us[i] = wn_comm_now_us(end) - us[i];
        }
        qsort(us, (size_t)n, sizeof *us, compare_times);
        printf("answer after %lld us of silence: median %lld us, 90%% %lld us\n",
               (long long)pause_us, (long long)us[n / 2], (long long)us[n * 9 / 10]);
    } else if (wn_mpi_rank(world) == 0) {
        for (int i = 0; i < n; i++) {
            size_t peer = receive(end, &buf);

            send_bytes(end, peer, "answer", 6);
        }
    }
    wn_buf_release(&buf);
    wn_free(us);
}

static void test_idle(void)
{
    struct wn_comm *end = new_end(wn_mpi_rank(world) == 0 ? WN_MPI_COORDINATOR_SLEEP_US
                                                          : WN_MPI_WORKER_SLEEP_US);
    double cpu = cpu_s();
    long sleeps = n_sleeps();
    int64_t start_us = wn_comm_now_us(end);
    struct wn_buf buf = {0};
    double wall_s;

    idle_for(end, 3000000);
    wall_s = (double)(wn_comm_now_us(end) - start_us) * 1e-6;
    printf("rank %d idle: %.2f %% of a core, %.0f sleeps/s\n", wn_mpi_rank(world),
           (cpu_s() - cpu) / wall_s * 100, (double)(n_sleeps() - sleeps) / wall_s);
    measure_cold_answers(end, 0, 1000);
    measure_cold_answers(end, 30000, 60);
    if (wn_mpi_rank(world) == 0) /* the others sleep until then */
        for (size_t i = 0; i < wn_comm_n_peers(end); i++)
            send_bytes(end, i, "quit", 4);
    else
        (void)receive(end, &buf);
    wn_buf_release(&buf);
    wn_comm_destroy(end);
}

static const struct {
    const char *name;
    void (*run)(void);
} cases[] = {
    {"agree", test_agree},     {"share", test_share}, {"node", test_node},
    {"order", test_order},     {"large", test_large}, {"wait", test_wait},
    {"goodbye", test_goodbye}, {"loss", test_loss},   {"idle", test_idle},
};

static int fail_case(const char *text)
{
    fprintf(stderr, "%s\n", text);
    return EXIT_FAILURE;
}

/* Without mpirun: is a world of one refused, in words that name both sides? */
static int run_alone(int argc, char **argv, bool is_mixed)
{
    struct wn_error err = {0};
    enum wn_status rc = wn_mpi_init(&argc, &argv, &world, &err);

    if (wn_mpi_is_launched() != is_mixed)
        return fail_case("is_launched is wrong");
    if (!is_mixed) {
        if (rc != WN_OK || wn_mpi_size(world) != 1)
            return fail_case(err.text);
        wn_mpi_end(world, false, 0);
        return EXIT_SUCCESS;
    }
    if (rc != WN_EMPI || !strstr(err.text, wn_mpi_library()) || !strstr(err.text, "=4") ||
        !strstr(err.text, "mpi"))
        return fail_case(err.text);
    printf("%s\n", err.text);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    struct wn_error err = {0};
    bool was_run = false;

    if (argc < 2)
        return fail_case("which case?");
    if (strcmp(argv[1], "unlaunched") == 0) /* MPI itself could not be started here */
        return wn_mpi_is_launched() ? fail_case("a launcher is seen") : EXIT_SUCCESS;
    if (strcmp(argv[1], "alone") == 0 || strcmp(argv[1], "mixed") == 0)
        return run_alone(argc, argv, strcmp(argv[1], "mixed") == 0);
    if (!wn_mpi_is_built() || !wn_mpi_is_launched())
        return fail_case("an MPI launcher is not seen");
    if (wn_mpi_init(&argc, &argv, &world, &err) != WN_OK)
        return fail_case(err.text);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (strcmp(cases[i].name, argv[1]) == 0) {
            cases[i].run();
            was_run = true;
        }
    }
    CHECK(was_run, "there is no case %s", argv[1]);
    wn_mpi_end(world, false, 0);
    return EXIT_SUCCESS;
}

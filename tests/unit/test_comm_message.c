/* Messages survive the wire, and malformed bytes do not pass. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "comm/message.h"

#define N(a) (sizeof(a) / sizeof *(a))
#define GENERATION        \
    {                     \
        INT64_MAX, 7,     \
        {                 \
            3, UINT32_MAX \
        }                 \
    }

static const struct wn_metric metrics[] = {{"loss", 0.1},
                                           {"accuracy", -0.0},
                                           {"", (double)INFINITY},
                                           {"nan", (double)NAN}};
static const union wn_cell cells[] = {{.f = 0.5}, {.i = WN_CELL_OFF}, {.i = -1}};

/* One of every kind, with the extremes of every field somewhere. */
static const struct wn_message samples[] = {
    {.kind = WN_MSG_HELLO,
     .hello = {UINT32_MAX, 4, INT64_MIN, "node1", "winnow 0.1", "0-3,8"}},
    {.kind = WN_MSG_HELLO, .hello = {0, 0, 0, "", "", ""}},
    {.kind = WN_MSG_REPORT,
     .trial = UINT32_MAX,
     .slot = 127,
     .dispatch = {1, 128},
     .report = {INT64_MAX, -1, 3600000, N(metrics), metrics, true, false}},
    {.kind = WN_MSG_REPORT, .report = {INT64_MIN, 0, 0, 0, NULL, false, true}},
    {.kind = WN_MSG_ENDED, .ended = {WN_FAILURE_NO_SLOT, 1, "no\nslot"}},
    {.kind = WN_MSG_ENDED, .ended = {WN_FAILURE_NONE, INT64_MAX, ""}},
    {.kind = WN_MSG_FREE, .trial = 1, .slot = 2, .dispatch = {3, 4}},
    {.kind = WN_MSG_LOG, .log = {WN_LOG_ERROR, "worker", "a line"}},
    {.kind = WN_MSG_DAMAGED, .damaged = {{1, 2, {3, 4}}}},
    {.kind = WN_MSG_RUN, .run = {27, 9, GENERATION, true, N(cells), cells}},
    {.kind = WN_MSG_RUN, .run = {1, 0, {0, 0, {0, 0}}, false, 0, NULL}},
    {.kind = WN_MSG_ANSWER, .answer = {3, WN_VERDICT_CONTINUE, 9, true}},
    {.kind = WN_MSG_ANSWER, .answer = {3, WN_VERDICT_STOP, 0, false}},
    {.kind = WN_MSG_RECALL, .trial = 5},
    {.kind = WN_MSG_ABANDON, .trial = 6},
    {.kind = WN_MSG_QUIT},
};

static void assert_same_generation(struct wn_generation a, struct wn_generation b)
{
    assert_true(wn_generation_equal(a, b));
}

static void assert_same_report(const struct wn_message *a, const struct wn_message *b)
{
    assert_int_equal(a->report.resource, b->report.resource);
    assert_int_equal(a->report.elapsed_ms, b->report.elapsed_ms);
    assert_int_equal(a->report.cost_ms, b->report.cost_ms);
    assert_int_equal(a->report.has_checkpoint, b->report.has_checkpoint);
    assert_int_equal(a->report.waits, b->report.waits);
    assert_int_equal(a->report.n_metrics, b->report.n_metrics);
    for (uint32_t i = 0; i < a->report.n_metrics; i++) {
        assert_string_equal(a->report.metrics[i].name, b->report.metrics[i].name);
        assert_memory_equal(&a->report.metrics[i].value, &b->report.metrics[i].value, 8);
    }
}

static void assert_same_run(const struct wn_message *a, const struct wn_message *b)
{
    assert_int_equal(a->run.milestone, b->run.milestone);
    assert_int_equal(a->run.recorded, b->run.recorded);
    assert_same_generation(a->run.source, b->run.source);
    assert_int_equal(a->run.waits_next, b->run.waits_next);
    assert_int_equal(a->run.n_cells, b->run.n_cells);
    for (uint32_t i = 0; i < a->run.n_cells; i++)
        assert_int_equal(a->run.cells[i].i, b->run.cells[i].i);
}

static void assert_same(const struct wn_message *a, const struct wn_message *b)
{
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->trial, b->trial);
    assert_int_equal(a->slot, b->slot);
    assert_true(wn_dispatch_equal(a->dispatch, b->dispatch));
    switch (a->kind) {
    case WN_MSG_HELLO:
        assert_int_equal(a->hello.n_slots, b->hello.n_slots);
        assert_int_equal(a->hello.cores_per_slot, b->hello.cores_per_slot);
        assert_int_equal(a->hello.pid, b->hello.pid);
        assert_string_equal(a->hello.host, b->hello.host);
        assert_string_equal(a->hello.version, b->hello.version);
        assert_string_equal(a->hello.cpus, b->hello.cpus);
        break;
    case WN_MSG_REPORT: assert_same_report(a, b); break;
    case WN_MSG_ENDED:
        assert_int_equal(a->ended.failure, b->ended.failure);
        assert_int_equal(a->ended.cost_ms, b->ended.cost_ms);
        assert_string_equal(a->ended.text, b->ended.text);
        break;
    case WN_MSG_LOG:
        assert_int_equal(a->log.level, b->log.level);
        assert_string_equal(a->log.part, b->log.part);
        assert_string_equal(a->log.line, b->log.line);
        break;
    case WN_MSG_DAMAGED:
        assert_same_generation(a->damaged.generation, b->damaged.generation);
        break;
    case WN_MSG_RUN: assert_same_run(a, b); break;
    case WN_MSG_ANSWER:
        assert_int_equal(a->answer.resource, b->answer.resource);
        assert_int_equal(a->answer.verdict, b->answer.verdict);
        assert_int_equal(a->answer.milestone, b->answer.milestone);
        assert_int_equal(a->answer.waits_next, b->answer.waits_next);
        break;
    case WN_MSG_FREE:
    case WN_MSG_RECALL:
    case WN_MSG_ABANDON:
    case WN_MSG_QUIT: break;
    }
}

/* The message as `n` bytes in `at`, an own allocation of exactly that size, so that a
 * read beyond the end is seen by the address sanitizer. */
static char *bytes_of(const struct wn_message *message, size_t *n)
{
    struct wn_buf buf = {0};
    char *at;

    wn_message_encode(message, &buf);
    assert_false(buf.failed);
    at = wn_alloc(buf.n);
    assert_non_null(at);
    memcpy(at, buf.at, buf.n);
    *n = buf.n;
    wn_buf_release(&buf);
    return at;
}

static void every_kind_survives_the_wire(void **state)
{
    (void)state;
    for (size_t i = 0; i < N(samples); i++) {
        struct wn_arena arena = {0};
        struct wn_message back;
        struct wn_error err = {0};
        size_t n;
        char *bytes = bytes_of(&samples[i], &n);

        if (wn_message_decode(bytes, n, &arena, &back, &err) != WN_OK)
            fail_msg("sample %zu: %s", i, err.text);
        wn_free(bytes); /* nothing may borrow it */
        assert_same(&samples[i], &back);
        wn_arena_release(&arena);
    }
}

static void encoding_appends(void **state)
{
    struct wn_buf buf = {0};

    (void)state;
    wn_buf_adds(&buf, "x");
    wn_message_encode(&samples[N(samples) - 1], &buf);
    assert_int_equal(buf.at[0], 'x');
    assert_int_equal(buf.n, 1 + 6); /* version, kind, trial, slot, dispatch */
    wn_buf_release(&buf);
}

static void refuses_every_truncation(void **state)
{
    (void)state;
    for (size_t i = 0; i < N(samples); i++) {
        size_t n;
        char *bytes = bytes_of(&samples[i], &n);

        for (size_t cut = 0; cut < n; cut++) {
            struct wn_arena arena = {0};
            struct wn_message back;
            struct wn_error err = {0};
            char *part = wn_alloc(cut);

            memcpy(part, bytes, cut);
            if (wn_message_decode(part, cut, &arena, &back, &err) != WN_ECORRUPT)
                fail_msg("sample %zu cut to %zu of %zu bytes", i, cut, n);
            assert_int_equal(err.status, WN_ECORRUPT);
            wn_free(part);
            wn_arena_release(&arena);
        }
        wn_free(bytes);
    }
}

static void refuses_bytes_after_the_message(void **state)
{
    (void)state;
    for (size_t i = 0; i < N(samples); i++) {
        struct wn_arena arena = {0};
        struct wn_message back;
        struct wn_error err = {0};
        struct wn_buf buf = {0};

        wn_message_encode(&samples[i], &buf);
        wn_put_u8(&buf, 0);
        assert_int_equal(wn_message_decode(buf.at, buf.n, &arena, &back, &err),
                         WN_ECORRUPT);
        wn_buf_release(&buf);
        wn_arena_release(&arena);
    }
}

struct bad {
    const char *what;
    size_t n;
    unsigned char bytes[24];
    enum wn_status status;
};

static void refuses_malformed_fields(void **state)
{
    static const struct bad table[] = {
        {"empty", 0, {0}, WN_ECORRUPT},
        {"version alone", 1, {1}, WN_ECORRUPT},
        {"other version", 6, {2, 20}, WN_EVERSION},
        {"version 0", 6, {0, 20}, WN_EVERSION},
        {"kind 0", 6, {1, 0}, WN_ECORRUPT},
        {"kind 7", 6, {1, 7}, WN_ECORRUPT},
        {"kind 255", 6, {1, 255}, WN_ECORRUPT},
        {"trial beyond 32 bits", 10, {1, 20, 0x80, 0x80, 0x80, 0x80, 0x10}, WN_ECORRUPT},
        {"slot beyond 32 bits",
         10,
         {1, 20, 0, 0x80, 0x80, 0x80, 0x80, 0x10},
         WN_ECORRUPT},
        {"endless varint",
         14,
         {1, 20, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 0},
         WN_ECORRUPT},
        {"failure 11", 9, {1, 3, 0, 0, 0, 0, WN_FAILURE_N, 0, 0}, WN_ECORRUPT},
        {"log level 4", 9, {1, 5, 0, 0, 0, 0, 4, 0, 0}, WN_ECORRUPT},
        {"verdict 3", 10, {1, 17, 0, 0, 0, 0, 0, 3, 0, 0}, WN_ECORRUPT},
        {"truth value 2", 10, {1, 17, 0, 0, 0, 0, 0, 0, 0, 2}, WN_ECORRUPT},
        {"resource -1 of a generation", 10, {1, 6, 0, 0, 0, 0, 1, 0, 0, 0}, WN_ECORRUPT},
        {"text with a NUL", 12, {1, 5, 0, 0, 0, 0, 0, 3, 'a', 0, 'b', 0}, WN_ECORRUPT},
        {"text longer than the rest",
         10,
         {1, 5, 0, 0, 0, 0, 0, 0, 127, 'a'},
         WN_ECORRUPT},
        {"more metrics than bytes",
         16,
         {1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 15},
         WN_ECORRUPT},
        {"more cells than bytes",
         18,
         {1, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 15},
         WN_ECORRUPT},
    };

    (void)state;
    for (size_t i = 0; i < N(table); i++) {
        struct wn_arena arena = {0};
        struct wn_message back = {.trial = 4711};
        struct wn_error err = {0};
        enum wn_status rc =
            wn_message_decode(table[i].bytes, table[i].n, &arena, &back, &err);

        if (rc != table[i].status)
            fail_msg("%s: %s", table[i].what, wn_status_name(rc));
        assert_int_equal(back.trial, 4711); /* set only on success */
        wn_arena_release(&arena);
    }
}

static void random_damage_never_breaks_the_decoder(void **state)
{
    struct wn_rng rng = wn_rng_keyed(1, WN_STREAM_TEST, 0);
    size_t n_accepted = 0;

    (void)state;
    for (size_t round = 0; round < 20000; round++) {
        struct wn_arena arena = {0};
        struct wn_message back;
        size_t n;
        char *bytes = bytes_of(&samples[round % N(samples)], &n);

        for (uint64_t i = 0; i < 1 + wn_rng_below(&rng, 3); i++)
            bytes[wn_rng_below(&rng, n)] = (char)wn_rng_u32(&rng);
        if (wn_message_decode(bytes, n, &arena, &back, NULL) == WN_OK) {
            struct wn_message again;
            size_t n_again;
            char *encoded = bytes_of(&back, &n_again);

            assert_int_equal(wn_message_decode(encoded, n_again, &arena, &again, NULL),
                             WN_OK);
            assert_same(&back, &again);
            wn_free(encoded);
            n_accepted++;
        }
        wn_free(bytes);
        wn_arena_release(&arena);
    }
    assert_in_range(n_accepted, 1, 19999); /* both outcomes were seen */
}

static void want_of_memory_is_not_called_corruption(void **state)
{
    (void)state;
    for (size_t i = 0; i < N(samples); i++) {
        size_t n;
        char *bytes = bytes_of(&samples[i], &n);

        for (uint64_t k = 1; k < 100; k++) {
            struct wn_arena arena = {0};
            struct wn_message back;
            struct wn_error err = {0};
            enum wn_status rc;

            wn_mem_fail_after(k);
            rc = wn_message_decode(bytes, n, &arena, &back, &err);
            wn_mem_fail_after(0);
            wn_arena_release(&arena);
            if (rc == WN_OK)
                break;
            assert_int_equal(rc, WN_ENOMEM);
        }
        wn_free(bytes);
    }
}

static void encoding_without_memory_says_so(void **state)
{
    struct wn_buf buf = {0};

    (void)state;
    wn_mem_fail_after(1);
    wn_message_encode(&samples[0], &buf);
    wn_mem_fail_after(0);
    assert_true(buf.failed);
    wn_buf_release(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_survives_the_wire),
        cmocka_unit_test(encoding_appends),
        cmocka_unit_test(refuses_every_truncation),
        cmocka_unit_test(refuses_bytes_after_the_message),
        cmocka_unit_test(refuses_malformed_fields),
        cmocka_unit_test(random_damage_never_breaks_the_decoder),
        cmocka_unit_test(want_of_memory_is_not_called_corruption),
        cmocka_unit_test(encoding_without_memory_says_so),
    };

    return cmocka_run_group_tests_name("comm/message", tests, NULL, NULL);
}

/* test_journal_codec.c - events to bytes and back, and as JSON lines. */
#include <time.h>

#include "test_journal.h"

#include "base/json.h"
#include "base/rng.h"

static void encodes_every_kind_and_reads_it_back(void **state)
{
    bool covered[WN_EVENT_N] = {false};

    (void)state;
    for (int i = 0; i < N_SAMPLES; i++) {
        struct wn_buf once = {0}, twice = {0};
        struct wn_arena arena = {0};
        struct wn_event back;
        struct wn_error err;

        wn_event_encode(&samples[i], &once);
        assert_false(once.failed);
        assert_ok(wn_event_decode(once.at, once.n, &arena, &back, &err), err);
        assert_int_equal(back.kind, samples[i].kind);
        assert_int_equal(back.time_ms, samples[i].time_ms);
        assert_int_equal(back.trial, samples[i].trial);
        wn_event_encode(&back, &twice);
        assert_int_equal(once.n, twice.n);
        assert_memory_equal(once.at, twice.at, once.n);
        covered[samples[i].kind] = true;
        wn_buf_release(&once);
        wn_buf_release(&twice);
        wn_arena_release(&arena);
    }
    for (int kind = 0; kind < WN_EVENT_N; kind++)
        if (!covered[kind] && kind != WN_EVENT_IMPORTED && kind != WN_EVENT_NOTED &&
            kind != WN_EVENT_LEASE)
            fail_msg("no sample of kind %d", kind);
}

static struct wn_event decoded(const struct wn_event *event,
                               struct wn_arena *arena,
                               struct wn_buf *bytes)
{
    struct wn_event back;
    struct wn_error err;

    wn_event_encode(event, bytes);
    assert_ok(wn_event_decode(bytes->at, bytes->n, arena, &back, &err), err);
    return back;
}

static void keeps_every_field_of_a_report(void **state)
{
    struct wn_arena arena = {0};
    struct wn_buf bytes = {0};
    struct wn_event back = decoded(&samples[7], &arena, &bytes);

    (void)state;
    assert_int_equal(back.kind, WN_EVENT_REPORTED);
    assert_int_equal(back.reported.resource, 9);
    assert_int_equal(back.reported.elapsed_ms, 1000);
    assert_int_equal(back.reported.cost_ms, 8000);
    assert_int_equal(back.reported.n_metrics, 3);
    for (int i = 0; i < 3; i++) {
        assert_string_equal(back.reported.metrics[i].name, sample_metrics[i].name);
        assert_memory_equal(&back.reported.metrics[i].value, &sample_metrics[i].value, 8);
    }
    assert_true(
        wn_generation_equal(back.reported.checkpoint, samples[7].reported.checkpoint));
    assert_true(back.reported.is_milestone);
    assert_int_equal(back.reported.verdict, WN_VERDICT_CONTINUE);
    assert_int_equal(back.reported.milestone, 27);
    assert_int_equal(back.reported.tag.n, 1);
    assert_int_equal(back.reported.tag.bytes[0], 7);
    wn_buf_release(&bytes);
    wn_arena_release(&arena);
}

/* wn_event_copy() of trial/: here, since here are the samples and the bytes to compare. */
static void a_copy_of_an_event_needs_nothing_of_the_first(void **state)
{
    (void)state;
    for (int i = 0; i < N_SAMPLES; i++) {
        struct wn_arena arena = {0};
        struct wn_buf bytes = {0};
        struct wn_event event = decoded(&samples[i], &arena, &bytes), *copy;

        wn_mem_fail_after(1);
        assert_null(wn_event_copy(&event));
        wn_mem_fail_after(0);
        copy = wn_event_copy(&event);
        assert_non_null(copy);
        for (size_t k = 0; k < bytes.n; k++)
            bytes.at[k] = '?';
        wn_arena_release(&arena);
        wn_buf_clear(&bytes);
        wn_event_encode(&samples[i], &bytes);
        if (!is_event(&bytes, copy))
            fail_msg("sample %d (%s) differs", i, wn_event_name(samples[i].kind));
        wn_free(copy);
        wn_buf_release(&bytes);
    }
}

static void keeps_every_field_of_a_plan_and_a_configuration(void **state)
{
    struct wn_arena arena = {0};
    struct wn_buf plan = {0}, config = {0};
    struct wn_event back = decoded(&samples[4], &arena, &plan);

    (void)state;
    assert_int_equal(back.planned.milestone, 81);
    assert_int_equal(back.planned.parent, 0);
    assert_int_equal(back.planned.pool, 2);
    assert_true(back.planned.offers);
    assert_true(wn_generation_equal(back.planned.source, samples[4].planned.source));
    assert_memory_equal(&back.planned.tag, &samples[4].planned.tag, 33);
    back = decoded(&samples[3], &arena, &config);
    assert_int_equal(back.planned.parent, WN_TRIAL_NONE); /* and not trial 0 */
    wn_buf_clear(&config);
    back = decoded(&samples[5], &arena, &config);
    assert_int_equal(back.configured.origin, WN_ORIGIN_SEARCH);
    assert_int_equal(back.configured.n_cells, 4);
    assert_memory_equal(back.configured.cells, sample_cells, sizeof sample_cells);
    assert_int_equal(back.configured.tag.n, 9);
    assert_memory_equal(back.configured.tag.at, "search\0er", 9);
    wn_buf_release(&plan);
    wn_buf_release(&config);
    wn_arena_release(&arena);
}

static void keeps_every_field_of_an_opening(void **state)
{
    struct wn_arena arena = {0};
    struct wn_buf bytes = {0};
    struct wn_event back = decoded(&samples[1], &arena, &bytes);

    (void)state;
    assert_int_equal(back.opened.incarnation, 3);
    assert_int_equal(back.opened.n_workers, 4);
    assert_int_equal(back.opened.n_slots, 16);
    assert_int_equal(back.opened.wall_ms, -1);
    assert_string_equal(back.opened.host, "node-7");
    assert_string_equal(back.opened.version, "0.1.0");
    assert_int_equal(back.opened.n_lengths, 2);
    assert_memory_equal(back.opened.lengths, sample_lengths, sizeof sample_lengths);
    wn_buf_release(&bytes);
    wn_arena_release(&arena);
}

/* Bytes that encode() never writes; each must be refused, with a reason. */
static void refuses_bytes_that_are_no_event(void **state)
{
    static const struct {
        const char *what;
        size_t n;
        const char *bytes;
    } cases[] = {
        {"nothing", 0, ""},
        {"only a kind", 1, "\x13"},
        {"an unknown kind", 2, "\x16\x00"},
        {"kind 255", 2, "\xff\x00"},
        {"imported", 2, "\x0d\x00"},
        {"noted", 2, "\x0f\x00"},
        {"lease", 2, "\x10\x00"},
        {"a byte behind", 3, "\x13\x00\x00"},
        {"a long zero", 3, "\x13\x80\x00"},
        {"a time before the study", 11, "\x13\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"},
        {"an endless varint", 12, "\x13\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"},
        {"recall without trial", 8, "\x09\x00\xff\xff\xff\xff\x0f\x01"},
        {"recall 3", 4, "\x09\x00\x05\x03"},
        {"exhausted 2", 3, "\x0b\x00\x02"},
        {"stop reason 4", 4, "\x14\x00\x04\x00"},
        {"text beyond the end", 3, "\x00\x00\x05"},
        {"text of 2^63 bytes", 12, "\x00\x00\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"},
        {"NUL in a text", 6,
         "\x00\x00\x03"
         "a\0b"},
        {"no generation", 3, "\x11\x00\x00"},
        {"origin 0", 5, "\x03\x00\x05\x00\x00"},
        {"origin 3", 5, "\x03\x00\x05\x03\x00"},
        {"more cells than bytes", 6, "\x03\x00\x05\x01\x02\x00"},
        {"2^31 cells", 9, "\x03\x00\x05\x01\x80\x80\x80\x80\x08"},
        {"tag of 33", 42,
         "\x08\x00\x05\x09\x00\x21"
         "123456789012345678901234567890123"},
        {"failure 11", 7, "\x0a\x00\x05\x03\x0b\x00\x00"},
        {"end 0", 7, "\x0a\x00\x05\x00\x00\x00\x00"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct wn_arena arena = {0};
        struct wn_event event;
        struct wn_error err = {.text = ""};

        if (wn_event_decode(cases[i].bytes, cases[i].n, &arena, &event, &err) !=
            WN_ECORRUPT)
            fail_msg("accepted: %s", cases[i].what);
        if (!*err.text)
            fail_msg("no reason: %s", cases[i].what);
        wn_arena_release(&arena);
    }
}

static void refuses_a_metric_that_is_not_a_number(void **state)
{
    struct wn_metric metric = {"accuracy", (double)NAN};
    struct wn_event event = {
        .kind = WN_EVENT_REPORTED,
        .trial = 1,
        .reported = {.resource = 1, .n_metrics = 1, .metrics = &metric}};
    struct wn_arena arena = {0};
    struct wn_buf bytes = {0};
    struct wn_event back;
    struct wn_error err;

    (void)state;
    wn_event_encode(&event, &bytes);
    assert_status(wn_event_decode(bytes.at, bytes.n, &arena, &back, &err), WN_ECORRUPT);
    assert_non_null(strstr(err.text, "metric"));
    wn_buf_release(&bytes);
    wn_arena_release(&arena);
}

static void refuses_every_shortened_event(void **state)
{
    (void)state;
    for (int i = 0; i < N_SAMPLES; i++) {
        struct wn_buf bytes = {0};
        struct wn_arena arena = {0};
        struct wn_event back;

        wn_event_encode(&samples[i], &bytes);
        for (size_t n = 0; n < bytes.n; n++) {
            char *exact = wn_alloc(n); /* so that reading past the end is seen */

            assert_non_null(exact);
            memcpy(exact, bytes.at, n);
            if (wn_event_decode(exact, n, &arena, &back, NULL) != WN_ECORRUPT)
                fail_msg("sample %d cut to %zu of %zu bytes was accepted", i, n, bytes.n);
            wn_free(exact);
        }
        wn_buf_release(&bytes);
        wn_arena_release(&arena);
    }
}

/* Whatever is accepted is what encode() would have written. */
static void accepts_only_its_own_writing(void **state)
{
    struct wn_rng rng = wn_rng_keyed(7, WN_STREAM_TEST, 0);
    struct wn_arena arena = {0};
    struct wn_buf bytes = {0}, again = {0};
    int n_accepted = 0;

    (void)state;
    for (int round = 0; round < 20000; round++) {
        struct wn_event event;

        wn_buf_clear(&bytes);
        wn_buf_clear(&again);
        wn_arena_reset(&arena);
        wn_event_encode(&samples[wn_rng_below(&rng, N_SAMPLES)], &bytes);
        for (uint64_t flips = 1 + wn_rng_below(&rng, 3); flips; flips--)
            bytes.at[wn_rng_below(&rng, bytes.n)] ^= (char)(1U << wn_rng_below(&rng, 8));
        if (wn_event_decode(bytes.at, bytes.n, &arena, &event, NULL) != WN_OK)
            continue;
        n_accepted++;
        wn_event_encode(&event, &again);
        assert_int_equal(bytes.n, again.n);
        assert_memory_equal(bytes.at, again.at, bytes.n);
    }
    assert_true(n_accepted > 100);
    wn_buf_release(&bytes);
    wn_buf_release(&again);
    wn_arena_release(&arena);
}

static void says_that_memory_ran_out(void **state)
{
    (void)state;
    for (int i = 0; i < N_SAMPLES; i++) {
        struct wn_buf bytes = {0};
        enum wn_status rc = WN_ENOMEM;

        wn_event_encode(&samples[i], &bytes);
        for (uint64_t n = 1; rc != WN_OK; n++) {
            struct wn_arena arena = {0};
            struct wn_event event;

            wn_mem_fail_after(n);
            rc = wn_event_decode(bytes.at, bytes.n, &arena, &event, NULL);
            wn_mem_fail_after(0);
            wn_arena_release(&arena);
            assert_true(rc == WN_OK || rc == WN_ENOMEM);
            assert_true(n < 20);
        }
        wn_buf_release(&bytes);
    }
}

static void prints_every_kind_as_one_json_object(void **state)
{
    (void)state;
    for (int i = 0; i < N_SAMPLES; i++) {
        struct wn_buf text = {0};
        struct wn_json *json = NULL;
        struct wn_error err;

        wn_event_print(&samples[i], NULL, &text);
        assert_false(text.failed);
        assert_null(strchr(text.at, '\n'));
        assert_ok(wn_json_parse_lenient(text.at, text.n, &json, &err), err);
        assert_string_equal(wn_json_string(wn_json_get(json, "event")),
                            wn_event_name(samples[i].kind));
        wn_json_destroy(json);
        wn_buf_release(&text);
    }
}

static void prints_a_report_with_its_fields(void **state)
{
    struct wn_event event = samples[7];
    struct wn_buf text = {0};

    (void)state;
    event.time_ms = 5;
    event.reported.n_metrics = 2;
    wn_event_print(&event, NULL, &text);
    assert_string_equal(
        wn_buf_text(&text),
        "{\"event\": \"reported\", \"time_ms\": 5, \"trial\": 5, \"resource\": 9, "
        "\"elapsed_ms\": 1000, \"cost_ms\": 8000, \"metrics\": {\"accuracy\": 0.875, "
        "\"loss\": \"-Infinity\"}, \"checkpoint\": \"5/9-2.300\", "
        "\"verdict\": \"continue\", \"is_milestone\": true, \"milestone\": 27, "
        "\"tag\": \"07\"}");
    wn_buf_release(&text);
}

static void prints_parameters_by_name_only_under_their_own_space(void **state)
{
    static const char text[] = "{\"lr\": {\"type\": \"float\", \"low\": 0, \"high\": 1},"
                               " \"n\": {\"type\": \"int\", \"low\": 1, \"high\": 4}}";
    union wn_cell cells[] = {{.f = 0.5}, {.i = 2}};
    struct wn_event event = {
        .kind = WN_EVENT_CONFIGURED,
        .trial = 1,
        .configured = {.origin = WN_ORIGIN_USER, .n_cells = 2, .cells = cells}};
    struct wn_problems problems = {0};
    struct wn_json *json = NULL;
    struct wn_space *space = NULL;
    struct wn_buf out = {0};
    struct wn_error err;

    (void)state;
    assert_ok(wn_json_parse(text, strlen(text), &json, &err), err);
    assert_ok(wn_space_parse(json, NULL, &problems, &space, &err), err);
    assert_non_null(space);
    wn_event_print(&event, space, &out);
    assert_non_null(strstr(out.at, "\"config\": {\"lr\": 0.5, \"n\": 2}"));
    wn_buf_clear(&out);
    cells[1].i = 9; /* no value of this space */
    wn_event_print(&event, space, &out);
    assert_non_null(
        strstr(out.at, "\"cells\": [\"3fe0000000000000\", \"0000000000000009\"]"));
    wn_buf_release(&out);
    wn_space_destroy(space);
    wn_json_destroy(json);
    wn_problems_release(&problems);
}

static void prints_nothing_by_halves_without_memory(void **state)
{
    bool failed = true;

    (void)state;
    for (uint64_t n = 1; failed; n++) {
        struct wn_buf text = {0};

        wn_mem_fail_after(n);
        wn_event_print(&samples[7], NULL, &text);
        wn_mem_fail_after(0);
        failed = text.failed;
        if (!failed)
            assert_non_null(strstr(text.at, "\"tag\": \"07\"}"));
        wn_buf_release(&text);
        assert_true(n < 1000);
    }
}

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* The floor is 10^6 reports a second; the bound leaves room for debug and sanitizers. */
static void decodes_reports_fast(void **state)
{
    enum { N = 200000 };
    struct wn_metric metric = {"validation_accuracy", 0.9};
    struct wn_event event = {.kind = WN_EVENT_REPORTED,
                             .time_ms = 1234567,
                             .trial = 54321,
                             .reported = {.resource = 27,
                                          .elapsed_ms = 123456,
                                          .cost_ms = 4567,
                                          .n_metrics = 1,
                                          .metrics = &metric,
                                          .checkpoint = {27, 54321, {3, 70000}},
                                          .is_milestone = true,
                                          .milestone = 81,
                                          .tag = {.n = 4}}};
    struct wn_arena arena = {0};
    struct wn_buf bytes = {0};
    double start, took;

    (void)state;
    wn_event_encode(&event, &bytes);
    start = seconds();
    for (int i = 0; i < N; i++) {
        struct wn_event back;

        wn_arena_reset(&arena);
        assert_true(wn_event_decode(bytes.at, bytes.n, &arena, &back, NULL) == WN_OK);
    }
    took = seconds() - start;
    print_message("%zu bytes a report, %.2f million decoded a second\n", bytes.n,
                  N / took / 1e6);
    if (took > N / 3e4)
        fail_msg("%d reports took %.2f s", N, took);
    wn_buf_release(&bytes);
    wn_arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encodes_every_kind_and_reads_it_back),
        cmocka_unit_test(keeps_every_field_of_a_report),
        cmocka_unit_test(a_copy_of_an_event_needs_nothing_of_the_first),
        cmocka_unit_test(keeps_every_field_of_a_plan_and_a_configuration),
        cmocka_unit_test(keeps_every_field_of_an_opening),
        cmocka_unit_test(refuses_bytes_that_are_no_event),
        cmocka_unit_test(refuses_a_metric_that_is_not_a_number),
        cmocka_unit_test(refuses_every_shortened_event),
        cmocka_unit_test(accepts_only_its_own_writing),
        cmocka_unit_test(says_that_memory_ran_out),
        cmocka_unit_test(prints_every_kind_as_one_json_object),
        cmocka_unit_test(prints_a_report_with_its_fields),
        cmocka_unit_test(prints_parameters_by_name_only_under_their_own_space),
        cmocka_unit_test(prints_nothing_by_halves_without_memory),
        cmocka_unit_test(decodes_reports_fast),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

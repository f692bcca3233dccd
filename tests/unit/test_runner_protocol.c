/* What programs say, and what is kept of it: foreign bytes without a program. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runner/process_internal.h"

static void reads_what_a_line_reports(void **state)
{
    static const struct {
        const char *line;
        bool is_report, has_resource;
        double resource;
        uint32_t n_metrics;
    } cases[] = {
        {"[tune-metric]: {\"loss\": 1, \"epoch\": 3}", true, true, 3, 1},
        {" \t[tune-metric]:{\"loss\": 1, \"st_worker_time\": 2.5}\r", true, false, 0, 2},
        {"[tune-metric]: {\"loss\": NaN, \"name\": \"x\", \"on\": true, \"l\": []}", true,
         false, 0, 1},
        {"[tune-metric]: {}", true, false, 0, 0},
        {"tune-metric: {\"loss\": 1}", false, false, 0, 0},
        {"see [tune-metric]: {\"loss\": 1}", false, false, 0, 0},
        {"[tune-metric", false, false, 0, 0},
        {"", false, false, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct wn_parsed out = {0};
        struct wn_error err = {0};
        bool is_report = false;

        if (wn_line_parse(cases[i].line, strlen(cases[i].line), "epoch", &is_report, &out,
                          &err) != WN_OK)
            fail_msg("%s: %s", cases[i].line, err.text);
        if (is_report != cases[i].is_report ||
            out.has_resource != cases[i].has_resource ||
            fabs(out.resource - cases[i].resource) > 0 ||
            out.n_metrics != cases[i].n_metrics)
            fail_msg("%s: report %d, resource %d %g, %u metrics", cases[i].line,
                     is_report, out.has_resource, out.resource, out.n_metrics);
        wn_free(out.metrics);
    }
}

static void refuses_lines_that_only_look_like_reports(void **state)
{
    static const struct {
        const char *line, *says;
    } cases[] = {
        {"[tune-metric]: {\"loss\": 1", "no JSON"},
        {"[tune-metric]: loss=1", "no JSON"},
        {"[tune-metric]: {\"loss\": 1} x", "no JSON"},
        {"[tune-metric]: [1]", "a list"},
        {"[tune-metric]: {\"loss\": 1, \"epoch\": \"three\"}", "epoch"},
        {"[tune-metric]: {\"\": 1}", "name"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct wn_parsed out = {0};
        struct wn_error err = {0};
        bool is_report = false;

        assert_true(wn_line_parse(cases[i].line, strlen(cases[i].line), "epoch",
                                  &is_report, &out, &err) != WN_OK);
        if (!strstr(err.text, cases[i].says))
            fail_msg("%s: %s", cases[i].line, err.text);
        wn_free(out.metrics);
    }
}

static void refuses_packets_that_break_the_protocol(void **state)
{
    static const struct {
        const char *packet, *says;
    } cases[] = {
        {"", "no JSON"},
        {"null", "none of the protocol"},
        {"{\"repot\": {}}", "none of the protocol"},
        {"{\"report\": {}}", "without metrics"},
        {"{\"report\": {\"metrics\": 3}}", "without metrics"},
        {"{\"report\": {\"metrics\": {}, \"resource\": \"1\"}}", "must be a number"},
        {"{\"report\": {\"metrics\": {}, \"checkpoint\": \"a/b\"}}", "checkpoint"},
        {"{\"report\": {\"metrics\": {}, \"checkpoint\": \"..\"}}", "checkpoint"},
        {"{\"report\": {\"metrics\": {}, \"checkpoint\": 3}}", "checkpoint"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        enum wn_packet_kind kind = WN_PACKET_BYE;
        struct wn_parsed out = {0};
        struct wn_error err = {0};

        assert_true(wn_packet_parse(cases[i].packet, strlen(cases[i].packet), &kind, &out,
                                    &err) != WN_OK);
        if (!strstr(err.text, cases[i].says))
            fail_msg("%s: %s", cases[i].packet, err.text);
        wn_free(out.metrics);
    }
}

/* Every way of cutting or changing one byte of a packet is read or refused, never more. */
static void survives_damaged_packets(void **state)
{
    static const char sound[] =
        "{\"report\":{\"resource\":3,\"metrics\":{\"loss\":0.5,\"a\":NaN},"
        "\"checkpoint\":\"c2\",\"waits\":false}}";
    char bytes[sizeof sound];

    (void)state;
    for (size_t at = 0; at < sizeof sound; at++)
        for (int change = 0; change < 8; change++) {
            enum wn_packet_kind kind = WN_PACKET_BYE;
            struct wn_parsed out = {0};
            size_t n = change ? sizeof sound - 1 : at;

            memcpy(bytes, sound, sizeof sound);
            if (change)
                bytes[at] = (char)(bytes[at] ^ (1 << (change - 1)));
            if (wn_packet_parse(bytes, n, &kind, &out, NULL) == WN_OK &&
                kind == WN_PACKET_REPORT)
                assert_true(out.n_metrics <= 2);
            wn_free(out.metrics);
        }
}

static void keeps_both_ends_of_the_output(void **state)
{
    static const size_t sizes[] = {0,      1,      65535,  65536, 65537,
                                   131071, 131072, 131073, 400000};

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (size_t part = 1; part < 100000; part = part * 37 + 1) {
            struct wn_output output;
            struct wn_buf text = {0};
            char *all = wn_alloc(sizes[i] + 1);
            size_t left_out = sizes[i] > 131072 ? sizes[i] - 131072 : 0;

            if (part < 30 && sizes[i] > 200000)
                part = 1000; /* enough of that */
            assert_true(wn_output_create(&output));
            for (size_t at = 0; at < sizes[i]; at++)
                all[at] = (char)('a' + at * 7 % 26);
            for (size_t at = 0; at < sizes[i]; at += part)
                wn_output_add(&output, all + at,
                              sizes[i] - at < part ? sizes[i] - at : part);
            wn_output_text(&output, &text);
            if (!left_out) {
                assert_int_equal(text.n, sizes[i]);
                if (text.n)
                    assert_memory_equal(text.at, all, sizes[i]);
            } else {
                assert_memory_equal(text.at, all, 65536);
                assert_memory_equal(text.at + text.n - 65536, all + sizes[i] - 65536,
                                    65536);
                assert_non_null(strstr(text.at, "bytes left out"));
            }
            wn_output_release(&output);
            wn_buf_release(&text);
            wn_free(all);
        }
}

static void the_tail_is_whole_lines_and_printable(void **state)
{
    static const struct {
        const char *output;
        int lines;
        const char *tail;
    } cases[] = {
        {"a\nb\nc\n", 2, "b\nc"},
        {"a\nb\nc", 1, "c"},
        {"a\nb\n\n\n", 5, "a\nb"},
        {"", 3, ""},
        {"\n\n", 3, ""},
        {"\x1b[31mred\x1b[0m \xff caf\xc3\xa9 \xc3", 3, "?[31mred?[0m ? caf\xc3\xa9 ?"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct wn_output output;
        struct wn_buf tail = {0};

        assert_true(wn_output_create(&output));
        wn_output_add(&output, cases[i].output, strlen(cases[i].output));
        wn_output_tail(&output, cases[i].lines, &tail);
        assert_string_equal(wn_buf_text(&tail), cases[i].tail);
        wn_output_release(&output);
        wn_buf_release(&tail);
    }
}

static void what_to_run_survives_the_journey(void **state)
{
    const char *args[] = {"/bin/prog", "", "a b", NULL};
    struct wn_spec spec = {.study_dir = "/study",
                           .trial = 7,
                           .dispatch = {1, 5},
                           .source = {3, 2, {1, 4}},
                           .has_work = true,
                           .cores = 4,
                           .python_dir = "/p",
                           .study_name = "s",
                           .config = "{}",
                           .n_args = 3,
                           .args = args};
    struct wn_buf bytes = {0};
    struct wn_arena arena = {0};
    struct wn_spec out;

    (void)state;
    wn_spec_encode(&spec, &bytes);
    assert_false(bytes.failed);
    assert_int_equal(wn_spec_decode(bytes.at, bytes.n, &arena, &out, NULL), WN_OK);
    assert_string_equal(out.args[2], "a b");
    assert_null(out.args[3]);
    assert_true(wn_generation_equal(out.source, spec.source));
    assert_true(out.has_work && !out.has_socket && out.cores == 4);
    for (size_t n = 0; n < bytes.n; n++) /* cut short anywhere: refused */
        assert_true(wn_spec_decode(bytes.at, n, &arena, &out, NULL) != WN_OK);
    wn_buf_release(&bytes);
    wn_arena_release(&arena);
}

static void control_packets_are_whole_or_the_link_is_broken(void **state)
{
    struct wn_control sent = {.kind = WN_CONTROL_DONE,
                              .flag = true,
                              .resource = -1,
                              .number = INT64_MAX,
                              .text = "why"},
                      got;
    struct wn_arena arena = {0};
    bool is_gone;
    int pair[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    assert_false(wn_control_recv(pair[0], &arena, &got, &is_gone));
    assert_false(is_gone);
    assert_int_equal(wn_control_send(pair[1], &sent, NULL), WN_OK);
    assert_true(wn_control_recv(pair[0], &arena, &got, &is_gone));
    assert_true(got.kind == sent.kind && got.flag && got.resource == -1 &&
                got.number == INT64_MAX);
    assert_string_equal(got.text, "why");
    assert_int_equal(send(pair[1], "\x13\x01", 2, 0), 2);
    assert_false(wn_control_recv(pair[0], &arena, &got, &is_gone));
    assert_true(is_gone);
    close(pair[1]);
    assert_false(wn_control_recv(pair[0], &arena, &got, &is_gone));
    assert_true(is_gone);
    assert_int_equal(wn_control_send(pair[0], &sent, NULL), WN_EIO);
    close(pair[0]);
    wn_arena_release(&arena);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_a_line_reports),
        cmocka_unit_test(refuses_lines_that_only_look_like_reports),
        cmocka_unit_test(refuses_packets_that_break_the_protocol),
        cmocka_unit_test(survives_damaged_packets),
        cmocka_unit_test(keeps_both_ends_of_the_output),
        cmocka_unit_test(the_tail_is_whole_lines_and_printable),
        cmocka_unit_test(what_to_run_survives_the_journey),
        cmocka_unit_test(control_packets_are_whole_or_the_link_is_broken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

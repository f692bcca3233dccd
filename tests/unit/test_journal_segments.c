/* test_journal_segments.c - what is read back, whatever happened to the bytes. */
#include "test_journal.h"

static void write_numbers(const char *dir, int64_t first, int64_t n, bool closes)
{
    struct wn_journal_opening opening;
    struct seen seen = {0};
    struct wn_journal *journal = open_whole(dir, &seen, &opening);

    for (int64_t i = 0; i < n; i++)
        append_number(journal, first + i);
    if (closes) {
        struct wn_event event = {.kind = WN_EVENT_CLOSED, .trial = WN_TRIAL_NONE};
        struct wn_error err;

        assert_ok(wn_journal_append(journal, &event, &err), err);
    }
    wn_journal_close(journal);
    wn_free(opening.lengths);
    seen_release(&seen);
}

/* The numbers a reader sees must be 1, 2, ... n in order. */
static struct wn_journal_summary expect_numbers(const char *dir, int64_t n)
{
    struct wn_journal_summary summary;
    struct seen seen = {0};
    struct wn_error err;
    int64_t next = 1;

    assert_ok(wn_journal_read(dir, see, &seen, &summary, &err), err);
    for (size_t i = 0; i < seen.events.n; i++) {
        struct wn_event expected = numbered(next);

        if (seen.events.at[i].at[0] != WN_EVENT_TIMER)
            continue;
        if (!is_event(&seen.events.at[i], &expected))
            fail_msg("event %zu is not number %lld", i, (long long)next);
        next++;
    }
    if (next != n + 1)
        fail_msg("%lld numbers, not %lld", (long long)(next - 1), (long long)n);
    assert_int_equal(summary.n_events, seen.events.n);
    seen_release(&seen);
    return summary;
}

static void finds_no_journal_in_a_missing_or_empty_folder(void **state)
{
    char *dir = make_folder(), path[WN_PATH_MAX];
    struct wn_journal_summary summary = {.incarnation = 9};
    struct wn_error err;

    (void)state;
    assert_ok(wn_journal_read(path_in(dir, "none", path), see, NULL, &summary, &err),
              err);
    assert_int_equal(summary.incarnation, 0);
    summary.incarnation = 9;
    assert_ok(wn_journal_read(dir, see, NULL, &summary, &err), err);
    assert_int_equal(summary.incarnation, 0);
    assert_int_equal(summary.n_events, 0);
    drop_folder(dir);
}

static void reads_every_kind_of_event_back_in_order(void **state)
{
    char *dir = make_folder();
    struct wn_journal_config cfg = {.dir = dir, .study = "s"};
    struct wn_journal_opening opening;
    struct wn_journal_summary summary;
    struct wn_journal *journal;
    struct seen seen = {0};
    struct wn_error err;

    (void)state;
    assert_ok(wn_journal_open(&cfg, see, &seen, &journal, &opening, &err), err);
    assert_int_equal(opening.incarnation, 1);
    assert_int_equal(opening.n_lengths, 0);
    assert_int_equal(opening.n_events, 0);
    for (int i = 0; i < N_SAMPLES; i++)
        assert_ok(wn_journal_append(journal, &samples[i], &err), err);
    wn_journal_close(journal);
    wn_free(opening.lengths);
    assert_ok(wn_journal_read(dir, see, &seen, &summary, &err), err);
    assert_int_equal(seen.events.n, N_SAMPLES);
    for (int i = 0; i < N_SAMPLES; i++)
        assert_true(is_event(&seen.events.at[i], &samples[i]));
    assert_int_equal(summary.incarnation, 1);
    assert_int_equal(summary.torn_bytes, 0);
    assert_true(summary.is_closed);
    seen_release(&seen);
    drop_folder(dir);
}

static void refuses_to_journal_what_could_not_be_read(void **state)
{
    static const struct wn_metric nan_metric = {"loss", (double)NAN};
    const struct wn_event cases[] = {
        {.kind = WN_EVENT_REPORTED,
         .reported = {.resource = 1, .n_metrics = 1, .metrics = &nan_metric}},
        {.kind = WN_EVENT_NOTED, .trial = WN_TRIAL_NONE},
        {.kind = WN_EVENT_TIMER, .time_ms = -1, .trial = WN_TRIAL_NONE},
        {.kind = WN_EVENT_RECALLED, .trial = WN_TRIAL_NONE, .recalled.how = 1},
        {.kind = WN_EVENT_REPEATED, .trial = 1, .repeated.cost_ms = -5},
        {.kind = WN_EVENT_COLLECTED, .trial = 1},
    };
    char *dir = make_folder();
    struct wn_journal_opening opening;
    struct seen seen = {0};
    struct wn_journal *journal = open_whole(dir, &seen, &opening);

    (void)state;
    append_number(journal, 1);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t written = wn_journal_written(journal);
        struct wn_error err = {.text = ""};

        assert_status(wn_journal_append(journal, &cases[i], &err), WN_EINVAL);
        assert_int_equal(err.status, WN_EINVAL);
        assert_int_equal(wn_journal_written(journal), written);
    }
    append_number(journal, 2);
    wn_journal_close(journal);
    expect_numbers(dir, 2);
    wn_free(opening.lengths);
    seen_release(&seen);
    drop_folder(dir);
}

static void continues_over_openings(void **state)
{
    char *dir = make_folder();
    struct wn_journal_summary summary;

    (void)state;
    write_numbers(dir, 1, 3, false);
    write_numbers(dir, 4, 0, false);
    write_numbers(dir, 4, 5, true);
    summary = expect_numbers(dir, 8);
    assert_int_equal(summary.incarnation, 3);
    assert_int_equal(summary.n_events, 8 + 3 + 1);
    assert_true(summary.is_closed);
    drop_folder(dir);
}

/* A journal cut anywhere gives a prefix, and says how much was not read. */
static void reads_a_prefix_of_a_journal_cut_anywhere(void **state)
{
    char *dir = make_folder(), path[WN_PATH_MAX];
    char *bytes;
    size_t n;
    int64_t last = 0;

    (void)state;
    write_numbers(dir, 1, 6, false);
    read_file(path_in(dir, "1.wnj", path), &bytes, &n);
    for (size_t cut = 0; cut <= n; cut++) {
        struct wn_journal_summary summary;
        struct seen seen = {0};
        struct wn_error err;
        int64_t next = 1;

        write_file(path, bytes, cut);
        assert_ok(wn_journal_read(dir, see, &seen, &summary, &err), err);
        for (size_t i = 1; i < seen.events.n; i++) {
            struct wn_event expected = numbered(next++);

            assert_true(is_event(&seen.events.at[i], &expected));
        }
        assert_true(next - 1 >= last && next - 1 <= last + 1);
        last = next - 1;
        assert_true(summary.torn_bytes < 192);
        if (cut == n)
            assert_int_equal(summary.torn_bytes, 0);
        seen_release(&seen);
    }
    assert_int_equal(last, 6);
    wn_free(bytes);
    drop_folder(dir);
}

/* A flipped bit is found, or it stands in the last event, which is then a torn tail. */
static void detects_every_damaged_byte(void **state)
{
    char *dir = make_folder(), path[WN_PATH_MAX];
    size_t n, last_event;
    char *bytes;
    int n_torn = 0;

    (void)state;
    write_numbers(dir, 1, 5, false);
    read_file(path_in(dir, "1.wnj", path), &bytes, &n);
    last_event = n - 18; /* a head of 16 bytes, kind and time */
    for (size_t at = 0; at < n; at++) {
        for (int bit = 0; bit < 8; bit++) {
            struct wn_journal_summary summary;
            struct seen seen = {0};
            struct wn_error err = {.text = ""};
            enum wn_status rc;

            bytes[at] ^= (char)(1U << bit);
            write_file(path, bytes, n);
            bytes[at] ^= (char)(1U << bit);
            rc = wn_journal_read(dir, see, &seen, &summary, &err);
            if (rc == WN_OK) {
                n_torn++;
                if (at < last_event || summary.torn_bytes != 18 || seen.events.n != 5)
                    fail_msg("bit %d of byte %zu: %zu events, %llu torn bytes", bit, at,
                             seen.events.n, (unsigned long long)summary.torn_bytes);
            } else if (rc == WN_EVERSION) {
                assert_in_range(at, 8, 11);
            } else {
                assert_int_equal(rc, WN_ECORRUPT);
                assert_non_null(strstr(err.text, path));
            }
            seen_release(&seen);
        }
    }
    assert_int_equal(n_torn, 18 * 8);
    wn_free(bytes);
    drop_folder(dir);
}

static void names_path_and_place_of_damage(void **state)
{
    char *dir = make_folder(), path[WN_PATH_MAX];
    struct wn_journal_summary summary;
    struct wn_error err;
    struct seen seen = {0};
    size_t n;
    char *bytes;
    char expected[64];

    (void)state;
    write_numbers(dir, 1, 5, false);
    read_file(path_in(dir, "1.wnj", path), &bytes, &n);
    bytes[n - 3 * 18 + 17] ^= 1; /* the third event from the end */
    write_file(path, bytes, n);
    assert_status(wn_journal_read(dir, see, &seen, &summary, &err), WN_ECORRUPT);
    assert_non_null(strstr(err.text, path));
    snprintf(expected, sizeof expected, "damaged at byte %zu", n - 3 * 18);
    assert_non_null(strstr(err.text, expected));
    assert_int_equal(seen.events.n, 3); /* what came before was handed over */
    wn_free(bytes);
    seen_release(&seen);
    drop_folder(dir);
}

/* Another segment's frame, and an old frame at a later place, have good checksums. */
static void never_takes_a_frame_from_elsewhere(void **state)
{
    char *dir = make_folder(), *other = make_folder(), path[WN_PATH_MAX];
    char *bytes, *foreign;
    size_t n, n_foreign;
    struct wn_journal_summary summary;

    (void)state;
    write_numbers(dir, 1, 2, false);
    write_numbers(other, 1, 0, false);
    write_numbers(other, 1, 3, false);
    read_file(path_in(other, "2.wnj", path), &foreign, &n_foreign);
    read_file(path_in(dir, "1.wnj", path), &bytes, &n);
    bytes = wn_realloc(bytes, n + 18);
    assert_non_null(bytes);
    memcpy(bytes + n, foreign + n_foreign - 18, 18); /* frame 3 of incarnation 2 */
    write_file(path, bytes, n + 18);
    summary = expect_numbers(dir, 2);
    assert_int_equal(summary.torn_bytes, 18);
    memcpy(bytes + n, bytes + n - 18, 18); /* our own frame 2 again */
    write_file(path, bytes, n + 18);
    summary = expect_numbers(dir, 2);
    assert_int_equal(summary.torn_bytes, 18);
    wn_free(bytes);
    wn_free(foreign);
    drop_folder(dir);
    drop_folder(other);
}

static void ignores_what_a_power_loss_leaves_behind_the_last_event(void **state)
{
    static const struct {
        size_t n;
        int fill;
    } cases[] = {{1, 0}, {15, 0}, {16, 0}, {17, 0xff}, {4096, 0}, {70000, 0x5a}};
    char *dir = make_folder(), path[WN_PATH_MAX];
    char *bytes;
    size_t n;

    (void)state;
    write_numbers(dir, 1, 2, false);
    read_file(path_in(dir, "1.wnj", path), &bytes, &n);
    bytes = wn_realloc(bytes, n + 70000);
    assert_non_null(bytes);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct wn_journal_summary summary;

        memset(bytes + n, cases[i].fill, cases[i].n);
        write_file(path, bytes, n + cases[i].n);
        summary = expect_numbers(dir, 2);
        assert_int_equal(summary.torn_bytes, cases[i].n);
    }
    wn_free(bytes);
    drop_folder(dir);
}

static void passes_over_an_opening_that_came_to_nothing(void **state)
{
    static const struct {
        const char *what;
        size_t n;
    } cases[] = {{"no byte", 0}, {"half a header", 100}, {"a header alone", 192}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *dir = make_folder(), path[WN_PATH_MAX];
        struct wn_journal_summary summary;
        char *bytes;
        size_t n;

        write_numbers(dir, 1, 3, false);
        write_numbers(dir, 4, 0, false);
        read_file(path_in(dir, "2.wnj", path), &bytes, &n);
        write_file(path, bytes, cases[i].n);
        summary = expect_numbers(dir, 3); /* 1.wnj ends by the rule of a last segment */
        assert_int_equal(summary.incarnation, 2);
        write_numbers(dir, 4, 2, false);
        summary = expect_numbers(dir, 5);
        assert_int_equal(summary.incarnation, 3);
        wn_free(bytes);
        drop_folder(dir);
    }
}

static void refuses_a_segment_shorter_than_named(void **state)
{
    char *dir = make_folder(), path[WN_PATH_MAX];
    struct wn_journal_summary summary;
    struct wn_error err;
    char *bytes;
    size_t n;

    (void)state;
    write_numbers(dir, 1, 3, false);
    write_numbers(dir, 4, 3, false);
    read_file(path_in(dir, "1.wnj", path), &bytes, &n);
    write_file(path, bytes, n - 18);
    assert_status(wn_journal_read(dir, see, &(struct seen){0}, &summary, &err),
                  WN_ECORRUPT);
    assert_non_null(strstr(err.text, path));
    bytes[n - 1] ^= 1; /* the last event of an earlier segment is no torn tail */
    write_file(path, bytes, n);
    {
        struct seen seen = {0};

        assert_status(wn_journal_read(dir, see, &seen, &summary, &err), WN_ECORRUPT);
        assert_non_null(strstr(err.text, path));
        seen_release(&seen);
    }
    assert_int_equal(unlink(path), 0);
    assert_status(wn_journal_read(dir, see, &(struct seen){0}, &summary, &err),
                  WN_ECORRUPT);
    assert_non_null(strstr(err.text, "missing"));
    wn_free(bytes);
    drop_folder(dir);
}

static enum wn_status refuse_third(void *arg,
                                   const struct wn_event *event,
                                   struct wn_error *err)
{
    int *n = arg;

    (void)event;
    return ++*n == 3 ? wn_fail(err, WN_ENUMERIC, "the third") : WN_OK;
}

static void stops_with_the_error_of_the_visitor(void **state)
{
    char *dir = make_folder(), path[WN_PATH_MAX];
    struct wn_journal_config cfg = {.dir = dir};
    struct wn_journal_opening opening;
    struct wn_journal *journal = NULL;
    struct wn_journal_summary summary;
    struct wn_error err;
    int n = 0;

    (void)state;
    write_numbers(dir, 1, 5, false);
    assert_status(wn_journal_read(dir, refuse_third, &n, &summary, &err), WN_ENUMERIC);
    assert_int_equal(n, 3);
    n = 0;
    assert_status(wn_journal_open(&cfg, refuse_third, &n, &journal, &opening, &err),
                  WN_ENUMERIC);
    assert_null(journal);
    assert_false(wn_file_exists(path_in(dir, "2.wnj", path))); /* nothing is left */
    drop_folder(dir);
}

static void leaves_another_version_untouched(void **state)
{
    char *dir = make_folder(), path[WN_PATH_MAX], other[WN_PATH_MAX];
    struct wn_journal_config cfg = {.dir = dir};
    struct wn_journal_opening opening;
    struct wn_journal *journal = NULL;
    struct wn_journal_summary summary;
    struct wn_error err;
    char *bytes, *after;
    size_t n, n_after;

    (void)state;
    write_numbers(dir, 1, 3, false);
    read_file(path_in(dir, "1.wnj", path), &bytes, &n);
    bytes[8] = 2;
    write_file(path, bytes, n);
    assert_status(wn_journal_read(dir, see, NULL, &summary, &err), WN_EVERSION);
    assert_non_null(strstr(err.text, "format 2"));
    assert_status(wn_journal_open(&cfg, see, NULL, &journal, &opening, &err),
                  WN_EVERSION);
    assert_false(wn_file_exists(path_in(dir, "2.wnj", other)));
    read_file(path, &after, &n_after);
    assert_int_equal(n_after, n);
    assert_memory_equal(after, bytes, n);
    wn_free(after);
    wn_free(bytes);
    drop_folder(dir);
}

static void follows_no_link(void **state)
{
    char *dir = make_folder(), *other = make_folder();
    char path[WN_PATH_MAX], target[WN_PATH_MAX];
    struct wn_journal_summary summary;
    struct wn_error err;

    (void)state;
    write_numbers(other, 1, 1, false);
    assert_int_equal(
        symlink(path_in(other, "1.wnj", target), path_in(dir, "1.wnj", path)), 0);
    assert_status(wn_journal_read(dir, see, NULL, &summary, &err), WN_EIO);
    drop_folder(dir);
    drop_folder(other);
}

static void ignores_files_that_are_no_segments(void **state)
{
    static const char *const names[] = {
        "0.wnj", "01.wnj", "-1.wnj", "1.wnj~",  "4294967295.wnj", "99999999999.wnj",
        "x.wnj", ".wnj",   "7.fold", "9.wnj.x", "+3.wnj"};
    char *dir = make_folder(), path[WN_PATH_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        write_file(path_in(dir, names[i], path), "junk", 4);
    write_numbers(dir, 1, 2, false);
    assert_int_equal(expect_numbers(dir, 2).incarnation, 1);
    drop_folder(dir);
}

static void carries_a_job_larger_than_its_window(void **state)
{
    enum { N = 3 * 1024 * 1024 + 17 };
    char *dir = make_folder();
    struct wn_journal_opening opening;
    struct wn_journal_summary summary;
    struct seen seen = {0};
    struct wn_journal *journal = open_whole(dir, &seen, &opening);
    char *text = wn_alloc(N + 1);
    struct wn_event event = {.kind = WN_EVENT_JOB, .trial = WN_TRIAL_NONE};
    struct wn_error err;

    (void)state;
    assert_non_null(text);
    for (int i = 0; i < N; i++)
        text[i] = (char)('a' + i % 23);
    event.job.text = text;
    append_number(journal, 1);
    assert_ok(wn_journal_append(journal, &event, &err), err);
    append_number(journal, 2);
    wn_journal_close(journal);
    assert_ok(wn_journal_read(dir, see, &seen, &summary, &err), err);
    assert_int_equal(summary.n_events, 4);
    assert_true(is_event(&seen.events.at[2], &event));
    wn_free(text);
    wn_free(opening.lengths);
    seen_release(&seen);
    drop_folder(dir);
}

static void survives_the_failure_of_any_allocation(void **state)
{
    char *dir = make_folder();
    enum wn_status rc = WN_ENOMEM;

    (void)state;
    write_numbers(dir, 1, 3, false);
    for (uint64_t n = 1; rc != WN_OK; n++) {
        struct wn_journal_config cfg = {.dir = dir};
        struct wn_journal_opening opening = {0};
        struct wn_journal *journal = NULL;
        struct wn_error err;
        struct seen seen = {0};

        wn_mem_fail_after(n);
        rc = wn_journal_open(&cfg, see, &seen, &journal, &opening, &err);
        if (rc == WN_OK) {
            struct wn_event event = opened_event(&opening);

            rc = wn_journal_append(journal, &event, &err);
        }
        wn_mem_fail_after(0);
        if (rc != WN_OK)
            assert_int_equal(rc, WN_ENOMEM);
        wn_journal_close(journal);
        wn_free(opening.lengths);
        seen_release(&seen);
        expect_numbers(dir, 3);
        assert_true(n < 200);
    }
    drop_folder(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_no_journal_in_a_missing_or_empty_folder),
        cmocka_unit_test(reads_every_kind_of_event_back_in_order),
        cmocka_unit_test(refuses_to_journal_what_could_not_be_read),
        cmocka_unit_test(continues_over_openings),
        cmocka_unit_test(reads_a_prefix_of_a_journal_cut_anywhere),
        cmocka_unit_test(detects_every_damaged_byte),
        cmocka_unit_test(names_path_and_place_of_damage),
        cmocka_unit_test(never_takes_a_frame_from_elsewhere),
        cmocka_unit_test(ignores_what_a_power_loss_leaves_behind_the_last_event),
        cmocka_unit_test(passes_over_an_opening_that_came_to_nothing),
        cmocka_unit_test(refuses_a_segment_shorter_than_named),
        cmocka_unit_test(stops_with_the_error_of_the_visitor),
        cmocka_unit_test(leaves_another_version_untouched),
        cmocka_unit_test(follows_no_link),
        cmocka_unit_test(ignores_files_that_are_no_segments),
        cmocka_unit_test(carries_a_job_larger_than_its_window),
        cmocka_unit_test(survives_the_failure_of_any_allocation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Programs that know nothing of Winnow: lines on standard output, one folder in place. */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "unit/runner_fixture.h"

#define LINES "{\"command\": [\"%s\"], \"protocol\": \"stdout\", \"grace\": 0.1}"

static void seen_path(const struct fixture *f, char *path, size_t room)
{
    snprintf(path, room, "%s/seen", f->dir);
}

/* A configuration for a program that trains on when it reads the number of its report. */
static void make_mode_config(struct fixture *f,
                             const char *mode,
                             const char *trial,
                             const char *more)
{
    char space[256], path[128];
    struct wn_problems problems = {0};
    struct wn_json *json;

    make_config(f, "{}", trial);
    wn_space_destroy(f->space);
    seen_path(f, path, sizeof path);
    snprintf(space, sizeof space, "{\"mode\": \"%s\", \"file\": \"%s\"%s}", mode, path,
             more);
    json = parse_json(space);
    assert_int_equal(wn_space_parse(json, NULL, &problems, &f->space, NULL), WN_OK);
    wn_json_destroy(json);
    f->cfg.space = f->space;
}

static void make_lines_config(struct fixture *f, const char *trial, const char *more)
{
    make_mode_config(f, "lines", trial, more);
}

static void make_lines(struct fixture *f, const char *parameter)
{
    make_lines_config(f, LINES, "");
    f->cfg.resource_parameter = parameter;
    make_runner(f);
}

static void let_go_on(const struct fixture *f, int64_t epoch)
{
    char path[128], text[32];

    seen_path(f, path, sizeof path);
    snprintf(text, sizeof text, "%lld\n", (long long)epoch);
    assert_int_equal(wn_file_replace(path, text, strlen(text), NULL), WN_OK);
}

static void expect_report(struct fixture *f,
                          int64_t epoch,
                          bool waits,
                          bool has_checkpoint)
{
    expect_event(f, WN_RUN_REPORT);
    if (f->event.resource != epoch || f->event.waits != waits ||
        f->event.has_checkpoint != has_checkpoint)
        fail_msg("report at %lld (waits %d, checkpoint %d) instead of %lld (%d, %d)",
                 (long long)f->event.resource, f->event.waits, f->event.has_checkpoint,
                 (long long)epoch, waits, has_checkpoint);
    assert_true(metric_of(f, "loss") == (double)(epoch * (epoch + 1) / 2));
    let_go_on(f, epoch);
}

static void stops_and_copies_at_a_milestone(void **state)
{
    struct fixture f;

    (void)state;
    make_lines(&f, NULL);
    start(&f, 3);
    expect_report(&f, 1, false, false);
    expect_report(&f, 2, false, false);
    expect_report(&f, 3, true, true);
    answer(&f, WN_VERDICT_CONTINUE, 5);
    expect_report(&f, 4, false, false);
    expect_report(&f, 5, true, true);
    answer(&f, WN_VERDICT_PAUSE, 0);
    expect_event(&f, WN_RUN_GONE); /* TERM was followed by CONT; a pause is no failure */
    start_task(
        &f, 0,
        (struct wn_task){
            .trial = 7, .dispatch = {1, 6}, .milestone = 9, .source = {5, 7, {1, 5}}});
    expect_report(&f, 6, false, false); /* from a copy of the generation */
    assert_int_equal(
        wn_store_verify(f.store, (struct wn_generation){5, 7, {1, 5}}, true, NULL),
        WN_OK);
    unmake(&f);
}

static void lets_the_program_end_itself_at_the_milestone(void **state)
{
    struct fixture f;

    (void)state;
    make_lines(&f, "epochs");
    start(&f, 3);
    expect_report(&f, 1, false, false);
    expect_report(&f, 2, false, false);
    expect_report(&f, 3, true, true); /* it has ended; its folder is committed */
    answer(&f, WN_VERDICT_CONTINUE, 5);
    expect_report(&f, 4, false, false); /* started again, from there */
    expect_report(&f, 5, true, true);
    answer(&f, WN_VERDICT_PAUSE, 0);
    expect_event(&f, WN_RUN_GONE);

    start_task(
        &f, 0,
        (struct wn_task){
            .trial = 7, .dispatch = {1, 6}, .milestone = 9, .source = {5, 7, {1, 5}}});
    for (int64_t epoch = 6; epoch < 9; epoch++)
        expect_report(&f, epoch, false, false);
    expect_report(&f, 9, false, true); /* the maximum: completed by itself */
    expect_event(&f, WN_RUN_ENDED);
    assert_int_equal(f.event.failure, WN_FAILURE_NONE);
    expect_event(&f, WN_RUN_GONE);
    unmake(&f);
}

static void what_it_left_may_be_damaged_before_it_is_started_again(void **state)
{
    struct wn_generation left = {3, 7, {1, 5}};
    struct fixture f;

    (void)state;
    make_lines(&f, "epochs");
    start(&f, 3);
    expect_report(&f, 1, false, false);
    expect_report(&f, 2, false, false);
    expect_report(&f, 3, true, true);
    assert_int_equal(wn_store_remove(f.store, left, NULL), WN_OK);
    answer(&f, WN_VERDICT_CONTINUE, 5);
    expect_event(&f, WN_RUN_DAMAGED);
    expect_event(&f, WN_RUN_GONE);
    unmake(&f);
}

static void gives_the_maximum_where_nothing_pauses(void **state)
{
    struct fixture f;

    (void)state;
    make_lines_config(&f, LINES, ", \"epochs\": 1");
    f.cfg.resource_parameter = "epochs"; /* the constant of that name is replaced */
    f.cfg.pauses = false;
    make_runner(&f);
    start(&f, 3);
    expect_report(&f, 1, false, false);
    expect_report(&f, 2, false, false);
    expect_report(&f, 3, true, true);
    answer(&f, WN_VERDICT_CONTINUE, 9);
    expect_report(&f, 4, false, false);
    unmake(&f);
}

static void copies_at_the_interval_without_waiting(void **state)
{
    struct fixture f;

    (void)state;
    make_lines_config(&f, LINES, "");
    f.cfg.checkpoint_every = 2;
    make_runner(&f);
    start(&f, 9);
    expect_report(&f, 1, false, false);
    expect_report(&f, 2, false, true);
    expect_report(&f, 3, false, false);
    expect_report(&f, 4, false, true);
    f.ops->recall(f.runner, 0, wn_clock_mono_us());
    expect_report(&f, 5, true, true);
    answer(&f, WN_VERDICT_STOP, 0);
    expect_event(&f, WN_RUN_GONE);
    unmake(&f);
}

static void reads_lines_beside_the_socket(void **state)
{
    struct fixture f;

    (void)state;
    make_lines_config(&f, "{\"command\": [\"%s\"], \"grace\": 0.1}", "");
    f.cfg.pauses = false;
    make_runner(&f);
    start(&f, 2);
    expect_report(&f, 1, false, false);
    expect_report(&f, 2, true, false); /* no folder was named to it */
    answer(&f, WN_VERDICT_CONTINUE, 3);
    expect_report(&f, 3, true, false);
    unmake(&f);
}

/* Both parts of the folder, read back from a generation, must be of one epoch. */
static void check_parts(const struct fixture *f, int64_t resource)
{
    struct wn_generation gen = {resource, 7, {1, 5}};
    char path[WN_PATH_MAX], name[WN_PATH_MAX], first = 0;

    wn_store_path(f->store, gen, path);
    for (int i = 0; i < 2; i++) {
        char *text, part[8];
        size_t n;

        snprintf(part, sizeof part, "part%d", i);
        assert_int_equal(wn_path_join(name, NULL, path, part), WN_OK);
        assert_int_equal(wn_file_read(name, 1 << 20, &text, &n, NULL), WN_OK);
        if (n != 65536)
            fail_msg("%s of generation %lld has %zu bytes", part, (long long)resource, n);
        if (i == 0)
            first = text[0];
        for (size_t at = 0; at < n; at++)
            if (text[at] != first)
                fail_msg("generation %lld is torn: %c at %zu of part %d, not %c",
                         (long long)resource, text[at], at, i, first);
        wn_free(text);
    }
}

static void never_counts_a_torn_copy(void **state)
{
    struct fixture f;
    int64_t resource = 0;
    int n_good = 0;

    (void)state;
    make_config(&f, "{\"mode\": \"write_fast\"}", LINES);
    f.cfg.max_resource = INT64_MAX;
    make_runner(&f);
    start(&f, 1);
    while (n_good < 5) {
        expect_event(&f, WN_RUN_REPORT);
        assert_true(f.event.resource > resource);
        resource = f.event.resource;
        if (!f.event.waits)
            continue;
        assert_true(
            f.event.has_checkpoint); /* a report whose copy is torn is held back */
        check_parts(&f, resource);
        n_good++;
        answer(&f, WN_VERDICT_CONTINUE, resource + 1);
    }
    unmake(&f);
}

/* What it might have saved by the next report is waited for, once. */
static void hears_a_program_that_saves_nothing(void **state)
{
    struct fixture f;

    (void)state;
    make_mode_config(&f, "bare_lines", LINES, "");
    make_runner(&f);
    let_go_on(&f, 1000);
    start(&f, 1);
    for (int64_t epoch = 2; epoch <= 4; epoch++) {
        expect_event(&f, WN_RUN_REPORT);
        if (f.event.resource != epoch || !f.event.waits || f.event.has_checkpoint)
            fail_msg("report at %lld (waits %d, checkpoint %d) instead of %lld",
                     (long long)f.event.resource, f.event.waits, f.event.has_checkpoint,
                     (long long)epoch);
        answer(&f, epoch < 4 ? WN_VERDICT_CONTINUE : WN_VERDICT_PAUSE, epoch + 1);
    }
    expect_event(&f, WN_RUN_GONE);
    unmake(&f);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(stops_and_copies_at_a_milestone),
        cmocka_unit_test(lets_the_program_end_itself_at_the_milestone),
        cmocka_unit_test(what_it_left_may_be_damaged_before_it_is_started_again),
        cmocka_unit_test(gives_the_maximum_where_nothing_pauses),
        cmocka_unit_test(copies_at_the_interval_without_waiting),
        cmocka_unit_test(reads_lines_beside_the_socket),
        cmocka_unit_test(never_counts_a_torn_copy),
        cmocka_unit_test(hears_a_program_that_saves_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

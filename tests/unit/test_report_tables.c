/* test_report_tables.c - lines and tables of a study, and finding one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/table.h"
#include "cli/story.h"
#include "report/report.h"
#include "report/study_reader.h"

static const struct wn_report_style plain = {0};

static void assert_has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("\"%s\" is not in\n%s", part, text);
}

static void assert_lacks(const char *text, const char *part)
{
    if (strstr(text, part))
        fail_msg("\"%s\" is in\n%s", part, text);
}

/* --- tables --- */

static void a_table_aligns_characters_not_bytes(void **state)
{
    struct wn_table table;
    struct wn_buf out = {0};

    (void)state;
    wn_table_init(&table, "lr");
    wn_table_add(&table, "größe");
    wn_table_add(&table, "n");
    wn_table_add(&table, "a\nb\033[1m");
    wn_table_addf(&table, "%d", 12345);
    wn_table_add(&table, "the last is missing");
    wn_table_print(&table, 1, 0, "<", ">", &out);
    assert_string_equal(out.at, "< größe                    n>\n"
                                " a b [1m              12345\n"
                                " the last is missing\n");
    wn_buf_clear(&out);
    wn_table_print(&table, 0, 3, NULL, NULL, &out);
    assert_string_equal(out.at, "grö\na b\nthe\n");
    wn_table_release(&table);
    wn_buf_release(&out);
}

/* --- progress --- */

static void a_progress_line_says_share_time_counts_and_best(void **state)
{
    struct wn_buf out = {0};
    struct story s;

    (void)state;
    story_tell(&s, NULL, 20, false);
    wn_report_progress_line(s.study, s.job, 65000, plain, &out);
    assert_string_equal(
        out.at, "[##########----------]  50%  1 min 05 s  best accuracy 0.4 (trial "
                "0, epoch 1)  4 trials: 2 running, 2 paused, 0 ended");
    out.n = 0;
    wn_report_progress_line(s.study, s.job, 65000,
                            (struct wn_report_style){.width = 55, .is_virtual = true},
                            &out);
    assert_string_equal(wn_buf_text(&out),
                        "[##########----------]  50%  1 min 05 s of virtual time");
    story_end(&s);
    wn_buf_release(&out);
}

static void a_progress_line_keeps_to_any_width(void **state)
{
    struct story s;

    (void)state;
    story_tell(&s, NULL, 0, false);
    for (size_t width = 30; width < 160; width++) {
        struct wn_report_style style = {.width = width};
        struct wn_buf out = {0};

        wn_report_progress_line(s.study, s.job, 6000, style, &out);
        if (wn_text_width(out.at) > width)
            fail_msg("%zu characters instead of %zu: %s", wn_text_width(out.at), width,
                     out.at);
        wn_buf_release(&out);
    }
    story_end(&s);
}

static void a_terminal_of_80_columns_shows_the_best(void **state)
{
    struct wn_report_style style = {.width = 80};
    struct wn_buf out = {0};
    struct story s;

    (void)state;
    story_tell(&s, NULL, 0, false);
    wn_report_progress_line(s.study, s.job, 6000, style, &out);
    assert_has(out.at, "best accuracy 0.733333 (trial 0, epoch 3)");
    story_end(&s);
    wn_buf_release(&out);
}

static void before_the_first_trial_there_is_no_best(void **state)
{
    struct wn_buf out = {0};
    struct story s;

    (void)state;
    story_tell(&s, NULL, 2, false);
    wn_report_progress_line(s.study, s.job, 0, plain, &out);
    assert_lacks(out.at, "best");
    wn_buf_clear(&out);
    wn_report_running(s.study, s.job, 0, plain, &out);
    wn_report_failures(s.study, plain, &out);
    assert_int_equal(out.n, 0);
    story_end(&s);
    wn_buf_release(&out);
}

static void colour_is_there_only_when_asked_for(void **state)
{
    struct wn_report_style styles[2] = {{.has_color = false}, {.has_color = true}};
    struct story s;

    (void)state;
    story_tell(&s, NULL, 20, false);
    for (size_t i = 0; i < 2; i++) {
        struct wn_buf out = {0};
        struct wn_error err = {0};

        wn_report_progress_line(s.study, s.job, 0, styles[i], &out);
        wn_report_rungs(s.study, s.job, styles[i], &out);
        wn_report_running(s.study, s.job, 0, styles[i], &out);
        assert_int_equal(
            wn_report_closing(s.study, s.job, NULL, 3, styles[i], &out, &err), WN_OK);
        assert_int_equal(strchr(out.at, '\033') != NULL, styles[i].has_color);
        wn_buf_release(&out);
    }
    story_end(&s);
}

/* --- trials --- */

static void trials_are_ranked_by_their_best_report(void **state)
{
    uint32_t *trials = NULL;
    struct wn_error err = {0};
    struct story s;
    size_t n = 0;

    (void)state;
    story_tell(&s, NULL, 0, false);
    assert_int_equal(
        wn_report_select(s.study, WN_REPORT_BY_METRIC, false, &trials, &n, &err), WN_OK);
    assert_int_equal(n, 8);
    assert_int_equal(trials[0], wn_history_best(wn_study_history(s.study), false)->trial);
    for (size_t i = 1; i < n; i++) {
        const struct wn_history *h = wn_study_history(s.study);
        const struct wn_trial *a = wn_history_trial(h, trials[i - 1]);
        const struct wn_trial *b = wn_history_trial(h, trials[i]);

        if (!a->n_reports && b->n_reports)
            fail_msg("trial %u without a report is before %u", trials[i - 1], trials[i]);
        if (a->n_reports && b->n_reports &&
            a->reports[a->best].loss > b->reports[b->best].loss)
            fail_msg("trial %u is worse than %u behind it", trials[i - 1], trials[i]);
    }
    assert_int_equal(trials[n - 1], STORY_CRASHES);
    wn_free(trials);
    assert_int_equal(
        wn_report_select(s.study, WN_REPORT_BY_METRIC, true, &trials, &n, &err), WN_OK);
    assert_int_equal(n, 0); /* none came to epoch 9 */
    wn_free(trials);
    story_end(&s);
}

static void a_failed_trial_says_why_in_json(void **state)
{
    struct wn_buf out = {0};
    struct wn_json *json;
    struct story s;

    (void)state;
    story_tell(&s, NULL, 0, false);
    json = wn_report_trial_json(s.study, s.job, STORY_CRASHES);
    assert_non_null(json);
    wn_json_print(json, &out);
    assert_has(out.at,
               "\"state\": \"failed\", \"failure\": \"exit\", \"message\": \"exit "
               "code 7: no luck\"");
    assert_lacks(out.at, "\"accuracy\"");
    assert_has(out.at, "\"data\": \"it's here\"");
    wn_json_destroy(json);
    wn_buf_release(&out);
    story_end(&s);
}

/* --- the closing report --- */

static void the_closing_report_has_best_failures_and_command(void **state)
{
    static const char *const wanted[] = {
        "study story complete: nothing is left to try (after 6 s)\n",
        "8 trials: 0 running, 7 paused, 1 ended (0 completed, 0 stopped, 1 failed)\n",
        "best trials\n",
        "failures\n  reason  trials  first  what it said\n"
        "  exit         1      3  exit code 7: no luck\n",
        "  /bin/true 'a word' --lr 0.01 --opt sgd --momentum 0.45 --data 'it'\\''s "
        "here'\n",
    };
    struct wn_buf out = {0};
    struct wn_error err = {0};
    struct story s;

    (void)state;
    story_tell(&s, NULL, 0, false);
    assert_int_equal(wn_report_closing(s.study, s.job, NULL, 2, plain, &out, &err),
                     WN_OK);
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        assert_has(out.at, wanted[i]);
    story_end(&s);
    wn_buf_release(&out);
}

static void the_command_line_follows_how_the_configuration_is_passed(void **state)
{
    static const struct {
        const char *trial, *line;
    } cases[] = {
        {"trial={\"command\": [\"/bin/true\"]}", "/bin/true --x 3 --s 'a b'"},
        {"trial={\"command\": [\"/bin/true\"], \"pass\": \"json\"}",
         "printf %s '{\"x\": 3, \"s\": \"a b\"}' > config.json && /bin/true --config "
         "config.json"},
        {"trial={\"command\": [\"/bin/true\", \"--x={x}\", \"{s}{\", \"{}\"], \"pass\": "
         "\"template\"}",
         "/bin/true --x=3 'a b{' '{}'"},
    };
    static const char text[] =
        "{\"name\": \"s\", \"trial\": {\"command\": [\"/bin/true\"]}, \"space\": {\"x\": "
        "{\"type\": \"int\", \"low\": 1, \"high\": 5}, \"s\": \"a b\"}, \"metric\": "
        "{\"name\": \"m\"}}";
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct wn_event planned = {.kind = WN_EVENT_PLANNED,
                                   .planned = {.milestone = 1, .parent = WN_TRIAL_NONE}};
        struct wn_event configured = {
            .kind = WN_EVENT_CONFIGURED,
            .configured = {.origin = WN_ORIGIN_SEARCH, .n_cells = 1}};
        struct wn_problems problems = {0};
        struct wn_error err = {0};
        struct wn_study_config cfg;
        struct wn_study *study = NULL;
        struct wn_job *job = NULL;
        struct wn_buf out = {0};
        union wn_cell cell = {.i = 3};

        if (wn_job_parse(text, strlen(text), "/", &cases[i].trial, 1, &problems, &job,
                         &err) != WN_OK)
            fail_msg("%s", err.text);
        cfg = wn_job_study_config(job);
        configured.configured.cells = &cell;
        assert_int_equal(wn_study_create(&cfg, &study, &err), WN_OK);
        assert_int_equal(wn_study_apply(study, &planned, &err), WN_OK);
        assert_int_equal(wn_report_command(study, job, 0, &out, &err), WN_EINVAL);
        assert_int_equal(wn_study_apply(study, &configured, &err), WN_OK);
        assert_int_equal(wn_report_command(study, job, 0, &out, &err), WN_OK);
        assert_string_equal(out.at, cases[i].line);
        wn_study_destroy(study);
        wn_job_destroy(job);
        wn_buf_release(&out);
    }
}

/* --- reading a study --- */

static void a_study_read_is_the_study_that_was_journaled(void **state)
{
    char dir[] = "/tmp/wn-report-XXXXXX", journal[64];
    struct wn_report_study read;
    struct wn_error err = {0};
    struct story s;

    (void)state;
    assert_non_null(mkdtemp(dir));
    snprintf(journal, sizeof journal, "%s/journal", dir);
    story_tell(&s, journal, 33, false);
    assert_true(wn_report_journal_size(dir) > 0);
    for (int is_replay = 0; is_replay < 2; is_replay++) {
        if (wn_report_open(dir, is_replay, &read, &err) != WN_OK)
            fail_msg("%s", err.text);
        assert_true(wn_study_digest(read.study) == wn_study_digest(s.study));
        assert_string_equal(read.job->text, s.job->text);
        assert_string_equal(read.host, "node1");
        assert_int_equal(read.n_openings, 1);
        assert_int_equal(read.n_slots, STORY_SLOTS);
        assert_int_equal(read.rebuild.replay.n_checked > 0, is_replay);
        wn_report_close(&read);
    }
    story_end(&s);
    assert_int_equal(wn_dir_remove(dir, &err), WN_OK);
}

static void survives_the_failure_of_any_allocation(void **state)
{
    char dir[] = "/tmp/wn-report-XXXXXX", journal[64];
    struct wn_error err = {0};
    struct story s;
    enum wn_status rc = WN_ENOMEM;
    uint64_t n = 1;

    (void)state;
    assert_non_null(mkdtemp(dir));
    snprintf(journal, sizeof journal, "%s/journal", dir);
    story_tell(&s, journal, 0, false);
    story_end(&s);
    for (; rc == WN_ENOMEM; n++) {
        struct wn_report_study read;
        struct wn_buf out = {0};

        wn_mem_fail_after(n);
        rc = wn_report_open(dir, false, &read, &err);
        if (rc == WN_OK) {
            rc = wn_report_closing(read.study, read.job, dir, 3, plain, &out, &err);
            if (rc == WN_OK && out.failed)
                rc = WN_ENOMEM;
            wn_report_close(&read);
        }
        wn_mem_fail_after(0);
        wn_buf_release(&out);
    }
    assert_int_equal(rc, WN_OK);
    assert_true(n > 100);
    assert_int_equal(wn_dir_remove(dir, &err), WN_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_aligns_characters_not_bytes),
        cmocka_unit_test(a_progress_line_says_share_time_counts_and_best),
        cmocka_unit_test(a_progress_line_keeps_to_any_width),
        cmocka_unit_test(a_terminal_of_80_columns_shows_the_best),
        cmocka_unit_test(before_the_first_trial_there_is_no_best),
        cmocka_unit_test(colour_is_there_only_when_asked_for),
        cmocka_unit_test(trials_are_ranked_by_their_best_report),
        cmocka_unit_test(a_failed_trial_says_why_in_json),
        cmocka_unit_test(the_closing_report_has_best_failures_and_command),
        cmocka_unit_test(the_command_line_follows_how_the_configuration_is_passed),
        cmocka_unit_test(a_study_read_is_the_study_that_was_journaled),
        cmocka_unit_test(survives_the_failure_of_any_allocation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_report_schedule.c - how a trial came about, where sources were damaged on the way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/json.h"
#include "job/job.h"
#include "report/report.h"
#include "study/study.h"

static const char job_text[] =
    "{\"name\": \"line\", \"trial\": {\"command\": [\"true\"]},"
    " \"space\": {\"n\":  {\"type\": \"int\", \"low\": 0, \"high\": 9}},"
    " \"metric\": {\"name\": \"loss\"}, \"resource\": {\"max\": 20}}";

struct line {
    struct wn_job *job;
    struct wn_study *study;
    uint32_t n_dispatched;
};

static void apply(struct line *line, struct wn_event event)
{
    struct wn_error err = {0};

    if (wn_study_apply(line->study, &event, &err) != WN_OK)
        fail_msg("%s", err.text);
}

static void begin(struct line *line)
{
    struct wn_problems problems = {0};
    struct wn_study_config cfg;
    struct wn_error err = {0};

    *line = (struct line){0};
    if (wn_job_parse(job_text, strlen(job_text), "/", NULL, 0, &problems, &line->job,
                     &err) != WN_OK)
        fail_msg("%s", problems.n ? problems.at[0] : err.text);
    wn_problems_release(&problems);
    cfg = wn_job_study_config(line->job);
    assert_int_equal(wn_study_create(&cfg, &line->study, &err), WN_OK);
    apply(line, (struct wn_event){.kind = WN_EVENT_OPENED,
                                  .trial = WN_TRIAL_NONE,
                                  .opened = {.incarnation = 1,
                                             .n_workers = 4,
                                             .n_slots = 4,
                                             .host = "",
                                             .version = ""}});
}

static void end(struct line *line)
{
    wn_study_destroy(line->study);
    wn_job_destroy(line->job);
}

static void dispatch(struct line *line, uint32_t trial)
{
    apply(line, (struct wn_event){.kind = WN_EVENT_DISPATCHED,
                                  .trial = trial,
                                  .dispatched = {.dispatch = {1, ++line->n_dispatched},
                                                 .slot = trial}});
}

static void give_back(struct line *line, uint32_t trial, enum wn_return why)
{
    apply(line, (struct wn_event){.kind = WN_EVENT_RETURNED,
                                  .trial = trial,
                                  .returned = {.why = why, .text = ""}});
    dispatch(line, trial);
}

/* Trial t has n = t. */
static void start(struct line *line, uint32_t trial, struct wn_generation source)
{
    union wn_cell cell = {.i = trial};

    apply(line, (struct wn_event){
                    .kind = WN_EVENT_PLANNED,
                    .trial = trial,
                    .planned = {.milestone = 20,
                                .parent = source.resource ? source.trial : WN_TRIAL_NONE,
                                .source = source}});
    apply(line,
          (struct wn_event){
              .kind = WN_EVENT_CONFIGURED,
              .trial = trial,
              .configured = {.origin = WN_ORIGIN_SEARCH, .n_cells = 1, .cells = &cell}});
    dispatch(line, trial);
}

static struct wn_generation report_loss(struct line *line,
                                        uint32_t trial,
                                        int64_t resource,
                                        double loss)
{
    struct wn_metric metric = {"loss", loss};
    struct wn_generation made = {.resource = resource,
                                 .trial = trial,
                                 .dispatch =
                                     wn_study_placed(line->study, trial).dispatch};

    apply(line, (struct wn_event){.kind = WN_EVENT_REPORTED,
                                  .trial = trial,
                                  .reported = {.resource = resource,
                                               .n_metrics = 1,
                                               .metrics = &metric,
                                               .checkpoint = made,
                                               .is_milestone = true,
                                               .verdict = WN_VERDICT_CONTINUE,
                                               .milestone = resource + 4}});
    return made;
}

/* The best so far. */
static struct wn_generation report(struct line *line, uint32_t trial, int64_t resource)
{
    return report_loss(line, trial, resource, 1.0 / (double)resource);
}

static void expect(const struct line *line,
                   uint32_t trial,
                   const char *until,
                   const char *configurations)
{
    struct wn_buf text = {0}, got = {0};
    struct wn_json *root = NULL;
    struct wn_error err = {0};

    if (wn_report_schedule(line->study, line->job, trial, &text, &err) != WN_OK ||
        wn_json_parse(wn_buf_text(&text), text.n, &root, &err) != WN_OK)
        fail_msg("%s", err.text);
    wn_json_print(wn_json_member(wn_json_member(root, "scheduler"), "until"), &got);
    assert_string_equal(wn_buf_text(&got), until);
    wn_buf_clear(&got);
    wn_json_print(wn_json_member(wn_json_member(root, "searcher"), "configurations"),
                  &got);
    assert_string_equal(wn_buf_text(&got), configurations);
    wn_json_destroy(root);
    wn_buf_release(&got);
    wn_buf_release(&text);
}

static void a_line_of_forks_is_a_schedule(void **state)
{
    struct line line;

    (void)state;
    begin(&line);
    start(&line, 0, (struct wn_generation){0});
    start(&line, 1, report(&line, 0, 4));
    start(&line, 2, report(&line, 1, 8));
    report(&line, 2, 12);
    expect(&line, 0, "[4]", "[{\"n\": 0}]");
    expect(&line, 2, "[4, 8, 12]", "[{\"n\": 0}, {\"n\": 1}, {\"n\": 2}]");
    end(&line);
}

static void a_fork_whose_source_was_damaged_began_by_itself(void **state)
{
    struct line line;

    (void)state;
    begin(&line);
    start(&line, 0, (struct wn_generation){0});
    start(&line, 1, report(&line, 0, 4));
    give_back(&line, 1, WN_RETURN_LOST); /* from its source once more */
    report(&line, 1, 6);
    expect(&line, 1, "[4, 6]", "[{\"n\": 0}, {\"n\": 1}]");
    start(&line, 2, report(&line, 1, 8));
    give_back(&line, 2, WN_RETURN_DAMAGED);
    expect(&line, 1, "[4, 8]", "[{\"n\": 0}, {\"n\": 1}]");
    start(&line, 3, report(&line, 2, 12));
    expect(&line, 2, "[12]", "[{\"n\": 2}]");
    report(&line, 3, 16);
    expect(&line, 3, "[12, 16]", "[{\"n\": 2}, {\"n\": 3}]");
    end(&line);
}

/* What others took from it before goes back further than what it has now. */
static void a_fork_that_lost_its_own_checkpoints_began_by_itself_from_then_on(
    void **state)
{
    struct line line;

    (void)state;
    begin(&line);
    start(&line, 0, (struct wn_generation){0});
    start(&line, 1, report(&line, 0, 4));
    start(&line, 2, report(&line, 1, 8));
    report(&line, 2, 12);
    give_back(&line, 1, WN_RETURN_LOST);
    give_back(&line, 1, WN_RETURN_DAMAGED);
    expect(&line, 1, "[4, 8]",
           "[{\"n\": 0}, {\"n\": 1}]"); /* it has reported nothing new */
    start(&line, 3, report(&line, 1, 12));
    report(&line, 3, 16);
    give_back(&line, 1, WN_RETURN_LOST);
    give_back(&line, 1, WN_RETURN_DAMAGED); /* and afresh once more */
    expect(&line, 1, "[12]", "[{\"n\": 1}]");
    expect(&line, 2, "[4, 8, 12]", "[{\"n\": 0}, {\"n\": 1}, {\"n\": 2}]");
    expect(&line, 3, "[12, 16]", "[{\"n\": 1}, {\"n\": 3}]");
    end(&line);
}

/* Whether `winnow run` ends by offering the schedule. */
static bool is_offered(const struct line *line)
{
    struct wn_report_style style = {0};
    struct wn_buf text = {0};
    struct wn_error err = {0};
    bool is;

    if (wn_report_closing(line->study, line->job, "study", 3, style, &text, &err) !=
        WN_OK)
        fail_msg("%s", err.text);
    is = strstr(wn_buf_text(&text), "--schedule") != NULL;
    wn_buf_release(&text);
    return is;
}

static void a_schedule_ends_where_the_trial_does(void **state)
{
    struct line line;

    (void)state;
    begin(&line);
    start(&line, 0, (struct wn_generation){0});
    start(&line, 1, report(&line, 0, 4));
    report_loss(&line, 1, 8, 0.01);
    report_loss(&line, 1, 12, 0.5);
    expect(&line, 1, "[4, 12]", "[{\"n\": 0}, {\"n\": 1}]");
    assert_true(is_offered(&line));
    end(&line);
}

/* The past that gave the best value is told, not that of what the trial has now. */
static void a_fork_that_began_afresh_has_the_past_of_its_best(void **state)
{
    struct line line;

    (void)state;
    begin(&line);
    start(&line, 0, (struct wn_generation){0});
    start(&line, 1, report(&line, 0, 4));
    report_loss(&line, 1, 8, 0.01);
    give_back(&line, 1, WN_RETURN_LOST);
    give_back(&line, 1, WN_RETURN_DAMAGED);
    report_loss(&line, 1, 12, 0.5);
    expect(&line, 1, "[4, 8]", "[{\"n\": 0}, {\"n\": 1}]");
    assert_true(is_offered(&line));
    report_loss(&line, 1, 16, 0.001);
    expect(&line, 1, "[16]", "[{\"n\": 1}]");
    assert_false(is_offered(&line));
    end(&line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_of_forks_is_a_schedule),
        cmocka_unit_test(a_fork_whose_source_was_damaged_began_by_itself),
        cmocka_unit_test(
            a_fork_that_lost_its_own_checkpoints_began_by_itself_from_then_on),
        cmocka_unit_test(a_schedule_ends_where_the_trial_does),
        cmocka_unit_test(a_fork_that_began_afresh_has_the_past_of_its_best),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

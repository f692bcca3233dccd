/* test_simulate_table.c - studies of the table runner: what the table says, when it says. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "support_benchmark.h"
#include "support_run.h"

enum { ROWS = 9, UNITS = 9 };

/* The job over the benchmark, with more keys of "trial" and of the job. */
static struct wn_job *job_of(const struct sim_benchmark *b,
                             const char *trial,
                             const char *rest)
{
    struct wn_buf text = {0};
    struct wn_job *job;

    wn_buf_addf(&text,
                "{'name': 'table', 'trial': {'runner': 'table', 'benchmark': '%s'%s},"
                " 'metric': {'name': 'loss'}, 'initial': []%s}",
                b->path, trial, rest);
    job = sim_job(wn_buf_text(&text), NULL);
    wn_buf_release(&text);
    return job;
}

#define DELAYS(resume, pause, stop)                                  \
    ", 'start_delay': 0, 'report_delay': 0, 'resume_delay': " resume \
    ", 'pause_delay': " pause ", 'stop_delay': " stop
#define NO_DELAYS DELAYS("0", "0", "0")

static size_t row_of(const struct sim_run *run, uint32_t trial)
{
    return (size_t)wn_history_trial(sim_run_history(run), trial)->cells[0].i;
}

/* Trials that got a configuration; a plan of more may have been withdrawn behind them. */
static uint32_t n_of(const struct sim_run *run)
{
    return (uint32_t)wn_history_totals(sim_run_history(run)).n_configured;
}

static const struct wn_trial *trial_of_row(const struct sim_run *run, size_t row)
{
    for (uint32_t t = 0; t < n_of(run); t++)
        if (row_of(run, t) == row)
            return wn_history_trial(sim_run_history(run), t);
    fail_msg("no trial has row %zu", row);
    return NULL;
}

static void a_trial_has_the_curve_and_the_times_of_its_row(void **state)
{
    struct sim_benchmark b;
    struct sim_run run;
    bool seen[ROWS] = {false};

    (void)state;
    sim_benchmark_make(&b, ROWS, 1, UNITS);
    sim_benchmark_write(&b);
    run = sim_run_job(job_of(&b, NO_DELAYS, ", 'method': 'grid'"), 3);
    assert_int_equal(n_of(&run), ROWS);
    for (uint32_t t = 0; t < ROWS; t++) {
        const struct wn_trial *trial = wn_history_trial(sim_run_history(&run), t);
        size_t row = row_of(&run, t);

        assert_int_equal(trial->state, WN_TRIAL_COMPLETED);
        assert_int_equal(trial->n_reports, UNITS);
        seen[row] = true;
        for (uint32_t k = 0; k < trial->n_reports; k++) {
            assert_int_equal(trial->reports[k].resource, k + 1);
            assert_true(trial->reports[k].loss ==
                        (double)*small_table_at(&b.table, b.table.loss, row, 0, k));
            assert_int_equal(trial->reports[k].elapsed_ms, 1000 * (row + 1) * (k + 1));
        }
    }
    for (size_t i = 0; i < ROWS; i++)
        assert_true(seen[i]);
    sim_run_release(&run);
    sim_benchmark_release(&b);
}

/* Whoever checked the job has read its table: the file may go before the study begins, and
 * before it begins again with another seed. */
static void a_job_reads_its_table_once(void **state)
{
    struct sim_benchmark b;
    struct sim_run run;
    struct wn_job *job, *seeded = NULL;

    (void)state;
    sim_benchmark_make(&b, ROWS, 1, UNITS);
    sim_benchmark_write(&b);
    job = job_of(&b, NO_DELAYS, ", 'method': 'random', 'stop': {'trials_started': 5}");
    assert_int_equal(remove(b.path), 0);
    assert_int_equal(wn_job_reseed(job, 77, &seeded, NULL), WN_OK);
    assert_int_equal(seeded->seed, 77);
    assert_ptr_equal(seeded->loaded, job->loaded);
    run = sim_run_job(seeded, 3);
    assert_int_equal(n_of(&run), 5);
    sim_run_release(&run);
    run = sim_run_job(job, 3);
    assert_int_equal(n_of(&run), 5);
    wn_job_unload(job);
    assert_int_equal(wn_job_load(job, NULL), WN_EIO);
    assert_null(job->loaded);
    sim_run_release(&run);
    sim_benchmark_write(&b); /* to be removed */
    sim_benchmark_release(&b);
}

/* Of a comparison's jobs each is read again when its runs begin, hours after it was checked. */
static void a_table_that_was_replaced_is_refused(void **state)
{
    struct sim_benchmark b, other;
    struct wn_error err = {0};
    struct wn_job *job;

    (void)state;
    sim_benchmark_make(&b, ROWS, 2, UNITS);
    sim_benchmark_write(&b);
    job = job_of(&b, ", 'table_seed': 1", "");
    sim_benchmark_make(&other, ROWS, 1, UNITS);
    sim_benchmark_write(&other);
    assert_int_equal(rename(other.path, b.path), 0);
    assert_int_equal(wn_job_load(job, &err), WN_OK); /* it has the old one */
    wn_job_unload(job);
    assert_int_equal(wn_job_load(job, &err), WN_EINVAL);
    assert_non_null(strstr(err.text, "trial.table_seed: must be below 1"));
    assert_null(job->loaded);
    wn_job_destroy(job);
    sim_benchmark_write(&other); /* to be removed */
    sim_benchmark_release(&other);
    sim_benchmark_release(&b);
}

/* What a job leaves out comes out of the file. */
static void space_maximum_and_mode_come_with_the_table(void **state)
{
    struct sim_benchmark b;
    struct wn_job *job;

    (void)state;
    sim_benchmark_make(&b, 4, 1, 5);
    b.table.metrics[0].mode = WN_BENCHMARK_MAX;
    sim_benchmark_write(&b);
    job = job_of(&b, "", "");
    assert_int_equal(wn_space_n_params(job->space), 1);
    assert_string_equal(wn_space_param(job->space, 0)->name, "x");
    assert_int_equal(job->max_resource, 5);
    assert_string_equal(job->resource, "epoch");
    assert_true(job->is_maximised);
    wn_job_destroy(job);
    sim_benchmark_release(&b);
}

static int64_t total_cost_ms(const struct sim_run *run)
{
    int64_t cost = 0;

    for (uint32_t t = 0; t < n_of(run); t++)
        cost += wn_history_trial(sim_run_history(run), t)->cost_ms;
    return cost;
}

static int64_t paid_once_ms(const struct sim_run *run)
{
    int64_t cost = 0;

    for (uint32_t t = 0; t < n_of(run); t++)
        cost += 1000 * (int64_t)(row_of(run, t) + 1) *
                wn_history_resource(sim_run_history(run), t);
    return cost;
}

#define ASHA                                                                        \
    ", 'scheduler': {'type': 'asha', 'reduction_factor': 3}, 'searcher': {'type': " \
    "'grid'}"

static void a_resumed_trial_pays_the_difference(void **state)
{
    struct sim_benchmark b;
    struct sim_run run;

    (void)state;
    sim_benchmark_make(&b, ROWS, 1, UNITS);
    sim_benchmark_write(&b);
    run = sim_run_job(job_of(&b, NO_DELAYS, ASHA), 2);
    assert_int_equal(trial_of_row(&run, 0)->n_reports, UNITS);
    assert_int_equal(total_cost_ms(&run), paid_once_ms(&run));
    sim_run_release(&run);

    /* the one that is promoted twice pays for 1, 3 and 9 units */
    run = sim_run_job(job_of(&b, NO_DELAYS ", 'checkpointing': false", ASHA), 2);
    assert_true(total_cost_ms(&run) > paid_once_ms(&run));
    assert_int_equal(trial_of_row(&run, 0)->n_reports, UNITS);
    assert_int_equal(trial_of_row(&run, 0)->cost_ms, 1000 * 13);
    sim_run_release(&run);

    /* checkpoints that are due in between are none either */
    run = sim_run_job(job_of(&b, NO_DELAYS ", 'checkpointing': false",
                             ASHA ", 'checkpoint': {'every': 1}"),
                      2);
    assert_int_equal(trial_of_row(&run, 0)->cost_ms, 1000 * 13);
    sim_run_release(&run);
    sim_benchmark_release(&b);
}

static void delays_are_paid_where_they_fall(void **state)
{
    static const struct {
        const char *trial;
        int64_t elapsed_ms, end_ms; /* of the only trial: 3 units of 1 s, 2 pauses */
    } rows[] = {
        {NO_DELAYS, 3000, 3000},
        {", 'start_delay': 10, 'resume_delay': 0, 'pause_delay': 0, 'stop_delay': 0, "
         "'report_delay': 0",
         13000, 13000},
        {", 'start_delay': 0, 'resume_delay': 0, 'pause_delay': 0, 'stop_delay': 0, "
         "'report_delay': 2",
         3000, 5000},
    };
    struct sim_benchmark b;

    (void)state;
    sim_benchmark_make(&b, 1, 1, 3);
    sim_benchmark_write(&b);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sim_run run =
            sim_run_job(job_of(&b, rows[i].trial,
                               ", 'space': {'x': 0}, 'stop': {'trials_started': 1},"
                               " 'searcher': {'type': 'random', "
                               "'allow_duplicates': true},"
                               " 'scheduler': {'type': 'fifo'}"),
                        1);
        const struct wn_trial *trial = wn_history_trial(sim_run_history(&run), 0);

        assert_int_equal(trial->run_ms, rows[i].elapsed_ms);
        assert_in_range(trial->ended_ms, rows[i].end_ms, rows[i].end_ms + 10);
        sim_run_release(&run);
    }
    sim_benchmark_release(&b);
}

static void every_delay_is_a_twentieth_of_a_second_unless_said(void **state)
{
    static const char *const names[] = {"start_delay", "resume_delay", "pause_delay",
                                        "stop_delay", "report_delay"};
    struct sim_benchmark b;
    struct wn_job *job;

    (void)state;
    sim_benchmark_make(&b, ROWS, 1, UNITS);
    sim_benchmark_write(&b);
    job = job_of(&b, "", "");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_int_equal(wn_values_ms(job->trial, names[i]), 50);
    wn_job_destroy(job);
    sim_benchmark_release(&b);
}

#define STOPPING                                                                      \
    ", 'scheduler': {'type': 'asha', 'reduction_factor': 3, 'variant': 'stopping'}, " \
    "'searcher': {'type': 'grid'}"

/* How often trials of a study were paused, resumed and stopped. */
static void count_answers(const struct sim_run *run, int64_t n[3])
{
    for (uint32_t t = 0; t < n_of(run); t++) {
        const struct wn_trial *trial = wn_history_trial(sim_run_history(run), t);

        n[1] -= trial->state == WN_TRIAL_PAUSED;
        for (uint32_t k = 0; k < trial->n_reports; k++) {
            n[0] += trial->reports[k].verdict == WN_VERDICT_PAUSE;
            n[2] += trial->reports[k].verdict == WN_VERDICT_STOP;
        }
    }
    n[1] += n[0];
}

/* In one slot every delay is waited for. Behind the last trial nobody waits. */
static void pauses_resumes_and_stops_take_their_time(void **state)
{
    static const struct {
        const char *rest, *trial;
        int which; /* of count_answers() */
    } rows[] = {
        {ASHA, DELAYS("0", "100", "0"), 0},
        {ASHA, DELAYS("100", "0", "0"), 1},
        {STOPPING, DELAYS("0", "0", "100"), 2},
    };
    struct sim_benchmark b;

    (void)state;
    sim_benchmark_make(&b, ROWS, 1, UNITS);
    sim_benchmark_write(&b);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sim_run plain = sim_run_job(job_of(&b, NO_DELAYS, rows[i].rest), 1);
        struct sim_run slow = sim_run_job(job_of(&b, rows[i].trial, rows[i].rest), 1);
        int64_t n[3] = {0}, more_ms;

        count_answers(&slow, n);
        assert_true(n[rows[i].which] > 1);
        more_ms = wn_study_time_ms(sim_run_study(&slow)) -
                  wn_study_time_ms(sim_run_study(&plain));
        assert_in_range(more_ms, 100000 * (n[rows[i].which] - 1),
                        100000 * n[rows[i].which]);
        sim_run_release(&plain);
        sim_run_release(&slow);
    }
    sim_benchmark_release(&b);
}

static void a_value_that_is_not_a_number_fails_the_trial(void **state)
{
    struct sim_benchmark b;
    struct sim_run run;

    (void)state;
    sim_benchmark_make(&b, ROWS, 1, UNITS);
    *small_table_at(&b.table, b.table.loss, 4, 0, 2) = (float)NAN;
    sim_benchmark_write(&b);
    run = sim_run_job(job_of(&b, "", ", 'method': 'grid'"), 2);
    for (uint32_t t = 0; t < ROWS; t++) {
        const struct wn_trial *trial = wn_history_trial(sim_run_history(&run), t);

        assert_int_equal(trial->state,
                         row_of(&run, t) == 4 ? WN_TRIAL_FAILED : WN_TRIAL_COMPLETED);
        if (row_of(&run, t) == 4) {
            assert_int_equal(trial->failure, WN_FAILURE_NAN);
            assert_int_equal(trial->n_reports, 2);
        }
    }
    sim_run_release(&run);
    sim_benchmark_release(&b);
}

/* A chance per unit is one per unit of the resource, however seldom the table reports. */
static void crashes_are_as_many_whatever_the_table_reports(void **state)
{
    struct sim_benchmark b;
    struct sim_run run;

    (void)state;
    sim_benchmark_make(&b, 200, 1, 1);
    b.table.fidelity[0] = 50;
    sim_benchmark_write(&b);
    run =
        sim_run_job(job_of(&b, ", 'crash': 0.02, 'retries': 0", ", 'method': 'grid'"), 4);
    /* 1 - 0.98^50 of 200 are 127 */
    assert_in_range(wn_history_totals(sim_run_history(&run)).n_failed, 107, 147);
    sim_run_release(&run);
    sim_benchmark_release(&b);
}

static void a_training_that_ended_early_ends_by_itself(void **state)
{
    struct sim_benchmark b;
    struct sim_run run;

    (void)state;
    sim_benchmark_make(&b, 2, 1, UNITS);
    for (size_t k = 4; k < UNITS; k++)
        *small_table_at(&b.table, b.table.elapsed, 1, 0, k) = (float)NAN;
    sim_benchmark_write(&b);
    run = sim_run_job(job_of(&b, "", ", 'method': 'grid'"), 1);
    for (uint32_t t = 0; t < 2; t++) {
        const struct wn_trial *trial = wn_history_trial(sim_run_history(&run), t);

        assert_int_equal(trial->state, WN_TRIAL_COMPLETED);
        assert_int_equal(trial->n_reports, row_of(&run, t) ? 4 : UNITS);
    }
    sim_run_release(&run);
    sim_benchmark_release(&b);
}

/* The seed of a trial is drawn once and kept over pauses; a fixed one is everybody's. */
static void the_seed_is_kept_over_resumes(void **state)
{
    struct sim_benchmark b;
    struct sim_run run;
    size_t n_with[3] = {0};

    (void)state;
    sim_benchmark_make(&b, 30, 3, UNITS);
    sim_benchmark_write(&b);
    run = sim_run_job(job_of(&b, "", ASHA), 4);
    for (uint32_t t = 0; t < 30; t++) {
        const struct wn_trial *trial = wn_history_trial(sim_run_history(&run), t);
        size_t seed = (size_t)(trial->reports[0].loss / 100);

        n_with[seed]++;
        for (uint32_t k = 0; k < trial->n_reports; k++)
            assert_int_equal((size_t)(trial->reports[k].loss / 100), seed);
    }
    assert_true(n_with[0] && n_with[1] && n_with[2]);
    sim_run_release(&run);
    run = sim_run_job(job_of(&b, ", 'table_seed': 2", ASHA), 4);
    for (uint32_t t = 0; t < 30; t++)
        assert_int_equal(
            (size_t)(wn_history_trial(sim_run_history(&run), t)->reports[0].loss / 100),
            2);
    sim_run_release(&run);
    sim_benchmark_release(&b);
}

static void equal_jobs_give_equal_studies_at_any_number_of_slots(void **state)
{
    static const size_t n_workers[] = {1, 3, 64};
    struct sim_benchmark b;

    (void)state;
    sim_benchmark_make(&b, 30, 2, UNITS);
    sim_benchmark_write(&b);
    for (size_t i = 0; i < 3; i++) {
        struct sim_run a = sim_run_job(job_of(&b, "", ASHA), n_workers[i]);
        struct sim_run z = sim_run_job(job_of(&b, "", ASHA), n_workers[i]);

        assert_int_equal(wn_study_digest(sim_run_study(&a)),
                         wn_study_digest(sim_run_study(&z)));
        assert_int_equal(wn_study_time_ms(sim_run_study(&a)),
                         wn_study_time_ms(sim_run_study(&z)));
        sim_run_release(&a);
        sim_run_release(&z);
    }
    sim_benchmark_release(&b);
}

static void a_configuration_between_rows_is_answered_by_the_nearest(void **state)
{
    struct sim_benchmark b;
    struct sim_run run;

    (void)state;
    sim_benchmark_make(&b, 3, 1, 2);
    assert_true(small_table_fill_gaps(&b.table));
    sim_benchmark_write(&b);
    run = sim_run_job(job_of(&b, "",
                             ", 'scheduler': {'type': 'fifo'}, 'stop': "
                             "{'trials_started': 40}"),
                      2);
    for (uint32_t t = 0; t < 40; t++) {
        const struct wn_trial *trial = wn_history_trial(sim_run_history(&run), t);
        double x = trial->cells[0].f, row = x < 0.5 ? 0 : x > 1.5 ? 2 : 1;

        assert_true(trial->reports[1].loss == row + 0.5);
    }
    sim_run_release(&run);
    /* without a surrogate only rows are proposed */
    run = sim_run_job(
        job_of(&b, ", 'surrogate': 'none'", ", 'scheduler': {'type': 'fifo'}"), 2);
    assert_int_equal(n_of(&run), 3);
    sim_run_release(&run);
    sim_benchmark_release(&b);
}

static void mistakes_are_told_with_their_paths(void **state)
{
    static const struct {
        const char *trial, *rest, *said;
    } rows[] = {
        {", 'task': 'other'", "", "trial.benchmark: "},
        {"", ", 'resource': {'max': 10}",
         "resource.max: must be at most 9, where the benchmark ends, not 10"},
        {", 'table_seed': 1", "", "trial.table_seed: must be below 1"},
        {"", ", 'space': {'y': {'type': 'int', 'low': 0, 'high': 3}}",
         "space.y is no hyperparameter of the benchmark steps"},
        {", 'surrogate': 'none'",
         ", 'space': {'x': {'type': 'int', 'low': 0, 'high': 20}}",
         "trial.surrogate: \"none\" needs restrict_configurations"},
        {", 'checkpointing': false", ", 'method': 'pbt'",
         "trial.checkpointing: must be true"},
    };
    struct sim_benchmark b;

    (void)state;
    sim_benchmark_make(&b, ROWS, 1, UNITS);
    sim_benchmark_write(&b);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct wn_problems problems = {0};
        struct wn_error err = {0};
        struct wn_job *job = NULL;
        struct wn_buf text = {0};
        bool is_said = false;

        wn_buf_addf(&text,
                    "{'name': 't', 'trial': {'runner': 'table', 'benchmark': '%s'%s},"
                    " 'metric': {'name': 'loss'}%s}",
                    b.path, rows[i].trial, rows[i].rest);
        for (char *c = text.at; *c; c++)
            if (*c == '\'')
                *c = '"';
        assert_int_equal(
            wn_job_parse(wn_buf_text(&text), text.n, "/", NULL, 0, &problems, &job, &err),
            WN_EINVAL);
        for (size_t k = 0; k < problems.n; k++)
            is_said = is_said || strstr(problems.at[k], rows[i].said) == problems.at[k];
        if (!is_said || problems.n != 1)
            fail_msg("%zu problems, the first '%s', not '%s'", problems.n,
                     problems.n ? problems.at[0] : "", rows[i].said);
        wn_problems_release(&problems);
        wn_buf_release(&text);
    }
    sim_benchmark_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_trial_has_the_curve_and_the_times_of_its_row),
        cmocka_unit_test(a_job_reads_its_table_once),
        cmocka_unit_test(a_table_that_was_replaced_is_refused),
        cmocka_unit_test(space_maximum_and_mode_come_with_the_table),
        cmocka_unit_test(a_resumed_trial_pays_the_difference),
        cmocka_unit_test(delays_are_paid_where_they_fall),
        cmocka_unit_test(every_delay_is_a_twentieth_of_a_second_unless_said),
        cmocka_unit_test(pauses_resumes_and_stops_take_their_time),
        cmocka_unit_test(a_value_that_is_not_a_number_fails_the_trial),
        cmocka_unit_test(crashes_are_as_many_whatever_the_table_reports),
        cmocka_unit_test(a_training_that_ended_early_ends_by_itself),
        cmocka_unit_test(the_seed_is_kept_over_resumes),
        cmocka_unit_test(equal_jobs_give_equal_studies_at_any_number_of_slots),
        cmocka_unit_test(a_configuration_between_rows_is_answered_by_the_nearest),
        cmocka_unit_test(mistakes_are_told_with_their_paths),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* reports.c - a million reports through the coordinator: rate, memory, resume, results.
 *
 * Twice, since a report costs more where trials are short: `reports` has 10,000 trials of
 * 100 reports and no decisions (fifo); `trials` is ASHA (stopping), where a trial has
 * three reports on average and every report but few is judged.
 */
#include <stdio.h>

#include "base/mem.h"
#include "base/version.h"
#include "bench.h"
#include "coordinator/coordinator.h"
#include "job/rebuild.h"
#include "journal/journal.h"
#include "load.h"
#include "results/results.h"

#define N_REPORTS 1000000

struct resumed {
    double seconds, cpu_s;
    double bytes;                      /* resident memory of the study */
    double snapshot_s, snapshot_bytes; /* of the results: the coordinator waits for it */
    double write_s;                    /* on the keeper's thread, with its sync */
};

/* results.h5 as the coordinator writes it every 10 s. */
static enum wn_status write_results(const char *study_dir,
                                    const struct wn_rebuild *rebuild,
                                    struct resumed *out,
                                    struct wn_error *err)
{
    struct wn_results_input in = {.history = wn_study_history(rebuild->study),
                                  .study = rebuild->job->name,
                                  .metric = rebuild->job->metric,
                                  .resource = rebuild->job->resource,
                                  .job_text = rebuild->job->text,
                                  .program_version = wn_version()};
    struct wn_results *results = NULL;
    char path[WN_PATH_MAX];
    double before, after, peak, begin;
    enum wn_status rc = wn_path_join(path, err, study_dir, "results.h5");

    in.rungs = wn_study_rung_changes(rebuild->study, &in.n_rungs);
    bench_resident(&before, &peak);
    begin = bench_now_s();
    if (!rc)
        rc = wn_results_snapshot(&in, &results, err);
    out->snapshot_s = bench_now_s() - begin;
    bench_resident(&after, &peak);
    out->snapshot_bytes = after - before;
    begin = bench_now_s();
    if (!rc)
        rc = wn_results_write(results, path, NULL, NULL, err);
    out->write_s = bench_now_s() - begin;
    wn_results_destroy(results);
    return rc;
}

/* Recovery as the coordinator does it when a study is opened. */
static enum wn_status resume(const char *study_dir,
                             struct resumed *out,
                             struct wn_error *err)
{
    char dir[WN_PATH_MAX];
    struct wn_rebuild rebuild = {0};
    struct wn_journal_config cfg = {.dir = dir, .study = "load"};
    struct wn_journal_opening opening = {0};
    struct wn_journal *journal = NULL;
    double before, after, peak, begin, cpu_s;
    enum wn_status rc = wn_path_join(dir, err, study_dir, "journal");

    bench_resident(&before, &peak);
    begin = bench_now_s();
    cpu_s = bench_own_cpu_s();

    if (!rc)
        rc = wn_journal_open(&cfg, wn_rebuild_event, &rebuild, &journal, &opening, err);
    out->seconds = bench_now_s() - begin;
    out->cpu_s = bench_own_cpu_s() - cpu_s;
    bench_resident(&after, &peak);
    out->bytes = after - before;
    if (!rc && wn_history_totals(wn_study_history(rebuild.study)).n_reports != N_REPORTS)
        rc = wn_fail(err, WN_ECORRUPT, "the journal lacks reports");
    if (!rc)
        rc = write_results(study_dir, &rebuild, out, err);
    wn_free(opening.lengths);
    wn_journal_close(journal);
    wn_rebuild_release(&rebuild);
    return rc;
}

static enum wn_status measure(struct bench *bench,
                              const char *text,
                              const char *prefix,
                              struct wn_error *err)
{
    struct wn_job *job = NULL;
    struct bench_load load = {
        .study_dir = bench->dir, .n_workers = 4, .n_slots = 4, .n_reports = N_REPORTS};
    struct bench_loaded loaded = {0};
    struct wn_json *figure;
    char key[64];
    struct resumed resumed = {0};
    double n = N_REPORTS;
    enum wn_status rc = bench_job(text, &job, err);

    load.job = job;
    if (!rc)
        rc = bench_load_run(&load, &loaded, err);
    if (!rc)
        rc = resume(bench->dir, &resumed, err);
    wn_job_destroy(job);
    if (rc)
        return rc;
    (void)snprintf(key, sizeof key, "%sreports_per_s", prefix);
    figure = bench_figure(bench, key, n / loaded.seconds, "1/s", GOAL_AT_LEAST, 50000);
    bench_detail(figure, "seconds", loaded.seconds);
    bench_detail(figure, "cpu_s", loaded.cpu_s);
    bench_detail(figure, "trials", (double)loaded.n_trials);
    bench_detail(figure, "events_per_s", (double)loaded.n_events / loaded.seconds);
    bench_detail(figure, "journal_bytes_per_report", loaded.journal_bytes / n);
    (void)snprintf(key, sizeof key, "%smemory_bytes_per_report", prefix);
    figure = bench_figure(bench, key, resumed.bytes / n, "B", GOAL_AT_MOST, 300);
    bench_detail(figure, "with_results", (resumed.bytes + resumed.snapshot_bytes) / n);
    bench_detail(figure, "peak_under_load", loaded.peak_bytes / n);
    bench_detail(figure, "reports_per_trial", n / (double)loaded.n_trials);
    (void)snprintf(key, sizeof key, "%sresume_s", prefix);
    figure = bench_figure(bench, key, resumed.seconds, "s", GOAL_AT_MOST, 5);
    bench_detail(figure, "cpu_s", resumed.cpu_s);
    bench_detail(figure, "events", (double)loaded.n_events);
    (void)snprintf(key, sizeof key, "%sresults_stall_ms", prefix);
    figure = bench_figure(bench, key, 1e3 * resumed.snapshot_s, "ms", GOAL_NONE, 0);
    bench_detail(figure, "write_s", resumed.write_s);
    return WN_OK;
}

static enum wn_status measure_reports(struct bench *bench, struct wn_error *err)
{
    return measure(bench, bench_job_fifo, "", err);
}

static enum wn_status measure_trials(struct bench *bench, struct wn_error *err)
{
    return measure(bench, bench_job_asha, "asha_", err);
}

const struct bench_measurement bench_reports = {
    .name = "reports",
    .summary = "10^6 reports of 10^4 trials through the coordinator, and their resume",
    .measure = measure_reports,
};

const struct bench_measurement bench_trials = {
    .name = "trials",
    .summary = "the same under ASHA, three reports a trial",
    .measure = measure_trials,
};

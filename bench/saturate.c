/* saturate.c - rank 0 as a server: what a message costs it, part by part, and when it is
 * too many of them.
 *
 * `service` measures: the parts by themselves, and whole messages in a real coordinator
 * under ASHA, with and without a journal, for ever more workers. `saturate` charges every
 * message a fixed time and lets up to 10^5 workers report; its figures are of virtual time
 * and so the same on every machine. Beside each stands what the model says
 * (src/simulate/README.md): M/D/1 while rank 0 keeps up, and the bound of a closed system
 * where it does not. `transport` measures MPI.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "comm/message.h"
#include "journal/journal.h"
#include "launch.h"
#include "rush.h"

#define CHARGE_US     10  /* a message in `saturate`; `service` and `transport`: 4 to 9 */
#define USUAL_REPORTS 2.9 /* of a trial of this job */
#define FREE_S        0.05

static const char job_text[] =
    "{\"name\": \"rush\", \"trial\": {\"runner\": \"function\"}, \"space\": {\"lr\":"
    " {\"type\": \"float\", \"low\": 1e-4, \"high\": 1, \"scale\": \"log\"}, \"width\":"
    " {\"type\": \"int\", \"low\": 8, \"high\": 4096}, \"momentum\": {\"type\": "
    "\"float\","
    " \"low\": 0, \"high\": 0.99}, \"optimizer\": {\"type\": \"categorical\", \"values\":"
    " [\"sgd\", \"adam\"]}}, \"metric\": {\"name\": \"loss\"}, \"resource\": {\"max\": "
    "27},"
    " \"scheduler\": {\"type\": \"asha\", \"variant\": \"stopping\"}}";

/* --- parts --- */

enum { N_TIMES = 200000 };

static struct wn_message report_message(const struct wn_metric *metrics)
{
    struct wn_message message = {.kind = WN_MSG_REPORT, .trial = 1000, .slot = 3};

    message.report.resource = 27;
    message.report.elapsed_ms = 27000;
    message.report.cost_ms = 1000;
    message.report.metrics = metrics;
    message.report.n_metrics = 2;
    message.report.waits = true;
    return message;
}

static const struct wn_metric two_metrics[] = {{"loss", 0.123456789012},
                                               {"accuracy", 0.87654321}};

static enum wn_status time_decode(struct bench *bench, struct wn_error *err)
{
    struct wn_message message = report_message(two_metrics), out;
    struct wn_buf bytes = {0};
    struct wn_arena arena = {0};
    double begin = bench_own_cpu_s();
    enum wn_status rc = WN_OK;

    wn_message_encode(&message, &bytes);
    for (int i = 0; !rc && i < N_TIMES; i++) {
        wn_arena_reset(&arena);
        rc = wn_message_decode(bytes.at, bytes.n, &arena, &out, err);
    }
    bench_detail(bench_figure(bench, "service_decode_us",
                              1e6 * (bench_own_cpu_s() - begin) / N_TIMES, "us",
                              GOAL_NONE, 0),
                 "bytes", (double)bytes.n);
    wn_arena_release(&arena);
    wn_buf_release(&bytes);
    return rc;
}

static enum wn_status time_encode(struct bench *bench, struct wn_error *err)
{
    struct wn_message message = {.kind = WN_MSG_ANSWER, .trial = 1000, .slot = 3};
    struct wn_buf bytes = {0};
    double begin = bench_own_cpu_s();

    message.answer.resource = 27;
    message.answer.verdict = WN_VERDICT_CONTINUE;
    message.answer.milestone = 81;
    for (int i = 0; i < N_TIMES; i++) {
        wn_buf_clear(&bytes);
        wn_message_encode(&message, &bytes);
    }
    bench_detail(bench_figure(bench, "service_encode_us",
                              1e6 * (bench_own_cpu_s() - begin) / N_TIMES, "us",
                              GOAL_NONE, 0),
                 "bytes", (double)bytes.n);
    if (bytes.failed)
        return wn_fail(err, WN_ENOMEM, "no memory for a message");
    wn_buf_release(&bytes);
    return WN_OK;
}

static enum wn_status nothing(void *arg,
                              const struct wn_event *event,
                              struct wn_error *err)
{
    (void)arg, (void)event, (void)err;
    return WN_OK;
}

static enum wn_status time_append(struct bench *bench, struct wn_error *err)
{
    char dir[WN_PATH_MAX];
    struct wn_journal_config cfg = {.dir = dir, .study = "bench", .skips_sync = true};
    struct wn_journal_opening opening = {0};
    struct wn_journal *journal = NULL;
    struct wn_event event = {.kind = WN_EVENT_REPORTED, .trial = 1000, .time_ms = 123456};
    double begin, took;
    struct wn_json *figure;
    enum wn_status rc = wn_path_join(dir, err, bench->dir, "append");

    event.reported.resource = 27;
    event.reported.elapsed_ms = 27000;
    event.reported.cost_ms = 1000;
    event.reported.metrics = two_metrics;
    event.reported.n_metrics = 2;
    event.reported.is_milestone = true;
    event.reported.verdict = WN_VERDICT_CONTINUE;
    event.reported.milestone = 81;
    if (!rc)
        rc = wn_journal_open(&cfg, nothing, NULL, &journal, &opening, err);
    begin = bench_own_cpu_s();
    for (int i = 0; !rc && i < N_TIMES; i++)
        rc = wn_journal_append(journal, &event, err);
    took = 1e6 * (bench_own_cpu_s() - begin) / N_TIMES;
    if (!rc) {
        figure = bench_figure(bench, "service_append_us", took, "us", GOAL_NONE, 0);
        bench_detail(figure, "bytes", (double)wn_journal_written(journal) / N_TIMES);
    }
    wn_free(opening.lengths);
    wn_journal_close(journal);
    return rc;
}

/* --- whole messages --- */

static void describe_service(struct wn_json *figure,
                             const char *kind,
                             const struct bench_service *service)
{
    char key[64];

    (void)snprintf(key, sizeof key, "%s_us", kind);
    bench_detail(figure, key, service->mean_us);
    (void)snprintf(key, sizeof key, "%s_p99_us", kind);
    bench_detail(figure, key, service->p99_us);
}

static enum wn_status measure_workers(struct bench *bench,
                                      const struct wn_job *job,
                                      size_t n_workers,
                                      bool has_journal,
                                      struct wn_error *err)
{
    char dir[WN_PATH_MAX], key[64];
    struct bench_rush rush = {.job = job,
                              .study_dir = has_journal ? dir : NULL,
                              .n_workers = n_workers,
                              .unit_s = 3e-5 * (double)n_workers, /* it keeps up */
                              .free_s = FREE_S,
                              .warm_units = 3,
                              .n_messages = 300000};
    struct bench_rushed out = {0};
    const struct bench_service *all = &out.service[RUSH_ALL];
    struct wn_json *figure;
    enum wn_status rc;

    (void)snprintf(key, sizeof key, "service_%s%zu_us", has_journal ? "" : "unwritten_",
                   n_workers);
    rc = wn_path_join(dir, err, bench->dir, key);
    if (!rc && has_journal)
        rc = wn_dir_make(dir, err);
    if (!rc)
        rc = bench_rush_run(&rush, &out, err);
    if (rc)
        return rc;
    figure = bench_figure(bench, key, all->mean_us, "us", GOAL_NONE, 0);
    bench_detail(figure, "p50", all->p50_us);
    bench_detail(figure, "p99", all->p99_us);
    bench_detail(figure, "most", all->most_us);
    /* Of the wait behind others, what the spread of services adds: 1 for none. */
    bench_detail(figure, "spread", all->square_us2 / (all->mean_us * all->mean_us));
    describe_service(figure, "plain", &out.service[RUSH_PLAIN]);
    describe_service(figure, "judged", &out.service[RUSH_JUDGED]);
    describe_service(figure, "freed", &out.service[RUSH_FREE]);
    bench_detail(figure, "per_report_us",
                 all->mean_us * (double)all->n / (double)out.n_reports);
    bench_detail(figure, "events_per_report",
                 (double)out.n_events / (double)out.n_reports);
    return WN_OK;
}

static enum wn_status measure_service(struct bench *bench, struct wn_error *err)
{
    struct wn_job *job = NULL;
    enum wn_status rc = bench_job(job_text, &job, err);

    if (!rc)
        rc = time_decode(bench, err);
    if (!rc)
        rc = time_encode(bench, err);
    if (!rc)
        rc = time_append(bench, err);
    for (size_t n = 100; !rc && n <= 100000; n *= 10)
        rc = measure_workers(bench, job, n, true, err);
    if (!rc)
        rc = measure_workers(bench, job, 1000, false, err);
    wn_job_destroy(job);
    return rc;
}

/* --- the model beside the simulation --- */

struct predicted {
    double utilisation, answer_us;
};

/* A trial of `r` reports, of which `n_judged` wait, and a message when its slot is free takes
 * r units, the time until the slot is free, and what its messages wait. While rank 0 keeps
 * up its utilisation u is what all workers ask for in such a cycle, and an answer takes a
 * service S and, behind others (M/D/1), u S / (2 (1 - u)). Else workers wait until it does:
 * the cycle becomes W (r + 1) S long, in n_judged + 1 waits. */
static struct predicted predict(const struct bench_rush *rush, double r, double n_judged)
{
    double service_s = 1e-6 * rush->service_us, n = (double)rush->n_workers;
    double cycle_s = r * rush->unit_s + rush->free_s;
    double demand_s = n * (r + 1) * service_s, u = demand_s / cycle_s;
    struct predicted out = {.utilisation = u < 1 ? u : 1};
    double wait_s =
        u < 1 ? u * service_s / (2 * (1 - u)) : (demand_s - cycle_s) / (n_judged + 1);

    out.answer_us = 1e6 * (service_s + wait_s);
    return out;
}

static enum wn_status measure_cell(struct bench *bench,
                                   const struct wn_job *job,
                                   const char *key,
                                   size_t n_workers,
                                   double unit_s,
                                   double warm_units,
                                   struct wn_error *err)
{
    struct bench_rush rush = {.job = job,
                              .n_workers = n_workers,
                              .unit_s = unit_s,
                              .free_s = FREE_S,
                              .service_us = CHARGE_US,
                              .warm_units = warm_units,
                              .n_messages = 100000 + 6 * n_workers};
    struct bench_rushed out = {0};
    const struct bench_service *freed = &out.service[RUSH_FREE];
    struct predicted predicted;
    struct wn_json *figure;
    double r;
    enum wn_status rc = bench_rush_run(&rush, &out, err);

    if (rc)
        return rc;
    r = (double)out.n_reports / (double)freed->n;
    predicted = predict(&rush, r, (double)out.service[RUSH_JUDGED].n / (double)freed->n);
    figure = bench_figure(bench, key, out.answer_us, "us", GOAL_NONE, 0);
    bench_detail(figure, "predicted", predicted.answer_us);
    bench_detail(figure, "p99", out.answer_p99_us);
    bench_detail(figure, "utilisation", out.busy_s / out.virtual_s);
    bench_detail(figure, "utilisation_predicted", predicted.utilisation);
    bench_detail(figure, "reports_per_s", (double)out.n_reports / out.virtual_s);
    bench_detail(figure, "reports_per_trial", r);
    return WN_OK;
}

/* 10,000 workers, and units so long that rank 0 is this busy. */
static enum wn_status measure_utilisations(struct bench *bench,
                                           const struct wn_job *job,
                                           struct wn_error *err)
{
    static const int percents[] = {30, 50, 70, 80, 90, 95};
    enum wn_status rc = WN_OK;

    for (size_t i = 0; !rc && i < sizeof percents / sizeof percents[0]; i++) {
        double n = 10000,
               cycle_s = n * (USUAL_REPORTS + 1) * 1e-4 * CHARGE_US / percents[i];
        char key[64];

        (void)snprintf(key, sizeof key, "saturate_at_%d_percent_us", percents[i]);
        rc = measure_cell(bench, job, key, (size_t)n, (cycle_s - FREE_S) / USUAL_REPORTS,
                          40, err);
    }
    return rc;
}

static enum wn_status measure_saturate(struct bench *bench, struct wn_error *err)
{
    static const double units_s[] = {0.1, 1, 10, 60};
    struct wn_job *job = NULL;
    enum wn_status rc = bench_job(job_text, &job, err);

    for (size_t n = 100; !rc && n <= 100000; n *= 10)
        for (size_t i = 0; !rc && i < sizeof units_s / sizeof units_s[0]; i++) {
            char key[64];

            (void)snprintf(key, sizeof key, "saturate_%zu_%gs_us", n, units_s[i]);
            rc = measure_cell(bench, job, key, n, units_s[i], 8, err);
        }
    if (!rc)
        rc = measure_utilisations(bench, job, err);
    wn_job_destroy(job);
    return rc;
}

/* --- MPI --- */

static enum wn_status measure_transport(struct bench *bench, struct wn_error *err)
{
    static const size_t n_ranks[] = {2, 8};

    for (size_t i = 0; i < sizeof n_ranks / sizeof n_ranks[0]; i++) {
        struct bench_launch launch = {.program = "winnow-bench-flood",
                                      .n_workers = n_ranks[i],
                                      .trial = "\"none\"",
                                      .rest = ""};
        char name[32], file[WN_PATH_MAX], key[64];
        double seconds, *values = NULL;
        size_t n = 0;
        struct wn_json *figure;
        enum wn_status rc;

        (void)snprintf(name, sizeof name, "flood%zu", n_ranks[i]);
        launch.name = name;
        rc = bench_launch_run(bench, &launch, &seconds, err);
        if (!rc)
            rc = wn_path_join(file, err, bench->dir, name);
        if (!rc)
            rc = bench_read_numbers(strncat(file, ".study", 7), &values, &n, err);
        if (!rc && n == 2) {
            (void)snprintf(key, sizeof key, "transport_%zu_us", n_ranks[i]);
            figure = bench_figure(bench, key, values[0], "us", GOAL_NONE, 0);
            bench_detail(figure, "messages", values[1]);
        }
        wn_free(values);
        if (rc)
            return rc;
    }
    return WN_OK;
}

const struct bench_measurement bench_service = {
    .name = "service",
    .summary = "what a message costs rank 0, part by part and as a whole",
    .measure = measure_service,
};

const struct bench_measurement bench_saturate = {
    .name = "saturate",
    .summary = "10^2 to 10^5 workers whose messages take time, beside a queueing model",
    .measure = measure_saturate,
};

const struct bench_measurement bench_transport = {
    .name = "transport",
    .summary = "what a message costs rank 0 in MPI alone",
    .needs_mpirun = true,
    .measure = measure_transport,
};

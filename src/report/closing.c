/* closing.c - the end of a run: what was found, what failed, where everything lies. */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/table.h"
#include "report/report_internal.h"

enum { TEXT_MOST = 160 }; /* bytes of a failure's text */

struct failures {
    uint64_t n;
    uint32_t first;
};

static void count_failures(const struct wn_history *history, struct failures *by_reason)
{
    for (uint32_t t = 0; t < wn_history_n_trials(history); t++) {
        const struct wn_trial *seen = wn_history_trial(history, t);

        if (seen->state != WN_TRIAL_FAILED || seen->failure >= WN_FAILURE_N)
            continue;
        if (!by_reason[seen->failure].n++)
            by_reason[seen->failure].first = t;
    }
}

void wn_report_failures(const struct wn_study *study,
                        struct wn_report_style style,
                        struct wn_buf *out)
{
    const struct wn_history *history = wn_study_history(study);
    struct failures by_reason[WN_FAILURE_N] = {0};
    struct wn_table table;

    if (!wn_history_totals(history).n_failed)
        return;
    count_failures(history, by_reason);
    wn_table_init(&table, "lrrl");
    wn_table_add(&table, "reason");
    wn_table_add(&table, "trials");
    wn_table_add(&table, "first");
    wn_table_add(&table, "what it said");
    for (int f = 0; f < WN_FAILURE_N; f++) {
        const char *text;

        if (!by_reason[f].n)
            continue;
        text = wn_history_trial(history, by_reason[f].first)->text;
        wn_table_add(&table, wn_failure_name((enum wn_failure)f));
        wn_table_addf(&table, "%" PRIu64, by_reason[f].n);
        wn_table_addf(&table, "%u", by_reason[f].first);
        wn_table_addf(&table, "%.*s", (int)wn_text_cut(text, TEXT_MOST), text);
    }
    wn_report_head(style, "failures", out);
    wn_report_print_table(&table, style, out);
    wn_table_release(&table);
}

static enum wn_status add_best(const struct wn_study *study,
                               const struct wn_job *job,
                               size_t n_best,
                               struct wn_report_style style,
                               struct wn_buf *out,
                               struct wn_error *err)
{
    uint32_t *trials = NULL;
    size_t n = 0, n_shown = 0;
    enum wn_status rc =
        wn_report_select(study, WN_REPORT_BY_METRIC, false, &trials, &n, err);

    if (rc != WN_OK)
        return rc;
    while (n_shown < n && n_shown < n_best &&
           wn_history_trial(wn_study_history(study), trials[n_shown])->n_reports)
        n_shown++;
    if (n_shown) {
        wn_report_head(style, "best trials", out);
        wn_report_trials(study, job, trials, n_shown, style, out);
    } else {
        wn_buf_adds(out, "no trial has reported yet\n");
    }
    wn_free(trials);
    return WN_OK;
}

/* A configuration is not all of a trial that was forked. */
static void add_schedule(const char *study_dir,
                         struct wn_report_style style,
                         struct wn_buf *out)
{
    struct wn_buf dir = {0};

    wn_report_head(style, "the best training again", out);
    (void)wn_report_add_word(&dir, study_dir);
    wn_buf_addf(out,
                "  winnow best --schedule %s > again.json && winnow run again.json\n",
                wn_buf_text(&dir));
    out->failed = out->failed || dir.failed;
    wn_buf_release(&dir);
}

static enum wn_status add_again(const struct wn_study *study,
                                const struct wn_job *job,
                                const char *study_dir,
                                struct wn_report_style style,
                                struct wn_buf *out,
                                struct wn_error *err)
{
    const struct wn_history *history = wn_study_history(study);
    const struct wn_report *best = wn_history_best(history, false);
    struct wn_buf command = {0};
    struct wn_error said = {0};
    enum wn_status rc;

    if (!best)
        return WN_OK;
    if (study_dir &&
        wn_history_source_at(history, best->trial, best->resource).resource) {
        add_schedule(study_dir, style, out);
        return WN_OK;
    }
    rc = wn_report_command(study, job, best->trial, &command, &said);
    if (rc == WN_OK) {
        wn_report_head(style, "the best configuration again", out);
        wn_buf_addf(out, "  %s\n", wn_buf_text(&command));
    } else if (rc != WN_EINVAL && err) {
        *err = said;
    }
    out->failed = out->failed || command.failed;
    wn_buf_release(&command);
    return rc == WN_EINVAL ? WN_OK : rc; /* a runner without programs */
}

static void add_places(const char *dir, struct wn_report_style style, struct wn_buf *out)
{
    static const struct {
        const char *name, *what;
    } places[] = {
        {"results.h5", "trials and reports as tables"},
        {"journal", "every event (winnow journal)"},
        {"winnow.log", "the coordinator's log"},
        {"trials", "output of failed trials (winnow logs ID)"},
        {"checkpoints", "checkpoints (winnow best --checkpoint)"},
    };
    struct wn_table table;

    wn_table_init(&table, "ll");
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        char path[WN_PATH_MAX];

        if (wn_path_join(path, NULL, dir, places[i].name) != WN_OK ||
            !wn_file_exists(path))
            continue;
        wn_table_add(&table, places[i].name);
        wn_table_add(&table, places[i].what);
    }
    wn_buf_addf(out, "%s\n", dir);
    style.has_color = false; /* a list without a head */
    wn_report_print_table(&table, style, out);
    wn_table_release(&table);
}

enum wn_status wn_report_closing(const struct wn_study *study,
                                 const struct wn_job *job,
                                 const char *study_dir,
                                 size_t n_best,
                                 struct wn_report_style style,
                                 struct wn_buf *out,
                                 struct wn_error *err)
{
    enum wn_status rc;
    char time[48];

    wn_buf_addf(out, "study %s ", job->name);
    wn_report_end_text(study, out);
    wn_buf_addf(out, " (after %s)\n",
                wn_duration_print(wn_study_time_ms(study), time, sizeof time));
    wn_report_counts(study, out);
    wn_buf_addc(out, '\n');
    wn_report_spent(study, job, out);
    wn_report_bare(study, job, out);
    wn_buf_addc(out, '\n');
    rc = add_best(study, job, n_best, style, out, err);
    if (rc == WN_OK)
        wn_report_failures(study, style, out);
    if (rc == WN_OK)
        rc = add_again(study, job, study_dir, style, out, err);
    if (rc == WN_OK && study_dir)
        add_places(study_dir, style, out);
    return rc;
}

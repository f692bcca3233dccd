/* status.c - `winnow status`: how far a study is, from its files alone.
 *
 * The run is never contacted, so looking cannot disturb it, and a study on a shared file
 * system is followed from any host. --follow reads the journal again when it grew.
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/study_arg.h"

/* A study of a million reports takes seconds to read: at most a quarter of the time. */
enum { LOOK_EVERY_MS = 500, IDLE_ROUNDS = 10, REST_PER_READ = 3 };

struct status {
    const char *name;
    bool follows, prints_json;
};

static const struct argp_option options[] = {
    {"follow", 'f', NULL, 0, "Go on until the study ends", 0},
    {"json", 'j', NULL, 0, "One JSON object", 0},
    {0},
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct status *status = state->input;

    switch (key) {
    case 'f': status->follows = true; return 0;
    case 'j': status->prints_json = true; return 0;
    case ARGP_KEY_END:
        if (status->follows && status->prints_json)
            argp_error(state, "--json shows one moment, --follow many: choose one");
        return 0;
    default: return wn_cli_take_study(&status->name, key, arg, state);
    }
}

static const struct argp argp = {
    options,
    parse_option,
    "[STUDY]",
    "Show how far a study is: trials by state, rungs, what runs where, the best so far."
    "\v" WN_CLI_STUDY_HELP "\n\n"
    "Exit status: 0 the study is complete or running, 75 it was interrupted and can go "
    "on, 1 failed, 2 wrong usage.",
    NULL,
    NULL,
    NULL};

/* Whether the study has come to an end that no further opening goes beyond. */
static bool is_complete(const struct wn_report_study *study)
{
    const char *criterion;
    enum wn_stop_reason reason = wn_study_stop_reason(study->study, &criterion);

    return wn_study_is_closed(study->study) &&
           (reason == WN_STOP_DONE || reason == WN_STOP_CRITERION);
}

static int code_of(const struct wn_report_study *study, bool lives)
{
    return lives || is_complete(study) ? WN_EXIT_COMPLETE : WN_EXIT_RESUMABLE;
}

static void add_state(const struct wn_report_study *study, bool lives, struct wn_buf *out)
{
    if (wn_study_is_closed(study->study))
        wn_report_end_text(study->study, out);
    else if (lives)
        wn_buf_addf(out, "running on %s with %u slot%s", study->host, study->n_slots,
                    study->n_slots == 1 ? "" : "s");
    else
        wn_buf_adds(out, "interrupted; the same command goes on from here");
}

static void show(const struct wn_report_study *study, bool lives, struct wn_buf *out)
{
    struct wn_report_style style = wn_cli_style();
    int64_t now = wn_cli_study_now(study, lives);

    wn_buf_addf(out, "study %s: ", study->job->name);
    add_state(study, lives, out);
    if (study->n_openings > 1)
        wn_buf_addf(out, " (opened %u times)", study->n_openings);
    wn_buf_adds(out, "\n");
    wn_report_progress_line(study->study, study->job, now, style, out);
    wn_buf_addc(out, '\n');
    wn_report_spent(study->study, study->job, out);
    wn_report_bare(study->study, study->job, out);
    wn_report_rungs(study->study, study->job, style, out);
    wn_report_running(study->study, study->job, now, style, out);
    wn_report_failures(study->study, style, out);
    if (study->summary.torn_bytes)
        wn_buf_addf(out, "%" PRIu64 " bytes at the end of the journal are not whole\n",
                    study->summary.torn_bytes);
}

static struct wn_json *json_of(const struct wn_report_study *study, bool lives)
{
    const struct wn_history *history = wn_study_history(study->study);
    struct wn_totals totals = wn_history_totals(history);
    const struct wn_report *best = wn_history_best(history, false);
    struct wn_json *object = wn_json_new_object();
    const char *state = is_complete(study)                 ? "complete"
                        : lives                            ? "running"
                        : wn_study_is_closed(study->study) ? "stopped"
                                                           : "interrupted";
    const struct {
        const char *name;
        uint64_t value;
    } counts[] = {
        {"trials", totals.n_configured}, {"running", wn_study_n_running(study->study)},
        {"paused", totals.n_paused},     {"completed", totals.n_completed},
        {"stopped", totals.n_stopped},   {"failed", totals.n_failed},
        {"reports", totals.n_reports},   {"resource", (uint64_t)totals.resource},
        {"openings", study->n_openings}, {"slots", study->n_slots},
    };
    bool ok =
        object && wn_json_set(object, "study", wn_json_new_string(study->job->name)) &&
        wn_json_set(object, "dir", wn_json_new_string(study->dir)) &&
        wn_json_set(object, "state", wn_json_new_string(state)) &&
        wn_json_set(object, "host", wn_json_new_string(study->host)) &&
        wn_json_set(object, "time",
                    wn_json_new_number((double)wn_cli_study_now(study, lives) / 1000));

    for (size_t i = 0; ok && i < sizeof counts / sizeof counts[0]; i++)
        ok = wn_json_set(object, counts[i].name,
                         wn_json_new_integer((int64_t)counts[i].value));
    ok = ok &&
         wn_json_set(object, "cost", wn_json_new_number((double)totals.cost_ms / 1000));
    if (ok && best)
        ok = wn_json_set(object, "best",
                         wn_report_trial_json(study->study, study->job, best->trial));
    if (ok)
        return object;
    wn_json_destroy(object);
    return NULL;
}

static int show_once(const struct status *status)
{
    struct wn_report_study study;
    struct wn_buf out = {0};
    int code = wn_cli_open_study(status->name, &study);
    bool lives;

    if (code != WN_EXIT_COMPLETE)
        return code;
    lives = wn_cli_study_lives(study.dir);
    if (status->prints_json) {
        struct wn_json *json = json_of(&study, lives);

        if (json)
            wn_json_print(json, &out);
        out.failed = out.failed || !json;
        wn_buf_addc(&out, '\n');
        wn_json_destroy(json);
    } else {
        show(&study, lives, &out);
    }
    code = wn_cli_print(&out);
    if (code == WN_EXIT_COMPLETE)
        code = code_of(&study, lives);
    wn_buf_release(&out);
    wn_report_close(&study);
    return code;
}

/* Cut a picture that the terminal cannot hold: the cursor goes back no further than its
 * first line. Returns its lines. */
static size_t fit_height(struct wn_buf *picture)
{
    struct winsize size;
    size_t n = 0, most = SIZE_MAX;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 2)
        most = size.ws_row - 1U;
    for (size_t i = 0; i < picture->n; i++) {
        if (picture->at[i] != '\n' || ++n < most)
            continue;
        picture->n = i + 1;
        picture->at[i + 1] = 0;
        return n;
    }
    return n;
}

/* On a terminal the picture is drawn over the last one; elsewhere a line is added. */
static int draw(const struct wn_report_study *study, bool lives, size_t *n_lines)
{
    struct wn_report_style style = wn_cli_style();
    struct wn_buf out = {0}, picture = {0};
    int code;

    if (style.width) {
        show(study, lives, &picture);
        if (*n_lines)
            wn_buf_addf(&out, "\033[%zuA\033[J", *n_lines);
        *n_lines = fit_height(&picture);
        wn_buf_adds(&out, wn_buf_text(&picture));
        out.failed = out.failed || picture.failed;
    } else {
        wn_report_progress_line(study->study, study->job, wn_cli_study_now(study, lives),
                                style, &out);
        wn_buf_addc(&out, '\n');
    }
    code = wn_cli_print(&out);
    wn_buf_release(&out);
    wn_buf_release(&picture);
    return code;
}

static void sleep_ms(long ms)
{
    struct timespec span = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

    nanosleep(&span, NULL);
}

static int follow(const struct status *status)
{
    char dir[WN_PATH_MAX];
    uint64_t size = UINT64_MAX;
    size_t n_lines = 0;
    int code = wn_cli_find_study(status->name, dir), n_idle = 0;

    while (code == WN_EXIT_COMPLETE) {
        uint64_t now = wn_report_journal_size(dir);
        struct wn_report_study study;
        int64_t begun_us = wn_clock_mono_us();
        bool lives, is_over;

        if (now == size && ++n_idle < IDLE_ROUNDS) {
            sleep_ms(LOOK_EVERY_MS);
            continue;
        }
        size = now;
        n_idle = 0;
        code = wn_cli_open_study(dir, &study);
        if (code != WN_EXIT_COMPLETE)
            break;
        lives = wn_cli_study_lives(dir);
        is_over = !lives || wn_study_is_closed(study.study);
        code = draw(&study, lives, &n_lines);
        if (code == WN_EXIT_COMPLETE && is_over)
            code = code_of(&study, false);
        wn_report_close(&study);
        if (is_over)
            break;
        sleep_ms(LOOK_EVERY_MS +
                 REST_PER_READ * (long)((wn_clock_mono_us() - begun_us) / 1000));
    }
    return code;
}

static int run(int argc, char **argv)
{
    struct status status = {0};

    wn_cli_parse(&argp, argc, argv, &status);
    return status.follows ? follow(&status) : show_once(&status);
}

const struct wn_command wn_command_status = {
    .name = "status",
    .summary = "show how far a study is",
    .run = run,
};

/* study_arg.c - which study a command means. */
#define _GNU_SOURCE
#include "cli/study_arg.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "coordinator/heartbeat.h"

int wn_cli_find_study(const char *name, char *dir)
{
    struct wn_error err = {0};

    if (wn_report_find(name, getenv("WINNOW_DIR"), dir, &err) == WN_OK)
        return WN_EXIT_COMPLETE;
    return wn_cli_fail(&err);
}

int wn_cli_open_study(const char *name, struct wn_report_study *out)
{
    char dir[WN_PATH_MAX];
    struct wn_error err = {0};
    int code = wn_cli_find_study(name, dir);

    if (code == WN_EXIT_COMPLETE && wn_report_open(dir, false, out, &err) != WN_OK) {
        fprintf(stderr, "winnow: %s\n", err.text);
        return WN_EXIT_FAILED;
    }
    return code;
}

bool wn_cli_study_lives(const char *dir)
{
    struct wn_error err = {0};

    return wn_heartbeat_check(dir, &err) == WN_EBUSY;
}

int64_t wn_cli_study_now(const struct wn_report_study *study, bool lives)
{
    int64_t last = wn_study_time_ms(study->study);
    int64_t now = study->opened_ms + wn_clock_wall_ms() - study->opened_wall_ms;

    /* The clocks of two hosts may differ; the study's own last word is the least. */
    return lives && now > last ? now : last;
}

bool wn_cli_trial(const struct wn_report_study *study, const char *text, uint32_t *trial)
{
    uint32_t n = wn_history_n_trials(wn_study_history(study->study));
    char *end;
    unsigned long value;

    errno = 0;
    value = strtoul(text, &end, 10);
    if (end != text && !*end && !errno && *text != '-' && value < n) {
        *trial = (uint32_t)value;
        return true;
    }
    if (n)
        fprintf(stderr, "winnow: there is no trial %s; the study has 0 to %u\n", text,
                n - 1);
    else
        fprintf(stderr, "winnow: there is no trial %s; the study has none yet\n", text);
    return false;
}

error_t wn_cli_take_study(const char **name, int key, char *arg, struct argp_state *state)
{
    if (key != ARGP_KEY_ARG)
        return ARGP_ERR_UNKNOWN;
    return wn_cli_take_one(name, "study", arg, state);
}

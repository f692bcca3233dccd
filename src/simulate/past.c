/* past.c - see past.h. */
#include "simulate/past.h"

#include <string.h>

#include "base/mem.h"

enum { SLOTS_MOST = 1000000 };

static enum wn_status no_memory(struct wn_error *err)
{
    return wn_fail(err, WN_ENOMEM, "no memory for the job of a study");
}

static struct wn_json *trial_of(const struct wn_past *past)
{
    struct wn_json *trial = wn_json_new_object();
    bool ok =
        wn_json_set(trial, "runner", wn_json_new_string("table")) &&
        wn_json_set(trial, "benchmark", wn_json_new_string(past->dir)) &&
        wn_json_set(trial, "surrogate", wn_json_new_string("none")) &&
        /* The time until the first report was recorded with it. */
        wn_json_set(trial, "start_delay", wn_json_new_number(0)) &&
        wn_json_set(trial, "cores",
                    wn_json_new_integer(wn_values_int(past->job->trial, "cores"))) &&
        wn_json_set(trial, "retries",
                    wn_json_new_integer(wn_values_int(past->job->trial, "retries")));

    if (ok && past->n_slots && past->n_slots <= SLOTS_MOST)
        ok = wn_json_set(trial, "slots", wn_json_new_integer(past->n_slots));
    if (ok)
        return trial;
    wn_json_destroy(trial);
    return NULL;
}

static bool was_tried(const struct wn_trial *trial)
{
    return trial->n_reports || trial->state == WN_TRIAL_FAILED;
}

/* Initial configurations that the study came to try: they are given out in their order. */
static struct wn_json *initial_of(const struct wn_past *past)
{
    const struct wn_history *history = wn_study_history(past->study);
    const struct wn_json *item = wn_json_first(wn_json_get(past->job->root, "initial"));
    struct wn_json *list = wn_json_new_list();
    bool ok = list != NULL;

    for (uint32_t t = 0; ok && item && t < wn_history_n_trials(history); t++) {
        const struct wn_trial *trial = wn_history_trial(history, t);

        if (!trial->cells || trial->origin != WN_ORIGIN_USER)
            continue;
        if (was_tried(trial))
            ok = wn_json_add(list, wn_json_copy(item));
        item = wn_json_next(item);
    }
    if (ok)
        return list;
    wn_json_destroy(list);
    return NULL;
}

/* Whether configurations may be tried that the study did not try. */
static bool is_open(const struct wn_json *root)
{
    const char *surrogate =
        wn_json_string(wn_json_get(wn_json_get(root, "trial"), "surrogate"));

    return !surrogate || strcmp(surrogate, "none") != 0;
}

static bool sets(const char *const *at, size_t n, const char *key)
{
    for (size_t i = 0; i < n; i++)
        if (strncmp(at[i], key, strlen(key)) == 0 && at[i][strlen(key)] == '=')
            return true;
    return false;
}

enum wn_status wn_past_job(const struct wn_past *past,
                           const char *const *words,
                           size_t n_words,
                           struct wn_problems *problems,
                           struct wn_job **out,
                           struct wn_error *err)
{
    struct wn_json *root = wn_json_copy(past->job->root);
    bool has_method = sets(words, n_words, "method");
    enum wn_status rc = WN_OK;

    if (!wn_json_set(root, "trial", trial_of(past)) ||
        !wn_json_set(root, "initial", initial_of(past)))
        rc = no_memory(err);
    if (rc == WN_OK) {
        wn_json_remove(root, "space"); /* the benchmark brings it, with its rows */
        if (has_method || sets(words, n_words, "scheduler.type"))
            wn_json_remove(root, "scheduler");
        if (has_method || sets(words, n_words, "searcher.type"))
            wn_json_remove(root, "searcher");
        rc = wn_job_apply_sets(root, words, n_words, problems, err);
    }
    if (rc == WN_OK && !is_open(root) && !sets(words, n_words, "restrict_configurations"))
        wn_json_remove(root, "restrict_configurations"); /* to what was tried */
    if (rc == WN_OK)
        rc = wn_job_parse_tree(root, past->dir, problems, out, err);
    wn_json_destroy(root);
    return rc;
}

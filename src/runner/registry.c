/* registry.c - the table of runners, made from runners.def, and the "trial" section. */
#include <string.h>

#include "base/registry.h"
#include "runner/runner_internal.h"

#define WN_RUNNER(name) extern const struct wn_runner_ops wn_runner_##name;
#include "runner/runners.def"
#undef WN_RUNNER

#define WN_RUNNER(name) &wn_runner_##name,
static const struct wn_runner_ops *const table[] = {
#include "runner/runners.def"
};
#undef WN_RUNNER

#define WN_RUNNER(name) #name,
const char *const wn_runner_names[] = {
#include "runner/runners.def"
    NULL};
#undef WN_RUNNER

const char *const wn_trial_log_choices[] = {"failed", "all", NULL};

const struct wn_option wn_trial_options[] = {WN_TRIAL_OPTIONS, {.name = NULL}};

_Static_assert(sizeof wn_trial_options / sizeof wn_trial_options[0] ==
                   WN_N_TRIAL_OPTIONS + 1,
               "runners find their own keys behind the common ones by this count");

WN_REGISTRY(struct wn_runner_ops, wn_runner, table)

/* The runner the section names, or the default; an unknown name is told by the table. */
static const struct wn_runner_ops *named(const struct wn_json *trial)
{
    const struct wn_json *name = wn_json_get(trial, "runner");
    const struct wn_runner_ops *found = NULL;

    if (wn_json_is(name, WN_JSON_STRING))
        found = wn_runner_find(wn_json_string(name));
    return found ? found : wn_runner_find("process");
}

enum wn_status wn_runner_values(const struct wn_json *trial,
                                struct wn_problems *problems,
                                const struct wn_runner_ops **runner,
                                struct wn_values **out,
                                struct wn_error *err)
{
    const struct wn_runner_ops *ops = named(trial);
    enum wn_status rc =
        wn_values_parse(ops->table, trial, "trial", NULL, problems, out, err);

    if (rc == WN_OK)
        *runner = ops;
    return rc;
}

/* schedule.c - how a trial came about, as a job that trains once in the same way.
 *
 * A trial that was forked from another's checkpoint has a past: the line of forks back to
 * a trial that began from nothing. Each of them trained a stretch of the resource with its
 * own configuration; together they are the schedule of hyperparameters that population
 * based training found. A trial that was never forked gives a schedule of one segment.
 *
 * It ends where the trial does. A trial that began afresh, since what it was forked from was
 * damaged, has two pasts: then it is that of its best report, and ends there if the other
 * came later.
 */
#include <string.h>

#include "base/mem.h"
#include "report/report_internal.h"

static const struct wn_trial *look(const struct wn_study *study, uint32_t trial)
{
    return wn_history_trial(wn_study_history(study), trial);
}

static bool add_segment(const struct wn_study *study,
                        const struct wn_job *job,
                        uint32_t trial,
                        int64_t until,
                        struct wn_json *untils,
                        struct wn_json *configurations)
{
    return wn_json_add(untils, wn_json_new_integer(until)) &&
           wn_json_add(configurations,
                       wn_config_json(job->space, look(study, trial)->cells, false));
}

int64_t wn_report_best_resource(const struct wn_history *history, uint32_t trial)
{
    const struct wn_trial *seen = wn_history_trial(history, trial);

    return seen->n_reports ? seen->reports[seen->best].resource
                           : wn_history_resource(history, trial);
}

struct stretch {
    uint32_t trial;
    int64_t until;
};

/* Where the schedule ends: with the past that the best report has. */
static int64_t end_of(const struct wn_history *history, uint32_t trial)
{
    int64_t best = wn_report_best_resource(history, trial);
    int64_t last = wn_history_resource(history, trial);
    struct wn_generation then = wn_history_source_at(history, trial, best);
    struct wn_generation now = wn_history_source_at(history, trial, last);

    return then.resource == now.resource && then.trial == now.trial ? last : best;
}

/* From the first ancestor to the trial itself. Sources are earlier trials, so this ends. */
static bool add_line(const struct wn_study *study,
                     const struct wn_job *job,
                     uint32_t trial,
                     struct wn_json *untils,
                     struct wn_json *configurations)
{
    const struct wn_history *history = wn_study_history(study);
    struct wn_generation from = {.trial = trial, .resource = end_of(history, trial)};
    WN_VEC(struct stretch) line = {0};
    bool ok = true;

    while (ok && from.resource) {
        struct stretch *item = wn_vec_push(&line);

        ok = item != NULL;
        if (ok)
            *item = (struct stretch){.trial = from.trial, .until = from.resource};
        from = wn_history_source_at(history, from.trial, from.resource);
    }
    for (size_t i = line.n; ok && i-- > 0;)
        ok = add_segment(study, job, line.at[i].trial, line.at[i].until, untils,
                         configurations);
    wn_vec_release(&line);
    return ok;
}

/* {"type": "schedule", KEY: []}; NULL without memory. */
static struct wn_json *part(const char *key)
{
    struct wn_json *object = wn_json_new_object();

    if (wn_json_set(object, "type", wn_json_new_string("schedule")) &&
        wn_json_set(object, key, wn_json_new_list()))
        return object;
    wn_json_destroy(object);
    return NULL;
}

/* The job but for its segments, in place of what the study's job says. */
static bool replace_sections(struct wn_json *root, const struct wn_job *job)
{
    struct wn_buf name = {0};
    bool ok;

    wn_buf_addf(&name, "%.*s-schedule", 100, job->name);
    ok = !name.failed &&
         wn_json_set(root, "name", wn_json_new_string(wn_buf_text(&name))) &&
         wn_json_set(root, "scheduler", part("until")) &&
         wn_json_set(root, "searcher", part("configurations")) &&
         wn_json_set(root, "initial", wn_json_new_list()) &&
         wn_json_set(root, "batch", wn_json_new_integer(0)) &&
         wn_json_set(root, "stop", wn_json_new_object());
    wn_buf_release(&name);
    return ok;
}

enum wn_status wn_report_schedule(const struct wn_study *study,
                                  const struct wn_job *job,
                                  uint32_t trial,
                                  struct wn_buf *out,
                                  struct wn_error *err)
{
    struct wn_json *root, *untils, *stop;
    bool ok;

    if (!look(study, trial)->n_reports)
        return wn_fail(err, WN_EINVAL,
                       "trial %u has not reported, so there is nothing to repeat", trial);
    root = wn_json_copy(job->root);
    ok = root && replace_sections(root, job);
    if (ok) {
        untils = wn_json_member(wn_json_member(root, "scheduler"), "until");
        stop = wn_json_member(root, "stop");
        ok = add_line(
                 study, job, trial, untils,
                 wn_json_member(wn_json_member(root, "searcher"), "configurations")) &&
             wn_json_set(stop, "trials_started",
                         wn_json_new_integer((int64_t)wn_json_size(untils)));
    }
    if (ok) {
        wn_json_print_pretty(root, out);
        wn_buf_addc(out, '\n');
    }
    wn_json_destroy(root);
    return ok && !out->failed ? WN_OK
                              : wn_fail(err, WN_ENOMEM, "no memory for the schedule");
}

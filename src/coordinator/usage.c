/* usage.c - what the slots did, and what they waited for when they did nothing. */
#include "base/clock.h"
#include "base/log.h"
#include "coordinator/coordinator_internal.h"

void wn_usage_pass(struct wn_coord *coord, int64_t now_us)
{
    int64_t passed_us = now_us > coord->now_us ? now_us - coord->now_us : 0;
    enum wn_idle why = wn_study_idle(study_of(coord));

    coord->usage.busy_us += passed_us * (int64_t)coord->n_busy;
    coord->usage.resting_us += passed_us * (int64_t)coord->n_resting;
    coord->usage.idle_us[why] += passed_us * (int64_t)coord->n_idle;
    coord->now_us = now_us;
}

struct wn_usage wn_coord_usage(const struct wn_coord *coord)
{
    return coord->usage;
}

static void add_share(struct wn_buf *out,
                      int64_t part_us,
                      int64_t all_us,
                      const char *why)
{
    double percent = 100 * (double)part_us / (double)all_us;

    if (part_us > 0)
        wn_buf_addf(out, "; %.*f %% %s", percent < 10 ? 1 : 0, percent, why);
}

void wn_usage_log(const struct wn_coord *coord)
{
    const struct wn_usage *usage = &coord->usage;
    int64_t all_us = usage->busy_us + usage->resting_us;
    struct wn_buf text = {0};
    char time[48];

    for (int why = 0; why < WN_IDLE_N; why++)
        all_us += usage->idle_us[why];
    if (all_us <= 0)
        return;
    wn_duration_print(all_us / 1000, time, sizeof time);
    for (int why = 0; why < WN_IDLE_N; why++)
        add_share(&text, usage->idle_us[why], all_us, wn_idle_text((enum wn_idle)why));
    add_share(&text, usage->resting_us, all_us, "slots rested that could start nothing");
    wn_info("study", "slots were busy for %.1f %% of %s of their time%s",
            100 * (double)usage->busy_us / (double)all_us, time, wn_buf_text(&text));
    wn_buf_release(&text);
}

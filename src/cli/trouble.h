/* cli/trouble.h - options of commands that simulate: lost workers, jobs with a time limit. */
#ifndef WN_CLI_TROUBLE_H
#define WN_CLI_TROUBLE_H

#include <argp.h>

#include "simulate/campaign.h"

struct wn_cli_trouble {
    size_t n_workers; /* 0: one, or where workers are lost one for each slot */
    double losses_per_hour;
    int64_t back_ms, job_ms, drain_ms, queue_ms;
};

/* Before parsing: workers are away for 10 minutes; how long to drain is not said. */
#define WN_CLI_TROUBLE_USUAL              \
    {                                     \
        .back_ms = 600000, .drain_ms = -1 \
    }

/* A child parser; its input is a struct wn_cli_trouble. */
extern const struct argp wn_cli_trouble_argp;

/* Slots over workers, and the trouble; INT and TERM end the campaign. WN_EINVAL: the slots
 * do not go over the workers. */
enum wn_status wn_cli_trouble_apply(const struct wn_cli_trouble *trouble,
                                    size_t n_slots,
                                    struct wn_campaign_config *cfg,
                                    struct wn_error *err) WN_MUST_CHECK;
/* What happened, in lines; nothing if nothing did. */
void wn_cli_trouble_tell(const struct wn_cli_trouble *trouble,
                         struct wn_campaign *campaign,
                         const struct wn_job *job,
                         struct wn_buf *out);

#endif /* WN_CLI_TROUBLE_H */

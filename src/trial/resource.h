/* trial/resource.h - what a training program's resource value means, in one place.
 *
 * Resource values (epochs, steps) are positive integers. Of what programs report:
 *   - the job's resource.first (0 or 1) is the value of the first unit: a program that
 *     counts epochs from 0 has 1 added to every value;
 *   - a value that is missing counts on: one more than the report before (or than the
 *     checkpoint it went on from);
 *   - a value that is not an integer, or below the first, is refused (the trial fails);
 *   - a value beyond resource.max is taken as it is and ends the trial like the maximum;
 *   - a value at or below one already recorded is a repetition (rule 6): counted, not
 *     stored; but within one run of a program values must not decrease: that is refused.
 *     A run may begin below the checkpoint it was given (a program that cannot restore
 *     starts again): its first report is not measured against the checkpoint;
 *   - values may skip: a report answers for every milestone it passes.
 */
#ifndef WN_TRIAL_RESOURCE_H
#define WN_TRIAL_RESOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct wn_resource_rule {
    int64_t first; /* 0 or 1 */
    int64_t start; /* unit of the checkpoint this run of the program was given, 0: none */
};

/* `value` as reported (has_value false: missing), `previous` the last unit of this run of
 * the program (or of the checkpoint it was started from, 0: none). WN_EINVAL explains. */
enum wn_status wn_resource_normalise(const struct wn_resource_rule *rule,
                                     bool has_value,
                                     double value,
                                     int64_t previous,
                                     int64_t *resource,
                                     struct wn_error *err) WN_MUST_CHECK;

#endif /* WN_TRIAL_RESOURCE_H */

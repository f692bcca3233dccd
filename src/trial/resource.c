/* resource.c - the one place that reads a program's resource value. */
#include "trial/resource.h"

#include <inttypes.h>
#include <math.h>

#include "base/assert.h"

/* Beyond 2^53 a JSON number no longer tells neighbouring integers apart. */
#define LARGEST 9007199254740992.0

enum wn_status wn_resource_normalise(const struct wn_resource_rule *rule,
                                     bool has_value,
                                     double value,
                                     int64_t previous,
                                     int64_t *resource,
                                     struct wn_error *err)
{
    int64_t unit;

    WN_ASSERT(rule->first == 0 || rule->first == 1);
    WN_ASSERT(previous >= 0);
    if (!has_value) {
        if (previous >= (int64_t)LARGEST)
            return wn_fail(err, WN_EINVAL,
                           "the resource cannot be counted on from %" PRId64, previous);
        *resource = previous + 1;
        return WN_OK;
    }
    if (!isfinite(value) || floor(value) != value)
        return wn_fail(err, WN_EINVAL,
                       "a reported resource must be an integer, not %.17g", value);
    if (value < (double)rule->first || value >= LARGEST)
        return wn_fail(err, WN_EINVAL,
                       "a reported resource must be at least %" PRId64
                       " (resource.first) and below 2^53, not %.17g",
                       rule->first, value);
    unit = (int64_t)value + (1 - rule->first);
    if (unit < previous && previous != rule->start)
        return wn_fail(err, WN_EINVAL,
                       "the reported resource went back from %" PRId64 " to %" PRId64,
                       previous - (1 - rule->first), (int64_t)value);
    *resource = unit;
    return WN_OK;
}

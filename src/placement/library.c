/* library.c - which hwloc this is. */
#include <hwloc.h>

#include "placement/placement.h"

void wn_placement_library(struct wn_buf *out)
{
    unsigned version = hwloc_get_api_version();

    wn_buf_addf(out, "hwloc %u.%u.%u", version >> 16, version >> 8 & 0xff,
                version & 0xff);
}

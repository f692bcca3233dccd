/* json_library.c - which cJSON this is. */
#include "base/json_internal.h"

const char *wn_json_library(void)
{
    return cJSON_Version();
}

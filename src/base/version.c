/* version.c - the version, from the build. */
#include "base/version.h"

const char *wn_version(void)
{
    return WN_VERSION;
}

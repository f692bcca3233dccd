/* checksum_library.c - which zlib this is. */
#include <zlib.h>

#include "base/checksum.h"

const char *wn_checksum_library(void)
{
    return zlibVersion();
}

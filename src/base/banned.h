/* base/banned.h - functions that no file of ours may call.
 *
 * Included by -include from the build, so that a use is a compile error that names it.
 * Each has a safe replacement: buf.h for strings, strtol with a check for atoi,
 * clock.h and gmtime_r for times, rng.h for rand, posix_spawn for system.
 */
#ifndef WN_BASE_BANNED_H
#define WN_BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#pragma GCC poison strcpy strcat sprintf vsprintf strtok atoi atol atof localtime gmtime \
    rand srand system gets

#endif /* WN_BASE_BANNED_H */

/* base/clock.h - the machine's clocks, and durations as users write them.
 *
 * Only transports and drivers read a clock; the study never does (rule 12).
 */
#ifndef WN_BASE_CLOCK_H
#define WN_BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int64_t wn_clock_mono_us(void); /* CLOCK_MONOTONIC, microseconds */
int64_t wn_clock_wall_ms(void); /* CLOCK_REALTIME, milliseconds since 1970 */

/* "90", "90s", "10m", "12h", "2d", "250ms", "1.5h" -> milliseconds; false if it is none
 * of these, negative, or beyond 100 years. A bare number is seconds. */
bool wn_duration_parse(const char *text, int64_t *ms);
/* "45 s", "12 min 05 s", "3 h 07 min": for people. Returns `text`. */
char *wn_duration_print(int64_t ms, char *text, size_t room);

#endif /* WN_BASE_CLOCK_H */

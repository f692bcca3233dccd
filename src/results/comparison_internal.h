/* results/comparison_internal.h - what the files of a comparison share. */
#ifndef WN_RESULTS_COMPARISON_INTERNAL_H
#define WN_RESULTS_COMPARISON_INTERNAL_H

#include "results/comparison.h"

#define WN_COMPARISON_MARK "WNCOMPA1" /* seal_internal.h */
enum { WN_COMPARISON_FORMAT = 1 };

/* comparison_read.c: whether times rise and are of this world, values are numbers, counts are
 * not negative. */
bool wn_comparison_is_sound(const struct wn_comparison_cell *cell);
/* comparison_log.c: the cells of the log beside `path`, if there is one that belongs to the
 * file with this checksum. */
enum wn_status wn_comparison_read_log(const char *path,
                                      uint32_t sum,
                                      struct wn_comparison *comparison,
                                      struct wn_error *err) WN_MUST_CHECK;

#endif /* WN_RESULTS_COMPARISON_INTERNAL_H */

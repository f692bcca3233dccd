/* base/problems.h - what is wrong with a user's input, all of it at once.
 *
 * A parser goes on after a mistake and adds each to one list, so that the user sees
 * them together. A problem is a path ("space.lr.low") and a sentence with the
 * offending value and what is allowed.
 */
#ifndef WN_BASE_PROBLEMS_H
#define WN_BASE_PROBLEMS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct wn_problems {
    char **at; /* "path: sentence" each */
    size_t n, room;
    bool failed; /* out of memory: the list is incomplete, but not empty */
};

void wn_problems_release(struct wn_problems *problems);
/* One line: control characters in it become question marks. */
void wn_problems_add(struct wn_problems *problems,
                     const char *path,
                     const char *format,
                     ...) __attribute__((format(printf, 3, 4)));
/* WN_OK if the list is empty; otherwise WN_EINVAL with the first problem and the count. */
enum wn_status wn_problems_check(const struct wn_problems *problems,
                                 struct wn_error *err) WN_MUST_CHECK;
/* The candidate nearest to a misspelt name (edit distance at most 1/3 of its length, at
 * least 1), or NULL. `candidates` ends with NULL. */
const char *wn_nearest_name(const char *name, const char *const *candidates);

#endif /* WN_BASE_PROBLEMS_H */

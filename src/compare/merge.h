/* compare/merge.h - partial jobs laid over one another. */
#ifndef WN_COMPARE_MERGE_H
#define WN_COMPARE_MERGE_H

#include <stdbool.h>

#include "base/json.h"

/* Lay `over` (NULL: nothing) over the object `into`, as RFC 7396 (JSON merge patch) does:
 * objects member by member, at any depth; null takes a member away; anything else, lists
 * too, replaces what was there. False without memory. */
bool wn_compare_merge(struct wn_json *into, const struct wn_json *over);

#endif /* WN_COMPARE_MERGE_H */

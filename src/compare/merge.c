/* merge.c - see merge.h. The depth is bounded by that of parsed JSON. */
#include "compare/merge.h"

bool wn_compare_merge(struct wn_json *into, const struct wn_json *over)
{
    for (const struct wn_json *m = wn_json_first(over); m; m = wn_json_next(m)) {
        const char *key = wn_json_key(m);

        if (wn_json_is(m, WN_JSON_NULL)) {
            wn_json_remove(into, key);
            continue;
        }
        if (!wn_json_is(m, WN_JSON_OBJECT)) {
            if (!wn_json_set(into, key, wn_json_copy(m)))
                return false;
            continue;
        }
        if (!wn_json_is(wn_json_get(into, key), WN_JSON_OBJECT) &&
            !wn_json_set(into, key, wn_json_new_object()))
            return false;
        if (!wn_compare_merge(wn_json_member(into, key), m))
            return false;
    }
    return true;
}

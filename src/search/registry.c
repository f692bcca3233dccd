/* registry.c - the table of searchers, made from searchers.def. */
#include "base/registry.h"
#include "search/search.h"

#define WN_SEARCH(name) extern const struct wn_search_ops wn_search_##name;
#include "search/searchers.def"
#undef WN_SEARCH

#define WN_SEARCH(name) &wn_search_##name,
static const struct wn_search_ops *const table[] = {
#include "search/searchers.def"
};
#undef WN_SEARCH

WN_REGISTRY(struct wn_search_ops, wn_search, table)

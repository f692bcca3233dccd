/* support_slow.c - see support_slow.h. */
#include "support_slow.h"

#include "base/registry.h"

#define WN_SEARCH(name) extern const struct wn_search_ops wn_search_##name;
#include "search/searchers.def"
#undef WN_SEARCH

static const struct wn_search_ops *const table[] = {
#define WN_SEARCH(name) &wn_search_##name,
#include "search/searchers.def"
#undef WN_SEARCH
    &ponder_search};

WN_REGISTRY(struct wn_search_ops, wn_search, table)

void slow_use(struct ponder_settings settings)
{
    ponder_settings = settings;
}

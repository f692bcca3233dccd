/* registry.c - the table of searchers, made from searchers.def. */
#include <string.h>

#include "search/search.h"

#define WN_SEARCH(name) extern const struct wn_search_ops wn_search_##name;
#include "search/searchers.def"
#undef WN_SEARCH

#define WN_SEARCH(name) &wn_search_##name,
static const struct wn_search_ops *const table[] = {
#include "search/searchers.def"
};
#undef WN_SEARCH

const struct wn_search_ops *wn_search_at(size_t index)
{
    return index < sizeof table / sizeof table[0] ? table[index] : NULL;
}

const struct wn_search_ops *wn_search_find(const char *name)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (strcmp(table[i]->name, name) == 0)
            return table[i];
    return NULL;
}

/* base/json_internal.h - what the two halves of the JSON wrapper share. */
#ifndef WN_BASE_JSON_INTERNAL_H
#define WN_BASE_JSON_INTERNAL_H

#include <cjson/cJSON.h>

#include "base/json.h"

/* A struct wn_json is a cJSON by another name. */
static inline struct wn_json *wn_json_of(cJSON *node)
{
    return (struct wn_json *)node;
}

static inline cJSON *wn_json_node(struct wn_json *node)
{
    return (cJSON *)node;
}

static inline const cJSON *wn_json_peek(const struct wn_json *node)
{
    return (const cJSON *)node;
}

/* Length of the valid UTF-8 sequence that starts at `at`; 0 if there is none. */
size_t wn_json_utf8_length(const unsigned char *at, const unsigned char *end);

#endif /* WN_BASE_JSON_INTERNAL_H */

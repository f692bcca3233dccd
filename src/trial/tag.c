/* tag.c - numbers in the tags that ride on events. */
#include "trial/tag.h"

#include <string.h>

#include "base/assert.h"

void wn_tag_put(struct wn_tag *tag, uint64_t value, size_t n_bytes)
{
    WN_ASSERT(n_bytes >= 1 && n_bytes <= 8 && tag->n + n_bytes <= WN_TAG_MAX);
    WN_ASSERT(n_bytes == 8 || value >> (8 * n_bytes) == 0);
    for (size_t i = 0; i < n_bytes; i++)
        tag->bytes[tag->n++] = (uint8_t)(value >> (8 * i));
}

void wn_tag_put_tag(struct wn_tag *tag, const struct wn_tag *inner)
{
    WN_ASSERT(tag->n + inner->n <= WN_TAG_MAX);
    memcpy(tag->bytes + tag->n, inner->bytes, inner->n);
    tag->n = (uint8_t)(tag->n + inner->n);
}

uint64_t wn_tag_get(struct wn_tag_reader *reader, size_t n_bytes)
{
    uint64_t value = 0;

    WN_ASSERT(n_bytes >= 1 && n_bytes <= 8);
    if (reader->is_short || reader->at + n_bytes > reader->tag->n) {
        reader->is_short = true;
        return 0;
    }
    for (size_t i = 0; i < n_bytes; i++)
        value |= (uint64_t)reader->tag->bytes[reader->at++] << (8 * i);
    return value;
}

struct wn_tag wn_tag_rest(struct wn_tag_reader *reader)
{
    struct wn_tag rest = {0};

    if (reader->is_short)
        return rest;
    rest.n = (uint8_t)(reader->tag->n - reader->at);
    memcpy(rest.bytes, reader->tag->bytes + reader->at, rest.n);
    reader->at = reader->tag->n;
    return rest;
}

bool wn_tag_is_read(const struct wn_tag_reader *reader)
{
    return !reader->is_short && reader->at == reader->tag->n;
}

bool wn_tag_equal(const struct wn_tag *a, const struct wn_tag *b)
{
    return a->n == b->n && memcmp(a->bytes, b->bytes, a->n) == 0;
}

/* member.c - which member of a population a trial is, in the tag of its plan. */
#include "trial/member.h"

#include "trial/tag.h"

/* The first byte, so that no other tag is taken for one. Journaled. */
enum { MEMBER = 0xb1 };
enum { MEMBER_BYTES = 6, BEFORE_LEAST = 8 };

struct wn_tag wn_member_tag(struct wn_member member)
{
    struct wn_tag tag = {0};

    wn_tag_put(&tag, MEMBER, 1);
    wn_tag_put(&tag, (uint64_t)member.start, 1);
    wn_tag_put(&tag, member.number, 4);
    return tag;
}

bool wn_member_read(const struct wn_tag *tag, struct wn_member *out)
{
    struct wn_tag_reader reader = {
        .tag = tag,
        .at = tag->n < MEMBER_BYTES + BEFORE_LEAST ? 0 : tag->n - MEMBER_BYTES};
    bool is_member = wn_tag_get(&reader, 1) == MEMBER;
    uint64_t start = wn_tag_get(&reader, 1);
    uint32_t number = (uint32_t)wn_tag_get(&reader, 4);

    if (!is_member || !wn_tag_is_read(&reader) || start < WN_MEMBER_BEGIN ||
        start > WN_MEMBER_RESTART)
        return false;
    *out = (struct wn_member){.start = (enum wn_member_start)start, .number = number};
    return true;
}

const char *wn_member_start_name(enum wn_member_start start)
{
    switch (start) {
    case WN_MEMBER_NONE: return "none";
    case WN_MEMBER_BEGIN: return "begin";
    case WN_MEMBER_EXPLOIT: return "exploit";
    case WN_MEMBER_EXPLORE: return "explore";
    case WN_MEMBER_RESTART: return "restart";
    }
    return "";
}

/* trial/tag.h - numbers in the tags that ride on events.
 *
 * A tag is what a scheduler must remember of its own decision (bracket, rung, member):
 * at most WN_TAG_MAX bytes, journaled with the decision's event. Whoever writes one writes
 * fields of fixed widths in a fixed order, least byte first, and reads them back in that
 * order; a tag too short for what is read is of another scheduler, or damaged. A
 * scheduler around another one writes its own fields first and hands on the rest.
 */
#ifndef WN_TRIAL_TAG_H
#define WN_TRIAL_TAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trial/event.h"

/* Append the low `n_bytes` bytes (1..8) of a number; more than a tag holds is our fault. */
void wn_tag_put(struct wn_tag *tag, uint64_t value, size_t n_bytes);
void wn_tag_put_tag(struct wn_tag *tag, const struct wn_tag *inner); /* all of it */

/* Where one reads; begin with {.tag = &event->planned.tag}. */
struct wn_tag_reader {
    const struct wn_tag *tag;
    size_t at;
    bool is_short; /* something was read that is not there; it read as 0 */
};

uint64_t wn_tag_get(struct wn_tag_reader *reader, size_t n_bytes);
struct wn_tag wn_tag_rest(struct wn_tag_reader *reader); /* what was not read yet */
/* Everything was there and nothing is left. */
bool wn_tag_is_read(const struct wn_tag_reader *reader);
bool wn_tag_equal(const struct wn_tag *a, const struct wn_tag *b);

#endif /* WN_TRIAL_TAG_H */

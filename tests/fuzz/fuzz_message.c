/* fuzz_message.c - bytes from a rank. links: wn_comm
 *
 * Whatever decodes must encode and decode again to the same bytes; everything else is
 * refused without harm.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "comm/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct wn_arena arena = {0};
    struct wn_buf first = {0}, second = {0};
    struct wn_message message;
    struct wn_error err;

    if (wn_message_decode(bytes, n, &arena, &message, &err) == WN_OK) {
        wn_message_encode(&message, &first);
        if (wn_message_decode(first.at, first.n, &arena, &message, &err) != WN_OK)
            abort();
        wn_message_encode(&message, &second);
        if (first.n != second.n || memcmp(first.at, second.at, first.n) != 0)
            abort();
    }
    wn_buf_release(&first);
    wn_buf_release(&second);
    wn_arena_release(&arena);
    return 0;
}

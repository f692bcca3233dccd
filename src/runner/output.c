/* output.c - what a program wrote: kept at both ends, forgotten in the middle. */
#include <string.h>

#include "runner/process_internal.h"

bool wn_output_create(struct wn_output *output)
{
    *output = (struct wn_output){.head = wn_alloc(WN_KEEP), .tail = wn_alloc(WN_KEEP)};
    return output->head && output->tail;
}

void wn_output_release(struct wn_output *output)
{
    wn_free(output->head);
    wn_free(output->tail);
    wn_buf_release(&output->line);
    *output = (struct wn_output){0};
}

void wn_output_add(struct wn_output *output, const char *bytes, size_t n)
{
    if (output->total < WN_KEEP) {
        size_t room = WN_KEEP - (size_t)output->total, part = n < room ? n : room;

        memcpy(output->head + output->total, bytes, part);
        output->total += part;
        bytes += part;
        n -= part;
    }
    if (n > WN_KEEP) {
        output->total += n - WN_KEEP;
        bytes += n - WN_KEEP;
        n = WN_KEEP;
    }
    while (n) {
        size_t at = (size_t)((output->total - WN_KEEP) % WN_KEEP), part = WN_KEEP - at;

        if (part > n)
            part = n;
        memcpy(output->tail + at, bytes, part);
        output->total += part;
        bytes += part;
        n -= part;
    }
}

/* The bytes of the ring in order, behind head. */
static void add_tail(const struct wn_output *output, struct wn_buf *out)
{
    uint64_t n = output->total > WN_KEEP ? output->total - WN_KEEP : 0;
    size_t at = (size_t)(n % WN_KEEP);

    if (n > WN_KEEP)
        wn_buf_add(out, output->tail + at, WN_KEEP - at);
    wn_buf_add(out, output->tail, n > WN_KEEP ? at : (size_t)n);
}

void wn_output_text(const struct wn_output *output, struct wn_buf *out)
{
    uint64_t n = output->total;

    wn_buf_add(out, output->head, n < WN_KEEP ? (size_t)n : WN_KEEP);
    if (n > 2 * WN_KEEP)
        wn_buf_addf(out, "\n[... %llu bytes left out ...]\n",
                    (unsigned long long)(n - 2 * (uint64_t)WN_KEEP));
    add_tail(output, out);
}

/* How many bytes the UTF-8 character at `at` has; 0 if it is none. */
static size_t character(const unsigned char *at, size_t n)
{
    size_t length = at[0] < 0x80                     ? 1
                    : at[0] >= 0xC2 && at[0] < 0xE0  ? 2
                    : (at[0] & 0xF0) == 0xE0         ? 3
                    : at[0] >= 0xF0 && at[0] <= 0xF4 ? 4
                                                     : 0;

    if (!length || length > n)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((at[i] & 0xC0) != 0x80)
            return 0;
    if ((at[0] == 0xE0 && at[1] < 0xA0) || (at[0] == 0xED && at[1] > 0x9F) ||
        (at[0] == 0xF0 && at[1] < 0x90) || (at[0] == 0xF4 && at[1] > 0x8F))
        return 0;
    return length;
}

static void add_printable(const char *text, size_t n, struct wn_buf *out)
{
    for (size_t i = 0; i < n;) {
        size_t length = character((const unsigned char *)text + i, n - i);

        if (length == 1 && (unsigned char)text[i] < 0x20 && text[i] != '\n' &&
            text[i] != '\t')
            length = 0;
        if (length && text[i] != 0x7F)
            wn_buf_add(out, text + i, length);
        else
            wn_buf_addc(out, '?');
        i += length ? length : 1;
    }
}

void wn_output_tail(const struct wn_output *output, int lines, struct wn_buf *out)
{
    struct wn_buf all = {0};
    size_t end, from;

    if (output->total <= WN_KEEP)
        wn_buf_add(&all, output->head, (size_t)output->total);
    else if (output->total < 2 * WN_KEEP)
        wn_output_text(output, &all);
    else
        add_tail(output, &all);
    end = all.n;
    while (end && (all.at[end - 1] == '\n' || all.at[end - 1] == '\r'))
        end--;
    from = end;
    while (from && end - from < 2000 && lines > 0) {
        from--;
        if (all.at[from] == '\n' && --lines == 0)
            from++;
        if (lines == 0)
            break;
    }
    if (end > from)
        add_printable(all.at + from, end - from, out);
    wn_buf_release(&all);
}

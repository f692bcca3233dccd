/* buf.c - growing byte strings and the codec; the byte layout is in buf.h. */
#include "base/buf.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"

enum { VARINT_MOST = 10 }; /* 64 bits in groups of 7 */

/* And a NUL. */
bool wn_buf_reserve(struct wn_buf *buf, size_t n)
{
    size_t room = buf->room ? buf->room : 64;
    char *at;

    if (buf->failed)
        return false;
    if (n < SIZE_MAX - buf->n && buf->n + n + 1 <= buf->room)
        return true;
    buf->failed = true;
    if (n > PTRDIFF_MAX - 1 - buf->n)
        return false;
    while (room < buf->n + n + 1)
        room *= 2; /* at most 2^63 */
    at = wn_realloc(buf->at, room);
    if (!at)
        return false;
    at[buf->n] = '\0';
    buf->at = at;
    buf->room = room;
    buf->failed = false;
    return true;
}

void wn_buf_release(struct wn_buf *buf)
{
    wn_free(buf->at);
    *buf = (struct wn_buf){0};
}

void wn_buf_clear(struct wn_buf *buf)
{
    buf->n = 0;
    buf->failed = false;
    if (buf->at)
        buf->at[0] = '\0';
}

void wn_buf_add(struct wn_buf *buf, const void *bytes, size_t n)
{
    if (!wn_buf_reserve(buf, n))
        return;
    if (n)
        memcpy(buf->at + buf->n, bytes, n);
    buf->n += n;
    buf->at[buf->n] = '\0';
}

void wn_buf_adds(struct wn_buf *buf, const char *text)
{
    wn_buf_add(buf, text, strlen(text));
}

void wn_buf_addc(struct wn_buf *buf, char c)
{
    wn_buf_add(buf, &c, 1);
}

void wn_buf_addf(struct wn_buf *buf, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    wn_buf_vaddf(buf, format, args);
    va_end(args);
}

void wn_buf_vaddf(struct wn_buf *buf, const char *format, va_list args)
{
    va_list again;
    int n;

    va_copy(again, args);
    n = vsnprintf(NULL, 0, format, args);
    if (n < 0) {
        buf->failed = true;
    } else if (wn_buf_reserve(buf, (size_t)n)) {
        vsnprintf(buf->at + buf->n, (size_t)n + 1, format, again);
        buf->n += (size_t)n;
    }
    va_end(again);
}

const char *wn_buf_text(const struct wn_buf *buf)
{
    return buf->at ? buf->at : "";
}

char *wn_buf_take(struct wn_buf *buf)
{
    char *text = NULL;

    if (wn_buf_reserve(buf, 0)) { /* an empty text is a text too */
        text = buf->at;
        buf->at = NULL;
    }
    wn_buf_release(buf);
    return text;
}

void wn_put_u8(struct wn_buf *buf, uint8_t v)
{
    wn_buf_add(buf, &v, 1);
}

static void put_little_endian(struct wn_buf *buf, uint64_t v, size_t n)
{
    unsigned char bytes[8];

    for (size_t i = 0; i < n; i++)
        bytes[i] = (unsigned char)(v >> (8 * i));
    wn_buf_add(buf, bytes, n);
}

void wn_put_u32(struct wn_buf *buf, uint32_t v)
{
    put_little_endian(buf, v, 4);
}

void wn_put_u64(struct wn_buf *buf, uint64_t v)
{
    put_little_endian(buf, v, 8);
}

void wn_put_f64(struct wn_buf *buf, double v)
{
    uint64_t bits;

    _Static_assert(sizeof bits == sizeof v, "doubles are stored as 8 bytes");
    memcpy(&bits, &v, sizeof bits);
    wn_put_u64(buf, bits);
}

void wn_put_uint(struct wn_buf *buf, uint64_t v)
{
    unsigned char bytes[VARINT_MOST];
    size_t n = 0;

    for (; v >= 0x80; v >>= 7)
        bytes[n++] = (unsigned char)(v | 0x80);
    bytes[n++] = (unsigned char)v;
    wn_buf_add(buf, bytes, n);
}

void wn_put_int(struct wn_buf *buf, int64_t v)
{
    uint64_t bits = (uint64_t)v << 1;

    wn_put_uint(buf, v < 0 ? ~bits : bits);
}

void wn_put_blob(struct wn_buf *buf, const void *bytes, size_t n)
{
    wn_put_uint(buf, n);
    wn_buf_add(buf, bytes, n);
}

void wn_put_str(struct wn_buf *buf, const char *text)
{
    wn_put_blob(buf, text, text ? strlen(text) : 0);
}

struct wn_reader wn_reader_of(const void *bytes, size_t n)
{
    /* Never NULL inside, so that NULL always means failure to a caller. */
    const unsigned char *at = bytes ? bytes : (const unsigned char *)"";

    return (struct wn_reader){.at = at, .end = at + (bytes ? n : 0)};
}

size_t wn_reader_left(const struct wn_reader *r)
{
    return r->failed ? 0 : (size_t)(r->end - r->at);
}

bool wn_reader_is_done(const struct wn_reader *r)
{
    return !r->failed && r->at == r->end;
}

const void *wn_get_raw(struct wn_reader *r, size_t n)
{
    const unsigned char *bytes = r->at;

    if (r->failed || n > (size_t)(r->end - r->at)) {
        r->failed = true;
        return NULL;
    }
    r->at += n;
    return bytes;
}

static uint64_t get_little_endian(struct wn_reader *r, size_t n)
{
    const unsigned char *bytes = wn_get_raw(r, n);
    uint64_t v = 0;

    for (size_t i = 0; bytes && i < n; i++)
        v |= (uint64_t)bytes[i] << (8 * i);
    return v;
}

uint8_t wn_get_u8(struct wn_reader *r)
{
    return (uint8_t)get_little_endian(r, 1);
}

uint32_t wn_get_u32(struct wn_reader *r)
{
    return (uint32_t)get_little_endian(r, 4);
}

uint64_t wn_get_u64(struct wn_reader *r)
{
    return get_little_endian(r, 8);
}

double wn_get_f64(struct wn_reader *r)
{
    uint64_t bits = wn_get_u64(r);
    double v;

    memcpy(&v, &bits, sizeof v);
    return v;
}

uint64_t wn_get_uint(struct wn_reader *r)
{
    uint64_t v = 0;

    for (unsigned i = 0; i < VARINT_MOST; i++) {
        uint8_t byte = wn_get_u8(r);

        if (r->failed)
            return 0;
        if (i == VARINT_MOST - 1 && byte > 1)
            break; /* an eleventh byte follows, or bits beyond the 64th */
        v |= (uint64_t)(byte & 0x7F) << (7 * i);
        if (byte < 0x80)
            return v;
    }
    r->failed = true;
    return 0;
}

int64_t wn_get_int(struct wn_reader *r)
{
    uint64_t bits = wn_get_uint(r);
    int64_t half = (int64_t)(bits >> 1);

    return bits & 1 ? -half - 1 : half;
}

const void *wn_get_blob(struct wn_reader *r, size_t *n)
{
    uint64_t n_bytes = wn_get_uint(r);
    const void *bytes = NULL;

    if (n_bytes > wn_reader_left(r))
        r->failed = true;
    if (!r->failed)
        bytes = wn_get_raw(r, (size_t)n_bytes);
    *n = bytes ? (size_t)n_bytes : 0;
    return bytes;
}

const char *wn_get_str(struct wn_reader *r, struct wn_arena *arena)
{
    size_t n;
    const char *bytes = wn_get_blob(r, &n);
    char *text;

    if (!bytes)
        return "";
    if (memchr(bytes, '\0', n)) {
        r->failed = true;
        return "";
    }
    text = wn_arena_strndup(arena, bytes, n);
    if (!text) {
        r->failed = r->is_starved = true;
        return "";
    }
    return text;
}

size_t wn_get_count(struct wn_reader *r, size_t min_bytes)
{
    uint64_t n = wn_get_uint(r);

    if (n > wn_reader_left(r) / (min_bytes ? min_bytes : 1)) {
        r->failed = true;
        return 0;
    }
    return (size_t)n;
}

/* base/buf.h - byte strings that grow, and the codec of everything stored or sent.
 *
 * Writing: an out-of-memory condition is remembered in `failed`, so a caller appends
 * freely and looks once at the end. Reading: wn_reader never reads past its end; after
 * the first short or malformed read `failed` is set and every later read gives zeros,
 * so a decoder reads freely and looks once at the end.
 *
 * The codec: integers little-endian of fixed width, or varint (LEB128, unsigned;
 * zigzag for signed); doubles as their 8 IEEE bytes; strings and blobs as varint
 * length + bytes. A decoder refuses a varint longer than 10 bytes.
 */
#ifndef WN_BASE_BUF_H
#define WN_BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wn_arena;

struct wn_buf {
    char *
        at; /* always NUL-terminated once anything was appended; may be NULL when empty */
    size_t n; /* bytes, without the NUL */
    size_t room;
    bool failed; /* an allocation failed; the content is incomplete */
};

void wn_buf_release(struct wn_buf *buf);
void wn_buf_clear(struct wn_buf *buf); /* n = 0, failed = false, memory kept */
/* Make room for n more bytes at once, so that adding them moves nothing; false: `failed`. */
bool wn_buf_reserve(struct wn_buf *buf, size_t n);
void wn_buf_add(struct wn_buf *buf, const void *bytes, size_t n);
void wn_buf_adds(struct wn_buf *buf, const char *text);
void wn_buf_addc(struct wn_buf *buf, char c);
void wn_buf_addf(struct wn_buf *buf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void wn_buf_vaddf(struct wn_buf *buf, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));
const char *wn_buf_text(const struct wn_buf *buf); /* "" when empty; borrowed */
char *wn_buf_take(struct wn_buf *buf); /* caller owns (wn_free); NULL if failed */

void wn_put_u8(struct wn_buf *buf, uint8_t v);
void wn_put_u32(struct wn_buf *buf, uint32_t v);
void wn_put_u64(struct wn_buf *buf, uint64_t v);
void wn_put_f64(struct wn_buf *buf, double v);
void wn_put_uint(struct wn_buf *buf, uint64_t v); /* varint */
void wn_put_int(struct wn_buf *buf, int64_t v);   /* zigzag varint */
void wn_put_blob(struct wn_buf *buf, const void *bytes, size_t n);
void wn_put_str(struct wn_buf *buf, const char *text); /* NULL is written as "" */

struct wn_reader {
    const unsigned char *at, *end;
    bool failed;
    bool is_starved; /* it failed for want of memory: the bytes may be sound */
};

struct wn_reader wn_reader_of(const void *bytes, size_t n);
size_t wn_reader_left(const struct wn_reader *r);
bool wn_reader_is_done(const struct wn_reader *r); /* not failed and nothing left */
uint8_t wn_get_u8(struct wn_reader *r);
uint32_t wn_get_u32(struct wn_reader *r);
uint64_t wn_get_u64(struct wn_reader *r);
double wn_get_f64(struct wn_reader *r);
uint64_t wn_get_uint(struct wn_reader *r);
int64_t wn_get_int(struct wn_reader *r);
/* Borrow n bytes of the input; NULL (and failed) if there are fewer. */
const void *wn_get_raw(struct wn_reader *r, size_t n);
/* A blob: borrows from the input; sets *n. NULL with *n = 0 when failed. */
const void *wn_get_blob(struct wn_reader *r, size_t *n);
/* A string copied into `arena` with its NUL; "" when failed; a NUL inside is a failure. */
const char *wn_get_str(struct wn_reader *r, struct wn_arena *arena);
/* An element count, at least `min_bytes` each: fails if the rest of the input could not
 * hold that many, so that no length that was read sizes an allocation unchecked. */
size_t wn_get_count(struct wn_reader *r, size_t min_bytes);

#endif /* WN_BASE_BUF_H */

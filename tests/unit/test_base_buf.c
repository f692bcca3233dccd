/* test_base_buf.c - byte strings and the codec: bytes as documented, every short read. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"

static void text_grows_and_stays_terminated(void **state)
{
    struct wn_buf buf = {0};

    (void)state;
    assert_string_equal(wn_buf_text(&buf), "");
    for (int i = 0; i < 500; i++) {
        wn_buf_addc(&buf, 'a');
        wn_buf_adds(&buf, "bc");
        wn_buf_addf(&buf, "%03d", i);
        wn_buf_add(&buf, NULL, 0);
        assert_int_equal(buf.n, 6 * (i + 1));
        assert_int_equal(buf.at[buf.n], '\0');
    }
    assert_memory_equal(buf.at + 6 * 499, "abc499", 7);
    assert_false(buf.failed);
    wn_buf_clear(&buf);
    assert_string_equal(wn_buf_text(&buf), "");
    wn_buf_addf(&buf, "%*d", 3000, 1);
    assert_int_equal(buf.n, 3000);
    wn_buf_release(&buf);
    assert_null(buf.at);
}

static void take_gives_the_text_away(void **state)
{
    struct wn_buf buf = {0};
    char *text;

    (void)state;
    text = wn_buf_take(&buf);
    assert_string_equal(text, "");
    wn_free(text);
    wn_buf_adds(&buf, "abc");
    text = wn_buf_take(&buf);
    assert_string_equal(text, "abc");
    assert_null(buf.at);
    assert_int_equal(buf.n + buf.room, 0);
    wn_free(text);
}

static void failure_is_remembered_until_cleared(void **state)
{
    struct wn_buf buf = {0};

    (void)state;
    wn_buf_adds(&buf, "kept");
    wn_mem_fail_after(1);
    wn_buf_addf(&buf, "%500d", 1);
    assert_true(buf.failed);
    wn_buf_adds(&buf, "not added, although there is room");
    assert_string_equal(buf.at, "kept");
    assert_null(wn_buf_take(&buf));
    assert_false(buf.failed); /* empty again */
    wn_buf_add(&buf, "x", SIZE_MAX);
    assert_true(buf.failed);
    wn_buf_clear(&buf);
    wn_buf_add(&buf, "x", PTRDIFF_MAX);
    assert_true(buf.failed);
    wn_buf_clear(&buf);
    wn_buf_adds(&buf, "good");
    assert_string_equal(wn_buf_text(&buf), "good");
    wn_buf_release(&buf);
}

static void bytes_are_those_of_the_format(void **state)
{
    static const unsigned char expected[] = {
        0xFE,                                           /* u8 */
        0x78, 0x56, 0x34, 0x12,                         /* u32 */
        0xF0, 0xDE, 0xBC, 0x9A, 0x78, 0x56, 0x34, 0x12, /* u64 */
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xF8, 0xBF, /* -1.5 */
        0x00,                                           /* uint 0 */
        0x7F,                                           /* 127 */
        0x80, 0x01,                                     /* 128 */
        0xAC, 0x02,                                     /* 300 */
        0x00, 0x01, 0x02, 0x03, 0x80, 0x01,             /* int 0 -1 1 -2 64 */
        0x02, 'h',  'i',                                /* str */
        0x00,                                           /* NULL */
        0x03, 'a',  0x00, 'b',                          /* blob */
    };
    struct wn_buf buf = {0};

    (void)state;
    wn_put_u8(&buf, 0xFE);
    wn_put_u32(&buf, 0x12345678);
    wn_put_u64(&buf, UINT64_C(0x123456789ABCDEF0));
    wn_put_f64(&buf, -1.5);
    wn_put_uint(&buf, 0);
    wn_put_uint(&buf, 127);
    wn_put_uint(&buf, 128);
    wn_put_uint(&buf, 300);
    for (int i = 0; i < 5; i++)
        wn_put_int(&buf, (int64_t[]){0, -1, 1, -2, 64}[i]);
    wn_put_str(&buf, "hi");
    wn_put_str(&buf, NULL);
    wn_put_blob(&buf, "a\0b", 3);
    assert_int_equal(buf.n, sizeof expected);
    assert_memory_equal(buf.at, expected, sizeof expected);
    wn_buf_release(&buf);
}

static void numbers_come_back(void **state)
{
    static const uint64_t uints[] = {
        0, 1, 127, 128, 16383, 16384, UINT32_MAX, INT64_MAX, UINT64_MAX - 1, UINT64_MAX};
    static const int64_t ints[] = {0,  1,   -1,        63,        -64,
                                   64, -65, INT32_MIN, INT64_MAX, INT64_MIN};
    static const double doubles[] = {
        0, -0.0, 1.0 / 3, 5e-324, 1.7976931348623157e308, HUGE_VAL};

    (void)state;
    for (size_t i = 0; i < 10; i++) {
        struct wn_buf buf = {0};
        struct wn_reader r;

        wn_put_uint(&buf, uints[i]);
        wn_put_int(&buf, ints[i]);
        wn_put_u64(&buf, uints[i]);
        wn_put_u32(&buf, (uint32_t)uints[i]);
        r = wn_reader_of(buf.at, buf.n);
        assert_true(wn_get_uint(&r) == uints[i]);
        assert_true(wn_get_int(&r) == ints[i]);
        assert_true(wn_get_u64(&r) == uints[i]);
        assert_int_equal(wn_get_u32(&r), (uint32_t)uints[i]);
        assert_true(wn_reader_is_done(&r));
        wn_buf_release(&buf);
    }
    for (size_t i = 0; i < 7; i++) {
        double v = i < 6 ? doubles[i] : nan(""), back;
        struct wn_buf buf = {0};
        struct wn_reader r;

        wn_put_f64(&buf, v);
        r = wn_reader_of(buf.at, buf.n);
        back = wn_get_f64(&r);
        assert_memory_equal(&v, &back, sizeof v);
        wn_buf_release(&buf);
    }
}

/* One thing of each kind, with the bytes it needs, and a check that a short read gives
 * nothing. Every strict prefix, in a block of exactly that size, must fail. */
enum kind { U8, U32, U64, F64, UINT, INT, RAW, BLOB, STR, COUNT, N_KINDS };

static void read_kind(enum kind kind,
                      struct wn_reader *r,
                      struct wn_arena *arena,
                      bool fails)
{
    size_t n = 99;
    const char *text;

    switch (kind) {
    case U8: assert_int_equal(wn_get_u8(r) != 0, !fails); return;
    case U32: assert_int_equal(wn_get_u32(r) != 0, !fails); return;
    case U64: assert_int_equal(wn_get_u64(r) != 0, !fails); return;
    case F64: assert_int_equal(fabs(wn_get_f64(r)) > 0, !fails); return;
    case UINT: assert_int_equal(wn_get_uint(r) != 0, !fails); return;
    case INT: assert_int_equal(wn_get_int(r) != 0, !fails); return;
    case RAW: assert_int_equal(wn_get_raw(r, 5) != NULL, !fails); return;
    case BLOB:
        assert_int_equal(wn_get_blob(r, &n) != NULL, !fails);
        assert_int_equal(n, fails ? 0 : 5);
        return;
    case STR:
        text = wn_get_str(r, arena);
        assert_string_equal(text, fails ? "" : "hello");
        return;
    case COUNT: assert_int_equal(wn_get_count(r, 4), fails ? 0 : 2); return;
    case N_KINDS: return;
    }
}

static void put_kind(enum kind kind, struct wn_buf *buf)
{
    switch (kind) {
    case U8: wn_put_u8(buf, 7); return;
    case U32: wn_put_u32(buf, 7); return;
    case U64: wn_put_u64(buf, 7); return;
    case F64: wn_put_f64(buf, 7); return;
    case UINT: wn_put_uint(buf, UINT64_MAX); return;
    case INT: wn_put_int(buf, INT64_MIN); return;
    case RAW: wn_buf_adds(buf, "hello"); return;
    case BLOB: wn_put_blob(buf, "hello", 5); return;
    case STR: wn_put_str(buf, "hello"); return;
    case COUNT:
        wn_put_uint(buf, 2);
        wn_put_u64(buf, 0); /* two items of four bytes */
        return;
    case N_KINDS: return;
    }
}

static void every_truncated_read_fails_and_gives_zeros(void **state)
{
    (void)state;
    for (enum kind kind = U8; kind < N_KINDS; kind++) {
        struct wn_buf buf = {0};
        struct wn_arena arena = {0};

        put_kind(kind, &buf);
        for (size_t n = 0; n <= buf.n; n++) {
            char *exact = malloc(n ? n : 1);
            struct wn_reader r = wn_reader_of(exact, n);

            assert_non_null(exact);
            memcpy(exact, buf.at, n);
            read_kind(kind, &r, &arena, n < buf.n);
            if (r.failed != (n < buf.n))
                fail_msg("kind %d with %zu of %zu bytes: failed is %d", kind, n, buf.n,
                         r.failed);
            assert_false(r.is_starved);
            if (r.failed) { /* and stays failed */
                assert_int_equal(wn_reader_left(&r), 0);
                assert_false(wn_reader_is_done(&r));
                r.at = (const unsigned char *)exact;
                assert_int_equal(wn_get_u8(&r), 0);
            }
            free(exact);
        }
        wn_arena_release(&arena);
        wn_buf_release(&buf);
    }
}

static void malformed_bytes_are_refused(void **state)
{
    static const struct {
        const char *what;
        enum kind kind;
        unsigned char bytes[12];
        size_t n;
    } cases[] = {
        {"varint of 11 bytes", UINT, "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 11},
        {"varint of 65 bits", UINT, "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x02", 10},
        {"zigzag of 65 bits", INT, "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x03", 10},
        {"blob longer than the input", BLOB, "\x06hello", 6},
        {"blob of 2^64-1 bytes", BLOB, "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01", 10},
        {"string with a NUL", STR, "\x05he\0lo", 6},
        {"count beyond the input", COUNT, "\x03xxxxxxxx", 9},
        {"count of 2^62", COUNT, "\x80\x80\x80\x80\x80\x80\x80\x80\x40", 9},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct wn_reader r = wn_reader_of(cases[i].bytes, cases[i].n);
        struct wn_arena arena = {0};

        read_kind(cases[i].kind, &r, &arena, true);
        if (!r.failed)
            fail_msg("%s was read", cases[i].what);
        wn_arena_release(&arena);
    }
}

static void count_of_items_without_bytes_is_bounded_too(void **state)
{
    struct wn_reader r = wn_reader_of("\x02xx", 3);

    (void)state;
    assert_int_equal(wn_get_count(&r, 0), 2);
    r = wn_reader_of("\x03xx", 3);
    assert_int_equal(wn_get_count(&r, 0), 0);
    assert_true(r.failed);
}

static void empty_things_are_not_failures(void **state)
{
    struct wn_arena arena = {0};
    struct wn_reader r = wn_reader_of(NULL, 0);
    size_t n = 9;

    (void)state;
    assert_true(wn_reader_is_done(&r));
    assert_non_null(wn_get_raw(&r, 0));
    assert_false(r.failed);
    r = wn_reader_of("\0\0\0", 3);
    assert_non_null(wn_get_blob(&r, &n));
    assert_int_equal(n, 0);
    assert_string_equal(wn_get_str(&r, &arena), "");
    assert_int_equal(wn_get_count(&r, 8), 0);
    assert_true(wn_reader_is_done(&r));
    wn_arena_release(&arena);
}

static void want_of_memory_is_told_from_bad_bytes(void **state)
{
    struct wn_arena arena = {0};
    struct wn_reader r = wn_reader_of("\x05hello", 6);

    (void)state;
    wn_mem_fail_after(1);
    assert_string_equal(wn_get_str(&r, &arena), "");
    assert_true(r.failed);
    assert_true(r.is_starved);
    wn_arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_grows_and_stays_terminated),
        cmocka_unit_test(take_gives_the_text_away),
        cmocka_unit_test(failure_is_remembered_until_cleared),
        cmocka_unit_test(bytes_are_those_of_the_format),
        cmocka_unit_test(numbers_come_back),
        cmocka_unit_test(every_truncated_read_fails_and_gives_zeros),
        cmocka_unit_test(malformed_bytes_are_refused),
        cmocka_unit_test(count_of_items_without_bytes_is_bounded_too),
        cmocka_unit_test(empty_things_are_not_failures),
        cmocka_unit_test(want_of_memory_is_told_from_bad_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

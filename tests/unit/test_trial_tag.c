/* Numbers in tags: what is put is read back, and what is not there is noticed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "trial/tag.h"

static void reads_back_what_was_put(void **state)
{
    struct wn_tag tag = {0}, rest;
    struct wn_tag_reader reader = {.tag = &tag};

    (void)state;
    wn_tag_put(&tag, 7, 1);
    wn_tag_put(&tag, 0x1234, 2);
    wn_tag_put(&tag, UINT32_MAX, 4);
    wn_tag_put(&tag, UINT64_C(0x0102030405060708), 8);
    assert_int_equal(tag.n, 15);
    assert_int_equal(tag.bytes[1], 0x34); /* least byte first */
    assert_int_equal(wn_tag_get(&reader, 1), 7);
    assert_int_equal(wn_tag_get(&reader, 2), 0x1234);
    assert_false(wn_tag_is_read(&reader));
    assert_int_equal(wn_tag_get(&reader, 4), UINT32_MAX);
    rest = wn_tag_rest(&reader);
    assert_int_equal(rest.n, 8);
    assert_int_equal(rest.bytes[0], 8);
    assert_true(wn_tag_is_read(&reader));
}

static void notices_what_is_not_there(void **state)
{
    struct wn_tag tag = {.n = 3, .bytes = {1, 2, 3}};
    struct wn_tag_reader reader = {.tag = &tag};

    (void)state;
    assert_int_equal(wn_tag_get(&reader, 4), 0);
    assert_true(reader.is_short);
    assert_int_equal(wn_tag_get(&reader, 1), 0); /* nothing after it is believed */
    assert_int_equal(wn_tag_rest(&reader).n, 0);
    assert_false(wn_tag_is_read(&reader));
}

static void an_inner_tag_comes_back_whole(void **state)
{
    struct wn_tag inner = {0}, outer = {0}, back;
    struct wn_tag_reader reader = {.tag = &outer};

    (void)state;
    wn_tag_put(&inner, 99, 4);
    wn_tag_put(&outer, 1, 1);
    wn_tag_put_tag(&outer, &inner);
    assert_int_equal(wn_tag_get(&reader, 1), 1);
    back = wn_tag_rest(&reader);
    assert_true(wn_tag_equal(&back, &inner));
    assert_false(wn_tag_equal(&back, &outer));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_back_what_was_put),
        cmocka_unit_test(notices_what_is_not_there),
        cmocka_unit_test(an_inner_tag_comes_back_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

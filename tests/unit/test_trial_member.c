/* test_trial_member.c - tags of members: read back whole, taken for nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "trial/member.h"
#include "trial/tag.h"

static void a_member_is_read_back(void **state)
{
    (void)state;
    for (int start = WN_MEMBER_BEGIN; start <= WN_MEMBER_RESTART; start++) {
        struct wn_member member = {(enum wn_member_start)start, 99999}, back;
        struct wn_tag tag = wn_member_tag(member);

        assert_true(wn_member_read(&tag, &back));
        assert_int_equal(back.start, member.start);
        assert_int_equal(back.number, member.number);
        assert_true(*wn_member_start_name(member.start) != '\0');
    }
}

static void other_tags_are_no_members(void **state)
{
    struct wn_member member = {WN_MEMBER_EXPLOIT, 7}, back = {WN_MEMBER_BEGIN, 3};
    struct wn_tag whole = wn_member_tag(member), tag;

    (void)state;
    for (uint8_t n = 0; n < whole.n; n++) {
        tag = whole;
        tag.n = n;
        assert_false(wn_member_read(&tag, &back));
    }
    tag = whole;
    tag.n++;
    assert_false(wn_member_read(&tag, &back));
    for (uint8_t start = 0; start < 9; start += 5) {
        tag = whole;
        tag.bytes[1] = start;
        assert_false(wn_member_read(&tag, &back));
    }
    tag = whole;
    tag.bytes[0]++;
    assert_false(wn_member_read(&tag, &back));
    assert_int_equal(back.number, 3);
}

static struct wn_tag behind(size_t n_bytes, const struct wn_tag *inner)
{
    struct wn_tag tag = {0};

    for (size_t i = 0; i < n_bytes; i++)
        wn_tag_put(&tag, inner->bytes[i % inner->n], 1);
    wn_tag_put_tag(&tag, inner);
    return tag;
}

/* The scheduler median puts 8 bytes before the tags of the one inside it. Those alone, or
 * with a few of another scheduler, may look like anything. */
static void a_member_is_read_behind_the_tag_of_a_scheduler_around(void **state)
{
    struct wn_member back = {WN_MEMBER_BEGIN, 3};
    struct wn_tag whole = wn_member_tag((struct wn_member){WN_MEMBER_EXPLOIT, 7}), tag;

    (void)state;
    for (size_t n = 1; n < 8; n++) {
        tag = behind(n, &whole);
        assert_false(wn_member_read(&tag, &back));
    }
    for (size_t n = 8; n <= WN_TAG_MAX - (size_t)whole.n; n++) {
        back.number = 3;
        tag = behind(n, &whole);
        assert_true(wn_member_read(&tag, &back));
        assert_int_equal(back.start, WN_MEMBER_EXPLOIT);
        assert_int_equal(back.number, 7);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_member_is_read_back),
        cmocka_unit_test(other_tags_are_no_members),
        cmocka_unit_test(a_member_is_read_behind_the_tag_of_a_scheduler_around),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_trial_member.c - tags of members: read back whole, taken for nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "trial/member.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_member_is_read_back),
        cmocka_unit_test(other_tags_are_no_members),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

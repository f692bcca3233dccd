/* test_search_schedule.c - one configuration for each segment. */
#include "conformance/drive.h"

#include "search/search.h"
#include "trial/history.h"

extern const struct wn_search_ops wn_search_schedule;

static const char space_text[] =
    "{\"lr\": {\"type\": \"float\", \"low\": 0, \"high\": 1},"
    " \"n\": {\"type\": \"int\", \"low\": 1, \"high\": 9}}";

static enum wn_status make(const struct wn_space *space,
                           const char *options,
                           struct wn_search **out,
                           struct wn_error *err)
{
    struct wn_values *values = drive_values(wn_search_schedule.options, options);
    struct wn_search_config cfg = {.space = space, .options = values};
    enum wn_status rc;

    assert_non_null(values);
    rc = wn_search_schedule.create(&cfg, out, err);
    wn_values_destroy(values);
    return rc;
}

static void every_segment_has_its_own_and_the_last_stands_for_more(void **state)
{
    static const double lrs[] = {0.25, 0.5, 0.125, 0.125};
    struct wn_space *space = drive_space(space_text);
    struct wn_search *search = NULL;
    struct wn_error err = {0};
    uint64_t size;

    (void)state;
    assert_int_equal(make(space,
                          "{\"configurations\": [{\"lr\": 0.25, \"n\": 3}, {}, "
                          "{\"lr\": 0.125}]}",
                          &search, &err),
                     WN_OK);
    for (uint32_t segment = 0; segment < 4; segment++) {
        struct wn_ask ask = {.trial = 7 + segment, .pool = segment};
        union wn_cell cells[2];

        assert_int_equal(
            wn_search_schedule.propose(search, &ask, (struct wn_rng){0}, cells).kind,
            WN_REPLY_CONFIGURE);
        assert_true(cells[0].f == lrs[segment]);
        assert_int_equal(cells[1].i, segment ? 5 : 3);
    }
    assert_false(wn_search_schedule.size(search, &size));
    wn_search_schedule.destroy(search);
    wn_space_destroy(space);
}

static void mistakes_name_their_place(void **state)
{
    static const struct {
        const char *options, *said;
    } cases[] = {
        {"{\"configurations\": []}", "searcher.configurations must be a list"},
        {"{\"configurations\": {}}", "searcher.configurations must be a list"},
        {"{\"configurations\": [{}, {\"lr\": 2}]}", "searcher.configurations[1].lr"},
        {"{\"configurations\": [{\"rl\": 1}]}", "searcher.configurations[0].rl"},
        {"{\"configurations\": [3]}", "searcher.configurations[0]"},
    };
    struct wn_space *space = drive_space(space_text);

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct wn_search *search = NULL;
        struct wn_error err = {0};

        assert_int_equal(make(space, cases[i].options, &search, &err), WN_EINVAL);
        if (!strstr(err.text, cases[i].said))
            fail_msg("%s: said %s", cases[i].options, err.text);
    }
    wn_space_destroy(space);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_segment_has_its_own_and_the_last_stands_for_more),
        cmocka_unit_test(mistakes_name_their_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

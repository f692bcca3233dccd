/* test_space_restrict.c - spaces restricted to a list of configurations. */
#include "test_space.h"

#include "base/rng.h"

static const char mixed[] =
    "{'opt': {'type': 'categorical', 'values': ['sgd', 'adam', 'rms']},"
    "'lr': {'type': 'float', 'low': 1e-4, 'high': 1, 'scale': 'log'},"
    "'momentum': {'type': 'float', 'low': 0, 'high': 1, 'when': {'opt': 'sgd'}},"
    "'n': {'type': 'int', 'low': 8, 'high': 64, 'scale': 'log', 'size': 4},"
    "'k': 7,"
    "'mode': {'type': 'categorical', 'values': ['x', 'y'], 'when': {'opt': ['sgd', "
    "'adam']}}}";

static const char list[] =
    "[{'opt': 'sgd', 'lr': 0.1, 'momentum': 0.9, 'n': 8, 'mode': 'x'},"
    "{'opt': 'adam', 'lr': 0.001, 'n': 64, 'mode': 'y'},"
    "{'n': 16, 'opt': 'rms', 'lr': 0.001, 'k': 7},"
    "{'opt': 'adam', 'lr': 0.001, 'n': 64, 'mode': 'y'}," /* once more */
    "{'opt': 'sgd', 'lr': 0.02, 'momentum': 0.4, 'n': 16, 'mode': 'y'},"
    "{'opt': 'adam', 'lr': 1, 'n': 32, 'mode': 'x'}]";

enum { N_PARAMS = 5, N_LISTED = 5 };

static struct wn_space *restricted(const char *space_text, const char *list_text)
{
    struct wn_space *space = space_of(space_text);
    struct wn_json *json = json_of(list_text);
    struct wn_problems problems = {0};
    struct wn_error err;

    if (wn_space_restrict(space, json, "list", &problems, &err) != WN_OK)
        fail_msg("%s", err.text);
    if (problems.n)
        fail_msg("%s", problems.at[0]);
    wn_problems_release(&problems);
    wn_json_destroy(json);
    return space;
}

static size_t index_of(const struct wn_space *space, const union wn_cell *cells)
{
    for (size_t i = 0; i < wn_space_n_allowed(space); i++)
        if (wn_config_equal(space, wn_space_allowed(space, i), cells))
            return i;
    return SIZE_MAX;
}

static void keeps_each_configuration_once_in_order(void **state)
{
    static const char *const lines[] = {
        "opt=sgd lr=0.1 momentum=0.9 n=8 mode=x", "opt=adam lr=0.001 n=64 mode=y",
        "opt=rms lr=0.001 n=16", "opt=sgd lr=0.02 momentum=0.4 n=16 mode=y",
        "opt=adam lr=1 n=32 mode=x"};
    struct wn_space *space = restricted(mixed, list), *open = space_of(mixed);
    uint64_t size = 0;

    (void)state;
    assert_int_equal(wn_space_n_allowed(open), 0);
    assert_int_equal(wn_space_n_allowed(space), N_LISTED);
    for (size_t i = 0; i < N_LISTED; i++) {
        assert_config(space, wn_space_allowed(space, i), lines[i]);
        assert_int_equal(wn_config_check(space, wn_space_allowed(space, i), NULL), WN_OK);
    }
    assert_false(wn_space_size(open, &size));
    assert_true(wn_space_size(space, &size));
    assert_int_equal(size, N_LISTED);
    wn_space_destroy(open);
    wn_space_destroy(space);
}

static void tells_mistakes_in_the_list_with_their_paths(void **state)
{
    static const struct {
        const char *list;
        const char *problems[3];
    } cases[] = {
        {"[]", {"list: must be a list of at least one configuration, not an empty one"}},
        {"{'a': 1}", {"list: must be a list of at least one configuration, not an obj"}},
        {"null", {"list: must be a list of at least one configuration, not null"}},
        {"[{'opt': 'rms', 'lr': 0.1, 'n': 8}, 3]",
         {"list[1]: must be an object of parameters and their values, not a number"}},
        {"[{'opt': 'rms', 'lr': 2, 'n': 8}, {'opt': 'rms', 'lr': 0.1, 'n': 9}]",
         {"list[0].lr: must be a number from 0.0001 to 1, not 2",
          "list[1].n: must be one of 8, 16, 32, 64, not 9"}},
        {"[{'opt': 'rms', 'l': 0.1, 'n': 8}]",
         {"list[0].l: there is no parameter of this name; did you mean \"lr\"?"}},
        {"[{'opt': 'rms', 'n': 8}]", {"list[0].lr: this parameter is missing"}},
        {"[{'opt': 'sgd', 'lr': 0.1, 'n': 8}]",
         {"list[0].momentum: this parameter is missing",
          "list[0].mode: this parameter is missing"}},
        {"[{'lr': 0.1, 'n': 8, 'mode': 'x'}]",
         {"list[0].opt: this parameter is missing"}}, /* of mode nothing is known */
        {"[{'opt': 'rms', 'lr': 0.1, 'n': 8, 'mode': 'x'}]",
         {"list[0].mode: has no effect here: it is used only when opt in sgd, adam"}},
        {"[{'opt': 'rms', 'lr': 0.1, 'n': 8, 'k': 8}]",
         {"list[0].k: is a constant, always 7, and cannot be 8"}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct wn_space *space = space_of(mixed);
        struct wn_json *json = json_of(cases[i].list);
        uint64_t print = wn_space_fingerprint(space), size;
        struct wn_problems problems = {0};
        size_t n = 0;

        assert_int_equal(wn_space_restrict(space, json, "list", &problems, NULL), WN_OK);
        for (; n < 3 && cases[i].problems[n]; n++)
            if (n >= problems.n || strncmp(problems.at[n], cases[i].problems[n],
                                           strlen(cases[i].problems[n])) != 0)
                fail_msg("%s\n  is: %s\n  not: %s", cases[i].list,
                         n < problems.n ? problems.at[n] : "", cases[i].problems[n]);
        assert_int_equal(problems.n, n);
        assert_int_equal(wn_space_n_allowed(space), 0); /* as it was */
        assert_true(wn_space_fingerprint(space) == print);
        assert_false(wn_space_size(space, &size));
        wn_problems_release(&problems);
        wn_json_destroy(json);
        wn_space_destroy(space);
    }
}

static void stops_telling_after_many_mistakes(void **state)
{
    struct wn_space *space = space_of("{'a': {'type': 'int', 'low': 1, 'high': 9}}");
    struct wn_problems problems = {0};
    struct wn_buf text = {0};
    struct wn_json *json;

    (void)state;
    for (int i = 0; i < 1000; i++)
        wn_buf_addf(&text, "%c{'b': %d}", i ? ',' : '[', i);
    wn_buf_addc(&text, ']');
    json = json_of(wn_buf_text(&text));
    assert_int_equal(wn_space_restrict(space, json, "list", &problems, NULL), WN_OK);
    assert_int_equal(problems.n, 21);
    assert_string_equal(problems.at[20], "list: from [20] on it was not looked at");
    wn_problems_release(&problems);
    wn_buf_release(&text);
    wn_json_destroy(json);
    wn_space_destroy(space);
}

static void draws_from_the_list_alone_with_equal_chances(void **state)
{
    enum { DRAWS = 20000 };
    struct wn_space *space = restricted(mixed, list);
    struct wn_rng rng = wn_rng_keyed(3, WN_STREAM_TEST, 0);
    int counts[N_LISTED] = {0};

    (void)state;
    for (int k = 0; k < DRAWS; k++) {
        union wn_cell cells[N_PARAMS];
        size_t index;

        wn_config_sample(space, &rng, cells);
        index = index_of(space, cells);
        assert_true(index < N_LISTED);
        counts[index]++;
    }
    for (int i = 0; i < N_LISTED; i++)
        if (abs(counts[i] - DRAWS / N_LISTED) > 300)
            fail_msg("configuration %d was drawn %d times", i, counts[i]);
    wn_space_destroy(space);
}

/* The plain definition: every dimension of the encoding, no short cuts. */
static double distance_to(const struct wn_space *space, const double *cube, size_t index)
{
    double there[MAX_DIMS], sum = 0;

    wn_config_encode(space, wn_space_allowed(space, index), there);
    for (size_t d = 0; d < wn_space_n_dims(space); d++) {
        double at = cube[d] > 0 ? (cube[d] < 1 ? cube[d] : 1) : 0;

        sum += (at - there[d]) * (at - there[d]);
    }
    return sum;
}

static void check_nearest(const struct wn_space *space,
                          const double *cube,
                          const union wn_cell *found)
{
    size_t index = index_of(space, found);
    double least = (double)INFINITY;

    if (index == SIZE_MAX)
        fail_msg("what was found is not listed");
    for (size_t i = 0; i < wn_space_n_allowed(space); i++)
        least = fmin(least, distance_to(space, cube, i));
    if (!(distance_to(space, cube, index) <= least + 1e-14))
        fail_msg("number %zu is %.17g away, another %.17g", index,
                 distance_to(space, cube, index), least);
    for (size_t i = 0; i < index; i++)
        if (distance_to(space, cube, i) <= least - 1e-14)
            fail_msg("number %zu comes first", i);
}

static void decodes_to_the_nearest_in_the_cube(void **state)
{
    struct wn_space *space = restricted(mixed, list);
    struct wn_rng rng = wn_rng_keyed(5, WN_STREAM_TEST, 0);
    union wn_cell cells[N_PARAMS];
    double cube[MAX_DIMS];

    (void)state;
    for (int k = 0; k < 5000; k++) {
        for (size_t d = 0; d < wn_space_n_dims(space); d++) {
            cube[d] = 1.6 * wn_rng_unit(&rng) - 0.3;
            if (!wn_rng_below(&rng, 10))
                cube[d] = wn_rng_below(&rng, 2) ? (double)NAN : (double)INFINITY;
        }
        wn_config_decode(space, cube, cells);
        check_nearest(space, cube, cells);
    }
    for (size_t i = 0; i < N_LISTED; i++) {
        wn_config_encode(space, wn_space_allowed(space, i), cube);
        wn_config_decode(space, cube, cells);
        assert_int_equal(index_of(space, cells), i);
    }
    wn_space_destroy(space);
}

static void takes_the_first_of_equally_near_ones(void **state)
{
    struct wn_space *space = restricted(
        "{'c': {'type': 'categorical', 'values': ['x', 'y', 'z']}, 'o': {'type': "
        "'ordinal', 'values': ['s', 'm', 'l'], 'encoding': 'equal'}}",
        "[{'c': 'z', 'o': 'm'}, {'c': 'x', 'o': 'm'}, {'c': 'y', 'o': 'l'}, {'c': 'y', "
        "'o': 's'}]");
    double cube[4] = {0, 0, 0, 0.5};
    union wn_cell cells[2];

    (void)state;
    wn_config_decode(space, cube, cells); /* all categories are as far */
    assert_config(space, cells, "c=z o=m");
    cube[1] = 1;
    wn_config_decode(space, cube, cells);
    assert_config(space, cells, "c=y o=l");
    cells[0].i = 1, cells[1].i = 1;
    wn_config_snap(space, cells);
    assert_config(space, cells, "c=y o=l");
    wn_space_destroy(space);
}

/* A list too long to be looked at as a whole, of draws. */
static struct wn_space *restricted_to_many(const char *space_text, size_t n)
{
    struct wn_space *space = space_of(space_text), *open = space_of(space_text);
    struct wn_rng rng = wn_rng_keyed(8, WN_STREAM_TEST, n);
    struct wn_json *json = wn_json_new_list();
    struct wn_problems problems = {0};
    union wn_cell cells[N_PARAMS];

    for (size_t i = 0; i < n; i++) {
        wn_config_sample(open, &rng, cells);
        assert_true(wn_json_add(json, wn_config_json(open, cells, false)));
    }
    assert_int_equal(wn_space_restrict(space, json, "list", &problems, NULL), WN_OK);
    assert_int_equal(problems.n, 0);
    wn_json_destroy(json);
    wn_space_destroy(open);
    return space;
}

static void finds_the_nearest_of_many(void **state)
{
    /* Up to 16, 16^2, 16^3 and more: boxes of boxes of boxes. */
    static const size_t sizes[] = {15, 16, 17, 255, 256, 257, 1500, 4096, 4097};
    struct wn_rng rng = wn_rng_keyed(9, WN_STREAM_TEST, 0);
    union wn_cell cells[N_PARAMS];
    double cube[MAX_DIMS];

    (void)state;
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        struct wn_space *space = restricted_to_many(mixed, sizes[s]);

        for (int k = 0; k < 150; k++) {
            for (size_t d = 0; d < wn_space_n_dims(space); d++)
                cube[d] = 1.2 * wn_rng_unit(&rng) - 0.1;
            wn_config_decode(space, cube, cells);
            check_nearest(space, cube, cells);
        }
        wn_space_destroy(space);
    }
}

/* All coordinates are eighths, so equal distances are equal numbers. */
static void takes_the_first_of_many_equally_near_ones(void **state)
{
    struct wn_space *space = restricted_to_many(
        "{'a': {'type': 'int', 'low': 0, 'high': 3}, 'b': {'type': 'int', 'low': 0, "
        "'high': 3}, 'c': {'type': 'int', 'low': 0, 'high': 3}, 'd': {'type': "
        "'categorical', 'values': [1, 2, 3, 4, 5, 6]}}",
        2000);
    struct wn_rng rng = wn_rng_keyed(10, WN_STREAM_TEST, 0);
    union wn_cell cells[N_PARAMS];
    double cube[MAX_DIMS];

    (void)state;
    assert_true(wn_space_n_allowed(space) > 150);
    for (int k = 0; k < 2000; k++) {
        double least;
        size_t index;

        for (size_t d = 0; d < wn_space_n_dims(space); d++)
            cube[d] = (double)wn_rng_below(&rng, 9) / 8;
        wn_config_decode(space, cube, cells);
        index = index_of(space, cells);
        least = distance_to(space, cube, index);
        for (size_t i = 0; i < wn_space_n_allowed(space); i++)
            if (distance_to(space, cube, i) < least ||
                (i < index && distance_to(space, cube, i) <= least))
                fail_msg("number %zu comes before %zu", i, index);
    }
    wn_space_destroy(space);
}

static void snaps_to_the_nearest_that_is_allowed(void **state)
{
    struct wn_space *space = restricted(mixed, list), *open = space_of(mixed);
    struct wn_rng rng = wn_rng_keyed(6, WN_STREAM_TEST, 0);

    (void)state;
    for (int k = 0; k < 5000; k++) {
        union wn_cell cells[N_PARAMS], snapped[N_PARAMS];
        double cube[MAX_DIMS];

        wn_config_sample(open, &rng, cells);
        memcpy(snapped, cells, sizeof cells);
        wn_config_snap(open, snapped);
        assert_true(wn_config_equal(open, snapped, cells));
        wn_config_snap(space, snapped);
        wn_config_encode(space, cells, cube);
        check_nearest(space, cube, snapped);
    }
    for (size_t i = 0; i < N_LISTED; i++) {
        union wn_cell cells[N_PARAMS];

        memcpy(cells, wn_space_allowed(space, i), sizeof cells);
        wn_config_snap(space, cells);
        assert_int_equal(index_of(space, cells), i);
    }
    wn_space_destroy(open);
    wn_space_destroy(space);
}

/* Of two that lie in one place of the cube each stays what it is. */
static void leaves_what_is_allowed_as_it_is(void **state)
{
    struct wn_space *space = restricted("{'a': {'type': 'float', 'low': -1, 'high': 1}}",
                                        "[{'a': 1e-20}, {'a': 2e-20}]");
    union wn_cell cell = wn_space_allowed(space, 1)[0];
    double at;

    (void)state;
    wn_config_snap(space, &cell);
    assert_true(cell.f == 2e-20);
    wn_config_encode(space, &cell, &at);
    wn_config_decode(space, &at, &cell);
    assert_true(cell.f == 1e-20); /* the first */
    wn_space_destroy(space);
}

/* To be inactive is nearer to a category than another category is, and not as near as it. */
static void counts_an_inactive_category_as_one_away(void **state)
{
    static const char with_switch[] = "{'on': {'type': 'ordinal', 'values': [0, 1], "
                                      "'encoding': 'equal'}, 'f': {'type': "
                                      "'float', 'low': 0, 'high': 1}, 'c': {'type': "
                                      "'categorical', 'values': ['x', 'y', "
                                      "'z'], 'when': {'on': 1}}}";
    static const struct {
        const char *list, *nearest;
    } cases[] = {
        /* 2, 1 + (1/2)^2 and 2 away */
        {"[{'on': 1, 'f': 0, 'c': 'x'}, {'on': 0, 'f': 0}, {'on': 1, 'f': 0, 'c': 'z'}]",
         "on=0 f=0"},
        /* 1 + (1/2)^2 and 1 away */
        {"[{'on': 0, 'f': 0}, {'on': 1, 'f': 1, 'c': 'y'}]", "on=1 f=1 c=y"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct wn_space *space = restricted(with_switch, cases[i].list);
        union wn_cell cells[3] = {{.i = 1}, {.f = 0}, {.i = 1}};
        double cube[5];

        wn_config_encode(space, cells, cube);
        wn_config_snap(space, cells);
        assert_config(space, cells, cases[i].nearest);
        wn_config_decode(space, cube, cells);
        assert_config(space, cells, cases[i].nearest);
        wn_space_destroy(space);
    }
}

static void refuses_cells_that_are_not_listed(void **state)
{
    struct wn_space *space = restricted(mixed, list), *open = space_of(mixed);
    union wn_cell cells[N_PARAMS];
    struct wn_error err;

    (void)state;
    complete(open, "{'opt': 'rms', 'lr': 0.1, 'n': 8}", cells);
    assert_int_equal(wn_config_check(space, cells, &err), WN_EINVAL);
    assert_string_equal(err.text, "the configuration opt=rms lr=0.1 n=8 is none of the 5 "
                                  "that the space is restricted to");
    assert_int_equal(wn_config_check(space, cells, NULL), WN_EINVAL);
    wn_space_destroy(open);
    wn_space_destroy(space);
}

/* Whether a configuration has the values that were given to another. */
static bool has_given(const struct wn_space *space,
                      const struct wn_json *given,
                      const union wn_cell *cells,
                      const union wn_cell *other)
{
    for (const struct wn_json *m = wn_json_first(given); m; m = wn_json_next(m)) {
        size_t i = wn_space_find(space, wn_json_key(m));

        if (cells[i].i != other[i].i)
            return false;
    }
    return true;
}

static void completes_to_the_nearest_of_many_that_has_it(void **state)
{
    static const char *const given[] = {"{'n': 8}", "{'n': 64}",
                                        "{'opt': 'adam', 'n': 16}", "{'mode': 'y'}",
                                        "{'opt': 'rms'}"};
    struct wn_space *space = restricted_to_many(mixed, 1500), *open = space_of(mixed);

    (void)state;
    for (size_t k = 0; k < sizeof given / sizeof *given; k++) {
        struct wn_json *json = json_of(given[k]);
        union wn_cell cells[N_PARAMS], middle[N_PARAMS];
        double cube[MAX_DIMS], least = (double)INFINITY;
        size_t expected = SIZE_MAX;

        complete(open, given[k], middle);
        wn_config_encode(open, middle, cube);
        for (size_t i = 0; i < wn_space_n_allowed(space); i++)
            if (has_given(open, json, middle, wn_space_allowed(space, i)) &&
                distance_to(space, cube, i) < least) {
                least = distance_to(space, cube, i);
                expected = i;
            }
        complete(space, given[k], cells);
        if (index_of(space, cells) != expected)
            fail_msg("%s: number %zu, not %zu", given[k], index_of(space, cells),
                     expected);
        wn_json_destroy(json);
    }
    wn_space_destroy(open);
    wn_space_destroy(space);
}

static void completes_to_what_is_listed(void **state)
{
    static const struct {
        const char *given, *config;
    } cases[] = {
        /* the middle is opt=sgd lr=0.01 momentum=0.5 n=16 mode=x */
        {"{}", "opt=sgd lr=0.1 momentum=0.9 n=8 mode=x"},
        {"{'mode': 'y'}", "opt=sgd lr=0.02 momentum=0.4 n=16 mode=y"},
        {"{'opt': 'adam'}", "opt=adam lr=1 n=32 mode=x"},
        {"{'opt': 'adam', 'n': 64}", "opt=adam lr=0.001 n=64 mode=y"},
        {"{'opt': 'adam', 'mode': 'x', 'k': 7}", "opt=adam lr=1 n=32 mode=x"},
        {"{'lr': 0.001}", "opt=rms lr=0.001 n=16"},
        {"{'opt': 'rms', 'lr': 0.001, 'n': 16}", "opt=rms lr=0.001 n=16"},
    };
    static const struct {
        const char *given, *problem;
    } wrong[] = {
        {"{'lr': 0.5}", "initial[0]: none of the 5 configurations that the space is "
                        "restricted to has this value"},
        {"{'opt': 'adam', 'lr': 0.1}", "initial[0]: none of the 5 configurations that "
                                       "the space is restricted to has these values"},
        {"{'opt': 'adam', 'momentum': 0.9}",
         "initial[0]: none of the 5 configurations that the space is restricted to has "
         "these values"},
        {"{'lr': 7}", "initial[0].lr: must be a number from 0.0001 to 1, not 7"},
        {"[1]", "initial[0]: must be an object of parameters and their values, not a "
                "list"},
    };
    struct wn_space *space = restricted(mixed, list);
    struct wn_problems problems = {0};
    union wn_cell cells[N_PARAMS];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        complete(space, cases[i].given, cells);
        assert_config(space, cells, cases[i].config);
    }
    assert_int_equal(wn_config_complete(space, NULL, "p", &problems, cells, NULL), WN_OK);
    assert_int_equal(problems.n, 0);
    assert_config(space, cells, cases[0].config);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct wn_json *json = json_of(wrong[i].given);

        assert_int_equal(
            wn_config_complete(space, json, "initial[0]", &problems, cells, NULL), WN_OK);
        assert_int_equal(problems.n, 1);
        assert_string_equal(problems.at[0], wrong[i].problem);
        assert_int_equal(wn_config_check(space, cells, NULL), WN_OK); /* usable */
        wn_problems_release(&problems);
        wn_json_destroy(json);
    }
    wn_space_destroy(space);
}

static void is_told_apart_by_its_fingerprint(void **state)
{
    static const char ints[] = "{'a': {'type': 'int', 'low': 1, 'high': 9}}";
    static const char *const lists[] = {"[{'a': 1}, {'a': 2}]", "[{'a': 2}, {'a': 1}]",
                                        "[{'a': 1}]", "[{'a': 1}, {'a': 3}]"};
    struct wn_space *open = space_of(ints), *again = restricted(ints, lists[0]);
    struct wn_space *twice = restricted(ints, "[{'a': 1}, {'a': 2}, {'a': 1.0}]");
    struct wn_space *other =
        restricted("{'a': {'type': 'int', 'low': 1, 'high': 8}}", lists[0]);
    uint64_t prints[5];

    (void)state;
    prints[4] = wn_space_fingerprint(open);
    for (size_t i = 0; i < 4; i++) {
        struct wn_space *space = restricted(ints, lists[i]);

        prints[i] = wn_space_fingerprint(space);
        wn_space_destroy(space);
    }
    for (size_t i = 0; i < 5; i++)
        for (size_t j = 0; j < i; j++)
            assert_true(prints[i] != prints[j]);
    assert_true(wn_space_fingerprint(again) == prints[0]);
    assert_true(wn_space_fingerprint(twice) == prints[0]);
    assert_true(wn_space_fingerprint(other) != prints[0]);
    wn_space_destroy(other);
    wn_space_destroy(twice);
    wn_space_destroy(again);
    wn_space_destroy(open);
}

static void allows_the_one_configuration_of_an_empty_space(void **state)
{
    struct wn_space *space = restricted("{'c': 1}", "[{}, {'c': 1}]");
    struct wn_rng rng = wn_rng_keyed(1, WN_STREAM_TEST, 0);
    union wn_cell cells[1] = {{.i = 7}};
    double cube[1] = {0};
    uint64_t size = 0;

    (void)state;
    assert_int_equal(wn_space_n_allowed(space), 1);
    assert_true(wn_space_size(space, &size) && size == 1);
    wn_config_sample(space, &rng, cells);
    wn_config_decode(space, cube, cells);
    wn_config_snap(space, cells);
    complete(space, "{}", cells);
    assert_int_equal(cells[0].i, 7); /* no cell of this space */
    wn_space_destroy(space);
}

/* One run with the n-th allocation failing; how many there were. */
static uint64_t run_failing(const struct wn_json *json, uint64_t n, bool is_good)
{
    struct wn_json *given = json_of("{'lr': 0.001}");
    struct wn_space *space = space_of(mixed);
    struct wn_problems problems = {0};
    union wn_cell cells[N_PARAMS];
    struct wn_error err = {0};
    uint64_t n_before = wn_mem_count(), n_made;
    enum wn_status rc;

    wn_mem_fail_after(n);
    rc = wn_space_restrict(space, json, "list", &problems, &err);
    if (rc == WN_OK && is_good) {
        rc = wn_config_complete(space, given, "p", &problems, cells, &err);
        wn_mem_fail_after(0);
        assert_int_equal(wn_config_check(space, cells, NULL), WN_OK);
    }
    n_made = wn_mem_count() - n_before;
    wn_mem_fail_after(0);
    assert_true(rc == WN_OK || (rc == WN_ENOMEM && err.status == WN_ENOMEM));
    if (rc == WN_OK)
        assert_int_equal(wn_space_n_allowed(space), is_good ? N_LISTED : 0);
    wn_problems_release(&problems);
    wn_json_destroy(given);
    wn_space_destroy(space);
    return n_made;
}

static void survives_the_failure_of_any_allocation(void **state)
{
    static const char *const lists[] = {list, "[{'opt': 'sdg', 'lr': 3, 'x': 1}, {}, 1]"};

    (void)state;
    for (size_t l = 0; l < 2; l++) {
        struct wn_json *json = json_of(lists[l]);
        uint64_t n_made = run_failing(json, 0, l == 0);

        assert_true(n_made > 10);
        for (uint64_t n = 1; n <= n_made; n++)
            run_failing(json, n, l == 0);
        wn_json_destroy(json);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_each_configuration_once_in_order),
        cmocka_unit_test(tells_mistakes_in_the_list_with_their_paths),
        cmocka_unit_test(stops_telling_after_many_mistakes),
        cmocka_unit_test(draws_from_the_list_alone_with_equal_chances),
        cmocka_unit_test(decodes_to_the_nearest_in_the_cube),
        cmocka_unit_test(takes_the_first_of_equally_near_ones),
        cmocka_unit_test(finds_the_nearest_of_many),
        cmocka_unit_test(takes_the_first_of_many_equally_near_ones),
        cmocka_unit_test(snaps_to_the_nearest_that_is_allowed),
        cmocka_unit_test(leaves_what_is_allowed_as_it_is),
        cmocka_unit_test(counts_an_inactive_category_as_one_away),
        cmocka_unit_test(refuses_cells_that_are_not_listed),
        cmocka_unit_test(completes_to_what_is_listed),
        cmocka_unit_test(completes_to_the_nearest_of_many_that_has_it),
        cmocka_unit_test(is_told_apart_by_its_fingerprint),
        cmocka_unit_test(allows_the_one_configuration_of_an_empty_space),
        cmocka_unit_test(survives_the_failure_of_any_allocation),
    };

    return cmocka_run_group_tests_name("space_restrict", tests, NULL, NULL);
}

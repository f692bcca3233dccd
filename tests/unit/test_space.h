/* test_space.h - what the tests of the space module share: spaces from text.
 *
 * JSON in the tests is written with ' for ", which no test needs inside a string.
 */
#ifndef WN_TESTS_UNIT_TEST_SPACE_H
#define WN_TESTS_UNIT_TEST_SPACE_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "space/space.h"

enum { MAX_CELLS = 64, MAX_DIMS = 256 };

static inline struct wn_json *json_of(const char *quoted)
{
    char *text = wn_strdup(quoted);
    struct wn_json *json = NULL;
    struct wn_error err;

    assert_non_null(text);
    for (char *c = text; *c; c++)
        if (*c == '\'')
            *c = '"';
    if (wn_json_parse(text, strlen(text), &json, &err) != WN_OK)
        fail_msg("%s: %s", text, err.text);
    wn_free(text);
    return json;
}

/* A space that must be in order; the caller destroys it. */
static inline struct wn_space *space_of(const char *quoted)
{
    struct wn_json *json = json_of(quoted);
    struct wn_problems problems = {0};
    struct wn_space *space = NULL;
    struct wn_error err;

    if (wn_space_parse(json, NULL, &problems, &space, &err) != WN_OK)
        fail_msg("%s: %s", quoted, err.text);
    if (problems.n)
        fail_msg("%s: %s", quoted, problems.at[0]);
    assert_non_null(space);
    assert_true(wn_space_n_params(space) <= MAX_CELLS);
    assert_true(wn_space_n_dims(space) <= MAX_DIMS);
    wn_problems_release(&problems);
    wn_json_destroy(json);
    return space;
}

/* The configuration given in part, which must be in order. */
static inline void complete(const struct wn_space *space,
                            const char *quoted,
                            union wn_cell *cells)
{
    struct wn_json *json = json_of(quoted);
    struct wn_problems problems = {0};
    struct wn_error err;

    if (wn_config_complete(space, json, "initial[0]", &problems, cells, &err) != WN_OK)
        fail_msg("%s: %s", quoted, err.text);
    if (problems.n)
        fail_msg("%s: %s", quoted, problems.at[0]);
    if (wn_config_check(space, cells, &err) != WN_OK)
        fail_msg("%s: %s", quoted, err.text);
    wn_json_destroy(json);
}

/* "a=1 b=sgd": compared as text, so that a failure shows both. */
static inline void assert_config(const struct wn_space *space,
                                 const union wn_cell *cells,
                                 const char *expected)
{
    struct wn_buf text = {0};

    wn_config_print(space, cells, &text);
    assert_string_equal(wn_buf_text(&text), expected);
    wn_buf_release(&text);
}

static inline void assert_cell(const struct wn_param *param,
                               union wn_cell cell,
                               const char *expected)
{
    struct wn_buf text = {0};

    wn_cell_print(param, cell, &text);
    assert_string_equal(wn_buf_text(&text), expected);
    wn_buf_release(&text);
}

#endif /* WN_TESTS_UNIT_TEST_SPACE_H */

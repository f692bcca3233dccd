/* test_job.h - what the tests of the job module share.
 *
 * Jobs are made of one good job and overrides, so that a case shows nothing but what it
 * is about. JSON is written with ' for ", which no test needs inside a string.
 */
#ifndef WN_TESTS_UNIT_TEST_JOB_H
#define WN_TESTS_UNIT_TEST_JOB_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "job/job.h"

enum { SETS_MOST = 8 };

#define GOOD_JOB                                                                  \
    "{'name': 'study', 'trial': {'runner': 'function'},"                          \
    " 'space': {'lr': {'type': 'float', 'low': 1e-4, 'high': 1, 'scale': 'log'}," \
    "           'opt': {'type': 'categorical', 'values': ['sgd', 'adam']},"       \
    "           'epochs': 9},"                                                    \
    " 'metric': {'name': 'loss'}, 'resource': {'max': 9}}"

static inline char *with_quotes(const char *quoted)
{
    char *text = wn_strdup(quoted);

    assert_non_null(text);
    for (char *c = text; *c; c++)
        if (*c == '\'')
            *c = '"';
    return text;
}

/* Parse `quoted` with overrides up to NULL; the problems are added to `problems`. */
static inline enum wn_status parse_with(const char *quoted,
                                        const char *const *sets,
                                        struct wn_problems *problems,
                                        struct wn_job **out)
{
    char *text = with_quotes(quoted), *made[SETS_MOST] = {0};
    struct wn_error err = {0};
    enum wn_status rc;
    size_t n = 0;

    for (; sets && n < SETS_MOST && sets[n]; n++)
        made[n] = with_quotes(sets[n]);
    rc = wn_job_parse(text, strlen(text), "/jobs", (const char *const *)made, n, problems,
                      out, &err);
    for (size_t i = 0; i < n; i++)
        wn_free(made[i]);
    wn_free(text);
    return rc;
}

/* A job that must be in order; the caller destroys it. */
static inline struct wn_job *job_with(const char *quoted, const char *const *sets)
{
    struct wn_problems problems = {0};
    struct wn_job *job = NULL;

    if (parse_with(quoted, sets, &problems, &job) != WN_OK)
        fail_msg("%s", problems.n ? problems.at[0] : "no problem was told");
    wn_problems_release(&problems);
    return job;
}

static inline struct wn_job *good_job(const char *set)
{
    const char *const sets[] = {set, NULL};

    return job_with(GOOD_JOB, sets);
}

#endif /* WN_TESTS_UNIT_TEST_JOB_H */

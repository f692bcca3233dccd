/* filter.c - see filter.h. */
#include "compare/filter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/problems.h"

static enum wn_status no_memory(struct wn_error *err)
{
    return wn_fail(err, WN_ENOMEM, "no memory for a comparison");
}

void wn_compare_filter_release(struct wn_compare_filter *filter)
{
    for (size_t i = 0; i < filter->methods.n; i++)
        wn_free(filter->methods.at[i]);
    for (size_t i = 0; i < filter->benchmarks.n; i++)
        wn_free(filter->benchmarks.at[i]);
    wn_vec_release(&filter->methods);
    wn_vec_release(&filter->benchmarks);
    wn_vec_release(&filter->workers);
    wn_vec_release(&filter->seeds);
}

/* "7" or "0-9". */
static bool parse_range(const char *text, struct wn_compare_range *out)
{
    char *end;

    errno = 0;
    out->low = out->high = strtoll(text, &end, 10);
    if (end == text || *text == '-' || errno)
        return false;
    if (*end == '-') {
        const char *second = end + 1;

        out->high = strtoll(second, &end, 10);
        if (end == second || *second == '-' || errno)
            return false;
    }
    return !*end && out->low <= out->high;
}

static enum wn_status add_word(struct wn_compare_filter *filter,
                               enum wn_compare_kind kind,
                               const char *word,
                               struct wn_error *err)
{
    struct wn_compare_range range, *place;
    char **name;

    if (kind == WN_COMPARE_METHOD || kind == WN_COMPARE_BENCHMARK) {
        name = kind == WN_COMPARE_METHOD ? wn_vec_push(&filter->methods)
                                         : wn_vec_push(&filter->benchmarks);
        if (name)
            *name = wn_strdup(word);
        return name && *name ? WN_OK : no_memory(err);
    }
    if (!parse_range(word, &range))
        return wn_fail(err, WN_EINVAL, "'%s' is no number and no range like 0-9", word);
    place = kind == WN_COMPARE_SEED ? wn_vec_push(&filter->seeds)
                                    : wn_vec_push(&filter->workers);
    if (!place)
        return no_memory(err);
    *place = range;
    return WN_OK;
}

enum wn_status wn_compare_filter_add(struct wn_compare_filter *filter,
                                     enum wn_compare_kind kind,
                                     const char *text,
                                     struct wn_error *err)
{
    enum wn_status rc = WN_OK;

    while (rc == WN_OK) {
        size_t n = strcspn(text, ",");
        char *word = wn_strndup(text, n);

        if (!word)
            return no_memory(err);
        rc = add_word(filter, kind, word, err);
        wn_free(word);
        if (!text[n])
            break;
        text += n + 1;
    }
    return rc;
}

static const char *name_of(const struct wn_comparison_study *study,
                           enum wn_compare_kind kind)
{
    return kind == WN_COMPARE_METHOD ? study->method : study->benchmark;
}

static enum wn_status check_name(const struct wn_comparison *comparison,
                                 enum wn_compare_kind kind,
                                 const char *name,
                                 struct wn_error *err)
{
    const char **names = wn_alloc_array(comparison->studies.n + 1, sizeof *names);
    const char *nearest;
    bool is_there = false;

    if (!names)
        return no_memory(err);
    for (size_t i = 0; i < comparison->studies.n; i++) {
        names[i] = name_of(&comparison->studies.at[i], kind);
        is_there = is_there || strcmp(names[i], name) == 0;
    }
    nearest = wn_nearest_name(name, names);
    wn_free(names);
    if (is_there)
        return WN_OK;
    return wn_fail(err, WN_EINVAL, "'%s' is no %s of this comparison%s%s%s", name,
                   kind == WN_COMPARE_METHOD ? "method" : "benchmark",
                   nearest ? "; did you mean '" : "", nearest ? nearest : "",
                   nearest ? "'?" : "");
}

enum wn_status wn_compare_filter_check(const struct wn_compare_filter *filter,
                                       const struct wn_comparison *comparison,
                                       struct wn_error *err)
{
    enum wn_status rc = WN_OK;

    for (size_t i = 0; rc == WN_OK && i < filter->methods.n; i++)
        rc = check_name(comparison, WN_COMPARE_METHOD, filter->methods.at[i], err);
    for (size_t i = 0; rc == WN_OK && i < filter->benchmarks.n; i++)
        rc = check_name(comparison, WN_COMPARE_BENCHMARK, filter->benchmarks.at[i], err);
    return rc;
}

static bool has_name(char *const *names, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return !n;
}

static bool has_number(const struct wn_compare_range *ranges, size_t n, int64_t number)
{
    for (size_t i = 0; i < n; i++)
        if (number >= ranges[i].low && number <= ranges[i].high)
            return true;
    return !n;
}

bool wn_compare_filter_has(const struct wn_compare_filter *filter,
                           const struct wn_comparison_study *study)
{
    return has_name(filter->methods.at, filter->methods.n, study->method) &&
           has_name(filter->benchmarks.at, filter->benchmarks.n, study->benchmark) &&
           has_number(filter->workers.at, filter->workers.n, study->n_workers);
}

bool wn_compare_filter_has_seed(const struct wn_compare_filter *filter, int64_t number)
{
    return has_number(filter->seeds.at, filter->seeds.n, number);
}

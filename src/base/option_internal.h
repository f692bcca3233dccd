/* base/option_internal.h - the values behind struct wn_values. */
#ifndef WN_BASE_OPTION_INTERNAL_H
#define WN_BASE_OPTION_INTERNAL_H

#include "base/mem.h"
#include "base/option.h"

/* Which members count is said by the option's type. */
struct value {
    bool is_set;
    bool is_usual;   /* the default, or not set where there is none */
    int64_t integer; /* bool, int, milliseconds, index of the choice */
    double number;
    const char *text; /* string, choice */
    const int64_t *integers;
    const double *numbers;
    const char *const *texts;
    size_t n;            /* of integers, numbers or texts */
    struct wn_json *any; /* owned */
};

struct wn_values {
    const struct wn_option *table; /* static */
    size_t n;
    struct value *at;       /* in table order */
    struct wn_arena memory; /* of texts and lists */
};

size_t wn_option_count(const struct wn_option *table);
bool wn_option_has_bounds(const struct wn_option *option);

/* The default as a tree; the caller owns it. A default that is no JSON is our fault. */
enum wn_status wn_option_default(const struct wn_option *option,
                                 struct wn_json **out,
                                 struct wn_error *err) WN_MUST_CHECK;

#endif /* WN_BASE_OPTION_INTERNAL_H */

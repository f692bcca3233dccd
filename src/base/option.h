/* base/option.h - the one description of a part's keys in the job file.
 *
 * A scheduler, searcher, runner, stop criterion and each section of the job file has a
 * table of struct wn_option. Validation, defaults, the schema, `winnow list` and help
 * all walk it; no key is known anywhere else.
 */
#ifndef WN_BASE_OPTION_H
#define WN_BASE_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"
#include "base/problems.h"

enum wn_option_type {
    WN_OPTION_BOOL,
    WN_OPTION_INT,      /* integer in [low, high] */
    WN_OPTION_FLOAT,    /* number in [low, high] */
    WN_OPTION_CHOICE,   /* one of `choices` */
    WN_OPTION_STRING,   /* non-empty */
    WN_OPTION_DURATION, /* seconds or "10m"; kept in milliseconds; in [low, high] seconds */
    WN_OPTION_INTS,     /* list of integers in [low, high], at least one */
    WN_OPTION_FLOATS,   /* list of numbers in [low, high], at least one */
    WN_OPTION_STRINGS, /* list of strings, at least one */
    WN_OPTION_ANY,     /* any JSON: the owner checks it (a section of its own) */
};

/* A table ends with an entry whose name is NULL. */
struct wn_option {
    const char *name;
    enum wn_option_type type;
    double low, high;           /* bounds, both included; both 0: none */
    const char *def;            /* default as JSON text; NULL: none */
    const char *const *choices; /* for WN_OPTION_CHOICE; ends with NULL */
    bool is_required;
    const char *help; /* one sentence, without full stop */
};

extern const struct wn_option wn_no_options[]; /* the empty table */

struct wn_values; /* the values of one table, checked; owned by whoever parsed them */

/* Check the members of `object` (NULL: none given) against the table and fill in the
 * defaults. Mistakes go to `problems` under `path` ("scheduler"): wrong type, out of
 * bounds, unknown key with the nearest name, missing required key. Keys named in `skip`
 * (NULL-terminated, may be NULL) are the caller's and passed over. */
enum wn_status wn_values_parse(const struct wn_option *table,
                               const struct wn_json *object,
                               const char *path,
                               const char *const *skip,
                               struct wn_problems *problems,
                               struct wn_values **out,
                               struct wn_error *err) WN_MUST_CHECK;
void wn_values_destroy(struct wn_values *values);

/* By name; asking for a name or type the table lacks is our own fault (WN_ASSERT).
 * A value that was neither given nor has a default: is_set is false and the getters
 * give 0, NULL, false. */
bool wn_values_is_set(const struct wn_values *values, const char *name);
/* Whether it has its default's value (or none, where there is no default), written or not:
 * what a part must not refuse, since a job written out in full says so of every key. */
bool wn_values_is_usual(const struct wn_values *values, const char *name);
bool wn_values_bool(const struct wn_values *values, const char *name);
int64_t wn_values_int(const struct wn_values *values, const char *name);
double wn_values_float(const struct wn_values *values, const char *name);
const char *wn_values_string(const struct wn_values *values,
                             const char *name); /* string, choice */
int64_t wn_values_ms(const struct wn_values *values, const char *name); /* duration */
size_t wn_values_choice(const struct wn_values *values,
                        const char *name); /* index into choices */
const int64_t *wn_values_ints(const struct wn_values *values,
                              const char *name,
                              size_t *n);
const double *wn_values_floats(const struct wn_values *values,
                               const char *name,
                               size_t *n);
const char *const *wn_values_strings(const struct wn_values *values,
                                     const char *name,
                                     size_t *n);
const struct wn_json *wn_values_any(const struct wn_values *values,
                                    const char *name); /* or NULL */

/* The values as JSON members, defaults filled in, added to `object` in table order. */
bool wn_values_json(const struct wn_values *values, struct wn_json *object);
/* JSON schema of the table: {"type": "object", "properties": ..., ...}; caller owns. */
struct wn_json *wn_options_schema(const struct wn_option *table);
/* Lines "  name  type  default  help" for people. */
void wn_options_help(const struct wn_option *table, struct wn_buf *out);

#endif /* WN_BASE_OPTION_H */

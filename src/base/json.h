/* base/json.h - JSON, strictly; the only file that knows cJSON.
 *
 * wn_json_parse() accepts RFC 8259 and nothing else: a scan before cJSON refuses, with
 * line and column, control characters and \u0000 in strings, invalid UTF-8, malformed
 * numbers, integers (no '.', no exponent) beyond +-2^53, repeated keys, text after the
 * value, and nesting deeper than 64. Members keep their order. Key look-up is
 * case-sensitive. wn_json_parse_lenient() also reads NaN, Infinity and -Infinity
 * as numbers and does not bound integers: reports of training programs come that way.
 *
 * A struct wn_json is a node of a tree; the root is owned, everything below borrowed
 * from it. Building functions return NULL without memory and accept NULL nodes, so that
 * a caller checks the root once.
 */
#ifndef WN_BASE_JSON_H
#define WN_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"

#define WN_JSON_EXACT_MOST 9007199254740992.0 /* 2^53: integers up to here are exact */

struct wn_json;

enum wn_json_type {
    WN_JSON_NULL,
    WN_JSON_BOOL,
    WN_JSON_NUMBER,
    WN_JSON_STRING,
    WN_JSON_LIST,
    WN_JSON_OBJECT
};

enum wn_status wn_json_parse(const char *text,
                             size_t n,
                             struct wn_json **out,
                             struct wn_error *err) WN_MUST_CHECK;
enum wn_status wn_json_parse_lenient(const char *text,
                                     size_t n,
                                     struct wn_json **out,
                                     struct wn_error *err) WN_MUST_CHECK;
void wn_json_destroy(struct wn_json *root);
struct wn_json *wn_json_copy(const struct wn_json *node);
bool wn_json_equal(const struct wn_json *a,
                   const struct wn_json *b); /* order of keys matters not */

enum wn_json_type wn_json_type(const struct wn_json *node);
const char *wn_json_type_name(const struct wn_json *node); /* "a number", "a list" ... */
bool wn_json_is(const struct wn_json *node,
                enum wn_json_type type); /* NULL node: false */
bool wn_json_bool(const struct wn_json *node);
double wn_json_number(const struct wn_json *node);
/* Whether it is a number with an integral value within +-2^53; sets *value if so. */
bool wn_json_integer(const struct wn_json *node, int64_t *value);
const char *wn_json_string(const struct wn_json *node);

size_t wn_json_size(const struct wn_json *node); /* items of a list or object */
const struct wn_json *wn_json_at(const struct wn_json *node, size_t index); /* O(index) */
const struct wn_json *wn_json_get(const struct wn_json *object,
                                  const char *key); /* or NULL */
const struct wn_json *wn_json_first(
    const struct wn_json *node); /* for (c = first; c; c = next) */
const struct wn_json *wn_json_next(const struct wn_json *item);
const char *wn_json_key(const struct wn_json *item); /* name of an object's member */

struct wn_json *wn_json_new_null(void);
struct wn_json *wn_json_new_bool(bool value);
struct wn_json *wn_json_new_number(
    double value); /* not finite: the strings "NaN", "Infinity" ... */
struct wn_json *wn_json_new_integer(int64_t value);
struct wn_json *wn_json_new_string(const char *value);
struct wn_json *wn_json_new_list(void);
struct wn_json *wn_json_new_object(void);
/* Takes `item` (also on failure); false if anything was NULL or memory ran out. */
bool wn_json_add(struct wn_json *list, struct wn_json *item);
bool wn_json_set(struct wn_json *object,
                 const char *key,
                 struct wn_json *item); /* replaces */
void wn_json_remove(struct wn_json *object, const char *key);
struct wn_json *wn_json_member(struct wn_json *object,
                               const char *key); /* writable, or NULL */

/* Numbers are written so that they read back to the same double, the shortest way;
 * integral values within 2^53 without a point. */
void wn_json_print(const struct wn_json *node, struct wn_buf *out); /* one line */
void wn_json_print_pretty(
    const struct wn_json *node,
    struct wn_buf *out); /* indented by 2, short lists on one line */
char *wn_number_print(double value,
                      char *text,
                      size_t room); /* the same rule for one number; room >= 32 */

const char *wn_json_library(void); /* version of cJSON, "1.7.15" */

#endif /* WN_BASE_JSON_H */

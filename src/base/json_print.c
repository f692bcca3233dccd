/* json_print.c - tree to text.
 *
 * What is written can be read again by the strict parser: a number that is not finite
 * becomes a string, an integer beyond 2^53 gets a point, bytes that are no UTF-8 become
 * U+FFFD. The locale is never changed by Winnow, so snprintf writes points.
 */
#include "base/json_internal.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHORT_LIST = 72 }; /* a list of plain values up to here stays on one line */

/* The fewest digits that read back to the same double. Below DBL_MIN doubles have fewer
 * digits than 15, so they are tried from one on. */
static void print_shortest(double value, char *text, size_t room)
{
    int digits = fabs(value) < DBL_MIN ? 1 : 15;

    for (; digits <= 17; digits++) {
        double back;

        snprintf(text, room, "%.*g", digits, value);
        back = strtod(text, NULL);
        if (!(back < value) && !(back > value))
            return;
    }
}

char *wn_number_print(double value, char *text, size_t room)
{
    if (isnan(value)) {
        snprintf(text, room, "NaN");
    } else if (isinf(value)) {
        snprintf(text, room, value < 0 ? "-Infinity" : "Infinity");
    } else if (fabs(value) <= WN_JSON_EXACT_MOST && !(trunc(value) < value) &&
               !(trunc(value) > value)) {
        snprintf(text, room, "%.0f", value);
    } else {
        print_shortest(value, text, room);
        if (!strpbrk(text, ".e")) /* beyond 2^53: not an integer to the strict parser */
            snprintf(text + strlen(text), room - strlen(text), ".0");
    }
    return text;
}

static void print_string(const char *text, struct wn_buf *out)
{
    const unsigned char *at = (const unsigned char *)text;
    const unsigned char *end = at + strlen(text);

    wn_buf_addc(out, '"');
    while (at < end) {
        static const char named[] = "\"\\\b\f\n\r\t";
        static const char names[] = "\"\\bfnrt";
        const char *found = strchr(named, *at);
        size_t n = wn_json_utf8_length(at, end);

        if (found)
            wn_buf_addf(out, "\\%c", names[found - named]);
        else if (*at < 0x20)
            wn_buf_addf(out, "\\u%04x", (unsigned)*at);
        else if (n)
            wn_buf_add(out, at, n);
        else
            wn_buf_adds(out, "\xEF\xBF\xBD"); /* U+FFFD */
        at += n ? n : 1;
    }
    wn_buf_addc(out, '"');
}

static void print_number(double value, struct wn_buf *out)
{
    char text[32];

    wn_number_print(value, text, sizeof text);
    if (isfinite(value))
        wn_buf_adds(out, text);
    else
        print_string(text, out);
}

static void print_plain(const struct wn_json *node, struct wn_buf *out)
{
    switch (wn_json_type(node)) {
    case WN_JSON_NULL: wn_buf_adds(out, "null"); return;
    case WN_JSON_BOOL: wn_buf_adds(out, wn_json_bool(node) ? "true" : "false"); return;
    case WN_JSON_NUMBER: print_number(wn_json_number(node), out); return;
    case WN_JSON_STRING: print_string(wn_json_string(node), out); return;
    case WN_JSON_LIST: wn_buf_adds(out, "[]"); return; /* empty here */
    case WN_JSON_OBJECT: wn_buf_adds(out, "{}"); return;
    }
}

static void print_key(const struct wn_json *item, struct wn_buf *out)
{
    print_string(wn_json_key(item), out);
    wn_buf_adds(out, ": ");
}

void wn_json_print(const struct wn_json *node, struct wn_buf *out)
{
    const struct wn_json *item = wn_json_first(node);
    bool is_object = wn_json_is(node, WN_JSON_OBJECT);

    if (!item) {
        print_plain(node, out);
        return;
    }
    wn_buf_addc(out, is_object ? '{' : '[');
    for (; item; item = wn_json_next(item)) {
        if (is_object)
            print_key(item, out);
        wn_json_print(item, out);
        if (wn_json_next(item))
            wn_buf_adds(out, ", ");
    }
    wn_buf_addc(out, is_object ? '}' : ']');
}

/* Write a list of plain values on one line; false, and nothing written, if it holds
 * others or gets too long. */
static bool print_short_list(const struct wn_json *list, struct wn_buf *out)
{
    size_t start = out->n;

    if (!wn_json_is(list, WN_JSON_LIST))
        return false;
    wn_buf_addc(out, '[');
    for (const struct wn_json *item = wn_json_first(list); item;
         item = wn_json_next(item)) {
        if (!wn_json_first(item) && out->n - start <= SHORT_LIST) {
            print_plain(item, out);
            wn_buf_adds(out, wn_json_next(item) ? ", " : "]");
        }
        if (wn_json_first(item) || out->n - start > SHORT_LIST) {
            out->n = start;
            return false;
        }
    }
    return true;
}

static void print_pretty(const struct wn_json *node, int indent, struct wn_buf *out)
{
    const struct wn_json *item = wn_json_first(node);
    bool is_object = wn_json_is(node, WN_JSON_OBJECT);

    if (!item) {
        print_plain(node, out);
        return;
    }
    if (print_short_list(node, out))
        return;
    wn_buf_addc(out, is_object ? '{' : '[');
    for (; item; item = wn_json_next(item)) {
        wn_buf_addf(out, "\n%*s", indent + 2, "");
        if (is_object)
            print_key(item, out);
        print_pretty(item, indent + 2, out);
        if (wn_json_next(item))
            wn_buf_addc(out, ',');
    }
    wn_buf_addf(out, "\n%*s%c", indent, "", is_object ? '}' : ']');
}

void wn_json_print_pretty(const struct wn_json *node, struct wn_buf *out)
{
    print_pretty(node, 0, out);
}

/* json_parse.c - text to tree, in one pass.
 *
 * The scan below is the whole grammar and makes cJSON's nodes as it goes. cJSON's own
 * parser is not used: it accepts what RFC 8259 forbids (control characters, invalid
 * UTF-8, repeated keys), cuts numbers of more than 63 characters and says nothing of
 * where it stopped. The position is an offset; line and column (in characters) are
 * counted only when something is wrong.
 */
#include "base/json_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { DEPTH_MOST = 64 };

struct key {
    const char *name; /* of the node that is in the tree */
    size_t offset;    /* of its opening quote */
};

struct scan {
    const unsigned char *text, *at, *end;
    bool is_lenient;
    int depth;
    struct wn_buf scratch;   /* the string or number being read */
    WN_VEC(struct key) keys; /* of the objects that are open, innermost last */
    struct wn_error *err;
    enum wn_status rc; /* the first failure */
};

static cJSON *scan_value(struct scan *s);

/* Report at an offset and return NULL, so that one line reports and returns. */
static cJSON *fail_at(struct scan *s, const unsigned char *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static size_t line_of(const struct scan *s, const unsigned char *at, size_t *column)
{
    size_t line = 1;

    *column = 1;
    for (const unsigned char *c = s->text; c < at; c++) {
        if (*c == '\n') {
            line++;
            *column = 1;
        } else if ((*c & 0xC0) != 0x80) { /* the first byte of a character */
            ++*column;
        }
    }
    return line;
}

static cJSON *fail_at(struct scan *s, const unsigned char *at, const char *format, ...)
{
    struct wn_buf text = {0};
    size_t column, line = line_of(s, at, &column);
    va_list args;

    va_start(args, format);
    wn_buf_vaddf(&text, format, args);
    va_end(args);
    s->rc = wn_fail(s->err, WN_EINVAL, "line %zu, column %zu: %s", line, column,
                    wn_buf_text(&text));
    wn_buf_release(&text);
    return NULL;
}

static cJSON *fail_memory(struct scan *s)
{
    s->rc = wn_fail(s->err, WN_ENOMEM, "no memory for a JSON text of %zu bytes",
                    (size_t)(s->end - s->text));
    return NULL;
}

/* "found ..." about what stands where something else was expected. */
static cJSON *fail_expected(struct scan *s, const char *expected)
{
    if (s->at == s->end)
        return fail_at(s, s->at, "expected %s, but the text ends", expected);
    if (*s->at > ' ' && *s->at < 0x7F)
        return fail_at(s, s->at, "expected %s, not '%c'", expected, *s->at);
    return fail_at(s, s->at, "expected %s, not the byte 0x%02X", expected,
                   (unsigned)*s->at);
}

static void skip_blanks(struct scan *s)
{
    while (s->at < s->end &&
           (*s->at == ' ' || *s->at == '\t' || *s->at == '\n' || *s->at == '\r'))
        s->at++;
}

static bool is_next(const struct scan *s, char c)
{
    return s->at < s->end && *s->at == (unsigned char)c;
}

static bool take(struct scan *s, char c)
{
    if (!is_next(s, c))
        return false;
    s->at++;
    return true;
}

static bool take_word(struct scan *s, const char *word)
{
    size_t n = strlen(word);

    if ((size_t)(s->end - s->at) < n || memcmp(s->at, word, n) != 0)
        return false;
    s->at += n;
    return true;
}

static bool is_digit(const struct scan *s)
{
    return s->at < s->end && *s->at >= '0' && *s->at <= '9';
}

/* Numbers */

static cJSON *number_node(struct scan *s, double value)
{
    cJSON *node = cJSON_CreateNumber(value);

    return node ? node : fail_memory(s);
}

static bool take_digits(struct scan *s)
{
    if (!is_digit(s))
        return false;
    while (is_digit(s))
        s->at++;
    return true;
}

/* Whether the decimal digits in [from, to) stand for more than 2^53. */
static bool is_beyond_exact(const unsigned char *from, const unsigned char *to)
{
    uint64_t value = 0;

    for (; from < to; from++) {
        value = value * 10 + (uint64_t)(*from - '0');
        if (value > UINT64_C(1) << 53)
            return true;
    }
    return false;
}

static cJSON *scan_number(struct scan *s)
{
    const unsigned char *start = s->at, *digits;
    bool is_integer = true;
    double value;

    take(s, '-');
    digits = s->at;
    if (s->is_lenient && take_word(s, "Infinity"))
        return number_node(s, *start == '-' ? -HUGE_VAL : HUGE_VAL);
    if (!take_digits(s))
        return fail_expected(s, "a digit");
    if (*digits == '0' && s->at - digits > 1)
        return fail_at(s, digits, "a number must not start with a superfluous 0");
    if (is_next(s, '.') || is_next(s, 'e') || is_next(s, 'E'))
        is_integer = false;
    if (take(s, '.') && !take_digits(s))
        return fail_expected(s, "a digit after the point");
    if (take(s, 'e') || take(s, 'E')) {
        if (!take(s, '+'))
            take(s, '-');
        if (!take_digits(s))
            return fail_expected(s, "a digit in the exponent");
    }
    if (is_integer && !s->is_lenient && is_beyond_exact(digits, s->at))
        return fail_at(s, start,
                       "the integer %.*s%s is beyond +-2^53 and would be rounded",
                       (int)(s->at - start > 40 ? 40 : s->at - start),
                       (const char *)start, s->at - start > 40 ? "..." : "");
    wn_buf_clear(&s->scratch); /* strtod needs a NUL behind the number */
    wn_buf_add(&s->scratch, start, (size_t)(s->at - start));
    if (s->scratch.failed)
        return fail_memory(s);
    value = strtod(s->scratch.at, NULL);
    if (!isfinite(value) && !s->is_lenient)
        return fail_at(s, start, "the number is too large for a double");
    return number_node(s, value);
}

/* Strings */

size_t wn_json_utf8_length(const unsigned char *at, const unsigned char *end)
{
    size_t n, n_left = (size_t)(end - at);
    uint32_t code;

    if (!n_left)
        return 0;
    if (at[0] < 0x80)
        return 1;
    n = at[0] >= 0xF0 ? 4 : at[0] >= 0xE0 ? 3 : 2;
    if (at[0] < 0xC2 || at[0] > 0xF4 || n > n_left)
        return 0;
    code = at[0] & (0xFFU >> (n + 1));
    for (size_t i = 1; i < n; i++) {
        if ((at[i] & 0xC0) != 0x80)
            return 0;
        code = code << 6 | (at[i] & 0x3F);
    }
    if ((n == 3 && code < 0x800) || (n == 4 && code < 0x10000) || code > 0x10FFFF ||
        (code >= 0xD800 && code <= 0xDFFF))
        return 0;
    return n;
}

static void add_utf8(struct wn_buf *buf, uint32_t code)
{
    char bytes[4];
    size_t n = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;

    if (n == 1) {
        wn_buf_addc(buf, (char)code);
        return;
    }
    for (size_t i = n - 1; i > 0; i--, code >>= 6)
        bytes[i] = (char)(0x80 | (code & 0x3F));
    bytes[0] = (char)((0xF00U >> n & 0xFFU) | code);
    wn_buf_add(buf, bytes, n);
}

/* The four digits after \u; false if they are not there. */
static bool take_hex4(struct scan *s, uint32_t *code)
{
    *code = 0;
    for (int i = 0; i < 4; i++, s->at++) {
        unsigned char c = s->at < s->end ? *s->at : 0;

        if (c >= '0' && c <= '9')
            *code = *code << 4 | (uint32_t)(c - '0');
        else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
            *code = *code << 4 | (uint32_t)((c | 0x20) - 'a' + 10);
        else
            return false;
    }
    return true;
}

static bool scan_unicode_escape(struct scan *s, const unsigned char *start)
{
    uint32_t code, low = 0;

    if (!take_hex4(s, &code)) {
        fail_expected(s, "four hexadecimal digits after \\u");
        return false;
    }
    if (code == 0) {
        fail_at(s, start, "\\u0000 is not allowed in a string");
        return false;
    }
    if (code >= 0xD800 && code <= 0xDBFF) {
        if (!take_word(s, "\\u") || !take_hex4(s, &low) || low < 0xDC00 || low > 0xDFFF) {
            fail_at(s, start, "\\u%04X needs the second half of its pair after it",
                    (unsigned)code);
            return false;
        }
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    } else if (code >= 0xDC00 && code <= 0xDFFF) {
        fail_at(s, start, "\\u%04X is the second half of a pair without the first",
                (unsigned)code);
        return false;
    }
    add_utf8(&s->scratch, code);
    return true;
}

static bool scan_escape(struct scan *s)
{
    static const char names[] = "\"\\/bfnrt";
    static const char meanings[] = "\"\\/\b\f\n\r\t";
    const unsigned char *start = s->at++; /* the backslash */
    const char *found;

    if (take(s, 'u'))
        return scan_unicode_escape(s, start);
    found = s->at < s->end && *s->at ? strchr(names, *s->at) : NULL;
    if (!found) {
        fail_expected(s, "one of \" \\ / b f n r t u after \\");
        return false;
    }
    wn_buf_addc(&s->scratch, meanings[found - names]);
    s->at++;
    return true;
}

/* A string's text goes to the scratch buffer. */
static bool scan_text(struct scan *s)
{
    const unsigned char *start = s->at++; /* the quote */

    wn_buf_clear(&s->scratch);
    wn_buf_add(&s->scratch, "", 0);
    while (!take(s, '"')) {
        size_t n;

        if (s->at == s->end) {
            fail_at(s, start, "the string that starts here has no end");
            return false;
        }
        if (*s->at == '\\') {
            if (!scan_escape(s))
                return false;
            continue;
        }
        if (*s->at < 0x20) {
            fail_at(s, s->at, "the control character 0x%02X must be escaped in a string",
                    (unsigned)*s->at);
            return false;
        }
        n = wn_json_utf8_length(s->at, s->end);
        if (!n) {
            fail_at(s, s->at, "the byte 0x%02X is not valid UTF-8 here",
                    (unsigned)*s->at);
            return false;
        }
        wn_buf_add(&s->scratch, s->at, n);
        s->at += n;
    }
    if (s->scratch.failed)
        fail_memory(s);
    return !s->scratch.failed;
}

static cJSON *scan_string(struct scan *s)
{
    cJSON *node;

    if (!scan_text(s))
        return NULL;
    node = cJSON_CreateString(s->scratch.at);
    return node ? node : fail_memory(s);
}

/* Lists and objects */

static cJSON *scan_list(struct scan *s)
{
    cJSON *list = cJSON_CreateArray();

    if (!list)
        return fail_memory(s);
    s->at++;
    skip_blanks(s);
    if (take(s, ']'))
        return list;
    for (;;) {
        cJSON *item = scan_value(s);

        if (!item)
            break;
        cJSON_AddItemToArray(list, item);
        skip_blanks(s);
        if (take(s, ']'))
            return list;
        if (!take(s, ',')) {
            fail_expected(s, "',' or ']'");
            break;
        }
        skip_blanks(s);
    }
    cJSON_Delete(list);
    return NULL;
}

static int compare_keys(const void *a, const void *b)
{
    const struct key *x = a, *y = b;
    int order = strcmp(x->name, y->name);

    return order ? order : x->offset < y->offset ? -1 : 1;
}

/* The keys from `first` on are those of one object; they are sorted so that even a huge
 * object is checked quickly. */
static bool are_keys_unique(struct scan *s, size_t first)
{
    struct key *keys = s->keys.at + first;
    size_t n = s->keys.n - first;
    const struct key *repeated = NULL;
    size_t column;

    qsort(keys, n, sizeof *keys, compare_keys);
    for (size_t i = 1; i < n; i++)
        if (strcmp(keys[i - 1].name, keys[i].name) == 0 &&
            (!repeated || keys[i].offset < repeated->offset))
            repeated = &keys[i];
    s->keys.n = first;
    if (!repeated)
        return true;
    for (size_t i = 0; i < n; i++)
        if (strcmp(keys[i].name, repeated->name) == 0) {
            fail_at(s, s->text + repeated->offset,
                    "the key \"%s\" is already in line %zu of the same object",
                    repeated->name, line_of(s, s->text + keys[i].offset, &column));
            break;
        }
    return false;
}

/* One member `"key": value`. */
static bool scan_member(struct scan *s, cJSON *object)
{
    size_t offset = (size_t)(s->at - s->text);
    char *name;
    cJSON *item;
    struct key *key;

    if (!is_next(s, '"')) {
        fail_expected(s, "a key in double quotes");
        return false;
    }
    if (!scan_text(s))
        return false;
    name = wn_strdup(s->scratch.at);
    if (!name) {
        fail_memory(s);
        return false;
    }
    skip_blanks(s);
    if (!take(s, ':')) {
        fail_expected(s, "':' after the key");
        wn_free(name);
        return false;
    }
    skip_blanks(s);
    item = scan_value(s);
    if (!item) {
        wn_free(name);
        return false;
    }
    item->string = name;
    cJSON_AddItemToArray(object, item);
    key = wn_vec_push(&s->keys);
    if (!key) {
        fail_memory(s);
        return false;
    }
    *key = (struct key){.name = name, .offset = offset};
    return true;
}

static cJSON *scan_object(struct scan *s)
{
    cJSON *object = cJSON_CreateObject();
    size_t first = s->keys.n;

    if (!object)
        return fail_memory(s);
    s->at++;
    skip_blanks(s);
    if (take(s, '}'))
        return object;
    while (scan_member(s, object)) {
        skip_blanks(s);
        if (take(s, '}')) {
            if (are_keys_unique(s, first))
                return object;
            break;
        }
        if (!take(s, ',')) {
            fail_expected(s, "',' or '}'");
            break;
        }
        skip_blanks(s);
    }
    cJSON_Delete(object);
    return NULL;
}

static cJSON *scan_nested(struct scan *s)
{
    cJSON *node;

    if (s->depth == DEPTH_MOST)
        return fail_at(s, s->at, "lists and objects are nested deeper than %d",
                       DEPTH_MOST);
    s->depth++;
    node = *s->at == '[' ? scan_list(s) : scan_object(s);
    s->depth--;
    return node;
}

static cJSON *scan_word(struct scan *s)
{
    cJSON *node;

    if (s->is_lenient && take_word(s, "NaN"))
        return number_node(s, (double)NAN);
    if (s->is_lenient && is_next(s, 'I'))
        return scan_number(s);
    if (take_word(s, "true"))
        node = cJSON_CreateTrue();
    else if (take_word(s, "false"))
        node = cJSON_CreateFalse();
    else if (take_word(s, "null"))
        node = cJSON_CreateNull();
    else
        return fail_expected(s, "a value");
    return node ? node : fail_memory(s);
}

static cJSON *scan_value(struct scan *s)
{
    if (is_next(s, '{') || is_next(s, '['))
        return scan_nested(s);
    if (is_next(s, '"'))
        return scan_string(s);
    if (is_next(s, '-') || is_digit(s))
        return scan_number(s);
    return scan_word(s);
}

static enum wn_status parse(const char *text,
                            size_t n,
                            bool is_lenient,
                            struct wn_json **out,
                            struct wn_error *err)
{
    struct scan s = {.is_lenient = is_lenient, .err = err, .rc = WN_OK};
    cJSON *root = NULL;

    s.text = s.at = (const unsigned char *)(text ? text : "");
    s.end = s.text + (text ? n : 0);
    if (take_word(&s, "\xEF\xBB\xBF")) {
        fail_at(&s, s.text,
                "the text starts with a byte order mark; save it without one");
    } else {
        skip_blanks(&s);
        root = scan_value(&s);
        skip_blanks(&s);
    }
    if (root && s.at != s.end) {
        fail_expected(&s, "nothing after the value");
        cJSON_Delete(root);
        root = NULL;
    }
    wn_buf_release(&s.scratch);
    wn_vec_release(&s.keys);
    if (root)
        *out = wn_json_of(root);
    return s.rc;
}

enum wn_status wn_json_parse(const char *text,
                             size_t n,
                             struct wn_json **out,
                             struct wn_error *err)
{
    return parse(text, n, false, out, err);
}

enum wn_status wn_json_parse_lenient(const char *text,
                                     size_t n,
                                     struct wn_json **out,
                                     struct wn_error *err)
{
    return parse(text, n, true, out, err);
}

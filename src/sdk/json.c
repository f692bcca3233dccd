/* json.c - as much JSON as the trial protocol needs, without a dependency.
 *
 * Reading keeps the members of one object: strings unescaped, lists and objects as the
 * text they were. It trusts the worker to send sound JSON but never reads past the end.
 */
#include "client_internal.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 64

void winnow_text_add(struct winnow_text *text, const char *bytes, size_t n)
{
    if (text->failed)
        return;
    if (text->room - text->n <= n) {
        size_t room = (text->n + n + 1) * 2 + 64;
        char *at = realloc(text->at, room);

        if (!at) {
            text->failed = 1;
            return;
        }
        text->at = at;
        text->room = room;
    }
    memcpy(text->at + text->n, bytes, n);
    text->n += n;
    text->at[text->n] = '\0';
}

void winnow_text_adds(struct winnow_text *text, const char *string)
{
    winnow_text_add(text, string, strlen(string));
}

void winnow_text_string(struct winnow_text *text, const char *string)
{
    winnow_text_add(text, "\"", 1);
    for (const char *c = string; *c; c++) {
        char escape[8];

        if (*c == '"' || *c == '\\') {
            escape[0] = '\\';
            escape[1] = *c;
            winnow_text_add(text, escape, 2);
        } else if ((unsigned char)*c < 0x20) {
            snprintf(escape, sizeof escape, "\\u%04x", (unsigned)(unsigned char)*c);
            winnow_text_add(text, escape, 6);
        } else {
            winnow_text_add(text, c, 1);
        }
    }
    winnow_text_add(text, "\"", 1);
}

void winnow_text_double(struct winnow_text *text, double value)
{
    char number[40];

    if (isnan(value)) {
        winnow_text_adds(text, "NaN");
        return;
    }
    if (isinf(value)) {
        winnow_text_adds(text, value > 0 ? "Infinity" : "-Infinity");
        return;
    }
    snprintf(number, sizeof number, "%.17g", value);
    for (char *c = number; *c; c++)
        if (!strchr("0123456789+-e", *c)) /* the program's locale may write a comma */
            *c = '.';
    winnow_text_adds(text, number);
}

void winnow_text_long(struct winnow_text *text, long value)
{
    char number[32];

    snprintf(number, sizeof number, "%ld", value);
    winnow_text_adds(text, number);
}

int winnow_number(const char *string, double *value)
{
    char copy[128], *end, *dot;
    size_t n = strlen(string);
    double read;

    if (!n || n >= sizeof copy)
        return 0;
    memcpy(copy, string, n + 1);
    dot = strchr(copy, '.');
    if (dot)
        *dot = localeconv()->decimal_point[0];
    read = strtod(copy, &end);
    if (*end)
        return 0;
    *value = read;
    return 1;
}

/* --- reading --- */

struct scan {
    const char *at;
    int failed;
};

static void skip_space(struct scan *s)
{
    while (*s->at == ' ' || *s->at == '\t' || *s->at == '\n' || *s->at == '\r')
        s->at++;
}

static void expect(struct scan *s, char c)
{
    skip_space(s);
    if (*s->at == c)
        s->at++;
    else
        s->failed = 1;
}

static unsigned read_hex(struct scan *s)
{
    unsigned value = 0;

    for (int i = 0; i < 4; i++) {
        const char *digits = "0123456789abcdef";
        char c = *s->at;
        const char *found;

        if (c >= 'A' && c <= 'F')
            c = (char)(c - 'A' + 'a');
        found = c ? strchr(digits, c) : NULL;
        if (!found) {
            s->failed = 1;
            return 0;
        }
        value = value * 16 + (unsigned)(found - digits);
        s->at++;
    }
    return value;
}

static void add_utf8(struct winnow_text *out, unsigned code)
{
    char bytes[4];
    size_t n;

    if (code < 0x80) {
        bytes[0] = (char)code;
        n = 1;
    } else if (code < 0x800) {
        bytes[0] = (char)(0xC0 | (code >> 6));
        bytes[1] = (char)(0x80 | (code & 0x3F));
        n = 2;
    } else if (code < 0x10000) {
        bytes[0] = (char)(0xE0 | (code >> 12));
        bytes[1] = (char)(0x80 | ((code >> 6) & 0x3F));
        bytes[2] = (char)(0x80 | (code & 0x3F));
        n = 3;
    } else {
        bytes[0] = (char)(0xF0 | (code >> 18));
        bytes[1] = (char)(0x80 | ((code >> 12) & 0x3F));
        bytes[2] = (char)(0x80 | ((code >> 6) & 0x3F));
        bytes[3] = (char)(0x80 | (code & 0x3F));
        n = 4;
    }
    winnow_text_add(out, bytes, n);
}

static void read_escape(struct scan *s, struct winnow_text *out)
{
    const char *from = "\"\\/bfnrt", *to = "\"\\/\b\f\n\r\t", *found;
    unsigned code, low;

    if (*s->at != 'u') {
        found = *s->at ? strchr(from, *s->at) : NULL;
        if (!found) {
            s->failed = 1;
            return;
        }
        winnow_text_add(out, to + (found - from), 1);
        s->at++;
        return;
    }
    s->at++;
    code = read_hex(s);
    if (code >= 0xD800 && code < 0xDC00 && s->at[0] == '\\' && s->at[1] == 'u') {
        s->at += 2;
        low = read_hex(s);
        code = 0x10000 + ((code - 0xD800) << 10) + (low & 0x3FF);
    }
    if (code == 0)
        s->failed = 1; /* no C string could hold it */
    add_utf8(out, code);
}

/* Read a string; `out` NULL: only pass over it. */
static void read_string(struct scan *s, struct winnow_text *out)
{
    expect(s, '"');
    while (!s->failed && *s->at != '"') {
        struct winnow_text ignored = {0};

        if (!*s->at) {
            s->failed = 1;
        } else if (*s->at == '\\') {
            s->at++;
            read_escape(s, out ? out : &ignored);
            free(ignored.at);
        } else {
            if (out)
                winnow_text_add(out, s->at, 1);
            s->at++;
        }
    }
    if (!s->failed)
        s->at++;
}

static void skip_value(struct scan *s, int depth)
{
    char open, close;

    skip_space(s);
    if (*s->at == '"') {
        read_string(s, NULL);
        return;
    }
    if (*s->at != '{' && *s->at != '[') {
        size_t n = strcspn(s->at, ",]} \t\r\n");

        s->failed |= n == 0;
        s->at += n;
        return;
    }
    open = *s->at++;
    close = open == '{' ? '}' : ']';
    s->failed |= depth > DEPTH_MAX;
    skip_space(s);
    while (!s->failed && *s->at != close) {
        if (open == '{') {
            read_string(s, NULL);
            expect(s, ':');
        }
        skip_value(s, depth + 1);
        skip_space(s);
        if (*s->at == ',') {
            s->at++;
            skip_space(s);
        } else if (*s->at != close) {
            s->failed = 1;
        }
    }
    if (!s->failed)
        s->at++;
}

static char kind_of(char first)
{
    switch (first) {
    case '"': return 's';
    case '{':
    case '[': return 'j';
    case 't':
    case 'f': return 'b';
    case 'n': return 'z';
    }
    return 'n';
}

static struct winnow_member *push(struct winnow_object *object)
{
    struct winnow_member *at = realloc(object->at, (object->n + 1) * sizeof *at);

    if (!at)
        return NULL;
    object->at = at;
    memset(&at[object->n], 0, sizeof *at);
    return &at[object->n++];
}

static void read_member(struct scan *s, struct winnow_object *out)
{
    struct winnow_member *member = push(out);
    struct winnow_text name = {0}, value = {0};
    const char *start;

    if (!member) {
        s->failed = 1;
        return;
    }
    winnow_text_add(&name, "", 0);
    winnow_text_add(&value, "", 0);
    read_string(s, &name);
    expect(s, ':');
    skip_space(s);
    member->kind = kind_of(*s->at);
    start = s->at;
    if (member->kind == 's') {
        read_string(s, &value);
    } else {
        skip_value(s, 0);
        winnow_text_add(&value, start, (size_t)(s->at - start));
    }
    member->name = name.at; /* owned now, also when something failed */
    member->value = value.at;
    s->failed |= name.failed || value.failed;
}

int winnow_object_parse(const char *json, struct winnow_object *out)
{
    struct scan s = {json, 0};
    struct winnow_object object = {NULL, 0};

    expect(&s, '{');
    skip_space(&s);
    while (!s.failed && *s.at != '}') {
        read_member(&s, &object);
        skip_space(&s);
        if (*s.at == ',') {
            s.at++;
            skip_space(&s);
            s.failed |= *s.at == '}';
        } else if (*s.at != '}') {
            s.failed = 1;
        }
    }
    if (!s.failed) {
        s.at++;
        skip_space(&s);
        s.failed = *s.at != '\0';
    }
    if (s.failed) {
        winnow_object_release(&object);
        return -1;
    }
    *out = object;
    return 0;
}

void winnow_object_release(struct winnow_object *object)
{
    for (size_t i = 0; i < object->n; i++) {
        free(object->at[i].name);
        free(object->at[i].value);
    }
    free(object->at);
    object->at = NULL;
    object->n = 0;
}

const struct winnow_member *winnow_object_get(const struct winnow_object *object,
                                              const char *name)
{
    for (size_t i = 0; i < object->n; i++)
        if (strcmp(object->at[i].name, name) == 0)
            return &object->at[i];
    return NULL;
}

int winnow_object_add(struct winnow_object *object, const char *name, const char *value)
{
    struct winnow_member *member = push(object);
    struct winnow_text copy_name = {0}, copy_value = {0};

    if (!member)
        return -1;
    winnow_text_adds(&copy_name, name);
    winnow_text_adds(&copy_value, value);
    if (copy_name.failed || copy_value.failed) {
        free(copy_name.at);
        free(copy_value.at);
        object->n--;
        return -1;
    }
    member->name = copy_name.at;
    member->value = copy_value.at;
    member->kind = 's';
    return 0;
}

/* option.c - tables of keys: schema, help and the lookups of checked values.
 *
 * How values are checked is in option_parse.c.
 */
#include "base/option.h"

#include <math.h>
#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/option_internal.h"

const struct wn_option wn_no_options[] = {{.name = NULL}};

size_t wn_option_count(const struct wn_option *table)
{
    size_t n = 0;

    while (table[n].name)
        n++;
    return n;
}

bool wn_option_has_bounds(const struct wn_option *option)
{
    return option->low < 0 || option->low > 0 || option->high < 0 || option->high > 0;
}

/* Lookups */

static const struct value *value_of(const struct wn_values *values, const char *name)
{
    size_t i = 0;

    while (values->table[i].name && strcmp(values->table[i].name, name) != 0)
        i++;
    WN_ASSERT(values->table[i].name);
    return &values->at[i];
}

static const struct value *typed_value_of(const struct wn_values *values,
                                          const char *name,
                                          enum wn_option_type type)
{
    const struct value *value = value_of(values, name);

    WN_ASSERT(values->table[value - values->at].type == type);
    return value;
}

bool wn_values_is_set(const struct wn_values *values, const char *name)
{
    return value_of(values, name)->is_set;
}

bool wn_values_is_usual(const struct wn_values *values, const char *name)
{
    return value_of(values, name)->is_usual;
}

bool wn_values_bool(const struct wn_values *values, const char *name)
{
    return typed_value_of(values, name, WN_OPTION_BOOL)->integer != 0;
}

int64_t wn_values_int(const struct wn_values *values, const char *name)
{
    return typed_value_of(values, name, WN_OPTION_INT)->integer;
}

double wn_values_float(const struct wn_values *values, const char *name)
{
    return typed_value_of(values, name, WN_OPTION_FLOAT)->number;
}

const char *wn_values_string(const struct wn_values *values, const char *name)
{
    const struct value *value = value_of(values, name);
    enum wn_option_type type = values->table[value - values->at].type;

    WN_ASSERT(type == WN_OPTION_STRING || type == WN_OPTION_CHOICE);
    return value->text;
}

int64_t wn_values_ms(const struct wn_values *values, const char *name)
{
    return typed_value_of(values, name, WN_OPTION_DURATION)->integer;
}

size_t wn_values_choice(const struct wn_values *values, const char *name)
{
    return (size_t)typed_value_of(values, name, WN_OPTION_CHOICE)->integer;
}

const int64_t *wn_values_ints(const struct wn_values *values, const char *name, size_t *n)
{
    const struct value *value = typed_value_of(values, name, WN_OPTION_INTS);

    *n = value->n;
    return value->integers;
}

const double *wn_values_floats(const struct wn_values *values,
                               const char *name,
                               size_t *n)
{
    const struct value *value = typed_value_of(values, name, WN_OPTION_FLOATS);

    *n = value->n;
    return value->numbers;
}

const char *const *wn_values_strings(const struct wn_values *values,
                                     const char *name,
                                     size_t *n)
{
    const struct value *value = typed_value_of(values, name, WN_OPTION_STRINGS);

    *n = value->n;
    return value->texts;
}

const struct wn_json *wn_values_any(const struct wn_values *values, const char *name)
{
    return typed_value_of(values, name, WN_OPTION_ANY)->any;
}

/* Back to JSON */

static struct wn_json *list_of(const struct wn_option *option, const struct value *value)
{
    struct wn_json *list = wn_json_new_list();

    for (size_t i = 0; list && i < value->n; i++) {
        struct wn_json *item;

        if (option->type == WN_OPTION_INTS)
            item = wn_json_new_integer(value->integers[i]);
        else if (option->type == WN_OPTION_FLOATS)
            item = wn_json_new_number(value->numbers[i]);
        else
            item = wn_json_new_string(value->texts[i]);
        if (!wn_json_add(list, item)) {
            wn_json_destroy(list);
            return NULL;
        }
    }
    return list;
}

static struct wn_json *json_of(const struct wn_option *option, const struct value *value)
{
    switch (option->type) {
    case WN_OPTION_BOOL: return wn_json_new_bool(value->integer != 0);
    case WN_OPTION_INT: return wn_json_new_integer(value->integer);
    case WN_OPTION_FLOAT: return wn_json_new_number(value->number);
    case WN_OPTION_CHOICE:
    case WN_OPTION_STRING: return wn_json_new_string(value->text);
    case WN_OPTION_DURATION: return wn_json_new_number((double)value->integer / 1000);
    case WN_OPTION_INTS:
    case WN_OPTION_FLOATS:
    case WN_OPTION_STRINGS: return list_of(option, value);
    case WN_OPTION_ANY: return wn_json_copy(value->any);
    }
    return NULL;
}

bool wn_values_json(const struct wn_values *values, struct wn_json *object)
{
    for (size_t i = 0; values->table[i].name; i++) {
        const struct wn_option *option = &values->table[i];

        if (values->at[i].is_set &&
            !wn_json_set(object, option->name, json_of(option, &values->at[i])))
            return false;
    }
    return true;
}

/* Schema */

static bool set_text(struct wn_json *object, const char *key, const char *text)
{
    return wn_json_set(object, key, wn_json_new_string(text));
}

static bool set_bounds(const struct wn_option *option, struct wn_json *object)
{
    if (!wn_option_has_bounds(option))
        return true;
    return (!isfinite(option->low) ||
            wn_json_set(object, "minimum", wn_json_new_number(option->low))) &&
           (!isfinite(option->high) ||
            wn_json_set(object, "maximum", wn_json_new_number(option->high)));
}

static bool set_list(struct wn_json *object,
                     const char *key,
                     const char *const *texts,
                     size_t n)
{
    const struct wn_option option = {.type = WN_OPTION_STRINGS};
    const struct value value = {.texts = texts, .n = n};

    return wn_json_set(object, key, list_of(&option, &value));
}

static bool set_items(const struct wn_option *option, struct wn_json *object)
{
    struct wn_json *items = wn_json_new_object();
    bool is_text = option->type == WN_OPTION_STRINGS;
    const char *number = option->type == WN_OPTION_INTS ? "integer" : "number";

    if (!set_text(object, "type", "array") ||
        !set_text(items, "type", is_text ? "string" : number) ||
        (!is_text && !set_bounds(option, items))) {
        wn_json_destroy(items);
        return false;
    }
    return wn_json_set(object, "items", items) &&
           wn_json_set(object, "minItems", wn_json_new_integer(1));
}

static bool set_type(const struct wn_option *option, struct wn_json *object)
{
    static const char *const duration[] = {"number", "string"};
    size_t n_choices = 0;

    switch (option->type) {
    case WN_OPTION_BOOL: return set_text(object, "type", "boolean");
    case WN_OPTION_INT:
        return set_text(object, "type", "integer") && set_bounds(option, object);
    case WN_OPTION_FLOAT:
        return set_text(object, "type", "number") && set_bounds(option, object);
    case WN_OPTION_CHOICE:
        while (option->choices[n_choices])
            n_choices++;
        return set_list(object, "enum", option->choices, n_choices);
    case WN_OPTION_STRING:
        return set_text(object, "type", "string") &&
               wn_json_set(object, "minLength", wn_json_new_integer(1));
    case WN_OPTION_DURATION:
        return set_list(object, "type", duration, 2) && set_bounds(option, object) &&
               set_text(object, "pattern", "^[0-9]+(\\.[0-9]+)?(ms|s|m|h|d)?$");
    case WN_OPTION_INTS:
    case WN_OPTION_FLOATS:
    case WN_OPTION_STRINGS: return set_items(option, object);
    case WN_OPTION_ANY: return true;
    }
    return false;
}

static struct wn_json *schema_of(const struct wn_option *option)
{
    struct wn_json *object = wn_json_new_object();
    bool is_done = object && set_type(option, object) &&
                   (!option->help || set_text(object, "description", option->help));

    if (is_done && option->def) {
        struct wn_json *def;

        is_done = wn_option_default(option, &def, NULL) == WN_OK &&
                  wn_json_set(object, "default", def);
    }
    if (!is_done) {
        wn_json_destroy(object);
        return NULL;
    }
    return object;
}

struct wn_json *wn_options_schema(const struct wn_option *table)
{
    struct wn_json *schema = wn_json_new_object();
    struct wn_json *properties = wn_json_new_object();
    struct wn_json *required = wn_json_new_list();
    bool is_done = true;

    for (; is_done && table->name; table++) {
        is_done = wn_json_set(properties, table->name, schema_of(table));
        if (is_done && table->is_required)
            is_done = wn_json_add(required, wn_json_new_string(table->name));
    }
    is_done = is_done && set_text(schema, "type", "object");
    if (!is_done) {
        wn_json_destroy(properties);
        wn_json_destroy(required);
        wn_json_destroy(schema);
        return NULL;
    }
    is_done = wn_json_set(schema, "properties", properties);
    if (wn_json_first(required))
        is_done = wn_json_set(schema, "required", required) && is_done;
    else
        wn_json_destroy(required);
    if (!is_done ||
        !wn_json_set(schema, "additionalProperties", wn_json_new_bool(false))) {
        wn_json_destroy(schema);
        return NULL;
    }
    return schema;
}

/* Help */

static void add_bounds(const struct wn_option *option, struct wn_buf *out)
{
    char low[32], high[32];

    if (!wn_option_has_bounds(option))
        return;
    wn_number_print(option->low, low, sizeof low);
    wn_number_print(option->high, high, sizeof high);
    if (!isfinite(option->high))
        wn_buf_addf(out, " >= %s", low);
    else if (!isfinite(option->low))
        wn_buf_addf(out, " <= %s", high);
    else
        wn_buf_addf(out, " %s..%s", low, high);
}

static void add_type(const struct wn_option *option, struct wn_buf *out)
{
    switch (option->type) {
    case WN_OPTION_BOOL: wn_buf_adds(out, "true or false"); return;
    case WN_OPTION_INT: wn_buf_adds(out, "integer"); break;
    case WN_OPTION_FLOAT: wn_buf_adds(out, "number"); break;
    case WN_OPTION_CHOICE:
        for (const char *const *choice = option->choices; *choice; choice++)
            wn_buf_addf(out, "%s%s", choice == option->choices ? "" : "|", *choice);
        return;
    case WN_OPTION_STRING: wn_buf_adds(out, "string"); return;
    case WN_OPTION_DURATION: wn_buf_adds(out, "duration"); return;
    case WN_OPTION_INTS: wn_buf_adds(out, "list of integers"); break;
    case WN_OPTION_FLOATS: wn_buf_adds(out, "list of numbers"); break;
    case WN_OPTION_STRINGS: wn_buf_adds(out, "list of strings"); return;
    case WN_OPTION_ANY: wn_buf_adds(out, "section"); return;
    }
    add_bounds(option, out);
}

static const char *default_text(const struct wn_option *option)
{
    if (option->def)
        return option->def;
    return option->is_required ? "required" : "-";
}

void wn_options_help(const struct wn_option *table, struct wn_buf *out)
{
    struct wn_buf type = {0};
    int widths[3] = {0, 0, 0};

    for (int pass = 0; pass < 2; pass++) {
        for (const struct wn_option *option = table; option->name; option++) {
            const char *cells[3];

            wn_buf_clear(&type);
            add_type(option, &type);
            cells[0] = option->name;
            cells[1] = wn_buf_text(&type);
            cells[2] = default_text(option);
            for (int i = 0; pass == 0 && i < 3; i++)
                if ((int)strlen(cells[i]) > widths[i])
                    widths[i] = (int)strlen(cells[i]);
            if (pass == 1)
                wn_buf_addf(out, "  %-*s  %-*s  %-*s  %s\n", widths[0], cells[0],
                            widths[1], cells[1], widths[2], cells[2],
                            option->help ? option->help : "");
        }
    }
    out->failed = out->failed || type.failed;
    wn_buf_release(&type);
}

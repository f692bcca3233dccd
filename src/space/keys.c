/* keys.c - how a parameter is written in the job file: the tables, and their schema. */
#include "space/space_internal.h"

/* enum wn_scale; an int between 0 and 1 would have nothing to be scaled. */
static const char *const float_scales[] = {"linear", "log", "reverse-log", NULL};
static const char *const int_scales[] = {"linear", "log", NULL};
static const char *const encodings[] = {"equal", "nearest", "nearest-log",
                                        NULL}; /* enum wn_encoding */

#define WHEN_KEY                                                                        \
    {                                                                                   \
        .name = "when", .type = WN_OPTION_ANY,                                          \
        .help = "Active only when the named parameters have a value ({\"a\": 1}), one " \
                "of several ([1, 2]), or lie in a range ({\"low\": 1, \"high\": 2})"    \
    }
#define SCALE_KEY(scales)                                                    \
    {                                                                        \
        .name = "scale", .type = WN_OPTION_CHOICE, .choices = (scales),      \
        .def = "\"linear\"",                                                 \
        .help = "Scale on which values are drawn and distances are measured" \
    }
#define STEP_HELP "Distance of neighbouring values, counted from low; high is always one"
#define SIZE_KEY                                                                     \
    {                                                                                \
        .name = "size", .type = WN_OPTION_INT, .low = 2, .high = WN_SPACE_MAX_SIZE,  \
        .help = "Number of values, spread evenly on the scale from low to high; an " \
                "int's are rounded"                                                  \
    }

static const struct wn_option float_keys[] = {
    {.name = "low",
     .type = WN_OPTION_FLOAT,
     .is_required = true,
     .help = "Lowest value, included"},
    {.name = "high",
     .type = WN_OPTION_FLOAT,
     .is_required = true,
     .help = "Highest value, included"},
    SCALE_KEY(float_scales),
    {.name = "step", .type = WN_OPTION_FLOAT, .help = STEP_HELP},
    SIZE_KEY,
    WHEN_KEY,
    {.name = NULL},
};

static const struct wn_option int_keys[] = {
    {.name = "low",
     .type = WN_OPTION_INT,
     .low = -WN_JSON_EXACT_MOST,
     .high = WN_JSON_EXACT_MOST,
     .is_required = true,
     .help = "Lowest value, included"},
    {.name = "high",
     .type = WN_OPTION_INT,
     .low = -WN_JSON_EXACT_MOST,
     .high = WN_JSON_EXACT_MOST,
     .is_required = true,
     .help = "Highest value, included"},
    SCALE_KEY(int_scales),
    {.name = "step",
     .type = WN_OPTION_INT,
     .low = 1,
     .high = WN_JSON_EXACT_MOST,
     .help = STEP_HELP},
    SIZE_KEY,
    WHEN_KEY,
    {.name = NULL},
};

static const struct wn_option categorical_keys[] = {
    {.name = "values",
     .type = WN_OPTION_ANY,
     .is_required = true,
     .help = "List of values without order: strings, numbers, true, false, null"},
    WHEN_KEY,
    {.name = NULL},
};

static const struct wn_option ordinal_keys[] = {
    {.name = "values",
     .type = WN_OPTION_ANY,
     .is_required = true,
     .help = "List of values in their order: strings, numbers, true, false, null"},
    {.name = "encoding",
     .type = WN_OPTION_CHOICE,
     .choices = encodings,
     .help =
         "Distances: equal between neighbours, or by value (nearest, nearest-log); by "
         "default nearest if the values are strictly increasing numbers, else equal"},
    WHEN_KEY,
    {.name = NULL},
};

static const struct wn_option constant_keys[] = {
    {.name = "value",
     .type = WN_OPTION_ANY,
     .is_required = true,
     .help = "The value, of any JSON type"},
    WHEN_KEY,
    {.name = NULL},
};

const struct wn_option wn_condition_range_keys[] = {
    {.name = "low", .type = WN_OPTION_FLOAT, .help = "Lowest value, included"},
    {.name = "high", .type = WN_OPTION_FLOAT, .help = "Highest value, included"},
    {.name = NULL},
};

const struct wn_entry_kind wn_entry_kinds[] = {
    {"float", WN_PARAM_FLOAT, float_keys},
    {"int", WN_PARAM_INT, int_keys},
    {"categorical", WN_PARAM_CATEGORICAL, categorical_keys},
    {"ordinal", WN_PARAM_ORDINAL, ordinal_keys},
    {"constant", 0, constant_keys},
    {NULL, 0, NULL},
};

/* {"const": name} as the first property, and required, of a kind's schema. */
static struct wn_json *kind_schema(const struct wn_entry_kind *kind)
{
    struct wn_json *schema = wn_options_schema(kind->keys);
    struct wn_json *type = wn_json_new_object();
    struct wn_json *required = schema ? wn_json_member(schema, "required") : NULL;
    bool ok = wn_json_set(type, "const", wn_json_new_string(kind->name));

    if (schema && !required && wn_json_set(schema, "required", wn_json_new_list()))
        required = wn_json_member(schema, "required");
    ok = wn_json_add(required, wn_json_new_string("type")) && ok;
    if (!schema || !ok) {
        wn_json_destroy(type);
        wn_json_destroy(schema);
        return NULL;
    }
    if (!wn_json_set(wn_json_member(schema, "properties"), "type", type)) {
        wn_json_destroy(schema);
        return NULL;
    }
    return schema;
}

struct wn_json *wn_space_schema(void)
{
    static const char *const bare[] = {"null",   "boolean", "number",
                                       "string", "array",   NULL};
    struct wn_json *schema = wn_json_new_object();
    struct wn_json *types = wn_json_new_list(), *forms = wn_json_new_list();
    struct wn_json *constant = wn_json_new_object(), *entry = wn_json_new_object();
    bool ok = true;

    for (size_t i = 0; bare[i]; i++)
        ok = wn_json_add(types, wn_json_new_string(bare[i])) && ok;
    ok = wn_json_set(constant, "type", types) && ok;
    ok = wn_json_add(forms, constant) && ok;
    for (size_t i = 0; wn_entry_kinds[i].name; i++)
        ok = wn_json_add(forms, kind_schema(&wn_entry_kinds[i])) && ok;
    ok = wn_json_set(entry, "anyOf", forms) && ok;
    ok = wn_json_set(schema, "type", wn_json_new_string("object")) && ok;
    ok = wn_json_set(schema, "additionalProperties", entry) && ok;
    if (ok)
        return schema;
    wn_json_destroy(schema);
    return NULL;
}

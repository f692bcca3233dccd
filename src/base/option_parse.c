/* option_parse.c - checking a job file's keys against a table.
 *
 * A mistake is noted and the next key looked at. A key with a mistake gets its default,
 * so that what is checked afterwards has something to stand on. Defaults go through the
 * same checks: a default that fails them is our own fault.
 */
#include "base/option.h"

#include <math.h>
#include <string.h>

#include "base/assert.h"
#include "base/clock.h"
#include "base/option_internal.h"

enum { SHOWN_MOST = 48 }; /* bytes of a wrong value in a message */

/* What is being checked, for the messages. */
struct check {
    const struct wn_option *option;
    const char *path; /* "scheduler.grace_period" */
    struct wn_problems *problems;
    struct wn_arena *memory; /* NULL from an allocation sets is_starved */
    bool is_starved;
};

enum wn_status wn_option_default(const struct wn_option *option,
                                 struct wn_json **out,
                                 struct wn_error *err)
{
    enum wn_status rc = wn_json_parse(option->def, strlen(option->def), out, err);

    WN_ASSERT(rc == WN_OK || rc == WN_ENOMEM);
    return rc;
}

/* A value as the user sees it, cut short. */
static void show(const struct wn_json *node, struct wn_buf *out)
{
    if (wn_json_size(node) > 0) {
        wn_buf_adds(out, wn_json_type_name(node));
        return;
    }
    wn_json_print(node, out);
    if (out->n > SHOWN_MOST) {
        size_t n = SHOWN_MOST;

        while (n > 0 && ((unsigned char)out->at[n] & 0xC0) == 0x80)
            n--; /* not inside a character */
        out->n = n;
        wn_buf_adds(out, wn_json_is(node, WN_JSON_STRING) ? "...\"" : "...");
    }
}

/* "must be an integer, not "abc"". Returns false. */
static bool refuse(struct check *c, const char *expected, const struct wn_json *node)
{
    struct wn_buf text = {0};

    show(node, &text);
    if (text.failed)
        c->is_starved = true;
    wn_problems_add(c->problems, c->path, "must be %s, not %s", expected,
                    wn_buf_text(&text));
    wn_buf_release(&text);
    return false;
}

static bool is_within(struct check *c, double value)
{
    const struct wn_option *option = c->option;
    const char *unit = option->type == WN_OPTION_DURATION ? " s" : "";
    bool is_low = value < option->low;
    char shown[32], bound[32];

    if (!wn_option_has_bounds(option) || (!is_low && !(value > option->high)))
        return true;
    wn_number_print(value, shown, sizeof shown);
    wn_number_print(is_low ? option->low : option->high, bound, sizeof bound);
    wn_problems_add(c->problems, c->path, "%s%s is %s %s%s, the %s allowed", shown, unit,
                    is_low ? "below" : "above", bound, unit,
                    is_low ? "smallest" : "largest");
    return false;
}

static bool check_duration(struct check *c,
                           const struct wn_json *node,
                           struct value *value)
{
    static const char expected[] =
        "a duration: seconds, or a text like \"90s\", \"10m\", \"12h\"";
    const double most = 100 * 365.25 * 86400;
    double seconds = wn_json_number(node);

    if (wn_json_is(node, WN_JSON_STRING)) {
        if (!wn_duration_parse(wn_json_string(node), &value->integer))
            return refuse(c, expected, node);
    } else if (wn_json_is(node, WN_JSON_NUMBER) && seconds >= 0 && seconds <= most) {
        value->integer = (int64_t)(seconds * 1000 + 0.5);
    } else {
        return refuse(c, expected, node);
    }
    return is_within(c, (double)value->integer / 1000);
}

static bool check_choice(struct check *c, const struct wn_json *node, struct value *value)
{
    const char *const *choices = c->option->choices;
    const char *given = wn_json_string(node);
    const char *nearest;
    struct wn_buf list = {0};

    for (size_t i = 0; choices[i]; i++)
        if (given && strcmp(choices[i], given) == 0) {
            value->integer = (int64_t)i;
            value->text = choices[i];
            return true;
        }
    for (size_t i = 0; choices[i]; i++)
        wn_buf_addf(&list, "%s%s", i ? (choices[i + 1] ? ", " : " or ") : "", choices[i]);
    nearest = given ? wn_nearest_name(given, choices) : NULL;
    if (nearest)
        wn_buf_addf(&list, " (did you mean %s?)", nearest);
    c->is_starved = c->is_starved || list.failed;
    refuse(c, wn_buf_text(&list), node);
    wn_buf_release(&list);
    return false;
}

static bool check_string(struct check *c, const struct wn_json *node, const char **out)
{
    const char *text = wn_json_string(node);

    if (!text || !*text)
        return refuse(c, "a non-empty string", node);
    *out = wn_arena_strdup(c->memory, text);
    c->is_starved = c->is_starved || !*out;
    return *out != NULL;
}

static bool check_integer(struct check *c, const struct wn_json *node, int64_t *out)
{
    if (!wn_json_integer(node, out))
        return refuse(c, "an integer", node);
    return is_within(c, (double)*out);
}

static bool check_number(struct check *c, const struct wn_json *node, double *out)
{
    *out = wn_json_number(node);
    if (!wn_json_is(node, WN_JSON_NUMBER) || !isfinite(*out))
        return refuse(c, "a number", node);
    return is_within(c, *out);
}

/* The items of a list under check: the array that its type has. */
struct list {
    int64_t *integers;
    double *numbers;
    const char **texts;
};

static bool make_list(struct check *c, size_t n, struct list *list)
{
    void *memory = wn_arena_alloc(c->memory, n * sizeof(int64_t)); /* the largest */

    _Static_assert(sizeof(int64_t) >= sizeof(double) &&
                       sizeof(int64_t) >= sizeof(const char *),
                   "an item of any list fits");
    *list = (struct list){0};
    if (c->option->type == WN_OPTION_INTS)
        list->integers = memory;
    else if (c->option->type == WN_OPTION_FLOATS)
        list->numbers = memory;
    else
        list->texts = memory;
    c->is_starved = c->is_starved || !memory;
    return memory != NULL;
}

static bool check_item(struct check *c,
                       const struct wn_json *item,
                       const struct list *list,
                       size_t i)
{
    if (list->integers)
        return check_integer(c, item, &list->integers[i]);
    if (list->numbers)
        return check_number(c, item, &list->numbers[i]);
    return check_string(c, item, &list->texts[i]);
}

static const char *list_name(enum wn_option_type type)
{
    if (type == WN_OPTION_INTS)
        return "a list of at least one integer";
    return type == WN_OPTION_FLOATS ? "a list of at least one number"
                                    : "a list of at least one string";
}

static bool check_list(struct check *c, const struct wn_json *node, struct value *value)
{
    const char *list_path = c->path;
    size_t n = wn_json_size(node), n_good = 0;
    struct list list;

    if (!wn_json_is(node, WN_JSON_LIST) || !n)
        return refuse(c, list_name(c->option->type), node);
    if (!make_list(c, n, &list))
        return false;
    for (size_t i = 0; i < n && !c->is_starved; i++) {
        const struct wn_json *item = i ? wn_json_next(node) : wn_json_first(node);

        node = item;
        c->path = wn_arena_printf(c->memory, "%s[%zu]", list_path, i);
        if (!c->path) {
            c->is_starved = true;
            break;
        }
        n_good += check_item(c, item, &list, i);
    }
    c->path = list_path;
    value->integers = list.integers;
    value->numbers = list.numbers;
    value->texts = list.texts;
    value->n = n;
    return n_good == n;
}

static bool check_value(struct check *c, const struct wn_json *node, struct value *value)
{
    switch (c->option->type) {
    case WN_OPTION_BOOL:
        value->integer = wn_json_bool(node);
        return wn_json_is(node, WN_JSON_BOOL) || refuse(c, "true or false", node);
    case WN_OPTION_INT: return check_integer(c, node, &value->integer);
    case WN_OPTION_FLOAT: return check_number(c, node, &value->number);
    case WN_OPTION_CHOICE: return check_choice(c, node, value);
    case WN_OPTION_STRING: return check_string(c, node, &value->text);
    case WN_OPTION_DURATION: return check_duration(c, node, value);
    case WN_OPTION_INTS:
    case WN_OPTION_FLOATS:
    case WN_OPTION_STRINGS: return check_list(c, node, value);
    case WN_OPTION_ANY:
        value->any = wn_json_copy(node);
        c->is_starved = c->is_starved || !value->any;
        return value->any != NULL;
    }
    return false;
}

/* The default's value, if there is one. False only without memory. */
static bool set_default(struct check *c, struct value *value)
{
    struct wn_problems faults = {0};
    struct check of_default = {.option = c->option, .path = c->path, .memory = c->memory};
    struct wn_json *def;

    *value = (struct value){.is_usual = true};
    if (!c->option->def)
        return true;
    if (wn_option_default(c->option, &def, NULL) != WN_OK)
        return false;
    of_default.problems = &faults;
    value->is_set = check_value(&of_default, def, value);
    WN_ASSERT(!faults.n);
    wn_problems_release(&faults);
    wn_json_destroy(def);
    return value->is_set;
}

static bool numbers_equal(double a, double b)
{
    return !(a < b) && !(a > b);
}

static bool lists_equal(const struct value *a, const struct value *b)
{
    if (a->n != b->n)
        return false;
    for (size_t i = 0; i < a->n; i++)
        if ((a->integers && a->integers[i] != b->integers[i]) ||
            (a->numbers && !numbers_equal(a->numbers[i], b->numbers[i])) ||
            (a->texts && strcmp(a->texts[i], b->texts[i]) != 0))
            return false;
    return true;
}

/* Two values of one option that are set. */
static bool values_equal(enum wn_option_type type,
                         const struct value *a,
                         const struct value *b)
{
    switch (type) {
    case WN_OPTION_BOOL:
    case WN_OPTION_INT:
    case WN_OPTION_CHOICE:
    case WN_OPTION_DURATION: return a->integer == b->integer;
    case WN_OPTION_FLOAT: return numbers_equal(a->number, b->number);
    case WN_OPTION_STRING: return a->text && b->text && strcmp(a->text, b->text) == 0;
    case WN_OPTION_INTS:
    case WN_OPTION_FLOATS:
    case WN_OPTION_STRINGS: return lists_equal(a, b);
    case WN_OPTION_ANY: return wn_json_equal(a->any, b->any);
    }
    return false;
}

/* Set from a member, or else from the default. False only without memory. */
static bool set_value(struct check *c, const struct wn_json *given, struct value *value)
{
    struct value usual;

    if (given && check_value(c, given, value)) {
        bool is_made = set_default(c, &usual);

        value->is_set = true;
        value->is_usual = usual.is_set && values_equal(c->option->type, value, &usual);
        wn_json_destroy(usual.any);
        return is_made;
    }
    *value = (struct value){0};
    if (c->is_starved)
        return false;
    if (!given && c->option->is_required)
        wn_problems_add(c->problems, c->path, "this key is required");
    return set_default(c, value);
}

static bool is_in_list(const char *name, const char *const *list)
{
    for (; list && *list; list++)
        if (strcmp(*list, name) == 0)
            return true;
    return false;
}

/* The keys of the table and the caller's own, as a list that ends with NULL. */
static const char **known_names(const struct wn_option *table,
                                const char *const *skip,
                                struct wn_arena *memory)
{
    size_t n = wn_option_count(table), n_skip = 0;
    const char **names;

    while (skip && skip[n_skip])
        n_skip++;
    names = wn_arena_alloc(memory, (n + n_skip + 1) * sizeof *names);
    for (size_t i = 0; names && i < n; i++)
        names[i] = table[i].name;
    for (size_t i = 0; names && i < n_skip; i++)
        names[n + i] = skip[i];
    return names;
}

static void tell_unknown(const char *path,
                         const char *key,
                         const char *const *names,
                         struct wn_problems *problems)
{
    const char *nearest = wn_nearest_name(key, names);
    struct wn_buf list = {0};

    for (const char *const *name = names; *name; name++)
        wn_buf_addf(&list, "%s%s", name == names ? "" : ", ", *name);
    if (nearest)
        wn_problems_add(problems, path, "unknown key; did you mean %s?", nearest);
    else if (list.n)
        wn_problems_add(problems, path, "unknown key; allowed: %s", wn_buf_text(&list));
    else
        wn_problems_add(problems, path, "unknown key; none is allowed here");
    problems->failed = problems->failed || list.failed;
    wn_buf_release(&list);
}

static const char *path_of(struct wn_arena *memory, const char *path, const char *key)
{
    return path && *path ? wn_arena_printf(memory, "%s.%s", path, key)
                         : wn_arena_strdup(memory, key);
}

static bool tell_unknown_keys(const struct wn_json *object,
                              const char *path,
                              const char *const *names,
                              struct wn_arena *memory,
                              struct wn_problems *problems)
{
    for (const struct wn_json *item = wn_json_first(object); item;
         item = wn_json_next(item)) {
        const char *key = wn_json_key(item);
        const char *key_path;

        if (is_in_list(key, names))
            continue;
        key_path = path_of(memory, path, key);
        if (!key_path)
            return false;
        tell_unknown(key_path, key, names, problems);
    }
    return true;
}

static bool fill(struct wn_values *values,
                 const struct wn_json *object,
                 const char *path,
                 const char *const *skip,
                 struct wn_problems *problems)
{
    const char **names = known_names(values->table, skip, &values->memory);

    if (!names || !tell_unknown_keys(object, path, names, &values->memory, problems))
        return false;
    for (size_t i = 0; i < values->n; i++) {
        const struct wn_option *option = &values->table[i];
        struct check c = {
            .option = option, .problems = problems, .memory = &values->memory};

        if (is_in_list(option->name, skip))
            continue;
        c.path = path_of(&values->memory, path, option->name);
        if (!c.path || !set_value(&c, wn_json_get(object, option->name), &values->at[i]))
            return false;
    }
    return !problems->failed;
}

enum wn_status wn_values_parse(const struct wn_option *table,
                               const struct wn_json *object,
                               const char *path,
                               const char *const *skip,
                               struct wn_problems *problems,
                               struct wn_values **out,
                               struct wn_error *err)
{
    struct wn_values *values = wn_alloc(sizeof *values);
    struct wn_problems unheard = {0};
    bool is_done;

    if (object && !wn_json_is(object, WN_JSON_OBJECT)) {
        wn_problems_add(problems, path, "must be an object, not %s",
                        wn_json_type_name(object));
        object = NULL;
        problems = &unheard; /* that keys are missing follows from it */
    }
    if (values) {
        values->table = table;
        values->n = wn_option_count(table);
        values->at = wn_alloc_array(values->n, sizeof values->at[0]);
    }
    is_done = values && values->at && fill(values, object, path, skip, problems);
    wn_problems_release(&unheard);
    if (!is_done) {
        wn_values_destroy(values);
        return wn_fail(err, WN_ENOMEM, "no memory for the values of %s",
                       path ? path : "a section");
    }
    *out = values;
    return WN_OK;
}

void wn_values_destroy(struct wn_values *values)
{
    if (!values)
        return;
    for (size_t i = 0; values->at && i < values->n; i++)
        wn_json_destroy(values->at[i].any);
    wn_free(values->at);
    wn_arena_release(&values->memory);
    wn_free(values);
}

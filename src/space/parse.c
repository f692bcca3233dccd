/* parse.c - the job's "space" object becomes a space.
 *
 * Entries are read one by one, each to its first contradiction, and the reading goes on
 * after a mistake: the user sees all of them at once. Conditions come last, because they
 * name other entries. A mistake anywhere means no space. Keys are those of keys.c and
 * nothing else; an object without "type" is refused, so that no misspelt parameter
 * passes for a constant.
 */
#include "space/space_internal.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

/* Floats have 12 digits: below this width, relative to the bounds, or this step there
 * would be too few values, or the same one twice. */
#define MIN_WIDTH 1e-9
#define MIN_STEP  1e-11
#define NEAR_ONE  1e-12

/* --- helpers of all readers --- */

const char *wn_space_path(struct wn_space_reader *reader,
                          const char *name,
                          const char *key,
                          const char *member)
{
    const char *path = wn_arena_printf(
        &reader->scratch, "space%s%s%s%s%s%s", name ? "." : "", name ? name : "",
        key ? "." : "", key ? key : "", member ? "." : "", member ? member : "");

    if (path)
        return path;
    reader->no_memory = true;
    return "space";
}

void *wn_space_take(struct wn_space_reader *reader, size_t n, size_t size_bytes)
{
    void *memory = NULL;

    if (n <= SIZE_MAX / size_bytes / 2)
        memory = wn_arena_alloc(&reader->space->arena, n ? n * size_bytes : 1);
    if (!memory)
        reader->no_memory = true;
    return memory;
}

const char *wn_space_quote(struct wn_space_reader *reader, const struct wn_json *value)
{
    enum { SHOWN = 60 };
    struct wn_buf text = {0};
    const char *kept;

    wn_json_print(value, &text);
    if (text.n > SHOWN) {
        size_t end = SHOWN;

        while (end && ((unsigned char)text.at[end] & 0xC0) == 0x80)
            end--; /* not within a UTF-8 character */
        kept = wn_arena_printf(&reader->scratch, "%.*s ...", (int)end, text.at);
    } else {
        kept = wn_arena_strdup(&reader->scratch, wn_buf_text(&text));
    }
    if (!kept || text.failed)
        reader->no_memory = true;
    wn_buf_release(&text);
    return kept ? kept : "?";
}

/* A copy of `node` in which every string has {job_dir} replaced; NULL without memory. */
static struct wn_json *expand(const struct wn_json *node, const char *job_dir)
{
    static const char mark[] = "{job_dir}";
    enum wn_json_type type = wn_json_type(node);
    struct wn_json *copy;

    if (type == WN_JSON_STRING && strstr(wn_json_string(node), mark)) {
        const char *at = wn_json_string(node), *found;
        struct wn_buf text = {0};

        for (; (found = strstr(at, mark)); at = found + sizeof mark - 1) {
            wn_buf_add(&text, at, (size_t)(found - at));
            wn_buf_adds(&text, job_dir);
        }
        wn_buf_adds(&text, at);
        copy = text.failed ? NULL : wn_json_new_string(wn_buf_text(&text));
        wn_buf_release(&text);
        return copy;
    }
    if (type != WN_JSON_LIST && type != WN_JSON_OBJECT)
        return wn_json_copy(node);
    copy = type == WN_JSON_LIST ? wn_json_new_list() : wn_json_new_object();
    for (const struct wn_json *c = wn_json_first(node); copy && c; c = wn_json_next(c)) {
        struct wn_json *item = expand(c, job_dir);
        bool ok = type == WN_JSON_LIST ? wn_json_add(copy, item)
                                       : wn_json_set(copy, wn_json_key(c), item);

        if (!ok) {
            wn_json_destroy(copy);
            copy = NULL;
        }
    }
    return copy;
}

/* --- numbers --- */

/* One entry being read. */
struct subject {
    struct wn_space_reader *reader;
    struct wn_entry *entry;
    struct wn_param *param;
    const struct wn_values *values;
};

static const char *path_of(const struct subject *s, const char *key)
{
    return wn_space_path(s->reader, s->entry->name, key, NULL);
}

static bool check_bounds(const struct subject *s)
{
    struct wn_problems *problems = s->reader->problems;
    double low = s->param->low, high = s->param->high;

    if (low == high)
        wn_problems_add(
            problems, path_of(s, NULL),
            "low and high are both %.15g: write the value alone, as a constant", low);
    else if (low > high)
        wn_problems_add(problems, path_of(s, "low"),
                        "must be below high (%.15g), not %.15g", high, low);
    else
        return true;
    return false;
}

static bool read_numbers(const struct subject *s)
{
    struct wn_param *p = s->param;

    p->scale = (enum wn_scale)wn_values_choice(s->values, "scale");
    p->size = (size_t)wn_values_int(s->values, "size");
    if (p->type == WN_PARAM_INT) {
        p->low = (double)wn_values_int(s->values, "low");
        p->high = (double)wn_values_int(s->values, "high");
        p->step = (double)wn_values_int(s->values, "step");
        if (p->step <= 1)
            p->step = 0; /* no step at all */
    } else {
        p->low = wn_values_float(s->values, "low") + 0.0; /* -0 becomes 0 */
        p->high = wn_values_float(s->values, "high") + 0.0;
        p->step = wn_values_float(s->values, "step");
    }
    return check_bounds(s);
}

static void check_step(const struct subject *s)
{
    const struct wn_param *p = s->param;
    double step = p->step, width = p->high - p->low;

    if (!wn_values_is_set(s->values, "step"))
        return;
    if (!(step > 0) && p->type == WN_PARAM_FLOAT)
        wn_problems_add(s->reader->problems, path_of(s, "step"),
                        "must be above 0, not %.12g", step);
    else if (step > width)
        wn_problems_add(s->reader->problems, path_of(s, "step"),
                        "must be at most high - low (%.12g), not %.12g", width, step);
}

/* Two values of an int's range may become the same integer. */
static void check_rounded(const struct subject *s)
{
    const struct wn_param *p = s->param;
    double n_ints = p->high - p->low + 1;

    if ((double)p->size > n_ints) {
        wn_problems_add(s->reader->problems, path_of(s, "size"),
                        "must be at most %.0f, the number of integers from %.0f to %.0f, "
                        "not %zu",
                        n_ints, p->low, p->high, p->size);
        return;
    }
    for (uint64_t i = 1; i < p->size; i++) {
        if (wn_param_cell(p, i - 1).i < wn_param_cell(p, i).i)
            continue;
        wn_problems_add(s->reader->problems, path_of(s, "size"),
                        "of %zu values spread evenly on a %s scale two are rounded to "
                        "%" PRId64 ": fewer are needed, or an ordinal with a list",
                        p->size, wn_scale_name(p->scale), wn_param_cell(p, i).i);
        return;
    }
}

/* Neighbours must differ in 12 digits at the high end, where they lie closest for their size:
 * on a log scale they do so everywhere alike. */
static bool is_too_dense(const struct wn_param *p)
{
    double width = p->high - p->low, last = (double)(p->size - 1);

    return width - wn_scale_distance(p->scale, p->low, width, (last - 1) / last) <
           MIN_STEP * fmax(fabs(p->low), fabs(p->high));
}

static void check_size(const struct subject *s)
{
    const struct wn_param *p = s->param;

    if (!p->size)
        return;
    if (wn_values_is_set(s->values, "step"))
        wn_problems_add(s->reader->problems, path_of(s, "size"),
                        "goes without a step: each of them says which values there are");
    else if (p->type == WN_PARAM_INT)
        check_rounded(s);
    else if (is_too_dense(p))
        wn_problems_add(s->reader->problems, path_of(s, "size"),
                        "%zu values are too many for the range: neighbours would not "
                        "differ in 12 digits",
                        p->size);
}

/* Whether a float's bounds lie where its scale is defined. */
static bool check_scale(const struct subject *s)
{
    struct wn_problems *problems = s->reader->problems;
    const struct wn_param *p = s->param;

    if (p->scale == WN_SCALE_LOG && p->low <= 0)
        wn_problems_add(problems, path_of(s, "low"),
                        "must be above 0 on a log scale, not %.12g", p->low);
    else if (p->scale == WN_SCALE_REVERSE_LOG && p->low < 0)
        wn_problems_add(problems, path_of(s, "low"),
                        "must be at least 0 on a reverse-log scale, not %.12g", p->low);
    else if (p->scale == WN_SCALE_REVERSE_LOG && p->high > 1 - NEAR_ONE)
        wn_problems_add(
            problems, path_of(s, "high"),
            "must be below 1 on a reverse-log scale, by 1e-12 or more because "
            "values have 12 digits, not %.15g",
            p->high);
    else
        return true;
    return false;
}

static void read_float(const struct subject *s)
{
    struct wn_problems *problems = s->reader->problems;
    struct wn_param *p = s->param;
    double most;

    if (!read_numbers(s))
        return;
    most = fmax(fabs(p->low), fabs(p->high));
    if (!isfinite(p->high - p->low))
        wn_problems_add(problems, path_of(s, NULL),
                        "the range from %.12g to %.12g is wider than a number can be",
                        p->low, p->high);
    else if (p->high - p->low < MIN_WIDTH * most)
        wn_problems_add(
            problems, path_of(s, NULL),
            "the range from %.17g to %.17g is too narrow: values have 12 digits", p->low,
            p->high);
    else if (check_scale(s)) {
        check_step(s);
        check_size(s);
    }
    if (p->step > 0 && p->step < MIN_STEP * most)
        wn_problems_add(problems, path_of(s, "step"),
                        "must be at least %.3g, because values have 12 digits, not %.12g",
                        MIN_STEP * most, p->step);
}

static void read_int(const struct subject *s)
{
    struct wn_problems *problems = s->reader->problems;
    struct wn_param *p = s->param;

    if (!read_numbers(s))
        return;
    if (p->scale == WN_SCALE_LOG && p->low < 1)
        wn_problems_add(problems, path_of(s, "low"),
                        "must be at least 1 on a log scale, not %.0f", p->low);
    else if (p->high - p->low >= (double)WN_SPACE_MAX_COUNT)
        wn_problems_add(problems, path_of(s, NULL),
                        "the range from %.0f to %.0f is too wide: at most %" PRIu64
                        " integers can be told apart",
                        p->low, p->high, WN_SPACE_MAX_COUNT);
    else {
        check_step(s);
        check_size(s);
    }
}

/* --- lists of values --- */

struct text_of {
    char *text; /* as JSON */
    size_t n;
};

static int compare_texts(const void *a, const void *b)
{
    return strcmp(((const struct text_of *)a)->text, ((const struct text_of *)b)->text);
}

/* By sorting: comparing each with each would take minutes on a long list. */
static void check_repeats(const struct subject *s)
{
    size_t n = s->param->n_values;
    struct text_of *texts = wn_alloc_array(n, sizeof *texts);
    bool ok = texts != NULL;

    for (size_t i = 0; ok && i < n; i++) {
        const struct wn_json *value = s->param->values[i];
        struct wn_buf text = {0};

        if (wn_json_is(value, WN_JSON_NUMBER) && wn_json_number(value) == 0)
            wn_buf_addc(&text, '0'); /* -0 is no other value */
        else
            wn_json_print(value, &text);
        texts[i].text = wn_buf_take(&text);
        ok = texts[i].text != NULL;
        if (!ok)
            wn_buf_release(&text);
    }
    if (ok) {
        qsort(texts, n, sizeof *texts, compare_texts);
        for (size_t i = 1; i < n; i++)
            if (!compare_texts(&texts[i - 1], &texts[i]) &&
                (i < 2 || compare_texts(&texts[i - 2], &texts[i])))
                wn_problems_add(s->reader->problems, path_of(s, "values"),
                                "%s is there more than once", texts[i].text);
    } else {
        s->reader->no_memory = true;
    }
    for (size_t i = 0; texts && i < n; i++)
        wn_free(texts[i].text);
    wn_free(texts);
}

static bool read_values(const struct subject *s)
{
    const struct wn_json *list = wn_json_get(s->entry->json, "values");
    size_t n_before = s->reader->problems->n;
    const struct wn_json **values;
    size_t n = 0;

    if (!wn_json_is(list, WN_JSON_LIST) || !wn_json_size(list)) {
        wn_problems_add(s->reader->problems, path_of(s, "values"),
                        "must be a list of at least one value, not %s",
                        wn_json_is(list, WN_JSON_LIST) ? "an empty one"
                                                       : wn_json_type_name(list));
        return false;
    }
    values = wn_space_take(s->reader, wn_json_size(list), sizeof(const struct wn_json *));
    if (!values)
        return false;
    for (const struct wn_json *v = wn_json_first(list); v; v = wn_json_next(v)) {
        if (wn_json_is(v, WN_JSON_LIST) || wn_json_is(v, WN_JSON_OBJECT))
            wn_problems_add(
                s->reader->problems, path_of(s, "values"),
                "%s is %s; a value is a string, a number, true, false or null",
                wn_space_quote(s->reader, v), wn_json_type_name(v));
        values[n++] = v;
    }
    s->param->values = values;
    s->param->n_values = n;
    check_repeats(s);
    return s->reader->problems->n == n_before && !s->reader->no_memory;
}

static void read_categorical(const struct subject *s)
{
    (void)read_values(s); /* what is wrong is in the problems */
}

/* The values as numbers; NULL if one is none (or without memory). */
static const double *read_ordinal_numbers(const struct subject *s)
{
    double *numbers = wn_space_take(s->reader, s->param->n_values, sizeof *numbers);

    for (size_t i = 0; numbers && i < s->param->n_values; i++) {
        if (!wn_json_is(s->param->values[i], WN_JSON_NUMBER))
            return NULL;
        numbers[i] = wn_json_number(s->param->values[i]) + 0.0;
    }
    return numbers;
}

static bool is_rising(const double *numbers, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if (!(numbers[i - 1] < numbers[i]))
            return false;
    return true;
}

/* Whether the encoding the user asked for suits the values: the sentence to say, or NULL. */
static const char *ordinal_fault(const struct wn_param *p)
{
    if (p->encoding == WN_ENCODING_EQUAL)
        return NULL;
    if (!p->numbers)
        return "needs values that are all numbers; \"equal\" takes any";
    if (!is_rising(p->numbers, p->n_values))
        return "needs values that strictly increase; \"equal\" takes any order";
    if (p->encoding == WN_ENCODING_NEAREST_LOG && p->numbers[0] <= 0)
        return "needs values above 0";
    if (!isfinite(p->numbers[p->n_values - 1] - p->numbers[0]))
        return "needs values whose differences are finite";
    for (size_t i = 0; i < p->n_values; i++) {
        union wn_cell cell = {.i = (int64_t)i};

        if (wn_param_at(p, wn_param_place(p, cell)).i != cell.i)
            return "cannot tell the values apart, so close are some; \"equal\" can";
    }
    return NULL;
}

static void read_ordinal(const struct subject *s)
{
    struct wn_param *p = s->param;
    bool is_given = wn_values_is_set(s->values, "encoding");
    const char *fault;

    if (!read_values(s))
        return;
    p->numbers = read_ordinal_numbers(s);
    p->encoding = is_given ? (enum wn_encoding)wn_values_choice(s->values, "encoding")
                           : WN_ENCODING_NEAREST;
    fault = ordinal_fault(p);
    if (!fault)
        return;
    p->encoding = WN_ENCODING_EQUAL;
    if (is_given)
        wn_problems_add(s->reader->problems, path_of(s, "encoding"), "\"%s\" %s",
                        wn_values_string(s->values, "encoding"), fault);
}

/* --- entries --- */

static void check_name(struct wn_space_reader *reader, const struct wn_entry *entry)
{
    struct wn_json *name;

    if (wn_name_is_plain(entry->name))
        return;
    name = wn_json_new_string(entry->name);
    if (name)
        wn_problems_add(
            reader->problems, "space",
            "the name %s is not allowed: a name becomes an option of the program, "
            "so it has 1 to 128 letters, digits, _ - or . and starts with "
            "neither - nor .",
            wn_space_quote(reader, name));
    else
        reader->no_memory = true;
    wn_json_destroy(name);
}

static const struct wn_entry_kind *find_kind(const struct wn_json *type)
{
    const struct wn_entry_kind *kind = wn_entry_kinds;

    while (kind->name && strcmp(kind->name, wn_json_string(type)) != 0)
        kind++;
    return kind->name ? kind : NULL;
}

static const struct wn_entry_kind *kind_of(const struct wn_json *json)
{
    const struct wn_json *type = wn_json_get(json, "type");

    return wn_json_is(type, WN_JSON_STRING) ? find_kind(type) : NULL;
}

static void refuse_kind(const struct subject *s)
{
    const struct wn_json *type = wn_json_get(s->entry->json, "type");
    const char *names[8], *guess = NULL;
    size_t n = 0;

    if (!type) {
        wn_problems_add(
            s->reader->problems, path_of(s, NULL),
            "needs a \"type\": float, int, categorical, ordinal or constant (a "
            "constant object is {\"type\": \"constant\", \"value\": ...})");
        return;
    }
    for (; wn_entry_kinds[n].name; n++)
        names[n] = wn_entry_kinds[n].name;
    names[n] = NULL;
    if (wn_json_is(type, WN_JSON_STRING))
        guess = wn_nearest_name(wn_json_string(type), names);
    wn_problems_add(s->reader->problems, path_of(s, "type"),
                    "must be float, int, categorical, ordinal or constant, not %s%s%s%s",
                    wn_space_quote(s->reader, type), guess ? "; did you mean \"" : "",
                    guess ? guess : "", guess ? "\"?" : "");
}

static void read_kind(struct subject *s, const struct wn_entry_kind *kind)
{
    static const char *const skip[] = {"type", NULL};
    size_t n_before = s->reader->problems->n;
    struct wn_values *values = NULL;

    if (wn_values_parse(kind->keys, s->entry->json, path_of(s, NULL), skip,
                        s->reader->problems, &values, NULL) != WN_OK)
        s->reader->no_memory = true;
    if (!s->reader->no_memory && s->reader->problems->n == n_before && s->param) {
        s->values = values;
        s->param->type = kind->type;
        switch (kind->type) {
        case WN_PARAM_FLOAT: read_float(s); break;
        case WN_PARAM_INT: read_int(s); break;
        case WN_PARAM_CATEGORICAL: read_categorical(s); break;
        case WN_PARAM_ORDINAL: read_ordinal(s); break;
        }
    }
    wn_values_destroy(values);
}

static void read_entry(struct wn_space_reader *reader, size_t index)
{
    struct wn_space *space = reader->space;
    struct wn_entry *entry = &space->entries[index];
    struct subject s = {.reader = reader, .entry = entry};
    size_t n_before = reader->problems->n;

    check_name(reader, entry);
    if (index < space->n_params) {
        s.param = &space->params[index];
        s.param->name = entry->name;
    } else if (!wn_json_is(entry->json, WN_JSON_OBJECT)) {
        entry->value = entry->json;
    } else {
        entry->value = wn_json_get(entry->json, "value");
    }
    if (wn_json_is(entry->json, WN_JSON_OBJECT)) {
        const struct wn_entry_kind *kind = kind_of(entry->json);

        if (kind)
            read_kind(&s, kind);
        else
            refuse_kind(&s);
    }
    entry->is_broken = reader->problems->n != n_before || reader->problems->failed;
}

static bool is_constant(const struct wn_json *json)
{
    const struct wn_entry_kind *kind;

    if (!wn_json_is(json, WN_JSON_OBJECT))
        return true;
    kind = kind_of(json);
    return kind && !kind->type;
}

/* Number the entries: parameters, then constants, each in the file's order. */
static bool lay_out(struct wn_space_reader *reader)
{
    struct wn_space *space = reader->space;
    size_t n = wn_json_size(space->root), n_params = 0, next[2], i = 0;
    const char **names = wn_arena_alloc(&reader->scratch, (n + 1) * sizeof *names);

    for (const struct wn_json *c = wn_json_first(space->root); c; c = wn_json_next(c))
        n_params += !is_constant(c);
    space->n_params = n_params;
    space->n_constants = n - n_params;
    space->entries = wn_space_take(reader, n, sizeof *space->entries);
    space->order = wn_space_take(reader, n, sizeof *space->order);
    space->params = wn_space_take(reader, n_params, sizeof *space->params);
    if (!names || reader->no_memory)
        return false;
    next[false] = 0;
    next[true] = n_params;
    for (const struct wn_json *c = wn_json_first(space->root); c; c = wn_json_next(c)) {
        size_t entry = next[is_constant(c)]++;

        space->entries[entry].name = wn_json_key(c);
        space->entries[entry].json = c;
        space->order[i] = entry;
        names[i++] = wn_json_key(c);
    }
    reader->names = names;
    return true;
}

static void number_dims(struct wn_space *space)
{
    for (size_t i = 0; i < space->n_params; i++) {
        struct wn_param *p = &space->params[i];

        p->dim = space->n_dims;
        p->n_dims = p->type == WN_PARAM_CATEGORICAL ? p->n_values : 1;
        space->n_dims += p->n_dims;
    }
}

/* True if a space was made; what is wrong otherwise is in problems or no_memory. */
static bool read_all(struct wn_space_reader *reader, const struct wn_json *object)
{
    struct wn_space *space = reader->space;
    size_t n_before = reader->problems->n;

    if (!wn_json_is(object, WN_JSON_OBJECT)) {
        wn_problems_add(reader->problems, "space",
                        "must be an object that names the parameters, not %s",
                        object ? wn_json_type_name(object) : "left out");
        return false;
    }
    if (wn_json_size(object) > WN_SPACE_MAX_ENTRIES) {
        wn_problems_add(reader->problems, "space",
                        "holds %zu parameters and constants, at most %d are allowed",
                        wn_json_size(object), WN_SPACE_MAX_ENTRIES);
        return false;
    }
    if (!space->root || !lay_out(reader)) {
        reader->no_memory = true;
        return false;
    }
    for (size_t i = 0; i < space->n_params + space->n_constants; i++)
        read_entry(reader, space->order[i] /* messages in the file's order */);
    if (!reader->no_memory)
        wn_conditions_read(reader);
    if (!reader->no_memory)
        wn_entries_sort(reader);
    if (reader->no_memory || reader->problems->n != n_before || reader->problems->failed)
        return false;
    number_dims(space);
    reader->no_memory = !wn_space_count(space) || !wn_space_mark(space);
    return !reader->no_memory;
}

enum wn_status wn_space_parse(const struct wn_json *object,
                              const char *job_dir,
                              struct wn_problems *problems,
                              struct wn_space **out,
                              struct wn_error *err)
{
    struct wn_space *space = wn_alloc(sizeof *space);
    struct wn_space_reader reader = {.space = space, .problems = problems};
    enum wn_status rc = WN_OK;

    *out = NULL;
    if (!space)
        return wn_fail(err, WN_ENOMEM, "no memory for the search space");
    if (object)
        space->root = job_dir ? expand(object, job_dir) : wn_json_copy(object);
    if (read_all(&reader, object)) {
        *out = space;
        space = NULL;
    } else if (reader.no_memory || problems->failed) {
        rc = wn_fail(err, WN_ENOMEM, "no memory for the search space");
    }
    wn_arena_release(&reader.scratch);
    wn_space_destroy(space);
    return rc;
}

/* condition.c - `when`: read, evaluated, told.
 *
 * A condition is compiled against the parameter it names: equality and lists become the
 * cells that satisfy it, a range over listed values too; only a range over numbers stays
 * one. So evaluation compares cells, and a value that the other parameter can never have
 * is found while reading. A condition on a constant is decided then; that it may never
 * hold is no mistake: it is what replacing a parameter by a constant for one study does.
 */
#include "space/space_internal.h"

#include <math.h>
#include <string.h>

/* What is being read: one member of an entry's `when`. */
struct member {
    struct wn_space_reader *reader;
    const char *path;
    const char *target; /* the name it speaks of */
    const struct wn_entry *entry;
    const struct wn_param *param; /* NULL: a constant */
    struct wn_condition *condition;
};

static void refuse_value(const struct member *m, const struct wn_json *value)
{
    const char *guess = wn_param_guess(m->param, value);
    struct wn_buf allowed = {0};

    wn_param_describe(m->param, &allowed);
    wn_problems_add(m->reader->problems, m->path, "%s can never be %s: it is %s%s%s%s",
                    m->target, wn_space_quote(m->reader, value), wn_buf_text(&allowed),
                    guess ? " (did you mean \"" : "", guess ? guess : "",
                    guess ? "\"?)" : "");
    wn_buf_release(&allowed);
}

static void read_one_of(const struct member *m, const struct wn_json *json)
{
    bool is_list = wn_json_is(json, WN_JSON_LIST);
    const struct wn_json *value = is_list ? wn_json_first(json) : json;
    struct wn_condition *c = m->condition;

    if (!value) {
        wn_problems_add(m->reader->problems, m->path, "the list must hold a value");
        return;
    }
    c->kind = m->param ? WN_CONDITION_ONE_OF : WN_CONDITION_FIXED;
    if (m->param) {
        c->cells =
            wn_space_take(m->reader, is_list ? wn_json_size(json) : 1, sizeof *c->cells);
        if (!c->cells)
            return;
    }
    for (; value; value = is_list ? wn_json_next(value) : NULL) {
        if (!m->param)
            c->holds = c->holds || wn_json_equal(m->entry->value, value);
        else if (wn_param_read(m->param, value, &c->cells[c->n_cells]))
            c->n_cells++;
        else
            refuse_value(m, value);
    }
}

/* A range over listed values: the indices of those within. */
static void list_range(const struct member *m)
{
    struct wn_condition *c = m->condition;

    c->kind = WN_CONDITION_ONE_OF;
    c->cells = wn_space_take(m->reader, m->param->n_values, sizeof *c->cells);
    for (size_t i = 0; c->cells && i < m->param->n_values; i++) {
        const struct wn_json *value = m->param->values[i];
        double number =
            wn_json_is(value, WN_JSON_NUMBER) ? wn_json_number(value) : (double)NAN;

        if (number >= c->low && number <= c->high)
            c->cells[c->n_cells++].i = (int64_t)i;
    }
}

static bool range_is_empty(const struct wn_condition *c, const struct wn_param *param)
{
    if (c->kind == WN_CONDITION_ONE_OF)
        return c->n_cells == 0;
    if (!wn_param_count(param))
        return c->low > param->high || c->high < param->low;
    return wn_param_n_below(param, c->low, false) ==
           wn_param_n_below(param, c->high, true);
}

static void compile_range(const struct member *m, const struct wn_json *json)
{
    struct wn_condition *c = m->condition;

    if (!m->param) {
        c->kind = WN_CONDITION_FIXED;
        if (wn_json_is(m->entry->value, WN_JSON_NUMBER))
            c->holds = wn_json_number(m->entry->value) >= c->low &&
                       wn_json_number(m->entry->value) <= c->high;
        else
            wn_problems_add(m->reader->problems, m->path,
                            "a range needs a number, and %s is the constant %s",
                            m->target, wn_space_quote(m->reader, m->entry->value));
        return;
    }
    c->kind = WN_CONDITION_RANGE;
    if (m->param->values)
        list_range(m);
    if (!m->reader->no_memory && range_is_empty(c, m->param))
        refuse_value(m, json);
}

static void read_range(const struct member *m, const struct wn_json *json)
{
    struct wn_condition *c = m->condition;
    struct wn_values *values = NULL;
    size_t n_before = m->reader->problems->n;

    if (wn_values_parse(wn_condition_range_keys, json, m->path, NULL, m->reader->problems,
                        &values, NULL) != WN_OK)
        m->reader->no_memory = true;
    if (m->reader->no_memory || m->reader->problems->n != n_before)
        goto out;
    if (!wn_json_size(json)) {
        wn_problems_add(m->reader->problems, m->path,
                        "a range needs a low, a high, or both");
        goto out;
    }
    c->low = wn_values_is_set(values, "low") ? wn_values_float(values, "low")
                                             : -(double)INFINITY;
    c->high = wn_values_is_set(values, "high") ? wn_values_float(values, "high")
                                               : (double)INFINITY;
    if (c->low > c->high)
        wn_problems_add(m->reader->problems, m->path,
                        "low (%.12g) must not be above high (%.12g)", c->low, c->high);
    else
        compile_range(m, json);
out:
    wn_values_destroy(values);
}

static size_t find_entry(const struct wn_space *space, const char *name)
{
    size_t n = space->n_params + space->n_constants;
    size_t i = 0;

    while (i < n && strcmp(space->entries[i].name, name) != 0)
        i++;
    return i < n ? i : SIZE_MAX;
}

static void read_member(struct wn_space_reader *reader,
                        struct wn_entry *entry,
                        const struct wn_json *json)
{
    struct wn_space *space = reader->space;
    size_t on = find_entry(space, wn_json_key(json));
    struct member m = {.reader = reader, .target = wn_json_key(json)};

    m.path = wn_space_path(reader, entry->name, "when", m.target);
    if (on == SIZE_MAX) {
        const char *guess = wn_nearest_name(m.target, reader->names);

        wn_problems_add(reader->problems, m.path,
                        "there is no parameter or constant of this name%s%s%s",
                        guess ? "; did you mean \"" : "", guess ? guess : "",
                        guess ? "\"?" : "");
        return;
    }
    m.entry = &space->entries[on];
    m.param = on < space->n_params ? &space->params[on] : NULL;
    m.condition = &entry->conditions[entry->n_conditions++];
    m.condition->on = on;
    m.condition->json = json;
    if (m.entry->is_broken)
        return; /* its own mistake is reported; of its values nothing is known */
    if (wn_json_is(json, WN_JSON_OBJECT))
        read_range(&m, json);
    else
        read_one_of(&m, json);
}

static void read_when(struct wn_space_reader *reader, struct wn_entry *entry)
{
    const struct wn_json *when = wn_json_get(entry->json, "when");

    if (!when)
        return;
    if (!wn_json_is(when, WN_JSON_OBJECT)) {
        wn_problems_add(reader->problems,
                        wn_space_path(reader, entry->name, "when", NULL),
                        "must be an object that names parameters, as "
                        "{\"optimizer\": \"sgd\"}, not %s",
                        wn_json_type_name(when));
        return;
    }
    entry->conditions =
        wn_space_take(reader, wn_json_size(when), sizeof *entry->conditions);
    if (!entry->conditions)
        return;
    for (const struct wn_json *c = wn_json_first(when); c; c = wn_json_next(c))
        read_member(reader, entry, c);
}

void wn_conditions_read(struct wn_space_reader *reader)
{
    struct wn_space *space = reader->space;

    for (size_t i = 0; i < space->n_params + space->n_constants; i++)
        if (wn_json_is(space->entries[i].json, WN_JSON_OBJECT))
            read_when(reader, &space->entries[i]);
}

bool wn_condition_holds(const struct wn_condition *condition,
                        const struct wn_space *space,
                        const union wn_cell *cells)
{
    switch (condition->kind) {
    case WN_CONDITION_FIXED: return condition->holds;
    case WN_CONDITION_ONE_OF:
        for (size_t i = 0; i < condition->n_cells; i++)
            if (condition->cells[i].i == cells[condition->on].i)
                return true;
        return false;
    case WN_CONDITION_RANGE: {
        double number;

        if (cells[condition->on].i == WN_CELL_OFF)
            return false;
        number = wn_param_number(&space->params[condition->on], cells[condition->on]);
        return number >= condition->low && number <= condition->high;
    }
    }
    return false;
}

static bool all_hold(const struct wn_space *space,
                     const union wn_cell *cells,
                     const struct wn_entry *entry)
{
    for (size_t i = 0; i < entry->n_conditions; i++)
        if (!wn_condition_holds(&entry->conditions[i], space, cells))
            return false;
    return true;
}

bool wn_space_is_active(const struct wn_space *space,
                        const union wn_cell *cells,
                        size_t index)
{
    const struct wn_entry *entry = &space->entries[index];

    for (size_t i = 0; i < entry->n_ancestors; i++)
        if (!all_hold(space, cells, &space->entries[entry->ancestors[i]]))
            return false;
    return all_hold(space, cells, entry);
}

size_t wn_config_settle(const struct wn_space *space, union wn_cell *cells)
{
    size_t n_active = 0;

    for (size_t i = 0; i < space->n_params + space->n_constants; i++) {
        size_t entry = space->sequence[i];

        if (entry >= space->n_params)
            continue;
        if (wn_space_is_active(space, cells, entry))
            n_active++;
        else
            cells[entry].i = WN_CELL_OFF;
    }
    return n_active;
}

/* --- for people --- */

static void print_condition(const char *target,
                            const struct wn_json *json,
                            struct wn_buf *out)
{
    const struct wn_json *low = wn_json_get(json, "low"),
                         *high = wn_json_get(json, "high");

    wn_buf_adds(out, target);
    if (wn_json_is(json, WN_JSON_OBJECT)) {
        wn_buf_adds(out, !low ? " at most " : high ? " from " : " at least ");
        if (low)
            wn_json_word(low, out);
        if (low && high)
            wn_buf_adds(out, " to ");
        if (high)
            wn_json_word(high, out);
    } else if (wn_json_is(json, WN_JSON_LIST) && wn_json_size(json) > 1) {
        const char *separator = " in ";

        for (const struct wn_json *v = wn_json_first(json); v; v = wn_json_next(v)) {
            wn_buf_adds(out, separator);
            wn_json_word(v, out);
            separator = ", ";
        }
    } else {
        wn_buf_adds(out, " = ");
        wn_json_word(wn_json_is(json, WN_JSON_LIST) ? wn_json_first(json) : json, out);
    }
}

void wn_space_condition_text(const struct wn_space *space,
                             size_t index,
                             struct wn_buf *out)
{
    const struct wn_entry *entry = &space->entries[index];

    for (size_t i = 0; i < entry->n_conditions; i++) {
        const struct wn_condition *c = &entry->conditions[i];

        if (i)
            wn_buf_adds(out, " and ");
        print_condition(space->entries[c->on].name, c->json, out);
    }
}

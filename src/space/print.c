/* print.c - configurations as JSON, as words of a command line, as people read them.
 *
 * All three walk the entries in the job file's order and leave out what is inactive.
 */
#include "space/space_internal.h"

#include <inttypes.h>
#include <string.h>

#include "base/assert.h"

static bool is_listed(const struct wn_param *param)
{
    return param->type == WN_PARAM_CATEGORICAL || param->type == WN_PARAM_ORDINAL;
}

static const struct wn_json *listed_value(const struct wn_param *param,
                                          union wn_cell cell)
{
    WN_ASSERT(cell.i >= 0 && (size_t)cell.i < param->n_values);
    return param->values[cell.i];
}

struct wn_json *wn_cell_json(const struct wn_param *param, union wn_cell cell)
{
    if (is_listed(param))
        return wn_json_copy(listed_value(param, cell));
    return param->type == WN_PARAM_INT ? wn_json_new_integer(cell.i)
                                       : wn_json_new_number(cell.f);
}

void wn_cell_print(const struct wn_param *param, union wn_cell cell, struct wn_buf *out)
{
    char text[32];

    if (cell.i == WN_CELL_OFF)
        wn_buf_addc(out, '-');
    else if (is_listed(param))
        wn_json_word(listed_value(param, cell), out);
    else if (param->type == WN_PARAM_INT)
        wn_buf_addf(out, "%" PRId64, cell.i);
    else
        wn_buf_adds(out, wn_number_print(cell.f, text, sizeof text));
}

struct wn_json *wn_config_json(const struct wn_space *space,
                               const union wn_cell *cells,
                               bool with_constants)
{
    struct wn_json *json = wn_json_new_object();
    bool ok = json != NULL;

    for (size_t i = 0; ok && i < space->n_params + space->n_constants; i++) {
        size_t entry = space->order[i];
        bool is_param = entry < space->n_params;

        if ((!is_param && !with_constants) || !wn_space_is_active(space, cells, entry))
            continue;
        ok = wn_json_set(json, space->entries[entry].name,
                         is_param ? wn_cell_json(&space->params[entry], cells[entry])
                                  : wn_json_copy(space->entries[entry].value));
    }
    if (ok)
        return json;
    wn_json_destroy(json);
    return NULL;
}

void wn_config_print(const struct wn_space *space,
                     const union wn_cell *cells,
                     struct wn_buf *out)
{
    const char *separator = "";

    for (size_t i = 0; i < space->n_params; i++) {
        if (!wn_space_is_active(space, cells, i))
            continue;
        wn_buf_addf(out, "%s%s=", separator, space->params[i].name);
        wn_cell_print(&space->params[i], cells[i], out);
        separator = " ";
    }
}

/* --- words --- */

/* The value of an active entry; false if it is null. */
static bool add_word(const struct wn_space *space,
                     const union wn_cell *cells,
                     size_t entry,
                     struct wn_buf *out)
{
    const struct wn_json *value = space->entries[entry].value;

    if (entry < space->n_params) {
        const struct wn_param *param = &space->params[entry];

        if (!is_listed(param)) {
            wn_cell_print(param, cells[entry], out);
            return true;
        }
        value = listed_value(param, cells[entry]);
    }
    wn_json_word(value, out);
    return !wn_json_is(value, WN_JSON_NULL);
}

static bool add_flag(const struct wn_space *space,
                     const union wn_cell *cells,
                     size_t entry,
                     struct wn_buf *word,
                     wn_word_fn *add,
                     void *arg)
{
    wn_buf_clear(word);
    if (!add_word(space, cells, entry, word))
        return !word->failed;
    wn_buf_clear(word);
    wn_buf_addf(word, "--%s", space->entries[entry].name);
    if (word->failed || !add(arg, wn_buf_text(word)))
        return false;
    wn_buf_clear(word);
    add_word(space, cells, entry, word);
    return !word->failed && add(arg, wn_buf_text(word));
}

bool wn_config_flags(const struct wn_space *space,
                     const union wn_cell *cells,
                     wn_word_fn *add,
                     void *arg)
{
    struct wn_buf word = {0};
    bool ok = true;

    for (size_t i = 0; ok && i < space->n_params + space->n_constants; i++)
        if (wn_space_is_active(space, cells, space->order[i]))
            ok = add_flag(space, cells, space->order[i], &word, add, arg);
    wn_buf_release(&word);
    return ok;
}

bool wn_config_word(const struct wn_space *space,
                    const union wn_cell *cells,
                    const char *name,
                    struct wn_buf *out)
{
    for (size_t i = 0; i < space->n_params + space->n_constants; i++) {
        if (strcmp(space->entries[i].name, name) != 0)
            continue;
        if (!wn_space_is_active(space, cells, i))
            return false;
        add_word(space, cells, i, out);
        return true;
    }
    return false;
}

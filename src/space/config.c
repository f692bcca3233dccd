/* config.c - configurations: checked, compared, completed from what a user gave. */
#include "space/space_internal.h"

#include <string.h>

#include "base/checksum.h"

static enum wn_status check_allowed(const struct wn_space *space,
                                    const union wn_cell *cells,
                                    struct wn_error *err)
{
    struct wn_buf text = {0};

    if (wn_restriction_has(space, cells))
        return WN_OK;
    wn_config_print(space, cells, &text);
    wn_fail(err, WN_EINVAL,
            "the configuration %s is none of the %zu that the space is restricted to",
            wn_buf_text(&text), wn_space_n_allowed(space));
    wn_buf_release(&text);
    return WN_EINVAL;
}

enum wn_status wn_config_check(const struct wn_space *space,
                               const union wn_cell *cells,
                               struct wn_error *err)
{
    for (size_t i = 0; i < space->n_params; i++) {
        const struct wn_param *param = &space->params[i];
        bool is_active = wn_space_is_active(space, cells, i);
        struct wn_buf text = {0};

        if (is_active ? wn_param_has(param, cells[i]) : cells[i].i == WN_CELL_OFF)
            continue;
        if (!is_active)
            wn_buf_adds(&text, "no value, because its condition does not hold");
        else
            wn_param_describe(param, &text);
        wn_fail(
            err, WN_EINVAL,
            "the value stored for parameter %s (bits 0x%016llx) is not allowed: it is %s",
            param->name, (unsigned long long)cells[i].i, wn_buf_text(&text));
        wn_buf_release(&text);
        return WN_EINVAL;
    }
    return space->restriction ? check_allowed(space, cells, err) : WN_OK;
}

bool wn_config_equal(const struct wn_space *space,
                     const union wn_cell *a,
                     const union wn_cell *b)
{
    return !space->n_params || !memcmp(a, b, space->n_params * sizeof *a);
}

uint64_t wn_config_hash(const struct wn_space *space, const union wn_cell *cells)
{
    return wn_hash64(cells, space->n_params * sizeof *cells, 0);
}

/* --- what a user gave --- */

struct completion {
    const struct wn_space *space;
    struct wn_problems *problems;
    const char *path;
    union wn_cell *cells;
    bool no_memory;
};

static void refuse(struct completion *c, const char *name, const struct wn_buf *text)
{
    struct wn_buf path = {0};

    wn_buf_addf(&path, "%s.%s", c->path, name);
    if (path.failed || text->failed)
        c->no_memory = true;
    else
        wn_problems_add(c->problems, wn_buf_text(&path), "%s", wn_buf_text(text));
    wn_buf_release(&path);
}

static void refuse_text(struct completion *c, const char *name, const char *sentence)
{
    struct wn_buf text = {0};

    wn_buf_adds(&text, sentence);
    refuse(c, name, &text);
    wn_buf_release(&text);
}

static void add_guess(struct wn_buf *text, const char *guess)
{
    if (guess)
        wn_buf_addf(text, "; did you mean \"%s\"?", guess);
}

static void refuse_name(struct completion *c, const char *name)
{
    const struct wn_space *space = c->space;
    const char **names = wn_alloc_array(space->n_params + 1, sizeof *names);
    struct wn_buf text = {0};

    if (!names) {
        c->no_memory = true;
        return;
    }
    for (size_t i = 0; i < space->n_params; i++)
        names[i] = space->params[i].name;
    wn_buf_adds(&text, "there is no parameter of this name");
    add_guess(&text, wn_nearest_name(name, names));
    refuse(c, name, &text);
    wn_buf_release(&text);
    wn_free(names);
}

static void take_constant(struct completion *c, const struct wn_json *given)
{
    const struct wn_space *space = c->space;
    size_t i = space->n_params, n = space->n_params + space->n_constants;
    struct wn_buf text = {0};

    while (i < n && strcmp(space->entries[i].name, wn_json_key(given)) != 0)
        i++;
    if (i == n) {
        refuse_name(c, wn_json_key(given));
        return;
    }
    if (wn_json_equal(space->entries[i].value, given))
        return;
    wn_buf_adds(&text, "is a constant, always ");
    wn_json_print(space->entries[i].value, &text);
    wn_buf_adds(&text, ", and cannot be ");
    wn_json_print(given, &text);
    refuse(c, wn_json_key(given), &text);
    wn_buf_release(&text);
}

static void take_member(struct completion *c, const struct wn_json *given)
{
    size_t i = wn_space_find(c->space, wn_json_key(given));
    struct wn_buf text = {0};

    if (i == SIZE_MAX) {
        take_constant(c, given);
        return;
    }
    if (wn_param_read(&c->space->params[i], given, &c->cells[i]))
        return;
    wn_buf_adds(&text, "must be ");
    wn_param_describe(&c->space->params[i], &text);
    wn_buf_adds(&text, ", not ");
    wn_json_print(given, &text);
    add_guess(&text, wn_param_guess(&c->space->params[i], given));
    refuse(c, wn_json_key(given), &text);
    wn_buf_release(&text);
}

/* A value that would have no effect is a misunderstanding, not a wish. */
static void check_active(struct completion *c, const struct wn_json *given)
{
    size_t i = wn_space_find(c->space, wn_json_key(given));
    struct wn_buf text = {0};

    if (i == SIZE_MAX || wn_space_is_active(c->space, c->cells, i))
        return;
    wn_buf_adds(&text, "has no effect here: ");
    if (c->space->entries[i].n_conditions) {
        wn_buf_adds(&text, "it is used only when ");
        wn_space_condition_text(c->space, i, &text);
    }
    refuse(c, wn_json_key(given), &text);
    wn_buf_release(&text);
}

static bool take_object(struct completion *c, const struct wn_json *object)
{
    bool is_object = wn_json_is(object, WN_JSON_OBJECT);

    if (object && !is_object)
        wn_problems_add(c->problems, c->path,
                        "must be an object of parameters and their values, not %s",
                        wn_json_type_name(object));
    if (is_object)
        for (const struct wn_json *m = wn_json_first(object); m; m = wn_json_next(m))
            take_member(c, m);
    return is_object;
}

static void check_all_active(struct completion *c, const struct wn_json *object)
{
    for (const struct wn_json *m = wn_json_first(object); m; m = wn_json_next(m))
        check_active(c, m);
}

/* Of a restricted space: the configuration that has what was given and is the nearest to what
 * the midpoint rule makes of it. */
static void choose_allowed(struct completion *c, const struct wn_json *object)
{
    const struct wn_space *space = c->space;
    size_t *which = wn_alloc_array(space->n_params, sizeof *which), n = 0;
    union wn_cell *wanted = wn_alloc_array(space->n_params, sizeof *wanted);

    if (!which || !wanted) {
        c->no_memory = true;
    } else {
        for (size_t i = 0; i < space->n_params; i++) {
            wanted[i] = c->cells[i];
            if (wn_json_get(object, space->params[i].name))
                which[n++] = i;
        }
        wn_config_settle(space, c->cells);
        if (!wn_restriction_complete(space, wanted, which, n, c->cells))
            wn_problems_add(
                c->problems, c->path,
                "none of the %zu configurations that the space is restricted to has %s",
                wn_space_n_allowed(space), n > 1 ? "these values" : "this value");
    }
    wn_free(which);
    wn_free(wanted);
}

enum wn_status wn_config_complete(const struct wn_space *space,
                                  const struct wn_json *object,
                                  const char *path,
                                  struct wn_problems *problems,
                                  union wn_cell *cells,
                                  struct wn_error *err)
{
    struct completion c = {
        .space = space, .problems = problems, .path = path, .cells = cells};
    size_t n_before = problems->n;

    for (size_t i = 0; i < space->n_params; i++)
        cells[i].i = WN_CELL_OFF;
    take_object(&c, object);
    for (size_t i = 0; i < space->n_params; i++)
        if (cells[i].i == WN_CELL_OFF)
            cells[i] = wn_param_middle(&space->params[i]);
    if (problems->n == n_before && space->restriction)
        choose_allowed(&c, object);
    else if (problems->n == n_before) /* else it follows from other mistakes */
        check_all_active(&c, object);
    wn_config_settle(space, cells);
    wn_config_snap(space, cells);
    if (c.no_memory || problems->failed)
        return wn_fail(err, WN_ENOMEM, "no memory to check %s", path);
    return WN_OK;
}

enum wn_status wn_config_read(const struct wn_space *space,
                              const struct wn_json *object,
                              const char *path,
                              struct wn_problems *problems,
                              union wn_cell *cells,
                              struct wn_error *err)
{
    struct completion c = {
        .space = space, .problems = problems, .path = path, .cells = cells};
    size_t n_before = problems->n;

    for (size_t i = 0; i < space->n_params; i++)
        cells[i].i = WN_CELL_OFF;
    if (take_object(&c, object) && problems->n == n_before) {
        for (size_t i = 0; i < space->n_params; i++)
            if (cells[i].i == WN_CELL_OFF && wn_space_is_active(space, cells, i))
                refuse_text(&c, space->params[i].name, "this parameter is missing");
        if (problems->n == n_before)
            check_all_active(&c, object);
    }
    wn_config_settle(space, cells);
    if (c.no_memory || problems->failed)
        return wn_fail(err, WN_ENOMEM, "no memory to check %s", path);
    return WN_OK;
}

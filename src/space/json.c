/* json.c - a space written back as JSON, and the hash of what its cells mean.
 *
 * The fingerprint covers, for each parameter in order, its name, type, scale, bounds,
 * values and conditions, those of its ancestors included: all that decides which cells
 * exist and what they stand for; and of a restricted space the configurations. Left out are constants no condition names, and the
 * order in which conditions are written. Changing a byte of what is hashed makes every
 * study on disk look like another space.
 */
#include "space/space_internal.h"

#include "base/checksum.h"

enum { FINGERPRINT_VERSION = 1 };

static uint64_t condition_hash(const struct wn_condition *c, struct wn_buf *scratch)
{
    wn_buf_clear(scratch);
    wn_put_u8(scratch, (uint8_t)c->kind);
    switch (c->kind) {
    case WN_CONDITION_FIXED:
        if (c->holds)
            return 0; /* it changes nothing */
        break;
    case WN_CONDITION_ONE_OF:
        wn_put_uint(scratch, c->on);
        for (size_t i = 0; i < c->n_cells; i++)
            wn_put_int(scratch, c->cells[i].i);
        break;
    case WN_CONDITION_RANGE:
        wn_put_uint(scratch, c->on);
        wn_put_f64(scratch, c->low);
        wn_put_f64(scratch, c->high);
        break;
    }
    return wn_hash64(wn_buf_text(scratch), scratch->n, FINGERPRINT_VERSION);
}

/* A sum, so that it does not depend on the order. */
static uint64_t conditions_hash(const struct wn_space *space,
                                const struct wn_entry *entry,
                                struct wn_buf *scratch)
{
    uint64_t sum = 0;

    for (size_t i = 0; i <= entry->n_ancestors; i++) {
        const struct wn_entry *e =
            i < entry->n_ancestors ? &space->entries[entry->ancestors[i]] : entry;

        for (size_t j = 0; j < e->n_conditions; j++)
            sum += condition_hash(&e->conditions[j], scratch);
    }
    return sum;
}

bool wn_space_mark(struct wn_space *space)
{
    struct wn_buf bytes = {0}, scratch = {0};
    bool ok;

    wn_put_u8(&bytes, FINGERPRINT_VERSION);
    wn_put_uint(&bytes, space->n_params);
    for (size_t i = 0; i < space->n_params; i++) {
        const struct wn_param *p = &space->params[i];

        wn_put_str(&bytes, p->name);
        wn_put_u8(&bytes, (uint8_t)p->type);
        wn_put_u8(&bytes, (uint8_t)p->scale);
        wn_put_u8(&bytes, (uint8_t)p->encoding);
        wn_put_f64(&bytes, p->low);
        wn_put_f64(&bytes, p->high);
        wn_put_f64(&bytes, p->step);
        if (p->size) /* where without one n_values is 0 */
            wn_put_uint(&bytes, p->size);
        wn_put_uint(&bytes, p->n_values);
        for (size_t j = 0; j < p->n_values; j++) {
            wn_buf_clear(&scratch);
            wn_json_print(p->values[j], &scratch);
            wn_put_blob(&bytes, wn_buf_text(&scratch), scratch.n);
            bytes.failed = bytes.failed || scratch.failed;
        }
        wn_put_u64(&bytes, conditions_hash(space, &space->entries[i], &scratch));
        bytes.failed = bytes.failed || scratch.failed;
    }
    ok = !bytes.failed;
    if (ok)
        space->fingerprint = wn_hash64(wn_buf_text(&bytes), bytes.n, 0);
    wn_buf_release(&bytes);
    wn_buf_release(&scratch);
    return ok;
}

bool wn_space_mark_allowed(struct wn_space *space)
{
    struct wn_buf bytes = {0};
    size_t n = wn_space_n_allowed(space);
    bool ok;

    wn_put_u64(&bytes, space->fingerprint);
    wn_put_uint(&bytes, n);
    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; i < space->n_params; i++)
            wn_put_u64(&bytes, (uint64_t)wn_space_allowed(space, k)[i].i);
    ok = !bytes.failed;
    if (ok)
        space->fingerprint = wn_hash64(wn_buf_text(&bytes), bytes.n, 0);
    wn_buf_release(&bytes);
    return ok;
}

static struct wn_json *number_json(const struct wn_param *p, double number)
{
    return p->type == WN_PARAM_INT ? wn_json_new_integer((int64_t)number)
                                   : wn_json_new_number(number);
}

static struct wn_json *param_json(const struct wn_param *p)
{
    static const char *const encodings[] = {"equal", "nearest", "nearest-log"};
    struct wn_json *json = wn_json_new_object();
    bool ok = true;

    for (const struct wn_entry_kind *k = wn_entry_kinds; k->name; k++)
        if (k->type == p->type)
            ok = wn_json_set(json, "type", wn_json_new_string(k->name));
    if (p->values) {
        struct wn_json *values = wn_json_new_list();

        for (size_t i = 0; i < p->n_values; i++)
            ok = wn_json_add(values, wn_json_copy(p->values[i])) && ok;
        ok = wn_json_set(json, "values", values) && ok;
        if (p->type == WN_PARAM_ORDINAL)
            ok = wn_json_set(json, "encoding",
                             wn_json_new_string(encodings[p->encoding])) &&
                 ok;
    } else {
        ok = wn_json_set(json, "low", number_json(p, p->low)) && ok;
        ok = wn_json_set(json, "high", number_json(p, p->high)) && ok;
        ok =
            wn_json_set(json, "scale", wn_json_new_string(wn_scale_name(p->scale))) && ok;
        if (p->step > 0)
            ok = wn_json_set(json, "step", number_json(p, p->step)) && ok;
        if (p->size)
            ok = wn_json_set(json, "size", wn_json_new_integer((int64_t)p->size)) && ok;
    }
    if (ok)
        return json;
    wn_json_destroy(json);
    return NULL;
}

static struct wn_json *entry_json(const struct wn_space *space, size_t index)
{
    const struct wn_json *when = wn_json_get(space->entries[index].json, "when");
    struct wn_json *json;

    if (index >= space->n_params)
        return wn_json_copy(space->entries[index].json);
    json = param_json(&space->params[index]);
    if (when && json && !wn_json_set(json, "when", wn_json_copy(when))) {
        wn_json_destroy(json);
        return NULL;
    }
    return json;
}

struct wn_json *wn_space_json(const struct wn_space *space)
{
    struct wn_json *json = wn_json_new_object();
    bool ok = json != NULL;

    for (size_t i = 0; ok && i < space->n_params + space->n_constants; i++) {
        size_t entry = space->order[i];

        ok = wn_json_set(json, space->entries[entry].name, entry_json(space, entry));
    }
    if (ok)
        return json;
    wn_json_destroy(json);
    return NULL;
}

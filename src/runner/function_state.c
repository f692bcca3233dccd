/* function_state.c - the state of a function trial as a checkpoint.
 *
 * One blob: u32 magic, the function's name, the resource, the bytes of the state. It is
 * read on the machine that wrote it, or one like it: studies in virtual time end with
 * their process.
 */
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "runner/function_internal.h"

#define MAGIC 0x464e5731 /* "1WNF" */

struct wn_function_task wn_function_task_of(const struct wn_runner *self,
                                            const struct wn_function_slot *slot)
{
    return (struct wn_function_task){
        .space = self->cfg.space,
        .cells = slot->cells,
        .cube = slot->cube,
        .n_dims = wn_space_n_dims(self->cfg.space),
        .config = slot->config,
        .seed = self->cfg.seed,
        .trial = slot->trial,
        .units = self->units,
        .noise = self->noise,
    };
}

bool wn_function_save(struct wn_runner *self, struct wn_function_slot *slot)
{
    struct wn_generation gen = {slot->resource, slot->trial, slot->dispatch};
    struct wn_error err;

    if (!self->cfg.store)
        return false;
    wn_buf_clear(&self->blob);
    wn_put_u32(&self->blob, MAGIC);
    wn_put_str(&self->blob, self->function->name);
    wn_put_int(&self->blob, slot->resource);
    wn_put_blob(&self->blob, slot->state, self->function->state_size);
    if (self->blob.failed ||
        wn_store_put(self->cfg.store, gen, self->blob.at, self->blob.n, &err) != WN_OK) {
        wn_warn("runner", "no checkpoint of trial %u: %s", slot->trial,
                self->blob.failed ? "out of memory" : err.text);
        return false;
    }
    slot->saved = slot->resource;
    return true;
}

static enum wn_status decode(const struct wn_runner *self,
                             struct wn_function_slot *slot,
                             const void *bytes,
                             size_t n,
                             struct wn_error *err)
{
    struct wn_reader r = wn_reader_of(bytes, n);
    const char *name, *state;
    size_t n_name, n_state;
    int64_t resource;

    if (wn_get_u32(&r) != MAGIC)
        return wn_fail(err, WN_ECORRUPT, "the checkpoint is not one of a function");
    name = wn_get_blob(&r, &n_name);
    resource = wn_get_int(&r);
    state = wn_get_blob(&r, &n_state);
    if (!wn_reader_is_done(&r) || resource != slot->resource ||
        n_state != self->function->state_size || n_name != strlen(self->function->name) ||
        memcmp(name, self->function->name, n_name) != 0)
        return wn_fail(err, WN_ECORRUPT,
                       "the checkpoint is not one of function %s at %lld",
                       self->function->name, (long long)slot->resource);
    memcpy(slot->state, state, n_state);
    return WN_OK;
}

enum wn_status wn_function_restore(struct wn_runner *self,
                                   struct wn_function_slot *slot,
                                   struct wn_generation source,
                                   struct wn_error *err)
{
    struct wn_function_task task = wn_function_task_of(self, slot);
    enum wn_status rc;
    void *bytes;
    size_t n;

    if (!source.resource) {
        self->function->begin(&task, slot->state);
        return WN_OK;
    }
    if (!self->cfg.store)
        return wn_fail(err, WN_EINVAL, "there is no store to restore trial %u from",
                       slot->trial);
    rc = wn_store_get(self->cfg.store, source, &bytes, &n, err);
    if (rc != WN_OK)
        return rc;
    rc = decode(self, slot, bytes, n, err);
    wn_free(bytes);
    return rc;
}

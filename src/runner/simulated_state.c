/* simulated_state.c - the state of a trial in virtual time as a checkpoint.
 *
 * One blob: u32 magic, the model's name, the resource, the bytes of the state. It is
 * read on the machine that wrote it, or one like it: studies in virtual time end with
 * their process.
 */
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "runner/simulated_internal.h"

#define MAGIC 0x464e5731 /* "1WNF" */

bool wn_simulated_save(struct wn_runner *self, struct wn_simulated_slot *slot)
{
    struct wn_generation gen = {slot->resource, slot->trial, slot->dispatch};
    struct wn_error err;

    if (!self->cfg.store)
        return false;
    wn_buf_clear(&self->blob);
    wn_put_u32(&self->blob, MAGIC);
    wn_put_str(&self->blob, self->model->name(self));
    wn_put_int(&self->blob, slot->resource);
    wn_put_blob(&self->blob, slot->state, self->model->state_size(self));
    if (self->blob.failed ||
        wn_store_put(self->cfg.store, gen, self->blob.at, self->blob.n, &err) != WN_OK) {
        wn_warn("runner", "no checkpoint of trial %u: %s", slot->trial,
                self->blob.failed ? "out of memory" : err.text);
        return false;
    }
    slot->saved = slot->resource;
    self->counts->n_saved++;
    return true;
}

static enum wn_status decode(const struct wn_runner *self,
                             struct wn_simulated_slot *slot,
                             const void *bytes,
                             size_t n,
                             struct wn_error *err)
{
    struct wn_reader r = wn_reader_of(bytes, n);
    const char *name, *state;
    size_t n_name, n_state;
    int64_t resource;

    if (wn_get_u32(&r) != MAGIC)
        return wn_fail(err, WN_ECORRUPT,
                       "the checkpoint is not one of a simulated trial");
    name = wn_get_blob(&r, &n_name);
    resource = wn_get_int(&r);
    state = wn_get_blob(&r, &n_state);
    if (!wn_reader_is_done(&r) || resource != slot->resource ||
        n_state != self->model->state_size(self) ||
        n_name != strlen(self->model->name(self)) ||
        memcmp(name, self->model->name(self), n_name) != 0)
        return wn_fail(err, WN_ECORRUPT, "the checkpoint is not one of %s at %lld",
                       self->model->name(self), (long long)slot->resource);
    memcpy(slot->state, state, n_state);
    return WN_OK;
}

enum wn_status wn_simulated_restore(struct wn_runner *self,
                                    struct wn_simulated_slot *slot,
                                    struct wn_generation source,
                                    struct wn_error *err)
{
    enum wn_status rc;
    void *bytes;
    size_t n;

    if (!source.resource) {
        self->model->begin(self, slot);
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

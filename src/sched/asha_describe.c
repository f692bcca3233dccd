/* asha_describe.c - the rungs for people and for tables. */
#include <inttypes.h>

#include "sched/asha_internal.h"

size_t wn_asha_rungs(const struct wn_sched *self, struct wn_rung *out, size_t room)
{
    for (size_t i = 0; i < self->n_levels && i < room; i++)
        out[i] = (struct wn_rung){.resource = self->levels[i],
                                  .n_entered = wn_ranking_size(&self->rungs[i].ranking),
                                  .n_promoted = self->rungs[i].n_promoted};
    if (self->n_levels < room)
        out[self->n_levels] =
            (struct wn_rung){.resource = self->max_resource, .n_entered = self->n_full};
    return self->n_levels + 1;
}

/* Of a rung that nothing has reached only where it is: so the ladder of a study to come. */
void wn_asha_describe(const struct wn_sched *self, struct wn_buf *out)
{
    const char *past = self->pauses ? "promoted" : "continued";

    wn_buf_addf(out, "asha, %s variant: one in %" PRIu64 " goes on at a rung\n",
                self->pauses ? "promotion" : "stopping", self->eta);
    for (size_t i = 0; i < self->n_levels; i++) {
        uint64_t n_entered = wn_ranking_size(&self->rungs[i].ranking);

        wn_buf_addf(out, "rung %zu: resource %" PRId64, i, self->levels[i]);
        if (n_entered)
            wn_buf_addf(out, ", %" PRIu64 " entered, %" PRIu64 " %s", n_entered,
                        self->rungs[i].n_promoted, past);
        wn_buf_addc(out, '\n');
    }
    wn_buf_addf(out, "end: resource %" PRId64, self->max_resource);
    if (self->n_full)
        wn_buf_addf(out, ", %" PRIu64 " reached", self->n_full);
    wn_buf_addc(out, '\n');
}

/* asha_describe.c - the rungs for people and for tables. */
#include <inttypes.h>
#include <math.h>

#include "sched/asha_internal.h"
#include "trial/history.h"

size_t wn_asha_rungs(const struct wn_sched *self, struct wn_rung *out, size_t room)
{
    size_t n = 0;

    for (size_t b = 0; b < self->n_ladders; b++) {
        const struct wn_asha_ladder *ladder = &self->ladders[b];

        for (size_t i = b; i < self->n_levels; i++, n++)
            if (n < room)
                out[n] =
                    (struct wn_rung){.resource = self->levels[i],
                                     .n_entered = wn_asha_rung_size(&ladder->rungs[i]),
                                     .n_promoted = ladder->rungs[i].n_promoted,
                                     .bracket = (uint32_t)b};
        if (n < room)
            out[n] = (struct wn_rung){.resource = self->max_resource,
                                      .n_entered = ladder->n_full,
                                      .bracket = (uint32_t)b};
        n++;
    }
    return n;
}

static void describe_brackets(const struct wn_sched *self, struct wn_buf *out)
{
    double total = self->shares[self->n_brackets - 1];

    wn_buf_addf(out, "brackets, with rungs %s: trials begin",
                self->n_ladders > 1 ? "of their own" : "in common");
    for (size_t b = 0; b < self->n_brackets; b++) {
        double share = self->shares[b] - (b ? self->shares[b - 1] : 0);

        wn_buf_addf(out, "%s %.1f %% at %" PRId64, b ? "," : "", 100 * share / total,
                    wn_asha_milestone(self, 0, b));
    }
    wn_buf_addc(out, '\n');
}

static void describe_rules(const struct wn_sched *self, struct wn_buf *out)
{
    wn_buf_addf(out, "asha, %s variant: ", self->pauses ? "promotion" : "stopping");
    if (self->by_cost)
        wn_buf_addf(
            out, "the best for one in %" PRIu64 " of the running time go on at a rung\n",
            self->eta);
    else
        wn_buf_addf(out, "one in %" PRIu64 " goes on at a rung\n", self->eta);
    if (self->n_brackets > 1)
        describe_brackets(self, out);
    if (self->n_thresholds == 1)
        wn_buf_adds(out, "thresholds of the first initial configuration\n");
    else if (self->n_thresholds)
        wn_buf_addf(out, "thresholds of the first %" PRIu64 " initial configurations\n",
                    self->n_thresholds);
    if (self->pasha && self->pasha->top < self->n_levels)
        wn_buf_addf(out,
                    "open up to rung %zu, and further when rankings differ by more than "
                    "%g\n",
                    self->pasha->top, self->pasha->epsilon);
}

/* Of a rung that nothing has reached only where it is: so the ladder of a study to come. */
static void describe_ladder(const struct wn_sched *self,
                            size_t bracket,
                            struct wn_buf *out)
{
    const struct wn_asha_ladder *ladder = &self->ladders[bracket];
    const char *past = self->pauses ? "promoted" : "continued";

    if (self->n_ladders > 1)
        wn_buf_addf(out, "bracket %zu\n", bracket);
    for (size_t i = bracket; i < self->n_levels; i++) {
        const struct wn_asha_rung *rung = &ladder->rungs[i];
        uint64_t n_entered = wn_asha_rung_size(rung);

        wn_buf_addf(out, "rung %zu: resource %" PRId64, i, self->levels[i]);
        if (n_entered)
            wn_buf_addf(out, ", %" PRIu64 " entered, %" PRIu64 " %s", n_entered,
                        rung->n_promoted, past);
        if (rung->threshold < HUGE_VAL)
            wn_buf_addf(out, ", threshold %g",
                        wn_history_metric_of(self->history, rung->threshold));
        wn_buf_addc(out, '\n');
    }
    wn_buf_addf(out, "end: resource %" PRId64, self->max_resource);
    if (ladder->n_full)
        wn_buf_addf(out, ", %" PRIu64 " reached", ladder->n_full);
    wn_buf_addc(out, '\n');
}

void wn_asha_describe(const struct wn_sched *self, struct wn_buf *out)
{
    describe_rules(self, out);
    for (size_t b = 0; b < self->n_ladders; b++)
        describe_ladder(self, b, out);
}

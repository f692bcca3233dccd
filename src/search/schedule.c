/* schedule.c - the configurations of a schedule, one for each segment of a training.
 *
 * The other half of the scheduler of the same name: the trial of segment k (planned.pool)
 * gets the k-th of `configurations`, and each segment beyond them the last one (of jobs that were
 * accepted before they had to be as many as segments). What a
 * configuration leaves out is the middle of its range, as in `initial`. Configurations
 * repeat by design; nothing is learnt from any trial, and the searcher has no end.
 */
#include "search/search.h"

#include <string.h>

#include "base/mem.h"

struct wn_search {
    size_t n_params, n;   /* n configurations */
    union wn_cell *cells; /* n x n_params */
};

static const struct wn_option options[] = {
    {.name = "configurations",
     .type = WN_OPTION_ANY,
     .def = "[{}]",
     .help = "a list of configurations, one for each segment"},
    {0}};

static void schedule_destroy(struct wn_search *self)
{
    if (!self)
        return;
    wn_free(self->cells);
    wn_free(self);
}

static enum wn_status read_list(struct wn_search *self,
                                const struct wn_space *space,
                                const struct wn_json *list,
                                struct wn_problems *problems,
                                struct wn_error *err)
{
    union wn_cell *at = self->cells;
    enum wn_status rc = WN_OK;
    size_t i = 0;

    for (const struct wn_json *item = wn_json_first(list); item && rc == WN_OK;
         item = wn_json_next(item), at += self->n_params, i++) {
        struct wn_buf path = {0};

        wn_buf_addf(&path, "searcher.configurations[%zu]", i);
        rc = wn_config_complete(space, item, wn_buf_text(&path), problems, at, err);
        wn_buf_release(&path);
    }
    return rc;
}

/* One configuration a segment. A list that the job leaves out stands for all of them. */
static enum wn_status check_meaning(const struct wn_search_config *cfg,
                                    size_t n,
                                    struct wn_error *err)
{
    size_t n_segments = 0;

    if (cfg->was_checked || !cfg->partner ||
        wn_values_is_usual(cfg->options, "configurations"))
        return WN_OK;
    (void)wn_values_ints(cfg->partner, "until", &n_segments);
    n_segments = n_segments ? n_segments : 1;
    if (n == n_segments)
        return WN_OK;
    return wn_fail(
        err, WN_EINVAL,
        "searcher.configurations must be %zu, one for each segment (%s), not %zu",
        n_segments,
        wn_values_is_set(cfg->partner, "until")
            ? "the scheduler's until"
            : "without the scheduler's until there is one",
        n);
}

static enum wn_status schedule_create(const struct wn_search_config *cfg,
                                      struct wn_search **out,
                                      struct wn_error *err)
{
    const struct wn_json *list = wn_values_any(cfg->options, "configurations");
    struct wn_problems problems = {0};
    struct wn_search *self;
    enum wn_status rc;

    if (!wn_json_is(list, WN_JSON_LIST) || !wn_json_size(list))
        return wn_fail(err, WN_EINVAL,
                       "searcher.configurations must be a list of configurations");
    rc = check_meaning(cfg, wn_json_size(list), err);
    if (rc != WN_OK)
        return rc;
    self = wn_alloc(sizeof *self);
    if (!self)
        return wn_fail(err, WN_ENOMEM, "no memory for the schedule");
    self->n_params = wn_space_n_params(cfg->space);
    self->n = wn_json_size(list);
    self->cells = wn_alloc_array(self->n * self->n_params + 1, sizeof *self->cells);
    rc = self->cells ? read_list(self, cfg->space, list, &problems, err)
                     : wn_fail(err, WN_ENOMEM, "no memory for the schedule");
    if (rc == WN_OK)
        rc = wn_problems_check(&problems, err);
    if (rc == WN_EINVAL)
        rc = wn_fail(err, WN_EINVAL, "%s", problems.n ? problems.at[0] : "");
    wn_problems_release(&problems);
    if (rc != WN_OK) {
        schedule_destroy(self);
        return rc;
    }
    *out = self;
    return WN_OK;
}

static struct wn_reply schedule_propose(const struct wn_search *self,
                                        const struct wn_ask *ask,
                                        struct wn_rng rng,
                                        union wn_cell *cells)
{
    size_t segment = ask->pool < self->n ? ask->pool : self->n - 1;

    (void)rng;
    if (self->n_params)
        memcpy(cells, self->cells + segment * self->n_params,
               self->n_params * sizeof *cells);
    return (struct wn_reply){.kind = WN_REPLY_CONFIGURE};
}

static enum wn_status schedule_apply(struct wn_search *self,
                                     const struct wn_event *event,
                                     struct wn_error *err)
{
    (void)self, (void)event, (void)err;
    return WN_OK;
}

static bool schedule_size(const struct wn_search *self, uint64_t *out)
{
    (void)self, (void)out;
    return false;
}

const struct wn_search_ops wn_search_schedule = {
    .name = "schedule",
    .summary = "the configurations of a schedule, one for each segment",
    .reference = "",
    .scheduler = "schedule",
    .is_slow = false,
    .is_listed = true,
    .repeats = true,
    .options = options,
    .create = schedule_create,
    .destroy = schedule_destroy,
    .propose = schedule_propose,
    .apply = schedule_apply,
    .size = schedule_size,
};

/* support_slow.c - see support_slow.h. */
#include "support_slow.h"

#include "base/registry.h"

#define WN_SEARCH(name) extern const struct wn_search_ops wn_search_##name;
#include "search/searchers.def"
#undef WN_SEARCH

/* A shipped searcher that thinks, and then waits at the gate before it says what. */
struct gated {
    const struct wn_search_ops *ops;
    struct wn_search *search;
    struct gate *gate; /* NULL: it does not wait */
};

static struct gated *as_gated(const struct wn_search *self)
{
    union {
        const struct wn_search *search;
        struct gated *gated;
    } both = {.search = self};

    return both.gated;
}

static void gated_destroy(struct wn_search *self)
{
    if (self)
        as_gated(self)->ops->destroy(as_gated(self)->search);
    wn_free(self);
}

static enum wn_status gated_create(const struct wn_search_ops *ops,
                                   const struct wn_search_config *cfg,
                                   struct wn_search **out,
                                   struct wn_error *err)
{
    struct gated *gated = wn_alloc(sizeof *gated);
    enum wn_status rc;

    if (!gated)
        return wn_fail(err, WN_ENOMEM, "no memory");
    *gated = (struct gated){.ops = ops, .gate = ponder_settings.gate};
    rc = ops->create(cfg, &gated->search, err);
    if (rc) {
        wn_free(gated);
        return rc;
    }
    *out = (struct wn_search *)gated;
    return WN_OK;
}

static struct wn_reply gated_propose(const struct wn_search *self,
                                     const struct wn_ask *ask,
                                     struct wn_rng rng,
                                     union wn_cell *cells)
{
    const struct gated *gated = as_gated(self);
    struct wn_reply reply = gated->ops->propose(gated->search, ask, rng, cells);

    if (gated->gate)
        gate_pass(gated->gate);
    return reply;
}

static enum wn_status gated_apply(struct wn_search *self,
                                  const struct wn_event *event,
                                  struct wn_error *err)
{
    return as_gated(self)->ops->apply(as_gated(self)->search, event, err);
}

static bool gated_size(const struct wn_search *self, uint64_t *out)
{
    return as_gated(self)->ops->size(as_gated(self)->search, out);
}

#define WN_SEARCH(name)                                                               \
    static enum wn_status create_##name(const struct wn_search_config *cfg,           \
                                        struct wn_search **out, struct wn_error *err) \
    {                                                                                 \
        return gated_create(&wn_search_##name, cfg, out, err);                        \
    }                                                                                 \
    static struct wn_search_ops gated_##name;
#include "search/searchers.def"
#undef WN_SEARCH

static const struct wn_search_ops *const table[] = {
#define WN_SEARCH(name) &gated_##name,
#include "search/searchers.def"
#undef WN_SEARCH
    &ponder_search};

WN_REGISTRY(struct wn_search_ops, wn_search, table)

/* Fast ones are as they are. */
static void make_gated(struct wn_search_ops *out,
                       const struct wn_search_ops *ops,
                       enum wn_status (*create)(const struct wn_search_config *,
                                                struct wn_search **,
                                                struct wn_error *))
{
    *out = *ops;
    if (!ops->is_slow)
        return;
    out->create = create;
    out->destroy = gated_destroy;
    out->propose = gated_propose;
    out->apply = gated_apply;
    out->size = gated_size;
}

/* Before main(), since a registry is there from the beginning. */
__attribute__((constructor)) static void make_table(void)
{
#define WN_SEARCH(name) make_gated(&gated_##name, &wn_search_##name, create_##name);
#include "search/searchers.def"
#undef WN_SEARCH
}

void slow_use(struct ponder_settings settings)
{
    ponder_settings = settings;
}

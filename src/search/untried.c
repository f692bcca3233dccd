/* untried.c - which configurations were tried, and a random other one. */
#include "search/untried_internal.h"

#include "base/mem.h"
#include "search/product_internal.h"

enum { REDRAWS = 200, FLOAT_SAMPLES = 1 << 16 };

struct wn_untried {
    const struct wn_space *space;
    struct wn_config_set *tried; /* NULL when duplicates are allowed */
    struct wn_product *product;  /* NULL when the space cannot be listed */
    bool has_size;
    uint64_t size; /* of a finite space */
};

void wn_untried_destroy(struct wn_untried *untried)
{
    if (!untried)
        return;
    wn_config_set_destroy(untried->tried);
    wn_product_destroy(untried->product);
    wn_free(untried);
}

/* The product of all values; fewer of the floats if they are too many to count. */
static enum wn_status make_product(struct wn_untried *untried, struct wn_error *err)
{
    struct wn_error why = {0};

    for (uint64_t n = FLOAT_SAMPLES; n >= 2; n /= 8) {
        enum wn_status rc = wn_product_create(untried->space, UINT64_MAX, n, "space",
                                              &untried->product, &why);
        if (rc == WN_OK)
            return rc;
        if (rc != WN_EINVAL)
            return wn_fail(err, rc, "%s", why.text);
    }
    return WN_OK;
}

enum wn_status wn_untried_create(const struct wn_space *space,
                                 bool allows_duplicates,
                                 struct wn_untried **out,
                                 struct wn_error *err)
{
    struct wn_untried *untried = wn_alloc(sizeof *untried);
    enum wn_status rc = WN_OK;

    if (!untried)
        return wn_fail(err, WN_ENOMEM, "no memory for what was tried");
    untried->space = space;
    untried->has_size = wn_space_size(space, &untried->size);
    if (!allows_duplicates) {
        untried->tried = wn_config_set_create(space);
        if (!untried->tried)
            rc = wn_fail(err, WN_ENOMEM, "no memory for what was tried");
        else
            rc = make_product(untried, err);
    }
    if (rc != WN_OK) {
        wn_untried_destroy(untried);
        return rc;
    }
    *out = untried;
    return WN_OK;
}

enum wn_status wn_untried_apply(struct wn_untried *untried,
                                const struct wn_event *event,
                                struct wn_error *err)
{
    /* What the user asked for will be tried, so it is as good as tried. */
    if (untried->tried &&
        (event->kind == WN_EVENT_CONFIGURED || event->kind == WN_EVENT_ENQUEUED))
        return wn_config_set_add(untried->tried, event->configured.cells, err);
    return WN_OK;
}

bool wn_untried_has(const struct wn_untried *untried, const union wn_cell *cells)
{
    return !untried->tried || !wn_config_set_has(untried->tried, cells);
}

/* Untried ones lie everywhere until the space is nearly used up, and then at most as
 * many tried ones as there are trials stand in the way. */
static bool list_untried(const struct wn_untried *untried,
                         struct wn_rng *rng,
                         union wn_cell *cells)
{
    uint64_t size, start, n_looks;

    if (!untried->product)
        return false;
    size = wn_product_size(untried->product);
    start = wn_rng_below(rng, size);
    n_looks = (uint64_t)wn_config_set_size(untried->tried) + 1;
    if (n_looks > size)
        n_looks = size;
    for (uint64_t i = 0; i < n_looks; i++) {
        uint64_t number = i < size - start ? start + i : i - (size - start);
        wn_product_point(untried->product, number, cells);
        if (wn_untried_has(untried, cells))
            return true;
    }
    return false;
}

bool wn_untried_draw(const struct wn_untried *untried,
                     struct wn_rng *rng,
                     union wn_cell *cells)
{
    if (untried->tried && untried->has_size &&
        wn_config_set_size(untried->tried) >= untried->size)
        return false;
    for (int i = 0; i < REDRAWS; i++) {
        wn_config_sample(untried->space, rng, cells);
        if (wn_untried_has(untried, cells))
            return true;
    }
    return list_untried(untried, rng, cells);
}

struct wn_reply wn_untried_propose(const struct wn_untried *untried,
                                   struct wn_rng *rng,
                                   union wn_cell *cells)
{
    return (struct wn_reply){.kind = wn_untried_draw(untried, rng, cells)
                                         ? WN_REPLY_CONFIGURE
                                         : WN_REPLY_EXHAUSTED};
}

bool wn_untried_size(const struct wn_untried *untried, uint64_t *out)
{
    if (!untried->tried || !untried->has_size)
        return false;
    *out = untried->size;
    return true;
}

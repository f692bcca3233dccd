/* product.c - blocks of equal switches, and mixed-radix numbers within them. */
#include "search/product_internal.h"

#include <inttypes.h>
#include <string.h>

#include "base/assert.h"
#include "base/mem.h"

#define OFF UINT32_MAX /* digit of a switch that is itself switched off */

struct wn_product {
    const struct wn_space *space;
    size_t n_params, n_switches;
    uint64_t *n_samples; /* of each parameter */
    uint64_t *n_values;  /* of each parameter */
    size_t *switches;    /* in an order in which none depends on a later one */
    bool *is_switch;
    union wn_cell *scratch;  /* while blocks are listed */
    WN_VEC(uint64_t) first;  /* number of each block's first point */
    WN_VEC(uint32_t) digits; /* n_switches of each block */
    uint64_t size;
    const char *field;
};

static union wn_cell value_of(const struct wn_product *product,
                              size_t param,
                              uint64_t index)
{
    return wn_param_grid_cell(wn_space_param(product->space, param),
                              product->n_samples[param], index);
}

static enum wn_status no_memory(struct wn_error *err)
{
    return wn_fail(err, WN_ENOMEM, "no memory for the grid of the space");
}

/* How many points share the switches set in `scratch`; 0 if too many. */
static uint64_t block_size(const struct wn_product *product)
{
    uint64_t size = 1;

    for (size_t i = 0; i < product->n_params; i++) {
        if (product->is_switch[i] ||
            !wn_space_is_active(product->space, product->scratch, i))
            continue;
        if (product->n_values[i] > WN_PRODUCT_LARGEST / size)
            return 0;
        size *= product->n_values[i];
    }
    return size;
}

static enum wn_status add_block(struct wn_product *product,
                                const uint32_t *digits,
                                struct wn_error *err)
{
    uint64_t size = block_size(product), *first;

    if (!size || product->size > WN_PRODUCT_LARGEST - size)
        return wn_fail(err, WN_EINVAL, "%s: the grid would have more than 2^62 points",
                       product->field);
    if (product->first.n == WN_PRODUCT_BLOCKS)
        return wn_fail(err, WN_EINVAL,
                       "%s: the parameters named in conditions take more than %zu "
                       "combinations of values",
                       product->field, WN_PRODUCT_BLOCKS);
    first = wn_vec_push(&product->first);
    if (!first)
        return no_memory(err);
    *first = product->size;
    for (size_t i = 0; i < product->n_switches; i++) {
        uint32_t *digit = wn_vec_push(&product->digits);
        if (!digit)
            return no_memory(err);
        *digit = digits[i];
    }
    product->size += size;
    return WN_OK;
}

/* Set switch k and all later ones to their first values. */
static void reset_switches(struct wn_product *product, uint32_t *digits, size_t k)
{
    for (; k < product->n_switches; k++) {
        size_t param = product->switches[k];
        bool is_active = wn_space_is_active(product->space, product->scratch, param);

        digits[k] = is_active ? 0 : OFF;
        product->scratch[param] =
            is_active ? value_of(product, param, 0) : (union wn_cell){.i = WN_CELL_OFF};
    }
}

/* The next way to set the switches, the last varying fastest; false after the last. */
static bool advance_switches(struct wn_product *product, uint32_t *digits)
{
    for (size_t k = product->n_switches; k-- > 0;) {
        size_t param = product->switches[k];

        if (digits[k] == OFF || digits[k] + 1 >= product->n_values[param])
            continue;
        digits[k]++;
        product->scratch[param] = value_of(product, param, digits[k]);
        reset_switches(product, digits, k + 1);
        return true;
    }
    return false;
}

static enum wn_status list_blocks(struct wn_product *product, struct wn_error *err)
{
    uint32_t *digits = wn_alloc_array(product->n_switches, sizeof *digits);
    enum wn_status rc;

    if (!digits)
        return no_memory(err);
    reset_switches(product, digits, 0);
    do
        rc = add_block(product, digits, err);
    while (rc == WN_OK && advance_switches(product, digits));
    wn_free(digits);
    return rc;
}

static enum wn_status read_space(struct wn_product *product,
                                 uint64_t int_samples,
                                 uint64_t float_samples,
                                 struct wn_error *err)
{
    size_t n = product->n_params;
    size_t *order = wn_alloc_array(n, sizeof *order);

    product->n_samples = wn_alloc_array(n, sizeof *product->n_samples);
    product->n_values = wn_alloc_array(n, sizeof *product->n_values);
    product->switches = wn_alloc_array(n, sizeof *product->switches);
    product->is_switch = wn_alloc_array(n, sizeof *product->is_switch);
    product->scratch = wn_alloc_array(n, sizeof *product->scratch);
    if (!order || !product->n_samples || !product->n_values || !product->switches ||
        !product->is_switch || !product->scratch) {
        wn_free(order);
        return no_memory(err);
    }
    wn_space_sequence(product->space, order);
    for (size_t i = 0; i < n; i++) {
        const struct wn_param *param = wn_space_param(product->space, order[i]);
        size_t at = order[i];

        product->n_samples[at] =
            param->type == WN_PARAM_FLOAT ? float_samples : int_samples;
        product->n_values[at] = wn_param_grid_size(param, product->n_samples[at]);
        product->scratch[at].i = WN_CELL_OFF;
        product->is_switch[at] = wn_space_is_switch(product->space, at);
        if (product->is_switch[at])
            product->switches[product->n_switches++] = at;
    }
    wn_free(order);
    return WN_OK;
}

enum wn_status wn_product_create(const struct wn_space *space,
                                 uint64_t int_samples,
                                 uint64_t float_samples,
                                 const char *field,
                                 struct wn_product **out,
                                 struct wn_error *err)
{
    struct wn_product *product = wn_alloc(sizeof *product);
    enum wn_status rc;

    if (!product)
        return no_memory(err);
    product->space = space;
    product->n_params = wn_space_n_params(space);
    product->field = field;
    product->size = wn_space_n_allowed(space);
    rc = product->size ? WN_OK : read_space(product, int_samples, float_samples, err);
    if (rc == WN_OK && !product->size)
        rc = list_blocks(product, err);
    if (rc != WN_OK) {
        wn_product_destroy(product);
        return rc;
    }
    *out = product;
    return WN_OK;
}

void wn_product_destroy(struct wn_product *product)
{
    if (!product)
        return;
    wn_free(product->n_samples);
    wn_free(product->n_values);
    wn_free(product->switches);
    wn_free(product->is_switch);
    wn_free(product->scratch);
    wn_vec_release(&product->first);
    wn_vec_release(&product->digits);
    wn_free(product);
}

uint64_t wn_product_size(const struct wn_product *product)
{
    return product->size;
}

static size_t find_block(const struct wn_product *product, uint64_t number)
{
    size_t low = 0, high = product->first.n; /* first[low] <= number < first[high] */

    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (product->first.at[middle] <= number)
            low = middle;
        else
            high = middle;
    }
    return low;
}

void wn_product_point(const struct wn_product *product,
                      uint64_t number,
                      union wn_cell *cells)
{
    size_t block;

    WN_ASSERT(number < product->size);
    if (wn_space_n_allowed(product->space)) {
        if (product->n_params)
            memcpy(cells, wn_space_allowed(product->space, number),
                   product->n_params * sizeof *cells);
        return;
    }
    block = find_block(product, number);
    number -= product->first.at[block];
    for (size_t i = 0; i < product->n_params; i++)
        cells[i].i = WN_CELL_OFF;
    for (size_t i = 0; i < product->n_switches; i++) {
        uint32_t digit = product->digits.at[block * product->n_switches + i];
        if (digit != OFF)
            cells[product->switches[i]] = value_of(product, product->switches[i], digit);
    }
    for (size_t i = product->n_params; i-- > 0;) {
        if (product->is_switch[i] || !wn_space_is_active(product->space, cells, i))
            continue;
        cells[i] = value_of(product, i, number % product->n_values[i]);
        number /= product->n_values[i];
    }
}

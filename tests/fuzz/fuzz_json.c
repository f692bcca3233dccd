/* fuzz_json.c - any bytes as JSON; what is accepted must survive print and parse.
 *
 * links: wn_base
 */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/assert.h"
#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/* Numbers that are not finite are written as strings, and come back as such. */
static bool has_only_finite_numbers(const struct wn_json *node)
{
    const struct wn_json *item;

    if (wn_json_is(node, WN_JSON_NUMBER))
        return isfinite(wn_json_number(node));
    for (item = wn_json_first(node); item; item = wn_json_next(item))
        if (!has_only_finite_numbers(item))
            return false;
    return true;
}

static void check_print(const struct wn_json *root,
                        void (*print)(const struct wn_json *, struct wn_buf *))
{
    struct wn_buf once = {0}, twice = {0};
    struct wn_json *again = NULL;
    struct wn_error err;

    print(root, &once);
    WN_ASSERT(wn_json_parse(once.at, once.n, &again, &err) == WN_OK);
    if (has_only_finite_numbers(root))
        WN_ASSERT(wn_json_equal(root, again));
    print(again, &twice);
    WN_ASSERT(once.n == twice.n && memcmp(once.at, twice.at, once.n) == 0);
    wn_buf_release(&once);
    wn_buf_release(&twice);
    wn_json_destroy(again);
}

static void check_copy(const struct wn_json *root)
{
    struct wn_json *copy = wn_json_copy(root);

    WN_ASSERT(copy && wn_json_equal(root, copy) && wn_json_equal(copy, root));
    wn_json_destroy(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct wn_json *strict = NULL, *lenient = NULL;
    struct wn_error err = {.status = WN_OK};
    const char *text = (const char *)bytes;
    enum wn_status rc = wn_json_parse(text, n, &strict, &err);

    WN_ASSERT((rc == WN_OK) == (strict != NULL));
    WN_ASSERT(rc == WN_OK || (rc == WN_EINVAL && strncmp(err.text, "line ", 5) == 0));
    rc = wn_json_parse_lenient(text, n, &lenient, &err);
    WN_ASSERT((rc == WN_OK) == (lenient != NULL));
    WN_ASSERT(!strict || wn_json_equal(strict, lenient)); /* lenient accepts more */
    if (lenient) {
        check_print(lenient, wn_json_print);
        check_print(lenient, wn_json_print_pretty);
        check_copy(lenient);
    }
    wn_json_destroy(strict);
    wn_json_destroy(lenient);
    return 0;
}

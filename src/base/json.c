/* json.c - looking at trees, building and comparing them.
 *
 * cJSON keeps the nodes and lists; its allocator is set to ours once, before main(), so
 * that the out-of-memory tests reach it. It compares numbers with a tolerance and does
 * not check every allocation when it replaces a member: those two are done here.
 */
#include "base/json.h"

#include <math.h>
#include <string.h>

#include "base/json_internal.h"
#include "base/mem.h"

__attribute__((constructor)) static void set_allocator(void)
{
    cJSON_Hooks hooks = {.malloc_fn = wn_alloc, .free_fn = wn_free};

    cJSON_InitHooks(&hooks);
}

void wn_json_destroy(struct wn_json *root)
{
    cJSON_Delete(wn_json_node(root));
}

struct wn_json *wn_json_copy(const struct wn_json *node)
{
    return wn_json_of(cJSON_Duplicate(wn_json_peek(node), 1));
}

/* Looking */

static bool has_items(const cJSON *node)
{
    return cJSON_IsArray(node) || cJSON_IsObject(node);
}

/* Members mostly come in the same order, so that is where `hint` looks first. */
static const cJSON *find(const cJSON *object, const char *key, const cJSON *hint)
{
    if (hint && hint->string && strcmp(hint->string, key) == 0)
        return hint;
    for (const cJSON *item = object->child; item; item = item->next)
        if (item->string && strcmp(item->string, key) == 0)
            return item;
    return NULL;
}

static bool is_equal(const cJSON *a, const cJSON *b)
{
    const cJSON *y;

    if (wn_json_type((const struct wn_json *)a) !=
        wn_json_type((const struct wn_json *)b))
        return false;
    switch (wn_json_type((const struct wn_json *)a)) {
    case WN_JSON_NULL: return true;
    case WN_JSON_BOOL: return cJSON_IsTrue(a) == cJSON_IsTrue(b);
    case WN_JSON_NUMBER:
        return !(a->valuedouble < b->valuedouble) && !(a->valuedouble > b->valuedouble) &&
               isnan(a->valuedouble) == isnan(b->valuedouble);
    case WN_JSON_STRING: return strcmp(a->valuestring, b->valuestring) == 0;
    case WN_JSON_LIST:
    case WN_JSON_OBJECT: break;
    }
    if (cJSON_GetArraySize(a) != cJSON_GetArraySize(b))
        return false;
    y = b->child;
    for (const cJSON *x = a->child; x; x = x->next, y = y->next) {
        const cJSON *other = cJSON_IsObject(a) ? find(b, x->string, y) : y;

        if (!other || !is_equal(x, other))
            return false;
    }
    return true;
}

bool wn_json_equal(const struct wn_json *a, const struct wn_json *b)
{
    if (!a || !b)
        return a == b;
    return is_equal(wn_json_peek(a), wn_json_peek(b));
}

enum wn_json_type wn_json_type(const struct wn_json *node)
{
    const cJSON *item = wn_json_peek(node);

    if (cJSON_IsBool(item))
        return WN_JSON_BOOL;
    if (cJSON_IsNumber(item))
        return WN_JSON_NUMBER;
    if (cJSON_IsString(item))
        return WN_JSON_STRING;
    if (cJSON_IsArray(item))
        return WN_JSON_LIST;
    return cJSON_IsObject(item) ? WN_JSON_OBJECT : WN_JSON_NULL;
}

const char *wn_json_type_name(const struct wn_json *node)
{
    switch (wn_json_type(node)) {
    case WN_JSON_NULL: return node ? "null" : "nothing";
    case WN_JSON_BOOL: return cJSON_IsTrue(wn_json_peek(node)) ? "true" : "false";
    case WN_JSON_NUMBER: return "a number";
    case WN_JSON_STRING: return "a string";
    case WN_JSON_LIST: return "a list";
    case WN_JSON_OBJECT: return "an object";
    }
    return "nothing";
}

bool wn_json_is(const struct wn_json *node, enum wn_json_type type)
{
    return node && wn_json_type(node) == type;
}

bool wn_json_bool(const struct wn_json *node)
{
    return cJSON_IsTrue(wn_json_peek(node));
}

double wn_json_number(const struct wn_json *node)
{
    return wn_json_is(node, WN_JSON_NUMBER) ? wn_json_peek(node)->valuedouble : 0;
}

bool wn_json_integer(const struct wn_json *node, int64_t *value)
{
    double number = wn_json_number(node);

    /* Written so that NaN fails. */
    if (!wn_json_is(node, WN_JSON_NUMBER) || !(fabs(number) <= WN_JSON_EXACT_MOST) ||
        trunc(number) < number || trunc(number) > number)
        return false;
    *value = (int64_t)number;
    return true;
}

const char *wn_json_string(const struct wn_json *node)
{
    return wn_json_is(node, WN_JSON_STRING) ? wn_json_peek(node)->valuestring : NULL;
}

size_t wn_json_size(const struct wn_json *node)
{
    size_t n = 0;

    for (const struct wn_json *item = wn_json_first(node); item;
         item = wn_json_next(item))
        n++;
    return n;
}

const struct wn_json *wn_json_at(const struct wn_json *node, size_t index)
{
    const struct wn_json *item = wn_json_first(node);

    for (; item && index > 0; index--)
        item = wn_json_next(item);
    return item;
}

const struct wn_json *wn_json_get(const struct wn_json *object, const char *key)
{
    if (!wn_json_is(object, WN_JSON_OBJECT))
        return NULL;
    return (const struct wn_json *)find(wn_json_peek(object), key, NULL);
}

const struct wn_json *wn_json_first(const struct wn_json *node)
{
    const cJSON *item = wn_json_peek(node);

    return has_items(item) ? (const struct wn_json *)item->child : NULL;
}

const struct wn_json *wn_json_next(const struct wn_json *item)
{
    return (const struct wn_json *)wn_json_peek(item)->next;
}

const char *wn_json_key(const struct wn_json *item)
{
    return wn_json_peek(item)->string;
}

/* Building */

struct wn_json *wn_json_new_null(void)
{
    return wn_json_of(cJSON_CreateNull());
}

struct wn_json *wn_json_new_bool(bool value)
{
    return wn_json_of(cJSON_CreateBool(value));
}

struct wn_json *wn_json_new_number(double value)
{
    if (isnan(value))
        return wn_json_new_string("NaN");
    if (isinf(value))
        return wn_json_new_string(value < 0 ? "-Infinity" : "Infinity");
    return wn_json_of(cJSON_CreateNumber(value));
}

struct wn_json *wn_json_new_integer(int64_t value)
{
    return wn_json_of(cJSON_CreateNumber((double)value));
}

struct wn_json *wn_json_new_string(const char *value)
{
    return value ? wn_json_of(cJSON_CreateString(value)) : NULL;
}

struct wn_json *wn_json_new_list(void)
{
    return wn_json_of(cJSON_CreateArray());
}

struct wn_json *wn_json_new_object(void)
{
    return wn_json_of(cJSON_CreateObject());
}

bool wn_json_add(struct wn_json *list, struct wn_json *item)
{
    if (item && wn_json_is(list, WN_JSON_LIST) &&
        cJSON_AddItemToArray(wn_json_node(list), wn_json_node(item)))
        return true;
    wn_json_destroy(item);
    return false;
}

struct wn_json *wn_json_member(struct wn_json *object, const char *key)
{
    if (!wn_json_is(object, WN_JSON_OBJECT))
        return NULL;
    return wn_json_of(cJSON_GetObjectItemCaseSensitive(wn_json_node(object), key));
}

bool wn_json_set(struct wn_json *object, const char *key, struct wn_json *item)
{
    cJSON *node = wn_json_node(item);
    cJSON *old;
    char *name;

    if (!node || !wn_json_is(object, WN_JSON_OBJECT) || !(name = wn_strdup(key))) {
        wn_json_destroy(item);
        return false;
    }
    wn_free(node->string); /* a copied member has its old name */
    node->string = name;
    old = wn_json_node(wn_json_member(object, key));
    if (old ? cJSON_ReplaceItemViaPointer(wn_json_node(object), old, node)
            : cJSON_AddItemToArray(wn_json_node(object), node))
        return true;
    wn_json_destroy(item);
    return false;
}

void wn_json_remove(struct wn_json *object, const char *key)
{
    if (wn_json_is(object, WN_JSON_OBJECT))
        cJSON_DeleteItemFromObjectCaseSensitive(wn_json_node(object), key);
}

/* functions.c - the table of functions, made from functions.def. */
#include <string.h>

#include "base/registry.h"
#include "runner/function.h"
#include "runner/runner_internal.h"

#define WN_FUNCTION(name) extern const struct wn_function_ops wn_function_##name;
#include "runner/functions.def"
#undef WN_FUNCTION

#define WN_FUNCTION(name) &wn_function_##name,
static const struct wn_function_ops *const table[] = {
#include "runner/functions.def"
};
#undef WN_FUNCTION

#define WN_FUNCTION(name) #name,
const char *const wn_function_names[] = {
#include "runner/functions.def"
    NULL};
#undef WN_FUNCTION

WN_REGISTRY(struct wn_function_ops, wn_function, table)

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

double wn_function_param(const struct wn_function_task *task,
                         const char *name,
                         double fallback)
{
    size_t index = wn_space_find(task->space, name);
    const struct wn_param *param;
    union wn_cell cell;

    if (index == SIZE_MAX || task->cells[index].i == WN_CELL_OFF)
        return fallback;
    param = wn_space_param(task->space, index);
    cell = task->cells[index];
    switch (param->type) {
    case WN_PARAM_FLOAT: return cell.f;
    case WN_PARAM_INT:
    case WN_PARAM_CATEGORICAL: return (double)cell.i;
    case WN_PARAM_ORDINAL:
        return param->numbers ? param->numbers[cell.i] : (double)cell.i;
    }
    return fallback;
}

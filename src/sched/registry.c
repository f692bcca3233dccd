/* registry.c - the table of schedulers, made from schedulers.def. */
#include "base/registry.h"
#include "sched/sched.h"

#define WN_SCHED(name) extern const struct wn_sched_ops wn_sched_##name;
#include "sched/schedulers.def"
#undef WN_SCHED

#define WN_SCHED(name) &wn_sched_##name,
static const struct wn_sched_ops *const table[] = {
#include "sched/schedulers.def"
};
#undef WN_SCHED

WN_REGISTRY(struct wn_sched_ops, wn_sched, table)

/* base/assert.h - our own faults, never the user's.
 *
 * WN_ASSERT is always on: it prints where and a stack trace, calls the abort hook (which
 * flushes the journal and, under MPI, ends the run and so never returns), and aborts. WN_DCHECK is for
 * debug builds and may be O(n).
 */
#ifndef WN_BASE_ASSERT_H
#define WN_BASE_ASSERT_H

typedef void wn_abort_hook_fn(void *arg);
void wn_abort_set_hook(wn_abort_hook_fn *hook, void *arg);
_Noreturn void wn_assert_failed(const char *condition, const char *file, int line);

#define WN_ASSERT(condition) \
    ((condition) ? (void)0 : wn_assert_failed(#condition, __FILE__, __LINE__))
#ifdef NDEBUG
#define WN_DCHECK(condition) ((void)0)
#else
#define WN_DCHECK(condition) WN_ASSERT(condition)
#endif

#endif /* WN_BASE_ASSERT_H */

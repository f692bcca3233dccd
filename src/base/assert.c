/* assert.c - how the program ends when it is wrong about itself.
 *
 * The place and the trace are written before the hook runs: under MPI the hook ends the
 * process. A second failure, inside the hook, goes straight to abort().
 */
#include "base/assert.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#ifdef __GLIBC__ /* known once a header was read */
#include <execinfo.h>
#endif

static struct {
    wn_abort_hook_fn *call;
    void *arg;
} hook;

void wn_abort_set_hook(wn_abort_hook_fn *call, void *arg)
{
    hook.call = call;
    hook.arg = arg;
}

_Noreturn void wn_assert_failed(const char *condition, const char *file, int line)
{
    static atomic_flag has_failed = ATOMIC_FLAG_INIT;

    fprintf(stderr,
            "winnow: a fault of our own at %s:%d: '%s' does not hold; please report it\n",
            file, line, condition);
    fflush(stderr);
    if (!atomic_flag_test_and_set(&has_failed)) {
#ifdef __GLIBC__
        void *frames[64];

        backtrace_symbols_fd(frames, backtrace(frames, 64), STDERR_FILENO);
#endif
        if (hook.call)
            hook.call(hook.arg);
    }
    abort();
}

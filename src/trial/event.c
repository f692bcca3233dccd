/* event.c - the names of things that happen, as logs, tables and commands print them.
 *
 * Every switch lists its whole enum, so that the compiler finds a member without a name;
 * a number from a damaged byte falls through to "".
 */
#include "trial/event.h"

#include <inttypes.h>

const char *wn_event_name(enum wn_event_kind kind)
{
    switch (kind) {
    case WN_EVENT_JOB: return "job";
    case WN_EVENT_OPENED: return "opened";
    case WN_EVENT_PLANNED: return "planned";
    case WN_EVENT_CONFIGURED: return "configured";
    case WN_EVENT_DISPATCHED: return "dispatched";
    case WN_EVENT_REPORTED: return "reported";
    case WN_EVENT_REPEATED: return "repeated";
    case WN_EVENT_RETURNED: return "returned";
    case WN_EVENT_RESUMED: return "resumed";
    case WN_EVENT_RECALLED: return "recalled";
    case WN_EVENT_ENDED: return "ended";
    case WN_EVENT_EXHAUSTED: return "exhausted";
    case WN_EVENT_ENQUEUED: return "enqueued";
    case WN_EVENT_IMPORTED: return "imported";
    case WN_EVENT_AMENDED: return "amended";
    case WN_EVENT_NOTED: return "noted";
    case WN_EVENT_LEASE: return "lease";
    case WN_EVENT_COLLECTED: return "collected";
    case WN_EVENT_DAMAGED: return "damaged";
    case WN_EVENT_TIMER: return "timer";
    case WN_EVENT_STOPPING: return "stopping";
    case WN_EVENT_CLOSED: return "closed";
    case WN_EVENT_N: break;
    }
    return "";
}

bool wn_event_is_logical(enum wn_event_kind kind)
{
    switch (kind) {
    case WN_EVENT_PLANNED:
    case WN_EVENT_CONFIGURED:
    case WN_EVENT_REPORTED:
    case WN_EVENT_RESUMED:
    case WN_EVENT_RECALLED:
    case WN_EVENT_ENDED:
    case WN_EVENT_EXHAUSTED:
    case WN_EVENT_ENQUEUED:
    case WN_EVENT_IMPORTED:
    case WN_EVENT_AMENDED:
    case WN_EVENT_NOTED: return true;
    case WN_EVENT_NOT_LOGICAL: break;
    }
    return false;
}

const char *wn_failure_name(enum wn_failure failure)
{
    switch (failure) {
    case WN_FAILURE_NONE: return "none";
    case WN_FAILURE_START: return "start";
    case WN_FAILURE_EXIT: return "exit";
    case WN_FAILURE_SIGNAL: return "signal";
    case WN_FAILURE_TIMEOUT: return "timeout";
    case WN_FAILURE_SILENT: return "silent";
    case WN_FAILURE_NO_REPORT: return "no-report";
    case WN_FAILURE_BAD_REPORT: return "bad-report";
    case WN_FAILURE_NAN: return "nan";
    case WN_FAILURE_LOST: return "lost";
    case WN_FAILURE_NO_SLOT: return "no-slot";
    case WN_FAILURE_N: break;
    }
    return "";
}

const char *wn_end_name(enum wn_end how)
{
    switch (how) {
    case WN_END_COMPLETED: return "completed";
    case WN_END_STOPPED: return "stopped";
    case WN_END_FAILED: return "failed";
    case WN_END_WITHDRAWN: return "withdrawn";
    }
    return "";
}

const char *wn_verdict_name(enum wn_verdict_kind kind)
{
    switch (kind) {
    case WN_VERDICT_CONTINUE: return "continue";
    case WN_VERDICT_PAUSE: return "pause";
    case WN_VERDICT_STOP: return "stop";
    }
    return "";
}

const char *wn_return_name(enum wn_return why)
{
    switch (why) {
    case WN_RETURN_LOST: return "lost";
    case WN_RETURN_DRAINED: return "drained";
    case WN_RETURN_FAILED: return "failed";
    case WN_RETURN_DAMAGED: return "damaged";
    }
    return "";
}

enum wn_status wn_event_contradicts(const struct wn_event *event, struct wn_error *err)
{
    return wn_fail(err, WN_ECORRUPT,
                   "trial %" PRIu32 " was %s, but not in a state for it", event->trial,
                   wn_event_name(event->kind));
}

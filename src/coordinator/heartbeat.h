/* coordinator/heartbeat.h - the file that refuses a second coordinator started by mistake.
 *
 * STUDY/heartbeat holds host, pid, the process's start time, the boot id and the batch job.
 * On the same host and boot the process decides; elsewhere 30 s without a refresh do, by
 * the file system's own clock. It protects from mistakes; what protects the study from two
 * coordinators is fencing (journal.h).
 */
#ifndef WN_COORDINATOR_HEARTBEAT_H
#define WN_COORDINATOR_HEARTBEAT_H

#include "base/error.h"

#define WN_HEARTBEAT_EVERY_MS  5000
#define WN_HEARTBEAT_SILENT_MS 30000

enum wn_status wn_heartbeat_write(const char *study_dir,
                                  struct wn_error *err) WN_MUST_CHECK;
/* WN_EBUSY when a coordinator of this study lives: says where, since when, what to do. */
enum wn_status wn_heartbeat_check(const char *study_dir,
                                  struct wn_error *err) WN_MUST_CHECK;
/* Remove it when it is ours; a missing one is fine. */
void wn_heartbeat_remove(const char *study_dir);

#endif /* WN_COORDINATOR_HEARTBEAT_H */

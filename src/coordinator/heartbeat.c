/* heartbeat.c - see heartbeat.h. */
#include "coordinator/heartbeat.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"

#define BOOT_ID "/proc/sys/kernel/random/boot_id"

/* Start time of a process in clock ticks since boot (field 22 of /proc/PID/stat), which
 * tells a process from a later one with the same number; -1 if there is none. One that
 * has died is none: a killed rank may stay a zombie long after its mpirun is gone. */
static long long start_time(long long pid)
{
    char path[64], *text = NULL;
    const char *at;
    long long ticks = -1;
    size_t n;

    (void)snprintf(path, sizeof path, "/proc/%lld/stat", pid);
    if (wn_file_read(path, 4096, &text, &n, NULL) != WN_OK)
        return -1;
    at = strrchr(text, ')'); /* the name may hold spaces and brackets */
    if (at && (strncmp(at, ") Z", 3) == 0 || strncmp(at, ") X", 3) == 0))
        at = NULL;
    for (int field = 2; at && field < 22; field++) {
        at = strchr(at + 1, ' ');
    }
    if (at)
        ticks = strtoll(at + 1, NULL, 10);
    wn_free(text);
    return ticks;
}

static void boot_id(char *out, size_t room)
{
    char *text = NULL;
    size_t n = 0;

    out[0] = '\0';
    if (wn_file_read(BOOT_ID, 256, &text, &n, NULL) != WN_OK)
        return;
    (void)snprintf(out, room, "%.*s", (int)strcspn(text, "\n"), text);
    wn_free(text);
}

static void host_name(char *out, size_t room)
{
    if (gethostname(out, room) != 0)
        (void)snprintf(out, room, "?");
    out[room - 1] = '\0';
}

enum wn_status wn_heartbeat_write(const char *study_dir, struct wn_error *err)
{
    char path[WN_PATH_MAX], host[256], boot[64];
    struct wn_json *root = wn_json_new_object();
    const char *batch_job = getenv("SLURM_JOB_ID");
    struct wn_buf text = {0};
    bool is_whole;
    enum wn_status rc;

    host_name(host, sizeof host);
    boot_id(boot, sizeof boot);
    is_whole = wn_json_set(root, "host", wn_json_new_string(host));
    is_whole = wn_json_set(root, "boot", wn_json_new_string(boot)) && is_whole;
    is_whole = wn_json_set(root, "pid", wn_json_new_integer(getpid())) && is_whole;
    is_whole =
        wn_json_set(root, "start", wn_json_new_integer(start_time(getpid()))) && is_whole;
    is_whole = wn_json_set(root, "job", wn_json_new_string(batch_job ? batch_job : "")) &&
               is_whole;
    wn_json_print(root, &text);
    wn_buf_addc(&text, '\n');
    if (!is_whole || text.failed)
        rc = wn_fail(err, WN_ENOMEM, "no memory for the heartbeat");
    else
        rc = wn_path_join(path, err, study_dir, "heartbeat");
    if (!rc)
        rc = wn_file_replace(path, text.at, text.n, err);
    wn_buf_release(&text);
    wn_json_destroy(root);
    return rc;
}

static const char *text_of(const struct wn_json *root, const char *key)
{
    const struct wn_json *item = wn_json_get(root, key);

    return wn_json_is(item, WN_JSON_STRING) ? wn_json_string(item) : "";
}

static long long integer_of(const struct wn_json *root, const char *key)
{
    const struct wn_json *item = wn_json_get(root, key);
    int64_t value = -1;

    return item && wn_json_integer(item, &value) ? value : -1;
}

/* Milliseconds since the file was last written, by the clock of its file system: a file
 * made now beside it tells what that clock says. */
static long long silence_ms(const char *study_dir, const char *path)
{
    char probe[WN_PATH_MAX + 32];
    struct stat beat, now;
    long long ms = WN_HEARTBEAT_SILENT_MS;
    int fd;

    (void)snprintf(probe, sizeof probe, "%s/.clock.%ld", study_dir, (long)getpid());
    fd = open(probe, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (fd >= 0 && stat(path, &beat) == 0 && fstat(fd, &now) == 0)
        ms = ((long long)now.st_mtim.tv_sec - beat.st_mtim.tv_sec) * 1000 +
             (now.st_mtim.tv_nsec - beat.st_mtim.tv_nsec) / 1000000;
    if (fd >= 0) {
        close(fd);
        unlink(probe);
    }
    return ms;
}

static enum wn_status check_alive(const char *study_dir,
                                  const char *path,
                                  const struct wn_json *root,
                                  struct wn_error *err)
{
    char host[256], boot[64];
    long long pid = integer_of(root, "pid"), ms;

    host_name(host, sizeof host);
    boot_id(boot, sizeof boot);
    if (strcmp(text_of(root, "host"), host) == 0) {
        bool is_alive = strcmp(text_of(root, "boot"), boot) == 0 && pid > 0 &&
                        pid != (long long)getpid() && kill((pid_t)pid, 0) == 0 &&
                        start_time(pid) == integer_of(root, "start");
        if (!is_alive)
            return WN_OK;
        return wn_fail(
            err, WN_EBUSY,
            "the study %s is being run by process %lld of this host; stop it with "
            "`winnow stop %s`, or take over with --takeover",
            study_dir, pid, study_dir);
    }
    ms = silence_ms(study_dir, path);
    if (ms >= WN_HEARTBEAT_SILENT_MS)
        return WN_OK;
    return wn_fail(
        err, WN_EBUSY,
        "the study %s is being run by process %lld of host %s%s%s (last sign of life "
        "%lld s ago); wait until it has been silent for %d s, stop it with `winnow "
        "stop %s`, or take over with --takeover",
        study_dir, pid, text_of(root, "host"), text_of(root, "job")[0] ? ", job " : "",
        text_of(root, "job"), ms / 1000, WN_HEARTBEAT_SILENT_MS / 1000, study_dir);
}

enum wn_status wn_heartbeat_check(const char *study_dir, struct wn_error *err)
{
    char path[WN_PATH_MAX], *text = NULL;
    struct wn_json *root = NULL;
    size_t n = 0;
    enum wn_status rc = wn_path_join(path, err, study_dir, "heartbeat");

    if (rc)
        return rc;
    if (wn_file_read(path, 4096, &text, &n, NULL) != WN_OK)
        return WN_OK;
    if (wn_json_parse(text, n, &root, NULL) == WN_OK)
        rc = check_alive(study_dir, path, root, err);
    wn_json_destroy(root);
    wn_free(text);
    return rc;
}

void wn_heartbeat_remove(const char *study_dir)
{
    char path[WN_PATH_MAX];

    if (wn_path_join(path, NULL, study_dir, "heartbeat") == WN_OK)
        (void)unlink(path);
}

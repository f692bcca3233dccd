/* chain.c - a training program whose every result can be recomputed.
 *
 * Its state is a number that each epoch hashes together with the epoch's number, begun from
 * the configuration, so the metric of epoch n tells whether epochs 1 to n each ran once, in
 * order, from the right checkpoint: a checker repeats the chain (fault/study.py) and compares.
 *
 * Flags: x (the configuration), pace_us (how long an epoch takes), log (a file beside the
 * study). The log gets one line per step, each in one write, so that it survives any kill:
 *
 *     PID start TRIAL EPOCH        begun from the checkpoint of EPOCH, 0: afresh
 *     PID train TRIAL EPOCH        trained
 *     PID answer TRIAL EPOCH HELD  the report of EPOCH was answered, other than by "stop" (which
 *                                  a broken link gives too); HELD: the newest epoch that
 *                                  was committed for this report or earlier
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "winnow/trial.h"

static int log_fd = -1;

static void note(const char *what, const char *id, long epoch, long held)
{
    char line[160];
    int n = snprintf(line, sizeof line, "%ld %s %s %ld", (long)getpid(), what, id, epoch);

    if (held >= 0)
        n += snprintf(line + n, sizeof line - (size_t)n, " %ld", held);
    line[n++] = '\n';
    if (log_fd >= 0)
        (void)!write(log_fd, line, (size_t)n);
}

static uint64_t mix(uint64_t z)
{
    z += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static int save(const char *dir, long epoch, uint64_t state)
{
    char path[4096];
    FILE *file;
    int rc;

    (void)snprintf(path, sizeof path, "%s/state", dir);
    file = fopen(path, "w");
    if (!file)
        return -1;
    rc = fprintf(file, "%ld %" PRIu64 "\n", epoch, state) < 0;
    return fclose(file) != 0 || rc ? -1 : 0;
}

static int load(const char *dir, long *epoch, uint64_t *state)
{
    char path[4096];
    FILE *file;
    int n;

    (void)snprintf(path, sizeof path, "%s/state", dir);
    file = fopen(path, "r");
    if (!file)
        return -1;
    n = fscanf(file, "%ld %" SCNu64, epoch, state);
    return fclose(file) != 0 || n != 2 ? -1 : 0;
}

/* Commits when it is due; the epoch that is now the newest one held. */
static long keep(struct winnow_trial *t, long epoch, uint64_t state, long held)
{
    const char *dir;

    if (!winnow_checkpoint_due(t, epoch))
        return held;
    dir = winnow_checkpoint_begin(t);
    if (!dir || save(dir, epoch, state) != 0)
        return held;
    return winnow_checkpoint_commit(t) == 0 ? epoch : held;
}

static void train(struct winnow_trial *t, long held, uint64_t state)
{
    const char *id = winnow_trial_id(t);
    long max = winnow_max_resource(t, 9), pace_us = winnow_long(t, "pace_us", 0);
    struct timespec pace = {.tv_sec = pace_us / 1000000,
                            .tv_nsec = pace_us % 1000000 * 1000};

    for (long epoch = held + 1; epoch <= max; epoch++) {
        enum winnow_answer answer;
        int waits;

        if (pace_us)
            (void)nanosleep(&pace, NULL);
        state = mix(state ^ (uint64_t)epoch);
        note("train", id, epoch, -1);
        held = keep(t, epoch, state, held);
        winnow_metric(t, "score", (double)(state >> 11) * 0x1p-53);
        waits = epoch >= winnow_milestone(t);
        answer = winnow_report(t, epoch);
        if (waits && answer != WINNOW_STOP)
            note("answer", id, epoch, held);
        if (answer != WINNOW_CONTINUE)
            return;
    }
}

int main(int argc, char **argv)
{
    struct winnow_trial *t = winnow_begin(argc, argv);
    const char *path;
    double x;
    uint64_t state;
    long epoch = 0;

    if (!t)
        return 1;
    path = winnow_string(t, "log", NULL);
    if (path)
        log_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    x = winnow_double(t, "x", 0.5);
    memcpy(&state, &x, sizeof state);
    if (winnow_restore(t) && load(winnow_restore(t), &epoch, &state) != 0) {
        fprintf(stderr, "cannot read the checkpoint in %s\n", winnow_restore(t));
        return 2;
    }
    if (epoch != winnow_restore_resource(t)) {
        fprintf(stderr, "the checkpoint holds epoch %ld, not %ld\n", epoch,
                winnow_restore_resource(t));
        return 3;
    }
    note("start", winnow_trial_id(t), epoch, -1);
    train(t, epoch, state);
    winnow_end(t);
    return 0;
}

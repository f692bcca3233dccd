/* winnow/trial.h - what a training program in C links to be tuned by Winnow.
 *
 *     struct winnow_trial *t = winnow_begin(argc, argv);
 *     double lr = winnow_double(t, "lr", 0.1);
 *     long first = 1;
 *     if (winnow_restore(t))                       // a folder to go on from, or NULL
 *         first = load(winnow_restore(t)) + 1;
 *     for (long epoch = first; epoch <= winnow_max_resource(t, 27); epoch++) {
 *         double accuracy = train_one_epoch(lr);
 *         if (winnow_checkpoint_due(t, epoch)) {
 *             const char *dir = winnow_checkpoint_begin(t);
 *             if (dir && save(dir, epoch) == 0)
 *                 winnow_checkpoint_commit(t);
 *         }
 *         winnow_metric(t, "accuracy", accuracy);
 *         if (winnow_report(t, epoch) != WINNOW_CONTINUE)
 *             break;
 *     }
 *     winnow_end(t);
 *
 * Commit, then report: a checkpoint belongs to the next report. Below a milestone a
 * report costs one write and one look that never wait; at it the call waits for the
 * answer. A program that Winnow did not start runs normally: parameters come from its
 * own flags (--name value), reports are printed, the answer is always "continue".
 *
 * One thread at a time may call. Nothing here exits the program or prints, but for the
 * reports of a program that runs alone. No dependencies beyond the C library; ABI-stable.
 */
#ifndef WINNOW_TRIAL_H
#define WINNOW_TRIAL_H

#ifdef __cplusplus
extern "C" {
#endif

#define WINNOW_TRIAL_VERSION 1

struct winnow_trial;

enum winnow_answer {
    WINNOW_CONTINUE = 0, /* train on */
    WINNOW_PAUSE = 1,    /* end now; you will be started again from the last checkpoint */
    WINNOW_STOP = 2      /* end now; this configuration is done */
};

/* Connect to the worker that started this program. NULL only without memory. argc and
 * argv are read (for programs that run alone) and not changed; both may be 0/NULL. */
struct winnow_trial *winnow_begin(int argc, char **argv);
/* Say goodbye and free. NULL is allowed. */
void winnow_end(struct winnow_trial *t);

int winnow_is_managed(const struct winnow_trial *t);       /* 0: the program runs alone */
const char *winnow_trial_id(const struct winnow_trial *t); /* "17"; "" alone */

/* The configuration. A name it does not have (a condition switched it off, or the
 * program runs alone without that flag) gives the fallback. Strings are borrowed until
 * winnow_end(). Lists and objects come as JSON text from winnow_string(). */
int winnow_has(const struct winnow_trial *t, const char *name);
double winnow_double(const struct winnow_trial *t, const char *name, double fallback);
long winnow_long(const struct winnow_trial *t, const char *name, long fallback);
int winnow_bool(const struct winnow_trial *t, const char *name, int fallback);
const char *winnow_string(const struct winnow_trial *t,
                          const char *name,
                          const char *fallback);

/* Resource units: the next milestone, and a full training (fallback when alone). */
long winnow_milestone(const struct winnow_trial *t);
long winnow_max_resource(const struct winnow_trial *t, long fallback);

/* Folder of the checkpoint to go on from and the resource units it holds; NULL and 0 to
 * start afresh. Read it, never write into it. */
const char *winnow_restore(const struct winnow_trial *t);
long winnow_restore_resource(const struct winnow_trial *t);

/* Would a checkpoint at the coming report be of use: a milestone, the job's interval, or
 * somebody asked the trial to pause? Looks at the socket, never waits. */
int winnow_checkpoint_due(struct winnow_trial *t, long resource);
/* A new empty folder to write into; NULL when alone or if it cannot be made. A folder
 * begun and not committed is discarded at the next begin or report. */
const char *winnow_checkpoint_begin(struct winnow_trial *t);
/* The folder is complete: it goes with the next report. 0, or -1 if none was begun. */
int winnow_checkpoint_commit(struct winnow_trial *t);

/* A metric of the coming report; not-a-number is allowed and will fail the trial. */
void winnow_metric(struct winnow_trial *t, const char *name, double value);
/* Report what winnow_metric() collected after `resource` units (epochs), counted from 1. */
enum winnow_answer winnow_report(struct winnow_trial *t, long resource);

#ifdef __cplusplus
}
#endif

#endif /* WINNOW_TRIAL_H */

/* job_internal.h - what the files of job/ share: tables, overrides, the canonical tree. */
#ifndef WN_JOB_JOB_INTERNAL_H
#define WN_JOB_JOB_INTERNAL_H

#include "job/job.h"

enum {
    WN_JOB_MOST = 64 * 1024 * 1024
}; /* bytes of a job file, and of its canonical text */

/* tables.c: the keys of the job file itself, in the order of its canonical text. A key
 * of type ANY is a section of its own. */
extern const struct wn_option wn_job_options[];
extern const struct wn_option wn_job_metric_options[];
extern const struct wn_option wn_job_resource_options[];
extern const struct wn_option wn_job_checkpoint_options[];
/* Paths that may differ when a study is opened again; a path covers all below it. */
extern const char *const wn_job_amendable[];

/* methods.c: put what the method stands for into the sections of the raw tree. */
enum wn_status wn_job_expand_method(struct wn_json *tree,
                                    const struct wn_method *method,
                                    struct wn_problems *problems,
                                    struct wn_error *err) WN_MUST_CHECK;

/* canonical.c: a copy with {job_dir} replaced in every string; NULL without memory. */
struct wn_json *wn_job_placed(const struct wn_json *node, const char *job_dir);
/* canonical.c: replace {job_dir} in every string below `trial`, and let a first command
 * word with a slash start in job_dir. */
enum wn_status wn_job_place_trial(struct wn_json *trial,
                                  const char *job_dir,
                                  struct wn_error *err) WN_MUST_CHECK;

/* restrict.c: take restrict_configurations out of the raw tree: *out is the list, that of the
 * file if a path is given, {job_dir} replaced; NULL: there is none, or it is a problem. */
enum wn_status wn_job_take_restriction(struct wn_json *tree,
                                       const char *job_dir,
                                       struct wn_problems *problems,
                                       struct wn_json **out,
                                       struct wn_error *err) WN_MUST_CHECK;
/* restrict.c: what job->space is restricted to, as that list; NULL without memory. */
struct wn_json *wn_job_restriction_json(const struct wn_job *job);

/* The checked values of the sections that struct wn_job does not keep. */
struct wn_job_sections {
    struct wn_values *top, *metric, *resource, *checkpoint;
};

/* older.c: the canonical text of a study as one of today. */
void wn_job_renew(struct wn_json *tree);
/* canonical.c: build job->root and job->text of the checked parts. */
enum wn_status wn_job_make_canonical(struct wn_job *job,
                                     const struct wn_job_sections *sections,
                                     struct wn_error *err) WN_MUST_CHECK;

/* check.c: keys that contradict each other; every section is there and fits its table. */
void wn_job_check_together(const struct wn_job *job,
                           const struct wn_job_sections *sections,
                           struct wn_problems *problems);
/* check.c: what scheduler, searcher and runner say to their options; loads the job. */
enum wn_status wn_job_try_parts(struct wn_job *job,
                                struct wn_problems *problems,
                                struct wn_error *err) WN_MUST_CHECK;
/* load.c: the same of the runner alone, with what it reads from files. */
enum wn_status wn_job_check_runner(struct wn_job *job,
                                   struct wn_problems *problems,
                                   struct wn_error *err) WN_MUST_CHECK;
/* check.c: a part's refusal names the field in its text and becomes a problem; anything
 * but a refusal is our trouble and is returned. */
enum wn_status wn_job_hear(enum wn_status rc,
                           const struct wn_error *said,
                           struct wn_problems *problems,
                           struct wn_error *err) WN_MUST_CHECK;

/* check.c: a scheduler and a searcher of this job over an empty history, which both borrow: to
 * be asked about rungs and configurations, and whether they accept their options. */
enum wn_status wn_job_try_history(const struct wn_job *job,
                                  struct wn_history **out,
                                  struct wn_error *err) WN_MUST_CHECK;
enum wn_status wn_job_try_sched(const struct wn_job *job,
                                const struct wn_history *history,
                                struct wn_sched **out,
                                struct wn_error *err) WN_MUST_CHECK;
enum wn_status wn_job_try_search(const struct wn_job *job,
                                 const struct wn_history *history,
                                 struct wn_search **out,
                                 struct wn_error *err) WN_MUST_CHECK;

#endif /* WN_JOB_JOB_INTERNAL_H */

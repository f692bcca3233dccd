/* job/job.h - the job file, checked and complete.
 *
 * A job is one JSON object. Reading it never stops at the first mistake: syntax errors
 * name line and column, all others the JSON path, the value, what is allowed and the
 * nearest valid name, and all are reported together. Every key is in an option table
 * (its own section's here, a part's beside the part), so that validation, defaults, the
 * schema, `winnow list` and --help never disagree.
 */
#ifndef WN_JOB_JOB_H
#define WN_JOB_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"
#include "base/option.h"
#include "base/problems.h"
#include "job/methods.h"
#include "runner/runner.h"
#include "sched/sched.h"
#include "search/search.h"
#include "space/space.h"
#include "study/study.h"

enum wn_on_stop { WN_ON_STOP_DRAIN = 0, WN_ON_STOP_KILL = 1 };

struct wn_job {
    const char *name;
    char *job_dir; /* absolute folder of the job file */
    char *
        text; /* canonical JSON: defaults filled in, keys in table order, {job_dir} replaced */
    struct wn_json *root; /* the canonical tree */
    struct wn_space *space;
    const char *metric;
    bool is_maximised;
    const char *resource;           /* name, default "epoch" */
    const char *resource_parameter; /* or NULL */
    struct wn_resource_rule resource_rule;
    int64_t max_resource;           /* INT64_MAX when left out */
    const struct wn_method *method; /* as named; NULL: none, or a canonical text */
    const struct wn_runner_ops *runner;
    struct wn_values *trial;
    const struct wn_sched_ops *sched;
    struct wn_values *sched_options;
    const struct wn_search_ops *search;
    struct wn_values *search_options;
    struct wn_values *stop;
    union wn_cell **initial; /* n_initial configurations, midpoint rule applied */
    size_t n_initial;
    uint64_t seed;
    int64_t batch;
    enum wn_on_stop on_stop;
    int64_t max_losses;
    bool keeps_all;                 /* checkpoint.keep */
    int64_t checkpoint_every;       /* checkpoint.every */
    const struct wn_json *metadata; /* object; borrowed from root */
    /* What its runner read from files (wn_runner_ops.load): a job that was checked has it,
     * one of a canonical text after wn_job_load(). */
    void *loaded;
    bool is_lent; /* `loaded` belongs to the job that this one was made of */
};

/* From text. `sets`: n "path=value" overrides of the command line, applied before checking
 * (value: JSON, or a bare word taken as a string). `job_dir` NULL: paths are left alone.
 * On WN_EINVAL `problems` has everything that is wrong. */
enum wn_status wn_job_parse(const char *text,
                            size_t n,
                            const char *job_dir,
                            const char *const *sets,
                            size_t n_sets,
                            struct wn_problems *problems,
                            struct wn_job **out,
                            struct wn_error *err) WN_MUST_CHECK;
/* The same from a tree that a program built, which is copied. */
enum wn_status wn_job_parse_tree(const struct wn_json *tree,
                                 const char *job_dir,
                                 struct wn_problems *problems,
                                 struct wn_job **out,
                                 struct wn_error *err) WN_MUST_CHECK;
/* The same from a file, whose folder is the job's. WN_EINVAL without a problem if there is
 * no such file or it is none, WN_EIO if it cannot be read. Other ranks are given job->text. */
enum wn_status wn_job_read(const char *path,
                           const char *const *sets,
                           size_t n_sets,
                           struct wn_problems *problems,
                           struct wn_job **out,
                           struct wn_error *err) WN_MUST_CHECK;
/* The same overrides on any raw tree, for files that have jobs in them; mistakes go to
 * `problems`. */
enum wn_status wn_job_apply_sets(struct wn_json *root,
                                 const char *const *sets,
                                 size_t n_sets,
                                 struct wn_problems *problems,
                                 struct wn_error *err) WN_MUST_CHECK;
/* From the canonical text of a study's first event (or job.json of a study). What only the
 * machine can say (is the program there?) was asked when the study began and is not again. */
enum wn_status wn_job_parse_canonical(const char *text,
                                      const char *job_dir,
                                      struct wn_job **out,
                                      struct wn_error *err) WN_MUST_CHECK;
void wn_job_destroy(struct wn_job *job);

/* Read what the runner needs of files, unless it is there. Before trials in virtual time.
 * WN_EINVAL: the files do not fit the job, or do not any more. */
enum wn_status wn_job_load(struct wn_job *job, struct wn_error *err) WN_MUST_CHECK;
/* Give it up: tables are large, and of a hundred jobs one is run at a time. */
void wn_job_unload(struct wn_job *job);
/* The same job with another seed. It shares what `job` has loaded, and lives no longer. */
enum wn_status wn_job_reseed(const struct wn_job *job,
                             uint64_t seed,
                             struct wn_job **out,
                             struct wn_error *err) WN_MUST_CHECK;

/* The study this job describes; the config borrows the job. */
struct wn_study_config wn_job_study_config(const struct wn_job *job);
struct wn_study_limits wn_job_limits(const struct wn_job *job);
/* Whether its scheduler, or the one inside it, is pointless without checkpoints. */
bool wn_job_needs_checkpoints(const struct wn_job *job);
/* Fill the parts of a runner's configuration that the job knows. */
void wn_job_runner_config(const struct wn_job *job, struct wn_runner_config *out);

/* May a study of `was` be opened with `now`? Stop criteria, limits, timeouts, retries,
 * retention and metadata may differ (*is_amended); anything else is a problem that shows
 * both values at its path. */
enum wn_status wn_job_compare(const struct wn_job *was,
                              const struct wn_job *now,
                              bool *is_amended,
                              struct wn_problems *problems,
                              struct wn_error *err) WN_MUST_CHECK;
/* The same for people: a problem for everything that differs, what may differ too. */
enum wn_status wn_job_tell_differences(const struct wn_job *was,
                                       const struct wn_job *now,
                                       struct wn_problems *problems,
                                       struct wn_error *err) WN_MUST_CHECK;

/* Whether something ends its study: the scheduler, a searcher that runs out, or a stop
 * criterion that every study comes to (not `metric` and `trials_failed`). */
enum wn_status wn_job_has_end(const struct wn_job *job,
                              bool *out,
                              struct wn_error *err) WN_MUST_CHECK;

/* The JSON schema (draft 2020-12) of the job file, made of the option tables. */
enum wn_status wn_job_schema(struct wn_buf *out, struct wn_error *err) WN_MUST_CHECK;
/* What `winnow check` prints: design table, rungs, number of configurations. */
enum wn_status wn_job_describe(const struct wn_job *job,
                               struct wn_buf *out,
                               struct wn_error *err) WN_MUST_CHECK;

#endif /* WN_JOB_JOB_H */

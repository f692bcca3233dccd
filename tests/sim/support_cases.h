/* support_cases.h - what goes through the storm: every named method, and what none covers.
 *
 * A method is taken from its registry, a scheduler or an option that no method has from a
 * table (support_cases.c): to put one through the storm, add a line there. The job is the
 * same for all: the function "storm" on a float x and an int k, 9 units at most.
 */
#ifndef TESTS_SIM_SUPPORT_CASES_H
#define TESTS_SIM_SUPPORT_CASES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "job/job.h"

struct storm_case {
    const char *name; /* of the method, if it has no scheduler */
    /* Sections of the job, as JSON; NULL: the method's, or none. */
    const char *scheduler, *searcher, *initial;
    const char *stop; /* members of "stop", besides trials_started */
    unsigned times;   /* as many trials; 0: once */
    bool is_spoilt;   /* checkpoints are lost */
};

/* The table, then the methods; false: there are no more. */
bool storm_case_at(size_t index, struct storm_case *out);
/* With a slow searcher in half of the seeds, where the case has a random one, and with more
 * members than workers, where these are many and it has a population. Mistakes fail the test. */
struct wn_job *storm_case_job(const struct storm_case *self,
                              uint64_t n_trials,
                              size_t n_workers,
                              uint64_t seed);
/* Every scheduler and every searcher that is registered is part of a case. */
void storm_cases_are_all(void **state);

#endif /* TESTS_SIM_SUPPORT_CASES_H */

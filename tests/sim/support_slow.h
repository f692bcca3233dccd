/* support_slow.h - slow searchers in simulated studies.
 *
 * support_slow.c stands in for the registry of searchers: the shipped ones and "ponder"
 * (unit/test_slow.h). The shipped slow ones wait at a gate too, if there is one: when they have
 * thought, so that they do it while the study goes on.
 */
#ifndef TESTS_SIM_SUPPORT_SLOW_H
#define TESTS_SIM_SUPPORT_SLOW_H

#include "unit/test_slow.h"

#define SLOW_SET "searcher={\"type\": \"ponder\"}" /* of a job */

/* What the searchers made from now on are like. */
void slow_use(struct ponder_settings settings);

#endif /* TESTS_SIM_SUPPORT_SLOW_H */

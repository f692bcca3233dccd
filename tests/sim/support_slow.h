/* support_slow.h - the slow searcher "ponder" (unit/test_slow.h) for simulated studies.
 *
 * support_slow.c stands in for the registry of searchers: the shipped ones and this one.
 */
#ifndef TESTS_SIM_SUPPORT_SLOW_H
#define TESTS_SIM_SUPPORT_SLOW_H

#include "unit/test_slow.h"

#define SLOW_SET "searcher={\"type\": \"ponder\"}" /* of a job */

/* What the searchers made from now on are like. */
void slow_use(struct ponder_settings settings);

#endif /* TESTS_SIM_SUPPORT_SLOW_H */

/* cli/compare.h - the commands of `winnow compare`, each with a file of its own. */
#ifndef WN_CLI_COMPARE_H
#define WN_CLI_COMPARE_H

#include <argp.h>

#include "compare/filter.h"

/* argv[0] is "winnow compare NAME". */
int wn_cli_compare_run(int argc, char **argv);
int wn_cli_compare_show(int argc, char **argv);
int wn_cli_compare_join(int argc, char **argv);

/* Options that more than one has: a part of the comparison. */
enum {
    WN_CLI_KEY_METHOD = 300,
    WN_CLI_KEY_BENCHMARK,
    WN_CLI_KEY_WORKERS,
    WN_CLI_KEY_SEED
};
#define WN_CLI_FILTER_OPTIONS                                                            \
    {"method", WN_CLI_KEY_METHOD, "NAME,...", 0, "Only these methods", 0},               \
        {"benchmark", WN_CLI_KEY_BENCHMARK, "NAME,...", 0, "Only these benchmarks", 0},  \
        {"workers", WN_CLI_KEY_WORKERS, "N,...", 0, "Only these numbers of workers", 0}, \
    {                                                                                    \
        "seed", WN_CLI_KEY_SEED, "N,N-N,...", 0, "Only the runs with these numbers", 0   \
    }
/* Take one of these; false: it is another. Mistakes end the program. */
bool wn_cli_filter_option(struct wn_compare_filter *filter,
                          int key,
                          const char *arg,
                          struct argp_state *state);

#endif /* WN_CLI_COMPARE_H */

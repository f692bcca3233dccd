/* runner_internal.h - what the runners share. */
#ifndef WN_RUNNER_RUNNER_INTERNAL_H
#define WN_RUNNER_RUNNER_INTERNAL_H

#include "runner/runner.h"

extern const char *const wn_runner_names[];   /* from runners.def; ends with NULL */
extern const char *const wn_function_names[]; /* from functions.def; ends with NULL */
extern const char *const wn_trial_log_choices[];

/* The common keys of "trial". A runner's table begins with them, so that one table checks
 * the whole section; its own keys are what it shows as `options`. */
#define WN_N_TRIAL_OPTIONS 7
#define WN_TRIAL_OPTIONS                                                                 \
    {.name = "runner",                                                                   \
     .type = WN_OPTION_CHOICE,                                                           \
     .choices = wn_runner_names,                                                         \
     .def = "\"process\"",                                                               \
     .help = "How a trial is run"},                                                      \
        {.name = "timeout",                                                              \
         .type = WN_OPTION_DURATION,                                                     \
         .low = 0.001,                                                                   \
         .high = 3e9,                                                                    \
         .help = "Longest time one start of a trial may run; it then fails; default "    \
                 "without limit"},                                                       \
        {.name = "report_timeout",                                                       \
         .type = WN_OPTION_DURATION,                                                     \
         .low = 0.001,                                                                   \
         .high = 3e9,                                                                    \
         .help = "Longest time between two reports (or the start and the first); the "   \
                 "trial then fails; default without limit"},                             \
        {.name = "retries",                                                              \
         .type = WN_OPTION_INT,                                                          \
         .low = 0,                                                                       \
         .high = 1000,                                                                   \
         .def = "2",                                                                     \
         .help = "How often a failed trial is started again, from its last checkpoint"}, \
        {.name = "grace",                                                                \
         .type = WN_OPTION_DURATION,                                                     \
         .low = 0,                                                                       \
         .high = 86400,                                                                  \
         .def = "10",                                                                    \
         .help = "Time a program has to end after SIGTERM before it is killed"},         \
        {.name = "logs",                                                                 \
         .type = WN_OPTION_CHOICE,                                                       \
         .choices = wn_trial_log_choices,                                                \
         .def = "\"failed\"",                                                            \
         .help = "Whose output is kept in trials/ID/output.log: the first and last 64 "  \
                 "KiB of failed trials, or of all"},                                     \
    {                                                                                    \
        .name = "cores", .type = WN_OPTION_INT, .low = 1, .high = 65536, .def = "1",     \
        .help = "Whole cores each trial gets"                                            \
    }

#endif /* WN_RUNNER_RUNNER_INTERNAL_H */

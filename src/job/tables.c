/* tables.c - the keys of the job file that belong to no part. */
#include "job/job_internal.h"

static const char *const modes[] = {"min", "max", NULL};
static const char *const on_stops[] = {"drain", "kill", NULL};
static const char *const keeps[] = {"needed", "all", NULL};

const struct wn_option wn_job_options[] = {
    {.name = "name",
     .type = WN_OPTION_STRING,
     .is_required = true,
     .help = "Name of the study and, by default, of its folder: letters, digits, _ - ."},
    {.name = "trial",
     .type = WN_OPTION_ANY,
     .is_required = true,
     .help = "The program to tune: command, how it gets its configuration, limits"},
    {.name = "space",
     .type = WN_OPTION_ANY,
     .is_required = true,
     .help = "The hyperparameters and constants by name"},
    {.name = "restrict_configurations",
     .type = WN_OPTION_ANY,
     .help =
         "The only configurations that may be proposed: a list of objects with a value "
         "for every parameter, or the path of a JSON file with one"},
    {.name = "metric",
     .type = WN_OPTION_ANY,
     .is_required = true,
     .help = "What is optimised, of what the program reports"},
    {.name = "resource",
     .type = WN_OPTION_ANY,
     .help = "What a trial spends: the unit of its reports and how many make a full run"},
    {.name = "method",
     .type = WN_OPTION_CHOICE,
     .choices = wn_method_names,
     .help = "A name for a scheduler and a searcher with their options (`winnow list "
             "methods`); what the job says in these sections goes first"},
    {.name = "scheduler",
     .type = WN_OPTION_ANY,
     .help = "Which trial runs next and how far: type and its options; default asha when "
             "resource.max is given, else fifo"},
    {.name = "searcher",
     .type = WN_OPTION_ANY,
     .help = "Which configuration a new trial gets: type and its options; default "
             "random, or the one "
             "that the scheduler needs"},
    {.name = "initial",
     .type = WN_OPTION_ANY,
     .def = "[{}]",
     .help =
         "Configurations to run first; what one leaves out is the middle of its "
         "range; default one with every parameter in the middle, [] for none, which is "
         "the default of the searcher schedule; of restrict_configurations the nearest"},
    {.name = "batch",
     .type = WN_OPTION_INT,
     .low = 0,
     .high = 1e6,
     .def = "0",
     .help = "Start new trials only in whole batches of this many; 0: whenever there is "
             "room"},
    {.name = "stop",
     .type = WN_OPTION_ANY,
     .help = "When the study ends: the first criterion that holds"},
    {.name = "on_stop",
     .type = WN_OPTION_CHOICE,
     .choices = on_stops,
     .def = "\"drain\"",
     .help = "What becomes of running trials at the stop: drain lets each go on to its "
             "next report, kill ends them at once"},
    {.name = "max_losses",
     .type = WN_OPTION_INT,
     .low = 1,
     .high = 1e6,
     .def = "5",
     .help = "How many workers in a row may be lost under a trial that makes no progress "
             "before the losses count as its own failure"},
    {.name = "checkpoint",
     .type = WN_OPTION_ANY,
     .help = "How often checkpoints are asked for and which are kept"},
    {.name = "seed",
     .type = WN_OPTION_INT,
     .low = 0,
     .high = WN_JSON_EXACT_MOST,
     .def = "1",
     .help = "Of all random numbers: equal seeds decide alike"},
    {.name = "metadata",
     .type = WN_OPTION_ANY,
     .help = "An object of your own, kept with the results"},
    {.name = NULL},
};

const struct wn_option wn_job_metric_options[] = {
    {.name = "name",
     .type = WN_OPTION_STRING,
     .is_required = true,
     .help = "Its key in the reports of the program"},
    {.name = "mode",
     .type = WN_OPTION_CHOICE,
     .choices = modes,
     .def = "\"min\"",
     .help = "Whether smaller or larger is better"},
    {.name = NULL},
};

const struct wn_option wn_job_resource_options[] = {
    {.name = "name",
     .type = WN_OPTION_STRING,
     .def = "\"epoch\"",
     .help = "Its key in the reports of the program"},
    {.name = "max",
     .type = WN_OPTION_INT,
     .low = 1,
     .high = WN_JSON_EXACT_MOST,
     .help = "Units of a full run; may be left out with schedulers that need no maximum, "
             "such as fifo"},
    {.name = "parameter",
     .type = WN_OPTION_STRING,
     .help = "The constant of the space through which the program is told how many units "
             "to run"},
    {.name = "first",
     .type = WN_OPTION_INT,
     .low = 0,
     .high = 1,
     .def = "1",
     .help = "The value of the first unit: 0 for programs that count from 0"},
    {.name = NULL},
};

const struct wn_option wn_job_checkpoint_options[] = {
    {.name = "keep",
     .type = WN_OPTION_CHOICE,
     .choices = keeps,
     .def = "\"needed\"",
     .help = "needed deletes checkpoints that no decision can ask for again, all keeps "
             "every one"},
    {.name = "every",
     .type = WN_OPTION_INT,
     .low = 0,
     .high = WN_JSON_EXACT_MOST,
     .def = "0",
     .help = "Units between checkpoints the program is asked for; 0: at milestones only"},
    {.name = NULL},
};

const char *const wn_job_amendable[] = {
    "stop",
    "on_stop",
    "max_losses",
    "checkpoint",
    "metadata",
    "trial.timeout",
    "trial.retries",
    "trial.report_timeout",
    "trial.grace",
    "trial.logs",
    NULL,
};

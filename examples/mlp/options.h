/* options.h - the program's own flags, and the configuration that Winnow hands it.
 *
 * A flag on the command line comes first, then what the trial client holds (a study
 * with "pass": "json" gives no flags), then the default. Everything is checked here, so
 * that no other file meets an impossible value: unknown names, text where a number
 * belongs and numbers out of range are refused, as is a momentum without sgd.
 */
#ifndef MLP_OPTIONS_H
#define MLP_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "net.h"
#include "optim.h"

struct winnow_trial;

struct options {
    enum optim_kind optimizer;
    double lr, momentum, weight_decay, dropout;
    enum net_activation activation;
    int width, depth, batch;
    const char *data;
    long epochs; /* 0: as many as Winnow says, or OPTIONS_EPOCHS alone */
    long seed;
    bool is_final;       /* train on train and validation, print the test accuracy */
    const char *save;    /* folder to write a checkpoint to, or NULL */
    long save_at;        /* after this epoch; 0: after the last */
    const char *restore; /* folder of a checkpoint to go on from, or NULL */
};

#define OPTIONS_EPOCHS 27

/* False after a message on standard error. Texts are borrowed from argv and t. */
bool options_read(struct options *options,
                  int argc,
                  char **argv,
                  const struct winnow_trial *t);

bool options_want_help(int argc, char **argv);
void options_print_help(void);

#endif /* MLP_OPTIONS_H */

/* checkpoint.h - everything a training is made of, in one HDF5 file.
 *
 * DIR/checkpoint.h5 holds:
 *     /params          float32[n]   weights of every layer, then the biases
 *     /first /second   float32[n]   state of the optimizer; /second with adam only
 *     attributes of /: format 1; n_inputs, n_classes, width, depth, activation,
 *                      optimizer (the numbers of net.h and optim.h); epoch; n_steps
 *                      of the optimizer; rng, the state of the generator
 * No time stamp is stored: equal trainings write equal bytes. A resumed training goes
 * on bit for bit, as the order of examples is drawn anew from the generator each epoch.
 *
 * Loading refuses a file of another shape. The learning rate and its like may differ (a
 * scheduler may change them on the way), and so may the optimizer, which then starts
 * with a clean state.
 */
#ifndef MLP_CHECKPOINT_H
#define MLP_CHECKPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include "net.h"
#include "optim.h"

/* Both are false after a message on standard error. Load changes nothing then. */
bool checkpoint_save(const char *dir,
                     const struct net *net,
                     const struct optim *optim,
                     uint64_t rng,
                     long epoch);
bool checkpoint_load(const char *dir,
                     struct net *net,
                     struct optim *optim,
                     uint64_t *rng,
                     long *epoch);

#endif /* MLP_CHECKPOINT_H */

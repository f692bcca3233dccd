/* optim.h - how a gradient changes the parameters.
 *
 * sgd: v = momentum v + g; w -= lr v, with weight decay added to the gradient.
 * adam: Kingma and Ba, Adam: A Method for Stochastic Optimization (2015), algorithm 1
 * with its defaults, with the decoupled weight decay of Loshchilov and Hutter (2019):
 * w -= lr decay w. Biases do not decay.
 */
#ifndef MLP_OPTIM_H
#define MLP_OPTIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum optim_kind {
    OPTIM_SGD = 0,
    OPTIM_ADAM = 1,
};

struct optim {
    enum optim_kind kind;
    float lr, momentum, decay;  /* may change between steps */
    size_t n_decayed, n_params; /* the first n_decayed parameters decay */
    uint64_t n_steps;
    float *first;  /* n_params: velocity of sgd, mean gradient of adam */
    float *second; /* n_params: mean squared gradient of adam; NULL for sgd */
};

/* Allocates the state, all zero; `optim` holds all else already. False without memory. */
bool optim_create(struct optim *optim);
void optim_release(struct optim *optim);
void optim_step(struct optim *optim, float *params, const float *grads);

#endif /* MLP_OPTIM_H */

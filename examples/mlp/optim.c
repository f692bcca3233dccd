/* optim.c - the two update rules. */
#include "optim.h"

#include <math.h>
#include <stdlib.h>

/* State below this is set to zero: the mean gradient of a unit that died would
 * otherwise shrink into denormal numbers, which are ten times slower. */
#define TINY 1e-30f

bool optim_create(struct optim *optim)
{
    optim->first = calloc(optim->n_params, sizeof(float));
    optim->second = NULL;
    if (optim->kind == OPTIM_ADAM)
        optim->second = calloc(optim->n_params, sizeof(float));
    return optim->first && (optim->second || optim->kind == OPTIM_SGD);
}

void optim_release(struct optim *optim)
{
    free(optim->first);
    free(optim->second);
    optim->first = optim->second = NULL;
}

static float settle(float value)
{
    return fabsf(value) < TINY ? 0 : value;
}

static void sgd_step(const struct optim *optim,
                     float *restrict params,
                     const float *restrict grads,
                     size_t from,
                     size_t to,
                     float decay)
{
    float *restrict velocity = optim->first;
    float lr = optim->lr, momentum = optim->momentum;

    for (size_t i = from; i < to; i++) {
        velocity[i] = settle(momentum * velocity[i] + grads[i] + decay * params[i]);
        params[i] -= lr * velocity[i];
    }
}

static void adam_step(const struct optim *optim,
                      float *restrict params,
                      const float *restrict grads,
                      size_t from,
                      size_t to,
                      float decay)
{
    const float beta1 = 0.9f, beta2 = 0.999f, epsilon = 1e-8f;
    float *restrict first = optim->first, *restrict second = optim->second;
    double steps = (double)optim->n_steps;
    float scale1 = (float)(1 / (1 - pow(0.9, steps)));
    float scale2 = (float)(1 / (1 - pow(0.999, steps)));
    float lr = optim->lr, shrink = 1 - optim->lr * decay;

    for (size_t i = from; i < to; i++) {
        float g = grads[i];

        first[i] = settle(beta1 * first[i] + (1 - beta1) * g);
        second[i] = settle(beta2 * second[i] + (1 - beta2) * (g * g));
        params[i] = shrink * params[i] -
                    lr * (first[i] * scale1) / (sqrtf(second[i] * scale2) + epsilon);
    }
}

void optim_step(struct optim *optim, float *params, const float *grads)
{
    optim->n_steps++;
    switch (optim->kind) {
    case OPTIM_SGD:
        sgd_step(optim, params, grads, 0, optim->n_decayed, optim->decay);
        sgd_step(optim, params, grads, optim->n_decayed, optim->n_params, 0);
        break;
    case OPTIM_ADAM:
        adam_step(optim, params, grads, 0, optim->n_decayed, optim->decay);
        adam_step(optim, params, grads, optim->n_decayed, optim->n_params, 0);
        break;
    }
}

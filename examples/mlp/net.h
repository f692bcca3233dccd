/* net.h - a multilayer perceptron: forward, back-propagation, scores.
 *
 * `depth` hidden layers of `width` units, then a softmax over the classes with the
 * cross-entropy as its loss; single precision, matrices by rows, products by cblas on one
 * thread. All parameters lie in one array, first the weights of every layer and then
 * the biases, so that an optimizer is one loop and weight decay knows where to end.
 * The order of all sums is fixed: equal parameters, rows and generator state give equal
 * bits on the same processor and BLAS.
 *
 * Not-a-number is passed through, never repaired: a training that diverged shows it.
 */
#ifndef MLP_NET_H
#define MLP_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NET_DEPTH_MAX 3

enum net_activation {
    NET_RELU = 0,
    NET_TANH = 1,
    NET_LOGISTIC = 2,
};

struct net_shape {
    int n_inputs, n_classes;
    int width, depth; /* depth 1..NET_DEPTH_MAX */
    enum net_activation activation;
};

struct net {
    struct net_shape shape;
    int n_layers;                /* hidden ones and the last */
    int size[NET_DEPTH_MAX + 2]; /* size[0] inputs; size[i + 1] units of layer i */
    size_t weight_at[NET_DEPTH_MAX + 1], bias_at[NET_DEPTH_MAX + 1];
    size_t n_weights, n_params;
    float *params, *grads;           /* n_params each */
    int max_rows;                    /* of one call */
    float *out[NET_DEPTH_MAX + 1];   /* what each layer gives; the last: probabilities */
    float *slope[NET_DEPTH_MAX + 1]; /* d out / d in of hidden layers, dropout included */
    float *delta[2];                 /* d loss / d in of a layer and of the one below */
};

struct net_score {
    double accuracy; /* not-a-number when the loss is */
    double loss;     /* mean cross-entropy in nats */
};

/* False without memory. net_release() takes a half-built one too. */
bool net_create(struct net *net, const struct net_shape *shape, int max_batch);
void net_release(struct net *net);

/* Uniform weights (He for relu, Glorot otherwise), zero biases. */
void net_draw(struct net *net, uint64_t *rng);

/* Mean gradient of `rows` examples into net->grads; returns the sum of their losses.
 * With dropout each hidden unit is silenced with that probability and the others are
 * scaled up, so that nothing changes when scoring. rows is at most max_batch. */
double net_gradient(struct net *net,
                    const float *x,
                    const uint8_t *label,
                    int rows,
                    float dropout,
                    uint64_t *rng);

/* Score any number of rows. */
struct net_score net_score(struct net *net,
                           const float *x,
                           const uint8_t *label,
                           int rows);

#endif /* MLP_NET_H */

/* net.c - the perceptron; net.h says what is kept where. */
#include "net.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <cblas.h>

#include "rng.h"

#define TINY 1e-20f

enum { SCORE_ROWS = 128, ALIGN_BYTES = 64 };

static float *floats(size_t n)
{
    size_t bytes = (n * sizeof(float) + ALIGN_BYTES - 1) / ALIGN_BYTES * ALIGN_BYTES;
    float *memory = aligned_alloc(ALIGN_BYTES, bytes);

    if (memory)
        memset(memory, 0, bytes);
    return memory;
}

static void net_lay_out(struct net *net, const struct net_shape *shape)
{
    size_t at = 0;

    net->shape = *shape;
    net->n_layers = shape->depth + 1;
    net->size[0] = shape->n_inputs;
    for (int i = 0; i < shape->depth; i++)
        net->size[i + 1] = shape->width;
    net->size[net->n_layers] = shape->n_classes;
    for (int i = 0; i < net->n_layers; i++) {
        net->weight_at[i] = at;
        at += (size_t)net->size[i] * (size_t)net->size[i + 1];
    }
    net->n_weights = at;
    for (int i = 0; i < net->n_layers; i++) {
        net->bias_at[i] = at;
        at += (size_t)net->size[i + 1];
    }
    net->n_params = at;
}

bool net_create(struct net *net, const struct net_shape *shape, int max_batch)
{
    bool ok = true;
    size_t widest;

    *net = (struct net){0};
    net_lay_out(net, shape);
    net->max_rows = max_batch > SCORE_ROWS ? max_batch : SCORE_ROWS;
    ok = (net->params = floats(net->n_params)) && (net->grads = floats(net->n_params));
    for (int i = 0; ok && i < net->n_layers; i++) {
        size_t n = (size_t)net->max_rows * (size_t)net->size[i + 1];

        ok = (net->out[i] = floats(n)) && (net->slope[i] = floats(n));
    }
    widest = (size_t)(shape->width > shape->n_classes ? shape->width : shape->n_classes);
    for (int i = 0; ok && i < 2; i++)
        ok = (net->delta[i] = floats((size_t)net->max_rows * widest)) != NULL;
    return ok;
}

void net_release(struct net *net)
{
    free(net->params);
    free(net->grads);
    for (int i = 0; i <= NET_DEPTH_MAX; i++) {
        free(net->out[i]);
        free(net->slope[i]);
    }
    free(net->delta[0]);
    free(net->delta[1]);
    *net = (struct net){0};
}

void net_draw(struct net *net, uint64_t *rng)
{
    for (int i = 0; i < net->n_layers; i++) {
        bool is_he = net->shape.activation == NET_RELU && i + 1 < net->n_layers;
        int fan = is_he ? net->size[i] : net->size[i] + net->size[i + 1];
        float bound = sqrtf(6.0f / (float)fan);
        size_t n = (size_t)net->size[i] * (size_t)net->size[i + 1];

        for (size_t k = 0; k < n; k++)
            net->params[net->weight_at[i] + k] = bound * (2 * rng_unit(rng) - 1);
        memset(net->params + net->bias_at[i], 0,
               (size_t)net->size[i + 1] * sizeof(float));
    }
}

/* Values too small for a sum in single precision to notice become zero: products of
 * denormal numbers are a hundred times slower, and saturated units are full of them. */
static float settle(float value)
{
    return fabsf(value) < TINY ? 0 : value;
}

/* In place: what goes into the units becomes what comes out; slope is d out / d in. */
static void activate(enum net_activation activation, float *out, float *slope, size_t n)
{
    switch (activation) {
    case NET_RELU:
        for (size_t i = 0; i < n; i++) {
            slope[i] = out[i] < 0 ? 0 : 1; /* so written that not-a-number stays */
            out[i] = out[i] < 0 ? 0 : out[i];
        }
        break;
    case NET_TANH:
        for (size_t i = 0; i < n; i++) {
            out[i] = 1 - 2 / (1 + expf(2 * out[i])); /* four times faster than tanhf */
            slope[i] = 1 - out[i] * out[i];
        }
        break;
    case NET_LOGISTIC:
        for (size_t i = 0; i < n; i++) {
            out[i] = settle(1 / (1 + expf(-out[i])));
            slope[i] = out[i] * (1 - out[i]);
        }
        break;
    }
}

static void drop(float *out, float *slope, size_t n, float dropout, uint64_t *rng)
{
    float keep = 1 / (1 - dropout);

    for (size_t i = 0; i < n; i++) {
        float factor = keep * (float)(rng_unit(rng) >= dropout); /* a jump costs more */

        out[i] *= factor;
        slope[i] *= factor;
    }
}

/* Up to the sums that go into the softmax. */
static void forward(struct net *net,
                    const float *x,
                    int rows,
                    float dropout,
                    uint64_t *rng)
{
    const float *in = x;

    for (int i = 0; i < net->n_layers; i++) {
        int n_in = net->size[i], n_out = net->size[i + 1];
        const float *bias = net->params + net->bias_at[i];
        size_t n = (size_t)rows * (size_t)n_out;

        for (int r = 0; r < rows; r++)
            memcpy(net->out[i] + (size_t)r * (size_t)n_out, bias,
                   (size_t)n_out * sizeof *bias);
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, rows, n_out, n_in, 1, in,
                    n_in, net->params + net->weight_at[i], n_out, 1, net->out[i], n_out);
        if (i + 1 < net->n_layers) {
            activate(net->shape.activation, net->out[i], net->slope[i], n);
            if (dropout > 0)
                drop(net->out[i], net->slope[i], n, dropout, rng);
        }
        in = net->out[i];
    }
}

/* Turn one row of sums into probabilities; returns -log of the label's. */
static float softmax(float *row, int n, int label)
{
    float top = row[0], sum = 0, own;

    for (int i = 1; i < n; i++)
        top = row[i] > top ? row[i] : top;
    own = row[label];
    for (int i = 0; i < n; i++) {
        row[i] = settle(expf(row[i] - top));
        sum += row[i];
    }
    for (int i = 0; i < n; i++)
        row[i] /= sum;
    return logf(sum) + top - own;
}

/* Gradients of layer i from delta, its d loss / d in, and the rows that came into it. */
static void layer_gradient(struct net *net,
                           int i,
                           const float *in,
                           const float *delta,
                           int rows)
{
    int n_in = net->size[i], n_out = net->size[i + 1];
    float *bias = net->grads + net->bias_at[i];

    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, n_in, n_out, rows, 1, in, n_in,
                delta, n_out, 0, net->grads + net->weight_at[i], n_out);
    memset(bias, 0, (size_t)n_out * sizeof *bias);
    for (int r = 0; r < rows; r++)
        for (int k = 0; k < n_out; k++)
            bias[k] += delta[(size_t)r * (size_t)n_out + (size_t)k];
}

static void backward(struct net *net, const float *x, int rows)
{
    int last = net->n_layers - 1;
    float *delta = net->delta[0], *below = net->delta[1];

    for (int i = last; i >= 0; i--) {
        int n_in = net->size[i], n_out = net->size[i + 1];
        float *done = delta;

        layer_gradient(net, i, i ? net->out[i - 1] : x, delta, rows);
        if (!i)
            break;
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, rows, n_in, n_out, 1, delta,
                    n_out, net->params + net->weight_at[i], n_out, 0, below, n_in);
        for (size_t k = 0; k < (size_t)rows * (size_t)n_in; k++)
            below[k] = settle(below[k] * net->slope[i - 1][k]);
        delta = below;
        below = done;
    }
}

double net_gradient(struct net *net,
                    const float *x,
                    const uint8_t *label,
                    int rows,
                    float dropout,
                    uint64_t *rng)
{
    int last = net->n_layers - 1, n = net->shape.n_classes;
    float scale = 1 / (float)rows;
    double loss = 0;

    forward(net, x, rows, dropout, rng);
    for (int r = 0; r < rows; r++) {
        float *row = net->out[last] + (size_t)r * (size_t)n;
        float *delta = net->delta[0] + (size_t)r * (size_t)n;

        loss += (double)softmax(row, n, label[r]);
        for (int k = 0; k < n; k++)
            delta[k] = scale * (row[k] - (k == label[r] ? 1.0f : 0.0f));
    }
    backward(net, x, rows);
    return loss;
}

struct net_score net_score(struct net *net,
                           const float *x,
                           const uint8_t *label,
                           int rows)
{
    int last = net->n_layers - 1, n = net->shape.n_classes, n_right = 0;
    struct net_score score = {0};
    uint64_t unused = 0; /* nothing is drawn without dropout */

    for (int first = 0; first < rows; first += SCORE_ROWS) {
        int count = rows - first < SCORE_ROWS ? rows - first : SCORE_ROWS;

        forward(net, x + (size_t)first * (size_t)net->shape.n_inputs, count, 0, &unused);
        for (int r = 0; r < count; r++) {
            float *row = net->out[last] + (size_t)r * (size_t)n;
            int best = 0;

            score.loss += (double)softmax(row, n, label[first + r]);
            for (int k = 1; k < n; k++)
                best = row[k] > row[best] ? k : best;
            n_right += best == label[first + r];
        }
    }
    score.loss /= rows;
    score.accuracy = isnan(score.loss) ? (double)NAN : (double)n_right / rows;
    return score;
}

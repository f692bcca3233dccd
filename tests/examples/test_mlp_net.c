/* test_mlp_net.c - back-propagation against finite differences, scores, optimizers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "net.h"
#include "optim.h"
#include "rng.h"

enum { ROWS = 7, INPUTS = 5, CLASSES = 4 };

static void draw_batch(float *x, uint8_t *label)
{
    uint64_t rng = 42;

    for (int i = 0; i < ROWS * INPUTS; i++)
        x[i] = rng_unit(&rng);
    for (int i = 0; i < ROWS; i++)
        label[i] = (uint8_t)(rng_next(&rng) % CLASSES);
}

/* With the same generator state dropout silences the same units: so the loss is a
 * smooth function of the parameters with dropout too. */
static double loss_at(struct net *net,
                      size_t param,
                      float value,
                      const float *x,
                      const uint8_t *label,
                      float dropout)
{
    uint64_t rng = 7;
    float old = net->params[param];
    double loss;

    net->params[param] = value;
    loss = net_gradient(net, x, label, ROWS, dropout, &rng) / ROWS;
    net->params[param] = old;
    return loss;
}

/* A relu's bend may lie within the step on one side: the other side tells the slope. */
static void check_slope(struct net *net,
                        size_t param,
                        float gradient,
                        const float *x,
                        const uint8_t *label,
                        float dropout)
{
    const float step = 1e-3f;
    float value = net->params[param];
    double here = loss_at(net, param, value, x, label, dropout), slope[2];

    for (int side = 0; side < 2; side++) {
        float moved = side ? value + step : value - step;
        double there = loss_at(net, param, moved, x, label, dropout);

        slope[side] = (there - here) / ((double)moved - (double)value);
        if (fabs(slope[side] - (double)gradient) < 2e-3 + 0.01 * fabs(slope[side]))
            return;
    }
    fail_msg(
        "activation %d depth %d dropout %g: parameter %zu has gradient %g, differences "
        "say %g and %g",
        (int)net->shape.activation, net->shape.depth, (double)dropout, param,
        (double)gradient, slope[0], slope[1]);
}

static void check_gradient(enum net_activation activation, int depth, float dropout)
{
    struct net_shape shape = {INPUTS, CLASSES, 6, depth, activation};
    float x[ROWS * INPUTS], grads[512];
    uint8_t label[ROWS];
    uint64_t rng = 3;
    struct net net;

    assert_true(net_create(&net, &shape, ROWS));
    assert_in_range(net.n_params, 1, 512);
    net_draw(&net, &rng);
    for (size_t i = net.n_weights; i < net.n_params; i++)
        net.params[i] = 0.2f * rng_unit(&rng); /* zero biases would hide an error */
    draw_batch(x, label);
    rng = 7;
    net_gradient(&net, x, label, ROWS, dropout, &rng);
    memcpy(grads, net.grads, net.n_params * sizeof *grads);
    for (size_t i = 0; i < net.n_params; i++)
        check_slope(&net, i, grads[i], x, label, dropout);
    net_release(&net);
}

static void gradient_equals_finite_differences(void **state)
{
    (void)state;
    for (int activation = NET_RELU; activation <= NET_LOGISTIC; activation++)
        for (int depth = 1; depth <= NET_DEPTH_MAX; depth++) {
            check_gradient((enum net_activation)activation, depth, 0);
            check_gradient((enum net_activation)activation, depth, 0.4f);
        }
}

/* 300 rows are scored in several blocks, which must not show. */
static void score_does_not_depend_on_blocks(void **state)
{
    enum { MANY = 300 };
    struct net_shape shape = {INPUTS, CLASSES, 6, 2, NET_TANH};
    static float x[MANY * INPUTS];
    static uint8_t label[MANY];
    uint64_t rng = 5;
    struct net net;
    struct net_score all;
    double loss = 0, right = 0;

    (void)state;
    for (int i = 0; i < MANY * INPUTS; i++)
        x[i] = rng_unit(&rng);
    for (int i = 0; i < MANY; i++)
        label[i] = (uint8_t)(rng_next(&rng) % CLASSES);
    assert_true(net_create(&net, &shape, 16));
    net_draw(&net, &rng);
    all = net_score(&net, x, label, MANY);
    for (int i = 0; i < MANY; i++) {
        struct net_score one = net_score(&net, x + (size_t)i * INPUTS, label + i, 1);

        loss += one.loss;
        right += one.accuracy;
    }
    assert_float_equal(all.loss, loss / MANY, 1e-5);
    assert_float_equal(all.accuracy, right / MANY, 0.01);
    net_release(&net);
}

static void not_a_number_is_shown(void **state)
{
    (void)state;
    for (int activation = NET_RELU; activation <= NET_LOGISTIC; activation++) {
        struct net_shape shape = {INPUTS, CLASSES, 6, 2, (enum net_activation)activation};
        float x[ROWS * INPUTS];
        uint8_t label[ROWS];
        uint64_t rng = 1;
        struct net net;
        struct net_score score;

        assert_true(net_create(&net, &shape, ROWS));
        net_draw(&net, &rng);
        net.params[0] = NAN; /* far from the last layer */
        draw_batch(x, label);
        score = net_score(&net, x, label, ROWS);
        assert_true(isnan(score.loss));
        assert_true(isnan(score.accuracy));
        net_release(&net);
    }
}

/* Two steps of each rule by hand, in double precision. */
static void optimizers_step_as_their_papers_say(void **state)
{
    const double lr = 0.1, momentum = 0.9, decay = 0.01, g[2] = {0.5, -0.25};
    double w = 1, v = 0, wa = 1, m = 0, s = 0;
    struct optim sgd = {OPTIM_SGD, 0.1f, 0.9f, 0.01f, 1, 2, 0, NULL, NULL};
    struct optim adam = {OPTIM_ADAM, 0.1f, 0, 0.01f, 1, 2, 0, NULL, NULL};
    float by_sgd[2] = {1, 1}, by_adam[2] = {1, 1};

    (void)state;
    assert_true(optim_create(&sgd) && optim_create(&adam));
    for (int t = 1; t <= 2; t++) {
        float grads[2] = {(float)g[t - 1], 0};

        v = momentum * v + g[t - 1] + decay * w;
        w -= lr * v;
        m = 0.9 * m + 0.1 * g[t - 1];
        s = 0.999 * s + 0.001 * g[t - 1] * g[t - 1];
        wa = wa - lr * decay * wa -
             lr * (m / (1 - pow(0.9, t))) / (sqrt(s / (1 - pow(0.999, t))) + 1e-8);
        optim_step(&sgd, by_sgd, grads);
        optim_step(&adam, by_adam, grads);
    }
    assert_float_equal((double)by_sgd[0], w, 1e-6);
    assert_float_equal((double)by_adam[0], wa, 1e-5);
    /* The second one is a bias without a gradient: nothing moves it, decay included. */
    assert_float_equal(by_sgd[1], 1, 0);
    assert_float_equal(by_adam[1], 1, 0);
    optim_release(&sgd);
    optim_release(&adam);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradient_equals_finite_differences),
        cmocka_unit_test(score_does_not_depend_on_blocks),
        cmocka_unit_test(not_a_number_is_shown),
        cmocka_unit_test(optimizers_step_as_their_papers_say),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

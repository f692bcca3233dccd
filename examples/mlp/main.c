/* main.c - train a multilayer perceptron on handwritten digits, with or without Winnow.
 *
 * What Winnow asks of a training program is in session_run(): go on from the checkpoint
 * it names, commit one when it is due, report after every epoch, end when told. All
 * else is a training as it would be anyway.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cblas.h>
#include <winnow/trial.h>

#include "checkpoint.h"
#include "data.h"
#include "net.h"
#include "optim.h"
#include "options.h"
#include "rng.h"

struct session {
    struct options options;
    struct winnow_trial *trial;
    struct data data;
    struct net net;
    struct optim optim;
    uint64_t rng; /* the one generator: weights, order of examples, dropout */
    int n_rows;   /* to train on: the first ones of the data */
    int *order;   /* n_rows */
    float *x;     /* one batch, gathered */
    uint8_t *label;
    long full;       /* epochs of a full training */
    long last_epoch; /* to train now: less when a study names its milestones by a flag */
};

static bool session_open(struct session *s)
{
    const struct options *o = &s->options;
    struct net_shape shape = {DATA_PIXELS, DATA_CLASSES, o->width, o->depth,
                              o->activation};

    if (!data_read(&s->data, o->data))
        return false;
    s->n_rows = s->data.n_train + (o->is_final ? s->data.n_validation : 0);
    s->full = winnow_max_resource(s->trial, o->epochs ? o->epochs : OPTIONS_EPOCHS);
    s->last_epoch = o->epochs && o->epochs < s->full ? o->epochs : s->full;
    s->order = malloc((size_t)s->n_rows * sizeof *s->order);
    s->x = malloc((size_t)o->batch * DATA_PIXELS * sizeof *s->x);
    s->label = malloc((size_t)o->batch);
    if (!net_create(&s->net, &shape, o->batch) || !s->order || !s->x || !s->label) {
        fprintf(stderr, "mlp: no memory for the network\n");
        return false;
    }
    s->optim = (struct optim){
        .kind = o->optimizer,
        .lr = (float)o->lr,
        .momentum = (float)o->momentum,
        .decay = (float)o->weight_decay,
        .n_decayed = s->net.n_weights,
        .n_params = s->net.n_params,
    };
    if (!optim_create(&s->optim)) {
        fprintf(stderr, "mlp: no memory for the optimizer\n");
        return false;
    }
    s->rng = (uint64_t)o->seed;
    net_draw(&s->net, &s->rng);
    return true;
}

static void session_close(struct session *s)
{
    optim_release(&s->optim);
    net_release(&s->net);
    data_release(&s->data);
    free(s->order);
    free(s->x);
    free(s->label);
}

/* One pass over the training rows in a new order; returns their mean loss on the way.
 * The learning rate falls in a straight line from --lr in the first epoch to --lr / n in
 * the last of n: so a pause changes nothing, but the length of a full training does. */
static double session_train_epoch(struct session *s, long epoch)
{
    double share = (double)(s->full - epoch + 1) / (double)s->full;
    double loss = 0;

    s->optim.lr = (float)(s->options.lr * share);
    for (int i = 0; i < s->n_rows; i++)
        s->order[i] = i;
    rng_shuffle(&s->rng, s->order, s->n_rows);
    for (int first = 0; first < s->n_rows; first += s->options.batch) {
        int left = s->n_rows - first;
        int rows = left < s->options.batch ? left : s->options.batch;

        for (int r = 0; r < rows; r++) {
            size_t row = (size_t)s->order[first + r];

            memcpy(s->x + (size_t)r * DATA_PIXELS, s->data.x + row * DATA_PIXELS,
                   DATA_PIXELS * sizeof *s->x);
            s->label[r] = s->data.label[row];
        }
        loss += net_gradient(&s->net, s->x, s->label, rows, (float)s->options.dropout,
                             &s->rng);
        optim_step(&s->optim, s->net.params, s->net.grads);
    }
    return loss / s->n_rows;
}

static struct net_score session_score(struct session *s, int first, int rows)
{
    return net_score(&s->net, s->data.x + (size_t)first * DATA_PIXELS,
                     s->data.label + first, rows);
}

/* Winnow's checkpoint when it is due, and the user's own of --save. A checkpoint that
 * Winnow misses costs a repetition later, so that training goes on all the same. */
static bool session_save(struct session *s, long epoch)
{
    const struct options *o = &s->options;

    if (winnow_checkpoint_due(s->trial, epoch)) {
        const char *dir = winnow_checkpoint_begin(s->trial);

        if (dir && checkpoint_save(dir, &s->net, &s->optim, s->rng, epoch))
            (void)winnow_checkpoint_commit(s->trial);
    }
    if (!o->save || epoch != (o->save_at ? o->save_at : s->last_epoch))
        return true;
    if (mkdir(o->save, 0777) < 0 && errno != EEXIST) {
        fprintf(stderr, "mlp: cannot make the folder %s: %s\n", o->save, strerror(errno));
        return false;
    }
    return checkpoint_save(o->save, &s->net, &s->optim, s->rng, epoch);
}

static bool session_run(struct session *s)
{
    const char *restore = winnow_restore(s->trial);
    long epoch = 0;

    if (!restore)
        restore = s->options.restore;
    if (restore && !checkpoint_load(restore, &s->net, &s->optim, &s->rng, &epoch))
        return false;
    while (epoch++ < s->last_epoch) {
        struct net_score score;

        session_train_epoch(s, epoch);
        score = session_score(s, s->data.n_train, s->data.n_validation);
        if (!session_save(s, epoch))
            return false;
        winnow_metric(s->trial, "accuracy", score.accuracy);
        winnow_metric(s->trial, "loss", score.loss);
        if (winnow_report(s->trial, epoch) != WINNOW_CONTINUE)
            break;
    }
    return true;
}

/* The closing training: no data is left to validate on, so nothing is reported. */
static void session_run_final(struct session *s)
{
    const struct data *d = &s->data;

    for (long epoch = 1; epoch <= s->last_epoch; epoch++)
        printf("epoch %ld training loss %.6g\n", epoch, session_train_epoch(s, epoch));
    printf("test accuracy %.4f\n",
           session_score(s, d->n_train + d->n_validation, d->n_test).accuracy);
}

static int session_main(struct session *s, int argc, char **argv)
{
    if (!options_read(&s->options, argc, argv, s->trial))
        return 2;
    if (!session_open(s))
        return EXIT_FAILURE;
    if (!s->options.is_final)
        return session_run(s) ? EXIT_SUCCESS : EXIT_FAILURE;
    session_run_final(s);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    struct session s = {0};
    int rc;

    if (options_want_help(argc, argv)) {
        options_print_help();
        return EXIT_SUCCESS;
    }
    openblas_set_num_threads(1); /* one trial, one core; and sums in one order */
    s.trial = winnow_begin(argc, argv);
    if (!s.trial) {
        fprintf(stderr, "mlp: no memory\n");
        return EXIT_FAILURE;
    }
    rc = session_main(&s, argc, argv);
    session_close(&s);
    winnow_end(s.trial);
    return rc;
}

/* options.c - one table says what every flag is; reading and help walk it. */
#include "options.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <winnow/trial.h>

enum kind { REAL, INT, LONG, CHOICE, BOOL, TEXT };

struct flag {
    const char *name;
    enum kind kind;
    size_t at;                  /* in struct options */
    double low, high;           /* of numbers, both included */
    const char *const *choices; /* of CHOICE, up to NULL; the index is the value */
    const char *help;
};

static const char *const optimizers[] = {"sgd", "adam", NULL};
static const char *const activations[] = {"relu", "tanh", "logistic", NULL};

#define AT(member) offsetof(struct options, member)

static const struct flag flags[] = {
    {"optimizer", CHOICE, AT(optimizer), 0, 0, optimizers, "default adam"},
    {"lr", REAL, AT(lr), 1e-12, 1e9, NULL,
     "learning rate of the first epoch, default 0.003"},
    {"momentum", REAL, AT(momentum), 0, 0.9999, NULL, "of sgd only, default 0"},
    {"weight_decay", REAL, AT(weight_decay), 0, 1e3, NULL, "default 0"},
    {"activation", CHOICE, AT(activation), 0, 0, activations, "default relu"},
    {"width", INT, AT(width), 1, 8192, NULL, "units of a hidden layer, default 64"},
    {"depth", INT, AT(depth), 1, NET_DEPTH_MAX, NULL, "hidden layers, default 1"},
    {"batch", INT, AT(batch), 1, 4096, NULL, "examples a step, default 32"},
    {"dropout", REAL, AT(dropout), 0, 0.95, NULL, "of hidden units, default 0"},
    {"data", TEXT, AT(data), 0, 0, NULL, "file, default " MLP_DATA},
    {"epochs", LONG, AT(epochs), 1, 1e6, NULL, "default 27, or what Winnow says"},
    {"seed", LONG, AT(seed), 0, 9007199254740992.0, NULL, "default 1"},
    {"final", BOOL, AT(is_final), 0, 0, NULL,
     "1: train on train and validation data, print the test accuracy"},
    {"save", TEXT, AT(save), 0, 0, NULL, "folder to write a checkpoint to"},
    {"save-at", LONG, AT(save_at), 1, 1e6, NULL, "after which epoch, default the last"},
    {"restore", TEXT, AT(restore), 0, 0, NULL, "folder of a checkpoint to go on from"},
};

enum { N_FLAGS = sizeof flags / sizeof *flags };

static const struct flag *flag_find(const char *name)
{
    for (int i = 0; i < N_FLAGS; i++)
        if (strcmp(flags[i].name, name) == 0)
            return &flags[i];
    return NULL;
}

static bool number_store(const struct flag *flag,
                         double value,
                         const char *text,
                         char *base)
{
    bool is_whole = flag->kind != REAL;

    if (!(value >= flag->low && value <= flag->high) ||
        (is_whole && value != rint(value))) {
        fprintf(stderr, "mlp: --%s must be a %snumber from %.10g to %.10g, not '%s'\n",
                flag->name, is_whole ? "whole " : "", flag->low, flag->high, text);
        return false;
    }
    if (flag->kind == REAL)
        memcpy(base + flag->at, &value, sizeof value);
    else if (flag->kind == INT)
        memcpy(base + flag->at, &(int){(int)value}, sizeof(int));
    else
        memcpy(base + flag->at, &(long){(long)value}, sizeof(long));
    return true;
}

static bool choice_store(const struct flag *flag, const char *text, char *base)
{
    _Static_assert(sizeof(enum optim_kind) == sizeof(int), "stored as int");
    _Static_assert(sizeof(enum net_activation) == sizeof(int), "stored as int");
    for (int i = 0; flag->choices[i]; i++) {
        if (strcmp(flag->choices[i], text) == 0) {
            memcpy(base + flag->at, &i, sizeof i);
            return true;
        }
    }
    fprintf(stderr, "mlp: --%s must be", flag->name);
    for (int i = 0; flag->choices[i]; i++)
        fprintf(stderr, "%s %s", i ? " or" : "", flag->choices[i]);
    fprintf(stderr, ", not '%s'\n", text);
    return false;
}

static bool bool_store(const struct flag *flag, const char *text, char *base)
{
    bool yes = strcmp(text, "1") == 0 || strcmp(text, "true") == 0;

    if (!yes && strcmp(text, "0") != 0 && strcmp(text, "false") != 0) {
        fprintf(stderr, "mlp: --%s must be 0 or 1, not '%s'\n", flag->name, text);
        return false;
    }
    memcpy(base + flag->at, &yes, sizeof yes);
    return true;
}

static bool text_store(const struct flag *flag, const char *text, struct options *options)
{
    char *base = (char *)options;

    switch (flag->kind) {
    case REAL:
    case INT:
    case LONG: {
        char *end;
        double value = strtod(text, &end);

        if (end == text || *end)
            value = (double)NAN;
        return number_store(flag, value, text, base);
    }
    case CHOICE: return choice_store(flag, text, base);
    case BOOL: return bool_store(flag, text, base);
    case TEXT: memcpy(base + flag->at, &text, sizeof text); return true;
    }
    return false;
}

/* Values that come from Winnow and not as flags. What is of another type than its flag
 * gives the fallback, which no range allows. */
static bool managed_store(const struct winnow_trial *t, struct options *options)
{
    for (int i = 0; i < N_FLAGS; i++) {
        const struct flag *flag = &flags[i];
        bool ok = true;

        if (!winnow_has(t, flag->name))
            continue;
        switch (flag->kind) {
        case REAL:
        case INT:
        case LONG: {
            double value = winnow_double(t, flag->name, (double)NAN);

            ok = number_store(flag, value, winnow_string(t, flag->name, "that"),
                              (char *)options);
            break;
        }
        case BOOL: options->is_final = winnow_bool(t, flag->name, false); break;
        case CHOICE:
        case TEXT:
            ok = text_store(flag, winnow_string(t, flag->name, ""), options);
            break;
        }
        if (!ok)
            return false;
    }
    return true;
}

/* Of a flag given twice the last counts: a command line can be changed by adding to it. */
static bool flags_store(int argc,
                        char **argv,
                        struct options *options,
                        bool *has_momentum)
{
    for (int i = 1; i < argc; i += 2) {
        const struct flag *flag =
            strncmp(argv[i], "--", 2) ? NULL : flag_find(argv[i] + 2);

        if (!flag) {
            fprintf(stderr, "mlp: '%s' is no flag of this program; there are", argv[i]);
            for (int k = 0; k < N_FLAGS; k++)
                fprintf(stderr, " --%s", flags[k].name);
            fprintf(stderr, "\n");
            return false;
        }
        if (i + 1 == argc) {
            fprintf(stderr, "mlp: --%s needs a value\n", flag->name);
            return false;
        }
        if (!text_store(flag, argv[i + 1], options))
            return false;
        *has_momentum = *has_momentum || flag->at == AT(momentum);
    }
    return true;
}

bool options_read(struct options *options,
                  int argc,
                  char **argv,
                  const struct winnow_trial *t)
{
    bool has_momentum = winnow_is_managed(t) && winnow_has(t, "momentum");

    *options = (struct options){
        .optimizer = OPTIM_ADAM,
        .lr = 0.003,
        .activation = NET_RELU,
        .width = 64,
        .depth = 1,
        .batch = 32,
        .data = MLP_DATA,
        .seed = 1,
    };
    if (winnow_is_managed(t) && !managed_store(t, options))
        return false;
    if (!flags_store(argc, argv, options, &has_momentum))
        return false;
    if (has_momentum && options->optimizer != OPTIM_SGD) {
        fprintf(stderr,
                "mlp: --momentum belongs to --optimizer sgd; leave it out with adam\n");
        return false;
    }
    if (options->save_at && !options->save) {
        fprintf(stderr, "mlp: --save-at needs --save, the folder to write to\n");
        return false;
    }
    if (options->is_final &&
        (winnow_is_managed(t) || options->save || options->restore)) {
        fprintf(stderr,
                "mlp: --final 1 runs alone, from the first epoch to the last: outside a "
                "study and without --save and --restore\n");
        return false;
    }
    return true;
}

bool options_want_help(int argc, char **argv)
{
    return argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0);
}

void options_print_help(void)
{
    printf("mlp [--FLAG VALUE]...\n"
           "Train a multilayer perceptron on the handwritten digits; report the accuracy "
           "on\n"
           "the validation data after every epoch. Under Winnow its flags come from the "
           "job.\n\n");
    for (int i = 0; i < N_FLAGS; i++) {
        printf("  --%-13s %s", flags[i].name, flags[i].help);
        for (int k = 0; flags[i].choices && flags[i].choices[k]; k++)
            printf("%s%s", k ? ", " : " (", flags[i].choices[k]);
        if (flags[i].choices)
            printf(")");
        else if (flags[i].high > 0)
            printf(" (%.10g to %.10g)", flags[i].low, flags[i].high);
        printf("\n");
    }
    printf("\nExit status: 0 trained, 1 data or checkpoint cannot be used, 2 wrong "
           "flags.\n");
}

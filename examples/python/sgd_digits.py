#!/usr/bin/python3
"""Train a linear classifier on handwritten digits, with or without Winnow.

scikit-learn's SGDClassifier, one pass over the training data per epoch (partial_fit).
Hyperparameters, all optional:

    --loss           hinge, log_loss, modified_huber (default)
    --penalty        l2 (default), l1, elasticnet
    --alpha          weight of the penalty, > 0, default 1e-4
    --l1_ratio       0 to 1, of elasticnet only, default 0.15
    --learning_rate  optimal (default), constant, invscaling, adaptive
    --eta0           first step length, > 0, default 0.01; not with optimal
    --power_t        of invscaling only, default 0.5
    --average        true or false (default): average the weights over all steps
    --epochs         default 27, or what Winnow says
    --seed           default 1
    --data           default ../data/digits.csv.gz

Run under Winnow the module `winnow` is found by itself; alone, put its folder on
PYTHONPATH. The checkpoint is a pickle of the classifier with its generator, so that a
resumed training reports what an uninterrupted one would have. Exit status: 0 trained,
1 data or checkpoint cannot be used, 2 wrong flags. Python 3.6 on.
"""
import math
import os
import pickle
import sys

import winnow

CHOICES = {
    "loss": ("hinge", "log_loss", "modified_huber"),
    "penalty": ("l2", "l1", "elasticnet"),
    "learning_rate": ("optimal", "constant", "invscaling", "adaptive"),
}
NUMBERS = {  # low, high; the seed is numpy's
    "alpha": (1e-12, 1e6),
    "l1_ratio": (0, 1),
    "eta0": (1e-12, 1e6),
    "power_t": (0, 10),
}
WHOLES = {"epochs": (1, 10**6), "seed": (0, 2**32 - 1)}
DEFAULTS = {
    "loss": "modified_huber",
    "penalty": "l2",
    "alpha": 1e-4,
    "l1_ratio": 0.15,
    "learning_rate": "optimal",
    "eta0": 0.01,
    "power_t": 0.5,
    "average": False,
    "epochs": None,
    "seed": 1,
    "data": None,
}


class BadFlag(Exception):
    pass


def choice(name, value):
    if value not in CHOICES[name]:
        raise BadFlag(
            "--{} must be {}, not '{}'".format(name, " or ".join(CHOICES[name]), value)
        )
    return value


def number(name, value):
    low, high = NUMBERS.get(name) or WHOLES[name]
    try:
        result = float(value)
    except (TypeError, ValueError):
        result = math.nan
    is_whole = name in WHOLES
    if not low <= result <= high or (is_whole and result != int(result)):
        kind = "whole number" if is_whole else "number"
        raise BadFlag(
            "--{} must be a {} from {:g} to {:g}, not '{}'".format(
                name, kind, low, high, value
            )
        )
    return int(result) if is_whole else result


def truth(name, value):
    known = {"true": True, "1": True, "false": False, "0": False}
    text = str(value).lower()
    if text not in known:
        raise BadFlag("--{} must be true or false, not '{}'".format(name, value))
    return known[text]


def read_config(params):
    """Every parameter checked, with defaults for those not given."""
    config = dict(DEFAULTS)
    for name, value in params.items():
        if name not in DEFAULTS:
            raise BadFlag(
                "--{} is no flag of this program; there are {}".format(
                    name, " ".join("--" + known for known in DEFAULTS)
                )
            )
        if name in CHOICES:
            config[name] = choice(name, value)
        elif name in NUMBERS or name in WHOLES:
            config[name] = number(name, value)
        elif name == "average":
            config[name] = truth(name, value)
        else:
            config[name] = value
    return config


def make_classifier(config):
    import numpy as np
    from sklearn.linear_model import SGDClassifier

    return SGDClassifier(
        loss=config["loss"],
        penalty=config["penalty"],
        alpha=config["alpha"],
        l1_ratio=config["l1_ratio"],
        learning_rate=config["learning_rate"],
        eta0=config["eta0"],
        power_t=config["power_t"],
        average=config["average"],
        # A generator and not a number: with a number every epoch would have one order.
        random_state=np.random.RandomState(config["seed"]),
    )


def load_checkpoint(folder):
    with open(os.path.join(folder, "classifier.pickle"), "rb") as file:
        state = pickle.load(file)
    return state["classifier"], state["epoch"]


def save_checkpoint(folder, classifier, epoch):
    with open(os.path.join(folder, "classifier.pickle"), "wb") as file:
        pickle.dump({"classifier": classifier, "epoch": epoch}, file, protocol=4)


def mean_loss(classifier, x, y):
    """Mean hinge loss of the true class against all others: every loss has margins."""
    import numpy as np

    margins = classifier.decision_function(x)
    signs = np.where(np.arange(margins.shape[1]) == y[:, None], 1.0, -1.0)
    return float(np.mean(np.maximum(0.0, 1.0 - signs * margins)))


def train(trial, config):
    import digits

    (x, y), (x_validation, y_validation), _ = digits.load(config["data"] or digits.PATH)
    if trial.restore:
        classifier, done = load_checkpoint(trial.restore)
        classifier.set_params(  # what a scheduler may change on the way
            alpha=config["alpha"], l1_ratio=config["l1_ratio"], eta0=config["eta0"]
        )
    else:
        classifier, done = make_classifier(config), 0
    last = trial.max_resource(config["epochs"] or 27)
    if config["epochs"]:
        last = min(last, config["epochs"])
    for epoch in range(done + 1, last + 1):
        classifier.partial_fit(x, y, classes=range(10))
        if trial.checkpoint_due(epoch):
            with trial.checkpoint() as folder:
                if folder:
                    save_checkpoint(folder, classifier, epoch)
        answer = trial.report(
            epoch,
            accuracy=float(classifier.score(x_validation, y_validation)),
            loss=mean_loss(classifier, x_validation, y_validation),
        )
        if answer != winnow.CONTINUE:
            break


def main():
    if sys.argv[1:] in (["--help"], ["-h"]):
        print(__doc__.strip())
        return 0
    trial = winnow.begin()
    try:
        train(trial, read_config(trial.params))
    except BadFlag as problem:
        print("sgd_digits: {}".format(problem), file=sys.stderr)
        return 2
    except (OSError, ValueError, KeyError, pickle.UnpicklingError) as problem:
        print("sgd_digits: {}".format(problem), file=sys.stderr)
        return 1
    finally:
        trial.end()
    return 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/python3
"""What scikit-learn's MLPClassifier reaches on the split of examples/mlp.

For each of --seeds studies: draw --configs random configurations, train each on the
training part, keep the one with the best validation accuracy (the first of equals),
train it again on train and validation data, and measure the test accuracy. Prints one
line a study and the median at the end. It is the yardstick of jobs/quickstart.json:

    tests/examples/compare_sklearn.py --seeds 20 --configs 200     # about 25 min a core
    tests/examples/quickstart_seeds.sh                             # Winnow's, 20 min

Configurations come from the space of jobs/quickstart.json as far as MLPClassifier has
it: it knows no dropout; its weight decay is `alpha` for both solvers. --epochs is the
number of passes over the data, 27 as for the trials of the job, --final-epochs that of
the closing training, 81 as in jobs/quickstart.sh. Slow: run by ctest only with the label `slow`, with small numbers.
"""
import argparse
import math
import os
import random
import statistics
import sys
import time
import warnings

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "examples", "python"))

import numpy as np  # noqa: E402 (the number of threads is read when it is loaded)
from sklearn.neural_network import MLPClassifier  # noqa: E402

import digits  # noqa: E402


def draw(rng):
    def log_uniform(low, high):
        return math.exp(rng.uniform(math.log(low), math.log(high)))

    solver = rng.choice(["sgd", "adam"])
    width = min(256, max(8, round(log_uniform(7.5, 256.5))))
    config = {
        "solver": solver,
        "learning_rate_init": log_uniform(1e-4, 1),
        "hidden_layer_sizes": (width,) * rng.randint(1, 3),
        "batch_size": rng.choice([16, 32, 64, 128]),
        "alpha": log_uniform(1e-6, 1e-1),
        "activation": rng.choice(["relu", "tanh", "logistic"]),
    }
    if solver == "sgd":
        config["momentum"] = rng.uniform(0, 0.99)
        config["nesterovs_momentum"] = False
    return config


def fit(config, x, y, epochs, seed):
    """The trained classifier, or None when it diverged."""
    model = MLPClassifier(max_iter=epochs, random_state=seed, **config)
    try:
        return model.fit(x, y)
    except ValueError as problem:  # weights that are not finite
        if "finite" not in str(problem) and "overflow" not in str(problem):
            raise
        return None


def study(seed, n_configs, epochs, final_epochs, parts):
    (x, y), (x_validation, y_validation), (x_test, y_test) = parts
    rng = random.Random(seed)
    best, best_accuracy = None, -1.0
    for _ in range(n_configs):
        config = draw(rng)
        model = fit(config, x, y, epochs, seed)
        accuracy = model.score(x_validation, y_validation) if model else -1.0
        if accuracy > best_accuracy:
            best, best_accuracy = config, accuracy
    both = np.vstack([x, x_validation]), np.concatenate([y, y_validation])
    model = fit(best, both[0], both[1], final_epochs, seed)
    return best, best_accuracy, model.score(x_test, y_test) if model else math.nan


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--configs", type=int, default=200)
    parser.add_argument("--epochs", type=int, default=27)
    parser.add_argument("--final-epochs", type=int, default=81)
    parser.add_argument("--data", default=digits.PATH)
    args = parser.parse_args()
    warnings.simplefilter("ignore")  # "not converged yet", once a fit; overflows
    parts = digits.load(args.data)
    tests = []
    for seed in range(args.first_seed, args.first_seed + args.seeds):
        start = time.time()
        best, validation, test = study(
            seed, args.configs, args.epochs, args.final_epochs, parts
        )
        tests.append(test)
        print(
            "seed {} validation {:.4f} test {:.4f} in {:.0f} s: {}".format(
                seed, validation, test, time.time() - start, best
            ),
            flush=True,
        )
    print("median test accuracy {:.4f}".format(statistics.median(tests)))


if __name__ == "__main__":
    main()

"""The handwritten digits and their split, the same as ../mlp/data.c makes.

The split is described in ../data/README.md; tests/examples compares both, line by line.
Rows come in the order train, validation, test. Python 3.6 on, numpy.
"""
import os

import numpy as np

PATH = os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "data", "digits.csv.gz"
)
SEED = 1  # of the split; not of the training
MASK = (1 << 64) - 1


def splitmix64(state):
    """Whole numbers of 64 bits without end (Steele, Lea, Flood, OOPSLA 2014)."""
    while True:
        state = (state + 0x9E3779B97F4A7C15) & MASK
        z = state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        yield z ^ (z >> 31)


def split(labels):
    """Line numbers of the train, validation and test rows."""
    numbers = splitmix64(SEED)
    order = list(range(len(labels)))
    for i in range(len(order) - 1, 0, -1):
        j = next(numbers) % (i + 1)
        order[i], order[j] = order[j], order[i]
    order.sort(key=lambda line: labels[line])  # stable: shuffled within each digit
    parts = [[], [], []]
    for place, line in enumerate(order):
        parts[{0: 2, 1: 1}.get(place % 5, 0)].append(line)
    return parts


def load(path=PATH):
    """((x, y), (x, y), (x, y)) of train, validation and test; pixels scaled to 0..1."""
    table = np.loadtxt(path, delimiter=",", dtype=np.int64, ndmin=2)
    if table.shape[1] != 65:
        raise ValueError(
            "{}: 65 numbers a line expected, not {}".format(path, table.shape[1])
        )
    return tuple(
        (table[lines, :64] / 16.0, table[lines, 64]) for lines in split(table[:, 64])
    )

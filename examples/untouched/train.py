#!/usr/bin/python3
"""Softmax regression on handwritten digits: a program that knows nothing of Winnow.

It was written for another tuner: it prints a line `[tune-metric]: {...}` after every
epoch and, given --st_checkpoint_dir, keeps one checkpoint there, which it overwrites
after every epoch and goes on from when it finds one.
"""
import argparse
import json
import os
import time

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--epochs", type=int, default=27, help="epoch to end after")
    parser.add_argument("--lr", type=float, default=0.1)
    parser.add_argument("--momentum", type=float, default=0.9)
    parser.add_argument("--weight_decay", type=float, default=1e-4)
    parser.add_argument("--batch_size", type=int, default=32)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--data", default=os.path.join(HERE, "..", "data", "digits.csv.gz")
    )
    parser.add_argument("--st_checkpoint_dir", help="keep the state of training here")
    return parser.parse_args()


def load_data(path):
    table = np.loadtxt(path, delimiter=",")
    order = np.random.RandomState(0).permutation(len(table))
    table = table[order]
    x = np.hstack([table[:, :64] / 16, np.ones((len(table), 1))])
    y = table[:, 64].astype(int)
    n = len(table) * 4 // 5
    return x[:n], y[:n], x[n:], y[n:]


def probabilities(weights, x):
    z = x @ weights
    p = np.exp(z - z.max(axis=1, keepdims=True))
    return p / p.sum(axis=1, keepdims=True)


def train_epoch(args, epoch, weights, velocity, x, y):
    order = np.random.RandomState(args.seed + epoch).permutation(len(x))
    for first in range(0, len(x), args.batch_size):
        rows = order[first : first + args.batch_size]
        error = probabilities(weights, x[rows])
        error[np.arange(len(rows)), y[rows]] -= 1
        gradient = x[rows].T @ error / len(rows) + args.weight_decay * weights
        velocity = args.momentum * velocity + gradient
        weights = weights - args.lr * velocity
    return weights, velocity


def load_state(folder):
    path = os.path.join(folder, "state.npz")
    if not os.path.exists(path):
        return 0, np.zeros((65, 10)), np.zeros((65, 10))
    with np.load(path) as state:
        return int(state["epoch"]), state["weights"], state["velocity"]


def save_state(folder, epoch, weights, velocity):
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, "state.npz")
    np.savez(path, epoch=epoch, weights=weights, velocity=velocity)


def main():
    args = parse()
    x, y, x_validation, y_validation = load_data(args.data)
    done, weights, velocity = 0, np.zeros((65, 10)), np.zeros((65, 10))
    if args.st_checkpoint_dir:
        done, weights, velocity = load_state(args.st_checkpoint_dir)
    start = time.time()
    for epoch in range(done + 1, args.epochs + 1):
        weights, velocity = train_epoch(args, epoch, weights, velocity, x, y)
        if args.st_checkpoint_dir:
            save_state(args.st_checkpoint_dir, epoch, weights, velocity)
        guess = probabilities(weights, x_validation).argmax(axis=1)
        report = {
            "epoch": epoch,
            "accuracy": float(np.mean(guess == y_validation)),
            "st_worker_time": time.time() - start,
        }
        print("[tune-metric]: " + json.dumps(report), flush=True)


if __name__ == "__main__":
    main()

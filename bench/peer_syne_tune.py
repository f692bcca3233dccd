#!/usr/bin/env python3
"""How long Syne Tune's own simulator takes for the studies of bench/table.c.

    pip install syne-tune==0.15.0 huggingface_hub scikit-learn h5py
    python3 bench/peer_syne_tune.py FOLDER/lcbench_surrogate.h5 [STUDY WORKERS]...

Its Tuner, UserBlackboxBackend and SimulatorCallback over the table LCBench 189908 with the
nearest row as surrogate, ASHA with grace period 1 and reduction factor 3, one process. A line
for each study: seconds of Tuner.run() on the wall and of processor time, reports, trials.
Without a STUDY (asha_1000, asha_600s, asha_7200s, random_1000) all that are compared with.
"""
import json
import logging
import os
import sys
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")
logging.disable(logging.CRITICAL)

import h5py
import numpy as np
import pandas as pd
from sklearn.neighbors import KNeighborsRegressor
from syne_tune import StoppingCriterion, Tuner, config_space
from syne_tune.backend.simulator_backend.simulator_callback import SimulatorCallback
from syne_tune.blackbox_repository import UserBlackboxBackend, add_surrogate
from syne_tune.blackbox_repository.blackbox_tabular import BlackboxTabular
from syne_tune.optimizer.baselines import RandomSearch
from syne_tune.optimizer.schedulers.asha import AsynchronousSuccessiveHalving

TASK = "189908"
STOPS = {
    "asha_1000": {"max_num_trials_started": 1000},
    "asha_600s": {"max_wallclock_time": 600},
    "asha_7200s": {"max_wallclock_time": 7200},
    "random_1000": {"max_num_trials_started": 1000},
}
ALL = [(study, workers) for study in STOPS for workers in (4, 32, 256)
       if (study, workers) != ("asha_7200s", 256)]


class Counter(SimulatorCallback):
    """Counts the reports that reach the scheduler."""

    def __init__(self):
        super().__init__()
        self.n_reports = 0
        self.trials = set()

    def on_trial_result(self, trial, status, result, decision):
        self.n_reports += 1
        self.trials.add(trial.trial_id)
        return super().on_trial_result(trial, status, result, decision)


def domain(param):
    """A hyperparameter of the file as a domain of Syne Tune."""
    low, high, is_log = param["lower"], param["upper"], param.get("log")
    if param["type"] == "int":
        kind = config_space.lograndint if is_log else config_space.randint
        return kind(int(low), int(high))
    return (config_space.loguniform if is_log else config_space.uniform)(low, high)


def read(path):
    """The table as a blackbox whose nearest row stands for every configuration."""
    with h5py.File(path, "r") as file:
        params = json.loads(file["hyperparameters"].attrs["json"])
        rows = pd.DataFrame(file["configs"][()].astype(float),
                            columns=[p["name"] for p in params])
        metrics = file["tasks"][TASK]["metrics"]
        values = np.stack([metrics["val_accuracy"][()], metrics["elapsed_time"][()]], axis=-1)
        fidelities = file["fidelity"][()].astype(int)
    for param in params:
        if param["type"] == "int":
            rows[param["name"]] = rows[param["name"]].round().astype(int)
    if values.ndim == 3:  # no axis of seeds
        values = values[:, None]
    table = BlackboxTabular(
        hyperparameters=rows,
        configuration_space={p["name"]: domain(p) for p in params},
        fidelity_space={"epoch": config_space.randint(1, int(fidelities[-1]))},
        objectives_evaluations=values,
        fidelity_values=fidelities,
        objectives_names=["val_accuracy", "elapsed_time"])
    return add_surrogate(table, surrogate=KNeighborsRegressor(n_neighbors=1))


def simulate(blackbox, study, workers):
    """One study; prints its line."""
    space = blackbox.configuration_space
    if study.startswith("asha"):
        scheduler = AsynchronousSuccessiveHalving(
            space, metric="val_accuracy", do_minimize=False, time_attr="epoch", max_t=52,
            grace_period=1, reduction_factor=3, random_seed=1)
    else:
        scheduler = RandomSearch(space, metrics=["val_accuracy"], do_minimize=False,
                                 random_seed=1)
    counter = Counter()
    tuner = Tuner(
        trial_backend=UserBlackboxBackend(blackbox=blackbox,
                                          elapsed_time_attr="elapsed_time"),
        scheduler=scheduler, stop_criterion=StoppingCriterion(**STOPS[study]),
        n_workers=workers, sleep_time=0, callbacks=[counter], print_update_interval=1e9,
        save_tuner=False)
    wall, cpu = time.perf_counter(), time.process_time()
    tuner.run()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(f"{study} {workers}: wall {wall:.2f} s, processor {cpu:.2f} s, "
          f"{counter.n_reports} reports, {len(counter.trials)} trials", flush=True)


def main():
    chosen = list(zip(sys.argv[2::2], map(int, sys.argv[3::2])))
    blackbox = read(sys.argv[1])
    for study, workers in chosen or ALL:
        simulate(blackbox, study, workers)


if __name__ == "__main__":
    main()

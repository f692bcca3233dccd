#!/usr/bin/python3
"""`jobs/pbt-digits.json`, smaller: population based training of a real program on real ranks.

It is killed in the middle and resumed on another number of ranks. Then, from its files alone:
every member's past is whole and every fork's checkpoint was there, results.h5 and `winnow
trials` tell it alike, and what `winnow best --schedule` writes for a member trains again to
the very numbers that the population reported.
"""
import json
import os
import sys

import study as st

try:
    import h5py
except ImportError:
    h5py = None # the file is then not looked at

POPULATION, EPOCHS, INTERVAL = 6, 12, 2
EARLY = 5000 # bytes of the journal: half of the study below


def job():
    source = os.environ["WN_SOURCE_DIR"]
    with open(os.path.join(source, "jobs", "pbt-digits.json")) as f:
        made = json.load(f)
    made["trial"]["command"] = [os.path.join(st.BINARY_DIR, "examples", "mlp")]
    made["space"].update(data=os.path.join(source, "examples", "data", "digits.csv.gz"), width=24)
    made["resource"]["max"] = EPOCHS
    made["scheduler"].update(population=POPULATION, perturbation_interval=INTERVAL)
    made["stop"] = {}
    del made["name"]
    return made


def reports_of(events):
    """What each trial reported, by epoch: its metrics; and the checkpoints it left."""
    metrics, saved = {}, set()
    for e in events:
        if e["event"] in ("reported", "repeated") and e.get("checkpoint"):
            saved.add((e["trial"], e["resource"]))
        if e["event"] == "reported":
            own = metrics.setdefault(e["trial"], {})
            st.claim(e["resource"] not in own, "trial %d reported epoch %d twice", e["trial"],
                     e["resource"])
            own[e["resource"]] = e["metrics"]
    return metrics, saved


def check_lineage(trials, metrics, saved):
    """Members, and where their trials come from. Units trained by member."""
    spent = [0] * POPULATION
    for number, t in enumerate(trials):
        first = t.get("source_resource", 0)
        epochs = sorted(metrics.get(number, {}))
        st.claim(t["trial"] == number and 0 <= t["member"] < POPULATION, "no member: %s", t)
        st.claim(epochs == list(range(first + 1, first + 1 + len(epochs))),
                 "trial %d began after epoch %d and reported %s", number, first, epochs)
        if t["start"] == "exploit":
            st.claim(t["parent"] < number and (t["parent"], first) in saved,
                     "trial %d was forked from nothing: %s", number, t)
        else:
            st.claim(t["start"] == "begin" and "parent" not in t, "%s", t)
        spent[t["member"]] += len(epochs)
    begun = [t["member"] for t in trials if t["start"] == "begin"]
    st.claim(sorted(begun) == list(range(POPULATION)), "these members began: %s", begun)
    st.claim(len(trials) > POPULATION, "nobody lost its place")
    st.claim(max(spent) <= EPOCHS, "units trained by member: %s", spent)


def check_results(path, trials):
    """results.h5 says the same as `winnow trials`."""
    with h5py.File(os.path.join(path, "results.h5"), "r") as f:
        columns = {k: f["trials"][k][:] for k in ("member", "start", "parent", "source_resource")}
        starts = {v: k for k, v in h5py.check_enum_dtype(f["trials/start"].dtype).items()}
    for t in trials:
        row = {k: int(column[t["trial"]]) for k, column in columns.items()}
        row["start"] = starts[row["start"]]
        want = {"parent": -1, "source_resource": -1}
        want.update({k: t[k] for k in row if k in t})
        st.claim(row == want, "trial %d: results.h5 has %s, not %s", t["trial"], row, want)


def line_of(trials, number):
    """The trials by which the weights of this one came about, each with its last epoch."""
    line, until = [], trials[number]["resource_reached"]
    while number is not None:
        line.insert(0, (number, until))
        until, number = (trials[number].get(k) for k in ("source_resource", "parent"))
    return line


def check_schedule(study, trials, metrics, number):
    """Write the trial's schedule, train by it, and compare every report."""
    path = os.path.join(study.folder, "again-%d.json" % number)
    again = os.path.join(study.folder, "again-%d" % number)
    text = study.command("best", study.path, "--schedule", "--trial", str(number))
    with open(path, "w") as f:
        f.write(text)
    line, written, constants = line_of(trials, number), json.loads(text), job()["space"]
    st.claim(written["scheduler"]["until"] == [until for _, until in line],
             "the schedule of trial %d is %s, not %s", number, written["scheduler"], line)
    for (t, _), config in zip(line, written["searcher"]["configurations"]):
        own = {k: v for k, v in trials[t]["config"].items() if isinstance(constants[k], dict)}
        st.claim(config == own, "trial %d had %s, the schedule has %s", t, own, config)
    study.command("run", path, "--study", again, "--slots", "1", "--quiet")
    events = [json.loads(e) for e in study.command("journal", again).splitlines()]
    got, _ = reports_of(events)
    st.claim(len(got) == len(line), "the schedule of %d trials ran in %d", len(line), len(got))
    before = 0
    for k, (t, until) in enumerate(line):
        want = {epoch: metrics[t][epoch] for epoch in range(before + 1, until + 1)}
        st.claim(got[k] == want, "trained again, trial %d reported %s, not %s", t, got[k], want)
        before = until
    return len(line)


def goes_on_after_kill_and_repeats_every_member(make):
    study = make("pbt", **job())
    run = study.start(n_ranks=3)
    st.claim(study.wait_for(run, EARLY), "the study ended before it could be killed")
    run.kill_all()
    study.expect_gone(run)
    study.finish(n_ranks=5)
    events = study.events()
    opened = [e["n_workers"] for e in events if e["event"] == "opened"]
    st.claim(opened == [2, 4], "it was opened with these workers: %s", opened)
    st.claim(not [e for e in events if e.get("failure")], "a trial failed")
    study.command("replay", study.path)

    metrics, saved = reports_of(events)
    trials = [json.loads(t) for t in study.command("trials", study.path, "--json").splitlines()]
    check_lineage(trials, metrics, saved)
    if h5py:
        check_results(study.path, trials)
    last = {t["member"]: t["trial"] for t in trials if t["trial"] in metrics}
    best = json.loads(study.command("best", study.path, "--json"))["trial"]
    segments = [check_schedule(study, trials, metrics, t) for t in {best, *last.values()}]
    st.claim(max(segments) > 1, "no schedule has more than one segment")


if __name__ == "__main__":
    sys.exit(st.main([goes_on_after_kill_and_repeats_every_member]))

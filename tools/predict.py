#!/usr/bin/env python3
"""Predicts new clips with the models that a sweep has trained: the mean of the folds' softmax.

Clips of subjects that the models were trained on are no test: all folds but one have learnt from them. How good a model
is say the sweep's own held-out predictions (`unmask tables`).

FEATURES.csv is a file as for features.table, its columns in the order of the training's. Prints CSV: for each clip and task
the class with the largest share, that share, and how many models (folds, of all seeds) it is the mean of. Needs numpy.
"""

import argparse
import csv
import io
import json
import pathlib
import signal
import sqlite3
import struct
import sys

try:
    import numpy as np
except ImportError:
    sys.exit("predict: the package is missing: pip install numpy")

# FacsVocabulary() in common/data/facs.cc
FACS = ("1 2 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40 41 42 43"
        " 44 45 46 50 51 52 53 54 55 56 57 58 61 62 63 64 65 66 69 70 71 72 73 74 80 81 82 84 85 91 92 97 98").split()


def stop_if(wrong, message):
    if wrong:
        sys.exit(f"predict: {message}")


def read_csv(path, column):
    try:
        text = pathlib.Path(path).read_bytes().decode("utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        sys.exit(f"predict: {path}: {error}")
    stop_if(not rows or not {"sample", column} <= rows[0].keys(), f"{path}: no clips, or no column sample or {column}")
    stop_if(any(None in row or None in row.values() for row in rows), f"{path}: a row is longer or shorter than the header")
    return rows


def read_features(path):
    """(names, numbers [clips, width] float32)"""
    rows = read_csv(path, "sample")
    try:
        x = np.array([[float(value) for name, value in row.items() if name != "sample"] for row in rows], "f4")
    except ValueError as error:
        sys.exit(f"predict: {path}: {error}: every column but sample holds numbers")
    stop_if(not np.isfinite(x).all(), f"{path}: a number is not finite")
    return [row["sample"] for row in rows], x


def read_action_units(path):
    rows = read_csv(path, "action_units")
    clips = [row["action_units"].split() for row in rows]
    unknown = set().union(*clips) - set(FACS)
    stop_if(unknown, f"{path}: no FACS codes: {' '.join(sorted(unknown))} (`unmask data validate` tells where)")
    return [row["sample"] for row in rows], np.array([[code in clip for code in FACS] for clip in clips], "f4")


def read_safetensors(path):
    stop_if(not path.exists(), f"the store lacks kept weights: {path}")
    data = path.read_bytes()
    begin = 8 + struct.unpack("<Q", data[:8])[0]
    return {name: np.frombuffer(data, "<f4", int(np.prod(at["shape"])), begin + at["data_offsets"][0]).reshape(at["shape"])
            for name, at in json.loads(data[8:begin]).items() if name != "__metadata__"}


def linear(weights, name, x):
    return x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]


def layer(weights, name, x):
    x = linear(weights, f"{name}.linear", x) - weights[f"{name}.norm.running_mean"]
    x /= np.sqrt(weights[f"{name}.norm.running_var"] + np.float32(1e-5))
    return np.maximum(x * weights[f"{name}.norm.weight"] + weights[f"{name}.norm.bias"], 0)


def logits_of(weights, x):
    """{task: logits [clips, classes]} of features [clips, width]; of a single-task model for its own task alone."""
    adapted = layer(weights, "adapter", x)
    return {task: linear(weights, f"{task}.classifier", layer(weights, task, adapted))
            for task in ("ter", "der") if f"{task}.classifier.weight" in weights}


def classes_of(store, job, task):
    sql = "SELECT logits FROM predictions WHERE job_key = ? AND task = ? LIMIT 1"
    return tuple(sorted(json.loads(store.execute(sql, (job, task)).fetchone()[0]), key=str.encode))


def name_of(point):
    values = {k.removeprefix("loss."): v if isinstance(v, str) else json.dumps(v) for k, v in json.loads(point).items()}
    return ",".join(f"{key}={value}" for key, value in values.items())


def models_of(store, sweep, experiment, point):
    """The finished trainings of the point with these settings, of all seeds; and that there are weights to use."""
    jobs = store.execute("SELECT point, job_key, weights_sha256, model, features FROM jobs"
                         " WHERE sweep = ? AND experiment = ? AND state = 'done'", (sweep, experiment)).fetchall()
    stop_if(not jobs, f"no fold of an experiment '{experiment}' is done in a sweep '{sweep}' (`unmask status`)")
    wanted = {part.removeprefix("loss.") for part in point.split(",")} if point else set()
    names = {job[0]: name_of(job[0]) for job in jobs}
    matching = [text for text, name in names.items() if wanted <= set(name.split(","))]
    stop_if(len(matching) != 1, f"{len(matching)} points match; --point chooses one of: {'  '.join(sorted(names.values()))}")
    jobs = [job[1:] for job in jobs if job[0] == matching[0]]
    stop_if(jobs[0][2] not in ("dsid", "single-task"), f"{experiment}'s model is {jobs[0][2]}, which reads CLIP's texts")
    stop_if(None in {job[1] for job in jobs}, f"{experiment} has no weights: it was trained with store.keep=none")
    return jobs


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("store", "sweep", "experiment"):
        parser.add_argument(name)
    parser.add_argument("features", nargs="?", metavar="FEATURES.csv")
    parser.add_argument("--action-units", metavar="MANIFEST.csv", help="in place of FEATURES.csv")
    parser.add_argument("--point", help="KEY=VALUE,... where there are several: alpha=0.5,beta=1")
    given = parser.parse_args()
    stop_if(bool(given.features) == bool(given.action_units), "either FEATURES.csv or --action-units MANIFEST.csv")
    folder = pathlib.Path(given.store).resolve()
    stop_if(not (folder / "unmask.db").exists(), f"there is no store {folder}")
    names, x = read_features(given.features) if given.features else read_action_units(given.action_units)
    store = sqlite3.connect(f"{(folder / 'unmask.db').as_uri()}?mode=ro", uri=True)
    shares = {}
    for job, sha256, _, source in models_of(store, given.sweep, given.experiment, given.point):
        weights = read_safetensors(folder / "blobs" / sha256)
        width = weights["adapter.linear.weight"].shape[1]
        stop_if(any(name.startswith("backbone/") for name in weights), "each fold trained a backbone of its own along")
        stop_if(given.action_units and source != "action-units", f"{given.experiment} was trained on {source}")
        stop_if(x.shape[1] != width, f"{x.shape[1]} features a clip; {given.experiment} was trained on {width} ({source})")
        for task, logits in logits_of(weights, x).items():
            e = np.exp(logits - logits.max(1, keepdims=True))
            shares.setdefault((task, classes_of(store, job, task)), []).append(e / e.sum(1, keepdims=True))
    known = {row[0] for row in store.execute("SELECT DISTINCT sample FROM predictions WHERE sweep = ?", (given.sweep,))}
    if own := known & set(names):
        print(f"predict: note: {len(own)} clips are the sweep's own, so this is no test", file=sys.stderr)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `| head`
    lines = [[name, task, classes[row.argmax()], f"{row.max():.4f}", len(each)]
             for (task, classes), each in shares.items() for name, row in zip(names, np.mean(each, 0))]
    csv.writer(sys.stdout, lineterminator="\n").writerows([["sample", "task", "predicted", "share", "folds"], *lines])


if __name__ == "__main__":
    main()

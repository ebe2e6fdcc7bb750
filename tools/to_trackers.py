#!/usr/bin/env python3
"""Sends a sweep from its store to Weights & Biases (offline) or MLflow: a run for every experiment, grid point and seed.

usage: to_trackers.py wandb|mlflow STORE OUT [SWEEP]

Needs the package `wandb` or `mlflow`. Nothing leaves the machine: W&B writes beneath OUT what `wandb sync` can upload,
MLflow an SQLite file there (`mlflow ui --backend-store-uri sqlite:///OUT/mlflow.db`). Once more into the same OUT, each
run takes the place of the one before.
"""

import hashlib
import importlib.util
import json
import os
import pathlib
import shutil
import sqlite3
import sys

FIGURES = ("k", "n", "accuracy", "wilson_low", "wilson_high", "macro_f1", "weighted_f1", "uar", "folds_done", "folds_total")


def rows(store, sql, *arguments):
    return [dict(row) for row in store.execute(sql, arguments)]


def points_of(store, sweep):
    """Each point with its settings, its figures by task, and its training curves averaged over the folds."""
    points = {}
    for cell in rows(store, "SELECT * FROM cells WHERE sweep = ? ORDER BY experiment, point, seed, task", sweep):
        key = (cell["experiment"], cell["point"], cell["seed"])
        point = points.setdefault(key, {"params": {"experiment": key[0], "seed": key[2], "validation": cell["validation"],
                                                   "leaky": bool(cell["leaky"]), **json.loads(key[1])}, "figures": {}})
        point["figures"].update({f"{cell['task']}/{name}": cell[name] for name in FIGURES if cell[name] is not None})
    for (experiment, text, seed), point in points.items():
        point["curves"] = rows(
            store, "SELECT epoch, curves.task, split, avg(loss) AS loss, avg(accuracy) AS accuracy, count(*) AS folds"
            " FROM jobs JOIN curves ON curves.job_key = jobs.job_key"
            " WHERE sweep = ? AND experiment = ? AND point = ? AND jobs.seed = ? GROUP BY 1, 2, 3 ORDER BY 1",
            sweep, experiment, text, seed)
    return points


def key_of(sweep, point):
    """A run's name for good: the same point of the same sweep has the same one."""
    return hashlib.sha256(json.dumps([sweep, *point]).encode()).hexdigest()[:16]


def name_of(point):
    fixed = {"experiment", "validation", "leaky"}
    name = " ".join([point["params"]["experiment"]] + [f"{k}={v}" for k, v in point["params"].items() if k not in fixed])
    return ("LEAKY " if point["params"]["leaky"] else "") + name  # first: W&B's names are cut


def epochs_of(point):
    """(epoch, metrics): means over the folds that trained so long; `folds` says how many."""
    by_epoch = {}
    for row in point["curves"]:
        values = by_epoch.setdefault(row["epoch"], {})
        for metric in ("loss", "accuracy"):
            if row[metric] is not None:
                values[f"{row['split']}/{row['task']}_{metric}"] = row[metric]
        values["folds"] = row["folds"]
    return sorted(by_epoch.items())


def to_wandb(sweep, points, out):
    os.environ["WANDB_MODE"] = "offline"
    import wandb

    for where, point in points.items():
        key = key_of(sweep, where)
        for old in (out / "wandb").glob(f"offline-run-*-{key}"):  # offline, wandb begins a run of that id anew
            shutil.rmtree(old)
        run = wandb.init(project="unmask", id=key, resume="allow", group=sweep, name=name_of(point)[:128],
                         config=point["params"], dir=str(out), mode="offline", reinit="finish_previous",
                         settings=wandb.Settings(silent=True))
        for epoch, values in epochs_of(point):
            run.log(values, step=epoch)
        run.summary.update(point["figures"])
        run.finish()


def to_mlflow(sweep, points, out):
    import mlflow
    from mlflow.entities import Metric, Param

    client = mlflow.MlflowClient(tracking_uri=f"sqlite:///{out.resolve()}/mlflow.db")
    found = client.get_experiment_by_name(sweep)
    experiment = found.experiment_id if found else client.create_experiment(
        sweep, artifact_location=(out.resolve() / "artifacts").as_uri())
    for where, point in points.items():
        key = key_of(sweep, where)
        for old in client.search_runs([experiment], filter_string=f"tags.`unmask.point` = '{key}'"):
            client.delete_run(old.info.run_id)
        run = client.create_run(experiment, run_name=name_of(point),
                                tags={"unmask.sweep": sweep, "unmask.point": key}).info.run_id
        metrics = [Metric(key, float(value), 0, 0) for key, value in point["figures"].items()]
        for epoch, values in epochs_of(point):
            metrics += [Metric(key, float(value), 0, epoch) for key, value in values.items()]
        for first in range(0, len(metrics), 1000):  # MLflow's limit for a batch
            client.log_batch(run, metrics=metrics[first:first + 1000])
        client.log_batch(run, params=[Param(k, str(v)[:6000]) for k, v in point["params"].items()])
        client.set_terminated(run)


def main():
    if len(sys.argv) not in (4, 5) or sys.argv[1] not in ("wandb", "mlflow"):
        sys.exit(__doc__)
    tracker, folder, out = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    database = folder / "unmask.db"
    if not database.exists():
        sys.exit(f"to_trackers: there is no store ({database})")
    store = sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True)
    store.row_factory = sqlite3.Row
    sweeps = [row["sweep"] for row in rows(store, "SELECT sweep FROM sweeps ORDER BY number DESC")]
    matching = [name for name in sweeps if name.startswith(sys.argv[4])] if len(sys.argv) == 5 else sweeps[:1]
    if len(matching) != 1:
        sys.exit(f"to_trackers: no such sweep, or several; there are: {', '.join(sweeps)}")
    if importlib.util.find_spec(tracker) is None:
        print(f"to_trackers: the package is missing: pip install {tracker}", file=sys.stderr)
        sys.exit(2)
    out.mkdir(parents=True, exist_ok=True)
    points = points_of(store, matching[0])
    (to_wandb if tracker == "wandb" else to_mlflow)(matching[0], points, out)
    print(f"{len(points)} runs of {matching[0]} written to {out}")


if __name__ == "__main__":
    main()

"""The sweep that a researcher would write: leave one subject out, a grid of (alpha, beta), plain PyTorch.

usage: pytorch_sweep.py MANIFEST POINTS EPOCHS PATIENCE SUBJECTS OUT [ray]
POINTS: "dsid:.5:1,dsid:0:1,ter,der". SUBJECTS: how many are held out (0: all). OUT: a JSON of right answers
by point, and of all epochs.
Two processes train one job each at a time; with `ray` Ray Tune's workers do.
"""

import collections
import csv
import json
import multiprocessing
import os
import sys

import torch
from torch import nn
from torch.nn import functional as F

ADAPTER, STREAM, BATCH, PROCESSES = 512, 256, 32, 2


def read(manifest):
    """Features [clips, codes], labels of both tasks, subjects."""
    with open(manifest, encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["true"] != row["disguised"]]
    codes = sorted({code for row in rows for code in row["action_units"].split()}, key=float)
    classes = sorted({row[task] for row in rows for task in ("true", "disguised")})
    features = torch.tensor([[float(code in row["action_units"].split()) for code in codes] for row in rows])
    labels = [torch.tensor([classes.index(row[task]) for row in rows]) for task in ("true", "disguised")]
    return features, labels, [row["subject"] for row in rows], len(classes)


def adapter(inputs, outputs):
    return nn.Sequential(nn.Linear(inputs, outputs), nn.BatchNorm1d(outputs), nn.ReLU(), nn.Dropout(0.5))


class Model(nn.Module):
    """DSID, or one stream of it."""

    def __init__(self, features, classes, streams):
        super().__init__()
        self.adapter = adapter(features, ADAPTER)
        self.streams = nn.ModuleList(adapter(ADAPTER, STREAM) for _ in range(streams))
        self.heads = nn.ModuleList(nn.Linear(STREAM, classes) for _ in range(streams))

    def forward(self, x):
        shared = self.adapter(x)
        streams = [stream(shared) for stream in self.streams]
        return streams, [head(each) for head, each in zip(self.heads, streams)]


def independence(ter, der):
    return (torch.exp(-(F.normalize(ter) - F.normalize(der)).square().sum(1) / 2) - 1).square().mean()


def loss_of(model, x, labels, tasks, alpha, beta):
    streams, logits = model(x)
    losses = [F.cross_entropy(each, labels[task]) for each, task in zip(logits, tasks)]
    if len(tasks) == 1:
        return losses[0]
    loss = losses[0] + beta * losses[1]
    return loss + alpha * independence(*streams) if alpha else loss


def right(model, x, labels, tasks):
    model.eval()
    with torch.no_grad():
        logits = model(x)[1]
    model.train()
    return [int((each.argmax(1) == labels[task]).sum()) for each, task in zip(logits, tasks)]


def parse(point):
    kind, *values = point.split(":")
    return ([0, 1], *map(float, values)) if kind == "dsid" else ([("ter", "der").index(kind)], 0.0, 0.0)


def train(data, point, held_out, epochs, patience):
    """Right answers of the held-out subject at the epoch that its neighbour chose, and how many epochs it took."""
    features, labels, subjects, classes = data
    tasks, alpha, beta = parse(point)
    names = sorted(set(subjects))
    inner = names[(names.index(held_out) + 1) % len(names)]
    pick = {which: torch.tensor([i for i, s in enumerate(subjects) if (s == held_out) * 2 + (s == inner) == number])
            for number, which in enumerate(("train", "validation", "held_out"))}
    parts = {which: (features[rows], [each[rows] for each in labels]) for which, rows in pick.items()}
    torch.manual_seed(0)
    model = Model(features.shape[1], classes, len(tasks)).train()
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-4, weight_decay=5e-4, fused=True)
    best, best_epoch, answers = -1, 0, []
    x, y = parts["train"]
    for epoch in range(epochs):
        batches = list(torch.randperm(len(x)).split(BATCH))
        if len(batches[-1]) < 2:
            batches[-2:] = [torch.cat(batches[-2:])]
        for rows in batches:
            optimizer.zero_grad(set_to_none=True)
            loss_of(model, x[rows], [each[rows] for each in y], tasks, alpha, beta).backward()
            optimizer.step()
        score = sum(right(model, *parts["validation"], tasks))
        if score > best:
            best, best_epoch, answers = score, epoch, right(model, *parts["held_out"], tasks)
        if epoch - best_epoch >= patience:
            break
    return answers, epoch + 1


def work(job):
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    return job[1], train(*job)


def with_pool(jobs):
    with multiprocessing.get_context("fork").Pool(PROCESSES) as pool:
        return pool.map(work, jobs, chunksize=1)


def with_ray(jobs):
    os.environ["TUNE_DISABLE_AUTO_CALLBACK_LOGGERS"] = "1"  # no CSV, JSON and TensorBoard files a trial
    import ray
    from ray import tune
    ray.init(num_cpus=PROCESSES, include_dashboard=False, log_to_driver=False)
    data = ray.put(jobs[0][0])

    def trial(config):
        torch.set_num_threads(1)
        torch.set_flush_denormal(True)
        point, held_out, epochs, patience = config["job"]
        return {"answers": train(ray.get(data), point, held_out, epochs, patience)}

    tuner = tune.Tuner(tune.with_resources(trial, {"cpu": 1}), param_space={"job": tune.grid_search([j[1:] for j in jobs])},
                       tune_config=tune.TuneConfig(reuse_actors=True),  # a trial need not import torch again
                       run_config=tune.RunConfig(verbose=0, storage_path=os.path.dirname(os.path.abspath(sys.argv[6]))))
    return [(result.config["job"][0], result.metrics["answers"]) for result in tuner.fit()]


def main():
    manifest, points, epochs, patience, held_out, out = sys.argv[1:7]
    data = read(manifest)
    subjects = sorted(set(data[2]))[:int(held_out) or None]
    jobs = [(data, point, subject, int(epochs), int(patience)) for point in points.split(",") for subject in subjects]
    totals = collections.defaultdict(list)
    all_epochs = 0
    for point, (answers, epochs_run) in (with_ray if sys.argv[7:] == ["ray"] else with_pool)(jobs):
        totals[point].append(answers)
        all_epochs += epochs_run
    right_answers = {point: [sum(column) for column in zip(*rows)] for point, rows in totals.items()}
    with open(out, "w", encoding="utf-8") as file:
        json.dump({"right": right_answers, "epochs": all_epochs}, file)


main()

"""Lanes refilled as jobs stop, beside static gangs of the same width."""

import heapq
import json

from lab import load
from parts import real_study
from results import Table, times

TITLE = "Lanes refilled"
MINUTES = 2
NEEDS_ANNOTATION = True
WIDTHS = (8, 16, 32)
SHAPE = (75, 64, 32)  # features, adapter, stream

WANTED = [times(f"{lanes} lanes refilled vs static gangs", f"{lanes} lanes", "static gangs", 1.5) for lanes in WIDTHS]

ABOUT = """\
The lanes engine on the processor, jobs of the lengths that those of the real study had, one step an epoch, in the plan's order
(features, adapter, stream {0}, {1}, {2}). A gang is as many consecutive jobs as there are lanes, and ends with its last; a lane that is refilled
takes the next job as soon as its own stops. Seconds of processor time, of both by the same engine; and steps counted on paper, which no
thread that starts late can change. Not measured: GPUs, for which it is made.""".format(*SHAPE)


def epochs_of_study(lab):
    """What the real study's jobs ran, which this part runs itself where that part did not."""
    if not (lab.folder / "study").exists():
        manifest = lab.folder / "mfed.csv"
        lab.unmask("data", "import", "mfed", lab.annotation, "--out", manifest)
        lab.sweep("study", real_study.STUDY, f"dataset.manifest={manifest}", "--workers", real_study.SLOTS)
    return "".join(f"{int(epochs)}\n" for _, epochs in lab.query(
        "study", "SELECT min(rowid), epochs FROM"
                 " (SELECT row_number() OVER () AS rowid, job_key, epochs FROM jobs) GROUP BY job_key ORDER BY 1"))


def on_paper(epochs, lanes):
    """Steps that each way takes where all lanes are always ready."""
    free = [0] * lanes  # when each lane is
    for steps in epochs:
        heapq.heapreplace(free, free[0] + steps)
    return {"refilled": [max(free)],
            "static gangs": [sum(max(epochs[at:at + lanes]) for at in range(0, len(epochs), lanes))]}


def measure(lab, rounds):
    epochs = epochs_of_study(lab)
    numbers = [int(line) for line in epochs.split()]
    for lanes in WIDTHS:
        results = {"refilled": [], "static gangs": []}
        for _ in range(rounds):
            told = json.loads(lab.output([lab.build / "lanes_refill", lanes, *SHAPE], input=epochs))
            results["refilled"].append(told["refilled"]["cpu_seconds"])
            results["static gangs"].append(told["gangs"]["cpu_seconds"])
            print(f"    {lanes} lanes: {told['ratios']} (load {load():.1f})", flush=True)
        yield Table(f"{lanes} lanes", "processor s", results)
        yield Table(f"{lanes} lanes, steps on paper", "steps", on_paper(numbers, lanes))

"""What coordinator and agents take of a core while jobs are long."""

import os
import pathlib
import signal
import subprocess
import time

from lab import words
from results import Table, at_most

TITLE = "Idle ranks"
MINUTES = 1
WORKERS = 2

WANTED = [at_most(f"idle {name}", "processor time", name, 1, "%") for name in ("coordinator", "busiest agent")]

ABOUT = """\
A sweep whose jobs never end here, two workers of one slot, both training: processor time of rank 0 and of each agent, all their threads, over
{seconds} s from the kernel's own count, as a share of one core. Trainers are other processes and not in it. A rank polls MPI up to a hundred times a
second, and sleeps between."""
SECONDS = 20
ABOUT = ABOUT.format(seconds=SECONDS)


def measure(lab, rounds):
    seconds = 4 if lab.quick else SECONDS
    config = lab.write("idle.yaml", f"name: idle\ndataset: {{manifest: {lab.synthetic(4)}}}\n"
                                    "train: {max_epochs: 1000000, patience: 1000000, checkpoint_seconds: 600}\n")
    command = [lab.build / "unmask", "--quiet", "--store", lab.folder / "idle", "run", config, "--workers", WORKERS,
               "--slots", "1"]
    run = subprocess.Popen(words(command), stderr=subprocess.DEVNULL)
    try:
        ranks = wait_for_ranks(run.pid)
        shares = {name: [] for name in ("coordinator", "busiest agent")}
        for _ in range(min(rounds, 2)):
            before = [processor_seconds(pid) for pid in ranks]
            time.sleep(seconds)
            used = [100 * (processor_seconds(pid) - past) / seconds for pid, past in zip(ranks, before)]
            shares["coordinator"].append(used[0])
            shares["busiest agent"].append(max(used[1:]))
        print(f"    {shares}", flush=True)
    finally:
        run.send_signal(signal.SIGINT)
        run.wait(60)
    yield Table("processor time", "% of a core", shares, contest=False)


def wait_for_ranks(launcher):
    """Process ids by rank, once every agent has its trainer at work."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        below = descendants(launcher)
        ranks = {variable(pid, "OMPI_COMM_WORLD_RANK"): pid for pid in below if name_of(pid) == "unmask"}
        trainers = [pid for pid in below if name_of(pid).startswith("unmask-train") and processor_seconds(pid) > 1]
        if len(trainers) == WORKERS:
            return [ranks[str(rank)] for rank in range(WORKERS + 1)]
        time.sleep(0.1)
    raise SystemExit("idle: the trainers did not start")


def descendants(pid):
    found = []
    for task in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text(encoding="ascii").split():
            found += [int(child), *descendants(int(child))]
    return found


def name_of(pid):
    return pathlib.Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip()


def variable(pid, name):
    entries = pathlib.Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace").split("\0")
    return next((entry.partition("=")[2] for entry in entries if entry.startswith(name + "=")), None)


def processor_seconds(pid):
    """All threads, user and system, in ticks of 10 ms."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

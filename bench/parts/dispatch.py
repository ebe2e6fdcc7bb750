"""Jobs that do nothing: what leasing and recording one costs from end to end, and where."""

import re
import shutil

import sqlite_alone
from lab import interleave
from results import Table, at_most, times

TITLE = "A job that does nothing"
MINUTES = 2
SUBJECTS, TASKS = 4, 5000

WANTED = [
    times("recorded no-op job, end to end, vs mpi4py.futures unrecorded", "end to end", "mpi4py.futures", 30),
    at_most("the same, in microseconds", "end to end", "unmask, recorded", 6, "us"),
]

ABOUT = """\
End to end: `unmask run` of 20,000 jobs with a trainer that answers every lease at once, divided by 20,000: start-up, plan, the sweep's
rows, leases, results with predictions, commits, acknowledgements, the end. mpi4py.futures: {0} calls of a function that returns its argument,
its pool warm, nothing recorded, one worker. With `chunksize` it sends many calls as one task, which fails as one: that stands beside. A job
that trains takes a thousand times longer than either.

By stage: the same without MPI and processes, CPU time of rank 0, 100,000 jobs.

What limits it: a store that can be asked about every job. SQLite alone takes what stands under `SQLite alone`, one row after the other, when its rows are
copied by SQL out of a finished store into one like it, in commits of 2,000 jobs and with no program around it. That is above 6 us before anything
is planned, sent or started; the start and end of processes, most of it mpirun's, are another 9 us where 20,000 jobs share them, and with these it is above a
thirtieth of mpi4py.futures. With 100,000 jobs a job takes three quarters of the time.

Sampled (100,000 jobs, one worker, two cores of an AMD EPYC, family 25), rank 0's loop takes 36 % of the CPU time, its commits, on a thread beside it,
32 %, its plan, made while MPI starts, 6 %, the agent 19 %, the trainer 5 %, launcher and mpirun 3 %. Of the loop's part 31 % is SQLite (the sweep's rows),
19 % the kernel, 10 % memory given out and taken back; of the commits' 45 % is SQLite. Its entries in B-trees are six to register a job, five to lease it, end it and
store its answer, and a point's and its cells' shared by the folds. Rows written by 32 in one statement were tried: a lease took half the time, an
answer three quarters, a job no less.""".format(TASKS)


def measure(lab, rounds):
    yield Table("end to end", "us", interleave(
        {"unmask, recorded": recorded(lab), "mpi4py.futures": lambda: unrecorded(lab, 1),
         "mpi4py.futures, chunks of 100": lambda: unrecorded(lab, 100)}, rounds))
    yield Table("by stage", "us", by_stage(lab, rounds), contest=False)
    yield Table("SQLite alone", "us", rows_alone(lab, rounds), contest=False)


def recorded(lab):
    programs = lab.folder / "noop"
    programs.mkdir()
    shutil.copy(lab.build / "unmask", programs / "unmask")
    shutil.copy(lab.build / "noop_trainer", programs / "unmask-trainer")
    jobs = SUBJECTS * TASKS
    config = lab.write("noop.yaml", f"name: noop\ndataset: {{synth: {SUBJECTS}}}\nseeds: {list(range(TASKS))}\n")

    def run():
        store = lab.folder / "noop-store"
        shutil.rmtree(store, ignore_errors=True)
        return lab.seconds([programs / "unmask", "--quiet", "--store", store, "run", config, "--workers", "1",
                            "--slots", "64"]) / jobs * 1e6
    return run


def unrecorded(lab, chunk):
    mpirun = lab.build.parent / ".deps/mpi/bin/mpirun"
    return lab.number([mpirun, "--allow-run-as-root", "--oversubscribe", "-n", "1",
                       *lab.peer("mpi4py_noop.py", TASKS, chunk)])


def by_stage(lab, rounds):
    stages = {}
    for _ in range(rounds):
        folder = lab.folder / "costs"
        shutil.rmtree(folder, ignore_errors=True)
        for line in lab.output([lab.build / "dispatch_costs", folder, 100000]).splitlines():
            name, cost = re.fullmatch(r"(.+?) +([0-9.]+) us CPU.*", line).groups()
            stages.setdefault(name, []).append(float(cost))
    return stages


def rows_alone(lab, rounds):
    """Wall time of the rows of the no-op sweep in SQLite alone, by what they say."""
    stages = {"the sweep's rows": [], "leases, ends and answers": []}
    for _ in range(rounds):
        for values, seconds in zip(stages.values(), sqlite_alone.seconds(lab.folder / "noop-store/unmask.db", lab.folder / "copy.db")):
            values.append(seconds / (SUBJECTS * TASKS) * 1e6)
    return stages

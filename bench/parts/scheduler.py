"""How the scheduler grows, and how a sweep that is done starts again."""

import os
import re
import shutil

from lab import load
from results import Table, Wanted, at_most, quotient

TITLE = "Large sweeps"
MINUTES = 3
FEW, MANY, DONE = 10_000, 1_000_000, 100_000
GROWTH = f"a job of {FEW:,} and of {MANY:,}, 1,000 workers"

WANTED = [
    Wanted(f"scheduler's cost a job, simulated 1,000 workers, {MANY:,} jobs against {FEW:,}", GROWTH,
           lambda t: quotient(t.results, "many", "few"), 1.3, at_most=True),
    at_most(f"start of a sweep of {DONE:,} jobs that are done", "start of a finished sweep", "unmask", 1, "s"),
]

ABOUT = f"""\
The scheduler alone, driven through a simulated sweep by 1,000 workers, CPU time a job of {FEW:,} jobs (few) and of {MANY:,} (many). A scan of jobs
anywhere would show as a hundredfold; what is left are caches. Then `unmask run` on a store in which all of {DONE:,} jobs are done,
from the command to its end: study, plan, store, mpirun, goodbye."""


def measure(lab, rounds):
    growth = {"few": [], "many": []}
    test = [lab.build / "tests/sim_test", "--gtest_filter=Throughput.*"]
    environment = {**os.environ, "UNMASK_SIM_JOBS": str(MANY)}
    for _ in range(rounds):
        few, many = re.search(r"jobs: ([0-9.]+) us a job; \d+ jobs: ([0-9.]+) us",
                              lab.output(test, env=environment)).groups()
        growth["few"].append(float(few))
        growth["many"].append(float(many))
        print(f"    few: {few}, many: {many} us (load {load():.1f})", flush=True)
    yield Table(GROWTH, "us", growth, contest=False)
    yield Table("start of a finished sweep", "s", {"unmask": starts(lab, rounds)}, contest=False)


def starts(lab, rounds):
    folder = lab.folder / "finished"
    shutil.rmtree(folder, ignore_errors=True)
    lab.output([lab.build / "dispatch_costs", folder, DONE])
    command = [lab.build / "unmask", "--quiet", "--store", folder / "store", "run", folder / "study.yaml",
               "--workers", "1"]
    return [lab.seconds(command) for _ in range(rounds)]

#!/usr/bin/env python3
"""Throughput of a fixed sweep: DSID at the paper's widths on synthetic data, 22 folds, no early stopping.

usage: throughput.py UNMASK [--epochs N] [--workers N] [--slots N]
`busy` is the part of the slots' time that trainers spent on jobs: what is missing went into starting, scheduling,
recording and the tail of the sweep.
"""

import argparse
import os
import pathlib
import sqlite3
import subprocess
import tempfile
import time

STUDY = """\
name: bench
dataset: {{manifest: {manifest}}}
train: {{max_epochs: {epochs}, patience: {epochs}}}
"""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("unmask")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--slots", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    unmask = os.path.abspath(arguments.unmask)
    with tempfile.TemporaryDirectory(prefix="unmask-bench-") as folder:
        folder = pathlib.Path(folder)
        subprocess.run([unmask, "--quiet", "data", "synth", folder / "data"], check=True)
        study = folder / "study.yaml"
        study.write_text(STUDY.format(manifest=folder / "data" / "manifest.csv", epochs=arguments.epochs), encoding="utf-8")
        begin = time.monotonic()
        subprocess.run([unmask, "--quiet", "--store", folder / "store", "run", study, "--workers", str(arguments.workers),
                        "--slots", str(arguments.slots)], check=True)
        wall = time.monotonic() - begin
        database = sqlite3.connect(folder / "store" / "unmask.db")
        jobs, epochs, seconds = database.execute("SELECT count(*), sum(epochs), sum(seconds) FROM jobs").fetchone()
        database.close()
    slots = arguments.workers * arguments.slots
    print(f"{jobs} jobs, {epochs} epochs in {wall:.1f} s on {arguments.workers} worker(s) x {arguments.slots} slot(s)")
    print(f"{epochs / wall:.1f} epochs/s, {60 * jobs / wall:.1f} jobs/min, busy {seconds / (wall * slots):.0%}")


main()

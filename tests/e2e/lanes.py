#!/usr/bin/env python3
"""The lanes engine in a sweep: other workers, slots and orders, a kill and a resume change no number; verify agrees."""

import pathlib
import sys

import harness

STUDY = """\
name: lanes
dataset:
  manifest: {manifest}
model: {{adapter: 20, stream: 12}}
train:
  engine: lanes
  max_epochs: {epochs}
  patience: 3
  checkpoint_seconds: 0
grid:
  alpha: [0, 0.5]
experiments:
  paper: {{}}
  biased:
    loss: {{hsic: biased, kernel: linear}}
  unbiased:
    loss: {{hsic: unbiased}}
  single:
    model: {{kind: single-task, task: ter}}
    grid: false
"""

VARIANTS = [
    ["--workers", "1", "--slots", "1"],  # every job alone
    ["--workers", "1"],  # as many slots as a pack has lanes
    ["--workers", "2", "--slots", "3", "--order-seed", "7"],
    ["--workers", "1", "--slots", "11", "--order-seed", "12345"],  # more than a pack has lanes
]


def has_checkpoints(store):
    return harness.rows_so_far(store, "SELECT 1 FROM checkpoints WHERE epoch > 1")


def kill_and_resume(lab, study, store):
    process = lab.start("--store", store, "run", study, "--workers", "1")
    harness.wait_until(lambda: has_checkpoints(store) or process.poll() is not None, 120, "a checkpoint")
    lab.kill("trainer", "coordinator")
    lab.finish(process, 120)
    lab.wait_for_silence()
    lab.run("--store", store, "run", study, "--workers", "2", "--slots", "2").expect(0)
    onward = harness.rows(store, "SELECT count(*) FROM attempts WHERE first_epoch > 0")[0][0]
    print(f"killed and resumed: {onward} attempts went on from a checkpoint")
    assert onward > 0, "nothing was resumed"


def main():
    with harness.Lab(sys.argv[1]) as lab:
        study = harness.write_study(lab, epochs=12, subjects=4, text=STUDY)
        expected = None
        for number, variant in enumerate(VARIANTS):
            store = lab.folder / f"store-{number}"
            lab.run("--store", store, "run", study, *variant).expect(0)
            harness.check_whole(store)
            got = harness.numbers(store)
            expected = expected or got
            assert got == expected, f"{' '.join(variant)} changed a number"
            print(f"{' '.join(variant)}: {len(got[0])} predictions, all equal")
        assert {engine for engine, in harness.rows(store, "SELECT DISTINCT engine FROM jobs")} == {"lanes"}
        lab.run("--store", store, "verify", "--jobs", "6").expect(0)
        killed = lab.folder / "killed"
        kill_and_resume(lab, study, killed)
        harness.check_whole(killed)
        assert harness.numbers(killed) == expected, "a kill and a resume changed a number"
        lab.run("--store", killed, "run", study, "--experiment", "paper", "train.device=cuda",
                "train.engine=core").expect_error(2, "train.engine=core runs on CPUs alone")
        lab.run("--store", killed, "run", study, "experiments.biased.train.device=cuda", "experiments.paper.train.device=cpu").expect_error(
            2, "some experiments ask for the CPU and some for a CUDA device")
        if not pathlib.Path("/proc/driver/nvidia").exists():
            lab.run("--store", killed, "run", study, "train.device=cuda").expect_error(2, "no CUDA device can be used here")


main()

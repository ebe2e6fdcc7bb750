#!/usr/bin/env python3
"""Jobs that two workers train together: the numbers of one process, one attempt lost with a member, stop and resume."""

import os
import signal
import sys

import harness

STUDY = """\
name: gangs
dataset: {synth: 3}
faces: {size: 48, margin: 0}
features: {source: resnet18, finetune: true}
weights: {synth: 1}
augment: {views: 3}
model: {adapter: 16, stream: 8}
train: {max_epochs: 4, patience: 4, batch: 16, checkpoint_seconds: 0, devices: 2}
"""


def losses(store):
    return harness.rows(store, "SELECT held_out, curves.task, split, epoch, loss FROM curves JOIN jobs USING (job_key)"
                               " WHERE epoch = 0 ORDER BY 1, 2, 3, 4")


def logits(store):
    return harness.rows(store, "SELECT sample, task, logits FROM predictions ORDER BY 1, 2")


def attempts(store):
    return harness.rows(store, "SELECT a.job_key, a.attempt, a.outcome, a.error_class, a.first_epoch FROM attempts a"
                               " JOIN jobs USING (job_key) WHERE kind = 'train' ORDER BY 1, 2")


# A batch's sums are added in another order: rounding, which training makes grow. So it is compared early.
def check_against_one(lab, study):
    gang, alone = lab.folder / "gang", lab.folder / "alone"
    lab.run("--store", gang, "run", study).expect(0)
    harness.check_whole(gang)
    lab.run("--store", alone, "run", study, "train.devices=1").expect(0)
    pairs = list(zip(losses(gang), losses(alone), strict=True))
    assert pairs and all(a[:4] == b[:4] for a, b in pairs)
    worst = max(abs(a[4] - b[4]) for a, b in pairs)
    assert worst < 1e-3, f"losses differ by {worst}"
    lab.run("--store", gang, "verify").expect(1)  # nothing that one process can compare bit by bit
    print(f"two members and one process: losses of the first epoch differ by at most {worst:.1e}")
    return logits(gang)


def wait_for_checkpoint(store, process):
    harness.wait_until(lambda: harness.rows_so_far(store, "SELECT 1 FROM checkpoints LIMIT 1")
                       or process.poll() is not None, 120, "a checkpoint")


def kill_a_trainer(lab, store, process):
    wait_for_checkpoint(store, process)
    trainers = [pid for pid, role in lab.processes() if role == "trainer"]
    assert len(trainers) == 2, trainers
    os.kill(trainers[-1], signal.SIGKILL)


def check_killed_member(lab, study, expected):
    store = lab.folder / "killed"
    process = lab.start("--store", store, "run", study)
    kill_a_trainer(lab, store, process)
    lab.finish(process).expect(0)
    harness.check_whole(store)
    lost = [row for row in attempts(store) if row[2] != "done"]
    assert len(lost) == 1 and lost[0][2:4] == ("failed", "killed"), lost
    resumed = [row for row in attempts(store) if row[0] == lost[0][0] and row[2] == "done"]
    assert resumed[0][4] > 0, f"it did not go on from its checkpoint: {resumed}"
    assert logits(store) == expected, "a killed member changed a number"
    print("a member's trainer killed: one attempt, and the numbers of an undisturbed run")


def check_stop(lab, study, expected):
    store = lab.folder / "stopped"
    process = lab.start("--store", store, "run", study)
    wait_for_checkpoint(store, process)
    process.send_signal(signal.SIGINT)
    lab.finish(process).expect(75)
    lab.wait_for_silence()
    bad = [row for row in attempts(store) if row[2] not in ("done", "yielded")]
    assert not bad, bad
    lab.run("--store", store, "run", study).expect(0)
    assert logits(store) == expected, "a stop changed a number"
    print("stopped and resumed: equal numbers")


def check_refusals(lab, study):
    store = lab.folder / "none"
    lab.run("--store", store, "run", study, "--workers", "1").expect_error(2, "train.devices=2 with 1 worker")
    lab.run("--store", store, "run", study, "features.finetune=false").expect_error(2, "features.finetune=true")
    lab.run("--store", store, "run", study, "train.batch=2", "train.devices=3").expect_error(2, "train.batch=2")


def main():
    with harness.Lab(sys.argv[1]) as lab:
        study = lab.write("gangs.yaml", STUDY)
        expected = check_against_one(lab, study)
        check_killed_member(lab, study, expected)
        check_stop(lab, study, expected)
        check_refusals(lab, study)


main()

#!/usr/bin/env python3
"""Ctrl-C and SIGUSR1 stop a sweep with exit 75; the same command goes on and ends with the same numbers."""

import os
import signal
import sys

import harness


def finished_epochs(store):
    """How far the sweep is, by the checkpoints that the store knows; -1 while there is no store yet."""
    try:
        return harness.rows(store, "SELECT coalesce(sum(epoch), 0) FROM checkpoints")[0][0]
    except harness.sqlite3.OperationalError:
        return -1


def stop_and_resume(lab, study, name, sign, wrapper=(), arguments=("--workers", "2", "--slots", "1")):
    store = lab.folder / name
    process = lab.start("--store", store, "run", study, *arguments, wrapper=wrapper)
    harness.wait_until(lambda: finished_epochs(store) > 0 or process.poll() is not None, 120, "a checkpoint")
    os.kill(process.pid, sign)
    lab.finish(process, 60).expect(75)
    lab.wait_for_silence()
    left = harness.rows(store, "SELECT count(*) FROM jobs WHERE state <> 'done'")[0][0]
    assert left > 0, "it had finished before it could be stopped: make the study longer"
    assert not harness.rows(store, "SELECT 1 FROM attempts WHERE outcome = 'failed'"), "a stop is no failure"
    assert not (store / "unmask.db-wal").exists(), "a clean exit leaves one file"
    lab.run("--store", store, "run", study, "--workers", "2", "--slots", "1").expect(0)
    harness.check_whole(store)
    resumed = harness.rows(store, "SELECT count(*) FROM attempts WHERE first_epoch > 0")[0][0]
    assert resumed > 0, "nothing went on from a checkpoint"
    print(f"{name}: stopped with {left} jobs to do, {resumed} attempts went on from a checkpoint")
    return harness.numbers(store)


def main():
    with harness.Lab(sys.argv[1]) as lab:
        study = harness.write_study(lab, epochs=60)
        whole = lab.folder / "whole"
        lab.run("--store", whole, "run", study, "--workers", "2", "--slots", "1").expect(0)
        expected = harness.numbers(whole)
        assert stop_and_resume(lab, study, "ctrl-c", signal.SIGINT) == expected
        assert stop_and_resume(lab, study, "usr1", signal.SIGUSR1) == expected
        mpirun = [*sys.argv[2:3], "--allow-run-as-root", "--oversubscribe", "-n", "3"]
        if sys.argv[2:]:
            assert stop_and_resume(lab, study, "mpirun", signal.SIGUSR1, mpirun, ["--slots", "1"]) == expected


main()

#!/usr/bin/env python3
"""Ctrl-C, SIGUSR1 and a hang-up stop a sweep with exit 75 (under nohup a hang-up does not); the same command goes on and ends with the same numbers.

usage: graceful_stop.py UNMASK [MPIRUN]
"""

import os
import pathlib
import signal
import sys

import harness


def done(store):
    return harness.rows(store, "SELECT count(*) FROM jobs WHERE state = 'done'")[0][0]


def is_midway(store):
    """Whether jobs are done, and others have a checkpoint; not while there is no store yet."""
    return harness.rows_so_far(store, "SELECT 1 FROM checkpoints WHERE"
                                      " (SELECT count(*) FROM jobs WHERE state = 'done') >= 3 LIMIT 1")


def ignore_hang_up():
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does


def stop_and_resume(lab, study, name, sign, wrapper=(), arguments=("--workers", "2", "--slots", "1"), **options):
    store = lab.folder / name
    process = lab.start("--store", store, "run", study, *arguments, wrapper=wrapper, **options)
    harness.wait_until(lambda: is_midway(store) or process.poll() is not None, 120, "the sweep's middle")
    if options:
        os.kill(process.pid, signal.SIGHUP)
        soon = done(store) + 3
        harness.wait_until(lambda: done(store) >= soon or process.poll() is not None, 60, "what comes after the hang-up")
        assert process.poll() is None, "it heeded the hang-up"
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
        assert stop_and_resume(lab, study, "hang-up", signal.SIGHUP) == expected
        assert stop_and_resume(lab, study, "nohup", signal.SIGINT, preexec_fn=ignore_hang_up) == expected
        if sys.argv[2:]:
            mpirun = [pathlib.Path(sys.argv[2]).resolve(), "--allow-run-as-root", "--oversubscribe", "-n", "3"]
            assert stop_and_resume(lab, study, "mpirun", signal.SIGUSR1, mpirun, ["--slots", "1"]) == expected


main()

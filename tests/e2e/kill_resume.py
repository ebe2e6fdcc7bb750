#!/usr/bin/env python3
"""SIGKILL at random moments to a random process, then resume: as if nothing had happened.

usage: kill_resume.py UNMASK [--runs N] [--seed S]
The seed decides who dies and when (as a part of the sweep's usual duration); it is printed.
"""

import argparse
import collections
import contextlib
import os
import random
import signal
import time

import harness

ROLES = ["coordinator", "agent", "trainer", "mpirun", "launcher"]
RUN = ["--workers", "2", "--slots", "1"]


def kill_one(lab, process, role, moment, rng):
    """Kills a process of the role `moment` seconds after now, or as soon as there is one; None where the run ended."""
    begin = time.monotonic()

    def victims():
        if process.poll() is not None:
            return "ended"
        if time.monotonic() - begin < moment:
            return None
        return [pid for pid, its in lab.processes() if its == role]

    found = harness.wait_until(victims, 300, f"a {role}")
    if found == "ended":
        return None
    victim = rng.choice(found)
    with contextlib.suppress(ProcessLookupError):
        os.kill(victim, signal.SIGKILL)
    return victim


def one_trial(lab, study, name, duration, rng, killed_roles):
    """A store that was killed into once or twice and then completed; tells what was done to it."""
    store = lab.folder / name
    story = []
    for _ in range(rng.choice([1, 1, 2])):
        role, moment = rng.choice(ROLES), rng.uniform(0, 0.9 * duration)
        process = lab.start("--store", store, "run", study, *RUN)
        killed = kill_one(lab, process, role, moment, rng)
        ended = lab.finish(process, 120)
        silence = lab.wait_for_silence()
        assert ended.code in (0, 75, -signal.SIGKILL), f"after the death of {role}: {ended}"
        killed_roles[role] += bool(killed)
        story.append(f"{role if killed else 'nobody'} at {moment:.2f} s: exit {ended.code}, silent after {silence:.1f} s")
    lab.run("--store", store, "run", study, *RUN).expect(0)
    return store, "; ".join(story)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("unmask")
    parser.add_argument("--runs", type=int, default=4)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    with harness.Lab(arguments.unmask) as lab:
        study = harness.write_study(lab, epochs=60)
        whole = lab.folder / "whole"
        begin = time.monotonic()
        lab.run("--store", whole, "run", study, *RUN).expect(0)
        duration = time.monotonic() - begin
        harness.check_whole(whole)
        expected = harness.numbers(whole)
        resumed, wanted = 0, max(1, arguments.runs // 5)
        killed_roles = collections.Counter()
        for number in range(3 * arguments.runs):
            if number >= arguments.runs and resumed >= wanted:
                break
            rng = random.Random(f"{arguments.seed}/{number}")
            store, story = one_trial(lab, study, f"trial-{number}", duration, rng, killed_roles)
            harness.check_whole(store)  # no job quarantined, nothing twice
            assert harness.numbers(store) == expected, f"trial {number} changed a number: {story}"
            onward = harness.rows(store, "SELECT count(*) FROM attempts WHERE first_epoch > 0")[0][0]
            resumed += onward
            print(f"trial {number}: {story}; {onward} attempts went on from a checkpoint", flush=True)
        print(f"{number} trials: every number as in the uninterrupted sweep ({duration:.1f} s); {resumed} attempts "
              f"went on from a checkpoint; killed: {dict(killed_roles)}")
        assert killed_roles.total() >= arguments.runs / 2, "too few were killed"
        assert resumed >= wanted, "too few attempts went on from a checkpoint"


main()

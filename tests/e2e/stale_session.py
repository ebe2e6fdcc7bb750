#!/usr/bin/env python3
"""A sweep starts where an mpirun that was killed left a session folder under the pid that ours is given.

usage: stale_session.py UNMASK MPIRUN
"""

import pathlib
import shutil
import subprocess
import sys

import harness

PIDS = 500  # the sweep's mpirun is among the next so many processes


def make_stale(lab, mpirun, folder):
    """What mpirun leaves when it is killed: its folder, whose files are named by its pid."""
    process = subprocess.Popen([mpirun, "--allow-run-as-root", "-n", "1", "sleep", "600"], stdin=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, env={**lab.environment, "TMPDIR": str(folder)})
    harness.wait_until(lambda: list(folder.glob(f"*.{process.pid}/pmix.*.tool.{process.pid}")), 60, "mpirun's session")
    harness.wait_until(lambda: len(lab.processes()) > 1, 60, "its process")
    process.kill()
    process.wait()
    lab.kill()
    lab.wait_for_silence()
    return process.pid, next(folder.glob(f"*.{process.pid}"))


def copy_to_pid(stale, old, new):
    made = shutil.copytree(stale, stale.with_name(stale.name.replace(str(old), str(new))))
    for file in made.glob(f"pmix.*{old}*"):
        file.rename(file.with_name(file.name.replace(str(old), str(new))))


def main():
    mpirun = pathlib.Path(sys.argv[2]).resolve()
    with harness.Lab(sys.argv[1]) as lab:
        folder = lab.folder / "t"
        folder.mkdir()
        old, stale = make_stale(lab, mpirun, folder)
        newest = int(subprocess.run(["sh", "-c", "echo $$"], capture_output=True, check=True).stdout)
        for pid in range(newest + 1, newest + PIDS):
            copy_to_pid(stale, old, pid)
        lab.environment["TMPDIR"] = str(folder)
        study = harness.write_study(lab, epochs=1)
        process = lab.start("--store", lab.folder / "store", "run", study, "--workers", "1")
        mpirun_pid = harness.wait_until(lambda: [pid for pid, role in lab.processes() if role == "mpirun"], 60, "mpirun")[0]
        assert newest < mpirun_pid < newest + PIDS, f"not prepared for: {mpirun_pid}, from {newest} on"
        ended = lab.finish(process).expect(0)
        assert "PMIx" not in ended.err, ended
        left = [path.name for path in folder.iterdir() if path.name.startswith("unmask-run-")]
        assert not left, f"left behind: {left}"


main()

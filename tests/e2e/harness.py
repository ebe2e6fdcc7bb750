"""What the end-to-end scripts share: a temporary folder, the program as a user starts it, its store, its processes.

Python's standard library only. Every script takes the program as its first argument:
    tests/e2e/same_bits.py build/unmask
"""

import contextlib
import csv
import json
import os
import pathlib
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

ERROR_LINE = re.compile(r"^unmask: error: \S.*$")
TAG = "UNMASK_E2E_FOLDER"  # in the environment of every process that a script starts


def wait_until(condition, seconds, what="the condition"):
    """Polls until the condition holds and returns its value; an error when the time is up."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s for {what}")
        time.sleep(0.005)
    return value


class Finished:
    """How a command ended."""

    def __init__(self, arguments, code, out, err):
        self.arguments, self.code, self.out, self.err = arguments, code, out, err

    def __str__(self):
        return f"{' '.join(map(str, self.arguments))}\nexit {self.code}\n--- stdout\n{self.out}\n--- stderr\n{self.err}"

    def expect(self, code):
        assert self.code == code, f"expected exit {code}: {self}"
        return self

    def expect_error(self, code, *mentions):
        """The contract's form of a failure: this exit code and one line on stderr."""
        self.expect(code)
        lines = self.err.splitlines()
        assert len(lines) == 1 and ERROR_LINE.match(lines[0]), f"expected one error line: {self}"
        for text in mentions:
            assert text in lines[0], f"expected '{text}' in the error: {self}"
        return self


class Lab:
    """A temporary folder, and the program run in it. Everything that it started must be gone at the end."""

    def __init__(self, program):
        self.program = pathlib.Path(program).resolve()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="unmask-e2e-"))
        self.environment = {k: v for k, v in os.environ.items() if k not in ("UNMASK_STORE",)}
        self.environment.update({TAG: str(self.folder), "NO_COLOR": "1"})

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        left = self.kill()
        if kind is None:
            shutil.rmtree(self.folder)
            assert not left, f"processes left behind: {left}"
        else:
            print(f"kept for a look: {self.folder}", file=sys.stderr)

    def start(self, *arguments, wrapper=(), **options):
        """Starts `unmask ARGUMENTS` with its output in files; `wrapper` stands before it (mpirun ...)."""
        number = len(list(self.folder.glob("*.err")))
        with (open(self.folder / f"{number}.out", "wb") as out, open(self.folder / f"{number}.err", "wb") as err):
            process = subprocess.Popen([*map(str, wrapper), self.program, *map(str, arguments)], stdin=subprocess.DEVNULL,
                                       stdout=out, stderr=err, env=self.environment, cwd=self.folder, **options)
        process.arguments, process.number = arguments, number
        return process

    def finish(self, process, seconds=300):
        try:
            code = process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            raise AssertionError(f"still running after {seconds} s: {process.arguments}") from None
        return Finished(process.arguments, code, self.read(f"{process.number}.out"), self.read(f"{process.number}.err"))

    def run(self, *arguments, seconds=300, **options):
        return self.finish(self.start(*arguments, **options), seconds)

    def read(self, name):
        return (self.folder / name).read_text(encoding="utf-8", errors="backslashreplace")

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def processes(self):
        """(pid, role) of everything alive that was started here."""
        found = []
        for entry in pathlib.Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) == os.getpid():
                continue
            with contextlib.suppress(OSError):
                environment = (entry / "environ").read_bytes().split(b"\0")
                if f"{TAG}={self.folder}".encode() in environment:
                    found.append((int(entry.name), role_of(os.readlink(entry / "exe"), environment)))
        return found

    def kill(self, *roles):
        """SIGKILL to all of these roles; without one to every process. Returns what was there."""
        found = [(pid, role) for pid, role in self.processes() if not roles or role in roles]
        for pid, _ in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return found

    def wait_for_silence(self, seconds=60):
        """Until no process is left; returns how long that took."""
        begin = time.monotonic()
        wait_until(lambda: not self.processes(), seconds, "every process to end")
        return time.monotonic() - begin


def role_of(executable, environment):
    name = pathlib.Path(executable).name
    if name == "unmask-trainer":
        return "trainer"
    if name != "unmask":
        return "mpirun"
    ranks = [v for v in environment if v.startswith((b"PMIX_RANK=", b"OMPI_COMM_WORLD_RANK="))]
    if not ranks:
        return "launcher"
    return "coordinator" if ranks[0].endswith(b"=0") else "agent"


# --- stores -------------------------------------------------------------------------------------


def rows(store, sql, *parameters):
    """Rows of a query on a store, straight from SQLite."""
    connection = sqlite3.connect(f"file:{store}/unmask.db?mode=ro", uri=True, timeout=30)
    with contextlib.closing(connection):
        return connection.execute(sql, parameters).fetchall()


def rows_so_far(store, sql, *parameters):
    """The same while a run begins: none as long as the store, or a part of it, is not there."""
    with contextlib.suppress(sqlite3.OperationalError):
        return rows(store, sql, *parameters)
    return []


def numbers(store):
    """Everything that must not depend on how a sweep was run: each prediction with its logits, each cell."""
    predictions = rows(store, "SELECT experiment, job_key, alpha, beta, seed, sample, subject, task, label, predicted, "
                              "logits FROM predictions ORDER BY 1, 2, 5, 8, 6")
    cells = rows(store, "SELECT experiment, point, seed, task, folds_done, folds_total, k, n, macro_f1, uar FROM cells "
                        "ORDER BY 1, 2, 3, 4")
    assert predictions and cells, f"nothing recorded in {store}"
    assert len(set(predictions)) == len(predictions), "a prediction is there twice"
    return predictions, cells


def check_whole(store):
    """A store after a finished sweep: sound, everything done, nothing recorded twice."""
    assert rows(store, "PRAGMA integrity_check") == [("ok",)]
    assert rows(store, "SELECT DISTINCT state FROM jobs") == [("done",)], "not every job is done"
    twice = rows(store, "SELECT job_key FROM attempts WHERE outcome = 'done' GROUP BY job_key HAVING count(*) > 1")
    assert not twice, f"recorded twice: {twice}"
    assert not rows(store, "SELECT 1 FROM cells WHERE folds_done < folds_total"), "a cell lacks folds"


# --- input --------------------------------------------------------------------------------------

HEADER = ["sample", "subject", "true", "disguised", "onset", "apex", "offset", "frames", "action_units"]
EMOTIONS = {"anger": "4 5 7 23", "joy": "6 12 25", "sadness": "1 4 15 17", "fear": "1 2 5 20"}


def manifest_rows(subjects=5, emotions=EMOTIONS, takes=2, seed=1):
    """Clips of every pair of different emotions: the shown one's action units, and at times one of the true one's."""
    rng = random.Random(seed)
    names = list(emotions)
    clips = []
    for subject in [f"s{k:02}" for k in range(subjects)] if isinstance(subjects, int) else subjects:
        for true in names:
            for disguised in [name for name in names if name != true]:
                for take in range(takes):
                    units = [u for u in emotions[disguised].split() if rng.random() < 0.9]
                    units += [u for u in emotions[true].split() if rng.random() < 0.4 and u not in units]
                    clips.append([f"{subject}_{true}_{disguised}_{take}", subject, true, disguised, "0", "5", "10", "",
                                  " ".join(units)])
    return clips


def write_manifest(path, clips, line_end="\n"):
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator=line_end).writerows([HEADER, *clips])
    return path


SMALL_STUDY = """\
name: small
dataset:
  manifest: {manifest}
model:
  adapter: 32
  stream: 16
train:
  max_epochs: {epochs}
  patience: {epochs}
  checkpoint_seconds: 0
seeds: [0, 1]
grid:
  alpha: [0, 0.5]
experiments:
  dsid:
    model: {{kind: dsid}}
  single:
    model: {{kind: single-task, task: ter}}
    grid: false
"""


def write_study(lab, epochs=8, subjects=5, text=SMALL_STUDY):
    """A small study on its own data: (3 points x 2 seeds) x subjects jobs."""
    manifest = write_manifest(lab.folder / "manifest.csv", manifest_rows(subjects))
    return lab.write("study.yaml", text.format(manifest=json.dumps(str(manifest)), epochs=epochs))

#!/usr/bin/env python3
"""The scripts in tools/, as a user starts them.

usage: tools.py UNMASK [PYTHON...]

What needs mlflow or wandb runs in the first of these Pythons (this one, those given, what `./dev bench` sets up)
that has it, and is skipped, with the reason, where none has.
"""

import contextlib
import pathlib
import sqlite3
import subprocess
import sys
import unittest

import harness

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM, PYTHONS = sys.argv[1], [sys.executable, *sys.argv[2:], str(ROOT / ".deps/peers/bin/python")]

class Tool(unittest.TestCase):
    def python_with(self, package):
        for python in PYTHONS:
            has = [python, "-c", f"import importlib.util, sys; sys.exit(importlib.util.find_spec('{package}') is None)"]
            if pathlib.Path(python).exists() and not subprocess.run(has, check=False).returncode:
                return python
        return self.skipTest(f"no {package} in {', '.join(PYTHONS)}")

    def tool(self, name, *arguments, python=sys.executable, code=0):
        command = [python, "-B", ROOT / "tools" / name, *arguments]
        ended = subprocess.run(command, capture_output=True, text=True, cwd=self.lab.folder, timeout=300, check=False)
        return harness.Finished(command, ended.returncode, ended.stdout, ended.stderr).expect(code)


class Store(Tool):
    """What reads a finished sweep, trained once for all."""

    @classmethod
    def setUpClass(cls):
        cls.lab = cls.enterClassContext(harness.Lab(PROGRAM))
        cls.study = harness.write_study(cls.lab, epochs=3, subjects=3)
        cls.lab.run("--store", "store", "run", cls.study).expect(0)
        cls.sweep = harness.rows(cls.lab.folder / "store", "SELECT sweep FROM sweeps")[0][0]

    def test_mlflow_has_each_run_once(self):
        python = self.python_with("mlflow")
        for _ in range(2):
            self.tool("to_trackers.py", "mlflow", "store", "trackers", self.sweep, python=python)
        with contextlib.closing(sqlite3.connect(self.lab.folder / "trackers/mlflow.db")) as database:
            tags = database.execute("SELECT value FROM tags JOIN runs USING (run_uuid)"
                                    " WHERE key = 'unmask.point' AND lifecycle_stage = 'active'").fetchall()
        self.assertEqual((len(tags), len(set(tags))), (6, 6))

    def test_wandb_has_each_run_once(self):
        python = self.python_with("wandb")
        names = []
        for _ in range(2):
            self.tool("to_trackers.py", "wandb", "store", "trackers", self.sweep, python=python)
            runs = (self.lab.folder / "trackers/wandb").glob("offline-run-*")
            names.append(sorted(path.name.split("-")[-1] for path in runs))
        self.assertEqual(names[0], names[1])
        self.assertEqual((len(names[0]), len(set(names[0]))), (6, 6))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)

#!/usr/bin/env python3
"""The scripts in tools/, as a user starts them.

usage: tools.py UNMASK [PYTHON...]

What needs numpy, mlflow or wandb runs in the first of these Pythons (this one, those given, what `./dev bench` sets up)
that has it, and is skipped, with the reason, where none has.
"""

import contextlib
import csv
import io
import json
import pathlib
import sqlite3
import subprocess
import sys
import unittest

import harness

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM, PYTHONS = sys.argv[1], [sys.executable, *sys.argv[2:], str(ROOT / ".deps/peers/bin/python")]

SHEET = """\
A sheet as SAMM has it,,,,,,,
Subject,Filename,Onset Frame,Apex Frame,Offset Frame,Micro,Action Units,Estimated Emotion
1,EP01_01,110,141,220,1,4+L5+R5+9A,Disgust
1,EP01_02,20,/,105.0,1,L12 + 25B,"Happiness"
02,EP01_01,3,,9,1,,Others
"""

# The largest distance of each model's logits from those recorded for the clips that its fold held out, how many were
# compared, and how many were predicted as another class.
LOGITS = """\
import json, pathlib, sqlite3, sys
sys.path.insert(0, sys.argv[1])
import predict
names, x = predict.read_action_units(sys.argv[3])
store = sqlite3.connect(pathlib.Path(sys.argv[2], "unmask.db"))
most = count = other = 0
for job, weights in store.execute("SELECT DISTINCT job_key, weights_sha256 FROM jobs").fetchall():
    logits = predict.logits_of(predict.read_safetensors(pathlib.Path(sys.argv[2], "blobs", weights)), x)
    for sample, task, predicted, recorded in store.execute(
            "SELECT DISTINCT sample, task, predicted, logits FROM predictions WHERE job_key = ?", (job,)).fetchall():
        classes, ours = predict.classes_of(store, job, task), logits[task][names.index(sample)]
        most = max(most, *(abs(ours[i] - json.loads(recorded)[name]) for i, name in enumerate(classes)))
        count, other = count + 1, other + (classes[ours.argmax()] != predicted)
print(json.dumps([float(most), count, other]))
"""


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


class Sheet(Tool):
    def setUp(self):
        self.lab = self.enterContext(harness.Lab(PROGRAM))

    def test_a_sheet_becomes_a_manifest(self):
        sheet = self.lab.write("sheet.csv", SHEET)
        self.tool("import_sheet.py", sheet, "--out", "clips.csv", "--frames", "s{subject:0>2}/{filename}")
        self.assertEqual(list(csv.reader(io.StringIO(self.lab.read("clips.csv"))))[1:], [
            ["1/EP01_01", "1", "Disgust", "", "110", "141", "220", "s01/EP01_01", "4 5 9"],
            ["1/EP01_02", "1", "Happiness", "", "20", "", "105", "s01/EP01_02", "12 25"],
            ["02/EP01_01", "02", "Others", "", "3", "", "9", "s02/EP01_01", ""]])
        self.tool("import_sheet.py", "sheet.csv", "--out", "clips.csv")
        said = json.loads(self.lab.run("data", "validate", "clips.csv", "--json").expect(0).out)
        self.assertEqual((said["clips"], said["subjects"], said.get("problems", [])), (3, ["02", "1"], []))

    def test_what_is_wrong_is_one_line(self):
        sheet = self.lab.write("sheet.csv", SHEET.replace("141", "soon").replace(",", ";"))
        for more, expected in (((), "sheet.csv:3: 'soon' is no frame number"), (("--frames", "{clip}"), "--frames"),
                               (("--emotion", "Feeling"), "no line has the columns")):
            said = self.tool("import_sheet.py", sheet, "--out", "clips.csv", *more, code=1).err
            self.assertIn(expected, said)
            self.assertEqual(said.count("\n"), 1)


class Store(Tool):
    """What reads a finished sweep, trained once for all."""

    @classmethod
    def setUpClass(cls):
        cls.lab = cls.enterClassContext(harness.Lab(PROGRAM))
        cls.study = harness.write_study(cls.lab, epochs=3, subjects=3)
        cls.lab.run("--store", "store", "run", cls.study).expect(0)
        cls.sweep = harness.rows(cls.lab.folder / "store", "SELECT sweep FROM sweeps")[0][0]

    def test_models_predict_as_their_folds_did(self):
        python = self.python_with("numpy")
        ended = subprocess.run([python, "-B", "-c", LOGITS, ROOT / "tools", "store", "manifest.csv"], cwd=self.lab.folder,
                               capture_output=True, text=True, check=True)
        most, count, other = json.loads(ended.stdout)
        self.assertEqual((count, other), (3 * 24 * 2 * (2 * 2 + 1), 0))  # clips, seeds; two points of two tasks, one of one
        self.assertLess(most, 1e-4)

    def predicted(self, *arguments, code=0):
        said = self.tool("predict.py", "store", self.sweep, *arguments, python=self.python_with("numpy"), code=code)
        return list(csv.DictReader(io.StringIO(said.out))) if code == 0 else said.err

    def test_new_clips_are_predicted_by_all_folds(self):
        clips = self.lab.write("new.csv", "sample,action_units\na,4 5 7 23\nb,\n")
        both = self.predicted("dsid", "--action-units", clips, "--point", "alpha=0.5")
        self.assertEqual([(row["sample"], row["task"], row["folds"]) for row in both],
                         [(clip, task, "6") for task in ("ter", "der") for clip in "ab"])
        self.assertTrue(all(row["predicted"] in harness.EMOTIONS and 0.25 <= float(row["share"]) <= 1 for row in both))
        codes = self.codes()
        rows = [["sample", *codes], ["a", *(int(code in ("4", "5", "7", "23")) for code in codes)], ["b"] + [0] * len(codes)]
        table = self.lab.write("table.csv", "\n".join(",".join(map(str, row)) for row in rows))
        self.assertEqual(self.predicted("dsid", table, "--point", "loss.alpha=0.5"), both)
        self.assertEqual({row["task"] for row in self.predicted("single", "--action-units", clips)}, {"ter"})

    def codes(self):
        """As docs/formats.md lists them."""
        text = (ROOT / "docs/formats.md").read_text(encoding="utf-8")
        return text.split("The 75 inputs, in order: ")[1].split(".")[0].replace("\n", " ").split()

    def test_what_cannot_be_predicted_is_one_line(self):
        clips = self.lab.write("new.csv", "sample,action_units\na,4 5 7 23\n")
        table = self.lab.write("table.csv", "sample,x\na,1\n")
        odd = self.lab.write("odd.csv", "sample,action_units\na,4 R5\n")
        several = "2 points match; --point chooses one of: alpha=0  alpha=0.5"
        for arguments, expected in ((("dsid", "--action-units", clips), several),
                                    (("dsid", "--action-units", clips, "--point", "alpha=7"), "0 points match"),
                                    (("dsit", "--action-units", clips), "no fold of an experiment 'dsit'"),
                                    (("single", table), "1 features a clip; single was trained on 75 (action-units)"),
                                    (("single", clips), "every column but sample holds numbers"),
                                    (("single", "--action-units", table), "no clips, or no column sample or action_units"),
                                    (("single", "--action-units", odd), "no FACS codes: R5"),
                                    (("single",), "either FEATURES.csv or --action-units")):
            said = self.predicted(*arguments, code=1)
            self.assertIn(expected, said)
            self.assertEqual(said.count("\n"), 1)

    def test_models_that_were_not_kept(self):
        self.lab.run("--store", "bare", "run", self.study, "--experiment", "single", "store.keep=none", "seeds=0").expect(0)
        sweep = harness.rows(self.lab.folder / "bare", "SELECT sweep FROM sweeps")[0][0]
        said = self.tool("predict.py", "bare", sweep, "single", "--action-units", "manifest.csv", code=1,
                         python=self.python_with("numpy"))
        self.assertEqual(said.err, "predict: single has no weights: it was trained with store.keep=none\n")

    def test_clips_of_the_sweep_are_no_test(self):
        said = self.tool("predict.py", "store", self.sweep, "single", "--action-units", "manifest.csv",
                         python=self.python_with("numpy"))
        self.assertEqual(said.err, "predict: note: 72 clips are the sweep's own, so this is no test\n")

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

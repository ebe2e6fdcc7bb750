#!/usr/bin/env python3
"""Wrong input of every kind: one line `unmask: error: WHAT (WHERE): EXPECTED` and the contract's exit code."""

import json
import os
import pathlib
import sqlite3
import subprocess
import sys
import time
import unittest

import harness

PROGRAM = sys.argv.pop(1)


class WrongInput(unittest.TestCase):
    def setUp(self):
        self.lab = self.enterContext(harness.Lab(PROGRAM))
        self.store = self.lab.folder / "store"

    def unmask(self, *arguments, **options):
        return self.lab.run("--store", self.store, *arguments, seconds=60, **options)

    def plan(self, study_text, *overrides):
        return self.unmask("plan", self.lab.write("study.yaml", study_text), *overrides)

    def finished_store(self):
        study = harness.write_study(self.lab, epochs=1, subjects=4)
        self.unmask("run", study, "--workers", "1", "--slots", "2").expect(0)
        return study


class Configuration(WrongInput):
    def study(self, extra=""):
        manifest = harness.write_manifest(self.lab.folder / "m.csv", harness.manifest_rows())
        return f"name: x\ndataset:\n  manifest: {json.dumps(str(manifest))}\n{extra}"

    def test_a_right_one_is_accepted(self):
        self.plan(self.study()).expect(0)

    def test_missing(self):
        self.unmask("run", "no-such.yaml").expect_error(2, "no-such.yaml")

    def test_unparsable(self):
        self.plan("name: [unclosed\n").expect_error(2, "study.yaml:")

    def test_not_a_mapping(self):
        self.plan("- 1\n- 2\n").expect_error(2)

    def test_alias_bomb(self):
        bomb = "a: &a [1, 1]\n" + "".join(f"{chr(98 + k)}: &{chr(98 + k)} [*{chr(97 + k)}, *{chr(97 + k)}]\n" for k in range(24))
        self.plan(bomb).expect_error(2, "study.yaml:")

    def test_depth(self):
        self.plan("name: " + "[" * 20000 + "]" * 20000 + "\n").expect_error(2)

    def test_size(self):
        self.plan(self.study("# " + "x" * (2 << 20) + "\n")).expect_error(2)

    def test_unknown_key(self):
        self.plan(self.study("train:\n  bach: 3\n")).expect_error(2, "study.yaml:5", "bach", "batch")

    def test_unknown_override(self):
        self.plan(self.study(), "train.bach=3").expect_error(2, "bach", "batch")

    def test_an_experiments_override_is_named_in_full(self):
        self.plan(self.study("experiments: {a: {}}\n"), "experiments.a.train.lr=x").expect_error(2, "'experiments.a.train.lr'")

    def test_wrong_type(self):
        self.plan(self.study("train:\n  batch: many\n")).expect_error(2, "study.yaml:5", "batch")

    def test_impossible_value(self):
        self.plan(self.study("train:\n  dropout: 1.5\n")).expect_error(2, "study.yaml:5", "dropout")

    def test_impossible_choice(self):
        self.plan(self.study("loss:\n  hsic: biassed\n")).expect_error(2, "study.yaml:5", "biased")

    def test_all_problems_at_once(self):
        ended = self.plan(self.study("train:\n  bach: 3\n  batch: many\n  dropout: 7\n")).expect(2)
        self.assertEqual(len(ended.err.splitlines()), 3, ended)
        for line in ended.err.splitlines():
            self.assertRegex(line, harness.ERROR_LINE)


class Features(WrongInput):
    """Made elsewhere: a table."""

    def plan_with(self, table):
        manifest = harness.write_manifest(self.lab.folder / "m.csv", harness.manifest_rows(subjects=3))
        return self.unmask("plan", self.lab.write("study.yaml", "features: {source: table}\n"),
                           f"dataset.manifest={manifest}", f"features.table={table}")

    def test_no_table(self):
        self.plan_with("").expect_error(2, "features.table=FILE.csv")
        self.plan_with("gone.csv").expect_error(3, "gone.csv")
        self.plan_with(self.lab.folder).expect_error(3)

    def test_what_is_wrong_in_it(self):
        for text in "", "sample\n", "clip,x\na,1\n", "sample,x\na,one\n", "sample,x\na,1,2\n", "sample,x\na,inf\n":
            self.plan_with(self.lab.write("f.csv", text)).expect_error(3, "f.csv")

    def test_clips_without_features(self):
        self.plan_with(self.lab.write("f.csv", "sample,x\n0,1\n")).expect_error(3, "no clip has features", "f.csv")
        first, *others = [clip[0] for clip in harness.manifest_rows(subjects=3)]
        table = self.lab.write("f.csv", "sample,x\n" + "".join(f"{sample},1\n" for sample in others))
        self.plan_with(table).expect_error(3, f"clip '{first}' has no features", "f.csv")


class Manifest(WrongInput):
    def check(self, text, code, *mentions):
        """The same answer from `data validate` and from a run."""
        self.lab.write("m.csv", text)
        self.unmask("data", "validate", "m.csv").expect_error(code, *mentions)
        self.plan("name: x\ndataset: {manifest: m.csv}\n").expect_error(code, *mentions)

    def edited(self, column, value, row=3):
        clips = harness.manifest_rows()
        clips[row - 2][harness.HEADER.index(column)] = value
        harness.write_manifest(self.lab.folder / "edited.csv", clips)
        return (self.lab.folder / "edited.csv").read_bytes()

    def test_missing(self):
        self.plan("name: x\ndataset: {manifest: none.csv}\n").expect_error(3, "none.csv")
        self.unmask("data", "validate", "none.csv").expect_error(3, "none.csv")

    def test_empty(self):
        self.check("", 3)

    def test_cut_in_a_quoted_field(self):
        self.check(",".join(harness.HEADER) + '\nx,"s01,a,b', 3, "m.csv:2")

    def test_cut_row(self):
        self.check(",".join(harness.HEADER) + "\nx,s01,a\n", 3, "m.csv:2")

    def test_missing_column(self):
        clips = [row[:3] + row[4:] for row in [harness.HEADER, *harness.manifest_rows()]]
        self.check("".join(",".join(row) + "\n" for row in clips), 3, "m.csv:1", "disguised")

    def test_bad_frame_number(self):
        self.check(self.edited("apex", "5x"), 3, "m.csv:3", "apex")

    def test_missing_pictures(self):
        (self.lab.folder / "clips").mkdir()
        (self.lab.folder / "clips" / "5.jpg").write_bytes(b"\xff\xd8\xff cut short")
        clips = harness.manifest_rows()
        at = harness.HEADER.index("frames")
        clips[0][at], clips[1][at], clips[2][at] = "none", "clips", "../clips"
        clips[1][harness.HEADER.index("apex")], clips[1][harness.HEADER.index("onset")] = "5", "4"
        harness.write_manifest(self.lab.folder / "m.csv", clips)
        ended = self.unmask("data", "validate", "m.csv").expect(3)
        self.assertEqual(sorted(line.count("m.csv:") and line.split("m.csv:")[1][0] for line in ended.err.splitlines()), ["2", "3", "3", "4"], ended)
        for mention in ("none", "no frame 4 in 'clips'", "5.jpg", "../clips"):
            self.assertIn(mention, ended.err)
        for line in ended.err.splitlines():
            self.assertRegex(line, harness.ERROR_LINE)
        harness.write_manifest(self.lab.folder / "m.csv", clips[:1] + clips[3:])
        self.plan("name: x\ndataset: {manifest: m.csv}\n").expect(0)  # action units need no pictures

    def test_a_root_that_is_not_there_is_told_once(self):
        self.lab.run("data", "synth", "synthetic", "--subjects", "3").expect(0)
        self.unmask("data", "validate", "synthetic/manifest.csv", "--root", "nowhere").expect_error(3, "nowhere", "--root")
        self.plan("name: x\ndataset: {manifest: synthetic/manifest.csv}\nfeatures.source: vit\n", "weights.synth=1",
                  "dataset.root=nowhere").expect_error(3, "nowhere", "dataset.root")

    def test_bad_frame_order(self):
        self.check(self.edited("apex", "11"), 3, "m.csv:3")

    def test_bad_action_unit(self):
        self.check(self.edited("action_units", "4 999"), 3, "m.csv:3", "999")

    def test_empty_subject(self):
        self.check(self.edited("subject", ""), 3, "m.csv:3", "subject")

    def test_path_outside_the_root(self):
        self.check(self.edited("frames", "../../etc"), 3, "m.csv:3", "../../etc")

    def test_duplicate_clip(self):
        clips = harness.manifest_rows()
        self.check(self.edited("sample", clips[0][0]), 3, "m.csv:3", clips[0][0])

    def test_not_utf8(self):
        self.check(self.edited("subject", "placeholder").replace(b"placeholder", b"\xff\xfe"), 3, "m.csv:3")

    def test_too_few_subjects(self):
        harness.write_manifest(self.lab.folder / "m.csv", harness.manifest_rows(subjects=1))
        self.plan("name: x\ndataset: {manifest: m.csv}\n").expect_error(3, "subject")

    def test_folds_that_must_fail(self):
        """Before a plan is printed or a job is started, all at once."""
        clips = harness.manifest_rows(subjects=3)
        harness.write_manifest(self.lab.folder / "m.csv", [next(row for row in clips if row[1] == f"s0{k}") for k in range(3)])
        study = self.lab.write("study.yaml", "name: x\ndataset: {manifest: m.csv}\nexperiments: {a: {}, b: {loss.alpha: 0}}\n")
        for command in ("plan", "run"):
            ended = self.unmask(command, study).expect(3)
            self.assertEqual(ended.err.splitlines(), [f"unmask: error: 1 training clips in fold 's0{k}' (m.csv): at least 2" for k in range(3)], ended)
            self.assertFalse(self.store.exists())
            self.unmask(command, study, "train.validation=inner-split").expect(3)
        self.unmask("plan", study, "train.validation=none").expect(0)

    def test_all_problems_at_once(self):
        clips = harness.manifest_rows()
        clips[0][6], clips[1][8], clips[2][1] = "1", "xyz", ""
        clips[3][1], clips[3][8] = "placeholder", "xyz"
        file = harness.write_manifest(self.lab.folder / "m.csv", clips)
        file.write_bytes(file.read_bytes().replace(b"placeholder", b"\xff"))
        ended = self.unmask("data", "validate", "m.csv").expect(3)
        self.assertEqual([line.split("m.csv:")[1][0] for line in ended.err.splitlines()], ["2", "3", "4", "5", "5"], ended)


class Models(WrongInput):
    def shorten_texts(self, folder, positions):
        """The model has room for so many tokens."""
        file, config = folder / "model.safetensors", folder / "config.json"
        content = file.read_bytes()
        start = 8 + int.from_bytes(content[:8], "little")
        header, parts, end = json.loads(content[8:start]), [], 0
        del header["__metadata__"]
        for name, tensor in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
            first, last = (start + offset for offset in tensor["data_offsets"])
            if name == "text_model.embeddings.position_embedding.weight":
                last = first + (last - first) // tensor["shape"][0] * positions
                tensor["shape"][0] = positions
            parts.append(content[first:last])
            tensor["data_offsets"] = [end, end + last - first]
            end += last - first
        text = json.dumps(header).encode()
        file.write_bytes(b"".join([len(text).to_bytes(8, "little"), text, *parts]))
        config.write_text(config.read_text().replace('"max_position_embeddings": 77', f'"max_position_embeddings": {positions}'))

    def test_prompts_of_every_kind_are_looked_at(self):
        """Where zero-shot's have room, those that are learnt may have none."""
        drawn = json.loads(self.unmask("data", "synth", "faces", "--subjects", "3", "--json").expect(0).out)
        self.assertEqual(drawn["pictures"], len(list(self.lab.folder.rglob("*.png"))))
        self.unmask("data", "synth-weights", "clip", "clip").expect(0)
        self.shorten_texts(self.lab.folder / "clip", 20)
        study = self.lab.write("study.yaml", "dataset: {manifest: faces/manifest.csv}\nfeatures.source: clip\nweights.clip: clip\n"
                               "experiments: {zero: {model.kind: clip-zero-shot}, prompt: {model.kind: clip-prompt}}\n")
        self.unmask("run", study).expect_error(3, "16 learnt tokens in texts of 20")
        self.assertFalse(self.store.exists())


class Annotation(WrongInput):
    def test_missing(self):
        self.unmask("data", "import", "mfed", "none.json", "--out", "out.csv").expect_error(3, "none.json")

    def test_broken_json(self):
        self.lab.write("broken.json", '[{"a": 1}, {"b": ')
        self.unmask("data", "import", "mfed", "broken.json", "--out", "out.csv").expect_error(3, "broken.json")
        self.assertFalse((self.lab.folder / "out.csv").exists())

    def test_json_bomb(self):
        self.lab.write("deep.json", "[" * 200000)
        self.unmask("data", "import", "mfed", "deep.json", "--out", "out.csv").expect_error(3, "deep.json")

    def test_no_entries(self):
        self.lab.write("empty.json", "{}")
        self.unmask("data", "import", "mfed", "empty.json", "--out", "out.csv").expect_error(3, "no entries (empty.json)")

    def test_other_json(self):
        self.lab.write("other.json", '{"hello": "world"}')
        self.unmask("data", "import", "mfed", "other.json", "--out", "out.csv").expect_error(3, "other.json")

    def test_missing_frames_are_counted_and_ten_of_them_named(self):
        entry = {"Subject": "02", "OnsetFrame": "10", "ApexFrame": "12", "OffsetFrame": "19", "Duration": "10.0", "Action_Units": "4",
                 "reallabel": "an", "masklabel": "ha"}
        self.lab.write("mfed.json", json.dumps({str(i + 1): entry | {"Filename": f"clip{i:02}"} for i in range(30)}))
        (self.lab.folder / "frames" / "02" / "clip00").mkdir(parents=True)
        command = ("data", "import", "mfed", "mfed.json", "--frames", "frames", "--out", "out.csv")
        told = self.unmask(*command).expect(0).err
        self.assertIn("29 clips have no folder of frames, or several: clip01, ", told)
        self.assertIn("clip10, ... (--verbose shows each)", told)
        self.assertNotIn("clip11", told)
        self.assertIn("clip29", self.unmask("--verbose", *command).expect(0).err)


class Store(WrongInput):
    def database(self):
        self.store.mkdir(exist_ok=True)
        return self.store / "unmask.db"

    def both_refuse(self, *mentions):
        """A reader and a writer alike."""
        self.unmask("status").expect_error(3, *mentions)
        study = harness.write_study(self.lab, epochs=1, subjects=4)
        self.unmask("run", study, "--workers", "1").expect_error(3, *mentions)

    def test_missing(self):
        self.unmask("status").expect_error(3, "store")
        self.assertFalse(self.store.exists(), "a reader made a store")

    def test_not_a_database(self):
        self.database().write_bytes(b"This is no database. " * 500)
        self.both_refuse("unmask.db")

    def test_foreign_database(self):
        connection = sqlite3.connect(self.database())
        connection.execute("CREATE TABLE photos (name TEXT)")
        connection.close()
        self.both_refuse("unmask.db")

    def test_newer_database(self):
        self.finished_store()
        connection = sqlite3.connect(self.database())
        connection.execute("PRAGMA user_version = 9999")
        connection.close()
        self.both_refuse("9999")

    def test_corrupt_database(self):
        self.finished_store()
        content = bytearray(self.database().read_bytes())
        content[4096 : len(content) // 2] = b"\xa5" * (len(content) // 2 - 4096)
        self.database().write_bytes(content)
        self.both_refuse("unmask.db")

    def test_cut_database(self):
        self.finished_store()
        os.truncate(self.database(), self.database().stat().st_size // 2)
        self.both_refuse("unmask.db")

    def test_second_coordinator(self):
        study = harness.write_study(self.lab, epochs=2000, subjects=5)
        first = self.lab.start("--store", self.store, "run", study, "--workers", "1", "--slots", "1")
        harness.wait_until(lambda: any(role == "trainer" for _, role in self.lab.processes()), 60, "a trainer")
        coordinator = [pid for pid, role in self.lab.processes() if role == "coordinator"]
        self.unmask("run", study, "--workers", "1").expect_error(3, str(coordinator[0]))
        first.send_signal(harness.signal.SIGINT)
        self.lab.finish(first, 60).expect(75)

    def test_unwritable(self):
        study = harness.write_study(self.lab, epochs=1, subjects=4)
        self.lab.run("--store", "/proc/unmask-store", "run", study).expect_error(3, "/proc/unmask-store")
        self.lab.write("a-file", "x")
        self.lab.run("--store", "a-file/store", "run", study).expect_error(3, "a-file")

    @unittest.skipUnless(os.geteuid() == 0, "needs root to mount a small tmpfs")
    def test_full_disk(self):
        study = harness.write_study(self.lab, epochs=1, subjects=4)
        self.store.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", self.store], capture_output=True, check=False)
        if mounted.returncode:
            self.skipTest(f"cannot mount a tmpfs here: {mounted.stderr.decode()}")
        try:
            self.unmask("run", study, "--workers", "1").expect_error(3, str(self.store))
        finally:
            subprocess.run(["umount", self.store], check=True)


class Commands(WrongInput):
    def test_unknown_command(self):
        self.unmask("tabels").expect_error(2, "tabels", "tables")
        self.unmask("data", "imprt").expect_error(2, "imprt", "import")

    def test_help_is_a_command_too(self):
        for command in ((), ("run",), ("data", "import", "mfed")):
            self.assertEqual(self.lab.run("help", *command).expect(0).out, self.lab.run(*command, "--help").expect(0).out)

    def test_all_sweeps_are_no_single_one(self):
        self.finished_store()
        listed = json.loads(self.unmask("status", "--all", "--json").expect(0).out)
        self.assertEqual([(line["number"], line["done"]) for line in listed], [(1, listed[0]["jobs"])])
        self.unmask("status", listed[0]["sweep"], "--all").expect_error(2, "--all")
        self.unmask("status", "--watch", "--all").expect_error(2, "--all")

    def test_no_command(self):
        self.unmask().expect_error(2)

    def test_unknown_option(self):
        self.unmask("status", "--colour").expect_error(2, "--colour", "see unmask status --help")
        self.unmask("data", "import", "mfed", "--colour").expect_error(2, "see unmask data import mfed --help")
        self.unmask("--colour").expect_error(2, "see unmask --help")

    def test_a_run_with_failed_jobs_says_what_to_do_next(self):
        study = self.lab.write("study.yaml", "dataset.synth: 3\ntrain: {lr: 1e30, max_epochs: 5}\nmodel: {adapter: 8, stream: 4}\n")
        command = ("run", study, "--workers", "1")  # the loss is soon no number
        self.assertIn("unmask why JOB; then a changed study (nan)", self.unmask(*command).expect(1).err)
        self.assertNotIn("unmask retry", self.unmask("--quiet", *command).expect(1).err)
        failed = json.loads(self.unmask("status", "--json").expect(0).out)["failed_jobs"]
        self.assertTrue(failed)
        told = [self.unmask("why", job["job_key"]).expect(0).out for job in failed]
        self.assertTrue(any("1 attempt\n" in text for text in told), told)
        self.assertIn("fails again, unless", self.unmask("retry").expect(0).out)

    def test_places_that_cannot_be_written_to(self):
        """3 where the file system refuses, 2 where no place is named, whatever writes there."""
        self.finished_store()
        self.lab.write("a-file", "x")
        self.lab.write("mfed.json", json.dumps({"1": {
            "Subject": "02", "Filename": "a", "OnsetFrame": "10", "ApexFrame": "12", "OffsetFrame": "19", "Duration": "10",
            "Action_Units": "4", "reallabel": "an", "masklabel": "ha"}}))
        commands = [("export", "--format", name, "--out") for name in ("csv", "json", "tensorboard", "trace", "bundle")]
        commands += [("report", "--out"), ("data", "import", "mfed", "mfed.json", "--out"), ("data", "synth", "--subjects", "3"),
                     ("data", "synth-weights", "vit")]
        for command in commands:
            for place in ("/proc/unmask-out", "a-file/out"):
                with self.subTest(command=command, place=place):
                    self.unmask(*command, place).expect_error(3, place.split("/out")[0])
            with self.subTest(command=command):
                self.unmask(*command, "").expect_error(2, "--out" if "--out" in command else "DIR", "an empty path", "command line")

    def test_what_is_read_is_not_replaced(self):
        """2, and everything is as it was: --out names an input, or a part of the store."""
        self.finished_store()
        self.lab.write("mfed.json", "{}")
        self.unmask("data", "synth-weights", "vit", "model").expect(0)
        self.unmask("data", "synth", "faces", "--subjects", "2").expect(0)
        picture = str(next((self.lab.folder / "faces").rglob("*.png")))
        store = str(self.store)
        commands = [("export", "--format", "json", "--out", store + "/unmask.db"), ("export", "--format", "csv", "--out", store),
                    ("report", "--out", store + "/blobs/page"), ("data", "import", "mfed", "mfed.json", "--out", "./mfed.json"),
                    ("embed", "--model", "model", "--out", "model/model.safetensors", picture),
                    ("embed", "--model", "model", "--out", picture, picture),
                    ("embed", "--model", "model", "--out", "mfed.json", picture)]
        files = sorted(path for path in self.lab.folder.rglob("*") if path.is_file() and "unmask.db-" not in path.name)
        before = [path.read_bytes() for path in files]
        for command in commands:
            with self.subTest(command=command):
                self.unmask(*command).expect_error(2, "would replace", "--out")
        self.assertEqual([path.read_bytes() for path in files], before)
        self.unmask("export", "--format", "json", "--out", store + "/sweep.json").expect(0)  # beside what is the store's

    def test_bfloat16_where_there_is_none(self):
        if "avx512_bf16" in pathlib.Path("/proc/cpuinfo").read_text():
            self.skipTest("this processor multiplies bfloat16")
        study = self.lab.write("drawn.yaml", "name: drawn\ndataset: {synth: 3}\n")
        self.unmask("run", study, "features.source=vit", "weights.synth=1", "features.precision=bfloat16").expect_error(
            2, "does not multiply bfloat16", "features.precision")

    def test_unknown_sweep(self):
        self.finished_store()
        self.unmask("status", "nothing-00000000").expect_error(2, "nothing-00000000")

    def test_unknown_experiment(self):
        study = harness.write_study(self.lab)
        self.unmask("run", study, "--experiment", "dsit").expect_error(2, "dsit", "dsid")

    def test_an_experiments_name_may_hold_commas(self):
        study = self.lab.write("study.yaml", "dataset.synth: 4\nexperiments: {a: {}, 'x,y': {}}\n")
        for command in ("run", "plan"):
            self.unmask(command, study, "--experiment", "a,").expect_error(2, "unknown experiment ''")
            self.unmask(command, study, "--experiment", "x").expect_error(2, "unknown experiment 'x'")
        tiny = ("train.max_epochs=1", "model.adapter=8", "model.stream=4", "--workers", "1")
        self.unmask("run", study, "--experiment", "a", "--experiment", "x,y", *tiny).expect(0)
        self.assertEqual(harness.rows(self.store, "SELECT DISTINCT experiment FROM jobs ORDER BY 1"), [("a",), ("x,y",)])

    def test_a_query_ends_within_a_function_too(self):
        self.finished_store()
        began = time.monotonic()
        self.unmask("query", "--timeout", "0.5", "SELECT length(printf('%.*c', 2000000000, 'x'))").expect_error(
            2, "the query ran longer than 0.5 s (SQL)")
        self.assertLess(time.monotonic() - began, 10)

    def test_kept_weights_are_named_and_verified(self):
        self.finished_store()
        kept = harness.rows(self.store, "SELECT DISTINCT job_key, weights_sha256 FROM jobs ORDER BY 1")
        self.assertIn(f"{self.store}/blobs/{kept[0][1]}\n", self.unmask("why", kept[0][0]).expect(0).out)
        self.assertEqual(json.loads(self.unmask("why", kept[0][0], "--json").expect(0).out)["weights_sha256"], kept[0][1])
        self.assertIn("0 different", self.unmask("verify").expect(0).out)
        (self.store / "blobs" / kept[0][1]).unlink()
        damaged = self.store / "blobs" / kept[1][1]
        damaged.write_bytes(damaged.read_bytes()[:-1])
        unreadable = self.store / "blobs" / kept[2][1]
        unreadable.unlink()
        unreadable.mkdir()
        said = self.unmask("verify").expect(1)
        self.assertIn("2 different", said.out)
        self.assertIn(f"{kept[0][0][:12]} different: weights missing: ", said.err)
        self.assertIn(f"{kept[1][0][:12]} different: weights damaged: ", said.err)
        self.assertIn(f"{kept[2][0][:12]} not comparable: weights: not a regular file", said.err)

    def test_nothing_to_verify(self):
        self.finished_store()
        connection = sqlite3.connect(self.store / "unmask.db")
        connection.execute("UPDATE planned_job SET state = 'queued', attempts = 99")
        connection.commit()
        connection.close()
        said = self.unmask("verify").expect_error(1, "nothing to verify: no job of the sweep is done")
        self.assertIn("0 identical, 0 different, 0 not comparable", said.out)

    def test_the_version_is_the_build_that_refusals_name(self):
        self.assertRegex(self.unmask("--version").expect(0).out, r"^unmask [0-9.]+-[0-9a-f]{12}\n$")

    def test_an_empty_store(self):
        study = harness.write_study(self.lab)
        for command in (("run", study), ("plan", study), ("status",)):
            self.lab.run(*command, "--store", "").expect_error(2, "--store", "an empty path")

    def test_impossible_counts(self):
        for count in ("0", "-1", "1.5", "many"):
            self.unmask("verify", "--jobs", count).expect_error(2, f"--jobs: '{count}' is no whole number of at least 1")
        for seconds in ("nan", "inf", "1e300", "0", "-1", "soon"):
            self.unmask("query", "--timeout", seconds, "SELECT 1").expect_error(
                2, f"--timeout: '{seconds}' is no number of seconds from 0.001 to 86400")

    def test_a_plan_tells_what_it_knows_of_the_time(self):
        study = self.finished_store()
        plan = ("plan", study, "seeds=0,1,2", "train.batch=9")
        self.assertIn("time: unknown: ", self.unmask(*plan).expect(0).out)
        plan = ("plan", study, "seeds=0,1,2", "grid.train.batch=9,32")
        self.assertRegex(self.unmask(*plan).expect(0).out, "time: at least .* on one slot, less with more; [0-9]+ jobs are unlike any finished one")
        self.assertIsNone(json.loads(self.unmask(*plan, "--json").expect(0).out)["remaining_seconds"])

    def test_unknown_job(self):
        self.finished_store()
        self.unmask("why", "0" * 64).expect_error(2, "0" * 64)

    def test_what_cannot_be_compared_or_selected(self):
        self.finished_store()
        self.unmask("diff", ":dsid@alpha=0", ":dsit").expect_error(2, "dsit", "dsid")
        self.unmask("diff", "nothing-00000000", ":dsid").expect_error(2, "nothing-00000000")
        self.unmask("diff", ":dsid@alpha=77", ":dsid").expect_error(2, "alpha=77", "alpha=0.5")
        self.unmask("diff", ":dsid", ":dsid@alpha=0").expect_error(2, "2 points", "alpha=0.5")
        self.unmask("diff", ":dsid").expect_error(2)
        self.unmask("select", "nothing-00000000").expect_error(2, "nothing-00000000")

    def test_impossible_workers(self):
        study = harness.write_study(self.lab)
        for count in ("0", "-1", "many"):
            self.unmask("run", study, "--workers", count).expect_error(2)


class Sql(WrongInput):
    def test_what_is_refused(self):
        self.finished_store()
        before = (self.store / "unmask.db").read_bytes()
        other = self.lab.folder / "other.db"
        for sql in (
            "DELETE FROM sweeps",
            "UPDATE jobs SET state = 'done'",
            "CREATE TABLE x (a)",
            "DROP VIEW jobs",
            "INSERT INTO x VALUES (1)",
            f"ATTACH '{other}' AS other",
            f"VACUUM INTO '{other}'",
            "PRAGMA journal_mode = DELETE",
            "PRAGMA user_version = 7",
            "PRAGMA writable_schema = 1",
            "SELECT load_extension('x')",
            f"SELECT writefile('{other}', 'x')",
            "SELECT 1; DELETE FROM sweeps",
            "SELECT no_such_column FROM jobs",
            "SELEC 1",
            "",
            "BEGIN IMMEDIATE",
        ):
            with self.subTest(sql=sql):
                self.unmask("query", sql).expect_error(2)
        self.assertFalse(other.exists(), "SQL wrote a file")
        self.assertEqual((self.store / "unmask.db").read_bytes(), before, "SQL changed the store")

    def test_for_ever(self):
        self.finished_store()
        endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
        self.unmask("query", endless).expect_error(2, "time")

    def test_a_right_one_is_answered(self):
        self.finished_store()
        ended = self.unmask("query", "SELECT count(*) AS n FROM jobs WHERE state = 'done'", "--format", "json").expect(0)
        self.assertGreater(json.loads(ended.out)[0]["n"], 0)


if __name__ == "__main__":
    print(f"program: {pathlib.Path(PROGRAM).resolve()}", flush=True)
    unittest.main(verbosity=2)

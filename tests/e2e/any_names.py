#!/usr/bin/env python3
"""Names of clips, subjects, classes and experiments are any text: they run, stay as they are, and are escaped in tables."""

import csv
import html.parser
import io
import json
import sys

import harness

SUBJECTS = ["Zoë, \"the first\"", "<script>alert(1)</script>", "李 雷", "O'Brien\\n & co. 100%", "=1+1 #_{}~^$"]
EMOTIONS = {"joie, \"vraie\"": "6 12 25", "<b>Ärger</b> & $x_1$": "4 5 7 23", "悲しみ\r\nline two": "1 4 15 17"}

STUDY = """\
name: any-names
dataset: {{manifest: {manifest}}}
model: {{adapter: 32, stream: 16}}
train: {{max_epochs: 5, validation: inner-split}}
grid: {{alpha: [0, 0.5]}}
experiments:
  "<script>alert('x')</script> & co_1": {{}}
  "=SUM(A1,\\"x\\") | b": {{model: {{kind: single-task, task: der}}, grid: false}}
"""


class Tags(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags = set()

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)


def check_tables(lab, store):
    def tables(form):
        return lab.run("--store", store, "tables", "--format", form).expect(0).out

    page = Tags()
    page.feed(tables("html"))
    assert not page.tags & {"script", "b"}, f"markup from data in HTML: {page.tags}"
    for row in csv.reader(io.StringIO(tables("csv"))):
        assert not any(cell.startswith(("=", "+", "@", "\t")) for cell in row), f"a formula in CSV: {row}"
    json.loads(tables("json"))
    latex = tables("latex")
    assert "& co_1" not in latex and "\\& co\\_1" in latex, "LaTeX is not escaped"
    markdown = tables("md")
    assert "<script>" not in markdown and ") | b" not in markdown, "Markdown is not escaped"
    assert tables("md") == markdown, "the same store gives the same bytes"


def main():
    with harness.Lab(sys.argv[1]) as lab:
        clips = harness.manifest_rows(SUBJECTS, EMOTIONS, takes=3)
        manifest = harness.write_manifest(lab.folder / "männliche, daten.csv", clips, line_end="\r\n")
        study = lab.write("study ü.yaml", STUDY.format(manifest=json.dumps(str(manifest))))
        store = lab.folder / "store, \"quoted\""
        lab.run("data", "validate", manifest).expect(0)
        lab.run("--store", store, "run", study, "--workers", "1", "--slots", "2").expect(0)
        harness.check_whole(store)
        stored = harness.rows(store, "SELECT sample, subject, label FROM predictions WHERE task = 'der'")
        wanted = {(clip[0], clip[1], clip[3]) for clip in clips}
        assert set(stored) == wanted, f"names were changed: {set(stored) ^ wanted}"
        logits = harness.rows(store, "SELECT logits FROM predictions LIMIT 1")[0][0]
        assert set(json.loads(logits)) == set(EMOTIONS), logits
        check_tables(lab, store)
        print("any names: kept as they are, escaped in five formats")


main()

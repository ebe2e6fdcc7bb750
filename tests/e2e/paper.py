#!/usr/bin/env python3
"""configs/paper.yaml scaled down: small random models and few faces give complete Tables I to V."""

import json
import pathlib
import sys

import harness

PAPER = pathlib.Path(__file__).parents[2] / "configs" / "paper.yaml"


def main():
    with harness.Lab(sys.argv[1]) as lab:
        settings = ["dataset.synth=22", "weights.synth=1"]
        plan = json.loads(lab.run("--json", "plan", PAPER, *settings).expect(0).out)
        assert plan["kinds"]["train"]["jobs"] == 396 and plan["shared"] == 0, plan["kinds"]
        store = lab.folder / "store"
        small = ["dataset.synth=3", "weights.synth=1", "faces.size=64", "augment.views=2", "train.max_epochs=2"]
        lab.run("--store", store, "run", PAPER, *small).expect(0)
        harness.check_whole(store)
        tables = json.loads(lab.run("--store", store, "tables", "--format", "json").expect(0).out)["tables"]
        assert [table["id"] for table in tables] == ["I", "II", "III", "IV", "V"], [t["id"] for t in tables]
        cells = [cell for table in tables for row in table["rows"] for column in row["cells"] for cell in column.values()]
        states = {cell["state"] for cell in cells if cell}
        assert states == {"done"}, states
        print(f"{len(cells)} cells in 5 tables, all done")


main()

#!/usr/bin/env python3
"""The same sweep with other numbers of workers and slots and in other orders: the same numbers, bit for bit.
On action units, and on features that were made elsewhere."""

import csv
import random
import sys

import harness

VARIANTS = [
    ["--workers", "1", "--slots", "1"],
    ["--workers", "2", "--slots", "1"],
    ["--workers", "3", "--slots", "1"],
    ["--workers", "1", "--slots", "2"],
    ["--workers", "2", "--slots", "1", "--order-seed", "7"],
    ["--workers", "1", "--slots", "2", "--order-seed", "12345"],
]


def features_of_clips(lab):
    """A table of four numbers a clip, in another order than the manifest's and with rows that no study asks for."""
    numbers = random.Random(3)
    names = [clip[0] for clip in harness.manifest_rows()] + ["other clip"]
    numbers.shuffle(names)
    table = lab.folder / "features.csv"
    with open(table, "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["f0", "f1", "sample", "f2", "f3"]] + [
            [numbers.gauss(0, 9), numbers.random(), name, numbers.randint(0, 3), -1e-3] for name in names])
    return table


def check_table_of_features(lab):
    study = harness.write_study(lab)
    settings = ["features.source=table", f"features.table={features_of_clips(lab)}"]
    got = []
    for variant in VARIANTS[0], VARIANTS[4]:
        store = lab.folder / f"table-{len(got)}"
        lab.run("--store", store, "run", study, *settings, *variant).expect(0)
        harness.check_whole(store)
        assert harness.rows(store, "SELECT DISTINCT features FROM jobs") == [("table",)]
        got.append(harness.numbers(store))
    assert got[0] == got[1], "order and workers changed a number of the table's"
    lab.run("--store", store, "verify", "--jobs", "2").expect(0)
    print(f"a table of features: {len(got[0][0])} predictions, all equal")


def main():
    with harness.Lab(sys.argv[1]) as lab:
        study = harness.write_study(lab)
        expected = None
        for number, variant in enumerate(VARIANTS):
            store = lab.folder / f"store-{number}"
            lab.run("--store", store, "run", study, *variant).expect(0)
            harness.check_whole(store)
            got = harness.numbers(store)
            expected = expected or got
            assert got == expected, f"{' '.join(variant)} changed a number"
            print(f"{' '.join(variant)}: {len(got[0])} predictions, {len(got[1])} cells, all equal")
        orders = {tuple(harness.rows(lab.folder / f"store-{n}", "SELECT job_key FROM attempts ORDER BY started_at, job_key"))
                  for n in (0, 4)}
        assert len(orders) == 2, "--order-seed did not change the order"
        check_table_of_features(lab)


main()

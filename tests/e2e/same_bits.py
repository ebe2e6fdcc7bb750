#!/usr/bin/env python3
"""The same sweep with other numbers of workers and slots and in other orders: the same numbers, bit for bit."""

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


main()

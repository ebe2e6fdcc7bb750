#!/usr/bin/env python3
"""docs/performance.md from what compare.py measured in one run.

usage: performance.py performance.json > docs/performance.md
"""

import json
import statistics
import sys

from parts import PARTS
from results import Table

HEAD = """\
# Performance

Made by `./dev bench` ({measured} UTC) from what it measured; nothing here is written by hand but the texts. Each contestant does the same
work on the same machine, one after another in every round of a part, and what counts is the median of the rounds' ratios (load and clock move,
ratios less so). Peers run with their own best settings: Adam's fused kernel, one thread a process, subnormal numbers flushed, the number of fused
jobs that was fastest, and PyTorch also with MKL patched to take its fast path on every processor.

Machine: {cpu}, {cores} cores, Linux {kernel}, load {load} at the start. {unmask}. Peers: Python {python}, {peers}.

"""
TAIL = """\
## What is not measured

GPUs: none was there; what one of them did stands in `engines.md`. Networks between hosts: all ranks are on one
machine. Network file systems under the store. Fine-tuning of backbones. Peers that need a service of their own.
"""


def number(value):
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:,.3g}"


def tables_of(told):
    return {name: {table["name"]: Table(**table) for table in part["tables"]} for name, part in told["parts"].items()}


def wanted_rows(told, tables):
    for name, part in PARTS.items():
        for wanted in part.WANTED:
            bound = f"{'<=' if wanted.at_most else '>='} {wanted.bound:g} {wanted.unit}"
            table = tables.get(name, {}).get(wanted.table)
            if table is None:
                yield f"| {wanted.what} | {bound} | not measured: {told['left_out'].get(name, 'not on this machine')} | |"
                continue
            values, median = wanted.values(table), wanted.median(table)
            spread = f" ({number(min(values))} to {number(max(values))})" if len(values) > 1 else ""
            reached = "yes" if wanted.reached(median) else "**no**"
            yield f"| {wanted.what} | {bound} | {number(median)} {wanted.unit}{spread} | {reached} |"


def row(name, values, table):
    cells = f"| {name} | {number(statistics.median(values))} |"
    if not table.contest:
        return cells
    if values is table.ours():
        return cells + " |"
    ratios = table.times_better(values)
    return cells + f" {number(statistics.median(ratios))} ({number(min(ratios))} to {number(max(ratios))}) |"


def section(part, measured, tables):
    yield f"## {part.TITLE}\n\n{part.ABOUT}\n"
    low, high = measured["load"]
    yield f"Took {measured['minutes']:g} minutes, load {low:g} to {high:g}.\n"
    for table in tables.values():
        rounds = len(table.ours())
        yield f"**{table.name[0].upper()}{table.name[1:]}**, in {table.unit}, {rounds} round{'s' if rounds > 1 else ''}:\n"
        first = next(iter(table.results))
        yield f"| | median | {first} is better by (range) |\n|---|---:|---:|" if table.contest else "| | median |\n|---|---:|"
        yield from (row(name, values, table) for name, values in table.results.items())
        yield ""


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        told = json.load(file)
    tables = tables_of(told)
    if told["quick"]:
        print("**Not to be kept: made with --quick, which cuts the work short.**\n")
    print(HEAD.format(**{**told, "peers": ", ".join(told["peers"])}), end="")
    print("| comparison, same work, same run | wanted | measured | reached |\n|---|---|---|---|")
    print(*wanted_rows(told, tables), "", sep="\n")
    for name, part in PARTS.items():
        if name in told["parts"]:
            print(*section(part, told["parts"][name], tables[name]), sep="\n")
    print(TAIL, end="")


main()

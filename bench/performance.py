#!/usr/bin/env python3
"""docs/performance.md from what compare.py measured in one run, beside what was measured on other machines.

usage: performance.py performance.json [MACHINE.json ...] > docs/performance.md
       performance.py --machine NAME performance.json > bench/machines/NAME.json
"""

import json
import pathlib
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

Machine: {cpu}, {cores} cores, Linux {kernel}, load {load} at the start. {unmask}. Peers: Python {python}, {peers}.{others}

"""
OTHER = "on {name} ({measured} UTC, {unmask})"
TAIL = """\
## What is not measured

GPUs: none was there; what one of them did stands in `engines.md`. Networks between hosts: all ranks are on one
machine. Network file systems under the store. Fine-tuning of backbones. Peers that need a service of their own.
"""


def number(value):
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:,.3g}"


def tables_of(told):
    return {name: {table["name"]: Table(**table) for table in part["tables"]} for name, part in told["parts"].items()}


def wanted_values(tables):
    """What is wanted of each part, and the values of its rounds: None where it was not measured."""
    for name, part in PARTS.items():
        for wanted in part.WANTED:
            table = tables.get(name, {}).get(wanted.table)
            yield name, wanted, None if table is None else wanted.values(table)


def summary(values):
    return [statistics.median(values), *([min(values), max(values)] if len(values) > 1 else [])]


def cell(wanted, median, low=None, high=None):
    spread = "" if low is None else f" ({number(low)} to {number(high)})"
    text = f"{number(median)} {wanted.unit}{spread}"
    return text if wanted.reached(median) else f"**{text}**"


def wanted_rows(told, tables, others):
    for name, wanted, values in wanted_values(tables):
        bound = f"{'<=' if wanted.at_most else '>='} {wanted.bound:g} {wanted.unit}"
        here = f"not measured: {told['left_out'].get(name, 'not on this machine')}" if values is None else cell(wanted, *summary(values))
        beside = [cell(wanted, *other["rows"][wanted.what]) if wanted.what in other["rows"] else "" for other in others]
        yield f"| {' | '.join([wanted.what, bound, here, *beside])} |"


def as_machine(name, told, tables):
    """What other machines' pages need of a run, a row a line."""
    rows = ",\n".join(f"  {json.dumps(wanted.what)}: {json.dumps([float(f'{v:.3g}') for v in summary(values)])}"
                      for _, wanted, values in wanted_values(tables) if values is not None)
    head = "".join(f" {json.dumps(key)}: {json.dumps(value)},\n" for key, value in
                   {"name": name, **{key: told[key] for key in ("cpu", "measured", "unmask")}}.items())
    return f'{{\n{head} "rows": {{\n{rows}\n }}\n}}'


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


def read(path):
    return json.loads(pathlib.Path(path).read_text(encoding="utf-8"))


def page(told, tables, others):
    if told["quick"]:
        yield "**Not to be kept: made with --quick, which cuts the work short.**\n"
    beside = f" Beside it what the same gave {' and '.join(OTHER.format(**other) for other in others)}." if others else ""
    yield HEAD.format(**{**told, "peers": ", ".join(told["peers"]), "others": beside}) + "What is not reached is in bold.\n"
    titles = ["comparison, same work, same run", "wanted", "measured", *(f"on {other['name']}" for other in others)]
    yield f"| {' | '.join(titles)} |\n|{'---|' * len(titles)}"
    yield from wanted_rows(told, tables, others)
    yield ""
    for name, part in PARTS.items():
        if name in told["parts"]:
            yield from section(part, told["parts"][name], tables[name])
    yield TAIL.rstrip()


def main():
    arguments = sys.argv[1:]
    machine = arguments[1] if arguments[0] == "--machine" else None
    told, *others = map(read, arguments[2:] if machine else arguments)
    tables = tables_of(told)
    others = [other for other in others if not told["cpu"].startswith(other["cpu"])]
    print(as_machine(machine, told, tables) if machine else "\n".join(page(told, tables, others)))


main()

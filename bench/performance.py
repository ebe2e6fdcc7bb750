#!/usr/bin/env python3
"""docs/performance.md from what compare.py measured.

usage: performance.py performance.json > docs/performance.md
"""

import json
import statistics
import sys

HEAD = """\
# Performance

Made by `./dev bench`: each contestant does the same work on the same machine in the same run, one after another in every round, and what
counts is the median of the rounds' ratios (load and clock move, ratios less so). Peers run with their own best settings: Adam's fused
kernel, one thread a process, the number of fused jobs that was fastest, and PyTorch also with MKL patched to take its fast path on AMD.

Machine: {cpu}, {cores} cores, Linux {kernel}; no GPU. Peers: {peers}.
"""
TAIL = """\
## What limits it, and what is not measured

Steps: with weights and both moments in cache, what remains is arithmetic; an estimate of the machine's limit at 512 wide is about 3,700 job-steps/s
on two cores. No-op jobs: the time is in the file system, which makes a log file for each attempt, and in SQLite; a job that trains takes
a thousand times longer. Not measured: GPUs (there is no GPU engine), features from images, networks between hosts.
"""
FASTER_IS_MORE = {"job-steps/s"}


def row(name, values, ours, unit):
    median = statistics.median(values)
    if values is ours:
        return f"| {name} | {median:,.4g} | |"
    ratios = [(a / b if unit in FASTER_IS_MORE else b / a) for a, b in zip(ours, values)]
    return f"| {name} | {median:,.4g} | {statistics.median(ratios):.1f} ({min(ratios):.1f} to {max(ratios):.1f}) |"


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        measured = json.load(file)
    print(HEAD.format(**{**measured, "peers": ", ".join(measured["peers"])}))
    for part in measured["parts"]:
        ours = next(iter(part["results"].values()))
        rounds = f"{len(ours)} rounds" if len(ours) > 1 else "one run"
        print(f"## {part['name'][0].upper()}{part['name'][1:]}\n\nIn {part['unit']}, {rounds}.\n")
        print("| | median | unmask is faster by (range) |\n|---|---:|---:|")
        for name, values in part["results"].items():
            print(row(name, values, ours, part["unit"]))
        print()
    print(TAIL, end="")


main()

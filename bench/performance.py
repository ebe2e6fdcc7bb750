#!/usr/bin/env python3
"""docs/performance.md from what compare.py measured, in one run or in several.

usage: performance.py performance.json... > docs/performance.md
"""

import json
import statistics
import sys

HEAD = """\
# Performance

Made by `./dev bench`: each contestant does the same work on the same machine, one after another in every round of a part, and what
counts is the median of the rounds' ratios (load and clock move, ratios less so). {runs} Peers run with their own best settings: Adam's fused
kernel, one thread a process, the number of fused jobs that was fastest, and PyTorch also with MKL patched to take its fast path on AMD.

Machine: {cpu}, {cores} cores, Linux {kernel}; no GPU. Peers: {peers}.
"""
TAIL = """\
## What limits it, and what is not measured

Steps: measured on one core in its own time, the machine otherwise loaded, products from registers run at 264 GFLOP/s, a square root with a
division of 16 floats takes 1.8 ns, and Adam 1.95 ns for 16 weights in the second cache, 2.15 in the third: the divider binds it, not memory. A step
at 256 wide is 23 MFLOP of products, zeros left out, and Adam over 16,400 such vectors, at least 88 + 32 us if nothing else were to be done; it
takes about 260. At 512 wide, 59 MFLOP and 49,000 vectors, at least 223 + 106 us, it takes about 730. So at 256 wide under half of the time is
arithmetic at full rate. Sampled there: the first layer's backward pass with Adam 29 %, the streams' 18 %, forward products 18 %, listing what is not
zero 5 % (no longer done for dense inputs), BatchNorm 5 %, dropout masks 4 %, classifiers 3 %, loss 3 %, the rest loops around them. Putting Adam's
update off into the next products, to use the divider beside them, was 18 % slower. `build/kernels` measures each kernel alone.
bmm and vmap: 4, 8 and 16 jobs at a time were tried, and the best of them is shown; other numbers were not.

No-op jobs: rank 0 is the limit. Sampled (20,000 jobs, one worker): rank 0 takes 70 % of the CPU time, the agent 22 %, the trainer 3 %, launcher and
mpirun 5 %. Of what rank 0 does by `build/dispatch_costs`, 29 % is inside SQLite, 21 % inside libc (15 of it memory given out and taken back), 14 % the
kernel (pages, log, fsync), the rest ours: keys looked up, numbers packed as text, messages. SQLite's part is entries of B-trees, 1 to 2 us a row alone: six
entries to register a job, five to lease it, end it and store its answer, and a point's and its cells' shared by the folds. Rows written by 32 in one
statement were tried beside it: a lease took half the time, an answer three quarters, a job no less. A job that trains takes a thousand times longer. Not measured: GPUs (there is no GPU engine), networks between hosts.
"""
FASTER_IS_MORE = {"job-steps/s", "images/s"}


def row(name, values, ours, unit):
    median = statistics.median(values)
    if values is ours:
        return f"| {name} | {median:,.4g} | |"
    ratios = [(a / b if unit in FASTER_IS_MORE else b / a) for a, b in zip(ours, values)]
    return f"| {name} | {median:,.4g} | {statistics.median(ratios):.1f} ({min(ratios):.1f} to {max(ratios):.1f}) |"


def main():
    files = []
    for path in sys.argv[1:]:
        with open(path, encoding="utf-8") as file:
            files.append(json.load(file))
    measured = files[-1]
    parts = {part["name"]: part for file in files for part in file["parts"]}.values()  # of two with one name, the later
    times = {part.get("measured") for part in parts}
    runs = "All parts are of one run." if len(times) == 1 else "The parts are of several runs; each says of which."
    print(HEAD.format(**{**measured, "peers": ", ".join(measured["peers"]), "runs": runs}))
    for part in parts:
        ours = next(iter(part["results"].values()))
        rounds = f"{len(ours)} rounds" if len(ours) > 1 else "one run"
        when = f", run of {part['measured']} UTC, load {part['load']}" if "measured" in part else ""
        print(f"## {part['name'][0].upper()}{part['name'][1:]}\n\nIn {part['unit']}, {rounds}{when}.\n")
        contest = next(iter(part["results"])).startswith(("unmask", "core")) and len(part["results"]) > 1
        print("| | median | unmask is faster by (range) |\n|---|---:|---:|" if contest else "| | median |\n|---|---:|")
        for name, values in part["results"].items():
            print(row(name, values, ours, part["unit"]) if contest else f"| {name} | {statistics.median(values):,.4g} |")
        print()
    print(TAIL, end="")


main()

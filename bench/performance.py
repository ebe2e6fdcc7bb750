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
On another machine (Intel, AVX-512 at 2.8 GHz, 180 GFLOP/s, 2 MB of second cache, shared with other work; own time of the thread, medians of 9
runs in turn), weights and moments in panels, roots without the divider and prefetching forward only took a step from 463 to 427 us at 256 wide, from
1,402 to 1,182 at 512 wide, and from 486 to 435 for action units (75, 512, 256). The divider alone bound Adam to 6.3 ns for 16 weights there, and the
third cache to about as much: at 256 wide weights and moments are 3.1 MB. Tried there without gain: Adam put off into the next products (5 to 10 %
slower), prefetching backward (3 to 4 % slower), every second or fourth root by the divider, BatchNorm's sums of four vectors at a time, large pages.
bmm and vmap: 4, 8 and 16 jobs at a time were tried, and the best of them is shown; other numbers were not.

No-op jobs: rank 0 is the limit, and the stages above are what it does; most of recording is SQLite (a lease, a start, a result
with predictions and a curve are eleven statements under foreign keys and five indexes). A job that trains takes a thousand times longer. Not measured: GPUs (there is no GPU engine), networks between hosts.
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

#!/usr/bin/env python3
"""unmask side by side with what a researcher would write or pick instead, in one run on one machine.

usage: compare.py BUILD PEERS_PYTHON [--annotation JSON] [--only PART,...] [--rounds N] [--quick] [--out FILE]
Parts are in bench/parts. Every round runs each contestant once, one after another, and what is compared are medians of
the rounds' ratios. `performance.py` makes docs/performance.md of the JSON.
"""

import argparse
import json
import os
import pathlib
import platform
import statistics
import subprocess
import tempfile
import time

from lab import Lab, load
from parts import PARTS, needs_annotation


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
                                     allow_abbrev=False)  # ./dev looks for them
    parser.add_argument("build", type=lambda p: pathlib.Path(p).resolve())
    parser.add_argument("python", help="of the peers' environment")
    parser.add_argument("--annotation", type=lambda p: pathlib.Path(p).resolve(strict=True),
                        help="MFED's annotation (JSON), for the parts on the real study")
    parser.add_argument("--only", type=lambda names: names.split(","), default=list(PARTS), help=",".join(PARTS))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="work cut short, to see that everything runs: not for the page")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("performance.json"))
    arguments = parser.parse_args()
    if unknown := set(arguments.only) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    return arguments


def processor():
    """With the best instructions that it shows here: machines of one model may differ in them."""
    cpuinfo = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8")
    facts = dict(map(str.strip, line.split(":", 1)) for line in cpuinfo.splitlines() if ":" in line)
    if "cpu family" not in facts:
        return platform.machine()
    flags = facts["flags"].split()
    best = next((name for flag, name in (("amx_tile", "AMX"), ("avx512f", "AVX-512"), ("avx2", "AVX2")) if flag in flags), "no AVX2")
    return f"{facts['model name']} (family {facts['cpu family']}, model {facts['model']}, {best})"


def machine(arguments):
    freeze = subprocess.run([arguments.python, "-m", "pip", "freeze"], capture_output=True, text=True, check=True)
    peers = [v for v in freeze.stdout.split() if v.split("==")[0] in ("torch", "ray", "mpi4py", "numpy")]
    python = subprocess.run([arguments.python, "-V"], capture_output=True, text=True, check=True).stdout.split()[-1]
    trainer = subprocess.run([arguments.build / "unmask-trainer", "--version"], capture_output=True, text=True, check=True)
    return {"cpu": processor(), "cores": os.cpu_count(), "kernel": platform.release(),
            "python": python, "peers": peers, "unmask": trainer.stdout.strip()}


def to_measure(arguments):
    """Names of parts, and why the others are not measured."""
    left_out = {name: "not asked for" for name in PARTS if name not in arguments.only}
    for name in arguments.only:
        if needs_annotation(PARTS[name]) and arguments.annotation is None:
            left_out[name] = "needs --annotation"
    return [name for name in PARTS if name not in left_out], left_out


def measure(part, lab, rounds):
    begin, loads, tables = time.monotonic(), [load()], []
    for table in part.measure(lab, rounds):
        loads.append(load())
        tables.append({"name": table.name, "unit": table.unit, "results": table.results, "contest": table.contest})
        print(f"  {table.name}:", {k: round(statistics.median(v), 4) for k, v in table.results.items()}, table.unit, flush=True)
    return {"tables": tables, "load": [round(min(loads), 1), round(max(loads), 1)],
            "minutes": round((time.monotonic() - begin) / 60, 1)}


def main():
    arguments = parse()
    names, left_out = to_measure(arguments)
    print("about", sum(PARTS[name].MINUTES for name in names), "minutes on a quiet machine:",
          ", ".join(f"{name} {PARTS[name].MINUTES}" for name in names), flush=True)
    for name, why in left_out.items():
        print(f"not measured: {name} ({why})", flush=True)
    told = {**machine(arguments), "measured": time.strftime("%Y-%m-%d %H:%M", time.gmtime()), "quick": arguments.quick,
            "load": round(load(), 1), "left_out": left_out, "parts": {}}
    with tempfile.TemporaryDirectory(prefix="unmask-bench-") as folder:
        lab = Lab(arguments.build, arguments.python, pathlib.Path(folder), arguments.annotation, arguments.quick)
        for name in names:
            print(f"{PARTS[name].TITLE} (load {load():.1f})", flush=True)
            told["parts"][name] = measure(PARTS[name], lab, arguments.rounds)
            # After each part, so that one which fails does not take the others along.
            arguments.out.write_text(json.dumps(told, indent=1), encoding="utf-8")


main()

#!/usr/bin/env python3
"""unmask side by side with what a researcher would write or pick instead, in one run on one machine.

usage: compare.py BUILD PEERS_PYTHON [--rounds N] [--only NAME,...] [--study MANIFEST] [--out performance.json]
Every round runs each contestant once, one after another, so that whatever else the machine does meets all of them.
What is compared are medians of the rounds' ratios. `performance.py` makes docs/performance.md of the JSON.
"""

import argparse
import json
import os
import pathlib
import platform
import re
import shutil
import sqlite3
import statistics
import subprocess
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
WIDTHS = {"512 wide": ("512", "512", "512"), "256 wide": ("512", "256", "256")}  # features, adapter, stream
SECONDS = "3"  # of steps, at each measurement
PATCH = "int mkl_serv_intel_cpu_true(void) { return 1; }\nint mkl_serv_intel_cpu(void) { return 1; }\n"
SWEEP_POINTS = [0.1, 0.5, 0.9, 1.0]
STUDY = "name: bench\ndataset: {{manifest: {manifest}}}\ntrain: {{max_epochs: 20, patience: 20}}\ngrid: {{alpha: {alphas}}}\n"


class Bench:
    def __init__(self, build, python, folder):
        self.build, self.python, self.folder = build, python, folder
        self.environment = {**os.environ, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
        self.patch = folder / "patch.so"
        source = folder / "patch.c"
        source.write_text(PATCH, encoding="utf-8")
        subprocess.run(["gcc", "-shared", "-fPIC", "-O2", "-o", self.patch, source], check=True)

    def two_at_once(self, command, patched=False):
        """The sum of what two processes of it print."""
        environment = {**self.environment, **({"LD_PRELOAD": str(self.patch)} if patched else {})}
        both = [subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, text=True, env=environment) for _ in range(2)]
        total = 0
        for process in both:
            out, _ = process.communicate()
            if process.returncode:
                raise SystemExit(f"failed: {command}")
            total += float(out.split()[-1])
        return total

    def timed(self, command, **options):
        begin = time.monotonic()
        subprocess.run(list(map(str, command)), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)
        return time.monotonic() - begin

    def core(self, widths):
        return self.two_at_once([self.build / "core_steps", *widths, SECONDS])

    def pytorch(self, widths, mode="sequential", jobs=1, patched=False):
        return self.two_at_once([self.python, "-B", HERE / "peers/pytorch_steps.py", mode, jobs, *widths, SECONDS], patched)

    def best_width(self, widths, mode):
        return max((4, 8, 16), key=lambda jobs: self.pytorch(widths, mode, jobs))

    def steps(self, rounds):
        """Job-steps a second, the machine's two cores together."""
        for name, widths in WIDTHS.items():
            contestants = {"core": lambda w=widths: self.core(w), "PyTorch": lambda w=widths: self.pytorch(w),
                           "PyTorch, MKL patched": lambda w=widths: self.pytorch(w, patched=True)}
            for mode in ("bmm", "vmap"):
                best = self.best_width(widths, mode)
                contestants[f"{mode}, {best} jobs"] = lambda w=widths, m=mode, b=best: self.pytorch(w, m, b)
            yield f"steps, {name}", "job-steps/s", interleave(contestants, rounds)

    def extraction(self, rounds):
        """A ViT-B/32, prepared pixels to features: two threads here; PyTorch as one process of two threads or two of one."""
        peer, model = [self.python, "-B", HERE / "peers/pytorch_images.py"], self.folder / "vit"
        self.timed([*peer, "model", model])
        def ours(precision):
            command = [self.build / "backbone_images", model, precision, 2, SECONDS]
            return float(subprocess.run(list(map(str, command)), check=True, capture_output=True, text=True).stdout.split()[-1])
        def one_process(dtype):
            command = list(map(str, [*peer, dtype, 2, SECONDS]))
            environment = {**self.environment, "OMP_NUM_THREADS": "2", "MKL_NUM_THREADS": "2"}
            return float(subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout.split()[-1])
        def two_processes(dtype, patched=False):
            return self.two_at_once([*peer, dtype, 1, SECONDS], patched)
        yield "extraction, ViT-B/32, float32", "images/s", interleave(
            {"unmask": lambda: ours("float32"), "PyTorch, two threads": lambda: one_process("float32"),
             "PyTorch, two processes": lambda: two_processes("float32"),
             "PyTorch, two processes, MKL patched": lambda: two_processes("float32", patched=True)}, rounds)
        if "avx512_bf16" in pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8"):
            yield "extraction, ViT-B/32, bfloat16", "images/s", interleave(
                {"unmask": lambda: ours("bfloat16"), "PyTorch in float32, two processes": lambda: two_processes("float32"),
                 "PyTorch in bfloat16, two processes": lambda: two_processes("bfloat16")}, rounds)

    def run(self, study, *overrides):
        store = self.folder / "store"
        shutil.rmtree(store, ignore_errors=True)
        return self.timed([self.build / "unmask", "--quiet", "--store", store, "run", study, *overrides, "--workers", "2"])

    def sweep(self, rounds):
        """4 folds x 4 points, start-up included."""
        data = self.folder / "data"
        self.timed([self.build / "unmask", "data", "synth", data, "--subjects", "4"])
        manifest = data / "manifest.csv"
        study = self.folder / "sweep.yaml"
        study.write_text(STUDY.format(manifest=manifest, alphas=SWEEP_POINTS), encoding="utf-8")
        peer = [self.python, "-B", HERE / "peers/pytorch_sweep.py", manifest, ",".join(f"dsid:{a}:1" for a in SWEEP_POINTS),
                20, 20, 0, self.folder / "out.json"]
        yield "sweep of 4 folds x 4 points", "s", interleave(
            {"unmask": lambda: self.run(study), "PyTorch script": lambda: self.timed(peer, env=self.environment),
             "Ray Tune": lambda: self.timed([*peer, "ray"], env=self.environment)}, rounds)

    def study(self, manifest):
        """The real study, whole, once each."""
        lines = [(a, 1) for a in (0.1, 0.3, 0.5, 0.7, 0.9, 1)] + [(0.5, b) for b in (0.1, 0.3, 0.5, 0.7, 0.9)] + [(0, 1)]
        points = ",".join([f"dsid:{a}:{b}" for a, b in lines] + ["ter", "der"])
        peer = [self.python, "-B", HERE / "peers/pytorch_sweep.py", manifest, points, 200, 50, 0, self.folder / "out.json"]
        config = HERE.parent / "configs/mfed-action-units.yaml"
        times = interleave({"unmask": lambda: self.run(config, f"dataset.manifest={manifest}"),
                            "PyTorch script": lambda: self.timed(peer, env=self.environment)}, 1)
        database = sqlite3.connect(self.folder / "store" / "unmask.db")
        seconds = database.execute("SELECT sum(seconds) FROM jobs").fetchone()[0]
        database.close()
        yield "the real study", "s", times
        yield "slots' time outside training", "share", {"unmask": [1 - seconds / (2 * times["unmask"][0])]}

    def dispatch(self, rounds):
        """20,000 no-op jobs, each leased, recorded with its predictions and acknowledged."""
        programs = self.folder / "noop"
        programs.mkdir()
        shutil.copy(self.build / "unmask", programs / "unmask")
        shutil.copy(self.build / "noop_trainer", programs / "unmask-trainer")
        study = self.folder / "noop.yaml"
        study.write_text(f"name: noop\ndataset: {{synth: 4}}\nseeds: {list(range(5000))}\n", encoding="utf-8")
        def recorded():
            store = self.folder / "noop-store"
            shutil.rmtree(store, ignore_errors=True)
            return self.timed([programs / "unmask", "--quiet", "--store", store, "run", study, "--workers", "1",
                               "--slots", "64"]) / 20000 * 1e6
        def unrecorded():
            mpirun = self.build.parent / ".deps/mpi/bin/mpirun"
            command = [mpirun, "--allow-run-as-root", "--oversubscribe", "-n", "1", self.python,
                       HERE / "peers/mpi4py_noop.py", "5000"]
            return float(subprocess.run(list(map(str, command)), check=True, capture_output=True, text=True).stdout.split()[-1])
        yield "a no-op job", "us", interleave({"unmask, recorded": recorded, "mpi4py.futures, not recorded": unrecorded}, rounds)

    def costs(self, rounds):
        """What rank 0 does for a no-op job, stage by stage, and what a finished sweep takes to start."""
        stages, starts = {}, []
        for round_ in range(rounds):
            folder = self.folder / f"costs-{round_}"
            command = [self.build / "dispatch_costs", folder, "100000"]
            for line in subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines():
                name, cost = re.fullmatch(r"(.+?) +([0-9.]+) us CPU.*", line).groups()
                stages.setdefault(name, []).append(float(cost))
            starts.append(self.timed([self.build / "unmask", "--quiet", "--store", folder / "store", "run", folder / "study.yaml", "--workers", "1"]))
            shutil.rmtree(folder)
        yield "what a no-op job costs rank 0, CPU time by stage", "us", stages
        yield "start of a sweep of 100,000 jobs that are done", "s", {"unmask": starts}
        environment = {**os.environ, "UNMASK_SIM_JOBS": "1000000"}
        growth = {"10,000 jobs": [], "1,000,000 jobs": []}
        for _ in range(rounds):
            out = subprocess.run([self.build / "tests/sim_test", "--gtest_filter=Throughput.*"], check=True, capture_output=True,
                                 text=True, env=environment).stdout
            few, many = re.search(r"10000 jobs: ([0-9.]+) us a job; \d+ jobs: ([0-9.]+) us", out).groups()
            growth["10,000 jobs"].append(float(few))
            growth["1,000,000 jobs"].append(float(many))
        yield "the scheduler alone, 1,000 workers, CPU time a job", "us", growth


def interleave(contestants, rounds):
    results = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, measure in contestants.items():
            results[name].append(measure())
            print(f"  {name}: {results[name][-1]:.4g} (load {os.getloadavg()[0]:.1f})", flush=True)
    return results


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=lambda p: pathlib.Path(p).resolve())
    parser.add_argument("python")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="steps,extraction,sweep,dispatch,costs,study")
    parser.add_argument("--study", help="manifest of the real study")
    parser.add_argument("--out", default="performance.json")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="unmask-bench-") as folder:
        bench = Bench(arguments.build, arguments.python, pathlib.Path(folder))
        wanted = arguments.only.split(",")
        known = ("steps", "extraction", "sweep", "dispatch", "costs")
        parts = [getattr(bench, name)(arguments.rounds) for name in known if name in wanted]
        if "study" in wanted and arguments.study:
            parts.append(bench.study(pathlib.Path(arguments.study).resolve()))
        results = []
        measured = time.strftime("%Y-%m-%d %H:%M", time.gmtime())  # of this run, all its parts
        for part in parts:
            for name, unit, times in part:
                results.append({"name": name, "unit": unit, "results": times, "measured": measured,
                                "load": round(os.getloadavg()[0], 1)})
                print(name, {k: round(statistics.median(v), 4) for k, v in times.items()}, unit, flush=True)
    cpu = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo", encoding="utf-8") if "model name" in line), "")
    freeze = [arguments.python, "-m", "pip", "freeze"]
    versions = subprocess.run(freeze, capture_output=True, text=True, check=True).stdout.split()
    peers = [v for v in versions if v.split("==")[0] in ("torch", "ray", "mpi4py", "numpy")]
    pathlib.Path(arguments.out).write_text(json.dumps({"cpu": cpu, "cores": os.cpu_count(), "kernel": platform.release(),
                                                       "peers": peers, "parts": results}, indent=1), encoding="utf-8")


main()

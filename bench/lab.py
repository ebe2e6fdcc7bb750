"""Where the parts measure: programs, peers, a folder, and contestants run in turn."""

import os
import pathlib
import shutil
import subprocess
import time

HERE = pathlib.Path(__file__).resolve().parent
ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
# MKL takes its fast path on Intel's processors only; with this preloaded it does on all.
PATCH = "int mkl_serv_intel_cpu_true(void) { return 1; }\nint mkl_serv_intel_cpu(void) { return 1; }\n"


class Lab:
    def __init__(self, build, python, folder, annotation, quick):
        self.build, self.python, self.folder, self.annotation, self.quick = build, python, folder, annotation, quick
        self.step_seconds = "0.5" if quick else "2"  # of each measurement of a rate
        self.patch = folder / "patch.so"
        source = folder / "patch.c"
        source.write_text(PATCH, encoding="utf-8")
        subprocess.run(["gcc", "-shared", "-fPIC", "-O2", "-o", self.patch, source], check=True)

    def peer(self, script, *arguments):
        return [self.python, "-B", HERE / "peers" / script, *arguments]

    def environment(self, threads=1, patched=False):
        number = {name: str(threads) for name in ONE_THREAD}
        return {**os.environ, **number, **({"LD_PRELOAD": str(self.patch)} if patched else {})}

    def start(self, command, **options):
        return subprocess.Popen(words(command), stdout=subprocess.PIPE, text=True, **options)

    def output(self, command, **options):
        """What it prints."""
        return subprocess.run(words(command), check=True, stdout=subprocess.PIPE, text=True, **options).stdout

    def number(self, command, **options):
        return float(self.output(command, **options).split()[-1])

    def two_at_once(self, command, patched=False):
        """The sum of what two processes of it print."""
        both = [self.start(command, env=self.environment(patched=patched)) for _ in range(2)]
        total = 0.0
        for process in both:
            out, _ = process.communicate()
            if process.returncode:
                raise SystemExit(f"failed: {words(command)}")
            total += float(out.split()[-1])
        return total

    def seconds(self, command, **options):
        begin = time.monotonic()
        subprocess.run(words(command), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)
        return time.monotonic() - begin

    def unmask(self, *arguments):
        return self.output([self.build / "unmask", "--quiet", *arguments])

    def sweep(self, name, study, *arguments):
        """Seconds of a whole sweep into a new store, which stays as `name` in the folder."""
        store = self.folder / name
        shutil.rmtree(store, ignore_errors=True)
        return self.seconds([self.build / "unmask", "--quiet", "--store", store, "run", study, *arguments])

    def query(self, name, sql):
        """Rows of numbers."""
        out = self.unmask("--store", self.folder / name, "query", sql, "--format", "csv")
        return [[float(value) for value in line.split(",")] for line in out.splitlines()[1:]]

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def synthetic(self, subjects):
        """The manifest of a synthetic data set."""
        data = self.folder / f"synthetic-{subjects}"
        if not data.exists():
            self.unmask("data", "synth", data, "--subjects", subjects)
        return data / "manifest.csv"


def words(command):
    return [str(word) for word in command]


def load():
    return os.getloadavg()[0]


def interleave(contestants, rounds):
    """Each contestant once a round, one after another, so that what else the machine does meets all of them."""
    results = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, measure in contestants.items():
            results[name].append(measure())
            print(f"    {name}: {results[name][-1]:.4g} (load {load():.1f})", flush=True)
    return results

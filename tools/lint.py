#!/usr/bin/env python3
"""clang-tidy on the product's sources; a file whose object is older than its last clean lint is skipped.

usage: lint.py BUILD_FOLDER JOBS     (after a build, so that every object is up to date)
"""

import concurrent.futures
import json
import pathlib
import shlex
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PRODUCT = ("cli", "common", "coordinator", "sql", "worker")


def object_of(entry):
    words = shlex.split(entry["command"])
    return pathlib.Path(entry["directory"]) / words[words.index("-o") + 1]


def is_clean(stamp, *newer):
    return stamp.exists() and all(stamp.stat().st_mtime > path.stat().st_mtime for path in newer)


def lint(build, entry):
    """What clang-tidy says about one file; nothing where it is clean. The object is newer than all that it includes."""
    source = pathlib.Path(entry["file"])
    stamp = build / "lint" / f"{source.relative_to(ROOT)}.clean"
    if is_clean(stamp, object_of(entry), ROOT / ".clang-tidy"):
        return ""
    ended = subprocess.run(["clang-tidy-19", "--quiet", "-p", build, source], capture_output=True, text=True, check=False)
    if ended.returncode:
        return ended.stdout or ended.stderr
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.touch()
    return ""


def main():
    build, jobs = pathlib.Path(sys.argv[1]).resolve(), int(sys.argv[2])
    entries = json.loads((build / "compile_commands.json").read_text(encoding="utf-8"))
    ours = [e for e in entries if pathlib.Path(e["file"]).is_relative_to(ROOT)
            and pathlib.Path(e["file"]).relative_to(ROOT).parts[0] in PRODUCT]
    unique = {e["file"]: e for e in ours if object_of(e).exists()}
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        findings = [said for said in pool.map(lambda entry: lint(build, entry), unique.values()) if said]
    print("".join(findings), end="")
    print(f"lint: {len(unique)} files, {len(findings)} with findings", file=sys.stderr)
    sys.exit(bool(findings) or not unique)


main()

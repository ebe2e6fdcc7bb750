"""The real study, whole, beside a plain PyTorch script that does the same jobs; and where the slots' time goes."""

import json

from lab import HERE, interleave, load
from results import Table, at_most, times

TITLE = "The real study"
MINUTES = 12
NEEDS_ANNOTATION = True
SLOTS = 2
OURS = 3  # runs; the script, which takes minutes, runs once
STUDY = HERE.parent / "configs/mfed-action-units.yaml"
ALPHAS, BETAS = (0.1, 0.3, 0.5, 0.7, 0.9, 1), (0.1, 0.3, 0.5, 0.7, 0.9)
POINTS = [*(f"dsid:{a}:1" for a in ALPHAS), *(f"dsid:0.5:{b}" for b in BETAS), "dsid:0:1", "ter", "der"]

WANTED = [
    times("the real study, whole, vs a two-process PyTorch script", "the study", "PyTorch script", 5),
    at_most("slots' time outside training, real study", "slots' time outside training", "unmask", 3, "%"),
]

ABOUT = """\
`configs/mfed-action-units.yaml` on MFED's annotation: 308 jobs, 22 folds at 14 points, up to 200 epochs each, early stopping by the mean
accuracy of the neighbouring subject with patience 50, batches of 32, adapter 512 and streams 256 wide. The script trains the same jobs with the
same split, loss, fused Adam and stopping rule, one job at a time in each of two processes. It draws other random numbers, so its jobs stop at
other epochs: both counts are below. It does less: it knows only the codes that occur in masked clips, and records right answers of the held-out
subject, no predictions, curves, checkpoints or times; it cannot resume, and a failure ends it. It runs once, here the median of {ours} runs
counts. A job's seconds are the trainer's own, from its first step to its predictions: steps, validation after each epoch, checkpoints. What is
outside: mpirun, MPI_Init, store, leases, and slots with nothing left to do while the last jobs end.""".format(ours=OURS)


def measure(lab, rounds):
    manifest = lab.folder / "mfed.csv"
    lab.unmask("data", "import", "mfed", lab.annotation, "--out", manifest)
    settings = [f"dataset.manifest={manifest}", *(["train.max_epochs=2"] if lab.quick else [])]

    def ours():
        return lab.sweep("study", STUDY, *settings, "--workers", SLOTS)

    wall, outside = [], []
    for _ in range(min(OURS, rounds)):
        wall.append(ours())
        seconds, epochs = lab.query("study", "SELECT sum(seconds), sum(epochs) FROM"
                                             " (SELECT DISTINCT job_key, seconds, epochs FROM jobs)")[0]
        outside.append(100 * (1 - seconds / (SLOTS * wall[-1])))
        print(f"    unmask: {wall[-1]:.4g} s, {outside[-1]:.2f} % outside training (load {load():.1f})", flush=True)
    out = lab.folder / "study.json"
    peer = lab.peer("pytorch_sweep.py", manifest, ",".join(POINTS), 2 if lab.quick else 200, 50, 0, out)
    script = interleave({"PyTorch script": lambda: lab.seconds(peer, env=lab.environment())}, 1)["PyTorch script"]
    yield Table("the study", "s", {"unmask": wall, "PyTorch script": script * len(wall)})
    told = json.loads(out.read_text(encoding="utf-8"))
    yield Table("epochs trained", "epochs", {"unmask": [epochs], "PyTorch script": [told["epochs"]]}, contest=False)
    yield Table("slots' time outside training", "%", {"unmask": outside}, contest=False)

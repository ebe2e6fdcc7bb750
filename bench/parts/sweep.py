"""A small sweep, start-up included: what a researcher waits for."""

from lab import interleave
from results import Table, times

TITLE = "A small sweep"
MINUTES = 4
POINTS = (0.1, 0.5, 0.9, 1.0)  # alpha
EPOCHS = 20

WANTED = [
    times("sweep of 4 folds x 4 points, start-up included, vs Ray Tune", "4 folds x 4 points", "Ray Tune", 8),
    times("the same, vs a plain PyTorch script", "4 folds x 4 points", "PyTorch script", 4),
]

ABOUT = """\
4 folds x 4 points on action units of a synthetic data set (120 clips), 20 epochs each, from the command to its end. `unmask run` with two
workers, which records every prediction; a PyTorch script with a pool of two processes, forked after the import; Ray Tune with the same
training function, two processors and a trial a job. Neither of them records more than right answers. Start-up is nearly all of it: for
PyTorch the import, for Ray its services, here mpirun and MPI_Init, which take most of what is left."""


def study(manifest):
    return (f"name: bench\ndataset: {{manifest: {manifest}}}\ntrain: {{max_epochs: {EPOCHS}, patience: {EPOCHS}}}\n"
            f"grid: {{alpha: {list(POINTS)}}}\n")


def measure(lab, rounds):
    manifest = lab.synthetic(4)
    config = lab.write("sweep.yaml", study(manifest))
    points = ",".join(f"dsid:{alpha}:1" for alpha in POINTS)
    peer = lab.peer("pytorch_sweep.py", manifest, points, EPOCHS, EPOCHS, 0, lab.folder / "out.json")

    def script(*how, patched=False):
        return lab.seconds([*peer, *how], env=lab.environment(patched=patched))

    yield Table("4 folds x 4 points", "s", interleave(
        {"unmask": lambda: lab.sweep("sweep", config, "--workers", "2"), "PyTorch script": script,
         "PyTorch script, MKL patched": lambda: script(patched=True), "Ray Tune": lambda: script("ray")}, rounds))

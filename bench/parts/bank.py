"""The view bank: each view through the backbone once for the sweep, or once for every job."""

from lab import load
from results import Table, times

TITLE = "The view bank"
MINUTES = 5
SUBJECTS, POINTS, EPOCHS = 4, (0.1, 0.5, 0.9, 1), 3
JOBS = SUBJECTS * len(POINTS)

WANTED = [times(f"view bank on vs off, {JOBS} jobs x {EPOCHS} epochs, the backbone's share", "the backbone's share",
                "bank off", 0.9 * JOBS)]

ABOUT = """\
{0} jobs ({1} folds x {2} points) of {3} epochs on drawn faces, 120 clips, seen by a ViT-B/32 of random weights at 224 x 224 in {3} augmented views; two
workers of one slot. With the bank the plain view and {3} others are made once, without it every job makes them for itself, as a script would.
The backbone's share is the slots' time, from lease to answer, of feature jobs that make views, and without the bank that of trainings beyond what they take
with it. {0} times is the limit: {0} jobs share what one needs, and so it is in pictures. With the bank the loading of libtorch and weights by two workers
is a larger part of it.
Faces are found and cut out once in both. One run each, as the work is counted in pictures. The jobs' numbers are equal, bit by bit (`view-bank.md`).""".format(
    JOBS, SUBJECTS, len(POINTS), EPOCHS)


def study(model, size):
    return (f"name: bank\ndataset: {{synth: {SUBJECTS}}}\nfeatures: {{source: vit}}\nfaces: {{size: {size}, margin: 0}}\n"
            f"weights: {{vit: {model}}}\naugment: {{views: {EPOCHS}}}\n"
            f"train: {{max_epochs: {EPOCHS}, patience: {EPOCHS}}}\ngrid: {{alpha: {list(POINTS)}}}\n")


def model_folder(lab):
    model = lab.folder / "bank-vit"
    if lab.quick:
        lab.unmask("data", "synth-weights", "vit", model)
    else:
        lab.output(lab.peer("pytorch_images.py", "model", model))
    return model


def measure(lab, rounds):
    config = lab.write("bank.yaml", study(model_folder(lab), 96 if lab.quick else 224))
    wall, seconds, pictures = {}, {}, {}
    for name, override in (("bank on", []), ("bank off", ["features.bank=false"])):
        wall[name] = [lab.sweep(name, config, *override, "--workers", "2", "--slots", "1")]
        # Not `jobs.seconds`: without the bank a training makes the plain view before its own clock starts.
        rows = lab.query(name, "SELECT kind = 'train', sum(julianday(ended_at) - julianday(started_at)) * 86400,"
                               " sum(images_forwarded) FROM jobs JOIN attempts USING (job_key)"
                               " WHERE features <> 'crops' AND outcome = 'done' GROUP BY 1")
        seconds[name] = {bool(kind): took for kind, took, _ in rows}  # of feature jobs (False), of trainings (True)
        pictures[name] = [sum(forwarded for _, _, forwarded in rows)]
        print(f"    {name}: {wall[name][0]:.4g} s, {pictures[name][0]:.0f} pictures (load {load():.1f})", flush=True)
    on, off = seconds["bank on"], seconds["bank off"]
    yield Table("the backbone's share", "slot s", {"bank on": [on[False]], "bank off": [off[True] - on[True]]})
    yield Table("the whole sweep", "s", wall)
    yield Table("pictures through the backbone", "pictures", pictures)

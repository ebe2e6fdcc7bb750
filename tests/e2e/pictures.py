#!/usr/bin/env python3
"""Sweeps on pictures: with and without the view bank, other workers, a kill and a resume give the same numbers."""

import sys

import harness

STUDY = """\
name: pictures
dataset: {synth: 4}
features: {source: vit}
faces: {size: 64, margin: 0}
weights: {synth: 1}
augment: {views: 5}
model: {adapter: 24, stream: 12}
train: {max_epochs: 12, patience: 12, checkpoint_seconds: 0}
grid: {alpha: [0, 0.5]}
"""
CLIPS = 4 * 30


def forwarded(store, kind):
    return harness.rows(store, "SELECT count(*), coalesce(sum(images_forwarded), 0) FROM jobs"
                               " WHERE kind = ? AND features <> 'crops'", kind)[0]


def check_bank(lab, study):
    variants = {
        "bank": ["--workers", "2", "--slots", "1"],
        "one-slot": ["--workers", "1", "--slots", "1", "--order-seed", "3"],
        "no-bank": ["features.bank=false", "--workers", "1", "--slots", "2"],
    }
    expected = None
    for name, arguments in variants.items():
        store = lab.folder / name
        lab.run("--store", store, "run", study, *arguments).expect(0)
        harness.check_whole(store)
        expected = expected or harness.numbers(store)
        assert harness.numbers(store) == expected, f"{name} changed a number"
    for name in ("bank", "one-slot"):
        made, images = forwarded(lab.folder / name, "features")
        assert (made, images) == (6, 6 * CLIPS), f"{name}: {made} views, {images} pictures"
        assert forwarded(lab.folder / name, "train")[1] == 0
    jobs, images = forwarded(lab.folder / "no-bank", "train")
    assert images == jobs * (12 + 1) * CLIPS, f"{images} pictures in {jobs} jobs"
    lab.run("--store", lab.folder / "bank", "verify", "--jobs", "2").expect(0)
    print(f"bank: {6 * CLIPS} pictures through the backbone, without: {images}; equal numbers")
    return expected


def made_views(store):
    return len(harness.rows_so_far(store, "SELECT 1 FROM jobs WHERE kind = 'features' AND state = 'done'"))


def check_kill(lab, study, expected):
    for views in (0, 2, 4):
        store = lab.folder / f"killed-{views}"
        process = lab.start("--store", store, "run", study, "--workers", "2", "--slots", "1")
        harness.wait_until(lambda: made_views(store) >= views or process.poll() is not None, 120, f"{views} views")
        lab.kill("trainer", "coordinator")
        lab.finish(process, 120)
        lab.wait_for_silence()
        lab.run("--store", store, "run", study, "--workers", "1").expect(0)
        harness.check_whole(store)
        assert harness.numbers(store) == expected, f"a kill after {views} views changed a number"
    print("killed and resumed three times: equal numbers")


# A view's blob that was deleted is made again, by the next run that needs it and by no other.
def check_lost_blob(lab, study):
    store = lab.folder / "lost"
    short = ["train.max_epochs=2", "train.patience=2", "--workers", "1"]
    lab.run("--store", store, "run", study, *short).expect(0)
    blobs = harness.rows(store, "SELECT weights_sha256 FROM attempt JOIN planned_job ON planned_job.id = job_id"
                                " WHERE kind = 'features' AND features <> 'crops' AND outcome = 'done'")
    for (sha256,) in blobs:
        (store / "blobs" / sha256).unlink()
    verified = lab.run("--store", store, "verify", "--jobs", "2").expect(1)
    assert "not comparable: its features are gone" in verified.err and "0 different" in verified.out, verified
    lab.run("--store", store, "run", study, *short).expect(0)
    assert not any((store / "blobs" / sha256).exists() for (sha256,) in blobs), "made again for nobody"
    assert "finished" in lab.run("--store", store, "status").expect(0).out
    lab.run("--store", store, "run", study, *short, "loss.beta=2").expect(0)
    harness.check_whole(store)
    print(f"{len(blobs)} views deleted and made again")


# Which fails what needs it, and no worker.
def check_damaged_view(lab, study):
    store = lab.folder / "damaged"
    short = ["train.max_epochs=2", "train.patience=2", "--workers", "1"]
    lab.run("--store", store, "run", study, *short).expect(0)
    # The first augmented view is what each job opens in its first epoch.
    view = harness.rows(store, "SELECT weights_sha256 FROM attempt JOIN planned_job ON planned_job.id = attempt.job_id"
                               " JOIN spec ON spec.job_id = planned_job.id WHERE kind = 'features' AND outcome = 'done'"
                                 " AND features <> 'crops' AND coalesce(json_extract(spec, '$.view'), 0) = 0")
    blob = store / "blobs" / view[0][0]
    damaged = bytearray(blob.read_bytes())
    damaged[-2:] = bytes(b ^ 0x55 for b in damaged[-2:])
    blob.write_bytes(damaged)
    lab.run("--store", store, "run", study, *short, "loss.beta=2").expect(1)
    ends = harness.rows(store, "SELECT DISTINCT error_class FROM attempts WHERE outcome = 'failed'")
    assert ends == [("bad-input",)], ends
    print("a damaged view fails its jobs at once")


# Only the views that training calls for are made, and what is there serves the next study.
def check_lazy(lab, study):
    store = lab.folder / "lazy"
    lab.run("--store", store, "run", study, "augment.views=60", "train.max_epochs=60", "train.patience=1",
            "--workers", "1", "--slots", "1").expect(0)
    views = forwarded(store, "features")[0]
    furthest = harness.rows(store, "SELECT max(epochs) FROM jobs")[0][0]
    assert furthest < 45 and views <= furthest + 12, f"{views} views for {furthest} epochs"
    left = harness.rows(store, "SELECT count(*) FROM jobs WHERE state <> 'done'")[0][0]
    assert left == 0, f"{left} jobs are not done"
    blob = harness.rows(store, "SELECT count(*) FROM sweeps WHERE jobs = done")[0][0]
    assert blob == 1, "the sweep does not look finished"
    planned = lab.run("--store", store, "plan", study, "augment.views=60", "train.max_epochs=60", "train.patience=1").expect(0)
    assert "nothing is left to do" in planned.out, planned
    lab.run("--store", store, "run", study, "augment.views=60", "train.max_epochs=60", "train.patience=1",
            "loss.beta=2", "--workers", "1").expect(0)
    print(f"{views} views for {furthest} epochs")


def check_other_models(lab, study):
    store = lab.folder / "others"
    clip = ["features.source=clip", "augment.views=2", "train.max_epochs=2"]
    lab.run("--store", store, "run", study, "features.finetune=true", "features.source=resnet18",
            "train.max_epochs=1").expect(0)
    lab.run("--store", store, "run", study, *clip, "model.kind=clip-zero-shot").expect(0)
    lab.run("--store", store, "run", study, *clip, "model.kind=clip-prompt").expect(0)
    models = harness.rows(store, "SELECT DISTINCT model FROM jobs WHERE kind = 'train' AND state = 'done' ORDER BY 1")
    assert [row[0] for row in models] == ["clip-prompt", "clip-zero-shot", "dsid"], models


def check_files(lab, study):
    data = lab.folder / "data"
    lab.run("data", "synth", data, "--subjects", "3").expect(0)
    files = ["dataset.synth=0", f"dataset.manifest={data / 'manifest.csv'}", "train.max_epochs=2", "augment.views=2"]
    lab.run("--store", lab.folder / "files", "run", study, *files).expect(0)
    clip = next(folder for folder in sorted(data.rglob("*_an2_*")) if folder.is_dir())
    for picture in clip.iterdir():
        picture.write_bytes(picture.read_bytes()[:200])
    lab.run("--store", lab.folder / "cut", "run", study, *files).expect_error(3, clip.name)
    for picture in clip.iterdir():
        picture.unlink()
    lab.run("--store", lab.folder / "gone", "run", study, *files).expect_error(3, "manifest.csv")
    lab.run("--store", lab.folder / "none", "run", study, "weights.synth=0").expect_error(2, "weights.vit")
    lab.run("--store", lab.folder / "none", "run", study, f"weights.vit={data}").expect_error(3, "config.json")
    lab.run("data", "synth-weights", "vit", lab.folder / "vit").expect(0)
    lab.run("--store", lab.folder / "none", "run", study, "features.source=clip",
            f"weights.clip={lab.folder / 'vit'}").expect_error(3, "of the kind vit")


def main():
    with harness.Lab(sys.argv[1]) as lab:
        study = lab.write("pictures.yaml", STUDY)
        expected = check_bank(lab, study)
        check_kill(lab, study, expected)
        check_lost_blob(lab, study)
        check_damaged_view(lab, study)
        check_lazy(lab, study)
        check_other_models(lab, study)
        check_files(lab, study)


main()

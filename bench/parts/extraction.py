"""Pictures through a frozen backbone: ViT-B/32, prepared pixels to features."""

import pathlib

from lab import interleave
from results import Table, times

TITLE = "Extraction"
MINUTES = 4

WANTED = [
    times("extraction, ViT-B/32, float32, vs eager PyTorch", "float32", "PyTorch, two processes", 1.7),
    times("extraction, ViT-B/32, bfloat16, vs eager PyTorch in float32", "bfloat16",
          "PyTorch in float32, two processes", 3),
]

ABOUT = """\
Prepared pixels of 224 x 224 to features by a ViT-B/32 of random weights. Here two threads; PyTorch, eager, batches of 32, under
inference_mode, as one process of two threads and as two of one. 8.7 GFLOP a picture bound it, 8.1 where the last layer is computed for the class
token alone, as it is here: at the 264 GFLOP/s that products from registers reach on a core of an AMD EPYC (family 26), 32 pictures a second and
core; at the 180 of an Intel Xeon with AVX-512, 22. What float32 can gain besides is
MKL's slow path on AMD (2.2 times there); on Intel's processors MKL takes its fast one. Where there is AMX, a product of float32 is six of bfloat16 here
(`backbones.md`): 2,350 GFLOP/s of these from registers, with random numbers, are 390 at most, or 47 pictures a second and core, while nobody else uses the
tiles of that core; while somebody did, on the other half of it as it seems, they took three times as long. On an AMD EPYC of family 25, at 116 GFLOP/s, the bound is 14 a second and core; that slow path reaches 70 % of its own: 1.5 times is all there is, and with products
of bfloat16, twice as fast, 3 times at most.
bfloat16 by AVX-512 alone gains nothing on Intel (0.62 times float32); AMX does. Not measured: decoding and face search, which training meets once a study."""


def measure(lab, rounds):
    model = lab.folder / "vit"
    lab.output(lab.peer("pytorch_images.py", "model", model))

    def ours(precision):
        return lab.number([lab.build / "backbone_images", model, precision, 2, lab.step_seconds])

    def one_process(dtype):
        return lab.number(lab.peer("pytorch_images.py", dtype, 2, lab.step_seconds), env=lab.environment(threads=2))

    def two_processes(dtype, patched=False):
        return lab.two_at_once(lab.peer("pytorch_images.py", dtype, 1, lab.step_seconds), patched)

    yield Table("float32", "images/s", interleave(
        {"unmask": lambda: ours("float32"), "PyTorch, two threads": lambda: one_process("float32"),
         "PyTorch, two processes": lambda: two_processes("float32"),
         "PyTorch, two processes, MKL patched": lambda: two_processes("float32", patched=True)}, rounds))
    if "avx512_bf16" in pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8"):
        yield Table("bfloat16", "images/s", interleave(
            {"unmask": lambda: ours("bfloat16"), "PyTorch in float32, two processes": lambda: two_processes("float32"),
             "PyTorch in bfloat16, two processes": lambda: two_processes("bfloat16")}, rounds))

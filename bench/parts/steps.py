"""Training steps alone: the core engine beside PyTorch, one job at a time and several in one."""

from lab import interleave
from results import Table, times

TITLE = "Training steps"
MINUTES = 7
WIDTHS = {"512 wide": ("512", "512", "512"), "256 wide": ("512", "256", "256")}  # features, adapter, stream
FUSED = (4, 8, 16, 32)  # jobs in one

WANTED = [
    times("core vs sequential PyTorch, 512 wide", "512 wide", "PyTorch", 5),
    times("core vs sequential PyTorch, 256 wide", "256 wide", "PyTorch", 8),
    times("the same, MKL patched, 512 wide", "512 wide", "PyTorch, MKL patched", 3.5),
    times("the same, MKL patched, 256 wide", "256 wide", "PyTorch, MKL patched", 6),
    *(times(f"core vs {text}, {width}", width, mode, 5) for mode, text in
      (("bmm", "HFTA-style bmm"), ("vmap", "torch.func.vmap")) for width in WIDTHS),
]

ABOUT = """\
DSID's training step on 512 features, 6 and 6 classes, batches of 32, dropout and Adam included; adapter and streams 512 wide, or 256. Two
processes of one thread each, their rates added. PyTorch runs with Adam's fused kernel; `MKL patched` means that MKL takes the path on this
processor that it takes on Intel's, and there changes nothing. `bmm` trains several jobs as batched tensors, as HFTA does, `vmap` with torch.func; 4, 8, 16 and 32 jobs were
tried before the rounds, and the best number is shown. What is wanted of fused jobs is against stock MKL; patched stands beside. Not measured: torch.compile, which needs a compiler at run time.

On paper, from one core of an AMD EPYC (family 26) in its own time, which is not said to be this page's machine: products from registers run at 264 GFLOP/s, a square root with a division of 16 floats takes 1.8 ns,
and Adam 1.95 ns for 16 weights in the second cache, 2.15 in the third: the divider binds it, not memory. A step at 256 wide is 23 MFLOP of
products, zeros left out, and Adam over 16,400 such vectors: at least 88 + 32 us. At 512 wide, 59 MFLOP and 49,000 vectors: at least 223 + 106 us.
`build/kernels` measures each kernel alone."""


def measure(lab, rounds):
    for name, widths in WIDTHS.items():
        yield Table(name, "job-steps/s", interleave(contestants(lab, widths), rounds))


def contestants(lab, widths):
    def pytorch(mode="sequential", jobs=1, patched=False):
        return lab.two_at_once(lab.peer("pytorch_steps.py", mode, jobs, *widths, lab.step_seconds), patched)

    ways = {"PyTorch": ("sequential", 1)}
    for mode in ("bmm", "vmap"):
        best = max(FUSED, key=lambda jobs, m=mode: pytorch(m, jobs))
        ways[f"{mode}, {best} jobs"] = (mode, best)
    found = {"core": lambda: lab.two_at_once([lab.build / "core_steps", *widths, lab.step_seconds])}
    for name, way in ways.items():
        found[name] = lambda w=way: pytorch(*w)
        found[f"{name}, MKL patched"] = lambda w=way: pytorch(*w, patched=True)
    return found

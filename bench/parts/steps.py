"""Training steps alone: the core engine beside PyTorch, one job at a time and several in one."""

from lab import interleave
from results import Table, times

TITLE = "Training steps"
MINUTES = 12
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

On paper. A step at 256 wide is 23 MFLOP of products, zeros left out, and Adam over 16,400 vectors of 16 weights; at 512 wide 59 MFLOP and 49,000
vectors. One core of an Intel machine (AVX-512 at 2.8 GHz, 2 MB of second cache), in its own time: products from registers run at 180 GFLOP/s, Adam takes
3.8 ns a vector in the second cache and 6.3 beyond it (6.3 everywhere with the divider's square root). That makes at least 128 + 62 to 103 us at 256 wide, where
weights and moments are 3.1 MB, and 328 + 309 us at 512 wide. An AMD EPYC (family 26): 264 GFLOP/s and 1.95 ns, at least 88 + 32 and 223 + 106 us.
One of family 25, whose units are 256 bits wide and whose second cache has 1 MB: 116 GFLOP/s and 3.65 ns, at least 198 + 60 and 509 + 179 us. There a root or
a division takes two of the multipliers' turns, which leaves 2.5 ns of a vector's 3.65 beside products. A process
alone takes 350 us a step at 256 wide and 960 at 512, where weights and moments, 9.4 MB a job, lie in the third cache: while others on the processor use that, 1,400 us.
There 8 times PyTorch at 256 wide is 285 to 325 us, and 5 times bmm or vmap at 512 wide 990 to 1,090: reached in the rounds that had the third cache to themselves.

Sampled on the EPYC of family 25, at 512 wide (256): products, with the updates that go between them, 69 % (70), of which 77 % (81) are what they take from
registers; other updates 16 % (11), at 512 wide a fifth of it waiting for the third cache; BatchNorm 3 % (4), the classifiers 3 % (3), masks 2 % (3), losses 2 % (3), the
sums of input gradients 2 % (1). Tried there without gain: the update of sparse inputs between the next one's products (a tenth slower backward), one division for two
weights, each weight and moment loaded once, asking ahead for weights and for the moments of dense layers, moments kept out of the second cache, halves of 32 rows forward,
two rows of a batch at a time backward. On the Intel machine, before a weight and its moments were kept apart in their addresses' last bits, at 256 wide: products 53 %, Adam
29 %, BatchNorm 4 %; without gain Adam put off into the next products (5 to 10 % slower), every second or fourth root by the divider, large pages, heads and panels
backward in reverse order, weight and moments interleaved (6 to 9 % slower), panels of 64 or 256 columns (5 to 13 % slower).
`build/kernels` measures each kernel alone."""


def measure(lab, rounds):
    for name, widths in WIDTHS.items():
        # Others on a processor take its third cache from it for seconds: more rounds than elsewhere.
        yield Table(name, "job-steps/s", interleave(contestants(lab, widths), 2 * rounds - 1))


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

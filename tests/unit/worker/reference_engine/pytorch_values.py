"""Writes pytorch_values.json: what PyTorch's own modules say about a small model and batch.

The values beside this file were made with Python 3.11, torch 2.11.0 (CPU), in float64 but for Adam
(float32, as trained). Run again only to add cases: python3 pytorch_values.py > pytorch_values.json
The formulas of weights, features, labels and masks are repeated in small_model.h.
"""

import json
import math

import torch
import torch.nn.functional as F

FEATURES, ADAPTER, STREAM, CLIPS = 6, 5, 4, 7
CLASSES = {"ter": 3, "der": 2}
CASES = [
    dict(name="paper-rbf", hsic="paper", kernel="rbf", alpha=0.5, beta=1.0, sigma=1.0),
    dict(name="paper-linear", hsic="paper", kernel="linear", alpha=2.0, beta=0.3, sigma=1.0),
    dict(name="biased-rbf", hsic="biased", kernel="rbf", alpha=50.0, beta=1.0, sigma=0.7),
    dict(name="biased-linear", hsic="biased", kernel="linear", alpha=3.0, beta=1.0, sigma=1.0),
    dict(name="unbiased-rbf", hsic="unbiased", kernel="rbf", alpha=5.0, beta=1.0, sigma=1.5),
    dict(name="unbiased-linear", hsic="unbiased", kernel="linear", alpha=1.0, beta=0.1, sigma=1.0),
    dict(name="no-hsic", hsic="paper", kernel="rbf", alpha=0.0, beta=0.7, sigma=1.0),
    dict(name="single-der", hsic="paper", kernel="rbf", alpha=0.0, beta=1.0, sigma=1.0),
    dict(name="balanced", hsic="biased", kernel="rbf", alpha=5.0, beta=0.7, sigma=1.0),
    dict(name="balanced-single-der", hsic="paper", kernel="rbf", alpha=0.0, beta=1.0, sigma=1.0),
]


class Block(torch.nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.linear = torch.nn.Linear(inputs, outputs)
        self.norm = torch.nn.BatchNorm1d(outputs)

    def forward(self, x, mask):
        x = F.relu(self.norm(self.linear(x)))
        return x if mask is None else x * mask


class Stream(Block):
    def __init__(self, classes):
        super().__init__(ADAPTER, STREAM)
        self.classifier = torch.nn.Linear(STREAM, classes)


class Model(torch.nn.Module):
    def __init__(self, tasks):
        super().__init__()
        self.tasks = tasks
        self.adapter = Block(FEATURES, ADAPTER)
        for task in tasks:
            setattr(self, task, Stream(CLASSES[task]))
        for p, (_, parameter) in enumerate(sorted(self.named_parameters())):
            values = [0.6 * math.sin(1.3 * i + 0.7 * p + 0.1) for i in range(parameter.numel())]
            parameter.data = torch.tensor(values).reshape(parameter.shape)

    def forward(self, x, masks=None):
        shared = self.adapter(x, masks and masks["adapter"])
        streams = {t: getattr(self, t)(shared, masks and masks[t]) for t in self.tasks}
        return streams, {t: getattr(self, t).classifier(s) for t, s in streams.items()}


def mask(width, offset):
    # Clip 2's streams are all dropped: a zero vector.
    rows = [[0.0 if (7 * r + 3 * c + offset) % 4 == 0 or (r == 2 and width == STREAM) else 2.0
             for c in range(width)] for r in range(CLIPS)]
    return torch.tensor(rows)


def kernel(a, b, case):
    """The kernel of every row of a with every row of b."""
    if case["kernel"] == "linear":
        return a @ b.T
    return torch.exp(-(a[:, None, :] - b[None, :, :]).square().sum(2) / (2 * case["sigma"] ** 2))


def hsic(x, y, case):
    # F.normalize would pass a gradient of 1e12 through a zero row; the design says zero.
    unit = lambda v: torch.stack([F.normalize(r, dim=0, eps=1e-12) if r.any() else r * 0 for r in v])
    x, y = unit(x), unit(y)
    n = len(x)
    if case["hsic"] == "paper":
        k_xy, k_xx, k_yy = (kernel(a, b, case).diagonal() for a, b in ((x, y), (x, x), (y, y)))
        return (k_xy - k_xx * k_yy).square().mean()
    k, l, one = kernel(x, x, case), kernel(y, y, case), torch.ones(n, dtype=x.dtype)
    if case["hsic"] == "biased":
        h = torch.eye(n, dtype=x.dtype) - 1 / n
        return torch.trace(k @ h @ l @ h) / (n - 1) ** 2
    k, l = k - torch.diag(k.diagonal()), l - torch.diag(l.diagonal())
    return (torch.trace(k @ l) + (one @ k @ one) * (one @ l @ one) / ((n - 1) * (n - 2))
            - 2 / (n - 2) * (one @ k @ l @ one)) / (n * (n - 3))


def class_weights(labels, case, dtype):
    """scikit-learn's "balanced"; all classes occur."""
    if not case["name"].startswith("balanced"):
        return None
    counts = torch.bincount(labels).to(dtype)
    return len(labels) / (len(counts) * counts)


def loss_of(model, data, case):
    streams, logits = model(data["x"], data["masks"])
    first = model.tasks[0]
    weights = {t: class_weights(data[t], case, data["x"].dtype) for t in model.tasks}
    loss = F.cross_entropy(logits[first], data[first], weight=weights[first])
    if len(model.tasks) == 2:
        loss = loss + case["beta"] * F.cross_entropy(logits["der"], data["der"],
                                                     weight=weights["der"])
        if case["alpha"] > 0:
            loss = loss + case["alpha"] * hsic(streams["ter"], streams["der"], case)
    return loss


def data_as(dtype):
    x = torch.tensor([[float((5 * r + 3 * c) % 7 < 3) for c in range(FEATURES)] for r in range(CLIPS)])
    masks = {"adapter": mask(ADAPTER, 0), "ter": mask(STREAM, 1), "der": mask(STREAM, 2)}
    return dict(x=x.to(dtype), masks={k: v.to(dtype) for k, v in masks.items()},
                ter=torch.tensor([(2 * r + 1) % 3 for r in range(CLIPS)]),
                der=torch.tensor([r // 2 % 2 for r in range(CLIPS)]))


def flat(tensors):
    return {name: t.flatten().tolist() for name, t in sorted(tensors)}


def run(case):
    tasks = ["der"] if case["name"].endswith("single-der") else ["ter", "der"]
    model = Model(tasks).double()
    data = data_as(torch.float64)
    loss = loss_of(model, data, case)
    loss.backward()
    result = dict(case, loss=loss.item(),
                  gradients=flat((n, p.grad) for n, p in model.named_parameters()))
    model = Model(tasks).float()
    data = data_as(torch.float32)
    adam = torch.optim.Adam(model.parameters(), lr=0.01, weight_decay=0.05)
    for _ in range(3):
        adam.zero_grad()
        loss_of(model, data, case).backward()
        adam.step()
    state = {n: t for n, t in model.state_dict().items() if "num_batches" not in n}
    result["after_three_steps"] = flat(state.items())
    model.eval()
    result["logits"] = {t: v.flatten().tolist() for t, v in model(data["x"])[1].items()}
    return result


if __name__ == "__main__":
    print(json.dumps([run(case) for case in CASES], indent=0))

"""Job-steps a second of PyTorch on one thread: DSID, 6 and 6 classes, batches of 32, alpha .5, beta 1.

usage: pytorch_steps.py MODE JOBS FEATURES ADAPTER STREAM SECONDS     (prints one number)
MODE: `sequential` trains one job with nn modules; `bmm` trains JOBS jobs as batched tensors (as HFTA does);
`vmap` trains JOBS jobs with torch.func. All use Adam's fused kernel.
"""

import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

CLIPS, BATCH, CLASSES, ALPHA, BETA = 640, 32, 6, 0.5, 1.0


class Adapter(nn.Sequential):
    def __init__(self, inputs, outputs):
        super().__init__(nn.Linear(inputs, outputs), nn.BatchNorm1d(outputs), nn.ReLU(), nn.Dropout(0.5))


class Dsid(nn.Module):
    def __init__(self, features, adapter, stream):
        super().__init__()
        self.adapter = Adapter(features, adapter)
        self.ter, self.der = Adapter(adapter, stream), Adapter(adapter, stream)
        self.ter_classifier, self.der_classifier = nn.Linear(stream, CLASSES), nn.Linear(stream, CLASSES)

    def forward(self, x):
        shared = self.adapter(x)
        ter, der = self.ter(shared), self.der(shared)
        return ter, der, self.ter_classifier(ter), self.der_classifier(der)


def independence(ter, der):
    """Eq. (2) as printed, with an RBF kernel of sigma 1 on normalised features: (k(x, y) - 1)^2."""
    ter, der = F.normalize(ter, dim=-1), F.normalize(der, dim=-1)
    return (torch.exp(-(ter - der).square().sum(-1) / 2) - 1).square().mean(-1)


def loss_of(outputs, true, disguised):
    ter, der, ter_logits, der_logits = outputs
    return (F.cross_entropy(ter_logits, true) + BETA * F.cross_entropy(der_logits, disguised)
            + ALPHA * independence(ter, der))


def adam(parameters):
    return torch.optim.Adam(parameters, lr=5e-4, weight_decay=5e-4, fused=True)


def sequential(_jobs, features, adapter, stream):
    model = Dsid(features, adapter, stream).train()
    optimizer = adam(model.parameters())

    def step(x, true, disguised):
        optimizer.zero_grad(set_to_none=True)
        loss_of(model(x), true, disguised).backward()
        optimizer.step()

    return step


def linear_parameters(jobs, inputs, outputs):
    bound = inputs ** -0.5
    return [torch.empty(jobs, inputs, outputs).uniform_(-bound, bound).requires_grad_(),
            torch.empty(jobs, 1, outputs).uniform_(-bound, bound).requires_grad_()]


class FusedAdapter:
    """Adapters of several jobs: [jobs, batch, inputs] -> [jobs, batch, outputs]."""

    def __init__(self, jobs, inputs, outputs):
        self.linear = linear_parameters(jobs, inputs, outputs)
        self.norm = [torch.ones(jobs * outputs, requires_grad=True), torch.zeros(jobs * outputs, requires_grad=True)]
        self.mean, self.variance = torch.zeros(jobs * outputs), torch.ones(jobs * outputs)

    def parameters(self):
        return self.linear + self.norm

    def __call__(self, x):
        z = torch.baddbmm(self.linear[1], x, self.linear[0])
        jobs, batch, outputs = z.shape
        columns = z.transpose(0, 1).reshape(batch, jobs * outputs)
        columns = F.batch_norm(columns, self.mean, self.variance, *self.norm, training=True)
        z = columns.view(batch, jobs, outputs).transpose(0, 1)
        return F.dropout(F.relu(z), 0.5)


def bmm(jobs, features, adapter, stream):
    shared = FusedAdapter(jobs, features, adapter)
    streams = [FusedAdapter(jobs, adapter, stream) for _ in range(2)]
    classifiers = [linear_parameters(jobs, stream, CLASSES) for _ in range(2)]
    parameters = [p for block in [shared, *streams] for p in block.parameters()] + [p for c in classifiers for p in c]
    optimizer = adam(parameters)

    def step(x, true, disguised):
        optimizer.zero_grad(set_to_none=True)
        hidden = shared(x.expand(jobs, -1, -1))
        outputs = [block(hidden) for block in streams]
        logits = [torch.baddbmm(c[1], out, c[0]) for c, out in zip(classifiers, outputs)]
        losses = [F.cross_entropy(each.reshape(-1, CLASSES), labels.repeat(jobs)) * jobs
                  for each, labels in zip(logits, (true, disguised))]
        (losses[0] + BETA * losses[1] + ALPHA * independence(*outputs).sum()).backward()
        optimizer.step()

    return step


def vmap(jobs, features, adapter, stream):
    from torch.func import functional_call, grad, stack_module_state, vmap as batched
    models = [Dsid(features, adapter, stream).train() for _ in range(jobs)]
    parameters, buffers = stack_module_state(models)
    # BatchNorm's running statistics are updated in place, which vmap allows for buffers that it batches.
    model = models[0]
    optimizer = adam(parameters.values())

    def loss(one, buffer, x, true, disguised):
        return loss_of(functional_call(model, (one, buffer), (x,)), true, disguised)

    gradients = batched(grad(loss), in_dims=(0, 0, None, None, None), randomness="different")

    def step(x, true, disguised):
        for name, gradient in gradients(parameters, buffers, x, true, disguised).items():
            parameters[name].grad = gradient
        optimizer.step()

    return step


def main():
    mode, (jobs, features, adapter, stream), seconds = sys.argv[1], map(int, sys.argv[2:6]), float(sys.argv[6])
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    torch.manual_seed(0)
    step = {"sequential": sequential, "bmm": bmm, "vmap": vmap}[mode](jobs, features, adapter, stream)
    x = torch.rand(CLIPS, features)
    true, disguised = torch.randint(CLASSES, (2, CLIPS))

    def epoch():
        for at in range(0, CLIPS, BATCH):
            step(x[at:at + BATCH], true[at:at + BATCH], disguised[at:at + BATCH])

    epoch()  # warm
    begin, epochs = time.perf_counter(), 0
    while time.perf_counter() - begin < seconds or not epochs:
        epoch()
        epochs += 1
    print(f"{epochs * jobs * (CLIPS // BATCH) / (time.perf_counter() - begin):.1f}")


main()

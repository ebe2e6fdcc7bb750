"""Writes finetune_values.json: what PyTorch's own modules make of small backbones that are trained with a model.

The values beside this file were made with Python 3.11, torch 2.11.0, transformers 5.23.0 and torchvision 0.26.0:
loss and gradients in float64, three steps of Adam in float32, as trained. Run again only to add cases:
python3 finetune_values.py > finetune_values.json
The formulas of weights and pixels are repeated in small_backbone.h; the model behind the backbone is that of
../reference_engine/pytorch_values.py.
"""

import json
import math
import pathlib
import sys

import torch
import transformers as hf

for folder in ("reference_engine", "torch_backbone"):
    sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / folder))

import pytorch_values as heads
import transformers_values as backbones

SMALL = dict(hidden_size=6, intermediate_size=5, num_hidden_layers=2, num_attention_heads=2, image_size=7, patch_size=3)
BASIC = dict(embedding_size=4, hidden_sizes=[4, 6], depths=[1, 1], layer_type="basic")


class Clip(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = hf.CLIPVisionModelWithProjection(hf.CLIPVisionConfig(**SMALL, projection_dim=4))

    def state_dict(self, *_args, **_options):
        return self.inner.state_dict()

    def forward(self, x):
        return self.inner(pixel_values=x).image_embeds


class Resnet(Clip):
    def __init__(self):
        torch.nn.Module.__init__(self)
        self.inner = hf.ResNetModel(hf.ResNetConfig(**BASIC))

    def forward(self, x):
        return self.inner(pixel_values=x).pooler_output.flatten(1)


LOSS = dict(kernel="rbf", sigma=1.0, beta=1.0)
CASES = [
    dict(name="clip", projected=True, width=4, side=7, make=Clip, hsic="biased", alpha=2.0, tasks=["ter", "der"],
         config=dict(SMALL, model_type="clip_vision_model", projection_dim=4)),
    dict(name="vit", projected=False, width=6, side=7, make=lambda: backbones.SavedVit(SMALL), hsic="paper", alpha=0.0,
         tasks=["der"], config=dict(SMALL, model_type="vit")),
    dict(name="resnet", projected=False, width=6, side=21, make=Resnet, hsic="paper", alpha=0.5, tasks=["ter", "der"],
         config=dict(BASIC, model_type="resnet")),
]


class Tuned(torch.nn.Module):
    def __init__(self, case):
        super().__init__()
        heads.FEATURES = case["width"]
        self.tasks = case["tasks"]
        self.heads = heads.Model(self.tasks)
        self.backbone = backbones.fill(case["make"]()).train()

    def forward(self, x, masks=None):
        return self.heads(self.backbone(x), masks)

    def named(self):
        """(name, tensor): parameters and buffers, the backbone's by the names that they are saved under."""
        by_place = {t.data_ptr(): n for n, t in self.backbone.state_dict().items() if t.is_floating_point()}
        every = [*self.named_parameters(), *self.named_buffers()]
        for name, tensor in every:
            if name.startswith("heads.") and "num_batches" not in name:
                yield name.removeprefix("heads."), tensor
            elif tensor.data_ptr() in by_place:
                yield "backbone/" + backbones.canonical(by_place[tensor.data_ptr()]), tensor


def pixels(side):
    values = [[2 * math.sin((0.11 + 0.06 * clip) * i + 1.7 * clip) for i in range(3 * side * side)] for clip in range(heads.CLIPS)]
    return torch.tensor(values, dtype=torch.float32).reshape(heads.CLIPS, 3, side, side)


def flat(tensors):
    return {name: [float(f"{v:.9g}") for v in t.flatten().tolist()] for name, t in sorted(tensors)}


def data_as(dtype, case):
    return dict(heads.data_as(dtype), x=pixels(case["side"]).to(dtype))


def run(case):
    losses = dict(LOSS, hsic=case["hsic"], alpha=case["alpha"])
    model = Tuned(case).double()
    loss = heads.loss_of(model, data_as(torch.float64, case), losses)
    loss.backward()
    result = {k: v for k, v in case.items() if k != "make"} | dict(loss=loss.item())
    result["gradients"] = flat((n, t.grad) for n, t in model.named() if t.requires_grad)
    model = Tuned(case).float()
    data = data_as(torch.float32, case)
    adam = torch.optim.Adam(model.parameters(), lr=0.01, weight_decay=0.05)
    for step in range(3):
        adam.zero_grad()
        heads.loss_of(model, data, losses).backward()
        adam.step()
        if step == 0:
            result["after_one_step"] = flat(model.named())
    model.eval()
    result["logits"] = {t: v.flatten().tolist() for t, v in model(data["x"])[1].items()}
    return result


if __name__ == "__main__":
    print(json.dumps([run(case) for case in CASES]).replace('}, {"name"', '},\n{"name"'))

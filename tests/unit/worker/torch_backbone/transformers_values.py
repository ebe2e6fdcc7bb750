"""Writes transformers_values.json: features of small models by transformers and torchvision.

The values beside this file were made with Python 3.11, torch 2.11.0, transformers 5.23.0 and torchvision 0.26.0. Run
again only to add cases: python3 transformers_values.py > transformers_values.json
The formulas of weights and pixels are repeated in torch_backbone_test.cc.
"""

import json
import math

import torch
import torchvision
import transformers as hf

PREFIXES = ("vision_model.", "vit.", "resnet.")


def canonical(name):
    for prefix in PREFIXES:
        name = name.removeprefix(prefix)
    return name


def weights(name, shape):
    number = sum(canonical(name).encode())
    count = math.prod(shape)
    values = [0.4 * math.sin(0.7 * i + number) for i in range(count)]
    if name.endswith("running_var"):
        values = [1 + v for v in values]
    return torch.tensor(values, dtype=torch.float32).reshape(shape)


def fill(model):
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            if tensor.is_floating_point():
                tensor.copy_(weights(name, tensor.shape))
    return model.eval()


def pixels(size):
    values = [math.sin(0.11 * i) for i in range(3 * size * size)]
    return torch.tensor(values, dtype=torch.float32).reshape(1, 3, size, size)


def case(name, config, image_size, features):
    return dict(name=name, config=config, image_size=image_size,
                features=[float(v) for v in features.detach().flatten()])


def resnet18(widths):
    """torchvision's ResNet18, thinner."""
    model = torchvision.models.resnet18(weights=None)
    model.conv1 = torch.nn.Conv2d(3, widths[0], 7, 2, 3, bias=False)
    model.bn1 = torch.nn.BatchNorm2d(widths[0])
    inputs = widths[0]
    for stage, width in enumerate(widths, 1):
        stride = 1 if stage == 1 else 2
        down = None
        if stride != 1 or inputs != width:
            down = torch.nn.Sequential(torch.nn.Conv2d(inputs, width, 1, stride, bias=False),
                                       torch.nn.BatchNorm2d(width))
        block = torchvision.models.resnet.BasicBlock
        setattr(model, f"layer{stage}", torch.nn.Sequential(block(inputs, width, stride, down), block(width, width)))
        inputs = width
    model.fc = torch.nn.Identity()
    return model


def main():
    small = dict(hidden_size=6, intermediate_size=5, num_hidden_layers=2, num_attention_heads=2, image_size=7,
                 patch_size=3)
    clip = dict(small, model_type="clip_vision_model", projection_dim=4)
    vit = dict(small, model_type="vit", qkv_bias=False, hidden_act="gelu_new")
    basic = dict(model_type="resnet", embedding_size=4, hidden_sizes=[4, 6], depths=[2, 1], layer_type="basic")
    neck = dict(model_type="resnet", embedding_size=4, hidden_sizes=[8, 12], depths=[1, 2], layer_type="bottleneck",
                downsample_in_first_stage=True)
    torchvision18 = dict(model_type="resnet", embedding_size=4, hidden_sizes=[4, 6, 6, 8], depths=[2, 2, 2, 2],
                         layer_type="basic")

    def without_type(config):
        return {k: v for k, v in config.items() if k != "model_type"}

    def run(model, size):
        with torch.no_grad():
            return model(pixel_values=pixels(size))

    projected = fill(hf.CLIPVisionModelWithProjection(hf.CLIPVisionConfig(**without_type(clip))))
    cases = [
        case("clip", clip, 7, run(projected.vision_model, 7).pooler_output),
        case("clip projected", clip, 7, run(projected, 7).image_embeds),
        case("vit", vit, 7, run(fill(SavedVit(vit)), 7)),
        case("resnet basic", basic, 21, run(fill(hf.ResNetModel(hf.ResNetConfig(**without_type(basic)))), 21).pooler_output),
        case("resnet bottleneck", neck, 21,
             run(fill(hf.ResNetModel(hf.ResNetConfig(**without_type(neck)))), 21).pooler_output),
        case("resnet torchvision", torchvision18, 33, fill(resnet18([4, 6, 6, 8]))(pixels(33))),
    ]
    print(json.dumps(cases, indent=1))


class SavedVit(torch.nn.Module):
    """ViTModel whose state has the names that it is saved under."""

    NAMES = {"layers.": "encoder.layer.", "attention.q_proj": "attention.attention.query",
             "attention.k_proj": "attention.attention.key", "attention.v_proj": "attention.attention.value",
             "attention.o_proj": "attention.output.dense", "mlp.fc1": "intermediate.dense", "mlp.fc2": "output.dense"}

    def __init__(self, config):
        super().__init__()
        options = {k: v for k, v in config.items() if k != "model_type"}
        self.model = hf.ViTModel(hf.ViTConfig(**options), add_pooling_layer=False)

    def state_dict(self, *_args, **_options):
        state = {}
        for name, tensor in self.model.state_dict().items():
            for new, old in self.NAMES.items():
                name = name.replace(new, old)
            state[name] = tensor
        return state

    def forward(self, pixel_values):
        return self.model(pixel_values=pixel_values).last_hidden_state[:, 0]


if __name__ == "__main__":
    main()
